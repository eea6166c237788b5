"""Def-use chains of Python's functions against beniget's and against those that CPython's own bytecode has.

```console
$ python -m tests.oracle.def_use django-5.2.19 sympy-1.14.0 sqlalchemy-2.1.9
$ python -m tests.oracle.def_use --programs beniget-0.5.0/tests/test_chains.py
```

Compared, for each function, lambda and generator expression, is the set of pairs (where a local name is bound, where it
is read), by line and column. Two judges share no code with what is tested:

- beniget walks the syntax tree. What it is known to simplify explains a difference if, besides, the bytecode has the
  pair as we have it; each simplification is counted by its name.
- The bytecode is what CPython compiles the file to. Reaching definitions are computed over its jumps and its exception
  table, by the positions that the compiler gave to its instructions. The same gives the names that can be read at all,
  which judges reachability in our control flow graph. Files are compiled, never executed.

The bytecode is CPython 3.11's; other interpreters have other instructions.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import dis
import io
import re
import sys
import textwrap
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import CodeType
from typing import Any, Final, TypeVar

from attrs import define, field
from codegraph_parser_rust._native import Flow

from codegraph_plugins.languages import python

Place = tuple[int, int, str]
"""Line from 1 and column in bytes; the name, where the place is that of the f-string around it, else ''."""
Pair = tuple[Place, Place]
"""Where a name is bound, and where it is read."""
Position = tuple[int, int, int, int]
Step = tuple[ast.AST, str, int]
"""A statement, handler or case around a place; the suite that leads on; the position in it."""
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp

HAS_BYTECODE: Final = sys.implementation.name == "cpython" and sys.version_info[:2] == (3, 11)

SUITES: Final = ("body", "handlers", "orelse", "finalbody", "cases")
SPANS: Final = ("definition_start_byte", "definition_end_byte", "start_byte", "end_byte")
FUNCTIONS: Final = {"function", "lambda", "comprehension"}
"""Kinds of bodies that are compared; `comprehension` is a generator expression."""
COMPREHENSIONS: Final = ("<listcomp>", "<setcomp>", "<dictcomp>")
UNCONDITIONAL: Final = {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"}
LEAVING: Final = {"RETURN_VALUE", "RAISE_VARARGS", "RERAISE"}
NEVER_RAISING: Final = frozenset(
    {
        *(
            "LOAD_CONST",
            "LOAD_FAST",
            "LOAD_CLOSURE",
            "LOAD_DEREF",
            "STORE_FAST",
            "STORE_DEREF",
            "NOP",
            "POP_TOP",
            "COPY",
        ),
        *("SWAP", "PUSH_NULL", "RESUME", "CACHE", "PRECALL", "KW_NAMES", "EXTENDED_ARG", "MAKE_CELL", "COPY_FREE_VARS"),
        *("MAKE_FUNCTION", "BUILD_TUPLE", "BUILD_LIST", "IS_OP", "RETURN_VALUE", "PUSH_EXC_INFO", "POP_EXCEPT"),
        *("RETURN_GENERATOR", "LOAD_ASSERTION_ERROR", "BUILD_SLICE", "BUILD_STRING", "LIST_TO_TUPLE", "GET_LEN"),
        *("POP_JUMP_FORWARD_IF_NONE", "POP_JUMP_FORWARD_IF_NOT_NONE", "POP_JUMP_BACKWARD_IF_NONE"),
        *("POP_JUMP_BACKWARD_IF_NOT_NONE", *UNCONDITIONAL),
    }
)


class Names(ast.NodeVisitor):
    """Where a file's names are, and in which function.

    Attributes:
        scopes: Functions, lambdas and generator expressions.
        scope_of: By the place of a name in one of them: which, as its position in `scopes`.
        path_of: By the place of a name: what is around it in its function, outermost first.
        nodes: By node that binds or reads a name: its place.
        stored: By position of what binds names and their name: the places that this may bind. A match binds all its
            names at once, and names of an f-string may share a position.
        functions: Functions and lambdas, by their first line.
        strings: Where f-strings begin and end, in order.
        name_of: By place: the name.
        declared: Names that some `global` or `nonlocal` is about.
    """

    def __init__(self, tree: ast.Module, content: bytes) -> None:
        self.scopes: list[Scope] = []
        self.scope_of: dict[Place, int] = {}
        self.path_of: dict[Place, tuple[Step, ...]] = {}
        self.nodes: dict[ast.AST, Place] = {}
        self.stored: dict[tuple[Position, str], set[Place]] = {}
        self.functions: dict[int, list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]] = {}
        self.strings: list[tuple[tuple[int, int], tuple[int, int]]] = []
        self.name_of: dict[Place, str] = {}
        self.declared: set[str] = set()
        self._lines = [line + b"\n" for line in content.split(b"\n")]
        self._scope: int | None = None
        self._path: tuple[Step, ...] = ()
        self._string: ast.JoinedStr | None = None
        for statement in tree.body:
            self.visit(statement)
        self.strings.sort()

    def places(self, position: Position, name: str) -> set[Place]:
        """Return what an instruction of a position that reads or binds a name stands for; none if nobody wrote it."""
        while (position, name) not in self.stored and "__" in name[1:]:
            name = name[name.index("__", 1) :]  # of a private name the class's is in front
        return self.stored.get((position, name), set())

    def normalized(self, line: int, column: int, name: str) -> Place:
        """Return the place of a name at a line and column."""
        index = bisect_right(self.strings, (line, column), key=lambda string: string[0]) - 1
        if index >= 0 and (line, column) < self.strings[index][1]:
            return (*self.strings[index][0], name)
        return (line, column, "")

    def _add(self, node: ast.AST, name: str, line: int, column: int, *at: ast.AST) -> None:
        place = (line, column, "")
        if self._string is not None:
            place = (self._string.lineno, self._string.col_offset, name)
        self.nodes[node] = place
        self.name_of[place] = name
        self.path_of.setdefault(place, self._path)
        if self._scope is not None:
            self.scope_of[place] = self._scope
        for one in (node, *at):
            if hasattr(one, "lineno"):
                self.stored.setdefault((position_of(one), name), set()).add(place)

    def _found(self, node: ast.AST, name: str, pattern: str, start: tuple[int, int], *at: ast.AST) -> None:
        """Add a name that stands where a pattern ends, from a place on."""
        line, column = start
        rest = self._lines[line - 1][column:]
        match = re.match(pattern.encode(), rest, re.DOTALL)
        for further in self._lines[line : line + 20]:
            if match:
                break
            rest += further
            match = re.match(pattern.encode(), rest, re.DOTALL)
        if match is None:
            return
        before = rest[: match.end()]
        breaks = before.count(b"\n")
        column = len(before) - before.rindex(b"\n") - 1 if breaks else column + len(before)
        self._add(node, name, line + breaks, column, *at)

    def _enter(self, scope: Scope | None, inner: Iterable[ast.AST]) -> None:
        kept = self._scope, self._path
        self._scope, self._path = None, ()
        if scope is not None:
            self._scope = len(self.scopes)
            self.scopes.append(scope)
            if not isinstance(scope, ast.GeneratorExp):
                decorators = [] if isinstance(scope, ast.Lambda) else scope.decorator_list
                self.functions.setdefault(min(one.lineno for one in (scope, *decorators)), []).append(scope)
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef) or scope is None:
            self._suite(scope, "body", list(inner))
        else:
            for node in inner:
                self.visit(node)
        self._scope, self._path = kept

    def _suite(self, owner: ast.AST | None, name: str, nodes: Sequence[ast.AST]) -> None:
        kept = self._path
        for index, node in enumerate(nodes):
            if owner is not None:
                self._path = (*kept, (owner, name, index))
            self.visit(node)
        self._path = kept

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what is in a node, with the suite that it is in."""
        kept = self._path
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and name in SUITES:
                self._suite(node, name, value)
                continue
            if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
                self._path = (*kept, (node, name, 0))
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, ast.AST):
                    self.visit(one)
            self._path = kept

    def visit_Name(self, node: ast.Name) -> None:
        self._add(node, node.id, node.lineno, node.col_offset)

    def visit_arg(self, node: ast.arg) -> None:
        self._add(node, node.arg, node.lineno, node.col_offset)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Leave the annotation out: in a function nothing evaluates it."""
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)
        elif not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for one in node.decorator_list:
            self.visit(one)
        self._defaults(node.args)
        self._found(node, node.name, r"(async[\s\\]+)?def[\s\\]+", (node.lineno, node.col_offset))
        self._enter(node, [*parameters(node.args), *node.body])

    visit_FunctionDef = _visit_function  # noqa: N815 - the visitor's name for it
    visit_AsyncFunctionDef = _visit_function  # noqa: N815

    def _defaults(self, given: ast.arguments) -> None:
        for one in (*given.defaults, *given.kw_defaults):
            if one is not None:
                self.visit(one)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        self._enter(node, [*parameters(node.args), node.body])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        first = node.generators[0]
        self.visit(first.iter)
        inner: list[ast.AST] = [first.target, *first.ifs, *node.generators[1:], node.elt]
        self._enter(node, inner)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for one in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(one)
        self._found(node, node.name, r"class[\s\\]+", (node.lineno, node.col_offset))
        self._enter(None, node.body)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        kept = self._string
        if kept is None:
            self._string = node
            end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
            self.strings.append(((node.lineno, node.col_offset), end))
        self.generic_visit(node)
        self._string = kept

    def _visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.asname:
                name, column = alias.asname, (alias.end_col_offset or 0) - len(alias.asname.encode())
                self._add(alias, name, alias.end_lineno or alias.lineno, column, node)
            else:
                self._add(alias, alias.name.split(".")[0], alias.lineno, alias.col_offset, node)

    visit_Import = _visit_import  # noqa: N815 - the visitor's name for it
    visit_ImportFrom = _visit_import  # noqa: N815

    def _visit_declaration(self, node: ast.Global | ast.Nonlocal) -> None:
        self.declared.update(node.names)

    visit_Global = _visit_declaration  # noqa: N815
    visit_Nonlocal = _visit_declaration  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name and node.type:
            end = node.type.end_lineno or 0, node.type.end_col_offset or 0
            self._found(node, node.name, r"(?:[\s)\\]|#[^\n]*\n)*as[\s\\]+", end)
        self.generic_visit(node)

    def visit_match_case(self, node: ast.match_case) -> None:
        # A name that several alternatives bind is bound once, when one has matched: where the first has it.
        patterns = [one for one in ast.walk(node.pattern) if isinstance(one, ast.pattern)]
        first: dict[str, ast.AST] = {}
        for one in sorted(patterns, key=position_of):
            name = one.rest if isinstance(one, ast.MatchMapping) else getattr(one, "name", None)
            if name is None:
                continue
            if name in first:
                self.nodes[one] = self.nodes[first[name]]
            elif isinstance(one, ast.MatchMapping):
                before = rf".*\*\*\s*(?={name})"
                self._found(one, name, before, (one.lineno, one.col_offset), *patterns)
            else:
                column = (one.end_col_offset or 0) - len(name.encode())
                self._add(one, name, one.end_lineno or 0, column, *patterns)
            if one in self.nodes:
                first[name] = one
        self.generic_visit(node)


def position_of(node: ast.AST) -> Position:
    """Return where a node is, as the compiler gives it to its instructions."""
    return (
        getattr(node, "lineno", 0),
        getattr(node, "col_offset", 0),
        getattr(node, "end_lineno", 0),
        getattr(node, "end_col_offset", 0),
    )


def parameters(given: ast.arguments) -> list[ast.arg]:
    """Return all parameters of a function."""
    found = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return found + [one for one in (given.vararg, given.kwarg) if one is not None]


# Ours ----------------------------------------------------------------------------------------------------------------


@define
class Chains:
    """What one side finds in a file.

    Attributes:
        pairs: Where names are bound and read.
        read: Places of names of functions that can be read: a way leads to them.
        dead: Of those, what only a condition that is always the same keeps from running.
    """

    pairs: set[Pair] = field(factory=set)
    read: set[Place] = field(factory=set)
    dead: set[Place] = field(factory=set)


def placing(content: bytes, names: Names) -> Callable[[int, int], Place]:
    """Return what gives the place of the bytes from a start to an end."""
    lines = [0]
    for line in content.split(b"\n"):
        lines.append(lines[-1] + len(line) + 1)

    def place(start: int, end: int) -> Place:
        line = bisect_right(lines, start)
        return names.normalized(line, start - lines[line - 1], content[start:end].decode())

    return place


def new_flow() -> Flow:
    """Return what lowers Python."""
    return Flow("python", python.PACK.grammar.load())


def ours(flow: Flow, content: bytes, names: Names) -> Chains:
    """Return what the semantic IR has."""
    found = Chains()
    file = flow.lower(content)
    place = placing(content, names)
    for body in file.bodies().to_pylist():
        if body["kind"] not in FUNCTIONS:
            continue
        rows = file.table("def_use", body["body"])
        columns = [rows.column(name).to_pylist() for name in ("kind", *SPANS)]
        for kind, from_, from_end, to, to_end in zip(*columns, strict=True):
            if kind == "store":
                found.pairs.add((place(from_, from_end), place(to, to_end)))
        blocks = file.table("blocks", body["body"])
        reachable, live = (blocks.column(name).to_pylist() for name in ("is_reachable", "is_live"))
        rows = file.table("instructions", body["body"])
        columns = [rows.column(name).to_pylist() for name in ("op", "block", "start_byte", "end_byte")]
        for op, block, start, end in zip(*columns, strict=True):
            if op == "load-name" and reachable[block]:
                at = place(start, end)
                found.read.add(at)
                if not live[block]:
                    found.dead.add(at)
    return found


# The bytecode --------------------------------------------------------------------------------------------------------


def handlers_of(code: CodeType) -> list[tuple[int, int, int]]:
    """Return the exception table: first offset, end, handler (CPython's Objects/exception_handling_notes.txt)."""
    entries = iter(code.co_exceptiontable)

    def number() -> int:
        byte = next(entries)
        value = byte & 63
        while byte & 64:
            byte = next(entries)
            value = value << 6 | byte & 63
        return value

    found = []
    with contextlib.suppress(StopIteration):
        while True:
            start = number() * 2
            found.append((start, start + number() * 2, number() * 2))
            number()  # depth of the stack, and whether the offset is on it
    return found


def compiled(code: CodeType, names: Names, found: Chains, harmless: frozenset[str]) -> list[tuple[str, bool, Position]]:
    """Add the chains of a code object and of those in it.

    Args:
        code: The code object.
        names: The file's names.
        found: What is added to.
        harmless: Instructions that do not raise.

    Returns:
        What it does to names of functions around it: name, whether it is bound (else read), position.
    """
    around: list[tuple[str, bool, Position]] = []
    inner: dict[CodeType, list[tuple[str, bool, Position]]] = {}
    for one in code.co_consts:
        if isinstance(one, CodeType):
            inner[one] = compiled(one, names, found, harmless)
    is_function = bool(code.co_flags & 2)  # CO_NEWLOCALS: a module and a class have their names in a dict
    instructions = [one for one in dis.get_instructions(code) if one.opname != "CACHE"]
    own = {*code.co_varnames, *code.co_cellvars}
    definitions: list[set[Place]] = []
    of_name: dict[str, int] = {}
    events: list[list[tuple[str, int, set[Place]]]] = []
    """By instruction: (name, definition or -1 for a read, its places)."""

    def define(name: str, places: set[Place]) -> int:
        definitions.append(places)
        of_name[name] = of_name.get(name, 0) | 1 << len(definitions) - 1
        return len(definitions) - 1

    pending: list[tuple[str, bool, Position]] = []
    for one in instructions:
        here: list[tuple[str, int, set[Place]]] = []
        operation, variable = one.opname.partition("_")[::2]
        position = positions_of(one)
        name = str(one.argval)
        if one.opname == "LOAD_CONST" and isinstance(one.argval, CodeType) and one.argval.co_name in COMPREHENSIONS:
            pending += inner[one.argval]
        if one.opname == "CALL" and pending:
            # The comprehension runs: what it reads and binds of this frame happens here.
            for what, binds, at in pending:
                if what not in own:
                    around.append((what, binds, at))
                else:
                    places = names.places(at, what)
                    here.append((what, define(what, places) if binds else -1, places))
            pending = []
        if variable in {"FAST", "DEREF", "GLOBAL", "NAME", "CLASSDEREF"}:
            places = names.places(position, name)
            if operation == "LOAD":
                here.append((name, -1, places))
            elif operation in {"STORE", "DELETE"} and name in own:
                here.append((name, define(name, places if operation == "STORE" else set()), places))
            if name in code.co_freevars and operation in {"LOAD", "STORE"}:
                around.append((name, operation == "STORE", position))
        events.append(here)
    start = 0
    for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + bin(code.co_flags & 12).count("1")]:
        start |= 1 << define(name, set())
    if not is_function:
        return around
    _parameters(code, names, instructions, definitions)
    states = _reaching(code, instructions, events, of_name, start, harmless)
    for index, here in enumerate(events):
        state = states.get(index)
        if state is None:
            continue
        for name, definition, places in here:
            if definition >= 0:
                state = state & ~of_name[name] | 1 << definition
                continue
            found.read |= places
            left = state & of_name.get(name, 0)
            while left:
                lowest = left & -left
                left ^= lowest
                found.pairs |= {(at, use) for at in definitions[lowest.bit_length() - 1] for use in places}
    return around


