"""The versioned contracts: what other people's code depends on, their versions, and their JSON Schemas."""

from codegraph._internal.contracts.version import CONTRACTS, Compatibility, ContractVersion

__all__ = ["CONTRACTS", "Compatibility", "ContractVersion"]
