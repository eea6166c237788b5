"""`pom.xml`: projects, modules, parents, and versions as far as properties of the repository decide them.

The parser is expat, told to stop at the first declaration of an entity: nothing is expanded and nothing fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.parsers import expat

from attrs import define, field

from codegraph_plugins.stages.packages.manifests import MAX_DEPENDENCIES, Manifest, Manifests
from codegraph_plugins.stages.packages.model import (
    BUILD,
    DEVELOPMENT,
    OPTIONAL,
    PARENT,
    RUNTIME,
    Dependency,
    Package,
    join,
)

ECOSYSTEM: Final = "maven"
MAX_DEPTH: Final = 64
MAX_PARENTS: Final = 32
_PROPERTY: Final = re.compile(r"\$\{([^{}$]+)\}")
_ROUNDS: Final = 8
_MAX_VALUE: Final = 1_024
"""Bounds of what properties are put together to."""


class _UnsafeError(Exception):
    """The document declares entities, or is nested too deep."""


@define
class _Element:
    """An element, with the text directly in it."""

    name: str
    line: int
    text: str = ""
    children: list[_Element] = field(factory=list)

    def find(self, *names: str) -> _Element | None:
        """Return the first element below, by the names on the way."""
        found: _Element | None = self
        for name in names:
            found = next((child for child in found.children if child.name == name), None) if found is not None else None
        return found

    def value(self, *names: str) -> str:
        """Return the text of the first element below, or ""."""
        found = self.find(*names)
        return found.text.strip() if found is not None else ""

    def all(self, *names: str) -> list[_Element]:
        """Return the children of the first element below that have the last of the names."""
        holder = self.find(*names[:-1])
        return [child for child in holder.children if child.name == names[-1]] if holder is not None else []


def _parse(manifest: Manifest) -> _Element:
    """Return the root element.

    Raises:
        expat.ExpatError: It is no XML.
        _UnsafeError: It declares entities, or is nested too deep.
    """
    top = _Element("", 0)
    stack = [top]
    # Bytes, so that an encoding that the document declares holds; text was decoded for everybody else.
    parser = expat.ParserCreate()

    def start(name: str, _attributes: Mapping[str, str]) -> None:
        if len(stack) > MAX_DEPTH:
            raise _UnsafeError
        element = _Element(name.rpartition(":")[2], parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)

    def end(_name: str) -> None:
        stack.pop()

    def characters(data: str) -> None:
        if len(stack[-1].text) < _MAX_VALUE:
            stack[-1].text += data[:_MAX_VALUE]

    def declared(*_: object) -> int:
        raise _UnsafeError

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.EntityDeclHandler = declared
    parser.ExternalEntityRefHandler = declared
    parser.Parse(manifest.content, True)
    return top.children[0]


@define
class _Project:
    """A `pom.xml`, read.

    Args:
        path: Its path.
        root: Its root element.
        parent: The project of the repository that it inherits from, or None.
    """

    path: str
    root: _Element
    parent: _Project | None = None
    _properties: dict[str, str] | None = None
    _managed: dict[str, list[_Element]] | None = None

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    def lineage(self) -> Iterator[_Project]:
        """Yield the project, then those it inherits from, nearest first."""
        project: _Project | None = self
        for _ in range(MAX_PARENTS):
            if project is None:
                return
            yield project
            project = project.parent

    def properties(self) -> dict[str, str]:
        if self._properties is None:
            found: dict[str, str] = {}
            for project in reversed(list(self.lineage())):
                holder = project.root.find("properties")
                found |= {child.name: child.text.strip() for child in holder.children} if holder is not None else {}
            for key in ("groupId", "artifactId", "version"):
                value = self.own(key)
                found |= {f"project.{key}": value, f"pom.{key}": value, key: value}
                found[f"project.parent.{key}"] = self.root.value("parent", key)
            self._properties = found
        return self._properties

    def managed(self) -> dict[str, list[_Element]]:
        """Return what the project's own `dependencyManagement` lists, by artifact; "" where that is not literal."""
        if self._managed is None:
            self._managed = {}
            for element in self.root.all("dependencyManagement", "dependencies", "dependency"):
                artifact = element.value("artifactId")
                self._managed.setdefault("" if "${" in artifact else artifact, []).append(element)
        return self._managed

    def own(self, key: str) -> str:
        """Return the project's own coordinate as written; group and version are the parent's if it has none."""
        return self.root.value(key) or ("" if key == "artifactId" else self.root.value("parent", key))

    def resolved(self, written: str) -> str:
        """Put properties in; what nothing in the repository defines stays as written."""
        if "${" not in written:
            return written
        properties = self.properties()
        for _ in range(_ROUNDS):
            replaced = _PROPERTY.sub(lambda match: properties.get(match[1]) or match[0], written)
            if replaced == written or len(replaced) > _MAX_VALUE:
                break
            written = replaced
        return written

    def coordinate(self, key: str) -> str:
        """Return the project's group, artifact or version."""
        return self.resolved(self.own(key))

    @property
    def name(self) -> str:
        return f"{self.coordinate('groupId')}:{self.coordinate('artifactId')}"


