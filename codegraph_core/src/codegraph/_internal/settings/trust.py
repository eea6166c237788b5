"""What an analysed repository may decide by its own file, and what is for its user alone.

An allow-list: a setting that is not named here may be set by the environment, the command line and code
only. A repository says what is looked at, never how much of the machine that takes, what runs, or what lies
outside of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from attrs import fields_dict

from codegraph._internal.settings.config import IndexingConfig, reject

Say = Literal["free", "lower", "inside", "no"]

REPOSITORY_VARIABLE: Final = "CODEGRAPH_REPOSITORY_CONFIG"
REPOSITORY_MODES: Final = ("restricted", "ignore", "trust")

_FREE: Final = frozenset(
    {"include", "exclude", "languages", "mode", "auto_detect_mode", "paranoid", "backend", "config_version"}
    | {"enable_taint", "enable_repomap", "enable_smt", "plugins"}
)
_LOWER: Final = frozenset({"max_file_bytes", "parse_timeout_s"})
_INSIDE: Final = frozenset({"cache_dir", "taint_rules_path"})
_NEVER: Final = frozenset({"root_path"})


def repository_say(key: str) -> Say:
    """Return what a repository's own file may do with a setting.

    Returns:
        "free": any allowed value; "lower": up to the default; "inside": a path inside the repository;
        "no": nothing.
    """
    if key in _FREE:
        return "free"
    if key in _LOWER:
        return "lower"
    return "inside" if key in _INSIDE else "no"


def repository_mode(environ: Mapping[str, str]) -> str:
    """Return how the user wants repositories' own files to be taken.

    Raises:
        ConfigError: The variable has no allowed value.
    """
    mode = environ.get(REPOSITORY_VARIABLE, "") or "restricted"
    if mode not in REPOSITORY_MODES:
        reject(
            f"{REPOSITORY_VARIABLE} is {mode!r}, but must be one of: {', '.join(REPOSITORY_MODES)}.",
            key=REPOSITORY_VARIABLE,
            allowed=", ".join(REPOSITORY_MODES),
            origin=REPOSITORY_VARIABLE,
        )
    return mode


def check_repository_layer(
    root: Path, content: dict[str, Any], origin: Callable[[str], object], *, trusted: bool
) -> None:
    """Check what a repository's own file sets; paths in it become absolute.

    Args:
        root: The repository.
        content: The settings in its file; changed in place.
        origin: Gives the file and line of a key.
        trusted: The user said so: only `root_path` is refused.

    Raises:
        ConfigError: `config-not-allowed-in-file` or `config-path-outside-root`.
    """
    known = fields_dict(IndexingConfig)
    for key, value in content.items():
        if key in known and (key in _NEVER or not trusted):
            _check_key(key, value, str(origin(key)), known[key].default)
    for key in _INSIDE & content.keys():
        if isinstance(content[key], str):
            content[key] = _path(root, content[key], key, str(origin(key)), trusted=trusted)


def _check_key(key: str, value: Any, where: str, default: Any) -> None:
    say = repository_say(key)
    if say == "no":
        _refuse(f"{key} cannot be set by a repository's own file ({where}): it is its user's to decide.", key, where)
    if say == "lower" and isinstance(value, (int, float)) and value > default:
        _refuse(
            f"{key} is {value!r}, but a repository's own file may set it to {default!r} at most ({where}).", key, where
        )


def _refuse(message: str, key: str, where: str) -> None:
    remedy = (
        "Name the directory to index on the command line."
        if key in _NEVER
        else f"Set it on the command line, in code or as CODEGRAPH_{key.upper()}, if you want it; "
        f"{REPOSITORY_VARIABLE}=ignore passes the repository's file over, =trust takes it as your own."
    )
    reject(message, key=key, code="config-not-allowed-in-file", remedy=remedy, origin=where)


def _path(root: Path, value: str, key: str, where: str, *, trusted: bool) -> str:
    target = root / value
    real = Path(os.path.realpath(target))
    if trusted:
        return str(target)
    inside = Path(os.path.realpath(root))
    if not real.is_relative_to(inside) or ".git" in real.relative_to(inside).parts:
        place = "which lies outside the repository" if not real.is_relative_to(inside) else "which is git's own"
        reject(
            f"{key} is {value!r}, {place} ({where}).",
            key=key,
            code="config-path-outside-root",
            remedy="Give it on the command line or in the environment.",
            origin=where,
        )
    return str(target)
