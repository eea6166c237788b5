"""The list of trusted folders is its user's: what is on it, what is below it, and what is wrong with it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from codegraph import CodeGraph, ConfigError, IndexingConfig, PluginError
from codegraph._internal.settings.trusted import is_trusted, trust, trust_file, trusted_folders
from codegraph.cli.app import run
from codegraph_hookspecs import PluginInfo, hookimpl


@pytest.fixture(autouse=True)
def own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("CODEGRAPH_TRUSTED", raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "source" / "repository"
    root.mkdir(parents=True)
    (root / "a.py").write_text("x = 1\n")
    return root


def test_nothing_is_trusted_until_its_user_says_so(root: Path) -> None:
    assert (is_trusted(root), trusted_folders()) == (False, [])
    assert (trust(root), is_trusted(root), trust(root)) == (True, True, False)
    assert trusted_folders() == [root]
    assert trust_file().stat().st_mode & 0o077 == 0
    assert (trust(root, trusted=False), is_trusted(root)) == (True, False)


def test_what_lies_below_is_trusted_and_what_lies_beside_is_not(root: Path) -> None:
    trust(root)
    (root / "deep").mkdir()
    beside = root.with_name("repository-of-another")
    beside.mkdir()
    assert (is_trusted(root / "deep"), is_trusted(beside), is_trusted(root.parent)) == (True, False, False)


def test_a_link_is_what_it_leads_to(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (root / "link").symlink_to(other)
    trust(root)
    assert not is_trusted(root / "link")


def test_the_environment_names_folders_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEGRAPH_TRUSTED", os.pathsep.join(["", ".", str(root.parent)]))
    monkeypatch.chdir(root.parent.parent)
    assert is_trusted(root)
    assert not is_trusted(root.parent.parent)  # relative folders mean nothing


@pytest.mark.parametrize("text", ["{", "{}", "[1]", "\xff"])
def test_a_list_that_cannot_be_read_trusts_nothing_and_says_so(root: Path, text: str) -> None:
    trust_file().parent.mkdir(parents=True)
    trust_file().write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        is_trusted(root)
    assert caught.value.code == "config-unreadable"


def test_the_command_trusts_lists_and_forgets(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def printed(*words: str) -> dict[str, object]:
        assert run(["trust", *words, "--json"]) == 0
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    assert printed(str(root)) == {"root": str(root), "trusted": True, "changed": True, "folders": [str(root)]}
    assert printed("--list")["folders"] == [str(root)]
    assert printed("--remove", str(root)) == {"root": str(root), "trusted": False, "changed": True, "folders": []}
    assert run(["trust", str(root / "nowhere")]) == 2


class Runner:
    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        return PluginInfo(name="runner", version="1", optional=True, needs_trust=True)


def test_a_plugin_that_runs_programs_says_at_the_call_that_the_repository_is_not_trusted(root: Path) -> None:
    owner = CodeGraph(plugins=[Runner()])
    with pytest.raises(PluginError) as caught:
        owner.require_plugin("with_runner()", "runner", IndexingConfig(root_path=root))
    assert caught.value.code == "repository-not-trusted"
    assert "codegraph trust" in caught.value.remedy
    trust(root)
    owner.require_plugin("with_runner()", "runner", IndexingConfig(root_path=root))


def test_a_plugin_that_a_configuration_asks_for_is_left_out_where_nothing_is_trusted(root: Path) -> None:
    def errors() -> list[str]:
        config = IndexingConfig(root_path=root, plugins={"runner": {}}, mode="full")
        return [error.code for error in CodeGraph(config=config, plugins=[Runner()]).index().execute().errors]

    assert errors() == ["repository-not-trusted"]
    trust(root)
    assert errors() == []


def test_language_servers_are_off_until_the_repository_is_trusted(root: Path) -> None:
    result = CodeGraph().index(root)
    with pytest.raises(PluginError) as caught:
        result.with_lsp_types()
    assert caught.value.code == "repository-not-trusted"
    assert str(root) in caught.value.message
    assert not result.executed


def test_a_repository_s_own_file_cannot_ask_for_language_servers(root: Path) -> None:
    trust(root)
    (root / "codegraph.toml").write_text('[plugins.lsp-types]\nservers = {python = ["/bin/false"]}\n')
    with pytest.raises(ConfigError) as caught:
        CodeGraph().index(root).execute()
    assert caught.value.code == "config-not-allowed-in-file"
    (root / "codegraph.toml").write_text("[plugins.lsp-types]\n")
    summary = CodeGraph().index(root, mode="full").execute().summary
    assert not any(name.startswith("lsp:") for name in summary["edges"]["by_resolver"])
