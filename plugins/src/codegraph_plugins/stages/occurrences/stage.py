"""The stage `occurrences`: has the link engine say what each site means, and names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import IR_ARTIFACT, TABLES, Stage, StageContext, TableBatch
from codegraph_plugins.scip.grammar import identifier
from codegraph_plugins.stages.cross_file.groups import Cursor, Cursors
from codegraph_plugins.stages.cross_file.groups import codes as column_codes
from codegraph_plugins.stages.cross_file.stage import CrossFileStage
from codegraph_plugins.stages.occurrences.modules import LinkedImports, ModulesAround, Place
from codegraph_plugins.stages.occurrences.rust_impls import IMPL
from codegraph_plugins.stages.occurrences.symbols import HELD, IMPLIED, SymbolNames
from codegraph_plugins.stages.occurrences.typed import MADE, TypedMembers
from codegraph_plugins.stages.occurrences.types import Definition
from codegraph_plugins.stages.occurrences.values.members import Beside, ValueMembers
from codegraph_plugins.stages.occurrences.values.places import NOTHING, Places
from codegraph_plugins.stages.occurrences.walker import BESIDE, RECEIVER, TYPE_PARAMETER

Array = npt.NDArray[np.int32]

_SITES: Final = "occurrence_sites"
_FACTS: Final = "occurrence_values"
_SCHEMA: Final = TABLES["occurrences"].physical_schema
_USES: Final = TABLES["uses"].physical_schema
_MEANT: Final = ("instantiates", "calls", "references", "inherits", "implements", "decorates")
"""Kinds of edges that uses make."""
_VALUES: Final = frozenset({"variable", "constant", "field", "property", "parameter", "enum_member"})
"""Kinds whose uses are reads."""
_DECLARING: Final = frozenset({"class", "interface"})
"""Kinds of types whose members are declared."""
_LOCALS: Final = -2
"""Targets up to this are locals."""


class OccurrencesStage(Stage):
    """Names every site (layer L4). Memory is the symbol table of the link stage, node names, one group of files.

    Args:
        links: The cross-file stage, whose link engine is used.
    """

    name: ClassVar[str] = "occurrences"
    in_process: ClassVar[bool] = True
    layer: ClassVar[str] = "L4"
    inputs: ClassVar[Sequence[str]] = (IR_ARTIFACT, "occurrence-sites", "links")
    outputs: ClassVar[Sequence[str]] = ("occurrences",)
    tables: ClassVar[Sequence[str]] = ("occurrences",)
    version: ClassVar[str] = "14"
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = {
        **(CrossFileStage.reads or {}),
        "nodes": (*(CrossFileStage.reads or {})["nodes"], "fqn"),
        _SITES: tuple(TABLES[_SITES].schema.names),
        _FACTS: tuple(TABLES[_FACTS].schema.names),
        "edges": ("kind", "source_id", "target_id", "resolver"),
    }

    def __init__(self, links: CrossFileStage | None = None) -> None:
        self._links = links or CrossFileStage()

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield occurrences, files in order, each file's in source order."""
        names = SymbolNames(context.packs)
        flags = _Flags()

        def take(batch: pa.RecordBatch) -> None:
            names.add(batch)
            flags.add(batch)

        # Of the files that an incremental run leaves as they are, only linked rows are stored.
        linker, files, ends = self._links.prepared(context, take, "links")
        receivers, impls = _marked(context, names, flags)
        names.flags = flags.found
        names.finish()
        names.take_impls(impls)
        names.take_parameters(_parameter_properties(context, names))
        names.of_trait = frozenset(
            row for row, said in flags.found.items() if "override" in said and names.language_of_row(row) == "rust"
        )
        packages = _packages(linker.packages())
        around = ModulesAround(names, context.packs, packages)
        rows = _Rows(names, Places(len(names.ids)), packages, _external_ids(context))
        on_instances = frozenset(names.ids.take(pa.array(receivers, pa.int64())).to_pylist())
        cursors: dict[str, Cursor | Cursors] = {
            "imports": Cursor(context.read("links", "imports"), "file_path", files),
            "call_sites": Cursors(lambda: context.read("links", "call_sites"), "file_path", files),
            _SITES: Cursor(context.read("occurrence-sites", _SITES), "file_path", files),
        }
        with closing(ValueMembers(names, rows.places, flags.found, _value_facts(context, files))) as values:
            typed = TypedMembers(names)
            waiting: list[tuple[int, int, Array]] = []
            first = 0
            for end in ends:
                context.check()
                read = {table: cursor.until(end) for table, cursor in cursors.items()}
                sites = _Sites(read.pop(_SITES), files)
                linked = linker.link(first, end, {**read, "uses": sites.uses()})
                ids = _Group(names, around, on_instances, sites, linked).ids() if sites.count else []
                says = typed.take(sites, ids) if sites.count else False
                targets = rows.targets(ids, sites)
                if values.any or says or waiting:  # members of values can be told when all files have said their types
                    values.add(sites.file, sites.start, targets, sites.defining)
                    waiting.append((first, end, targets))
                elif sites.count:
                    yield "occurrences", rows.batch(sites, targets)
                first = end
                context.progress(end, len(files))
            if waiting:
                yield from self._with_values(
                    context, _Members(names, rows, typed, values, on_instances), files, waiting
                )

    def _with_values(
        self, context: StageContext, members: _Members, files: dict[str, int], waiting: Sequence[tuple[int, int, Array]]
    ) -> Iterator[TableBatch]:
        """Yield the groups that waited, with the members that values have."""
        members.begin(context)
        cursor = Cursor(context.read("occurrence-sites", _SITES), "file_path", files)
        cursor.until(waiting[0][0])
        for _, end, targets in waiting:
            context.check()
            sites = _Sites(cursor.until(end), files)
            if sites.count:
                yield "occurrences", members.batch(sites, targets)