def positions_of(instruction: dis.Instruction) -> Position:
    """Return where an instruction comes from."""
    at = instruction.positions
    if at is None:
        return (0, 0, 0, 0)
    return (at.lineno or 0, at.col_offset or 0, at.end_lineno or 0, at.end_col_offset or 0)


def _parameters(
    code: CodeType, names: Names, instructions: Sequence[dis.Instruction], definitions: list[set[Place]]
) -> None:
    """Say where the parameters, which are the last definitions, are."""
    count = code.co_argcount + code.co_kwonlyargcount + bin(code.co_flags & 12).count("1")
    given = code.co_varnames[:count]
    inside = next((at for at in map(positions_of, instructions) if at[3] > 0), (0, 0, 0, 0))
    for scope in names.functions.get(code.co_firstlineno, ()):
        found = parameters(scope.args)
        span = position_of(scope)
        if len(found) != count or not (span[:2] <= inside[:2] and inside[2:] <= span[2:]):
            continue
        if all(name == one.arg or name.endswith(one.arg) for one, name in zip(found, given, strict=True)):
            for index, one in enumerate(found):
                definitions[len(definitions) - count + index].add(names.nodes[one])


def _reaching(
    code: CodeType,
    instructions: Sequence[dis.Instruction],
    events: Sequence[Sequence[tuple[str, int, set[Place]]]],
    of_name: dict[str, int],
    start: int,
    harmless: frozenset[str],
) -> dict[int, int]:
    """Return the definitions that reach each instruction that a way leads to, as bits."""
    index_of = {one.offset: index for index, one in enumerate(instructions)}
    handler_at: list[int | None] = [None] * len(instructions)
    for first, end, target in handlers_of(code):
        for index in range(index_of[first], len(instructions)):
            if instructions[index].offset >= end:
                break
            handler_at[index] = index_of[target]
    states: dict[int, int] = {0: start}
    pending = [0]
    while pending:
        index = pending.pop()
        while True:
            state = states[index]
            one = instructions[index]
            targets: list[tuple[int, int]] = []
            handler = handler_at[index]
            if handler is not None and one.opname not in harmless:
                targets.append((handler, state))
            for name, definition, _ in events[index]:
                if definition >= 0:
                    state = state & ~of_name[name] | 1 << definition
            if one.opcode in dis.hasjrel:
                targets.append((index_of[one.argval], state))
            for target, brought in targets:
                before = states.get(target)
                if before is None or before | brought != before:
                    states[target] = brought | (before or 0)
                    pending.append(target)
            index += 1
            if one.opname in UNCONDITIONAL or one.opname in LEAVING or index == len(instructions):
                break
            before = states.get(index)
            if before is not None and before | state == before:
                break
            states[index] = state | (before or 0)
    return states


