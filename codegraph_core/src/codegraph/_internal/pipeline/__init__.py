"""The pipeline: composing the DAG of stages, running it in waves, and the spool that tables wait in."""

from codegraph._internal.pipeline.cancel import Cancelled, CancelToken, Deadline
from codegraph._internal.pipeline.compose import ComposedPipeline, compose
from codegraph._internal.pipeline.context import Context
from codegraph._internal.pipeline.scheduler import Scheduler, StageOutcome
from codegraph._internal.pipeline.spool import Spool, SpoolDirectory
from codegraph._internal.pipeline.validate import BatchProblem, checked_batch

__all__ = [
    "BatchProblem",
    "CancelToken",
    "Cancelled",
    "ComposedPipeline",
    "Context",
    "Deadline",
    "Scheduler",
    "Spool",
    "SpoolDirectory",
    "StageOutcome",
    "checked_batch",
    "compose",
]
