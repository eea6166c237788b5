"""Jupyter notebooks: the code cells of a notebook as one Python module, for parsers that know nothing of notebooks.

Every cell begins with a line `# %% cell N`, N its position in the notebook from 1. What IPython alone understands
(`%magic`, `!command`, `name?`, cells in other languages) becomes a comment; no line is added or lost, so that a line of
the module is a line of its cell. The format is nbformat 3 and 4 (https://nbformat.readthedocs.io).
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from typing import Any, Final

import attrs

from codegraph._internal.indexing.sources import Loaded
from codegraph_hookspecs import SourceFile

EXTENSION: Final = ".ipynb"
LARGEST_BYTES: Final = 64_000_000
"""Outputs (pictures) make notebooks large; only the code counts against `max_file_bytes`."""

_FIRST_LINE: Final = b"# %% notebook\n"
_LINE_MAGIC: Final = re.compile(r"\s*(%{1,2}[A-Za-z_]|!|\?{1,2}[A-Za-z_%])|\s*[\w.%]+\?{1,2}\s*$")
_LONGEST_MAGIC: Final = 1_000  # matching is quadratic in leading blanks
_ASSIGNED_MAGIC: Final = re.compile(r"(\s*[\w.,\[\] ]*[^=!<>]=\s*)([!]|%[A-Za-z_])")
_PYTHON_CELL_MAGICS: Final = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "debug"})


class NotANotebookError(ValueError):
    """The bytes are no notebook.

    Args:
        code: Of the diagnostic.
        status: Of the file's row.
        message: What is wrong, as a sentence.
    """

    def __init__(self, code: str, status: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def module_of(content: bytes) -> bytes:
    """Return a notebook's code cells as the text of one Python module (UTF-8).

    Args:
        content: The notebook's JSON, or a module made of it earlier, which comes back as it is.

    Raises:
        NotANotebookError: `notebook-malformed`, or `notebook-language`: its kernel is not a Python one.
    """
    if content.startswith(_FIRST_LINE) or not content.strip():
        return content
    try:
        notebook = json.loads(content)
        language = _language(notebook)
        cells = _cells(notebook)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        why = f"This is no notebook: {type(error).__name__}."
        raise NotANotebookError("notebook-malformed", "failed", why) from error
    if language not in ("python", "ipython"):
        raise NotANotebookError("notebook-language", "skipped", f"The notebook's language is {language!r}, not Python.")
    texts = [_FIRST_LINE.decode()]
    for number, cell in cells:
        texts.append(f"# %% cell {number}\n{_python(cell)}\n")
    return "".join(texts).encode("utf-8", "surrogatepass")


def _language(notebook: Mapping[str, Any]) -> str:
    metadata = notebook.get("metadata") or {}
    for table, key in (("kernelspec", "language"), ("language_info", "name")):
        value = (metadata.get(table) or {}).get(key)
        if isinstance(value, str) and value:
            return value.lower()
    return "python"


def _cells(notebook: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Return position and text of the code cells; format 3 keeps them in worksheets and calls the text `input`."""
    cells: Any = notebook["cells"] if "cells" in notebook else [c for w in notebook["worksheets"] for c in w["cells"]]
    found = []
    for number, cell in enumerate(cells, 1):
        if cell["cell_type"] != "code":
            continue
        text = cell["source"] if "source" in cell else cell["input"]
        found.append((number, text if isinstance(text, str) else "".join(text)))
    return found


def _python(cell: str) -> str:
    # Not splitlines: Python's own lines end with line feeds alone.
    lines = cell.replace("\r\n", "\n").removesuffix("\n").split("\n")
    first = next((line for line in lines if line.strip()), "")
    magic = re.match(r"\s*%%(\w+)", first)
    if magic is not None and magic[1] not in _PYTHON_CELL_MAGICS:
        return "\n".join(f"# {line}" for line in lines)
    return "\n".join(map(_line, lines))


def _line(line: str) -> str:
    assigned = _ASSIGNED_MAGIC.match(line) if len(line) <= _LONGEST_MAGIC else None
    if assigned is not None:
        return f"{assigned[1]}None  # {line[assigned.end(1) :]}"
    if len(line) > _LONGEST_MAGIC or _LINE_MAGIC.match(line) is None:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    # `pass`, so that a block whose only line it was stays one.
    return f"{indent}pass  # {line.lstrip()}"


def prepared(loaded: Loaded, max_file_bytes: int) -> tuple[Loaded, list[tuple[SourceFile, NotANotebookError]]]:
    """Give notebooks among files their module's text as content.

    Args:
        loaded: Files on their way to a parser.
        max_file_bytes: The setting.

    Returns:
        The files without those that are no notebooks, and those with the reason. A notebook that cannot be read, or is
        larger than any limit, stays as it is: parsers report that for every file.
    """
    if not any(source.path.lower().endswith(EXTENSION) for source in loaded.sources):
        return loaded, []
    ready: list[SourceFile] = []
    refused: list[tuple[SourceFile, NotANotebookError]] = []
    for source in loaded.sources:
        if source.path.lower().endswith(EXTENSION):
            content = source.content
            if content is None:
                content = _read(source.location, max(LARGEST_BYTES, max_file_bytes))
            if content is not None:
                try:
                    source = attrs.evolve(source, content=module_of(content))
                except NotANotebookError as error:
                    refused.append((source, error))
                    continue
        ready.append(source)
    return attrs.evolve(loaded, sources=ready), refused


def _read(location: bytes, limit: int) -> bytes | None:
    try:
        handle = os.open(location, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as stream:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        return stream.read(limit)
