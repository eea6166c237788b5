"""Stages that take batches while files are parsed, and parsers that begin while files are found."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from codegraph._internal.discovery import FirstFiles
from codegraph._internal.indexing import CancelToken, Indexer, RunResult, chunks, following, starting
from codegraph._internal.indexing.sources import DiskSources
from codegraph._internal.plugin_host import call_with_deadline
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store import Store
from codegraph_hookspecs import (
    IR_ARTIFACT,
    CodeGraphError,
    Diagnostic,
    Follower,
    LanguagePack,
    ParsedBatch,
    ParseOptions,
    SourceFile,
    Stage,
    StageContext,
    TableBatch,
)
from codegraph_hookspecs.execution import Watch
from tests.unit.indexing.fakes import Plugin, ToyParser, ToySession, batch, pack


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_FILES", 4)
    monkeypatch.setattr("codegraph._internal.indexing.starting.CHUNK_FILES", 4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    for name in "abcde":
        (folder / name).mkdir(parents=True)
        for number in range(3):
            (folder / name / f"{number}.toy").write_text(f"def f{number}\ncall f0\n")
    return folder


class Counting(Stage):
    """Says of each file that it saw it, and how."""

    name: ClassVar[str] = "counting"
    layer: ClassVar[str] = "L3"
    outputs: ClassVar[tuple[str, ...]] = ("counts",)
    tables: ClassVar[tuple[str, ...]] = ("metrics",)
    fails: str = ""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails
        self.took: list[list[str]] = []
        self.release = threading.Event()  # ends a hang

    def follow(self, context: StageContext) -> Follower | None:
        if self.fails == "follow":
            raise OSError("no")
        return None if self.fails == "none" else Taking(self)

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        paths = [path for rows in context.read(IR_ARTIFACT, "files") for path in rows.column("path").to_pylist()]
        yield "metrics", seen(paths, "run")


class Taking:
    def __init__(self, stage: Counting) -> None:
        self.stage = stage

    def take(self, batch: ParsedBatch) -> None:
        if self.stage.fails == "hang":
            self.stage.release.wait(60)
        if self.stage.fails == "take" and self.stage.took:
            raise SystemExit
        self.stage.took.append(batch.tables["files"].column("path").to_pylist())

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        yield "metrics", seen([path for paths in self.stage.took for path in paths], "followed")


def seen(paths: list[str], name: str) -> Any:
    return batch("metrics", [{"node_id": path, "name": name, "value": 1.0} for path in paths])


def run(root: Path, stage: Counting, parser: ToyParser | None = None, workers: int = 2, **values: Any) -> RunResult:
    plugin = Plugin(packs=[pack()], parsers=[parser or ToyParser()], stages=[stage])
    config = IndexingConfig(root_path=root, parallel_workers=workers, mode="full", **values)
    return Indexer(config, plugins=(plugin,)).run()


def metrics(root: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with Store.open(root / ".codegraph", read_only=True) as store, store.snapshot() as snapshot:
        for rows in snapshot.scan("metrics"):
            for row in rows.to_pylist():
                found.setdefault(row["name"], []).append(row["node_id"])
    return found


ALL = [f"{name}/{number}.toy" for name in "abcde" for number in range(3)]


def test_a_stage_that_follows_takes_every_batch_in_order_and_runs_in_its_place(root: Path) -> None:
    stage = Counting()
    run(root, stage)
    assert len(stage.took) == 4
    assert metrics(root) == {"followed": ALL}


def test_with_one_worker_nobody_follows(root: Path) -> None:
    stage = Counting()
    run(root, stage, workers=1)
    assert not stage.took
    assert metrics(root) == {"run": ALL}


@pytest.mark.parametrize("fails", ["follow", "take", "hang", "none"])
def test_a_stage_that_cannot_follow_runs_as_if_nobody_had_asked(
    root: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "DEFAULT_DEADLINE_S", 0.2 if fails == "hang" else 10.0)
    stage = Counting(fails)
    result = run(root, stage)
    stage.release.set()
    assert not result.errors
    assert metrics(root) == {"run": ALL}


def test_a_heir_with_a_run_of_its_own_does_not_follow_as_its_base_does(root: Path) -> None:
    class Heir(Counting):
        def run(self, context: StageContext) -> Iterator[TableBatch]:
            yield "metrics", seen(["x"], "heir")

    class Again(Heir):
        def follow(self, context: StageContext) -> Follower | None:
            return super().follow(context)

    class Same(Counting):
        version = "2"

    for heir, expected in ((Heir(), {"heir": ["x"]}), (Again(), {"followed": ALL}), (Same(), {"followed": ALL})):
        run(root, heir)
        assert metrics(root) == expected


class AheadSession(ToySession):
    def prefetch(self, sources: Sequence[SourceFile]) -> None:
        self.parser.ahead.append(list(sources))

    def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
        self.parser.asked.append(list(sources))
        return super().parse(sources)


class AheadParser(ToyParser):
    """Keeps what it was told of before it was asked for."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.ahead: list[list[SourceFile]] = []
        self.asked: list[list[SourceFile]] = []
        self.opened: list[list[str]] = []

    def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> AheadSession:
        self.opened.append(sorted(pack.name for pack in packs))
        return AheadSession(self)


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many chunks the parsers were told of when the walk ended."""
    told: list[int] = []
    find = DiskSources.find

    def noted(self: DiskSources, packs: Any, first: FirstFiles | None = None) -> Any:
        found = find(self, packs, first)
        told.append(len(PARSERS[-1].ahead))
        return found

    monkeypatch.setattr(DiskSources, "find", noted)
    return told


PARSERS: list[AheadParser] = []


def test_parsers_begin_while_files_are_found(root: Path, walked: list[int]) -> None:
    PARSERS.append(AheadParser())
    run(root, Counting(), PARSERS[-1])
    parser = PARSERS.pop()
    assert walked[0] > 0
    assert [[source.path for source in part] for part in parser.asked] == [ALL[:4], ALL[4:8], ALL[8:12], ALL[12:]]
    # The same objects, each chunk once, in order: that is what `prefetch` promises a session.
    assert [list(map(id, part)) for part in parser.ahead] == [list(map(id, part)) for part in parser.asked]
    assert (parser.opened, parser.closed) == ([["toy"]], 1)


def test_a_language_that_comes_late_has_its_parser_too(root: Path, walked: list[int]) -> None:
    (root / "e" / "late.other").write_text("def g\n")
    packs = [pack(), pack("other", ".other")]
    PARSERS.append(AheadParser(languages=("toy", "other")))
    plugin = Plugin(packs=packs, parsers=[PARSERS[-1]], stages=[Counting()])
    config = IndexingConfig(root_path=root, parallel_workers=2, mode="full")
    assert not Indexer(config, plugins=(plugin,)).run().errors
    parser = PARSERS.pop()
    assert walked[0] > 0
    assert parser.opened == [["toy"], ["other", "toy"]]
    assert parser.closed == 2
    assert metrics(root) == {"followed": [*ALL, "e/late.other"]}


def test_a_parser_that_fails_before_the_walk_ends_is_told_of_once(root: Path) -> None:
    class Refusing(ToyParser):
        def supports(self, pack: LanguagePack) -> bool:
            raise ValueError("no")

    (root / "e" / "late.other").write_text("def g\n")
    packs = [pack(), pack("other", ".other")]
    told = []
    for workers in (1, 2):
        good, bad = ToyParser(languages=("toy", "other")), Refusing("refusing", 50)
        plugins = (Plugin(packs=packs, parsers=[good], stages=[Counting()]), Plugin("bad", parsers=[bad]))
        result = Indexer(IndexingConfig(root_path=root, parallel_workers=workers, mode="full"), plugins=plugins).run()
        told.append([(error["code"], error["message"]) for error in result.errors])
    assert told[0] == told[1] != []
    assert metrics(root) == {"followed": [*ALL, "e/late.other"]}


def test_a_parser_that_hangs_while_files_are_found_is_met_where_it_is_watched(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    class Slow(AheadParser):
        def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> AheadSession:
            session = super().open(packs, options)
            if len(self.opened) == 1:
                release.wait(60)
            return session

    class Impatient(Watch):
        """Gives up at once, but nobody who has not begun."""

        def look(self) -> float:
            return 1e6 if parser.opened else 0.0

    parser = Slow()
    monkeypatch.setattr(starting, "Watch", Impatient)
    assert not run(root, Counting(), parser).errors
    assert not release.is_set()
    release.set()
    assert len(parser.opened) == 2
    assert metrics(root) == {"followed": ALL}
    assert closed(parser) == 2


def closed(parser: AheadParser) -> int:
    """Return how many sessions were closed, once all are that were opened or a while has passed."""
    until = time.monotonic() + 60
    while parser.closed < len(parser.opened) and time.monotonic() < until:
        time.sleep(0.05)
    return parser.closed


@pytest.mark.parametrize("fails_at", [1, 2])
def test_parsers_that_failed_to_begin_are_closed(root: Path, fails_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, calls = chunks.ChunkRunner.begin, []

    def failing(self: chunks.ChunkRunner, sources: Sequence[SourceFile], **named: bool) -> bool:
        calls.append(sources)
        more = begin(self, sources, **named)
        if len(calls) == fails_at:
            raise OSError("no")
        return more

    monkeypatch.setattr(chunks.ChunkRunner, "begin", failing)
    parser = AheadParser()
    assert not run(root, Counting(), parser).errors
    assert (len(calls), len(parser.opened), closed(parser)) == (fails_at, 2, 2)
    assert metrics(root) == {"followed": ALL}


def test_a_run_is_cancelled_while_a_parser_begins(root: Path) -> None:
    cancel, release = CancelToken(), threading.Event()

    class Slow(AheadParser):
        def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> AheadSession:
            cancel.cancel()
            release.wait(60)
            return super().open(packs, options)

    parser = Slow()
    plugin = Plugin(packs=[pack()], parsers=[parser], stages=[Counting()])
    config = IndexingConfig(root_path=root, parallel_workers=2, mode="full")
    with pytest.raises(CodeGraphError):
        Indexer(config, plugins=(plugin,), cancel=cancel).run()
    assert parser.opened == []  # nobody waited for it
    release.set()
    while not parser.opened:
        time.sleep(0.05)
    assert closed(parser) == 1


@pytest.fixture
def ctrl_c_as_usual() -> Iterator[None]:
    """Have Ctrl-C raise: what a shell has begun in the background ignores it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.mark.parametrize("how", ["token", "Ctrl-C"])
