//! What the solver reads: constraints of one frame each, compact and independent of any other file.
//!
//! A [`Unit`] is the flow-sensitive residue of one body of the semantic IR: names of the frame are already resolved to
//! values by reaching definitions, dead branches are gone, and what is left are the operations that move, make or use
//! objects. Operands are unit-local numbers, so a unit can be kept by the hash of its file and be cloned for a context
//! by adding a base.

use std::hash::BuildHasher;

use hashbrown::{HashMap, HashSet, HashTable};
use serde::{Deserialize, Serialize};

/// A hash map with a fixed seed: nothing depends on its order, and runs are alike.
pub type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;
/// A hash set with a fixed seed.
pub type Set<K> = HashSet<K, foldhash::fast::FixedState>;

/// An interned text of the program.
pub type Symbol = u32;
/// A value of a unit.
pub type Value = u32;
/// A unit of the program.
pub type UnitId = u32;

/// Stands for no value, unit or object.
pub const NONE: u32 = u32::MAX;

/// Interned texts; ids count in order of first appearance. All texts are in one: a program has many short ones.
#[derive(Debug, Default)]
pub struct Symbols {
    all: String,
    /// Where each text ends.
    ends: Vec<u32>,
    ids: HashTable<Symbol>,
}

impl Symbols {
    /// Return the id of a text.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(id) = self.find(text) {
            return id;
        }
        let id = self.ends.len() as Symbol;
        self.all.push_str(text);
        self.ends.push(self.all.len() as u32);
        let (all, ends) = (&self.all, &self.ends);
        self.ids.insert_unique(hash_of(text), id, |id| hash_of(part(all, ends, *id)));
        id
    }

    /// Return the id of a text that was interned before.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.ids.find(hash_of(text), |id| self.text(*id) == text).copied()
    }

    /// Return all texts in the order of their ids.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as Symbol).map(|id| self.text(id))
    }

    /// Return a text.
    pub fn text(&self, symbol: Symbol) -> &str {
        part(&self.all, &self.ends, symbol)
    }
}

fn part<'a>(all: &'a str, ends: &[u32], symbol: Symbol) -> &'a str {
    let start = if symbol == 0 { 0 } else { ends[symbol as usize - 1] };
    &all[start as usize..ends[symbol as usize] as usize]
}

fn hash_of(text: &str) -> u64 {
    foldhash::fast::FixedState::default().hash_one(text)
}

/// Whose rules a unit's constraints follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Language {
    #[default]
    Python,
    /// JavaScript and TypeScript.
    Ecmascript,
    Java,
}

impl Language {
    /// Return the language of a pack.
    pub fn of(pack: &str) -> Self {
        match pack {
            "javascript" | "typescript" | "tsx" => Self::Ecmascript,
            "java" => Self::Java,
            _ => Self::Python,
        }
    }
}

/// How an argument is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passing {
    /// By position.
    Positional,
    /// By name.
    Named(Symbol),
    /// `*x`
    Spread,
    /// `**x`
    NamedSpread,
}

/// A place in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Somewhere.
    Any,
    /// At a position.
    At(i64),
    /// At a position from the end; 0 is the last.
    FromEnd(i64),
    /// Under a key that is a value.
    Key(Value),
}

/// Where a slice begins and before which position it ends, from the end if below 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SliceRange {
    pub from: i32,
    pub until: Option<i32>,
}

/// What an allocation makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ContainerKind {
    List,
    Tuple,
    Set,
    Map,
}

/// How a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallForm {
    /// As a call.
    Plain,
    /// As a decorator.
    Decorator,
    /// Not at all: the frame of a generator expression.
    Hidden,
    /// `new C()`
    New,
    /// As a JSX element.
    Element,
}

/// What a definition gives its parameters, by position: (parameter, value).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Given {
    pub defaults: Vec<(u32, Value)>,
    pub annotations: Vec<(u32, Value)>,
}

