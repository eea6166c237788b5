"""`codegraph sql`: rows of one SELECT over a snapshot."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.commands.query import TABLE_LIMIT, chosen_format
from codegraph.cli.failures import UsageError
from codegraph.cli.options import Common, Format, Reading
from codegraph.cli.reading import open_graph

if TYPE_CHECKING:
    import pyarrow as pa

Words = Annotated[list[str] | None, Parameter(name=["--param", "-p"], negative=(), allow_leading_hyphen=True)]

BATCH_ROWS: Final = 8192

EXAMPLES: Final = """\
Examples:
  codegraph sql "SELECT kind, count(*) AS n FROM nodes GROUP BY kind"
  codegraph sql 'SELECT fqn FROM nodes WHERE complexity > $n' --param n=20
  codegraph sql - --format csv --output edges.csv < edges.sql
  codegraph sql --explain "SELECT id FROM edges WHERE kind = 'calls'"

The statement is one SELECT in DuckDB's dialect over the tables that
`codegraph schema` lists. It can read nothing else.
"""

app = App(name="sql", help_epilogue=EXAMPLES)


@app.default
def sql(
    statement: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    param: Words = None,
    limit: Annotated[int | None, Parameter(name=["--limit", "-n"])] = None,
    timeout_s: float = 30.0,
    memory_mb: int = 1024,
    explain: Annotated[bool, Parameter(negative=())] = False,
    form: Annotated[Format | None, Parameter(name=["--format", "-f"])] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    reading: Reading | None = None,
    common: Common | None = None,
) -> int:
    """Print the rows of one SELECT over the snapshot's tables.

    Args:
        statement: The statement, or - to read it from standard input.
        param: NAME=VALUE for $NAME in the statement, or VALUE for the next ?; repeatable. Numbers, true,
            false and null are read as such; quotes around a value make it text.
        limit: Print at most so many rows; a table shows 50 unless told otherwise.
        timeout_s: Seconds that the engine may work.
        memory_mb: Megabytes that the engine may use; it never writes to disk.
        explain: Print the engine's plan instead of running the statement.
        form: table, json, jsonl, csv, parquet or arrow.
        output: File to write; default: standard output.
    """
    from codegraph.cli.formats import write_rows
    from codegraph.cli.terminal import print_json

    common, reading = common or Common(), reading or Reading()
    form = chosen_format(form, as_json=common.json)
    if limit is not None and limit < 0:
        raise UsageError("--limit is a number of rows: 0 or more.")
    text = sys.stdin.read() if statement == "-" else statement
    with open_graph(common, reading) as graph:
        rows = graph.sql(text, parse_params(param), timeout_s=timeout_s, memory_limit_bytes=memory_mb * 2**20)
        head = {"snapshot_id": graph.snapshot_id, "sql": rows.text, "tables": list(rows.tables)}
        if explain:
            plan = rows.explain()
            print_json({**head, "plan": plan}) if common.json else print(plan)
            return failures.SUCCESS
        shown = TABLE_LIMIT if limit is None and form == "table" else limit
        shortened = _Shortened(rows.batches(BATCH_ROWS), shown)
        write_rows(shortened, rows.schema, form, output, head=head)
    if form == "table" and limit is None and shortened.more and not common.quiet:
        print(f"The first {TABLE_LIMIT} rows. --limit N shows more, --format csv or jsonl all of them.")
    return failures.SUCCESS


class _Shortened:
    """Batches up to some rows; stops reading then.

    Attributes:
        more: Whether there was a row more, once all are read.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch], most: int | None) -> None:
        self._batches, self._most = batches, most
        self.more = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        seen = 0
        for batch in self._batches:
            if self._most is not None and seen + batch.num_rows > self._most:
                self.more = True
                yield batch.slice(0, self._most - seen)
                return
            yield batch
            seen += batch.num_rows


def parse_params(words: list[str] | None) -> dict[str, Any] | list[Any] | None:
    """Return the values of `--param` words, by name or in order.

    Raises:
        UsageError: Some have a name and some have not.
    """
    if not words:
        return None
    split = [word.partition("=") for word in words]
    named = [name.isidentifier() and bool(equals) for name, equals, _ in split]
    if all(named):
        return {name: _value(text) for name, _, text in split}
    if any(named):
        raise UsageError("--param takes either NAME=VALUE or VALUE in every place, not both.")
    return [_value(word) for word in words]


def _value(text: str) -> Any:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    if quoted:
        return text[1:-1]
    constants = {"null": None, "true": True, "false": False}
    if text.lower() in constants:
        return constants[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
