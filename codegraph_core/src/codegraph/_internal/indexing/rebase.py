"""Committing a session's changes: on its own snapshot, or on a newer one that touched none of the same files.

Sessions of one branch compute their commits in turn: of several at once only one could become the head, and the others'
work would be lost. It is a courtesy and no part of what keeps the store right: who waits too long goes on without. One
that loses the race all the same, to an indexing run, waits for its turn before its further tries.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from codegraph._internal.indexing.events import RunResult
from codegraph._internal.indexing.indexer import Indexer
from codegraph._internal.indexing.stored import FileChange, SnapshotSources, differing_paths
from codegraph_hookspecs import ConflictError, StorageError

if TYPE_CHECKING:
    from codegraph._internal.store import Snapshot, Store

COMMIT_LOCK: Final = "session-commit"
TRIES: Final = 8
LOCK_TIMEOUT_S: Final = 600.0
PATIENCE_S: Final = 10.0
_NAMED_FILES: Final = 20


def commit_changes(
    indexer: Indexer,
    store: Store,
    base: Snapshot,
    changes: Mapping[str, FileChange],
    reads: Callable[[Iterable[str]], Iterable[str]],
    reason: str,
) -> RunResult:
    """Make the head's files with some changes the new head.

    Args:
        indexer: Builds the snapshot.
        store: Where.
        base: The snapshot that the changes were made on; leased by the caller.
        changes: By path; the write set.
        reads: Returns those of some paths that are in the read set.
        reason: Kept with the snapshot.

    Raises:
        ConflictError: Since the base, somebody changed a file of the write set or the read set; names the files. Or
            others were faster every time.
        CodeGraphError: As `Indexer.commit`; the head is what it was.
    """

    def attempt() -> RunResult | None:
        return _try(indexer, store, base, changes, reads, reason)

    with _in_turn(store):
        result = attempt()
    if result is not None:
        return result
    with store.lock(_turns(store), timeout_s=LOCK_TIMEOUT_S):
        for _ in range(TRIES):
            result = attempt()
            if result is not None:
                return result
    raise ConflictError(
        f"Other writers were faster {TRIES} times.", context={"files": [], "remedy": "Commit again when they are done."}
    )


def _turns(store: Store) -> str:
    return f"{COMMIT_LOCK} {store.branch}"


@contextlib.contextmanager
def _in_turn(store: Store) -> Iterator[None]:
    """Let sessions of one branch commit one after another, so that none builds a snapshot that another overtakes.

    Who cannot have the lock soon goes without it: its holder may be stopped, and the commit itself needs none.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(StorageError):
            held.enter_context(store.lock(_turns(store), timeout_s=PATIENCE_S))
        yield


def _try(
    indexer: Indexer,
    store: Store,
    base: Snapshot,
    changes: Mapping[str, FileChange],
    reads: Callable[[Iterable[str]], Iterable[str]],
    reason: str,
) -> RunResult | None:
    with store.snapshot() as head:
        if head.id != base.id:
            check_conflict(base, head, changes, reads)
        try:
            return indexer.commit(store, SnapshotSources(head, changes, indexer.config.root_path), reason)
        except ConflictError:
            return None


def check_conflict(
    base: Snapshot,
    head: Snapshot,
    changes: Mapping[str, FileChange],
    reads: Callable[[Iterable[str]], Iterable[str]],
) -> None:
    """Raise `ConflictError` if a file of the write set or the read set differs between two snapshots."""
    changed = differing_paths(base, head)
    both = sorted((changed & changes.keys()) | set(reads(changed)))
    if both:
        more = [f"… and {len(both) - _NAMED_FILES} more"] if len(both) > _NAMED_FILES else []
        raise ConflictError(
            f"Snapshot {head.id} changed files that this session wrote or read: {', '.join(both[:3])}"
            f"{' …' if len(both) > 3 else ''}.",
            context={
                "files": both[:_NAMED_FILES] + more,
                "base": base.id,
                "head": head.id,
                "remedy": "Roll back, refresh, look again at what changed, and commit again.",
            },
        )
