//! `flow_units` and `PointsTo`: one file's constraints as bytes, and the analysis of all files' constraints.

use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, types::Int32Type};
use arrow_schema::{Field, Schema};
use codegraph_flow::java::syntax;
use codegraph_flow::{Lowering, Workspace};
use codegraph_pointsto::java::{self, Certainty};
use codegraph_pointsto::program::{Language, NONE, UnitKind};
use codegraph_pointsto::report::Target;
use codegraph_pointsto::{Budget, FileUnits, Models, Program, Solver, translate};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::{arrow, grammar, lock};

/// A file's units as bytes, or the reason why there are none.
type Units = Result<Vec<u8>, String>;
/// The same as Python sees it.
type Lowered<'py> = (Option<Bound<'py, PyBytes>>, Option<String>);

/// Lower files of one language to the constraints of their frames.
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
    let lower = lowered_by(language, capsule)?;
    let units = py.detach(|| lower_all(&*lower, &sources, workers.max(1)));
    Ok(units
        .into_iter()
        .map(|one| match one {
            Ok(bytes) => (Some(PyBytes::new(py, &bytes)), None),
            Err(reason) => (None, Some(reason)),
        })
        .collect())
}

/// Turns a file's text into its units.
type Lower = dyn Fn(&mut Workspace, &[u8]) -> Units + Sync + Send;

fn lowered_by(language: &str, capsule: &Bound<'_, PyAny>) -> PyResult<Box<Lower>> {
    let grammar = grammar(capsule)?;
    if language == "java" {
        // Static types decide what Java's calls mean, and the semantic IR has none.
        let reader = syntax::Reader::new(grammar);
        return Ok(Box::new(move |workspace, source| {
            let file = reader.read(workspace, source).map_err(|error| error.to_string())?;
            java::to_bytes(&file)
        }));
    }
    let lowering =
        Lowering::new(language, grammar).ok_or_else(|| PyKeyError::new_err(format!("{language} has no lowering")))?;
    let rules = Language::of(language);
    Ok(Box::new(move |workspace, source| {
        let file = lowering.lower(workspace, source).map_err(|error| error.to_string())?;
        translate(rules, &file, source).to_bytes()
    }))
}

fn lower_all(lower: &Lower, sources: &[Vec<u8>], workers: usize) -> Vec<Units> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let found: Vec<Mutex<Option<Units>>> = sources.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        let mut workspace = Workspace::default();
        loop {
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(source) = sources.get(at) else { break };
            *lock(&found[at]) = Some(lower(&mut workspace, source));
        }
    };
    if workers == 1 || sources.len() == 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..workers.min(sources.len()) {
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
    program: Program,
    /// Numbers of the program's files among all.
    numbers: Vec<i32>,
    /// Files of Java with their numbers; models of libraries have none.
    java: Vec<(u32, syntax::File)>,
    count: u32,
}

#[pymethods]
impl PointsTo {
    #[new]
    fn new(models: &str) -> PyResult<Self> {
        let models = Models::from_json(models).map_err(PyValueError::new_err)?;
        let program = Program::default();
        Ok(Self(Mutex::new(State { models, program, numbers: Vec::new(), java: Vec::new(), count: 0 })))
    }

    /// Add a file's units; files come in order of their paths.
    #[pyo3(signature = (path, module, units, /))]
    fn add(&self, path: &str, module: &str, units: &[u8]) -> PyResult<()> {
        let file = FileUnits::from_bytes(units).map_err(PyValueError::new_err)?;
        let mut state = lock(&self.0);
        state.program.add(path, module, file);
        let number = state.count as i32;
        state.numbers.push(number);
        state.count += 1;
        Ok(())
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

    /// Solve, and return the tables `units`, `sites`, `targets`, `raises` and a dictionary of counts. Once.
    #[pyo3(signature = (/))]
    #[allow(clippy::type_complexity)]
    fn solve<'py>(&self, py: Python<'py>) -> PyResult<(Vec<(&'static str, Bound<'py, PyAny>)>, Bound<'py, PyDict>)> {
        let (tables, counts) = py.detach(|| solved(&mut lock(&self.0)));
        let tables: Result<Vec<_>, _> = tables
            .map_err(|error| PyValueError::new_err(error.to_string()))?
            .iter()
            .map(|(name, rows)| Ok::<_, PyErr>((*name, arrow::export(py, rows)?)))
            .collect();
        let described = PyDict::new(py);
        for (name, count) in counts {
            described.set_item(name, count)?;
        }
        Ok((tables?, described))
    }
}

