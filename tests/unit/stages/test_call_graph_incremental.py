"""The call graph after a change: equal to a full run, analysed again only where its constraints changed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraph
from codegraph._internal.indexing import RunResult
from codegraph._internal.settings import IndexingConfig
from codegraph._internal.store.equality import differences
from codegraph_plugins.stages.points_to import stage
from codegraph_plugins.stages.points_to.engine import FAMILIES

pytest.importorskip("codegraph_parser_rust")

FILES: Mapping[str, str] = {
    "pkg/__init__.py": "",
    "pkg/base.py": (
        "import os\n\nclass Base:\n    limit = 3\n\n    def __init__(self, action):\n        self.action = action\n\n"
        "    def run(self):\n        self.action()\n        return self.step()\n\n    def step(self): ...\n"
    ),
    "pkg/heir.py": (
        "from pkg.base import Base\n\ndef act():\n    print('x')\n\nclass Heir(Base):\n"
        "    def step(self):\n        self.limit = self.seen = act\n        raise ValueError('no')\n\n"
        "def main():\n    Heir(act).run()\n\nmain()\n"
    ),
    "pkg/other.py": "from pkg import heir\n\ndef all_of_it(f=heir.main):\n    for g in (heir.act, f):\n        g()\n",
    "web/a.ts": "export class Ham { alpha() { return 1; } }\nexport function go(f: () => void) { f(); }\n",
    "web/b.ts": "import { Ham, go } from './a';\nconst ham = new Ham();\ngo(() => ham.alpha());\n",
    "src/p/Ham.java": "package p;\n\nclass Ham {\n  void alpha() { beta(); }\n  void beta() { }\n}\n",
    "src/p/Egg.java": "package p;\n\nclass Egg extends Ham {\n  void beta() { new Ham().alpha(); }\n}\n",
}
NOTHING: Mapping[str, Any] = {}


class Repository:
    """A repository that is updated, and analysed anew beside it."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        settings: Mapping[str, Any] = NOTHING,
        more: Mapping[str, Any] = NOTHING,
    ) -> None:
        self.root, self.folder = folder / "r", folder
        self.settings, self.more = settings, more
        for path, text in FILES.items():
            self.write(path, text)
        self.graph = CodeGraph()
        self.analyses = 0
        analysed = stage._analysed

        def counted(files: Any) -> Any:
            self.analyses += 1
            return analysed(files)

        monkeypatch.setattr(stage, "_analysed", counted)
        self.run()

    def config(self, store: str, mode: str) -> IndexingConfig:
        plugins = {"call-graph": dict(self.settings), **self.more}
        return IndexingConfig(root_path=self.root, cache_dir=self.folder / store, mode=mode, plugins=plugins)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        self.write(path, change((self.root / path).read_text(encoding="utf-8")))

    def run(self, refresh: tuple[str, ...] | None = None) -> RunResult:
        return self.graph.run(self.config("updated", "incremental"), refresh=refresh)

    def analyses_of_run(self) -> int:
        """Update, compare with a full run, and return how often the update analysed the program."""
        self.analyses = 0
        result = self.run()
        count = self.analyses
        assert result.summary["mode_run"] == "incremental", result.summary["mode_reason"]
        self.compare(result)
        return count

    def compare(self, result: RunResult) -> None:
        """Compare a run with a full one."""
        full = CodeGraph().run(self.config("full", "full"))
        ours, other = result.held, full.held
        assert ours is not None
        assert other is not None
        try:
            assert not {each.table: each.examples for each in differences(ours, other)}
        finally:
            ours.close()
            other.close()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    return Repository(tmp_path, monkeypatch)


