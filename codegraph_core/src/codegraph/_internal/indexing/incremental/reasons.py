"""Why an incremental run gives up."""

from __future__ import annotations


class FullRunNeeded(Exception):  # noqa: N818 -- no error: the run goes on, over everything
    """The rows that change cannot be told for sure, or are too many; the text says why."""
