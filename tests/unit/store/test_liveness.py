"""Leases and intents of processes that are gone are recognised."""

from __future__ import annotations

import subprocess
import sys

import attrs
import pytest

from codegraph._internal.store import liveness
from codegraph._internal.store.liveness import FOREIGN_HEARTBEAT_S, Holder, process_start, since_boot


def test_the_calling_process_lives() -> None:
    assert Holder.current().lives(since_boot())


def test_a_process_that_ended_does_not_live() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        holder = attrs.evolve(Holder.current(), pid=process.pid, start=process_start(process.pid) or "")
        assert holder.lives(since_boot())
        process.communicate(b"\n")
    assert not holder.lives(since_boot())


def test_a_reused_process_id_is_another_process() -> None:
    assert not attrs.evolve(Holder.current(), start="1").lives(since_boot())


def test_nothing_lives_across_a_reboot() -> None:
    assert not attrs.evolve(Holder.current(), boot="another").lives(since_boot())


def test_a_holder_in_another_container_lives_by_its_heartbeat() -> None:
    foreign = attrs.evolve(Holder.current(), namespace="pid:[1]")
    assert foreign.lives(since_boot())
    assert not foreign.lives(since_boot() - FOREIGN_HEARTBEAT_S - 1)


def test_without_proc_a_signal_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert liveness._signalled(process.pid) == ""
        process.communicate(b"\n")
    assert liveness._signalled(process.pid) is None
