"""What names mean in Java and Kotlin: the types around, their bases, imports, declared packages.

The parser leaves every name that no local binds to this module. An answer depends on the question alone.
The native twin (`jvm.rs` of crate `codegraph-link`) repeats each function under the same name; the rules are
in `docs/reference/cross-file.md`. Longer than most modules because they only make sense together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from codegraph_plugins.stages.cross_file import codes
from codegraph_plugins.stages.cross_file.jvm_facts import (
    COMPACT,
    COMPANION,
    COMPONENT,
    CONSTRUCTOR,
    DEFAULT,
    OVERRIDE,
    PRIVATE,
    STATIC,
    STYLE,
    VARIADIC,
)
from codegraph_plugins.stages.cross_file.members import Members
from codegraph_plugins.stages.cross_file.namespaces import Namespaces
from codegraph_plugins.stages.cross_file.symbols import SymbolTable

_PARAMETER: Final = codes.KIND["parameter"]
_ENUM: Final = codes.KIND["enum"]
_ENUM_MEMBER: Final = codes.KIND["enum_member"]
_INTERFACE: Final = codes.KIND["interface"]
_TYPE_ALIAS: Final = codes.KIND["type_alias"]
_HOLDERS: Final = codes.TYPES | {_ENUM_MEMBER}
_FUNCTIONS: Final = frozenset({codes.FUNCTION, codes.METHOD})
_VALUES: Final = frozenset(codes.KIND[kind] for kind in ("variable", "constant", "field", "property", "enum_member"))
_NAMED_TYPES: Final = codes.TYPES | {_TYPE_ALIAS}
_TYPES_AND_MODULES: Final = _NAMED_TYPES | {codes.MODULE}
_TYPE_NAME: Final = re.compile(r"([A-Za-z_$][A-Za-z0-9_$.]*)(?:\?|<[^\[\]]*>\??)?\Z")
_OBJECT: Final = frozenset(
    {"clone", "equals", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString", "wait"}
)
_ENUM_METHODS: Final = frozenset({"compareTo", "getDeclaringClass", "name", "ordinal", "valueOf", "values"})
_ROOTS: Final = frozenset({"java", "javax", "kotlin"})
ANY: Final = -1
"""Any number of arguments."""

Found = tuple[int, int, bool]
"""An entity or minus a reason, the resolver, and whether a name on the way has several definitions."""
Answer = tuple[int, int, bool, int, int, bool]
"""Entity or minus a reason, resolver, ambiguous, last definition reached, constructor or -1, that ambiguous."""


def is_jvm(table: SymbolTable, file: int) -> bool:
    """Say whether a file's language is linked here."""
    language = table.language[file]
    return language >= 0 and table.packs[language].imports.style == STYLE


