"""The kit's checks of stages, analyzers, sinks and executors."""

import ctypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice

import numpy as np
import pyarrow as pa
import pytest

from codegraph_hookspecs import TABLES, Analyzer, Sink, Stage
from codegraph_hookspecs.testing import (
    ConformanceError,
    MemorySnapshot,
    check_analyzer,
    check_executor,
    check_sink,
    check_stage,
    empty_table,
    parse_samples,
)
from codegraph_plugins.languages.python import PACK
from codegraph_plugins.parsers.reference import ReferenceParser

METRICS = TABLES["metrics"].physical_schema


@pytest.fixture
def batch():
    return parse_samples(ReferenceParser(), [PACK], {"a.py": "def f():\n    return g()\n"})


def code_of(function, *arguments, **options):
    with pytest.raises(ConformanceError) as caught:
        function(*arguments, **options)
    return caught.value.code


def metric(value: float = 1.0) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array(["a@py"]).dictionary_encode(), pa.array(["m"]).dictionary_encode(), pa.array([value])], schema=METRICS
    )


class Good(Stage):
    name = "good-stage"
    layer = "L2"
    tables = ("metrics",)

    def run(self, context):
        rows = sum(batch.num_rows for batch in context.read("ir", "nodes"))
        context.check()
        context.progress(1, 1)
        yield "metrics", metric(rows)


class GoodFile(Good):
    name = "good-file-stage"
    scope = "file"

    def run_batch(self, context, batch):
        yield "metrics", metric(batch.tables["nodes"].num_rows)


def test_good_stages_pass_and_their_rows_come_back(batch):
    for stage in (Good(), GoodFile()):
        rows = check_stage(stage, batch)["metrics"].to_pylist()
        assert [(row["node_id"], row["value"]) for row in rows] == [("a@py", 2.0)]


class BadName(Good):
    name = "Good Stage"


class NoLayer(Good):
    layer = ""


class BadScope(Good):
    scope = "folder"


class TextInputs(Good):
    inputs = "ir"


class UnknownTable(Good):
    tables = ("metric",)


class NoMethod(Good):
    scope = "file"


class NeedsOther(Good):
    inputs = ("ir", "types")


class ReadsUndeclared(Good):
    def run(self, context):
        yield from (("metrics", batch) for batch in context.read("types", "metrics"))


class YieldsUndeclared(Good):
    tables = ()


class YieldsRows(Good):
    def run(self, context):
        yield metric()


class WrongSchema(Good):
    def run(self, context):
        yield "metrics", pa.RecordBatch.from_pydict({"node_id": ["a"], "name": ["m"], "value": [1.0]})


class Unstable(Good):
    numbers = count()

    def run(self, context):
        yield "metrics", metric(next(self.numbers))


class Sometimes(Good):
    turns = count()

    def run(self, context):
        if next(self.turns) % 2:
            yield "metrics", metric()


def overwrite_first(column):
    """Write into an Arrow array's memory, as numpy views of a plugin might."""
    address = ctypes.cast(column.buffers()[1].address, ctypes.POINTER(ctypes.c_int32))
    np.ctypeslib.as_array(address, (len(column),))[0] += 1


class Mutates(Good):
    def run(self, context):
        for batch in context.read("ir", "nodes"):
            overwrite_first(batch.column("start_line"))
        yield "metrics", metric()


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ("good-stage", "stage-type"),
        (BadName(), "stage-declaration"),
        (NoLayer(), "stage-declaration"),
        (BadScope(), "stage-declaration"),
        (TextInputs(), "stage-declaration"),
        (UnknownTable(), "stage-declaration"),
        (NoMethod(), "stage-declaration"),
        (NeedsOther(), "stage-inputs"),
        (ReadsUndeclared(), "stage-raised"),
        (YieldsUndeclared(), "stage-undeclared"),
        (YieldsRows(), "stage-yield"),
        (WrongSchema(), "table-schema"),
        (Unstable(), "stage-unstable"),
        (Sometimes(), "stage-unstable"),
        (Mutates(), "stage-mutates"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_wrong_stage_is_found(batch, stage, code):
    assert code_of(check_stage, stage, batch) == code


def test_inputs_of_other_stages_can_be_given(batch):
    class Reads(NeedsOther):
        def run(self, context):
            for rows in context.read("types", "metrics"):
                yield "metrics", rows

    given = pa.Table.from_batches([metric(7.0)])
    assert check_stage(Reads(), batch, artifacts={"types": {"metrics": given}})["metrics"].num_rows == 1


class Finds(Analyzer):
    name = "finds"

    def __init__(self, *findings):
        self.findings = findings

    def analyze(self, document) -> Iterator[dict]:
        yield from self.findings


FINDING = {"type": "t", "message": "m"}


def test_good_analyzers_of_both_scopes_pass(batch):
    class Functions(Analyzer):
        name = "functions"

        def analyze(self, document):
            for row in document.rows("nodes"):
                if row["kind"] == "function":
                    yield {**FINDING, "node_id": row["id"], "file_path": document.file_path, "properties": {"a": 1}}

    class Repo(Analyzer):
        name = "repo"
        scope = "repo"

        def analyze(self, document):
            document.check()
            for rows in document.read("nodes"):
                yield {**FINDING, "count": rows.num_rows}

    assert [finding["node_id"] for finding in check_analyzer(Functions(), batch)] == ["a:f@py"]
    assert check_analyzer(Repo(), batch) == [{**FINDING, "count": 2}]


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        ("text", "finding-type"),
        ({"message": "m"}, "finding-text"),
        ({"type": "t", "message": ""}, "finding-text"),
        ({**FINDING, "rule_id": 7}, "finding-text"),
        ({**FINDING, "severity": "huge"}, "finding-value"),
        ({**FINDING, "confidence": 1.5}, "finding-value"),
        ({**FINDING, "confidence": "high"}, "finding-value"),
        ({**FINDING, "span": {"start_line": 1}}, "finding-value"),
        ({**FINDING, "node_id": "nowhere"}, "finding-dangling"),
        ({**FINDING, "file_path": "nowhere"}, "finding-dangling"),
        ({**FINDING, "properties": {"a": object()}}, "finding-json"),
    ],
)
def test_a_wrong_finding_is_found(batch, finding, code):
    assert code_of(check_analyzer, Finds(finding), batch) == code


