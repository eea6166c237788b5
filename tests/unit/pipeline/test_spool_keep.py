"""What nobody reads any more leaves a spool's memory."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from codegraph._internal.pipeline.spool import (
    EVERYTHING,
    NOTHING,
    Spool,
    SpoolDirectory,
    Wanted,
    selected,
    wanted_by_all,
)


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

    spool.keep(lambda table: Wanted(frozenset({"id"})) if table == "nodes" else NOTHING)

    assert [batch.schema.names for batch in spool.read("nodes")] == [["id"]]
    assert list(spool.read("edges")) == []
    assert directory.take(_batch())


def test_keep_leaves_tables_of_which_everything_is_read(tmp_path: Path) -> None:
    spool = Spool(SpoolDirectory(tmp_path, 1_000_000))
    spool.append("nodes", _batch())
    spool.keep(lambda _table: EVERYTHING)
    assert list(spool.read("nodes")) == [_batch()]


def test_selected_keeps_the_order_of_the_batch() -> None:
    assert selected(_batch(), frozenset({"text", "id", "none"})).schema.names == ["id", "text"]


def test_rows_that_nobody_looks_at_are_left_out_and_their_texts_with_them() -> None:
    kinds = pa.array(["calls", "imports", "calls", None]).dictionary_encode()
    edges = pa.record_batch({"kind": kinds, "source_id": pa.array(["a", "b", "c", "d"]).dictionary_encode()})
    kept = Wanted(frozenset({"source_id"}), {"kind": frozenset({"imports"})}).of(edges)
    assert kept.column("source_id").to_pylist() == ["b"]
    assert kept.column("source_id").dictionary.to_pylist() == ["b"]
    assert kept.schema.field("source_id").type == edges.schema.field("source_id").type


def test_a_column_that_a_table_does_not_have_leaves_no_row_out() -> None:
    assert Wanted(None, {"kind": frozenset({"module"})}).of(_batch()) == _batch()


def test_what_all_readers_want_is_what_any_of_them_wants() -> None:
    module, function = {"kind": ("module",)}, {"kind": ("function",), "language": ("go",)}
    both = wanted_by_all([(frozenset({"id"}), module), (frozenset({"fqn"}), function)])
    of_function = {"kind": frozenset({"function"}), "language": frozenset({"go"})}
    assert both.columns == {"id", "fqn"}
    assert both.where == {"kind": frozenset({"module", "function"})}
    assert both.partly == {"fqn": of_function}
    assert wanted_by_all([(frozenset({"id"}), module), (frozenset({"id"}), {})]) == Wanted(frozenset({"id"}))
    assert wanted_by_all([(frozenset({"id"}), module), (None, module)]) == Wanted(None, {"kind": frozenset({"module"})})
    assert not wanted_by_all([])


def test_texts_that_are_read_of_some_rows_only_are_empty_in_the_others() -> None:
    nodes = pa.record_batch(
        {
            "id": ["a", "b", "c"],
            "kind": pa.array(["module", "function", "module"]).dictionary_encode(),
            "fqn": pa.array(["x", "x.y", None]),
            "line": [1, 2, 3],
        }
    )
    module = {"kind": ("module",)}
    wanted = wanted_by_all([(frozenset({"id"}), {}), (frozenset({"kind", "fqn", "line"}), module)])
    assert wanted.partly == {"fqn": {"kind": frozenset({"module"})}, "line": {"kind": frozenset({"module"})}}
    kept = wanted.of(nodes)
    assert kept.to_pylist() == [
        {"id": "a", "kind": "module", "fqn": "x", "line": 1},
        {"id": "b", "kind": "function", "fqn": "", "line": 2},
        {"id": "c", "kind": "module", "fqn": None, "line": 3},
    ]
    assert kept.schema == nodes.schema
    assert wanted.of(nodes.drop_columns(["kind"])) == nodes.drop_columns(["kind"])  # nobody can tell which


def test_a_column_by_which_rows_are_chosen_keeps_its_texts() -> None:
    nodes = pa.record_batch({"id": ["a", "b", "c"], "kind": ["module", "function", "class"]})
    wanted = wanted_by_all([(frozenset({"kind"}), {"kind": ("module",)}), (frozenset({"id"}), {"kind": ("class",)})])
    once = wanted.of(nodes)
    assert once.to_pylist() == [{"id": "a", "kind": "module"}, {"id": "c", "kind": "class"}]
    assert wanted.of(once) == once
