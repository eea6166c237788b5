"""What reaches a terminal: escaping of hostile names, numbers for people, tables, JSON objects."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

# C0 and C1 controls, the Unicode line separators, and the marks that reorder text (a name could
# otherwise clear the screen, forge a line or read backwards). A tab is harmless but breaks columns.
_CONTROLS = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x061C,
        0x200E,
        0x200F,
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
    )
}
_CONTROLS_BUT_NEWLINE = {code: text for code, text in _CONTROLS.items() if code not in (0x0A, 0x09)}


def escape(text: str, *, multiline: bool = False) -> str:
    r"""Return text that is safe to print: control characters appear as `\x1b`, `\u202e`.

    Args:
        text: Any text; lone surrogates become `\udcXX`.
        multiline: Keep newlines and tabs, for source text.
    """
    safe = text.translate(_CONTROLS_BUT_NEWLINE if multiline else _CONTROLS)
    return safe.encode("utf-8", "backslashreplace").decode("utf-8")


def console(*, stderr: bool = False) -> Console:
    """Return a rich console that reads no markup in what it prints."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=False)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", right: Iterable[str] = ()
) -> None:
    """Print rows as a table; every cell is escaped. Piped output is never cut to a width."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    aligned = set(right)
    # The escaped title is a Text, or rich would take a bracket in it for markup.
    table = Table(
        box=box.SIMPLE_HEAD, title=Text(escape(title)) if title else None, title_justify="left", pad_edge=False
    )
    for name in columns:
        table.add_column(Text(escape(name)), justify="right" if name in aligned else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell_text(value)) for value in row))
    out = console()
    if not out.is_terminal:
        out.width = 10_000
    out.print(table)


def cell_text(value: object) -> str:
    """Return one cell's text: escaped, short, empty for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping) and "start_line" in value:
        return f"{value['start_line']}:{value['start_column']}-{value['end_line']}:{value['end_column']}"
    if isinstance(value, (list, tuple)):
        return escape(", ".join(str(item) for item in value))
    return escape(str(value))


def count(number: float) -> str:
    """Return a number with thin groups: 1 234 567."""
    return f"{round(number):,}".replace(",", " ")


def size(number_of_bytes: float) -> str:
    """Return bytes in the unit that reads best: 12.3 MB."""
    for unit in ("B", "kB", "MB"):
        if number_of_bytes < 1000:
            return f"{number_of_bytes:.0f} {unit}" if unit == "B" else f"{number_of_bytes:.1f} {unit}"
        number_of_bytes /= 1000
    return f"{number_of_bytes:.1f} GB"


def duration(seconds: float) -> str:
    """Return a span of time in its largest unit that is not below one."""
    for length, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
