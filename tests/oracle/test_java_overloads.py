"""Calls of Java's cases mean the methods that the compiler chose."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.callgraph.test_cases import FOLDER, Case, read
from tests.oracle.java_overloads import compare, fits, parameters_of, written_parameters

pytest.importorskip("codegraph_parser_rust")

STRIDE = 6
"""The compiler takes seconds to start: of so many cases, one is compared in every run, the others in slow ones."""
CASES = [
    pytest.param(case, id=f"{name}: {case.title}", marks=[pytest.mark.slow] if number % STRIDE else [])
    for number, (name, case) in enumerate(
        (name, case) for name in ("overloads", "functions", "packages") for case in read(FOLDER / "java" / f"{name}.md")
    )
]


def test_parameters_are_read() -> None:
    assert parameters_of("(ILjava/lang/String;[[JLp/A$B;)V") == ("int", "String", "long[][]", "B")
    written = written_parameters("static <T> int f(final @X List<Map<K, V>> a, java.lang.String b, T c, int... d) {}")
    assert written == ("List", "String", "*", "int[]")
    assert fits(written, ("List", "String", "Object", "int[]"))
    assert not fits(written, ("List", "String", "Object", "long[]"))


@pytest.mark.skipif(shutil.which("javac") is None, reason="needs a JDK")
@pytest.mark.parametrize("case", CASES)
def test_the_compiler_chose_the_same_methods(case: Case, tmp_path: Path) -> None:
    sources, classes = tmp_path / "sources", tmp_path / "classes"
    classes.mkdir()
    for name, text in case.files.items():
        target = sources / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    paths = [str(path) for path in sorted(sources.rglob("*.java"))]
    subprocess.run(["javac", "-nowarn", "-d", str(classes), *paths], check=True, capture_output=True)
    found = compare(sources, classes)
    # Calls of lambdas lead to none of the compiler's methods, and so agree with nothing and contradict nothing.
    assert not found.wrong, found
