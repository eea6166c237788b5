"""Lazy stages and analyzers: what incremental runs leave, what they say of it, and what a refresh gives."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from codegraph import CodeGraph
from codegraph._internal.indexing import Indexer, RunResult
from codegraph._internal.indexing.incremental import lazy
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.equality import differences
from codegraph.cli import main
from codegraph.cli.commands.status import left_lines
from codegraph_hookspecs import Analyzer, Diagnostic, IndexingError, Stage, StageContext, StorageError, TableBatch
from tests.unit.indexing.fakes import batch, toy


class Counts(Stage):
    """Counts the functions of all files: one metric of each file's first, and what it says of each file."""

    name: ClassVar[str] = "counts"
    layer: ClassVar[str] = "L9"
    outputs: ClassVar = ("counts",)
    tables: ClassVar = ("metrics", "diagnostics")
    lazy: ClassVar[bool] = True
    reads: ClassVar = {"nodes": ("id", "name", "kind", "file_path")}

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        rows = [row for part in context.read("ir", "nodes") for row in part.to_pylist() if row["file_path"]]
        for path in sorted({row["file_path"] for row in rows}):
            context.report(Diagnostic(code="counted", message=f"{len(rows)} nodes in all.", file_path=path))
        yield "metrics", batch("metrics", [{"node_id": row["id"], "name": "count", "value": len(rows)} for row in rows])


class Twice(Stage):
    """Doubles what `Counts` found, so it is as stale as that."""

    name: ClassVar[str] = "twice"
    layer: ClassVar[str] = "L9"
    inputs: ClassVar = ("ir", "counts")
    tables: ClassVar = ("metrics",)
    lazy: ClassVar[bool] = True
    reads: ClassVar = {"metrics": ("node_id", "value")}

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        rows = [row for part in context.read("counts", "metrics") for row in part.to_pylist()]
        yield "metrics", batch("metrics", [{**row, "name": "twice", "value": row["value"] * 2} for row in rows])


class Names(Analyzer):
    """Has a finding for each node, that says how many there are; and one of no file."""

    name: ClassVar[str] = "names"
    scope: ClassVar[Any] = "repo"
    lazy: ClassVar[bool] = True
    reads: ClassVar = {"nodes": ("id", "name", "file_path")}

    def analyze(self, document: Any, /) -> Iterator[Mapping[str, object]]:
        rows = [row for part in document.read("nodes") for row in part.to_pylist() if row["file_path"]]
        yield {"type": "all", "message": f"{len(rows)} nodes."}
        for row in rows:
            yield {"type": "one", "message": f"of {len(rows)}", "node_id": row["id"], "file_path": row["file_path"]}


class Repository:
    """Some files of the toy language, and two stores."""

    def __init__(self, folder: Path, stages: list[Stage], analyzers: list[Analyzer]) -> None:
        self.root = folder / "tree"
        self.root.mkdir()
        self.plugin = toy(stages=stages, analyzers=analyzers)
        self.config = IndexingConfig(root_path=self.root, cache_dir=folder / "updated", mode="incremental")
        self.full = IndexingConfig(root_path=self.root, cache_dir=folder / "rebuilt", mode="full")
        for name in "abcd":
            self.write(name, f"def {name}\n")

    def write(self, name: str, text: str) -> None:
        (self.root / f"{name}.toy").write_text(text)

    def run(self, refresh: tuple[str, ...] | None = None) -> RunResult:
        result = Indexer(self.config, plugins=(self.plugin,), refresh=refresh).run()
        assert result.held is not None
        assert result.summary["stale"] == result.held.summary["stale"]
        return result

    def differing(self, result: RunResult) -> list[str]:
        """Return the tables whose rows are not those of a full build."""
        expected = Indexer(self.full, plugins=(self.plugin,)).run()
        assert result.held is not None
        assert expected.held is not None
        assert expected.summary["stale"] == {}
        found = [each.table for each in differences(result.held, expected.held)]
        result.held.close()
        expected.held.close()
        return found


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", "none")
    return Repository(tmp_path, [Counts(), Twice()], [Names()])


def test_rows_stay_and_are_said_to_be_stale_until_somebody_asks(repository: Repository) -> None:
    first = repository.run()
    assert first.summary["stale"] == {}
    repository.write("a", "def a\ndef more\n")
    second = repository.run()
    said = {"since": first.snapshot_id, "files": 1}
    assert second.summary["mode_run"] == "incremental", second.summary["mode_reason"]
    assert second.summary["stale"] == {
        "analyzer:names": {**said, "tables": ["findings"]},
        "counts": {**said, "tables": ["metrics", "diagnostics"]},
        "twice": {**said, "tables": ["metrics"]},
    }
    assert repository.differing(second) == ["diagnostics", "findings", "metrics"]
    repository.write("b", "def b\n\ndef other\n")
    (repository.root / "c.toy").unlink()
    third = repository.run()
    assert third.summary["stale"]["counts"] == {**said, "files": 3, "tables": ["metrics", "diagnostics"]}
    assert third.held is not None
    paths = {row["file_path"] for part in third.held.scan("findings") for row in part.to_pylist()}
    assert paths == {None, "a.toy", "b.toy", "d.toy"}
    fourth = repository.run(())
    assert fourth.summary["stale"] == {}
    assert fourth.summary["mode_run"] == "incremental", fourth.summary["mode_reason"]
    assert "refreshed" in fourth.summary["mode_reason"]
    assert repository.differing(fourth) == []
    assert not repository.run(()).changed


def test_a_refresh_takes_in_what_changed_and_what_the_stage_reads(repository: Repository) -> None:
    repository.run()
    repository.write("a", "def a\ndef more\n")
    repository.run()
    repository.write("d", "def d\ndef more\n")
    result = repository.run(("twice",))
    assert sorted(result.summary["stale"]) == ["analyzer:names"]
    assert repository.differing(result) == ["findings"]
    assert repository.differing(repository.run(("names",))) == []


