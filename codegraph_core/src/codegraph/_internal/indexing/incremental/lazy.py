"""Lazy stages and analyzers: which an incremental run may leave as they were, and what a snapshot says of those."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from codegraph._internal.indexing.analysis import DOCUMENT_TABLES
from codegraph._internal.indexing.incremental.outputs import producer_name
from codegraph._internal.indexing.tables import is_eager, updates_itself
from codegraph._internal.logging import get_logger
from codegraph._internal.plugin_host import call_with_deadline
from codegraph._internal.plugin_host.calls import DEFAULT_DEADLINE_S
from codegraph_hookspecs import IR_TABLES, TABLES, Analyzer, PluginError, Stage

STATE_NAME: Final = "stale"
EVERYTHING: Final[frozenset[str]] = frozenset()
"""Asks for whatever is stale."""
_BY_ID: Final = frozenset({"nodes", "edges", "findings"})
_BY_PRODUCER: Final = frozenset({"metrics", "diagnostics"})
_log = get_logger("codegraph.indexing")


@frozen
class Stale:
    """What one producer's rows were made of.

    Args:
        since: The last snapshot whose rows they are.
        paths: Files that came, went or changed since, sorted.
    """

    since: str
    paths: Sequence[str]


def lazy_of(stages: Sequence[Stage], analyzers: Sequence[Analyzer]) -> dict[str, Sequence[str]]:
    """Return what may be left as it was, with its tables: lazy ones whose rows nothing reads that is not lazy.

    A stage is not left either where its rows cannot be told from others': nodes and edges, and rows of files in tables
    that another stage adds to as well.
    """
    givers = Counter(table for stage in stages for table in {*stage.tables})
    found: dict[str, Stage | Analyzer] = {}
    for stage in stages:
        repo = stage.lazy and not is_eager(stage) and not updates_itself(stage) and stage.scope == "repo"
        if repo and all(_is_told(table, givers) for table in stage.tables):
            found[stage.name] = stage
    for analyzer in analyzers:
        if analyzer.lazy and analyzer.scope == "repo" and not analyzer.by_file:
            found[producer_name(analyzer)] = analyzer
    while True:
        everybody: list[Stage | Analyzer] = [*stages, *analyzers]
        others = [each for each in everybody if found.get(producer_name(each)) is not each]
        read = [
            name
            for name, each in found.items()
            if isinstance(each, Stage) and any(_reads(other, each) for other in others)
        ]
        if not read:
            return {name: tuple(each.tables) if isinstance(each, Stage) else ("findings",)
                    for name, each in found.items()}  # fmt: skip
        for name in read:
            del found[name]


def _is_told(table: str, givers: Mapping[str, int]) -> bool:
    if table in _BY_PRODUCER:
        return True
    return bool(TABLES[table].owner) and givers[table] == 1 and table not in _BY_ID and table not in IR_TABLES


def _reads(other: Stage | Analyzer, stage: Stage) -> bool:
    if isinstance(other, Stage):
        return not {*stage.outputs}.isdisjoint(other.inputs)
    return _looks_at(other, stage.tables)


def _looks_at(analyzer: Analyzer, tables: Iterable[str]) -> bool:
    read = DOCUMENT_TABLES if analyzer.scope == "file" else analyzer.reads
    return read is None or not {*read}.isdisjoint(tables)


def with_readers(
    stage: Stage, tables: Iterable[str], stages: Sequence[Stage], analyzers: Sequence[Analyzer]
) -> tuple[str, ...]:
    """Return tables with rows of a stage, and those of all that is made of such rows."""
    found, outputs = dict.fromkeys(tables), {*stage.outputs}
    waiting = [each for each in stages if each is not stage]
    while readers := [
        each
        for each in waiting
        if not outputs.isdisjoint(each.inputs) and (each.reads is None or not found.keys().isdisjoint(each.reads))
    ]:
        for reader in readers:
            waiting.remove(reader)
            outputs.update(reader.outputs)
            found.update(dict.fromkeys(table for table in reader.tables if TABLES[table].public))
    if any(_looks_at(analyzer, found) for analyzer in analyzers):
        found["findings"] = None
    return tuple(found)


def waits(stage: Stage, config: Any) -> bool:
    """Say whether a stage that updates itself may leave its rows as they were; one that fails to say may not.

    Args:
        stage: One that updates itself.
        config: The typed settings of its plugin.
    """
    if type(stage).waits is Stage.waits:
        return False
    try:
        return bool(
            call_with_deadline(
                lambda: stage.waits(config), deadline_s=DEFAULT_DEADLINE_S, what=f"`waits` of the stage {stage.name!r}"
            )
        )
    except PluginError as error:
        _log.warning("a stage does not wait", stage=stage.name, error=str(error))
        return False


def due(stale: Iterable[str], stages: Sequence[Stage], config_of: Callable[[Stage], Any]) -> frozenset[str]:
    """Return the stages that update themselves whose rows are stale and may not be, by what their settings say now."""
    names = {*stale}
    mine = (stage for stage in stages if stage.name in names and updates_itself(stage))
    return frozenset(stage.name for stage in mine if not waits(stage, config_of(stage)))


def wanted(asked: frozenset[str] | None, lazy: Iterable[str], stages: Sequence[Stage]) -> frozenset[str]:
    """Return the producers to run that were asked for, with the lazy stages whose rows they read.

    Args:
        asked: Names of stages and analyzers; `EVERYTHING`, or None for nothing.
        lazy: What may be left as it was.
        stages: All stages.
    """
    names = frozenset(lazy)
    if asked is None:
        return frozenset()
    if asked == EVERYTHING:
        return names
    by_output = {artifact: stage.name for stage in stages for artifact in stage.outputs}
    inputs = {stage.name: stage.inputs for stage in stages}
    found: set[str] = set()
    waiting = [name for name in names if name in asked or name.removeprefix("analyzer:") in asked]
    while waiting:
        name = waiting.pop()
        found.add(name)
        providers = (by_output.get(artifact, "") for artifact in inputs.get(name, ()))
        waiting += [provider for provider in providers if provider in names and provider not in found]
    return frozenset(found)


def encode(stale: Mapping[str, Stale]) -> bytes:
    """Return what is kept with a snapshot; nothing where nothing is stale."""
    said = {name: [each.since, list(each.paths)] for name, each in sorted(stale.items())}
    return json.dumps(said, separators=(",", ":")).encode() if said else b""


def decode(blob: bytes | None) -> dict[str, Stale]:
    """Read it back."""
    said: dict[str, Any] = json.loads(blob) if blob else {}
    return {name: Stale(since, tuple(paths)) for name, (since, paths) in said.items()}


def summary_of(stale: Mapping[str, Stale], tables: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what a summary says."""
    return {
        name: {"since": each.since, "files": len(each.paths), "tables": list(tables.get(name, ()))}
        for name, each in sorted(stale.items())
    }