@pytest.mark.parametrize("again", [False, True], ids=["resident", "from the store"])
@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("pkg/base.py", "import os\n", "# What comes first\nimport os\n\n"),
        ("pkg/base.py", "        self.action()\n", "        # why\n        self.action(  )\n"),
        ("pkg/base.py", "        self.action()\n", "        marked = 17\n        self.action()\n"),
        ("pkg/heir.py", "def act():\n", "def act():\n    '''Say x.'''\n"),
        (
            "web/a.ts",
            "export function go(f: () => void) { f(); }",
            "export function go(f: () => void) {\n  f(); // f\n}",
        ),
        ("web/b.ts", "const ham", "\n\nconst ham"),
    ],
)
def test_text_that_moves_takes_what_was_found_along(
    repository: Repository, path: str, old: str, new: str, again: bool
) -> None:
    assert old in FILES[path]
    repository.edit(path, lambda text: text.replace(old, new))
    if again:
        repository.graph = CodeGraph()
    assert repository.analyses_of_run() == 0


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("pkg/heir.py", "def main():\n", "def main():\n    act()\n"),
        ("pkg/heir.py", "    Heir(act).run()\n", "    Heir(print).run()\n"),
        ("pkg/base.py", "        return self.step()\n", "        return 1\n"),
        ("pkg/base.py", "        self.action = action\n", "        self.action = action\n        self.more = action\n"),
        ("pkg/heir.py", "def act():\n", "def acted():\n"),
        ("pkg/base.py", "    limit = 3\n", ""),
        ("web/b.ts", "ham.alpha()", "go(ham.alpha)"),
        ("src/p/Ham.java", "void beta() { }", "\n  void beta() { alpha(); }"),
        ("src/p/Ham.java", "package p;\n", "package p;\n\n\n"),
    ],
)
def test_what_other_constraints_give_is_found_in_every_file(
    repository: Repository, path: str, old: str, new: str
) -> None:
    assert old in FILES[path]
    repository.edit(path, lambda text: text.replace(old, new))
    assert repository.analyses_of_run() == 1


@pytest.mark.parametrize("again", [False, True], ids=["resident", "from the store"])
@pytest.mark.parametrize(
    ("path", "text", "analysed"),
    [
        ("pkg/heir.py", "def act(): ...\nact()\n", {"python"}),
        ("web/b.ts", "import { go } from './a';\ngo(() => go);\n", {"typescript"}),
        ("src/p/Egg.java", "package p;\n\nclass Egg extends Ham {\n  void beta() { alpha(); }\n}\n", {"java"}),
        ("pkg/new.py", "from pkg import heir\nheir.act()\n", {"python", "typescript"}),
        ("web/b.ts", None, {"typescript"}),
        ("pkg/other.py", None, {"python", "typescript"}),
        ("notes.md", "Nothing that is analysed.\n", {"typescript"}),
    ],
)
def test_languages_are_analysed_apart(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    text: str | None,
    analysed: set[str],
    again: bool,
) -> None:
    solved: set[str] = set()
    before = stage._add

    def noted(engine: Any, files: Any) -> Any:
        solved.update(language for _, language, _ in files.units())
        return before(engine, files)

    monkeypatch.setattr(stage, "_add", noted)
    if again:
        repository.graph = CodeGraph()
    if text is None:
        (repository.root / path).unlink()
    else:
        repository.write(path, text)
    result = repository.run()
    assert result.summary["mode_run"] == "incremental", result.summary["mode_reason"]
    assert solved <= analysed
    assert solved == analysed or path == "notes.md"
    repository.compare(result)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_bounds_of_one_language_are_remembered_when_another_is_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    analysed = stage._analysed

    def met(files: Any) -> Any:
        seen = {FAMILIES[one] for _, one, _ in files.units()}
        found, _ = analysed(files)
        return found, [language] if language in seen else []

    monkeypatch.setattr(stage, "_analysed", met)
    repository = Repository(tmp_path, monkeypatch)
    for path, text in (("pkg/heir.py", "def act(): ...\nact()\n"), ("web/a.ts", "export function go() {}\ngo();\n")):
        repository.write(path, text)
        result = repository.run()
        assert result.summary["mode_run"] == "incremental", result.summary["mode_reason"]
        repository.compare(result)


def test_files_come_and_go(repository: Repository) -> None:
    repository.write(
        "pkg/new.py", "from pkg.heir import Heir\n\nclass New(Heir):\n    def step(self): ...\n\nNew(len).run()\n"
    )
    assert repository.analyses_of_run() == 1
    (repository.root / "pkg/new.py").unlink()
    assert repository.analyses_of_run() == 1
    (repository.root / "pkg/heir.py").unlink()
    assert repository.analyses_of_run() == 1


def test_a_member_that_another_base_has_takes_the_types_of_heirs(repository: Repository) -> None:
    repository.write("two/b.py", "class B:\n    x = None\n")
    repository.write("two/c.py", "class C:\n    x = None\n")
    repository.write("two/h.py", "from two.b import B\nfrom two.c import C\n\nclass H(B, C): ...\n")
    repository.write("two/m.py", "from two.h import H\n\nclass Foo: ...\n\nh = H()\nh.x = Foo()\n")
    repository.analyses_of_run()
    for old, new in (("x", "y"), ("y", "x")):
        repository.edit("two/b.py", lambda text, old=old, new=new: text.replace(f"    {old} =", f"    {new} ="))
        repository.analyses_of_run()


