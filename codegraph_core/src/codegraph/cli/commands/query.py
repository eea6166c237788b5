"""`codegraph query`: rows of a table, or the callers, callees and neighbors of a symbol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.failures import UsageError
from codegraph.cli.options import Common, Format, Reading
from codegraph.cli.reading import open_graph
from codegraph.cli.where import parse_where

if TYPE_CHECKING:
    from codegraph._internal.query import Query
    from codegraph._internal.sdk import Graph

Words = Annotated[list[str] | None, Parameter(negative=(), allow_leading_hyphen=True)]

TRAVERSALS: Final = ("callers", "callees", "neighbors")
TABLE_LIMIT: Final = 50
"""Rows of `--format table` when no --limit is given."""
BATCH_ROWS: Final = 8192
BRIEF: Final = {
    "files": ("path", "language", "status", "lines", "size", "parse_errors"),
    "nodes": ("kind", "fqn", "file_path", "start_line", "end_line", "complexity"),
    "edges": ("kind", "source_id", "target_id", "file_path", "line_number", "resolver", "confidence"),
    "call_sites": ("caller_id", "callee_text", "arity", "status", "reason", "file_path", "span"),
    "imports": ("module", "name", "alias", "status", "target_id", "file_path", "span"),
    "findings": ("severity", "rule_id", "message", "file_path", "span"),
}
"""Columns of `--format table` when no --select is given; the other formats have all of them."""

EXAMPLES: Final = """\
Examples:
  codegraph query nodes --where kind=function --where 'complexity>=10'
  codegraph query nodes --where 'name~^get_' --order-by -complexity -n 10
  codegraph query edges --where kind=calls --format csv --output edges.csv
  codegraph query callers app.db.Session.get --depth 2
  codegraph query neighbors Session --kind inherits --direction in --depth 9
  codegraph query nodes --where kind=class --order-by name --explain
  codegraph query call_sites --where status=unresolved --format jsonl
"""

app = App(name="query", help_epilogue=EXAMPLES)


@app.default
def query(
    table: str,
    symbol: str | None = None,
    /,
    *,
    where: Words = None,
    order_by: Words = None,
    limit: Annotated[int | None, Parameter(name=["--limit", "-n"])] = None,
    offset: int = 0,
    select: Words = None,
    nulls_first: Annotated[bool, Parameter(negative=())] = False,
    depth: int = 1,
    kind: Words = None,
    direction: Literal["in", "out", "both"] = "both",
    resolver: Words = None,
    min_confidence: float | None = None,
    explain: Annotated[bool, Parameter(negative=())] = False,
    form: Annotated[Format | None, Parameter(name=["--format", "-f"])] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    reading: Reading | None = None,
    common: Common | None = None,
) -> int:
    """Print rows of the graph.

    Args:
        table: nodes, edges, files, call_sites, imports, diagnostics, findings, metrics, or a
            plugin's; blocks, cfg_edges, def_use, control_dependence and others of control and data flow; or
            callers, callees, neighbors.
        symbol: For callers, callees and neighbors: an id, a fully qualified name, or the end of one.
        where: A condition: a field, one of = != > >= < <= ~ (regular expression), a value; or a filter's own
            name after two underscores, as in name__startswith=get_. Repeatable; all must hold.
        order_by: Fields to order by, a hyphen in front for descending; repeatable.
        limit: At most so many rows; a table shows 50 unless told otherwise.
        offset: Leave out so many rows first.
        select: Columns, separated by commas; repeatable.
        nulls_first: Order missing values first, not last.
        depth: For callers, callees and neighbors: how many edges away.
        kind: For the same: kinds of edges to follow, separated by commas; callers and callees follow calls and
            instantiations unless told otherwise, neighbors all.
        direction: For neighbors: along the edges (out), against them (in), or both.
        resolver: Follow only edges that these resolvers made.
        min_confidence: Follow only edges of at least this confidence, 0 to 1.
        explain: Print the plan instead of running it.
        form: table, json, jsonl, csv, parquet or arrow.
        output: File to write; default: standard output.
    """
    from codegraph._internal.query.fields import Fields
    from codegraph.cli.formats import write_rows
    from codegraph.cli.terminal import escape, print_json

    common, reading = common or Common(), reading or Reading()
    form = chosen_format(form, as_json=common.json)
    with open_graph(common, reading) as graph:
        edges = {"kinds": _split(kind), "resolver": _split(resolver), "min_confidence": min_confidence}
        walk = {**{name: value for name, value in edges.items() if value}, "depth": depth}
        rows = _start(graph, table, symbol, walk if table != "neighbors" else {**walk, "direction": direction})
        fields = Fields(table, rows.schema)
        for condition in where or ():
            rows = rows.filter(**parse_where(fields, condition))
        if order_by:
            rows = rows.order_by(*_split(order_by), nulls="first" if nulls_first else "last")
        columns = _split(select)
        if form == "table":
            columns = columns or list(BRIEF.get("nodes" if table in TRAVERSALS else table, ()))
        if columns:
            rows = rows.select(*columns)
        shortened = form == "table" and limit is None
        if offset:
            rows = rows.offset(offset)
        if shortened or limit is not None:
            rows = rows.limit(TABLE_LIMIT if limit is None else limit)
        head = {"snapshot_id": graph.snapshot_id, "table": table, **({"symbol": symbol} if symbol else {})}
        if explain:
            plan = rows.explain(BATCH_ROWS)
            print_json({**head, "plan": plan.to_dict()}) if common.json else print(escape(str(plan), multiline=True))
            return failures.SUCCESS
        written = write_rows(rows.batches(BATCH_ROWS), rows.schema, form, output, head=head)
    if shortened and written == TABLE_LIMIT and not common.quiet:
        print(f"The first {TABLE_LIMIT} rows. --limit N shows more, --format csv or jsonl all of them.")
    return failures.SUCCESS


def chosen_format(form: Format | None, *, as_json: bool) -> Format:
    """Return the format that `--format` and `--json` mean together."""
    if as_json and form not in (None, "json"):
        raise UsageError(f"--json and --format {form} contradict each other.")
    return "json" if as_json else form or "table"


def _start(graph: Graph, table: str, symbol: str | None, walk: dict[str, Any]) -> Query[Any]:
    """Return the builder that a table's name, or a traversal from a symbol, means."""
    if table not in TRAVERSALS:
        if symbol is not None:
            raise UsageError(f"query {table} takes no symbol; use --where for conditions.")
        return graph.query().table(table.replace("-", "_"))
    if symbol is None:
        raise UsageError(f"query {table} needs a symbol: codegraph query {table} SYMBOL.")
    found = graph.find_symbol(symbol)
    if not found:
        raise UsageError(f"No symbol is named {symbol!r}; codegraph show {symbol} lists similar names.")
    start = graph.nodes().filter(id__in=[node.id for node in found])
    followed: Query[Any] = getattr(start, table)(**walk)
    return followed


def _split(words: list[str] | None) -> list[str]:
    return [part.strip() for word in words or () for part in word.split(",") if part.strip()]
