"""Databases for tests of jobs: an SQLite file each, and a database each on a PostgreSQL server that runs."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVER = os.environ.get("CODEGRAPH_TEST_POSTGRES", "postgresql://root@127.0.0.1/test")
"""A database on a server where this user may make others; tests against PostgreSQL are skipped where none answers."""


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state' / 'jobs.sqlite'}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    psycopg = pytest.importorskip("psycopg")
    try:
        connection = psycopg.connect(SERVER, autocommit=True, connect_timeout=30)
    except psycopg.OperationalError as error:
        reason = str(error).splitlines()[0]
        pytest.skip(f"no PostgreSQL at CODEGRAPH_TEST_POSTGRES={SERVER}: {reason}")
    name = f"codegraph_test_{secrets.token_hex(4)}"
    with connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{SERVER.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))
