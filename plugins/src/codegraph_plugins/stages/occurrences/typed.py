"""Members that only types decide: what the sites of all files say, put together for `types.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from codegraph_plugins.scip.grammar import identifier
from codegraph_plugins.stages.cross_file.groups import codes as column_codes
from codegraph_plugins.stages.occurrences.global_names import GlobalNames
from codegraph_plugins.stages.occurrences.symbols import SymbolNames
from codegraph_plugins.stages.occurrences.type_library import COLLECTIONS, ITERABLE, MAPS, PROMISES, TRANSPARENT
from codegraph_plugins.stages.occurrences.types import Definition, Types

_REFERRED: Final = re.compile(r'\["[ptdiv]",(\d+)')
MADE: Final = "made"
"""Kind of the site that says that `new` makes what the name at the same place leads to."""
_TYPED: Final = frozenset({"fact", "key", "member"})
_OF_FILES: Final = frozenset({"class", "global", "module"})
_OF_LIBRARY: Final = ITERABLE | PROMISES | MAPS | COLLECTIONS | TRANSPARENT
"""Types of the language that say what is in them."""
_VALUES: Final = frozenset({"variable", "constant", "field"})
_EDGES: Final = frozenset({"inherits", "implements", "defines"})


class Sites(Protocol):
    """Columns of the table `occurrence_sites`, as the stage reads them."""

    file: npt.NDArray[np.int32]
    kinds: list[str]
    target: npt.NDArray[np.int32]
    node: npt.NDArray[np.int32]

    def texts(self, name: str) -> list[str]:
        """Return a column of texts."""

    def starts(self) -> list[int]:
        """Return the first byte of each site."""


class TypedMembers:
    """Collects what sites say, group by group, then answers which member each site is.

    Args:
        names: All nodes.
    """

    def __init__(self, names: SymbolNames) -> None:
        self._names = names
        self._types = Types(names)
        self._globals = GlobalNames(names, self._types.home_of)
        self._global_uses: list[tuple[int, int, str, int]] = []
        self._literals: dict[tuple[int, int], tuple[int, int, str]] = {}  # member of a literal → row, number, name
        self._imports: dict[int, tuple[int, str]] = {}  # row of an import → file, what it takes
        self._brought: dict[int, Definition] | None = None
        self.any = False

    def take(self, sites: Sites, targets: Sequence[str | None]) -> bool:
        """Take a group's sites with the ids that they lead to; return whether they say anything about types."""
        kinds, files, starts = sites.kinds, sites.file.tolist(), sites.starts()
        if not _TYPED & set(kinds):
            return MADE in kinds
        self.any = True
        bindings = sites.texts("binding")
        texts, uses, roles = sites.texts("name"), sites.texts("use"), sites.texts("role")
        target, node = sites.target.tolist(), sites.node.tolist()
        needed: set[tuple[int, int]] = set()
        assigned: set[tuple[int, int]] = set()
        numbers: dict[tuple[int, int], list[int]] = {}
        for at, kind in enumerate(kinds):
            if kind in _TYPED:
                self._say(kind, files[at], starts[at], target[at], uses[at], texts[at])
                if uses[at] == "assigned":
                    assigned.add((files[at], starts[at]))
                if kind == "fact" and uses[at] in _OF_FILES:
                    self._of_file(uses[at], files[at], starts[at], node[at], texts[at])
                for found in _REFERRED.findall(texts[at]):
                    needed.add((files[at], int(found)))
                if kind == "key":
                    needed.add((files[at], starts[at]))
                    around = self._names.first_row(files[at]) + node[at]
                    listed = numbers.setdefault((files[at], around), [])
                    if target[at] not in listed:
                        listed.append(target[at])
                    name = json.loads(texts[at])[0]
                    self._literals[files[at], starts[at]] = (around, listed.index(target[at]), name)
        rows = self._rows(targets)
        locals_: dict[tuple[int, int], int] = {}
        for at, kind in enumerate(kinds):
            if kind == "local" and roles[at] == "definition":
                locals_.setdefault((files[at], target[at]), starts[at])
            elif kind == "node" and roles[at] == "definition":
                self._types.home(self._names.first_row(files[at]) + target[at], files[at], starts[at])
        taken = {
            (files[at], starts[at]): texts[at]
            for at, kind in enumerate(kinds)
            if kind == "member" and roles[at] == "read"
        }
        for at, kind in enumerate(kinds):
            place = (files[at], starts[at])
            row = rows.get(targets[at] or "", -1) if kind == "import" and place in taken else -1
            if row >= 0 and self._names.kind(row) == "import":
                self._types.home(row, *place)
                self._imports[row] = (files[at], taken[place])
        for at, kind in enumerate(kinds):
            if kind in {"local", "node", "use"} and (roles[at] == "write" or (files[at], starts[at]) in assigned):
                self._writes(kind, files[at], starts[at], target[at], targets[at], rows, locals_)
            if kind in _TYPED or (files[at], starts[at]) not in needed:
                continue
            if kind == "local":
                home = locals_.get((files[at], target[at]), -1)
                self._types.meaning(files[at], starts[at], Definition(file=files[at], at=home))
            elif kind == "use" and bindings[at] == "global":
                around = self._names.first_row(files[at]) + node[at]
                self._global_uses.append((files[at], starts[at], texts[at], around))
            if kind != "local" and (id_ := targets[at]) is not None:
                row = rows[id_]
                if kind == "use" and self.of_value(row):
                    continue  # a declared type may say otherwise
                outside = id_.rpartition("@")[0] if row < 0 else ""
                self._types.meaning(files[at], starts[at], Definition(row=row, outside=outside))
        return True

    def _writes(
        self,
        kind: str,
        file: int,
        start: int,
        target: int,
        id_: str | None,
        rows: Mapping[str, int],
        locals_: Mapping[tuple[int, int], int],
    ) -> None:
        """Take what a site assigns to."""
        if kind == "local":
            self._types.assigned(file, start, (file, locals_.get((file, target), -1)))
        elif id_ is not None and rows[id_] >= 0:
            self._types.assigned(file, start, self._types.home_of(rows[id_]))

    def of_value(self, row: int) -> bool:
        """Say whether a node is a member of a variable's object, which the variable's declared type comes before."""
        parent = self._names.parent(row) if 0 <= row < len(self._names.ids) else -1
        return parent >= 0 and self._names.kind(parent) in _VALUES

    def _of_file(self, use: str, file: int, start: int, ordinal: int, text: str) -> None:
        """Take what a file says that is about no type."""
        if use == "class":
            self._unnamed(file, start, ordinal)
        elif use == "global":
            self._globals.region(file, start, int(text))
        else:
            self._globals.module(file, start)

    def _unnamed(self, file: int, start: int, ordinal: int) -> None:
        """Take where a class without a name begins."""
        row = self._names.first_row(file) + ordinal
        if self._names.kind(row) == "class":
            self._types.home(row, file, start)
            self._types.meaning(file, start, Definition(row=row))

    def _say(self, kind: str, file: int, start: int, target: int, use: str, text: str) -> None:
        if kind == "fact":
            self._types.fact(file, use, start, text)
        elif kind == "key":
            self._types.key(file, target, json.loads(text)[0], start)
        else:
            self._types.member(file, start, text)

    def _rows(self, ids: Iterable[str | None]) -> Mapping[str, int]:
        distinct = pa.array(sorted({one for one in ids if one is not None}), pa.string())
        return dict(zip(distinct.to_pylist(), self._names.rows(distinct).tolist(), strict=True))

    def edges(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Take the edges between types and to members that are defined elsewhere."""
        for batch in batches:
            codes, kinds = column_codes(batch.column("kind"))
            chosen = np.flatnonzero(np.array([kind in _EDGES for kind in kinds], bool)[codes])
            if not len(chosen):
                continue
            taken = pa.array(chosen)
            ends = [
                self._names.rows(_plain(batch.column(name).take(taken))).tolist() for name in ("source_id", "target_id")
            ]
            for code, source, target in zip(codes[chosen].tolist(), *ends, strict=True):
                if source < 0 or target < 0:
                    continue
                if kinds[code] != "defines":
                    self._types.inherits(source, target)
                elif self._names.parent(target) != source:
                    self._types.has(source, target)

    def share(self) -> None:
        """Put together what files have without importing it."""
        self._globals.begin()
        for of, row in self._globals.added():
            self._types.adds(of, row)
        self._types.shared = self._globals
        for file, at, name, around in self._global_uses:
            row = self.shared(file, name, around)
            if row >= 0:
                self._types.meaning(file, at, Definition(row=row), says=True)
            elif name in _OF_LIBRARY:
                self._types.meaning(file, at, Definition(outside=name))

        if self._globals.declares():
            self._types.found_outside(self._globals.declared)

    def declared(self, outside: str) -> int:
        """Return what a declared module has under the name of something outside the repository, or -1."""
        return self._globals.declared(outside)

    def holds(self, outside: str) -> bool:
        """Say whether a name of something outside begins with one that is declared in the repository."""
        around = outside.rpartition(".")[0]
        while "." in around:
            if self._globals.declared(around) >= 0:
                return True
            around = around.rpartition(".")[0]
        return False

    def shared(self, file: int, name: str, around: int) -> int:
        """Return the definition of a global name, or of what a file's `namespace A.B` makes of one, or -1.

        Args:
            file: Uses the name.
            name: May have dots.
            around: Row of what the use stands in: other parts of a namespace may have the name.
        """
        found = self._globals.nested(file, name)
        if found < 0 and "." not in name:
            found = self._globals.beside(around, name)
        return next(iter(self._globals.rows(name)), -1) if found < 0 else found

    def leads(self, kind: str, file: int, text: str) -> list[Definition]:
        """Return what a site of the kind "member" or "key" leads to: several for a value of one of several types."""
        if kind == "member":
            return self._types.leads(file, text)
        expected = json.loads(text)[1]
        led = self._types.lead(file, json.dumps(expected)) if expected is not None else None
        return [] if led is None else [led]

    def keeps(self, text: str) -> bool:
        """Say whether a key is a member of its literal, too, although that is expected to be of a type."""
        return len(json.loads(text)) > 2

    def brought(self) -> Mapping[int, Definition]:
        """Return what imports lead to, by row, that bring a name which a module exports by assignment."""
        if self._brought is None:
            found: dict[int, Definition] = {}
            for row, (file, text) in self._imports.items():
                led = self._types.lead(file, text)
                if led is not None and led.row != row:
                    found[row] = led
            for row, led in list(found.items()):
                seen, last = {row}, led
                while last.row in found and last.row not in seen:  # imports of what was imported
                    seen.add(last.row)
                    last = found[last.row]
                found[row] = last
            self._brought = found
        return self._brought

    def symbol(self, file: int, at: int) -> str | None:
        """Return the symbol of a member of a literal: below what the literal stands in."""
        known = self._literals.get((file, at))
        if known is None:
            return None
        row, number, name = known
        return f"{self._names.symbol(row)}{identifier(f'literal{number}')}:{identifier(name)}."


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
