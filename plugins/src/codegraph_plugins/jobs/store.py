"""The job store: DBOS keeps queue, claims and outcomes; a ledger beside it keeps workers and logs."""

from __future__ import annotations

from typing import Final

from codegraph_hookspecs import ErrorCategory, JobBoard, PluginError, StorageError

EXTRA: Final = "jobs"
"""The extra of the distribution that brings what this plugin needs."""


class DurableJobStore:
    """Opens jobs in an SQLite file (`sqlite:////absolute/path`) or in a PostgreSQL database (`postgresql://…`)."""

    name = "durable"
    schemes = ("sqlite", "postgresql")

    def open(self, url: str) -> JobBoard:
        """Connect, and make the tables that are missing.

        Raises:
            PluginError: `dependency-missing`: the extra `jobs` is not installed.
            StorageError: `job-store-unreachable`: there is no database at the URL, or it refuses.
        """
        try:
            from sqlalchemy.exc import SQLAlchemyError

            from codegraph_plugins.jobs.board import Board
        except ImportError as error:
            raise PluginError(
                f"Durable jobs need a package that is not installed: {error.name}.",
                code="dependency-missing",
                context={"package": error.name, "remedy": f"pip install 'codegraph-framework[{EXTRA}]'"},
                cause=error,
            ) from error
        try:
            return Board(url)
        except (SQLAlchemyError, OSError) as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise StorageError(
                f"The job store cannot be opened: {first[:300]}",
                code="job-store-unreachable",
                category=ErrorCategory.INFRASTRUCTURE,
                context={"url": shown(url), "remedy": "Start the database, or name another with --url."},
                cause=error,
            ) from error


def shown(url: str) -> str:
    """Return a URL without its password."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url.partition("@")[2] or url
