"""The pages whose examples are plain Python, and commands between them, do what they say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from codegraph.cli import main

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(
    r"^```(?P<kind>python|console)(?: file=(?P<file>\S+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
COMMAND = re.compile(r"^\$ codegraph (.*)$", re.MULTILINE)
BUILT_IN = (
    "jobs-durable,language-python,languages-web,parser-reference,parser-rust,sink-scip,stage-cross-file,stage-module-graph,"
    "stage-occurrences"
)
PAGES = (
    "how-to/export-scip.md",
    "how-to/keep-an-index-fresh.md",
    "how-to/run-jobs.md",
    "how-to/watch-a-repository.md",
    "how-to/work-in-sessions.md",
    "how-to/work-with-snapshots.md",
    "reference/contracts.md",
)
OTHERS = {"how-to/export-scip.md", "how-to/run-jobs.md", "how-to/watch-a-repository.md"}
"""Pages whose commands are about other folders, jobs of another day, or do not end."""
EXITS = {("snapshots", "diff"): 1}
"""A command whose own answer is "no" in the example; the page says so."""


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CODEGRAPH_PLUGINS", BUILT_IN)
    text = (DOCS / page).read_text(encoding="utf-8")
    names: dict[str, object] = {}
    ran = 0
    for block in BLOCK.finditer(text):
        if block["file"]:
            (tmp_path / block["file"]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block["file"]).write_text(block["text"])
        elif block["kind"] == "console":
            for line in COMMAND.findall(block["text"]) if page not in OTHERS else ():
                words = shlex.split(line)
                assert main(words) == EXITS.get(tuple(words[:2]), 0), f"{line}\n{capsys.readouterr()}"
        else:
            line = text.count("\n", 0, block.start("text"))
            exec(compile("\n" * line + block["text"], page, "exec"), names)
            ran += 1
    assert ran
