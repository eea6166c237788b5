"""Measures runs after a change against a full run of the same tree in the same process, and prints a table and JSON.

    python tests/bench/bench_incremental.py SOURCE [--files 1000] [--repeat 9] [--call-graph] [--interim 0] [--check]
                                            [--json FILE]

The first --files Python files below SOURCE (django, see corpora.py) are copied and indexed. A body edit adds a
statement to a function and shifts every line below it; an interface edit adds a parameter or a function. Edits of one
file go to files with methods, those of many to files of every kind and size, spread over the whole tree; a file without
functions gets a comment. Wall time and CPU time of the process, medians; commits are part of every figure.

Every case is compared with two full runs. "first full" is the very first run of the process, which opens grammars and
libraries and finds nothing in memory that it could use again. "full" is the median of three that follow in the same
process: the stricter measure for a process that stays. "full, cold CLI" is a full build by the command line, start of
the interpreter included, medians of three.

What was edited a moment ago is compared by content until a look finds it as it was. So between edits of many files two
seconds pass, and such a look, which is not measured: else each run would read again what the one before it was measured
on. The command line runs with byte code, as an installed one does. With --call-graph runs have the plugin `call-
graph`, one file is edited at a time, and edits are told apart by what they do to the constraints that decide calls;
then files are edited while the analysis waits, and a refresh follows. With --interim so many random edits of bodies
follow (a call is added, a call is taken out, a local variable gets another name), and the edges that a file has while
the analysis waits are compared with those after a refresh.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from codegraph import CodeGraph
from codegraph._internal.indexing import unchanged
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.equality import differences
from codegraph._internal.store.repository import open_store

_FUNCTION = re.compile(r"^( *)def \w+\(self\b[^\n]*\):\n( +)", re.MULTILINE)
_ANY_FUNCTION = re.compile(r"^( *)def \w+\([^\n]*\):\n( +)", re.MULTILINE)
FIRST, FULL = "first full", "full"
_GRAIN_S = 2.1
"""Times younger than this prove nothing, so files would be hashed."""


class Bench:
    """One copy of a tree and its store."""

    def __init__(self, source: Path, files: int, folder: Path, plugins: dict[str, Any] | None = None) -> None:
        self.plugins = plugins or {}
        self.root, self.store = folder / "tree", folder / "store"
        chosen = [path for path in sorted(source.rglob("*.py")) if "locale" not in path.parts][:files]
        for path in chosen:
            target = self.root / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        self.texts = {
            self.root / p.relative_to(source): p.read_text(encoding="utf-8", errors="replace") for p in chosen
        }
        self.editable = [path for path, text in self.texts.items() if _FUNCTION.search(text)]
        self.graph = CodeGraph(config=self.config("smart"))
        self.count = 0

    def lazy(self) -> None:
        """Have the call graph wait from now on."""
        self.plugins = {"call-graph": {"lazy": True}}
        self.graph = CodeGraph(config=self.config("smart"))

    def refreshed(self) -> tuple[float, float]:
        """Have what waits computed; return wall and CPU seconds."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = self.graph.run(self.config("incremental"), refresh=())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        assert result.summary["mode_run"] in ("incremental", "unchanged"), result.summary["mode_reason"]
        assert not result.summary["stale"]
        assert result.held is not None
        result.held.close()
        return wall, cpu

    def config(self, mode: str) -> IndexingConfig:
        return IndexingConfig(root_path=self.root, cache_dir=self.store, mode=mode, plugins=self.plugins)

    def run(self, mode: str, expected: str) -> tuple[float, float]:
        """Index once; return wall and CPU seconds."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = self.graph.run(self.config(mode))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        assert result.summary["mode_run"] == expected, result.summary["mode_reason"]
        assert result.held is not None
        result.held.close()
        return wall, cpu

    def some(self, number: int) -> list[Path]:
        """Return files spread over the tree, other ones each time."""
        files = self.editable if number == 1 else list(self.texts)
        step = max(1, len(files) // number)
        self.count += 1
        return [files[(at * step + self.count) % len(files)] for at in range(number)]

    def body(self, path: Path) -> None:
        """Add a statement to a function, or a comment."""
        self.count += 1
        text = self.texts[path]
        function = _FUNCTION if _FUNCTION.search(text) else _ANY_FUNCTION
        changed = function.sub(lambda m: f"{m[0]}marked = {self.count}\n{m[2]}", text, count=1)
        self.texts[path] = changed if changed != text else f"{text}\n# marked {self.count}\n"
        path.write_text(self.texts[path], encoding="utf-8")

    def interface(self, path: Path) -> None:
        """Add a method's parameter, or a function."""
        self.count += 1
        if self.count % 2:
            changed = re.sub(r"def (\w+)\(self\b", rf"def \1(self, added_{self.count}=None", self.texts[path], count=1)
        else:
            changed = f"{self.texts[path]}\n\ndef added_{self.count}(one):\n    return one\n"
        self.texts[path] = changed
        path.write_text(changed, encoding="utf-8")

    def comment(self, path: Path) -> None:
        """Add a comment to a function."""
        self._added(path, "# marked {count}\n")

    def call(self, path: Path) -> None:
        """Add a call of a method to a function."""
        self._added(path, "self.marked_{count}(len)\n")

    def field(self, path: Path) -> None:
        """Bind a new field in a method: a definition that other files can see."""
        self._added(path, "self.marked_{count} = len\n")

    def _added(self, path: Path, line: str) -> None:
        self.count += 1
        added = line.format(count=self.count)
        self.texts[path] = _FUNCTION.sub(lambda m: f"{m[0]}{added}{m[2]}", self.texts[path], count=1)
        path.write_text(self.texts[path], encoding="utf-8")

    def edges(self, path: Path) -> set[tuple[Any, ...]]:
        """Return the edges that the newest snapshot has in a file, as they are told apart."""
        columns = ["kind", "source_id", "target_id", "line_number", "column"]
        with open_store(self.config("smart")) as store, store.snapshot() as snapshot:
            rows = snapshot.rows_of_file("edges", path.relative_to(self.root).as_posix(), columns)
            return set(zip(*(column.to_pylist() for column in rows.columns), strict=True))

    def committed(self, edit: Callable[[Path], None]) -> tuple[float, float]:
        """Change a method in a session, in memory, and commit it; return wall and CPU seconds."""
        (path,) = self.some(1)
        edit(path)
        with self.graph.session() as session:
            session.add_change(path, self.texts[path])
            wall, cpu = time.perf_counter(), time.process_time()
            session.commit()
            return time.perf_counter() - wall, time.process_time() - cpu

    def previewed(self, edit: Callable[[Path], None]) -> tuple[float, float]:
        """Change a method in a session, in memory, look at the preview, and roll back; return wall and CPU seconds."""
        (path,) = self.some(1)
        before = self.texts[path]
        edit(path)
        after, self.texts[path] = self.texts[path], before
        path.write_text(before, encoding="utf-8")
        with self.graph.session() as session:
            session.add_change(path, after)
            wall, cpu = time.perf_counter(), time.process_time()
            session.preview().close()
            spent = time.perf_counter() - wall, time.process_time() - cpu
            session.rollback()
        return spent

    def stat(self) -> float:
        """Return the seconds that one lstat of everything that was recorded takes."""
        with open_store(self.config("smart")) as store:
            record = unchanged.decode(store.state(unchanged.STATE_NAME))
        assert record is not None
        began = time.perf_counter()
        for location in record.locations:
            os.lstat(location)
        return time.perf_counter() - began

    def cold_full(self) -> tuple[float, float]:
        """Have the command line build everything into a new store, as `cold`."""
        with tempfile.TemporaryDirectory(dir=self.store.parent) as folder:
            return self.cold(Path(folder))

    def cold(self, store: Path | None = None) -> tuple[float, float]:
        """Run the command line once; return wall seconds and the CPU seconds of the process."""
        where = str(store or self.store)
        command = [sys.executable, "-m", "codegraph.cli", "index", str(self.root), "--cache-dir", where]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(self.store.parent / "bytecode")
        before, began = os.times(), time.perf_counter()
        subprocess.run([*command, "--quiet", "--json"], check=True, capture_output=True, env=environment)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return time.perf_counter() - began, cpu

    def equal(self) -> bool:
        """Compare the store's head with a full run in another store."""
        with tempfile.TemporaryDirectory() as folder:
            config = IndexingConfig(root_path=self.root, cache_dir=Path(folder), mode="full", plugins=self.plugins)
            full, ours = CodeGraph().run(config).held, CodeGraph().run(self.config("smart")).held
            assert full is not None
            assert ours is not None
            try:
                return not list(differences(ours, full))
            finally:
                full.close()
                ours.close()


