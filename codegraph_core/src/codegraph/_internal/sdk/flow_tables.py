"""Tables of control flow and data flow of a whole snapshot: never stored, made file by file while they are read.

`docs/explanation/semantic-ir.md` says what they mean. Memory is the rows of one file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from codegraph._internal.cancellation import check_cancelled, chunked
from codegraph._internal.indexing.sources import kept_source
from codegraph._internal.logging import get_logger
from codegraph._internal.query import Query
from codegraph._internal.query.conditions import And, Predicate, columns_of, conjuncts
from codegraph._internal.query.fields import Fields
from codegraph._internal.query.masks import Mask, Masks
from codegraph._internal.query.sources import Access, table_source
from codegraph._internal.rows import File
from codegraph._internal.sdk.flow import lowered_file
from codegraph._internal.store.predicate import matches
from codegraph_hookspecs import LoweredFile, QueryError
from codegraph_hookspecs.tables import TableSpec

if TYPE_CHECKING:
    from codegraph._internal.plugin_host import PluginHost

_log = get_logger("codegraph.flow")

_PATH: Final = "file_path"
_FILES_AT_ONCE: Final = 1_000
_CODE_KINDS: Final = frozenset(
    {"module", "class", "interface", "trait", "struct", "enum", "function", "method", "property", "macro", "namespace"}
)
"""Kinds of nodes whose code has a body of its own; a lambda in the value of a variable is its surroundings'."""


def _columns(*names: str) -> tuple[pa.Field, ...]:
    """Return fields from names: `name:type`, with `?` at the end where there may be none; the type is a number's."""
    types = {"": pa.int32(), "text": pa.string(), "flag": pa.bool_()}
    fields = []
    for each in names:
        name, _, kind = each.rstrip("?").partition(":")
        fields.append(pa.field(name, types[kind], nullable=each.endswith("?")))
    return tuple(fields)


_SPAN: Final = ("start_byte", "end_byte")
_OWN: Final[Mapping[str, tuple[pa.Field, ...]]] = {
    "bodies": _columns(
        "parent?", "kind:text", "qualified_name:text", *_SPAN, "name_start_byte", "is_async:flag", "is_generator:flag",
        "is_truncated:flag",
    ),
    "variables": _columns(
        "variable", "name:text", "storage:text", "owner_body?", "owner_variable?", "written_elsewhere:flag",
        "private:flag",
    ),
    "parameters": _columns("parameter", "name:text", "kind:text", "variable?", "has_default:flag", *_SPAN),
    "arguments": _columns("call", "role:text", "name:text?", "value"),
    "instructions": _columns(
        "value", "block", "op:text", "text:text", "variable?", "object?", "attribute:text?", "constant:text?",
        "in_annotation:flag", *_SPAN,
    ),
    "blocks": _columns(
        "block", "first_value", "end_value", "terminator:text", *_SPAN, "immediate_dominator?",
        "immediate_post_dominator?", "loop_header?", "loop_depth", "is_reachable:flag", "is_live:flag",
    ),
    "cfg_edges": _columns("source", "target", "kind:text", "is_live:flag"),
    "control_dependence": _columns("block", "on", "kind:text"),
    "phis": _columns("phi", "block", "name:text", "source", "definition?", "input_phi?"),
    "def_use": _columns(
        "name:text", "variable", "kind:text", "definition?", "use", "definition_start_byte?", "definition_end_byte?",
        *_SPAN,
    ),
    "dependence": _columns("source", "target", "kind:text", "changed?"),
    "changes": _columns("value", "changed", "attribute:text?", "by_callee:flag"),
}  # fmt: skip
_WHOSE: Final = _columns("file_path:text", "function_id:text?", "body")

FLOW_TABLES: Final[Mapping[str, TableSpec]] = {
    name: TableSpec(name=name, owner=_PATH, fields=(*_WHOSE, *own)) for name, own in _OWN.items()
}
"""The tables: each row says whose it is: the file, the definition around the code, the body's number in the file."""


