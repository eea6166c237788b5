"""A segment that a store just wrote is opened from what is known of it; every other one is read and verified."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegraph._internal.store import Store
from codegraph._internal.store.segment import Segment
from codegraph_hookspecs import StorageError
from tests.unit.store.graphs import commit, content, module


def test_the_table_of_contents_is_not_read_back_by_who_wrote_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = Segment._read_toc, []

    def noted(segment: Segment, checksum: str) -> object:
        reads.append(segment.path)
        return read(segment, checksum)

    monkeypatch.setattr(Segment, "_read_toc", noted)
    with Store.open(tmp_path) as store:
        commit(store, module("a.py", ["f"]))
        commit(store, module("b.py", ["g"]), replaces=["b.py"])
        with store.snapshot() as snapshot:
            known = content(snapshot)
    assert not reads
    del snapshot
    with Store.open(tmp_path) as store, store.snapshot() as snapshot:
        assert content(snapshot) == known
    assert len(reads) == 2


def test_a_segment_that_is_gone_at_once_is_the_next_readers_trouble(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        sealed = store._after_commit

        def lost(made: object, written: object) -> None:
            for path in (tmp_path / "segments").iterdir():
                path.unlink()
            sealed(made, written)  # type: ignore[arg-type]

        store._after_commit = lost  # type: ignore[method-assign]
        commit(store, module("a.py", ["f"]))
        with pytest.raises(StorageError) as error:
            store.snapshot()
        assert error.value.code == "segment-corrupt"
