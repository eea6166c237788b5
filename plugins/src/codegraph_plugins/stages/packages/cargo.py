"""`Cargo.toml`: packages, workspaces, path, renamed and optional dependencies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from codegraph_plugins.stages.cross_file.cargo import (
    CargoManifest,
    WrittenDependency,
    workspace_of,
    written_dependencies,
)
from codegraph_plugins.stages.packages.manifests import MAX_DEPENDENCIES, Lines, Manifests
from codegraph_plugins.stages.packages.model import (
    BUILD,
    DEVELOPMENT,
    OPTIONAL,
    RUNTIME,
    Dependency,
    Package,
    default_name,
    join,
    matching,
    text,
    texts,
)

ECOSYSTEM: Final = "cargo"
_KINDS: Final = {"dependencies": RUNTIME, "dev-dependencies": DEVELOPMENT, "build-dependencies": BUILD}
_SOURCES: Final = ("git", "branch", "tag", "rev", "registry")


def read(manifests: Manifests) -> Iterator[Package]:
    """Yield the packages, by path."""
    found: dict[str, CargoManifest] = {}
    paths: dict[str, str] = {}
    for path in manifests.named("Cargo.toml"):
        data = manifests.toml(path)
        if data is not None:
            folder = path.rpartition("/")[0]
            found[folder] = CargoManifest(folder, data)
            paths[folder] = path
    for folder, manifest in found.items():
        if "package" in manifest.data:
            yield _package(manifests, manifest, found, paths, folder)


def _package(
    manifests: Manifests,
    manifest: CargoManifest,
    found: Mapping[str, CargoManifest],
    paths: Mapping[str, str],
    folder: str,
) -> Package:
    loaded = manifests.load(paths[folder])
    lines = Lines(loaded.text if loaded is not None else "")
    patched = _patches(manifest, found)
    dependencies = []
    for one in list(written_dependencies(manifest, found))[:MAX_DEPENDENCIES]:
        place = one.folder if one.folder is not None else patched.get(one.package)
        target = paths.get(place) if place is not None and "package" in found.get(place, _NOTHING).data else None
        dependencies.append(_dependency(one, target, lines))
    facts: dict[str, Any] = {}
    if manifest.table("package").get("publish") is False:
        facts["private"] = True
    return Package(
        ecosystem=ECOSYSTEM,
        name=manifest.text("package", "name") or default_name(folder),
        manifest=paths[folder],
        version=_inherited(manifest, found, "version"),
        description=_inherited(manifest, found, "description"),
        dependencies=dependencies,
        members=[paths[place] for place in _members(manifest, found)],
        facts=facts,
    )


_NOTHING: Final = CargoManifest("", {})


def _dependency(one: WrittenDependency, target: str | None, lines: Lines) -> Dependency:
    kind = _KINDS[one.table]
    facts: dict[str, Any] = {}
    if one.alias:
        facts["alias"] = one.alias
    if one.target:
        facts["target"] = one.target
    if one.optional:
        facts["optional"] = True
        kind = OPTIONAL if kind == RUNTIME else kind
    facts |= {key: one.spec[key] for key in _SOURCES if isinstance(one.spec.get(key), str)}
    header = one.table if not one.target else f"target.{one.target}.{one.table}".replace('"', "").replace("'", "")
    return Dependency(
        name=one.package,
        kind=kind,
        requirement=text(one.spec.get("version")),
        manifest=target,
        line=lines.entry(header, one.alias or one.package),
        facts=facts,
    )


def _inherited(manifest: CargoManifest, found: Mapping[str, CargoManifest], key: str) -> str:
    written = manifest.table("package").get(key)
    if isinstance(written, dict) and written.get("workspace") is True:
        workspace = workspace_of(manifest, found)
        written = workspace.table("workspace", "package").get(key) if workspace is not None else None
    return text(written)


def _patches(manifest: CargoManifest, found: Mapping[str, CargoManifest]) -> dict[str, str]:
    """Return the packages that `[patch]` of the workspace takes from folders of the repository."""
    top = workspace_of(manifest, found) or manifest
    patched = {}
    for registry in top.table("patch"):
        for name, spec in top.table("patch", registry).items():
            path = spec.get("path") if isinstance(spec, dict) else None
            place = join(top.folder, path) if isinstance(path, str) else None
            if place is not None:
                patched[text(spec.get("package")) or name] = place
    return patched


def _members(manifest: CargoManifest, found: Mapping[str, CargoManifest]) -> list[str]:
    if "workspace" not in manifest.data:
        return []
    workspace = manifest.table("workspace")
    patterns = [*texts(workspace.get("members")), *(f"!{pattern}" for pattern in texts(workspace.get("exclude")))]
    return [place for place in matching(manifest.folder, patterns, found) if "package" in found[place].data]
