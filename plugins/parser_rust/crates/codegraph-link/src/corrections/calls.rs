//! Who is called where: call sites with their candidates, and the edges of calls.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, ListArray, RecordBatch, StringArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};

use super::edges::{self, Edge};
use super::found::outside;
use super::ids::{Id, Ids, NONE};
use super::{CALLS, Corrections, EXTERNAL, INSTANTIATES, POINTS_TO, RAISES, SEVERAL, SURE};
use crate::LinkError;
use crate::columns::{column, integers, span, texts};
use crate::linker::TableBatch;
use crate::rows::dictionary;
use crate::symbols::{Map, Set};

/// Status of a site: what is called there is computed; it is what a text names.
const DYNAMIC: i32 = 1;
const REFLECTIVE: i32 = 4;
/// How a callee's call is written: 0 plainly, 1 not at all, 2 as a new object whose constructor it is.
const WRITTEN: i32 = 0;
const NOT_WRITTEN: i32 = 1;
/// Kinds of units.
const MODULE: i32 = 0;
const CLASS: i32 = 1;
/// Resolver by how a callee is known: by values, by a declared type, or where no object is seen to arrive by the static
/// type of the receiver: classes that objects are made of (rapid type analysis), all classes (class hierarchy analysis).
const RESOLVERS: [&str; 4] = [POINTS_TO, POINTS_TO, "rta", "cha"];
/// Confidence by the same where it is not the values: a declared type says of what class a receiver is, and so on.
const ASSUMED: f32 = 0.7;
const CERTAINTIES: [Option<f32>; 4] = [None, Some(ASSUMED), Some(0.7), Some(0.5)];
/// Extensions of languages whose classes have constructors that a call of the class runs.
const CONSTRUCTED: [&str; 9] = ["py", "js", "ts", "tsx", "jsx", "mjs", "cjs", "mts", "cts"];

/// file, line, column
type Place = (i32, i32, i32);

impl Corrections {
    /// Return the corrected call sites, the external nodes that only the analysis names, and the edges of calls.
    ///
    /// # Errors
    /// What was handed in does not fit the data contract.
    pub fn calls(&mut self) -> Result<Vec<TableBatch>, LinkError> {
        let [sites, targets, raises] =
            ["sites", "targets", "raises"].map(|name| self.found.take(name));
        let units = self.unit_ids()?;
        let reached = self.reached(&units)?;
        let calls = self.callees(&sites?, &targets?, units)?;
        let mut linked = Linked::default();
        let mut tables = Vec::new();
        for batch in std::mem::take(&mut self.call_sites) {
            let files = self.files(&batch)?;
            tables.push((
                "call_sites",
                calls.corrected(&batch, &files, &reached, &self.ids, &mut linked)?,
            ));
        }
        let edges = self.edges(calls, &raises?, &linked)?;
        let mut named: Vec<Id> = distinct(edges.iter().map(|edge| edge.target))
            .into_iter()
            .filter(|id| self.ids.text(*id).ends_with(EXTERNAL))
            .collect();
        named.sort_unstable_by(|left, right| self.ids.order(*left, *right));
        tables.extend(self.new_externals(&named)?);
        tables.push(("edges", edges::batch(&edges, &self.ids, &self.paths)?));
        Ok(tables)
    }

    /// Return the node of each unit of the analysis, [`NONE`] where no node stands.
    pub(super) fn unit_ids(&self) -> Result<Vec<Id>, LinkError> {
        let units = self.found.table("units")?;
        let [file, start, end, kind] =
            ["file", "start", "end", "kind"].map(|name| integers(units, name));
        let (file, start, end, kind) = (file?, start?, end?, kind?);
        let span = |row: usize| {
            if kind[row] == MODULE {
                (-1, -1)
            } else {
                (start[row], end[row])
            }
        };
        Ok((0..file.len())
            .map(|row| self.nodes.at(file[row], span(row)).unwrap_or(NONE))
            .collect())
    }

    /// Return the code that was analysed: a call there that was not met cannot run.
    fn reached(&self, units: &[Id]) -> Result<Set<Id>, LinkError> {
        let reached = integers(self.found.table("units")?, "reached")?;
        let named = units
            .iter()
            .zip(reached)
            .filter(|(id, reached)| **id != NONE && **reached > 0);
        Ok(named.map(|(id, _)| *id).collect())
    }

