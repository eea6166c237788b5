"""Compares the complexity column with radon (Python) and lizard (JavaScript, TypeScript).

Only functions that both sides see with the same range are compared. lizard reads tokens, not a syntax
tree, and goes wrong in known ways; `ARTEFACTS` names them, and a function that contains one is counted
apart, never silently dropped.
"""

from __future__ import annotations

import ast
import bisect
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import lizard
import tree_sitter
from attrs import define, field, frozen
from radon.complexity import cc_visit
from radon.visitors import Class, Function

from codegraph_hookspecs import LanguagePack, ParseOptions, SourceFile, module_name
from codegraph_plugins.languages import javascript, python, typescript
from codegraph_plugins.parsers.reference import ReferenceParser
from codegraph_plugins.parsers.reference.compiled import compile_language

ARTEFACTS: Final = {
    "keyword-name": "a property or name spelled like a decision (`promise.catch()`, `{ if: x }`) counts",
    "glued-ternary": "`a? b : c` without a space before `?` is read as an optional name and does not count",
    "type-question": "`?` of a conditional type, or an optional mark that does not touch a name, counts",
    "template": "decisions inside `${…}` do not count",
    "regex": "a regular expression after a keyword is read as code",
    "multiline-expression": "an arrow function without braces ends at its first line break",
    "jsx": "markup is split by angle brackets",
    "abandoned": "a parenthesis after `=` is first read as parameters; decisions seen until then are lost",
}
"""What lizard 1.24 miscounts, by label."""

_KEYWORDS: Final = frozenset({b"if", b"elseif", b"for", b"while", b"catch", b"case"})
_NAME_KINDS: Final = frozenset(
    {
        "identifier",
        "property_identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "statement_identifier",
        "type_identifier",
    }
)

Range = tuple[int, int]


@frozen
class Difference:
    """Functions of one line range whose complexities differ."""

    path: str
    lines: Range
    ours: tuple[int, ...]
    theirs: tuple[int, ...]


@define
class Comparison:
    """What comparing some files gave.

    Args:
        ours: Functions that we see.
        theirs: Functions that the oracle sees.
        same_range: Functions that both see with the same lines.
        same_range_equal: Of those, how many have the same complexity.
        compared: Of `same_range`, those with the same functions inside and no artefact.
        equal: Of `compared`, how many have the same complexity.
        unread: Files with functions in which the oracle sees none.
        excluded: Label → functions that contain that artefact (one may have several).
        differences: What is not equal among `compared`.
    """

    ours: int = 0
    theirs: int = 0
    same_range: int = 0
    same_range_equal: int = 0
    compared: int = 0
    equal: int = 0
    unread: int = 0
    excluded: Counter[str] = field(factory=Counter)
    differences: list[Difference] = field(factory=list)

    @property
    def share(self) -> float:
        """Share of compared functions that are equal."""
        return self.equal / self.compared if self.compared else 0.0

    def __str__(self) -> str:
        return (
            f"{self.equal} of {self.compared} compared functions are equal ({self.share:.2%}); with artefacts "
            f"{self.same_range_equal} of {self.same_range}; functions: {self.ours} ours, {self.theirs} theirs; "
            f"files that the other side cannot read: {self.unread}; "
            f"excluded: {dict(sorted(self.excluded.items()))}; differences: {self.differences[:20]}"
        )


def source_files(root: Path, pack: LanguagePack, *, max_bytes: int = 100_000) -> Iterator[SourceFile]:
    """Yield a folder's files of one language in path order; declaration files and large ones are left out."""
    for location in sorted(root.rglob("*")):
        name = location.name
        if not name.endswith(pack.extensions) or name.endswith((".d.ts", ".d.mts", ".d.cts")):
            continue
        if not location.is_file() or location.stat().st_size > max_bytes:
            continue
        path = location.relative_to(root).as_posix()
        yield SourceFile(
            path=path,
            location=bytes(location),
            language=pack.name,
            module=module_name(path, pack),
            size=location.stat().st_size,
            mtime_ns=0,
        )


