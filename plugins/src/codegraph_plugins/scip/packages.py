"""The packages that a repository's own symbols belong to: as their manifests say, and named from where those are.

`occurrences` names everything from the repository's root and knows no packages. Other repositories' indexes name a
package's symbols as its own language does, so that both sides of a dependency write the same.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import evolve, frozen

from codegraph_hookspecs import SnapshotReader
from codegraph_plugins.scip.grammar import LOCAL, SCHEME, identifier, parse_symbol, part

_ECOSYSTEMS: Final[Mapping[str, tuple[str, ...]]] = {
    "go": ("golang",),
    "java": ("maven", "gradle"),
    "javascript": ("npm",),
    "kotlin": ("maven", "gradle"),
    "python": ("pypi",),
    "rust": ("cargo",),
    "typescript": ("npm",),
}
"""Whose manifests a language's files are packaged by."""
_MANAGERS: Final[Mapping[str, str]] = {
    "cargo": "cargo",
    "golang": "gomod",
    "gradle": "maven",
    "maven": "maven",
    "npm": "npm",
    "pypi": "pip",
}
"""The manager in symbols of each ecosystem."""
_OWN: Final = " . . "
_NAMESPACE: Final = re.compile(r"(?:[A-Za-z0-9_+$-]+|`(?:[^`]|``)+`)/")
_NAMESPACES: Final = re.compile(f"(?:{_NAMESPACE.pattern})*")
_MODULE: Final = rf"^{SCHEME} (?:(?:gomod|maven|pip) \. \. .*[^/#.!]:|cargo \. \. .*/)$"
"""The symbol of a module, in the languages whose namespaces are no folders."""
_CRATE: Final = "crate/"
"""What rust-analyzer calls a crate's root."""
_CRATE_ROOTS: Final = ("src/lib.rs", "src/main.rs")
_PROGRAMS: Final = "src/bin/"
_SOURCES: Final = "src"
_INIT: Final = "__init__.py"
_GO_TESTS: Final = "_test"
"""How files of tests end, and the package of those that see a folder's package from outside."""


Rename = Callable[[str], str]
"""Returns the symbol to write for a stored one."""


@frozen
class Package:
    """A package of the repository.

    Args:
        ecosystem: Whose manifest says so.
        folder: Of the manifest, with a slash at its end unless it is the root.
        name: As its manager has it.
        version: Empty where the manifest says none.
    """

    ecosystem: str
    folder: str
    name: str
    version: str

    @property
    def head(self) -> str:
        """What its symbols begin with."""
        return f"{SCHEME} {_MANAGERS[self.ecosystem]} {part(self.name)} {part(self.version)} "


class GivenPackage:
    """Gives all of the repository's own symbols one package, and leaves their paths.

    Args:
        package: Name of the package, or nothing.
        version: Its version, or nothing.
    """

    def __init__(self, package: str, version: str) -> None:
        self._package, self._version = package, version
        self._heads: dict[str, str] = {}

    def __call__(self, symbol: str) -> str:
        """Return the symbol to write."""
        if symbol.startswith(LOCAL):
            return symbol
        head, mark, path = symbol.partition(_OWN)
        if not mark:
            return symbol
        if head not in self._heads:
            known = evolve(parse_symbol(f"{head}{mark}x/"), package=self._package, version=self._version)
            self._heads[head] = str(known).removesuffix("x/")
        return self._heads[head] + path


