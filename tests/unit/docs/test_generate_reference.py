"""The generated reference pages are current, and staleness is noticed."""

import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "docs/generate_reference.py"


@pytest.fixture
def generator():
    return runpy.run_path(str(SCRIPT))


def test_the_pages_are_current(generator, capsys):
    assert generator["main"](["--check"]) == 0, capsys.readouterr().out


def test_a_stale_page_is_told_and_not_written(generator, tmp_path, capsys):
    main = generator["main"]
    main.__globals__["FOLDER"] = tmp_path
    assert main([]) == 0
    page = tmp_path / "tables.md"
    page.write_text(page.read_text().replace("| name | string |", "| name | text |"))
    before = page.read_text()
    assert main(["--check"]) == 1
    shown = capsys.readouterr()
    assert "-| name | text |" in shown.out
    assert "python docs/generate_reference.py" in shown.err
    assert page.read_text() == before


def test_a_hook_without_the_template_is_refused(generator):
    with pytest.raises(ValueError, match=r"'Give things\.' lacks Added in, Order"):
        generator["parse_docstring"]("Give things.\n\nWhen: now.")
