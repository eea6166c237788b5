"""`Cargo.toml` files: where crates begin and which names other crates have in a package.

Read once per run, in Python for both engines, and handed on as plain repository-relative paths.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define, frozen

from codegraph_hookspecs import Diagnostic
from codegraph_plugins.stages.toml import parse_toml

MAX_BYTES: Final = 1 << 20
_DEPENDENCIES: Final = ("dependencies", "dev-dependencies", "build-dependencies")
_TARGET_FOLDERS: Final = ("src/bin", "tests", "examples", "benches")
_TARGETS: Final = ("bin", "test", "example", "bench")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)*")


@frozen(kw_only=True)
class Crates:
    """What a `Cargo.toml` with a package says.

    Args:
        folder: Its folder, repository-relative; "" is the top.
        edition: The language's edition: 2015, 2018 …
        roots: Files that crates of the package begin in.
        externs: Crate names in the package → the file that the crate begins in, for crates of the repository.
    """

    folder: str
    edition: int
    roots: tuple[str, ...]
    externs: tuple[tuple[str, str], ...]


@define
class CargoManifest:
    """A `Cargo.toml`, read.

    Args:
        folder: Its folder.
        data: The document.
    """

    folder: str
    data: Mapping[str, Any]

    def table(self, *keys: str) -> Mapping[str, Any]:
        """Return a table below the top, an empty one where it is missing or something else."""
        found: Any = self.data
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def text(self, table: str, key: str) -> str:
        """Return a text of a table, or ""."""
        found = self.table(table).get(key)
        return found if isinstance(found, str) else ""

    @property
    def crate(self) -> str:
        """The library's name in paths."""
        return (self.text("lib", "name") or self.text("package", "name")).replace("-", "_")

    @property
    def library(self) -> str | None:
        """The file that the library begins in, whether it is there or not."""
        return join(self.folder, self.text("lib", "path") or "src/lib.rs")


@frozen(kw_only=True)
class WrittenDependency:
    """A dependency as a `Cargo.toml` writes it.

    Args:
        package: The package's name.
        alias: The name that the package was given instead, or "".
        table: `dependencies`, `dev-dependencies` or `build-dependencies`.
        target: The platform that it is for, as written, or "".
        optional: Whether only a feature brings it.
        folder: The folder of the repository that its `path` names, or None.
        spec: What is written, or what the workspace says in its place.
    """

    package: str
    alias: str
    table: str
    target: str
    optional: bool
    folder: str | None
    spec: Mapping[str, Any]


def read_crates(
    read: Callable[[str, int], bytes | None], paths: Iterable[str], report: Callable[[Diagnostic], None]
) -> tuple[Crates, ...]:
    """Read the `Cargo.toml` of every folder at or above some files, sorted by folder.

    Args:
        read: Reads a file of the repository.
        paths: The Rust files.
        report: Told of every file that cannot be read.
    """
    known = frozenset(paths)
    wanted: set[str] = set()
    for path in known:
        folder = posixpath.dirname(path)
        while folder not in wanted:
            wanted.add(folder)
            if not folder:
                break
            folder = posixpath.dirname(folder)
    manifests: dict[str, CargoManifest] = {}
    for folder in sorted(wanted):
        path = posixpath.join(folder, "Cargo.toml")
        raw = read(path, MAX_BYTES)
        if raw is None:
            continue
        try:
            if len(raw) > MAX_BYTES:
                raise ValueError("it is too large")
            manifests[folder] = CargoManifest(folder, parse_toml(raw.decode("utf-8")))
        except (ValueError, RecursionError) as error:
            message = f"Cargo.toml cannot be read ({error}); its crates are not known by name"
            report(Diagnostic(code="project-config-ignored", message=message, file_path=path))
    by_name: dict[str, list[CargoManifest]] = {}
    for manifest in manifests.values():
        if name := manifest.text("package", "name"):
            by_name.setdefault(name, []).append(manifest)
    listed = sorted(known)
    return tuple(
        Crates(
            folder=folder,
            edition=_edition(manifest, manifests),
            roots=tuple(sorted(_roots(manifest, listed, known))),
            externs=tuple(sorted(_externs(manifest, manifests, by_name, known).items())),
        )
        for folder, manifest in manifests.items()
        if manifest.table("package")
    )


def join(folder: str, path: str) -> str | None:
    """Join a folder and a path written in a manifest of it; None if that leaves the repository."""
    joined = posixpath.normpath(posixpath.join(folder, path)) if not path.startswith("/") else ".."
    if joined == ".":
        return ""
    return None if joined == ".." or joined.startswith("../") else joined


