"""`build.gradle`, `settings.gradle` (`.kts` too) and version catalogs, as far as they are literal.

A project is what a settings file includes and a build file describes. Left out: what `allprojects`, `subprojects`,
`constraints` and plugins give, and whatever a variable or a condition decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import define, evolve, field, frozen

from codegraph_plugins.stages.packages.files import GRADLE_BUILD, GRADLE_CATALOG, GRADLE_PROPERTIES, GRADLE_SETTINGS
from codegraph_plugins.stages.packages.gradle_script import (
    Statement,
    Token,
    arguments,
    assigned,
    head,
    parts,
    statements,
)
from codegraph_plugins.stages.packages.manifests import MAX_DEPENDENCIES, Manifests
from codegraph_plugins.stages.packages.model import (
    BUILD,
    DEVELOPMENT,
    RUNTIME,
    Dependency,
    Package,
    default_name,
    join,
    table,
    text,
)

ECOSYSTEM: Final = "gradle"

_ELSEWHERE: Final = frozenset({"allprojects", "subprojects", "configure", "constraints", "dependencyManagement"})
"""Blocks whose dependencies are others' or none."""
_WRAPPERS: Final = frozenset({"platform", "enforcedPlatform", "testFixtures", "create", "dependencies.create"})
_NOT_CONFIGURATIONS: Final = frozenset({"constraints", "components", "modules", "artifactTypes", "attributesSchema"})
_BUILD_TOOLS: Final = ("classpath", "kapt", "ksp", "annotationprocessor")
_PROPERTY: Final = re.compile(r"[ \t]*(version|group)[ \t]*[=:][ \t]*(\S[^\n]*)")
_WORD: Final = re.compile(r"[-_.]+")


@frozen(kw_only=True)
class _Catalog:
    """A version catalog: what `libs.a.b` and `libs.bundles.c` stand for."""

    libraries: Mapping[str, tuple[str, str]] = field(factory=dict)
    bundles: Mapping[str, Sequence[str]] = field(factory=dict)


@define
class _Build:
    """What a settings file says.

    Args:
        folder: The settings file's.
        name: The root project's name, or "".
        folders: Folder of each project by its path (`:`, `:a:b`).
        catalog: The version catalog of the build.
    """

    folder: str
    name: str = ""
    folders: dict[str, str] = field(factory=dict)
    catalog: _Catalog = field(factory=_Catalog)


@frozen(kw_only=True)
class _Written:
    """A dependency as a script writes it: coordinates, or the path of a project of the build."""

    configuration: str
    kind: str
    line: int
    name: str = ""
    version: str = ""
    project: str = ""


def read(manifests: Manifests) -> Iterator[Package]:
    """Yield the projects that have a build file, by path."""
    scripts = {path.rpartition("/")[0]: path for name in GRADLE_BUILD for path in manifests.named(name)}
    builds = _builds(manifests)
    for build in builds:
        for project, folder in build.folders.items():
            # A wide-spread way: the settings give each project a build file of its own name.
            script = None if folder in scripts else _own_script(manifests, folder, project)
            if script is not None:
                scripts[folder] = script
    owner: dict[str, tuple[_Build, str]] = {}
    for build in builds:  # a build in a folder of another one comes later, and is its own
        owner.update({folder: (build, project) for project, folder in build.folders.items()})
    packages = {}
    for folder, path in sorted(scripts.items()):
        build, project = owner.get(folder) or (_Build(folder=folder, folders={":": folder}), ":")
        packages[folder] = (_package(manifests, path, build, project), build)
    for folder in sorted(packages, key=lambda folder: scripts[folder]):
        (package, written), build = packages[folder]
        dependencies = [
            _dependency(one, build, scripts, packages)
            for one in written
            if not one.project or one.project in build.folders
        ]
        if owner.get(folder, (build, ":"))[1] == ":":
            own = [place for project, place in build.folders.items() if project != ":" and place in scripts]
            package = evolve(package, members=sorted(scripts[place] for place in own))
        yield evolve(package, dependencies=[one for one in dependencies if one is not None][:MAX_DEPENDENCIES])


def _dependency(
    one: _Written,
    build: _Build,
    scripts: Mapping[str, str],
    packages: Mapping[str, tuple[tuple[Package, Sequence[_Written]], _Build]],
) -> Dependency | None:
    facts: dict[str, Any] = {"configuration": one.configuration}
    if not one.project:
        return Dependency(name=one.name, kind=one.kind, requirement=one.version, line=one.line, facts=facts)
    folder = build.folders[one.project]
    if folder not in scripts:
        return None  # a project without a build file is no package
    name = packages[folder][0][0].name
    return Dependency(name=name, kind=one.kind, manifest=scripts[folder], line=one.line, facts=facts)


def _own_script(manifests: Manifests, folder: str, project: str) -> str | None:
    name = project.rpartition(":")[2]
    for path in (f"{folder}/{name}.gradle", f"{folder}/{name}.gradle.kts") if folder and name else ():
        if manifests.load(path) is not None:
            return path
    return None


