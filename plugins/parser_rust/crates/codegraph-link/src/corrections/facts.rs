//! What is read, written and of what type it is: edges `reads`, `writes`, `has_type`, `returns_type`.
//!
//! Attributes are decided by the objects that get to the receiver, names by the link stage: its references to variables
//! and fields are reads or writes by what the code does there. Nodes are numbers here, external ones after the others.

use arrow_array::RecordBatch;

use super::edges::{self, Edge};
use super::found::Found;
use super::ids::{Id, NONE};
use super::nodes::{DECIDED, Lookup, Node, Nodes, RETURNING, SAYS_RETURNS, SAYS_TYPE, VALUE};
use super::{
    Corrections, EXTERNAL, HAS_TYPE, POINTS_TO, READS, RETURNS_TYPE, SEVERAL, SURE, WRITES,
};
use crate::LinkError;
use crate::columns::{integers, texts};
use crate::linker::TableBatch;
use crate::symbols::{Map, Set};

/// Slots of types: what a function returns, its parameter; others are members of modules and classes.
const RETURNED: i32 = 0;
const SLOT_PARAMETER: i32 = 1;
/// Resolver of types that are declared.
const ANNOTATION: &str = "annotation";
/// Confidence where all values that are seen are of one class, or of several.
const INFERRED: f32 = 0.85;
const INFERRED_SEVERAL: f32 = 0.7;
/// What has values of more classes has no type.
const MOST_TYPES: usize = 8;
const ROWS_PER_BATCH: usize = 65_536;

impl Corrections {
    /// Return the edges, by files, and before them the external nodes that only they name.
    ///
    /// # Errors
    /// What was handed in does not fit the data contract.
    pub fn facts(&mut self) -> Result<Vec<TableBatch>, LinkError> {
        if self.nodes.id.is_empty() {
            return Ok(Vec::new());
        }
        let units = self.unit_ids()?;
        let [accesses, stores, types] =
            ["accesses", "stores", "types"].map(|name| self.found.take(name));
        let resolvers = [POINTS_TO, ANNOTATION].map(|name| self.ids.intern(name));
        let lookup = self.nodes.lookup(&self.ids);
        let names = Names::new(&self.nodes, &lookup, &self.found, &units)?;
        let mut found = names.accesses(&accesses?, resolvers[0])?;
        names.add_by_name(std::mem::take(&mut self.references), &stores?, &mut found)?;
        let types = types?;
        names.add_types(&types, resolvers, &mut found)?;
        drop(names);
        found.sort_by_key(order);
        found.dedup_by_key(|edge| order(edge));
        let outside = self.name_outside(&types, &found)?;
        drop(types);
        let named: Vec<Id> = outside.iter().copied().filter(|id| *id != NONE).collect();
        let mut tables = self.new_externals(&named)?;
        self.name_ends(&mut found, &outside);
        for part in by_files(&found) {
            tables.push(("edges", edges::batch(part, &self.ids, &self.paths)?));
        }
        Ok(tables)
    }

    /// Return the ids of the external nodes that edges lead to, by their numbers; [`NONE`] where no edge does.
    fn name_outside(&mut self, types: &RecordBatch, found: &[Edge]) -> Result<Vec<Id>, LinkError> {
        let names = texts(types, "external")?.values;
        let mut outside = vec![NONE; names.len()];
        for edge in found {
            if let Some(at) = (edge.target as usize)
                .checked_sub(self.nodes.id.len())
                .filter(|at| outside[*at] == NONE)
            {
                outside[at] = self.ids.intern(&format!("{}{EXTERNAL}", names[at]));
            }
        }
        Ok(outside)
    }

    /// Turn the ends of edges from numbers of nodes into those of ids.
    fn name_ends(&self, found: &mut [Edge], outside: &[Id]) {
        let count = self.nodes.id.len();
        for edge in found {
            let (source, target) = (edge.source as usize, edge.target as usize);
            edge.source = self.nodes.id[source];
            edge.target = if target < count {
                self.nodes.id[target]
            } else {
                outside[target - count]
            };
        }
    }
}

