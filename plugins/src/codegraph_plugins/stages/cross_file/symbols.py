"""The symbol table of the reference engine: every definition of the repository as columns and dicts.

Entities are integers: nodes in stream order, then packages, then externals in order of discovery.
A failure is a negative number: minus its reason's code.
"""

from __future__ import annotations

import json
import posixpath
from bisect import bisect_right
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field

from codegraph_hookspecs import LanguagePack, package_id
from codegraph_plugins.stages.cross_file import codes
from codegraph_plugins.stages.cross_file.groups import codes as column_codes
from codegraph_plugins.stages.cross_file.groups import runs
from codegraph_plugins.stages.cross_file.jvm_facts import STYLE, Facts
from codegraph_plugins.stages.cross_file.rust_facts import RustFacts

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]


@define
class ImportRows:
    """Columns of the repository's import rows, in stream order."""

    file: list[int] = field(factory=list)
    node: list[int] = field(factory=list)
    module: list[str] = field(factory=list)
    name: list[str | None] = field(factory=list)
    alias: list[str | None] = field(factory=list)
    first_row: list[int] = field(factory=list)  # by file: row of its first import


class SymbolTable:
    """Nodes, files, packages, imports and exports of the whole repository.

    Args:
        packs: Language packs by name.
    """

    def __init__(self, packs: Mapping[str, LanguagePack]) -> None:
        self.languages = sorted(packs)
        self.packs = [packs[name] for name in self.languages]
        self._language_code = {name: code for code, name in enumerate(self.languages)}
        self.paths: list[str] = []
        self.file_of: dict[str, int] = {}
        self.language: list[int] = []  # by file; -1 where no pack is known
        self.base: list[int] = [0]  # by file: its first node; one more at the end
        self.module: list[int] = []  # by file: its module node, or -1
        self.names: dict[str, int] = {}
        self.name_texts: list[str] = []
        self.export_lists: dict[int, frozenset[int]] = {}  # module node → names a star import takes
        self.stars: dict[int, list[int]] = {}  # module node → import rows with `*`
        self.exports: dict[int, dict[int, list[int]]] = {}  # file → name → nodes (definitions or imports)
        self.export_stars: dict[int, list[int]] = {}  # file → import nodes of `export * from`
        self.imports = ImportRows()
        self.import_of: dict[int, int] = {}  # import node → import row
        self.jvm = Facts()
        self.rust = RustFacts()
        self.private: set[int] = set()  # methods and properties that only their own class sees; as `statics`,
        self.statics: set[int] = set()  # which are the class's own, of languages with constructors by name
        self.named_constructors: list[bool] = []  # by file: methods override by name alone
        self._chunks: list[tuple[pa.Array, npt.NDArray[np.uint8], Int32s, Int64s, Int32s]] = []
        self._pending_imports: list[pa.Array] = []

    def intern(self, text: str) -> int:
        """Return a name's code."""
        code = self.names.get(text)
        if code is None:
            code = self.names[text] = len(self.name_texts)
            self.name_texts.append(text)
        return code

    def add_nodes(self, batch: pa.RecordBatch) -> None:
        """Take a batch of nodes that no file shares with another batch."""
        start = self.base[-1]
        ids = batch.column("id")
        kind_codes, kinds = column_codes(batch.column("kind"))
        kind_table = np.array([codes.KIND.get(kind or "", codes.OTHER) for kind in kinds], np.uint8)
        kind = kind_table[kind_codes]
        name = self._name_codes(batch.column("name"))
        parent_codes, parents = column_codes(batch.column("parent_id"))
        found = pc.index_in(pa.array(parents, pa.string()), value_set=ids).fill_null(-1)
        parent_table = np.append(found.to_numpy(zero_copy_only=False).astype(np.int64), -1)
        parent = parent_table[parent_codes]
        parent[parent >= 0] += start
        line = batch.column("start_line").fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        file_codes, paths = column_codes(batch.column("file_path"))
        language_codes, languages = column_codes(batch.column("language"))
        boundaries = runs(file_codes).tolist()
        for first, end in zip(boundaries, [*boundaries[1:], batch.num_rows], strict=True):
            path = paths[file_codes[first]] or ""
            self.file_of[path] = len(self.paths)
            self.paths.append(path)
            language = languages[language_codes[first]] if language_codes[first] >= 0 else None
            self.language.append(self._language_code.get(language or "", -1))
            modules = np.flatnonzero(kind[first:end] == codes.MODULE)
            self.module.append(start + first + int(modules[0]) if len(modules) else -1)
            self.base.append(start + end)
            if self.language[-1] >= 0 and self.packs[self.language[-1]].imports.style == STYLE:
                self.jvm.take(batch, first, end, start, len(self.paths) - 1)
            if self.language[-1] >= 0 and self.packs[self.language[-1]].imports.style == "cargo":
                self.rust.take(batch, first, end, start, kind)
            self.named_constructors.append(self._has_named_constructors(self.language[-1]))
        lengths = np.diff([*boundaries, batch.num_rows])
        named = np.array(self.named_constructors[len(self.paths) - len(boundaries) :], bool)
        self._take_members(batch, start, np.flatnonzero(codes.IS_OVERRIDABLE[kind] & np.repeat(named, lengths)))
        self._chunks.append((ids.cast(pa.large_string()), kind, name, parent, line))
        self._take_export_lists(batch, name, parent)

    def _has_named_constructors(self, language: int) -> bool:
        """Say whether a language's classes have a constructor by name, and so methods that override by name alone."""
        pack = self.packs[language] if language >= 0 else None
        return pack is not None and bool(pack.constructor) and pack.imports.style != STYLE

    def _take_members(self, batch: pa.RecordBatch, start: int, rows: Int64s) -> None:
        """Learn which of some methods and properties are private or static."""
        if not len(rows):
            return
        visibility, names = column_codes(batch.column("visibility"))
        private = np.array([*(name == "private" for name in names), False])
        self.private.update((start + rows[private[visibility[rows]]]).tolist())
        modifiers = batch.column("modifiers").take(pa.array(rows))
        words = modifiers.flatten().cast(pa.string())
        static = pc.equal(words, "static").fill_null(False).to_numpy(zero_copy_only=False)
        owners = pc.list_parent_indices(modifiers).to_numpy(zero_copy_only=False)
        self.statics.update((start + rows[owners[static]]).tolist())

    def file_of_node(self, node: int) -> int:
        """Return the file that a node's row is of."""
        return bisect_right(self.base, node) - 1

    def nodes_of(self, module: int) -> range:
        """Return the nodes of a module's file."""
        file = self.file_of_node(module)
        return range(self.base[file], self.base[file + 1])

    def _name_codes(self, column: pa.Array) -> Int32s:
        indices, texts = column_codes(column)
        known, names = self.names, [text or "" for text in texts]
        for text in names:
            if text not in known:
                self.intern(text)
        return np.fromiter(map(known.__getitem__, names), np.int32, len(names))[indices]

    def _take_export_lists(self, batch: pa.RecordBatch, name: Int32s, parent: Int64s) -> None:
        listed = {self.names[text] for pack in self.packs if (text := pack.imports.export_list) in self.names}
        for code in listed:
            for row in np.flatnonzero(name == code).tolist():
                metadata = batch.column("metadata")[row].as_py()
                strings = json.loads(metadata).get("strings") if metadata else None
                if strings is not None:
                    taken = self.export_lists.get(int(parent[row]), frozenset())
                    self.export_lists[int(parent[row])] = taken | {self.intern(text) for text in strings}

    def add_imports(self, batch: pa.RecordBatch) -> None:
        """Take a batch of provisional import rows."""
        rows = self.imports
        file_codes, paths = column_codes(batch.column("file_path"))
        files = np.array([self.file_of.get(path or "", -1) for path in paths], np.int32)[file_codes]
        rows.file.extend(files.tolist())
        module_codes, modules = column_codes(batch.column("module"))
        rows.module.extend([modules[code] or "" for code in module_codes.tolist()])
        rows.name.extend(batch.column("name").to_pylist())
        rows.alias.extend(batch.column("alias").to_pylist())
        self._pending_imports.append(batch.column("id").cast(pa.large_string()))

    def add_exports(self, batch: pa.RecordBatch) -> None:
        """Take a batch of export rows."""
        file_codes, paths = column_codes(batch.column("file_path"))
        files = np.array([self.file_of.get(path or "", -1) for path in paths], np.int32)[file_codes].tolist()
        names = self._name_codes(batch.column("name")).tolist()
        star = self.intern("*")
        for file, name, node in zip(files, names, batch.column("node").to_pylist(), strict=True):
            if node < 0:
                continue
            entity = self.base[file] + node
            if name == star:
                self.export_stars.setdefault(file, []).append(entity)
            else:
                self.exports.setdefault(file, {}).setdefault(name, []).append(entity)

    def finish(self, owned: Int64s | None = None) -> None:
        """Build the lookups; call after the last batch.

        Args:
            owned: Nodes that are no members of the scope that they stand in.
        """
        empty = (pa.array([], pa.large_string()), *(np.zeros(0, t) for t in (np.uint8, np.int32, np.int64, np.int32)))
        chunks = self._chunks or [empty]
        self.ids: pa.Array = pa.concat_arrays([chunk[0] for chunk in chunks])
        self.kind: npt.NDArray[np.uint8] = np.concatenate([chunk[1] for chunk in chunks])
        self.name: Int32s = np.concatenate([chunk[2] for chunk in chunks])
        self.parent: Int64s = np.concatenate([chunk[3] for chunk in chunks])
        self.line: Int32s = np.concatenate([chunk[4] for chunk in chunks])
        self._chunks.clear()
        self.node_count = len(self.kind)
        self._index_members(np.zeros(0, np.int64) if owned is None else owned)
        self._index_packages()
        self._index_stubs()
        self._join_imports()

    def _index_members(self, owned: Int64s) -> None:
        rank = np.array(codes.RANK, np.uint8)[self.kind]
        types = np.zeros(codes.OTHER + 1, bool)
        types[list(codes.TYPES)] = True
        stray = (self.kind == codes.FUNCTION) & types[self.kind[self.parent]]  # in an object literal, a static block
        stray[owned] = True
        scoped = np.flatnonzero((self.parent >= 0) & ~stray)
        keys = (self.parent[scoped] << 32) | self.name[scoped]
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        same = ordered[1:] == ordered[:-1]
        repeated = np.zeros(len(keys), bool)
        repeated[order[1:][same]] = True
        repeated[order[:-1][same]] = True
        self.ambiguous = np.zeros(self.node_count, bool)
        self.ambiguous[scoped[repeated]] = True
        self._index_merged(scoped[order][repeated[order]], ordered[repeated[order]])
        holders = np.zeros(codes.OTHER + 1, bool)
        holders[[codes.MODULE, codes.NAMESPACE, *codes.HOLDERS]] = True
        membered, of_values = np.zeros(codes.OTHER + 1, bool), np.zeros(codes.OTHER + 1, bool)
        membered[list(codes.MEMBERED)] = of_values[list(codes.MEMBERS_OF_VALUES)] = True
        around = self.kind[self.parent[scoped]]
        member = holders[around] | (membered[around] & of_values[self.kind[scoped]])
        scoped, keys = scoped[member], keys[member]
        self.members: dict[int, int] = {}
        for wanted in sorted(set(codes.RANK)):
            chosen = rank[scoped] == wanted
            self.members.update(zip(keys[chosen].tolist(), scoped[chosen].tolist(), strict=True))
        self._prefer_own()

    def _key(self, node: int) -> int:
        return (int(self.parent[node]) << 32) | int(self.name[node])

    def _prefer_own(self) -> None:
        """Have what a type of Rust defines itself come before what a trait's `impl` block defines for it."""
        of_trait = self.rust.of_trait
        shared = {self._key(node) for node in of_trait if self.ambiguous[node]}
        if not shared:
            return
        own: dict[int, list[int]] = {}
        for node in np.flatnonzero(self.ambiguous).tolist():
            if node not in of_trait and (key := self._key(node)) in shared:
                own.setdefault(key, []).append(node)
        for key, nodes in own.items():
            chosen = self.members.get(key, -1)
            if chosen in of_trait:
                alike = [node for node in nodes if self.kind[node] == self.kind[chosen]]
                chosen = alike[-1] if alike else chosen
                self.members[key] = chosen
            if nodes == [chosen]:
                self.ambiguous[chosen] = False

    def adopt(self, owner: int, member: int) -> None:
        """Make a node a member of a type of another file."""
        key = (owner << 32) | int(self.name[member])
        known = self.members.setdefault(key, member)
        of_trait = self.rust.of_trait
        if known in of_trait and member not in of_trait and self.kind[known] == self.kind[member]:
            self.members[key] = member

    def _index_merged(self, nodes: Int64s, keys: Int64s) -> None:
        """Record what shares a name in one scope: a value beside a type, a namespace, a definition behind an import."""
        self.value_beside: dict[int, int] = {}
        self.namespace_beside: dict[int, int] = {}
        self.behind_import: dict[int, int] = {}
        if not len(keys):
            return
        telling = np.zeros(codes.OTHER + 1, bool)
        telling[[codes.IMPORT, *codes.TYPE_SPACE]] = True
        starts = np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1))
        wanted = np.flatnonzero(np.logical_or.reduceat(telling[self.kind[nodes]], starts))
        ends = np.append(starts[1:], len(keys))
        for first, end in zip(starts[wanted].tolist(), ends[wanted].tolist(), strict=True):
            self._merge(nodes[first:end].tolist())

    def _merge(self, group: list[int]) -> None:
        kinds = [int(self.kind[node]) for node in group]
        value = namespace = written = -1
        for node, kind in zip(group, kinds, strict=True):
            if kind != codes.IMPORT and (written < 0 or codes.RANK[kind] >= codes.RANK[int(self.kind[written])]):
                written = node
            if kind == codes.NAMESPACE:
                if namespace >= 0:
                    self.namespace_beside[node] = namespace  # one namespace in several parts
                namespace = node
            elif kind not in codes.TYPE_SPACE and (value < 0 or codes.RANK[kind] >= codes.RANK[int(self.kind[value])]):
                value = node
        for node, kind in zip(group, kinds, strict=True):
            if kind in codes.TYPE_SPACE and value >= 0:
                self.value_beside[node] = value
            if kind != codes.NAMESPACE and namespace >= 0:
                self.namespace_beside[node] = namespace
            if kind == codes.IMPORT and written >= 0:
                self.behind_import[node] = written

    def _index_packages(self) -> None:
        folders: set[str] = set()
        for path in self.paths:
            folder = posixpath.dirname(path)
            while folder and folder not in folders:
                folders.add(folder)
                folder = posixpath.dirname(folder)
        self.folders = sorted(folders)
        self.package_of = {folder: self.node_count + position for position, folder in enumerate(self.folders)}
        self.package_ids = [package_id(folder) or "" for folder in self.folders]
        self.entity_count = self.node_count + len(self.folders)

    def _index_stubs(self) -> None:
        """Find the module that declares what another defines: beside it, or in a `-stubs` package (PEP 561)."""
        self.stub_of: dict[int, int] = {}
        for file, path in enumerate(self.paths):
            rules = self.packs[self.language[file]].imports if self.language[file] >= 0 else None
            if rules is None or not rules.stub_extension or path.endswith(rules.stub_extension):
                continue
            extension = next((one for one in rules.extensions if path.endswith(one)), None)
            if extension is None:
                continue
            stem = path[: -len(extension)]
            stubs = [stem, *(f"{above}-stubs{stem[len(above) :]}" for above in self._with_stubs(stem))]
            found = next(
                (self.file_of[one] for stub in stubs if (one := stub + rules.stub_extension) in self.file_of), -1
            )
            if found >= 0 and self.module[file] >= 0 and self.module[found] >= 0:
                self.stub_of[self.module[file]] = self.module[found]

    def _with_stubs(self, path: str) -> list[str]:
        """Return the folders above a path that have a `-stubs` package beside them, outermost first."""
        found = []
        while path := posixpath.dirname(path):
            if f"{path}-stubs" in self.package_of:
                found.append(path)
        return found[::-1]

    def is_stub(self, file: int) -> bool:
        """Say whether a file only declares what others define."""
        language = self.language[file]
        extension = self.packs[language].imports.stub_extension if language >= 0 else ""
        return bool(extension) and self.paths[file].endswith(extension)

    def _join_imports(self) -> None:
        nodes = np.flatnonzero(self.kind == codes.IMPORT)
        rows = self.imports
        if self._pending_imports:
            wanted = pa.concat_arrays(self._pending_imports)
            found = pc.index_in(wanted, value_set=self.ids.take(pa.array(nodes)))
            if found.null_count:
                raise ValueError("an imports row has no node of kind `import` with its id")
            rows.node = nodes[found.to_numpy(zero_copy_only=False)].tolist()
        self._pending_imports.clear()
        self.import_of = {node: row for row, node in enumerate(rows.node)}
        for row, name in enumerate(rows.name):
            if name == "*":
                module = self.module[rows.file[row]]
                self.stars.setdefault(module, []).append(row)
        rows.first_row = np.searchsorted(np.array(rows.file, np.int64), np.arange(len(self.paths) + 1)).tolist()