# -- settings, properties, catalogs ----------------------------------------------------------------------


def _builds(manifests: Manifests) -> list[_Build]:
    """Return the builds, those in folders of others after them."""
    found: dict[str, _Build] = {}
    for path in (path for name in GRADLE_SETTINGS for path in manifests.named(name)):
        manifest = manifests.load(path)
        if manifest is not None and manifest.folder not in found:
            build = found[manifest.folder] = _Build(folder=manifest.folder, folders={":": manifest.folder})
            for statement in statements(manifest.text):
                _take_setting(build, statement)
            place = f"{build.folder}/gradle/{GRADLE_CATALOG}" if build.folder else f"gradle/{GRADLE_CATALOG}"
            if place in manifests.named(GRADLE_CATALOG):
                build.catalog = _catalog(manifests.toml(place) or {})
    return [found[folder] for folder in sorted(found)]


def _take_setting(build: _Build, statement: Statement) -> None:
    name = head(statement)
    if name == "include":
        for argument in arguments(statement):
            if len(argument) == 1 and argument[0].kind == "text" and "$" not in argument[0].value:
                _include(build, argument[0].value)
    elif name == "rootProject.name":
        build.name = assigned(statement) or build.name
    elif name == "project" and len(statement) > 3 and statement[2].is_sign(".") and statement[3].value == "projectDir":
        path = [token.value for argument in parts(statement[1]) for token in argument if token.kind == "text"]
        written = list(_texts(statement[4:]))
        if len(path) == 1 and len(written) == 1 and path[0] in build.folders and "$" not in written[0]:
            place = join(build.folder, written[0])
            if place is not None:
                build.folders[path[0]] = place


def _include(build: _Build, path: str) -> None:
    project, folder = "", build.folder
    for part in path.strip(":").replace("/", ":").split(":"):
        place = join(folder, part)
        if place is None or not part:
            return
        project, folder = f"{project}:{part}", place
        folder = build.folders.setdefault(project, folder)


def _texts(tokens: Statement) -> Iterator[str]:
    stack = list(reversed(tokens))
    while stack:
        token = stack.pop()
        if token.kind == "text":
            yield token.value
        for statement in reversed(token.statements):
            stack.extend(reversed(statement))


def _catalog(document: Mapping[str, Any]) -> _Catalog:
    libraries = {}
    for alias, written in table(document, "libraries").items():
        if isinstance(written, str):
            name, _, version = written.rpartition(":") if written.count(":") > 1 else (written, "", "")
        elif isinstance(written, dict):
            name = text(written.get("module")) or f"{text(written.get('group'))}:{text(written.get('name'))}"
            version = _version(written.get("version"), document)
        else:
            continue
        if name.count(":") == 1 and not name.startswith(":") and not name.endswith(":"):
            libraries[_accessor(alias)] = (name, version)
    bundles = {
        _accessor(alias): [_accessor(item) for item in listed if isinstance(item, str)]
        for alias, listed in table(document, "bundles").items()
        if isinstance(listed, list)
    }
    return _Catalog(libraries=libraries, bundles=bundles)


def _version(written: object, document: Mapping[str, Any]) -> str:
    if isinstance(written, dict) and isinstance(written.get("ref"), str):
        written = table(document, "versions").get(written["ref"])
    if isinstance(written, dict):
        written = next((written[key] for key in ("strictly", "require", "prefer") if key in written), "")
    return text(written)


def _accessor(alias: str) -> str:
    return _WORD.sub(".", alias)


# -- build files -----------------------------------------------------------------------------------------


def _package(manifests: Manifests, path: str, build: _Build, project: str) -> tuple[Package, list[_Written]]:
    manifest = manifests.load(path)
    script = statements(manifest.text) if manifest is not None else []
    folder = path.rpartition("/")[0]
    facts = {**_properties(manifests, build.folder), **_properties(manifests, folder)}
    for statement in script:
        name = head(statement).removeprefix("project.")
        if name in {"group", "version", "description"} and (value := assigned(statement)) is not None:
            facts[name] = value
    group = facts.get("group", "")
    name = project.rpartition(":")[2] or build.name or default_name(folder)
    package = Package(
        ecosystem=ECOSYSTEM,
        name=name,
        manifest=path,
        version=facts.get("version", "") if "$" not in facts.get("version", "") else "",
        description=facts.get("description", ""),
        facts={"project": project, **({"group": group} if group and "$" not in group else {})},
    )
    return package, list(_written(script, build))


def _properties(manifests: Manifests, folder: str) -> dict[str, str]:
    path = f"{folder}/{GRADLE_PROPERTIES}" if folder else GRADLE_PROPERTIES
    manifest = manifests.load(path) if path in manifests.named(GRADLE_PROPERTIES) else None
    found = {}
    for line in manifest.text.splitlines() if manifest is not None else ():
        if written := _PROPERTY.match(line):
            found[written[1]] = written[2].strip()
    return found