/// What tells edges apart, in the order in which they are written.
fn order(edge: &Edge) -> (i32, i32, i32, u8, Id, Id) {
    (
        edge.file,
        edge.line,
        edge.column,
        edge.kind,
        edge.source,
        edge.target,
    )
}

/// Cut edges into batches of whole files.
fn by_files(found: &[Edge]) -> Vec<&[Edge]> {
    let mut parts = Vec::new();
    let mut first = 0;
    for end in 1..=found.len() {
        let is_last = end == found.len();
        let ends_file = is_last || found[end].file != found[end - 1].file;
        if is_last || (ends_file && end - first >= ROWS_PER_BATCH) {
            parts.push(&found[first..end]);
            first = end;
        }
    }
    parts
}

/// What names of units mean.
struct Names<'a> {
    nodes: &'a Nodes,
    lookup: &'a Lookup,
    /// Node of each unit: -1 where there is none.
    unit: Vec<Node>,
    /// Bases of units; those of unit `u` are from `base_starts[u]` up to `base_starts[u + 1]`.
    bases: Vec<(i32, i32)>,
    base_starts: Vec<usize>,
}

impl<'a> Names<'a> {
    fn new(
        nodes: &'a Nodes,
        lookup: &'a Lookup,
        found: &Found,
        units: &[Id],
    ) -> Result<Self, LinkError> {
        let table = found.table("bases")?;
        let mut bases: Vec<(i32, i32)> = integers(table, "unit")?
            .iter()
            .copied()
            .zip(integers(table, "base")?.iter().copied())
            .collect();
        bases.sort_by_key(|(unit, _)| *unit);
        let base_starts = (0..=units.len())
            .map(|unit| bases.partition_point(|(of, _)| (*of as usize) < unit))
            .collect();
        let known = |id: &Id| lookup.node_of.get(*id as usize).copied().unwrap_or(-1);
        let unit = units.iter().map(known).collect();
        Ok(Names {
            nodes,
            lookup,
            unit,
            bases,
            base_starts,
        })
    }

    /// Return the codes that nodes have for a column's names: `UNKNOWN` where none has the name, -1 where there is none.
    fn codes(&self, table: &RecordBatch, name: &str) -> Result<Vec<i32>, LinkError> {
        let texts = texts(table, name)?;
        let codes: Vec<i32> = texts
            .values
            .iter()
            .map(|name| match self.nodes.code(name) {
                -1 => UNKNOWN,
                code => code,
            })
            .collect();
        let code = |code: &i32| usize::try_from(*code).map_or(-1, |code| codes[code]);
        Ok(texts.codes.iter().map(code).collect())
    }

    fn has(&self, node: Node, flag: u8) -> bool {
        usize::try_from(node).is_ok_and(|node| self.nodes.has(node, flag))
    }

    /// Return the member of a unit that has a name, its own or the nearest base's; -1 where there is none.
    fn member(&self, holder: i32, name: i32) -> Node {
        let holder = holder as usize;
        let bases = &self.bases[self.base_starts[holder]..self.base_starts[holder + 1]];
        std::iter::once(holder)
            .chain(bases.iter().map(|(_, base)| *base as usize))
            .find_map(|unit| self.lookup.members.get(&(self.unit[unit], name)).copied())
            .unwrap_or(-1)
    }

