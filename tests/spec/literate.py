"""The built-in packs' literate cases; `codegraph_hookspecs.testing.literate` says how they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from codegraph_hookspecs import IR_ARTIFACT
from codegraph_hookspecs.testing import literate
from codegraph_hookspecs.testing.literate import Assertion, Case, Graph, read_cases
from codegraph_plugins.stages.cross_file import CrossFileStage
from tests.unit.stages.linking import Context, cut, language_packs, pack_of, parse, run_stage

__all__ = ["Assertion", "Case", "Graph", "all_cases", "build", "failures", "read_cases"]


def all_cases(folder: Path) -> Iterator[tuple[Path, Case]]:
    """Yield the cases below a folder, files in path order; `places.md` is read by `test_places.py`."""
    return literate.all_cases(folder)


def build(case: Case, root: Path) -> Graph:
    """Parse and link a case's files; those that no language reads are written to disk."""
    packs = language_packs()
    for path, text in case.files.items():
        if pack_of(path, packs) is None:
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    parsed = parse(case.files, packs)
    spooled = {name: cut(table, ()) for name, table in parsed.tables.items()}
    linked = run_stage(Context(root=root, packs=packs, artifacts={IR_ARTIFACT: spooled}), CrossFileStage())
    return literate.graph(parsed.tables, linked.tables)


def failures(case: Case, root: Path) -> Sequence[str]:
    """Run a case; return what does not hold."""
    return literate.failures(case, build(case, root))
