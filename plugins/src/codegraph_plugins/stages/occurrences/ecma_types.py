"""What the text of JavaScript and TypeScript says about types: which one a name has, and which a member is asked of.

One pass over a file's tree that knows no scopes; `ecma_expressions.py` says how types are written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import tree_sitter

from codegraph_plugins.stages.occurrences.ecma_constants import constants
from codegraph_plugins.stages.occurrences.ecma_expressions import (
    FUNCTIONS,
    OWN_THIS,
    THROUGH,
    Around,
    EcmaExpressions,
    called_of,
    inferred,
)
from codegraph_plugins.stages.occurrences.facts import Added, Expression, Fact, Key, Label, Member

Node = tree_sitter.Node

_GENERATORS: Final = frozenset({"generator_function", "generator_function_declaration"})
_HERITAGE: Final = frozenset({"class_heritage", "extends_type_clause"})
_NAMED_VALUES: Final = frozenset({"class", "identifier"})
"""Kinds of values that are gone to by their own names."""
_ADDED_TO: Final = 8
"""Names before a member that is assigned."""
_OF_PROPERTY: Final = 3
"""Arguments of `Object.defineProperty`."""
_COMMON_JS: Final = (b"require(", b"exports")
"""What a module has that neither imports nor exports by statements."""
_BODIES: Final = frozenset({"class_body", "interface_body"})
_UNNAMED: Final = {"call_signature": "calls", "construct_signature": "constructs"}
_CLASSES: Final = frozenset({"class_declaration", "abstract_class_declaration", "class", "interface_declaration"})


class EcmaTypes(EcmaExpressions):
    """Reads one file. Iterate `read`."""

    def __init__(self, source: bytes) -> None:
        super().__init__(source)
        self._expected: dict[tuple[int, int], Expression] = {}
        self._methods: dict[tuple[int, int], Expression] = {}  # of object literals, and what `this` is in them
        self._kept: set[tuple[int, int]] = set()  # object literals whose keys are their own, whatever is expected
        self._returned: dict[int, list[Expression]] = {}
        self._yielded: dict[int, list[Expression]] = {}
        self._typed_generators: set[int] = set()
        self._declared: set[int] = set()
        self._async: set[int] = set()
        self._exports: set[str] = set()
        self._functions: dict[str, int] = {}  # names of functions that may construct → where they stand, -1 of several
        self._selves: dict[str, list[tuple[int, int, Around]]] = {}  # names of `this`: where they hold, what it is
        self._found: list[Fact | Key | Label | Member | Added] = []

    def read(self, root: Node) -> Iterator[Fact | Key | Label | Member | Added]:
        """Yield what a tree says."""
        self._constants = constants(root)
        if self._is_script(root):
            self._found.append(Fact("global", 0, root.end_byte))
        handlers = self.handlers()
        stack: list[tuple[Node, Around]] = [(root, Around(None, -1))]
        while stack:
            node, around = stack.pop()
            handler = handlers.get(node.type)
            inner = handler(self, node, around) or around if handler is not None else around
            stack.extend((child, inner) for child in reversed(node.named_children))
            if self._found or self.members:
                yield from self._found
                yield from self.members
                self._found.clear()
                self.members.clear()
        for at, values in self._yielded.items():
            if at not in self._typed_generators:
                yield Fact("returns", at, ["ar", values[0] if len(values) == 1 else ["u", *values]])
        for at, values in self._returned.items():
            if at not in self._declared:
                given: Expression = values[0] if len(values) == 1 else ["u", *values]
                yield Fact("returns", at, ["pr", given] if at in self._async else given)

    def handlers(self) -> Mapping[str, Callable[[Any, Node, Around], Around | None]]:
        """Return what reads a kind of node; it may return what surrounds the node's children."""
        return _HANDLERS

    def _is_script(self, root: Node) -> bool:
        """Say whether a file is no module, so that all files have what it defines."""
        if any(child.type in {"import_statement", "export_statement"} for child in root.named_children):
            return False
        return not any(word in self._source for word in _COMMON_JS)

    # -- statements --------------------------------------------------------------------------------

    def _for_of(self, node: Node, around: Around) -> None:
        """Note the types of what a loop goes through."""
        right = node.child_by_field_name("right")
        over = self._value(right, around) if right is not None else None
        kinds = {child.type for child in node.children}
        if over is not None and "of" in kinds:
            self._bind(node.child_by_field_name("left"), ["w", ["e", over]] if "await" in kinds else ["e", over])

    def _return(self, node: Node, around: Around) -> None:
        """Note what a function returns."""
        value = self._value(node.named_children[0], around) if node.named_child_count else None
        self._expect(node.named_children[0] if node.named_child_count else None, around.returned)
        if around.function >= 0 and value is not None:
            self._returned.setdefault(around.function, []).append(value)

    def _declarator(self, node: Node, around: Around) -> None:
        """Note the type of a variable."""
        self._takes_name(node)
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None and value is not None and name.type == "identifier" and value.type == "this":
            self._keeps_this(name, around)
        self._bind(node.child_by_field_name("name"), self._typed(node, around))
        self._expect(node.child_by_field_name("value"), self._annotation(node, around))

    def _keeps_this(self, name: Node, around: Around) -> None:
        """Note that a variable is another name for `this`, in the function around it."""
        holder = name.parent
        while holder is not None and holder.type not in FUNCTIONS:
            holder = holder.parent
        if holder is not None:
            self._selves.setdefault(self._text(name), []).append((holder.start_byte, holder.end_byte, around))

    def _this_of(self, target: Node, around: Around) -> Around | None:
        """Return what surrounds `this`, or the place where a variable became another name for it; else None."""
        if target.type == "this":
            return around
        known = self._selves.get(self._text(target)) if target.type == "identifier" and self._selves else None
        held = [one for one in known or () if one[0] <= target.start_byte < one[1]]
        return held[-1][2] if held else None

    def _converted(self, node: Node, around: Around) -> None:
        """Note what a value is said to be; one that only satisfies a type keeps its own members."""
        cast = self._cast(node, around)
        self._expect(node.named_children[0], cast, keeps=node.type == "satisfies_expression")

    def _angled(self, node: Node, around: Around) -> None:
        """Note what `<Type>value` says that a value is."""
        if node.named_child_count == 2 and node.named_children[0].named_child_count:
            self._expect(node.named_children[1], self._type(node.named_children[0].named_children[0], around))

    def _jump(self, node: Node, around: Around) -> None:
        """Note a label, where it is defined or jumped to."""
        at = around.labels.get(self._text(node))
        if at is not None:
            self._found.append(Label(node.start_byte, node.end_byte, at))

    def _private(self, node: Node, around: Around) -> None:
        """Note a private name that is asked for: `#name in value`."""
        if around.this is not None and node.parent is not None and node.parent.type == "binary_expression":
            self._found.append(Member(node.start_byte, node.end_byte, ["m", around.this, self._text(node)]))

    def _labelled(self, node: Node, around: Around) -> Around:
        label = node.child_by_field_name("label")
        if label is None:
            return around
        labels = {**around.labels, self._text(label): label.start_byte}
        return Around(around.this, around.function, labels, around.constructs, around.returned)

    def _nested_type(self, node: Node, _: Around) -> None:
        """Note a type in a namespace."""
        target, name = node.child_by_field_name("module"), node.child_by_field_name("name")
        if target is not None and name is not None:
            place = target.child_by_field_name("property") or target
            self._found.append(Member(name.start_byte, name.end_byte, ["m", ["p", place.start_byte], self._text(name)]))

    def _takes_name(self, node: Node) -> None:
        """Note the variable that a class or function is named by, and that its own name means the same."""
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None or name.type != "identifier":
            return
        if value.type in {"class", "function_expression", "generator_function"}:
            self._class_names[value.start_byte] = name.start_byte
            if value.type == "function_expression":
                self._may_construct(name)
            own = value.child_by_field_name("name")
            if own is not None:
                self._found.append(Member(own.start_byte, own.end_byte, ["v", name.start_byte]))

    def _may_construct(self, name: Node) -> None:
        """Note where a function is named, which may have members and bases."""
        text = self._text(name)
        self._functions[text] = -1 if text in self._functions else name.start_byte

    def _inherits(self, derived: Node | None, base: Expression | None) -> None:
        """Note a base that a function is given."""
        named = derived is not None and derived.type == "identifier"
        at = self._functions.get(self._text(derived), -1) if derived is not None and named else -1
        if at >= 0 and base is not None:
            self._found.append(Fact("bases", at, [base]))

    def _prototype_of(self, node: Node | None) -> Node | None:
        """Return what `Name.prototype` is the prototype of."""
        if node is None or node.type != "member_expression":
            return None
        prop = node.child_by_field_name("property")
        return node.child_by_field_name("object") if prop is not None and self._text(prop) == "prototype" else None

    def _call(self, node: Node, around: Around) -> None:
        """Note what a function inherits from by a call: `inherits(Sub, Base)`, `Object.setPrototypeOf(…)`."""
        callee, passed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        count = passed.named_child_count if passed is not None else 0
        if callee is None or passed is None or not 2 <= count <= _OF_PROPERTY:
            return
        last = callee.child_by_field_name("property") or callee
        if last.end_byte - last.start_byte == len("defineProperty") and self._text(callee) == "Object.defineProperty":
            self._defined_property(*passed.named_children[:2])
        if count != len(("derived", "base")):
            return
        derived, base = passed.named_children
        if last.end_byte - last.start_byte == len("inherits") and self._text(last) == "inherits":
            of = self._value(base, around)
            self._inherits(derived, ["n", of] if of is not None else None)
        elif last.end_byte - last.start_byte == len("setPrototypeOf") and self._text(callee) == "Object.setPrototypeOf":
            target = self._prototype_of(base)
            of = self._value(target, around) if target is not None else None
            self._inherits(self._prototype_of(derived), ["n", of] if of is not None else None)

    def _defined_property(self, target: Node, name: Node) -> None:
        """Note the member that `Object.defineProperty(Name.prototype, "member", …)` adds."""
        holder = self._prototype_of(target) or target
        if holder.type == "identifier" and name.type == "string" and name.end_byte - name.start_byte > len("''"):
            start, end = self._inside(name)
            self._found.append(Added(start, end, self._text(name)[1:-1], holder.start_byte, ()))

    def _given_prototype(self, left: Node, right: Node, around: Around) -> None:
        """Note the base that a function's prototype is made of: `Object.create(Base.prototype)`, `new Base()`."""
        derived = self._prototype_of(left)
        if derived is None:
            return
        if right.type == "new_expression":
            self._inherits(derived, self._value(right, around))
            return
        callee, passed = right.child_by_field_name("function"), right.child_by_field_name("arguments")
        if callee is None or passed is None or not passed.named_child_count or self._text(callee) != "Object.create":
            return
        target = self._prototype_of(passed.named_children[0])
        of = self._value(target, around) if target is not None else None
        self._inherits(derived, ["n", of] if of is not None else None)

    def _ambient(self, node: Node, _: Around) -> None:
        """Note what `declare global` declares for all files."""
        block = next((child for child in node.named_children if child.type == "statement_block"), None)
        if block is not None:
            self._found.append(Fact("global", block.start_byte, block.end_byte))

    def _module(self, node: Node, _: Around) -> None:
        """Note a module that is declared by its specifier."""
        name = node.child_by_field_name("name")
        if name is not None and name.type == "string":
            self._found.append(Fact("module", self._inside(name)[0], []))

    def _closing(self, node: Node, _: Around) -> None:
        """Note that a closing tag names what the opening one does."""
        parent, name = node.parent, node.child_by_field_name("name")
        opening = parent.child_by_field_name("open_tag") if parent is not None else None
        first = opening.child_by_field_name("name") if opening is not None else None
        while name is not None and first is not None and name.type == first.type:
            if name.type == "member_expression":
                ends = [each.child_by_field_name("property") for each in (name, first)]
                name, first = (each.child_by_field_name("object") for each in (name, first))
            else:
                ends, name = [name, first], None
            if ends[0] is not None and ends[1] is not None and not self._text(ends[0])[:1].islower():
                self._found.append(Member(ends[0].start_byte, ends[0].end_byte, ["v", ends[1].start_byte]))

    def _expect(self, node: Node | None, expected: Expression | None, *, keeps: bool = False) -> None:
        """Note what a value is expected to be, for the literal or function that it is; a literal may keep its keys."""
        while node is not None and node.type in THROUGH:
            node = node.named_children[0] if node.named_child_count else None
        if node is None or expected is None:
            return
        if node.type == "ternary_expression":
            self._expect(node.child_by_field_name("consequence"), expected, keeps=keeps)
            self._expect(node.child_by_field_name("alternative"), expected, keeps=keeps)
        elif node.type == "array":
            for child in node.named_children:
                self._expect(child, ["e", expected], keeps=keeps)
        elif node.type in {"object", "arrow_function", "function_expression"}:
            if keeps:
                self._kept.add((node.start_byte, node.end_byte))
            self._expected.setdefault((node.start_byte, node.end_byte), expected)

    def _access(self, node: Node, around: Around) -> None:
        """Note a member access."""
        target, prop = node.child_by_field_name("object"), node.child_by_field_name("property")
        if target is None or prop is None or prop.start_byte in self._in_types:
            return
        of = self._value(target, around)
        if prop.type == "private_property_identifier" and around.this is not None:
            of = ["first", of, around.this]  # only the class around has the name
        if of is not None:
            self._found.append(Member(prop.start_byte, prop.end_byte, ["m", of, self._text(prop)]))

    def _indexed_by(self, node: Node, around: Around) -> None:
        """Note a member that a text names: `value["name"]`."""
        target, index = node.child_by_field_name("object"), node.child_by_field_name("index")
        if target is None or index is None or index.end_byte - index.start_byte <= 2:
            return
        name = self._computed(index) if index.type in {"string", "template_string"} else None
        of = self._value(target, around) if name is not None else None
        if of is not None:
            self._found.append(Member(*self._inside(index), ["m", of, name]))

    def _looked_up(self, node: Node, around: Around) -> None:
        """Note a member whose type is asked for: `Type["name"]`."""
        index = node.named_children[-1] if node.named_child_count == 2 else None
        of = self._type(node.named_children[0], around) if index is not None else None
        if index is None or of is None or not index.named_child_count:
            return
        text = index.named_children[0]
        if text.type == "string" and text.end_byte - text.start_byte > 2:
            self._found.append(Member(*self._inside(text), ["m", of, self._text(text)[1:-1]]))

    def _renamed(self, node: Node, _: Around) -> None:
        """Note what `import Name = Space.Inner` is another name for."""
        names = [child for child in node.named_children if child.type in {"identifier", "nested_identifier"}]
        if len(names) == 2:
            place = names[1].child_by_field_name("property") or names[1]
            self._found.append(Fact("fact", names[0].start_byte, ["p", place.start_byte]))
            self._found.append(Fact("alias", names[0].start_byte, ["v", place.start_byte]))

    def _import(self, node: Node, _: Around) -> None:
        """Note the names that an import takes, which a module may export by assignment."""
        source = node.child_by_field_name("source")
        stack = [child for child in node.named_children if child.type == "import_clause"] if source is not None else []
        while stack and source is not None:
            current = stack.pop()
            module: Expression = ["i", self._inside(source)[0]]
            if current.type == "import_specifier":
                name, alias = current.child_by_field_name("name"), current.child_by_field_name("alias")
                for each in (name, alias):
                    if name is not None and each is not None:
                        self._found.append(Member(each.start_byte, each.end_byte, ["m", module, self._text(name)]))
            elif current.type == "identifier" and current.parent is not None and current.parent.type == "import_clause":
                self._found.append(Member(current.start_byte, current.end_byte, ["m", module, "default"]))
            elif current.type in {"import_clause", "named_imports"}:
                stack.extend(current.named_children)

    def _exported(self, node: Node, around: Around) -> None:
        """Note the value that a module exports without a name."""
        self._handed_on(node)
        value = node.child_by_field_name("value")
        word = next((child for child in node.children if child.type == "default"), None)
        known = self._value(value, around) if value is not None else None
        if word is None or value is None or known is None or value.type in FUNCTIONS or value.type in _NAMED_VALUES:
            return
        self._found.append(Key(word.start_byte, word.end_byte, "default", 0, None))
        self._found.append(Fact("fact", word.start_byte, known))

    def _handed_on(self, node: Node) -> None:
        """Note what a module exports by another name, or of another module."""
        source = node.child_by_field_name("source")
        module: Expression | None = ["i", self._inside(source)[0]] if source is not None else None
        clause = next((child for child in node.named_children if child.type == "export_clause"), None)
        if clause is None:
            if module is not None and all(child.type != "namespace_export" for child in node.named_children):
                self._found.append(Fact("star", 0, module))
            return
        for child in clause.named_children:
            name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
            if name is not None and (alias is not None or module is not None):
                of: Expression = ["v", name.start_byte] if module is None else ["m", module, self._text(name)]
                self._found.append(Fact("exported", (alias or name).start_byte, [self._text(alias or name), of]))

    def _is_exports(self, target: Node | None) -> bool:
        """Say whether something is `exports` or `module.exports`."""
        short = target is not None and target.end_byte - target.start_byte <= len("module.exports")
        return target is not None and short and self._text(target) in {"exports", "module.exports"}

    def _assigned_export(self, left: Node, value: Expression | None) -> None:
        """Note what CommonJS exports: `exports.name = value`, `module.exports = value`."""
        target, prop = left.child_by_field_name("object"), left.child_by_field_name("property")
        if target is None or prop is None or prop.type != "property_identifier":
            return
        around = self._text(target) if target.end_byte - target.start_byte <= len("module.exports") else ""
        if around in {"exports", "module.exports"}:
            name = self._text(prop)
            if name not in self._exports:
                self._exports.add(name)
                self._found.append(Key(prop.start_byte, prop.end_byte, name, 0, None))
                if value is not None:
                    self._found.append(Fact("fact", prop.start_byte, value))
        elif around == "module" and self._text(prop) == "exports" and value is not None:
            self._found.append(Fact("spread", 0, value))

    def _typed(self, node: Node, around: Around) -> Expression | None:
        """Return the type of what a declaration declares: as written, else its value's."""
        known = self._annotation(node, around)
        if known is not None:
            return known
        value = node.child_by_field_name("value")
        return self._value(value, around) if value is not None else None

    def _bind(self, pattern: Node | None, expression: Expression | None) -> None:
        """Note the types of the names in a pattern, and the properties that it takes."""
        stack = [(pattern, expression)]
        while stack:
            node, known = stack.pop()
            if node is None or known is None:
                continue
            kind = node.type
            if kind in {"identifier", "shorthand_property_identifier_pattern"}:
                self._found.append(Fact("fact", node.start_byte, known))
            elif kind == "object_pattern":
                for child in node.named_children:
                    self._bind_property(child, known, stack)
            elif kind == "array_pattern":
                for position, child in self._placed(node):
                    rest = child.type == "rest_pattern"
                    stack.append((child, ["ar", ["e", known, position]] if rest else ["e", known, position]))
            elif kind == "assignment_pattern":
                stack.append((node.child_by_field_name("left"), known))
            elif kind == "rest_pattern" and node.named_child_count:
                stack.append((node.named_children[0], known))

    @staticmethod
    def _placed(pattern: Node) -> Iterator[tuple[int, Node]]:
        """Yield the parts of an array's pattern with their positions: what is left out (`[, second]`) has one."""
        at = 0
        for child in pattern.children:
            if child.type == ",":
                at += 1
            elif child.is_named and child.type != "comment":
                yield at, child

    def _bind_property(
        self, child: Node, known: Expression, stack: list[tuple[Node | None, Expression | None]]
    ) -> None:
        if child.type == "object_assignment_pattern":
            child = child.child_by_field_name("left") or child
        if child.type == "shorthand_property_identifier_pattern":
            taken: Expression = ["m", known, self._text(child)]
            if known[0] == "i" or (known[0] == "w" and known[1][0] == "pr"):  # what a module exports by assignment
                self._found.append(Member(child.start_byte, child.end_byte, taken))
            else:  # the name is the member's as well as the variable's
                self._found.append(Member(child.start_byte, child.end_byte, taken, beside=True))
            stack.append((child, taken))
        elif child.type == "pair_pattern":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            name = self._key_name(key)
            if key is not None and name is not None:
                taken = ["m", known, name]
                self._found.append(Member(*self._inside(key), taken))
                stack.append((value, taken))
        elif child.type == "rest_pattern":
            stack.append((child, known))

    def _key_name(self, key: Node | None) -> str | None:
        """Return the name of a member as written, or None if it is computed."""
        if key is None:
            return None
        if key.type in {"property_identifier", "private_property_identifier", "identifier"}:
            return self._text(key)
        if key.type == "string":
            return self._text(key)[1:-1]
        if key.type == "number":
            return self._text(key)
        if key.type == "computed_property_name" and key.named_child_count == 1:
            return self._computed(key.named_children[0])
        return None

    def _maybe_assigned(self, node: Node, around: Around) -> None:
        """Note what `??=`, `||=` and `&&=` assign; other operators make a number or a text."""
        operator = node.child_by_field_name("operator")
        if operator is not None and operator.type in {"??=", "||=", "&&="}:
            self._assignment(node, around)

    def _assignment(self, node: Node, around: Around) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        value = self._value(right, around)
        if left.type in {"object_pattern", "array_pattern"}:
            self._bind(left, value)
        elif left.type == "identifier" and value is not None:
            self._found.append(Fact("assigned", left.start_byte, value))
            self._expect(right, ["p", left.start_byte])
        elif left.type == "subscript_expression":
            holder = left.child_by_field_name("object")
            of = self._value(holder, around) if holder is not None else None
            if of is not None and right.type == "function_expression":  # what it is called on
                self._expected[right.start_byte, right.end_byte] = ["this", of]
        elif left.type == "member_expression":
            prop = left.child_by_field_name("property")
            if prop is not None and value is not None:
                self._found.append(Fact("assigned", prop.start_byte, value))
            if prop is not None:
                self._adds(left, prop, around)
            if right.type != "identifier" and right.child_by_field_name("name") is None:  # else it has a name already
                self._assigned_export(left, value)
            elif (
                right.type == "identifier" and prop is not None and self._is_exports(left.child_by_field_name("object"))
            ):
                self._found.append(Member(prop.start_byte, prop.end_byte, ["v", right.start_byte]))
            if (of := self._value(left, around)) != ["om"]:
                self._expect(right, of)
            target = left.child_by_field_name("object")
            self._given_prototype(left, right, around)
            receiver = self._receiver_of(left)
            if receiver is None and right.type == "function_expression" and prop is not None and target is not None:
                if self._text(prop)[:1].isupper():
                    self._class_names.setdefault(right.start_byte, prop.start_byte)
                elif target.type in {"identifier", "member_expression"}:  # what it is called on
                    receiver = self._value(target, around)
            if receiver is not None and right.type in {"function_expression", "object"}:
                self._expected[right.start_byte, right.end_byte] = ["this", receiver]
            if prop is not None and target is not None and target.type == "this" and right.type in FUNCTIONS:
                self._given_to_instances(prop, around)
            held = self._this_of(target, around) if target is not None else None
            if prop is not None and held is not None and held.constructs >= 0:
                if right.type == "function_expression" and held.this is not None:
                    self._expected[right.start_byte, right.end_byte] = ["this", held.this]
                self._found.append(Key(prop.start_byte, prop.end_byte, self._text(prop), held.constructs, None))
                if value is not None:
                    self._found.append(Fact("fact", prop.start_byte, value))

    def _given_to_instances(self, prop: Node, around: Around) -> None:
        """Note the function that a method assigns to a member of a class's instances: it is named as the member."""
        if around.constructs < 0 and around.this is not None and around.this[0] == "d":
            self._found.append(Key(prop.start_byte, prop.end_byte, self._text(prop), around.this[1], None))

    def _adds(self, left: Node, prop: Node, around: Around) -> None:
        """Note a member that is assigned to something that is named, or to `this` in a function of that."""
        path: list[str] = []
        target = left.child_by_field_name("object")
        if target is not None and target.type == "this" and around.this is not None and around.this[0] == "p":
            self._found.append(Added(prop.start_byte, prop.end_byte, self._text(prop), around.this[1], ()))
            return
        while target is not None and target.type == "member_expression" and len(path) < _ADDED_TO:
            inner = target.child_by_field_name("property")
            path.append(self._text(inner) if inner is not None else "")
            target = target.child_by_field_name("object")
        if target is not None and target.type == "identifier" and "prototype" not in path:
            self._found.append(
                Added(prop.start_byte, prop.end_byte, self._text(prop), target.start_byte, tuple(reversed(path)))
            )

    def _receiver_of(self, left: Node) -> Expression | None:
        """Return what `this` is in the functions that are assigned to a prototype, or to a member of one."""
        target, prop = left.child_by_field_name("object"), left.child_by_field_name("property")
        if target is not None and target.type == "member_expression":
            prop, target = target.child_by_field_name("property"), target.child_by_field_name("object")
        named = target is not None and target.type in {"identifier", "member_expression"}
        if not named or prop is None or target is None or self._text(prop) != "prototype":
            return None
        place = target.child_by_field_name("property") or target
        return ["n", ["p", place.start_byte]]

    def _arguments(self, node: Node, around: Around) -> None:
        """Note what a call expects of the literals and functions that it is given."""
        call = node.parent
        callee = called_of(call)[0] or call.child_by_field_name("constructor") if call else None
        if callee is None:
            return
        for position, child in enumerate(node.named_children):
            if child.type in {"object", "arrow_function", "function_expression", "array", "ternary_expression"}:
                of = self._value(callee, around)
                if of is not None and call is not None:
                    self._expect(child, ["a", of, position, *self._given(call, around, 0, without=position)])

    def _element(self, node: Node, around: Around) -> None:
        """Note which properties the attributes of a component are."""
        name = node.child_by_field_name("name")
        if name is None or (name.type == "identifier" and self._text(name)[:1].islower()):
            return
        component = self._value(name, around)
        if component is None:
            return
        types = self._type_arguments(node, around)
        given: Expression = ["a", component, 0, types] if types else ["a", component, 0]
        for attribute in node.named_children:
            if attribute.type == "jsx_attribute" and attribute.named_child_count:
                key = attribute.named_children[0]
                if key.type == "property_identifier":
                    taken: Expression = ["m", given, self._text(key)]
                    self._found.append(Member(key.start_byte, key.end_byte, taken))
                    for value in attribute.named_children[1:]:
                        if value.type == "jsx_expression" and value.named_child_count:
                            self._expect(value.named_children[0], taken)

    # -- definitions -------------------------------------------------------------------------------

    def _generic(self, node: Node, at: int, around: Around) -> None:
        """Note the type parameters of a definition, and what bounds them."""
        listed = node.child_by_field_name("type_parameters")
        if listed is None:
            return
        places = []
        for child in listed.named_children:
            name = child.child_by_field_name("name")
            if name is not None:
                places.append(name.start_byte)
                default = child.child_by_field_name("value")
                if default is not None and (known := self._type(default, around)) is not None:
                    self._found.append(Fact("default", name.start_byte, known))
                bound = child.child_by_field_name("constraint")
                if bound is not None and (known := self._type(bound, around)) is not None:
                    self._found.append(Fact("bound", name.start_byte, known))
        self._found.append(Fact("generic", at, places))

    def _function(self, node: Node, around: Around) -> Around:
        """Note what a function takes and returns."""
        at = node.start_byte
        name = node.child_by_field_name("name")
        kind = node.type
        modifiers = {child.type for child in node.children if not child.is_named}
        if name is not None:
            got: Expression = ["f", at]
            if "get" in modifiers:
                got = ["c", got]
            if "set" not in modifiers:
                self._found.append(Fact("fact", self._inside(name)[0], got))
            self._computed_member(node, name, around)
        this = around.this
        if kind in OWN_THIS and not (kind == "method_definition" or kind.endswith("signature")):
            this = ["d", name.start_byte] if kind == "function_declaration" and name is not None else None
            expected = self._expected.get((node.start_byte, node.end_byte))
            if expected is not None and expected[0] == "this":
                this = expected[1]
            elif kind == "function_expression" and node.start_byte in self._class_names:
                this = ["d", self._class_names[node.start_byte]]
        elif (node.start_byte, node.end_byte) in self._methods:
            this = self._methods[node.start_byte, node.end_byte]
        elif kind == "method_definition" and "static" in modifiers and this is not None and this[0] == "d":
            this = ["p", this[1]]
        inner = Around(this, at)
        if kind == "function_declaration" and name is not None:
            inner.constructs = name.start_byte
            self._may_construct(name)
        elif kind == "function_expression" and this == ["d", self._class_names.get(node.start_byte)]:
            inner.constructs = self._class_names[node.start_byte]
        elif kind == "arrow_function":
            inner.constructs = around.constructs
        inner.this = self._receiver(node, inner) or inner.this
        self._generic(node, at, around)
        if kind in _UNNAMED:
            self._unnamed(node, at)
        self._parameters(node, inner)
        written = node.child_by_field_name("return_type") or (
            node.child_by_field_name("type") if kind in {"construct_signature", "constructor_type"} else None
        )
        if written is not None and written.type in {"type_predicate_annotation", "asserts_annotation"}:
            self._predicate(written, at, inner)
        returned = self._type(written, inner) if written is not None else self._said_return(node)
        if written is not None or returned is not None:
            self._declared.add(at)
            if returned is not None:
                self._found.append(Fact("returns", at, returned))
                inner.returned = ["w", returned] if "async" in modifiers else returned
                body = node.child_by_field_name("body")
                if kind == "arrow_function" and body is not None and body.type != "statement_block":
                    self._expect(body, inner.returned)
        elif kind == "arrow_function":
            body = node.child_by_field_name("body")
            if body is not None and body.type != "statement_block":
                value = self._value(body, inner)
                if value is not None:
                    self._returned.setdefault(at, []).append(value)
        if kind in _GENERATORS or "*" in modifiers:
            self._declared.add(at)
            if written is not None or returned is not None:
                self._typed_generators.add(at)
        if "async" in modifiers and written is None:
            self._async.add(at)
        return inner

    def _predicate(self, written: Node, at: int, around: Around) -> None:
        """Note what a function says of its argument, or of what it is a method of: `x is T`, `asserts x is T`."""
        said = written.named_children[0] if written.named_child_count else None
        asserts = said is not None and said.type == "asserts"
        if said is not None and asserts:
            said = said.named_children[0] if said.named_child_count else None
        name, type_ = (said.child_by_field_name(one) if said is not None else None for one in ("name", "type"))
        known = self._type(type_, around) if type_ is not None else None
        if known is not None and name is not None:
            kind = "asserts" if asserts else "this is" if name.type == "this" else "predicate"
            self._found.append(Fact(kind, at, known))

    def _receiver(self, node: Node, around: Around) -> Expression | None:
        """Return what the parameter `this` of a function is declared to be."""
        listed = node.child_by_field_name("parameters")
        first = listed.named_children[0] if listed is not None and listed.named_child_count else None
        pattern = first.child_by_field_name("pattern") if first is not None else None
        return self._annotation(first, around) if first is not None and pattern and pattern.type == "this" else None

    def _yield(self, node: Node, around: Around) -> None:
        """Note what a generator gives, one after the other."""
        value = self._value(node.named_children[0], around) if node.named_child_count else None
        if value is not None and around.function >= 0:
            delegated = any(child.type == "*" for child in node.children)
            self._yielded.setdefault(around.function, []).append(["e", value] if delegated else value)

    def _parameters(self, node: Node, around: Around) -> None:
        listed = node.child_by_field_name("parameters")
        single = node.child_by_field_name("parameter")
        children = [single] if single is not None else list(listed.named_children) if listed is not None else []
        expected = self._expected.get((node.start_byte, node.end_byte))
        types: list[Expression | None] = []
        name = node.child_by_field_name("name")
        is_setter = any(child.type == "set" for child in node.children) and name is not None and around.this is not None
        setter: Expression | None = ["m", around.this, self._text(name)] if is_setter and name is not None else None
        for child in children:
            if child.type == "comment":
                continue
            pattern: Node | None = child
            known: Expression | None = setter
            if child.type in {"required_parameter", "optional_parameter"}:
                pattern = child.child_by_field_name("pattern")
                known = self._typed(child, around) or setter
            elif child.type == "assignment_pattern":
                pattern = child.child_by_field_name("left")
                right = child.child_by_field_name("right")
                known = self._value(right, around) if right is not None else None
            if pattern is not None and pattern.type == "this":
                continue
            known = self._said_parameter(node, child, len(types)) or known
            if known is None and expected is not None and expected[0] != "this":
                known = ["a", expected, len(types)]
            self._bind(pattern, known)
            if pattern is not None and pattern.type == "rest_pattern":
                known = ["r", known]
            else:
                known = self._primitive(child) if known is None else known
                if child.type == "optional_parameter" or child.child_by_field_name("value") is not None:
                    known = ["o", known]
            types.append(known)
        if types:
            self._found.append(Fact("parameters", node.start_byte, types))

    def _said_parameter(self, node: Node, child: Node, position: int) -> Expression | None:
        """Return the type that a comment says a parameter has: TypeScript writes them."""

    def _said_return(self, node: Node) -> Expression | None:
        """Return the type that a comment says a function gives: TypeScript writes them."""

    def _primitive(self, parameter: Node) -> Expression | None:
        """Return the primitive type that a parameter is declared to have, which tells overloads apart."""
        written = parameter.child_by_field_name("type")
        type_ = written.named_children[0] if written is not None and written.named_child_count else None
        if type_ is not None and type_.type == "literal_type" and type_.named_child_count:
            return self._argument(type_.named_children[0], Around(None, -1), 0)
        text = self._text(type_) if type_ is not None and type_.type == "predefined_type" else ""
        return ["b", text] if text in {"string", "number", "boolean"} else None

    def _unnamed(self, node: Node, at: int) -> None:
        """Note the call signature or construct signature of an interface or a type literal."""
        place = self._holder(node)
        if place >= 0:
            self._found.append(Fact(_UNNAMED[node.type], place, ["f", at]))

    def _holder(self, member: Node) -> int:
        """Return where the interface is named, or the type literal begins, that a member without a name is in."""
        around = member.parent
        name = around.parent.child_by_field_name("name") if around is not None and around.parent is not None else None
        if around is None:
            return -1
        if around.parent is not None and around.parent.type == "interface_declaration" and name is not None:
            return name.start_byte
        return around.start_byte

    def _index(self, node: Node, around: Around) -> None:
        """Note what the members are that an index signature, or a mapped type, gives a type."""
        known, place = self._annotation(node, around), self._holder(node)
        mapped = next((child for child in node.named_children if child.type == "mapped_type_clause"), None)
        key = node.child_by_field_name("name")
        if key is not None:  # `[key: string]` is a name that nothing can use
            self._found.append(Label(key.start_byte, key.end_byte, key.start_byte))
        source = self._mapped_over(mapped, node, around) if mapped is not None else None
        if mapped is not None and source is not None and mapped.child_by_field_name("alias") is None:
            name, written = mapped.child_by_field_name("name"), node.child_by_field_name("type")
            value = written.named_children[0] if written is not None and written.named_child_count else None
            if name is not None:
                given = self._operand(value, around) if value is not None else None
                self._found.append(Fact("mapped", place, [name.start_byte, source, given]))
        elif known is not None and place >= 0:
            self._found.append(Fact("index", place, known))

    def _mapped_over(self, clause: Node, node: Node, around: Around) -> Expression | None:
        """Return the type whose names a mapped type keeps: `keyof Type`, or that of `Type[Name]` in its values."""
        keys, name, written = (
            clause.child_by_field_name("type"),
            clause.child_by_field_name("name"),
            node.child_by_field_name("type"),
        )
        if keys is not None and keys.type == "index_type_query" and keys.named_child_count:
            return self._type(keys.named_children[0], around)
        value = written.named_children[0] if written is not None and written.named_child_count else None
        if keys is None or name is None or value is None or value.type != "lookup_type" or value.named_child_count != 2:
            return None
        if keys.type != "type_identifier" or self._text(value.named_children[1]) != self._text(name):
            return None
        return self._type(value.named_children[0], around)

    def _infers(self, node: Node, _: Around) -> None:
        """Note what `infer` names, which holds in what a conditional type is where it fits."""
        pattern, then = node.child_by_field_name("right"), node.child_by_field_name("consequence")
        names = {self._text(name): name for name in inferred(pattern)} if pattern is not None else {}
        for name in names.values():
            self._found.append(Label(name.start_byte, name.end_byte, name.start_byte))
        stack = [(then, frozenset(names))] if then is not None and names else []
        while stack:
            current, seen = stack.pop()
            if current.type == "type_identifier" and (text := self._text(current)) in seen:
                self._found.append(Label(current.start_byte, current.end_byte, names[text].start_byte))
            inner = current.child_by_field_name("right") if current.type == "conditional_type" else None
            hidden = seen - {self._text(name) for name in inferred(inner)} if inner is not None else seen
            consequence = current.child_by_field_name("consequence") if inner is not None else None
            stack.extend((child, hidden if child == consequence else seen) for child in current.named_children)

    def _class(self, node: Node, around: Around) -> Around:
        name = node.child_by_field_name("name")
        at = self._class_names.get(node.start_byte, name.start_byte if name is not None else node.start_byte)
        self._generic(node, at, around)
        self._heritage(node)
        if at == node.start_byte:
            self._found.append(Fact("class", at, []))
        bases = [known for each in node.named_children for known in self._bases(each, around)]
        if bases:
            self._found.append(Fact("bases", at, bases))
        return Around(["d", at], -1)  # labels end at functions and classes

    def _heritage(self, node: Node) -> None:
        """Note the type parameters of a class where its bases take them: the scope around does not have them."""
        listed = node.child_by_field_name("type_parameters")
        own: dict[str, int] = {}
        for child in listed.named_children if listed is not None else ():
            name = child.child_by_field_name("name")
            if name is not None:
                own[self._text(name)] = name.start_byte
        stack = [child for child in node.named_children if child.type in _HERITAGE] if own else []
        while stack:
            current = stack.pop()
            at = own.get(self._text(current)) if current.type == "type_identifier" else None
            if at is not None:
                self._found.append(Label(current.start_byte, current.end_byte, at))
            stack.extend(current.named_children)

    def _bases(self, clause: Node, around: Around) -> Iterator[Expression]:
        """Yield the types that a class or an interface inherits from, with their type arguments."""
        if clause.type == "class_heritage":
            for child in clause.named_children:
                if child.type in {"extends_clause", "implements_clause"}:
                    yield from self._bases(child, around)
                elif (of := self._value(child, around)) is not None:  # JavaScript has no clauses
                    yield ["n", of]
        elif clause.type == "extends_clause":
            values = clause.children_by_field_name("value")
            of = self._value(values[0], around) if values else None
            if of is not None:
                types = self._type_arguments(clause, around)
                yield ["n", of, types] if types else ["n", of]
        elif clause.type in {"implements_clause", "extends_type_clause"}:
            for child in clause.named_children:
                if (known := self._type(child, around)) is not None:
                    yield known

    def _field(self, node: Node, around: Around) -> None:
        """Note the type of a field; what a static field's function calls `this` is the class, which is rare."""
        name = node.child_by_field_name("name") or node.child_by_field_name("property")
        if name is None or self._key_name(name) is None:
            return
        known = self._typed(node, around)
        if known is not None:
            self._found.append(Fact("fact", self._inside(name)[0], known))
        self._expect(node.child_by_field_name("value"), self._annotation(node, around))
        self._computed_member(node, name, around)

    def _computed_member(self, node: Node, name: Node, around: Around) -> None:
        """Note a member of a class or interface whose key is computed from a constant."""
        if name.type != "computed_property_name":
            return
        held = node.parent is not None and node.parent.type in _BODIES
        text = self._key_name(name)
        if held and text is not None and around.this is not None and around.this[0] in {"d", "p"}:
            self._found.append(Key(*self._inside(name), text, around.this[1], None))

    def _alias(self, node: Node, around: Around) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None:
            return
        self._generic(node, name.start_byte, around)
        known = self._type(value, around)
        if known is not None:
            self._found.append(Fact("fact", name.start_byte, known))

    def _object(self, node: Node, around: Around) -> None:
        """Note the members of an object literal."""
        at = node.start_byte
        expected = self._expected.get((node.start_byte, node.end_byte))
        keeps = (node.start_byte, node.end_byte) in self._kept
        own: Expression = ["s", at]
        this = own
        if expected is not None:
            given = expected[0] == "this"
            this = ["first", expected[1] if given else expected, own]
            expected = None if given else expected
        for child in node.named_children:
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                name = self._key_name(key)
                if key is None or value is None or name is None:
                    continue
                wanted: Expression | None = ["m", expected, name] if expected is not None else None
                self._found.append(Key(*self._inside(key), name, at, wanted, keeps))
                known = self._value(value, around)
                if known is not None:
                    self._found.append(Fact("fact", self._inside(key)[0], known))
                if value.type == "function_expression":
                    self._expected[value.start_byte, value.end_byte] = ["this", this]
                else:
                    self._expect(value, wanted, keeps=keeps)
            elif child.type == "shorthand_property_identifier":
                name = self._text(child)
                wanted = ["m", expected, name] if expected is not None else None
                self._found.append(Key(child.start_byte, child.end_byte, name, at, wanted, keeps))
                self._found.append(Fact("fact", child.start_byte, ["p", child.start_byte]))
            elif child.type == "method_definition":
                key = child.child_by_field_name("name")
                name = self._key_name(key)
                if key is not None and name is not None:
                    wanted = ["m", expected, name] if expected is not None else None
                    self._found.append(Key(*self._inside(key), name, at, wanted, keeps))
                    if wanted is not None:
                        self._expected.setdefault((child.start_byte, child.end_byte), wanted)
                self._methods[child.start_byte, child.end_byte] = this
            elif child.type == "spread_element" and child.named_child_count:
                value_of = self._value(child.named_children[0], around)
                if value_of is not None:
                    self._found.append(Fact("spread", at, value_of))

    def _literal_type(self, node: Node, _: Around) -> None:
        """Note the members of a type literal."""
        for child in node.named_children:
            if child.type in {"property_signature", "method_signature"}:
                key = child.child_by_field_name("name")
                name = self._key_name(key)
                if key is not None and name is not None:
                    self._found.append(Key(*self._inside(key), name, node.start_byte, None))


