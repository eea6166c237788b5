"""Places, names of callees, keys and names outside: the parts around the questions to servers."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from codegraph._internal.plugin_host import PluginHost
from codegraph_plugins.stages.lsp_types.connection import Connection
from codegraph_plugins.stages.lsp_types.keys import file_keys
from codegraph_plugins.stages.lsp_types.outside import OutsideNames
from codegraph_plugins.stages.lsp_types.places import UTF_8, UTF_16, Lines, Place, places_of
from codegraph_plugins.stages.lsp_types.questions import Site, grammar_of, names_of

PACKS = {pack.name: pack for pack in PluginHost.load().languages()}


@pytest.mark.parametrize("encoding", [UTF_8, UTF_16])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_positions_lead_back_to_the_offsets_they_are_of(encoding: str, end: str) -> None:
    text = end.join(["plain", "é = '𝄞'; x", "", "last"])
    content = text.encode()
    lines = Lines(content, encoding)
    for at, character in enumerate(text):
        if character not in "\r\n":
            offset = len(text[:at].encode())
            assert lines.offset(*lines.position(offset)) == offset


def test_columns_are_counted_in_the_server_s_units() -> None:
    content = "a\n𝄞é.x\n".encode()
    assert Lines(content, UTF_8).position(content.index(b"x")) == (1, 7)
    assert Lines(content, UTF_16).position(content.index(b"x")) == (1, 4)
    for line, column in [(-1, 0), (9, 0), (0, -1), (0, 99)]:
        assert Lines(content, UTF_16).offset(line, column) == -1
    assert Lines(b"", UTF_16).position(0) == (0, 0)


def test_answers_of_every_form_are_read_and_malformed_ones_are_nothing(tmp_path: Path) -> None:
    start = {"start": {"line": 1, "character": 2}}
    uri = (tmp_path / "a b é.py").as_uri()
    place = Place(str(tmp_path / "a b é.py"), 1, 2)
    link = {"targetUri": uri, "targetRange": {"start": {"line": 0, "character": 0}}, "targetSelectionRange": start}
    assert places_of({"uri": uri, "range": start}) == [place]
    assert places_of([{"uri": uri, "range": start}, link, link]) == [place]
    for wrong in (None, 3, "x", [], [None], {"uri": uri}, {"uri": 3, "range": start}, {"uri": "x:/a", "range": start}):
        assert places_of(wrong) == []


def found(language: str, path: str, text: str) -> dict[str, str]:
    """Return what stands at the place of the callee's name, by the text of each call of a sample."""
    calls = [line.partition("#! ")[::2] for line in text.splitlines() if "#! " in line]
    content = "\n".join(line.partition("#! ")[0] for line in text.splitlines()).encode()
    sites = []
    for row, (_, call) in enumerate(calls):
        start = content.index(call.encode())
        sites.append(Site(row, start, start + len(call.encode()), call.rpartition("(")[0] or call))
    names = names_of(content, grammar_of(PACKS[language], path), sites)
    return {calls[row][1]: content[at:].decode() for row, at in names.items()}


def test_names_of_callees_are_found_in_python() -> None:
    text = """
é.b.run(1)          #! é.b.run(1)
first()             #! first()
items[0].go()       #! items[0].go()
table[key]()        #! table[key]()
(lambda: 1)()       #! (lambda: 1)()
"""
    names = found("python", "a.py", text)
    assert {call: at[: len(call.split("(")[0].split(".")[-1])] for call, at in names.items()} == {
        "é.b.run(1)": "run",
        "first()": "first",
        "items[0].go()": "go",
    }


def test_names_of_callees_are_found_in_typescript_and_java() -> None:
    assert {at[:4] for at in found("typescript", "a.ts", "a!.stop(); #! a!.stop()\n").values()} == {"stop"}
    content = b"a.b?.run<T>(1); new Shape(2);"
    sites = [Site(0, 0, 14, "a.b?.run"), Site(1, 16, 28, "Shape")]
    names = names_of(content, grammar_of(PACKS["typescript"], "a.ts"), sites)
    assert [content[at:][:5] for at in names.values()] == [b"run<T", b"Shape"]
    content = b"class A { void f() { x.run(1); new java.util.ArrayList<String>(); } }"
    start = content.index(b"new")
    sites = [Site(0, 21, 29, "x.run"), Site(1, start, content.index(b"; } }"), "java.util.ArrayList")]
    names = names_of(content, grammar_of(PACKS["java"], "A.java"), sites)
    assert [content[at:][:9] for at in names.values()] == [b"run(1); n", b"ArrayList"]


