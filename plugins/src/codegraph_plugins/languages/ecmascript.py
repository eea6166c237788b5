"""What JavaScript and TypeScript share: kind rules, globals, test and import rules.

Complexity is lizard's definition (1.24): one for each `if`, `for`, `while`, `do`, `case`, `catch`, `? :`,
`&&`, `||`, `??`, `&&=`, `||=`, `??=` and default value (of a parameter or in a pattern); `?.` and types
decide nothing. Each function counts for itself. lizard reads tokens, so it also counts what only looks
like a decision (`promise.catch()`) and loses some that are; `tests/oracle/complexity.py` names these
artefacts. Functions without one are equal: 99.87 % of 21,018 (JavaScript), 99.95 % of 12,867 (TypeScript).
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from codegraph_hookspecs import FieldUse, FqnRules, ImportRules, KindRule, Role, TestRules, VisibilityRules

_SAME = KindRule(fields={"*": FieldUse.SAME})
_BLOCK = KindRule(role=Role.SCOPE, opens="block")
_FUNCTION_FIELDS: Final = {
    "name": FieldUse.NAME,
    "parameters": FieldUse.PARAMETERS,
    "parameter": FieldUse.PARAMETERS,
    "return_type": FieldUse.RETURNS,
    "body": FieldUse.BODY,
}
_CLASS_FIELDS: Final = {
    "name": FieldUse.NAME,
    "body": FieldUse.BODY,
    "@class_heritage": FieldUse.BASES,
}
_FUNCTION = KindRule(
    role=Role.DEFINITION, kind="function", opens="function", fields=_FUNCTION_FIELDS, modifier_tokens=("async",)
)
_FUNCTION_EXPRESSION = evolve(_FUNCTION, member_kind="method", takes_name=True)
_JSX_ELEMENT = KindRule(fields={"name": FieldUse.COMPONENT})

KINDS: Final[dict[str, KindRule]] = {
    "program": KindRule(role=Role.DEFINITION, kind="module", opens="namespace"),
    # functions
    "function_declaration": _FUNCTION,
    "generator_function_declaration": _FUNCTION,
    "function_expression": _FUNCTION_EXPRESSION,
    "generator_function": _FUNCTION_EXPRESSION,
    "arrow_function": evolve(_FUNCTION_EXPRESSION, lexical_receiver=True),
    "method_definition": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_FUNCTION_FIELDS,
        modifier_tokens=(
            "static",
            "async",
            "get",
            "set",
            "abstract",
            "readonly",
            "accessibility_modifier",
            "override_modifier",
        ),
        binds=False,
    ),
    # classes
    "class_declaration": KindRule(role=Role.DEFINITION, kind="class", opens="type", fields=_CLASS_FIELDS),
    "class": KindRule(role=Role.DEFINITION, kind="class", opens="type", fields=_CLASS_FIELDS, takes_name=True),
    "class_heritage": _SAME,
    "class_static_block": _BLOCK,
    "field_definition": KindRule(
        role=Role.BINDER,
        kind="variable",
        member_kind="field",
        fields={"property": FieldUse.NAME, "value": FieldUse.VALUE},
        modifier_tokens=("static", "accessor"),
    ),
    "decorator": KindRule(role=Role.DECORATOR),
    # parameters and patterns
    "formal_parameters": _SAME,
    "object_pattern": _SAME,
    "array_pattern": KindRule(fields={"*": FieldUse.SAME}, modifiers=("positional",)),
    "rest_pattern": KindRule(fields={"*": FieldUse.SAME}, modifiers=("variadic",)),
    "pair_pattern": KindRule(fields={"key": FieldUse.PROPERTY, "value": FieldUse.SAME}),
    "assignment_pattern": KindRule(fields={"left": FieldUse.SAME, "right": FieldUse.DEFAULT}, complexity=1),
    "object_assignment_pattern": KindRule(fields={"left": FieldUse.SAME, "right": FieldUse.DEFAULT}, complexity=1),
    "parenthesized_expression": _SAME,
    # names that get bound
    "lexical_declaration": KindRule(role=Role.WRAPPER, modifier_tokens=("const",)),
    "variable_declaration": KindRule(role=Role.WRAPPER, hoist=True),
    "using_declaration": KindRule(role=Role.WRAPPER),
    "variable_declarator": KindRule(
        role=Role.BINDER,
        kind="variable",
        fields={"name": FieldUse.BIND, "type": FieldUse.TYPE, "value": FieldUse.VALUE},
        constant_tokens=("const",),
    ),
    "assignment_expression": KindRule(
        role=Role.BINDER,
        kind="variable",
        member_kind="field",
        rows=False,
        hoist=True,
        fields={"left": FieldUse.ASSIGN, "right": FieldUse.VALUE},
    ),
    "catch_clause": KindRule(
        role=Role.BINDER, opens="block", rows=False, fields={"parameter": FieldUse.BIND}, complexity=1
    ),
    "for_in_statement": KindRule(
        role=Role.BINDER, opens="block", rows=False, fields={"left": FieldUse.BIND}, complexity=1
    ),
    "for_statement": KindRule(role=Role.SCOPE, opens="block", complexity=1),
    "statement_block": _BLOCK,
    "switch_body": _BLOCK,
    # expressions
    "identifier": KindRule(role=Role.IDENTIFIER),
    "shorthand_property_identifier": KindRule(role=Role.IDENTIFIER),
    "shorthand_property_identifier_pattern": KindRule(role=Role.IDENTIFIER),
    "member_expression": KindRule(role=Role.MEMBER, fields={"object": FieldUse.OBJECT, "property": FieldUse.PROPERTY}),
    "this": KindRule(role=Role.RECEIVER),
    "super": KindRule(role=Role.SUPER),
    "call_expression": KindRule(role=Role.CALL, fields={"function": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}),
    "new_expression": KindRule(
        role=Role.CALL, fields={"constructor": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}
    ),
    "arguments": KindRule(role=Role.ARGUMENTS),
    "object": KindRule(opens="object"),
    "pair": KindRule(
        role=Role.BINDER, member_kind="field", rows=False, fields={"key": FieldUse.NAME, "value": FieldUse.VALUE}
    ),
    "string": KindRule(role=Role.STRING, fields={"*": FieldUse.SKIP}),
    "template_string": KindRule(
        role=Role.STRING, fields={"@template_substitution": FieldUse.EXPRESSION, "*": FieldUse.SKIP}
    ),
    "comment": KindRule(role=Role.COMMENT),
    "yield_expression": KindRule(role=Role.YIELD),
    "jsx_opening_element": _JSX_ELEMENT,
    "jsx_self_closing_element": _JSX_ELEMENT,
    "jsx_closing_element": KindRule(role=Role.SKIP),
    # imports and exports
    "import_statement": KindRule(role=Role.IMPORT, import_form="es-import"),
    "export_statement": KindRule(role=Role.EXPORT, import_form="es-export", modifier_tokens=("export", "default")),
    # decisions
    "if_statement": KindRule(complexity=1),
    "while_statement": KindRule(complexity=1),
    "do_statement": KindRule(complexity=1),
    "switch_case": KindRule(complexity=1),
    "ternary_expression": KindRule(complexity=1),
    "binary_expression": KindRule(complexity=1, complexity_operators=("&&", "||", "??")),
    "augmented_assignment_expression": KindRule(complexity=1, complexity_operators=("&&=", "||=", "??=")),
}

IMPORTS: Final = ImportRules(
    style="path",
    extensions=(".ts", ".tsx", ".d.ts", ".mts", ".d.mts", ".cts", ".d.cts", ".js", ".jsx", ".mjs", ".cjs"),
    index_names=("index",),
    config_files=("tsconfig.json", "jsconfig.json"),
    calls=("require", "import"),
    explicit_exports=True,
)

FQN: Final = FqnRules(folder_names=("index",))

VISIBILITY: Final = VisibilityRules(style="keyword", default="public", private_prefix="#")

TESTS: Final = TestRules(
    files=(
        "*.test.*", "*.spec.*", "*/__tests__/*", "*/test/*", "*/tests/*", "*.test-d.ts", "*/*.cy.*",
    ),
    whole_file=True,
)  # fmt: skip

GLOBALS: Final = frozenset(
    """
    AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error
    EvalError FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array
    Intl Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set
    SharedArrayBuffer String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array
    Uint8ClampedArray WeakMap WeakRef WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent escape
    eval globalThis isFinite isNaN parseFloat parseInt undefined unescape
    AbortController AbortSignal Blob BroadcastChannel Buffer CompressionStream CryptoKey CustomEvent
    DOMException Event EventSource EventTarget File FormData Headers MessageChannel MessageEvent MessagePort
    Performance ReadableStream Request Response TextDecoder TextEncoder TransformStream URL URLSearchParams
    WebAssembly WebSocket Worker WritableStream XMLHttpRequest __dirname __filename alert atob btoa
    cancelAnimationFrame clearImmediate clearInterval clearTimeout console crypto document exports fetch global
    history import indexedDB localStorage location module navigator performance process queueMicrotask
    requestAnimationFrame require self sessionStorage setImmediate setInterval setTimeout structuredClone window
    Document Element HTMLElement Node IntersectionObserver MutationObserver ResizeObserver
    """.split()  # noqa: SIM905
)
"""Names of the language, of browsers and of Node.js that are bound everywhere."""
