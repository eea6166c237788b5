"""Checks of a stage: what it declares is what it does, twice the same, and its inputs stay as they were."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.parsing import ParsedBatch
from codegraph_hookspecs.stages import IR_ARTIFACT, Stage, TableBatch
from codegraph_hookspecs.tables import TABLES
from codegraph_hookspecs.testing.failures import ConformanceError, fail, require
from codegraph_hookspecs.testing.memory import MemoryContext
from codegraph_hookspecs.testing.tables import check_tables, fingerprint, first_difference

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")


def check_stage(
    stage: Stage,
    batch: ParsedBatch,
    *,
    artifacts: Mapping[str, Mapping[str, pa.Table]] | None = None,
    packs: Mapping[str, LanguagePack] | None = None,
    config: Any = None,
) -> dict[str, pa.Table]:
    """Check a stage on parsed files.

    Checked: name, layer, scope, version; inputs, outputs and tables are declared; only declared inputs
    are read and only declared tables yielded, in their physical schemas; two runs yield equal rows; the
    input tables are not written to.

    Args:
        stage: The stage.
        batch: What a parser returned (`parse_samples`).
        artifacts: Inputs other than "ir": artifact → table → rows.
        packs: Language packs by name, as the stage's context shows them.
        config: The plugin's settings.

    Returns:
        What the stage yields, by table.

    Raises:
        ConformanceError: A `stage-…` code, or one of `check_tables`.
    """
    check_stage_declaration(stage)
    inputs: dict[str, Mapping[str, pa.Table]] = {IR_ARTIFACT: MappingProxyType(dict(batch.tables))}
    inputs.update({name: MappingProxyType(dict(tables)) for name, tables in (artifacts or {}).items()})
    absent = [name for name in stage.inputs if name not in inputs]
    require(not absent, "stage-inputs", f"{stage.name}: pass the inputs {', '.join(absent)} as `artifacts`")
    known = MappingProxyType(dict(packs or {}))

    def run_once() -> dict[str, pa.Table]:
        context = MemoryContext(artifacts=MappingProxyType(inputs), packs=known, inputs=stage.inputs, config=config)
        given = ParsedBatch(tables=inputs[IR_ARTIFACT])
        try:
            yielded = stage.run_batch(context, given) if stage.scope == "file" else stage.run(context)
            return _collected(stage, yielded)
        except ConformanceError:
            raise
        except Exception as error:
            fail("stage-raised", f"{stage.name} raised {error!r}", cause=error)

    before = {name: fingerprint(tables) for name, tables in inputs.items()}
    first = run_once()
    after = {name: fingerprint(tables) for name, tables in inputs.items()}
    require(before == after, "stage-mutates", f"{stage.name} writes into its input tables")
    second = run_once()
    for name in sorted({*first, *second}):
        if name not in first or name not in second:
            fail("stage-unstable", f"{stage.name}: only one of two runs yields {name!r}")
        difference = first_difference(first[name], second[name])
        require(not difference, "stage-unstable", f"{stage.name}: two runs differ in {name!r}: {difference}")
    return first


def check_stage_declaration(stage: Stage) -> None:
    """Check a stage's class attributes."""
    require(isinstance(stage, Stage), "stage-type", f"this is a {type(stage).__name__}, not a Stage")
    for attribute in ("name", "layer", "version"):
        value = getattr(stage, attribute, None)
        require(
            isinstance(value, str) and value, "stage-declaration", f"{type(stage).__name__} needs a text `{attribute}`"
        )
    require(_NAME.match(stage.name), "stage-declaration", f"the name {stage.name!r} must be kebab-case")
    require(stage.scope in {"file", "repo"}, "stage-declaration", f"{stage.name}: the scope is {stage.scope!r}")
    for attribute in ("inputs", "outputs", "tables"):
        value = getattr(stage, attribute, None)
        good = not isinstance(value, str) and isinstance(value, Iterable)
        require(good, "stage-declaration", f"{stage.name}: `{attribute}` must be a sequence of names")
    unknown = [table for table in stage.tables if table not in TABLES]
    require(not unknown, "stage-declaration", f"{stage.name}: there is no table {', '.join(unknown)}")
    method = "run_batch" if stage.scope == "file" else "run"
    defined = getattr(type(stage), method) is not getattr(Stage, method)
    require(defined, "stage-declaration", f"{stage.name} has scope {stage.scope!r} and must define {method}")


def _collected(stage: Stage, yielded: Iterable[TableBatch]) -> dict[str, pa.Table]:
    batches: dict[str, list[pa.RecordBatch]] = {}
    for item in yielded:
        if not isinstance(item, tuple) or len(item) != 2 or not isinstance(item[0], str):
            fail("stage-yield", f"{stage.name} yields a {type(item).__name__}, not (table, batch)")
        table, batch = item
        if table not in stage.tables:
            fail("stage-undeclared", f"{stage.name} yields rows for {table!r}, which is not in its `tables`")
        batches.setdefault(table, []).append(batch)
    return check_tables(batches)
