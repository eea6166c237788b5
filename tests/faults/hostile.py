"""A repository with every odd input at once, and ways to compare what indexing made of two repositories."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

from codegraph import CodeGraph, IndexingConfig
from codegraph._internal.sdk.graph import Graph

CANARY = "canary-was-here"
"""Name of the file that analysed code would make if it were ever run."""

RUNS = f"""import pathlib, sys
pathlib.Path(__file__).with_name({CANARY!r}).touch()
pathlib.Path({CANARY!r}).touch()
"""

ESCAPE = "\x1b[31mred\x1b[0m"
GOOD = "def good(x):\n    return helper(x)\n\n\ndef helper(x):\n    return x\n"

SKIPPED = {"binary.py", "huge_line.py", "big.min.js"}
DEGRADED = {"truncated.py", "truncated.ts", "noise.py", "identifiers.py", "nested.ts"}
NEVER_SEEN = {"pipe.py", "socket.py", "device.py", "loop.py", "outside.py", "dangling.py"}
"""Entries with a source file's name that are no regular files: no `files` row, one diagnostic each."""
IGNORED = {"ignored/secret.py", "generated.py"}


def put(root: Path, name: str | bytes, content: str | bytes = GOOD) -> None:
    path = root / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)


def hostile_repository(root: Path, outside: Path) -> Path:
    """Write the repository into `root`; `outside` is a folder that it must not reach."""
    put(root, "good.py")
    names(root)
    contents(root)
    entries(root, outside)
    repositories(root)
    for name in ("conftest.py", "setup.py", "sitecustomize.py", "usercustomize.py", "__init__.py", "codegraph.py"):
        put(root, name, RUNS)
    put(root, "pyarrow/__init__.py", RUNS)
    put(root, "package.json", '{"name": "x", "scripts": {"preinstall": "touch ' + CANARY + '"}}')
    return root


def names(root: Path) -> None:
    put(root, b"latin-\xe9.py")
    put(root, b"invalid-\xff\xfe.py")
    put(root, "new\nline.py")
    put(root, f"{ESCAPE}.py")
    put(root, "back\\slash.py")
    put(root, "\\xff.py")
    put(root, "\u202egnp.py")
    put(root, "Case.py")
    put(root, "case.py")
    put(root, "caf\u00e9.py")
    put(root, "cafe\u0301.py")
    put(root, " lead and trail .py")
    put(root, "-rf.py")
    put(root, "a'b\"c;$(touch x).ts", "export const a = 1;\n")
    put(root, "deep/" * 100 + "deep.py")
    put(root, "x" * 250 + ".py")


def contents(root: Path) -> None:
    put(root, "empty.py", "")
    put(root, "empty.ts", "")
    put(root, "blank.py", "\n\n   \n")
    put(root, "bom.py", b"\xef\xbb\xbf" + GOOD.encode())
    put(root, "utf16.py", GOOD.encode("utf-16"))
    put(root, "latin1.py", b"# coding: latin-1\nname = '\xe9'\n")
    put(root, "not_utf8.py", b"name = '\xe9\xff'\n")
    put(root, "binary.py", b"\x00\x01\x02" * 100)
    put(root, "crlf.py", GOOD.replace("\n", "\r\n"))
    put(root, "cr.py", GOOD.replace("\n", "\r"))
    put(root, "truncated.py", "class A:\n    def f(self):\n        return g(1,\n")
    put(root, "truncated.ts", "export class A { f() { return g(1,")
    put(root, "noise.py", bytes(range(1, 256)) * 20)
    put(root, "escape.py", 'def f():\n    """\x1b[2J\x1b]0;title\x07"""\n    return g("\x1b[31m")\n')
    put(
        root,
        "identifiers.py",
        "def \u00e9t\u00e9():\n    pass\n\n\ndef e\u0301te\u0301():\n    pass\n\n\ndef \u202eevil():\n    pass\n",
    )
    put(root, "nested.py", "x = " + "(" * 10_000 + "1" + ")" * 10_000 + "\n")
    put(root, "nested.js", "x = " + "[" * 10_000 + "]" * 10_000 + ";\n")
    put(root, "nested.ts", "function f(){" * 2_000 + "}" * 2_000 + "\n")
    put(root, "chain.py", "x = a" + ".b()" * 10_000 + "\n")
    put(root, "plus.py", "x = 1" + " + 1" * 10_000 + "\n")
    put(root, "elif.py", "if a:\n    pass\n" + "elif b:\n    pass\n" * 5_000)
    put(root, "minified.js", ";".join(f"function f{n}(a){{return g{n}(a)}}" for n in range(2_000)))
    put(root, "big.min.js", "var a=" + ",".join(f"b{n}" for n in range(400_000)) + ";")
    with (root / "huge_line.py").open("wb") as stream:  # sparse, so that it costs no disk
        stream.write(b"x = 1")
        stream.truncate(50_000_000)
    put(root, "cycle_a.py", "from cycle_b import *\nfrom cycle_b import x\n")
    put(root, "cycle_b.py", "from cycle_a import *\nfrom cycle_a import x\n")
    put(
        root,
        "self_base.py",
        "class A(A):\n    pass\n\n\nclass B(C):\n    pass\n\n\nclass C(B):\n    def f(self):\n        self.g()\n",
    )
    put(
        root,
        "tsconfig.json",
        '{"extends": "./tsconfig.json", "compilerOptions": {"paths": {"*": ["/etc/*", "../../*"]}}}',
    )
    put(
        root,
        "same_name.py",
        "def f():\n    pass\n\n\ndef f():\n    pass\n\n\nclass f:\n    def f(self):\n        pass\n\n    f = 1\n",
    )


