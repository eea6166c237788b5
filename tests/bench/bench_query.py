"""Measures queries side by side with DuckDB and SQLite that hold the same rows, in one run; prints tables and JSON.

    python tests/bench/bench_query.py [--scale 1.0] [--corpus pymix | --path FOLDER] [--json FILE] [--page FILE…]

Scale 1.0 is 1 M nodes and 4 M edges. Every question is put to each engine in turn, round after round, and gives
the same number of rows there; CPU of the whole process, all threads, best of the rounds. `--page` prints
docs/reference/query-benchmarks.md from earlier reports.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import duckdb
import pyarrow as pa
from attrs import Factory, frozen

from codegraph._internal.query import GraphQuery, sql
from codegraph._internal.store import Snapshot, Store
from codegraph_hookspecs import TABLES
from tests.bench import bench_store
from tests.bench.bench_store import rss_anon_bytes

ROUNDS = 3
ASKED = 60
CALLS = ("calls", "instantiates")
TARGETS_MS = {"point": 0.3, "callers": 1.0, "3 hops": 2.0, "filter, order, limit": 20.0, "group by": 80.0}
FLOORS_ROWS = {"typed objects": 150_000, "record batches, filtered": 1_000_000}
GROWTH_MB = 10.0

HOP = """
SELECT DISTINCT n.* FROM edges e JOIN nodes n ON n.id = e.source_id
WHERE e.target_id = ? AND e.kind IN ('calls', 'instantiates')
"""
WALK = """
WITH RECURSIVE r(id, d) AS (
  SELECT target_id, 1 FROM edges WHERE source_id = ? AND kind IN ('calls', 'instantiates')
  UNION SELECT e.target_id, r.d + 1 FROM r JOIN edges e ON e.source_id = r.id
  WHERE r.d < 3 AND e.kind IN ('calls', 'instantiates'))
SELECT n.* FROM nodes n WHERE n.id IN (SELECT id FROM r)
"""
TOP = "SELECT * FROM nodes WHERE kind = 'function' AND language = 'python' ORDER BY complexity DESC LIMIT 10"
GROUP = "SELECT kind, count(*) FROM edges GROUP BY kind"
SCAN = "SELECT id, complexity FROM nodes WHERE kind IN ('function', 'class') AND complexity >= 3"


def store_of(options: argparse.Namespace, folder: Path) -> str:
    """Fill a store with the synthetic graph or with a repository's; return what was measured."""
    if options.corpus or options.path:
        from codegraph import CodeGraph, IndexingConfig
        from tests.bench.corpora import CORPORA, fetch

        root = options.path or fetch(CORPORA[options.corpus])
        run = CodeGraph(config=IndexingConfig(root_path=root, cache_dir=folder)).index().execute()
        lines = run.summary["lines"]
        run.close()
        return f"{options.corpus or root.name}, {lines:,} lines"
    files = max(10, round(10_000 * options.scale))
    with Store.open(folder) as store:
        bench_store.load(store, bench_store.Timer(), "load", range(files), files, True)
    return "synthetic"


def plain(snapshot: Snapshot, table: str) -> Iterator[pa.RecordBatch]:
    """Stream a table with its dictionaries decoded."""
    return GraphQuery(snapshot).table(table).batches(10_000)


def into_duckdb(snapshot: Snapshot, path: Path) -> duckdb.DuckDBPyConnection:
    """Copy nodes and edges into a DuckDB file with an index for each of our keys."""
    connection = duckdb.connect(str(path))
    for table in ("nodes", "edges"):
        reader = pa.RecordBatchReader.from_batches(TABLES[table].schema, plain(snapshot, table))
        connection.register("given", reader)
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM given").fetchall()
        connection.unregister("given")
    for table, column in (("nodes", "id"), ("edges", "source_id"), ("edges", "target_id")):
        connection.execute(f"CREATE INDEX {table}_{column} ON {table}({column})").fetchall()
    return connection


