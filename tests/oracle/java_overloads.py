"""Asks the compiler which of several methods of one name Java's calls mean, and compares.

`javap` shows for each compiled call the method that javac chose by static types. The call graph's callees have the same
name and, as they take its place, the same parameters. So for each method of the source the methods of the program that
it calls are compared by name and types of parameters.

    python tests/oracle/java_overloads.py SOURCES CLASSES
"""

from __future__ import annotations

import bisect
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import define, field

from codegraph import CodeGraph

_INVOKE: Final = re.compile(r"^\s+(\d+): invoke(?:virtual|special|static|interface)\s.*// \w*Method (\S+)$")
_LINE: Final = re.compile(r"^\s+line (\d+): (\d+)$")
_PRIMITIVES: Final = dict(
    zip("BCDFIJSZ", ("byte", "char", "double", "float", "int", "long", "short", "boolean"), strict=True)
)
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9]?")

Parameters = tuple[str, ...]
"""Simple names of types; `*` is a type variable, which erases to its bound."""
Caller = tuple[str, int]
"""A file, and the first byte of the method in it."""
Calls = Mapping[Caller, Mapping[str, set[Parameters]]]
"""By caller and name of the callee."""


@define
class Comparison:
    """What the compiler says, and what the graph says of the same."""

    agreed: int = 0
    missing: list[str] = field(factory=list)
    wrong: list[str] = field(factory=list)


def parameters_of(descriptor: str) -> Parameters:
    """Return the parameters of a descriptor: `(ILjava/lang/String;[J)V`."""
    inside = descriptor[1 : descriptor.index(")")]
    return tuple(
        (_PRIMITIVES[letter] if letter else re.split(r"[/$]", name)[-1]) + "[]" * len(dimensions)
        for dimensions, letter, name in re.findall(r"(\[*)(?:([BCDFIJSZ])|L([^;]+);)", inside)
    )


def compiled_calls(classes: Path) -> Iterator[tuple[str, int, str, Parameters]]:
    """Yield calls of methods of the compiled program: source file, line, name, parameters."""
    paths = sorted(classes.rglob("*.class"))
    own = {path.relative_to(classes).with_suffix("").as_posix() for path in paths}
    for start in range(0, len(paths), 100):
        batch = [str(path) for path in paths[start : start + 100]]
        shown = subprocess.run(["javap", "-c", "-l", "-p", *batch], capture_output=True, text=True, check=True).stdout
        for part in re.split(r'^Compiled from "', shown, flags=re.MULTILINE)[1:]:
            match = re.search(r"^.*(?:class|interface|enum) ([\w.$]+).*\{$", part, flags=re.MULTILINE)
            assert match is not None, part[:200]
            name = match[1].replace(".", "/")
            file = (Path(name).parent / part[: part.index('"')]).as_posix()
            for method in part.split("\n\n"):
                yield from ((file, *call) for call in _calls_of_method(method, name, own))


def _calls_of_method(method: str, name: str, own: set[str]) -> Iterator[tuple[int, str, Parameters]]:
    lines = sorted((int(match[2]), int(match[1])) for match in map(_LINE.match, method.splitlines()) if match)
    for match in filter(None, map(_INVOKE.match, method.splitlines())):
        target, _, descriptor = match[2].partition(":")
        owner, _, callee = target.rpartition(".")
        callee = callee.strip('"')
        # What the compiler adds: bridges to private members, what enums and constructors of inner classes are given.
        is_written = "$" not in callee and callee not in ("<init>", "values", "valueOf")
        if lines and is_written and (owner.strip('"') or name) in own:
            at = bisect.bisect_right(lines, (int(match[1]), sys.maxsize)) - 1
            yield lines[at][1], callee, parameters_of(descriptor)


def written_parameters(text: str) -> Parameters:
    """Return the parameters of a method's source text."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL)
    text = re.sub(r"@\w+(\([^)]*\))?", " ", text)
    inside = text[text.index("(") + 1 :]
    depth, part, parts = 0, "", []
    for character in inside:
        if character in ",)" and depth == 0:
            parts.append(part)
            part = ""
            if character == ")":
                break
        else:
            depth += (character in "<(") - (character in ">)")
            part += character if depth == 0 and character != ">" else ""
    found = []
    for one in filter(str.strip, parts):
        brackets = "[]" * one.count("[") + "[]" * ("..." in one)
        words = re.sub(r"\[\s*\]|\.\.\.", " ", one).split()
        simple = words[-2].rpartition(".")[2]
        found.append(("*" if _VARIABLE.fullmatch(simple) else simple) + brackets)
    return tuple(found)


def fits(written: Parameters, compiled: Parameters) -> bool:
    """Say whether parameters are those of a descriptor."""
    return len(written) == len(compiled) and all(
        one == other or (one.startswith("*") and other.endswith(one[1:]))
        for one, other in zip(written, compiled, strict=True)
    )


def compare(sources: Path, classes: Path) -> Comparison:
    """Compare the call graph of a folder with what was compiled from it."""
    result = CodeGraph().index(sources).with_call_graph().execute()
    nodes = {node.id: node for node in result.query().nodes().execute()}
    texts = {path.relative_to(sources).as_posix(): path.read_bytes() for path in sorted(sources.rglob("*.java"))}
    spans: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for node in nodes.values():
        if node.kind == "method" and node.file_path in texts:
            text = texts[node.file_path]
            first = text.count(b"\n", 0, node.start_byte) + 1
            spans[node.file_path].append(
                (first, first + text.count(b"\n", node.start_byte, node.end_byte), node.start_byte)
            )

    def caller(file: str, line: int) -> Caller | None:
        around = [span for span in spans[file] if span[0] <= line <= span[1]]
        return (file, max(around)[2]) if around else None

    ours: dict[Caller, dict[str, set[Parameters]]] = defaultdict(lambda: defaultdict(set))
    for edge in result.query().edges().filter(kind="calls").execute():
        target = nodes[edge.target_id]
        if target.kind != "method" or edge.file_path not in texts or edge.line_number is None:
            continue
        place = caller(edge.file_path, edge.line_number)
        if place is not None:
            text = texts[target.file_path][target.start_byte : target.end_byte].decode()
            ours[place][target.name].add(written_parameters(text))
    theirs: dict[Caller, dict[str, set[Parameters]]] = defaultdict(lambda: defaultdict(set))
    for file, line, name, parameters in compiled_calls(classes):
        place = caller(file, line)
        if place is not None:
            theirs[place][name].add(parameters)
    found = Comparison()
    for place, names in sorted(theirs.items()):
        for name, called in sorted(names.items()):
            known = ours[place][name]
            where = f"{place[0]}@{place[1]} {name}"
            for one in sorted(called):
                if any(fits(written, one) for written in known):
                    found.agreed += 1
                else:
                    found.missing.append(f"{where}{one}")
            found.wrong += [f"{where}{one}" for one in sorted(known) if not any(fits(one, other) for other in called)]
    return found


def main() -> None:
    """Print how much agrees, and what does not."""
    found = compare(Path(sys.argv[1]), Path(sys.argv[2]))
    for title, calls in (("missing", found.missing), ("wrong", found.wrong)):
        for call in calls:
            print(title, call)
    total = found.agreed + len(found.missing)
    print(f"{found.agreed} of {total} calls agree ({found.agreed / max(total, 1):.2%}), {len(found.wrong)} others")


if __name__ == "__main__":
    main()
