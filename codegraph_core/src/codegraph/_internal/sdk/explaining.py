"""Why there is an edge of a call: its rows, and how the callee's object got there, as far as an explainer knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, frozen

from codegraph._internal.plugin_host.calls import describe
from codegraph._internal.rows import Edge, Node
from codegraph_hookspecs import CodeGraphError, EdgeExplainer, LanguagePack, PluginError
from codegraph_hookspecs.explaining import CallExplanation, ExplainedDefinition, ExplainedFile, ExplanationStep

if TYPE_CHECKING:
    from codegraph._internal.query import GraphQuery

CALLS: Final = ("calls", "instantiates")

_REASONS: Final = {
    "lexical": "The name is bound in a scope around the call.",
    "self": "The receiver is the object or class that the code belongs to.",
    "import": "The name is imported.",
    "member": "The name is a member of what is before the dot.",
    "builtin": "The name is the language's own.",
    "rta": "No object is seen to arrive: classes below the receiver's static type that objects are made of.",
    "cha": "No object is seen to arrive: all classes below the receiver's static type.",
    "points-to": "The callee's object arrives at the call.",
}


@frozen(kw_only=True)
class ExplainedEdge:
    """Why there is one edge.

    Args:
        kind: "calls" or "instantiates".
        source_id: The caller.
        target_id: The callee.
        file_path: Where the call is.
        line_number: From 1; None where the edge has no place.
        column: In UTF-8 bytes, from 0.
        resolver: Who says so.
        confidence: How sure that is, from 0 to 1.
        reason: What the resolver goes by.
        is_implicit: The call is not written there; None where no explainer knows.
        steps: How the callee's object, or the object that it is a method of, got to the call; empty where no explainer
            knows.
    """

    kind: str
    source_id: str
    target_id: str
    file_path: str | None
    line_number: int | None
    column: int | None
    resolver: str
    confidence: float
    reason: str
    is_implicit: bool | None
    steps: tuple[ExplanationStep, ...]


@frozen(kw_only=True)
class EdgeExplanation:
    """Why somebody calls somebody.

    Args:
        caller: Who calls.
        callee: Who is called.
        edges: By file, line and column; empty if there is no such edge.
        snapshot_id: The snapshot that was read.
    """

    caller: Node
    callee: Node
    edges: tuple[ExplainedEdge, ...]
    snapshot_id: str

    def to_text(self) -> str:
        """Return it for people."""
        parts = [f"{self.caller.fqn} → {self.callee.fqn}\n"]
        for edge in self.edges:
            where = f"{edge.file_path}:{edge.line_number}"
            parts.append(f"\n{where}  {edge.kind}, {edge.resolver}, confidence {edge.confidence:.2f}\n")
            parts.append(f"  {edge.reason}\n")
            if edge.is_implicit:
                parts.append("  The call is not written there: the language or a library makes it.\n")
            width = max((len(f"{step.path}:{step.line}") for step in edge.steps), default=0)
            for number, step in enumerate(edge.steps, 1):
                place = f"{step.path}:{step.line}"
                parts.append(f"  {number:2}. {place:{width}}  {step.text}\n")
        return "".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "snapshot_id": self.snapshot_id,
            "caller": self.caller.id,
            "callee": self.callee.id,
            "edges": [asdict(edge) for edge in self.edges],
        }


def explain_edge(
    snapshot_id: str,
    query: GraphQuery,
    source: Callable[[str], bytes | None],
    caller: Node,
    callee: Node,
    packs: Sequence[LanguagePack],
    explainers: Sequence[EdgeExplainer],
) -> EdgeExplanation:
    """Return the edges between two nodes with the chains that led to them; see `Graph.explain_edge`."""
    rows = query.edges().filter(kind=list(CALLS), source_id=caller.id, target_id=callee.id).execute()
    edges = sorted(rows, key=lambda row: (row.file_path or "", row.line_number or 0, row.column or 0, row.kind))
    chains: Sequence[CallExplanation] = ()
    explainer = min(
        (one for one in explainers if caller.language in one.languages and callee.language in one.languages),
        key=lambda one: one.name,
        default=None,
    )
    if explainer is not None and edges and caller.file_path is not None and callee.file_path is not None:
        files = _files(query, source, explainer.languages)
        by_name = {pack.name: pack for pack in packs}
        chains = _asked(explainer, lambda: explainer.explain(by_name, files, _definition(caller), _definition(callee)))
    by_place = {(one.call.path, one.call.line, one.call.column): one for one in chains}
    return EdgeExplanation(
        caller=caller,
        callee=callee,
        edges=tuple(_explained(edge, by_place.get(_place(edge))) for edge in edges),
        snapshot_id=snapshot_id,
    )


def _asked(explainer: EdgeExplainer, call: Callable[[], Sequence[CallExplanation]]) -> Sequence[CallExplanation]:
    """Return what an explainer says; nothing where what it needs is not installed."""
    try:
        return list(call())
    except CodeGraphError as error:
        if error.code == "native-engine-missing":  # place, resolver and reason are known all the same
            return ()
        raise
    except Exception as error:
        raise PluginError(
            f"The explainer {explainer.name!r} raised {type(error).__name__}: {describe(error)}",
            code="plugin-hook-failed",
            context={"explainer": explainer.name, "hook": "codegraph_explainers"},
            cause=error,
        ) from error


def _place(edge: Edge) -> tuple[str, int, int]:
    return (edge.file_path or "", edge.line_number or 0, edge.column or 0)


def _explained(edge: Edge, chain: CallExplanation | None) -> ExplainedEdge:
    reason = _REASONS.get(edge.resolver, "")
    if chain is not None and chain.is_assumed:
        reason = "A declared type says of what class the receiver is."
    return ExplainedEdge(
        kind=edge.kind,
        source_id=edge.source_id,
        target_id=edge.target_id,
        file_path=edge.file_path,
        line_number=edge.line_number,
        column=edge.column,
        resolver=edge.resolver,
        confidence=round(edge.confidence, 4),
        reason=reason,
        is_implicit=None if chain is None else chain.is_implicit,
        steps=() if chain is None else chain.steps,
    )


def _definition(node: Node) -> ExplainedDefinition:
    is_module = node.kind == "module" or node.start_byte is None or node.end_byte is None
    span = None if is_module else (node.start_byte or 0, node.end_byte or 0)
    return ExplainedDefinition(path=node.file_path or "", span=span)


def _files(
    query: GraphQuery, source: Callable[[str], bytes | None], languages: Sequence[str]
) -> Iterator[ExplainedFile]:
    rows = query.files().filter(language=list(languages)).order_by("path").execute()
    for row in rows:
        content = source(row.path)
        if content is not None and row.language is not None:
            yield ExplainedFile(path=row.path, language=row.language, module=row.module_fqn or "", content=content)
