"""Import and export forms that a kind table cannot say; the native engine has a twin of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tree_sitter
from attrs import evolve, frozen

from codegraph_plugins.parsers.reference import rust
from codegraph_plugins.parsers.reference.compiled import HEAD_NAME
from codegraph_plugins.parsers.reference.scopes import LOCAL, RANK_DEFINITION, Scope
from codegraph_plugins.parsers.reference.vocabulary import (
    ROLE_CALL,
    ROLE_DEFINITION,
    ROLE_IDENTIFIER,
    ROLE_MEMBER,
    ROLE_NONE,
    USE_ALIAS,
    USE_MODULE,
    USE_NAME,
    USE_VALUE,
)

if TYPE_CHECKING:
    from codegraph_plugins.parsers.reference.compiled import CompiledRule
    from codegraph_plugins.parsers.reference.walker import Binding, Walker

Node = tree_sitter.Node

_AROUND: Final = frozenset({"await_expression", "parenthesized_expression"})
"""Nodes that an import call may stand in and still be the value."""
_PROMISED: Final = "import"
"""The import call that gives a promise of the module."""


@frozen
class Required:
    """A module that a call imports: `require("m")`, or one member of it: `require("m").x`.

    `call` are the bytes of a call that has no import of its own when a name takes what it gives. What is awaited has
    one: it imports the module, and the names import from it. `is_promise` says that `import("m")` is not awaited.
    """

    module: str
    member: str | None
    call: tuple[int, int] | None
    is_promise: bool = False


def required(walker: Walker, value: Node, scope: Scope) -> Required | None:
    """Return what a value imports, if it is an import call with a literal specifier or a member of one."""
    calls = walker.pack.imports.calls
    if not calls:
        return None
    member: str | None = None
    rule = walker.rules.get(value.kind_id)
    if rule is not None and rule.role is ROLE_MEMBER:
        prop = value.child_by_field_id(rule.property_field)
        target = value.child_by_field_id(rule.object_field)
        if prop is None or target is None:
            return None
        member = walker.text(prop)
        value = target
        rule = walker.rules.get(value.kind_id)
    awaited = False
    while (rule is None or rule.role is ROLE_NONE) and value.type in _AROUND and value.named_child_count == 1:
        awaited = awaited or value.type == "await_expression"
        value = value.named_children[0]
        rule = walker.rules.get(value.kind_id)
    if rule is None or rule.role is not ROLE_CALL:
        return None
    span = None if awaited else (value.start_byte, value.end_byte)
    callee = value.child_by_field_id(rule.callee_field)
    arguments = value.child_by_field_id(rule.arguments_field)
    if callee is None or arguments is None or not imports_by_call(walker, walker.text(callee), scope):
        return None
    is_promise = not awaited and walker.text(callee) == _PROMISED
    if walker.rules.get(arguments.kind_id) is not None and (literal := walker.string_value(arguments)):
        return Required(literal, member, span, is_promise)
    if len(arguments.named_children) != 1:
        return None
    module = walker.string_value(arguments.named_children[0])
    return Required(module, member, span, is_promise) if module else None


def made_member(walker: Walker, callee: Node, scope: Scope) -> str | None:
    """Return the name of a member of what an expression makes: of `new C().f` `C.f`, of `require("m").f` its import's.

    An import of the member is added and bound to a name that nothing else has.
    """
    names: list[str] = []
    access = target = callee
    while (rule := walker.rules.get(target.kind_id)) is not None and rule.role is ROLE_MEMBER:
        prop, inner = target.child_by_field_id(rule.property_field), target.child_by_field_id(rule.object_field)
        if prop is None or inner is None:
            return None
        names.append(walker.text(prop))
        access, target = target, inner
    names.reverse()
    needed = required(walker, access, scope)
    if needed is not None:
        if needed.is_promise:
            return None
        if needed.call is not None:
            walker.taken_calls.add(needed.call)
        ordinal = add_import(walker, scope, access, access, needed.module, needed.member, None, None)
        hidden = f"<import{scope.frame.imports}>"
        scope.bind(hidden, RANK_DEFINITION, ordinal)
        return ".".join((hidden, *names[1:]))
    while target.type in _AROUND and target.named_child_count == 1:
        target = target.named_children[0]
    if target.type != "new_expression":
        return None
    made = target.child_by_field_id(walker.plans[target.kind_id].callee_field)
    kept, walker.leftovers = walker.leftovers, []
    head, name, _ = walker.chain(made) if made is not None else (HEAD_NAME, None, target)
    walker.leftovers = kept
    return ".".join((name, *names)) if name is not None and head == HEAD_NAME else None


def note_promised(walker: Walker, callee: Node, arguments: Node, scope: Scope) -> None:
    """Note which parameters of the function in `import("m").then(…)` get the module, and which a member of it."""
    rule = walker.plans[callee.kind_id]
    prop = callee.child_by_field_id(rule.property_field) if rule.role is ROLE_MEMBER else None
    given = next(iter(arguments.named_children), None)
    if prop is None or given is None or walker.text(prop) != "then":
        return
    needed = required(walker, callee, scope)
    if needed is None or not needed.is_promise:
        return
    first = given.child_by_field_name("parameter")
    if first is None:
        listed = given.child_by_field_name("parameters")
        first = next(iter(listed.named_children), None) if listed is not None else None
    if first is not None:
        first = first.child_by_field_name("pattern") or first
        if first.type == "identifier":
            walker.promised[first.start_byte] = (needed.module, None)
        elif first.type == "object_pattern":
            for child in first.named_children:
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    walker.promised[value.start_byte] = (needed.module, walker.text(key))
                elif child.type == "shorthand_property_identifier_pattern":
                    walker.promised[child.start_byte] = (needed.module, walker.text(child))


def bind_promised(walker: Walker, name: str, node: Node, scope: Scope) -> None:
    """Have a parameter mean the module, or the member of it, that `then` passes."""
    module, member = walker.promised[node.start_byte]
    ordinal = add_import(walker, scope, node, node, module, member, None, None)
    scope.bind(name, RANK_DEFINITION, ordinal)


def imports_by_call(walker: Walker, name: str, scope: Scope) -> bool:
    """Say whether a call of a name imports: not where a parameter or local takes it, as in a bundle's modules."""
    if name not in walker.pack.imports.calls:
        return False
    bound = scope.lookup(name)
    return bound is None or bound[1] != LOCAL


