"""What the text of Rust says about types: which one a name has, and which a field or method is asked of.

One pass over a file's tree that knows no scopes; `ecma_expressions.py` says how types are written down. References,
`dyn`, `impl` and smart pointers are looked through; an `Option` or `Result` is written as a promise, because `?` and
`unwrap` do with it what `await` does with that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import tree_sitter
from attrs import Factory, define

from codegraph_plugins.stages.occurrences.facts import Expression, Fact, Key, Label, Member

Node = tree_sitter.Node

_ARGUMENTS: Final = 8
"""Arguments of a call that are looked at."""
_DEPTH: Final = 64
"""Expressions nested deeper than this are not known."""
_THROUGH: Final = frozenset(
    {
        "reference_type", "pointer_type", "dynamic_type", "abstract_type", "bracketed_type", "parenthesized_expression",
        "reference_expression", "unary_expression", "await_expression", "trait_bounds", "higher_ranked_trait_bound",
        "unsafe_block", "async_block",
    }
)  # fmt: skip
_PATTERNS: Final = frozenset({"ref_pattern", "mut_pattern", "reference_pattern", "match_pattern", "or_pattern"})
_POINTERS: Final = frozenset({"Box", "Rc", "Arc", "Cow", "Pin", "Ref", "RefMut", "MutexGuard", "Cell", "RefCell"})
_SEQUENCES: Final = frozenset({"Vec", "VecDeque", "HashSet", "BTreeSet", "Iterator", "IntoIterator", "LinkedList"})
_WRAPPERS: Final = frozenset({"Option", "Result", "Mutex", "RwLock", "Poll", "LockResult"})
_WRAPS: Final = frozenset({"Some", "Ok"})
_PATHS: Final = frozenset(
    {
        "scoped_identifier",
        "scoped_type_identifier",
        "use_list",
        "scoped_use_list",
        "use_declaration",
        "use_as_clause",
        "use_wildcard",
    }
)
_LOOPS: Final = ("loop_expression", "while_expression", "for_expression", "block")
_NAMES: Final = frozenset({"identifier", "type_identifier", "field_identifier", "shorthand_field_identifier"})


@define(slots=True)
class _Around:
    """What surrounds a node: the type of `self`, where labels, lifetimes, type parameters and `self` are defined.

    `generic` are the type parameters of the `impl` block.
    """

    this: Expression | None = None
    labels: dict[str, int] = Factory(dict)
    receiver: int = -1
    generic: tuple[int, ...] = ()


class RustTypes:
    """Reads one file. Iterate `read`.

    Args:
        source: The file's bytes.
    """

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._found: list[Fact | Key | Label | Member] = []
        self._expected: dict[int, Expression] = {}

    def read(self, root: Node) -> Iterator[Fact | Key | Label | Member]:
        """Yield what a tree says."""
        stack: list[tuple[Node, _Around]] = [(root, _Around())]
        while stack:
            node, around = stack.pop()
            handler = _HANDLERS.get(node.type)
            inner = handler(self, node, around) or around if handler is not None else around
            stack.extend((child, inner) for child in reversed(node.named_children))
            if self._found:
                yield from self._found
                self._found.clear()

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _member(self, name: Node, of: Expression | None, *, beside: bool = False) -> None:
        if of is not None:
            self._found.append(Member(name.start_byte, name.end_byte, ["m", of, self._text(name)], beside))

    # -- items -------------------------------------------------------------------------------------

    def _generic(self, node: Node, around: _Around) -> _Around:
        """Note the type parameters of an item; return what is around with its lifetimes."""
        listed = node.child_by_field_name("type_parameters")
        if listed is None:
            return around
        name, places, labels = node.child_by_field_name("name"), [], dict(around.labels)
        for child in listed.named_children:
            if child.type == "lifetime_parameter":
                own = child.child_by_field_name("name")
                if own is not None:
                    labels[self._text(own)] = own.start_byte
                continue
            own = child.child_by_field_name("name")
            if own is None:
                continue
            places.append(own.start_byte)
            labels[self._text(own)] = own.start_byte
            self._bound(own.start_byte, child.child_by_field_name("bounds"), around)
        if name is not None:
            self._found.append(Fact("generic", name.start_byte, places))
        inner = _Around(around.this, labels, around.receiver, tuple(places) if name is None else around.generic)
        where = next((child for child in node.named_children if child.type == "where_clause"), None)
        for child in where.named_children if where is not None else ():
            left = child.child_by_field_name("left")
            at = labels.get(self._text(left)) if left is not None else None
            if at is not None:
                self._bound(at, child.child_by_field_name("bounds"), inner)
        return inner

    def _bound(self, at: int, bounds: Node | None, around: _Around) -> None:
        known = [self._type(child, around) for child in bounds.named_children] if bounds is not None else []
        given = [one for one in known if one is not None]
        if given:
            self._found.append(Fact("bound", at, ["u", *given]))

    def _item(self, node: Node, around: _Around) -> _Around:
        """Note a struct's, union's, enum's or variant's tuple fields."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        inner = self._generic(node, around)
        if name is not None and body is not None and body.type == "ordered_field_declaration_list":
            types = [self._type(child, inner) for child in body.children_by_field_name("type")]
            self._found.append(Fact("tuple", name.start_byte, types))
        return inner

    def _trait(self, node: Node, around: _Around) -> _Around:
        inner, name = self._generic(node, around), node.child_by_field_name("name")
        return _Around(["t", name.start_byte] if name is not None else None, inner.labels)

    def _impl(self, node: Node, around: _Around) -> _Around:
        inner, type_ = self._generic(node, around), node.child_by_field_name("type")
        stack = [type_] if type_ is not None and inner.generic else []
        while stack:  # the scope around does not have the block's own type parameters
            current = stack.pop()
            at = inner.labels.get(self._text(current)) if current.type == "type_identifier" else None
            if at in inner.generic:
                self._found.append(Label(current.start_byte, current.end_byte, at or 0))
            stack.extend(current.named_children)
        known = self._type(type_, inner) if type_ is not None else None
        if known is not None and type_ is not None and node.child_by_field_name("trait") is not None:
            self._blanket(node, type_, inner)
        listed = type_.child_by_field_name("type_arguments") if type_ is not None else None
        if known is not None and known[0] == "t" and listed is not None:
            passed = [child for child in listed.named_children if child.type != "lifetime"]
            for position, child in enumerate(passed):
                at = inner.labels.get(self._text(child))
                if at is not None:  # the block's parameter stands for the type's
                    self._found.append(Fact("stands for", at, [known[1], position]))
        return _Around(known, inner.labels, generic=inner.generic)

    def _blanket(self, node: Node, type_: Node, around: _Around) -> None:
        """Note the methods that a trait has for every type which its bounds let in: `impl<T: Bound> Trait for T`."""
        while type_.type == "reference_type" and type_.named_child_count:
            type_ = type_.named_children[-1]
        at, body = around.labels.get(self._text(type_)), node.child_by_field_name("body")
        if type_.type != "type_identifier" or at not in around.generic or body is None:
            return
        for child in body.named_children:
            name = child.child_by_field_name("name") if child.type == "function_item" else None
            if name is not None:
                self._found.append(Fact("blanket", name.start_byte, [self._text(name), at]))

    def _function(self, node: Node, around: _Around) -> _Around:
        """Note what a function takes and returns."""
        name = node.child_by_field_name("name")
        inner = self._generic(node, around)
        if name is not None:
            self._found.append(Fact("fact", name.start_byte, ["f", node.start_byte]))
        listed = node.child_by_field_name("type_parameters")
        own = [child.child_by_field_name("name") for child in listed.named_children] if listed is not None else []
        places = [*(one.start_byte for one in own if one is not None and one.type != "lifetime"), *around.generic]
        if places:
            self._found.append(Fact("generic", node.start_byte, places))
        self._signature(node, inner)
        return _Around(inner.this, inner.labels, self._receiver(node), around.generic)

    def _receiver(self, node: Node) -> int:
        """Return where a method's `self` is defined, or -1."""
        listed = node.child_by_field_name("parameters")
        for child in listed.named_children if listed is not None else ():
            if child.type == "self_parameter":
                return next((one.start_byte for one in child.named_children if one.type == "self"), -1)
        return -1

    def _self(self, node: Node, around: _Around) -> None:
        """Note a use of a method's receiver."""
        path = node.parent is not None and node.parent.type in _PATHS
        if around.receiver >= 0 and not path and node.start_byte != around.receiver:
            self._found.append(Member(node.start_byte, node.end_byte, ["v", around.receiver]))

    def _path(self, node: Node, around: _Around) -> None:
        """Note an item of a type."""
        target, name = node.child_by_field_name("path"), node.child_by_field_name("name")
        if target is not None and name is not None and target.type in {"identifier", "type_identifier"}:
            self._member(name, self._type(target, around))

    def _tokens(self, node: Node, around: _Around) -> None:
        """Note the members that a macro's arguments ask for: what they mean there is what they would mean outside."""
        known: Expression | None = None
        before = ""
        for child in node.children:
            if child.type in {".", "::"}:
                before = child.type
                continue
            if child.type == "identifier" and before:
                self._member(child, ["t", known[1]] if before == "::" and known is not None else known)
                known = ["p", child.start_byte] if known is not None else None
            elif child.type in {"identifier", "self"}:
                known = around.this if child.type == "self" else ["p", child.start_byte]
            elif child.type == "token_tree" and known is not None and self._text(child)[:1] == "(":
                known = ["c", known]
            else:
                known = None
            before = ""

    def _first_token(self, tree: Node, around: _Around) -> Expression | None:
        """Return the expression of what a macro's arguments begin with."""
        known: Expression | None = None
        for child in tree.named_children:
            if child.type in {"identifier", "self"}:
                known = around.this if child.type == "self" else ["p", child.start_byte]
            elif child.type == "token_tree" and known is not None and self._text(child)[:1] == "(":
                return ["c", known]
            following = child.next_sibling
            if following is None or following.type not in {".", "::", "token_tree"}:
                break
        return known

    def _closure(self, node: Node, around: _Around) -> None:
        self._signature(node, around)
        body = node.child_by_field_name("body")
        value = self._value(body, around) if body is not None and not node.child_by_field_name("return_type") else None
        if value is not None:
            self._found.append(Fact("returns", node.start_byte, value))

    def _signature(self, node: Node, around: _Around) -> None:
        returned = node.child_by_field_name("return_type")
        known = self._type(returned, around) if returned is not None else None
        if known is not None:
            self._found.append(Fact("returns", node.start_byte, known))
        listed, expected = node.child_by_field_name("parameters"), self._expected.get(node.start_byte)
        types: list[Expression | None] = []
        for child in listed.named_children if listed is not None else ():
            if child.type == "self_parameter":
                continue
            pattern: Node | None = child
            type_ = child.child_by_field_name("type") if child.type == "parameter" else None
            if child.type == "parameter":
                pattern = child.child_by_field_name("pattern")
            known = self._type(type_, around) if type_ is not None else None
            if known is None and expected is not None:
                known = ["a", expected, len(types)]
            types.append(known)
            self._bind(pattern, known, around)
        if types:
            self._found.append(Fact("parameters", node.start_byte, types))

    def _typed(self, node: Node, around: _Around) -> None:
        """Note the declared type of a field, constant, static or alias."""
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        bounds = node.child_by_field_name("bounds") if node.type == "associated_type" else None
        if name is not None and bounds is not None:
            given = [self._type(child, around) for child in bounds.named_children]
            known_bounds = [one for one in given if one is not None]
            if known_bounds:
                self._found.append(Fact("fact", name.start_byte, ["u", *known_bounds]))
        if name is not None and type_ is not None:
            known = self._type(type_, self._generic(node, around))
            if known is not None:
                self._found.append(Fact("fact", name.start_byte, known))

    # -- statements --------------------------------------------------------------------------------

    def _let(self, node: Node, around: _Around) -> None:
        type_, value = node.child_by_field_name("type"), node.child_by_field_name("value")
        known = self._type(type_, around) if type_ is not None else None
        if known is None and value is not None:
            known = self._value(value, around)
        self._bind(node.child_by_field_name("pattern"), known, around)

    def _for(self, node: Node, around: _Around) -> _Around | None:
        value = node.child_by_field_name("value")
        over = self._value(value, around) if value is not None else None
        self._bind(node.child_by_field_name("pattern"), ["e", over] if over is not None else None, around)
        return self._labelled(node, around)

    def _match(self, node: Node, around: _Around) -> None:
        value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
        known = self._value(value, around) if value is not None else None
        for arm in body.named_children if body is not None else ():
            if arm.type == "match_arm":
                self._bind(arm.child_by_field_name("pattern"), known, around)

    def _labelled(self, node: Node, around: _Around) -> _Around | None:
        label = next((child for child in node.named_children if child.type == "label"), None)
        if label is None or not label.named_child_count:
            return None
        name = label.named_children[0]
        return _Around(around.this, {**around.labels, f"'{self._text(name)}": name.start_byte}, around.receiver)

    def _label(self, node: Node, around: _Around) -> None:
        """Note a label or a lifetime, where it is defined or used."""
        if not node.named_child_count:
            return
        name = node.named_children[0]
        at = around.labels.get(f"'{self._text(name)}", around.labels.get(self._text(node)))
        if at is not None:
            start = node.start_byte if at == node.start_byte else name.start_byte
            self._found.append(Label(start, name.end_byte, at))

    def _bind(self, pattern: Node | None, expression: Expression | None, around: _Around) -> None:
        """Note the types of the names in a pattern, and the fields that it takes."""
        stack = [(pattern, expression)]
        while stack:
            node, known = stack.pop()
            if node is None:
                continue
            kind = node.type
            if kind == "identifier":
                if known is not None:
                    self._found.append(Fact("fact", node.start_byte, known))
            elif kind in _PATTERNS:
                stack.extend((child, known) for child in node.named_children if child.type != "mutable_specifier")
            elif kind == "captured_pattern":
                stack.extend((child, known) for child in node.named_children)
            elif kind == "tuple_pattern" and known is not None:
                stack.extend((child, ["e", known, at]) for at, child in enumerate(node.named_children))
            elif kind == "slice_pattern" and known is not None:
                stack.extend((child, ["e", known]) for child in node.named_children)
            elif kind == "tuple_struct_pattern":
                stack.extend(self._tuple_struct(node, known, around))
            elif kind == "struct_pattern":
                type_ = node.child_by_field_name("type")
                of = self._type(type_, around) if type_ is not None else None
                for child in node.named_children:
                    name = child.child_by_field_name("name") if child.type == "field_pattern" else None
                    if name is None or of is None:
                        continue
                    taken: Expression = ["m", of, self._text(name)]
                    if child.child_by_field_name("pattern") is None:
                        self._found.append(Fact("fact", name.start_byte, taken))
                        self._member(name, of, beside=True)
                    else:
                        self._member(name, of)
                        stack.append((child.child_by_field_name("pattern"), taken))

    def _tuple_struct(
        self, node: Node, known: Expression | None, around: _Around
    ) -> Iterator[tuple[Node | None, Expression | None]]:
        type_ = node.child_by_field_name("type")
        inside = [child for child in node.named_children if child != type_]
        if type_ is None:
            return
        if self._text(type_) in {*_WRAPS, "Err"}:
            if known is not None and inside:
                yield inside[0], ["w", known] if self._text(type_) in _WRAPS else ["x", known]
            return
        of = self._type(type_, around)
        for at, child in enumerate(inside):
            yield child, ["m", of, str(at)] if of is not None else None

    # -- expressions -------------------------------------------------------------------------------

    def _access(self, node: Node, around: _Around) -> None:
        target, name = node.child_by_field_name("value"), node.child_by_field_name("field")
        of = self._value(target, around) if target is not None else None
        if name is None or of is None:
            return
        expression: Expression = ["m", of, self._text(name)]
        call = node.parent
        if call is not None and call.type == "call_expression" and call.child_by_field_name("function") == node:
            expression.append(1)
        self._found.append(Member(name.start_byte, name.end_byte, expression))

    def _made(self, node: Node, around: _Around) -> None:
        """Note the fields that a struct expression sets."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        of = self._type(name, around) if name is not None else None
        for child in body.named_children if body is not None else ():
            field = child.child_by_field_name("field") if child.type == "field_initializer" else None
            if field is not None:
                self._member(field, of)
            elif child.type == "shorthand_field_initializer" and child.named_child_count:
                self._member(child.named_children[-1], of, beside=True)

    def _arguments(self, node: Node, around: _Around) -> None:
        """Note which functions closures are given to."""
        call = node.parent
        callee = call.child_by_field_name("function") if call is not None else None
        for position, child in enumerate(node.named_children):
            if child.type == "closure_expression" and callee is not None:
                of = self._value(callee, around)
                if of is not None and call is not None:
                    self._expected[child.start_byte] = ["a", of, position, *self._given(call, around, 0, position)]

    def _value(self, node: Node, around: _Around, depth: int = 0) -> Expression | None:
        """Return the expression of a value, or None if nothing is known about it."""
        if depth > _DEPTH:
            return None
        kind = node.type
        if kind == "self":
            return around.this
        if kind == "identifier" or kind in _NAMES:
            return ["p", node.start_byte]
        if kind in {"scoped_identifier", "field_expression"}:
            name = node.child_by_field_name("name" if kind == "scoped_identifier" else "field")
            return ["p", name.start_byte] if name is not None else None
        if kind in _THROUGH:
            return self._value(node.named_children[-1], around, depth + 1) if node.named_child_count else None
        if kind == "try_expression":
            of = self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
            return ["w", of] if of is not None else None
        if kind == "call_expression":
            return self._called(node, around, depth)
        if kind == "generic_function":
            inner = node.child_by_field_name("function")
            return self._value(inner, around, depth + 1) if inner is not None else None
        if kind == "struct_expression":
            name = node.child_by_field_name("name")
            return self._type(name, around) if name is not None else None
        if kind == "index_expression":
            of = self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
            return ["k", of] if of is not None else None
        if kind == "tuple_expression":
            return ["tu", *(self._value(child, around, depth + 1) for child in node.named_children)]
        if kind == "array_expression":
            of = self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
            return ["ar", of] if of is not None else None
        if kind == "type_cast_expression":
            type_ = node.child_by_field_name("type")
            return self._type(type_, around) if type_ is not None else None
        if kind == "closure_expression":
            return ["f", node.start_byte]
        if kind == "macro_invocation" and (macro := node.child_by_field_name("macro")) is not None:
            tree = node.named_children[-1]
            if self._text(macro) != "vec" or tree.type != "token_tree":
                return None
            of = self._first_token(tree, around)
            return ["ar", of] if of is not None else None
        if kind == "block" and node.named_child_count:
            last = node.named_children[-1]
            return None if last.type.endswith("statement") else self._value(last, around, depth + 1)
        if kind == "if_expression":
            then = node.child_by_field_name("consequence")
            return self._value(then, around, depth + 1) if then is not None else None
        if kind == "match_expression":
            return self._matched(node, around, depth)
        return None

    def _matched(self, node: Node, around: _Around, depth: int) -> Expression | None:
        body = node.child_by_field_name("body")
        found = []
        for arm in body.named_children if body is not None else ():
            value = arm.child_by_field_name("value")
            known = self._value(value, around, depth + 1) if value is not None else None
            if known is not None:
                found.append(known)
        return ["u", *found] if found else None

    def _called(self, node: Node, around: _Around, depth: int) -> Expression | None:
        callee, passed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None:
            return None
        first = passed.named_children[0] if passed is not None and passed.named_child_count else None
        text = self._text(callee) if callee.end_byte - callee.start_byte < _DEPTH else ""
        if first is not None and text in _WRAPS:
            of = self._value(first, around, depth + 1)
            return ["pr", of] if of is not None else None
        owner, colons, made = text.rpartition("::")
        if first is not None and colons and made == "new" and owner.partition("::")[0] in _POINTERS | _WRAPPERS:
            of = self._value(first, around, depth + 1)
            return ["pr", of] if of is not None and owner in _WRAPPERS else of
        of = self._value(callee, around, depth + 1)
        return ["c", of, *self._given(node, around, depth)] if of is not None else None

    def _given(self, call: Node, around: _Around, depth: int, without: int = -1) -> list[list[Expression | None]]:
        """Return the type arguments and the arguments of a call, as far as they say anything; `without` one of them."""
        callee, passed = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        listed = callee.child_by_field_name("type_arguments") if callee is not None else None
        types = [self._type(child, around) for child in listed.named_children] if listed is not None else []
        values: list[Expression | None] = []
        for position, child in enumerate(passed.named_children[:_ARGUMENTS] if passed is not None else ()):
            values.append(self._value(child, around, depth + 1) if position != without else None)
        if any(one is not None for one in values):
            return [types, values]
        return [types] if types else []

    def _type(self, node: Node, around: _Around, depth: int = 0) -> Expression | None:
        """Return the expression of a type as written, or None if it has no members that are known."""
        if depth > _DEPTH:
            return None
        kind = node.type
        if kind in {"type_identifier", "identifier"}:
            text = self._text(node)
            if text == "Self" and around.this is not None:
                return around.this
            if text == "_":
                return None
            return ["t", node.start_byte]
        if kind in {"scoped_type_identifier", "scoped_identifier"}:
            name = node.child_by_field_name("name")
            return ["t", name.start_byte] if name is not None else None
        if kind == "generic_type":
            return self._generic_type(node, around, depth)
        if kind in {"array_type", "slice_type"}:
            inner = node.child_by_field_name("element") or (node.named_children[0] if node.named_child_count else None)
            of = self._type(inner, around, depth + 1) if inner is not None else None
            return ["ar", of] if of is not None else None
        if kind == "function_type":
            return self._function_type(node, around)
        if kind == "tuple_type" and node.named_child_count == 1 and node.named_children[0].type == "bounded_type":
            return self._type(node.named_children[0], around, depth + 1)  # `&(dyn A + B)`
        if kind == "tuple_type":
            return ["tu", *(self._type(child, around, depth + 1) for child in node.named_children)]
        if kind in _THROUGH:
            inner = node.child_by_field_name("trait") or node.child_by_field_name("type")
            inner = inner or (node.named_children[-1] if node.named_child_count else None)
            return self._type(inner, around, depth + 1) if inner is not None else None
        if kind == "bounded_type":
            known = [self._type(child, around, depth + 1) for child in node.named_children]
            given = [one for one in known if one is not None]
            return ["u", *given] if given else None
        return None

    def _function_type(self, node: Node, around: _Around) -> Expression:
        """Note what `fn(A) -> B` or `Fn(A) -> B` takes and returns."""
        listed, returned = node.child_by_field_name("parameters"), node.child_by_field_name("return_type")
        types = [self._type(child, around) for child in listed.named_children] if listed is not None else []
        if types:
            self._found.append(Fact("parameters", node.start_byte, types))
        known = self._type(returned, around) if returned is not None else None
        if known is not None:
            self._found.append(Fact("returns", node.start_byte, known))
        return ["f", node.start_byte]

    def _generic_type(self, node: Node, around: _Around, depth: int) -> Expression | None:
        name, listed = node.child_by_field_name("type"), node.child_by_field_name("type_arguments")
        of = self._type(name, around, depth + 1) if name is not None else None
        if of is None or name is None or listed is None:
            return of
        passed = [child for child in listed.named_children if child.type not in {"lifetime", "type_binding"}]
        bound = [child.child_by_field_name("type") for child in listed.named_children if child.type == "type_binding"]
        given = [self._type(child, around, depth + 1) for child in passed]
        given += [self._type(child, around, depth + 1) for child in bound if child is not None]
        last = self._text(name).rpartition("::")[2]
        if last in _POINTERS:
            return given[0] if given else None
        if last in _SEQUENCES:
            return ["ar", given[0]] if given and given[0] is not None else None
        if last in _WRAPPERS:
            return ["pr", *given[:2]] if any(one is not None for one in given) else None
        return [*of, *given] if of[0] == "t" else of


_HANDLERS: Final[dict[str, Callable[[RustTypes, Node, _Around], _Around | None]]] = {
    **dict.fromkeys(("struct_item", "union_item", "enum_item", "enum_variant"), RustTypes._item),
    **dict.fromkeys(("function_item", "function_signature_item"), RustTypes._function),
    **dict.fromkeys(
        ("field_declaration", "const_item", "static_item", "type_item", "associated_type"), RustTypes._typed
    ),
    **dict.fromkeys(("let_declaration", "let_condition"), RustTypes._let),
    **dict.fromkeys(("label", "lifetime"), RustTypes._label),
    **dict.fromkeys(_LOOPS, RustTypes._labelled),
    "for_expression": RustTypes._for,
    "trait_item": RustTypes._trait,
    "impl_item": RustTypes._impl,
    "closure_expression": RustTypes._closure,
    "match_expression": RustTypes._match,
    "field_expression": RustTypes._access,
    "struct_expression": RustTypes._made,
    "arguments": RustTypes._arguments,
    "self": RustTypes._self,
    "token_tree": RustTypes._tokens,
    **dict.fromkeys(("scoped_identifier", "scoped_type_identifier"), RustTypes._path),
}
"""What reads a kind of node; it may return what surrounds the node's children."""
