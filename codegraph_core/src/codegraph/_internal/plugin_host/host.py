"""Finds plugins by entry point, registers each by itself, and asks their hooks one implementation at a time.

Pluggy's own loader and its multi-call are not used: the first lets an import error out, the second lets
one implementation's exception keep the others from being called.
"""

from __future__ import annotations

import os
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import Distribution, EntryPoint, distribution, distributions
from pathlib import Path
from typing import Any, Final

import attrs
import pluggy
from attrs import define, evolve, field
from pluggy import PluginValidationError

from codegraph._internal.plugin_host.calls import DEFAULT_DEADLINE_S, call_with_deadline, describe
from codegraph._internal.plugin_host.checks import (
    check_hooks,
    check_info,
    check_unmarked_hooks,
    implementation_of,
)
from codegraph._internal.plugin_host.configuration import build_config
from codegraph._internal.plugin_host.records import PluginRecord
from codegraph._internal.settings.plugin_tables import asked_for
from codegraph._internal.settings.trusted import is_trusted, not_trusted
from codegraph_hookspecs import (
    PROJECT_NAME,
    TIMING_SETTING,
    Analyzer,
    EdgeExplainer,
    Embedder,
    Executor,
    JobStore,
    LanguagePack,
    Lowering,
    Parser,
    Pipeline,
    PluginError,
    PluginInfo,
    RulePack,
    Sink,
    Stage,
    hookspecs,
)

ENTRY_POINT_GROUP: Final = "codegraph"
SELECTION_VARIABLE: Final = "CODEGRAPH_PLUGINS"


@define(kw_only=True, eq=False)
class _Loaded:
    record: PluginRecord
    plugin: object | None = None
    info: PluginInfo | None = None
    config: Any = None
    results: dict[str, tuple[Any, ...]] = field(factory=dict)


