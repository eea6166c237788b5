"""Python: how its nodes say which types values have, by annotations, constructors' calls and what functions return.

A name that is bound more than once in its scope says nothing, unless it is annotated.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Final

import tree_sitter

from codegraph_plugins.stages.occurrences.values.expressions import (
    ANY,
    UNKNOWN,
    Expression,
    Facts,
    Node,
    Reader,
    child_of,
    children_of,
    written_children,
)

_QUERY: Final = """
(assignment) @binding (for_statement) @binding (for_in_clause) @binding (named_expression) @binding
(as_pattern) @binding (except_clause) @binding (augmented_assignment) @again
(function_definition) @other (class_definition) @other (typed_parameter) @other (typed_default_parameter) @other
(keyword_argument) @other (attribute) @other (lambda) @lambda (return_statement) @out (yield) @out
"""
_SCOPES: Final = frozenset({"function_definition", "class_definition", "module", "lambda"})
_COMPREHENSIONS: Final = frozenset({
    "list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression",
})  # fmt: skip
_SEQUENCES: Final = frozenset(
    """
    List list Sequence MutableSequence Iterable Iterator Collection Set set FrozenSet frozenset Deque deque
    AsyncIterator AsyncIterable Generator AsyncGenerator
    """.split()  # noqa: SIM905
)
_MAPPINGS: Final = frozenset({
    "Dict", "dict", "Mapping", "MutableMapping", "DefaultDict", "defaultdict", "OrderedDict",
})  # fmt: skip
_ALTERNATIVES: Final = frozenset({"Optional", "Union", "Final", "ClassVar", "Annotated", "Required", "NotRequired"})
_TRANSPARENT: Final = frozenset(
    """
    property cached_property staticmethod classmethod abstractmethod override final lru_cache cache wraps functools abc
    abstractproperty overload typing
    """.split()  # noqa: SIM905
)
"""Decorators that leave what a function gives as it is."""
_RETURNS: Final = 16
"""Returns of a function that are looked at."""


@cache
def _query(language: tree_sitter.Language) -> tree_sitter.Query:
    return tree_sitter.Query(language, _QUERY)


class PythonReader(Reader):
    """Reads Python."""

    def read(self, root: Node) -> Facts:
        """Return the facts of a tree: a query finds the nodes that say something."""
        captures = tree_sitter.QueryCursor(_query(self.language)).captures(root)  # in no order that would stay
        bindings = sorted(captures.get("binding", ()), key=lambda node: (node.start_byte, -node.end_byte, node.type))
        self.bound: Counter[tuple[int, str]] = Counter()
        for node in (*bindings, *captures.get("again", ())):
            if self.deadline.passed():
                return self.finished()
            self.count(node)
        others = captures.get("other", [])
        functions = [node for node in others if node.type == "function_definition"]
        self.returns = self.ways_out([*functions, *captures.get("lambda", ())], captures.get("out", []))
        for node in sorted(others, key=lambda node: (node.end_byte, -node.start_byte, node.type)):
            self.look(node)
        for node in bindings:
            if self.deadline.passed():
                break
            self.binding(node)
        return self.finished()

    # -- bindings ----------------------------------------------------------------------------------------

    def targets(self, node: Node) -> list[Node]:
        """Return the names that a binding binds."""
        left = node.child_by_field_name("left") or node.child_by_field_name("name") or node.child_by_field_name("alias")
        found: list[Node] = []
        stack = [left] if left is not None else []
        while stack:
            current = stack.pop()
            if current.type == "identifier":
                found.append(current)
            elif current.type not in {"attribute", "subscript"}:
                stack += written_children(current)
        return found

    def count(self, node: Node) -> None:
        """Count the bindings of each name in its scope."""
        scope = self.scope_of(node)
        for name in self.targets(node):
            self.bound[scope, self.text(name)] += 1

    def scope_of(self, node: Node) -> int:
        """Return the scope that a node binds names in."""
        around = node.parent
        while around is not None and around.type not in _SCOPES:
            if around.type in _COMPREHENSIONS and node.type == "for_in_clause":
                break
            around = around.parent
        return around.id if around is not None else -1

    def binding(self, node: Node) -> None:
        """Note the types of what is bound."""
        kind = node.type
        left = node.child_by_field_name("left")
        if kind == "assignment":
            type_, right = node.child_by_field_name("type"), node.child_by_field_name("right")
            given = self.type_of(type_) if type_ is not None else self.of(right)
            self.bind(node, left, given, annotated=type_ is not None)
        elif kind == "named_expression":
            self.bind(node, node.child_by_field_name("name"), self.of(node.child_by_field_name("value")))
        elif kind in {"for_statement", "for_in_clause"}:
            self.bind(node, left, self.add("element", self.of(node.child_by_field_name("right"))))
        elif kind == "as_pattern":
            self.as_pattern(node)

    def as_pattern(self, node: Node) -> None:
        """Note what `with … as name` or `except … as name` binds."""
        alias, parts = node.child_by_field_name("alias"), written_children(node)
        target = next(iter(written_children(alias)), None)
        if target is None or not parts or node.parent is None:
            return
        if node.parent.type == "with_item":
            self.bind(node, target, self.add("entered", self.of(parts[0])))
        elif node.parent.type == "except_clause" and parts[0].type != "tuple":
            self.bind(node, target, self.type_of(parts[0]))

    def bind(self, node: Node, target: Node | None, given: int, *, annotated: bool = False) -> None:
        """Note the type of a target, or of each part of one that takes a value apart."""
        if target is None or given == UNKNOWN:
            return
        if target.type == "identifier":
            if annotated or self.bound[self.scope_of(node), self.text(target)] == 1:
                self.declare(target, given)
        elif target.type == "attribute":
            self.declare(target.child_by_field_name("attribute"), given)
        elif target.type in {"pattern_list", "tuple_pattern", "list_pattern"}:
            for number, one in enumerate(written_children(target)):
                self.bind(node, one, self.add("part", given, number))

    # -- definitions -------------------------------------------------------------------------------------

    def look(self, node: Node) -> None:
        """Note what a node declares or asks for."""
        kind = node.type
        if kind == "attribute":
            self.of(node)
        elif kind == "keyword_argument":
            self.keyword(node)
        elif kind == "class_definition":
            self.defined(node)
        elif kind == "function_definition":
            self.function(node)
        else:
            name = node.child_by_field_name("name") or child_of(node, "identifier")
            self.declare(name, self.type_of(node.child_by_field_name("type")))

    def keyword(self, node: Node) -> None:
        """Ask for the parameter that a keyword argument is for."""
        name, list_ = node.child_by_field_name("name"), node.parent
        call = list_.parent if list_ is not None else None
        if name is not None and call is not None and call.type == "call":
            self.add("argument", self.of(call.child_by_field_name("function")), self.text(name), name.start_byte)

    def defined(self, node: Node) -> None:
        """Note a class's bases."""
        name, list_ = node.child_by_field_name("name"), node.child_by_field_name("superclasses")
        bases = [self.type_of(one) for one in written_children(list_) if one.type != "keyword_argument"]
        if name is not None and bases:
            self.facts.bases[name.start_byte] = bases

    def function(self, node: Node) -> None:
        """Note what a function takes and gives."""
        name = node.child_by_field_name("name")
        if name is None:
            return
        parameters = written_children(node.child_by_field_name("parameters"))
        names = [one.child_by_field_name("name") or child_of(one, "identifier") or one for one in parameters]
        self.facts.parameters[name.start_byte] = [one.start_byte for one in names]
        decorators = self.decorators(node)
        holder = self.class_around(node)
        if holder is not None and names and "staticmethod" not in decorators and parameters[0].type == "identifier":
            operation = "class" if "classmethod" in decorators else "self"
            self.declare(names[0], self.add(operation, holder.start_byte))
        if not decorators <= _TRANSPARENT:
            return
        type_ = node.child_by_field_name("return_type")
        if type_ is not None:
            if self.text(node).startswith("async") or "contextmanager" not in decorators:
                self.declare(name, self.type_of(type_))
        else:
            self.declare(name, self.returned(node))

    def decorators(self, node: Node) -> set[str]:
        """Return the names of a function's decorators."""
        around = node.parent
        found: set[str] = set()
        if around is not None and around.type == "decorated_definition":
            for one in children_of(around, "decorator"):
                text = self.text(one).lstrip("@").partition("(")[0].strip()
                found.add(text.rpartition(".")[2] if not text.endswith((".setter", ".getter", ".deleter")) else text)
        return found

    def class_around(self, node: Node) -> Node | None:
        """Return the name of the class that a function is a method of."""
        around = node.parent
        if around is not None and around.type == "decorated_definition":
            around = around.parent
        holder = around.parent if around is not None and around.type == "block" else None
        return holder.child_by_field_name("name") if holder is not None and holder.type == "class_definition" else None

    def returned(self, node: Node) -> int:
        """Return what a function without annotation gives, if it is no generator."""
        found = self.returns.get(node.start_byte, ())
        if not 0 < len(found) <= _RETURNS or any(one.type == "yield" for one in found):
            return UNKNOWN
        number = UNKNOWN
        for one in found:
            given = self.of(next(iter(written_children(one)), None))
            if given != UNKNOWN:
                number = given if number == UNKNOWN else self.add("either", number, given)
        return number

    def ways_out(self, functions: list[Node], found: list[Node]) -> dict[int, list[Node]]:
        """Return the `return` and `yield` of each function by where it starts, those of functions in it left out."""
        ways: dict[int, list[Node]] = {}
        around: list[Node] = []
        for node in sorted((*functions, *found), key=lambda one: (one.start_byte, -one.end_byte)):
            while around and around[-1].end_byte <= node.start_byte:
                around.pop()
            if node.type in {"function_definition", "lambda"}:
                around.append(node)
            elif around:
                ways.setdefault(around[-1].start_byte, []).append(node)
        return ways

    # -- expressions -------------------------------------------------------------------------------------

    def expression(self, node: Node) -> Expression | int:
        """Return what a node is."""
        kind = node.type
        if kind == "identifier":
            return "name", node.start_byte
        if kind == "attribute":
            target, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
            return UNKNOWN if target is None or name is None else self.member(self.of(target), name, ANY)
        if kind == "call":
            callee = node.child_by_field_name("function")
            if callee is not None and callee.type == "identifier" and self.text(callee) == "super":
                return UNKNOWN
            return "call", self.of(callee), []
        if kind in {"parenthesized_expression", "await", "list_splat"}:
            return self.of(next(iter(written_children(node)), None))
        if kind == "subscript":
            return "indexed", self.of(node.child_by_field_name("value"))
        if kind in {"list", "set"}:
            return "array", self.of(next(iter(written_children(node)), None))
        if kind in {"tuple", "expression_list"}:
            return "tuple", [self.of(one) for one in written_children(node)]
        if kind in {"list_comprehension", "set_comprehension", "generator_expression"}:
            return "array", self.of(node.child_by_field_name("body"))
        if kind == "dictionary":
            pair = child_of(node, "pair")
            return ("map", *(self.of(pair.child_by_field_name(one)) for one in ("key", "value"))) if pair else UNKNOWN
        if kind == "conditional_expression":
            parts = written_children(node)
            return ("either", self.of(parts[0]), self.of(parts[-1])) if len(parts) == 3 else UNKNOWN
        if kind == "boolean_operator":
            sides = (node.child_by_field_name(one) for one in ("left", "right"))
            return ("either", *map(self.of, sides))
        if kind == "named_expression":
            return self.of(node.child_by_field_name("value"))
        if kind in {"string", "concatenated_string"}:
            return "primitive", "str"
        if kind in {"integer", "float", "true", "false"}:
            return "primitive", "int"
        return UNKNOWN

    # -- types -------------------------------------------------------------------------------------------

    def written(self, node: Node) -> Expression | int:
        """Return what an annotation is."""
        kind = node.type
        if kind in {"type", "parenthesized_expression"}:
            return self.type_of(next(iter(written_children(node)), None))
        if kind == "identifier":
            return self.named(node)
        if kind == "attribute":
            name = node.child_by_field_name("attribute")
            return self.named(name) if name is not None else UNKNOWN
        if kind == "member_type":
            return self.named(written_children(node)[-1])
        if kind == "call":  # a base that a function makes
            return UNKNOWN
        if kind in {"binary_operator", "union_type"}:
            sides = written_children(node)
            return ("either", self.type_of(sides[0]), self.type_of(sides[-1])) if len(sides) == 2 else UNKNOWN
        if kind in {"subscript", "generic_type"}:
            return self.generic(node)
        return UNKNOWN

    def generic(self, node: Node) -> Expression | int:
        """Return a type with its arguments."""
        parts = written_children(node)
        head, arguments = parts[0], parts[1:]
        if arguments and arguments[0].type == "type_parameter":
            arguments = written_children(arguments[0])
        while head.type == "attribute" and (inner := head.child_by_field_name("attribute")) is not None:
            head = inner
        name = self.text(head)
        given = [self.type_of(one) for one in arguments]
        if not given or head.type != "identifier":
            return UNKNOWN
        if name in _ALTERNATIVES:
            return given[0] if len(given) == 1 else ("either", given[0], given[1])
        if name in _SEQUENCES:
            return "array", given[0]
        if name in _MAPPINGS and len(given) == 2:
            return "map", given[0], given[1]
        if name in {"Tuple", "tuple"}:
            return ("array", given[0]) if len(given) == 2 and given[1] == UNKNOWN else ("tuple", given)
        if name in {"Type", "type"}:
            return "made_class", given[0]
        return self.named(head, given)
