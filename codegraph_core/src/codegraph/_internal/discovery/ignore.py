"""Git's ignore rules (gitignore(5), checked against git's own answers in the tests).

A rule file is compiled once. Names are first put through a cheap filter (a set of literal names, a tuple
of suffixes, one regular expression for each of names and paths); only a name that some rule may match is
checked rule by rule, last rule first, as git does. The expressions backtrack in at most quadratic time,
because an analysed repository may be hostile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from attrs import frozen

_SPECIAL: Final = frozenset(b"*?[\\")
_NEVER: Final = rb"(?!)"
_POSIX_CLASSES: Final = {
    b"alnum": rb"0-9A-Za-z", b"alpha": rb"A-Za-z", b"blank": rb"\x20\t", b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9", b"graph": rb"\x21-\x7e", b"lower": rb"a-z", b"print": rb"\x20-\x7e",
    b"punct": rb"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e", b"space": rb"\x09-\x0d\x20", b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}  # fmt: skip


@frozen(kw_only=True)
class Rule:
    """One line of a rule file.

    Args:
        pattern: The pattern without `!`, a leading and a trailing slash.
        negated: The line began with `!`.
        directory_only: The line ended with a slash.
        by_name: The pattern has no slash: it is matched against names at any depth.
        expression: Regular expression for the whole name or path.
        literal: The pattern has no wildcard.
        suffix: For `*text` by name: the text, else None.
    """

    pattern: bytes
    negated: bool
    directory_only: bool
    by_name: bool
    expression: bytes
    literal: bool
    suffix: bytes | None


class IgnoreRules:
    """Compiled rules of one rule file.

    Args:
        rules: In file order; the last match decides.
        base: Raw path of the directory the rules are relative to, relative to the walk's root, with a
            trailing slash unless it is the root.
    """

    __slots__ = ("_literals", "_matchers", "_names", "_paths", "_suffixes", "base", "offset")

    def __init__(self, rules: Iterable[Rule], base: bytes = b"") -> None:
        kept = tuple(rules)
        self.base = base
        self.offset = len(base)
        self._literals = frozenset(rule.pattern for rule in kept if rule.by_name and rule.literal)
        self._suffixes = tuple(rule.suffix for rule in kept if rule.suffix is not None)
        names = [r.expression for r in kept if r.by_name and not r.literal and r.suffix is None]
        paths = [rule.expression for rule in kept if not rule.by_name]
        self._names = re.compile(b"|".join(names), re.DOTALL).fullmatch if names else None
        self._paths = re.compile(b"|".join(paths), re.DOTALL).fullmatch if paths else None
        self._matchers: tuple[tuple[Rule, re.Pattern[bytes] | None], ...] = tuple(
            (rule, None if rule.literal and rule.by_name else re.compile(rule.expression, re.DOTALL))
            for rule in reversed(kept)
        )

    def verdict(self, name: bytes, path: bytes, is_directory: bool) -> bool | None:
        """Say what the rules decide about an entry.

        Args:
            name: Raw name.
            path: Raw path relative to the walk's root; it lies below `base`.
            is_directory: Whether it is a directory (a symbolic link to one is not).

        Returns:
            True when ignored, False when a negated rule keeps it, None when no rule matches.
        """
        if (
            name not in self._literals
            and not (self._suffixes and name.endswith(self._suffixes))
            and not (self._names and self._names(name))
            and not (self._paths and self._paths(path[self.offset :]))
        ):
            return None
        relative = path[self.offset :]
        for rule, matcher in self._matchers:
            if rule.directory_only and not is_directory:
                continue
            if matcher is None:
                matched = rule.pattern == name
            else:
                matched = matcher.fullmatch(name if rule.by_name else relative) is not None
            if matched:
                return not rule.negated
        return None


def parse_rules(content: bytes, base: bytes = b"") -> IgnoreRules | None:
    """Compile a rule file.

    Args:
        content: The file's bytes.
        base: See `IgnoreRules`.

    Returns:
        The rules, or None when the file has none.
    """
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
    rules = []
    for line in content.split(b"\n"):
        if not line or line.startswith(b"#"):
            continue
        rule = parse_rule(_trim(line.removesuffix(b"\r").partition(b"\0")[0]))
        if rule is not None:
            rules.append(rule)
    return IgnoreRules(rules, base) if rules else None


def parse_rule(line: bytes) -> Rule | None:
    """Compile one line that is not a comment, or return None when it can match nothing."""
    negated = line.startswith(b"!")
    pattern = line[1:] if negated else line
    directory_only = pattern.endswith(b"/")
    if directory_only:
        pattern = pattern[:-1]
    by_name = b"/" not in pattern
    if pattern.startswith(b"/"):
        pattern = pattern[1:]
    if not pattern:
        return None
    wildcard = next((i for i, byte in enumerate(pattern) if byte in _SPECIAL), len(pattern))
    literal = wildcard == len(pattern)
    # Git compares the part before the first wildcard as bytes and matches the rest as a pattern of its
    # own, so that in `a/b**/c` the two stars stand at a pattern's start. The rule is kept as it is there.
    head = b"" if by_name else pattern[:wildcard]
    expression = re.escape(head) + _expression(pattern[len(head) :], paths=not by_name)
    suffix = pattern[1:] if by_name and pattern[:1] == b"*" and not _SPECIAL.intersection(pattern[1:]) else None
    return Rule(
        pattern=pattern,
        negated=negated,
        directory_only=directory_only,
        by_name=by_name,
        expression=expression,
        literal=literal,
        suffix=suffix,
    )


def _trim(line: bytes) -> bytes:
    """Drop trailing spaces, except those that a backslash quotes."""
    stripped = line.rstrip(b" ")
    if len(stripped) == len(line):
        return line
    backslashes = len(stripped) - len(stripped.rstrip(b"\\"))
    return stripped + b" " if backslashes % 2 else stripped


def _expression(pattern: bytes, *, paths: bool) -> bytes:
    """Translate a wildmatch pattern; `paths` is git's WM_PATHNAME."""
    tokens = _tokens(pattern, paths)
    if tokens is None:
        return _NEVER
    return _join(tokens)


