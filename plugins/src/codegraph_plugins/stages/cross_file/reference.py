"""The reference link engine: columns of numbers where it can, one dict query per distinct name where not.

Longer than most modules because it is one data flow: heads → distinct questions → answers → rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from codegraph_hookspecs import TABLES, LanguagePack, TableBatch
from codegraph_plugins.stages.cross_file import codes
from codegraph_plugins.stages.cross_file.groups import Group
from codegraph_plugins.stages.cross_file.groups import codes as column_codes
from codegraph_plugins.stages.cross_file.jvm import ANY, JvmNames, is_jvm
from codegraph_plugins.stages.cross_file.members import OWN, PLAIN, SELF, SUPER, Members
from codegraph_plugins.stages.cross_file.namespaces import Namespaces
from codegraph_plugins.stages.cross_file.project_config import ProjectConfig
from codegraph_plugins.stages.cross_file.rows import EdgeArrays, dictionary, distinct_of, edge_batch, node_batch
from codegraph_plugins.stages.cross_file.rust import RustNames, is_rust
from codegraph_plugins.stages.cross_file.symbols import SymbolTable

Array = npt.NDArray[np.int64]
_USE = {use: code for code, use in enumerate(codes.USES)}
_BINDING = {binding: code for code, binding in enumerate(codes.BINDINGS)}
_STATUS = {status: code for code, status in enumerate(codes.STATUSES)}
_SECTION_BITS = 36
"""Edges of a file are ordered by section (contains, defines, imports, uses), then by row."""


class _Uses:
    """Columns of a group's uses rows as numbers."""

    def __init__(self, table: SymbolTable, heads: _Names, batches: Iterable[pa.RecordBatch]) -> None:
        columns: dict[str, list[npt.NDArray[np.integer]]] = {}

        def put(name: str, values: npt.NDArray[np.integer]) -> None:
            columns.setdefault(name, []).append(values.astype(np.int64, copy=False))

        base = np.array(table.base, np.int64)
        for batch in batches:
            file_codes, paths = column_codes(batch.column("file_path"))
            file = np.array([table.file_of.get(path or "", -1) for path in paths], np.int64)[file_codes]
            use_codes, uses = column_codes(batch.column("use"))
            binding_codes, bindings = column_codes(batch.column("binding"))
            name_codes, names = column_codes(batch.column("name"))
            texts = heads.codes_of(names, name_codes)[name_codes]
            node, target = (batch.column(name).to_numpy().astype(np.int64) for name in ("node", "target"))
            put("file", file)
            put("use", np.array([_USE.get(use or "", codes.U_REFERENCE) for use in uses], np.int64)[use_codes])
            put("binding", np.array([_BINDING.get(b or "", codes.B_GLOBAL) for b in bindings], np.int64)[binding_codes])
            put("node", base[file] + node)
            put("target", np.where(target >= 0, base[file] + target, -1))
            put("text", texts)
            for name, column in (("line", "line_number"), ("column", "column"), ("call_site", "call_site")):
                put(name, batch.column(column).to_numpy())

        def joined(name: str) -> Array:
            parts = columns.get(name)
            return np.concatenate(parts).astype(np.int64, copy=False) if parts else np.zeros(0, np.int64)

        self.file, self.use, self.binding = joined("file"), joined("use"), joined("binding")
        self.node, self.target, self.call_site = joined("node"), joined("target"), joined("call_site")
        self.line, self.column = joined("line"), joined("column")
        self.text = joined("text")
        self.head, self.rest = heads.head_of[self.text], heads.rest_of[self.text]

    def take(self, rows: npt.NDArray[np.bool_]) -> _Uses:
        """Return some of the rows."""
        part = _Uses.__new__(_Uses)
        for name, values in vars(self).items():
            setattr(part, name, values[rows])
        return part


class _Names:
    """Dotted texts, each split once: codes of the text, of its head, and of what follows the head."""

    def __init__(self, table: SymbolTable) -> None:
        self._table = table
        self._rest: dict[str, int] = {"": 0}
        self.rests: list[tuple[int, ...]] = [()]
        self._text_codes: dict[str, int] = {}
        self.texts: list[str] = []
        self._heads: list[int] = []  # of texts that the next two lack
        self._rests_of: list[int] = []
        self.head_of: Array = np.zeros(0, np.int64)
        """Text → name."""
        self.rest_of: Array = np.zeros(0, np.int64)
        """Text → position in `rests`."""

    def codes_of(self, names: Sequence[str | None], used: npt.NDArray[np.int32]) -> Array:
        """Return codes of dotted texts, where `used` says which positions are wanted; the others get any code."""
        wanted = np.zeros(len(names), bool)
        wanted[used] = True
        rows = np.flatnonzero(wanted)
        chosen = [names[row] or "" for row in rows.tolist()]
        known = self._text_codes
        for name in chosen:
            if name not in known:
                self._add(name)
        codes_of = np.zeros(len(names), np.int64)
        codes_of[rows] = np.fromiter(map(known.__getitem__, chosen), np.int64, len(chosen))
        if self._heads:
            self.head_of = np.concatenate([self.head_of, np.array(self._heads, np.int64)])
            self.rest_of = np.concatenate([self.rest_of, np.array(self._rests_of, np.int64)])
            self._heads.clear()
            self._rests_of.clear()
        return codes_of

    def _add(self, text: str) -> None:
        self._text_codes[text] = len(self.texts)
        self.texts.append(text)
        head, _, rest = text.partition(".")
        self._heads.append(self._table.intern(head))
        self._rests_of.append(self.rest(rest))

    def rest(self, text: str) -> int:
        """Return the code of what follows a head."""
        code = self._rest.get(text)
        if code is None:
            code = self._rest[text] = len(self.rests)
            self.rests.append(tuple(self._table.intern(part) for part in text.split(".")))
        return code


