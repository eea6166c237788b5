"""From the places that servers name to who is called there: nodes of the repository, names outside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

CALLABLE: Final = frozenset({"function", "method"})
MADE: Final = frozenset({"class", "struct"})
"""Kinds whose call makes an instance."""
COLUMNS: Final = ("id", "kind", "name", "file_path", "start_line", "start_byte", "end_byte", "modifiers")


@frozen
class Definition:
    """A definition that can be called.

    Args:
        id, kind, name: As in `nodes`.
        start, end: Its bytes.
        line: Its first line, from 1.
        is_overload: It only declares one way to call what is defined elsewhere under its name.
    """

    id: str
    kind: str
    name: str
    start: int
    end: int
    line: int
    is_overload: bool


class Definitions:
    """The callable definitions of some files.

    Args:
        nodes: Batches of `nodes`.
        files: The files.
    """

    def __init__(self, nodes: Iterable[pa.RecordBatch], files: Iterable[str]) -> None:
        self._by_file: dict[str, list[Definition]] = {}
        wanted = pa.array(sorted(files), pa.string())
        kinds = pa.array(sorted(CALLABLE | MADE))
        for batch in nodes:
            ours = pc.and_(
                pc.is_in(batch.column("file_path").cast(pa.string()), wanted),
                pc.is_in(batch.column("kind").cast(pa.string()), kinds),
            )
            for path, one in _definitions(batch.select(list(COLUMNS)).filter(pc.fill_null(ours, False))):
                self._by_file.setdefault(path, []).append(one)
        for found in self._by_file.values():
            found.sort(key=lambda one: (one.start, -one.end))

    def at(self, path: str, offset: int, name: str, content: bytes) -> Definition | None:
        """Return the definition whose name stands at an offset, or None.

        Args:
            path: The file.
            offset: First byte of a name in it.
            name: The name.
            content: The file's bytes.
        """
        line = content.count(b"\n", 0, offset) + 1
        word = re.compile(rb"(?<![\w$])" + re.escape(name.encode()) + rb"(?![\w$])")
        inside = beside = None
        for one in self._by_file.get(path, ()):
            if one.start > offset and one.line > line:
                break
            if one.name != name:
                continue
            if one.start == offset:  # `name = () => …`: some servers name the function
                return one
            if one.start < offset < one.end:
                # Its own name is the first in it; the others are of variables that are called so, too.
                first = word.search(content, one.start, one.end)
                inside = one if first is not None and first.start() == offset else inside
            elif one.line == line and one.start > offset and b";" not in content[offset : one.start]:
                beside = beside or one  # `const f = () => …`: the node is the function, its name stands before it
        return inside or beside


def chosen(found: Sequence[Definition]) -> list[Definition]:
    """Return definitions, each once, without overloads of which another is the implementation."""
    distinct = list({one.id: one for one in found}.values())
    implemented = {one.name for one in distinct if not one.is_overload}
    kept = [one for one in distinct if not (one.is_overload and one.name in implemented)]
    return sorted(kept, key=lambda one: one.id)


def _definitions(batch: pa.RecordBatch) -> Iterator[tuple[str, Definition]]:
    rows: list[dict[str, Any]] = batch.to_pylist()
    for row in rows:
        yield (
            row["file_path"],
            Definition(
                row["id"],
                row["kind"],
                row["name"],
                row["start_byte"],
                row["end_byte"],
                row["start_line"],
                "overload" in row["modifiers"],
            ),
        )
