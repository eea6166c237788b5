"""A kind table compiled against one grammar: node kind ids → rules with field and token ids resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import tree_sitter
from attrs import define, evolve, field

from codegraph_hookspecs import FieldUse, KindRule, LanguagePack, PluginError, Role

ABI_RANGE: Final = range(13, 16)

# What the walk's loop does with a node in reference mode, by kind: the rest is `Walker.visit`'s.
ACT_CHILDREN: Final = 0  # nothing but to walk its children
ACT_CALL: Final = 1
ACT_PARTS: Final = 2  # as ACT_SOME; children without children are not looked at either
ACT_NAME: Final = 3  # a reference
ACT_SCOPE: Final = 4  # no node: the scope of what follows
ACT_WORK: Final = 5  # no node: see `Work`
ACT_MEMBER: Final = 6
ACT_BINDER: Final = 7  # a binder that counts no decisions
ACT_DEFINITION: Final = 8  # a definition of which only its fields tell what it is
ACT_SOME: Final = 9  # as ACT_CHILDREN, but some are not looked at
ACT_COUNT: Final = 10  # adds decisions, then as ACT_CHILDREN
ACT_COMMENT: Final = 11
ACT_VISIT: Final = 12
"""The loop asks for the first three and the first seven together, so their order is part of its speed."""

HEAD_NAME: Final = 0
HEAD_RECEIVER: Final = 1
HEAD_SUPER: Final = 2
HEAD_TYPE: Final = 3
"""What a dotted name begins with; the last is a name that only a type can have."""

_NAMES: Final = frozenset({Role.IDENTIFIER, Role.DOTTED})
_HEADS: Final = {
    Role.IDENTIFIER: HEAD_NAME,
    Role.DOTTED: HEAD_NAME,
    Role.RECEIVER: HEAD_RECEIVER,
    Role.SUPER: HEAD_SUPER,
}

_ACTIONS: Final = {
    Role.MEMBER: ACT_MEMBER,
    Role.CALL: ACT_CALL,
    Role.BINDER: ACT_BINDER,
    Role.DEFINITION: ACT_DEFINITION,
}

WORK_ID: Final = 0x10000
SCOPE_ID: Final = 0x10001
"""`kind_id` of what lies among nodes on the walk's stack without being one."""

_ALL_IDS: Final = 0x10002
"""A kind id has 16 bits (error nodes have the last one), and there are the two above."""

ASSIGN_CALL: Final = "Object.assign"
"""The call that gives its first argument the members of the others."""


@define(eq=False)
class CompiledRule:
    """A `KindRule` ready for the walker; see there for what each field means."""

    rule: KindRule
    role: Role
    action: int
    by_field: Mapping[str | None, FieldUse]
    by_kind: Mapping[int, FieldUse]
    by_first: Mapping[int, FieldUse]
    """By kind, for the first child of that kind alone."""
    by_position: Mapping[int, FieldUse]
    """From the start (0, 1 …) or the end (-1 …), comments not counted."""
    star: FieldUse
    all_same: bool
    """Every named child is read like the node itself, so fields need not be looked up."""
    plain: bool
    """Every named child is an expression."""
    passes_bases: bool
    """Where names of bases are collected, some children are looked at for them."""
    complexity: int
    operators: frozenset[int]
    """Kind ids of the tokens that count."""
    parents: frozenset[str]
    below: frozenset[str]
    modifier_tokens: frozenset[str]
    modifier_ids: frozenset[int]
    """Kind ids of `modifier_tokens`."""
    object_field: int
    property_field: int
    callee_field: int
    arguments_field: int
    target_field: int
    value_field: int
    """Ids of the fields that carry these; 0, which no child has, where there is none."""
    uses: frozenset[FieldUse]
    member_call: bool
    """A call whose callee is no node of its own: object and property stand in the call."""
    names_type: bool
    """An identifier that can only mean a type."""
    names_types: bool
    """A binder whose names are types."""
    tells_parameters: bool
    """Its children say what a parameter is."""
    opens_type: bool
    opens_function: bool
    lists: bool
    """Stands for its only child, if it has just one."""
    takes_name: bool
    """A definition that is named by what it is assigned to."""
    defines_plainly: bool
    """A definition of a function whose children are told by kind: a name, parameters, what it returns, a body."""
    names_plainly: bool
    """A binder that has a name and a value and makes no rows."""
    name_field: int
    """Id of the field that holds a name."""
    may_import: bool
    """A value of this kind may be what a call imports, a member of it or something around it."""
    binds_plainly: bool
    """A binder of nothing but a target and its value."""
    parameter_list: bool
    """Says nothing of the parameters in it."""
    owner: bool
    """The definition or extension belongs to a type that stands elsewhere."""
    wraps_callee: bool
    """It surrounds what is called (`f::<T>`)."""
    through: bool
    """A dotted name goes on in the child that is read as the node itself (`Vec<T>`)."""
    head: int
    """What a dotted name is that begins with such a node: see `HEAD_NAME`; -1 where none does."""
    list_of_arguments: bool
    """Its children are the arguments of a call, and walked as they are."""
    calls_plainly: bool
    """A call that has nothing but a callee and arguments."""
    skipped: frozenset[str | None]
    """Fields whose children are not walked, where that is all there is to know of the children."""


