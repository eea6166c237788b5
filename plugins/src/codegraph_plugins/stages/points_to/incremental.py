"""The call graph after a change: what was found in each file is kept, and files are written anew where it differs.

The analysis goes by constraints, not by text. Where the constraints of the changed files are what they were, whatever
else was edited, so is all that was found, and it moves to where its code stands now. Otherwise all files of their
family of languages are analysed again, since one bound that is met (contexts, objects of a node) makes what is found
depend on the order in which things are met; what that gives is compared file by file.

Where the user lets the analysis wait, an edit of a file that stays keeps what was found for the constraints that are
still there, and the run after which rows are to be exact again analyses the families of all that was edited meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from codegraph_hookspecs import Change, TableBatch, UpdateContext
from codegraph_plugins.stages.cross_file.incremental import FileRows, raw_path
from codegraph_plugins.stages.cross_file.native import physical
from codegraph_plugins.stages.points_to.engine import FAMILIES, native
from codegraph_plugins.stages.points_to.rows import CorrectedRows, facts_batch, plain

_EXTERNAL: Final = "@external"
_NODE_COLUMNS: Final = (
    "id",
    "kind",
    "name",
    "parent_id",
    "file_path",
    "start_line",
    "language",
    "metadata",
    "start_byte",
    "end_byte",
)
_PARSED: Final = frozenset({"ok", "degraded"})
_WAITING: Final = ("nodes", "edges", "call_sites", "call_facts")
"""Tables whose rows are older while the analysis waits; of `nodes` those that stand for what is outside."""

Units = tuple[str, bytes]
"""A file's language, and what flows in it."""
Solve = Callable[["Program", Collection[str]], dict[str, bytes]]
"""Analyses the files of some families of languages, and gives what was found in each."""


class Program:
    """All files as they are now.

    Args:
        context: Of the run.
        change: What changed.
    """

    def __init__(self, context: UpdateContext, change: Change) -> None:
        self._context = context
        self._touched = change.added | change.modified | change.removed

    def units(self, families: Collection[str]) -> dict[str, Units]:
        """Return the units of the analysed files of some families of languages, in path order."""
        wanted = {"language": [language for language, family in FAMILIES.items() if family in families]}
        before = _units(self._context.previous("flow_units", where=wanted))
        found = {path: one for path, one in before if path not in self._touched}
        fresh = _units(self._context.current("flow_units"))
        found.update((path, one) for path, one in fresh if FAMILIES[one[0]] in families)
        return {path: found[path] for path in sorted(found, key=raw_path)}

    def modules(self) -> dict[str, str]:
        """Return the dotted name of each file's module by its path, in path order."""
        found: dict[str, str] = {}
        columns = ("file_path", "kind", "fqn")
        before = self._context.previous("nodes", columns, where={"kind": ["module"]})
        for is_fresh, batches in ((False, before), (True, self._context.current("nodes"))):
            for batch in batches:
                for path, kind, fqn in _rows(batch, columns):
                    if kind == "module" and (is_fresh or path not in self._touched):
                        found.setdefault(path, fqn)
        return {path: found[path] for path in sorted(found, key=raw_path)}

    def imports(self) -> Iterator[pa.RecordBatch]:
        """Give the rows of `imports`."""
        columns = ["file_path", "module"]
        # In path order, as in a full run: of files that import the same, the first one decides.
        kept = [_without(batch, self._touched) for batch in self._context.previous("imports", columns)]
        yield from _merged([*kept, *(batch.select(columns) for batch in self._context.current("imports"))])