# Token kinds: a fixed-length item, a slash, `*`, `**/` and `**` (each as a whole path segment).
_ITEM, _SLASH, _STAR, _FOLDERS, _EVERYTHING = range(5)
_Token = tuple[int, bytes]


def _tokens(pattern: bytes, paths: bool) -> list[_Token] | None:
    tokens: list[_Token] = []
    position, length = 0, len(pattern)
    while position < length:
        byte = pattern[position : position + 1]
        if byte == b"*":
            end = position
            while pattern[end : end + 1] == b"*":
                end += 1
            starts = position == 0 or pattern[position - 1 : position] == b"/"
            rest = pattern[end : end + 2]
            if paths and end - position > 1 and starts and (not rest or rest[:1] == b"/" or rest == b"\\/"):
                if rest[:1] == b"/":
                    tokens.append((_FOLDERS, b""))
                    end += 1
                else:
                    tokens.append((_EVERYTHING, b""))
            else:
                tokens.append((_STAR, b""))
            position = end
        elif byte == b"?":
            tokens.append((_ITEM, rb"[^/]"))
            position += 1
        elif byte == b"[":
            parsed = _character_class(pattern, position)
            if parsed is None:
                return None
            expression, position = parsed
            tokens.append((_ITEM, expression))
        else:
            if byte == b"\\":
                position += 1
                byte = pattern[position : position + 1]
                if not byte:
                    return None
            tokens.append((_SLASH, b"/") if byte == b"/" else (_ITEM, re.escape(byte)))
            position += 1
    return tokens


def _join(tokens: list[_Token]) -> bytes:
    """Write the expression so that no star can be tried again once what follows it has matched.

    Between two stars the leftmost match is as good as any later one, so an atomic group holds it; the
    same is true of the segments between two `**/`.
    """
    groups: list[list[_Token]] = [[]]
    for token in tokens:
        if token[0] == _FOLDERS:
            groups.append([])
        else:
            groups[-1].append(token)
    parts = [_segments(groups[0])]
    for index, group in enumerate(groups[1:], start=1):
        body = _segments(group)
        if index < len(groups) - 1:
            parts.append(rb"(?>(?:.*?/)??" + body + rb")")
        else:
            parts.append(rb"(?:.*/)?" + body)
    return b"(?:" + b"".join(parts) + b")"


def _segments(tokens: list[_Token]) -> bytes:
    parts: list[bytes] = []
    position = 0
    while position < len(tokens):
        kind, text = tokens[position]
        position += 1
        if kind == _EVERYTHING:
            parts.append(rb".*")
        elif kind != _STAR:
            parts.append(text)
        else:
            end = position
            while end < len(tokens) and tokens[end][0] == _ITEM:
                end += 1
            piece = b"".join(text for _, text in tokens[position:end])
            if end < len(tokens) and tokens[end][0] == _STAR:
                parts.append(rb"(?>[^/]*?" + piece + rb")")
            else:
                parts.append(rb"[^/]*" + piece)
            position = end
    return b"".join(parts)


def _character_class(pattern: bytes, start: int) -> tuple[bytes, int] | None:
    """Translate `[…]` at `start`; return the expression and the position after it, None if unterminated."""
    position = start + 1
    negated = pattern[position : position + 1] in (b"!", b"^") and position < len(pattern)
    position += negated
    items: list[bytes] = []
    previous = -1
    first = True
    while True:
        if position >= len(pattern):
            return None
        byte = pattern[position]
        if byte == 0x5D and not first:
            break
        first = False
        following = pattern[position + 1 : position + 2]
        if byte == 0x5B and following == b":":
            end = pattern.find(b"]", position + 2)
            if end < 0:
                return None
            if pattern[end - 1 : end] != b":" or end - 1 < position + 2:
                items.append(rb"\[")  # git: "didn't find :]", so the bracket stands for itself
                previous = 0x5B
                position += 1
                continue
            name = pattern[position + 2 : end - 1]
            if name not in _POSIX_CLASSES:
                return None
            items.append(_POSIX_CLASSES[name])
            previous = -1
            position = end + 1
            continue
        if byte == 0x2D and previous >= 0 and following and following != b"]":
            position += 1
            high = pattern[position]
            if high == 0x5C:
                position += 1
                if position >= len(pattern):
                    return None
                high = pattern[position]
            if previous <= high:
                items.append(_escape_byte(previous) + b"-" + _escape_byte(high))
            previous = -1
            position += 1
            continue
        if byte == 0x5C:
            position += 1
            if position >= len(pattern):
                return None
            byte = pattern[position]
        items.append(_escape_byte(byte))
        previous = byte
        position += 1
    body = b"".join(items)
    if negated:
        return rb"[^/" + body + rb"]", position + 1
    return (rb"(?!/)[" + body + rb"]" if body else _NEVER), position + 1


def _escape_byte(byte: int) -> bytes:
    return b"\\x%02x" % byte
