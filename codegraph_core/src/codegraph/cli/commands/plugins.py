"""`codegraph plugins`: what was found, where from, what is disabled and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common, find_root
from codegraph.cli.terminal import escape, print_json, print_table

EXAMPLES: Final = """\
Examples:
  codegraph plugins list
  codegraph plugins list --json
  CODEGRAPH_PLUGINS=none codegraph plugins list

CODEGRAPH_PLUGINS restricts the plugins to a list separated by commas.
"""

app = App(name="plugins", help_epilogue=EXAMPLES)


@app.command(name="list")
def list_plugins(
    *,
    root: Annotated[Path | None, Parameter(help="A repository, whose settings may configure plugins.")] = None,
    common: Common | None = None,
) -> int:
    """List the plugins that were found, where they are from, and which are disabled and why.

    Every hook that makes something is asked, so that a plugin that fails there is seen too.
    """
    from codegraph._internal.plugin_host import PluginHost
    from codegraph._internal.settings import load_settings

    common = common or Common()
    settings = load_settings(find_root(root), common.overrides())
    origins = {key: str(origin) for key, origin in settings.origins.items()}
    host = PluginHost.load(tables=settings.config.plugins, origins=origins, root=settings.config.root_path)
    asked: dict[str, Sequence[Any]] = {
        "languages": host.languages(),
        "parsers": host.parsers(),
        "stages": host.stages(),
        "analyzers": host.analyzers(),
        "rules": host.rules(),
        "sinks": host.sinks(),
        "executors": host.executors(),
        "job_stores": host.job_stores(),
        "embedders": host.embedders(),
    }
    found: list[dict[str, Any]] = []
    for record in host.plugins():
        gives = {
            kind: names
            for kind, items in asked.items()
            if (names := sorted(item.name for item in items if host.owner(item) == record.name))
        }
        found.append({**record.to_dict(), "gives": gives})
    if common.json:
        print_json({"plugins": found})
        return failures.SUCCESS
    rows = []
    for each in found:
        gives_text = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in each["gives"].items())
        origin = each["distribution"] or each["origin"]
        rows.append((each["name"], each["version"], each["state"], gives_text, origin))
    if rows:
        print_table(("name", "version", "state", "gives", "from"), rows)
    for each in found:
        if each["state"] != "enabled":
            print(escape(f"{each['name']} is disabled [{each['code']}]: {each['reason']}"))
    if not found:
        print("No plugin was found: no language can be read. CODEGRAPH_PLUGINS may have emptied the set.")
    return failures.SUCCESS
