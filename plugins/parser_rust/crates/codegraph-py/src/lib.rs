//! The Python module `codegraph_parser_rust._native`: thin glue, no algorithms.

mod arrow;
mod corrections;
mod flow;
mod lowered;
mod points_to;

use std::collections::HashMap;
use std::path::PathBuf;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow_array::RecordBatch;
use codegraph_syntax::core::Grammar;
use codegraph_syntax::engine::{LanguageFamily, Options, Source};
use codegraph_syntax::pack::LanguagePack;
use codegraph_syntax::spent::{self, Meter, WORKS, Work};
use codegraph_syntax::table::Language;
use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};

use crate::arrow::Table;
use crate::lowered::Lowered;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A table's name and its `pyarrow.RecordBatch`.
type Rows<'py> = (&'static str, Bound<'py, PyAny>);

fn exported<'py>(py: Python<'py>, tables: &[Table]) -> PyResult<Vec<Rows<'py>>> {
    tables.iter().map(|(name, rows)| Ok((*name, arrow::export(py, rows)?))).collect()
}

/// Read the grammar in a wheel's capsule.
fn grammar(capsule: &Bound<'_, PyAny>) -> PyResult<Grammar> {
    let capsule = capsule
        .cast::<PyCapsule>()
        .map_err(|_| PyTypeError::new_err("the grammar is not a capsule; its wheel is too old"))?;
    let language: NonNull<_> = capsule
        .pointer_checked(Some(c"tree_sitter.Language"))
        .map_err(|_| PyTypeError::new_err("the capsule's name is not tree_sitter.Language"))?;
    // SAFETY: a capsule of this name holds a `const TSLanguage *`, a constant of the wheel's extension
    // module, which Python never unloads.
    unsafe { Grammar::new(language.cast()) }
        .map_err(|abi| PyValueError::new_err(format!("the grammar has ABI {abi}, and this parser reads 13 to 15")))
}

/// Languages compiled for one run, and the memory of its workers.
///
/// Args:
///     packs: For each language: the JSON of `LanguagePack.to_dict()`, the grammar's capsule, and the
///         capsules of other grammars by extension.
///     workers: Threads.
///     max_file_bytes: Larger files are skipped.
///     parse_timeout_s: CPU seconds that one file's parse and walk may take.
///     keep_sources: Return the table `sources` too.
#[pyclass(frozen, module = "codegraph_parser_rust._native")]
struct Session(Mutex<codegraph_syntax::engine::Session>, bool);

type PackArguments<'py> = (String, Bound<'py, PyAny>, Vec<(String, Bound<'py, PyAny>)>);

#[pymethods]
impl Session {
    #[new]
    fn new(
        packs: Vec<PackArguments<'_>>,
        workers: usize,
        max_file_bytes: u64,
        parse_timeout_s: f64,
        keep_sources: bool,
    ) -> PyResult<Self> {
        let mut families = Vec::new();
        for (json, capsule, others) in packs {
            let pack = LanguagePack::from_json(&json).map_err(PyValueError::new_err)?;
            let mut by_extension = Vec::new();
            for (extension, capsule) in others {
                by_extension.push((extension, Language::compile(pack.clone(), grammar(&capsule)?)));
            }
            families.push(LanguageFamily::new(Language::compile(pack, grammar(&capsule)?), by_extension));
        }
        let parse_timeout = Duration::try_from_secs_f64(parse_timeout_s)
            .map_err(|_| PyValueError::new_err("parse_timeout_s must be a positive number"))?;
        let options = Options { workers: workers.max(1), max_file_bytes, parse_timeout, keep_sources };
        let beside = Lowered::of_session();
        let session = codegraph_syntax::engine::Session::with(families, options, Some(beside));
        Ok(Self(Mutex::new(session), keep_sources))
    }

    /// Begin with `SourceFile`s: with several workers they are parsed from now on, after those begun before.
    #[pyo3(signature = (sources, /))]
    fn begin(&self, py: Python<'_>, sources: Vec<Bound<'_, PyAny>>) -> PyResult<Begun> {
        let sources = sources.iter().map(source).collect::<PyResult<Vec<_>>>()?;
        py.detach(|| {
            let mut session = lock(&self.0);
            if let Some(unknown) = sources.iter().find(|source| !session.knows(&source.language)) {
                return Err(PyKeyError::new_err(unknown.language.clone()));
            }
            Ok(Begun(Mutex::new(Some(session.begin(sources)))))
        })
    }

    /// Return (table, rows) pairs of files that were begun, once; the interpreter's lock is released meanwhile.
    #[pyo3(signature = (begun, /))]
    fn finish<'py>(&self, py: Python<'py>, begun: &Begun) -> PyResult<Vec<Rows<'py>>> {
        let keep = self.1;
        let begun = lock(&begun.0).take().ok_or_else(|| PyValueError::new_err("these rows were taken"))?;
        let tables = py.detach(|| {
            let batch = lock(&self.0).finish(begun);
            let mut meter = Meter::start();
            let tables = arrow::tables(batch, keep).map_err(|error| PyValueError::new_err(error.to_string()));
            meter.book(Work::Gather);
            tables
        })?;
        exported(py, &tables)
    }
}

