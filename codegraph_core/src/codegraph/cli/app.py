"""The command tree. Commands are import paths, so that a command's module loads only when it is called."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError

from codegraph.cli import failures

COMMANDS: Final = {
    "index": "Build the graph of a repository.",
    "watch": "Keep the graph up to date while files change.",
    "query": "Print rows of the graph: nodes, edges, callers, neighbors, any table.",
    "sql": "Print the rows of one SELECT over the graph's tables.",
    "show": "Show a symbol: source, callers, callees, and how each edge was resolved.",
    "cfg": "Print or draw the control-flow graph of a function.",
    "slice": "Print the lines on which a value depends, or those that depend on it.",
    "explain-edge": "Say why somebody calls somebody, and how the callee's object got there.",
    "definition": "Say where the name at a place is defined.",
    "references": "List where a symbol is defined and used.",
    "status": "Say what the store holds and how it was made.",
    "export": "Write the graph in another tool's format, such as SCIP.",
    "snapshots": "List, tag, compare, export and clean up the snapshots of the store.",
    "verify": "Check every byte, reference and id of the store, and mend what can be mended.",
    "jobs": "Queue durable work, look at it, and do it with workers that may die.",
    "trust": "Say in which repositories other programs may run, such as language servers.",
    "plugins": "See which plugins were found and which are disabled.",
    "pipeline": "See the stages and the waves they run in.",
    "config": "See every setting and where its value came from.",
    "schema": "Print the schema of a table, of the configuration or of the index summary.",
}
"""Each command and its one line of help. Its `App` lives in `commands/<command>.py`, its examples beside it."""

EPILOGUE: Final = """\
Examples:
  codegraph index .
  codegraph query nodes --where kind=function --order-by -complexity -n 10
  codegraph query callers pkg.module.function --depth 2
  codegraph sql "SELECT kind, count(*) FROM nodes GROUP BY kind"
  codegraph show Session.get

Exit codes: 0 success, 1 the command's own 'no', 2 usage, 3 permanent error,
4 transient, 5 infrastructure. Every command takes --json, --quiet and
--cache-dir, and explains itself with --help.
"""


def build_app() -> App:
    """Return the command tree without importing any command."""
    app = App(
        name="codegraph",
        help="Turn a repository into a code graph that people and programs query.",
        help_epilogue=EPILOGUE,
        help_format="plaintext",
        version=_version,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for position, (name, line) in enumerate(COMMANDS.items()):
        module = name.replace("-", "_")
        app.command(f"codegraph.cli.commands.{module}:app", name=name, help=line, sort_key=position)
    return app


def run(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe that knows ASCII only gets escapes instead of an exception.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        outcome = build_app()(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except CycloptsError as error:
        return failures.report_usage(error, as_json=as_json)
    except BrokenPipeError:
        # The reader went away, as in `| head`. Nothing is wrong; keep the interpreter from saying so at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failures.SUCCESS
    except KeyboardInterrupt:
        return failures.report_interrupt(as_json=as_json)
    except Exception as error:
        return failures.report(error, as_json=as_json)
    return outcome if isinstance(outcome, int) else failures.SUCCESS


def _version() -> str:
    from importlib.metadata import version

    return version("codegraph-framework")
