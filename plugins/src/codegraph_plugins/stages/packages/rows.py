"""From packages to Arrow: nodes with their manifests, `contains` and `depends_on` edges, external packages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import xxhash
from attrs import frozen

from codegraph_hookspecs import TABLES
from codegraph_plugins.stages.packages.manifests import Manifest
from codegraph_plugins.stages.packages.model import Dependency, Package

STRUCTURE: Final = "structure"
MANIFEST: Final = "manifest"
"""Resolver of what a manifest says."""
_PURL_TYPE: Final = {"gradle": "maven"}
"""Ecosystems whose packages come from another one's registry."""


@frozen(kw_only=True)
class Edge:
    """An edge on its way to a row."""

    kind: str
    source: str
    target: str
    file: str
    resolver: str = STRUCTURE
    line: int | None = None
    metadata: str | None = None


def external_id(ecosystem: str, name: str) -> str:
    """Return the id of a package outside the repository."""
    return f"pkg:{_PURL_TYPE.get(ecosystem, ecosystem)}/{name}@external"


def depends_on(package: Package, one: Dependency, target: str) -> Edge:
    """Return the edge from a package to what it depends on."""
    said = {"dependency": one.kind, **({"requirement": one.requirement} if one.requirement else {}), **one.facts}
    return Edge(
        kind="depends_on",
        source=package.id,
        target=target,
        file=package.manifest,
        resolver=MANIFEST,
        line=one.line,
        metadata=_json(said),
    )


def package_row(package: Package, manifest: Manifest, lines: int) -> dict[str, Any]:
    """Return the node of a package: its span is the whole manifest."""
    from blake3 import blake3

    said = {"ecosystem": package.ecosystem, **({"version": package.version} if package.version else {})}
    return {
        "id": package.id,
        "kind": "package",
        "name": package.name,
        "fqn": package.name,
        "file_path": package.manifest,
        "start_line": 1,
        "end_line": lines,
        "start_byte": 0,
        "end_byte": len(manifest.content),
        "signature": " ".join(part for part in (package.name, package.version) if part),
        "docstring": package.description or None,
        "content_hash": blake3(manifest.content).hexdigest(length=16),
        "metadata": _json(said | dict(package.facts)),
    }


def external_rows(found: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the nodes of packages outside: id → ecosystem and name, by id."""
    return [
        {
            "id": identifier,
            "kind": "external",
            "name": name,
            "fqn": name,
            "metadata": _json({"ecosystem": _PURL_TYPE.get(ecosystem, ecosystem), "package": True}),
        }
        for identifier, (ecosystem, name) in sorted(found.items())
    ]


def node_batch(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """Return node rows as a batch of the physical schema."""
    empty = {"modifiers": [], "taint_sources": [], "is_test": False, "visibility": "public"}
    return _batch("nodes", [{**empty, **row} for row in rows])


def edge_batch(edges: Iterable[Edge]) -> pa.RecordBatch:
    """Return edges as a batch of the physical schema, in the order given; ids are made as the link stage makes them."""
    seen: dict[tuple[str, str, str], int] = {}
    rows = []
    for edge in edges:
        key = (edge.kind, edge.source, edge.target)
        number = seen[key] = seen.get(key, -1) + 1
        digest = xxhash.xxh3_64_hexdigest("\0".join((*key, str(number))).encode())
        rows.append(
            {
                "id": digest,
                "kind": edge.kind,
                "source_id": edge.source,
                "target_id": edge.target,
                "file_path": edge.file,
                "line_number": edge.line,
                "resolver": edge.resolver,
                "confidence": 1.0,
                "metadata": edge.metadata,
            }
        )
    return _batch("edges", rows)


def _batch(table: str, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    schema = TABLES[table].physical_schema
    columns = []
    for field in schema:
        values = [row.get(field.name) for row in rows]
        dictionary = pa.types.is_dictionary(field.type)
        column = pa.array(values, field.type.value_type if dictionary else field.type)
        columns.append(column.dictionary_encode() if dictionary else column)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _json(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True)
