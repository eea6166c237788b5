//! `flow_units` and `PointsTo`: one file's constraints as bytes, and the analysis of all files' constraints.

use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, types::Int32Type};
use arrow_schema::{Field, Schema};
use codegraph_flow::Workspace;
use codegraph_flow::java::syntax;
use codegraph_pointsto::facts::{Slot, Type};
use codegraph_pointsto::java::{self, Certainty, SlotRow, TypeRow};
use codegraph_pointsto::program::{Language, NONE, Symbols, UnitKind, parts_of};
use codegraph_pointsto::report::Target;
use codegraph_pointsto::{Explanation, FileUnits, Models, Program, Step, Wanted};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::lowered::{self, Reader, Units};
use crate::{arrow, grammar, lock};

/// The same as Python sees it.
type Lowered<'py> = (Option<Bound<'py, PyBytes>>, Option<String>);

/// Lower files of one language to the constraints of their frames, but for those that a session has lowered when it
/// parsed them.
///
/// Returns bytes for each source, or the reason why there are none.
#[pyfunction]
#[pyo3(signature = (language, capsule, sources, workers, /))]
pub fn flow_units<'py>(
    py: Python<'py>,
    language: &str,
    capsule: &Bound<'py, PyAny>,
    sources: Vec<Vec<u8>>,
    workers: usize,
) -> PyResult<Vec<Lowered<'py>>> {
    let grammar = grammar(capsule)?;
    let units = py.detach(|| {
        let ready = lowered::take(language, &grammar, &sources);
        let reader = Reader::new(language, grammar)?;
        Some(lower_others(&reader, &sources, ready, workers.max(1)))
    });
    let units = units.ok_or_else(|| PyKeyError::new_err(format!("{language} has no lowering")))?;
    Ok(units
        .into_iter()
        .map(|one| match one {
            Ok(bytes) => (Some(PyBytes::new(py, &bytes)), None),
            Err(reason) => (None, Some(reason)),
        })
        .collect())
}

/// Lower the files that are not `ready`.
fn lower_others(reader: &Reader, sources: &[Vec<u8>], ready: Vec<Option<Vec<u8>>>, workers: usize) -> Vec<Units> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let missing = ready.iter().filter(|units| units.is_none()).count();
    let found: Vec<Mutex<Option<Units>>> = ready.into_iter().map(|units| Mutex::new(units.map(Ok))).collect();
    let work = || {
        let mut workspace = Workspace::default();
        loop {
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(source) = sources.get(at) else { break };
            if lock(&found[at]).is_none() {
                let units = reader.units(&mut workspace, source);
                *lock(&found[at]) = Some(units);
            }
        }
    };
    if workers == 1 || missing <= 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..workers.min(missing) {
                scope.spawn(work);
            }
        });
    }
    found
        .into_iter()
        .map(|one| one.into_inner().ok().flatten().unwrap_or_else(|| Err("the lowering did not end".to_owned())))
        .collect()
}

/// The points-to analysis of a repository; see `codegraph_plugins.stages.points_to`.
#[pyclass(frozen, module = "codegraph_parser_rust._native")]
pub struct PointsTo(Mutex<State>);

struct State {
    models: Models,
    /// Programs of languages that have nothing in common: each is solved within bounds of its own.
    programs: [Part; 2],
    /// Files of Java with their numbers; models of libraries have none.
    java: Vec<(u32, syntax::File)>,
    count: u32,
}

/// A program, and the numbers of its files among all.
#[derive(Default)]
struct Part {
    program: Program,
    numbers: Vec<i32>,
}

#[pymethods]
impl PointsTo {
    #[new]
    fn new(models: &str) -> PyResult<Self> {
        let models = Models::from_json(models).map_err(PyValueError::new_err)?;
        Ok(Self(Mutex::new(State { models, programs: Default::default(), java: Vec::new(), count: 0 })))
    }

    /// Add a file's units; files come in order of their paths.
    #[pyo3(signature = (path, module, units, /))]
    fn add(&self, path: &str, module: &str, units: &[u8]) -> PyResult<()> {
        let file = FileUnits::from_bytes(units).map_err(PyValueError::new_err)?;
        let mut state = lock(&self.0);
        let number = state.count as i32;
        let is_ecmascript = file.units.first().is_some_and(|unit| unit.language == Language::Ecmascript);
        let part = &mut state.programs[usize::from(is_ecmascript)];
        part.program.add(path, module, file);
        part.numbers.push(number);
        state.count += 1;
        Ok(())
    }

