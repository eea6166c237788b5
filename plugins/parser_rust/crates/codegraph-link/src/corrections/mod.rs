//! Corrects linked rows by what the points-to analysis found, Arrow in and out.
//!
//! Names decide imports and references, values decide calls and attributes. The link stage's rows of calls in the
//! analysed files are held back; where the analysis knows who is called at a place its answer takes theirs
//! (`calls.rs`), and what is read, written and of what type things are becomes edges (`facts.rs`). Everything is
//! numbers until rows are written: ids are positions in one `Ids`, files are positions among the analysed ones.

pub mod by_file;
mod calls;
mod edges;
mod facts;
mod found;
mod ids;
mod nodes;

use arrow_array::{BooleanArray, RecordBatch};

use crate::LinkError;
use crate::columns::{integers_or_absent, strings, texts};
use crate::linker::TableBatch;
use crate::rows::{BareNode, node_batch};
use crate::symbols::{Map, Set};

use edges::Edge;
use found::Found;
use ids::{Id, Ids};
use nodes::Nodes;

/// Suffix of the ids of what the repository does not define.
const EXTERNAL: &str = "@external";
/// Resolver of what values decide.
const POINTS_TO: &str = "points-to";
/// Confidence where one answer is known.
const SURE: f32 = 0.95;
/// Confidence where several answers are possible.
const SEVERAL: f32 = 0.85;

/// Kinds of edges; the order is that of edges of one place.
const KINDS: [&str; 7] = [
    "calls",
    "instantiates",
    "raises",
    "reads",
    "writes",
    "has_type",
    "returns_type",
];
const CALLS: u8 = 0;
const INSTANTIATES: u8 = 1;
const RAISES: u8 = 2;
const READS: u8 = 3;
const WRITES: u8 = 4;
const HAS_TYPE: u8 = 5;
const RETURNS_TYPE: u8 = 6;

/// Rows of calls, reads, writes and types in the analysed files.
///
/// Linked rows come first (`take`, `hold_call_sites`), then the nodes of the files, then `calls` and `facts`, once each.
pub struct Corrections {
    paths: Vec<String>,
    file_of: Map<String, i32>,
    found: Found,
    ids: Ids,
    /// Linked edges of calls, and linked references.
    calls: Vec<Edge>,
    references: Vec<Edge>,
    call_sites: Vec<RecordBatch>,
    /// External nodes that there are.
    externals: Set<Id>,
    nodes: Nodes,
}

impl Corrections {
    /// Take what the analysis found.
    ///
    /// # Arguments
    /// * `paths` - The analysed files, in the order in which the analysis numbers them.
    /// * `tables` - The tables of `PointsTo.solve`.
    ///
    /// # Errors
    /// A table or a column is missing.
    pub fn new(paths: Vec<String>, tables: Vec<(String, RecordBatch)>) -> Result<Self, LinkError> {
        let file_of = paths
            .iter()
            .enumerate()
            .map(|(at, path)| (path.clone(), at as i32))
            .collect();
        let found = Found::new(tables);
        let nodes = Nodes::new(&found)?;
        Ok(Corrections {
            paths,
            file_of,
            found,
            ids: Ids::default(),
            calls: Vec::new(),
            references: Vec::new(),
            call_sites: Vec::new(),
            externals: Set::default(),
            nodes,
        })
    }

    /// Make a table of nodes that stays, to which runs come one after the other (`restart`).
    ///
    /// # Arguments
    /// * `paths` - The analysed files, in the order of their numbers.
    #[must_use]
    pub fn resident(paths: Vec<String>) -> Self {
        let file_of = paths
            .iter()
            .enumerate()
            .map(|(at, path)| (path.clone(), at as i32))
            .collect();
        Corrections {
            paths,
            file_of,
            found: Found::new(Vec::new()),
            ids: Ids::default(),
            calls: Vec::new(),
            references: Vec::new(),
            call_sites: Vec::new(),
            externals: Set::default(),
            nodes: Nodes::resident(),
        }
    }

    /// Begin a run with what the analysis found in some files: their linked rows come next.
    pub fn restart(&mut self, tables: Vec<(String, RecordBatch)>) {
        self.found = Found::new(tables);
        self.calls.clear();
        self.references.clear();
        self.call_sites.clear();
        self.externals.clear();
    }

    /// Return the number of each file.
    #[must_use]
    pub fn numbers(&self) -> &Map<String, i32> {
        &self.file_of
    }

    /// Move the nodes of files to where they are now; false where they are others, and the table is of no use.
    ///
    /// # Errors
    /// The batch does not fit the data contract.
    pub fn relocate(&mut self, batch: &RecordBatch) -> Result<bool, LinkError> {
        let files = self.files(batch)?;
        self.nodes.relocate(batch, &files, &mut self.ids)
    }

    /// Return the external nodes among some ids that linked rows do not have, after the linked rows.
    ///
    /// # Errors
    /// Never, for ids.
    pub fn name_externals(&mut self, named: &[String]) -> Result<Vec<TableBatch>, LinkError> {
        let named: Vec<Id> = named.iter().map(|id| self.ids.intern(id)).collect();
        self.new_externals(&named)
    }