# beniget -------------------------------------------------------------------------------------------------------------


def beniget_chains(tree: ast.Module, names: Names) -> set[Pair]:
    """Return the pairs of functions that beniget finds, without those where `del` is taken to read a name."""
    import beniget  # type: ignore[import-untyped]

    walk = beniget.DefUseChains()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        walk.visit(tree)
    found = set()
    for node, definition in walk.chains.items():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load | ast.Del):
            continue
        at = names.nodes.get(node)
        if at is None:
            continue
        for user in definition.users():
            use = names.nodes.get(user.node)
            is_read = isinstance(user.node, ast.Name) and not isinstance(user.node.ctx, ast.Del)
            if use is not None and is_read and user.node.id == definition.name():
                found.add((at, use))
    return found


# Comparison ----------------------------------------------------------------------------------------------------------


@define
class Difference:
    """A pair or a name that only one side has.

    Attributes:
        path: The file.
        side: Who has it.
        places: Where the name is bound and read; where it is read.
    """

    path: str
    side: str
    places: tuple[Place, ...]


@define
class Agreement:
    """What a comparison found.

    Attributes:
        functions: Functions, lambdas and generator expressions.
        pairs: Pairs that any of both sides has.
        identical: Functions of which both have the same.
        explained: Differences by cause.
        unexplained: The other differences.
    """

    functions: int = 0
    pairs: int = 0
    identical: int = 0
    explained: Counter[str] = field(factory=Counter)
    unexplained: list[Difference] = field(factory=list)


