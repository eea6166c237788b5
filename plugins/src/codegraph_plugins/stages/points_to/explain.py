"""Why there is an edge of a call: the analysis once more, with a record of what put which object where.

A run pays nothing for it; an explanation costs what the analysis costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from codegraph_hookspecs import LanguagePack
from codegraph_hookspecs.explaining import CallExplanation, ExplainedDefinition, ExplainedFile, ExplanationStep
from codegraph_plugins.stages.points_to.engine import LANGUAGES, native
from codegraph_plugins.stages.points_to.summaries import java_models, summaries_json


class PointsToExplainer:
    """Explains calls by the flow of objects. Memory is that of the constraint graph and of its record."""

    name: str = "points-to"
    languages: Sequence[str] = LANGUAGES

    def explain(
        self,
        packs: Mapping[str, LanguagePack],
        files: Iterable[ExplainedFile],
        caller: ExplainedDefinition,
        callee: ExplainedDefinition,
    ) -> Sequence[CallExplanation]:
        """Say how a callee gets to the calls that a caller has of it: a shortest chain for each place."""
        engine = native().PointsTo(summaries_json())
        paths: list[str] = []
        has_java = False
        for file in files:
            pack = packs[file.language]
            grammar = pack.grammars.get(PurePosixPath(file.path).suffix, pack.grammar).load()
            ((units, _),) = native().flow_units(file.language, grammar, [file.content], 1)
            if units is None:
                continue
            if file.language == "java":
                engine.add_java(units, False)
            else:
                engine.add(file.path, file.module, units)
            paths.append(file.path)
            has_java = has_java or file.language == "java"
        if has_java:
            for model in java_models(packs["java"].grammar.load()):
                engine.add_java(model, True)
        ends = [(one.path, one.span) for one in (caller, callee)]
        if any(path not in paths for path, _ in ends):
            return ()

        def step(place: tuple[int, int, int, str]) -> ExplanationStep:
            number, line, column, text = place
            return ExplanationStep(path=paths[number], line=line, column=column, text=text)

        found: list[tuple[Any, bool, bool, list[Any]]] = engine.explain(
            *((paths.index(one), span) for one, span in ends)
        )
        return [
            CallExplanation(
                call=step(call), steps=tuple(map(step, steps)), is_implicit=is_implicit, is_assumed=is_assumed
            )
            for call, is_implicit, is_assumed, steps in found
        ]
