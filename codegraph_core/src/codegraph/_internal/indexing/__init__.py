"""The indexing run: from a directory to a committed snapshot."""

from codegraph._internal.indexing.events import Event, EventSink, RunResult
from codegraph._internal.indexing.indexer import Indexer
from codegraph._internal.pipeline.cancel import CancelToken

__all__ = ["CancelToken", "Event", "EventSink", "Indexer", "RunResult"]
