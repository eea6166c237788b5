"""Which definitions changed between two snapshots, by the hash of their text: what keeps chunks, vectors and notes.

Whoever keeps something for each definition keeps it under its stamp. Where the stamp is the same, so is the definition,
wherever it stands now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import pyarrow as pa
from attrs import frozen

COLUMNS: Final = ("id", "kind", "name", "fqn", "file_path", "content_hash", "version")

_Row = dict[str, Any]


@frozen
class TypeStamp:
    """What a definition's text is, and since when.

    Args:
        content: Hash of its text (`nodes.content_hash`).
        version: UUIDv7 of the snapshot in which the node first had this text (`nodes.version`).
    """

    content: str
    version: str


@frozen(kw_only=True)
class DefinitionChange:
    """One definition that is not as it was.

    Args:
        change: "added", "removed", "changed" (other text under the same id), or "moved" (the same text under another
            id: its file or the scope around it was renamed, or it went elsewhere).
        node_id: Its id; of a removed one, the id that it had.
        node_id_before: The id that a moved one had; None otherwise.
        kind: Its kind.
        fqn: Its dotted name.
        file_path: Its file.
        before: Its stamp in the older snapshot; None for an added one.
        after: Its stamp in the newer snapshot; None for a removed one.
    """

    change: Literal["added", "removed", "changed", "moved"]
    node_id: str
    node_id_before: str | None
    kind: str
    fqn: str
    file_path: str
    before: TypeStamp | None
    after: TypeStamp | None


def changed_definitions(before: Iterable[pa.Table], after: Iterable[pa.Table]) -> Iterator[DefinitionChange]:
    """Compare the nodes of the files in which two snapshots differ.

    Args:
        before: Those of the older snapshot, with `COLUMNS`.
        after: Those of the newer one.

    Yields:
        By file and name. A definition counts as moved where just one with its kind, name and text went and one came.
    """
    old, new = _definitions(before), _definitions(after)
    gone = [row for key, row in old.items() if key not in new]
    come = [row for key, row in new.items() if key not in old]
    moved = _moved(gone, come)
    left = {row["id"] for row in moved.values()}
    found = [_change("removed", row, before=row) for row in gone if row["id"] not in left]
    for row in come:
        origin = moved.get(row["id"])
        found.append(_change("moved" if origin else "added", row, before=origin, after=row))
    found += [
        _change("changed", row, before=old[key], after=row)
        for key, row in new.items()
        if key in old and old[key]["content_hash"] != row["content_hash"]
    ]
    yield from sorted(found, key=lambda each: (each.file_path, each.fqn, each.node_id, each.change))


def _definitions(tables: Iterable[pa.Table]) -> dict[str, _Row]:
    return {
        row["id"]: row
        for table in tables
        for row in table.select(list(COLUMNS)).to_pylist()
        if row["content_hash"] and row["file_path"] is not None
    }


def _moved(gone: Iterable[_Row], come: Iterable[_Row]) -> dict[str, _Row]:
    """Return what a new definition was before, by its id."""
    groups: dict[tuple[str, str, str], tuple[list[_Row], list[_Row]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((gone, come)):
        for row in rows:
            groups[row["kind"], row["name"], row["content_hash"]][side].append(row)
    return {one[1][0]["id"]: one[0][0] for one in groups.values() if len(one[0]) == len(one[1]) == 1}


def _change(
    change: Literal["added", "removed", "changed", "moved"],
    row: _Row,
    *,
    before: _Row | None = None,
    after: _Row | None = None,
) -> DefinitionChange:
    return DefinitionChange(
        change=change,
        node_id=row["id"],
        node_id_before=before["id"] if change == "moved" and before is not None else None,
        kind=row["kind"],
        fqn=row["fqn"],
        file_path=row["file_path"],
        before=_stamp(before),
        after=_stamp(after),
    )


def _stamp(row: _Row | None) -> TypeStamp | None:
    return None if row is None else TypeStamp(row["content_hash"], row["version"] or "")
