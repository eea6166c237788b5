"""Go to definition and find references, over the table `occurrences`: exact to the identifier."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import evolve

from codegraph._internal.indexing.sources import kept_source
from codegraph._internal.query import GraphQuery
from codegraph._internal.rows import Node, Occurrence, Span
from codegraph._internal.sdk.declared import LANGUAGES, binding_of, declared, is_assigned, is_made, renames
from codegraph._internal.sdk.packages import GO, NAMESPACE, imports_of
from codegraph._internal.sdk.reaching import GRAMMARS, identifier_at, reaching
from codegraph._internal.sdk.symbols import STUB, STUBS, find_symbol
from codegraph._internal.store.snapshot import Snapshot
from codegraph_hookspecs.errors import QueryError

_LINEAGE: Final = 256
"""Types looked at for what a member overrides: bounds the work on hostile input."""
_BINDING: Final = frozenset({"definition", "write"})
_LITERAL: Final = re.compile(r"literal\d+:")
"""In the symbol of a member of a literal, which is no node."""
_CONSTRUCTOR: Final = re.compile(r"`<(?:init|constructor)>`\((?:\+\d+)?\)\.$")
"""What the symbol of a constructor ends with."""
_OF_JVM: Final = frozenset({"java", "kotlin"})
_OF_TYPE: Final = frozenset({"class", "enum"})
"""Kinds of types that have constructors."""
LOCAL: Final = "local "
"""What the symbols of locals begin with: they mean something in their own file only."""


def occurrences_at(snapshot: Snapshot, path: str, line: int, column: int) -> list[Occurrence]:
    """Return the occurrences whose identifier a place is in, or right behind.

    Args:
        snapshot: Has the table `occurrences`.
        path: The file, as in `files.path`.
        line: From 1.
        column: From 0, in UTF-8 bytes.

    Returns:
        Definitions last: where one identifier is both, what it means comes before what it makes.
    """
    rows = snapshot.rows_of_file("occurrences", path)
    span = rows.column("span").combine_chunks()
    inside = pc.and_(
        pc.and_(
            pc.equal(pc.struct_field(span, "start_line"), line),
            pc.less_equal(pc.struct_field(span, "start_column"), column),
        ),
        pc.and_(
            pc.greater_equal(pc.struct_field(span, "end_column"), column),
            pc.greater(pc.struct_field(span, "end_byte"), pc.struct_field(span, "start_byte")),
        ),
    )
    found = [row_of(row) for row in rows.filter(inside).to_pylist()]
    touching = [one for one in found if one.span.start_column <= column < one.span.end_column]
    return sorted(touching or found, key=lambda one: (one.role == "definition", one.symbol))


def named(snapshot: Snapshot, found: list[Occurrence]) -> list[Occurrence]:
    """Return the occurrences of a place that say what it names, without what it makes of that.

    That is a member of a literal (`{ name }`), in Go the field that an embedded type makes, in a
    pattern `{ name }` of JavaScript and TypeScript the variable, and in Java and Kotlin the
    constructor that is written nowhere or in the head of its class.
    """
    language = _language_of(snapshot, found[-1].file_path) if len(found) > 1 and found[-1].role == "definition" else ""
    if language == GO:
        found = [one for one in found if one.role != "definition"] or found
    elif language in _OF_JVM:  # where a type or a constant of an enum is defined, its constructor stands besides
        defined = [one for one in found if one.role == "definition"]
        found = [one for one in defined if not _CONSTRUCTOR.search(one.symbol)] or defined
    elif language in LANGUAGES and not _LITERAL.search(found[-1].symbol):  # `{ name }` takes the member of that name
        found = [one for one in found if one.role != "definition"] or found
        if all(_LITERAL.search(one.symbol) for one in found):
            return found
    real = [one for one in found if one.node_id is not None or not _LITERAL.search(one.symbol)]
    # A key under `satisfies` writes the member of a type, which may be a literal as well, and makes its own.
    return real or [one for one in found if one.role == "write"] or found


def declared_there(snapshot: Snapshot, found: list[Occurrence]) -> list[Occurrence]:
    """Return the occurrences of a place without the constructor beside what Java and Kotlin declare there."""
    is_declared = len(found) > 1 and found[-1].role == "definition"
    return named(snapshot, found) if is_declared and _language_of(snapshot, found[-1].file_path) in _OF_JVM else found


def referred(query: GraphQuery, snapshot: Snapshot, one: Occurrence) -> Occurrence:
    """Return an occurrence as the name that it is: what `new` makes is a class in JavaScript and TypeScript."""
    made = _CONSTRUCTOR.search(one.symbol) if one.role != "definition" else None
    if made is None or one.node_id is None or _language_of(snapshot, one.file_path) not in LANGUAGES:
        return one
    node = query.nodes().filter(id=one.node_id).first()
    return one if node is None else evolve(one, symbol=one.symbol[: made.start()], node_id=node.parent_id)


def definitions_of(query: GraphQuery, snapshot: Snapshot, one: Occurrence) -> list[Occurrence]:
    """Return where what an occurrence names is defined; for a member's definition also what it overrides.

    Of a name that is bound several times, the bindings that reach the place: see `reaching`. They may be writes. What a
    stub declares gives way to what implements it.

    Args:
        query: Of the same snapshot.
        snapshot: Has the table `occurrences`.
        one: The occurrence.
    """
    found = _definitions(query, snapshot, referred(query, snapshot, one))
    declared_ids = [each.node_id for each in found if each.node_id is not None and each.file_path.endswith(STUBS)]
    if not declared_ids:
        return found
    edges = query.edges().filter(target_id__in=declared_ids, kind="implements", resolver=STUB)
    sources = {edge.target_id: edge.source_id for edge in edges}
    wanted = sorted({source for source in sources.values() if source is not None})
    written = query.occurrences().filter(role="definition", node_id__in=wanted) if wanted else ()
    implementing = sorted(written, key=_place)
    return [*(each for each in found if each.node_id not in sources), *implementing]


def _definitions(query: GraphQuery, snapshot: Snapshot, one: Occurrence) -> list[Occurrence]:
    path: str | None = one.file_path
    if one.node_id is not None:
        home = snapshot.nodes_by_id([one.node_id], ["file_path"]).column("file_path").to_pylist()
        path = home[0] if home else None  # what defines a name again stands in the same scope, so in the same file
    elif not one.symbol.startswith(LOCAL) and not one.symbol.endswith("]"):  # a type parameter is of its file, too
        path = None
    if one.node_id is None and _LITERAL.search(one.symbol):
        return [each for each in references_of(snapshot, one.symbol) if each.role == "definition"]
    rows = [] if path is None else _of_symbol(snapshot.rows_of_file("occurrences", path), one.symbol)
    found = [each for each in sorted(map(row_of, rows), key=_place) if each.role == "definition"]
    if _language_of(snapshot, one.file_path) in LANGUAGES:
        return _declared(query, snapshot, found, one)
    if one.symbol.endswith(NAMESPACE) and _language_of(snapshot, one.file_path) == GO:
        rows = _of_symbol(snapshot.rows_of_file("occurrences", one.file_path), one.symbol)
        return imports_of(kept_source(snapshot, one.file_path), sorted(map(row_of, rows), key=_place), one)
    exact = [each for each in found if each.node_id == one.node_id]
    if one.role == "definition" and one.node_id is not None and _language_of(snapshot, one.file_path) != GO:
        is_rust = _language_of(snapshot, one.file_path) == "rust"  # there only a trait's `impl` block overrides
        edges = query.edges().filter(source_id=one.node_id, kind="overrides") if is_rust else ()
        overridden = [edge.target_id for edge in edges] if is_rust else _overridden(query, one.node_id)
        if overridden:
            defined = query.occurrences().filter(role="definition", node_id__in=overridden)
            return [*(exact or found), *sorted(defined, key=_place)]
    if path is not None and (one.role != "definition" or one.node_id is None):
        bindings = [each for each in sorted(map(row_of, rows), key=_place) if each.role in _BINDING]
        holding = None if len(bindings) < 2 else _reaching(snapshot, path, bindings, one)
        if holding is not None:
            return holding
    return exact or found


def _declared(query: GraphQuery, snapshot: Snapshot, found: list[Occurrence], one: Occurrence) -> list[Occurrence]:
    """Return the declarations that a place of JavaScript or TypeScript means.

    What is imported from outside the repository, or as a whole module, is what the import binds.
    """
    exact = [each for each in found if each.node_id == one.node_id and one.symbol.endswith(")")]
    if exact:
        return exact  # a parameter of one of several overloads
    chosen = declared(snapshot, found, one)
    if len(chosen) == 1 and chosen[0].node_id is not None and is_assigned(snapshot, chosen[0]):
        overridden = _overridden(query, chosen[0].node_id)  # an assignment declares nothing that a base has declared
        if overridden:
            return sorted(query.occurrences().filter(role="definition", node_id__in=overridden), key=_place)
    is_module = bool(chosen) and chosen[0].span.start_byte == chosen[0].span.end_byte
    followed = _behind_alias(query, snapshot, chosen, one)
    if followed is not None:
        return followed + _constructors(query, snapshot, followed, one)
    chosen += _constructors(query, snapshot, chosen, one)
    if one.symbol.startswith(LOCAL) or (chosen and not is_module) or (is_module and one.role == "import"):
        return chosen
    rows = sorted(map(row_of, _of_symbol(snapshot.rows_of_file("occurrences", one.file_path), one.symbol)), key=_place)
    imported = binding_of(snapshot, rows, one, whole=is_module)
    return chosen if imported is None else [imported]


def _behind_alias(
    query: GraphQuery, snapshot: Snapshot, chosen: list[Occurrence], one: Occurrence
) -> list[Occurrence] | None:
    """Return the definitions of what a name only renames, or None if it does not, or that has none."""
    if len(chosen) != 1 or one == chosen[0]:
        return None
    start = renames(snapshot, chosen[0])
    if start is None:
        return None
    rows = snapshot.rows_of_file("occurrences", chosen[0].file_path)
    span = rows.column("span").combine_chunks()
    found = rows.filter(pc.equal(pc.struct_field(span, "start_byte"), start)).to_pylist()
    led = [each for row in found for each in _definitions(query, snapshot, row_of(row))]
    return list(dict.fromkeys(led)) or None


def _constructors(query: GraphQuery, snapshot: Snapshot, chosen: list[Occurrence], one: Occurrence) -> list[Occurrence]:
    """Return the constructor that runs where a class is made: its own, else the nearest base's."""
    ids = [each.node_id for each in chosen if each.node_id is not None]
    if not ids or one.role == "definition" or not is_made(snapshot, one):
        return []
    level = [node.id for node in query.nodes().filter(id__in=ids, kind="class")]
    seen = set(level)
    while level and len(seen) < _LINEAGE:
        made = query.nodes().filter(parent_id__in=level, name="constructor", kind="method")
        if members := [node.id for node in made]:
            found = sorted(query.occurrences().filter(role="definition", node_id__in=members), key=_place)
            return declared(snapshot, found, evolve(one, node_id=found[0].node_id)) if found else []
        rows = query.edges().filter(source_id__in=level, kind="inherits").exclude(resolver=STUB).select("target_id")
        level = [base for base in dict.fromkeys(row["target_id"] for row in rows) if base not in seen]
        seen.update(level)
    return []


