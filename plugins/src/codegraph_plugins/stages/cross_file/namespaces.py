"""What a name means in a module: members, re-exports, star imports, submodules.

One query walks its own chain with its own memory of where it has been; only finished queries are
remembered. So an answer never depends on which query came first, and cycles end.
"""

from __future__ import annotations

import posixpath

from codegraph_plugins.stages.cross_file import codes
from codegraph_plugins.stages.cross_file.golang import GoPackages
from codegraph_plugins.stages.cross_file.modules import MISSING, OUTSIDE, DottedModules, PathModules
from codegraph_plugins.stages.cross_file.project_config import ProjectConfig
from codegraph_plugins.stages.cross_file.symbols import SymbolTable

Found = tuple[int, bool]
"""An entity or minus a reason, and whether a name on the way has several definitions."""


class Namespaces:
    """Answers name queries over modules.

    Args:
        table: The finished symbol table.
        config: What the project files say.
    """

    def __init__(self, table: SymbolTable, config: ProjectConfig) -> None:
        self.table = table
        self._kinds = table.kind.tobytes()
        self._ambiguous = table.ambiguous.tobytes()
        self.externals: dict[str, int] = {}
        self.external_names: list[str] = []
        self._memo: dict[int, Found] = {}
        self.ambiguous_members: set[int] = set()  # declared in several files of a Go package
        self._finders: list[DottedModules | PathModules | GoPackages | None] = []
        self.go: GoPackages | None = None
        self._explicit: list[bool] = []
        for pack in table.packs:
            style = pack.imports.style
            finder: DottedModules | PathModules | GoPackages | None = None
            if style == "dotted":
                finder = DottedModules(table, pack)
            elif style == "path":
                finder = PathModules(table, pack, config)
            elif style == "go":
                finder = self.go = GoPackages(table, pack, config)
            self._finders.append(finder)
            self._explicit.append(pack.imports.explicit_exports)
        self.file_of_module = {module: file for file, module in enumerate(table.module) if module >= 0}
        self._star = table.intern("*")
        self._default = table.intern("default")
        self._whole = table.intern("=")
        self._getattr = table.intern("__getattr__")
        self._folders: dict[int, str] = {}
        self.import_module: list[int] = [self._module_of(row) for row in range(len(table.imports.file))]
        names = table.imports.name
        self._import_name = [-1 if name is None else table.intern(name) for name in names]
        self._targets: list[Found | None] = [None] * len(names)

    def kind(self, entity: int) -> int:
        """Return an entity's kind code."""
        if entity < self.table.node_count:
            return self._kinds[entity]
        return codes.PACKAGE if entity < self.table.entity_count else codes.EXTERNAL

    def external(self, name: str) -> int:
        """Return the entity of a dotted name outside the repository."""
        entity = self.externals.get(name)
        if entity is None:
            entity = self.externals[name] = self.table.entity_count + len(self.external_names)
            self.external_names.append(name)
        return entity

    def external_name(self, entity: int) -> str:
        """Return the dotted name of an external entity."""
        return self.external_names[entity - self.table.entity_count]

    def is_explicit(self, file: int) -> bool:
        """Say whether only exported names of a file can be imported."""
        language = self.table.language[file]
        return language >= 0 and self._explicit[language]

    def _finder(self, file: int) -> DottedModules | PathModules | GoPackages | None:
        language = self.table.language[file]
        return self._finders[language] if language >= 0 else None

    def _module_of(self, row: int) -> int:
        rows = self.table.imports
        file = rows.file[row]
        finder = self._finder(file)
        module = rows.module[row]
        if finder is None:
            language = self.table.language[file]
            if language >= 0 and self.table.packs[language].imports.style == "cargo":
                return MISSING  # `rust.py` writes it
            return self.external(module)
        name = rows.name[row]
        folder = self._folders.get(file)
        if folder is None:
            folder = self._folders[file] = posixpath.dirname(self.table.paths[file])
        found = finder.resolve(folder, module, None if name == "*" else name)
        return self.external(module) if found == OUTSIDE else found

    def target(self, row: int) -> Found:
        """Return what an import row names: a module, a symbol, an external, or minus a reason."""
        found = self._targets[row]
        if found is None:
            module, name = self.import_module[row], self._import_name[row]
            whole = module < 0 or name < 0 or name == self._star
            found = (module, False) if whole else self.lookup(module, name)
            self._targets[row] = found
        return found

    def set_target(self, row: int, found: Found) -> None:
        """Write what an import row names, where a language has lookups of its own."""
        self._targets[row] = found

    def binding(self, row: int) -> Found:
        """Return what an import row's local name is bound to: `import a.b` binds `a`."""
        rows = self.table.imports
        module = rows.module[row]
        if self._import_name[row] >= 0 or rows.alias[row] is not None or "." not in module:
            found, ambiguous = self.target(row)
        else:
            finder = self._finder(rows.file[row])
            if not isinstance(finder, DottedModules):
                found, ambiguous = self.target(row)
            else:
                top = module.split(".", 1)[0]
                ambiguous = False
                if self.import_module[row] >= self.table.entity_count:
                    found = self.external(top)
                else:
                    found = self._top_of(row, module)
        return (found, ambiguous) if found >= 0 else (-codes.UNRESOLVED_IMPORT, ambiguous)

    def _top_of(self, row: int, module: str) -> int:
        """Return the top package of a resolved `import a.b.c`: as many folders up as there are dots."""
        table = self.table
        target = self.import_module[row]
        if target < 0:
            return target
        if target < table.node_count:
            path = table.paths[self.file_of_module[target]]
            folder = posixpath.dirname(path)
            finder = self._finder(table.imports.file[row])
            assert isinstance(finder, DottedModules)
            ups = module.count(".") - (0 if finder.is_index(path) else 1)
        else:
            folder = table.folders[target - table.node_count]
            ups = module.count(".")
            finder = self._finder(table.imports.file[row])
            assert isinstance(finder, DottedModules)
        for _ in range(ups):
            folder = posixpath.dirname(folder)
        found = finder.at(folder)
        return found if found >= 0 else table.package_of.get(folder, MISSING)

    def lookup(self, module: int, name: int) -> Found:
        """Return what a name means in a module, package or external.

        Args:
            module: The entity asked.
            name: Code of the name.
        """
        key = (module << 32) | name
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._walk(module, name)
        return found

    def _walk(self, module: int, name: int) -> Found:
        table = self.table
        seen: set[tuple[int, int]] = set()
        ambiguous = False
        while True:
            if (module, name) in seen or len(seen) > codes.MAX_CHAIN:
                return -codes.IMPORT_CYCLE, ambiguous
            if module >= table.entity_count:
                return self.external(f"{self.external_name(module)}.{table.name_texts[name]}"), ambiguous
            seen.add((module, name))
            found = self._find(module, name, seen)
            if found < 0 or found >= table.node_count:
                return found, ambiguous
            ambiguous = ambiguous or bool(self._ambiguous[found]) or found in self.ambiguous_members
            row = table.import_of.get(found)
            if row is None:
                return found, ambiguous
            module, name = self.import_module[row], self._import_name[row]
            if module < 0:
                return -codes.UNRESOLVED_IMPORT, ambiguous
            if name < 0 or name == self._star:
                bound, unsure = self.binding(row)
                return bound, ambiguous or unsure

    def _find(self, module: int, name: int, seen: set[tuple[int, int]]) -> int:
        """Return the node or entity that a name is bound to in one module, imports not followed."""
        table = self.table
        if module >= table.node_count:
            found = self._submodule(table.folders[module - table.node_count], -1, name)
            if found < 0 and self.go is not None:
                found = self._go_member(self.go, module, name)
            return found
        if self.go is not None and self.go.declared_name(module) >= 0:
            return self._go_member(self.go, module, name)
        file = self.file_of_module.get(module, -1)
        if file < 0:
            return -codes.NAME_NOT_FOUND
        if self.is_explicit(file):
            return self._find_export(file, name, seen)
        found = self._member(module, name, seen)
        if found >= 0:
            return found
        found, outside = self._find_star(module, name, seen)
        if found >= 0:
            return found
        found = self._submodule_of(file, name)
        if found < 0 and module in table.stub_of:
            found = self._declared(table.stub_of[module], name, seen)
        if found >= 0:
            return found
        if (module << 32) | name in table.members:
            return -codes.IMPORT_CYCLE
        if (module << 32) | self._getattr in table.members:
            return -codes.DYNAMIC_ATTRIBUTE
        return -codes.STAR_IMPORT if outside else -codes.NAME_NOT_FOUND

    def _go_member(self, packages: GoPackages, package: int, name: int) -> int:
        """Return what a name means in a Go package that was imported."""
        found = packages.members(package, name)
        if found is None:
            return -codes.NAME_NOT_FOUND
        if found[1]:
            self.ambiguous_members.add(found[0])
        return found[0]

    def go_global(self, packages: GoPackages, file: int, name: int) -> tuple[int, bool, bool]:
        """Return what a free name means in a Go file: its package's, a dot import's, an import's real name.

        Returns:
            The entity or minus a reason; whether it is declared several times; whether a dot import
            leads out of the repository.
        """
        table = self.table
        module = table.module[file]
        declared = packages.siblings(module, name)
        if declared is not None:
            return *declared, False
        outside = False
        for row in table.stars.get(module, ()):
            package = self.import_module[row]
            if package < 0 or package >= table.entity_count:
                outside = True
                continue
            found = packages.members(package, name, module)
            if found is not None:
                return *found, False
        first, end = table.imports.first_row[file], table.imports.first_row[file + 1]
        for row in range(first, end):
            package = self.import_module[row]
            unnamed = table.imports.alias[row] is None and self._import_name[row] < 0
            if unnamed and 0 <= package < table.entity_count and packages.declared_name(package) == name:
                return package, False, False
        return -codes.UNDEFINED_NAME, False, outside

    def _member(self, module: int, name: int, seen: set[tuple[int, int]]) -> int:
        """Return the module's own definition of a name, unless it only leads back into the chain."""
        found = self.table.members.get((module << 32) | name, MISSING)
        if found >= 0:
            row = self.table.import_of.get(found)
            if row is not None and (self.import_module[row], self._import_name[row]) in seen:
                return self.table.behind_import.get(found, MISSING)
        return found

    def _declared(self, stub: int, name: int, seen: set[tuple[int, int]]) -> int:
        """Return what a stub declares, itself or by its star imports."""
        found = self._exported_by_stub(stub, name, seen)
        return found if found >= 0 else self._find_star(stub, name, seen)[0]

    def _exported_by_stub(self, stub: int, name: int, seen: set[tuple[int, int]]) -> int:
        """Return a stub's own declaration.

        What a stub imports under its own name is exported only if its `__all__` has it (PEP 484).
        """
        found = self._member(stub, name, seen)
        row = self.table.import_of.get(found) if found >= 0 else None
        if row is None or self.table.imports.alias[row] is not None:
            return found
        return found if name in self.table.export_lists.get(stub, ()) else MISSING

    def _submodule_of(self, file: int, name: int) -> int:
        path = self.table.paths[file]
        finder = self._finder(file)
        if not isinstance(finder, DottedModules) or not finder.is_index(path):
            return MISSING
        return self._submodule(posixpath.dirname(path), file, name)

    def _submodule(self, folder: str, file: int, name: int) -> int:
        text = self.table.name_texts[name]
        finders = [self._finder(file)] if file >= 0 else self._finders
        for finder in finders:
            if isinstance(finder, DottedModules):
                found = finder.within(folder, text)
                if found >= 0:
                    return found
        return -codes.NAME_NOT_FOUND

    def global_star(self, module: int, name: int) -> tuple[int, bool, bool]:
        """Return what a free name of a file means through its star imports.

        Returns:
            The entity or minus a reason; whether a name on the way has several definitions; whether a
            star import leads out of the repository.
        """
        seen: set[tuple[int, int]] = {(module, name)}
        found, outside = self._find_star(module, name, seen)
        if found < 0 or found >= self.table.node_count:
            return found, False, outside
        ambiguous = bool(self._ambiguous[found])
        row = self.table.import_of.get(found)
        if row is not None:
            found, unsure = self.binding(row)
            ambiguous = ambiguous or unsure
        return found, ambiguous, outside

    def _find_star(self, module: int, name: int, seen: set[tuple[int, int]]) -> tuple[int, bool]:
        """Search the modules whose names a module takes with `*`: the last star import first.

        A module's `__all__` decides what it gives; its stub adds what the module and its star imports do not bind,
        and where the module has no list that can be read, the stub's list decides over the stub's names.
        """
        table = self.table
        if module not in table.stars:
            return MISSING, False
        hidden = table.name_texts[name].startswith("_")
        outside = False
        visited = {module}
        stack = [self.import_module[row] for row in table.stars[module]]
        behind: dict[int, bool] = {}  # stub → whether the list of its module has the name
        while stack:
            current = stack.pop()
            if current < 0 or current >= table.entity_count:
                outside = True
                continue
            if current in visited or len(visited) > codes.MAX_STAR_MODULES:
                continue
            listed = table.export_lists.get(current)
            taken = behind.get(current) or (name in listed if listed is not None else not hidden)
            stub = table.stub_of.get(current, MISSING)
            if stub >= 0 and (taken or listed is None):
                behind[stub] = taken and listed is not None
                stack.append(stub)
            if not taken:
                continue
            visited.add(current)
            if current >= table.node_count:
                continue
            found = (self._exported_by_stub if current in behind else self._member)(current, name, seen)
            if found >= 0:
                return found, outside
            if listed is not None:
                found = self._submodule_of(self.file_of_module[current], name)
                if found >= 0:
                    return found, outside
            stack.extend(self.import_module[row] for row in table.stars.get(current, ()))
        return MISSING, outside

    def _find_export(self, file: int, name: int, seen: set[tuple[int, int]]) -> int:
        """Return the exported node of a name: the file's own, then those of `export *` in source order."""
        table = self.table
        stack = [file]
        visited: set[int] = set()
        outside = False
        while stack:
            current = stack.pop()
            if current in visited or len(visited) > codes.MAX_STAR_MODULES:
                continue
            visited.add(current)
            found = self._exported(current, name, seen)
            if found >= 0:
                return found
            if name == self._default:
                break
            whole = self._whole_import(current)
            if whole is not None:
                if 0 <= whole < table.node_count:
                    stack.append(self.file_of_module[whole])
                else:
                    outside = True
            for node in reversed(table.export_stars.get(current, ())):
                row = table.import_of.get(node)
                module = MISSING if row is None else self.import_module[row]
                if 0 <= module < table.node_count:
                    stack.append(self.file_of_module[module])
                else:
                    outside = True
        if name in table.exports.get(file, ()):
            return -codes.IMPORT_CYCLE
        return -codes.STAR_IMPORT if outside else -codes.NAME_NOT_FOUND

    def _whole_import(self, file: int) -> int | None:
        """Return the module that a file exports as a whole (`module.exports = require("m")`), None if it does not."""
        rows = self.table.exports.get(file)
        if rows is None or self._whole not in rows:
            return None
        row = self.table.import_of.get(rows[self._whole][-1])
        return None if row is None or self._import_name[row] >= 0 else self.import_module[row]

    def _exported(self, file: int, name: int, seen: set[tuple[int, int]]) -> int:
        table = self.table
        rows = table.exports.get(file)
        if rows is None:
            return MISSING
        best, rank = MISSING, -1
        for node in rows.get(name, ()):
            row = table.import_of.get(node)
            if row is not None and (self.import_module[row], self._import_name[row]) in seen:
                continue
            if codes.RANK[self._kinds[node]] >= rank:
                best, rank = node, codes.RANK[self._kinds[node]]
        if best >= 0 or self._whole not in rows:
            return best
        whole = rows[self._whole][-1]
        if name == self._default:
            return whole
        return table.members.get((whole << 32) | name, MISSING)

    def value(self, module: int) -> int:
        """Return what a module itself stands for as a value: its `module.exports =`, if it has one."""
        file = self.file_of_module.get(module)
        rows = self.table.exports.get(file) if file is not None else None
        if not rows or self._whole not in rows:
            return module
        node = rows[self._whole][-1]
        row = self.table.import_of.get(node)
        if row is None:
            return node
        found, _ = self.binding(row)
        return found if found >= 0 else module
