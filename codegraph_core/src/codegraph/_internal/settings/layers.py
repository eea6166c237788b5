"""Layers of settings, weakest first: defaults, file, environment, command line, code; each value keeps its origin."""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import fields_dict, frozen

from codegraph._internal.settings.config import IndexingConfig, check_keys, is_directory, nearest, reject, setting_names
from codegraph._internal.settings.lines import key_lines
from codegraph._internal.settings.plugin_tables import PluginTables
from codegraph._internal.settings.trust import REPOSITORY_VARIABLE, check_repository_layer, repository_mode

ENVIRONMENT_PREFIX: Final = "CODEGRAPH_"
CONFIG_FILE: Final = "codegraph.toml"
_FILE_LIMIT: Final = 1024 * 1024
_RESERVED_VARIABLES: Final = frozenset(
    {"CODEGRAPH_PLUGINS", "CODEGRAPH_LOG_LEVEL", "CODEGRAPH_ROOT_PATH", "CODEGRAPH_JOBS_URL", REPOSITORY_VARIABLE}
)


@frozen(kw_only=True)
class Origin:
    """Where a value came from.

    Args:
        layer: "default", "file", "environment", "command-line" or "code".
        source: The file, the variable or the option; empty for defaults and code.
        line: 1-based line in the file, or None.
    """

    layer: str
    source: str = ""
    line: int | None = None

    def __str__(self) -> str:
        """Return it as shown to a person: `codegraph.toml:3`, `CODEGRAPH_MODE`, `--mode`, `default`."""
        if self.line is not None:
            return f"{self.source}:{self.line}"
        return self.source or self.layer


@frozen(kw_only=True)
class Settings:
    """A configuration and where each of its values came from.

    Args:
        config: The merged configuration.
        origins: One for every setting, and `plugins.<name>.<key>` for every plugin setting.
    """

    config: IndexingConfig
    origins: Mapping[str, Origin]


