"""`codegraph config`: each setting's value and where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common, find_root
from codegraph.cli.terminal import print_json, print_table

EXAMPLES: Final = """\
Examples:
  codegraph config show
  CODEGRAPH_BACKEND=python codegraph config show --json

Weakest first: defaults, codegraph.toml or [tool.codegraph] in pyproject.toml,
CODEGRAPH_* variables, the command line, code.
"""

app = App(name="config", help_epilogue=EXAMPLES)


@app.command(name="show")
def show_config(
    *,
    root: Annotated[Path | None, Parameter(help="The repository whose settings are read.")] = None,
    common: Common | None = None,
) -> int:
    """Print every setting, its value, and the file and line, variable or option that set it."""
    from codegraph._internal.settings import load_settings

    common = common or Common()
    settings = load_settings(find_root(root), common.overrides())
    values = settings.config.to_dict()
    plugins = values.pop("plugins", {})
    for plugin, table in plugins.items():
        values |= {f"plugins.{plugin}.{key}": value for key, value in table.items()}
    if not values.get("cache_dir"):
        values["cache_dir"] = str(settings.config.store_path)
    shown = [
        {
            "key": key,
            "value": value,
            "origin": str(settings.origins.get(key, "default")),
            "layer": settings.origins[key].layer if key in settings.origins else "default",
        }
        for key, value in values.items()
    ]
    if common.json:
        print_json({"config_version": values["config_version"], "settings": shown})
    else:
        print_table(("setting", "value", "from"), [(each["key"], each["value"], each["origin"]) for each in shown])
    return failures.SUCCESS
