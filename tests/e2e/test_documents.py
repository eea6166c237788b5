"""What the documents show works: their Python runs, their commands succeed."""

import re
import shlex
from pathlib import Path

import pytest

from tests.e2e.conftest import Cli, write_repository

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: file=(?P<file>\S+))?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
DOCUMENTS = ["README.md", "docs/tutorials/first-graph.md"]


def run_document(path, folder, monkeypatch):
    """Do what a document says, from top to bottom, in one folder."""
    cli, names = Cli(folder), {}
    monkeypatch.chdir(folder)
    for block in BLOCK.finditer(path.read_text(encoding="utf-8")):
        kind, file, text = block["kind"], block["file"], block["text"]
        if file:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        elif kind == "python":
            exec(compile(text, f"{path.name}:{block.start()}", "exec"), names)
        elif kind == "console":
            for line in re.findall(r"^\$ codegraph (.*)$", text, re.MULTILINE):
                where = Cli(folder / "path/to/repo") if path.name == "README.md" and "path/to" not in line else cli
                where(*shlex.split(line))
    return names


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_does_what_it_says(name, tmp_path, monkeypatch):
    if name == "README.md":
        # The README's symbol, in the repository that its examples call path/to/repo.
        repository = write_repository(tmp_path / "path/to/repo")
        (repository / "db.py").write_text("class Session:\n    def get(self, key):\n        return key\n")
    names = run_document(ROOT / name, tmp_path, monkeypatch)
    assert "result" in names


def test_links_between_documents_lead_somewhere():
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        text = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)", text):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} → {target}"
