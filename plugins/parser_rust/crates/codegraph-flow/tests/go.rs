//! What Go lowers to, construct by construct.

mod common;

use codegraph_flow::constants::Constants;
use codegraph_flow::ir::*;
use codegraph_flow::ssa::Ssa;
use common::{code, lower_as, named};

fn go(source: &str) -> FileIr {
    lower_as("go", &format!("package p\n{source}"))
}

/// A function `f` with these statements.
fn function(statements: &str) -> String {
    code(&go(&format!("func f(a, b int, xs []int, ch chan int) {{ {statements} }}")), "f")
}

fn assert_contains(text: &str, expected: &[&str]) {
    for part in expected {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn functions_types_and_methods_are_there_before_variables() {
    let file = go("import (\n\"fmt\"\nalias \"a/b\"\n. \"everything\"\n_ \"effects\"\n\"m/v2\")\n\
         var x = make_it()\nfunc make_it() *T { return &T{a: 1} }\ntype T struct { Base; a, b int; next *T }\n\
         type Alias = T\nfunc (t *T) Get(k string, more ...int) int { return t.a }");
    assert!(file.has_wildcard_import);
    let module = code(&file, "");
    assert_contains(&module, &["import fmt", "store ::alias", "import-all", "store ::m ", "class T"]);
    assert!(module.find("store ::make_it") < module.find("store ::x"), "{module}");
    assert_contains(&module, &["load ::T", ".Get v"]);
    assert_contains(&code(&file, "T"), &["declare v"]);
    let method = file.body(named(&file, "Get"));
    let kinds: Vec<ParameterKind> = method.parameters.iter().map(|parameter| parameter.kind).collect();
    assert_eq!(kinds, [ParameterKind::PositionalOnly, ParameterKind::PositionalOnly, ParameterKind::Rest]);
    assert_contains(&code(&file, "make_it"), &["new v", "a=v"]);
}

#[test]
fn several_results_are_a_tuple_that_is_unpacked() {
    let file = go("func two() (int, error) { return 1, nil }\nfunc named() (n int, err error) { n = 2; return }\n\
         func use() { a, err := two(); b, err := two(); _, _ = a, b; _ = err }");
    assert_contains(&code(&file, "two"), &["tuple", "return v"]);
    assert_contains(&code(&file, "named"), &["v0 = 0\nv1 = store n v0\n", "store n v", "load n\n", "load err\n"]);
    let text = code(&file, "use");
    assert_eq!(text.matches("unpack 2").count() + text.matches("unpack v").count(), 2, "{text}");
    let body = file.body(named(&file, "use"));
    let count = body.variables.iter().filter(|variable| file.text(variable.name) == "err").count();
    assert_eq!(count, 1, "a name that the block has declared is assigned");
}

#[test]
fn a_declaration_binds_from_its_end_on() {
    let file = go("func f(x int) { if x := g(x); x > 0 { x := x; h(x) }; for i := range x { i := i; h(i) }; h(x) }");
    let body = file.body(named(&file, "f"));
    let count = body.variables.iter().filter(|variable| file.text(variable.name) == "x").count();
    assert_eq!(count, 3);
    let stores: Vec<(VariableId, ValueId)> = body
        .instructions()
        .iter()
        .filter_map(|instruction| match instruction.op {
            Op::StoreName { variable, value } => Some((variable, value)),
            _ => None,
        })
        .collect();
    for (variable, value) in stores {
        if let Op::LoadName(read) = body.instruction(value).op {
            assert_ne!(read, variable, "`x := x` reads the outer one");
        }
    }
}

#[test]
fn loops_have_conditions_steps_and_ranges() {
    assert_contains(
        &function("for i := 0; i < a; i++ { if i == b { continue }; if i > 9 { break } }"),
        &["less", "add"],
    );
    assert_contains(&function("for { a++ }"), &["jump jump:b"]);
    assert_contains(&function("for a < b { a++ }"), &["branch v", "true:b"]);
    let range = function("for i, x := range xs { b += x + i }");
    assert_contains(&range, &["get-iterator", "iterate v", "item:b", "exhausted:b", "store i v", "store x v"]);
    let labelled = function("outer: for range xs { for range xs { continue outer } }");
    assert_eq!(labelled.matches("get-iterator").count(), 2);
}

#[test]
fn switches_go_to_one_case_and_fall_through_only_where_they_say() {
    let text = function("switch a { case 1, 2: b = 1; fallthrough; case 3: b = 2; default: b = 3 }; g(b)");
    assert_eq!(text.matches("equal v").count(), 3, "{text}");
    assert_contains(&function("switch { case a > b: g(a); case a < b && b > 0: g(b) }"), &["greater", "less"]);
    let types = code(
        &go(
            "func f(v any) { switch x := v.(type) { case int: g(x); case *T, q.U: h(x); case nil: i(x); default: j(x) } }",
        ),
        "f",
    );
    assert_eq!(types.matches("type-test").count(), 3, "{types}");
    assert_eq!(types.matches("store x").count(), 4, "{types}");
}

#[test]
fn select_takes_any_of_its_cases() {
    let text = function("select { case v, ok := <-ch: g(v, ok); case ch <- a: h(); default: i() }");
    assert_contains(&text, &["await v", "append v", "load ::i"]);
    let file = go("func f() { select {} }");
    assert!(
        file.body(named(&file, "f"))
            .blocks()
            .any(|(id, _)| { file.body(named(&file, "f")).successors(id).iter().any(|edge| edge.target == id) })
    );
}

#[test]
fn deferred_calls_are_made_on_every_way_out_the_last_first() {
    let text = code(
        &go("func f(m M) int { m.Lock(); defer m.Unlock(); defer done(1); if m.ok { return g() }; return 2 }"),
        "f",
    );
    // Falling out does not happen: both returns share one copy, a panic has its own.
    assert_eq!(text.matches(".Unlock").count(), 2, "{text}");
    let done = text.find("load <defer2.0>").expect("the last deferred call");
    assert!(done < text.find("load <defer1.0>").expect("the first"), "{text}");
    assert_contains(&text, &["catch", "raise v"]);
    let file = go(
        "func f() (err error) { defer func() { if r := recover(); r != nil { err = fail(r) } }(); g(); return nil }",
    );
    let text = code(&file, "f");
    assert_contains(&text, &["unknown", "load err&", "return v"]);
    assert!(file.body(named(&file, "f.<lambda1>")).captures().count() >= 1);
}

#[test]
fn panics_raise_and_what_follows_cannot_be_reached() {
    let file =
        go("func f(a int) int { if a > 0 { panic(\"no\") }; return a }\nfunc panic_of_ours() { panic := g; panic(1) }");
    assert_contains(&code(&file, "f"), &["raise v", "exception:raise"]);
    assert!(!code(&file, "panic_of_ours").contains("raise v"));
}

#[test]
fn closures_capture_and_goroutines_are_calls() {
    let file = go("func f() func() int { n := 0; go g(n); return func() int { n++; return n } }");
    assert_contains(&code(&file, "f"), &["store n& v", "load ::g", "call v"]);
    assert_contains(&code(&file, "f.<lambda1>"), &["load ^n", "store ^n"]);
}

#[test]
fn pairs_of_value_and_truth_are_what_the_language_gives() {
    let text = code(&go("func f(m map[string]int, x any) { v, ok := m[\"k\"]; t, is := x.(T); g(v, ok, t, is) }"), "f");
    assert_contains(&text, &["in v", "type-test v"]);
}

#[test]
fn pointers_share_what_they_point_to() {
    let file = go("func f() { x := 1; p := &x; *p = 2; g(*p, x) }");
    assert_contains(&code(&file, "f"), &[".* v"]);
    let body = file.body(named(&file, "f"));
    let x = body.variables.iter().find(|variable| file.text(variable.name) == "x").expect("x");
    assert!(x.written_elsewhere, "its address was taken");
}

#[test]
fn constants_repeat_with_the_next_iota_and_are_folded() {
    let module = code(&go("const (\nA = iota\nB\nC\n)\nconst D, E = 1, \"e\"\nconst big = 1 << 3 &^ 2"), "");
    assert_contains(&module, &["= 0\n", "= 1\n", "= 2\n", "store ::C", "\"e\"", "invert"]);
    let file = go("func f() int { if false { return 1 }; return 2 }");
    let id = named(&file, "f");
    let body = file.body(id);
    let found = Constants::new(&file, body, &Ssa::new(id, body), common::lowering("go").folding());
    assert!(body.blocks().any(|(id, block)| !block.instructions.is_empty() && !found.live_blocks[id.index()]));
}

#[test]
fn goto_leads_to_its_label() {
    let text = function("again: a++; if a < b { goto again }; goto done; done: g(a)");
    assert_contains(&text, &["less", "load ::g"]);
}

#[test]
fn literals_are_containers_or_objects_of_their_type() {
    let text =
        function("g([]int{1, 2}, map[string]int{\"k\": a}, T{F: a}, [][]int{{1}, {2}}, &q.U{1}, xs[1:2], 'x', `raw`)");
    assert_contains(&text, &["new array", "new map", "F=v", "load ::q", "slice", "= 120\n", "\"raw\""]);
}

#[test]
fn what_cannot_be_read_is_unknown_and_the_rest_is_lowered() {
    for source in
        ["func f( { return", "func", "func f() { for { switch { case", "type T struct { a", "}{", "func f() { defer }"]
    {
        go(source);
    }
    let deep = format!("func f() int {{ return {}1{} }}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(go(&deep).body(named(&go(&deep), "f")).is_truncated);
}
