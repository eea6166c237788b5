"""The Ruby language pack: what each node kind of tree-sitter-ruby means.

Constants are global in Ruby, whichever file defines them, so every file is of one package without a name: a class or
module is found from any other file. What Ruby decides at run time stays open: receivers without a constant, `send`,
mixed-in modules and reopened classes of other files.
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
_METHOD_FIELDS: Final = {"name": FieldUse.NAME, "parameters": FieldUse.PARAMETERS, "body": FieldUse.BODY}
_LAMBDA: Final = KindRule(
    role=Role.DEFINITION,
    kind="function",
    opens="function",
    fields={"parameters": FieldUse.PARAMETERS, "body": FieldUse.BODY},
    complexity_outward=True,
    lexical_receiver=True,
    binds=False,
)
_NAMED: Final = KindRule(fields={"name": FieldUse.SAME, "value": FieldUse.DEFAULT})

_BUILTINS: Final = frozenset(
    """
    ArgumentError Array BasicObject Class Comparable Complex Dir EOFError Encoding Enumerable Enumerator Exception File
    Float FloatDomainError Hash IO IOError IndexError Integer Interrupt Kernel KeyError LoadError LocalJumpError Marshal
    MatchData Math Method Module Mutex NameError NilClass NoMethodError NotImplementedError Numeric Object ObjectSpace
    Proc Process Queue Random Range RangeError Rational Regexp RuntimeError ScriptError SecurityError Set Signal
    StandardError StopIteration String Struct Symbol SyntaxError SystemCallError SystemExit Thread Time TypeError
    UncaughtThrowError ZeroDivisionError
    abort alias_method at_exit attr_accessor attr_reader attr_writer autoload binding block_given? caller catch
    define_method eval exit extend fail format freeze gets include instance_variable_get instance_variable_set lambda
    load loop module_function p prepend print printf private private_constant proc protected public puts raise rand
    require require_relative send sleep sprintf srand throw warn
    """.split()  # noqa: SIM905
)

KINDS: Final[dict[str, KindRule]] = {
    # the file
    "program": KindRule(role=Role.DEFINITION, kind="module", opens="namespace"),
    # types
    "class": KindRule(
        role=Role.DEFINITION,
        kind="class",
        opens="type",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY, "superclass": FieldUse.BASES},
    ),
    "module": KindRule(
        role=Role.DEFINITION,
        kind="trait",
        opens="type",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY},
        modifiers=("module",),
    ),
    "superclass": _SAME,
    "singleton_class": _BLOCK,
    # functions
    "method": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_METHOD_FIELDS,
        binds=False,
    ),
    "singleton_method": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields={**_METHOD_FIELDS, "object": FieldUse.SKIP},
        modifiers=("static",),
        binds=False,
    ),
    "lambda": _LAMBDA,
    "block": _LAMBDA,
    "do_block": _LAMBDA,
    "method_parameters": _SAME,
    "lambda_parameters": _SAME,
    "block_parameters": _SAME,
    "destructured_parameter": _SAME,
    "optional_parameter": _NAMED,
    "keyword_parameter": _NAMED,
    "block_parameter": _NAMED,
    "splat_parameter": KindRule(fields={"name": FieldUse.SAME}, modifiers=("variadic",)),
    "hash_splat_parameter": KindRule(fields={"name": FieldUse.SAME}, modifiers=("variadic",)),
    # names that get bound
    "assignment": KindRule(
        role=Role.BINDER,
        kind="variable",
        member_kind="field",
        fields={"left": FieldUse.BIND, "right": FieldUse.VALUE},
    ),
    "left_assignment_list": _SAME,
    "destructured_left_assignment": _SAME,
    "rest_assignment": _SAME,
    "exception_variable": KindRule(role=Role.BINDER, rows=False, fields={"*": FieldUse.BIND}),
    # scopes
    "for": KindRule(role=Role.BINDER, opens="block", rows=False, fields={"pattern": FieldUse.BIND}, complexity=1),
    # expressions
    "identifier": KindRule(role=Role.IDENTIFIER),
    "constant": KindRule(role=Role.IDENTIFIER),
    "scope_resolution": KindRule(role=Role.MEMBER, fields={"scope": FieldUse.OBJECT, "name": FieldUse.PROPERTY}),
    "call": KindRule(
        role=Role.CALL,
        fields={"receiver": FieldUse.OBJECT, "method": FieldUse.PROPERTY, "arguments": FieldUse.ARGUMENTS},
    ),
    "argument_list": KindRule(role=Role.ARGUMENTS),
    "pair": KindRule(fields={"key": FieldUse.KEY}),
    "self": KindRule(role=Role.RECEIVER),
    "super": KindRule(role=Role.SUPER),
    "yield": KindRule(role=Role.YIELD),
    "parenthesized_statements": _SAME,
    "string": KindRule(role=Role.STRING),
    "chained_string": KindRule(role=Role.STRING),
    "heredoc_body": KindRule(role=Role.STRING),
    "comment": KindRule(role=Role.COMMENT),
    "alias": KindRule(role=Role.SKIP),
    "undef": KindRule(role=Role.SKIP),
    # decisions
    "if": _DECISION,
    "elsif": _DECISION,
    "unless": _DECISION,
    "if_modifier": _DECISION,
    "unless_modifier": _DECISION,
    "while": _DECISION,
    "while_modifier": _DECISION,
    "until": _DECISION,
    "until_modifier": _DECISION,
    "when": _DECISION,
    "in_clause": _DECISION,
    "rescue": _DECISION,
    "rescue_modifier": _DECISION,
    "conditional": _DECISION,
    "binary": KindRule(complexity=1, complexity_operators=("&&", "||", "and", "or")),
}

PACK: Final = LanguagePack(
    name="ruby",
    version="1",
    extensions=(".rb", ".rake", ".gemspec", ".ru"),
    filenames=("Rakefile", "Gemfile"),
    shebangs=("ruby",),
    grammar=Grammar(module="tree_sitter_ruby"),
    kinds=KINDS,
    fqn=FqnRules(package=True),
    visibility=VisibilityRules(style="keyword", default="public"),
    tests=TestRules(
        files=("*_test.rb", "*_spec.rb", "*/test/*", "*/spec/*"),
        functions=("test_",),
        classes=("Test",),
        class_suffixes=("Test",),
        bases=("TestCase", "Test"),
    ),
    imports=ImportRules(style="package", extensions=(".rb",)),
    docstring="line-comments",
    constants="upper-case",
    builtins=_BUILTINS,
    builtins_module="",
    constructor="initialize",
    free_names=True,
    local_callables=False,
)
