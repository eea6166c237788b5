//! The semantic IR as Python sees it: a lowered file that gives Arrow tables, one body at a time.

use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, BooleanArray, Int32Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use codegraph_flow::constants::{Constants, Folding, Knowledge, Value};
use codegraph_flow::dependence::{self, DependenceKind};
use codegraph_flow::graph::{self, Dominators, Graph, NONE};
use codegraph_flow::ir::*;
use codegraph_flow::ssa::{Reaching, Ssa};
use codegraph_flow::{Lowering, Workspace, dump};
use pyo3::exceptions::{PyIndexError, PyKeyError, PyValueError};
use pyo3::prelude::*;

use crate::{arrow, grammar, lock};

/// Collects the columns of a table.
#[derive(Default)]
struct Columns {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

impl Columns {
    fn add(mut self, name: &str, nullable: bool, column: ArrayRef) -> Self {
        self.fields.push(Field::new(name, column.data_type().clone(), nullable));
        self.columns.push(column);
        self
    }

    fn int(self, name: &str, values: impl Iterator<Item = u32>) -> Self {
        self.add(name, false, Arc::new(values.map(|value| value as i32).collect::<Int32Array>()))
    }

    /// Numbers of which [`NONE`] is none.
    fn optional(self, name: &str, values: impl Iterator<Item = u32>) -> Self {
        let values = values.map(|value| (value != NONE).then_some(value as i32));
        self.add(name, true, Arc::new(values.collect::<Int32Array>()))
    }

    fn text<T: AsRef<str>>(self, name: &str, values: impl Iterator<Item = T>) -> Self {
        self.add(name, false, Arc::new(values.map(Some).collect::<StringArray>()))
    }

    fn optional_text<T: AsRef<str>>(self, name: &str, values: impl Iterator<Item = Option<T>>) -> Self {
        self.add(name, true, Arc::new(values.collect::<StringArray>()))
    }

    fn flag(self, name: &str, values: impl Iterator<Item = bool>) -> Self {
        self.add(name, false, Arc::new(values.map(Some).collect::<BooleanArray>()))
    }

    fn spans(self, spans: &[Span]) -> Self {
        self.int("start_byte", spans.iter().map(|span| span.start)).int("end_byte", spans.iter().map(|span| span.end))
    }

    fn finish(self) -> PyResult<RecordBatch> {
        RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.columns)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// A language with a lowering.
///
/// Args:
///     language: Name of the language's pack.
///     grammar: The grammar's capsule.
#[pyclass(frozen, module = "codegraph_parser_rust._native")]
pub struct Flow {
    lowering: Lowering,
    workspace: Mutex<Workspace>,
}

#[pymethods]
impl Flow {
    /// Names of the languages that have a lowering.
    #[staticmethod]
    fn languages() -> Vec<&'static str> {
        Lowering::LANGUAGES.to_vec()
    }

    #[new]
    #[pyo3(signature = (language, grammar, /))]
    fn new(language: &str, grammar: &Bound<'_, PyAny>) -> PyResult<Self> {
        let lowering =
            Lowering::new(language, self::grammar(grammar)?).ok_or_else(|| PyKeyError::new_err(language.to_owned()))?;
        Ok(Self { lowering, workspace: Mutex::default() })
    }

    /// Lower a file's bytes; the interpreter's lock is released meanwhile.
    #[pyo3(signature = (content, /))]
    fn lower(&self, py: Python<'_>, content: &[u8]) -> PyResult<FlowFile> {
        let file = py
            .detach(|| self.lowering.lower(&mut lock(&self.workspace), content))
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(FlowFile { file, folding: self.lowering.folding() })
    }

