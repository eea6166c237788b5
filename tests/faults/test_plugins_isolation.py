"""A broken plugin is disabled, alone and with the reason; the run goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from codegraph._internal.plugin_host import PluginHost, PluginRecord, call_with_deadline
from codegraph._internal.plugin_host.host import _installed
from codegraph._internal.settings import load_settings
from codegraph_hookspecs import REPOSITORY_SETTING, ConfigError, Pipeline, PluginInfo, Stage, execution, hookimpl
from tests.unit.indexing.fakes import Plugin, ToyParser, pack, toy


def load(*objects: object, **values: Any) -> PluginHost:
    values.setdefault("deadline_s", 60.0)
    return PluginHost.load(
        objects=objects, discovered=values.pop("discovered", ()), environ=values.pop("environ", {}), **values
    )


def only(host: PluginHost) -> PluginRecord:
    (record,) = host.plugins()
    return record


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


class TestLoading:
    @pytest.mark.parametrize(
        ("source", "code", "said"),
        [
            ("import no_such_module_anywhere\n", "plugin-import-failed", "no_such_module_anywhere"),
            ("raise RuntimeError('broken at import')\n", "plugin-import-failed", "broken at import"),
            ("raise SystemExit(3)\n", "plugin-import-failed", "SystemExit"),
            ("def (\n", "plugin-import-failed", "SyntaxError"),
        ],
    )
    def test_a_module_that_cannot_be_imported_is_disabled_and_the_others_load(
        self, modules: Path, source: str, code: str, said: str, request: pytest.FixtureRequest
    ) -> None:
        name = f"broken_{abs(hash(request.node.name))}"
        (modules / f"{name}.py").write_text(source)
        host = load(toy(), discovered=[EntryPoint("broken", f"{name}:plugin", "codegraph")])
        broken, good = host.plugins()
        assert (broken.state, broken.code, good.state) == ("disabled", code, "enabled")
        assert said in broken.reason
        assert [found.name for found in host.languages()] == ["toy"]

    def test_an_attribute_that_is_not_there_is_a_reason(self, modules: Path) -> None:
        (modules / "empty_plugin_module.py").write_text("")
        host = load(discovered=[EntryPoint("empty", "empty_plugin_module:plugin", "codegraph")])
        assert only(host).code == "plugin-import-failed"

    def test_an_import_that_hangs_is_given_up(self, modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        release = threading.Event()
        monkeypatch.setattr(sys, "release_of_the_hanging_plugin", release, raising=False)
        (modules / "hanging_plugin_module.py").write_text(
            "import sys\nsys.release_of_the_hanging_plugin.wait(60)\nsys.release_of_the_hanging_plugin.over = True\n"
        )
        host = load(discovered=[EntryPoint("hang", "hanging_plugin_module", "codegraph")], deadline_s=0.2)
        assert only(host).code == "plugin-import-timeout"
        assert not hasattr(release, "over")  # it hangs still
        release.set()

    def test_entry_points_load_in_name_order(self, modules: Path) -> None:
        (modules / "named_plugins.py").write_text("class P: pass\na = P()\nb = P()\n")
        points = [EntryPoint("z", "named_plugins:a", "codegraph"), EntryPoint("b", "named_plugins:b", "codegraph")]
        assert [record.name for record in load(discovered=points).plugins()] == ["b", "z"]

    @pytest.mark.parametrize(("selection", "names"), [("", []), ("none", []), ("b", ["b"]), (" b , z ", ["b", "z"])])
    def test_the_environment_selects_entry_points(self, modules: Path, selection: str, names: list[str]) -> None:
        (modules / "named_plugins.py").write_text("class P: pass\na = P()\nb = P()\n")
        points = [EntryPoint("z", "named_plugins:a", "codegraph"), EntryPoint("b", "named_plugins:b", "codegraph")]
        host = load(discovered=points, environ={"CODEGRAPH_PLUGINS": selection})
        assert [record.name for record in host.plugins()] == names


def distribution(folder: Path, name: str, version: str, points: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: other\n")
    (info / "entry_points.txt").write_text(points)


class TestInstalled:
    def test_the_installed_plugins_are_those_that_the_standard_library_lists(self, modules: Path) -> None:
        distribution(
            modules, "some_plugin", "2.5", "[console_scripts]\nx = y:z\n\n[codegraph]\nsome = nothing:plugin\n"
        )
        given = [
            (record.origin, record.distribution)
            for record in PluginHost.load(environ={"CODEGRAPH_PLUGINS": "some"}).plugins()
        ]
        assert given == [("some = nothing:plugin", "some_plugin 2.5")]
        everything = sorted(f"{point.name} = {point.value}" for point in entry_points(group="codegraph"))
        assert sorted(f"{point.name} = {point.value}" for point in _installed()) == everything

    @pytest.mark.parametrize("first", ["[codegraph]\nsome = first:plugin\n", "[other]\nsome = first:plugin\n"])
    def test_a_distribution_hides_a_later_one_of_its_name(self, modules: Path, first: str) -> None:
        distribution(modules / "later", "some_plugin", "1", "[codegraph]\nsome = later:plugin\n")
        distribution(modules / "first", "some_plugin", "2", first)
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(modules / "later")
            patch.syspath_prepend(modules / "first")
            given = [point.value for point in _installed() if point.name == "some"]
            assert given == [point.value for point in entry_points(group="codegraph") if point.name == "some"]
            assert "later:plugin" not in given


class UnknownHook(Plugin):
    @hookimpl
    def codegraph_langauges(self) -> list[object]:
        return []


class BadSignature(Plugin):
    @hookimpl
    def codegraph_modify_pipeline(self, pipe: Pipeline) -> None: ...


class Unmarked:
    def codegraph_languages(self) -> list[object]:
        return []


class RaisingInfo:
    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        raise ValueError("no idea who I am")


class ExitingInfo:
    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        raise SystemExit(1)


class WrongInfo:
    @hookimpl
    def codegraph_plugin_info(self) -> object:
        return {"name": "dict"}


class TestChecks:
    @pytest.mark.parametrize(
        ("plugin", "code", "said"),
        [
            (UnknownHook(), "plugin-unknown-hook", "codegraph_languages"),
            (BadSignature(), "plugin-bad-signature", "pipe"),
            (Unmarked(), "plugin-bad-signature", "hookimpl"),
            (RaisingInfo(), "plugin-hook-failed", "no idea who I am"),
            (ExitingInfo(), "plugin-hook-failed", "SystemExit"),
            (WrongInfo(), "plugin-bad-result", "dict"),
            (Plugin(requires=">=2"), "plugin-hookspec-mismatch", ">=2"),
            (Plugin(requires="nonsense"), "plugin-hookspec-mismatch", "nonsense"),
            ("text", "plugin-bad-result", "str"),
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_a_plugin_that_breaks_the_contract_is_disabled_alone(self, plugin: object, code: str, said: str) -> None:
        host = load(plugin, toy(name="good"))
        broken, good = host.plugins()
        assert (broken.state, broken.code, good.state) == ("disabled", code, "enabled")
        assert said in broken.reason

    def test_the_second_plugin_of_a_name_is_disabled(self) -> None:
        first, second = load(Plugin("same"), Plugin("same")).plugins()
        assert (first.state, second.state, second.code) == ("enabled", "disabled", "plugin-duplicate-name")

    def test_a_range_that_includes_these_hookspecs_is_enough(self) -> None:
        assert only(load(Plugin(requires="~=1.0"))).state == "enabled"

    def test_a_class_is_made_an_instance(self) -> None:
        assert only(load(Plugin)).hooks == (
            "codegraph_analyzers",
            "codegraph_languages",
            "codegraph_parsers",
            "codegraph_plugin_info",
            "codegraph_stages",
        )


class TestContributions:
    def test_the_second_pack_of_an_extension_disables_its_plugin(self) -> None:
        host = load(toy(name="one"), Plugin("two", packs=[pack("other", ".oth", ".TOY")]))
        assert [found.name for found in host.languages()] == ["toy"]
        assert [(record.state, record.code) for record in host.plugins()] == [
            ("enabled", ""),
            ("disabled", "plugin-language-clash"),
        ]

    def test_two_packs_of_one_plugin_can_clash_too(self) -> None:
        host = load(Plugin(packs=[pack("a", ".x"), pack("b", ".x")]))
        assert host.languages() == []
        assert only(host).code == "plugin-language-clash"

    def test_the_second_parser_of_a_name_disables_its_plugin(self) -> None:
        host = load(Plugin("one", parsers=[ToyParser("p")]), Plugin("two", parsers=[ToyParser("p")]))
        assert len(host.parsers()) == 1
        assert host.plugins()[1].code == "plugin-name-clash"

    def test_a_contribution_of_the_wrong_kind_disables_its_plugin(self) -> None:
        host = load(Plugin(packs=["python"]))  # type: ignore[list-item]
        assert host.languages() == []
        assert only(host).code == "plugin-bad-result"

    @pytest.mark.parametrize("error", [ValueError("bad"), SystemExit(1), KeyboardInterrupt(), MemoryError()])
    def test_one_implementation_that_raises_keeps_no_other_from_being_called(self, error: BaseException) -> None:
        class Raising:
            @hookimpl
            def codegraph_languages(self) -> list[object]:
                raise error

        host = load(Raising(), toy())
        assert [found.name for found in host.languages()] == ["toy"]
        assert [record.state for record in host.plugins()] == ["disabled", "enabled"]

    def test_a_hook_that_hangs_is_given_up(self) -> None:
        release = threading.Event()

        class Hanging:
            @hookimpl
            def codegraph_languages(self) -> Iterator[object]:
                release.wait(60)
                yield from ()

        host = load(Hanging(), toy(), deadline_s=2.0)
        assert [found.name for found in host.languages()] == ["toy"]
        assert host.plugins()[0].code == "plugin-hook-timeout"
        release.set()

    def test_a_process_that_was_stopped_and_goes_on_has_no_hook_that_hangs(self, monkeypatch) -> None:
        began, looked, pauses_s, moment = threading.Event(), threading.Event(), [0.1, 600.0, 0.1], [0.0]

        def hook() -> int:
            began.set()
            assert looked.wait(60)
            return 7

        def asked() -> bool:
            if began.is_set() and pauses_s:
                moment[0] += pauses_s.pop(0)
            elif began.is_set():
                looked.set()
            return False

        monkeypatch.setattr(execution, "time", SimpleNamespace(monotonic=lambda: moment[0]))
        assert call_with_deadline(hook, deadline_s=5.0, what="a hook", unless=asked) == 7

    def test_the_owner_of_a_contribution_is_known(self) -> None:
        host = load(toy(name="mine"))
        assert host.owner(host.parsers()[0]) == "mine"
        assert host.owner(object()) == ""


class Two(Stage):
    name = "two"
    layer = "L9"


class TestModifyPipeline:
    def test_changes_by_a_plugin_that_raises_are_undone(self) -> None:
        class Vandal:
            @hookimpl
            def codegraph_modify_pipeline(self, pipeline: Pipeline) -> None:
                pipeline.remove("two")
                raise ValueError("half done")

        host = load(Vandal())
        pipeline = Pipeline([Two()])
        host.modify_pipeline(pipeline)
        assert "two" in pipeline
        assert only(host).code == "plugin-hook-failed"

    def test_plugins_by_name_with_tryfirst_and_trylast(self) -> None:
        order: list[str] = []

        def make(name: str, **marks: bool) -> object:
            class One:
                @hookimpl
                def codegraph_plugin_info(self) -> PluginInfo:
                    return PluginInfo(name=name, version="1")

                @hookimpl(**marks)
                def codegraph_modify_pipeline(self, pipeline: Pipeline) -> None:
                    order.append(name)

            return One()

        load(make("c"), make("a", trylast=True), make("z", tryfirst=True), make("b")).modify_pipeline(Pipeline())
        assert order == ["z", "b", "c", "a"]


class TestNotify:
    def test_an_observer_that_raises_is_disabled_and_the_others_hear(self) -> None:
        heard: list[str] = []

        class Deaf:
            @hookimpl
            def codegraph_snapshot_committed(self, snapshot_id: str) -> None:
                raise ValueError

        class Listening:
            @hookimpl
            def codegraph_snapshot_committed(self, snapshot_id: str) -> None:
                heard.append(snapshot_id)

        host = load(Deaf(), Listening())
        told: list[PluginRecord] = []
        host.on_disabled(told.append)
        host.notify("codegraph_snapshot_committed", snapshot_id="s1", summary={})
        assert heard == ["s1"]
        assert [record.name for record in told] == ["Deaf"]


@attrs.define
class Options:
    depth: int = 3
    ratio: float = attrs.field(default=0.5, validator=attrs.validators.le(1.0))
    names: tuple[str, ...] = ()


@attrs.define
class Guarded:
    shown: int = attrs.field(default=1, metadata={REPOSITORY_SETTING: True})
    rules: Path | None = attrs.field(default=None, metadata={REPOSITORY_SETTING: True})
    command: str = ""


class TestConfiguration:
    def test_a_plugin_gets_its_settings_as_its_own_class(self) -> None:
        host = load(Plugin("p", config=Options), tables={"p": {"depth": 5, "names": ["a"]}})
        assert host.config("p") == Options(depth=5, names=("a",))

    def test_without_settings_it_gets_the_defaults(self) -> None:
        assert load(Plugin("p", config=Options)).config("p") == Options()

    def test_a_repository_sets_what_the_plugin_leaves_to_it_and_no_more(self, tmp_path: Path) -> None:
        root = tmp_path / "repository"
        root.mkdir()
        (root / "codegraph.toml").write_text("[plugins.p]\nshown = 5\n")
        plugin = Plugin("p", config=Guarded)
        settings = load_settings(root, environ={})
        assert load(plugin, tables=settings.config.plugins).config("p") == Guarded(shown=5)
        (root / "codegraph.toml").write_text("[plugins.p]\nshown = 5\ncommand = 'evil'\n")
        for config in (load_settings(root, environ={}).config, attrs.evolve(load_settings(root, environ={}).config)):
            with pytest.raises(ConfigError, match=r"codegraph\.toml:3") as caught:
                load(plugin, tables=config.plugins)
            assert caught.value.code == "config-not-allowed-in-file"
        settings = load_settings(root, environ={"CODEGRAPH_REPOSITORY_CONFIG": "trust"})
        assert load(plugin, tables=settings.config.plugins).config("p") == Guarded(shown=5, command="evil")
        by_code = load_settings(root, environ={}, code={"plugins": {"p": {"command": "mine"}}})
        assert load(plugin, tables=by_code.config.plugins).config("p") == Guarded(shown=5, command="mine")

    def test_a_path_that_a_repository_sets_stays_inside(self, tmp_path: Path) -> None:
        root = tmp_path / "repository"
        root.mkdir()
        for value, inside in (("rules", True), ("../rules", False), ("/etc", False)):
            (root / "codegraph.toml").write_text(f"[plugins.p]\nrules = '{value}'\n")
            tables = load_settings(root, environ={}).config.plugins
            if inside:
                assert load(Plugin("p", config=Guarded), tables=tables, root=root).config("p").rules == root / "rules"
                continue
            with pytest.raises(ConfigError, match="outside"):
                load(Plugin("p", config=Guarded), tables=tables, root=root)

    @pytest.mark.parametrize(
        ("table", "said"),
        [({"dpeth": 1}, "'depth'"), ({"depth": "5"}, "int"), ({"ratio": 2.0}, "ratio"), ({"names": 3}, "names")],
    )
    def test_a_wrong_value_names_its_origin(self, table: dict[str, Any], said: str) -> None:
        key = next(iter(table))
        with pytest.raises(ConfigError, match=r"codegraph\.toml:7") as caught:
            load(Plugin("p", config=Options), tables={"p": table}, origins={f"plugins.p.{key}": "codegraph.toml:7"})
        assert caught.value.code == "plugin-config-invalid"
        assert said in caught.value.message