@define(eq=False)
class CompiledLanguage:
    """A language pack compiled against one of its grammars.

    Args:
        pack: The pack.
        language: The loaded grammar.
        rules: Node kind id → rule; kinds without a rule are absent.
        plans: By kind id, for every id that can occur: kinds without a rule have an empty one.
        actions: The plans' `action`s.
        telling_calls: Names of which more is read when they are called than that they are.
        calls_have_tokens: Whether the grammar has but tokens for arguments of some calls (macros).
        visibilities: What names without modifiers were found to be, as a memory.
    """

    pack: LanguagePack
    language: tree_sitter.Language
    rules: dict[int, CompiledRule]
    plans: list[CompiledRule]
    actions: list[int]
    telling_calls: frozenset[str]
    calls_have_tokens: bool
    visibilities: dict[str, str] = field(factory=dict)


def _field_for(fields: Mapping[str | None, FieldUse], use: FieldUse, language: tree_sitter.Language) -> int:
    name = next((name for name, value in fields.items() if name and value is use), None)
    return (language.field_id_for_name(name) or 0) if name is not None else 0


def _action(rule: KindRule, *, plain: bool, free: bool) -> int:
    """Return what the walk's loop does with a node of this kind in reference mode."""
    if rule.role is Role.COMMENT:
        return ACT_COMMENT
    if rule.parents:
        return ACT_VISIT
    if rule.role is Role.IDENTIFIER:
        return ACT_VISIT if rule.opens else ACT_NAME
    if rule.role in {Role.NONE, Role.ARGUMENTS, Role.STRING}:
        if rule.complexity_stops or rule.opens == "object":
            return ACT_VISIT
        uses = set(rule.fields.values())
        if not plain and not uses <= {FieldUse.EXPRESSION, FieldUse.SAME}:
            some = uses <= {FieldUse.SKIP, FieldUse.EXPRESSION, FieldUse.SAME}
            return ACT_SOME if some and not rule.complexity else ACT_VISIT
        if not rule.complexity:
            return ACT_CHILDREN
        conditional = rule.complexity_parents or rule.complexity_operators or rule.irrefutable
        return ACT_VISIT if conditional else ACT_COUNT
    if not rule.complexity and not (free and rule.role is Role.MEMBER):
        return ACT_VISIT if FieldUse.OWNER in rule.fields.values() else _ACTIONS.get(rule.role, ACT_VISIT)
    return ACT_VISIT


