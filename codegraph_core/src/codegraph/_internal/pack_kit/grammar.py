"""What a grammar's wheel tells about its node kinds.

Some wheels bring `node-types.json`, which says it all. Where there is none, the compiled grammar is asked: the
analysis of queries refuses a pattern that no tree can match, so `(kind field: _)` says whether a kind has a field.
"""

from __future__ import annotations

import importlib
import inspect
import json
import types
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

import tree_sitter
from attrs import define, field, frozen

from codegraph_hookspecs import PluginError

_ABI: Final = range(13, 16)
_TRIED: Final = 6


@frozen(kw_only=True)
class InstalledGrammar:
    """A grammar's wheel.

    Args:
        distribution: Its name on the package index.
        version: Its version.
        module: Import name.
        function: The function in it that returns the language.
        others: Further functions that do (`language_tsx`).
    """

    distribution: str
    version: str
    module: str
    function: str
    others: tuple[str, ...] = ()


@define
class Vocabulary:
    """The names of a grammar, and which kind has which field.

    Args:
        language: The loaded grammar.
        kinds: Named node kinds that can occur in a tree.
        tokens: Unnamed ones.
        fields: Field names.
        root: Kind of a file's node.
        source: Where fields of kinds are known from: "node-types.json" or "grammar".
    """

    language: tree_sitter.Language
    kinds: frozenset[str]
    tokens: frozenset[str]
    fields: frozenset[str]
    root: str
    source: str
    _known: Mapping[str, _Shape] = field(factory=dict)
    _asked: dict[tuple[str, str], bool] = field(factory=dict)
    _seen_fields: dict[str, set[str]] = field(factory=dict)
    _seen_children: dict[str, set[str]] = field(factory=dict)

    def observe(self, text: bytes) -> bool:
        """Parse a text and remember the fields and children that its nodes have; return False if it has errors."""
        root = tree_sitter.Parser(self.language).parse(text).root_node
        if root.has_error:
            return False
        pending = [root]
        while pending:
            node = pending.pop()
            for position, child in enumerate(node.children):
                name = node.field_name_for_child(position)
                if name is not None:
                    self._seen_fields.setdefault(node.type, set()).add(name)
                if child.is_named:
                    self._seen_children.setdefault(node.type, set()).add(child.type)
                    pending.append(child)
        return True

    def has_field(self, kind: str, name: str) -> bool:
        """Say whether a node of a kind can have a field."""
        if name not in self.fields or kind not in self.kinds:
            return False
        if name in self._seen_fields.get(kind, ()):
            return True
        if self._known:
            return name in self._known[kind].fields if kind in self._known else False
        return not self._undecided(kind) and self._matches(kind, f"({kind} {name}: _)")

    def _undecided(self, kind: str) -> bool:
        """Say whether the analysis gave up on a kind: then it lets any fields pass, and says nothing."""
        some = sorted(self.fields)[:_TRIED]
        return len(some) == _TRIED and all(self._matches(kind, f"({kind} {name}: _)") for name in some)

    def has_child(self, kind: str, child: str) -> bool:
        """Say whether a node of a kind can have a named child of another."""
        if child not in self.kinds or kind not in self.kinds:
            return False
        if child in self._seen_children.get(kind, ()):
            return True
        if self._known:
            return child in self._known[kind].children if kind in self._known else False
        return not self._undecided(kind) and self._matches(kind, f"({kind} ({child}))")

    def has_token(self, kind: str, token: str) -> bool:
        """Say whether a node of a kind can have a token; where node-types.json says nothing, the grammar is asked."""
        if token not in self.tokens or kind not in self.kinds:
            return False
        return self._matches(kind, f"({kind} {json.dumps(token)})")

    def first_field(self, kind: str, names: Iterable[str]) -> str | None:
        """Return the first of some fields that a kind can have."""
        return next((name for name in names if self.has_field(kind, name)), None)

    def _matches(self, kind: str, pattern: str) -> bool:
        found = self._asked.get((kind, pattern))
        if found is None:
            try:
                tree_sitter.Query(self.language, pattern)
            except tree_sitter.QueryError:
                found = False
            else:
                found = True
            self._asked[kind, pattern] = found
        return found


@frozen
class _Shape:
    """What node-types.json says of a kind, supertypes resolved."""

    fields: frozenset[str]
    children: frozenset[str]


