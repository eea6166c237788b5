"""JavaScript and JSX: grammar and kind table."""

from __future__ import annotations

from typing import Final

from codegraph_hookspecs import Grammar, LanguagePack
from codegraph_plugins.languages import ecmascript

PACK: Final = LanguagePack(
    name="javascript",
    version="1",
    extensions=(".js", ".jsx", ".mjs", ".cjs"),
    shebangs=("node", "nodejs", "deno", "bun"),
    grammar=Grammar(module="tree_sitter_javascript"),
    kinds=ecmascript.KINDS,
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
