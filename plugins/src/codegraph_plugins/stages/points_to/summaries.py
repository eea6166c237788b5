"""Flow summaries: YAML that says what builtins and libraries do with values, as the engine reads it."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

_MEMBERS: Final = re.compile(r"^(.*?)\.?Member\[([^\]]*)\]$")
_MODELS: Final = ("python.yaml",)
_LISTED: Final = (str, int, float, bool, bytes, list, tuple, dict, set, frozenset)
"""Classes whose members are all known: nothing else is taken for one."""
_EXCEPTIONS: Final = sorted(
    name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)
)


@cache
def summaries_json() -> str:
    """Return the summaries that come with the plugin, as JSON.

    `flows` and `types` are pairs: what is called, and a flow or the class of the result.
    """
    found: dict[str, list[Any]] = {
        "flows": [],
        "types": [[f"builtins.{name}", f"builtins.{name}"] for name in _EXCEPTIONS],
        "aliases": [],
        "bases": [],
        "mappings": [],
        "without_members": [],
        "builtins": sorted(dir(builtins)),
        "members": [[f"builtins.{one.__name__}", sorted(dir(one))] for one in _LISTED],
    }
    folder = files("codegraph_plugins.stages.points_to") / "models"
    for name in _MODELS:
        rules: Mapping[str, Any] = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
        for atom in rules["atoms"]:
            found["flows"] += [[call, atom["flow"]] for call in _names(atom["call"])]
        for kind in rules["types"]:
            found["types"] += [[call, kind["type"]] for call in _names(kind["from"].removesuffix(".ReturnValue"))]
        for key in ("mappings", "without_members"):
            found[key] += rules[key]
        for key in ("aliases", "bases"):
            found[key] += [list(pair) for pair in rules.get(key, {}).items()]
    return json.dumps(found)


def _names(path: str) -> Iterator[str]:
    """Yield the dotted names of `scope.Member[a,b]`."""
    match = _MEMBERS.match(path)
    if match is None:
        yield path
        return
    for member in match[2].split(","):
        yield f"{match[1]}.{member.strip()}"
