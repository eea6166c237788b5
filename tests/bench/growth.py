"""How time and memory of the call graph grow with the code: the same mix of packages, in growing parts.

    python tests/bench/growth.py PYMIX --json growth.json        measure
    python tests/bench/growth.py --from growth.json --svg growth.svg          draw

A part has, of each project below the folder, the first files by path up to a share of the project's lines, so that
every part is the same mix. Each run is a fresh process with one worker that builds everything.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from run import MEGABYTE, child  # noqa: E402

SHARES: Final = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
RUNS: Final = {"call graph": {"do": "call graph"}, "plain index": {"do": "index"}}
SETTINGS: Final = {"backend": "rust", "workers": 1, "mode": "full"}
WIDTH, HEIGHT, MARGIN = 420, 280, 62
COLORS: Final = {"call graph": "#c2410c", "plain index": "#1d4ed8"}


def part_of(folder: Path, share: float, target: Path) -> None:
    """Copy a share of each project's lines, its first files by path."""
    for project in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(path for path in project.rglob("*.py") if path.is_file())
        lines = [path.read_bytes().count(b"\n") for path in files]
        left = share * sum(lines)
        for path, count in zip(files, lines, strict=True):
            if left <= 0:
                break
            left -= count
            copy = target / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def measure(folder: Path, shares: Sequence[float]) -> list[dict[str, Any]]:
    """Return, for each part, its lines and what each run took."""
    found = []
    for share in shares:
        with tempfile.TemporaryDirectory() as work:
            root = Path(work, "code")
            part_of(folder, share, root)
            point: dict[str, Any] = {}
            for name, task in RUNS.items():
                run = child({**SETTINGS, **task, "root": str(root), "cache_dir": str(Path(work, name))})
                point["lines"] = run["summary"]["lines"]
                point[name] = {"cpu": run["cpu"], "peak": run["peak_rss_bytes"] / MEGABYTE}
            found.append(point)
            told = ", ".join(f"{name} {point[name]['cpu']:.1f} s {point[name]['peak']:.0f} MB" for name in RUNS)
            print(f"{point['lines']:>9,} lines: {told}", flush=True)
    return found


def drawn(points: Sequence[dict[str, Any]]) -> str:
    """Return the plot as SVG: CPU seconds and megabytes at the peak, both against lines."""
    panels = [
        _panel(points, 0, "cpu", "CPU, seconds"),
        _panel(points, WIDTH, "peak", "peak memory, MB"),
    ]
    style = "text{font:12px sans-serif;fill:#222}.title{font-weight:bold}line,polyline{fill:none}"
    size = f'width="{2 * WIDTH}" height="{HEIGHT}" viewBox="0 0 {2 * WIDTH} {HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f'<style>{style}</style><rect width="100%" height="100%" fill="white"/>',
            *panels,
            "</svg>\n",
        ]
    )


def _panel(points: Sequence[dict[str, Any]], left: int, key: str, title: str) -> str:
    most_lines = max(point["lines"] for point in points)
    most = max(point[name][key] for point in points for name in RUNS)
    step_x, step_y = _step(most_lines), _step(most)
    top_x, top_y = -(-most_lines // step_x) * step_x, -(-most // step_y) * step_y

    def at(lines: float, value: float) -> tuple[float, float]:
        x = left + MARGIN + lines / top_x * (WIDTH - MARGIN - 24)
        return round(x, 1), round(HEIGHT - 44 - value / top_y * (HEIGHT - 84), 1)

    found = [f'<text class="title" x="{left + MARGIN}" y="22">{title}</text>']
    for number in range(round(top_y / step_y) + 1):
        x, y = at(0, number * step_y)
        end = at(top_x, 0)[0]
        found.append(f'<line x1="{x}" y1="{y}" x2="{end}" y2="{y}" stroke="#ddd"/>')
        found.append(f'<text x="{x - 6}" y="{y + 4}" text-anchor="end">{number * step_y:,.0f}</text>')
    for number in range(round(top_x / step_x) + 1):
        x, y = at(number * step_x, 0)
        label = f"{number * step_x / 1e6:.1f} M" if number else "0 lines"
        found.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle">{label}</text>')
    for place, name in enumerate(RUNS):
        dots = [at(point["lines"], point[name][key]) for point in points]
        color = COLORS[name]
        joined = " ".join(f"{x},{y}" for x, y in dots)
        found.append(f'<polyline points="{joined}" stroke="{color}" stroke-width="2"/>')
        found += [f'<circle cx="{x}" cy="{y}" r="3" fill="{color}"/>' for x, y in dots]
        x = left + MARGIN + 12
        found.append(f'<text x="{x}" y="{44 + 16 * place}" style="fill:{color}">{name}</text>')
    return "\n".join(found)


def _step(most: float) -> float:
    """Return a round distance that makes three to seven grid lines."""
    step = 1.0
    while True:
        for factor in (1, 2, 5):
            if most / (factor * step) <= 6:
                return factor * step
        step *= 10


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or take what was measured, and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of projects")
    parser.add_argument("--from", dest="known", type=Path, metavar="FILE", help="what was measured before")
    parser.add_argument("--shares", type=float, nargs="+", default=list(SHARES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured there")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw it there")
    given = parser.parse_args(arguments)
    if given.known is None and given.folder is None:
        parser.error("name a folder, or --from")
    points = json.loads(given.known.read_text()) if given.known else measure(given.folder.resolve(), given.shares)
    if given.json:
        given.json.write_text(json.dumps(points, indent=1), encoding="utf-8")
    if given.svg:
        given.svg.write_text(drawn(points), encoding="utf-8")


if __name__ == "__main__":
    main()
