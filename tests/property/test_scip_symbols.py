"""SCIP symbols: what is written is what is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegraph_plugins.scip.grammar import Descriptor, Symbol, SymbolSyntaxError, parse_symbol

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
# A package part that is "." stands for none, and a blank at an end would join the blanks that part it from the next.
PART = st.one_of(st.just(""), TEXT.filter(lambda text: text != "." and text == text.strip(" ")))
SIMPLE = st.from_regex(r"[A-Za-z0-9_+$-]+", fullmatch=True)
DESCRIPTOR = st.one_of(
    st.builds(
        Descriptor, TEXT, st.sampled_from(["namespace", "type", "term", "meta", "macro", "parameter", "type_parameter"])
    ),
    st.builds(Descriptor, TEXT, st.just("method"), st.one_of(st.just(""), SIMPLE)),
)
SYMBOL = st.one_of(
    st.builds(
        Symbol,
        PART.filter(bool).filter(lambda text: text != "local"),
        PART,
        PART,
        PART,
        st.lists(DESCRIPTOR, min_size=1, max_size=5),
    ),
    st.builds(lambda name: Symbol(local=name), SIMPLE),
)


@given(SYMBOL)
def test_a_symbol_is_read_as_it_was_written(symbol):
    assert parse_symbol(str(symbol)) == symbol


@given(st.text("ab .#/()[]`:!+", max_size=20))
def test_any_text_is_a_symbol_or_refused(text):
    try:
        symbol = parse_symbol(text)
    except SymbolSyntaxError:
        return
    assert parse_symbol(str(symbol)) == symbol


@pytest.mark.parametrize(
    "text",
    [
        "",
        "local ",
        "local a b",
        "a b c d ",
        "a b c d x",
        "a b c d `x",
        "a b c d ``.",
        "a b c d (x",
        "a b c d x(1)",
        "a b",
    ],
)
def test_what_breaks_the_grammar_is_refused(text):
    with pytest.raises(SymbolSyntaxError):
        parse_symbol(text)
