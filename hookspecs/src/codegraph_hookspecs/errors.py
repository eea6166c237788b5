"""Error contract 1.0: every failure a user can see has a code, a category, a context and a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

ERROR_CONTRACT_VERSION: Final = "1.0"


class ErrorCategory(StrEnum):
    """What a caller can do about an error.

    `transient`: try again (the kernel does, three times). `permanent`: fix what the remedy says.
    `infrastructure`: the machine failed (disk, memory); tried once more, then reported.
    """

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    INFRASTRUCTURE = "infrastructure"


class CodeGraphError(Exception):
    """Base of every error that CodeGraph raises on purpose.

    Args:
        message: One sentence for a person, without source text or secrets.
        code: Kebab-case name of the defect; part of the API.
        category: What a caller can do about it.
        context: Facts by name, for example `path`, `plugin`, `hook`, `remedy`.
        cause: The exception that led here, if any; also set as `__cause__`.
    """

    default_code = "codegraph-error"
    default_category = ErrorCategory.PERMANENT

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        category: ErrorCategory | None = None,
        context: Mapping[str, Any] | None = None,
        cause: BaseException | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.category = category or self.default_category
        self.context: Mapping[str, Any] = MappingProxyType(dict(context or {}))
        self.cause = cause
        if cause is not None:
            self.__cause__ = cause

    def is_retryable(self) -> bool:
        """Say whether the same call may succeed later without a change by the user."""
        return self.category is not ErrorCategory.PERMANENT

    @property
    def remedy(self) -> str:
        """What to do about it, or an empty string."""
        return str(self.context.get("remedy", ""))

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON-ready values: code, category, message, context."""
        return {
            "code": self.code,
            "category": str(self.category),
            "message": self.message,
            "context": {key: str(value) for key, value in self.context.items()},
        }

    def __str__(self) -> str:
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"[{self.code}] {self.message}{remedy}"


class IndexingError(CodeGraphError):
    """Building a snapshot failed."""

    default_code = "indexing-failed"


class QueryError(CodeGraphError):
    """A query names an unknown field, has a value of a wrong type, or cannot be run."""

    default_code = "query-invalid"


class ConfigError(CodeGraphError):
    """A setting is unknown or has a value that is not allowed."""

    default_code = "config-invalid"


class PluginError(CodeGraphError):
    """A plugin cannot be loaded, breaks its contract, or failed while running."""

    default_code = "plugin-failed"


class StorageError(CodeGraphError):
    """The store cannot be read or written."""

    default_code = "storage-failed"
    default_category = ErrorCategory.INFRASTRUCTURE


class ConflictError(CodeGraphError):
    """Another writer committed first and touched the same files."""

    default_code = "commit-conflict"
    default_category = ErrorCategory.TRANSIENT
