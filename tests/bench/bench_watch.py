"""From a save to the visible snapshot: python -m tests.bench.bench_watch [FILES] [SAVES] [DEBOUNCE_MS].

A repository of generated modules is watched by the command, as a user would; each save changes the body of one function
of a random file. Printed are the milliseconds from the save's return to the event, which comes after the commit.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODULE = """\
from pkg.m{other:04} import f{other:04}


def f{number:04}(n):
    if n > {value}:
        return f{other:04}(n - 1)
    return n


class C{number:04}:
    def method(self):
        return f{number:04}({value})
"""


def write(root: Path, number: int, files: int, value: int) -> None:
    """Write one module."""
    text = MODULE.format(number=number, other=(number * 7 + 1) % files, value=value)
    (root / "pkg" / f"m{number:04}.py").write_text(text)


def measure(files: int, saves: int, debounce_ms: int, seed: int = 1) -> dict[str, object]:
    """Return the latencies of so many saves."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="codegraph-watch-") as folder:
        root = Path(folder)
        (root / "pkg").mkdir()
        for number in range(files):
            write(root, number, files, 0)
        command = [sys.executable, "-m", "codegraph.cli", "watch", str(root), "--json"]
        command += ["--debounce-ms", str(debounce_ms), "--reconcile-s", "600"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                first = json.loads(process.stdout.readline())
                time.sleep(2.0)  # until the system was asked
                latencies, updates = [], []
                for save in range(saves):
                    write(root, chance.randrange(files), files, save + 1)
                    saved = time.perf_counter()
                    event = json.loads(process.stdout.readline())
                    latencies.append((time.perf_counter() - saved) * 1000)
                    updates.append(event["seconds"] * 1000)
                    assert event["kind"] == "updated", event
            finally:
                process.terminate()
    latencies.sort()
    return {
        "files": files,
        "saves": saves,
        "debounce_ms": debounce_ms,
        "first_seconds": first["seconds"],
        "latency_ms": {
            "median": round(statistics.median(latencies), 1),
            "p95": round(latencies[int(len(latencies) * 0.95)], 1),
            "max": round(latencies[-1], 1),
        },
        "of_it_update_ms": {"median": round(statistics.median(updates), 1)},
        "load": os.getloadavg()[0],
    }


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    print(json.dumps(measure(*(given + [1_000, 100, 300][len(given) :])), indent=2))
