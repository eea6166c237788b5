"""Files that are written around the page cache, through blocks that the next file uses again."""

from __future__ import annotations

import os

import pytest

from codegraph._internal.store import direct_file
from codegraph._internal.store.direct_file import BLOCK_BYTES, DirectFile

SIZES = [0, 1, 4096, (256 << 10) - 1, 256 << 10, BLOCK_BYTES - 1, BLOCK_BYTES, 2 * BLOCK_BYTES + 4097]


@pytest.fixture(autouse=True)
def _no_blocks(monkeypatch):
    monkeypatch.setattr(direct_file, "_FREE", {size: [] for size in direct_file._FREE})


def _write(path, content, piece):
    file = DirectFile(path)
    for at in range(0, len(content), piece):
        file.write(content[at : at + piece])
    file.sync()
    return file.size


@pytest.mark.parametrize("piece", [100_000, BLOCK_BYTES + 1])
def test_a_file_has_what_was_written_whatever_files_before_it_left_in_its_blocks(tmp_path, piece):
    for number, size in enumerate([*SIZES, *reversed(SIZES)]):
        content = os.urandom(size)
        path = tmp_path / str(number)
        assert _write(path, content, piece) == size
        assert path.read_bytes() == content


def test_files_at_the_same_time_share_no_block(tmp_path):
    _write(tmp_path / "before", bytes(BLOCK_BYTES), BLOCK_BYTES)
    files = [DirectFile(tmp_path / name) for name in ("one", "two")]
    for content in (b"1", b"2", b"3"):
        for number, file in enumerate(files):
            file.write((content + str(number).encode()) * (200 << 10))
    for number, file in enumerate(files):
        file.sync()
        expected = b"".join((content + str(number).encode()) * (200 << 10) for content in (b"1", b"2", b"3"))
        assert (tmp_path / ("one", "two")[number]).read_bytes() == expected


def test_the_blocks_of_one_file_are_kept_and_used_again(tmp_path, monkeypatch):
    files = [DirectFile(tmp_path / str(number)) for number in range(3)]
    for file in files:
        file.write(bytes(3 * BLOCK_BYTES))
    for file in files:
        file.sync()
    assert {size: len(blocks) for size, blocks in direct_file._FREE.items()} == {256 << 10: 1, BLOCK_BYTES: 2}

    def no_more(*_, **__):
        raise AssertionError("a fresh block")

    monkeypatch.setattr(direct_file.mmap, "mmap", no_more)
    _write(tmp_path / "next", bytes(3 * BLOCK_BYTES), 100_000)