def test_a_refresh_of_what_nothing_changed_for_only_clears_the_mark(repository: Repository) -> None:
    repository.run()
    repository.write("a", "def a\ndef more\n")
    repository.run()
    repository.write("a", "def a\n")
    assert repository.run().summary["stale"]["counts"]["files"] == 1
    result = repository.run(())
    assert result.summary["stale"] == {}
    assert repository.differing(result) == []


def test_what_something_reads_that_is_not_lazy_is_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", "none")

    class Now(Twice):
        lazy: ClassVar[bool] = False

    repository = Repository(tmp_path, [Counts(), Now()], [])
    repository.run()
    repository.write("a", "def a\ndef more\n")
    result = repository.run()
    assert result.summary["stale"] == {}
    assert repository.differing(result) == []


def test_rows_of_no_file_stay_beside_others_that_are_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGRAPH_PLUGINS", "none")

    class Live(Twice):
        name: ClassVar[str] = "live"
        inputs: ClassVar = ("ir",)
        lazy: ClassVar[bool] = False
        reads: ClassVar = {"nodes": ("id", "file_path")}
        ran: ClassVar[list[str]] = []

        def run(self, context: StageContext) -> Iterator[TableBatch]:
            self.ran.append(self.name)
            rows = [row for part in context.read("ir", "nodes") for row in part.to_pylist() if row["file_path"]]
            yield (
                "metrics",
                batch("metrics", [{"node_id": row["id"], "name": "live", "value": len(rows)} for row in rows]),
            )

    repository = Repository(tmp_path, [Counts(), Live()], [Names()])

    def metrics(result: RunResult) -> dict[str, set[float]]:
        assert result.held is not None
        found: dict[str, set[float]] = {}
        for row in (row for part in result.held.scan("metrics") for row in part.to_pylist()):
            found.setdefault(row["name"], set()).add(row["value"])
        return found

    (before,) = metrics(repository.run())["count"]
    repository.write("a", "def a\ndef more\n")
    second = repository.run()
    assert metrics(second) == {"count": {before}, "live": {before + 1}}
    assert second.summary["mode_run"] == "incremental", second.summary["mode_reason"]
    Live.ran.clear()
    third = repository.run(())
    assert third.summary["mode_run"] == "incremental", third.summary["mode_reason"]
    assert Live.ran == ["live"]  # metrics are written anew together
    assert repository.differing(third) == []


def test_only_what_can_be_told_apart_is_left() -> None:
    class Edges(Counts):
        name: ClassVar[str] = "edges"
        outputs: ClassVar = ()
        tables: ClassVar = ("edges",)

    class Reader(Names):
        lazy: ClassVar[bool] = False
        reads: ClassVar = {"metrics": ("value",)}

    assert lazy.lazy_of([Counts(), Edges()], [Names()]) == {
        "counts": ("metrics", "diagnostics"),
        "analyzer:names": ("findings",),
    }
    assert lazy.lazy_of([Counts()], [Reader()]) == {}


def test_a_refresh_names_what_there_is(repository: Repository) -> None:
    repository.run()
    with pytest.raises(IndexingError, match="'count'") as caught:
        repository.run(("count",))
    assert caught.value.code == "stage-unknown"


def test_a_graph_says_what_is_stale_and_refreshes_it(repository: Repository) -> None:
    graph = CodeGraph(config=repository.config, plugins=(repository.plugin,))
    first = graph.index().execute()
    repository.write("a", "def a\ndef more\n")
    with graph.index().execute() as result:
        (stale,) = result.stale("findings")
        assert (stale.stage, stale.since, stale.files) == ("analyzer:names", first.snapshot_id, 1)
        with graph.open() as opened:
            assert [each.stage for each in opened.stale("metrics")] == ["counts", "twice"]
            assert opened.stale("nodes") == ()
            assert [each.stage for each in opened.refresh_stale("twice").stale()] == ["analyzer:names"]
        assert result.refresh_stale().stale() == ()
        assert {row.value for row in result.metrics().filter(name="count")} == {len(list(result.nodes()))}
    with graph.session() as session, pytest.raises(StorageError, match="session"):
        session.refresh_stale()
    first.close()


def test_the_command_line_refreshes_and_says_what_is_older(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert main(["index", str(tmp_path), "--refresh", "--quiet"]) == 0
    assert main(["status", "--root", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stale_rows"] == {}
    lines = left_lines({"page-rank": {"since": "17_ab_0000", "files": 3, "tables": ["metrics"]}})
    assert lines[1:] == ["  page-rank: of 17_ab_0000, 3 file(s) changed since (metrics)"]


@pytest.mark.parametrize("number", range(3))
def test_a_refresh_gives_the_rows_of_a_full_build_after_any_changes(repository: Repository, number: int) -> None:
    chance, asked = random.Random(number), [(), ("counts",), ("twice",), ("names",), ("names", "twice")]
    repository.run()
    for step in range(12):
        name = chance.choice("abcdef")
        path = repository.root / f"{name}.toy"
        if chance.random() < 0.3:
            path.unlink(missing_ok=True)
        else:
            repository.write(name, "".join(f"def {name}{i}\n" for i in range(chance.randint(0, 4))) + "# \n" * step)
        refresh = chance.choice([None, None, *asked])
        result = repository.run(refresh)
        left = {table for said in result.summary["stale"].values() for table in said["tables"]}
        assert {*repository.differing(result)} <= left, (step, refresh)
    result = repository.run(())
    assert result.summary["stale"] == {}
    assert repository.differing(result) == []