@define
class Report:
    """What is compared with what.

    Attributes:
        beniget: Chains against beniget's.
        bytecode: Chains against those of the bytecode.
        reachable: Names that can be read against those that the bytecode can read.
        left_out: Files that one of the sides refuses, by reason.
    """

    beniget: Agreement = field(factory=Agreement)
    bytecode: Agreement = field(factory=Agreement)
    reachable: Agreement = field(factory=Agreement)
    left_out: Counter[str] = field(factory=Counter)


def beniget_cause(pair: Pair, is_theirs: bool, names: Names) -> str:
    """Say which simplification of beniget makes a pair differ; "" if none does.

    Each is a rule on the statements around and between the binding and the read, those of a loop around both included.
    Read in beniget 0.5.0's source.
    """
    bound, read = (names.path_of.get(place, ()) for place in pair)
    scope = names.scopes[names.scope_of[pair[1]]]
    start, end = sorted(place[:2] for place in pair)
    for step, other in zip(bound, read, strict=False):
        if step[0] is other[0] and isinstance(step[0], LOOPS):
            start, end = position_of(step[0])[:2], position_of(step[0])[2:]
            break
    kinds = {type(step[0]) for step in (*bound, *read)}
    kinds |= {type(one) for one in ast.walk(scope) if start <= position_of(one)[:2] <= end}
    name = pair[1][2] or names.name_of[pair[1]]
    if name in names.declared:
        return "a nonlocal or global name is one variable for all functions"
    if is_theirs and kinds & {ast.Return, ast.Raise, ast.Break, ast.Continue}:
        return "a way goes on after return, and after raise, break and continue in some suites"
    if is_theirs and ast.NamedExpr in kinds and pair[1] < pair[0] and kinds & {ast.FunctionDef, ast.AsyncFunctionDef}:
        return "defaults of parameters come before decorators"
    if kinds & {ast.Try, ast.TryStar, ast.ExceptHandler}:
        return "exceptions leave a try only before its first and after its last statement"
    if not is_theirs and kinds & {ast.With, ast.AsyncWith}:
        return "a with never swallows an exception"
    if not is_theirs and kinds & {ast.ListComp, ast.SetComp, ast.DictComp} and ast.NamedExpr in kinds:
        return "what := binds in a comprehension is not seen in all of it"
    if kinds & {ast.For, ast.AsyncFor, ast.While}:
        return "a loop's body runs exactly twice, its test and its else apart"
    if ast.Match in kinds:
        return "patterns of all cases bind, whether or not they match"
    return ""


