"""JSON Schemas (2020-12) of the contracts, of a table's rows and of the index summary."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

from codegraph._internal.contracts.version import CONTRACTS
from codegraph_hookspecs.errors import ErrorCategory
from codegraph_hookspecs.kinds import CALL_STATUSES, EDGE_KINDS, FILE_STATUSES, NODE_KINDS
from codegraph_hookspecs.tables import TABLES, TableSpec

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SUMMARY_VERSION: Final = "1.1"

_COUNT: Final = {"type": "integer", "minimum": 0}
_SECONDS: Final = {"type": "number", "minimum": 0}
_COUNTS: Final = {"type": "object", "additionalProperties": _COUNT}


def table_schema(spec: TableSpec) -> dict[str, Any]:
    """Return the JSON Schema of one row of a table."""
    return {
        "$schema": DIALECT,
        "title": spec.name,
        **_row(spec),
    }


def summary_schema() -> dict[str, Any]:
    """Return the JSON Schema of what `codegraph index --json` prints; more keys may appear in minor versions."""
    totals = _object({"total": _COUNT, "by_kind": _COUNTS}, closed=False)
    statuses = _object(dict.fromkeys(("total", *CALL_STATUSES), _COUNT), closed=False)
    properties = {
        "snapshot_id": {"type": "string"},
        "root": {"type": "string"},
        "mode": {"type": "string"},
        "backend": {"type": "string"},
        "files": _object(dict.fromkeys(("seen", *FILE_STATUSES), _COUNT), closed=False),
        "lines": _COUNT,
        "nodes": totals,
        "edges": _object({"total": _COUNT, "by_kind": _COUNTS, "by_resolver": _COUNTS}, closed=False),
        "call_sites": statuses,
        "calls_by_language": {"type": "object", "additionalProperties": statuses},
        "imports": statuses,
        "seconds": _object({"wall": _SECONDS, "cpu": _SECONDS, "stages": {"type": "object"}}, closed=False),
        "peak_rss_bytes": _COUNT,
        "errors": {"type": "array", "items": {"type": "object"}},
    }
    return {"$schema": DIALECT, "title": f"index summary {SUMMARY_VERSION}", **_object(properties, closed=False)}


def contract_schema(contract: str) -> dict[str, Any]:
    """Return the JSON Schema of a contract: "config", "query", "data" or "error"."""
    if contract == "config":
        from codegraph._internal.settings import config_schema

        return config_schema()
    return {"query": query_schema, "data": data_schema, "error": error_schema}[contract]()


def data_schema() -> dict[str, Any]:
    """Return the schema of a snapshot's public tables as lists of rows."""
    tables = {name: spec for name, spec in TABLES.items() if spec.public}
    rows = {name: {"type": "array", "items": {"$ref": f"#/$defs/{name}"}} for name in tables}
    return {
        "$schema": DIALECT,
        "title": f"data {CONTRACTS['data']}",
        "$defs": {name: {**_row(spec), "x-key": spec.key, "x-owner": spec.owner} for name, spec in tables.items()},
        "x-values": {
            "nodes.kind": list(NODE_KINDS),
            "edges.kind": list(EDGE_KINDS),
            "files.status": list(FILE_STATUSES),
            "call_sites.status": list(CALL_STATUSES),
        },
        "type": "object",
        "properties": rows,
    }


def error_schema() -> dict[str, Any]:
    """Return the schema of an error as `to_dict()` and the summary's `errors` have it."""
    from codegraph_hookspecs.error_codes import ERROR_CODES

    codes = sorted(entry.code for entry in ERROR_CODES if entry.kind == "error")
    properties = {
        "code": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "examples": codes},
        "category": {"enum": [str(category) for category in ErrorCategory]},
        "message": {"type": "string"},
        "context": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    return {"$schema": DIALECT, "title": f"error {CONTRACTS['error']}", **_object(properties)}


def query_schema() -> dict[str, Any]:
    """Return the schema of a query as one object: table, filter keywords, order, window, selection, aggregation.

    `x-methods` has the signatures of the builders, which are the contract for code.
    """
    from codegraph._internal.query.aggregation import FUNCTIONS
    from codegraph._internal.query.builder import EdgeQuery, NodeQuery, Query
    from codegraph._internal.query.conditions import OPERATORS
    from codegraph._internal.query.fields import Fields
    from codegraph._internal.query.graph import GraphQuery

    filters = {}
    for name, spec in TABLES.items():
        if spec.public:
            fields = Fields(name, spec.schema).columns
            lookups = [
                field.name if operator == "exact" else f"{field.name}__{operator}"
                for field in fields
                for operator in OPERATORS[field.family]
            ]
            filters[name] = {"type": "object", "propertyNames": {"enum": lookups}}
    order = _object({"field": {"type": "string"}, "descending": {"type": "boolean", "default": False}}, closed=True)
    return {
        "$schema": DIALECT,
        "title": f"query {CONTRACTS['query']}",
        "$defs": filters,
        "type": "object",
        "required": ["table"],
        "properties": {
            "table": {"type": "string", "examples": sorted(filters)},
            "filter": {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in filters]},
            "order_by": {"type": "array", "items": order},
            "limit": _COUNT,
            "offset": _COUNT,
            "select": {"type": "array", "items": {"type": "string"}},
            "distinct": {"type": "boolean"},
            "aggregate": {"type": "object", "propertyNames": {"pattern": f"^({'|'.join(FUNCTIONS)})(_.+)?$"}},
            "group_by": {"type": "array", "items": {"type": "string"}},
        },
        "x-methods": {
            f"{owner.__name__}.{name}": list(inspect.signature(method).parameters)
            for owner in (GraphQuery, Query, NodeQuery, EdgeQuery)
            for name, method in sorted(inspect.getmembers(owner, inspect.isfunction))
            if not name.startswith("_")
        },
    }


def _row(spec: TableSpec) -> dict[str, Any]:
    return _object({field.name: _arrow(field.type, nullable=field.nullable) for field in spec.schema})


def _object(properties: Mapping[str, Any], *, closed: bool = True) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": not closed,
    }


def _arrow(type_: pa.DataType, *, nullable: bool) -> dict[str, Any]:
    described: dict[str, Any]
    if pa.types.is_struct(type_):
        fields: Iterable[pa.Field] = [type_.field(position) for position in range(type_.num_fields)]
        described = _object({field.name: _arrow(field.type, nullable=field.nullable) for field in fields})
    elif pa.types.is_list(type_):
        described = {"type": "array", "items": _arrow(type_.value_type, nullable=type_.value_field.nullable)}
    elif pa.types.is_boolean(type_):
        described = {"type": "boolean"}
    elif pa.types.is_integer(type_):
        described = {"type": "integer"}
    elif pa.types.is_floating(type_):
        described = {"type": "number"}
    else:
        described = {"type": "string"}
    if nullable:
        described["type"] = [described["type"], "null"]
    return described
