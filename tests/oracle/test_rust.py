"""Rust against lizard, which shares no code with what is tested."""

from __future__ import annotations

from pathlib import Path

from tests.oracle.rust_complexity import compare

SAMPLES = Path(__file__).parent / "samples"


def test_every_decision_of_the_sample_counts_like_lizards() -> None:
    agreement = compare(SAMPLES)
    assert agreement.compared >= 5
    assert not agreement.excluded
    assert agreement.differences == []


def test_what_lizard_miscounts_is_counted_apart(tmp_path: Path) -> None:
    (tmp_path / "a.rs").write_text("fn f() {\n    let c = || 1;\n    c();\n}\nfn g<T: ?Sized>() {\n}\n")
    agreement = compare(tmp_path)
    assert agreement.compared == 0
    assert agreement.excluded == {"empty-closure": 1, "optional-bound": 1}
