"""Batches of one size out of batches of any."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from codegraph._internal.query.output import rebatched

SCHEMA = pa.schema([pa.field("n", pa.int64())])


def batch(first: int, rows: int) -> pa.RecordBatch:
    return pa.record_batch([pa.array(range(first, first + rows), pa.int64())], schema=SCHEMA)


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(1, 12))
def test_batches_have_one_size_and_every_row_once_in_order(lengths: list[int], size: int) -> None:
    given_ = [batch(sum(lengths[:position]), rows) for position, rows in enumerate(lengths)]
    made = list(rebatched(given_, size, SCHEMA))
    assert [value for part in made for value in part.column(0).to_pylist()] == list(range(sum(lengths)))
    assert all(part.num_rows == size for part in made[:-1])
    assert all(0 < part.num_rows <= size for part in made)


def test_only_a_batch_over_two_others_is_copied() -> None:
    given_ = [batch(0, 25), batch(25, 25)]
    places = {given.column(0).buffers()[1].address for given in given_}
    made = list(rebatched(given_, 10, SCHEMA))
    copied = [part.column(0).buffers()[1].address not in places for part in made]
    assert copied == [False, False, True, False, False]
