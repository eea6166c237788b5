"""JSON Schemas of the versioned contracts: a table's rows, the configuration, the index summary."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import attrs
import pyarrow as pa
from codegraph_hookspecs.tables import CALL_STATUSES, FILE_STATUSES, TableSpec

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SUMMARY_VERSION: Final = "1.0"

_COUNT: Final = {"type": "integer", "minimum": 0}
_SECONDS: Final = {"type": "number", "minimum": 0}
_SIMPLE: Final[Mapping[Any, str]] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    Path: "string",
    type(None): "null",
}
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


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of the configuration: every key, its values and its default."""
    from codegraph._internal.settings import IndexingConfig

    hints = typing.get_type_hints(IndexingConfig)
    properties: dict[str, Any] = {}
    for field in attrs.fields(IndexingConfig):
        if field.name.startswith("_") or not field.init:
            continue
        described = _annotation(hints.get(field.name, field.type))
        default = field.default
        if default is not attrs.NOTHING and not isinstance(default, attrs.Factory):  # type: ignore[arg-type]
            described["default"] = _plain(default)
        properties[field.name] = described
    return {
        "$schema": DIALECT,
        "title": "IndexingConfig 1.1",
        "type": "object",
        "properties": properties,
        "additionalProperties": {"type": "object", "description": "settings of the plugin of that name"},
    }


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


def _annotation(annotation: Any) -> dict[str, Any]:
    """Return the JSON Schema of a type annotation as settings use them."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    described: dict[str, Any] = {}
    if origin is typing.Annotated:
        described = _annotation(arguments[0])
    elif origin is Literal:
        described = {"enum": list(arguments)}
    elif origin in (typing.Union, types.UnionType):
        described = {"anyOf": [_annotation(argument) for argument in arguments]}
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        described = {"type": "object"}
    elif isinstance(origin, type) and issubclass(origin, Iterable):
        described = {"type": "array", "items": _annotation(arguments[0]) if arguments else {}}
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        described = {"enum": [_plain(member) for member in annotation]}
    elif annotation in _SIMPLE:
        described = {"type": _SIMPLE[annotation]}
    return described


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (tuple, frozenset, set)):
        return sorted(value) if isinstance(value, (frozenset, set)) else list(value)
    return value if isinstance(value, (bool, int, float, str, list, dict, type(None))) else str(value)
