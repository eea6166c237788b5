"""The bytes that a snapshot keeps: those that were parsed, and what stages asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph
from codegraph._internal.indexing.disk import DiskFiles
from codegraph._internal.indexing.sources import LZ4, kept_source
from codegraph._internal.store import Store
from codegraph.plugins import CustomAnalyzer

FILES = {
    "pkg/__init__.py": b"",
    "pkg/a.py": b"import json\n\n\ndef f():\n    return json\n" * 40,
    "pkg/latin.py": b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
    "pkg/broken.py": b"def (:\n",
    "web/a.ts": b"import { b } from '@/b';\nexport const a = b;\n",
    "web/b.ts": b"export const b = 1;\n",
    "web/tsconfig.json": b'{"compilerOptions": {"paths": {"@/*": ["./*"]}}}',
    "binary.py": b"x\0y",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def kept(root: Path) -> dict[tuple[str, str], bytes | None]:
    """Return everything that the head keeps: (role, path) → bytes."""
    with Store.open(root / ".codegraph", read_only=True) as store, store.snapshot() as snapshot:
        rows = [row for batch in snapshot.scan("sources") for row in batch.to_pylist()]
    return {
        (row["role"], row["path"]): None
        if row["source"] is None
        else LZ4.decompress(row["source"], decompressed_size=row["size"], asbytes=True)
        if row["size"]
        else b""
        for row in rows
    }


@pytest.mark.parametrize("backend", ["python", "auto"])
def test_the_bytes_of_every_parsed_file_are_kept_and_of_no_other(repository: Path, backend: str) -> None:
    CodeGraph().index(repository, backend=backend, enable_taint=False).execute()
    found = {path: content for (role, path), content in kept(repository).items() if role == "source"}
    assert found == {path: FILES[path] for path in FILES if path.endswith((".py", ".ts")) and path != "binary.py"}


def test_what_a_stage_asked_for_is_kept_also_that_it_was_not_there(repository: Path) -> None:
    CodeGraph().index(repository).execute()
    found = {path: content for (role, path), content in kept(repository).items() if role == "project"}
    assert found["web/tsconfig.json"] == FILES["web/tsconfig.json"]
    assert found["web/package.json"] is None


def test_a_graph_gives_the_bytes_that_it_was_made_from(repository: Path) -> None:
    result = CodeGraph().index(repository).execute()
    (repository / "pkg/a.py").write_bytes(b"other = 1\n")
    assert result.source("pkg/a.py") == FILES["pkg/a.py"]
    assert result.source("pkg/__init__.py") == b""
    assert result.source("binary.py") is None
    assert result.source("web/tsconfig.json") is None
    (view, *_) = result.show("pkg.a.f")
    assert (view.source_state, view.source) == ("ok", "def f():\n    return json")


def test_an_edited_project_file_is_a_change(repository: Path) -> None:
    graph = CodeGraph()
    first = graph.index(repository).execute()
    assert "web.b@ts" in [edge.target_id for edge in first.edges().filter(kind="imports", file_path="web/a.ts")]
    (repository / "web/tsconfig.json").write_text('{"compilerOptions": {"paths": {}}}')
    second = graph.index(repository).execute()
    assert second.changed
    assert "web.b@ts" not in [edge.target_id for edge in second.edges().filter(kind="imports", file_path="web/a.ts")]
    assert not graph.index(repository).execute().changed


def test_sources_are_no_table_that_can_be_queried(repository: Path) -> None:
    result = CodeGraph().index(repository).execute()
    assert "sources" not in result.query().tables()
    assert not hasattr(result.query(), "sources")


class Listing(CustomAnalyzer):
    """Says what it finds in a folder."""

    name = "listing"
    version = "1"
    scope = "repo"

    def analyze(self, context: Any) -> Iterator[dict[str, str]]:
        for folder in ("", "web", "nowhere", "../.."):
            yield {"type": "names", "message": f"{folder}: {' '.join(context.list_folder(folder))}"}
        content = context.read_file("web/tsconfig.json", 5)
        yield {"type": "names", "message": repr(content)}
        yield {"type": "names", "message": repr(context.read_file("/etc/hostname"))}


def test_an_analyzer_lists_folders_and_reads_files_inside_the_repository_only(repository: Path) -> None:
    graph = CodeGraph()
    graph.register_analyzer(Listing())
    result = graph.index(repository).execute()
    assert [finding.message for finding in result.custom_results("names")] == [
        ": .codegraph binary.py pkg web",
        "web: a.ts b.ts tsconfig.json",
        "nowhere: ",
        "../..: ",
        repr(FILES["web/tsconfig.json"][:6]),
        "None",
    ]
    assert kept(repository)["folder", "web"] == b"a.ts\0b.ts\0tsconfig.json"


def test_a_link_on_the_way_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/x").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "file").symlink_to(tmp_path / "outside/x")
    files = DiskFiles(root)
    assert files.read("file", 9) is None
    assert files.read("folder/x", 9) is None
    assert files.names("folder") == ()
    assert files.read("bad\\", 9) is None
    assert files.read("a\0b", 9) is None


def test_a_parser_without_sources_has_its_files_bytes_kept_too(repository: Path, monkeypatch: Any) -> None:
    from codegraph_plugins.parsers.reference.emit import BatchRows

    monkeypatch.setattr(BatchRows, "add_source", lambda *_: None)
    original = BatchRows.__init__
    monkeypatch.setattr(BatchRows, "__init__", lambda self, **_: original(self))
    CodeGraph().index(repository, backend="python").execute()
    with Store.open(repository / ".codegraph", read_only=True) as store, store.snapshot() as snapshot:
        assert kept_source(snapshot, "pkg/a.py") == FILES["pkg/a.py"]
        assert kept_source(snapshot, "pkg/__init__.py") == b""