def test_definitions_that_change_places_are_not_taken_for_each_other(repository: Repository) -> None:
    """What other files know of a unit by its number is another unit now."""
    one, other = "def one():\n    return 1\n\n", "def two():\n    return 2\n\n"
    repository.write("two/x.py", f"{one}{other}pick = one\n")
    repository.write("two/y.py", "from two import x\n\ndef go():\n    return x.pick()\n")
    repository.analyses_of_run()
    repository.write("two/x.py", f"{other}{one}pick = two\n")
    assert repository.analyses_of_run() == 1


def test_of_files_that_import_the_same_the_first_decides(repository: Repository) -> None:
    repository.write("lib/x.js", "export function one() {}\n")
    repository.write("lib/x.ts", "export function one(): void {}\n")
    repository.write("src/a.js", "import { one } from '../lib/x.js';\none();\n")
    repository.write("src/b.ts", "import { one } from '../lib/x.js';\none();\n")
    repository.analyses_of_run()
    repository.edit("src/a.js", lambda text: f"{text}one();\n")
    repository.analyses_of_run()


def test_a_preview_leaves_what_the_process_keeps(repository: Repository) -> None:
    repository.edit("pkg/base.py", lambda text: f"# one\n{text}")
    assert repository.analyses_of_run() == 0
    text = (repository.root / "pkg/heir.py").read_text(encoding="utf-8")
    with CodeGraph(config=repository.config("updated", "incremental")).session() as session:
        session.add_change("pkg/heir.py", f"# seen\n{text}\nact()\n")
        session.preview().close()
        session.rollback()
    repository.edit("pkg/heir.py", lambda text: f"# two\n{text}")
    assert repository.analyses_of_run() == 0


def test_random_edits_give_what_a_full_run_gives(repository: Repository) -> None:
    """Lines of files are taken out, doubled and exchanged with others', a few at a time."""
    chosen = random.Random(5)
    for _ in range(12):
        path = chosen.choice([path for path in FILES if FILES[path]])
        lines = (repository.root / path).read_text(encoding="utf-8").splitlines(keepends=True)
        at = chosen.randrange(len(lines)) if lines else 0
        lines[at : at + 1] = chosen.choice(
            [[], [*lines[at : at + 1] * 2], ["\n", *lines[at : at + 1]], lines[at : at + 2][::-1]]
        )
        repository.write(path, "".join(lines) + ("" if chosen.random() < 0.8 else "\n"))
        repository.compare(repository.run())


def test_a_new_process_knows_what_linking_named_where_corrections_took_edges_away(repository: Repository) -> None:
    repository.write(
        "lib/way.py",
        "import lib\n\nclass Ham(lib.way.Ham):\n    def gamma(self):\n        return self.beta()\n\n"
        "    def beta(self):\n        return super().beta()\n\n\ndef beta(x):\n    lib.way.beta(x)\n",
    )
    repository.compare(repository.run())
    for number in range(2):
        repository.graph = CodeGraph()
        repository.edit("pkg/other.py", lambda text, number=number: f"{text}\n# {number}\n")
        assert repository.analyses_of_run() == 0


@pytest.mark.parametrize("again", [False, True], ids=["resident", "from the store"])
def test_occurrences_are_updated_beside_the_call_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    repository = Repository(tmp_path, monkeypatch, more={"occurrences": {}})
    repository.write("src/p/One.kt", "package p\nfun one(x: Ham): Int = x.hashCode()\n")
    repository.compare(repository.run())
    for path, old, new in (
        ("pkg/heir.py", "print('x')", "print('x', Base.limit)"),
        ("web/b.ts", "go(() =>", "// more\ngo(() => console.log(ham) ??"),
        ("src/p/Ham.java", "void alpha() { beta(); }", "void alpha() { Ham ham = this; ham.beta(); }"),
        ("src/p/One.kt", "x.hashCode()", "x.toString().length"),
    ):
        if again:
            repository.graph = CodeGraph()
        repository.edit(path, lambda text, old=old, new=new: text.replace(old, new))
        repository.analyses_of_run()
