"""Writes docs/reference/cli.md from the commands themselves: `python -m codegraph.cli.reference`."""

from __future__ import annotations

from collections.abc import Iterator

from cyclopts import App

from codegraph.cli.app import COMMANDS, build_app

_HEAD = """\
# Command line

Made from the commands themselves (`python -m codegraph.cli.reference`). `cgraph` is a second name of
`codegraph`.

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | the command's own "no": nothing is indexed, a symbol is unknown or ambiguous, two snapshots differ … |
| 2 | usage: an option, a table, a field, an operator or a value is wrong |
| 3 | permanent error: not worth trying again before something is mended; the remedy says what |
| 4 | transient error: another try may succeed |
| 5 | infrastructure error: the disk, the memory or the system refused |
| 130 | interrupted; the previous snapshot is unchanged |

With `--json`, standard output is one object; an error is `{"error": {"code", "category", "message", "context"}}`.
"""


def render_reference() -> str:
    """Return the reference of every command as Markdown."""
    app = build_app()
    parts = [_HEAD]
    for name, line in COMMANDS.items():
        command = app[name]
        parts.append(f"\n## {name}\n\n{line}\n")
        for words, each in _commands(name, command):
            parts.append(f"\n`codegraph {words}{_arguments(each)}`\n")
            if each is not command:
                parts.append(f"\n{(each.help or '').strip()}\n")
            parts.append("\n| option | meaning |\n|---|---|\n" + "".join(_rows(each)))
        examples = str(command.help_epilogue or "").strip()
        parts.append(f"\n```text\n{examples}\n```\n")
    return "".join(parts)


def _commands(words: str, command: App) -> Iterator[tuple[str, App]]:
    """Yield a command and those below it that do something, with the words that name them."""
    if command.default_command:
        yield words, command
    for name in command:
        if not name.startswith("-"):
            yield from _commands(f"{words} {name}", command[name])


def _arguments(command: App) -> str:
    words = []
    for argument in command.assemble_argument_collection(parse_docstring=True):
        if argument.field_info.is_positional_only:
            name = argument.field_info.name.upper()
            words.append(f" {name}" if argument.required else f" [{name}]")
    return "".join(words) + " [OPTIONS]"


def _rows(command: App) -> Iterator[str]:
    for argument in command.assemble_argument_collection(parse_docstring=True):
        names = argument.names if argument.show else ()
        shown = ", ".join(f"`{name}`" for name in names) or f"`{argument.field_info.name.upper()}`"
        text = " ".join((argument.parameter.help or "").split()).replace("|", "\\|")
        if text:
            yield f"| {shown} | {text} |\n"


if __name__ == "__main__":
    print(render_reference(), end="")
