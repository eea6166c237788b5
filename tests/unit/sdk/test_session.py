"""Sessions: one snapshot to read, changes to commit, computed from bytes and not from the disk."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegraph import (
    CodeGraph,
    ConflictError,
    EdgeQuery,
    Graph,
    IndexingError,
    IndexResult,
    Jobs,
    NodeQuery,
    Prefetched,
    Query,
    Session,
    SnapshotDiff,
    Snapshots,
    SqlQuery,
    StorageError,
    TableQuery,
    Watcher,
)
from codegraph._internal.query.results import Results
from tests.graph_rows import full_index, graph_rows

FILES = {
    "app/__init__.py": b"",
    "app/prices.py": b"def with_tax(price):\n    return price * 2\n",
    "app/shop.py": b"from app.prices import with_tax\n\n\ndef total(prices):\n    return sum(map(with_tax, prices))\n",
    "web/main.ts": b"import { helper } from '@/helper';\nexport const x = helper();\n",
    "web/helper.ts": b"export function helper() { return 1; }\n",
    "web/tsconfig.json": b'{"compilerOptions": {"paths": {"@/*": ["./*"]}}}',
    "broken.py": b"def (:\n",
    "binary.py": b"a\0b",
}
NEW = b"from app.shop import total\n\n\ndef report():\n    return total([1])\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    full_index(root, FILES).close()
    return root


@pytest.fixture
def session(repository: Path) -> Iterator[Session]:
    with CodeGraph().session(repository) as opened:
        yield opened


def names(session: Session) -> set[str]:
    return {node.fqn for node in session.nodes().filter(kind="function")}


def equal_to_full_index(session: Session, folder: Path, files: dict[str, bytes]) -> None:
    with full_index(folder, files) as expected:
        assert graph_rows(session) == graph_rows(expected)


def test_a_session_reads_its_snapshot_whatever_others_commit_and_the_disk_holds(
    repository: Path, session: Session
) -> None:
    before, rows = session.snapshot_id, graph_rows(session)
    (repository / "app/prices.py").write_bytes(b"def without_tax(): ...\n")
    CodeGraph().index(repository).execute()
    with CodeGraph().session(repository) as other:
        other.add_change("app/shop.py", "")
        other.commit()
    assert (session.snapshot_id, graph_rows(session)) == (before, rows)
    assert session.source("app/prices.py") == FILES["app/prices.py"]
    found: list[dict[str, list[str]]] = []
    threads = [threading.Thread(target=lambda: found.append(graph_rows(session))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [rows] * 3


def test_another_process_reads_the_same_rows_from_the_same_snapshot(repository: Path, session: Session) -> None:
    for number in range(3):  # without the session's lease its snapshot would be old enough to go
        with CodeGraph().session(repository) as other:
            other.add_change("app/prices.py", f"x = {number}\n")
            other.commit()
    script = (
        "import sys, json; from codegraph import CodeGraph; from tests.graph_rows import graph_rows\n"
        "print(json.dumps(graph_rows(CodeGraph().open(sys.argv[1], snapshot_id=sys.argv[2]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(repository), session.snapshot_id],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert json.loads(done.stdout) == graph_rows(session)


def test_changes_show_in_queries_after_the_commit_and_in_pending_at_once(session: Session, tmp_path: Path) -> None:
    before = session.snapshot_id
    session.add_file("app/report.py", NEW)
    session.update_file("app/prices.py", "def with_tax(price, rate):\n    return price * rate\n")
    session.remove_file("broken.py")
    session.remove_file("web/helper.ts")
    assert [(change.path, change.kind) for change in session.changes()] == [
        ("app/prices.py", "updated"),
        ("app/report.py", "added"),
        ("broken.py", "removed"),
        ("web/helper.ts", "removed"),
    ]
    assert "app.report.report" not in names(session)
    assert session.pending("app/report.py") == NEW
    assert session.pending("broken.py") is None
    assert session.pending("app/shop.py") == FILES["app/shop.py"]
    after = session.commit()
    assert after == session.snapshot_id > before
    assert session.changes() == []
    assert "app.report.report" in names(session)
    files = {**FILES, "app/report.py": NEW}
    files["app/prices.py"] = b"def with_tax(price, rate):\n    return price * rate\n"
    del files["broken.py"], files["web/helper.ts"]
    equal_to_full_index(session, tmp_path / "expected", files)


def test_a_commit_takes_nothing_from_the_disk(repository: Path, session: Session, tmp_path: Path) -> None:
    for path in FILES:
        (repository / path).unlink()
    (repository / "app/stray.py").write_bytes(b"def stray(): ...\n")
    (repository / "app/gone").mkdir()
    session.add_change("app/report.py", NEW)
    session.commit()
    equal_to_full_index(session, tmp_path / "expected", {**FILES, "app/report.py": NEW})


def test_project_files_are_those_of_the_snapshot_and_can_be_changed(repository: Path, session: Session) -> None:
    def imported() -> set[str]:
        return {edge.target_id for edge in session.edges().filter(kind="imports", file_path="web/main.ts")}

    assert "web.helper@ts" in imported()
    (repository / "web/tsconfig.json").write_bytes(b"{}")
    session.add_change("app/report.py", NEW)
    session.commit()
    assert "web.helper@ts" in imported()
    session.update_file("web/tsconfig.json")
    session.commit()
    assert "web.helper@ts" not in imported()
    session.remove_file("web/tsconfig.json")
    session.commit()
    assert "web.helper@ts" not in imported()


def test_what_lies_in_a_folder_besides_sources_is_that_of_the_snapshot(
    repository: Path, session: Session, tmp_path: Path
) -> None:
    others = {
        "web/style.css": b"a {}\n",
        "web/deep/data.json": b"{}\n",
        ".gitignore": b"web/ignored.js\n",
        "web/ignored.js": b"",
    }
    text = (
        "import './style.css';\nimport './deep/data.json';\nimport './ignored';\nimport './helper';\nimport './none';\n"
    )
    for path, content in others.items():
        (repository / path).parent.mkdir(exist_ok=True)
        (repository / path).write_bytes(content)
    CodeGraph().index(repository).execute()
    session.refresh()
    (repository / "web/style.css").unlink()
    session.add_change("web/main.ts", text)
    session.remove_file("web/helper.ts")
    session.add_change("web/more/new.ts", "import '../style.css';\nimport './gone.css';\n")
    session.commit()
    session.add_change("web/more/other.ts", "import './new';\nimport './gone';\n")
    session.commit()
    found = sorted(finding.message for finding in session.custom_results("unresolved-import"))
    assert [message.split("'")[1] for message in found] == ["./gone", "./gone.css", "./helper", "./none"]
    files = {
        **FILES,
        **others,
        "web/main.ts": text.encode(),
        "web/more/other.ts": b"import './new';\nimport './gone';\n",
    }
    files["web/more/new.ts"] = b"import '../style.css';\nimport './gone.css';\n"
    del files["web/helper.ts"]
    equal_to_full_index(session, tmp_path / "expected", files)


def test_without_content_the_disk_is_read_at_the_call(repository: Path, session: Session) -> None:
    (repository / "app/report.py").write_bytes(NEW)
    session.add_file("app/report.py")
    (repository / "app/report.py").unlink()
    session.update_file(repository / "app/prices.py")
    session.commit()
    assert "app.report.report" in names(session)
    assert session.source("app/report.py") == NEW


def test_an_index_after_a_session_takes_the_disk_again(repository: Path, session: Session, tmp_path: Path) -> None:
    session.add_change("app/report.py", NEW)
    session.commit()
    again = CodeGraph().index(repository).execute()
    assert again.changed
    with full_index(tmp_path / "expected", FILES) as expected:
        assert graph_rows(again) == graph_rows(expected)


class TestEdits:
    def test_ranges_are_replaced_in_the_text_with_the_changes_so_far(self, session: Session) -> None:
        session.add_change("app/prices.py", "with_vat", start_byte=4, end_byte=12)
        session.add_change("app/prices.py", "# é\n", start_byte=0)
        assert session.pending("app/prices.py") == "# é\ndef with_vat(price):\n    return price * 2\n".encode()
        session.commit()
        assert "app.prices.with_vat" in names(session)

    @pytest.mark.parametrize(("start", "end"), [(-1, 0), (3, 2), (0, 10_000), (None, 3)])
    def test_a_range_outside_the_file_is_refused(self, session: Session, start: int | None, end: int) -> None:
        with pytest.raises(IndexingError) as caught:
            session.add_change("app/prices.py", "x", start_byte=start, end_byte=end)
        assert (caught.value.code, session.changes()) == ("session-edit-invalid", [])

    def test_text_that_is_no_utf_8_is_refused_and_bytes_are_taken(self, session: Session) -> None:
        with pytest.raises(IndexingError) as caught:
            session.add_change("app/prices.py", "x = '\udcff'\n")
        assert caught.value.code == "session-edit-invalid"
        session.add_change("app/prices.py", b"x = '\xff'\n")
        session.commit()
        assert session.source("app/prices.py") == b"x = '\xff'\n"

    def test_a_range_of_a_file_that_is_not_there_is_refused(self, session: Session) -> None:
        with pytest.raises(IndexingError) as caught:
            session.add_change("app/none.py", "x", start_byte=0)
        assert caught.value.code == "session-file-missing"


class TestFiles:
    def test_what_is_there_is_not_added_and_what_is_not_there_not_changed(self, session: Session) -> None:
        with pytest.raises(IndexingError) as caught:
            session.add_file("app/prices.py", "")
        assert caught.value.code == "session-file-exists"
        for call in (session.remove_file, session.update_file):
            with pytest.raises(IndexingError) as caught:
                call("app/none.py")
            assert caught.value.code == "session-file-missing"
        session.add_file("app/none.py", "")
        with pytest.raises(IndexingError):
            session.add_file("app/none.py", "")
        session.remove_file("app/none.py")
        session.remove_file("app/prices.py")
        session.add_file("app/prices.py", "y = 1\n")
        assert [(change.path, change.kind) for change in session.changes()] == [("app/prices.py", "updated")]

    @pytest.mark.parametrize("path", ["", ".", "..", "../x.py", "/etc/passwd", "a/../../x.py", "a\0b"])
    def test_a_path_outside_the_repository_is_refused(self, session: Session, path: str) -> None:
        with pytest.raises(IndexingError) as caught:
            session.add_change(path, "")
        assert caught.value.code == "session-path-invalid"

    def test_a_link_or_a_file_that_is_too_large_is_not_read(self, repository: Path, tmp_path: Path) -> None:
        (tmp_path / "outside.py").write_bytes(b"secret = 1\n")
        (repository / "link.py").symlink_to(tmp_path / "outside.py")
        (repository / "large.py").write_bytes(b"#" * 2_000_001)
        with CodeGraph().session(repository) as session:
            for path in ("link.py", "large.py", "nothing.py", "app"):
                with pytest.raises(IndexingError) as caught:
                    session.add_file(path)
                assert caught.value.code == "session-file-unreadable"

    def test_paths_may_be_absolute_and_raw(self, repository: Path, session: Session) -> None:
        session.add_change(repository / "app" / "report.py", NEW)
        session.add_change(os.fsdecode(b"caf\xe9.py"), "z = 1\n")
        session.add_change("./app//x.py", "")
        assert [change.path for change in session.changes()] == ["app/report.py", "app/x.py", "caf\\xe9.py"]
        session.commit()
        assert session.source("caf\\xe9.py") == b"z = 1\n"

    def test_a_file_without_an_extension_is_known_by_its_first_line(self, session: Session) -> None:
        session.add_change("run", "#!/usr/bin/env python3\ndef started(): ...\n")
        session.add_change("README", "nothing\n")
        session.commit()
        assert "run.started" in names(session)
        assert session.files().filter(path="README").count() == 0


class TestConflicts:
    def test_disjoint_changes_are_rebased_on_the_newest_snapshot(
        self, repository: Path, session: Session, tmp_path: Path
    ) -> None:
        with CodeGraph().session(repository) as other:
            other.update_file("app/prices.py", "def with_vat(): ...\n")
            other.commit()
        session.add_file("app/report.py", NEW)
        session.commit()
        files = {**FILES, "app/report.py": NEW, "app/prices.py": b"def with_vat(): ...\n"}
        equal_to_full_index(session, tmp_path / "expected", files)

    def test_the_same_file_is_a_conflict_that_names_it_and_changes_nothing(
        self, repository: Path, session: Session
    ) -> None:
        with CodeGraph().session(repository) as other:
            other.update_file("app/prices.py", "one = 1\n")
            head = other.commit()
        session.update_file("app/prices.py", "two = 2\n")
        before = session.snapshot_id
        with pytest.raises(ConflictError) as caught:
            session.commit()
        assert (caught.value.code, caught.value.is_retryable()) == ("commit-conflict", True)
        assert caught.value.context["files"] == ["app/prices.py"]
        assert (session.snapshot_id, len(session.changes())) == (before, 1)
        session.rollback()
        assert session.refresh() == head
        assert session.source("app/prices.py") == b"one = 1\n"
        session.update_file("app/prices.py", "two = 2\n")
        assert session.commit() > head

    @pytest.mark.parametrize("read", ["app/prices.py", "app/*.py", "**/*.py"])
    def test_a_file_of_the_read_set_is_a_conflict_too(self, repository: Path, read: str) -> None:
        with CodeGraph().session(repository, reads=[read]) as session:
            with CodeGraph().session(repository) as other:
                other.remove_file("app/prices.py")
                other.commit()
            session.add_change("app/report.py", NEW)
            with pytest.raises(ConflictError) as caught:
                session.commit()
            assert caught.value.context["files"] == ["app/prices.py"]

    def test_a_glob_of_the_read_set_covers_new_files(self, repository: Path, session: Session) -> None:
        session.read_set("app/**")
        with CodeGraph().session(repository) as other:
            other.add_file("app/new.py", "")
            other.commit()
        session.add_change("web/other.ts", "")
        with pytest.raises(ConflictError):
            session.commit()

    def test_an_index_in_between_conflicts_only_where_files_differ(self, repository: Path, session: Session) -> None:
        CodeGraph().index(repository, mode="full").execute()
        session.update_file("app/prices.py", "one = 1\n")
        session.commit()
        (repository / "app/shop.py").write_bytes(b"other = 1\n")
        with CodeGraph().session(repository) as second:
            CodeGraph().index(repository).execute()
            second.update_file("app/shop.py", "two = 2\n")
            with pytest.raises(ConflictError):
                second.commit()

    def test_what_a_snapshot_read_of_a_project_file_is_compared_too(self, repository: Path, session: Session) -> None:
        session.read_set("web/tsconfig.json")
        with CodeGraph().session(repository) as other:
            other.update_file("web/tsconfig.json", "{}")
            other.commit()
        session.add_change("app/report.py", NEW)
        with pytest.raises(ConflictError) as caught:
            session.commit()
        assert caught.value.context["files"] == ["web/tsconfig.json"]

    def test_a_lock_guards_what_a_read_set_cannot(self, repository: Path, session: Session) -> None:
        with (
            CodeGraph().session(repository) as other,
            session.lock("numbers"),
            pytest.raises(StorageError) as caught,
            other.lock("numbers", timeout_s=0.01),
        ):
            pass
        assert (caught.value.code, str(caught.value.category)) == ("lock-timeout", "transient")

    def test_sessions_in_many_threads_lose_no_update(self, repository: Path) -> None:
        failures: list[BaseException] = []

        def work(number: int) -> None:
            try:
                with CodeGraph().session(repository) as session:
                    session.add_file(f"many/m{number}.py", f"def m{number}(): ...\n")
                    session.commit()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        with CodeGraph().session(repository) as session:
            assert {f"many.m{number}.m{number}" for number in range(4)} <= names(session)


class TestPreview:
    def test_a_preview_is_the_graph_that_the_commit_makes(self, session: Session, tmp_path: Path) -> None:
        before = session.snapshot_id
        session.add_file("app/report.py", NEW)
        session.remove_file("broken.py")
        with session.preview() as preview:
            rows = graph_rows(preview)
            assert preview.source("app/report.py") == NEW
            assert preview.query().nodes().filter(fqn="app.report.report").callees().count() > 0
        assert (session.snapshot_id, len(session.changes())) == (before, 2)
        session.commit()
        assert graph_rows(session) == rows
        files = {path: content for path, content in FILES.items() if path != "broken.py"}
        equal_to_full_index(session, tmp_path / "expected", {**files, "app/report.py": NEW})

    def test_a_preview_leaves_nothing_behind(self, repository: Path, session: Session) -> None:
        folder = repository / ".codegraph/tmp"
        (folder / "preview-4194305-x").mkdir(parents=True)  # of a process that was killed: no pid is that large
        (folder / "preview-other").mkdir()
        session.add_file("app/report.py", NEW)
        preview = session.preview()
        assert [path.name.partition("-x")[0] for path in folder.glob("preview-4194305*")] == []
        preview.close()
        with pytest.raises(StorageError):
            preview.nodes().count()
        query = session.preview().nodes()
        assert query.count() > 0
        del query
        gc.collect()
        assert [path.name for path in folder.iterdir()] == ["preview-other"]

    def test_a_preview_that_fails_leaves_nothing_behind(
        self, repository: Path, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from codegraph._internal.indexing.stored import SnapshotSources

        def refuse(*_: object) -> None:
            raise IndexingError("no", code="source-missing")

        monkeypatch.setattr(SnapshotSources, "find", refuse)
        session.add_file("app/report.py", NEW)
        with pytest.raises(IndexingError):
            session.preview()
        assert list((repository / ".codegraph/tmp").iterdir()) == []


class TestEnd:
    def test_an_exception_discards_the_changes(self, repository: Path) -> None:
        def work() -> None:
            with CodeGraph().session(repository) as session:
                session.add_change("app/report.py", NEW)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            work()
        with CodeGraph().session(repository) as again:
            assert "app.report.report" not in names(again)

    def test_without_changes_nothing_is_committed(self, session: Session) -> None:
        before = session.snapshot_id
        session.add_change("app/report.py", NEW)
        session.rollback()
        assert (session.changes(), session.commit()) == ([], before)

    def test_a_closed_session_reads_what_it_committed_and_takes_no_changes(self, repository: Path) -> None:
        with CodeGraph().session(repository) as session:
            session.add_file("later.py", "def later(): ...\n")
            committed = session.commit()
            query = session.nodes().filter(kind="function")
        with CodeGraph().session(repository) as other:
            other.remove_file("later.py")
            other.commit()
        assert session.snapshot_id == committed
        assert "later.later" in names(session)
        assert session.sql("SELECT count(*) AS n FROM nodes WHERE fqn = 'later.later'").execute() == [{"n": 1}]
        assert session.source("later.py") == b"def later(): ...\n"
        session.close()
        session.close()
        for call in (session.commit, session.changes, session.rollback, session.refresh):
            with pytest.raises(StorageError) as caught:
                call()
            assert caught.value.code == "session-closed"
        with pytest.raises(StorageError):
            query.count()

    def test_queries_over_the_old_snapshot_stay_after_a_commit(self, session: Session) -> None:
        query = session.nodes().filter(fqn="app.report.report")
        session.add_change("app/report.py", NEW)
        session.commit()
        assert (query.count(), session.nodes().filter(fqn="app.report.report").count()) == (0, 1)

    def test_refresh_wants_no_changes(self, session: Session) -> None:
        session.add_change("app/report.py", NEW)
        with pytest.raises(IndexingError) as caught:
            session.refresh()
        assert caught.value.code == "session-has-changes"

    def test_after_an_error_of_the_machine_the_session_is_invalid(
        self, session: Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from codegraph._internal.store.segment_writer import SegmentWriter

        def refuse(*_: object) -> None:
            raise StorageError("The disk refused.", code="storage-io")

        monkeypatch.setattr(SegmentWriter, "seal", refuse)
        monkeypatch.setattr("codegraph._internal.indexing.indexer._POLL_S", 60.0)
        monkeypatch.setattr("time.sleep", lambda _: None)
        before = session.snapshot_id
        session.add_change("app/report.py", NEW)
        with pytest.raises(StorageError) as caught:
            session.commit()
        assert caught.value.context["attempts"] == 2
        monkeypatch.undo()
        for call in (session.commit, session.rollback):
            with pytest.raises(StorageError) as caught:
                call()
            assert caught.value.code == "session-invalid"
        assert session.snapshot_id == before

    def test_a_snapshot_without_the_bytes_cannot_be_changed(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from codegraph._internal.indexing.tables import RunTables

        store = RunTables.store

        def forgetful(self: RunTables, transaction: Any, table: str, rows: Any) -> None:
            if table != "sources":
                store(self, transaction, table, rows)

        monkeypatch.setattr(RunTables, "store", forgetful)
        CodeGraph().index(repository, mode="full").execute()
        monkeypatch.undo()
        with CodeGraph().session(repository) as session:
            session.add_change("app/report.py", NEW)
            with pytest.raises(IndexingError) as caught:
                session.commit()
            assert caught.value.code == "source-missing"

    def test_a_repository_without_an_index_is_indexed(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_bytes(b"def f(): ...\n")
        with CodeGraph().session(tmp_path) as session:
            assert names(session) == {"a.f"}


class TestAsync:
    def test_every_call_has_a_twin(self, repository: Path) -> None:
        async def work() -> set[str]:
            async with CodeGraph().asession(repository, reads=["app/*.py"]) as session:
                await session.aadd_file("app/report.py", NEW)
                await session.aupdate_file("app/prices.py", "one = 1\n")
                await session.aadd_change("app/prices.py", "two", start_byte=0, end_byte=3)
                assert await session.apending("app/prices.py") == b"two = 1\n"
                await session.aremove_file("broken.py")
                committed = await session.acommit()
                await session.aadd_change("x.py", "")
                await session.arollback()
                assert await session.arefresh() == committed
                assert await session.asource("app/prices.py") == b"two = 1\n"
                (view,) = await session.ashow("app.report.report")
                assert view.source_state == "ok"
                assert (await session.amodule_graph()).modules
                async with session.alock("numbers"):
                    with pytest.raises(StorageError):
                        session.lock("numbers", timeout_s=0).__enter__()
                async with session.alock("numbers"):
                    await session.aadd_file("later.py", "def later(): ...\n")
                assert len(await session.achanges()) == 1
                async with await session.apreview() as preview:
                    assert preview.nodes().filter(fqn="later.later").exists()
                return {node.fqn for node in await session.afind_symbol("report.report")}

        assert asyncio.run(work()) == {"app.report.report"}

    def test_a_cancelled_commit_leaves_the_session_and_the_head_as_they_were(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from codegraph._internal.indexing.stored import SnapshotSources

        started, cancelled = threading.Event(), threading.Event()
        load = SnapshotSources.load

        def slow(self: SnapshotSources, sources: Any) -> Any:
            started.set()
            cancelled.wait(60)
            return load(self, sources)

        monkeypatch.setattr(SnapshotSources, "load", slow)

        async def work() -> None:
            async with CodeGraph().asession(repository) as session:
                before = session.snapshot_id
                await session.aadd_change("app/report.py", NEW)
                task = asyncio.create_task(session.acommit())
                await asyncio.to_thread(started.wait)
                task.cancel()
                await asyncio.sleep(0)
                cancelled.set()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert (session.snapshot_id, len(session.changes())) == (before, 1)
                assert (await CodeGraph().aopen(repository)).snapshot_id == before
                monkeypatch.undo()
                assert await session.acommit() > before

        asyncio.run(work())

    def test_a_commit_that_is_cancelled_while_it_is_written_ends_and_says_so(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from codegraph._internal.store.catalog import Catalog

        writing, cancelled = threading.Event(), threading.Event()
        commit = Catalog.commit

        def slow(self: Catalog, *arguments: Any) -> Any:
            writing.set()
            cancelled.wait(60)
            return commit(self, *arguments)

        monkeypatch.setattr(Catalog, "commit", slow)

        async def work() -> None:
            async with CodeGraph().asession(repository) as session:
                before = session.snapshot_id
                assert session.last_commit is None
                await session.aadd_change("app/report.py", NEW)
                task = asyncio.create_task(session.acommit())
                await asyncio.to_thread(writing.wait)
                task.cancel()
                await asyncio.sleep(0)
                cancelled.set()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert session.last_commit is not None
                assert session.last_commit > before
                assert (session.snapshot_id, session.changes()) == (session.last_commit, [])
                assert (await CodeGraph().aopen(repository)).snapshot_id == session.last_commit

        asyncio.run(work())

    def test_an_opened_session_is_awaited_or_entered(self, repository: Path) -> None:
        async def work() -> None:
            session = await CodeGraph().asession(repository)
            assert (await CodeGraph().aquery(repository)).nodes().count() == session.nodes().count()
            await session.aclose()
            with pytest.raises(StorageError):
                session.changes()

        asyncio.run(work())

    def test_every_call_that_reads_or_writes_has_a_twin_with_its_arguments(self) -> None:
        building = {"filter", "exclude", "order_by", "limit", "offset", "select", "distinct", "aggregate", "over",
                    "callers", "callees", "neighbors", "path_to", "prefetch", "similar_to"}  # fmt: skip
        at_once = {
            "CodeGraph": {"register_analyzer", "run", "indexer", "require_plugin", "watcher", "hold"},
            # Queries and SQL are lazy: their own methods read, and have twins.
            "Graph": {"query", "sql", "nodes", "edges", "call_sites", "imports", "files", "diagnostics", "findings",
                      "metrics", "occurrences", "stale"},  # `stale` looks at the summary
            "Session": {"read_set"},
            "IndexResult": {"parallel", "backend", "mode", *(each for each in vars(IndexResult) if "with_" in each)},
            "SnapshotDiff": {"tables", "schema"},  # of what the two snapshots hold in memory
            "Watcher": {"events"},  # for tasks, too
        }  # fmt: skip
        named_otherwise = {"batches": "astream", "wait": "await_end"}
        for owner in (
            CodeGraph, Graph, Session, IndexResult, Snapshots, SnapshotDiff, Watcher, Jobs,
            Query, NodeQuery, EdgeQuery, TableQuery, SqlQuery, Prefetched,
        ):  # fmt: skip
            calls = {
                name: getattr(owner, name)
                for name in (dir(owner) if issubclass(owner, Results) else vars(owner))
                if name[0] != "_" and inspect.isfunction(inspect.getattr_static(owner, name))
            }
            twins = {name for name in calls if name[0] == "a" and hasattr(owner, name[1:])}
            twins |= {twin for name, twin in named_otherwise.items() if name in calls}
            for name in calls.keys() - twins - at_once.get(owner.__name__, building):
                twin = getattr(owner, f"a{name}", None) or getattr(owner, named_otherwise.get(name, ""), None)
                assert twin is not None, f"{owner.__name__}.{name}"
                mine, its = (list(inspect.signature(each).parameters) for each in (calls[name], twin))
                # `execute` streams or not; those who await have a call for each.
                assert mine == its or name == "execute", f"{owner.__name__}.{name}"
