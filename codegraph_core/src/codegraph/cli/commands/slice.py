"""`codegraph slice`: what a value depends on, or what depends on it."""

from __future__ import annotations

from typing import Annotated, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.failures import UsageError
from codegraph.cli.options import Common, Reading
from codegraph.cli.reading import open_graph
from codegraph.cli.terminal import escape, print_json

EXAMPLES: Final = """\
Examples:
  codegraph slice app/billing.py:42:total
  codegraph slice --forward app/billing.py:12:rate
  codegraph slice app/billing.py:42:total --depth 1
  codegraph slice app/billing.py:42 --json
"""

app = App(name="slice", help_epilogue=EXAMPLES)


@app.default
def slice_(
    place: str,
    /,
    *,
    backward: Annotated[bool, Parameter(negative=())] = False,
    forward: Annotated[bool, Parameter(negative=())] = False,
    depth: int | None = None,
    reading: Reading | None = None,
    common: Common | None = None,
) -> int:
    """Print the lines on which a value depends, or those that depend on it, through calls.

    Calls are followed as far as the graph knows the callee: an index made with the call graph knows more
    (`codegraph index --with call-graph`).

    Args:
        place: FILE:LINE:NAME, a variable or attribute on that line; FILE:LINE for everything on it.
        backward: What it depends on; the default.
        forward: What depends on it.
        depth: How many functions away it may lead; 0 stays in the function. Default: as far as it leads.
    """
    if backward and forward:
        raise UsageError("Choose one of --backward and --forward.")
    if depth is not None and depth < 0:
        raise UsageError("--depth counts functions, from 0.")
    common, reading = common or Common(), reading or Reading()
    with open_graph(common, reading) as graph:
        found = graph.slice(place, "forward" if forward else "backward", depth=depth)
    if common.json:
        print_json(found.to_dict())
        return failures.SUCCESS
    print(escape(found.to_text(), multiline=True), end="")
    if not common.quiet and not found.complete:
        print("There is more: the slice leads into more functions than are followed.")
    return failures.SUCCESS
