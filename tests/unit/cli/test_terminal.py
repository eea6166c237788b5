"""What reaches a terminal is safe and readable."""

import pytest

from codegraph.cli.terminal import cell_text, count, escape, print_table, size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ünïcödé 名前", "plain ünïcödé 名前"),
        ("\x1b[2J\x1b[31mred", "\\x1b[2J\\x1b[31mred"),
        ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
        ("bell\x07 del\x7f c1\x9b", "bell\\x07 del\\x7f c1\\x9b"),
        ("file\u202egnp.py", "file\\u202egnp.py"),
        ("para\u2029graph", "para\\u2029graph"),
        ("\udcff", "\\udcff"),
    ],
)
def test_control_characters_and_text_reordering_marks_are_escaped(text, expected):
    assert escape(text) == expected


def test_source_text_keeps_its_lines_and_tabs_and_nothing_else():
    assert escape("def f():\n\treturn '\x1b'\r", multiline=True) == "def f():\n\treturn '\\x1b'\\x0d"


def test_a_table_prints_brackets_as_they_are_and_escapes_hostile_cells(capsys):
    print_table(["name", "n"], [["[red]x[/red] :smile: \x1b[31m", 3]], title="a [bold] title", right=["n"])
    printed = capsys.readouterr().out
    assert "[red]x[/red] :smile: \\x1b[31m" in printed
    assert "a [bold] title" in printed
    assert "\x1b" not in printed


def test_a_long_cell_is_not_cut_when_the_output_is_no_terminal(capsys):
    print_table(["path"], [["x" * 500]])
    assert "x" * 500 in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "yes"),
        (0.25, "0.25"),
        (["a", "b\n"], "a, b\\x0a"),
        (
            {"start_line": 1, "start_column": 2, "end_line": 3, "end_column": 4, "start_byte": 0, "end_byte": 9},
            "1:2-3:4",
        ),
    ],
)
def test_cells_read_as_people_expect(value, expected):
    assert cell_text(value) == expected


def test_counts_are_grouped_and_sizes_have_units():
    assert count(1234567.4) == "1 234 567"
    assert [size(n) for n in (0, 999, 12_345, 5_000_000, 3_000_000_000)] == [
        "0 B",
        "999 B",
        "12.3 kB",
        "5.0 MB",
        "3.0 GB",
    ]
