//! Static single assignment: which store of a variable reaches which load.
//!
//! Phis are placed where they are live, at iterated dominance frontiers: R. Cytron and others, "Efficiently Computing
//! Static Single Assignment Form and the Control Dependence Graph" (1991), pruned after J.-D. Choi and others (1991).
//!
//! An exceptional edge carries the state at its block's entry. For SSA such a block is therefore two: its entry, from
//! which exceptional edges leave, and the rest, which has the stores and the other edges.

use crate::graph::{Dominators, Graph, NONE};
use crate::ir::*;

/// A definition of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reaching {
    /// None: the variable is not bound, or not yet.
    Unbound,
    /// A [`Op::StoreName`] or [`Op::DeleteName`], by its value.
    Instruction(ValueId),
    /// A phi, by position.
    Phi(u32),
}

/// A merge of a variable's definitions at the beginning of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariablePhi {
    /// The block.
    pub block: BlockId,
    /// The variable.
    pub variable: VariableId,
    /// For each edge into the block, by number among the body's edges: what reaches it.
    pub inputs: Vec<(u32, Reaching)>,
}

/// The SSA form of the variables that a body owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssa {
    /// Merges, by block and variable.
    pub phis: Vec<VariablePhi>,
    /// By position among [`Ssa::loads`]: what reaches.
    reaching: Vec<Reaching>,
    /// Loads of owned variables in blocks that the entry reaches, ascending.
    loads: Vec<ValueId>,
}

impl Ssa {
    /// What reaches a load; none for a variable that the body does not own, or in code without a way to it.
    pub fn reaching(&self, load: ValueId) -> Option<Reaching> {
        self.loads.binary_search(&load).ok().map(|at| self.reaching[at])
    }

