"""What comments of JavaScript say about types, as JSDoc has it: which tags there are, and what their types mean.

Types are read as TypeScript's compiler reads them in JavaScript (`Map<string, Order>`, `Array.<Order>`, `?Order`,
`{a: Order}`, `(one: Order) => Item`); `ecma_expressions.py` explains the expressions that come out.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import Factory, define, field

from codegraph_plugins.stages.occurrences.facts import Expression, Fact, Key, Member

_TAG: Final = re.compile(rb"(?:^/\*\*|\n)[ \t]*(?:\*[ \t]*)?@([A-Za-z]+)")
_BLANKS: Final = re.compile(rb"(?:[ \t\r]|\n[ \t]*(?:\*(?!/))?)*")
_LINK: Final = re.compile(rb"\{@link(?:code|plain)?[ \t]+([A-Za-z_$][\w$]*)")
_NAME: Final = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*")
_TOKEN: Final = re.compile(
    rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*|[0-9][\w.]*|\"[^\"\n]*\"|'[^'\n]*'|=>|\.\.\.|\.<|.", re.DOTALL
)
_PARAMETER: Final = re.compile(rb"(\[?)[ \t]*([A-Za-z_$\x80-\xff][\w$\x80-\xff]*)((?:\[\])?(?:\.[A-Za-z_$][\w$]*)*)")
_TEMPLATE: Final = re.compile(rb"(?:const[ \t]+)?([A-Za-z_$][\w$]*)[ \t]*(,?)[ \t]*")
_PRIMITIVES: Final = frozenset(
    b"any bigint boolean never null number object string symbol undefined unknown void this".split()
)
_OPERATORS: Final = frozenset({b"keyof", b"readonly", b"unique", b"infer", b"asserts"})
_DEPTH: Final = 32
"""Types nested deeper than this are not known."""
_TEXT: Final = 20_000
"""Bytes of a comment that are looked at."""


@define(slots=True)
class Parameter:
    """What a comment says of a parameter: its type, where its name stands, whether it may be left out."""

    type: Expression | None
    start: int
    end: int
    optional: bool


@define(slots=True)
class TypeName:
    """A name that a comment defines: a type parameter's with its bound, a type definition's with its type."""

    name: str
    start: int
    end: int
    type: Expression | None


@define(slots=True)
class Doc:
    """What one comment says.

    Args:
        names: Names of types that scopes decide, with where they stand.
        found: Members and signatures of the types that are written there.
    """

    type: Expression | None = None
    returns: Expression | None = None
    this: Expression | None = None
    base: Expression | None = None
    parameters: dict[str, Parameter] = Factory(dict)
    templates: list[TypeName] = Factory(list)
    types: list[TypeName] = Factory(list)
    names: list[tuple[str, int, int]] = Factory(list)
    found: list[Fact | Key | Member] = Factory(list)


def read_doc(source: bytes, start: int, end: int) -> Doc | None:
    """Return what a comment says, or None if it says nothing: it has no tags.

    Args:
        source: The file's bytes.
        start: The comment's first byte.
        end: The byte behind its last.
    """
    if end - start > _TEXT or source[start : start + 3] != b"/**" or source.find(b"@", start, end) < 0:
        return None
    return _Reader(source, start, end).read()


@define
class _Reader:
    """Reads one comment."""

    source: bytes
    start: int
    end: int
    doc: Doc = field(factory=Doc)
    own: TypeName | None = None
    """The type definition whose properties follow."""
    literal: int = -1
    """The literal that they are members of."""

    def read(self) -> Doc:
        text = self.source[self.start : self.end]
        for tag in _TAG.finditer(text):
            self.tag(tag[1].decode(), self.start + tag.end())
        for link in _LINK.finditer(text):
            at = self.start + link.start(1)
            self.doc.names.append((link[1].decode(), at, at + len(link[1])))
        if self.own is not None and self.own.type is not None and self.own.type[0] == "f" and self.doc.parameters:
            taken = [each.type for each in self.doc.parameters.values()]
            self.doc.found.append(Fact("parameters", self.own.start, taken))
        return self.doc

    def tag(self, name: str, at: int) -> None:
        """Read a tag from behind its name."""
        at = self.skip(at)
        brace = at
        types = _Types(self, at + 1) if self.source[at : at + 1] == b"{" else None
        type_ = types.whole() if types is not None else None
        optional = types is not None and types.optional
        if types is not None:
            at = self.skip(types.behind())
        if name in {"param", "arg", "argument", "property", "prop"}:
            self.named(name[:1] == "p" and name[1] == "r", type_, optional, brace, at)
        elif name in {"returns", "return"}:
            self.doc.returns = type_
            self.close_signature("returns", type_)
        elif name in {"type", "enum"}:
            self.doc.type = type_
        elif name == "this":
            self.doc.this = type_
        elif name in {"extends", "augments"}:
            self.doc.base = type_
        elif name == "template":
            self.templates(type_, at)
        elif name in {"typedef", "callback"}:
            self.defines(name, type_, types is None, at)

    def skip(self, at: int) -> int:
        """Return where the next that is no blank, and no star at a line's beginning, stands."""
        match = _BLANKS.match(self.source, at, self.end)
        return match.end() if match else at

    def templates(self, bound: Expression | None, at: int) -> None:
        more = True
        while more and (match := _TEMPLATE.match(self.source, at, self.end)) is not None:
            name = match[1].decode()
            self.doc.templates.append(TypeName(name, match.start(1), match.end(1), bound))
            more, at = bool(match[2]), match.end()

    def defines(self, tag: str, type_: Expression | None, bare: bool, at: int) -> None:
        match = _NAME.match(self.source, at, self.end)
        if match is None:
            return
        if tag == "callback":
            type_ = ["f", match.start()]
        elif bare or type_ is None or (type_[0] == "t" and self.spelled(type_[1]) == b"Object"):
            type_ = ["s", match.start()]
        self.literal = match.start()
        self.own = TypeName(match[0].decode(), match.start(), match.end(), type_)
        self.doc.types.append(self.own)

    def spelled(self, at: int) -> bytes:
        match = _NAME.match(self.source, at, self.end)
        return match[0] if match else b""

    def close_signature(self, kind: str, type_: Expression | None) -> None:
        """Note what a callback gives."""
        if self.own is not None and self.own.type is not None and self.own.type[0] == "f" and type_ is not None:
            self.doc.found.append(Fact(kind, self.own.start, type_))

    def named(self, is_property: bool, type_: Expression | None, optional: bool, brace: int, at: int) -> None:
        """Read the name of a parameter or a property; one of several parts is a member of the one before."""
        match = _PARAMETER.match(self.source, at, self.end)
        if match is None:
            return
        name, rest = match[2].decode(), match[3]
        if rest.startswith((b".", b"[].")):
            self.nested(name, rest, type_, match.end(3))
            return
        if is_property:
            if self.own is not None and self.own.type is not None and self.own.type == ["s", self.literal]:
                self.doc.found.append(Key(match.start(2), match.end(2), name, self.literal, None))
                if type_ is not None:
                    self.doc.found.append(Fact("fact", match.start(2), type_))
            return
        parameter = Parameter(type_, match.start(2), match.end(2), optional or match[1] == b"[")
        if type_ is not None and type_[0] == "t" and self.spelled(type_[1]) == b"Object" and len(type_) == 2:
            parameter.type = None
        self.doc.parameters[name] = parameter

    def nested(self, name: str, rest: bytes, type_: Expression | None, end: int) -> None:
        """Note a member of a parameter: `options.name`."""
        outer = self.doc.parameters.get(name)
        parts = rest.split(b".")
        if outer is None or len(parts) != 2:
            return
        literal: Expression = ["s", outer.start]
        if outer.type is None:
            outer.type = ["ar", literal] if parts[0] else literal
        if outer.type in (literal, ["ar", literal]):
            start = end - len(parts[1])
            self.doc.found.append(Key(start, end, parts[1].decode(), outer.start, None))
            if type_ is not None:
                self.doc.found.append(Fact("fact", start, type_))


