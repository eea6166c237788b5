"""Measures the store alone on a synthetic graph and prints a table and JSON.

    python tests/bench/bench_store.py [--scale 1.0] [--no-keys] [--json FILE]

Scale 1.0 is 1 M nodes and 4 M edges in 10,000 files. CPU and wall time of the whole process: the best of the
repetitions, but of thirty commits in a row, each of which adds a segment, the median.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from codegraph._internal.query import GraphQuery
from codegraph._internal.store import Store
from codegraph_hookspecs import TABLES

FILES_PER_BATCH = 400
NODES_PER_FILE = 100
EDGES_PER_NODE = 4
COMMITS = 30
TARGETS_MS = {
    "bulk load": 3000.0, "one-file commit": 5.0, "open": 25.0, "point lookup": 0.3, "callers": 1.0, "3-hop BFS": 2.0,
    "filter + order + limit": 20.0, "group by": 80.0,
}  # fmt: skip


def file_path(number: int) -> str:
    """Return the path of a synthetic file."""
    return f"package_{number // 100}/sub_{number // 10 % 10}/module_{number}.py"


def node_ids(number: int) -> list[str]:
    """Return the node ids of a file, about 60 characters each."""
    path = file_path(number)
    module = path[:-3].replace("/", ".")
    return [f"{module}.Class{i % 7}.method_number_{i}@{path.partition('/')[0]}" for i in range(NODES_PER_FILE)]


def constant(value: str, rows: int) -> pa.DictionaryArray:
    """Return a dictionary column with one value."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), [value])


def table_batch(table: str, columns: dict[str, Any], rows: int, keys: dict[str, Any]) -> pa.RecordBatch:
    """Return a batch of a table in which the columns that are not given are null."""
    schema = TABLES[table].physical_schema
    arrays = [columns.get(field.name, pa.nulls(rows, field.type)) for field in schema]
    arrays = [a if a.type == f.type else a.cast(f.type) for a, f in zip(arrays, schema, strict=True)]
    batch = pa.record_batch(arrays, schema=schema)
    for name, values in keys.items():
        batch = batch.append_column(name, pa.array(values))
    return batch


def hashed(texts: list[str]) -> np.ndarray[Any, Any]:
    """Return xxh3_64 of some strings."""
    return np.fromiter((xxhash.xxh3_64_intdigest(text.encode()) for text in texts), np.uint64, len(texts))