    /// Lower a file, build the SSA form of all its bodies and return how many bodies, blocks and instructions there are.
    #[pyo3(signature = (content, /))]
    fn measure(&self, py: Python<'_>, content: &[u8]) -> PyResult<(usize, usize, usize)> {
        py.detach(|| {
            let file = self.lowering.lower(&mut lock(&self.workspace), content)?;
            let mut totals = (0, 0, 0);
            for (id, body) in file.bodies() {
                std::hint::black_box(Ssa::new(id, body));
                totals = (totals.0 + 1, totals.1 + body.blocks.len(), totals.2 + body.instructions().len());
            }
            Ok(totals)
        })
        .map_err(|error: codegraph_flow::LoweringError| PyValueError::new_err(error.to_string()))
    }
}

/// A lowered file. Bodies are named by their index in `bodies()`.
#[pyclass(frozen, module = "codegraph_parser_rust._native")]
pub struct FlowFile {
    file: FileIr,
    folding: &'static dyn Folding,
}

#[pymethods]
impl FlowFile {
    /// Syntax errors and missing tokens.
    #[getter]
    fn parse_errors(&self) -> u32 {
        self.file.parse_errors
    }

    /// One row for each body, outer ones first.
    fn bodies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let bodies: Vec<(BodyId, &Body)> = self.file.bodies().collect();
        let spans: Vec<Span> = bodies.iter().map(|(_, body)| body.span).collect();
        let each = || bodies.iter().map(|(_, body)| *body);
        let rows = Columns::default()
            .int("body", bodies.iter().map(|(id, _)| id.0))
            .optional("parent", each().map(|body| body.parent.map_or(NONE, |parent| parent.0)))
            .text("kind", each().map(|body| body.kind.name()))
            .text("qualified_name", bodies.iter().map(|(id, _)| self.file.qualified_name(*id)))
            .spans(&spans)
            .int("name_start_byte", each().map(|body| body.name_span.start))
            .flag("is_async", each().map(|body| body.is_async))
            .flag("is_generator", each().map(|body| body.is_generator))
            .flag("is_truncated", each().map(|body| body.is_truncated))
            .finish()?;
        arrow::export(py, &rows)
    }

    /// Return a table of a body: `variables`, `instructions`, `blocks`, `cfg_edges`, `control_dependence`, `phis`,
    /// `def_use`, `dependence`, `changes`, `parameters`, `arguments`.
    #[pyo3(signature = (table, body, /))]
    fn table<'py>(&self, py: Python<'py>, table: &str, body: u32) -> PyResult<Bound<'py, PyAny>> {
        let (id, body) = self.body(body)?;
        let rows = py.detach(|| match table {
            "variables" => self.variables(body),
            "instructions" => self.instructions(id, body),
            "blocks" => self.blocks(id, body),
            "cfg_edges" => self.edges(id, body),
            "control_dependence" => control_dependence(body),
            "phis" => self.phis(id, body),
            "def_use" => self.def_use(id, body),
            "dependence" => self.dependence(id, body),
            "changes" => self.changes(id, body),
            "parameters" => self.parameters(body),
            "arguments" => self.arguments(body),
            _ => Err(PyKeyError::new_err(table.to_owned())),
        })?;
        arrow::export(py, &rows)
    }

    /// Return a body as text, block by block.
    #[pyo3(signature = (body, /))]
    fn text(&self, body: u32) -> PyResult<String> {
        Ok(dump::body(&self.file, self.body(body)?.0))
    }
}

impl FlowFile {
    fn body(&self, index: u32) -> PyResult<(BodyId, &Body)> {
        if index as usize >= self.file.bodies().len() {
            return Err(PyIndexError::new_err(index));
        }
        Ok((BodyId(index), self.file.body(BodyId(index))))
    }

    fn constants(&self, id: BodyId, body: &Body) -> Constants {
        Constants::new(&self.file, body, &Ssa::new(id, body), self.folding)
    }

    fn variables(&self, body: &Body) -> PyResult<RecordBatch> {
        let each = || body.variables.iter();
        let owner = |variable: &Variable| match variable.storage {
            Storage::Captured { body, variable } => (body.0, variable.0),
            Storage::Global { variable: Some(variable) } => (0, variable.0),
            _ => (NONE, NONE),
        };
        Columns::default()
            .int("variable", 0..body.variables.len() as u32)
            .text("name", each().map(|variable| self.file.text(variable.name)))
            .text("storage", each().map(|variable| storage_name(variable.storage)))
            .optional("owner_body", each().map(|variable| owner(variable).0))
            .optional("owner_variable", each().map(|variable| owner(variable).1))
            .flag("written_elsewhere", each().map(|variable| variable.written_elsewhere))
            .flag("private", each().map(|variable| variable.private))
            .finish()
    }