def _reaching(snapshot: Snapshot, path: str, bindings: list[Occurrence], one: Occurrence) -> list[Occurrence] | None:
    """Return the bindings of one file that reach an occurrence, or None if its language or its tree does not say it."""
    language = _language_of(snapshot, path)
    if language not in GRAMMARS:
        return None
    source = kept_source(snapshot, path)
    if source is None:
        return None
    here = one.file_path == path and one.role != "import"
    bound = [(each.span.start_byte, each.span.end_byte) for each in bindings]
    starts = reaching(source, language, bound, one.span.start_byte if here else None)
    return None if starts is None else [each for each in bindings if each.span.start_byte in starts]


def _language_of(snapshot: Snapshot, path: str) -> str:
    found = snapshot.rows_of_file("files", path, ["language"]).column("language").to_pylist()
    return found[0] or "" if found else ""


def _overridden(query: GraphQuery, node_id: str) -> list[str]:
    """Return the ids of the members of the nearest base, or bases, that have the name of a member of a type."""
    member = query.nodes().filter(id=node_id).first()
    if member is None or member.parent_id is None or member.kind in {"parameter", "import"}:
        return []
    level, seen = [member.parent_id], {member.parent_id}
    while level and len(seen) < _LINEAGE:
        edges = query.edges().filter(source_id__in=level, kind__in=["inherits", "implements"])
        rows = edges.exclude(resolver=STUB).select("target_id")
        level = [base for base in dict.fromkeys(row["target_id"] for row in rows) if base not in seen]
        seen.update(level)
        found = query.nodes().filter(parent_id__in=level, name=member.name).exclude(kind="import") if level else ()
        if ids := [node.id for node in found]:
            return ids
    return []


