"""JSON Schemas of a table's rows and of the index summary; the configuration's is with the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

from codegraph_hookspecs.tables import CALL_STATUSES, FILE_STATUSES, TableSpec

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SUMMARY_VERSION: Final = "1.0"

_COUNT: Final = {"type": "integer", "minimum": 0}
_SECONDS: Final = {"type": "number", "minimum": 0}
_COUNTS: Final = {"type": "object", "additionalProperties": _COUNT}


def table_schema(spec: TableSpec) -> dict[str, Any]:
    """Return the JSON Schema of one row of a table."""
    return {
        "$schema": DIALECT,
        "title": spec.name,
        **_object({field.name: _arrow(field.type, nullable=field.nullable) for field in spec.schema}),
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
        "imports": statuses,
        "seconds": _object({"wall": _SECONDS, "cpu": _SECONDS, "stages": {"type": "object"}}, closed=False),
        "peak_rss_bytes": _COUNT,
        "errors": {"type": "array", "items": {"type": "object"}},
    }
    return {"$schema": DIALECT, "title": f"index summary {SUMMARY_VERSION}", **_object(properties, closed=False)}


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
