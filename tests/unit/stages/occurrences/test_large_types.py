"""Types without an end: source that makes each of them of the one before costs no time, and no other file's names."""

from __future__ import annotations

import pytest

from codegraph import CodeGraph, IndexingConfig
from codegraph_plugins.stages.occurrences.values.members import ValueMembers
from codegraph_plugins.stages.occurrences.values.solver import bounded, substituted

CLASS = "class A:\n    def run(self): ...\n"
LEAF = ("of", 1, ())


def _used(root, files):
    """Index files and return where each occurrence of `run` leads, by file and line."""
    for name, text in files.items():
        (root / name).write_text(text)
    config = IndexingConfig(root_path=root, backend="python", plugins={"occurrences": {}})
    with CodeGraph(config=config).index() as result:
        assert result.errors == ()
        return {
            (one.file_path, one.span.start_line)
            for one in result.occurrences()
            if one.symbol.endswith("A#run().") and one.role == "reference"
        }


def _nested(depth):
    found = LEAF
    for _ in range(depth):
        found = ("array", found)
    return found


def _doubled(times):
    found = LEAF
    for _ in range(times):
        found = ("tuple", (found, found))
    return found


@pytest.mark.parametrize("line", ["x = [x]\n    x.append", "x = (x, x)\n    x.count", "x = {x: x}\n    x.keys"])
def test_types_made_of_those_before_end_and_what_stands_beside_them_has_its_answer(tmp_path, line):
    text = f"{CLASS}def f():\n    x = A()\n" + f"    {line}\n" * 1_500 + "    return x\nf().run()\nA().run()\n"
    assert _used(tmp_path, {"m.py": text}) == {("m.py", text.count("\n"))}


def test_a_type_is_known_to_a_depth_and_a_size():
    assert bounded(_nested(20)) == _nested(20)
    assert bounded(_nested(40)) is None
    assert bounded(_doubled(6)) == _doubled(6)
    assert bounded(_doubled(64)) is None  # 2 ** 64 parts: counting ends early
    wide = ("tuple", (LEAF,) * 1_000)
    assert bounded(wide) == wide
    assert bounded(("tuple", (wide, wide, wide))) is None


def test_what_type_parameters_are_bound_to_counts_in_functions_too():
    found = LEAF
    for _ in range(64):
        found = ("of", 2, (("function", 3, {(0, 0): found, (0, 1): found}),))
    assert bounded(found) is None


def test_replaced_parameters_make_no_larger_types():
    variable = ("variable", 0, -1)
    generic = ("tuple", tuple(variable for _ in range(8)))
    assert substituted(generic, {(0, -1): LEAF}) == ("tuple", (LEAF,) * 8)
    assert substituted(generic, {(0, -1): _doubled(6)}) is None


def test_a_file_that_leads_too_deep_costs_no_other_its_answers(tmp_path, monkeypatch):
    answers = ValueMembers._answers

    def deep(self, file, facts):
        found = answers(self, file, facts)
        if file == 0:
            raise RecursionError
        return found

    monkeypatch.setattr(ValueMembers, "_answers", deep)
    used = _used(tmp_path, {"a.py": CLASS + "A().run()\n", "b.py": "from a import A\nA().run()\n"})
    assert used == {("b.py", 2)}
