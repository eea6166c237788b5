"""`codegraph plugins`: what was found and what is disabled and why; checks of a plugin; a new language pack."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from codegraph.cli import failures
from codegraph.cli.options import Common, find_root
from codegraph.cli.terminal import escape, print_json, print_table

if TYPE_CHECKING:
    from codegraph._internal.pack_kit.checking import Outcome
    from codegraph._internal.pack_kit.project import PluginProject

EXAMPLES: Final = """\
Examples:
  codegraph plugins list
  codegraph plugins list --json
  CODEGRAPH_PLUGINS=none codegraph plugins list
  codegraph plugins check lua --samples tests/samples
  codegraph plugins check --path codegraph-lua --json
  codegraph plugins new language ruby
  codegraph plugins new language c-sharp --grammar tree-sitter-c-sharp --out cs

CODEGRAPH_PLUGINS restricts the plugins to a list separated by commas.
"""

app = App(name="plugins", help_epilogue=EXAMPLES)
new = App(name="new", help="Write a new plugin from a template.")
app.command(new)


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
        "lowerings": host.lowerings(),
        "explainers": host.explainers(),
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


@app.command(name="check")
def check_plugin(
    plugin: Annotated[str | None, Parameter(help="Name of its entry point, or module:attribute.")] = None,
    /,
    *,
    path: Annotated[Path | None, Parameter(help="A plugin's project folder; it need not be installed.")] = None,
    samples: Annotated[
        Path | None, Parameter(help="Source files to check on; default: tests/samples of --path.")
    ] = None,
    baseline: Annotated[
        Path | None, Parameter(help="Resolved edges of the last release; default: tests/resolved_edges.json of --path.")
    ] = None,
    write_baseline: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Write the baseline before the checks.")
    ] = False,
    common: Common | None = None,
) -> int:
    """Run the conformance kit on a plugin: exit 0 when nothing failed, 1 otherwise.

    A language pack is checked for what its table names, rows that keep the invariants, engines that agree,
    damaged files, and edges that no release may lose. What cannot be checked here is told as skipped.
    """
    from codegraph._internal.pack_kit import checking
    from codegraph._internal.pack_kit.project import read_project

    common = common or Common()
    if plugin is None and path is None:
        raise failures.UsageError("Name a plugin, or give its project's folder with --path.")
    project = read_project(path.expanduser().resolve()) if path is not None else None
    names = _plugins_to_check(plugin, project)
    if project is not None:
        project.make_importable()
        samples, baseline = samples or project.samples, baseline or project.baseline
    if write_baseline and (samples is None or baseline is None):
        raise failures.UsageError("--write-baseline needs --path, or --samples and --baseline.")
    found: list[dict[str, Any]] = []
    for name in names:
        outcomes = []
        if write_baseline and samples is not None and baseline is not None:
            outcomes.append(checking.rebase(name, samples, baseline))
        outcomes += checking.check(name, samples, baseline)
        found.append({"plugin": name, "checks": [outcome.to_dict() for outcome in outcomes]})
        if not common.json:
            _print_outcomes(name, outcomes)
    passed = not any(outcome["status"] == "failed" for each in found for outcome in each["checks"])
    if common.json:
        print_json({"passed": passed, "plugins": found})
    return failures.SUCCESS if passed else failures.NO


def _plugins_to_check(plugin: str | None, project: PluginProject | None) -> list[str]:
    if project is None:
        return [] if plugin is None else [plugin]
    if plugin is None:
        return list(project.plugins.values())
    if plugin not in project.plugins:
        raise failures.UsageError(f"{project.folder} declares no plugin {plugin!r}: {', '.join(project.plugins)}.")
    return [project.plugins[plugin]]


def _print_outcomes(name: str, outcomes: Sequence[Outcome]) -> None:
    print(escape(name))
    for outcome in outcomes:
        code = f"[{outcome.code}] " if outcome.code else ""
        told = f": {code}{outcome.message}" if code or outcome.message else ""
        print(escape(f"  {outcome.status:<8} {outcome.check}{told}"))


@new.command(name="language")
def new_language(
    name: Annotated[str, Parameter(help="The language: lower-case letters, digits, hyphens.")],
    /,
    *,
    grammar: Annotated[str | None, Parameter(help="The grammar's distribution; default: tree-sitter-NAME.")] = None,
    function: Annotated[str | None, Parameter(help="The function in it that returns the language.")] = None,
    extension: Annotated[
        tuple[str, ...], Parameter(help="A file extension, repeatable; default: what is known of the language.")
    ] = (),
    sample: Annotated[
        tuple[Path, ...], Parameter(help="A source file to begin with, repeatable; default: a small one is found.")
    ] = (),
    out: Annotated[Path | None, Parameter(help="The new folder; default: codegraph-NAME.")] = None,
    common: Common | None = None,
) -> int:
    """Write a language pack: a kind table guessed from the installed grammar, tests, samples, CI.

    What it writes passes `codegraph plugins check` at once. Each guessed rule is marked for review.
    """
    from codegraph._internal.pack_kit.checking import installed_engines
    from codegraph._internal.pack_kit.scaffold import write_pack

    common = common or Common()
    parser, linkers = installed_engines()
    made = write_pack(
        name,
        parser,
        linkers,
        grammar=grammar,
        function=function,
        extensions=extension,
        samples=sample,
        out=out,
    )
    if common.json:
        print_json(made.to_dict())
        return failures.SUCCESS
    print(escape(f"{made.folder}: a language pack for {made.grammar.distribution} {made.grammar.version}"))
    print(f"  {made.kinds} node kinds have a guessed rule; fields are known from the {made.source}")
    print(escape(f"  found in {', '.join(made.samples)}: {', '.join(made.functions) or 'no function'}"))
    if not common.quiet:
        print("\nNext:")
        print(escape(f"  pip install --editable '{made.folder}[test]'"))
        print(escape(f"  codegraph plugins check --path {made.folder}"))
        print("  then go through the rules marked 'review' in language.py")
    return failures.SUCCESS