/// Files that a session began with.
#[pyclass(frozen, module = "codegraph_parser_rust._native")]
struct Begun(Mutex<Option<codegraph_syntax::engine::Begun>>);

fn source(value: &Bound<'_, PyAny>) -> PyResult<Source> {
    let py = value.py();
    let module = value.getattr(intern!(py, "module"))?;
    let location = value.getattr(intern!(py, "location"))?;
    let content = value.getattr(intern!(py, "content"))?;
    Ok(Source {
        path: value.getattr(intern!(py, "path"))?.extract()?,
        location: path_of(location.cast::<PyBytes>()?.as_bytes())?,
        language: value.getattr(intern!(py, "language"))?.extract()?,
        module_fqn: module.getattr(intern!(py, "fqn"))?.extract()?,
        module_suffix: module.getattr(intern!(py, "suffix"))?.extract()?,
        package_id: module.getattr(intern!(py, "package_id"))?.extract()?,
        size: value.getattr(intern!(py, "size"))?.extract()?,
        mtime_ns: value.getattr(intern!(py, "mtime_ns"))?.extract()?,
        content: if content.is_none() { None } else { Some(content.cast::<PyBytes>()?.as_bytes().to_vec()) },
    })
}

#[cfg(unix)]
fn path_of(raw: &[u8]) -> PyResult<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(raw)))
}

#[cfg(not(unix))]
fn path_of(raw: &[u8]) -> PyResult<PathBuf> {
    Ok(PathBuf::from(std::str::from_utf8(raw)?))
}

/// Links files of a repository; see `codegraph_plugins.stages.cross_file.native`.
#[pyclass(frozen, module = "codegraph_parser_rust._native")]
struct Linker(Mutex<codegraph_link::Linker>);

