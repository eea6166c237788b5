"""Names of declarations of JavaScript and TypeScript as scip-typescript makes them: a function of the syntax around.

A declaration is global where everything around it up to the file has a descriptor, and a local elsewhere, as in a
function's body. What lies between takes a number of its own, and literals of types are numbered along with locals, so
the numbers follow from the order in which names are asked for: that of their places in the file.

The reference is `FileIndexer.ts` of scip-typescript 0.4: `scipSymbol`, `descriptor`, `isDefinition`. It walks
TypeScript's own tree; `_STEPS` says which nodes of tree-sitter's stand for which of that one's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import tree_sitter
from attrs import define

from codegraph_plugins.scip.grammar import LOCAL, Descriptor, Suffix

Node = tree_sitter.Node
Range = tuple[int, int]
"""Start and end byte."""
Kind = Literal["file", "block", "anonymous", "property", "literal", "described", "plain"]

_TYPES: Final = frozenset(
    {
        "class",
        "class_declaration",
        "abstract_class_declaration",
        "interface_declaration",
        "enum_declaration",
        "type_alias_declaration",
    }
)
_FUNCTIONS: Final = frozenset({"function_declaration", "generator_function_declaration", "function_signature"})
_METHODS: Final = frozenset({"method_definition", "method_signature", "abstract_method_signature"})
_FIELDS: Final = frozenset({"public_field_definition", "field_definition", "property_signature"})
_PARAMETERS: Final = frozenset({"required_parameter", "optional_parameter"})
_SPACES: Final = frozenset({"internal_module", "module"})
_LISTS: Final = frozenset({"lexical_declaration", "variable_declaration"})
_PATTERNS: Final = frozenset(
    {
        "object_pattern",
        "array_pattern",
        "pair_pattern",
        "object_assignment_pattern",
        "assignment_pattern",
        "rest_pattern",
    }
)
_TRANSPARENT: Final = frozenset(
    {
        "ambient_declaration",
        "arguments",
        "asserts_annotation",
        "class_body",
        "adding_type_annotation",
        "class_heritage",
        "constraint",
        "default_type",
        "else_clause",
        "enum_body",
        "finally_clause",
        "formal_parameters",
        "interface_body",
        "omitting_type_annotation",
        "opting_type_annotation",
        "type_annotation",
        "type_arguments",
        "type_parameters",
        "type_predicate_annotation",
    }
)
"""What stands for nothing in TypeScript's tree."""
_DOTTED: Final = frozenset({"nested_identifier", "member_expression"})
_FLAT: Final = frozenset({"union_type", "intersection_type"})
_NAMED: Final = (
    _TYPES | _FUNCTIONS | _METHODS | _FIELDS | _SPACES | {"type_parameter", "enum_assignment", "variable_declarator"}
)
_FUNCTION_VALUES: Final = frozenset({"arrow_function", "function_expression", "generator_function"})
NAMED_VALUES: Final = frozenset({"class", "function_expression", "generator_function"})
"""Values that have a name of their own, which is seen inside of them."""
_ENCLOSING: Final = _TYPES | _FUNCTIONS | {"method_definition", "abstract_method_signature"}
"""Declarations whose definitions have an enclosing range."""


@define(frozen=True, slots=True)
class Step:
    """A node of TypeScript's tree.

    Args:
        key: Tells it from all others of the file.
        kind: What it is to names: "file"; "block" of statements, in which all is local; "anonymous", which has the name
            of what is around; "property" of an object literal; "literal" of a type; "described"; "plain", any other.
        name: Where the name of its descriptor stands, if it has one.
        suffix: Of its descriptor.
        form: What the descriptor makes of the name.
        constructs: Whether the name `constructor` is that of a constructor.
    """

    key: tuple[int, int, str]
    kind: Kind = "plain"
    name: Range = (0, 0)
    suffix: Suffix = "term"
    form: str = "{}"
    constructs: bool = False


def _place(node: Node | None) -> Range:
    """Return where a node stands. Its text is read from the file's bytes: asking the tree for it is slow."""
    return (node.start_byte, node.end_byte) if node is not None else (0, 0)


def _field(node: Node, *names: str) -> Node | None:
    return next((found for name in names if (found := node.child_by_field_name(name)) is not None), None)


def _words(node: Node) -> frozenset[str]:
    return frozenset(child.type for child in node.children if not child.is_named)


def _parameter(node: Node, pattern: Node | None) -> Step:
    """Return the step of a parameter: of one that is a pattern the whole text is its name."""
    while pattern is not None and pattern.type in {"rest_pattern", "assignment_pattern"}:
        pattern = _field(pattern, "left") or (pattern.named_children[0] if pattern.named_child_count else None)
    return Step((node.start_byte, node.end_byte, "parameter"), "described", _place(pattern), "parameter")


