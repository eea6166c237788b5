"""The reference of the command line is what the commands say."""

from pathlib import Path

from codegraph.cli.reference import render_reference

PAGE = Path(__file__).parents[3] / "docs/reference/cli.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == render_reference(), (
        "run: python -m codegraph.cli.reference > docs/reference/cli.md"
    )


def test_every_option_has_a_meaning():
    assert "| |" not in render_reference()
    assert "`--cache-dir` | Folder of the store" in render_reference()