class CallState:
    """What was found in each file, where its nodes are, and what its edges name outside the repository.

    Memory is what is kept of each file (that of Django's 2,800 files: see ADR 25), and its nodes as numbers and ids.

    Args:
        facts: By file.
        families: The family of languages of each of those files.
        named: The external nodes that each file's edges lead to.
        context: Reads the nodes.
    """

    def __init__(
        self,
        facts: dict[str, bytes],
        families: dict[str, str],
        named: dict[str, frozenset[str]],
        context: UpdateContext,
    ) -> None:
        self._facts = facts
        self._families = families
        self._named = named
        self._heirs: dict[str, set[str]] | None = None
        self._nodes = self._indexed(context.previous("nodes", _NODE_COLUMNS))

    @classmethod
    def of(cls, context: UpdateContext) -> CallState | None:
        """Return what the snapshot says, or None where it does not."""
        facts: dict[str, bytes] = {}
        for batch in context.previous("call_facts"):
            facts.update(_rows(batch, ("file_path", "facts")))
        pairs = context.named_nodes()
        if pairs is None:
            return None
        columns = ("file_path", "language")
        rows = (row for batch in context.previous("flow_units", columns) for row in _rows(batch, columns))
        families = {path: FAMILIES[language] for path, language in rows}
        named: dict[str, set[str]] = {}
        for batch in pairs:
            for path, identifier in _rows(batch, ("file_path", "id")):
                if identifier.endswith(_EXTERNAL):
                    named.setdefault(path, set()).add(identifier)
        return cls(facts, families, {path: frozenset(ids) for path, ids in named.items()}, context)

    def _indexed(self, batches: Iterable[pa.RecordBatch]) -> Any:
        """Return an engine that knows the nodes of the analysed files."""
        engine = native().Corrections.resident(sorted(self._facts, key=raw_path))
        for batch in batches:
            engine.add_nodes(batch)
        return engine

    @property
    def is_degraded(self) -> bool:
        """Whether the analysis of some language met its bounds."""
        return _is_degraded(self._facts, self._families)

    def change(self, context: UpdateContext, change: Change, solve: Solve) -> frozenset[str] | None:
        """Move to the present.

        Returns:
            The unchanged files of which something else is found; None where everything has to be written anew.
        """
        fresh = dict(_units(context.current("flow_units")))
        before = dict(_units(context.previous("flow_units", files=change.modified)))
        fresh_nodes = [batch.select(list(_NODE_COLUMNS)) for batch in context.current("nodes")]
        stays = self._stays(change, before, fresh)
        waiting = {path for path in context.waiting if path in self._facts}
        if stays and (context.may_wait or not waiting) and self._is_same(context, before, fresh):
            if waiting:
                context.wait(_WAITING)
            moved = {
                path: self._facts[path] if language == "java" else native().move_facts(self._facts[path], units)
                for path, (language, units) in fresh.items()
            }
            if self._relocated(fresh_nodes):
                self._facts = {**self._facts, **moved}
                return frozenset()
            return self._reindexed(context, change, fresh_nodes, {**self._facts, **moved})
        if stays and context.may_wait and all(language != "java" for language, _ in fresh.values()):
            context.wait(_WAITING)
            return self._carried(context, change, fresh_nodes, before, fresh)
        was_degraded = self.is_degraded
        families = self._seen_in(change, fresh) | {self._families[path] for path in waiting}
        shifted = {path for path in waiting if native().facts_shifted(self._facts[path])}
        kept = {path: known for path, known in self._facts.items() if self._families[path] not in families}
        facts = {**kept, **solve(Program(context, change), families)}
        now = {path: FAMILIES[fresh[path][0]] if path in fresh else self._families[path] for path in facts}
        if self._facts and facts and _is_degraded(facts, now) != was_degraded:
            return None
        found = self._reindexed(context, change, fresh_nodes, facts, shifted)
        if found is not None:
            self._families = now
        return found

    def _carried(
        self,
        context: UpdateContext,
        change: Change,
        nodes: Sequence[pa.RecordBatch],
        before: Mapping[str, Units],
        fresh: Mapping[str, Units],
    ) -> frozenset[str] | None:
        """Keep what was found where the same constraints are still there; return as `change`."""
        stays = self._relocated(nodes)
        grown: set[str] = set()
        is_lost = False
        if not stays:
            compared = _compared(change.modified, nodes, list(self._nodes_of(context, change)))
            if compared is None:
                return None
            grown, is_lost = compared
        carried = {
            path: native().carry_facts(self._facts[path], before[path][1], units, path in grown)
            for path, (_, units) in fresh.items()
        }
        facts = {**self._facts, **{path: known for path, (known, _) in carried.items()}}
        heirs = {path for path, (_, is_less) in carried.items() if is_less}
        if is_lost or heirs or not (stays or grown):
            return self._reindexed(context, change, nodes, facts, heirs=heirs)
        self._facts = facts
        if grown:  # who means what is new is found with the next analysis
            self._index(context, change, nodes)
        return frozenset()

    def _seen_in(self, change: Change, fresh: Mapping[str, Units]) -> frozenset[str]:
        """Return the families of languages whose analysis sees something else: those of the touched files."""
        touched = change.added | change.modified | change.removed
        seen = {self._families[path] for path in touched if path in self._families}
        seen.update(FAMILIES[language] for language, _ in fresh.values())
        if change.added or change.removed:
            seen.add("javascript")  # which file a specifier means depends on which ones there are
        return frozenset(seen)

    def _stays(self, change: Change, before: Mapping[str, Units], fresh: Mapping[str, Units]) -> bool:
        """Say whether the analysed files are those that there were, in the languages that they were in."""
        if change.added or change.removed or before.keys() != fresh.keys():
            return False
        if {path for path in change.modified if path in self._facts} != fresh.keys():
            return False
        return all(before[path][0] == language for path, (language, _) in fresh.items())

    def _is_same(self, context: UpdateContext, before: Mapping[str, Units], fresh: Mapping[str, Units]) -> bool:
        """Say whether the analysis sees what it saw in files that stay."""
        for path, (language, units) in fresh.items():
            _, was = before[path]
            if was != units and (language == "java" or native().constraints(was) != native().constraints(units)):
                return False
        by_path = {name for name, pack in context.packs.items() if pack.imports.style == "path"}
        if by_path.isdisjoint(language for language, _ in fresh.values()):
            return True
        # What specifiers mean is told to the analysis for those that are imported.
        columns = ("file_path", "module")
        was_imported = _values(context.previous("imports", columns, files=fresh), columns)
        return was_imported == _values(context.current("imports"), columns)

    def _relocated(self, nodes: Sequence[pa.RecordBatch]) -> bool:
        """Move nodes to where they are now; False where they are others."""
        return all(self._nodes.relocate(batch) for batch in nodes)

    def _reindexed(
        self,
        context: UpdateContext,
        change: Change,
        nodes: Sequence[pa.RecordBatch],
        facts: dict[str, bytes],
        shifted: Collection[str] = (),
        heirs: Collection[str] | None = None,
    ) -> frozenset[str] | None:
        """Move to other nodes and facts; return as `change`.

        Args:
            context: Of the run.
            change: What changed.
            nodes: Of the changed files.
            facts: Of all files.
            shifted: Files of which those who name them may mean something else now.
            heirs: The files of which what their classes say of bases' members may differ; None for all of which
                anything does.
        """
        touched = change.added | change.modified | change.removed
        gone = list(self._nodes_of(context, change))
        compared = _compared(touched, nodes, gone)
        if compared is None:
            return None
        moved = compared[0].union(shifted)
        earlier, self._facts = self._facts, facts
        if heirs is None:
            ids, were = _ids(nodes), _ids(gone)
            of_both = touched & earlier.keys() & facts.keys()
            moved |= {
                path
                for path in of_both
                if _named(earlier[path], were.get(path, {})) != _named(facts[path], ids.get(path, {}))
            }
        self._heirs = None
        found = {path for path, known in facts.items() if earlier.get(path) != known}
        if moved:
            references = {path: native().facts_references(known) for path, known in facts.items()}
            moved |= {path for path, (_, bases, _) in references.items() if not moved.isdisjoint(bases)}
            found |= {path for path, (named, _, _) in references.items() if not moved.isdisjoint(named)}
        # What heirs say of a member is said of it where it stands.
        for path in found | touched if heirs is None else heirs:
            for known in (earlier.get(path), facts.get(path)):
                if known is not None:
                    found |= facts.keys() & native().facts_references(known)[1]
        if moved or facts.keys() != earlier.keys() or not self._relocated(nodes):
            self._index(context, change, nodes)
        self._named = {path: named for path, named in self._named.items() if path not in change.removed}
        return frozenset(found) - touched

    def _nodes_of(self, context: UpdateContext, change: Change) -> Iterator[pa.RecordBatch]:
        """Give the nodes that the touched files had."""
        return context.previous("nodes", _NODE_COLUMNS, files=change.modified | change.removed)

    def _index(self, context: UpdateContext, change: Change, nodes: Sequence[pa.RecordBatch]) -> None:
        """Index the nodes of all files, those of the changed ones as they are now."""
        touched = change.added | change.modified | change.removed
        kept = (_without(batch, touched) for batch in context.previous("nodes", _NODE_COLUMNS))
        self._nodes = self._indexed(_merged([*kept, *nodes]))

    def rows(self, linked: Iterable[TableBatch], written: frozenset[str]) -> Iterator[TableBatch]:
        """Give the linked rows of some files, corrected, and all rows that belong to no file."""
        engine, facts = self._nodes, self._facts
        wanted = {path for path in written if path in facts}
        wanted |= self._heirs_of(wanted)
        needed = set(wanted)
        for path in wanted:
            for other in native().facts_references(facts[path])[0]:
                if other not in needed:
                    needed.add(other)
                    needed.update(native().facts_references(facts[other])[1])
        engine.restart([(path, facts[path], path in wanted) for path in sorted(needed, key=raw_path)])
        corrected = CorrectedRows.over(engine)
        named: dict[str, set[str]] = {}
        for table, batch in linked:
            kept = corrected.final(table, batch)
            if kept.num_rows:
                _note_named(table, kept, named)
                yield table, kept
        elsewhere = {identifier for path, ids in self._named.items() if path not in written for identifier in ids}
        yield from physical(engine.name_externals(sorted(elsewhere)))
        for given in (corrected.calls, corrected.facts):
            for table, batch in given():
                kept = _of(batch, written) if table == "edges" else batch
                _note_named(table, kept, named)
                if kept.num_rows:
                    yield table, kept
        for path in written:
            self._named[path] = frozenset(named.get(path, ()))
        stored = {path: facts[path] for path in sorted(written, key=raw_path) if path in facts}
        if stored:
            yield "call_facts", facts_batch(stored)

    def _heirs_of(self, paths: set[str]) -> set[str]:
        """Return the files whose classes have bases in some files."""
        if self._heirs is None:
            self._heirs = {}
            for path, known in self._facts.items():
                for base in native().facts_references(known)[1]:
                    self._heirs.setdefault(base, set()).add(path)
        return {heir for path in paths for heir in self._heirs.get(path, ())}