def _written(script: Sequence[Statement], build: _Build) -> Iterator[_Written]:
    """Yield what the blocks `dependencies` of a script list, in order."""
    stack: list[tuple[Statement, str, bool]] = [(statement, "", False) for statement in reversed(script)]
    while stack:
        statement, kind, listed = stack.pop()
        if listed:
            yield from _entry(statement, kind, build)
            continue
        names = [token.value for token in statement if token.kind == "name"]
        if not names or names[0] in _ELSEWHERE:
            continue
        inner = kind
        if names[0] == "buildscript":
            inner = BUILD
        elif not kind and any("test" in name.lower() for name in names):
            inner = DEVELOPMENT
        for token in reversed(statement):
            if token.kind == "{":
                inside = names[-1] == "dependencies"
                stack.extend((one, inner, inside) for one in reversed(parts(token)))


def _entry(statement: Statement, kind: str, build: _Build) -> Iterator[_Written]:
    configuration = head(statement)
    given = arguments(statement)
    if configuration == "add" and given and len(given[0]) == 1 and given[0][0].kind == "text":
        configuration, given = given[0][0].value, given[1:]
    if not given or configuration in _NOT_CONFIGURATIONS or "." in configuration or not configuration:
        return
    found = _Written(configuration=configuration, kind=kind or _kind(configuration), line=statement[0].line)
    named = _named(given)
    if named.get("name"):
        if named.get("group"):
            name = f"{named['group']}:{named['name']}"
            yield evolve(found, name=name, version=named.get("version", ""))
        return
    for argument in given:
        for one in _notations(argument, build):
            yield evolve(found, line=argument[0].line, **one)


def _kind(configuration: str) -> str:
    lowered = configuration.lower()
    if lowered.startswith(_BUILD_TOOLS):
        return BUILD
    return DEVELOPMENT if "test" in lowered else RUNTIME


def _named(given: Sequence[Statement]) -> dict[str, str]:
    """Return literal arguments by name: `group: 'g'` in Groovy, `group = "g"` in Kotlin."""
    return {
        argument[0].value: argument[2].value
        for argument in given
        if len(argument) == 3
        and argument[0].kind == "name"
        and argument[1].is_sign(":", "=")
        and argument[2].kind == "text"
        and "$" not in argument[2].value
    }


def _notations(argument: Statement, build: _Build) -> Iterator[dict[str, str]]:
    """Yield what an argument names: fields of `_Written`."""
    stack: list[Statement] = [argument]
    while stack:
        one = stack.pop()
        name = head(one)
        if one[0].kind == "text":
            group, _, rest = one[0].value.partition("@")[0].partition(":")
            artifact, _, version = rest.partition(":")
            if len(one) == 1 and group and artifact and "$" not in group + artifact:
                yield {"name": f"{group}:{artifact}", "version": version.partition(":")[0]}
        elif one[0].kind == "[":
            stack.extend(reversed(parts(one[0])))
        elif name.startswith("libs."):
            yield from _from_catalog(name.removeprefix("libs."), build.catalog)
        elif name.startswith("projects."):
            accessor = name.removeprefix("projects.")
            paths = [path for path in build.folders if _project_accessor(path) == accessor]
            if len(paths) == 1:
                yield {"project": paths[0]}
        elif len(one) > 1 and one[1].kind == "(":
            yield from _from_call(name, one[1], stack)


def _from_catalog(accessor: str, catalog: _Catalog) -> Iterator[dict[str, str]]:
    accessor = accessor.removesuffix(".get").removesuffix(".asProvider")
    listed = catalog.bundles.get(accessor.removeprefix("bundles.")) if accessor.startswith("bundles.") else [accessor]
    for alias in listed or ():
        if alias in catalog.libraries:
            name, version = catalog.libraries[alias]
            yield {"name": name, "version": version}


def _from_call(name: str, brackets: Token, stack: list[Statement]) -> Iterator[dict[str, str]]:
    given = parts(brackets)
    literals = [one[0].value for one in given if len(one) == 1 and one[0].kind == "text"]
    if name == "project":
        path = literals[0] if literals else _named(given).get("path", "")
        if path.strip(":") or path == ":":
            yield {"project": f":{path.strip(':')}"}
    elif name == "kotlin" and literals:
        version = literals[1] if len(literals) > 1 else _named(given).get("version", "")
        yield {"name": f"org.jetbrains.kotlin:kotlin-{literals[0]}", "version": version}
    elif name in _WRAPPERS and given:
        stack.append(given[0])


def _project_accessor(path: str) -> str:
    """Return how `projects.` calls a project: `:my-lib:core` is `myLib.core`."""
    words = ([word for word in _WORD.split(part) if word] for part in path.strip(":").split(":"))
    return ".".join("".join([some[0], *(word[:1].upper() + word[1:] for word in some[1:])]) for some in words if some)
