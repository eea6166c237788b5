"""TOML of a repository that nobody vouches for: the standard library's parser takes quadratic time on dotted keys."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

MAX_KEY_PARTS: Final = 1_000
_BETWEEN_KEYS: Final = re.compile(r"[=\[\]{},\n]")


def parse_toml(text: str) -> dict[str, Any]:
    """Return a document.

    Raises:
        ValueError: It is no TOML, or has a key of more than a thousand parts.
        RecursionError: It is nested too deep.
    """
    if text.count(".") > MAX_KEY_PARTS and any(part.count(".") > MAX_KEY_PARTS for part in _BETWEEN_KEYS.split(text)):
        raise ValueError("a key has too many parts")
    return tomllib.loads(text)
