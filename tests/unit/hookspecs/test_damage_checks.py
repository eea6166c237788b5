"""The kit's checks on damaged texts: what they count, and what they find."""

import pytest

from codegraph_hookspecs.testing import ConformanceError, check_damage
from codegraph_hookspecs.testing.damage import conflict, cut, edit
from codegraph_plugins.languages.python import PACK
from codegraph_plugins.parsers.reference import ReferenceParser
from tests.unit.hookspecs.broken import ChangedParser, with_rows

TEXT = b"""def first():
    return 1


def second():
    return first()


def third():
    return second()
"""


def test_a_cut_an_edit_and_a_conflict_say_what_they_replaced():
    assert cut("a.py", b"abcdef", 2).text == b"ab"
    assert edit("a.py", b"abcdef", 1, 2, b"XYZ").text == b"aXYZdef"
    assert edit("a.py", b"abcdef", 1, 2, b"XYZ").grown == 1
    damage = conflict("a.py", b"one\ntwo\nthree\n", 1, 1)
    assert damage.text == b"one\n<<<<<<< HEAD\ntwo\n=======\n>>>>>>> theirs\nthree\n"
    assert (damage.start, damage.end) == (4, 8)
    assert damage.text[8 + damage.grown :] == b"three\n"


def test_a_good_pack_keeps_what_lies_outside_the_damage():
    kept = check_damage(PACK, {"pkg/a.py": TEXT}, ReferenceParser())
    assert set(kept) == {"cut", "edit", "conflict"}
    assert all(one.symbols > 10 and one.share > 0.9 for one in kept.values())


def test_without_texts_nothing_is_kept_and_nothing_is_wrong():
    assert check_damage(PACK, {"a.py": ""}, ReferenceParser()) == {}


def test_symbols_that_a_damaged_file_loses_are_found():
    def forget(batch, sources, options):
        if "ok" in batch.tables["files"].column("status").to_pylist():
            return batch
        return with_rows(batch, lambda rows: [rows[name].clear() for name in ("uses", "call_sites")] and _modules(rows))

    def _modules(rows):
        rows["nodes"][:] = [row for row in rows["nodes"] if row["kind"] == "module"]

    with pytest.raises(ConformanceError, match=r"for example 'first' of pkg/a\.py") as caught:
        check_damage(PACK, {"pkg/a.py": TEXT}, ChangedParser(forget))
    assert caught.value.code == "damage-symbols"


def test_a_parser_that_remembers_damage_is_found():
    seen = []

    def remember(batch, sources, options):
        seen.append("ok" not in batch.tables["files"].column("status").to_pylist())
        if len(seen) > 1 and seen[-2] and not seen[-1]:
            return with_rows(batch, lambda rows: rows["nodes"][0].update(docstring="!"))
        return batch

    with pytest.raises(ConformanceError, match="before and after differ in 'nodes'") as caught:
        check_damage(PACK, {"pkg/a.py": TEXT}, ChangedParser(remember))
    assert caught.value.code == "damage-trace"


def test_rows_that_break_an_invariant_are_told_with_the_damage():
    def lose(batch, sources, options):
        if "ok" in batch.tables["files"].column("status").to_pylist():
            return batch
        return with_rows(batch, lambda rows: [row.update(end_byte=10**6) for row in rows["nodes"]])

    with pytest.raises(
        ConformanceError, match=r"pkg/a\.py \S+ (with a merge conflict )?at byte \d+:|cut at byte"
    ) as caught:
        check_damage(PACK, {"pkg/a.py": TEXT}, ChangedParser(lose))
    assert caught.value.code == "batch-position"


def test_a_parser_that_raises_is_told_with_the_damage():
    def refuse(batch, sources, options):
        if "ok" in batch.tables["files"].column("status").to_pylist():
            return batch
        raise RuntimeError("boom")

    with pytest.raises(ConformanceError, match="boom") as caught:
        check_damage(PACK, {"pkg/a.py": TEXT}, ChangedParser(refuse))
    assert caught.value.code == "language-parse"
