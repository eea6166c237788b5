"""The DAG is composed from declarations, or the reason why not is precise."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from codegraph._internal.indexing.stages import composed
from codegraph._internal.pipeline import compose
from codegraph_hookspecs import CodeGraphError, PluginError, Stage


def stage(name: str, inputs: Sequence[str] = ("ir",), outputs: Sequence[str] = (), **values: object) -> Stage:
    attributes = {"name": name, "layer": "L3", "inputs": inputs, "outputs": outputs, **values}
    made: Stage = type(name, (Stage,), attributes)()
    return made


def owner(stage: object) -> str:
    return f"plugin-of-{getattr(stage, 'name', '')}"


def test_waves_follow_inputs_and_outputs() -> None:
    stages = [
        stage("d", ["b1", "c1"]),
        stage("b", ["a1"], ["b1"]),
        stage("c", ["a1"], ["c1"]),
        stage("a", ["ir"], ["a1"]),
    ]
    waves = [[item.name for item in wave] for wave in compose(stages).waves]
    assert waves == [["a"], ["b", "c"], ["d"]]


def test_the_order_of_registration_does_not_matter() -> None:
    stages = [stage("z"), stage("m"), stage("a", layer="L5")]
    names = [item.name for item in compose(stages).stages]
    assert names == [item.name for item in compose(reversed(stages)).stages] == ["m", "z", "a"]


def test_dependants_are_found_through_others() -> None:
    pipeline = compose([stage("a", outputs=["x"]), stage("b", ["x"], ["y"]), stage("c", ["y"]), stage("d")])
    assert pipeline.dependants("a") == {"b", "c"}


def test_a_missing_provider_names_who_needs_it_and_the_nearest_name() -> None:
    with pytest.raises(PluginError) as caught:
        compose([stage("a", outputs=["symbols"]), stage("b", ["symbol"])], owner=owner)
    assert caught.value.code == "pipeline-missing-provider"
    for word in ("'b'", "plugin-of-b", "'symbol'", "'symbols'"):
        assert word in caught.value.message


def test_a_cycle_is_listed_as_a_path() -> None:
    stages = [stage("c", ["b1"], ["c1"]), stage("a", ["c1"], ["a1"]), stage("b", ["a1"], ["b1"]), stage("free")]
    with pytest.raises(PluginError, match="a → b → c → a") as caught:
        compose(stages)
    assert caught.value.code == "pipeline-cycle"


def test_a_stage_that_needs_itself_is_a_cycle() -> None:
    with pytest.raises(PluginError, match="a → a"):
        compose([stage("a", ["x"], ["x"])])


def test_two_providers_are_both_named_with_their_plugins() -> None:
    with pytest.raises(PluginError) as caught:
        compose([stage("a", outputs=["x"]), stage("b", outputs=["x"])], owner=owner)
    assert caught.value.code == "pipeline-two-providers"
    assert "plugin-of-a" in caught.value.message
    assert "plugin-of-b" in caught.value.message


def test_nobody_else_provides_the_ir() -> None:
    with pytest.raises(PluginError, match="parsing"):
        compose([stage("a", outputs=["ir"])])


@pytest.mark.parametrize(
    "values",
    [
        {"scope": "world"},
        {"tables": ["edgse"]},
        {"tables": "edges"},
        {"outputs": "x"},
        {"layer": None},
        {"inputs": [1]},
    ],
)
def test_a_wrong_declaration_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(PluginError) as caught:
        compose([stage("a", **values)])  # type: ignore[arg-type]
    assert caught.value.code == "pipeline-bad-stage"


def test_stages_at_fault_are_left_out_and_the_rest_composed() -> None:
    told: list[tuple[str, list[str]]] = []

    def note(error: CodeGraphError, stages: Sequence[Stage]) -> None:
        told.append((error.code, [item.name for item in stages]))

    stages = [
        stage("ok", outputs=["x"]), stage("twice", outputs=["x"]), stage("lost", ["nothing"], ["l"]),
        stage("after", ["l"]),
        stage("p", ["q1"], ["p1"]), stage("q", ["p1"], ["q1"]),
    ]  # fmt: skip
    pipeline = composed(stages, owner, note)
    assert [item.name for item in pipeline.stages] == ["ok"]
    assert told == [
        ("pipeline-two-providers", ["twice"]),
        ("pipeline-missing-provider", ["lost"]),
        ("pipeline-missing-provider", ["after"]),
        ("pipeline-cycle", ["p", "q"]),
    ]