class _Manager(pluggy.PluginManager):
    """Does not look at what every object has for hooks: to look at one name takes as long as ten `lstat`s."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        """Return how an attribute implements a hook, or None."""
        return None if name.startswith("__") else super().parse_hookimpl_opts(plugin, name)


class PluginHost:
    """The plugins of a run. Use `load`.

    Args:
        deadline_s: Seconds that loading a plugin and each hook call may take.
    """

    def __init__(self, *, deadline_s: float = DEFAULT_DEADLINE_S) -> None:
        self._manager = _Manager(PROJECT_NAME)
        self._manager.add_hookspecs(hookspecs)
        self._deadline_s = deadline_s
        self._loaded: list[_Loaded] = []
        self._owners: dict[int, str] = {}
        self._kept: list[object] = []  # keeps the objects in `_owners` alive, and so their ids unique
        self._listeners: list[Callable[[PluginRecord], None]] = []
        self._asked: frozenset[str] = frozenset()  # plugins that have a settings table

    @classmethod
    def load(
        cls,
        *,
        objects: Sequence[object] = (),
        environ: Mapping[str, str] | None = None,
        discovered: Iterable[EntryPoint] | None = None,
        deadline_s: float = DEFAULT_DEADLINE_S,
        tables: Mapping[str, Mapping[str, Any]] | None = None,
        origins: Mapping[str, str] | None = None,
        root: Path | None = None,
    ) -> PluginHost:
        """Find and check all plugins; one that is broken is listed as disabled, with the reason.

        Args:
            objects: Plugins passed in code: modules, instances or classes with hook implementations.
            environ: Where `CODEGRAPH_PLUGINS` is read; default `os.environ`. Unset: every entry point.
                Empty or "none": none. A comma list: those with one of these names.
            discovered: Entry points, instead of the installed ones.
            deadline_s: Seconds that loading a plugin and each hook call may take.
            tables: Settings by plugin name.
            origins: Where settings came from, by `plugins.<plugin>.<key>`; default: what `tables` knows.
            root: The repository, for path settings from its own file.

        Raises:
            ConfigError: A plugin's settings are wrong.
        """
        host = cls(deadline_s=deadline_s)
        found = _installed() if discovered is None else list(discovered)
        for entry_point in sorted(_selected(found, environ), key=lambda point: (point.name, point.value)):
            host._load_entry_point(entry_point)
        for plugin in objects:
            host._register(plugin, _object_name(plugin), PluginRecord(name=_object_name(plugin)))
        known = {**getattr(tables, "origins", {}), **(origins or {})}
        restricted: frozenset[str] = getattr(tables, "restricted", frozenset())
        host._asked = asked_for(tables)
        for loaded in host._loaded:
            host._configure(loaded, (tables or {}).get(loaded.record.name, {}), known, root, restricted)
            host._check_trust(loaded, root)
        return host

    # -- what there is -------------------------------------------------------------------------------

    def plugins(self) -> list[PluginRecord]:
        """Return a record of every plugin found, enabled or not, in load order."""
        return [loaded.record for loaded in self._loaded]

    def config(self, plugin: str) -> Any:
        """Return the typed settings of a plugin, or None."""
        return next((loaded.config for loaded in self._loaded if loaded.record.name == plugin), None)

    def lasting(self, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Return settings by plugin and name, without those that only say when rows are computed."""
        classes = {loaded.record.name: loaded.info.config for loaded in self._enabled() if loaded.info is not None}
        found = {}
        for plugin, table in tables.items():
            settings = classes.get(plugin)
            fields: Iterable[Any] = () if settings is None else attrs.fields(settings)
            timing = {each.name for each in fields if each.metadata.get(TIMING_SETTING)}
            found[plugin] = {key: value for key, value in table.items() if key not in timing}
        return found

    def needs_trust(self, plugin: str) -> bool:
        """Say whether a plugin runs in repositories alone that their user trusts."""
        infos = (loaded.info for loaded in self._loaded if loaded.record.name == plugin)
        return any(info is not None and info.needs_trust for info in infos)

    def owner(self, contribution: object) -> str:
        """Return the name of the plugin that gave an object through a hook, or an empty string."""
        return self._owners.get(id(contribution), "")

    def languages(self) -> list[LanguagePack]:
        """Return language packs, by plugin; a plugin whose pack clashes with an earlier one is disabled."""
        names: dict[str, str] = {}
        extensions: dict[str, str] = {}
        packs: list[LanguagePack] = []
        for loaded, given in self._each("codegraph_languages", LanguagePack):
            # Drafts, because two packs of one plugin may clash as well.
            draft_names, draft_extensions, clash = dict(names), dict(extensions), ""
            for pack in given:
                if pack.name in draft_names:
                    clash = f"its language {pack.name!r} is also in the plugin {draft_names[pack.name]!r}"
                draft_names[pack.name] = loaded.record.name
                for extension in {extension.lower() for extension in pack.extensions}:
                    other = draft_extensions.setdefault(extension, f"{loaded.record.name}/{pack.name}")
                    if other != f"{loaded.record.name}/{pack.name}":
                        clash = f"its language {pack.name!r} claims {extension!r}, as does {other!r}"
            if clash:
                self._disable(loaded, clash, "plugin-language-clash")
                continue
            names, extensions = draft_names, draft_extensions
            packs.extend(given)
        return packs

    def parsers(self) -> list[Parser]:
        """Return parsers, by plugin; a plugin with a parser of a name already taken is disabled."""
        return self._unique("codegraph_parsers", Parser, "parser")

    def stages(self) -> list[Stage]:
        """Return stages, by plugin, without those of optional plugins that nothing asks for.

        A plugin with a stage of a name already taken is disabled.
        """
        return self._unique("codegraph_stages", Stage, "stage", silent=self._silent())

    def analyzers(self) -> list[Analyzer]:
        """Return analyzers, by plugin, without those of optional plugins that nothing asks for.

        A plugin with an analyzer of a name already taken is disabled.
        """
        return self._unique("codegraph_analyzers", Analyzer, "analyzer", silent=self._silent())

    def rules(self) -> list[RulePack]:
        """Return rule packs, by plugin."""
        return self._unique("codegraph_rules", RulePack, "rule pack")

    def sinks(self) -> list[Sink]:
        """Return sinks, by plugin."""
        return self._unique("codegraph_sinks", Sink, "sink")

    def executors(self) -> list[Executor]:
        """Return executors, by plugin."""
        return self._unique("codegraph_executors", Executor, "executor")

    def job_stores(self) -> list[JobStore]:
        """Return job stores, by plugin."""
        return self._unique("codegraph_job_stores", JobStore, "job store")

    def embedders(self) -> list[Embedder]:
        """Return embedders, by plugin."""
        return self._unique("codegraph_embedders", Embedder, "embedder")

    def lowerings(self) -> list[Lowering]:
        """Return lowerings to the semantic IR, by plugin."""
        return self._unique("codegraph_lowerings", Lowering, "lowering")

    def explainers(self) -> list[EdgeExplainer]:
        """Return explainers of calls, by plugin."""
        return self._unique("codegraph_explainers", EdgeExplainer, "explainer")

    # -- calls ---------------------------------------------------------------------------------------

    def modify_pipeline(self, pipeline: Pipeline) -> None:
        """Let every plugin change the pipeline; what one did before it raised is undone."""
        ordered = sorted(
            (loaded for loaded in self._enabled() if "codegraph_modify_pipeline" in loaded.record.hooks),
            key=lambda loaded: (self._rank(loaded, "codegraph_modify_pipeline"), loaded.record.name),
        )
        for loaded in ordered:
            before = list(pipeline)
            draft = Pipeline(before)
            try:
                self._call(loaded, "codegraph_modify_pipeline", pipeline=draft)
            except PluginError as error:
                self._disable(loaded, error.message, error.code)
                continue
            for stage in draft:
                if id(stage) not in self._owners:
                    self._own(stage, loaded)
            # The plugin worked on a copy, so that one that hangs cannot change it later.
            for stage in before:
                pipeline.remove(stage.name)
            for stage in draft:
                pipeline.add(stage)

    def notify(self, hook: str, **arguments: Any) -> None:
        """Call an observation hook of every enabled plugin; failures disable the plugin, nothing else."""
        for loaded in self._enabled():
            if hook in loaded.record.hooks:
                try:
                    self._call(loaded, hook, **arguments)
                except PluginError as error:
                    self._disable(loaded, error.message, error.code)

    def disable(self, plugin: str, reason: str, code: str) -> None:
        """Disable a plugin for the rest of the run."""
        for loaded in self._loaded:
            if loaded.record.name == plugin and loaded.record.state == "enabled":
                self._disable(loaded, reason, code)

    def on_disabled(self, listener: Callable[[PluginRecord], None]) -> Callable[[], None]:
        """Have a function told of every plugin that is disabled from now on; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # -- inner parts ---------------------------------------------------------------------------------

    def _load_entry_point(self, entry_point: EntryPoint) -> None:
        record = PluginRecord(
            name=entry_point.name,
            origin=f"{entry_point.name} = {entry_point.value}",
            distribution=_named(entry_point.dist) if entry_point.dist else "",
        )
        try:
            plugin = call_with_deadline(entry_point.load, deadline_s=self._deadline_s, what="loading it")
        except PluginError as error:
            cause = error.__cause__
            code = "plugin-import-failed" if error.code == "plugin-hook-failed" else "plugin-import-timeout"
            reason = f"cannot be loaded: {type(cause).__name__}: {describe(cause)}" if cause else error.message
            self._add(_Loaded(record=record), reason, code)
            return
        self._register(plugin, entry_point.name, record)

    def _register(self, plugin: object, fallback_name: str, record: PluginRecord) -> None:
        if isinstance(plugin, type):
            # A class is taken as a recipe for the plugin; its hooks would lack `self` otherwise.
            try:
                plugin = call_with_deadline(plugin, deadline_s=self._deadline_s, what="making an instance")
            except PluginError as error:
                self._add(_Loaded(record=record), error.message, error.code)
                return
        loaded = _Loaded(record=record, plugin=plugin)
        try:
            call_with_deadline(
                lambda: self._inspect(loaded, fallback_name), deadline_s=self._deadline_s, what="checking it"
            )
        except PluginError as error:
            cause = error.__cause__
            if isinstance(cause, PluginError):
                error = cause
            elif isinstance(cause, PluginValidationError):
                error = PluginError(describe(cause), code="plugin-bad-signature")
            self._forget(plugin)
            self._add(loaded, error.message, error.code)
            return
        self._add(loaded)

    def _inspect(self, loaded: _Loaded, fallback_name: str) -> None:
        plugin = loaded.plugin
        if plugin is None or (not isinstance(plugin, types.ModuleType) and isinstance(plugin, (str, bytes, int))):
            raise PluginError(f"is a {type(plugin).__name__}, not a plugin.", code="plugin-bad-result")
        if self._manager.is_registered(plugin):
            raise PluginError("is loaded already, under another name.", code="plugin-duplicate-name")
        check_unmarked_hooks(plugin)
        self._manager.register(plugin, name=f"{fallback_name}#{len(self._loaded)}")
        loaded.record = evolve(loaded.record, hooks=check_hooks(self._manager, plugin))
        if "codegraph_plugin_info" in loaded.record.hooks:
            info = self._call(loaded, "codegraph_plugin_info", guarded=False)
            if isinstance(info, PluginInfo):
                loaded.record = evolve(
                    loaded.record,
                    name=str(info.name or fallback_name),
                    version=str(info.version),
                    requires_hookspec=str(info.requires_hookspec),
                    summary=str(info.summary),
                )
            loaded.info = check_info(info)
        other = next((one for one in self._loaded if one.record.name == loaded.record.name), None)
        if other is not None:
            raise PluginError(
                f"its name {loaded.record.name!r} is taken by {other.record.origin!r}.", code="plugin-duplicate-name"
            )

    def _configure(
        self,
        loaded: _Loaded,
        table: Mapping[str, Any],
        origins: Mapping[str, str],
        root: Path | None,
        restricted: frozenset[str],
    ) -> None:
        if loaded.record.state != "enabled":
            return
        config_class = loaded.info.config if loaded.info else None
        try:
            loaded.config = build_config(loaded.record.name, config_class, table, origins, root, restricted)
        except PluginError as error:
            self._disable(loaded, error.message, error.code)

    def _check_trust(self, loaded: _Loaded, root: Path | None) -> None:
        """Disable a plugin that is asked for in a repository which its user does not trust."""
        if loaded.info is None or not loaded.info.needs_trust or loaded.record.state != "enabled":
            return
        asked = not loaded.info.optional or loaded.record.name in self._asked
        if root is not None and asked and not is_trusted(root):
            error = not_trusted("it", loaded.record.name, root)
            self._disable(loaded, f"{error.message} {error.context['remedy']}", error.code)

    def _add(self, loaded: _Loaded, reason: str = "", code: str = "") -> None:
        self._loaded.append(loaded)
        if reason:
            self._disable(loaded, reason, code)

    def _disable(self, loaded: _Loaded, reason: str, code: str) -> None:
        loaded.record = evolve(loaded.record, state="disabled", reason=reason, code=code)
        if loaded.plugin is not None:
            self._forget(loaded.plugin)
        for listener in tuple(self._listeners):
            listener(loaded.record)

    def _forget(self, plugin: object) -> None:
        if self._manager.is_registered(plugin):
            self._manager.unregister(plugin)

    def _enabled(self) -> list[_Loaded]:
        return [loaded for loaded in self._loaded if loaded.record.state == "enabled"]

    def _rank(self, loaded: _Loaded, hook: str) -> int:
        implementation = implementation_of(getattr(self._manager.hook, hook), loaded.plugin)
        if implementation is None:
            return 0
        return int(implementation.trylast) - int(implementation.tryfirst)

    def _call(self, loaded: _Loaded, hook: str, *, guarded: bool = True, **arguments: Any) -> Any:
        implementation = implementation_of(getattr(self._manager.hook, hook), loaded.plugin)
        if implementation is None:
            return None
        wanted = {name: arguments[name] for name in implementation.argnames}
        if not guarded:
            return implementation.function(**wanted)
        return call_with_deadline(
            lambda: implementation.function(**wanted), deadline_s=self._deadline_s, what=f"its hook {hook}"
        )

    def _each(self, hook: str, kind: Any, silent: Collection[str] = ()) -> list[tuple[_Loaded, tuple[Any, ...]]]:
        """Return what each enabled plugin gives through a hook, except the silent; asked once, then remembered."""
        gathered = []
        for loaded in self._enabled():
            if hook not in loaded.record.hooks or loaded.record.name in silent:
                continue
            if hook not in loaded.results:
                try:
                    given = self._gather(loaded, hook, kind)
                except PluginError as error:
                    self._disable(loaded, error.message, error.code)
                    continue
                loaded.results[hook] = given
                for item in given:
                    self._own(item, loaded)
            gathered.append((loaded, loaded.results[hook]))
        return gathered

    def _gather(self, loaded: _Loaded, hook: str, kind: Any) -> tuple[Any, ...]:
        implementation = implementation_of(getattr(self._manager.hook, hook), loaded.plugin)
        if implementation is None:
            return ()
        # The result may be a generator, so it is drained under the deadline as well.
        function: Callable[[], Any] = implementation.function
        given = call_with_deadline(
            lambda: tuple(function() or ()), deadline_s=self._deadline_s, what=f"its hook {hook}"
        )
        for item in given:
            if not isinstance(item, kind):
                raise PluginError(
                    f"its hook {hook} gave a {type(item).__name__}, not a {kind.__name__}.", code="plugin-bad-result"
                )
            if not isinstance(getattr(item, "name", None), str) or not item.name:
                raise PluginError(f"its hook {hook} gave a {kind.__name__} without a name.", code="plugin-bad-result")
        return tuple(given)

    def _silent(self) -> set[str]:
        """Return the optional plugins that nothing asks for; what they would give is not even imported."""
        return {
            loaded.record.name
            for loaded in self._loaded
            if loaded.info is not None and loaded.info.optional and loaded.record.name not in self._asked
        }

    def _own(self, item: object, loaded: _Loaded) -> None:
        self._owners[id(item)] = loaded.record.name
        self._kept.append(item)

    def _unique(self, hook: str, kind: Any, what: str, silent: Collection[str] = ()) -> list[Any]:
        taken: dict[str, str] = {}
        accepted: list[Any] = []
        for loaded, given in self._each(hook, kind, silent):
            names = [item.name for item in given]
            clash = next((name for name in names if name in taken or names.count(name) > 1), None)
            if clash is not None:
                other = taken.get(clash, loaded.record.name)
                self._disable(loaded, f"its {what} {clash!r} is also in the plugin {other!r}", "plugin-name-clash")
                continue
            taken.update((name, loaded.record.name) for name in names)
            accepted.extend(given)
        return accepted


def _installed() -> list[EntryPoint]:
    """Return the entry points of plugins, as `importlib.metadata.entry_points`, which parses everybody's, does."""
    wanted = f"[{ENTRY_POINT_GROUP}]"
    declaring = [each for each in distributions() if wanted in (each.read_text("entry_points.txt") or "")]
    # Of several distributions of one name the first on the path counts, whatever it declares.
    names = dict.fromkeys(_name_and_version(each)[0] for each in declaring)
    return [point for name in names for point in distribution(name).entry_points.select(group=ENTRY_POINT_GROUP)]


@cache
def _named(distribution: Distribution) -> str:
    """Return name and version; each look at them parses the distribution's metadata again."""
    return " ".join(_name_and_version(distribution))


def _name_and_version(distribution: Distribution) -> tuple[str, str]:
    """Return name and version without the parser of mail, which takes a millisecond for each distribution."""
    headers = (distribution.read_text("METADATA") or "").partition("\n\n")[0]
    known = dict(line.split(": ", 1) for line in headers.splitlines() if line.startswith(("Name: ", "Version: ")))
    return known.get("Name") or distribution.name, known.get("Version") or distribution.version


def _selected(found: list[EntryPoint], environ: Mapping[str, str] | None) -> list[EntryPoint]:
    selection = (os.environ if environ is None else environ).get(SELECTION_VARIABLE)
    if selection is None:
        return found
    names = {name.strip() for name in selection.split(",")} - {"", "none"}
    return [entry_point for entry_point in found if entry_point.name in names]


def _object_name(plugin: object) -> str:
    name = getattr(plugin, "__name__", None)
    return name if isinstance(name, str) else type(plugin).__name__
