"""Chunks of files through the executor: in this process or in workers, in file order, whatever gets lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from attrs import define, evolve, field

from codegraph._internal.indexing.dispatch import Dispatcher
from codegraph._internal.indexing.given_up import GivenUp, GivenUpFile, source_hash
from codegraph._internal.indexing.parsing import Chunk, ParseTeam, failed_batches, merge
from codegraph._internal.indexing.remote import Batches, ParsedElsewhere, RemoteParse, rescue
from codegraph._internal.indexing.sources import Loaded
from codegraph_hookspecs import (
    CodeGraphError,
    LanguagePack,
    LostTask,
    ParseOptions,
    PluginError,
    SourceFile,
    TaskLimits,
)

CHUNK_FILES = 256
CHUNK_BYTES = 8_000_000
WORKER_CHUNK_FILES = 64
WORKER_CHUNK_BYTES = 1_000_000
"""Smaller: what a lost worker had is parsed again, and a chunk must not keep one worker while others wait."""

GRACE_S = 10.0
"""What a file may take beyond `parse_timeout_s`, which parsers watch themselves: a busy machine, a big file's rows."""

QUARANTINE_LIMIT = 16
"""A parser that so many files were given up for is at fault itself."""


@define(eq=False)
class _Job:
    """A chunk on its way."""

    sources: Sequence[SourceFile]
    following: _Job | None = field(default=None)
    loaded: Loaded | None = field(default=None)


