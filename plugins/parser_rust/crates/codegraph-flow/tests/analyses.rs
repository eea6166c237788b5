//! Dominance, control dependence, loops, SSA and constants against their definitions, on random programs.

mod common;

use std::collections::BTreeSet;

use codegraph_flow::Workspace;
use codegraph_flow::constants::{Constants, Knowledge, Value};
use codegraph_flow::graph::{self, Dominators, Graph, NONE};
use codegraph_flow::ir::*;
use codegraph_flow::ssa::{Reaching, Ssa};
use common::{lower, named, python};

/// Random programs of every statement that makes edges.
struct Programs {
    state: u64,
    text: String,
    statements: u32,
}

impl Programs {
    fn next(&mut self, bound: u64) -> u64 {
        // Knuth's MMIX generator.
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % bound
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.text += &format!("{}{text}\n", " ".repeat(depth));
    }

    fn name(&mut self) -> &'static str {
        ["a", "b", "c", "d"][self.next(4) as usize]
    }

    fn suite(&mut self, depth: usize, in_loop: bool) {
        for _ in 0..=self.next(3) {
            self.statement(depth, in_loop);
        }
    }

    fn statement(&mut self, depth: usize, in_loop: bool) {
        let (one, two) = (self.name(), self.name());
        self.statements += 1;
        let choice = if depth > 6 || self.statements > 40 { self.next(7) } else { self.next(16) };
        match choice {
            0 | 1 => self.line(depth, &format!("{one} = f({two})")),
            2 => self.line(depth, &format!("{one} = {two}")),
            3 => self.line(depth, &format!("print({one} or {two}, {one} if {two} else 1)")),
            4 => self.line(depth, &format!("del {one}")),
            5 => {
                let jump =
                    ["return a", "raise b", "break", "continue"][self.next(if in_loop { 4 } else { 2 }) as usize];
                self.line(depth, jump);
            }
            6 => self.line(depth, &format!("{one} += (yield {two})")),
            7 | 8 => {
                self.line(depth, &format!("if {one} and not {two} < 3 < a:"));
                self.suite(depth + 1, in_loop);
                if self.next(2) == 0 {
                    self.line(depth, "else:");
                    self.suite(depth + 1, in_loop);
                }
            }
            9 | 10 => {
                let head = if choice == 9 { format!("while {one}:") } else { format!("for {one} in {two}:") };
                self.line(depth, &head);
                self.suite(depth + 1, true);
                if self.next(3) == 0 {
                    self.line(depth, "else:");
                    self.suite(depth + 1, in_loop);
                }
            }
            11..=13 => {
                self.line(depth, "try:");
                self.suite(depth + 1, in_loop);
                let handlers = self.next(3);
                for handler in 0..handlers {
                    self.line(depth, &format!("except E{handler} as {one}:"));
                    self.suite(depth + 1, in_loop);
                }
                if handlers > 0 && self.next(2) == 0 {
                    self.line(depth, "else:");
                    self.suite(depth + 1, in_loop);
                }
                if handlers == 0 || self.next(2) == 0 {
                    self.line(depth, "finally:");
                    self.suite(depth + 1, in_loop);
                }
            }
            14 => {
                self.line(depth, &format!("with {one} as {two}:"));
                self.suite(depth + 1, in_loop);
            }
            _ => {
                self.line(depth, &format!("match {one}:"));
                self.line(depth + 1, &format!("case [{two}, *_] | {{'k': {two}}}:"));
                self.suite(depth + 2, in_loop);
                self.line(depth + 1, "case 1 if a:");
                self.suite(depth + 2, in_loop);
            }
        }
    }
}

fn programs(count: u64) -> impl Iterator<Item = FileIr> {
    let lowering = python();
    (0..count).map(move |seed| {
        let mut programs = Programs { state: seed + 1, text: "def f(a, b):\n".to_owned(), statements: 0 };
        programs.suite(1, false);
        lowering.lower(&mut Workspace::default(), programs.text.as_bytes()).expect("a tree")
    })
}

#[test]
fn random_programs_keep_the_contract_of_the_ir() {
    for file in programs(60) {
        for (id, body) in file.bodies() {
            common::check(&file, id, body);
        }
    }
}

fn reached(graph: &Graph, root: u32, without: u32) -> Vec<bool> {
    let mut seen = vec![false; graph.len()];
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        if node != without && !std::mem::replace(&mut seen[node as usize], true) {
            pending.extend_from_slice(graph.successors(node));
        }
    }
    seen
}

