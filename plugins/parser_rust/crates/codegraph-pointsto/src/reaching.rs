//! Which value a variable of a frame has where it is read: reaching definitions over the control-flow graph, merged by
//! phis at joins (the maximal fixed point of Kildall 1973, one variable at a time, only for those bound more than once).

use codegraph_flow::ir::{
    BlockId, Body, BodyId, Constant, ENTRY, EXIT, EdgeKind, Op, Terminator, UnaryOperator, ValueId, VariableId,
};

use crate::program::{Language, Map};

/// What a variable is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reaching {
    /// Not computed: the place is unreachable.
    Nothing,
    /// Not bound.
    Unbound,
    /// Bound to a value.
    Value(ValueId),
    /// What control brings to the beginning of a block.
    Phi(BlockId),
}

/// The reachable part of a body.
pub struct Flow<'b> {
    body: &'b Body,
    /// Blocks that can run, by id.
    pub reachable: Vec<bool>,
    /// Reachable blocks in reverse postorder.
    pub order: Vec<BlockId>,
    /// (predecessor, whether its variables are those of its entry), by block.
    predecessors: Vec<Vec<(BlockId, bool)>>,
}

/// Return the truth of a value that is constant; `bound` has the values of variables that are bound once.
fn truth(body: &Body, value: ValueId, bound: &[Option<ValueId>]) -> Option<bool> {
    match body.instruction(value).op {
        Op::LoadName(variable) => {
            let stored = bound.get(variable.index()).copied().flatten()?;
            match body.instruction(stored).op {
                Op::Constant(_) => truth(body, stored, &[]),
                _ => None,
            }
        }
        Op::Constant(Constant::Boolean(value)) => Some(value),
        Op::Constant(Constant::Integer(value)) => Some(value != 0),
        Op::Constant(Constant::Null) => Some(false),
        Op::Unary { operator: UnaryOperator::Not, value } => truth(body, value, bound).map(|truth| !truth),
        _ => None,
    }
}

/// Return the values of the variables of a frame that one statement of it binds and nobody else, by variable.
///
/// Where names are `undefined` before they are bound, only those count that are bound before anything branches.
fn bound_once(body: &Body, id: BodyId, at_entry: bool) -> Vec<Option<ValueId>> {
    let mut found = vec![None; body.variables.len()];
    let mut several = vec![false; body.variables.len()];
    for (block, _) in body.blocks() {
        for (_, instruction) in body.instructions_of(block) {
            match instruction.op {
                Op::StoreName { variable, value } => {
                    let at = variable.index();
                    several[at] |= found[at].is_some() || (at_entry && block != ENTRY);
                    found[at] = Some(value);
                }
                Op::DeleteName(variable) => several[variable.index()] = true,
                _ => {}
            }
        }
    }
    for (at, value) in found.iter_mut().enumerate() {
        let variable = body.variable(VariableId(at as u32));
        if several[at] || variable.written_elsewhere || !variable.is_owned(id) {
            *value = None;
        }
    }
    found
}

impl<'b> Flow<'b> {
    /// Find what can run; `constants` says whether names that are bound once to a constant decide branches.
    pub fn new(body: &'b Body, id: BodyId, language: Language, constants: bool) -> Self {
        let tests_name = || {
            body.blocks.iter().any(|block| match block.terminator {
                Terminator::Branch(value) => match body.instruction(value).op {
                    Op::Unary { operator: UnaryOperator::Not, value } => {
                        matches!(body.instruction(value).op, Op::LoadName(_))
                    }
                    Op::LoadName(_) => true,
                    _ => false,
                },
                _ => false,
            })
        };
        let is_counted = constants && language != Language::Java && tests_name();
        let bound = if is_counted { bound_once(body, id, language == Language::Ecmascript) } else { Vec::new() };
        let count = body.blocks.len();
        let mut reachable = vec![false; count];
        let mut predecessors = vec![Vec::new(); count];
        let mut order = Vec::new();
        let mut path = vec![(ENTRY, 0_usize)];
        reachable[ENTRY.index()] = true;
        while let Some((block, at)) = path.pop() {
            let edges = body.successors(block);
            let Some(edge) = edges.get(at) else {
                order.push(block);
                continue;
            };
            path.push((block, at + 1));
            let is_dead = match body.block(block).terminator {
                Terminator::Branch(value) => matches!(
                    (truth(body, value, &bound), edge.kind),
                    (Some(true), EdgeKind::False) | (Some(false), EdgeKind::True)
                ),
                _ => false,
            };
            if is_dead {
                continue;
            }
            predecessors[edge.target.index()].push((block, edge.kind == EdgeKind::Exception));
            if !reachable[edge.target.index()] {
                reachable[edge.target.index()] = true;
                path.push((edge.target, 0));
            }
        }
        order.reverse();
        Self { body, reachable, order, predecessors }
    }

