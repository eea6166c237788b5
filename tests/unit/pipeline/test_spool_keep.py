"""What nobody reads any more leaves a spool's memory."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from codegraph._internal.pipeline.spool import Spool, SpoolDirectory, selected


def _batch() -> pa.RecordBatch:
    return pa.record_batch({"id": ["a", "b"], "text": ["x" * 100, "y" * 100]})


def _size(*batches: pa.RecordBatch) -> int:
    return sum(batch.get_total_buffer_size() for batch in batches)


def test_keep_drops_columns_and_tables_that_nobody_reads_and_returns_their_bytes(tmp_path: Path) -> None:
    directory = SpoolDirectory(tmp_path, _size(_batch(), _batch()))
    spool = Spool(directory)
    spool.append("nodes", _batch())
    spool.append("edges", _batch())
    assert not directory.take(pa.record_batch({"one": ["x"]}))

    spool.keep(lambda table: frozenset({"id"}) if table == "nodes" else frozenset())

    assert [batch.schema.names for batch in spool.read("nodes")] == [["id"]]
    assert list(spool.read("edges")) == []
    assert directory.take(_batch())


def test_keep_leaves_tables_of_which_everything_is_read(tmp_path: Path) -> None:
    spool = Spool(SpoolDirectory(tmp_path, 1_000_000))
    spool.append("nodes", _batch())
    spool.keep(lambda _table: None)
    assert list(spool.read("nodes")) == [_batch()]


def test_selected_keeps_the_order_of_the_batch() -> None:
    assert selected(_batch(), frozenset({"text", "id", "none"})).schema.names == ["id", "text"]