def into_sqlite(snapshot: Snapshot, path: Path) -> sqlite3.Connection:
    """Copy nodes and edges into a SQLite file with an index for each of our keys; lists become JSON."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -262144")
    connection.execute("PRAGMA mmap_size = 4294967296")
    for table in ("nodes", "edges"):
        names = TABLES[table].schema.names
        marks = ", ".join("?" * len(names))
        quoted = ", ".join(f'"{name}"' for name in names)
        connection.execute(f"CREATE TABLE {table} ({quoted})")
        for batch in plain(snapshot, table):
            columns = [
                [json.dumps(value) for value in column.to_pylist()]
                if pa.types.is_list(column.type)
                else column.to_pylist()
                for column in batch.columns
            ]
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", zip(*columns, strict=True))
    for table, column in (("nodes", "id"), ("edges", "source_id"), ("edges", "target_id")):
        connection.execute(f"CREATE INDEX {table}_{column} ON {table}({column})")
    # Without ANALYZE: with it SQLite builds a Bloom filter over all edges for each walk, and takes ten times as long.
    connection.commit()
    return connection


@frozen
class Question:
    """One question, and how each engine answers it.

    Args:
        engines: Engine → a function of an id that returns how many rows the answer has.
        ids: What it is asked about.
        fewer: Engine → about how many ids it is asked at most, where it takes so long that more would be a waste.
    """

    engines: dict[str, Callable[[str], int]]
    ids: list[str] = Factory(lambda: [""])
    fewer: dict[str, int] = Factory(dict)

    def asked(self, engine: str) -> list[str]:
        """Return the ids that an engine is asked about."""
        return self.ids[: self.fewer.get(engine, len(self.ids))]


def questions(snapshot: Snapshot, duck: Any, lite: Any) -> dict[str, Question]:
    """Return every question by name."""
    query = GraphQuery(snapshot)
    sample = max(1, snapshot.count("nodes") // (ASKED * 7))
    found = query.nodes().filter(kind__in=["function", "method"]).select("id").limit(ASKED * sample).to_arrow()["id"]
    ids = found.to_pylist()[::sample][:ASKED]

    def rivals(text: str, *, about: bool) -> dict[str, Callable[[str], int]]:
        return {
            "DuckDB": lambda i: len(duck.execute(text, [i] if about else []).fetchall()),
            "SQLite": lambda i: len(lite.execute(text, [i] if about else []).fetchall()),
        }

    top = query.nodes().filter(kind="function", language="python").order_by("complexity", descending=True).limit(10)
    group = query.edges().aggregate(count="id", group_by="kind")
    scan = query.nodes().filter(kind__in=["function", "class"], complexity__gte=3).select("id", "complexity")
    most = min(snapshot.count("nodes"), 200_000)
    point = {"ours": lambda i: len(query.nodes().filter(id=i).execute())}
    callers = {"ours": lambda i: len(query.nodes().filter(id=i).callers().execute())}
    walk = {"ours": lambda i: len(query.nodes().filter(id=i).callees(3).execute())}
    return {
        "point": Question({**point, **rivals("SELECT * FROM nodes WHERE id = ?", about=True)}, ids),
        "callers": Question({**callers, **rivals(HOP, about=True)}, ids, {"DuckDB": 6}),
        "3 hops": Question({**walk, **rivals(WALK, about=True)}, ids, {"DuckDB": 3}),
        "filter, order, limit": Question({"ours": lambda _: len(top.execute()), **rivals(TOP, about=False)}),
        "group by": Question({
            "ours": lambda _: len(group.execute()),
            "ours, SQL": lambda _: len(sql(snapshot, GROUP).execute()),
            **rivals(GROUP, about=False),
        }),
        "record batches, filtered": Question({
            "ours": lambda _: sum(batch.num_rows for batch in scan.batches(1_000)),
            "ours, SQL": lambda _: sum(batch.num_rows for batch in sql(snapshot, SCAN).batches(1_000)),
            "DuckDB": lambda _: sum(batch.num_rows for batch in duck.sql(SCAN).to_arrow_reader(1_000)),
        }),
        "typed objects": Question({
            "ours": lambda _: sum(1 for _ in query.nodes().limit(most)),
            "DuckDB": lambda _: fetched(duck.execute(f"SELECT * FROM nodes LIMIT {most}")),
            "SQLite": lambda _: fetched(lite.execute(f"SELECT * FROM nodes LIMIT {most}")),
        }),
    }  # fmt: skip


def fetched(cursor: Any) -> int:
    """Stream a cursor's rows as Python tuples, a thousand at a time."""
    count = 0
    while rows := cursor.fetchmany(1_000):
        count += len(rows)
    return count


