"""Project files that remap path-style specifiers: tsconfig/jsconfig `paths` and `package.json`.

Read once per run, in Python for both engines, and handed on as plain repository-relative paths. What
is read never leaves the repository: it comes from the run (`StageContext.read_file`), and an `extends` that
points out is ignored.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import asdict, frozen

from codegraph_hookspecs import Diagnostic, LanguagePack
from codegraph_plugins.stages.cross_file.cargo import Crates
from codegraph_plugins.stages.cross_file.go_mod import GoModule

MAX_JSON_BYTES: Final = 1 << 20
MAX_JSON5_BYTES: Final = 16 << 10
"""Cap for files that are more than JSON with comments and trailing commas: json5 takes 10 µs a byte."""
MAX_EXTENDS: Final = 8
MAX_REFERENCES: Final = 64
MAX_ENTRIES: Final = 4_096
"""Patterns kept of one file."""

ReadFile = Callable[[str, int], bytes | None]
"""From a repository path and a limit to at most one byte more than the limit, or None where there is no file."""

Pattern = tuple[str, tuple[str, ...]]
"""A specifier with at most one `*`, and the repository paths it stands for."""


@frozen(kw_only=True)
class PathMap:
    """What a tsconfig or jsconfig says to the files of its folder and below.

    Args:
        folder: The config's folder, repository-relative; "" is the root.
        base: Folder that bare specifiers are tried in, or None.
        paths: Patterns in file order.
        root_dirs: Folders that count as one (`rootDirs`).
    """

    folder: str
    base: str | None
    paths: tuple[Pattern, ...]
    root_dirs: tuple[str, ...] = ()


@frozen(kw_only=True)
class Package:
    """What a `package.json` says.

    Args:
        folder: Its folder.
        name: Package name, or "".
        entries: Files that may be the package's main module, best first.
        exports: Subpath patterns without the leading `./`.
        imports: `#` patterns for files of the package.
    """

    folder: str
    name: str
    entries: tuple[str, ...]
    exports: tuple[Pattern, ...]
    imports: tuple[Pattern, ...]


@frozen(kw_only=True)
class ProjectConfig:
    """Everything the path resolver needs besides the file list."""

    path_maps: tuple[PathMap, ...] = ()
    packages: tuple[Package, ...] = ()
    go_modules: tuple[GoModule, ...] = ()
    crates: tuple[Crates, ...] = ()

    def to_json(self) -> str:
        """Return the config as JSON, as the native engine reads it."""
        return json.dumps(asdict(self), sort_keys=True)


def read_project(
    read: ReadFile,
    folders: Iterable[str],
    packs: Iterable[LanguagePack],
    report: Callable[[Diagnostic], None],
) -> ProjectConfig:
    """Read the config files that apply to some folders.

    Args:
        read: Reads a file of the repository.
        folders: Folders that hold files of path-style languages.
        packs: Their language packs.
        report: Told of every file that cannot be read or understood.
    """
    wanted: set[str] = set()
    for folder in folders:
        while folder not in wanted and "node_modules" not in folder.split("/"):
            wanted.add(folder)
            if not folder:
                break
            folder = posixpath.dirname(folder)
    names = tuple(dict.fromkeys(name for pack in packs for name in pack.imports.config_files))
    reader = _Reader(read, report)
    path_maps, packages = [], []
    for folder in sorted(wanted):
        for name in names:
            path_map = _path_map(reader, posixpath.join(folder, name), folder)
            if path_map is not None:
                path_maps.append(path_map)
                break
        package = _package(reader, folder)
        if package is not None:
            packages.append(package)
    return ProjectConfig(path_maps=tuple(path_maps), packages=tuple(packages))


class _Reader:
    """Reads JSON objects inside the repository; None for whatever is not one."""

    def __init__(self, read: ReadFile, report: Callable[[Diagnostic], None]) -> None:
        self._read = read
        self._report = report
        self._seen: dict[str, dict[str, Any] | None] = {}

    def load(self, path: str) -> dict[str, Any] | None:
        if path not in self._seen:
            self._seen[path] = self._load(path)
        return self._seen[path]

    def _load(self, path: str) -> dict[str, Any] | None:
        raw = self._read(path, MAX_JSON_BYTES)
        if raw is None:
            return None
        if len(raw) > MAX_JSON_BYTES:
            return self._refuse(path, f"larger than {MAX_JSON_BYTES} bytes")
        try:
            text = raw.decode("utf-8-sig")
            value = parse_json(text)
        except (ValueError, RecursionError) as error:
            return self._refuse(path, type(error).__name__)
        return value if isinstance(value, dict) else self._refuse(path, "not an object")

    def _refuse(self, path: str, why: str) -> dict[str, Any] | None:
        self._report(
            Diagnostic(
                code="project-config-ignored",
                message=f"{posixpath.basename(path)} cannot be read ({why}); its paths are not used",
                file_path=path,
            )
        )
        return None


_STRING: Final = r'"(?:[^"\\]++|\\.?)*+"?'
"""A string, or what is left of the text: it never fails, so that a search stays linear."""
_COMMENT: Final = re.compile(_STRING + r"|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_TRAILING_COMMA: Final = re.compile(_STRING + r"|,(?=\s*+[}\]])", re.DOTALL)


def _strings_only(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else ""


def parse_json(text: str) -> Any:
    """Parse JSON, JSON with comments and trailing commas, or a small JSON5 file.

    Raises:
        ValueError: It is none of them.
        RecursionError: It is nested too deep.
    """
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return json.loads(_TRAILING_COMMA.sub(_strings_only, _COMMENT.sub(_strings_only, text)))
    except ValueError:
        if len(text) > MAX_JSON5_BYTES:
            raise
        import json5  # slow to import, and rarely needed

        return json5.loads(text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _inside(folder: str, target: str) -> str | None:
    """Join and normalise; None if the result leaves the repository."""
    path = posixpath.normpath(posixpath.join(folder, target.replace("\\", "/")))
    if path == ".":
        return ""
    return None if path.startswith(("/", "../")) or path == ".." else path


def _path_map(reader: _Reader, path: str, folder: str) -> PathMap | None:
    found = reader.load(path)
    if found is None:
        return None
    options = _compiler_options(reader, path, 0, set())
    if not options:
        options = _referenced_options(reader, found, folder)
    base: str | None = options.get("base")
    paths: tuple[Pattern, ...] = options.get("paths", ())
    root_dirs: tuple[str, ...] = options.get("root_dirs", ())
    if base is None and not paths and not root_dirs:
        return None
    return PathMap(folder=folder, base=base, paths=paths, root_dirs=root_dirs)


def _referenced_options(reader: _Reader, document: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Return the options of the first reference in the same folder that has any: a solution has none of its own."""
    references = document.get("references")
    for reference in references[:MAX_REFERENCES] if isinstance(references, list) else []:
        written = reference.get("path") if isinstance(reference, dict) else None
        target = _inside(folder, written) if isinstance(written, str) else None
        if target is None or not target.endswith(".json") or posixpath.dirname(target) != folder:
            continue  # a folder of its own has a tsconfig.json of its own
        options = _compiler_options(reader, target, 0, set())
        if options:
            return options
    return {}


