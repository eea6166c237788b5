"""What the text of Rust says about types: which one a name has, and which a field or method is asked of.

One pass over a file's tree that knows no scopes; `ecma_expressions.py` says how types are written down. References,
`dyn`, `impl` and smart pointers are looked through; an `Option` or `Result` is written as a promise, because `?` and
`unwrap` do with it what `await` does with that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import tree_sitter
from attrs import Factory, define

from codegraph_plugins.parsers.reference.macros import Arguments
from codegraph_plugins.stages.occurrences.facts import Expression, Fact, Key, Label, Member

Node = tree_sitter.Node

_LOOKED_AT: Final = 256
"""Nodes of a loop that are looked at for its `break`s."""
_ARGUMENTS: Final = 8
"""Arguments of a call that are looked at."""
_DEPTH: Final = 64
"""Expressions nested deeper than this are not known."""
_THROUGH: Final = frozenset(
    {
        "reference_type", "pointer_type", "dynamic_type", "abstract_type", "bracketed_type", "parenthesized_expression",
        "reference_expression", "await_expression", "trait_bounds", "higher_ranked_trait_bound",
        "unsafe_block", "async_block",
    }
)  # fmt: skip
_PATTERNS: Final = frozenset({"ref_pattern", "mut_pattern", "reference_pattern", "match_pattern", "or_pattern"})
_POINTERS: Final = frozenset(
    {
        "Box", "Rc", "Arc", "Weak", "Cow", "Pin", "Ref", "RefMut", "MutexGuard", "RwLockReadGuard", "RwLockWriteGuard",
        "Cell", "RefCell", "LazyLock", "LazyCell", "ManuallyDrop", "Future",
    }
)  # fmt: skip
_SEQUENCES: Final = frozenset(
    {
        "Vec", "VecDeque", "HashSet", "BTreeSet", "BinaryHeap", "LinkedList", "Iterator", "IntoIterator",
        "DoubleEndedIterator", "ExactSizeIterator",
    }
)  # fmt: skip
_WRAPPERS: Final = frozenset({"Option", "Result", "Mutex", "RwLock", "OnceCell", "OnceLock", "Poll", "LockResult"})
_AUTO: Final = frozenset({"Send", "Sync", "Unpin", "Sized", "UnwindSafe", "RefUnwindSafe", "Copy"})
"""Traits without methods: beside another bound they say nothing of members."""
_OPERATORS: Final = {
    "+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "%": "Rem", "&": "BitAnd", "|": "BitOr", "^": "BitXor", "<<": "Shl",
    ">>": "Shr",
}  # fmt: skip
_RESULTS: Final = {*_OPERATORS.values(), "Neg", "Not", "Index", "Deref"}
"""Traits whose associated type says what an operator gives."""
_GIVE_SELF: Final = frozenset({"default", "from", "from_iter"})
"""Functions of the library's traits that give what they are asked of: `Type::default()`."""
_ADDED_BY: Final = frozenset({"push", "push_back", "push_front", "insert"})
"""Methods that say what a collection holds which began empty."""
_TAKEN_OUT: Final = frozenset({"mem::take", "mem::replace", "Rc::clone", "Arc::clone", "Box::clone"})
_OF_CONDITIONS: Final = frozenset({"then", "then_some"})
"""Methods of `bool` that give a value if it is true; `then`'s takes no argument, that of an ordering is none."""
_BOXES: Final = frozenset({"Box::new", "Rc::new", "Arc::new", "Some"})
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
PATH_TOKENS: Final = frozenset({"identifier", "self", "super", "crate"})
"""Tokens that a name or a path begins with in a macro's arguments."""
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
        self._macros: Mapping[int, Arguments] = {}

    def take(self, macros: Mapping[int, Arguments]) -> None:
        """Take the arguments of macros that are read as expressions, by where they begin."""
        self._macros = macros

    def read(self, root: Node) -> Iterator[Fact | Key | Label | Member]:
        """Yield what a tree says."""
        stack: list[tuple[Node, _Around]] = [(root, _Around())]
        while stack:
            node, around = stack.pop()
            handler = _HANDLERS.get(node.type)
            inner = handler(self, node, around) or around if handler is not None else around
            read = self._macros.get(node.start_byte) if node.type == "token_tree" else None
            if read is None:
                stack.extend((child, inner) for child in reversed(node.named_children))
            else:
                stack.extend((child, inner) for child in reversed(node.named_children) if read.is_pattern(child))
                stack.append((read.node, inner))
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
        generic = tuple(places) if name is None else around.generic
        inner = _Around(around.this, labels, around.receiver, generic)
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
            self._extends(node, known)
        listed = type_.child_by_field_name("type_arguments") if type_ is not None else None
        if known is not None and known[0] == "t" and listed is not None:
            passed = [child for child in listed.named_children if child.type != "lifetime"]
            for position, child in enumerate(passed):
                self._stands_for(child, known[1], position, inner)
        self._operator_of(node)
        return _Around(known, inner.labels, generic=inner.generic)

    def _stands_for(self, argument: Node, of: int, position: int, around: _Around) -> None:
        """Note that parameters of a block are, or are in, the n-th type argument of what the block is about."""
        at = around.labels.get(self._text(argument))
        if at is not None:
            self._found.append(Fact("stands for", at, [of, position]))
            return
        written, stack = self._type(argument, around) if around.generic else None, [argument]
        while stack and written is not None:
            current = stack.pop()
            inside = around.labels.get(self._text(current)) if current.type == "type_identifier" else None
            if inside in around.generic:
                self._found.append(Fact("stands for", inside or 0, [of, position, written]))
            stack.extend(current.named_children)

    def _operator_of(self, node: Node) -> None:
        """Note the associated type by which an `impl` says what an operator gives: `type Output = …`."""
        trait, body = node.child_by_field_name("trait"), node.child_by_field_name("body")
        if trait is None or body is None:
            return
        named = trait.child_by_field_name("type") if trait.type == "generic_type" else trait
        last = self._text(named).rpartition("::")[2] if named is not None else ""
        for child in body.named_children if last in _RESULTS else ():
            name = child.child_by_field_name("name") if child.type == "type_item" else None
            if name is not None:
                self._found.append(Fact("operator", name.start_byte, last))

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

    def _extends(self, node: Node, known: Expression) -> None:
        """Note the methods that a block gives the type that it is for, which may be one of another crate."""
        body = node.child_by_field_name("body")
        for child in body.named_children if body is not None else ():
            name = child.child_by_field_name("name") if child.type == "function_item" else None
            if name is not None:
                self._found.append(Fact("extends", name.start_byte, [self._text(name), known]))

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
            if _is_receiver(child):
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
        elif target is not None and name is not None and target.type == "bracketed_type":
            self._member(name, self._qualified(target, around))

    def _qualified(self, node: Node, around: _Around) -> Expression | None:
        """Return what `<Type as Trait>` has the members of: those of the type, then those of the trait."""
        inner = node.named_children[0] if node.named_child_count else None
        if inner is None or inner.type != "qualified_type":
            return self._type(inner, around) if inner is not None else None
        parts = (inner.child_by_field_name(field) for field in ("type", "alias"))
        known = [one for part in parts if part is not None and (one := self._type(part, around)) is not None]
        return ["u", *known] if len(known) > 1 else known[0] if known else None

    def _binding(self, node: Node, around: _Around) -> None:
        """Note the associated type that `Trait<Name = Type>` says what it is."""
        name, listed = node.child_by_field_name("name"), node.parent
        trait = listed.parent.child_by_field_name("type") if listed is not None and listed.parent is not None else None
        if name is not None and trait is not None:
            self._member(name, self._type(trait, around))

    def _macro_rule(self, node: Node, _: _Around) -> None:
        """Note what the fragments that a rule names are called, and where what it becomes uses them."""
        known: dict[str, int] = {}
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        stack = [one for one in (right, left) if one is not None]
        while stack:
            current = stack.pop()
            if current.type == "metavariable":
                text, start = self._text(current), current.start_byte + 1
                around = current.parent
                if around is not None and around.type == "token_binding_pattern":
                    known.setdefault(text, start)
                if text in known:
                    self._found.append(Label(start, current.end_byte, known[text]))
            stack.extend(reversed(current.children))

    def _tokens(self, node: Node, around: _Around) -> None:
        """Note the members that a macro's arguments ask for: what they mean there is what they would mean outside."""
        known: Expression | None = None
        before = ""
        read = self._macros.get(node.start_byte)
        for child in node.children:
            if read is not None and not read.is_pattern(child):
                continue
            if child.type in {".", "::"}:
                before = child.type
                continue
            if child.type == "identifier" and before:
                self._member(child, ["t", known[1]] if before == "::" and known is not None else known)
                known = ["p", child.start_byte] if known is not None else None
            elif child.type in PATH_TOKENS:
                known = self._token(child, around)
            elif child.type == "token_tree" and known is not None and self._text(child)[:1] == "(":
                known = ["c", known]
            else:
                known = None
            before = ""

    def _first_token(self, tree: Node, around: _Around) -> Expression | None:
        """Return the expression of what a macro's arguments begin with."""
        known: Expression | None = None
        for child in tree.named_children:
            if child.type in PATH_TOKENS:
                known = self._token(child, around)
            elif child.type == "token_tree" and known is not None and self._text(child)[:1] == "(":
                return ["c", known]
            following = child.next_sibling
            if following is None or following.type not in {".", "::", "token_tree"}:
                break
        return known

    def _token(self, node: Node, around: _Around) -> Expression | None:
        """Return the expression of a token that an expression begins with: `self` is a value unless a path goes on."""
        following = node.next_sibling
        if node.type == "self" and (following is None or following.type != "::"):
            return around.this
        return ["p", node.start_byte]

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
            if _is_receiver(child):
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
        self._expects(value, known)
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
        labels = {**around.labels, f"'{self._text(name)}": label.start_byte}
        return _Around(around.this, labels, around.receiver, around.generic)

    def _label(self, node: Node, around: _Around) -> None:
        """Note a label or a lifetime, where it is defined or used."""
        if not node.named_child_count:
            return
        name = node.named_children[0]
        at = around.labels.get(f"'{self._text(name)}", around.labels.get(self._text(node)))
        if at is not None:
            self._found.append(Label(node.start_byte, name.end_byte, at))  # with its quote, as rust-analyzer has it

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
                stack.extend((child, ["e", known, at]) for at, child in self._placed(node))
            elif kind == "slice_pattern" and known is not None:
                stack.extend((child, self._of_slice(child, known)) for child in node.named_children)
            elif kind == "tuple_struct_pattern":
                stack.extend(self._tuple_struct(node, known, around))
            elif kind == "struct_pattern":
                type_ = node.child_by_field_name("type")
                of = self._type(type_, around) if type_ is not None else None
                if of is not None and known is not None:
                    of = ["as", of, known]
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
        inside = [(at, child) for at, child in self._placed(node) if child != type_]
        if type_ is None:
            return
        if self._text(type_) in {*_WRAPS, "Err"}:
            if inside:
                wrapped = ["w" if self._text(type_) in _WRAPS else "x", known]
                yield inside[0][1], wrapped if known is not None else None
            return
        of = self._type(type_, around)
        if of is not None and known is not None:
            of = ["as", of, known]
        for at, child in inside:
            yield child, ["m", of, str(at)] if of is not None and at >= 0 else None

    @staticmethod
    def _placed(node: Node) -> Iterator[tuple[int, Node]]:
        """Yield the parts of a tuple's pattern with their positions: `_` has one, behind `..` none is known."""
        at, type_ = 0, node.child_by_field_name("type")
        for child in node.children:
            if child == type_ or child.type in {"(", ")", "line_comment", "block_comment"}:
                continue
            if child.type == ",":
                at += at >= 0
            elif child.type == "remaining_field_pattern":
                at = -1
            elif child.is_named:
                yield at, child

    @staticmethod
    def _of_slice(child: Node, known: Expression) -> Expression:
        """Return what a part of a slice's pattern is: an element, or the rest of them in `rest @ ..`."""
        rest = child.type == "captured_pattern" and child.named_children[-1].type == "remaining_field_pattern"
        return known if rest else ["e", known]

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
                self._expects(
                    child.child_by_field_name("value"), ["m", of, self._text(field)] if of is not None else None
                )
            elif child.type == "shorthand_field_initializer" and child.named_child_count:
                self._member(child.named_children[-1], of, beside=True)

    def _arguments(self, node: Node, around: _Around) -> None:
        """Note which functions closures are given to."""
        call = node.parent
        callee = call.child_by_field_name("function") if call is not None else None
        for position, child in enumerate(node.named_children):
            closure = self._closure_in(child)
            if closure is not None and callee is not None and closure.start_byte not in self._expected:
                of = self._value(callee, around)
                if of is not None and call is not None:
                    self._expected[closure.start_byte] = ["a", of, position, *self._given(call, around, 0, position)]
        access = callee.child_by_field_name("value") if callee is not None else None
        if access is not None and callee is not None and access.type == "identifier" and node.named_child_count:
            self._added(access, callee, node, around)

    def _added(self, holder: Node, callee: Node, passed: Node, around: _Around) -> None:
        """Note what a collection holds that something is added to: it may have been made without."""
        name = callee.child_by_field_name("field")
        if name is None or self._text(name) not in _ADDED_BY:
            return
        last = self._value(passed.named_children[-1], around)
        if last is not None and passed.named_child_count == 1:
            self._found.append(Fact("assigned", holder.start_byte, ["ar", last]))
        elif last is not None and passed.named_child_count == 2 and self._text(name) == "insert":
            self._found.append(
                Fact("assigned", holder.start_byte, ["mp", self._value(passed.named_children[0], around), last])
            )

    def _assigned(self, node: Node, around: _Around) -> None:
        """Note what a variable is assigned that its declaration gives no value."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        known = self._value(right, around) if left is not None and right is not None else None
        if known is not None and left is not None and left.type == "identifier":
            self._found.append(Fact("assigned", left.start_byte, known))

    def _closure_in(self, node: Node | None) -> Node | None:
        """Return a closure, also if it is put into a box."""
        while node is not None and node.type == "call_expression":
            callee, passed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            boxed = callee is not None and passed is not None and passed.named_child_count == 1
            if not boxed or callee is None or passed is None or self._text(callee) not in _BOXES:
                return None
            node = passed.named_children[0]
        return node if node is not None and node.type == "closure_expression" else None

    def _expects(self, value: Node | None, known: Expression | None) -> None:
        """Note what a closure is expected to be."""
        closure = self._closure_in(value) if known is not None else None
        if closure is not None and known is not None:
            self._expected[closure.start_byte] = known

    def _value(self, node: Node, around: _Around, depth: int = 0) -> Expression | None:
        """Return the expression of a value, or None if nothing is known about it."""
        if depth > _DEPTH:
            return None
        kind = node.type
        if kind == "self":
            return around.this
        if kind == "identifier" or kind in _NAMES:
            return ["p", node.start_byte] if self._text(node) != "None" else None
        if kind == "unary_expression":
            return self._operated(node, around, depth)
        if kind == "binary_expression":
            trait, left = _OPERATORS.get(self._operator(node)), node.child_by_field_name("left")
            of = self._value(left, around, depth + 1) if left is not None and trait is not None else None
            return ["op", of, trait] if of is not None else None
        if kind in {"scoped_identifier", "field_expression"}:
            name = node.child_by_field_name("name" if kind == "scoped_identifier" else "field")
            path = node.child_by_field_name("path")
            if name is not None and path is not None and path.type == "bracketed_type":
                of = self._qualified(path, around)
                return ["m", of, self._text(name)] if of is not None else None
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
            return self._filled(node, around, depth)
        if kind == "index_expression":
            of = self._value(node.named_children[0], around, depth + 1) if node.named_child_count else None
            part = node.named_children[-1].type == "range_expression"  # a slice of it
            return of if part or of is None else ["op", of, "Index"]
        if kind == "loop_expression":
            found = [self._value(one, around, depth + 1) for one in self._broken(node)]
            known = [one for one in found if one is not None]
            return ["u", *known] if known else None
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
            read = self._macros.get(tree.start_byte)
            if read is not None:
                return self._value(read.node, around, depth + 1)
            of = self._first_token(tree, around)
            return ["ar", of] if of is not None else None
        if kind == "block" and node.named_child_count:
            last = node.named_children[-1]
            return None if last.type.endswith("statement") else self._value(last, around, depth + 1)
        if kind == "if_expression":
            parts = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
            values = (self._value(part, around, depth + 1) for part in parts if part is not None)
            return next((one for one in values if one is not None), None)
        if kind == "else_clause" and node.named_child_count:
            return self._value(node.named_children[-1], around, depth + 1)
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

    def _operator(self, node: Node) -> str:
        sign = node.child_by_field_name("operator") or (node.children[0] if node.child_count else None)
        return self._text(sign) if sign is not None else ""

    def _operated(self, node: Node, around: _Around, depth: int) -> Expression | None:
        """Return what `*x`, `-x` or `!x` is."""
        of = self._value(node.named_children[-1], around, depth + 1) if node.named_child_count else None
        sign = self._operator(node)
        return ["op", of, "Deref" if sign == "*" else "Neg" if sign == "-" else "Not"] if of is not None else None

    def _filled(self, node: Node, around: _Around, depth: int) -> Expression | None:
        """Return what a struct expression makes; its fields' values say type arguments."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        of = self._type(name, around) if name is not None else None
        if of is None or of[0] != "t" or len(of) > 2 or body is None:
            return of
        fields = []
        for child in body.named_children[:_ARGUMENTS]:
            field, value = child.child_by_field_name("field"), child.child_by_field_name("value")
            if child.type == "shorthand_field_initializer" and child.named_child_count:
                field = value = child.named_children[-1]
            known = self._value(value, around, depth + 1) if field is not None and value is not None else None
            if field is not None and known is not None:
                fields.append([self._text(field), known])
        return ["fi", of, fields] if fields else of

    def _broken(self, loop: Node) -> Iterator[Node]:
        """Yield what a loop gives: the values of its own `break`s."""
        stack = [child for child in loop.named_children if child.type == "block"]
        for _ in range(_LOOKED_AT):
            if not stack:
                return
            node = stack.pop()
            if node.type == "break_expression" and node.named_child_count and node.named_children[-1].type != "label":
                yield node.named_children[-1]
            elif node.type not in {"closure_expression", "function_item", *_LOOPS[:3]}:
                stack.extend(reversed(node.named_children))

    def _called(self, node: Node, around: _Around, depth: int) -> Expression | None:
        callee, passed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None:
            return None
        called: Expression | None
        first = passed.named_children[0] if passed is not None and passed.named_child_count else None
        text = self._text(callee) if callee.end_byte - callee.start_byte < _DEPTH else ""
        if first is not None and text in _WRAPS:
            of = self._value(first, around, depth + 1)
            return ["pr", of] if of is not None else None
        owner, colons, made = text.rpartition("::")
        if first is not None and colons and made == "new" and owner.partition("::")[0] in _POINTERS | _WRAPPERS:
            of = self._value(first, around, depth + 1)
            return ["pr", of] if of is not None and owner in _WRAPPERS else of
        if first is not None and "::".join(text.split("::")[-2:]) in _TAKEN_OUT:
            return self._value(first, around, depth + 1)
        if first is not None and callee.type == "field_expression":
            asked = self._text(callee.child_by_field_name("field") or callee)
            if asked in _OF_CONDITIONS and (asked != "then" or _takes_nothing(first)):
                method, of = self._value(callee, around, depth + 1), self._value(first, around, depth + 1)
                given = None if of is None else ["pr", of if asked == "then_some" else ["c", of]]
                if method is None or given is None:
                    return given
                called = ["c", method, *self._given(node, around, depth)]
                return ["or", called, ["un", method, given]]  # a type of its own may have a method of the name
        listed = callee.child_by_field_name("type_arguments") if callee.type == "generic_function" else None
        if listed is not None and self._asked(callee) == "parse" and listed.named_child_count == 1:
            parsed = self._type(listed.named_children[0], around)
            return ["pr", parsed] if parsed is not None else None
        of = self._value(callee, around, depth + 1)
        called = ["c", of, *self._given(node, around, depth)] if of is not None else None
        path = callee.child_by_field_name("path") if callee.type == "scoped_identifier" else None
        if path is not None and made in _GIVE_SELF and (own := self._type(path, around)) is not None:
            return ["or", called, own]
        return called

    def _asked(self, callee: Node) -> str:
        """Return the name of the method in `value.method::<T>`."""
        access = callee.child_by_field_name("function")
        name = access.child_by_field_name("field") if access is not None else None
        return self._text(name) if name is not None else ""

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
            told = [
                child for child in node.named_children if child.type != "lifetime" and self._text(child) not in _AUTO
            ]
            given = [one for child in told if (one := self._type(child, around, depth + 1)) is not None]
            return ["u", *given] if len(given) > 1 else given[0] if given else None
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
        given = [self._type(child, around, depth + 1) for child in passed]
        bindings: list[list[Any]] = []
        for child in listed.named_children:
            of_child, is_ = (child.child_by_field_name(field) for field in ("name", "type"))
            if child.type == "type_binding" and of_child is not None and is_ is not None:
                bindings.append([self._text(of_child), self._type(is_, around, depth + 1)])
        last = self._text(name).rpartition("::")[2]
        given += [known for _, known in bindings if last in _SEQUENCES | _POINTERS | _WRAPPERS]
        if last in _POINTERS:
            return given[0] if given else None
        if last in _SEQUENCES:
            return ["ar", given[0]] if given and given[0] is not None else None
        if last in _WRAPPERS:
            return ["pr", *given[:2]] if any(one is not None for one in given) else None
        made = [*of, *given] if of[0] == "t" else of
        return ["tb", made, bindings] if bindings else made