fn check_dominators(graph: &Graph, dominators: &Dominators) {
    let reachable = reached(graph, dominators.root, NONE);
    for node in 0..graph.len() as u32 {
        let without = reached(graph, dominators.root, node);
        for other in 0..graph.len() as u32 {
            let expected = reachable[node as usize] && reachable[other as usize] && !without[other as usize];
            assert_eq!(dominators.dominates(node, other), expected, "{node} dominates {other}");
        }
        if reachable[node as usize] && node != dominators.root {
            let immediate = dominators.immediate[node as usize];
            // The nearest: every other strict dominator dominates it too.
            for other in (0..graph.len() as u32).filter(|&other| other != node && dominators.dominates(other, node)) {
                assert!(dominators.dominates(other, immediate));
            }
        }
    }
}

#[test]
fn dominators_and_post_dominators_are_those_of_the_definition() {
    for file in programs(150) {
        for (_, body) in file.bodies().filter(|(_, body)| body.blocks.len() < 120) {
            let graph = Graph::of(body);
            check_dominators(&graph, &Dominators::new(&graph, ENTRY.0));
            let (post, reversed) = graph::post_dominators(body, &graph);
            check_dominators(&reversed, &post);
            // Everything that can be reached has a way out, if only a made one.
            let dominators = Dominators::new(&graph, ENTRY.0);
            assert!(dominators.order.iter().all(|&node| post.immediate[node as usize] != NONE));
        }
    }
}

#[test]
fn a_block_depends_on_the_edges_after_which_it_must_run_but_need_not_before() {
    for file in programs(100) {
        for (_, body) in file.bodies().filter(|(_, body)| body.blocks.len() < 80) {
            let graph = Graph::of(body);
            let dominators = Dominators::new(&graph, ENTRY.0);
            let (post, _) = graph::post_dominators(body, &graph);
            let found: BTreeSet<_> = graph::control_dependences(body, &dominators, &post)
                .into_iter()
                .map(|one| (one.block, one.edge))
                .collect();
            let mut expected = BTreeSet::new();
            for (index, edge) in body.edges().iter().enumerate() {
                let (source, target) = (edge.source.0, edge.target.0);
                if dominators.immediate[source as usize] == NONE || body.successors(edge.source).len() < 2 {
                    continue;
                }
                for block in 0..graph.len() as u32 {
                    let strictly = block != source && post.dominates(block, source);
                    if post.dominates(block, target) && !strictly {
                        expected.insert((block, index as u32));
                    }
                }
            }
            assert_eq!(found, expected);
        }
    }
}

/// Definitions that reach each load, by iteration over sets; none stands for no binding.
fn naive_reaching(id: BodyId, body: &Body) -> Vec<(ValueId, BTreeSet<Option<ValueId>>)> {
    let owned: Vec<usize> = (0..body.variables.len()).filter(|&index| body.variables[index].is_owned(id)).collect();
    type State = Vec<BTreeSet<Option<ValueId>>>;
    let empty: State = vec![BTreeSet::new(); body.variables.len()];
    let mut at_entry = vec![None::<State>; body.blocks.len()];
    let mut first = empty.clone();
    for &index in &owned {
        first[index].insert(None);
    }
    at_entry[ENTRY.index()] = Some(first);
    let mut pending = vec![ENTRY];
    let mut loads = std::collections::BTreeMap::new();
    while let Some(block) = pending.pop() {
        let before = at_entry[block.index()].clone().expect("a state");
        let mut state = before.clone();
        for (value, instruction) in body.instructions_of(block) {
            match instruction.op {
                Op::LoadName(variable) if body.variable(variable).is_owned(id) => {
                    loads.insert(value, state[variable.index()].clone());
                }
                Op::StoreName { variable, .. } | Op::DeleteName(variable) => {
                    state[variable.index()] = BTreeSet::from([Some(value)]);
                }
                _ => {}
            }
        }
        for edge in body.successors(block) {
            let leaving = if edge.kind == EdgeKind::Exception { &before } else { &state };
            let target = &mut at_entry[edge.target.index()];
            let merged = match target.as_ref() {
                None => leaving.clone(),
                Some(old) => old.iter().zip(leaving).map(|(one, other)| one | other).collect(),
            };
            if target.as_ref() != Some(&merged) {
                *target = Some(merged);
                pending.push(edge.target);
            }
        }
    }
    loads.into_iter().collect()
}

