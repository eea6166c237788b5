"""Typed settings of a plugin: a table of the configuration becomes an instance of its attrs class."""

from __future__ import annotations

import difflib
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, NoReturn

import attrs

from codegraph_hookspecs import REPOSITORY_SETTING, ConfigError, PluginError


def build_config(
    plugin: str,
    config_class: type[Any] | None,
    table: Mapping[str, Any],
    origins: Mapping[str, str],
    root: Path | None,
    restricted: Container[str] = (),
) -> Any:
    """Return a plugin's settings.

    Args:
        plugin: The plugin's name.
        config_class: attrs class whose fields all have defaults, or None.
        table: Values by field name.
        origins: Where values came from, by `plugins.<plugin>.<key>`.
        root: The repository, which path values from its own file must not leave.
        restricted: Those `plugins.<plugin>.<key>` whose value the repository's own file gave.

    Raises:
        ConfigError: A key is unknown, a value does not fit, or the repository's own file sets what the
            plugin does not leave to it; the origin is named.
        PluginError: The class is not an attrs class with defaults.
    """
    if config_class is None:
        if table:
            key = next(iter(table))
            _reject(f"The plugin {plugin!r} has no settings.", plugin, key, origins)
        return None
    if not attrs.has(config_class):
        raise PluginError(f"gives {config_class!r} as its config, which is no attrs class.", code="plugin-bad-result")
    fields = {field.name: field for field in attrs.fields(config_class)}
    for key in table:
        if key not in fields:
            close = difflib.get_close_matches(key, fields, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" It has: {', '.join(fields) or 'none'}."
            _reject(f"The plugin {plugin!r} has no setting {key!r}.{hint}", plugin, key, origins)
        if f"plugins.{plugin}.{key}" in restricted and not fields[key].metadata.get(REPOSITORY_SETTING):
            _refuse_from_repository(plugin, key, origins)
    if not table:
        try:
            return config_class()
        except TypeError as error:
            raise PluginError(
                "has a config class with fields that lack a default.", code="plugin-bad-result"
            ) from error
    values: dict[str, Any] = {}
    attrs.resolve_types(config_class)
    for key, value in table.items():
        inside = root if f"plugins.{plugin}.{key}" in restricted else None
        values[fields[key].alias] = _convert(plugin, key, value, fields[key].type, origins, inside)
    try:
        return config_class(**values)
    except (ValueError, TypeError) as error:
        key = _named_key(error, table)
        _reject(f"The plugin {plugin!r} refuses its settings: {error}.", plugin, key, origins)


def _convert(plugin: str, key: str, value: Any, wanted: Any, origins: Mapping[str, str], root: Path | None) -> Any:
    exact: tuple[type, ...] = (str, int, bool, float)
    if wanted in exact:
        fits = isinstance(value, wanted) and not (wanted is not bool and isinstance(value, bool))
        if fits or (wanted is float and isinstance(value, int) and not isinstance(value, bool)):
            return value
        message = f"The setting {key!r} of the plugin {plugin!r} is {value!r}, but must be of type {wanted.__name__}."
        _reject(message, plugin, key, origins)
    if wanted is None or wanted is Any:
        return value
    import cattrs

    try:
        converted = cattrs.Converter(forbid_extra_keys=True, prefer_attrib_converters=True).structure(value, wanted)
    except Exception as error:
        message = f"The setting {key!r} of the plugin {plugin!r} is {value!r}, which does not fit {wanted}."
        _reject(message, plugin, key, origins, error)
    if isinstance(converted, Path) and root is not None:
        target = root / converted
        if not target.resolve().is_relative_to(root.resolve()):
            _reject(f"The setting {key!r} of the plugin {plugin!r} leads outside the repository.", plugin, key, origins)
        return target
    return converted


def _refuse_from_repository(plugin: str, key: str, origins: Mapping[str, str]) -> NoReturn:
    origin = origins.get(f"plugins.{plugin}.{key}", "")
    raise ConfigError(
        f"The setting {key!r} of the plugin {plugin!r} cannot be set by a repository's own file ({origin}).",
        code="config-not-allowed-in-file",
        context={
            "plugin": plugin,
            "key": key,
            "origin": origin,
            "remedy": "Set it in code, or take the file as your own with CODEGRAPH_REPOSITORY_CONFIG=trust.",
        },
    )


def _named_key(error: Exception, table: Mapping[str, Any]) -> str:
    text = str(error)
    return next((key for key in table if key in text), next(iter(table)))


def _reject(message: str, plugin: str, key: str, origins: Mapping[str, str], cause: BaseException | None = None) -> Any:
    origin = origins.get(f"plugins.{plugin}.{key}", "")
    where = f" It was set by {origin}." if origin else ""
    raise ConfigError(
        f"{message}{where}",
        code="plugin-config-invalid",
        context={
            "plugin": plugin,
            "key": key,
            "origin": origin,
            "remedy": f"Mend it in {origin}." if origin else "Mend what the program gives.",
        },
        cause=cause,
    )
