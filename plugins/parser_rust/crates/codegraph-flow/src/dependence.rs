//! The program dependence graph of a body: what each instruction and each block's end depends on.
//!
//! After J. Ferrante, K. J. Ottenstein and J. D. Warren, "The Program Dependence Graph and Its Use in Optimization"
//! (1987), with the state of objects added. Objects are told apart by the values that may be them: values that copies
//! connect are one class, as in B. Steensgaard, "Points-to Analysis in Almost Linear Time" (1996), within the body. A
//! class that was loaded from another is part of it: what changes the part changes the whole.

use std::collections::{HashMap, HashSet};

use codegraph_syntax::names::NameId;

use crate::graph::{self, Dominators, Graph};
use crate::ir::*;
use crate::ssa::{Reaching, Ssa};

/// Something that depends, or is depended on: a value, or the end of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// An instruction.
    Value(ValueId),
    /// The end of a block.
    End(BlockId),
}

impl Point {
    /// A number for tables: values first, then blocks.
    pub fn number(self, body: &Body) -> u32 {
        match self {
            Point::Value(value) => value.0,
            Point::End(block) => body.instructions().len() as u32 + block.0,
        }
    }
}

/// Why one point depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DependenceKind {
    /// It reads the value.
    Value,
    /// It loads a variable that the other stored or deleted.
    Variable,
    /// It reads an object that the other may have changed.
    State,
    /// It reads an object that the other passed as an argument, which changes it if the callee does.
    Argument,
    /// The other decides whether it runs, or which value it has.
    Control,
}

impl DependenceKind {
    /// Return the kind's name in tables.
    pub fn name(self) -> &'static str {
        match self {
            DependenceKind::Value => "value",
            DependenceKind::Variable => "variable",
            DependenceKind::State => "state",
            DependenceKind::Argument => "argument",
            DependenceKind::Control => "control",
        }
    }
}

/// `target` depends on `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dependence {
    /// On what.
    pub source: Point,
    /// What depends.
    pub target: Point,
    /// Why.
    pub kind: DependenceKind,
    /// The value that `source` changes, for [`DependenceKind::State`] and [`DependenceKind::Argument`].
    pub changed: Option<ValueId>,
}