    /// Return what is read and written through objects.
    fn accesses(&self, table: &RecordBatch, resolver: Id) -> Result<Vec<Edge>, LinkError> {
        let columns = ["file", "caller", "line", "column", "holder", "write"];
        let [file, caller, line, column, holder, write] = columns.map(|name| integers(table, name));
        let (file, caller, line, column, holder, write) =
            (file?, caller?, line?, column?, holder?, write?);
        let names = self.codes(table, "name")?;
        let mut met: Map<(i32, i32), Node> = Map::default();
        let mut edges = Vec::new();
        for row in 0..file.len() {
            let source = self.unit[caller[row] as usize];
            let key = (holder[row], names[row]);
            let target = *met.entry(key).or_insert_with(|| self.member(key.0, key.1));
            let is_write = write[row] > 0;
            // What a class writes to its own fields is their definition.
            if source < 0 || !self.has(target, VALUE) || (is_write && self.parent(target) == source)
            {
                continue;
            }
            edges.push(Edge {
                kind: if is_write { WRITES } else { READS },
                is_new: true,
                source: source as u32,
                target: target as u32,
                resolver,
                file: file[row],
                line: line[row],
                column: column[row],
                confidence: SURE,
            });
        }
        self.weigh(&mut edges);
        Ok(edges)
    }

    /// Drop accesses that are there twice, and lower the confidence of those of one name at one place.
    fn weigh(&self, edges: &mut Vec<Edge>) {
        let name = |edge: &Edge| self.nodes.name[edge.target as usize];
        let place = |edge: &Edge| {
            (
                edge.file,
                edge.line,
                edge.column,
                edge.kind,
                edge.source,
                name(edge),
            )
        };
        edges.sort_unstable_by_key(|edge| (place(edge), edge.target));
        edges.dedup_by_key(|edge| (place(edge), edge.target));
        for same in edges.chunk_by_mut(|left, right| place(left) == place(right)) {
            if same.len() > 1 {
                same.iter_mut().for_each(|edge| edge.confidence = SEVERAL);
            }
        }
    }

    fn parent(&self, node: Node) -> Node {
        self.node(self.nodes.parent[node as usize])
    }

    fn node(&self, id: Id) -> Node {
        self.lookup.node_of.get(id as usize).copied().unwrap_or(-1)
    }

    /// Add what the link stage's references to variables and fields read and write.
    fn add_by_name(
        &self,
        references: Vec<Edge>,
        stores: &RecordBatch,
        found: &mut Vec<Edge>,
    ) -> Result<(), LinkError> {
        let columns = ["file", "line", "column", "read"];
        let [file, line, column, read] = columns.map(|name| integers(stores, name));
        let (file, line, column, read) = (file?, line?, column?, read?);
        let names = self.codes(stores, "name")?;
        let stored: Map<(i32, i32, i32, i32), bool> = (0..file.len())
            .map(|row| {
                (
                    (file[row], line[row], column[row], names[row]),
                    read[row] > 0,
                )
            })
            .collect();
        let name = |node: u32| self.nodes.name[node as usize];
        // Where the receiver's objects are known, they have decided.
        let decided: Set<(u8, i32, i32, i32, i32)> = (found.iter())
            .map(|edge| {
                (
                    edge.kind,
                    edge.file,
                    edge.line,
                    edge.column,
                    name(edge.target),
                )
            })
            .collect();
        for edge in references {
            let (source, target) = (self.node(edge.source), self.node(edge.target));
            if source < 0 || !self.has(target, VALUE) || self.has(source, DECIDED) {
                continue;
            }
            let place = (edge.file, edge.line, edge.column, name(target as u32));
            let store = stored.get(&place);
            for (kind, is_meant) in [(READS, store != Some(&false)), (WRITES, store.is_some())] {
                if is_meant && !decided.contains(&(kind, place.0, place.1, place.2, place.3)) {
                    found.push(Edge {
                        kind,
                        source: source as u32,
                        target: target as u32,
                        ..edge
                    });
                }
            }
        }
        Ok(())
    }