def medians(times: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the medians of wall and CPU times in ms."""
    return (
        statistics.median(wall for wall, _ in times) * 1e3,
        statistics.median(cpu for _, cpu in times) * 1e3,
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--call-graph", action="store_true", help="with the plugin call-graph; see above")
    parser.add_argument("--interim", type=int, default=0, help="compare edges while the analysis waits; see above")
    parser.add_argument("--check", action="store_true", help="compare with a full run at the end")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="codegraph-bench-") as folder:
        plugins: dict[str, Any] = {"call-graph": {}} if arguments.call_graph else {}
        bench = Bench(arguments.source.resolve(), arguments.files, Path(folder), plugins)
        (report_call_graph if arguments.call_graph else report)(bench, arguments)


def report_call_graph(bench: Bench, arguments: argparse.Namespace) -> None:
    """Run the cases of the call graph and print what each run took."""
    full = bench.run("full", "full")

    def edited(edit: Callable[[Path], None]) -> tuple[float, float]:
        for path in bench.some(1):
            edit(path)
        return bench.run("incremental", "incremental")

    found: dict[str, Any] = {"full": {"wall_ms": full[0] * 1e3, "cpu_ms": full[1] * 1e3}}
    wall, cpu = edited(bench.comment)  # what the process keeps is loaded
    found["comment, first of a process"] = {"wall_ms": wall * 1e3, "cpu_ms": cpu * 1e3}
    for name, edit in (("comment", bench.comment), ("constant", bench.body), ("call", bench.call)):
        times = [edited(edit) for _ in range(arguments.repeat if name != "call" else max(1, arguments.repeat // 3))]
        wall, cpu = medians(times)
        found[name] = {"wall_ms": wall, "cpu_ms": cpu, "most_wall_ms": max(one for one, _ in times) * 1e3}
    bench.lazy()
    wall, cpu = edited(bench.call)
    found["lazy call, first of a process"] = {"wall_ms": wall * 1e3, "cpu_ms": cpu * 1e3}
    for name, edit in (("call", bench.call), ("field", bench.field), ("interface", bench.interface)):
        times = [edited(edit) for _ in range(3 * arguments.repeat)]
        wall, cpu = medians(times)
        found[f"lazy {name}"] = {"wall_ms": wall, "cpu_ms": cpu, "most_wall_ms": max(one for one, _ in times) * 1e3}
        wall, cpu = bench.refreshed()
        found[f"refresh, {name}"] = {"wall_ms": wall * 1e3, "cpu_ms": cpu * 1e3}
    for name, times_of in found.items():
        print(f"{name:32}" + "  ".join(f"{key} {value:10.1f}" for key, value in times_of.items()))
    if arguments.interim:
        found["interim"] = interim(bench, arguments.interim)
    if arguments.check:
        found["equal"] = bench.equal()
        print(f"equal to a full run: {found['equal']}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))


def interim(bench: Bench, number: int) -> dict[str, dict[str, float]]:
    """Edit bodies at random; print how the edges of the edited files are while the analysis waits, by kind of edit."""
    chosen = random.Random(7)
    kinds: dict[str, Callable[[str], str | None]] = {
        "a call is added": lambda text: with_call(text, chosen),
        "a call is taken out": lambda text: without_call(text, chosen),
        "a local variable is renamed": lambda text: with_other_name(text, chosen),
    }
    found = {name: Counter[str]() for name in kinds}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for at in range(number):
        name = list(kinds)[at % len(kinds)]
        changed = None
        while changed is None:
            path = chosen.choice(bench.editable)
            changed = kinds[name](bench.texts[path])
        bench.texts[path] = changed
        path.write_text(changed, encoding="utf-8")
        times[name].append(bench.run("incremental", "incremental"))
        now = bench.edges(path)
        bench.refreshed()
        exact = bench.edges(path)
        found[name].update(
            {
                "edits": 1,
                "edges": len(now),
                "exact": len(exact),
                "right": len(now & exact),
                "edits_that_differ": now != exact,
            }
        )
    rows = {}
    for name, counts in found.items():
        wall, cpu = medians(times[name])
        rows[name] = {
            "wall_ms": wall,
            "cpu_ms": cpu,
            "most_cpu_ms": max(cpu for _, cpu in times[name]) * 1e3,
            **counts,
            "precision": counts["right"] / counts["edges"],
            "recall": counts["right"] / counts["exact"],
        }
        print(f"{name:32}" + "  ".join(f"{key} {value:.5g}" for key, value in rows[name].items()))
    return rows


def functions(text: str) -> list[tuple[ast.FunctionDef, int]]:
    """Return the functions of a text, and the line, from 0, before which a statement of each may stand."""
    return [
        (node, node.body[-1].lineno - 1)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.body[-1].lineno > node.lineno
    ]


def with_call(text: str, chosen: random.Random) -> str | None:
    """Call a function of the module, or a method of the own class, at the beginning of a function's last statement."""
    tree = ast.parse(text)
    plain = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    calls = [(function, at, f"{name}()") for function, at in functions(text) for name in plain]
    for owner in ast.walk(tree):
        if isinstance(owner, ast.ClassDef):
            methods = [node for node in owner.body if isinstance(node, ast.FunctionDef)]
            calls += [
                (one, one.body[-1].lineno - 1, f"self.{other.name}()")
                for one in methods
                for other in methods
                if one.args.args and one.args.args[0].arg == "self" and one.body[-1].lineno > one.lineno
            ]
    if not calls:
        return None
    function, at, call = chosen.choice(calls)
    lines = text.splitlines(keepends=True)
    lines.insert(at, " " * function.body[-1].col_offset + call + "\n")
    return "".join(lines)


def without_call(text: str, chosen: random.Random) -> str | None:
    """Take a statement that is a call out of a function of several statements."""
    calls = [
        node
        for function, _ in functions(text)
        for node in function.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and len(function.body) > 1
    ]
    if not calls:
        return None
    node = chosen.choice(calls)
    lines = text.splitlines(keepends=True)
    del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines)