def is_after_nothing(place: Place, names: Names) -> bool:
    """Say whether a place is in a handler of a `try` of which the compiler leaves nothing that could raise."""
    return any(
        name == "handlers"
        and all(
            isinstance(one, ast.Pass) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
            for one in getattr(owner, "body", ())
        )
        for owner, name, _ in names.path_of.get(place, ())
    )


LOOPS: Final = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp)


class Live:
    """Which pairs of ours are left if no edge is taken that a constant condition rules out."""

    def __init__(self, flow: Flow, content: bytes, names: Names) -> None:
        self._given = flow, content, names
        self._pairs: set[Pair] | None = None

    def __contains__(self, pair: Pair) -> bool:
        if self._pairs is None:
            self._pairs = live_pairs(*self._given)
        return pair in self._pairs


def live_pairs(flow: Flow, content: bytes, names: Names) -> set[Pair]:
    """Return the pairs over live edges: reaching definitions, by iteration over the blocks' instructions."""
    place = placing(content, names)
    file = flow.lower(content)
    found: set[Pair] = set()
    for body in file.bodies().to_pylist():
        if body["kind"] not in FUNCTIONS:
            continue
        rows = file.table("instructions", body["body"]).to_pylist()
        edges = [edge for edge in file.table("cfg_edges", body["body"]).to_pylist() if edge["is_live"]]
        blocks: dict[int, list[dict[str, Any]]] = {}
        for row in rows:
            if row["op"] in {"load-name", "store-name", "delete-name"}:
                blocks.setdefault(row["block"], []).append(row)
        entering: dict[int, set[tuple[int, int]]] = {0: set()}
        pending = [0]
        while pending:
            block = pending.pop()
            state = set(entering[block])
            for row in blocks.get(block, ()):
                if row["op"] != "load-name":
                    state = {one for one in state if one[0] != row["variable"]} | {(row["variable"], row["value"])}
            for edge in edges:
                if edge["source"] == block:
                    brought = entering[block] if edge["kind"] == "exception" else state
                    before = entering.get(edge["target"])
                    if before is None or not brought <= before:
                        entering[edge["target"]] = brought | (before or set())
                        pending.append(edge["target"])
        for block, before in entering.items():
            state = set(before)
            for row in blocks.get(block, ()):
                if row["op"] == "load-name":
                    use = place(row["start_byte"], row["end_byte"])
                    for variable, value in state:
                        if variable == row["variable"]:
                            found.add((place(rows[value]["start_byte"], rows[value]["end_byte"]), use))
                else:
                    state = {one for one in state if one[0] != row["variable"]} | {(row["variable"], row["value"])}
    return found


