"""`codegraph cfg`: the control-flow graph of a function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.commands.show import print_not_one
from codegraph.cli.options import Common, Reading
from codegraph.cli.reading import open_graph
from codegraph.cli.terminal import escape, print_json

EXAMPLES: Final = """\
Examples:
  codegraph cfg app.db.Session.get
  codegraph cfg Session.get --format svg -o get.svg
  codegraph cfg Session.get --format dot --instructions
  codegraph cfg Session.get --json
"""

app = App(name="cfg", help_epilogue=EXAMPLES)


@app.default
def cfg(
    symbol: str,
    /,
    *,
    format: Literal["text", "dot", "svg"] = "text",  # noqa: A002 -- the option's name
    instructions: bool = False,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    reading: Reading | None = None,
    common: Common | None = None,
) -> int:
    """Print or draw the control-flow graph of a function, class body or module.

    A name that several symbols have is not guessed: they are listed, and the exit code is 1.

    Args:
        symbol: An id, a fully qualified name, the end of one, or a name.
        format: Text, Graphviz's language, or a drawing.
        instructions: Drawings show instructions instead of the lines of source.
        output: Write to this file.
    """
    common, reading = common or Common(), reading or Reading()
    with open_graph(common, reading) as graph:
        found = graph.find_symbol(symbol)
        if len(found) != 1:
            return print_not_one(graph, symbol, found, as_json=common.json)
        flow = graph.function(found[0])
        drawn = flow.cfg()
        if common.json:
            tables = ("variables", "instructions", "blocks", "cfg_edges", "control_dependence", "phis", "def_use")
            rows = {name: flow.to_arrow(name).to_pylist() for name in tables}
            print_json({"snapshot_id": graph.snapshot_id, "symbol": found[0].to_dict(), **rows})
            return failures.SUCCESS
    if format == "text":
        text = drawn.to_text()
    else:
        text = (drawn.to_dot if format == "dot" else drawn.to_svg)(instructions=instructions)
    if output is not None:
        output.expanduser().write_text(text, encoding="utf-8")
        if not common.quiet:
            print(escape(str(output)))
    else:
        print(escape(text, multiline=True), end="")
    return failures.SUCCESS
