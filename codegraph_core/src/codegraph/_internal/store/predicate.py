"""Evaluates a `pyarrow.compute` expression on one batch without touching the columns it does not name."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def matches(batch: pa.RecordBatch, predicate: pc.Expression) -> npt.NDArray[np.bool_]:
    """Say for every row whether the predicate holds; null counts as no.

    Args:
        batch: Rows; dictionary columns may be compared with strings.
        predicate: A Boolean expression over its columns.

    Raises:
        pyarrow.ArrowInvalid: The expression names an unknown column or is not Boolean.
    """
    try:
        return _evaluated(batch, predicate)
    except pa.ArrowNotImplementedError:
        # Some functions (substring, regular expression) have no kernel for dictionaries.
        plain = [
            column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch.columns
        ]
        return _evaluated(pa.record_batch(plain, names=batch.schema.names), predicate)


def _evaluated(batch: pa.RecordBatch, predicate: pc.Expression) -> npt.NDArray[np.bool_]:
    from pyarrow import acero  # brings pyarrow.dataset, file systems and TLS along: 30 ms that only queries need

    source = acero.Declaration("table_source", acero.TableSourceNodeOptions(pa.Table.from_batches([batch])))
    project = acero.Declaration("project", acero.ProjectNodeOptions([predicate], ["matches"]))
    table = acero.Declaration.from_sequence([source, project]).to_table(use_threads=False)
    column: Any = table.column("matches").combine_chunks()
    if column.null_count:
        column = column.fill_null(False)
    result: npt.NDArray[np.bool_] = np.asarray(column)
    return result