CONSTANT: Final = "a condition that is always the same: the compiler has taken the way out"
HARMLESS: Final = "what hardly raises in a try: the semantic IR takes its first statement to raise in any case"


def compare(path: str, content: bytes, flow: Flow, report: Report) -> None:
    """Compare a file's functions."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
            code = compile(content, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        report.left_out["CPython refuses it"] += 1
        return
    names = Names(tree, content)
    try:
        other = beniget_chains(tree, names)
    except (AssertionError, RecursionError, IndexError, KeyError, AttributeError):
        report.left_out["beniget fails"] += 1
        return
    mine = ours(flow, content, names)
    judged = Chains()
    compiled(code, names, judged, NEVER_RAISING)
    eager = Chains()
    if mine.pairs - judged.pairs or mine.read - judged.read:
        compiled(code, names, eager, frozenset())
    live = Live(flow, content, names)

    def refined(pair: Pair, is_theirs: bool) -> str:
        if is_theirs:
            return ""
        if pair in eager.pairs or any(is_after_nothing(place, names) for place in pair):
            return HARMLESS
        return "" if pair in live else CONSTANT

    def simplified(pair: Pair, is_theirs: bool) -> str:
        if (pair in judged.pairs) == is_theirs:  # the bytecode has it as beniget has
            return refined(pair, is_theirs)
        return beniget_cause(pair, is_theirs, names)

    def unreached(places: tuple[Place], is_theirs: bool) -> str:
        if is_theirs:
            return ""
        if places[0] in eager.read or is_after_nothing(places[0], names):
            return HARMLESS
        return CONSTANT if places[0] in mine.dead else ""

    tally(report.bytecode, path, names, (mine.pairs, judged.pairs), refined)
    tally(report.beniget, path, names, (mine.pairs, other), simplified)
    tally(report.reachable, path, names, ({(at,) for at in mine.read}, {(at,) for at in judged.read}), unreached)


Found = TypeVar("Found", Pair, tuple[Place])


def tally(
    agreement: Agreement,
    path: str,
    names: Names,
    sides: tuple[set[Found], set[Found]],
    cause: Callable[[Found, bool], str],
) -> None:
    """Count a file's differences; `cause` is given what differs and whether it is theirs, and says why or ""."""
    left, right = sides
    differing = set()
    for one in sorted(left ^ right):
        scope = names.scope_of.get(one[-1])
        if scope is None or names.scope_of.get(one[0]) != scope:
            continue
        differing.add(scope)
        is_theirs = one in right
        if why := cause(one, is_theirs):
            agreement.explained[why] += 1
        else:
            agreement.unexplained.append(Difference(path, "theirs" if is_theirs else "ours", one))
    agreement.functions += len(names.scopes)
    agreement.identical += len(names.scopes) - len(differing)
    agreement.pairs += sum(one[-1] in names.scope_of for one in left | right)


