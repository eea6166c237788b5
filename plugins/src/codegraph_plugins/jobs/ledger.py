"""What DBOS does not keep: which workers live, and the log of every job. Two tables in the same database.

A worker counts as lost when its beat has not changed for a lease, by the clock of whoever looks: no two machines need
to agree on the time, and none may jump. A worker whose process is gone from this very machine is lost at once.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from codegraph.plugins import ProcessIdentity
from codegraph_hookspecs import JobEntry

SCHEMA: Final = "codegraph_jobs"
"""The PostgreSQL schema of everything; an SQLite file has none."""

_BUSY_MS: Final = 30_000


class Ledger:
    """Workers and logs.

    Args:
        url: SQLAlchemy URL of the database, in which the schema exists.
    """

    def __init__(self, url: sa.URL) -> None:
        self._sqlite = url.get_backend_name() == "sqlite"
        self.engine = sa.create_engine(url if self._sqlite else url.set(drivername="postgresql+psycopg"), pool_size=3)
        if self._sqlite:
            event.listen(self.engine, "connect", _prepare)
        metadata = sa.MetaData(schema=None if self._sqlite else SCHEMA)
        self.workers = sa.Table(
            "codegraph_workers",
            metadata,
            sa.Column("name", sa.Text, primary_key=True),
            sa.Column("beat", sa.BigInteger, nullable=False),
            sa.Column("host", sa.Text, nullable=False),
            sa.Column("pid", sa.BigInteger, nullable=False),
            sa.Column("start", sa.Text, nullable=False),
            sa.Column("boot", sa.Text, nullable=False),
            sa.Column("namespace", sa.Text, nullable=False),
            sa.Column("began_at", sa.Text, nullable=False),
        )
        self.entries = sa.Table(
            "codegraph_job_log",
            metadata,
            sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
            sa.Column("job", sa.Text, nullable=False, index=True),
            sa.Column("at", sa.Text, nullable=False),
            sa.Column("attempt", sa.Integer, nullable=False),
            sa.Column("worker", sa.Text, nullable=False),
            sa.Column("event", sa.Text, nullable=False),
            sa.Column("stage", sa.Text, nullable=False),
            sa.Column("seconds", sa.Float, nullable=False),
            sa.Column("facts", sa.JSON, nullable=False),
        )
        with self.engine.begin() as connection:
            if not self._sqlite:  # two that find no table would both make it
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('codegraph_jobs'))"))
            metadata.create_all(connection)

    def close(self) -> None:
        """Release connections."""
        self.engine.dispose()

    # -- workers -------------------------------------------------------------------------------------

    def enter(self, worker: str) -> None:
        """Note that a worker of this process lives; again after it was taken for lost."""
        me = ProcessIdentity.current()
        values = {
            "name": worker,
            "beat": 0,
            "host": socket.gethostname(),
            "pid": me.pid,
            "start": me.start,
            "boot": me.boot,
            "namespace": me.namespace,
            "began_at": now(),
        }
        with self.engine.begin() as connection:
            connection.execute(sa.delete(self.workers).where(self.workers.c.name == worker))
            connection.execute(sa.insert(self.workers).values(values))

    def beat(self, worker: str) -> bool:
        """Tell that a worker lives; False when the others took it for lost."""
        table = self.workers
        with self.engine.begin() as connection:
            done = connection.execute(sa.update(table).where(table.c.name == worker).values(beat=table.c.beat + 1))
            return done.rowcount == 1

    def leave(self, worker: str, beat: int | None = None) -> bool:
        """Strike a worker off; with a beat only if that is still its last. True if it was this call that did."""
        table = self.workers
        chosen = sa.delete(table).where(table.c.name == worker)
        if beat is not None:
            chosen = chosen.where(table.c.beat == beat)
        with self.engine.begin() as connection:
            return connection.execute(chosen).rowcount == 1

    def roll(self) -> dict[str, tuple[int, bool]]:
        """Return every worker's beat, and whether its process is known to be gone."""
        table = self.workers
        here = ProcessIdentity.current()
        with self.engine.begin() as connection:
            rows = connection.execute(sa.select(table)).all()
        found = {}
        for row in rows:
            known = (row.boot, row.namespace) == (here.boot, here.namespace) and bool(row.boot)
            process = ProcessIdentity(row.pid, row.start, row.boot, row.namespace)
            found[row.name] = (row.beat, known and not process.lives(0.0))
        return found

    # -- logs ----------------------------------------------------------------------------------------

    def write(self, job: str, entries: Sequence[JobEntry]) -> None:
        """Add lines to a job's log."""
        if not entries:
            return
        with self.engine.begin() as connection:
            connection.execute(sa.insert(self.entries), [{"job": job, **entry.to_dict()} for entry in entries])

    def read(self, job: str) -> list[JobEntry]:
        """Return a job's log, oldest first."""
        table = self.entries
        with self.engine.begin() as connection:
            rows = connection.execute(sa.select(table).where(table.c.job == job).order_by(table.c.number)).all()
        names = ("at", "attempt", "worker", "event", "stage", "seconds", "facts")
        return [JobEntry(**{name: getattr(row, name) for name in names}) for row in rows]

    def attempts(self, jobs: Sequence[str]) -> dict[str, int]:
        """Return how often each job was begun."""
        table = self.entries
        chosen = (
            sa.select(table.c.job, sa.func.count())
            .where(table.c.event == "started", table.c.job.in_(jobs))
            .group_by(table.c.job)
        )
        with self.engine.begin() as connection:
            counted: Mapping[str, int] = {row[0]: row[1] for row in connection.execute(chosen)}
        return {job: counted.get(job, 0) for job in jobs}


class Watch:
    """Says which workers are lost, from what one observer saw of their beats.

    Args:
        lease_s: How long a beat may stay what it was.
        clock: Seconds, never going back.
    """

    def __init__(self, lease_s: float, clock: Any = time.monotonic) -> None:
        self._lease_s = lease_s
        self._clock = clock
        self._seen: dict[str, tuple[int, float]] = {}

    def lost(self, roll: Mapping[str, tuple[int, bool]]) -> dict[str, int]:
        """Return the lost workers and the beat that each of them stopped at."""
        moment = self._clock()
        self._seen = {
            name: self._seen[name] if self._seen.get(name, (None,))[0] == beat else (beat, moment)
            for name, (beat, _gone) in roll.items()
        }
        return {
            name: beat for name, (beat, gone) in roll.items() if gone or moment - self._seen[name][1] > self._lease_s
        }


def now() -> str:
    """Return the present as UTC, ISO 8601 with milliseconds."""
    return stamp(int(time.time() * 1000))


def stamp(milliseconds: int) -> str:
    """Return milliseconds since 1970 as UTC, ISO 8601."""
    text = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def make_folder(url: sa.URL) -> None:
    """Make the folder of an SQLite file, for its owner alone."""
    if url.database and url.database != ":memory:":
        Path(url.database).expanduser().parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def _prepare(connection: Any, _record: Any) -> None:
    """Let readers and a writer work side by side; the mode stays with the file."""
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
