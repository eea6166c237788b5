"""Types of JavaScript: those of the code, and those that comments say of what follows them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import tree_sitter

from codegraph_plugins.stages.occurrences.ecma_expressions import Around
from codegraph_plugins.stages.occurrences.ecma_types import EcmaTypes
from codegraph_plugins.stages.occurrences.facts import Added, Expression, Fact, Key, Label, Member
from codegraph_plugins.stages.occurrences.jsdoc import Doc, Parameter

Node = tree_sitter.Node

_BETWEEN: Final = re.compile(
    rb"\s*(?:(?:export|default|const|let|var|static|async)\s+)*(?:[\w$.#]+\s*[=:]\s*)?(?:async\s+)?"
)
"""What stands between a comment and what it is about."""
_NEAR: Final = 256
"""Bytes of that at most."""
_REGIONS: Final = 64
"""Type parameters of one name, the nearest ones before a place, that are looked at."""
_DECLARED: Final = frozenset({"variable_declarator", "field_definition"})


class JavaScriptTypes(EcmaTypes):
    """Reads one file. Iterate `read`."""

    def __init__(self, source: bytes) -> None:
        super().__init__(source)
        self._ends: list[int] = []  # of the comments that say something
        self._docs: list[tuple[int, Doc]] = []  # where they begin
        self._regions: dict[str, list[tuple[int, int, int]]] = {}  # where type parameters hold, and are defined
        self._types: dict[str, int] = {}  # where comments define types
        self._said: dict[tuple[int, int], Expression] = {}  # what comments say that values are

    def read(self, root: Node) -> Iterator[Fact | Key | Label | Member | Added]:
        """Yield what a tree and its comments say."""
        yield from super().read(root)
        for regions in self._regions.values():
            regions.sort()
        for start, doc in self._docs:
            yield from doc.found
            for own in doc.types:
                yield Label(own.start, own.end, own.start)
                if own.type is not None:
                    yield Fact("default", own.start, own.type)
            for own in doc.templates:
                yield Label(own.start, own.end, own.start)
            for name, first, end in doc.names:
                at = self._defined(name, start, doc)
                if at is not None:
                    yield Label(first, end, at)

    def take(self, docs: Iterable[tuple[int, int, Doc]]) -> None:
        """Take what comments say, with where each begins and ends."""
        for start, end, doc in sorted(docs, key=lambda one: one[0]):
            self._ends.append(end)
            self._docs.append((start, doc))
            for own in doc.types:
                self._types.setdefault(own.name, own.start)

    def _defined(self, name: str, at: int, doc: Doc) -> int | None:
        """Return where the type that a comment at a byte names is defined, if a comment does that: nearest first."""
        own = next((each.start for each in doc.templates if each.name == name), None)
        if own is not None:
            return own
        regions = self._regions.get(name, [])
        position = bisect_right(regions, (at, len(self._source), 0))
        for _, end, where in reversed(regions[max(position - _REGIONS, 0) : position]):
            if at < end:
                return where
        return self._types.get(name)

    def _doc(self, at: int) -> Doc | None:
        """Return what the comment right before a byte says."""
        position = bisect_right(self._ends, at) - 1
        if position < 0 or at - self._ends[position] > _NEAR:
            return None
        return self._docs[position][1] if _BETWEEN.fullmatch(self._source, self._ends[position], at) else None

    # -- what comments say of -----------------------------------------------------------------------

    def _annotation(self, node: Node, around: Around) -> Expression | None:
        """Return the type that a declaration is said to have."""
        doc = self._doc(node.start_byte) if node.type in _DECLARED else None
        return doc.type if doc is not None else None

    def _value(self, node: Node, around: Around, depth: int = 0) -> Expression | None:
        """Return what a value is: what a comment says (`/** @type {T} */ (value)`), else its own expression."""
        if self._docs and node.type == "parenthesized_expression":
            doc = self._doc(node.start_byte)
            if doc is not None and doc.type is not None:
                return doc.type
        said = self._said.get((node.start_byte, node.end_byte)) if self._said else None
        return said if said is not None else super()._value(node, around, depth)

    def _assignment(self, node: Node, around: Around) -> None:
        self._says_value(node, node.child_by_field_name("right"))
        super()._assignment(node, around)

    def _object(self, node: Node, around: Around) -> None:
        for child in node.named_children if self._docs else ():
            if child.type == "pair":
                self._says_value(child, child.child_by_field_name("value"))
        super()._object(node, around)

    def _says_value(self, node: Node, value: Node | None) -> None:
        doc = self._doc(node.start_byte)
        if doc is not None and doc.type is not None and value is not None:
            self._said[value.start_byte, value.end_byte] = doc.type

    def _said_return(self, node: Node) -> Expression | None:
        doc = self._doc(node.start_byte)
        return doc.returns if doc is not None else None

    def _said_parameter(self, node: Node, child: Node, position: int) -> Expression | None:
        """Return the type that a comment says a parameter has: the one in front of it, or the function's."""
        doc = self._doc(child.start_byte)
        if doc is not None and doc.type is not None:
            return doc.type
        doc = self._doc(node.start_byte)
        if doc is None or not doc.parameters:
            return None
        name = child.child_by_field_name("left") if child.type == "assignment_pattern" else child
        if name is not None and name.type == "rest_pattern" and name.named_child_count:
            name = name.named_children[0]
        known: Parameter | None = None
        if name is not None and name.type == "identifier":
            known = doc.parameters.get(self._text(name))
            if known is not None:
                self._found.append(Label(known.start, known.end, name.start_byte))
        elif position < len(doc.parameters):
            known = list(doc.parameters.values())[position]
        return known.type if known is not None else None

    def _receiver(self, node: Node, around: Around) -> Expression | None:
        doc = self._doc(node.start_byte)
        return doc.this if doc is not None else None

    def _generic(self, node: Node, at: int, around: Around) -> None:
        """Note the type parameters that a comment gives a function or a class."""
        position = bisect_right(self._ends, node.start_byte) - 1
        doc = self._doc(node.start_byte)
        if doc is None or not doc.templates:
            return
        for own in doc.templates:
            self._regions.setdefault(own.name, []).append((self._docs[position][0], node.end_byte, own.start))
            if own.type is not None:
                self._found.append(Fact("bound", own.start, own.type))
        self._found.append(Fact("generic", at, [own.start for own in doc.templates]))

    def _bases(self, clause: Node, around: Around) -> Iterator[Expression]:
        """Yield what a class inherits from; a comment may give the base type arguments."""
        doc = self._doc(clause.parent.start_byte) if clause.type == "class_heritage" and clause.parent else None
        if doc is not None and doc.base is not None:
            yield doc.base
        else:
            yield from super()._bases(clause, around)

    def handlers(self) -> Mapping[str, Callable[[Any, Node, Around], Around | None]]:
        """Return what reads a kind of node."""
        own = {
            "assignment_expression": JavaScriptTypes._assignment,
            "object": JavaScriptTypes._object,
        }
        return {**super().handlers(), **own} if self._docs else super().handlers()