def _place(one: Occurrence) -> tuple[str, int, str]:
    return one.file_path, one.span.start_byte, one.role


def references_of(snapshot: Snapshot, symbol: str, path: str = "") -> list[Occurrence]:
    """Return all occurrences of a symbol, by file and place.

    Args:
        snapshot: Has the table `occurrences`.
        symbol: A symbol.
        path: The file that a local's symbol belongs to.
    """
    if symbol.startswith(LOCAL):
        found = _of_symbol(snapshot.rows_of_file("occurrences", path), symbol)
    else:
        batches = snapshot.scan("occurrences", predicate=pc.field("symbol") == symbol)
        found = [row for batch in batches for row in batch.to_pylist()]
    return once(sorted(map(row_of, found), key=_place))


def once(found: Iterable[Occurrence]) -> list[Occurrence]:
    """Return occurrences in order, of a place that is a field and a parameter the field's alone."""
    chosen: dict[tuple[str, int, str], Occurrence] = {}
    for one in found:
        known = chosen.setdefault(_place(one), one)
        if known is not one and _length(one) < _length(known):  # the parameter is below the constructor, it is longer
            chosen[_place(one)] = one
    return list(chosen.values())


def _length(one: Occurrence) -> tuple[int, str]:
    return len(one.node_id or ""), one.node_id or ""


