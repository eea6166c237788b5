//! Copies of properties one by one: `to[key] = from[key]` keeps values under the names that they had.

use super::ops::Op;
use crate::program::{Map, Op as Shared, Place, Value};
use crate::translate::Translator;

/// Copies of a value that are followed back to where it is read.
const LONGEST_WAY: usize = 16;

impl Translator<'_> {
    /// Let stores of what was read under the same key be copies.
    ///
    /// A loop over an object's names has all of them at once. Apart, the read gives any of the object's values and the
    /// store puts them under every name; together, each name has its own.
    pub(crate) fn pair_copies(&mut self) {
        let is_store = |op: &Shared| matches!(op, Shared::StoreItem { index: Place::Key(_), .. });
        if !self.unit.ops.iter().any(is_store) {
            return;
        }
        let mut definitions: Map<Value, Vec<usize>> = Map::default();
        for (at, op) in self.unit.ops.iter().enumerate() {
            if let Some(value) = op.defined() {
                definitions.entry(value).or_default().push(at);
            }
        }
        for at in 0..self.unit.ops.len() {
            let Shared::StoreItem { object, index: Place::Key(key), value } = self.unit.ops[at] else { continue };
            if let Some((from, read)) = self.read_of(value, &definitions)
                && self.origin(read, &definitions) == self.origin(key, &definitions)
            {
                let is_all = self.named_by(key, &definitions) == Some(self.origin(from, &definitions));
                self.unit.ops[at] = Shared::Ecma(if is_all {
                    Op::CopyItems { object, from }
                } else {
                    Op::CopyItem { object, from, key }
                });
            }
        }
    }

    /// Return the object and key of the one read that gives a value.
    fn read_of(&self, value: Value, definitions: &Map<Value, Vec<usize>>) -> Option<(Value, Value)> {
        match self.unit.ops[self.definition(self.origin(value, definitions), definitions)?] {
            Shared::LoadItem { object, index: Place::Key(key), .. } => Some((object, key)),
            _ => None,
        }
    }

    /// Return the object over whose names a loop goes that gives a key.
    fn named_by(&self, key: Value, definitions: &Map<Value, Vec<usize>>) -> Option<Value> {
        let defined = |value| Some(&self.unit.ops[self.definition(self.origin(value, definitions), definitions)?]);
        let Shared::Next { iterator, .. } = *defined(key)? else { return None };
        let Shared::Iterate { from, .. } = *defined(iterator)? else { return None };
        let Shared::Ecma(Op::PropertyNames { from, .. }) = *defined(from)? else { return None };
        Some(self.origin(from, definitions))
    }

    fn definition(&self, value: Value, definitions: &Map<Value, Vec<usize>>) -> Option<usize> {
        match definitions.get(&value)?.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// Return the value that another is a copy of, or a part of by conditions.
    fn origin(&self, value: Value, definitions: &Map<Value, Vec<usize>>) -> Value {
        let mut value = value;
        for _ in 0..LONGEST_WAY {
            let Some(sources) = definitions.get(&value) else { return value };
            let mut sources = sources.iter().map(|at| match self.unit.ops[*at] {
                Shared::Copy { from, .. } | Shared::Ecma(Op::Narrow { from, .. }) => Some(from),
                _ => None,
            });
            let Some(Some(first)) = sources.next() else { return value };
            if !sources.all(|other| other == Some(first)) {
                return value;
            }
            value = first;
        }
        value
    }
}
