"""A stage of scope "file": which share of a Lua file's functions has a comment that documents it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import TABLES, ParsedBatch, Stage, StageContext, TableBatch

METRIC: Final = "documented_functions"


class DocumentationStage(Stage):
    """Adds a metric `documented_functions`, from 0 to 1, to each Lua module with named functions."""

    name = "lua-documentation"
    layer = "L2"
    tables = ("metrics",)
    scope = "file"
    version = "1"

    def run_batch(self, context: StageContext, batch: ParsedBatch) -> Iterator[TableBatch]:
        """Yield one row for each Lua module that has named functions, in file order."""
        nodes = batch.tables["nodes"].select(["id", "kind", "name", "file_path", "language", "docstring"])
        nodes = nodes.filter(pc.equal(nodes["language"].cast(pa.string()), "lua"))
        kinds = nodes["kind"].cast(pa.string())
        modules = nodes.filter(pc.equal(kinds, "module"))
        named = pc.and_(
            pc.is_in(kinds, pa.array(["function", "method"])), pc.invert(pc.starts_with(nodes["name"], "<"))
        )
        functions = nodes.filter(named)
        if not functions.num_rows:
            return
        shares = (
            pa.table(
                {
                    "file_path": functions["file_path"].cast(pa.string()),
                    "documented": pc.is_valid(functions["docstring"]).cast(pa.float64()),
                }
            )
            .group_by("file_path", use_threads=False)
            .aggregate([("documented", "mean")])
        )
        # Each file's share goes to its module's node; files come in batch order because modules do.
        position = pc.index_in(modules["file_path"].cast(pa.string()), shares["file_path"].combine_chunks())
        values = pc.take(shares["documented_mean"], position)
        present = pc.is_valid(values)
        ids = modules["id"].filter(present)
        schema = TABLES["metrics"].physical_schema
        columns = [
            ids.combine_chunks().dictionary_encode(),
            pa.array([METRIC] * len(ids), pa.string()).dictionary_encode(),
            values.filter(present).combine_chunks(),
        ]
        yield "metrics", pa.RecordBatch.from_arrays(columns, schema=schema)