def unknown_name(snapshot: Snapshot, path: str, line: int, column: int) -> list[Occurrence]:
    """Return the identifier at a place of which nothing is known, with no symbol; nothing where none stands."""
    language = _language_of(snapshot, path)
    source = kept_source(snapshot, path) if language in GRAMMARS else None
    span = None if source is None else identifier_at(source, language, line, column)
    if span is None:
        return []
    module = snapshot.rows_of_file("nodes", path, ["id"]).column("id").to_pylist()[0]
    return [Occurrence(symbol="", file_path=path, span=span, role="reference", enclosing_id=module)]


def _with_constructed(query: GraphQuery, snapshot: Snapshot, symbol: str, found: list[Occurrence]) -> list[Occurrence]:
    """Return a class's occurrences with those of its constructors that are its name: `new Order()` refers to both."""
    implied = _CONSTRUCTOR.search(symbol)
    home = next((one for one in found if one.role == "definition" and one.node_id is not None), None)
    node = None if home is None else query.nodes().filter(id=home.node_id).first()
    if node is None or node.kind not in _OF_TYPE:
        return found
    if implied is not None:  # a constructor that is written nowhere: the class is what has a name
        return references_with_stubs(query, snapshot, symbol[: implied.start()])
    if node.language in _OF_JVM:
        members = query.nodes().filter(parent_id=node.id, kind="method")
        count = sum("constructor" in member.modifiers for member in members)
        symbols = [f"{symbol}`<init>`({f'+{number}' if number else ''})." for number in range(max(count, 1))]
    elif node.language in LANGUAGES:
        symbols = [f"{symbol}`<constructor>`()."]
    else:
        return found
    batches = snapshot.scan("occurrences", predicate=pc.field("symbol").isin(symbols))
    rows = [row_of(row) for batch in batches for row in batch.to_pylist() if row["role"] != "definition"]
    sources = {path: kept_source(snapshot, path) or b"" for path in {one.file_path for one in rows}}
    name = node.name.encode()
    made = [one for one in rows if sources[one.file_path][one.span.start_byte : one.span.end_byte] == name]
    return sorted([*found, *made], key=_place)


