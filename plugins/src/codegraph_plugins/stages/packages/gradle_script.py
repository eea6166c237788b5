"""Gradle scripts as far as they are declarations: statements, blocks, calls and literal texts, in Groovy and Kotlin.

A build script is a program, and nothing here runs it: no variable is followed and no condition decided. One reader
serves both languages, because what is literal in them is written with the same signs. It never fails: what it does
not know is a sign among others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import define, field

MAX_DEPTH: Final = 128
"""Brackets nested deeper are not looked into."""

_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t\r\f]++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|\\\n)
    |(?P<long>\"{3}(?:[^"\\]|\\.|"(?!""))*+(?:\"{3})?|'{3}(?:[^'\\]|\\.|'(?!''))*+(?:'{3})?)
    |(?P<text>"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?)
    |(?P<name>[^\W\d][\w$]*+|`[^`\n]*+`)
    |(?P<line>\n|;)
    |(?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_GOES_ON: Final = frozenset({",", "=", ".", "+", ":", "("})
"""Signs at the end of a line that make the next one part of the statement."""


@define
class Token:
    """A name, a text in quotes, a sign, or brackets with what is in them.

    Args:
        kind: `name`, `text`, `sign`, or an opening bracket.
        value: The name, the text without quotes, the sign; "" for brackets.
        line: Where it begins (1-based).
        statements: What is in the brackets; in round and square ones, what stands between commas.
    """

    kind: str
    value: str
    line: int
    statements: list[list[Token]] = field(factory=list)

    def is_sign(self, *signs: str) -> bool:
        """Say whether this is one of some signs."""
        return self.kind == "sign" and self.value in signs


Statement = Sequence[Token]


def statements(text: str) -> list[list[Token]]:
    """Return the statements of a script; brackets that are not closed end with it. Linear in the text."""
    top: list[list[Token]] = [[]]
    stack: list[tuple[str, list[list[Token]]]] = [("", top)]
    line = 1
    deeper = 0
    for found in _TOKEN.finditer(text):
        kind, value = found.lastgroup or "", found[0]
        closing, current = stack[-1]
        if kind == "line":
            if closing in {"", "}"} and not (current[-1] and current[-1][-1].is_sign(*_GOES_ON)):
                _end_statement(current)
        elif kind == "sign" and value in _CLOSING:
            if len(stack) + deeper > MAX_DEPTH:
                deeper += 1
            else:
                token = Token(value, "", line, [[]])
                _add(current, token)
                stack.append((_CLOSING[value], token.statements))
        elif kind == "sign" and value in ")]}":
            if deeper:
                deeper -= 1
            elif closing == value:
                stack.pop()
        elif kind == "sign" and value == "," and closing in {")", "]"}:
            _end_statement(current)
        elif kind == "name":
            _add(current, Token("name", value.strip("`"), line))
        elif kind in {"text", "long"}:
            quotes = 3 if kind == "long" else 1
            _add(current, Token("text", _ESCAPE.sub(r"\1", value[quotes:].removesuffix(value[:quotes])), line))
        elif kind == "sign":
            _add(current, Token("sign", value, line))
        line += value.count("\n")
    return [statement for statement in top if statement]


def _end_statement(current: list[list[Token]]) -> None:
    if current[-1]:
        current.append([])


def _add(current: list[list[Token]], token: Token) -> None:
    if token.is_sign(".") and not current[-1] and len(current) > 1:
        current.pop()  # a chain of calls goes on in the next line
    current[-1].append(token)


def parts(brackets: Token) -> list[list[Token]]:
    """Return what is in brackets, without empty statements."""
    return [statement for statement in brackets.statements if statement]


def head(statement: Statement) -> str:
    """Return the dotted name that a statement begins with, or the text in its place (`"implementation"(…)`)."""
    if statement and statement[0].kind == "text":
        return statement[0].value
    return ".".join(_chain(statement))


def _chain(statement: Statement) -> Iterator[str]:
    wanted = "name"
    for token in statement:
        if wanted == "name" and token.kind == "name":
            yield token.value
            wanted = "."
        elif wanted == "." and token.is_sign("."):
            wanted = "name"
        else:
            return


def arguments(statement: Statement) -> list[list[Token]]:
    """Return the arguments of a call: those in round brackets, or those of a Groovy command without any."""
    at = 1
    while at + 1 < len(statement) and statement[at].is_sign(".") and statement[at + 1].kind == "name":
        at += 2
    rest = statement[at:]
    if rest and rest[0].kind == "(":
        return parts(rest[0])
    split: list[list[Token]] = [[]]
    for token in rest:
        if token.kind == "{":
            break
        if token.is_sign(","):
            split.append([])
        else:
            split[-1].append(token)
    return [one for one in split if one]


def assigned(statement: Statement) -> str | None:
    """Return the text that a statement assigns (`name = "x"`, or in Groovy `name 'x'`), or None."""
    values = [token for token in statement if token.kind != "name" and not token.is_sign(".")]
    if len(values) == 2 and values[0].is_sign("="):
        values = values[1:]
    return values[0].value if len(values) == 1 and values[0].kind == "text" else None
