"""The SDK's levels as the contract writes them, over a real repository and the real store."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph, IndexingConfig, IndexResult, Node
from codegraph.plugins import CustomAnalyzer
from codegraph_hookspecs import CodeGraphError, ConfigError, IRDocument, PluginError, QueryError, StorageError


class MyAnalyzer(CustomAnalyzer):
    """As in the contract."""

    def analyze(self, ir_document: IRDocument) -> Iterator[Mapping[str, object]]:
        assert isinstance(ir_document, IRDocument)
        for row in ir_document.rows("nodes"):
            if row["kind"] == "class":
                yield {"type": "custom_warning", "message": f"class {row['name']}", "node_id": row["id"]}


def names(rows: Any) -> list[str]:
    return sorted(row.name for row in rows)


@pytest.mark.parametrize(("wrong", "remedy"), [(3, "pathlib"), (b"here", "pathlib")])
def test_what_is_no_path_is_named_before_anything_is_read(wrong: Any, remedy: str) -> None:
    with pytest.raises(ConfigError, match=type(wrong).__name__) as caught:
        CodeGraph().index(wrong)
    assert remedy in caught.value.context["remedy"]


def test_a_configuration_in_the_place_of_a_path_is_told_where_it_goes(repository: Path) -> None:
    with pytest.raises(ConfigError, match="not IndexingConfig") as caught:
        CodeGraph().index(IndexingConfig(root_path=repository))  # type: ignore[arg-type]
    assert "CodeGraph(config=" in caught.value.context["remedy"]


# -- L1 to L4 --------------------------------------------------------------------------------------


def test_level_1_index_and_stream(repository: Path) -> None:
    cg = CodeGraph()
    result = cg.index(repository)
    kinds = set()
    for node in result.nodes():
        assert isinstance(node, Node)
        kinds.add(node.kind)
    assert {"module", "class", "method", "function", "import"} <= kinds


def test_level_2_options_then_queries(repository: Path) -> None:
    result = CodeGraph().index(str(repository)).parallel(workers=1).backend("python").mode("full").execute()
    functions = (
        result.query()
        .nodes()
        .filter(kind="function", language="python")
        .order_by("complexity", descending=True)
        .limit(10)
        .execute()
    )
    assert [function.name for function in functions] == ["f", "g"]
    assert result.summary["files"]["seen"] == 3
    assert result.snapshot_id == result.summary["snapshot_id"]


def test_level_3_a_configuration(repository: Path, tmp_path: Path) -> None:
    config = IndexingConfig(
        root_path=repository,
        mode="incremental",
        parallel_workers=2,
        enable_taint=True,
        enable_smt=True,
        taint_rules_path=tmp_path,
        cache_dir=tmp_path / "cache",
        file_watcher=True,
    )
    result = CodeGraph(config=config).index()
    assert names(result.query().nodes().filter(name="g", kind="function")) == ["g"]
    assert (tmp_path / "cache").is_dir()
    assert not (repository / ".codegraph").exists()
    with pytest.raises(PluginError) as caught:
        result.query().taint_flows().filter(severity="critical", vulnerability_type="CWE-89").execute()
    assert caught.value.code == "not-installed"


def test_level_4_an_analyzer_registered_before_the_run(repository: Path) -> None:
    cg = CodeGraph()
    cg.register_analyzer(MyAnalyzer())
    result = cg.index(repository)
    found = result.custom_results("custom_warning")
    assert [(finding.message, finding.analyzer) for finding in found] == [("class Job", "my-analyzer")]
    assert result.custom_results("other") == []


def test_level_4_an_analyzer_registered_after_the_run(repository: Path) -> None:
    cg = CodeGraph()
    result = cg.index(repository).execute()
    first = result.snapshot_id
    assert result.custom_results("custom_warning") == []
    cg.register_analyzer(MyAnalyzer())
    assert len(result.custom_results("custom_warning")) == 1
    assert result.snapshot_id != first


def test_an_analyzer_without_a_version_is_never_skipped(repository: Path) -> None:
    class Versioned(MyAnalyzer):
        name = "my-analyzer"
        version = "2"

    def run(analyzer: CustomAnalyzer) -> bool:
        cg = CodeGraph()
        cg.register_analyzer(analyzer)
        return cg.index(repository).execute().changed

    assert [run(MyAnalyzer()), run(MyAnalyzer())] == [True, True]
    assert [run(Versioned()), run(Versioned())] == [True, False]


def test_what_is_no_analyzer_is_refused() -> None:
    for wrong in (MyAnalyzer, object(), "name"):
        with pytest.raises(PluginError) as caught:
            CodeGraph().register_analyzer(wrong)  # type: ignore[type-var]
        assert caught.value.code == "analyzer-invalid"


@pytest.mark.parametrize("option", ["with_taint", "with_repomap", "with_clone_detection", "with_embeddings"])
def test_a_missing_plugin_is_named_at_the_call_before_anything_runs(repository: Path, option: str) -> None:
    result = CodeGraph().index(repository)
    with pytest.raises(CodeGraphError) as caught:
        getattr(result, option)()
    assert isinstance(caught.value, PluginError)
    assert caught.value.code == "not-installed"
    assert option in caught.value.message
    assert "codegraph plugins list" in caught.value.remedy
    assert not result.executed


def test_an_installed_plugin_is_enabled_with_its_settings(repository: Path) -> None:
    from codegraph_hookspecs import PluginInfo, hookimpl

    class Taint:
        @hookimpl
        def codegraph_plugin_info(self) -> PluginInfo:
            return PluginInfo(name="taint", version="1")

    result = CodeGraph(plugins=[Taint()]).index(repository).with_taint(depth=3)
    assert result.config.plugins["taint"] == {"depth": 3}


# -- laziness and sharing --------------------------------------------------------------------------


def test_nothing_runs_before_it_is_needed_and_then_once(repository: Path) -> None:
    events: list[str] = []
    cg = CodeGraph(on_event=lambda event: events.append(event.kind))
    result = cg.index(repository)
    assert not events
    assert not (repository / ".codegraph").exists()
    assert result.execute() is result
    result.nodes().count()
    assert events.count("committed") == 1


def test_options_leave_the_result_they_are_called_on_as_it_was(repository: Path) -> None:
    result = CodeGraph().index(repository, parallel_workers=1)
    other = result.parallel(workers=2)
    assert (result.config.parallel_workers, other.config.parallel_workers) == (1, 2)
    result.config.mode = "full"
    assert result.config.mode == "smart"
    other.execute()
    assert not result.executed


def test_wrong_options_fail_at_the_call(repository: Path) -> None:
    with pytest.raises(ConfigError):
        CodeGraph().index(repository / "missing")
    with pytest.raises(ConfigError, match="parallel_workers"):
        CodeGraph().index(repository, paralel_workers=1)
    with pytest.raises(ConfigError):
        CodeGraph().index(repository).mode("fast")
    with pytest.raises(ConfigError):
        CodeGraph().index(repository).parallel(workers=0)


def test_a_lazy_result_remembers_where_it_was_made(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    here, relative = CodeGraph().index(), CodeGraph().index("pkg")
    monkeypatch.chdir("/")
    assert here.summary["files"]["seen"] == 3
    assert relative.summary["files"]["seen"] == 3


def test_threads_share_one_run(repository: Path) -> None:
    events: list[str] = []
    result = CodeGraph(on_event=lambda event: events.append(event.kind)).index(repository)
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(result.nodes().count())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(counts)) == 1
    assert len(counts) == 4
    assert events.count("committed") == 1


# -- snapshots -------------------------------------------------------------------------------------


def test_a_result_keeps_its_snapshot_while_others_are_committed(repository: Path) -> None:
    result = CodeGraph().index(repository).execute()
    before = result.nodes().execute()
    for number in range(3):
        (repository / "pkg/b.py").write_text(f"def h{number}(): pass\n")
        CodeGraph().index(repository).execute()
    assert result.nodes().execute() == before
    assert names(CodeGraph().query(repository).nodes().filter(kind="function")) == ["f", "h2"]


def test_a_query_outlives_the_result_it_came_from(repository: Path) -> None:
    query = CodeGraph().index(repository).query().nodes().filter(kind="class")
    gc.collect()
    assert names(query) == ["Job"]


def test_open_reads_without_indexing(repository: Path) -> None:
    made = CodeGraph().index(repository).execute()
    (repository / "pkg/c.py").write_text("def new(): pass\n")
    with CodeGraph().open(repository) as graph:
        assert graph.snapshot_id == made.snapshot_id
        assert graph.summary["files"]["seen"] == 3
        assert graph.summary["snapshot_id"] == graph.snapshot_id
        assert not graph.nodes().filter(name="new").exists()
        assert graph.errors == made.errors
    with pytest.raises(StorageError) as caught:
        graph.nodes().count()
    assert caught.value.code == "snapshot-closed"
    by_id = CodeGraph().open(repository, snapshot_id=made.snapshot_id)
    assert by_id.snapshot_id == made.snapshot_id


def test_opening_what_was_never_indexed_says_how_to_index(repository: Path) -> None:
    with pytest.raises(StorageError) as caught:
        CodeGraph().open(repository)
    assert caught.value.code == "store-missing"
    assert not caught.value.is_retryable()
    assert not (repository / ".codegraph").exists()


def test_leaving_a_result_closes_it(repository: Path) -> None:
    with CodeGraph().index(repository) as result:
        assert result.nodes().exists()
        nodes = result.nodes()
    with pytest.raises(StorageError):
        nodes.count()


# -- graph helpers ---------------------------------------------------------------------------------


def test_symbols_callers_and_modules_of_a_real_repository(repository: Path) -> None:
    result = CodeGraph().index(repository)
    (g,) = [node for node in result.find_symbol("g") if node.kind == "function"]
    assert names(result.nodes().filter(id=g.id).callers()) == ["f"]
    assert names(result.nodes().filter(id=g.id).callers(depth=None)) == ["f", "g", "run"]
    (view,) = result.show("b.g")
    assert view.source_state == "ok"
    assert view.source is not None
    assert view.source.startswith("def g(x):")
    assert [(r.node.name if r.node else "", r.edge.resolver != "") for r in view.callees] == [("f", True)]
    with pytest.raises(QueryError) as caught:
        result.show("nothing.here")
    assert caught.value.code == "symbol-unknown"
    assert [[m.fqn for m in cycle] for cycle in result.module_graph().cycles()] == [["pkg", "pkg.a", "pkg.b"]]


def test_every_table_of_a_real_repository_streams_typed_rows(repository: Path) -> None:
    result = CodeGraph().index(repository)
    tables = (result.nodes(), result.edges(), result.call_sites(), result.imports(), result.files(), result.metrics())
    for query in tables:
        rows = list(query)
        assert rows
        assert len(rows) == query.count()
        assert all(type(row).from_dict(row.to_dict()) == row for row in rows)
        assert [row.to_dict() for row in rows] == [row.to_dict() for row in query.execute()]
    assert all(row.code for row in result.diagnostics())


def test_calls_are_nodes_when_their_kind_is_asked_for(repository: Path) -> None:
    result = CodeGraph().index(repository)
    calls = result.nodes().filter(kind="call")
    assert calls.count() == result.call_sites().count() == 4
    assert names(calls.filter(language="python", file_path="pkg/a.py")) == ["f", "g", "getcwd"]
    sites = {site.id: site for site in result.call_sites()}
    for call in calls:
        site = sites[call.id]
        assert (call.parent_id, call.file_path, call.start_line) == (
            site.caller_id,
            site.file_path,
            site.span.start_line,
        )
        assert call.name == site.callee_text.rpartition(".")[2]
        assert call.fqn.startswith("pkg.")
        assert call.modifiers == ()
    assert names(result.nodes().filter(kind=["call", "class"], name__in=["Job", "f"])) == ["Job", "f", "f"]
    assert not result.nodes().filter(name="getcwd", kind="function").exists()
    assert calls.explain().access == "scan of call_sites"
    assert {node.kind for node in result.nodes()}.isdisjoint({"call"})


# -- async -----------------------------------------------------------------------------------------


def test_awaiting_a_result_runs_it(repository: Path) -> None:
    async def run() -> None:
        lazy = CodeGraph().index(repository)
        assert await lazy is lazy
        assert lazy.executed
        result = await CodeGraph().aindex(repository)
        assert isinstance(result, IndexResult)
        async with await CodeGraph().aopen(repository) as graph:
            assert [node.id async for node in graph.nodes()] == [node.id for node in result.nodes()]
            assert max([batch.num_rows async for batch in graph.nodes().astream(5)]) == 5

    asyncio.run(run())


def test_cancelling_the_task_cancels_the_run_and_keeps_the_old_snapshot(repository: Path) -> None:
    before = CodeGraph().index(repository).execute().snapshot_id
    started, stopped = threading.Event(), threading.Event()

    def on_event(event: Any) -> None:
        if event.kind == "stage_started" and event.stage == "parse":
            started.set()
            stopped.wait(60)

    async def run() -> None:
        task = asyncio.create_task(CodeGraph(on_event=on_event).aindex(repository, mode="full"))
        await asyncio.to_thread(started.wait, 60)
        task.cancel()
        await asyncio.sleep(0)
        stopped.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert CodeGraph().open(repository).snapshot_id == before


def test_an_error_in_an_awaited_run_reaches_the_caller(repository: Path) -> None:
    async def run() -> None:
        result = CodeGraph().index(repository)
        (repository / ".codegraph").write_text("in the way")
        with pytest.raises(CodeGraphError):
            await result

    asyncio.run(run())
