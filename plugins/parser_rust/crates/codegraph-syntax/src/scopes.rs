//! Lexical scopes and definition frames: what a name is bound to at a point of a file.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;

use crate::names::NameId;
use crate::rows::TextRef;

/// Bound, but to nothing that has a row: a local variable or a parameter.
pub const LOCAL: i32 = -1;
/// No scope, frame or counter.
pub const ABSENT: u32 = u32::MAX;

/// Which binding of a name wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Rank {
    Local,
    Variable,
    Definition,
}

/// A text that says what a local's type is: whether it begins at the receiver, and the text; see `rust_values.rs`.
pub type Typed = Option<(bool, NameId)>;

/// Whether a name is a method's receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Receiver {
    No,
    Instance,
    Class,
}

/// Blocks nested deeper than this share the scope of the last one: a lookup climbs every scope above it,
/// so that hostile nesting would cost time quadratic in the file's size.
const MAX_SCOPE_DEPTH: u32 = 200;

/// What a name is bound to. A receiver's ordinal is its class.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Bound {
    pub rank: Rank,
    pub ordinal: i32,
    pub receiver: Receiver,
}

/// Decisions seen in a function; shared by the scopes of its body.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Counter {
    pub decisions: i32,
    pub outward: u32,
}

/// A definition that owns others: module, class, function.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Frame {
    pub ordinal: i32,
    pub parent: u32,
    pub kind: NameId,
    pub fqn: TextRef,
    /// The id without the suffix.
    pub ids: TextRef,
    pub is_type: bool,
    /// It stands for the value of a variable: an object literal.
    pub is_object: bool,
    pub is_function: bool,
    pub is_test: bool,
    pub is_static: bool,
    pub is_member: bool,
    pub class_receiver: bool,
    /// Type that an extension extends.
    pub extended: Option<NameId>,
    pub lexical_receiver: bool,
    /// It stands for a type of another file and has no row of its own; see `owner`.
    pub foreign: bool,
    /// The name of the type that a foreign frame stands for, if it has one that can be looked up.
    pub owner: Option<NameId>,
    pub calls: u32,
    pub lambdas: u32,
    pub imports: u32,
    pub parameters: u32,
    pub counter: u32,
}

/// Names visible at a point.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The scope around it.
    pub parent: u32,
    /// The definition it belongs to.
    pub frame: u32,
    /// Where decisions are counted.
    pub counter: u32,
    /// Nothing in it makes rows.
    pub anonymous: bool,
    depth: u32,
    /// Which table of names it has; twins share one.
    names: u32,
    /// Which table of outer names it has, or [`ABSENT`].
    outer: u32,
    /// The nearest scope that is not a block or comprehension; [`ABSENT`]: itself.
    home: u32,
}

/// Multiplies; keys are pairs of small integers.
#[derive(Default)]
pub struct PairHasher(u64);

impl Hasher for PairHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        let product = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 29);
    }
}

/// A map whose keys are two ids.
pub type PairMap<V> = HashMap<u64, V, BuildHasherDefault<PairHasher>>;

#[inline]
fn pair(first: u32, name: NameId) -> u64 {
    u64::from(first) << 32 | u64::from(name.0)
}

/// What a frame knows of a name.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Member {
    pub count: u32,
    pub variable: bool,
}

/// The scopes, frames and counters of one file.
#[derive(Debug, Default)]
pub struct Scopes {
    scopes: Vec<Scope>,
    /// Frames in the order of their ordinals.
    pub frames: Vec<Frame>,
    /// Counters; the first one counts what counts nowhere.
    pub counters: Vec<Counter>,
    names: PairMap<Bound>,
    /// Where names that late binders bound first become visible.
    late: PairMap<u32>,
    name_tables: u32,
    outer: PairMap<u32>,
    outer_tables: u32,
    members: PairMap<Member>,
    /// What is known of the types of names, from which byte on.
    typed: PairMap<Vec<(u32, Typed)>>,
    /// By name id: some scope binds it.
    bound: Vec<bool>,
}

/// The counter that nobody reads.
pub const NOWHERE: u32 = 0;

