"""Rows of the link stage: call sites that servers may decide are held back, and completed with what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from attrs import frozen

from codegraph_hookspecs import TABLES, TableBatch
from codegraph_plugins.stages.cross_file.rows import node_batch
from codegraph_plugins.stages.lsp_types.questions import REASONS

EXTERNAL: Final = "@external"
ONE: Final = 0.8
"""Confidence where a server names one callee: the static type of the receiver; a subclass may have its own."""
SEVERAL: Final = 0.7
"""Confidence of each where it names several."""
_SITES: Final = TABLES["call_sites"].physical_schema
_EDGES: Final = TABLES["edges"].physical_schema
_KINDS: Final = pa.array(["calls", "instantiates"])


@frozen
class OpenCall:
    """An unresolved call.

    Args:
        row: Its number among the rows held back.
        path: Its file.
        caller: Who calls.
        text: What is called, as written.
        start, end: Its bytes.
        line, column: Where it begins, as edges say it.
    """

    row: int
    path: str
    caller: str
    text: str
    start: int
    end: int
    line: int
    column: int


@frozen
class _Decision:
    call: OpenCall
    targets: Sequence[tuple[str, bool]]
    resolver: str


class OpenCalls:
    """The calls that the link stage leaves unresolved.

    Attributes:
        open: Those that types may decide, in the order of the rows.
        imports: Importing and imported files.
    """

    def __init__(self) -> None:
        self.open: list[OpenCall] = []
        self.imports: set[tuple[str, str]] = set()
        self._sites: list[pa.RecordBatch] = []
        self._rows = 0
        self._edges: list[pa.Table] = []
        self._externals: set[str] = set()
        self._decisions: dict[int, _Decision] = {}

    def held_back(self, table: str, batch: pa.RecordBatch) -> pa.RecordBatch | None:
        """Take what a batch of the link stage says, and return the rows that need not wait."""
        if table == "nodes":
            outside = pc.equal(batch.column("kind").cast(pa.string()), "external")
            self._externals.update(batch.column("id").filter(outside).to_pylist())
        elif table == "imports":
            pairs = zip(
                *(batch.column(name).cast(pa.string()).to_pylist() for name in ("file_path", "target_file")),
                strict=True,
            )
            self.imports.update((path, target) for path, target in pairs if target)
        elif table == "edges":
            kept = batch.filter(pc.is_in(batch.column("kind").cast(pa.string()), _KINDS))
            self._edges.append(pa.Table.from_batches([kept]).select(["kind", "source_id", "target_id", "file_path"]))
        elif table == "call_sites":
            return self._take_sites(batch)
        return batch

    def decide(self, call: OpenCall, targets: Sequence[tuple[str, bool]], resolver: str) -> None:
        """Note whom a call calls.

        Args:
            call: One of `open`.
            targets: Ids of the callees, and whether calling one makes an instance of it.
            resolver: Who says so.
        """
        self._decisions[call.row] = _Decision(call, targets, resolver)

    def rows(self) -> Iterator[TableBatch]:
        """Yield the call sites that were held back, the edges of those decided, and the external nodes they name."""
        first = 0
        for batch in self._sites:
            yield "call_sites", self._completed(batch, first)
            first += batch.num_rows
        decided = sorted(self._decisions.values(), key=lambda one: (one.call.path, one.call.start, one.call.end))
        named = {target for one in decided for target, _ in one.targets if target.endswith(EXTERNAL)}
        fresh = sorted(named - self._externals)
        if fresh:
            names = [one.removesuffix(EXTERNAL) for one in fresh]
            lasts = [one.rpartition(".")[2] for one in names]
            yield "nodes", node_batch("external", fresh, lasts, names, [None] * len(fresh))
        if decided:
            yield "edges", self._new_edges(decided)

    def _take_sites(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Hold back the files of a batch that have open calls."""
        unresolved = pc.and_(
            pc.equal(batch.column("status").cast(pa.string()), "unresolved"),
            pc.fill_null(pc.is_in(batch.column("reason").cast(pa.string()), pa.array(sorted(REASONS))), False),
        )
        paths = batch.column("file_path").cast(pa.string())
        ours = pc.is_in(paths, pc.unique(paths.filter(unresolved)))
        held, askable = batch.filter(ours), unresolved.filter(ours).to_numpy(zero_copy_only=False)
        if held.num_rows:
            span = held.column("span")
            columns = [
                held.column(name).cast(pa.string()).to_pylist() for name in ("file_path", "caller_id", "callee_text")
            ]
            places = [span.field(name).to_pylist() for name in ("start_byte", "end_byte", "start_line", "start_column")]
            for at in askable.nonzero()[0].tolist():
                texts, numbers = [column[at] for column in columns], [column[at] for column in places]
                self.open.append(OpenCall(self._rows + at, *texts, *numbers))
            self._sites.append(held)
            self._rows += held.num_rows
        return batch.filter(pc.invert(ours))

    def _completed(self, batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
        """Return call sites with what was decided."""
        decided = {at: self._decisions[first + at] for at in range(batch.num_rows) if first + at in self._decisions}
        if not decided:
            return batch
        status, reason, candidates = (batch.column(name).to_pylist() for name in ("status", "reason", "candidates"))
        for at, one in decided.items():
            ids = [target for target, _ in one.targets]
            status[at] = "external" if all(target.endswith(EXTERNAL) for target in ids) else "resolved"
            reason[at], candidates[at] = None, ids
        given = {
            "status": pa.array(status, pa.string()).dictionary_encode(),
            "reason": pa.array(reason, pa.string()).dictionary_encode(),
            "candidates": pa.array(candidates, _SITES.field("candidates").type),
        }
        columns = [given[name] if name in given else batch.column(name) for name in _SITES.names]
        return pa.RecordBatch.from_arrays(columns, schema=_SITES)

    def _new_edges(self, decided: Sequence[_Decision]) -> pa.RecordBatch:
        """Return the edges of decided calls; equal ones of a file are numbered after those that there are."""
        drafts = [
            ("instantiates" if makes else "calls", target, one) for one in decided for target, makes in one.targets
        ]
        wanted = {(kind, one.call.caller, target, one.call.path): 0 for kind, target, one in drafts}
        for key in self._known(wanted):
            wanted[key] += 1
        rows = []
        for kind, target, one in drafts:
            key = (kind, one.call.caller, target, one.call.path)
            ordinal = wanted[key]
            wanted[key] += 1
            text = "\0".join((kind, one.call.caller, target, str(ordinal)))
            rows.append(
                {
                    "id": xxhash.xxh3_64_hexdigest(text.encode("utf-8", "surrogatepass")),
                    "kind": kind,
                    "source_id": one.call.caller,
                    "target_id": target,
                    "file_path": one.call.path,
                    "line_number": one.call.line,
                    "column": one.call.column,
                    "resolver": one.resolver,
                    "confidence": ONE if len(one.targets) == 1 else SEVERAL,
                    "metadata": None,
                }
            )
        return pa.RecordBatch.from_pylist(rows, schema=_EDGES)

    def _known(self, wanted: dict[tuple[str, str, str, str], int]) -> Iterator[tuple[str, str, str, str]]:
        """Yield the wanted edges that there are already, as often as they are there."""
        sources = pa.array(sorted({key[1] for key in wanted}), pa.string())
        for table in self._edges:
            table = table.filter(pc.is_in(table.column("source_id").cast(pa.string()), sources))
            columns = (table.column(name).cast(pa.string()).to_pylist() for name in table.column_names)
            yield from (key for key in zip(*columns, strict=True) if key in wanted)