/// Return all dependences of a body, sorted.
pub fn dependences(file: &FileIr, id: BodyId, body: &Body) -> Vec<Dependence> {
    let ssa = Ssa::new(id, body);
    let graph = Graph::of(body);
    let mut found = Vec::new();
    values(body, &ssa, &mut found);
    control(body, &graph, &mut found);
    state(file, id, body, &ssa, &graph, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

fn values(body: &Body, ssa: &Ssa, found: &mut Vec<Dependence>) {
    let mut add = |source, target, kind| found.push(Dependence { source, target, kind, changed: None });
    for (block, data) in body.blocks() {
        for (value, instruction) in body.instructions_of(block) {
            let target = Point::Value(value);
            body.for_each_operand(&instruction.op, |operand| {
                add(Point::Value(operand), target, DependenceKind::Value);
            });
        }
        body.for_each_terminator_operand(&data.terminator, |operand| {
            add(Point::Value(operand), Point::End(block), DependenceKind::Value);
        });
    }
    for (store, load) in ssa.chains() {
        add(Point::Value(store), Point::Value(load), DependenceKind::Variable);
    }
}

/// Say whether a block's end chooses between ways.
fn decides(body: &Body, block: BlockId) -> bool {
    matches!(body.block(block).terminator, Terminator::Branch(_) | Terminator::Iterate(_) | Terminator::Dispatch)
}

/// Say whether a block ends with the test of a handler.
fn tests_exception(body: &Body, block: BlockId) -> bool {
    let Terminator::Branch(condition) = body.block(block).terminator else { return false };
    let Op::TypeTest { value, .. } = body.instruction(condition).op else { return false };
    body.instruction(value).op == Op::CatchException
}

fn may_raise(op: &Op) -> bool {
    !matches!(
        op,
        Op::Constant(_)
            | Op::Parameter(_)
            | Op::This
            | Op::Super
            | Op::Phi(_)
            | Op::LoadName(_)
            | Op::StoreName { .. }
            | Op::DeclareName { .. }
            | Op::DeclareAttribute { .. }
            | Op::Allocate { .. }
            | Op::Append { .. }
            | Op::MakeFunction(_)
            | Op::UnpackElement { .. }
            | Op::CatchException
    )
}

/// What decides that control takes an edge: the end of its block, or whatever in the block may raise.
fn deciding(body: &Body, on: BlockId, kind: EdgeKind) -> Vec<Point> {
    if kind != EdgeKind::Exception {
        return if decides(body, on) { vec![Point::End(on)] } else { Vec::new() };
    }
    let raised = matches!(body.block(on).terminator, Terminator::Raise { .. }).then_some(Point::End(on));
    let raising = body.instructions_of(on).filter(|(_, instruction)| may_raise(&instruction.op));
    raising.map(|(value, _)| Point::Value(value)).chain(raised).collect()
}

fn control(body: &Body, graph: &Graph, found: &mut Vec<Dependence>) {
    let dominators = Dominators::new(graph, ENTRY.0);
    let (post, _) = graph::post_dominators(body, graph);
    let mut on_of: HashMap<BlockId, Vec<Point>> = HashMap::new();
    for row in graph::control_dependences(body, &dominators, &post) {
        // An exception that no handler takes goes on; what comes after the `try` is no business of the handlers' tests.
        if tests_exception(body, BlockId(row.on)) && !dominators.dominates(row.on, row.block) {
            continue;
        }
        let points = deciding(body, BlockId(row.on), body.edges()[row.edge as usize].kind);
        on_of.entry(BlockId(row.block)).or_default().extend(points);
    }
    let mut add = |source: Point, target: Point| {
        if source != target {
            found.push(Dependence { source, target, kind: DependenceKind::Control, changed: None });
        }
    };
    for (block, _) in body.blocks() {
        for &source in on_of.get(&block).into_iter().flatten() {
            body.instructions_of(block).for_each(|(value, _)| add(source, Point::Value(value)));
            add(source, Point::End(block));
        }
        for (value, instruction) in body.instructions_of(block) {
            let Op::Phi(inputs) = instruction.op else { continue };
            for &(from, _) in body.phi_inputs(inputs) {
                if decides(body, from) {
                    add(Point::End(from), Point::Value(value));
                }
                for &source in on_of.get(&from).into_iter().flatten() {
                    add(source, Point::Value(value));
                }
            }
        }
    }
}

/// Classes of values that may be the same object.
struct Classes {
    parent: Vec<u32>,
}

impl Classes {
    fn new(count: usize) -> Self {
        Self { parent: (0..count as u32).collect() }
    }

    fn of(&mut self, value: ValueId) -> u32 {
        let mut at = value.0;
        while self.parent[at as usize] != at {
            let above = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = above;
            at = above;
        }
        at
    }

    /// Make one class of two; say whether they were two.
    fn unite(&mut self, one: ValueId, other: ValueId) -> bool {
        let (one, other) = (self.of(one), self.of(other));
        // The smaller number leads, so that the result does not depend on the order of calls.
        self.parent[one.max(other) as usize] = one.min(other);
        one != other
    }
}

/// Something that may change an object.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// The instruction that does.
    pub at: ValueId,
    /// Its block.
    pub block: BlockId,
    /// The object's value.
    pub changed: ValueId,
    /// The one attribute that it changes.
    pub attribute: Option<NameId>,
    /// [`DependenceKind::State`], or [`DependenceKind::Argument`] where it is for the callee to say.
    pub kind: DependenceKind,
    class: u32,
}

/// Return what may change objects, in the order of execution within each block.
pub fn changes(file: &FileIr, id: BodyId, body: &Body) -> Vec<Change> {
    changes_of(file, body, &mut classes(id, body, &Ssa::new(id, body)))
}

fn state(file: &FileIr, id: BodyId, body: &Body, ssa: &Ssa, graph: &Graph, found: &mut Vec<Dependence>) {
    let mut classes = classes(id, body, ssa);
    let wholes = wholes(body, &mut classes);
    let changes = changes_of(file, body, &mut classes);
    if changes.is_empty() {
        return;
    }
    let as_object = only_as_object(body);
    let mut readers: HashMap<u32, Vec<(ValueId, BlockId)>> = HashMap::new();
    for (block, _) in body.blocks() {
        for (value, instruction) in body.instructions_of(block) {
            let reads = matches!(
                instruction.op,
                Op::LoadName(_) | Op::This | Op::Super | Op::LoadAttribute { .. } | Op::LoadIndex { .. }
            );
            if reads {
                readers.entry(classes.of(value)).or_default().push((value, block));
            }
        }
    }
    let mut after: HashMap<BlockId, HashSet<u32>> = HashMap::new();
    for change in &changes {
        let reached = after.entry(change.block).or_insert_with(|| reached_from(graph, change.block.0));
        let comes_after =
            |value: ValueId, block: BlockId| block == change.block && value > change.at || reached.contains(&block.0);
        let mut add = |target: ValueId| {
            found.push(Dependence {
                source: Point::Value(change.at),
                target: Point::Value(target),
                kind: change.kind,
                changed: Some(change.changed),
            });
        };
        if let Some(attribute) = change.attribute {
            for (block, _) in body.blocks() {
                for (value, instruction) in body.instructions_of(block) {
                    if let Op::LoadAttribute { object, name } = instruction.op
                        && name == attribute
                        && classes.of(object) == change.class
                        && comes_after(value, block)
                    {
                        add(value);
                    }
                }
            }
        }
        for &(value, block) in readers.get(&change.class).into_iter().flatten() {
            let apart = change.attribute.is_some() && as_object[value.index()];
            if !apart && comes_after(value, block) {
                add(value);
            }
        }
        let mut seen = HashSet::from([change.class]);
        let mut pending: Vec<u32> = wholes.get(&change.class).into_iter().flatten().copied().collect();
        while let Some(class) = pending.pop() {
            if !seen.insert(class) {
                continue;
            }
            pending.extend(wholes.get(&class).into_iter().flatten().copied());
            for &(value, block) in readers.get(&class).into_iter().flatten() {
                if !as_object[value.index()] && comes_after(value, block) {
                    add(value);
                }
            }
        }
    }
}

fn classes(id: BodyId, body: &Body, ssa: &Ssa) -> Classes {
    let mut classes = Classes::new(body.instructions().len());
    let mut foreign: HashMap<VariableId, ValueId> = HashMap::new();
    let mut this: Option<ValueId> = None;
    for (index, instruction) in body.instructions().iter().enumerate() {
        let value = ValueId(index as u32);
        match instruction.op {
            Op::StoreName { variable, value: stored } => {
                classes.unite(value, stored);
                if !body.variable(variable).is_owned(id) {
                    let first = *foreign.entry(variable).or_insert(stored);
                    classes.unite(first, stored);
                }
            }
            Op::LoadName(variable) => {
                if body.variable(variable).is_owned(id) {
                    for reaching in ssa.reaching(value).map(|found| ssa.definitions(found)).unwrap_or_default() {
                        if let Reaching::Instruction(store) = reaching {
                            classes.unite(value, store);
                        }
                    }
                } else {
                    let first = *foreign.entry(variable).or_insert(value);
                    classes.unite(first, value);
                }
            }
            Op::This | Op::Super => {
                let first = *this.get_or_insert(value);
                classes.unite(first, value);
            }
            Op::Phi(inputs) => {
                for &(_, input) in body.phi_inputs(inputs) {
                    classes.unite(value, input);
                }
            }
            Op::Binary { in_place: true, left, .. } => {
                classes.unite(value, left);
            }
            _ => {}
        }
    }
    // What an attribute holds is one class for each class of objects; uniting two may unite what they hold.
    loop {
        let mut held: HashMap<(u32, NameId), ValueId> = HashMap::new();
        let mut changed = false;
        for (index, instruction) in body.instructions().iter().enumerate() {
            let (object, name, holds) = match instruction.op {
                Op::LoadAttribute { object, name } => (object, name, ValueId(index as u32)),
                Op::StoreAttribute { object, name, value } => (object, name, value),
                _ => continue,
            };
            let first = *held.entry((classes.of(object), name)).or_insert(holds);
            changed |= classes.unite(first, holds);
        }
        if !changed {
            return classes;
        }
    }
}

/// For each class, those that it is a part of: from which it was loaded.
fn wholes(body: &Body, classes: &mut Classes) -> HashMap<u32, Vec<u32>> {
    let mut wholes: HashMap<u32, Vec<u32>> = HashMap::new();
    for (index, instruction) in body.instructions().iter().enumerate() {
        let whole = match instruction.op {
            Op::LoadAttribute { object, .. } | Op::LoadIndex { object, .. } => object,
            Op::GetIterator { value, .. } | Op::Unpack { value, .. } | Op::Component { value, .. } => value,
            Op::Next { iterator, .. } => iterator,
            Op::UnpackElement { sequence, .. } => sequence,
            _ => continue,
        };
        let (part, whole) = (classes.of(ValueId(index as u32)), classes.of(whole));
        let above = wholes.entry(part).or_default();
        if part != whole && !above.contains(&whole) {
            above.push(whole);
        }
    }
    wholes
}

fn changes_of(file: &FileIr, body: &Body, classes: &mut Classes) -> Vec<Change> {
    let constant = unchanging(file, body, classes);
    let mut changes = Vec::new();
    for (block, _) in body.blocks() {
        for (at, instruction) in body.instructions_of(block) {
            if instruction.in_annotation {
                continue;
            }
            let mut add = |changed: ValueId, attribute, kind| {
                let class = classes.of(changed);
                if !constant.contains(&class) {
                    changes.push(Change { at, block, changed, attribute, kind, class });
                }
            };
            match instruction.op {
                Op::StoreAttribute { object, name, .. } | Op::DeleteAttribute { object, name } => {
                    add(object, Some(name), DependenceKind::State);
                }
                Op::StoreIndex { object, .. } | Op::DeleteIndex { object, .. } => {
                    add(object, None, DependenceKind::State);
                }
                Op::Append { container, .. } => add(container, None, DependenceKind::State),
                Op::Binary { in_place: true, left, .. } => add(left, None, DependenceKind::State),
                Op::Call(call) => {
                    if let Some(receiver) = body.call(call).receiver {
                        add(receiver, None, DependenceKind::State);
                    }
                    for argument in body.arguments(call) {
                        add(argument.value, None, DependenceKind::Argument);
                    }
                }
                _ => {}
            }
        }
    }
    changes
}

/// Classes that no call changes: modules and what they hold, functions, classes, builtins, constants, and nothing else.
fn unchanging(file: &FileIr, body: &Body, classes: &mut Classes) -> HashSet<u32> {
    let module = file.body(BodyId(0));
    let mut of_module: HashMap<VariableId, bool> = HashMap::new();
    for instruction in module.instructions() {
        if let Op::StoreName { variable, value } = instruction.op {
            let fixed = is_definition(&module.instruction(value).op);
            of_module.entry(variable).and_modify(|all| *all &= fixed).or_insert(fixed);
        }
    }
    let mut fixed: HashSet<u32> = HashSet::new();
    loop {
        let (mut found, mut open) = (HashSet::new(), HashSet::new());
        for (index, instruction) in body.instructions().iter().enumerate() {
            let never_changes = match instruction.op {
                Op::StoreName { .. } | Op::Phi(_) | Op::Binary { in_place: true, .. } => continue,
                Op::LoadName(variable) => match body.variable(variable).storage {
                    Storage::Builtin | Storage::Global { variable: None } => true,
                    Storage::Global { variable: Some(there) } => of_module.get(&there).copied().unwrap_or(false),
                    Storage::Captured { .. } => false,
                    Storage::Local | Storage::Cell | Storage::Member => continue,
                },
                Op::LoadAttribute { object, .. } => fixed.contains(&classes.of(object)),
                ref op => is_definition(op),
            };
            let class = classes.of(ValueId(index as u32));
            if never_changes {
                found.insert(class)
            } else {
                open.insert(class)
            };
        }
        found.retain(|class| !open.contains(class));
        if found.len() == fixed.len() {
            return found;
        }
        fixed = found;
    }
}

fn is_definition(op: &Op) -> bool {
    matches!(
        op,
        Op::ImportModule { .. }
            | Op::ImportMember { .. }
            | Op::MakeFunction(_)
            | Op::MakeClass(_)
            | Op::Constant(_)
            | Op::Interpolate(_)
    )
}

/// For each value, whether all that is done with it is reading and writing attributes of it.
fn only_as_object(body: &Body) -> Vec<bool> {
    let mut only = vec![true; body.instructions().len()];
    let mut used = vec![false; body.instructions().len()];
    for (_, block) in body.blocks() {
        body.for_each_terminator_operand(&block.terminator, |value| only[value.index()] = false);
    }
    for instruction in body.instructions() {
        let object = match instruction.op {
            Op::LoadAttribute { object, .. } | Op::StoreAttribute { object, .. } => Some(object),
            _ => None,
        };
        body.for_each_operand(&instruction.op, |value| {
            used[value.index()] = true;
            only[value.index()] &= object == Some(value);
        });
        if let Op::StoreAttribute { object, value, .. } = instruction.op
            && object == value
        {
            only[value.index()] = false;
        }
    }
    only.iter().zip(used).map(|(only, used)| *only && used).collect()
}

/// Blocks that control may come to after a block has ended; itself only if it is in a loop.
fn reached_from(graph: &Graph, block: u32) -> HashSet<u32> {
    let mut seen = HashSet::new();
    let mut pending = graph.successors(block).to_vec();
    while let Some(next) = pending.pop() {
        if seen.insert(next) {
            pending.extend_from_slice(graph.successors(next));
        }
    }
    seen
}