    fn callees(
        &mut self,
        sites: &RecordBatch,
        targets: &RecordBatch,
        units: Vec<Id>,
    ) -> Result<Callees, LinkError> {
        let names = ["file", "caller", "start", "end", "line", "column", "status"];
        let [file, caller, start, end, line, column, status] =
            names.map(|name| integers(sites, name));
        let (file, caller, start, end, line, column) =
            (file?, caller?, start?, end?, line?, column?);
        let names = ["site", "implicit", "assumed", "unit"];
        let [site, implicit, certainty, unit] = names.map(|name| integers(targets, name));
        let (site, implicit, certainty, unit) = (site?, implicit?, certainty?, unit?);
        let outside = outside(targets, &mut self.ids)?;
        let kind_of = integers(self.found.table("units")?, "kind")?;
        let mut found = Callees {
            at: (0..file.len())
                .map(|row| ((file[row], start[row], end[row]), row as u32))
                .collect(),
            place: (0..file.len())
                .map(|row| (file[row], line[row], column[row]))
                .collect(),
            caller: caller.iter().map(|unit| units[*unit as usize]).collect(),
            status: status?.to_vec(),
            explicit: vec![0; file.len()],
            units,
            calls: Vec::new(),
            candidates: Vec::new(),
            starts: Vec::new(),
        };
        for row in 0..site.len() {
            let target = usize::try_from(unit[row]).map_or(outside[row], |unit| found.units[unit]);
            if target == NONE {
                continue;
            }
            let is_class = usize::try_from(unit[row]).is_ok_and(|unit| kind_of[unit] == CLASS);
            found.explicit[site[row] as usize] += u32::from(implicit[row] == WRITTEN);
            found.calls.push(Call {
                site: site[row] as u32,
                target,
                kind: if is_class { INSTANTIATES } else { CALLS },
                implicit: implicit[row] as u8,
                certainty: certainty[row] as u8,
            });
        }
        found.find_candidates(&self.ids);
        Ok(found)
    }

    /// Return the final edges of calls in order: files, places, kinds, ids of the ends.
    fn edges(
        &mut self,
        calls: Callees,
        raises: &RecordBatch,
        linked: &Linked,
    ) -> Result<Vec<Edge>, LinkError> {
        let decided: Set<Place> = calls.decided_places().collect();
        let mut edges = std::mem::take(&mut self.calls);
        edges.retain(|edge| {
            let place = (edge.file, edge.line, edge.column);
            if linked.places.contains(&place) {
                linked.open.contains(&(place, edge.target))
            } else {
                !decided.contains(&place)
            }
        });
        drop(decided);
        calls.add_edges(&mut edges, &mut self.ids);
        self.add_raises(&calls.units, raises, &mut edges)?;
        drop(calls);
        let ids = &self.ids;
        let place = |edge: &Edge| (edge.file, edge.line.max(0), edge.column.max(0), edge.kind);
        edges.sort_by(|left, right| {
            place(left)
                .cmp(&place(right))
                .then_with(|| ids.order(left.source, right.source))
                .then_with(|| ids.order(left.target, right.target))
        });
        drop_known(&mut edges);
        Ok(edges)
    }

    fn add_raises(
        &mut self,
        units: &[Id],
        raises: &RecordBatch,
        edges: &mut Vec<Edge>,
    ) -> Result<(), LinkError> {
        let names = ["file", "caller", "line", "column", "assumed", "unit"];
        let [file, caller, line, column, assumed, unit] = names.map(|name| integers(raises, name));
        let (file, caller, line, column, assumed, unit) =
            (file?, caller?, line?, column?, assumed?, unit?);
        let outside = outside(raises, &mut self.ids)?;
        let resolver = self.ids.intern(POINTS_TO);
        for row in 0..file.len() {
            let source = units[caller[row] as usize];
            let target = usize::try_from(unit[row]).map_or(outside[row], |unit| units[unit]);
            if source != NONE && target != NONE {
                edges.push(Edge {
                    kind: RAISES,
                    is_new: true,
                    source,
                    target,
                    resolver,
                    file: file[row],
                    line: line[row],
                    column: column[row],
                    confidence: if assumed[row] > 0 { ASSUMED } else { SURE },
                });
            }
        }
        Ok(())
    }
}

/// Drop new edges that are there already, from edges in order.
fn drop_known(edges: &mut Vec<Edge>) {
    let mut kept = 0;
    for at in 0..edges.len() {
        let edge = edges[at];
        let same = |one: &&Edge| {
            (
                one.file,
                one.line.max(0),
                one.column.max(0),
                one.kind,
                one.source,
                one.target,
            ) == (
                edge.file,
                edge.line.max(0),
                edge.column.max(0),
                edge.kind,
                edge.source,
                edge.target,
            )
        };
        let mut equals = edges[..kept].iter().rev().take_while(same);
        if !(edge.is_new && equals.any(|one| (one.line, one.column) == (edge.line, edge.column))) {
            edges[kept] = edge;
            kept += 1;
        }
    }
    edges.truncate(kept);
}

fn distinct(values: impl Iterator<Item = Id>) -> Set<Id> {
    values.collect()
}