type Solved = (Result<Vec<(&'static str, RecordBatch)>, arrow_schema::ArrowError>, Vec<(&'static str, u64)>);

fn solved(state: &mut State) -> Solved {
    let mut program = std::mem::take(&mut state.program);
    let numbers = std::mem::take(&mut state.numbers);
    let symbols = std::mem::take(&mut program.symbols);
    let budget = Budget::for_size(program.units.iter().map(|unit| unit.ops.len()).sum());
    let mut outcome = Solver::new(&program, symbols, &state.models, budget).solve();
    let symbols = std::mem::take(&mut outcome.symbols);
    // Frames of generator expressions and of fields are part of the code that they are written in.
    let written_in: Vec<i32> = (0..program.units.len())
        .map(|unit| {
            let mut unit = unit;
            while matches!(program.units[unit].kind, UnitKind::Comprehension | UnitKind::Initializer) {
                unit = program.units[unit].parent as usize;
            }
            unit as i32
        })
        .collect();
    let number = |value: u32| value as i32;
    let file_number = |file: u32| numbers[file as usize];
    let mut described: [Vec<i32>; 6] = [
        program.units.iter().map(|unit| file_number(unit.file)).collect(),
        program.units.iter().map(|unit| number(unit.span.0)).collect(),
        program.units.iter().map(|unit| number(unit.span.1)).collect(),
        program.units.iter().map(|unit| unit.kind as i32).collect(),
        written_in.clone(),
        (0..program.units.len()).map(|unit| i32::from(outcome.reached.contains(&(unit as u32)))).collect(),
    ];
    let mut sites: Vec<u32> = outcome.sites.keys().copied().collect();
    sites.sort_unstable();
    let mut columns: [Vec<i32>; 7] = Default::default();
    let mut targets: [Vec<i32>; 4] = Default::default();
    let mut externals: Vec<Option<&str>> = Vec::new();
    for (row, site) in sites.iter().enumerate() {
        let found = &outcome.sites[site];
        let unit = outcome.unit_of(*site) as usize;
        let span =
            program.units[unit].spans.get((site - outcome.site_bases[unit]) as usize).copied().unwrap_or_default();
        let status = i32::from(found.dynamic) | i32::from(!found.opaque.is_empty()) << 1;
        let (line, place) = program.files[program.units[unit].file as usize].place(span.0);
        for (column, value) in columns.iter_mut().zip([
            file_number(program.units[unit].file),
            written_in[unit],
            number(span.0),
            number(span.1),
            number(line),
            number(place),
            status,
        ]) {
            column.push(value);
        }
        let explicit = found.targets.iter().map(|target| (target, 0));
        for (target, implicit) in explicit.chain(found.implicit.iter().map(|target| (target, 1))) {
            let (unit, name) = match target {
                Target::Unit(unit) if written_in[*unit as usize] != number(*unit) => continue,
                Target::Unit(unit) => (number(*unit), None),
                Target::External(name) => (-1, Some(symbols.text(*name))),
            };
            let assumed = i32::from(found.assumed.contains(target));
            for (column, value) in targets.iter_mut().zip([row as i32, implicit, assumed, unit]) {
                column.push(value);
            }
            externals.push(name);
        }
    }
    let mut raises: [Vec<i32>; 5] = Default::default();
    let mut raised: Vec<Option<&str>> = Vec::new();
    for (site, target) in &outcome.raises {
        let unit = outcome.unit_of(*site) as usize;
        let span =
            program.units[unit].spans.get((site - outcome.site_bases[unit]) as usize).copied().unwrap_or_default();
        let (class, name) = match target {
            Target::Unit(unit) => (number(*unit), None),
            Target::External(name) => (-1, Some(symbols.text(*name))),
        };
        let (line, place) = program.files[program.units[unit].file as usize].place(span.0);
        let values = [file_number(program.units[unit].file), written_in[unit], number(line), number(place), class];
        for (column, value) in raises.iter_mut().zip(values) {
            column.push(value);
        }
        raised.push(name);
    }
    let files = std::mem::take(&mut state.java);
    let files: Vec<(u32, &syntax::File)> = files.iter().map(|(number, file)| (*number, file)).collect();
    let typed = java::solve(&files);
    add_findings(&typed, &mut described, &mut columns, &mut targets, &mut externals);
    let counts = vec![
        ("clones", u64::from(outcome.clones) + u64::from(typed.clones)),
        ("nodes", u64::from(outcome.nodes) + u64::from(typed.nodes)),
        ("steps", outcome.steps + typed.steps),
        ("full_nodes", u64::from(outcome.full_nodes) + u64::from(typed.full_nodes)),
        ("merged_contexts", u64::from(outcome.merged_contexts) + u64::from(typed.merged_contexts)),
        ("merged_instances", u64::from(outcome.merged_instances)),
        ("out_of_budget", u64::from(outcome.out_of_budget || typed.out_of_budget)),
    ];
    let tables = (|| {
        let [file, caller, start, end, line, column, status] = columns;
        let sites = batch(vec![
            ("file", file),
            ("caller", caller),
            ("start", start),
            ("end", end),
            ("line", line),
            ("column", column),
            ("status", status),
        ])?;
        let [site, implicit, assumed, unit] = targets;
        let columns = vec![("site", site), ("implicit", implicit), ("assumed", assumed), ("unit", unit)];
        let targets = with_names(columns, "external", externals)?;
        let [file, caller, line, column, class] = raises;
        let columns = vec![("file", file), ("caller", caller), ("line", line), ("column", column), ("unit", class)];
        let raises = with_names(columns, "external", raised)?;
        let [file, start, end, kind, written_in, reached] = described;
        let units = batch(vec![
            ("file", file),
            ("start", start),
            ("end", end),
            ("kind", kind),
            ("written_in", written_in),
            ("reached", reached),
        ])?;
        Ok(vec![("units", units), ("sites", sites), ("targets", targets), ("raises", raises)])
    })();
    (tables, counts)
}

