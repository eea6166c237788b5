"""Terminators before closing braces: where they are set, and that nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegraph_plugins.parsers.reference.terminators import terminated


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class A { val b = 1 }", "class A { val b = 1;}"),
        ("class A { class B { fun c() = 1 } }", "class A { class B { fun c() = 1;};}"),
        ('val a = "${ b }"; object O { val c = "d" }', 'val a = "${ b }"; object O { val c = "d";}'),
        ("a /* } */ { b }", "a /* } */ { b;}"),
    ],
)
def test_a_blank_before_a_brace_becomes_a_terminator(text: str, expected: str) -> None:
    assert terminated(text.encode(), ";") == expected.encode()


@pytest.mark.parametrize("text", ["class A { }", "f { a -> }", "val a = 1\n }", "g(1; )", ""])
def test_nothing_is_set_where_nothing_ends(text: str) -> None:
    assert terminated(text.encode(), ";") is None


@pytest.mark.parametrize(
    "text",
    [
        "// a }",
        "/* a /* b } */ c } */",
        '"a } ${ b } }"',
        '"""a " } ${"b }"} }""""',
        "' }'",
        '"\\" }"',
        '"a }',
        "'\\' }",
    ],
)
def test_comments_and_texts_stay(text: str) -> None:
    assert terminated(text.encode(), ";") is None


@given(st.text(st.sampled_from("a{} \n\t;,(>\"'$\\/*-")))
def test_only_blanks_before_braces_change(text: str) -> None:
    source = text.encode()
    found = terminated(source, ";")
    if found is None:
        return
    assert len(found) == len(source)
    for at, (before, after) in enumerate(zip(source, found, strict=True)):
        assert before == after or (before in b" \t" and after == ord(";") and source[at + 1] == ord("}"))
