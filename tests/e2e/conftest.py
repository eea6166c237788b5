"""A small repository, and the command line run as users run it."""

import contextlib
import io
import json
from pathlib import Path
from typing import NamedTuple

import pytest

from codegraph.cli import main

FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": '''"""What things cost."""

VAT = 0.19


def with_tax(net: float) -> float:
    """Return the gross price."""
    return round(net * (1 + VAT), 2)
''',
    "shop/basket.py": '''"""What a customer wants to buy."""

from shop.prices import with_tax


class Basket:
    """A list of net prices."""

    def __init__(self) -> None:
        self.items = []

    def total(self) -> float:
        return sum(with_tax(net) for net in self.items)


def checkout(basket: Basket) -> str:
    return f"to pay: {basket.total()}"


def total(numbers):
    if not numbers:
        return 0
    return with_tax(numbers[0])
''',
    "web/cart.ts": """import { format } from "./format";

export class Cart {
  total(prices: number[]): string {
    return format(prices.length);
  }
}
""",
    "web/format.ts": "export function format(value: number): string {\n  return String(value);\n}\n",
    "broken.py": "def f(:\n    pass\n\n\ndef fine():\n    return 1\n",
    "picture.py": b"\x00\x01\x02",
    ".gitignore": "ignored/\n",
    "ignored/secret.py": "def never_seen(): pass\n",
}


def write_repository(folder: Path) -> Path:
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Cli:
    """Runs `codegraph` in a folder. In this process, which is quicker than one for each command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, code: int = 0) -> Done:
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            returned = main(words)
        out.flush()
        done = Done(returned, out.buffer.getvalue().decode(), err.getvalue())
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def json(self, *words: str, code: int = 0):
        return json.loads(self(*words, "--json", code=code).stdout)


@pytest.fixture
def repository(tmp_path) -> Path:
    """A fresh repository, not indexed."""
    return write_repository(tmp_path / "repository")


@pytest.fixture(scope="session")
def indexed(tmp_path_factory) -> Cli:
    """The command line in a repository that was indexed once; tests must not change it."""
    cli = Cli(write_repository(tmp_path_factory.mktemp("indexed")))
    cli("index", ".", "--quiet")
    return cli
