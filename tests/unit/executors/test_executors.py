"""Executors on this machine: order, limits, and what becomes of tasks that hang, crash or take too much."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from codegraph_hookspecs import LostTask, PluginError, SupervisingExecutor, TaskLimits, execution, sign_of_life
from codegraph_hookspecs.testing import check_executor
from codegraph_plugins.executors import plugin
from codegraph_plugins.executors.processes import ProcessesExecutor, _Worker
from codegraph_plugins.executors.threads import ThreadsExecutor
from tests.unit.executors.tasks import work

EXECUTORS = [pytest.param(executor, id=executor.name) for executor in plugin.codegraph_executors()]
NO_LIMITS = TaskLimits()


@pytest.fixture
def processes() -> Iterator[ProcessesExecutor]:
    executor = ProcessesExecutor()
    yield executor
    executor.close()


def lost(outcome: object) -> LostTask:
    assert isinstance(outcome, LostTask), outcome
    return outcome


@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_built_in_executor_conforms(executor) -> None:
    check_executor(executor)


def test_built_in_executors_are_found_by_the_hook_and_say_where_they_run() -> None:
    found = {executor.name: executor for executor in plugin.codegraph_executors()}
    assert {name: found[name].in_process for name in found} == {"serial": True, "threads": True, "processes": False}
    assert isinstance(found["threads"], SupervisingExecutor)
    assert isinstance(found["processes"], SupervisingExecutor)
    assert not isinstance(found["serial"], SupervisingExecutor)


class Clock:
    """Stands still until something has happened, and is far ahead from then on: no limit depends on the machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.over = threading.Event()
        monkeypatch.setattr(execution.Watch, "now", lambda _: 1e6 if self.over.is_set() else 0.0)
        monkeypatch.setattr(execution.Watch, "look", execution.Watch.now)


class TestWatch:
    def test_a_pause_without_a_look_counts_as_a_second(self, monkeypatch) -> None:
        moments = iter([100.0, 100.5, 100.9, 700.0, 700.25, 700.25, 5_000.0])
        monkeypatch.setattr(execution, "time", SimpleNamespace(monotonic=lambda: next(moments)))
        watch = execution.Watch()
        assert [watch.now(), watch.look()] == pytest.approx([0.5, 0.9])
        assert [watch.look(), watch.now(), watch.look()] == pytest.approx([1.9, 2.15, 2.15])
        assert watch.now() == pytest.approx(3.15)  # whoever asks in between

    @pytest.mark.parametrize("pauses_s", [[0.3, 600.0, 0.3], [0.1] * 3])
    def test_a_limit_is_not_met_by_a_pause_of_the_process(self, pauses_s, monkeypatch) -> None:
        """A stopped process that goes on finds much time passed since its tasks began."""
        begun, looked = threading.Event(), threading.Event()
        moment, pauses = [0.0], iter(pauses_s)

        def idle() -> None:
            if begun.is_set():
                moment[0] += next(pauses, 0.0)
                looked.set() if moment[0] >= sum(pauses_s) else None

        def task(number: int) -> int:
            begun.set()
            assert looked.wait(60)
            return number

        monkeypatch.setattr(execution, "time", SimpleNamespace(monotonic=lambda: moment[0]))
        limits = TaskLimits(timeout_s=2.0, idle=idle)
        assert list(ThreadsExecutor().supervise(task, [7], workers=1, limits=limits)) == [7]