def _compiler_options(reader: _Reader, path: str, depth: int, seen: set[str]) -> dict[str, Any]:
    """Return `base`, `paths` and `root_dirs` as repository paths, inherited through `extends`."""
    document = reader.load(path)
    if document is None or depth > MAX_EXTENDS or path in seen:
        return {}
    seen.add(path)
    folder = posixpath.dirname(path)
    options: dict[str, Any] = {}
    extends = document.get("extends")
    for parent in [extends] if isinstance(extends, str) else extends if isinstance(extends, list) else []:
        target = _inside(folder, parent) if isinstance(parent, str) and parent.startswith(".") else None
        if target is None:
            continue  # a package's config: not in the repository
        if not target.endswith(".json"):
            target += ".json"
        options |= _compiler_options(reader, target, depth + 1, seen)
    own = document.get("compilerOptions")
    if isinstance(own, dict):
        base = own.get("baseUrl")
        if isinstance(base, str):
            options["base"] = _inside(folder, base)
        written = own.get("rootDirs")
        if isinstance(written, list):
            inside = [_inside(folder, item) for item in written[:MAX_ENTRIES] if isinstance(item, str)]
            options["root_dirs"] = tuple(dict.fromkeys(item for item in inside if item is not None))
        written = own.get("paths")
        if isinstance(written, dict):
            anchor = options.get("base") if options.get("base") is not None else folder
            options["paths"] = _patterns(written, str(anchor), strip="")
    return options


def _patterns(written: Mapping[str, Any], anchor: str, *, strip: str) -> tuple[Pattern, ...]:
    patterns: list[Pattern] = []
    for key, value in list(written.items())[:MAX_ENTRIES]:
        if key.count("*") > 1 or not key.startswith(strip):
            continue
        targets = [_inside(anchor, leaf) for leaf in _leaves(value) if leaf.count("*") <= 1]
        kept = tuple(dict.fromkeys(target for target in targets if target is not None))
        if kept or value is None:  # `null` takes out what a wider pattern would give
            patterns.append((key.removeprefix(strip), kept))
    return tuple(patterns)


def _leaves(value: object) -> list[str]:
    """Return the strings of a conditional export in the order written."""
    leaves: list[str] = []
    stack = [value]
    while stack and len(leaves) < 64:
        item = stack.pop()
        if isinstance(item, str):
            leaves.append(item)
        elif isinstance(item, dict):
            stack.extend(reversed(list(item.values())))
        elif isinstance(item, list):
            stack.extend(reversed(item))
    return leaves


def _package(reader: _Reader, folder: str) -> Package | None:
    document = reader.load(posixpath.join(folder, "package.json"))
    if document is None:
        return None
    exports = document.get("exports")
    subpaths: dict[str, Any] = {}
    if isinstance(exports, dict) and any(key.startswith(".") for key in exports):
        subpaths = {key: value for key, value in exports.items() if key != "."}
        main = exports.get(".")
    else:
        main = exports
    written = [
        _text(document.get("source")),
        *_leaves(main),
        *(_text(document.get(key)) for key in ("module", "main", "types", "typings")),
    ]
    entries = [_inside(folder, entry) for entry in written if entry and "*" not in entry]
    entries += [_inside(folder, "src/index"), _inside(folder, "index")]
    imports = document.get("imports")
    return Package(
        folder=folder,
        name=_text(document.get("name")),
        entries=tuple(dict.fromkeys(entry for entry in entries if entry)),
        exports=_patterns(subpaths, folder, strip="./"),
        imports=_patterns(imports, folder, strip="#") if isinstance(imports, dict) else (),
    )
