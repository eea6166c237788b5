//! The constraint graph: nodes with sets of objects, inclusion edges, and what waits for objects to arrive.
//!
//! Propagation is by differences (Pearce, Kelly, Hankin 2003); cycles are found lazily, when an edge carries nothing
//! new between equal sets, and collapsed (Hardekopf, Lin 2007).

use std::collections::VecDeque;

use crate::objects::ObjectId;
use crate::pools::{Array, Arrays, Chain, Chains};
use crate::prefetch::prefetch;
use crate::program::{Map, NONE, Set};

/// A node of the graph.
pub type Node = u32;

/// Number of an action of the solver, which is run with each object that arrives at a node.
pub type Trigger = u32;

/// Successors that are looked through one by one before a set is asked.
const SHORT_LIST: usize = 16;

/// Objects that are compared without a branch between them.
const SCANNED_AT_ONCE: usize = 8;

/// Nodes of the queue between one step of asking for their memory and the next.
const AHEAD: usize = 2;

/// Objects of a node from which on constants are no longer told apart.
const CONSTANT_LIMIT: usize = 12;

#[derive(Debug, Default)]
struct NodeState {
    /// In the order of arrival; those from `shown` on were not passed on yet.
    objects: Array,
    successors: Chain,
    triggers: Chain,
    /// Sum of the objects' hashes: equal sets have equal ones, whatever the order.
    signature: u32,
    shown: u16,
    /// Number of successors, as far as [`SHORT_LIST`].
    successor_count: u8,
    state: u8,
}

const _: () = assert!(size_of::<NodeState>() == 24);

/// The node waits for its new objects to be passed on.
const QUEUED: u8 = 1;
/// The node has lost objects to its limit.
const FULL: u8 = 2;
/// Another node stands for it: of a cycle there is one.
const MERGED: u8 = 4;

impl NodeState {
    fn same(&self, other: &NodeState) -> bool {
        self.objects.len() == other.objects.len() && self.signature == other.signature
    }
}

fn mixed(object: ObjectId) -> u32 {
    // The finalizer of splitmix64 (Steele, Lea, Flood 2014).
    let mut hash = u64::from(object).wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (hash ^ hash >> 31) as u32
}

/// Why objects are where they are. It is recorded for explanations only.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// What is being acted on: a trigger and the object that arrived; [`NONE`] while constraints are made.
    pub cause: (Trigger, ObjectId),
    /// Where each trigger waits, and what was acted on when it was made.
    pub triggers: Map<Trigger, (Node, (Trigger, ObjectId))>,
    /// Objects that were put into a node rather than passed along an edge, and what was acted on then.
    pub put: Map<(Node, ObjectId), (Trigger, ObjectId)>,
}

/// Nothing is acted on.
pub(crate) const NO_CAUSE: (Trigger, ObjectId) = (NONE, NONE);

/// The graph.
#[derive(Debug, Default)]
pub struct Graph {
    /// Filled where explanations are asked for.
    pub(crate) trace: Option<Box<Trace>>,
    limit: usize,
    /// What takes a constant's place where there are many, by object.
    general: Vec<ObjectId>,
    nodes: Vec<NodeState>,
    objects: Arrays,
    /// Successors and triggers of all nodes.
    lists: Chains,
    /// Objects that are being passed on; kept for its memory.
    pending: Vec<ObjectId>,
    /// What stands for the nodes that were [`MERGED`].
    parents: Map<Node, Node>,
    queue: VecDeque<Node>,
    /// Triggers that were added to nodes that had objects already, and how many of `late_objects` are for each.
    late: VecDeque<(Trigger, u32)>,
    late_objects: VecDeque<ObjectId>,
    checked: Set<(Node, Node)>,
    /// Nodes that a search for a cycle has met, and its way; kept for their memory.
    met: Set<Node>,
    way: Vec<(Node, u32)>,
    /// Edges beyond a node's first [`SHORT_LIST`].
    edges: Set<(Node, Node)>,
    /// Number of objects that were passed along edges.
    pub steps: u64,
    /// Number of nodes that reached their limit.
    pub full_nodes: u32,
}

impl Graph {
    /// Make a graph whose nodes have so many objects at most.
    pub fn new(limit: u32) -> Self {
        Self { limit: limit.min(u32::from(u16::MAX)) as usize, ..Self::default() }
    }