    fn instructions(&self, id: BodyId, body: &Body) -> PyResult<RecordBatch> {
        let constants = self.constants(id, body);
        let mut blocks = vec![NONE; body.instructions().len()];
        for (block, _) in body.blocks() {
            for (value, _) in body.instructions_of(block) {
                blocks[value.index()] = block.0;
            }
        }
        let each = || body.instructions().iter();
        let spans: Vec<Span> = each().map(|instruction| instruction.span).collect();
        let variable = |op: &Op| match *op {
            Op::LoadName(variable)
            | Op::StoreName { variable, .. }
            | Op::DeleteName(variable)
            | Op::DeclareName { variable, .. } => variable.0,
            _ => NONE,
        };
        let attribute = |op: &Op| match *op {
            Op::LoadAttribute { object, name }
            | Op::StoreAttribute { object, name, .. }
            | Op::DeleteAttribute { object, name } => Some((object, name)),
            _ => None,
        };
        let constant = |knowledge: &Knowledge| match knowledge {
            Knowledge::Constant(value) => Some(constant_text(value)),
            Knowledge::Never | Knowledge::Any => None,
        };
        Columns::default()
            .int("value", 0..spans.len() as u32)
            .int("block", blocks.into_iter())
            .text("op", each().map(|instruction| dump::operation_name(&instruction.op)))
            .text("text", each().map(|instruction| dump::operation(&self.file, body, &instruction.op)))
            .optional("variable", each().map(|instruction| variable(&instruction.op)))
            .optional("object", each().map(|instruction| attribute(&instruction.op).map_or(NONE, |found| found.0.0)))
            .optional_text(
                "attribute",
                each().map(|instruction| attribute(&instruction.op).map(|found| self.file.text(found.1))),
            )
            .optional_text("constant", constants.values.iter().map(constant))
            .flag("in_annotation", each().map(|instruction| instruction.in_annotation))
            .spans(&spans)
            .finish()
    }

    fn blocks(&self, id: BodyId, body: &Body) -> PyResult<RecordBatch> {
        let graph = Graph::of(body);
        let dominators = Dominators::new(&graph, ENTRY.0);
        let (post, _) = graph::post_dominators(body, &graph);
        let loops = graph::loops(&graph, &dominators);
        let constants = self.constants(id, body);
        let mut innermost: Vec<Option<usize>> = vec![None; graph.len()];
        for (index, found) in loops.iter().enumerate() {
            for &block in &found.blocks {
                innermost[block as usize] = Some(index);
            }
        }
        let immediate = |tree: &Dominators, block: usize| {
            let parent = tree.immediate[block];
            if parent == block as u32 || parent == tree.root && tree.root as usize == graph.len() {
                NONE
            } else {
                parent
            }
        };
        let count = graph.len();
        let spans: Vec<Span> = body.blocks.iter().map(|block| block.span).collect();
        Columns::default()
            .int("block", 0..count as u32)
            .int("first_value", body.blocks.iter().map(|block| block.instructions.start))
            .int("end_value", body.blocks.iter().map(|block| block.instructions.end))
            .text("terminator", body.blocks.iter().map(|block| dump::terminator(&block.terminator)))
            .spans(&spans)
            .optional("immediate_dominator", (0..count).map(|block| immediate(&dominators, block)))
            .optional("immediate_post_dominator", (0..count).map(|block| immediate(&post, block)))
            .optional("loop_header", innermost.iter().map(|at| at.map_or(NONE, |at| loops[at].header)))
            .int("loop_depth", innermost.iter().map(|at| at.map_or(0, |at| loops[at].depth)))
            .flag("is_reachable", (0..count).map(|block| dominators.immediate[block] != NONE))
            .flag("is_live", constants.live_blocks.iter().copied())
            .finish()
    }

