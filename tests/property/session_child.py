"""A process that commits a session's changes and kills itself on the way: python session_child.py ROOT MOMENT CHANGES.

CHANGES is JSON: path → text, or null to remove it. MOMENT is one of `MOMENTS`; "none" lives and prints the snapshot.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOMENTS = ("parsed", "sealed", "named", "committed", "none")


def die() -> None:
    """End as from `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str) -> None:
    """Die instead of a call."""
    setattr(owner, name, lambda *_, **__: die())


def after(owner: Any, name: str) -> None:
    """Die when a call has returned."""
    original: Callable[..., Any] = getattr(owner, name)

    def call(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        die()
        return result

    setattr(owner, name, call)


def main(root: str, moment: str, changes: str) -> None:
    """Open a session, change, commit."""
    from codegraph import CodeGraph
    from codegraph._internal.store.catalog import Catalog
    from codegraph._internal.store.segment_writer import SegmentWriter

    with CodeGraph().session(Path(root)) as session:
        for path, text in json.loads(changes).items():
            if text is None:
                session.remove_file(path)
            else:
                session.add_change(path, text)
        if moment == "parsed":
            before(SegmentWriter, "seal")
        elif moment == "sealed":
            after(SegmentWriter, "seal")
        elif moment == "named":
            before(Catalog, "commit")
        elif moment == "committed":
            after(Catalog, "commit")
        print(session.commit(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
