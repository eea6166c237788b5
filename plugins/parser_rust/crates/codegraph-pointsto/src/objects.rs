//! Abstract objects, interned: equal descriptions have equal ids, counted in order of first appearance.

use crate::interner::Interner;
use crate::program::{ContainerKind, NONE, Symbol, UnitId};

/// An abstract object.
pub type ObjectId = u32;
/// A context: [`NONE`], or one interned by [`Objects::context`].
pub type ContextId = u32;
/// A clone of a unit for a context.
pub type CloneId = u32;

/// What distinguishes the clones of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// The call site: 1-CFA (Shivers 1991).
    Site(u32),
    /// The receiver: object sensitivity (Milanova, Rountev, Ryder 2005).
    Receiver(ObjectId),
    /// A constant that is passed for a parameter which decides branches, beside another context.
    Constant {
        /// The other, or [`NONE`].
        base: ContextId,
        /// Position of the parameter.
        parameter: u32,
        /// The constant.
        value: ObjectId,
    },
}

/// What an abstract object stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Object {
    /// The function objects that a definition makes in a clone of the frame around it.
    Function { unit: UnitId, around: CloneId },
    /// The classes that a definition makes in a clone of the frame around it.
    Class { unit: UnitId, around: CloneId },
    /// A callable and the receiver that it is called with.
    Bound { function: ObjectId, receiver: ObjectId },
    /// Instances of a class by where they are made and for whom; site [`NONE`] is any instance.
    Instance { class: ObjectId, site: u32, context: ContextId },
    /// A file's module.
    Module(u32),
    /// A folder without an index file, by its dotted name and number of the file that names it first.
    Namespace(Symbol),
    /// Something defined outside of the program, by its dotted name: a module, class or function.
    External(Symbol),
    /// An instance of a class outside of the program, by the class's dotted name.
    ExternalInstance(Symbol),
    /// What came out of something outside: nothing is known of it but where it came from.
    Opaque(Symbol),
    /// A text of known content.
    Text(Symbol),
    /// What a text begins and ends with; [`NONE`] is nothing known. The text itself is another object beside it.
    Affixes { prefix: Symbol, suffix: Symbol },
    /// An integer of known value.
    Integer(i64),
    /// Containers by where they are made and for whom.
    Container { kind: ContainerKind, site: u32, context: ContextId },
    /// The generators, or coroutines, that calls of a clone make.
    Generator(CloneId),
    /// What a call of a clone of an `async def` gives.
    Coroutine(CloneId),
    /// What `super()` gives: attributes of `receiver` after `class` in the order of its class.
    Super { class: ObjectId, receiver: ObjectId },
    /// What the call of a model at a site made: an instance of a class outside with fields of its own.
    Made { class: Symbol, site: u32, context: ContextId },
    /// A function seen as a member of the class itself.
    StaticMethod(ObjectId),
    /// A function that is called with the class.
    ClassMethod(ObjectId),
    /// What only JavaScript has.
    Ecma(crate::ecmascript::objects::Object),
}

/// All abstract objects.
#[derive(Debug, Default)]
pub struct Objects {
    objects: Interner<Object>,
    contexts: Interner<Context>,
    /// Contexts of receivers, by receiver; [`NONE`] if there is none. Most calls ask for one.
    of_receivers: Vec<ContextId>,
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

    /// Ask for an object that is needed soon.
    #[inline]
    pub(crate) fn prefetch(&self, id: ObjectId) {
        self.objects.prefetch(id);
    }

    /// Number of objects.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Say whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Return the id of a context.
    pub fn context(&mut self, context: Context) -> ContextId {
        let Context::Receiver(receiver) = context else { return self.contexts.intern(context) };
        let at = receiver as usize;
        if self.of_receivers.len() <= at {
            self.of_receivers.resize(at + 1, NONE);
        }
        if self.of_receivers[at] == NONE {
            self.of_receivers[at] = self.contexts.intern(context);
        }
        self.of_receivers[at]
    }

    /// Say whether a context is that of a receiver, beside constants or alone.
    pub fn has_receiver(&self, mut context: ContextId) -> bool {
        while context != NONE {
            match *self.contexts.get(context) {
                Context::Receiver(_) => return true,
                Context::Site(_) => return false,
                Context::Constant { base, .. } => context = base,
            }
        }
        false
    }

    /// Return the context under which a clone's allocations are told apart: its own, one level deep, so that there
    /// are finitely many.
    pub fn heap_context(&self, context: ContextId) -> ContextId {
        if context == NONE {
            return NONE;
        }
        match *self.contexts.get(context) {
            Context::Site(_) => context,
            Context::Receiver(receiver) => match self.get(receiver) {
                Object::Instance { context: NONE, .. } => context,
                _ => NONE,
            },
            Context::Constant { base, .. } => self.heap_context(base),
        }
    }
}
