"""What `isinstance` says of a name of Python holds until the name is given another value."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegraph import CodeGraph

TEXT = """class A:
    def one(self): ...
def f(x, us):
    if isinstance(x, A):
        {statement}
"""


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("x.one", 2),
        ("us = x; x.one", 2),
        ("x = us; x.one", None),
        ("x, us = us; x.one", None),
        ("(x := us); x.one", None),
        ("for x in us: x.one", None),
        ("[x.one for x in us]", None),
        ("with us as x: x.one", None),
        ("for us in x: x.one", 2),
        ("us.x = us; x.one", 2),
    ],
)
def test_a_check_holds_until_the_name_is_given_another_value(tmp_path: Path, statement: str, line: int | None) -> None:
    text = TEXT.format(statement=statement)
    (tmp_path / "m.py").write_text(text, encoding="utf-8")
    with CodeGraph().index(tmp_path).with_occurrences().execute() as result:
        found = result.definitions_at("m.py", 5, text.splitlines()[4].index(".one") + 1)
    assert [one.span.start_line for one in found] == ([] if line is None else [line])