#[test]
fn ssa_gives_every_load_the_definitions_that_reach_it_and_no_phi_is_idle() {
    for file in programs(200) {
        for (id, body) in file.bodies() {
            let ssa = Ssa::new(id, body);
            let found: Vec<_> = ssa
                .loads()
                .map(|(load, reaching)| {
                    let definitions = ssa.definitions(reaching).into_iter().map(|definition| match definition {
                        Reaching::Instruction(value) => Some(value),
                        _ => None,
                    });
                    (load, definitions.collect::<BTreeSet<_>>())
                })
                .collect();
            assert_eq!(found, naive_reaching(id, body));
            let mut used: BTreeSet<u32> = BTreeSet::new();
            let mut pending: Vec<Reaching> = ssa.loads().map(|(_, reaching)| reaching).collect();
            while let Some(next) = pending.pop() {
                if let Reaching::Phi(phi) = next
                    && used.insert(phi)
                {
                    pending.extend(ssa.phis[phi as usize].inputs.iter().map(|(_, input)| *input));
                }
            }
            assert_eq!(used.len(), ssa.phis.len(), "every merge reaches a load");
            let reachable = reached(&Graph::of(body), ENTRY.0, NONE);
            for phi in &ssa.phis {
                let edges: BTreeSet<u32> = phi.inputs.iter().map(|(edge, _)| *edge).collect();
                let expected: BTreeSet<u32> = (0..body.edges().len() as u32)
                    .filter(|&edge| {
                        let edge = body.edges()[edge as usize];
                        edge.target == phi.block && reachable[edge.source.index()]
                    })
                    .collect();
                assert_eq!(edges, expected);
            }
        }
    }
}

#[test]
fn loops_nest_and_have_one_way_in() {
    let file = lower(
        "def f(a):\n    while a:\n        for b in a:\n            if b: break\n        while c: pass\n    for d in a: pass\n",
    );
    let body = file.body(named(&file, "f"));
    let graph = Graph::of(body);
    let loops = graph::loops(&graph, &Dominators::new(&graph, ENTRY.0));
    let depths: Vec<(u32, Option<u32>)> = loops.iter().map(|found| (found.depth, found.parent)).collect();
    assert_eq!(depths.iter().filter(|(depth, _)| *depth == 2).count(), 2);
    assert_eq!(depths.iter().filter(|(depth, parent)| *depth == 1 && parent.is_none()).count(), 2);
    for file in programs(100) {
        for (_, body) in file.bodies() {
            let graph = Graph::of(body);
            let dominators = Dominators::new(&graph, ENTRY.0);
            for found in graph::loops(&graph, &dominators) {
                assert!(found.blocks.iter().all(|&block| dominators.dominates(found.header, block)));
            }
        }
    }
}

fn constants(source: &str) -> (FileIr, BodyId, Constants) {
    let file = lower(source);
    let id = named(&file, "f");
    let body = file.body(id);
    let found = Constants::new(&file, body, &Ssa::new(id, body), python().folding());
    (file, id, found)
}

/// The names of functions that are called in blocks that may run.
fn called(source: &str) -> Vec<String> {
    let (file, id, found) = constants(source);
    let body = file.body(id);
    let mut names = Vec::new();
    for (block, _) in body.blocks().filter(|(block, _)| found.live_blocks[block.index()]) {
        for (_, instruction) in body.instructions_of(block) {
            if let Op::Call(call) = instruction.op
                && let Op::LoadName(variable) = body.instruction(body.call(call).callee).op
            {
                names.push(file.text(body.variable(variable).name).to_owned());
            }
        }
    }
    names
}

#[test]
fn branches_that_are_always_the_same_are_dead() {
    assert_eq!(called("def f():\n    x = 1\n    if x + 1 == 2: yes()\n    else: no()\n"), ["yes"]);
    assert_eq!(called("def f():\n    if 'ab'[1:] in ('b', 'c'): yes()\n    else: no()\n"), ["yes"]);
    assert_eq!(called("def f():\n    if 3 in [1, 2]: no()\n    yes()\n"), ["yes"]);
    assert_eq!(called("def f():\n    while True:\n        yes()\n    no()\n"), ["yes"]);
    assert_eq!(
        called(
            "def f():\n    match 'put':\n        case 'get': no()\n        case 'put' | 'post': yes()\n        case _: no()\n"
        ),
        ["yes"]
    );
    assert_eq!(
        called("def f(c):\n    x = 1\n    if c: x = 2\n    if x == 1: yes()\n    else: also()\n"),
        ["yes", "also"]
    );
    // Optimistic: the loop never changes what it tests.
    assert_eq!(called("def f(c):\n    x = 1\n    while c:\n        if x != 1: x = 2; no()\n    yes()\n"), ["yes"]);
    assert_eq!(
        called(
            "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    g()\n    if x == 1: yes()\n    else: also()\n"
        ),
        ["g", "yes", "also"]
    );
    assert_eq!(called("def f():\n    x = 1e999 * 0\n    while x: yes()\n"), ["yes"]);
}

#[test]
fn constants_are_found_through_variables_and_conditions() {
    let (file, id, found) = constants("def f(c):\n    t = (1, 'a')\n    x = t[1] if t else c\n    return x * 2\n");
    let body = file.body(id);
    let (_, last) = body
        .blocks()
        .filter_map(|(id, block)| match block.terminator {
            Terminator::Return(Some(value)) => Some((id, value)),
            _ => None,
        })
        .last()
        .expect("a return");
    assert_eq!(found.values[last.index()], Knowledge::Constant(Value::Text("aa".into())));
}
