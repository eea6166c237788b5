"""The files that a session says it read: paths, and globs that also cover what does not exist yet."""

from __future__ import annotations

from collections.abc import Iterable

from codegraph._internal.query.glob import glob_to_regex, is_glob


class ReadSet:
    """Paths and globs."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._globs: set[str] = set()

    @staticmethod
    def is_glob(text: str) -> bool:
        """Say whether a text is a glob and no path."""
        return is_glob(text)

    def add(self, text: str) -> None:
        """Add a path, or a glob as in queries."""
        (self._globs if is_glob(text) else self._paths).add(text)

    def clear(self) -> None:
        """Forget everything."""
        self._paths.clear()
        self._globs.clear()

    def among(self, paths: Iterable[str]) -> set[str]:
        """Return those of some paths that are in the set."""
        candidates = list(paths)
        found = self._paths.intersection(candidates)
        if self._globs and candidates:
            import pyarrow as pa
            import pyarrow.compute as pc

            column = pa.array(candidates, pa.string())
            for glob in self._globs:
                matching = pc.match_substring_regex(column, glob_to_regex(glob))
                found.update(column.filter(matching).to_pylist())
        return found
