"""Checkpoints: what a killed attempt did is not done again, and nothing that may differ is taken over."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from attrs import evolve

from codegraph import CodeGraph, CodeGraphError, IndexingConfig
from codegraph._internal.indexing import Indexer
from codegraph._internal.indexing.checkpoint_files import CheckpointWriter, read_checkpoint
from codegraph._internal.indexing.checkpoints import Checkpoints
from codegraph._internal.store.diff import SnapshotDiff
from codegraph._internal.store.held import HeldSnapshot
from codegraph_hookspecs import Stage, hookimpl


class Killed(Exception):  # noqa: N818
    """Stands for a kill right before the commit."""


class Attempt:
    """Runs an index with checkpoints and counts what was computed and restored."""

    def __init__(self, root: Path, **settings: object) -> None:
        self.config = IndexingConfig(root_path=root, mode="full", parallel_workers=1, **settings)
        self.computed: Counter[str] = Counter()
        self.restored: Counter[str] = Counter()

    def told(self, what: str, restored: bool) -> None:
        (self.restored if restored else self.computed)[what] += 1

    def run(self, *, die: bool = False, plugins: tuple[object, ...] = ()):
        self.computed.clear()
        self.restored.clear()

        def confirm() -> None:
            if die:
                raise Killed

        checkpoints = Checkpoints(self.config.store_path / "checkpoints", job="j1", confirm=confirm, told=self.told)
        result = Indexer(self.config, checkpoints=checkpoints, plugins=plugins).run()
        checkpoints.clear()
        return result

    def die(self, **more) -> None:
        with pytest.raises(Killed):
            self.run(die=True, **more)

    @property
    def files(self) -> list[Path]:
        return sorted((self.config.store_path / "checkpoints").iterdir())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for number in range(6):
        (folder / f"p{number}").mkdir(parents=True)
        (folder / f"p{number}" / "__init__.py").write_text("")
        (folder / f"p{number}" / "m.py").write_text(f"from p0.m import f0\n\ndef f{number}():\n    return f0()\n")
    (folder / "pyproject.toml").write_text('[project]\nname = "one"\ndependencies = ["attrs"]\n')
    return folder


def difference(config: IndexingConfig, snapshot_id: str, tmp_path: Path) -> dict[str, object]:
    fresh = Indexer(evolve(config, cache_dir=tmp_path / "fresh")).run()
    ours = HeldSnapshot.open(config, snapshot_id)
    assert fresh.held is not None
    with_changes = SnapshotDiff(ours, fresh.held).counts()
    ours.close()
    fresh.held.close()
    return {table: changes for table, changes in with_changes.items() if any(changes.values())}


def test_an_attempt_after_a_kill_takes_over_partitions_and_stages_and_gives_what_a_clean_run_gives(root, tmp_path):
    attempt = Attempt(root)
    attempt.die()
    assert attempt.computed["partitions"] == 1
    assert {"cross-file", "packages"} <= set(attempt.computed)
    kept = len(attempt.files)
    assert kept == sum(attempt.computed.values())
    result = attempt.run()
    assert not attempt.computed
    assert sum(attempt.restored.values()) == kept
    assert result.summary["job"] == "j1"
    assert attempt.files == []  # the job is done
    assert difference(attempt.config, result.snapshot_id, tmp_path) == {}
    result.held.close()


def test_an_incremental_attempt_after_a_kill_takes_over_what_was_parsed(root, tmp_path):
    attempt = Attempt(root)
    attempt.run()
    attempt.config = evolve(attempt.config, mode="incremental")
    for number in (1, 2):
        (root / f"p{number}" / "m.py").write_text(f"from p0.m import f0\n\ndef g{number}():\n    return f0()\n")
    attempt.die()
    assert (attempt.computed["partitions"], attempt.restored["partitions"]) == (1, 0)
    result = attempt.run()
    assert (attempt.computed["partitions"], attempt.restored["partitions"]) == (0, 1)
    assert (result.summary["mode_run"], result.summary["changes"]["modified"]) == ("incremental", 2)
    assert attempt.files == []
    assert not difference(attempt.config, result.snapshot_id, tmp_path)


def test_only_partitions_with_other_content_are_parsed_again(root, monkeypatch):
    monkeypatch.setattr("codegraph._internal.indexing.chunks.CHUNK_FILES", 4)
    attempt = Attempt(root)
    attempt.die()
    assert attempt.computed["partitions"] == 3
    (root / "p5" / "m.py").write_text("def f5():\n    return 5\n")
    attempt.die()
    assert (attempt.restored["partitions"], attempt.computed["partitions"]) == (2, 1)
    assert not {"cross-file"} & set(attempt.restored)


def test_settings_and_versions_of_plugins_and_stages_are_part_of_the_name(root):
    class Extra(Stage):
        name, layer, outputs, tables, version = "extra", "L90", ("extra",), ("metrics",), "1"

        def run(self, context):
            return ()

    class Plugin:
        @hookimpl
        def codegraph_stages(self):
            return [Extra()]

    attempt = Attempt(root)
    attempt.die()
    attempt.die(plugins=(Plugin(),))
    assert not attempt.restored
    attempt.die(plugins=(Plugin(),))
    assert attempt.restored["extra"] == 1
    Extra.version = "2"
    attempt.die(plugins=(Plugin(),))
    assert not attempt.restored
    other = Attempt(root, max_file_bytes=1_000_000)
    other.die()
    assert not other.restored


def test_what_a_stage_read_besides_its_inputs_is_asked_for_again(root, tmp_path):
    attempt = Attempt(root)
    attempt.die()
    (root / "pyproject.toml").write_text('[project]\nname = "two"\ndependencies = ["cattrs"]\n')
    result = attempt.run()
    assert "packages" in attempt.computed
    assert "cross-file" in attempt.restored
    assert difference(attempt.config, result.snapshot_id, tmp_path) == {}
    result.held.close()


def test_a_damaged_checkpoint_is_none(root):
    attempt = Attempt(root)
    attempt.die()
    for path in attempt.files:
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 0x40
        path.write_bytes(content)
    attempt.die()
    assert not attempt.restored


def test_what_failed_is_not_kept(root):
    (root / "secret.py").write_text("x = 1\n")
    attempt = Attempt(root)

    class Refusing:
        name, version, priority = "refusing", "1", 1_000

        def supports(self, pack):
            return True

        def open(self, packs, options):
            raise RuntimeError("not today")

    class Plugin:
        @hookimpl
        def codegraph_parsers(self):
            return [Refusing()]

    attempt.die(plugins=(Plugin(),))
    assert attempt.computed["partitions"] == 1
    assert attempt.files == []


def test_checkpoints_hold_batches_in_order_and_facts(tmp_path):
    path = tmp_path / "x.checkpoint"
    batches = [pa.record_batch({"a": pa.array([number]).dictionary_encode()}) for number in range(3)]
    with CheckpointWriter(path) as writer:
        for batch in batches:
            writer.add("t", batch)
        writer.facts = {"said": 1}
    kept = read_checkpoint(path)
    assert kept is not None
    assert kept.facts == {"said": 1}
    assert [(table, batch.to_pydict()) for table, batch in kept.rows] == [("t", {"a": [n]}) for n in range(3)]
    assert read_checkpoint(tmp_path / "missing") is None
    with pytest.raises(ValueError, match="broken"), CheckpointWriter(tmp_path / "y.checkpoint") as writer:
        raise ValueError("broken")
    assert [each.name for each in tmp_path.iterdir()] == ["x.checkpoint"]


def test_a_folder_that_cannot_be_written_costs_no_run(tmp_path):
    with CheckpointWriter(tmp_path / "nowhere" / "x") as writer:
        writer.add("t", pa.record_batch({"a": [1]}))
    assert read_checkpoint(tmp_path / "nowhere" / "x") is None


def test_an_index_imports_nothing_of_jobs(root):
    import subprocess
    import sys

    program = (
        "import sys; from codegraph import CodeGraph; CodeGraph().index(sys.argv[1]).execute();"
        "loaded = [n for n in sys.modules if n.split('.')[0] in ('dbos', 'sqlalchemy', 'psycopg', 'watchfiles')"
        " or 'jobs' in n.split('.') and n != 'codegraph_hookspecs.jobs' and n != 'codegraph_plugins.jobs'"
        " or n.endswith('.checkpoints')]; sys.exit(repr(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(root)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_errors_of_jobs_that_cannot_be_are_known_when_they_are_submitted(sqlite_url, root):
    with CodeGraph().jobs(sqlite_url) as jobs:
        for kind, settings, code in [
            ("dance", {}, "job-kind-unknown"),
            ("index", {"mode": "slow"}, "config-invalid"),
            ("index", {"modes": "full"}, "config-unknown-key"),
        ]:
            with pytest.raises(CodeGraphError) as raised:
                jobs.submit(root, kind, settings=settings)
            assert raised.value.code == code
        with pytest.raises(CodeGraphError) as raised:
            jobs.submit(root / "nowhere")
        assert raised.value.code == "root-not-a-directory"
        assert jobs.list() == []
