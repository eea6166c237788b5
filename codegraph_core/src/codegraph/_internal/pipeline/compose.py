"""Composition of the stage DAG from declared inputs and outputs, or a precise reason why it cannot be."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

import rustworkx as rx
from attrs import frozen

from codegraph_hookspecs import IR_ARTIFACT, TABLES, PluginError, Stage


@frozen(kw_only=True)
class ComposedPipeline:
    """A checked DAG.

    Args:
        waves: Stages that may run together, wave after wave; within a wave by layer and name.
        providers: Artifact → name of the stage that provides it; "ir" is provided by parsing.
    """

    waves: tuple[tuple[Stage, ...], ...]
    providers: dict[str, str]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages in the order of their waves."""
        return tuple(stage for wave in self.waves for stage in wave)

    def dependants(self, name: str) -> frozenset[str]:
        """Return the names of the stages that need a stage's outputs, directly or not."""
        lost = {name}
        for stage in self.stages:
            if any(self.providers.get(artifact) in lost for artifact in stage.inputs):
                lost.add(stage.name)
        return frozenset(lost - {name})


def compose(stages: Iterable[Stage], *, owner: Callable[[Stage], str] = lambda _stage: "") -> ComposedPipeline:
    """Order stages by what they need.

    Args:
        stages: Stages with distinct names.
        owner: Gives a stage's plugin, for errors.

    Raises:
        PluginError: `pipeline-bad-stage`, `pipeline-two-providers`, `pipeline-missing-provider` or
            `pipeline-cycle`. `stages` in its context names the stages at fault.
    """
    ordered = sorted(stages, key=lambda stage: (str(getattr(stage, "layer", "")), stage.name))
    for stage in ordered:
        _check_declaration(stage, owner)
    providers = _providers(ordered, owner)
    graph: rx.PyDiGraph[Stage, str] = rx.PyDiGraph()
    index = {stage.name: graph.add_node(stage) for stage in ordered}
    for stage in ordered:
        for artifact in stage.inputs:
            if artifact == IR_ARTIFACT:
                continue
            provider = providers.get(artifact)
            if provider is None:
                known = [IR_ARTIFACT, *providers]
                close = difflib.get_close_matches(artifact, known, n=1)
                hint = f" Did you mean {close[0]!r}?" if close else f" There is: {', '.join(sorted(known))}."
                raise PluginError(
                    f"The stage {stage.name!r}{_of(stage, owner)} needs {artifact!r}, which no stage provides.{hint}",
                    code="pipeline-missing-provider",
                    context={"stages": (stage.name,), "artifact": artifact},
                )
            graph.add_edge(index[provider], index[stage.name], artifact)
    _check_acyclic(graph)
    waves = tuple(
        tuple(sorted((graph[i] for i in wave), key=lambda stage: (stage.layer, stage.name)))
        for wave in rx.topological_generations(graph)
    )
    return ComposedPipeline(waves=waves, providers={**providers, IR_ARTIFACT: "parse"})


def _of(stage: Stage, owner: Callable[[Stage], str]) -> str:
    plugin = owner(stage)
    return f" (plugin {plugin!r})" if plugin else ""


def _check_declaration(stage: Stage, owner: Callable[[Stage], str]) -> None:
    problem = ""
    for attribute in ("inputs", "outputs", "tables"):
        value = getattr(stage, attribute, None)
        if isinstance(value, str) or not all(isinstance(item, str) for item in value or ()):
            problem = f"{attribute} must be a sequence of names"
    if not isinstance(getattr(stage, "layer", None), str):
        problem = "it has no layer"
    elif stage.scope not in ("file", "repo"):
        problem = f"its scope is {stage.scope!r}, not 'file' or 'repo'"
    elif not problem:
        unknown = next((table for table in stage.tables if table not in TABLES), None)
        if unknown is not None:
            close = difflib.get_close_matches(unknown, TABLES, n=1)
            problem = f"it names a table {unknown!r} that does not exist" + (
                f"; did you mean {close[0]!r}?" if close else ""
            )
    if problem:
        raise PluginError(
            f"The stage {stage.name!r}{_of(stage, owner)} is declared wrongly: {problem}.",
            code="pipeline-bad-stage",
            context={"stages": (stage.name,)},
        )


def _providers(stages: list[Stage], owner: Callable[[Stage], str]) -> dict[str, str]:
    by_artifact: dict[str, Stage] = {}
    for stage in stages:
        for artifact in stage.outputs:
            other = by_artifact.get(artifact)
            if artifact == IR_ARTIFACT or other is not None:
                first = f"{other.name!r}{_of(other, owner)}" if other else "parsing"
                raise PluginError(
                    f"{artifact!r} is provided twice: by {first} and by {stage.name!r}{_of(stage, owner)}.",
                    code="pipeline-two-providers",
                    context={"stages": (stage.name, other.name) if other else (stage.name,), "artifact": artifact},
                )
            by_artifact[artifact] = stage
    return {artifact: stage.name for artifact, stage in by_artifact.items()}


def _check_acyclic(graph: rx.PyDiGraph[Stage, str]) -> None:
    for component in rx.strongly_connected_components(graph):
        start = min(component, key=lambda i: graph[i].name)
        edges = rx.digraph_find_cycle(graph, start) if len(component) > 1 or graph.has_edge(start, start) else []
        if edges:
            names = [graph[source].name for source, _target in edges]
            pivot = names.index(min(names))
            path = [*names[pivot:], *names[:pivot], names[pivot]]
            raise PluginError(
                f"Stages need each other in a circle: {' → '.join(path)}.",
                code="pipeline-cycle",
                context={"stages": tuple(path[:-1])},
            )
