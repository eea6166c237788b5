//! What JavaScript and TypeScript lower to, construct by construct.

mod common;

use codegraph_flow::ir::*;
use codegraph_flow::{LoweringError, Workspace};
use common::{code, lower_as, lowering, named};

fn javascript(source: &str) -> FileIr {
    lower_as("javascript", source)
}

fn typescript(source: &str) -> FileIr {
    lower_as("typescript", source)
}

fn variable<'f>(file: &'f FileIr, body: &str, name: &str) -> &'f Variable {
    let body = file.body(named(file, body));
    body.variables.iter().find(|variable| file.text(variable.name) == name).expect("a variable of that name")
}

#[test]
fn a_chain_is_left_at_its_first_missing_object() {
    let file = javascript("function f(a, d, r) { return a?.b.c?.(d)?.[r] }");
    assert_eq!(
        code(&file, "f"),
        "b0:\nv0 = parameter 0\nv1 = store a v0\nv2 = parameter 1\nv3 = store d v2\nv4 = parameter 2\nv5 = store r v4\n\
         v6 = load a\nv7 = null\nv8 = equal v6 v7\nbranch v8 true:b6 false:b3\nb3:\nv9 = attribute v6.b\n\
         v10 = attribute v9.c\nv11 = null\nv12 = equal v10 v11\nbranch v12 true:b6 false:b4\nb4:\nv13 = load d\n\
         v14 = call v10 v13\nv15 = null\nv16 = equal v14 v15\nbranch v16 true:b6 false:b5\nb5:\nv17 = load r\n\
         v18 = load-index v14 v17\njump jump:b7\nb6:\nv19 = undefined\njump jump:b7\nb7:\n\
         v20 = phi b5:v18 b6:v19\nreturn v20 return:exit\n"
    );
    // Brackets end a chain.
    let file = javascript("function f(a) { return (a?.b).c }");
    assert!(code(&file, "f").ends_with("v8 = attribute v7.c\nreturn v8 return:exit\n"), "{}", code(&file, "f"));
}

#[test]
fn patterns_take_values_apart_and_fall_back_where_they_are_undefined() {
    let file = javascript("function f({ b, 'c-d': [e, , g] = [], [h]: i, ...j }, ...r) {}");
    let text = code(&file, "f");
    for expected in [
        "v1 = attribute v0.b\n",
        "v3 = attribute v0.c-d\n",
        "strict-equal v3 v4\n",
        "unpack v7 0+\n",
        "element v8 0\n",
        "element v8 2\n",
        "load-index v0 v13\n",
        "new object *v0\n",
        "parameter 1\n",
    ] {
        assert!(text.contains(expected), "{expected}{text}");
    }
    let kinds: Vec<ParameterKind> =
        file.body(named(&file, "f")).parameters.iter().map(|parameter| parameter.kind).collect();
    assert_eq!(kinds, [ParameterKind::PositionalOnly, ParameterKind::Rest]);
    let file = javascript("function f(o) { [o.a, o['b'], o[c]] = o; ({ a: o.d } = o); }");
    let text = code(&file, "f");
    for expected in
        ["store v5.a v4\n", "store v8.b v7\n", "store-index v11 v12 v10\n", "attribute v14.a\n", "store v16.d v15\n"]
    {
        assert!(text.contains(expected), "{expected}{text}");
    }
}

#[test]
fn operators_that_may_not_look_right_branch() {
    let file = javascript("function f(o) { o.a ??= 1; return o && !o.b || o.c; }");
    assert_eq!(
        code(&file, "f"),
        "b0:\nv0 = parameter 0\nv1 = store o v0\nv2 = load o\nv3 = attribute v2.a\nv4 = null\nv5 = equal v3 v4\n\
         branch v5 true:b3 false:b4\nb3:\nv6 = 1\nv7 = store v2.a v6\njump jump:b5\nb4:\njump jump:b5\nb5:\n\
         v8 = phi b3:v6 b4:v3\nv9 = load o\nbranch v9 true:b6 false:b7\nb6:\nv10 = load o\nv11 = attribute v10.b\n\
         v12 = not v11\njump jump:b8\nb7:\njump jump:b8\nb8:\nv13 = phi b6:v12 b7:v9\nv14 = not v13\n\
         branch v14 true:b9 false:b10\nb9:\nv15 = load o\nv16 = attribute v15.c\njump jump:b11\nb10:\n\
         jump jump:b11\nb11:\nv17 = phi b9:v16 b10:v13\nreturn v17 return:exit\n"
    );
}

