"""Fingerprints of the contracts, kept beside this file: python -m tests.contracts.fingerprints --write.

A version that was released never changes any more; writing refuses to touch it, so a change needs a new version.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from codegraph._internal.contracts import CONTRACTS
from codegraph._internal.contracts.schemas import contract_schema

STORE = Path(__file__).with_name("fingerprints.json")
ANNOTATIONS = ("title", "examples", "description", "$schema")
"""Keys of a schema that promise nothing."""


def fingerprint(contract: str) -> str:
    """Return a hash of everything that a contract promises."""
    text = json.dumps(_promises(contract_schema(contract)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _promises(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _promises(each) for key, each in value.items() if key not in ANNOTATIONS}
    return [_promises(each) for each in value] if isinstance(value, list) else value


def stored() -> dict[str, dict[str, Any]]:
    """Return what is kept: contract → version → `sha256` and `released`."""
    kept: dict[str, dict[str, Any]] = json.loads(STORE.read_text()) if STORE.exists() else {}
    return kept


def write() -> int:
    """Keep the present fingerprints; return 1 if that would change a released version."""
    kept = stored()
    for contract, version in CONTRACTS.items():
        versions = kept.setdefault(contract, {})
        entry = versions.setdefault(str(version), {"released": False, "sha256": ""})
        if entry["released"] and entry["sha256"] != fingerprint(contract):
            print(f"{contract} {version} was released and has changed: raise its version", file=sys.stderr)
            return 1
        entry["sha256"] = fingerprint(contract)
    STORE.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(write() if "--write" in sys.argv[1:] else 2)
