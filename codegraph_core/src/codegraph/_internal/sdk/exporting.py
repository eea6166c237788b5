"""Exports: a snapshot through a plugin's sink, with the layers that the sink needs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from attrs import evolve, frozen

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.plugin_host import PluginHost
from codegraph._internal.query.missing import OPTIONAL, require_layer
from codegraph._internal.sdk.recovery import teller
from codegraph._internal.settings.plugin_tables import with_table
from codegraph._internal.store.held import HeldSnapshot
from codegraph._internal.telling import telling
from codegraph_hookspecs import TABLES, PluginError, Sink

if TYPE_CHECKING:
    from codegraph._internal.sdk.codegraph import CodeGraph
    from codegraph._internal.settings import IndexingConfig


@frozen(kw_only=True)
class Export:
    """What an export wrote.

    Args:
        snapshot_id: The snapshot.
        sink: The sink's name.
        files: The files, in the sink's order.
        bytes: Their size together.
        indexed: Whether the repository was indexed for it.
    """

    snapshot_id: str
    sink: str
    files: tuple[Path, ...]
    bytes: int
    indexed: bool

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "snapshot_id": self.snapshot_id,
            "sink": self.sink,
            "files": [str(path) for path in self.files],
            "bytes": self.bytes,
            "indexed": self.indexed,
        }


class _Reader:
    """A snapshot as sinks see it."""

    def __init__(self, held: HeldSnapshot) -> None:
        self._snapshot = held.snapshot
        self.snapshot_id = str(held.id)

    def tables(self) -> list[str]:
        """Return the names of the public tables that have rows."""
        return [name for name in self._snapshot.tables() if name not in TABLES or TABLES[name].public]

    def read(self, table: str) -> Iterator[pa.RecordBatch]:
        """Stream a table."""
        for batch in self._snapshot.scan(table):
            check_cancelled()
            yield _logical(table, batch)

    def rows_of_file(self, table: str, path: str) -> pa.Table:
        """Return a file's rows of a table."""
        check_cancelled()
        rows = self._snapshot.rows_of_file(table, path)
        batches = [_logical(table, batch) for batch in rows.to_batches()]
        return pa.Table.from_batches(batches, TABLES[table].schema if table in TABLES else None)

    def source(self, path: str) -> bytes | None:
        """Return the bytes of a file as they were indexed."""
        from codegraph._internal.indexing.sources import kept_source

        return kept_source(self._snapshot, path)


def _logical(table: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    spec = TABLES.get(table)
    if spec is None:
        return batch
    columns = [
        column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
        for column in (batch.column(name) for name in spec.schema.names)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=spec.schema)


def find_sink(host: PluginHost, name: str) -> Sink:
    """Return a sink by name.

    Raises:
        PluginError: There is none (code `sink-unknown`).
    """
    sinks = {sink.name: sink for sink in host.sinks()}
    if name not in sinks:
        close = difflib.get_close_matches(name, sinks, n=1)
        raise PluginError(
            f"There is no sink {name!r}; there is: {', '.join(sorted(sinks)) or 'none'}.",
            code="sink-unknown",
            context={"sink": name, "remedy": f"Did you mean {close[0]!r}?" if close else "Install its plugin."},
        )
    return sinks[name]


def export(
    owner: CodeGraph,
    config: IndexingConfig,
    host: PluginHost,
    sink: str,
    output: Path | None,
    snapshot: str | None,
    options: Mapping[str, Any],
) -> Export:
    """Write a snapshot through a sink; see `CodeGraph.export`."""
    chosen = find_sink(host, sink)
    changed = False
    if snapshot is None:
        tables = config.plugins
        for plugin in chosen.needs:
            owner.require_plugin(f"export {sink}", plugin, config)
            tables = with_table(tables, plugin, {})
        run = owner.run(evolve(config, plugins=tables))
        held, changed = run.held, run.changed
        assert held is not None
        held.tell = teller(config, owner.plugins)
    else:
        held = owner.hold(config, snapshot)
    try:
        for table in (table for table, plugin in OPTIONAL.items() if plugin in chosen.needs):
            require_layer(held.snapshot, table)
        path = output if output is not None else Path(f"index{chosen.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with telling(held):
            files: Sequence[Path] = tuple(chosen.write(_Reader(held), path, root=config.root_path, **options))
        size = sum(file.stat().st_size for file in files)
        return Export(snapshot_id=str(held.id), sink=sink, files=tuple(files), bytes=size, indexed=changed)
    finally:
        held.close()
