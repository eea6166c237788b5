"""Rust: how rust-analyzer names the `impl` block that a member stands in: `impl#[Type][Trait]`, below its module.

The type and the trait are as the block writes them, without the paths before their names. A trait of an operator that
leaves out its argument has `Self` there. (rust-analyzer, `crates/ide/src/moniker.rs`.)
"""

from __future__ import annotations

import re
from typing import Final

import tree_sitter

from codegraph_plugins.scip.grammar import identifier

Node = tree_sitter.Node

IMPL: Final = "impl "
"""What the name of a site begins with that defines a member of an `impl` block.

Behind it are the ordinal of the module around, and the block's descriptors.
"""
_PATH: Final = re.compile(r"(?:\b\w+\s*::\s*)+(?=\w)|^::\s*")
_SPACE: Final = re.compile(r"\s+")
_OF_SELF: Final = frozenset(
    [
        *(f"{name}{mode}" for name in ("Add", "Sub", "Mul", "Div", "Rem", "BitAnd", "BitOr", "BitXor", "Shl", "Shr")
          for mode in ("", "Assign")),
        "PartialEq",
        "PartialOrd",
    ]
)  # fmt: skip
"""Traits of the language whose argument is `Self` unless it is written."""


def impl_of(node: Node) -> Node | None:
    """Return the `impl` block that a definition stands directly in."""
    body = node.parent
    block = body.parent if body is not None and body.type == "declaration_list" else None
    return block if block is not None and block.type == "impl_item" else None


def module_of(block: Node) -> int:
    """Return where the module begins that is written around an `impl` block, -1 for the file's own."""
    around = block.parent
    while around is not None and around.type != "mod_item":
        around = around.parent
    return around.start_byte if around is not None else -1


def impl_name(block: Node) -> str:
    """Return the descriptors of an `impl` block."""
    type_, trait = block.child_by_field_name("type"), block.child_by_field_name("trait")
    said = f"[{identifier(_plain(type_))}]" if type_ is not None else ""
    if trait is not None:
        name = _plain(trait)
        said += f"[{identifier(f'{name}<Self>' if name in _OF_SELF else name)}]"
    return f"impl#{said}"


def _plain(node: Node) -> str:
    text = _SPACE.sub(" ", (node.text or b"").decode("utf-8", "replace"))
    return _PATH.sub("", text) or "_"
