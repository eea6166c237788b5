"""Packages that a file declares (Java, Kotlin); the native engine has a twin."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import tree_sitter

from codegraph_hookspecs import FieldUse, Role

if TYPE_CHECKING:
    from codegraph_plugins.parsers.reference.compiled import CompiledRule
    from codegraph_plugins.parsers.reference.walker import Walker

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_$]")
_FACADE: Final = "JvmName"


def module_fqn(walker: Walker, stem: str) -> str:
    """Return a module's dotted name while no package statement was read.

    Args:
        walker: The file's walker.
        stem: The module's name by path.
    """
    rules = walker.pack.fqn
    if not rules.package:
        return walker.fqn
    walker.facade = facade_name(stem, rules.facade) if rules.facade else ""
    return walker.facade or stem


def facts(walker: Walker) -> str | None:
    """Return the metadata of a module that may declare a package: the package, "" for none, and any facade."""
    if not walker.pack.fqn.package:
        return None
    known = {"facade": walker.facade} if walker.facade else {}
    known["package"] = walker.package
    return json.dumps(known, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def facade_name(stem: str, suffix: str) -> str:
    """Return the class that holds a Kotlin file's functions: `my-util` is `My_utilKt`."""
    name = _NOT_IN_NAMES.sub("_", stem)
    return f"{name[:1].upper()}{name[1:]}{suffix}"


def is_decided(walker: Walker) -> bool:
    """Say whether a file's package is known: by a statement before, or as there are definitions outside of any."""
    return bool(walker.package) or any(row[1] != "import" for row in walker.rows.nodes[1:])


def read_package(walker: Walker, node: tree_sitter.Node, rule: CompiledRule) -> None:
    """Read a package statement, or an annotation that names the file's facade."""
    frame = walker.frames[0]
    if rule.rule.import_form == "facade":
        written = _facade(walker, node, rule)
        if written is None or not walker.facade:
            return
        walker.facade = written
    else:
        named = walker.part(node, rule, FieldUse.NAME)
        if named is None or is_decided(walker):
            return
        walker.package = "".join(walker.text(named).split())
    package, before = walker.package, frame.fqn
    if walker.facade:
        frame.fqn = f"{package}.{walker.facade}" if package else walker.facade
    elif package:
        frame.fqn = package
    row = list(walker.rows.nodes[0])
    row[3] = frame.fqn
    row[13] = facts(walker)
    walker.rows.nodes[0] = tuple(row)
    # What stands before the statement (C#'s `using`) is qualified with the package as well.
    for ordinal in range(1, len(walker.rows.nodes)):
        row = list(walker.rows.nodes[ordinal])
        if row[1] == "import":
            row[3] = frame.fqn + row[3].removeprefix(before)
            walker.rows.nodes[ordinal] = tuple(row)


def _facade(walker: Walker, node: tree_sitter.Node, rule: CompiledRule) -> str | None:
    """Return the name that `@file:JvmName("Name")` gives, or None for another annotation."""
    call = walker.part(node, rule, FieldUse.CALLEE)
    call_rule = walker.rules.get(call.kind_id) if call is not None else None
    if call is None or call_rule is None or call_rule.role is not Role.CALL:
        return None
    callee = walker.part(call, call_rule, FieldUse.CALLEE)
    arguments = walker.part(call, call_rule, FieldUse.ARGUMENTS)
    if callee is None or arguments is None or walker.text(callee) != _FACADE:
        return None
    text = walker.text(arguments).strip("() \t\r\n")
    if len(text) < 3 or text[0] != '"' or text[-1] != '"':
        return None
    return text[1:-1]