def descend(binding: Binding, key: str | None, rule: CompiledRule) -> Binding:
    """Return what a pattern's child inherits while an import's result is taken apart."""
    if key is not None:
        return evolve(binding, key=key)
    if rule.rule.modifiers:  # rest and positional patterns take no single name from the module
        return evolve(binding, module=None)
    return evolve(binding, depth=binding.depth + 1) if rule.all_same else binding


def bind_required(walker: Walker, name: str, node: Node, binding: Binding, scope: Scope) -> bool:
    """Bind a name to (a member of) an imported module; return False if the pattern is too deep for that."""
    needed = binding.module
    if needed is None or binding.depth > 1 or (binding.depth and needed.member):
        return False
    target = scope.home if binding.hoist else scope
    imported = needed.member if binding.depth == 0 else binding.key or name
    alias = name if imported != name else None
    if needed.call is not None:
        walker.taken_calls.add(needed.call)
    add_import(walker, target, node, binding.node, needed.module, imported, alias, name)
    return True


def add_import(
    walker: Walker,
    scope: Scope,
    node: Node,
    statement: Node,
    module: str,
    name: str | None,
    alias: str | None,
    local: str | None,
    given: rust.Given = ([], None, []),
) -> int:
    """Add an import's node and row and bind its local name; return the node's ordinal.

    `given` are the statement's modifiers, documentation and attributes.
    """
    frame = scope.frame
    if local is None:
        frame.imports += 1
    modifiers, docstring, decorators = given
    ordinal, _, ids = walker.row(
        frame,
        local or f"<import{frame.imports}>",
        "import",
        node,
        modifiers=list(modifiers),
        docstring=docstring,
        metadata={"decorators": decorators} if decorators else None,
    )
    start, end = statement.start_byte, statement.end_byte
    if walker.raw[0] != start or walker.raw[1] != end:  # most statements import several names
        walker.raw = (start, end, walker.short_range(start, end))
    walker.rows.imports.append(
        (f"{ids}@{walker.suffix}", node.start_byte, node.end_byte, walker.raw[2], module, name, alias)
    )
    if local is not None and not walker.free:
        scope.bind(local, RANK_DEFINITION, ordinal)
    return ordinal


def read_import(walker: Walker, node: Node, rule: CompiledRule, scope: Scope) -> None:
    """Read an import statement by its named form."""
    form = rule.rule.import_form
    if form == "python-import":
        _python_import(walker, node, scope)
    elif form == "python-from":
        _python_from(walker, node, scope)
    elif form == "es-import":
        _es_import(walker, node, scope)
    elif form in {"jvm", "using"}:
        _jvm_import(walker, node, rule, scope)
    elif form == "go":
        _go_import(walker, node, scope)
    elif form == "rust-use":
        rust.read_use(walker, node, rule, scope)
    elif form == "rust-crate":
        rust.read_crate(walker, node, rule, scope)
    else:
        _module_import(walker, node, rule, scope)


