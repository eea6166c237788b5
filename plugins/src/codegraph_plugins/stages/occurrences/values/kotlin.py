"""Kotlin: how its nodes say which types values have. The grammar names few children, so most go by kind and position.

Longer than other modules because its cases (declarations, expressions, lambdas, casts) read one tree together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from codegraph_plugins.stages.occurrences.kotlin_lambdas import may_have_it
from codegraph_plugins.stages.occurrences.values.expressions import (
    ANY,
    UNKNOWN,
    Expression,
    Node,
    Reader,
    child_of,
    children_of,
    written_children,
)

_TYPES: Final = ("user_type", "nullable_type", "function_type", "parenthesized_type", "non_nullable_type")
_LITERALS: Final = {
    "string_literal": "String",
    "multiline_string_literal": "String",
    "float_literal": "double",
    "character_literal": "char",
    "boolean_literal": "boolean",
}
_DEFINED: Final = frozenset({"class_declaration", "object_declaration", "companion_object"})
_TO_ARGUMENT: Final = frozenset({"let", "also", "takeIf", "takeUnless", "use"})
_TO_RECEIVER: Final = frozenset({"run", "apply"})
_GIVING_BACK: Final = frozenset({"also", "apply", "takeIf", "takeUnless"})
_COMPARING: Final = frozenset({"==", "!=", "===", "!==", "<", ">", "<=", ">=", "&&", "||"})
_OPERATORS: Final = {"+": "plus", "-": "minus", "*": "times", "/": "div", "%": "rem"}
_RANGES: Final = {"..": "rangeTo", "..<": "rangeUntil"}
_BUILDERS: Final = {"buildList": "add", "buildSet": "add", "sequence": "yield", "iterator": "yield", "flow": "emit"}
"""Functions that make something of what their lambda hands to a function."""
_SIGNS: Final = {"-": "unaryMinus", "+": "unaryPlus", "!": "not"}
_CLAIMS: Final = frozenset({"require", "check", "assert"})
"""Functions behind which what they are given holds."""
_OF_ENUMS: Final = {"values": 0, "valueOf": 1, "enumValues": 0, "enumEntries": 0, "enumValueOf": 1}
"""Functions that the compiler gives an enum, and those of the library that ask one: how many arguments they have."""
_NOT_NULL: Final = frozenset({"requireNotNull", "checkNotNull"})
_COMPARATORS: Final = frozenset({"compareBy", "compareByDescending"})
_NESTED: Final = 8
"""Lambdas in lambdas, each what the one around gives, whose types are followed."""
_RECEIVER: Final = -1
"""The receiver of a function, where its parameters are numbered."""
_LEAVING: Final = ("return_expression", "throw_expression")
_ASKED: Final = frozenset({"identifier", "this_expression"})
_CLOSED: Final = frozenset({"function_body", "getter", "setter", "secondary_constructor", "source_file"})
_STOPS: Final = frozenset({"function_declaration", "class_body", "source_file"})


class KotlinReader(Reader):
    """Reads Kotlin."""

    @cached_property
    def checks_this(self) -> bool:
        """Say whether the file asks anywhere which type `this` has."""
        return b"(this)" in self.source or b"this is " in self.source

    @cached_property
    def declares_it(self) -> bool:
        """Say whether a type of the file may have a member `it`."""
        return re.search(rb"\b(?:val|var)\s+it\b", self.source) is not None

    @cached_property
    def its(self) -> frozenset[int]:
        """Return where the file has `it`, if some stand in lambdas that are in lambdas, or a type has a member `it`."""
        return frozenset(one.start() for one in re.finditer(rb"\bit\b", self.source))

    def find_it(self, node: Node) -> bool:
        """Note which lambdas an `it` may be of, and say whether that is not plain."""
        around = node.parent
        if node.start_byte in self.facts.its:
            return True
        if around is None or (around.type == "navigation_expression" and around.named_child(0) != node):
            return False
        chain = [function for function in self.lambdas_around(node) if may_have_it(function)]
        if not chain or (len(chain) == 1 and not self.declares_it):
            return False
        said: list[Any] = []
        self.facts.its[node.start_byte] = said  # what follows may come back to it
        for function in chain:
            found = self.call_of(function)
            head = self.head(found[0]) if found is not None else None
            said.append([function.start_byte, UNKNOWN if head is None else self.of(head), found[1] if found else 0])
        holders = []
        while around is not None:
            if around.type in _DEFINED:
                holders.append(self.name_place(around))
            around = around.parent
        said.insert(0, self.add("bare", "it", ANY, *holders))
        return True

    # -- declarations ----------------------------------------------------------------------------------

    def look(self, node: Node) -> None:
        """Note what a node declares or asks for."""
        kind = node.type
        if kind == "identifier":
            self.implicit(node)
            if node.start_byte in self.its:
                self.find_it(node)
        elif kind == "property_declaration":
            self.property(node)
        elif kind in {"parameter", "class_parameter"}:
            self.typed(node)
        elif kind == "function_declaration":
            self.function(node)
        elif kind in _DEFINED or kind == "object_literal":
            self.defined(node)
        elif kind == "for_statement":
            parts = written_children(node)
            at = next((i for i, one in enumerate(parts) if one.type.endswith("variable_declaration")), None)
            if at is not None and at + 1 < len(parts):
                self.pattern(parts[at], self.add("element", self.of(parts[at + 1])))
        elif kind == "catch_block":
            self.declare(child_of(node, "identifier"), self.type_of(child_of(node, *_TYPES)))
        elif kind == "when_subject":
            subject, declared = written_children(node)[-1:], child_of(node, "variable_declaration")
            if declared is not None and subject:
                self.pattern(declared, self.of(subject[0]))
        elif kind == "lambda_parameters":
            self.lambda_parameters(node)
        elif kind == "enum_entry":
            self.enum_entry(node)
        elif kind == "type_alias":
            name = node.child_by_field_name("type")
            if name is not None:
                self.facts.stands_for[name.start_byte] = self.type_of(child_of(node, *_TYPES))
                self.own_types(name, child_of(node, "type_parameters"))
        elif kind in {"navigation_expression", "infix_expression", "call_expression", "constructor_invocation"}:
            self.of(node)
        elif kind == "constructor_delegation_call":
            self.delegated(node)
        elif kind == "secondary_constructor":
            self.constructor(node)
        elif kind == "value_argument":
            self.named_argument(node)
        elif kind == "package_header":
            self.facts.package = "".join(self.text(one) for one in children_of(node, "qualified_identifier")[:1])
        elif kind == "import":
            self.imported(node)

    def imported(self, node: Node) -> None:
        """Note an import."""
        path = child_of(node, "qualified_identifier")
        if path is not None:
            star = self.text(node).rstrip().endswith("*")
            self.facts.imports.append(self.text(path) + (".*" if star else ""))

    def property(self, node: Node) -> None:
        """Note a property's type, or that of what it is given."""
        parts = written_children(node)
        at = next((i for i, one in enumerate(parts) if one.type.endswith("variable_declaration")), None)
        if at is None:
            return
        declared = parts[at]
        if at and parts[at - 1].type in _TYPES:
            name = child_of(declared, "identifier")
            if name is not None:
                self.facts.owners[name.start_byte] = self.type_of(parts[at - 1])
                self.own_types(name, child_of(node, "type_parameters"))
        given = UNKNOWN
        for one in parts[at + 1 :]:
            if one.type == "property_delegate":
                given = self.add("delegate", self.of(next(iter(written_children(one)), None)))
            elif one.type == "getter":
                given = self.body(one) if given == UNKNOWN else given
            elif one.type not in {"setter", "type_constraints"}:
                given = self.of(one)
        self.pattern(declared, given)

    def pattern(self, node: Node, given: int) -> None:
        """Note the types of what is declared by a name, or by several that take a value apart."""
        if node.type == "multi_variable_declaration":
            for number, one in enumerate(children_of(node, "variable_declaration")):
                self.pattern(one, self.add("part", given, number))
            return
        type_ = child_of(node, *_TYPES)
        self.declare(child_of(node, "identifier"), self.type_of(type_) if type_ is not None else given)

    def typed(self, node: Node) -> None:
        """Note a parameter's type."""
        number = self.type_of(child_of(node, *_TYPES))
        before = node.prev_named_sibling
        own = child_of(node, "modifiers")
        for modifiers in (own, before if before is not None and before.type == "parameter_modifiers" else None):
            if modifiers is not None and "vararg" in self.text(modifiers).split():
                number = self.add("array", number)
                self.may_miss(child_of(node, "identifier"), variadic=True)
        if any(one.type == "=" for one in (node.next_sibling, *node.children) if one is not None):
            self.may_miss(child_of(node, "identifier"))
        self.declare(child_of(node, "identifier"), number)

    def may_miss(self, name: Node | None, *, variadic: bool = False) -> None:
        """Note that a call may leave a parameter out."""
        if name is not None:
            self.facts.optional.setdefault(name.start_byte, variadic)

    def constructor(self, node: Node) -> None:
        """Note a secondary constructor's parameters: it is known by its keyword."""
        keyword = next((one for one in node.children if one.type == "constructor"), None)
        if keyword is not None:
            parameters = children_of(child_of(node, "function_value_parameters"), "parameter")
            names = [child_of(one, "identifier") for one in parameters]
            self.facts.parameters[keyword.start_byte] = [one.start_byte for one in names if one is not None]

    def delegated(self, node: Node) -> None:
        """Note which type's constructor `this(…)` or `super(…)` of a secondary one runs."""
        keyword, holder = next((one for one in node.children if one.type in {"this", "super"}), None), node.parent
        while holder is not None and holder.type not in _DEFINED:
            holder = holder.parent
        if keyword is None or holder is None:
            return
        made = self.add("self", self.name_place(holder))
        if keyword.type == "super":
            specifiers = children_of(child_of(holder, "delegation_specifiers"), "delegation_specifier")
            bases = [one for one in specifiers if child_of(one, "explicit_delegation") is None]
            made = self.base(bases[0]) if bases else UNKNOWN
        arguments = [self.of(written_children(one)[-1]) for one in self.values(node)]
        if made != UNKNOWN:
            self.facts.makes[keyword.start_byte] = [made, *arguments]

    def values(self, node: Node) -> list[Node]:
        """Return the arguments between a call's parentheses."""
        found = children_of(child_of(node, "value_arguments"), "value_argument")
        return [one for one in found if written_children(one)]

    def function(self, node: Node) -> None:
        """Note what a function takes and gives, and whose extension it is."""
        name = node.child_by_field_name("name")
        if name is None:
            return
        before = True
        receiver = given = None
        for one in written_children(node):
            if one.type == "function_value_parameters":
                before = False
            elif one.type in _TYPES and before:
                receiver = one
            elif one.type in _TYPES:
                given = one
        self.declare(name, self.type_of(given) if given is not None else self.body(node))
        parameters = children_of(child_of(node, "function_value_parameters"), "parameter")
        names = [child_of(one, "identifier") for one in parameters]
        self.facts.parameters[name.start_byte] = [one.start_byte for one in names if one is not None]
        self.own_types(name, child_of(node, "type_parameters"), child_of(node, "type_constraints"))
        if receiver is not None:
            self.facts.owners[name.start_byte] = self.type_of(receiver)

    def body(self, node: Node) -> int:
        """Return what a body that is one expression gives."""
        body = child_of(node, "function_body")
        inner = written_children(body)
        return self.of(inner[0]) if len(inner) == 1 and inner[0].type != "block" else UNKNOWN

    def own_types(self, name: Node, node: Node | None, constraints: Node | None = None) -> None:
        """Note type parameters, and the bounds of each, those behind `where` included."""
        places = []
        wanted: dict[str, list[int]] = {}
        for one in children_of(constraints, "type_constraint"):
            constrained = child_of(one, "identifier")
            if constrained is not None:
                wanted.setdefault(self.text(constrained), []).append(self.type_of(child_of(one, *_TYPES)))
        for one in children_of(node, "type_parameter"):
            spelled = child_of(one, "identifier")
            if spelled is not None:
                places.append(spelled.start_byte)
                written = child_of(one, *_TYPES)
                bounds = [self.type_of(written)] if written is not None else []
                bounds += wanted.get(self.text(spelled), [])
                if bounds:
                    self.declare(spelled, bounds[0] if len(bounds) == 1 else self.add("all", bounds))
        if places:
            self.facts.type_parameters[name.start_byte] = places

    def name_place(self, node: Node) -> int:
        """Return the place that a type is known by: its name's, or its beginning's if it has none."""
        name = node.child_by_field_name("name")
        return name.start_byte if name is not None else node.start_byte

    def defined(self, node: Node) -> None:
        """Note a type's parameters, primary constructor and bases."""
        place = self.name_place(node)
        name = node.child_by_field_name("name")
        if node.type == "object_literal":
            self.facts.anonymous.append(node.start_byte)
        elif name is not None:
            self.own_types(name, child_of(node, "type_parameters"), child_of(node, "type_constraints"))
        constructor = child_of(node, "primary_constructor")
        names = [
            child_of(one, "identifier")
            for one in children_of(child_of(constructor, "class_parameters"), "class_parameter")
        ]
        if constructor is not None:
            self.facts.parameters[place] = [one.start_byte for one in names if one is not None]
        bases = [self.base(one) for one in children_of(child_of(node, "delegation_specifiers"), "delegation_specifier")]
        if bases:
            self.facts.bases[place] = bases

    def base(self, node: Node) -> int:
        """Return one of the types that a type is made of."""
        inner = next(iter(written_children(node)), None)
        while inner is not None and inner.type not in _TYPES:
            inner = next(iter(written_children(inner)), None)
        return self.type_of(inner)

    def enum_entry(self, node: Node) -> None:
        """Note that an entry is one of its enum's instances."""
        holder = node.parent
        while holder is not None and holder.type != "class_declaration":
            holder = holder.parent
        name = child_of(node, "identifier")
        if holder is not None and name is not None:
            made = self.add("self", self.name_place(holder))
            self.declare(name, made)
            self.facts.makes[name.start_byte] = [
                made,
                *(self.of(written_children(one)[-1]) for one in self.values(node)),
            ]

    def lambda_parameters(self, node: Node) -> None:
        """Note what the parameters of a lambda are where no type is written."""
        function = node.parent
        names = written_children(node)
        for number, one in enumerate(names):
            if function is not None:
                self.pattern(one, self.argument(function, number, len(names)))

    def named_argument(self, node: Node) -> None:
        """Ask for the parameter that a named argument is for."""
        parts = written_children(node)
        if len(parts) != 2 or parts[0].type != "identifier":
            return
        list_ = node.parent
        holder = list_.parent if list_ is not None else None
        if holder is None:
            return
        if holder.type == "constructor_invocation":
            callee = self.type_of(child_of(holder, "user_type"))
        else:
            callee, _ = self.callee(holder)
        self.add("argument", callee, self.text(parts[0]), parts[0].start_byte)

    # -- lambdas ---------------------------------------------------------------------------------------

    def call_of(self, function: Node) -> tuple[Node, int | str] | None:
        """Return the call that a lambda is an argument of, and which argument it is.

        That is its number, its name, or minus the number of arguments if it stands behind the parentheses.
        """
        node = function
        around = node.parent
        while around is not None and around.type in {
            "annotated_lambda",
            "parenthesized_expression",
            "labeled_expression",
        }:
            node, around = around, around.parent
        if around is None:
            return None
        if around.type == "call_expression":
            return around, -len(self.passed(around))
        if around.type == "value_argument" and around.parent is not None and around.parent.parent is not None:
            parts = written_children(around)
            if len(parts) == 2 and parts[0].type == "identifier" and around.parent.parent.type == "call_expression":
                return around.parent.parent, self.text(parts[0])
            number = [one.id for one in children_of(around.parent, "value_argument")].index(around.id)
            call = around.parent.parent
            return (call, number) if call.type == "call_expression" else None
        return None

    def argument(self, function: Node, parameter: int, count: int) -> int:
        """Return what a parameter of a lambda is, by where the lambda stands."""
        found = self.call_of(function)
        if found is not None:
            call, number = found
            base, name = self.scope_function(call)
            if name in _TO_ARGUMENT:
                return base
            head, outer = self.head(call), self.call_of(call)
            if head is not None and outer is not None and self.text(head) in _COMPARATORS:
                sorted_ = self.head(outer[0])
                parts = written_children(sorted_)
                if len(parts) == 2:  # `list.sortedWith(compareBy { … })`
                    return self.add("element", self.of(parts[0]))
            callee, _ = self.callee(call)
            return self.add("lambda", callee, number, parameter, count)
        wanted = self.wanted(function)
        return self.add("taking", self.type_of(wanted), parameter) if wanted is not None else UNKNOWN

    def wanted(self, function: Node, depth: int = 0) -> Node | None:
        """Return the type that is written where a lambda stands: of what it is the value of, or what that gives."""
        around = function.parent
        if around is None or depth > _NESTED:
            return None
        if around.type in {"function_value_parameters", "class_parameter"}:
            return child_of(around if around.type == "class_parameter" else function.prev_named_sibling, *_TYPES)
        if around.type == "property_declaration":
            return child_of(child_of(around, "variable_declaration"), *_TYPES)
        if around.type == "function_body" and around.parent is not None:
            return self.given_type(around.parent)
        if around.type == "return_expression":
            holder = around.parent
            while holder is not None and holder.type not in {"function_declaration", "lambda_literal"}:
                holder = holder.parent
            return self.given_type(holder) if holder is not None else None
        if around.type == "lambda_literal" and written_children(around)[-1] == function:
            outer = self.wanted(around, depth + 1)
            while outer is not None and outer.type in {"nullable_type", "parenthesized_type"}:
                outer = next(iter(written_children(outer)), None)
            given = written_children(outer)[-1:] if outer is not None and outer.type == "function_type" else []
            return given[0] if given and given[0].type in _TYPES else None
        return None

    def given_type(self, function: Node) -> Node | None:
        """Return the type that a function is written to give."""
        if function.type != "function_declaration":
            return None
        parts = written_children(function)
        at = next((i for i, one in enumerate(parts) if one.type == "function_value_parameters"), len(parts))
        return next((one for one in parts[at:] if one.type in _TYPES), None)

    def receiver_of(self, function: Node) -> int:
        """Return the receiver that a lambda has, by where it stands."""
        found = self.call_of(function)
        if found is None:
            around = function.parent
            declared = child_of(around, "variable_declaration") if around is not None else None
            written = child_of(declared, *_TYPES)
            return self.add("taking", self.type_of(written), _RECEIVER) if written is not None else UNKNOWN
        call, number = found
        base, name = self.scope_function(call)
        if name in _TO_RECEIVER or name == "with":
            return base
        if name in _TO_ARGUMENT:
            return UNKNOWN
        callee, _ = self.callee(call)
        return self.add("extended", callee, number)

    def scope_function(self, call: Node) -> tuple[int, str]:
        """Return the value that a call of `let`, `apply` … is about, and the function's name, "" if it is another."""
        head = self.head(call)
        if head is None:
            return UNKNOWN, ""
        if head.type == "navigation_expression":
            parts = written_children(head)
            name = self.text(parts[-1])
            known = name in _TO_ARGUMENT or name in _TO_RECEIVER
            return (self.of(parts[0]), name) if known and len(parts) == 2 else (UNKNOWN, "")
        if head.type == "identifier" and self.text(head) == "with":
            passed = self.passed(call)
            return (self.of(passed[0]), "with") if len(passed) == 2 else (UNKNOWN, "")
        return UNKNOWN, ""

    def head(self, call: Node) -> Node | None:
        """Return what a call calls: `f` of `f(1) { … }`, which is a call of a call in the tree."""
        callee = next(iter(written_children(call)), None)
        if callee is not None and callee.type == "call_expression" and child_of(call, "value_arguments") is None:
            inner = next(iter(written_children(callee)), None)
            if child_of(callee, "annotated_lambda") is None:
                return inner
        return callee

    def passed(self, call: Node) -> list[Node]:
        """Return a call's arguments, a lambda behind it included."""
        callee = next(iter(written_children(call)), None)
        found = []
        lists = child_of(call, "value_arguments")
        if lists is None and callee is not None and callee.type == "call_expression":
            lists = child_of(callee, "value_arguments") if child_of(callee, "annotated_lambda") is None else None
        for one in children_of(lists, "value_argument"):
            found += written_children(one)[-1:]
        for behind in children_of(call, "annotated_lambda"):
            found += children_of(behind, "lambda_literal")
        return found

    def callee(self, call: Node) -> tuple[int, list[int]]:
        """Return what a call calls, and its arguments; the number of them chooses among members."""
        head = self.head(call)
        passed = self.passed(call)
        arguments = [self.of(one) for one in passed]
        if head is None:
            return UNKNOWN, arguments
        if head.type == "navigation_expression":
            parts = written_children(head)
            if len(parts) == 2:
                self.facts.calls[parts[1].start_byte] = arguments
                held = self.held(parts[1])
                if held is not None:
                    place = parts[1].start_byte
                    called = self.text(parts[1])
                    return self.add("member", self.of(parts[0]), called, place, len(passed), held), arguments
                return self.member(self.of(parts[0]), parts[1], len(passed)), arguments
        if head.type == "identifier":
            self.facts.calls[head.start_byte] = arguments
        return self.of(head), arguments

    def held(self, name: Node) -> int | None:
        """Return the place of the parameter or property around of a name: it may hold a function with a receiver."""
        text, inner, around = self.text(name), name, name.parent
        while around is not None:
            if around.type in {"function_declaration", "anonymous_function"}:
                place = self.parameter_named(child_of(around, "function_value_parameters"), text)
                if place is not None:
                    return place
            elif around.type in _DEFINED:
                constructor = child_of(around, "primary_constructor")
                return self.parameter_named(child_of(constructor, "class_parameters"), text)
            elif around.type == "block":
                for one in children_of(around, "property_declaration"):
                    declared = child_of(child_of(one, "variable_declaration"), "identifier")
                    if one.start_byte < inner.start_byte and declared is not None and self.text(declared) == text:
                        return declared.start_byte
            inner, around = around, around.parent
        return None

    def implicit(self, node: Node) -> None:
        """Ask for a bare name as a member of the receivers of the lambdas around."""
        around = node.parent
        if around is None or around.type in {"variable_declaration", "parameter", "user_type", "type_parameter"}:
            return
        if around.type == "navigation_expression" and written_children(around)[0] != node:
            return
        if around.type == "value_argument" and len(written_children(around)) == 2 and around.named_child(0) == node:
            return
        arity = ANY
        if around.type == "call_expression" and around.named_child(0) == node:
            outer = around.parent
            call = around
            if outer is not None and outer.type == "call_expression" and self.head(outer) == node:
                call = outer
            arity = len(self.passed(call))
        text = self.text(node)
        asked = [
            self.add("within", receiver, text, arity)
            for function in self.lambdas_around(node)
            if (receiver := self.receiver_of(function)) != UNKNOWN
        ]
        seen = self.checked(node, "this") if self.checks_this else None
        if seen is not None:
            asked.append(self.add("within", self.type_of(seen), text, arity))
        extended = self.declaration_around(node)
        if extended is not None:
            asked.append(self.add("within", self.type_of(extended), text, arity))
        if around.type == "callable_reference" and around.named_child_count == 1:  # `::method` of what is around
            holder = around.parent
            while holder is not None:
                if holder.type in _DEFINED or holder.type == "object_literal":
                    asked.append(self.add("within", self.add("self", self.name_place(holder)), text, ANY))
                holder = holder.parent
        if arity != ANY:  # a base outside may have what is called
            holder = node.parent
            while holder is not None and holder.type not in _DEFINED:
                holder = holder.parent
            if child_of(holder, "delegation_specifiers") is not None and holder is not None:
                asked.append(self.add("bare", text, arity, self.name_place(holder)))
        place = self.parameter_seen(node, text) if arity == ANY else None
        if place is not None:
            asked.append(self.add("placed", place))
        if asked:
            self.facts.implicit[node.start_byte] = asked

    def declaration_around(self, node: Node) -> Node | None:
        """Return the type that the property or function around a name extends."""
        around = node.parent
        while around is not None and around.type not in {"property_declaration", "function_declaration", *_DEFINED}:
            around = around.parent
        if around is None or around.type in _DEFINED or around.parent is None:
            return None
        local = around.type == "property_declaration" and around.parent.type in {"block", "lambda_literal"}
        return self.declaration_around(around) if local else self.receiver_type(around)

    def parameter_seen(self, node: Node, text: str) -> int | None:
        """Return the parameter that a name means outside of a function's body.

        That is one of the list that it is a default in, or one of the primary constructor in a type's initializers and
        bases.
        """
        inner, around = node, node.parent
        while around is not None and around.type not in _CLOSED:
            if around.type in {"function_value_parameters", "class_parameters"}:
                return self.parameter_named(around, text)
            if around.type in _DEFINED and inner.type in {"class_body", "enum_class_body", "delegation_specifiers"}:
                place = self.parameter_named(
                    child_of(child_of(around, "primary_constructor"), "class_parameters"), text
                )
                if place is not None or inner.type != "delegation_specifiers":
                    return place
            inner, around = around, around.parent
        return None

    def parameter_named(self, list_: Node | None, text: str) -> int | None:
        """Return the place of a list's parameter of a name."""
        for one in children_of(list_, "parameter", "class_parameter"):
            name = child_of(one, "identifier")
            if name is not None and self.text(name) == text:
                return name.start_byte
        return None

    def lambdas_around(self, node: Node) -> Iterator[Node]:
        """Yield the lambdas around a node, the innermost first, up to the function they are in."""
        around = node.parent
        while around is not None and around.type not in _STOPS:
            if around.type == "lambda_literal":
                yield around
            around = around.parent

    # -- expressions -----------------------------------------------------------------------------------

    def expression(self, node: Node) -> Expression | int:
        """Return what a node is."""
        kind = node.type
        if kind == "identifier":
            return self.name(node)
        if kind in _LITERALS:
            return "primitive", _LITERALS[kind]
        if kind == "number_literal":
            return "primitive", "long" if self.text(node).endswith("L") else "int"
        if kind == "this_expression":
            return self.this(node)
        if kind == "super_expression":
            return self.super_(node)
        if kind == "navigation_expression":
            parts = written_children(node)
            if len(parts) != 2 or parts[1].type != "identifier" or self.text(parts[1]) == "class":
                return UNKNOWN
            if any(one.type == "::" for one in node.children):
                return "function", [], self.add("call", self.member(self.of(parts[0]), parts[1]), [])
            return self.member(self.of(parts[0]), parts[1])
        if kind == "range_expression":
            ends = written_children(node)
            sign = next((one.type for one in node.children if not one.is_named), "")
            return ("range", *map(self.of, ends), _RANGES.get(sign, "rangeTo")) if len(ends) == 2 else UNKNOWN
        if kind == "callable_reference":
            named = self.of(written_children(node)[-1])
            return "function", [], self.add("call", named, []) if named != UNKNOWN else UNKNOWN
        if kind == "call_expression":
            return self.call(node)
        if kind == "infix_expression":
            return self.infix(node)
        if kind == "index_expression":
            return "indexed", self.of(next(iter(written_children(node)), None))
        if kind == "unary_expression":
            of, sign = self.of(node.child_by_field_name("argument")), node.children[0].type
            return ("operator", of, UNKNOWN, _SIGNS[sign]) if sign in _SIGNS else of
        if kind == "binary_expression":
            return self.binary(node)
        if kind == "as_expression":
            return self.type_of(node.child_by_field_name("right"))
        if kind in {"is_expression", "in_expression"}:
            return "primitive", "boolean"
        if kind in {"if_expression", "when_expression", "try_expression"}:
            return self.branches(node)
        if kind in {"block", "control_structure_body", "when_entry", "catch_block"}:
            inner = written_children(node)
            return self.of(inner[-1]) if inner else UNKNOWN
        if kind in {"parenthesized_expression", "labeled_expression", "annotated_expression", "annotated_lambda"}:
            inner = written_children(node)
            return self.of(inner[-1]) if inner else UNKNOWN
        if kind == "lambda_literal":
            return self.lambda_(node)
        if kind == "anonymous_function":
            types = [self.type_of(child_of(one, *_TYPES)) for one in self.parameters(node)]
            given = child_of(node, *_TYPES)
            return "function", types, self.type_of(given) if given is not None else self.body(node)
        if kind == "object_literal":
            return "self", node.start_byte
        if kind in _TYPES:
            return self.written(node)
        return UNKNOWN

    def parameters(self, node: Node) -> list[Node]:
        """Return a function's parameters."""
        return children_of(child_of(node, "function_value_parameters"), "parameter")

    def name(self, node: Node) -> Expression | int:
        """Return what a name is: `it` of the lambda around, what a check says that it is, or what is declared."""
        text = self.text(node)
        if text in {"true", "false"}:
            return "primitive", "boolean"
        if text == "it":
            if self.find_it(node):
                chain = [function for function in self.lambdas_around(node) if may_have_it(function)]
                return "it", tuple(self.argument(function, 0, 1) for function in chain), node.start_byte
            for function in self.lambdas_around(node):
                if child_of(function, "lambda_parameters") is None:
                    given = self.argument(function, 0, 1)
                    if given != UNKNOWN:
                        return given
        checked = self.checked(node, text)
        if checked is not None and child_of(checked, "type_arguments") is not None:
            return self.type_of(checked)
        holder = node.parent
        while holder is not None and holder.type not in _DEFINED:
            holder = holder.parent
        inherits = holder is not None and child_of(holder, "delegation_specifiers") is not None
        around = (self.name_place(holder),) if inherits and holder is not None else ()  # a base's member, maybe
        plain = self.add("maybe", self.add("name", node.start_byte, *around), node.start_byte)
        if checked is not None:
            return "seen", self.type_of(checked), plain
        enum = self.enum_around(node) if text == "entries" else None
        if enum is not None:
            return "either", plain, self.add("array", self.add("self", self.name_place(enum)))
        return plain

    def enum_around(self, node: Node) -> Node | None:
        """Return the enum that a node stands in."""
        around = node.parent
        while around is not None and child_of(around, "enum_class_body") is None:
            around = around.parent
        return around

    def this(self, node: Node) -> Expression | int:
        """Return the receiver that `this` means."""
        label = child_of(node, "identifier")
        wanted = self.text(label) if label is not None else ""
        around = node.parent
        found: list[int] = []
        while around is not None:
            if around.type in _DEFINED or around.type == "object_literal":
                name = around.child_by_field_name("name")
                if not wanted or (name is not None and self.text(name) == wanted):
                    found.append(self.add("self", self.name_place(around)))
                    if label is not None:
                        self.add("around", self.name_place(around), wanted, label.start_byte)
                    break
            elif around.type in {"function_declaration", "property_declaration"}:
                receiver = self.receiver_type(around)
                name = around.child_by_field_name("name")
                if receiver is not None and (not wanted or (name is not None and self.text(name) == wanted)):
                    found.append(self.type_of(receiver))
                    break
            elif around.type == "lambda_literal":
                call = self.call_of(around)
                head = self.head(call[0]) if call is not None else None
                called = self.text(written_children(head)[-1] if head.child_count else head) if head is not None else ""
                given = self.receiver_of(around) if not wanted or called == wanted else UNKNOWN
                found += [given] if given != UNKNOWN else []
            around = around.parent
        number = UNKNOWN
        for one in reversed(found):
            number = one if number == UNKNOWN else self.add("either", one, number)
        return number

    def receiver_type(self, node: Node) -> Node | None:
        """Return the type that a declaration extends."""
        for one in written_children(node):
            if one.type in _TYPES:
                return one
            if one.type in {"function_value_parameters", "variable_declaration", "multi_variable_declaration"}:
                return None
        return None

    def super_(self, node: Node) -> Expression | int:
        """Return the base that `super` means."""
        named = child_of(node, *_TYPES)
        if named is not None:
            return self.type_of(named)
        around = node.parent
        while around is not None and around.type not in _DEFINED and around.type != "object_literal":
            around = around.parent
        bases = children_of(child_of(around, "delegation_specifiers"), "delegation_specifier")
        return self.base(bases[0]) if bases else UNKNOWN

    def call(self, node: Node) -> Expression | int:
        """Return what a call gives."""
        base, name = self.scope_function(node)
        callee, arguments = self.callee(node)
        if name in _GIVING_BACK:
            return base
        if name:
            passed = self.passed(node)
            if passed and passed[-1].type == "callable_reference":
                return "call", arguments[-1], []
            return self.last(passed[-1]) if passed and passed[-1].type == "lambda_literal" else UNKNOWN
        explicit = [
            self.type_of(child_of(one, *_TYPES))
            for holder in (node, *children_of(node, "call_expression"))
            for one in children_of(child_of(holder, "type_arguments"), "type_projection")
        ]
        head = self.head(node)
        called = self.text(head) if head is not None and head.type == "identifier" else ""
        if called in _BUILDERS and not explicit:
            passed = self.passed(node)
            handed = self.handed(passed[-1], _BUILDERS[called]) if passed else UNKNOWN
            if handed != UNKNOWN:
                return "either", self.add("call", callee, arguments), self.add("array", handed)
        if called in _OF_ENUMS and len(arguments) == _OF_ENUMS[called]:
            enum = self.enum_around(node) if not explicit else None
            constant = (
                explicit[0] if explicit else self.add("self", self.name_place(enum)) if enum is not None else None
            )
            if constant is not None:
                given = constant if arguments else self.add("array", constant)
                return "either", self.add("call", callee, arguments), given
        if called in _NOT_NULL and arguments:
            return "either", self.add("call", callee, arguments), arguments[0]
        if (
            explicit
            and head is not None
            and self.text(written_children(head)[-1] if head.child_count else head) == ("filterIsInstance")
        ):
            return "array", explicit[0]
        return ("call", callee, arguments, explicit) if explicit else ("call", callee, arguments)

    def handed(self, function: Node, name: str) -> int:
        """Return what the statements of a lambda first hand to a function of a name."""
        inner = [one for one in written_children(function) if one.type == "call_expression"]
        for one in inner:
            passed = self.passed(one)
            if len(passed) == 1 and self.text(written_children(one)[0]) == name:
                return self.of(passed[0])
        return UNKNOWN

    def infix(self, node: Node) -> Expression | int:
        """Return what `a name b` gives."""
        parts = written_children(node)
        if len(parts) != 3:
            return UNKNOWN
        if self.text(parts[1]) == "to":
            return "pair", self.of(parts[0]), self.of(parts[2])
        return "call", self.member(self.of(parts[0]), parts[1], 1), [self.of(parts[2])]

    def binary(self, node: Node) -> Expression | int:
        """Return what an operator gives."""
        operator = node.child_by_field_name("operator")
        text = operator.type if operator is not None else next((c.type for c in node.children if not c.is_named), "")
        if text in _COMPARING:
            return "primitive", "boolean"
        left, right = (self.of(node.child_by_field_name(name)) for name in ("left", "right"))
        if text in _OPERATORS:
            return "operator", left, right, _OPERATORS[text]
        return "either", left, right

    def branches(self, node: Node) -> Expression | int:
        """Return what one of several branches gives that is known."""
        condition = node.child_by_field_name("condition")
        number = UNKNOWN
        for one in reversed(written_children(node)):
            if one != condition and one.type not in {"when_subject", "finally_block", "label"}:
                given = self.of(one)
                if given != UNKNOWN:
                    number = given if number == UNKNOWN else self.add("either", given, number)
        return number

    def lambda_(self, node: Node) -> Expression | int:
        """Return the function that a lambda is."""
        declared = children_of(child_of(node, "lambda_parameters"), "variable_declaration")
        types = [self.type_of(child_of(one, *_TYPES)) for one in declared]
        return "function", types, self.last(node)

    def last(self, function: Node) -> int:
        """Return what a lambda gives: its last expression."""
        inner = [one for one in written_children(function) if one.type != "lambda_parameters"]
        return self.of(inner[-1]) if inner else UNKNOWN

    # -- checks ----------------------------------------------------------------------------------------

    def checked(self, node: Node, text: str) -> Node | None:
        """Return the type that a check around or before a name says that it has."""
        inner, around = node, node.parent
        while around is not None and around.type not in _STOPS:
            found: Node | None = None
            if around.type == "when_entry":
                found = self.branch_type(around, inner, text)
            elif around.type == "while_statement" and around.child_by_field_name("condition") != inner:
                found = self.says(around.child_by_field_name("condition"), text, holds=True)
            elif around.type == "if_expression" and around.child_by_field_name("condition") != inner:
                parts = [one for one in written_children(around) if one != around.child_by_field_name("condition")]
                first = bool(parts) and parts[0] == inner
                found = self.says(around.child_by_field_name("condition"), text, holds=first)
            elif around.type == "binary_expression" and around.child_by_field_name("right") == inner:
                both = any(one.type == "&&" for one in around.children)
                either = any(one.type == "||" for one in around.children)
                if both or either:
                    found = self.says(around.child_by_field_name("left"), text, holds=both)
            elif around.type in {"block", "lambda_literal"}:
                found = self.left_before(around, inner, text)
            if found is not None:
                return found
            inner, around = around, around.parent
        return None

    def branch_type(self, entry: Node, inner: Node, text: str) -> Node | None:
        """Return the type that a branch of a `when` is for, if a name is what is asked."""
        conditions = entry.children_by_field_name("condition")
        if inner in conditions or len(conditions) != 1:
            return None
        holder = entry.parent
        subject = child_of(holder, "when_subject")
        if subject is None:
            return self.says(conditions[0], text, holds=True)
        declared = child_of(child_of(subject, "variable_declaration"), "identifier")
        asked = declared if declared is not None else written_children(subject)[-1]
        same = asked.type in _ASKED and self.text(asked) == text
        return child_of(conditions[0], *_TYPES) if same and conditions[0].type == "type_test" else None

    def says(self, condition: Node | None, text: str, *, holds: bool) -> Node | None:
        """Return the type that a condition says a name has, if the condition holds or if it does not."""
        if condition is None:
            return None
        if condition.type == "parenthesized_expression":
            return self.says(next(iter(written_children(condition)), None), text, holds=holds)
        if condition.type == "is_expression":
            left = condition.child_by_field_name("left")
            negated = any(one.type == "!is" for one in condition.children)
            same = left is not None and left.type in _ASKED and self.text(left) == text
            return condition.child_by_field_name("right") if same and negated != holds else None
        if condition.type == "binary_expression":
            operator = "&&" if holds else "||"
            if any(one.type == operator for one in condition.children):
                for side in ("left", "right"):
                    found = self.says(condition.child_by_field_name(side), text, holds=holds)
                    if found is not None:
                        return found
        return None

    def left_before(self, block: Node, inner: Node, text: str) -> Node | None:
        """Return the type that a name has because the block was left where it has another: `if (x !is T) return`."""
        for one in written_children(block):
            if one.start_byte >= inner.start_byte:
                return None
            if one.type == "as_expression":
                cast = one.child_by_field_name("left")
                sure = any(part.type == "as" for part in one.children)
                if sure and cast is not None and cast.type in _ASKED and self.text(cast) == text:
                    return one.child_by_field_name("right")
            if one.type == "call_expression" and self.text(written_children(one)[0]) in _CLAIMS:
                claimed = self.passed(one)
                found = self.says(claimed[0], text, holds=True) if claimed else None
                if found is not None:
                    return found
            if one.type != "if_expression":
                continue
            condition = one.child_by_field_name("condition")
            parts = [part for part in written_children(one) if part != condition]
            if len(parts) != 1:
                continue
            last = parts[0]
            if last.type == "block":
                last = (written_children(last) or [last])[-1]
            jump = last.type == "labeled_expression" and self.text(last).startswith(("break", "continue"))
            if last.type in _LEAVING or jump or self.text(last) in {"break", "continue"}:
                found = self.says(condition, text, holds=False)
                if found is not None:
                    return found
        return None

    # -- types -----------------------------------------------------------------------------------------

    def written(self, node: Node) -> Expression | int:
        """Return what a type node is."""
        kind = node.type
        if kind == "user_type":
            names = children_of(node, "identifier")
            arguments = children_of(child_of(node, "type_arguments"), "type_projection")
            if not names:
                return UNKNOWN
            given = [self.type_of(child_of(one, *_TYPES)) for one in arguments]
            if self.text(names[-1]) == "Array" and len(given) == 1:
                return "array", given[0]
            return self.named(names[-1], given)
        if kind in {"nullable_type", "parenthesized_type", "non_nullable_type"}:
            return self.type_of(child_of(node, *_TYPES))
        if kind == "function_type":
            list_ = child_of(node, "function_type_parameters")
            taken = [
                self.type_of(child_of(one, *_TYPES) if one.type == "parameter" else one)
                for one in written_children(list_)
            ]
            types = children_of(node, *_TYPES)
            result = self.type_of(types[-1]) if types else UNKNOWN
            if len(types) > 1:
                return "receiving", taken, result, self.type_of(types[0])
            return "function", taken, result
        return UNKNOWN
