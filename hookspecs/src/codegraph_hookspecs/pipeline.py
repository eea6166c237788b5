"""The composed DAG as plugins see it in `codegraph_modify_pipeline`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codegraph_hookspecs.stages import Stage


class Pipeline:
    """Stages of a run, by name; the kernel checks and orders them after the last plugin had its word."""

    def __init__(self, stages: Iterable[Stage] = ()) -> None:
        self._stages = {stage.name: stage for stage in stages}

    def __iter__(self) -> Iterator[Stage]:
        """Iterate over the stages in name order."""
        return iter([self._stages[name] for name in sorted(self._stages)])

    def __contains__(self, name: object) -> bool:
        return name in self._stages

    def __len__(self) -> int:
        return len(self._stages)

    def get(self, name: str) -> Stage:
        """Return a stage.

        Raises:
            KeyError: There is no stage of that name.
        """
        return self._stages[name]

    def add(self, stage: Stage) -> None:
        """Add a stage.

        Raises:
            ValueError: A stage of that name exists; use `replace`.
        """
        if stage.name in self._stages:
            raise ValueError(f"stage {stage.name!r} exists; use replace()")
        self._stages[stage.name] = stage

    def replace(self, stage: Stage) -> None:
        """Put a stage in the place of the one with its name.

        Raises:
            KeyError: There is no stage of that name.
        """
        if stage.name not in self._stages:
            raise KeyError(stage.name)
        self._stages[stage.name] = stage

    def remove(self, name: str) -> None:
        """Take a stage out; stages that need its outputs then fail to compose, with that reason.

        Raises:
            KeyError: There is no stage of that name.
        """
        del self._stages[name]
