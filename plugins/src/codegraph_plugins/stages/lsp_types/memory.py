"""Answers that are kept for later runs, in a file of the user's: what a server said of a file's text.

An answer holds as long as nothing it rests on changes: the file, what it imports, directly or not, the server, what is
installed around the repository. All that is in the key. It is a cache: it may be removed at any time, and where it
cannot be used, servers are asked again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

FORMAT: Final = 1
_KEPT_S: Final = 90 * 86_400
"""Seconds after which an answer that nobody wanted is forgotten."""
_TABLE: Final = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, said TEXT NOT NULL, used INTEGER NOT NULL)"

Said = dict[int, list[list[Any]]]
"""What is known of names in a file, by byte offset: lists of answers, each `["in", path, offset, hash of the file]`
or `["out", name]`."""


def memory_file() -> Path:
    """Return where answers are kept."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(given) if given and Path(given).is_absolute() else Path.home() / ".cache"
    return folder / "codegraph" / "language-servers.sqlite"


class Memory:
    """The kept answers.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self, keys: Iterable[str]) -> dict[str, Said]:
        """Return what is known by key; what cannot be read is as if it were not there."""
        found: dict[str, Said] = {}
        if not self._path.exists():
            return found
        with suppress(sqlite3.Error, OSError), closing(self._open()) as file:
            now = int(time.time())
            for key in keys:
                row = file.execute("SELECT said FROM answers WHERE key = ?", (key,)).fetchone()
                said = _read(row[0]) if row is not None else None
                if said is not None:
                    found[key] = said
            file.executemany("UPDATE answers SET used = ? WHERE key = ?", [(now, key) for key in found])
            file.commit()
        return found

    def keep(self, said: Mapping[str, Said]) -> None:
        """Keep answers; a disk that takes none costs only a later run's time."""
        with suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(self._open()) as file:
                now = int(time.time())
                rows = [(key, json.dumps(one, separators=(",", ":")), now) for key, one in sorted(said.items())]
                file.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)
                file.execute("DELETE FROM answers WHERE used < ?", (now - _KEPT_S,))
                file.commit()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._opened()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, or not ours to write
                raise
            self._path.unlink(missing_ok=True)  # no database, or a damaged one
            return self._opened()

    def _opened(self) -> sqlite3.Connection:
        file = sqlite3.connect(self._path, timeout=5)
        try:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute(_TABLE)
        except sqlite3.Error:
            file.close()
            raise
        return file


def _read(text: Any) -> Said | None:
    try:
        said = {int(offset): list(places) for offset, places in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        return None
    return said if all(map(_is_answer, (one for places in said.values() for one in places))) else None


def _is_answer(one: Any) -> bool:
    if not isinstance(one, list) or not one:
        return False
    if one[0] == "out":
        return len(one) == 2 and isinstance(one[1], str)
    return (
        one[0] == "in"
        and len(one) == 4
        and isinstance(one[1], str)
        and isinstance(one[2], int)
        and isinstance(one[3], str)
    )
