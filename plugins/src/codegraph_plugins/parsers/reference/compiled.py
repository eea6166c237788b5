"""A kind table compiled against one grammar: node kind ids → rules with field and token ids resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import tree_sitter
from attrs import define

from codegraph_hookspecs import FieldUse, KindRule, LanguagePack, PluginError, Role

ABI_RANGE: Final = range(13, 16)


@define(eq=False)
class CompiledRule:
    """A `KindRule` ready for the walker; see there for what each field means."""

    rule: KindRule
    role: Role
    by_field: Mapping[str, FieldUse]
    by_kind: Mapping[int, FieldUse]
    star: FieldUse
    all_same: bool
    """Every named child is read like the node itself, so fields need not be looked up."""
    plain: bool
    """Every named child is an expression."""
    passes_bases: bool
    """Where names of bases are collected, some children are looked at for them."""
    complexity: int
    operators: frozenset[str]
    parents: frozenset[str]
    below: frozenset[str]
    modifier_tokens: frozenset[str]
    object_field: str
    property_field: str
    callee_field: str
    arguments_field: str
    opens_type: bool
    opens_function: bool


@define(eq=False)
class CompiledLanguage:
    """A language pack compiled against one of its grammars.

    Args:
        pack: The pack.
        language: The loaded grammar.
        rules: Node kind id → rule; kinds without a rule are absent.
    """

    pack: LanguagePack
    language: tree_sitter.Language
    rules: dict[int, CompiledRule]


def _field_for(fields: Mapping[str, FieldUse], use: FieldUse) -> str:
    return next((name for name, value in fields.items() if value is use), "")


def _compile_rule(rule: KindRule, ids: Mapping[str, list[int]]) -> CompiledRule:
    by_field = {name: use for name, use in rule.fields.items() if name[0] not in "@*"}
    by_kind = {kind_id: use for name, use in rule.fields.items() if name[0] == "@" for kind_id in ids.get(name[1:], ())}
    star = rule.fields.get("*", FieldUse.EXPRESSION)
    bare = not by_field and not by_kind
    return CompiledRule(
        rule=rule,
        role=rule.role,
        by_field=by_field,
        by_kind=by_kind,
        star=star,
        all_same=bare and star is FieldUse.SAME,
        plain=bare and star is FieldUse.EXPRESSION,
        passes_bases=bool({FieldUse.SAME, FieldUse.BASES, FieldUse.IMPLEMENTS} & {star, *rule.fields.values()}),
        complexity=rule.complexity,
        operators=frozenset(rule.complexity_operators),
        parents=frozenset(rule.complexity_parents),
        below=frozenset(rule.parents),
        modifier_tokens=frozenset(rule.modifier_tokens),
        object_field=_field_for(by_field, FieldUse.OBJECT),
        property_field=_field_for(by_field, FieldUse.PROPERTY),
        callee_field=_field_for(by_field, FieldUse.CALLEE),
        arguments_field=_field_for(by_field, FieldUse.ARGUMENTS),
        opens_type=rule.opens == "type",
        opens_function=rule.opens == "function",
    )


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
    for kind_id in range(language.node_kind_count):
        kind = language.node_kind_for_id(kind_id)
        if kind is not None and language.node_kind_is_named(kind_id):
            ids.setdefault(kind, []).append(kind_id)
    rules = {}
    for kind, rule in pack.kinds.items():
        compiled = _compile_rule(rule, ids)
        rules.update(dict.fromkeys(ids.get(kind, ()), compiled))
    return CompiledLanguage(pack=pack, language=language, rules=rules)