class _Types:
    """Reads one type, from behind its brace."""

    def __init__(self, reader: _Reader, at: int) -> None:
        self._reader = reader
        self._source = reader.source
        self._end = reader.end
        self._doc = reader.doc
        self.optional = False
        self._at = at
        self._advance(at)

    def _advance(self, at: int) -> None:
        at = self._reader.skip(at)
        match = _TOKEN.match(self._source, at, self._end)
        self._start, self._at = at, match.end() if match else self._end
        self._token = match[0] if match else b""

    def _next(self) -> None:
        self._advance(self._at)

    def _takes(self, token: bytes) -> bool:
        if self._token != token:
            return False
        self._next()
        return True

    def whole(self) -> Expression | None:
        """Return the type up to its brace; what cannot be read has none."""
        rest = self._takes(b"...")
        found = self._union(0)
        self.optional = self._takes(b"=")
        if self._token != b"}":
            found = None
        return ["ar", found] if rest and found is not None else found

    def behind(self) -> int:
        """Return where the type's brace is closed."""
        depth, at = 1, self._start
        while at < self._end:
            byte = self._source[at]
            depth += (byte == 0x7B) - (byte == 0x7D)
            at += 1
            if not depth:
                return at
        return self._end

    def _union(self, depth: int) -> Expression | None:
        if depth > _DEPTH:
            return None
        found: list[Expression] = []
        self._takes(b"|")
        while True:
            one = self._postfix(depth)
            if one is not None:
                found.append(one)
            if self._token not in {b"|", b"&"}:
                break
            self._next()
        return ["u", *found] if len(found) > 1 else found[0] if found else None

    def _postfix(self, depth: int) -> Expression | None:
        if depth > _DEPTH:
            return None
        while self._token in {b"?", b"!"}:
            self._next()
        found = self._primary(depth)
        while True:
            if self._token == b"[":
                self._next()
                if self._takes(b"]"):
                    found = ["ar", found] if found is not None else None
                    continue
                self._union(depth + 1)
                found = ["e", found] if found is not None else None
                self._takes(b"]")
            elif self._token in {b"?", b"!"}:
                self._next()
            else:
                return found

    def _primary(self, depth: int) -> Expression | None:
        token, start = self._token, self._start
        if token == b"(":
            return self._parenthesized(depth)
        if token == b"{":
            return self._object(depth)
        if token == b"[":
            return self._tuple(depth)
        if token in _OPERATORS:
            self._next()
            found = self._postfix(depth + 1)
            return found if token == b"readonly" else None
        if token == b"typeof":
            self._next()
            return (
                self._imported(depth, is_type=False) if self._token == b"import" else self._path(depth, is_type=False)
            )
        if token == b"import":
            return self._imported(depth, is_type=True)
        if token == b"function":
            self._next()
            return self._signature(start, depth) if self._token == b"(" else None
        if token in _PRIMITIVES:
            self._next()
            return ["b", token.decode()] if token in {b"string", b"number", b"boolean"} else None
        if _NAME.match(token):
            return self._path(depth, is_type=True)
        if token not in {b"}", b")", b"]", b">", b",", b"|", b"&", b"=", b""}:
            self._next()  # a text, a number, `*`
        return None

    def _imported(self, depth: int, *, is_type: bool) -> Expression | None:
        """Read `import("./module")` with what is asked of the module, a type of it or a value."""
        self._next()
        if not self._takes(b"(") or self._token[:1] not in {b'"', b"'"}:
            return None
        if len(self._token) < 2 or self._token[-1:] != self._token[:1]:
            return None  # a quote without an end
        module: Expression = ["mo", self._token[1:-1].decode("utf-8", "replace")]
        self._doc.found.append(Member(self._start + 1, self._at - 1, module))
        self._next()
        if not self._takes(b")"):
            return None
        if self._token != b".":
            return module
        return self._members(module, depth, is_type=is_type)

    def _path(self, depth: int, *, is_type: bool) -> Expression | None:
        """Read a name, its members, and its type arguments."""
        if not _NAME.match(self._token):
            return None
        at = self._start
        self._doc.names.append((self._token.decode("utf-8", "replace"), at, self._at))
        self._next()
        return self._members(["p", at], depth, is_type=is_type)

    def _members(self, of: Expression, depth: int, *, is_type: bool) -> Expression | None:
        """Read the members that follow a name, and type arguments."""
        while self._takes(b"."):
            if not _NAME.match(self._token):
                return None
            name = self._token.decode("utf-8", "replace")
            self._doc.found.append(Member(self._start, self._at, ["m", of, name]))
            of = ["p", self._start]
            self._next()
        if not is_type:
            return of
        at = of[1]
        found: Expression = ["t", at]
        if self._token in {b"<", b".<"}:
            self._next()
            while self._token not in {b">", b"", b"}"}:
                found.append(self._union(depth + 1))
                if not self._takes(b","):
                    break
            self._takes(b">")
        return found

    def _parenthesized(self, depth: int) -> Expression | None:
        """Read a type in parentheses, or what a function takes and gives."""
        at, token = self._at, self._token
        level = 0
        while at < self._end and token:  # what is behind the closing one tells which
            level += (token == b"(") - (token == b")")
            if not level:
                break
            at = self._reader.skip(at)
            match = _TOKEN.match(self._source, at, self._end)
            token = match[0] if match else b""
            at = match.end() if match else self._end
        if self._source[(behind := self._reader.skip(at)) : behind + 2] == b"=>":
            return self._signature(self._start, depth)
        self._next()
        found = self._union(depth + 1)
        self._takes(b")")
        return found

    def _signature(self, at: int, depth: int) -> Expression:
        """Read parameters and what is given, from the parenthesis."""
        self._next()
        types: list[Expression | None] = []
        while self._token not in {b")", b""}:
            self._takes(b"...")
            token, start, end = self._token, self._start, self._at
            self._next()
            self._takes(b"?")
            if not (_NAME.match(token) and self._takes(b":")):
                self._advance(start)  # a type without a name
                end = start
            known = self._union(depth + 1)
            self._takes(b"=")
            types.append(known)
            if not self._takes(b",") and self._start in {start, end}:
                break
        self._takes(b")")
        if self._token in {b"=>", b":"}:
            self._next()
            returned = self._union(depth + 1)
            if returned is not None:
                self._doc.found.append(Fact("returns", at, returned))
        if types:
            self._doc.found.append(Fact("parameters", at, types))
        return ["f", at]

    def _object(self, depth: int) -> Expression:
        at = self._start
        self._next()
        while self._token not in {b"}", b""}:
            token, start, end = self._token, self._start, self._at
            self._next()
            self._takes(b"?")
            known = self._union(depth + 1) if self._takes(b":") else None
            if token[:1] in {b'"', b"'"}:
                token, start, end = token[1:-1], start + 1, end - 1
            if _NAME.match(token):
                self._doc.found.append(Key(start, end, token.decode("utf-8", "replace"), at, None))
                if known is not None:
                    self._doc.found.append(Fact("fact", start, known))
            while self._token in {b",", b";"}:
                self._next()
            if self._start in {start, end}:
                break
        self._takes(b"}")
        return ["s", at]

    def _tuple(self, depth: int) -> Expression:
        self._next()
        parts: list[Expression | None] = []
        while self._token not in {b"]", b""}:
            before = self._start
            parts.append(self._union(depth + 1))
            if not self._takes(b",") and self._start == before:
                break
        self._takes(b"]")
        return ["tu", *parts]
