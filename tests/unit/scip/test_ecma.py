"""What an index has of JavaScript and TypeScript: names, places and relations as scip-typescript 0.4 writes them.

The expectations are what that indexer says of these files.
"""

from __future__ import annotations

import pytest

from codegraph import CodeGraph, IndexingConfig
from codegraph_plugins.scip import scip_pb2 as scip
from codegraph_plugins.scip.grammar import parse_symbol
from codegraph_plugins.scip.reading import read_index


def documents(root, files):
    """Return the documents of an index of files by their path."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    output = root / "index.scip"
    CodeGraph(config=IndexingConfig(root_path=root)).export("scip", output=output)
    return {one.relative_path: one for one in read_index(output) if isinstance(one, scip.Document)}


def named(document, text):
    """Return which symbols the places of a document have: line, the word there, `=` where it is defined."""
    lines, found = text.splitlines(), []
    for one in document.occurrences:
        if len(one.range) != 3 or one.range[1] == one.range[2]:
            continue
        line, start, end = one.range
        symbol = parse_symbol(one.symbol)
        name = f"local {symbol.local}" if symbol.local else "".join(map(str, symbol.descriptors[1:]))
        found.append(f"{line + 1} {lines[line][start:end]}{'=' if one.symbol_roles & scip.Definition else ':'} {name}")
    return found


CASES = {
    "a parameter property is its constructor's parameter": (
        "class A {\n  constructor(private b: number) {}\n  go() { return this.b; }\n}\n",
        [
            "1 A= A#",
            "2 constructor= A#`<constructor>`().",
            "2 b= A#`<constructor>`().(b)",
            "3 go= A#go().",
            "3 b: A#`<constructor>`().(b)",
        ],
    ),
    "getter and setter are two symbols, and a use is one of both": (
        "class A {\n  get b() { return 1; }\n  set b(v) {}\n}\nnew A().b;\n",
        [
            "1 A= A#",
            "2 b= A#`<get>b`().",
            "3 b= A#`<set>b`().",
            "3 v= A#`<set>b`().(v)",
            "5 A: A#",
            "5 b: A#`<get>b`().",
            "5 b: A#`<set>b`().",
        ],
    ),
    "what a function defines is local, and so are the parameters of functions without a name": (
        "const f = (a: number) => a;\nfunction g(b: number) {\n  const c = b;\n  function d() {}\n  d();\n}\n",
        [
            "1 f= f.",
            "1 a= local 1",
            "1 a: local 1",
            "2 g= g().",
            "2 b= g().(b)",
            "3 c= local 4",
            "3 b: g().(b)",
            "4 d= local 5",
            "5 d: local 5",
        ],
    ),
    "members of type literals stand below what has the type": (
        "type A = { b: { c: number } };\nfunction f(o: { d: number }): void { o.d; }\ntype U = { e: 1 } | { f: 2 };\n",
        [
            "1 A= A#",
            "1 b= A#typeLiteral0:b.",
            "1 c= A#typeLiteral0:b.typeLiteral1:c.",
            "2 f= f().",
            "2 o= f().(o)",
            "2 d= f().(o)typeLiteral2:d.",
            "2 o: f().(o)",
            "2 d: f().(o)typeLiteral2:d.",
            "3 U= U#",
            "3 e= local 5",
            "3 f= local 7",
        ],
    ),
    "keys of object literals are numbered by name": (
        "const a = { b: 1, 'c': { b: 2 } };\na.b + a.c.b;\n",
        [
            "1 a= a.",
            "1 b= b0:",
            "1 'c'= `'c'0`:",
            "1 b= b1:",
            "2 a: a.",
            "2 b: b0:",
            "2 a: a.",
            "2 c: `'c'0`:",
            "2 b: b1:",
        ],
    ),
    "a class that a variable holds is named below it by its own name": (
        "const A = class B {\n  c = 1;\n  d() { return new B().c; }\n};\nnew A().d();\n",
        [
            "1 A= A.",
            "1 B: A.B#",
            "2 c= A.B#c.",
            "3 d= A.B#d().",
            "3 B: A.B#",
            "3 c: A.B#c.",
            "5 A: A.",
            "5 d: A.B#d().",
        ],
    ),
    "merged declarations are two symbols": (
        "class A {}\nnamespace A { export const b = 1; }\nA.b;\n",
        ["1 A= A#", "2 A= A/", "2 b= A/b.", "3 A: A#", "3 A: A/", "3 b: A/b."],
    ),
    "each name of a dotted namespace is a namespace": (
        "namespace A.B.C { export const d = 1; }\nA.B.C.d;\n",
        [
            "1 A= A/",
            "1 B= A/B/",
            "1 C= A/B/C/",
            "1 d= A/B/C/d.",
            "2 A: A/",
            "2 B: A/B/",
            "2 C: A/B/C/",
            "2 d: A/B/C/d.",
        ],
    ),
    "loops and catch bind locals, index signatures and mapped types do": (
        "interface A { [b: string]: { c: 1 } }\ntype D = { [E in 'x']: E } & { [E in 'y']: E };\n"
        "for (const f of []) f;\ntry {} catch (g) { g; }\ntype H = { i: 1 };\n",
        [
            "1 A= A#",
            "1 b= local 1",
            "1 c= local 3",
            "2 D= D#",
            "2 E= local 6",
            "2 E: local 6",
            "2 E= local 8",
            "2 E: local 8",
            "3 f= local 11",
            "3 f: local 11",
            "4 g= local 14",
            "4 g: local 14",
            "5 H= H#",
            "5 i= H#typeLiteral15:i.",
        ],
    ),
    "variables of a pattern are locals, and its keys the members": (
        "interface P { a: number; b: number }\nexport const { a, b: c } = { a: 1, b: 2 } as P;\na + c;\n",
        [
            "1 P= P#",
            "1 a= P#a.",
            "1 b= P#b.",
            "2 a= local 1",
            "2 a: P#a.",
            "2 b: P#b.",
            "2 c= local 2",
            "2 a: P#a.",
            "2 b: P#b.",
            "2 P: P#",
            "3 a: local 1",
            "3 c: local 2",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_names_are_those_of_scip_typescript(tmp_path, case):
    text, wanted = CASES[case]
    assert named(documents(tmp_path, {"a.ts": text})["a.ts"], text) == wanted


def test_a_local_that_another_file_names_stays_global(tmp_path):
    files = {
        "a.ts": "export const { a } = { a: 1 };\nexport const B = class { c() {} };\n",
        "b.ts": 'import { a, B } from "./a";\na;\nnew B().c();\n',
    }
    found = documents(tmp_path, files)
    assert "1 a= a." in named(found["a.ts"], files["a.ts"])
    assert "2 c= B#c()." in named(found["a.ts"], files["a.ts"])
    other = named(found["b.ts"], files["b.ts"])
    assert "2 a: a." in other
    assert "3 c: B#c()." in other
    assert '1 "./a": ' in other  # the module, with its quotes


def test_definitions_enclose_what_scip_typescript_says(tmp_path):
    text = (
        "// first\n@D()\nexport class A {\n  @D() b() {}\n  c = 1;\n  get d() { return 1; }\n  abstract e(): void;\n}\n"
        "export const f = () => 1;\nconst g = 2;\nexport type T = string;\n"
        "function D() { return (..._: any[]) => {}; }\n"
    )
    document = documents(tmp_path, {"a.ts": text})["a.ts"]
    found = {
        one.symbol.partition("`a.ts`/")[2]: list(one.enclosing_range)
        for one in document.occurrences
        if one.symbol_roles & scip.Definition and not one.symbol.startswith("local ")
    }
    assert found == {
        "": [1, 0, 12, 0],
        "A#": [1, 0, 7, 1],
        "A#b().": [3, 2, 13],
        "A#c.": [],
        "A#`<get>d`().": [],
        "A#e().": [6, 2, 21],
        "f.": [8, 17, 24],
        "g.": [],
        "T#": [10, 0, 23],
        "D().": [11, 0, 44],
    }


def test_types_and_members_implement_what_all_types_above_have(tmp_path):
    text = (
        "interface A { m(): void; p: number }\ninterface B extends A { m(): void }\n"
        "class C implements B { m() {} p = 1 }\n"
        "class D extends C { m() {} }\n"
    )
    document = documents(tmp_path, {"a.ts": text})["a.ts"]
    found = {
        one.symbol.partition("`a.ts`/")[2]: [
            (each.symbol.partition("`a.ts`/")[2], each.is_implementation, each.is_reference)
            for each in one.relationships
        ]
        for one in document.symbols
        if one.relationships
    }
    assert found == {
        "B#m().": [("A#m().", True, True)],
        "C#": [("B#", True, False), ("A#", True, False)],
        "C#m().": [("B#m().", True, True), ("A#m().", True, True)],
        "C#p.": [("A#p.", True, True)],
        "D#": [("C#", True, False), ("B#", True, False), ("A#", True, False)],
        "D#m().": [("C#m().", True, True), ("B#m().", True, True), ("A#m().", True, True)],
    }
