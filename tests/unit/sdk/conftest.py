"""A small repository to index, and an SDK that runs in this process alone."""

from __future__ import annotations

from pathlib import Path

import pytest

FILES = {
    "pkg/__init__.py": "from .a import f\n",
    "pkg/a.py": "import os\nfrom pkg import b\n\n\nclass Job:\n    def run(self):\n        return f(1)\n\n\n"
    "def f(x):\n    if x:\n        return b.g(x)\n    return os.getcwd()\n",
    "pkg/b.py": "from pkg.a import f\n\n\ndef g(x):\n    return f(x)\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return the folder of a repository with three Python files, two of which import each other."""
    root = tmp_path / "repository"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root