impl Scopes {
    /// Forget everything but keep the memory.
    pub fn reset(&mut self) {
        self.scopes.clear();
        self.frames.clear();
        self.counters.clear();
        self.counters.push(Counter { decisions: 0, outward: ABSENT });
        self.names.clear();
        self.late.clear();
        self.typed.clear();
        self.name_tables = 0;
        self.outer.clear();
        self.outer_tables = 0;
        self.members.clear();
        self.bound.clear();
    }

    /// Add a counter.
    pub fn counter(&mut self) -> u32 {
        self.counters.push(Counter { decisions: 0, outward: ABSENT });
        self.counters.len() as u32 - 1
    }

    /// Add a scope with a name table of its own.
    pub fn open(&mut self, parent: u32, frame: u32, counter: u32) -> u32 {
        let names = self.name_tables;
        self.name_tables += 1;
        let depth = if parent == ABSENT { 0 } else { self.get(parent).depth + 1 };
        self.push(Scope { parent, frame, counter, anonymous: false, depth, names, outer: ABSENT, home: ABSENT })
    }

    fn push(&mut self, scope: Scope) -> u32 {
        self.scopes.push(scope);
        self.scopes.len() as u32 - 1
    }

    /// Return a scope.
    #[inline]
    pub fn get(&self, scope: u32) -> &Scope {
        &self.scopes[scope as usize]
    }

    /// Return a scope's frame.
    #[inline]
    pub fn frame_of(&self, scope: u32) -> &Frame {
        &self.frames[self.get(scope).frame as usize]
    }

    /// Return the nearest scope that is not a block or comprehension.
    #[inline]
    pub fn home(&self, scope: u32) -> u32 {
        match self.get(scope).home {
            ABSENT => scope,
            home => home,
        }
    }

    /// Add a block or comprehension inside a scope; where nesting is too deep, it is that scope.
    pub fn block(&mut self, scope: u32) -> u32 {
        if self.get(scope).depth >= MAX_SCOPE_DEPTH {
            return scope;
        }
        let home = self.home(scope);
        let outside = *self.get(scope);
        let inner = self.open(scope, outside.frame, outside.counter);
        self.scopes[inner as usize].home = home;
        self.scopes[inner as usize].anonymous = outside.anonymous;
        inner
    }

    /// Note that nothing in a scope makes rows.
    pub fn set_anonymous(&mut self, scope: u32) {
        self.scopes[scope as usize].anonymous = true;
    }

    /// Add a twin of a scope whose decisions are counted elsewhere.
    pub fn counted_by(&mut self, scope: u32, counter: u32) -> u32 {
        let twin = Scope { counter, ..*self.get(scope) };
        self.push(twin)
    }

    /// Bind a name; definitions win over variables and those over locals, else the last one wins.
    pub fn bind(&mut self, scope: u32, name: NameId, bound: Bound) {
        let key = pair(self.get(scope).names, name);
        let index = name.0 as usize;
        if self.bound.len() <= index {
            self.bound.resize(index + 1, false);
        }
        self.bound[index] = true;
        self.names
            .entry(key)
            .and_modify(|known| {
                if bound.rank >= known.rank {
                    *known = bound;
                }
            })
            .or_insert(bound);
    }

    /// Bind a name that uses before `since` do not see, unless the scope has it already.
    pub fn bind_late(&mut self, scope: u32, name: NameId, bound: Bound, since: u32) {
        let key = pair(self.get(scope).names, name);
        if !self.names.contains_key(&key) {
            self.late.insert(key, since);
        }
        self.bind(scope, name, bound);
    }

    /// Return what a name is bound to at a byte of the source, from a scope outwards.
    #[inline]
    pub fn lookup_at(&self, scope: u32, name: NameId, at: u32) -> Option<Bound> {
        if self.late.is_empty() {
            return self.lookup(scope, name);
        }
        self.lookup_if(scope, name, |key| self.late.get(&key).is_none_or(|since| *since <= at))
    }

    /// Remember a name's type from a byte on; one that is not known hides an earlier one.
    pub fn note_type(&mut self, scope: u32, name: NameId, known: Typed, since: u32) {
        let key = pair(self.get(scope).names, name);
        if known.is_some() {
            self.typed.entry(key).or_default().push((since, known));
        } else if let Some(listed) = self.typed.get_mut(&key) {
            listed.push((since, known));
        }
    }