fn link_error(error: codegraph_link::LinkError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn imported(batches: &[Bound<'_, PyAny>]) -> PyResult<Vec<RecordBatch>> {
    batches.iter().map(arrow::import).collect()
}

#[pymethods]
impl Linker {
    #[new]
    #[pyo3(signature = (languages, workers, /))]
    fn new(languages: &str, workers: usize) -> PyResult<Self> {
        Ok(Self(Mutex::new(codegraph_link::Linker::new(languages, workers).map_err(link_error)?)))
    }

    /// Take a batch of `nodes`, `imports`, `exports`, or of `uses` that name bases.
    #[pyo3(signature = (table, batch, /))]
    fn add(&self, py: Python<'_>, table: &str, batch: &Bound<'_, PyAny>) -> PyResult<()> {
        // Ids of nodes are kept.
        let batch = if table == "nodes" { arrow::import_apart(batch, "id") } else { arrow::import(batch) }?;
        py.detach(|| lock(&self.0).add(table, &batch)).map_err(link_error)
    }

    /// Resolve imports and bases.
    #[pyo3(signature = (project, /))]
    fn prepare(&self, py: Python<'_>, project: &str) -> PyResult<()> {
        py.detach(|| lock(&self.0).prepare(project)).map_err(link_error)
    }

    /// Return package nodes and the edges between them.
    fn packages<'py>(&self, py: Python<'py>) -> PyResult<Vec<Rows<'py>>> {
        let tables = py.detach(|| lock(&self.0).packages()).map_err(link_error)?;
        exported(py, &tables)
    }

    /// Return the rows of some files, given by their positions, ascending.
    #[pyo3(signature = (files, imports, call_sites, uses, /))]
    fn link<'py>(
        &self,
        py: Python<'py>,
        files: Vec<usize>,
        imports: Vec<Bound<'py, PyAny>>,
        call_sites: Vec<Bound<'py, PyAny>>,
        uses: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Rows<'py>>> {
        let (imports, call_sites, uses) = (imported(&imports)?, imported(&call_sites)?, imported(&uses)?);
        let tables = py.detach(|| lock(&self.0).link(&files, &imports, &call_sites, &uses)).map_err(link_error)?;
        exported(py, &tables)
    }

    /// Return a digest of the rows that `link` gives for each of some files, given by their positions, ascending.
    #[pyo3(signature = (files, imports, call_sites, uses, /))]
    fn survey(
        &self,
        py: Python<'_>,
        files: Vec<usize>,
        imports: Vec<Bound<'_, PyAny>>,
        call_sites: Vec<Bound<'_, PyAny>>,
        uses: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<Vec<u64>> {
        let (imports, call_sites, uses) = (imported(&imports)?, imported(&call_sites)?, imported(&uses)?);
        py.detach(|| lock(&self.0).survey(&files, &imports, &call_sites, &uses)).map_err(link_error)
    }

    /// Return what `link` and what `survey` return of some files.
    #[pyo3(signature = (files, imports, call_sites, uses, /))]
    fn link_surveyed<'py>(
        &self,
        py: Python<'py>,
        files: Vec<usize>,
        imports: Vec<Bound<'py, PyAny>>,
        call_sites: Vec<Bound<'py, PyAny>>,
        uses: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<(Vec<Rows<'py>>, Vec<u64>)> {
        let (imports, call_sites, uses) = (imported(&imports)?, imported(&call_sites)?, imported(&uses)?);
        let linked = py.detach(|| lock(&self.0).link_surveyed(&files, &imports, &call_sites, &uses));
        let (tables, digests) = linked.map_err(link_error)?;
        Ok((exported(py, &tables)?, digests))
    }

    /// Take the lines of some files' nodes anew; nothing else of them may have changed.
    #[pyo3(signature = (nodes, /))]
    fn relocate(&self, py: Python<'_>, nodes: &Bound<'_, PyAny>) -> PyResult<()> {
        let nodes = arrow::import(nodes)?;
        py.detach(|| lock(&self.0).relocate(&nodes)).map_err(link_error)
    }

    /// Return for each file a digest of its rows in some columns.
    #[staticmethod]
    #[pyo3(signature = (batches, columns, /))]
    fn file_digests(
        py: Python<'_>,
        batches: Vec<Bound<'_, PyAny>>,
        columns: Vec<String>,
    ) -> PyResult<HashMap<String, u64>> {
        let batches = imported(&batches)?;
        let found = py.detach(|| codegraph_link::file_digests(&batches, &columns)).map_err(link_error)?;
        Ok(found.into_iter().collect())
    }

    /// Note what files name outside the repository: pairs of `file_path` and `id`.
    #[pyo3(signature = (pairs, /))]
    fn note_named(&self, py: Python<'_>, pairs: &Bound<'_, PyAny>) -> PyResult<()> {
        let pairs = arrow::import(pairs)?;
        py.detach(|| lock(&self.0).note_named(&pairs)).map_err(link_error)
    }

    /// Return what some files name outside the repository, for `put_named`.
    #[pyo3(signature = (files, /))]
    fn named_of(&self, files: Vec<usize>) -> Vec<Vec<i32>> {
        lock(&self.0).named_of(&files)
    }

    /// Note what `named_of` returned.
    #[pyo3(signature = (files, named, /))]
    fn put_named(&self, files: Vec<usize>, named: Vec<Vec<i32>>) -> PyResult<()> {
        lock(&self.0).put_named(&files, named).map_err(link_error)
    }

    /// Return the external nodes that the surveyed files name, sorted by id.
    fn named_externals<'py>(&self, py: Python<'py>) -> PyResult<Vec<Rows<'py>>> {
        let tables = py.detach(|| lock(&self.0).named_externals()).map_err(link_error)?;
        exported(py, &tables)
    }

    /// Return the external nodes, sorted by id.
    fn externals<'py>(&self, py: Python<'py>) -> PyResult<Vec<Rows<'py>>> {
        let tables = py.detach(|| lock(&self.0).externals()).map_err(link_error)?;
        exported(py, &tables)
    }
}

/// Return the CPU seconds that the sessions of this process have spent, by work.
#[pyfunction]
fn cpu_seconds() -> HashMap<&'static str, f64> {
    WORKS.map(|(_, name)| name).into_iter().zip(spent::seconds()).collect()
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Begun, Linker, Session, cpu_seconds};
    #[pymodule_export]
    use crate::arrow::{ArrowColumn, ArrowSchema};
    #[pymodule_export]
    use crate::corrections::{
        Corrections, carry_facts, constraints, facts_references, facts_shifted, facts_spans, move_facts, split_facts,
    };
    #[pymodule_export]
    use crate::flow::{Flow, FlowFile};
    #[pymodule_export]
    use crate::points_to::{PointsTo, flow_units};

    /// The extension's make: raised with each change that the Python package beside it has to know of.
    #[pymodule_export]
    const ENGINE_VERSION: u32 = 8;
}
