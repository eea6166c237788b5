"""Which store, branch and policy the settings of a repository mean."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codegraph._internal.discovery.paths import path_text
from codegraph._internal.discovery.worktree import find_worktree
from codegraph._internal.store.catalog_schema import DEFAULT_BRANCH
from codegraph._internal.store.retention import Retention
from codegraph._internal.store.store import Store

if TYPE_CHECKING:
    from codegraph._internal.settings import IndexingConfig


def repository_id(config: IndexingConfig) -> str:
    """Return what names the repository in snapshot ids: its folder's resolved path."""
    return path_text(os.fsencode(config.root_path.resolve()))


def open_store(config: IndexingConfig, *, reading: bool = False) -> Store:
    """Open the store of a repository on the branch that is checked out.

    Args:
        config: The settings.
        reading: As `Store.open_reading`; else the store is created where there is none.

    Raises:
        StorageError: See `Store.open` and `Store.open_reading`.
    """
    worktree = find_worktree(config.root_path)
    branch = worktree.branch if worktree is not None else DEFAULT_BRANCH
    if reading:
        return Store.open_reading(config.store_path, branch=branch, repo_id=repository_id(config))
    return Store.open(
        config.store_path,
        branch=branch,
        repo_id=repository_id(config),
        retention=Retention(keep_last=config.keep_snapshots, keep_days=config.keep_days),
    )
