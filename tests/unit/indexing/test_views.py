"""Digests of what stages and analyzers see of each file: the same exactly where the rows that they read are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pytest

from codegraph._internal.indexing.incremental import views
from codegraph._internal.indexing.incremental.views import Looking, Seen, View, views_of
from codegraph_hookspecs import Analyzer, Stage
from tests.unit.indexing.fakes import batch, edge, node

IDS = View("ids", {"nodes": (("id", "kind"), {})})
CLASSES = View("classes", {"nodes": (("id", "fqn", "complexity", "modifiers"), {"kind": ["class"]})})
ENDS = View("ends", {"edges": (("source_id", "target_id"), {}), "nodes": (("id",), {"kind": ["class"]})})


def seen(*tables: tuple[str, pa.RecordBatch], views: Iterable[View] = (IDS, CLASSES, ENDS)) -> Seen:
    looking = Looking(tuple(views))
    for table, rows in tables:
        looking.add(table, rows)
    found = looking.seen()
    assert found is not None
    return found


def nodes(*names: str, path: str | None = "a.py", **values: Any) -> tuple[str, pa.RecordBatch]:
    """Return nodes of one file; a name with a capital is a class's."""
    kinds = ["class" if name[0].isupper() else "function" for name in names]
    rows = [node(f"{name}@py", kind=kind, file_path=path, **values) for name, kind in zip(names, kinds, strict=True)]
    return "nodes", batch("nodes", rows)


def same(before: Seen, now: Seen, *paths: str) -> dict[str, bool]:
    return dict(zip(("ids", "classes", "ends"), before.same(paths or ("a.py",), now).tolist(), strict=True))


def test_columns_that_are_not_read_do_not_count() -> None:
    before, now = seen(nodes("A", "f")), seen(nodes("A", "f", start_line=7, docstring="said"))
    assert same(before, now) == {"ids": True, "classes": True, "ends": True}


def test_rows_that_are_not_selected_do_not_count() -> None:
    before, now = seen(nodes("A", "f")), seen(nodes("A", "g"))
    assert same(before, now) == {"ids": False, "classes": True, "ends": True}


@pytest.mark.parametrize("value", [{"fqn": "other"}, {"complexity": 0}, {"complexity": 3}, {"modifiers": ["async"]}])
def test_each_column_that_is_read_counts_whatever_its_type(value: dict[str, Any]) -> None:
    assert same(seen(nodes("A")), seen(nodes("A", **value))) == {"ids": True, "classes": False, "ends": True}


def test_the_order_of_a_files_rows_counts_and_that_of_files_does_not() -> None:
    before = seen(nodes("A", "f"), nodes("g", path="b.py"))
    assert not same(before, seen(nodes("f", "A"), nodes("g", path="b.py")))["ids"]
    assert same(before, seen(nodes("g", path="b.py"), nodes("A", "f")), "a.py", "b.py")["ids"]


def test_how_rows_are_cut_and_encoded_does_not_count() -> None:
    table, rows = nodes("A", "f", "B", "g")
    position = rows.schema.get_field_index("id")
    encoded = rows.set_column(position, "id", rows.column("id").dictionary_encode())
    pieces = seen((table, encoded.slice(0, 1)), (table, rows.slice(1, 2)), (table, encoded.slice(3)))
    assert all(same(seen((table, rows)), pieces).values())


def test_rows_between_those_of_other_files_count_as_if_they_were_together() -> None:
    table, rows = nodes("A", "f", "B")
    other = nodes("x", "y", path="b.py")[1]
    mixed = pa.Table.from_batches([rows.slice(0, 1), other.slice(0, 1), rows.slice(1), other.slice(1)])
    together = seen((table, rows), (table, other))
    assert all(same(together, seen((table, mixed.combine_chunks().to_batches()[0])), "a.py", "b.py").values())


def test_key_columns_say_the_same_as_the_texts_that_they_stand_for() -> None:
    rows = batch("edges", [edge("1", "f@py", "g@py", file_path="a.py"), edge("2", "g@py", "f@py", file_path="a.py")])
    keys = views.text_keys(["f@py", "g@py"])
    keyed = rows.append_column("source_key", pa.array(keys)).append_column("target_key", pa.array(keys[::-1].copy()))
    assert same(seen(("edges", rows)), seen(("edges", keyed)))["ends"]


def test_a_missing_value_is_no_empty_text() -> None:
    view = (View("kept", {"nodes": (("signature",), {})}),)
    before, now = seen(nodes("A"), views=view), seen(nodes("A", signature=""), views=view)
    assert before.same(["a.py"], now).tolist() == [False]


