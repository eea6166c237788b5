"""Jobs while their workers are killed and stopped past their lease: each has its effect exactly once."""

from __future__ import annotations

import json
import os

import pytest

from tests.faults.job_chaos import run
from tests.unit.jobs.conftest import postgres_url, sqlite_url

__all__ = ["postgres_url", "sqlite_url"]

SEED = int(os.environ.get("CODEGRAPH_SEED", "20"))
SMOKE = {"lease_s": 2.0, "seed": SEED, "pause_s": (0.05, 0.2), "most": 3, "busy_only": True}


def check(outcome, capsys):
    with capsys.disabled():
        print(f"\n{json.dumps(outcome.to_dict())}")
    assert dict(outcome.states) == {"completed": outcome.jobs}
    assert dict(outcome.snapshots) == {1: outcome.jobs}
    assert outcome.named == outcome.jobs


def test_every_job_has_its_effect_once_on_sqlite(tmp_path, sqlite_url, capsys):
    check(run(tmp_path / "r", sqlite_url, jobs=8, workers=2, **SMOKE), capsys)


def test_every_job_has_its_effect_once_on_postgresql(tmp_path, postgres_url, capsys):
    check(run(tmp_path / "r", postgres_url, jobs=12, workers=2, **SMOKE), capsys)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_thousand_jobs_on_postgresql(tmp_path, postgres_url, capsys):
    check(run(tmp_path / "r", postgres_url, jobs=1_000, workers=4, seed=SEED, pause_s=(2.0, 6.0)), capsys)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_thousand_jobs_on_sqlite(tmp_path, sqlite_url, capsys):
    check(run(tmp_path / "r", sqlite_url, jobs=1_000, workers=2, seed=SEED, pause_s=(2.0, 6.0)), capsys)