def references_with_stubs(query: GraphQuery, snapshot: Snapshot, symbol: str, path: str = "") -> list[Occurrence]:
    """Return all occurrences of a symbol, then those of what a stub declares of it, or of what implements it."""
    found = references_of(snapshot, symbol, path)
    if not symbol.startswith(LOCAL):
        found = _with_constructed(query, snapshot, symbol, found)
    homes = {one.file_path for one in found if one.role == "definition" and one.node_id is not None}
    if symbol.startswith(LOCAL) or not any(_language_of(snapshot, home) == "python" for home in homes):
        return found
    ids = {one.node_id for one in found if one.role == "definition"}
    others: set[str] = set()
    for home in homes:
        rows = snapshot.rows_of_file("edges", home, ["resolver", "source_id", "target_id"])
        rows = rows.filter(pc.equal(_plain(rows.column("resolver")), STUB))
        pairs = zip(rows.column("source_id").to_pylist(), rows.column("target_id").to_pylist(), strict=True)
        others |= {target for source, target in pairs if source in ids}
    if any(home.endswith(STUBS) for home in homes):
        edges = query.edges().filter(target_id__in=sorted(filter(None, ids)), kind="implements", resolver=STUB)
        others |= {edge.source_id for edge in edges if edge.source_id is not None}
    if not others:
        return found
    declared = query.occurrences().filter(role="definition", node_id__in=sorted(others))
    for other in sorted({each.symbol for each in declared} - {symbol}):
        found += references_of(snapshot, other)
    return found


def chosen_symbol(query: GraphQuery, wanted: Node | str) -> str | None:
    """Return the symbol that a node, a symbol or a name means; None for a node that has no occurrence.

    Raises:
        QueryError: `symbol-unknown`, `symbol-ambiguous`, or `argument-invalid`: a local's symbol, which needs a file.
    """
    if isinstance(wanted, str) and wanted.startswith(LOCAL):
        raise QueryError(
            f"{wanted!r} means something in one file only.",
            code="argument-invalid",
            context={"remedy": "Ask for the references at a place of that file."},
        )
    if isinstance(wanted, str) and " " in wanted:
        return wanted
    nodes = [wanted] if isinstance(wanted, Node) else find_symbol(query, wanted)
    if len(nodes) != 1:
        raise QueryError(
            f"{len(nodes)} symbols are named {wanted!r}." if nodes else f"There is no symbol {wanted!r}.",
            code="symbol-ambiguous" if nodes else "symbol-unknown",
            context={"candidates": [node.id for node in nodes], "remedy": "Give an id."},
        )
    own = query.occurrences().filter(node_id=nodes[0].id)
    if nodes[0].kind in _OF_TYPE:  # a constructor that is written nowhere is of the node of its class, too
        return next((one.symbol for one in own if not _CONSTRUCTOR.search(one.symbol)), None)
    first = own.first()
    return None if first is None else first.symbol


def row_of(values: dict[str, object]) -> Occurrence:
    """Return a row of the table as an object."""
    span = values["span"]
    return Occurrence(**{**values, "span": Span(**span)})  # type: ignore[arg-type]


def _of_symbol(rows: pa.Table, symbol: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = rows.filter(pc.equal(_plain(rows.column("symbol")), symbol)).to_pylist()
    return found


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