class ChunkRunner:
    """Brings the files of a run through its parsers.

    Args:
        team: The parsers.
        options: For sessions.
        packs: Languages in use.
        backend: The `backend` setting.
        executor: Where chunks are parsed.
        here: An executor of this process, for what cannot be sent elsewhere.
        worker_memory_bytes: Resident memory that one worker process may take.
        on_error: Told of what cannot be sent.
        given_up: Files that are left out for a while.
        on_given_up: Told of each file that is left out.
    """

    def __init__(
        self,
        *,
        team: ParseTeam,
        options: ParseOptions,
        packs: dict[str, LanguagePack],
        backend: str,
        executor: Dispatcher,
        here: Dispatcher,
        worker_memory_bytes: int,
        on_error: Callable[[CodeGraphError], None],
        given_up: GivenUp,
        on_given_up: Callable[[CodeGraphError], None],
    ) -> None:
        self._team = team
        self._options = options
        self._packs = packs
        self._backend = backend
        self._executor = executor
        self._here = here
        self._memory = worker_memory_bytes
        self._on_error = on_error
        self._notes = given_up
        self._on_given_up = on_given_up
        self._given_up: dict[str, int] = {}  # parser → files in quarantine
        self._begun: list[_Job] = []

    def partitions(self, sources: Sequence[SourceFile]) -> Iterator[Sequence[SourceFile]]:
        """Cut files into what `chunks` gives one chunk for each; it cuts alike from the end of any of them."""
        if self._parses_here:
            return split(sources, CHUNK_FILES, CHUNK_BYTES)
        return split(sources, WORKER_CHUNK_FILES, WORKER_CHUNK_BYTES)

    @property
    def _parses_here(self) -> bool:
        return self._executor.in_process or self._backend == "both"  # comparing keeps its count in one place

    def begin(self, sources: Sequence[SourceFile], *, all_files: bool = False) -> bool:
        """Have chunks parsed before `chunks` asks for them, where there are threads for that; does not wait.

        Args:
            sources: The first files of those that `chunks` will get, the same objects.
            all_files: Whether no others follow.

        Returns:
            Whether more can be begun.
        """
        if self._options.workers == 1 or not self._parses_here or self._notes.any():
            return False
        whole = list(self.partitions(sources))
        if not all_files:
            del whole[-1:]  # the last one may go on
        size = sum(source.size for job in self._begun for source in job.sources)
        for part in whole[len(self._begun) :]:
            if size >= CHUNK_BYTES:
                return False
            size += sum(source.size for source in part)
            loaded = self._load(part)
            self._team.prefetch(loaded)
            self._begun.append(_Job(part, loaded=loaded))
        return size < CHUNK_BYTES

    def chunks(self, sources: Sequence[SourceFile]) -> Iterator[Chunk]:
        """Parse files and yield them in chunks, in order; with several workers some are parsed ahead."""
        jobs = list(map(_Job, self.partitions(sources)))
        jobs[: len(self._begun)] = self._begun
        self._begun = []
        if self._parses_here:
            here = self._executor if self._executor.in_process else self._here
            if self._options.workers > 1:
                for job, following in pairwise(jobs):
                    job.following = following
            yield from self._chunks_here(here, jobs)
        else:
            yield from self._chunks_elsewhere(jobs)

    def _limits(self) -> TaskLimits:
        timeout = self._options.parse_timeout_s
        return TaskLimits(
            timeout_s=timeout * CHUNK_FILES + GRACE_S,
            silence_s=timeout + GRACE_S,
            memory_bytes=self._memory,
            ahead=0 if self._options.workers == 1 else 1,
        )

    # -- in this process -----------------------------------------------------------------------------

    def _chunks_here(self, here: Dispatcher, jobs: Sequence[_Job]) -> Iterator[Chunk]:
        limits = self._limits()
        # One at a time: a session is used from one thread, and has threads of its own.
        for job, first in zip(jobs, here.map(self._parse_here, jobs, workers=1, limits=limits), strict=True):
            outcome = first
            while isinstance(outcome, LostTask):
                self._team.give_up(outcome.position, outcome.message)
                outcome = here.one(self._parse_here, job, limits=limits)
            job.loaded = job.following = None  # its content may be big
            yield outcome

    def _parse_here(self, job: _Job) -> Chunk:
        for each in (job, job.following):
            if each is not None and each.loaded is None:
                each.loaded = self._load(each.sources)
                self._team.prefetch(each.loaded)
        return self._team.parse(job.sources, job.loaded)

    # -- in worker processes -------------------------------------------------------------------------

    def _chunks_elsewhere(self, jobs: Sequence[_Job]) -> Iterator[Chunk]:
        position = 0
        while position < len(jobs):
            parsers = self._team.parsers
            try:
                for chunk in self._with(self._remote(), jobs[position:]):
                    position += 1
                    yield chunk
                    if self._team.parsers != parsers:  # one was left out: the rest goes to those that remain
                        break
            except PluginError as error:
                if error.code != "executor-unsendable":
                    raise
                self._on_error(error)
                yield from self._chunks_here(self._here, jobs[position:])
                return

    def _remote(self) -> RemoteParse:
        """Return what is sent to workers: the parsers that are left, one thread each."""
        return RemoteParse(
            backend=self._backend,
            parsers=self._team.parsers,
            packs=self._packs,
            options=evolve(self._options, workers=1),
        )

    def _with(self, remote: RemoteParse, jobs: Sequence[_Job]) -> Iterator[Chunk]:
        results = self._executor.map(
            remote, self._tasks(jobs), workers=self._options.workers, limits=evolve(self._limits(), ahead=None)
        )
        for job, outcome in zip(jobs, results, strict=True):
            loaded = job.loaded or self._load(job.sources)
            parts: list[Batches] = [loaded.rows] if loaded.rows is not None else []
            if isinstance(outcome, LostTask):
                parts += rescue(loaded.sources, outcome, lambda some: self._again(remote, some), self._quarantined)
            else:
                self._report(outcome)
                parts.append(outcome.batches)
            job.loaded = None
            yield Chunk(sources=job.sources, batches=parts[0] if len(parts) == 1 else merge(parts, job.sources))

    def _tasks(self, jobs: Sequence[_Job]) -> Iterable[tuple[SourceFile, ...]]:
        for job in jobs:
            if job.loaded is None:
                job.loaded = self._load(job.sources)
            yield tuple(job.loaded.sources)

    def _again(self, remote: RemoteParse, sources: Sequence[SourceFile]) -> ParsedElsewhere | LostTask:
        if remote.parsers != self._team.parsers:  # one was left out meanwhile
            remote = self._remote()
        outcome = self._executor.one(remote, tuple(sources), limits=self._limits())
        if not isinstance(outcome, LostTask):
            self._report(outcome)
        return outcome

    def _report(self, outcome: ParsedElsewhere) -> None:
        for name, described in outcome.failures:
            self._team.leave_out(
                name, PluginError(described["message"], code=described["code"], context=described["context"])
            )

    def _load(self, sources: Sequence[SourceFile]) -> Loaded:
        """Make files ready to be parsed, and leave out those that were given up a while ago."""
        loaded = self._team.load(sources)
        known = [(source, self._notes.source(self._by(source), source)) for source in loaded.sources]
        left_out = [(source, note) for source, note in known if note is not None]
        if not left_out:
            return loaded
        for _, note in left_out:
            self._tell(note)
        rows = [failed_batches([source], code=note.code, message=note.message) for source, note in left_out]
        done = [*loaded.known, *(source for source, _ in left_out)]
        parts = rows if loaded.rows is None else [loaded.rows, *rows]
        waiting = [source for source, note in known if note is None]
        return evolve(loaded, sources=waiting, known=done, rows=merge(parts, done))

    def _by(self, source: SourceFile) -> str:
        parser = self._team.chosen(source.language)
        return "" if parser is None else f"parser:{parser.name}:{parser.version}"

    def _tell(self, note: GivenUpFile) -> None:
        parser = note.by.split(":")[1]
        message = f"{note.path} was given up by the parser {parser!r}. {note.message}"
        self._on_given_up(PluginError(message, code=note.code, context={"file": note.path, "parser": parser}))

    def _quarantined(self, source: SourceFile, lost: LostTask, message: str) -> None:
        parser = self._team.chosen(source.language)
        name = parser.name if parser is not None else ""
        self._tell(self._notes.add(self._by(source), source.path, source_hash(source), code=lost.code, message=message))
        self._given_up[name] = self._given_up.get(name, 0) + 1
        if self._given_up[name] == QUARANTINE_LIMIT:
            reason = f"The parser {name!r} lost its worker process at {QUARANTINE_LIMIT} files."
            self._team.leave_out(name, PluginError(reason, code="parser-unreliable", context={"parser": name}))


def split(sources: Sequence[SourceFile], files: int, size_bytes: int) -> Iterator[Sequence[SourceFile]]:
    """Cut files into chunks of at most so many files and about so many bytes."""
    start, size = 0, 0
    for position, source in enumerate(sources):
        if position > start and (position - start >= files or size + source.size > size_bytes):
            yield sources[start:position]
            start, size = position, 0
        size += source.size
    if start < len(sources):
        yield sources[start:]
