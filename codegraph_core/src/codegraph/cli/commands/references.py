"""`codegraph references`: where a symbol is defined and used."""

from __future__ import annotations

from typing import Final

from cyclopts import App

from codegraph.cli.options import Common, Reading
from codegraph.cli.places import path_in, place_of, print_places
from codegraph.cli.reading import open_graph

EXAMPLES: Final = """\
Examples:
  codegraph index . --with occurrences
  codegraph references app.db.Session.get
  codegraph references src/app.py:12:8
  codegraph references src/app.py:12:8 --json
"""

app = App(name="references", help_epilogue=EXAMPLES)


@app.default
def references(symbol: str, /, *, reading: Reading | None = None, common: Common | None = None) -> int:
    """Print where a symbol is defined, imported, read, written and referred to. Exit code 1: nothing is known.

    Args:
        symbol: An id, a fully qualified name, the end of one, a SCIP symbol, or a place FILE:LINE:COLUMN of it (lines
            from 1, columns from 0 in UTF-8 bytes), as locals need it.
    """
    common, reading = common or Common(), reading or Reading()
    place = place_of(symbol)
    with open_graph(common, reading) as graph:
        if place is None:
            found = graph.references_of(symbol)
        else:
            found = graph.references_at(path_in(graph, place[0]), *place[1:])
        return print_places(common, graph, found, {"symbol": symbol})