def entries(root: Path, outside: Path) -> None:
    outside.mkdir(exist_ok=True)
    put(outside, "secret.py", "def secret():\n    pass\n")
    os.mkfifo(root / "pipe.py")
    # From inside the folder, because a socket's address has room for about 100 bytes.
    with closing(socket.socket(socket.AF_UNIX)) as server, contextlib.chdir(root):
        server.bind("socket.py")
    (root / "device.py").symlink_to("/dev/zero")
    (root / "loop.py").symlink_to("loop.py")
    (root / "dangling.py").symlink_to("nowhere.py")
    (root / "outside.py").symlink_to(outside / "secret.py")
    (root / "up").symlink_to("..")
    (root / "away").symlink_to(outside)
    (root / "folder.py").mkdir()
    put(root, "folder.py/inner.py")
    put(root, ".gitignore", "ignored/\ngenerated.py\n\xff\n[\n!\n**/**/**/nothing/\n")
    for name in IGNORED:
        put(root, name)


def repositories(root: Path) -> None:
    put(root, ".git/HEAD", "ref: refs/heads/main\n")
    put(
        root,
        ".git/config",
        f'[core]\n\tfsmonitor = touch {CANARY}\n\thooksPath = .\n[diff "x"]\n\ttextconv = touch {CANARY}\n',
    )
    put(root, ".git/inside.py")
    put(root, "submodule/.git/HEAD", "ref: refs/heads/main\n")
    put(root, "submodule/inner.py")
    put(root, "worktree/.git", "gitdir: /nonexistent/\udcff\n")
    put(root, "worktree/inner.py")
    put(root, "bare.git/HEAD", "ref: refs/heads/main\n")
    put(root, "bare.git/objects/info/packs", "")
    put(root, "bare.git/refs/heads/main", "0" * 40 + "\n")


OF_THE_RUN = {"version", "mtime_ns"}
"""Columns that name the snapshot or a time, so that two runs may differ in them."""


def index(root: Path, cache: Path, **options: Any) -> dict[str, Any]:
    """Index and return the summary."""
    settings = {"mode": "full", "backend": "python", "parallel_workers": 1, **options}
    return CodeGraph(config=IndexingConfig(root_path=root, cache_dir=cache, **settings)).index().execute().summary


def tables(root: Path, cache: Path, snapshot_id: str | None = None) -> dict[str, list[str]]:
    """Return every row of every table as JSON, in the stored order, without the columns in `OF_THE_RUN`."""
    config = IndexingConfig(root_path=root, cache_dir=cache)
    with CodeGraph(config=config).open(snapshot_id=snapshot_id) as graph:
        return rows_of(graph)


def in_any_order(root: Path, cache: Path) -> dict[str, list[str]]:
    """Return what `tables` does, sorted: an incremental run stores the rows of what changed behind those that stay."""
    return {name: sorted(rows) for name, rows in tables(root, cache).items()}


def rows_of(graph: Graph) -> dict[str, list[str]]:
    """Return every row of an open graph, as `tables` does."""
    query = graph.query()
    return {
        name: [
            json.dumps({key: value for key, value in row.items() if key not in OF_THE_RUN}, sort_keys=True)
            for batch in query.table(name).batches(5_000)
            for row in batch.to_pylist()
        ]
        for name in graph.query().tables()
        if name != "snapshots"
    }
