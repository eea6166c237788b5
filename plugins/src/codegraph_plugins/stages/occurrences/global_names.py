"""Names that files of JavaScript and TypeScript share without imports: globals, ambient modules, additions to modules.

A file without imports and exports is a script: what its top level defines, all files have; so is what stands in a
`declare global`. `declare module "name"` declares a module that is nowhere, or adds to one that an import leads to;
in a file with imports or exports it only adds.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from codegraph_plugins.stages.occurrences.symbols import SymbolNames

Place = tuple[int, int]
"""A file's number and a byte."""

_NOT_SHARED: Final = frozenset({"import", "parameter", "module"})
_ADDED_TO: Final = frozenset({"class", "interface", "namespace", "enum"})
_JOINED: Final = frozenset({"interface", "namespace"})
_MOST_JOINED: Final = 64
"""Declarations of one global name that are joined: each is with each."""
_OF_EVERYTHING: Final = {"window": "Window", "self": "Window", "globalThis": "Window", "document": "Document"}
"""Names of the language and of browsers, and the interfaces that say what their members are."""
_ENDINGS: Final = ("", ".ts", ".tsx", ".d.ts", ".mts", ".js", ".jsx", ".mjs", "/index.ts", "/index.d.ts", "/index.js")
_SOURCES: Final = {".js": (".ts", ".tsx", ".d.ts"), ".mjs": (".mts",), ".jsx": (".tsx",)}


class GlobalNames:
    """Collects where files declare shared names, then answers what those are.

    Args:
        names: All nodes.
        home: Returns where a node's name is defined.
    """

    def __init__(self, names: SymbolNames, home: Callable[[int], Place]) -> None:
        self._names, self._home = names, home
        self._regions: list[tuple[int, int, int]] = []  # file, first and last byte
        self._modules: list[Place] = []
        self._found: dict[str, list[int]] = {}
        self._ambient: dict[str, int] = {}
        self._adding: set[int] = set()
        self._nested: dict[int, dict[str, int]] = {}
        self._parts_of: dict[int, Sequence[int]] = {}

    def region(self, file: int, start: int, end: int) -> None:
        """Take the part of a file whose outermost definitions are global."""
        self._regions.append((file, start, end))

    def module(self, file: int, start: int) -> None:
        """Take where a declared module's name stands."""
        self._modules.append((file, start))

    def begin(self) -> None:
        """Put together what all files have said."""
        for file, start, end in self._regions:
            for row in self._shared(file):
                if start <= self._home(row)[1] < end:
                    self._found.setdefault(self._names.name(row), []).append(row)

    def rows(self, name: str) -> Sequence[int]:
        """Return the definitions of a global name."""
        return self._found.get(name, ())

    def nested(self, file: int, name: str) -> int:
        """Return what `namespace A.B` of a file has under a dotted name, or -1; `A` and `A.B` are the namespace."""
        if file not in self._nested:
            rows = (row for row in self._shared(file) if self._names.kind(row) == "namespace")
            self._nested[file] = {text: row for row in rows if "." in (text := self._names.name(row))}
        for text, row in self._nested[file].items():
            if f"{text}.".startswith(f"{name}."):
                return row
            if name.startswith(f"{text}."):
                for part in name[len(text) + 1 :].split("."):
                    row = self._names.child(row, part) if row >= 0 else -1
                if row >= 0:
                    return row
        return -1

    def beside(self, row: int, name: str) -> int:
        """Return what other parts of the namespaces around a node define under a name, or -1."""
        while row >= 0:
            for part in self._parts(row) if self._names.kind(row) == "namespace" else ():
                found = self._names.child(part, name) if part != row else -1
                if found >= 0 and self._names.kind(found) not in _NOT_SHARED:
                    return found
            row = self._names.parent(row)
        return -1

    def _parts(self, row: int) -> Sequence[int]:
        """Return the namespaces that are one with a namespace: in its scope, in other files if it is global."""
        if row not in self._parts_of:
            self._parts_of[row] = (row,)  # while those around are asked for
            name, parent = self._names.name(row), self._names.parent(row)
            found = [row, *self._names.merged(row)]
            if parent >= 0 and self._names.kind(parent) == "namespace":
                found += [each for part in self._parts(parent) for each in self._names.children_named(part, name)]
            elif row in self._found.get(name, ()):
                found += self._found[name]
            self._parts_of[row] = tuple(dict.fromkeys(one for one in found if self._names.kind(one) == "namespace"))
        return self._parts_of[row]

    def _joined(self) -> Iterator[tuple[int, int]]:
        """Yield global namespaces and interfaces, each with those of its name in other files."""
        for rows in self._found.values():
            spaces = [row for row in rows if self._names.kind(row) in _JOINED]
            for row in spaces if 1 < len(spaces) <= _MOST_JOINED else ():
                file = self._names.file_of_row(row)
                yield from ((row, other) for other in spaces if self._names.file_of_row(other) != file)

    def declared(self, outside: str) -> int:
        """Return what a declared module has under the name of something outside the repository, or -1.

        A module's name with `*` stands for many.
        """
        head, _, member = outside.partition(".")
        if head in _OF_EVERYTHING and member:
            held = (self._names.child(row, member) for row in self.rows(_OF_EVERYTHING[head]))
            shared = self.rows(member) if head != "document" else ()
            return next(iter(shared), -1) if shared else next((row for row in held if row >= 0), -1)
        for name, row in self._ambient.items():
            if outside == name or ("*" in name and fnmatchcase(outside, name)):
                return -1 if row in self._adding else row
            if outside.startswith(f"{name}."):
                for part in outside[len(name) + 1 :].split("."):
                    row = self._names.child(row, part) if row >= 0 else -1
                if row >= 0:
                    return row
        return -1

    def declares(self) -> bool:
        """Say whether anything is shared."""
        return bool(self._ambient or self._found)

    def added(self) -> Iterator[tuple[int, int]]:
        """Yield definitions and what is declared to be added to them, of modules and of global names."""
        yield from self._joined()
        known = set(self._modules)
        scripts = {file for file, start, _ in self._regions if start == 0}
        for file in sorted({file for file, _ in known}):
            for row in self._shared(file):
                if self._names.kind(row) != "namespace" or self._home(row) not in known:
                    continue
                name = self._names.name(row)
                module = self._module_at(file, name)
                if module < 0:
                    known_row = self._ambient.get(name)
                    if known_row is None or (known_row in self._adding and file in scripts):
                        self._ambient[name] = row
                    if file not in scripts:
                        self._adding.add(row)
                    continue
                for each in self._names.children(row):
                    of = self._names.child(module, self._names.name(each))
                    if of >= 0 and self._names.kind(each) in _ADDED_TO and self._names.kind(of) in _ADDED_TO:
                        yield of, each

    def _shared(self, file: int) -> Iterator[int]:
        children = self._names.children(self._names.first_row(file))
        return (row for row in children if self._names.kind(row) not in _NOT_SHARED)

    def _module_at(self, file: int, name: str) -> int:
        """Return the module that a relative specifier leads to, or -1."""
        if not name.startswith("."):
            return -1
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self._names.path(file)), name))
        stem, ending = posixpath.splitext(path)
        ways = [*(stem + each for each in _SOURCES.get(ending, ())), *(path + each for each in _ENDINGS)]
        found = next((way for way in ways if way in self._names.file_of), None)
        return self._names.first_row(self._names.file_of[found]) if found is not None else -1
