//! Abstract objects that only JavaScript has.

use crate::objects::{CloneId, ContextId, ObjectId};
use crate::solver::Site;

/// What an abstract object stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// `undefined`
    Undefined,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// Objects of a literal, by where it is and for whom.
    Record {
        /// Where it is made.
        site: Site,
        /// For whom.
        context: ContextId,
    },
    /// Arrays, by where they are made and for whom.
    Array {
        /// Where it is made.
        site: Site,
        /// For whom.
        context: ContextId,
        /// Which of those that are made there: a library's calls make several.
        part: Part,
    },
    /// The object that a function or class has as `prototype` from the beginning.
    Prototype(ObjectId),
    /// What `import * as name` binds.
    Namespace(u32),
    /// `module` of a file.
    ModuleObject(u32),
    /// `module.exports` of a file, from the beginning.
    Exports(u32),
    /// The object whose properties are the names that nothing binds.
    Global,
    /// An interface, by the clone and variable that it is bound in.
    Interface {
        /// The clone.
        clone: CloneId,
        /// The variable.
        variable: u32,
    },
    /// A function with a receiver and first arguments, by the call of `bind` that made it.
    Bound {
        /// The call.
        site: Site,
        /// For whom.
        context: ContextId,
        /// What is called.
        target: ObjectId,
    },
    /// A function that settles a promise.
    Settler {
        /// The promise.
        promise: ObjectId,
        /// What it does with what it is given.
        how: Settling,
    },
}

/// How a promise is settled by a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settling {
    /// With a value.
    Resolves,
    /// With a reason.
    Rejects,
    /// With a reason or else a value, as Node.js calls back.
    CallsBack,
}

/// Which of the arrays that are made at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The only one.
    Whole,
    /// An entry of the array that a library's call makes.
    Entry,
    /// The rest of the arguments.
    Rest,
    /// All arguments.
    Arguments,
    /// An entry of several, by number.
    Pair(u32),
}

impl Object {
    /// Say whether a value counts as `false` in a condition, where that is known.
    pub(crate) fn truth(self) -> bool {
        !matches!(self, Object::Undefined | Object::Null | Object::Boolean(false))
    }

    /// Say whether a value is `null` or `undefined`.
    pub(crate) fn is_nothing(self) -> bool {
        matches!(self, Object::Undefined | Object::Null)
    }
}
