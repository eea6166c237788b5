"""Go: how its nodes say which types values have."""

from __future__ import annotations

from typing import Final

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
    "type_identifier", "generic_type", "qualified_type", "pointer_type", "slice_type", "array_type", "map_type",
    "channel_type", "function_type", "struct_type", "interface_type", "parenthesized_type",
    "implicit_length_array_type",
})  # fmt: skip
_PARAMETERS: Final = ("parameter_declaration", "variadic_parameter_declaration")
_NAMES: Final = frozenset({"identifier", "selector_expression"})
_LITERALS: Final = {
    "interpreted_string_literal": "string",
    "raw_string_literal": "string",
    "int_literal": "int",
    "float_literal": "float64",
    "rune_literal": "rune",
    "true": "bool",
    "false": "bool",
}


class GoReader(Reader):
    """Reads Go."""

    # -- declarations ----------------------------------------------------------------------------------

    def look(self, node: Node) -> None:
        """Note what a node declares or asks for."""
        kind = node.type
        if kind in {"function_declaration", "method_declaration", "method_elem"}:
            self.function(node)
        elif kind in {"parameter_declaration", "field_declaration"}:
            self.typed(node)
        elif kind == "variadic_parameter_declaration":
            number = self.add("array", self.type_of(node.child_by_field_name("type")))
            self.declare(node.child_by_field_name("name"), number)
        elif kind in {"var_spec", "const_spec"}:
            type_ = node.child_by_field_name("type")
            if type_ is not None:
                self.typed(node)
            else:
                self.values(node.children_by_field_name("name"), node.child_by_field_name("value"))
        elif kind == "short_var_declaration":
            self.values(written_children(node.child_by_field_name("left")), node.child_by_field_name("right"))
        elif kind == "receive_statement":
            left = written_children(node.child_by_field_name("left"))
            self.declare(left[0] if left else None, self.of(node.child_by_field_name("right")))
        elif kind == "range_clause":
            left = written_children(node.child_by_field_name("left"))
            over = self.of(node.child_by_field_name("right"))
            self.declare(left[0] if left else None, self.add("key", over))
            self.declare(left[1] if len(left) > 1 else None, self.add("element", over))
        elif kind in {"type_spec", "type_alias"}:
            self.defined(node)
        elif kind in {"selector_expression", "qualified_type"}:
            self.of(node)
        elif kind == "literal_value":
            self.literal_value(node)

    def typed(self, node: Node) -> None:
        """Note the type of the names of a declaration; an embedded field is named by its type."""
        type_ = node.child_by_field_name("type")
        names = node.children_by_field_name("name")
        number = self.type_of(type_)
        for name in names:
            self.declare(name, number)
        if node.type == "field_declaration" and not names:
            self.declare(self.head(type_), number)

    def head(self, type_: Node | None) -> Node | None:
        """Return the identifier that a type is named by."""
        while type_ is not None and type_.type not in {"type_identifier", "field_identifier"}:
            named = type_.child_by_field_name("name") or type_.child_by_field_name("type")
            type_ = named or next(iter(written_children(type_)), None)
        return type_

    def values(self, names: list[Node], right: Node | None) -> None:
        """Note the types of names that values are assigned to."""
        given = written_children(right)
        for number, name in enumerate(names):
            if len(names) == len(given) == 1 and given[0].type == "func_literal":
                self.function_literal(name, given[0])
            elif len(given) == len(names):
                self.declare(name, self.of(given[number]))
            elif len(given) == 1:
                one = given[0]
                paired = one.type in {"index_expression", "type_assertion_expression", "unary_expression"}
                if not paired:
                    self.declare(name, self.add("part", self.of(one), number))
                elif number == 0:
                    self.declare(name, self.of(one))

    def function_literal(self, name: Node, node: Node) -> None:
        """Note what a function takes and gives."""
        self.declare(name, self.result(node))
        self.facts.parameters[name.start_byte] = [
            one.start_byte
            for list_ in children_of(node.child_by_field_name("parameters"), *_PARAMETERS)
            for one in list_.children_by_field_name("name")
        ]

    def function(self, node: Node) -> None:
        """Note what a function takes and gives, and whose method it is."""
        name = node.child_by_field_name("name")
        if name is None:
            return
        self.function_literal(name, node)
        places = self.own_types(node.child_by_field_name("type_parameters"))
        receiver = node.child_by_field_name("receiver")
        declared = child_of(receiver, "parameter_declaration")
        type_ = declared.child_by_field_name("type") if declared is not None else None
        if type_ is not None:
            self.facts.owners[name.start_byte] = self.type_of(type_)
            # `func (s *Stack[T])` declares T anew, constrained as where Stack is declared.
            stack = [type_]
            while stack:
                current = stack.pop()
                if current.type == "type_arguments":
                    for number, one in enumerate(map(self.head, written_children(current))):
                        if one is not None:
                            places.append(one.start_byte)
                            self.declare(one, self.add("bound_at", self.type_of(type_), number))
                else:
                    stack += written_children(current)
        if places:
            self.facts.type_parameters[name.start_byte] = places

    def own_types(self, list_: Node | None) -> list[int]:
        """Return the places of type parameters; what constrains one has its methods."""
        places = []
        for one in children_of(list_, "type_parameter_declaration"):
            bound = one.child_by_field_name("type")
            for name in one.children_by_field_name("name"):
                places.append(name.start_byte)
                inner = written_children(bound)
                if len(inner) == 1:
                    self.declare(name, self.type_of(inner[0]))
        return places

    def result(self, node: Node) -> int:
        """Return what a function gives: a type, or several."""
        result = node.child_by_field_name("result")
        if result is None or result.type != "parameter_list":
            return self.type_of(result)
        items = []
        for one in children_of(result, *_PARAMETERS):
            number = self.type_of(one.child_by_field_name("type"))
            items += [number] * max(len(one.children_by_field_name("name")), 1)
        return items[0] if len(items) == 1 else self.add("tuple", items)

    def defined(self, node: Node) -> None:
        """Note a type's parameters, what it embeds, and what it stands for."""
        name, type_ = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is None or type_ is None:
            return
        places = self.own_types(node.child_by_field_name("type_parameters"))
        if places:
            self.facts.type_parameters[name.start_byte] = places
        if type_.type == "struct_type":
            fields = children_of(child_of(type_, "field_declaration_list"), "field_declaration")
            embedded = [one.child_by_field_name("type") for one in fields if not one.children_by_field_name("name")]
            self.facts.bases[name.start_byte] = [self.type_of(one) for one in embedded]
        elif type_.type == "interface_type":
            elements = [one for one in children_of(type_, "type_elem") if len(written_children(one)) == 1]
            self.facts.bases[name.start_byte] = [self.type_of(written_children(one)[0]) for one in elements]
        else:
            self.facts.stands_for[name.start_byte] = self.type_of(type_)

    def literal_value(self, node: Node) -> None:
        """Ask for the fields that a literal's keys name."""
        number = self.of(node)
        for one in children_of(node, "keyed_element"):
            key = child_of(one.child_by_field_name("key"), "identifier")
            if key is not None:
                self.add("field", number, self.text(key), key.start_byte)

    # -- expressions -----------------------------------------------------------------------------------

    def expression(self, node: Node) -> Expression | int:
        """Return what a node is."""
        kind = node.type
        if kind == "identifier":
            return self.name(node)
        if kind in _LITERALS:
            return "primitive", _LITERALS[kind]
        if kind == "selector_expression":
            target, name = node.child_by_field_name("operand"), node.child_by_field_name("field")
            return UNKNOWN if target is None or name is None else self.member(self.of(target), name)
        if kind == "call_expression":
            return self.call(node)
        if kind == "type_conversion_expression":
            # `F[int](x)` may also call F.
            type_ = node.child_by_field_name("type")
            return "call", self.type_of(type_), [self.of(node.child_by_field_name("operand"))]
        if kind == "composite_literal":
            return self.type_of(node.child_by_field_name("type"))
        if kind == "literal_value":
            return self.literal_type(node)
        if kind == "literal_element":
            return self.of(next(iter(written_children(node)), None))
        if kind == "unary_expression":
            operand = self.of(node.child_by_field_name("operand"))
            operator = node.child_by_field_name("operator")
            return ("element", operand) if operator is not None and operator.type == "<-" else operand
        if kind in {"parenthesized_expression"}:
            return self.of(next(iter(written_children(node)), None))
        if kind == "index_expression":
            operand = self.of(node.child_by_field_name("operand"))
            index = node.child_by_field_name("index")
            # `F[T]` names a function with its type argument.
            return "indexed", operand, self.of(index) if index is not None and index.type in _NAMES else UNKNOWN
        if kind == "slice_expression":
            return self.of(node.child_by_field_name("operand"))
        if kind == "type_instantiation_expression":
            head, *arguments = written_children(node)
            named = self.head(head)
            return self.of(head) if named is None else self.named(named, [self.type_of(one) for one in arguments])
        if kind == "type_assertion_expression":
            return self.type_of(node.child_by_field_name("type"))
        if kind == "func_literal":
            return "function", [], self.result(node)
        if kind == "binary_expression":
            sides = (node.child_by_field_name(name) for name in ("left", "right"))
            return ("either", *map(self.of, sides))
        if kind in _TYPES:
            return self.written(node)
        return UNKNOWN

    def name(self, node: Node) -> Expression | int:
        """Return what a name is; in a branch of a type switch it has the branch's type."""
        plain = self.add("name", node.start_byte)
        text = self.text(node)
        around = node.parent
        branch: Node | None = None
        while around is not None and around.type not in {"function_declaration", "method_declaration"}:
            if around.type == "type_case":
                branch = around
            elif around.type == "type_switch_statement":
                alias = next(iter(written_children(around.child_by_field_name("alias"))), None)
                if alias is not None and self.text(alias) == text and branch is not None and alias != node:
                    types = branch.children_by_field_name("type")
                    if len(types) == 1:
                        return self.type_of(types[0])
                    return self.of(around.child_by_field_name("value"))
            around = around.parent
        return plain

    def call(self, node: Node) -> Expression | int:
        """Return what a call gives."""
        callee = node.child_by_field_name("function")
        passed = written_children(node.child_by_field_name("arguments"))
        if callee is not None and callee.type == "identifier" and passed:
            builtin = self.text(callee)
            if builtin in {"new", "make"}:
                return self.of(passed[0])
            if builtin == "append":
                return self.of(passed[0])
        explicit = [self.type_of(one) for one in written_children(node.child_by_field_name("type_arguments"))]
        return "call", self.of(callee), [self.of(one) for one in passed], explicit

    def literal_type(self, node: Node) -> int:
        """Return the type of a literal's braces, which may be left out inside another's."""
        around = node.parent
        depth = 0
        while around is not None and around.type in {"literal_element", "keyed_element", "literal_value"}:
            if around.type == "literal_value":
                outer = self.of(around)
                holder = node.parent
                keyed = holder.parent if holder is not None else None
                if keyed is not None and keyed.type == "keyed_element":
                    key = keyed.child_by_field_name("key")
                    if key is not None and holder is not None and key == holder:
                        return self.add("key", outer)
                return self.add("element", outer)
            depth += 1
            around = around.parent
        return self.type_of(around.child_by_field_name("type")) if around is not None else UNKNOWN

    # -- types -----------------------------------------------------------------------------------------

    def written(self, node: Node) -> Expression | int:
        """Return what a type node is."""
        kind = node.type
        if kind in {"type_identifier", "identifier"}:
            return self.named(node)
        if kind == "qualified_type":
            name = node.child_by_field_name("name")
            return self.named(name) if name is not None else UNKNOWN
        if kind == "selector_expression":
            name = node.child_by_field_name("field")
            return self.named(name) if name is not None else UNKNOWN
        if kind in {"pointer_type", "parenthesized_type", "type_elem"}:
            return self.type_of(next(iter(written_children(node)), None))
        if kind in {"slice_type", "array_type", "implicit_length_array_type"}:
            return "array", self.type_of(node.child_by_field_name("element"))
        if kind == "channel_type":
            return "channel", self.type_of(node.child_by_field_name("value"))
        if kind == "map_type":
            return ("map", *(self.type_of(node.child_by_field_name(name)) for name in ("key", "value")))
        if kind == "generic_type":
            head = self.head(node.child_by_field_name("type"))
            arguments = written_children(node.child_by_field_name("type_arguments"))
            return UNKNOWN if head is None else self.named(head, [self.type_of(one) for one in arguments])
        if kind in {"struct_type", "interface_type"}:
            return self.anonymous(node)
        if kind == "function_type":
            taken, result = self.signature(node)
            return "function", taken, result
        return UNKNOWN

    def signature(self, node: Node) -> tuple[list[int], int]:
        """Return what a function's type takes and gives."""
        taken = [
            self.type_of(one.child_by_field_name("type"))
            for one in children_of(node.child_by_field_name("parameters"), *_PARAMETERS)
            for _ in range(max(len(one.children_by_field_name("name")), 1))
        ]
        return taken, self.result(node)

    def anonymous(self, node: Node) -> Expression | int:
        """Return a struct or an interface without a name; its members are locals of the file.

        What it embeds stands among them under its own name.
        """
        around = node.parent
        if around is not None and around.type in {"type_spec", "type_alias"}:
            return UNKNOWN
        fields: list[tuple[str, int, int]] = []
        embedded: list[int] = []
        for one in children_of(child_of(node, "field_declaration_list"), "field_declaration"):
            number = self.type_of(one.child_by_field_name("type"))
            names = one.children_by_field_name("name")
            fields += [(self.text(name), name.start_byte, number) for name in names]
            self.facts.fields += [(name.start_byte, name.end_byte) for name in names]
            head = None if names else self.head(one.child_by_field_name("type"))
            if head is not None:
                fields.append((self.text(head), head.start_byte, number))
                embedded.append(number)
        for one in written_children(node) if node.type == "interface_type" else ():
            name = one.child_by_field_name("name") if one.type == "method_elem" else None
            if name is not None:
                taken, result = self.signature(one)
                fields.append((self.text(name), name.start_byte, self.add("function", taken, result)))
                self.facts.fields.append((name.start_byte, name.end_byte))
            elif one.type == "type_elem" and len(written_children(one)) == 1:
                embedded.append(self.type_of(one))
        return ("struct", *fields, *(("", -1, number) for number in embedded))
