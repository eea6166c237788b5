//! What runs, as constraints: one [`Unit`] for each method, constructor, lambda, and for what gives fields their values.

use std::rc::Rc;

use codegraph_flow::java::syntax::Span;

use super::types::TypeId;
use super::world::{ClassId, FieldId, MethodId};
use crate::program::{NONE, Symbol, UnitId};

/// A value of a unit.
pub type Value = u32;

/// The receiver.
pub const THIS: Value = 0;
/// What is returned.
pub const RETURNED: Value = 1;
/// Exceptions that leave the unit.
pub const THROWN: Value = 2;
/// The first parameter.
pub const FIRST_PARAMETER: Value = 3;

/// What kind of code a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// What gives new objects their fields.
    Class,
    /// A method or constructor.
    Method,
    /// A lambda.
    Lambda,
    /// Code that is not written: part of what it is `written_in`.
    Hidden,
}

/// How a method is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// By the receiver's class.
    Virtual,
    /// The method itself, on a receiver: constructors, `super.m()`, private methods.
    Special,
    /// The method itself.
    Static,
    /// By the receiver's class and the name: the receiver's type is not known.
    Named,
}

/// What a method handle calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandleKind {
    /// A static method.
    Static,
    /// The method that the first argument's class has.
    Virtual,
    /// That very method, on the first argument.
    Special,
    /// A constructor.
    New,
}

/// What the language or its library does at a call in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reflection {
    /// `Class.forName` with a constant.
    ForName(ClassId),
    /// `o.getClass()`
    GetClass,
    /// `c.getMethod(name, …)`, with the name where it is constant.
    GetMethod(Symbol),
    /// `c.getConstructor(…)`
    GetConstructor,
    /// `c.newInstance()` of a class or constructor.
    NewInstance,
    /// `m.invoke(o, …)`
    Invoke,
    /// `Proxy.newProxyInstance(…, handler)`
    Proxy,
    /// `lookup.findStatic(C.class, name, type)` and the like.
    FindHandle(HandleKind, Symbol),
    /// `lookup.bind(o, name, type)`
    BindNew(Symbol),
    /// `lookup.unreflect(m)`
    Unreflect,
    /// `h.bindTo(o)`
    BindHandle,
    /// `h.invoke(…)`
    InvokeHandle,
    /// What decides is known at run time only.
    Unknown,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Invoke {
    /// What it gives.
    pub to: Value,
    /// How the method is chosen.
    pub dispatch: Dispatch,
    /// The method that the call means by its static types; [`NONE`] with [`Dispatch::Named`].
    pub method: MethodId,
    /// Its name.
    pub name: Symbol,
    /// The receiver.
    pub receiver: Value,
    /// The static type of the receiver.
    pub receiver_type: TypeId,
    /// The arguments, by parameter: those of a variable parameter are an array.
    pub arguments: Box<[Value]>,
    /// Their static types.
    pub argument_types: Box<[TypeId]>,
    /// Where it is written: index in [`Unit::sites`].
    pub site: u32,
    /// It is not written.
    pub is_implicit: bool,
    /// Where exceptions go.
    pub raises: Value,
}

/// A constraint.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Copy {
        to: Value,
        from: Value,
    },
    /// Objects that may be of a type.
    Filter {
        to: Value,
        from: Value,
        type_: TypeId,
    },
    /// Objects that are none of a type.
    Without {
        to: Value,
        from: Value,
        type_: TypeId,
    },
    /// Objects whose class is that very one, or is not.
    Exactly {
        to: Value,
        from: Value,
        class: ClassId,
        holds: bool,
    },
    /// A new object of a class; `outer` is the object around it.
    New {
        to: Value,
        class: ClassId,
        site: u32,
        outer: Value,
    },
    NewArray {
        to: Value,
        site: u32,
    },
    Lambda {
        to: Value,
        unit: UnitId,
        interface: ClassId,
    },
    Reference {
        to: Value,
        reference: u32,
        bound: Value,
    },
    ClassObject {
        to: Value,
        class: ClassId,
    },
    LoadField {
        to: Value,
        object: Value,
        field: FieldId,
    },
    StoreField {
        object: Value,
        field: FieldId,
        value: Value,
    },
    LoadStatic {
        to: Value,
        field: FieldId,
    },
    StoreStatic {
        field: FieldId,
        value: Value,
    },
    LoadItem {
        to: Value,
        array: Value,
    },
    StoreItem {
        array: Value,
        value: Value,
    },
    /// The object around an object of an inner class.
    LoadOuter {
        to: Value,
        object: Value,
        class: ClassId,
    },
    /// Give an object the one around it that a class above its own needs.
    StoreOuter {
        object: Value,
        class: ClassId,
        outer: Value,
    },
    /// A variable or the receiver of a unit around.
    Captured {
        to: Value,
        unit: UnitId,
        value: Value,
    },
    /// A class's static fields are about to be used.
    Touch {
        class: ClassId,
    },
    Invoke(Rc<Invoke>),
    Reflect {
        what: Reflection,
        call: Rc<Invoke>,
    },
}

/// What `C::m` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// A static method.
    Static,
    /// A method of the object before `::`.
    Bound,
    /// A method of the first argument.
    Unbound,
    /// A method of the receiver's base.
    Super,
    /// A constructor.
    New,
    /// `int[]::new`
    NewArray,
}

/// A method reference.
#[derive(Clone, Debug)]
pub struct Reference {
    /// What it means.
    pub kind: ReferenceKind,
    /// Its method, or [`NONE`].
    pub method: MethodId,
    /// The class of a constructor.
    pub class: ClassId,
    /// The interface that it is an object of.
    pub interface: ClassId,
    /// Its unit and place.
    pub unit: UnitId,
    /// Index in the unit's sites.
    pub site: u32,
}

/// Code.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What kind.
    pub kind: UnitKind,
    /// Number of its file in the world.
    pub file: u32,
    /// Where it is written.
    pub span: Span,
    /// Its class.
    pub class: ClassId,
    /// Its method, or [`NONE`].
    pub method: MethodId,
    /// The unit that stands for it in tables.
    pub written_in: UnitId,
    /// Number of its parameters.
    pub parameters: u32,
    /// Number of its values.
    pub values: u32,
    /// Its constraints.
    pub ops: Vec<Op>,
    /// Where calls and new objects are written.
    pub sites: Vec<Span>,
    /// Fields that are read and written: where, which, whether it is written.
    pub accesses: Vec<(Span, FieldId, bool)>,
    /// What is thrown: where, of which static type, whether it is made right there.
    pub raises: Vec<(Span, TypeId, bool)>,
    /// Its constraints are made.
    pub is_ready: bool,
    /// A static method, or a lambda in one: it has no receiver.
    pub is_static: bool,
}

impl Unit {
    /// Make a unit without code.
    pub fn new(kind: UnitKind, file: u32, span: Span, class: ClassId, id: UnitId) -> Self {
        Self {
            kind,
            file,
            span,
            class,
            method: NONE,
            written_in: id,
            parameters: 0,
            values: FIRST_PARAMETER,
            ops: Vec::new(),
            sites: Vec::new(),
            accesses: Vec::new(),
            raises: Vec::new(),
            is_ready: false,
            is_static: false,
        }
    }
}
