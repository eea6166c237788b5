//! Constraints that only JavaScript's frames have.

use serde::{Deserialize, Serialize};

use super::narrowing::Test;
use crate::program::{NONE, Passing, Symbol, Value};

/// How a property is named where it is read, written or called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Key {
    /// By a name.
    Name(Symbol),
    /// By a value.
    Computed(Value),
}

/// What a member of a class or object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Member {
    Value,
    Constructor,
    Getter,
    Setter,
    /// A function that gives each new object its fields.
    Initializer,
}

/// When the other of two values takes the place of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choice {
    /// `first = other` in a parameter or pattern.
    Undefined,
    /// `first ?? other`
    Nullish,
    /// `first || other`
    Falsy,
    /// `first && other`
    Truthy,
}

/// What is asked of an object, or done with it, that a proxy may answer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// Whether it has a property.
    Has,
    /// That it has one no longer.
    Delete,
    /// The names of its properties.
    Names,
}

/// How a module is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportForm {
    /// By a declaration.
    Declared,
    /// `require("m")`
    Required,
    /// `import("m")`
    Dynamic,
}

/// A constraint; `to` is the value that it defines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Op {
    /// `undefined` or `null`
    Nothing { to: Value, is_null: bool },
    /// `true` or `false`
    Boolean { to: Value, value: bool },
    /// `this`
    This { to: Value },
    /// `super`, of which a member is read
    Super { to: Value },
    /// `super(…)`
    SuperCall { to: Value, arguments: Box<[(Passing, Value)]> },
    /// `object.key(…)`
    CallMember { to: Value, object: Value, key: Key, arguments: Box<[(Passing, Value)]> },
    /// A new object of a literal.
    MakeObject { to: Value },
    /// A new array of a literal.
    MakeArray { to: Value },
    /// A member of a literal or, where `object` is [`NONE`], of the class whose body this is.
    DefineMember { object: Value, key: Key, value: Value, member: Member, is_static: bool },
    /// Everything in an iterable goes into a new array from a position on, or somewhere.
    SpreadItems { array: Value, from: Value, at: Option<u32> },
    /// All properties of an object go into a new one, but those that the literal defines anew after it.
    SpreadProperties { object: Value, from: Value, hidden: Box<[Symbol]> },
    /// An iterator, or what is iterated over, is left before its end.
    Close { from: Value, is_iterator: bool, asynchronous: bool },
    /// All items from a position on, as a new array.
    RestItems { to: Value, from: Value, at: u32 },
    /// `object[key] = from[key]`: under each name that the key is.
    CopyItem { object: Value, from: Value, key: Value },
    /// The same under all names that `for (key in from)` goes through.
    CopyItems { object: Value, from: Value },
    /// The names of an object's properties.
    PropertyNames { to: Value, from: Value },
    /// A text of parts.
    Concat { to: Value, parts: Box<[Value]>, is_text: bool },
    /// One of two values, by what the first is.
    Choose { to: Value, first: Value, other: Value, when: Choice },
    /// Those of a value's objects of which a condition holds, or does not.
    Narrow { to: Value, from: Value, test: Test, holds: bool },
    /// A value is made a number.
    Number { value: Value },
    /// A value is asked whether it is an instance of a class, which may answer itself.
    AskClass { value: Value, class: Value },
    /// `key in object`, `delete object.key`, `for (key in object)`: a proxy may answer itself.
    Ask { object: Value, key: Option<Key>, what: Asked },
    /// What a handler catches.
    Caught { to: Value },
    /// A value that has a declared type where nothing else is known of it.
    Declared { to: Value, class: Value },
    /// The same for an attribute.
    DeclaredAttribute { object: Value, name: Symbol, class: Value },
    /// A variable of the frame that only names a type.
    Interface { variable: u32 },
    /// A name that nothing in the file binds.
    LoadFree { to: Value, name: Symbol },
    /// Bind such a name.
    StoreFree { name: Symbol, value: Value },
    /// A generic type with its argument, in an annotation.
    Applied { to: Value, class: Value, argument: Value },
    /// A module.
    Import { to: Value, path: Symbol, form: ImportForm },
    /// What a module exports by a name; `default` too.
    ImportMember { to: Value, module: Value, name: Symbol },
}

impl Op {
    /// Return the value that the constraint defines.
    pub(crate) fn defined(&self) -> Option<Value> {
        match *self {
            Op::Nothing { to, .. }
            | Op::Boolean { to, .. }
            | Op::This { to }
            | Op::Super { to }
            | Op::SuperCall { to, .. }
            | Op::CallMember { to, .. }
            | Op::MakeObject { to }
            | Op::MakeArray { to }
            | Op::RestItems { to, .. }
            | Op::PropertyNames { to, .. }
            | Op::Concat { to, .. }
            | Op::Choose { to, .. }
            | Op::Narrow { to, .. }
            | Op::Caught { to }
            | Op::LoadFree { to, .. }
            | Op::Import { to, .. }
            | Op::Applied { to, .. }
            | Op::ImportMember { to, .. } => Some(to),
            Op::DefineMember { .. }
            | Op::CopyItem { .. }
            | Op::CopyItems { .. }
            | Op::Number { .. }
            | Op::AskClass { .. }
            | Op::Ask { .. }
            | Op::SpreadItems { .. }
            | Op::SpreadProperties { .. }
            | Op::Close { .. }
            | Op::Declared { .. }
            | Op::DeclaredAttribute { .. }
            | Op::Interface { .. }
            | Op::StoreFree { .. } => None,
        }
    }

