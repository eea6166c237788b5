"""Rust: the tree of modules, and what a path means in it.

Modules are what `mod` items say, not folders: a `mod name;` is an import whose target is a file. A name has up to
three meanings (type, value, macro); each question says which it wants. Both engines follow
`docs/reference/cross-file.md`; the native twin is `codegraph-link/src/rust.rs`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from codegraph_plugins.stages.cross_file import codes
from codegraph_plugins.stages.cross_file.cargo import Crates
from codegraph_plugins.stages.cross_file.modules import MISSING, join
from codegraph_plugins.stages.cross_file.namespaces import Found, Namespaces

STYLE: Final = "cargo"

TYPE: Final = 1
VALUE: Final = 2
MACRO: Final = 4
ANY: Final = 7

_SPACES: Final = {
    "module": TYPE, "namespace": TYPE, "package": TYPE, "enum": TYPE, "trait": TYPE, "type_alias": TYPE,
    "interface": TYPE, "class": TYPE, "struct": TYPE | VALUE, "enum_member": TYPE | VALUE, "function": VALUE,
    "method": VALUE, "constant": VALUE, "variable": VALUE, "macro": MACRO, "external": ANY,
}  # fmt: skip
_SCOPES: Final = frozenset({codes.KIND["module"], codes.KIND["namespace"]})
_COMPILER_CRATES: Final = frozenset({"std", "core", "alloc", "proc_macro", "test"})
_PRIMITIVES: Final = frozenset(
    "bool char f32 f64 i128 i16 i32 i64 i8 isize str u128 u16 u32 u64 u8 usize".split()  # noqa: SIM905
)
_ALIASED: Final = re.compile(
    r"&?(?:mut )?((?:[A-Za-z_][A-Za-z0-9_]*::)*[A-Za-z_][A-Za-z0-9_]*)(?:<.*[>…])?\Z", re.DOTALL
)
_MAX_DEPTH: Final = 64
"""Paths that one question leads through before it counts as a cycle."""

_OF_WRAPPERS: Final = frozenset(
    "as_ref as_mut as_deref as_deref_mut cloned copied take clone ok ok_or ok_or_else map_err or or_else filter".split()  # noqa: SIM905
)
"""Methods of `Option` and `Result` that give one of the same value again."""
_TAKING: Final = frozenset("? unwrap expect unwrap_or unwrap_or_else unwrap_or_default unwrap_unchecked".split())  # noqa: SIM905
"""What takes the value out of an `Option` or `Result`."""
_OF_POINTERS: Final = frozenset(
    """
    as_mut as_ref borrow borrow_mut clone cmp deref deref_mut eq fmt ge gt hash into le lt ne partial_cmp to_owned
    to_string try_into type_id
    """.split()  # noqa: SIM905
)
"""Methods that `Box`, `Rc` and `Arc` have themselves, whatever they point at."""
_FUNCTIONS: Final = (codes.FUNCTION, codes.METHOD)
_FIELD: Final = codes.KIND["field"]
_ENUM_MEMBER: Final = codes.KIND["enum_member"]
_TRAIT: Final = codes.KIND["trait"]
_HELD: Final = frozenset({_FIELD, codes.KIND["constant"], codes.KIND["variable"]})
"""Kinds that hold a value, whose type is asked for members."""
_MARKS: Final = frozenset("()#?*")

Value = tuple[int, int, bool]
"""The type of a value, or minus a reason; in how many `Option`s or `Result`s it lies; whether a pointer holds it."""
_NO_VALUE: Final[Value] = (-codes.VALUE_MEMBER, 0, False)
_STEPS: Final = frozenset("#?*")
_ALIAS: Final = codes.KIND["type_alias"]
_UNDECIDED: Final = frozenset({-codes.VALUE_MEMBER, -codes.MEMBER_NOT_FOUND, -codes.EXTERNAL_BASE})
_MAX_DEREFS: Final = 8
"""Types that one member is looked for in through `Deref`, aliases that one name leads through."""
Answer = tuple[int, int, bool, int]
"""Entity or minus a reason; resolver; whether a name is ambiguous; the last definition reached, or -1."""


class RustNames:
    """Answers what Rust names mean.

    Args:
        namespaces: Name queries; the targets of imports are written there.
        crates: What the `Cargo.toml` files say.
        owned: Nodes that are members of types of other files, not of the scope they stand in.
    """

    def __init__(self, namespaces: Namespaces, crates: Sequence[Crates], owned: Iterable[int]) -> None:
        self._namespaces = namespaces
        self._table = table = namespaces.table
        self._kind = namespaces.kind
        self._facts = table.rust
        self._spaces = [0] * (codes.OTHER + 1)
        for kind, spaces in _SPACES.items():
            self._spaces[codes.KIND[kind]] = spaces
        self._crates = {crate.folder: crate for crate in crates}
        self._externs = {crate.folder: dict(crate.externs) for crate in crates}
        self._nearest: dict[str, str | None] = {}
        self._star = table.intern("*")
        self._bases: dict[int, list[int]] = {}
        self._implementers: dict[int, list[int]] = {}
        self._memo: dict[tuple[int, int, int], Found] = {}
        self._running: dict[tuple[int, int, int], int] = {}
        self._hit = _MAX_DEPTH + 1
        self._answers: dict[tuple[int, int, int, int, str], Answer] = {}
        self._types: dict[int, tuple[int, str]] = {}  # what has a type → the first name's target, and its text
        self._fields: dict[int, int] = {}  # (type << 32) | name → field
        self._children: dict[int, list[int]] = {}  # (scope << 32) | name → nodes, in order
        self._globs: dict[int, list[int]] = {}  # scope → import rows
        self._local_globs: dict[int, list[int]] = {}  # scope → import rows inside its functions
        self._macros: dict[int, list[int]] = {}  # name → macro nodes
        self._scope_of: dict[int, int] = {}
        self.files = [is_rust(table, file) for file in range(len(table.paths))]
        outside = set(owned)
        for file, mine in enumerate(self.files):
            if mine:
                self._index(range(table.base[file], table.base[file + 1]), outside)
        self._modules: dict[int, int] = {}  # import row of a `mod` item → module
        self._around: dict[int, int] = {}  # module → the scope that declares it
        self._declared_by: dict[int, int] = {}  # module → import node
        self._build_tree(frozenset(path for crate in crates for path in crate.roots))
        self._segments: dict[int, tuple[str, ...]] = {}
        for row, file in enumerate(table.imports.file):
            if self.files[file]:
                node, name = table.imports.node[row], table.imports.name[row]
                if name == "*":
                    globs = self._globs if self._is_scope(int(table.parent[node])) else self._local_globs
                    globs.setdefault(self.scope_of(node), []).append(row)

    # -- scopes and the tree of modules ---------------------------------------------------------------

    def _index(self, nodes: range, owned: set[int]) -> None:
        table = self._table
        for node in nodes:
            kind = int(table.kind[node])
            if kind == codes.KIND["macro"]:
                self._macros.setdefault(int(table.name[node]), []).append(node)
            parent = int(table.parent[node])
            if kind == _FIELD:
                self._fields.setdefault((parent << 32) | int(table.name[node]), node)
            if parent >= 0 and self._is_scope(parent) and node not in owned:
                self._children.setdefault((parent << 32) | int(table.name[node]), []).append(node)

    def _is_scope(self, node: int) -> bool:
        return node >= 0 and int(self._table.kind[node]) in _SCOPES

    def scope_of(self, node: int) -> int:
        """Return the module or namespace that a node stands in, or is."""
        found = self._scope_of.get(node)
        if found is None:
            found = node
            while not self._is_scope(found):
                found = int(self._table.parent[found])
            self._scope_of[node] = found
        return found

    def _parent_scope(self, scope: int) -> int:
        """Return the module around a module, or -1 for a crate's first."""
        if int(self._table.kind[scope]) == codes.KIND["namespace"]:
            return self.scope_of(int(self._table.parent[scope]))
        return self._around.get(scope, -1)

    def root_of(self, scope: int) -> int:
        """Return the first module of a scope's crate."""
        seen = set()
        while scope not in seen:
            seen.add(scope)
            above = self._parent_scope(scope)
            if above < 0:
                break
            scope = above
        return scope

    def _build_tree(self, roots: frozenset[str]) -> None:
        """Find the files of `mod` items: below the folder of a module, or beside a crate's first file."""
        table = self._table
        rows = [
            row
            for row, file in enumerate(table.imports.file)
            if self.files[file] and table.imports.module[row].startswith("./")
        ]
        own_folder = {
            path
            for path in table.paths
            if path in roots or posixpath.basename(path) in {"mod.rs", "lib.rs", "main.rs", "build.rs"}
        }
        named = [row for row in rows if table.imports.module[row].endswith(".rs")]
        for row in named:
            self._declare(row, self._by_path(row, own_folder), own_folder)
        rest = [row for row in rows if not table.imports.module[row].endswith(".rs")]
        failed = [row for row in rest if not self._declare(row, self._by_name(row, own_folder), own_folder)]
        # A file that no module declares begins a crate of its own.
        alone = {
            path for file, path in enumerate(table.paths) if self.files[file] and table.module[file] not in self._around
        }
        for row in failed:
            if table.paths[table.imports.file[row]] in alone:
                self._declare(row, self._by_name(row, alone), own_folder)

    def _declare(self, row: int, found: int, own_folder: set[str]) -> bool:
        table = self._table
        if found < 0:
            return False
        module = table.module[found]
        self._modules[row] = module
        node = table.imports.node[row]
        scope = self.scope_of(node)
        if scope != module and module not in self._around:
            self._around[module] = scope
            self._declared_by[module] = node
        if table.imports.module[row].endswith(".rs"):
            own_folder.add(table.paths[found])
        return True

    def _inline(self, row: int) -> list[str]:
        """Return the names of the inline modules around a `mod` item, outermost first."""
        table = self._table
        names = []
        node = int(table.parent[table.imports.node[row]])
        while node >= 0:
            if int(table.kind[node]) == codes.KIND["namespace"]:
                names.append(table.name_texts[int(table.name[node])])
            node = int(table.parent[node])
        names.reverse()
        return names

    def _folder(self, row: int, own_folder: Iterable[str]) -> str:
        """Return the folder that the modules of a `mod` item's file lie in."""
        path = self._table.paths[self._table.imports.file[row]]
        folder = posixpath.dirname(path)
        if path not in own_folder:
            folder = posixpath.join(folder, posixpath.basename(path).removesuffix(".rs"))
        return posixpath.join(folder, *self._inline(row))

    def _by_path(self, row: int, own_folder: Iterable[str]) -> int:
        table = self._table
        path = table.paths[table.imports.file[row]]
        folder = self._folder(row, own_folder) if self._inline(row) else posixpath.dirname(path)
        found = join(folder, table.imports.module[row][2:])
        return self._file(found) if found is not None else -1

    def _by_name(self, row: int, own_folder: Iterable[str]) -> int:
        name = self._table.imports.module[row][2:]
        base = posixpath.join(self._folder(row, own_folder), name)
        found = self._file(f"{base}.rs")
        return found if found >= 0 else self._file(f"{base}/mod.rs")

    def _file(self, path: str) -> int:
        file = self._table.file_of.get(path, -1)
        return file if file >= 0 and self.files[file] and self._table.module[file] >= 0 else -1

    def _package(self, file: int) -> str | None:
        """Return the folder of the package that a file belongs to."""
        folder = posixpath.dirname(self._table.paths[file])
        if folder not in self._nearest:
            above = folder
            while above and above not in self._crates:
                above = posixpath.dirname(above)
            self._nearest[folder] = above if above in self._crates else None
        return self._nearest[folder]

    def _crate(self, scope: int, name: str) -> int:
        """Return the first module of the crate that a name means, an external, or `MISSING`."""
        table = self._table
        file = table.file_of_node(scope)
        package = self._package(file)
        if package is not None:
            path = self._externs[package].get(name)
            if path is not None:
                return table.module[table.file_of[path]]
        for node in self._children.get((self.root_of(scope) << 32) | table.intern(name), ()):
            row = table.import_of.get(node)
            if row is not None and table.imports.module[row].startswith("::"):
                written = table.imports.module[row][2:]
                return self._crate(scope, written) if written != name else self._namespaces.external(name)
        if name in _COMPILER_CRATES:
            return self._namespaces.external(name)
        return MISSING

    # -- imports --------------------------------------------------------------------------------------

    def link_imports(self) -> None:
        """Write what the imports of Rust files name."""
        namespaces, table = self._namespaces, self._table
        for row, file in enumerate(table.imports.file):
            if self.files[file]:
                namespaces.import_module[row], found = self._whole(row)
                namespaces.set_target(row, found)

    def _whole(self, row: int) -> tuple[int, Found]:
        """Return the module part of an import, and what all of it names."""
        if self._table.imports.module[row].startswith("./"):
            module = self._modules.get(row, MISSING)
            return module, (module, False)
        segments = self._path(row)
        scope = self.scope_of(self._table.imports.node[row])
        name = self._table.imports.name[row]
        if name is None or name == "*":
            found = self._walk(scope, segments, TYPE, row=row)
            if found[0] < 0 and name is None:
                found = self._first_of(scope, segments, row)
            return found[0], found
        module = self._walk(scope, segments[:-1], TYPE, row=row)[0]
        return module, self._first_of(scope, segments, row)

    def _first_of(self, scope: int, segments: Sequence[str], row: int) -> Found:
        """Return what a path means as a type, else as a value, else as a macro."""
        found: Found = (MISSING, False)
        for space in (TYPE, VALUE, MACRO):
            found = self._walk(scope, segments, space, row=row)
            if found[0] >= 0:
                return found
        return found

    def _path(self, row: int) -> tuple[str, ...]:
        found = self._segments.get(row)
        if found is None:
            module, name = self._table.imports.module[row], self._table.imports.name[row]
            segments = module.split("::")
            if name is not None and name != "*":
                segments.append(name)
            found = self._segments[row] = tuple(segments)
        return found

    def _import_target(self, row: int, space: int) -> Found:
        """Return what an import brings into one space."""
        if self._table.imports.module[row].startswith("./"):
            return (self._modules.get(row, MISSING), False) if space & TYPE else (MISSING, False)
        return self._walk(self.scope_of(self._table.imports.node[row]), self._path(row), space, row=row)

    # -- paths ----------------------------------------------------------------------------------------

    def _walk(self, scope: int, segments: Sequence[str], space: int, *, row: int = -1) -> Found:
        """Return what a path means in a scope; `row` is the import that it is of, if it is one's."""
        first, rest = segments[0], segments[1:]
        if first == "" and rest:  # `::name`
            entity = self._crate(scope, rest[0])
            rest = rest[1:]
            if entity < 0:
                entity = self._namespaces.external(segments[1])
            found: Found = (entity, False)
        else:
            found = self._head(scope, first, TYPE if rest else space, imports=row >= 0)
        while rest and found[0] >= 0:
            entity, unsure = found
            if self._kind(entity) == codes.EXTERNAL:
                return self._namespaces.external(".".join((self._namespaces.external_name(entity), *rest))), unsure
            if rest[0] == "super" and self._is_module(entity):
                above = self._parent_scope(entity)
                found = (above if above >= 0 else MISSING, unsure)
            else:
                step, more = self._step(entity, self._table.intern(rest[0]), TYPE if len(rest) > 1 else space)
                found = (step, unsure or more)
            rest = rest[1:]
        return found

    def _is_module(self, entity: int) -> bool:
        return entity < self._table.node_count and self._is_scope(entity)

    def _head(self, scope: int, name: str, space: int, *, imports: bool) -> Found:
        """Return what the first name of a path means."""
        if name == "crate":
            return self.root_of(scope), False
        if name == "self":
            return scope, False
        if name == "super":
            above = self._parent_scope(scope)
            return (above if above >= 0 else MISSING), False
        package = self._package(self._table.file_of_node(scope))
        old = imports and package is not None and self._crates[package].edition < 2018
        start = self.root_of(scope) if old else scope
        found = self.find(start, self._table.intern(name), space)
        if found[0] >= 0 or not space & TYPE:
            return found
        entity = self._crate(scope, name)
        if entity >= 0:
            return entity, False
        if not imports:
            return found
        if package is None:  # of unknown edition: a path may begin at the crate
            other = self.find(self.root_of(scope), self._table.intern(name), space)
            if other[0] >= 0:
                return other
        # A name that no module here has is a crate that lies elsewhere.
        return self._namespaces.external(name), False

    def _step(self, entity: int, name: int, space: int) -> Found:
        kind = self._kind(entity)
        if self._is_module(entity):
            return self.find(entity, name, space)
        if kind in codes.HOLDERS:
            return self.member(entity, name)
        return -codes.VALUE_MEMBER, False

    def find(self, scope: int, name: int, space: int) -> Found:
        """Return what a name means in a module: its own, an import's, a glob's.

        Only what does not depend on a question that is still open is remembered.
        """
        key = (scope, name, space)
        found = self._memo.get(key)
        if found is not None:
            return found
        depth = self._running.get(key)
        if depth is None and len(self._running) >= _MAX_DEPTH:
            depth = 0
        if depth is not None:
            self._hit = min(self._hit, depth)
            return -codes.IMPORT_CYCLE, False
        depth = self._running[key] = len(self._running)
        found = self._find(scope, name, space)
        del self._running[key]
        if self._hit >= depth:
            self._memo[key] = found
            self._hit = _MAX_DEPTH + 1
        return found

    def _find(self, scope: int, name: int, space: int) -> Found:
        found, reason = self._own(scope, name, space)
        if found[0] >= 0:
            return found
        globbed, outside = self._globbed(scope, self._globs.get(scope, ()), name, space)
        if globbed[0] >= 0:
            return globbed
        if space & MACRO and self._parent_scope(scope) < 0:
            for node in self._macros.get(name, ()):  # `#[macro_export]` puts a macro at the crate's top
                if node in self._facts.visible and self.root_of(self.scope_of(node)) == scope:
                    return node, False
        return -(reason or (codes.STAR_IMPORT if outside else codes.NAME_NOT_FOUND)), False

    def _own(self, scope: int, name: int, space: int, *, asker: int = -1) -> tuple[Found, int]:
        """Return what a module itself says of a name, and why an import of that name failed.

        `asker` is the module that a glob stands in: names that it does not see are passed over.
        """
        table = self._table
        reason = 0
        best: Found = (MISSING, False)
        nodes = self._children.get((scope << 32) | name, ())
        for imports in (False, True):
            count = 0
            for node in nodes:
                row = table.import_of.get(node)
                if (row is not None) is not imports:
                    continue
                if asker >= 0 and node not in self._facts.visible and not self._is_within(asker, scope):
                    continue
                if row is None:
                    if self._spaces[int(table.kind[node])] & space:
                        best = best if count else (node, False)
                        count += 1
                    continue
                found = self._import_target(row, space)
                if found[0] >= 0 and self._spaces[self._kind(found[0])] & space:
                    return found, 0
                reason = reason or (codes.UNRESOLVED_IMPORT if found[0] != -codes.IMPORT_CYCLE else codes.IMPORT_CYCLE)
            if count:
                return (best[0], count > 1), 0
        return best, reason

    def _is_within(self, scope: int, outer: int) -> bool:
        for _ in range(_MAX_DEPTH):
            if scope == outer:
                return True
            scope = self._parent_scope(scope)
            if scope < 0:
                return False
        return False

    def _globbed(self, scope: int, rows: Sequence[int], name: int, space: int) -> tuple[Found, bool]:
        """Return what glob imports bring, and whether one of them leads outside."""
        table = self._table
        outside = False
        visited = {scope}
        pending = list(rows)
        position = 0
        while position < len(pending) and len(visited) <= codes.MAX_STAR_MODULES:
            row = pending[position]
            position += 1
            module = self._import_target(row, TYPE)[0]
            if module < 0 or module >= table.node_count:
                outside = True
                continue
            if module in visited:
                continue
            visited.add(module)
            if int(table.kind[module]) == codes.KIND["enum"]:
                node = table.members.get((module << 32) | name)
                if node is not None and int(table.kind[node]) == codes.KIND["enum_member"]:
                    return (node, bool(table.ambiguous[node])), outside
            if not self._is_scope(module):
                continue
            asker = self.scope_of(table.imports.node[row])
            found, _ = self._own(module, name, space, asker=asker)
            if found[0] >= 0:
                return found, outside
            within = self._is_within(asker, module)
            inner = self._globs.get(module, ())
            pending.extend(row for row in inner if within or table.imports.node[row] in self._facts.visible)
        return (MISSING, False), outside

    # -- members --------------------------------------------------------------------------------------

    def add_base(self, type_: int, base: int) -> None:
        """Record a trait that a type implements, or that a trait extends."""
        self._bases.setdefault(type_, []).append(base)

    def member(self, type_: int, name: int) -> Found:
        """Return a type's member: its own, what it is another name for has, its traits'."""
        table = self._table
        visited: set[int] = set()
        pending = [type_]
        position = 0
        unknown = False
        while position < len(pending) and len(visited) < codes.MAX_LINEAGE:
            current = pending[position]
            position += 1
            if current in visited:
                continue
            visited.add(current)
            if current < 0 or current >= table.node_count:
                unknown = True
                continue
            node = table.members.get((current << 32) | name)
            if node is not None:
                return node, bool(table.ambiguous[node])
            if current in self._facts.aliased:
                pending.append(self._aliased(current))
            pending.extend(self._bases.get(current, ()))
        return -(codes.EXTERNAL_BASE if unknown else codes.MEMBER_NOT_FOUND), False

    def _aliased(self, alias: int) -> int:
        """Return the type that an alias is another name for, or minus a reason."""
        written = _ALIASED.match(self._facts.aliased[alias])
        if written is None:
            return MISSING
        return self._walk(self.scope_of(alias), written[1].split("::"), TYPE)[0]

    # -- uses -----------------------------------------------------------------------------------------

    def implemented(self, node: int, text: str) -> tuple[int, str]:
        """Return the type that implements a trait, and the trait's name: `Trait for Type` names both."""
        trait, parted, owner = text.partition(" for ")
        if not parted:
            return node, text
        found = self._walk(self.scope_of(node), owner.split("."), TYPE)[0]
        inside = 0 <= found < self._table.node_count and int(self._table.kind[found]) in codes.HOLDERS
        return (found if inside else MISSING), trait

    def overridden(self, node: int, trait: Answer) -> Answer:
        """Return what a member of an `impl` block stands for in the block's trait: its member of that name and sort."""
        table = self._table
        entity, _, unsure, _ = trait
        if 0 <= entity < table.node_count and int(table.kind[entity]) == codes.KIND["trait"]:
            name, spaces = int(table.name[node]), self._spaces[int(table.kind[node])]
            found = table.members.get((entity << 32) | name, -1)
            if found >= 0 and table.ambiguous[found]:  # `impl dyn Trait` adds to what the trait's body says first
                own = range(entity + 1, found + 1)
                found = next((one for one in own if table.parent[one] == entity and table.name[one] == name), found)
            if found >= 0 and self._spaces[int(table.kind[found])] & spaces:
                return found, codes.R_MEMBER, unsure, -1
        return -codes.MEMBER_NOT_FOUND, codes.R_MEMBER, False, -1

    def answer(self, use: int, binding: int, node: int, target: int, text: str) -> Answer:
        """Return what a use means."""
        scope = self.scope_of(node)
        key = (scope, use, binding, target, text)
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._answer(use, binding, scope, target, text)
        return found

    def _answer(self, use: int, binding: int, scope: int, target: int, text: str) -> Answer:
        """Return what a use means: as a path, and where a value's type comes into it, by that."""
        marked = not _MARKS.isdisjoint(text)
        typed = binding == codes.B_TYPE or marked
        found: Answer = (-codes.VALUE_MEMBER, codes.R_MEMBER, False, -1)
        if not typed:
            found = self._named(use, binding, scope, target, text)
            open_ = found[0] in _UNDECIDED if binding == codes.B_SELF else found[0] == -codes.VALUE_MEMBER
            if use != codes.U_CALL or not open_ or "." not in text or text.endswith("!"):
                return found
        entity, unsure, resolver, reached = self._through(binding, scope, target, text.split("."))
        if entity >= 0:
            return entity, resolver, unsure, -1
        return (entity, resolver, False, reached if typed and not marked else -1) if typed else found

    # -- values -----------------------------------------------------------------------------------

    def add_type(self, node: int, target: int, text: str) -> None:
        """Record the type of a field, a constant, or of what a function returns."""
        self._types.setdefault(node, (target, text))

    def _through(self, binding: int, scope: int, target: int, parts: Sequence[str]) -> tuple[int, bool, int, int]:
        """Follow a chain through values.

        Returns:
            The method at its end or minus a reason, whether a name is ambiguous, the resolver, and the last field.
        """
        resolver = codes.R_SELF if binding == codes.B_SELF else codes.R_MEMBER
        unsure, reached, value = False, -1, (target, 0, False)
        if binding != codes.B_SELF:
            first = parts[0].removesuffix("()")
            called = first != parts[0]
            entity, unsure, _ = self._first(scope, target, first, ANY if not called else VALUE)
            value = self._made(entity, -1) if called else (entity, 0, False)
        for position, part in enumerate(parts[1:], 2):
            if value[0] < 0 or self._kind(value[0]) == codes.EXTERNAL:
                return -codes.VALUE_MEMBER, False, resolver, reached
            if part in _STEPS:
                value = self._mark(value, part)
                continue
            name = part.removesuffix("()")
            last = position == len(parts)
            called = last or name != part
            if self._kind(value[0]) in _HELD:
                value = self._typed(value[0], -1)
            if value[1]:
                value = self._of_wrapper(value, name) if called and not last else _NO_VALUE
                continue
            if value[2] and name in _OF_POINTERS:
                value = value if name == "clone" and not last else _NO_VALUE
                continue
            found, more = self._member_of(value[0], name, called=called) if value[0] >= 0 else (value[0], False)
            if found < 0:
                if name == "clone" and not last and value[0] >= 0 and self._kind(value[0]) in codes.HOLDERS:
                    continue  # `Clone` gives another of the same type
                return found, False, resolver, reached
            unsure = unsure or more
            if last:
                callable_ = self._kind(found) in _FUNCTIONS
                return (found if callable_ else -codes.VALUE_MEMBER), unsure, resolver, reached
            if not called and self._kind(found) == _FIELD:
                reached = found
            value = self._made(found, value[0]) if called else (found, 0, False)
        return -codes.VALUE_MEMBER, False, resolver, reached

    def _mark(self, value: Value, mark: str) -> Value:
        """Put a value into an `Option` or behind a pointer, or take it out."""
        if self._kind(value[0]) in _HELD:
            value = self._typed(value[0], -1)
        entity, wraps, pointed = value
        if mark == "*":
            return entity, wraps, True
        if mark == "#":
            return entity, wraps + 1, pointed
        return (entity, wraps - 1, pointed) if wraps else _NO_VALUE

    def _of_wrapper(self, value: Value, name: str) -> Value:
        """Return what a method of `Option` or `Result` gives."""
        if name in _TAKING:
            return value[0], value[1] - 1, value[2]
        return value if name in _OF_WRAPPERS else _NO_VALUE

    def _member_of(self, entity: int, name: str, *, called: bool) -> Found:
        """Return a member of a module or type; of what a type derefs to, if it has none of that name."""
        code = self._table.intern(name)
        if self._is_module(entity):
            return self._in_spaces(entity, name, VALUE if called else ANY)
        if self._kind(entity) == _ENUM_MEMBER:
            entity = int(self._table.parent[entity])
        if self._kind(entity) not in codes.HOLDERS:
            return -codes.VALUE_MEMBER, False
        found: Found = (MISSING, False)
        for _ in range(_MAX_DEREFS):
            if called:
                found = self.member(entity, code)
            else:
                field = self._fields.get((self._behind(entity) << 32) | code, MISSING)
                found = (field, False) if field >= 0 else self.member(entity, code)
            if found[0] >= 0 or self.member(entity, self._table.intern("deref"))[0] < 0:
                return found
            target, several = self.member(entity, self._table.intern("Target"))
            if target < 0 or several or self._kind(target) != _ALIAS:
                return found
            entity = self._aliased(target) if target in self._facts.aliased else MISSING
            if entity < 0 or self._kind(entity) not in codes.HOLDERS:
                return found
        return found

    def _behind(self, entity: int) -> int:
        """Return the type that an alias is another name for; others stand for themselves."""
        for _ in range(_MAX_DEREFS):
            if entity not in self._facts.aliased:
                break
            entity = self._aliased(entity)
        return entity

    def _made(self, entity: int, receiver: int) -> Value:
        """Return what a call gives: what a function returns, or an instance."""
        if entity < 0 or entity >= self._table.node_count:
            return _NO_VALUE
        kind = self._kind(entity)
        if kind in _FUNCTIONS:
            return self._typed(entity, receiver)
        if kind == _ENUM_MEMBER:
            return int(self._table.parent[entity]), 0, False
        return (entity, 0, False) if kind == codes.STRUCT else _NO_VALUE

    def _typed(self, node: int, receiver: int) -> Value:
        """Return the type of a value or of what a function returns; `Self` of a trait is the receiver's type."""
        known = self._types.get(node)
        if known is None:
            return _NO_VALUE
        target, text = known
        parts = text.split(".")
        marks = [part for part in parts if part in _STEPS]
        names = parts[: len(parts) - len(marks)]
        entity, unsure, _ = self._first(self.scope_of(node), target, names[0], TYPE)
        for name in names[1:]:
            if entity < 0 or self._kind(entity) == codes.EXTERNAL:
                break
            entity, more = self._in_spaces(entity, name, TYPE)
            unsure = unsure or (more and not self._is_module(entity))
        if entity < 0 or entity >= self._table.node_count or self._is_module(entity):
            return _NO_VALUE
        if len(names) > 1 and unsure and self._kind(entity) == _ALIAS:
            return _NO_VALUE  # an associated type that several blocks define
        if names == ["Self"] and self._kind(entity) == _TRAIT and receiver >= 0:
            entity = receiver
        entity = self._behind(entity)
        if entity < 0 or self._kind(entity) not in codes.HOLDERS:
            return _NO_VALUE
        value: Value = (entity, 0, False)
        for mark in marks:
            value = self._mark(value, mark)
        return value

    def _named(self, use: int, binding: int, scope: int, target: int, text: str) -> Answer:
        if use == codes.U_IMPLEMENTS and text.endswith("!"):
            return self._derived(scope, target, text.removesuffix("!"))
        macro = text.endswith("!")
        parts = text.removesuffix("!").split(".")
        if macro:
            space = MACRO
        elif use == codes.U_CALL:
            space = VALUE
        else:
            space = ANY if use == codes.U_REFERENCE else TYPE
        rest = parts[1:]
        if binding == codes.B_SELF:
            if not rest:
                return -codes.VALUE_CALL, codes.R_SELF, False, -1
            entity, unsure, resolver = target, False, codes.R_SELF
        elif macro and not rest:
            entity, resolver = self._macro(scope, parts[0])
            return entity, resolver, False, -1
        else:
            entity, unsure, resolver = self._first(scope, target, parts[0], ANY if rest else space)
        reached = entity if resolver != codes.R_SELF else -1
        for position, part in enumerate(rest):
            if entity < 0:
                break
            if self._kind(entity) == codes.EXTERNAL:
                full = ".".join((self._namespaces.external_name(entity), *rest[position:]))
                return self._namespaces.external(full + ("!" if macro else "")), resolver, unsure, -1
            last = position == len(rest) - 1
            if not self._is_module(entity) and resolver != codes.R_SELF:
                resolver = codes.R_MEMBER
            if part == "super" and self._is_module(entity):
                entity = self._parent_scope(entity) if self._parent_scope(entity) >= 0 else MISSING
            else:
                entity, more = self._in_spaces(entity, part, space if last else ANY)
                unsure = unsure or more
            if entity >= 0:
                reached = entity
        if entity >= 0:
            return entity, resolver, unsure, -1
        if reached >= 0 and (self._kind(reached) == codes.EXTERNAL or self._is_module(reached)):
            reached = -1
        return entity, resolver, unsure, reached

    def _derived(self, scope: int, target: int, text: str) -> Answer:
        """Return the trait that a `#[derive]` implements: of a macro that is not the compiler's that is not known."""
        parts, resolver = text.split("."), codes.R_IMPORT
        if len(parts) == 1:
            entity, unsure, resolver = self._first(scope, target, parts[0], MACRO)
        else:
            entity, unsure = self._walk(scope, parts, MACRO)
        outside = entity >= 0 and self._kind(entity) == codes.EXTERNAL
        if outside and self._namespaces.external_name(entity).partition(".")[0] in _COMPILER_CRATES:
            return entity, resolver, unsure, -1
        return -codes.NAME_NOT_FOUND, resolver, False, -1

    def _in_spaces(self, entity: int, name: str, space: int) -> Found:
        """Take one step, as a type if any meaning will do."""
        code = self._table.intern(name)
        if space != ANY:
            return self._step(entity, code, space)
        found: Found = (MISSING, False)
        for one in (TYPE, VALUE):
            found = self._step(entity, code, one)
            if found[0] >= 0:
                return found
        return found

    def _first(self, scope: int, target: int, name: str, space: int) -> tuple[int, bool, int]:
        """Return what the first name of a use is bound to, and the resolver."""
        table = self._table
        wanted = (TYPE, VALUE) if space == ANY else (space,)
        if target >= 0 and (name == "Self" or not self._is_scope(int(table.parent[target]))):
            row = table.import_of.get(target)
            if row is None:
                return target, bool(table.ambiguous[target]), codes.R_LEXICAL
            for one in wanted:
                found = self._import_target(row, one)
                if found[0] >= 0:
                    return *found, codes.R_IMPORT
            return -codes.UNRESOLVED_IMPORT, False, codes.R_IMPORT
        failed = -codes.UNDEFINED_NAME
        for one in wanted:
            found = self._head(scope, name, one, imports=False)
            if found[0] >= 0:
                here = found[0] < table.node_count and self.scope_of(found[0]) == scope
                return *found, codes.R_LEXICAL if here else codes.R_IMPORT
            if found[0] in {-codes.STAR_IMPORT, -codes.UNRESOLVED_IMPORT}:
                failed = found[0]
        for one in wanted:
            found, outside = self._globbed(scope, self._local_globs.get(scope, ()), table.intern(name), one)
            if found[0] >= 0:
                return *found, codes.R_IMPORT
            if outside:
                failed = -codes.STAR_IMPORT
        if failed != -codes.UNRESOLVED_IMPORT and (builtin := self._builtin(name)) is not None:
            return self._namespaces.external(builtin), False, codes.R_BUILTIN
        return failed, False, codes.R_LEXICAL

    def _builtin(self, name: str) -> str | None:
        """Return the full name of what every module sees."""
        table = self._table
        pack = next(pack for pack in table.packs if pack.imports.style == STYLE)
        if name not in pack.builtins:
            return None
        if name.endswith("!"):
            return f"std.{name}"
        return f"std.primitive.{name}" if name in _PRIMITIVES else f"{pack.builtins_module}.{name}"

    def _macro(self, scope: int, name: str) -> tuple[int, int]:
        """Return the macro that a name means: one above in the text, an import's, an exported one, a builtin."""
        table = self._table
        code = table.intern(name)
        for node in self._macros.get(code, ()):
            if self._is_within(scope, self.scope_of(node)):
                return node, codes.R_LEXICAL
        found = self.find(scope, code, MACRO)
        if found[0] >= 0:
            return found[0], codes.R_IMPORT
        root = self.root_of(scope)
        for node in self._macros.get(code, ()):
            home = self.scope_of(node)
            if self.root_of(home) == root and (node in self._facts.visible or self._is_used(home, scope)):
                return node, codes.R_IMPORT
        builtin = self._builtin(f"{name}!")
        if builtin is not None:
            return self._namespaces.external(builtin), codes.R_BUILTIN
        return (-codes.STAR_IMPORT if found[0] == -codes.STAR_IMPORT else -codes.UNDEFINED_NAME), codes.R_LEXICAL

    def _is_used(self, home: int, scope: int) -> bool:
        """Say whether every module from a macro's up to one around a scope is declared with `#[macro_use]`."""
        for _ in range(_MAX_DEPTH):
            if self._is_within(scope, home):
                return True
            if self._declared_by.get(home, -1) not in self._facts.macro_use:
                return False
            home = self._parent_scope(home)
            if home < 0:
                return False
        return False


def is_rust(table: Any, file: int) -> bool:
    """Say whether a file's names are looked up here."""
    language = table.language[file]
    return bool(language >= 0 and table.packs[language].imports.style == STYLE)