class _Sites:
    """The sites of a group of files, as columns."""

    def __init__(self, batches: Sequence[pa.RecordBatch], files: Mapping[str, int]) -> None:
        table = pa.Table.from_batches(batches, TABLES[_SITES].physical_schema).unify_dictionaries().combine_chunks()
        self.count = table.num_rows
        self._table = table
        codes, paths = column_codes(self._column("file_path"))
        self.file: Array = (
            np.array([files.get(path or "", -1) for path in paths], np.int32)[codes]
            if self.count
            else np.zeros(0, np.int32)
        )
        self.span = self._column("span")
        kinds, texts = column_codes(self._column("site"))
        self.kinds = [texts[code] for code in kinds.tolist()]
        self.is_use = np.array([text == "use" for text in texts], bool)[kinds] if self.count else np.zeros(0, bool)
        self.target = self._column("target").to_numpy()
        self.node = self._column("node").to_numpy()
        self.start: npt.NDArray[np.int32] = self.span.field("start_byte").to_numpy()
        roles, texts = column_codes(self._column("role"))
        defining = np.array([text == "definition" for text in texts], bool)
        self.defining: npt.NDArray[np.bool_] = defining[roles] if self.count else np.zeros(0, bool)

    def starts(self) -> list[int]:
        """Return the first byte of each site."""
        found: list[int] = self.start.tolist()
        return found

    def _column(self, name: str) -> pa.Array:
        chunks = self._table.column(name).chunks
        return chunks[0] if chunks else pa.array([], self._table.schema.field(name).type)

    def texts(self, name: str) -> list[str]:
        """Return a column of texts."""
        codes, texts = column_codes(self._column(name))
        return [texts[code] or "" for code in codes.tolist()]

    def column(self, name: str) -> pa.Array:
        """Return a dictionary column."""
        return self._column(name)

    def uses(self) -> list[pa.RecordBatch]:
        """Return the sites that the link engine decides as rows of `uses`; their line is the site's number."""
        rows = np.flatnonzero(self.is_use)
        if not len(rows):
            return []
        taken = pa.array(rows)
        given = {name: self._column(name).take(taken) for name in _USES.names if name not in {"line_number", "column"}}
        given["line_number"] = pa.array(rows.astype(np.int32))
        given["column"] = pa.array(np.zeros(len(rows), np.int32))
        return [pa.RecordBatch.from_arrays([given[name] for name in _USES.names], schema=_USES)]


