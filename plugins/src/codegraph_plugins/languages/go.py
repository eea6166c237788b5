"""The Go language pack: up to Go 1.24, as data.

All files of a folder share one package: a file's module is named by its folder (`net/http/server.go` is
`net.http`), and names that a file does not bind are looked up in its package. Methods belong to the type of
their receiver, wherever it is declared. Complexity is lizard's definition (1.24): one for each `if`, `for`,
`case`, `&&` and `||`; each function literal counts for itself.
"""

from __future__ import annotations

from typing import Final

from codegraph_hookspecs import (
    FieldUse,
    FqnRules,
    Grammar,
    ImportRules,
    KindRule,
    LanguagePack,
    PluginInfo,
    Role,
    TestRules,
    VisibilityRules,
    hookimpl,
)

_SAME = KindRule(fields={"*": FieldUse.SAME})
_BLOCK = KindRule(role=Role.SCOPE, opens="block")
_CASE = KindRule(role=Role.SCOPE, opens="block", complexity=1)
_LIST = KindRule(opens="list", fields={"*": FieldUse.SAME})
_GROUP = KindRule(role=Role.WRAPPER, opens="group")
_TYPE_LITERAL = KindRule(parents=("type_spec", "type_alias"), opens="block", anonymous=True)
_TYPE = KindRule(
    role=Role.DEFINITION,
    kind="type_alias",
    opens="type",
    kinds={"struct_type": "struct", "interface_type": "interface"},
    fields={"name": FieldUse.NAME, "@struct_type": FieldUse.BODY, "@interface_type": FieldUse.BODY},
)
_PARAMETER_FIELDS: Final = {"name": FieldUse.SAME, "type": FieldUse.TYPE}
_FUNCTION_FIELDS: Final = {
    "name": FieldUse.NAME,
    "parameters": FieldUse.PARAMETERS,
    "result": FieldUse.RESULTS,
    "body": FieldUse.BODY,
}

_BUILTINS: Final = frozenset(
    """
    any append bool byte cap clear close comparable complex complex128 complex64 copy delete error false
    float32 float64 imag int int16 int32 int64 int8 iota len make max min new nil panic print println real
    recover rune string true uint uint16 uint32 uint64 uint8 uintptr
    """.split()  # noqa: SIM905
)

