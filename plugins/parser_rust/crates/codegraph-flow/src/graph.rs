//! Orders and dominance over a body's blocks.
//!
//! Dominators by the iterative algorithm of K. D. Cooper, T. J. Harvey and K. Kennedy, "A Simple, Fast Dominance
//! Algorithm" (2001), which on graphs of this size beats Lengauer and Tarjan's.

use crate::ir::{Body, ENTRY, EXIT, RAISE_EXIT};

/// No node.
pub const NONE: u32 = u32::MAX;

/// A directed graph over nodes numbered from 0, both ways.
#[derive(Clone, Debug)]
pub struct Graph {
    successors: Lists,
    predecessors: Lists,
}

#[derive(Clone, Debug)]
struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    fn new(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0; count + 1];
        for (from, _) in pairs.clone() {
            starts[from as usize + 1] += 1;
        }
        for node in 0..count {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[count] as usize];
        for (from, to) in pairs {
            let at = &mut next[from as usize];
            items[*at as usize] = to;
            *at += 1;
        }
        Self { starts, items }
    }

    #[inline]
    fn of(&self, node: u32) -> &[u32] {
        &self.items[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }
}

impl Graph {
    /// Make a graph of `count` nodes from its edges; lists keep their order.
    pub fn new(count: usize, edges: &[(u32, u32)]) -> Self {
        let reversed = edges.iter().map(|&(from, to)| (to, from));
        Self { successors: Lists::new(count, edges.iter().copied()), predecessors: Lists::new(count, reversed) }
    }

    /// The graph of a body's blocks.
    pub fn of(body: &Body) -> Self {
        let edges: Vec<(u32, u32)> = body.edges().iter().map(|edge| (edge.source.0, edge.target.0)).collect();
        Self::new(body.blocks.len(), &edges)
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.successors.starts.len() - 1
    }

    /// Say whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where edges of a node lead.
    #[inline]
    pub fn successors(&self, node: u32) -> &[u32] {
        self.successors.of(node)
    }

    /// Where edges to a node come from.
    #[inline]
    pub fn predecessors(&self, node: u32) -> &[u32] {
        self.predecessors.of(node)
    }

    /// The same graph with its edges turned around.
    pub fn reversed(self) -> Self {
        Self { successors: self.predecessors, predecessors: self.successors }
    }

    /// Nodes that can be reached from `root`, each before what it leads to but for back edges.
    pub fn reverse_postorder(&self, root: u32) -> Vec<u32> {
        let mut seen = vec![false; self.len()];
        let mut order = Vec::with_capacity(self.len());
        let mut pending = vec![(root, 0)];
        seen[root as usize] = true;
        while let Some((node, next)) = pending.last_mut() {
            if let Some(&target) = self.successors(*node).get(*next) {
                *next += 1;
                if !std::mem::replace(&mut seen[target as usize], true) {
                    pending.push((target, 0));
                }
            } else {
                order.push(*node);
                pending.pop();
            }
        }
        order.reverse();
        order
    }
}

/// A dominator tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dominators {
    /// The root.
    pub root: u32,
    /// By node: its immediate dominator; the root's is itself, [`NONE`] is one that the root does not reach.
    pub immediate: Vec<u32>,
    /// The reached nodes in reverse postorder.
    pub order: Vec<u32>,
    /// By node: when a walk of the tree enters and leaves it.
    spans: Vec<(u32, u32)>,
}

impl Dominators {
    /// Find the dominators of all nodes that `root` reaches.
    pub fn new(graph: &Graph, root: u32) -> Self {
        let order = graph.reverse_postorder(root);
        let mut position = vec![NONE; graph.len()];
        for (index, &node) in order.iter().enumerate() {
            position[node as usize] = index as u32;
        }
        // By position, so that comparing two nodes is comparing two numbers.
        let mut immediate = vec![NONE; order.len()];
        immediate[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for index in 1..order.len() {
                let mut found = NONE;
                for &predecessor in graph.predecessors(order[index]) {
                    let at = position[predecessor as usize];
                    if at == NONE || immediate[at as usize] == NONE {
                        continue;
                    }
                    found = if found == NONE { at } else { meet(&immediate, found, at) };
                }
                if immediate[index] != found {
                    immediate[index] = found;
                    changed = true;
                }
            }
        }
        let mut by_node = vec![NONE; graph.len()];
        for (index, &node) in order.iter().enumerate() {
            by_node[node as usize] = order[immediate[index] as usize];
        }
        let spans = spans(&by_node, &order);
        Self { root, immediate: by_node, order, spans }
    }

    /// Say whether a node is on every way from the root to another; each is on its own.
    #[inline]
    pub fn dominates(&self, node: u32, other: u32) -> bool {
        let (outer, inner) = (self.spans[node as usize], self.spans[other as usize]);
        outer.0 <= inner.0 && inner.1 <= outer.1 && inner.0 != NONE
    }

    /// The nodes that a node dominates immediately, by node, in reverse postorder.
    pub fn children(&self) -> Vec<Vec<u32>> {
        let mut children = vec![Vec::new(); self.immediate.len()];
        for &node in &self.order {
            if node != self.root {
                children[self.immediate[node as usize] as usize].push(node);
            }
        }
        children
    }

