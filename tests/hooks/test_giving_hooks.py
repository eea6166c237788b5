"""Hooks that give something: the kernel takes it, uses it, and refuses what is not it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from codegraph._internal.plugin_host.checks import hookspec_in_range
from codegraph_hookspecs import (
    HOOKSPEC_VERSION,
    Analyzer,
    ExplainedDefinition,
    PluginInfo,
    RulePack,
    Sink,
    Stage,
    hookimpl,
)
from tests.unit.indexing.fakes import Plugin, ToyParser, batch, pack


def plugin_with(hook, given):
    """Return a plugin whose one hook gives a value."""
    return type("Giving", (), {hook: hookimpl(lambda self: given, specname=hook)})()


def only_record(host):
    (record,) = host.plugins()
    return record


@pytest.fixture(
    params=[
        ("codegraph_languages", "languages"),
        ("codegraph_parsers", "parsers"),
        ("codegraph_stages", "stages"),
        ("codegraph_analyzers", "analyzers"),
        ("codegraph_rules", "rules"),
        ("codegraph_sinks", "sinks"),
        ("codegraph_executors", "executors"),
        ("codegraph_job_stores", "job_stores"),
        ("codegraph_embedders", "embedders"),
        ("codegraph_lowerings", "lowerings"),
        ("codegraph_explainers", "explainers"),
    ],
    ids=lambda pair: pair[0],
)
def giving(request):
    return request.param


def test_something_of_another_type_disables_the_plugin(giving, host):
    hook, method = giving
    loaded = host(plugin_with(hook, [object()]))
    assert getattr(loaded, method)() == []
    record = only_record(loaded)
    assert (record.state, record.code) == ("disabled", "plugin-bad-result")
    assert hook in record.reason


def test_an_exception_disables_that_plugin_alone(giving, host):
    hook, method = giving

    def refuse(self):
        raise RuntimeError("not today")

    broken = type("Broken", (), {hook: hookimpl(refuse, specname=hook)})()
    empty = plugin_with(hook, [])
    loaded = host(broken, empty)
    assert getattr(loaded, method)() == []
    states = {record.name: (record.state, record.code) for record in loaded.plugins()}
    assert states == {"Broken": ("disabled", "plugin-hook-failed"), "Giving": ("enabled", "")}


def test_codegraph_plugin_info_names_the_plugin_and_says_what_it_needs(host):
    info = PluginInfo(name="named", version="2.1", summary="One line.")
    loaded = host(plugin_with("codegraph_plugin_info", info))
    record = only_record(loaded)
    assert (record.name, record.version, record.summary, record.state) == ("named", "2.1", "One line.", "enabled")

    later = host(plugin_with("codegraph_plugin_info", PluginInfo(name="later", version="1", requires_hookspec=">=2")))
    assert only_record(later).code == "plugin-hookspec-mismatch"

    for minor in (0, 1, 3, 10, 99):  # a usual range is read without packaging, and means the same
        needed = f">=1.{minor},<2"
        assert hookspec_in_range(needed) is SpecifierSet(needed).contains(HOOKSPEC_VERSION)

    anonymous = host(plugin_with("codegraph_languages", []))
    assert (only_record(anonymous).name, only_record(anonymous).version) == ("Giving", "0")


def test_codegraph_languages_decides_which_files_are_indexed(index):
    assert index().summary["files"]["by_language"] == {"toy": 1}
    other = plugin_with("codegraph_languages", [pack("other", ".other")])
    base = [Plugin("parser", parsers=[ToyParser()]), other]
    assert index(base=base).summary["files"]["seen"] == 0


def test_codegraph_languages_refuses_two_packs_for_one_extension(host):
    loaded = host(Plugin("a", packs=[pack("one")]), Plugin("b", packs=[pack("two")]))
    assert [one.name for one in loaded.languages()] == ["one"]
    assert loaded.plugins()[1].code == "plugin-language-clash"


def test_codegraph_parsers_gives_the_parser_of_highest_priority(index):
    slow, fast = ToyParser("slow", 1), ToyParser("fast", 2)
    base = [Plugin("language", packs=[pack()]), Plugin("p", parsers=[slow]), Plugin("q", parsers=[fast])]
    assert index(base=base).summary["backend"] == "fast"
    assert (slow.parsed, fast.parsed) == ([], ["a.toy"])


class Counting(Stage):
    name = "counting"
    layer = "L2"
    tables = ("metrics",)

    def run(self, context):
        rows = sum(rows.num_rows for rows in context.read("ir", "nodes"))
        yield "metrics", batch("metrics", [{"node_id": "a@toy", "name": "nodes", "value": float(rows)}])


def test_codegraph_stages_run_and_their_rows_are_stored(index):
    summary = index(plugin_with("codegraph_stages", [Counting()])).summary
    assert "counting" in summary["seconds"]["stages"]


class Noting(Analyzer):
    name = "noting"

    def analyze(self, document):
        yield {"type": "noted", "message": document.file_path}


def test_codegraph_analyzers_make_findings(index):
    assert index(plugin_with("codegraph_analyzers", [Noting()])).summary["findings"]["total"] == 1


def test_codegraph_rules_gives_rule_packs_by_plugin(host, tmp_path):
    rules = RulePack(name="injection", kind="taint", path=tmp_path / "rules.yaml")
    assert host(plugin_with("codegraph_rules", [rules])).rules() == [rules]


class Null(Sink):
    name = "null"

    def write(self, snapshot, destination: Path, **options):
        return []


def test_codegraph_sinks_gives_sinks_by_name(host):
    sink = Null()
    loaded = host(plugin_with("codegraph_sinks", [sink]))
    assert loaded.sinks() == [sink]
    assert loaded.owner(sink) == "Giving"
    twice = host(plugin_with("codegraph_sinks", [Null(), Null()]))
    assert (twice.sinks(), only_record(twice).code) == ([], "plugin-name-clash")


class Threads:
    name = "threads"

    def map(self, function, tasks, *, workers):
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(function, tasks)

    def close(self):
        pass


def test_codegraph_executors_gives_executors_by_name(host):
    (executor,) = host(plugin_with("codegraph_executors", [Threads()])).executors()
    assert list(executor.map(str, [1, 2], workers=1)) == ["1", "2"]


class Jobs:
    name = "memory"

    def open(self, url):
        return {}


def test_codegraph_job_stores_gives_job_stores_by_name(host):
    (store,) = host(plugin_with("codegraph_job_stores", [Jobs()])).job_stores()
    assert store.open("memory:") == {}


class Ones:
    name = "ones"
    model = "ones"
    model_version = "1"
    dimensions = 1

    def embed(self, texts):
        return [[1.0] for _ in texts]


class Nothing:
    name = "nothing"
    version = "1"
    languages = ("toy",)

    def lower(self, pack, path, content):
        raise ValueError("nothing is lowered")


def test_codegraph_lowerings_gives_lowerings_by_name(host):
    (lowering,) = host(plugin_with("codegraph_lowerings", [Nothing()])).lowerings()
    with pytest.raises(ValueError, match="nothing"):
        lowering.lower(pack(), "a.toy", b"")


class Silent:
    name = "silent"
    languages = ("toy",)

    def explain(self, packs, files, caller, callee):
        return ()


def test_codegraph_explainers_gives_explainers_by_name(host):
    (explainer,) = host(plugin_with("codegraph_explainers", [Silent()])).explainers()
    module = ExplainedDefinition(path="a.toy", span=None)
    assert explainer.explain({}, [], module, module) == ()


def test_codegraph_embedders_gives_embedders_by_name(host):
    (embedder,) = host(plugin_with("codegraph_embedders", [Ones()])).embedders()
    assert embedder.embed(["a", "b"]) == [[1.0], [1.0]]
