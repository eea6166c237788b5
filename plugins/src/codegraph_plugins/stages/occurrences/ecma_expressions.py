"""Expressions of types in JavaScript and TypeScript: JSON lists that refer to names by the byte where they begin.

`types.py` evaluates them once the link stage has said what those names are.

| Expression | Is |
|---|---|
| `["p", at]` | the value of the name or member at a byte |
| `["t", at, …]` | an instance of the type named there, with type arguments |
| `["m", x, name]` | a member of x |
| `["c", x, [t, …], [v, …]]` | what a call of x gives, with type arguments and arguments |
| `["n", x, [t, …], [v, …]]` | what `new x` makes |
| `["b", name, text]` | a value of the primitive type of that name; the literal's text |
| `["g", x, …]` | what a value is of which the function x says yes |
| `["o", x]`, `["r", x]` | of a parameter that may be left out; of one that takes the rest, x is an array |
| `["e", x, n]`, `["k", x]` | an element of x (the n-th, of a tuple); what x has under a key |
| `["l", x, t]` | what x has under the name that the literal type t is; else an element of x |
| `["w", x]` | what is awaited of x |
| `["x", x]` | the error of a result |
| `["ar", x]`, `["tu", x, …]`, `["pr", x]` | an array, a tuple, a promise |
| `["u", x, …]` | one of them |
| `["s", at]` | the object literal or type literal that begins there |
| `["f", at]` | the function whose parameters or body begins there |
| `["a", x, n, [t, …], [v, …]]` | what a call of x expects as n-th argument; of a function, its n-th parameter |
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
_PRIMITIVES: Final = {"string": "string", "template_string": "string", "number": "number", "true": "boolean",
                      "false": "boolean"}  # fmt: skip
_LEAVES: Final = frozenset({"return_statement", "throw_statement", "continue_statement", "break_statement"})
_LITERAL: Final = 34
"""Bytes of a literal whose text tells overloads apart."""
_ARGUMENTS: Final = 8
"""Arguments of a call, or elements of a literal, that are looked at."""
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
        self._narrowed: dict[str, list[tuple[int, int, Expression]]] = {}  # first and last byte, and what a name is
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
            return self._narrowed_to(node) or ["p", node.start_byte]
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
            return ["n", of, *self._given(node, around, depth)] if of is not None else None
        if kind in THROUGH:
            return self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
        if kind == "type_assertion" and node.named_child_count == 2:
            listed = node.named_children[0].named_children
            known = self._type(listed[0], around) if listed else None
            return known or self._value(node.named_children[1], around, depth + 1)
        if kind == "satisfies_expression" and node.named_child_count:  # says nothing that its value does not
            return self._value(node.named_children[0], around, depth + 1) or self._cast(node, around)
        if kind == "satisfies_expression":  # the value keeps its own type
            return self._value(node.named_children[0], around, depth + 1) or self._cast(node, around)
        if kind in _CASTS:
            return self._cast(node, around) or self._value(node.named_children[0], around, depth + 1)
        if kind == "await_expression":
            of = self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
            return ["w", of] if of is not None else None
        if kind == "object":
            return ["s", node.start_byte]
        if kind == "array":
            return self._array(node, around, depth)
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
        if first is not None and passed is not None and callee.type == "member_expression":
            text = self._text(callee)
            if text in {"Object.freeze", "Object.seal"}:
                return self._value(first, around, depth + 1)
            if text == "Object.assign":
                found = [self._value(child, around, depth + 1) for child in passed.named_children[:_ARGUMENTS]]
                known = [one for one in found if one is not None]
                return ["u", *known] if len(known) > 1 else known[0] if known else None
        of = self._value(callee, around, depth + 1)
        return ["c", of, *self._given(node, around, depth)] if of is not None else None

    def _given(self, node: Node, around: Around, depth: int, without: int = -1) -> list[list[Expression | None]]:
        """Return the type arguments and the arguments of a call, as far as they say anything.

        Args:
            node: The call.
            around: What surrounds it.
            depth: Of the expression.
            without: Position of an argument that is left out: what it is expected to be is asked.
        """
        passed = node.child_by_field_name("arguments")
        values: list[Expression | None] = []
        if passed is not None and passed.type == "arguments":
            children = [child for child in passed.named_children if child.type != "comment"]
            for position, child in enumerate(children[:_ARGUMENTS]):
                if child.type == "spread_element":
                    break  # what follows has no position
                values.append(self._argument(child, around, depth) if position != without else None)
        types = self._type_arguments(node, around)
        if any(one is not None for one in values):
            return [types, values]
        return [types] if types else []

    def _argument(self, node: Node, around: Around, depth: int) -> Expression | None:
        primitive = _PRIMITIVES.get(node.type)
        if primitive is None:
            return self._value(node, around, depth + 1)
        short = node.type != "template_string" and node.end_byte - node.start_byte <= _LITERAL
        return ["b", primitive, self._text(node).replace("'", '"')] if short else ["b", primitive]

    # -- narrowing ---------------------------------------------------------------------------------

    def _narrow(self, node: Node, around: Around) -> None:
        """Note where a condition holds, or where it does not because what comes before leaves, and what it says."""
        kind = node.type
        if kind == "binary_expression":
            operator, left, right = (node.child_by_field_name(one) for one in ("operator", "left", "right"))
            if operator is not None and operator.type == "&&" and left is not None and right is not None:
                self._holds(left, right, around)
            return
        condition, then = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        if condition is None or then is None:
            return
        self._holds(condition, then, around)
        last = then.named_children[-1] if then.type == "statement_block" and then.named_child_count else then
        if kind == "if_statement" and last.type in _LEAVES and node.parent is not None:
            self._fails(condition, (node.end_byte, node.parent.end_byte), around)
        alternative = node.child_by_field_name("alternative")
        if alternative is not None:
            self._fails(condition, (alternative.start_byte, alternative.end_byte), around)

    def _holds(self, condition: Node, where: Node, around: Around, depth: int = 0) -> None:
        """Note what a condition says about names where it holds."""
        while condition.type in THROUGH and condition.named_child_count:
            condition = condition.named_children[0]
        region = (where.start_byte, where.end_byte)
        left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
        operator = condition.child_by_field_name("operator")
        if left is not None and right is not None and operator is not None and depth < _DEPTH:
            if operator.type == "&&":
                self._holds(left, where, around, depth + 1)
                self._holds(right, where, around, depth + 1)
            elif operator.type == "instanceof" and left.type == "identifier":
                of = self._value(right, around)
                if of is not None:
                    self._narrowed.setdefault(self._text(left), []).append((*region, ["n", of]))
        elif condition.type == "call_expression":
            callee, passed = condition.child_by_field_name("function"), condition.child_by_field_name("arguments")
            first = passed.named_children[0] if passed is not None and passed.named_child_count else None
            of = self._value(callee, around) if callee is not None and first is not None else None
            if of is not None and first is not None and first.type == "identifier":
                otherwise: Expression = ["p", first.start_byte]
                self._narrowed.setdefault(self._text(first), []).append((*region, ["g", of, otherwise]))

    def _fails(self, condition: Node, region: tuple[int, int], around: Around, depth: int = 0) -> None:
        """Note what a condition says about names where it does not hold: what its negation says."""
        while condition.type in THROUGH and condition.named_child_count:
            condition = condition.named_children[0]
        operator = condition.child_by_field_name("operator")
        if operator is None or depth > _DEPTH:
            return
        left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
        if operator.type == "||" and left is not None and right is not None:
            self._fails(left, region, around, depth + 1)
            self._fails(right, region, around, depth + 1)
        inner = condition.child_by_field_name("argument") if operator.type == "!" else None
        if inner is not None:
            before = {name: len(regions) for name, regions in self._narrowed.items()}
            self._holds(inner, inner, around)
            for name, regions in self._narrowed.items():
                regions[before.get(name, 0) :] = [(*region, one[2]) for one in regions[before.get(name, 0) :]]

    def _narrowed_to(self, node: Node) -> Expression | None:
        """Return what checks around say that a name is; the innermost of them."""
        if node.type != "identifier" or not self._narrowed:
            return None
        regions = self._narrowed.get(self._text(node), ())
        around = [one for one in regions if one[0] <= node.start_byte and node.end_byte <= one[1]]
        return min(around, key=lambda one: one[1] - one[0])[2] if around else None

    def _array(self, node: Node, around: Around, depth: int) -> Expression | None:
        """Return the expression of an array: a tuple as far as its elements differ in what is known of them."""
        children = [child for child in node.named_children if child.type != "comment"]
        if not children:
            return None
        if children[0].type == "spread_element":
            of = (
                self._value(children[0].named_children[0], around, depth + 1) if children[0].named_child_count else None
            )
            return ["ar", ["e", of]] if of is not None else None
        parts: list[Expression | None] = []
        for child in children[:_ARGUMENTS]:
            if child.type == "spread_element":
                break
            parts.append(self._argument(child, around, depth))
        if all(one is None or one[0] == "b" for one in parts):
            return None
        return ["ar", parts[0]] if len(parts) == 1 else ["tu", *parts]

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
                    "opting_type_annotation", "omitting_type_annotation", "default_type"}:  # fmt: skip
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
            if text[:1] in {'"', "'"}:
                return ["m", of, text[1:-1]]
            return ["l", of, self._type(index, around, depth + 1)] if index.type == "type_identifier" else ["e", of]
        if kind == "literal_type" and node.named_child_count and node.named_children[0].type == "string":
            return self._argument(node.named_children[0], around, depth)
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
        known = self._type(child, around, depth + 1)
        return ["r", known] if child.type == "rest_type" else known
