"""`codegraph definition`: where the name at a place is defined."""

from __future__ import annotations

from typing import Final

from cyclopts import App

from codegraph.cli.failures import UsageError
from codegraph.cli.options import Common, Reading
from codegraph.cli.places import path_in, place_of, print_places
from codegraph.cli.reading import open_graph

EXAMPLES: Final = """\
Examples:
  codegraph index . --with occurrences
  codegraph definition src/app.py:12:8
  codegraph definition src/app.py:12:8 --json
"""

app = App(name="definition", help_epilogue=EXAMPLES)


@app.default
def definition(place: str, /, *, reading: Reading | None = None, common: Common | None = None) -> int:
    """Print where the name at a place is defined, locals and parameters included. Exit code 1: nothing is known.

    Args:
        place: FILE:LINE:COLUMN; lines from 1, columns from 0 in UTF-8 bytes.
    """
    common, reading = common or Common(), reading or Reading()
    found = place_of(place)
    if found is None:
        raise UsageError("A place is FILE:LINE:COLUMN, such as src/app.py:12:8.")
    with open_graph(common, reading) as graph:
        path = path_in(graph, found[0])
        return print_places(common, graph, graph.definitions_at(path, *found[1:]), {"place": place})