_HANDLERS: Final[dict[str, Callable[[EcmaTypes, Node, Around], Around | None]]] = {
    "member_expression": EcmaTypes._access,
    "nested_identifier": EcmaTypes._access,
    "nested_type_identifier": EcmaTypes._nested_type,
    "subscript_expression": EcmaTypes._indexed_by,
    "lookup_type": EcmaTypes._looked_up,
    "conditional_type": EcmaTypes._infers,
    "import_alias": EcmaTypes._renamed,
    "ambient_declaration": EcmaTypes._ambient,
    "module": EcmaTypes._module,
    "import_statement": EcmaTypes._import,
    "export_statement": EcmaTypes._exported,
    "variable_declarator": EcmaTypes._declarator,
    "public_field_definition": EcmaTypes._field,
    "field_definition": EcmaTypes._field,
    "property_signature": EcmaTypes._field,
    "index_signature": EcmaTypes._index,
    "object": EcmaTypes._object,
    "object_type": EcmaTypes._literal_type,
    "type_alias_declaration": EcmaTypes._alias,
    "for_in_statement": EcmaTypes._for_of,
    "return_statement": EcmaTypes._return,
    "yield_expression": EcmaTypes._yield,
    "call_expression": EcmaTypes._call,
    **dict.fromkeys(("if_statement", "ternary_expression", "binary_expression"), EcmaTypes._narrow),
    "switch_statement": EcmaTypes._switch,
    "expression_statement": EcmaTypes._asserts,
    "assignment_expression": EcmaTypes._assignment,
    "augmented_assignment_expression": EcmaTypes._maybe_assigned,
    "arguments": EcmaTypes._arguments,
    "jsx_opening_element": EcmaTypes._element,
    "jsx_self_closing_element": EcmaTypes._element,
    "jsx_closing_element": EcmaTypes._closing,
    "as_expression": EcmaTypes._converted,
    "satisfies_expression": EcmaTypes._converted,
    "type_assertion": EcmaTypes._angled,
    "labeled_statement": EcmaTypes._labelled,
    "statement_identifier": EcmaTypes._jump,
    "private_property_identifier": EcmaTypes._private,
    **dict.fromkeys(FUNCTIONS, EcmaTypes._function),
    **dict.fromkeys(_CLASSES, EcmaTypes._class),
}
