"""`codegraph show`: one symbol with its source and its edges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cyclopts import App

from codegraph.cli import failures
from codegraph.cli.options import Common, Reading
from codegraph.cli.reading import CANDIDATES_SHOWN, Opened, find_symbol, open_snapshot, similar_names
from codegraph.cli.terminal import console, escape, print_json, print_table

if TYPE_CHECKING:
    from codegraph._internal.store import Snapshot

CALL_KINDS: Final = ("calls", "instantiates")
STRUCTURE_KINDS: Final = ("contains", "defines")
EDGES_SHOWN: Final = 30
SOURCE_LINES_SHOWN: Final = 200

EXAMPLES: Final = """\
Examples:
  codegraph show app.db.Session.get
  codegraph show Session.get --no-source
  codegraph show Session.get --depth 3 --json
"""

app = App(name="show", help_epilogue=EXAMPLES)


@app.default
def show(
    symbol: str,
    /,
    *,
    depth: int = 1,
    source: bool = True,
    reading: Reading | None = None,
    common: Common | None = None,
) -> int:
    """Show a symbol: source, callers, callees, other edges; each edge with its resolver and confidence.

    A name that several symbols have is not guessed: they are listed, and the exit code is 1.

    Args:
        symbol: An id, a fully qualified name, the end of one, or a name.
        depth: How many calls away callers and callees are followed.
        source: Print the source.
    """
    common, reading = common or Common(), reading or Reading()
    with open_snapshot(common, reading) as opened:
        found = find_symbol(opened.query, symbol)
        if len(found) != 1:
            return _not_one(opened, symbol, found, as_json=common.json)
        node = found[0]
        text, note = _source(opened, node) if source else (None, None)
        facts = {
            "snapshot_id": opened.snapshot.id,
            "symbol": node,
            "source": text,
            "source_note": note,
            "callers": _calls(opened.snapshot, node["id"], depth, incoming=True),
            "callees": _calls(opened.snapshot, node["id"], depth, incoming=False),
            "edges": _other_edges(opened.snapshot, node["id"]),
        }
    if common.json:
        print_json(facts)
    else:
        _print(facts)
    return failures.SUCCESS


def _not_one(opened: Opened, symbol: str, found: Sequence[dict[str, Any]], *, as_json: bool) -> int:
    candidates = [{key: row[key] for key in ("id", "kind", "fqn", "file_path", "start_line")} for row in found]
    similar = [] if found else similar_names(opened.query, symbol)
    if as_json:
        code = "symbol-ambiguous" if found else "symbol-unknown"
        print_json({"code": code, "symbol": symbol, "candidates": candidates, "similar": similar})
    elif found:
        columns = ("id", "kind", "file_path", "start_line")
        rows = [[row[name] for name in columns] for row in candidates[:CANDIDATES_SHOWN]]
        print_table(columns, rows, title=f"{len(found)} symbols are named {symbol}. Give one id:", right=["start_line"])
        if len(found) > CANDIDATES_SHOWN:
            print(f"… {len(found) - CANDIDATES_SHOWN} more: codegraph query nodes --where name={escape(symbol)}")
    else:
        print(f"No symbol is named {escape(symbol)}." + (" Similar:" if similar else ""))
        print("".join(f"  {escape(name)}\n" for name in similar), end="")
    return failures.NO


def _calls(snapshot: Snapshot, node_id: str, depth: int, *, incoming: bool) -> list[dict[str, Any]]:
    """Return the call edges on the way to or from a node, nearest first, each with its depth."""
    follow = snapshot.edges_to if incoming else snapshot.edges_from
    rows: list[dict[str, Any]] = []
    seen, frontier = {node_id}, [node_id]
    for level in range(1, depth + 1):
        edges = follow(frontier, list(CALL_KINDS)).to_pylist()
        edges.sort(key=lambda edge: (edge["file_path"] or "", edge["line_number"] or 0, edge["id"]))
        rows += [{"depth": level, **edge} for edge in edges]
        ends = {edge["source_id" if incoming else "target_id"] for edge in edges}
        frontier = sorted(ends - seen)
        seen |= ends
        if not frontier:
            break
    return rows


def _other_edges(snapshot: Snapshot, node_id: str) -> list[dict[str, Any]]:
    left_out = {*CALL_KINDS, *STRUCTURE_KINDS}
    edges = [*snapshot.edges_from([node_id]).to_pylist(), *snapshot.edges_to([node_id]).to_pylist()]
    kept = {edge["id"]: edge for edge in edges if edge["kind"] not in left_out}
    return sorted(kept.values(), key=lambda edge: (edge["kind"], edge["source_id"], edge["target_id"], edge["id"]))


def _source(opened: Opened, node: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the node's source as it is on disk, and a note when it is not what was indexed."""
    if not node["file_path"] or node["start_byte"] is None:
        return None, "This symbol is outside the repository." if not node["file_path"] else None
    from codegraph._internal.discovery.paths import path_bytes

    path = Path(str(opened.root)) / Path(path_bytes(node["file_path"]).decode("utf-8", "surrogateescape"))
    try:
        content = path.read_bytes()
    except OSError as error:
        return None, f"The file cannot be read any more: {error.strerror}."
    note = None
    files = opened.query.files().filter(path__in=[node["file_path"]]).select("content_hash").to_arrow()
    if files.num_rows and files["content_hash"][0].as_py() != _blake3(content):
        note = "The file has changed since it was indexed; positions may be off."
    span = content[node["start_byte"] : node["end_byte"]]
    # The first line's indentation belongs to the picture, though not to the node.
    start = content.rfind(b"\n", 0, node["start_byte"]) + 1
    indent = content[start : node["start_byte"]]
    return ((indent if not indent.strip() else b"") + span).decode("utf-8", "replace"), note


