//! Nodes of the analysed files: where definitions stand, where they belong, what they declare.

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

/// Nodes as columns, in the order in which they came.
pub struct Nodes {
    /// Code of each name of the analysis.
    names: Map<String, i32>,
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
            definitions: Map::default(),
            id: Vec::new(),
            parent: Vec::new(),
            name: Vec::new(),
            file: Vec::new(),
            line: Vec::new(),
            flags: Vec::new(),
        })
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
            if let Some(span) = place_of(kinds.values[kind], (start[row], end[row])) {
                self.definitions.insert((*file, span.0, span.1), id);
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
            self.name
                .push(self.names.get(names.value(row)).copied().unwrap_or(-1));
            self.file.push(*file);
            self.line.push(line[row]);
            self.flags.push(flags);
        }
        Ok(())
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