def load_settings(
    root: Path | str,
    command_line: Mapping[str, Any] | None = None,
    *,
    code: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Merge all layers for a repository.

    Args:
        root: The repository; its `codegraph.toml`, or else `[tool.codegraph]` in `pyproject.toml`, is read.
        command_line: Values given as options; None means "not given".
        code: Values given by a calling program, the strongest layer.
        environ: Environment variables; default `os.environ`. `CODEGRAPH_REPOSITORY_CONFIG` says how the
            repository's own file is taken: "restricted" (the default), "ignore" or "trust".

    Raises:
        ConfigError: A key or value is wrong; `origin` in its context says where it came from.
    """
    root = Path(root)
    values: dict[str, Any] = {"root_path": root}
    origins: dict[str, Origin] = {name: Origin(layer="default") for name in setting_names()}
    origins["root_path"] = Origin(layer="code" if code else "command-line", source="root_path" if not code else "")
    tables: dict[str, dict[str, Any]] = {}
    asked: set[str] = set()

    def merge(layer: Mapping[str, Any], origin: Callable[[str], Origin]) -> None:
        check_keys(layer, origin=lambda key: str(origin(key)))
        for key, value in layer.items():
            if key == "plugins":
                _merge_plugins(tables, value, origin, origins)
                if origin(key).layer != "file" or mode == "trust":
                    asked.update(value)
            else:
                values[key] = value
                origins[key] = origin(key)

    env = os.environ if environ is None else environ
    mode = repository_mode(env)
    if mode != "ignore" and is_directory(root):
        content, origin = _read_file(root)
        check_repository_layer(root, content, origin, trusted=mode == "trust")
        merge(content, origin)
    variables = _read_environment(env)
    merge(variables, lambda key: Origin(layer="environment", source=ENVIRONMENT_PREFIX + key.upper()))
    given = {key: value for key, value in (command_line or {}).items() if value is not None}
    merge(given, lambda key: Origin(layer="command-line", source="--" + key.replace("_", "-")))
    merge(code or {}, lambda _key: Origin(layer="code"))
    if tables:
        by_key = {key: origin for key, origin in origins.items() if key.startswith("plugins.")}
        values["plugins"] = PluginTables(
            tables,
            origins={key: str(origin) for key, origin in by_key.items()},
            restricted=[key for key, origin in by_key.items() if origin.layer == "file" and mode != "trust"],
            asked=asked,
        )
    return Settings(config=_build(values, origins), origins=origins)


def _build(values: Mapping[str, Any], origins: Mapping[str, Origin]) -> IndexingConfig:
    from codegraph_hookspecs.errors import ConfigError

    try:
        return IndexingConfig(**values)
    except ConfigError as error:
        key = str(error.context.get("key", ""))
        origin = origins.get(key)
        if origin is None or origin.layer in ("default", "code"):
            raise
        raise ConfigError(
            f"{error.message} It was set by {origin}.",
            code=error.code,
            context={**error.context, "origin": str(origin)},
            cause=error,
        ) from error


def _merge_plugins(
    tables: dict[str, dict[str, Any]],
    value: Any,
    origin: Callable[[str], Origin],
    origins: dict[str, Origin],
) -> None:
    if not isinstance(value, Mapping) or not all(isinstance(table, Mapping) for table in value.values()):
        where = str(origin("plugins"))
        reject(
            "plugins must be one table of settings for each plugin name.",
            key="plugins",
            origin=where,
            remedy="Write [plugins.NAME]; which plugins there are is decided by what is installed.",
        )
    for name, table in value.items():
        tables.setdefault(name, {})
        for key, item in table.items():
            tables[name][key] = item
            origins[f"plugins.{name}.{key}"] = origin(f"plugins.{name}.{key}")
    origins["plugins"] = origin("plugins")


def _read_file(root: Path) -> tuple[dict[str, Any], Callable[[str], Origin]]:
    for name, table in ((CONFIG_FILE, ()), ("pyproject.toml", ("tool", "codegraph"))):
        raw = _file_bytes(root, name)
        if raw is None:
            continue
        if len(raw) > _FILE_LIMIT:
            if not table:
                reject(f"{name} is larger than 1 MiB.", key=name, origin=name, remedy="Keep only settings in it.")
            continue
        content = _parse(raw, name, required=not table)
        for part in table:
            inner = content.get(part)
            content = inner if isinstance(inner, dict) else {}
        if content:
            lines = key_lines(raw.decode("utf-8", "replace"))
            prefix = ".".join(table)
            return content, _file_origin(name, prefix, lines)
    return {}, lambda _key: Origin(layer="file")


def _file_bytes(root: Path, name: str) -> bytes | None:
    """Return what a regular file inside the root begins with; None for a link that leads out, a pipe, a device."""
    path = root / name
    try:
        if path.is_symlink() and not _real(path).is_relative_to(_real(root)):
            return None
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read(_FILE_LIMIT + 1)
    except OSError:
        return None
    finally:
        os.close(handle)


def _real(path: Path) -> Path:
    """Return a path without links; unlike `Path.resolve` it takes a link to itself as the path that it is."""
    return Path(os.path.realpath(path))


def _parse(raw: bytes, name: str, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        if not required:
            return {}  # a pyproject.toml that is broken is not ours to complain about
        from codegraph_hookspecs.errors import ConfigError

        raise ConfigError(
            f"{name} is not valid TOML: {error}.",
            code="config-unreadable",
            context={"origin": name, "remedy": "Mend the file, or delete it."},
            cause=error,
        ) from error


def _file_origin(name: str, prefix: str, lines: Mapping[str, int]) -> Callable[[str], Origin]:
    def origin(key: str) -> Origin:
        full = f"{prefix}.{key}" if prefix else key
        line = lines.get(full)
        while line is None and "." in full:
            full = full.rpartition(".")[0]
            line = lines.get(full)
        return Origin(layer="file", source=name, line=line)

    return origin


def _read_environment(env: Mapping[str, str]) -> dict[str, Any]:
    known = {ENVIRONMENT_PREFIX + name.upper(): name for name in setting_names() if name != "plugins"}
    values: dict[str, Any] = {}
    for variable in sorted(env):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in _RESERVED_VARIABLES:
            continue
        name = known.get(variable)
        if name is None:
            # Other programs may use the prefix; only what looks like a slip is an error.
            if difflib.get_close_matches(variable, known, n=1, cutoff=0.9):
                reject(
                    f"There is no setting for the variable {variable}.",
                    key=variable,
                    code="config-unknown-key",
                    remedy=nearest(variable, known),
                    origin=variable,
                )
            continue
        values[name] = _from_text(name, env[variable], variable)
    return values


def _from_text(name: str, text: str, variable: str) -> Any:
    attribute = fields_dict(IndexingConfig)[name]
    kind = str(attribute.type)
    if "tuple" in kind:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind in ("bool", "<class 'bool'>"):
        lowered = text.strip().lower()
        if lowered in ("1", "true", "yes", "on"):
            return True
        if lowered in ("0", "false", "no", "off"):
            return False
        reject(
            f"{name} is {text!r}, but must be true or false. It was set by {variable}.",
            key=name,
            allowed="true, false",
            origin=variable,
        )
    for kinds, convert in ((("int", "<class 'int'>"), int), (("float", "<class 'float'>"), float)):
        if kind in kinds:
            try:
                return convert(text)
            except ValueError:
                return text  # the validator names the allowed values, and the origin is known
    return text