def _ours(files: Iterable[SourceFile], pack: LanguagePack) -> dict[str, list[tuple[str, int, int, int]]]:
    """Return path → (name, first line, last line, complexity) of each function."""
    table = ReferenceParser().open([pack], ParseOptions(max_file_bytes=1 << 30)).parse(list(files)).tables["nodes"]
    columns = ["file_path", "name", "start_line", "end_line", "complexity"]
    found: dict[str, list[tuple[str, int, int, int]]] = defaultdict(list)
    for path, *row in zip(*(table[column].to_pylist() for column in columns), strict=True):
        if row[3] is not None:
            found[path].append((row[0], row[1], row[2], row[3]))
    return found


def compare_with_radon(files: Iterable[SourceFile]) -> Comparison:
    """Compare Python files with radon: by name and line of `def`, lambdas aside (radon has none)."""
    files = list(files)
    ours = _ours(files, python.PACK)
    result = Comparison()
    for file in files:
        try:
            text = Path(file.location.decode()).read_text(encoding="utf-8")
            blocks = cc_visit(text)
        except (SyntaxError, UnicodeDecodeError):
            continue  # radon reads what this Python reads
        theirs = {(block.name, block.lineno): block.complexity for block in _radon_functions(blocks)}
        mine = {(name, line): value for name, line, _, value in ours[file.path] if not name.startswith("<")}
        result.ours += len(mine)
        result.theirs += len(theirs)
        unread = _with_exception_groups(text)
        for key in theirs.keys() & mine.keys():
            result.same_range += 1
            if key in unread:
                result.excluded["except-group"] += 1
                continue
            result.compared += 1
            if mine[key] == theirs[key]:
                result.same_range_equal += 1
                result.equal += 1
            else:
                result.differences.append(
                    Difference(f"{file.path}:{key[0]}", (key[1], key[1]), (mine[key],), (theirs[key],))
                )
    return result


def _with_exception_groups(text: str) -> set[tuple[str, int]]:
    """Return the functions with an `except*`, which radon 6.0 does not read."""
    return {
        (one.name, one.lineno)
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(part, ast.TryStar) for part in ast.walk(one))
    }


def _radon_functions(blocks: Iterable[object]) -> Iterator[Function]:
    stack = list(blocks)
    while stack:
        block = stack.pop()
        if isinstance(block, Function):
            yield block
            stack.extend(block.closures)
        elif isinstance(block, Class):
            stack.extend([*block.methods, *block.inner_classes])


def compare_with_lizard(files: Iterable[SourceFile], pack: LanguagePack) -> Comparison:
    """Compare JavaScript or TypeScript files with lizard: by line range, anonymous functions included."""
    files = list(files)
    ours = _ours(files, pack)
    result = Comparison()
    for file in files:
        text = Path(file.location.decode()).read_bytes()
        theirs, lost = _lizard_functions(file.path, text.decode("utf-8", "replace"))
        result.unread += not theirs and bool(ours[file.path])
        if theirs:
            spots = _artefacts(text, file.path, pack) + lost
            _compare_file(result, file.path, ours[file.path], theirs, spots)
    return result


def _lizard_functions(path: str, text: str) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, str]]]:
    """Return lizard's functions as (first line, last line, complexity), and where it lost decisions."""
    with _abandonments() as lost:
        try:
            found = lizard.analyze_file.analyze_source_code(path, text).function_list
        except (IndexError, RecursionError):  # its state machine lost count of brackets, or recursed too deep
            return [], []
    return [(one.start_line, one.end_line, one.cyclomatic_complexity) for one in found], lost


@contextmanager
def _abandonments() -> Iterator[list[tuple[int, int, str]]]:
    """Note where lizard takes an expression for a function, gives it up, and loses what it counted in it."""
    lost: list[tuple[int, int, str]] = []
    original = lizard.FileInfoBuilder.end_of_function

    def end_of_function(builder: lizard.FileInfoBuilder) -> None:
        function = builder.current_function
        if builder.forgive and function.cyclomatic_complexity > 1:
            lost.append((function.start_line, builder.current_line, "abandoned"))
        original(builder)

    lizard.FileInfoBuilder.end_of_function = end_of_function
    try:
        yield lost
    finally:
        lizard.FileInfoBuilder.end_of_function = original