def _is_parameter(node: Node) -> bool:
    """Say whether a node is a parameter of JavaScript, which has no node of its own."""
    above = node.parent
    if above is None or node.type in _PARAMETERS or node.type == "comment":
        return False
    return above.type == "formal_parameters" or (above.type == "arrow_function" and _field(above, "parameter") == node)


def _variable(node: Node, *, statement: bool) -> Iterator[Step]:
    """Yield a variable that its grammar has no declaration for, and the list of them that it stands in."""
    place = (node.start_byte, node.end_byte)
    yield Step((*place, "variable"), "described", place)
    if statement:
        yield Step((*place, "list"), "anonymous")


def _named(node: Node) -> Step:
    """Return the step of a node that has a name, and with it a descriptor."""
    kind = node.type
    key = (node.start_byte, node.end_byte, kind)
    name = _field(node, "name", "property")
    text = _place(name)
    if name is None:
        return Step(key)
    if kind in _TYPES:
        return Step(key, "described", text, "type")
    if kind in _FUNCTIONS:
        return Step(key, "described", text, "method")
    if kind in _METHODS:
        words = _words(node)
        is_constructor = kind != "method_signature" or (node.parent is not None and node.parent.type == "class_body")
        accessor = next((word for word in ("get", "set") if word in words), "")
        form = f"<{accessor}>{{}}" if accessor else "{}"
        constructs = is_constructor and not accessor and "static" not in words
        return Step(key, "described", text, "method", form, constructs)
    return Step(key, "described", text, "type_parameter" if kind == "type_parameter" else "term")


def _spaces(node: Node) -> Iterator[Step]:
    """Yield the namespaces of `namespace A.B.C {}`, the innermost first."""
    name = _field(node, "name")
    while name is not None:
        inner = _field(name, "property") or name
        yield Step((node.start_byte, inner.end_byte, "space"), "described", _place(inner), "namespace")
        name = _field(name, "object")


def _steps(node: Node, below: Node | None) -> Iterator[Step]:
    """Yield what a node stands for in TypeScript's tree, the innermost first; `below` is the child come from."""
    kind, above = node.type, node.parent
    key = (node.start_byte, node.end_byte, kind)
    if above is None:
        yield Step(key, "file")
    elif _is_parameter(node):
        if node.type in {"object_pattern", "array_pattern"}:
            yield Step(key)
        yield _parameter(node, node)
    elif kind in _TRANSPARENT or (kind in _FLAT and above.type == kind):
        return
    elif kind in _PARAMETERS:
        if above.type == "tuple_type":
            yield Step(key)
        else:
            yield _parameter(node, _field(node, "pattern"))
    elif kind == "rest_pattern" and above.type in _PARAMETERS:
        return
    elif kind == "statement_block":
        if above.type == "ambient_declaration":
            yield Step(key, "described", key[:2], "namespace", form="global")
        elif above.type not in _SPACES:
            yield Step(key, "block")
    elif kind in _SPACES:
        yield from _spaces(node)
    elif kind in _NAMED:
        yield _named(node)
    elif kind in _LISTS:
        yield Step((*key[:2], "list"), "anonymous")
        if above.type != "for_statement":
            yield Step((*key[:2], "statement"), "anonymous")
    elif kind == "export_statement":
        value = _field(node, "value")
        if value is not None and value.type not in NAMED_VALUES:  # `export default function () {}` is a declaration
            yield Step(key)
    elif kind == "expression_statement":
        if below is None or below.type not in _SPACES:
            yield Step(key)
    elif kind == "for_in_statement":
        if below is not None and _field(node, "left") == below and _field(node, "kind") is not None:
            yield from _variable(below, statement=True)
        yield Step(key)
    elif kind == "catch_clause":
        if below is not None and _field(node, "parameter") == below:
            yield from _variable(below, statement=False)
        yield Step(key)
    elif kind == "pair":
        yield Step(key, "property", _place(_field(node, "key")))
    elif kind == "shorthand_property_identifier":
        yield Step(key, "property", _place(node))
    elif kind == "object_type":
        if above.type != "interface_declaration":
            yield Step(key, "plain" if _is_mapped(node) else "literal")
    elif kind == "index_signature":
        if not any(child.type == "mapped_type_clause" for child in node.named_children):
            yield Step(key)
    elif kind == "mapped_type_clause":
        yield Step(key, "described", _place(_field(node, "name")), "type_parameter")
    elif kind == "generic_type":
        yield Step(key, "described", _place(_field(node, "name")), "meta")
    elif kind == "jsx_attribute":
        yield Step(key)
        yield Step((*key[:2], "attributes"))
    else:
        yield Step(key)


