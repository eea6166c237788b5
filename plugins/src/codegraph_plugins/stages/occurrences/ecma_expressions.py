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
| `["g", x, …]`, `["gt", x, …]` | what a value is of which the function x says yes; what it is a method of then |
| `["y", y, x, …]` | y, or what one of the functions x asserts that it is |
| `["nr", x, how, …]` | those of several types x that a condition leaves |
| `["o", x]`, `["r", x]` | of a parameter that may be left out; of one that takes the rest, x is an array |
| `["e", x, n]`, `["k", x]` | an element of x (the n-th, of a tuple); what x has under a key |
| `["sy", x, name]` | what x has under a computed key; else an element of x |
| `["l", x, t]` | what x has under the name that the literal type t is; else an element of x |
| `["ev", x]` | what any member of x is |
| `["q", x, p, y, z, [at, …]]` | y if x is a p, else z; what `infer` names in p are the types at those bytes |
| `["w", x]` | what is awaited of x |
| `["x", x]` | the error of a result |
| `["ar", x]`, `["tu", x, …]`, `["pr", x]` | an array, a tuple, a promise |
| `["u", x, …]` | one of them |
| `["first", x, …]` | the first of them that has what is asked for |
| `["s", at]` | the object literal or type literal that begins there |
| `["f", at]` | the function whose parameters or body begins there |
| `["a", x, n, [t, …], [v, …]]` | what a call of x expects as n-th argument; of a function, its n-th parameter |
| `["d", at]`, `["su", at]` | an instance of the class whose name or text begins there; of its base |
| `["i", at]` | the module that the string names |
| `["om"]` | what the file itself exports |
| `["v", at]` | the very name at a byte |

Rust has besides: `["or", x, …]`, the first of them that is known; `["op", x, trait]`, what the operator of a trait
gives for x; `["fi", t, [[name, x], …]]`, the type t whose fields have those values; `["as", t, x]`, x seen as the t
that a pattern names; `["mp", x, y]`, a map; `["un", x, y]`, y unless x is known.
"""

from __future__ import annotations

from collections.abc import Sequence
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
_EQUAL: Final = frozenset({"===", "=="})
_DIFFERENT: Final = frozenset({"!==", "!="})
_PATH: Final = 64
"""Bytes of a member access that conditions are looked at for."""
_CASES: Final = 16
"""Conditions around a name, or texts in a condition, that are looked at."""
_ASSERTIONS: Final = 4
"""Calls before a name that may assert something about it."""
_EXPORTS: Final = "module.exports"
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


def called_of(call: Node) -> tuple[Node | None, list[str]]:
    """Return what a call calls, and the operators that are applied to what it gives, the first one last.

    TypeScript's grammar reads `await f<T>(x)` as a call of `await f`, and `!f<T>(x)` as one of `!f`.
    """
    callee = call.child_by_field_name("function")
    operators: list[str] = []
    while callee is not None and callee.type in _MISREAD and callee.named_child_count:
        operators.append(callee.type)
        callee = callee.named_children[-1]
    return callee, operators


def inferred(pattern: Node) -> list[Node]:
    """Return the names that `infer` gives parts of a conditional type's pattern."""
    found, stack = [], [pattern]
    while stack:
        node = stack.pop()
        if node.type == "infer_type" and node.named_child_count:
            found.append(node.named_children[0])
        stack.extend(reversed(node.named_children))
    return found


_MISREAD: Final = frozenset({"await_expression", "unary_expression"})


