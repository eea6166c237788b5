"""Analysed code never runs, and a repository decides nothing outside itself."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from codegraph.cli import main
from tests.faults.hostile import CANARY, hostile_repository, index, put, tables

COMMAND = [sys.executable, "-P", "-m", "codegraph.cli"]

AUDIT = """
import os, sys

def watch(event, arguments):
    if event in ("os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "subprocess.Popen", "pty.spawn"):
        os.write(2, f"AUDIT {event} {arguments!r}\\n".encode())
    elif event == "import" and isinstance(arguments[1], str) and arguments[1].startswith(REPOSITORY):
        os.write(2, f"AUDIT import {arguments!r}\\n".encode())
    elif event in ("compile", "exec") and REPOSITORY in repr(arguments):
        os.write(2, f"AUDIT {event} {arguments!r}\\n".encode())
    elif event == "socket.connect":
        os.write(2, f"AUDIT {event} {arguments!r}\\n".encode())

REPOSITORY = sys.argv.pop(1)
sys.addaudithook(watch)
from codegraph.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def hostile(tmp_path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    return hostile_repository(root, tmp_path / "outside")


def canaries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name == CANARY]


def with_executor(name: str) -> dict[str, str]:
    return {**os.environ, "CODEGRAPH_EXECUTOR": name, "CODEGRAPH_PARALLEL_WORKERS": "2"}


def test_nothing_in_the_repository_is_imported_compiled_or_started(hostile, tmp_path):
    command = [sys.executable, "-P", "-c", AUDIT, str(hostile), "index", ".", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(command, cwd=hostile, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "AUDIT" not in done.stderr
    assert not canaries(tmp_path)


def test_the_audit_of_the_test_above_can_see_an_import(hostile, tmp_path):
    """The check itself is alive: an import from the repository is told."""
    code = AUDIT.replace("from codegraph.cli import main", "sys.path.insert(0, REPOSITORY); import setup; sys.exit(7)")
    command = [sys.executable, "-P", "-c", code, str(hostile)]
    done = subprocess.run(command, cwd=hostile, capture_output=True, text=True, check=False)
    assert done.returncode == 7
    assert "AUDIT" in done.stderr
    assert canaries(hostile)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_run_starts_no_process_but_its_own_workers(hostile, tmp_path, executor):
    log = tmp_path / "log"
    command = ["strace", "-f", "-qq", "-e", "trace=execve,execveat,connect", "-o", str(log), *COMMAND]
    done = subprocess.run(
        [*command, "index", ".", "--cache-dir", str(tmp_path / "cache"), "--quiet"],
        cwd=hostile, capture_output=True, text=True, check=False, env=with_executor(executor),
    )  # fmt: skip
    if "Operation not permitted" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    started = re.findall(r'execve(?:at)?\((?:[^,"]*, )?"([^"]*)"', log.read_text())
    assert {os.path.realpath(path) for path in started} == {os.path.realpath(sys.executable)}
    assert len(started) == (1 if executor == "threads" else 3)
    assert "AF_INET" not in log.read_text()
    assert not canaries(tmp_path)


def test_every_other_command_leaves_the_code_alone_too(hostile, tmp_path):
    index(hostile, tmp_path / "cache")
    for words in (["query", "nodes"], ["show", "setup"], ["pipeline", "show"], ["config", "show"]):
        command = [*COMMAND, *words, "--cache-dir", str(tmp_path / "cache")]
        done = subprocess.run(command, cwd=hostile, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), (words, done.stderr)
    assert not canaries(tmp_path)


def test_the_run_writes_nothing_outside_its_cache(hostile, tmp_path):
    def state(folder: Path) -> dict[str, tuple[int, int]]:
        found = {}
        for path in (folder, *folder.rglob("*")):
            status = path.lstat()
            found[os.fsdecode(path)] = (status.st_size, status.st_mtime_ns)
        return found

    before = state(hostile), state(tmp_path / "outside")
    index(hostile, tmp_path / "cache")
    assert (state(hostile), state(tmp_path / "outside")) == before


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str


@pytest.fixture
def run(monkeypatch) -> Callable[..., Done]:
    """Run a command in a folder, in this process; a hang is ended by the test's timeout."""
    for name in [name for name in os.environ if name.startswith("CODEGRAPH_")]:
        monkeypatch.delenv(name)

    def call(folder: Path, *words: str) -> Done:
        out = io.StringIO()
        with contextlib.chdir(folder), contextlib.redirect_stdout(out):
            code = main(words)
        return Done(code, out.getvalue())

    return call


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ('cache_dir = "/tmp/elsewhere"', "config-path-outside-root"),
        ('cache_dir = "../elsewhere"', "config-path-outside-root"),
        ('cache_dir = "link/elsewhere"', "config-path-outside-root"),
        ('taint_rules_path = "/etc/passwd"', "config-path-outside-root"),
        ('root_path = "/"', "config-not-allowed-in-file"),
        ('plugins = ["evil"]', "config-invalid"),
        ('plugin = "evil"', "config-unknown-key"),
        ('executor = "evil:run"', "config-not-allowed-in-file"),
        ('isolation = "none"', "config-not-allowed-in-file"),
        ("memory_budget_bytes = 9000000000", "config-not-allowed-in-file"),
        ('plugins.analyzer-complex-function.max_complexity = "sh -c evil"', "plugin-config-invalid"),
        ("x = [", "config-unreadable"),
        ("x = " + "[" * 5_000, "config-unreadable"),
    ],
)
@pytest.mark.parametrize("file", ["codegraph.toml", "pyproject.toml"])
def test_a_repository_cannot_name_plugins_or_paths_outside_itself(run, tmp_path, setting, code, file):
    root = tmp_path / "repository"
    put(root, "a.py")
    (root / "link").symlink_to(tmp_path)
    put(root, file, setting + "\n" if file == "codegraph.toml" else f"[tool.codegraph]\n{setting}\n")
    done = run(root, "index", ".", "--json")
    if file == "pyproject.toml" and code == "config-unreadable":
        assert done.returncode == 0  # a broken pyproject.toml is not ours to complain about
        return
    assert done.returncode == 3, done.stdout
    error = json.loads(done.stdout)["error"]
    assert not code or error["code"] == code, error
    assert error["context"].get("remedy") or error["context"].get("allowed"), error
    assert file in json.dumps(error), error
    assert not (tmp_path / "elsewhere").exists()
    assert not (root / ".codegraph").exists()


@pytest.mark.timeout(30)
@pytest.mark.parametrize("file", ["codegraph.toml", "pyproject.toml", "tsconfig.json", "package.json", ".gitignore"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop", "huge"])
def test_a_settings_file_that_is_no_file_neither_hangs_nor_crashes(run, tmp_path, file, kind):
    root = tmp_path / "repository"
    put(root, "a.ts", "import { b } from './b';\nb();\n")
    put(root, "b.ts", "export function b() {}\n")
    path = root / file
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to(file)
        case "huge":
            with path.open("wb") as stream:
                stream.truncate(2 * 2**20 if file != ".gitignore" else 101 * 2**20)
    done = run(root, "index", ".", "--json")
    summary = json.loads(done.stdout)
    if file == "codegraph.toml" and kind == "huge":
        assert summary["error"]["code"] == "config-invalid"
        return
    assert done.returncode == 0, done.stdout
    assert summary["files"]["ok"] == 2


def test_secrets_of_the_environment_and_source_text_are_in_no_log_and_no_state(tmp_path):
    root = tmp_path / "repository"
    put(root, "a.py", 'PASSWORD = "hunter2-in-source"\n\n\ndef f():\n    return connect("hunter2-in-call")\n')
    put(root, "broken.py", 'def f(:\n    "hunter2-in-broken"\n')
    environ = {**os.environ, "MY_TOKEN": "hunter2-in-environment"}
    done = subprocess.run(
        [*COMMAND, "index", ".", "--json"], cwd=root, capture_output=True, text=True, check=True, env=environ
    )
    assert "hunter2" not in done.stdout + done.stderr
    stored = b"".join(path.read_bytes() for path in (root / ".codegraph").rglob("*") if path.is_file())
    assert b"hunter2-in-environment" not in stored
    rows = tables(root, root / ".codegraph")
    assert "hunter2" not in json.dumps(rows["diagnostics"])