def find_grammar(name: str, function: str | None = None) -> InstalledGrammar:
    """Return the installed wheel of a grammar.

    Args:
        name: The distribution's name.
        function: The function that returns the language; default: `language`, or the first that begins so.

    Raises:
        PluginError: `grammar-missing`.
    """
    try:
        found = distribution(name)
        module = importlib.import_module(_module_of(found))
    except (PackageNotFoundError, ImportError) as error:
        raise _missing(name, f"{error}", f"Install it: pip install {name}.", error) from error
    functions = sorted(each for each, value in inspect.getmembers(module, callable) if each.split("_")[0] == "language")
    if function is not None and function not in functions:
        raise _missing(name, f"it has no function {function!r}", f"It has: {', '.join(functions) or 'none'}.", None)
    if not functions:
        raise _missing(name, "it has no function that returns a language", "Name a tree-sitter grammar.", None)
    chosen = function or ("language" if "language" in functions else functions[0])
    return InstalledGrammar(
        distribution=found.metadata["Name"],
        version=found.version,
        module=module.__name__,
        function=chosen,
        others=tuple(each for each in functions if each != chosen),
    )


def _module_of(found: Distribution) -> str:
    tops = sorted({file.parts[0] for file in found.files or () if file.name == "__init__.py" and len(file.parts) == 2})
    return tops[0] if tops else found.metadata["Name"].replace("-", "_").lower()


def _missing(name: str, why: str, remedy: str, cause: BaseException | None) -> PluginError:
    return PluginError(
        f"The grammar {name!r} cannot be used: {why.rstrip('.')}.",
        code="grammar-missing",
        context={"grammar": name, "remedy": remedy},
        cause=cause,
    )


def read_vocabulary(grammar: InstalledGrammar) -> Vocabulary:
    """Load a grammar and return its names.

    Raises:
        PluginError: `grammar-abi`.
    """
    module = importlib.import_module(grammar.module)
    try:
        language = tree_sitter.Language(getattr(module, grammar.function)())
    except (TypeError, ValueError) as error:
        raise _unusable(grammar, str(error), error) from error
    if language.abi_version not in _ABI:
        raise _unusable(grammar, f"it has ABI {language.abi_version}, not 13 to 15", None)
    kinds: set[str] = set()
    tokens: set[str] = set()
    for number in range(language.node_kind_count):
        kind = language.node_kind_for_id(number)
        if kind is not None and language.node_kind_is_visible(number):
            (kinds if language.node_kind_is_named(number) else tokens).add(kind)
    names = (language.field_name_for_id(number) for number in range(1, language.field_count + 1))
    known = _node_types(module)
    return Vocabulary(
        language=language,
        kinds=frozenset(kinds - {"ERROR"}),
        tokens=frozenset(tokens),
        fields=frozenset(name for name in names if name),
        root=tree_sitter.Parser(language).parse(b"").root_node.type,
        source="node-types.json" if known else "grammar",
        known=known,
    )


def _unusable(grammar: InstalledGrammar, why: str, cause: BaseException | None) -> PluginError:
    return PluginError(
        f"The grammar {grammar.distribution!r} cannot be used: {why.rstrip('.')}.",
        code="grammar-abi",
        context={"grammar": grammar.distribution, "remedy": "Install a grammar wheel with ABI 13 to 15."},
        cause=cause,
    )


def _node_types(module: types.ModuleType) -> Mapping[str, _Shape]:
    """Return what a wheel's node-types.json says, or nothing if it has none, or several, or one of another form."""
    folder = Path(module.__file__ or "").parent
    found = sorted(folder.rglob("node-types.json"))
    if len(found) != 1:
        return {}
    try:
        entries: Sequence[dict[str, Any]] = json.loads(found[0].read_text(encoding="utf-8"))
        parts = {
            entry["type"]: [each["type"] for each in entry["subtypes"]] for entry in entries if entry.get("subtypes")
        }
        return {entry["type"]: _shape(entry, parts) for entry in entries if entry["named"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _shape(entry: Mapping[str, Any], parts: Mapping[str, Sequence[str]]) -> _Shape:
    fields = entry.get("fields", {})
    holders = [*fields.values(), *([entry["children"]] if "children" in entry else [])]
    pending = [each["type"] for holder in holders for each in holder["types"]]
    children: set[str] = set()
    while pending:
        kind = pending.pop()
        if kind not in children:
            children.add(kind)
            pending.extend(parts.get(kind, ()))
    return _Shape(frozenset(fields), frozenset(children))
