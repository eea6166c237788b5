"""`codegraph show`: one symbol with its source and its edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from cyclopts import App

from codegraph.cli import failures
from codegraph.cli.options import Common, Reading
from codegraph.cli.reading import open_graph, similar_names
from codegraph.cli.terminal import console, escape, print_json, print_table

if TYPE_CHECKING:
    from codegraph._internal.rows import Node
    from codegraph._internal.sdk import Graph, Relation

# Told apart from "other edges": calls have their own tables, and structure is what `parent_id` says already.
TOLD_ELSEWHERE: Final = ("calls", "instantiates", "contains", "defines")
CANDIDATES_SHOWN: Final = 20
EDGES_SHOWN: Final = 30
SOURCE_LINES_SHOWN: Final = 200
NOTES: Final = {
    "changed": "The file has changed since it was indexed; run codegraph index to see its source here.",
    "missing": "The file cannot be read any more.",
    "none": "This symbol has no source in the repository.",
}

EXAMPLES: Final = """\
Examples:
  codegraph show app.db.Session.get
  codegraph show Session.get --no-source
  codegraph show Session.get --json
"""

app = App(name="show", help_epilogue=EXAMPLES)


@app.default
def show(
    symbol: str,
    /,
    *,
    source: bool = True,
    reading: Reading | None = None,
    common: Common | None = None,
) -> int:
    """Show a symbol: source, callers, callees, other edges; each edge with its resolver and confidence.

    A name that several symbols have is not guessed: they are listed, and the exit code is 1.

    Args:
        symbol: An id, a fully qualified name, the end of one, or a name.
        source: Print the source.
    """
    common, reading = common or Common(), reading or Reading()
    with open_graph(common, reading) as graph:
        found = graph.find_symbol(symbol)
        if len(found) != 1:
            return print_not_one(graph, symbol, found, as_json=common.json)
        node = found[0]
        view = graph.show(node)[0]
        facts = {
            "snapshot_id": graph.snapshot_id,
            "symbol": node.to_dict(),
            "source": view.source if source else None,
            "source_state": view.source_state,
            "callers": [_end(relation) for relation in view.callers],
            "callees": [_end(relation) for relation in view.callees],
            "edges": _other_edges(graph, node.id),
        }
    if common.json:
        print_json(facts)
    else:
        _print(facts, NOTES.get(view.source_state, "") if source else "")
    return failures.SUCCESS


def _end(relation: Relation) -> dict[str, Any]:
    """Return an edge's columns, and the node at its other end."""
    return {**relation.edge.to_dict(), "node": None if relation.node is None else relation.node.to_dict()}


def _other_edges(graph: Graph, node_id: str) -> list[dict[str, Any]]:
    edges = graph.edges().exclude(kind__in=list(TOLD_ELSEWHERE))
    found = {
        edge.id: edge for query in (edges.filter(source_id=node_id), edges.filter(target_id=node_id)) for edge in query
    }
    ordered = sorted(found.values(), key=lambda edge: (edge.kind, edge.source_id, edge.target_id, edge.id))
    return [edge.to_dict() for edge in ordered]


def print_not_one(graph: Graph, symbol: str, found: Sequence[Node], *, as_json: bool) -> int:
    """Say which symbols a name means, or that it means none, and return the exit code."""
    columns = ("id", "kind", "file_path", "start_line")
    candidates = [{name: getattr(node, name) for name in columns} for node in found]
    similar = [] if found else similar_names(graph.query(), symbol)
    if as_json:
        code = "symbol-ambiguous" if found else "symbol-unknown"
        print_json({"code": code, "symbol": symbol, "candidates": candidates, "similar": similar})
    elif found:
        rows = [list(row.values()) for row in candidates[:CANDIDATES_SHOWN]]
        print_table(columns, rows, title=f"{len(found)} symbols are named {symbol}. Give one id:", right=["start_line"])
        if len(found) > CANDIDATES_SHOWN:
            print(f"… {len(found) - CANDIDATES_SHOWN} more; --json has all of them.")
    else:
        print(f"No symbol is named {escape(symbol)}." + (" Similar:" if similar else ""))
        print("".join(f"  {escape(name)}\n" for name in similar), end="")
    return failures.NO


def _print(facts: dict[str, Any], note: str) -> None:
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
    if note:
        out.print(Text(note, style="yellow"))
    if facts["source"]:
        lines = escape(facts["source"], multiline=True).splitlines()
        shown = "\n".join(lines[:SOURCE_LINES_SHOWN])
        out.print(Syntax(shown, node["language"] or "text", line_numbers=True, start_line=node["start_line"] or 1))
        if len(lines) > SOURCE_LINES_SHOWN:
            out.print(f"… {len(lines) - SOURCE_LINES_SHOWN} more lines")
    _print_edges("Callers", facts["callers"], ("source_id",))
    _print_edges("Callees", facts["callees"], ("target_id",))
    _print_edges("Other edges", facts["edges"], ("source_id", "target_id"))


def _print_edges(title: str, edges: Sequence[dict[str, Any]], ends: Sequence[str]) -> None:
    columns = ("kind", *ends, "file_path", "line_number", "resolver", "confidence")
    rows = [[edge[name] for name in columns] for edge in edges[:EDGES_SHOWN]]
    if not rows:
        print(f"{title}: none")
        return
    print_table(columns, rows, title=f"{title} ({len(edges)})", right=("line_number", "confidence"))
    if len(edges) > EDGES_SHOWN:
        print(f"… {len(edges) - EDGES_SHOWN} more; --json has all of them.")