def compare_programs(paths: Iterable[Path]) -> Report:
    """Compare the programs that test files have as texts assigned to `code`, each as the body of a function."""
    flow = new_flow()
    report = Report()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
                continue
            target, program = node.targets[0], node.value.value
            if isinstance(target, ast.Name) and target.id == "code" and isinstance(program, str):
                body = textwrap.indent(textwrap.dedent(program), "    ")
                source = f"def program():\n    pass\n{body}\n"
                compare(f"{path}:{node.lineno}", source.encode(), flow, report)
    return report


def compare_all(paths: Iterable[Path]) -> Report:
    """Compare the functions of files, and of all Python files in folders."""
    flow = new_flow()
    report = Report()
    kept = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # beniget and the visitors here recurse once or more for each level of nesting
    try:
        for root in paths:
            for file in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
                compare(str(file), file.read_bytes(), flow, report)
    finally:
        sys.setrecursionlimit(kept)
    return report


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--show", type=int, default=20, help="how many unexplained differences to list")
    parser.add_argument("--programs", action="store_true", help="the paths are test files with programs in texts")
    given = parser.parse_args()
    report = (compare_programs if given.programs else compare_all)(given.paths)
    for reason, count in report.left_out.items():
        print(f"{count} files left out: {reason}")
    for title, agreement in (
        ("def-use, beniget", report.beniget),
        ("def-use, bytecode", report.bytecode),
        ("names that can be read, bytecode", report.reachable),
    ):
        share = 100 * agreement.identical / max(agreement.functions, 1)
        print(f"{title}: {agreement.identical} of {agreement.functions} functions identical ({share:.2f} %)")
        different = agreement.explained.total() + len(agreement.unexplained)
        print(f"  {different} of {agreement.pairs} differ, {len(agreement.unexplained)} unexplained")
        for cause, count in agreement.explained.most_common():
            print(f"  {count:6} {cause}")
        for one in agreement.unexplained[: given.show]:
            print(f"    only {one.side} {one.path}:", " -> ".join(f"{at[0]}:{at[1]}" for at in one.places))


if __name__ == "__main__":
    main()