def _is_mapped(node: Node) -> bool:
    """Say whether a literal of a type is a mapped type."""
    inner = [child for child in node.named_children if child.type == "index_signature"]
    return any(child.type == "mapped_type_clause" for each in inner for child in each.named_children)


@define(frozen=True, slots=True)
class Declaration:
    """What declares a name.

    Args:
        name: The node that spells it.
        node: The declaration.
        first: What it is itself in TypeScript's tree, where that is no step of `node`.
    """

    name: Node
    node: Node
    first: tuple[Step, ...] = ()

    def steps(self) -> Iterator[Step]:
        """Yield the declaration and what is around it in TypeScript's tree."""
        yield from self.first
        below: Node | None = self.name if self.node != self.name else None
        current: Node | None = self.node
        if self.first:
            below, current = self.node, self.node.parent
        while current is not None:
            yield from _steps(current, below)
            below, current = current, current.parent

    @property
    def is_space(self) -> bool:
        """Whether it is a namespace."""
        return self.node.type in _SPACES

    @property
    def is_seen_inside(self) -> bool:
        """Whether it is seen only inside of what it names: a value with an own name, a mapped type."""
        return self.node.type in NAMED_VALUES or self.node.type == "mapped_type_clause"

    def is_around(self, place: int) -> bool:
        """Say whether it is seen only inside of what it names, and a byte is there."""
        node = self.node.parent if self.node.type == "mapped_type_clause" else self.node
        return self.is_seen_inside and node is not None and node.start_byte <= place < node.end_byte

    def enclosing(self) -> Range | None:
        """Return what the definition encloses: its text with modifiers and decorators, a function's that it holds."""
        node = self.node
        if node.type == "variable_declarator":
            value = _field(node, "value")
            return (value.start_byte, value.end_byte) if value is not None and value.type in _FUNCTION_VALUES else None
        in_class = node.parent is not None and node.parent.type == "class_body"
        if node.type not in _ENCLOSING and not (node.type == "method_signature" and in_class):
            return None
        if node.type == "method_definition" and _words(node) & {"get", "set"}:
            return None
        start, end = node.start_byte, node.end_byte
        if in_class and node.type != "method_definition":
            following = node.next_sibling
            end = following.end_byte if following is not None and following.type == ";" else end
        before = node.prev_named_sibling
        while in_class and before is not None and before.type == "decorator":
            start, before = before.start_byte, before.prev_named_sibling
        above = node.parent
        while above is not None and above.type in {"export_statement", "ambient_declaration"}:
            start, end, above = above.start_byte, max(end, above.end_byte), above.parent
        return start, end


def declaration_at(root: Node, start: int, end: int) -> Declaration | None:
    """Return what declares the name that stands between two bytes; None where that is no declaration's own name."""
    name = root.descendant_for_byte_range(start, end)
    while name is not None and name.parent is not None and name.start_byte == start and name.end_byte == end:
        found = _declared_by(name, name.parent)
        if found is not None:
            return found
        if name.parent.end_byte - name.parent.start_byte != end - start:
            return None
        name = name.parent
    return None


def _declared_by(name: Node, above: Node) -> Declaration | None:
    kind = above.type
    key = (name.start_byte, name.end_byte, "name")
    if kind in _SPACES or kind in _DOTTED:
        return _space(name)
    if kind in _NAMED | {"function_expression", "generator_function"} and _field(above, "name", "property") == name:
        if name.type in {"object_pattern", "array_pattern"}:
            return None
        return Declaration(name, above)
    if name.type == "shorthand_property_identifier":
        return Declaration(name, name)
    if kind == "pair" and _field(above, "key") == name:
        return Declaration(name, above)
    if kind == "enum_body":
        return Declaration(name, name, (Step(key, "described", _place(name), "term"),))
    if kind == "mapped_type_clause" and _field(above, "name") == name:
        return Declaration(name, above)
    if kind == "infer_type" and above.named_children[0] == name:
        return Declaration(name, name, (Step(key, "described", _place(name), "type_parameter"),))
    if kind == "index_signature" and _field(above, "name") == name:
        return Declaration(name, name, (Step(key, "described", _place(name), "parameter"),))
    return _bound(name)


