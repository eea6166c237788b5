"""`ContractVersion`: which version of a contract this is, and whether something made for another one fits.

Imports nothing heavy: the settings look at it before anything else is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

CONFIG_VERSION: Final = "1.1"
QUERY_VERSION: Final = "1.0"
DATA_VERSION: Final = "2.0"
ERROR_VERSION: Final = "1.0"

_TEXT: Final = re.compile(r"(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})\Z")


class Compatibility(StrEnum):
    """How something made for another version of a contract is taken.

    `same`: as it is. `older`: an earlier minor version, of which this one has everything. `migrated`: a superseded
    version that is brought to this one when it is read.
    """

    SAME = "same"
    OLDER = "older"
    MIGRATED = "migrated"


@frozen(order=True)
class ContractVersion:
    """A version of one contract. Those of one contract can be compared; a minor version only adds.

    Args:
        contract: "config", "query", "data" or "error".
        major: Raised by a change that breaks what was.
        minor: Raised by an addition.
        migrates: Earlier versions that are migrated.
    """

    contract: str
    major: int
    minor: int
    migrates: tuple[str, ...] = field(default=(), eq=False)

    @classmethod
    def parse(cls, contract: str, text: str, *, migrates: tuple[str, ...] = ()) -> ContractVersion:
        """Read `major.minor`.

        Raises:
            CodeGraphError: The text is no version (code `contract-incompatible`).
        """
        match = _TEXT.match(text) if isinstance(text, str) else None
        if match is None:
            raise _incompatible(contract, f"{text!r} is no version of it", 'Write "major.minor", such as "1.0".')
        return cls(contract, int(match[1]), int(match[2]), migrates)

    @classmethod
    def current(cls, contract: str) -> ContractVersion:
        """Return the version of a contract that this release speaks.

        Raises:
            CodeGraphError: There is no such contract (code `contract-incompatible`).
        """
        version = CONTRACTS.get(contract)
        if version is None:
            raise _incompatible(contract, "there is none of this name", f"Name one of {', '.join(CONTRACTS)}.")
        return version

    def check_compatibility(self, other: ContractVersion | str) -> Compatibility:
        """Say how something made for another version of the contract is taken.

        Args:
            other: The version it was made for.

        Raises:
            CodeGraphError: It cannot be taken (code `contract-incompatible`): it is newer, of another major version
                without a migration, or of another contract.
        """
        made = other if isinstance(other, ContractVersion) else ContractVersion.parse(self.contract, other)
        if made.contract != self.contract:
            raise _incompatible(self.contract, f"this is the contract {made.contract!r}", "Compare one contract.")
        if made == self:
            return Compatibility.SAME
        if str(made) in self.migrates:
            return Compatibility.MIGRATED
        if made > self:
            raise _incompatible(self.contract, f"version {made} is newer than {self}", "Upgrade codegraph.")
        if made.major != self.major:
            remedy = f"Bring it to version {self}: docs/reference/contracts.md says what changed."
            raise _incompatible(self.contract, f"version {made} is superseded by {self}", remedy)
        return Compatibility.OLDER

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


def _incompatible(contract: str, why: str, remedy: str) -> Exception:
    from codegraph_hookspecs.errors import CodeGraphError

    context = {"contract": contract, "remedy": remedy}
    return CodeGraphError(f"The {contract} contract: {why}.", code="contract-incompatible", context=context)


CONTRACTS: Final[Mapping[str, ContractVersion]] = MappingProxyType(
    {
        "config": ContractVersion.parse("config", CONFIG_VERSION, migrates=("1.0",)),
        "query": ContractVersion.parse("query", QUERY_VERSION),
        "data": ContractVersion.parse("data", DATA_VERSION),
        "error": ContractVersion.parse("error", ERROR_VERSION),
    }
)
"""The versions that this release speaks, by contract."""
