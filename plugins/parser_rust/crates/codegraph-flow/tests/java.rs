//! What Java lowers to, construct by construct.

mod common;

use codegraph_flow::ir::*;
use common::{code, lower_as, named};

fn java(source: &str) -> FileIr {
    lower_as("java", source)
}

/// A method `m` of a class `A` with these statements.
fn method(statements: &str) -> String {
    code(&java(&format!("class A {{ void m(Object o, int[] a) {{ {statements} }} }}")), "A.m")
}

fn assert_contains(text: &str, expected: &[&str]) {
    for part in expected {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn classes_have_members_and_give_their_objects_fields() {
    let file = java(
        "import java.util.*; import static x.Y.z; \
         abstract class A<T> extends C<T> implements I { private final int x = 1; static D s = new D(); { init(); } \
         static { start(); } A(int q, String... rest) { super(q); this.x = q; } A() { this(1); } \
         abstract void n(); class Inner {} }",
    );
    assert!(file.has_wildcard_import);
    assert_contains(
        &code(&file, ""),
        &["import java.util\nv1 = import-all v0\n", "import-member v2.z\n", "class A v5 v6\n", "store ::A v7\n"],
    );
    let class = code(&file, "A");
    assert_contains(
        &class,
        &["member constructor", "member initializer", "member static field", "declare v", "load ::start\n"],
    );
    assert_eq!(class.matches("member constructor").count(), 2);
    assert_eq!(
        code(&file, "A.<fields>"),
        "b0:\nv0 = this\nv1 = 1\nv2 = store v0.x v1\nv3 = load ::init\nv4 = call v3\nreturn return:exit\n"
    );
    assert_contains(&code(&file, "A.A"), &["v4 = super\nv5 = load q\nv6 = call v4 v5\n", "store v7.x v8\n"]);
    let kinds: Vec<ParameterKind> =
        file.body(named(&file, "A.A")).parameters.iter().map(|parameter| parameter.kind).collect();
    assert_eq!(kinds, [ParameterKind::PositionalOnly, ParameterKind::Rest]);
}

#[test]
fn enums_make_their_constants_and_records_their_components() {
    let file = java(
        "enum E implements K { P(1) { void m() {} }, Q; E(int i) {} E() {} } \
         record R(int a, String b) { R { check(a); } } record S(int c) { int d() { return c; } } \
         interface I { int K = 1; default int b() { return K; } }",
    );
    assert_contains(&code(&file, "E"), &["class <class1> v", "v8 = 1\nv9 = new v7 v8\n", "member static field"]);
    assert_contains(&code(&file, "E.<class1>"), &["member method"]);
    assert_contains(&code(&file, "R.R"), &["load ::check\n", "store v7.a v8\n", "store v10.b v11\n"]);
    assert_eq!(
        code(&file, "S.S"),
        "b0:\nv0 = parameter 0\nv1 = store c v0\nv2 = this\nv3 = load c\nv4 = store v2.c v3\nreturn return:exit\n"
    );
    assert_contains(&code(&file, "I"), &["member method", "member static field"]);
}

#[test]
fn names_that_no_scope_binds_are_left_to_the_analysis() {
    let file = java("class A { int f; void m(int p) { int f2 = f + p; f = f2; f2(); Runnable r = () -> n(p); } }");
    let body = file.body(named(&file, "A.m"));
    let storage = |name: &str| {
        let found = body.variables.iter().find(|variable| file.text(variable.name) == name);
        found.expect("a variable of that name").storage
    };
    assert_eq!(storage("f"), Storage::Global { variable: None });
    assert_eq!(storage("p"), Storage::Cell);
    assert_eq!(storage("f2"), Storage::Local);
    // A method has a name of its own.
    assert_contains(&code(&file, "A.m"), &["load ::f2\n"]);
    assert_contains(&code(&file, "A.m.<lambda1>"), &["v0 = load ::n\nv1 = load ^p\nv2 = call v0 v1\nreturn v2"]);
}

#[test]
fn patterns_bind_where_they_match() {
    let text = method("if (!(o instanceof String s) || s.isEmpty()) return; s.trim(); boolean b = o instanceof T;");
    assert_contains(
        &text,
        &[
            "type-test v4 v5\nbranch v6 true:b3 false:b5\nb3:\nv7 = store s v4\n",
            "store s v4\n",
            ".trim\n",
            "type-test v16 v17\nv19 = store b v18\n",
        ],
    );
    let text = method("if (o instanceof R(int x, P(var y)) && x > 1) f(y);");
    assert_contains(&text, &["component v4 v5 0\n", "component v4 v5 1\n", "component v", "store y v"]);
}

#[test]
fn switches_fall_through_or_have_values() {
    let text = method("switch (a[0]) { case 1: case 2: f(); break; default: g(); case 3: h(); }");
    assert_contains(&text, &["load ::f\n", "load ::g\n", "load ::h\n"]);
    assert_eq!(text.matches("equal v6").count(), 3);
    let text = method(
        "int r = switch (o) { case String w when w.isEmpty() -> 1; case R(int x) -> { try { yield x; } finally { f(); } } \
         case null, default -> throw new E(); };",
    );
    assert_contains(&text, &["type-test", ".isEmpty\n", "component", "phi b", "store r v", "load ::f\n"]);
    let exhaustive = method("int r = switch (o) { case A a1 -> 1; case B b1 -> 2; };");
    assert_contains(&exhaustive, &["raise raise\n".replace("raise raise", "raise exception:raise").as_str(), "phi b"]);
}

#[test]
fn resources_locks_and_handlers_are_left_on_every_way() {
    let text = method(
        "try (var in = open(); other) { in.read(); return; } catch (X | Y e) { throw new Z(e); } finally { done(); }",
    );
    assert_eq!(text.matches("enter-context").count(), 2);
    assert_eq!(text.matches("load ::done").count(), 2, "{text}");
    assert_contains(&text, &["load ::X\n", "load ::Y\n", "type-test", "store e v"]);
    let text = method("synchronized (this) { f(); } assert a != null : o; outer: for (;;) { for (;;) break outer; }");
    assert_eq!(text.matches("exit-context").count(), 2);
    assert_contains(&text, &["load ::AssertionError\n", "new v"]);
}

#[test]
fn expressions_have_their_parts_and_literals_their_values() {
    let text = method(
        "a[0] += 2; this.x++; f(0x1F, 1_000L, 'c', '\\n', 1.5f, \"a\\tb\", \"\"\"\n  x\n   y\n  \"\"\"); \
         Object q = new int[] {1, 2}; q = String::valueOf; q = A::new; q = super.toString(); q = A.this.x; \
         q = new B(1) { void n() {} }; q = (T) (a == null ? o : q); int[] z = {3}; q = List.class; q = a.clone().length;",
    );
    assert_contains(
        &text,
        &[
            "= 31\n",
            "= 1000\n",
            "= \"c\"\n",
            "= \"\\n\"\n",
            "= 1.5\n",
            "= \"a\\tb\"\n",
            "= \"x\\n y\\n\"\n",
            "attribute v",
            ".valueOf\n",
            ".new\n",
            ".toString\n",
            ".this\n",
            ".class\n",
            "class <class1> v",
            "phi b",
            "identical",
            "new array",
        ],
    );
}

#[test]
fn damaged_and_hostile_texts_are_lowered_as_far_as_they_go() {
    let file = java("class A { void a() { return b( } void c() { d(); } } class { } else ...");
    assert!(file.parse_errors > 0);
    for (open, close) in [("(", ")"), ("{ if (a) ", "}"), ("new A() { void m() { ", "}}")] {
        let depth = 1_500;
        let text = format!("class A {{ void m() {{ {}1{} }} }}", open.repeat(depth), close.repeat(depth));
        let file = java(&text);
        assert!(file.bodies().len() > 2);
    }
}
