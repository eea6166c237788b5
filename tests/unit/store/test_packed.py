"""What is packed is unpacked as it was: any column, any rows, in any order."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegraph._internal.store import Snapshot, Store, packed
from codegraph._internal.store.columns import stream_of
from codegraph._internal.store.numbers import Packed, narrowed
from codegraph._internal.store.packed import PACKING, PackedChunk, PlainChunk, pack
from tests.unit.store.graphs import batch, commit, content, edge, module, node

SERIALS = count(1 << 40)  # no segment's, and never one twice: unpacked blocks are kept by it
SYMBOL = pa.dictionary(pa.int32(), pa.string())
TEXTS = (pa.string(), SYMBOL)
SPAN = pa.struct([pa.field("a", pa.int32(), nullable=False), pa.field("b", pa.int32(), nullable=False)])
HEX = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int8(): st.integers(-128, 127),
    pa.int32(): st.integers(-(2**31), 2**31 - 1) | st.integers(0, 5),
    pa.int64(): st.integers(-(2**63), 2**63 - 1) | st.integers(2**40, 2**40 + 300),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.just(0.5) | st.floats(width=32, allow_nan=False),
    pa.bool_(): st.booleans(),
    pa.string(): HEX | st.text(max_size=5),
    SYMBOL: st.sampled_from(["", "a", "b"]) | st.text(max_size=3),
    pa.list_(pa.string()): st.lists(st.text(max_size=3), max_size=2),
    pa.binary(): st.binary(max_size=5),
    SPAN: st.fixed_dictionaries({"a": st.integers(0, 9), "b": st.integers(-(2**31), 2**31 - 1)}),
}


class File:
    """Collects parts as a segment's writer does."""

    def __init__(self) -> None:
        self.content = b""

    def put(self, parts: list[Any]) -> tuple[int, int]:
        import xxhash

        offset = len(self.content)
        added = b"".join(bytes(part) for part in parts)
        self.content += added + bytes(-len(added) % 64)
        return offset, xxhash.xxh3_64_intdigest(added)


def chunk_of(rows: pa.RecordBatch) -> PackedChunk:
    file = File()
    offset, length, total, _, _ = pack(rows, (), file.put)
    mapped = pa.py_buffer(file.content)
    return PackedChunk(
        mapped, next(SERIALS), mapped.slice(offset, length), total, rows.schema, PACKING, lambda *_: None, LookupError
    )


@st.composite
def columns(draw: st.DrawFn) -> pa.RecordBatch:
    total = draw(st.integers(1, 80))
    arrays = []
    for kind, values in VALUES.items():
        some = draw(st.lists(values, min_size=1, max_size=6)) if draw(st.booleans()) else None
        values = st.sampled_from(some) if some else values
        if kind is not SPAN and draw(st.booleans()):
            values = st.none() | values
        arrays.append(pa.array(draw(st.lists(values, min_size=total, max_size=total)), kind))
    rows = pa.RecordBatch.from_arrays(arrays, names=[str(number) for number in range(len(arrays))])
    skipped = draw(st.integers(0, total - 1))
    return rows.slice(skipped)


@settings(max_examples=60, deadline=None)
@given(columns(), st.data())
def test_any_column_is_read_back_in_any_rows(rows: pa.RecordBatch, data: st.DataObject) -> None:
    chunk = chunk_of(rows)
    wanted = rows.to_pylist()
    every = chunk.read(slice(0, rows.num_rows), None)
    assert every.to_pylist() == wanted
    every.validate(full=True)
    start = data.draw(st.integers(0, rows.num_rows - 1))
    stop = data.draw(st.integers(start + 1, rows.num_rows))
    assert chunk.read(slice(start, stop), None).to_pylist() == wanted[start:stop]
    places = data.draw(st.lists(st.integers(0, rows.num_rows - 1), min_size=1, max_size=9))
    names = data.draw(st.lists(st.sampled_from(rows.schema.names), min_size=1, unique=True))
    found = chunk.read(np.array(places), names)
    found.validate(full=True)
    assert found.schema.names == names
    assert found.to_pylist() == [{name: wanted[place][name] for name in names} for place in places]
    values = chunk.read_values(np.array(places), names)
    assert values == [column.to_pylist() for column in found.columns]


@settings(max_examples=40, deadline=None)
@given(columns(), st.data())
def test_values_are_counted_as_they_are_read(rows: pa.RecordBatch, data: st.DataObject) -> None:
    plain = PlainChunk(stream_of(rows))
    texts = [name for name, kind in zip(rows.schema.names, rows.schema.types, strict=True) if kind in TEXTS]
    places = np.array(data.draw(st.lists(st.integers(0, rows.num_rows - 1), min_size=1, max_size=9)))
    for chunk in (chunk_of(rows), plain):
        for name in texts:
            wanted = Counter(chunk.read_values(places, [name])[0])
            assert chunk.counts(places, name) == wanted


@pytest.mark.parametrize("kind", [SYMBOL, pa.string(), pa.list_(pa.string())])
def test_a_column_without_a_value_has_its_type_and_no_values(kind: pa.DataType) -> None:
    chunk = chunk_of(pa.record_batch([pa.nulls(3, kind)], names=["a"]))
    assert chunk.read(slice(0, 3), None).schema.types == [kind]
    assert chunk.read_values(np.array([2, 0]), ["a"]) == [[None, None]]