    /// Return what a variable is at the beginning and end of each block.
    ///
    /// `writes` are the variable's bindings, in order: (block, instruction, value; none for an unbinding).
    pub fn reaching(&self, writes: &[(BlockId, ValueId, Option<ValueId>)]) -> States {
        let count = self.body.blocks.len();
        let mut states = States { entry: vec![Reaching::Nothing; count], exit: vec![Reaching::Nothing; count] };
        let mut last: Map<BlockId, Reaching> = Map::default();
        for (block, _, value) in writes {
            last.insert(*block, value.map_or(Reaching::Unbound, Reaching::Value));
        }
        let mut is_phi = vec![false; count];
        loop {
            let mut changed = false;
            for block in &self.order {
                let at = block.index();
                let mut state = if *block == ENTRY { Reaching::Unbound } else { Reaching::Nothing };
                if is_phi[at] {
                    state = Reaching::Phi(*block);
                } else {
                    for (from, at_entry) in &self.predecessors[at] {
                        let brought = if *at_entry { states.entry[from.index()] } else { states.exit[from.index()] };
                        if brought == Reaching::Nothing || brought == state {
                            continue;
                        }
                        if state == Reaching::Nothing {
                            state = brought;
                        } else {
                            is_phi[at] = true;
                            state = Reaching::Phi(*block);
                            break;
                        }
                    }
                }
                let out = last.get(block).copied().unwrap_or(state);
                if states.entry[at] != state || states.exit[at] != out {
                    states.entry[at] = state;
                    states.exit[at] = out;
                    changed = true;
                }
            }
            if !changed {
                return states;
            }
        }
    }

    /// Return what control brings to a block.
    pub fn incoming(&self, states: &States, block: BlockId) -> Vec<Reaching> {
        let mut found = Vec::new();
        for (_, brought) in self.incoming_from(states, block) {
            if !found.contains(&brought) {
                found.push(brought);
            }
        }
        found
    }

    /// Return what control brings to a block, and from which.
    pub fn incoming_from(&self, states: &States, block: BlockId) -> Vec<(BlockId, Reaching)> {
        let mut found = if block == ENTRY { vec![(ENTRY, Reaching::Unbound)] } else { Vec::new() };
        for (from, at_entry) in &self.predecessors[block.index()] {
            found.push((*from, if *at_entry { states.entry[from.index()] } else { states.exit[from.index()] }));
        }
        found
    }

    /// Say whether other code may run while a binding of a module's variable is in force, or it lasts to the end.
    pub fn escapes(&self, variable: VariableId, block: BlockId, at: ValueId) -> bool {
        let mut seen = vec![false; self.body.blocks.len()];
        let mut path = vec![(block, at.0 + 1)];
        while let Some((block, from)) = path.pop() {
            if block == EXIT {
                return true;
            }
            let mut rebound = false;
            for (value, instruction) in self.body.instructions_of(block) {
                if value.0 < from {
                    continue;
                }
                match instruction.op {
                    Op::StoreName { variable: stored, .. } if stored == variable => {
                        rebound = true;
                        break;
                    }
                    Op::Call(_)
                    | Op::GetIterator { .. }
                    | Op::Next { .. }
                    | Op::EnterContext { .. }
                    | Op::ExitContext { .. }
                    | Op::ImportModule { .. }
                    | Op::ImportMember { .. }
                    | Op::MakeClass(_) => return true,
                    _ => {}
                }
            }
            if rebound {
                continue;
            }
            for edge in self.body.successors(block) {
                if self.reachable[edge.target.index()] && !seen[edge.target.index()] {
                    seen[edge.target.index()] = true;
                    path.push((edge.target, 0));
                }
            }
        }
        false
    }
}

/// A variable's states by block.
pub struct States {
    /// At the beginning.
    pub entry: Vec<Reaching>,
    /// At the end.
    pub exit: Vec<Reaching>,
}
