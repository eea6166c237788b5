"""Checks of sinks and executors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from codegraph_hookspecs.execution import Executor
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
