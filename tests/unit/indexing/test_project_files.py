"""Files that stages ask for: the walk says which are not there, where it went this time."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegraph import IndexingConfig
from codegraph._internal.indexing.project_files import ProjectFiles
from codegraph._internal.indexing.sources import DiskSources


class Counting(DiskSources):
    """Notes what is looked for on the disk."""

    def __init__(self, config: IndexingConfig) -> None:
        super().__init__(config)
        self.looked: list[str] = []
        read = self.read

        def noted(path: str, max_bytes: int) -> bytes | None:
            self.looked.append(path)
            return read(path, max_bytes)

        self.read = noted


@pytest.fixture
def sources(tmp_path: Path) -> Counting:
    root = tmp_path / "r"
    for path, text in {
        ".gitignore": "hidden/\n",
        "package.json": "{}",
        "a/b/tsconfig.json": "{ }",
        "hidden/base.json": "[]",
        "a/name.py": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / ".git").mkdir()
    (root / "linked").symlink_to(root / "a")
    found = Counting(IndexingConfig(root_path=root, cache_dir=tmp_path / "c"))
    found.find({})
    return found


def test_what_a_walked_folder_does_not_name_is_not_looked_for(sources: Counting) -> None:
    files = ProjectFiles(sources, [], walked=True)
    assert files.read("tsconfig.json") is None
    assert files.read("a/tsconfig.json") is None
    assert files.read("a/b/package.json") is None
    assert sources.looked == []
    assert files.answers() == {"tsconfig.json": None, "a/tsconfig.json": None, "a/b/package.json": None}
    assert files.watched([]) == []


def test_what_is_there_is_read_also_where_nothing_was_walked(sources: Counting) -> None:
    files = ProjectFiles(sources, [], walked=True)
    assert files.read("package.json") == b"{}"
    assert files.read("a/b/tsconfig.json") == b"{ }"
    assert files.read("hidden/base.json") == b"[]"
    assert files.read("hidden/none.json") is None
    assert files.read("linked/b/tsconfig.json") is None
    assert files.read("../r/package.json") is None
    assert files.read("/package.json") is None
    assert sources.looked == [
        "package.json", "a/b/tsconfig.json", "hidden/base.json", "hidden/none.json", "linked/b/tsconfig.json",
        "../r/package.json", "/package.json",
    ]  # fmt: skip


def test_without_a_walk_of_this_run_everything_is_looked_for(sources: Counting) -> None:
    files = ProjectFiles(sources, [])
    assert files.read("a/tsconfig.json") is None
    assert sources.looked == ["a/tsconfig.json"]
