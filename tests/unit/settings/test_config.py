"""IndexingConfig 1.1 and the layers its values come from."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from codegraph._internal.settings import IndexingConfig, config_schema, load_settings
from codegraph._internal.settings.config import setting_names
from codegraph._internal.settings.lines import key_lines
from codegraph._internal.settings.trust import repository_say
from codegraph_hookspecs import ConfigError


class TestIndexingConfig:
    def test_defaults_are_those_of_the_contract(self, tmp_path: Path) -> None:
        config = IndexingConfig(root_path=tmp_path)
        assert (config.mode, config.enable_taint, config.enable_repomap, config.enable_smt) == (
            "smart",
            True,
            True,
            False,
        )
        assert (config.auto_detect_mode, config.file_watcher, config.backend) == (True, False, "auto")
        assert 1 <= config.parallel_workers <= 32
        assert config.store_path == tmp_path / ".codegraph"

    WRONG = (
        ("mode", "fast"), ("parallel_workers", 0), ("parallel_workers", 33), ("parallel_workers", True),
        ("parallel_workers", "4"), ("enable_taint", 1), ("backend", "rustc"), ("include", "*.py"), ("include", [""]),
        ("max_file_bytes", 0), ("parse_timeout_s", 0), ("memory_budget_bytes", 5), ("cache_dir", 3),
        ("keep_snapshots", 0), ("keep_days", -1),
        ("plugins", {"a": 1}),
        ("executor", ""), ("isolation", "vm"), ("config_version", "2.0"), ("root_path", 5),
    )  # fmt: skip

    @pytest.mark.parametrize(("name", "value"), WRONG)
    def test_a_wrong_value_is_refused_on_construction(self, tmp_path: Path, name: str, value: Any) -> None:
        with pytest.raises(ConfigError) as caught:
            IndexingConfig(**{"root_path": tmp_path, name: value})
        assert caught.value.context["key"] == name

    @pytest.mark.parametrize(("name", "value"), WRONG)
    def test_and_on_assignment_which_leaves_the_old_value(self, tmp_path: Path, name: str, value: Any) -> None:
        config = IndexingConfig(root_path=tmp_path)
        before = getattr(config, name)
        with pytest.raises(ConfigError):
            setattr(config, name, value)
        assert getattr(config, name) == before

    def test_the_root_must_be_a_directory(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        for wrong in (tmp_path / "file", tmp_path / "nowhere"):
            with pytest.raises(ConfigError) as caught:
                IndexingConfig(root_path=wrong)
            assert caught.value.code == "root-not-a-directory"

    def test_a_near_miss_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="incremental"):
            IndexingConfig(root_path=tmp_path, mode="incremental ")
        with pytest.raises(ConfigError, match="'parallel_workers'"):
            IndexingConfig.from_dict({"root_path": tmp_path, "paralel_workers": 3})

    def test_it_goes_to_a_dict_and_back(self, tmp_path: Path) -> None:
        config = IndexingConfig(root_path=tmp_path, include=["a/*"], plugins={"p": {"x": 1}}, cache_dir=tmp_path / "c")
        assert IndexingConfig.from_dict(config.to_dict()) == config

    def test_version_1_0_is_read_with_a_warning_and_migrated(self, tmp_path: Path) -> None:
        with pytest.warns(DeprecationWarning, match=r"1\.0 .* 20\d\d-\d\d-\d\d"):
            config = IndexingConfig.from_dict({"root_path": tmp_path, "config_version": "1.0", "mode": "full"})
        assert (config.config_version, config.mode, config.auto_detect_mode) == ("1.1", "full", True)

    def test_version_1_0_has_no_settings_of_1_1(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"added in 1\.1"):
            IndexingConfig.from_dict({"root_path": tmp_path, "config_version": "1.0", "file_watcher": True})

    def test_the_schema_has_every_setting_and_changes_only_with_the_version(self) -> None:
        schema = config_schema()
        assert schema["title"] == "IndexingConfig 1.1"
        assert sorted(schema["properties"]) == sorted([
            "root_path", "mode", "parallel_workers", "enable_taint", "enable_repomap", "enable_smt", "taint_rules_path",
            "cache_dir", "auto_detect_mode", "file_watcher", "backend", "executor", "include", "exclude", "languages",
            "max_file_bytes", "parse_timeout_s", "memory_budget_bytes", "isolation", "keep_snapshots", "keep_days",
            "worker_memory_bytes", "paranoid", "plugins", "config_version",
        ])  # fmt: skip
        assert all("type" in entry for entry in schema["properties"].values())


FOR_THE_USER = (
    'root_path = "/"', 'executor = "ray"', 'isolation = "none"', "parallel_workers = 32", "file_watcher = true",
    "memory_budget_bytes = 1073741824", "max_file_bytes = 2000001", "parse_timeout_s = 5.5",
)  # fmt: skip
"""What a repository's own file must not say."""


