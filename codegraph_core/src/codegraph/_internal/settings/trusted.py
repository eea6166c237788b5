"""Which repositories their user trusts: a list of the user's own, which no repository can change.

Plugins that run other programs over a repository's files, such as language servers, run in trusted ones only: such
programs read the repository's configuration, and some of them run what it names.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from codegraph_hookspecs import ConfigError, PluginError

TRUST_VARIABLE: Final = "CODEGRAPH_TRUSTED"
"""Folders that are trusted besides those of the list, parted as in PATH."""


def trust_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return the file that lists trusted folders."""
    given = (os.environ if environ is None else environ).get("XDG_CONFIG_HOME", "")
    folder = Path(given) if given and Path(given).is_absolute() else Path.home() / ".config"
    return folder / "codegraph" / "trusted.json"


def trusted_folders() -> list[Path]:
    """Return the folders of the list, sorted.

    Raises:
        ConfigError: `config-unreadable`: the list is no JSON array of texts, or cannot be read.
    """
    path = trust_file()
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise _unreadable(path)
    return sorted(Path(one) for one in listed)


def is_trusted(root: Path) -> bool:
    """Say whether a repository is trusted: it, or a folder around it, is in the list or in `CODEGRAPH_TRUSTED`."""
    real = Path(os.path.realpath(root))
    named = [Path(one) for one in os.environ.get(TRUST_VARIABLE, "").split(os.pathsep) if Path(one).is_absolute()]
    return any(real.is_relative_to(os.path.realpath(one)) for one in (*named, *trusted_folders()))


def trust(root: Path, *, trusted: bool = True) -> bool:
    """Put a folder on the list or take it off, and say whether that changed the list."""
    before = trusted_folders()
    real = Path(os.path.realpath(root))
    after = sorted({*before, real} if trusted else {*before} - {real})
    if after == before:
        return False
    path = trust_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent)  # readable by its user alone
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump([str(one) for one in after], file, indent=1)
    Path(draft).replace(path)
    return True


def not_trusted(what: str, plugin: str, root: Path | None) -> PluginError:
    """Return the error of a plugin that needs a repository to be trusted."""
    place = os.path.realpath(root) if root is not None else "the repository"
    return PluginError(
        f"{what} runs other programs over the repository's files, and {place} is not trusted.",
        code="repository-not-trusted",
        context={
            "plugin": plugin,
            "root": os.path.realpath(root) if root is not None else "",
            "remedy": "If you trust what is in it, say so: codegraph trust PATH, or put the folder into "
            f"{TRUST_VARIABLE}.",
        },
    )


def _unreadable(path: Path) -> ConfigError:
    return ConfigError(
        f"The list of trusted folders, {path}, is no JSON array of texts, or cannot be read.",
        code="config-unreadable",
        context={"path": str(path), "remedy": "Mend or remove the file, and trust the folders again."},
    )
