"""Kotlin: grammar, kind table and rules.

The grammar has eight fields, so most rules go by kind and position. Complexity is lizard's definition
(1.24): one for each `if`, `for`, `while`, `catch`, `&&`, `||`, `?:` and each branch of a `when` but one;
what a lambda decides counts for the function around it too. `docs/reference/kind-tables.md` says how well
that holds.
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

_SAME = KindRule(fields={"*": FieldUse.SAME})
_BLOCK = KindRule(role=Role.SCOPE, opens="block")
_TYPE_KINDS: Final = ("user_type", "nullable_type", "function_type", "parenthesized_type", "non_nullable_type")


def _types(use: FieldUse) -> dict[str, FieldUse]:
    return {f"@{kind}": use for kind in _TYPE_KINDS}


_MODIFIERS: Final = {"@modifiers": FieldUse.MODIFIERS}
_TYPE_FIELDS: Final = {
    "name": FieldUse.NAME,
    "@delegation_specifiers": FieldUse.BASES,
    "@class_body": FieldUse.BODY,
    "@enum_class_body": FieldUse.BODY,
    **_MODIFIERS,
}
_FUNCTION_FIELDS: Final = {
    "name": FieldUse.NAME,
    "@function_value_parameters": FieldUse.PARAMETERS,
    "@function_body": FieldUse.BODY,
    **_types(FieldUse.EXTENDED),
    **_MODIFIERS,
}

# Names that every file sees, written out so that results do not depend on a standard library.
_BUILTINS: Final = frozenset(
    """
    Annotation Any Array ArithmeticException Boolean BooleanArray Byte ByteArray Char CharArray CharSequence
    Comparable Deprecated Double DoubleArray Enum Error Exception Float FloatArray Function
    IllegalArgumentException IllegalStateException IndexOutOfBoundsException Int IntArray Lazy Long LongArray
    Nothing NullPointerException Number NumberFormatException Pair PublishedApi Result RuntimeException Short
    ShortArray String Suppress Throwable Triple UInt ULong Unit UnsupportedOperationException null
    also apply assert check checkNotNull error lazy let repeat require requireNotNull run runCatching
    takeIf takeUnless to TODO with arrayOf arrayOfNulls intArrayOf emptyArray
    kotlin.collections.ArrayList kotlin.collections.Collection kotlin.collections.HashMap
    kotlin.collections.HashSet kotlin.collections.Iterable kotlin.collections.Iterator
    kotlin.collections.LinkedHashMap kotlin.collections.LinkedHashSet kotlin.collections.List
    kotlin.collections.ListIterator kotlin.collections.Map kotlin.collections.MutableCollection
    kotlin.collections.MutableIterable kotlin.collections.MutableIterator kotlin.collections.MutableList
    kotlin.collections.MutableMap kotlin.collections.MutableSet kotlin.collections.Set
    kotlin.collections.arrayListOf kotlin.collections.buildList kotlin.collections.emptyList
    kotlin.collections.emptyMap kotlin.collections.emptySet kotlin.collections.hashMapOf
    kotlin.collections.hashSetOf kotlin.collections.linkedMapOf kotlin.collections.linkedSetOf
    kotlin.collections.listOf kotlin.collections.listOfNotNull kotlin.collections.mapOf
    kotlin.collections.mutableListOf kotlin.collections.mutableMapOf kotlin.collections.mutableSetOf
    kotlin.collections.setOf kotlin.collections.sortedMapOf kotlin.collections.sortedSetOf
    kotlin.comparisons.maxOf kotlin.comparisons.minOf kotlin.io.print kotlin.io.println kotlin.io.readLine
    kotlin.sequences.Sequence kotlin.sequences.emptySequence kotlin.sequences.generateSequence
    kotlin.sequences.sequence kotlin.sequences.sequenceOf kotlin.text.Regex kotlin.text.StringBuilder
    kotlin.text.buildString kotlin.jvm.JvmField kotlin.jvm.JvmInline kotlin.jvm.JvmName
    kotlin.jvm.JvmOverloads kotlin.jvm.JvmStatic kotlin.jvm.Synchronized kotlin.jvm.Throws
    kotlin.jvm.Transient kotlin.jvm.Volatile java.lang.Class java.lang.Integer java.lang.Math
    java.lang.Object java.lang.Runnable java.lang.System java.lang.Thread java.lang.Void
    """.split()  # noqa: SIM905
)

KINDS: Final[dict[str, KindRule]] = {
    # the file
    "source_file": KindRule(role=Role.DEFINITION, kind="module", opens="namespace"),
    "file_annotation": KindRule(
        role=Role.PACKAGE, import_form="facade", fields={"@constructor_invocation": FieldUse.CALLEE}
    ),
    "package_header": KindRule(
        role=Role.PACKAGE, import_form="package", fields={"@qualified_identifier": FieldUse.NAME}
    ),
    "import": KindRule(
        role=Role.IMPORT,
        import_form="jvm",
        fields={"@qualified_identifier": FieldUse.MODULE, "@identifier": FieldUse.ALIAS},
    ),
    # types
    "class_declaration": KindRule(
        role=Role.DEFINITION,
        kind="class",
        opens="type",
        fields=_TYPE_FIELDS,
        kinds={"interface": "interface", "enum": "enum"},
        modifier_tokens=("fun",),
    ),
    "object_declaration": KindRule(
        role=Role.DEFINITION, kind="class", opens="type", fields=_TYPE_FIELDS, modifiers=("object",)
    ),
    "companion_object": KindRule(
        role=Role.DEFINITION,
        kind="class",
        opens="type",
        fields=_TYPE_FIELDS,
        modifiers=("companion", "object"),
        name="Companion",
    ),
    "object_literal": KindRule(role=Role.DEFINITION, kind="class", opens="type", fields=_TYPE_FIELDS, binds=False),
    "enum_entry": KindRule(
        role=Role.DEFINITION,
        kind="enum_member",
        opens="type",
        fields={"@identifier#0": FieldUse.NAME, "@class_body": FieldUse.BODY, **_MODIFIERS},
    ),
    "type_alias": KindRule(
        role=Role.DEFINITION,
        kind="type_alias",
        opens="namespace",
        fields={"type": FieldUse.NAME, **_types(FieldUse.RETURNS), **_MODIFIERS},
    ),
    "delegation_specifiers": _SAME,
    "delegation_specifier": _SAME,
    "explicit_delegation": KindRule(fields={"#0": FieldUse.SAME}),
    "constructor_invocation": KindRule(
        role=Role.CALL,
        opens="type",
        fields={"@user_type": FieldUse.CALLEE, "@value_arguments": FieldUse.ARGUMENTS},
    ),
    "type_parameter": KindRule(role=Role.BINDER, rows=False, fields={"@identifier": FieldUse.BIND}),
    "type_constraint": KindRule(fields={"@identifier": FieldUse.SKIP}),
    # members
    "function_declaration": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_FUNCTION_FIELDS,
    ),
    "primary_constructor": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields={"@class_parameters": FieldUse.PARAMETERS, **_MODIFIERS},
        modifiers=("constructor", "primary"),
        name="constructor",
        binds=False,
    ),
    "secondary_constructor": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields={"@function_value_parameters": FieldUse.PARAMETERS, "@block": FieldUse.BODY, **_MODIFIERS},
        modifiers=("constructor",),
        name="constructor",
        binds=False,
    ),
    "anonymous_initializer": _BLOCK,
    "property_declaration": KindRule(
        role=Role.BINDER,
        kind="property",
        member_kind="property",
        fields={
            "@variable_declaration": FieldUse.BIND,
            "@multi_variable_declaration": FieldUse.BIND,
            "@type_parameters": FieldUse.EXPRESSION,
            "@type_constraints": FieldUse.EXPRESSION,
            "@property_delegate": FieldUse.EXPRESSION,
            "@getter": FieldUse.EXPRESSION,
            "@setter": FieldUse.EXPRESSION,
            **_types(FieldUse.EXTENDED),
            **_MODIFIERS,
            "*": FieldUse.VALUE,
        },
        modifier_tokens=("val", "var"),
    ),
    "getter": KindRule(role=Role.SCOPE, opens="block"),
    "setter": KindRule(role=Role.SCOPE, opens="block", fields={"@identifier": FieldUse.BIND}),
    "modifiers": KindRule(
        modifier_tokens=(
            "class_modifier",
            "member_modifier",
            "visibility_modifier",
            "function_modifier",
            "property_modifier",
            "inheritance_modifier",
            "platform_modifier",
        )
    ),
    "parameter_modifiers": KindRule(modifier_tokens=("parameter_modifier",)),
    "annotation": KindRule(
        role=Role.DECORATOR,
        fields={"@user_type": FieldUse.CALLEE, "@constructor_invocation": FieldUse.CALLEE},
    ),
    # parameters
    "function_value_parameters": KindRule(
        opens="list",
        fields={
            "@parameter": FieldUse.SAME,
            "@parameter_modifiers": FieldUse.MODIFIERS,
            "*": FieldUse.DEFAULT,
        },
    ),
    "parameter": KindRule(fields={"#0": FieldUse.SAME, "#1": FieldUse.TYPE}),
    "class_parameters": _SAME,
    "class_parameter": KindRule(
        fields={
            "@identifier#0": FieldUse.SAME,
            **_types(FieldUse.TYPE),
            **_MODIFIERS,
            "*": FieldUse.DEFAULT,
        },
        modifier_tokens=("val", "var"),
    ),
    "lambda_parameters": _SAME,
    "variable_declaration": KindRule(
        fields={"@identifier#0": FieldUse.SAME, **_types(FieldUse.TYPE), "*": FieldUse.EXPRESSION}
    ),
    "multi_variable_declaration": _SAME,
    # names that get bound
    "for_statement": KindRule(
        role=Role.BINDER,
        opens="block",
        rows=False,
        fields={"@variable_declaration": FieldUse.BIND, "@multi_variable_declaration": FieldUse.BIND},
        complexity=1,
    ),
    "catch_block": KindRule(
        role=Role.BINDER,
        opens="block",
        rows=False,
        fields={"@identifier#0": FieldUse.BIND, **_types(FieldUse.TYPE)},
        complexity=1,
    ),
    "when_subject": KindRule(role=Role.BINDER, rows=False, fields={"@variable_declaration": FieldUse.BIND}),
    # scopes
    "block": _BLOCK,
    "when_expression": KindRule(role=Role.SCOPE, opens="block", complexity=-1),
    # expressions
    "identifier": KindRule(role=Role.IDENTIFIER),
    "user_type": KindRule(
        role=Role.DOTTED, opens="type", fields={"@identifier": FieldUse.NAME, "*": FieldUse.EXPRESSION}
    ),
    "navigation_expression": KindRule(role=Role.MEMBER, fields={"#0": FieldUse.OBJECT, "#-1": FieldUse.PROPERTY}),
    "infix_expression": KindRule(
        role=Role.CALL, fields={"#0": FieldUse.OBJECT, "#1": FieldUse.PROPERTY, "#2": FieldUse.ARGUMENTS}
    ),
    "this_expression": KindRule(role=Role.RECEIVER),
    "super_expression": KindRule(role=Role.SUPER),
    "parenthesized_expression": _SAME,
    # the grammar reads `!f()` as a call of `!f`, `-a.b()` as one of `b` of `-a`
    "unary_expression": KindRule(fields={"argument": FieldUse.SAME}),
    "call_expression": KindRule(
        role=Role.CALL,
        fields={
            "#0": FieldUse.CALLEE,
            "@value_arguments": FieldUse.ARGUMENTS,
            "@annotated_lambda": FieldUse.ARGUMENTS,
        },
    ),
    "value_arguments": KindRule(role=Role.ARGUMENTS, fields={"*": FieldUse.SAME}),
    # `name = value`: a name alone is the value
    "value_argument": KindRule(fields={"#-1": FieldUse.EXPRESSION, "@identifier": FieldUse.SKIP}),
    "lambda_literal": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields={"@lambda_parameters": FieldUse.PARAMETERS},
        complexity_outward=True,
        lexical_receiver=True,
        binds=False,
    ),
    "anonymous_function": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields={
            "@function_value_parameters": FieldUse.PARAMETERS,
            "@function_body": FieldUse.BODY,
            **_types(FieldUse.RETURNS),
        },
        lexical_receiver=True,
        binds=False,
    ),
    "string_literal": KindRule(role=Role.STRING),
    "multiline_string_literal": KindRule(role=Role.STRING),
    "line_comment": KindRule(role=Role.COMMENT),
    "block_comment": KindRule(role=Role.COMMENT),
    "labeled_expression": KindRule(fields={"@identifier": FieldUse.SKIP}),
    "return_expression": KindRule(fields={"label": FieldUse.SKIP}),
    # decisions
    "if_expression": KindRule(complexity=1),
    "while_statement": KindRule(complexity=1),
    "do_while_statement": KindRule(complexity=1),
    "when_entry": KindRule(role=Role.SCOPE, opens="block", complexity=1),
    "binary_expression": KindRule(complexity=1, complexity_operators=("&&", "||", "?:")),
}

PACK: Final = LanguagePack(
    name="kotlin",
    version="1",
    extensions=(".kt", ".kts"),
    grammar=Grammar(module="tree_sitter_kotlin"),
    kinds=KINDS,
    fqn=FqnRules(package=True, facade="Kt"),
    visibility=VisibilityRules(style="keyword", default="public"),
    tests=TestRules(
        files=(
            "*/src/test/*",
            "*/src/*Test/*",
            "*/androidTest/*",
            "*/commonTest/*",
            "*/jvmTest/*",
            "*Test.kt",
            "*Tests.kt",
            "*Spec.kt",
        ),
        functions=("test",),
        bases=("TestCase",),
        class_suffixes=("Test", "Tests", "Spec", "TestCase"),
        decorators=("Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate"),
    ),
    imports=ImportRules(
        style="package",
        extensions=(".kt",),
        defaults=(
            "kotlin",
            "kotlin.annotation",
            "kotlin.collections",
            "kotlin.comparisons",
            "kotlin.io",
            "kotlin.ranges",
            "kotlin.sequences",
            "kotlin.text",
            "kotlin.jvm",
            "java.lang",
        ),
    ),
    docstring="leading-comment",
    builtins=_BUILTINS,
    builtins_module="kotlin",
    constructor="constructor",
    free_names=True,
    terminator=";",
)