/// A constraint. `to` is the value that it defines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Op {
    /// `to` is also what `from` is.
    Copy { to: Value, from: Value },
    /// A text.
    Text { to: Value, text: Symbol },
    /// An integer.
    Integer { to: Value, value: i64 },
    /// A text of which only the beginning and the end are known; [`NONE`] is nothing known.
    Affixes { to: Value, prefix: Symbol, suffix: Symbol },
    /// Another literal, by its type's dotted name.
    Literal { to: Value, class: Symbol },
    /// An instance of a class that was made elsewhere: the exception that a handler catches.
    InstanceOf { to: Value, class: Value },
    /// A name of the module, or of the language.
    LoadGlobal { to: Value, name: Symbol },
    /// A name of a star import, or of the language: the module's own is not bound yet.
    LoadBuiltin { to: Value, name: Symbol },
    /// Bind a name of the module from within a frame; in a class body a member.
    StoreGlobal { name: Symbol, value: Value },
    /// Bind a member of the class whose body this is.
    StoreMember { name: Symbol, value: Value },
    /// A variable of a frame around this one.
    LoadCell { to: Value, unit: UnitId, variable: u32 },
    /// Bind a variable that other frames see.
    StoreCell { unit: UnitId, variable: u32, value: Value },
    /// A function object.
    MakeFunction { to: Value, unit: UnitId, given: Box<Given> },
    /// A class object.
    MakeClass { to: Value, unit: UnitId, bases: Box<[(Passing, Value)]> },
    /// `object.name`
    LoadAttribute { to: Value, object: Value, name: Symbol },
    /// `object.name = value`
    StoreAttribute { object: Value, name: Symbol, value: Value },
    /// `del object.name`
    DeleteAttribute { object: Value, name: Symbol },
    /// A part of an object that fits the pattern of a class, by position.
    Component { to: Value, object: Value, class: Value, position: u32 },
    /// `object[index]`
    LoadItem { to: Value, object: Value, index: Place },
    /// `object[from:until]`, or the rest of an unpacked iterable; no range if it is not known.
    Slice { to: Value, object: Value, range: Option<SliceRange>, is_rest: bool },
    /// `object[index] = value`
    StoreItem { object: Value, index: Place, value: Value },
    /// `del object[index]`
    DeleteItem { object: Value, index: Value },
    /// A part of an unpacked iterable.
    Unpack { to: Value, from: Value, place: Place },
    /// What `from` is where it is, or is not, an instance of a class or of one of a tuple of classes.
    Narrow { to: Value, from: Value, class: Value, holds: bool },
    /// A new container.
    Allocate { to: Value, kind: ContainerKind },
    /// An element of a fresh container: no `__setitem__` is called.
    Element { container: Value, place: Place, value: Value },
    /// Everything in an iterable or mapping goes into a fresh container.
    ///
    /// `at` is the position of the first of them, where it is known; `hidden` are keys that are bound again after it.
    Spread { container: Value, from: Value, mapping: bool, at: Option<u16>, hidden: Box<[Symbol]> },
    /// A call.
    Call { to: Value, callee: Value, arguments: Box<[(Passing, Value)]>, form: CallForm },
    /// An operator that its operands' classes may define, by the names of the methods.
    Operator { to: Value, left: Value, right: Value, method: Symbol, reflected: Symbol, in_place: Symbol },
    /// A module by its dotted name; `root`: the package that the name begins with.
    ImportModule { to: Value, path: Symbol, level: u16, root: bool },
    /// What a module exports by a name, or its submodule.
    ImportMember { to: Value, module: Value, name: Symbol },
    /// Iterate.
    Iterate { to: Value, from: Value, asynchronous: bool },
    /// The next item of an iterator.
    Next { to: Value, iterator: Value, asynchronous: bool },
    /// Enter a context.
    Enter { to: Value, manager: Value, asynchronous: bool },
    /// Leave a context.
    Exit { manager: Value, asynchronous: bool },
    /// Wait for a value.
    Await { to: Value, from: Value },
    /// Hand out a value; `to` is what is sent in.
    Yield { to: Value, value: Value },
    /// Hand out what an iterable has.
    YieldFrom { to: Value, from: Value },
    /// Return a value.
    Return { value: Value },
    /// Raise an exception or a class of exceptions.
    Raise { value: Value },
    /// What follows, up to the next of these, counts where all conditions may hold.
    When { conditions: Box<[Condition]> },
    /// What only JavaScript has.
    Ecma(crate::ecmascript::ops::Op),
}

