"""`pyproject.toml` (PEP 621, PEP 735, Poetry, PDM, uv) and `setup.cfg`: distributions and what they require."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from codegraph_plugins.stages.packages.manifests import MAX_DEPENDENCIES, Lines, Manifests
from codegraph_plugins.stages.packages.model import (
    BUILD,
    DEVELOPMENT,
    OPTIONAL,
    RUNTIME,
    Dependency,
    Package,
    join,
    matching,
    table,
    text,
    texts,
)

ECOSYSTEM: Final = "pypi"


@frozen(kw_only=True)
class _Distribution:
    """One distribution while it is read.

    Args:
        path: Its manifest.
        document: The manifest's content.
        uv: What `[tool.uv.sources]` says, by canonical name.
    """

    path: str
    document: Mapping[str, Any]
    uv: Mapping[str, Any] = field(factory=dict)


def read(manifests: Manifests) -> Iterator[Package]:
    """Yield the distributions, by path; a `setup.cfg` only where `pyproject.toml` names none."""
    found: dict[str, tuple[Package, _Distribution | None]] = {}
    for path in manifests.named("pyproject.toml"):
        document = manifests.toml(path)
        name = "" if document is None else text(_project(document).get("name")) or text(_poetry(document).get("name"))
        if document is not None and name:
            found[path.rpartition("/")[0]] = _from_pyproject(manifests, path, document, name)
    for path in manifests.named("setup.cfg"):
        folder = path.rpartition("/")[0]
        package = None if folder in found else _from_setup_cfg(manifests, path)
        if package is not None:
            found[folder] = (package, None)
    places = {folder: package.manifest for folder, (package, _) in found.items()}
    workspaces = {
        folder: matching(folder, _uv_patterns(distribution.document), found)
        for folder, (_, distribution) in found.items()
        if distribution is not None
    }
    shared: dict[str, dict[str, str]] = {}  # folder → what its workspaces hold: canonical name → folder
    for root, members in workspaces.items():
        names = {_canonical(found[place][0].name): place for place in (root, *members)} if members else {}
        for place in (root, *members):
            shared.setdefault(place, {}).update(names)
    for folder in sorted(found):
        package, distribution = found[folder]
        if distribution is None:
            yield package
            continue
        dependencies = [
            _placed(one, folder, places, distribution, shared.get(folder, {}))
            for one in package.dependencies[:MAX_DEPENDENCIES]
        ]
        members = [places[member] for member in workspaces.get(folder, ())]
        yield evolve(package, dependencies=dependencies, members=members)


def _project(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return table(document, "project")


def _poetry(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return table(document, "tool", "poetry")


def _uv_patterns(document: Mapping[str, Any]) -> list[str]:
    workspace = table(document, "tool", "uv", "workspace")
    return [*texts(workspace.get("members")), *(f"!{pattern}" for pattern in texts(workspace.get("exclude")))]


def _canonical(name: str) -> str:
    from packaging.utils import canonicalize_name  # tens of milliseconds; only where a distribution is described

    return canonicalize_name(name)


def _placed(
    one: Dependency,
    folder: str,
    places: Mapping[str, str],
    distribution: _Distribution,
    shared: Mapping[str, str],
) -> Dependency:
    """Say which distribution of the repository a dependency certainly is, if any."""
    source = distribution.uv.get(one.name)
    place: str | None = None
    if isinstance(source, dict):
        path = source.get("path")
        if isinstance(path, str):
            place = join(folder, path)
        elif source.get("workspace") is True:
            place = shared.get(one.name)
    elif isinstance(one.facts.get("path"), str):
        place = join(folder, one.facts["path"])
    return evolve(one, manifest=places.get(place)) if place is not None and place != folder else one


# -- pyproject.toml --------------------------------------------------------------------------------------


def _from_pyproject(
    manifests: Manifests, path: str, document: Mapping[str, Any], name: str
) -> tuple[Package, _Distribution]:
    project, poetry = _project(document), _poetry(document)
    manifest = manifests.load(path)
    lines = Lines(manifest.text if manifest is not None else "")
    reader = _Requirements(lines, _canonical(name))
    reader.add_all(project.get("dependencies"), RUNTIME, after="[project]")
    for extra, written in table(project, "optional-dependencies").items():
        reader.add_all(written, OPTIONAL, after="[project.optional-dependencies]", extra=extra)
    for group, written in table(document, "dependency-groups").items():
        reader.add_all(written, DEVELOPMENT, after="[dependency-groups]", group=group)
    for group, written in table(document, "tool", "pdm", "dev-dependencies").items():
        reader.add_all(written, DEVELOPMENT, after="[tool.pdm.dev-dependencies]", group=group)
    reader.add_all(table(document, "tool", "uv").get("dev-dependencies"), DEVELOPMENT, after="[tool.uv]")
    reader.add_poetry(poetry, "dependencies", RUNTIME)
    reader.add_poetry(poetry, "dev-dependencies", DEVELOPMENT)
    for group in table(poetry, "group"):
        reader.add_poetry(table(poetry, "group", group), "dependencies", DEVELOPMENT, group=group)
    reader.add_all(table(document, "build-system").get("requires"), BUILD, after="[build-system]")
    manifests.skipped(path, reader.odd)
    package = Package(
        ecosystem=ECOSYSTEM,
        name=name,
        manifest=path,
        version=text(project.get("version")) or text(poetry.get("version")),
        description=text(project.get("description")) or text(poetry.get("description")),
        dependencies=reader.found,
    )
    sources = {_canonical(key): value for key, value in table(document, "tool", "uv", "sources").items()}
    return package, _Distribution(path=path, document=document, uv=sources)


class _Requirements:
    """Collects requirements of one distribution.

    Args:
        lines: Finds them in the manifest.
        own: The distribution's canonical name: extras that name its other extras are no dependencies.
    """

    def __init__(self, lines: Lines, own: str) -> None:
        self._lines = lines
        self._own = own
        self.found: list[Dependency] = []
        self.odd = 0

    def add_all(self, written: object, kind: str, *, after: str, **facts: str) -> None:
        """Take a list of requirements (PEP 508); includes of other groups are passed over."""
        for item in written if isinstance(written, list) else ():
            if isinstance(item, str):
                self.add(item, kind, self._lines.literal(item, after) or self._lines.literal(item), facts)
            elif not isinstance(item, dict):
                self.odd += 1

    def add(self, written: str, kind: str, line: int | None, facts: Mapping[str, Any]) -> None:
        """Take a requirement (PEP 508)."""
        from packaging.requirements import InvalidRequirement, Requirement

        try:
            parsed = Requirement(written)
        except InvalidRequirement:
            self.odd += 1
            return
        more: dict[str, Any] = dict(facts)
        if parsed.extras:
            more["extras"] = sorted(parsed.extras)
        if parsed.marker is not None:
            more["marker"] = str(parsed.marker)
        self._take(parsed.name, kind, parsed.url or str(parsed.specifier), line, more)

    def add_poetry(self, holder: Mapping[str, Any], key: str, kind: str, *, group: str = "") -> None:
        """Take a table of Poetry's: a version, a table, or a list of either for each name."""
        header = f"tool.poetry.group.{group}.{key}" if group else f"tool.poetry.{key}"
        for name, written in table(holder, key).items():
            if name == "python":
                continue
            for spec in written if isinstance(written, list) else [written]:
                if not isinstance(spec, dict | str):
                    self.odd += 1
                    continue
                spec = {"version": spec} if isinstance(spec, str) else spec
                more: dict[str, Any] = {"group": group} if group else {}
                more |= {key: spec[key] for key in ("path", "git", "url", "markers") if isinstance(spec.get(key), str)}
                if texts(spec.get("extras")):
                    more["extras"] = sorted(texts(spec["extras"]))
                optional = spec.get("optional") is True and kind == RUNTIME
                line = self._lines.entry(header, name)
                self._take(name, OPTIONAL if optional else kind, text(spec.get("version")), line, more)

    def _take(self, name: str, kind: str, requirement: str, line: int | None, facts: Mapping[str, Any]) -> None:
        canonical = _canonical(name)
        if canonical != self._own:
            self.found.append(
                Dependency(name=canonical, kind=kind, requirement=requirement, line=line, facts=dict(facts))
            )


