"""Control flow and data flow of one function: made when asked for, by a plugin's lowering, and kept by content.

`docs/explanation/semantic-ir.md` says what the tables mean.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal

from attrs import field, frozen

from codegraph._internal.rows import File, Node
from codegraph_hookspecs import CodeGraphError, LanguagePack, LoweredFile, Lowering, QueryError

if TYPE_CHECKING:
    import pyarrow as pa

ENTRY: Final = 0
EXIT: Final = 1
RAISE_EXIT: Final = 2

_KEPT_FILES: Final = 32
_kept: OrderedDict[tuple[str, str, str, str], LoweredFile] = OrderedDict()
_lock: Final = Lock()


@frozen(kw_only=True)
class BasicBlock:
    """Instructions that run one after the other.

    Args:
        block: Its number; 0 is the entry, 1 where the function returns, 2 where an exception leaves it.
        lines: The lines on which its instructions begin, ascending, from 1.
        instructions: Its instructions as text, such as "v3 = load x".
        terminator: How it ends, such as "branch v3".
        immediate_dominator: The nearest block that is on every way here; None for the entry and for dead code.
        immediate_post_dominator: The nearest block that is on every way from here out; None where there is none.
        loop_header: The block by which the innermost loop around it is entered; None outside of loops.
        loop_depth: Number of loops around it.
        is_reachable: Some way leads here from the entry.
        is_live: It may run: no condition that is always the same prevents it.
    """

    block: int
    lines: tuple[int, ...]
    instructions: tuple[str, ...]
    terminator: str
    immediate_dominator: int | None
    immediate_post_dominator: int | None
    loop_header: int | None
    loop_depth: int
    is_reachable: bool
    is_live: bool

    @property
    def name(self) -> str:
        """Return its name in texts and drawings."""
        return {EXIT: "exit", RAISE_EXIT: "raise"}.get(self.block, f"b{self.block}")


@frozen(kw_only=True)
class FlowEdge:
    """A way from one block to another.

    Args:
        source: Block.
        target: Block.
        kind: "jump", "true", "false", "item", "exhausted", "resume", "return", "finally" or "exception".
        is_live: It may be taken: no condition that is always the same prevents it.
    """

    source: int
    target: int
    kind: str
    is_live: bool


@frozen(kw_only=True)
class ControlFlow:
    """A function's control-flow graph.

    Args:
        name: The function's dotted name.
        blocks: By number.
        edges: By source.
        source_lines: The file's text, line by line.
    """

    name: str
    blocks: tuple[BasicBlock, ...]
    edges: tuple[FlowEdge, ...]
    source_lines: tuple[str, ...] = field(repr=False)
    _tables: Callable[[str], pa.RecordBatch] = field(repr=False, alias="tables")
    _text: str = field(repr=False, alias="text")

    def to_arrow(self, table: Literal["blocks", "cfg_edges", "control_dependence", "instructions"]) -> pa.RecordBatch:
        """Return one of its tables."""
        return self._tables(table)

    def to_text(self) -> str:
        """Return its instructions, block by block."""
        return self._text

    def to_dot(self, *, instructions: bool = False) -> str:
        """Return it in Graphviz's language.

        Args:
            instructions: Show instructions instead of the lines of source.
        """
        from codegraph._internal.sdk.flow_drawing import dot

        return dot(self, instructions=instructions)

    def to_svg(self, *, instructions: bool = False) -> str:
        """Draw it.

        Args:
            instructions: Show instructions instead of the lines of source.
        """
        from codegraph._internal.sdk.flow_drawing import svg

        return svg(self, instructions=instructions)


@frozen(kw_only=True)
class Phi:
    """A merge of a variable's definitions.

    Args:
        block: At whose beginning it stands.
        name: The variable.
        inputs: For each way into the block: (the block that it comes from, the store that reaches it or None for
            another merge or no binding).
    """

    block: int
    name: str
    inputs: tuple[tuple[int, int | None], ...]


@frozen(kw_only=True)
class Ssa:
    """Which stores of a function's own variables reach which loads, as merges.

    Args:
        phis: By block and variable.
    """

    phis: tuple[Phi, ...]
    _tables: Callable[[str], pa.RecordBatch] = field(repr=False, alias="tables")

    def to_arrow(self, table: Literal["phis", "variables", "instructions"] = "phis") -> pa.RecordBatch:
        """Return one of its tables."""
        return self._tables(table)


@frozen(kw_only=True)
class DefUse:
    """A definition of a variable and a use that it reaches.

    Args:
        name: The variable.
        kind: "store"; "delete": it was unbound there; "unbound": no statement of the function has bound it on some way.
        definition_line: From 1; None for "unbound".
        definition_column: In UTF-8 bytes from 0; None for "unbound".
        use_line: From 1.
        use_column: In UTF-8 bytes from 0.
    """

    name: str
    kind: str
    definition_line: int | None
    definition_column: int | None
    use_line: int
    use_column: int


@frozen(kw_only=True)
class DependencePoint:
    """Something that depends, or is depended on: an instruction or the end of a block.

    Args:
        point: Its number: the instruction's value, or the number of instructions and the block's number.
        text: As in `codegraph cfg`, such as "v3 = load x" or "branch v3".
        line: From 1.
    """

    point: int
    text: str
    line: int


@frozen(kw_only=True)
class Dependence:
    """One point depends on another.

    Args:
        source: On which.
        target: Which.
        kind: "value": it reads the value; "variable": it loads what the other stored; "state": it reads an object that
            the other may have changed; "argument": the same, if whoever the other calls changes its argument;
            "control": the other decides whether it runs.
    """

    source: int
    target: int
    kind: str


@frozen(kw_only=True)
class ProgramDependence:
    """A function's program dependence graph (J. Ferrante, K. J. Ottenstein and J. D. Warren, 1987).

    Args:
        name: The function's dotted name.
        points: By number.
        dependences: By source.
    """

    name: str
    points: tuple[DependencePoint, ...]
    dependences: tuple[Dependence, ...]
    _tables: Callable[[str], pa.RecordBatch] = field(repr=False, alias="tables")

    def to_arrow(
        self, table: Literal["dependence", "changes", "instructions", "blocks"] = "dependence"
    ) -> pa.RecordBatch:
        """Return one of its tables."""
        return self._tables(table)


class FunctionFlow:
    """Control flow and data flow of a function, class body or module of a snapshot. Made by `Graph.function()`."""

    def __init__(self, node: Node, content: bytes, lowered: LoweredFile, body: int) -> None:
        self.node = node
        self._content = content
        self._lowered = lowered
        self._body = body
        self._starts = [0, *(index + 1 for index, byte in enumerate(content) if byte == 0x0A)]

    def __repr__(self) -> str:
        return f"<FunctionFlow {self.node.id}>"

    def to_arrow(self, table: str) -> pa.RecordBatch:
        """Return one of its tables, which `docs/explanation/semantic-ir.md` lists."""
        return self._lowered.table(table, self._body)

    def to_text(self) -> str:
        """Return its instructions, block by block."""
        return self._lowered.text(self._body)

    def cfg(self) -> ControlFlow:
        """Return its control-flow graph."""
        instructions = self.to_arrow("instructions").to_pylist()
        blocks = []
        for row in self.to_arrow("blocks").to_pylist():
            first, end = row.pop("first_value"), row.pop("end_value")
            inside = instructions[first:end]
            starts = [one["start_byte"] for one in inside]
            del row["start_byte"], row["end_byte"]
            blocks.append(
                BasicBlock(
                    **row,
                    lines=tuple(sorted({self._point(start)[0] for start in starts})),
                    instructions=tuple(f"v{one['value']} = {one['text']}" for one in inside),
                )
            )
        return ControlFlow(
            name=self.node.fqn,
            blocks=tuple(blocks),
            edges=tuple(FlowEdge(**row) for row in self.to_arrow("cfg_edges").to_pylist()),
            source_lines=tuple(self._content.decode("utf-8", "replace").split("\n")),
            tables=self.to_arrow,
            text=self.to_text(),
        )

    def ssa(self) -> Ssa:
        """Return the SSA form of its own variables: pruned, so that every merge is used."""
        merges: dict[int, Phi] = {}
        for row in self.to_arrow("phis").to_pylist():
            before = merges.get(row["phi"])
            inputs = (*(before.inputs if before else ()), (row["source"], row["definition"]))
            merges[row["phi"]] = Phi(block=row["block"], name=row["name"], inputs=inputs)
        return Ssa(phis=tuple(merges.values()), tables=self.to_arrow)

    def def_use(self) -> list[DefUse]:
        """Return each definition of its own variables with each use that it reaches, by definition and use."""
        found = []
        for row in self.to_arrow("def_use").to_pylist():
            start = row["definition_start_byte"]
            line, column = (None, None) if start is None else self._point(start)
            use_line, use_column = self._point(row["start_byte"])
            found.append(
                DefUse(
                    name=row["name"],
                    kind=row["kind"],
                    definition_line=line,
                    definition_column=column,
                    use_line=use_line,
                    use_column=use_column,
                )
            )
        return found

    def pdg(self) -> ProgramDependence:
        """Return its program dependence graph: what each instruction and each end of a block depends on."""
        instructions = self.to_arrow("instructions").to_pylist()
        points = [
            DependencePoint(
                point=row["value"], text=f"v{row['value']} = {row['text']}", line=self._point(row["start_byte"])[0]
            )
            for row in instructions
        ]
        points += [
            DependencePoint(
                point=len(instructions) + row["block"],
                text=row["terminator"],
                line=self._point(row["start_byte"])[0],
            )
            for row in self.to_arrow("blocks").to_pylist()
        ]
        return ProgramDependence(
            name=self.node.fqn,
            points=tuple(points),
            dependences=tuple(
                Dependence(source=row["source"], target=row["target"], kind=row["kind"])
                for row in self.to_arrow("dependence").to_pylist()
            ),
            tables=self.to_arrow,
        )

    def _point(self, byte: int) -> tuple[int, int]:
        line = bisect_right(self._starts, byte)
        return line, byte - self._starts[line - 1]


def function_flow(
    node: Node,
    content: bytes | None,
    content_hash: str | None,
    languages: Sequence[LanguagePack],
    lowerings: Sequence[Lowering],
) -> FunctionFlow:
    """Lower the file of a node, unless it was lowered a moment ago, and return the node's own body.

    Raises:
        QueryError: There is no lowering, no source, or no code of that symbol (code `flow-unavailable`).
    """
    able = _lowering_of(node.language, languages, lowerings)
    if able is None:
        raise _unavailable(node, f"No installed plugin lowers {node.language or 'its language'}.")
    if content is None or node.file_path is None or node.start_byte is None or node.end_byte is None:
        raise _unavailable(node, "The snapshot has no source of it.")
    lowered = _lowered(*able, node.file_path, content, content_hash)
    for row in lowered.bodies().to_pylist():
        whole = row["kind"] == "module" and node.kind == "module"
        inside = row["kind"] != "module" and node.start_byte <= row["start_byte"] and row["end_byte"] == node.end_byte
        if whole or inside:
            return FunctionFlow(node, content, lowered, row["body"])
    raise _unavailable(node, f"A {node.kind} has no code of its own.")


def lowered_file(
    row: File,
    content: bytes | None,
    languages: Sequence[LanguagePack],
    lowerings: Sequence[Lowering],
) -> LoweredFile | None:
    """Lower a file of a snapshot, unless it was lowered a moment ago; None where there is no lowering or no source.

    Raises:
        QueryError: The file cannot be lowered (code `flow-unavailable`).
    """
    able = _lowering_of(row.language, languages, lowerings)
    return None if able is None or content is None else _lowered(*able, row.path, content, row.content_hash)


def _lowering_of(
    language: str | None, languages: Sequence[LanguagePack], lowerings: Sequence[Lowering]
) -> tuple[Lowering, LanguagePack] | None:
    pack = next((pack for pack in languages if pack.name == language), None)
    able = sorted(
        (one for one in lowerings if pack is not None and pack.name in one.languages), key=lambda one: one.name
    )
    return None if pack is None or not able else (able[0], pack)


def _lowered(
    lowering: Lowering, pack: LanguagePack, path: str, content: bytes, content_hash: str | None
) -> LoweredFile:
    key = (lowering.name, lowering.version, path.rpartition(".")[2], content_hash or "")
    with _lock:
        if content_hash and key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    try:
        lowered = lowering.lower(pack, path, content)
    except CodeGraphError:
        raise
    except ValueError as error:
        raise QueryError(
            f"{path} cannot be lowered: {error}.",
            code="flow-unavailable",
            context={"path": path, "remedy": "Look at the file's diagnostics: codegraph query diagnostics."},
            cause=error,
        ) from error
    if content_hash:
        with _lock:
            _kept[key] = lowered
            while len(_kept) > _KEPT_FILES:
                _kept.popitem(last=False)
    return lowered


def _unavailable(node: Node, reason: str) -> QueryError:
    return QueryError(
        f"There is no control flow of {node.fqn}. {reason}",
        code="flow-unavailable",
        context={
            "symbol": node.id,
            "path": node.file_path or "",
            "remedy": "Ask for a function, class or module whose language has a lowering: codegraph plugins list.",
        },
    )
