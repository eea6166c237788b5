"""Progress: plain lines without a terminal, bars with rate and remaining time on one."""

import os
import pty
import select
import subprocess
import sys
from types import SimpleNamespace

import pytest

from codegraph._internal.indexing.events import Event
from codegraph.cli import progress as module
from codegraph.cli.progress import Progress

EVENTS = [
    Event(kind="discovered", done=200, total=200, unit="files"),
    Event(kind="stage_started", stage="parse", total=200, unit="files"),
    Event(kind="progress", stage="parse", done=50, total=200, unit="files"),
    Event(kind="progress", stage="parse", done=200, total=200, unit="files"),
    Event(kind="stage_finished", stage="parse", seconds=0.5),
    Event(kind="stage_failed", stage="clo\x1bnes", data={"message": "it broke"}),
    Event(kind="plugin_disabled", stage="bad", data={"reason": "raised ValueError"}),
    Event(kind="committed", data={"snapshot_id": "s"}),
]


def show(events, **options):
    with Progress(**options) as progress:
        for event in events:
            progress.on_event(event)


def test_a_stage_is_told_once_when_it_is_done_with_amount_time_and_rate(capsys, monkeypatch):
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 100.0))
    show(EVENTS)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "discovered 200 files",
        "parse: 200 files, 0.50 s, 400/s",
        "clo\\x1bnes failed: it broke",
        "plugin bad is disabled: raised ValueError",
    ]


def test_a_long_stage_is_told_with_rate_and_remaining_time_while_it_runs(capsys, monkeypatch):
    clock = iter([100.0, 101.0, 104.0, 105.0])
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    show(
        [
            Event(kind="stage_started", stage="parse", total=1000, unit="files"),
            Event(kind="progress", stage="parse", done=100, total=1000, unit="files"),
            Event(kind="progress", stage="parse", done=200, total=1000, unit="files"),
            Event(kind="progress", stage="parse", done=250, total=1000, unit="files"),
        ]
    )
    assert capsys.readouterr().err.splitlines() == ["parse: 200/1 000 files, 50/s, 16 s left"]


def test_a_stage_that_counts_without_a_unit_is_told_without_one(capsys, monkeypatch):
    clock = iter([100.0, 101.0, 104.0])
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    show(
        [
            Event(kind="stage_started", stage="link", total=1000),
            Event(kind="progress", stage="link", done=100, total=1000),
            Event(kind="progress", stage="link", done=200, total=1000),
            Event(kind="stage_finished", stage="link", seconds=5.0),
        ]
    )
    assert capsys.readouterr().err.splitlines() == ["link: 200/1 000, 50/s, 16 s left", "link: 200, 5.00 s, 40/s"]


def test_quiet_shows_nothing(capsys):
    show(EVENTS, quiet=True)
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_a_terminal_shows_bars_and_escapes_names():
    script = (
        "import time\n"
        "from tests.unit.cli.test_progress import EVENTS, show\n"
        "from codegraph.cli.progress import Progress\n"
        "with Progress() as progress:\n"
        "    for event in EVENTS:\n"
        "        progress.on_event(event)\n"
        "        time.sleep(0.05)\n"
    )
    primary, secondary = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    child = subprocess.Popen(
        [sys.executable, "-c", script], stderr=secondary, env=environment, cwd=str(__file__).rpartition("/tests/")[0]
    )
    os.close(secondary)
    shown = b""
    while select.select([primary], [], [], 120)[0]:
        try:
            chunk = os.read(primary, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(primary)
    assert child.wait(timeout=120) == 0
    text = shown.decode()
    assert "200/200 files" in text
    assert "ETA" in text
    assert "clo\\x1bnes failed: it broke" in text
