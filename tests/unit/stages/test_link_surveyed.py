"""Linking and surveying some files in one step gives what the two give one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegraph_hookspecs import IR_ARTIFACT, TableBatch
from codegraph_plugins.stages.cross_file.groups import Group
from codegraph_plugins.stages.cross_file.incremental import FileRows, LinkingSurveyor
from tests.unit.stages.linking import Context, language_packs, native_stage, parse

FILES = {f"pkg/m{at}.py": f"import os\nfrom .m{at - 1} import f{at - 1}\n\n\nclass C{at}:\n    def go(self):\n"
         f"        os.getcwd()\n        return f{at - 1}()\n\n\ndef f{at}(one):\n    return C{at}().go()\n"
         for at in range(80)}  # fmt: skip


def prepared(root: Path, workers: int) -> tuple[LinkingSurveyor, list[str], dict[str, FileRows]]:
    parsed = parse({"pkg/__init__.py": "", **FILES}, language_packs())
    artifacts = {IR_ARTIFACT: {name: table.combine_chunks().to_batches() for name, table in parsed.tables.items()}}
    context = Context(root=root, packs=language_packs(), artifacts=artifacts, workers=workers)
    linker, files, _ = native_stage().prepared(context)  # type: ignore[arg-type]
    assert isinstance(linker, LinkingSurveyor)
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
