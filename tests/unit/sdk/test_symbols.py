"""From a user's text to nodes, and what `show` says about one."""

from __future__ import annotations

from pathlib import Path

import pytest
from blake3 import blake3

from codegraph import Node
from codegraph._internal.query import GraphQuery
from codegraph._internal.sdk.symbols import find_symbol, show_symbol
from tests.unit.query.memory_snapshot import MemorySnapshot, edge, node

SOURCE = b"# \xc3\xa9\ndef run():\n    pass\n"
BODY = SOURCE[5:-1]


def place(path: str | None = "pkg/a.py") -> dict[str, object]:
    return {
        "file_path": path,
        "start_byte": 5,
        "end_byte": 5 + len(BODY),
        "content_hash": blake3(BODY).hexdigest(length=16),
    }


NODES = [
    node("pkg.a@py", kind="module"),
    node("pkg.a.run@py", **place()),
    node("pkg.a.Job@py", kind="class"),
    node("pkg.a.Job.run@py", kind="method"),
    node("pkg.b.run@py", kind="import"),
    node("pkg.b.Job@py", kind="import"),
    node("pkg.b.only@py", kind="import"),
    node("os.path.join@external", kind="external"),
    node("x.run.run@py", kind="method"),
]
EDGES = [
    edge("pkg.a.Job.run@py", "pkg.a.run@py", file_path="pkg/a.py", line_number=9, column=4),
    edge("pkg.a@py", "pkg.a.run@py", "instantiates", file_path="pkg/a.py", line_number=2, column=0),
    edge("pkg.a.run@py", "os.path.join@external", confidence=0.5),
    edge("pkg.a.run@py", "gone@py"),
    edge("pkg.b@py", "pkg.a.run@py", "references"),
]


@pytest.fixture
def query() -> GraphQuery:
    return GraphQuery(MemorySnapshot(nodes=NODES, edges=EDGES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkg.a.run@py", ["pkg.a.run@py"]),  # id
        ("pkg.a.run", ["pkg.a.run@py"]),  # fqn
        ("Job.run", ["pkg.a.Job.run@py"]),  # dotted suffix
        ("a.run", ["pkg.a.run@py"]),
        ("run", ["pkg.a.Job.run@py", "pkg.a.run@py", "x.run.run@py"]),  # name: every definition, no import
        ("Job", ["pkg.a.Job@py"]),
        ("only", ["pkg.b.only@py"]),  # an import where there is nothing else
        ("path.join", ["os.path.join@external"]),
        ("ob.run", []),  # a suffix starts at a dot
        ("", []),
        (".", []),
        ("nothing", []),
    ],
)
def test_text_resolves_to_its_most_exact_reading(query: GraphQuery, text: str, expected: list[str]) -> None:
    assert [found.id for found in find_symbol(query, text)] == expected


def _run(query: GraphQuery) -> Node:
    return find_symbol(query, "pkg.a.run")[0]


def test_show_gives_source_callers_and_callees_with_their_edges(query: GraphQuery, tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/a.py").write_bytes(SOURCE)
    view = show_symbol(query, _run(query), tmp_path)
    assert (view.source, view.source_state) == (BODY.decode(), "ok")
    assert [(r.node.id if r.node else None, r.edge.kind) for r in view.callers] == [
        ("pkg.a@py", "instantiates"),
        ("pkg.a.Job.run@py", "calls"),
    ]
    assert [(r.node.id if r.node else None, r.edge.confidence) for r in view.callees] == [
        (None, 1.0),
        ("os.path.join@external", 0.5),
    ]


def test_a_file_that_changed_or_vanished_shows_no_source(query: GraphQuery, tmp_path: Path) -> None:
    assert show_symbol(query, _run(query), tmp_path).source_state == "missing"
    assert show_symbol(query, _run(query), None).source_state == "missing"
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/a.py").write_bytes(SOURCE.replace(b"run", b"ran"))
    view = show_symbol(query, _run(query), tmp_path)
    assert (view.source, view.source_state) == (None, "changed")


def test_a_symbol_without_source_says_so(query: GraphQuery, tmp_path: Path) -> None:
    external = find_symbol(query, "os.path.join")[0]
    assert show_symbol(query, external, tmp_path).source_state == "none"


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.py").write_bytes(SOURCE)
    (root / "link.py").symlink_to(tmp_path / "secret.py")
    for path in ("link.py", "../secret.py", str(tmp_path / "secret.py")):
        query = GraphQuery(MemorySnapshot(nodes=[node("pkg.a.run@py", **place(path))]))
        assert show_symbol(query, _run(query), root).source_state == "missing"


def test_a_path_that_is_not_utf_8_is_found_by_its_shown_text(tmp_path: Path) -> None:
    raw = bytes(tmp_path) + b"/caf\xe9.py"
    Path(raw.decode("utf-8", "surrogateescape")).write_bytes(SOURCE)
    query = GraphQuery(MemorySnapshot(nodes=[node("pkg.a.run@py", **place("caf\\xe9.py"))]))
    assert show_symbol(query, _run(query), tmp_path).source_state == "ok"