    fn edges(&self, id: BodyId, body: &Body) -> PyResult<RecordBatch> {
        let constants = self.constants(id, body);
        Columns::default()
            .int("source", body.edges().iter().map(|edge| edge.source.0))
            .int("target", body.edges().iter().map(|edge| edge.target.0))
            .text("kind", body.edges().iter().map(|edge| edge.kind.name()))
            .flag("is_live", constants.live_edges.iter().copied())
            .finish()
    }

    fn phis(&self, id: BodyId, body: &Body) -> PyResult<RecordBatch> {
        let ssa = Ssa::new(id, body);
        let rows: Vec<(u32, &_, u32, Reaching)> = ssa
            .phis
            .iter()
            .enumerate()
            .flat_map(|(index, phi)| phi.inputs.iter().map(move |&(edge, input)| (index as u32, phi, edge, input)))
            .collect();
        Columns::default()
            .int("phi", rows.iter().map(|row| row.0))
            .int("block", rows.iter().map(|row| row.1.block.0))
            .text("name", rows.iter().map(|row| self.file.text(body.variable(row.1.variable).name)))
            .int("source", rows.iter().map(|row| body.edges()[row.2 as usize].source.0))
            .optional("definition", rows.iter().map(|row| definition(row.3).0))
            .optional("input_phi", rows.iter().map(|row| definition(row.3).1))
            .finish()
    }

    fn dependence(&self, id: BodyId, body: &Body) -> PyResult<RecordBatch> {
        let rows = dependence::dependences(&self.file, id, body);
        Columns::default()
            .int("source", rows.iter().map(|row| row.source.number(body)))
            .int("target", rows.iter().map(|row| row.target.number(body)))
            .text("kind", rows.iter().map(|row| row.kind.name()))
            .optional("changed", rows.iter().map(|row| row.changed.map_or(NONE, |value| value.0)))
            .finish()
    }

    fn changes(&self, id: BodyId, body: &Body) -> PyResult<RecordBatch> {
        let rows = dependence::changes(&self.file, id, body);
        Columns::default()
            .int("value", rows.iter().map(|row| row.at.0))
            .int("changed", rows.iter().map(|row| row.changed.0))
            .optional_text("attribute", rows.iter().map(|row| row.attribute.map(|name| self.file.text(name))))
            .flag("by_callee", rows.iter().map(|row| row.kind == DependenceKind::Argument))
            .finish()
    }

    fn parameters(&self, body: &Body) -> PyResult<RecordBatch> {
        let each = || body.parameters.iter();
        let spans: Vec<Span> = each().map(|parameter| parameter.span).collect();
        let kind = |parameter: &Parameter| match parameter.kind {
            ParameterKind::PositionalOnly => "positional-only",
            ParameterKind::Plain => "plain",
            ParameterKind::Rest => "rest",
            ParameterKind::NamedOnly => "named-only",
            ParameterKind::NamedRest => "named-rest",
            ParameterKind::All => "all",
        };
        Columns::default()
            .int("parameter", 0..body.parameters.len() as u32)
            .text("name", each().map(|parameter| self.file.text(parameter.name)))
            .text("kind", each().map(kind))
            .optional("variable", each().map(|parameter| parameter.variable.map_or(NONE, |variable| variable.0)))
            .flag("has_default", each().map(|parameter| parameter.has_default))
            .spans(&spans)
            .finish()
    }

    /// Callees, receivers and arguments of calls.
    fn arguments(&self, body: &Body) -> PyResult<RecordBatch> {
        let mut rows: Vec<(u32, &str, Option<&str>, u32)> = Vec::new();
        for (index, instruction) in body.instructions().iter().enumerate() {
            let Op::Call(id) = instruction.op else { continue };
            let call = body.call(id);
            rows.push((index as u32, "callee", None, call.callee.0));
            if let Some(receiver) = call.receiver {
                rows.push((index as u32, "receiver", None, receiver.0));
            }
            for argument in body.arguments(id) {
                let (role, name) = match argument.kind {
                    ArgumentKind::Positional => ("positional", None),
                    ArgumentKind::Named(name) => ("named", Some(self.file.text(name))),
                    ArgumentKind::Spread => ("spread", None),
                    ArgumentKind::NamedSpread => ("named-spread", None),
                };
                rows.push((index as u32, role, name, argument.value.0));
            }
        }
        Columns::default()
            .int("call", rows.iter().map(|row| row.0))
            .text("role", rows.iter().map(|row| row.1))
            .optional_text("name", rows.iter().map(|row| row.2))
            .int("value", rows.iter().map(|row| row.3))
            .finish()
    }

