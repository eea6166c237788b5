"""`go.mod` and `go.work`: modules and what they require."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from codegraph_plugins.stages.cross_file.go_mod import directives, inside, parse_work
from codegraph_plugins.stages.packages.manifests import MAX_DEPENDENCIES, Manifests
from codegraph_plugins.stages.packages.model import RUNTIME, Dependency, Package

ECOSYSTEM: Final = "golang"


def read(manifests: Manifests) -> Iterator[Package]:
    """Yield the modules, by path."""
    modules: dict[str, tuple[str, str]] = {}  # folder → manifest, module path
    for path in manifests.named("go.mod"):
        manifest = manifests.load(path)
        if manifest is None:
            continue
        name = next((words[0] for verb, words, _, _ in directives(manifest.text) if verb == "module" and words), "")
        if name:
            modules[manifest.folder] = (path, name)
        else:
            manifests.refuse(path, "it names no module")
    shared = _workspaces(manifests, modules)
    for folder, (path, name) in modules.items():
        yield _module(manifests, path, name, modules, shared.get(folder, {}))


def _workspaces(manifests: Manifests, modules: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Return for each module in a `go.work` the folders of what it takes from there: module path → folder."""
    shared: dict[str, dict[str, str]] = {}
    for path in manifests.named("go.work"):
        manifest = manifests.load(path)
        if manifest is None:
            continue
        uses, replaces = parse_work(manifest.text, manifest.folder)
        places = {modules[folder][1]: folder for folder in sorted(uses) if folder in modules} | dict(replaces)
        for folder in uses:
            shared.setdefault(folder, {}).update(places)
    return shared


def _module(
    manifests: Manifests,
    path: str,
    name: str,
    modules: Mapping[str, tuple[str, str]],
    shared: Mapping[str, str],
) -> Package:
    manifest = manifests.load(path)
    required: list[tuple[str, str, str, int]] = []
    replaced: dict[tuple[str, str], list[str]] = {}
    facts: dict[str, Any] = {}
    for verb, words, comment, line in directives(manifest.text) if manifest is not None else ():
        if verb == "require" and words:
            required.append((words[0], words[1] if len(words) > 1 else "", comment, line))
        elif verb == "replace" and "=>" in words:
            at = words.index("=>")
            if at and words[at + 1 :]:
                replaced[words[0], words[1] if at > 1 else ""] = words[at + 1 :]
        elif verb == "go" and words:
            facts["go"] = words[0]
    folder = path.rpartition("/")[0]
    dependencies = []
    for module, version, comment, line in required[:MAX_DEPENDENCIES]:
        more: dict[str, Any] = {"indirect": True} if comment.startswith("indirect") else {}
        instead = replaced.get((module, version)) or replaced.get((module, ""))
        place = shared.get(module)
        if place is None and instead is not None:
            place = inside(folder, instead[0])
        if instead is not None:
            more["replaced_by"] = " ".join(instead)
        target = modules[place][0] if place is not None and place in modules else None
        dependencies.append(
            Dependency(name=module, kind=RUNTIME, requirement=version, manifest=target, line=line, facts=more)
        )
    return Package(ecosystem=ECOSYSTEM, name=name, manifest=path, dependencies=dependencies, facts=facts)
