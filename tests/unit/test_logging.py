"""Logs go to stderr, are silent below warnings, and hold neither secrets nor source text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from codegraph._internal.logging import configure_logging, get_logger, redact
from codegraph_hookspecs import ConfigError


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    yield
    configure_logging(level="warning")


def test_silent_by_default_and_structlog_is_not_even_imported() -> None:
    code = (
        "import sys; from codegraph._internal.logging import get_logger; get_logger('x').info('hello', n=1); "
        "print('structlog' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("False", "")


def test_a_line_is_json_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="info", json=True)
    get_logger("store").info("committed", rows=3)
    shown = capsys.readouterr()
    line = json.loads(shown.err)
    assert (line["event"], line["rows"], line["logger"], line["level"], shown.out) == (
        "committed",
        3,
        "store",
        "info",
        "",
    )


@pytest.mark.parametrize("name", ["password", "api_key", "apikey", "auth_token", "source", "file_content", "docstring"])
def test_values_that_may_be_secret_or_source_are_hidden(name: str) -> None:
    assert redact(None, "info", {"event": "e", name: "x"})[name] == "[redacted]"


def test_values_are_made_harmless() -> None:
    given = {
        "event": "a\nb\x1b[31m",
        "url": "https://user:pw@host/x",
        "raw": b"abc",
        "long": "x" * 900,
        "resource": "kept",
    }
    event = redact(None, "info", given)
    assert event["event"] == "a b [31m"
    assert event["url"] == "https://[redacted]@host/x"
    assert event["raw"] == "[3 bytes]"
    assert len(event["long"]) == 501
    assert event["resource"] == "kept"


def test_an_unknown_level_is_an_error() -> None:
    with pytest.raises(ConfigError, match="loud"):
        configure_logging(level="loud")
