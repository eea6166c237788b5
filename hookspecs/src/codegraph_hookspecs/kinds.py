"""The closed vocabularies of the data contract: kinds of nodes and edges, and statuses."""

from __future__ import annotations

from typing import Final

NODE_KINDS: Final = (
    "function", "class", "method", "variable", "import", "call", "module", "package", "interface",
    "trait", "struct", "enum", "enum_member", "type_alias", "field", "property", "parameter",
    "constant", "namespace", "macro", "external",
)  # fmt: skip
EDGE_KINDS: Final = (
    "calls", "defines", "references", "imports", "inherits", "contains", "implements", "overrides",
    "instantiates", "reads", "writes", "decorates", "has_type", "returns_type", "raises", "tests",
    "depends_on",
)  # fmt: skip
FILE_STATUSES: Final = ("ok", "degraded", "skipped", "failed")
CALL_STATUSES: Final = ("resolved", "external", "unresolved", "dynamic")
