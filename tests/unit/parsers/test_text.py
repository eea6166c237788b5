"""Texts that the walker takes from source."""

from __future__ import annotations

import pytest

from codegraph_plugins.parsers.reference.text import (
    clean_block_comment,
    clean_docstring,
    clean_line_comments,
    collapse,
    decode_utf8,
    is_constant_name,
    signature_text,
    unquote,
    visibility_of,
)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a\n\t b", "a b"),
        (b"  a  ", "a"),
        (b"x" * 201, "x" * 200 + "…"),
        (b"x" * 200, "x" * 200),
        ("é".encode() * 150, "é" * 100 + "…"),
        (b"x" + "é".encode() * 100, "x" + "é" * 99 + "…"),
        (b"\xff", "\ufffd"),
    ],
)
def test_text_is_put_on_one_line_and_cut_at_a_character(raw: bytes, text: str) -> None:
    assert collapse(raw, decode_utf8) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"def f(a,\n      b):", "def f(a, b)"),
        (b"class A {", "class A"),
        (b"f = (a) =>", "f = (a)"),
        (b"type X = string;", "type X = string"),
        (b"def f() -> int:", "def f() -> int"),
        (b"x" * 1_001, "x" * 1_000 + "…"),
    ],
)
def test_a_signature_ends_before_the_body(raw: bytes, text: str) -> None:
    assert signature_text(raw, decode_utf8) == text


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("'a'", "a"), ('"a"', "a"), ('"""a"""', "a"), ("rb'a'", "a"), ("`a`", "a"), ("[[a]]", "a"), ("a", "a"),
        ("''", ""), ("'it", "it"), ("u'''a'b'''", "a'b"), ("abcd'x'", "abcd'x'"),
    ],
)  # fmt: skip
def test_a_literal_loses_prefix_and_quotes(literal: str, text: str) -> None:
    assert unquote(literal) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("One.", "One."),
        ("\n    A.\n\n      B.\n    ", "A.\n\n  B."),
        ("A.\n\tB.", "A.\nB."),
        ("A.\r\n    B.\r\n", "A.\nB."),
        ("   ", ""),
    ],
)
def test_a_docstring_loses_its_indentation(text: str, cleaned: str) -> None:
    assert clean_docstring(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("/** One. */", "One."),
        ("/**\n * A\n *   B\n */", "A\n  B"),
        ("/**\n A\n*/", "A"),
        ("/***/", ""),
        ("/** */", ""),
    ],
)
def test_a_block_comment_loses_its_frame(text: str, cleaned: str) -> None:
    assert clean_block_comment(text) == cleaned


def test_line_comments_lose_their_markers() -> None:
    assert clean_line_comments("/// A\n///  B\n//! C") == "A\nB\nC"


@pytest.mark.parametrize(
    ("name", "constant"), [("A", True), ("_A1_B", True), ("Ab", False), ("_", False), ("__all__", False)]
)
def test_constants_are_capitals(name: str, constant: bool) -> None:
    assert is_constant_name(name) is constant


@pytest.mark.parametrize(
    ("name", "modifiers", "style", "visibility"),
    [
        ("a", [], "underscore", "public"), ("_a", [], "underscore", "internal"), ("__a", [], "underscore", "private"),
        ("__a__", [], "underscore", "public"), ("____", [], "underscore", "private"), ("A", [], "capital", "public"),
        ("a", [], "capital", "internal"), ("#a", ["public"], "keyword", "private"),
        ("a", ["static", "protected"], "keyword", "protected"), ("a", [], "keyword", "public"),
    ],
)  # fmt: skip
def test_visibility_follows_the_packs_style(name: str, modifiers: list[str], style: str, visibility: str) -> None:
    assert visibility_of(name, modifiers, style, "public", "#") == visibility
