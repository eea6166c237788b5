"""What a grammar of TypeScript misreads: how it is rewritten, and that nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegraph_plugins.parsers.reference.misreadings import rewritten


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: { (): A\n  <B>(): B }", "a: { (): A\n ;<B>(): B }"),
        ("type T = { (): A<C> // <\n  <\n B>(): B }", "type T = { (): A<C> // <\n ;<\n B>(): B }"),
        ("a: B & { (): 'a'\n  /** b */ <B>(): B }", "a: B & { (): 'a'\n  /** b */;<B>(): B }"),
        (
            "interface A extends B<{ c: D }> { name: A[]\n  in: B }",
            "interface A extends B<{ c: D }> { name: A[]\n ;in: B }",
        ),
        ("interface A { name: A[]\n  instanceof?: B }", "interface A { name: A[]\n ;instanceof?: B }"),
        ("class A<B extends { c: D }, out E> {}", "class A<B extends { c: D },     E> {}"),
        ("a = class<in B> {}", "a = class<   B> {}"),
        ("a: () => {\n  <A>(): B\n  <C>(): D }", "a: () => {\n  <A>(): B\n ;<C>(): D }"),
        ("type A<in B, out C, in out D> = B", "type A<   B,     C,        D> = B"),
        ("type A<\n  in\n  B> = B", "type A<\n    \n  B> = B"),
        ("`a \\` ${ `\\`` } \\``; b", "`a __ ${ `__` } __`; b"),
        ("type A<type> = (type extends B ? type : C)", "type A<type> = (typ_ extends B ? type : C)"),
        ("export type * from 'a'", "export      * from 'a'"),
        ("`${ { a: `\\`` } } \\``", "`${ { a: `__` } } __`"),
    ],
)
def test_what_is_misread_is_rewritten(text: str, expected: str) -> None:
    assert rewritten(text.encode()) == expected.encode()


@pytest.mark.parametrize(
    "text",
    [
        "f(\n  <A>(a: A) => a)",
        "const f =\n  <A>(a: A) => a",
        "const f = () =>\n  <A>b",
        "a\n  < b",
        "a\n<b",
        "type A<out extends B> = out",
        "type A<out> = out",
        "type A<out, B> = out",
        "[a, out in b]",
        "f(a, out b)",
        "f(a, out b, c)",
        "f<a, out b>(c)",
        "type A = f<a, out b>",
        "type A<B extends (a, out b) => c> = d",
        "{ (): A\n  <B>(): B }",
        "if (a) { b\n  <c>(d) }",
        "() => { b\n  <c>(d) }",
        "foo\n  <T>(x)",
        "a = { interface: b }; if (c) { d\n  <e>(f) }",
        "f(a, in1 b)",
        "// A\n  // <B>",
        "/* A\n  <B>( */",
        '"A\\\n  <B>("',
        "`A\n  <B>(`",
        "/`[/`]/; `\n  <b>`",
        "return /`/; `a\n  <b>`",
        "a ? b\n  : c in d",
        "f(type); export type A = B; export type { C }",
        "/* a",
        "",
    ],
)
def test_what_means_one_thing_stays(text: str) -> None:
    assert rewritten(text.encode()) is None


_PARTS = ["a", "in", "out", "<", ">", "=", "`", "${", "}", "{", "\\", "/", "*", '"', "\n", " ", ","]


@given(st.lists(st.sampled_from(_PARTS)).map("".join))
def test_only_blanks_quotes_and_modifiers_change(text: str) -> None:
    source = text.encode()
    found = rewritten(source)
    if found is None:
        return
    assert len(found) == len(source)
    assert found.count(b"\n") == source.count(b"\n")
    for before, after in zip(source, found, strict=True):
        assert before == after or (before in b" \t" and after == 0x3B) or after in b" _"