    /// Dominance frontiers, by node: where a node's dominance ends. Nothing may lead to the root.
    pub fn frontiers(&self, graph: &Graph) -> Vec<Vec<u32>> {
        let mut frontiers = vec![Vec::new(); graph.len()];
        for &node in &self.order {
            let predecessors = graph.predecessors(node);
            if predecessors.len() < 2 || node == self.root {
                continue;
            }
            for &predecessor in predecessors {
                let mut runner = predecessor;
                while self.immediate[runner as usize] != NONE && runner != self.immediate[node as usize] {
                    let frontier: &mut Vec<u32> = &mut frontiers[runner as usize];
                    if frontier.last() != Some(&node) {
                        frontier.push(node);
                    }
                    runner = self.immediate[runner as usize];
                }
            }
        }
        frontiers
    }
}

/// The nearest common dominator of two positions.
fn meet(immediate: &[u32], mut first: u32, mut second: u32) -> u32 {
    while first != second {
        while first > second {
            first = immediate[first as usize];
        }
        while second > first {
            second = immediate[second as usize];
        }
    }
    first
}

/// When a walk of the tree enters and leaves each node; a node's span lies in its dominators'.
fn spans(immediate: &[u32], order: &[u32]) -> Vec<(u32, u32)> {
    // A node comes after its immediate dominator in the order: sizes add up from the end, starts from the front.
    let mut sizes = vec![1; immediate.len()];
    for &node in order.iter().skip(1).rev() {
        sizes[immediate[node as usize] as usize] += sizes[node as usize];
    }
    let mut spans = vec![(NONE, NONE); immediate.len()];
    let mut next = vec![0; immediate.len()];
    for (index, &node) in order.iter().enumerate() {
        let start = if index == 0 {
            0
        } else {
            let parent = immediate[node as usize] as usize;
            let start = next[parent];
            next[parent] += sizes[node as usize];
            start
        };
        spans[node as usize] = (start, start + sizes[node as usize] - 1);
        next[node as usize] = start + 1;
    }
    spans
}

/// The post-dominators of a body's blocks. The root is one node more than there are blocks: both exits lead to it, and
/// one block of each part that reaches no exit, such as an endless loop: the last in reverse postorder.
pub fn post_dominators(body: &Body, graph: &Graph) -> (Dominators, Graph) {
    let count = graph.len();
    let root = count as u32;
    let mut edges: Vec<(u32, u32)> = body.edges().iter().map(|edge| (edge.source.0, edge.target.0)).collect();
    let mut leaves = vec![false; count];
    let mut pending = Vec::new();
    let mut reach = |start: u32, leaves: &mut Vec<bool>| {
        pending.push(start);
        while let Some(node) = pending.pop() {
            if !std::mem::replace(&mut leaves[node as usize], true) {
                pending.extend_from_slice(graph.predecessors(node));
            }
        }
    };
    for exit in [EXIT.0, RAISE_EXIT.0] {
        edges.push((exit, root));
        reach(exit, &mut leaves);
    }
    for &node in graph.reverse_postorder(ENTRY.0).iter().rev() {
        if !leaves[node as usize] {
            edges.push((node, root));
            reach(node, &mut leaves);
        }
    }
    let reversed = Graph::new(count + 1, &edges).reversed();
    (Dominators::new(&reversed, root), reversed)
}

/// A block whose end decides whether another runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControlDependence {
    /// The block that runs or not.
    pub block: u32,
    /// The block that decides.
    pub on: u32,
    /// Number of the edge by which it is decided, among the body's.
    pub edge: u32,
}

/// Control dependence after J. Ferrante, K. J. Ottenstein and J. D. Warren, "The Program Dependence Graph and Its Use in
/// Optimization" (1987): by block, then by edge. Only blocks that the entry reaches depend or decide.
pub fn control_dependences(body: &Body, dominators: &Dominators, post: &Dominators) -> Vec<ControlDependence> {
    let mut found = Vec::new();
    for (index, edge) in body.edges().iter().enumerate() {
        let (source, target) = (edge.source.0, edge.target.0);
        if dominators.immediate[source as usize] == NONE || body.successors(edge.source).len() < 2 {
            continue;
        }
        let end = post.immediate[source as usize];
        let mut node = target;
        while node != end && node != post.root && node != NONE {
            found.push(ControlDependence { block: node, on: source, edge: index as u32 });
            node = post.immediate[node as usize];
        }
    }
    found.sort_unstable();
    found
}

/// A natural loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    /// The block by which it is entered.
    pub header: u32,
    /// Its blocks, in ascending order.
    pub blocks: Vec<u32>,
    /// The loop around it, by position.
    pub parent: Option<u32>,
    /// 1 for an outermost loop.
    pub depth: u32,
}

/// The natural loops of a body, by header in reverse postorder: outer ones come first. Loops with the same header
/// are one. Irreducible cycles, which structured code does not make, have none.
pub fn loops(graph: &Graph, dominators: &Dominators) -> Vec<Loop> {
    let mut loops: Vec<Loop> = Vec::new();
    for &header in &dominators.order {
        let backs: Vec<u32> =
            graph.predecessors(header).iter().copied().filter(|&source| dominators.dominates(header, source)).collect();
        if backs.is_empty() {
            continue;
        }
        let mut inside = vec![false; graph.len()];
        inside[header as usize] = true;
        let mut pending = backs;
        while let Some(node) = pending.pop() {
            let reached = dominators.immediate[node as usize] != NONE;
            if reached && !std::mem::replace(&mut inside[node as usize], true) {
                pending.extend_from_slice(graph.predecessors(node));
            }
        }
        let blocks: Vec<u32> = (0..graph.len() as u32).filter(|&node| inside[node as usize]).collect();
        let parent = loops.iter().rposition(|outer| outer.blocks.binary_search(&header).is_ok());
        let depth = parent.map_or(1, |parent| loops[parent].depth + 1);
        loops.push(Loop { header, blocks, parent: parent.map(|parent| parent as u32), depth });
    }
    loops
}
