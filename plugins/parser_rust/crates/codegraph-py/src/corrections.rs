//! `Corrections`: linked rows, corrected by what the points-to analysis found.

use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

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

/// Return flags as a batch of their own.
fn alone(flags: BooleanArray) -> PyResult<RecordBatch> {
    let schema = Schema::new(vec![Field::new("is_final", DataType::Boolean, false)]);
    let column: ArrayRef = Arc::new(flags);
    RecordBatch::try_new(Arc::new(schema), vec![column]).map_err(|error| PyValueError::new_err(error.to_string()))
}
