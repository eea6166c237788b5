"""Reading manifests: each file once, never more than a megabyte of it, and a damaged one is reported, not raised."""

from __future__ import annotations

import json
import posixpath
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from codegraph_hookspecs import Diagnostic
from codegraph_plugins.stages.cross_file.project_config import ReadFile, parse_json
from codegraph_plugins.stages.toml import parse_toml

MAX_BYTES: Final = 1 << 20
MAX_DEPENDENCIES: Final = 4_096
"""Kept of one manifest."""
NOT_OURS: Final = frozenset({"node_modules", "site-packages"})
"""Folders of packages that were installed: their manifests are somebody else's."""


@frozen(kw_only=True)
class Manifest:
    """A manifest's text.

    Args:
        path: Repository-relative.
        content: Its bytes.
        text: The same, decoded.
    """

    path: str
    content: bytes
    text: str

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        return posixpath.dirname(self.path)


class Manifests:
    """The manifests of a repository.

    Args:
        paths: All paths with names of manifests, sorted.
        read: Reads a file.
        report: Told of every file that cannot be read or understood.
    """

    def __init__(self, paths: Iterable[str], read: ReadFile, report: Callable[[Diagnostic], None]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for path in paths:
            folder, name = posixpath.split(path)
            if not NOT_OURS.intersection(folder.split("/")):
                self._by_name.setdefault(name, []).append(path)
        self._read = read
        self._report = report
        self._loaded: dict[str, Manifest | None] = {}
        self._refused: set[str] = set()

    def named(self, name: str) -> Sequence[str]:
        """Return the paths of the files with a name."""
        return self._by_name.get(name, ())

    def load(self, path: str) -> Manifest | None:
        """Return a file, or None where there is none that can be read."""
        if path not in self._loaded:
            self._loaded[path] = self._load(path)
        return self._loaded[path]

    def _load(self, path: str) -> Manifest | None:
        content = self._read(path, MAX_BYTES)
        if content is None:
            return None
        if len(content) > MAX_BYTES:
            self.refuse(path, f"it is larger than {MAX_BYTES} bytes")
            return None
        try:
            return Manifest(path=path, content=content, text=content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            self.refuse(path, f"byte {error.start} is no UTF-8")
            return None

    def toml(self, path: str) -> Mapping[str, Any] | None:
        """Return a TOML document, or None."""
        manifest = self.load(path)
        try:
            return None if manifest is None else parse_toml(manifest.text)
        except (ValueError, RecursionError) as error:
            place = re.search(r"\(at (line \d+)", str(error))
            self.refuse(path, f"it is no TOML{f' in {place[1]}' if place else ''}")
            return None

    def json(self, path: str) -> Mapping[str, Any] | None:
        """Return a JSON object, or None."""
        manifest = self.load(path)
        try:
            found = None if manifest is None else _without_surrogates(parse_json(manifest.text))
        except (ValueError, RecursionError) as error:
            place = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            self.refuse(path, f"it is no JSON{place}")
            return None
        if manifest is not None and not isinstance(found, dict):
            self.refuse(path, "it is no JSON object")
            return None
        return found

    def refuse(self, path: str, why: str) -> None:
        """Report a file that cannot be used, once."""
        if path not in self._refused:
            self._refused.add(path)
            message = f"{posixpath.basename(path)} cannot be read: {why}; the graph lacks what it describes"
            self._report(Diagnostic(code="manifest-ignored", message=message, file_path=path))

    def skipped(self, path: str, count: int) -> None:
        """Report entries of a manifest that cannot be understood."""
        if count and path not in self._refused:
            self._refused.add(path)
            message = f"{count} of the dependencies in {posixpath.basename(path)} cannot be read and are left out"
            self._report(Diagnostic(code="manifest-ignored", message=message, file_path=path))


def _without_surrogates(value: Any) -> Any:
    """Replace halves of characters (lone surrogates, which JSON may escape) that no table can hold."""
    written = json.dumps(value, ensure_ascii=False)
    cleaned = written.encode("utf-8", "replace").decode()
    return value if cleaned == written else json.loads(cleaned)


_HEADER: Final = re.compile(r"[ \t]*+\[\[?[ \t]*+([^\[\]]++)\]")
_KEY: Final = re.compile(r"""[ \t]*+["']?([\w.@/-]++)["']?[ \t]*+[.=]""")


class Lines:
    """Finds the lines of what a parser found without saying where.

    Args:
        text: The file.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._entries: dict[str, int] | None = None
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    @property
    def count(self) -> int:
        """How many lines the file has; at least 1."""
        return len(self._starts) - (len(self._starts) > 1 and self._starts[-1] == len(self._text))

    def key(self, section: str, name: str) -> int | None:
        """Return the line of a JSON member: the first `"name":` after the first `"section":`, or None."""
        start = self._member(section, 0)
        return self._line(self._member(name, start) if start >= 0 else -1)

    def entry(self, header: str, name: str) -> int | None:
        """Return the line of a TOML key in the table `[header]`, or of the table `[header.name]`; or None."""
        if self._entries is None:
            self._entries = {}
            table = ""
            for number, line in enumerate(self._text.split("\n"), start=1):
                if found := _HEADER.match(line):
                    table = found[1].replace('"', "").replace("'", "")
                    self._entries.setdefault(table, number)
                elif found := _KEY.match(line):
                    self._entries.setdefault(f"{table}.{found[1]}", number)
        return self._entries.get(f"{header}.{name}")

    def literal(self, value: str, after: str = "") -> int | None:
        """Return the line of a text in quotes, the first after some other text; or else None."""
        start = max(self._text.find(after), 0) if after else 0
        places = [self._text.find(f"{quote}{value}{quote}", start) for quote in "\"'"]
        return self._line(min((place for place in places if place >= 0), default=-1))

    def _member(self, name: str, start: int) -> int:
        quoted = json.dumps(name, ensure_ascii=False)
        at = self._text.find(quoted, start)
        while at >= 0 and not self._text[at + len(quoted) : at + len(quoted) + 8].lstrip().startswith(":"):
            at = self._text.find(quoted, at + len(quoted))
        return at

    def _line(self, at: int) -> int | None:
        return None if at < 0 else bisect_right(self._starts, at)
