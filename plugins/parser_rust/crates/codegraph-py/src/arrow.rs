//! Columns of a batch as Arrow arrays, and Arrow arrays as Python sees them: capsules of the C data
//! interface, which pyarrow takes without a copy. Columns grew by doubling; they give back what they do not fill.

use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, DictionaryArray, Int32Array, Int64Array, ListArray, RecordBatch,
    StringArray, StructArray, UInt64Array, make_array, new_null_array,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use codegraph_syntax::batch::{Batch, Numbers, Spans, Symbols, TextLists, Texts};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList, PyTuple};

/// A table's name and its rows.
pub type Table = (&'static str, RecordBatch);

fn nulls(valid: Vec<bool>) -> Option<NullBuffer> {
    if valid.iter().all(|valid| *valid) { None } else { Some(NullBuffer::from(valid)) }
}

/// Give back the memory that a column does not fill.
fn fitted<T>(mut values: Vec<T>) -> Vec<T> {
    values.shrink_to_fit();
    values
}

fn texts(column: Texts) -> Result<StringArray, ArrowError> {
    let Texts { offsets, bytes, valid } = column;
    let ends_of_texts = offsets.last().is_some_and(|end| usize::try_from(*end) == Ok(bytes.len()))
        && offsets.iter().all(|end| bytes.is_char_boundary(*end as usize));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(fitted(offsets)));
    let valid = nulls(valid);
    if !ends_of_texts || valid.as_ref().is_some_and(|valid| valid.len() + 1 != offsets.len()) {
        return Err(ArrowError::InvalidArgumentError("a column's offsets are not its texts' ends".to_owned()));
    }
    let bytes = Buffer::from_vec(fitted(bytes.into_bytes()));
    // SAFETY: the bytes were a String, so they need not be read again to know that they are UTF-8; the offsets ascend
    // (`OffsetBuffer::new` panics otherwise) from boundary to boundary of its characters up to its end, and there are
    // as many texts as bits of validity.
    Ok(unsafe { StringArray::new_unchecked(offsets, bytes, valid) })
}

fn symbols(column: Symbols) -> Result<ArrayRef, ArrowError> {
    let missing = column.keys.contains(&-1);
    let valid = missing.then(|| NullBuffer::from(column.keys.iter().map(|key| *key >= 0).collect::<BooleanBuffer>()));
    let keys = if missing { column.keys.into_iter().map(|key| key.max(0)).collect() } else { column.keys };
    let keys = Int32Array::try_new(ScalarBuffer::from(fitted(keys)), valid)?;
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(texts(column.values)?))?))
}

fn lists(column: TextLists) -> Result<ArrayRef, ArrowError> {
    let offsets = OffsetBuffer::new(ScalarBuffer::from(fitted(column.offsets)));
    Ok(Arc::new(ListArray::try_new(item_field(), offsets, Arc::new(texts(column.items)?), None)?))
}

fn spans(column: Spans) -> Result<ArrayRef, ArrowError> {
    let fields = column.fields.into_iter().map(|field| integers(field)).collect();
    Ok(Arc::new(StructArray::try_new(span_fields(), fields, nulls(column.valid))?))
}

fn integers(values: Vec<i32>) -> ArrayRef {
    Arc::new(Int32Array::from(fitted(values)))
}

fn numbers(column: Numbers) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(Int32Array::try_new(ScalarBuffer::from(fitted(column.values)), nulls(column.valid))?))
}

fn item_field() -> FieldRef {
    Arc::new(Field::new("item", DataType::Utf8, false))
}

fn span_fields() -> Fields {
    ["start_line", "start_column", "end_line", "end_column", "start_byte", "end_byte"]
        .into_iter()
        .map(|name| Field::new(name, DataType::Int32, false))
        .collect()
}

/// Collects a table's columns with their fields.
struct Builder {
    name: &'static str,
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
    rows: usize,
}

impl Builder {
    fn new(name: &'static str, rows: usize) -> Self {
        Self { name, fields: Vec::new(), columns: Vec::new(), rows }
    }

