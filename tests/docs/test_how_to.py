"""The how-to guides do what they say: files are written, Python runs, the conformance kit passes."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs/how-to"
BLOCK = re.compile(
    r"^(?P<fence>```+)(?P<kind>\w+)(?: (?P<how>file|append)=(?P<file>\S+))?\n(?P<text>.*?)^(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)
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


def test_the_guide_to_language_packs_does_what_it_says(folder, monkeypatch):
    installed = folder / "installed"
    monkeypatch.delenv("CODEGRAPH_PLUGINS")
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment["PYTHONPATH"] = str(installed)
    ran = []

    def run(line):
        words = shlex.split(line)
        if words[0] == "pip":
            if not words[-1].startswith("./"):
                return  # from the package index: the tests' environment has it
            offline = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(installed)]
            words = ["pip", "install", *offline, words[-1].partition("[")[0]]
        module = {"codegraph": "codegraph.cli"}.get(words[0], words[0])
        command = [sys.executable, "-m", module, *words[1:]]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        ran.append((line, done.stdout))

    text = (FOLDER / "write-a-language-pack.md").read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        if block["file"]:
            path = folder / block["file"]
            before = path.read_text() if block["how"] == "append" else ""
            path.write_text(before + block["text"])
        elif block["kind"] == "python":
            exec(compile(block["text"], "write-a-language-pack.md", "exec"), {})
        elif block["kind"] == "console":
            for line in re.findall(r"^\$ (.*)$", block["text"], re.MULTILINE):
                run(line)
    told = dict(ran)
    assert "found in tests/samples/shape.rb: scale, area" in told["codegraph plugins new language ruby --out my-ruby"]
    assert "language-ruby" in told["codegraph plugins list"]
    assert "unit" in told["codegraph query nodes --where kind=method --root my-ruby/tests/samples"]
    checks = told["codegraph plugins check --path my-ruby"]
    assert "failed" not in checks


def test_every_guide_is_tried():
    adding = {path.stem for path in FOLDER.glob("add-*.md")}
    assert adding == set(GUIDES)