def workspace_of(manifest: CargoManifest, manifests: Mapping[str, CargoManifest]) -> CargoManifest | None:
    """Return the manifest of the workspace that a package belongs to."""
    named = manifest.text("package", "workspace")
    if named:
        folder = join(manifest.folder, named)
        return manifests.get(folder) if folder is not None else None
    folder = manifest.folder
    while True:
        found = manifests.get(folder)
        if found is not None and "workspace" in found.data:
            return found
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _edition(manifest: CargoManifest, manifests: Mapping[str, CargoManifest]) -> int:
    written = manifest.table("package").get("edition")
    if isinstance(written, dict):
        workspace = workspace_of(manifest, manifests)
        written = workspace.table("workspace", "package").get("edition") if workspace is not None else None
    return int(written) if isinstance(written, str) and written.isascii() and written.isdigit() else 2015


def _roots(manifest: CargoManifest, listed: list[str], known: frozenset[str]) -> Iterator[str]:
    build = manifest.table("package").get("build")
    written = ["src/main.rs", build if isinstance(build, str) else "build.rs"]
    for kind in _TARGETS:
        tables = manifest.data.get(kind)
        given = [table.get("path") for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []
        written += [path for path in given if isinstance(path, str)]
    for path in (manifest.library, *(join(manifest.folder, path) for path in written)):
        if path in known and path is not None:
            yield path
    prefix = f"{manifest.folder}/" if manifest.folder else ""
    for path in listed:
        if not path.startswith(prefix):
            continue
        inside = path[len(prefix) :]
        for folder in _TARGET_FOLDERS:
            rest = inside.removeprefix(f"{folder}/")
            if rest != inside and (rest.count("/") == 0 or (rest.count("/") == 1 and rest.endswith("/main.rs"))):
                yield path


def _externs(
    manifest: CargoManifest,
    manifests: Mapping[str, CargoManifest],
    by_name: Mapping[str, list[CargoManifest]],
    known: frozenset[str],
) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, target in _dependencies(manifest, manifests, by_name):
        library = target.library
        if library is not None and library in known:
            found.setdefault(name or target.crate, library)
    library = manifest.library
    if library is not None and library in known:
        found[manifest.crate] = library
    return found


def _dependencies(
    manifest: CargoManifest, manifests: Mapping[str, CargoManifest], by_name: Mapping[str, list[CargoManifest]]
) -> Iterator[tuple[str, CargoManifest]]:
    """Yield the names that dependencies were given ("" for their own) and their manifests, if in the repository."""
    for one in written_dependencies(manifest, manifests):
        name = one.alias.replace("-", "_") if one.alias else ""
        if one.folder is not None or "path" in one.spec:
            if one.folder in manifests and one.folder is not None:
                yield name, manifests[one.folder]
            continue
        version = one.spec.get("version")
        fitting = [
            other
            for other in by_name.get(one.package, ())
            if other is not manifest and fits(other.text("package", "version"), version)
        ]
        if len(fitting) == 1:
            yield name, fitting[0]


def written_dependencies(
    manifest: CargoManifest, manifests: Mapping[str, CargoManifest]
) -> Iterator[WrittenDependency]:
    """Yield the dependencies of a package as written, those that it inherits from its workspace with its words."""
    tables = [("", table, manifest.table(table)) for table in _DEPENDENCIES]
    for target in manifest.table("target"):
        tables += [(target, table, manifest.table("target", target, table)) for table in _DEPENDENCIES]
    for target, table, entries in tables:
        for key, written in entries.items():
            spec, folder = (written if isinstance(written, dict) else {"version": written}), manifest.folder
            optional = spec.get("optional") is True
            if spec.get("workspace") is True:
                workspace = workspace_of(manifest, manifests)
                if workspace is None:
                    continue
                shared = workspace.table("workspace", "dependencies").get(key, {})
                spec, folder = (shared if isinstance(shared, dict) else {"version": shared}), workspace.folder
            renamed = isinstance(spec.get("package"), str)
            path = spec.get("path")
            yield WrittenDependency(
                package=spec["package"] if renamed else key,
                alias=key if renamed else "",
                table=table,
                target=target,
                optional=optional,
                folder=join(folder, path) if isinstance(path, str) else None,
                spec=spec,
            )


def fits(version: str, wanted: object) -> bool:
    """Say whether a package's version may be what a dependency asks for: the same up to the first number but 0."""
    has, asked = _NUMBER.match(version), _NUMBER.search(str(wanted))
    if has is None or asked is None:
        return True
    for one, other in zip(has[0].split("."), asked[0].split("."), strict=False):
        if one != other:
            return False
        if one != "0":
            return True
    return True
