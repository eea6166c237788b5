//! Constant values of instructions, and the edges that are never taken: sparse conditional constant propagation after
//! M. N. Wegman and F. K. Zadeck, "Constant Propagation with Conditional Branches" (1991).
//!
//! What an operation gives is the language's business: see [`Folding`].

use std::rc::Rc;

use crate::ir::*;
use crate::ssa::{Reaching, Ssa};

/// A constant value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`, `null`.
    Null,
    /// `undefined`.
    Undefined,
    /// `...`
    Ellipsis,
    /// A truth value.
    Boolean(bool),
    /// An integer of 64 bits.
    Integer(i64),
    /// A floating-point number.
    Float(f64),
    /// A text.
    Text(Rc<str>),
    /// Bytes, each as the character of that code.
    Bytes(Rc<str>),
    /// A tuple of constants.
    Tuple(Rc<[Value]>),
    /// `start:stop:step`
    Slice(Rc<[Value; 3]>),
}

/// What operations of a language give on constants; none where it raises or is not known.
pub trait Folding: Send + Sync {
    /// Whether a condition holds.
    fn truth(&self, value: &Value) -> Option<bool>;
    /// An operation on one value.
    fn unary(&self, operator: UnaryOperator, value: &Value) -> Option<Value>;
    /// An operation on two values.
    fn binary(&self, operator: BinaryOperator, left: &Value, right: &Value) -> Option<Value>;
    /// An item or slice.
    fn index(&self, object: &Value, index: &Value) -> Option<Value>;
}

/// Truth values alone: what holds in every language that has no folding of its own.
pub(crate) struct TruthFolding;

impl Folding for TruthFolding {
    fn truth(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    fn unary(&self, operator: UnaryOperator, value: &Value) -> Option<Value> {
        let holds = self.truth(value).filter(|_| operator == UnaryOperator::Not)?;
        Some(Value::Boolean(!holds))
    }

    fn binary(&self, _: BinaryOperator, _: &Value, _: &Value) -> Option<Value> {
        None
    }

    fn index(&self, _: &Value, _: &Value) -> Option<Value> {
        None
    }
}

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Knowledge {
    /// It is never computed.
    Never,
    /// It is always this.
    Constant(Value),
    /// It may be anything.
    Any,
}

/// The result for a body.
#[derive(Clone, Debug)]
pub struct Constants {
    /// By instruction.
    pub values: Vec<Knowledge>,
    /// By edge of the body: it may be taken.
    pub live_edges: Vec<bool>,
    /// By block: it may run.
    pub live_blocks: Vec<bool>,
}

struct Solver<'a> {
    file: &'a FileIr,
    body: &'a Body,
    ssa: &'a Ssa,
    folding: &'a dyn Folding,
    values: Vec<Knowledge>,
    phis: Vec<Knowledge>,
    live_edges: Vec<bool>,
    live_blocks: Vec<bool>,
    /// By instruction: instructions that read it.
    users: Vec<Vec<ValueId>>,
    /// By instruction: blocks whose end reads it.
    enders: Vec<Vec<BlockId>>,
    /// By variable phi: loads and phis that it reaches.
    phi_users: Vec<Vec<Reader>>,
    /// By instruction: loads and phis that this store reaches.
    store_users: Vec<Vec<Reader>>,
    /// By block: variable phis.
    phis_of: Vec<Vec<u32>>,
    block_of: Vec<BlockId>,
    edges: Vec<u32>,
    instructions: Vec<ValueId>,
    variable_phis: Vec<u32>,
}

#[derive(Clone, Copy)]
enum Reader {
    Load(ValueId),
    Phi(u32),
}

impl Constants {
    /// Find the constants of a body. Variables that other bodies write are not followed.
    pub fn new(file: &FileIr, body: &Body, ssa: &Ssa, folding: &dyn Folding) -> Self {
        let count = body.instructions().len();
        let mut solver = Solver {
            file,
            body,
            ssa,
            folding,
            values: vec![Knowledge::Never; count],
            phis: vec![Knowledge::Never; ssa.phis.len()],
            live_edges: vec![false; body.edges().len()],
            live_blocks: vec![false; body.blocks.len()],
            users: vec![Vec::new(); count],
            enders: vec![Vec::new(); count],
            phi_users: vec![Vec::new(); ssa.phis.len()],
            store_users: vec![Vec::new(); count],
            phis_of: vec![Vec::new(); body.blocks.len()],
            block_of: vec![ENTRY; count],
            edges: Vec::new(),
            instructions: Vec::new(),
            variable_phis: Vec::new(),
        };
        solver.connect();
        solver.solve();
        Self { values: solver.values, live_edges: solver.live_edges, live_blocks: solver.live_blocks }
    }
}

