"""A process that commits through sessions: python session_writer.py ROOT NAME COUNT [FSIZE_LIMIT]."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from codegraph import CodeGraph, CodeGraphError, ConflictError, StorageError
from codegraph._internal.indexing.indexer import Indexer


def commit_many(root: Path, name: str, count: int) -> None:
    """Add files of its own, and count in a file that all writers share."""
    cg = CodeGraph()
    for number in range(count):
        while True:
            with cg.session(root) as session:
                shared = int((session.source("shared.py") or b"n = 0").decode().rpartition("=")[2])
                session.add_file(f"w{name}/f{number}.py", f"def f{number}(): ...\n")
                session.add_change("shared.py", f"n = {shared + 1}\n")
                try:
                    session.commit()
                    break
                except ConflictError as error:
                    if error.context["files"] != ["shared.py"]:
                        raise


def meet_a_full_disk(root: Path, limit: int) -> None:
    """Commit under a limit on the size of files, and say what that gave."""
    Indexer.__init__.__kwdefaults__["sleep"] = lambda _: None
    cg = CodeGraph()
    with cg.session(root) as session:
        session.add_file("more.py", "def more(): ...\n" * 10_000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            session.commit()
        except StorageError as error:
            print(error.code, error.context["attempts"], session.source("more.py"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        try:
            session.commit()
        except CodeGraphError as error:
            print(error.code, session.snapshot_id)


if __name__ == "__main__":
    if len(sys.argv) > 4:
        meet_a_full_disk(Path(sys.argv[1]), int(sys.argv[4]))
    else:
        commit_many(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
