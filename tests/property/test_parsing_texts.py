"""Laws of the texts that the walker takes from source."""

from __future__ import annotations

import inspect

from hypothesis import given
from hypothesis import strategies as st

from codegraph_plugins.parsers.reference.text import (
    MAX_TEXT_BYTES,
    clean_block_comment,
    clean_docstring,
    clean_line_comments,
    collapse,
    decode_utf8,
    signature_text,
    unquote,
)

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=300)


@given(words)
def test_collapsed_text_is_one_line_and_bounded(text: str) -> None:
    short = collapse(text.encode(), decode_utf8)
    assert "\n" not in short
    assert len(short.removesuffix("…").encode()) <= MAX_TEXT_BYTES
    assert b" ".join(text.encode().split()).decode().startswith(short.removesuffix("…"))


@given(words)
def test_collapsing_twice_changes_nothing_more(text: str) -> None:
    once = collapse(text.encode(), decode_utf8)
    if not once.endswith("…"):
        assert collapse(once.encode(), decode_utf8) == once


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"], include_characters="\n"), max_size=200)
)
def test_docstrings_are_cleaned_like_the_standard_library_does(text: str) -> None:
    # inspect.cleandoc keeps trailing blanks of lines and looks at white space beyond spaces and tabs
    expected = "\n".join(line.rstrip() for line in inspect.cleandoc(text).split("\n")).strip("\n")
    assert clean_docstring(text).strip("\n").split() == expected.split()


@given(words, st.sampled_from(["'", '"', "'''", '"""', "`"]), st.sampled_from(["", "r", "b", "rb", "f"]))
def test_unquoting_undoes_quoting(text: str, quote: str, prefix: str) -> None:
    if quote[0] not in text:
        assert unquote(f"{prefix}{quote}{text}{quote}") == text


@given(st.lists(st.from_regex(r"\A[a-z @*]{0,20}\Z").map(str.strip)))
def test_a_block_comment_gives_back_its_lines(lines: list[str]) -> None:
    lines = [line.lstrip("*").strip() for line in lines]
    comment = "/**\n" + "".join(f" * {line}\n" for line in lines) + " */"
    assert clean_block_comment(comment) == "\n".join(lines).strip("\n")


@given(st.lists(st.from_regex(r"\A[a-z]{1,9}\Z"), min_size=1))
def test_line_comments_give_back_their_lines(lines: list[str]) -> None:
    for marker in ("//", "///", "#", "--", "//!"):
        assert clean_line_comments("\n".join(f"{marker} {line}" for line in lines)) == "\n".join(lines)


@given(words)
def test_a_signature_is_one_line_without_the_token_that_opens_the_body(text: str) -> None:
    plain = "def " + "".join(text.split()).rstrip("{:=;>")
    for ending in (":", " {", " =>", " ="):
        signature = signature_text((plain + ending).encode(), decode_utf8)
        assert signature.endswith("…") or signature == " ".join(plain.encode().decode().split(" ")).rstrip(" ")
