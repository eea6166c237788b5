"""What a running stage or analyzer sees of the run. It ends with the call that it was made for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from codegraph._internal.pipeline.cancel import Cancelled, CancelToken, Deadline
from codegraph_hookspecs import Diagnostic, LanguagePack, PluginError

Reader = Callable[[str], Iterator[pa.RecordBatch]]


class FileReader(Protocol):
    """Where a context's files come from."""

    def read(self, path: str, max_bytes: int) -> bytes | None:
        """Return at most `max_bytes` + 1 bytes of a file, or None."""
        ...

    def names(self, folder: str) -> Sequence[str]:
        """Return the sorted names in a folder."""
        ...

    def find(self, names: Iterable[str]) -> Sequence[str]:
        """Return the sorted paths of what has one of some names."""
        ...


class Context:
    """Implements `codegraph_hookspecs.StageContext`.

    Args:
        name: The stage.
        root: The repository.
        packs: Languages in use, by name.
        workers: Threads that the stage may use.
        config: The plugin's typed settings.
        backend: The run's `backend` setting.
        artifacts: For each declared input, a function from table name to its batches.
        files: What `read_file` and `list_folder` read.
        cancel: The run's token.
        deadline: The stage's own.
        on_progress: Gets `done` and `total`.
        on_report: Gets each diagnostic.
    """

    def __init__(
        self,
        *,
        name: str,
        root: Path,
        packs: Mapping[str, LanguagePack],
        workers: int,
        config: Any,
        backend: str,
        artifacts: Mapping[str, Reader],
        files: FileReader,
        cancel: CancelToken,
        deadline: Deadline,
        on_progress: Callable[[int, int], None],
        on_report: Callable[[Diagnostic], None],
    ) -> None:
        self.root = root
        self.packs = packs
        self.workers = workers
        self.config = config
        self.backend = backend
        self._name = name
        self._artifacts = artifacts
        self._files = files
        self._cancel = cancel
        self.deadline = deadline
        self._on_progress = on_progress
        self._on_report = on_report
        self._ended = False

    def read(self, artifact: str, table: str) -> Iterator[pa.RecordBatch]:
        """Stream a table of an input artifact, rows grouped by file in path order."""
        self.check()
        reader = self._artifacts.get(artifact)
        if reader is None:
            raise PluginError(
                f"The stage {self._name!r} reads {artifact!r}, which is not among its inputs.",
                code="stage-undeclared-input",
                context={"stage": self._name, "artifact": artifact, "remedy": f"Add {artifact!r} to its inputs."},
            )
        return self._checked(reader(table))

    def _checked(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.check()
            yield batch

    def read_file(self, path: str, max_bytes: int = 1 << 20) -> bytes | None:
        """Return the bytes of a file of the repository that is no source, or None."""
        self.check()
        return self._files.read(path, max_bytes)

    def list_folder(self, folder: str) -> Sequence[str]:
        """Return the sorted names in a folder of the repository."""
        self.check()
        return self._files.names(folder)

    def find_files(self, names: Iterable[str]) -> Sequence[str]:
        """Return the sorted paths of what has one of some names, in every folder that was searched for sources."""
        self.check()
        return self._files.find(names)

    def check(self) -> None:
        """Raise if the run was cancelled, the deadline has passed, or the stage was given up."""
        if self._ended:
            raise Cancelled(f"The stage {self._name!r} is over.")
        self._cancel.check()
        self.deadline.check()

    def progress(self, done: int, total: int) -> None:
        """Report progress in the stage's own unit."""
        if not self._ended:
            self._on_progress(done, total)

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a row to `diagnostics`."""
        if not isinstance(diagnostic, Diagnostic):
            raise PluginError(
                f"The stage {self._name!r} reports a {type(diagnostic).__name__}, not a Diagnostic.",
                code="plugin-bad-result",
            )
        if not self._ended:
            self._on_report(diagnostic)

    def end(self) -> None:
        """Cut a call that was given up off from the run."""
        self._ended = True