class TestThreads:
    def test_a_task_that_hangs_is_given_up_and_the_rest_completes(self, monkeypatch) -> None:
        clock, release = Clock(monkeypatch), threading.Event()

        def hang(task: object) -> object:
            if task == "hang":
                clock.over.set()
                release.wait(60)
            return task

        outcomes = list(
            ThreadsExecutor().supervise(hang, [1, "hang", 2, 3], workers=1, limits=TaskLimits(timeout_s=0.2))
        )
        assert not release.is_set()
        release.set()
        assert (outcomes[0], outcomes[2:]) == (1, [2, 3])
        assert lost(outcomes[1]).code == "worker-timeout"

    def test_silence_counts_between_signs_and_names_the_place(self, monkeypatch) -> None:
        clock, said, release = Clock(monkeypatch), threading.Barrier(2), threading.Event()
        looks: list[int] = []

        def idle() -> None:
            looks.append(clock.over.is_set())
            if sum(looks) > 3:  # time enough for whoever were to be given up
                release.set()

        def signs(task: list[int]) -> list[int]:
            for position in task:
                sign_of_life(position)
            if said.wait(60) == 0:
                clock.over.set()
            release.wait(60)
            return task

        silent, quiet_at_the_end = [0, 1, 7], [0, -1]
        limits = TaskLimits(timeout_s=1e9, silence_s=0.2, idle=idle)
        first, second = ThreadsExecutor().supervise(signs, [silent, quiet_at_the_end], workers=2, limits=limits)
        assert (lost(first).code, lost(first).position) == ("worker-timeout", 7)
        assert second == quiet_at_the_end

    def test_what_idle_raises_ends_the_iteration(self) -> None:
        def stop() -> None:
            raise KeyError("stop")

        release = threading.Event()
        with pytest.raises(KeyError):
            list(ThreadsExecutor().supervise(lambda _: release.wait(60), [1], workers=1, limits=TaskLimits(idle=stop)))
        release.set()

    def test_nothing_is_begun_ahead_when_none_may_be(self) -> None:
        begun: list[int] = []
        results = ThreadsExecutor().supervise(begun.append, range(9), workers=1, limits=TaskLimits(ahead=0))
        next(results)
        time.sleep(0.05)
        assert begun == [0]
        results.close()


