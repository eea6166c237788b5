"""Files that a worker process died of, twice: for five minutes nobody tries them again while their bytes are the same.

Without this every run would lose two workers to the same file. The note lies in the cache folder; losing it only costs
another try. A file whose parsing took too long is tried again after the same time: the machine may have been busy.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, frozen

from codegraph._internal.indexing.unchanged import content_hash
from codegraph_hookspecs import Diagnostic, PluginError, SourceFile, Stage

if TYPE_CHECKING:
    from codegraph._internal.store import Snapshot

GIVEN_UP_NS: Final = 300 * 1_000_000_000
PARSE_TIMEOUT: Final = "parse-timeout"
_RETRIED: Final = frozenset({PARSE_TIMEOUT, "worker-crashed", "worker-timeout", "worker-memory"})
NAME: Final = "given-up.json"
_FORMAT: Final = 1


@frozen(kw_only=True)
class GivenUpFile:
    """A file that was given up.

    Args:
        by: The parser or stage that died of it, with its version.
        path: The file.
        content_hash: BLAKE3 of its bytes.
        code: How the worker was lost.
        message: The same as a sentence.
        until_ns: Wall clock after which it is tried again.
    """

    by: str
    path: str
    content_hash: str
    code: str
    message: str
    until_ns: int


class GivenUp:
    """What is noted in one cache folder.

    Args:
        folder: The cache folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._files: dict[tuple[str, str], GivenUpFile] | None = None
        self._left_out: dict[tuple[str, str], GivenUpFile] = {}

    def any(self) -> bool:
        """Say whether a file is noted."""
        return bool(self._known())

    def next_try(self, codes: Collection[str], known_ns: int = 0) -> int:
        """Return the wall clock after which the first file is tried again that is given up; 0 if there is none.

        Args:
            codes: Of what this run has to report of files.
            known_ns: What is known of files that this run did not look at; 0 if there are none.
        """
        moments = [file.until_ns for file in self._left_out.values()]
        moments += [known_ns] if known_ns else []
        moments += [time.time_ns() + GIVEN_UP_NS] if PARSE_TIMEOUT in codes else []
        return min(moments, default=0)

    def source(self, by: str, source: SourceFile) -> GivenUpFile | None:
        """Return the note of a source file, or None when it may be tried."""
        if (by, source.path) not in self._known():
            return None
        return self.file(by, source.path, source_hash(source))

    def file(self, by: str, path: str, digest: str | None) -> GivenUpFile | None:
        """Return the note of a file with some content, or None when it may be tried."""
        found = self._known().get((by, path))
        if found is None or found.content_hash != digest or found.until_ns <= time.time_ns():
            return None
        self._left_out[by, path] = found
        return found

    def add(self, by: str, path: str, digest: str, *, code: str, message: str) -> GivenUpFile:
        """Note that a file was given up."""
        now = time.time_ns()
        file = GivenUpFile(
            by=by, path=path, content_hash=digest, code=code, message=message, until_ns=now + GIVEN_UP_NS
        )
        self._files = {key: known for key, known in self._known().items() if known.until_ns > now}
        self._files[by, path] = self._left_out[by, path] = file
        self._write()
        return file

    def _known(self) -> dict[tuple[str, str], GivenUpFile]:
        if self._files is None:
            self._files = {(file.by, file.path): file for file in _read(self._path)}
        return self._files

    def _write(self) -> None:
        files = [asdict(file) for file in (self._files or {}).values()]
        temporary = self._path.with_name(f"{NAME}.{os.getpid()}.{time.monotonic_ns()}")
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps({"format": _FORMAT, "files": files}), "utf-8")
            temporary.replace(self._path)


def given_up_files(snapshot: Snapshot) -> frozenset[str]:
    """Return the files of a snapshot that may do better another time: they took too long, or too much."""
    found: set[str] = set()
    for batch in snapshot.scan("diagnostics", ["file_path", "code"]):
        rows = zip(batch.column("file_path").to_pylist(), batch.column("code").to_pylist(), strict=True)
        found.update(path for path, code in rows if path is not None and code in _RETRIED)
    return frozenset(found)


def stage_gave_up(stage: Stage, note: GivenUpFile) -> tuple[PluginError, Diagnostic]:
    """Return what is said of a file that a stage died of: in the summary, and in the table."""
    error = PluginError(note.message, code=note.code, context={"file": note.path, "stage": stage.name})
    return error, Diagnostic(code=note.code, message=note.message, category="permanent", file_path=note.path)


def source_hash(source: SourceFile) -> str:
    """Return the BLAKE3 of a file's bytes; an empty string if they cannot be read."""
    if source.content is not None:
        import blake3

        return blake3.blake3(source.content).hexdigest()
    return content_hash(source.location)


def _read(path: Path) -> list[GivenUpFile]:
    try:
        said: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return [GivenUpFile(**file) for file in said["files"]] if said["format"] == _FORMAT else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
