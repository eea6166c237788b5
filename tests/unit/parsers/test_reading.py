"""Opening files and finding their encoding."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codegraph_plugins.parsers.reference.reading import SourceText, Unreadable, detect_encoding, read_bytes, source_text


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"", "utf8"),
        (b"x = 1\n", "utf8"),
        ("é".encode(), "utf8"),
        (b"\xe9", "latin1"),
        (b"\xef\xbb\xbfx", "utf8"),
        (b"\xff\xfex\0", "utf16le"),
        (b"\xfe\xff\0x", "utf16be"),
        (b"x\0", None),
        (b"# coding: latin-1\n\xc3\xa9", "latin1"),
        (b"# -*- coding: Latin_1 -*-\n", "latin1"),
        (b"\n# vim: set fileencoding=iso-8859-1 :\n", "latin1"),
        (b"\n\n# coding: latin-1\n", "utf8"),
        (b"x = 1 # coding: latin-1\n", "utf8"),
        (b"# coding: utf-8\n\xe9", "latin1"),
        (b"# coding: no-such-codec\nx", "utf8"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "utf8"),
    ],
)
def test_the_encoding_is_that_of_the_mark_the_cookie_or_the_bytes(content: bytes, encoding: str | None) -> None:
    assert detect_encoding(content) == encoding


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), ("\ufeffa\nb".encode("utf-16-le"), 2)],
)
def test_lines_are_counted_with_or_without_a_last_line_end(content: bytes, lines: int) -> None:
    text = source_text(content)
    assert isinstance(text, SourceText)
    assert text.lines == lines


def test_a_slice_that_is_not_valid_becomes_replacement_characters() -> None:
    text = source_text("é".encode())
    assert isinstance(text, SourceText)
    assert text.decode(b"\xc3") == "\ufffd"


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_bytes(b"x = 1\n")
    (tmp_path / "folder").mkdir()
    assert read_bytes(os.fsencode(tmp_path / "m.py"), 100) == b"x = 1\n"
    assert isinstance(read_bytes(os.fsencode(tmp_path / "m.py"), 3), Unreadable)
    assert isinstance(read_bytes(os.fsencode(tmp_path / "folder"), 3), Unreadable)
    assert isinstance(read_bytes(os.fsencode(tmp_path / "gone"), 3), Unreadable)
    # Only those of this test: other tests' threads may close theirs meanwhile.
    links = (_target(descriptor) for descriptor in Path("/proc/self/fd").iterdir())
    assert not [target for target in links if target.startswith(os.fspath(tmp_path))]


def _target(descriptor: Path) -> str:
    try:
        return os.fspath(descriptor.readlink())
    except FileNotFoundError:  # closed since it was listed
        return ""


def test_a_name_of_any_bytes_is_opened(tmp_path: Path) -> None:
    location = os.fsencode(tmp_path) + b"/\xff\n.py"
    with open(location, "wb") as file:  # noqa: PTH123
        file.write(b"x")
    assert read_bytes(location, 10) == b"x"


def test_the_limit_holds_while_reading_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(b"x" * 50)
    monkeypatch.setattr(os, "read", lambda descriptor, count: b"y" * 30)
    read = read_bytes(os.fsencode(path), 60)
    assert isinstance(read, Unreadable)
    assert read.code == "file-too-large"


def test_an_error_while_reading_is_the_machines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(descriptor: int, count: int) -> bytes:
        raise OSError(5, "Input/output error")

    path = tmp_path / "m.py"
    path.write_bytes(b"x")
    monkeypatch.setattr(os, "read", broken)
    read = read_bytes(os.fsencode(path), 60)
    assert isinstance(read, Unreadable)
    assert (read.status, read.code, read.category) == ("failed", "file-unreadable", "infrastructure")