def with_other_name(text: str, chosen: random.Random) -> str | None:
    """Give a local variable of a function another name."""
    names = [
        (function, node.id)
        for function, _ in functions(text)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    if not names:
        return None
    function, name = chosen.choice(names)
    lines = text.encode().splitlines(keepends=True)
    places = {
        (node.lineno - 1, node.col_offset)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == name
    }
    for line, column in sorted(places, reverse=True):
        end = column + len(name.encode())
        lines[line] = lines[line][:column] + f"{name}_too".encode() + lines[line][end:]
    return b"".join(lines).decode()


def report(bench: Bench, arguments: argparse.Namespace) -> None:
    """Run every case and print what it took."""
    repeat = arguments.repeat
    first = bench.run("full", "full")  # grammars are loaded and the file cache is warm from here on
    time.sleep(_GRAIN_S)
    rows: dict[str, tuple[float, float]] = {FIRST: medians([first])}
    rows[FULL] = medians([bench.run("full", "full") for _ in range(3)])
    time.sleep(_GRAIN_S)
    bench.run("smart", "unchanged")
    rows["nothing changed"] = medians([bench.run("smart", "unchanged") for _ in range(repeat)])
    stat_ms = statistics.median(bench.stat() for _ in range(repeat)) * 1e3
    rows["bare stat"] = (stat_ms, stat_ms)

    def edited(number: int, edit: Callable[[Path], None]) -> tuple[float, float]:
        for path in bench.some(number):
            edit(path)
        return bench.run("incremental", "incremental")

    edited(1, bench.body)  # what the process keeps is loaded
    rows["1 body"] = medians([edited(1, bench.body) for _ in range(repeat)])
    rows["1 interface"] = medians([edited(1, bench.interface) for _ in range(repeat)])
    bench.committed(bench.body)
    for name, edit in (("1 body", bench.body), ("1 interface", bench.interface)):
        turns = [(bench.committed(edit), bench.previewed(edit)) for _ in range(repeat)]
        rows[f"{name}, session"] = medians([commit for commit, _ in turns])
        rows[f"{name}, preview"] = medians([preview for _, preview in turns])
    for number in (10, 100, 500):
        if number * 2 <= arguments.files:
            times = []
            for _ in range(max(3, repeat // 3)):
                time.sleep(_GRAIN_S)
                bench.run("smart", "unchanged")
                times.append(edited(number, bench.body))
            rows[f"{number} body"] = medians(times)
    bench.cold()  # compiles, and merges what the runs before left
    rows[f"{FULL}, cold CLI"] = medians([bench.cold_full() for _ in range(3)])
    for name, edit in (("1 body", bench.body), ("1 interface", bench.interface)):
        cold = []
        for _ in range(3):
            for path in bench.some(1):
                edit(path)
            cold.append(bench.cold())
        rows[f"{name}, cold CLI"] = medians(cold)
    print(f"{len(bench.texts)} files, {len(bench.editable)} of them edited in turn; load {os.getloadavg()[0]:.1f}")
    print(f"{'':24} {'':>10} {'':>10} {'full / this':>19} {'first full / this':>19}")
    print(f"{'case':24} {'wall ms':>10} {'CPU ms':>10} {'wall':>9} {'CPU':>9} {'wall':>9} {'CPU':>9}")
    for name, (wall, cpu) in rows.items():
        ratios = (ratio for full in (FULL, FIRST) for ratio in (rows[full][0] / wall, rows[full][1] / cpu))
        print(f"{name:24} {wall:10.1f} {cpu:10.1f} " + " ".join(f"{ratio:8.1f}x" for ratio in ratios))
    print(f"nothing changed / bare stat: {rows['nothing changed'][0] / stat_ms:.1f}")
    found: dict[str, Any] = {name: {"wall_ms": wall, "cpu_ms": cpu} for name, (wall, cpu) in rows.items()}
    if arguments.check:
        found["equal"] = bench.equal()
        print(f"equal to a full run: {found['equal']}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