class _Rows:
    """Makes occurrences of sites and what they lead to.

    Args:
        names: All nodes.
        places: Numbers names outside the repository.
        packages: Dotted name of each folder's node by its id.
        known: Ids of the external nodes that there are.
    """

    def __init__(self, names: SymbolNames, places: Places, packages: Mapping[str, str], known: frozenset[str]) -> None:
        self._names, self.places, self._packages, self._known = names, places, packages, known

    def targets(self, ids: Sequence[str | None], sites: _Sites) -> Array:
        """Return what sites lead to as numbers; see `Places`."""
        distinct = pa.array(sorted({one for one in ids if one is not None}), pa.string())
        rows = dict(zip(distinct.to_pylist(), self._names.rows(distinct).tolist(), strict=True))
        found = np.full(sites.count, NOTHING, np.int32)
        for at, one in enumerate(ids):
            if one is not None:
                row = rows[one]
                found[at] = row if row >= 0 else self.places.external(one)
            elif sites.kinds[at] == "local":
                found[at] = Places.local(int(sites.target[at]))
        return found

    def batch(
        self,
        sites: _Sites,
        targets: Array,
        roles: list[str] | None = None,
        literal: Mapping[int, str] = MappingProxyType({}),
        beside: Sequence[Beside] = (),
    ) -> pa.RecordBatch:
        """Return a group's occurrences.

        Args:
            sites: The group's sites.
            targets: What they lead to.
            roles: Of each site; without it those of the sites.
            literal: Symbols of the sites that lead to members of literals.
            beside: What sites name besides.
        """
        names, count = self._names, self.places.count
        roles = sites.texts("role") if roles is None else roles
        symbols: list[str] = []
        nodes: list[str | None] = []
        named: dict[int, tuple[str, str]] = {}
        external: dict[tuple[str, str, bool], str] = {}
        known = targets != NOTHING
        known[list(literal)] = True
        kept = np.flatnonzero(known)
        parameters = self._type_parameters(sites)
        pairs = zip(kept.tolist(), targets[kept].tolist(), strict=True)
        given = [(at, target, roles[at], literal.get(at, "")) for at, target in pairs]
        if beside:
            more = ((one.site, one.target, one.role, one.symbol) for one in beside)
            given = sorted([*given, *more], key=lambda one: one[0])
        said: list[str] = []
        for at, target, role, symbol in given:
            is_value = 0 <= target < count and names.kind(target) in _VALUES
            is_known = target == NOTHING or target <= _LOCALS
            said.append("reference" if role == "read" and not is_value and not is_known else role)
            if target == NOTHING:
                symbols.append(symbol)
                nodes.append(None)
                continue
            if target < 0:
                number = Places.local(target)
                symbols.append(parameters.get((int(sites.file[at]), number)) or f"local {number}")
                nodes.append(None)
                continue
            if target < count:
                if target not in named:  # most are named more than once
                    named[target] = names.symbol(target), names.ids[target].as_py()
                symbol, node = named[target]
                symbols.append(symbol)
                nodes.append(node)
                continue
            type_ = self.places.implied_in(target)
            if type_ >= 0:
                symbols.append(names.symbol(type_) + IMPLIED)
                nodes.append(names.ids[type_].as_py())
                continue
            outside = self.places.outside[target - count]
            nodes.append(outside if outside in self._known or outside in self._packages else None)
            in_specifier = sites.kinds[at] == "module" or (sites.kinds[at] == "use" and role == "import")
            key = (outside, names.language(int(sites.file[at])), in_specifier)
            if key not in external:
                fqn = outside.rpartition("@")[0]
                found = self._packages.get(outside)
                external[key] = (
                    names.package(found) if found is not None else names.external(fqn, key[1], package=key[2])
                )
            symbols.append(external[key])
        bases = np.array([names.first_row(file) for file in range(int(sites.file.max()) + 1)], np.int64)
        enclosing = names.ids.take(pa.array(bases[sites.file] + sites.node)).cast(pa.string())
        rows = pa.array(np.fromiter((at for at, *_ in given), np.int64, len(given)))
        columns = {
            "symbol": pa.array(symbols, pa.string()).dictionary_encode(),
            "node_id": pa.array(nodes, pa.string()).dictionary_encode(),
            "file_path": sites.column("file_path").take(rows),
            "span": sites.span.take(rows),
            "role": pa.array(said, pa.string()).dictionary_encode(),
            "enclosing_id": enclosing.take(rows).dictionary_encode(),
        }
        return pa.RecordBatch.from_arrays([columns[name] for name in _SCHEMA.names], schema=_SCHEMA)

    def _type_parameters(self, sites: _Sites) -> dict[tuple[int, int], str]:
        """Return the symbols of the locals that are type parameters; of two by one name the first has it."""
        codes, texts = column_codes(sites.column("use"))
        chosen = np.flatnonzero(np.array([text == TYPE_PARAMETER for text in texts], bool)[codes]) if texts else ()
        names, found, taken = sites.texts("name") if len(chosen) else [], {}, set()
        for at in map(int, chosen):
            ordinal, _, name = names[at].partition(" ")
            file = int(sites.file[at])
            symbol = self._names.symbol(self._names.first_row(file) + int(ordinal)) + f"[{identifier(name)}]"
            if symbol not in taken:
                taken.add(symbol)
                found[file, int(sites.target[at])] = symbol
        return found


