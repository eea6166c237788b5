"""The command tree: help, usage errors, exit codes, start-up cost."""

import json
import os
import resource
import subprocess
import sys

import pytest

from codegraph.cli import failures, main
from codegraph.cli.app import COMMANDS, build_app
from codegraph_hookspecs import CodeGraphError, ErrorCategory

HELP_CPU_LIMIT_S = 0.4
HELP_MODULES_LIMIT = 290  # 227 with Python 3.11


def test_help_lists_every_command_and_the_exit_codes(capsys):
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in COMMANDS)
    assert "5 infrastructure" in printed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples_and_the_common_options(name, capsys):
    assert main([name, "--help"]) == 0
    printed = capsys.readouterr().out
    assert COMMANDS[name] in printed
    assert f"  codegraph {name}" in printed


@pytest.mark.parametrize(
    "words",
    [
        ["index"],
        ["query"],
        ["show"],
        ["status"],
        ["plugins", "list"],
        ["pipeline", "show"],
        ["config", "show"],
        ["schema"],
    ],
)
def test_every_command_takes_json_quiet_and_cache_dir(words, capsys):
    assert main([*words, "--help"]) == 0
    printed = capsys.readouterr().out
    assert all(option in printed for option in ("--json", "--quiet", "--cache-dir"))


def test_no_example_line_is_wider_than_a_terminal():
    app = build_app()
    epilogues = [str(app.help_epilogue), *(str(app[name].help_epilogue) for name in COMMANDS)]
    assert max(len(line) for text in epilogues for line in text.splitlines()) <= 80


@pytest.mark.parametrize(
    "words", [["--bogus"], ["querry"], ["index", "--workers", "many"], ["query"], ["query", "nodes", "--format", "xml"]]
)
def test_a_wrong_command_line_exits_2_and_says_what_is_wrong(words, capsys):
    assert main(words) == failures.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error[usage]" in captured.err
    assert "--help" in captured.err


def test_a_wrong_command_line_with_json_prints_one_object(capsys):
    assert main(["query", "--json", "--bogus"]) == failures.USAGE
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_version_prints_the_version_alone(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_help_loads_few_modules():
    """What it costs, in a unit that is the same on every machine; `bench` tests measure seconds."""
    script = "import sys\nfrom codegraph.cli import main\nmain(['--help'])\nprint(len(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert int(done.stderr) <= HELP_MODULES_LIMIT


@pytest.mark.bench
def test_help_starts_within_its_cpu_budget():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    runs = 3
    for _ in range(runs):
        subprocess.run([sys.executable, "-m", "codegraph.cli", "--help"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / runs
    assert used <= HELP_CPU_LIMIT_S


@pytest.mark.parametrize("words", [["--help"], ["query", "--help"]])
def test_help_imports_neither_arrow_nor_the_kernel(words):
    script = (
        "import sys\nfrom codegraph.cli import main\n"
        f"main({words!r})\n"
        "heavy = {'pyarrow', 'numpy', 'tree_sitter', 'rustworkx', 'codegraph_hookspecs', 'codegraph._internal.store'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


LISTING = """
import sys
import codegraph_hookspecs
from codegraph._internal.plugin_host import PluginHost
states = {record.name: record.state for record in PluginHost.load().plugins()}
assert "stage-cross-file" in states and set(states.values()) == {"enabled"}, states
print(sorted({"pyarrow", "numpy", "tree_sitter", "rustworkx"} & set(sys.modules)))
codegraph_hookspecs.TABLES
assert "pyarrow" in sys.modules
"""


def test_finding_and_checking_the_installed_plugins_imports_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", LISTING], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("category", "code"),
    [(ErrorCategory.PERMANENT, 3), (ErrorCategory.TRANSIENT, 4), (ErrorCategory.INFRASTRUCTURE, 5)],
)
def test_an_error_exits_with_its_categorys_code_and_tells_code_path_and_remedy(category, code, capsys):
    error = CodeGraphError(
        "It broke.", code="it-broke", category=category, context={"path": "a\x1bb", "remedy": "Mend it.", "line": 3}
    )
    assert failures.report(error, as_json=False) == code
    assert capsys.readouterr().err.splitlines() == [
        "error[it-broke]: It broke.",
        "  line: 3",
        "  path: a\\x1bb",
        "  remedy: Mend it.",
    ]


def test_an_error_with_json_is_an_object_on_standard_output(capsys):
    assert failures.report(CodeGraphError("It broke.", code="it-broke"), as_json=True) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"] == {
        "code": "it-broke",
        "category": "permanent",
        "message": "It broke.",
        "context": {},
    }
    assert captured.err == ""


def test_a_difference_between_engines_is_the_commands_own_no(capsys):
    report = {"rows": {"nodes": 3}, "total_differences": 1}
    error = CodeGraphError("They differ.", code="parity-difference", context={"parity": report})
    assert failures.report(error, as_json=True) == failures.NO
    assert json.loads(capsys.readouterr().out)["error"]["context"]["parity"] == report


def test_a_refusal_of_the_system_is_an_infrastructure_error(capsys):
    assert failures.report(OSError(28, "No space left on device", "/x"), as_json=False) == 5
    printed = capsys.readouterr().err
    assert "error[system-error]" in printed
    assert "No space left" in printed


def test_a_defect_is_told_without_a_traceback_unless_asked_for(capsys, monkeypatch):
    assert failures.report(ValueError("odd"), as_json=False) == 3
    printed = capsys.readouterr().err
    assert "error[internal-error]: ValueError: odd" in printed
    assert "Traceback" not in printed
    monkeypatch.setenv("CODEGRAPH_DEBUG", "1")
    failures.report(ValueError("odd"), as_json=False)
    assert "ValueError: odd" in capsys.readouterr().err


def test_an_interrupt_exits_130(capsys):
    assert failures.report_interrupt(as_json=False) == 130
    printed = capsys.readouterr().err
    assert "error[cancelled]" in printed
    assert "previous snapshot" in printed


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m codegraph.cli schema config --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=dict(os.environ), check=False)
    assert (done.returncode, done.stderr) == (0, "")
