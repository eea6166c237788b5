"""`codegraph export`: a snapshot in another tool's format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common
from codegraph.cli.terminal import escape, print_json, size

EXAMPLES: Final = """\
Examples:
  codegraph export scip
  codegraph export scip path/to/repo -o index.scip
  codegraph export scip . -o index.scip --package my-app --package-version 1.2.0
  codegraph export scip --snapshot v1.2 -o old.scip

codegraph plugins list --json names the sinks that are installed.
"""

app = App(name="export", help_epilogue=EXAMPLES)


@app.default
def export(
    sink: str,
    path: Path = Path(),
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    snapshot: str | None = None,
    package: str | None = None,
    package_version: str | None = None,
    common: Common | None = None,
) -> int:
    """Write the graph of a repository in another tool's format.

    The repository is indexed first, as far as it changed, with what the format needs; an earlier snapshot is written
    as it is.

    Args:
        sink: The format: scip, or one that a plugin brings.
        path: The repository's folder.
        output: What to write; default: index and the format's ending, such as index.scip.
        snapshot: Write this snapshot (id, tag or branch) and index nothing.
        package: Name of the package that the repository's own symbols belong to; default: what the manifests say.
        package_version: Its version.
    """
    from codegraph._internal.logging import configure_logging
    from codegraph._internal.sdk import CodeGraph
    from codegraph._internal.settings import load_settings
    from codegraph.cli.progress import Progress

    common = common or Common()
    configure_logging(level="error" if common.quiet else None, json=common.json)
    settings = load_settings(path.expanduser(), common.overrides())
    given = {"package": package, "package_version": package_version}
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    with Progress(quiet=common.quiet or common.json) as progress:
        owner = CodeGraph(config=settings.config, on_event=progress.on_event)
        written = owner.export(sink, output=output, snapshot=snapshot, **options)
    if common.json:
        print_json(written.to_dict())
    elif not common.quiet:
        for file in written.files:
            print(escape(f"{written.snapshot_id} → {file} ({size(written.bytes)})"))
    return failures.SUCCESS
