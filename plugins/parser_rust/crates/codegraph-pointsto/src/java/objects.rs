//! Abstract objects and contexts, interned in order of first appearance.

use super::code::HandleKind;
use super::world::ClassId;
use crate::interner::Interner;
use crate::objects::ObjectId;
use crate::program::{NONE, Symbol, UnitId};

/// A clone of a unit.
pub type CloneId = u32;
/// A context, or [`NONE`].
pub type ContextId = u32;
/// A place in the program.
pub type SiteId = u32;

/// What an abstract object stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// Objects by class, place and context; of local classes also by the frame around.
    Instance { class: ClassId, site: SiteId, context: ContextId, around: CloneId },
    /// Some object of a class: nothing is known of where it was made.
    Any(ClassId),
    /// An array by place and context.
    Array { site: SiteId, context: ContextId },
    /// A lambda in a frame.
    Lambda { unit: UnitId, around: CloneId, interface: ClassId },
    /// A method reference in a frame.
    Reference { reference: u32, around: CloneId },
    /// `C.class`
    Class(ClassId),
    /// `C.class.getMethod(name)`: found by name, told apart by the place.
    Method { class: ClassId, name: Symbol, site: SiteId },
    /// `C.class.getConstructor(…)`
    Constructor { class: ClassId, site: SiteId },
    /// A method handle: its method is found by name, and by parameters that are known at the place where it was made.
    /// `bound` is the place where it was given its first argument, or [`NONE`].
    Handle { class: ClassId, name: Symbol, kind: HandleKind, site: SiteId, bound: SiteId },
    /// What `Proxy.newProxyInstance` gives.
    Proxy { site: SiteId, context: ContextId },
}

/// What distinguishes the clones of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// The call site (Shivers 1991).
    Site(SiteId),
    /// The receiver (Milanova, Rountev, Ryder 2005).
    Receiver(ObjectId),
    /// Both: a method with type parameters of its own.
    Both(ObjectId, SiteId),
    /// Code of a model, analysed for each call of the program that leads there.
    Model { site: SiteId, caller: CloneId },
}

/// All objects and contexts.
#[derive(Debug, Default)]
pub struct Objects {
    objects: Interner<Object>,
    contexts: Interner<Context>,
}

impl Objects {
    /// Return the id of an object.
    pub fn intern(&mut self, object: Object) -> ObjectId {
        self.objects.intern(object)
    }

    /// Return an object.
    #[inline]
    pub fn get(&self, id: ObjectId) -> Object {
        *self.objects.get(id)
    }

    /// Say whether an object is known already.
    pub fn find(&self, object: Object) -> Option<ObjectId> {
        self.objects.find(&object)
    }

    /// Return the id of a context.
    pub fn context(&mut self, context: Context) -> ContextId {
        self.contexts.intern(context)
    }

    /// Return what a context is.
    pub fn get_context(&self, context: ContextId) -> Option<Context> {
        (context != NONE).then(|| *self.contexts.get(context))
    }

    /// Return the context under which a clone's objects are told apart: one level deep, so that there are finitely
    /// many.
    pub fn heap_context(&mut self, context: ContextId) -> ContextId {
        match self.get_context(context) {
            None => NONE,
            Some(Context::Site(_) | Context::Model { .. }) => context,
            Some(Context::Receiver(receiver) | Context::Both(receiver, _)) => match self.get(receiver) {
                Object::Instance { context: NONE, .. } | Object::Any(_) | Object::Lambda { .. } => {
                    self.context(Context::Receiver(receiver))
                }
                _ => NONE,
            },
        }
    }
}
