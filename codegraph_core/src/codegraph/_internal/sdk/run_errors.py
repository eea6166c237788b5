"""`RunError`: what failed without stopping a run, as a typed row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen


@frozen(kw_only=True)
class RunError:
    """One error of a run; a row of `result.errors`.

    Args:
        code: Kebab-case name of the defect.
        category: "transient", "permanent" or "infrastructure".
        path: The file or folder that it is about, or None.
        message: One sentence for a person.
        remedy: What to do about it.
        attempts: How often it was tried.
        context: Further facts by name, as text.
    """

    code: str
    category: str
    path: str | None
    message: str
    remedy: str
    attempts: int = 1
    context: Mapping[str, str] = field(factory=dict, eq=False)

    @classmethod
    def from_dict(cls, error: Mapping[str, Any]) -> RunError:
        """Build a row from an entry of the summary's `errors`."""
        context = {str(name): str(value) for name, value in error.get("context", {}).items()}
        return cls(
            code=str(error["code"]),
            category=str(error["category"]),
            path=next((context[name] for name in ("path", "file", "file_path") if context.get(name)), None),
            message=str(error["message"]),
            remedy=context.get("remedy") or _remedy(str(error["code"])),
            attempts=int(context.get("attempts", 1)),
            context=context,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of the summary that this row was made from."""
        return {"code": self.code, "category": self.category, "message": self.message, "context": dict(self.context)}


def _remedy(code: str) -> str:
    """Return what the registry says to do about a code that came without a remedy of its own."""
    from codegraph_hookspecs.error_codes import ERROR_CODES

    return next((entry.remedy for entry in ERROR_CODES if entry.code == code), "")
