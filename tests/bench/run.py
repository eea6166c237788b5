"""The bench: one command that measures indexing against the floor P and prints ratios within one run.

    python tests/bench/run.py --corpus django            fetch the corpus, measure, print a table
    python tests/bench/run.py --corpus ts --path FOLDER  a folder that is there already
    python tests/bench/run.py --smoke                    this repository's own code, one round

Rounds are interleaved (P, then each engine, then P again …) and a ratio is the median of the rounds' own
ratios, so a machine that slows down half-way does not flatter or hurt one side. Every run is a fresh
process. CPU is taken from the start of discovery to the durable commit; interpreter start and imports
are outside it (`before` in the JSON). P is over the same languages as the index (floor.py says how).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import floor  # noqa: E402
from corpora import CORPORA, fetch  # noqa: E402

MEGABYTE = 1_000_000
_BYTE_CODE = tempfile.TemporaryDirectory(prefix="codegraph-bench-")


@frozen(kw_only=True)
class Target:
    """One line of the verdict: a measured number and its limit.

    Args:
        name: What is measured.
        unit: Behind the number.
        limit: The number must not be beyond it; None shows the number only.
        at_least: The limit is a lower one.
        corpora: Corpora that the limit is for; empty means all but `self`.
    """

    name: str
    unit: str = "× P"
    limit: float | None = None
    at_least: bool = False
    corpora: tuple[str, ...] = ()


TARGETS = (
    Target(name="full index, native, 1 worker, CPU", limit=1.6),
    Target(name="parse stage of it (read, parse, walk, extract, intern), CPU", limit=1.25),
    Target(name="walk, extract, intern of it, CPU", limit=0.25),
    Target(name="lines per second of wall time, native, 1 worker", unit="lines/s", limit=78_000, at_least=True),
    Target(name="2 workers: CPU of 1 worker's", unit="×", limit=1.1),
    Target(name="2 workers: wall of 1 worker's", unit="×", limit=0.6),
    Target(name="P by 2 threads: CPU of 1 thread's", unit="×"),
    Target(name="P by 2 threads: wall of 1 thread's", unit="×"),
    Target(name="full index, reference engine, CPU", limit=4.0),
    Target(name="re-index, nothing changed, of a bare stat of every file, CPU", unit="×", limit=3.0),
    Target(name="peak memory, native, 1 worker", unit="MB", limit=300, corpora=("django",)),
    Target(name="peak memory, native, 2 workers", unit="MB", limit=300, corpora=("django",)),
    Target(name="peak memory, reference engine", unit="MB"),
    Target(name="semantic IR and SSA of every function, CPU", limit=1.5),
    Target(name="call graph, 1 worker: CPU beyond the plain index", limit=3.0),
    Target(name="peak memory, call graph, 1 worker", unit="MB", limit=600, corpora=("django",)),
)


class Floor:
    """P of a corpus: the sources of every language read once, parsed and dropped by tree-sitter's core alone."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._library = floor.build_floor(folder)
        self._parts: list[floor.Arguments] = []
        self._halves: tuple[list[floor.Arguments], list[floor.Arguments]] = ([], [])
        self.files = self.lines = self.bytes = 0
        for module, function, extensions in floor.GRAMMARS.values():
            sources = [path.read_bytes() for path in floor.corpus(root, extensions)]
            if not sources:
                continue
            language = floor.language_pointer(module, function)
            self._parts.append(floor.arguments(language, sources))
            largest_first = sorted(sources, key=len, reverse=True)
            for number, half in enumerate(self._halves):
                half.append(floor.arguments(language, largest_first[number::2]))
            self.files += len(sources)
            self.bytes += sum(map(len, sources))
            self.lines += sum(source.count(b"\n") for source in sources)

    def seconds(self) -> float:
        """Return the CPU seconds of one pass over all sources."""
        return self._pass(self._parts)

    def of_two_threads(self) -> tuple[float, float]:
        """Return what two threads that share nothing need of one's CPU and wall time: what the machine can give.

        Virtual cores may be two halves of one real core, or share its caches and its clock with others' work.
        """
        with ThreadPoolExecutor(2) as pool:
            # Both threads are there before the clock starts.
            list(pool.map(time.sleep, (0.01, 0.01)))
            started = time.perf_counter()
            alone = sum(self._pass(half) for half in self._halves)
            between = time.perf_counter()
            together = sum(pool.map(self._pass, self._halves))
            ended = time.perf_counter()
        return together / alone, (ended - between) / (between - started)

    def _pass(self, parts: Sequence[floor.Arguments]) -> float:
        spent = [float(self._library.floor_seconds(*part)) for part in parts]
        if min(spent) < 0:
            raise RuntimeError("a grammar does not fit the vendored core")
        return sum(spent)


