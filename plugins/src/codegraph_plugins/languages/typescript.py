"""TypeScript and TSX: two grammars of one family, and the kinds that types add to JavaScript's."""

from __future__ import annotations

from typing import Final

from codegraph_hookspecs import FieldUse, Grammar, KindRule, LanguagePack, Role
from codegraph_plugins.languages import ecmascript

_SAME = KindRule(fields={"*": FieldUse.SAME})
_SIGNATURE_FIELDS: Final = {
    "name": FieldUse.NAME,
    "parameters": FieldUse.PARAMETERS,
    "return_type": FieldUse.RETURNS,
    "type": FieldUse.RETURNS,
}
_MEMBER_TOKENS: Final = (
    "static", "async", "get", "set", "abstract", "readonly", "declare", "accessor",
    "accessibility_modifier", "override_modifier",
)  # fmt: skip
_FIELD = KindRule(
    role=Role.BINDER,
    kind="variable",
    member_kind="field",
    fields={"name": FieldUse.NAME, "type": FieldUse.TYPE, "value": FieldUse.VALUE},
    modifier_tokens=_MEMBER_TOKENS,
)
_PARAMETER = KindRule(
    fields={
        "pattern": FieldUse.SAME,
        "type": FieldUse.TYPE,
        "value": FieldUse.DEFAULT,
        "@accessibility_modifier": FieldUse.SKIP,
        "@override_modifier": FieldUse.SKIP,
    },
    modifier_tokens=("accessibility_modifier", "readonly", "override_modifier"),
    complexity=1,
    complexity_operators=("=",),
)
_NAMESPACE = KindRule(
    role=Role.DEFINITION,
    kind="namespace",
    opens="namespace",
    fields={"name": FieldUse.NAME, "body": FieldUse.BODY},
)

_ABSENT: Final = frozenset({"field_definition", "using_declaration"})  # kinds of JavaScript's grammar alone

KINDS: Final[dict[str, KindRule]] = {
    **{kind: rule for kind, rule in ecmascript.KINDS.items() if kind not in _ABSENT},
    "function_signature": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields=_SIGNATURE_FIELDS,
        modifiers=("signature",),
        modifier_tokens=("async",),
    ),
    "method_signature": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_SIGNATURE_FIELDS,
        modifiers=("signature",),
        modifier_tokens=_MEMBER_TOKENS,
        binds=False,
        parents=("interface_body", "class_body"),
    ),
    "abstract_method_signature": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_SIGNATURE_FIELDS,
        modifiers=("signature",),
        modifier_tokens=_MEMBER_TOKENS,
        binds=False,
    ),
    "abstract_class_declaration": KindRule(
        role=Role.DEFINITION,
        kind="class",
        opens="type",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY, "@class_heritage": FieldUse.BASES},
        modifier_tokens=("abstract",),
    ),
    "interface_declaration": KindRule(
        role=Role.DEFINITION,
        kind="interface",
        opens="type",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY, "@extends_type_clause": FieldUse.BASES},
    ),
    "enum_declaration": KindRule(
        role=Role.DEFINITION,
        kind="enum",
        opens="type",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY},
        modifier_tokens=("const",),
    ),
    "type_alias_declaration": KindRule(
        role=Role.DEFINITION,
        kind="type_alias",
        opens="namespace",
        fields={"name": FieldUse.NAME},
    ),
    "internal_module": _NAMESPACE,
    "module": _NAMESPACE,
    "ambient_declaration": KindRule(role=Role.WRAPPER, modifier_tokens=("declare",)),
    "extends_clause": KindRule(fields={"value": FieldUse.SAME}),
    "implements_clause": KindRule(fields={"*": FieldUse.IMPLEMENTS}),
    "extends_type_clause": KindRule(fields={"type": FieldUse.SAME}),
    "generic_type": KindRule(fields={"name": FieldUse.SAME}),
    "nested_type_identifier": KindRule(role=Role.MEMBER, fields={"module": FieldUse.OBJECT, "name": FieldUse.PROPERTY}),
    "nested_identifier": KindRule(role=Role.MEMBER, fields={"object": FieldUse.OBJECT, "property": FieldUse.PROPERTY}),
    "type_identifier": KindRule(role=Role.IDENTIFIER),
    "type_parameter": KindRule(role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND}),
    "mapped_type_clause": KindRule(role=Role.BINDER, rows=False, fields={"name": FieldUse.BIND}),
    "conditional_type": KindRule(role=Role.SCOPE, opens="block"),  # what `infer` names
    "infer_type": KindRule(role=Role.BINDER, rows=False, fields={"@type_identifier": FieldUse.BIND}),
    "index_signature": KindRule(fields={"name": FieldUse.SKIP}),
    "function_type": KindRule(role=Role.SCOPE, opens="block", fields={"parameters": FieldUse.BIND}),
    "constructor_type": KindRule(role=Role.SCOPE, opens="block", fields={"parameters": FieldUse.BIND}),
    "call_signature": KindRule(role=Role.SCOPE, opens="block", fields={"parameters": FieldUse.BIND}),
    "construct_signature": KindRule(role=Role.SCOPE, opens="block", fields={"parameters": FieldUse.BIND}),
    "required_parameter": _PARAMETER,
    "optional_parameter": _PARAMETER,
    "public_field_definition": _FIELD,
    "property_signature": KindRule(
        role=Role.BINDER,
        kind="variable",
        member_kind="field",
        fields={"name": FieldUse.NAME, "type": FieldUse.TYPE},
        modifier_tokens=_MEMBER_TOKENS,
        parents=("interface_body",),
    ),
    "enum_assignment": KindRule(
        role=Role.BINDER,
        kind="enum_member",
        member_kind="enum_member",
        fields={"name": FieldUse.NAME, "value": FieldUse.VALUE},
    ),
    "enum_body": KindRule(fields={"name": FieldUse.ROW}),
    "non_null_expression": _SAME,
    # The grammar reads `await f<T>(x)` as a call of `await f`, and `!f<T>(x)` as one of `!f`.
    "await_expression": KindRule(fields={"*": FieldUse.CALLEE}),
    "unary_expression": KindRule(fields={"argument": FieldUse.CALLEE}),
    # `import Short = Some.Namespace`: a second name for something, not an import of a module
    "import_alias": KindRule(
        role=Role.BINDER,
        kind="constant",
        fields={"@identifier": FieldUse.BIND, "@nested_identifier": FieldUse.VALUE},
    ),
}

PACK: Final = LanguagePack(
    name="typescript",
    version="1",
    extensions=(".ts", ".tsx", ".mts", ".cts", ".d.ts", ".d.mts", ".d.cts"),
    grammar=Grammar(module="tree_sitter_typescript", function="language_typescript"),
    grammars={".tsx": Grammar(module="tree_sitter_typescript", function="language_tsx")},
    kinds=KINDS,
    fqn=ecmascript.FQN,
    visibility=ecmascript.VISIBILITY,
    tests=ecmascript.TESTS,
    imports=ecmascript.IMPORTS,
    docstring="leading-comment",
    constants="token",
    property_modifiers=("get", "set"),
    builtins=ecmascript.GLOBALS
    | frozenset(
        """
        Awaited Capitalize ConstructorParameters Exclude Extract InstanceType Lowercase NonNullable Omit
        Parameters Partial Pick PromiseLike Readonly ReadonlyArray ReadonlyMap ReadonlySet Record Required
        ReturnType ThisType Uncapitalize Uppercase
        """.split()  # noqa: SIM905
    ),
    constructor="constructor",
    misread="typescript",
)