/// A constant that conditions compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Key {
    Text(Symbol),
    Integer(i64),
}

/// A condition on a parameter: it is one of some constants, or none of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The parameter's value.
    pub value: Value,
    /// It is one of them.
    pub is_one: bool,
    /// The constants.
    pub keys: Box<[Key]>,
}

const _: () = assert!(size_of::<Op>() <= 40, "a program has millions of them");

impl Op {
    /// Return the value that the constraint defines.
    pub fn defined(&self) -> Option<Value> {
        match *self {
            Op::Copy { to, .. }
            | Op::Text { to, .. }
            | Op::Integer { to, .. }
            | Op::Affixes { to, .. }
            | Op::Literal { to, .. }
            | Op::InstanceOf { to, .. }
            | Op::LoadGlobal { to, .. }
            | Op::LoadBuiltin { to, .. }
            | Op::LoadCell { to, .. }
            | Op::MakeFunction { to, .. }
            | Op::MakeClass { to, .. }
            | Op::LoadAttribute { to, .. }
            | Op::LoadItem { to, .. }
            | Op::Component { to, .. }
            | Op::Slice { to, .. }
            | Op::Unpack { to, .. }
            | Op::Allocate { to, .. }
            | Op::Narrow { to, .. }
            | Op::Call { to, .. }
            | Op::Operator { to, .. }
            | Op::ImportModule { to, .. }
            | Op::ImportMember { to, .. }
            | Op::Iterate { to, .. }
            | Op::Next { to, .. }
            | Op::Enter { to, .. }
            | Op::Await { to, .. }
            | Op::Yield { to, .. }
            | Op::YieldFrom { to, .. } => Some(to),
            Op::Ecma(ref op) => op.defined(),
            Op::StoreGlobal { .. }
            | Op::StoreMember { .. }
            | Op::StoreCell { .. }
            | Op::StoreAttribute { .. }
            | Op::StoreItem { .. }
            | Op::DeleteAttribute { .. }
            | Op::DeleteItem { .. }
            | Op::Element { .. }
            | Op::Spread { .. }
            | Op::Exit { .. }
            | Op::When { .. }
            | Op::Return { .. }
            | Op::Raise { .. } => None,
        }
    }
}

/// How a parameter takes its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ParameterKind {
    PositionalOnly,
    Plain,
    Rest,
    NamedOnly,
    NamedRest,
    /// All positional arguments, whoever else takes them.
    All,
}

/// A parameter.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Parameter {
    pub name: Symbol,
    pub kind: ParameterKind,
    pub value: Value,
    pub has_default: bool,
}

/// What kind of frame a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum UnitKind {
    Module,
    Class,
    Function,
    Lambda,
    Comprehension,
    /// The values of a class's instance fields.
    Initializer,
}

/// The constraints of one frame.
#[derive(Debug, Serialize, Deserialize)]
pub struct Unit {
    /// Whose rules hold.
    pub language: Language,
    /// What kind of frame.
    pub kind: UnitKind,
    /// Its own name.
    pub name: Symbol,
    /// Number of its file.
    pub file: u32,
    /// The unit around it, or [`NONE`].
    pub parent: UnitId,
    /// Where its definition begins and ends, in bytes.
    pub span: (u32, u32),
    /// A call makes a generator.
    pub is_generator: bool,
    /// A call makes a coroutine, or an asynchronous generator.
    pub is_async: bool,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Number of its values.
    pub value_count: u32,
    /// Its constraints.
    pub ops: Vec<Op>,
    /// Where each constraint is written: (first byte, byte past the last).
    pub spans: Vec<(u32, u32)>,
    /// Names that a module or class binds.
    pub names: Vec<Symbol>,
    /// Names that a class declares with a type, in order: the fields of a record.
    pub declared: Vec<Symbol>,
    /// Star imports of a module.
    pub stars: Vec<Star>,
    /// What a module of JavaScript exports by declaration.
    pub exported: Vec<crate::ecmascript::ops::Exported>,
    /// A parameter reaches a return, a call or an index: a clone for each call site pays.
    pub forwards: bool,
    /// Parameters that the unit may return as they are, by position; no [`Op::Return`] says so.
    pub returned: Vec<u32>,
    /// Types that are declared of members and attributes.
    pub typed: Vec<Typed>,
    /// Variables and attributes that are written, in order.
    pub stores: Vec<Stored>,
    /// Variables that only name an interface, and their names.
    pub interfaces: Vec<(u32, Symbol)>,
    /// Some constraints count under conditions alone.
    pub is_conditional: bool,
    /// Parameters whose constants decide what a call does, by position: a clone for each constant pays.
    pub decisive: Vec<u32>,
}

