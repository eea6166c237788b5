"""The stage `module-graph`: which modules load which, their order, and the cycles among them.

An import inside a function runs later and makes no cycle at load time, so only imports that a module
itself runs count. Components come from rustworkx (iterative, safe on deep graphs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from codegraph_hookspecs import IR_ARTIFACT, TABLES, Diagnostic, Stage, StageContext, TableBatch
from codegraph_plugins.stages.cross_file.groups import codes as column_codes

Array = npt.NDArray[np.int64]

METRICS: Final = ("module_scc", "module_order", "module_cycle_size", "module_fan_in", "module_fan_out")
"""Metrics of every module: its component's number and its own position with imported modules first; how
many modules its component has; how many modules import it, and how many it imports."""

SHOWN_MODULES: Final = 10


class ModuleGraphStage(Stage):
    """Orders modules by their imports and reports cycles (layer L3)."""

    name: ClassVar[str] = "module-graph"
    in_process: ClassVar[bool] = True
    layer: ClassVar[str] = "L3"
    inputs: ClassVar[Sequence[str]] = (IR_ARTIFACT, "links")
    outputs: ClassVar[Sequence[str]] = ("module-graph",)
    tables: ClassVar[Sequence[str]] = ("metrics", "diagnostics")
    version: ClassVar[str] = "1"
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = {
        "nodes": ("id", "kind", "fqn", "file_path"),
        "edges": ("kind", "source_id", "target_id", "file_path"),
    }
    selects: ClassVar[Mapping[str, Mapping[str, Sequence[str]]]] = {
        "nodes": {"kind": ("module",)},
        "edges": {"kind": ("imports",)},
    }

    def follow(self, context: StageContext) -> None:
        """Import what `run` needs: tens of milliseconds."""
        import rustworkx  # noqa: F401

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield five metrics for every module, modules in file order."""
        ids, fqns, paths = _modules(context)
        if not len(ids):
            return
        pairs = _imports(context, ids)
        components = _components(len(ids), pairs, ids.to_pylist())
        yield "metrics", _metrics(ids, pairs, components)
        for members in components:
            if len(members) > 1:
                context.report(_cycle([fqns[member] for member in members], paths[members[0]]))


def _modules(context: StageContext) -> tuple[pa.Array, list[str], list[str]]:
    """Return ids, names and paths of the modules."""
    ids: list[pa.Array] = [pa.array([], pa.string())]
    fqns: list[str] = []
    paths: list[str] = []
    for batch in context.read(IR_ARTIFACT, "nodes"):
        kinds, texts = column_codes(batch.column("kind"))
        wanted = np.array([text == "module" for text in texts], bool)
        rows = pa.array(np.flatnonzero(wanted[kinds]) if len(wanted) else np.zeros(0, np.int64))
        ids.append(batch.column("id").take(rows))
        fqns.extend(batch.column("fqn").take(rows).to_pylist())
        path_codes, names = column_codes(batch.column("file_path").take(rows))
        paths.extend(names[code] or "" for code in path_codes.tolist())
    return pa.concat_arrays(ids), fqns, paths


def _imports(context: StageContext, ids: pa.Array) -> Array:
    """Return distinct (importing, imported) pairs of module positions, sorted, without loops."""
    found = [np.zeros(0, np.int64)]  # both ends in one number: sorted in a tenth of the time of pairs
    for batch in context.read("links", "edges"):
        kinds, texts = column_codes(batch.column("kind"))
        wanted = np.array([text == "imports" for text in texts], bool)
        rows = np.flatnonzero(wanted[kinds])
        sources, targets = (_positions(batch.column(name), rows, ids) for name in ("source_id", "target_id"))
        known = (sources >= 0) & (targets >= 0) & (sources != targets)
        found.append(sources[known] * len(ids) + targets[known])
    return _pairs(np.unique(np.concatenate(found)), len(ids))


def _pairs(joined: Array, count: int) -> Array:
    return np.stack(np.divmod(joined, count), axis=1)


def _positions(column: pa.Array, rows: npt.NDArray[np.int64], ids: pa.Array) -> Array:
    codes, texts = _coded(column)
    # Few of a batch's ids take part in imports: look up those alone.
    used, inverse = np.unique(codes[rows], return_inverse=True)
    table = pc.index_in(texts.take(pa.array(used)), value_set=ids).fill_null(-1).to_numpy(zero_copy_only=False)
    found: Array = table[inverse].astype(np.int64)
    return found


def _coded(column: pa.Array) -> tuple[npt.NDArray[np.int32], pa.Array]:
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.indices.to_numpy(zero_copy_only=False), column.dictionary


def _components(count: int, pairs: Array, ids: Sequence[str]) -> list[list[int]]:
    """Return strongly connected components, imported ones first; members and ties by id."""
    import rustworkx  # tens of milliseconds

    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from_no_data([(target, source) for source, target in pairs.tolist()])
    components = [sorted(members, key=ids.__getitem__) for members in rustworkx.strongly_connected_components(graph)]
    owner = np.zeros(count, np.int64)
    for number, members in enumerate(components):
        owner[members] = number
    condensed = rustworkx.PyDiGraph()
    condensed.add_nodes_from([ids[members[0]] for members in components])
    between = owner[pairs]
    between = between[between[:, 0] != between[:, 1]]
    between = _pairs(np.unique(between[:, 0] * count + between[:, 1]), count)
    condensed.add_edges_from_no_data([(target, source) for source, target in between.tolist()])
    number_of = {ids[members[0]]: number for number, members in enumerate(components)}
    order = rustworkx.lexicographical_topological_sort(condensed, key=str)
    return [components[number_of[name]] for name in order]


def _metrics(ids: pa.Array, pairs: Array, components: Sequence[Sequence[int]]) -> pa.RecordBatch:
    count = len(ids)
    values = np.zeros((count, len(METRICS)), np.float64)
    position = 0
    for number, members in enumerate(components):
        for member in members:
            values[member, :3] = number, position, len(members)
            position += 1
    values[:, 3] = np.bincount(pairs[:, 1], minlength=count)
    values[:, 4] = np.bincount(pairs[:, 0], minlength=count)
    nodes = pa.array(np.repeat(np.arange(count, dtype=np.int32), len(METRICS)))
    names = pa.array(np.tile(np.arange(len(METRICS), dtype=np.int32), count))
    return pa.RecordBatch.from_arrays(
        [
            pa.DictionaryArray.from_arrays(nodes, ids),
            pa.DictionaryArray.from_arrays(names, pa.array(METRICS)),
            pa.array(values.reshape(-1)),
        ],
        schema=TABLES["metrics"].physical_schema,
    )


def _cycle(fqns: Sequence[str], path: str) -> Diagnostic:
    shown = ", ".join(fqns[:SHOWN_MODULES])
    more = f" and {len(fqns) - SHOWN_MODULES} more" if len(fqns) > SHOWN_MODULES else ""
    return Diagnostic(
        code="import-cycle",
        message=f"{len(fqns)} modules import each other while they load: {shown}{more}.",
        file_path=path,
    )
