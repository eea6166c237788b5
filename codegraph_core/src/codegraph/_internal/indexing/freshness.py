"""Whether the current snapshot already is what a run would build, and what the run returns if it is."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from codegraph._internal.discovery import path_bytes
from codegraph._internal.indexing import unchanged
from codegraph._internal.indexing.environment import Environment
from codegraph._internal.indexing.events import RunResult
from codegraph._internal.indexing.summary import SummaryBuilder
from codegraph._internal.settings import IndexingConfig

if TYPE_CHECKING:
    from codegraph._internal.store import SnapshotInfo, Store


def environment_digest(root: Path, environment: Environment) -> str:
    """Return what, besides the tree, must be as it was: everything a run is made with, and the root's resolved path."""
    return f"{environment.digest}:{os.fsencode(root).hex()}"


def reason_to_run(
    store: Store,
    head: SnapshotInfo | None,
    config: IndexingConfig,
    environment: Environment,
    summary: SummaryBuilder,
    *,
    root: Path,
    record: unchanged.Record | None = None,
) -> unchanged.Look:
    """Say why everything is built, or return an empty reason when the current snapshot is up to date.

    Args:
        store: Where.
        head: The current snapshot.
        config: The settings.
        environment: What a run is made with.
        summary: Gets the time that it took.
        root: The repository's resolved path.
        record: What was recorded with the head, where this process has it.
    """
    if config.mode == "full":
        return unchanged.Look("asked for")
    if config.mode == "smart" and not config.auto_detect_mode:
        return unchanged.Look("auto_detect_mode is off")
    if head is None:
        return unchanged.Look("there is no snapshot yet")
    began_ns, began = time.time_ns(), time.perf_counter()
    verified_ns = unchanged.read_verified(config.store_path, head.id)
    look = unchanged.look(
        record or unchanged.decode(store.state(unchanged.STATE_NAME, head.id)),
        environment=environment_digest(root, environment),
        content_hashes=lambda: _content_hashes(store, head.id, config),
        verified_ns=verified_ns,
        paranoid=config.paranoid,
    )
    summary.spent("unchanged-check", time.perf_counter() - began)
    if not look.reason and began_ns - verified_ns > unchanged.GRAIN_NS:
        unchanged.write_verified(config.store_path, head.id, began_ns)
    return look


def may_update(config: IndexingConfig) -> bool:
    """Say whether the settings allow that a run starts from the snapshot before."""
    return config.mode == "incremental" or (config.mode == "smart" and config.auto_detect_mode)


def unchanged_result(head: SnapshotInfo, config: IndexingConfig, summary: SummaryBuilder) -> RunResult:
    """Return the current snapshot as the result of a run that built nothing."""
    fresh = summary.build()
    errors = [
        *fresh["errors"],
        *(error for error in head.summary.get("errors", ()) if error not in fresh["errors"]),
    ]
    values = {
        **head.summary,
        "snapshot_id": head.id,
        "mode": config.mode,
        "mode_run": "unchanged",
        "mode_reason": "nothing changed",
        "changed": False,
        "seconds": fresh["seconds"],
        "lines_per_second": 0,
        "peak_rss_bytes": fresh["peak_rss_bytes"],
        "errors": errors,
    }
    return RunResult(snapshot_id=head.id, summary=values, changed=False, errors=tuple(errors))


def _content_hashes(store: Store, head: str, config: IndexingConfig) -> dict[bytes, str | None]:
    prefix = os.fsencode(config.root_path.resolve()).rstrip(b"/") + b"/"
    hashes: dict[bytes, str | None] = {}
    with store.snapshot(head) as snapshot:
        for batch in snapshot.scan("files", ["path", "content_hash"]):
            for path, digest in zip(
                batch.column("path").to_pylist(), batch.column("content_hash").to_pylist(), strict=True
            ):
                hashes[prefix + path_bytes(path)] = digest
    return hashes
