"""The summary of an index run, for people; `--json` prints the same facts as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from codegraph.cli.terminal import console, count, escape, size

ERRORS_SHOWN: Final = 10
STATUSES: Final = ("resolved", "external", "unresolved", "dynamic")


def print_summary(summary: Mapping[str, Any], *, changed: bool) -> None:
    """Print what a run saw, made and took."""
    from rich.table import Table
    from rich.text import Text

    out = console()
    headline = "Indexed" if changed else "Nothing changed in"
    out.print(Text(f"{headline} {escape(str(summary['root']))}", style="bold"), soft_wrap=True)
    pairs = summary_lines(summary, built=changed)
    if out.is_terminal:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold")
        grid.add_column(overflow="fold")
        for label, text in pairs:
            grid.add_row(label, Text(text))
        out.print(grid)
    else:
        print("\n".join(f"{label:<10} {text}" for label, text in pairs))
    if not summary["files"]["seen"]:
        out.print("No file of a known language was found; codegraph plugins list names the languages.", style="yellow")
    for line in error_lines(summary.get("errors", ())):
        out.print(Text(line, style="yellow"), soft_wrap=True)


def summary_lines(summary: Mapping[str, Any], *, built: bool = True) -> list[tuple[str, str]]:
    """Return the summary as pairs of a label and its text, in reading order.

    Args:
        summary: As `codegraph index --json` prints it.
        built: Whether the run built anything; a speed would mean nothing otherwise.
    """
    files, seconds = summary["files"], summary["seconds"]
    wall = float(seconds["wall"])
    lines = int(summary["lines"])
    parts = " + ".join(f"{count(files[status])} {status}" for status in ("ok", "degraded", "skipped", "failed"))
    pairs = [
        ("files", f"{count(files['seen'])} seen = {parts}"),
        ("lines", f"{count(lines)}" + (f" · {count(lines / wall)} lines/s" if wall > 0 and built else "")),
        ("nodes", _breakdown(summary["nodes"]["total"], summary["nodes"]["by_kind"])),
        ("edges", _breakdown(summary["edges"]["total"], summary["edges"]["by_kind"])),
    ]
    if summary["edges"].get("by_resolver"):
        pairs.append(("resolvers", _kinds(summary["edges"]["by_resolver"])))
    pairs += [(label, _shares(summary[table])) for label, table in (("calls", "call_sites"), ("imports", "imports"))]
    if len(summary.get("calls_by_language", {})) > 1:
        pairs.insert(-1, ("unresolved", _unresolved(summary["calls_by_language"])))
    findings = summary.get("findings", {})
    if findings.get("total"):
        pairs.append(("findings", _breakdown(findings["total"], findings["by_severity"])))
    stages = " · ".join(f"{escape(str(name))} {float(value):.2f} s" for name, value in seconds["stages"].items())
    pairs.append(("time", f"{wall:.2f} s wall, {float(seconds['cpu']):.2f} s CPU" + (f" ({stages})" if stages else "")))
    engine = f"{summary['backend']}, mode {summary['mode']}"
    pairs.append(("engine", escape(engine) + f", peak memory {size(summary['peak_rss_bytes'])}"))
    if summary.get("mode_run"):
        pairs.append(("run", escape(_run(summary))))
    if "parity" in summary:
        parity = summary["parity"]
        names = " = ".join(escape(str(name)) for name in parity["parsers"])
        pairs.append(("parity", f"{names}: {count(sum(parity['rows'].values()))} rows compared, none differs"))
    pairs.append(("snapshot", escape(str(summary["snapshot_id"]))))
    return pairs


def _run(summary: Mapping[str, Any]) -> str:
    """Say how a run went about it, and why."""
    text = f"{summary['mode_run']}: {summary['mode_reason']}"
    changes = summary.get("changes")
    if summary["mode_run"] == "incremental" and changes:
        said = [f"{count(number)} {kind}" for kind, number in changes.items() if number]
        text += f" ({', '.join(said)})" if said else ""
    return text


def error_lines(errors: Any) -> list[str]:
    """Return the first errors of a run, one line each, and how many more there are."""
    shown = []
    for error in list(errors)[:ERRORS_SHOWN]:
        context = error.get("context") or {}
        where = context.get("path") or context.get("plugin") or context.get("stage") or ""
        remedy = context.get("remedy") or ""
        text = f"{error.get('code', 'error')}: {error.get('message', '')}"
        shown.append(escape(text + (f" ({where})" if where else "") + (f" {remedy}" if remedy else "")))
    if len(errors) > ERRORS_SHOWN:
        shown.append(f"… {len(errors) - ERRORS_SHOWN} more: codegraph query diagnostics")
    return shown


def _breakdown(total: int, by_kind: Mapping[str, int]) -> str:
    return f"{count(total)}" + (f" = {_kinds(by_kind)}" if by_kind else "")


def _kinds(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return " · ".join(f"{escape(name)} {count(number)}" for name, number in ordered if number)


def _unresolved(by_language: Mapping[str, Mapping[str, int]]) -> str:
    """Say for each language what part of its calls is unresolved, the language with most calls first."""
    ordered = sorted(by_language.items(), key=lambda item: (-item[1]["total"], item[0]))
    shares = (f"{escape(name)} {100 * counts['unresolved'] / counts['total']:.1f} %" for name, counts in ordered)
    return "calls in " + " · ".join(shares)


def _shares(counts: Mapping[str, int]) -> str:
    total = counts["total"]
    if not total:
        return "none"
    shares = " · ".join(f"{100 * counts[status] / total:.1f} % {status}" for status in STATUSES if status in counts)
    return f"{count(total)} = {shares}"
