"""Which parser parses which language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from codegraph_hookspecs import IndexingError, LanguagePack, Parser, PluginError


def choose(
    backend: str,
    parsers: Sequence[Parser],
    packs: Mapping[str, LanguagePack],
    supports: Callable[[Parser, LanguagePack], bool],
) -> dict[str, Parser]:
    """Return the parser of each language that some parser supports.

    Args:
        backend: "auto", "both" or a parser's name.
        parsers: All parsers that may be used.
        packs: Languages in use.
        supports: Asks a parser about a language; never raises.

    Raises:
        IndexingError: `backend-unavailable`: the backend names a parser that there is not.
    """
    candidates = ranked(backend, parsers)
    chosen: dict[str, Parser] = {}
    for name, pack in packs.items():
        parser = next((parser for parser in candidates if supports(parser, pack)), None)
        if parser is not None:
            chosen[name] = parser
    return chosen


def ranked(backend: str, parsers: Sequence[Parser]) -> list[Parser]:
    """Return the parsers that a backend setting allows, best first.

    Raises:
        IndexingError: `backend-unavailable`.
    """
    ordered = sorted(parsers, key=lambda parser: (-parser.priority, parser.name))
    if backend in ("auto", "both"):
        return ordered
    named = [parser for parser in ordered if parser.name == backend]
    if not named:
        there_is = ", ".join(parser.name for parser in ordered) or "none"
        raise IndexingError(
            f"The backend {backend!r} is not installed; there is: {there_is}.",
            code="backend-unavailable",
            context={"backend": backend, "remedy": "Use backend 'auto', or install the parser."},
        )
    return named


def pair(parsers: Sequence[Parser]) -> tuple[Parser, Parser]:
    """Return the two parsers that `backend = "both"` compares, best first.

    Raises:
        IndexingError: `backend-unavailable`: there are fewer than two.
    """
    named = [parser for parser in parsers if parser.name in ("rust", "python")]
    ordered = ranked("both", named if len(named) == 2 else parsers)
    if len(ordered) < 2:
        there_is = ", ".join(parser.name for parser in ordered) or "none"
        raise IndexingError(
            f"The backend 'both' compares two parsers; there is: {there_is}.",
            code="backend-unavailable",
            context={"backend": "both", "remedy": "Install codegraph-parser-rust, or use backend 'auto'."},
        )
    return ordered[0], ordered[1]


def support_table(parser: Parser, packs: Mapping[str, LanguagePack]) -> dict[str, bool]:
    """Ask a parser about every language.

    Raises:
        PluginError: It answers with something else than a truth value.
    """
    answers: dict[str, bool] = {}
    for name, pack in packs.items():
        answer = parser.supports(pack)
        if not isinstance(answer, bool):
            raise PluginError(f"its parser {parser.name!r} answers supports() with no bool.", code="plugin-bad-result")
        answers[name] = answer
    return answers
