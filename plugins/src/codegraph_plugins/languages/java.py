"""Java: grammar, kind table and rules.

Complexity is lizard's definition (1.24): one for each `if`, `for`, `while`, `case`, `catch`, `? :`, `&&` and
`||`; what a lambda decides counts for the method around it too. `docs/reference/kind-tables.md` says how
well that holds.
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
_LABEL = KindRule(fields={"@identifier": FieldUse.SKIP})
_PATTERN = KindRule(role=Role.BINDER, rows=False, fields={"#-1": FieldUse.BIND, "#0": FieldUse.TYPE})
_TYPED: Final = {"type": FieldUse.TYPE, "@modifiers": FieldUse.MODIFIERS}
_TYPE_FIELDS: Final = {
    "name": FieldUse.NAME,
    "body": FieldUse.BODY,
    "superclass": FieldUse.BASES,
    "interfaces": FieldUse.IMPLEMENTS,
    "permits": FieldUse.EXPRESSION,
    "@modifiers": FieldUse.MODIFIERS,
}
_METHOD_FIELDS: Final = {
    "name": FieldUse.NAME,
    "parameters": FieldUse.PARAMETERS,
    "type": FieldUse.RETURNS,
    "body": FieldUse.BODY,
    "@modifiers": FieldUse.MODIFIERS,
}
_DECLARATION = KindRule(role=Role.WRAPPER, fields=_TYPED)

_MODIFIERS: Final = (
    "public", "protected", "private", "abstract", "static", "final", "strictfp", "default", "synchronized", "native",
    "transient", "volatile", "sealed", "non-sealed",
)  # fmt: skip

# What `java.lang` of JDK 17 brings to every file, written out so that results do not depend on a JDK.
_BUILTINS: Final = frozenset(
    """
    AbstractMethodError Appendable ArithmeticException ArrayIndexOutOfBoundsException ArrayStoreException
    AssertionError AutoCloseable Boolean BootstrapMethodError Byte CharSequence Character Class
    ClassCastException ClassCircularityError ClassFormatError ClassLoader ClassNotFoundException ClassValue
    CloneNotSupportedException Cloneable Comparable Deprecated Double Enum EnumConstantNotPresentException
    Error Exception ExceptionInInitializerError Float FunctionalInterface IllegalAccessError
    IllegalAccessException IllegalArgumentException IllegalCallerException IllegalMonitorStateException
    IllegalStateException IllegalThreadStateException IncompatibleClassChangeError IndexOutOfBoundsException
    InheritableThreadLocal InstantiationError InstantiationException Integer InternalError
    InterruptedException Iterable LayerInstantiationException LinkageError Long MatchException Math Module
    ModuleLayer NegativeArraySizeException NoClassDefFoundError NoSuchFieldError NoSuchFieldException
    NoSuchMethodError NoSuchMethodException NullPointerException Number NumberFormatException Object
    OutOfMemoryError Override Package Process ProcessBuilder ProcessHandle Readable Record
    ReflectiveOperationException Runnable Runtime RuntimeException RuntimePermission SafeVarargs
    SecurityException SecurityManager Short StackOverflowError StackTraceElement StackWalker StrictMath
    String StringBuffer StringBuilder StringIndexOutOfBoundsException SuppressWarnings System Thread
    ThreadDeath ThreadGroup ThreadLocal Throwable TypeNotPresentException UnknownError UnsatisfiedLinkError
    UnsupportedClassVersionError UnsupportedOperationException VerifyError VirtualMachineError Void
    """.split()  # noqa: SIM905
)

KINDS: Final[dict[str, KindRule]] = {
    # the file
    "program": KindRule(role=Role.DEFINITION, kind="module", opens="namespace"),
    "package_declaration": KindRule(
        role=Role.PACKAGE,
        import_form="package",
        fields={"@scoped_identifier": FieldUse.NAME, "@identifier": FieldUse.NAME},
    ),
    "import_declaration": KindRule(
        role=Role.IMPORT,
        import_form="jvm",
        fields={"@scoped_identifier": FieldUse.MODULE, "@identifier": FieldUse.MODULE},
    ),
    "module_declaration": KindRule(
        role=Role.DEFINITION,
        kind="namespace",
        opens="namespace",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY},
        modifiers=("module",),
        modifier_tokens=("open",),
    ),
    "module_body": KindRule(role=Role.SKIP),
    # types
    "class_declaration": KindRule(role=Role.DEFINITION, kind="class", opens="type", fields=_TYPE_FIELDS),
    "record_declaration": KindRule(
        role=Role.DEFINITION,
        kind="class",
        opens="type",
        fields={**_TYPE_FIELDS, "parameters": FieldUse.PARAMETERS},
        modifiers=("record",),
    ),
    "enum_declaration": KindRule(role=Role.DEFINITION, kind="enum", opens="type", fields=_TYPE_FIELDS),
    "interface_declaration": KindRule(
        role=Role.DEFINITION,
        kind="interface",
        opens="type",
        fields={**_TYPE_FIELDS, "@extends_interfaces": FieldUse.BASES},
    ),
    "annotation_type_declaration": KindRule(
        role=Role.DEFINITION, kind="interface", opens="type", fields=_TYPE_FIELDS, modifiers=("annotation",)
    ),
    # The body of a class is read in place; that of `new Type() { … }` is a class of its own.
    "class_body": KindRule(
        role=Role.DEFINITION, kind="class", opens="type", parents=("object_creation_expression",), binds=False
    ),
    "enum_constant": KindRule(
        role=Role.DEFINITION,
        kind="enum_member",
        opens="type",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY, "@modifiers": FieldUse.MODIFIERS},
    ),
    "superclass": _SAME,
    "super_interfaces": _SAME,
    "extends_interfaces": _SAME,
    "type_list": _SAME,
    "type_parameter": KindRule(role=Role.BINDER, rows=False, fields={"@type_identifier": FieldUse.BIND}),
    # members
    "method_declaration": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_METHOD_FIELDS,
        binds=False,
    ),
    "constructor_declaration": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_METHOD_FIELDS,
        modifiers=("constructor",),
        binds=False,
    ),
    "compact_constructor_declaration": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_METHOD_FIELDS,
        modifiers=("constructor", "compact"),
        binds=False,
    ),
    "annotation_type_element_declaration": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields={**_METHOD_FIELDS, "value": FieldUse.EXPRESSION},
        binds=False,
    ),
    "field_declaration": _DECLARATION,
    "constant_declaration": _DECLARATION,
    "static_initializer": KindRule(role=Role.SCOPE, opens="block"),
    "modifiers": KindRule(modifier_tokens=_MODIFIERS),
    "marker_annotation": KindRule(role=Role.DECORATOR, fields={"name": FieldUse.CALLEE}),
    "annotation": KindRule(role=Role.DECORATOR, fields={"name": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}),
    "element_value_pair": KindRule(fields={"key": FieldUse.SKIP}),
    "annotated_type": KindRule(fields={"@marker_annotation": FieldUse.SKIP, "@annotation": FieldUse.SKIP}),
    "dimensions": KindRule(role=Role.SKIP),
    # parameters
    "formal_parameters": _SAME,
    "inferred_parameters": _SAME,
    "formal_parameter": KindRule(fields={"name": FieldUse.SAME, **_TYPED}),
    "spread_parameter": KindRule(
        fields={
            "@variable_declarator": FieldUse.SAME,
            "@type_identifier": FieldUse.TYPE,
            "@scoped_type_identifier": FieldUse.TYPE,
            "@generic_type": FieldUse.TYPE,
            "@array_type": FieldUse.TYPE,
            "@integral_type": FieldUse.TYPE,
            "@floating_point_type": FieldUse.TYPE,
            "@boolean_type": FieldUse.TYPE,
            "@modifiers": FieldUse.MODIFIERS,
        },
        modifiers=("variadic",),
    ),
    "receiver_parameter": KindRule(role=Role.SKIP),
    # names that get bound
    "local_variable_declaration": _DECLARATION,
    "variable_declarator": KindRule(
        role=Role.BINDER,
        kind="variable",
        member_kind="field",
        fields={"name": FieldUse.BIND, "value": FieldUse.VALUE},
    ),
    "enhanced_for_statement": KindRule(
        role=Role.BINDER,
        opens="block",
        rows=False,
        fields={"name": FieldUse.BIND, **_TYPED},
        complexity=1,
    ),
    "resource": KindRule(
        role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND, "value": FieldUse.VALUE, **_TYPED}
    ),
    "catch_formal_parameter": KindRule(
        role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND, "@catch_type": FieldUse.TYPE}
    ),
    "instanceof_expression": KindRule(
        role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND, "right": FieldUse.TYPE}
    ),
    "type_pattern": _PATTERN,
    "record_pattern_component": _PATTERN,
    # scopes
    "block": _BLOCK,
    "constructor_body": _BLOCK,
    "for_statement": KindRule(role=Role.SCOPE, opens="block", complexity=1),
    "try_with_resources_statement": _BLOCK,
    "catch_clause": KindRule(role=Role.SCOPE, opens="block", complexity=1),
    "switch_block": _BLOCK,
    "switch_rule": _BLOCK,
    # expressions
    "identifier": KindRule(role=Role.IDENTIFIER),
    "type_identifier": KindRule(role=Role.IDENTIFIER, opens="type"),
    "scoped_identifier": KindRule(role=Role.MEMBER, fields={"scope": FieldUse.OBJECT, "name": FieldUse.PROPERTY}),
    "scoped_type_identifier": KindRule(
        role=Role.MEMBER,
        fields={
            "#-1": FieldUse.PROPERTY,
            "#0": FieldUse.OBJECT,
            "@marker_annotation": FieldUse.SKIP,
            "@annotation": FieldUse.SKIP,
        },
    ),
    "generic_type": KindRule(fields={"@type_identifier": FieldUse.SAME, "@scoped_type_identifier": FieldUse.SAME}),
    "field_access": KindRule(role=Role.MEMBER, fields={"object": FieldUse.OBJECT, "field": FieldUse.PROPERTY}),
    "method_reference": KindRule(
        role=Role.MEMBER, opens="function", fields={"#0": FieldUse.OBJECT, "#-1": FieldUse.PROPERTY}
    ),
    "this": KindRule(role=Role.RECEIVER),
    "super": KindRule(role=Role.SUPER),
    "parenthesized_expression": _SAME,
    "method_invocation": KindRule(
        role=Role.CALL,
        fields={"object": FieldUse.OBJECT, "name": FieldUse.PROPERTY, "arguments": FieldUse.ARGUMENTS},
    ),
    "object_creation_expression": KindRule(
        role=Role.CALL, opens="type", fields={"type": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}
    ),
    "explicit_constructor_invocation": KindRule(
        role=Role.CALL, fields={"constructor": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}
    ),
    "argument_list": KindRule(role=Role.ARGUMENTS, fields={"*": FieldUse.SAME}),
    "lambda_expression": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields={"parameters": FieldUse.PARAMETERS, "body": FieldUse.BODY},
        complexity_outward=True,
        lexical_receiver=True,
        binds=False,
    ),
    "string_literal": KindRule(role=Role.STRING),
    "line_comment": KindRule(role=Role.COMMENT),
    "block_comment": KindRule(role=Role.COMMENT),
    "labeled_statement": _LABEL,
    "break_statement": _LABEL,
    "continue_statement": _LABEL,
    # decisions
    "if_statement": KindRule(complexity=1),
    "while_statement": KindRule(complexity=1),
    "do_statement": KindRule(complexity=1),
    "switch_label": KindRule(complexity=1, complexity_operators=("case",)),
    "ternary_expression": KindRule(complexity=1),
    "binary_expression": KindRule(complexity=1, complexity_operators=("&&", "||")),
}

PACK: Final = LanguagePack(
    name="java",
    version="1",
    extensions=(".java",),
    grammar=Grammar(module="tree_sitter_java"),
    kinds=KINDS,
    fqn=FqnRules(package=True),
    visibility=VisibilityRules(style="keyword", default="internal", in_interfaces="public"),
    tests=TestRules(
        files=(
            "*/src/test/*",
            "*/src/testFixtures/*",
            "*/src/integrationTest/*",
            "*Test.java",
            "*Tests.java",
            "*IT.java",
        ),
        functions=("test",),
        bases=("TestCase",),
        class_suffixes=("Test", "Tests", "IT", "TestCase"),
        decorators=("Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate"),
    ),
    imports=ImportRules(style="package", extensions=(".java",), defaults=("java.lang",)),
    docstring="leading-comment",
    builtins=_BUILTINS,
    builtins_module="java.lang",
    free_names=True,
    local_callables=False,
)
