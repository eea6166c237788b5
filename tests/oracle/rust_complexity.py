"""Compares the complexity of Rust functions with lizard's.

lizard reads tokens, not a syntax tree, and goes wrong in known ways; `ARTEFACTS` names them, and a function that
contains one is counted apart, never silently dropped. `python -m tests.oracle.rust_complexity FOLDER …`.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Final

import lizard
import tree_sitter
from attrs import define, field

from codegraph_plugins.languages.rust import PACK
from codegraph_plugins.parsers.reference.compiled import compile_language
from tests.oracle.complexity import _ours, source_files

ARTEFACTS: Final = {
    "empty-closure": "the `||` of a closure without parameters is read as an operator",
    "double-reference": "the `&&` of a reference to a reference is read as an operator",
    "optional-bound": "the `?` of `?Sized` is read as an operator",
    "for-lifetimes": "the `for` of `for<'a>` is read as a loop",
    "nested-impl": "the `for` of an `impl` inside a function is read as a loop",
    "macro-repetition": "`$(…)?` in a macro's definition, and what follows `=>` in macros, are read as code",
    "attribute": "decisions in attributes (`#[cfg_attr(…)]`) count",
}
"""What lizard 1.24 miscounts, by label."""


@define
class Agreement:
    """What comparing some files gave: functions that both sides see, by name and last line."""

    compared: int = 0
    equal: int = 0
    excluded: Counter[str] = field(factory=Counter)
    differences: list[tuple[str, str, int, int, int]] = field(factory=list)

    @property
    def share(self) -> float:
        """Share of compared functions that are equal."""
        return self.equal / self.compared if self.compared else 0.0


def compare(root: Path) -> Agreement:
    """Compare the Rust files of a folder."""
    result = Agreement()
    files = list(source_files(root, PACK))
    ours = _ours(files, PACK)
    for file in files:
        location = Path(file.location.decode())
        theirs: dict[tuple[str, int], list[int]] = defaultdict(list)
        for function in lizard.analyze_file(str(location)).function_list:
            theirs[function.name.rpartition("::")[2], function.end_line].append(function.cyclomatic_complexity)
        spots = _artefacts(location.read_bytes())
        for name, start, end, value in ours[file.path]:
            if len(theirs.get((name, end), ())) != 1:
                continue
            labels = {label for line, label in spots if start <= line <= end}
            if labels:
                result.excluded.update(labels)
                continue
            result.compared += 1
            other = theirs[name, end][0]
            result.equal += value == other
            if value != other:
                result.differences.append((file.path, name, end, value, other))
    return result


def _artefacts(text: bytes) -> list[tuple[int, str]]:
    """Return (line, label) of what lizard is known to miscount."""
    parser = tree_sitter.Parser(compile_language(PACK, ".rs").language)
    found = []
    stack = [(parser.parse(text).root_node, False)]
    while stack:
        node, in_function = stack.pop()
        label = _label(node, text, in_function=in_function)
        if label is not None:
            found.append((node.start_point[0] + 1, label))
        inside = in_function or node.type == "function_item"
        stack.extend((child, inside) for child in node.children)
    return found


def _label(node: tree_sitter.Node, text: bytes, *, in_function: bool) -> str | None:
    kind = node.type
    raw = text[node.start_byte : node.end_byte]
    if kind == "closure_parameters" and b"||" in raw:
        return "empty-closure"
    if kind in {"reference_expression", "reference_type", "reference_pattern"} and raw.startswith(b"&&"):
        return "double-reference"
    if kind == "removed_trait_bound":
        return "optional-bound"
    if kind == "for_lifetimes":
        return "for-lifetimes"
    if kind == "impl_item" and in_function and node.child_by_field_name("trait") is not None:
        return "nested-impl"
    if kind == "macro_definition" and in_function:
        return "macro-repetition"
    if kind == "token_tree" and (b"=>" in raw or b"||" in raw or b"&&" in raw):
        return "macro-repetition"
    if kind in {"attribute_item", "inner_attribute_item"} and in_function and (b"&&" in raw or b"if" in raw):
        return "attribute"
    return None


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        agreement = compare(Path(folder))
        print(
            f"{folder}: {agreement.equal} of {agreement.compared} ({agreement.share:.2%}); "
            f"excluded: {dict(sorted(agreement.excluded.items()))}; differences: {agreement.differences[:12]}"
        )
