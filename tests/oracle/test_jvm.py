"""Java and Kotlin against tools and scripts that share no code with what is tested."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import lizard
import pytest

from codegraph_hookspecs import LanguagePack
from codegraph_plugins.languages import java, kotlin
from tests.oracle.complexity import _ours, source_files
from tests.oracle.jvm_imports import compare

SAMPLES = Path(__file__).parent / "samples"

SOURCES: Mapping[str, str] = {
    "src/main/java/p/A.java": "package p;\nimport q.B;\nimport q.Outer.Inner;\nimport static q.B.make;\nimport r.*;\n"
    "import q.UtilKt;\nimport java.util.List;\nclass A { B b; Inner i; }\n",
    "src/main/java/q/B.java": "package q;\npublic class B { public static B make() { return null; } }\n",
    "src/main/java/q/Outer.java": "package q;\npublic class Outer { public static class Inner {} }\n",
    "src/main/java/r/R.java": "package r;\npublic class R {}\n",
    "src/main/kotlin/util.kt": "package q\nimport p.A\nimport q.B as Other\nimport kotlin.math.max\nfun top(a: A) = 1",
    "src/test/kotlin/use.kt": "package s\nimport q.top\nimport q.*\nfun use() { top(TODO()) }\n",
}


@pytest.mark.parametrize(("pack", "least"), [(java.PACK, 3), (kotlin.PACK, 3)], ids=["java", "kotlin"])
def test_every_decision_of_the_samples_counts_like_lizards(pack: LanguagePack, least: int) -> None:
    files = list(source_files(SAMPLES, pack))
    ours = {
        (file.path, name, end): value
        for file in files
        for name, _, end, value in _ours([file], pack)[file.path]
        if not name.startswith("<")
    }
    theirs = {
        (file.path, function.name.rpartition("::")[2], function.end_line): function.cyclomatic_complexity
        for file in files
        for function in lizard.analyze_file(str(SAMPLES / file.path)).function_list
    }
    assert len(theirs) >= least
    assert ours == theirs


def test_imports_lead_to_the_files_that_declare_their_names(tmp_path: Path) -> None:
    for path, text in SOURCES.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    agreement = compare(tmp_path)
    assert agreement.inside >= 7
    assert agreement.misses == []
