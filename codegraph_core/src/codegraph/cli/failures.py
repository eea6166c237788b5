"""Exit codes, and how an error is told: code, message, path, remedy."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Final

from codegraph.cli.terminal import escape

SUCCESS: Final = 0
NO: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
BY_CATEGORY: Final = {"permanent": 3, "transient": 4, "infrastructure": 5}

_ASKED_WRONGLY: Final = frozenset(
    {
        "argument-invalid",
        "field-unknown",
        "operator-unknown",
        "pattern-invalid",
        "sql-invalid",
        "sql-refused",
        "table-unknown",
        "value-type",
    }
)
"""Codes of query errors that are mistakes on the command line, so exit 2 and not 3."""
_ANSWERED_NO: Final = frozenset({"parity-difference"})
"""Codes of errors that are the answer to what was asked, so exit 1."""
_TOLD_APART: Final = ("path", "remedy")


class UsageError(Exception):
    """The command line itself is wrong: an operator, a table, a combination of options."""


def report_usage(error: Exception, *, as_json: bool) -> int:
    """Print a mistake on the command line and return its exit code."""
    message = str(error).strip()
    remedy = "Add --help to the command to see what it takes."
    _tell({"code": "usage", "category": "permanent", "message": message, "context": {"remedy": remedy}}, as_json)
    return USAGE


def report_interrupt(*, as_json: bool) -> int:
    """Print that the run was interrupted and return its exit code."""
    _tell(
        {
            "code": "cancelled",
            "category": "transient",
            "message": "Interrupted. The previous snapshot is unchanged.",
            "context": {},
        },
        as_json,
    )
    return INTERRUPTED


def report(error: Exception, *, as_json: bool) -> int:
    """Print an error and return the exit code of its category.

    An error that is not one of ours is a defect of CodeGraph or of a plugin: it is told as
    `internal-error` (set CODEGRAPH_DEBUG=1 for the traceback).
    """
    if isinstance(error, UsageError):
        return report_usage(error, as_json=as_json)
    from codegraph_hookspecs.errors import CodeGraphError

    if os.environ.get("CODEGRAPH_DEBUG") == "1":
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, CodeGraphError):
        # Unlike `to_dict`, numbers and tables stay what they are: scripts read them.
        facts = error.to_dict() | {"context": {name: _plain(value) for name, value in error.context.items()}}
    elif isinstance(error, (OSError, MemoryError)):
        facts = {
            "code": "system-error",
            "category": "infrastructure",
            "message": f"The system refused: {error or type(error).__name__}",
            "context": {"path": str(error.filename)} if isinstance(error, OSError) and error.filename else {},
        }
    else:
        facts = {
            "code": "internal-error",
            "category": "permanent",
            "message": f"{type(error).__name__}: {error}",
            "context": {"remedy": "This is a defect; run again with CODEGRAPH_DEBUG=1 and report the traceback."},
        }
    _tell(facts, as_json)
    if facts["code"] in _ASKED_WRONGLY:
        return USAGE
    if facts["code"] in _ANSWERED_NO:
        return NO
    return BY_CATEGORY.get(str(facts["category"]), 3)


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": facts}, indent=2, ensure_ascii=False), flush=True)
        return
    context = facts["context"]
    lines = [f"error[{facts['code']}]: {facts['message']}"]
    lines += [f"  {name}: {_text(value)}" for name, value in context.items() if name not in _TOLD_APART]
    if context.get("path"):
        lines.append(f"  path: {context['path']}")
    if context.get("remedy"):
        lines.append(f"  remedy: {context['remedy']}")
    print("\n".join(escape(line) for line in lines), file=sys.stderr, flush=True)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, dict, list)) else str(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list)) else str(value)