    /// Take linked rows, and say which of them are final: None for all.
    ///
    /// Edges of calls in the analysed files are held, and references noted. Call sites of those files are to be
    /// handed to `hold_call_sites`.
    ///
    /// # Errors
    /// The batch does not fit the data contract.
    pub fn take(
        &mut self,
        table: &str,
        batch: &RecordBatch,
    ) -> Result<Option<BooleanArray>, LinkError> {
        match table {
            "nodes" => self.note_externals(batch).map(|()| None),
            "edges" => self.take_edges(batch),
            "call_sites" => self.take_call_sites(batch),
            _ => Ok(None),
        }
    }

    /// Hold call sites of the analysed files: `calls` gives them back, corrected.
    pub fn hold_call_sites(&mut self, batch: RecordBatch) {
        self.call_sites.push(batch);
    }

    /// Learn the definitions in a batch of parsed nodes.
    ///
    /// # Errors
    /// The batch does not fit the data contract.
    pub fn add_nodes(&mut self, batch: &RecordBatch) -> Result<(), LinkError> {
        let files = self.files(batch)?;
        self.nodes.add(batch, &files, &mut self.ids)
    }

    fn note_externals(&mut self, batch: &RecordBatch) -> Result<(), LinkError> {
        let (kinds, ids) = (texts(batch, "kind")?, strings(batch, "id")?);
        let is_external: Vec<bool> = kinds
            .values
            .iter()
            .map(|kind| *kind == "external")
            .collect();
        for (row, kind) in kinds.codes.iter().enumerate() {
            if is_external.get(*kind as usize) == Some(&true) {
                let id = self.ids.intern(ids.value(row));
                self.externals.insert(id);
            }
        }
        Ok(())
    }

    fn take_edges(&mut self, batch: &RecordBatch) -> Result<Option<BooleanArray>, LinkError> {
        let files = self.files(batch)?;
        let kinds = texts(batch, "kind")?;
        let meant: Vec<Meant> = kinds.values.iter().map(|kind| Meant::of(kind)).collect();
        let meant: Vec<Meant> = (kinds.codes.iter().zip(&files))
            .map(|(kind, file)| {
                if *file < 0 {
                    Meant::Other
                } else {
                    meant[*kind as usize]
                }
            })
            .collect();
        if meant.iter().all(|one| *one == Meant::Other) {
            return Ok(None);
        }
        let mut sources = ids::Column::new(texts(batch, "source_id")?);
        let mut targets = ids::Column::new(texts(batch, "target_id")?);
        let mut resolvers = ids::Column::new(texts(batch, "resolver")?);
        let lines = integers_or_absent(batch, "line_number")?;
        let columns = integers_or_absent(batch, "column")?;
        let confidence = edges::confidences(batch)?;
        for (row, one) in meant.iter().enumerate() {
            let (kind, held) = match one {
                Meant::Other => continue,
                Meant::Call(kind) => (*kind, &mut self.calls),
                Meant::Reference => (READS, &mut self.references),
            };
            held.push(Edge {
                kind,
                is_new: false,
                source: sources.id(row, &mut self.ids),
                target: targets.id(row, &mut self.ids),
                resolver: resolvers.id(row, &mut self.ids),
                file: files[row],
                line: lines[row],
                column: columns[row],
                confidence: confidence[row],
            });
        }
        Ok(mask(meant.iter().map(|one| !matches!(one, Meant::Call(_)))))
    }

    fn take_call_sites(&self, batch: &RecordBatch) -> Result<Option<BooleanArray>, LinkError> {
        Ok(mask(self.files(batch)?.into_iter().map(|file| file < 0)))
    }

    /// Return the analysed file of each row, or -1.
    fn files(&self, batch: &RecordBatch) -> Result<Vec<i32>, LinkError> {
        let files = texts(batch, "file_path")?;
        let known: Vec<i32> = files
            .values
            .iter()
            .map(|path| self.file_of.get(*path).copied().unwrap_or(-1))
            .collect();
        Ok(files
            .codes
            .iter()
            .map(|code| known.get(*code as usize).copied().unwrap_or(-1))
            .collect())
    }

    /// Return rows of external nodes that did not exist before, in the order given, and note that they do.
    fn new_externals(&mut self, named: &[Id]) -> Result<Vec<TableBatch>, LinkError> {
        let fresh: Vec<BareNode> = named
            .iter()
            .filter(|id| self.externals.insert(**id))
            .map(|id| external(self.ids.text(*id)))
            .collect();
        if fresh.is_empty() {
            Ok(Vec::new())
        } else {
            Ok(vec![("nodes", node_batch("external", &fresh)?)])
        }
    }
}

/// What an edge of the link stage is to the analysis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meant {
    Call(u8),
    Reference,
    Other,
}

impl Meant {
    fn of(kind: &str) -> Self {
        match kind {
            "references" => Meant::Reference,
            "calls" => Meant::Call(CALLS),
            "instantiates" => Meant::Call(INSTANTIATES),
            "raises" => Meant::Call(RAISES),
            _ => Meant::Other,
        }
    }
}

/// Return which rows stay, or None where all do.
fn mask(stays: impl Iterator<Item = bool>) -> Option<BooleanArray> {
    let stays: Vec<bool> = stays.collect();
    (!stays.iter().all(|one| *one)).then(|| BooleanArray::from(stays))
}

fn external(id: &str) -> BareNode {
    let fqn = id.strip_suffix(EXTERNAL).unwrap_or(id);
    let name = fqn.rsplit_once('.').map_or(fqn, |(_, last)| last);
    BareNode {
        id: id.to_owned(),
        name: name.to_owned(),
        fqn: fqn.to_owned(),
        parent: None,
    }
}
