"""Checks of a whole plugin: its hooks, their signatures and results; and finding plugins without a kernel."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Final

import pluggy

from codegraph_hookspecs import hookspecs
from codegraph_hookspecs.execution import Executor
from codegraph_hookspecs.explaining import EdgeExplainer
from codegraph_hookspecs.jobs import JobStore
from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.lowering import Lowering
from codegraph_hookspecs.markers import PROJECT_NAME
from codegraph_hookspecs.parsing import Parser
from codegraph_hookspecs.services import Embedder, PluginInfo, RulePack
from codegraph_hookspecs.stages import Analyzer, Sink, Stage
from codegraph_hookspecs.testing.analyzers import check_analyzer_declaration
from codegraph_hookspecs.testing.failures import fail, require
from codegraph_hookspecs.testing.resolved_edges import links
from codegraph_hookspecs.testing.stages import check_stage_declaration

GIVING_HOOKS: Final[Mapping[str, type[Any]]] = {
    "codegraph_languages": LanguagePack,
    "codegraph_parsers": Parser,
    "codegraph_stages": Stage,
    "codegraph_analyzers": Analyzer,
    "codegraph_rules": RulePack,
    "codegraph_sinks": Sink,
    "codegraph_executors": Executor,
    "codegraph_job_stores": JobStore,
    "codegraph_embedders": Embedder,
    "codegraph_lowerings": Lowering,
    "codegraph_explainers": EdgeExplainer,
}
"""Hooks that give contributions, with what each must give."""


def load_plugin(name: str) -> object:
    """Return a plugin by the name of its entry point in group "codegraph", or by `module:attribute`.

    Raises:
        ConformanceError: `plugin-missing` or `plugin-import`.
    """
    found = [point for point in entry_points(group=PROJECT_NAME) if point.name == name]
    if not found and ":" not in name:
        known = ", ".join(sorted({point.name for point in entry_points(group=PROJECT_NAME)})) or "none"
        fail("plugin-missing", f"no entry point of group {PROJECT_NAME!r} is named {name!r}; there is: {known}")
    try:
        if found:
            return found[0].load()
        module, _, attribute = name.partition(":")
        return getattr(importlib.import_module(module), attribute)
    except Exception as error:
        fail("plugin-import", f"the plugin {name!r} cannot be loaded: {error!r}", cause=error)


def check_plugin(plugin: object) -> dict[str, tuple[Any, ...]]:
    """Check a plugin's hooks.

    Checked: every hook that it implements exists and takes known arguments; nothing is named like a hook
    without the marker; `codegraph_plugin_info` fits these hookspecs; each hook gives contributions of
    its type, with names that are unique in the plugin, and gives the same names again.

    Returns:
        What each hook gives, by hook.

    Raises:
        ConformanceError: A `plugin-…` code, or one of the declaration checks of stages and analyzers.
    """
    subject = plugin() if isinstance(plugin, type) else plugin
    manager = pluggy.PluginManager(PROJECT_NAME)
    manager.add_hookspecs(hookspecs)
    for name in dir(subject):
        if name.startswith("codegraph_") and callable(getattr(subject, name)) and not _marked(subject, name):
            fail("plugin-unmarked", f"{name!r} is not marked with hookimpl, so nobody calls it")
    try:
        manager.register(subject)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        fail("plugin-hook", " ".join(str(error).split()), cause=error)
    hooks = {caller.name for caller in manager.get_hookcallers(subject) or ()}
    require(hooks, "plugin-hook", "the plugin implements no hook")
    given: dict[str, tuple[Any, ...]] = {}
    if "codegraph_plugin_info" in hooks:
        given["codegraph_plugin_info"] = (_checked_info(manager.hook.codegraph_plugin_info()),)
    for hook, kind in GIVING_HOOKS.items():
        if hook in hooks:
            first, second = (_given(manager, hook, kind) for _ in range(2))
            names = [item.name for item in first]
            repeated = sorted({name for name in names if names.count(name) > 1})
            require(not repeated, "plugin-names", f"{hook} gives {', '.join(repeated)} twice")
            require(
                names == [item.name for item in second], "plugin-unstable", f"{hook} gives other names when asked again"
            )
            given[hook] = first
    for stage in given.get("codegraph_stages", ()):
        check_stage_declaration(stage)
    for analyzer in given.get("codegraph_analyzers", ()):
        check_analyzer_declaration(analyzer)
    return given


def _marked(subject: object, name: str) -> bool:
    value = getattr(subject, name)
    # The hookspecs module's own functions appear when a plugin module imports them.
    return hasattr(value, f"{PROJECT_NAME}_impl") or getattr(value, "__module__", "") == hookspecs.__name__


def _checked_info(results: Sequence[Any]) -> PluginInfo:
    info = results[0] if results else None
    if not isinstance(info, PluginInfo):
        fail("plugin-info", f"codegraph_plugin_info gives a {type(info).__name__}, not a PluginInfo")
    require(info.name and info.version, "plugin-info", "codegraph_plugin_info gives no name or no version")
    if info.config is not None:
        try:
            info.config()
        except Exception as error:
            fail("plugin-config", f"{info.name}: the config class has no defaults: {error}", cause=error)
    return info


def _given(manager: pluggy.PluginManager, hook: str, kind: type[Any]) -> tuple[Any, ...]:
    try:
        results = getattr(manager.hook, hook)()
        items = tuple(item for result in results for item in result)
    except Exception as error:
        fail("plugin-raised", f"{hook} raised {error!r}", cause=error)
    for item in items:
        require(isinstance(item, kind), "plugin-result", f"{hook} gives a {type(item).__name__}, not a {kind.__name__}")
        name = getattr(item, "name", None)
        require(isinstance(name, str) and name, "plugin-names", f"{hook} gives a {kind.__name__} without a name")
    return items


def installed_parsers() -> list[Parser]:
    """Return the parsers of all installed plugins, highest priority first; plugins that do not load are left out."""
    found: list[Parser] = _installed("codegraph_parsers")
    return sorted(found, key=lambda parser: (-parser.priority, parser.name))


def installed_languages() -> list[LanguagePack]:
    """Return the language packs of all installed plugins, by name; plugins that do not load are left out."""
    found: list[LanguagePack] = _installed("codegraph_languages")
    return sorted(found, key=lambda pack: pack.name)


def installed_linkers() -> list[Stage]:
    """Return the stages of all installed plugins that make edges of the IR alone, by name."""
    found: list[Stage] = _installed("codegraph_stages")
    return sorted((stage for stage in found if links(stage)), key=lambda stage: stage.name)


def _installed(hook: str) -> list[Any]:
    found: list[Any] = []
    for point in entry_points(group=PROJECT_NAME):
        try:
            given = check_plugin(point.load())
        except Exception:
            continue
        found.extend(given.get(hook, ()))
    return found