class ReferenceLinker:
    """Links in Python.

    Args:
        packs: Language packs by name.
    """

    def __init__(self, packs: Mapping[str, LanguagePack]) -> None:
        self._table = SymbolTable(packs)
        self._names = _Names(self._table)
        self._base_batches: list[pa.RecordBatch] = []
        self._answers: dict[int, tuple[int, bool, bool, int]] = {}
        self._globals: dict[tuple[int, int], tuple[int, bool, int]] = {}
        self._owner_of: dict[int, int] = {}  # member → its type in another file
        self._constructors: dict[int, tuple[int, bool]] = {}

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Take a batch of `nodes`, `imports`, `exports`, or of `uses` (base and implements rows only)."""
        if table == "nodes":
            self._table.add_nodes(batch)
        elif table == "imports":
            self._table.add_imports(batch)
        elif table == "exports":
            self._table.add_exports(batch)
        else:
            self._base_batches.append(batch)

    def prepare(self, config: ProjectConfig) -> None:
        """Resolve imports and bases; call once, after the last `add`."""
        table = self._table
        owned = self._owned_nodes()
        table.finish(owned)
        self._namespaces = namespaces = Namespaces(table, config)
        self._rust_files = np.array([is_rust(table, file) for file in range(len(table.paths))], bool)
        self._rust: RustNames | None = None
        if self._rust_files.any():
            self._rust = RustNames(namespaces, config.crates, owned.tolist())
            self._rust.link_imports()
        self._members = Members(namespaces)
        jvm = [is_jvm(table, file) for file in range(len(table.paths))]
        self._jvm_files = np.array(jvm, bool)
        self._jvm = JvmNames(namespaces, self._members) if any(jvm) else None
        rows = len(table.imports.file)
        bound = [namespaces.binding(row) for row in range(rows)]
        self._bound = np.array([entity for entity, _ in bound], np.int64)
        self._bound_ambiguous = np.array([unsure for _, unsure in bound], bool)
        self._import_row = np.full(table.node_count, -1, np.int64)
        self._import_row[table.imports.node] = np.arange(rows)
        self._entity_kind = np.concatenate(
            [table.kind.astype(np.int64), np.full(len(table.folders), codes.PACKAGE, np.int64)]
        )
        files = range(len(table.paths))
        modules = [table.module[file] for file in files if namespaces.is_explicit(file) and table.module[file] >= 0]
        values = [namespaces.value(module) for module in modules]
        self._values: Array | None = None  # entity → what it stands for as a value, where some module differs
        if values != modules:
            self._values = np.arange(table.entity_count)
            self._values[modules] = values
        fields = table.parent[table.kind == codes.KIND["field"]]
        self._filled = np.zeros(table.entity_count, bool)  # enum members with fields: a call makes an instance
        self._filled[fields[fields >= 0]] = True
        self._filled &= self._entity_kind == codes.KIND["enum_member"]
        self._beside: Array | None = None  # entity → the value that a call of it means
        if table.value_beside:
            self._beside = np.arange(table.entity_count)
            self._beside[list(table.value_beside)] = list(table.value_beside.values())
        self._link_bases()

    def _owned_nodes(self) -> Array:
        """Return the nodes that have an owner in another file: no members of the module that they stand in."""
        base = np.array(self._table.base, np.int64)
        found: list[Array] = [np.zeros(0, np.int64)]
        for batch in self._base_batches:
            use_codes, uses = column_codes(batch.column("use"))
            owned = np.array([use == "owner" for use in uses], bool)[use_codes]
            if owned.any():
                file_codes, paths = column_codes(batch.column("file_path"))
                file = np.array([self._table.file_of.get(path or "", -1) for path in paths], np.int64)[file_codes]
                found.append((base[file] + batch.column("node").to_numpy())[owned])
        return np.concatenate(found)

    def _link_bases(self) -> None:
        uses = _Uses(self._table, self._names, self._base_batches)
        self._base_batches.clear()
        if self._jvm is not None:
            own = self._jvm_files[uses.file]
            self._link_jvm_bases(self._jvm, uses.take(own))
            uses = uses.take(~own)
        if self._rust is not None:
            mine = self._rust_files[uses.file]
            self._link_rust_bases(self._rust, uses.take(mine))
            uses = uses.take(~mine)
        uses = uses.take((uses.use == codes.U_BASE) | (uses.use == codes.U_OWNER))
        entity = self._resolve_lexical(uses)[0]
        self._adopt(uses, entity)
        inherits = uses.use == codes.U_BASE
        for node, base in zip(uses.node[inherits].tolist(), entity[inherits].tolist(), strict=True):
            self._members.add_base(node, base)

    def _link_jvm_bases(self, jvm: JvmNames, uses: _Uses) -> None:
        """Record bases: first without inherited types, then what only those explain."""
        jvm.own_only = True
        rows = list(
            zip(uses.use.tolist(), uses.binding.tolist(), uses.node.tolist(), uses.target.tolist(), strict=True)
        )
        texts = [self._names.texts[code] for code in uses.text.tolist()]
        failed: list[tuple[int, int, int]] = []
        for row, (use, binding, node, target) in enumerate(rows):
            base = jvm.behind(jvm.answer(use, binding, node, target, texts[row], ANY)[0])
            if base < 0:
                failed.append((row, node, len(self._members.bases(node))))
            self._members.add_base(node, base)
        jvm.own_only = False
        jvm.forget()
        again = []
        for row, node, position in failed:
            use, binding, _, target = rows[row]
            again.append((node, position, jvm.behind(jvm.answer(use, binding, node, target, texts[row], ANY)[0])))
        for node, position, base in again:
            self._members.replace_base(node, position, base)
        jvm.forget()
        self._members.forget()

    def _link_rust_bases(self, rust: RustNames, uses: _Uses) -> None:
        """Make what `impl` blocks define members of types of other files; record traits."""
        owned = uses.take(uses.use == codes.U_OWNER)
        self._adopt(owned, self._resolve_rust(rust, owned)[0])
        typed = uses.take(uses.use == codes.U_TYPE)
        for node, target, code in zip(typed.node.tolist(), typed.target.tolist(), typed.text.tolist(), strict=True):
            rust.add_type(node, target, self._names.texts[code])
        bases = uses.take((uses.use != codes.U_OWNER) & (uses.use != codes.U_TYPE))
        entity = self._resolve_rust(rust, bases)[0]  # writes the types into `bases.node`
        for node, base in zip(bases.node.tolist(), entity.tolist(), strict=True):
            if node >= 0:
                rust.add_base(node, base)

    def _resolve_rust(self, rust: RustNames, uses: _Uses) -> tuple[Array, Array, npt.NDArray[np.bool_], Array]:
        """Answer uses of Rust files; what implements a trait elsewhere becomes the using node."""
        texts = self._names.texts
        answers = []
        columns = (uses.use, uses.binding, uses.node, uses.target, uses.text)
        for row, (use, binding, node, target, code) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            if use == codes.U_TYPE:  # nothing asks for it: values do
                answers.append((-codes.VALUE_MEMBER, 0, False, -1))
                continue
            text, owner = texts[code], node
            if use == codes.U_IMPLEMENTS:
                owner, text = rust.implemented(node, text)
                uses.node[row] = owner
            answer = rust.answer(use, binding, node, target, text) if owner >= 0 else (owner, 0, False, -1)
            answers.append(rust.overridden(node, answer) if use == codes.U_OVERRIDES else answer)
        found = np.array(answers, np.int64).reshape(-1, 4)
        return found[:, 0], found[:, 1], found[:, 2].astype(bool), found[:, 3]

    def _adopt(self, uses: _Uses, entity: Array) -> None:
        """Make members of types of other files (methods by receiver) members of those."""
        table = self._table
        owned = np.flatnonzero((uses.use == codes.U_OWNER) & (entity >= 0) & (entity < table.node_count))
        for member, owner in zip(uses.node[owned].tolist(), entity[owned].tolist(), strict=True):
            if int(table.kind[owner]) in codes.HOLDERS:
                table.adopt(owner, member)
                self._owner_of[member] = owner

    def packages(self) -> list[TableBatch]:
        """Return package nodes and the `contains` edges between them."""
        table = self._table
        folders = table.folders
        if not folders:
            return []
        parents = [table.package_of.get(folder.rpartition("/")[0], -1) for folder in folders]
        nodes = node_batch(
            "package",
            table.package_ids,
            [folder.rpartition("/")[2] for folder in folders],
            [folder.replace("/", ".") for folder in folders],
            [None if parent < 0 else table.package_ids[parent - table.node_count] for parent in parents],
        )
        child = np.array([table.node_count + row for row, parent in enumerate(parents) if parent >= 0], np.int64)
        parent_column = np.array([parent for parent in parents if parent >= 0], np.int64)
        if not len(child):
            return [("nodes", nodes)]
        count = len(child)
        edges = EdgeArrays(
            file=np.full(count, -1),
            rank=np.arange(count),
            kind=np.full(count, codes.E_CONTAINS),
            source=parent_column,
            target=child,
            resolver=np.full(count, codes.R_STRUCTURE),
            ambiguous=np.zeros(count, bool),
            line=np.full(count, -1),
            column=np.full(count, -1),
        )
        return [("nodes", nodes), ("edges", self._edges(edges, 0, 0))]

    def externals(self) -> list[TableBatch]:
        """Return the external nodes that were met, sorted by id; call after the last group."""
        fqns = sorted(self._namespaces.externals, key=lambda fqn: f"{fqn}@external".encode())
        used = [fqn for fqn in fqns if self._namespaces.externals[fqn] in self._used_externals]
        if not used:
            return []
        ids = [f"{fqn}@external" for fqn in used]
        names = [fqn.rpartition(".")[2] or fqn for fqn in used]
        return [("nodes", node_batch("external", ids, names, used, [None] * len(used)))]

    @property
    def _used_externals(self) -> set[int]:
        if not hasattr(self, "_used"):
            self._used: set[int] = set()
        return self._used

    def link(self, first: int, end: int, group: Group) -> list[TableBatch]:
        """Return the rows of the files from position `first` up to `end`.

        Args:
            first: Position of the group's first file.
            end: Position after its last file.
            group: The files' rows of `imports`, `call_sites` and `uses`, files in order.
        """
        imports, import_edges = self._imports(first, end, group["imports"])
        uses = _Uses(self._table, self._names, group["uses"])
        answers = self._resolve(uses, self._arity(uses, first, group["call_sites"]))
        use_edges, sites = self._outcomes(uses, *answers, first=first, calls=group["call_sites"])
        parts = [*self._structure(first, end), *import_edges, *use_edges, *self._overrides(first, end)]
        parts.extend(self._implementations(first, end))
        edges = EdgeArrays.concatenate(parts)
        batches: list[TableBatch] = []
        if len(edges.kind):
            batches.append(("edges", self._edges(edges, first, end)))
        batches.extend(("call_sites", batch) for batch in sites)
        batches.extend(("imports", batch) for batch in imports)
        return batches

    # Structure ------------------------------------------------------------------------------------

    def _structure(self, first: int, end: int) -> list[EdgeArrays]:
        table = self._table
        parts = []
        contained = [
            (file, package, table.module[file])
            for file in range(first, end)
            if table.module[file] >= 0
            and (package := table.package_of.get(table.paths[file].rpartition("/")[0], -1)) >= 0
        ]
        if contained:
            file, source, target = np.array(contained, np.int64).T
            parts.append(_edges_of(file, np.zeros(len(file), np.int64), codes.E_CONTAINS, source, target))
        start, stop = table.base[first], table.base[end]
        node = np.arange(start, stop)
        parent = table.parent[start:stop]
        owner = np.repeat(np.arange(first, end), np.diff(self._bases_array[first : end + 1]))
        kept = parent >= 0
        line = table.line[start:stop][kept].astype(np.int64)
        rank = (1 << _SECTION_BITS) + node[kept]
        parts.append(_edges_of(owner[kept], rank, codes.E_DEFINES, parent[kept], node[kept], line=line))
        adopted = [member for member in self._owner_of if start <= member < stop]
        if adopted:
            member = np.array(sorted(adopted), np.int64)
            holder = np.array([self._owner_of[one] for one in member.tolist()], np.int64)
            place = member - start
            rank = (1 << _SECTION_BITS) + node[-1] + 1 + member
            line = table.line[member].astype(np.int64)
            parts.append(_edges_of(owner[place], rank, codes.E_DEFINES, holder, member, codes.R_MEMBER, None, line))
        return parts

    def _overrides(self, first: int, end: int) -> list[EdgeArrays]:
        jvm, table = self._jvm, self._table
        found = [(node, *self._members.overridden(node)) for node in self._members.overriding(first, end).tolist()]
        if jvm is not None:
            for file in (first + np.flatnonzero(self._jvm_files[first:end])).tolist():
                found += [(node, *jvm.overridden(node)) for node in range(table.base[file], table.base[file + 1])]
        found = sorted(edge for edge in found if edge[1] >= 0)
        if not found:
            return []
        source, goal, unsure_column = np.array(found, np.int64).T
        owner = np.searchsorted(self._bases_array, source, "right") - 1
        line = table.line[source].astype(np.int64)
        rank = (4 << _SECTION_BITS) + source
        member = np.full(len(found), codes.R_MEMBER, np.int64)
        return [_edges_of(owner, rank, codes.E_OVERRIDES, source, goal, member, unsure_column.astype(bool), line)]

    def _implementations(self, first: int, end: int) -> list[EdgeArrays]:
        """Return the edges from what files define to what their stubs declare."""
        table = self._table
        found = []
        for file in range(first, end) if table.stub_of else ():
            for rank, (stub, node, unsure) in enumerate(self._members.declarations(table.module[file])):
                line = int(table.line[node]) if table.base[file] <= node < table.base[file + 1] else -1
                found.append((file, (5 << _SECTION_BITS) + rank, node, stub, unsure, line))
        if not found:
            return []
        owner, ranks, source, goal, unsure_column, line_column = np.array(found, np.int64).T
        resolver = np.full(len(found), codes.R_STUB, np.int64)
        unsures = unsure_column.astype(bool)
        return [_edges_of(owner, ranks, codes.E_IMPLEMENTS, source, goal, resolver, unsures, line_column)]

    def _arity(self, uses: _Uses, first: int, batches: Sequence[pa.RecordBatch]) -> Array:
        """Return the arguments of each call, `ANY` for other uses."""
        arity = np.full(len(uses.use), ANY, np.int64)
        called = np.flatnonzero((uses.use == codes.U_CALL) & (uses.call_site >= 0))
        if self._jvm is None or not batches or not len(called):
            return arity
        counts, files = [], []
        for batch in batches:
            file_codes, paths = column_codes(batch.column("file_path"))
            files.append(np.array([self._table.file_of.get(path or "", -1) for path in paths], np.int64)[file_codes])
            counts.append(batch.column("arity").to_numpy())
        file = np.concatenate(files)
        starts = np.searchsorted(file, np.arange(first, int(file[-1]) + 1))
        arity[called] = np.concatenate(counts)[starts[uses.file[called] - first] + uses.call_site[called]]
        return arity

    # Imports --------------------------------------------------------------------------------------

    def _imports(
        self, first: int, end: int, batches: Sequence[pa.RecordBatch]
    ) -> tuple[list[pa.RecordBatch], list[EdgeArrays]]:
        table, namespaces = self._table, self._namespaces
        start, stop = table.imports.first_row[first], table.imports.first_row[end]
        if start == stop:
            return [], []
        jvm = self._jvm
        own = [jvm is not None and bool(self._jvm_files[table.imports.file[row]]) for row in range(start, stop)]
        found = [
            jvm.target(row) if jvm is not None and mine else namespaces.target(row)
            for row, mine in zip(range(start, stop), own, strict=True)
        ]
        entity = np.array([target for target, _ in found], np.int64)
        rows = _concatenated("imports", batches)
        span = rows.column("span")
        lines = span.field("start_line").to_numpy().tolist()
        columns = span.field("start_column").to_numpy().tolist()
        edges: list[tuple[int, int, int, int, bool, int, int]] = []
        seen: set[tuple[int, int]] = set()
        goals: list[int] = []
        sources = table.parent[np.array(table.imports.node[start:stop], np.int64)].tolist()
        for offset, row in enumerate(range(start, stop)):
            target, unsure = found[offset]
            module = jvm.module_of(row) if jvm is not None and own[offset] else namespaces.import_module[row]
            file = table.imports.file[row]
            source = sources[offset]
            if target >= 0:
                edges.append((file, row * 2, source, target, unsure, lines[offset], columns[offset]))
            inside = 0 <= module < table.entity_count
            if inside and module not in (target, table.module[file]) and (source, module) not in seen:
                seen.add((source, module))
                edges.append((file, row * 2 + 1, source, module, False, lines[offset], columns[offset]))
            goals.append(target if target >= 0 else module)
        parts = []
        if edges:
            file_column, rank, source_column, target_column, unsure_column, line, column = np.array(edges, np.int64).T
            parts.append(
                _edges_of(
                    file_column,
                    (2 << _SECTION_BITS) + rank,
                    codes.E_IMPORTS,
                    source_column,
                    target_column,
                    codes.R_IMPORT,
                    unsure_column.astype(bool),
                    line,
                    column,
                )
            )
        status = np.where(
            entity < 0, codes.S_UNRESOLVED, np.where(entity >= table.entity_count, codes.S_EXTERNAL, codes.S_RESOLVED)
        )
        files = self._homes_of(np.array(goals, np.int64))
        replaced = {
            "target_id": self._texts(entity),
            "target_file": pa.array([table.paths[file] if file >= 0 else None for file in files.tolist()], pa.string()),
            "status": dictionary(status, codes.STATUSES),
            "reason": dictionary(np.maximum(-entity, 0), codes.REASONS, entity >= 0),
        }
        return [_replace("imports", rows, replaced)], parts

    def _homes_of(self, entities: Array) -> Array:
        """Return the file of each entity, -1 for one that is no definition."""
        files = np.searchsorted(self._bases_array, entities, side="right") - 1
        return np.where((entities >= 0) & (entities < self._table.node_count), files, -1)

    @property
    def _bases_array(self) -> Array:
        if not hasattr(self, "_bases"):
            self._bases: Array = np.array(self._table.base, np.int64)
        return self._bases

    # Questions and answers ------------------------------------------------------------------------

    def _resolve(
        self, uses: _Uses, arity: Array
    ) -> tuple[Array, Array, npt.NDArray[np.bool_], Array, npt.NDArray[np.bool_], Array, npt.NDArray[np.bool_]]:
        """Answer every use; see `_resolve_others`."""
        mine = self._rust_files[uses.file]
        if self._rust is None or not mine.any():
            return self._resolve_others(uses, arity)
        own = uses.take(mine)
        merged = np.zeros((len(uses.use), 7), np.int64)
        merged[:, 5] = -1
        merged[mine, :4] = np.stack(self._resolve_rust(self._rust, own), axis=1)
        uses.node[mine] = own.node
        if not mine.all():
            merged[~mine] = np.stack(self._resolve_others(uses.take(~mine), arity[~mine]), axis=1)
        entity, resolver, reached, builder = (merged[:, column] for column in (0, 1, 3, 5))
        unsure, other, several = (merged[:, column].astype(bool) for column in (2, 4, 6))
        return entity, resolver, unsure, reached, other, builder, several

    def _resolve_others(
        self, uses: _Uses, arity: Array
    ) -> tuple[Array, Array, npt.NDArray[np.bool_], Array, npt.NDArray[np.bool_], Array, npt.NDArray[np.bool_]]:
        """Answer every use.

        Returns:
            Entity or minus a reason; resolver; whether some name is ambiguous; the last definition
            reached where the way ended early, or -1; whether `jvm.py` answered, and then the
            constructor that an instantiation runs, or -1, and whether others fit as well.
        """
        own = self._jvm_files[uses.file]
        jvm = self._jvm
        count = len(uses.use)
        if jvm is None or not own.any():
            lexical = self._resolve_lexical(uses)
            return *lexical, own, np.full(count, -1, np.int64), np.zeros(count, bool)
        columns = (uses.use, uses.binding, uses.node, uses.target, uses.text, arity)
        names = self._names.texts
        rows = zip(*(column[own].tolist() for column in columns), strict=True)
        answers = np.array(
            [jvm.answer(use, bound, node, target, names[text], size) for use, bound, node, target, text, size in rows],
            np.int64,
        )
        merged = np.zeros((count, 6), np.int64)
        merged[own] = answers
        if not own.all():
            rest = self._resolve_lexical(uses.take(~own))
            merged[~own, :4] = np.stack(rest, axis=1)
        unsure, several = merged[:, 2].astype(bool), merged[:, 5].astype(bool)
        return merged[:, 0], merged[:, 1], unsure, merged[:, 3], own, merged[:, 4], several

    def _resolve_lexical(self, uses: _Uses) -> tuple[Array, Array, npt.NDArray[np.bool_], Array]:
        """Answer uses whose heads the parser bound."""
        table = self._table
        mode = np.full(len(uses.use), PLAIN, np.int64)
        mode[uses.binding == codes.B_SELF] = SELF
        mode[uses.binding == codes.B_SUPER] = SUPER
        inherited = (uses.use == codes.U_BASE) | (uses.use == codes.U_IMPLEMENTS)
        mode[(inherited | (uses.use == codes.U_OWNER)) & (mode == PLAIN)] = OWN
        entity, ambiguous, resolver = self._heads(uses)
        rest = uses.rest.copy()
        self._receivers(uses, mode, entity, rest)
        reached = np.full(len(entity), -1, np.int64)
        asked = np.flatnonzero((entity >= 0) & (rest > 0))
        if len(asked):
            keys = (entity[asked] << 30) | (mode[asked] << 28) | rest[asked]
            distinct, position = np.unique(keys, return_inverse=True)
            answers = self._answers
            follow = self._members.follow
            rests = self._names.rests
            column = []
            for key in distinct.tolist():
                answer = answers.get(key)
                if answer is None:
                    answer = follow(key >> 30, rests[key & 0xFFFFFFF], key >> 28 & 3)
                    answers[key] = answer
                column.append(answer)
            table_of = np.array(column, np.int64)[position]
            entity[asked] = table_of[:, 0]
            ambiguous[asked] |= table_of[:, 2].astype(bool)
            reached[asked] = table_of[:, 3]
            through = asked[(table_of[:, 1] == 1)]
            resolver[through] = np.where(resolver[through] == codes.R_SELF, codes.R_SELF, codes.R_MEMBER)
            lexical = asked[(table_of[:, 1] == 0) & (resolver[asked] == codes.R_LEXICAL)]
            resolver[lexical] = codes.R_MEMBER
        missing = (uses.binding == codes.B_SUPER) & (uses.rest == 0) & (entity == -codes.MEMBER_NOT_FOUND)
        entity[missing] = -codes.IMPLICIT_CONSTRUCTOR
        for values, rows in ((self._values, entity >= 0), (self._beside, (entity >= 0) & (uses.use == codes.U_CALL))):
            if values is not None:
                known = rows & (entity < table.entity_count)
                entity[known] = values[entity[known]]
        return entity, resolver, ambiguous, reached

    def _heads(self, uses: _Uses) -> tuple[Array, npt.NDArray[np.bool_], Array]:
        """Return what the first name of every use is bound to."""
        table = self._table
        entity = uses.target.copy()
        bound = np.flatnonzero(entity >= 0)
        ambiguous = np.zeros(len(entity), bool)
        ambiguous[bound] = table.ambiguous[entity[bound]]
        resolver = np.full(len(entity), codes.R_LEXICAL, np.int64)
        receiver = (uses.binding == codes.B_SELF) | (uses.binding == codes.B_SUPER)
        resolver[receiver] = codes.R_SELF
        ambiguous[receiver] = False
        rows = np.full(len(entity), -1, np.int64)
        rows[bound] = self._import_row[entity[bound]]
        imported = np.flatnonzero(rows >= 0)
        entity[imported] = self._bound[rows[imported]]
        ambiguous[imported] |= self._bound_ambiguous[rows[imported]]
        resolver[imported] = codes.R_IMPORT
        free = np.flatnonzero(uses.target < 0)
        if len(free):
            keys = (uses.file[free] << 32) | uses.head[free]
            distinct, position = np.unique(keys, return_inverse=True)
            answers = [self._global(key >> 32, key & 0xFFFFFFFF) for key in distinct.tolist()]
            table_of = np.array(answers, np.int64)[position]
            entity[free], resolver[free] = table_of[:, 0], table_of[:, 2]
            ambiguous[free] = table_of[:, 1].astype(bool)
        return entity, ambiguous, resolver

    def _global(self, file: int, name: int) -> tuple[int, bool, int]:
        """Return what a free name means in a file: a star import's, a builtin, or nothing."""
        table, namespaces = self._table, self._namespaces
        module = table.module[file]
        starred = module in table.stars and not namespaces.is_explicit(file)
        if namespaces.go is not None and namespaces.go.declared_name(module) >= 0:
            starred = True
        key = (module if starred else -1 - table.language[file], name)
        found = self._globals.get(key)
        if found is None:
            found = self._globals[key] = self._global_uncached(module, starred, table.language[file], name)
        return found

    def _global_uncached(self, module: int, starred: bool, language: int, name: int) -> tuple[int, bool, int]:
        table, namespaces = self._table, self._namespaces
        outside = False
        if starred:
            if namespaces.go is not None and namespaces.go.declared_name(module) >= 0:
                file = namespaces.file_of_module[module]
                entity, unsure, outside = namespaces.go_global(namespaces.go, file, name)
            else:
                entity, unsure, outside = namespaces.global_star(module, name)
            if entity >= 0:
                return entity, unsure, codes.R_IMPORT
        text = table.name_texts[name]
        if language >= 0 and text in table.packs[language].builtins:
            home = table.packs[language].builtins_module
            return namespaces.external(f"{home}.{text}" if home else text), False, codes.R_BUILTIN
        return -(codes.STAR_IMPORT if outside else codes.UNDEFINED_NAME), False, codes.R_LEXICAL

    def _receivers(self, uses: _Uses, mode: Array, entity: Array, rest: Array) -> None:
        """Decide the uses of a receiver by itself: `cls()` makes an instance, `super(…)` constructs."""
        table = self._table
        alone = np.flatnonzero((mode == SUPER) & (rest == 0) & (entity >= 0))
        for row in alone.tolist():
            language = table.language[int(uses.file[row])]
            pack = table.packs[language] if language >= 0 else None
            if pack is None or pack.super_call or not pack.constructor:
                entity[row] = -codes.VALUE_CALL
            else:
                rest[row] = self._names.rest(pack.constructor)
        alone = np.flatnonzero((mode == SELF) & (rest == 0) & (entity >= 0))
        class_name = table.intern("cls")
        value = alone[(uses.head[alone] != class_name) | (uses.use[alone] != codes.U_CALL)]
        entity[value] = -codes.VALUE_CALL

    # Outcomes -------------------------------------------------------------------------------------

    def _outcomes(
        self,
        uses: _Uses,
        entity: Array,
        resolver: Array,
        ambiguous: npt.NDArray[np.bool_],
        reached: Array,
        own: npt.NDArray[np.bool_],
        builder: Array,
        several: npt.NDArray[np.bool_],
        *,
        first: int,
        calls: Sequence[pa.RecordBatch],
    ) -> tuple[list[EdgeArrays], list[pa.RecordBatch]]:
        table = self._table
        kind = np.full(len(entity), -1, np.int64)
        found = entity >= 0
        inside = found & (entity < table.entity_count)
        kind[inside] = self._entity_kind[entity[inside]]
        kind[found & ~inside] = codes.EXTERNAL
        call = uses.use == codes.U_CALL
        # An anonymous class, or a function as the only method: Java and Kotlin make instances of interfaces.
        makes = call & (codes.IS_INSTANTIABLE[kind] | (own & (kind == codes.KIND["interface"])))
        makes[inside] |= call[inside] & self._filled[entity[inside]]
        calls_it = call & codes.IS_CALLED[kind]
        refused = call & ~makes & codes.IS_UNCALLABLE[kind]
        holds_value = call & found & ~makes & ~calls_it & ~refused
        heritable = codes.IS_HERITABLE[kind]

        edge = np.full(len(entity), -1, np.int64)
        edge[found] = codes.E_REFERENCES
        edge[calls_it] = codes.E_CALLS
        edge[makes] = codes.E_INSTANTIATES
        edge[(uses.use == codes.U_OWNER) | (uses.use == codes.U_TYPE)] = -1
        edge[(uses.use == codes.U_BASE) & heritable] = codes.E_INHERITS
        edge[(uses.use == codes.U_IMPLEMENTS) & heritable] = codes.E_IMPLEMENTS
        # What a class takes from an interface it implements, whatever the list's syntax.
        interface = codes.KIND["interface"]
        taken = (uses.use == codes.U_BASE) & (kind == interface)
        source = self._entity_kind[uses.node]
        edge[taken & ((own & (source != interface)) | (source == codes.STRUCT))] = codes.E_IMPLEMENTS
        edge[(uses.use == codes.U_DECORATOR) & found] = codes.E_DECORATES
        edge[(uses.use == codes.U_OVERRIDES) & found] = codes.E_OVERRIDES
        target = entity.copy()
        partial = ~found & (reached >= 0) & (uses.use != codes.U_OWNER) & (uses.use != codes.U_TYPE)
        edge[partial] = codes.E_REFERENCES
        target[partial] = reached[partial]

        rows = np.arange(len(entity))
        kept = edge >= 0
        decorates = edge[kept] == codes.E_DECORATES
        node, goal = uses.node[kept], target[kept]
        parts = [
            _edges_of(
                uses.file[kept],
                (3 << _SECTION_BITS) + rows[kept] * 2,
                edge[kept],
                np.where(decorates, goal, node),
                np.where(decorates, node, goal),
                resolver[kept],
                ambiguous[kept],
                uses.line[kept],
                uses.column[kept],
            )
        ]
        built, builders, builder_unsure = self._constructors_of(entity, makes & ~own)
        chosen = np.flatnonzero(makes & own & (builder >= 0))
        built = np.concatenate([built, chosen])
        builders = np.concatenate([builders, builder[chosen]])
        builder_unsure = np.concatenate([builder_unsure, several[chosen]])
        parts.append(
            _edges_of(
                uses.file[built],
                (3 << _SECTION_BITS) + built * 2 + 1,
                codes.E_CALLS,
                uses.node[built],
                builders,
                codes.R_MEMBER,
                ambiguous[built] | builder_unsure,
                uses.line[built],
                uses.column[built],
            )
        )
        outcome = np.where(found, -1, -entity)
        outcome[refused] = codes.NOT_CALLABLE
        outcome[holds_value] = codes.VALUE_CALL
        ran = np.full(len(entity), -1, np.int64)
        ran[built] = builders
        return parts, self._call_sites(uses, call, entity, outcome, ran, first, calls)

    def _constructors_of(
        self, entity: Array, makes: npt.NDArray[np.bool_]
    ) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
        rows = np.flatnonzero(makes)
        if not len(rows):
            return rows, rows, np.zeros(0, bool)
        distinct, position = np.unique(entity[rows], return_inverse=True)
        answers = np.array([self._constructor(type_) for type_ in distinct.tolist()], np.int64)[position]
        kept = answers[:, 0] >= 0
        return rows[kept], answers[kept, 0], answers[kept, 1].astype(bool)

    def _constructor(self, type_: int) -> tuple[int, bool]:
        found = self._constructors.get(type_)
        if found is None:
            table = self._table
            language = table.language[table.file_of_node(type_) if type_ < table.node_count else -1]
            name = table.packs[language].constructor if language >= 0 else ""
            found = (-1, False)
            if name:
                node, unsure = self._members.member(type_, table.intern(name), PLAIN)
                if 0 <= node < table.node_count and int(table.kind[node]) in codes.CALLABLE:
                    found = (node, unsure)
            self._constructors[type_] = found
        return found

    def _call_sites(
        self,
        uses: _Uses,
        call: npt.NDArray[np.bool_],
        entity: Array,
        outcome: Array,
        builder: Array,
        first: int,
        batches: Sequence[pa.RecordBatch],
    ) -> list[pa.RecordBatch]:
        if not batches:
            return []
        rows = _concatenated("call_sites", batches)
        file_codes, paths = column_codes(rows.column("file_path"))
        file = np.array([self._table.file_of.get(path or "", -1) for path in paths], np.int64)[file_codes]
        starts = np.searchsorted(file, np.arange(first, int(file[-1]) + 1))
        status_codes, statuses = column_codes(rows.column("status"))
        status = np.array([_STATUS.get(text or "", codes.S_UNRESOLVED) for text in statuses], np.int64)[status_codes]
        reason_codes, reasons = column_codes(rows.column("reason"))
        texts: list[str] = [*codes.REASONS, *(reason or "" for reason in reasons)]
        reason = np.where(reason_codes >= 0, reason_codes.astype(np.int64) + len(codes.REASONS), 0)
        decided = np.flatnonzero(call & (uses.call_site >= 0))
        site = starts[uses.file[decided] - first] + uses.call_site[decided]
        result = outcome[decided]
        external = entity[decided] >= self._table.entity_count
        status[site] = np.where(result > 0, codes.S_UNRESOLVED, np.where(external, codes.S_EXTERNAL, codes.S_RESOLVED))
        reason[site] = np.maximum(result, 0)
        one = np.full(len(file), -1, np.int64)
        two = np.full(len(file), -1, np.int64)
        one[site] = np.where(result > 0, -1, entity[decided])
        two[site] = np.where(result > 0, -1, builder[decided])
        both = np.stack([one, two], axis=1)
        counts = (both >= 0).sum(axis=1)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        flat = both.reshape(-1)
        values = self._texts(flat[flat >= 0])
        list_type = TABLES["call_sites"].physical_schema.field("candidates").type
        replaced = {
            "status": dictionary(status, codes.STATUSES),
            "reason": dictionary(reason, texts, reason == 0),
            "candidates": pa.ListArray.from_arrays(pa.array(offsets), values, type=list_type),
        }
        return [_replace("call_sites", rows, replaced)]

    # Texts ----------------------------------------------------------------------------------------

    def _texts(self, entities: Array) -> pa.Array:
        """Return the ids of entities; null for failures."""
        failed = entities < 0
        size = self._table.entity_count + len(self._namespaces.external_names)
        distinct, position = distinct_of(entities[~failed], size)
        positions = np.zeros(len(entities), np.int64)
        positions[~failed] = position
        return self._distinct_ids(distinct).take(pa.array(positions, mask=failed))

    def _distinct_ids(self, entities: Array) -> pa.Array:
        """Return the ids of sorted entities as a string array."""
        table = self._table
        nodes = entities[entities < table.node_count]
        packages = entities[(entities >= table.node_count) & (entities < table.entity_count)]
        externals = entities[entities >= table.entity_count].tolist()
        self._used_externals.update(externals)
        return pa.concat_arrays(
            [
                table.ids.take(pa.array(nodes)).cast(pa.string()),
                pa.array([table.package_ids[entity - table.node_count] for entity in packages.tolist()], pa.string()),
                pa.array([f"{self._namespaces.external_name(entity)}@external" for entity in externals], pa.string()),
            ]
        )

    def _edges(self, edges: EdgeArrays, first: int, end: int) -> pa.RecordBatch:
        count = len(edges.kind)
        away = np.zeros(count, bool)
        if self._rust is not None or self._table.stub_of:
            home = np.searchsorted(self._bases_array, edges.source, side="right") - 1
            away = (edges.kind == codes.E_IMPLEMENTS) & (home != edges.file)
        entities = self._table.entity_count + len(self._namespaces.external_names)
        distinct, position = distinct_of(np.concatenate([edges.source, edges.target]), entities)
        edges.source, edges.target = position[:count], position[count:]
        paths = pa.array(self._table.paths[first:end], pa.string())
        return edge_batch(edges, self._distinct_ids(distinct), distinct, self._table.entity_count, paths, first, away)


def _edges_of(
    file: Array,
    rank: Array,
    kind: Array | int,
    source: Array,
    target: Array,
    resolver: Array | int = codes.R_STRUCTURE,
    ambiguous: npt.NDArray[np.bool_] | None = None,
    line: Array | None = None,
    column: Array | None = None,
) -> EdgeArrays:
    count = len(file)
    absent = np.full(count, -1, np.int64)
    return EdgeArrays(
        file=file,
        rank=rank,
        kind=kind if isinstance(kind, np.ndarray) else np.full(count, kind, np.int64),
        source=source,
        target=target,
        resolver=resolver if isinstance(resolver, np.ndarray) else np.full(count, resolver, np.int64),
        ambiguous=np.zeros(count, bool) if ambiguous is None else ambiguous,
        line=absent if line is None else line,
        column=absent if column is None else column,
    )


def _concatenated(table: str, batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    joined = pa.Table.from_batches(batches, TABLES[table].physical_schema).unify_dictionaries().combine_chunks()
    return joined.to_batches()[0]


def _replace(table: str, rows: pa.RecordBatch, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    schema = TABLES[table].physical_schema
    return pa.RecordBatch.from_arrays(
        [columns[name] if name in columns else rows.column(name) for name in schema.names], schema=schema
    )
