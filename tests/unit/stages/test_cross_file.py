"""What the cross-file stage promises about its rows, whatever the language."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import xxhash

from codegraph_hookspecs import IR_ARTIFACT, TABLES
from codegraph_plugins.stages.cross_file import CrossFileStage
from codegraph_plugins.stages.cross_file.codes import MAX_CHAIN, MAX_LINEAGE
from codegraph_plugins.stages.cross_file.groups import Cursor
from tests.unit.stages.linking import Context, bare, engines, language_packs, link, parse, run_stage

SOURCES = {
    "a/__init__.py": "from .b import helper\n",
    "a/b.py": "import os\ndef helper(): os.getcwd(); os.getcwd()\nclass C:\n  def __init__(self): helper()\n",
    "a/d/e.py": "from a import helper\nfrom a.b import C\ndef run(): helper(); helper(); C(); len([]); gone()\n",
    "main.py": "from a.d.e import run\nrun()\n",
    "w/x.ts": "import { y } from './y';\nexport function x() { y(); }\n",
    "w/y.ts": "export function y() {}\n",
}


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("split", [(), (1,), (3, 1, 2), (2, 2, 2, 2, 2, 2)])
def test_rows_do_not_depend_on_how_the_streams_are_cut(engine: str, split: tuple[int, ...], tmp_path: Path) -> None:
    whole = link(SOURCES, tmp_path)
    cut = link(SOURCES, tmp_path, split=split, engine=engine, workers=3)
    for name, table in whole.tables.items():
        assert cut.tables[name].equals(table), name


def test_every_call_site_and_import_of_the_parser_comes_out_once_in_order(tmp_path: Path) -> None:
    linked = link(SOURCES, tmp_path)
    for table in ("call_sites", "imports"):
        assert [row["id"] for row in linked.rows(table)] == [row["id"] for row in linked.parsed(table)]
        kept = [name for name in TABLES[table].schema.names if name not in _DECIDED]
        assert linked.tables[table].select(kept).to_pylist() == [
            {name: row[name] for name in kept} for row in linked.parsed(table)
        ]


_DECIDED = {"status", "reason", "candidates", "target_id", "target_file"}


def test_edge_ids_are_hashes_of_kind_source_target_and_ordinal(tmp_path: Path) -> None:
    rows = link(SOURCES, tmp_path).rows("edges")
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = (row["kind"], row["source_id"], row["target_id"])
        ordinal = seen.get(key, 0)
        seen[key] = ordinal + 1
        assert row["id"] == xxhash.xxh3_64_hexdigest("\0".join([*key, str(ordinal)]).encode())
    assert max(seen.values()) == 2
    assert len({row["id"] for row in rows}) == len(rows)


def test_edges_are_grouped_by_file_and_name_existing_nodes(tmp_path: Path) -> None:
    linked = link(SOURCES, tmp_path)
    edges = linked.rows("edges")
    owners = [row["file_path"] for row in edges]
    assert [owner for owner in dict.fromkeys(owners) if owner] == sorted(SOURCES)
    assert owners == sorted(owners, key=lambda owner: owner or "")
    known = {row["id"] for row in [*linked.parsed("nodes"), *linked.rows("nodes")]}
    for row in edges:
        assert {row["source_id"], row["target_id"]} <= known
    for row in linked.rows("call_sites"):
        assert set(row["candidates"]) <= known


def test_every_node_below_a_module_has_one_defines_edge(tmp_path: Path) -> None:
    linked = link(SOURCES, tmp_path)
    expected = {
        ("defines", bare(row["parent_id"]), bare(row["id"]))
        for row in linked.parsed("nodes")
        if row["kind"] != "module"
    }
    assert linked.edges("defines") == expected


def test_folders_are_packages_that_contain_packages_and_modules(tmp_path: Path) -> None:
    linked = link(SOURCES, tmp_path)
    packages = [row for row in linked.rows("nodes") if row["kind"] == "package"]
    assert [(row["id"], row["parent_id"]) for row in packages] == [("a@/", None), ("a.d@/", "a@/"), ("w@/", None)]
    assert linked.edges("contains") >= {("contains", "a", "a.d"), ("contains", "a.d", "a.d.e")}


def test_externals_come_last_once_each_sorted_and_only_when_named(tmp_path: Path) -> None:
    nodes = link(SOURCES, tmp_path).rows("nodes")
    externals = [row["id"] for row in nodes if row["kind"] == "external"]
    assert externals == ["builtins.len@external", "os.getcwd@external", "os@external"]
    assert [row["kind"] for row in nodes[-3:]] == ["external"] * 3


def test_confidence_falls_with_several_definitions_of_the_name(tmp_path: Path) -> None:
    linked = link(
        {"a.py": "def f(): ...\ndef g(): ...\ndef g(): ...\n", "b.py": "from a import f, g\nf()\ng()\n"}, tmp_path
    )
    found = {
        bare(row["target_id"]): (row["resolver"], round(row["confidence"], 2))
        for row in linked.rows("edges")
        if row["kind"] == "calls"
    }
    assert found == {"a.f": ("import", 0.95), "a.g~2": ("import", 0.75)}


@pytest.mark.parametrize("engine", engines())
def test_long_chains_of_bases_and_re_exports_end(engine: str, tmp_path: Path) -> None:
    deep = MAX_LINEAGE + 50
    classes = ["class C0:\n  def m(self): ..."] + [f"class C{n}(C{n - 1}): ..." for n in range(1, deep)]
    chain = {f"m{n}.py": f"from m{n + 1} import f\n" for n in range(MAX_CHAIN + 50)}
    sources = {
        "deep.py": "\n".join([*classes, f"class Low(C{deep - 1}):\n  def run(self): self.m()\n"]),
        "near.py": "from deep import C9\nclass Near(C9):\n  def run(self): self.m()\n",
        f"m{MAX_CHAIN + 50}.py": "def f(): ...\n",
        "use.py": "import m0\nfrom m200 import f\nm0.f()\nf()\n",
        **chain,
    }
    calls = [
        (row["file_path"], row["status"], row["reason"])
        for row in link(sources, tmp_path, engine=engine).rows("call_sites")
    ]
    assert calls == [
        ("deep.py", "unresolved", "unresolved-base"),
        ("near.py", "resolved", None),
        ("use.py", "unresolved", "import-cycle"),
        ("use.py", "resolved", None),
    ]


def test_nothing_to_link_yields_nothing(tmp_path: Path) -> None:
    linked = link({}, tmp_path)
    assert all(table.num_rows == 0 for table in linked.tables.values())


def test_a_stream_whose_files_are_out_of_order_is_refused(tmp_path: Path) -> None:
    packs = language_packs()
    parsed = parse(SOURCES, packs)
    tables = {name: table.combine_chunks().to_batches() for name, table in parsed.tables.items()}
    uses = parsed.tables["uses"].combine_chunks()
    tables["uses"] = uses.take(pa.array(range(uses.num_rows - 1, -1, -1))).combine_chunks().to_batches()
    with pytest.raises(ValueError, match="not grouped by file"):
        run_stage(Context(root=tmp_path, packs=packs, artifacts={IR_ARTIFACT: tables}), CrossFileStage())


def test_a_cursor_hands_out_each_row_once() -> None:
    rows = pa.record_batch({"file_path": ["a", "a", "b", "d"], "n": [1, 2, 3, 4]})
    cursor = Cursor([rows.slice(0, 1), rows.slice(1)], "file_path", {"a": 0, "b": 1, "c": 2, "d": 3})
    found = [[value for batch in cursor.until(end) for value in batch["n"].to_pylist()] for end in (0, 1, 3, 4)]
    assert found == [[], [1, 2], [3], [4]]
