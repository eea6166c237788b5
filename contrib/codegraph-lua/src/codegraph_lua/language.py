"""The Lua language pack: 5.1 to 5.4 and LuaJIT, as data.

`function M.name()` and `function M:name()` are named by the member (`name`), because the table that a file
returns is what `require` gives; a method is a function of kind "method". Complexity is lizard's: one for each
`if`, `elseif`, loop, `and`, `or`.
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

_BLOCK: Final = KindRule(role=Role.SCOPE, opens="block")
_LIST: Final = KindRule(opens="list", fields={"*": FieldUse.SAME})
_DECISION: Final = KindRule(complexity=1)

_BUILTINS: Final = frozenset(
    """
    _G _ENV _VERSION assert bit32 collectgarbage coroutine debug dofile error getfenv getmetatable io ipairs
    jit load loadfile loadstring math module next os package pairs pcall print rawequal rawget rawlen rawset
    require select setfenv setmetatable string table tonumber tostring type unpack utf8 warn xpcall
    """.split()  # noqa: SIM905
)

KINDS: Final[dict[str, KindRule]] = {
    # definitions
    "chunk": KindRule(role=Role.DEFINITION, kind="module", opens="namespace"),
    "function_declaration": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields={"name": FieldUse.NAME, "parameters": FieldUse.PARAMETERS, "body": FieldUse.BODY},
        modifier_tokens=("local",),
    ),
    "function_definition": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields={"parameters": FieldUse.PARAMETERS, "body": FieldUse.BODY},
        takes_name=True,
    ),
    "parameters": KindRule(fields={"*": FieldUse.SAME}),
    # names that get bound
    "variable_declaration": KindRule(
        role=Role.WRAPPER, kind="variable", fields={"@variable_list": FieldUse.BIND}, modifier_tokens=("local",)
    ),
    "assignment_statement": KindRule(
        role=Role.BINDER,
        kind="variable",
        fields={"@variable_list": FieldUse.BIND, "@expression_list": FieldUse.VALUE},
    ),
    "variable_list": _LIST,
    "expression_list": _LIST,
    "attribute": KindRule(role=Role.SKIP),  # `local x <const>`
    "for_statement": KindRule(
        role=Role.BINDER, opens="block", rows=False, fields={"clause": FieldUse.BIND}, complexity=1
    ),
    "for_numeric_clause": KindRule(fields={"name": FieldUse.SAME}),
    "for_generic_clause": KindRule(fields={"@variable_list": FieldUse.SAME}),
    "block": _BLOCK,
    # expressions
    "identifier": KindRule(role=Role.IDENTIFIER),
    "dot_index_expression": KindRule(role=Role.MEMBER, fields={"table": FieldUse.OBJECT, "field": FieldUse.PROPERTY}),
    "method_index_expression": KindRule(
        role=Role.MEMBER, kind="method", fields={"table": FieldUse.OBJECT, "method": FieldUse.PROPERTY}
    ),
    "function_call": KindRule(role=Role.CALL, fields={"name": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}),
    "arguments": KindRule(role=Role.ARGUMENTS),
    "parenthesized_expression": KindRule(fields={"*": FieldUse.SAME}),
    "table_constructor": KindRule(opens="object"),
    "field": KindRule(role=Role.BINDER, rows=False, fields={"name": FieldUse.NAME, "value": FieldUse.VALUE}),
    "string": KindRule(role=Role.STRING),
    "comment": KindRule(role=Role.COMMENT),
    "label_statement": KindRule(role=Role.SKIP),
    "goto_statement": KindRule(role=Role.SKIP),
    # decisions
    "if_statement": _DECISION,
    "elseif_statement": _DECISION,
    "while_statement": _DECISION,
    "repeat_statement": _DECISION,
    "binary_expression": KindRule(complexity=1, complexity_operators=("and", "or")),
}

PACK: Final = LanguagePack(
    name="lua",
    version="1",
    extensions=(".lua", ".rockspec"),
    filenames=(".luacheckrc",),
    shebangs=("lua", "lua5.1", "lua5.2", "lua5.3", "lua5.4", "luajit"),
    grammar=Grammar(module="tree_sitter_lua"),
    kinds=KINDS,
    fqn=FqnRules(folder_names=("init",)),
    visibility=VisibilityRules(style="keyword", default="public", private_prefix="_"),
    tests=TestRules(
        files=("*_spec.lua", "*_test.lua", "*/test_*.lua", "*/spec/*", "*/test/*", "*/tests/*"),
        functions=("test",),
    ),
    imports=ImportRules(style="dotted", extensions=(".lua",), index_names=("init",), calls=("require",)),
    docstring="line-comments",
    constants="upper-case",
    builtins=_BUILTINS,
    builtins_module="_G",
)
