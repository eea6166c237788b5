"""Path globs as linear-time regular expressions (RE2 syntax).

`*` and `?` stay inside one folder, `**` crosses folders, `[a-z]` and `[!a]` are character classes. A
pattern without `/` matches at any depth, as in `.gitignore`.
"""

from __future__ import annotations

import re
from typing import Final

_SPECIAL: Final = frozenset("*?[")


def is_glob(text: str) -> bool:
    """Say whether a text has a glob's special characters."""
    return not _SPECIAL.isdisjoint(text)


def glob_to_regex(pattern: str) -> str:
    r"""Translate a glob.

    Returns:
        An anchored RE2 pattern.

    >>> glob_to_regex("src/**/*.py")
    '(?s)\\Asrc/(?:.*/)?[^/]*\\.py\\z'
    """
    prefix = "" if "/" in pattern else "(?:.*/)?"
    out: list[str] = []
    position = 0
    while position < len(pattern):
        rest = pattern[position:]
        at_segment = position == 0 or pattern[position - 1] == "/"
        if rest.startswith("**/") and at_segment:
            out.append("(?:.*/)?")
            position += 3
        elif rest.startswith("**"):
            out.append(".*")
            position += 2
        elif rest[0] == "*":
            out.append("[^/]*")
            position += 1
        elif rest[0] == "?":
            out.append("[^/]")
            position += 1
        elif rest[0] == "[" and (end := _class_end(pattern, position)) > 0:
            out.append(_class(pattern[position + 1 : end]))
            position = end + 1
        else:
            out.append(re.escape(rest[0]))
            position += 1
    return f"(?s)\\A{prefix}{''.join(out)}\\z"


def _class_end(pattern: str, start: int) -> int:
    """Return the index of the bracket that closes the class at `start`, or -1: then `[` is itself."""
    first = start + 1
    if pattern[first : first + 1] in {"!", "^"}:
        first += 1
    return pattern.find("]", first + 1)


def _class(body: str) -> str:
    negated = body[0] in "!^"
    body = body[1:] if negated else body
    members: list[str] = []
    position = 0
    while position < len(body):
        if body[position + 1 : position + 2] == "-" and position + 2 < len(body):
            low, high = body[position], body[position + 2]
            if low <= high:  # an inverted range matches nothing, as in fnmatch
                members.append(f"{_member(low)}-{_member(high)}")
            position += 3
        else:
            members.append(_member(body[position]))
            position += 1
    if not members:
        return "[^/]" if negated else "[^\\x00-\\x{10FFFF}]"
    # A class never matches the separator, negated or not.
    return f"[^/{''.join(members)}]" if negated else f"[{''.join(members)}]"


def _member(character: str) -> str:
    return f"\\x{{{ord(character):X}}}"