class TestLayers:
    def test_a_stronger_layer_wins_and_each_value_keeps_its_origin(self, tmp_path: Path) -> None:
        (tmp_path / "codegraph.toml").write_text(
            'mode = "full"\nparse_timeout_s = 3.0\nbackend = "python"\nlanguages = ["x"]\n'
        )
        settings = load_settings(
            tmp_path,
            {"backend": "auto", "include": None},
            code={"languages": ["python"]},
            environ={"CODEGRAPH_PARSE_TIMEOUT_S": "7", "CODEGRAPH_BACKEND": "rust", "CODEGRAPH_PLUGINS": "none"},
        )
        config = settings.config
        assert (config.mode, config.parse_timeout_s, config.backend, config.languages) == (
            "full",
            7.0,
            "auto",
            ("python",),
        )
        shown = {
            name: str(settings.origins[name]) for name in ("mode", "parse_timeout_s", "backend", "languages", "include")
        }
        assert shown == {
            "mode": "codegraph.toml:1",
            "parse_timeout_s": "CODEGRAPH_PARSE_TIMEOUT_S",
            "backend": "--backend",
            "languages": "code",
            "include": "default",
        }

    def test_pyproject_is_read_when_there_is_no_file_of_our_own(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.codegraph]\nmode = "full"\n')
        settings = load_settings(tmp_path, environ={})
        assert (settings.config.mode, str(settings.origins["mode"])) == ("full", "pyproject.toml:5")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('mdoe = "full"', "'mode'"),
            ('mode = "fulll"', "'full'"),
            ("parse_timeout_s = -1", "0.001"),
            ("plugins = 3", "plugin"),
        ],
    )
    def test_an_error_names_the_line_and_what_would_be_right(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "codegraph.toml").write_text(f"\n{text}\n")
        with pytest.raises(ConfigError) as caught:
            load_settings(tmp_path, environ={})
        assert said in str(caught.value)
        assert "codegraph.toml:2" in f"{caught.value.context['origin']} {caught.value.message}"

    def test_an_error_names_the_variable(self, tmp_path: Path) -> None:
        for environ in ({"CODEGRAPH_PARALLEL_WORKERS": "many"}, {"CODEGRAPH_ENABLE_TAINT": "perhaps"}):
            with pytest.raises(ConfigError, match=next(iter(environ))):
                load_settings(tmp_path, environ=environ)
        with pytest.raises(ConfigError, match="CODEGRAPH_PARALLEL_WORKERS"):
            load_settings(tmp_path, environ={"CODEGRAPH_PARALEL_WORKERS": "3"})

    def test_other_programs_may_use_the_prefix(self, tmp_path: Path) -> None:
        load_settings(tmp_path, environ={"CODEGRAPH_BENCH_FOLDER": "x"})

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            *((text, "config-not-allowed-in-file") for text in FOR_THE_USER),
            ('cache_dir = "../elsewhere"', "config-path-outside-root"),
            ('taint_rules_path = "/etc"', "config-path-outside-root"),
            ('cache_dir = "link/x"', "config-path-outside-root"),
            ("mode = ", "config-unreadable"),
        ],
    )
    def test_a_repository_decides_nothing_outside_itself(self, tmp_path: Path, text: str, code: str) -> None:
        root = tmp_path / "repo"
        root.mkdir()
        (root / "link").symlink_to(tmp_path)
        (root / "codegraph.toml").write_text(text)
        with pytest.raises(ConfigError) as caught:
            load_settings(root, environ={})
        assert caught.value.code == code

    @pytest.mark.parametrize("text", FOR_THE_USER)
    def test_the_error_names_the_line_and_how_the_user_sets_it(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "codegraph.toml").write_text(f"# settings\n{text}\n")
        with pytest.raises(ConfigError) as caught:
            load_settings(tmp_path, environ={})
        key = text.partition(" ")[0]
        assert caught.value.context["origin"] == "codegraph.toml:2"
        remedy = caught.value.context["remedy"]
        assert key == "root_path" or f"CODEGRAPH_{key.upper()}" in remedy

    @pytest.mark.parametrize("text", FOR_THE_USER[1:])
    def test_what_a_repository_must_not_say_its_user_may(self, tmp_path: Path, text: str) -> None:
        key, value = next(iter(tomllib.loads(text).items()))
        environ = {f"CODEGRAPH_{key.upper()}": str(value).lower()}
        for settings in (load_settings(tmp_path, environ=environ), load_settings(tmp_path, code={key: value})):
            assert getattr(settings.config, key) == value

    def test_a_repository_may_lower_limits(self, tmp_path: Path) -> None:
        (tmp_path / "codegraph.toml").write_text("max_file_bytes = 1000\nparse_timeout_s = 1\n")
        config = load_settings(tmp_path, environ={}).config
        assert (config.max_file_bytes, config.parse_timeout_s) == (1000, 1)

    def test_a_repository_may_not_put_the_store_where_git_keeps_its_own(self, tmp_path: Path) -> None:
        (tmp_path / "codegraph.toml").write_text('cache_dir = ".git/hooks"\n')
        with pytest.raises(ConfigError) as caught:
            load_settings(tmp_path, environ={})
        assert caught.value.code == "config-path-outside-root"

    def test_every_setting_is_a_users_unless_it_is_named(self) -> None:
        said = {name: repository_say(name) for name in setting_names()}
        assert {name for name, say in said.items() if say == "no"} >= {
            text.partition(" ")[0] for text in FOR_THE_USER[:6]
        }
        assert repository_say("a_setting_of_tomorrow") == "no"

    def test_a_user_can_pass_the_file_over_or_take_it_as_his_own(self, tmp_path: Path) -> None:
        (tmp_path / "codegraph.toml").write_text('isolation = "none"\n[plugins.p]\nx = 1\n')
        ignored = load_settings(tmp_path, environ={"CODEGRAPH_REPOSITORY_CONFIG": "ignore"}).config
        assert (ignored.isolation, ignored.plugins) == ("thread", {})
        trusted = load_settings(tmp_path, environ={"CODEGRAPH_REPOSITORY_CONFIG": "trust"}).config
        assert (trusted.isolation, trusted.plugins.restricted) == ("none", frozenset())
        with pytest.raises(ConfigError, match="restricted, ignore, trust"):
            load_settings(tmp_path, environ={"CODEGRAPH_REPOSITORY_CONFIG": "yes"})

    def test_a_trusted_file_still_does_not_say_what_is_indexed(self, tmp_path: Path) -> None:
        (tmp_path / "codegraph.toml").write_text('root_path = "/"\n')
        with pytest.raises(ConfigError) as caught:
            load_settings(tmp_path, environ={"CODEGRAPH_REPOSITORY_CONFIG": "trust"})
        assert caught.value.code == "config-not-allowed-in-file"

    def test_a_path_inside_the_repository_is_relative_to_it(self, tmp_path: Path) -> None:
        (tmp_path / "codegraph.toml").write_text('cache_dir = "build/cg"\n')
        assert load_settings(tmp_path, environ={}).config.cache_dir == tmp_path / "build/cg"

    def test_plugin_tables_keep_the_origin_of_each_key(self, tmp_path: Path) -> None:
        (tmp_path / "codegraph.toml").write_text("[plugins.web]\ndepth = 1\n\n[plugins.'my-plugin']\nx = 2\n")
        settings = load_settings(tmp_path, environ={}, code={"plugins": {"web": {"more": True}}})
        assert settings.config.plugins == {"web": {"depth": 1, "more": True}, "my-plugin": {"x": 2}}
        assert str(settings.origins["plugins.web.depth"]) == "codegraph.toml:2"
        assert str(settings.origins["plugins.my-plugin.x"]) == "codegraph.toml:5"
        assert str(settings.origins["plugins.web.more"]) == "code"


def test_lines_of_keys_pass_over_multi_line_strings() -> None:
    text = "a = '''\nb = 1\n'''\n[t]\nc.d = 2\n[[u]]\n'x y' = 3 # z\n"
    assert key_lines(text) == {"a": 1, "t": 4, "t.c.d": 5, "u": 6, "u.x y": 7}


def test_importing_settings_stays_cheap() -> None:
    heavy = ("pyarrow", "numpy", "structlog")
    code = f"import sys, codegraph._internal.settings; print([m for m in {heavy!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "[]"
