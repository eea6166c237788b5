"""`codegraph explain-edge`: why somebody calls somebody."""

from __future__ import annotations

from typing import Final

from cyclopts import App

from codegraph.cli import failures
from codegraph.cli.commands.show import print_not_one
from codegraph.cli.options import Common, Reading
from codegraph.cli.reading import open_graph
from codegraph.cli.terminal import escape, print_json

EXAMPLES: Final = """\
Examples:
  codegraph explain-edge app.main app.db.Session.get
  codegraph explain-edge main Session.get --json
"""

app = App(name="explain-edge", help_epilogue=EXAMPLES)


@app.default
def explain_edge(
    caller: str,
    callee: str,
    /,
    *,
    reading: Reading | None = None,
    common: Common | None = None,
) -> int:
    """Say why there are edges from a caller to a callee: places, resolver, and how the callee's object got there.

    The chain is found by analysing the snapshot's files once more, which takes as long as it takes
    `codegraph index --with call-graph` to do so. Exit code 1: there is no such edge, or a name is not one symbol's.

    Args:
        caller: An id, a fully qualified name, the end of one, or a name.
        callee: The same.
    """
    common, reading = common or Common(), reading or Reading()
    with open_graph(common, reading) as graph:
        ends = []
        for symbol in (caller, callee):
            found = graph.find_symbol(symbol)
            if len(found) != 1:
                return print_not_one(graph, symbol, found, as_json=common.json)
            ends += found
        explanation = graph.explain_edge(*ends)
    if common.json:
        print_json(explanation.to_dict())
    elif explanation.edges:
        print(escape(explanation.to_text(), multiline=True), end="")
    else:
        print(escape(f"{ends[0].fqn} has no call of {ends[1].fqn}."))
    return failures.SUCCESS if explanation.edges else failures.NO