def test_a_wrong_analyzer_is_found(batch):
    class Nameless(Finds):
        name = ""

    class Folder(Finds):
        scope = "folder"

    class Raises(Finds):
        def analyze(self, document):
            raise RuntimeError("boom")

    class Counts(Finds):
        numbers = count()

        def analyze(self, document):
            yield {**FINDING, "number": next(self.numbers)}

    class Overwrites(Finds):
        def analyze(self, document):
            overwrite_first(document.tables["nodes"].column("start_line").chunk(0))
            return []

    assert code_of(check_analyzer, "finds", batch) == "analyzer-type"
    assert code_of(check_analyzer, Nameless(), batch) == "analyzer-declaration"
    assert code_of(check_analyzer, Folder(), batch) == "analyzer-declaration"
    assert code_of(check_analyzer, Raises(), batch) == "analyzer-raised"
    assert code_of(check_analyzer, Counts(), batch) == "analyzer-unstable"
    assert code_of(check_analyzer, Overwrites(), batch) == "analyzer-mutates"


class Writes(Sink):
    name = "writes"

    def write(self, snapshot, destination, **options):
        path = destination / "tables.txt"
        rows = {table: [batch.num_rows for batch in snapshot.read(table)] for table in snapshot.tables()}
        path.write_text(f"{snapshot.snapshot_id} {rows}")
        return [path]


def test_a_good_sink_passes(tmp_path, batch):
    (path,) = check_sink(Writes(), MemorySnapshot(contents=batch.tables), tmp_path)
    assert "'nodes': [2]" in path.read_text()


def test_a_wrong_sink_is_found(tmp_path):
    class Silent(Writes):
        def write(self, snapshot, destination, **options):
            super().write(snapshot, destination)
            return []

    class Outside(Writes):
        def write(self, snapshot, destination, **options):
            return super().write(snapshot, destination.parent)

    class Claims(Writes):
        def write(self, snapshot, destination, **options):
            return [destination / "never.txt"]

    class Random(Writes):
        numbers = count()

        def write(self, snapshot, destination, **options):
            path = destination / f"{next(self.numbers)}.txt"
            path.touch()
            return [path]

    class Raises(Writes):
        def write(self, snapshot, destination, **options):
            raise RuntimeError("boom")

    class Nameless(Writes):
        name = ""

    snapshot = MemorySnapshot(contents={"files": empty_table("files")})
    wanted = {
        Silent: "sink-files",
        Outside: "sink-outside",
        Claims: "sink-files",
        Random: "sink-unstable",
        Raises: "sink-raised",
        Nameless: "sink-name",
    }
    for kind, code in wanted.items():
        folder = tmp_path / kind.__name__
        folder.mkdir()
        assert code_of(check_sink, kind(), snapshot, folder) == code
    assert code_of(check_sink, None, snapshot, tmp_path) == "sink-type"


class Threads:
    name = "threads"

    def map(self, function, tasks, *, workers):
        tasks = iter(tasks)
        with ThreadPoolExecutor(workers) as pool:
            waiting = [pool.submit(function, task) for task in islice(tasks, 2 * workers)]
            while waiting:
                yield waiting.pop(0).result()
                waiting.extend(pool.submit(function, task) for task in islice(tasks, 1))

    def close(self):
        pass


def test_a_good_executor_passes():
    check_executor(Threads())


def test_a_wrong_executor_is_found():
    class Backwards(Threads):
        def map(self, function, tasks, *, workers):
            return iter([function(task) for task in tasks][::-1])

    class Greedy(Threads):
        def map(self, function, tasks, *, workers):
            return iter([function(task) for task in list(tasks)])

    class Forgiving(Threads):
        def map(self, function, tasks, *, workers):
            for task in tasks:
                try:
                    yield function(task)
                except ValueError:
                    yield None

    class Raises(Threads):
        def map(self, function, tasks, *, workers):
            raise RuntimeError("boom")

    class Nameless(Threads):
        name = ""

    assert code_of(check_executor, Backwards()) == "executor-order"
    assert code_of(check_executor, Greedy()) == "executor-ahead"
    assert code_of(check_executor, Forgiving()) == "executor-error"
    assert code_of(check_executor, Raises()) == "executor-raised"
    assert code_of(check_executor, Nameless()) == "executor-name"
    assert code_of(check_executor, object()) == "executor-type"
