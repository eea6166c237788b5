"""Linking and surveying some files in one step gives what the two give one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from codegraph_hookspecs import IR_ARTIFACT, TableBatch
from codegraph_plugins.stages.cross_file.groups import Group
from codegraph_plugins.stages.cross_file.incremental import FileRows, SurveyingLinker
from codegraph_plugins.stages.cross_file.stage import CrossFileStage
from tests.unit.stages.linking import Context, language_packs, native_stage, parse

FILES = {f"pkg/m{at}.py": f"import os\nfrom .m{at - 1} import f{at - 1}\n\n\nclass C{at}:\n    def go(self):\n"
         f"        os.getcwd()\n        return f{at - 1}()\n\n\ndef f{at}(one):\n    return C{at}().go()\n"
         for at in range(80)}  # fmt: skip


def prepared(
    root: Path, workers: int, stage: CrossFileStage | None = None
) -> tuple[Any, list[str], dict[str, FileRows]]:
    parsed = parse({"pkg/__init__.py": "", **FILES}, language_packs())
    artifacts = {IR_ARTIFACT: {name: table.combine_chunks().to_batches() for name, table in parsed.tables.items()}}
    context = Context(root=root, packs=language_packs(), artifacts=artifacts, workers=workers)
    linker, files, _ = (stage or native_stage()).prepared(context)  # type: ignore[arg-type]
    assert isinstance(linker, SurveyingLinker)
    rows = {table: FileRows() for table in ("imports", "call_sites", "uses")}
    for table, each in rows.items():
        each.take(artifacts[IR_ARTIFACT][table])
    return linker, list(files), rows


def rows_of(batches: list[TableBatch]) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for table, batch in batches:
        found.setdefault(table, []).extend(batch.to_pylist())
    return found


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("step", [1, 7])
def test_one_step_gives_what_two_give(tmp_path: Path, workers: int, step: int) -> None:
    linker, paths, tables = prepared(tmp_path, workers)
    wanted = list(range(0, len(paths), step))
    group: Group = {table: list(rows.stream([paths[at] for at in wanted])) for table, rows in tables.items()}
    digests = list(linker.survey(wanted, group))
    named = rows_of(list(linker.named_externals()))
    rows = rows_of(list(linker.link_files(wanted, group)))

    again, _, _ = prepared(tmp_path, workers)
    linked, surveyed = again.link_surveyed(wanted, group)
    assert list(surveyed) == digests
    assert rows_of(list(linked)) == rows
    assert rows_of(list(again.named_externals())) == named
    assert len(rows["edges"]) > len(wanted)
    assert named["nodes"]


@pytest.mark.parametrize("make", [native_stage, CrossFileStage])
def test_what_files_name_can_be_noted_instead_of_surveyed(tmp_path: Path, make: Callable[[], CrossFileStage]) -> None:
    linker, paths, tables = prepared(tmp_path, 2, make())
    everything = list(range(len(paths)))
    group: Group = {table: list(rows.stream(paths)) for table, rows in tables.items()}
    linker.survey(everything, group)
    surveyed = rows_of(list(linker.named_externals()))
    assert len(surveyed["nodes"]) > 1

    pairs = []
    for at in everything:
        alone: Group = {table: list(rows.stream([paths[at]])) for table, rows in tables.items()}
        for edge in rows_of(list(linker.link_files([at], alone))).get("edges", ()):
            pairs += [(paths[at], edge["source_id"]), (paths[at], edge["target_id"])]
    again, _, _ = prepared(tmp_path, 2, make())
    columns = [pa.array(column).dictionary_encode() for column in zip(*pairs, strict=True)]
    again.note_named(pa.RecordBatch.from_arrays(columns, names=["file_path", "id"]))
    assert rows_of(list(again.named_externals())) == surveyed


@pytest.mark.parametrize("make", [native_stage, CrossFileStage])
def test_what_files_named_can_be_put_back(tmp_path: Path, make: Callable[[], CrossFileStage]) -> None:
    linker, paths, tables = prepared(tmp_path, 1, make())
    everything = list(range(len(paths)))
    linker.survey(everything, {table: list(rows.stream(paths)) for table, rows in tables.items()})
    before, named = rows_of(list(linker.named_externals())), linker.named_of(everything)
    linker.put_named(everything, [named[0]] * len(paths))  # the first file is empty, and names nothing
    assert rows_of(list(linker.named_externals())) == {}
    linker.put_named(everything, named)
    assert rows_of(list(linker.named_externals())) == before
