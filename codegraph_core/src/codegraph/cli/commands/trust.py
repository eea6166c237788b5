"""`codegraph trust`: say in which repositories other programs may run, such as language servers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common

EXAMPLES: Final = """\
Examples:
  codegraph trust .
  codegraph trust ~/src
  codegraph trust --remove .
  codegraph trust --list
"""

app = App(name="trust", help_epilogue=EXAMPLES)


@app.default
def trust(
    path: Path | None = None,
    /,
    *,
    remove: Annotated[bool, Parameter(negative=())] = False,
    list_: Annotated[bool, Parameter(name="--list", negative=())] = False,
    common: Common | None = None,
) -> int:
    """Trust a repository: plugins may run other programs over its files, such as language servers.

    The list is yours, not the repository's. What lies below a trusted folder is trusted, too.

    Args:
        path: The folder; the current one when left out.
        remove: Trust it no more.
        list_: Print the trusted folders, and change nothing.
    """
    from codegraph._internal.settings import trusted
    from codegraph.cli.terminal import escape, print_json

    common = common or Common()
    root = (path or Path()).expanduser().resolve()
    changed = False
    if not list_:
        if not root.is_dir() and not remove:
            raise failures.UsageError(f"{root} is no folder.")
        changed = trusted.trust(root, trusted=not remove)
    folders = [str(one) for one in trusted.trusted_folders()]
    if common.json:
        print_json({"root": str(root), "trusted": trusted.is_trusted(root), "changed": changed, "folders": folders})
    elif list_:
        print("".join(f"{escape(one)}\n" for one in folders), end="")
    elif not common.quiet:
        print(f"{escape(str(root))} is {'trusted' if trusted.is_trusted(root) else 'not trusted'}.")
    return failures.SUCCESS