def _compare_file(
    result: Comparison,
    path: str,
    ours: list[tuple[str, int, int, int]],
    theirs: list[tuple[int, int, int]],
    spots: list[tuple[int, int, str]],
) -> None:
    mine: dict[Range, list[int]] = defaultdict(list)
    for _, start, end, value in ours:
        mine[start, end].append(value)
    other: dict[Range, list[int]] = defaultdict(list)
    for start, end, value in theirs:
        other[start, end].append(value)
    result.ours += len(ours)
    result.theirs += len(theirs)
    for lines, values in mine.items():
        if len(other.get(lines, ())) != len(values):
            continue
        left, right = sorted(values), sorted(other[lines])
        same = sum(a == b for a, b in zip(left, right, strict=True))
        result.same_range += len(left)
        result.same_range_equal += same
        labels = {label for start, end, label in spots if lines[0] <= start and end <= lines[1]}
        result.excluded.update(dict.fromkeys(labels, len(left)))
        # Where lizard saw other functions inside, it counted their decisions elsewhere.
        if labels or _inside(mine, lines) != _inside(other, lines):
            continue
        result.compared += len(left)
        result.equal += same
        if left != right:
            result.differences.append(Difference(path, lines, tuple(left), tuple(right)))


def _inside(functions: dict[Range, list[int]], lines: Range) -> dict[Range, int]:
    return {
        (start, end): len(values) for (start, end), values in functions.items() if lines[0] <= start and end <= lines[1]
    }


def _artefacts(text: bytes, path: str, pack: LanguagePack) -> list[tuple[int, int, str]]:
    """Return (first line, last line, label) of what lizard is known to miscount."""
    extension = Path(path).suffix
    parser = tree_sitter.Parser(compile_language(pack, extension).language)
    breaks = [match.end() for match in re.finditer(rb"\n", text)]
    found = []
    stack: list[tuple[tree_sitter.Node, bool]] = [(parser.parse(text).root_node, False)]
    while stack:
        node, in_template = stack.pop()
        label = _artefact(node, text, in_template=in_template, markup=extension in {".tsx", ".jsx"})
        if label is not None:
            lines = (bisect.bisect(breaks, node.start_byte) + 1, bisect.bisect(breaks, node.end_byte) + 1)
            found.append((*lines, label))
        inside = in_template or node.type == "template_substitution"
        stack.extend((child, inside) for child in node.children)
    return found


def _artefact(node: tree_sitter.Node, text: bytes, *, in_template: bool, markup: bool) -> str | None:
    kind = node.type
    if kind in _NAME_KINDS:
        return "keyword-name" if text[node.start_byte : node.end_byte] in _KEYWORDS else None
    if kind in {"?", "?:"}:
        # lizard has one token for a name and the mark that touches it, but not after `$` and not with JSX
        before = re.search(rb"(\$?)\w+\Z", text[max(0, node.start_byte - 100) : node.start_byte])
        glued = before is not None and not before[1] and not markup
        if node.parent is not None and node.parent.type == "ternary_expression":
            return "glued-ternary" if glued else "template" if in_template else None
        return None if glued else "type-question"
    if kind in {"&&", "||", "??"}:
        return "template" if in_template else None
    if kind == "arrow_function":
        body = node.child_by_field_name("body")
        arrow = next((child for child in node.children if child.type == "=>"), None)
        if body is None or arrow is None or body.type == "statement_block":
            return None
        return "multiline-expression" if body.end_point[0] > arrow.end_point[0] else None
    if kind == "regex":
        return "regex"
    return "jsx" if kind.startswith("jsx_") else None


PACKS: Final = (javascript.PACK, typescript.PACK)