class EcmaExpressions:
    """Writes the expressions of values and types.

    Args:
        source: The file's bytes.
    """

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._in_types: set[int] = set()
        self._narrowed: dict[str, list[tuple[int, int, Expression]]] = {}  # first and last byte, and what a name is
        self._asserted: dict[str, list[tuple[int, int, Expression]]] = {}  # the same, with what is called about it
        self._constants: dict[str, str] = {}  # names of constants, and the texts that they are
        self._class_names: dict[int, int] = {}  # first byte of a class's text → where the name it takes stands
        self.members: list[Member] = []

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _inside(self, key: Node) -> tuple[int, int]:
        """Return where a member's name is spelled: inside quotes; of a computed one the bracket, names stand inside."""
        if key.type == "computed_property_name" and key.named_children[0].type == "string":
            key = key.named_children[0]
        if key.type == "computed_property_name":
            return key.start_byte, key.start_byte + 1
        quoted = key.type in {"string", "template_string"} and key.end_byte - key.start_byte > 2
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
            if kind == "identifier" and self._text(node) == "exports":
                return ["first", ["p", node.start_byte], ["om"]]
            return self._narrowed_to(node) or ["p", node.start_byte]
        if kind in {"member_expression", "nested_identifier"}:
            prop = node.child_by_field_name("property")
            if node.end_byte - node.start_byte == len(_EXPORTS) and self._text(node) == _EXPORTS:
                return ["om"]
            return self._narrowed_to(node) or ["p", prop.start_byte] if prop is not None else None
        if kind == "this":
            return around.this
        if kind == "super":
            return ["su", around.this[1]] if around.this is not None and around.this[0] == "d" else None
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
        if kind == "sequence_expression" and node.named_child_count:
            return self._value(node.named_children[-1], around, depth + 1)
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
        callee, operators = called_of(node)
        passed = node.child_by_field_name("arguments")
        if callee is None:
            return None
        if operators:
            of = self._value(callee, around, depth + 1) if operators == ["await_expression"] else None
            return ["w", ["c", of, *self._given(node, around, depth)]] if of is not None else None
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
            if operator is not None and operator.type in {"&&", "||"} and left is not None and right is not None:
                self._says(left, (right.start_byte, right.end_byte), around, holds=operator.type == "&&")
            return
        condition, then = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        if condition is None or then is None:
            return
        self._says(condition, (then.start_byte, then.end_byte), around, holds=True)
        last = then.named_children[-1] if then.type == "statement_block" and then.named_child_count else then
        if kind == "if_statement" and last.type in _LEAVES and node.parent is not None:
            self._says(condition, (node.end_byte, node.parent.end_byte), around, holds=False)
        alternative = node.child_by_field_name("alternative")
        if alternative is not None:
            self._says(condition, (alternative.start_byte, alternative.end_byte), around, holds=False)

    def _says(self, condition: Node, region: tuple[int, int], around: Around, *, holds: bool, depth: int = 0) -> None:
        """Note what a condition says about names where it holds, or where it does not."""
        while condition.type in THROUGH and condition.named_child_count:
            condition = condition.named_children[0]
        if depth > _DEPTH:
            return
        if condition.type == "call_expression":
            self._says_call(condition, region, around, holds=holds)
            return
        operator, argument = condition.child_by_field_name("operator"), condition.child_by_field_name("argument")
        left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
        if operator is None:
            return
        if operator.type == "!" and argument is not None:
            self._says(argument, region, around, holds=not holds, depth=depth + 1)
        if left is None or right is None:
            return
        if operator.type == ("&&" if holds else "||"):
            self._says(left, region, around, holds=holds, depth=depth + 1)
            self._says(right, region, around, holds=holds, depth=depth + 1)
        elif operator.type == "instanceof" and (of := self._value(right, around)) is not None:
            made: Expression = ["n", of]
            self._note(left, region, around, made if holds else ["not", made])
        elif operator.type == "in" and left.type == "string":
            self._note(right, region, around, ["has" if holds else "lacks", self._text(left)[1:-1]])
        elif operator.type in _EQUAL or operator.type in _DIFFERENT:
            if left.type == "string":
                left, right = right, left
            if right.type == "string":
                self._tagged(left, [right], region, around, holds=holds == (operator.type in _EQUAL))

    def _says_call(self, call: Node, region: tuple[int, int], around: Around, *, holds: bool) -> None:
        """Note what the answer of a function says about its argument, or about what it is a method of."""
        callee, passed = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        of = self._value(callee, around) if callee is not None else None
        if callee is None or of is None or passed is None:
            return
        if passed.named_child_count:
            first = passed.named_children[0]
            self._note(first, region, around, ["g", of] if holds else ["not", ["g", of]])
        elif callee.type == "member_expression" and holds:
            target = callee.child_by_field_name("object")
            if target is not None:
                self._note(target, region, around, ["gt", of])

    def _switch(self, node: Node, around: Around) -> None:
        """Note what the cases of a `switch` over a member that tells types apart say about what has it."""
        value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
        while value is not None and value.type in THROUGH and value.named_child_count:
            value = value.named_children[0]
        if value is None or body is None or value.type != "member_expression":
            return
        texts: list[Node] = []
        seen: list[Node] = []
        for case in body.named_children:
            text = case.child_by_field_name("value")
            region = (case.start_byte, case.end_byte)
            if case.type == "switch_default":
                self._tagged(value, seen, region, around, holds=False)
                continue
            if text is None or text.type != "string":
                return
            texts.append(text)
            seen.append(text)
            if case.child_by_field_name("body") is not None:
                self._tagged(value, texts, region, around, holds=True)
                texts = []

    def _tagged(
        self, access: Node, texts: Sequence[Node], region: tuple[int, int], around: Around, *, holds: bool
    ) -> None:
        """Note that a member of something is one of some texts, or none of them."""
        of, prop = access.child_by_field_name("object"), access.child_by_field_name("property")
        if access.type != "member_expression" or of is None or prop is None or not texts:
            return
        given = [self._text(one)[1:-1] for one in texts[:_CASES]]
        self._note(of, region, around, ["eq" if holds else "ne", self._text(prop), given])

    def _asserts(self, node: Node, around: Around) -> None:
        """Note that what a statement passes to a function may be asserted to be of a type from there on."""
        call = node.named_children[0] if node.named_child_count else None
        if call is None or call.type != "call_expression" or node.parent is None:
            return
        callee, passed = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        first = passed.named_children[0] if passed is not None and passed.named_child_count else None
        path = self._path(first) if first is not None else None
        if callee is None or path is None or callee.type not in {"identifier", "member_expression"}:
            return
        of = self._value(callee, around)
        if of is not None:
            self._asserted.setdefault(path, []).append((node.end_byte, node.parent.end_byte, of))

    def _path(self, node: Node) -> str | None:
        """Return the text of a name, or of a member of one, that can be narrowed."""
        while node.type in THROUGH and node.named_child_count:
            node = node.named_children[0]
        if node.type == "identifier":
            return self._text(node)
        short = node.end_byte - node.start_byte <= _PATH
        return self._text(node) if short and node.type == "member_expression" else None

    def _note(self, node: Node, region: tuple[int, int], around: Around, said: Expression) -> None:
        """Note what is said of a name in a region of the text."""
        path = self._path(node)
        if path is None:
            return
        if said[0] != "n":
            before = self._value(node, around)
            if before is None:
                return
            known: Expression = [said[0], said[1], before] if said[0] in {"g", "gt"} else ["nr", before, *said]
        else:
            known = said
        self._narrowed.setdefault(path, []).append((*region, known))

    def _narrowed_to(self, node: Node) -> Expression | None:
        """Return what checks around say that a name is; the innermost of them."""
        if not self._narrowed and not self._asserted:
            return None
        path = self._path(node)
        if path is None:
            return None
        found = None
        around = [one for one in self._narrowed.get(path, ()) if one[0] <= node.start_byte and node.end_byte <= one[1]]
        if around and len(around) <= _CASES:
            found = min(reversed(around), key=lambda one: one[1] - one[0])[2]
        asserted = [one[2] for one in self._asserted.get(path, ()) if one[0] <= node.start_byte < one[1]]
        if asserted:
            place = node.child_by_field_name("property") or node
            return ["y", found or ["p", place.start_byte], *asserted[-_ASSERTIONS:]]
        return found

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
        if all(one is None for one in parts):
            return None
        if all(one is None or one[0] == "b" for one in parts):
            return ["ar", next(one for one in parts if one is not None)[:2]]
        return ["ar", parts[0]] if len(parts) == 1 else ["tu", *parts]

    def _indexed(self, node: Node, around: Around, depth: int) -> Expression | None:
        target, index = node.child_by_field_name("object"), node.child_by_field_name("index")
        of = self._value(target, around, depth + 1) if target is not None else None
        if of is None or index is None:
            return None
        if index.type == "number" and self._text(index).isdigit():
            return ["e", of, int(self._text(index))]
        name = self._computed(index)
        if name is None:
            return ["e", of]
        return ["sy", of, name] if name.startswith("[") else ["m", of, name]

    def _computed(self, key: Node) -> str | None:
        """Return the name that a computed key gives: its text, a constant's, else the constant in brackets."""
        if key.type == "string":
            return self._text(key)[1:-1]
        if key.type == "template_string" and all(child.type == "string_fragment" for child in key.named_children):
            return self._text(key)[1:-1]
        if key.type == "number":
            return self._text(key)
        path = self._path(key)
        return self._constants.get(path, f"[{path}]") if path is not None else None

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
        return [] if listed is None else [self._operand(child, around) for child in listed.named_children]

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
        if kind == "infer_type" and node.named_child_count:
            return ["t", node.named_children[0].start_byte]
        if kind == "conditional_type":
            return self._conditional(node, around, depth)
        if kind == "lookup_type" and node.named_child_count == 2:
            of = self._type(node.named_children[0], around, depth + 1)
            index = node.named_children[1]
            if of is None:
                return None
            if index.type == "index_type_query":
                return ["ev", of]
            text = self._text(index)
            if text[:1] in {'"', "'"}:
                return ["m", of, text[1:-1]]
            return ["l", of, self._type(index, around, depth + 1)] if index.type == "type_identifier" else ["e", of]
        if kind == "literal_type" and node.named_child_count and node.named_children[0].type == "string":
            return self._argument(node.named_children[0], around, depth)
        if kind == "member_expression":  # `import("m").Type`
            return self._imported_type(node, around)
        return None

    def _conditional(self, node: Node, around: Around, depth: int) -> Expression | None:
        """Return the expression of `Left extends Right ? Consequence : Alternative`."""
        left, right, then, otherwise = (
            node.child_by_field_name(name) for name in ("left", "right", "consequence", "alternative")
        )
        if left is None or right is None or then is None or otherwise is None:
            return None
        return [
            "q",
            self._operand(left, around, depth + 1),
            self._operand(right, around, depth + 1),
            self._type(then, around, depth + 1),
            self._type(otherwise, around, depth + 1),
            [name.start_byte for name in inferred(right)],
        ]

    def _operand(self, node: Node, around: Around, depth: int = 0) -> Expression | None:
        """Return the expression of a type that is compared with another: primitive ones count as well."""
        if depth > _DEPTH:
            return None
        if node.type == "parenthesized_type" and node.named_child_count:
            return self._operand(node.named_children[0], around, depth + 1)
        if node.type == "union_type":
            return ["u", *(self._operand(child, around, depth + 1) for child in node.named_children)]
        if node.type in {"array_type", "readonly_type"} and node.named_child_count:
            of = self._operand(node.named_children[0], around, depth + 1)
            return ["ar", of] if node.type == "array_type" else of
        if node.type == "predefined_type":
            return ["b", self._text(node)]
        if node.type == "literal_type" and node.named_child_count:
            child = node.named_children[0]
            return self._argument(child, around, depth) if child.type in _PRIMITIVES else ["b", child.type]
        return self._type(node, around, depth)

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