/// Return for each unit the one whose code it is part of: frames of comprehensions and of fields are part of the code that
/// they are written in.
pub fn parts_of(units: &[Unit]) -> Vec<UnitId> {
    let part_of = |mut unit: usize| {
        while matches!(units[unit].kind, UnitKind::Comprehension | UnitKind::Initializer) {
            unit = units[unit].parent as usize;
        }
        unit as UnitId
    };
    (0..units.len()).map(part_of).collect()
}

/// A declared type of a member of the module or class that a unit is of, or of an attribute.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Typed {
    /// Whose attribute it is; [`NONE`] for a member.
    pub object: Value,
    /// Its name.
    pub name: Symbol,
    /// The annotation.
    pub class: Value,
}

/// A name that is written somewhere, as a variable that others see or as an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stored {
    /// First byte of the target.
    pub start: u32,
    /// The variable or attribute.
    pub name: Symbol,
    /// It is read there too: `x += 1`.
    pub is_read: bool,
}

/// `from module import *`, of a module.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Star {
    /// The module's name.
    pub path: Symbol,
    /// Leading dots.
    pub level: u16,
    /// Number of the constraint after it: later bindings win.
    pub at: u32,
}

/// A file of the program.
#[derive(Debug)]
pub struct File {
    /// Its path in the repository.
    pub path: String,
    /// Its module's dotted name.
    pub module: String,
    /// Names of `__all__`, where it is written as a literal.
    pub exports: Option<Vec<Symbol>>,
    /// First byte of each line.
    pub lines: Vec<u32>,
    /// First of its units: the module itself.
    pub unit: UnitId,
    /// Number of its units.
    pub unit_count: u32,
}

impl File {
    /// Return the line, from 1, and the column, from 0 in bytes, of a byte.
    pub fn place(&self, byte: u32) -> (u32, u32) {
        place(&self.lines, byte)
    }
}

/// Return the line, from 1, and the column, from 0 in bytes, of a byte, given the first byte of each line.
pub(crate) fn place(lines: &[u32], byte: u32) -> (u32, u32) {
    let line = lines.partition_point(|start| *start <= byte);
    (line as u32, byte - lines.get(line.wrapping_sub(1)).copied().unwrap_or(0))
}

/// The whole program.
#[derive(Debug, Default)]
pub struct Program {
    /// Its texts.
    pub symbols: Symbols,
    /// Its files, in order of their paths.
    pub files: Vec<File>,
    /// Their units: each file's own are together, each before those inside it.
    pub units: Vec<Unit>,
    /// (folder of a file, specifier) to the path of the file that is imported, where the project's files say.
    pub resolved: Map<(String, String), String>,
}

impl Program {
    /// Return a unit's dotted name: the module's, then those of the frames around it.
    pub fn qualified_name(&self, unit: UnitId) -> String {
        let mut parts = Vec::new();
        let mut next = unit;
        while next != NONE {
            let found = &self.units[next as usize];
            if found.kind == UnitKind::Module {
                parts.push(self.files[found.file as usize].module.as_str());
            } else {
                parts.push(self.symbols.text(found.name));
            }
            next = found.parent;
        }
        parts.reverse();
        parts.join(".")
    }
}