    fn add(mut self, name: &str, nullable: bool, column: ArrayRef) -> Self {
        self.fields.push(Field::new(name, column.data_type().clone(), nullable));
        self.columns.push(column);
        self
    }

    fn text(self, name: &str, nullable: bool, column: Texts) -> Result<Self, ArrowError> {
        Ok(self.add(name, nullable, Arc::new(texts(column)?)))
    }

    fn symbol(self, name: &str, nullable: bool, column: Symbols) -> Result<Self, ArrowError> {
        Ok(self.add(name, nullable, symbols(column)?))
    }

    fn int(self, name: &str, nullable: bool, values: Vec<i32>) -> Self {
        self.add(name, nullable, integers(values))
    }

    /// Optional columns past the contract's: keys of other columns.
    fn keys<const N: usize>(self, names: [&str; N], columns: [Vec<u64>; N]) -> Self {
        let named = names.into_iter().zip(columns);
        named
            .fold(self, |builder, (name, column)| builder.add(name, false, Arc::new(UInt64Array::from(fitted(column)))))
    }

    /// A column without any value.
    fn empty_text(self, name: &str) -> Self {
        let column = new_null_array(&DataType::Utf8, self.rows);
        self.add(name, true, column)
    }

    fn empty_symbol(self, name: &str) -> Self {
        let type_ = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let column = new_null_array(&type_, self.rows);
        self.add(name, true, column)
    }

    fn empty_lists(self, name: &str) -> Result<Self, ArrowError> {
        let column = TextLists { offsets: vec![0; self.rows + 1], items: Texts::default() };
        Ok(self.add(name, false, lists(column)?))
    }

    fn finish(self) -> Result<Table, ArrowError> {
        let metadata: std::collections::HashMap<String, String> =
            [("codegraph.table".to_owned(), self.name.to_owned())].into();
        let schema = Schema::new_with_metadata(self.fields, metadata);
        Ok((self.name, RecordBatch::try_new(Arc::new(schema), self.columns)?))
    }
}

