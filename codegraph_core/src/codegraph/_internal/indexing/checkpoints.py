"""What a durable job keeps of a run that may be killed at any moment: parsed partitions and outputs of stages.

The seam between runs and jobs: a run that was given `Checkpoints` asks them for each partition of files and for each
stage that covers the repository, and has its commit confirmed by them. A run without any pays nothing.

A checkpoint is named by a hash of all that it depends on: its files (path, size, time, content), settings, plugins and
their versions, the stage and its version, and the checkpoints that the stage read. What a stage read besides is kept
with its output and asked for again before the output is used. So nothing is ever invalidated; it is not found.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import blake3
import pyarrow as pa

from codegraph._internal.indexing.checkpoint_files import CheckpointWriter, read_checkpoint
from codegraph._internal.indexing.parsing import Chunk
from codegraph._internal.pipeline.compose import ComposedPipeline
from codegraph_hookspecs import (
    IR_ARTIFACT,
    IR_TABLES,
    Diagnostic,
    SourceFile,
    Stage,
    StageContext,
    TableBatch,
)

FORMAT: Final = "1"
KEPT_DAYS: Final = 7.0
"""Checkpoints of jobs that never ended are removed after so long."""

Parse = Callable[[Sequence[SourceFile]], Iterator[Chunk]]


class Checkpoints:
    """Checkpoints of one attempt at a job.

    Args:
        folder: Where they are; shared by all attempts at jobs over one store.
        job: The job's id, which the snapshot's summary will name.
        confirm: Called right before the commit; raises when the job is another worker's by now.
        told: Gets what was done: "partitions" or a stage's name, and whether it was restored.
    """

    def __init__(
        self,
        folder: Path,
        *,
        job: str,
        confirm: Callable[[], None] = lambda: None,
        told: Callable[[str, bool], None] = lambda _what, _restored: None,
    ) -> None:
        self.job = job
        self.confirm = confirm
        self._folder = folder
        self._told = told
        self._used: set[Path] = set()
        self._parsed = blake3.blake3()
        self._sound = True  # every partition has a key, so that what follows may have one
        self._keys: dict[str, str] = {}  # stage → hash of its output

    # -- partitions ----------------------------------------------------------------------------------

    def partitions(
        self, partitions: Iterable[Sequence[SourceFile]], environment: str, parse: Parse, sound: Callable[[], bool]
    ) -> Iterator[Chunk]:
        """Yield the chunks of partitions, in order: kept ones from the disk, the others as they are parsed.

        Args:
            partitions: As `parse` cuts them by itself.
            environment: Hash of all but the files that rows depend on.
            parse: Gives the chunks of files, one for each partition among them.
            sound: Says whether nothing failed so far; what a failure may have touched is not kept.
        """
        self._begin()
        self._parsed, self._sound = blake3.blake3(), True  # whatever an incremental run parsed that was given up
        missing: list[SourceFile] = []
        searching = any(self._folder.iterdir())
        for partition in partitions:
            batches = self._kept_partition(partition, environment) if searching else None
            if batches is None:
                missing.extend(partition)
                continue
            yield from self._parse(missing, environment, parse, sound)
            missing = []
            self._told("partitions", True)
            yield Chunk(sources=partition, batches=batches)
        yield from self._parse(missing, environment, parse, sound)

    def _parse(
        self, sources: Sequence[SourceFile], environment: str, parse: Parse, sound: Callable[[], bool]
    ) -> Iterator[Chunk]:
        if not sources:
            return
        for chunk in parse(sources):
            files = chunk.batches["files"]
            good = sound() and "failed" not in files.column("status").to_pylist()
            if good:
                digests = files.column("content_hash").to_pylist()
                key = _partition_key(environment, chunk.sources, digests)
                self._parsed.update(key.encode())
                path = self._path(key)
                with CheckpointWriter(path) as writer:
                    for table, batch in chunk.batches.items():
                        writer.add(table, batch)
                self._used.add(path)
            else:
                self._sound = False
            self._told("partitions", False)
            yield chunk

    def _kept_partition(self, sources: Sequence[SourceFile], environment: str) -> Mapping[str, pa.RecordBatch] | None:
        digests = []
        for source in sources:
            content = source.content
            if content is None:
                try:
                    content = Path(os.fsdecode(source.location)).read_bytes()
                except OSError:
                    return None
            digests.append(blake3.blake3(content).hexdigest())
        key = _partition_key(environment, sources, digests)
        path = self._path(key)
        kept = read_checkpoint(path)
        if kept is None:
            return None
        batches = dict(kept.rows)
        if set(IR_TABLES) - batches.keys():
            return None
        self._parsed.update(key.encode())
        self._used.add(path)
        return batches

    # -- stages --------------------------------------------------------------------------------------

    def stage(self, stage: Stage, pipeline: ComposedPipeline, environment: str) -> Stage:
        """Return what runs in a repository stage's place: itself, or one that looks for a kept output first."""
        if not self._sound:
            return stage
        inputs = []
        for artifact in stage.inputs:
            provider = pipeline.providers[artifact]
            known = self._parsed.hexdigest() if artifact == IR_ARTIFACT else self._keys.get(provider)
            if known is None:
                return stage  # it reads what has no key
            inputs.append(f"{artifact}={known}")
        key = _hash("stage", environment, stage.name, stage.version, *inputs)
        return _KeptStage(stage, self, key)

    def restored(self, stage: str, key: str) -> tuple[Path, Any]:
        """Return where a stage's output would be, and the output if it is there."""
        path = self._path(key)
        return path, read_checkpoint(path)

    def ended(self, stage: str, path: Path, digest: str, *, restored: bool) -> None:
        """Take note of a stage's output."""
        self._used.add(path)
        self._keys[stage] = digest
        self._told(stage, restored)

    # -- the folder ----------------------------------------------------------------------------------

    def clear(self) -> None:
        """Remove what this attempt used: its snapshot is committed."""
        for path in self._used:
            with contextlib.suppress(OSError):
                path.unlink()

    def _begin(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        oldest = time.time() - KEPT_DAYS * 86_400
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.checkpoint"


class _KeptStage(Stage):
    """A stage whose output is kept: found, it is yielded; else the stage runs and its output is written beside."""

    name = ""
    layer = ""

    def __init__(self, inner: Stage, checkpoints: Checkpoints, key: str) -> None:
        self.inner = inner
        self._checkpoints = checkpoints
        self._key = key
        # The scheduler reads these; they are the inner stage's.
        self.name = inner.name  # type: ignore[misc]
        self.layer = inner.layer  # type: ignore[misc]
        self.timeout_s = inner.timeout_s  # type: ignore[misc]

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield what the stage gave, or gives."""
        path, kept = self._checkpoints.restored(self.name, self._key)
        reading = _Recording(context)
        if kept is not None and all(reading.asked(*asked) == answer for asked, answer in kept.facts["asked"]):
            for values in kept.facts["reported"]:
                context.report(Diagnostic(**values))
            yield from kept.rows
            self._checkpoints.ended(self.name, path, _hash(self._key, str(kept.facts["asked"])), restored=True)
            return
        reading = _Recording(context)
        with CheckpointWriter(path) as writer:
            for table, batch in self.inner.run(reading) or ():
                yield table, batch
                writer.add(table, batch)
            writer.facts = {"asked": reading.answers, "reported": reading.reported}
        self._checkpoints.ended(self.name, path, _hash(self._key, str(reading.answers)), restored=False)


class _Recording:
    """A stage's context that notes what the stage reads besides artifacts, and what it reports."""

    def __init__(self, context: StageContext) -> None:
        self._context = context
        self.answers: list[list[Any]] = []
        self.reported: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def read_file(self, path: str, max_bytes: int = 1 << 20) -> bytes | None:
        """Read a file, and note its hash."""
        content = self._context.read_file(path, max_bytes)
        self.answers.append([["read_file", path, max_bytes], _answer(content)])
        return content

    def list_folder(self, folder: str) -> Sequence[str]:
        """List a folder, and note a hash of the names."""
        names = self._context.list_folder(folder)
        self.answers.append([["list_folder", folder], _answer(list(names))])
        return names

    def find_files(self, names: Iterable[str]) -> Sequence[str]:
        """Find files by name, and note a hash of what there is."""
        wanted = sorted(names)
        found = self._context.find_files(wanted)
        self.answers.append([["find_files", wanted], _answer(list(found))])
        return found

    def report(self, diagnostic: Diagnostic) -> None:
        """Report, and note it."""
        self._context.report(diagnostic)
        span = None if diagnostic.span is None else dict(diagnostic.span)
        self.reported.append(
            {
                "code": diagnostic.code,
                "message": diagnostic.message,
                "category": diagnostic.category,
                "file_path": diagnostic.file_path,
                "span": span,
            }
        )

    def asked(self, question: str, *arguments: Any) -> str:
        """Ask a question that an earlier attempt asked, and return the answer as it was noted."""
        return _answer(getattr(self, question)(*arguments))


def _answer(value: bytes | Sequence[str] | None) -> str:
    if value is None:
        return ""
    content = value if isinstance(value, bytes) else "\0".join(value).encode("utf-8", "surrogateescape")
    return blake3.blake3(content).hexdigest()


def _partition_key(environment: str, sources: Sequence[SourceFile], digests: Sequence[str | None]) -> str:
    files = (
        f"{source.path}\0{source.language}\0{source.size}\0{source.mtime_ns}\0{digest}"
        for source, digest in zip(sources, digests, strict=True)
    )
    return _hash("partition", environment, *files)


def _hash(*parts: str) -> str:
    hasher = blake3.blake3(FORMAT.encode())
    for part in parts:
        raw = part.encode("utf-8", "surrogateescape")
        hasher.update(len(raw).to_bytes(8, "little") + raw)
    return hasher.hexdigest()
