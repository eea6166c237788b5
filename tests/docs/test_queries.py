"""The pages on queries, SQL and streaming do what they say, on the repository that the tutorial makes."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from codegraph.cli import main

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: file=(?P<file>\S+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
PAGES = ("reference/queries", "reference/sql", "how-to/stream-rows")


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The tutorial's repository: current, and not indexed yet."""
    monkeypatch.chdir(tmp_path)
    for block in BLOCK.finditer((DOCS / "tutorials/first-graph.md").read_text(encoding="utf-8")):
        if block["file"]:
            (tmp_path / block["file"]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block["file"]).write_text(block["text"])
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_the_page_does_what_it_says(page, shop, capsys):
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    names = {}
    ran = 0
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start("text"))
        if block["kind"] == "python":
            exec(compile("\n" * line + block["text"], f"{page}.md", "exec"), names)
        elif block["kind"] == "pycon":
            test = doctest.DocTestParser().get_doctest(block["text"], names, page, f"{page}.md", line)
            runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.REPORT_NDIFF)
            failures, _ = runner.run(test, clear_globs=False)
            names = test.globs
            assert failures == 0, capsys.readouterr().out
        else:
            for command in re.findall(r"^\$ codegraph (.*)$", block["text"], re.MULTILINE):
                assert main(shlex.split(command)) == 0
        ran += 1
    assert ran > 3
    if "graph" in names:
        names["graph"].close()