def _takes_nothing(node: Node) -> bool:
    """Say whether a node is a closure without parameters."""
    listed = node.child_by_field_name("parameters") if node.type == "closure_expression" else None
    return listed is not None and not listed.named_child_count


def _is_receiver(parameter: Node) -> bool:
    """Say whether a parameter is `self`, also one with a type: `self: Box<Self>`."""
    pattern = parameter.child_by_field_name("pattern")
    return parameter.type == "self_parameter" or (pattern is not None and pattern.type == "self")


_HANDLERS: Final[dict[str, Callable[[RustTypes, Node, _Around], _Around | None]]] = {
    **dict.fromkeys(("struct_item", "union_item", "enum_item", "enum_variant"), RustTypes._item),
    **dict.fromkeys(("function_item", "function_signature_item"), RustTypes._function),
    **dict.fromkeys(
        ("field_declaration", "const_item", "static_item", "type_item", "associated_type"), RustTypes._typed
    ),
    **dict.fromkeys(("let_declaration", "let_condition"), RustTypes._let),
    **dict.fromkeys(("label", "lifetime"), RustTypes._label),
    **dict.fromkeys(_LOOPS, RustTypes._labelled),
    "assignment_expression": RustTypes._assigned,
    "for_expression": RustTypes._for,
    "macro_rule": RustTypes._macro_rule,
    "trait_item": RustTypes._trait,
    "impl_item": RustTypes._impl,
    "closure_expression": RustTypes._closure,
    "match_expression": RustTypes._match,
    "field_expression": RustTypes._access,
    "struct_expression": RustTypes._made,
    "arguments": RustTypes._arguments,
    "self": RustTypes._self,
    "token_tree": RustTypes._tokens,
    "type_binding": RustTypes._binding,
    **dict.fromkeys(("scoped_identifier", "scoped_type_identifier"), RustTypes._path),
}
"""What reads a kind of node; it may return what surrounds the node's children."""
