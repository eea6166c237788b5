"""`package.json`: packages, workspaces (npm, yarn, pnpm) and the protocols that name folders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from codegraph_plugins.stages.cross_file.cargo import fits
from codegraph_plugins.stages.packages.manifests import MAX_DEPENDENCIES, Lines, Manifests
from codegraph_plugins.stages.packages.model import (
    DEVELOPMENT,
    OPTIONAL,
    PEER,
    RUNTIME,
    Dependency,
    Package,
    default_name,
    join,
    matching,
    table,
    text,
    texts,
)

ECOSYSTEM: Final = "npm"
_SECTIONS: Final = (
    ("dependencies", RUNTIME),
    ("devDependencies", DEVELOPMENT),
    ("peerDependencies", PEER),
    ("optionalDependencies", OPTIONAL),
)
_FOLDER: Final = re.compile(r"(?:file|link|portal|workspace):(\.{0,2}/.*|\.{1,2})\Z")
_RENAMED: Final = re.compile(r"(?:npm|workspace):((?:@[^/@]+/)?[^/@*^~<>=\s.]+)@(.*)\Z")
_RANGE: Final = re.compile(r"[\s\d.xX*^~<>=|v-]*(?:-[\w.]+)?\Z|latest\Z")
"""Ranges of versions; whatever else there is (addresses, tags, aliases) leads out of the repository."""
_COMPOUND: Final = re.compile(r"[<>|\s]")
_YAML_ITEM: Final = re.compile(r"""[ \t]*-[ \t]+(?:'([^']*)'|"([^"]*)"|([^'"#\s][^#]*?))[ \t]*(?:#.*)?\Z""")


@frozen(kw_only=True)
class _Known:
    """What is known of all packages when dependencies are decided.

    Args:
        documents: By folder.
        folders: Folders of packages by name.
        workspaces: By folder, the folders of the workspaces that it is a member of, or the root of.
    """

    documents: Mapping[str, Mapping[str, Any]]
    folders: Mapping[str, Sequence[str]]
    workspaces: Mapping[str, frozenset[str]]

    def peers(self, folder: str, name: str) -> list[str]:
        """Return the folders of the packages of a name that share a workspace with a folder."""
        nowhere: frozenset[str] = frozenset()
        own = self.workspaces.get(folder, nowhere)
        named = (one for one in self.folders.get(name, ()) if one != folder)
        return [one for one in named if own & self.workspaces.get(one, nowhere)]


def read(manifests: Manifests) -> Iterator[Package]:
    """Yield the packages, by path. A file that neither has a name nor depends on anything is no package's."""
    documents: dict[str, Mapping[str, Any]] = {}
    for path in manifests.named("package.json"):
        document = manifests.json(path)
        if document is not None and (document.get("name") or any(key in document for key in _MARKS)):
            documents[path.rpartition("/")[0]] = document
    members = {folder: _members(manifests, folder, documents) for folder in documents}
    workspaces: dict[str, set[str]] = {}
    for root, found in members.items():
        for folder in (root, *found) if found else ():
            workspaces.setdefault(folder, set()).add(root)
    folders: dict[str, list[str]] = {}
    for folder, document in documents.items():
        folders.setdefault(text(document.get("name")), []).append(folder)
    known = _Known(
        documents=documents,
        folders=folders,
        workspaces={folder: frozenset(roots) for folder, roots in workspaces.items()},
    )
    for folder, document in documents.items():
        facts: dict[str, Any] = {"private": True} if document.get("private") is True else {}
        yield Package(
            ecosystem=ECOSYSTEM,
            name=text(document.get("name")) or default_name(folder),
            manifest=_path(folder),
            version=text(document.get("version")),
            description=text(document.get("description")),
            dependencies=list(_dependencies(manifests, folder, document, known))[:MAX_DEPENDENCIES],
            members=[_path(member) for member in members[folder]],
            facts=facts,
        )


_MARKS: Final = ("workspaces", *(section for section, _ in _SECTIONS))


def _path(folder: str) -> str:
    return f"{folder}/package.json" if folder else "package.json"


def _members(manifests: Manifests, folder: str, documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    written = documents[folder].get("workspaces")
    patterns = texts(written.get("packages") if isinstance(written, dict) else written)
    path = f"{folder}/pnpm-workspace.yaml" if folder else "pnpm-workspace.yaml"
    manifest = manifests.load(path) if path in manifests.named("pnpm-workspace.yaml") else None
    if manifest is not None:
        patterns += _yaml_packages(manifest.text)
    return matching(folder, patterns, documents) if patterns else []


def _yaml_packages(content: str) -> list[str]:
    """Return the list `packages` at the top of a YAML file, written with one item a line as everybody does."""
    found: list[str] = []
    inside = False
    for line in content.splitlines():
        if inside and (item := _YAML_ITEM.match(line)):
            found.append(item[1] or item[2] or item[3] or "")
        elif line.strip() and not line.lstrip().startswith("#"):
            inside = line.split("#")[0].rstrip() == "packages:"
    return found


def _dependencies(
    manifests: Manifests, folder: str, document: Mapping[str, Any], known: _Known
) -> Iterator[Dependency]:
    loaded = manifests.load(_path(folder))
    lines = Lines(loaded.text if loaded is not None else "")
    overruled = table(document, "optionalDependencies")
    odd = 0
    for section, kind in _SECTIONS:
        for name, written in table(document, section).items():
            if not isinstance(written, str):
                odd += 1
                continue
            if kind == RUNTIME and name in overruled:
                continue  # npm: what is optional is so wherever else it is listed
            requirement = written.strip()
            facts: dict[str, Any] = {}
            renamed = _RENAMED.match(requirement)
            if renamed:
                facts["alias"] = name
            if kind == PEER and table(document, "peerDependenciesMeta", name).get("optional") is True:
                facts["optional"] = True
            target = _target(folder, renamed[1] if renamed else name, requirement, known)
            yield Dependency(
                name=renamed[1] if renamed else name,
                kind=kind,
                requirement=requirement,
                manifest=None if target is None else _path(target),
                line=lines.key(section, name),
                facts=facts,
            )
    manifests.skipped(_path(folder), odd)


def _target(folder: str, name: str, requirement: str, known: _Known) -> str | None:
    """Return the folder of the package that a dependency certainly is, or None."""
    if path := _FOLDER.match(requirement):
        place = join(folder, path[1])
        return place if place in known.documents else None
    peers = known.peers(folder, name)
    if requirement.startswith("workspace:"):
        # A workspace that is described elsewhere (pnpm's, rush's) still has one package of a name.
        peers = peers or [one for one in known.folders.get(name, ()) if one != folder]
        return peers[0] if len(peers) == 1 else None
    if len(peers) != 1 or not _RANGE.match(requirement):
        return None
    version = text(known.documents[peers[0]].get("version"))
    return peers[0] if _COMPOUND.search(requirement) or fits(version, requirement) else None
