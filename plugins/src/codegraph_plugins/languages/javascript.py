"""JavaScript and JSX: grammar and kind table."""

from __future__ import annotations

from typing import Final

from attrs import evolve

from codegraph_hookspecs import Grammar, KindRule, LanguagePack
from codegraph_plugins.languages import ecmascript

_TYPED_FIELDS: Final = frozenset({"return_type", "type"})
_TYPED_TOKENS: Final = frozenset({"abstract", "accessor", "readonly", "accessibility_modifier", "override_modifier"})


def _untyped(rule: KindRule) -> KindRule:
    """Return a rule of the family without what this grammar lacks: types and TypeScript's modifiers."""
    return evolve(
        rule,
        fields={name: use for name, use in rule.fields.items() if name not in _TYPED_FIELDS},
        modifier_tokens=tuple(token for token in rule.modifier_tokens if token not in _TYPED_TOKENS),
    )


KINDS: Final[dict[str, KindRule]] = {kind: _untyped(rule) for kind, rule in ecmascript.KINDS.items()}

PACK: Final = LanguagePack(
    name="javascript",
    version="1",
    extensions=(".js", ".jsx", ".mjs", ".cjs"),
    shebangs=("node", "nodejs", "deno", "bun"),
    grammar=Grammar(module="tree_sitter_javascript"),
    kinds=KINDS,
    fqn=ecmascript.FQN,
    visibility=ecmascript.VISIBILITY,
    tests=ecmascript.TESTS,
    imports=ecmascript.IMPORTS,
    docstring="leading-comment",
    constants="token",
    property_modifiers=("get", "set"),
    builtins=ecmascript.GLOBALS,
    constructor="constructor",
)
