"""SCIP symbols of nodes: one descriptor for each definition from the module down, by the grammar of `scip.proto`.

Names are unique in a snapshot. Languages differ in what the first descriptors say, as their own indexers do: a module's
dotted name (Python), the path of its file (JavaScript, TypeScript), its package (Java, Kotlin, C#), its import path
(Go), its path of modules (Rust and all others).
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import LanguagePack
from codegraph_plugins.parsers.reference.session import is_test_file
from codegraph_plugins.scip.grammar import SCHEME, identifier, part

MANAGERS: Final = {"dotted": "pip", "path": "npm", "package": "maven", "go": "gomod", "cargo": "cargo"}
"""Package manager of a language by the style of its imports."""

_TYPES: Final = frozenset({"class", "interface", "trait", "struct", "enum", "type_alias"})
_METHODS: Final = frozenset({"function", "method"})
_REBINDING: Final = frozenset({"dotted", "path"})
"""Styles of imports of the languages in which a name that is defined again is the same name: Python, JavaScript and
TypeScript, whose overloads and merged declarations are one thing, too."""
_OTHERS: Final = frozenset({"import", "parameter", "module"})
"""Kinds that stand beside a definition of the same name."""
_REMEMBERED: Final = 200_000
"""Texts that are kept: parents are asked for again and again."""
_PIECE: Final = 4096
"""So many ids are texts at once while they are hashed."""
IMPLIED: Final = "`<init>`()."
"""Descriptor of the constructor that a class of Java or Kotlin has without one that is written."""
HELD: Final = "held"
"""Flag of a function that a variable or a field holds: what has the name is a value."""
_ACCESSORS: Final = frozenset({"get", "set"})
_SPACES: Final = frozenset({"module", "package", "namespace"})


def package_head(manager: str, name: str = "", version: str = "") -> str:
    """Return what a global symbol begins with, up to its first descriptor."""
    return f"{SCHEME} {part(manager)} {part(name)} {part(version)} "


def descriptor(kind: str, name: str, number: int = 1) -> str:
    """Return a node's descriptor.

    Args:
        kind: Its node kind.
        name: Its name.
        number: Which of the definitions of that name in one scope it is, from 1.
    """
    if kind in _METHODS:
        return f"{identifier(name)}({f'+{number - 1}' if number > 1 else ''})."
    if number > 1:
        name = f"{name}~{number}"
    if kind == "parameter":
        return f"({identifier(name)})"
    suffix = "#" if kind in _TYPES else "/" if kind in _SPACES else "!" if kind == "macro" else "."
    return identifier(name) + suffix


def namespaces(names: Sequence[str]) -> str:
    """Return a namespace descriptor for each name."""
    return "".join(f"{identifier(name)}/" for name in names if name)


class SymbolNames:
    """Names nodes. Memory: a few columns of all nodes; texts are made when asked for.

    Args:
        packs: Language packs by name.
    """

    def __init__(self, packs: Mapping[str, LanguagePack]) -> None:
        self._packs = packs
        self._batches: dict[str, list[pa.Array]] = {name: [] for name in ("id", "name", "parent_id")}
        self._kind_codes: dict[str, int] = {}
        self._kinds: list[npt.NDArray[np.int16]] = []
        self._facts: list[tuple[str, str, str]] = []  # of each module: path, language, namespace
        self._starts: list[int] = []
        self._count = 0
        self._moved: dict[int, str] = {}
        self._known: dict[int, str] = {}
        self._codes: dict[str, int] | None = None
        self._by_parent: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None
        self._hashed: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]] | None = None
        self.file_of: dict[str, int] = {}
        self.of_trait: frozenset[int] = frozenset()
        """Rows of the members that `impl Trait for Type` defines, in Rust."""
        self.flags: Mapping[int, frozenset[str]] = {}
        """Modifiers by row that say what a member is."""
        self._impls: dict[int, tuple[int, str, int]] = {}
        self._parameters: dict[int, int] = {}  # of the fields that are parameters of a constructor

    # -- taking nodes --------------------------------------------------------------------------------

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch of `nodes` rows: whole files, each with its module first."""
        for name, parts in self._batches.items():
            parts.append(_plain(batch.column(name)))
        kinds = _plain(batch.column("kind")).dictionary_encode()
        codes = [self._kind_codes.setdefault(kind, len(self._kind_codes)) for kind in kinds.dictionary.to_pylist()]
        self._kinds.append(np.array(codes, np.int16)[kinds.indices.to_numpy()] if codes else np.zeros(0, np.int16))
        if "module" in self._kind_codes:
            modules = np.flatnonzero(self._kinds[-1] == self._kind_codes["module"])
            taken = batch.select(["fqn", "file_path", "language", "metadata"]).take(pa.array(modules))
            for row, fqn, path, language, metadata in zip(
                modules.tolist(), *(column.to_pylist() for column in taken.columns), strict=True
            ):
                self.file_of[path] = len(self._starts)
                self._starts.append(self._count + row)
                self._facts.append((path, language or "", self._namespace(fqn, path, language or "", metadata)))
        self._count += batch.num_rows

    def finish(self) -> None:
        """Find parents, and the names that several files of one namespace have; call after the last `add`."""
        self.ids: pa.Array = _joined(self._batches["id"])
        names = _joined(self._batches["name"]).dictionary_encode()
        self._names: pa.Array = names.dictionary
        self._name_of: npt.NDArray[np.int32] = names.indices.to_numpy()
        parents = _joined(self._batches["parent_id"])
        self._parents = (
            pc.index_in(parents, value_set=self.ids).fill_null(-1).to_numpy(zero_copy_only=False)
            if len(parents)
            else np.zeros(0, np.int64)
        )
        self._batches.clear()
        self._kind_of = np.concatenate(self._kinds) if self._kinds else np.zeros(0, np.int16)
        self._kind_texts = list(self._kind_codes)
        self._firsts = self._first_of_each()
        homes: dict[str, list[int]] = {}
        for file, (_, language, home) in enumerate(self._facts):
            homes.setdefault(self._head(language) + home, []).append(file)
        for files in homes.values():
            if len(files) > 1:
                self._part(files)

    def _part(self, files: Sequence[int]) -> None:
        """Have each name of a namespace mean one node: those of later files get their file's path."""
        taken: set[str] = set()
        for file in files:
            path, language, home = self._facts[file]
            first = self._starts[file]
            stop = self._starts[file + 1] if file + 1 < len(self._starts) else self._count
            rows = [first, *(first + 1 + np.flatnonzero(self._parents[first + 1 : stop] == first)).tolist()]
            own: set[str] = set()
            for row in rows:
                if self._first(row) != row:
                    continue
                name = self._below_module(row, first)
                if name in taken:
                    self._moved[row] = f"{self._head(language)}{home}{identifier(path)}/{name}"
                own.add(name)
            taken |= own

    def _rebinds(self, row: int) -> bool:
        """Say whether what a scope defines twice under one name is one thing there, not two overloads."""
        return self._style(self._facts[self.file_of_row(row)][1]) in _REBINDING

    def _first(self, row: int) -> int:
        """Return the first definition of a node's name in its scope, where names are bound anew; else the node."""
        return int(self._firsts[row])

    def _first_of_each(self) -> npt.NDArray[np.int32]:
        """Return for every node what `_first` gives."""
        firsts = np.arange(self._count, dtype=np.int32)
        rebinds = [self._style(language) in _REBINDING for _, language, _ in self._facts]
        sizes = np.diff([*self._starts, self._count])
        others = np.array([kind in _OTHERS for kind in self._kind_texts], bool)
        wanted = np.zeros(self._count, bool)
        wanted[self._count - int(sizes.sum()) :] = np.repeat(rebinds, sizes)
        wanted &= (self._parents >= 0) & ~others[self._kind_of]
        keys, order = self._sorted()
        keys, order = keys[wanted[order]], order[wanted[order]]  # rows of one scope and name ascend
        if len(order):
            begins = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
            firsts[order] = np.repeat(order[begins], np.diff(begins, append=len(order)))
        return firsts

    def take_impls(self, found: Mapping[int, tuple[int, str]]) -> None:
        """Take the members of Rust's `impl` blocks: the row of the module around, and the block's descriptors."""
        seen: dict[tuple[str, str, str, bool], int] = {}
        for row in sorted(found):
            module, block = found[row]
            key = (self._space(module), block, self.name(row), self.kind(row) in _METHODS)
            seen[key] = seen.get(key, 0) + 1
            self._impls[row] = (module, block, seen[key])

    def take_parameters(self, found: Iterable[tuple[int, int]]) -> None:
        """Take the fields that a constructor's parameters define, each with the parameter, whose name they have."""
        self._parameters.update(found)

    # -- naming --------------------------------------------------------------------------------------

    def rows(self, ids: pa.Array) -> npt.NDArray[np.int64]:
        """Return the rows of ids, -1 for an id that is no node of a file."""
        found: npt.NDArray[np.int64] = pc.index_in(ids, value_set=self.ids).fill_null(-1).to_numpy(zero_copy_only=False)
        return found

    def row(self, node_id: str) -> int:
        """Return the row of an id, -1 for one that is no node of a file: `rows` looks at all nodes each time."""
        if self._hashed is None:
            pieces = (self.ids.slice(first, _PIECE).to_pylist() for first in range(0, len(self.ids), _PIECE))
            hashes = np.fromiter((hash(one) for piece in pieces for one in piece), np.int64, len(self.ids))
            order = np.argsort(hashes, kind="stable").astype(np.int32)
            self._hashed = (hashes[order], order)
        hashes, order = self._hashed
        wanted = hash(node_id)
        for at in range(int(hashes.searchsorted(wanted)), len(hashes)):
            if hashes[at] != wanted:
                break
            if self.ids[int(order[at])].as_py() == node_id:
                return int(order[at])
        return -1

    def kind(self, row: int) -> str:
        """Return a node's kind."""
        return self._kind_texts[int(self._kind_of[row])]

    def first_row(self, file: int) -> int:
        """Return the row of a file's module."""
        return self._starts[file]

    def rows_of_file(self, file: int) -> range:
        """Return the rows of a file's nodes."""
        return range(self._starts[file], self._starts[file + 1] if file + 1 < len(self._starts) else self._count)

    def path(self, file: int) -> str:
        """Return a file's path."""
        return self._facts[file][0]

    def name(self, row: int) -> str:
        """Return a node's name."""
        found: str = self._names[int(self._name_of[row])].as_py()
        return found

    def child(self, row: int, name: str, *, called: bool = False) -> int:
        """Return the first node of a name that is defined directly in another, or -1.

        Imports and parameters are none. Of a field and a method of one name a call means the method.
        """
        code = self._code_of(name)
        if code < 0:
            return -1
        return self.chosen([one for one in self._children(row, code) if self.kind(one) not in _OTHERS], called=called)

    def chosen(self, members: Sequence[int], *, called: bool = False) -> int:
        """Return which of a type's members of one name it has; -1 without any.

        The first, in Rust that of the type itself before those of traits; of a field and a method a call means the
        method.
        """
        if called:
            members = sorted(members, key=lambda one: (self.kind(one) not in _METHODS, one in self.of_trait))
        elif self.of_trait:
            members = sorted(members, key=self.of_trait.__contains__)
        return members[0] if members else -1

    def merged(self, row: int) -> list[int]:
        """Return a node and what its scope defines under the same name as well, the node first."""
        parent = int(self._parents[row])
        if parent < 0 or not self._rebinds(row):
            return [row]
        others = self._children(parent, int(self._name_of[row]))
        return [row, *(one for one in others if one != row and self.kind(one) not in _OTHERS)]

    def children(self, row: int) -> list[int]:
        """Return what is defined directly in a node, in source order."""
        keys, order = self._sorted()
        size = len(self._names) + 1
        first, end = np.searchsorted(keys, [row * size, (row + 1) * size])
        return sorted(order[first:end].tolist())

    def children_named(self, row: int, name: str) -> list[int]:
        """Return what is defined directly in a node under a name, in source order."""
        code = self._code_of(name)
        return [] if code < 0 else self._children(row, code)

    def _code_of(self, name: str) -> int:
        if self._codes is None:
            self._codes = {text: code for code, text in enumerate(self._names.to_pylist())}
        return self._codes.get(name, -1)

    def _children(self, row: int, code: int) -> list[int]:
        """Return the nodes of a name that are defined directly in another, in source order."""
        keys, order = self._sorted()
        wanted = row * (len(self._names) + 1) + code
        first, end = np.searchsorted(keys, [wanted, wanted + 1])
        found: list[int] = order[first:end].tolist()
        return found

    def _sorted(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return nodes by what they are defined in and by name: the keys, and the rows in their order."""
        if self._by_parent is None:
            keys = self._parents.astype(np.int64) * (len(self._names) + 1) + self._name_of
            order = np.argsort(keys, kind="stable")
            self._by_parent = (keys[order], order)
        return self._by_parent

    def parent(self, row: int) -> int:
        """Return the row that a node is defined in, or -1."""
        return int(self._parents[row])

    def file_of_row(self, row: int) -> int:
        """Return the number of the file that a node stands in."""
        return bisect_right(self._starts, row) - 1

    def symbol(self, row: int) -> str:
        """Return a node's symbol."""
        chain: list[int] = []
        row = self._parameters.get(row, row)
        current = self._first(row)
        while current >= 0 and current not in self._known and current not in self._moved:
            chain.append(current)
            if self.kind(current) == "module":
                break
            current = int(self._parents[current])
            current = self._first(current) if current >= 0 else current
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        text = self._moved.get(current) or self._known.get(current, "")
        for each in reversed(chain):
            text = self._extended(each, text)
            self._known[each] = text
        return text

    def _extended(self, row: int, around: str) -> str:
        parent = int(self._parents[row])
        if row in self._impls:
            module, block, number = self._impls[row]
            return self._space(module) + block + descriptor(self.kind(row), self.name(row), number)
        if self.kind(row) == "module":
            _, language, home = self._facts[self.file_of_row(row)]
            return self._head(language) + home + self._below_module(row, row)
        if parent >= 0 and self.kind(parent) == "module":
            _, language, home = self._facts[self.file_of_row(row)]
            return self._head(language) + home + self._below_module(row, parent)
        name, number = self._named(row)
        return around + self._member(row, name, number)

    def _space(self, row: int) -> str:
        """Return the symbol of a module in a file, or what the symbols begin with of what its file's module has."""
        if self.kind(row) != "module":
            return self.symbol(row)
        _, language, home = self._facts[self.file_of_row(row)]
        return self._head(language) + home

    def _member(self, row: int, name: str, number: int) -> str:
        """Return the descriptor of what stands in a definition, by the names that its language's own indexer has."""
        kind, language = self.kind(row), self.language_of_row(row)
        style, flags = self._style(language), self.flags.get(row, frozenset())
        if HELD in flags:
            return descriptor("variable", name, number)
        if kind == "method" and style == "path" and name == "constructor" and "static" not in flags:
            return descriptor(kind, "<constructor>", number)
        if kind in _METHODS and style == "package" and ("constructor" in flags or self._is_primary(row, name)):
            return descriptor(kind, "<init>", number)
        if kind == "property" and style == "path" and flags & _ACCESSORS:
            both = any("get" in self.flags.get(each, ()) for each in self.merged(row))
            return descriptor("method", f"<{'get' if both else 'set'}>{name}")
        if kind == "property" and style == "dotted":
            return descriptor("method", name)
        if kind == "method" and style == "go" and self.kind(int(self._parents[row])) == "interface":
            return descriptor("field", name, number)  # scip-go has no methods there
        if kind == "enum_member" and style == "cargo":  # a variant is a type, and may have fields
            return descriptor("enum", name, number)
        return descriptor(kind, name, number)

    def _is_primary(self, row: int, name: str) -> bool:
        """Say whether a row is the constructor in a class's head, in Kotlin."""
        return name == "constructor" and self.language_of_row(row) == "kotlin"

    def _below_module(self, row: int, module: int) -> str:
        """Return the descriptors of a module, or of what stands in one, after those of its namespace."""
        path, language, home = self._facts[self.file_of_row(module)]
        if row == module:
            style = self._style(language)
            if style == "dotted":
                return "__init__:"
            return f"{identifier(path.rpartition('/')[2])}:" if style in {"package", "go"} or not home else ""
        name, number = self._named(row)
        if self._rebinds(row):
            return descriptor("variable" if HELD in self.flags.get(row, ()) else self.kind(row), name)
        inside = self.ids[row].as_py().rpartition("@")[0][len(self.ids[module].as_py().rpartition("@")[0]) + 1 :]
        spelled = f"{name}~{number}" if number > 1 else name
        # A member of a type that stands in another file has that type's name in its id.
        owner = inside.removesuffix(spelled).removesuffix(".")
        around = descriptor("class", owner) if owner else ""
        return around + descriptor(self.kind(row), name, number)

    def _named(self, row: int) -> tuple[str, int]:
        """Return a node's name, and which of the definitions of that name in its scope it is."""
        name: str = self._names[int(self._name_of[row])].as_py()
        if self._rebinds(row):
            return name, 1
        own = self.ids[row].as_py().rpartition("@")[0]
        if own.endswith(name):
            return name, 1
        number = own.rpartition("~")[2]
        return name, int(number) if number.isdigit() else 1

    # -- names outside -------------------------------------------------------------------------------

    def external(self, fqn: str, language: str, *, package: bool = False) -> str:
        """Return the symbol of a name outside the repository, as a language sees it: its last part is a term.

        Args:
            fqn: The dotted name.
            language: The language that uses it.
            package: Whether it stands where Java and Kotlin name packages, and types that begin with a capital.
        """
        names = [name for name in fqn.split(".") if name] or [fqn]
        head = package_head(self._manager(language), names[0])
        if self._style(language) == "dotted":
            around = ".".join(names[:-1])
            return head + (
                f"{identifier(around)}/{identifier(names[-1])}." if around else f"{identifier(fqn)}/__init__:"
            )
        if len(names) == 1 or (self._style(language) == "package" and names[-1][:1].islower() and package):
            return head + namespaces(names)
        return f"{head}{namespaces(names[:-1])}{identifier(names[-1])}."

    def package(self, fqn: str) -> str:
        """Return the symbol of a folder."""
        return package_head("") + namespaces(fqn.split("."))

    def language(self, file: int) -> str:
        """Return a file's language."""
        return self._facts[file][1]

    def is_test(self, file: int) -> bool:
        """Say whether a file is one of tests, by the patterns of its language."""
        path, language, _ = self._facts[file]
        pack = self._packs.get(language)
        return pack is not None and is_test_file(path, pack)

    def language_of_row(self, row: int) -> str:
        """Return the language of the file that a node stands in."""
        return self.language(self.file_of_row(row))

    def style(self, file: int) -> str:
        """Return the style of the imports of a file's language."""
        return self._style(self._facts[file][1])

    def _style(self, language: str) -> str:
        pack = self._packs.get(language)
        return pack.imports.style if pack is not None else ""

    def _manager(self, language: str) -> str:
        return MANAGERS.get(self._style(language), "")

    def _head(self, language: str) -> str:
        return package_head(self._manager(language))

    def _namespace(self, fqn: str, path: str, language: str, metadata: str | None) -> str:
        style = self._style(language)
        if style == "dotted":
            return f"{identifier(fqn)}/"
        if style == "path":
            return namespaces(path.split("/"))
        if style == "package":
            return namespaces(str((json.loads(metadata) if metadata else {}).get("package", "")).split("."))
        return namespaces([fqn] if style == "go" else fqn.split("."))


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


def _joined(parts: Sequence[pa.Array]) -> pa.Array:
    return pa.concat_arrays([pa.array([], pa.string()), *parts])
