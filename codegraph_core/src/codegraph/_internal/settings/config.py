"""IndexingConfig 1.1: every setting of a run, validated on construction and on assignment.

Importing this module must stay cheap (`codegraph --help`): the error classes, whose package imports
pyarrow, are imported when an error is raised.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

import attrs
from attrs import define, field, fields_dict, setters

from codegraph._internal.contracts.version import CONFIG_VERSION
from codegraph._internal.deprecations import warn_deprecated

MODES: Final = ("full", "incremental", "smart")
BACKENDS: Final = ("auto", "rust", "python", "both")
ISOLATIONS: Final = ("thread", "none")
MAX_WORKERS: Final = 32
DEFAULT_EXCLUDES: Final = ("node_modules/", ".venv/", "venv/", ".tox/", ".nox/", "__pycache__/")
"""The default of `exclude`, in .gitignore syntax: what people's own code never is."""

_ADDED_IN_1_1: Final = ("auto_detect_mode", "file_watcher")


def reject(message: str, *, key: str, remedy: str = "", code: str = "config-invalid", **context: Any) -> NoReturn:
    """Raise the `ConfigError` of a setting."""
    from codegraph_hookspecs.errors import ConfigError

    raise ConfigError(message, code=code, context={"key": key, "remedy": remedy, **context})


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean …?" for the known word most like `word`, or an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}?" if close else ""


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    def check(_instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value not in allowed:
            listed = ", ".join(allowed)
            hint = nearest(value, allowed) if isinstance(value, str) else ""
            message = f"{attribute.name} is {value!r}, but must be one of: {listed}."
            reject(message, key=attribute.name, remedy=hint, allowed=listed)

    return check


def _between(low: float, high: float | None, kind: type | tuple[type, ...]) -> Callable[[Any, Any, Any], None]:
    limits = f"{low}..{high}" if high is not None else f"at least {low}"

    def check(_instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        right_kind = isinstance(value, kind) and not isinstance(value, bool)
        if not right_kind or not (low <= value and (high is None or value <= high)):
            message = f"{attribute.name} is {value!r}, but must be a number, {limits}."
            reject(message, key=attribute.name, allowed=limits)

    return check


def _boolean(_instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, bool):
        message = f"{attribute.name} is {value!r}, but must be true or false."
        reject(message, key=attribute.name, allowed="true, false")


def _texts(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, set, frozenset)) else value


def _tuple_of_texts(_instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, tuple) or not all(isinstance(item, str) and item for item in value):
        message = f"{attribute.name} is {value!r}, but must be a list of non-empty strings."
        reject(message, key=attribute.name, allowed="list of strings")


def _name(_instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value:
        reject(f"{attribute.name} is {value!r}, but must be a name.", key=attribute.name, allowed="name")


def _to_path(value: Any) -> Any:
    return Path(value) if isinstance(value, (str, os.PathLike)) else value


def _directory(_instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Path):
        reject(f"{attribute.name} is {value!r}, but must be a path.", key=attribute.name, allowed="path")
    if not is_directory(value):
        state = "is not a directory" if os.path.lexists(value) else "does not exist or may not be looked at"
        reject(
            f"{attribute.name} {str(value)!r} {state}.",
            key=attribute.name,
            code="root-not-a-directory",
            remedy="Name an existing directory.",
            path=value,
        )
    if not os.access(value, os.R_OK | os.X_OK):
        # Else everything in it would count as deleted, and the next snapshot would be empty.
        reject(
            f"{attribute.name} {str(value)!r} may not be read by this user.",
            key=attribute.name,
            code="root-unreadable",
            remedy="Give this user the right to list it.",
            path=value,
        )


def default_store(root: Path) -> Path:
    """Return where the store of a repository is unless a setting says otherwise.

    Linked git worktrees share the store of the main worktree, where each branch has its own head, unless they have one
    already; of a bare repository's worktrees it is inside the repository.
    """
    own = root / ".codegraph"
    if own.is_dir():
        return own
    from codegraph._internal.discovery.worktree import find_worktree

    worktree = find_worktree(root)
    if worktree is None or not worktree.linked:
        return own
    inside = root.absolute().relative_to(worktree.top)
    bare = not (worktree.main / ".git").is_dir()
    if bare:
        return worktree.main / "codegraph" / inside
    return worktree.main / inside / ".codegraph" if (worktree.main / inside).is_dir() else own


def is_directory(path: Path) -> bool:
    """Say whether a path is a directory; unlike `Path.is_dir`, False where looking is forbidden."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _path_or_none(_instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not isinstance(value, Path):
        reject(f"{attribute.name} is {value!r}, but must be a path.", key=attribute.name, allowed="path")


def _tables(_instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and isinstance(table, Mapping) for name, table in value.items()
    ):
        reject(
            f"{attribute.name} must be one table of settings for each plugin name.",
            key=attribute.name,
            allowed="table of tables",
        )


def _version(value: Any) -> Any:
    if value != "1.0":
        return value
    warn_deprecated("config-1.0")
    return CONFIG_VERSION


def default_workers() -> int:
    """Return how many CPUs this process may use, at most 32."""
    return max(
        1, min(MAX_WORKERS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    )


@define(kw_only=True, slots=True, on_setattr=[setters.convert, setters.validate])
class IndexingConfig:
    """Every setting of an indexing run (contract 1.1).

    Args:
        root_path: Repository to index; an existing directory.
        mode: "full" builds everything; "incremental" and "smart" do as little as gives the same result.
        parallel_workers: Threads, 1..32.
        enable_taint: Run taint analysis when its plugin is installed.
        enable_repomap: Build the repository map when its plugin is installed.
        enable_smt: Use the SMT solver when its plugin is installed.
        taint_rules_path: Directory or file of further taint rules.
        cache_dir: Where the store lives; None means `<root>/.codegraph` (of linked git worktrees: of the main one).
        auto_detect_mode: "smart" may choose (added in 1.1); False makes it build everything.
        file_watcher: Keep the index up to date while files change (added in 1.1).
        backend: "auto" takes the best parser for the languages in use; "both" runs two and compares.
        executor: Where files are parsed: "threads", "processes", "serial", or one of another plugin's.
        include: Globs in .gitignore syntax; when given, only matching files are indexed.
        exclude: Globs in .gitignore syntax, stronger than every .gitignore.
        languages: Names of the languages to index; empty means all that are installed.
        max_file_bytes: Larger files are listed and not parsed.
        parse_timeout_s: CPU seconds that one file's parse and walk may take together.
        memory_budget_bytes: Memory for tables between stages; more goes to disk.
        worker_memory_bytes: Memory that one worker process of the executor "processes" may take.
        isolation: "thread" runs stages and analyzers under a watchdog; "none" in the caller's thread.
        keep_snapshots: Newest snapshots of each branch that stay; tagged ones and those being read stay anyway.
        keep_days: Also every snapshot younger than so many days.
        paranoid: Trust no file's modification time: hash every file to see whether it changed.
        plugins: One table of settings for each plugin name.
        config_version: "1.1"; "1.0" is read with a DeprecationWarning.
    """

    root_path: Path = field(converter=_to_path, validator=_directory)
    mode: str = field(default="smart", validator=_one_of(MODES))
    parallel_workers: int = field(factory=default_workers, validator=_between(1, MAX_WORKERS, int))
    enable_taint: bool = field(default=True, validator=_boolean)
    enable_repomap: bool = field(default=True, validator=_boolean)
    enable_smt: bool = field(default=False, validator=_boolean)
    taint_rules_path: Path | None = field(default=None, converter=_to_path, validator=_path_or_none)
    cache_dir: Path | None = field(default=None, converter=_to_path, validator=_path_or_none)
    auto_detect_mode: bool = field(default=True, validator=_boolean)
    file_watcher: bool = field(default=False, validator=_boolean)
    backend: str = field(default="auto", validator=_one_of(BACKENDS))
    executor: str = field(default="threads", validator=_name)
    include: tuple[str, ...] = field(default=(), converter=_texts, validator=_tuple_of_texts)
    exclude: tuple[str, ...] = field(default=DEFAULT_EXCLUDES, converter=_texts, validator=_tuple_of_texts)
    languages: tuple[str, ...] = field(default=(), converter=_texts, validator=_tuple_of_texts)
    max_file_bytes: int = field(default=2_000_000, validator=_between(1, None, int))
    parse_timeout_s: float = field(default=5.0, validator=_between(0.001, 86_400, (int, float)))
    memory_budget_bytes: int = field(default=512 * 1024 * 1024, validator=_between(1024 * 1024, None, int))
    worker_memory_bytes: int = field(default=2 * 1024 * 1024 * 1024, validator=_between(64 * 1024 * 1024, None, int))
    isolation: str = field(default="thread", validator=_one_of(ISOLATIONS))
    keep_snapshots: int = field(default=2, validator=_between(1, None, int))
    keep_days: float = field(default=0.0, validator=_between(0, 36_500, (int, float)))
    paranoid: bool = field(default=False, validator=_boolean)
    plugins: Mapping[str, Mapping[str, Any]] = field(factory=dict, validator=_tables)
    config_version: str = field(default=CONFIG_VERSION, converter=_version, validator=_one_of((CONFIG_VERSION,)))

    @property
    def store_path(self) -> Path:
        """The directory of the store: `cache_dir`, or `<root>/.codegraph`, which git worktrees share."""
        return self.cache_dir if self.cache_dir is not None else default_store(self.root_path)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> IndexingConfig:
        """Build a configuration from a mapping, as read from JSON or TOML.

        Raises:
            ConfigError: A key is unknown (the nearest right one is named) or a value is not allowed.
        """
        check_keys(values)
        if "root_path" not in values:
            reject("root_path is missing.", key="root_path", remedy="Name the directory to index.")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; `from_dict` reads them back."""
        plain: dict[str, Any] = {}
        for name in fields_dict(IndexingConfig):
            value = getattr(self, name)
            if isinstance(value, Path):
                value = str(value)
            elif isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, Mapping):
                value = {key: dict(table) for key, table in value.items()}
            plain[name] = value
        return plain


def setting_names() -> tuple[str, ...]:
    """Return the names of all settings in declaration order."""
    return tuple(fields_dict(IndexingConfig))


def check_keys(values: Mapping[str, Any], *, origin: Callable[[str], str] | None = None) -> None:
    """Raise ConfigError for a key that is no setting, or that the declared contract version does not have."""
    known = setting_names()
    for key in values:
        where = f" ({origin(key)})" if origin else ""
        if key not in known:
            message = f"There is no setting {key!r}{where}."
            reject(message, key=key, code="config-unknown-key", remedy=nearest(key, known), origin=where.strip(" ()"))
        if values.get("config_version") == "1.0" and key in _ADDED_IN_1_1:
            reject(
                f"{key} was added in 1.1, but config_version is 1.0{where}.",
                key=key,
                remedy="Remove config_version.",
                origin=where.strip(" ()"),
            )


_JSON_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "mode": {"type": "string", "enum": list(MODES)},
    "backend": {"type": "string", "enum": list(BACKENDS)},
    "isolation": {"type": "string", "enum": list(ISOLATIONS)},
    "parallel_workers": {"type": "integer", "minimum": 1, "maximum": MAX_WORKERS},
    "max_file_bytes": {"type": "integer", "minimum": 1},
    "parse_timeout_s": {"type": "number", "minimum": 0.001, "maximum": 86_400},
    "memory_budget_bytes": {"type": "integer", "minimum": 1024 * 1024},
    "worker_memory_bytes": {"type": "integer", "minimum": 64 * 1024 * 1024},
    "keep_snapshots": {"type": "integer", "minimum": 1},
    "keep_days": {"type": "number", "minimum": 0, "maximum": 36_500},
    "config_version": {"type": "string", "enum": ["1.0", CONFIG_VERSION]},
    "executor": {"type": "string", "minLength": 1},
    "root_path": {"type": "string"},
    "taint_rules_path": {"type": ["string", "null"]},
    "cache_dir": {"type": ["string", "null"]},
    "plugins": {"type": "object", "additionalProperties": {"type": "object"}},
}


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the configuration."""
    texts = {"type": "array", "items": {"type": "string", "minLength": 1}}
    properties: dict[str, Any] = {}
    for name, attribute in fields_dict(IndexingConfig).items():
        entry = dict(_JSON_TYPES.get(name, {}))
        if not entry:
            entry = dict(texts) if isinstance(attribute.default, tuple) else {"type": "boolean"}
        if attribute.default is not attrs.NOTHING and not isinstance(attribute.default, attrs.Factory):  # type: ignore[arg-type]
            entry["default"] = list(attribute.default) if isinstance(attribute.default, tuple) else attribute.default
        properties[name] = entry
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"IndexingConfig {CONFIG_VERSION}",
        "type": "object",
        "properties": properties,
        "required": ["root_path"],
        "additionalProperties": False,
    }