@define
class Round:
    """The measurements of one round; None where a run was left out or failed."""

    floor_seconds: float
    of_two_threads: tuple[float, float]
    runs: dict[str, dict[str, Any]] = field(factory=dict)

    def ratio(self, name: str, key: str, base: float | None) -> float | None:
        """Return a run's number over a base."""
        run = self.runs.get(name)
        return None if run is None or not base else float(run[key]) / base


def child(task: dict[str, Any]) -> dict[str, Any]:
    """Run measure.py in a fresh process, with byte code as an installed one has, and return what it printed.

    Raises:
        RuntimeError: The run failed, or a stage of it; the message ends with its last line.
    """
    command = [sys.executable, str(HERE / "measure.py"), json.dumps(task)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = _BYTE_CODE.name
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment, check=False
    )
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip().splitlines() or ["no output"])[-1])
    told = dict(json.loads(done.stdout.splitlines()[-1]))
    # A run goes on without a stage that failed, and is then cheap.
    for error in told.get("summary", {}).get("errors", ()):
        raise RuntimeError(str(error["message"]))
    return told


def measure_round(root: Path, base: Floor, failures: dict[str, str], wanted: Sequence[str]) -> Round:
    """Measure everything once, the floor before and after."""
    before = base.seconds()
    runs: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as work:
        tasks: dict[str, dict[str, Any]] = {
            "native, 1 worker": {"backend": "rust", "workers": 1, "mode": "full"},
            "native, 2 workers": {"backend": "rust", "workers": 2, "mode": "full"},
            "reference": {"backend": "python", "workers": 1, "mode": "full"},
            "unchanged": {"backend": "auto", "workers": 1, "mode": "smart"},
        }
        for name, settings in tasks.items():
            if name in failures or (name != "unchanged" and name not in wanted):
                continue
            # The re-index starts from the store that the first run that worked has left, with its engine.
            store = Path(work, "store" if name == "unchanged" or not runs else name)
            if name == "unchanged":
                settings["backend"] = next((str(run["summary"]["backend"]) for run in runs.values()), "auto")
            try:
                runs[name] = child({"do": "index", "root": str(root), "cache_dir": str(store), **settings})
                if name == "unchanged" and runs[name]["changed"]:
                    raise RuntimeError("it built a new snapshot though nothing had changed")
            except RuntimeError as error:
                failures[name] = str(error)
                shutil.rmtree(store, ignore_errors=True)
        if "call graph" in wanted and "call graph" not in failures:
            try:
                runs["call graph"] = child(
                    {"do": "call graph", "root": str(root), "cache_dir": str(Path(work, "calls"))}
                )
                runs["flow"] = child({"do": "flow", "root": str(root)})
            except RuntimeError as error:
                failures["call graph"] = str(error)
    runs["stat"] = child({"do": "stat", "root": str(root)})
    two_threads = base.of_two_threads()
    return Round(floor_seconds=(before + base.seconds()) / 2, of_two_threads=two_threads, runs=runs)