    fn def_use(&self, id: BodyId, body: &Body) -> PyResult<RecordBatch> {
        let ssa = Ssa::new(id, body);
        let mut rows = Vec::new();
        for (load, reaching) in ssa.loads() {
            for found in ssa.definitions(reaching) {
                rows.push((definition(found).0, load));
            }
        }
        rows.sort_unstable();
        let spans = |values: Vec<Option<Span>>| -> (Int32Array, Int32Array) {
            let start = values.iter().map(|span| span.map(|span| span.start as i32)).collect();
            (start, values.iter().map(|span| span.map(|span| span.end as i32)).collect())
        };
        let span_of = |value: u32| (value != NONE).then(|| body.instructions()[value as usize].span);
        let definitions = spans(rows.iter().map(|row| span_of(row.0)).collect());
        let uses: Vec<Span> = rows.iter().map(|row| body.instruction(row.1).span).collect();
        let variable = |load: ValueId| match body.instruction(load).op {
            Op::LoadName(variable) => variable,
            _ => unreachable!("SSA lists loads"),
        };
        let deletes = |value: u32| value != NONE && matches!(body.instructions()[value as usize].op, Op::DeleteName(_));
        let kind = |value: u32| {
            if value == NONE {
                "unbound"
            } else if deletes(value) {
                "delete"
            } else {
                "store"
            }
        };
        Columns::default()
            .text("name", rows.iter().map(|row| self.file.text(body.variable(variable(row.1)).name)))
            .int("variable", rows.iter().map(|row| variable(row.1).0))
            .text("kind", rows.iter().map(|row| kind(row.0)))
            .optional("definition", rows.iter().map(|row| row.0))
            .int("use", rows.iter().map(|row| row.1.0))
            .add("definition_start_byte", true, Arc::new(definitions.0))
            .add("definition_end_byte", true, Arc::new(definitions.1))
            .spans(&uses)
            .finish()
    }
}

/// A definition's value and its phi; one of them, or none where the variable is not bound.
fn definition(reaching: Reaching) -> (u32, u32) {
    match reaching {
        Reaching::Unbound => (NONE, NONE),
        Reaching::Instruction(value) => (value.0, NONE),
        Reaching::Phi(phi) => (NONE, phi),
    }
}

fn control_dependence(body: &Body) -> PyResult<RecordBatch> {
    let graph = Graph::of(body);
    let dominators = Dominators::new(&graph, ENTRY.0);
    let (post, _) = graph::post_dominators(body, &graph);
    let rows = graph::control_dependences(body, &dominators, &post);
    Columns::default()
        .int("block", rows.iter().map(|row| row.block))
        .int("on", rows.iter().map(|row| row.on))
        .text("kind", rows.iter().map(|row| body.edges()[row.edge as usize].kind.name()))
        .finish()
}

fn storage_name(storage: Storage) -> &'static str {
    match storage {
        Storage::Local => "local",
        Storage::Cell => "cell",
        Storage::Member => "member",
        Storage::Captured { .. } => "captured",
        Storage::Global { .. } => "global",
        Storage::Builtin => "builtin",
    }
}

fn constant_text(value: &Value) -> String {
    let all = |items: &[Value]| items.iter().map(constant_text).collect::<Vec<_>>().join(", ");
    match value {
        Value::Null => "null".to_owned(),
        Value::Undefined => "undefined".to_owned(),
        Value::Ellipsis => "...".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(text) => format!("b{text:?}"),
        Value::Tuple(items) => format!("({})", all(items)),
        Value::Slice(items) => format!("slice({})", all(&items[..])),
    }
}
