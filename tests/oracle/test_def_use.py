"""Def-use chains and reachable names of Python's functions against beniget and CPython's bytecode."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("codegraph_parser_rust")
pytest.importorskip("beniget")

from tests.oracle import def_use

pytestmark = pytest.mark.skipif(not def_use.HAS_BYTECODE, reason="reads the bytecode of CPython 3.11")

SNIPPETS = {
    "every statement that binds": """
import os.path as p, sys
def f(a, *b: int, c=1, __d=2, **d):
    x = y = a
    x += 1
    import os.path as p, sys
    from m import (q as z, w)
    with open(x) as fh, u as (v, a.b):
        print(fh, v, p, sys, z, w)
    for i, (j, *k) in x:
        print(i, j, k)
        del j
    def g(): return x
    class C(x): y = x
    if (n := 3) > n: pass
    print([t for t in y if t for u2 in t if (last := u2)], last)
    print(f"{x} and {y!r:>{n}}", lambda o, x=x: o + x, (o for o in y for m in o))
    match x:
        case [a1, *rest] as whole: print(a1, rest, whole)
        case {"k": v2, **kw} | A(v2, kw): print(v2, kw)
    é = 1; return g, C, é, b, c, d
""",
    "exceptions": """
def f(a):
    x = 1
    try:
        x = g()
        y = h(x)
    except E as e:
        print(x, e)
        return x
    else:
        x = y
    finally:
        print(x)
    try:
        x = g()
    except* E as e:
        print(e)
    with a as x:
        x = g(x)
        h()
    return x
""",
    "loops": """
async def f(a):
    x = None
    while True:
        if x: break
        x = await a
    for x in a:
        if x: continue
        y = x
    else:
        x = 2
    async for z in a:
        async with z as w:
            yield w, y
    return
""",
}


def report(source: str) -> def_use.Report:
    found = def_use.Report()
    def_use.compare("snippet", source.encode(), def_use.new_flow(), found)
    assert not found.left_out
    return found


@pytest.mark.parametrize("source", SNIPPETS.values(), ids=SNIPPETS.keys())
def test_snippets_have_the_chains_of_the_bytecode(source: str) -> None:
    found = report(source)
    assert found.bytecode.pairs > 8
    assert found.bytecode.unexplained == []
    assert found.beniget.unexplained == []
    assert found.reachable.unexplained == []


def test_only_a_constant_condition_explains_a_way_that_the_compiler_has_not() -> None:
    found = report("def f():\n    x = 1\n    if 0:\n        x = 2\n    return x\n")
    assert found.bytecode.explained == {def_use.CONSTANT: 1}
    assert found.bytecode.identical == found.bytecode.functions - 1


def test_a_difference_that_nothing_explains_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = def_use.ours

    def wrong(*given: object) -> def_use.Chains:
        found = right(*given)  # type: ignore[arg-type]
        return def_use.Chains(set(sorted(found.pairs)[1:]), set(sorted(found.read)[1:]))

    monkeypatch.setattr(def_use, "ours", wrong)
    found = report("def f(x, y):\n    return x, y\n")
    lost = ((1, 6, ""), (2, 11, ""))
    for agreement in (found.bytecode, found.beniget):
        assert [(one.side, one.places) for one in agreement.unexplained] == [("theirs", lost)]
        assert agreement.identical == 0
    assert [one.places for one in found.reachable.unexplained] == [lost[1:]]


def test_this_repositorys_own_code_has_the_chains_of_the_bytecode() -> None:
    found = def_use.compare_all([Path(def_use.__file__), Path(__file__)])
    assert found.bytecode.functions > 60
    assert found.bytecode.unexplained == found.beniget.unexplained == found.reachable.unexplained == []
