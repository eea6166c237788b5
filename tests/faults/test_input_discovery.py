"""Odd files and names: passed over with a reason, or taken as they are; never a crash."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegraph._internal.discovery import Discovery, discover, path_bytes, path_text
from codegraph._internal.discovery.languages import shebang_interpreter
from tests.unit.indexing.fakes import pack

PACKS = {
    "toy": pack("toy", ".toy", ".d.tt", shebangs=("toysh",), filenames=("Toyfile",)),
    "tt": pack("tt", ".tt"),
}


def find(root: Path, **values: object) -> Discovery:
    return discover(root, PACKS, **values)  # type: ignore[arg-type]


def paths(root: Path, **values: object) -> list[str]:
    return [source.path for source in find(root, **values).sources]


def put(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


class TestNames:
    def test_names_that_are_no_utf8_are_found_and_shown_escaped(self, tmp_path: Path) -> None:
        base = os.fsencode(tmp_path)
        for raw in (b"\xff.toy", b"\xc3\xa9.toy", b"back\\slash.toy", b"new\nline.toy", b"\\xff.toy"):
            with open(base + b"/" + raw, "wb"):  # noqa: PTH123
                pass
        found = find(tmp_path).sources
        assert [source.path for source in found] == [
            "\\\\xff.toy", "back\\\\slash.toy", "new\nline.toy", "é.toy", "\\xff.toy",
        ]  # fmt: skip
        assert [path_bytes(source.path) for source in found] == [source.location[len(base) + 1 :] for source in found]

    def test_names_that_differ_in_case_or_normal_form_stay_apart(self, tmp_path: Path) -> None:
        put(tmp_path, "A.toy", "a.toy", "\u00e9.toy", "e\u0301.toy")
        assert len(set(paths(tmp_path))) == 4

    @given(st.binary(max_size=40).filter(lambda raw: b"\0" not in raw), st.binary(max_size=40))
    def test_raw_and_text_are_one_to_one(self, one: bytes, other: bytes) -> None:
        assert path_bytes(path_text(one)) == one
        assert (path_text(one) == path_text(other)) == (one == other)
        path_text(one).encode("utf-8")

    @pytest.mark.parametrize("text", ["\\", "\\q", "\\x1", "a\\xZZ"])
    def test_a_text_that_is_no_path_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="stray backslash"):
            path_bytes(text)

    def test_the_order_is_that_of_raw_paths(self, tmp_path: Path) -> None:
        put(tmp_path, "a/z.toy", "a.toy", "a-b.toy", "B.toy", "a/b/c.toy")
        found = paths(tmp_path)
        assert found == sorted(found, key=str.encode) == ["B.toy", "a-b.toy", "a.toy", "a/b/c.toy", "a/z.toy"]


class TestOddEntries:
    def test_pipes_sockets_and_links_are_passed_over_with_a_reason(self, tmp_path: Path) -> None:
        put(tmp_path, "real.toy")
        os.mkfifo(tmp_path / "pipe.toy")
        (tmp_path / "link.toy").symlink_to("real.toy")
        (tmp_path / "zero.toy").symlink_to("/dev/zero")
        (tmp_path / "dangling.toy").symlink_to("nowhere")
        (tmp_path / "other.txt").symlink_to("real.toy")
        here = Path.cwd()
        os.chdir(tmp_path)
        try:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind("sock.toy")
        finally:
            os.chdir(here)
        found = find(tmp_path)
        assert [source.path for source in found.sources] == ["real.toy"]
        assert [(item.file_path, item.code) for item in found.diagnostics] == [
            ("dangling.toy", "symlink-skipped"), ("link.toy", "symlink-skipped"), ("pipe.toy", "not-a-regular-file"),
            ("sock.toy", "not-a-regular-file"), ("zero.toy", "symlink-skipped"),
        ]  # fmt: skip

    def test_links_to_folders_are_not_followed_out_or_around(self, tmp_path: Path) -> None:
        put(tmp_path, "repo/a.toy", "outside/secret.toy")
        (tmp_path / "repo/loop").symlink_to(".")
        (tmp_path / "repo/out").symlink_to("../outside")
        assert paths(tmp_path / "repo") == ["a.toy"]

    def test_a_link_named_gitignore_is_not_read(self, tmp_path: Path) -> None:
        put(tmp_path, "repo/a.toy")
        (tmp_path / "rules").write_text("*.toy\n")
        (tmp_path / "repo/.gitignore").symlink_to("../rules")
        assert paths(tmp_path / "repo") == ["a.toy"]

    def test_a_pipe_named_gitignore_does_not_hang(self, tmp_path: Path) -> None:
        put(tmp_path, "a.toy")
        os.mkfifo(tmp_path / ".gitignore")
        assert paths(tmp_path) == ["a.toy"]

    @pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
    def test_a_folder_that_cannot_be_listed_is_reported(self) -> None:
        with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to other users
            self._list_as_another_user(Path(folder))

    def _list_as_another_user(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        put(tmp_path, "open/a.toy", "shut/b.toy")
        (tmp_path / "shut").chmod(0)
        script = (
            "import os, sys; from tests.faults.test_input_discovery import find; from pathlib import Path\n"
            f"os.setuid(65534); found = find(Path({str(tmp_path)!r}))\n"
            "print([s.path for s in found.sources], [(d.file_path, d.code) for d in found.diagnostics])"
        )
        shown = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
        assert shown.strip() == "['open/a.toy'] [('shut', 'unreadable-directory')]"

    def test_deep_folders_are_walked_without_recursion(self, tmp_path: Path) -> None:
        deep = tmp_path
        for _ in range(700):
            deep = deep / "d"
        deep.mkdir(parents=True)
        (deep / "a.toy").write_text("")
        assert paths(tmp_path) == ["d/" * 700 + "a.toy"]


class TestChoice:
    def test_what_is_never_code_is_left_out_and_can_be_had_back(self, tmp_path: Path) -> None:
        put(tmp_path, "a.toy", "node_modules/x/b.toy", ".venv/c.toy", ".git/d.toy", ".codegraph/e.toy", ".hg/f.toy")
        assert paths(tmp_path) == ["a.toy"]
        assert paths(tmp_path, exclude=()) == [".venv/c.toy", "a.toy", "node_modules/x/b.toy"]

    def test_include_and_exclude_are_globs_and_exclude_is_stronger(self, tmp_path: Path) -> None:
        put(tmp_path, "src/a.toy", "src/gen/b.toy", "lib/c.toy", "d.toy")
        assert paths(tmp_path, include=["src/"]) == ["src/a.toy", "src/gen/b.toy"]
        assert paths(tmp_path, include=["*.toy", "!/lib/**"]) == ["d.toy", "src/a.toy", "src/gen/b.toy"]
        assert paths(tmp_path, include=["src"], exclude=["gen/"]) == ["src/a.toy"]

    def test_exclude_can_take_back_what_git_ignores(self, tmp_path: Path) -> None:
        put(tmp_path, "a.toy", "b.toy")
        (tmp_path / ".gitignore").write_text("*.toy\n")
        assert paths(tmp_path, exclude=["!a.toy"]) == ["a.toy"]

    def test_a_repository_inside_follows_its_own_rules_only(self, tmp_path: Path) -> None:
        put(tmp_path, "a.toy", "inner/a.toy", "inner/b.toy", "inner/.git/HEAD")
        (tmp_path / ".gitignore").write_text("/a.toy\na.toy\n")
        (tmp_path / "inner/.gitignore").write_text("b.toy\n")
        assert paths(tmp_path) == ["inner/a.toy"]

    def test_rules_above_the_root_hold_unless_they_ignore_the_root(self, tmp_path: Path) -> None:
        put(tmp_path, "src/a.toy", "src/b.toy", "build/c.toy", ".git/HEAD")
        (tmp_path / ".gitignore").write_text("b.toy\nbuild/\n/src/a.toy\n")
        assert paths(tmp_path / "src") == []
        assert paths(tmp_path / "build") == ["c.toy"]

    def test_a_worktree_finds_the_rules_of_its_repository(self, tmp_path: Path) -> None:
        put(tmp_path, "work/a.toy", "work/b.toy", "main/.git/worktrees/w/HEAD")
        put(tmp_path, "main/.git/info/exclude", text="b.toy\n")
        put(tmp_path, "main/.git/worktrees/w/commondir", text="../..\n")
        put(tmp_path, "work/.git", text=f"gitdir: {tmp_path}/main/.git/worktrees/w\n")
        assert paths(tmp_path / "work") == ["a.toy"]


class TestLanguages:
    def test_the_longest_extension_decides_then_the_name_then_the_first_line(self, tmp_path: Path) -> None:
        put(tmp_path, "a.tt", "a.d.tt", "A.TOY", "Toyfile", ".toy", "plain", "x.txt")
        put(tmp_path, "run", "runner", "not-executable", text="#!/usr/bin/env -S toysh -u\n")
        for name in ("run", "plain"):
            (tmp_path / name).chmod(0o755)
        found = find(tmp_path)
        assert {source.path: source.language for source in found.sources} == {
            "A.TOY": "toy", "Toyfile": "toy", "a.d.tt": "toy", "a.tt": "tt", "run": "toy",
        }  # fmt: skip
        assert found.other == 5

    @pytest.mark.parametrize(
        ("head", "interpreter"),
        [
            (b"#!/usr/bin/python3.11\n", "python3.11"), (b"#!/usr/bin/env python\nx", "python"),
            (b"#!/usr/bin/env -S FOO=1 node --x\n", "node"), (b"#! /bin/sh -e\n", "sh"),
            (b"# no", None), (b"#!\n", None),
            (b"#!/usr/bin/env\n", None), (b"", None),
        ],
    )  # fmt: skip
    def test_the_interpreter_is_read_from_the_first_line(self, head: bytes, interpreter: str | None) -> None:
        assert shebang_interpreter(head) == interpreter
