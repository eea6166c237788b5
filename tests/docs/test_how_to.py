"""The how-to guides do what they say: files are written, Python runs, the conformance kit passes."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs/how-to"
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: file=(?P<file>\S+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
BUILT_IN = "language-python,languages-web,parser-reference,parser-rust,stage-cross-file,stage-module-graph"
GUIDES = ("add-a-language", "add-an-analyzer", "add-a-stage")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which a reader works: current, importable, without other plugins."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("CODEGRAPH_PLUGINS", BUILT_IN)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def run_pytest(words, folder):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d+ passed", done.stdout)
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_does_what_it_says(guide, folder):
    text = (FOLDER / f"{guide}.md").read_text(encoding="utf-8")
    names, commands = {}, []
    for block in BLOCK.finditer(text):
        if block["file"]:
            (folder / block["file"]).parent.mkdir(parents=True, exist_ok=True)
            (folder / block["file"]).write_text(block["text"])
        elif block["kind"] == "python":
            line = text.count("\n", 0, block.start("text"))
            exec(compile("\n" * line + block["text"], f"{guide}.md", "exec"), names)
        elif block["kind"] == "console":
            commands += re.findall(r"^\$ pytest (.*)$", block["text"], re.MULTILINE)
    assert commands
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    for command in commands:
        run_pytest(shlex.split(command), folder)


def test_every_guide_is_tried():
    adding = {path.stem for path in FOLDER.glob("add-*.md")}
    assert adding == set(GUIDES)