/// The tables of a batch in the contract's physical schemas.
///
/// # Errors
/// A column does not fit its type, which would be a defect.
pub fn tables(batch: Batch, keep_sources: bool) -> Result<Vec<Table>, ArrowError> {
    let Batch { files, nodes, call_sites, imports, uses, exports, diagnostics, sources, .. } = batch;
    let mut tables = vec![
        Builder::new("files", files.size.len())
            .text("path", false, files.path)?
            .symbol("language", true, files.language)?
            .text("content_hash", true, files.content_hash)?
            .add("size", false, Arc::new(Int64Array::from(files.size)))
            .add("mtime_ns", false, Arc::new(Int64Array::from(files.mtime_ns)))
            .int("lines", false, files.lines)
            .symbol("status", false, files.status)?
            .int("parse_errors", false, files.parse_errors)
            .text("module_fqn", true, files.module_fqn)?
            .finish()?,
        Builder::new("nodes", nodes.start_line.len())
            .text("id", false, nodes.id)?
            .symbol("kind", false, nodes.kind)?
            .text("name", false, nodes.name)?
            .text("fqn", false, nodes.fqn)?
            .symbol("parent_id", true, nodes.parent_id)?
            .symbol("file_path", true, nodes.file_path)?
            .int("start_line", true, nodes.start_line)
            .int("end_line", true, nodes.end_line)
            .int("start_byte", true, nodes.start_byte)
            .int("end_byte", true, nodes.end_byte)
            .symbol("language", true, nodes.language)?
            .add("modifiers", false, lists(nodes.modifiers)?)
            .symbol("visibility", false, nodes.visibility)?
            .add("is_test", false, Arc::new(BooleanArray::from(nodes.is_test)))
            .text("signature", true, nodes.signature)?
            .text("docstring", true, nodes.docstring)?
            .add("complexity", true, numbers(nodes.complexity)?)
            .text("content_hash", true, nodes.content_hash)?
            .empty_symbol("version")
            .empty_lists("taint_sources")?
            .text("metadata", true, nodes.metadata)?
            .keys(["key", "name_key", "fqn_key"], nodes.keys)
            .finish()?,
        Builder::new("call_sites", call_sites.arity.len())
            .text("id", false, call_sites.id)?
            .symbol("caller_id", false, call_sites.caller_id)?
            .text("callee_text", false, call_sites.callee_text)?
            .text("receiver_text", true, call_sites.receiver_text)?
            .int("arity", false, call_sites.arity)
            .symbol("file_path", false, call_sites.file_path)?
            .add("span", false, spans(call_sites.span)?)
            .symbol("status", false, call_sites.status)?
            .symbol("reason", true, call_sites.reason)?
            .empty_lists("candidates")?
            .finish()?,
        Builder::new("imports", imports.id.len())
            .text("id", false, imports.id)?
            .symbol("file_path", false, imports.file_path)?
            .add("span", false, spans(imports.span)?)
            .text("raw", false, imports.raw)?
            .symbol("module", false, imports.module)?
            .text("name", true, imports.name)?
            .text("alias", true, imports.alias)?
            .empty_text("target_id")
            .empty_text("target_file")
            .symbol("status", false, imports.status)?
            .empty_symbol("reason")
            .finish()?,
        Builder::new("uses", uses.node.len())
            .symbol("file_path", false, uses.file_path)?
            .symbol("use", false, uses.used)?
            .int("node", false, uses.node)
            .symbol("name", false, uses.name)?
            .symbol("binding", false, uses.binding)?
            .int("target", false, uses.target)
            .int("line_number", false, uses.line_number)
            .int("column", false, uses.column)
            .int("call_site", false, uses.call_site)
            .finish()?,
        Builder::new("exports", exports.node.len())
            .symbol("file_path", false, exports.file_path)?
            .text("name", false, exports.name)?
            .int("node", false, exports.node)
            .symbol("module", true, exports.module)?
            .text("source_name", true, exports.source_name)?
            .finish()?,
        Builder::new("diagnostics", diagnostics.message.len())
            .symbol("file_path", true, diagnostics.file_path)?
            .symbol("stage", false, diagnostics.stage)?
            .symbol("code", false, diagnostics.code)?
            .symbol("category", false, diagnostics.category)?
            .text("message", false, diagnostics.message)?
            .add("span", true, spans(diagnostics.span)?)
            .finish()?,
    ];
    if keep_sources {
        let count = sources.size.len();
        let mut role = Symbols::default();
        role.push_all("source", count);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(sources.offsets));
        let blocks = BinaryArray::try_new(offsets, Buffer::from_vec(sources.blocks), None)?;
        tables.push(
            Builder::new("sources", count)
                .text("path", false, sources.path)?
                .symbol("role", false, role)?
                .int("size", false, sources.size)
                .add("source", true, Arc::new(blocks))
                .finish()?,
        );
    }
    Ok(tables)
}

fn value_error(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// A column that pyarrow takes through `__arrow_c_array__`, as a batch with one column.
#[pyclass(frozen, module = "codegraph_parser_rust._native")]
pub struct ArrowColumn(RecordBatch);

#[pymethods]
impl ArrowColumn {
    /// Export the column as (schema capsule, array capsule); a requested schema is ignored, as the
    /// protocol allows.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        drop(requested_schema);
        let rows = StructArray::from(self.0.clone());
        let (array, _) = to_ffi(&rows.into_data()).map_err(value_error)?;
        let schema = FFI_ArrowSchema::try_from(self.0.schema().as_ref()).map_err(value_error)?;
        let schema = PyCapsule::new_with_value(py, schema, c"arrow_schema")?;
        let array = PyCapsule::new_with_value(py, array, c"arrow_array")?;
        PyTuple::new(py, [schema, array])
    }
}

/// A schema that pyarrow takes through `__arrow_c_schema__`.
#[pyclass(frozen, module = "codegraph_parser_rust._native")]
pub struct ArrowSchema(SchemaRef);

#[pymethods]
impl ArrowSchema {
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.0.as_ref()).map_err(value_error)?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }
}

