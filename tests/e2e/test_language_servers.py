"""Real language servers, those that are installed: what they say of calls that linking leaves open."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegraph import CodeGraph
from codegraph._internal.settings.trusted import trust
from codegraph_plugins.stages.lsp_types.servers import SERVERS, found

PYTHON = """\
from shapes import Shape, every


class Box:
    def __init__(self, inner: Shape):
        self.inner = inner

    def area(self):
        return self.inner.area()


def total(shapes: list[Shape], text: str):
    for é, shape in enumerate(every()):
        shape.area()
    shapes[0].area(); text.upper().join([])
    Box(shapes[0]).inner.area()
    shapes[0].missing()
"""
SHAPES = """\
from typing import overload


class Shape:
    @overload
    def area(self) -> int: ...
    @overload
    def area(self, unit: str) -> str: ...
    def area(self, unit=None):
        return 1


def every() -> list[Shape]:
    return [Shape()]
"""
TYPESCRIPT = """\
import { Shape, every } from "./shapes";
export function total(shapes: Shape[]) {
  shapes[0].area();
  const 𝄞 = 1; every().map(shape => shape.grow().area());
}
"""
TS_SHAPES = """\
export class Shape {
  area(): number { return 1 }
  grow = (): Shape => this;
}
export function every(): Shape[] { return [] }
"""
GO = """\
package shapes

type Shape struct{}

func (s *Shape) Area() int { return 1 }

func Total(shapes []*Shape) {
	for _, s := range shapes {
		s.Area()
	}
}
"""
RUST = """\
pub struct Shape;
impl Shape { pub fn area(&self) -> u32 { 1 } }
pub fn make() -> Shape { Shape }
pub fn total() -> u32 { match make() { shape => shape.area() } }
"""
JAVA = """\
import java.util.List;
class Shape {
  int area() { return 1; }
  static int total(List<Shape> shapes) { return shapes.get(0).area(); }
}
"""


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("CODEGRAPH_TRUSTED", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)


def asked(tmp_path: Path, server: str, files: dict[str, str]) -> dict[tuple[str, int, str], tuple[str, ...]]:
    """Return the callees of the calls that linking leaves open, by file, line and what is called.

    Every one of them is an edge of this server's.
    """
    one = next(each for each in SERVERS if each.name == server)
    if found(one) is None:
        pytest.skip(f"{server} is not installed")
    root = tmp_path / "repository"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    trust(root)
    linked = CodeGraph().index(root).execute()
    before = {call.id for call in linked.query().call_sites().filter(status="unresolved").execute()}
    servers = dict.fromkeys(one.languages, one.command) if server == "basedpyright" else {}
    graph = (
        CodeGraph()
        .index(root, mode="full")
        .with_lsp_types(servers=servers, start_timeout_s=240.0, request_timeout_s=120.0)
        .execute()
    )
    assert not [d.message for d in graph.query().diagnostics().filter(code__startswith="language-server").execute()]
    calls = {
        (call.file_path, call.span.start_line, call.callee_text): tuple(call.candidates)
        for call in graph.query().call_sites().execute()
        if call.id in before and call.candidates
    }
    name = server if not servers else one.command[0]
    edges = graph.query().edges().filter(resolver=f"lsp:{name}").execute()
    assert {target for targets in calls.values() for target in targets} == {edge.target_id for edge in edges}
    return calls


@pytest.mark.parametrize("server", ["ty", "basedpyright"])
def test_python(tmp_path: Path, server: str) -> None:
    area = ("shapes:Shape.area~3@py",)
    calls = asked(tmp_path, server, {"main.py": PYTHON, "shapes.py": SHAPES})
    assert calls == {
        ("main.py", 9, "self.inner.area"): area,
        ("main.py", 14, "shape.area"): area,
        ("main.py", 15, "shapes[0].area"): area,
        ("main.py", 15, "text.upper().join"): ("builtins.str.join@external",),
        ("main.py", 15, "text.upper"): ("builtins.str.upper@external",),
        ("main.py", 16, "Box(shapes[0]).inner.area"): area,
    }


def test_typescript(tmp_path: Path) -> None:
    files = {
        "main.ts": TYPESCRIPT,
        "shapes.ts": TS_SHAPES,
        "tsconfig.json": '{"compilerOptions": {"target": "es2020"}}',
    }
    assert asked(tmp_path, "tsserver", files) == {
        ("main.ts", 3, "shapes[0].area"): ("shapes:Shape.area@ts",),
        ("main.ts", 4, "every().map"): ("Array.prototype.map@external",),
        ("main.ts", 4, "shape.grow().area"): ("shapes:Shape.area@ts",),
        ("main.ts", 4, "shape.grow"): ("shapes:Shape.grow@ts",),
    }


@pytest.mark.parametrize(
    ("server", "files", "call", "callee"),
    [
        ("gopls", {"go.mod": "module shapes\n\ngo 1.21\n", "shapes.go": GO}, "s.Area", "Area"),
        ("rust-analyzer", {"Cargo.toml": '[package]\nname = "shapes"\nversion = "0.1.0"\nedition = "2021"\n',
                           "src/lib.rs": RUST}, "shape.area", "area"),
        ("jdtls", {"Shape.java": JAVA}, "shapes.get(0).area", "area"),
    ],
)  # fmt: skip
def test_servers_of_compiled_languages(
    tmp_path: Path, server: str, files: dict[str, str], call: str, callee: str
) -> None:
    calls = asked(tmp_path, server, files)
    assert [targets for (_, _, text), targets in calls.items() if text == call and callee in targets[0]]


def test_a_server_of_python_is_there() -> None:
    """Development requirements have two: the checks above must not all be skipped."""
    assert {"ty", "basedpyright"} & {one.name for one in SERVERS if found(one) is not None}
