"""Queries agree with a naive evaluation in plain Python, over random tables, batch sizes and conditions."""

from __future__ import annotations

import fnmatch
import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegraph import Q
from codegraph._internal.query import GraphQuery
from codegraph._internal.query.glob import glob_to_regex
from tests.unit.query.memory_snapshot import MemorySnapshot, edge, node

Row = dict[str, Any]
TEXT = st.text(alphabet="ab_.é😀", max_size=4)
SMALL = st.integers(-3, 6)
NULLABLE_TEXT = st.none() | TEXT

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": TEXT,
            "fqn": TEXT,
            "kind": st.sampled_from(["function", "class", "method"]),
            "language": st.none() | st.sampled_from(["python", "javascript"]),
            "complexity": st.none() | SMALL,
            "start_line": st.none() | SMALL,
            "is_test": st.booleans(),
            "modifiers": st.lists(st.sampled_from(["async", "static", "a"]), max_size=3),
            "docstring": NULLABLE_TEXT,
        }
    ),
    max_size=14,
).map(lambda rows: [{**row, "id": f"n{index:02d}"} for index, row in enumerate(rows)])

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "contains": lambda a, b: b in a,
    "startswith": lambda a, b: a.startswith(b),
    "endswith": lambda a, b: a.endswith(b),
    "regex": lambda a, b: re.search(b, a) is not None,
}
TEXT_FIELDS = st.sampled_from(["name", "fqn", "kind", "language", "docstring", "id"])
INT_FIELDS = st.sampled_from(["complexity", "start_line"])
CONDITIONS = st.one_of(
    st.tuples(TEXT_FIELDS, st.sampled_from(["exact", "ne"]), NULLABLE_TEXT | st.sampled_from(["python", "n01"])),
    st.tuples(TEXT_FIELDS, st.just("in"), st.lists(NULLABLE_TEXT | st.sampled_from(["class", "n02"]), max_size=3)),
    st.tuples(TEXT_FIELDS, st.sampled_from(["gt", "gte", "lt", "lte", "contains", "startswith", "endswith"]), TEXT),
    st.tuples(TEXT_FIELDS, st.just("regex"), st.sampled_from(["^a", "b$", "a.b", "[_é]", "", "n0[12]"])),
    st.tuples(TEXT_FIELDS | INT_FIELDS, st.just("isnull"), st.booleans()),
    st.tuples(INT_FIELDS, st.sampled_from(["exact", "ne"]), st.none() | SMALL | st.just(2**40)),
    st.tuples(INT_FIELDS, st.just("in"), st.lists(st.none() | SMALL | st.just(-(2**40)), max_size=3)),
    st.tuples(INT_FIELDS, st.sampled_from(["gt", "gte", "lt", "lte"]), SMALL | st.just(2**40)),
    st.tuples(st.just("is_test"), st.sampled_from(["exact", "ne"]), st.booleans()),
    st.tuples(st.just("modifiers"), st.just("contains"), st.sampled_from(["async", "a", "x"])),
    st.tuples(
        st.just("modifiers"),
        st.sampled_from(["in", "exact", "ne"]),
        st.lists(st.sampled_from(["async", "a"]), max_size=2),
    ),
)


def holds(row: Row, condition: tuple[str, str, Any]) -> bool:
    field, operator, value = condition
    have = row[field]
    if operator == "ne":
        return not holds(row, (field, "exact", value))
    if operator == "isnull":
        return bool((have is None) == value)
    if operator == "exact":
        return bool(have == value)
    if field == "modifiers":
        return bool(set(have) & set([value] if operator == "contains" else value))
    if operator == "in":
        return bool(have in value)
    return have is not None and COMPARE[operator](have, value)


class Tree:
    """A random condition, both as a `Q` and as a function of a row."""

    def __init__(self, query: Q, test: Callable[[Row], bool]) -> None:
        self.query, self.test = query, test

    def __repr__(self) -> str:
        return repr(self.query)


def leaf(condition: tuple[str, str, Any]) -> Tree:
    field, operator, value = condition
    return Tree(
        Q(**{f"{field}__{operator}" if operator != "exact" else field: value}), lambda row: holds(row, condition)
    )


TREES = st.recursive(
    CONDITIONS.map(leaf),
    lambda inner: st.one_of(
        inner.map(lambda a: Tree(~a.query, lambda row: not a.test(row))),
        st.tuples(inner, inner).map(lambda p: Tree(p[0].query & p[1].query, lambda r: p[0].test(r) and p[1].test(r))),
        st.tuples(inner, inner).map(lambda p: Tree(p[0].query | p[1].query, lambda r: p[0].test(r) or p[1].test(r))),
    ),
    max_leaves=5,
)
ORDERS = st.lists(
    st.tuples(st.sampled_from(["complexity", "name", "kind", "language", "is_test", "docstring"]), st.booleans()),
    max_size=3,
    unique_by=lambda key: key[0],
)
BATCH_ROWS = st.integers(1, 6)