def measured(asked: dict[str, Question]) -> dict[str, Any]:
    """Put every question to every engine in turn; best of the rounds, in milliseconds for one question."""
    report: dict[str, Any] = {}
    for name, question in asked.items():
        for i in question.ids[:3]:  # the same question?
            rows = {engine: answer(i) for engine, answer in question.engines.items()}
            if len(set(rows.values())) > 1:
                raise SystemExit(f"{name}: the engines give different numbers of rows: {rows}")
        best = {engine: {"cpu_ms": float("inf"), "wall_ms": float("inf")} for engine in question.engines}
        count = 0
        for _ in range(ROUNDS):
            for engine, answer in question.engines.items():
                ids = question.asked(engine)
                cpu, wall = time.process_time(), time.perf_counter()
                found = sum(answer(i) for i in ids)
                spent = time.process_time() - cpu, time.perf_counter() - wall
                for unit, seconds in zip(("cpu_ms", "wall_ms"), spent, strict=True):
                    best[engine][unit] = min(best[engine][unit], seconds * 1e3 / len(ids))
                count = found if engine == "ours" else count
        report[name] = {"rows": count / len(question.ids), "engines": best}
        print(f"  {name}: " + ", ".join(f"{e} {v['cpu_ms']:.3f}" for e, v in best.items()), file=sys.stderr)
    return report


def growth(folder: Path) -> dict[str, float]:
    """Stream every node in this process in each way; return how many megabytes of anonymous memory each adds."""
    report: dict[str, float] = {}
    with Store.open(folder, read_only=True) as store, store.snapshot() as snapshot:
        query = GraphQuery(snapshot).nodes()
        ways: dict[str, Callable[[], Iterator[Any]]] = {
            "record batches": query.batches,
            "typed objects": lambda: iter(query),
            "SQL record batches": lambda: sql(snapshot, "SELECT * FROM nodes").batches(),
        }
        for way, run in ways.items():
            next(run())  # what is loaded once does not count
            gc.collect()
            before, peak = rss_anon_bytes(), 0
            for number, _ in enumerate(run()):
                if number % (997 if way == "typed objects" else 1) == 0:
                    peak = max(peak, rss_anon_bytes())
            report[way] = max(peak - before, 0) / 2**20
    return report


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Build the three stores, ask everything, and return the report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        graph = store_of(options, folder / "store")
        with Store.open(folder / "store") as store, store.snapshot() as snapshot:
            rows = {table: snapshot.count(table) for table in ("nodes", "edges")}
            duck, lite = into_duckdb(snapshot, folder / "graph.duckdb"), into_sqlite(snapshot, folder / "graph.sqlite")
            try:
                answers = measured(questions(snapshot, duck, lite))
            finally:
                duck.close()
                lite.close()
        command = [sys.executable, __file__, "--growth", os.fspath(folder / "store")]
        grown = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {
        "graph": graph, "rows": rows, "questions": answers, "growth_mb": grown, "rounds": ROUNDS,
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "pyarrow": pa.__version__,
                    "duckdb": duckdb.__version__, "sqlite": sqlite3.sqlite_version},
    }  # fmt: skip


HEAD = """\
# Benchmarks of queries

One command builds the graph, copies its rows into DuckDB and SQLite, and asks all three the same questions:

```console
$ python3 tests/bench/bench_query.py --scale 1.0 --json synthetic.json
$ python3 tests/bench/bench_query.py --corpus pymix --json pymix.json
$ python3 tests/bench/bench_query.py --page synthetic.json pymix.json > docs/reference/query-benchmarks.md
```

CPU milliseconds of the whole process with all its threads for one question, best of the rounds; the engines
take turns within a round. Everything is warm: files mapped or cached, statements seen before. DuckDB and SQLite
have an index on each of the keys that the store indexes (`nodes.id`, `edges.source_id`, `edges.target_id`) and
run inside the same process. Ours gives typed objects, theirs give tuples, and both have every column; the number
of rows is checked to be the same. DuckDB, which joins whole tables at each step of a walk, is asked fewer of
them. *ours, SQL* is `sql()` with all of its checks and a sealed engine of its own, which alone takes some 20 ms.

- **point**: a node by id. **callers**: the nodes that call it. **3 hops**: every node that it reaches in three calls.
- **filter, order, limit**: the ten most complex Python functions. **group by**: edges counted by kind.
- **record batches, filtered**: id and complexity of functions and classes that are not trivial, 1,000 rows at a time.
  Counted are the rows that the filter keeps: half of the synthetic nodes, a twenty-fifth of the real ones.
- **typed objects**: 200,000 nodes with every column as Python objects.
"""

