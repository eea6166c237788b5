"""Python: how its nodes say which types values have, by annotations, constructors' calls and what functions return.

A name that its scope binds more than once has, where it is read, the types of the bindings that can reach the place.
What generic types, generators and the standard library make of it is worked out later, by `python_rules.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
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
from codegraph_plugins.stages.occurrences.values.python_generics import TYPE_PARAMETERS, type_parameters
from codegraph_plugins.stages.occurrences.values.python_quoted import QuotedTypes
from codegraph_plugins.stages.occurrences.values.python_written import WrittenTypes

_QUERY: Final = """
(assignment) @binding (for_statement) @binding (for_in_clause) @binding (named_expression) @binding
(as_pattern) @binding (except_clause) @binding (augmented_assignment) @again
(function_definition) @other (class_definition) @other (typed_parameter) @other (typed_default_parameter) @other
(default_parameter) @other
(keyword_argument) @other (keyword_pattern) @other (attribute) @other (lambda) @lambda
(call) @call (return_statement) @out (yield) @out (type_alias_statement) @alias (global_statement) @global
"""
_COMMENTS: Final = "(comment) @comment"
_SCOPES: Final = frozenset({"function_definition", "class_definition", "module", "lambda"})
_COMPREHENSIONS: Final = frozenset({
    "list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression",
})  # fmt: skip
_SEQUENCES: Final = frozenset(
    """
    List list Sequence MutableSequence Iterable Iterator Collection Set set FrozenSet frozenset Deque deque
    AsyncIterator AsyncIterable Generator AsyncGenerator AbstractSet MutableSet Reversible KeysView ValuesView Queue
    """.split()  # noqa: SIM905
)
_MAPPINGS: Final = frozenset({
    "Dict", "dict", "Mapping", "MutableMapping", "DefaultDict", "defaultdict", "OrderedDict", "ItemsView",
})  # fmt: skip
_WRAPPERS: Final = frozenset(
    """
    Optional Final ClassVar Annotated Required NotRequired ReadOnly Awaitable InitVar Unpack TypeGuard TypeIs
    """.split()  # noqa: SIM905
)
"""Names of types that stand for their first argument."""
_TRANSPARENT: Final = frozenset(
    """
    property cached_property staticmethod classmethod abstractmethod override final lru_cache cache wraps functools abc
    abstractproperty overload typing contextmanager asynccontextmanager
    """.split()  # noqa: SIM905
)
"""Decorators that leave what a function gives as it is, or of which more is known here."""
_MANAGERS: Final = frozenset({"contextmanager", "asynccontextmanager"})
_MAKING_VARIABLES: Final = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple"})
_PUT_IN: Final = {"append": 0, "add": 0, "appendleft": 0, "put": 0, "put_nowait": 0, "insert": 1, "setdefault": 1}
"""Methods that put something into a container, and which argument that is."""
_PUT_ALL: Final = frozenset({"extend", "update", "extendleft"})
_OTHER_S: Final = -2
"""Stands for the key where the keys and the values are those of another container."""
_EMPTY: Final = frozenset({"list", "set", "dict", "deque", "defaultdict", "OrderedDict", "Queue"})
"""Functions that make containers, which others fill."""
_REACHING: Final = 3
"""Bindings, and members of what is written, of which the types are taken together."""
_LOOKED_AT: Final = 32
"""Bindings before a name that are looked at, nearest first."""
_OF_CLASSES: Final = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
"""Methods that have the class as their receiver without being declared so."""
_STARS: Final = ("list_splat_pattern", "dictionary_splat_pattern")
_OPERATORS: Final = {
    "+": "__add__", "-": "__sub__", "*": "__mul__", "/": "__truediv__", "//": "__floordiv__", "%": "__mod__",
    "@": "__matmul__", "**": "__pow__", "&": "__and__", "|": "__or__", "^": "__xor__", "<<": "__lshift__",
    ">>": "__rshift__",
}  # fmt: skip
_UNARY: Final = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
_UNTYPED: Final = frozenset({"identifier", "default_parameter", *_STARS})
"""Parameters without a type; a default may say one before."""
_SEPARATORS: Final = frozenset({"positional_separator", "keyword_separator"})
_TELLING: Final = frozenset({"call", "identifier", "attribute", "await", "list", "dictionary", "tuple", "subscript"})
"""Arguments whose types may say what a parameter is."""
_TAKING_ANYTHING: Final = frozenset(
    """
    isinstance issubclass hasattr getattr setattr delattr len print str repr int float bool type super list tuple dict
    set frozenset sorted reversed enumerate zip map filter sum min max any all iter next id hash callable vars open
    append extend add get join format format_map startswith endswith split replace
    """.split()  # noqa: SIM905
)
"""Names of functions that everybody calls, nearly always the builtins' own."""
_NARROWED: Final = frozenset({"identifier", "attribute"})
"""What checks may tell the type of."""
_SAME_TYPE: Final = ("is", "==")
_BRANCHING: Final = frozenset({"if_statement", "elif_clause", "while_statement"})
_LEAVING: Final = frozenset({"return_statement", "raise_statement", "continue_statement", "break_statement"})
_LOOPS: Final = frozenset({"for_statement", "while_statement"})
_HANDLERS: Final = frozenset({"except_clause", "except_group_clause"})
_BINDING: Final = {
    "assignment": "left",
    "augmented_assignment": "left",
    "named_expression": "name",
    "for_statement": "left",
    "for_in_clause": "left",
}
"""What gives names values, and the field where they are."""
_AROUND: Final = frozenset({
    "for_statement", "with_statement", "except_clause", "list_comprehension", "set_comprehension",
    "dictionary_comprehension", "generator_expression",
})  # fmt: skip
"""What gives names values for what is in it."""
_HEADS: Final = frozenset({"with_clause", "with_item", "as_pattern", "for_in_clause"})
_DEFINITIONS: Final = frozenset({"function_definition", "class_definition", "decorated_definition"})
_CHECKED: Final = re.compile(
    rb"(?:isinstance|issubclass)\s*\(\s*([\w.]+)|\btype\(\s*([\w.]+)\s*\)\s*(?:is|==)|^[ \t]*match[ (]+([\w.]+)",
    re.MULTILINE,
)
"""What a check is about."""
_NODES: Final = 400
"""Nodes of a statement that are looked at for the names that it binds."""
_LONG: Final = 8_000
"""Bytes of a statement from which on it is taken to bind any name."""
_STATEMENTS: Final = 40
"""Statements before a name that are looked at for what they say of it."""
_RETURNS: Final = 16
"""Returns of a function that are looked at."""


def _holds(around: Node, node: Node) -> bool:
    return around.start_byte <= node.start_byte < around.end_byte


@cache
def _query(language: tree_sitter.Language, *, comments: bool) -> tree_sitter.Query:
    return tree_sitter.Query(language, _QUERY + _COMMENTS * comments)


