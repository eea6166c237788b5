"""Checks of a plugin before any of its hooks is called."""

from __future__ import annotations

import difflib
import re
from typing import Any, Final

import pluggy
from pluggy import HookImpl

from codegraph_hookspecs import HOOKSPEC_VERSION, PluginError, PluginInfo

HOOK_PREFIX = "codegraph_"

_USUAL_RANGE: Final = re.compile(r">=1\.(\d+),<2")


def check_hooks(plugin_manager: pluggy.PluginManager, plugin: object) -> tuple[str, ...]:
    """Return the names of the hooks that a registered plugin implements, sorted.

    Raises:
        PluginError: It implements a hook that does not exist, or wraps one (every implementation is called
            by itself, so there is nothing to wrap).
    """
    names: list[str] = []
    for caller in plugin_manager.get_hookcallers(plugin) or []:
        implementation = implementation_of(caller, plugin)
        if implementation is None:
            continue
        if caller.spec is None:
            if implementation.optionalhook:
                continue
            close = difflib.get_close_matches(caller.name, known_hooks(plugin_manager), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise PluginError(f"implements {caller.name!r}, which is not a hook.{hint}", code="plugin-unknown-hook")
        if implementation.hookwrapper or implementation.wrapper:
            raise PluginError(f"wraps {caller.name!r}; hooks are called singly.", code="plugin-bad-signature")
        names.append(caller.name)
    return tuple(sorted(names))


def known_hooks(plugin_manager: pluggy.PluginManager) -> list[str]:
    """Return the names of all hooks that are specified."""
    return [name for name, caller in vars(plugin_manager.hook).items() if getattr(caller, "spec", None) is not None]


def implementation_of(caller: pluggy.HookCaller, plugin: object) -> HookImpl | None:
    """Return a plugin's own implementation of a hook, or None."""
    return next((impl for impl in caller.get_hookimpls() if impl.plugin is plugin), None)


def check_unmarked_hooks(plugin: object) -> None:
    """Raise PluginError for a routine named like a hook without the marker: pluggy would pass it over."""
    for name in dir(plugin):
        if not name.startswith(HOOK_PREFIX):
            continue
        try:
            value = getattr(plugin, name)
        except Exception:
            continue
        if (
            callable(value)
            and not hasattr(value, "codegraph_impl")
            and getattr(value, "__module__", "") != "codegraph_hookspecs.hookspecs"
        ):
            raise PluginError(f"has {name!r} without the hookimpl marker.", code="plugin-bad-signature")


def check_info(info: Any) -> PluginInfo:
    """Return what `codegraph_plugin_info` gave.

    Raises:
        PluginError: It is no `PluginInfo`, has no name, or needs other hookspecs than these.
    """
    if not isinstance(info, PluginInfo):
        raise PluginError(
            f"codegraph_plugin_info returned {type(info).__name__}, not PluginInfo.", code="plugin-bad-result"
        )
    if not isinstance(info.name, str) or not info.name or not isinstance(info.version, str):
        raise PluginError("codegraph_plugin_info gave no name or version text.", code="plugin-bad-result")
    if not hookspec_in_range(info.requires_hookspec):
        raise PluginError(
            f"needs hookspecs {info.requires_hookspec}, but these are {HOOKSPEC_VERSION}.",
            code="plugin-hookspec-mismatch",
        )
    return info


def hookspec_in_range(requirement: str) -> bool:
    """Say whether a version range includes the installed hookspecs.

    Raises:
        PluginError: The range cannot be read.
    """
    usual = _USUAL_RANGE.fullmatch(requirement)
    if usual:  # without importing packaging, which would be a fifth of what starting a run takes
        major, minor = HOOKSPEC_VERSION.split(".")[:2]
        return major == "1" and int(minor) >= int(usual[1])
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(requirement).contains(HOOKSPEC_VERSION, prereleases=True)
    except InvalidSpecifier as error:
        raise PluginError(
            f"gives {requirement!r} as its hookspec range, which cannot be read.", code="plugin-hookspec-mismatch"
        ) from error