def ordered(rows: list[Row], order: list[tuple[str, bool]]) -> list[Row]:
    for field, descending in reversed(order):
        present = sorted((row for row in rows if row[field] is not None), key=lambda r: r[field], reverse=descending)
        if descending:  # `reverse` keeps equal rows in their order, as the promise says
            assert present == sorted(present, key=lambda r: r[field], reverse=True)
        rows = present + [row for row in rows if row[field] is None]
    return rows


def ids(rows: Any) -> list[str]:
    return [row.id if hasattr(row, "id") else row["id"] for row in rows]


@given(ROWS, BATCH_ROWS, st.lists(TREES, max_size=2), TREES)
@settings(max_examples=250, deadline=None)
def test_filter_and_exclude_keep_the_rows_that_python_keeps(
    rows: list[Row], batch_rows: int, kept: list[Tree], dropped: Tree
) -> None:
    query = GraphQuery(MemorySnapshot(batch_rows, nodes=rows)).nodes().filter(*(t.query for t in kept))
    expected = [row for row in rows if all(tree.test(row) for tree in kept)]
    assert sorted(ids(query)) == sorted(ids(expected))
    assert query.count() == len(expected)
    assert query.exists() == bool(expected)
    rest = [row for row in expected if not dropped.test(row)]
    assert sorted(ids(query.exclude(dropped.query))) == sorted(ids(rest))


@given(ROWS, BATCH_ROWS, TREES, ORDERS, st.none() | st.integers(0, 8), st.integers(0, 5))
@settings(max_examples=250, deadline=None)
def test_order_limit_and_offset_give_the_rows_that_python_gives(
    rows: list[Row], batch_rows: int, tree: Tree, order: list[tuple[str, bool]], limit: int | None, offset: int
) -> None:
    # An index may return rows in another order than a scan; `isnull` on the key forbids it nothing.
    query = GraphQuery(MemorySnapshot(batch_rows, nodes=rows)).nodes().filter(tree.query | Q(kind__in=[]))
    keys = [f"-{field}" if descending else field for field, descending in order]
    built = query.order_by(*keys).limit(limit).offset(offset)
    expected = ordered([row for row in rows if tree.test(row)], order)[offset:][:limit]
    assert ids(built) == ids(expected)
    assert built.count() == len(expected)
    first = built.first()
    assert (first.id if first else None) == (expected[0]["id"] if expected else None)
    assert [batch.num_rows for batch in built.batches(3)] == [
        len(expected[i : i + 3]) for i in range(0, len(expected), 3)
    ]
    assert built.to_arrow().column("id").to_pylist() == ids(expected)


@given(
    ROWS, BATCH_ROWS, st.lists(st.sampled_from(["kind", "language", "modifiers", "is_test"]), min_size=1, unique=True)
)
@settings(max_examples=100, deadline=None)
def test_distinct_keeps_the_first_of_equal_rows(rows: list[Row], batch_rows: int, fields: list[str]) -> None:
    query = GraphQuery(MemorySnapshot(batch_rows, nodes=rows)).nodes().select(*fields).distinct()
    expected: list[Row] = []
    for row in rows:
        projected = {field: row[field] for field in fields}
        if projected not in expected:
            expected.append(projected)
    assert query.execute() == expected
    assert query.count() == len(expected)


@given(
    ROWS,
    BATCH_ROWS,
    TREES,
    st.lists(st.sampled_from(["kind", "language", "is_test", "complexity"]), max_size=2, unique=True),
)
@settings(max_examples=150, deadline=None)
def test_aggregates_are_those_of_python(rows: list[Row], batch_rows: int, tree: Tree, groups: list[str]) -> None:
    query = GraphQuery(MemorySnapshot(batch_rows, nodes=rows)).nodes().filter(tree.query | Q(kind__in=[]))
    result = query.aggregate(
        group_by=groups,
        count="id",
        count_doc="docstring",
        sum_line="start_line",
        avg_line="start_line",
        min_name="name",
        max_name="name",
        min_line="start_line",
    ).execute()
    expected: dict[tuple[Any, ...], list[Row]] = {} if groups else {(): []}
    for row in rows:
        if tree.test(row):
            expected.setdefault(tuple(row[group] for group in groups), []).append(row)
    assert [tuple(row[group] for group in groups) for row in result] == list(expected)
    for row, members in zip(result, expected.values(), strict=True):
        lines = [m["start_line"] for m in members if m["start_line"] is not None]
        names = [m["name"] for m in members]
        assert row["count"] == len(members)
        assert row["count_doc"] == sum(m["docstring"] is not None for m in members)
        assert row["sum_line"] == (sum(lines) if lines else None)
        assert row["min_line"] == min(lines, default=None)
        assert (row["min_name"], row["max_name"]) == (min(names, default=None), max(names, default=None))
        if lines:
            assert math.isclose(row["avg_line"], sum(lines) / len(lines))
        else:
            assert row["avg_line"] is None