class _Members:
    """Members that only types decide, by either of the two ways that they are found.

    Args:
        names: All nodes.
        rows: Makes occurrences.
        typed: Those of JavaScript and TypeScript.
        values: Those of Java, Kotlin, Go and Python.
        on_instances: Ids of the fields that methods define on their receiver.
    """

    def __init__(
        self,
        names: SymbolNames,
        rows: _Rows,
        typed: TypedMembers,
        values: ValueMembers,
        on_instances: frozenset[str],
    ) -> None:
        self._names, self._rows, self._typed, self._values = names, rows, typed, values
        self._on_instances = on_instances

    def begin(self, context: StageContext) -> None:
        """Put together what all files have said."""
        if self._typed.any:
            self._typed.edges(context.read("links", "edges"))
            self._typed.share()
        self._values.begin(self._on_instances, _stubs(context, self._names))

    def batch(self, sites: _Sites, targets: Array) -> pa.RecordBatch:
        """Return a group's occurrences."""
        roles = sites.texts("role")
        found, beside = self._values.filled(sites.file, sites.start, targets, sites.defining)
        literal = self._literal(sites, found, roles, beside)
        self._construct(sites, found, roles)
        return self._rows.batch(sites, found, roles, literal, beside)

    def _construct(self, sites: _Sites, targets: Array, roles: Sequence[str]) -> None:
        """Have what `new` makes lead to the constructor that its class has, in JavaScript and TypeScript."""
        names, count = self._names, self._rows.places.count
        made = {(int(sites.file[at]), int(sites.start[at])) for at, kind in enumerate(sites.kinds) if kind == MADE}
        if not made:
            return
        for at in np.flatnonzero((targets >= 0) & (targets < count)).tolist():
            row = int(targets[at])
            place = (int(sites.file[at]), int(sites.start[at]))
            if place not in made or roles[at] != "read" or names.kind(row) != "class":
                continue
            members = [one for each in names.merged(row) for one in names.children_named(each, "constructor")]
            own = [one for one in members if names.kind(one) == "method" and "static" not in names.flags.get(one, ())]
            targets[at] = own[0] if own else row

    def _literal(self, sites: _Sites, targets: Array, roles: list[str], more: list[Beside]) -> dict[int, str]:
        """Set what members lead to that only types decide; return the symbols of members of literals by site.

        A key of a literal that is expected to be of some type writes that type's member. Of a value that has one of
        several types, the members of the others come to `more`; so does the key of a literal that stays its own.
        """
        typed = self._typed
        self._shared(sites, targets)
        chosen = [at for at, kind in enumerate(sites.kinds) if kind in {"member", "key"}]
        if not chosen:
            return {}
        files, starts, texts, uses = sites.file.tolist(), sites.starts(), sites.texts("name"), sites.texts("use")
        # Of names that are decided already, members of variables' objects and of what is outside are asked for again.
        taken = {
            (files[at], starts[at]): at if sites.kinds[at] == "use" and self._may_be(int(targets[at])) else None
            for at in np.flatnonzero(targets != NOTHING).tolist()
        }
        defined = {
            (files[at], starts[at]): at
            for at, kind in enumerate(sites.kinds)
            if kind == "node" and roles[at] == "definition"
        }
        found: dict[int, str] = {}
        for at in chosen:
            kind, file = sites.kinds[at], files[at]
            beside = uses[at] == BESIDE
            known = taken.get((file, starts[at])) if kind == "member" and not beside else None
            if known is None and not beside and (file, starts[at]) in (taken if kind == "member" else defined):
                if kind == "key":  # a method that a type expects
                    wanted = (one.row for one in typed.leads(kind, file, texts[at]))
                    more.extend(Beside(at, row, "write") for row in wanted if row >= 0)
                elif (held := defined.get((file, starts[at]))) is not None:
                    self._assigned(held, targets, roles, typed.leads(kind, file, texts[at]))
                continue
            all_led = typed.leads(kind, file, texts[at])
            if kind == "member" and roles[at] == "write":  # it is what defines the member
                all_led = [one for one in all_led if (one.file, one.at) != (file, starts[at])]
            led = all_led[0] if all_led else None
            if led is not None and kind == "key" and (led.file, led.at) == (file, starts[at]):
                led = None  # it is what defines the member
            if led is not None and kind == "key":
                own = typed.symbol(file, starts[at])
                if own is not None and typed.keeps(texts[at]):
                    more.append(Beside(at, NOTHING, "definition", own))
                roles[at] = "write"
            for one in all_led[1:]:
                place = at if known is None else known
                if one.row >= 0:
                    more.append(Beside(place, one.row, roles[place]))
                elif one.at >= 0 and (symbol := typed.symbol(one.file, one.at)) is not None:
                    more.append(Beside(place, NOTHING, roles[place], symbol))
            if led is not None and led.row >= 0:
                targets[at if known is None else known] = led.row
            elif led is not None and led.at >= 0 and (symbol := typed.symbol(led.file, led.at)) is not None:
                found[at] = symbol
                if known is not None:
                    targets[known] = NOTHING
            elif known is not None:
                continue
            elif kind == "key":
                own = typed.symbol(file, starts[at])
                if own is not None:
                    found[at] = own
        self._follow_imports(targets, found)
        return found

    def _assigned(self, at: int, targets: Array, roles: list[str], led: Sequence[Definition]) -> None:
        """Have the name of a function that is assigned to a member be a write of what a type declares there."""
        names = self._names
        for one in led:
            around = names.parent(one.row) if one.row >= 0 else -1
            if around >= 0 and one.row != int(targets[at]) and names.kind(around) in _DECLARING:
                targets[at], roles[at] = one.row, "write"
                return

    def _may_be(self, target: int) -> bool:
        """Say whether a type may decide a name better than the link engine did."""
        return target >= self._rows.places.count or self._typed.of_value(target)

    def _shared(self, sites: _Sites, targets: Array) -> None:
        """Have names that no file around defines lead to what files share without importing it."""
        bindings, texts, names = sites.texts("binding"), sites.texts("name"), self._names
        count, outside = self._rows.places.count, self._rows.places.outside
        for at in np.flatnonzero(targets >= count).tolist():
            row = self._typed.declared(outside[int(targets[at]) - count].rpartition("@")[0])
            if row >= 0:
                targets[at] = row
            elif self._typed.holds(outside[int(targets[at]) - count].rpartition("@")[0]):
                targets[at] = NOTHING  # its type decides
        for at, kind in enumerate(sites.kinds):
            if kind == "use" and bindings[at] == "global":
                file = int(sites.file[at])
                row = self._typed.shared(file, texts[at], names.first_row(file) + int(sites.node[at]))
                if row >= 0 and (targets[at] == NOTHING or targets[at] >= count):
                    targets[at] = row

    def _follow_imports(self, targets: Array, found: dict[int, str]) -> None:
        """Have what leads to an import lead to what the module exports by assignment."""
        brought = self._typed.brought()
        if not brought:
            return
        for at in np.flatnonzero(np.isin(targets, np.fromiter(brought, np.int32, len(brought)))).tolist():
            led = brought[int(targets[at])]
            if led.row >= 0:
                targets[at] = led.row
            elif (symbol := self._typed.symbol(led.file, led.at)) is not None:
                targets[at] = NOTHING
                found[at] = symbol


