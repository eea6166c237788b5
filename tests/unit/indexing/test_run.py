"""The run as a whole, with a toy language: what ends up in the store, and what a failure costs."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from codegraph._internal.indexing import CancelToken, Event, Indexer, RunResult
from codegraph._internal.retry import RetryPolicy
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store import Store
from codegraph_hookspecs import (
    Analyzer,
    Change,
    CodeGraphError,
    ConfigError,
    ConflictError,
    Diagnostic,
    IndexingError,
    ParsedBatch,
    SourceFile,
    Stage,
    StageContext,
    StageEvent,
    StorageError,
    TableBatch,
    UpdateContext,
    hookimpl,
)
from tests.unit.indexing.fakes import Plugin, ToyParser, ToySession, batch, edge, node, pack, toy


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.toy").write_text("def f\ncall g\n")
    (folder / "sub/b.toy").write_text("def g\ncall f\ncall h\n")
    (folder / "README").write_text("no language\n")
    return folder


def run(root: Path, *plugins: object, **values: Any) -> RunResult:
    indexer_values = {key: values.pop(key) for key in ("on_event", "analyzers", "cancel") if key in values}
    config = IndexingConfig(**{"root_path": root, "parallel_workers": 1, **values})
    return Indexer(config, plugins=plugins or (toy(),), **indexer_values).run()


def rows(root: Path, table: str) -> list[dict[str, Any]]:
    with Store.open(root / ".codegraph", read_only=True) as store, store.snapshot() as snapshot:
        return [row for part in snapshot.scan(table) for row in part.to_pylist()]


def codes(result: RunResult) -> list[str]:
    return [error["code"] for error in result.errors]


class Links(Stage):
    name = "links"
    layer = "L3"
    outputs = ("links",)
    tables = ("edges", "call_sites")

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        for part in context.read("ir", "call_sites"):
            final = [{**row, "status": "resolved", "reason": None} for row in part.to_pylist()]
            yield "call_sites", batch("call_sites", final)
        yield "edges", batch("edges", [edge("e1", "a.f@toy", "sub.b.g@toy", file_path="a.toy")])


class TestRun:
    def test_files_nodes_and_provisional_call_sites_are_stored(self, root: Path) -> None:
        result = run(root)
        assert [row["path"] for row in rows(root, "files")] == ["a.toy", "sub/b.toy"]
        assert sorted(row["id"] for row in rows(root, "nodes")) == ["a.f@toy", "a@toy", "sub.b.g@toy", "sub.b@toy"]
        assert {row["status"] for row in rows(root, "call_sites")} == {"unresolved"}
        summary = result.summary
        assert summary["files"] == {
            "seen": 2, "ok": 2, "degraded": 0, "skipped": 0, "failed": 0, "by_language": {"toy": 2},
        }  # fmt: skip
        assert (summary["lines"], summary["other_files"], summary["nodes"]["total"]) == (5, 1, 4)
        assert summary["nodes"]["by_kind"] == {"function": 2, "module": 2}
        assert summary["call_sites"] == {"total": 3, "resolved": 0, "external": 0, "unresolved": 3, "dynamic": 0}
        assert summary["backend"] == "toy-parser"
        assert set(summary) >= {
            "snapshot_id", "root", "mode", "backend", "files", "lines", "nodes", "edges", "call_sites", "imports",
            "seconds", "peak_rss_bytes", "errors",
        }  # fmt: skip
        assert set(summary["seconds"]) == {"wall", "cpu", "stages"}

    def test_a_resolving_stage_replaces_the_provisional_call_sites(self, root: Path) -> None:
        result = run(root, toy(stages=[Links()]))
        assert {row["status"] for row in rows(root, "call_sites")} == {"resolved"}
        assert len(rows(root, "call_sites")) == 3
        assert result.summary["edges"] == {"total": 1, "by_kind": {"calls": 1}, "by_resolver": {"test": 1}}

    def test_two_workers_give_the_same_rows_in_the_same_order(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("codegraph._internal.indexing.chunks.CHUNK_FILES", 3)
        for number in range(20):
            (root / f"m{number}.toy").write_text(f"def f{number}\ncall f\n")
        run(root, mode="full", parallel_workers=1)
        one = [(row["id"], row["file_path"]) for row in rows(root, "nodes")]
        run(root, mode="full", parallel_workers=4)
        assert [(row["id"], row["file_path"]) for row in rows(root, "nodes")] == one

    def test_a_repository_without_known_files_gives_an_empty_snapshot(self, tmp_path: Path) -> None:
        (tmp_path / "x.txt").write_text("")
        result = run(tmp_path)
        assert (result.summary["files"]["seen"], result.summary["other_files"], result.errors) == (0, 1, ())

    def test_events_tell_the_run_in_order(self, root: Path) -> None:
        events: list[Event] = []
        run(root, toy(stages=[Links()]), on_event=events.append)
        told = [(event.kind, event.stage) for event in events]
        assert told == [
            ("discovered", "discover"), ("stage_started", "parse"), ("progress", "parse"), ("stage_finished", "parse"),
            ("stage_started", "links"), ("stage_finished", "links"), ("committed", "commit"),
        ]  # fmt: skip
        progress = events[2]
        assert (progress.done, progress.total, progress.unit) == (2, 2, "files")

    def test_observers_hear_of_stages_and_the_commit(self, root: Path) -> None:
        heard: list[tuple[str, str]] = []

        class Observer:
            @hookimpl
            def codegraph_stage_started(self, event: StageEvent) -> None:
                heard.append(("started", event.stage))

            @hookimpl
            def codegraph_stage_finished(self, event: StageEvent) -> None:
                heard.append(("finished", f"{event.stage} {dict(event.rows)}"))

            @hookimpl
            def codegraph_snapshot_committed(self, snapshot_id: str, summary: Mapping[str, Any]) -> None:
                heard.append(("committed", summary["snapshot_id"]))

        result = run(root, toy(stages=[Links()]), Observer())
        assert heard[2:] == [
            ("started", "links"),
            ("finished", "links {'call_sites': 3, 'edges': 1}"),
            ("committed", result.snapshot_id),
        ]

    def test_the_cache_is_not_indexed_wherever_it_is(self, root: Path) -> None:
        run(root, cache_dir=root / "cache")
        (root / "cache/x.toy").write_text("def x\n")
        result = run(root, cache_dir=root / "cache", mode="full")
        assert result.summary["files"]["seen"] == 2

    def test_spilling_to_disk_changes_nothing(self, root: Path) -> None:
        first = run(root, toy(stages=[Links()]), mode="full")
        expected = rows(root, "call_sites")
        for number in range(200):
            (root / f"m{number}.toy").write_text("def f\n" + "call g\n" * 200)
        result = run(root, toy(stages=[Links()]), mode="full", memory_budget_bytes=1024 * 1024)
        assert result.summary["spilled_bytes"] > 0
        assert first.summary["spilled_bytes"] == 0
        assert [row for row in rows(root, "call_sites") if row["file_path"] in ("a.toy", "sub/b.toy")] == expected
        assert not any((root / ".codegraph/tmp").glob("spool-*"))


class TestStages:
    def test_a_failed_stage_costs_its_own_rows_and_its_dependants(self, root: Path) -> None:
        class Broken(Links):
            def run(self, context: StageContext) -> Iterator[TableBatch]:
                yield from super().run(context)
                raise RuntimeError("in the middle")

        class After(Stage):
            name, layer, inputs = "after", "L4", ("links",)

        class Other(Stage):
            name, layer, tables = "other", "L5", ("metrics",)

            def run(self, context: StageContext) -> Iterable[TableBatch]:
                return [("metrics", batch("metrics", [{"node_id": "a@toy", "name": "m", "value": 1.0}]))]

        events: list[Event] = []
        plugins = (
            toy(),
            Plugin("broken", stages=[Broken()]),
            Plugin("after", stages=[After()]),
            Plugin("o", stages=[Other()]),
        )
        result = run(root, *plugins, on_event=events.append)
        assert rows(root, "edges") == []
        assert {row["status"] for row in rows(root, "call_sites")} == {"unresolved"}
        assert len(rows(root, "metrics")) == 1
        assert codes(result) == ["stage-failed", "stage-failed", "stage-skipped"]
        assert [event.stage for event in events if event.kind == "plugin_disabled"] == ["broken"]
        diagnostics = {(row["stage"], row["code"]) for row in rows(root, "diagnostics")}
        assert {("links", "stage-failed"), ("after", "stage-skipped")} <= diagnostics

    @pytest.mark.parametrize("ends_well", [True, False])
    def test_rows_stored_while_their_stage_runs_are_taken_back_when_it_fails(self, root: Path, ends_well: bool) -> None:
        class Ahead(Links):
            """Its rows are stored as they come, since it updates itself."""

            def update(self, context: UpdateContext, change: Change) -> Iterable[TableBatch] | None:
                return None

            def run(self, context: StageContext) -> Iterator[TableBatch]:
                for number in range(20):  # more than may wait: some are stored
                    yield "nodes", batch("nodes", [node(f"n{number}@toy", name=f"n{number}")])
                    yield "edges", batch("edges", [edge(f"x{number}", f"n{number}@toy", f"gone{number}")])
                yield from super().run(context)
                if not ends_well:
                    raise RuntimeError("at the end")

            tables = ("nodes", "edges", "call_sites")

        found = []
        for workers in (1, 2):
            result = run(root, toy(), Plugin("ahead", stages=[Ahead()]), mode="full", parallel_workers=workers)
            tables = {table: rows(root, table) for table in ("nodes", "edges", "call_sites")}
            for row in tables["nodes"]:
                row["version"] = ""  # the snapshot's own
            counted = {name: result.summary[name] for name in ("nodes", "edges", "call_sites", "imports")}
            found.append((tables, counted, codes(result)))
        assert found[0] == found[1]
        names = {row["name"] for row in found[1][0]["nodes"]}
        assert ({f"n{number}" for number in range(20)} <= names) == ends_well
        assert found[1][1]["nodes"]["total"] == len(found[1][0]["nodes"])

    @pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), MemoryError(), RecursionError()])
    def test_whatever_a_stage_raises_stays_its_own(self, root: Path, error: BaseException) -> None:
        class Broken(Links):
            def run(self, context: StageContext) -> Iterator[TableBatch]:
                raise error

        result = run(root, toy(), Plugin("broken", stages=[Broken()]))
        assert "stage-failed" in codes(result)
        assert result.summary["files"]["ok"] == 2

    def test_ctrl_c_in_the_callers_thread_ends_the_run_and_is_no_stages_failure(self, root: Path) -> None:
        class Interrupted(Links):
            def run(self, context: StageContext) -> Iterator[TableBatch]:
                signal.raise_signal(signal.SIGINT)
                yield from super().run(context)

        previous = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with pytest.raises(KeyboardInterrupt):
                run(root, toy(), Plugin("interrupted", stages=[Interrupted()]), isolation="none")
        finally:
            signal.signal(signal.SIGINT, previous)

    def test_a_stage_past_its_deadline_is_given_up(self, root: Path) -> None:
        release, ended = threading.Event(), []

        class Slow(Links):
            timeout_s = 0.3

            def run(self, context: StageContext) -> Iterator[TableBatch]:
                release.wait(60)
                ended.append(1)
                yield from super().run(context)

        result = run(root, toy(), Plugin("slow", stages=[Slow()]))
        assert ended == []
        release.set()
        assert codes(result)[0] == "stage-timeout"
        assert rows(root, "edges") == []

    def test_a_malformed_batch_is_dropped_and_reported_and_the_rest_kept(self, root: Path) -> None:
        class Sloppy(Stage):
            name, layer, tables = "sloppy", "L3", ("edges", "metrics")

            def run(self, context: StageContext) -> Iterator[TableBatch]:
                yield (
                    "metrics",
                    batch("metrics", [{"node_id": "a@toy", "name": "m", "value": 1.0}]).drop_columns(["name"]),
                )
                yield "edges", batch("edges", [edge("e", "a.f@toy", "a@toy")])

        result = run(root, toy(stages=[Sloppy()]))
        assert codes(result) == ["batch-schema"]
        assert len(rows(root, "edges")) == 1
        assert [row["code"] for row in rows(root, "diagnostics")] == ["batch-schema"]

    @pytest.mark.parametrize(
        ("yielded", "code"), [(("nodes", None), "stage-undeclared-table"), ("edges", "plugin-bad-result")]
    )
    def test_rows_that_were_not_declared_fail_the_stage(self, root: Path, yielded: Any, code: str) -> None:
        class Wrong(Stage):
            name, layer, tables = "wrong", "L3", ("edges",)

            def run(self, context: StageContext) -> Iterator[TableBatch]:
                yield yielded

        assert codes(run(root, toy(), Plugin("w", stages=[Wrong()])))[0] == code

    def test_an_artifact_must_be_declared_to_be_read(self, root: Path) -> None:
        class Nosy(Stage):
            name, layer, inputs = "nosy", "L3", ()

            def run(self, context: StageContext) -> Iterator[TableBatch]:
                yield from (("x", part) for part in context.read("ir", "nodes"))

        assert codes(run(root, toy(), Plugin("n", stages=[Nosy()])))[0] == "stage-undeclared-input"

    def test_edges_to_nowhere_and_double_ids_are_reported(self, root: Path) -> None:
        class Dangling(Stage):
            name, layer, tables = "dangling", "L3", ("edges", "nodes")

            def run(self, context: StageContext) -> Iterator[TableBatch]:
                yield "edges", batch("edges", [edge("e", "a.f@toy", "nobody@toy")])
                yield "nodes", batch("nodes", [node("a@toy")])

        assert codes(run(root, toy(stages=[Dangling()]))) == ["dangling-edges", "duplicate-node-ids"]

    def test_file_stages_get_every_batch_and_their_output_is_an_artifact(self, root: Path) -> None:
        class Lengths(Stage):
            name, layer, scope, outputs, tables = "lengths", "L2", "file", ("lengths",), ("metrics",)

            def run_batch(self, context: StageContext, batch_: ParsedBatch) -> Iterator[TableBatch]:
                found = batch_.tables["nodes"].to_pylist()
                yield (
                    "metrics",
                    batch("metrics", [{"node_id": row["id"], "name": "len", "value": 1.0} for row in found]),
                )

        class Sums(Stage):
            name, layer, inputs, tables = "sums", "L3", ("lengths",), ("metrics",)

            def run(self, context: StageContext) -> Iterator[TableBatch]:
                total = sum(part.num_rows for part in context.read("lengths", "metrics"))
                yield "metrics", batch("metrics", [{"node_id": "", "name": "sum", "value": float(total)}])

        class Late(Stage):
            name, layer, scope, inputs, tables = "late", "L4", "file", ("ir", "lengths"), ("metrics",)

            def run_batch(self, context: StageContext, batch_: ParsedBatch) -> Iterator[TableBatch]:
                seen = sum(part.num_rows for part in context.read("lengths", "metrics"))
                yield "metrics", batch("metrics", [{"node_id": "", "name": "late", "value": float(seen)}])

        result = run(root, toy(stages=[Lengths(), Sums(), Late()]))
        assert result.errors == ()
        values = [(row["name"], row["value"]) for row in rows(root, "metrics")]
        assert values == [("len", 1.0)] * 4 + [("sum", 4.0), ("late", 4.0)]

    def test_a_file_stage_that_raises_on_one_batch_gives_no_rows(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("codegraph._internal.indexing.chunks.CHUNK_FILES", 1)

        class Second(Stage):
            name, layer, scope, tables = "second", "L2", "file", ("metrics",)
            calls = 0

            def run_batch(self, context: StageContext, batch_: ParsedBatch) -> Iterator[TableBatch]:
                type(self).calls += 1
                if self.calls == 2:
                    raise ValueError("second batch")
                yield "metrics", batch("metrics", [{"node_id": "", "name": "x", "value": 1.0}])

        result = run(root, toy(), Plugin("s", stages=[Second()]))
        assert codes(result)[0] == "stage-failed"
        assert rows(root, "metrics") == []

    def test_reports_of_a_stage_become_diagnostics(self, root: Path) -> None:
        class Telling(Stage):
            name, layer = "telling", "L3"

            def run(self, context: StageContext) -> Iterable[TableBatch]:
                context.report(Diagnostic(code="odd", message="Odd.", file_path="a.toy"))
                return ()

        run(root, toy(stages=[Telling()]))
        assert [(row["stage"], row["code"], row["file_path"]) for row in rows(root, "diagnostics")] == [
            ("telling", "odd", "a.toy")
        ]


class TestCancel:
    def test_a_cancelled_run_leaves_the_old_snapshot(self, root: Path) -> None:
        first = run(root)
        token = CancelToken()

        class Endless(Stage):
            name, layer = "endless", "L3"

            def run(self, context: StageContext) -> Iterable[TableBatch]:
                token.cancel()
                while True:
                    context.check()
                    time.sleep(0.01)

        with pytest.raises(CodeGraphError) as caught:
            run(root, toy(stages=[Endless()]), mode="full", cancel=token)
        assert caught.value.code == "cancelled"
        with Store.open(root / ".codegraph", read_only=True) as store:
            head = store.head()
            assert head is not None
            assert head.id == first.snapshot_id

    def test_a_stage_that_does_not_check_is_left_behind(self, root: Path) -> None:
        token, release, ended = CancelToken(), threading.Event(), []

        class Deaf(Stage):
            name, layer = "deaf", "L3"

            def run(self, context: StageContext) -> Iterable[TableBatch]:
                token.cancel()
                release.wait(60)
                ended.append(1)
                return ()

        with pytest.raises(IndexingError):
            run(root, toy(stages=[Deaf()]), cancel=token)
        assert ended == []
        release.set()


class TestParsers:
    def test_each_language_gets_the_best_parser_that_supports_it(self, root: Path) -> None:
        (root / "z.oth").write_text("def z\n")
        (root / "a2.oth").write_text("def z\n")
        best = ToyParser("best", 100, ["toy"])
        rest = ToyParser("rest", 1, ["toy", "other"])
        result = run(root, Plugin("p", packs=[pack(), pack("other", ".oth")], parsers=[rest, best]))
        assert (best.parsed, rest.parsed) == (["a.toy", "sub/b.toy"], ["a2.oth", "z.oth"])
        assert [row["path"] for row in rows(root, "files")] == ["a.toy", "a2.oth", "sub/b.toy", "z.oth"]
        assert result.summary["backend"] == "best+rest"
        owners = [row["file_path"] for row in rows(root, "nodes")]
        assert owners == sorted(owners)

    @pytest.mark.parametrize("way", ["raise", "exit", "files", "schema", "nothing"])
    def test_a_parser_that_breaks_is_replaced_by_the_next(self, root: Path, way: str) -> None:
        class Session(ToySession):
            def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
                if way == "raise":
                    raise ValueError("boom")
                if way == "exit":
                    raise SystemExit(1)
                if way == "nothing":
                    return None  # type: ignore[return-value]
                tables = dict(super().parse(sources).tables)
                if way == "files":
                    tables["files"] = tables["files"].slice(1)
                else:
                    tables["nodes"] = tables["nodes"].drop_columns(["id"])
                return ParsedBatch(tables=tables)

        class Broken(ToyParser):
            def open(self, packs: Any, options: Any) -> Session:
                return Session(self)

        good = ToyParser("good", 1)
        result = run(root, toy(parsers=[good]), Plugin("b", parsers=[Broken("broken", 100)]))
        assert good.parsed == ["a.toy", "sub/b.toy"]
        assert result.summary["files"]["ok"] == 2
        assert len(rows(root, "nodes")) == 4
        assert result.summary["errors"]

    def test_files_that_no_parser_can_take_are_failed_and_say_so(self, root: Path) -> None:
        result = run(root, Plugin("p", packs=[pack()]))
        assert result.summary["files"]["failed"] == result.summary["files"]["seen"] == 2
        assert {row["code"] for row in rows(root, "diagnostics")} == {"no-parser"}

    def test_a_backend_that_is_not_installed_is_an_error(self, root: Path) -> None:
        for backend in ("rust", "both"):
            with pytest.raises(IndexingError) as caught:
                run(root, backend=backend)
            assert caught.value.code == "backend-unavailable"

    def test_a_language_that_is_not_installed_is_an_error(self, root: Path) -> None:
        with pytest.raises(ConfigError, match="'toy'"):
            run(root, languages=["toi"])

    def test_both_parsers_agree(self, root: Path) -> None:
        result = run(root, toy(parsers=[ToyParser("rust", 100), ToyParser("python", 10)]), backend="both")
        parity = result.summary["parity"]
        assert (parity["parsers"], parity["total_differences"], parity["rows"]["nodes"]) == (["rust", "python"], 0, 4)

    @pytest.mark.parametrize("way", ["value", "missing", "order"])
    def test_parsers_that_differ_fail_the_run_with_the_rows(self, root: Path, way: str) -> None:
        class Session(ToySession):
            def parse(self, sources: Sequence[SourceFile]) -> ParsedBatch:
                tables = dict(super().parse(sources).tables)
                found = tables["nodes"].to_pylist()
                if way == "value":
                    found[1]["name"] = "other"
                elif way == "missing":
                    del found[1]
                else:
                    found.reverse()
                tables["nodes"] = tables["nodes"].from_pylist(found, schema=tables["nodes"].schema)
                return ParsedBatch(tables=tables)

        class Different(ToyParser):
            def open(self, packs: Any, options: Any) -> Session:
                return Session(self)

        with pytest.raises(IndexingError) as caught:
            run(root, toy(parsers=[ToyParser("rust", 100), Different("python", 10)]), backend="both")
        assert caught.value.code == "parity-difference"
        parity = caught.value.context["parity"]
        assert parity["differences"]["nodes"] == (4 if way == "order" else 1)
        assert parity["first"][0]["table"] == "nodes"
        assert not (root / ".codegraph" / "head").exists()

    def test_a_stage_whose_engines_differ_fails_the_run(self, root: Path) -> None:
        class Comparing(Stage):
            name, layer, inputs, outputs, tables = "linker", "L3", ("ir",), ("links",), ("edges",)

            def run(self, context: StageContext) -> Iterator[TableBatch]:
                assert context.backend == "both"
                yield from ()
                raise IndexingError("They differ.", code="parity-difference", context={"parity": {}})

        with pytest.raises(IndexingError) as caught:
            run(
                root,
                toy(parsers=[ToyParser("rust", 100), ToyParser("python", 10)], stages=[Comparing()]),
                backend="both",
            )
        assert caught.value.code == "parity-difference"
        assert not (root / ".codegraph" / "head").exists()


class TestAnalyzers:
    def test_file_analyzers_get_documents_with_the_final_tables(self, root: Path) -> None:
        class Calls(Analyzer):
            name = "calls"

            def analyze(self, document: Any) -> Iterator[Mapping[str, object]]:
                for row in document.rows("call_sites"):
                    if row["status"] == "resolved":
                        yield {
                            "type": "call",
                            "message": str(row["callee_text"]),
                            "node_id": row["caller_id"],
                            "depth": 3,
                        }

        result = run(root, toy(stages=[Links()]), analyzers=[Calls()])
        found = rows(root, "findings")
        assert [(row["file_path"], row["message"], row["severity"]) for row in found] == [
            ("a.toy", "g", "medium"), ("sub/b.toy", "f", "medium"), ("sub/b.toy", "h", "medium"),
        ]  # fmt: skip
        assert found[0]["properties"] == '{"depth": 3}'
        assert len({row["id"] for row in found}) == 3
        assert result.summary["findings"] == {"total": 3, "by_severity": {"medium": 3}}

    def test_finding_ids_are_the_same_in_every_run_and_unique_among_equals(self, root: Path) -> None:
        class Twice(Analyzer):
            name, scope = "twice", "repo"

            def analyze(self, document: Any) -> Iterator[Mapping[str, object]]:
                for _ in range(2):
                    yield {"type": "t", "message": "same"}

        run(root, analyzers=[Twice()], mode="full")
        first = [row["id"] for row in rows(root, "findings")]
        run(root, analyzers=[Twice()], mode="full")
        assert [row["id"] for row in rows(root, "findings")] == first
        assert len(set(first)) == 2

    def test_repo_analyzers_read_every_public_table(self, root: Path) -> None:
        class Whole(Analyzer):
            name, scope = "whole", "repo"

            def analyze(self, document: Any) -> Iterator[Mapping[str, object]]:
                counts = {
                    table: sum(part.num_rows for part in document.read(table)) for table in ("files", "nodes", "edges")
                }
                yield {"type": "counts", "message": str(counts)}

        run(root, toy(stages=[Links()], analyzers=[Whole()]))
        assert rows(root, "findings")[0]["message"] == "{'files': 2, 'nodes': 4, 'edges': 1}"

    @pytest.mark.parametrize(
        "finding",
        [
            "text", {"message": "m"}, {"type": "t", "message": ""}, {"type": "t", "message": "m", "severity": "dire"},
            {"type": "t", "message": "m", "confidence": 2}, {"type": "t", "message": "m", "span": {"start_line": 0}},
            {"type": "t", "message": "m", "node_id": 5}, {"type": "t", "message": "m", "x": object()},
        ],
    )  # fmt: skip
    def test_a_malformed_finding_is_dropped_and_reported(self, root: Path, finding: Any) -> None:
        class Sloppy(Analyzer):
            name, scope = "sloppy", "repo"

            def analyze(self, document: Any) -> Iterable[Any]:
                return [finding, {"type": "t", "message": "good"}]

        result = run(root, analyzers=[Sloppy()])
        assert codes(result) == ["finding-malformed"]
        assert [row["message"] for row in rows(root, "findings")] == ["good"]

    def test_an_analyzer_that_raises_names_the_file_and_loses_only_its_own(self, root: Path) -> None:
        class Broken(Analyzer):
            name = "broken"

            def analyze(self, document: Any) -> Iterator[Mapping[str, object]]:
                yield {"type": "t", "message": "before"}
                raise ValueError("no")

        class Good(Analyzer):
            name = "good"

            def analyze(self, document: Any) -> Iterable[Mapping[str, object]]:
                return [{"type": "t", "message": "fine"}]

        result = run(root, toy(), Plugin("b", analyzers=[Broken()]), analyzers=[Good()])
        assert codes(result)[0] == "analyzer-failed"
        assert "a.toy" in result.errors[0]["message"]
        assert {row["analyzer"] for row in rows(root, "findings")} == {"good"}


class TestRetries:
    def test_transient_errors_are_tried_again_and_infrastructure_errors_once(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alerts: list[str] = []

        class Alarm:
            @hookimpl
            def codegraph_alert(self, error: Mapping[str, Any]) -> None:
                alerts.append(error["code"])

        for error, attempts in ((ConflictError("again"), 4), (StorageError("disk"), 2), (ConfigError("wrong"), 1)):
            tried: list[int] = []

            def fail(*_values: Any, error: CodeGraphError = error, tried: list[int] = tried, **_named: Any) -> None:
                tried.append(1)
                raise error

            monkeypatch.setattr(Store, "begin", fail)
            slept: list[float] = []
            config = IndexingConfig(root_path=root, mode="full")
            with pytest.raises(type(error)) as caught:
                Indexer(config, plugins=[toy(), Alarm()], sleep=slept.append).run()
            assert len(tried) == attempts
            assert caught.value.context.get("attempts", 1) == attempts
            assert sum(slept) >= {4: 7.0, 2: 1.0, 1: 0.0}[attempts]
        assert alerts == ["storage-failed"]

    def test_a_plugin_that_fails_in_the_second_attempt_is_told_once(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Broken(Links):
            def run(self, context: StageContext) -> Iterator[TableBatch]:
                raise ValueError("no")

        begin, failures = Store.begin, [ConflictError("first")]

        def sometimes(self: Store, **named: Any) -> Any:
            if failures:
                raise failures.pop()
            return begin(self, **named)

        monkeypatch.setattr(Store, "begin", sometimes)
        events: list[Event] = []
        config = IndexingConfig(root_path=root, mode="full")
        plugins = [toy(), Plugin("broken", stages=[Broken()])]
        Indexer(config, plugins=plugins, on_event=events.append, sleep=lambda _: None).run()
        assert [event.stage for event in events if event.kind == "plugin_disabled"] == ["broken"]

    def test_what_was_tried_again_is_in_the_summary(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        begin, failures = Store.begin, [ConflictError("first"), StorageError("second")]

        def sometimes(self: Store, **named: Any) -> Any:
            if failures:
                raise failures.pop(0)
            return begin(self, **named)

        monkeypatch.setattr(Store, "begin", sometimes)
        config = IndexingConfig(root_path=root, mode="full")
        indexer = Indexer(config, plugins=[toy()], sleep=lambda _: None, retry=RetryPolicy(infrastructure=2))
        retries = indexer.run().summary["retries"]
        assert [(retry["code"], retry["attempt"]) for retry in retries] == [
            ("commit-conflict", 1),
            ("storage-failed", 2),
        ]
        assert 1.0 <= retries[0]["delay_s"] <= 1.5

    def test_cancelling_ends_the_waiting(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_values: Any, **_named: Any) -> None:
            raise ConflictError("again")

        monkeypatch.setattr(Store, "begin", fail)
        token = CancelToken()
        config = IndexingConfig(root_path=root, mode="full")
        with pytest.raises(IndexingError) as caught:
            Indexer(config, plugins=[toy()], cancel=token, sleep=lambda _: token.cancel()).run()
        assert caught.value.code == "cancelled"