def _is_degraded(facts: Mapping[str, bytes], families: Mapping[str, str]) -> bool:
    """Say whether bounds were met in some family of languages: of one all files say the same."""
    one_of_each = {families[path]: known for path, known in facts.items()}
    return any(native().facts_references(known)[2] for known in one_of_each.values())


class Watching:
    """A context that says whether the project's files were read, and has linking survey all files.

    What edges name outside the repository does not tell what linking named there: corrections took edges away.

    Args:
        context: Of the run.
    """

    def __init__(self, context: UpdateContext) -> None:
        self._context = context
        self.has_read = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def before(self) -> Watching:
        """Return a context for what is done again."""
        return Watching(self._context.before())

    def named_nodes(self) -> None:
        """Return None."""

    def read_file(self, path: str, max_bytes: int = 1 << 20) -> bytes | None:
        """Read a file of the project."""
        self.has_read = True
        return self._context.read_file(path, max_bytes)

    def list_folder(self, folder: str) -> Sequence[str]:
        """List a folder."""
        self.has_read = True
        return self._context.list_folder(folder)

    def find_files(self, names: Iterable[str]) -> Sequence[str]:
        """Search the folders."""
        self.has_read = True
        return self._context.find_files(names)


def counts_moved(context: UpdateContext, change: Change) -> bool:
    """Say whether a file came or went, or came to have rows or lost them."""
    if change.added or change.removed:
        return True
    columns = ("path", "status")
    before = dict(
        row for batch in context.previous("files", columns, files=change.modified) for row in _rows(batch, columns)
    )
    now = dict(row for batch in context.current("files") for row in _rows(batch, columns))
    return any((now.get(path) in _PARSED) != (before.get(path) in _PARSED) for path in change.modified)


