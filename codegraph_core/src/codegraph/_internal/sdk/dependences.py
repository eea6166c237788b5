"""Lowered files with what their points depend on, and which argument a parameter gets: what slices are made of."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from attrs import frozen

from codegraph._internal.rows import Node
from codegraph_hookspecs import LoweredFile

THIS: Final = -1
"""Stands for the receiver where parameters are named by their index."""


@frozen
class Step:
    """A dependence seen from one of its points: the other one, why, and the value that a call changes."""

    point: int
    kind: str
    changed: int | None


class Body:
    """One body with its dependences."""

    def __init__(self, file: File, index: int, row: Mapping[str, Any]) -> None:
        self.file = file
        self.index = index
        self.row = row
        self.instructions: list[dict[str, Any]] = self._rows("instructions")
        self.ends: list[dict[str, Any]] = self._rows("blocks")

    def _rows(self, table: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.file.lowered.table(table, self.index).to_pylist()
        return rows

    @cached_property
    def node(self) -> Node | None:
        """The node of the graph that this code belongs to, or None for a lambda or comprehension."""
        return self.file.node_of(self.row)

    @cached_property
    def parent(self) -> Body | None:
        return None if self.row["parent"] is None else self.file.body(self.row["parent"])

    @cached_property
    def _dependences(self) -> tuple[dict[int, list[Step]], dict[int, list[Step]]]:
        back: dict[int, list[Step]] = defaultdict(list)
        forth: dict[int, list[Step]] = defaultdict(list)
        for row in self._rows("dependence"):
            back[row["target"]].append(Step(row["source"], row["kind"], row["changed"]))
            forth[row["source"]].append(Step(row["target"], row["kind"], row["changed"]))
        return back, forth

    def sources(self, point: int) -> Sequence[Step]:
        """Return what a point depends on."""
        return self._dependences[0].get(point, ())

    def targets(self, point: int) -> Sequence[Step]:
        """Return what depends on a point."""
        return self._dependences[1].get(point, ())

    @cached_property
    def returns(self) -> list[int]:
        """Points that give callers a value: ends that return one, and what a generator hands out."""
        count = len(self.instructions)
        found = [count + end["block"] for end in self.ends if end["terminator"].startswith("return v")]
        return [*(row["value"] for row in self.instructions if row["op"] in {"yield", "yield-from"}), *found]

    @cached_property
    def parameters(self) -> list[dict[str, Any]]:
        return self._rows("parameters")

    @cached_property
    def variables(self) -> list[dict[str, Any]]:
        return self._rows("variables")

    @cached_property
    def changes(self) -> list[dict[str, Any]]:
        return self._rows("changes")

    @cached_property
    def arguments(self) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self._rows("arguments"):
            found[row["call"]].append(row)
        return found

    @cached_property
    def takes_receiver(self) -> bool:
        """Whether the receiver is the first of the declared parameters."""
        node = self.node
        return (
            node is not None
            and node.language == "python"
            and node.kind in {"method", "property"}
            and "static" not in node.modifiers
        )

    def parameter_of(self, point: int) -> int | None:
        """Return which parameter an instruction is, or None."""
        if point >= len(self.instructions):
            return None
        row = self.instructions[point]
        if row["op"] == "parameter":
            return int(row["text"].split()[-1])
        return THIS if row["op"] in {"this", "super"} else None

    def parameter_points(self, parameter: int) -> list[int]:
        """Return the instructions that are a parameter."""
        return [row["value"] for row in self.instructions if self.parameter_of(row["value"]) == parameter]

    def places(self, variable: Mapping[str, Any], op: str) -> Iterator[tuple[Body, int]]:
        """Yield where a variable that several bodies share is loaded or stored, in any body of the file."""
        owner = (variable["owner_body"], variable["owner_variable"])
        if owner[0] is None:
            owner = (self.index, variable["variable"])
        for body in self.file.bodies():
            for row in body.instructions:
                if row["op"] == op and row["variable"] is not None:
                    found = body.variables[row["variable"]]
                    there = (found["owner_body"], found["owner_variable"])
                    if there == owner or (body.index, found["variable"]) == owner:
                        yield body, row["value"]

    def attributes(self, point: int, op: str) -> Iterator[tuple[Body, int]]:
        """Yield where methods of the same class load or store the attribute of `self` that an instruction is about."""
        name = self.own_attribute(point)
        if name is None:
            return
        for body in self.file.bodies():
            if body.row["parent"] != self.row["parent"]:
                continue
            for row in body.instructions:
                if row["op"] == op and body.own_attribute(row["value"]) == name:
                    yield body, row["value"]

    def own_attribute(self, point: int) -> str | None:
        """Return the attribute of the receiver that an instruction loads or stores, or None."""
        row = self.instructions[point]
        name: str | None = row["attribute"]
        if name is None or self.parent is None or self.parent.row["kind"] != "class":
            return None
        return name if self._origin(row["object"]) == (0 if self.takes_receiver else THIS) else None

    def _origin(self, value: int) -> int | None:
        """Return the parameter that a value surely is, through variables."""
        for _ in range(8):
            found = self.parameter_of(value)
            if found is not None:
                return found
            row = self.instructions[value]
            if row["op"] == "load-name":
                steps = [step for step in self.sources(value) if step.kind == "variable"]
            elif row["op"] == "store-name":
                steps = [step for step in self.sources(value) if step.kind == "value"]
            else:
                return None
            if len(steps) != 1:
                return None
            value = steps[0].point
        return None

    def line(self, point: int) -> int | None:
        """Return the line of a point.

        None for what nobody wrote, and for the end of a block that neither returns nor raises: what it reads has lines.
        """
        count = len(self.instructions)
        row = self.instructions[point] if point < count else self.ends[point - count]
        if point < count:
            silent = row["op"] == "catch-exception"
        else:
            silent = not row["terminator"].startswith(("return", "raise"))
        return None if silent or row["start_byte"] == row["end_byte"] else self.file.line_of(row["start_byte"])


class File:
    """A lowered file of the snapshot."""

    def __init__(self, path: str, content: bytes, lowered: LoweredFile, nodes: Sequence[Node]) -> None:
        self.path = path
        self.lowered = lowered
        self.lines = content.decode("utf-8", "replace").split("\n")
        self._starts = [0, *(index + 1 for index, byte in enumerate(content) if byte == 0x0A)]
        self._nodes = nodes
        self._rows = lowered.bodies().to_pylist()
        self._bodies: dict[int, Body] = {}

    def body(self, index: int) -> Body:
        """Return a body by its number."""
        if index not in self._bodies:
            self._bodies[index] = Body(self, index, self._rows[index])
        return self._bodies[index]

    def bodies(self) -> Iterator[Body]:
        """Yield all bodies."""
        return map(self.body, range(len(self._rows)))

    def line_of(self, byte: int) -> int:
        """Return the line of a byte, from 1."""
        return bisect_right(self._starts, byte)

    def node_of(self, row: Mapping[str, Any]) -> Node | None:
        """Return the node whose code a body is."""
        if row["kind"] == "module":
            return next((node for node in self._nodes if node.kind == "module"), None)
        ending = [
            node
            for node in self._nodes
            if node.end_byte == row["end_byte"] and (node.start_byte or 0) <= row["start_byte"]
        ]
        # A class ends where its last method does; a decorated definition begins before its code.
        return max(ending, key=lambda node: node.start_byte or 0, default=None)

    def body_of(self, node: Node) -> Body | None:
        """Return the code of a node, or None where it has none."""
        for row in self._rows:
            if row["kind"] in {"module", "class", "function", "lambda"} and self.node_of(row) == node:
                return self.body(row["body"])
        return None


def given(caller: Body, call: int, callee: Body, parameter: int) -> list[int]:
    """Return the values that a call gives a parameter of a callee."""
    return [
        row["value"]
        for row in caller.arguments.get(call, ())
        if row["role"] != "callee" and parameter in taken(caller, call, callee, row["value"])
    ]


def taken(caller: Body, call: int, callee: Body, value: int) -> set[int]:
    """Return the parameters of a callee that get a value in a call; all that it may be, where spreads leave it open."""
    first = 1 if callee.takes_receiver else 0
    parameters = callee.parameters
    taken: set[int] = set()
    position, spread = first, False
    for row in caller.arguments.get(call, ()):
        role = row["role"]
        if role == "callee":
            continue
        if role == "receiver":
            targets = {0 if first else THIS}
        elif role == "named":
            named = [p["parameter"] for p in parameters if p["name"] == row["name"]]
            targets = set(named or (p["parameter"] for p in parameters if p["kind"] == "named-rest"))
        elif role == "positional" and not spread:
            rest = [p["parameter"] for p in parameters if p["kind"] == "rest"]
            last = rest[0] if rest and position >= rest[0] else position
            targets = {last} if last < len(parameters) else set()
            position += 1
        else:
            spread = spread or role == "spread"
            targets = {p["parameter"] for p in parameters if p["parameter"] >= first}
        if row["value"] == value:
            taken |= targets
    return taken | {p["parameter"] for p in parameters if taken and p["kind"] == "all"}
