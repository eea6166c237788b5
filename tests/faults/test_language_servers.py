"""Servers that crash, hang, lie or do not speak the protocol cost their answers, never the run."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph, IndexResult
from codegraph._internal.indexing import CancelToken
from codegraph._internal.settings.trusted import trust
from codegraph_plugins.stages.lsp_types.connection import Connection

SERVER = Path(__file__).with_name("language_server.py")
GOOD = "class Shape:\n    def area(self):\n        return 1\n\n\ndef call(shape):\n    return shape.area()\n"
USE = "def use(shape):\n    return shape.area()\n"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CODEGRAPH_TRUSTED", raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "shapes.py").write_text(GOOD)
    (root / "bad.py").write_text(USE)
    (root / "use.py").write_text(USE)
    trust(root)
    return root


class Asked:
    """A run with the server that behaves in one way, and what it was asked."""

    def __init__(self, root: Path, behaviour: str, **settings: Any) -> None:
        self.log = root.parent / "asked.log"
        self.log.unlink(missing_ok=True)
        self.command = [sys.executable, str(SERVER), behaviour, str(self.log)]
        # Long limits, so that a machine whose disk stands still for seconds does not change what is answered.
        given = {"servers": {"python": self.command}, "request_timeout_s": 30.0, "start_timeout_s": 60.0, **settings}
        self.result: IndexResult = CodeGraph().index(root, mode="full").with_lsp_types(**given).execute()

    def calls(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        found = self.result.query().call_sites().filter(callee_text="shape.area").execute()
        return {one.file_path: (one.status, tuple(one.candidates)) for one in found}

    def edges(self) -> list[tuple[str, str, str, float]]:
        found = self.result.query().edges().filter(kind="calls", resolver__startswith="lsp:").execute()
        return sorted((one.file_path or "", one.source_id, one.target_id, round(one.confidence, 2)) for one in found)

    def failures(self) -> list[tuple[str | None, str]]:
        found = self.result.query().diagnostics().filter(code="language-server-failed").execute()
        return [(one.file_path, one.message) for one in found]

    def questions(self) -> list[str]:
        return sorted(line for line in self.log.read_text().splitlines() if line != "start")

    def starts(self) -> int:
        return self.log.read_text().splitlines().count("start")


RESOLVED = ("resolved", ("shapes:Shape.area@py",))
OPEN = ("unresolved", ())


def test_calls_that_linking_leaves_open_get_the_callees_that_the_server_names(root: Path) -> None:
    asked = Asked(root, "good")
    assert asked.calls() == {"shapes.py": RESOLVED, "bad.py": RESOLVED, "use.py": RESOLVED}
    assert asked.edges() == [
        ("bad.py", "bad:use@py", "shapes:Shape.area@py", 0.8),
        ("shapes.py", "shapes:call@py", "shapes:Shape.area@py", 0.8),
        ("use.py", "use:use@py", "shapes:Shape.area@py", 0.8),
    ]
    assert asked.questions() == ["bad.py area", "shapes.py area", "use.py area"]
    assert (asked.failures(), asked.result.errors, asked.starts()) == ([], (), 1)


def test_a_second_run_asks_nothing_and_says_the_same(root: Path) -> None:
    first = Asked(root, "good")
    second = Asked(root, "good")
    assert not second.log.exists()
    assert (second.calls(), second.edges()) == (first.calls(), first.edges())


def test_only_what_a_change_may_touch_is_asked_about_again(root: Path) -> None:
    (root / "user.py").write_text("import shapes\n\n\ndef f(shape):\n    return shape.area()\n")
    Asked(root, "good")
    (root / "shapes.py").write_text("\n\n" + GOOD)
    asked = Asked(root, "good")
    # `shapes.py` changed, `user.py` imports it, and the answers about the others named it.
    assert asked.questions() == ["bad.py area", "shapes.py area", "use.py area", "user.py area"]
    (root / "use.py").write_text("\n" + USE)
    assert Asked(root, "good").questions() == ["use.py area"]


def test_without_the_cache_it_asks_each_time(root: Path) -> None:
    Asked(root, "good", cache=False)
    assert len(Asked(root, "good", cache=False).questions()) == 3


def test_a_damaged_cache_is_as_none(root: Path, tmp_path: Path) -> None:
    Asked(root, "good")
    file = tmp_path / "cache" / "codegraph" / "language-servers.sqlite"
    for beside in file.parent.iterdir():
        beside.unlink()
    file.write_bytes(b"no database at all" * 100)
    asked = Asked(root, "good")
    assert (len(asked.questions()), asked.calls()["use.py"]) == (3, RESOLVED)
    assert not Asked(root, "good").log.exists()


def test_a_crash_costs_the_file_that_it_was_asked_about(root: Path) -> None:
    asked = Asked(root, "crash")
    assert asked.calls() == {"shapes.py": RESOLVED, "bad.py": OPEN, "use.py": RESOLVED}
    assert {path for path, _ in asked.failures()} == {None, "bad.py"}
    assert all("ended" in message for _, message in asked.failures())
    assert asked.result.errors == ()


def test_a_question_that_hangs_costs_a_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "bad.py").write_text("def use(shape):\n" + "    shape.area()\n" * 5)
    request = Connection.request

    async def patiently(connection: Connection, method: str, parameters: Any, timeout_s: float) -> Any:
        """Wait as told for the file whose questions hang, and longer for those that a busy machine holds up."""
        is_other = method == "textDocument/definition" and "bad.py" not in str(parameters)
        return await request(connection, method, parameters, 60.0 if is_other else timeout_s)

    monkeypatch.setattr(Connection, "request", patiently)
    asked = Asked(root, "hang", request_timeout_s=1.0)
    assert (asked.calls()["use.py"], asked.calls()["shapes.py"], asked.calls()["bad.py"]) == (RESOLVED, RESOLVED, OPEN)
    assert any(path == "bad.py" and "did not answer" in message for path, message in asked.failures())


def test_a_server_that_always_hangs_is_given_up(root: Path) -> None:
    (root / "use.py").write_text("def use(shape):\n" + "    shape.area()\n" * 5)
    asked = Asked(root, "hang-always", request_timeout_s=1.0)
    assert set(asked.calls().values()) == {OPEN}
    assert {path for path, _ in asked.failures()} == {None, "bad.py", "shapes.py", "use.py"}
    assert all("did not answer" in message for _, message in asked.failures())


def test_all_questions_together_take_no_longer_than_they_may(root: Path) -> None:
    asked = Asked(root, "hang-always", request_timeout_s=300.0, time_limit_s=2.0)
    assert set(asked.calls().values()) == {OPEN}
    assert [path for path, message in asked.failures() if "needed more than 2 s" in message] == [None]


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        ("garbage", "does not speak the protocol"),
        ("endless", "does not speak the protocol"),
        ("never-ready", "was not ready within 1 s"),
        ("unable", "cannot say where names are defined"),
    ],
)
def test_a_server_that_cannot_be_used_leaves_calls_as_they_were(root: Path, behaviour: str, why: str) -> None:
    asked = Asked(root, behaviour, start_timeout_s=1.0 if behaviour == "never-ready" else 60.0)
    assert set(asked.calls().values()) == {OPEN}
    assert [(path, why in message) for path, message in asked.failures()] == [(None, True)]


@pytest.mark.parametrize("behaviour", ["wrong", "errors"])
def test_what_is_no_definition_is_no_callee(root: Path, behaviour: str) -> None:
    (root / "bad.py").write_text("def use(shape):\n" + "    shape.area()\n" * 20)
    asked = Asked(root, behaviour)
    assert set(asked.calls().values()) == {OPEN}
    assert (asked.edges(), asked.failures()) == ([], [])


def test_a_server_that_writes_much_to_its_standard_error_is_not_stopped_by_it(root: Path) -> None:
    assert set(Asked(root, "flood").calls().values()) == {RESOLVED}


def test_calls_of_a_language_without_a_server_are_told(root: Path) -> None:
    settings: dict[str, Any] = {"servers": {"python": ["no-such-language-server"]}}
    result = CodeGraph().index(root, mode="full").with_lsp_types(**settings).execute()
    (said,) = result.query().diagnostics().filter(code="language-server-missing").execute()
    assert "no-such-language-server" in said.message
    assert "3 calls of python" in said.message
    assert {call.status for call in result.query().call_sites().execute()} == {"unresolved"}
    silent = CodeGraph().index(root, mode="full").with_lsp_types(servers={"python": []}).execute()
    assert not silent.query().diagnostics().filter(code__startswith="language-server").exists()


def test_several_callees_are_each_less_sure(root: Path) -> None:
    (root / "more.py").write_text("class Other:\n    def area(self):\n        return 2\n")
    asked = Asked(root, "good")
    assert asked.calls()["use.py"] == ("resolved", ("more:Other.area@py", "shapes:Shape.area@py"))
    assert {confidence for *_, confidence in asked.edges()} == {0.7}


def test_a_cancelled_run_ends_the_server(root: Path, tmp_path: Path) -> None:
    from codegraph._internal.indexing import Indexer
    from codegraph._internal.indexing.events import RunResult
    from codegraph._internal.settings import load_settings

    log = tmp_path / "asked.log"
    command = [sys.executable, str(SERVER), "hang-always", str(log)]
    settings = load_settings(root, {"plugins": {"lsp-types": {"servers": {"python": command}}}})
    cancel, ended = CancelToken(), []

    def run() -> RunResult | None:
        try:
            return Indexer(settings.config, cancel=cancel).run()
        except Exception as error:
            ended.append(error)
            return None

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 60
    while "area" not in (log.read_text() if log.exists() else "") and time.monotonic() < deadline:
        time.sleep(0.05)
    cancel.cancel()
    thread.join(120)
    assert [getattr(error, "code", None) for error in ended] == ["cancelled"]
    assert not _running(str(log), within_s=60.0)


def _running(argument: str, within_s: float) -> bool:
    """Say whether a process with an argument is still there after a while."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        commands = [_command(one) for one in Path("/proc").iterdir() if one.name.isdigit()]
        if not any(argument.encode() in command for command in commands):
            return False
        time.sleep(0.1)
    return Path("/proc").is_dir()


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
