"""Java: how its nodes say which types values have."""

from __future__ import annotations

from typing import Final

from codegraph_plugins.stages.occurrences.values import library
from codegraph_plugins.stages.occurrences.values.expressions import (
    UNKNOWN,
    Expression,
    Node,
    Reader,
    child_of,
    children_of,
    written_children,
)

_TYPES: Final = frozenset({
    "type_identifier", "generic_type", "scoped_type_identifier", "array_type", "integral_type", "floating_point_type",
    "boolean_type", "void_type", "annotated_type", "wildcard", "catch_type",
})  # fmt: skip
_DEFINED: Final = frozenset({
    "class_declaration", "interface_declaration", "record_declaration", "enum_declaration",
    "annotation_type_declaration",
})  # fmt: skip
_LITERALS: Final = {
    "string_literal": "String",
    "decimal_integer_literal": "int",
    "hex_integer_literal": "int",
    "octal_integer_literal": "int",
    "binary_integer_literal": "int",
    "decimal_floating_point_literal": "double",
    "hex_floating_point_literal": "double",
    "true": "boolean",
    "false": "boolean",
    "character_literal": "char",
    "class_literal": "Class",
}
_COMPARING: Final = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})


class JavaReader(Reader):
    """Reads Java."""

    # -- declarations ----------------------------------------------------------------------------------

    def look(self, node: Node) -> None:
        """Note what a node declares or asks for."""
        kind = node.type
        if kind in {"field_declaration", "local_variable_declaration", "constant_declaration"}:
            for one in children_of(node, "variable_declarator"):
                self.variable(one, node.child_by_field_name("type"), one.child_by_field_name("value"))
        elif kind in {"formal_parameter", "resource", "catch_formal_parameter"}:
            type_ = node.child_by_field_name("type") or child_of(node, "catch_type")
            self.variable(node, type_, node.child_by_field_name("value"))
        elif kind == "spread_parameter":
            type_ = child_of(node, *_TYPES)
            inner = child_of(node, "variable_declarator")
            if type_ is not None and inner is not None:
                self.declare(inner.child_by_field_name("name"), self.add("array", self.type_of(type_)))
        elif kind == "enhanced_for_statement":
            type_ = node.child_by_field_name("type")
            inferred = self.add("element", self.of(node.child_by_field_name("value")))
            self.declare(node.child_by_field_name("name"), inferred if self.is_var(type_) else self.type_of(type_))
        elif kind == "instanceof_expression":
            self.declare(node.child_by_field_name("name"), self.type_of(node.child_by_field_name("right")))
        elif kind == "type_pattern":
            parts = written_children(node)
            if len(parts) > 1:
                self.declare(parts[-1], self.type_of(parts[-2]))
        elif kind == "record_pattern":
            self.record_pattern(node)
        elif kind in {"method_declaration", "annotation_type_element_declaration"}:
            self.function(node)
            self.declare(node.child_by_field_name("name"), self.type_of(node.child_by_field_name("type")))
        elif kind == "constructor_declaration":
            self.function(node)
        elif kind in _DEFINED:
            self.defined(node)
        elif kind == "enum_constant":
            holder = node.parent
            while holder is not None and holder.type != "enum_declaration":
                holder = holder.parent
            name = holder.child_by_field_name("name") if holder is not None else None
            own = node.child_by_field_name("name")
            if name is not None and own is not None:
                made = self.add("self", name.start_byte)
                self.declare(own, made)
                self.facts.makes[own.start_byte] = [made, *self.arguments(node)]
        elif kind == "explicit_constructor_invocation":
            keyword = node.child_by_field_name("constructor")
            if keyword is not None:
                self.facts.makes[keyword.start_byte] = [self.of(keyword), *self.arguments(node)]
        elif kind == "lambda_expression":
            self.lambda_parameters(node)
        elif kind in {"field_access", "method_invocation", "method_reference", "object_creation_expression"}:
            self.of(node)
            self.without_name(node)
        elif kind == "switch_label":
            self.switch_label(node)
        elif kind == "element_value_pair":
            self.element(node)
        elif kind == "package_declaration":
            self.facts.package = self.text(written_children(node)[-1])

    def variable(self, node: Node, type_: Node | None, value: Node | None) -> None:
        """Note a variable's type."""
        name = node.child_by_field_name("name")
        if type_ is None or name is None:
            return
        if self.is_var(type_):
            self.declare(name, self.of(value))
            return
        number = self.type_of(type_)
        for _ in range(self.text(node).count("[") if child_of(node, "dimensions") is not None else 0):
            number = self.add("array", number)
        self.declare(name, number)

    def is_var(self, node: Node | None) -> bool:
        """Say whether a type is `var`."""
        return node is not None and node.type == "type_identifier" and self.text(node) == "var"

    def record_pattern(self, node: Node) -> None:
        """Note the types of what a record's pattern takes apart with `var`."""
        parts = written_children(node)
        if len(parts) < 2:
            return
        record = self.pattern_type(parts[0])
        for number, part in enumerate(written_children(parts[-1])):
            if part.type == "record_pattern_component":
                inner = written_children(part)
                if len(inner) > 1:
                    var = self.is_var(inner[-2])
                    self.declare(inner[-1], self.add("part", record, number) if var else self.type_of(inner[-2]))

    def pattern_type(self, node: Node) -> int:
        """Return the type that a record's pattern names: the grammar reads it as a plain name."""
        if node.type == "identifier":
            return self.add(*self.named(node))
        return self.type_of(node)

    def function(self, node: Node) -> None:
        """Note a method's or constructor's parameters."""
        name = node.child_by_field_name("name")
        if name is None:
            return
        names = []
        for one in written_children(node.child_by_field_name("parameters")):
            inner = child_of(one, "variable_declarator") if one.type == "spread_parameter" else one
            spelled = inner.child_by_field_name("name") if inner is not None else None
            if spelled is not None:
                names.append(spelled.start_byte)
                if one.type == "spread_parameter":
                    self.facts.optional[spelled.start_byte] = True
        self.facts.parameters[name.start_byte] = names
        self.own_types(name, child_of(node, "type_parameters"))

    def own_types(self, name: Node, node: Node | None) -> None:
        """Note type parameters, and the bounds of each."""
        places = []
        for one in children_of(node, "type_parameter"):
            spelled = child_of(one, "type_identifier")
            if spelled is None:
                continue
            places.append(spelled.start_byte)
            bound = child_of(one, "type_bound")
            if bound is not None:
                self.declare(spelled, self.type_of(written_children(bound)[0]))
        if places:
            self.facts.type_parameters[name.start_byte] = places

    def defined(self, node: Node) -> None:
        """Note a type's parameters, components and bases."""
        name = node.child_by_field_name("name")
        if name is None:
            return
        self.own_types(name, node.child_by_field_name("type_parameters"))
        bases: list[int] = []
        for child in node.named_children:
            if child.type in {"superclass", "super_interfaces", "extends_interfaces"}:
                lists = children_of(child, "type_list")
                written = [one for list_ in lists for one in written_children(list_)] or written_children(child)
                bases += [self.type_of(one) for one in written]
        if bases:
            self.facts.bases[name.start_byte] = bases
        if node.type == "record_declaration":
            self.function(node)

    def without_name(self, node: Node) -> None:
        """Note the type that `new Base() { … }` defines, and its base."""
        body = child_of(node, "class_body") if node.type == "object_creation_expression" else None
        if body is not None:
            self.facts.anonymous.append(body.start_byte)
            self.facts.bases[body.start_byte] = [self.type_of(node.child_by_field_name("type"))]

    def lambda_parameters(self, node: Node) -> None:
        """Note what the parameters of a lambda are where no type is written."""
        parameters = node.child_by_field_name("parameters")
        if parameters is None or parameters.type == "formal_parameters":
            return
        names = [parameters] if parameters.type == "identifier" else children_of(parameters, "identifier")
        for number, name in enumerate(names):
            self.declare(name, self.wanted(node, number, len(names)))

    def wanted(self, node: Node, parameter: int, count: int) -> int:
        """Return the type of a lambda's parameter, by where the lambda stands."""
        around = node.parent
        while around is not None and around.type in {"parenthesized_expression", "ternary_expression"}:
            node, around = around, around.parent
        if around is None:
            return UNKNOWN
        if around.type == "argument_list" and around.parent is not None:
            stream = self.gone_through(around.parent)
            if stream is not None:
                return self.add("element", self.of(stream))
            number = [one.id for one in written_children(around)].index(node.id)
            return self.add("lambda", self.callee(around.parent), number, parameter, count)
        type_ = UNKNOWN
        if around.type == "variable_declarator" and around.parent is not None:
            type_ = self.type_of(around.parent.child_by_field_name("type"))
        elif around.type == "assignment_expression":
            type_ = self.of(around.child_by_field_name("left"))
        elif around.type == "cast_expression":
            type_ = self.type_of(around.child_by_field_name("type"))
        elif around.type == "return_statement":
            holder = around.parent
            while holder is not None and holder.type not in {"method_declaration", "lambda_expression"}:
                holder = holder.parent
            if holder is not None and holder.type == "method_declaration":
                type_ = self.type_of(holder.child_by_field_name("type"))
        return self.add("taking", type_, parameter)

    def switch_label(self, node: Node) -> None:
        """Ask for the constants of the enum that a switch goes by."""
        block = node.parent
        while block is not None and block.type != "switch_block":
            block = block.parent
        switch = block.parent if block is not None else None
        condition = switch.child_by_field_name("condition") if switch is not None else None
        for name in children_of(node, "identifier") if condition is not None else ():
            self.member(self.of(condition), name)

    def element(self, node: Node) -> None:
        """Ask for an annotation's element."""
        key = node.child_by_field_name("key")
        list_ = node.parent
        annotation = list_.parent if list_ is not None else None
        name = annotation.child_by_field_name("name") if annotation is not None else None
        if key is not None and name is not None:
            self.member(self.type_of(name), key, 0)

    # -- expressions -----------------------------------------------------------------------------------

    def expression(self, node: Node) -> Expression | int:
        """Return what a node is."""
        kind = node.type
        if kind == "identifier":
            return self.bare_name(node)
        if kind in _LITERALS:
            suffixed = kind.endswith(("integer_literal", "point_literal")) and not kind.startswith("hex_floating")
            last = self.text(node)[-1:].lower() if suffixed else ""
            is_float = last == "f" and not kind.startswith("hex")
            return "primitive", "long" if last == "l" else "float" if is_float else _LITERALS[kind]
        if kind in {"this", "super"}:
            return self.receiver(node)
        if kind == "field_access":
            return self.field_access(node)
        if kind in {"method_invocation", "object_creation_expression", "explicit_constructor_invocation"}:
            return self.call(node)
        if kind == "method_reference":
            return self.method_reference(node)
        if kind == "array_access":
            return "element", self.of(node.child_by_field_name("array"))
        if kind == "array_creation_expression":
            return self.new_array(node)
        if kind == "parenthesized_expression":
            return self.of(next(iter(written_children(node)), None))
        if kind == "cast_expression":
            return self.type_of(node.child_by_field_name("type"))
        if kind == "ternary_expression":
            sides = (node.child_by_field_name(name) for name in ("consequence", "alternative"))
            return ("either", *map(self.of, sides))
        if kind == "assignment_expression":
            return self.of(node.child_by_field_name("left"))
        if kind == "binary_expression":
            return self.binary(node)
        if kind == "instanceof_expression":
            return "primitive", "boolean"
        if kind in {"unary_expression", "update_expression"}:
            return self.of(written_children(node)[-1])
        if kind == "lambda_expression":
            return self.lambda_(node)
        if kind == "switch_expression":
            return self.switch(node)
        if kind in _TYPES:
            return self.written(node)
        return UNKNOWN

    def receiver(self, node: Node) -> Expression | int:
        """Return `this` or `super` of the type around."""
        around = node.parent
        while around is not None and around.type not in _DEFINED and around.type != "class_body":
            around = around.parent
        if around is not None and around.type == "class_body":
            holder = around.parent
            if holder is None or holder.type not in _DEFINED:
                return UNKNOWN  # an anonymous class: the link engine knows what its receiver has
            around = holder
        name = around.child_by_field_name("name") if around is not None else None
        if name is None:
            return UNKNOWN
        if node.type == "this":
            return "self", name.start_byte
        base = around.child_by_field_name("superclass") if around is not None else None
        return self.type_of(written_children(base)[0]) if base is not None else UNKNOWN

    def field_access(self, node: Node) -> Expression | int:
        """Return a field, or the type around that `Outer.this` means."""
        target, name = node.child_by_field_name("object"), node.child_by_field_name("field")
        if target is None or name is None:
            return UNKNOWN
        if name.type == "this":
            return "meant", self.of(target)
        return self.member(self.of(target), name)

    def call(self, node: Node) -> Expression | int:
        """Return what a call gives."""
        if node.type == "object_creation_expression":
            type_ = node.child_by_field_name("type")
            if type_ is None:
                return UNKNOWN
            holder = next((one for one in node.named_children if one.type not in _TYPES), None)
            number = self.type_of(type_)
            if holder is not None and holder.start_byte < type_.start_byte and type_.type == "type_identifier":
                inner = self.member(self.of(holder), type_)  # `outer.new Inner()`
                number = self.add("either", number, self.add("meant", inner))
            body = child_of(node, "class_body")
            if body is not None:
                return "self", body.start_byte
            arguments = self.arguments(node)
            name = self.name_of(type_)
            if name is not None:
                self.facts.makes[name.start_byte] = [UNKNOWN, *arguments]
            return "made", number, arguments
        if node.type == "explicit_constructor_invocation":
            return UNKNOWN
        collected = self.collected(node)
        if collected is not None:
            return collected
        explicit = [self.type_of(one) for one in written_children(child_of(node, "type_arguments"))]
        called = ("call", self.callee(node), self.arguments(node))
        return (*called, explicit) if explicit else called

    def collected(self, node: Node) -> Expression | None:
        """Return what `stream.collect(Collectors.…)` gives, None for another call."""
        name, stream = node.child_by_field_name("name"), node.child_by_field_name("object")
        passed = written_children(node.child_by_field_name("arguments"))
        if name is None or stream is None or len(passed) != 1 or self.text(name) != "collect":
            return None
        made = passed[0].child_by_field_name("name") if passed[0].type == "method_invocation" else None
        if made is None or self.text(made) not in library.COLLECTORS:
            return None
        self.callee(node)
        return "collected", self.of(stream), self.text(made), self.arguments(passed[0])

    def gone_through(self, call: Node) -> Node | None:
        """Return the stream or collection whose elements a collector or a comparator takes that is made there."""
        name = call.child_by_field_name("name")
        made = self.text(name) if name is not None else ""
        if made not in library.COLLECTORS and made not in library.COMPARATORS:
            return None
        while call.parent is not None and call.parent.child_by_field_name("object") == call:
            call = call.parent  # `comparing(…).reversed()`
        taking = call.parent.parent if call.parent is not None and call.parent.type == "argument_list" else None
        return taking.child_by_field_name("object") if taking is not None else None

    def callee(self, node: Node) -> int:
        """Return what a call calls."""
        if node.type == "object_creation_expression":
            return self.type_of(node.child_by_field_name("type"))
        target, name = node.child_by_field_name("object"), node.child_by_field_name("name")
        if name is None:
            return UNKNOWN
        arguments = self.arguments(node)
        self.facts.calls[name.start_byte] = arguments
        if target is None:
            self.facts.implicit[name.start_byte] = [
                self.add("bare", self.text(name), len(arguments), *self.around(node))
            ]
            return self.add(*self.bare_name(name))
        base = self.of(target)
        if target.type == "identifier" and self.text(target) in library.CLASSES:  # what `import java.util.*` may bring
            base = self.add("either", base, self.add("library", self.text(target)))
        return self.member(base, name, len(arguments))

    def bare_name(self, name: Node) -> Expression:
        """Return what a name means; where the type around has a base, it may be a member of that."""
        holder = name.parent
        while holder is not None and holder.type not in _DEFINED:
            holder = holder.parent
        base = holder.child_by_field_name("superclass") if holder is not None else None
        around = holder.child_by_field_name("name") if holder is not None and base is not None else None
        return ("name", name.start_byte) if around is None else ("name", name.start_byte, around.start_byte)

    def around(self, node: Node) -> list[int]:
        """Return the types around a node, from the inside out, as places of their names."""
        found = []
        holder = node.parent
        while holder is not None:
            if holder.type in _DEFINED:
                name = holder.child_by_field_name("name")
                found += [name.start_byte] if name is not None else []
            holder = holder.parent
        return found

    def arguments(self, node: Node) -> list[int]:
        """Return a call's arguments."""
        return [self.of(one) for one in written_children(node.child_by_field_name("arguments"))]

    def method_reference(self, node: Node) -> Expression | int:
        """Return the function that a method reference makes."""
        parts = written_children(node)
        if len(parts) < 2 or parts[-1].type != "identifier":
            return ("function", [], self.type_of(parts[0])) if parts and parts[0].type in _TYPES else UNKNOWN
        return "function", [], self.add("call", self.member(self.of(parts[0]), parts[-1]), [])

    def new_array(self, node: Node) -> Expression | int:
        """Return the array that is made."""
        number = self.type_of(node.child_by_field_name("type"))
        sizes = len(children_of(node, "dimensions_expr")) + sum(
            self.text(one).count("[") for one in children_of(node, "dimensions")
        )
        for _ in range(sizes):
            number = self.add("array", number)
        return number

    def binary(self, node: Node) -> Expression | int:
        """Return what an operator gives."""
        operator = node.child_by_field_name("operator")
        if operator is not None and operator.type in _COMPARING:
            return "primitive", "boolean"
        left, right = (self.of(node.child_by_field_name(name)) for name in ("left", "right"))
        if operator is not None and operator.type == "+":
            return "sum", left, right
        return "either", left, right

    def lambda_(self, node: Node) -> Expression | int:
        """Return the function that a lambda is."""
        body = node.child_by_field_name("body")
        if body is not None and body.type == "block":
            given = next((one for one in body.named_children if one.type == "return_statement"), None)
            body = next(iter(written_children(given)), None)
        return "function", [], self.of(body)

    def switch(self, node: Node) -> Expression | int:
        """Return what the first branch of a switch gives."""
        body = node.child_by_field_name("body")
        for rule in children_of(body, "switch_rule"):
            value = child_of(rule, "expression_statement")
            if value is not None:
                return self.of(next(iter(written_children(value)), None))
        return UNKNOWN

    # -- types -----------------------------------------------------------------------------------------

    def written(self, node: Node) -> Expression | int:
        """Return what a type node is."""
        kind = node.type
        if kind in {"type_identifier", "identifier"}:
            return self.named(node)
        if kind in {"scoped_type_identifier", "scoped_identifier"}:
            return self.type_of(written_children(node)[-1])
        if kind == "generic_type":
            return self.generic(node)
        if kind == "array_type":
            number = self.type_of(node.child_by_field_name("element"))
            dimensions = node.child_by_field_name("dimensions")
            for _ in range(self.text(dimensions).count("[") if dimensions is not None else 1):
                number = self.add("array", number)
            return number
        if kind in {"annotated_type", "wildcard", "catch_type"}:
            inner = [one for one in written_children(node) if one.type in _TYPES]
            return self.type_of(inner[0]) if inner else UNKNOWN
        if kind in {"integral_type", "floating_point_type", "boolean_type", "void_type"}:
            return "primitive", self.text(node)
        return UNKNOWN

    def name_of(self, node: Node) -> Node | None:
        """Return the last name of a type that is written with its arguments, or with what it stands in."""
        head: Node | None = node
        while head is not None and head.type in {"generic_type", "annotated_type", "scoped_type_identifier"}:
            inner = [one for one in written_children(head) if one.type != "type_arguments"]
            head = (inner[0] if head.type == "generic_type" else inner[-1]) if inner else None
        return head if head is not None and head.type == "type_identifier" else None

    def generic(self, node: Node) -> Expression | int:
        """Return a type with its arguments."""
        head, arguments = self.name_of(node), child_of(node, "type_arguments")
        if head is None:
            return UNKNOWN
        return self.named(head, [self.type_of(one) for one in written_children(arguments)])