class _Group:
    """What the link engine said of one group of files."""

    def __init__(
        self,
        names: SymbolNames,
        around: ModulesAround,
        on_instances: frozenset[str],
        sites: _Sites,
        linked: Sequence[TableBatch],
    ) -> None:
        self._names, self._around, self._sites = names, around, sites
        self._on_instances = on_instances
        self._meant, reached = _led_to(linked, sites.count)
        self._imports = LinkedImports([batch for table, batch in linked if table == "imports"], names.file_of, reached)

    def ids(self) -> list[str | None]:
        """Return the id that each site leads to; None for locals and for what is not known."""
        sites, names = self._sites, self._names
        bindings, texts, uses = sites.texts("binding"), sites.texts("name"), sites.texts("use")
        found: list[str | None] = []
        before: dict[str, str | None] = {}  # dotted name → what it last led to in this file
        current = -1
        for at, kind in enumerate(sites.kinds):
            file, target = int(sites.file[at]), int(sites.target[at])
            if file != current:  # which files make a group must not matter
                before, current = {}, file
            first = names.first_row(file)
            if kind == "node":
                found.append(names.ids[first + target].as_py())
            elif kind == "import":
                row = self._imports.row(file, target)
                found.append(self._imports.value("target_id", row) or self._imports.value("id", row))
            elif kind == "module":
                found.append(self._around.module(self._imports, file, target, int(texts[at])))
            elif kind == "use":
                text, meant = texts[at], self._meant[at]
                head = names.ids[first + target].as_py() if target >= 0 else None
                around, dot, last = text.rpartition(".")
                if dot and meant is not None and (meant == head or self._is_on_the_way(meant, around, last, before)):
                    meant = None  # the way ended early: that is as far as it led
                elif meant in self._on_instances and bindings[at] in {"definition", "import"}:
                    meant = None  # a class does not have what methods give its instances
                elif meant is None and not dot and bindings[at] == "import":
                    meant = head  # the import leads nowhere that is known, so it is what the name means
                before[text] = meant if meant is not None or not dot else before.get(around)
                found.append(self._field(meant) if dot and meant is not None and uses[at] != "call" else meant)
            else:
                found.append(None)
        return found

    def _is_on_the_way(self, meant: str, around: str, last: str, before: Mapping[str, str | None]) -> bool:
        """Say whether a dotted name ended before its last part: at what led there, or at a field of another name."""
        row = self._names.row(meant)
        if row >= 0 and self._names.kind(row) == "field" and self._names.name(row) != last:
            return True
        return _passed(meant, around, before)

    def _field(self, meant: str) -> str:
        """Return the field that a type has by the name of a method, where it is not called: Rust has both."""
        names = self._names
        row = names.row(meant)
        if row < 0 or names.kind(row) != "method" or names.language(names.file_of_row(row)) != "rust":
            return meant
        field = names.child(names.parent(row), names.name(row))
        found: str = names.ids[field].as_py() if field >= 0 and names.kind(field) == "field" else meant
        return found


