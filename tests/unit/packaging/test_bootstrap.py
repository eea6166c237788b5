"""The setup script finds a way to make an environment, and says so when there is none."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def bootstrap():
    spec = importlib.util.spec_from_file_location("codegraph_bootstrap", ROOT / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Machine:
    """Has some modules; commands succeed unless they name a module that fails."""

    def __init__(self, modules, failing=()):
        self.modules, self.failing, self.ran = set(modules), set(failing), []

    def has(self, module):
        return module in self.modules

    def run(self, command):
        self.ran.append(list(command))
        return int(any(word in self.failing for word in command))


@pytest.fixture
def make(bootstrap, monkeypatch, tmp_path):
    def make_on(machine):
        monkeypatch.setattr(bootstrap, "_has", machine.has)
        bootstrap.make_environment(tmp_path / "venv", runner=machine.run)
        return machine.ran

    return make_on


def test_venv_is_used_where_it_works(make, tmp_path):
    assert make(Machine({"venv", "ensurepip", "pip"})) == [
        [sys.executable, "-m", "venv", "--clear", str(tmp_path / "venv")]
    ]


def test_the_machines_own_pip_fills_an_environment_where_ensurepip_is_missing(make):
    bare, pip = make(Machine({"venv", "pip"}))
    assert bare[-1] == "--without-pip"
    assert pip[1:4] == ["-m", "pip", "--python"]


def test_virtualenv_is_the_last_way(make):
    ran = make(Machine({"venv", "ensurepip", "virtualenv"}, failing={"venv"}))
    assert [command[2] for command in ran] == ["venv", "virtualenv"]


def test_without_any_way_the_message_names_the_package_to_install(make, bootstrap):
    with pytest.raises(bootstrap.SetupError, match="python3-venv"):
        make(Machine({"venv"}))


def test_an_unknown_check_is_refused_before_anything_is_installed(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "set_up", lambda extras: pytest.fail("installed something"))
    assert bootstrap.main(["test", "no-such-check"]) == 3
    assert "ruff-check" in capsys.readouterr().err


def test_every_check_runs_though_one_fails_and_the_verdict_is_no(bootstrap, monkeypatch, capsys, tmp_path):
    ran = []
    (tmp_path / "Cargo.toml").write_text("")
    monkeypatch.setattr(bootstrap, "NATIVE", tmp_path)

    def run(command, **kwargs):
        ran.append(Path(command[0]).name)
        return int(ran[-1] == "mypy")

    monkeypatch.setattr(bootstrap, "set_up", lambda extras: None)
    monkeypatch.setattr(bootstrap, "_run", run)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    assert bootstrap.main(["test"]) == 1
    assert ran == ["ruff", "ruff", "mypy", "lint-imports", "pytest"]
    printed = capsys.readouterr().out
    assert "left out: no cargo" in printed
    assert "FAILED (1)" in printed


def test_without_cargo_the_message_names_the_engine_that_is_used(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "NATIVE", ROOT / "hookspecs")
    monkeypatch.setattr(bootstrap.Path, "is_file", lambda path: True)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    bootstrap.set_up_native({})
    assert "reference engine" in capsys.readouterr().out


def test_a_build_that_fails_is_shown_and_leaves_no_stamp(bootstrap, monkeypatch, capsys, tmp_path):
    (tmp_path / "Cargo.toml").write_text("")

    def fail(command, *, output):
        output.write("error: linker `cc` not found\n")
        return 1

    stamps = {"native": "an older build"}
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "NATIVE", tmp_path)
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr(bootstrap, "_run", fail)
    monkeypatch.setattr(bootstrap, "_toolchain", lambda: "cargo 1")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: "/bin/cargo")
    bootstrap.set_up_native(stamps)
    printed = capsys.readouterr().out
    assert "linker `cc` not found" in printed
    assert "reference engine" in printed
    assert stamps == {}