def batches(files: range, total: int, with_keys: bool, edited: str = "") -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield files, nodes and edges of some synthetic files; `edited` changes the content of every node."""
    for first in range(files.start, files.stop, FILES_PER_BATCH):
        numbers = range(first, min(first + FILES_PER_BATCH, files.stop))
        rng = np.random.default_rng(first)
        ids = [text for number in numbers for text in node_ids(number)]
        rows = len(ids)
        paths = [file_path(number) for number in numbers]
        owner = pa.DictionaryArray.from_arrays(
            pa.array(np.repeat(np.arange(len(paths), dtype=np.int32), NODES_PER_FILE)), paths
        )
        kinds = pa.DictionaryArray.from_arrays(
            pa.array(rng.integers(0, 4, rows, dtype=np.int32)), ["function", "class", "method", "variable"]
        )
        names = [text.partition("@")[0].rpartition(".")[2] for text in ids]
        fqns = [text.partition("@")[0] for text in ids]
        hashes = [xxhash.xxh3_128_hexdigest((text + edited).encode()) for text in ids]
        empty = pa.ListArray.from_arrays(pa.array(np.zeros(rows + 1, np.int32)), pa.array([], pa.string()))
        empty = empty.cast(TABLES["nodes"].schema.field("modifiers").type)
        numbers_ = pa.array(np.arange(rows, dtype=np.int32))
        columns = {
            "id": pa.array(ids), "kind": kinds, "name": pa.array(names), "fqn": pa.array(fqns), "file_path": owner,
            "start_line": numbers_, "end_line": numbers_, "start_byte": numbers_, "end_byte": numbers_,
            "language": constant("python", rows), "modifiers": empty, "taint_sources": empty,
            "visibility": constant("public", rows), "is_test": pa.array(np.zeros(rows, np.bool_)),
            "signature": pa.array([f"(self, argument, {name}=None)" for name in names]),
            "complexity": pa.array(rng.integers(1, 50, rows, dtype=np.int32)), "content_hash": pa.array(hashes),
        }  # fmt: skip
        keys = {"key": hashed(ids), "name_key": hashed(names), "fqn_key": hashed(fqns)} if with_keys else {}
        nodes = table_batch("nodes", columns, rows, keys)
        count = rows * EDGES_PER_NODE
        near = min(first + FILES_PER_BATCH, total)
        reach = [text for number in range(max(0, near - FILES_PER_BATCH), near) for text in node_ids(number)]
        sources = np.repeat(np.arange(rows, dtype=np.int32), EDGES_PER_NODE)
        targets = rng.integers(0, len(reach), count, dtype=np.int32)
        edge_keys = {"source_key": hashed(ids)[sources], "target_key": hashed(reach)[targets]} if with_keys else {}
        columns = {
            "id": pa.array([f"{n:016x}" for n in range(first << 32, (first << 32) + count)]),
            "kind": pa.DictionaryArray.from_arrays(
                pa.array(rng.integers(0, 3, count, dtype=np.int32)), ["calls", "references", "instantiates"]
            ),
            "source_id": pa.DictionaryArray.from_arrays(pa.array(sources), ids),
            "target_id": pa.DictionaryArray.from_arrays(pa.array(targets), reach),
            "file_path": pa.DictionaryArray.from_arrays(
                pa.array(np.repeat(np.arange(len(paths), dtype=np.int32), NODES_PER_FILE * EDGES_PER_NODE)), paths
            ),
            "line_number": pa.array(sources), "column": pa.array(sources), "resolver": constant("lexical", count),
            "confidence": pa.array(np.ones(count, np.float32)),
        }  # fmt: skip
        edges = table_batch("edges", columns, count, edge_keys)
        columns = {
            "path": pa.array(paths), "language": constant("python", len(paths)), "status": constant("ok", len(paths)),
            "content_hash": pa.array([xxhash.xxh3_128_hexdigest((path + edited).encode()) for path in paths]),
            "size": pa.array([1000] * len(paths)), "mtime_ns": pa.array([1] * len(paths)),
            "lines": pa.array([300] * len(paths)), "parse_errors": pa.array([0] * len(paths)),
        }  # fmt: skip
        yield "files", table_batch("files", columns, len(paths), {})
        yield "nodes", nodes
        yield "edges", edges


class Timer:
    """Collects the CPU and wall time of named steps."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, float]] = {}
        self._all: dict[str, list[tuple[float, float]]] = {}

    def take_median(self, name: str) -> None:
        """Let the median of a step's repetitions count, and keep the best beside it."""
        cpu, wall = zip(*self._all[name], strict=True)
        self.rows[name] = {
            "cpu_ms": statistics.median(cpu), "wall_ms": statistics.median(wall), "best_cpu_ms": min(cpu),
        }  # fmt: skip

    def add(self, name: str, cpu_ms: float, wall_ms: float) -> None:
        """Note one repetition; the best one counts."""
        self._all.setdefault(name, []).append((cpu_ms, wall_ms))
        best = self.rows.get(name, {"cpu_ms": float("inf"), "wall_ms": float("inf")})
        self.rows[name] = {"cpu_ms": min(best["cpu_ms"], cpu_ms), "wall_ms": min(best["wall_ms"], wall_ms)}

    def run(self, name: str, step: Callable[[], Any], repeat: int = 5, inner: int = 1) -> Any:
        """Time a step; `inner` calls count as one repetition and are averaged."""
        result = None
        for _ in range(repeat):
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(inner):
                result = step()
            self.add(name, (time.process_time() - cpu) * 1e3 / inner, (time.perf_counter() - wall) * 1e3 / inner)
        return result


def rss_anon_bytes() -> int:
    """Return the anonymous memory of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    return 0


def load(store: Store, timer: Timer, name: str, files: range, total: int, with_keys: bool, **options: Any) -> None:
    """Write some files as one snapshot; only the store's own time counts, not making the rows."""
    cpu = wall = 0.0

    def timed(step: Callable[[], Any]) -> Any:
        nonlocal cpu, wall
        started = time.process_time(), time.perf_counter()
        result = step()
        cpu += time.process_time() - started[0]
        wall += time.perf_counter() - started[1]
        return result

    edited = options.pop("edited", "")
    transaction = timed(lambda: store.begin(repo_id="bench", reason="bench", **options))
    for table, batch in batches(files, total, with_keys, edited):
        timed(partial(transaction.append, table, batch))
    timed(lambda: transaction.commit({}))
    timer.add(name, cpu * 1e3, wall * 1e3)


