"""Go: import paths → folders of packages, and what a name means in a package.

Both engines follow `docs/reference/cross-file.md`; the native twin is `codegraph-link/src/golang.rs`.
"""

from __future__ import annotations

from codegraph_hookspecs import LanguagePack
from codegraph_plugins.stages.cross_file import codes
from codegraph_plugins.stages.cross_file.go_mod import GoModule
from codegraph_plugins.stages.cross_file.modules import MISSING, OUTSIDE, join
from codegraph_plugins.stages.cross_file.project_config import ProjectConfig
from codegraph_plugins.stages.cross_file.symbols import SymbolTable


class GoPackages:
    """Finds packages by import path, and members of packages.

    Args:
        table: The finished symbol table.
        pack: The language.
        config: What the `go.mod` files say.
    """

    def __init__(self, table: SymbolTable, pack: LanguagePack, config: ProjectConfig) -> None:
        self._table = table
        self._modules = {module.folder: module for module in config.go_modules}
        self._by_path = sorted(config.go_modules, key=lambda module: (-len(module.path), module.folder))
        self._nearest: dict[str, GoModule | None] = {}
        self._cache: dict[tuple[str, str], int] = {}
        # (folder, name of the package's clause) → its modules, in path order
        self._packages: dict[tuple[str, int], list[int]] = {}
        self._clause: dict[int, tuple[str, int]] = {}
        self._tests: set[int] = set()  # modules that only a test build has
        # (folder, clause, with tests) → what each name means there: the first definition, and whether there are others
        self._names: dict[tuple[str, int, bool], dict[int, tuple[int, bool]]] = {}
        names: dict[str, dict[int, int]] = {}
        language = table.languages.index(pack.name)
        for file, path in enumerate(table.paths):
            module = table.module[file]
            if table.language[file] != language or module < 0:
                continue
            folder, _, filename = path.rpartition("/")
            name = int(table.name[module])
            self._packages.setdefault((folder, name), []).append(module)
            self._clause[module] = (folder, name)
            if filename.endswith("_test.go"):
                self._tests.add(module)
            else:
                counts = names.setdefault(folder, {})
                counts[name] = counts.get(name, 0) + 1
        self._importable = {folder: self._main_name(counts) for folder, counts in names.items()}

    def _main_name(self, counts: dict[int, int]) -> int:
        """Return the package that an import of a folder means: files that a build leaves out may say another one."""
        texts = self._table.name_texts
        return min(counts, key=lambda name: (texts[name] in {"main", "ignore"}, -counts[name], texts[name]))

    # Import paths -----------------------------------------------------------------------------------

    def resolve(self, folder: str, module: str, name: str | None) -> int:
        """Resolve an import path as written in a file of `folder`; the imported name plays no part."""
        del name
        key = (folder, module)
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self._resolve(folder, module)
        return found

    def _resolve(self, folder: str, path: str) -> int:
        if path.startswith(("./", "../")):
            return self._package(folder, join(folder, path))
        home = self._near(folder)
        for old, target in home.replaces if home is not None else ():
            if (rest := _below(path, old)) is not None:
                return self._package(folder, _inside(target, rest))
        vendored = self._vendored(folder, path, home)
        if vendored >= 0:
            return vendored
        for module in self._by_path:
            rest = _below(path, module.path)
            if rest is not None:
                found = self._package_of(folder, module, rest)
                if found >= 0 or module is home:
                    return found
            elif module.path == "std":
                found = self._package_of(folder, module, path)
                if found >= 0:
                    return found
        if home is None:
            return self._in_workspace(folder, path)
        return OUTSIDE

    def _package_of(self, importer: str, module: GoModule, rest: str) -> int:
        """Return a module's package: a module in a folder below is not part of it."""
        folder = _inside(module.folder, rest)
        return self._package(importer, folder) if self._near(folder) is module else MISSING

    def _vendored(self, folder: str, path: str, home: GoModule | None) -> int:
        """Return the package in the nearest `vendor` folder that has it, at most up to the module's own."""
        above = folder
        while True:
            found = self._package(folder, _inside(_inside(above, "vendor"), path))
            if found >= 0 or not above or (home is not None and above == home.folder):
                return found
            above = above.rpartition("/")[0]

    def _in_workspace(self, folder: str, path: str) -> int:
        """Return the package below the nearest `src` folder above, as a GOPATH has it, or `OUTSIDE`."""
        parts = folder.split("/")
        for size in range(len(parts), 0, -1):
            if parts[size - 1] == "src":
                found = self._package(folder, _inside("/".join(parts[:size]), path))
                if found >= 0:
                    return found
        return OUTSIDE

    def _near(self, folder: str) -> GoModule | None:
        """Return the module that a folder belongs to."""
        if folder not in self._nearest:
            above = folder
            while above and above not in self._modules:
                above = above.rpartition("/")[0]  # `dirname` never leaves "/", where an absolute import path leads
            self._nearest[folder] = self._modules.get(above)
        return self._nearest[folder]

    def _package(self, importer: str, folder: str | None) -> int:
        """Return the package node of a folder, if a file of `importer` may import it."""
        if folder is None or folder not in self._importable:
            return MISSING
        parts = folder.split("/")
        if "internal" in parts:
            above = "/".join(parts[: len(parts) - 1 - parts[::-1].index("internal")])
            if above and importer != above and not importer.startswith(above + "/"):
                return -codes.NOT_VISIBLE
        if not folder:  # the repository's top has no package node: its first file stands for it
            return self._packages[folder, self._importable[folder]][0]
        return self._table.package_of[folder]

    # Names ------------------------------------------------------------------------------------------

    def members(self, entity: int, name: int, asker: int = -1) -> tuple[int, bool] | None:
        """Return what a name means in an imported package, and whether it is declared several times.

        Args:
            entity: A package node, or the module that stands for the package at the repository's top.
            name: Code of the name.
            asker: The module of the file that asks, where that is known.
        """
        table = self._table
        if entity >= table.node_count:
            folder = table.folders[entity - table.node_count]
        elif entity in self._clause:
            folder = self._clause[entity][0]
        else:
            return None
        clause = self._importable.get(folder)
        if clause is None or not table.name_texts[name][:1].isupper():
            return None  # other packages see exported names only
        # The package's outer tests (`package p_test`) see what its inner ones declare.
        tests = asker in self._tests and self._clause[asker][0] == folder
        return self._declared(folder, clause, tests=tests).get(name)

    def siblings(self, module: int, name: int) -> tuple[int, bool] | None:
        """Return what a name means to a file of a package: `module` is the file's."""
        return self._declared(*self._clause[module], tests=True).get(name)

    def _declared(self, folder: str, clause: int, *, tests: bool) -> dict[int, tuple[int, bool]]:
        """Return what the files of a package declare, collected once: a name is asked for from every file."""
        key = (folder, clause, tests)
        known = self._names.get(key)
        if known is None:
            known = self._names[key] = {}
            for module in self._packages[folder, clause]:
                if tests or module not in self._tests:
                    self._collect(module, known)
        return known

    def _collect(self, module: int, known: dict[int, tuple[int, bool]]) -> None:
        table = self._table
        file = table.file_of_node(module)
        first, end = table.base[file], table.base[file + 1]
        for name in set(table.name[first:end][table.parent[first:end] == module].tolist()):
            found = table.members.get((module << 32) | name)
            if found is None or int(table.kind[found]) == codes.IMPORT:  # imports belong to their file
                continue
            before = known.get(name)
            known[name] = (found, bool(table.ambiguous[found])) if before is None else (before[0], True)

    def declared_name(self, entity: int) -> int:
        """Return the code of the name that a package declares, or -1."""
        table = self._table
        if entity >= table.node_count:
            return self._importable.get(table.folders[entity - table.node_count], -1)
        return self._clause[entity][1] if entity in self._clause else -1


def _below(path: str, module: str) -> str | None:
    """Return what an import path has after a module's, or None if it is not in the module."""
    if not module or not path.startswith(module):
        return None
    rest = path[len(module) :]
    return rest[1:] if rest.startswith("/") else "" if not rest else None


def _inside(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder and path else folder or path