def test_text_spans_several_blocks_and_is_taken_across_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "BLOCK_ROWS", 32)
    texts = [f"text {n * n}" for n in range(200)]
    chunk = chunk_of(pa.record_batch([pa.array(texts), pa.array([[t] for t in texts])], names=["a", "b"]))
    assert chunk.read(slice(20, 140), ["a"]).column(0).to_pylist() == texts[20:140]
    places = [150, 3, 151, 3, 199, 0]
    assert chunk.read(np.array(places), None).to_pylist() == [{"a": texts[n], "b": [texts[n]]} for n in places]


def test_a_block_that_changed_is_refused_where_it_is_used() -> None:
    rows = pa.record_batch([pa.array([f"text {n}" for n in range(50)])], names=["a"])
    file = File()
    offset, length, total, _, _ = pack(rows, (), file.put)
    damaged = bytearray(file.content)
    damaged[offset // 2] ^= 1
    mapped = pa.py_buffer(bytes(damaged))
    chunk = PackedChunk(
        mapped, next(SERIALS), mapped.slice(offset, length), total, rows.schema, PACKING, lambda *_: None, LookupError
    )
    with pytest.raises(LookupError):
        chunk.read(slice(0, 1), None)
    with pytest.raises(LookupError):
        chunk.verify()


@pytest.mark.parametrize(("most", "width"), [(255, "|u1"), (256, "<u2"), (65_536, "u3"), (2**24, "<u4")])
def test_numbers_are_as_narrow_as_the_greatest_of_them(most: int, width: str) -> None:
    values = np.array([0, most, 7, most // 2], np.uint32)
    found, held = narrowed(values)
    assert found == width
    read = Packed(memoryview(held.tobytes())) if width == "u3" else held
    assert len(read) == 4
    assert read[:].tolist() == values.tolist()
    assert read[np.array([3, 1])].tolist() == [most // 2, most]


def _unversioned(snapshot: Snapshot) -> dict[str, list[dict[str, Any]]]:
    return {table: [{**row, "version": ""} for row in rows] for table, rows in content(snapshot).items()}


class TestEnds:
    def test_ends_in_other_segments_and_missing_parents_are_read_as_they_were(self, store_folder: Any) -> None:
        with Store.open(store_folder) as store:
            commit(store, module("b.py", "xy"))
            rows = [node("c", parent_id=None), node("d", parent_id="a.c@a.py"), node("e", parent_id="gone")]
            ends = [edge("a.c@a.py", "b.x@b.py"), edge("b.y@b.py", "a.d@a.py"), edge("a.e@a.py", "a.d@a.py")]
            with store.begin(repo_id="r", reason="t", replaces=["a.py"]) as transaction:
                # Edges first: what they mean is not known yet.
                transaction.append("edges", batch("edges", ends))
                transaction.append("nodes", batch("nodes", rows))
                transaction.commit({})
            with store.snapshot() as snapshot:
                found = {row["id"]: row["parent_id"] for row in content(snapshot)["nodes"]}
                assert [found[row["id"]] for row in rows] == [None, "a.c@a.py", "gone"]
                pairs = {(row["source_id"], row["target_id"]) for row in content(snapshot)["edges"]}
                assert pairs >= {(row["source_id"], row["target_id"]) for row in ends}
                assert snapshot.edges_to(["b.x@b.py"]).column("source_id").to_pylist() == ["a.c@a.py"]
                assert snapshot.edges_from(["b.y@b.py"]).column("target_id").to_pylist() == ["a.d@a.py"]
            store.compact(force=True)
            with store.snapshot() as snapshot:
                assert {row["id"]: row["parent_id"] for row in content(snapshot)["nodes"]} == found
                assert {(row["source_id"], row["target_id"]) for row in content(snapshot)["edges"]} == pairs

    def test_rows_appended_since_a_mark_are_forgotten(self, store_folder: Any) -> None:
        first, wrong, second = module("a.py", "fgh"), module("b.py", "kl"), module("b.py", "k")
        wrong["edges"].append(edge("a.f@a.py", "lost@external"))
        # The wrong rows have the node that this edge names; the others do not.
        second["edges"] = [edge("b.k@b.py", "b.l@b.py", "b.py"), edge("b.k@b.py", "a.g@a.py", "b.py")]
        found = []
        for tables in ([first, None, wrong, "undo", second], [first, second]):
            with Store.open(store_folder / str(len(tables))) as store:
                with store.begin(repo_id="r", reason="t") as transaction:
                    mark = None
                    for rows in tables:
                        if rows is None:
                            mark = transaction.mark()
                        elif rows == "undo":
                            transaction.undo(mark)
                        else:
                            for table, some in rows.items():
                                transaction.append(table, batch(table, some))
                    dangling = transaction.dangling()
                    transaction.commit({})
                with store.snapshot() as snapshot:
                    tables = {table: sorted(map(str, rows)) for table, rows in _unversioned(snapshot).items()}
                    found.append((tables, dangling, snapshot.edges_to(["b.l@b.py"]).num_rows))
        assert found[0] == found[1]
        assert found[0][1]["target_id"] == 1
        assert found[0][2] == 1

    @pytest.fixture
    def store_folder(self, tmp_path: Any) -> Any:
        return tmp_path / "store"
