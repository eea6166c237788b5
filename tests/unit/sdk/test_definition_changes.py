"""Which definitions changed between two snapshots: by the hash of their text, with the version that it had first."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegraph import CodeGraph, DefinitionChange, TypeStamp

FIRST = (
    "def one():\n    return 1\n\n\ndef two():\n    return 2\n\n\nclass Box:\n    def three(self):\n        return 3\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "shop.py").write_text(FIRST)
    (folder / "till.py").write_text("def four():\n    return 4\n")
    return folder


def changes(root: Path, graph: CodeGraph) -> dict[str, DefinitionChange]:
    """Index, and return what is other than in the snapshot before, by name; modules left out."""
    with graph.open(root) as before:
        old = before.snapshot_id
    graph.index(root, mode="incremental").execute().close()
    with graph.open(root) as now:
        found = list(now.diff(old).definitions())
    assert len({(each.node_id, each.change) for each in found}) == len(found)
    return {each.fqn: each for each in found if each.kind != "module"}


@pytest.fixture
def graph(root: Path) -> CodeGraph:
    graph = CodeGraph()
    graph.index(root, mode="full").execute().close()
    return graph


def versions(root: Path, graph: CodeGraph) -> dict[str, str]:
    with graph.open(root) as now:
        return {node.fqn: node.version for node in now.nodes().filter(file_path="shop.py").execute()}


def test_an_edit_changes_what_it_touches_and_nothing_below(root, graph) -> None:
    before = versions(root, graph)
    (root / "shop.py").write_text("\n\n" + FIRST.replace("return 1", "return 10"))
    found = changes(root, graph)
    assert {name: each.change for name, each in found.items()} == {"shop.one": "changed"}
    one = found["shop.one"]
    assert one.before is not None
    assert one.after is not None
    assert one.before.content != one.after.content
    assert one.before.version == before["shop.one"] != one.after.version
    after = versions(root, graph)
    assert after["shop.two"] == before["shop.two"]  # who keeps a vector for this stamp keeps it
    assert after["shop.one"] == one.after.version


def test_a_member_changes_its_class_too(root, graph) -> None:
    (root / "shop.py").write_text(FIRST.replace("return 3", "return 30"))
    assert {name: each.change for name, each in changes(root, graph).items()} == {
        "shop.Box": "changed",
        "shop.Box.three": "changed",
    }


def test_definitions_come_and_go(root, graph) -> None:
    (root / "shop.py").write_text(FIRST.replace("def two():\n    return 2", "def five():\n    return 5"))
    found = changes(root, graph)
    assert {name: each.change for name, each in found.items()} == {"shop.five": "added", "shop.two": "removed"}
    assert found["shop.five"].before is None
    assert found["shop.two"].after is None


def test_the_definitions_of_a_renamed_file_moved(root, graph) -> None:
    with graph.open(root) as now:
        before = now.nodes().filter(fqn="shop.one").first()
        assert before is not None
    (root / "shop.py").rename(root / "store.py")
    found = changes(root, graph)
    assert {name: each.change for name, each in found.items() if "three" not in name} == {
        "store.one": "moved",
        "store.two": "moved",
        "store.Box": "moved",
    }
    one = found["store.one"]
    assert (one.node_id_before, one.file_path) == (before.id, "store.py")
    assert one.before == TypeStamp(before.content_hash, before.version)
    assert one.after is not None
    assert one.after.content == one.before.content


def test_what_may_be_either_of_two_is_not_called_moved(root, graph) -> None:
    (root / "till.py").write_text("def four():\n    return 4\n\n\nclass A:\n    x = 1\n")
    changes(root, graph)
    (root / "till.py").unlink()
    for name in ("left.py", "right.py"):
        (root / name).write_text("def four():\n    return 4\n")
    found = changes(root, graph)
    assert {name: each.change for name, each in found.items() if name.endswith("four")} == {
        "left.four": "added",
        "right.four": "added",
        "till.four": "removed",
    }


def test_the_same_text_is_no_change(root, graph) -> None:
    (root / "shop.py").write_text(FIRST + "# an afterthought\n")
    assert changes(root, graph) == {}
