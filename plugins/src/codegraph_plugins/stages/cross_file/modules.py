"""From a module specifier to a module: dotted names (Python) and path specifiers (JavaScript).

Both answer with an entity of the repository, `EXTERNAL` for what lives outside, or `MISSING` for what
should be in the repository and is not. The order of every choice is fixed and is part of the contract
(`docs/reference/cross-file.md`); the native twin repeats it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from codegraph_hookspecs import LanguagePack
from codegraph_plugins.stages.cross_file import codes
from codegraph_plugins.stages.cross_file.project_config import Package, Pattern, ProjectConfig
from codegraph_plugins.stages.cross_file.symbols import SymbolTable

OUTSIDE: Final = -1_000
MISSING: Final = -codes.MODULE_NOT_FOUND

_SUBSTITUTES: Final = (
    (".js", (".ts", ".tsx", ".d.ts")),
    (".jsx", (".tsx", ".d.ts")),
    (".mjs", (".mts", ".d.mts")),
    (".cjs", (".cts", ".d.cts")),
    (".ts", (".d.ts",)),
    (".tsx", (".d.ts",)),
    (".mts", (".d.mts",)),
    (".cts", (".d.cts",)),
)
"""Written extension → extensions of the source it was emitted from, or of the declarations of that source."""
_EMITTED: Final = frozenset({".js", ".jsx", ".mjs", ".cjs"})
_FOLDER_ENDS: Final = ("/", "/.", "/..")


class DottedModules:
    """Finds modules by dotted name.

    Args:
        table: The symbol table.
        pack: The language.
    """

    def __init__(self, table: SymbolTable, pack: LanguagePack) -> None:
        self._table = table
        rules = pack.imports
        self._extensions = rules.extensions
        self._indexes = [stem + extension for stem in rules.index_names for extension in rules.extensions]
        declaring = [rules.stub_extension] if rules.stub_extension else []
        self._stub_ends = [f"/{stem}{extension}" for extension in declaring for stem in rules.index_names] + declaring
        self._tops: dict[str, list[str]] = {}
        self._cache: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
        self._roots: dict[str, list[str]] = {}
        self._collect_roots()

    def _collect_roots(self) -> None:
        tops: dict[str, set[str]] = {}
        written = self._extensions[:1]  # a package of stubs describes what is installed elsewhere
        indexes = {name for name in self._indexes for extension in written if name.endswith(extension)}
        for path in self._table.paths:
            folder, _, name = path.rpartition("/")
            if name in indexes:
                if folder:
                    root, _, top = folder.rpartition("/")
                    tops.setdefault(top, set()).add(root)
                continue
            if folder.rpartition("/")[2] in codes.SOURCE_FOLDERS:
                for extension in written:
                    if name.endswith(extension):
                        tops.setdefault(name[: -len(extension)], set()).add(folder)
                        break
        for top, roots in tops.items():
            kept = [root for root in roots if self._is_root(root)]
            if kept:
                self._tops[top] = sorted(kept, key=lambda root: (root.count("/") if root else -1, root))

    def _is_package(self, folder: str) -> bool:
        prefix = folder + "/" if folder else ""
        file_of = self._table.file_of
        return any(prefix + name in file_of for name in self._indexes)

    def _is_root(self, folder: str) -> bool:
        return not folder or not self._is_package(folder)  # what runs in a checkout runs at its top

    def is_index(self, path: str) -> bool:
        """Say whether a file stands for its folder."""
        return path.rpartition("/")[2] in self._indexes

    def at(self, path: str) -> int:
        """Return the module at a path without extension, or `MISSING`: the folder's index first."""
        table = self._table
        prefix = path + "/" if path else ""
        for name in self._indexes:
            file = table.file_of.get(prefix + name)
            if file is not None:
                return table.module[file]
        if path:
            for extension in self._extensions:
                file = table.file_of.get(path + extension)
                if file is not None:
                    return table.module[file]
        return MISSING

    def within(self, folder: str, name: str) -> int:
        """Return the submodule `name` of a folder: a module, a folder with files, or `MISSING`."""
        path = f"{folder}/{name}" if folder else name
        found = self.at(path)
        return found if found >= 0 else self._table.package_of.get(path, MISSING)

    def resolve(self, folder: str, module: str, name: str | None) -> int:
        """Resolve a module as written in a file of `folder`.

        Args:
            folder: The importing file's folder.
            module: Dotted name, with leading dots when relative.
            name: The name imported from it, or None; decides whether a folder without an index counts.
        """
        key = (folder, module)
        cached = self._cache.get(key)
        if cached is None:
            relative = module.startswith(".")
            cached = (self._relative(folder, module), ()) if relative else self._absolute(folder, module)
            self._cache[key] = cached
        found, namespaces = cached
        if namespaces and name is not None:
            for path in namespaces:
                if self.at(f"{path}/{name}") >= 0:
                    return self._table.package_of[path]
        return found

    def _relative(self, folder: str, module: str) -> int:
        rest = module.lstrip(".")
        for _ in range(len(module) - len(rest) - 1):
            if not folder:
                return MISSING
            folder = posixpath.dirname(folder)
        path = rest.replace(".", "/")
        if folder and path:
            path = f"{folder}/{path}"
        path = path or folder
        found = self.at(path)
        return found if found >= 0 else self._table.package_of.get(path, MISSING)

    def _absolute(self, folder: str, module: str) -> tuple[int, tuple[str, ...]]:
        """Return the module, and the folders without an index that an imported submodule may lie in."""
        top = module.split(".", 1)[0]
        path = module.replace(".", "/")
        namespaces: list[str] = []
        table = self._table
        for root in [*self._ancestors(folder), *self._others(folder, top)]:
            prefix = root + "/" if root else ""
            if self.at(prefix + top) >= 0:
                found = self.at(prefix + path)
                if found < 0:
                    found = table.package_of.get(prefix + path, MISSING)
                if found < 0:
                    found = self._stub_at(f"{prefix}{top}-stubs{path[len(top) :]}")
                return found, tuple(namespaces)
            if prefix + top in table.package_of:
                found = self.at(prefix + path)
                if found >= 0:
                    return found, tuple(namespaces)
                if prefix + path in table.package_of:
                    namespaces.append(prefix + path)
        return self._declared(folder, top, path[len(top) :], namespaces), tuple(namespaces)

    def _declared(self, folder: str, top: str, rest: str, namespaces: list[str]) -> int:
        """Return the module of a package `top-stubs` (PEP 561) whose source no root holds, or `OUTSIDE`."""
        for root in self._ancestors(folder) if self._stub_ends else ():
            path = f"{root}/{top}-stubs{rest}" if root else f"{top}-stubs{rest}"
            found = self._stub_at(path)
            if found >= 0:
                return found
            if path in self._table.package_of:
                namespaces.append(path)
        return OUTSIDE

    def _stub_at(self, path: str) -> int:
        """Return the stub at a path without extension, or `MISSING`: the folder's index first."""
        table = self._table
        files = (table.file_of.get(path + end) for end in self._stub_ends)
        return next((table.module[file] for file in files if file is not None), MISSING)

    def _ancestors(self, folder: str) -> list[str]:
        """Return the folders at or above one that are not packages, nearest first."""
        roots = self._roots.get(folder)
        if roots is None:
            roots = [folder] if self._is_root(folder) else []
            if folder:
                roots = roots + self._ancestors_above(folder)
            self._roots[folder] = roots
        return roots

    def _ancestors_above(self, folder: str) -> list[str]:
        above = []
        while folder:
            folder = posixpath.dirname(folder)
            if self._is_root(folder):
                above.append(folder)
        return above

    def _others(self, folder: str, top: str) -> list[str]:
        """Return the source roots elsewhere that hold a package `top`: shared path, short, alphabetic."""
        roots = self._tops.get(top)
        if not roots:
            return []
        here = folder.split("/") if folder else []
        visible = []
        for root in roots:
            parts = root.split("/") if root else []
            if parts == here[: len(parts)]:
                continue  # an ancestor
            fence = next((place for place, part in enumerate(parts) if part in codes.TEST_FOLDERS), -1)
            if fence >= 0 and parts[: fence + 1] != here[: fence + 1]:
                continue
            shared = 0
            while shared < min(len(parts), len(here)) and parts[shared] == here[shared]:
                shared += 1
            visible.append((-shared, len(parts), root))
        return [root for _, _, root in sorted(visible)]


