"""`codegraph pipeline`: the stages as they will run, wave after wave."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common, find_root
from codegraph.cli.terminal import escape, print_json, print_table

EXAMPLES: Final = """\
Examples:
  codegraph pipeline show
  codegraph pipeline show --json
"""

app = App(name="pipeline", help_epilogue=EXAMPLES)


@app.command(name="show")
def show_pipeline(
    *,
    root: Annotated[Path | None, Parameter(help="A repository, whose settings may configure plugins.")] = None,
    common: Common | None = None,
) -> int:
    """Print the composed DAG: stages of one wave may run together, each wave needs those before it.

    Wave 0 is parsing, which gives the tables of every file (the artifact "ir").
    """
    from codegraph._internal.pipeline import compose
    from codegraph._internal.plugin_host import PluginHost
    from codegraph._internal.settings import load_settings
    from codegraph_hookspecs import IR_ARTIFACT, IR_TABLES, Pipeline

    common = common or Common()
    settings = load_settings(find_root(root), common.overrides())
    origins = {key: str(origin) for key, origin in settings.origins.items()}
    host = PluginHost.load(tables=settings.config.plugins, origins=origins, root=settings.config.root_path)
    pipeline = Pipeline(host.stages())
    host.modify_pipeline(pipeline)
    composed = compose(pipeline, owner=host.owner)
    waves: list[list[dict[str, Any]]] = [
        [
            {
                "name": "parse",
                "layer": "L1",
                "scope": "file",
                "inputs": [],
                "outputs": [IR_ARTIFACT],
                "tables": list(IR_TABLES),
                "plugin": ", ".join(sorted({host.owner(parser) for parser in host.parsers()})),
            }
        ]
    ]
    waves += [
        [
            {
                "name": stage.name,
                "layer": stage.layer,
                "scope": stage.scope,
                "inputs": list(stage.inputs),
                "outputs": list(stage.outputs),
                "tables": list(stage.tables),
                "plugin": host.owner(stage),
            }
            for stage in wave
        ]
        for wave in composed.waves
    ]
    disabled = [record.to_dict() for record in host.plugins() if record.state != "enabled"]
    if common.json:
        print_json({"waves": waves, "disabled_plugins": disabled})
        return failures.SUCCESS
    columns = ("wave", "stage", "layer", "scope", "needs", "gives", "tables", "plugin")
    rows = [
        (
            number,
            each["name"],
            each["layer"],
            each["scope"],
            each["inputs"],
            each["outputs"],
            each["tables"],
            each["plugin"],
        )
        for number, wave in enumerate(waves)
        for each in wave
    ]
    print_table(columns, rows, right=["wave"])
    for record in disabled:
        print(escape(f"{record['name']} is disabled [{record['code']}]: {record['reason']}"))
    return failures.SUCCESS