def _compile_rule(
    rule: KindRule,
    language: tree_sitter.Language,
    ids: Mapping[str, list[int]],
    tokens: Mapping[str, list[int]],
    *,
    free: bool = False,
) -> CompiledRule:
    by_field: dict[str | None, FieldUse] = {name: use for name, use in rule.fields.items() if name[0] not in "@*#"}
    by_position = {int(name[1:]): use for name, use in rule.fields.items() if name[0] == "#"}
    kinds = {name[1:]: use for name, use in rule.fields.items() if name[0] == "@"}
    by_kind = {kind_id: use for name, use in kinds.items() for kind_id in ids.get(name, ())}
    firsts = {name.removesuffix("#0"): use for name, use in kinds.items() if name.endswith("#0")}
    by_first = {kind_id: use for name, use in firsts.items() for kind_id in ids.get(name, ())}
    star = rule.fields.get("*", FieldUse.EXPRESSION)
    bare = not by_field and not kinds and not by_position
    uses = frozenset(rule.fields.values())
    action = _action(rule, plain=bare and star in {FieldUse.EXPRESSION, FieldUse.SAME}, free=free)
    return CompiledRule(
        rule=rule,
        role=rule.role,
        action=action,
        by_field=by_field,
        by_kind=by_kind,
        by_first=by_first,
        by_position=by_position,
        star=star,
        all_same=bare and star is FieldUse.SAME,
        plain=bare and star is FieldUse.EXPRESSION,
        passes_bases=bool({FieldUse.SAME, FieldUse.BASES, FieldUse.IMPLEMENTS} & {star, *rule.fields.values()}),
        complexity=rule.complexity,
        operators=frozenset(kind_id for token in rule.complexity_operators for kind_id in tokens.get(token, ())),
        parents=frozenset(rule.complexity_parents),
        below=frozenset(rule.parents),
        modifier_tokens=frozenset(rule.modifier_tokens),
        modifier_ids=frozenset(
            kind_id for token in rule.modifier_tokens for kind_id in (*ids.get(token, ()), *tokens.get(token, ()))
        ),
        object_field=_field_for(by_field, FieldUse.OBJECT, language),
        property_field=_field_for(by_field, FieldUse.PROPERTY, language),
        callee_field=_field_for(by_field, FieldUse.CALLEE, language),
        arguments_field=_field_for(by_field, FieldUse.ARGUMENTS, language),
        target_field=_field_for(by_field, FieldUse.BIND, language),
        value_field=_field_for(by_field, FieldUse.VALUE, language),
        uses=uses,
        member_call=rule.role is Role.CALL and FieldUse.CALLEE not in uses and FieldUse.PROPERTY in uses,
        names_type=rule.role in {Role.IDENTIFIER, Role.DOTTED} and rule.opens == "type",
        names_types=rule.role is Role.BINDER and rule.opens == "type",
        tells_parameters=not bare and rule.opens != "list",
        opens_type=rule.opens == "type",
        opens_function=rule.opens == "function",
        lists=rule.opens == "list",
        takes_name=rule.role is Role.DEFINITION and rule.takes_name,
        defines_plainly=(
            rule.role is Role.DEFINITION
            and rule.opens == "function"
            and uses == {FieldUse.NAME, FieldUse.PARAMETERS, FieldUse.RETURNS, FieldUse.BODY}
            and not (by_field or by_position or firsts)
            and star is FieldUse.EXPRESSION
            and rule.binds
            and not (rule.takes_name or rule.import_form or rule.kinds or rule.name)
            and not (rule.complexity_outward or rule.lexical_receiver or rule.parents)
        ),
        names_plainly=(
            rule.role is Role.BINDER
            and bool(by_field)
            and uses == {FieldUse.NAME, FieldUse.VALUE}
            and not (kinds or by_position or rule.rows or rule.hoist or rule.opens or rule.embeds or rule.complexity)
        ),
        name_field=_field_for(by_field, FieldUse.NAME, language),
        may_import=rule.role in {Role.CALL, Role.MEMBER, Role.NONE},
        binds_plainly=(
            rule.role is Role.BINDER
            and uses <= {FieldUse.BIND, FieldUse.VALUE, FieldUse.TYPE}
            and not (rule.hoist or rule.opens or rule.embeds)
        ),
        parameter_list=rule.role is Role.NONE
        and bare
        and star is FieldUse.SAME
        and not (rule.modifiers or rule.modifier_tokens or rule.complexity or rule.opens or rule.complexity_stops)
        and not rule.parents,
        owner=FieldUse.OWNER in rule.fields.values(),
        wraps_callee=rule.role is Role.NONE and FieldUse.CALLEE in rule.fields.values(),
        through=rule.role is Role.NONE
        and FieldUse.SAME in rule.fields.values()
        and not (bare and star is FieldUse.SAME),
        head=HEAD_TYPE if rule.opens == "type" and rule.role in _NAMES else _HEADS.get(rule.role, -1),
        list_of_arguments=rule.role is Role.ARGUMENTS and action == ACT_CHILDREN,
        calls_plainly=rule.role is Role.CALL
        and uses == {FieldUse.CALLEE, FieldUse.ARGUMENTS}
        and not (kinds or by_position or rule.callee_suffix or rule.named_callee),
        skipped=frozenset(name for name, use in by_field.items() if use is FieldUse.SKIP)
        if not (kinds or by_position) and star is not FieldUse.SKIP
        else frozenset(),
    )