/// What the link stage says of calls where the analysis knows nothing.
#[derive(Default)]
struct Linked {
    /// Places of all call sites.
    places: Set<Place>,
    /// Whom the link stage takes for callees where it is not corrected.
    open: Set<(Place, Id)>,
}

/// A callee of a site.
struct Call {
    site: u32,
    target: Id,
    kind: u8,
    implicit: u8,
    certainty: u8,
}

/// Who is called at the sites that the analysis met.
struct Callees {
    /// The last site by file, first and last byte.
    at: Map<(i32, i32, i32), u32>,
    place: Vec<Place>,
    caller: Vec<Id>,
    status: Vec<i32>,
    /// How many callees of each site are called by what is written there.
    explicit: Vec<u32>,
    units: Vec<Id>,
    calls: Vec<Call>,
    /// Callees that a site shows: who is called by what is written there, and the constructor of a class; by site, in
    /// order of their ids. Site `s` has those from `starts[s]` up to `starts[s + 1]`.
    candidates: Vec<(u32, Id)>,
    starts: Vec<u32>,
}

impl Callees {
    fn find_candidates(&mut self, ids: &Ids) {
        let is_shown = |call: &&Call| {
            i32::from(call.implicit) != NOT_WRITTEN || is_constructor(ids.text(call.target))
        };
        self.candidates = self
            .calls
            .iter()
            .filter(is_shown)
            .map(|call| (call.site, call.target))
            .collect();
        self.candidates.sort_by(|left, right| {
            left.0
                .cmp(&right.0)
                .then_with(|| ids.order(left.1, right.1))
        });
        self.candidates.dedup();
        let mut counts = vec![0; self.place.len()];
        self.candidates
            .iter()
            .for_each(|(site, _)| counts[*site as usize] += 1);
        self.starts = std::iter::once(0)
            .chain(counts.into_iter().scan(0, |total, count: u32| {
                *total += count;
                Some(*total)
            }))
            .collect();
    }

    fn candidates(&self, site: usize) -> &[(u32, Id)] {
        &self.candidates[self.starts[site] as usize..self.starts[site + 1] as usize]
    }

    /// Return the places where the analysis knows callees of what is written.
    fn decided_places(&self) -> impl Iterator<Item = Place> {
        self.place
            .iter()
            .zip(&self.explicit)
            .filter(|(_, count)| **count > 0)
            .map(|(place, _)| *place)
    }

    fn add_edges(&self, edges: &mut Vec<Edge>, ids: &mut Ids) {
        let resolvers = RESOLVERS.map(|name| ids.intern(name));
        for call in &self.calls {
            let (site, certainty) = (call.site as usize, call.certainty as usize);
            if self.caller[site] == NONE {
                continue;
            }
            let is_sure = i32::from(call.implicit) != WRITTEN || self.explicit[site] <= 1;
            let (file, line, column) = self.place[site];
            edges.push(Edge {
                kind: call.kind,
                is_new: true,
                source: self.caller[site],
                target: call.target,
                resolver: resolvers[certainty],
                file,
                line,
                column,
                confidence: CERTAINTIES[certainty].unwrap_or(if is_sure { SURE } else { SEVERAL }),
            });
        }
    }

    /// Return call sites with what the analysis knows of them, and note what is left to the link stage.
    fn corrected(
        &self,
        batch: &RecordBatch,
        files: &[i32],
        reached: &Set<Id>,
        ids: &Ids,
        linked: &mut Linked,
    ) -> Result<RecordBatch, LinkError> {
        let [line, place, start, end] =
            ["start_line", "start_column", "start_byte", "end_byte"].map(|name| span(batch, name));
        let (line, place, start, end) = (line?, place?, start?, end?);
        let callers = texts(batch, "caller_id")?;
        let can_run: Vec<bool> = callers
            .values
            .iter()
            .map(|id| reached.contains(&ids.find(id)))
            .collect();
        let mut status = Words::new(batch, "status")?;
        let mut reason = Words::new(batch, "reason")?;
        let mut candidates = Candidates::new(batch)?;
        for row in 0..batch.num_rows() {
            let here = (files[row], line[row], place[row]);
            linked.places.insert(here);
            let met = self
                .at
                .get(&(files[row], start[row], end[row]))
                .map(|site| *site as usize);
            let answer = met.map_or(&[][..], |site| self.candidates(site));
            let is_dead = met.is_none() && can_run.get(callers.codes[row] as usize) == Some(&true);
            let has = |flag: i32| met.is_some_and(|site| self.status[site] & flag > 0);
            let said = if is_dead {
                Some(("unresolved", Some("dead-code")))
            } else if answer
                .iter()
                .any(|(_, id)| !ids.text(*id).ends_with(EXTERNAL))
            {
                Some(("resolved", None))
            } else if !answer.is_empty() {
                Some(if has(DYNAMIC) {
                    ("dynamic", Some("dynamic-attribute"))
                } else {
                    ("external", None)
                })
            } else if has(REFLECTIVE) {
                Some(("dynamic", Some("reflection")))
            } else if has(DYNAMIC) && status.is(row, "unresolved") {
                Some(("dynamic", Some("computed-callee")))
            } else {
                None
            };
            if let Some((new_status, new_reason)) = said {
                status.set(row, Some(new_status));
                reason.set(row, new_reason);
            }
            if !answer.is_empty() {
                answer
                    .iter()
                    .for_each(|(_, id)| candidates.push(ids.text(*id)));
            } else if !is_dead {
                candidates.keep(row, |id| {
                    linked.open.insert((here, ids.find(id)));
                });
            }
            candidates.end_row();
        }
        let new = [
            ("status", status.finish()?),
            ("reason", reason.finish()?),
            ("candidates", candidates.finish()?),
        ];
        with_columns(batch, &new)
    }
}