def _joined(walker: Walker, node: Node) -> str:
    return "".join(walker.text(node).split())


def _aliased(walker: Walker, node: Node) -> tuple[str, str | None]:
    """Return (name, written alias) of a dotted name or `name as alias`."""
    name = node.child_by_field_name("name")
    alias = node.child_by_field_name("alias")
    if name is not None and alias is not None:
        return _joined(walker, name), walker.text(alias)
    return _joined(walker, node), None


def _python_import(walker: Walker, node: Node, scope: Scope) -> None:
    for child in node.children_by_field_name("name"):
        module, alias = _aliased(walker, child)
        local = alias or module.partition(".")[0]
        if module:
            add_import(walker, scope, child, node, module, None, alias, local or None)


def _python_from(walker: Walker, node: Node, scope: Scope) -> None:
    source = node.child_by_field_name("module_name")
    module = _joined(walker, source) if source is not None else "__future__"
    names = node.children_by_field_name("name")
    for child in names:
        name, alias = _aliased(walker, child)
        if name:
            add_import(walker, scope, child, node, module, name, alias, alias or name)
    if names and walker.intact:
        return
    for child in node.named_children:
        if child.type == "wildcard_import":
            walker.star_import = True
            add_import(walker, scope, child, node, module, "*", None, None)


def _es_import(walker: Walker, node: Node, scope: Scope) -> None:
    source = node.child_by_field_name("source")
    clauses = [child for child in node.named_children if child.type in {"import_clause", "import_require_clause"}]
    if clauses and clauses[0].type == "import_require_clause":
        source = clauses[0].child_by_field_name("source")
    module = walker.string_value(source) if source is not None else None
    if not module:
        return
    if not clauses:
        add_import(walker, scope, node, node, module, None, None, None)
        return
    for child in clauses[0].named_children:
        if child.type == "identifier":
            local = walker.text(child)
            name = "default" if clauses[0].type == "import_clause" else None
            add_import(walker, scope, child, node, module, name, local, local or None)
        elif child.type == "namespace_import":
            for inner in child.named_children:
                if inner.type == "identifier":
                    local = walker.text(inner)
                    add_import(walker, scope, child, node, module, None, local, local or None)
        elif child.type == "named_imports":
            for specifier in child.named_children:
                if specifier.type == "import_specifier":
                    name, alias = _specifier(walker, specifier)
                    if name:
                        add_import(walker, scope, specifier, node, module, name, alias, alias or name)


def _go_import(walker: Walker, node: Node, scope: Scope) -> None:
    path = node.child_by_field_name("path")
    module = walker.string_value(path) if path is not None else None
    if not module:
        return
    name = node.child_by_field_name("name")
    local = walker.text(name) if name is not None else None
    if local is None:
        add_import(walker, scope, node, node, module, None, None, assumed_name(module))
    elif local == ".":
        add_import(walker, scope, node, node, module, "*", None, None)
    else:
        add_import(walker, scope, node, node, module, None, local, local if local != "_" else None)


def assumed_name(path: str) -> str:
    """Return the name that a Go package at an import path most likely declares, as `goimports` assumes it.

    The last part, or the one before where that is a major version; without a `go-` before it, up to the
    first character that no identifier has (`gopkg.in/yaml.v3` is `yaml`).
    """
    rest, _, base = path.rpartition("/")
    if rest and base[:1] == "v" and base[1:].isascii() and base[1:].isdigit():
        base = rest.rpartition("/")[2]
    base = base.removeprefix("go-")
    for position, character in enumerate(base):
        if character.isascii() and not character.isalnum() and character != "_":
            return base[:position] or path
    return base or path


def _specifier(walker: Walker, node: Node) -> tuple[str, str | None]:
    """Return (name, written alias) of an import or export specifier."""
    name = node.child_by_field_name("name")
    alias = node.child_by_field_name("alias")
    return (
        (walker.name_text(name) or "") if name is not None else "",
        walker.name_text(alias) if alias is not None else None,
    )


def _jvm_import(walker: Walker, node: Node, rule: CompiledRule, scope: Scope) -> None:
    """Read `import [static] a.b.C`, `import a.b.*` or `import a.b.C as D`: the last name comes from the others.

    With the form "using" only what has an alias is a single name: `using a.b` brings all that `a.b` has.
    """
    source = walker.part(node, rule, USE_MODULE)
    if source is None:
        return
    written = _joined(walker, source)
    renamed = walker.part(node, rule, USE_ALIAS)
    using = rule.rule.import_form == "using"
    if written and renamed is None if using else walker.text(node).rstrip("; \t\r\n").endswith("*"):
        add_import(walker, scope, node, node, written, "*", None, None)
        return
    alias = walker.text(renamed) if renamed is not None else None
    module, dot, name = written.rpartition(".")
    if name:
        add_import(walker, scope, node, node, module or name, name if dot else None, alias, alias or name)


