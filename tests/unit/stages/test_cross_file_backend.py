"""Which link engine the cross-file stage uses, and what comparing two of them finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from codegraph_hookspecs import IR_ARTIFACT, IndexingError, StageContext, TableBatch
from codegraph_plugins.stages.cross_file import CrossFileStage, Linker
from codegraph_plugins.stages.cross_file.both import ComparingLinker
from codegraph_plugins.stages.cross_file.native import NativeCrossFileStage
from codegraph_plugins.stages.cross_file.reference import Group, ReferenceLinker
from tests.unit.stages.linking import Context, engines, language_packs, native_stage, parse, run_stage

SOURCES = {"a.py": "from b import f\nf()\nimport os\nos.getcwd()\n", "b.py": "def f(): pass\n"}


class Engine:
    """A native engine that takes anything and gives nothing."""

    def __init__(self, languages: str, workers: int) -> None:
        self.languages, self.workers = languages, workers

    def add(self, table: str, batch: pa.RecordBatch) -> None: ...

    def prepare(self, project: str) -> None: ...

    def packages(self) -> list[TableBatch]:
        return []

    def link(self, first: int, end: int, *groups: Sequence[pa.RecordBatch]) -> list[TableBatch]:
        return []

    def externals(self) -> list[TableBatch]:
        return []


class Altered(ReferenceLinker):
    """The reference engine, but with rows altered by `way`."""

    way = "none"

    def link(self, first: int, end: int, group: Group) -> Sequence[TableBatch]:
        return [
            (table, self._alter(batch) if table == "edges" else batch)
            for table, batch in super().link(first, end, group)
        ]

    def _alter(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if self.way == "missing":
            return batch.slice(1)
        if self.way == "value":
            at = batch.schema.get_field_index("line_number")
            return batch.set_column(at, batch.schema.field(at), pa.array([7] * batch.num_rows, pa.int32()))
        if self.way == "dictionaries":
            at = batch.schema.get_field_index("kind")
            kinds = batch.column(at).dictionary_decode().to_pylist()
            values = sorted(set(kinds), reverse=True)
            codes = pa.array([values.index(kind) for kind in kinds], batch.column(at).indices.type)
            return batch.set_column(at, batch.schema.field(at), pa.DictionaryArray.from_arrays(codes, values))
        return batch


class Comparing(CrossFileStage):
    """The stage with the reference engine twice, one of them altered."""

    def __init__(self, way: str) -> None:
        self.way = way

    def linker(self, context: StageContext) -> Linker:
        other = Altered(context.packs)
        other.way = self.way
        return ComparingLinker(ReferenceLinker(context.packs), other, ("left", "right"))


def context(root: Path, backend: str = "auto") -> Context:
    packs = language_packs()
    tables = {name: table.to_batches() for name, table in parse(SOURCES, packs).tables.items()}
    return Context(root=root, packs=packs, artifacts={IR_ARTIFACT: tables}, backend=backend)


@pytest.mark.parametrize(
    ("backend", "engine"), [("auto", "NativeLinker"), ("rust", "NativeLinker"), ("python", "SurveyingReferenceLinker"),
                            ("both", "ComparingLinker"), ("another", "NativeLinker")]
)  # fmt: skip
def test_the_backend_names_the_engine(backend: str, engine: str, tmp_path: Path) -> None:
    stage = NativeCrossFileStage(Engine)
    assert type(stage.linker(context(tmp_path, backend))).__name__ == engine


def test_the_python_backend_never_makes_a_native_engine(tmp_path: Path) -> None:
    def forbidden(*_: Any) -> Engine:
        raise AssertionError("the native engine was made")

    linked = run_stage(context(tmp_path, "python"), NativeCrossFileStage(forbidden))
    assert linked.edges("calls") == {("calls", "a", "b.f"), ("calls", "a", "os.getcwd")}


@pytest.mark.parametrize("way", ["none", "dictionaries"])
def test_engines_that_agree_give_the_rows_of_one(way: str, tmp_path: Path) -> None:
    wanted = run_stage(context(tmp_path), CrossFileStage())
    found = run_stage(context(tmp_path), Comparing(way))
    assert wanted.tables["edges"].num_rows > 3
    for name, table in wanted.tables.items():
        assert found.tables[name].equals(table), name


@pytest.mark.parametrize("way", ["missing", "value"])
def test_engines_that_differ_fail_with_the_rows(way: str, tmp_path: Path) -> None:
    with pytest.raises(IndexingError) as caught:
        run_stage(context(tmp_path), Comparing(way))
    assert caught.value.code == "parity-difference"
    report = caught.value.context["parity"]
    assert report["parsers"] == ["left", "right"]
    assert report["total_differences"] == report["differences"]["edges"] > 0
    assert report["first"][0]["table"] == "edges"
    assert {"left", "right"} <= report["first"][0].keys()


@pytest.mark.skipif("native" not in engines(), reason="needs the native engine")
def test_the_native_engine_holds_no_column_but_the_ids_of_the_nodes_that_it_read(tmp_path: Path) -> None:
    nodes = parse(SOURCES, language_packs()).tables["nodes"].to_batches()[0]
    texts = pa.array(["x" * 1_000_000] * nodes.num_rows)
    path = tmp_path / "nodes.arrows"
    with pa.ipc.new_stream(str(path), nodes.append_column("text", texts).schema) as writer:
        writer.write_batch(nodes.append_column("text", texts))
    del texts
    linker = native_stage().linker(context(tmp_path))
    before = pa.total_allocated_bytes()
    with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as reader:
        for batch in reader:  # whose columns share one buffer
            assert pa.total_allocated_bytes() - before > 1_000_000
            linker.add("nodes", batch)
        del batch
    assert pa.total_allocated_bytes() - before < 100_000