def _passed(meant: str, name: str, before: Mapping[str, str | None]) -> bool:
    """Say whether a dotted name, or one that it begins with, led to a node."""
    while name:
        if before.get(name) == meant:
            return True
        name = name.rpartition(".")[0]
    return False


def _led_to(linked: Sequence[TableBatch], count: int) -> tuple[list[str | None], dict[Place, list[str]]]:
    """Return the id that each site's use led to, and what the imports at each place did."""
    meant: list[str | None] = [None] * count
    reached: dict[Place, list[str]] = {}
    for batch in (batch for table, batch in linked if table == "edges"):
        kind_codes, kinds = column_codes(batch.column("kind"))
        ends = {name: column_codes(batch.column(name)) for name in ("source_id", "target_id")}
        lines = batch.column("line_number").fill_null(-1).to_numpy(zero_copy_only=False)
        decorates = np.array([kind == "decorates" for kind in kinds], bool)[kind_codes]
        resolver_codes, resolvers = column_codes(batch.column("resolver"))
        stubbed = np.array([resolver == "stub" for resolver in resolvers], bool)[resolver_codes]  # no use's edge
        chosen = np.flatnonzero(
            np.array([kind in _MEANT for kind in kinds], bool)[kind_codes] & (lines >= 0) & ~stubbed
        )
        # The first edge of a use is what its name means; a constructor that runs as well comes after it.
        for row in chosen[::-1].tolist():
            codes, ids = ends["source_id" if decorates[row] else "target_id"]
            meant[lines[row]] = ids[codes[row]]
        file_codes, paths = column_codes(batch.column("file_path"))
        starts = batch.column("column").fill_null(-1).to_numpy(zero_copy_only=False)
        codes, ids = ends["target_id"]
        for row in np.flatnonzero(np.array([kind == "imports" for kind in kinds], bool)[kind_codes]).tolist():
            place = (paths[file_codes[row]] or "", int(lines[row]), int(starts[row]))
            reached.setdefault(place, []).append(ids[codes[row]] or "")
    return meant, reached