/// Give rows to Python as a `pyarrow.RecordBatch`, without a copy.
///
/// Each column crosses alone: pyarrow frees what crossed together only when all of it is unused, and most
/// columns go as soon as they are stored. Not through `pyarrow.array`, which imports pandas where it is
/// installed.
///
/// # Errors
/// pyarrow is missing or refuses a column.
pub fn export<'py>(py: Python<'py>, rows: &RecordBatch) -> PyResult<Bound<'py, PyAny>> {
    let pyarrow = py.import(intern!(py, "pyarrow"))?;
    let record_batch = pyarrow.getattr(intern!(py, "record_batch"))?;
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, column)| {
        let alone = Arc::new(Schema::new(vec![field.clone()]));
        let alone = RecordBatch::try_new(alone, vec![column.clone()]).map_err(value_error)?;
        let batch = record_batch.call1((Bound::new(py, ArrowColumn(alone))?,))?;
        batch.call_method1(intern!(py, "column"), (0,))
    });
    let columns = PyList::new(py, columns.collect::<PyResult<Vec<_>>>()?)?;
    let schema = pyarrow.call_method1(intern!(py, "schema"), (Bound::new(py, ArrowSchema(schema))?,))?;
    let keywords = PyDict::new(py);
    keywords.set_item(intern!(py, "schema"), schema)?;
    let batch = pyarrow.getattr(intern!(py, "RecordBatch"))?;
    batch.call_method(intern!(py, "from_arrays"), (columns,), Some(&keywords))
}

/// Take a `pyarrow.RecordBatch`, or anything else with `__arrow_c_array__`, without a copy.
///
/// # Errors
/// It has no such method, or what it gives is not a batch of rows.
pub fn import(batch: &Bound<'_, PyAny>) -> PyResult<RecordBatch> {
    taken(batch, |data, schema| {
        let schema = Schema::try_from(schema).map_err(value_error)?;
        if !matches!(data.data_type(), DataType::Struct(_)) {
            return Err(PyTypeError::new_err("a record batch is needed"));
        }
        let (_, columns, _) = StructArray::from(data).into_parts();
        RecordBatch::try_new(Arc::new(schema), columns).map_err(value_error)
    })
}

/// Take a `pyarrow.RecordBatch`, one of its columns alone: whoever keeps that one does not keep the others too, as with
/// what crosses together.
///
/// # Errors
/// As `import`, or there is no such column.
pub fn import_apart(batch: &Bound<'_, PyAny>, column: &str) -> PyResult<RecordBatch> {
    let (schema, mut columns, _) = import(batch)?.into_parts();
    let position = schema.index_of(column).map_err(value_error)?;
    let alone = batch.call_method1(intern!(batch.py(), "column"), (position,))?;
    columns[position] = taken(&alone, |data, _| Ok(make_array(data)))?;
    RecordBatch::try_new(schema, columns).map_err(value_error)
}

/// Take what gives itself through `__arrow_c_array__`, without a copy.
fn taken<T>(given: &Bound<'_, PyAny>, take: impl FnOnce(ArrayData, &FFI_ArrowSchema) -> PyResult<T>) -> PyResult<T> {
    let capsules = given.call_method0(intern!(given.py(), "__arrow_c_array__"))?;
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = capsules.extract()?;
    let schema_pointer = schema.pointer_checked(Some(c"arrow_schema"))?.cast::<FFI_ArrowSchema>();
    let array_pointer = array.pointer_checked(Some(c"arrow_array"))?.cast::<FFI_ArrowArray>();
    // SAFETY: the protocol says that capsules of these names, which were checked, point to valid
    // structs of these types, alive as long as the capsules. `from_raw` moves the array out and marks it
    // released in the capsule, as a consumer must.
    let (array, schema) = unsafe { (FFI_ArrowArray::from_raw(array_pointer.as_ptr()), schema_pointer.as_ref()) };
    // SAFETY: array and schema come from one producer and describe each other.
    take(unsafe { from_ffi(array, schema) }.map_err(value_error)?, schema)
}