def numbers(rounds: Sequence[Round]) -> dict[str, float | None]:
    """Return the verdict's numbers, each the median over rounds of a ratio within its round."""

    def median(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return statistics.median(known) if known else None

    def own(run: str, key: str) -> list[float | None]:
        return [each.ratio(run, key, 1.0) for each in rounds]

    def of_floor(run: str) -> list[float | None]:
        return [each.ratio(run, "cpu", each.floor_seconds) for each in rounds]

    def of_run(run: str, other: str, key: str) -> list[float | None]:
        return [each.ratio(run, key, each.ratio(other, key, 1.0)) for each in rounds]

    one, two = "native, 1 worker", "native, 2 workers"
    work = [(each.floor_seconds, each.runs[one]["parser"]) for each in rounds if one in each.runs]
    walk = [(spent["walk"] + spent["gather"]) / floor_seconds for floor_seconds, spent in work if spent]
    parse = [
        (spent["read"] + spent["parse"] + spent["walk"] + spent["gather"]) / floor_seconds
        for floor_seconds, spent in work
        if spent
    ]
    speeds = [
        float(each.runs[one]["summary"]["lines"]) / float(each.runs[one]["wall"]) for each in rounds if one in each.runs
    ]

    def megabytes(run: str) -> float | None:
        worst = [value for value in own(run, "peak_rss_bytes") if value is not None]
        return max(worst) / MEGABYTE if worst else None

    values = (
        median(of_floor(one)),
        median(parse),
        median(walk),
        median(speeds),
        median(of_run(two, one, "cpu")),
        median(of_run(two, one, "wall")),
        median([each.of_two_threads[0] for each in rounds]),
        median([each.of_two_threads[1] for each in rounds]),
        median(of_floor("reference")),
        median(of_run("unchanged", "stat", "cpu")),
        megabytes(one),
        megabytes(two),
        megabytes("reference"),
        median(of_floor("flow")),
        median(
            [
                (each.runs["call graph"]["cpu"] - each.runs[one]["cpu"]) / each.floor_seconds
                for each in rounds
                if "call graph" in each.runs and one in each.runs
            ]
        ),
        megabytes("call graph"),
    )
    return {target.name: value for target, value in zip(TARGETS, values, strict=True)}


def verdict(target: Target, value: float | None, corpus: str) -> str:
    """Return "ok", "over" or "" (no limit for this corpus, or not measured)."""
    if value is None:
        return "not measured"
    bound = corpus in target.corpora if target.corpora else corpus != "self"
    if target.limit is None or not bound:
        return ""
    return "ok" if (value >= target.limit if target.at_least else value <= target.limit) else "over"


def report(corpus: str, base: Floor, rounds: Sequence[Round], failures: dict[str, str]) -> dict[str, Any]:
    """Return everything measured, JSON-ready."""
    values = numbers(rounds)
    lines = []
    for target in TARGETS:
        value = values[target.name]
        lines.append(
            {
                "name": target.name,
                "value": value,
                "unit": target.unit,
                "limit": target.limit,
                "verdict": verdict(target, value, corpus),
            }
        )
    return {
        "corpus": corpus,
        "machine": {"cpu": _cpu_name(), "python": platform.python_version(), "system": platform.platform()},
        "floor": {
            "seconds": statistics.median(each.floor_seconds for each in rounds),
            "files": base.files,
            "lines": base.lines,
            "bytes": base.bytes,
        },
        "numbers": lines,
        "failures": failures,
        "rounds": [
            {"floor_seconds": each.floor_seconds, "of_two_threads": each.of_two_threads, "runs": each.runs}
            for each in rounds
        ],
    }


def print_report(result: dict[str, Any]) -> None:
    """Print the numbers and, for the last round, what each run made and where its time went."""
    base = result["floor"]
    print(f"\n{result['corpus']}: {base['files']:,} files, {base['lines']:,} lines, {base['bytes'] / MEGABYTE:.1f} MB")
    speed = f"{base['lines'] / base['seconds']:,.0f} lines/s"
    print(f"P = {base['seconds']:.3f} CPU s ({speed}), {result['machine']['cpu']}\n")
    print(f"| {'what':<62} | {'value':>14} | {'limit':>10} | {'':<12} |")
    print(f"|{'-' * 64}|{'-' * 15}:|{'-' * 11}:|{'-' * 14}|")
    for line in result["numbers"]:
        value = (
            "–" if line["value"] is None else f"{line['value']:,.{0 if line['value'] >= 100 else 2}f} {line['unit']}"
        )
        limit = "" if line["limit"] is None else f"{line['limit']:,g}"
        print(f"| {line['name']:<62} | {value:>14} | {limit:>10} | {line['verdict']:<12} |")
    print()
    for name, run in result["rounds"][-1]["runs"].items():
        print(f"{name}: {run['cpu']:.3f} s CPU, {run['wall']:.3f} s wall", end="")
        summary = run.get("summary")
        if summary is None:
            print(f", {run['files']:,} files")
            continue
        stages = ", ".join(f"{stage} {seconds:.3f}" for stage, seconds in summary["seconds"]["stages"].items())
        print(f", {summary['nodes']['total']:,} nodes, {summary['edges']['total']:,} edges, stages: {stages}")
    for name, reason in result["failures"].items():
        print(f"{name}: failed: {reason}")


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Exit code 1: a number is over its limit, or a run failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", choices=sorted(CORPORA), default="django")
    parser.add_argument("--path", type=Path, help="the corpus's folder, when it is there already")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true", help="this repository's own code, one round, no limits")
    parser.add_argument("--skip-reference", action="store_true", help="leave the reference engine out")
    parser.add_argument("--skip-call-graph", action="store_true", help="leave the call graph out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there")
    options = parser.parse_args(arguments)
    corpus = CORPORA["self" if options.smoke else options.corpus]
    root = options.path.resolve() if options.path else fetch(corpus)
    wanted = ["native, 1 worker", "native, 2 workers"]
    wanted += [] if options.skip_call_graph else ["call graph"]
    wanted += [] if options.skip_reference else ["reference"]
    failures: dict[str, str] = {}
    # Compiling modules is no part of indexing, and an environment may forbid to keep what was compiled.
    sources = [str(path) for path in sorted(HERE.parents[1].glob("*/src"))]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *sources], check=True)
    with tempfile.TemporaryDirectory() as folder:
        base = Floor(root, Path(folder))
        count = 1 if options.smoke else options.rounds
        rounds = [measure_round(root, base, failures, wanted) for _ in range(count)]
    result = report(corpus.name, base, rounds, failures)
    print_report(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    over = any(line["verdict"] == "over" for line in result["numbers"])
    return 1 if over or failures else 0


if __name__ == "__main__":
    sys.exit(main())
