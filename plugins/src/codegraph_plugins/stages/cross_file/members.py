"""Members of types along their bases, and dotted names followed from a known head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import define

from codegraph_plugins.stages.cross_file import codes
from codegraph_plugins.stages.cross_file.namespaces import Found, Namespaces

PLAIN: Final = 0
SELF: Final = 1
SUPER: Final = 2
OWN: Final = 3
"""How the first step looks: as usual; on the receiver; from the bases on; without bases at all."""


@define(frozen=True)
class Lineage:
    """Where a type's members may come from, nearest first.

    Args:
        types: Resolved types of the repository, the type itself excluded.
        outside: The one base outside the repository, if every other one is known; else -1.
        reason: Why a member that none of them has may still exist, or `MEMBER_NOT_FOUND`.
    """

    types: tuple[int, ...]
    outside: int
    reason: int


_MOST_PARTS: Final = 64
"""Namespaces of one name in a scope whose members are looked for: bounds the work on hostile input."""


class Members:
    """Follows dotted names.

    Args:
        namespaces: Name queries over modules.
    """

    def __init__(self, namespaces: Namespaces) -> None:
        self._namespaces = namespaces
        self._table = namespaces.table
        self._bases: dict[int, list[int]] = {}
        self._lineages: dict[int, Lineage] = {}
        self._memo: dict[tuple[int, int, int], Found] = {}
        self._ambiguous = namespaces.table.ambiguous.tobytes()
        self._stubs: dict[int, int] = {}  # type → what a stub declares of it
        for module, stub in self._table.stub_of.items():
            self._find_types(module, stub)

    def _find_types(self, module: int, stub: int) -> None:
        table, kind = self._table, self._namespaces.kind
        sources = {stub: module}
        for node in table.nodes_of(stub):
            source = sources.get(int(table.parent[node]), -1)
            if source < 0 or int(table.kind[node]) not in codes.HOLDERS:
                continue
            found = self._defined(source, int(table.name[node]))
            if found >= 0 and kind(found) in codes.HOLDERS:
                sources[node] = found
                self._stubs.setdefault(found, node)

    def _defined(self, holder: int, name: int) -> int:
        """Return the node that a module or a type itself has under a name, or a negative number."""
        table = self._table
        if int(table.kind[holder]) == codes.MODULE:
            found, _ = self._namespaces.lookup(holder, name)
        else:
            found = table.members.get((holder << 32) | name, -1)
        if not 0 <= found < table.node_count or int(table.kind[found]) in (codes.IMPORT, codes.MODULE):
            return -1
        return -1 if table.is_stub(table.file_of_node(found)) else found

    def declarations(self, module: int) -> list[tuple[int, int, bool]]:
        """Return what a module's stub declares, in its order: declaration, definition, whether there are several."""
        table = self._table
        stub = table.stub_of.get(module, -1)
        if stub < 0:
            return []
        result = [(stub, module, False)]
        sources = {stub: module}
        for node in table.nodes_of(stub):
            source = sources.get(int(table.parent[node]), -1)
            if source < 0 or int(table.kind[node]) in (codes.IMPORT, codes.PARAMETER):
                continue
            name = int(table.name[node])
            found = self._defined(source, name)
            if found < 0 and int(table.kind[source]) != codes.MODULE:
                inherited, _ = self.member(source, name, PLAIN)
                if 0 <= inherited < table.node_count and not table.is_stub(table.file_of_node(inherited)):
                    found = inherited
            if found < 0:
                continue
            result.append((node, found, bool(self._ambiguous[found])))
            if int(table.kind[node]) in codes.HOLDERS and int(table.kind[found]) in codes.HOLDERS:
                sources[node] = found
        return result

    def add_base(self, type_: int, base: int) -> None:
        """Record a type's next base: an entity, or minus a reason."""
        self._bases.setdefault(type_, []).append(base)

    def bases(self, type_: int) -> Sequence[int]:
        """Return a type's own bases as recorded."""
        return self._bases.get(type_, ())

    def replace_base(self, type_: int, position: int, base: int) -> None:
        """Record a base that was resolved with the help of others."""
        self._bases[type_][position] = base

    def forget(self) -> None:
        """Drop what was answered before all bases were known."""
        self._lineages.clear()
        self._memo.clear()

    def lineage(self, type_: int) -> Lineage:
        """Return a type's ancestors: every type before its bases, bases left to right.

        On consistent hierarchies this is the order of C3 in all but contrived cases; it is also defined
        on cyclic ones. At most `MAX_LINEAGE` types are visited.
        """
        found = self._lineages.get(type_)
        if found is None:
            found = self._lineages[type_] = self._linearise(type_)
        return found

    def _linearise(self, type_: int) -> Lineage:
        kind = self._namespaces.kind
        outside: list[int] = []
        unresolved = False
        visited = {type_}
        finished: list[int] = []
        stack: list[tuple[int, list[int]]] = [(type_, list(self._bases.get(type_, ())))]
        while stack:
            current, pending = stack[-1]
            if not pending:
                finished.append(current)
                stack.pop()
                continue
            base = pending.pop()
            if base < 0 or kind(base) not in codes.TYPES:
                if base < 0 or kind(base) != codes.EXTERNAL:
                    unresolved = True
                elif base not in outside and self._namespaces.external_name(base) not in codes.MEMBERLESS:
                    outside.append(base)
            elif base not in visited:
                if len(visited) < codes.MAX_LINEAGE:
                    visited.add(base)
                    stack.append((base, list(self._bases.get(base, ()))))
                else:
                    unresolved = True
        finished.reverse()
        only = outside[0] if len(outside) == 1 and not unresolved else -1
        reason = codes.MEMBER_NOT_FOUND
        if outside:
            reason = codes.EXTERNAL_BASE
        elif unresolved:
            reason = codes.UNRESOLVED_BASE
        return Lineage(types=tuple(finished[1:]), outside=only, reason=reason)

    def member(self, type_: int, name: int, mode: int) -> Found:
        """Return a type's member, or minus a reason.

        Args:
            type_: The type.
            name: Code of the member's name.
            mode: `SUPER` leaves the type itself out, `OWN` its bases.
        """
        key = (type_, name, mode)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._member(type_, name, mode)
        return found

    def _member(self, type_: int, name: int, mode: int) -> Found:
        members = self._table.members
        if mode != SUPER:
            found = members.get((type_ << 32) | name)
            if found is not None:
                return self._bound(found)
            if mode == OWN:
                declared = self._declared((type_,), name)
                return (-codes.MEMBER_NOT_FOUND, False) if declared < 0 else self._bound(declared)
        lineage = self.lineage(type_)
        for ancestor in lineage.types:
            found = members.get((ancestor << 32) | name)
            if found is not None:
                return self._bound(found)
        declared = self._declared(lineage.types if mode == SUPER else (type_, *lineage.types), name)
        if declared >= 0:
            return self._bound(declared)
        if lineage.outside >= 0:
            base = self._namespaces.external_name(lineage.outside)
            return self._namespaces.external(f"{base}.{self._table.name_texts[name]}"), False
        return -lineage.reason, False

    def overriding(self, first: int, end: int) -> npt.NDArray[np.int64]:
        """Return the methods and properties of files that may override one by name alone, in order.

        Args:
            first: The first file.
            end: The file after the last one.
        """
        table = self._table
        rows = table.base[first] + np.flatnonzero(codes.IS_OVERRIDABLE[table.kind[table.base[first] : table.base[end]]])
        parents = table.parent[rows]
        kinds = table.kind[parents]
        fits = (kinds == codes.KIND["class"]) | (kinds == codes.KIND["interface"])
        fits &= (parents >= 0) & np.isin(parents, np.fromiter(self._bases, np.int64, len(self._bases)))
        rows = rows[fits]
        files = np.searchsorted(np.array(table.base), rows, "right") - 1
        constructors = np.array([table.names.get(pack.constructor, -1) for pack in table.packs] + [-1])
        languages = np.array(table.language, np.int64)[files]
        named = np.array(table.named_constructors, bool)[files]
        found: npt.NDArray[np.int64] = rows[named & (table.name[rows] != constructors[languages])]
        return found

    def overridden(self, node: int) -> tuple[int, bool]:
        """Return the method or property that one of `overriding` overrides, or -1.

        It is that of its name in the nearest base that has the name. Constructors and private members override nothing,
        nor does a member of the class itself one of its objects.
        """
        table = self._table
        name, parent = int(table.name[node]), int(table.parent[node])
        if node in table.private:
            return -1, False
        for base in self.lineage(parent).types:
            found = table.members.get((base << 32) | name)
            if found is not None:
                fits = (
                    int(table.kind[found]) in codes.OVERRIDABLE
                    and found not in table.private
                    and (found in table.statics) == (node in table.statics)
                )
                return (found, bool(self._ambiguous[found])) if fits else (-1, False)
        return -1, False

    def _declared(self, types: Sequence[int], name: int) -> int:
        """Return a member that only the stub of one of some types has, or -1."""
        if self._stubs:
            for each in types:
                stub = self._stubs.get(each)
                found = -1 if stub is None else self._table.members.get((stub << 32) | name, -1)
                if found >= 0:
                    return found
        return -1

    def _bound(self, node: int) -> Found:
        row = self._table.import_of.get(node)
        if row is None:
            return node, bool(self._ambiguous[node])
        return self._namespaces.binding(row)

    def embedded(self, field: int) -> int:
        """Return the type that a struct embeds under a field's name, or the field itself."""
        table = self._table
        struct = int(table.parent[field])
        if struct < 0 or int(table.kind[struct]) != codes.STRUCT:
            return field
        name = table.name_texts[table.name[field]]
        for base in self.bases(struct):
            if base >= table.entity_count:
                called = self._namespaces.external_name(base).rpartition(".")[2]
            else:
                called = table.name_texts[table.name[base]] if 0 <= base < table.node_count else ""
            if called == name:
                return base
        return field

    def follow(self, head: int, names: Sequence[int], mode: int) -> tuple[int, bool, bool, int]:
        """Follow a dotted remainder.

        Args:
            head: Entity of the first name.
            names: Codes of the names after it.
            mode: How the first step looks.

        Returns:
            The entity or minus a reason; whether a step went through a type or a namespace; whether a
            name on the way has several definitions; the last definition that was reached, or -1.
        """
        namespaces = self._namespaces
        table = self._table
        through, ambiguous = False, False
        reached = head if mode in {PLAIN, OWN} else -1
        entity = head
        for position, name in enumerate(names):
            kind = namespaces.kind(entity)
            if kind == codes.FIELD:
                entity = self.embedded(entity)
                kind = namespaces.kind(entity)
            if kind == codes.EXTERNAL:
                rest = ".".join(table.name_texts[code] for code in names[position:])
                return namespaces.external(f"{namespaces.external_name(entity)}.{rest}"), through, ambiguous, -1
            if kind in (codes.MODULE, codes.PACKAGE):
                found, unsure = namespaces.lookup(entity, name)
            elif kind in codes.HOLDERS:
                through = True
                first = mode if mode == OWN or position == 0 else PLAIN
                found, unsure = self.member(entity, name, first)
            elif kind == codes.NAMESPACE:
                through = True
                node = table.members.get((entity << 32) | name)
                found, unsure = (-codes.NAME_NOT_FOUND, False) if node is None else self._bound(node)
            else:
                node = table.members.get((entity << 32) | name) if kind in codes.MEMBERED else None
                if node is not None:
                    through = True
                    found, unsure = self._bound(node)
                else:
                    found, unsure = -codes.VALUE_MEMBER, False
            part: int | None = entity
            for _ in range(_MOST_PARTS if found < 0 else 0):
                part = table.namespace_beside.get(part) if part is not None else None
                node = table.members.get((part << 32) | name) if part is not None else None
                if node is not None:
                    through = True
                    found, unsure = self._bound(node)
                if part is None or node is not None:
                    break
            ambiguous = ambiguous or unsure
            if found < 0:
                if reached >= 0 and namespaces.kind(reached) in (codes.MODULE, codes.PACKAGE, codes.EXTERNAL):
                    reached = -1
                return found, through, ambiguous, reached
            entity = reached = found
        return entity, through, ambiguous, -1
