"""Slices: what a value at a place depends on, or what depends on it, through calls.

Two passes that keep calls and returns apart, as in S. Horwitz, T. Reps and D. Binkley, "Interprocedural Slicing Using
Dependence Graphs" (1990): the first goes from a function to its callers and never into a callee, the second into
callees and never back out. What passes a callee by is known from its summary: which parameters its result depends on,
and which of them it changes. `docs/explanation/slices.md` says what is and what is not followed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import asdict, define, frozen

from codegraph._internal.rows import Node
from codegraph._internal.sdk.dependences import THIS, Body, File, given, taken
from codegraph_hookspecs import LoweredFile, QueryError

if TYPE_CHECKING:
    from codegraph._internal.query import GraphQuery

Direction = Literal["backward", "forward"]

MOST_FUNCTIONS: Final = 400
"""Bodies that one slice may enter; beyond them it says that it is not whole."""

_PLACE: Final = re.compile(r"(?P<path>.+?):(?P<line>[0-9]{1,9})(:(?P<name>[^:]*))?")

_PATHS: Final = frozenset({"load-name", "store-name", "load-attribute", "load-index", "get-iterator", "next", "phi"})
"""Instructions whose value is, or is part of, what they read."""


@frozen(kw_only=True)
class SliceLine:
    """A line of a slice.

    Args:
        path: The file.
        line: From 1.
        text: The line, without its end.
        context: It is not part of the slice, but says where its lines stand: the head of a function or class.
    """

    path: str
    line: int
    text: str
    context: bool


@frozen(kw_only=True)
class Slice:
    """What a value depends on, or what depends on it.

    Args:
        criterion: Where it was asked for: "path:line:name".
        direction: "backward" or "forward".
        lines: By file and line.
        nodes: Ids of the functions, classes and modules that the lines belong to, sorted.
        complete: False if there was more than `MOST_FUNCTIONS` to enter.
        snapshot_id: The snapshot that was read.
    """

    criterion: str
    direction: Direction
    lines: tuple[SliceLine, ...]
    nodes: tuple[str, ...]
    complete: bool
    snapshot_id: str

    def to_text(self) -> str:
        """Return a listing that reads like the program with everything else left out."""
        parts: list[str] = []
        path = ""
        before = 0
        for line in self.lines:
            if line.path != path:
                parts.append(f"{line.path}\n")
                path, before = line.path, 0
            if before and line.line > before + 1:
                parts.append("      ⋯\n")
            parts.append(f"{line.line:5} {' ' if line.context else '│'} {line.text}\n")
            before = line.line
        return "".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return asdict(self)


@define(eq=False)
class _Summary:
    """What callers need to know of a body.

    Args:
        reads: Parameters that the result depends on.
        changes: For each parameter that it may change, the values that do.
    """

    reads: frozenset[int]
    changes: Mapping[int, frozenset[int]]


@frozen
class _At:
    """A point, and whether callers of its function may be looked at."""

    body: Body
    point: int
    up: bool

    @property
    def is_type(self) -> bool:
        """Whether it is part of an annotation, which no value depends on."""
        return self.point < len(self.body.instructions) and bool(self.body.instructions[self.point]["in_annotation"])


def read_place(place: str) -> tuple[str, int, str]:
    """Take "path:line:name" or "path:line" apart.

    Raises:
        QueryError: It is neither (code `slice-criterion-unknown`).
    """
    found = _PLACE.fullmatch(place)
    if found is None:
        raise QueryError(
            f"{place!r} is no place.",
            code="slice-criterion-unknown",
            context={
                "remedy": "Write it as path:line:name, such as app/db.py:42:total, or path:line for all of a line."
            },
        )
    return found["path"], int(found["line"]), found["name"] or ""


class Slicer:
    """Makes slices of one snapshot.

    Args:
        snapshot_id: Names the snapshot.
        query: Reads it.
        lower: Returns the content of a file and its semantic IR, or None where there is no lowering.
    """

    def __init__(
        self, snapshot_id: str, query: GraphQuery, lower: Callable[[str], tuple[bytes, LoweredFile] | None]
    ) -> None:
        self._snapshot_id = snapshot_id
        self._query = query
        self._lower = lower
        self._files: dict[str, File | None] = {}
        self._nodes: dict[str, Node] = {}  # those that some call in a file that was read may call
        self._called: dict[tuple[str, int, int], list[Body]] = {}
        self._sites: dict[str, dict[tuple[int, int], tuple[str, ...]]] = {}
        self._summaries: dict[tuple[str, int], _Summary | None] = {}
        self._entered: set[tuple[str, int]] = set()
        self._complete = True

    def slice(self, path: str, line: int, name: str, direction: Direction, depth: int | None = None) -> Slice:
        """Return the slice of a variable or attribute at a line.

        Args:
            path: The file, as the snapshot names it.
            line: From 1.
            name: A variable or attribute that the line reads or writes; empty for everything on it.
            direction: What it depends on, or what depends on it.
            depth: How many functions away it may lead; None for any number.

        Raises:
            QueryError: There is no such place (`slice-criterion-unknown`), or no lowering (`flow-unavailable`).
        """
        file = self._file(path)
        if file is None:
            raise QueryError(
                f"There is no control flow of {path}: it is not in the snapshot, or no plugin lowers its language.",
                code="flow-unavailable",
                context={"path": path, "remedy": "Name a file of `codegraph query files` whose language is lowered."},
            )
        start = [_At(body, point, up=True) for body, point in _criterion(file, line, name)]
        if not start:
            names = sorted({found for body in file.bodies() for found in _names_on(body, line)})
            raise QueryError(
                f"{path}:{line} neither reads nor writes {name!r}." if name else f"{path}:{line} has no code.",
                code="slice-criterion-unknown",
                context={"path": path, "line": line, "remedy": f"It has: {', '.join(names) or 'no names'}."},
            )
        reached = self._walk(start, self._backward if direction == "backward" else self._forward, depth)
        return self._made(f"{path}:{line}" + (f":{name}" if name else ""), direction, reached)

    # -- walking -------------------------------------------------------------------------------------

    def _walk(self, start: Iterable[_At], follow: Callable[[_At], Iterator[_At]], depth: int | None) -> list[_At]:
        """Return what is reached, nearest first: a point is met by the fewest functions between, then with callers."""
        seen: dict[tuple[str, int, int], bool] = {}
        reached: list[_At] = []
        level, away = list(start), 0
        while level and (depth is None or away <= depth):
            further: list[_At] = []
            while level:
                at = level.pop()
                key = (at.body.file.path, at.body.index, at.point)
                known = seen.get(key)
                if at.is_type or (known is not None and (known or not at.up)) or not self._may_enter(at.body):
                    continue
                seen[key] = at.up
                if known is None:
                    reached.append(at)
                for following in follow(at):
                    (level if following.body is at.body else further).append(following)
            level, away = further, away + 1
        return reached

    def _may_enter(self, body: Body) -> bool:
        self._entered.add((body.file.path, body.index))
        if len(self._entered) <= MOST_FUNCTIONS:
            return True
        self._entered.discard((body.file.path, body.index))
        self._complete = False
        return False

    def _backward(self, at: _At) -> Iterator[_At]:
        body, point, up = at.body, at.point, at.up
        callees = self._callees(body, point)
        for step in body.sources(point):
            if step.kind in {"argument", "state"} and step.changed is not None and body.arguments.get(step.point):
                changing = self._changing(body, step.point, step.changed)
                if not changing and (step.kind == "argument" or self._callees(body, step.point)):
                    continue  # the callee is known, or thought, to leave it alone
                for callee, value in changing:
                    yield _At(callee, value, up=False)
            elif step.kind == "value" and callees and not self._passes(body, point, step.point, callees):
                continue
            yield _At(body, step.point, up)
        for callee in callees:
            for found in callee.returns:
                yield _At(callee, found, up=False)
            if callee.node is not None and callee.node.name in {"__init__", "constructor", "<init>"}:
                for values in self._summary(callee).changes.values():
                    yield from (_At(callee, value, up=False) for value in values)
        yield from (_At(other, found, up) for other, found in self._elsewhere(body, point, "store"))
        for inner in self._made_here(body, point):
            yield from (_At(inner, found, up=False) for found in inner.returns)
        parameter = body.parameter_of(point)
        if parameter is not None and up:
            for caller, call in self._callers(body):
                for value in given(caller, call, body, parameter):
                    yield _At(caller, value, up=True)
                yield from (_At(caller, step.point, up=True) for step in caller.sources(call) if step.kind == "control")

    def _forward(self, at: _At) -> Iterator[_At]:
        body, point, up = at.body, at.point, at.up
        for step in body.targets(point):
            if step.kind in {"argument", "state"} and step.changed is not None and body.arguments.get(point):
                known = self._callees(body, point)
                if (step.kind == "argument" or known) and not self._changing(body, point, step.changed):
                    continue
            if step.kind == "value":
                callees = self._callees(body, step.point)
                for callee in callees:
                    for parameter in taken(body, step.point, callee, point):
                        yield from (_At(callee, found, up=False) for found in callee.parameter_points(parameter))
                if callees and not self._passes(body, step.point, point, callees):
                    continue
            yield _At(body, step.point, up)
        yield from (_At(other, found, up) for other, found in self._elsewhere(body, point, "load"))
        if not up:
            return
        if point in body.returns:
            for caller, call in self._callers(body):
                yield _At(caller, call, up=True)
        changed = {parameter for parameter, values in self._summary(body).changes.items() if point in values}
        if changed:
            for caller, call in self._callers(body):
                values = {value for parameter in changed for value in given(caller, call, body, parameter)}
                for step in caller.targets(call):
                    if step.changed in values:
                        yield _At(caller, step.point, up=True)

    def _passes(self, body: Body, call: int, value: int, callees: Sequence[Body]) -> bool:
        """Say whether a call's result may depend on one of the values that it reads."""
        roles = {row["role"] for row in body.arguments[call] if row["value"] == value}
        if "callee" in roles or not roles - {"receiver"}:
            return True
        for callee in callees:
            reads = self._summary(callee).reads
            if any(parameter in reads for parameter in taken(body, call, callee, value)):
                return True
        return False

    def _changing(self, body: Body, call: int, value: int) -> list[tuple[Body, int]]:
        """Return what in the callees of a call changes one of the values that it gets."""
        found = []
        for callee in self._callees(body, call):
            changes = self._summary(callee).changes
            for parameter in taken(body, call, callee, value):
                found += [(callee, change) for change in sorted(changes.get(parameter, ()))]
        return found

    def _elsewhere(self, body: Body, point: int, what: Literal["load", "store"]) -> Iterator[tuple[Body, int]]:
        """Yield loads or stores in other bodies of what an instruction stores or loads."""
        if point >= len(body.instructions):
            return
        row = body.instructions[point]
        here = "store" if what == "load" else "load"
        if row["op"] == f"{here}-name" and row["variable"] is not None:
            variable = body.variables[row["variable"]]
            if variable["storage"] in {"captured", "cell", "global"} or variable["written_elsewhere"]:
                for other, found in body.places(variable, f"{what}-name"):
                    if other is not body or variable["storage"] in {"captured", "global"}:
                        yield other, found
        elif row["op"] == f"{here}-attribute":
            for other, found in body.attributes(point, f"{what}-attribute"):
                if other is not body:
                    yield other, found

    def _made_here(self, body: Body, point: int) -> Iterator[Body]:
        """Yield the lambda or comprehension that an instruction makes: using it runs it."""
        if point < len(body.instructions) and body.instructions[point]["op"] == "make-function":
            row = body.instructions[point]
            for inner in body.file.bodies():
                own = inner.row
                runs = own["parent"] == body.index and own["kind"] in {"lambda", "comprehension"}
                if runs and row["start_byte"] <= own["start_byte"] and own["end_byte"] <= row["end_byte"]:
                    yield inner

    # -- summaries -----------------------------------------------------------------------------------

    def _summary(self, body: Body) -> _Summary:
        key = (body.file.path, body.index)
        if key not in self._summaries:
            self._summaries[key] = None
            self._summaries[key] = self._summarized(body)
        summary = self._summaries[key]
        if summary is None:  # it is being made: a recursive call may need everything and changes nothing by itself
            return _Summary(frozenset(range(THIS, len(body.parameters))), {})
        return summary

    def _summarized(self, body: Body) -> _Summary:
        reached = self._within(body, body.returns)
        reads = {parameter for point in reached if (parameter := body.parameter_of(point)) is not None}
        changes: dict[int, set[int]] = defaultdict(set)
        for row in body.changes:
            whose = self._whose(body, row["changed"])
            if not whose:
                continue
            if row["by_callee"] or body.arguments.get(row["value"]):
                known = self._callees(body, row["value"])
                if (row["by_callee"] or known) and not self._changing(body, row["value"], row["changed"]):
                    continue
            for parameter in whose:
                changes[parameter].add(row["value"])
        return _Summary(frozenset(reads), {key: frozenset(values) for key, values in sorted(changes.items())})

    def _within(self, body: Body, start: Iterable[int]) -> set[int]:
        """Return the points of a body that some of its points depend on, without entering others."""
        seen: set[int] = set()
        pending = list(start)
        while pending:
            point = pending.pop()
            if point in seen:
                continue
            seen.add(point)
            callees = self._callees(body, point)
            for step in body.sources(point):
                if step.kind == "value" and callees and not self._passes(body, point, step.point, callees):
                    continue
                if step.kind == "argument" and not self._changing(body, step.point, step.changed or 0):
                    continue
                pending.append(step.point)
        return seen

    def _whose(self, body: Body, value: int) -> set[int]:
        """Return the parameters that a value is, or is part of."""
        seen: set[int] = set()
        found: set[int] = set()
        pending = [value]
        while pending:
            point = pending.pop()
            if point in seen:
                continue
            seen.add(point)
            parameter = body.parameter_of(point)
            if parameter is not None:
                found.add(parameter)
            if body.instructions[point]["op"] in _PATHS:
                pending += [step.point for step in body.sources(point) if step.kind in {"value", "variable"}]
        return found

    # -- the call graph ------------------------------------------------------------------------------

    def _callees(self, body: Body, point: int) -> list[Body]:
        """Return the code of those whom a call surely or probably calls; empty for no call and for unknown callees."""
        if point >= len(body.instructions) or body.instructions[point]["op"] != "call":
            return []
        key = (body.file.path, body.index, point)
        if key not in self._called:
            self._called[key] = self._looked_up(body, body.instructions[point])
        return self._called[key]

    def _looked_up(self, body: Body, row: Mapping[str, Any]) -> list[Body]:
        candidates = self._sites_of(body.file.path).get((row["start_byte"], row["end_byte"]), ())
        found = []
        for candidate in candidates:
            node = self._nodes.get(candidate)
            if node is not None and node.kind == "class":
                node = self._constructor(node)
            code = None if node is None else self._code(node)
            if code is None:
                return []
            if code not in found:
                found.append(code)
        return found

    def _constructor(self, node: Node) -> Node | None:
        names = ["__init__", "constructor", node.name]
        return self._query.nodes().filter(parent_id=node.id, kind="method", name__in=names).first()

    def _callers(self, body: Body) -> Iterator[tuple[Body, int]]:
        """Yield the calls of a body: (caller, call)."""
        node = body.node
        if node is None or body.row["kind"] in {"lambda", "comprehension"}:
            yield from self._user(body)
            return
        ids = [node.id]
        if node.name in {"__init__", "constructor"} and node.parent_id is not None:
            ids.append(node.parent_id)
        callers = self._query.edges().filter(target_id__in=ids, kind__in=["calls", "instantiates"])
        known = self._query.nodes().filter(id__in=sorted({edge.source_id for edge in callers}))
        for path in sorted({caller.file_path for caller in known if caller.file_path is not None}):
            file = self._file(path)
            if file is None:
                continue
            spans = {span for span, found in self._sites_of(file.path).items() if not set(ids).isdisjoint(found)}
            for code in file.bodies():
                for row in code.instructions:
                    if row["op"] == "call" and (row["start_byte"], row["end_byte"]) in spans:
                        yield code, row["value"]

    def _user(self, body: Body) -> Iterator[tuple[Body, int]]:
        """Yield the call that runs a comprehension, where it is written."""
        parent = body.parent
        if parent is None or body.row["kind"] != "comprehension":
            return
        for row in parent.instructions:
            if (
                row["op"] == "call"
                and row["start_byte"] <= body.row["start_byte"]
                and row["end_byte"] >= body.row["end_byte"]
            ):
                callee = next(one["value"] for one in parent.arguments[row["value"]] if one["role"] == "callee")
                if any(inner is body for inner in self._made_here(parent, callee)):
                    yield parent, row["value"]

    def _sites_of(self, path: str) -> dict[tuple[int, int], tuple[str, ...]]:
        found = self._sites.get(path)
        if found is None:
            sites = self._query.call_sites().filter(file_path=path, status="resolved")
            found = {(site.span.start_byte, site.span.end_byte): site.candidates for site in sites}
            wanted = {candidate for candidates in found.values() for candidate in candidates} - self._nodes.keys()
            self._nodes.update((node.id, node) for node in self._query.nodes().filter(id__in=sorted(wanted)))
            self._sites[path] = found
        return found

    def _code(self, node: Node) -> Body | None:
        file = None if node.file_path is None else self._file(node.file_path)
        return None if file is None else file.body_of(node)

    def _file(self, path: str) -> File | None:
        if path not in self._files:
            lowered = self._lower(path)
            nodes = () if lowered is None else list(self._query.nodes().filter(file_path=path, kind__in=_WITH_CODE))
            self._files[path] = None if lowered is None else File(path, *lowered, nodes)
        return self._files[path]

    # -- the result ----------------------------------------------------------------------------------

    def _made(self, criterion: str, direction: Direction, reached: Sequence[_At]) -> Slice:
        lines: dict[tuple[str, int], bool] = {}
        nodes: set[str] = set()
        files: dict[str, File] = {}
        for at in reached:
            line = at.body.line(at.point)
            if line is None:
                continue
            files[at.body.file.path] = at.body.file
            lines[at.body.file.path, line] = False
            around: Body | None = at.body
            while around is not None:
                if around.node is not None:
                    nodes.add(around.node.id)
                if around.row["kind"] in {"function", "class"}:
                    head = around.file.line_of(around.row["start_byte"])
                    lines.setdefault((around.file.path, head), True)
                around = around.parent
        return Slice(
            criterion=criterion,
            direction=direction,
            lines=tuple(
                SliceLine(path=path, line=line, text=files[path].lines[line - 1].rstrip("\r"), context=context)
                for (path, line), context in sorted(lines.items())
            ),
            nodes=tuple(sorted(nodes)),
            complete=self._complete,
            snapshot_id=self._snapshot_id,
        )


_WITH_CODE: Final = ("module", "class", "function", "method", "property", "interface", "enum", "struct", "trait")


def _names_on(body: Body, line: int) -> Iterator[str]:
    for row in body.instructions:
        if row["start_byte"] < row["end_byte"] and body.file.line_of(row["start_byte"]) == line:
            yield from _names_of(body, row)


def _criterion(file: File, line: int, name: str) -> list[tuple[Body, int]]:
    found = []
    for body in file.bodies():
        for row in body.instructions:
            if row["start_byte"] == row["end_byte"] or file.line_of(row["start_byte"]) != line:
                continue
            if not name or name in _names_of(body, row):
                found.append((body, row["value"]))
        if not name:
            count = len(body.instructions)
            found += [(body, count + end["block"]) for end in body.ends if body.line(count + end["block"]) == line]
    return found


def _names_of(body: Body, row: Mapping[str, Any]) -> tuple[str, ...]:
    if row["variable"] is not None:
        return (body.variables[row["variable"]]["name"],)
    return () if row["attribute"] is None else (row["attribute"],)
