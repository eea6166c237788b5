"""The error contract for calls outside of runs: what may pass is tried again, what the machine refused is told.

Runs have the same from their indexer. What a query meets while it streams is told and raised: rows that were handed
out cannot be taken back, so only the caller can start again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from codegraph._internal.cancellation import check_cancelled
from codegraph._internal.retry import retried
from codegraph_hookspecs.errors import CodeGraphError, ErrorCategory

if TYPE_CHECKING:
    from codegraph._internal.settings import IndexingConfig

T = TypeVar("T")
Tell = Callable[[CodeGraphError], None]
_POLL_S: Final = 0.05


def teller(config: IndexingConfig, plugins: Sequence[object]) -> Tell:
    """Return what tells plugins of an error of the machine (`codegraph_alert`); it is silent about other errors.

    Args:
        config: Settings, for the plugins' own.
        plugins: Plugins beside the installed ones.
    """

    def tell(error: CodeGraphError) -> None:
        if error.category is not ErrorCategory.INFRASTRUCTURE:
            return
        from codegraph._internal.plugin_host import PluginHost  # loads plugins, and only a failure needs them

        host = PluginHost.load(objects=plugins, tables=config.plugins, root=config.root_path)
        host.notify("codegraph_alert", error=error.to_dict())

    return tell


def recovering(call: Callable[[], T], tell: Tell) -> T:
    """Do something with a store: again after an error that may pass; the last one is told and raised.

    Args:
        call: Each try starts from the beginning.
        tell: Gets the last error.

    Raises:
        CodeGraphError: The last try's error.
    """
    try:
        return retried(call, sleep=_pause)
    except CodeGraphError as error:
        tell(error)
        raise


def _pause(seconds: float) -> None:
    """Wait, unless the task that waits for this is cancelled."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        check_cancelled()
        time.sleep(min(left, _POLL_S))
