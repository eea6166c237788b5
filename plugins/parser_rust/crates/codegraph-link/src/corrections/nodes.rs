//! Nodes of the analysed files: where definitions stand, where they belong, what they declare.
//!
//! They are made for one run, or kept between runs: then files' nodes move where only their places changed.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch};

use super::found::Found;
use super::ids::{Column, Id, Ids};
use crate::LinkError;
use crate::columns::{integers_or_absent, strings, texts};
use crate::symbols::Map;

/// It holds a value: something that is read, written and has a type.
pub const VALUE: u8 = 1;
pub const PARAMETER: u8 = 1 << 1;
/// It is found by its name in its parent.
pub const MEMBER: u8 = 1 << 2;
/// It is called and returns something.
pub const RETURNING: u8 = 1 << 3;
/// It is of a language whose fields static types alone decide: nothing is left to the link stage.
pub const DECIDED: u8 = 1 << 4;
/// It declares what it returns.
pub const SAYS_RETURNS: u8 = 1 << 5;
/// It declares what it is.
pub const SAYS_TYPE: u8 = 1 << 6;

/// A node's number, an external one's, or -1.
pub type Node = i32;

/// Nodes by what they are looked up by.
pub struct Lookup {
    /// Node of each id: the first.
    pub node_of: Vec<Node>,
    /// By parent and name.
    pub members: Map<(Node, i32), Node>,
    pub parameters: Map<(Node, i32), Node>,
}

/// What is kept of nodes that stay for further runs.
#[derive(Default)]
struct Kept {
    /// First and last byte of each node that is a definition; `None` of others.
    spans: Vec<Option<(i32, i32)>>,
    /// The first node of each file, and that after its last.
    files: Map<i32, (usize, usize)>,
    lookup: Option<Arc<Lookup>>,
}

/// Nodes as columns, in the order in which they came.
#[derive(Default)]
pub struct Nodes {
    /// Code of each name of the analysis; where nodes are kept, of each name of a node.
    names: Map<String, i32>,
    kept: Option<Kept>,
    /// By file, first and last byte; a module is the unit that begins nowhere, since it need not cover the whole text.
    definitions: Map<(i32, i32, i32), Id>,
    pub id: Vec<Id>,
    pub parent: Vec<Id>,
    /// Code among the analysis's names, or -1.
    pub name: Vec<i32>,
    pub file: Vec<i32>,
    pub line: Vec<i32>,
    pub flags: Vec<u8>,
}

impl Nodes {
    /// Make an empty table for an analysis.
    pub fn new(found: &Found) -> Result<Self, LinkError> {
        let names = texts(found.table("accesses")?, "name")?;
        let names = names
            .values
            .iter()
            .enumerate()
            .map(|(code, name)| ((*name).to_owned(), code as i32));
        Ok(Nodes {
            names: names.collect(),
            ..Nodes::default()
        })
    }

    /// Make an empty table that is kept between runs.
    pub fn resident() -> Self {
        Nodes {
            kept: Some(Kept::default()),
            ..Nodes::default()
        }
    }

    /// Return the code of a name, or -1.
    pub fn code(&self, name: &str) -> i32 {
        self.names.get(name).copied().unwrap_or(-1)
    }

    fn named(&mut self, name: &str) -> i32 {
        if self.kept.is_some() && !self.names.contains_key(name) {
            self.names.insert(name.to_owned(), self.names.len() as i32);
        }
        self.code(name)
    }

    /// Take nodes; those of other files are left out.
    pub fn add(
        &mut self,
        batch: &RecordBatch,
        files: &[i32],
        ids: &mut Ids,
    ) -> Result<(), LinkError> {
        let (names, node_ids) = (strings(batch, "name")?, strings(batch, "id")?);
        let (kinds, languages) = (texts(batch, "kind")?, texts(batch, "language")?);
        let metadata = strings(batch, "metadata")?;
        let mut parents = Column::new(texts(batch, "parent_id")?);
        let [line, start, end] =
            ["start_line", "start_byte", "end_byte"].map(|name| integers_or_absent(batch, name));
        let (line, start, end) = (line?, start?, end?);
        let by_kind: Vec<u8> = kinds.values.iter().map(|kind| flags_of(kind)).collect();
        let is_java: Vec<bool> = languages
            .values
            .iter()
            .map(|language| *language == "java")
            .collect();
        for (row, file) in files.iter().enumerate().filter(|(_, file)| **file >= 0) {
            let kind = kinds.codes[row] as usize;
            let id = ids.intern(node_ids.value(row));
            let span = place_of(kinds.values[kind], (start[row], end[row]));
            if let Some(span) = span {
                self.definitions.insert((*file, span.0, span.1), id);
            }
            if let Some(kept) = &mut self.kept {
                let at = kept.spans.len();
                kept.spans.push(span);
                kept.files.entry(*file).or_insert((at, at)).1 = at + 1;
                kept.lookup = None;
            }
            let mut flags = by_kind[kind];
            if is_java.get(languages.codes[row] as usize) == Some(&true) {
                flags |= DECIDED;
            }
            if metadata.is_valid(row) {
                flags |= declared(metadata.value(row));
            }
            self.id.push(id);
            self.parent.push(parents.id(row, ids));
            let name = self.named(names.value(row));
            self.name.push(name);
            self.file.push(*file);
            self.line.push(line[row]);
            self.flags.push(flags);
        }
        Ok(())
    }

