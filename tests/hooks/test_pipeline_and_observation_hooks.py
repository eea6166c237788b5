"""Hooks that change the pipeline or watch the run."""

import pytest

from codegraph import CodeGraphError
from codegraph_hookspecs import Stage, StageEvent, hookimpl
from tests.unit.indexing.fakes import Plugin, batch


class Adding(Stage):
    name = "adding"
    layer = "L2"
    tables = ("metrics",)

    def run(self, context):
        yield "metrics", batch("metrics", [{"node_id": "a@toy", "name": "n", "value": 1.0}])


class Failing(Adding):
    name = "failing"

    def run(self, context):
        raise RuntimeError("no")


class Watcher:
    """Notes what it is told, in order."""

    def __init__(self):
        self.seen = []

    @hookimpl
    def codegraph_stage_started(self, event):
        self.seen.append(("started", event))

    @hookimpl
    def codegraph_stage_finished(self, event):
        self.seen.append(("finished", event))

    @hookimpl
    def codegraph_stage_failed(self, event):
        self.seen.append(("failed", event))

    @hookimpl
    def codegraph_snapshot_committed(self, snapshot_id, summary):
        self.seen.append(("committed", (snapshot_id, summary)))

    @hookimpl
    def codegraph_alert(self, error):
        self.seen.append(("alert", error))

    def told(self, what, stage=None):
        return [
            value
            for kind, value in self.seen
            if kind == what and (stage is None or (isinstance(value, StageEvent) and value.stage == stage))
        ]


def stages_of(summary):
    return set(summary["seconds"]["stages"])


def test_codegraph_modify_pipeline_has_the_last_word(index):
    class Replaces:
        @hookimpl
        def codegraph_modify_pipeline(self, pipeline):
            pipeline.remove("failing")
            pipeline.add(Adding())

    summary = index(Plugin("stages", stages=[Failing()]), Replaces()).summary
    assert "adding" in stages_of(summary)
    assert summary["errors"] == []


def test_codegraph_modify_pipeline_of_a_plugin_that_raises_is_undone(index):
    class Destroys:
        @hookimpl
        def codegraph_modify_pipeline(self, pipeline):
            pipeline.remove("adding")
            raise RuntimeError("half way")

    result = index(Plugin("stages", stages=[Adding()]), Destroys())
    assert "adding" in stages_of(result.summary)
    assert [error["code"] for error in result.errors] == ["plugin-hook-failed"]


def test_codegraph_modify_pipeline_of_plugins_runs_by_name_between_first_and_last(index):
    order = []

    def noting(label, **options):
        def change(self, pipeline):
            order.append(label)

        hook = hookimpl(change, specname="codegraph_modify_pipeline", **options)
        return type(label, (), {"codegraph_modify_pipeline": hook})()

    index(noting("B"), noting("Last", trylast=True), noting("A"), noting("Z", tryfirst=True))
    assert order == ["Z", "A", "B", "Last"]


def test_codegraph_stage_started_is_told_before_each_stage(index):
    watcher = Watcher()
    index(Plugin("stages", stages=[Adding()]), watcher)
    kinds = [(kind, value.stage) for kind, value in watcher.seen if isinstance(value, StageEvent)]
    assert kinds.index(("started", "adding")) < kinds.index(("finished", "adding"))
    (event,) = watcher.told("started", "adding")
    assert (event.layer, event.error) == ("L2", None)
    assert event.run_id


def test_codegraph_stage_finished_is_told_the_rows(index):
    watcher = Watcher()
    index(Plugin("stages", stages=[Adding()]), watcher)
    (event,) = watcher.told("finished", "adding")
    assert dict(event.rows) == {"metrics": 1}
    assert event.seconds >= 0


def test_codegraph_stage_failed_is_told_the_error_and_the_run_goes_on(index):
    watcher = Watcher()
    result = index(Plugin("stages", stages=[Failing()]), watcher)
    (event,) = watcher.told("failed", "failing")
    assert (event.error["code"], event.error["category"]) == ("stage-failed", "permanent")
    assert watcher.told("finished", "failing") == []
    assert result.snapshot_id


def test_codegraph_snapshot_committed_is_told_the_snapshot_and_the_summary(index):
    watcher = Watcher()
    result = index(watcher)
    ((snapshot_id, summary),) = watcher.told("committed")
    assert snapshot_id == result.snapshot_id
    assert summary["files"]["seen"] == 1


def test_codegraph_snapshot_committed_that_fails_changes_nothing_about_it(index):
    class Refuses:
        @hookimpl
        def codegraph_snapshot_committed(self, snapshot_id):
            raise RuntimeError("too late")

    assert index(Refuses()).snapshot_id


def test_codegraph_alert_is_told_of_an_infrastructure_error(index, tmp_path):
    watcher = Watcher()
    cache = tmp_path / "cache"
    cache.write_text("a file where the store's folder should be")
    with pytest.raises(CodeGraphError) as caught:
        index(watcher)
    assert caught.value.category == "infrastructure"
    (error,) = watcher.told("alert")
    assert (error["code"], error["category"]) == (caught.value.code, "infrastructure")
