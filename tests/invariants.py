"""What holds for every graph, whatever was indexed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from codegraph import CodeGraph, IndexingConfig
from codegraph._internal.discovery import path_bytes
from codegraph_hookspecs.error_codes import ERROR_CODES

ROOTS = {"module", "package", "external"}
"""Kinds of nodes that no scope defines."""

TYPES = {"class", "struct", "enum", "interface", "trait", "type_alias"}
"""Kinds of nodes whose members may stand outside them."""

CODES = {
    kind: {entry.code for entry in ERROR_CODES if entry.kind == kind} for kind in ("error", "diagnostic", "reason")
}


def rows(query: Any, table: str) -> list[dict[str, Any]]:
    return [row for batch in query.table(table).batches(5_000) for row in batch.to_pylist()]


def check_graph(root: Path, cache: Path, summary: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Check the newest snapshot of a repository and return its tables."""
    with CodeGraph(config=IndexingConfig(root_path=root, cache_dir=cache)).open() as graph:
        query = graph.query()
        found = {name: rows(query, name) for name in query.tables()}
    nodes = {row["id"]: row for row in found["nodes"]}
    files = {row["path"]: row for row in found["files"]}
    check_files(root, found, files, summary)
    check_nodes(found, nodes, files)
    check_links(found, nodes, files)
    check_summary(found, summary)
    return found


def check_files(root: Path, found: dict[str, Any], files: dict[str, Any], summary: dict[str, Any]) -> None:
    assert len(files) == len(found["files"])
    counts = summary["files"]
    assert counts["seen"] == counts["ok"] + counts["degraded"] + counts["skipped"] + counts["failed"] == len(files)
    assert Counter(row["status"] for row in files.values()) == {
        status: counts[status] for status in ("ok", "degraded", "skipped", "failed") if counts[status]
    }
    told = {row["file_path"] for row in found["diagnostics"]}
    assert {path for path, row in files.items() if row["status"] != "ok"} <= told
    for path, row in files.items():
        if row["status"] in ("ok", "degraded"):
            assert row["content_hash"], path
        assert b"\0" not in path_bytes(path)


def check_nodes(found: dict[str, Any], nodes: dict[str, Any], files: dict[str, Any]) -> None:
    assert len(nodes) == len(found["nodes"]), "two nodes with one id"
    defined = {(row["source_id"], row["target_id"]) for row in found["edges"] if row["kind"] == "defines"}
    held = {(row["source_id"], row["target_id"]) for row in found["edges"] if row["kind"] == "contains"}
    for node in nodes.values():
        if node["parent_id"] is not None:
            parent = nodes[node["parent_id"]]
            pair = (node["parent_id"], node["id"])
            assert pair in (held if parent["kind"] == "package" else defined), pair
        elif node["kind"] not in ROOTS:
            raise AssertionError(f"{node['id']} has no parent")
        if node["file_path"] is None:
            assert node["kind"] in ("external", "package"), node
            continue
        if node["kind"] == "package":  # its file is a manifest, which no language need read
            assert node["start_byte"] == 0 <= node["end_byte"], node
            assert 1 == node["start_line"] <= node["end_line"], node
            continue
        size = files[node["file_path"]]["size"]
        assert 0 <= node["start_byte"] <= node["end_byte"] <= size, node
        assert 1 <= node["start_line"] <= node["end_line"], node
        parent = nodes.get(node["parent_id"])
        if parent is not None and parent["file_path"] == node["file_path"]:
            inside = parent["start_byte"] <= node["start_byte"] and node["end_byte"] <= parent["end_byte"]
            apart = node["end_byte"] <= parent["start_byte"] or parent["end_byte"] <= node["start_byte"]
            extends = apart and parent["kind"] in TYPES  # a method by receiver
            assert inside or extends, (parent, node)


def check_links(found: dict[str, Any], nodes: dict[str, Any], files: dict[str, Any]) -> None:
    assert len({row["id"] for row in found["edges"]}) == len(found["edges"]), "two edges with one id"
    for edge in found["edges"]:
        assert edge["source_id"] in nodes, edge
        assert edge["target_id"] in nodes, edge
        assert 0 < edge["confidence"] <= 1, edge
    assert len({row["id"] for row in found["call_sites"]}) == len(found["call_sites"])
    for site in found["call_sites"]:
        assert site["caller_id"] in nodes, site
        assert all(candidate in nodes for candidate in site["candidates"]), site
        assert site["id"].startswith(f"{site['caller_id']}#call"), site
        assert site["span"]["end_byte"] <= files[site["file_path"]]["size"], site
        assert bool(site["reason"]) == (site["status"] in ("unresolved", "dynamic")), site
        assert site["reason"] is None or site["reason"] in CODES["reason"], site
    for row in found["imports"]:
        assert nodes[row["id"]]["kind"] == "import", row
        assert row["target_id"] is None or row["target_id"] in nodes, row
        assert row["target_file"] is None or row["target_file"] in files, row
        assert row["reason"] is None or row["reason"] in CODES["reason"], row
    for row in found["diagnostics"]:
        assert row["code"] in CODES["diagnostic"] | CODES["error"], row
        assert row["category"] in ("transient", "permanent", "infrastructure"), row
        assert row["message"], row


def check_summary(found: dict[str, Any], summary: dict[str, Any]) -> None:
    for table in ("nodes", "edges"):
        assert summary[table]["total"] == len(found[table])
        assert summary[table]["by_kind"] == Counter(row["kind"] for row in found[table])
    assert summary["edges"]["by_resolver"] == Counter(row["resolver"] for row in found["edges"])
    for table in ("call_sites", "imports"):
        counts = dict(summary[table])
        assert counts.pop("total") == len(found[table])
        assert {status: count for status, count in counts.items() if count} == Counter(
            row["status"] for row in found[table]
        )
    languages = {row["path"]: row["language"] for row in found["files"]}
    by_language = Counter((languages[row["file_path"]] or "null", row["status"]) for row in found["call_sites"])
    counted = {
        (language, status): count
        for language, counts in summary["calls_by_language"].items()
        for status, count in counts.items()
        if count and status != "total"
    }
    assert counted == by_language
    assert summary["lines"] == sum(row["lines"] for row in found["files"])
