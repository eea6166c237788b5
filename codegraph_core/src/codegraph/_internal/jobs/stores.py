"""Which store of jobs a URL means, and where jobs are when no URL is given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from codegraph._internal.plugin_host import PluginHost
from codegraph_hookspecs import JobBoard, JobStore
from codegraph_hookspecs.errors import ConfigError

URL_VARIABLE: Final = "CODEGRAPH_JOBS_URL"
"""Names the store where no URL is given. No setting: an analysed repository must not choose who does the jobs."""


def default_url() -> str:
    """Return the URL of the environment, else that of this user's SQLite file."""
    given = os.environ.get(URL_VARIABLE, "")
    if given:
        return given
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(state) if state and Path(state).is_absolute() else Path.home() / ".local" / "state"
    return f"sqlite:///{folder / 'codegraph' / 'jobs.sqlite'}"


def open_board(host: PluginHost, url: str | None) -> JobBoard:
    """Open the store of a URL, or of the default one.

    Raises:
        ConfigError: `job-store-unknown`: no plugin opens such a URL.
        StorageError: `job-store-unreachable`.
    """
    wanted = url or default_url()
    scheme = wanted.partition(":")[0].partition("+")[0]
    stores = host.job_stores()
    known: dict[str, JobStore] = {}
    for store in stores:
        for each in (store.name, *getattr(store, "schemes", ())):
            known.setdefault(each, store)
    if scheme not in known:
        raise ConfigError(
            f"No store of jobs opens URLs that begin with {scheme!r}; there is: {', '.join(sorted(known)) or 'none'}.",
            code="job-store-unknown",
            context={"remedy": "Use sqlite:////absolute/path or postgresql://user@host/database."},
        )
    return known[scheme].open(wanted)
