"""Notebooks: code cells as one module, line for line; what is no notebook says why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codegraph._internal.indexing.notebooks import NotANotebookError, module_of


def notebook(*cells: str | list[str], language: str = "python", **more: Any) -> bytes:
    listed = [{"cell_type": "code", "source": cell, "outputs": [], "metadata": {}} for cell in cells]
    return json.dumps(
        {"cells": listed, "metadata": {"kernelspec": {"language": language}}, "nbformat": 4, **more}
    ).encode()


def lines(*cells: str | list[str]) -> list[str]:
    return module_of(notebook(*cells)).decode().splitlines()[2:]  # without the two lines of the first cell's beginning


def test_cells_follow_each_other_with_their_positions() -> None:
    content = json.loads(notebook("x = 1", ["def f():\n", "    return x\n"]))
    content["cells"].insert(1, {"cell_type": "markdown", "source": "# Text"})
    text = module_of(json.dumps(content).encode()).decode()
    assert text == "# %% notebook\n# %% cell 1\nx = 1\n# %% cell 3\ndef f():\n    return x\n"


@pytest.mark.parametrize(
    ("line", "python"),
    [
        ("%matplotlib inline", "pass  # %matplotlib inline"),
        ("    !ls -l", "    pass  # !ls -l"),
        ("files = !ls", "files = None  # !ls"),
        ("took = %timeit -o f()", "took = None  # %timeit -o f()"),
        ("np.array?", "pass  # np.array?"),
        ("?np.array", "pass  # ?np.array"),
        ("x = a % b", "x = a % b"),
        ("% b)", "% b)"),
        ("x = 'what?'", "x = 'what?'"),
        ("ok = a == b", "ok = a == b"),
        ("a != b", "a != b"),
        ("text = '= %s'", "text = '= %s'"),
        ("x = 1\x0c", "x = 1\x0c"),
    ],
)
def test_what_ipython_alone_understands_becomes_a_comment(line: str, python: str) -> None:
    assert module_of(notebook(line)).decode().split("\n")[2] == python


def test_cells_in_other_languages_are_comments_and_timed_ones_are_code() -> None:
    assert lines("%%bash\nls\n\ncat x") == ["# %%bash", "# ls", "# ", "# cat x"]
    assert lines("\n%%time\nf()") == ["", "pass  # %%time", "f()"]


def test_the_older_format_is_read() -> None:
    cells = [{"cell_type": "code", "input": ["x = 1\n", "y = 2"]}]
    text = module_of(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}).encode()).decode()
    assert text.endswith("x = 1\ny = 2\n")


def test_a_module_made_of_a_notebook_stays_as_it_is() -> None:
    module = module_of(notebook("x = 1"))
    assert module_of(module) == module


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"cells": 1}', b'{"cells": [1]}', b"\xff", b"[" * 100_000, b'{"cells": [{"cell_type": "code"}]}'],
)
def test_what_is_no_notebook_is_refused(content: bytes) -> None:
    with pytest.raises(NotANotebookError) as caught:
        module_of(content)
    assert (caught.value.code, caught.value.status) == ("notebook-malformed", "failed")


def test_a_notebook_in_another_language_is_skipped() -> None:
    with pytest.raises(NotANotebookError) as caught:
        module_of(notebook("x <- 1", language="R"))
    assert (caught.value.code, caught.value.status) == ("notebook-language", "skipped")
