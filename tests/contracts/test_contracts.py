"""The contracts: versions, compatibility, schemas, and that none changes without a new version."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from codegraph import CodeGraphError, Compatibility, ContractVersion, IndexingConfig, StorageError
from codegraph._internal.contracts import CONTRACTS
from codegraph._internal.contracts.schemas import contract_schema
from codegraph._internal.deprecations import DEPRECATIONS, warn_deprecated
from codegraph_hookspecs import ERROR_CONTRACT_VERSION, IR_VERSION, TABLES
from tests.contracts import fingerprints


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_does_not_change_without_a_new_version(contract: str) -> None:
    kept = fingerprints.stored()[contract]
    version = str(CONTRACTS[contract])
    remedy = (
        f"The {contract} contract has changed. If {version} was released, raise its version in "
        "_internal/contracts/version.py, add a migration and an ADR; then, in each case, run "
        "`python -m tests.contracts.fingerprints --write`."
    )
    assert version in kept, remedy
    assert kept[version]["sha256"] == fingerprints.fingerprint(contract), remedy


def test_writing_refuses_to_change_what_was_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "STORE", tmp_path / "kept.json")
    assert fingerprints.write() == 0
    kept = fingerprints.stored()
    assert {contract: list(versions) for contract, versions in kept.items()} == {
        contract: [str(version)] for contract, version in CONTRACTS.items()
    }
    kept["data"]["2.0"] = {"released": True, "sha256": "other"}
    fingerprints.STORE.write_text(json.dumps(kept))
    assert fingerprints.write() == 1
    assert fingerprints.stored()["data"]["2.0"]["sha256"] == "other"


@pytest.mark.parametrize("name", ["files", "sources"])
def test_a_fingerprint_sees_a_new_column_of_public_tables_only(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import attrs
    import pyarrow as pa

    from codegraph._internal.contracts import schemas

    before = fingerprints.fingerprint("data")
    changed = attrs.evolve(TABLES[name], fields=(*TABLES[name].fields, pa.field("new", pa.int32())))
    monkeypatch.setattr(schemas, "TABLES", {**TABLES, name: changed})
    assert (fingerprints.fingerprint("data") != before) == (name == "files")


def test_the_versions_are_those_that_the_parts_name(tmp_path: Path) -> None:
    assert str(CONTRACTS["config"]) == IndexingConfig(root_path=tmp_path).config_version
    assert str(CONTRACTS["data"]) == IR_VERSION
    assert str(CONTRACTS["error"]) == ERROR_CONTRACT_VERSION


class TestCompatibility:
    VERSION = ContractVersion.parse("config", "2.3", migrates=("1.0", "2.0"))

    @pytest.mark.parametrize(
        ("made", "taken"),
        [
            ("2.3", Compatibility.SAME),
            ("2.1", Compatibility.OLDER),
            ("2.0", "migrated"),
            ("1.0", Compatibility.MIGRATED),
        ],
    )
    def test_what_fits_says_how(self, made: str, taken: Compatibility) -> None:
        assert self.VERSION.check_compatibility(made) == taken
        assert self.VERSION.check_compatibility(ContractVersion.parse("config", made)) == taken

    @pytest.mark.parametrize(
        ("made", "remedy"),
        [("2.4", "Upgrade"), ("3.0", "Upgrade"), ("1.1", "Bring it to"), ("two", "major.minor"), ("2", "major.minor"),
         ("2.3\n", "major.minor"), ("02.3", "major.minor")],
    )  # fmt: skip
    def test_what_does_not_fit_says_what_to_do(self, made: str, remedy: str) -> None:
        with pytest.raises(CodeGraphError) as caught:
            self.VERSION.check_compatibility(made)
        assert caught.value.code == "contract-incompatible"
        assert remedy in caught.value.remedy

    def test_two_contracts_are_not_compared(self) -> None:
        with pytest.raises(CodeGraphError):
            self.VERSION.check_compatibility(CONTRACTS["data"])

    def test_versions_are_ordered_and_written_as_they_are_read(self) -> None:
        assert ContractVersion.parse("data", "2.9") < ContractVersion.parse("data", "2.10")
        assert [str(version) for version in CONTRACTS.values()] == ["1.1", "1.0", "2.0", "1.0"]
        assert ContractVersion.current("config").check_compatibility("1.0") is Compatibility.MIGRATED
        with pytest.raises(CodeGraphError, match="there is none"):
            ContractVersion.current("data2")


class TestSchemas:
    @pytest.mark.parametrize("contract", CONTRACTS)
    def test_a_schema_names_its_version_and_is_plain_json(self, contract: str) -> None:
        schema = contract_schema(contract)
        assert schema["title"].endswith(f" {CONTRACTS[contract]}")
        assert json.loads(json.dumps(schema)) == schema

    def test_an_error_is_what_its_schema_says(self) -> None:
        schema = contract_schema("error")
        error = StorageError("no", context={"path": 1}).to_dict()
        assert set(error) == set(schema["properties"]) == set(schema["required"])
        assert error["category"] in schema["properties"]["category"]["enum"]
        assert error["code"] in schema["properties"]["code"]["examples"]

    def test_a_query_names_fields_operators_and_methods(self) -> None:
        schema = contract_schema("query")
        lookups = schema["$defs"]["nodes"]["propertyNames"]["enum"]
        assert {"name", "name__contains", "complexity__gte", "modifiers__contains"} <= set(lookups)
        assert "complexity__regex" not in lookups
        assert schema["x-methods"]["NodeQuery.callers"][:2] == ["self", "depth"]

    def test_the_tables_are_the_public_ones(self) -> None:
        assert set(contract_schema("data")["$defs"]) == {name for name, spec in TABLES.items() if spec.public}


class TestDeprecations:
    @pytest.mark.parametrize("name", DEPRECATIONS)
    def test_a_deprecated_thing_stays_for_twelve_months_and_names_its_replacement(self, name: str) -> None:
        entry = DEPRECATIONS[name]
        since, removal = map(datetime.date.fromisoformat, (entry.since, entry.removal))
        assert removal - since >= datetime.timedelta(days=365)
        with pytest.warns(DeprecationWarning, match=entry.removal) as caught:
            warn_deprecated(name)
        assert caught[0].filename == __file__
        assert entry.replacement in str(caught[0].message)

    def test_an_old_configuration_is_migrated_and_warns_at_the_users_line(self, tmp_path: Path) -> None:
        values: dict[str, Any] = {"root_path": tmp_path, "config_version": "1.0"}
        for read in (lambda: IndexingConfig(**values), lambda: IndexingConfig.from_dict(values)):
            with pytest.warns(DeprecationWarning, match="1.0 is deprecated") as caught:
                config = read()
            assert (config.config_version, caught[0].filename) == ("1.1", __file__)