/// Status of a place where the reflection library calls what a text names.
const REFLECTIVE: i32 = 4;

/// Add what was found of Java's files, as further rows of the same tables.
fn add_findings(
    found: &java::Findings,
    units: &mut [Vec<i32>; 6],
    sites: &mut [Vec<i32>; 7],
    targets: &mut [Vec<i32>; 4],
    externals: &mut Vec<Option<&str>>,
) {
    let first = units[0].len() as i32;
    for (row, unit) in found.units.iter().enumerate() {
        let kind = if unit.is_class { UnitKind::Class } else { UnitKind::Function };
        let values = [
            unit.file as i32,
            unit.span.0 as i32,
            unit.span.1 as i32,
            kind as i32,
            first + row as i32,
            i32::from(unit.is_reached),
        ];
        units.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    for site in &found.sites {
        let row = sites[0].len() as i32;
        let values = [
            site.file as i32,
            first + site.caller as i32,
            site.span.0 as i32,
            site.span.1 as i32,
            site.place.0 as i32,
            site.place.1 as i32,
            i32::from(site.is_dynamic) * REFLECTIVE,
        ];
        sites.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        for (target, written, certainty) in &site.targets {
            // 1 is a declared type's assumption, of other languages.
            let assumed = match certainty {
                Certainty::PointsTo => 0,
                Certainty::Instantiated => 2,
                Certainty::Declared => 3,
            };
            let values = [row, *written as i32, assumed, first + *target as i32];
            targets.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
            externals.push(None);
        }
    }
}

fn batch(columns: Vec<(&str, Vec<i32>)>) -> Result<RecordBatch, arrow_schema::ArrowError> {
    with_columns(
        columns.into_iter().map(|(name, values)| (name, Arc::new(Int32Array::from(values)) as ArrayRef)).collect(),
    )
}

fn with_names(
    columns: Vec<(&str, Vec<i32>)>,
    name: &str,
    names: Vec<Option<&str>>,
) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let mut columns: Vec<(&str, ArrayRef)> =
        columns.into_iter().map(|(name, values)| (name, Arc::new(Int32Array::from(values)) as ArrayRef)).collect();
    let names: DictionaryArray<Int32Type> = names.into_iter().collect();
    columns.push((name, Arc::new(names)));
    with_columns(columns)
}

fn with_columns(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, column)| column).collect())
}
