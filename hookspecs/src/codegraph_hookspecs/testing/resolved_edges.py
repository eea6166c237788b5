"""The rule 'no resolved edge lost': what a pack's samples gave in its last release, they give in the next.

A *baseline* is a JSON file beside the samples. It has the version that made it, a digest of each sample, and the
edges. A pack may lose edges in a new major version (before 1.0.0: a new minor one); nothing else may.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
from attrs import field, frozen

from codegraph_hookspecs.languages import LanguagePack
from codegraph_hookspecs.parsing import Parser
from codegraph_hookspecs.stages import IR_ARTIFACT, Stage
from codegraph_hookspecs.testing.failures import fail, require
from codegraph_hookspecs.testing.memory import MemoryContext, Samples, ir_artifact, parse_samples

_SHOWN: Final = 5
_COLUMNS: Final = ("kind", "source_id", "target_id", "resolver")


@frozen(order=True)
class Edge:
    """One resolved edge, without its place."""

    kind: str
    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.kind} {self.source} -> {self.target}"


@frozen(kw_only=True)
class ResolvedEdges:
    """The edges that one version of a pack resolves in its samples.

    Args:
        version: Version of the plugin that gives the pack.
        samples: Path → digest of the text.
        edges: All edges but those of structure (`contains`, `defines`), which say nothing about resolving.
    """

    version: str
    samples: Mapping[str, str] = field(factory=dict)
    edges: frozenset[Edge] = frozenset()

    def to_json(self) -> str:
        """Return the baseline's text: one edge a line, sorted, so that a review shows what changed."""
        edges = [[edge.kind, edge.source, edge.target] for edge in sorted(self.edges)]
        lines = ",\n    ".join(json.dumps(edge, ensure_ascii=False) for edge in edges)
        samples = json.dumps(dict(sorted(self.samples.items())), indent=4, ensure_ascii=False).replace("\n}", "\n  }")
        return (
            f'{{\n  "version": {json.dumps(self.version)},\n  "samples": {samples},\n'
            f'  "edges": [\n    {lines}\n  ]\n}}\n'
        )

    @classmethod
    def from_json(cls, text: str, where: str) -> ResolvedEdges:
        """Read a baseline.

        Raises:
            ConformanceError: `baseline-invalid`.
        """
        try:
            given = json.loads(text)
            edges = frozenset(Edge(*map(str, edge)) for edge in given["edges"])
            samples = {str(path): str(digest) for path, digest in given["samples"].items()}
            return cls(version=str(given["version"]), samples=samples, edges=edges)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            fail("baseline-invalid", f"{where} is no baseline of resolved edges: {error!r}", cause=error)


def resolve_edges(
    pack: LanguagePack, version: str, samples: Samples, parsers: Sequence[Parser], stages: Sequence[Stage]
) -> ResolvedEdges:
    """Parse and link samples; with two link engines, check that they give the same edges.

    Args:
        pack: The pack.
        version: Version of its plugin.
        samples: Path → source text.
        parsers: The first one is used.
        stages: Stages that link (`installed_linkers`); the first one is used, under each `backend`.

    Raises:
        ConformanceError: `linkers-differ`, `stage-raised`.
    """
    batch = parse_samples(parsers[0], [pack], samples)
    found = [_linked(stages[0], pack, ir_artifact(batch), samples, backend) for backend in ("auto", "python")]
    stray = sorted(found[0] ^ found[1])
    require(
        not stray, "linkers-differ", f"{pack.name}: the link engines differ in {'; '.join(map(str, stray[:_SHOWN]))}"
    )
    digests = {path: _digest(text) for path, text in samples.items()}
    return ResolvedEdges(version=version, samples=digests, edges=found[0])


def check_resolved_edges(before: ResolvedEdges, now: ResolvedEdges, what: str) -> None:
    """Check that no resolved edge is lost between two versions of a pack.

    Args:
        before: The baseline.
        now: What the pack gives today.
        what: The pack's name, for the message.

    Raises:
        ConformanceError: `edges-lost`; `baseline-stale` if a sample of the baseline has changed since.
    """
    lost = sorted(before.edges - now.edges)
    changed = sorted(path for path, digest in before.samples.items() if now.samples.get(path) != digest)
    if changed:
        # Edges of other samples may lead into a changed one, so nothing can be said about any of them.
        fail("baseline-stale", f"{what}: {', '.join(changed)} changed since the baseline; write it anew")
    if lost and not breaks(before.version, now.version):
        shown = "; ".join(map(str, lost[:_SHOWN]))
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        fail(
            "edges-lost",
            f"{what}: version {now.version} loses {len(lost)} edges that {before.version} resolved: {shown}{more}; "
            f"mend the kind table, or raise the {'minor' if before.version.startswith('0.') else 'major'} version",
        )


def breaks(before: str, now: str) -> bool:
    """Say whether a version may break what another promised, by semantic versioning.

    >>> breaks("1.2.3", "2.0.0"), breaks("1.2.3", "1.3.0"), breaks("0.1.4", "0.2.0"), breaks("0.1.4", "0.1.5")
    (True, False, True, False)
    """
    old, new = _release(before), _release(now)
    return new[0] > old[0] or (old[0] == 0 and new[:2] > old[:2])


def _release(version: str) -> tuple[int, int]:
    parts = [int(part) for part in re.findall(r"\d+", version)[:2]]
    major, minor = [*parts, 0, 0][:2]
    return major, minor


def _digest(text: str | bytes) -> str:
    return hashlib.blake2b(text.encode() if isinstance(text, str) else text, digest_size=16).hexdigest()


def _linked(
    stage: Stage, pack: LanguagePack, artifact: Mapping[str, Mapping[str, pa.Table]], samples: Samples, backend: str
) -> frozenset[Edge]:
    context = MemoryContext(artifacts=artifact, packs={pack.name: pack}, files=samples, backend=backend)
    rows: list[dict[str, Any]] = []
    try:
        for table, batch in stage.run(context):
            if table == "edges":
                rows.extend(batch.select(list(_COLUMNS)).to_pylist())
    except Exception as error:
        fail("stage-raised", f"{stage.name} raised {error!r} on the samples of {pack.name}", cause=error)
    return frozenset(
        Edge(row["kind"], row["source_id"], row["target_id"]) for row in rows if row["resolver"] != "structure"
    )


def links(stage: Stage) -> bool:
    """Say whether a stage makes edges of the IR alone."""
    return "edges" in stage.tables and set(stage.inputs) == {IR_ARTIFACT} and stage.scope == "repo"