Wanted = Callable[[pa.RecordBatch], Mask]
"""Says for each row of a batch with the column `file_path` whether the file may have rows."""


@frozen
class FlowFile:
    """A file of the snapshot.

    Args:
        path: Its path.
        lower: Lowers it; None where there is no lowering or no source.
    """

    path: str
    lower: Callable[[], LoweredFile | None]


class FlowSnapshot:
    """A snapshot with tables of control flow and data flow besides its own; a plugin's of such a name comes first.

    Implements `SnapshotLike`.

    Args:
        snapshot: The snapshot.
        files: Gives its files.
    """

    def __init__(self, snapshot: Any, files: Callable[[], Iterable[FlowFile]]) -> None:
        self._snapshot = snapshot
        self._files = files

    def __getattr__(self, name: str) -> Any:
        """Be the snapshot in all else."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._snapshot, name)

    @cached_property
    def _made(self) -> frozenset[str]:
        return frozenset(FLOW_TABLES) - frozenset(self._snapshot.tables())

    def tables(self) -> list[str]:
        """Return the names of the tables that exist."""
        return sorted({*self._snapshot.tables(), *FLOW_TABLES})

    def schema(self, table: str) -> pa.Schema:
        """Return a table's physical schema."""
        return FLOW_TABLES[table].schema if table in self._made else self._snapshot.schema(table)

    def count(self, table: str) -> int:
        """Return a table's number of rows, which lowers all files for one that is made."""
        if table not in self._made:
            return int(self._snapshot.count(table))
        return sum(batch.num_rows for batch in self.scan(table, [_PATH]))

    def scan(
        self, table: str, columns: Sequence[str] | None = None, predicate: pc.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Stream a table."""
        if table not in self._made:
            yield from self._snapshot.scan(table, columns, predicate)
            return
        for batch in self.rows_of_files(table, _by_expression(predicate)):
            kept = batch if predicate is None else batch.filter(pa.array(matches(batch, predicate)))
            if kept.num_rows:
                yield kept if columns is None else kept.select(list(columns))

    def made_source(self, table: str) -> FlowSource | None:
        """Return what queries read a made table by, or None for a table that is stored."""
        return FlowSource(self, Fields(table, FLOW_TABLES[table].schema)) if table in self._made else None

    def rows_of_files(self, table: str, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        """Stream the rows of the files whose paths are wanted, one batch for each that has some."""
        for file in self._wanted(wanted):
            check_cancelled()
            try:
                lowered = file.lower()
            except QueryError as error:
                if error.code != "flow-unavailable":
                    raise
                # One file must not end a query over all of them; asked for by name it says what is wrong.
                _log.warning("a file is left out", path=file.path, reason=str(error))
                continue
            if lowered is not None:
                batch = _rows(self._snapshot, table, file.path, lowered)
                if batch.num_rows:
                    yield batch

    def _wanted(self, wanted: Wanted) -> Iterator[FlowFile]:
        for some in chunked(iter(self._files()), _FILES_AT_ONCE):
            paths = pa.record_batch({_PATH: pa.array([file.path for file in some], pa.string())})
            yield from (file for file, is_wanted in zip(some, wanted(paths).tolist(), strict=True) if is_wanted)


@frozen(eq=False)
class FlowSource:
    """Rows of a table that is made; files that conditions on their path leave out are not lowered."""

    snapshot: FlowSnapshot
    fields: Fields
    row_class: None = None

    def access(self, predicate: Predicate) -> Access:
        """Lower the files that may have rows."""
        on_path = [part for part in conjuncts(predicate) if columns_of(part) == {_PATH}]
        table = self.fields.table

        def batches(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            for batch in self.snapshot.rows_of_files(table, _by_conditions(on_path)):
                yield batch.select(list(columns))

        text = f"lowering of {'some' if on_path else 'all'} files for {table}"
        return Access(text, "", lambda: None, batches, predicate)

    def describe(self) -> tuple[str, ...]:
        """Say that the rows are not stored."""
        return (f"{self.fields.table}: made while it is read",)


def _rows(snapshot: Any, table: str, path: str, lowered: LoweredFile) -> pa.RecordBatch:
    bodies = lowered.bodies()
    owners = _definitions(snapshot, path, bodies)
    numbers = bodies.column("body").to_numpy()
    if table == "bodies":
        own: pa.RecordBatch = bodies.select(FLOW_TABLES[table].schema.names[len(_WHOSE) :])
        counts = np.ones(len(numbers), np.int64)
    else:
        parts = [lowered.table(table, number) for number in numbers.tolist()]
        own = pa.concat_batches(parts) if parts else pa.RecordBatch.from_pylist([], pa.schema(list(_OWN[table])))
        counts = np.array([part.num_rows for part in parts], np.int64)
    of = np.repeat(np.arange(len(numbers)), counts)
    whose = [
        pa.repeat(path, len(of)),
        owners.take(pa.array(of)),
        pa.array(numbers[of].astype(np.int32)),
    ]
    schema = FLOW_TABLES[table].schema
    return pa.RecordBatch.from_arrays(
        [*whose, *(own.column(name) for name in schema.names[len(whose) :])], schema=schema
    )


def _definitions(snapshot: Any, path: str, bodies: pa.RecordBatch) -> pa.Array:
    """Return for each body the id of the innermost definition that its code is in, or null."""
    rows = snapshot.rows_of_file("nodes", path, ["id", "kind", "start_byte", "end_byte"])
    found: list[tuple[int, int, str]] = []
    module: str | None = None
    for row in rows.to_pylist():
        if row["kind"] == "module":
            module = row["id"]
        elif row["kind"] in _CODE_KINDS and row["start_byte"] is not None and row["end_byte"] is not None:
            found.append((row["start_byte"], row["end_byte"], row["id"]))
    found.sort(key=lambda each: (each[0], -each[1]))  # inner ones behind those around them
    starts = np.array([start for start, _, _ in found], np.int64)
    ends = np.array([end for _, end, _ in found], np.int64)
    answers: list[str | None] = []
    for kind, start, end in zip(*(bodies.column(name).to_pylist() for name in ("kind", *_SPAN)), strict=True):
        around = np.flatnonzero((starts <= start) & (ends >= end)).tolist() if kind != "module" else []
        answers.append(found[around[-1]][2] if around else module)
    return pa.array(answers, pa.string())


def _by_conditions(parts: Sequence[Predicate]) -> Wanted:
    masks, whole = Masks(), And(tuple(parts))

    def wanted(paths: pa.RecordBatch) -> Mask:
        kept = masks.mask(whole, paths)
        return _all(paths) if kept is None else kept

    return wanted


def _by_expression(predicate: pc.Expression | None) -> Wanted:
    """Return which paths an expression may hold for; one that is about other columns too may hold for all."""
    if predicate is None:
        return _all
    try:
        matches(pa.record_batch({_PATH: pa.array([""])}), predicate)
    except pa.ArrowException:
        return _all
    return lambda paths: matches(paths, predicate)


def _all(paths: pa.RecordBatch) -> Mask:
    return np.ones(paths.num_rows, np.bool_)


def flow_files(snapshot: Any, host: PluginHost) -> Iterator[FlowFile]:
    """Yield the files of a snapshot, in its order.

    Raises:
        QueryError: No installed plugin has a lowering (code `flow-unavailable`).
    """
    languages, lowerings = host.languages(), host.lowerings()
    if not lowerings:
        raise QueryError(
            "No installed plugin lowers any language.",
            code="flow-unavailable",
            context={"remedy": "Install one that does, such as codegraph-parser-rust."},
        )

    def lower(row: File) -> LoweredFile | None:
        return lowered_file(row, kept_source(snapshot, row.path), languages, lowerings)

    for row in Query[File].over(snapshot, table_source(snapshot, "files")):
        yield FlowFile(row.path, partial(lower, row))
