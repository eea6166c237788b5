"""What a site leads to depends on its own file, not on the files that the link engine was asked of together with it."""

from __future__ import annotations

import types

import numpy as np
import pyarrow as pa
import pytest

from codegraph_hookspecs import TABLES
from codegraph_plugins.stages.occurrences.stage import _Group

EDGES = TABLES["edges"].physical_schema


def _ids(sites):
    """Return what sites (file, text, what its edge leads to) lead to, when all of them are one group."""
    texts = [text for _, text, _ in sites]
    rows = [
        {"kind": "references", "resolver": "scope", "target_id": leads, "line_number": at}
        for at, (_, _, leads) in enumerate(sites)
        if leads
    ]
    rows = [{name: row.get(name) for name in EDGES.names} for row in rows]
    columns = {"name": texts, "binding": ["global"] * len(sites), "use": ["reference"] * len(sites)}
    names = types.SimpleNamespace(
        ids=pa.array([], pa.string()), file_of={}, first_row=lambda _file: 0, row=lambda _node: -1
    )
    given = types.SimpleNamespace(
        count=len(sites),
        kinds=["use"] * len(sites),
        file=np.array([file for file, _, _ in sites], np.int32),
        target=np.full(len(sites), -1, np.int32),
        texts=columns.__getitem__,
    )
    return _Group(names, None, frozenset(), given, [("edges", pa.RecordBatch.from_pylist(rows, schema=EDGES))]).ids()


def test_a_way_that_ended_early_leads_nowhere_beyond():
    assert _ids([(0, "one", "m:run@py"), (0, "one.two", "m:run@py")]) == ["m:run@py", None]


@pytest.mark.parametrize("between", [[], [(1, "other", None)]])
def test_the_same_text_in_another_file_of_the_group_ends_no_way(between):
    sites = [(0, "one", "m:run@py"), *between, (2, "one.two", "m:run@py")]
    assert _ids(sites)[-1] == _ids(sites[-1:])[-1] == "m:run@py"
