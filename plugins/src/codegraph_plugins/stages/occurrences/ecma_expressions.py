"""Expressions of types in JavaScript and TypeScript: JSON lists that refer to names by the byte where they begin.

`types.py` evaluates them once the link stage has said what those names are.

| Expression | Is |
|---|---|
| `["p", at]` | the value of the name or member at a byte |
| `["t", at, …]` | an instance of the type named there, with type arguments |
| `["m", x, name]` | a member of x |
| `["c", x]`, `["n", x, …]` | what a call of x gives; what `new x` makes, with type arguments |
| `["e", x, n]` | an element of x (the n-th, of a tuple) |
| `["w", x]` | what is awaited of x |
| `["ar", x]`, `["tu", x, …]`, `["pr", x]` | an array, a tuple, a promise |
| `["u", x, …]` | one of them |
| `["s", at]` | the object literal or type literal that begins there |
| `["f", at]` | the function whose parameters or body begins there |
| `["a", x, n, k]` | the k-th parameter of the function that a call of x takes as n-th argument |
| `["d", at]` | an instance of the class whose name or text begins there |
| `["i", at]` | the module that the string names |
| `["v", at]` | the very name at a byte |
"""

from __future__ import annotations

from typing import Final

import tree_sitter
from attrs import Factory, define

from codegraph_plugins.stages.occurrences.facts import Expression, Member

Node = tree_sitter.Node

THROUGH: Final = frozenset({"parenthesized_expression", "non_null_expression"})
_CASTS: Final = frozenset({"as_expression", "satisfies_expression"})
FUNCTIONS: Final = frozenset(
    {
        "function_declaration", "function_expression", "generator_function", "generator_function_declaration",
        "method_definition", "function_signature", "method_signature", "abstract_method_signature", "arrow_function",
        "function_type", "call_signature", "construct_signature", "constructor_type",
    }
)  # fmt: skip
OWN_THIS: Final = FUNCTIONS - {"arrow_function", "function_type"}
_LOGICAL: Final = frozenset({"||", "??", "&&"})
_DEPTH: Final = 64
"""Expressions nested deeper than this are not known."""
_NAMES: Final = frozenset({"identifier", "property_identifier", "private_property_identifier", "type_identifier",
                           "shorthand_property_identifier", "shorthand_property_identifier_pattern"})  # fmt: skip


@define(slots=True)
class Around:
    """What surrounds a node: receiver, function, labels, what `this` may be an instance of, what is returned."""

    this: Expression | None
    function: int
    labels: dict[str, int] = Factory(dict)
    constructs: int = -1
    returned: Expression | None = None