def _holds_nothing_in_leaves(rule: CompiledRule, rules: Mapping[int, CompiledRule]) -> bool:
    """Say whether children that have none themselves can be left out: a string's quotes and text."""
    if rule.action != ACT_SOME or rule.star is not FieldUse.SKIP:
        return False
    if rule.by_field or rule.by_first or rule.by_position:
        return False
    looked_at = [kind for kind, use in rule.by_kind.items() if use is not FieldUse.SKIP]
    return all(kind not in rules or rules[kind].action == ACT_CHILDREN for kind in looked_at)


def _marks(empty: CompiledRule) -> dict[int, CompiledRule]:
    """Return plans for what lies on the walk's stack without being a node."""
    return {WORK_ID: evolve(empty, action=ACT_WORK), SCOPE_ID: evolve(empty, action=ACT_SCOPE)}


def compile_language(pack: LanguagePack, extension: str = "") -> CompiledLanguage:
    """Compile a pack's kind table against the grammar for a file extension.

    Kinds that this grammar lacks are left out: one table may serve several grammars of a family.

    Raises:
        PluginError: The grammar's wheel is missing ("grammar-missing") or its ABI is not supported
            ("grammar-abi").
    """
    grammar = pack.grammars.get(extension, pack.grammar)
    context = {"language": pack.name, "grammar": f"{grammar.module}.{grammar.function}"}
    try:
        capsule = grammar.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"The grammar of language {pack.name!r} cannot be loaded: {error}.",
            code="grammar-missing",
            context=context | {"remedy": f"Install the wheel that has the module {grammar.module!r}."},
            cause=error,
        ) from error
    try:
        language = tree_sitter.Language(capsule)
    except (TypeError, ValueError) as error:
        raise PluginError(
            f"The grammar of language {pack.name!r} is not usable: {error}.",
            code="grammar-abi",
            context=context | {"remedy": "Install a grammar wheel with ABI 13 to 15."},
            cause=error,
        ) from error
    if language.abi_version not in ABI_RANGE:
        raise PluginError(
            f"The grammar of language {pack.name!r} has ABI {language.abi_version}, not 13 to 15.",
            code="grammar-abi",
            context=context | {"remedy": "Install a grammar wheel with ABI 13 to 15."},
        )
    ids: dict[str, list[int]] = {}
    tokens: dict[str, list[int]] = {}
    for kind_id in range(language.node_kind_count):
        kind = language.node_kind_for_id(kind_id)
        if kind is not None:
            (ids if language.node_kind_is_named(kind_id) else tokens).setdefault(kind, []).append(kind_id)
    rules = {}
    for kind, rule in pack.kinds.items():
        compiled = _compile_rule(rule, language, ids, tokens, free=pack.free_names)
        rules.update(dict.fromkeys(ids.get(kind, ()), compiled))
    for rule_ in rules.values():
        if _holds_nothing_in_leaves(rule_, rules):
            rule_.action = ACT_PARTS
    empty = _compile_rule(KindRule(), language, ids, tokens)
    plans = [empty] * _ALL_IDS
    for kind_id, plan in (rules | _marks(empty)).items():
        plans[kind_id] = plan
    telling = {pack.super_call, *pack.imports.calls, *([ASSIGN_CALL] if pack.imports.explicit_exports else ())}
    return CompiledLanguage(
        pack=pack,
        language=language,
        rules=rules,
        plans=plans,
        actions=[plan.action for plan in plans],
        telling_calls=frozenset(telling),
        calls_have_tokens=any(rule.opens == "tokens" for rule in pack.kinds.values()),
    )
