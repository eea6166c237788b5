//! `Corrections`: linked rows, corrected by what the points-to analysis found.

use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use codegraph_link::LinkError;
use codegraph_link::by_file::{self, FileFacts};
use codegraph_pointsto::FileUnits;
use codegraph_pointsto::matching::matching;
use codegraph_pointsto::program::parts_of;

use crate::{Rows, arrow, exported, link_error, lock};

/// Rows of calls, reads, writes and types; see `codegraph_plugins.stages.points_to.stage`.
#[pyclass(frozen, module = "codegraph_parser_rust._native")]
pub struct Corrections(Mutex<codegraph_link::Corrections>);

#[pymethods]
impl Corrections {
    /// Take the analysed files, in the order in which the analysis numbers them, and the tables of `PointsTo.solve`.
    #[new]
    #[pyo3(signature = (paths, tables, /))]
    fn new(paths: Vec<String>, tables: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<Self> {
        let tables: Vec<(String, RecordBatch)> =
            tables.into_iter().map(|(name, rows)| Ok((name, arrow::import(&rows)?))).collect::<PyResult<_>>()?;
        Ok(Self(Mutex::new(codegraph_link::Corrections::new(paths, tables).map_err(link_error)?)))
    }

    /// Make a table of nodes that stays: `add_nodes` all of them, then for each run `restart` and what follows it.
    #[staticmethod]
    #[pyo3(signature = (paths, /))]
    fn resident(paths: Vec<String>) -> Self {
        Self(Mutex::new(codegraph_link::Corrections::resident(paths)))
    }

    /// Begin a run with what was found in files: path, facts, and whether their rows are wanted; in path order.
    #[pyo3(signature = (given, /))]
    fn restart(&self, py: Python<'_>, given: Vec<(String, PyBackedBytes, bool)>) -> PyResult<()> {
        py.detach(|| {
            let mut held = lock(&self.0);
            let given: Result<Vec<by_file::Given>, LinkError> = given
                .iter()
                .map(|(path, facts, is_wanted)| {
                    let number = held.numbers().get(path).copied();
                    let number = number.ok_or_else(|| LinkError("a file is not known".to_owned()))?;
                    Ok((number, FileFacts::from_bytes(facts)?, *is_wanted))
                })
                .collect();
            let tables = by_file::join(&given?, held.numbers())?;
            held.restart(tables);
            Ok(())
        })
        .map_err(link_error)
    }

    /// Move the nodes of files to where they are now; False where they are others, and the table is of no use.
    #[pyo3(signature = (batch, /))]
    fn relocate(&self, py: Python<'_>, batch: &Bound<'_, PyAny>) -> PyResult<bool> {
        let batch = arrow::import(batch)?;
        py.detach(|| lock(&self.0).relocate(&batch)).map_err(link_error)
    }

    /// Return the external nodes among some ids that linked rows do not have, after the linked rows.
    #[pyo3(signature = (named, /))]
    fn name_externals<'py>(&self, py: Python<'py>, named: Vec<String>) -> PyResult<Vec<Rows<'py>>> {
        let tables = lock(&self.0).name_externals(&named).map_err(link_error)?;
        exported(py, &tables)
    }

    /// Take linked rows, and return a batch of one column that says which of them are final; None for all.
    #[pyo3(signature = (table, batch, /))]
    fn take<'py>(
        &self,
        py: Python<'py>,
        table: &str,
        batch: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let batch = arrow::import(batch)?;
        let taken = py.detach(|| lock(&self.0).take(table, &batch)).map_err(link_error)?;
        taken.map(|flags| arrow::export(py, &alone(flags)?)).transpose()
    }

    /// Hold call sites that `take` did not call final: `calls` gives them back, corrected.
    #[pyo3(signature = (batch, /))]
    fn hold_call_sites(&self, batch: &Bound<'_, PyAny>) -> PyResult<()> {
        lock(&self.0).hold_call_sites(arrow::import(batch)?);
        Ok(())
    }

    /// Learn the definitions in a batch of parsed nodes, after the linked rows.
    #[pyo3(signature = (batch, /))]
    fn add_nodes(&self, py: Python<'_>, batch: &Bound<'_, PyAny>) -> PyResult<()> {
        let batch = arrow::import(batch)?;
        py.detach(|| lock(&self.0).add_nodes(&batch)).map_err(link_error)
    }

    /// Return the corrected call sites, the external nodes that only the analysis names, and the edges of calls. Once.
    fn calls<'py>(&self, py: Python<'py>) -> PyResult<Vec<Rows<'py>>> {
        let tables = py.detach(|| lock(&self.0).calls()).map_err(link_error)?;
        exported(py, &tables)
    }

    /// Return the external nodes that only reads, writes and types name, and their edges. Once, after `calls`.
    fn facts<'py>(&self, py: Python<'py>) -> PyResult<Vec<Rows<'py>>> {
        let tables = py.detach(|| lock(&self.0).facts()).map_err(link_error)?;
        exported(py, &tables)
    }
}

/// Cut the tables of `PointsTo.solve` into what was found in each file, as bytes; `degraded` says of which files the
/// analysis met its bounds.
#[pyfunction]
#[pyo3(signature = (paths, tables, degraded, /))]
pub fn split_facts<'py>(
    py: Python<'py>,
    paths: Vec<String>,
    tables: Vec<(String, Bound<'_, PyAny>)>,
    degraded: Vec<bool>,
) -> PyResult<Vec<Bound<'py, PyBytes>>> {
    let tables: Vec<(String, RecordBatch)> =
        tables.into_iter().map(|(name, rows)| Ok((name, arrow::import(&rows)?))).collect::<PyResult<_>>()?;
    let found = py
        .detach(|| {
            let found = by_file::split(&paths, &tables, &degraded)?;
            found.iter().map(FileFacts::to_bytes).collect::<Result<Vec<_>, _>>()
        })
        .map_err(link_error)?;
    Ok(found.iter().map(|facts| PyBytes::new(py, facts)).collect())
}

