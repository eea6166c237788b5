"""The run over whole trees counts what it lowers, and says what it could not."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("codegraph_parser_rust")

from tests.oracle.lowering import lower_all


def test_every_file_is_lowered_or_named(tmp_path: Path) -> None:
    (tmp_path / "a.go").write_text("package a\n\nfunc F() { defer g(); h() }\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b.go").write_bytes(b"package b\0")
    found = lower_all("go", tmp_path)
    assert (found.files, found.bodies) == (2, 2)
    assert found.instructions > 5
    assert [failure.endswith("b.go: the text has NUL bytes") for failure in found.failures] == [True]
