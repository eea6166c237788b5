"""Types in comments of JavaScript: what is read, and that whatever stands there is read to its end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegraph_plugins.stages.occurrences.jsdoc import read_doc

_PARTS = [
    *("@param ", "@type ", "@returns ", "@typedef ", "@callback ", "@property ", "@template ", "{@link ", "\n * "),
    *("{", "}", "(", ")", "[", "]", "<", ">", ".<", "|", "&", "=>", "=", "?", "!", "*", "...", ",", ":", ";", "."),
    *("keyof ", "readonly ", "typeof ", "function", "name", "T", "Object", "string", "'a'", '"', "1", " "),
]


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("Order", ["t", 11]),
        ("Order[]", ["ar", ["t", 11]]),
        ("?Order", ["t", 12]),
        ("Array.<!Order>", ["t", 11, ["t", 19]]),
        ("Map<string, Order>", ["t", 11, ["b", "string"], ["t", 23]]),
        ("A|B", ["u", ["t", 11], ["t", 13]]),
        ("(A|null)[]", ["ar", ["t", 12]]),
        ("[A, B]", ["tu", ["t", 12], ["t", 15]]),
        ("{a: A}", ["s", 11]),
        ("(a: A) => B", ["f", 11]),
        ("typeof a", ["p", 18]),
        ("*", None),
        ("A B", None),
        ("keyof A", None),
    ],
)
def test_types_are_expressions(type_: str, expected: object) -> None:
    text = f"/** @type {{{type_}}} */".encode()
    doc = read_doc(text, 0, len(text))
    assert doc is not None
    assert doc.type == expected


@pytest.mark.parametrize("text", ["/* @type {A} */", "// @type {A}", "/** no tags */", "/**/"])
def test_other_comments_say_nothing(text: str) -> None:
    assert read_doc(text.encode(), 0, len(text)) is None


@pytest.mark.parametrize("part", ["keyof ", "(", "[", "{a:", "A<", "?", "readonly ", "A|", "A["])
def test_deep_types_end(part: str) -> None:
    text = b"/** @type {" + part.encode() * 2_000 + b"} */"
    assert read_doc(text, 0, len(text)) is not None


@given(st.lists(st.sampled_from(_PARTS), max_size=60).map("".join))
def test_names_stand_where_they_are_said_to(text: str) -> None:
    source = f"/** @{text}*/".encode()
    doc = read_doc(source, 0, len(source))
    for name, start, end in doc.names if doc is not None else ():
        assert source[start:end].decode() == name


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quote_without_an_end_is_no_module(quote: str) -> None:
    text = f"/** @type {{import({quote}./b)}} */".encode()
    doc = read_doc(text, 0, len(text))
    assert doc is None or all(member.start < member.end for member in doc.found)
