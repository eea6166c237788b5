"""Which module each part of an import's specifier names: `a` and `a.b` in `from a.b import c`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa

from codegraph_hookspecs import LanguagePack
from codegraph_plugins.stages.cross_file.groups import codes as column_codes
from codegraph_plugins.stages.occurrences.symbols import SymbolNames

Place = tuple[str, int, int]
"""Path, line and column of an import."""

_OUTSIDE: Final = "@external"


class LinkedImports:
    """The imports of a group of files as the link engine left them.

    Args:
        batches: Rows of `imports`, files in order, each file's in the order of its import nodes.
        files: Number of each file by its path.
        reached: What the `imports` edges at each place lead to.
    """

    def __init__(
        self, batches: Sequence[pa.RecordBatch], files: Mapping[str, int], reached: Mapping[Place, Sequence[str]]
    ) -> None:
        columns: dict[str, list[str | None]] = {name: [] for name in ("id", "module", "name", "target_id")}
        self._first: dict[int, int] = {}
        self._places: list[Place] = []
        for batch in batches:
            codes, paths = column_codes(batch.column("file_path"))
            span = batch.column("span")
            lines, starts = (span.field(name).to_pylist() for name in ("start_line", "start_column"))
            for row, code in enumerate(codes.tolist()):
                path = paths[code] or ""
                self._first.setdefault(files[path], len(self._places))
                self._places.append((path, lines[row], starts[row]))
            for name, values in columns.items():
                values.extend(batch.column(name).to_pylist())
        self._columns = columns
        self._reached = reached

    def row(self, file: int, number: int) -> int:
        """Return the position of a file's import."""
        return self._first[file] + number

    def value(self, name: str, row: int) -> str | None:
        """Return one value of an import."""
        return self._columns[name][row]

    def reached(self, row: int) -> Sequence[str]:
        """Return the ids that the import's edges lead to."""
        return self._reached.get(self._places[row], ())


class ModulesAround:
    """Finds the modules that specifiers name.

    Args:
        names: All nodes of files.
        packs: Language packs by name.
        packages: Dotted name of each folder's node by its id.
    """

    def __init__(self, names: SymbolNames, packs: Mapping[str, LanguagePack], packages: Mapping[str, str]) -> None:
        self._names = names
        self._packages = packages
        self._package_of = {fqn: node_id for node_id, fqn in packages.items()}
        self._index_of: dict[str, int] = {}  # folder → row of the module that stands for it
        self._is_index: set[int] = set()
        self._row_of = {
            names.ids[names.first_row(file)].as_py(): names.first_row(file) for file in names.file_of.values()
        }
        self._seen: dict[tuple[int, str], str] = {}
        for path, file in names.file_of.items():
            pack = packs.get(names.language(file))
            folder, _, base = path.rpartition("/")
            if pack is not None and base.partition(".")[0] in pack.imports.index_names:
                row = names.first_row(file)
                self._index_of.setdefault(folder, row)
                self._is_index.add(row)

    def module(self, imports: LinkedImports, file: int, number: int, level: int) -> str | None:
        """Return the id of the module that a part of an import's specifier names, or None.

        Args:
            imports: The group's imports.
            file: The file's number.
            number: The import's number in the file.
            level: How many parts follow in the specifier.
        """
        row = imports.row(file, number)
        target = imports.value("target_id", row)
        if self._names.style(file) == "package" and target is not None and not target.endswith(_OUTSIDE):
            parts = (imports.value("module", row) or "").split(".")
            if imports.value("name", row) not in {None, "*"}:
                level += 1
                parts.append("")
            return self._holding(target, parts, level)
        if imports.value("name", row) in {None, "*"}:
            return self._above(target, level)
        key = (file, imports.value("module", row) or "")
        base = next((one for one in imports.reached(row) if one != target), None) or self._seen.get(key)
        if base is None and target is not None:
            base = self._above(target, 1) if target.endswith(_OUTSIDE) or target in self._row_of else None
        if base is not None:
            self._seen[key] = base
        return self._above(base, level)

    def _holding(self, node_id: str, parts: Sequence[str], levels: int) -> str | None:
        """Return the type or package some levels around a definition, if it has the name that the import says."""
        row = self._names.row(node_id)
        if row < 0:
            folder = self._packages.get(node_id, "").replace(".", "/")
            return self._folder_named(folder, parts, levels, 0)
        for level in range(1, levels + 1):
            parent = self._names.parent(row)
            if self._names.kind(parent) == "module":
                folder = self._names.path(self._names.file_of_row(row)).rpartition("/")[0]
                return self._folder_named(folder, parts, levels, level)
            row = parent
        wanted = parts[len(parts) - 1 - levels]
        found: str = self._names.ids[row].as_py()
        return found if not wanted or self._names.name(row) == wanted else None

    def _folder_named(self, folder: str, parts: Sequence[str], levels: int, level: int) -> str | None:
        """Return the package of a folder, or of one above it, whose path ends with the parts that name it."""
        named = list(parts[: len(parts) - level])
        if not folder or folder.split("/")[-len(named) :] != named:
            return None
        for _ in range(levels - level):
            folder = folder.rpartition("/")[0]
        return self._package_of.get(folder.replace("/", "."))

    def _above(self, node_id: str | None, levels: int) -> str | None:
        """Return the module some levels above one: its package's, and so on."""
        if node_id is None or not levels:
            return node_id
        if node_id.endswith(_OUTSIDE):
            names = node_id.removesuffix(_OUTSIDE).split(".")
            return ".".join(names[:-levels]) + _OUTSIDE if levels < len(names) else None
        if node_id in self._packages:
            folder = self._packages[node_id].replace(".", "/")
            return self._folder(folder.rpartition("/")[0], levels - 1)
        row = self._row_of.get(node_id)
        if row is None:
            return None
        folder = self._names.path(self._names.file_of_row(row)).rpartition("/")[0]
        return self._folder(folder.rpartition("/")[0] if row in self._is_index else folder, levels - 1)

    def _folder(self, folder: str, levels: int) -> str | None:
        for _ in range(levels):
            folder = folder.rpartition("/")[0]
        if folder in self._index_of:
            found: str = self._names.ids[self._index_of[folder]].as_py()
            return found
        return self._package_of.get(folder.replace("/", "."))
