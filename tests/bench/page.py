"""Writes docs/reference/benchmarks.md from reports of run.py.

python tests/bench/run.py --corpus django --json django.json
python tests/bench/page.py django.json ts.json > docs/reference/benchmarks.md
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HEAD = """\
# Benchmarks

One command for each corpus; it fetches the corpus, compiles the floor, measures and prints these tables:

```console
$ python3 bootstrap.py bench --corpus django
$ python3 bootstrap.py bench --corpus ts
$ python3 bootstrap.py bench --corpus pymix
```

`--path FOLDER` measures a folder that is there already, `--json FILE` keeps everything, and
`python tests/bench/page.py FILE… > docs/reference/benchmarks.md` makes this page.

**P**, the floor, is the CPU time that tree-sitter's core alone needs to parse and delete the same files, read
in advance, in one thread, with the grammars and the core of the native engine, libc's malloc, compiled with
`-O2 -DNDEBUG -fvisibility=hidden -fno-semantic-interposition`. Numbers are ratios within one round (P, then each
engine, then P again), the median of the rounds. CPU is taken inside a fresh process from the start of discovery
to the durable commit, plugin loading included; interpreter start and imports of the kernel are not. The parse
stage is the CPU time of the threads that parse, by work: the flattening of trees counts as walk, columns and
tables as extract and intern; compressing the texts that the store keeps is not in it. The bare
stat is `scandir` and one `stat` of every file below the folder, source or not. Memory is the largest of the
rounds, of the whole process. "P by 2 threads" is the floor's own work halved between two threads that share nothing:
what the machine's two cores give, which may be halves of one real core or have others' work on them. The limit for
two workers' wall time is for two idle cores, where that row is near 0.5.
"""


def render(reports: Sequence[dict[str, Any]], note: str = "") -> str:
    """Return the page for some reports, with a note on how they came about."""
    return HEAD + (f"\n{note}\n" if note else "") + "".join(_section(report) for report in reports)


def _section(report: dict[str, Any]) -> str:
    floor, machine = report["floor"], report["machine"]
    size = f"{floor['files']:,} files, {floor['lines']:,} lines, {floor['bytes'] / 1e6:.1f} MB"
    speed = f"P = {floor['seconds']:.2f} s ({floor['lines'] / floor['seconds']:,.0f} lines/s)"
    rounds = f"{len(report['rounds'])} round{'s' if len(report['rounds']) > 1 else ''}"
    lines = [
        f"\n## {report['corpus']}\n",
        f"\n{size}; {speed}; {rounds}; {machine['cpu']}, Python {machine['python']}.\n",
        "\n| what | measured | limit | |\n|---|---:|---:|---|\n",
    ]
    for number in report["numbers"]:
        value = number["value"]
        shown = "not measured" if value is None else f"{value:,.{0 if value >= 100 else 2}f} {number['unit']}"
        limit = "" if number["limit"] is None or not number["verdict"] else f"{number['limit']:,g}"
        lines.append(f"| {number['name']} | {shown} | {limit} | {number['verdict'].replace('not measured', '')} |\n")
    lines.append("\n| run | CPU s | wall s | nodes | edges | stages, wall s |\n|---|---:|---:|---:|---:|---|\n")
    for name, run in report["rounds"][-1]["runs"].items():
        summary = run.get("summary")
        if summary is None:
            lines.append(f"| {name} ({run['files']:,} files) | {run['cpu']:.3f} | {run['wall']:.3f} | | | |\n")
            continue
        stages = ", ".join(f"{stage} {seconds:.3f}" for stage, seconds in summary["seconds"]["stages"].items())
        counts = f"{summary['nodes']['total']:,} | {summary['edges']['total']:,}"
        lines.append(f"| {name} | {run['cpu']:.3f} | {run['wall']:.3f} | {counts} | {stages} |\n")
    lines += [f"\nNot measured: {name}: {reason}\n" for name, reason in report["failures"].items()]
    return "".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="+", type=Path)
    parser.add_argument("--note", default="", help="a sentence above the tables")
    options = parser.parse_args()
    print(render([json.loads(path.read_text(encoding="utf-8")) for path in options.reports], options.note), end="")
