//! Lowering texts in tests, and what must hold of every body.

#![allow(dead_code)]

use std::ptr::NonNull;

use codegraph_flow::ir::*;
use codegraph_flow::{Lowering, Workspace, dump};
use codegraph_syntax::core::Grammar;

/// The lowering of a language.
pub fn lowering(language: &str) -> Lowering {
    let function = match language {
        "go" => tree_sitter_go::LANGUAGE,
        "java" => tree_sitter_java::LANGUAGE,
        "javascript" => tree_sitter_javascript::LANGUAGE,
        "typescript" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX,
        _ => tree_sitter_python::LANGUAGE,
    };
    // SAFETY: the functions take nothing and return their crate's constant table.
    let table = unsafe { function.into_raw()() };
    let table = NonNull::new(table.cast_mut()).expect("a grammar");
    // SAFETY: as above, the table lives as long as the process.
    let grammar = unsafe { Grammar::new(table.cast()) }.expect("a supported ABI");
    Lowering::new(language, grammar).expect("a lowering")
}

/// The lowering of Python.
pub fn python() -> Lowering {
    lowering("python")
}

/// Lower a text of Python and check what must hold of it.
pub fn lower(source: &str) -> FileIr {
    lower_as("python", source)
}

/// Lower a text and check what must hold of it.
pub fn lower_as(language: &str, source: &str) -> FileIr {
    let file = lowering(language).lower(&mut Workspace::default(), source.as_bytes()).expect("a tree");
    for (id, body) in file.bodies() {
        check(&file, id, body);
    }
    file
}

/// The body of a qualified name.
pub fn named(file: &FileIr, name: &str) -> BodyId {
    file.bodies().map(|(id, _)| id).find(|id| file.qualified_name(*id) == name).expect("a body of that name")
}

/// A body's dump without its first line and without indentation.
pub fn code(file: &FileIr, name: &str) -> String {
    let text = dump::body(file, named(file, name));
    text.lines().skip(1).map(|line| format!("{}\n", line.trim())).collect()
}

fn reachable_without(body: &Body, without: Option<BlockId>) -> Vec<bool> {
    let mut seen = vec![false; body.blocks.len()];
    let mut pending = vec![ENTRY];
    while let Some(block) = pending.pop() {
        if Some(block) == without || std::mem::replace(&mut seen[block.index()], true) {
            continue;
        }
        pending.extend(body.successors(block).iter().map(|edge| edge.target));
    }
    seen
}

/// What an edge must be after a terminator.
fn kinds(terminator: &Terminator) -> &'static [EdgeKind] {
    match terminator {
        Terminator::End | Terminator::Dispatch | Terminator::Raise { .. } => &[],
        Terminator::Jump => &[EdgeKind::Jump],
        Terminator::Branch(_) => &[EdgeKind::True, EdgeKind::False],
        Terminator::Iterate(_) => &[EdgeKind::Item, EdgeKind::Exhausted],
        Terminator::Suspend(_) => &[EdgeKind::Resume],
        Terminator::Return(_) => &[EdgeKind::Return],
    }
}

/// Check a body against the contract of `ir`.
pub fn check(file: &FileIr, id: BodyId, body: &Body) {
    let name = file.qualified_name(id);
    let mut block_of = vec![None; body.instructions().len()];
    for (block_id, block) in body.blocks() {
        for (value, _) in body.instructions_of(block_id) {
            assert_eq!(block_of[value.index()].replace(block_id), None, "{name}: {value:?} is in two blocks");
        }
        let edges: Vec<EdgeKind> = body.successors(block_id).iter().map(|edge| edge.kind).collect();
        let normal: Vec<EdgeKind> =
            edges.iter().copied().filter(|kind| !matches!(kind, EdgeKind::Exception | EdgeKind::Finally)).collect();
        assert_eq!(normal, kinds(&block.terminator), "{name}: b{}", block_id.0);
        assert!(edges.iter().filter(|kind| **kind == EdgeKind::Exception).count() <= 1, "{name}: b{}", block_id.0);
        if matches!(block.terminator, Terminator::Raise { .. }) {
            assert!(edges.contains(&EdgeKind::Exception), "{name}: b{}", block_id.0);
        }
        assert_eq!(edges.contains(&EdgeKind::Finally), block.terminator == Terminator::Dispatch);
    }
    // What follows is quadratic.
    if body.blocks.len() > 300 {
        return;
    }
    let block_of: Vec<BlockId> =
        block_of.into_iter().map(|block| block.expect("every instruction has a block")).collect();
    // Dominance by its definition: without the definition's block the use cannot be reached.
    let reachable = reachable_without(body, None);
    let dominates = |value: ValueId, block: BlockId| {
        let definition = block_of[value.index()];
        !reachable[block.index()] || definition == block || !reachable_without(body, Some(definition))[block.index()]
    };
    for (block_id, block) in body.blocks() {
        let leads = |edge: &Edge| edge.kind == EdgeKind::Exception && edge.target != RAISE_EXIT;
        let protected = body.successors(block_id).iter().any(leads);
        let mut stored = false;
        for (value, instruction) in body.instructions_of(block_id) {
            if let Op::Phi(inputs) = instruction.op {
                for &(source, input) in body.phi_inputs(inputs) {
                    assert!(body.successors(source).iter().any(|edge| edge.target == block_id), "{name}: {value:?}");
                    assert!(dominates(input, source), "{name}: {value:?}");
                }
                continue;
            }
            body.for_each_operand(&instruction.op, |operand| {
                assert!(dominates(operand, block_id), "{name}: {operand:?} does not dominate {value:?}");
                assert!(block_of[operand.index()] != block_id || operand < value, "{name}: {value:?}");
            });
            let raises = matches!(instruction.op, Op::Call(_) | Op::LoadAttribute { .. } | Op::ImportModule { .. });
            assert!(!(protected && stored && raises), "{name}: {value:?} may raise after a store");
            stored |= matches!(instruction.op, Op::StoreName { .. } | Op::DeleteName(_));
        }
        body.for_each_terminator_operand(&block.terminator, |operand| {
            assert!(dominates(operand, block_id), "{name}: {operand:?} does not dominate the end of b{}", block_id.0);
        });
    }
}