    /// Say which file a module specifier means in the files of a folder; without a word relative paths alone are followed.
    #[pyo3(signature = (folder, specifier, target, /))]
    fn resolve(&self, folder: &str, specifier: &str, target: &str) {
        let key = (folder.to_owned(), specifier.to_owned());
        lock(&self.0).programs[1].program.resolved.insert(key, target.to_owned());
    }

    /// Add a file of Java, numbered with the others; a model of a library has no number.
    #[pyo3(signature = (units, is_model, /))]
    fn add_java(&self, units: &[u8], is_model: bool) -> PyResult<()> {
        let file = java::from_bytes(units).map_err(PyValueError::new_err)?;
        let mut state = lock(&self.0);
        let number = if is_model { NONE } else { state.count };
        state.java.push((number, file));
        state.count += u32::from(!is_model);
        Ok(())
    }

    /// Say why a definition calls another, instead of solving: for each place the call (file, line, column, text),
    /// whether it is not written there, whether it rests on a declared type, and the steps, which are as the call.
    ///
    /// Definitions are files by number and where they begin and end; None is the module.
    #[pyo3(signature = (caller, callee, /))]
    fn explain(&self, py: Python<'_>, caller: Definition, callee: Definition) -> Vec<Explained> {
        py.detach(|| explained(&mut lock(&self.0), caller, callee))
    }

    /// Solve, and return the tables `units`, `sites`, `targets`, `raises`, `accesses`, `stores`, `types`, `bases`, a
    /// dictionary of counts, and the families of languages of which bounds were met. Once.
    #[pyo3(signature = (/))]
    fn solve<'py>(&self, py: Python<'py>) -> PyResult<Found<'py>> {
        let (tables, counts, degraded) = py.detach(|| solved(&mut lock(&self.0)));
        let tables: Result<Vec<_>, _> = tables
            .map_err(|error| PyValueError::new_err(error.to_string()))?
            .iter()
            .map(|(name, rows)| Ok::<_, PyErr>((*name, arrow::export(py, rows)?)))
            .collect();
        let described = PyDict::new(py);
        for (name, count) in counts {
            described.set_item(name, count)?;
        }
        Ok((tables?, described, degraded))
    }
}

/// Tables by name, counts, and families of languages.
type Found<'py> = (Vec<(&'static str, Bound<'py, PyAny>)>, Bound<'py, PyDict>, Vec<&'static str>);

/// A file's number, and where a definition begins and ends in it.
type Definition = (i32, Option<(u32, u32)>);
/// file, line, column, text
type Place = (i32, u32, u32, String);
type Explained = (Place, bool, bool, Vec<Place>);

fn explained(state: &mut State, caller: Definition, callee: Definition) -> Vec<Explained> {
    for Part { mut program, numbers } in std::mem::take(&mut state.programs) {
        let wanted = |(file, span): Definition| {
            let file = numbers.iter().position(|number| *number == file)? as u32;
            Some(Wanted { file, span })
        };
        let (Some(caller), Some(callee)) = (wanted(caller), wanted(callee)) else { continue };
        let symbols = std::mem::take(&mut program.symbols);
        return codegraph_pointsto::explain(&program, symbols, &state.models, caller, callee)
            .into_iter()
            .map(|one| told(one, |file| numbers[file as usize]))
            .collect();
    }
    let files: Vec<(u32, &syntax::File)> = state.java.iter().map(|(number, file)| (*number, file)).collect();
    let wanted = |(file, span): Definition| {
        let file = u32::try_from(file).ok().filter(|file| files.iter().any(|(number, _)| number == file))?;
        Some(Wanted { file, span })
    };
    let (Some(caller), Some(callee)) = (wanted(caller), wanted(callee)) else { return Vec::new() };
    java::explain(&files, caller, callee).into_iter().map(|one| told(one, |file| file as i32)).collect()
}

/// Return an explanation as Python has it.
fn told(one: Explanation, number: impl Fn(u32) -> i32) -> Explained {
    let place = |step: Step| (number(step.file), step.line, step.column, step.text);
    (place(one.call), one.is_implicit, one.is_assumed, one.steps.into_iter().map(place).collect())
}