def _module_import(walker: Walker, node: Node, rule: CompiledRule, scope: Scope) -> None:
    """Read an import whose fields say all: a module specifier and maybe a local name."""
    module: str | None = None
    alias: str | None = None
    for child, use in walker.fields(node, rule):
        if use is USE_MODULE:
            module = walker.string_value(child) or _joined(walker, child)
        elif use is USE_ALIAS:
            alias = walker.text(child)
    if module:
        add_import(walker, scope, node, node, module, None, alias, alias)


def read_export(walker: Walker, node: Node, rule: CompiledRule, scope: Scope) -> bool:
    """Read an export statement; return True if nothing below it is left to walk."""
    if rule.rule.import_form != "es-export":
        return False
    source = node.child_by_field_name("source")
    module = walker.string_value(source) if source is not None else None
    at_module = scope.frame.parent is None
    clause = next((c for c in node.named_children if c.type in {"export_clause", "namespace_export"}), None)
    exports = walker.rows.exports
    if module:
        if clause is None:
            ordinal = add_import(walker, scope, node, node, module, "*", None, None)
            exports.append(("*", ordinal, module, None))
        elif clause.type == "namespace_export":
            inner = clause.named_children[0] if clause.named_children else clause
            name = walker.name_text(inner) or ""
            ordinal = add_import(walker, scope, clause, node, module, None, name, None)
            exports.append((name, ordinal, module, None))
        else:
            for specifier in clause.named_children:
                if specifier.type == "export_specifier":
                    name, alias = _specifier(walker, specifier)
                    ordinal = add_import(walker, scope, specifier, node, module, name, None, None)
                    exports.append((alias or name, ordinal, module, name))
        return True
    if clause is not None:
        for specifier in clause.named_children:
            if specifier.type == "export_specifier" and at_module:
                name, alias = _specifier(walker, specifier)
                walker.pending_exports.append((name, alias or name))
        return True
    names = [child for child in node.named_children if walker.plans[child.kind_id].role is ROLE_IDENTIFIER]
    if names and at_module:
        tokens = {child.type for child in node.children if not child.is_named}
        exported = "default" if "default" in tokens else "=" if "=" in tokens else None
        if exported is not None:
            walker.pending_exports.extend((walker.text(child), exported) for child in names)
    return False


def assigned_export(walker: Walker, target: Node, value: Node, scope: Scope) -> None:
    """Read CommonJS exports: `module.exports = …`, `exports.x = …`, `module.exports.x = …`."""
    if not walker.pack.imports.explicit_exports or scope.frame.parent is not None:
        return
    rule = walker.rules.get(target.kind_id)
    if rule is None or rule.role is not ROLE_MEMBER:
        return
    name = walker.chain(target)[1] or ""
    if name == "module.exports":
        value_rule = walker.rules.get(value.kind_id)
        if value_rule is not None and value_rule.rule.opens == "object":
            _exported_object(walker, value, scope)
        else:
            _exported_value(walker, "=", value, scope)
        return
    for prefix in ("module.exports.", "exports."):
        exported = name.removeprefix(prefix)
        if exported != name and "." not in exported:
            _exported_value(walker, exported, value, scope)
            return


def _exported_object(walker: Walker, value: Node, scope: Scope) -> None:
    for child in value.named_children:
        rule = walker.rules.get(child.kind_id)
        if rule is None:
            continue
        if rule.role is ROLE_IDENTIFIER:
            name = walker.text(child)
            walker.pending_exports.append((name, name))
            continue
        key: str | None = None
        inner: Node = child
        for part, use in walker.fields(child, rule):
            if use is USE_NAME:
                key = walker.name_text(part)
            elif use is USE_VALUE:
                inner = part
        if key:
            _exported_value(walker, key, inner, scope)


def _exported_value(walker: Walker, exported: str, value: Node, scope: Scope) -> None:
    rule = walker.rules.get(value.kind_id)
    if rule is not None and rule.role is ROLE_IDENTIFIER:
        walker.pending_exports.append((walker.text(value), exported))
    elif rule is not None and rule.role is ROLE_DEFINITION:
        walker.value_exports[(value.start_byte, value.end_byte)] = exported
    elif (needed := required(walker, value, scope)) is not None:
        if needed.call is not None:
            walker.taken_calls.add(needed.call)
        ordinal = add_import(walker, scope, value, value, needed.module, needed.member, None, None)
        walker.rows.exports.append((exported, ordinal, needed.module, needed.member))
    else:
        walker.rows.exports.append((exported, -1, None, None))
