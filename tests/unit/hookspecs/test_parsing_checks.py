"""The kit's checks of rows: right ones pass, each kind of wrong one is found by its code."""

import pyarrow as pa
import pytest

from codegraph_hookspecs import ParsedBatch
from codegraph_hookspecs.testing import (
    ConformanceError,
    check_batch,
    check_parser,
    check_same_rows,
    check_tables,
    empty_table,
    parse_samples,
    source_file,
)
from codegraph_plugins.languages.python import PACK
from codegraph_plugins.parsers.reference import ReferenceParser
from tests.unit.hookspecs.broken import AheadParser, ChangedParser, with_rows

SAMPLES = {
    "pkg/a.py": "import os\nfrom .b import g\n\n\nclass A:\n    def f(self, x=1):\n        return g(os.getcwd(), x)\n",
    "pkg/b.py": "def g(*values):\n    if values:\n        return g()\n\n\ndef g():\n    pass\n",
}
SOURCES = [source_file(path, text, PACK) for path, text in SAMPLES.items()]


@pytest.fixture
def batch():
    return parse_samples(ReferenceParser(), [PACK], SAMPLES)


def code_of(function, *arguments, **options):
    with pytest.raises(ConformanceError) as caught:
        function(*arguments, **options)
    assert str(caught.value).startswith(f"[{caught.value.code}] ")
    return caught.value.code


def test_rows_of_the_reference_parser_pass(batch):
    check_batch(batch, SOURCES)


def change_node(**values):
    return lambda rows: rows["nodes"][2].update(values)


def swap_files(rows):
    rows["files"].reverse()


def interleave(rows):
    rows["nodes"].append(rows["nodes"].pop(1))


def degrade(rows):
    rows["files"][0]["status"] = "degraded"


def drop(table, position=0):
    return lambda rows: rows[table].pop(position)


def set_value(table, column, value, position=0):
    return lambda rows: rows[table][position].update({column: value})


def set_in_span(column, value):
    return lambda rows: rows["call_sites"][0]["span"].update({column: value})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (swap_files, "batch-files"),
        (set_value("files", "module_fqn", "other"), "batch-files"),
        (set_value("files", "parse_errors", 2), "batch-files"),
        (degrade, "batch-diagnostic"),
        (interleave, "batch-order"),
        (set_value("uses", "file_path", "elsewhere.py"), "batch-order"),
        (set_value("nodes", "id", "pkg.a@other"), "batch-module"),
        (set_value("nodes", "kind", "package"), "batch-module"),
        (change_node(id="wrong@py"), "batch-id"),
        (change_node(id="pkg.a:g@pyi"), "batch-id"),
        (change_node(fqn="pkg.a.h"), "batch-id"),
        (change_node(parent_id="nowhere@py"), "batch-parent"),
        (change_node(complexity=0), "batch-complexity"),
        (set_value("nodes", "start_byte", 0, 4), "batch-nesting"),
        (change_node(start_line=1, end_line=1), "batch-position"),
        (set_value("nodes", "end_byte", 10_000), "batch-position"),
        (set_in_span("start_column", 0), "batch-position"),
        (set_value("call_sites", "caller_id", "pkg.a:B@py"), "batch-caller"),
        (set_value("call_sites", "id", "pkg.a:A.f@py#call7"), "batch-call-id"),
        (set_value("call_sites", "arity", -1), "batch-call-id"),
        (drop("imports"), "batch-import"),
        (set_value("uses", "target", 99), "batch-ordinal"),
        (set_value("uses", "call_site", 99), "batch-ordinal"),
        (set_value("uses", "node", -2), "batch-ordinal"),
        (set_value("files", "status", "skipped"), "batch-diagnostic"),
        (set_value("files", "status", "fine"), "table-value"),
        (change_node(kind="klass"), "table-value"),
        (change_node(visibility="secret"), "table-value"),
        (change_node(id="pkg.a@py"), "table-key"),
        (change_node(name=None), "table-null"),
        (change_node(start_line=0), "table-span"),
        (change_node(end_byte=1), "table-span"),
        (set_in_span("end_byte", 0), "table-span"),
    ],
)
def test_wrong_rows_are_found(batch, change, code):
    assert code_of(check_batch, with_rows(batch, change), SOURCES) == code


def test_rows_of_a_skipped_file_are_found(batch):
    def skip(rows):
        rows["files"][0]["status"] = "skipped"
        rows["diagnostics"].append(
            {
                "file_path": "pkg/a.py",
                "stage": "parse",
                "code": "c",
                "category": "permanent",
                "message": "m",
                "span": None,
            }
        )

    assert code_of(check_batch, with_rows(batch, skip), SOURCES) == "batch-skipped"


def test_a_file_without_nodes_is_found(batch):
    def empty(rows):
        for name in ("nodes", "call_sites", "imports", "uses", "exports"):
            rows[name].clear()

    assert code_of(check_batch, with_rows(batch, empty), SOURCES) == "batch-module"