class ManifestPackages:
    """Gives the repository's own symbols the package of the nearest manifest above the file that defines them.

    Paths are as the languages have them: from the crate's root, from the folder of `package.json`, below a module's
    path of Go, by a Python module's name without what stands before its package. Where two packages have one name
    and version, or two namespaces would get one path, the path stays.

    Args:
        snapshot: Has `files`, `nodes` and `occurrences`.
    """

    def __init__(self, snapshot: SnapshotReader) -> None:
        self._packages = {(package.ecosystem, package.folder): package for package in _packages(snapshot)}
        files = [pair for batch in snapshot.read("files") for pair in _pairs(batch)] if self._packages else []
        with_code = {package for path, language in files if (package := self._owner(path, language)) is not None}
        said = Counter((package.ecosystem, package.name, package.version) for package in with_code)
        for package in with_code:
            if said[package.ecosystem, package.name, package.version] > 1:
                del self._packages[package.ecosystem, package.folder]
        wanted: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for old, new in self._renamed(snapshot, files):
            wanted.setdefault(old, set()).add(new)
        told = Counter(new for news in wanted.values() for new in news)
        self._names: dict[tuple[str, str], tuple[str, str]] = {}
        for (manager, path), news in wanted.items():
            if len(news) == 1:  # else two packages share the namespace
                ((head, renamed),) = news
                self._names[manager, path] = (head, renamed if told[head, renamed] == 1 else path)
        self._of: dict[tuple[str, str], tuple[str, str] | None] = {}

    def __call__(self, symbol: str) -> str:
        """Return the symbol to write."""
        if not self._names or symbol.startswith(LOCAL):
            return symbol
        head, mark, path = symbol.partition(_OWN)
        if not mark:
            return symbol
        found = _NAMESPACES.match(path)
        namespace = found.group() if found is not None else ""
        known = self._namespace(head, namespace)
        if known is None:
            return symbol
        package, renamed = known
        return package + (renamed + path[len(namespace) :] or _CRATE)

    def _namespace(self, head: str, namespace: str) -> tuple[str, str] | None:
        """Return the head and the namespace to write; None leaves both."""
        if (head, namespace) not in self._of:
            self._of[head, namespace] = self._looked_up(head, namespace)
        return self._of[head, namespace]

    def _looked_up(self, head: str, namespace: str) -> tuple[str, str] | None:
        ends = [found.end() for found in _NAMESPACE.finditer(namespace)]
        for end in [*reversed(ends), 0]:
            known = self._names.get((head, namespace[:end]))
            if known is not None:
                return known[0], known[1] + namespace[end:]
        return None

    def _renamed(
        self, snapshot: SnapshotReader, files: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
        """Yield what symbols begin with, head and namespace, and what is written instead."""
        paths = {path for path, _ in files}
        owners = {path: package for path, language in files if (package := self._owner(path, language)) is not None}
        for package in {*owners.values()}:
            if package.ecosystem == "npm":
                yield (f"{SCHEME} npm", _folders(package.folder)), (package.head, "")
        yield from self._of_modules(snapshot, owners, paths)

    def _of_modules(
        self, snapshot: SnapshotReader, owners: Mapping[str, Package], paths: Container[str]
    ) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
        """Yield the namespaces that files say themselves, or get by rules of their language."""
        if all(package.ecosystem == "npm" for package in owners.values()):
            return
        for batch in snapshot.read("occurrences"):
            modules = pc.and_(
                pc.equal(batch.column("role"), "definition"),
                pc.match_substring_regex(batch.column("symbol").cast(pa.string()), _MODULE),
            )
            for row in batch.filter(modules).select(["file_path", "symbol"]).to_pylist():
                head, _, path = row["symbol"].partition(_OWN)
                found, package = _NAMESPACES.match(path), owners.get(row["file_path"])
                if package is None or found is None or not found.group():
                    continue
                yield (head, found.group()), (package.head, _namespace(found.group(), row["file_path"], package, paths))

    def _owner(self, path: str, language: str) -> Package | None:
        """Return the package of the nearest manifest above a file."""
        wanted, folder = _ECOSYSTEMS.get(language, ()), path
        while wanted and folder:
            folder = folder.rstrip("/").rpartition("/")[0]
            folder = f"{folder}/" if folder else ""
            for one in wanted:
                if (one, folder) in self._packages:
                    return self._packages[one, folder]
        return None


def _packages(snapshot: SnapshotReader) -> Iterator[Package]:
    for batch in snapshot.read("nodes"):
        kinds = pc.and_(pc.equal(batch.column("kind"), "package"), pc.starts_with(batch.column("id"), "pkg:"))
        for row in batch.filter(kinds).select(["name", "fqn", "file_path", "metadata"]).to_pylist():
            said: Mapping[str, Any] = json.loads(row["metadata"] or "{}")
            ecosystem, path = str(said.get("ecosystem") or ""), row["file_path"]
            if ecosystem in _MANAGERS and path:
                folder = path.rpartition("/")[0]
                version = str(said.get("version") or "")
                yield Package(ecosystem, f"{folder}/" if folder else "", row["fqn"], version)


def _pairs(batch: pa.RecordBatch) -> Iterable[tuple[str, str]]:
    languages = (language or "" for language in batch.column("language").to_pylist())
    return zip(batch.column("path").to_pylist(), languages, strict=True)


def _folders(folder: str) -> str:
    """Return the namespaces of a folder."""
    return "".join(f"{identifier(name)}/" for name in folder.split("/") if name)


def _namespace(old: str, path: str, package: Package, paths: Container[str]) -> str:
    """Return what a file's namespace is called in its package.

    Args:
        old: What it is called in the repository.
        path: Of the file.
        package: The file's.
        paths: Of all files.
    """
    inside = path[len(package.folder) :]
    if package.ecosystem == "golang":
        name = "/".join(filter(None, (package.name, inside.rpartition("/")[0])))
        is_outer_test = path.endswith(f"{_GO_TESTS}.go") and old.endswith(f"{_GO_TESTS}/")
        is_outer_test = is_outer_test and not name.endswith(_GO_TESTS)  # a folder of that name has it as its own
        return f"{identifier(name + _GO_TESTS * is_outer_test)}/"
    if package.ecosystem == "pypi":
        name = _module(_below_sources(inside, package.folder, paths))
        return f"{identifier(name)}/" if name else old
    if package.ecosystem == "cargo":
        below = old.removeprefix(_folders(package.folder))
        in_crate = not below.startswith(_PROGRAMS) and any(package.folder + root in paths for root in _CRATE_ROOTS)
        return below.removeprefix(f"{_SOURCES}/") if in_crate else below
    return old


def _below_sources(path: str, folder: str, paths: Container[str]) -> str:
    """Return a Python file's path below the folder that is imported from: the package's, or `src` in it."""
    has_init = f"{folder}{_SOURCES}/{_INIT}" in paths
    return path if has_init else path.removeprefix(f"{_SOURCES}/")


def _module(path: str) -> str:
    """Return the dotted name of a Python file."""
    name = re.sub(r"\.\w+$", "", path)
    return re.sub(r"(?:^|/)__init__$", "", name).replace("/", ".")


def renaming(snapshot: SnapshotReader, package: str, version: str) -> Rename:
    """Return what gives symbols their package: the one that is named, else those of the manifests."""
    return GivenPackage(package, version) if package or version else ManifestPackages(snapshot)