def scan_growth(folder: Path, table: str) -> dict[str, float]:
    """Stream a whole table in this process; return rows per second and the growth of anonymous memory."""
    with Store.open(folder, read_only=True) as store, store.snapshot() as snapshot:
        snapshot.nodes_by_name("")
        list(snapshot.scan("files"))
        gc.collect()
        before, peak, rows = rss_anon_bytes(), 0, 0
        started = time.perf_counter()
        for batch in snapshot.scan(table):
            rows += batch.num_rows
            peak = max(peak, rss_anon_bytes())
        seconds = time.perf_counter() - started
        return {"rows": rows, "rows_per_s": rows / seconds, "rss_anon_growth_mb": (peak - before) / 2**20}


def measure(folder: Path, files: int, with_keys: bool) -> dict[str, Any]:
    """Run every step once the store is built; return the report."""
    timer = Timer()
    store = Store.open(folder)
    load(store, timer, "bulk load", range(files), files, with_keys)
    for number in range(COMMITS):
        path = file_path(number % files)
        one = range(number % files, number % files + 1)
        load(store, timer, "one-file commit", one, files, with_keys, replaces=[path], edited=str(number))
    timer.take_median("one-file commit")

    def open_store() -> None:
        with Store.open(folder) as other, other.snapshot() as snapshot:
            snapshot.count("nodes")

    timer.run("open", open_store)
    ids = [node_ids(number)[number % NODES_PER_FILE] for number in range(0, files, max(1, files // 200))]
    with store.snapshot() as snapshot:
        cold = time.perf_counter()
        snapshot.nodes_by_id([ids[0]])
        snapshot.edges_to([ids[0]])
        cold_ms = (time.perf_counter() - cold) * 1e3

        def point() -> None:
            for node in ids:
                assert snapshot.nodes_by_id([node]).num_rows == 1

        def callers() -> None:
            for node in ids:
                snapshot.edges_to([node], kinds=["calls"])

        def hops() -> None:
            for node in ids[:20]:
                snapshot.reachable([node], depth=3, kinds=["calls"])

        def scan() -> int:
            predicate = (pc.field("kind") == "function") & (pc.field("complexity") > 48)
            return sum(batch.num_rows for batch in snapshot.scan("nodes", ["id"], predicate))

        def top() -> pa.Table:
            functions = GraphQuery(snapshot).nodes().filter(kind="function", language="python")
            return functions.order_by("complexity", descending=True).limit(10).to_arrow()

        def group() -> pa.Table:
            rows = pa.Table.from_batches(list(snapshot.scan("edges", ["kind"]))).unify_dictionaries()
            return rows.group_by("kind", use_threads=False).aggregate([([], "count_all")])

        for name, step, calls in (
            ("point lookup", point, len(ids)),
            ("callers", callers, len(ids)),
            ("3-hop BFS", hops, 20),
        ):
            inner = Timer()
            inner.run(name, step)
            timer.rows[name] = {key: value / calls for key, value in inner.rows[name].items()}
        timer.run("scan with expression", scan)
        timer.run("filter + order + limit", top)
        timer.run("group by", group)
        counts = {table: snapshot.count(table) for table in snapshot.tables()}
    store.close()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    scans = {}
    for table in ("nodes", "edges"):  # each in a process of its own: what one leaves behind is not the other's
        command = [sys.executable, __file__, "--scan", os.fspath(folder), table]
        scans[table] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {"rows": counts, "bytes": size, "steps": timer.rows, "cold_point_and_callers_ms": cold_ms, "scan": scans}


def print_table(report: dict[str, Any]) -> None:
    """Print the report for people."""
    print(f"{'step':<24}{'CPU ms':>12}{'wall ms':>12}{'target ms':>12}")
    for name, row in report["steps"].items():
        target = TARGETS_MS.get(name)
        print(f"{name:<24}{row['cpu_ms']:>12.3f}{row['wall_ms']:>12.3f}{target if target else '':>12}")
    for table, scan in report["scan"].items():
        speed, growth = scan["rows_per_s"] / 1e6, scan["rss_anon_growth_mb"]
        print(f"scan of {table}, all columns: {speed:.1f} M rows/s, RssAnon +{growth:.1f} MB (target 16)")
    print(f"disk: {report['bytes'] / 2**20:.0f} MB; first lookup: {report['cold_point_and_callers_ms']:.1f} ms")


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is 1 M nodes, 4 M edges")
    parser.add_argument("--no-keys", action="store_true", help="let the store hash the ids itself")
    parser.add_argument("--json", type=Path, help="also write the JSON to a file")
    parser.add_argument("--scan", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scan:
        print(json.dumps(scan_growth(Path(options.scan[0]), options.scan[1])))
        return
    files = max(10, round(10_000 * options.scale))
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder), files, not options.no_keys)
    print_table(report)
    text = json.dumps({"scale": options.scale, "precomputed_keys": not options.no_keys, **report}, sort_keys=True)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
