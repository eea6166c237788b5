//! Names of one file, interned: equal texts have equal ids.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// A name of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub u32);

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    end: u32,
    /// The part before the first dot.
    first: NameId,
    hash: u64,
}

/// Interned names. Ids count from 0 in the order of first appearance.
#[derive(Debug, Default)]
pub struct Names {
    text: String,
    entries: Vec<Entry>,
    table: HashTable<u32>,
}

impl Names {
    /// Forget all names but keep the memory, and begin with these.
    pub fn reset(&mut self, seeds: &[String]) {
        self.text.clear();
        self.entries.clear();
        self.table.clear();
        for seed in seeds {
            self.intern(seed);
        }
    }

    /// Return the id of a text.
    #[inline]
    pub fn intern(&mut self, text: &str) -> NameId {
        let hash = xxh3_64(text.as_bytes());
        match self.find(text, hash) {
            Some(found) => found,
            None => self.insert(text, hash),
        }
    }

    #[inline]
    fn find(&self, text: &str, hash: u64) -> Option<NameId> {
        let found = self.table.find(hash, |&id| {
            let entry = &self.entries[id as usize];
            entry.hash == hash && &self.text.as_bytes()[entry.start as usize..entry.end as usize] == text.as_bytes()
        });
        found.map(|&id| NameId(id))
    }

    #[cold]
    fn insert(&mut self, text: &str, hash: u64) -> NameId {
        let id = NameId(self.entries.len() as u32);
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.entries.push(Entry { start, end: self.text.len() as u32, first: id, hash });
        let entries = &self.entries;
        self.table.insert_unique(hash, id.0, |&id| entries[id as usize].hash);
        // Names are short: no search that begins with a call is worth it.
        if let Some(dot) = text.bytes().position(|byte| byte == b'.') {
            let first = self.intern(&text[..dot]);
            self.entries[id.0 as usize].first = first;
        }
        id
    }

    /// Return the id of the first bytes of a name.
    pub fn intern_beginning(&mut self, name: NameId, length: usize) -> NameId {
        let text = &self.text(name)[..length];
        let hash = xxh3_64(text.as_bytes());
        match self.find(text, hash) {
            Some(found) => found,
            None => {
                let text = text.to_owned();
                self.insert(&text, hash)
            }
        }
    }

    /// Return a name's text.
    #[inline]
    pub fn text(&self, name: NameId) -> &str {
        let entry = &self.entries[name.0 as usize];
        &self.text[entry.start as usize..entry.end as usize]
    }

    /// Return the key of a name's text: its xxh3_64.
    #[inline]
    pub fn key(&self, name: NameId) -> u64 {
        self.entries[name.0 as usize].hash
    }

    /// Return the name before the first dot; a name without a dot is its own first part.
    #[inline]
    pub fn first(&self, name: NameId) -> NameId {
        self.entries[name.0 as usize].first
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Say whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_id_and_dotted_names_know_their_first_part() {
        let mut names = Names::default();
        names.reset(&["seed".to_owned()]);
        let dotted = names.intern("os.path.join");
        assert_eq!(names.intern("os.path.join"), dotted);
        assert_eq!(names.text(names.first(dotted)), "os");
        assert_eq!(names.intern("seed"), NameId(0));
        let plain = names.intern("plain");
        assert_eq!(names.first(plain), plain);
        let called = names.intern("plain()");
        assert_eq!(names.intern_beginning(called, 5), plain);
        let part = names.intern_beginning(called, 2);
        assert_eq!(names.text(part), "pl");
        assert_eq!(names.intern("pl"), part);
    }
}