def _rows(batch: pa.RecordBatch, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Give some columns of each row."""
    return zip(*(plain(batch.column(name)).to_pylist() for name in columns), strict=True)


def _values(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> set[tuple[Any, ...]]:
    """Return the distinct values of some columns."""
    return {row for batch in batches for row in _rows(batch, columns)}


def _units(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, Units]]:
    for batch in batches:
        for path, language, units in _rows(batch, ("file_path", "language", "units")):
            yield path, (language, units)


def _compared(
    paths: Iterable[str], nodes: Iterable[pa.RecordBatch], before: Iterable[pa.RecordBatch]
) -> tuple[set[str], bool] | None:
    """Compare the definitions of files with those that they had.

    Returns:
        The files that have others, and whether some are gone; None where one that stays is something else, since who
        mentions it is not known.
    """
    present, earlier = _shapes(nodes), _shapes(before)
    moved: set[str] = set()
    is_lost = False
    for path in paths:
        one, other = present.get(path, {}), earlier.get(path, {})
        if any(one[key] != other[key] for key in one.keys() & other.keys()):
            return None
        if one.keys() != other.keys():
            moved.add(path)
            is_lost = is_lost or not other.keys() <= one.keys()
    return moved, is_lost


def _shapes(batches: Iterable[pa.RecordBatch]) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Return what nodes are but for their places, by file and id."""
    found: dict[str, dict[str, tuple[Any, ...]]] = {}
    columns = ("file_path", "id", "kind", "name", "parent_id", "language", "metadata")
    for batch in batches:
        for path, identifier, *shape in _rows(batch, columns):
            if path is not None:
                found.setdefault(path, {})[identifier] = tuple(shape)
    return found


def _ids(batches: Iterable[pa.RecordBatch]) -> dict[str, dict[tuple[int, int], str]]:
    """Return the ids of nodes by file and by where they begin and end."""
    found: dict[str, dict[tuple[int, int], str]] = {}
    for batch in batches:
        for path, start, end, identifier in _rows(batch, ("file_path", "start_byte", "end_byte", "id")):
            if path is not None:
                found.setdefault(path, {})[start, end] = identifier
    return found


def _named(facts: bytes, ids: Mapping[tuple[int, int], str]) -> list[str | None]:
    """Return the nodes of a file's units, in the order of their numbers: others' facts name them by those."""
    return [ids.get(span) for span in native().facts_spans(facts)]


def _without(batch: pa.RecordBatch, paths: frozenset[str]) -> pa.RecordBatch:
    kept = [path not in paths for path in plain(batch.column("file_path")).to_pylist()]
    return batch if all(kept) else batch.filter(pa.array(kept, pa.bool_()))


def _of(batch: pa.RecordBatch, paths: frozenset[str]) -> pa.RecordBatch:
    kept = [path in paths for path in plain(batch.column("file_path")).to_pylist()]
    return batch if all(kept) else batch.filter(pa.array(kept, pa.bool_()))


def _merged(batches: Sequence[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Give batches of whole files, in the order of their files."""
    rows = FileRows()
    rows.take(batches)
    yield from rows.stream(rows.paths())


def _note_named(table: str, batch: pa.RecordBatch, named: dict[str, set[str]]) -> None:
    """Note the external nodes that edges lead to, by file."""
    if table != "edges":
        return
    for path, target in set(_rows(batch, ("file_path", "target_id"))):
        if path is not None and target.endswith(_EXTERNAL):
            named.setdefault(path, set()).add(target)
