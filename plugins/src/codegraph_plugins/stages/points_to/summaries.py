"""What builtins and libraries do with values, as the engine reads it: flow summaries in YAML, and Java's in Java."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from codegraph_plugins.languages.ecmascript import GLOBALS
from codegraph_plugins.stages.points_to.engine import native

_MEMBERS: Final = re.compile(r"^(.*?)\.?Member\[([^\]]*)\]$")
_FOLDER: Final = files("codegraph_plugins.stages.points_to") / "models"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser, where PyYAML has it, takes a tenth of the time."""
_LISTED: Final = (str, int, float, bool, bytes, list, tuple, dict, set, frozenset)
"""Classes whose members are all known: nothing else is taken for one."""
_EXCEPTIONS: Final = sorted(
    name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)
)


@cache
def summaries_json() -> str:
    """Return the summaries that come with the plugin, as JSON: those of Python, and in them those of JavaScript.

    `flows` and `types` are pairs: what is called, and a flow or the class of the result.
    """
    python = _read("python.yaml")
    python["types"] += [[f"builtins.{name}", f"builtins.{name}"] for name in _EXCEPTIONS]
    python["builtins"] += sorted(dir(builtins))
    python["members"] += [[f"builtins.{one.__name__}", sorted(dir(one))] for one in _LISTED]
    ecmascript = _read("ecmascript.yaml")
    ecmascript["builtins"] += sorted(GLOBALS)
    return json.dumps({**python, "ecmascript": ecmascript})


def _read(name: str) -> dict[str, list[Any]]:
    """Return a file of `models/` as the engine reads it."""
    rules: Mapping[str, Any] = yaml.load((_FOLDER / name).read_text(encoding="utf-8"), Loader=_LOADER)
    found: dict[str, list[Any]] = {key: list(rules.get(key, ())) for key in ("mappings", "without_members", "builtins")}
    for key in ("aliases", "bases", "members"):
        found[key] = [list(pair) for pair in rules.get(key, {}).items()]
    found["flows"] = [[call, atom["flow"]] for atom in rules["atoms"] for call in _names(atom["call"])]
    found["types"] = [
        [call, kind["type"]] for kind in rules["types"] for call in _names(kind["from"].removesuffix(".ReturnValue"))
    ]
    return found


def _names(path: str) -> Iterator[str]:
    """Yield the dotted names of `scope.Member[a,b]`."""
    match = _MEMBERS.match(path)
    if match is None:
        yield path
        return
    for member in match[2].split(","):
        yield f"{match[1]}.{member.strip()}".removeprefix(".")


def java_models(grammar: Any) -> list[bytes]:
    """Return the models of Java's library as the engine reads files: classes with the bodies that matter.

    Args:
        grammar: The capsule of Java's grammar.
    """
    found = sorted((_FOLDER / "java").iterdir(), key=lambda one: one.name)
    sources = [one.read_bytes() for one in found if one.name.endswith(".java")]
    lowered = native().flow_units("java", grammar, sources, 1)
    return [units for units, _ in lowered if units is not None]
