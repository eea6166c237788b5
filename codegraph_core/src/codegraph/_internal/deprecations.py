"""Everything that is deprecated, in one place: what to use instead, since when, and when it goes.

A deprecated thing works, and warns, for at least twelve months.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from types import FrameType, MappingProxyType
from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class Deprecation:
    """Something that will go.

    Args:
        what: What is deprecated, as its users know it.
        replacement: What to use instead.
        since: Day of the first release that warned, ISO 8601.
        removal: Day after which a release may be without it, ISO 8601.
    """

    what: str
    replacement: str
    since: str
    removal: str

    def __str__(self) -> str:
        return f"{self.what} is deprecated and will not be there after {self.removal}; {self.replacement}"


DEPRECATIONS: Final[Mapping[str, Deprecation]] = MappingProxyType(
    {
        "config-1.0": Deprecation(
            what="IndexingConfig 1.0",
            replacement='write config_version = "1.1"; its new settings auto_detect_mode, file_watcher have defaults',
            since="2026-11-21",
            removal="2027-11-30",
        ),
    }
)


def warn_deprecated(name: str) -> None:
    """Warn about an entry of `DEPRECATIONS`, at the line outside this package that led here.

    Args:
        name: Its key.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(str(DEPRECATIONS[name]), DeprecationWarning, stacklevel=level)


def _is_ours(frame: FrameType) -> bool:
    """Say whether a frame is this package's, or of code that attrs made for it."""
    name = str(frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] == "codegraph" or frame.f_code.co_filename.startswith("<attrs generated")
