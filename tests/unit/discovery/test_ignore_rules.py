"""Our ignore rules give git's answers: differential tests against the real git."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegraph._internal.discovery import discover, parse_rules
from tests.unit.indexing.fakes import pack

PACKS = {"toy": pack("toy", ".toy")}


def git(folder: Path, *arguments: str) -> bytes:
    environment = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    command = ["git", "-c", "core.excludesFile=", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True).stdout


def listed_by_git(folder: Path) -> list[str]:
    raw = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted(name.decode() for name in raw.split(b"\0") if name.endswith(b".toy"))


def listed_by_us(folder: Path) -> list[str]:
    return [source.path for source in discover(folder, PACKS, exclude=()).sources]


segment = st.sampled_from(["a", "b", "ab", "foo", "bar", "a.toy", "b.toy", "foo.toy", "x y", "é"])
file_paths = st.lists(segment, min_size=1, max_size=4).map(
    lambda parts: "/".join([*parts[:-1], parts[-1].removesuffix(".toy") + ".toy"])
)
atoms = st.sampled_from(
    ["a", "b", "foo", "bar", ".toy", "*", "**", "?", "/", "/", "[ab]", "[!a]", "[^b]", "[a-f]", "[]a]", "[[:alpha:]]",
     "[[:foo:]]", "[a", "[", "]", "\\", "\\*", "\\ ", " ", "é", "x y", "-", "[a-]", "[\\]]",
     "\\!", "\\#", "**/", "/**", "."]
)  # fmt: skip
patterns = st.lists(atoms, min_size=1, max_size=6).map("".join)
rule_lines = st.tuples(
    st.sampled_from(["", "", "", "!", "#", "/"]), patterns, st.sampled_from(["", "", "/", " ", "\r"])
).map("".join)
rule_files = st.lists(rule_lines, max_size=5).map("\n".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("git")
    git(folder, "init", "-q")
    return folder


class TestAgainstGit:
    @settings(
        max_examples=250,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(
        files=st.lists(file_paths, min_size=1, max_size=8, unique=True),
        root_rules=rule_files,
        inner=st.dictionaries(st.sampled_from(["a", "b", "foo", "foo/a", "ab/foo"]), rule_files, max_size=2),
        excluded=rule_files,
    )
    def test_files_kept_are_those_that_git_lists(
        self, repository: Path, files: list[str], root_rules: str, inner: dict[str, str], excluded: str
    ) -> None:
        work = repository
        for entry in work.iterdir():
            if entry.name != ".git":
                subprocess.run(["rm", "-rf", "--", str(entry)], check=True)
        for name in files:
            path = work / name
            if any(parent.is_file() for parent in path.parents) or path.is_dir():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        (work / ".gitignore").write_bytes(root_rules.encode())
        for folder, rules in inner.items():
            if (work / folder).is_dir():
                (work / folder / ".gitignore").write_bytes(rules.encode())
        (work / ".git/info/exclude").write_bytes(excluded.encode())
        assert listed_by_us(work) == listed_by_git(work)

    @settings(
        max_examples=300,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(rules=rule_files, path=st.lists(segment, min_size=1, max_size=4).map("/".join))
    def test_one_path_is_ignored_exactly_when_check_ignore_says_so(
        self, repository: Path, rules: str, path: str
    ) -> None:
        (repository / ".gitignore").write_bytes(rules.encode())
        (repository / ".git/info/exclude").write_bytes(b"")
        asked = subprocess.run(
            ["git", "-c", "core.excludesFile=", "check-ignore", "-q", "--no-index", "--", path],
            cwd=repository, check=False, capture_output=True,
        )  # fmt: skip
        ruleset = parse_rules(rules.encode())
        parts = path.encode().split(b"/")
        ignored = False
        for depth, name in enumerate(parts, start=1):
            whole = b"/".join(parts[:depth])
            on_disk = repository / whole.decode()
            verdict = ruleset.verdict(name, whole, depth < len(parts) or on_disk.is_dir()) if ruleset else None
            if verdict:
                ignored = True
                break
        assert ignored == (asked.returncode == 0)


@pytest.mark.parametrize(
    ("rules", "name", "ignored"),
    [
        (b"*.toy\n!keep.toy\n", b"keep.toy", False),
        (b"!keep.toy\n*.toy\n", b"keep.toy", True),
        (b"\xef\xbb\xbffoo.toy\n", b"foo.toy", True),
        (b"foo.toy\r\n", b"foo.toy", True),
        (b"foo.toy   \n", b"foo.toy", True),
        (b"foo\\ \n", b"foo ", True),
        (b"foo.toy", b"foo.toy", True),
        (b"\\#x\n", b"#x", True),
        (b"#x\n", b"#x", False),
        (b"\\!x\n", b"!x", True),
        (b"foo/\n", b"foo", False),
    ],
)
def test_a_line_is_read_as_git_reads_it(rules: bytes, name: bytes, ignored: bool) -> None:
    ruleset = parse_rules(rules)
    assert bool(ruleset and ruleset.verdict(name, name, False)) is ignored


@pytest.mark.parametrize("pattern", [b"*a" * 40 + b"b", b"**/a*/" * 20 + b"b", b"/x/" + b"*a*a*a*" * 12 + b"b"])
def test_hostile_patterns_take_no_exponential_time(pattern: bytes) -> None:
    ruleset = parse_rules(pattern)
    assert ruleset is not None
    began = time.thread_time()
    ruleset.verdict(b"a" * 255, b"x/" + b"a" * 255, False)
    ruleset.verdict(b"a", b"/".join([b"a" * 20] * 100), False)
    assert time.thread_time() - began < 60  # milliseconds; where it tries all ways, more than a life