# -- setup.cfg -------------------------------------------------------------------------------------------


def _from_setup_cfg(manifests: Manifests, path: str) -> Package | None:
    import configparser

    manifest = manifests.load(path)
    if manifest is None:
        return None
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(manifest.text)
    except (configparser.Error, ValueError):
        manifests.refuse(path, "it is no INI file")
        return None
    name = _plain(parser.get("metadata", "name", fallback=""))
    if not name:
        return None
    reader = _Requirements(Lines(manifest.text), _canonical(name))
    for key, kind in (("install_requires", RUNTIME), ("tests_require", DEVELOPMENT), ("setup_requires", BUILD)):
        _add_lines(reader, manifest.text, parser.get("options", key, fallback=""), kind, {})
    if parser.has_section("options.extras_require"):
        for extra, written in parser.items("options.extras_require"):
            _add_lines(reader, manifest.text, written, OPTIONAL, {"extra": extra})
    manifests.skipped(path, reader.odd)
    return Package(
        ecosystem=ECOSYSTEM,
        name=name,
        manifest=path,
        version=_plain(parser.get("metadata", "version", fallback="")),
        description=_plain(parser.get("metadata", "description", fallback="")),
        dependencies=reader.found,
    )


def _plain(written: str | None) -> str:
    """Return a value, "" for one that setuptools would compute."""
    value = (written or "").strip()
    return "" if value.startswith(("attr:", "file:")) else value


def _add_lines(reader: _Requirements, content: str, written: str | None, kind: str, facts: Mapping[str, str]) -> None:
    for entry in _plain(written).replace(";\n", "\n").splitlines():
        requirement = entry.split(" #")[0].strip()
        if requirement and not requirement.startswith("#"):
            at = content.find(f"\n{requirement}")
            at = at if at >= 0 else content.find(requirement)
            reader.add(requirement, kind, content.count("\n", 0, at + 1) + 1 if at >= 0 else None, facts)