    /// Return the type of a local at a byte of the source.
    pub fn local_type(&self, mut scope: u32, name: NameId, at: u32) -> Typed {
        while scope != ABSENT {
            let here = self.get(scope);
            let key = pair(here.names, name);
            let seen = self.late.get(&key).is_none_or(|since| *since <= at);
            if seen && self.names.contains_key(&key) {
                return self.typed.get(&key)?.iter().rev().find(|(since, _)| *since <= at)?.1;
            }
            scope = here.parent;
        }
        None
    }

    /// Return the only trait that a type parameter must implement.
    pub fn parameter_type(&self, mut scope: u32, name: NameId) -> Typed {
        while scope != ABSENT {
            let here = self.get(scope);
            let key = pair(here.names, name);
            if self.names.get(&key).is_some_and(|found| found.rank != Rank::Local) {
                let mut listed = self.typed.get(&key)?.iter().filter_map(|(_, known)| *known);
                let first = listed.next();
                return first.filter(|_| listed.next().is_none());
            }
            scope = here.parent;
        }
        None
    }

    /// Return what a scope itself binds a name to.
    pub fn bound_in(&self, scope: u32, name: NameId) -> Option<Bound> {
        self.names.get(&pair(self.get(scope).names, name)).copied()
    }

    /// Return what a name is bound to, from a scope outwards.
    #[inline]
    pub fn lookup(&self, scope: u32, name: NameId) -> Option<Bound> {
        self.lookup_if(scope, name, |_| true)
    }

    #[inline]
    fn lookup_if(&self, mut scope: u32, name: NameId, visible: impl Fn(u64) -> bool) -> Option<Bound> {
        if !self.bound.get(name.0 as usize).is_some_and(|bound| *bound) {
            return None;
        }
        while scope != ABSENT {
            let here = self.get(scope);
            let key = pair(here.names, name);
            if let Some(found) = self.names.get(&key).filter(|_| visible(key)) {
                return Some(*found);
            }
            scope = match self.outer_in(scope, name) {
                Some(outer) if outer != ABSENT => outer,
                _ => here.parent,
            };
        }
        None
    }

    /// Return what a name is bound to where a type or module is meant: locals are passed over.
    pub fn lookup_type(&self, mut scope: u32, name: NameId) -> Option<Bound> {
        if !self.bound.get(name.0 as usize).is_some_and(|bound| *bound) {
            return None;
        }
        while scope != ABSENT {
            let here = self.get(scope);
            if let Some(found) = self.names.get(&pair(here.names, name)).filter(|found| found.rank != Rank::Local) {
                return Some(*found);
            }
            scope = here.parent;
        }
        None
    }

    /// Return the scope that a scope takes a name from: `Some(ABSENT)` is any scope outside.
    #[inline]
    pub fn outer_in(&self, scope: u32, name: NameId) -> Option<u32> {
        match self.get(scope).outer {
            ABSENT => None,
            table => self.outer.get(&pair(table, name)).copied(),
        }
    }

    /// Note that a scope takes a name from `outer`, or from any scope outside ([`ABSENT`]).
    pub fn set_outer(&mut self, scope: u32, name: NameId, outer: u32) {
        self.ensure_outer(scope);
        self.outer.insert(pair(self.get(scope).outer, name), outer);
    }

    /// Give a scope a table of outer names.
    pub fn ensure_outer(&mut self, scope: u32) {
        if self.get(scope).outer == ABSENT {
            self.scopes[scope as usize].outer = self.outer_tables;
            self.outer_tables += 1;
        }
    }

    /// Return what a frame knows of a name, to change it.
    #[inline]
    pub fn member(&mut self, frame: u32, name: NameId) -> &mut Member {
        self.members.entry(pair(frame, name)).or_default()
    }

    /// Return the frame of an ordinal that is a definition's.
    pub fn frame_with_ordinal(&self, ordinal: i32) -> Option<u32> {
        self.frames.binary_search_by_key(&ordinal, |frame| frame.ordinal).ok().map(|index| index as u32)
    }
}