    /// Move the nodes of files to where they are now, and say whether they are the same nodes otherwise.
    ///
    /// Where they are not, nothing is told of what was moved: the table is of no use any more.
    pub fn relocate(
        &mut self,
        batch: &RecordBatch,
        files: &[i32],
        ids: &mut Ids,
    ) -> Result<bool, LinkError> {
        let mut now = Nodes::resident();
        std::mem::swap(&mut now.names, &mut self.names);
        now.add(batch, files, ids)?;
        std::mem::swap(&mut now.names, &mut self.names);
        let Some(kept) = &mut self.kept else {
            return Ok(false);
        };
        let spans = now.kept.take().unwrap_or_default();
        for (file, (first, end)) in spans.files {
            let Some((old, old_end)) = kept.files.get(&file).copied() else {
                return Ok(false);
            };
            let same = old_end - old == end - first
                && self.id[old..old_end] == now.id[first..end]
                && self.parent[old..old_end] == now.parent[first..end]
                && self.name[old..old_end] == now.name[first..end]
                && self.flags[old..old_end] == now.flags[first..end]
                && (old..old_end)
                    .zip(first..end)
                    .all(|(old, new)| kept.spans[old].is_some() == spans.spans[new].is_some());
            if !same || now.file[first..end].iter().any(|one| *one != file) {
                return Ok(false);
            }
            for span in kept.spans[old..old_end].iter().flatten() {
                self.definitions.remove(&(file, span.0, span.1));
            }
            for (old, new) in (old..old_end).zip(first..end) {
                self.line[old] = now.line[new];
                kept.spans[old] = spans.spans[new];
                if let Some(span) = kept.spans[old] {
                    self.definitions
                        .insert((file, span.0, span.1), self.id[old]);
                }
            }
        }
        Ok(true)
    }

    /// Return nodes by what they are looked up by.
    pub fn lookup(&mut self, ids: &Ids) -> Arc<Lookup> {
        if let Some(known) = self.kept.as_ref().and_then(|kept| kept.lookup.clone()) {
            return known;
        }
        let mut node_of = vec![-1; ids.len()];
        for (node, id) in self.id.iter().enumerate().rev() {
            node_of[*id as usize] = node as Node;
        }
        let known = |id: Id| node_of.get(id as usize).copied().unwrap_or(-1);
        let (mut members, mut parameters) = (Map::default(), Map::default());
        for (node, parent) in self.parent.iter().enumerate() {
            let key = (known(*parent), self.name[node]);
            if key.0 >= 0 && key.1 >= 0 {
                // The first of equals counts.
                if self.has(node, MEMBER) {
                    members.entry(key).or_insert(node as Node);
                }
                if self.has(node, PARAMETER) {
                    parameters.entry(key).or_insert(node as Node);
                }
            }
        }
        let lookup = Arc::new(Lookup {
            node_of,
            members,
            parameters,
        });
        if let Some(kept) = &mut self.kept {
            kept.lookup = Some(lookup.clone());
        }
        lookup
    }

    /// Return the definition at a place; a module stands at -1 to -1.
    pub fn at(&self, file: i32, span: (i32, i32)) -> Option<Id> {
        self.definitions.get(&(file, span.0, span.1)).copied()
    }

    pub fn has(&self, node: usize, flag: u8) -> bool {
        self.flags[node] & flag != 0
    }
}

fn flags_of(kind: &str) -> u8 {
    match kind {
        "variable" | "field" | "constant" | "enum_member" => VALUE | MEMBER,
        "property" => VALUE | MEMBER | RETURNING,
        "function" | "method" => MEMBER | RETURNING,
        "parameter" => PARAMETER,
        "package" => 0,
        _ => MEMBER,
    }
}

/// Return where the analysis has a unit for a node of a kind, if it may have one.
fn place_of(kind: &str, span: (i32, i32)) -> Option<(i32, i32)> {
    match kind {
        "module" => Some((-1, -1)),
        "function" | "method" | "class" | "interface" | "enum" | "enum_member" | "property" => {
            Some(span)
        }
        _ => None,
    }
}

fn declared(metadata: &str) -> u8 {
    let mut flags = 0;
    if metadata.contains("\"returns\"") {
        flags |= SAYS_RETURNS;
    }
    if metadata.contains("\"annotation\"") {
        flags |= SAYS_TYPE;
    }
    flags
}
