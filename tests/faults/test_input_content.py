"""What a file contains, or is, never breaks a run: every file gets its row, and a reason if it is not ok."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import blake3
import pytest

from codegraph_hookspecs import ParseOptions, Parser, SourceFile, module_name
from tests.unit.parsers.parsing import PARSERS, Parsed, pack_of, parse_source, parse_text

pytestmark = pytest.mark.parametrize("parser", PARSERS)

DEEP = 10_000


def on_disk(path: Path, size: int = 0) -> SourceFile:
    name = path.name
    pack = pack_of(name)
    return SourceFile(
        path=name, location=bytes(path), language=pack.name, module=module_name(name, pack), size=size, mtime_ns=0
    )


class TestEncodings:
    SOURCE = "def größe(ñ):\n    return größe(ñ)\n"

    @pytest.mark.parametrize(
        "content",
        [
            SOURCE.encode(),
            b"\xef\xbb\xbf" + SOURCE.encode(),
            b"\xff\xfe" + SOURCE.encode("utf-16-le"),
            b"\xfe\xff" + SOURCE.encode("utf-16-be"),
            SOURCE.replace("\n", "\r\n").encode(),
        ],
        ids=["utf8", "bom", "utf16le", "utf16be", "crlf"],
    )
    def test_names_are_decoded_and_spans_are_of_the_original_bytes(self, parser: Parser, content: bytes) -> None:
        wide = content[:1] in {b"\xff", b"\xfe"}
        parsed = parse_text(parser, "m.py", content, checked=not wide)
        assert parsed.status == "ok"
        function = next(row for row in parsed.rows("nodes") if row["kind"] == "function")
        assert function["name"] == "größe"
        assert function["signature"] == "def größe(ñ)"
        raw = content[function["start_byte"] : function["end_byte"]]
        codec = {b"\xff": "utf-16-le", b"\xfe": "utf-16-be"}.get(content[:1], "utf-8")
        assert raw.decode(codec).replace("\r", "").startswith("def größe(ñ):")
        assert parsed.rows("call_sites")[0]["callee_text"] == "größe"
        assert parsed.file["content_hash"] == blake3.blake3(content).hexdigest()

    @pytest.mark.parametrize(
        "head", [b"", b"# -*- coding: latin-1 -*-\n", b"#!/usr/bin/python\n# vim: set fileencoding=ISO-8859-1 :\n"]
    )
    def test_latin1_by_cookie_or_because_it_is_no_utf8(self, parser: Parser, head: bytes) -> None:
        parsed = parse_text(parser, "m.py", head + b"def f(a='\xe9'):\n    '''caf\xe9'''\n")
        assert parsed.status == "ok"
        nodes = {row["name"]: row for row in parsed.rows("nodes")}
        assert nodes["f"]["docstring"] == "café"
        assert nodes["f"]["signature"] == "def f(a='é')"

    def test_a_cookie_wins_over_bytes_that_happen_to_be_utf8(self, parser: Parser) -> None:
        parsed = parse_text(parser, "m.py", b"# coding: latin-1\ndef f():\n    'caf\xc3\xa9'\n")
        assert next(row["docstring"] for row in parsed.rows("nodes") if row["name"] == "f") == "cafÃ©"

    def test_latin1_letters_in_names_are_syntax_errors_to_the_grammar(self, parser: Parser) -> None:
        parsed = parse_text(parser, "m.py", b"def before(): ...\ndef gr\xf6\xdfe(): ...\ndef after(): ...\n")
        assert (parsed.status, parsed.codes) == ("degraded", ["syntax-error"])
        assert {"before", "after"} <= set(parsed.names("function"))

    def test_a_utf16_file_has_its_comments_and_long_texts(self, parser: Parser) -> None:
        text = "/** Größe. */\nfunction f(a  = 1,\n  b) { return g(" + "ü" * 500 + ").h(); }\n"
        parsed = parse_text(parser, "m.js", b"\xff\xfe" + text.encode("utf-16-le"), checked=False)
        (function,) = (row for row in parsed.rows("nodes") if row["kind"] == "function")
        assert function["docstring"] == "Größe."
        assert function["signature"] == "function f(a = 1, b)"
        assert parsed.rows("call_sites")[0]["receiver_text"] == "g(" + "ü" * 99 + "…"

    def test_a_file_with_nul_bytes_is_binary_and_skipped(self, parser: Parser) -> None:
        parsed = parse_text(parser, "m.py", b"def f(): ...\n\0")
        assert (parsed.status, parsed.codes, parsed.names()) == ("skipped", ["file-binary"], [])
        assert parsed.file["content_hash"] is not None

    def test_odd_line_ends_and_form_feeds_keep_lines_and_bytes_together(self, parser: Parser) -> None:
        parsed = parse_text(parser, "m.py", b"x = 1\r\n\x0cdef f():\r\n\tpass\r\n\r\rdef g(): pass")
        assert {"f", "x"} <= set(parsed.names())

    def test_an_empty_file_is_ok(self, parser: Parser) -> None:
        for content in (b"", b"\n", b"\xef\xbb\xbf", b"   ", b"\xff\xfe"):
            parsed = parse_text(parser, "m.py", content, checked=False)
            assert parsed.status == "ok"
            assert parsed.names("module") == ["m"]


class TestOddFiles:
    def test_a_file_over_the_limit_is_skipped_unread(self, parser: Parser, tmp_path: Path) -> None:
        path = tmp_path / "m.py"
        path.write_bytes(b"x = 1\n" * 1_000)
        parsed = parse_source(parser, on_disk(path, 6_000), max_file_bytes=5_999)
        assert (parsed.status, parsed.codes, parsed.names()) == ("skipped", ["file-too-large"], [])
        assert parsed.file["size"] == 6_000
        assert parse_source(parser, on_disk(path, 6_000), max_file_bytes=6_000).status == "ok"

    def test_a_text_over_the_limit_is_skipped(self, parser: Parser) -> None:
        parsed = parse_text(parser, "m.py", "x = 1\n", max_file_bytes=5)
        assert (parsed.status, parsed.codes) == ("skipped", ["file-too-large"])

    def test_a_file_that_grew_after_the_walk_is_judged_by_what_is_there(self, parser: Parser, tmp_path: Path) -> None:
        path = tmp_path / "m.py"
        path.write_bytes(b"x = 1\n" * 1_000)
        assert parse_source(parser, on_disk(path, 6), max_file_bytes=100).codes == ["file-too-large"]
        parsed = parse_source(parser, on_disk(path, 6))
        assert (parsed.status, parsed.file["size"]) == ("ok", 6_000)
        assert parsed.file["content_hash"] == blake3.blake3(path.read_bytes()).hexdigest()

    def test_a_vanished_file_failed_and_may_be_retried(self, parser: Parser, tmp_path: Path) -> None:
        parsed = parse_source(parser, on_disk(tmp_path / "gone.py"))
        assert (parsed.status, parsed.codes) == ("failed", ["file-vanished"])
        assert parsed.rows("diagnostics")[0]["category"] == "transient"

    @pytest.mark.parametrize("kind", ["fifo", "socket", "folder", "link", "dangling", "device"])
    def test_what_is_no_regular_file_is_skipped_without_blocking(
        self, parser: Parser, tmp_path: Path, kind: str
    ) -> None:
        path = tmp_path / "m.py"
        (tmp_path / "real.py").write_text("x = 1\n")
        with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as unix:
            match kind:
                case "fifo":
                    os.mkfifo(path)
                case "socket":
                    path = Path(short, "m.py")
                    unix.bind(str(path))
                case "folder":
                    path.mkdir()
                case "link":
                    path.symlink_to("real.py")
                case "dangling":
                    path.symlink_to("nowhere")
                case _:
                    path.symlink_to("/dev/zero")
            parsed = parse_source(parser, on_disk(path))
        assert (parsed.status, parsed.codes, parsed.names()) == ("skipped", ["file-not-regular"], [])

    @pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv")
    def test_an_unreadable_file_failed_for_good(self, parser: Parser) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            path = Path(folder, "m.py")
            path.write_text("x = 1\n")
            path.chmod(0)
            script = (
                "from pathlib import Path\n"
                "from tests.faults.test_input_content import on_disk, parse_source\n"
                "from codegraph_hookspecs.testing import installed_parsers\n"
                f"parser = next(one for one in installed_parsers() if one.name == {parser.name!r})\n"
                f"parsed = parse_source(parser, on_disk(Path({str(path)!r})))\n"
                "print(parsed.status, parsed.codes, parsed.rows('diagnostics')[0]['category'])\n"
            )
            done = subprocess.run(
                ["setpriv", "--reuid", "65534", "--clear-groups", sys.executable, "-B", "-c", script],
                capture_output=True,
                text=True,
                check=True,
                cwd=Path(__file__).parents[2],
            )
        assert done.stdout.strip() == "failed ['file-unreadable'] permanent"

    def test_one_odd_file_does_not_hurt_its_batch(self, parser: Parser, tmp_path: Path) -> None:
        contents = {"a.py": b"def a(): ...", "b.py": b"\0", "d.py": b"def (((", "e.py": b"def e(): ..."}
        for name, content in contents.items():
            (tmp_path / name).write_bytes(content)
        sources = [on_disk(tmp_path / name) for name in ("a.py", "b.py", "c.py", "d.py", "e.py")]
        session = parser.open([pack_of("m.py")], ParseOptions())
        tables = session.parse(sources).tables
        session.close()
        assert tables["files"]["status"].to_pylist() == ["ok", "skipped", "failed", "degraded", "ok"]
        assert tables["files"]["path"].to_pylist() == [source.path for source in sources]
        assert tables["diagnostics"]["file_path"].to_pylist() == ["b.py", "c.py", "d.py"]
        assert {"a", "e"} <= set(tables["nodes"]["name"].to_pylist())


NESTED = {
    "parentheses.py": "x = " + "(" * DEEP + "y" + ")" * DEEP,
    "lists.py": "x = " + "[" * DEEP + "y" + "]" * DEEP,
    "targets.py": "(" * DEEP + "y," + ")" * DEEP + " = 1",
    "patterns.py": "match x:\n case " + "[" * DEEP + "y" + "]" * DEEP + ": pass",
    "chain.py": "a" + ".b()" * DEEP,
    "attributes.py": "a" + ".b" * DEEP,
    "calls.py": "f(" * DEEP + ")" * DEEP,
    "subscripts.py": "x" + "[0]" * DEEP,
    "unary.py": "x = " + "-" * DEEP + "1",
    "booleans.py": "x = " + "a and " * DEEP + "1",
    "conditions.py": "x = " + "a if b else " * DEEP + "1",
    "elif.py": "if a: pass\n" + "elif a: pass\n" * DEEP,
    "decorators.py": "@a\n" * DEEP + "def f(): pass",
    "lambdas.py": "x = " + "lambda: " * DEEP + "1",
    "arrows.js": "x = " + "() => " * DEEP + "1",
    "functions.js": "(function(){" * DEEP + "})" * DEEP,
    "classes.js": "x = " + "class { y = " * DEEP + "1" + "}" * DEEP,
    "objects.js": "x = " + "{a:" * DEEP + "y" + "}" * DEEP,
    "blocks.js": "{let b;a;" * DEEP + "}" * DEEP,
    "else.js": "if(a){}else " * DEEP + "{}",
    "parameters.js": "function f(" + "[" * DEEP + "y" + "]" * DEEP + "){}",
    "assignments.js": "a = " * DEEP + "1",
    "markup.js": "x = " + "<a>" * DEEP + "</a>" * DEEP,
    "markup.tsx": "x = " + "<a>" * DEEP + "</a>" * DEEP,
    "generics.ts": "type X = " + "Array<" * DEEP + "y" + ">" * DEEP + ";",
    "namespaces.ts": "namespace a {" * DEEP + "}" * DEEP,
    "assertions.ts": "x = a" + "!" * DEEP,
}


@pytest.mark.parametrize("name", NESTED)
def test_ten_thousand_levels_are_walked(parser: Parser, name: str) -> None:
    parsed = parse_text(parser, name, NESTED[name] + "\n")
    if parsed.status != "ok":
        assert parsed.codes == ["nesting-too-deep"]
    assert sum(len(row["id"]) for row in parsed.rows("nodes")) < 3_000_000


def test_definitions_nested_too_deep_are_told_and_the_rest_is_kept(parser: Parser) -> None:
    text = (
        "".join(f"{'  ' * level}def f{level}():\n" for level in range(400)) + "  " * 400 + "pass\n\ndef after(): f0()\n"
    )
    parsed = parse_text(parser, "m.py", text)
    assert (parsed.status, parsed.codes) == ("degraded", ["nesting-too-deep"])
    assert {"f0", "f100", "after"} <= set(parsed.names("function"))
    assert "f399" not in parsed.names("function")
    assert [row["target"] for row in parsed.rows("uses")] == [1]


def test_a_name_of_half_a_megabyte_is_not_repeated(parser: Parser) -> None:
    parsed = parse_text(parser, "m.js", "class " + "x" * 500_000 + "{" + "m(){}" * 1_000 + "}")
    assert parsed.status == "ok"
    assert parsed.names("class") == ["<class1>"]
    assert sum(len(row["id"]) for row in parsed.rows("nodes")) < 100_000


@pytest.mark.parametrize("name", ["m.py", "m.js", "m.ts"])
def test_a_megabyte_on_one_line_is_parsed(parser: Parser, name: str) -> None:
    parsed = parse_text(parser, name, "x = [" + "1," * 500_000 + "]\n", checked=False, parse_timeout_s=60.0)
    assert (parsed.status, parsed.file["lines"]) == ("ok", 1)


def test_a_parse_over_its_deadline_keeps_the_module(parser: Parser) -> None:
    parsed = parse_text(parser, "m.py", "x = [" + "1," * 900_000 + "]\n", parse_timeout_s=0.001)
    assert (parsed.status, parsed.codes) == ("degraded", ["parse-timeout"])
    assert parsed.names() == ["m"]
    assert parsed.rows("files")[0]["content_hash"] is not None


class TestDamage:
    @staticmethod
    def outside(parsed: Parsed) -> set[str]:
        assert parsed.status == "degraded"
        assert "syntax-error" in parsed.codes
        assert parsed.file["parse_errors"] > 0
        return set(parsed.names())

    def test_a_merge_conflict_keeps_symbols_outside(self, parser: Parser) -> None:
        ours, theirs = "    return 1\n", "    return 2\n"
        text = (
            "def before():\n    pass\n\n\ndef torn():\n<<<<<<< HEAD\n" + ours + "=======\n" + theirs
            + ">>>>>>> branch\n\n\ndef after():\n    before()\n\n\nclass Kept:\n    def m(self): pass\n"
        )  # fmt: skip
        assert {"before", "after", "Kept", "m"} <= self.outside(parse_text(parser, "m.py", text))

    def test_a_merge_conflict_in_typescript_keeps_symbols_outside(self, parser: Parser) -> None:
        text = (
            "export function before() {}\nclass Kept {\n  a() {}\n<<<<<<< HEAD\n  b() {}\n=======\n  c() {}\n"
            ">>>>>>> branch\n  d() {}\n}\nexport function after() { before(); }\n"
        )
        assert {"before", "Kept", "a", "after"} <= self.outside(parse_text(parser, "m.ts", text))

    def test_a_merge_conflict_in_go_keeps_symbols_outside(self, parser: Parser) -> None:
        text = (
            "package p\n\nfunc before() {}\n\ntype Kept struct{ a int }\n\nfunc torn() int {\n<<<<<<< HEAD\n"
            "\treturn 1\n=======\n\treturn 2\n>>>>>>> branch\n}\n\nfunc (k *Kept) after() { before() }\n"
        )
        assert {"before", "Kept", "a", "after"} <= self.outside(parse_text(parser, "p/m.go", text))

    @pytest.mark.parametrize("name", ["m.py", "m.js", "p/m.go"])
    def test_a_truncated_file_keeps_what_was_whole(self, parser: Parser, name: str) -> None:
        whole = {
            "m.py": "def a():\n    return f(1)\n\n\nclass B:\n    def m(self):\n        return (1, [2,",
            "m.js": "function a() { return f(1); }\nclass B { m() { return [1, (2,",
            "p/m.go": "package p\n\nfunc a() int { return f(1) }\n\nfunc (b *B) m() { return g(1, (2,",
        }[name]
        parsed = parse_text(parser, name, whole)
        assert "a" in self.outside(parsed)
        assert "f" in [row["callee_text"] for row in parsed.rows("call_sites")]

    def test_every_truncation_of_a_file_parses(self, parser: Parser) -> None:
        text = (
            "class A(B):\n  '''d'''\n  @p\n  def m(self, x: int = f(1), *a):\n    self.y = [q for q in x]\n"
            "import a.b as c\n"
        )
        for end in range(len(text)):
            parse_text(parser, "m.py", text[:end])

    def test_the_diagnostic_points_at_the_first_error(self, parser: Parser) -> None:
        parsed = parse_text(parser, "m.py", "x = 1\ny = = 2\n")
        (row,) = parsed.rows("diagnostics")
        assert (row["stage"], row["category"], row["span"]["start_line"]) == ("parse", "permanent", 2)