/// Say whether an id is of a constructor, by the name that it has in its language.
fn is_constructor(id: &str) -> bool {
    id.rsplit_once('@').is_some_and(|(name, extension)| {
        (name.ends_with(".__init__") || name.ends_with(".constructor"))
            && CONSTRUCTED.contains(&extension)
    })
}

/// Return rows with some columns replaced.
fn with_columns(batch: &RecordBatch, new: &[(&str, ArrayRef)]) -> Result<RecordBatch, LinkError> {
    let columns = batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| {
            let replaced = new.iter().find(|(name, _)| name == field.name());
            replaced.map_or_else(|| column.clone(), |(_, column)| column.clone())
        });
    Ok(RecordBatch::try_new(batch.schema(), columns.collect())?)
}

/// A column of few texts whose rows are set anew.
struct Words<'a> {
    codes: Vec<i32>,
    values: Vec<&'a str>,
}

impl<'a> Words<'a> {
    fn new(batch: &'a RecordBatch, name: &str) -> Result<Self, LinkError> {
        let texts = texts(batch, name)?;
        Ok(Words {
            codes: texts.codes.into_owned(),
            values: texts.values,
        })
    }

    fn is(&self, row: usize, text: &str) -> bool {
        self.values.get(self.codes[row] as usize) == Some(&text)
    }

    fn set(&mut self, row: usize, text: Option<&'a str>) {
        self.codes[row] = text.map_or(-1, |text| {
            let at = self
                .values
                .iter()
                .position(|one| *one == text)
                .unwrap_or_else(|| {
                    self.values.push(text);
                    self.values.len() - 1
                });
            at as i32
        });
    }

    fn finish(self) -> Result<ArrayRef, LinkError> {
        dictionary(self.codes, edges::texts(self.values.iter().copied())?)
    }
}

/// Lists of ids, written row by row.
struct Candidates<'a> {
    old: &'a StringArray,
    old_offsets: &'a [i32],
    texts: String,
    ends: Vec<i32>,
    offsets: Vec<i32>,
}

impl<'a> Candidates<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, LinkError> {
        let wrong = || LinkError("column \"candidates\" has no lists of texts".to_owned());
        let lists: &ListArray = column(batch, "candidates")?
            .as_list_opt()
            .ok_or_else(wrong)?;
        let old = lists.values().as_string_opt::<i32>().ok_or_else(wrong)?;
        Ok(Candidates {
            old,
            old_offsets: lists.offsets(),
            texts: String::new(),
            ends: vec![0],
            offsets: vec![0],
        })
    }

    fn push(&mut self, id: &str) {
        self.texts.push_str(id);
        self.ends.push(self.texts.len() as i32);
    }

    /// Take the ids that a row had, and tell them.
    fn keep(&mut self, row: usize, mut tell: impl FnMut(&str)) {
        for at in self.old_offsets[row]..self.old_offsets[row + 1] {
            let id = self.old.value(at as usize);
            tell(id);
            self.push(id);
        }
    }

    fn end_row(&mut self) {
        self.offsets.push(self.ends.len() as i32 - 1);
    }

    fn finish(mut self) -> Result<ArrayRef, LinkError> {
        self.texts.shrink_to_fit();
        let values = StringArray::try_new(
            OffsetBuffer::new(self.ends.into()),
            self.texts.into_bytes().into(),
            None,
        )?;
        let item = Arc::new(Field::new("item", DataType::Utf8, false));
        Ok(Arc::new(ListArray::try_new(
            item,
            OffsetBuffer::new(self.offsets.into()),
            Arc::new(values),
            None,
        )?))
    }
}
