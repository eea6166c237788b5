"""`codegraph verify --incremental`: what many small updates left against a build at once."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph
from codegraph._internal.store import equality
from codegraph.cli.commands.verify import verify
from codegraph.cli.options import Common, Repository


def ran(root: Path, capsys: pytest.CaptureFixture[str], *, rebuild: bool = False) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = verify(incremental=True, rebuild=rebuild, repository=Repository(root=root), common=Common(json=True))
    return code, json.loads(capsys.readouterr().out)


def test_updates_leave_what_a_build_gives_and_a_row_too_few_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("def f():\n    return 1\n")
    (tmp_path / "b.py").write_text("from a import f\n\n\ndef g():\n    return f()\n")
    cg = CodeGraph()
    cg.index(tmp_path).execute()
    (tmp_path / "a.py").write_text("def f():\n    return 2\n\n\ndef h():\n    return f()\n")
    cg.index(tmp_path).execute()
    assert ran(tmp_path, capsys)[0] == 0

    whole = equality._rows
    calls = itertools.count()

    def first_without_an_edge(snapshot: Any, table: str) -> Iterator[tuple[int, str]]:
        rows = whole(snapshot, table)
        return itertools.islice(rows, 1, None) if table == "edges" and next(calls) == 0 else rows

    monkeypatch.setattr(equality, "_rows", first_without_an_edge)
    code, answer = ran(tmp_path, capsys)
    assert code == 1
    assert [(problem["code"], problem["subject"]) for problem in answer["problems"]] == [
        ("incremental-differs", "edges")
    ]
    assert answer["problems"][0]["message"].startswith("1 rows missing, 0 too many: - ")


def test_a_snapshot_is_compared_with_one_of_the_same_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("def f():\n    return 1\n\n\ndef g():\n    return f()\n")
    CodeGraph().index(tmp_path).with_occurrences().execute()
    assert ran(tmp_path, capsys, rebuild=True) == (0, {**ran(tmp_path, capsys)[1], "problems": []})