def _packages(batches: Sequence[TableBatch]) -> dict[str, str]:
    """Return the dotted name of each folder's node by its id."""
    found: dict[str, str] = {}
    for table, batch in batches:
        if table == "nodes":
            found.update(zip(batch.column("id").to_pylist(), batch.column("fqn").to_pylist(), strict=True))
    return found


def _marked(context: StageContext, names: SymbolNames, flags: _Flags) -> tuple[list[int], dict[int, tuple[int, str]]]:
    """Return what definitions' sites say of them; flag functions that something holds.

    Returns:
        Rows of the fields that methods define on their receiver, and of the members of Rust's `impl` blocks with the
        module around and the block's descriptors.
    """
    found: set[int] = set()
    impls: dict[int, tuple[int, str]] = {}
    for batch in context.read("occurrence-sites", _SITES):
        codes, texts = column_codes(batch.column("name"))
        site_codes, kinds = column_codes(batch.column("site"))
        is_node = np.array([kind == "node" for kind in kinds], bool)[site_codes]
        file_codes, paths = column_codes(batch.column("file_path"))
        # A dictionary may name files that are gone.
        numbers = (names.file_of.get(path or "", -1) for path in paths)
        first = np.array([names.first_row(file) if file >= 0 else -1 for file in numbers], np.int64)
        for mark in (RECEIVER, HELD):
            chosen = np.flatnonzero(is_node & np.array([text == mark for text in texts], bool)[codes])
            rows = (first[file_codes[chosen]] + batch.column("target").to_numpy()[chosen]).tolist()
            if mark == RECEIVER:
                found.update(rows)
            for row in rows if mark == HELD else ():
                flags.found[row] = flags.found.get(row, frozenset()) | {HELD}
        blocks = {code: text for code, text in enumerate(texts) if (text or "").startswith(IMPL)}
        if blocks:
            _take_impls(batch, first[file_codes], is_node, codes, blocks, impls)
    return sorted(found), impls


def _parameter_properties(context: StageContext, names: SymbolNames) -> Iterator[tuple[int, int]]:
    """Yield the rows that one name of a constructor's parameters defines: the field, and the parameter."""
    for batch in context.read("occurrence-sites", _SITES):
        site_codes, kinds = column_codes(batch.column("site"))
        role_codes, roles = column_codes(batch.column("role"))
        file_codes, paths = column_codes(batch.column("file_path"))
        numbers = np.array([names.file_of.get(path or "", -1) for path in paths], np.int64)
        is_path = np.array([file >= 0 and names.style(file) == "path" for file in numbers.tolist()], bool)
        defines = (
            np.array([kind == "node" for kind in kinds], bool)[site_codes]
            & np.array([role == "definition" for role in roles], bool)[role_codes]
            & is_path[file_codes]
        )
        starts, targets = batch.column("span").field("start_byte").to_numpy(), batch.column("target").to_numpy()
        same = (starts[1:] == starts[:-1]) & (file_codes[1:] == file_codes[:-1]) & defines[1:] & defines[:-1]
        for at in np.flatnonzero(same).tolist():
            first = names.first_row(int(numbers[file_codes[at]]))
            rows = sorted((first + int(targets[one]) for one in (at, at + 1)), key=names.kind)
            if [names.kind(row) for row in rows] == ["field", "parameter"]:
                yield rows[0], rows[1]


