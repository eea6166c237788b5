"""`codegraph jobs`, as a user calls it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from codegraph.cli.app import run


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "lib.py").write_text("def helper(n):\n    return n\n")
    monkeypatch.setenv("CODEGRAPH_JOBS_URL", f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    return tmp_path / "repository"


def told(capsys, *words):
    code = run(["jobs", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def work(*words):
    command = [sys.executable, "-m", "codegraph.cli", "jobs", "worker", "--until-empty", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_job_is_submitted_done_and_shown(root, capsys):
    assert run(["jobs", "submit", str(root), "--mode", "full", "--key", "k"]) == 0
    job = capsys.readouterr().out.strip()
    assert told(capsys, "submit", str(root), "--key", "k")[1]["job"]["id"] == job
    done = work("--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"done": 1})
    code, facts = told(capsys, "show", job)
    assert (code, facts["job"]["state"], facts["job"]["attempts"]) == (0, "completed", 1)
    assert [entry["event"] for entry in facts["log"]][:1] == ["started"]
    assert {entry["stage"] for entry in facts["log"]} >= {"parse", "cross-file", "commit"}
    assert run(["jobs", "show", job]) == 0
    shown = capsys.readouterr().out
    assert facts["job"]["result"]["snapshot_id"] in shown
    assert "partitions (restored 0, computed 1)" in shown
    assert run(["jobs", "list"]) == 0
    assert job in capsys.readouterr().out
    code, facts = told(capsys, "retry", job)
    assert (code, facts["error"]["code"]) == (3, "job-state")


def test_jobs_are_cancelled_retried_and_listed_by_state(root, capsys):
    job = told(capsys, "submit", str(root))[1]["job"]["id"]
    assert run(["jobs", "cancel", job]) == 0
    assert capsys.readouterr().out.strip() == f"{job} cancelled"
    assert told(capsys, "list", "--state", "queued")[1] == {"jobs": []}
    assert [each["id"] for each in told(capsys, "list", "--state", "cancelled")[1]["jobs"]] == [job]
    assert told(capsys, "retry", job)[1]["job"]["state"] == "queued"
    assert run(["jobs", "cancel", job, "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["jobs", "submit", str(root / "nowhere")]) == 3


def test_mistakes_have_exit_codes(root, capsys, monkeypatch):
    assert told(capsys, "show", "nothing")[0] == 3
    assert told(capsys, "submit", str(root), "--sink", "scip")[0] == 2
    assert told(capsys, "list", "--state", "lost")[0] == 2
    code, facts = told(capsys, "list", "--url", "postgresql://nobody@127.0.0.1:1/nothing")
    assert (code, facts["error"]["code"]) == (5, "job-store-unreachable")
    monkeypatch.setitem(sys.modules, "dbos", None)
    monkeypatch.delitem(sys.modules, "codegraph_plugins.jobs.board", raising=False)
    monkeypatch.delitem(sys.modules, "codegraph_plugins.jobs.records", raising=False)
    code, facts = told(capsys, "list")
    assert (code, facts["error"]["code"]) == (3, "dependency-missing")
    assert "codegraph-framework[jobs]" in facts["error"]["context"]["remedy"]
