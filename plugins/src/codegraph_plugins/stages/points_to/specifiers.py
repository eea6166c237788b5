"""Which files JavaScript's module specifiers mean: what linking's rules say, for the analysis.

The analysis follows relative paths itself. Aliases of `tsconfig.json`, workspaces, `exports` and `imports` of
`package.json` and `rootDirs` need the project's files: they are resolved here by the rules that bind imports.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
from attrs import frozen

from codegraph_hookspecs import Diagnostic, StageContext
from codegraph_plugins.stages.cross_file.modules import PathModules
from codegraph_plugins.stages.cross_file.project_config import read_project
from codegraph_plugins.stages.points_to.rows import plain


@frozen
class Files:
    """The files of a repository, as the rules ask for them.

    Attributes:
        file_of: Number of each file by its path.
        module: Number of each file's module: its own.
        package_of: Folders that have files, themselves or below.
    """

    file_of: Mapping[str, int]
    module: range
    package_of: Mapping[str, int]

    @classmethod
    def of(cls, paths: list[str]) -> Files:
        """Return the files at some paths."""
        folders: dict[str, int] = {}
        for path in paths:
            folder = posixpath.dirname(path)
            while folder not in folders:
                folders[folder] = len(folders)
                folder = posixpath.dirname(folder)
        return cls({path: number for number, path in enumerate(paths)}, range(len(paths)), folders)


def resolved(
    project: StageContext,
    imports: Callable[[], Iterable[pa.RecordBatch]],
    paths: Sequence[str],
    languages: Mapping[str, str],
) -> Iterator[tuple[str, str, str]]:
    """Yield the folder of an importing file, a specifier and the file that it means, each once.

    Args:
        project: A stage's context: gives languages and reads the project's files.
        imports: Gives all rows of `imports`.
        paths: All files that have a module.
        languages: The language of each file that is analysed.
    """
    packs = {
        name: project.packs[name] for name in set(languages.values()) if project.packs[name].imports.style == "path"
    }
    if not packs:
        return
    folders = {posixpath.dirname(path) for path, name in languages.items() if name in packs}
    config = read_project(project.read_file, folders, [packs[name] for name in sorted(packs)], _told_by_linking)
    files = Files.of(list(paths))
    finders = {name: PathModules(files, pack, config) for name, pack in packs.items()}
    seen: set[tuple[str, str]] = set()
    for batch in imports():
        columns = (plain(batch.column(name)).to_pylist() for name in ("file_path", "module"))
        for path, module in zip(*columns, strict=True):
            finder = finders.get(languages.get(path, ""))
            key = (posixpath.dirname(path), module)
            if finder is None or not module or key in seen:
                continue
            seen.add(key)
            found = finder.resolve(*key, None)
            if found >= 0:
                yield *key, paths[found]


def _told_by_linking(diagnostic: Diagnostic) -> None:
    """Say nothing: linking reads the same files and reports on them."""
