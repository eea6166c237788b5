"""What a worker read of the repository must be what is kept with its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codegraph._internal.indexing.elsewhere import StageResult, _Files, _note, found_in
from codegraph_hookspecs import ErrorCategory, PluginError
from tests.faults.lethal_stages import Whole


class Now:
    """A context over the disk as it is now."""

    def __init__(self, files: _Files) -> None:
        self.read_file, self.list_folder, self.find_files = files.read, files.names, files.find
        self.report: Any = None


def result(files: _Files) -> StageResult:
    return StageResult(batches=[], reported=[], read=files.was_read, listed=files.listed, found=files.found)


@pytest.mark.parametrize("act", ["write", "add", "remove"])
def test_a_file_that_changed_meanwhile_is_an_error_that_is_tried_again(tmp_path: Path, act: str) -> None:
    (tmp_path / "build.txt").write_text("make")
    files = _Files(tmp_path, b"")
    files.read("build.txt", 100)
    files.names("")
    _note(Whole(), Now(_Files(tmp_path, b"")), result(files))
    if act == "write":
        (tmp_path / "build.txt").write_text("ninja")
    elif act == "add":
        (tmp_path / "other.txt").write_text("new")
    else:
        (tmp_path / "build.txt").unlink()
    with pytest.raises(PluginError) as caught:
        _note(Whole(), Now(_Files(tmp_path, b"")), result(files))
    assert (caught.value.code, caught.value.category) == ("stage-file-changed", ErrorCategory.TRANSIENT)


def test_names_that_are_elsewhere_by_now_are_an_error(tmp_path: Path) -> None:
    files = _Files(tmp_path, b"d:\0a.txt")
    assert files.find(["a.txt"]) == found_in(b"d:\0a.txt", ["a.txt"])
    with pytest.raises(PluginError, match="changed while"):
        _note(Whole(), Now(_Files(tmp_path, b"")), result(files))