    /// Loads with what reaches them, ascending.
    pub fn loads(&self) -> impl ExactSizeIterator<Item = (ValueId, Reaching)> + '_ {
        self.loads.iter().copied().zip(self.reaching.iter().copied())
    }

    /// The definitions that a phi or definition stands for, sorted, phis resolved.
    pub fn definitions(&self, reaching: Reaching) -> Vec<Reaching> {
        let mut seen = Vec::new();
        let mut found = Vec::new();
        let mut pending = vec![reaching];
        while let Some(next) = pending.pop() {
            match next {
                Reaching::Phi(phi) => {
                    if !seen.contains(&phi) {
                        seen.push(phi);
                        pending.extend(self.phis[phi as usize].inputs.iter().map(|(_, input)| *input));
                    }
                }
                other => found.push(other),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Def-use chains of variables: each store with each load that it reaches, by store and load.
    pub fn chains(&self) -> Vec<(ValueId, ValueId)> {
        let mut chains = Vec::new();
        for (load, reaching) in self.loads() {
            for definition in self.definitions(reaching) {
                if let Reaching::Instruction(store) = definition {
                    chains.push((store, load));
                }
            }
        }
        chains.sort_unstable();
        chains
    }

    /// Build the SSA form of a body.
    pub fn new(id: BodyId, body: &Body) -> Self {
        Builder::new(id, body).build()
    }
}

/// What a block does to variables, in order.
#[derive(Clone, Copy)]
enum Event {
    Load(ValueId),
    Define(ValueId),
}

struct Builder<'b> {
    body: &'b Body,
    /// By variable: its position among those that are tracked.
    tracked: Vec<u32>,
    tracked_count: usize,
    /// By block: the node of its rest, where that is another.
    rest: Vec<u32>,
    /// By node: the block.
    block_of: Vec<u32>,
    graph: Graph,
    /// By node: range of `events`.
    ranges: Vec<(u32, u32)>,
    /// (tracked variable, event)
    events: Vec<(u32, Event)>,
}

impl<'b> Builder<'b> {
    fn new(id: BodyId, body: &'b Body) -> Self {
        let mut tracked = vec![NONE; body.variables.len()];
        let mut tracked_count = 0;
        for (variable, slot) in body.variables.iter().zip(&mut tracked) {
            if variable.is_owned(id) {
                *slot = tracked_count as u32;
                tracked_count += 1;
            }
        }
        let mut builder = Self {
            body,
            tracked,
            tracked_count,
            rest: (0..body.blocks.len() as u32).collect(),
            block_of: (0..body.blocks.len() as u32).collect(),
            graph: Graph::new(0, &[]),
            ranges: vec![(0, 0); body.blocks.len()],
            events: Vec::new(),
        };
        builder.split();
        builder
    }

    fn slot(&self, variable: VariableId) -> Option<u32> {
        let slot = self.tracked[variable.index()];
        (slot != NONE).then_some(slot)
    }

    /// Collect the events of all blocks, and split those that store under an exceptional edge.
    fn split(&mut self) {
        let body = self.body;
        let mut edges = Vec::with_capacity(body.edges().len());
        for (id, _) in body.blocks() {
            let from = self.events.len();
            let mut first_store = None;
            for (value, instruction) in body.instructions_of(id) {
                let (variable, event) = match instruction.op {
                    Op::LoadName(variable) => (variable, Event::Load(value)),
                    Op::StoreName { variable, .. } | Op::DeleteName(variable) => (variable, Event::Define(value)),
                    _ => continue,
                };
                let Some(slot) = self.slot(variable) else { continue };
                if matches!(event, Event::Define(_)) {
                    first_store = first_store.or(Some(self.events.len()));
                }
                self.events.push((slot, event));
            }
            let end = self.events.len();
            let is_protected = body.successors(id).iter().any(|edge| edge.kind == EdgeKind::Exception);
            let at = match first_store {
                Some(at) if is_protected => {
                    let rest = self.block_of.len() as u32;
                    self.rest[id.index()] = rest;
                    self.block_of.push(id.0);
                    self.ranges.push((at as u32, end as u32));
                    edges.push((id.0, rest));
                    at
                }
                _ => end,
            };
            self.ranges[id.index()] = (from as u32, at as u32);
        }
        edges.extend(body.edges().iter().map(|edge| (self.node_of(edge), edge.target.0)));
        self.graph = Graph::new(self.block_of.len(), &edges);
    }

    /// The node that an edge leaves.
    fn node_of(&self, edge: &Edge) -> u32 {
        if edge.kind == EdgeKind::Exception { edge.source.0 } else { self.rest[edge.source.index()] }
    }

    fn events_of(&self, node: u32) -> &[(u32, Event)] {
        let (start, end) = self.ranges[node as usize];
        &self.events[start as usize..end as usize]
    }

    fn build(self) -> Ssa {
        let dominators = Dominators::new(&self.graph, ENTRY.0);
        let places = self.places(&dominators);
        self.rename(&dominators, places)
    }

    /// Where phis go: (block, tracked variable), by block.
    fn places(&self, dominators: &Dominators) -> Vec<(u32, u32)> {
        let count = self.tracked_count;
        let mut defined_in: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut used_in: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut defined_at = vec![NONE; count];
        let mut used_at = vec![NONE; count];
        for &node in &dominators.order {
            for &(slot, event) in self.events_of(node) {
                let slot = slot as usize;
                match event {
                    Event::Load(_) if defined_at[slot] != node && used_at[slot] != node => {
                        used_at[slot] = node;
                        used_in[slot].push(node);
                    }
                    Event::Define(_) if defined_at[slot] != node => {
                        defined_at[slot] = node;
                        defined_in[slot].push(node);
                    }
                    _ => {}
                }
            }
        }
        let mut places = Vec::new();
        let mut frontiers = None;
        let mut live = vec![NONE; self.graph.len()];
        let mut defines = vec![NONE; self.graph.len()];
        let mut placed = vec![NONE; self.graph.len()];
        let mut pending = Vec::new();
        for slot in 0..count {
            // Without a use at some block's beginning nothing is live anywhere. One definition at the entry reaches all.
            if used_in[slot].is_empty() || defined_in[slot].is_empty() || defined_in[slot][..] == [ENTRY.0] {
                continue;
            }
            let frontiers = frontiers.get_or_insert_with(|| dominators.frontiers(&self.graph));
            let mark = slot as u32;
            for &node in &defined_in[slot] {
                defines[node as usize] = mark;
            }
            pending.extend_from_slice(&used_in[slot]);
            while let Some(node) = pending.pop() {
                if std::mem::replace(&mut live[node as usize], mark) != mark {
                    let before = self.graph.predecessors(node).iter().copied();
                    pending.extend(before.filter(|&before| defines[before as usize] != mark));
                }
            }
            pending.extend_from_slice(&defined_in[slot]);
            while let Some(node) = pending.pop() {
                for &merge in &frontiers[node as usize] {
                    if live[merge as usize] == mark && std::mem::replace(&mut placed[merge as usize], mark) != mark {
                        places.push((merge, mark));
                        pending.push(merge);
                    }
                }
            }
        }
        places.sort_unstable();
        places
    }

    /// Walk the dominator tree with what each variable is at every point.
    fn rename(&self, dominators: &Dominators, places: Vec<(u32, u32)>) -> Ssa {
        let body = self.body;
        let mut variable_of = vec![VariableId(0); self.tracked_count];
        for (index, &slot) in self.tracked.iter().enumerate() {
            if slot != NONE {
                variable_of[slot as usize] = VariableId(index as u32);
            }
        }
        let mut phis: Vec<VariablePhi> = places
            .iter()
            .map(|&(block, slot)| {
                let variable = variable_of[slot as usize];
                VariablePhi { block: BlockId(block), variable, inputs: Vec::new() }
            })
            .collect();
        let mut loads = Vec::new();
        let mut current = vec![Reaching::Unbound; self.tracked_count];
        let children = dominators.children();
        // What to undo on the way back: (variable, what it was).
        let mut trail: Vec<(u32, Reaching)> = Vec::new();
        let mut pending = vec![(dominators.root, 0, 0)];
        let mut entering = true;
        while let Some(&mut (node, ref mut next, mark)) = pending.last_mut() {
            if entering {
                let first = places.partition_point(|place| place.0 < node);
                for (offset, &(block, slot)) in places[first..].iter().enumerate() {
                    if block != node {
                        break;
                    }
                    let phi = Reaching::Phi((first + offset) as u32);
                    trail.push((slot, std::mem::replace(&mut current[slot as usize], phi)));
                }
                for &(slot, event) in self.events_of(node) {
                    match event {
                        Event::Load(value) => loads.push((value, current[slot as usize])),
                        Event::Define(value) => {
                            let definition = Reaching::Instruction(value);
                            trail.push((slot, std::mem::replace(&mut current[slot as usize], definition)));
                        }
                    }
                }
                let block = self.block_of[node as usize];
                let edges = body.block(BlockId(block)).edges;
                for edge in edges.start..edges.end {
                    let target = body.edges()[edge as usize];
                    if self.node_of(&target) != node {
                        continue;
                    }
                    let first = places.partition_point(|place| place.0 < target.target.0);
                    for (offset, &(block, slot)) in places[first..].iter().enumerate() {
                        if block != target.target.0 {
                            break;
                        }
                        phis[first + offset].inputs.push((edge, current[slot as usize]));
                    }
                }
            }
            if let Some(&child) = children[node as usize].get(*next) {
                *next += 1;
                pending.push((child, 0, trail.len()));
                entering = true;
            } else {
                for (slot, before) in trail.drain(mark..).rev() {
                    current[slot as usize] = before;
                }
                pending.pop();
                entering = false;
            }
        }
        for phi in &mut phis {
            phi.inputs.sort_unstable();
        }
        loads.sort_unstable();
        let (loads, reaching) = loads.into_iter().unzip();
        Ssa { phis, reaching, loads }
    }
}
