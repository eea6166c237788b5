"""`go.mod` and `go.work`: modules, and which others they take from folders of the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from attrs import evolve, frozen

from codegraph_hookspecs import Diagnostic

MAX_BYTES: Final = 1 << 20


@frozen(kw_only=True)
class GoModule:
    """What a `go.mod` says.

    Args:
        folder: Its folder, repository-relative; "" is the top.
        path: The module's path.
        replaces: Module path → folder of the repository that stands for it, longest path first; those of
            a `go.work` that uses the module come before its own.
    """

    folder: str
    path: str
    replaces: tuple[tuple[str, str], ...]


def read_modules(
    read: Callable[[str, int], bytes | None], folders: Iterable[str], report: Callable[[Diagnostic], None]
) -> tuple[GoModule, ...]:
    """Read the `go.mod` and `go.work` of every folder at or above some folders, sorted by folder.

    Args:
        read: Reads a file of the repository.
        folders: Folders that hold Go files.
        report: Told of every file that cannot be read or names no module.
    """
    wanted: set[str] = set()
    for folder in folders:
        while folder not in wanted:
            wanted.add(folder)
            if not folder:
                break
            folder = posixpath.dirname(folder)
    modules = []
    works = []
    for folder in sorted(wanted):
        raw = read(posixpath.join(folder, "go.work"), MAX_BYTES)
        if raw is not None and len(raw) <= MAX_BYTES:
            works.append(parse_work(raw.decode("utf-8", errors="replace"), folder))
        path = posixpath.join(folder, "go.mod")
        raw = read(path, MAX_BYTES)
        if raw is None:
            continue
        module = parse_module(raw.decode("utf-8", errors="replace"), folder) if len(raw) <= MAX_BYTES else None
        if module is not None:
            modules.append(module)
        else:
            message = "go.mod cannot be read (too large, or no module); import paths of its module are not used"
            report(Diagnostic(code="project-config-ignored", message=message, file_path=path))
    for uses, replaces in works:
        modules = [
            evolve(module, replaces=_longest_first((*replaces, *module.replaces))) if module.folder in uses else module
            for module in modules
        ]
    return tuple(modules)


def parse_module(text: str, folder: str) -> GoModule | None:
    """Return what a `go.mod` says, or None if it names no module."""
    path = ""
    replaces: list[tuple[str, str]] = []
    for verb, words in _directives(text):
        if verb == "module" and words:
            path = words[0]
        elif verb == "replace":
            replaces += _replacement(words, folder)
    if not path:
        return None
    return GoModule(folder=folder, path=path, replaces=_longest_first(replaces))


def parse_work(text: str, folder: str) -> tuple[set[str], list[tuple[str, str]]]:
    """Return the folders that a `go.work` uses, and its replacements."""
    uses: set[str] = set()
    replaces: list[tuple[str, str]] = []
    for verb, words in _directives(text):
        if verb == "use" and words:
            target = words[0] if words[0].startswith(".") else f"./{words[0]}"
            place = inside(folder, target)
            if place is not None:
                uses.add(place)
        elif verb == "replace":
            replaces += _replacement(words, folder)
    return uses, replaces


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    return ((verb, words) for verb, words, _, _ in directives(text))


def directives(text: str) -> Iterator[tuple[str, list[str], str, int]]:
    """Yield each directive's verb, words, comment and line (1-based), those in parentheses one by one."""
    block = ""
    for number, line in enumerate(text.splitlines(), start=1):
        code, _, comment = line.partition("//")
        words = [word.strip('"`') for word in code.split()]
        if not words:
            continue
        if words == [")"]:
            block = ""
        elif len(words) == 2 and words[1] == "(":
            block = words[0]
        elif block:
            yield block, words, comment.strip(), number
        else:
            yield words[0], words[1:], comment.strip(), number


def _replacement(words: list[str], folder: str) -> list[tuple[str, str]]:
    """Return (module path, folder) of a `replace` that names a folder of the repository, in a list."""
    if "=>" not in words:
        return []
    position = words.index("=>")
    target = words[position + 1] if position + 1 < len(words) else ""
    place = inside(folder, target)
    return [(words[0], place)] if position and place is not None else []


def _longest_first(replaces: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(replaces, key=lambda pair: -len(pair[0])))


def inside(folder: str, target: str) -> str | None:
    """Return the folder of the repository that a replacement names, or None if it is none."""
    if not target.startswith(("./", "../")) and target not in {".", ".."}:
        return None
    path = posixpath.normpath(posixpath.join(folder, target))
    if path == ".":
        return ""
    return None if path.startswith("../") or path == ".." else path