def test_rows_of_no_file_and_of_files_that_nobody_asked_for_do_not_count() -> None:
    looking = Looking((IDS,))
    for path in (None, "b.py", "a.py"):
        looking.add(*nodes("A", path=path), frozenset({"a.py"}))
    found = looking.seen()
    assert found is not None
    assert found.files.tolist() == views.text_keys(["a.py"]).tolist()


def test_a_file_without_rows_differs_from_one_with_some() -> None:
    with_rows, without = seen(nodes("A")), seen(nodes("A", path="b.py"))
    assert not same(with_rows, without)["ids"]
    assert not same(without, with_rows)["ids"]
    assert same(without, seen(nodes("A", path="c.py")), "d.py")["ids"]


def test_files_that_only_a_dictionary_names_have_no_digest() -> None:
    table, rows = nodes("A")
    position = rows.schema.get_field_index("file_path")
    both = pa.concat_arrays([rows.column("file_path").cast(pa.string()), pa.array(["b.py"])]).dictionary_encode()
    named = rows.set_column(position, "file_path", both.slice(0, 1))
    assert seen((table, named)).files.tolist() == seen((table, rows)).files.tolist()


def test_moved_digests_are_those_of_looking_at_everything() -> None:
    before = seen(nodes("A"), nodes("g", path="b.py"), nodes("h", path="gone.py"))
    now = seen(nodes("A", "f"), nodes("k", path="new.py"))
    moved = before.moved(["a.py", "new.py", "gone.py"], now)
    everything = seen(nodes("g", path="b.py"), nodes("A", "f"), nodes("k", path="new.py"))
    assert moved.files.tolist() == everything.files.tolist()
    assert moved.digests.tolist() == everything.digests.tolist()


def test_digests_come_back_as_they_were_kept() -> None:
    before = seen(nodes("A"), nodes("g", path="b.py"))
    again = Seen.from_bytes(before.to_bytes(), before.signature)
    assert again is not None
    assert (again.files.tolist(), again.digests.tolist()) == (before.files.tolist(), before.digests.tolist())
    assert again.known == before.known


@pytest.mark.parametrize("blob", [None, b"", b"{}\n", b"no json\n", b'{"format": 1, "views": "", "shape": [9, 9]}\n'])
def test_what_is_no_digest_is_none(blob: bytes | None) -> None:
    assert Seen.from_bytes(blob, "") is None


def test_digests_of_other_views_are_none() -> None:
    kept = seen(nodes("A"), views=(IDS,))
    assert Seen.from_bytes(kept.to_bytes(), views.signature((CLASSES,))) is None


def test_taken_back_rows_leave_no_digests() -> None:
    looking = Looking((IDS,))
    looking.add(*nodes("A"))
    looking.spoil()
    looking.add(*nodes("B"))
    assert looking.seen() is None


def test_who_reads_too_much_is_not_known_and_never_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_ALLOWANCE", 0)
    monkeypatch.setattr(views, "MOST_VALUES", 3)
    found = seen(nodes("A", "f"))
    assert found.known == (False, False, True)
    assert same(found, seen(nodes("A", "f"))) == {"ids": False, "classes": False, "ends": True}
    again = Seen.from_bytes(found.to_bytes(), found.signature)
    assert again is not None
    assert again.known == found.known


CLASS_IDS = {"nodes": ("id", "file_path"), "no-such-table": ("id",)}
RAW = {"imports": ("raw",)}
METRICS = {"metrics": ("node_id",)}
OF_CLASSES = {"nodes": {"kind": ("class",)}}


class Reading(Stage):
    name, layer, inputs, outputs, scope, tables = "reading", "L9", ("ir",), ("read",), "repo", ()
    reads = CLASS_IDS
    selects = OF_CLASSES


class Analyzing(Analyzer):
    name, scope, reads = "analyzing", "repo", RAW

    def analyze(self, ir_document: Any) -> Iterable[dict[str, Any]]:
        return ()


def test_views_are_of_those_whose_reading_stored_rows_tell() -> None:
    class Everything(Reading):
        reads = None

    class Provisional(Reading):
        reads = RAW

    class Nobodys(Reading):
        reads = METRICS

    class ByFile(Analyzing):
        by_file = True

    given = [Reading(), Analyzing(), Everything(), Provisional(), Nobodys(), ByFile()]
    found = views_of(given)
    assert [view.name for view in found] == ["reading", "analyzer:analyzing"]
    assert dict(found[0].reads) == {"nodes": (("id",), {"kind": ("class",)})}
