"""`codegraph index` from outside: summary, progress, snapshots, failures."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from codegraph._internal.contracts.schemas import summary_schema
from tests.e2e.conftest import Cli


def check(schema, value, where="summary"):
    """Check a value against the parts of JSON Schema that `summary_schema` uses."""
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float)}
    assert isinstance(value, kinds[schema["type"]]), where
    assert value >= schema.get("minimum", value) if isinstance(value, (int, float)) else True, where
    for name in schema.get("required", ()):
        assert name in value, f"{where}.{name}"
    for name, inner in schema.get("properties", {}).items():
        check(inner, value[name], f"{where}.{name}")
    if isinstance(schema.get("additionalProperties"), dict):
        for name in value:
            check(schema["additionalProperties"], value[name], f"{where}.{name}")


def test_the_json_summary_has_every_key_of_its_contract(repository):
    summary = Cli(repository).json("index", ".")
    check(summary_schema(), summary)


def test_every_file_seen_is_accounted_for_and_each_that_is_not_ok_has_a_diagnostic(repository):
    cli = Cli(repository)
    files = cli.json("index", ".")["files"]
    assert files["seen"] == files["ok"] + files["degraded"] + files["skipped"] + files["failed"]
    assert files["degraded"] == 1
    assert files["skipped"] >= 1
    told = {row["file_path"] for row in cli.json("query", "diagnostics")["rows"]}
    odd = {row["path"] for row in cli.json("query", "files", "--where", "status!=ok")["rows"]}
    assert {"broken.py", "picture.py"} <= odd <= told


def test_ignored_files_are_not_seen(indexed):
    paths = {row["path"] for row in indexed.json("query", "files")["rows"]}
    assert "shop/basket.py" in paths
    assert "ignored/secret.py" not in paths


def test_the_summary_for_people_says_what_the_json_says(repository):
    cli = Cli(repository)
    printed = cli("index", ".").stdout
    summary = cli.json("status")["summary"]
    assert summary["snapshot_id"] in printed
    assert f"{summary['files']['seen']} seen = {summary['files']['ok']} ok + 1 degraded" in printed
    assert "lines/s" in printed
    assert "% unresolved" in printed


def test_a_second_run_finds_nothing_changed_and_keeps_the_snapshot(repository):
    cli = Cli(repository)
    first = cli.json("index", ".")["snapshot_id"]
    again = cli("index", ".")
    assert "Nothing changed" in again.stdout
    assert first in again.stdout
    assert len(cli.json("status")["snapshots"]) == 1


def test_a_change_makes_a_new_snapshot_with_the_old_as_its_parent(repository):
    cli = Cli(repository)
    first = cli.json("index", ".")["snapshot_id"]
    (repository / "shop" / "new.py").write_text("def fresh():\n    return 1\n")
    second = cli.json("index", ".")["snapshot_id"]
    assert second > first
    assert cli.json("query", "nodes", "--where", "name=fresh", "--where", "kind=function")["count"] == 1
    assert cli.json("query", "nodes", "--where", "name=fresh", "--snapshot", first)["count"] == 0


def test_progress_goes_to_standard_error_as_plain_lines_and_quiet_silences_both(repository):
    cli = Cli(repository)
    loud = cli("index", ".")
    assert "discovered" in loud.stderr
    assert "parse" in loud.stderr
    assert "\x1b" not in loud.stderr + loud.stdout
    quiet = cli("index", ".", "--quiet", "--mode", "full")
    assert (quiet.stdout, quiet.stderr) == ("", "")


def test_json_keeps_standard_output_to_one_object(repository):
    done = Cli(repository)("index", ".", "--json")
    json.loads(done.stdout)


@pytest.mark.parametrize("backend", ["python", "auto"])
def test_each_backend_says_which_engine_ran(repository, backend):
    summary = Cli(repository).json("index", ".", "--backend", backend)
    assert summary["backend"] in (["python"] if backend == "python" else ["python", "rust"])


def test_the_store_can_be_somewhere_else(repository, tmp_path):
    cli = Cli(repository)
    cli("index", ".", "--cache-dir", str(tmp_path / "store"), "--quiet")
    assert not (repository / ".codegraph").exists()
    assert cli.json("query", "files", "--cache-dir", str(tmp_path / "store"))["count"] > 0


def test_a_folder_without_source_is_indexed_and_the_emptiness_is_said(tmp_path):
    cli = Cli(tmp_path)
    assert "No file of a known language" in cli("index", ".").stdout
    assert cli("query", "nodes").stdout == "No rows.\n"


def test_a_path_that_is_no_directory_is_a_permanent_error_with_path_and_remedy(repository):
    done = Cli(repository)("index", "missing", code=3)
    assert "root-not-a-directory" in done.stderr
    assert "remedy:" in done.stderr


def test_a_wrong_setting_names_its_origin_and_the_allowed_values(repository):
    (repository / "codegraph.toml").write_text('backend = "rusty"\n')
    done = Cli(repository)("index", ".", code=3)
    assert "codegraph.toml:1" in done.stderr
    assert "auto" in done.stderr


def test_files_are_parsed_where_the_executor_option_says(repository):
    cli = Cli(repository)
    here, there = (cli.json("index", ".", "--mode", "full", "--executor", name) for name in ("threads", "processes"))
    assert there["executor"] == "processes"
    assert (there["files"], there["nodes"], there["edges"]) == (here["files"], here["nodes"], here["edges"])
    assert "'processes'" in cli("index", ".", "--executor", "proceses", code=3).stderr


def test_a_reader_that_stops_reading_is_no_error(indexed):
    command = f"{sys.executable} -m codegraph.cli query nodes --format jsonl | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=indexed.folder, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_an_output_that_knows_ascii_only_gets_escapes(repository):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    (repository / "größe.py").write_text("def länge(): return 1\n")
    for words in (["index", "."], ["query", "nodes"], ["query", "nodes", "--format", "csv"]):
        command = [sys.executable, "-m", "codegraph.cli", *words]
        subprocess.run(command, cwd=repository, env=environment, check=True, capture_output=True)


def test_ctrl_c_exits_130_and_leaves_the_old_snapshot(repository):
    cli = Cli(repository)
    first = cli.json("index", ".")["snapshot_id"]
    # Enough work for the signal to arrive in the middle of it.
    for number in range(400):
        body = "".join(f"def f{line}(a, b):\n    return g{line}(a) + b\n\n\n" for line in range(200))
        (repository / f"big_{number}.py").write_text(body)
    command = [sys.executable, "-m", "codegraph.cli", "index", ".", "--backend", "python"]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            assert any("discovered" in line for line in run.stderr)
            time.sleep(0.2)
            run.send_signal(signal.SIGINT)
            out, err = run.communicate(timeout=300)
        finally:
            run.kill()
    assert run.returncode == 130, err
    assert "previous snapshot" in err
    assert out == ""
    assert cli.json("status")["snapshot_id"] == first
    assert cli.json("query", "files", "--where", "path~^big_")["count"] == 0


def test_a_cache_that_cannot_be_written_is_told_with_its_path_and_a_remedy(repository):
    (repository / "file").write_text("in the way")
    done = Cli(repository)("index", ".", "--cache-dir", "file/store", code=5)
    assert "file/store" in done.stderr
    assert "remedy:" in done.stderr