NODE_IDS = [f"n{index}@py" for index in range(7)]
EDGES = st.lists(
    st.tuples(
        st.sampled_from(NODE_IDS), st.sampled_from(NODE_IDS), st.sampled_from(["calls", "instantiates", "references"])
    ),
    max_size=16,
    unique=True,
)


def distances(starts: list[str], steps: dict[str, set[str]]) -> dict[str, int]:
    """Length of the shortest walk of at least one step, by relaxing until nothing changes."""
    found: dict[str, int] = {}
    level, length = set(starts), 0
    while level and length <= len(NODE_IDS):
        length += 1
        level = {end for node_id in level for end in steps.get(node_id, ())}
        for end in level:
            found.setdefault(end, length)
    return found


@given(EDGES, st.lists(st.sampled_from(NODE_IDS), max_size=2, unique=True), st.none() | st.integers(1, 4), BATCH_ROWS)
@settings(max_examples=200, deadline=None)
def test_walks_reach_what_repeated_steps_reach(
    edges: list[tuple[str, str, str]], starts: list[str], depth: int | None, batch_rows: int
) -> None:
    snapshot = MemorySnapshot(batch_rows, nodes=[node(i) for i in NODE_IDS], edges=[edge(*e) for e in edges])
    query = GraphQuery(snapshot).nodes().filter(id=starts)
    forward: dict[str, set[str]] = {}
    backward: dict[str, set[str]] = {}
    both: dict[str, set[str]] = {}
    for source, target, kind in edges:
        if kind != "references":
            forward.setdefault(source, set()).add(target)
            backward.setdefault(target, set()).add(source)
        both.setdefault(source, set()).add(target)
        both.setdefault(target, set()).add(source)
    for built, steps in (
        (query.callees(depth), forward),
        (query.callers(depth), backward),
        (query.neighbors(depth=depth), both),
    ):
        expected = {i: d for i, d in distances(starts, steps).items() if depth is None or d <= depth}
        assert ids(built) == sorted(expected, key=lambda i: (expected[i], i))
        assert built.count() == len(expected)


@given(EDGES, st.lists(st.sampled_from(NODE_IDS), max_size=2, unique=True), st.sampled_from(NODE_IDS))
@settings(max_examples=200, deadline=None)
def test_paths_are_walks_and_none_is_shorter(edges: list[tuple[str, str, str]], starts: list[str], goal: str) -> None:
    snapshot = MemorySnapshot(nodes=[node(i) for i in NODE_IDS], edges=[edge(*e) for e in edges])
    path = ids(GraphQuery(snapshot).nodes().filter(id=starts).path_to(goal))
    forward: dict[str, set[str]] = {}
    for source, target, kind in edges:
        if kind != "references":
            forward.setdefault(source, set()).add(target)
    reach = {**distances(starts, forward), **dict.fromkeys(starts, 0)}
    if goal not in reach:
        assert path == []
        return
    assert len(path) == reach[goal] + 1
    assert path[0] in starts
    assert path[-1] == goal
    assert all(b in forward[a] for a, b in itertools.pairwise(path))


PATHS = st.text(alphabet="ab/[]!*?-.\\", min_size=1, max_size=6)


@pytest.mark.parametrize("_", ["fnmatch"])
@given(st.lists(st.text(alphabet="ab-", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join), st.data())
@settings(max_examples=200, deadline=None)
def test_globs_without_a_slash_match_the_last_segment_as_fnmatch_does(_: str, path: str, data: st.DataObject) -> None:
    pattern = data.draw(st.text(alphabet="ab-*?[]!", min_size=1, max_size=5))
    if "**" in pattern:
        return
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.match_substring_regex(pa.array([path]), glob_to_regex(pattern))[0].as_py()
    assert found == fnmatch.fnmatchcase(path.rpartition("/")[2], pattern)


@given(PATHS, PATHS)
@settings(max_examples=200, deadline=None)
def test_every_text_is_a_valid_glob_and_matches_itself(pattern: str, path: str) -> None:
    rows = [node("a@py", file_path=path), node("b@py", file_path=pattern), node("c@py")]
    found = ids(GraphQuery(MemorySnapshot(nodes=rows)).nodes().filter(file_path=pattern))
    assert "b@py" in found
    assert "c@py" not in found
