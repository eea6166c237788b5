"""SCIP symbols: the grammar in the comment of `Symbol` in `scip.proto`, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from attrs import field, frozen

SCHEME: Final = "scip-codegraph"
LOCAL: Final = "local "

Suffix = Literal["namespace", "type", "term", "method", "type_parameter", "parameter", "meta", "macro"]

_SIMPLE: Final = re.compile(r"[A-Za-z0-9_+$-]+")
_SUFFIXES: Final[dict[str, Suffix]] = {"/": "namespace", "#": "type", ".": "term", ":": "meta", "!": "macro"}
_ENDS: Final = {suffix: end for end, suffix in _SUFFIXES.items()}


@frozen
class Descriptor:
    """One step of a symbol's path.

    Args:
        name: Any text but an empty one.
        suffix: What it names.
        disambiguator: Of methods: a simple identifier, or nothing.
    """

    name: str
    suffix: Suffix
    disambiguator: str = ""

    def __str__(self) -> str:
        """Return the descriptor's text."""
        name = identifier(self.name)
        if self.suffix == "method":
            return f"{name}({self.disambiguator})."
        if self.suffix == "parameter":
            return f"({name})"
        if self.suffix == "type_parameter":
            return f"[{name}]"
        return name + _ENDS[self.suffix]


def _tuple(values: Iterable[Descriptor]) -> tuple[Descriptor, ...]:
    return tuple(values)


@frozen
class Symbol:
    """A symbol taken apart.

    Args:
        scheme, manager, package, version: Who named it and where it is from; empty where unknown.
        descriptors: Its path, outermost first.
        local: Number or name of a symbol that is local to its file; the rest is empty then.
    """

    scheme: str = ""
    manager: str = ""
    package: str = ""
    version: str = ""
    descriptors: tuple[Descriptor, ...] = field(default=(), converter=_tuple)
    local: str = ""

    def __str__(self) -> str:
        """Return the symbol's text."""
        if self.local:
            return LOCAL + self.local
        head = " ".join(map(part, (self.scheme, self.manager, self.package, self.version)))
        return f"{head} {''.join(map(str, self.descriptors))}"


class SymbolSyntaxError(ValueError):
    """A text is no SCIP symbol."""


def identifier(name: str) -> str:
    """Return a name as an identifier of the grammar: in backticks, its own doubled, unless it is a simple one."""
    return name if _SIMPLE.fullmatch(name) else "`" + name.replace("`", "``") + "`"


def part(text: str) -> str:
    """Return scheme, manager, package name or version as it stands before a symbol's descriptors."""
    return text.replace(" ", "  ") if text else "."


def parse_symbol(text: str) -> Symbol:
    """Take a symbol apart; `str()` of the result is the text again.

    Raises:
        SymbolSyntaxError: The text is not by the grammar.
    """
    if text.startswith(LOCAL):
        name = text.removeprefix(LOCAL)
        if not _SIMPLE.fullmatch(name):
            raise SymbolSyntaxError(f"{text!r}: a local's name is letters, digits and _+-$.")
        return Symbol(local=name)
    parts: list[str] = []
    at = 0
    for _ in range(4):
        end = at
        while True:
            end = text.find(" ", end)
            if end < 0:
                raise SymbolSyntaxError(f"{text!r}: scheme, manager, package and version are missing.")
            if text[end + 1 : end + 2] != " ":
                break
            end += 2
        found = text[at:end].replace("  ", " ")
        parts.append("" if found == "." else found)
        at = end + 1
    descriptors: list[Descriptor] = []
    while at < len(text):
        descriptor, at = _descriptor(text, at)
        descriptors.append(descriptor)
    if not descriptors:
        raise SymbolSyntaxError(f"{text!r}: it has no descriptor.")
    scheme, manager, package, version = parts
    return Symbol(scheme, manager, package, version, tuple(descriptors))


def _descriptor(text: str, at: int) -> tuple[Descriptor, int]:
    for opening, closing, suffix in (("(", ")", "parameter"), ("[", "]", "type_parameter")):
        if text.startswith(opening, at):
            name, at = _identifier(text, at + 1)
            return Descriptor(name, suffix), _past(text, at, closing)  # type: ignore[arg-type]
    name, at = _identifier(text, at)
    if text.startswith("(", at):
        number = _SIMPLE.match(text, at + 1)
        end = number.end() if number else at + 1
        return Descriptor(name, "method", number.group() if number else ""), _past(text, end, ").")
    found = _SUFFIXES.get(text[at : at + 1])
    if found is None:
        raise SymbolSyntaxError(f"{text!r}: a descriptor ends in one of / # . : ! at {at}.")
    return Descriptor(name, found), at + 1


def _identifier(text: str, at: int) -> tuple[str, int]:
    if not text.startswith("`", at):
        found = _SIMPLE.match(text, at)
        if found is None:
            raise SymbolSyntaxError(f"{text!r}: a name is expected at {at}.")
        return found.group(), found.end()
    end = at + 1
    while True:
        end = text.find("`", end)
        if end < 0:
            raise SymbolSyntaxError(f"{text!r}: the backtick at {at} has no partner.")
        if text[end + 1 : end + 2] != "`":
            break
        end += 2
    if end == at + 1:
        raise SymbolSyntaxError(f"{text!r}: the name at {at} is empty.")
    return text[at + 1 : end].replace("``", "`"), end + 1


def _past(text: str, at: int, wanted: str) -> int:
    if not text.startswith(wanted, at):
        raise SymbolSyntaxError(f"{text!r}: {wanted!r} is expected at {at}.")
    return at + len(wanted)