class JvmNames:
    """Answers name queries over the Java and Kotlin files of a repository.

    Args:
        namespaces: Name queries over modules; made before, asked for externals only.
        members: Bases of types.
    """

    def __init__(self, namespaces: Namespaces, members: Members) -> None:
        self._namespaces = namespaces
        self._members = members
        self._table = table = namespaces.table
        self._facts = table.jvm
        self._kind = namespaces.kind
        self.own_only = False
        """Types are looked up without their bases' members: while the bases themselves are resolved."""
        self._named: dict[tuple[int, str], list[int]] = {}  # (type or module, name) → members
        self._constructors: dict[int, list[int]] = {}
        self._companions: dict[int, list[int]] = {}
        self._components: dict[int, int] = {}
        self._top: dict[tuple[str, str], list[int]] = {}  # (package, name) → top-level definitions, facades
        self._packages: dict[str, list[int]] = {}  # package → files
        self._parameters: dict[int, tuple[int, int, bool]] = {}  # function → required, all, variadic
        self._singles: dict[tuple[int, str], list[int]] = {}  # (file, local name) → import rows
        self._stars: dict[int, list[int]] = {}  # file → import rows
        self._builtins: list[dict[str, str]] = []
        self._answers: dict[tuple[object, ...], Answer] = {}
        self._types: dict[tuple[int, str], Found] = {}
        self._targets: dict[int, tuple[int, bool]] = {}
        self._index()

    def _index(self) -> None:
        table = self._table
        kinds = table.kind.tolist()
        parents = table.parent.tolist()
        names = table.name.tolist()
        texts = table.name_texts
        flags = self._facts.flags
        for pack in table.packs:
            linked = pack.imports.style == STYLE
            full = {name.rpartition(".")[2]: name for name in sorted(pack.builtins)} if linked else {}
            home = pack.builtins_module
            self._builtins.append({name: f if "." in f else f"{home}.{f}" for name, f in full.items()})
        for file in range(len(table.paths)):
            if not is_jvm(table, file):
                continue
            package = self.package_of(file)
            self._packages.setdefault(package, []).append(file)
            module = table.module[file]
            facade = self._facts.facade.get(file)
            if facade is not None and module >= 0:
                self._top.setdefault((package, facade), []).append(module)
            for node in range(table.base[file], table.base[file + 1]):
                parent, kind = parents[node], kinds[node]
                if parent < 0 or kind == codes.IMPORT:
                    continue
                own = flags.get(node, 0)
                if kind == _PARAMETER:
                    required, count, variadic = self._parameters.get(parent, (0, 0, False))
                    optional = own & (VARIADIC | DEFAULT)
                    self._parameters[parent] = (
                        required + (not optional),
                        count + 1,
                        variadic or bool(own & VARIADIC),
                    )
                    continue
                if own & CONSTRUCTOR:
                    self._constructors.setdefault(parent, []).append(node)
                    continue
                if own & COMPONENT:
                    self._components[parent] = self._components.get(parent, 0) + 1
                if own & COMPANION:
                    self._companions.setdefault(parent, []).append(node)
                name = texts[names[node]]
                self._named.setdefault((parent, name), []).append(node)
                if parent == module:
                    self._top.setdefault((package, name), []).append(node)
        rows = table.imports
        for row, file in enumerate(rows.file):
            if not is_jvm(table, file):
                continue
            name = rows.name[row]
            if name == "*":
                self._stars.setdefault(file, []).append(row)
            else:
                local = rows.alias[row] or name or rows.module[row]
                self._singles.setdefault((file, local), []).append(row)

    def package_of(self, file: int) -> str:
        """Return the package that a file declares; "" is the one without a name."""
        return self._facts.package.get(file, "")

    def forget(self) -> None:
        """Drop what was answered before all bases were known."""
        self._answers.clear()
        self._types.clear()
        self._targets.clear()

    # Places ---------------------------------------------------------------------------------------

    def owner(self, node: int) -> int:
        """Return the type or module that a node is or lies in."""
        while node >= 0 and self._kind(node) not in _HOLDERS and self._kind(node) != codes.MODULE:
            node = int(self._table.parent[node])
        return node

    def around(self, type_: int) -> int:
        """Return the type or module around a type, or -1."""
        parent = int(self._table.parent[type_])
        return self.owner(parent) if parent >= 0 else -1

    def file_of(self, node: int) -> int:
        """Return a node's file."""
        return self._table.file_of_node(node)

    def nearest(self, candidates: Sequence[int], file: int) -> int:
        """Return the candidate whose path shares most folders with a file; among equals the first."""
        if len(candidates) == 1:
            return candidates[0]
        here = self._table.paths[file].split("/")
        best, shared = candidates[0], -1
        for candidate in candidates:
            there = self._table.paths[self.file_of(candidate)].split("/")
            count = 0
            while count < min(len(here), len(there)) and here[count] == there[count]:
                count += 1
            if count > shared:
                best, shared = candidate, count
        return best

    # Members --------------------------------------------------------------------------------------

    def ancestors(self, type_: int) -> tuple[int, ...]:
        """Return a type's bases in the repository, nearest first."""
        if self.own_only:
            return ()
        if self._kind(type_) == _ENUM_MEMBER:
            parent = int(self._table.parent[type_])
            return (parent, *self._members.lineage(parent).types)
        return self._members.lineage(type_).types

    def outside(self, type_: int) -> tuple[int, int]:
        """Return the one base outside the repository, or -1, and the reason why a member may still exist."""
        if self._kind(type_) == _ENUM_MEMBER:
            type_ = int(self._table.parent[type_])
        lineage = self._members.lineage(type_)
        return lineage.outside, lineage.reason

    def named(self, holder: int, name: str, kinds: frozenset[int]) -> list[int]:
        """Return the members of one type or module that have a name and one of the kinds."""
        return [node for node in self._named.get((holder, name), ()) if self._kind(node) in kinds]

    def fits(self, function: int, arity: int) -> int:
        """Return 0 if a function cannot take so many arguments, 2 if it can, 1 if only with a variadic parameter."""
        if arity == ANY:
            return 2
        if self._facts.flags.get(function, 0) & COMPACT:
            required = count = self._components.get(int(self._table.parent[function]), 0)
            variadic = False
        else:
            required, count, variadic = self._parameters.get(function, (0, 0, False))
        if required <= arity <= count and not variadic:
            return 2
        return 1 if variadic and arity >= required else 0

    def fitting(self, functions: Sequence[int], arity: int) -> tuple[int, bool]:
        """Return the first function that fits best, or -1, and whether others fit as well."""
        best, degree, several = -1, 0, False
        for function in functions:
            fit = self.fits(function, arity)
            if fit > degree:
                best, degree, several = function, fit, False
            elif fit and fit == degree:
                several = True
        return best, several

    def method(self, type_: int, name: str, arity: int, *, inherited: bool) -> Found | None:
        """Return a type's method, or that of a base; None if no type of the repository has it.

        Args:
            type_: The type.
            name: The method's name.
            arity: Number of arguments, or `ANY`.
            inherited: Leave the type itself out.
        """
        own = () if inherited else (type_, *self._companions.get(type_, ()))
        for holder in (*own, *self.ancestors(type_)):
            found, several = self.fitting(self.named(holder, name, _FUNCTIONS), arity)
            if found >= 0:
                return found, codes.R_MEMBER, several
        return self.implied_method(type_, name, arity)

    def implied_method(self, type_: int, name: str, arity: int) -> Found | None:
        """Return a method that every object or enum has."""
        if name in _OBJECT:
            return self.library_method("java.lang", "Object", name, arity)
        kind = self._kind(type_)
        if name in _ENUM_METHODS and kind in (_ENUM, _ENUM_MEMBER):
            return self.library_method("java.lang", "Enum", name, arity)
        return None

    def library_method(self, package: str, type_: str, name: str, arity: int) -> Found:
        """Return a method of a type that the language itself relies on."""
        for holder in self._top.get((package, type_), ()):
            found, several = self.fitting(self.named(holder, name, _FUNCTIONS), arity)
            if found >= 0:
                return found, codes.R_MEMBER, several
        return self._namespaces.external(f"{package}.{type_}.{name}"), codes.R_MEMBER, False

    def value(self, type_: int, name: str, *, inherited: bool) -> Found | None:
        """Return a type's field, property or constant, or that of a base."""
        own = () if inherited else (type_, *self._companions.get(type_, ()))
        for holder in (*own, *self.ancestors(type_)):
            found = self.named(holder, name, _VALUES)
            if found:
                return found[0], codes.R_MEMBER, len(found) > 1
        return None

    def nested(self, type_: int, name: str) -> Found | None:
        """Return a type that a type or one of its bases holds."""
        for holder in (type_, *self.ancestors(type_)):
            found = self.named(holder, name, _NAMED_TYPES)
            if found:
                return found[0], codes.R_MEMBER, len(found) > 1
        return None

    # Free names -----------------------------------------------------------------------------------

    def type_named(self, owner: int, name: str) -> Found:
        """Return the type that a name means inside a type or module."""
        key = (owner, name)
        found = self._types.get(key)
        if found is None:
            found = self._types[key] = self._type_named(owner, name)
        return found

    def _type_named(self, owner: int, name: str) -> Found:
        holder = owner
        while holder >= 0 and self._kind(holder) != codes.MODULE:
            if self._named_type(holder) == name:
                return holder, codes.R_LEXICAL, False
            nested = self.nested(holder, name)
            if nested is not None:
                return nested[0], codes.R_LEXICAL if self.same_file(nested[0], owner) else codes.R_MEMBER, nested[2]
            holder = self.around(holder)
        return self.top_named(self.file_of(owner), name, _TYPES_AND_MODULES, ANY)

    def _named_type(self, type_: int) -> str:
        return self._table.name_texts[int(self._table.name[type_])] if self._kind(type_) in _NAMED_TYPES else ""

    def same_file(self, node: int, other: int) -> bool:
        """Say whether two nodes lie in one file."""
        return self.file_of(node) == self.file_of(other)

    def chosen(
        self, candidates: Sequence[int], kinds: frozenset[int], arity: int, file: int
    ) -> tuple[int, bool] | None:
        """Return the candidate of one of the kinds that fits, nearest to a file; None if there is none."""
        wanted = [node for node in candidates if self._kind(node) in kinds]
        if arity != ANY:
            fit = {node: self.fits(node, arity) for node in wanted if self._kind(node) in _FUNCTIONS}
            most = max(fit.values(), default=0)
            wanted = [node for node in wanted if node not in fit or (fit[node] and fit[node] == most)]
        if not wanted:
            return None
        best = self.nearest(wanted, file)
        alike = [node for node in wanted if self.file_of(node) == self.file_of(best)]
        return best, len(alike) > 1

    def top_named(self, file: int, name: str, kinds: frozenset[int], arity: int) -> Found:
        """Return what a name means at the top of a file: imports, the file, its package, star imports, the language."""
        table = self._table
        singles = self._singles.get((file, name), ())
        for row in singles:
            found = self.imported(row, kinds, arity)
            if found is not None:
                return found[0], codes.R_IMPORT, found[1]
        package = self.package_of(file)
        candidates = self._top.get((package, name), ())
        own = [node for node in candidates if self.file_of(node) == file]
        for nodes, resolver in ((own, codes.R_LEXICAL), (candidates, codes.R_IMPORT)):
            chosen = self.chosen(nodes, kinds, arity, file)
            if chosen is not None:
                return chosen[0], resolver, chosen[1]
        if singles:
            row = singles[0]
            entity, unsure = self.target(row)
            if entity >= table.entity_count:
                return entity, codes.R_IMPORT, False
            return -(codes.UNRESOLVED_IMPORT if entity < 0 else codes.NAME_NOT_FOUND), codes.R_IMPORT, unsure
        away = False
        for row in self._stars.get(file, ()):
            found = self.in_module(table.imports.module[row], name, kinds, arity, file)
            if found is not None:
                return found[0], codes.R_IMPORT, found[1]
            away = away or table.imports.module[row] not in self._packages
        language = table.language[file]
        pack = table.packs[language]
        for default in pack.imports.defaults:
            chosen = self.chosen(self._top.get((default, name), ()), kinds, arity, file)
            if chosen is not None:
                return chosen[0], codes.R_IMPORT, chosen[1]
        full = self._builtins[language].get(name)
        if full is not None:
            return self._namespaces.external(full), codes.R_BUILTIN, False
        return -(codes.STAR_IMPORT if away else codes.UNDEFINED_NAME), codes.R_LEXICAL, False

    def imported(self, row: int, kinds: frozenset[int], arity: int) -> tuple[int, bool] | None:
        """Return what a single import brings under its name, of some kinds, if it is in the repository."""
        rows = self._table.imports
        name = rows.name[row]
        module = rows.module[row] if name is not None else ""
        return self.in_module(module, name or rows.module[row], kinds, arity, rows.file[row])

    def in_module(
        self, module: str, name: str, kinds: frozenset[int], arity: int, file: int
    ) -> tuple[int, bool] | None:
        """Return what a name means in a package, or in a type or facade of that full name."""
        chosen = self.chosen(self._top.get((module, name), ()), kinds, arity, file)
        if chosen is not None:
            return chosen
        holder = self.full_name(module, file)
        if holder < 0:
            return None
        if self._kind(holder) == codes.MODULE:
            return self.chosen(self._named.get((holder, name), ()), kinds, arity, file)
        found: Found | None = None
        if kinds & _NAMED_TYPES:
            found = self.nested(holder, name)
        elif kinds & _FUNCTIONS:
            found = self.method(holder, name, arity, inherited=False)
        else:
            found = self.value(holder, name, inherited=False)
        if found is not None and 0 <= found[0] < self._table.node_count:
            return found[0], found[2]
        return None

    def full_name(self, dotted: str, file: int) -> int:
        """Return the type or facade with a full name (`a.b.Outer.Inner`), or -1."""
        package, _, name = dotted.rpartition(".")
        names = [name]
        while True:
            candidates = [
                node
                for node in self._top.get((package, names[0]), ())
                if self._kind(node) in _NAMED_TYPES or self._kind(node) == codes.MODULE
            ]
            if candidates:
                holder = self.nearest(candidates, file)
                for inner in names[1:]:
                    nested = self.nested(holder, inner) if self._kind(holder) in _HOLDERS else None
                    if nested is None:
                        return -1
                    holder = nested[0]
                return holder
            if not package:
                return -1
            package, _, name = package.rpartition(".")
            names.insert(0, name)

    def function_named(self, owner: int, name: str, arity: int) -> Found:
        """Return the function that a call of a bare name runs."""
        holder, outside, reason = owner, -1, 0
        while holder >= 0 and self._kind(holder) != codes.MODULE:
            found = self.method(holder, name, arity, inherited=False)
            if found is not None:
                return found[0], codes.R_SELF, found[2] or outside >= 0 or reason > 0
            base, why = self.outside(holder)
            if outside < 0 and base >= 0:
                outside = base
            elif why != codes.MEMBER_NOT_FOUND and not reason:
                reason = why
            holder = self.around(holder)
        found = self.top_named(self.file_of(owner), name, _FUNCTIONS, arity)
        if found[0] >= 0:
            return found
        if outside >= 0:
            external = f"{self._namespaces.external_name(outside)}.{name}"
            return self._namespaces.external(external), codes.R_SELF, False
        return (-reason, codes.R_SELF, False) if reason else found

    def value_named(self, owner: int, name: str) -> Found | None:
        """Return the field, property or constant that a bare name means."""
        holder = owner
        while holder >= 0 and self._kind(holder) != codes.MODULE:
            found = self.value(holder, name, inherited=False)
            if found is not None:
                return found[0], codes.R_LEXICAL if self.same_file(found[0], owner) else codes.R_SELF, found[2]
            holder = self.around(holder)
        found = self.top_named(self.file_of(owner), name, _VALUES, ANY)
        return found if 0 <= found[0] < self._table.node_count else None

    # Questions ------------------------------------------------------------------------------------

    def answer(self, use: int, binding: int, node: int, target: int, name: str, arity: int) -> Answer:
        """Return what a use means.

        Args:
            use: Code of the use.
            binding: Code of its binding.
            node: The definition that uses the name.
            target: What the first name is bound to, or -1.
            name: The dotted name; a part that is called ends with `()`.
            arity: Arguments of the call, else `ANY`.
        """
        around = use in (codes.U_BASE, codes.U_IMPLEMENTS, codes.U_DECORATOR)
        start = int(self._table.parent[node]) if around else node
        owner = self.owner(start if start >= 0 else node)
        if binding == codes.B_GLOBAL and self._facts.receivers:
            extended = self.extended_around(node)
            through = self.through_receiver(extended, use, owner, name, arity) if extended >= 0 else None
            if through is not None:
                return through
        key = (owner, name, use, binding, target, arity)
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._answer(use, binding, owner, target, name, arity)
        return found

    def extended_around(self, node: int) -> int:
        """Return the type that an extension function around a node extends, or -1."""
        while node >= 0 and self._kind(node) not in _HOLDERS and self._kind(node) != codes.MODULE:
            receiver = self._facts.receivers.get(node)
            if receiver is not None:
                type_ = self.written_type(receiver, self.owner(node))
                inside = 0 <= type_ < self._table.node_count
                return type_ if inside and self._kind(type_) in _HOLDERS else -1
            node = int(self._table.parent[node])
        return -1

    def through_receiver(self, extended: int, use: int, owner: int, name: str, arity: int) -> Answer | None:
        """Return what a free name means as a member of the type that the function around extends."""
        parts = name.split(".")
        first = parts[0].removesuffix("()")
        single = len(parts) == 1
        if first != parts[0] or (single and use == codes.U_CALL):
            found = self.method(extended, first, arity if single else ANY, inherited=False)
        else:
            found = self.value(extended, first, inherited=False)
        if found is None or not 0 <= found[0] < self._table.node_count:
            return None
        return self._answer(use, codes.B_SELF, owner, extended, f"this.{name}", arity)

    def _answer(self, use: int, binding: int, owner: int, target: int, name: str, arity: int) -> Answer:
        parts = name.split(".")
        call = use == codes.U_CALL
        inherited = False
        at = 1
        if binding in (codes.B_SELF, codes.B_SUPER):
            inherited = binding == codes.B_SUPER
            found: Found = (target, codes.R_SELF, False)
            if len(parts) == 1:
                return self.constructor_call(target, arity, inherited=inherited) if call else _failed(codes.VALUE_CALL)
        elif binding == codes.B_DEFINITION:
            found = (target, codes.R_LEXICAL, False)
        else:
            found, at = self.head(owner, parts, binding, use, arity)
        entity, resolver, unsure = found
        if entity < 0:
            return _failed(-entity, resolver)
        reached = -1
        for position in range(at, len(parts)):
            last = position == len(parts) - 1
            part = parts[position]
            bare = part.removesuffix("()")
            if entity >= self._table.entity_count:
                if any(one.endswith("()") for one in parts[:position]):
                    return _failed(codes.VALUE_MEMBER)
                rest = ".".join(one.removesuffix("()") for one in parts[position:])
                if any(one.endswith("()") for one in parts[position:-1]):
                    return _failed(codes.VALUE_MEMBER)
                entity = self._namespaces.external(f"{self._namespaces.external_name(entity)}.{rest}")
                return entity, resolver, unsure, -1, -1, False
            if part == "this":
                continue
            if part == "super":
                inherited = self._kind(entity) != _INTERFACE  # `Interface.super.m()` is the interface's own
                continue
            step = self.step(entity, bare, use if last else -1, arity if last else ANY, part != bare, inherited, owner)
            made = last and call and binding == codes.B_TYPE and self._kind(entity) in _HOLDERS
            if made and not 0 <= step[0] < self._table.node_count:
                step = self.nested(entity, bare) or step  # `new Outer.Inner()`
            inherited = False
            if resolver != codes.R_SELF:
                resolver = codes.R_MEMBER
            if step[0] < 0:
                called = any(one.endswith("()") for one in parts[:position])
                kept = entity if not called and self._kind(entity) != codes.MODULE and position > 0 else -1
                if binding in (codes.B_SELF, codes.B_SUPER) and position == 1:
                    kept = -1
                return step[0], resolver, unsure, kept, -1, False
            entity, unsure = step[0], unsure or step[2]
            reached = entity
        del reached
        kind = self._kind(entity)
        if entity >= self._table.entity_count:
            builtin = resolver == codes.R_BUILTIN and use == codes.U_REFERENCE
            return _failed(codes.UNDEFINED_NAME) if builtin else (entity, resolver, unsure, -1, -1, False)
        if call and (kind in codes.TYPES or kind == _TYPE_ALIAS):
            entity = self.behind(entity)
            builder, several = self.fitting(self._constructors.get(entity, ()), arity)
            return entity, resolver, unsure, -1, builder, several
        return entity, resolver, unsure, -1, -1, False

    def head(self, owner: int, parts: list[str], binding: int, use: int, arity: int) -> tuple[Found, int]:
        """Return what the first parts of a free dotted name mean, and how many they are."""
        first = parts[0]
        bare = first.removesuffix("()")
        single = len(parts) == 1
        if binding == codes.B_TYPE or use in (codes.U_BASE, codes.U_IMPLEMENTS, codes.U_DECORATOR):
            found = self.type_named(owner, bare)
            if found[0] >= 0 or single:
                return found, 1
            return self.packaged(owner, parts, found)
        if first != bare or (single and use == codes.U_CALL):
            called = self.function_named(owner, bare, arity if single else ANY)
            if 0 <= called[0] < self._table.node_count:
                return called, 1
            type_ = self.type_named(owner, bare)
            if 0 <= type_[0] < self._table.node_count and self.made_by_name(owner):
                return type_, 1
            value = self.value_named(owner, bare)
            if value is not None and self.made_by_name(owner):
                return value, 1
            return called, 1
        value = self.value_named(owner, bare)
        if value is not None:
            return value, 1
        found = self.type_named(owner, bare)
        if found[0] >= 0:
            return found, 1
        if single:
            function = self.top_named(self.file_of(owner), bare, _FUNCTIONS, ANY)
            wanted = use == codes.U_METHOD or self.made_by_name(owner)
            return (function if 0 <= function[0] < self._table.node_count and wanted else found), 1
        return self.packaged(owner, parts, found)

    def made_by_name(self, owner: int) -> bool:
        """Say whether a call of a type's name makes an instance (Kotlin; Java says `new`)."""
        return self._table.packs[self._table.language[self.file_of(owner)]].local_callables

    def packaged(self, owner: int, parts: list[str], otherwise: Found) -> tuple[Found, int]:
        """Return what a name that begins with a package means: `a.b.Type`."""
        file = self.file_of(owner)
        for size in range(1, len(parts)):
            candidates = self._top.get((".".join(parts[:size]), parts[size].removesuffix("()")), ())
            if candidates:
                return (self.nearest(candidates, file), codes.R_IMPORT, False), size + 1
        if parts[0] in _ROOTS and len(parts) > 2 and not any(part.endswith("()") for part in parts[:-1]):
            return (self._namespaces.external(".".join(parts).removesuffix("()")), codes.R_IMPORT, False), len(parts)
        return otherwise, 1

    def step(self, entity: int, name: str, use: int, arity: int, called: bool, inherited: bool, owner: int) -> Found:
        """Return a member of what the name led to so far.

        Args:
            entity: A node.
            name: The member's name.
            use: Code of the use if it is the last name, else -1.
            arity: Arguments of the call, else `ANY`.
            called: Whether the name is called though it is not the last.
            inherited: Only bases are looked at (`super.name`).
            owner: The type or module that asks.
        """
        kind = self._kind(entity)
        if kind == codes.MODULE:
            kinds = _FUNCTIONS if called or use in (codes.U_CALL, codes.U_METHOD) else _VALUES
            chosen = self.chosen(self._named.get((entity, name), ()), kinds, arity, self.file_of(entity))
            return (-codes.NAME_NOT_FOUND, 0, False) if chosen is None else (chosen[0], codes.R_MEMBER, chosen[1])
        holder = entity
        if kind not in _HOLDERS and kind != _TYPE_ALIAS:
            holder = self.type_of(entity)
        elif kind == _TYPE_ALIAS:
            holder = self.behind(entity)
        if holder >= self._table.entity_count:
            if called or kind in _HOLDERS or kind == _TYPE_ALIAS:
                return -codes.VALUE_MEMBER, 0, False
            full = f"{self._namespaces.external_name(holder)}.{name}"
            return (
                (self._namespaces.external(full), codes.R_MEMBER, False)
                if use >= 0
                else (-codes.VALUE_MEMBER, 0, False)
            )
        if holder < 0 or self._kind(holder) not in _HOLDERS:
            return -codes.VALUE_MEMBER, 0, False
        found: Found | None
        if called or use == codes.U_CALL:
            found = self.method(holder, name, arity, inherited=inherited)
            if found is None:
                found = self.nested(holder, name) if self.made_by_name(owner) else None
            if found is None:
                found = self.extension(holder, name, arity, owner) or self.accessed(holder, name, arity)
        elif use == codes.U_METHOD:
            found = self.method(holder, name, ANY, inherited=inherited) or self.value(holder, name, inherited=inherited)
        else:
            found = self.value(holder, name, inherited=inherited) or self.nested(holder, name)
            if found is None:
                found = self.extended(holder, name, owner) or self.getter(holder, name, owner)
            if found is None and self.made_by_name(owner) and name != "class":
                found = self.method(holder, name, ANY, inherited=inherited)
        if found is not None:
            return found
        outside, reason = self.outside(holder)
        if outside >= 0 and use >= 0:
            full = f"{self._namespaces.external_name(outside)}.{name}"
            return self._namespaces.external(full), codes.R_MEMBER, False
        return -reason, 0, False

    def extension(self, holder: int, name: str, arity: int, owner: int) -> Found | None:
        """Return a Kotlin extension function in scope whose receiver is a type or one of its bases."""
        return self._extension(holder, name, _FUNCTIONS, arity, owner)

    def extended(self, holder: int, name: str, owner: int) -> Found | None:
        """Return a Kotlin extension property in scope."""
        return self._extension(holder, name, _VALUES, ANY, owner)

    def _extension(self, holder: int, name: str, kinds: frozenset[int], arity: int, owner: int) -> Found | None:
        if not self.made_by_name(owner):
            return None
        found = self.top_named(self.file_of(owner), name, kinds, arity)
        if not 0 <= found[0] < self._table.node_count:
            return None
        receiver = self._facts.receivers.get(found[0])
        if receiver is None:
            return None
        type_ = self.written_type(receiver, self.owner(found[0]))
        return found if type_ == holder or type_ in self.ancestors(holder) else None

    def getter(self, holder: int, name: str, owner: int) -> Found | None:
        """Return the Java method that Kotlin reads as a property: `getName()` as `name`."""
        if not self.made_by_name(owner):
            return None
        written = name[:1].upper() + name[1:]
        candidates = [name] if name.startswith("is") else [f"get{written}"]
        for candidate in candidates:
            found = self.method(holder, candidate, 0, inherited=False)
            if found is not None and (found[0] >= self._table.node_count or not self.made_by_name(found[0])):
                return found
        return None

    def accessed(self, holder: int, name: str, arity: int) -> Found | None:
        """Return the value that a call reads or writes: a record's component, a Kotlin property's accessor."""
        if arity == 0:
            found = self.value(holder, name, inherited=False)
            if found is not None and self._facts.flags.get(found[0], 0) & COMPONENT:
                return found
        for prefix, wanted in (("get", 0), ("is", 0), ("set", 1)):
            rest = name.removeprefix(prefix)
            if rest != name and rest[:1].isupper() and arity == wanted:
                written = name if prefix == "is" else rest[:1].lower() + rest[1:]
                found = self.value(holder, written, inherited=False)
                if found is not None and self.made_by_name(found[0]):
                    return found
        return None

    def written_type(self, text: str, owner: int) -> int:
        """Return the type that a written type names, or -1."""
        matched = _TYPE_NAME.match(text)
        if matched is None:
            return -1
        parts = matched[1].split(".")
        found, at = self.head(owner, parts, codes.B_TYPE, codes.U_REFERENCE, ANY)
        entity = found[0]
        for part in parts[at:]:
            if entity < 0:
                return -1
            if entity >= self._table.entity_count:
                entity = self._namespaces.external(f"{self._namespaces.external_name(entity)}.{part}")
                continue
            if self._kind(entity) not in _HOLDERS:
                return -1
            nested = self.nested(entity, part)
            entity = nested[0] if nested is not None else -1
        return self.behind(entity) if entity >= 0 else -1

    def type_of(self, value: int) -> int:
        """Return the declared type of a value, or what a function returns, or -1."""
        text = self._facts.types.get(value)
        return self.written_type(text, self.owner(value)) if text is not None else -1

    def behind(self, entity: int) -> int:
        """Return the type that an alias stands for; other entities stand for themselves."""
        for _ in range(8):
            if entity < 0 or self._kind(entity) != _TYPE_ALIAS:
                return entity
            text = self._facts.types.get(entity)
            matched = _TYPE_NAME.match(text) if text is not None else None
            if matched is None:
                return entity
            found, at = self.head(self.owner(entity), matched[1].split("."), codes.B_TYPE, codes.U_REFERENCE, ANY)
            if found[0] < 0 or at != matched[1].count(".") + 1 or found[0] == entity:
                return entity
            entity = found[0]
        return entity

    def constructor_call(self, type_: int, arity: int, *, inherited: bool) -> Answer:
        """Return what `this(…)` or `super(…)` runs."""
        if inherited:
            bases = [base for base in self._members.bases(type_) if base >= 0]
            type_ = next((base for base in bases if self._kind(base) != _INTERFACE), -1)
            if type_ >= self._table.entity_count:
                return type_, codes.R_SELF, False, -1, -1, False
            if type_ < 0:
                return _failed(codes.IMPLICIT_CONSTRUCTOR, codes.R_SELF)
        found, several = self.fitting(self._constructors.get(type_, ()), arity)
        if found < 0:
            return _failed(codes.IMPLICIT_CONSTRUCTOR, codes.R_SELF)
        return found, codes.R_SELF, several, -1, -1, False

    # Imports and overrides ------------------------------------------------------------------------

    def target(self, row: int) -> tuple[int, bool]:
        """Return what an import row names: a definition, a package, an external, or minus a reason."""
        found = self._targets.get(row)
        if found is None:
            found = self._targets[row] = self._target(row)
        return found

    def _target(self, row: int) -> tuple[int, bool]:
        rows = self._table.imports
        file, module, name = rows.file[row], rows.module[row], rows.name[row]
        if name == "*":
            files = self._packages.get(module)
            if files is not None:
                nearest = self.nearest([self._table.base[one] for one in files], file)
                folder = self._table.paths[self.file_of(nearest)].rpartition("/")[0]
                package = self._table.package_of.get(folder, -1)
                return (package, False) if package >= 0 else (self._table.module[self.file_of(nearest)], False)
            holder = self.full_name(module, file)
            return (holder, False) if holder >= 0 else (self._namespaces.external(module), False)
        full = module if name is None else f"{module}.{name}"
        home, last = ("", module) if name is None else (module, name)
        for kinds in (_TYPES_AND_MODULES, _FUNCTIONS, _VALUES):
            found = self.in_module(home, last, kinds, ANY, file)
            if found is not None:
                return found
        if home in self._packages or self.full_name(home, file) >= 0:
            return -codes.NAME_NOT_FOUND, False
        return self._namespaces.external(full), False

    def module_of(self, row: int) -> int:
        """Return the module that an import row's target lies in, or -1."""
        entity, _ = self.target(row)
        if not 0 <= entity < self._table.node_count:
            return -1
        return self._table.module[self.file_of(entity)]

    def overridden(self, node: int) -> tuple[int, bool]:
        """Return what a method or property overrides in the nearest base that has it, or -1."""
        table = self._table
        kind, flags = self._kind(node), self._facts.flags.get(node, 0)
        parent = int(table.parent[node])
        if parent < 0 or self._kind(parent) not in _HOLDERS or flags & (STATIC | PRIVATE | CONSTRUCTOR):
            return -1, False
        kotlin = self.made_by_name(node)
        if kind not in _FUNCTIONS and not (kotlin and kind in _VALUES):
            return -1, False
        if kotlin and not flags & OVERRIDE:
            return -1, False
        name = table.name_texts[int(table.name[node])]
        count = self._parameters.get(node, (0, 0, False))[1]
        for base in self.ancestors(parent):
            found = [
                other
                for other in self.named(base, name, _FUNCTIONS if kind in _FUNCTIONS else _VALUES)
                if not self._facts.flags.get(other, 0) & (STATIC | PRIVATE)
                and self._parameters.get(other, (0, 0, False))[1] == count
            ]
            if found:
                return found[0], len(found) > 1
        return -1, False


def _failed(reason: int, resolver: int = codes.R_LEXICAL) -> Answer:
    return -reason, resolver, False, -1, -1, False