KINDS: Final[dict[str, KindRule]] = {
    # definitions
    "source_file": KindRule(role=Role.DEFINITION, kind="module", opens="namespace"),
    "package_clause": KindRule(role=Role.PACKAGE),
    "function_declaration": KindRule(role=Role.DEFINITION, kind="function", opens="function", fields=_FUNCTION_FIELDS),
    "method_declaration": KindRule(
        role=Role.DEFINITION,
        kind="method",
        opens="function",
        fields={"receiver": FieldUse.OWNER, **_FUNCTION_FIELDS},
        binds=False,
    ),
    "func_literal": KindRule(
        role=Role.DEFINITION, kind="function", opens="function", fields=_FUNCTION_FIELDS, takes_name=True
    ),
    "type_declaration": _GROUP,
    "type_spec": _TYPE,
    "type_alias": _TYPE,
    "struct_type": _TYPE_LITERAL,
    "interface_type": _TYPE_LITERAL,
    "method_elem": KindRule(
        role=Role.DEFINITION,
        kind="method",
        opens="function",
        fields=_FUNCTION_FIELDS,
        modifiers=("signature",),
        binds=False,
    ),
    "type_elem": KindRule(
        role=Role.BINDER, rows=False, embeds=True, fields={"*": FieldUse.TYPE}, parents=("interface_type",)
    ),
    "negated_type": _BLOCK,  # `~T` constrains; it does not embed
    # names that get bound
    "const_declaration": _GROUP,
    "const_spec": KindRule(
        role=Role.BINDER,
        kind="constant",
        fields={"name": FieldUse.BIND, "type": FieldUse.TYPE, "value": FieldUse.VALUE},
        late=True,
    ),
    "var_declaration": _GROUP,
    "var_spec": KindRule(
        role=Role.BINDER,
        kind="variable",
        fields={"name": FieldUse.BIND, "type": FieldUse.TYPE, "value": FieldUse.VALUE},
        late=True,
    ),
    "field_declaration": KindRule(
        role=Role.BINDER,
        kind="field",
        member_kind="field",
        embeds=True,
        fields={"name": FieldUse.NAME, "type": FieldUse.TYPE, "tag": FieldUse.SKIP},
    ),
    "short_var_declaration": KindRule(
        role=Role.BINDER,
        kind="variable",
        rows=False,
        late=True,
        fields={"left": FieldUse.BIND, "right": FieldUse.VALUE},
    ),
    "range_clause": KindRule(role=Role.BINDER, rows=False, late=True, fields={"left": FieldUse.BIND}),
    "receive_statement": KindRule(role=Role.BINDER, rows=False, late=True, fields={"left": FieldUse.BIND}),
    "type_switch_statement": KindRule(role=Role.BINDER, rows=False, opens="block", fields={"alias": FieldUse.BIND}),
    "type_parameter_declaration": KindRule(role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND}),
    "parameter_list": _SAME,
    "parameter_declaration": KindRule(fields=_PARAMETER_FIELDS),
    "variadic_parameter_declaration": KindRule(fields=_PARAMETER_FIELDS, modifiers=("variadic",)),
    "expression_list": _LIST,
    # scopes
    "block": _BLOCK,
    "if_statement": _CASE,
    "for_statement": _CASE,
    "expression_switch_statement": _BLOCK,
    "select_statement": _BLOCK,
    "expression_case": _CASE,
    "type_case": _CASE,
    "communication_case": _CASE,
    "default_case": _BLOCK,
    "function_type": KindRule(
        role=Role.SCOPE, opens="block", fields={"parameters": FieldUse.BIND, "result": FieldUse.RESULTS}
    ),
    # expressions and types
    "identifier": KindRule(role=Role.IDENTIFIER),
    "type_identifier": KindRule(role=Role.IDENTIFIER),
    "package_identifier": KindRule(role=Role.IDENTIFIER),
    "selector_expression": KindRule(role=Role.MEMBER, fields={"operand": FieldUse.OBJECT, "field": FieldUse.PROPERTY}),
    "qualified_type": KindRule(role=Role.MEMBER, fields={"package": FieldUse.OBJECT, "name": FieldUse.PROPERTY}),
    "pointer_type": KindRule(fields={"*": FieldUse.TYPE}),
    "parenthesized_type": _SAME,
    "generic_type": KindRule(fields={"type": FieldUse.CALLEE}),
    "parenthesized_expression": _SAME,
    "unary_expression": _SAME,  # `(*T).Method`, `(&x).Method`: a pointer has what it points to
    "call_expression": KindRule(role=Role.CALL, fields={"function": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}),
    "type_conversion_expression": KindRule(
        role=Role.CALL, fields={"type": FieldUse.CALLEE, "operand": FieldUse.ARGUMENTS}, named_callee=True
    ),
    "argument_list": KindRule(role=Role.ARGUMENTS, fields={"*": FieldUse.SAME}),
    "keyed_element": KindRule(fields={"key": FieldUse.KEY}),
    "binary_expression": KindRule(complexity=1, complexity_operators=("&&", "||")),
    "interpreted_string_literal": KindRule(role=Role.STRING),
    "raw_string_literal": KindRule(role=Role.STRING),
    "comment": KindRule(role=Role.COMMENT),
    # imports
    "import_spec": KindRule(role=Role.IMPORT, import_form="go"),
}

PACK: Final = LanguagePack(
    name="go",
    version="1",
    extensions=(".go",),
    grammar=Grammar(module="tree_sitter_go"),
    kinds=KINDS,
    fqn=FqnRules(folder_names=("*",), header="go"),
    visibility=VisibilityRules(style="capital"),
    tests=TestRules(files=("*_test.go",), functions=("Test", "Benchmark", "Fuzz", "Example"), whole_words=True),
    imports=ImportRules(style="go", extensions=(".go",), config_files=("go.mod", "go.work")),
    docstring="adjacent-comments",
    builtins=_BUILTINS,
    builtins_module="builtin",
    package_scope=True,
    blank="_",
)


class GoLanguage:
    """The plugin that brings Go."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="language-go", version="0.1.0", summary="Go language pack")

    @hookimpl
    def codegraph_languages(self) -> list[LanguagePack]:
        """Give the pack."""
        return [PACK]


plugin = GoLanguage()