#[test]
fn operators_before_a_call_with_type_arguments_take_what_it_gives() {
    for (with_types, plain) in [
        ("await g<T>(a)", "await g(a)"),
        ("await a.g<T>(a)", "await a.g(a)"),
        ("await a?.g<T>(a)", "await a?.g(a)"),
        ("!g<T>(a)", "!g(a)"),
        ("typeof await g<T>(a)", "typeof await g(a)"),
        ("void g<T>(a)", "void g(a)"),
        ("(await g<T>(a)).b", "(await g(a)).b"),
    ] {
        let [written, wanted] =
            [with_types, plain].map(|text| typescript(&format!("async function f(a) {{ return {text}; }}")));
        assert_eq!(code(&written, "f"), code(&wanted, "f"), "{with_types}");
    }
}

#[test]
fn a_finally_block_is_on_every_way_out() {
    let file = javascript(
        "function f(a) { outer: for (const x of a) for (;;) { try { if (x) return 1; if (a) break outer; \
         if (g()) continue outer; if (k()) break; return 2 } catch ({ message }) { p(message) } finally { h() } } }",
    );
    let text = code(&file, "f");
    // Falling out, an exception, both returns together, three jumps.
    assert_eq!(text.matches("load ::h").count(), 6, "{text}");
    assert!(text.contains("attribute v") && text.contains(".message"), "{text}");
    // Nested clean-up code grows with the text, not with its depth.
    let size = |depth: usize| {
        let nested = "{ try { if (a()) return 1; if (b()) break; if (c()) continue; } finally ".repeat(depth);
        let file = javascript(&format!("function f() {{ while (x) {nested}{{}}{}", "}".repeat(depth + 1)));
        file.body(named(&file, "f")).instructions().len()
    };
    let (shallow, deep) = (size(12), size(24));
    assert!(deep < 3 * shallow, "{shallow} and {deep} instructions");
}

#[test]
fn labels_and_switches_lead_where_they_say() {
    let file = javascript(
        "function f(a) { block: { if (a) break block; g(); } \
         switch (a) { default: h(); case 1: k(); break; case 2: return 3 } }",
    );
    assert_eq!(
        code(&file, "f"),
        "b0:\nv0 = parameter 0\nv1 = store a v0\nv2 = load a\nbranch v2 true:b3 false:b4\nb3:\njump jump:b5\nb4:\n\
         v3 = load ::g\nv4 = call v3\njump jump:b5\nb5:\nv5 = load a\nv6 = 1\n\
         v7 = strict-equal v5 v6\nbranch v7 true:b8 false:b6\nb6:\nv8 = 2\nv9 = strict-equal v5 v8\n\
         branch v9 true:b9 false:b7\nb7:\nv10 = load ::h\nv11 = call v10\njump jump:b8\n\
         b8:\nv12 = load ::k\nv13 = call v12\njump jump:b10\nb9:\nv14 = 3\nreturn v14 return:exit\nb10:\n\
         return return:exit\n"
    );
}

