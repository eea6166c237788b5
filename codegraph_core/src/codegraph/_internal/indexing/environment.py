"""What a run is made with: settings, languages, parsers, stages and analyzers, and one hash over all of it."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from codegraph._internal.indexing.dispatch import chosen_executor
from codegraph._internal.plugin_host import PluginHost
from codegraph._internal.settings import IndexingConfig
from codegraph_hookspecs import (
    HOOKSPEC_VERSION,
    IR_VERSION,
    Analyzer,
    ConfigError,
    Executor,
    LanguagePack,
    Parser,
    Pipeline,
    Stage,
)

# Settings that change how a run goes but not what comes out of it.
_WITHOUT_EFFECT: Final = frozenset(
    {"root_path", "cache_dir", "mode", "parallel_workers", "auto_detect_mode", "file_watcher", "executor"}
    | {
        "worker_memory_bytes",
        "memory_budget_bytes",
        "isolation",
        "paranoid",
        "keep_snapshots",
        "keep_days",
        "config_version",
    }
)


@frozen(kw_only=True)
class Environment:
    """Everything but the tree that a run's result depends on.

    Args:
        packs: Languages in use, by name.
        parsers: All parsers.
        stages: Stages after `codegraph_modify_pipeline`.
        analyzers: Analyzers of plugins, then those passed in code.
        executor: Where work runs; None is the calling thread.
        digest: Hash of names and versions of all of it, and of the settings.
    """

    packs: Mapping[str, LanguagePack]
    parsers: tuple[Parser, ...]
    stages: tuple[Stage, ...]
    analyzers: tuple[Analyzer, ...]
    executor: Executor | None
    digest: str


def gather(host: PluginHost, config: IndexingConfig, analyzers: Sequence[Analyzer]) -> Environment:
    """Ask the plugins for what a run needs.

    Raises:
        ConfigError: `config.languages` or `config.executor` names something that is not installed.
    """
    packs = {pack.name: pack for pack in host.languages()}
    for name in config.languages:
        if name not in packs:
            close = difflib.get_close_matches(name, packs, n=1)
            remedy = f"Did you mean {close[0]!r}?" if close else "Install its language pack."
            raise ConfigError(
                f"The language {name!r} is not installed; there is: {', '.join(sorted(packs)) or 'none'}.",
                code="language-unknown",
                context={"key": "languages", "remedy": remedy},
            )
    if config.languages:
        packs = {name: pack for name, pack in packs.items() if name in config.languages}
    parsers = tuple(host.parsers())
    pipeline = Pipeline(host.stages())
    host.modify_pipeline(pipeline)
    chosen = (*host.analyzers(), *analyzers)
    stages = tuple(pipeline)
    return Environment(
        packs=packs,
        parsers=parsers,
        stages=stages,
        analyzers=chosen,
        executor=chosen_executor(config.executor, host.executors()),
        digest=_digest(host, config, packs, parsers, stages, chosen),
    )


def _digest(
    host: PluginHost,
    config: IndexingConfig,
    packs: Mapping[str, LanguagePack],
    parsers: Sequence[Parser],
    stages: Sequence[Stage],
    analyzers: Sequence[Analyzer],
) -> str:
    settings = {key: value for key, value in config.to_dict().items() if key not in _WITHOUT_EFFECT}
    described: dict[str, Any] = {
        "versions": [HOOKSPEC_VERSION, IR_VERSION],
        "settings": {**settings, "plugins": host.lasting(settings["plugins"])},
        "plugins": [[record.name, record.version, record.distribution, record.state] for record in host.plugins()],
        "languages": [[pack.name, pack.version] for pack in packs.values()],
        "parsers": [[parser.name, parser.version] for parser in parsers],
        "stages": [[stage.name, stage.version] for stage in stages],
        "analyzers": [[analyzer.name, analyzer.version, type(analyzer).__qualname__] for analyzer in analyzers],
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()
