"""What answers about a file rest on, as one text: if that is as it was, so are they."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import rustworkx

from codegraph_hookspecs import StageContext
from codegraph_plugins.stages.lsp_types.memory import FORMAT
from codegraph_plugins.stages.lsp_types.servers import FoundServer

_BY_IMPORTS: Final = frozenset({"python", "javascript", "typescript"})
"""Languages in which a file sees only what it imports; elsewhere answers rest on all files of the language."""


def around(context: StageContext, server: FoundServer) -> str:
    """Return a hash of what answers rest on besides the repository's sources: the server, what is installed."""
    one = server.description
    said: list[object] = [FORMAT, one.name, list(server.command[1:]), server.version, one.options, one.settings]
    for path in context.find_files(one.project):
        content = context.read_file(path)
        said.append([path, hashlib.sha256(content or b"").hexdigest()])
    if "python" in one.languages:
        said.append(_python_environment(context.root))
    return _hash(json.dumps(said, sort_keys=True, default=dict))


def file_keys(
    files: Mapping[str, str], imports: Iterable[tuple[str, str]], language: str, environment: str
) -> dict[str, str]:
    """Return the key of each file of a language.

    Args:
        files: Hash of the content of each file of the language, by path.
        imports: Importing and imported files, of any language.
        language: Which.
        environment: What `around` returned.
    """
    if language not in _BY_IMPORTS:
        everything = _hash("\0".join(f"{path}\0{files[path]}" for path in sorted(files)))
        return {path: _hash(f"{environment}\0{path}\0{files[path]}\0{everything}") for path in files}
    # Declarations without a module are seen everywhere.
    ambient = _hash("\0".join(f"{path}\0{files[path]}" for path in sorted(files) if path.endswith(".d.ts")))
    graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph()
    ordered = sorted(files)
    numbers = dict(zip(ordered, graph.add_nodes_from(ordered), strict=True))
    graph.add_edges_from_no_data(
        sorted({(numbers[a], numbers[b]) for a, b in imports if a in numbers and b in numbers and a != b})
    )
    digest: dict[int, str] = {}
    for component in rustworkx.strongly_connected_components(graph):  # imported ones first
        inside = set(component)
        own = [f"{graph[node]}\0{files[graph[node]]}" for node in sorted(component)]
        below = {digest[other] for node in component for other in graph.successor_indices(node) if other not in inside}
        of_all = _hash("\0".join([*own, "", *sorted(below)]))
        digest.update(dict.fromkeys(component, of_all))
    return {path: _hash(f"{environment}\0{path}\0{digest[numbers[path]]}\0{ambient}") for path in ordered}


def _python_environment(root: Path) -> list[str]:
    """Return the names and versions of what is installed where Python's servers look."""
    named = os.environ.get("VIRTUAL_ENV", "")
    found = [named]
    for folder in (Path(named) if named else None, root / ".venv", root / "venv"):
        if folder is not None and folder.is_dir():
            found += sorted(one.name for one in folder.glob("lib/python*/site-packages/*.dist-info"))
            found += sorted(one.name for one in folder.glob("Lib/site-packages/*.dist-info"))
    return found


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