#[test]
fn classes_have_members_and_give_their_objects_fields() {
    let file = typescript(
        "@dec class A extends B implements C { x = 1; static s = g(); #p: D; \
         constructor(private q: E, r) { super(q); this.#p = r } get v() { return this.x } static { this.s = 2 } \
         async *m() { yield* this.v; await g() } @k [k]() {} declare z: number }",
    );
    let text = code(&file, "A");
    for expected in [
        "member static field",
        "member constructor",
        "member getter",
        "member method",
        "member initializer",
        "this\nv12 = 2\nv13 = store v11.s v12\n",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert_eq!(
        code(&file, "A.<fields>"),
        "b0:\nv0 = this\nv1 = 1\nv2 = store v0.x v1\nv3 = this\nv4 = load ::D\nv5 = declare v3.#p v4\nreturn return:exit\n"
    );
    assert_eq!(
        code(&file, "A.constructor"),
        "b0:\nv0 = parameter 0\nv1 = store q v0\nv2 = parameter 1\nv3 = store r v2\nv4 = this\nv5 = load q\n\
         v6 = store v4.q v5\nv7 = super\nv8 = load q\nv9 = call v7 v8\nv10 = this\nv11 = load r\n\
         v12 = store v10.#p v11\nreturn return:exit\n"
    );
    let method = file.body(named(&file, "A.m"));
    assert!(method.is_async && method.is_generator);
    // What a decorator returns takes the place of the class.
    let module = code(&file, "");
    assert!(module.contains("decorate") && module.contains("phi"), "{module}");
}

#[test]
fn names_are_bound_where_javascript_binds_them() {
    let file = javascript(
        "x; { var v = 1; let l = 2; function inner() { return [v, l, arguments] } } \
         const F = function fact(n) { return n ? fact(n - 1) : F }; let g = () => this; { let l = 3; () => l }",
    );
    assert!(matches!(variable(&file, "", "v").storage, Storage::Global { variable: Some(_) }));
    assert!(matches!(variable(&file, "", "x").storage, Storage::Global { variable: None }));
    let module = file.body(BodyId(0));
    let blocks: Vec<&Variable> = module.variables.iter().filter(|variable| file.text(variable.name) == "l").collect();
    assert_eq!(blocks.len(), 2);
    assert!(blocks.iter().all(|variable| variable.private && variable.storage == Storage::Cell));
    assert!(matches!(variable(&file, "fact", "fact").storage, Storage::Captured { body: BodyId(0), .. }));
    assert!(matches!(variable(&file, "fact", "F").storage, Storage::Global { variable: Some(_) }));
    assert_eq!(file.body(named(&file, "g")).kind, BodyKind::Lambda);
    let parameters = &file.body(named(&file, "inner")).parameters;
    assert_eq!(parameters[0].kind, ParameterKind::All);
    let file = javascript("function f() { let n = 0; return () => { n += 1; m = 2 } } let m");
    assert!(variable(&file, "f", "n").written_elsewhere);
    assert!(variable(&file, "", "m").written_elsewhere);
}

#[test]
fn functions_are_made_before_the_statements_around_them() {
    let file = javascript("g(); function g() {} { h(); function h() {} } switch (1) { case 1: k(); function k() {} }");
    let text = code(&file, "");
    for name in ["g", "h", "k"] {
        let made = text.find(&format!("function {name}\n")).expect("made");
        let loaded = text.find(&format!("load ::{name}\n")).or_else(|| text.find(&format!("load {name}\n")));
        assert!(made < loaded.expect("used"), "{text}");
    }
}

#[test]
fn modules_say_what_they_import_and_export() {
    let file = typescript(
        "export default class {}; export const a = 1, { b, ...c } = a; export { a as z, b as 'w w' }; \
         export { y } from './m'; export * from 'n'; export * as q from 'o'; \
         import d, { e as f, default as g } from 'p'; import * as h from 'r'; import i = require('s'); \
         export function k() {} export enum E { A, B = 5, C } export namespace N.M { export const x = E.A }",
    );
    let exports: Vec<(String, String)> = file
        .exports
        .iter()
        .map(|export| {
            let target = match export.target {
                ExportTarget::Variable(variable) => file.text(file.body(BodyId(0)).variable(variable).name).to_owned(),
                ExportTarget::Member { path, name } => format!("{}:{}", file.text(path), file.text(name)),
                ExportTarget::Module { path } | ExportTarget::All { path } => file.text(path).to_owned(),
            };
            (file.text(export.name).to_owned(), target)
        })
        .collect();
    let expected = [
        ("default", "default"),
        ("a", "a"),
        ("b", "b"),
        ("c", "c"),
        ("z", "a"),
        ("w w", "b"),
        ("y", "./m:y"),
        ("*", "n"),
        ("q", "o"),
        ("k", "k"),
        ("E", "E"),
        ("N", "N"),
    ];
    assert_eq!(exports, expected.map(|(name, target)| (name.to_owned(), target.to_owned())));
    let text = code(&file, "");
    // Imports first, whatever stands before them.
    assert!(text.starts_with("b0:\nv0 = import p\nv1 = import-member v0.default\nv2 = store ::d v1\n"), "{text}");
    assert!(text.contains("import s\n") && text.contains("store ::h"), "{text}");
    let file =
        javascript("const r = require('s'); import('t').then(u => u.w()); function f(require) { require('no') }");
    assert!(code(&file, "").contains("import s\n"));
    assert!(code(&file, "").contains("import t\n"));
    assert!(code(&file, "f").contains("call"));
}

#[test]
fn declared_types_that_name_classes_are_kept() {
    let file = typescript("function f(this: T, a: N.A<B, string>, c: D[] | undefined): E { let v: F = a as any; }");
    let module = file.body(BodyId(0));
    let (_, op) = module
        .instructions()
        .iter()
        .enumerate()
        .find_map(|(at, instruction)| match instruction.op {
            Op::MakeFunction(definition) => Some((at, definition)),
            _ => None,
        })
        .expect("a function");
    let annotated: Vec<u32> = module.annotations(op).iter().map(|(index, _)| *index).collect();
    assert_eq!(annotated, [0, 1, RETURN_TYPE]);
    assert!(module.instructions().iter().filter(|instruction| instruction.in_annotation).count() >= 7);
    assert!(code(&file, "f").contains("declare v "), "{}", code(&file, "f"));
    assert_eq!(file.body(named(&file, "f")).parameters.len(), 2);
}

#[test]
fn elements_call_their_components() {
    let file = lower_as(
        "tsx",
        "function f(p) { return <A.B x='1' {...p} on={() => g()}>hi <p/>{p.n}{/* no */}</A.B> }\nconst e = <><b/></>;",
    );
    let text = code(&file, "f");
    assert!(text.contains("attribute v2.B\n"), "{text}");
    assert!(
        text.contains("v14 = new array v9 v10 v12\nv15 = new object v4:v5 *v6 v7:v8 v13:v14\nv16 = element v3 v15\n")
    );
    assert!(!code(&file, "").contains("element"));
}

#[test]
fn literals_have_their_values() {
    let file = javascript(
        "f(0x1F, 1_000, 0b11, 1.5e3, 12n, 'a\\n\\x41\\u{1F600}\\'', `t`, /a+/g, [1, , ...b]); tag`x${1}y`; `${a}b`",
    );
    let text = code(&file, "");
    for expected in [
        "= 31\n",
        "= 1000\n",
        "= 3\n",
        "= 1500.0\n",
        "= 12\n",
        "= \"t\"\n",
        "new regular-expression",
        "= undefined\n",
        "new array",
        "interpolate",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let texts: Vec<&str> =
        (0..file.names().len()).map(|id| file.text(codegraph_syntax::names::NameId(id as u32))).collect();
    assert!(texts.contains(&"a\nA😀'"), "{texts:?}");
}

#[test]
fn damaged_and_hostile_texts_are_lowered_as_far_as_they_go() {
    let file = javascript("function a() { return b( } function c() { d() } class { } ; } } else ...");
    assert!(file.parse_errors > 0);
    let deep = format!("x = {}1{};", "(".repeat(20_000), ")".repeat(20_000));
    assert!(javascript(&deep).body(BodyId(0)).is_truncated);
    let deep = format!("{}{}", "{ if (a) ".repeat(6_000), "}".repeat(6_000));
    assert!(javascript(&deep).body(BodyId(0)).is_truncated);
    let calls = format!("f{};", "()".repeat(20_000));
    assert!(javascript(&calls).body(BodyId(0)).is_truncated);
    let error = lowering("javascript").lower(&mut Workspace::default(), b"a\0b").expect_err("binary");
    assert_eq!(error, LoweringError::Binary);
}