impl Solver<'_> {
    fn connect(&mut self) {
        let body = self.body;
        for (id, block) in body.blocks() {
            for (value, instruction) in body.instructions_of(id) {
                self.block_of[value.index()] = id;
                body.for_each_operand(&instruction.op, |operand| self.users[operand.index()].push(value));
            }
            body.for_each_terminator_operand(&block.terminator, |operand| self.enders[operand.index()].push(id));
        }
        for (load, reaching) in self.ssa.loads() {
            self.reads(Reader::Load(load), reaching);
        }
        for (index, phi) in self.ssa.phis.iter().enumerate() {
            self.phis_of[phi.block.index()].push(index as u32);
            for &(_, input) in &phi.inputs {
                self.reads(Reader::Phi(index as u32), input);
            }
        }
    }

    fn reads(&mut self, reader: Reader, reaching: Reaching) {
        match reaching {
            Reaching::Unbound => {}
            Reaching::Instruction(store) => self.store_users[store.index()].push(reader),
            Reaching::Phi(phi) => self.phi_users[phi as usize].push(reader),
        }
    }

    fn solve(&mut self) {
        self.enter(ENTRY);
        loop {
            if let Some(edge) = self.edges.pop() {
                let target = self.body.edges()[edge as usize].target;
                self.enter(target);
                // Another way into the block: its merges see more.
                self.variable_phis.extend(&self.phis_of[target.index()]);
                for (value, instruction) in self.body.instructions_of(target) {
                    if matches!(instruction.op, Op::Phi(_)) {
                        self.instructions.push(value);
                    } else {
                        break;
                    }
                }
            } else if let Some(phi) = self.variable_phis.pop() {
                self.visit_phi(phi);
            } else if let Some(value) = self.instructions.pop() {
                self.visit(value);
            } else {
                return;
            }
        }
    }

    fn enter(&mut self, block: BlockId) {
        if std::mem::replace(&mut self.live_blocks[block.index()], true) {
            return;
        }
        let body = self.body;
        for (value, _) in body.instructions_of(block) {
            self.visit(value);
        }
        self.end(block);
    }

    fn take(&mut self, edge: u32) {
        if !std::mem::replace(&mut self.live_edges[edge as usize], true) {
            self.edges.push(edge);
        }
    }

    fn end(&mut self, block: BlockId) {
        let body = self.body;
        let Block { terminator, edges, .. } = *body.block(block);
        let decided = match terminator {
            Terminator::Branch(condition) => match &self.values[condition.index()] {
                // Nothing is decided before the condition is known: the block is looked at again then.
                Knowledge::Never => return,
                Knowledge::Constant(value) => self.folding.truth(value),
                Knowledge::Any => None,
            },
            _ => None,
        };
        for edge in edges.start..edges.end {
            let is_dead = match (body.edges()[edge as usize].kind, decided) {
                (EdgeKind::True, Some(holds)) => !holds,
                (EdgeKind::False, Some(holds)) => holds,
                _ => false,
            };
            if !is_dead {
                self.take(edge);
            }
        }
    }

    fn visit(&mut self, value: ValueId) {
        if !self.live_blocks[self.block_of[value.index()].index()] {
            return;
        }
        // Only ever down, or a loop could go on for ever.
        let known = meet(self.values[value.index()].clone(), self.evaluate(value));
        if self.values[value.index()] == known {
            return;
        }
        self.values[value.index()] = known;
        self.instructions.extend(&self.users[value.index()]);
        for reader in &self.store_users[value.index()] {
            match *reader {
                Reader::Load(load) => self.instructions.push(load),
                Reader::Phi(phi) => self.variable_phis.push(phi),
            }
        }
        for block in self.enders[value.index()].clone() {
            if self.live_blocks[block.index()] {
                self.end(block);
            }
        }
    }

    fn visit_phi(&mut self, phi: u32) {
        let mut known = Knowledge::Never;
        for &(edge, input) in &self.ssa.phis[phi as usize].inputs {
            if self.live_edges[edge as usize] {
                known = meet(known, self.reached(input));
            }
        }
        if self.phis[phi as usize] == known {
            return;
        }
        self.phis[phi as usize] = known;
        for reader in &self.phi_users[phi as usize] {
            match *reader {
                Reader::Load(load) => self.instructions.push(load),
                Reader::Phi(phi) => self.variable_phis.push(phi),
            }
        }
    }

    fn reached(&self, reaching: Reaching) -> Knowledge {
        match reaching {
            // Reading it raises, or gives a global or builtin of that name.
            Reaching::Unbound => Knowledge::Any,
            Reaching::Instruction(store) => self.values[store.index()].clone(),
            Reaching::Phi(phi) => self.phis[phi as usize].clone(),
        }
    }

    fn constant(&self, value: ValueId) -> Result<&Value, Knowledge> {
        match &self.values[value.index()] {
            Knowledge::Constant(value) => Ok(value),
            other => Err(other.clone()),
        }
    }

    fn evaluate(&self, value: ValueId) -> Knowledge {
        self.try_evaluate(value).map_or_else(|other| other, |value| value.map_or(Knowledge::Any, Knowledge::Constant))
    }

    /// The constant, none if it may be anything, or what is known of an operand that is no constant.
    fn try_evaluate(&self, value: ValueId) -> Result<Option<Value>, Knowledge> {
        let text = |name| Rc::from(self.file.text(name));
        Ok(match self.body.instruction(value).op {
            Op::Constant(constant) => match constant {
                Constant::Null => Some(Value::Null),
                Constant::Undefined => Some(Value::Undefined),
                Constant::Ellipsis => Some(Value::Ellipsis),
                Constant::Boolean(value) => Some(Value::Boolean(value)),
                Constant::Integer(value) => Some(Value::Integer(value)),
                Constant::Float(value) => Some(Value::Float(value)),
                Constant::Text(name) => Some(Value::Text(text(name))),
                Constant::Bytes(name) => Some(Value::Bytes(text(name))),
                Constant::BigNumber(_) => None,
            },
            // A store stands for what it stores.
            Op::StoreName { value, .. } => Some(self.constant(value)?.clone()),
            Op::LoadName(variable) if !self.body.variable(variable).written_elsewhere => {
                match self.ssa.reaching(value) {
                    Some(reaching) => return Err(self.reached(reaching)),
                    None => None,
                }
            }
            Op::Phi(inputs) => {
                let mut known = Knowledge::Never;
                let here = self.block_of[value.index()];
                for &(source, input) in self.body.phi_inputs(inputs) {
                    let edges = self.body.block(source).edges;
                    let is_live = (edges.start..edges.end)
                        .any(|edge| self.live_edges[edge as usize] && self.body.edges()[edge as usize].target == here);
                    if is_live {
                        known = meet(known, self.values[input.index()].clone());
                    }
                }
                return Err(known);
            }
            Op::Unary { operator, value } => self.folding.unary(operator, self.constant(value)?),
            Op::Binary { operator, left, right, .. } => {
                let left = self.constant(left)?;
                match self.display(right, operator) {
                    Some(items) => self.folding.binary(operator, left, &items),
                    None => self.folding.binary(operator, left, self.constant(right)?),
                }
            }
            Op::LoadIndex { object, index } => self.folding.index(self.constant(object)?, self.constant(index)?),
            Op::Allocate { kind: AllocationKind::Tuple, elements } => {
                self.items(elements)?.map(|items| Value::Tuple(items.into()))
            }
            Op::Allocate { kind: AllocationKind::Slice, elements } => self.items(elements)?.and_then(|items| {
                let items: [Value; 3] = items.try_into().ok()?;
                Some(Value::Slice(Rc::new(items)))
            }),
            _ => None,
        })
    }

    fn items(&self, elements: Range) -> Result<Option<Vec<Value>>, Knowledge> {
        let mut items = Vec::with_capacity(elements.len());
        for element in self.body.elements(elements) {
            if element.kind == ElementKind::Spread {
                return Ok(None);
            }
            items.push(self.constant(element.value)?.clone());
        }
        Ok(Some(items))
    }

    /// The items of a list or set that is written where it is searched: nothing can have changed it.
    fn display(&self, value: ValueId, operator: BinaryOperator) -> Option<Value> {
        let Op::Allocate { kind: AllocationKind::List | AllocationKind::Set | AllocationKind::Array, elements } =
            self.body.instruction(value).op
        else {
            return None;
        };
        let is_searched = matches!(operator, BinaryOperator::In | BinaryOperator::NotIn);
        let items = if is_searched && self.users[value.index()].len() == 1 { self.items(elements).ok()? } else { None };
        items.map(|items| Value::Tuple(items.into()))
    }
}

fn meet(first: Knowledge, second: Knowledge) -> Knowledge {
    match (first, second) {
        (Knowledge::Never, other) | (other, Knowledge::Never) => other,
        (Knowledge::Constant(first), Knowledge::Constant(second)) if first == second => Knowledge::Constant(first),
        _ => Knowledge::Any,
    }
}