/// Return the other files that a file's facts name, those of them that have bases of its classes, and whether the
/// analysis met its bounds.
#[pyfunction]
#[pyo3(signature = (facts, /))]
pub fn facts_references(facts: &[u8]) -> PyResult<(Vec<String>, Vec<String>, bool)> {
    let facts = FileFacts::from_bytes(facts).map_err(link_error)?;
    let owned = |paths: Vec<&str>| paths.into_iter().map(str::to_owned).collect();
    let (all, of_bases) = facts.references();
    Ok((owned(all), owned(of_bases), facts.is_degraded))
}

/// Return where a file's units begin and end, in the order of their numbers.
#[pyfunction]
#[pyo3(signature = (facts, /))]
pub fn facts_spans(facts: &[u8]) -> PyResult<Vec<(i32, i32)>> {
    Ok(FileFacts::from_bytes(facts).map_err(link_error)?.spans().collect())
}

/// Say whether what other files name of a file may be something else than when the program was analysed.
#[pyfunction]
#[pyo3(signature = (facts, /))]
pub fn facts_shifted(facts: &[u8]) -> PyResult<bool> {
    Ok(FileFacts::from_bytes(facts).map_err(link_error)?.is_shifted())
}

/// Move a file's facts to where the same constraints are written now.
#[pyfunction]
#[pyo3(signature = (facts, units, /))]
pub fn move_facts<'py>(py: Python<'py>, facts: &[u8], units: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let mut facts = FileFacts::from_bytes(facts).map_err(link_error)?;
    let units = FileUnits::from_bytes(units).map_err(PyValueError::new_err)?;
    facts.relocate(&places_of(&units, &|byte| units.place(byte))).map_err(link_error)?;
    Ok(PyBytes::new(py, &facts.to_bytes().map_err(link_error)?))
}

/// Keep a file's facts of the constraints that are still there after an edit, and move them to where those are now.
///
/// Takes the facts, the units that they are of, the present ones, and whether there are definitions that there were not;
/// none are Java's. Returns the facts, and whether types or bases are gone, which are in other files' rows as well.
#[pyfunction]
#[pyo3(signature = (facts, before, units, is_grown, /))]
pub fn carry_facts<'py>(
    py: Python<'py>,
    facts: &[u8],
    before: &[u8],
    units: &[u8],
    is_grown: bool,
) -> PyResult<(Bound<'py, PyBytes>, bool)> {
    let (carried, is_less) = py
        .detach(|| {
            let mut facts = FileFacts::from_bytes(facts)?;
            let read = |bytes| FileUnits::from_bytes(bytes).map_err(LinkError);
            let now = read(units)?;
            let found = matching(read(before)?, read(units)?);
            let numbers = |all: &[u32]| all.iter().map(|one| *one as i32).collect::<Vec<i32>>();
            let fresh: Vec<(i32, i32)> = found.fresh.iter().map(|(unit, at)| (*unit as i32, *at as i32)).collect();
            let stored = now.units.iter().flat_map(|unit| &unit.stores);
            let stored: Vec<(bool, &str)> = stored.map(|one| (one.is_read, now.symbols.text(one.name))).collect();
            let kinds =
                now.units.iter().zip(parts_of(&now.units)).map(|(unit, part_of)| (unit.kind as i32, part_of as i32));
            let is_less = facts.carry(&by_file::Carried {
                places: places_of(&now, &|byte| now.place(byte)),
                units: &numbers(&found.units),
                positions: &found.positions.iter().map(|all| numbers(all)).collect::<Vec<_>>(),
                kinds: &kinds.collect::<Vec<_>>(),
                is_grown,
                fresh: &fresh,
                stored: &stored,
            })?;
            Ok::<_, LinkError>((facts.to_bytes()?, is_less))
        })
        .map_err(link_error)?;
    Ok((PyBytes::new(py, &carried), is_less))
}

/// Return where units and their constraints are written.
fn places_of<'a>(units: &'a FileUnits, place: &'a dyn Fn(u32) -> (u32, u32)) -> by_file::Places<'a> {
    let units = units.units.iter().map(|unit| by_file::UnitPlaces {
        span: unit.span,
        spans: &unit.spans,
        stores: unit.stores.iter().map(|stored| stored.start).collect(),
    });
    by_file::Places { units: units.collect(), place }
}

/// Return what the analysis goes by in a file's units, which are not Java's: equal bytes give an equal analysis.
#[pyfunction]
#[pyo3(signature = (units, /))]
pub fn constraints<'py>(py: Python<'py>, units: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let units = FileUnits::from_bytes(units).map_err(PyValueError::new_err)?;
    Ok(PyBytes::new(py, &units.constraints().map_err(PyValueError::new_err)?))
}

/// Return flags as a batch of their own.
fn alone(flags: BooleanArray) -> PyResult<RecordBatch> {
    let schema = Schema::new(vec![Field::new("is_final", DataType::Boolean, false)]);
    let column: ArrayRef = Arc::new(flags);
    RecordBatch::try_new(Arc::new(schema), vec![column]).map_err(|error| PyValueError::new_err(error.to_string()))
}