def test_a_key_changes_with_what_a_file_imports_and_with_nothing_else() -> None:
    files = {"a.py": "1", "b.py": "2", "c.py": "3", "d.py": "4"}
    imports = [("a.py", "b.py"), ("b.py", "c.py"), ("c.py", "b.py")]
    before = file_keys(files, imports, "python", "environment")
    changed = file_keys({**files, "c.py": "33"}, imports, "python", "environment")
    assert {path for path in files if before[path] != changed[path]} == {"a.py", "b.py", "c.py"}
    assert file_keys(dict(reversed(files.items())), imports[::-1], "python", "environment") == before
    assert not {*file_keys(files, imports, "python", "another").values()} & {*before.values()}
    assert len({*before.values()}) == 4


def test_where_files_see_others_without_imports_a_key_rests_on_all_of_them() -> None:
    files = {"A.java": "1", "B.java": "2"}
    before = file_keys(files, [], "java", "")
    assert not {*before.values()} & {*file_keys({**files, "B.java": "3"}, [], "java", "").values()}
    ambient = file_keys({"a.ts": "1", "types.d.ts": "2"}, [], "typescript", "")
    assert ambient["a.ts"] != file_keys({"a.ts": "1", "types.d.ts": "3"}, [], "typescript", "")["a.ts"]


@pytest.mark.parametrize(
    ("path", "text", "name", "expected"),
    [
        ("stdlib/builtins.pyi", "class str:\n    def join(self): ...\n", "join", "builtins.str.join"),
        ("stdlib/_io.pyi", "class A:\n    def write(self): ...\n", "write", "io.A.write"),
        ("stubs/six/six/moves.pyi", "def f(): ...\n", "f", "six.moves.f"),
        ("site-packages/pkg-stubs/__init__.pyi", "class A: ...\n", "A", "pkg.A"),
        ("lib/pkg/sub/__init__.py", "class A:\n    class B:\n        def c(self): pass\n", "c", "pkg.sub.A.B.c"),
        ("site-packages/pkg/mod.py", "class A:\n    x = 1\n", "x", ""),
        ("site-packages/not-a-name/mod.py", "def f(): ...\n", "f", ""),
    ],
)
def test_definitions_of_python_s_libraries_have_their_dotted_names(
    tmp_path: Path, path: str, text: str, name: str, expected: str
) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    if path.startswith("lib/"):
        (tmp_path / "lib/pkg/__init__.py").write_text("")
    file.write_text(text)
    line, column = Lines(text.encode(), UTF_16).position(text.rindex(name))
    assert OutsideNames(PACKS, UTF_16).name(Place(str(file), line, column), "python") == expected


def test_members_of_javascript_s_library_are_named_as_elsewhere(tmp_path: Path) -> None:
    text = """\
interface Array<T> { map(f: F): T[]; }
interface ArrayConstructor { from(x: X): T[]; }
declare function parseInt(): number;
"""
    file = tmp_path / "lib.es5.d.ts"
    file.write_text(text)
    names = OutsideNames(PACKS, UTF_8)

    def name(of: str) -> str:
        return names.name(Place(str(file), *Lines(text.encode(), UTF_8).position(text.index(of))), "typescript")

    assert [name("map"), name("from"), name("parseInt"), name("f: F")] == [
        "Array.prototype.map", "Array.from", "parseInt", "",
    ]  # fmt: skip
    assert names.name(Place(str(tmp_path / "gone.py"), 0, 0), "python") == ""


DEAF = """if True:
    import json, os, time
    os.close(0)
    for number in range(2000):
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "workspace/configuration", "params": {}}).encode()
        os.write(1, b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
    time.sleep(600)
"""


def test_a_server_that_ends_while_it_is_answered_is_closed_as_any_other(tmp_path: Path) -> None:
    async def ended() -> tuple[str, int | None]:
        connection = await Connection.open([sys.executable, "-c", DEAF], tmp_path, dict(os.environ), lambda *_: None)
        while connection.failure is None:
            await asyncio.sleep(0.01)
        await connection.close()
        return str(connection.failure), connection._process.returncode

    assert asyncio.run(asyncio.wait_for(ended(), 60)) == ("ended", -9)