    /// Visit the values: what the constraint defines, if anything, comes first. Some may be [`NONE`].
    pub(crate) fn for_each_value(&mut self, act: &mut dyn FnMut(&mut Value)) {
        fn key(key: &mut Key, act: &mut dyn FnMut(&mut Value)) {
            if let Key::Computed(value) = key {
                act(value);
            }
        }
        match self {
            Op::Nothing { to, .. }
            | Op::Boolean { to, .. }
            | Op::This { to }
            | Op::Super { to }
            | Op::MakeObject { to }
            | Op::MakeArray { to }
            | Op::Caught { to }
            | Op::LoadFree { to, .. }
            | Op::Import { to, .. } => act(to),
            Op::SuperCall { to, arguments } => {
                act(to);
                arguments.iter_mut().for_each(|(_, value)| act(value));
            }
            Op::CallMember { to, object, key: name, arguments } => {
                act(to);
                act(object);
                key(name, act);
                arguments.iter_mut().for_each(|(_, value)| act(value));
            }
            Op::DefineMember { object, key: name, value, .. } => {
                act(object);
                key(name, act);
                act(value);
            }
            Op::RestItems { to: one, from: other, .. }
            | Op::PropertyNames { to: one, from: other }
            | Op::ImportMember { to: one, module: other, .. }
            | Op::Declared { to: one, class: other }
            | Op::SpreadItems { array: one, from: other, .. }
            | Op::SpreadProperties { object: one, from: other, .. }
            | Op::CopyItems { object: one, from: other }
            | Op::AskClass { value: one, class: other }
            | Op::DeclaredAttribute { object: one, class: other, .. } => {
                act(one);
                act(other);
            }
            Op::CopyItem { object: one, from: other, key: third }
            | Op::Choose { to: one, first: other, other: third, .. }
            | Op::Applied { to: one, class: other, argument: third } => {
                act(one);
                act(other);
                act(third);
            }
            Op::Concat { to, parts, .. } => {
                act(to);
                parts.iter_mut().for_each(act);
            }
            Op::Narrow { to, from, test, .. } => {
                act(to);
                act(from);
                if let Test::InstanceOf(class) = test {
                    act(class);
                }
            }
            Op::Close { from: value, .. } | Op::Number { value } | Op::StoreFree { value, .. } => act(value),
            Op::Ask { object, key: name, .. } => {
                act(object);
                if let Some(name) = name {
                    key(name, act);
                }
            }
            Op::Interface { .. } => {}
        }
    }

    /// Give texts the numbers that they have in the program.
    pub(crate) fn relocate(&mut self, new: &mut dyn FnMut(Symbol) -> Symbol) {
        let mut text = |symbol: &mut Symbol| {
            if *symbol != NONE {
                *symbol = new(*symbol);
            }
        };
        match self {
            Op::CallMember { key: Key::Name(name), .. }
            | Op::DefineMember { key: Key::Name(name), .. }
            | Op::LoadFree { name, .. }
            | Op::StoreFree { name, .. }
            | Op::DeclaredAttribute { name, .. }
            | Op::Import { path: name, .. }
            | Op::ImportMember { name, .. }
            | Op::Narrow { test: Test::Has(name), .. }
            | Op::Ask { key: Some(Key::Name(name)), .. } => text(name),
            Op::Narrow { test: Test::Tag { name, value }, .. } => {
                text(name);
                text(value);
            }
            Op::SpreadProperties { hidden, .. } => hidden.iter_mut().for_each(text),
            _ => {}
        }
    }
}

/// What an exported name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Meaning {
    /// A variable of the module.
    Variable(u32),
    /// What another module exports by a name.
    Member { path: Symbol, name: Symbol },
    /// Another module.
    Module { path: Symbol },
    /// Everything that another module exports but its default; the name means nothing.
    All { path: Symbol },
}

/// A name that a module exports by declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// The name.
    pub name: Symbol,
    /// What it means.
    pub meaning: Meaning,
}

impl Exported {
    /// Give texts the numbers that they have in the program.
    pub(crate) fn relocate(&mut self, new: &mut dyn FnMut(Symbol) -> Symbol) {
        self.name = new(self.name);
        match &mut self.meaning {
            Meaning::Variable(_) => {}
            Meaning::Member { path, name } => {
                *path = new(*path);
                *name = new(*name);
            }
            Meaning::Module { path } | Meaning::All { path } => *path = new(*path),
        }
    }
}
