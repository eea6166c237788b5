"""Stages around the parse step: leaving out what cannot be composed, and file stages that run afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa

from codegraph._internal.pipeline.compose import ComposedPipeline, compose
from codegraph._internal.pipeline.spool import Spool
from codegraph_hookspecs import IR_TABLES, CodeGraphError, ParsedBatch, PluginError, Stage, StageContext, TableBatch


def composed(
    stages: Iterable[Stage],
    owner: Callable[[object], str],
    on_error: Callable[[CodeGraphError, Sequence[Stage]], None],
) -> ComposedPipeline:
    """Compose a pipeline; stages at fault are left out, one error after the other, and the rest composed.

    Args:
        stages: All stages.
        owner: Gives a stage's plugin.
        on_error: Told of each error and the stages that were left out for it.
    """
    left = list(stages)
    while True:
        try:
            return compose(left, owner=owner)
        except PluginError as error:
            named = tuple(error.context.get("stages", ()))
            # Of two providers the first in the error is the later one; a cycle has no first.
            at_fault = set(named[:1]) if error.code == "pipeline-two-providers" else set(named)
            out = [stage for stage in left if stage.name in at_fault]
            if not out:
                raise
            on_error(error, out)
            left = [stage for stage in left if stage.name not in at_fault]


class FileStageOverSpool(Stage):
    """Runs a file stage that needs another stage's output: over the parsed batches, after they are complete.

    Args:
        inner: The stage.
        ir: Spool of all IR tables, one batch for each parsed chunk.
    """

    name = ""
    layer = ""

    def __init__(self, inner: Stage, ir: Spool) -> None:
        self.inner = inner
        self._ir = ir
        # The scheduler reads these; they are the inner stage's.
        self.name = inner.name  # type: ignore[misc]
        self.layer = inner.layer  # type: ignore[misc]

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield what the inner stage gives for each batch."""
        for batches in zip(*(self._ir.read(table) for table in IR_TABLES), strict=True):
            tables = {table: pa.Table.from_batches([batch]) for table, batch in zip(IR_TABLES, batches, strict=True)}
            yield from self.inner.run_batch(context, ParsedBatch(tables=tables)) or ()