def test_a_missing_table_and_a_wrong_type_are_found(batch):
    tables = {name: table for name, table in batch.tables.items() if name != "uses"}
    assert code_of(check_batch, ParsedBatch(tables=tables), SOURCES) == "batch-tables"
    assert code_of(check_batch, batch.tables, SOURCES) == "batch-type"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda table: table.drop(["name"]), "lacks name"),
        (lambda table: table.append_column("key", pa.array([], pa.int64())), "'key' must be uint64"),
        (lambda table: table.add_column(0, "key", pa.array([], pa.uint64())), "must follow those of the schema"),
        (lambda table: table.append_column("extra", pa.array([], pa.int32())), "has unknown extra"),
        (lambda table: table.select(table.schema.names[::-1]), "in the order"),
        (lambda table: table.set_column(0, "id", pa.array([], pa.int64())), "'id' is int64, not string not null"),
        (lambda table: [table], "not a pyarrow.RecordBatch"),
        (lambda table: table.replace_schema_metadata({}).cast(pa.schema(list(table.schema))), None),
    ],
)
def test_a_wrong_schema_is_told_exactly(rows, message):
    given = rows(empty_table("nodes"))
    if message is None:  # metadata is not part of the contract
        assert check_tables({"nodes": given})["nodes"].num_rows == 0
        return
    with pytest.raises(ConformanceError, match=message) as caught:
        check_tables({"nodes": given})
    assert caught.value.code == "table-schema"


def test_key_columns_are_allowed_after_the_schema_and_taken_off():
    keyed = empty_table("nodes").append_column("key", pa.array([], pa.uint64()))
    assert check_tables({"nodes": keyed})["nodes"].schema.names == empty_table("nodes").schema.names


def test_an_unknown_table_is_found():
    assert code_of(check_tables, {"node": empty_table("nodes")}) == "table-unknown"


def test_a_difference_is_told_with_row_and_column(batch):
    other = with_rows(batch, set_value("nodes", "visibility", "private", 3))
    with pytest.raises(ConformanceError, match="two engines differ in 'nodes': row 3, column 'visibility': 'public'"):
        check_same_rows(batch, other, "two engines")
    shorter = with_rows(batch, drop("uses"))
    assert code_of(check_same_rows, batch, shorter, "two engines") == "batch-different"
    assert code_of(check_same_rows, batch, shorter, "two engines", code="parsers-differ") == "parsers-differ"


def test_the_reference_parser_conforms():
    check_parser(ReferenceParser(), [PACK], SAMPLES)


def test_a_parser_need_not_keep_sources():
    def forgetful(batch, sources, options):
        return ParsedBatch(tables={name: table for name, table in batch.tables.items() if name != "sources"})

    check_parser(ChangedParser(forgetful), [PACK], SAMPLES)


class Counting:
    """Changes every second result."""

    def __init__(self, first):
        self.calls = 0
        self.first = first

    def __call__(self, batch, sources, options):
        self.calls += len(sources) == 2
        if len(sources) == 2 and self.calls == self.first:
            return with_rows(batch, set_value("nodes", "docstring", "once"))
        return batch


def by_workers(batch, sources, options):
    return with_rows(batch, set_value("nodes", "docstring", "threads")) if options.workers > 1 and sources else batch


def by_batch(batch, sources, options):
    return with_rows(batch, set_value("nodes", "docstring", "alone")) if len(sources) == 1 else batch


def raising(batch, sources, options):
    raise RuntimeError("boom")


def reads_nul(batch, sources, options):
    if any(b"\x00" in (source.content or b"") for source in sources):
        return parse_samples(ReferenceParser(), [PACK], {source.path: b"" for source in sources})
    return batch


def keeps_others(change):
    return lambda batch, sources, options: with_rows(batch, change) if options.keep_sources else batch


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (keeps_others(drop("sources")), "parser-sources"),
        (keeps_others(set_value("sources", "source", b"no block")), "parser-sources"),
        (keeps_others(set_value("sources", "source", None)), "parser-sources"),
        (keeps_others(set_value("sources", "role", "project")), "parser-sources"),
        (Counting(2), "parser-unstable"),
        (by_workers, "parser-workers"),
        (by_batch, "parser-batching"),
        (raising, "parser-raised"),
        (reads_nul, "parser-odd-file"),
    ],
)
def test_a_parser_that_breaks_its_promises_is_found(change, code):
    assert code_of(check_parser, ChangedParser(change), [PACK], SAMPLES) == code


def test_a_session_that_begins_early_must_keep_batches_apart():
    check_parser(AheadParser(lambda batch, *_: batch), [PACK], SAMPLES)
    parser = AheadParser(lambda batch, *_: batch, mixed_up=True)
    assert code_of(check_parser, parser, [PACK], SAMPLES) == "parser-prefetch"


@pytest.mark.parametrize(
    ("options", "code"),
    [({"name": ""}, "parser-name"), ({"priority": "x"}, "parser-name"), ({"version": ""}, "parser-name")],
)
def test_a_parser_without_proper_attributes_is_found(options, code):
    assert code_of(check_parser, ChangedParser(lambda batch, *_: batch, **options), [PACK], SAMPLES) == code


def test_a_parser_for_none_of_the_languages_is_found():
    class Other(ChangedParser):
        def supports(self, pack):
            return False

    assert code_of(check_parser, Other(lambda batch, *_: batch), [PACK], SAMPLES) == "parser-supports"
    assert code_of(check_parser, object(), [PACK], SAMPLES) == "parser-type"
