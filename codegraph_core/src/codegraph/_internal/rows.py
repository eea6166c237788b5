"""Row classes: one frozen attrs class per public table, field names equal to the column names.

Queries build them straight from Arrow columns; `to_dict` and `from_dict` go through cattrs and refuse
values of a wrong type instead of coercing them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from attrs import field, frozen

if TYPE_CHECKING:
    from cattrs import Converter


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(values)


@frozen
class Row:
    """Base of the row classes.

    Attributes:
        table: Name of the table that the class is a row of.
    """

    table: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready values: column name → value, spans as dictionaries, lists as lists."""
        values: dict[str, Any] = _converter().unstructure(self)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build a row from what `to_dict` returns.

        Raises:
            QueryError: A column is missing, unknown, or has a value of a wrong type (code `row-invalid`).
        """
        try:
            return _converter().structure(dict(values), cls)
        except Exception as error:  # cattrs groups the reasons; whatever they are, the row is refused
            from codegraph_hookspecs.errors import QueryError

            raise QueryError(
                f"These values are no row of {cls.table or cls.__name__}.",
                code="row-invalid",
                context={"reasons": _reasons(error)},
                cause=error,
            ) from error


@frozen(kw_only=True)
class Span(Row):
    """A range of source text.

    Lines are 1-based and inclusive, columns are 0-based UTF-8 bytes, bytes are 0-based and half-open.
    """

    start_line: int
    start_column: int
    end_line: int
    end_column: int
    start_byte: int
    end_byte: int


@frozen(kw_only=True)
class File(Row):
    """A file of the repository: what it is and how reading it went (`status` ok, degraded, skipped, failed)."""

    table: ClassVar[str] = "files"

    path: str
    language: str | None = None
    content_hash: str | None = None
    size: int
    mtime_ns: int
    lines: int
    status: str
    parse_errors: int
    module_fqn: str | None = None


@frozen(kw_only=True)
class Node(Row):
    """A definition, import, module, package or external name.

    Lines are 1-based and inclusive; bytes are 0-based and half-open. External nodes have no position.
    """

    table: ClassVar[str] = "nodes"

    id: str
    kind: str
    name: str
    fqn: str
    parent_id: str | None = None
    file_path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    start_byte: int | None = None
    end_byte: int | None = None
    language: str | None = None
    modifiers: tuple[str, ...] = field(default=(), converter=_texts)
    visibility: str
    is_test: bool
    signature: str | None = None
    docstring: str | None = None
    complexity: int | None = None
    content_hash: str | None = None
    version: str | None = None
    taint_sources: tuple[str, ...] = field(default=(), converter=_texts)
    metadata: str | None = None


@frozen(kw_only=True)
class Edge(Row):
    """A relation between two nodes, with the resolver that made it and its confidence (0 to 1)."""

    table: ClassVar[str] = "edges"

    id: str
    kind: str
    source_id: str
    target_id: str
    file_path: str | None = None
    line_number: int | None = None
    column: int | None = None
    resolver: str
    confidence: float
    metadata: str | None = None


@frozen(kw_only=True)
class CallSite(Row):
    """A call as written, and what is known about its target (`status`, with the reason when unresolved)."""

    table: ClassVar[str] = "call_sites"

    id: str
    caller_id: str
    callee_text: str
    receiver_text: str | None = None
    arity: int
    file_path: str
    span: Span
    status: str
    reason: str | None = None
    candidates: tuple[str, ...] = field(default=(), converter=_texts)


@frozen(kw_only=True)
class Import(Row):
    """One imported name, and the symbol or file it was resolved to."""

    table: ClassVar[str] = "imports"

    id: str
    file_path: str
    span: Span
    raw: str
    module: str
    name: str | None = None
    alias: str | None = None
    target_id: str | None = None
    target_file: str | None = None
    status: str
    reason: str | None = None


@frozen(kw_only=True)
class Occurrence(Row):
    """An identifier at a place, and the symbol that it names.

    `symbol` is by SCIP's grammar; one that begins with "local " means something in its file alone; it is empty for a
    name of which nothing is known, which has no row but may be asked for. `role` is
    definition, import, write, read (of a value) or reference (to anything else); `enclosing_id` is the definition
    around it.
    """

    table: ClassVar[str] = "occurrences"

    symbol: str
    node_id: str | None = None
    file_path: str
    span: Span
    role: str
    enclosing_id: str


@frozen(kw_only=True)
class Diagnostic(Row):
    """Something a user should know about a file or a stage of the run."""

    table: ClassVar[str] = "diagnostics"

    file_path: str | None = None
    stage: str
    code: str
    category: str
    message: str
    span: Span | None = None


@frozen(kw_only=True)
class Finding(Row):
    """What an analyzer found."""

    table: ClassVar[str] = "findings"

    id: str
    analyzer: str
    rule_id: str
    type: str
    message: str
    severity: str
    confidence: float
    cwe: str | None = None
    node_id: str | None = None
    file_path: str | None = None
    span: Span | None = None
    properties: str | None = None


@frozen(kw_only=True)
class Metric(Row):
    """A number about a node."""

    table: ClassVar[str] = "metrics"

    node_id: str
    name: str
    value: float


ROW_CLASSES: Final[Mapping[str, type[Row]]] = MappingProxyType(
    {cls.table: cls for cls in (File, Node, Edge, CallSite, Import, Occurrence, Diagnostic, Finding, Metric)}
)
"""Row class of each public table that has one; rows of other tables are dictionaries."""


@cache
def _converter() -> Converter:
    from cattrs import Converter  # imported here: 40 ms that streaming rows never needs

    converter = Converter(forbid_extra_keys=True, unstruct_collection_overrides={tuple: list})
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(float, _number)
    return converter


def _exactly(kind: type) -> Any:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return structure


def _number(value: Any, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"expected float, got {type(value).__name__}")
    return float(value)


def _reasons(error: BaseException) -> str:
    from cattrs import transform_error

    return "; ".join(transform_error(error))
