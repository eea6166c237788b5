"""Python: grammar, kind table and rules.

Complexity is radon's definition: nested functions and classes count for themselves, lambdas for the
function around them, nothing inside an `assert`.
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
_LOOP_ELSE = ("for_statement", "while_statement", "try_statement")
_COMPREHENSION = KindRule(role=Role.SCOPE, opens="comprehension")

# Builtins of CPython 3.11 to 3.13, written out so that results do not depend on the interpreter.
_BUILTINS: Final = frozenset(
    """
    ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError
    BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError
    ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning
    EnvironmentError Exception ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError
    FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError
    InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
    ModuleNotFoundError NameError None NotADirectoryError NotImplemented NotImplementedError OSError
    OverflowError PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError
    RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration
    StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError True TypeError
    UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError
    UnicodeWarning UserWarning ValueError Warning ZeroDivisionError __build_class__ __debug__ __import__
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile
    complex copyright credits delattr dict dir divmod enumerate eval exec exit filter float format
    frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len license
    list locals map max memoryview min next object oct open ord pow print property quit range repr
    reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip
    __file__ __name__ __doc__ __package__ __spec__ __loader__ __path__ __builtins__ __annotations__
    """.split()  # noqa: SIM905
)

# Children are told by their kinds where no two fields share one: that is the quickest for both engines.
KINDS: Final[dict[str, KindRule]] = {
    # definitions
    "module": KindRule(role=Role.DEFINITION, kind="module", opens="namespace"),
    "function_definition": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields={
            "@identifier": FieldUse.NAME,
            "@parameters": FieldUse.PARAMETERS,
            "@type": FieldUse.RETURNS,
            "@block": FieldUse.BODY,
        },
        modifier_tokens=("async",),
    ),
    "lambda": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields={"parameters": FieldUse.PARAMETERS, "body": FieldUse.BODY},
        complexity_outward=True,
    ),
    "class_definition": KindRule(
        role=Role.DEFINITION,
        kind="class",
        opens="type",
        fields={"@identifier": FieldUse.NAME, "@argument_list": FieldUse.BASES, "@block": FieldUse.BODY},
    ),
    "decorated_definition": KindRule(role=Role.WRAPPER),
    "decorator": KindRule(role=Role.DECORATOR),
    # parameters
    "parameters": _SAME,
    "lambda_parameters": _SAME,
    "typed_parameter": KindRule(fields={"type": FieldUse.TYPE, "*": FieldUse.SAME}),
    "default_parameter": KindRule(fields={"name": FieldUse.SAME, "value": FieldUse.DEFAULT}),
    "typed_default_parameter": KindRule(
        fields={"name": FieldUse.SAME, "type": FieldUse.TYPE, "value": FieldUse.DEFAULT}
    ),
    "list_splat_pattern": KindRule(fields={"*": FieldUse.SAME}, modifiers=("variadic",)),
    "dictionary_splat_pattern": KindRule(fields={"*": FieldUse.SAME}, modifiers=("keyword-variadic",)),
    # names that get bound
    "assignment": KindRule(
        role=Role.BINDER,
        kind="variable",
        member_kind="field",
        fields={"left": FieldUse.BIND, "type": FieldUse.TYPE, "right": FieldUse.VALUE},
    ),
    "augmented_assignment": KindRule(
        role=Role.BINDER, kind="variable", rows=False, fields={"left": FieldUse.BIND, "right": FieldUse.VALUE}
    ),
    "named_expression": KindRule(
        role=Role.BINDER, kind="variable", hoist=True, fields={"name": FieldUse.BIND, "value": FieldUse.VALUE}
    ),
    "type_alias_statement": KindRule(
        role=Role.BINDER, kind="type_alias", fields={"left": FieldUse.BIND, "right": FieldUse.EXPRESSION}
    ),
    "for_statement": KindRule(role=Role.BINDER, rows=False, fields={"left": FieldUse.BIND}, complexity=1),
    "for_in_clause": KindRule(role=Role.BINDER, rows=False, fields={"left": FieldUse.BIND}, complexity=1),
    "as_pattern": KindRule(role=Role.BINDER, rows=False, fields={"alias": FieldUse.BIND, "*": FieldUse.SAME}),
    "case_clause": KindRule(
        role=Role.BINDER,
        rows=False,
        fields={"@case_pattern": FieldUse.BIND},
        complexity=1,
        irrefutable=("_", "*"),
    ),
    "as_pattern_target": _SAME,
    "pattern_list": _SAME,
    "tuple_pattern": _SAME,
    "list_pattern": _SAME,
    "tuple": _SAME,
    "list": _SAME,
    "parenthesized_expression": _SAME,
    "type": _SAME,
    "generic_type": _SAME,
    "type_parameter": KindRule(fields={"*": FieldUse.EXPRESSION}),
    "case_pattern": _SAME,
    "union_pattern": _SAME,
    "splat_pattern": _SAME,
    "dict_pattern": KindRule(fields={"key": FieldUse.EXPRESSION, "*": FieldUse.SAME}),
    "class_pattern": KindRule(fields={"@dotted_name": FieldUse.EXPRESSION, "*": FieldUse.SAME}),
    "keyword_pattern": KindRule(fields={"@identifier": FieldUse.SKIP, "*": FieldUse.SAME}),
    "global_statement": KindRule(role=Role.OUTER_NAMES, modifiers=("global",)),
    "nonlocal_statement": KindRule(role=Role.OUTER_NAMES, modifiers=("nonlocal",)),
    # expressions
    "identifier": KindRule(role=Role.IDENTIFIER),
    "dotted_name": KindRule(role=Role.DOTTED),
    "attribute": KindRule(role=Role.MEMBER, fields={"object": FieldUse.OBJECT, "attribute": FieldUse.PROPERTY}),
    "call": KindRule(role=Role.CALL, fields={"function": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}),
    "argument_list": KindRule(role=Role.ARGUMENTS, fields={"*": FieldUse.SAME}),
    "keyword_argument": KindRule(fields={"name": FieldUse.SKIP}),
    "subscript": KindRule(fields={"value": FieldUse.SAME}),
    "list_comprehension": _COMPREHENSION,
    "set_comprehension": _COMPREHENSION,
    "dictionary_comprehension": _COMPREHENSION,
    "generator_expression": _COMPREHENSION,
    "string": KindRule(role=Role.STRING, fields={"@interpolation": FieldUse.EXPRESSION, "*": FieldUse.SKIP}),
    "comment": KindRule(role=Role.COMMENT),
    "yield": KindRule(role=Role.YIELD),
    # imports
    "import_statement": KindRule(role=Role.IMPORT, import_form="python-import"),
    "import_from_statement": KindRule(role=Role.IMPORT, import_form="python-from"),
    "future_import_statement": KindRule(role=Role.IMPORT, import_form="python-from"),
    # decisions
    "if_statement": KindRule(complexity=1),
    "elif_clause": KindRule(complexity=1),
    "else_clause": KindRule(complexity=1, complexity_parents=_LOOP_ELSE),
    "while_statement": KindRule(complexity=1),
    "except_clause": KindRule(complexity=1),
    "conditional_expression": KindRule(complexity=1),
    "boolean_operator": KindRule(complexity=1),
    "if_clause": KindRule(
        complexity=1,
        complexity_parents=(
            "list_comprehension",
            "set_comprehension",
            "dictionary_comprehension",
            "generator_expression",
        ),
    ),
    "assert_statement": KindRule(complexity=1, complexity_stops=True),
}

PACK: Final = LanguagePack(
    name="python",
    version="1",
    extensions=(".py", ".pyi", ".pyw", ".ipynb"),
    shebangs=("python", "python2", "python3", "pypy", "pypy3"),
    grammar=Grammar(module="tree_sitter_python"),
    kinds=KINDS,
    fqn=FqnRules(folder_names=("__init__",)),
    visibility=VisibilityRules(style="underscore"),
    tests=TestRules(
        files=("*/test_*.py", "*_test.py", "*/tests.py", "*/tests/*", "*/test/*", "*/conftest.py"),
        functions=("test",),
        classes=("Test",),
        bases=("TestCase",),
    ),
    imports=ImportRules(
        style="dotted",
        extensions=(".py", ".pyi"),
        index_names=("__init__",),
        export_list="__all__",
        stub_extension=".pyi",
    ),
    docstring="first-string",
    constants="upper-case",
    self_parameter=True,
    super_call="super",
    members_bind=True,
    decorator_modifiers={
        "abstractmethod": "abstract",
        "classmethod": "class",
        "final": "final",
        "overload": "overload",
        "override": "override",
        "staticmethod": "static",
    },
    property_modifiers=("property", "cached_property", "abstractproperty", "setter", "getter", "deleter"),
    enum_bases=("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"),
    builtins=_BUILTINS,
    builtins_module="builtins",
    constructor="__init__",
)


class PythonLanguage:
    """The plugin that brings Python."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="language-python", version="0.1.0", summary="Python language pack")

    @hookimpl
    def codegraph_languages(self) -> list[LanguagePack]:
        """Give the pack."""
        return [PACK]


plugin = PythonLanguage()
