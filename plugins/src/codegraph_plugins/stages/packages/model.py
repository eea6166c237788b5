"""What manifests say, whatever their format: packages and what they depend on."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from attrs import field, frozen

RUNTIME: Final = "runtime"
DEVELOPMENT: Final = "dev"
BUILD: Final = "build"
PEER: Final = "peer"
OPTIONAL: Final = "optional"
PARENT: Final = "parent"
"""Kinds of dependencies: `parent` is what a Maven project inherits from."""


@frozen(kw_only=True)
class Dependency:
    """What a package depends on.

    Args:
        name: As the ecosystem names packages: `serde`, `@scope/name`, `group:artifact`.
        kind: One of the kinds above.
        requirement: Which versions will do, as written, or "".
        manifest: Path of the manifest of the package in the repository that it certainly is, or None.
        line: Where it is written (1-based), or None.
        facts: More about it, ready for JSON: `optional`, `alias`, `group` …
    """

    name: str
    kind: str
    requirement: str = ""
    manifest: str | None = None
    line: int | None = None
    facts: Mapping[str, Any] = field(factory=dict)


@frozen(kw_only=True)
class Package:
    """A package of the repository.

    Args:
        ecosystem: The type of its package URL: `cargo`, `golang`, `gradle`, `maven`, `npm`, `pypi`.
        name: Its name.
        manifest: Path of the file that describes it.
        version: As written, or "".
        description: As written, or "".
        dependencies: In the order written.
        members: Manifests of the packages of its workspace or build.
        facts: More about it, ready for JSON.
    """

    ecosystem: str
    name: str
    manifest: str
    version: str = ""
    description: str = ""
    dependencies: Sequence[Dependency] = ()
    members: Sequence[str] = ()
    facts: Mapping[str, Any] = field(factory=dict)

    @property
    def folder(self) -> str:
        """The manifest's folder; "" is the top of the repository."""
        return posixpath.dirname(self.manifest)

    @property
    def id(self) -> str:
        """The node's id: the name of a package is not unique, its manifest is."""
        return f"pkg:{self.ecosystem}/{self.name}@{self.manifest}"


def text(value: object) -> str:
    """Return a text, or "" for anything else."""
    return value if isinstance(value, str) else ""


def table(value: object, *keys: str) -> Mapping[str, Any]:
    """Return a table below another, an empty one where it is missing or something else."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def texts(value: object) -> list[str]:
    """Return the texts of a list; nothing for anything else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def default_name(folder: str) -> str:
    """Return what to call a package that does not say its name."""
    return posixpath.basename(folder) or "."


def join(folder: str, path: str) -> str | None:
    """Join a folder and a path written in a manifest of it; None if that leaves the repository."""
    path = path.replace("\\", "/")
    joined = posixpath.normpath(posixpath.join(folder, path)) if not path.startswith("/") else ".."
    if joined == ".":
        return ""
    return None if joined == ".." or joined.startswith("../") else joined


def matching(folder: str, patterns: Iterable[str], candidates: Iterable[str]) -> list[str]:
    """Return the folders that a workspace's patterns name; a pattern that starts with `!` takes folders out again.

    Args:
        folder: The workspace's own.
        patterns: With `*` for any part of a name, `**` for any number of folders.
        candidates: Folders to choose from.
    """
    prefix = f"{folder}/" if folder else ""
    rules = []
    for pattern in patterns:
        out = pattern.startswith("!")
        parts = [part for part in pattern.removeprefix("!").split("/") if part not in {"", "."}]
        if parts:
            rules.append((out, parts))
    found = []
    for candidate in candidates:
        if candidate == folder or not candidate.startswith(prefix):
            continue
        names = candidate[len(prefix) :].split("/")
        chosen = False
        for out, rule in rules:
            if chosen is out and _matches(rule, names):
                chosen = not out
        if chosen:
            found.append(candidate)
    return found


def _matches(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """Match segment by segment: takes time in proportion to both lengths, whatever the pattern."""
    reached = {0}  # how many parts the pattern so far may have used up
    for segment in pattern:
        if segment == "**":
            reached = set(range(min(reached), len(parts) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(parts) and fnmatchcase(parts[at], segment)}
    return len(parts) in reached