class ModuleFiles(Protocol):
    """The files of a repository: a symbol table, or as much of one as finding modules by path needs."""

    @property
    def file_of(self) -> Mapping[str, int]:
        """Number of each file by its path."""
        ...

    @property
    def module(self) -> Sequence[int]:
        """Module of each file, by the file's number."""
        ...

    @property
    def package_of(self) -> Mapping[str, int]:
        """Folders that have files, themselves or below."""
        ...


class PathModules:
    """Finds modules by path specifier, with the project's remappings.

    Args:
        table: The symbol table.
        pack: The language of the importing files.
        config: What the project files say.
    """

    def __init__(self, table: ModuleFiles, pack: LanguagePack, config: ProjectConfig) -> None:
        self._table = table
        self._extensions = pack.imports.extensions
        self._indexes = pack.imports.index_names
        self._typed = any(extension in {".ts", ".tsx"} for extension in pack.extensions)
        self._maps = {path_map.folder: path_map for path_map in config.path_maps}
        self._folders = {package.folder: package for package in config.packages}
        self._by_name: dict[str, Package] = {}
        for package in sorted(config.packages, key=lambda p: (p.folder.count("/") if p.folder else -1, p.folder)):
            if package.name:
                self._by_name.setdefault(package.name, package)
        self._cache: dict[tuple[str, str], int] = {}
        self._nearest: dict[str, tuple[str | None, str | None]] = {}

    def resolve(self, folder: str, module: str, name: str | None) -> int:
        """Resolve a specifier as written in a file of `folder`; the imported name plays no part."""
        del name
        key = (folder, module)
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self._resolve(folder, module)
        return found

    def _resolve(self, folder: str, module: str) -> int:
        if module in {".", ".."} or module.startswith(("./", "../")):
            path = join(folder, module)
            if path is None:
                return MISSING
            folder_only = module.endswith(_FOLDER_ENDS) or module in {".", ".."}
            found = self._probe(path, folder_only=folder_only)
            return found if found >= 0 else self._beside(folder, path, folder_only=folder_only)
        if module.startswith("/") or not module:
            return MISSING
        map_folder, package_folder = self._near(folder)
        if module.startswith("#") and package_folder is not None:
            return self._first(_match(self._folders[package_folder].imports, module[1:]))
        if map_folder is not None:
            path_map = self._maps[map_folder]
            found = self._first(_match(path_map.paths, module))
            if found < 0 and path_map.base is not None:
                inside = join(path_map.base, module)
                found = MISSING if inside is None else self._probe(inside)
            if found >= 0:
                return found
        return self._package(module)

    def _beside(self, folder: str, path: str, *, folder_only: bool) -> int:
        """Return what a path below one of `rootDirs` means below the others, in their order."""
        map_folder, _ = self._near(folder)
        roots = self._maps[map_folder].root_dirs if map_folder is not None else ()
        above = [root for root in roots if not root or path == root or path.startswith(f"{root}/")]
        if not above:
            return MISSING
        own = max(above, key=len)
        inside = path[len(own) :].lstrip("/")
        for root in roots:
            if root != own:
                found = self._probe(f"{root}/{inside}".strip("/"), folder_only=folder_only)
                if found >= 0:
                    return found
        return MISSING

    def _package(self, module: str) -> int:
        parts = module.split("/")
        size = 2 if module.startswith("@") else 1
        package = self._by_name.get("/".join(parts[:size]))
        if package is None:
            return OUTSIDE
        subpath = "/".join(parts[size:])
        if not subpath:
            return self._first(package.entries)
        found = self._first(_match(package.exports, subpath))
        for folder in (package.folder, f"{package.folder}/src" if package.folder else "src"):
            if found < 0:
                path = join(folder, subpath)
                found = MISSING if path is None else self._probe(path)
        return found

    def _first(self, paths: tuple[str, ...]) -> int:
        for path in paths:
            found = self._probe(path)
            if found >= 0:
                return found
        return MISSING

    def _probe(self, path: str, *, folder_only: bool = False) -> int:
        """Return the module that a path means: a file, its source, with an extension, a folder's index."""
        table = self._table
        if not folder_only and path:
            for candidate in self._files(path):
                file = table.file_of.get(candidate)
                if file is not None:
                    return table.module[file]
        package = self._folders.get(path)
        if package is not None and path in table.package_of:
            for entry in package.entries:
                for candidate in self._files(entry):
                    file = table.file_of.get(candidate)
                    if file is not None:
                        return table.module[file]
        prefix = path + "/" if path else ""
        for stem in self._indexes:
            for extension in self._extensions:
                file = table.file_of.get(f"{prefix}{stem}{extension}")
                if file is not None:
                    return table.module[file]
        return MISSING

    def _files(self, path: str) -> list[str]:
        exact = [path]
        for written, sources in _SUBSTITUTES:
            if path.endswith(written):
                stem = path[: -len(written)]
                swapped = [stem + source for source in sources]
                exact = [*swapped, path] if self._typed and written in _EMITTED else [path, *swapped]
                break
        return exact + [path + extension for extension in self._extensions]

    def _near(self, folder: str) -> tuple[str | None, str | None]:
        """Return the nearest folders, at or above one, with a path map and with a package."""
        near = self._nearest.get(folder)
        if near is None:
            path_map = package = None
            above = folder
            while True:
                if path_map is None and above in self._maps:
                    path_map = above
                if package is None and above in self._folders:
                    package = above
                if not above:
                    break
                above = posixpath.dirname(above)
            near = self._nearest[folder] = (path_map, package)
        return near


def join(folder: str, path: str) -> str | None:
    """Join two paths with `.` and `..` taken out; None if the result leaves the repository."""
    parts = folder.split("/") if folder else []
    for part in path.split("/"):
        if part in {"", "."}:
            continue
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _match(patterns: tuple[Pattern, ...], text: str) -> tuple[str, ...]:
    """Return the targets of the best pattern: an exact one, else the longest text before the `*`."""
    best: tuple[str, str, tuple[str, ...]] | None = None
    for key, targets in patterns:
        if "*" not in key:
            if key == text:
                return targets
            continue
        head, _, tail = key.partition("*")
        fits = len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)
        if fits and (best is None or len(head) > len(best[0])):
            best = (head, text[len(head) : len(text) - len(tail)], targets)
    if best is None:
        return ()
    return tuple(target.replace("*", best[1]) for target in best[2])