def test_a_run_that_ends_does_not_wait_for_a_stage_that_hangs_at_a_batch(
    root: Path, how: str, ctrl_c_as_usual: None
) -> None:
    cancel, hanging, freed = CancelToken(), threading.Event(), threading.Event()
    left: list[ParsedBatch] = []

    class Hanging(Counting):
        def follow(self, context: StageContext) -> Follower | None:
            return Stuck(self)

    class Stuck(Taking):
        def take(self, batch: ParsedBatch) -> None:
            hanging.set()
            freed.wait(60)
            left.append(batch)

    class Stopping(ToyParser):
        def open(self, packs: Sequence[LanguagePack], options: ParseOptions) -> ToySession:
            return StoppingSession(self)

    class StoppingSession(ToySession):
        def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
            if self.parser.parsed:
                assert hanging.wait(60)
                if how == "token":
                    cancel.cancel()
                else:
                    signal.raise_signal(signal.SIGINT)
            return super().parse(sources)

    plugin = Plugin(packs=[pack()], parsers=[Stopping()], stages=[Hanging()])
    config = IndexingConfig(root_path=root, parallel_workers=2, mode="full")
    with pytest.raises((CodeGraphError, KeyboardInterrupt)):
        Indexer(config, plugins=(plugin,), cancel=cancel).run()
    assert left == []  # it hangs still
    freed.set()