    /// Add what is of what type: what is declared, or where nothing is, what the values are.
    fn add_types(
        &self,
        table: &RecordBatch,
        resolvers: [Id; 2],
        found: &mut Vec<Edge>,
    ) -> Result<(), LinkError> {
        let mut typed = self.typed(table)?;
        typed.sort_unstable();
        let of = |one: &Typed| (one.kind, one.source);
        for of_node in typed.chunk_by_mut(|left, right| of(left) == of(right)) {
            let is_inferred = of_node.iter().all(|one| one.is_inferred);
            let mut targets: Vec<Node> = of_node
                .iter()
                .filter(|one| one.is_inferred == is_inferred)
                .map(|one| one.target)
                .collect();
            targets.dedup();
            if is_inferred && targets.len() > MOST_TYPES {
                continue;
            }
            let confidence = match targets.len() {
                _ if !is_inferred => SURE,
                1 => INFERRED,
                _ => INFERRED_SEVERAL,
            };
            let (kind, source) = of(&of_node[0]);
            found.extend(targets.into_iter().map(|target| Edge {
                kind,
                is_new: true,
                source: source as u32,
                target: target as u32,
                resolver: resolvers[usize::from(!is_inferred)],
                file: self.nodes.file[source as usize],
                line: self.nodes.line[source as usize],
                column: -1,
                confidence,
            }));
        }
        Ok(())
    }

    fn typed(&self, table: &RecordBatch) -> Result<Vec<Typed>, LinkError> {
        let columns = ["owner", "slot", "inferred", "unit"];
        let [owner, slot, inferred, unit] = columns.map(|name| integers(table, name));
        let (owner, slot, inferred, unit) = (owner?, slot?, inferred?, unit?);
        let [names, interfaces] = ["name", "interface"].map(|name| self.codes(table, name));
        let (names, interfaces, outside) = (names?, interfaces?, texts(table, "external")?.codes);
        let mut typed = Vec::new();
        for row in 0..owner.len() {
            let kind = if slot[row] == RETURNED {
                RETURNS_TYPE
            } else {
                HAS_TYPE
            };
            let source = self.slot(owner[row], slot[row], names[row]);
            let target = self.type_(unit[row], interfaces[row], outside[row]);
            let is_inferred = inferred[row] > 0;
            let says = if kind == HAS_TYPE {
                SAYS_TYPE
            } else {
                SAYS_RETURNS
            };
            if source >= 0 && target >= 0 && !(is_inferred && self.has(source, says)) {
                typed.push(Typed {
                    kind,
                    source,
                    target,
                    is_inferred,
                });
            }
        }
        Ok(typed)
    }

    /// Return the node that a slot of a unit is.
    fn slot(&self, owner: i32, slot: i32, name: i32) -> Node {
        let place = self.unit[owner as usize];
        let (found, fits) = match slot {
            RETURNED => (place, self.has(place, RETURNING)),
            SLOT_PARAMETER => (
                self.lookup
                    .parameters
                    .get(&(place, name))
                    .copied()
                    .unwrap_or(-1),
                true,
            ),
            _ => {
                let found = self.member(owner, name);
                // A property is a function here: what it returns is said of it.
                (found, self.has(found, VALUE) && !self.has(found, RETURNING))
            }
        };
        if fits { found } else { -1 }
    }

    /// Return the node of a type: a class of the program, an interface in one of its units, or an outside class.
    fn type_(&self, unit: i32, interface: i32, outside: i32) -> Node {
        match usize::try_from(unit) {
            Ok(unit) if interface != -1 => self
                .lookup
                .members
                .get(&(self.unit[unit], interface))
                .copied()
                .unwrap_or(-1),
            Ok(unit) => self.unit[unit],
            Err(_) if outside >= 0 => self.nodes.id.len() as Node + outside,
            Err(_) => -1,
        }
    }
}

/// Stands for a name that no node has.
const UNKNOWN: i32 = -2;

/// A node and a type of it, in the order in which they are told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Typed {
    kind: u8,
    source: Node,
    target: Node,
    is_inferred: bool,
}