class EcmaExpressions:
    """Writes the expressions of values and types.

    Args:
        source: The file's bytes.
    """

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._in_types: set[int] = set()
        self._class_names: dict[int, int] = {}  # first byte of a class's text → where the name it takes stands
        self.members: list[Member] = []

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _inside(self, key: Node) -> tuple[int, int]:
        """Return where a member's name is spelled: inside quotes."""
        if key.type == "computed_property_name":
            key = key.named_children[0]
        quoted = key.type == "string" and key.end_byte - key.start_byte > 2
        return (key.start_byte + 1, key.end_byte - 1) if quoted else (key.start_byte, key.end_byte)

    def _annotation(self, node: Node, around: Around) -> Expression | None:
        written = node.child_by_field_name("type")
        return self._type(written, around) if written is not None else None

    def _value(self, node: Node, around: Around, depth: int = 0) -> Expression | None:
        """Return the expression of a value, or None if nothing is known about it."""
        if depth > _DEPTH:
            return None
        kind = node.type
        if kind in _NAMES:
            return ["p", node.start_byte]
        if kind in {"member_expression", "nested_identifier"}:
            prop = node.child_by_field_name("property")
            return ["p", prop.start_byte] if prop is not None else None
        if kind == "this":
            return around.this
        if kind == "call_expression":
            return self._called(node, around, depth)
        if kind == "new_expression":
            made = node.child_by_field_name("constructor")
            of = self._value(made, around, depth + 1) if made is not None else None
            return ["n", of, *self._type_arguments(node, around)] if of is not None else None
        if kind in THROUGH:
            return self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
        if kind == "satisfies_expression" and node.named_child_count:  # says nothing that its value does not
            return self._value(node.named_children[0], around, depth + 1) or self._cast(node, around)
        if kind in _CASTS:
            return self._cast(node, around) or self._value(node.named_children[0], around, depth + 1)
        if kind == "await_expression":
            of = self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
            return ["w", of] if of is not None else None
        if kind == "object":
            return ["s", node.start_byte]
        if kind == "array":
            of = self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
            return ["ar", of] if of is not None else None
        if kind in FUNCTIONS:
            return ["f", node.start_byte]
        if kind == "class":
            name = node.child_by_field_name("name")
            at = self._class_names.get(node.start_byte)
            return ["p", at if at is not None else name.start_byte if name is not None else node.start_byte]
        if kind == "subscript_expression":
            return self._indexed(node, around, depth)
        if kind == "assignment_expression":
            right = node.child_by_field_name("right")
            return self._value(right, around, depth + 1) if right is not None else None
        if kind == "ternary_expression":
            return self._either(node, ("consequence", "alternative"), around, depth)
        if kind == "binary_expression":
            operator = node.child_by_field_name("operator")
            if operator is not None and operator.type in _LOGICAL:
                return self._either(node, ("left", "right"), around, depth)
        return None

    def _called(self, node: Node, around: Around, depth: int) -> Expression | None:
        callee = node.child_by_field_name("function")
        passed = node.child_by_field_name("arguments")
        if callee is None:
            return None
        text = self._text(callee) if callee.end_byte - callee.start_byte <= len("require") else ""
        first = passed.named_children[0] if passed is not None and passed.named_child_count else None
        if text in {"import", "require"} and first is not None and first.type == "string":
            module: Expression = ["i", self._inside(first)[0]]
            return ["pr", module] if text == "import" else module
        if first is not None and callee.type == "member_expression" and self._text(callee) in {
            "Object.freeze", "Object.seal", "Object.assign",
        }:  # fmt: skip
            return self._value(first, around, depth + 1)
        of = self._value(callee, around, depth + 1)
        return ["c", of] if of is not None else None

    def _indexed(self, node: Node, around: Around, depth: int) -> Expression | None:
        target, index = node.child_by_field_name("object"), node.child_by_field_name("index")
        of = self._value(target, around, depth + 1) if target is not None else None
        if of is None or index is None:
            return None
        if index.type == "string":
            return ["m", of, self._text(index)[1:-1]]
        if index.type == "number" and self._text(index).isdigit():
            return ["e", of, int(self._text(index))]
        return ["e", of]

    def _either(self, node: Node, fields: tuple[str, str], around: Around, depth: int) -> Expression | None:
        found = []
        for name in fields:
            child = node.child_by_field_name(name)
            value = self._value(child, around, depth + 1) if child is not None else None
            if value is not None:
                found.append(value)
        return ["u", *found] if len(found) > 1 else found[0] if found else None

    def _cast(self, node: Node, around: Around) -> Expression | None:
        return self._type(node.named_children[-1], around) if node.named_child_count > 1 else None

    def _type_arguments(self, node: Node, around: Around) -> list[Expression | None]:
        listed = next((child for child in node.named_children if child.type == "type_arguments"), None)
        return [] if listed is None else [self._type(child, around) for child in listed.named_children]

    def _type(self, node: Node, around: Around, depth: int = 0) -> Expression | None:
        """Return the expression of a type as written, or None if it has no members that are known."""
        if depth > _DEPTH:
            return None
        kind = node.type
        if kind in {"type_annotation",
                    "readonly_type", "parenthesized_type", "optional_type", "rest_type", "constraint",
                    "opting_type_annotation", "omitting_type_annotation"}:  # fmt: skip
            return self._type(node.named_children[0], around, depth + 1) if node.named_child_count else None
        if kind in {"type_identifier", "identifier"}:
            return ["t", node.start_byte]
        if kind == "nested_type_identifier":
            name = node.child_by_field_name("name")
            return ["t", name.start_byte] if name is not None else None
        if kind == "generic_type":
            name = node.child_by_field_name("name")
            of = self._type(name, around, depth + 1) if name is not None else None
            return [*of, *self._type_arguments(node, around)] if of is not None else None
        if kind == "array_type":
            of = self._type(node.named_children[0], around, depth + 1) if node.named_child_count else None
            return ["ar", of] if of is not None else None
        if kind == "tuple_type":
            return ["tu", *(self._tuple_part(child, around, depth) for child in node.named_children)]
        if kind in {"union_type", "intersection_type"}:
            found = [self._type(child, around, depth + 1) for child in node.named_children]
            known = [one for one in found if one is not None]
            return ["u", *known] if len(known) > 1 else known[0] if known else None
        if kind == "object_type":
            return ["s", node.start_byte]
        if kind == "type_query":
            return self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
        if kind in {"function_type", "constructor_type"}:
            return ["f", node.start_byte]
        if kind in {"this_type", "this"}:
            return around.this
        if kind == "lookup_type" and node.named_child_count == 2:
            of = self._type(node.named_children[0], around, depth + 1)
            index = node.named_children[1]
            if of is None:
                return None
            text = self._text(index)
            return ["m", of, text[1:-1]] if text[:1] in {'"', "'"} else ["e", of]
        if kind == "member_expression":  # `import("m").Type`
            return self._imported_type(node, around)
        return None

    def _imported_type(self, node: Node, around: Around) -> Expression | None:
        target, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        of = self._value(target, around) if target is not None else None
        if of is None or name is None:
            return None
        if of[0] == "pr":
            of = of[1]
        self._in_types.add(name.start_byte)
        self.members.append(Member(name.start_byte, name.end_byte, ["m", of, self._text(name)]))
        return ["t", name.start_byte]

    def _tuple_part(self, child: Node, around: Around, depth: int) -> Expression | None:
        if child.type in {"required_parameter", "optional_parameter"}:
            return self._annotation(child, around)
        return self._type(child, around, depth + 1)