def test_who_misses_a_batch_does_not_follow(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def refused(*args: Any, **values: Any) -> Any:
        calls.append(args)
        if len(calls) == 3:  # of `follow` and the four batches
            raise RuntimeError("can't start new thread")
        return call_with_deadline(*args, **values)

    monkeypatch.setattr(following, "call_with_deadline", refused)
    stage = Counting()
    run(root, stage)
    assert (len(calls), len(stage.took)) == (3, 1)
    assert metrics(root) == {"run": ALL}


@pytest.mark.parametrize("fails", ["", "take"])
def test_what_a_stage_says_that_does_not_follow_to_the_end_is_said_once(root: Path, fails: str) -> None:
    class Saying(Counting):
        def follow(self, context: StageContext) -> Follower | None:
            context.report(Diagnostic(code="looked", message="looked"))
            return super().follow(context)

        def run(self, context: StageContext) -> Iterator[TableBatch]:
            context.report(Diagnostic(code="looked", message="looked"))
            yield from Counting.run(self, context)

    run(root, Saying(fails))
    with Store.open(root / ".codegraph", read_only=True) as store, store.snapshot() as snapshot:
        said = [code for rows in snapshot.scan("diagnostics") for code in rows.column("code").to_pylist()]
    assert said == ["looked"]