BEHIND = """
Where another engine is ahead, and why. **SQLite** on one row and on hops: it runs a few microseconds of C and makes
one tuple, while the builder checks names and types, plans, unpacks a block of text, puts 21 columns together and
makes a typed object, all in Python. That work does not grow with the table. **DuckDB** on scans: it filters and counts
in one pass of compiled code; here numpy and Arrow take one step for each condition of each chunk, called from Python.
DuckDB's walks and SQLite's scans, in turn, take many times as long as ours.
"""


def render(reports: list[dict[str, Any]]) -> str:
    """Return the page for some reports."""
    return HEAD + "".join(map(_section, reports)) + BEHIND


def _section(report: dict[str, Any]) -> str:
    rows, machine = report["rows"], report["machine"]
    versions = ", ".join(f"{name} {machine[name.lower()]}" for name in ("Python", "pyarrow", "DuckDB", "SQLite"))
    lines = [
        f"\n## {report['graph']}\n",
        f"\n{rows['nodes']:,} nodes, {rows['edges']:,} edges; {report['rounds']} rounds;",
        f" {machine['cpus']} cores, {versions}.\n",
        "\n| CPU ms | rows | ours | target | | ours, SQL | DuckDB | SQLite | ahead of both |\n",
        "|---|---:|---:|---:|---|---:|---:|---:|---|\n",
    ]
    speeds: list[str] = []
    for name, entry in report["questions"].items():
        cpu = {engine: value["cpu_ms"] for engine, value in entry["engines"].items()}
        target = TARGETS_MS.get(name)
        if target is None:
            target = entry["rows"] / FLOORS_ROWS[name] * 1e3
        ours = cpu["ours"]
        ahead = all(ours <= cpu[engine] for engine in ("DuckDB", "SQLite") if engine in cpu)
        others = " | ".join(_shown(cpu.get(engine)) for engine in ("ours, SQL", "DuckDB", "SQLite"))
        verdict = "ok" if ours <= target else "over"
        lines.append(
            f"| {name} | {entry['rows']:,.1f} | {_shown(ours)} | {_shown(target)} | {verdict} |"
            f" {others} | {'yes' if ahead else 'no'} |\n"
        )
        if name in FLOORS_ROWS:
            speeds.append(f"{name} {entry['rows'] / ours * 1e3:,.0f} rows (at least {FLOORS_ROWS[name]:,})")
        if name == "record batches, filtered":
            speeds.append(f"{rows['nodes'] / ours * 1e3:,.0f} rows that its filter looks at")
    lines.append(f"\nIn one CPU second: {', '.join(speeds)}.\n")
    grown = ", ".join(f"{way} {value:.1f}" for way, value in report["growth_mb"].items())
    lines.append(
        f"Megabytes of anonymous memory added while streaming every node: {grown}. The limit of {GROWTH_MB:g} is for"
        " what the builder streams; SQL adds DuckDB's own buffers, which `memory_limit_bytes` bounds.\n"
    )
    return "".join(lines)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.3f}" if value < 10 else f"{value:,.1f}"


def main() -> None:
    """Parse the arguments; measure, or print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is 1 M nodes, 4 M edges")
    parser.add_argument("--corpus", help="a corpus of the bench instead of the synthetic graph")
    parser.add_argument("--path", type=Path, help="a folder instead of the synthetic graph")
    parser.add_argument("--json", type=Path, help="write the report to a file")
    parser.add_argument("--page", type=Path, nargs="+", help="print the page for earlier reports")
    parser.add_argument("--growth", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.growth:
        print(json.dumps(growth(options.growth)))
        return
    if options.page:
        print(render([json.loads(path.read_text(encoding="utf-8")) for path in options.page]), end="")
        return
    report = measure(options)
    if options.json:
        options.json.write_text(json.dumps(report) + "\n", encoding="utf-8")
    print(_section(report))


if __name__ == "__main__":
    main()