    /// Make room for a program of so many values. Pages that are never written cost nothing, and tables that grow
    /// step by step are for a while there twice.
    pub fn reserve(&mut self, value_count: usize) {
        self.nodes.reserve(value_count * 5 / 2);
        self.lists.reserve(value_count * 7 / 2);
        self.objects.reserve(value_count * 5);
    }

    /// Say what takes a constant's place in nodes with many objects.
    pub fn generalize(&mut self, constant: ObjectId, any: ObjectId) {
        if self.general.len() <= constant as usize {
            self.general.resize(constant as usize + 1, NONE);
        }
        self.general[constant as usize] = any;
    }

    /// Return the nodes that each node's objects come from along edges, by node: for explanations.
    pub(crate) fn predecessors(&self) -> Map<Node, Vec<Node>> {
        let mut found: Map<Node, Vec<Node>> = Map::default();
        for (from, state) in self.nodes.iter().enumerate() {
            for to in self.lists.iter(state.successors) {
                found.entry(to).or_default().push(from as Node);
            }
        }
        found
    }

    /// Make nodes and return the first.
    pub fn add(&mut self, count: u32) -> Node {
        let first = self.nodes.len() as Node;
        self.nodes.resize_with(self.nodes.len() + count as usize, NodeState::default);
        first
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Say whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Return the node that stands for a node's cycle.
    #[inline]
    pub fn find(&mut self, mut node: Node) -> Node {
        while self.nodes[node as usize].state & MERGED != 0 {
            let above = self.parents[&node];
            if let Some(further) = self.parents.get(&above).copied() {
                self.parents.insert(node, further);
            }
            node = above;
        }
        node
    }

    /// Return a node's objects, in order of arrival.
    pub fn objects(&mut self, node: Node) -> &[ObjectId] {
        let node = self.find(node);
        self.objects.slice(self.nodes[node as usize].objects)
    }

    /// Say whether a node has lost objects to its limit: then it takes no more, whether it has them already or not.
    #[inline]
    fn is_full(&self, node: Node) -> bool {
        self.nodes[node as usize].state & FULL != 0
    }

    /// Say whether a node, or what it was merged into, has lost objects to its limit.
    pub fn has_lost_objects(&mut self, node: Node) -> bool {
        let node = self.find(node);
        self.is_full(node)
    }

    /// Nodes have few objects, or as many as the limit says: looking at all of them, several at once, takes less time
    /// than one look into a table of all nodes' objects.
    fn has(&self, node: Node, object: ObjectId) -> bool {
        let mut chunks = self.objects.slice(self.nodes[node as usize].objects).chunks_exact(SCANNED_AT_ONCE);
        chunks.any(|chunk| chunk.iter().fold(false, |found, one| found | (*one == object)))
            || chunks.remainder().contains(&object)
    }

    /// Put an object into a node.
    pub fn insert(&mut self, node: Node, object: ObjectId) {
        if let Some(trace) = &mut self.trace {
            trace.put.entry((node, object)).or_insert(trace.cause);
        }
        self.receive(node, object);
    }

    fn receive(&mut self, node: Node, object: ObjectId) {
        let node = self.find(node);
        if self.is_full(node) {
            return;
        }
        let mut object = object;
        if self.nodes[node as usize].objects.len() >= CONSTANT_LIMIT
            && let Some(any) = self.general.get(object as usize).copied().filter(|any| *any != NONE)
        {
            object = any;
        }
        if self.has(node, object) {
            return;
        }
        let state = &mut self.nodes[node as usize];
        if state.objects.len() >= self.limit {
            if state.state & FULL == 0 {
                state.state |= FULL;
                self.full_nodes += 1;
            }
            return;
        }
        self.objects.push(&mut state.objects, object);
        state.signature = state.signature.wrapping_add(mixed(object));
        if state.state & QUEUED == 0 {
            state.state |= QUEUED;
            self.queue.push_back(node);
        }
    }

    /// Let everything in a node be in another too.
    pub fn edge(&mut self, from: Node, to: Node) {
        let (from, to) = (self.find(from), self.find(to));
        if from == to {
            return;
        }
        let state = &self.nodes[from as usize];
        if self.lists.iter(state.successors).take(SHORT_LIST).any(|listed| listed == to) {
            return;
        }
        if state.successor_count as usize >= SHORT_LIST && !self.edges.insert((from, to)) {
            return;
        }
        let state = &mut self.nodes[from as usize];
        state.successor_count = state.successor_count.saturating_add(1);
        self.lists.push(&mut state.successors, to);
        let count = state.objects.len();
        if self.nodes[to as usize].objects.len() == 0 && self.is_told_apart(from) {
            return self.fill(to, from);
        }
        for at in 0..count {
            if self.is_full(to) {
                return;
            }
            let object = self.objects.slice(self.nodes[from as usize].objects)[at];
            self.receive(to, object);
        }
    }

    /// Say whether all objects of a node would be taken as they are: none is a constant that stands for others by now.
    fn is_told_apart(&self, node: Node) -> bool {
        let objects = self.objects.slice(self.nodes[node as usize].objects);
        let late = objects.get(CONSTANT_LIMIT..).unwrap_or_default();
        late.iter().all(|object| self.general.get(*object as usize).is_none_or(|any| *any == NONE))
    }

    /// Give a node that has no objects those of another. They are distinct and within the limit there, and so here.
    fn fill(&mut self, node: Node, from: Node) {
        let NodeState { objects, signature, .. } = self.nodes[from as usize];
        if objects.len() == 0 {
            return;
        }
        let copied = self.objects.copy(objects);
        let state = &mut self.nodes[node as usize];
        (state.objects, state.signature) = (copied, signature);
        if state.state & QUEUED == 0 {
            state.state |= QUEUED;
            self.queue.push_back(node);
        }
    }

    /// Let an action be run with each object that is or will be in a node.
    pub fn watch(&mut self, node: Node, trigger: Trigger) {
        let node = self.find(node);
        if let Some(trace) = &mut self.trace {
            trace.triggers.insert(trigger, (node, trace.cause));
        }
        let state = &mut self.nodes[node as usize];
        self.lists.push(&mut state.triggers, trigger);
        if state.shown > 0 {
            // Pending ones will be shown when the node is processed.
            let shown = &self.objects.slice(state.objects)[..state.shown as usize];
            self.late_objects.extend(shown);
            self.late.push_back((trigger, shown.len() as u32));
        }
    }

    /// Return the next trigger with the objects that are new to it, or nothing when all is quiet.
    pub fn next(&mut self, work: &mut Vec<(Trigger, ObjectId)>) -> bool {
        if let Some((trigger, count)) = self.late.pop_front() {
            work.extend(self.late_objects.drain(..count as usize).map(|object| (trigger, object)));
            return true;
        }
        let Some(node) = self.queue.pop_front() else { return false };
        self.prefetch_queued();
        let node = node as usize;
        if self.nodes[node].state & MERGED != 0 {
            return true;
        }
        self.nodes[node].state &= !QUEUED;
        let state = &mut self.nodes[node];
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(&self.objects.slice(state.objects)[state.shown as usize..]);
        state.shown = state.objects.len() as u16;
        let mut at = self.lists.first(state.successors);
        while at != NONE {
            let to = self.find(self.lists.get(at));
            if to as usize != node {
                let before = self.nodes[to as usize].objects.len();
                if !self.is_full(to) {
                    for object in &pending {
                        self.receive(to, *object);
                    }
                }
                self.steps += pending.len() as u64;
                let unchanged = before == self.nodes[to as usize].objects.len();
                if unchanged
                    && self.trace.is_none()
                    && self.nodes[to as usize].same(&self.nodes[node])
                    && self.checked.insert((node as Node, to))
                {
                    self.collapse(node as Node, to);
                    if self.nodes[node].state & MERGED != 0 {
                        break;
                    }
                }
            }
            // Asked for only now: a collapse may have added successors.
            at = self.lists.after(self.nodes[node].successors, at);
        }
        for trigger in self.lists.iter(self.nodes[node].triggers) {
            work.extend(pending.iter().map(|object| (trigger, *object)));
        }
        pending.clear();
        self.pending = pending;
        true
    }

    /// Return a trigger and an object that it will soon be run with, if that is at hand.
    #[inline]
    pub(crate) fn upcoming(&self) -> Option<(Trigger, ObjectId)> {
        let state = self.nodes.get(*self.queue.front()? as usize)?;
        let first = self.lists.first(state.triggers);
        let object = self.objects.slice(state.objects).get(state.shown as usize)?;
        (first != NONE).then(|| (self.lists.get(first), *object))
    }

    /// Ask for what the next nodes of the queue need, step by step: where something lies is known once that which says
    /// so is there.
    #[inline]
    fn prefetch_queued(&self) {
        if let Some(node) = self.queue.get(AHEAD * 3) {
            prefetch(&self.nodes, *node);
        }
        if let Some(state) = self.queue.get(AHEAD * 2).and_then(|node| self.nodes.get(*node as usize)) {
            self.objects.prefetch(state.objects);
            self.lists.prefetch_last(state.successors);
            self.lists.prefetch_last(state.triggers);
        }
        if let Some(state) = self.queue.get(AHEAD).and_then(|node| self.nodes.get(*node as usize)) {
            self.lists.prefetch_first(state.successors);
            self.lists.prefetch_first(state.triggers);
        }
        if let Some(state) = self.queue.front().and_then(|node| self.nodes.get(*node as usize)) {
            let first = self.lists.first(state.successors);
            if first != NONE {
                prefetch(&self.nodes, self.lists.get(first));
            }
        }
    }

    /// Merge the cycle through the edge from `from` to `to`, if there is one.
    fn collapse(&mut self, from: Node, to: Node) {
        let first = self.lists.first(self.nodes[to as usize].successors);
        if first == NONE {
            return;
        }
        let (mut seen, mut path) = (std::mem::take(&mut self.met), std::mem::take(&mut self.way));
        path.push((to, first));
        seen.insert(to);
        if self.leads_back(from, &mut seen, &mut path) {
            for (member, _) in &path {
                self.merge(from, *member);
            }
        }
        seen.clear();
        path.clear();
        (self.met, self.way) = (seen, path);
    }

    /// Go on from the end of a path, and say whether it leads to a node: then the path is the way there.
    fn leads_back(&mut self, from: Node, seen: &mut Set<Node>, path: &mut Vec<(Node, u32)>) -> bool {
        // A path back, depth first, over nodes with equal sets only: others cannot lie on a settled cycle.
        while let Some((node, at)) = path.pop() {
            if node == from {
                return true;
            }
            if seen.len() > 256 {
                return false;
            }
            if at == NONE {
                continue;
            }
            path.push((node, self.lists.after(self.nodes[node as usize].successors, at)));
            let next = self.find(self.lists.get(at));
            if (next == from || self.nodes[next as usize].same(&self.nodes[from as usize])) && seen.insert(next) {
                path.push((next, self.lists.first(self.nodes[next as usize].successors)));
            }
        }
        false
    }

    fn merge(&mut self, into: Node, other: Node) {
        let (into, other) = (self.find(into), self.find(other));
        if into == other {
            return;
        }
        let gone = std::mem::take(&mut self.nodes[other as usize]);
        self.nodes[other as usize].state = MERGED;
        self.parents.insert(other, into);
        let successors: Vec<Node> = self.lists.iter(gone.successors).collect();
        for to in successors {
            self.edge(into, to);
        }
        let objects = self.objects.slice(gone.objects).to_vec();
        self.objects.give_back(gone.objects);
        let state = &mut self.nodes[into as usize];
        let shown = &self.objects.slice(state.objects)[..state.shown as usize];
        let seen = &objects[..gone.shown as usize];
        let missed: Vec<ObjectId> = shown.iter().filter(|object| !seen.contains(object)).copied().collect();
        let triggers: Vec<Trigger> = self.lists.iter(gone.triggers).collect();
        for trigger in triggers {
            self.lists.push(&mut state.triggers, trigger);
            if !missed.is_empty() {
                self.late_objects.extend(&missed);
                self.late.push_back((trigger, missed.len() as u32));
            }
        }
        for object in objects {
            self.receive(into, object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(graph: &mut Graph) -> Vec<(Trigger, ObjectId)> {
        let (mut work, mut all) = (Vec::new(), Vec::new());
        while graph.next(&mut work) {
            all.append(&mut work);
        }
        all
    }

    #[test]
    fn objects_follow_edges_whenever_they_are_made() {
        let mut graph = Graph::new(8);
        let first = graph.add(3);
        graph.insert(first, 1);
        graph.edge(first, first + 1);
        settle(&mut graph);
        graph.edge(first + 1, first + 2);
        graph.insert(first, 2);
        settle(&mut graph);
        assert_eq!(graph.objects(first + 2), [1, 2]);
    }

    #[test]
    fn a_full_node_is_counted_once_and_takes_no_more() {
        let mut graph = Graph::new(3);
        let first = graph.add(3);
        for object in 1..=3 {
            graph.insert(first, object);
        }
        graph.edge(first, first + 1);
        // As many as it may have: it is full when one more comes.
        assert_eq!((graph.full_nodes, graph.objects(first + 1)), (0, &[1, 2, 3][..]));
        graph.insert(first + 2, 4);
        graph.edge(first + 2, first + 1);
        graph.insert(first + 2, 5);
        settle(&mut graph);
        assert_eq!((graph.full_nodes, graph.objects(first + 1)), (1, &[1, 2, 3][..]));
    }

    #[test]
    fn objects_beyond_a_few_are_found_and_put_in_once() {
        let mut graph = Graph::new(64);
        let first = graph.add(2);
        for object in (0..20).chain(0..20) {
            graph.insert(first, object);
        }
        graph.edge(first, first + 1);
        assert_eq!(settle(&mut graph), []);
        graph.insert(first, 19);
        graph.insert(first + 1, 20);
        assert_eq!(graph.objects(first).len(), 20);
        assert_eq!(graph.objects(first + 1), (0..=20).collect::<Vec<_>>());
    }

    #[test]
    fn a_trigger_sees_each_object_once_without_merges() {
        let mut graph = Graph::new(8);
        let node = graph.add(1);
        graph.insert(node, 1);
        settle(&mut graph);
        graph.watch(node, 7);
        graph.insert(node, 2);
        assert_eq!(settle(&mut graph), [(7, 1), (7, 2)]);
    }

    #[test]
    fn triggers_that_come_late_are_shown_what_is_in_their_own_nodes() {
        let mut graph = Graph::new(8);
        let first = graph.add(3);
        for (node, object) in [(first, 1), (first, 2), (first + 2, 3)] {
            graph.insert(node, object);
        }
        settle(&mut graph);
        for at in 0..3 {
            graph.watch(first + at, 7 + at);
        }
        assert_eq!(settle(&mut graph), [(7, 1), (7, 2), (9, 3)]);
    }

    #[test]
    fn a_way_that_does_not_lead_back_leaves_nothing_for_the_next_search() {
        let mut graph = Graph::new(8);
        let first = graph.add(6);
        for at in 0..3 {
            graph.insert(first + at, 1);
            graph.edge(first + at, first + at + 1);
        }
        settle(&mut graph);
        for (from, to) in [(4, 5), (5, 4)] {
            graph.edge(first + from, first + to);
        }
        graph.insert(first + 4, 1);
        settle(&mut graph);
        assert_eq!(graph.find(first + 4), graph.find(first + 5));
        let apart: Set<Node> = (first..first + 4).map(|node| graph.find(node)).collect();
        assert_eq!(apart.len(), 4);
    }

    #[test]
    fn a_cycle_is_merged_and_still_propagates() {
        let mut graph = Graph::new(8);
        let first = graph.add(4);
        for at in 0..3 {
            graph.edge(first + at, first + (at + 1) % 3);
        }
        graph.edge(first + 2, first + 3);
        graph.insert(first, 1);
        settle(&mut graph);
        graph.insert(first + 1, 2);
        settle(&mut graph);
        assert_eq!(graph.find(first), graph.find(first + 1));
        for node in first..first + 4 {
            assert_eq!(graph.objects(node), [1, 2]);
        }
    }

    #[test]
    fn a_full_node_says_so() {
        let mut graph = Graph::new(2);
        let node = graph.add(1);
        for object in 0..3 {
            graph.insert(node, object);
        }
        assert_eq!((graph.objects(node).len(), graph.full_nodes), (2, 1));
        assert!(graph.has_lost_objects(node));
    }

    #[test]
    fn many_constants_become_any_value_of_their_type() {
        let mut graph = Graph::new(100);
        let node = graph.add(1);
        for constant in 0..20 {
            graph.generalize(constant, 99);
            graph.insert(node, constant);
        }
        assert_eq!(graph.objects(node).len(), CONSTANT_LIMIT + 1);
        assert_eq!(graph.objects(node).last(), Some(&99));
    }
}
