"""The C# language pack: what each node kind of tree-sitter-c-sharp means.

A file's first namespace is its package; a second one in the same file is a namespace inside it, so types of sibling
namespaces in one file get the first one's name before their own. `this` and `base` are tokens without a name in this
grammar, so what is called through them stays `dynamic`; bare names are found in the types around and their bases.
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
    Role,
    TestRules,
    VisibilityRules,
)

_SAME: Final = KindRule(fields={"*": FieldUse.SAME})
_BLOCK: Final = KindRule(role=Role.SCOPE, opens="block")
_DECISION: Final = KindRule(complexity=1)
_MODIFIER: Final = ("modifier",)
_SKIP: Final = KindRule(role=Role.SKIP)
_TYPE_FIELDS: Final = {
    "name": FieldUse.NAME,
    "body": FieldUse.BODY,
    "@base_list": FieldUse.BASES,
    "@parameter_list": FieldUse.PARAMETERS,
    "@attribute_list": FieldUse.MODIFIERS,
}
_METHOD_FIELDS: Final = {
    "name": FieldUse.NAME,
    "parameters": FieldUse.PARAMETERS,
    "body": FieldUse.BODY,
    "returns": FieldUse.RETURNS,
    "type": FieldUse.RETURNS,
    "@attribute_list": FieldUse.MODIFIERS,
}


def _type(kind: str, *modifiers: str) -> KindRule:
    return KindRule(
        role=Role.DEFINITION,
        kind=kind,
        opens="type",
        fields=_TYPE_FIELDS,
        modifiers=modifiers,
        modifier_tokens=_MODIFIER,
    )


def _method(*modifiers: str) -> KindRule:
    return KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_METHOD_FIELDS,
        modifiers=modifiers,
        modifier_tokens=_MODIFIER,
        binds=False,
    )


_BUILTINS: Final = frozenset(
    """
    Action ArgumentException ArgumentNullException ArgumentOutOfRangeException Array Attribute Boolean Byte Char
    Console Convert DateTime Decimal Delegate Double Enum Environment EventArgs EventHandler Exception Func GC Guid
    IComparable IDisposable IEquatable Int16 Int32 Int64 IntPtr InvalidCastException InvalidOperationException Lazy
    Math NotImplementedException NotSupportedException Nullable NullReferenceException Object
    ObjectDisposedException Predicate Random String StringComparison TimeSpan Tuple Type UInt32 UInt64 Uri ValueTuple
    Version
    """.split()  # noqa: SIM905
)

KINDS: Final[dict[str, KindRule]] = {
    # the file
    "compilation_unit": KindRule(role=Role.DEFINITION, kind="module", opens="namespace"),
    "file_scoped_namespace_declaration": KindRule(
        role=Role.PACKAGE, import_form="package", fields={"name": FieldUse.NAME}
    ),
    "namespace_declaration": KindRule(
        role=Role.PACKAGE,
        import_form="package",
        kind="namespace",
        opens="namespace",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY},
    ),
    "using_directive": KindRule(
        role=Role.IMPORT,
        import_form="using",
        fields={
            "name": FieldUse.ALIAS,
            "@qualified_name": FieldUse.MODULE,
            "@identifier": FieldUse.MODULE,
        },
    ),
    "extern_alias_directive": _SKIP,
    # types
    "class_declaration": _type("class"),
    "record_declaration": _type("class", "record"),
    "struct_declaration": _type("struct"),
    "interface_declaration": _type("interface"),
    "enum_declaration": KindRule(
        role=Role.DEFINITION,
        kind="enum",
        opens="type",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY},
        modifier_tokens=_MODIFIER,
    ),
    "enum_member_declaration": KindRule(
        role=Role.DEFINITION, kind="enum_member", opens="type", fields={"name": FieldUse.NAME}
    ),
    "delegate_declaration": KindRule(
        role=Role.DEFINITION,
        kind="type_alias",
        opens="function",
        fields={"name": FieldUse.NAME, "parameters": FieldUse.PARAMETERS, "type": FieldUse.RETURNS},
        modifiers=("delegate",),
        modifier_tokens=_MODIFIER,
    ),
    "base_list": _SAME,
    "generic_name": KindRule(fields={"@identifier": FieldUse.SAME}),
    "primary_constructor_base_type": KindRule(fields={"type": FieldUse.SAME}),
    "type_parameter": KindRule(role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND}),
    "attribute_list": KindRule(),
    "attribute": KindRule(
        role=Role.DECORATOR, fields={"name": FieldUse.CALLEE, "@attribute_argument_list": FieldUse.ARGUMENTS}
    ),
    "attribute_argument_list": KindRule(role=Role.ARGUMENTS, fields={"*": FieldUse.SAME}),
    "attribute_argument": KindRule(fields={"name": FieldUse.SKIP}),
    # members
    "method_declaration": _method(),
    "constructor_declaration": _method("constructor"),
    "destructor_declaration": _method("destructor"),
    "local_function_statement": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields=_METHOD_FIELDS,
        modifier_tokens=_MODIFIER,
        lexical_receiver=True,
    ),
    "property_declaration": KindRule(
        role=Role.BINDER,
        kind="property",
        member_kind="property",
        fields={"name": FieldUse.BIND, "type": FieldUse.TYPE, "value": FieldUse.VALUE},
        modifier_tokens=_MODIFIER,
    ),
    "event_declaration": KindRule(
        role=Role.BINDER,
        kind="property",
        member_kind="property",
        fields={"name": FieldUse.BIND, "type": FieldUse.TYPE},
        modifiers=("event",),
        modifier_tokens=_MODIFIER,
    ),
    "accessor_declaration": KindRule(role=Role.SCOPE, opens="block", fields={"name": FieldUse.SKIP}),
    "field_declaration": KindRule(role=Role.WRAPPER, modifier_tokens=_MODIFIER),
    "event_field_declaration": KindRule(role=Role.WRAPPER, modifiers=("event",), modifier_tokens=_MODIFIER),
    "local_declaration_statement": KindRule(role=Role.WRAPPER, modifier_tokens=_MODIFIER),
    "variable_declaration": KindRule(role=Role.WRAPPER, fields={"type": FieldUse.TYPE}),
    "variable_declarator": KindRule(
        role=Role.BINDER,
        kind="variable",
        member_kind="field",
        fields={"name": FieldUse.BIND, "*": FieldUse.VALUE},
    ),
    # parameters
    "parameter_list": KindRule(
        fields={"@parameter": FieldUse.SAME, "name": FieldUse.SAME, "type": FieldUse.EXPRESSION}
    ),
    "bracketed_parameter_list": _SAME,
    "parameter": KindRule(
        fields={
            "name": FieldUse.SAME,
            "type": FieldUse.TYPE,
            "@modifier": FieldUse.SKIP,
            "@attribute_list": FieldUse.EXPRESSION,
            "*": FieldUse.DEFAULT,
        },
        modifier_tokens=_MODIFIER,
    ),
    "implicit_parameter": KindRule(role=Role.IDENTIFIER),
    # names that get bound
    "foreach_statement": KindRule(
        role=Role.BINDER,
        opens="block",
        rows=False,
        fields={"left": FieldUse.BIND, "type": FieldUse.TYPE},
        complexity=1,
    ),
    "catch_declaration": KindRule(role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND, "type": FieldUse.TYPE}),
    "declaration_pattern": KindRule(
        role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND, "type": FieldUse.TYPE}
    ),
    "declaration_expression": KindRule(
        role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND, "type": FieldUse.TYPE}
    ),
    "var_pattern": KindRule(role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND}),
    # scopes
    "block": _BLOCK,
    "for_statement": KindRule(role=Role.SCOPE, opens="block", complexity=1),
    "using_statement": _BLOCK,
    "switch_section": KindRule(role=Role.SCOPE, opens="block", complexity=1),
    "catch_clause": KindRule(role=Role.SCOPE, opens="block", complexity=1),
    # expressions
    "identifier": KindRule(role=Role.IDENTIFIER),
    "qualified_name": KindRule(role=Role.MEMBER, fields={"qualifier": FieldUse.OBJECT, "name": FieldUse.PROPERTY}),
    "member_access_expression": KindRule(
        role=Role.MEMBER, fields={"expression": FieldUse.OBJECT, "name": FieldUse.PROPERTY}
    ),
    "invocation_expression": KindRule(
        role=Role.CALL, fields={"function": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}
    ),
    "object_creation_expression": KindRule(
        role=Role.CALL, opens="type", fields={"type": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}
    ),
    "argument_list": KindRule(role=Role.ARGUMENTS, fields={"*": FieldUse.SAME}),
    "argument": KindRule(fields={"name": FieldUse.SKIP}),
    "parenthesized_expression": _SAME,
    "lambda_expression": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields={"parameters": FieldUse.PARAMETERS, "body": FieldUse.BODY},
        complexity_outward=True,
        lexical_receiver=True,
        binds=False,
    ),
    "anonymous_method_expression": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields={"parameters": FieldUse.PARAMETERS},
        complexity_outward=True,
        lexical_receiver=True,
        binds=False,
    ),
    "string_literal": KindRule(role=Role.STRING),
    "verbatim_string_literal": KindRule(role=Role.STRING),
    "raw_string_literal": KindRule(role=Role.STRING),
    "comment": KindRule(role=Role.COMMENT),
    "labeled_statement": KindRule(fields={"@identifier#0": FieldUse.SKIP}),
    "goto_statement": _SKIP,
    # decisions
    "if_statement": _DECISION,
    "while_statement": _DECISION,
    "do_statement": _DECISION,
    "conditional_expression": _DECISION,
    "switch_expression_arm": _DECISION,
    "binary_expression": KindRule(complexity=1, complexity_operators=("&&", "||", "??")),
}

PACK: Final = LanguagePack(
    name="csharp",
    version="1",
    extensions=(".cs", ".csx"),
    grammar=Grammar(module="tree_sitter_c_sharp"),
    kinds=KINDS,
    fqn=FqnRules(package=True),
    visibility=VisibilityRules(style="keyword", default="internal", in_interfaces="public"),
    tests=TestRules(
        files=("*Test.cs", "*Tests.cs", "*/test/*", "*/tests/*", "*.Tests/*", "*.Test/*"),
        class_suffixes=("Test", "Tests", "Fixture"),
        decorators=("Test", "TestCase", "Fact", "Theory", "TestMethod"),
    ),
    imports=ImportRules(style="package", extensions=(".cs",), defaults=("System",)),
    docstring="line-comments",
    builtins=_BUILTINS,
    builtins_module="System",
    free_names=True,
)