type Solved =
    (Result<Vec<(&'static str, RecordBatch)>, arrow_schema::ArrowError>, Vec<(&'static str, u64)>, Vec<&'static str>);

/// Languages that have nothing in common, by the name of one: Java's program is the last.
const FAMILIES: [&str; 3] = ["python", "javascript", "java"];

fn solved(state: &mut State) -> Solved {
    let mut rows = Rows::default();
    for (family, part) in std::mem::take(&mut state.programs).into_iter().enumerate() {
        rows.add(family, part, &state.models);
    }
    let files = std::mem::take(&mut state.java);
    let files: Vec<(u32, &syntax::File)> = files.iter().map(|(number, file)| (*number, file)).collect();
    rows.add_java(&java::solve(&files));
    let counts = COUNTS.into_iter().zip(rows.counts).collect();
    let degraded = FAMILIES.into_iter().zip(rows.degraded).filter_map(|(name, some)| some.then_some(name)).collect();
    (rows.into_tables(), counts, degraded)
}

/// What is counted.
const COUNTS: [&str; 7] =
    ["clones", "nodes", "steps", "full_nodes", "merged_contexts", "merged_instances", "out_of_budget"];

/// The tables as columns; outside names are symbols of `names`, or [`NONE`].
#[derive(Default)]
struct Rows {
    names: Symbols,
    /// file, start, end, kind, written_in, reached
    units: [Vec<i32>; 6],
    /// file, caller, start, end, line, column, status, and the frame and position of the constraint, or -1
    sites: [Vec<i32>; 9],
    /// site, implicit, assumed, unit
    targets: [Vec<i32>; 4],
    target_names: Vec<u32>,
    /// file, caller, line, column, assumed, unit, in, at
    raises: [Vec<i32>; 8],
    raised_names: Vec<u32>,
    /// file, caller, line, column, holder, write, in, at
    accesses: [Vec<i32>; 8],
    accessed_names: Vec<u32>,
    /// file, line, column, read
    stores: [Vec<i32>; 4],
    stored_names: Vec<u32>,
    /// owner, slot, inferred, unit
    types: [Vec<i32>; 4],
    slot_names: Vec<u32>,
    /// Of an interface, whose unit is the frame that declares it.
    type_names: Vec<u32>,
    outside_types: Vec<u32>,
    /// unit, base
    bases: [Vec<i32>; 2],
    counts: [u64; 7],
    /// Of which of [`FAMILIES`] the analysis met its bounds.
    degraded: [bool; 3],
}

/// Append a row to columns.
fn push<const N: usize>(columns: &mut [Vec<i32>; N], row: [i32; N]) {
    columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
}

impl Rows {
    fn count(&mut self, family: usize, counts: [u64; 7]) {
        let [.., full_nodes, _, _, out_of_budget] = counts;
        self.degraded[family] |= full_nodes > 0 || out_of_budget > 0;
        self.counts.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
    }

    /// Solve a program, and add what was found. Nothing of it lives on.
    fn add(&mut self, family: usize, part: Part, models: &Models) {
        let Part { mut program, numbers } = part;
        if program.files.is_empty() {
            return;
        }
        let symbols = std::mem::take(&mut program.symbols);
        let outcome = codegraph_pointsto::solve(&program, symbols, models);
        let counts = [
            u64::from(outcome.clones),
            u64::from(outcome.nodes),
            outcome.steps,
            u64::from(outcome.full_nodes),
            u64::from(outcome.merged_contexts),
            u64::from(outcome.merged_instances),
            u64::from(outcome.out_of_budget),
        ];
        self.count(family, counts);
        let first = self.units[0].len() as i32;
        let written_in = parts_of(&program.units);
        for (number, unit) in program.units.iter().enumerate() {
            let row = [
                numbers[unit.file as usize],
                unit.span.0 as i32,
                unit.span.1 as i32,
                unit.kind as i32,
                first + written_in[number] as i32,
                i32::from(outcome.reached.contains(&(number as u32))),
            ];
            push(&mut self.units, row);
        }
        let place_of = |site: u32| {
            let number = outcome.unit_of(site);
            let unit = &program.units[number as usize];
            let at = site - outcome.site_bases[number as usize];
            let span = unit.spans.get(at as usize).copied().unwrap_or_default();
            let (line, column) = program.files[unit.file as usize].place(span.0);
            let caller = first + written_in[number as usize] as i32;
            (
                numbers[unit.file as usize],
                caller,
                span,
                [line as i32, column as i32],
                [first + number as i32, at as i32],
            )
        };
        for (site, found) in outcome.sites.iter() {
            let row = self.sites[0].len() as i32;
            let (file, caller, span, [line, column], [frame, at]) = place_of(site);
            let status = i32::from(found.dynamic) | i32::from(found.opaque) << 1;
            let values = [file, caller, span.0 as i32, span.1 as i32, line, column, status, frame, at];
            push(&mut self.sites, values);
            let explicit = found.targets.iter().map(|target| (target, 0));
            for (target, implicit) in explicit.chain(found.implicit.iter().map(|target| (target, 1))) {
                let (unit, name) = match target {
                    Target::Unit(unit) if written_in[*unit as usize] != *unit => continue,
                    Target::Unit(unit) => (first + *unit as i32, NONE),
                    Target::External(name) => (-1, self.names.intern(outcome.symbols.text(*name))),
                };
                push(&mut self.targets, [row, implicit, i32::from(found.assumed.contains(target)), unit]);
                self.target_names.push(name);
            }
        }
        for (site, target) in &outcome.raises {
            let (class, name) = match target {
                Target::Unit(unit) => (first + *unit as i32, NONE),
                Target::External(name) => (-1, self.names.intern(outcome.symbols.text(*name))),
            };
            let (file, caller, _, [line, column], [frame, at]) = place_of(*site);
            push(&mut self.raises, [file, caller, line, column, 0, class, frame, at]);
            self.raised_names.push(name);
        }
        for access in &outcome.facts.accesses {
            let (file, caller, _, [line, column], [frame, at]) = place_of(access.site);
            let holder = first + access.holder as i32;
            let values = [file, caller, line, column, holder, i32::from(access.is_write), frame, at];
            push(&mut self.accesses, values);
            self.accessed_names.push(self.names.intern(outcome.symbols.text(access.name)));
        }
        for unit in &program.units {
            let file = &program.files[unit.file as usize];
            for stored in &unit.stores {
                let (line, column) = file.place(stored.start);
                let row = [numbers[unit.file as usize], line as i32, column as i32, i32::from(stored.is_read)];
                push(&mut self.stores, row);
                self.stored_names.push(self.names.intern(outcome.symbols.text(stored.name)));
            }
        }
        for fact in &outcome.facts.types {
            let (owner, slot, name) = match fact.slot {
                Slot::Returned(unit) => (unit, 0, NONE),
                Slot::Parameter(unit, name) => (unit, 1, name),
                Slot::Member(unit, name) => (unit, 2, name),
            };
            let (unit, inner, outside) = match fact.type_ {
                Type::Class(Target::Unit(unit)) => (first + unit as i32, NONE, NONE),
                Type::Class(Target::External(name)) => (-1, NONE, name),
                Type::Interface(unit, name) => (first + unit as i32, name, NONE),
            };
            push(&mut self.types, [first + owner as i32, slot, i32::from(fact.is_inferred), unit]);
            for (column, symbol) in
                [(&mut self.slot_names, name), (&mut self.type_names, inner), (&mut self.outside_types, outside)]
            {
                column.push(if symbol == NONE { NONE } else { self.names.intern(outcome.symbols.text(symbol)) });
            }
        }
        for (unit, base) in &outcome.facts.bases {
            push(&mut self.bases, [first + *unit as i32, first + *base as i32]);
        }
    }

    /// Add what was found of Java's files.
    fn add_java(&mut self, found: &java::Findings) {
        let first = self.units[0].len() as i32;
        for (row, unit) in found.units.iter().enumerate() {
            let kind = if unit.is_class { UnitKind::Class } else { UnitKind::Function };
            let row = [
                unit.file as i32,
                unit.span.0 as i32,
                unit.span.1 as i32,
                kind as i32,
                first + row as i32,
                i32::from(unit.is_reached),
            ];
            push(&mut self.units, row);
        }
        for site in &found.sites {
            let row = self.sites[0].len() as i32;
            let values = [
                site.file as i32,
                first + site.caller as i32,
                site.span.0 as i32,
                site.span.1 as i32,
                site.place.0 as i32,
                site.place.1 as i32,
                i32::from(site.is_dynamic) * REFLECTIVE,
                -1,
                -1,
            ];
            push(&mut self.sites, values);
            for (target, written, certainty) in &site.targets {
                // 1 is a declared type's assumption, of other languages.
                let assumed = match certainty {
                    Certainty::PointsTo => 0,
                    Certainty::Instantiated => 2,
                    Certainty::Declared => 3,
                };
                push(&mut self.targets, [row, *written as i32, assumed, first + *target as i32]);
                self.target_names.push(NONE);
            }
        }
        for access in &found.accesses {
            let (line, column) = access.place;
            let row = [
                access.file as i32,
                first + access.caller as i32,
                line as i32,
                column as i32,
                first + access.class as i32,
                i32::from(access.is_write),
                -1,
                -1,
            ];
            push(&mut self.accesses, row);
            self.accessed_names.push(self.names.intern(found.names.text(access.name)));
        }
        for raise in &found.raises {
            let ((line, column), assumed) = (raise.place, i32::from(raise.is_declared));
            let (unit, name) = self.java_type(first, raise.type_, found);
            let row =
                [raise.file as i32, first + raise.caller as i32, line as i32, column as i32, assumed, unit, -1, -1];
            push(&mut self.raises, row);
            self.raised_names.push(name);
        }
        for (slot, type_) in &found.types {
            let (owner, slot, name) = match *slot {
                SlotRow::Returned(owner) => (owner, 0, NONE),
                SlotRow::Parameter(owner, name) => (owner, 1, name),
                SlotRow::Field(owner, name) => (owner, 2, name),
            };
            let name = if name == NONE { NONE } else { self.names.intern(found.names.text(name)) };
            let (unit, outside) = self.java_type(first, *type_, found);
            push(&mut self.types, [first + owner as i32, slot, 0, unit]);
            self.slot_names.push(name);
            self.type_names.push(NONE);
            self.outside_types.push(outside);
        }
        let counts = [
            u64::from(found.clones),
            u64::from(found.nodes),
            found.steps,
            u64::from(found.full_nodes),
            u64::from(found.merged_contexts),
            0,
            u64::from(found.out_of_budget),
        ];
        self.count(FAMILIES.len() - 1, counts);
    }

    /// Return the row of a class, or -1 and its name.
    fn java_type(&mut self, first: i32, type_: TypeRow, found: &java::Findings) -> (i32, u32) {
        match type_ {
            TypeRow::Unit(unit) => (first + unit as i32, NONE),
            TypeRow::Outside(name) => (-1, self.names.intern(found.names.text(name))),
        }
    }

    fn into_tables(self) -> Result<Vec<(&'static str, RecordBatch)>, arrow_schema::ArrowError> {
        let names: ArrayRef = Arc::new(self.names.texts().map(Some).collect::<StringArray>());
        let named = |symbols: Vec<u32>| {
            let keys: Int32Array = symbols.into_iter().map(|name| (name != NONE).then_some(name as i32)).collect();
            DictionaryArray::<Int32Type>::try_new(keys, names.clone()).map(|array| Arc::new(array) as ArrayRef)
        };
        let units = table(["file", "start", "end", "kind", "written_in", "reached"], self.units, [])?;
        let columns = ["file", "caller", "start", "end", "line", "column", "status", "in", "at"];
        let sites = table(columns, self.sites, [])?;
        let targets =
            table(["site", "implicit", "assumed", "unit"], self.targets, [("external", named(self.target_names)?)])?;
        let columns = ["file", "caller", "line", "column", "assumed", "unit", "in", "at"];
        let raises = table(columns, self.raises, [("external", named(self.raised_names)?)])?;
        let columns = ["file", "caller", "line", "column", "holder", "write", "in", "at"];
        let accesses = table(columns, self.accesses, [("name", named(self.accessed_names)?)])?;
        let columns = ["file", "line", "column", "read"];
        let stores = table(columns, self.stores, [("name", named(self.stored_names)?)])?;
        let texts = [
            ("name", named(self.slot_names)?),
            ("interface", named(self.type_names)?),
            ("external", named(self.outside_types)?),
        ];
        let types = table(["owner", "slot", "inferred", "unit"], self.types, texts)?;
        let bases = table(["unit", "base"], self.bases, [])?;
        Ok(vec![
            ("units", units),
            ("sites", sites),
            ("targets", targets),
            ("raises", raises),
            ("accesses", accesses),
            ("stores", stores),
            ("types", types),
            ("bases", bases),
        ])
    }
}

/// Status of a place where the reflection library calls what a text names.
const REFLECTIVE: i32 = 4;

/// Return columns as a table, the last ones texts.
fn table<const N: usize, const T: usize>(
    names: [&str; N],
    columns: [Vec<i32>; N],
    texts: [(&str, ArrayRef); T],
) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let columns =
        names.into_iter().zip(columns.map(|values| Arc::new(Int32Array::from(values)) as ArrayRef)).chain(texts);
    with_columns(columns.collect())
}

fn with_columns(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, column)| column).collect())
}
