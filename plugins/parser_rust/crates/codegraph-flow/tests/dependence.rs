//! The program dependence graph: what depends on what, and why.

mod common;

use codegraph_flow::dependence::{self, Dependence, DependenceKind, Point};
use codegraph_flow::ir::*;
use common::{lower, named};

/// The source text of a point, or how its block ends.
fn text<'s>(source: &'s str, body: &Body, point: Point) -> &'s str {
    let span = match point {
        Point::Value(value) => body.instruction(value).span,
        Point::End(block) => body.block(block).span,
    };
    &source[span.start as usize..span.end as usize]
}

/// The dependences of a kind in the function `f`, as texts.
fn found(source: &str, kind: DependenceKind) -> Vec<(String, String)> {
    let file = lower(source);
    let id = named(&file, "f");
    let body = file.body(id);
    let rows: Vec<Dependence> = dependence::dependences(&file, id, body);
    let mut pairs: Vec<(String, String)> = rows
        .iter()
        .filter(|row| row.kind == kind)
        .map(|row| (text(source, body, row.source).to_owned(), text(source, body, row.target).to_owned()))
        .collect();
    pairs.dedup();
    pairs
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(source, target)| ((*source).to_owned(), (*target).to_owned())).collect()
}

#[test]
fn a_change_of_an_object_reaches_those_who_read_it_later_by_any_name() {
    let source = "def f(a):\n    xs = []\n    ys = xs\n    first = xs\n    ys.append(a)\n    return xs\n";
    assert_eq!(found(source, DependenceKind::State), pairs(&[("ys.append(a)", "xs")]));
}

#[test]
fn a_part_that_changes_changes_the_whole() {
    let source = "def f(o, a):\n    part = o.items[0]\n    part.append(a)\n    return o\n";
    let state = found(source, DependenceKind::State);
    assert!(state.contains(&("part.append(a)".to_owned(), "o".to_owned())), "{state:?}");
}

#[test]
fn attributes_are_told_apart() {
    let source = "def f(o, a):\n    o.x = a\n    o.y = a\n    return o.x\n";
    assert_eq!(found(source, DependenceKind::State), pairs(&[("o.x", "o.x")]));
}

#[test]
fn modules_functions_and_constants_do_not_change() {
    let source = "import os\ndef g():\n    pass\ndef f(a):\n    os.mkdir(a)\n    g()\n    n = 1\n    n += 1\n    return os.sep, g, n\n";
    assert_eq!(found(source, DependenceKind::State), pairs(&[]));
}

#[test]
fn branches_decide_and_what_may_raise_decides_for_handlers_alone() {
    let source = "def f(a):\n    if a:\n        x = g()\n    else:\n        x = h()\n    try:\n        y = k()\n    except OSError:\n        y = m()\n    z = n()\n    return x, y, z\n";
    let control = found(source, DependenceKind::Control);
    let on = |text: &str| control.iter().any(|(_, target)| target == text);
    assert!(on("g()") && on("h()") && on("m()"), "{control:?}");
    assert!(!on("n()") && !on("k()"), "{control:?}");
}

#[test]
fn an_argument_is_for_the_callee_to_say() {
    let source = "def f(a):\n    xs = [a]\n    g(xs)\n    return xs\n";
    assert_eq!(found(source, DependenceKind::Argument), pairs(&[("g(xs)", "xs")]));
    let file = lower(source);
    let id = named(&file, "f");
    let changes = dependence::changes(&file, id, file.body(id));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].kind, DependenceKind::Argument);
}