class PythonReader(Reader):
    """Reads Python."""

    def read(self, root: Node) -> Facts:
        """Return the facts of a tree: a query finds the nodes that say something."""
        self.quoted = QuotedTypes(self.source, self.language)
        self.types = WrittenTypes(self.source, self.language)
        checked = (found[1] or found[2] or found[3] for found in _CHECKED.finditer(self.source))
        self.narrows = {one.decode("utf-8", "replace") for one in checked}
        self.bindings: dict[tuple[int, str], list[Node]] = {}
        self.annotated: set[tuple[int, str]] = set()
        self.again: set[str] = set()
        self.managed: dict[tuple[int, str], list[tuple[Node, int]]] = {}
        self.in_class: dict[tuple[int, str], Node] = {}
        self.put: dict[tuple[int, str], list[tuple[int, int]]] = {}
        self.empty: dict[tuple[int, str], tuple[Node, bool]] = {}
        self.globals: dict[int, set[str]] = {}
        self.said_of: dict[int, int] = {}
        self.root = root
        captures = tree_sitter.QueryCursor(_query(self.language, comments=self.types.comments)).captures(
            root
        )  # in no order that would stay
        patterns = [node for node in captures.get("other", ()) if node.type == "keyword_pattern"]
        for node in captures.get("global", ()):
            names = {self.text(name) for name in written_children(node)}
            self.globals.setdefault(self.scope_of(node), set()).update(names)
        bindings = sorted(captures.get("binding", ()), key=lambda node: (node.start_byte, -node.end_byte, node.type))
        self.bound: Counter[tuple[int, str]] = Counter()
        for node in (*bindings, *patterns, *captures.get("again", ())):
            if self.deadline.passed():
                return self.finished()
            self.count(node)
        others = captures.get("other", [])
        functions = [node for node in others if node.type == "function_definition"]
        for node in (*functions, *captures.get("lambda", ())):
            self.count_parameters(node)
        for node in sorted(captures.get("comment", ()), key=lambda node: node.start_byte):
            self.comment(node)
        self.again = {name for (_, name), nodes in self.bindings.items() if len(nodes) > 1}
        self.returns = self.ways_out([*functions, *captures.get("lambda", ())], captures.get("out", []))
        for node in sorted(others, key=lambda node: (node.end_byte, -node.start_byte, node.type)):
            self.look(node)
        for node in sorted(captures.get("lambda", ()), key=lambda node: node.start_byte):
            self.handed(node)
        for node in captures.get("alias", ()):
            self.alias(node)
        for node in sorted(captures.get("call", ()), key=lambda node: node.start_byte):
            self.passing(node)
        for node in bindings:
            if self.deadline.passed():
                break
            self.binding(node)
        self.fill()
        self.join()
        return self.finished()

    # -- bindings ----------------------------------------------------------------------------------------

    def targets(self, node: Node) -> list[Node]:
        """Return the names that a binding binds."""
        if (captured := self.captured(node)) is not None:
            return [captured]
        if node.type == "keyword_pattern":
            return []
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
        for name in self.targets(node):
            key = self.key_of(node, name)
            self.bound[key] += 1
            holder = self.class_body(node) if node.type == "assignment" else None
            if holder is not None:
                self.in_class.setdefault((holder.start_byte, key[1]), name)
            self.bindings.setdefault(key, []).append(node)
            if node.type == "assignment" and node.child_by_field_name("type") is not None:
                self.annotated.add(key)

    def key_of(self, node: Node, name: Node) -> tuple[int, str]:
        """Return the scope that a binding binds a name in, and the name."""
        scope, text = self.scope_of(node), self.text(name)
        return (self.root.id if text in self.globals.get(scope, ()) else scope), text

    def count_parameters(self, node: Node) -> None:
        """Take parameters that are assigned as bindings of their own."""
        for one in written_children(node.child_by_field_name("parameters")):
            name = self.parameter_name(one)
            listed = self.bindings.get((node.id, self.text(name))) if name is not None else None
            if listed is not None and name is not None:
                listed.insert(0, name)

    def parameter_name(self, node: Node) -> Node | None:
        """Return the name of a parameter, which may have stars, a type and a default."""
        if node.type == "identifier":
            return node
        inner = node.child_by_field_name("name") or child_of(node, "identifier", *_STARS)
        return inner if inner is None or inner.type == "identifier" else child_of(inner, "identifier")

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
        for target, given in self.assigned(node):
            self.bind(node, target, given)
        if node.type != "assignment":
            return
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and left.type == "identifier" and right is not None:
            self.named_type(node, left, right)
        if left is not None and left.type == "attribute" and self.of(right) == UNKNOWN:
            name, class_ = left.child_by_field_name("attribute"), self.class_of_receiver(left)
            if name is not None and class_ is not None:  # `self.name = None`: it may be defined there
                self.managed.setdefault((class_.start_byte, self.text(name)), []).append((name, UNKNOWN))
        self.begins(node, left, right)
        if left is not None and left.type == "subscript":
            keys = [child for at, child in enumerate(left.children) if left.field_name_for_child(at) == "subscript"]
            key = self.of(keys[0]) if len(keys) == 1 else UNKNOWN
            self.put_into(left.child_by_field_name("value"), key, self.of(right))

    def assigned(self, node: Node) -> Iterator[tuple[Node, int]]:
        """Yield what a binding binds, each with its type."""
        kind = node.type
        left = node.child_by_field_name("left")
        if kind == "identifier":  # a parameter
            yield node, self.add("name", node.start_byte)
        elif kind == "assignment":
            type_, right = node.child_by_field_name("type"), node.child_by_field_name("right")
            if right is not None and right.type == "assignment":
                right = self.last_value(right)
            yield from self.parts(left, self.type_of(type_) if type_ is not None else self.of(right))
        elif kind == "named_expression":
            yield from self.parts(node.child_by_field_name("name"), self.of(node.child_by_field_name("value")))
        elif kind in {"for_statement", "for_in_clause"}:
            yield from self.parts(left, self.add("iterated", self.of(node.child_by_field_name("right"))))
        elif kind == "as_pattern":
            yield from self.as_pattern(node)

    def last_value(self, node: Node) -> Node | None:
        """Return the value of `b = value` in `a = b = value`."""
        found: Node | None = node
        while found is not None and found.type == "assignment":
            found = found.child_by_field_name("right")
        return found

    def as_pattern(self, node: Node) -> Iterator[tuple[Node, int]]:
        """Yield what `with … as name`, `except … as name` or `case … as name` binds."""
        captured = self.captured(node)
        if captured is not None:
            pattern = child_of(child_of(node, "case_pattern"), "class_pattern")
            name = child_of(pattern, "dotted_name")
            if name is not None:
                yield captured, self.type_of(written_children(name)[-1])
            return
        alias, parts = node.child_by_field_name("alias"), written_children(node)
        target = next(iter(written_children(alias)), None)
        if target is None or not parts or node.parent is None:
            return
        if node.parent.type == "with_item":
            yield from self.parts(target, self.add("entered", self.of(parts[0])))
        elif node.parent.type == "except_clause":
            types = written_children(parts[0]) if parts[0].type == "tuple" else [parts[0]]
            yield from self.parts(target, self.union([self.type_of(one) for one in types]))

    def parts(self, target: Node | None, given: int) -> Iterator[tuple[Node, int]]:
        """Yield a target with its type, or each part of one that takes a value apart."""
        if target is None or given == UNKNOWN:
            return
        if target.type in {"identifier", "attribute"}:
            yield target, given
        elif target.type in {"list_splat_pattern", "list_splat"}:
            yield from self.parts(next(iter(written_children(target)), None), given)
        elif target.type in {"pattern_list", "tuple_pattern", "list_pattern", "parenthesized_expression"}:
            inside = written_children(target)
            if target.type == "parenthesized_expression":
                yield from self.parts(next(iter(inside), None), given)
                return
            starred = next((number for number, one in enumerate(inside) if one.type.startswith("list_splat")), None)
            for number, one in enumerate(inside):
                if number == starred:
                    yield from self.parts(one, self.add("rest", given))
                else:
                    at = number if starred is None or number < starred else number - len(inside)
                    yield from self.parts(one, self.add("unpacked", given, at))

    def bind(self, node: Node, target: Node, given: int) -> None:
        """Note the type of what is bound, if it is the only binding of its name."""
        if given == UNKNOWN:
            return
        if target.type == "attribute":
            name, holder = target.child_by_field_name("attribute"), target.child_by_field_name("object")
            if name is None:
                return
            class_ = self.class_of_receiver(target) if holder is not None and holder.type == "identifier" else None
            if class_ is not None and (node.type != "assignment" or node.child_by_field_name("type") is None):
                self.managed.setdefault((class_.start_byte, self.text(name)), []).append((name, given))
            else:
                self.declare(name, given)
            return
        key = self.key_of(node, target)
        if key in self.annotated:
            if node.type == "assignment" and node.child_by_field_name("type") is not None:
                self.declare(target, given)
        elif self.bound[key] == 1:
            self.declare(target, given)

    def class_body(self, node: Node) -> Node | None:
        """Return the name of the class whose body a statement stands in."""
        block = node.parent.parent if node.parent is not None else None
        holder = block.parent if block is not None and block.type == "block" else None
        return holder.child_by_field_name("name") if holder is not None and holder.type == "class_definition" else None

    # -- containers that others fill ---------------------------------------------------------------------

    def put_into(self, container: Node | None, key: int, value: int) -> None:
        """Note what is put into a container that has a name, or is a member of the receiver."""
        place = self.container(container) if container is not None and value != UNKNOWN else None
        if place is not None:
            self.put.setdefault(place, []).append((key, value))

    def container(self, node: Node) -> tuple[int, str] | None:
        """Return by what a container is known: its scope or its class, and its name."""
        if node.type == "identifier":
            text, around, within = self.text(node), node.parent, False
            while around is not None:
                hidden = within and around.type == "class_definition"  # functions do not see names of a class's body
                if not hidden and (around.id, text) in self.bindings:
                    return around.id, text
                if around.type in {"function_definition", "lambda"}:
                    if text in self.parameters_of(around):
                        return None
                    within = True
                around = around.parent
            return None
        name = node.child_by_field_name("attribute") if node.type == "attribute" else None
        class_ = self.class_of_receiver(node) if name is not None else None
        return (class_.start_byte, self.text(name)) if name is not None and class_ is not None else None

    def parameters_of(self, function: Node) -> set[str]:
        """Return the names of a function's or a lambda's parameters."""
        names = (self.parameter_name(one) for one in written_children(function.child_by_field_name("parameters")))
        return {self.text(name) for name in names if name is not None}

    def added(self, attribute: Node) -> None:
        """Note what `container.append(value)` and the like put into it."""
        name, call = attribute.child_by_field_name("attribute"), attribute.parent
        text = self.text(name) if name is not None else ""
        if (text not in _PUT_IN and text not in _PUT_ALL) or call is None or call.type != "call":
            return
        passed = written_children(call.child_by_field_name("arguments"))
        at = _PUT_IN.get(text, 0)
        if call.child_by_field_name("function") != attribute or at >= len(passed):
            return
        value, key = self.of(passed[at]), self.of(passed[0]) if text == "setdefault" else UNKNOWN
        if text == "update":  # what that puts in, the container says: a mapping takes keys and values
            self.put_into(attribute.child_by_field_name("object"), _OTHER_S, value)
            return
        if text in _PUT_ALL and value != UNKNOWN:
            value = self.add("iterated", value)
        self.put_into(attribute.child_by_field_name("object"), key, value)

    def is_empty(self, value: Node) -> bool:
        """Say whether a value is a container that nothing is in yet."""
        if value.type == "call":
            callee = value.child_by_field_name("function")
            passed = written_children(value.child_by_field_name("arguments"))
            name = self.text(callee).rpartition(".")[2] if callee is not None else ""
            return name in _EMPTY and (not passed or name == "defaultdict")
        return value.type in {"list", "dictionary", "set"} and not written_children(value)

    def begins(self, node: Node, target: Node | None, value: Node | None) -> None:
        """Note a container that begins empty and has a name."""
        if target is None or value is None or target.type not in {"identifier", "attribute"}:
            return
        if not self.is_empty(value) or node.child_by_field_name("type") is not None:
            return
        if target.type == "identifier" and self.bound[self.key_of(node, target)] != 1:
            return
        place = self.container(target)
        name = target if target.type == "identifier" else target.child_by_field_name("attribute")
        if place is not None and name is not None:
            mapping = value.type == "dictionary" or "ict" in self.text(value).partition("(")[0]
            self.empty.setdefault(place, (name, mapping))

    def fill(self) -> None:
        """Note what containers hold that begin empty, by what is put into them."""
        for place, (name, mapping) in self.empty.items():
            put = [self.put_by(one, mapping=mapping) for one in self.put.get(place, ())]
            values = self.union([value for _, value in put[: 2 * _REACHING]])
            if values == UNKNOWN:
                continue
            keys = self.union([key for key, _ in put[:_REACHING]])
            given = self.add("map", keys, values) if mapping else self.add("array", values)
            if name.parent is not None and name.parent.type == "attribute":
                self.managed.setdefault(place, []).insert(0, (name, given))
            else:
                self.facts.declared[name.start_byte] = given

    def put_by(self, put: tuple[int, int], *, mapping: bool) -> tuple[int, int]:
        """Return the key and the value that something puts into a container: `update` those of another."""
        key, value = put
        if key != _OTHER_S:
            return put
        if not mapping:
            return UNKNOWN, self.add("iterated", value)
        return self.add("mapped", value, 0), self.add("mapped", value, 1)

    def class_of_receiver(self, node: Node) -> Node | None:
        """Return the name of the class whose method's first parameter the object of an attribute is."""
        function = self.function_around(node)
        holder = self.class_around(function) if function is not None else None
        receiver = node.child_by_field_name("object")
        if function is None or holder is None or receiver is None:
            return None
        first = next(iter(written_children(function.child_by_field_name("parameters"))), None)
        name = self.parameter_name(first) if first is not None else None
        return holder if name is not None and self.text(name) == self.text(receiver) else None

    def function_around(self, node: Node) -> Node | None:
        """Return the function that a node stands in, lambdas left out."""
        around = node.parent
        while around is not None and around.type not in {"function_definition", "class_definition", "module"}:
            around = around.parent
        return around if around is not None and around.type == "function_definition" else None

    def join(self) -> None:
        """Note the types of what is assigned in several places: members on the receiver, names of modules, classes."""
        for place, given in self.managed.items():
            first = min((name for name, _ in given), key=lambda name: name.start_byte)
            known = self.union([number for _, number in given if number != UNKNOWN][: 2 * _REACHING])
            self.declare(first, known)
            if place in self.in_class:  # a class says before what instances have
                self.declare(self.in_class[place], known)
        for key, nodes in self.bindings.items():
            if len(nodes) < 2 or key in self.annotated or nodes[0].type == "identifier":
                continue
            holder = nodes[0].parent
            while holder is not None and holder.id != key[0]:
                holder = holder.parent
            if holder is None or holder.type not in {"module", "class_definition"}:
                continue
            found = [
                (target, number)
                for node in nodes[: 2 * _REACHING]
                for target, number in self.assigned(node)
                if target.type == "identifier" and self.text(target) == key[1]
            ]
            if found:
                start = min(one.start_byte for node in nodes for one in self.targets(node) if self.text(one) == key[1])
                self.facts.declared.setdefault(start, self.union([number for _, number in found]))

    def union(self, numbers: Sequence[int]) -> int:
        """Return what has one of several types."""
        known = tuple(dict.fromkeys(one for one in numbers if one != UNKNOWN))
        return UNKNOWN if not known else known[0] if len(known) == 1 else self.add("all", known)

    def reaching(self, name: Node) -> int | None:
        """Return the type of a name by the bindings before it in its scope; None if that is bound but once."""
        text, around = self.text(name), name.parent
        while around is not None and (around.id, text) not in self.bindings:
            if around.type in _SCOPES:
                return None  # what another scope binds has no order here
            around = around.parent
        if around is None or (around.id, text) in self.annotated:
            return None
        nodes = self.bindings[around.id, text]
        if len(nodes) < 2:
            return None
        found: list[int] = []
        missed: list[Node] = []
        before = (node for node in reversed(nodes) if self.holds_from(node) <= name.start_byte)
        for node in islice(before, _LOOKED_AT):
            if self.misses(node, name):
                missed.append(node)
                continue
            found += self.given_to(text, node)
            if node.type == "identifier" or self.stands_over(node, name):
                break
        if missed and self.union(found) == UNKNOWN and self.repeats(name):  # the next time, it is what it was there
            found = [number for node in missed[:_REACHING] for number in self.given_to(text, node)]
        return self.union(found)

    def given_to(self, name: str, node: Node) -> list[int]:
        """Return the types that a binding gives a name."""
        return [given for target, given in self.assigned(node) if self.text(target) == name]

    def misses(self, node: Node, name: Node) -> bool:
        """Say whether a binding before a name cannot be what it has: in another branch, or in a block that leaves."""
        inside, around = node, node.parent
        while around is not None and around.type not in _SCOPES:
            if _holds(around, name):
                return self.apart(around, inside, node, name)
            if around.type == "block" and self.leaves(around, name):
                return True
            inside, around = around, around.parent
        return False

    def apart(self, around: Node, inside: Node, node: Node, name: Node) -> bool:
        """Say whether the parts of a statement that a binding and a name stand in exclude each other."""
        other = name
        while other.parent is not None and other.parent != around:
            other = other.parent
        if other == inside:
            return False
        if around.type == "if_statement":
            body = inside.child_by_field_name("consequence") if inside.type == "elif_clause" else inside
            in_body = body is not None and body.type in {"block", "else_clause"} and _holds(body, node)
            return in_body and other.type in {"elif_clause", "else_clause"}
        if around.type == "try_statement":
            return inside.type in _HANDLERS and other.type in {*_HANDLERS, "else_clause"}
        return inside.type == other.type == "case_clause"

    def leaves(self, block: Node, name: Node) -> bool:
        """Say whether what follows a block's last statement, which leaves it, is nowhere before a name."""
        last = next(reversed(written_children(block)), None)
        if last is None or last.type not in _LEAVING:
            return False
        inside, around = block, block.parent
        while around is not None and around.type not in _SCOPES:
            if last.type in {"break_statement", "continue_statement"}:
                if around.type in _LOOPS:
                    return _holds(around, name)
            elif around.type == "try_statement" and around.child_by_field_name("body") == inside:
                handled = last.type == "raise_statement" or _holds(around, name)
                if handled and not _holds(inside, name):
                    return False  # handlers and what is done at the end come behind it
            inside, around = around, around.parent
        return True

    def repeats(self, name: Node) -> bool:
        """Say whether a name stands in a loop of its scope."""
        around = name.parent
        while around is not None and around.type not in _SCOPES:
            if around.type in _LOOPS:
                return True
            around = around.parent
        return False

    def holds_from(self, node: Node) -> int:
        """Return the byte from which on a binding holds."""
        if node.type in {"for_statement", "for_in_clause"}:
            source = node.child_by_field_name("right")
            return source.end_byte if node.type == "for_statement" and source is not None else node.start_byte
        return node.end_byte

    def stands_over(self, node: Node, name: Node) -> bool:
        """Say whether a name comes behind a binding on every way: it stands in the block that has the binding."""
        if node.type == "augmented_assignment":
            return False
        if node.type == "for_statement":
            return node.start_byte <= name.start_byte < node.end_byte
        around = node.parent
        while around is not None and around.type not in {"block", "module"}:
            if around.type in {"with_statement", "except_clause", "case_clause", *_COMPREHENSIONS}:
                break
            around = around.parent
        return around is not None and around.start_byte <= name.start_byte < around.end_byte

    def named_type(self, node: Node, name: Node, value: Node) -> None:
        """Note what a name means as a type: a type variable, or an alias of a type with arguments."""
        if value.type == "call":
            callee = value.child_by_field_name("function")
            maker = self.text(callee).rpartition(".")[2] if callee is not None else ""
            passed = written_children(value.child_by_field_name("arguments"))
            if maker in _MAKING_VARIABLES:
                bounds = [one for one in passed if one.type == "keyword_argument"]
                bound = next((one.child_by_field_name("value") for one in bounds if self.is_bound(one)), None)
                limits = [self.type_of(one) for one in passed[1:] if one.type != "keyword_argument"]
                given = self.type_of(bound) if bound is not None else self.union(limits)
                self.facts.declared[name.start_byte] = self.add("typevar", name.start_byte, given)
            elif maker == "NewType" and len(passed) > 1:
                self.facts.declared[name.start_byte] = self.of(passed[1])
            return
        scope = self.scope_around(node)
        if scope is None or scope.type not in {"module", "class_definition"}:
            return
        operator = value.child_by_field_name("operator") if value.type == "binary_operator" else None
        if value.type == "subscript" or (operator is not None and self.text(operator) == "|"):
            stands_for = self.type_of(value)
            if stands_for != UNKNOWN:
                self.facts.stands_for[name.start_byte] = stands_for

    def is_bound(self, keyword: Node) -> bool:
        """Say whether a keyword argument is what a type variable is bound by."""
        name = keyword.child_by_field_name("name")
        return name is not None and self.text(name) == "bound"

    def scope_around(self, node: Node) -> Node | None:
        """Return the scope that a statement stands in."""
        around = node.parent
        while around is not None and around.type not in _SCOPES:
            around = around.parent
        return around

    def alias(self, node: Node) -> None:
        """Note what `type Name[T] = …` stands for."""
        left, right = written_children(node.child_by_field_name("left")), node.child_by_field_name("right")
        head = left[0] if left else None
        if head is not None and head.type == "generic_type":
            inner = written_children(head)
            self.generics(inner[0], child_of(head, TYPE_PARAMETERS))
            head = inner[0]
        stands_for = self.type_of(right)
        if head is not None and stands_for != UNKNOWN:
            self.facts.stands_for[head.start_byte] = stands_for

    def generics(self, name: Node, list_: Node | None) -> None:
        """Note the type parameters that stand in brackets behind a name (PEP 695), and what they are bound by."""
        places = []
        for one, bound in type_parameters(list_):
            places.append(one.start_byte)
            self.declare(one, self.type_of(bound))
        if places:
            self.facts.type_parameters[name.start_byte] = places

    def comment(self, node: Node) -> None:
        """Note the types that a comment says (PEP 484): of what is bound on its line, of a parameter, of a function."""
        taken, given = self.types.of_comment(node)
        if taken is None and given is None:
            return
        around, before = node.parent, node.prev_named_sibling
        if taken is not None:
            if around is not None and around.type == "block" and before is None:
                around = around.parent
            if around is not None and around.type == "function_definition":
                self.signature(around, taken, given)
            return
        on_line = before is not None and before.end_point[0] == node.start_point[0]
        if around is None or before is None or given is None or not on_line:
            return
        if around.type == "parameters":
            self.declare(self.parameter_name(before), self.type_of(given))
        elif around.type in {"for_statement", "with_statement"}:
            names = [one for one in self.bound_by(around) if one.type == "identifier"]
            self.commented(around, names, given)
        elif before.type == "expression_statement" and (inner := child_of(before, "assignment")) is not None:
            left = inner.child_by_field_name("left")
            if left is not None and left.type == "attribute":
                self.declare(left.child_by_field_name("attribute"), self.type_of(given))
            else:
                self.commented(inner, self.targets(inner), given)

    def bound_by(self, node: Node) -> list[Node]:
        """Return what a `for` or a `with` binds."""
        if node.type == "for_statement":
            left = node.child_by_field_name("left")
            return [] if left is None else [left]
        items = children_of(child_of(node, "with_clause"), "with_item")
        values = [one.child_by_field_name("value") for one in items]
        aliases = [one.child_by_field_name("alias") for one in values if one is not None and one.type == "as_pattern"]
        return [written_children(one)[0] for one in aliases if one is not None and one.named_child_count]

    def commented(self, node: Node, names: Sequence[Node], type_: Node) -> None:
        """Note the type of the one name that a statement binds."""
        if len(names) == 1:
            self.annotated.add(self.key_of(node, names[0]))
            self.declare(names[0], self.type_of(type_))

    def signature(self, function: Node, taken: Sequence[Node], given: Node | None) -> None:
        """Note what a comment says that a function takes and gives; the receiver may be left out."""
        listed = written_children(function.child_by_field_name("parameters"))
        names = [name for one in listed if (name := self.parameter_name(one)) is not None]
        for name, type_ in zip(names[len(names) - len(taken) :], taken, strict=False):
            self.declare(name, self.type_of(type_))
        self.said_of[function.id] = self.type_of(given)

    def documented(self, function: Node) -> None:
        """Note the types that a docstring's fields say of parameters and of the result."""
        body = function.child_by_field_name("body")
        statement = next(iter(written_children(body)), None)
        text = child_of(statement, "string") if statement is not None else None
        if text is None or statement is None or statement.type != "expression_statement":
            return
        listed = written_children(function.child_by_field_name("parameters"))
        names = {self.text(name): name for one in listed if (name := self.parameter_name(one)) is not None}
        for about, type_ in self.types.of_docstring(text):
            if not about:
                self.said_of.setdefault(function.id, self.type_of(type_))
            elif about in names:
                self.declare(names[about], self.type_of(type_))

    # -- definitions -------------------------------------------------------------------------------------

    def look(self, node: Node) -> None:
        """Note what a node declares or asks for."""
        kind = node.type
        if kind == "attribute":
            self.of(node)
            self.added(node)
        elif kind == "keyword_argument":
            self.keyword(node)
        elif kind == "class_definition":
            self.defined(node)
        elif kind == "function_definition":
            self.function(node)
        elif kind == "keyword_pattern":
            self.matched(node)
        else:
            self.parameter(node)

    def parameter(self, node: Node) -> None:
        """Note an annotated parameter's type, or that of its default; one with stars takes several."""
        if node.type == "default_parameter":
            name, value = node.child_by_field_name("name"), self.of(node.child_by_field_name("value"))
            if value == UNKNOWN or name is None or name.type != "identifier":
                return
            self.declare(name, value)
            return
        type_, stars = self.type_of(node.child_by_field_name("type")), child_of(node, *_STARS)
        if stars is not None and type_ != UNKNOWN:
            several = ("array", type_) if stars.type == _STARS[0] else ("map", self.add("primitive", "str"), type_)
            self.declare(child_of(stars, "identifier"), self.add(*several))
            return
        self.declare(node.child_by_field_name("name") or child_of(node, "identifier"), type_)

    def matched(self, node: Node) -> None:
        """Ask for the member that `case Type(member=pattern)` compares, and note what it binds."""
        parts = written_children(node)
        around = node.parent.parent if node.parent is not None else None
        name = child_of(around, "dotted_name")
        if not parts or around is None or around.type != "class_pattern" or name is None:
            return
        member = self.member(self.type_of(written_children(name)[-1]), parts[0])
        bound = self.captured(node)
        if bound is not None:
            self.bind(node, bound, member)

    def captured(self, node: Node) -> Node | None:
        """Return the name that a pattern binds: `case Type(member=name)`, `case Type() as name`."""
        parts = written_children(node)
        if node.type == "keyword_pattern" and len(parts) == 2 and parts[1].type == "dotted_name":
            names = written_children(parts[1])
            return names[0] if len(names) == 1 and self.text(names[0]) != "_" else None
        is_case = node.type == "as_pattern" and node.parent is not None and node.parent.type == "case_pattern"
        return parts[-1] if is_case and parts[-1].type == "identifier" else None

    def keyword(self, node: Node) -> None:
        """Ask for the parameter that a keyword argument is for."""
        name, list_ = node.child_by_field_name("name"), node.parent
        call = list_.parent if list_ is not None else None
        if name is not None and call is not None and call.type == "call":
            self.add("argument", self.of(call.child_by_field_name("function")), self.text(name), name.start_byte)

    def handed(self, node: Node) -> None:
        """Note what the parameters of a lambda are that is handed to a function."""
        around, number, key = node.parent, 0, ""
        value = node
        if around is not None and around.type == "keyword_argument":
            name = around.child_by_field_name("name")
            key = self.text(name) if name is not None else ""
            value, around = around, around.parent
        call = around.parent if around is not None and around.type == "argument_list" else None
        if call is None or call.type != "call" or around is None:
            return
        passed = written_children(around)
        number = next((at for at, one in enumerate(passed) if one == value), 0)
        names = [self.parameter_name(one) for one in written_children(node.child_by_field_name("parameters"))]
        if not any(names):
            return
        others, _ = self.arguments(call, but=node)
        callee = self.of(call.child_by_field_name("function"))
        for position, name in enumerate(names):
            self.declare(name, self.add("handed", callee, others, key or number, position))

    def defined(self, node: Node) -> None:
        """Note a class's bases, its type parameters, and its annotated fields in order."""
        name, list_ = node.child_by_field_name("name"), node.child_by_field_name("superclasses")
        if name is None:
            return
        bases = [self.type_of(one) for one in written_children(list_) if one.type != "keyword_argument"]
        if bases:
            self.facts.bases[name.start_byte] = bases
        for keyword in children_of(list_, "keyword_argument"):
            key = keyword.child_by_field_name("name")
            if key is not None and self.text(key) == "metaclass":
                self.declare(name, self.type_of(keyword.child_by_field_name("value")))
        self.generics(name, node.child_by_field_name("type_parameters"))
        fields = []
        for statement in written_children(node.child_by_field_name("body")):
            one = child_of(statement, "assignment")
            left = one.child_by_field_name("left") if one is not None else None
            if one is not None and one.child_by_field_name("type") is not None and left is not None:
                fields.append(left.start_byte)
        if fields:
            self.facts.parameters[name.start_byte] = fields

    def function(self, node: Node) -> None:
        """Note what a function takes and gives."""
        name = node.child_by_field_name("name")
        if name is None:
            return
        self.generics(name, node.child_by_field_name("type_parameters"))
        parameters = written_children(node.child_by_field_name("parameters"))
        names = [self.parameter_name(one) or one for one in parameters]
        self.facts.parameters[name.start_byte] = [one.start_byte for one in names]
        decorators = self.decorators(node)
        holder, skipped = self.class_around(node), 0
        if holder is not None and names and "staticmethod" not in decorators and parameters[0].type == "identifier":
            skipped = 1
            of_class = decorators and self.text(names[0]) == "cls"
            of_class = of_class or "classmethod" in decorators or self.text(name) in _OF_CLASSES
            own = self.add("own", holder.start_byte)
            self.declare(names[0], self.add("made_class", own) if of_class else own)
        if self.types.docstrings:
            self.documented(node)
        self.handed_by_calls(node, parameters, skipped=skipped)
        type_ = node.child_by_field_name("return_type")
        given = self.type_of(type_) if type_ is not None else self.said_of.get(node.id, UNKNOWN)
        given = given if given != UNKNOWN or type_ is not None else self.returned(node)
        if decorators & _MANAGERS:
            given = self.add("managed", self.add("iterated", given)) if given != UNKNOWN else UNKNOWN
        if not decorators <= _TRANSPARENT and node.parent is not None:
            values = [next(iter(written_children(one)), None) for one in children_of(node.parent, "decorator")]
            numbers = tuple(number for one in reversed(values) if (number := self.of(one)) != UNKNOWN)
            if numbers and name.start_byte not in self.facts.declared:
                self.facts.declared[name.start_byte] = self.add("decorated", numbers, given)
                return
        self.declare(name, given)

    def handed_by_calls(self, function: Node, parameters: Sequence[Node], *, skipped: int) -> None:
        """Have a function's calls say what its parameters are that have no type; `skipped` are first ones that have."""
        name = function.child_by_field_name("name")
        position = 0
        for at, one in enumerate(parameters):
            spelled = self.parameter_name(one) if one.type in _UNTYPED else None
            if spelled is not None and name is not None and at >= skipped:
                stars = _STARS.index(one.type) + 1 if one.type in _STARS else 0
                said = (name.start_byte, position, self.text(spelled), stars, spelled.start_byte)
                self.declare(spelled, self.add("passed", *said))
            position += one.type not in _SEPARATORS

    def passing(self, call: Node) -> None:
        """Note a call that hands something of which more may be known than that it is a text or a number."""
        callee, list_ = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        name = callee.child_by_field_name("attribute") if callee is not None and callee.type == "attribute" else callee
        if name is None or name.type != "identifier" or list_ is None or list_.type != "argument_list":
            return
        passed = (
            one.child_by_field_name("value") if one.type == "keyword_argument" else one for one in list_.named_children
        )
        if not any(one is not None and one.type in _TELLING for one in passed) or self.text(name) in _TAKING_ANYTHING:
            return
        number = self.of(call)
        one = self.facts.expressions[number] if number != UNKNOWN else ("",)
        if one[0] == "called" and (one[2] or one[3]):
            self.facts.passing.setdefault(self.text(name), []).append(number)

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
        """Return what a function without annotation gives; a generator gives something to go through."""
        found = self.returns.get(node.start_byte, ())
        if any(one.type == "yield" for one in found):
            return self.add("array", self.yielded([one for one in found if one.type == "yield"]))
        if not 0 < len(found) <= _RETURNS:
            return UNKNOWN
        return self.union([self.of(next(iter(written_children(one)), None)) for one in found])

    def yielded(self, found: Sequence[Node]) -> int:
        """Return what a generator hands on."""
        numbers = []
        for one in found[:_RETURNS]:
            value = next(iter(written_children(one)), None)
            from_ = any(child.type == "from" for child in one.children)
            numbers.append(self.add("iterated", self.of(value)) if from_ else self.of(value))
        return self.union(numbers)

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
            if self.again and self.text(node) in self.again:
                reached = self.reaching(node)
                if reached is not None:
                    return reached
            return "name", node.start_byte
        if kind == "attribute":
            target, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
            if target is None or name is None:
                return UNKNOWN
            narrowed = self.narrows and target.type in _NARROWED and self.text(target) in self.narrows
            checked = self.checked(target) if narrowed else UNKNOWN
            return self.member(self.of(target) if checked == UNKNOWN else checked, name, ANY)
        if kind == "call":
            return self.called(node)
        if kind in {"parenthesized_expression", "await", "list_splat"}:
            return self.of(next(iter(written_children(node)), None))
        if kind == "subscript":
            return self.item(node)
        if kind in {"list", "set"}:
            return "array", self.first_of(node)
        if kind in {"tuple", "expression_list"}:
            return "tuple", tuple(self.of(one) for one in written_children(node))
        if kind in {"list_comprehension", "set_comprehension", "generator_expression"}:
            return "array", self.of(node.child_by_field_name("body"))
        if kind in {"dictionary", "dictionary_comprehension"}:
            pairs = children_of(node, "pair")[:_REACHING]
            keys, values = ([self.of(pair.child_by_field_name(one)) for pair in pairs] for one in ("key", "value"))
            return ("map", self.union(keys[:1]), self.union(values)) if pairs else UNKNOWN
        if kind == "conditional_expression":
            parts = written_children(node)
            return self.union([self.of(parts[0]), self.of(parts[-1])]) if len(parts) == 3 else UNKNOWN
        if kind == "boolean_operator":
            sides = [self.of(node.child_by_field_name(one)) for one in ("left", "right")]
            operator = node.child_by_field_name("operator")
            if operator is not None and operator.type == "and":
                return sides[1] if sides[1] != UNKNOWN else sides[0]
            return self.union(sides)
        if kind == "binary_operator":
            operator = node.child_by_field_name("operator")
            left, right = (self.of(node.child_by_field_name(one)) for one in ("left", "right"))
            method = _OPERATORS.get(self.text(operator)) if operator is not None else None
            return ("binary", left, right, method) if method and (left, right) != (UNKNOWN, UNKNOWN) else UNKNOWN
        if kind == "unary_operator":
            operator = node.child_by_field_name("operator")
            method = _UNARY.get(self.text(operator)) if operator is not None else None
            operand = self.of(node.child_by_field_name("argument"))
            return ("binary", operand, UNKNOWN, method) if method and operand != UNKNOWN else UNKNOWN
        if kind == "named_expression":
            return self.of(node.child_by_field_name("value"))
        if kind == "lambda":
            return "function", (), self.of(node.child_by_field_name("body"))
        if kind in {"string", "concatenated_string"}:
            return "primitive", "str"
        if kind in {"integer", "float", "true", "false"}:
            return "primitive", "int"
        return UNKNOWN

    def first_of(self, node: Node) -> int:
        """Return what a list or a set has, by its first members."""
        found = []
        for one in written_children(node)[:_REACHING]:
            number = self.of(one)
            found.append(self.add("iterated", number) if one.type == "list_splat" and number != UNKNOWN else number)
        return self.union(found)

    def called(self, node: Node) -> Expression | int:
        """Return what a call gives."""
        callee = node.child_by_field_name("function")
        if callee is None:
            return UNKNOWN
        if callee.type == "identifier" and self.text(callee) == "super":
            method = self.function_around(node)
            holder = self.class_around(method) if method is not None else None
            return ("above", holder.start_byte) if holder is not None else UNKNOWN
        name = callee.child_by_field_name("attribute") if callee.type == "attribute" else callee
        if name is not None and self.text(name) in _MAKING_VARIABLES:
            return UNKNOWN  # what it is bound by is a type
        if name is not None and self.text(name) == "cast":
            passed = written_children(node.child_by_field_name("arguments"))
            if len(passed) == 2:
                return self.type_of(passed[0])
        function = self.of(callee)
        return ("called", function, *self.arguments(node)) if function != UNKNOWN else UNKNOWN

    def arguments(self, call: Node, but: Node | None = None) -> tuple[tuple[int, ...], tuple[tuple[str, int], ...]]:
        """Return the arguments of a call, those by name apart; one may be left out."""
        list_ = call.child_by_field_name("arguments")
        if list_ is None:
            return (), ()
        if list_.type == "generator_expression":
            return (self.of(list_),), ()
        positional: list[int] = []
        named: list[tuple[str, int]] = []
        for one in written_children(list_):
            if one.type == "keyword_argument":
                name, value = one.child_by_field_name("name"), one.child_by_field_name("value")
                if name is not None and value != but:
                    named.append((self.text(name), self.of(value)))
            elif one.type in {"list_splat", "dictionary_splat"}:
                break  # how many that are is not known
            else:
                positional.append(self.of(one) if one != but else UNKNOWN)
        while positional and positional[-1] == UNKNOWN:
            positional.pop()
        return tuple(positional), tuple(one for one in named if one[1] != UNKNOWN)

    def item(self, node: Node) -> Expression | int:
        """Return what a value gives for an index, or a generic type for its arguments."""
        value = self.of(node.child_by_field_name("value"))
        if value == UNKNOWN:
            return UNKNOWN
        keys = [child for at, child in enumerate(node.children) if node.field_name_for_child(at) == "subscript"]
        key: int | str | None = None
        index = keys[0] if len(keys) == 1 else None
        if index is not None and index.type == "slice":
            return "sliced", value
        if index is not None and index.type in {"integer", "unary_operator"}:
            text = self.text(index)
            key = int(text) if re.fullmatch(r"-?\d{1,4}", text) else None
        elif index is not None and index.type == "string":
            key = self.text(index)[1:-1]
        around = node.parent
        types: tuple[int, ...] = ()
        if key is None and around is not None and around.type in {"call", "attribute"} and keys[0].type != "slice":
            types = tuple(self.type_of(one) for one in keys)
        return "item", value, key, types

    def checked(self, name: Node) -> int:
        """Return the type that `isinstance` says a name has where it stands."""
        text, inside, around = self.text(name), name, name.parent
        while around is not None and around.type not in _SCOPES:
            found = UNKNOWN
            condition = around.child_by_field_name("condition") if around.type in _BRANCHING else None
            if (condition is not None and around.child_by_field_name("consequence") == inside) or (
                around.type == "while_statement" and around.child_by_field_name("body") == inside
            ):
                found = self.said(condition, text)
            elif around.type == "conditional_expression" and written_children(around)[0] == inside:
                found = self.said(written_children(around)[1], text)
            elif around.type == "boolean_operator" and around.child_by_field_name("right") == inside:
                operator = around.child_by_field_name("operator")
                if operator is not None and operator.type == "and":
                    found = self.said(around.child_by_field_name("left"), text)
            elif around.type == "case_clause" and around.child_by_field_name("consequence") == inside:
                found = self.said_by_case(around, text)
            elif around.type in _COMPREHENSIONS and inside.type != "for_in_clause":
                conditions = [
                    one
                    for one in children_of(around, "if_clause")
                    if one.end_byte <= name.start_byte or inside.type != "if_clause"
                ]
                said = (self.said(next(iter(written_children(one)), None), text) for one in conditions)
                found = next((one for one in said if one != UNKNOWN), UNKNOWN)
                if found == UNKNOWN and self.binds(around, text, within=False):
                    return UNKNOWN
            elif around.type in {"block", "module"}:
                before = self.said_before(inside, text)
                if before is not None:
                    return before
            elif around.type in _AROUND and self.binds(around, text, within=False):
                return UNKNOWN
            if found != UNKNOWN:
                return found
            inside, around = around, around.parent
        before = self.said_before(inside, text) if around is not None and around.type == "module" else None
        return UNKNOWN if before is None else before

    def said_before(self, statement: Node, name: str) -> int | None:
        """Return the type that a statement before another in a block leaves a name with; None if none is about it."""
        before = statement.prev_named_sibling
        for _ in range(_STATEMENTS):
            if before is None:
                return None
            if before.type == "assert_statement":
                found = self.said(next(iter(written_children(before)), None), name)
                if found != UNKNOWN:
                    return found
            elif before.type == "if_statement" and before.child_by_field_name("alternative") is None:
                condition, body = (before.child_by_field_name(one) for one in ("condition", "consequence"))
                last = written_children(body)[-1:]
                if condition is not None and condition.type == "not_operator" and last and last[0].type in _LEAVING:
                    found = self.said(condition.child_by_field_name("argument"), name)
                    if found != UNKNOWN:
                        return found
            elif before.type == "while_statement" and "break" not in self.text(before):
                condition = before.child_by_field_name("condition")
                if condition is not None and condition.type == "not_operator":
                    found = self.said(condition.child_by_field_name("argument"), name)
                    if found != UNKNOWN:
                        return found
            if self.binds(before, name):
                return UNKNOWN
            before = before.prev_named_sibling
        return UNKNOWN

    def binds(self, node: Node, name: str, *, within: bool = True) -> bool:
        """Say whether a statement gives a name a value, in what it holds too unless that is not asked."""
        if node.type in _DEFINITIONS:
            return False
        if within and node.end_byte - node.start_byte > _LONG:
            return True
        if within and name not in self.text(node):
            return False
        left = [node]
        for _ in range(_NODES):
            if not left:
                return False
            one = left.pop()
            field = _BINDING.get(one.type)
            target = one.child_by_field_name(field) if field else None
            if one.type in {"delete_statement", "as_pattern_target"}:
                target = one
            if target is not None and re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", self.text(target)):
                return True
            if within or one.type in _HEADS:
                left += one.named_children
            elif one == node:
                left += (child for child in one.named_children if child.type in _HEADS)
        return True

    def said(self, condition: Node | None, name: str) -> int:
        """Return the type that a condition says a name has where it holds."""
        while condition is not None and condition.type == "parenthesized_expression":
            condition = next(iter(written_children(condition)), None)
        if condition is None:
            return UNKNOWN
        if condition.type == "boolean_operator":
            operator = condition.child_by_field_name("operator")
            if operator is None or operator.type != "and":
                return UNKNOWN
            sides = (self.said(condition.child_by_field_name(one), name) for one in ("left", "right"))
            return next((one for one in sides if one != UNKNOWN), UNKNOWN)
        if condition.type == "comparison_operator":
            return self.said_by_type(condition, name)
        callee = condition.child_by_field_name("function") if condition.type == "call" else None
        passed = written_children(condition.child_by_field_name("arguments")) if callee is not None else []
        if callee is None or self.text(callee) != "isinstance" or len(passed) != 2 or self.text(passed[0]) != name:
            return UNKNOWN
        types = written_children(passed[1]) if passed[1].type == "tuple" else [passed[1]]
        found = [self.type_of(one) for one in types]
        return self.union(found)

    def said_by_type(self, condition: Node, name: str) -> int:
        """Return the type that `type(name) is Type` says."""
        sides, operators = written_children(condition), condition.children_by_field_name("operators")
        if len(sides) != 2 or len(operators) != 1 or operators[0].type not in _SAME_TYPE:
            return UNKNOWN
        callee = sides[0].child_by_field_name("function") if sides[0].type == "call" else None
        passed = written_children(sides[0].child_by_field_name("arguments")) if callee is not None else []
        if callee is None or self.text(callee) != "type" or len(passed) != 1 or self.text(passed[0]) != name:
            return UNKNOWN
        return self.type_of(sides[1])

    def said_by_case(self, case: Node, name: str) -> int:
        """Return the type that `case Type(…)` says the subject has."""
        match = case.parent.parent if case.parent is not None else None
        subjects = match.children_by_field_name("subject") if match is not None else []
        patterns = children_of(case, "case_pattern")
        if len(subjects) != 1 or len(patterns) != 1 or self.text(subjects[0]) != name:
            return UNKNOWN
        pattern = next(iter(written_children(patterns[0])), None)
        if pattern is not None and pattern.type == "as_pattern":
            pattern = next(iter(written_children(child_of(pattern, "case_pattern"))), None)
        options = [pattern]
        if pattern is not None and pattern.type == "union_pattern":
            options = [one for one in pattern.children if one.type not in {"|", "comment"}]
        heads = [
            child_of(one, "dotted_name") if one is not None and one.type == "class_pattern" else None for one in options
        ]
        if not all(heads):
            return UNKNOWN
        return self.union([self.type_of(written_children(head)[-1]) for head in heads if head is not None])

    # -- types -------------------------------------------------------------------------------------------

    def written(self, node: Node) -> Expression | int:
        """Return what an annotation is."""
        kind = node.type
        if kind in {"type", "parenthesized_expression"}:
            return self.type_of(next(iter(written_children(node)), None))
        if kind == "identifier":
            return self.own_type(node) if self.text(node) == "Self" else self.named(node)
        if kind == "attribute":
            name = node.child_by_field_name("attribute")
            if name is None:
                return UNKNOWN
            return self.own_type(name) if self.text(name) == "Self" else self.named(name)
        if kind == "member_type":
            return self.named(written_children(node)[-1])
        if kind == "call":  # a base that a function makes
            return UNKNOWN
        if kind in {"binary_operator", "union_type"}:
            sides = written_children(node)
            return self.union([self.type_of(one) for one in sides]) if len(sides) == 2 else UNKNOWN
        if kind in {"subscript", "generic_type"}:
            return self.generic(node)
        if kind == "string":
            return self.type_of(self.quoted.read(node))
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
        if name == "Callable" and len(arguments) == 2:
            taken = arguments[0]
            while taken.type == "type" and taken.named_child_count:
                taken = written_children(taken)[0]
            listed = written_children(taken) if taken.type == "list" else []
            return "function", tuple(self.type_of(one) for one in listed), self.type_of(arguments[1])
        given = [self.type_of(one) for one in arguments]
        if not given or head.type != "identifier":
            return UNKNOWN
        if name == "Union":
            return self.union(given)
        if name in _WRAPPERS:
            return given[0]
        if name == "Coroutine":
            return given[-1]
        if name in _SEQUENCES:
            return "array", given[0]
        if name in _MAPPINGS and len(given) == 2:
            return "map", given[0], given[1]
        if name in {"Tuple", "tuple"}:
            return ("array", given[0]) if len(given) == 2 and given[1] == UNKNOWN else ("tuple", given)
        if name in {"Type", "type"}:
            return "made_class", given[0]
        return self.named(head, given)

    def own_type(self, name: Node) -> Expression | int:
        """Return what `Self` means in a class."""
        around = name.parent
        while around is not None and around.type != "class_definition":
            around = around.parent
        holder = around.child_by_field_name("name") if around is not None else None
        return ("own", holder.start_byte) if holder is not None else UNKNOWN