def _blake3(content: bytes) -> str:
    from blake3 import blake3

    return str(blake3(content).hexdigest())


def _print(facts: dict[str, Any]) -> None:
    from rich.syntax import Syntax
    from rich.text import Text

    out, node = console(), facts["symbol"]
    where = f"{node['file_path']}:{node['start_line']}" if node["file_path"] else "outside the repository"
    out.print(Text.assemble((escape(node["kind"]), "cyan"), " ", (escape(node["fqn"]), "bold"), f"  {escape(where)}"))
    details = [f"id {node['id']}", node["visibility"], *node["modifiers"]]
    details += [f"complexity {node['complexity']}"] if node["complexity"] is not None else []
    details += ["test"] if node["is_test"] else []
    out.print(Text(escape(" · ".join(details)), style="dim"))
    if node["signature"]:
        out.print(Text(escape(node["signature"], multiline=True)))
    if facts["source_note"]:
        out.print(Text(escape(facts["source_note"]), style="yellow"))
    if facts["source"]:
        lines = escape(facts["source"], multiline=True).splitlines()
        shown = "\n".join(lines[:SOURCE_LINES_SHOWN])
        out.print(Syntax(shown, node["language"] or "text", line_numbers=True, start_line=node["start_line"] or 1))
        if len(lines) > SOURCE_LINES_SHOWN:
            out.print(f"… {len(lines) - SOURCE_LINES_SHOWN} more lines")
    _print_edges("Callers", facts["callers"], ("depth", "source_id"))
    _print_edges("Callees", facts["callees"], ("depth", "target_id"))
    _print_edges("Other edges", facts["edges"], ("source_id", "target_id"))


def _print_edges(title: str, edges: Sequence[dict[str, Any]], ends: Sequence[str]) -> None:
    columns = ("kind", *ends, "file_path", "line_number", "resolver", "confidence")
    rows = [[edge.get(name) for name in columns] for edge in edges[:EDGES_SHOWN]]
    if not rows:
        print(f"{title}: none")
        return
    print_table(columns, rows, title=f"{title} ({len(edges)})", right=("depth", "line_number", "confidence"))
    if len(edges) > EDGES_SHOWN:
        print(f"… {len(edges) - EDGES_SHOWN} more; --json has all of them.")
