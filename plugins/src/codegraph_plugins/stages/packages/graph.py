"""Reads every manifest, decides what lies in the repository, and says what belongs to what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module

import numpy as np
import pyarrow as pa

from codegraph_hookspecs import IR_ARTIFACT, StageContext, TableBatch, package_id
from codegraph_plugins.stages.cross_file.groups import codes
from codegraph_plugins.stages.packages.files import READERS
from codegraph_plugins.stages.packages.manifests import Lines, Manifests
from codegraph_plugins.stages.packages.model import Package
from codegraph_plugins.stages.packages.rows import (
    Edge,
    depends_on,
    edge_batch,
    external_id,
    external_rows,
    node_batch,
    package_row,
)


def package_rows(context: StageContext) -> Iterator[TableBatch]:
    """Yield the nodes of packages, then their edges, then the nodes of packages outside."""
    paths = context.find_files([name for names in READERS.values() for name in names])
    if not paths:
        return
    manifests = Manifests(paths, context.read_file, context.report)
    packages: list[Package] = []
    for reader, names in READERS.items():
        context.check()
        if any(manifests.named(name) for name in names):
            packages += import_module(f"{__package__}.{reader}").read(manifests)
    if not packages:
        return
    nodes = []
    for package in packages:
        manifest = manifests.load(package.manifest)
        if manifest is not None:
            nodes.append(package_row(package, manifest, Lines(manifest.text).count))
    yield "nodes", node_batch(nodes)
    ids = {package.manifest: package.id for package in packages}
    edges: list[Edge] = []
    outside: dict[str, tuple[str, str]] = {}
    contained = _contained(context, packages)
    for package in packages:
        context.check()
        inside = [*contained[package.id], *(ids[member] for member in package.members)]
        edges += [
            Edge(kind="contains", source=package.id, target=target, file=package.manifest)
            for target in dict.fromkeys(inside)
        ]
        for one in package.dependencies:
            target = ids[one.manifest] if one.manifest is not None else external_id(package.ecosystem, one.name)
            if one.manifest is None:
                outside[target] = (package.ecosystem, one.name)
            edges.append(depends_on(package, one, target))
    if edges:
        yield "edges", edge_batch(edges)
    if outside:
        yield "nodes", node_batch(external_rows(outside))


def _contained(context: StageContext, packages: Sequence[Package]) -> dict[str, list[str]]:
    """Return the node of each package's folder; at the top, of the folders and files that are no other package's."""
    folders = {identifier for identifier, path in _nodes(context, "links", "package") if path is None}
    taken = {(package.ecosystem, package.folder) for package in packages}
    tops: list[str] = []
    modules: list[str] = []
    if any(not package.folder for package in packages):
        placed = [(identifier, path or "") for identifier, path in _nodes(context, IR_ARTIFACT, "module")]
        modules = sorted(identifier for identifier, path in placed if "/" not in path)
        tops = sorted({path.partition("/")[0] for _, path in placed if "/" in path})
    found: dict[str, list[str]] = {}
    for package in packages:
        wanted = [package.folder] if package.folder else [top for top in tops if (package.ecosystem, top) not in taken]
        ids = [identifier for folder in wanted if (identifier := package_id(folder)) in folders and identifier]
        found[package.id] = ids if package.folder else [*ids, *modules]
    return found


def _nodes(context: StageContext, artifact: str, kind: str) -> Iterator[tuple[str, str | None]]:
    """Yield id and file of the nodes of a kind."""
    for batch in context.read(artifact, "nodes"):
        kinds, texts = codes(batch.column("kind"))
        if kind not in texts:
            continue
        rows = pa.array(np.flatnonzero(kinds == texts.index(kind)))
        file_codes, paths = codes(batch.column("file_path").take(rows))
        for identifier, code in zip(batch.column("id").take(rows).to_pylist(), file_codes.tolist(), strict=True):
            yield identifier, paths[code] if code >= 0 else None
