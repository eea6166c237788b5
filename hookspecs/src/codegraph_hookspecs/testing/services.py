"""Checks of sinks, executors and stores of jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from codegraph_hookspecs.errors import CodeGraphError, ErrorCategory
from codegraph_hookspecs.execution import Executor
from codegraph_hookspecs.jobs import JobBoard, JobState, JobStore, RunningJob, WorkerOptions
from codegraph_hookspecs.stages import Sink, SnapshotReader
from codegraph_hookspecs.testing.failures import ConformanceError, fail, require


def check_sink(sink: Sink, snapshot: SnapshotReader, destination: Path) -> list[Path]:
    """Check a sink: it writes below the destination, tells all files it wrote, and does so twice alike.

    Args:
        sink: The sink.
        snapshot: What to write, for example a `MemorySnapshot`.
        destination: An empty folder that exists.

    Returns:
        The files of the first write.

    Raises:
        ConformanceError: A `sink-…` code.
    """
    require(isinstance(sink, Sink), "sink-type", f"this is a {type(sink).__name__}, not a Sink")
    name = getattr(sink, "name", None)
    require(isinstance(name, str) and name, "sink-name", f"{type(sink).__name__} needs a text `name`")
    names: list[list[str]] = []
    written: list[list[Path]] = []
    for folder in (destination / "first", destination / "second"):
        folder.mkdir()
        try:
            paths = list(sink.write(snapshot, folder / f"index{sink.suffix}" if sink.suffix else folder))
        except Exception as error:
            fail("sink-raised", f"{sink.name} raised {error!r}", cause=error)
        for path in paths:
            inside = isinstance(path, Path) and path.resolve().is_relative_to(folder.resolve())
            require(inside, "sink-outside", f"{sink.name} wrote {path}, which is not below its destination")
            require(path.is_file(), "sink-files", f"{sink.name} returned {path}, which is no file")
        given = {path.resolve() for path in paths}
        silent = sorted(path for path in folder.rglob("*") if path.is_file() and path.resolve() not in given)
        require(not silent, "sink-files", f"{sink.name} wrote {', '.join(map(str, silent))} and did not return it")
        names.append([str(path.relative_to(folder)) for path in paths])
        written.append(paths)
    require(names[0] == names[1], "sink-unstable", f"{sink.name}: two writes give {names[0]} and {names[1]}")
    return written[0]


def _square(number: int) -> int:
    return number * number


def _refuse(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


def check_executor(executor: Executor, *, workers: int = 2) -> None:
    """Check an executor: results in task order, at most `2 × workers` tasks ahead, errors passed on.

    The functions that it is given can be pickled. It is closed afterwards.

    Raises:
        ConformanceError: An `executor-…` code.
    """
    require(isinstance(executor, Executor), "executor-type", f"{type(executor).__name__} lacks what an Executor has")
    require(isinstance(executor.name, str) and executor.name, "executor-name", "an executor needs a name")
    try:
        _check_map(executor, workers)
    except ConformanceError:
        raise
    except Exception as error:
        fail("executor-raised", f"{executor.name} raised {error!r}", cause=error)
    finally:
        executor.close()


def _check_map(executor: Executor, workers: int) -> None:
    tasks = list(range(50))
    given = list(executor.map(_square, tasks, workers=workers))
    require(given == [_square(task) for task in tasks], "executor-order", f"{executor.name}: results are not in order")
    require(
        not list(executor.map(_square, [], workers=workers)), "executor-order", f"{executor.name}: no tasks gave some"
    )
    taken: list[int] = []

    def counted() -> Iterator[int]:
        for task in range(1_000):
            taken.append(task)
            yield task

    results = executor.map(_square, counted(), workers=workers)
    next(iter(results))
    limit = 2 * workers + 1  # the one that was returned, and those ahead of it
    require(
        len(taken) <= limit,
        "executor-ahead",
        f"{executor.name} took {len(taken)} tasks for one result; at most {limit} may be taken",
    )
    close = getattr(results, "close", None)
    if close is not None:
        close()
    try:
        list(executor.map(_refuse, range(5), workers=workers))
    except ValueError:
        return
    fail("executor-error", f"{executor.name} does not raise a task's exception")


def check_job_store(store: JobStore, url: str) -> None:
    """Check a store of jobs: states and their transitions, order, keys, retries by the worker, the log.

    Args:
        store: The store.
        url: An empty one of its own.

    Raises:
        ConformanceError: A `job-store-…` code.
    """
    require(isinstance(store, JobStore), "job-store-type", f"{type(store).__name__} lacks what a JobStore has")
    board = store.open(url)
    try:
        _check_open_jobs(board)
        _check_worker(board)
    finally:
        board.close()


def _check_open_jobs(board: JobBoard) -> None:
    first, second = board.submit("echo", {"say": 1}), board.submit("echo", {"say": 2}, key="one at a time")
    job = board.get(first)
    require(
        (job.state, job.kind, dict(job.arguments), job.attempts) == (JobState.QUEUED, "echo", {"say": 1}, 0),
        "job-store-record",
        f"a job that was submitted is read back as {job}",
    )
    require(
        board.submit("echo", {"say": 3}, key="one at a time") == second,
        "job-store-key",
        "a second job of a key that has an open one was queued",
    )
    listed = [each.id for each in board.jobs()]
    require(listed == [second, first], "job-store-order", f"jobs are listed as {listed}, not newest first")
    require(board.cancel(first).state is JobState.CANCELLED, "job-store-state", "a cancelled job is not cancelled")
    _refused(board, first, "cancel")
    require(board.retry(first).state is JobState.QUEUED, "job-store-state", "a retried job is not queued")
    _refused(board, first, "retry")
    try:
        board.get("no such job")
    except CodeGraphError as error:
        require(error.code == "job-unknown", "job-store-record", f"an unknown job gives {error.code}")
    else:
        fail("job-store-record", "an unknown job has a record")


def _refused(board: JobBoard, job: str, what: str) -> None:
    before = board.get(job).state
    try:
        getattr(board, what)(job)
    except CodeGraphError as error:
        require(error.code == "job-state", "job-store-state", f"{what} of a {before} job gives {error.code}")
    else:
        fail("job-store-state", f"{what} of a {before} job is allowed")
    require(board.get(job).state is before, "job-store-state", f"a refused {what} changed the state of a job")


def _check_worker(board: JobBoard) -> None:
    tries: dict[str, int] = {}

    def run(job: RunningJob) -> Mapping[str, int]:
        job.confirm()
        tries[job.id] = tries.get(job.id, 0) + 1
        job.log("stage", stage="say", facts={"say": job.arguments["say"]})
        if job.arguments["say"] == "fail" or (job.arguments["say"] == "once" and tries[job.id] == 1):
            raise CodeGraphError("asked to", code="plugin-failed", category=ErrorCategory.TRANSIENT)
        return {"said": job.arguments["say"]}

    def delay(_error: CodeGraphError, failed: int) -> float | None:
        return 0.01 if failed < 3 else None

    said = {board.submit("echo", {"say": what}): what for what in ("fine", "once", "fail")}
    board.work(run, WorkerOptions(drain=True, poll_s=0.05, delay=delay))
    ended = {what: board.get(job) for job, what in said.items()}
    states = {what: str(job.state) for what, job in ended.items()}
    require(
        states == {"fine": "completed", "once": "completed", "fail": "failed"},
        "job-store-work",
        f"jobs that were done are {states}",
    )
    attempts = {what: job.attempts for what, job in ended.items()}
    require(attempts == {"fine": 1, "once": 2, "fail": 3}, "job-store-work", f"the numbers of attempts are {attempts}")
    require(ended["fine"].result == {"said": "fine"}, "job-store-work", f"a result is {ended['fine'].result}")
    code = (ended["fail"].error or {}).get("code")
    require(code == "plugin-failed", "job-store-work", f"the error of a failed job is {code}")
    events = [entry.event for entry in board.log(ended["once"].id)]
    wanted = ["started", "stage", "retry", "started", "stage", "completed"]
    require(events == wanted, "job-store-log", f"the log of a job that failed once is {events}, not {wanted}")
    _refused(board, ended["fine"].id, "retry")
    _refused(board, ended["fine"].id, "cancel")