def read(manifests: Manifests) -> Iterator[Package]:
    """Yield the projects, by path."""
    projects: dict[str, _Project] = {}
    for path in manifests.named("pom.xml"):
        root = _load(manifests, path)
        if root is not None:
            projects[path] = _Project(path, root)
    for project in projects.values():
        project.parent = _parent(project, projects)
    modules = {path: _modules(project, projects) for path, project in projects.items()}
    builds = _builds(projects, modules)
    by_name: dict[str, list[_Project]] = {}
    for project in projects.values():
        by_name.setdefault(project.name, []).append(project)
    for path, project in projects.items():
        yield Package(
            ecosystem=ECOSYSTEM,
            name=project.name,
            manifest=path,
            version=project.coordinate("version"),
            description=" ".join(project.root.value("description").split()),
            dependencies=list(_dependencies(project, by_name, builds))[:MAX_DEPENDENCIES],
            members=modules[path],
            facts={"packaging": project.root.value("packaging") or "jar"},
        )


def _load(manifests: Manifests, path: str) -> _Element | None:
    manifest = manifests.load(path)
    if manifest is None:
        return None
    try:
        root = _parse(manifest)
    except expat.ExpatError as error:
        manifests.refuse(path, f"it is no XML in line {error.lineno}")
    except (_UnsafeError, ValueError, LookupError):
        manifests.refuse(path, "it declares entities, an unknown encoding, or is nested too deep")
    else:
        if root.name == "project" and (root.value("artifactId")):
            return root
        manifests.refuse(path, "it is no project with an artifactId")
    return None


def _parent(project: _Project, projects: Mapping[str, _Project]) -> _Project | None:
    """Return the parent in the repository: where `relativePath` leads, if what is there has the parent's name."""
    written = project.root.find("parent")
    if written is None:
        return None
    relative = written.find("relativePath")
    path = join(project.folder, relative.text.strip() if relative is not None else "../pom.xml")
    if path is None or (relative is not None and not relative.text.strip()):
        return None
    found = projects.get(path) or projects.get(f"{path}/pom.xml" if path else "pom.xml")
    if found is None or found is project or found.root.value("artifactId") != written.value("artifactId"):
        return None
    return found


def _modules(project: _Project, projects: Mapping[str, _Project]) -> list[str]:
    found = []
    for module in project.root.all("modules", "module"):
        place = join(project.folder, module.text.strip())
        for path in (place, f"{place}/pom.xml" if place else "pom.xml"):
            if path in projects and path != project.path and path not in found and path is not None:
                found.append(path)
    return found


def _builds(projects: Mapping[str, _Project], modules: Mapping[str, list[str]]) -> dict[str, str]:
    """Return for each project the top of the build that it is a module of."""
    above = {module: path for path, listed in modules.items() for module in listed}
    tops: dict[str, str] = {}
    for path in projects:
        top, seen = path, {path}
        while top in above and above[top] not in seen:
            top = above[top]
            seen.add(top)
        tops[path] = top
    return tops


_SCOPES: Final = {"test": DEVELOPMENT}


def _dependencies(
    project: _Project, by_name: Mapping[str, list[_Project]], builds: Mapping[str, str]
) -> Iterator[Dependency]:
    def found(element: _Element, kind: str, facts: Mapping[str, Any], group: str = "") -> Dependency | None:
        artifact = project.resolved(element.value("artifactId"))
        name = f"{project.resolved(element.value('groupId')) or group}:{artifact}"
        version = project.resolved(element.value("version")) or _managed(project, name, "version")
        if not artifact or name.startswith(":"):
            return None
        return Dependency(
            name=name,
            kind=kind,
            requirement=version,
            manifest=_target(project, name, version, by_name, builds),
            line=element.line,
            facts=dict(facts),
        )

    written = project.root.find("parent")
    if written is not None and (one := found(written, PARENT, {})) is not None:
        # The parent is the project at `relativePath` or one from outside, wherever else the name occurs.
        yield Dependency(
            name=one.name,
            kind=PARENT,
            requirement=one.requirement,
            manifest=project.parent.path if project.parent is not None else None,
            line=one.line,
        )
    for element in project.root.all("dependencies", "dependency"):
        name = f"{project.resolved(element.value('groupId'))}:{project.resolved(element.value('artifactId'))}"
        scope = element.value("scope") or _managed(project, name, "scope") or "compile"
        optional = element.value("optional") == "true"
        kind = OPTIONAL if optional and scope not in _SCOPES else _SCOPES.get(scope, RUNTIME)
        facts: dict[str, Any] = {"scope": project.resolved(scope)}
        facts |= {key: value for key in ("classifier", "type") if (value := project.resolved(element.value(key)))}
        if (one := found(element, kind, facts)) is not None:
            yield one
    for element in project.root.all("dependencyManagement", "dependencies", "dependency"):
        if element.value("scope") == "import" and (one := found(element, BUILD, {"scope": "import"})) is not None:
            yield one
    for element in project.root.all("build", "plugins", "plugin"):
        if (one := found(element, BUILD, {"plugin": True}, "org.apache.maven.plugins")) is not None:
            yield one


def _managed(project: _Project, name: str, key: str) -> str:
    """Return what the nearest `dependencyManagement` that manages a name says of it, or ""."""
    artifact = name.rpartition(":")[2]
    for one in project.lineage():
        managed = one.managed()
        for element in (*managed.get(artifact, ()), *managed.get("", ())):
            if f"{project.resolved(element.value('groupId'))}:{project.resolved(element.value('artifactId'))}" == name:
                return project.resolved(element.value(key))
    return ""


def _target(
    project: _Project,
    name: str,
    version: str,
    by_name: Mapping[str, list[_Project]],
    builds: Mapping[str, str],
) -> str | None:
    """Return the module of the same build that a dependency is: the same name and, if both are known, version."""
    same = [one for one in by_name.get(name, ()) if one is not project and builds[one.path] == builds[project.path]]
    if len(same) != 1:
        return None
    has = same[0].coordinate("version")
    certain = not version or not has or "${" in version + has or version == has
    return same[0].path if certain else None
