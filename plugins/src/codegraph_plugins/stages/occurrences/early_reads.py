"""Python: reads of a module's names before anything binds them: they are builtins, or nothing that is known.

What runs when a module is loaded runs in source order, so a read above all bindings of its name cannot see them. Not so
in a function, in an annotation (which may be left alone until asked for) and in a loop that comes round to a binding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import tree_sitter

if TYPE_CHECKING:
    from codegraph_plugins.stages.occurrences.walker import Site

_UNREAD: Final = frozenset({"type", "string"})
"""Nodes in which names may be read later, or never."""
_FUNCTIONS: Final = frozenset({"function_definition", "lambda"})
_LOOPS: Final = frozenset({"for_statement", "while_statement"})
_BINDING: Final = frozenset({"definition", "write"})


def early_reads(sites: Iterable[Site], nodes: Sequence[Sequence[Any]], root: tree_sitter.Node) -> set[int]:
    """Return where names are read that their module binds further down only.

    Args:
        sites: Of a file.
        nodes: Its rows of `nodes`, the module's first.
        root: Its tree.
    """
    imported = {row[2] for row in nodes if row[1] == "import"}
    stars = [row[5] for row in nodes if row[1] == "import" and row[2].startswith("<")]
    first_star = min(stars, default=root.end_byte)
    bound: dict[int, int] = {}
    elsewhere: set[int] = set()
    read: list[Site] = []
    for site in sites:
        if site.kind == "node" and site.role in _BINDING and site.target > 0:
            if site.node:
                elsewhere.add(site.target)  # `global name` in a function: nobody says when that runs
            bound[site.target] = min(bound.get(site.target, site.start), site.start)
        elif site.kind == "use" and site.binding == "definition" and site.role == "read":
            read.append(site)
    return {
        site.start
        for site in read
        if site.start < bound.get(site.target, -1)
        and site.start < first_star  # `from m import *` may bring any name
        and site.target not in elsewhere
        and nodes[site.target][2] not in imported
        and _runs_first(root, site.start, bound[site.target])
    }


def _runs_first(root: tree_sitter.Node, start: int, binding: int) -> bool:
    """Say whether what stands at a place runs once, when the module is loaded, before a binding."""
    inside = root.descendant_for_byte_range(start, start + 1)
    around = None if inside is None else inside.parent
    while inside is not None and around is not None:
        if inside.type in _UNREAD or (around.type in _FUNCTIONS and around.child_by_field_name("body") == inside):
            return False
        if around.type in _LOOPS and binding < around.end_byte:
            return False
        inside, around = around, around.parent
    return True