def _take_impls(
    batch: pa.RecordBatch,
    tops: npt.NDArray[np.int64],
    is_node: npt.NDArray[np.bool_],
    codes: npt.NDArray[np.int32],
    blocks: Mapping[int, str | None],
    found: dict[int, tuple[int, str]],
) -> None:
    """Note the members of Rust's `impl` blocks in a batch of sites, each with the module around and the block's name.

    Args:
        batch: Of sites.
        tops: Row of the module of each site's file.
        is_node: Whether each site is that of a node.
        codes: Number of each site's name.
        blocks: Names of sites that are members of blocks, by number.
        found: Gets them by row.
    """
    chosen = np.flatnonzero(is_node & np.isin(codes, np.fromiter(blocks, np.int64, len(blocks))) & (tops >= 0))
    targets = batch.column("target").to_numpy()
    for at in chosen.tolist():
        text = blocks[int(codes[at])] or ""
        _, ordinal, block = text.split(" ", 2)
        found[int(tops[at] + targets[at])] = (int(tops[at]) + int(ordinal), block)


def _stubs(context: StageContext, names: SymbolNames) -> list[tuple[int, int]]:
    """Return the rows of definitions and of what stubs declare of them."""
    extensions = tuple(text for pack in context.packs.values() if (text := pack.imports.stub_extension))
    if not extensions or not any(path.endswith(extensions) for path in names.file_of):
        return []
    found: list[tuple[int, int]] = []
    for batch in context.read("links", "edges"):
        codes, resolvers = column_codes(batch.column("resolver"))
        rows = pa.array(np.flatnonzero(np.array([resolver == "stub" for resolver in resolvers], bool)[codes]))
        ends = (batch.column(name).take(rows) for name in ("source_id", "target_id"))
        found += zip(*(names.rows(one.cast(pa.string())).tolist() for one in ends), strict=True)
    return found


def _external_ids(context: StageContext) -> frozenset[str]:
    """Return the ids of the external nodes that there are."""
    found: set[str] = set()
    for batch in context.read("links", "nodes"):
        codes, kinds = column_codes(batch.column("kind"))
        rows = np.flatnonzero(np.array([kind == "external" for kind in kinds], bool)[codes])
        found.update(batch.column("id").take(pa.array(rows)).to_pylist())
    return frozenset(found)


class _Flags:
    """The modifiers that say how a member is looked up, by row."""

    def __init__(self) -> None:
        self.found: dict[int, frozenset[str]] = {}
        self._count = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch of `nodes`."""
        column = batch.column("modifiers")
        values = column.flatten()
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        wanted = np.flatnonzero(pc.is_in(values, value_set=_LOOKED_AT).to_numpy(zero_copy_only=False))
        if len(wanted):
            offsets = column.offsets.to_numpy() - int(column.offsets[0].as_py())
            texts = values.take(pa.array(wanted)).to_pylist()
            for row, text in zip((np.searchsorted(offsets, wanted, side="right") - 1).tolist(), texts, strict=True):
                self.found[self._count + row] = self.found.get(self._count + row, frozenset()) | {text}
        self._count += batch.num_rows


_LOOKED_AT: Final = pa.array(
    [
        "companion",
        "compact",
        "constructor",
        "data",
        "default",
        "extension",
        "get",
        "infix",
        "object",
        "override",
        "primary",
        "set",
        "static",
    ]
)


def _value_facts(context: StageContext, files: Mapping[str, int]) -> dict[int, str]:
    """Return what files say of the types of values, by number."""
    found: dict[int, str] = {}
    for batch in context.read("occurrence-sites", _FACTS):
        paths, texts = batch.column("file_path").to_pylist(), batch.column("facts").to_pylist()
        found.update({files[path]: text for path, text in zip(paths, texts, strict=True) if path in files})
    return found