class TestProcesses:
    @pytest.mark.parametrize(
        ("task", "code", "said"),
        [
            ("segfault", "worker-crashed", "SIGSEGV"),
            ("exit", "worker-crashed", "status 3"),
            ("hog", "worker-memory", "bytes of memory"),
            ("huge", "worker-memory", "ran out of memory"),
            ("hang", "worker-timeout", "did not end"),
        ],
    )
    def test_a_task_that_breaks_its_worker_is_lost_alone(self, processes, task: str, code: str, said: str) -> None:
        limits = TaskLimits(timeout_s=5.0 if task == "hang" else None, memory_bytes=300 * 2**20)
        outcomes = list(processes.supervise(work, [*range(6), task, *range(6, 40)], workers=2, limits=limits))
        assert [outcome for outcome in outcomes if not isinstance(outcome, LostTask)] == list(range(40))
        assert lost(outcomes[6]).code == code
        assert said in lost(outcomes[6]).message

    def test_where_a_worker_was_when_it_died_is_known(self, processes, monkeypatch) -> None:
        (crashed,) = processes.supervise(work, [("crash-at", 5)], workers=1, limits=NO_LIMITS)
        clock, note = Clock(monkeypatch), _Worker.note

        def noted(worker: _Worker, position: int) -> None:
            note(worker, position)
            if position == 2:
                clock.over.set()

        monkeypatch.setattr(_Worker, "note", noted)
        (silent,) = processes.supervise(work, [("silent-at", 2)], workers=1, limits=TaskLimits(silence_s=0.2))
        assert (lost(crashed).code, lost(crashed).position) == ("worker-crashed", 5)
        assert (lost(silent).code, lost(silent).position) == ("worker-timeout", 2)

    def test_workers_are_kept_between_calls(self, processes) -> None:
        pids = {*processes.map(work, ["pid"] * 5, workers=1), *processes.map(work, ["pid"] * 5, workers=1)}
        assert len(pids) == 1
        assert os.getpid() not in pids

    def test_a_worker_that_dies_idle_costs_no_task(self, processes) -> None:
        (pid,) = processes.map(work, ["pid"], workers=1)
        os.kill(pid, signal.SIGKILL)
        # Until all of its threads are gone: its first one may be while another still has the socket.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert list(processes.supervise(work, [1, 2], workers=1, limits=NO_LIMITS)) == [1, 2]

    def test_map_raises_when_a_worker_dies(self, processes) -> None:
        with pytest.raises(PluginError) as caught:
            list(processes.map(work, ["segfault"], workers=1))
        assert caught.value.code == "worker-crashed"

    def test_a_tasks_exception_is_raised_even_if_it_cannot_be_pickled(self, processes) -> None:
        with pytest.raises(ValueError, match="no"):
            list(processes.map(work, ["refuse"], workers=1))
        with pytest.raises(RuntimeError, match="NeedsTwo"):
            list(processes.map(work, ["odd-error"], workers=1))
        with pytest.raises(RuntimeError, match="SystemExit"):
            list(processes.map(work, ["system-exit"], workers=1))

    def test_what_cannot_be_sent_is_said(self, processes) -> None:
        for function, task in ((lambda task: task, 1), (work, lambda: 1)):
            with pytest.raises(PluginError) as caught:
                list(processes.map(function, [task], workers=1))
            assert caught.value.code == "executor-unsendable"

    def test_a_function_that_the_worker_cannot_import_is_said(self, processes, tmp_path, monkeypatch) -> None:
        (tmp_path / "module_of_the_parent.py").write_text("def f(x): return x\n")
        monkeypatch.syspath_prepend(tmp_path)
        import module_of_the_parent

        (tmp_path / "module_of_the_parent.py").unlink()
        with pytest.raises(PluginError, match="module_of_the_parent") as caught:
            list(processes.map(module_of_the_parent.f, [1], workers=1))
        assert caught.value.code == "executor-unsendable"

    def test_what_a_task_prints_is_not_on_standard_output(self, processes, capfd) -> None:
        list(processes.map(work, ["print"], workers=1))
        processes.close()
        shown = capfd.readouterr()
        assert (shown.out, shown.err.strip()) == ("", "said by a task")

    def test_the_current_folder_is_not_on_a_workers_path(self, processes, tmp_path, monkeypatch) -> None:
        (tmp_path / "attrs.py").write_text("raise SystemExit('CANARY')\n")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", ["", ".", *sys.path])
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        (path,) = processes.map(work, ["path"], workers=1)
        assert not {"", ".", str(tmp_path)} & set(path)

    def test_closing_ends_workers_at_once_whatever_they_do(self) -> None:
        executor = ProcessesExecutor()
        results = executor.supervise(work, ["pid", "hang", "hang"], workers=2, limits=NO_LIMITS)
        pid = next(results)
        began = time.monotonic()
        results.close()
        executor.close()
        assert time.monotonic() - began < 50  # the tasks hang for a minute
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    def test_a_worker_ends_when_its_parent_is_killed(self, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        root = str(Path(__file__).parents[3])
        code = (
            f"import sys; sys.path.insert(0, {root!r})\n"
            "from codegraph_plugins.executors.processes import ProcessesExecutor\n"
            "from tests.unit.executors.tasks import work\n"
            f"list(ProcessesExecutor().map(work, [('write', {str(note)!r})], workers=1))\n"
        )
        parent = subprocess.Popen([sys.executable, "-c", code])
        while not (note.exists() and note.read_text()):
            time.sleep(0.05)
        pid = int(note.read_text())
        parent.kill()
        parent.wait()
        assert _ends(pid)

    def test_a_worker_that_cannot_start_is_an_error_of_the_machine(self, processes, monkeypatch) -> None:
        monkeypatch.setattr("codegraph_plugins.executors.processes._PROGRAM", "raise SystemExit(1)")
        with pytest.raises(PluginError) as caught:
            list(processes.map(work, [1], workers=1))
        assert (caught.value.code, str(caught.value.category)) == ("executor-failed", "infrastructure")


def _ends(pid: int) -> bool:
    """Say whether a process ends within a minute."""
    until = time.monotonic() + 60
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