def _space(name: Node) -> Declaration | None:
    """Return the namespace that a name in `namespace A.B {}` declares."""
    node: Node | None = name.parent
    while node is not None and node.type not in _SPACES:
        node = node.parent if node.type in _DOTTED else None
    if node is None:
        return None
    spelled = _field(node, "name")
    if spelled is None or not spelled.start_byte <= name.start_byte < spelled.end_byte or name.type in _DOTTED:
        return None
    steps = tuple(_spaces(node))
    return Declaration(name, node, tuple(step for step in steps if step.key[1] <= name.end_byte) or steps)


def outer_spaces(declaration: Declaration) -> list[Declaration]:
    """Return the namespaces around the last one in `namespace A.B.C {}`, the innermost first."""
    found: list[Declaration] = []
    above = declaration.name.parent if declaration.is_space else None
    while above is not None and above.type in _DOTTED:
        target = _field(above, "object")
        inner = (_field(target, "property") or target) if target is not None else None
        outer = _space(inner) if inner is not None else None
        if outer is not None:
            found.append(outer)
        above = target
    return found


def _bound(name: Node) -> Declaration | None:
    """Return what binds a name as a parameter, a variable of a loop or `catch`, or in a pattern."""
    node, above = name, name.parent
    binds = Step((name.start_byte, name.end_byte, "element"))
    in_pattern = False
    while above is not None and above.type in _PATTERNS and not _is_parameter(node):
        if above.type == "pair_pattern" and _field(above, "value") != node:
            return None
        if above.type in {"assignment_pattern", "object_assignment_pattern"} and _field(above, "left") != node:
            return None
        in_pattern = in_pattern or above.type in {"object_pattern", "array_pattern"}
        node, above = above, above.parent
    if above is None:
        return None
    is_variable = above.type == "variable_declarator" and _field(above, "name") == node
    is_parameter = above.type in _PARAMETERS and _field(above, "pattern") == node
    in_loop = above.type == "for_in_statement" and _field(above, "left") == node and _field(above, "kind") is not None
    is_caught = above.type == "catch_clause" and _field(above, "parameter") == node
    if not (is_variable or is_parameter or in_loop or is_caught or _is_parameter(node)):
        return None
    if in_pattern:
        element = (
            name.parent
            if name.parent is not None and name.parent.type not in {"object_pattern", "array_pattern"}
            else name
        )
        return Declaration(name, element, (binds,))
    if is_variable:
        return Declaration(name, above)
    if is_parameter:
        return Declaration(name, above) if above.parent is None or above.parent.type != "tuple_type" else None
    return Declaration(name, node if _is_parameter(node) else above)


class Names:
    """Names the declarations of one file, in the order in which they are asked for.

    Args:
        head: What the symbols of the file begin with.
        source: The file's bytes.
    """

    def __init__(self, head: str, source: bytes) -> None:
        self._head, self._source = head, source
        self._known: dict[tuple[int, int, str], str] = {}
        self._named: dict[Range, str] = {}
        self._properties: dict[str, int] = {}
        self._count = 0

    def local(self) -> str:
        """Return the next local."""
        self._count += 1
        return f"{LOCAL}{self._count - 1}"

    def of(self, declaration: Declaration) -> str:
        """Return the symbol of a declaration."""
        place = _place(declaration.name)
        if place not in self._named:
            self._named[place] = self._made(declaration)
        return self._named[place]

    def _made(self, declaration: Declaration) -> str:
        steps: list[Step] = []
        around = ""
        for step in declaration.steps():
            found = self._known.get(step.key)
            if found is not None:
                around = found
                break
            if step.kind == "block":
                break
            if step.kind == "file":
                around = self._head
                break
            steps.append(step)
            if step.kind == "property":
                break
        for step in reversed(steps):
            around = self._known[step.key] = self._next(step, around)
        return around

    def _next(self, step: Step, around: str) -> str:
        if step.kind == "property":
            name = self._text(step)
            number = self._properties.get(name, 0)
            self._properties[name] = number + 1
            return self._head + str(Descriptor(f"{name}{number}", "meta"))
        if not around or around.startswith(LOCAL):
            return self.local()
        if step.kind == "anonymous":
            return around
        if step.kind == "literal":
            number = self._count
            self._count += 1
            return around + str(Descriptor(f"typeLiteral{number}", "meta"))
        name = self._text(step) if step.kind == "described" else ""
        return around + str(Descriptor(name, step.suffix)) if name else self.local()

    def _text(self, step: Step) -> str:
        """Return the name of a step's descriptor."""
        start, end = step.name
        text = self._source[start:end].decode("utf-8", "replace")
        if not text:
            return ""
        return "<constructor>" if step.constructs and text == "constructor" else step.form.format(text)
