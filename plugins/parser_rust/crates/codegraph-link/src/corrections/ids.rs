//! Texts as numbers: ids of nodes and names of resolvers, each text once.

use std::cmp::Ordering;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::columns::Texts;

/// A text's number, counted in order of first appearance.
pub type Id = u32;
/// No text.
pub const NONE: Id = Id::MAX;

/// Distinct texts, one after the other.
#[derive(Default)]
pub struct Ids {
    bytes: String,
    ends: Vec<usize>,
    table: HashTable<Id>,
}

fn hash(text: &str) -> u64 {
    FixedState::default().hash_one(text)
}

fn slice<'a>(bytes: &'a str, ends: &[usize], id: Id) -> &'a str {
    let id = id as usize;
    &bytes[if id == 0 { 0 } else { ends[id - 1] }..ends[id]]
}

impl Ids {
    /// Number of texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Return a text's number.
    pub fn intern(&mut self, text: &str) -> Id {
        let (bytes, ends) = (&self.bytes, &self.ends);
        let entry = self.table.entry(
            hash(text),
            |id| slice(bytes, ends, *id) == text,
            |id| hash(slice(bytes, ends, *id)),
        );
        match entry {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                let id = self.ends.len() as Id;
                free.insert(id);
                self.bytes.push_str(text);
                self.ends.push(self.bytes.len());
                id
            }
        }
    }

    /// Return the number of a text, or [`NONE`] if it has none.
    pub fn find(&self, text: &str) -> Id {
        self.table
            .find(hash(text), |id| self.text(*id) == text)
            .copied()
            .unwrap_or(NONE)
    }

    /// Return a text.
    pub fn text(&self, id: Id) -> &str {
        slice(&self.bytes, &self.ends, id)
    }

    /// Compare texts by their bytes.
    pub fn order(&self, left: Id, right: Id) -> Ordering {
        if left == right {
            Ordering::Equal
        } else {
            self.text(left).cmp(self.text(right))
        }
    }
}

/// A column of texts whose rows are asked for their numbers: a text is looked up once.
pub struct Column<'a> {
    texts: Texts<'a>,
    known: Vec<Id>,
}

impl<'a> Column<'a> {
    /// Take a column.
    pub fn new(texts: Texts<'a>) -> Self {
        let known = vec![NONE; texts.values.len()];
        Column { texts, known }
    }

    /// Return the number of a row's text, [`NONE`] for null.
    pub fn id(&mut self, row: usize, ids: &mut Ids) -> Id {
        let code = self.texts.codes[row];
        if code < 0 {
            return NONE;
        }
        let known = &mut self.known[code as usize];
        if *known == NONE {
            *known = ids.intern(self.texts.values[code as usize]);
        }
        *known
    }
}
