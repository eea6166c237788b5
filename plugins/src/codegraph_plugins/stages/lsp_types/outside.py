"""Dotted names of what is defined outside the repository, as other stages name it: `builtins.str.join`.

The files that servers name are read, never run: stubs and sources of Python's libraries, and the declarations of
JavaScript's library that TypeScript brings. Of other languages' libraries nothing is named.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePath
from typing import Any, Final

import tree_sitter

from codegraph_hookspecs import LanguagePack
from codegraph_plugins.stages.lsp_types.places import Lines, Place
from codegraph_plugins.stages.lsp_types.questions import grammar_of

_MOST_BYTES: Final = 8 << 20
_PYTHON_TOPS: Final = frozenset({"site-packages", "dist-packages", "stdlib"})
_DEFINITIONS: Final = frozenset({"class_definition", "function_definition"})
_INTERFACES: Final = frozenset({"interface_declaration", "class_declaration", "abstract_class_declaration"})
_MEMBERS: Final = frozenset({"method_signature", "property_signature", "function_signature", "public_field_definition"})


class OutsideNames:
    """Names places outside; each file is read once.

    Args:
        packs: Languages in use, by name.
        encoding: Units of the places' columns.
    """

    def __init__(self, packs: Mapping[str, LanguagePack], encoding: str) -> None:
        self._packs, self._encoding = packs, encoding
        self._files: dict[str, tuple[Lines, tree_sitter.Node] | None] = {}

    def name(self, place: Place, language: str) -> str:
        """Return the dotted name of what is defined at a place, or an empty text."""
        path = PurePath(place.path)
        if language == "python" and path.suffix in {".py", ".pyi"}:
            return self._python(place, path)
        if language in {"javascript", "typescript"} and path.name.startswith("lib.") and path.name.endswith(".d.ts"):
            return self._library(place)
        return ""

    def _python(self, place: Place, path: PurePath) -> str:
        chain = self._chain(place, "python", partial(_around, kinds=_DEFINITIONS))
        module = _python_module(path)
        return f"{module}.{'.'.join(chain)}" if chain and module else ""

    def _library(self, place: Place) -> str:
        chain = self._chain(place, "typescript", partial(_around, kinds=_INTERFACES | _MEMBERS))
        if len(chain) != 2:
            return "" if len(chain) != 1 else chain[0]
        owner, member = chain
        base = owner.removesuffix("Constructor")
        return f"{base}.{member}" if base != owner else f"{owner}.prototype.{member}"

    def _chain(self, place: Place, language: str, around: Any) -> list[str]:
        """Return the names of the definitions around a place, outermost first, whose innermost it names."""
        if place.path not in self._files:
            self._files[place.path] = self._read(place.path, language)
        found = self._files[place.path]
        if found is None:
            return []
        lines, root = found
        offset = lines.offset(place.line, place.column)
        leaf = root.descendant_for_byte_range(offset, offset) if offset >= 0 else None
        return around(leaf) if leaf is not None else []

    def _read(self, path: str, language: str) -> tuple[Lines, tree_sitter.Node] | None:
        pack = self._packs.get(language)
        if pack is None:
            return None
        try:
            with Path(path).open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
        except OSError:
            return None
        if len(content) > _MOST_BYTES:
            return None
        return Lines(content, self._encoding), tree_sitter.Parser(grammar_of(pack, path)).parse(content).root_node


def _around(leaf: tree_sitter.Node, kinds: frozenset[str]) -> list[str]:
    chain: list[str] = []
    node: tree_sitter.Node | None = leaf
    while node is not None:
        name = node.child_by_field_name("name") if node.type in kinds else None
        if name is not None and name.text is not None:
            if not chain and (name.start_byte, name.end_byte) != (leaf.start_byte, leaf.end_byte):
                return []  # a variable or parameter inside: not what is defined here
            chain.append(name.text.decode("utf-8", "replace"))
        node = node.parent
    return chain[::-1]


def _python_module(path: PurePath) -> str:
    """Return the dotted name of a module by its file's place below the folders that libraries stand in."""
    parts = path.with_suffix("").parts
    tops = [at for at, part in enumerate(parts) if part in _PYTHON_TOPS]
    if tops:
        inside = parts[tops[-1] + 1 :]
    elif "stubs" in parts:  # typeshed's third-party stubs: stubs/<distribution>/<package>
        at = len(parts) - 1 - parts[::-1].index("stubs")
        inside = parts[at + 2 :]
    else:  # the standard library's own sources: up to the folder that is no package
        top = Path(path).parent
        while any((top / f"__init__{suffix}").is_file() for suffix in (".py", ".pyi")):
            top = top.parent
        inside = path.with_suffix("").relative_to(top).parts
    if not inside:
        return ""
    first = inside[0].removesuffix("-stubs")
    # What `_io` implements is known as `io`'s.
    if first.startswith("_") and first[1:] in sys.stdlib_module_names:
        first = first[1:]
    names = [first, *inside[1:]]
    if names[-1] == "__init__":
        names.pop()
    return ".".join(names) if all(name.isidentifier() for name in names) else ""
