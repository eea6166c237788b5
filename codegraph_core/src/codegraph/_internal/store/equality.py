"""Whether two snapshots have the same rows, in every table and column; they may be of different stores.

`diff.py` says what changed between two moments and knows columns that say when something was seen. Here nothing is
left out but `nodes.version`, which names the snapshots of one store, and `files.mtime_ns`, the time that a file had
when its bytes were taken in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa
import xxhash
from attrs import frozen

from codegraph._internal.store.held import HeldSnapshot
from codegraph._internal.store.snapshot import Snapshot

LEFT_OUT: Final = {"nodes": frozenset({"version"}), "files": frozenset({"mtime_ns"})}
_SHOWN: Final = 5


@frozen(kw_only=True)
class TableDifference:
    """Rows of one table that only one of two snapshots has.

    Args:
        table: The table.
        missing: How many only the second has.
        surplus: How many only the first has.
        examples: Some of them, as text: "-" missing, "+" surplus.
    """

    table: str
    missing: int
    surplus: int
    examples: Sequence[str]


def differences(one: Snapshot | HeldSnapshot, other: Snapshot | HeldSnapshot) -> Iterator[TableDifference]:
    """Yield the tables whose rows differ, whatever their order. Memory: 8 bytes for each row of a table, and its count.

    Args:
        one: What is checked.
        other: What it should be.
    """
    for table in sorted({*one.tables(), *other.tables()}):
        counts = Counter(key for key, _ in _rows(one, table))
        counts.subtract(key for key, _ in _rows(other, table))
        wrong = {key: count for key, count in counts.items() if count}
        if not wrong:
            continue
        examples = [f"+ {text}" for key, text in _rows(one, table) if wrong.get(key, 0) > 0][:_SHOWN]
        examples += [f"- {text}" for key, text in _rows(other, table) if wrong.get(key, 0) < 0][:_SHOWN]
        yield TableDifference(
            table=table,
            missing=-sum(count for count in wrong.values() if count < 0),
            surplus=sum(count for count in wrong.values() if count > 0),
            examples=examples,
        )


def _rows(snapshot: Snapshot | HeldSnapshot, table: str) -> Iterator[tuple[int, str]]:
    left_out = LEFT_OUT.get(table, frozenset())
    names = [name for name in snapshot.schema(table).names if name not in left_out]
    for batch in snapshot.scan(table, names):
        columns = [_plain(column).to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            text = repr(row)
            yield xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")), text


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
