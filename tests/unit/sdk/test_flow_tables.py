"""Control flow and data flow of all functions as tables: `query().table("cfg_edges")` and SQL."""

import pyarrow as pa
import pytest

from codegraph import CodeGraph, CodeGraphError
from codegraph._internal.sdk import flow_tables
from codegraph_hookspecs import hookimpl

pytest.importorskip("codegraph_parser_rust")

SOURCE = """\
import os


def load(paths):
    found = []
    for path in paths:
        try:
            found.append(os.read(path))
        except OSError:
            continue
    return found or None


class Reader:
    name = "x"

    @os.register
    def read(self):
        return list(each for each in (lambda: self.name)())
"""
TABLES = sorted(flow_tables.FLOW_TABLES)


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    root = tmp_path_factory.mktemp("tables")
    (root / "app.py").write_text(SOURCE)
    (root / "empty.py").write_text("")
    (root / "odd.py").write_bytes(b"def g(:\n  \xff\n")
    (root / "web").mkdir()
    (root / "web" / "page.ts").write_text("export const f = (a: number) => a > 1 ? a : 0;\n")
    (root / "tool.rs").write_text("fn h() -> i32 { 1 }\n")
    with CodeGraph().index(root, backend="rust").execute() as result:
        yield result


@pytest.mark.parametrize("table", TABLES)
def test_tables_have_their_schema_whoever_reads_them(graph, table):
    query = graph.query().table(table)
    schema = flow_tables.FLOW_TABLES[table].schema
    assert query.schema == schema
    assert query.to_arrow().schema == schema
    assert graph.sql(f'SELECT * FROM "{table}"').to_arrow().num_rows == query.count() > 0 or table == "phis"


@pytest.mark.parametrize("table", [name for name in TABLES if name != "bodies"])
def test_rows_are_those_of_each_function(graph, table):
    own = flow_tables.FLOW_TABLES[table].schema.names[3:]
    for symbol in ("app", "app.load", "app.Reader", "app.Reader.read", "page.f"):
        function = graph.function(symbol)
        bodies = graph.query().table("bodies").filter(function_id=function.node.id).exclude(kind="comprehension")
        (body,) = bodies.select("file_path", "body")
        rows = graph.query().table(table).filter(**body).select(*own)
        assert rows.to_arrow().to_pylist() == function.to_arrow(table).select(own).to_pylist()


def test_each_body_names_the_definition_around_it(graph):
    found = {(row["qualified_name"], row["kind"]): row["function_id"] for row in graph.query().table("bodies")}
    ids = {node.fqn: node.id for node in graph.nodes() if node.file_path == "app.py"}
    assert found["load", "function"] == ids["app.load"]
    assert found["Reader", "class"] == ids["app.Reader"]
    assert found["Reader.read", "function"] == ids["app.Reader.read"]
    inner = {kind: owner for (name, kind), owner in found.items() if name.startswith("Reader.read.")}
    assert set(inner) == {"comprehension", "lambda"}
    assert inner["comprehension"] == ids["app.Reader.read"]
    assert inner["lambda"] == ids["app.Reader.read.<lambda1>"]


def test_files_that_conditions_leave_out_are_not_lowered(graph, monkeypatch):
    lowered = []
    lower = flow_tables.lowered_file
    monkeypatch.setattr(flow_tables, "lowered_file", lambda row, *rest: lowered.append(row.path) or lower(row, *rest))
    edges = graph.query().table("cfg_edges")
    for query in (edges.filter(file_path="web/**"), edges.filter(kind="true").exclude(file_path__ne="web/page.ts")):
        assert {row["file_path"] for row in query} == {"web/page.ts"}
        assert lowered == ["web/page.ts"]
        lowered.clear()
    rows = list(graph.sql("SELECT DISTINCT file_path FROM cfg_edges WHERE file_path = 'app.py'"))
    assert (rows, lowered) == ([{"file_path": "app.py"}], ["app.py"])
    lowered.clear()
    rows = list(graph.sql("SELECT count(*) AS n FROM cfg_edges WHERE file_path = 'app.py' AND kind = 'exception'"))
    assert rows == [{"n": edges.filter(file_path="app.py", kind="exception").count()}]
    assert rows[0]["n"] > 0
    assert "some files" in str(edges.filter(file_path="app.py").explain())


def test_sql_joins_them_with_the_graph(graph):
    statement = """
        SELECT n.fqn, count(*) AS loops FROM blocks b JOIN nodes n ON n.id = b.function_id
        WHERE b.loop_header = b.block GROUP BY n.fqn ORDER BY n.fqn
    """
    assert list(graph.sql(statement)) == [{"fqn": "app.Reader.read", "loops": 1}, {"fqn": "app.load", "loops": 1}]


def test_whoever_reads_all_tables_reads_the_stored_ones(graph):
    assert not set(TABLES) & set(graph.query().tables())
    assert graph.query().cfg_edges().count() == graph.query().table("cfg_edges").count()
    assert graph.sql("SELECT 1 AS one FROM nodes LIMIT 1").tables == ("nodes",)
    assert not set(TABLES) & set(graph._snapshot().tables())


def test_a_file_that_cannot_be_lowered_is_left_out(tmp_path):
    class Refusing:
        name = "a-refusing"
        version = "1"
        languages = ("python",)

        def lower(self, pack, path, content):
            raise ValueError("not today")

    class Plugin:
        @hookimpl
        def codegraph_lowerings(self):
            return [Refusing()]

    (tmp_path / "m.py").write_text("def f(): pass\n")
    (tmp_path / "n.js").write_text("function f() {}\n")
    with CodeGraph(plugins=[Plugin()]).index(tmp_path).execute() as result:
        assert {row["file_path"] for row in result.query().table("bodies")} == {"n.js"}


def test_without_any_lowering_the_error_says_so(graph):
    class Host:
        def languages(self):
            return ()

        def lowerings(self):
            return ()

    with pytest.raises(CodeGraphError) as caught:
        list(flow_tables.flow_files(graph._snapshot(), Host()))
    assert caught.value.code == "flow-unavailable"
    assert caught.value.context["remedy"]


def test_a_stored_table_of_such_a_name_comes_first():
    class Snapshot:
        def tables(self):
            return ["blocks", "nodes"]

        def schema(self, table):
            return pa.schema([("mine", pa.int32())])

        def count(self, table):
            return 7

        def scan(self, table, columns=None, predicate=None):
            yield pa.record_batch({"mine": pa.array([1], pa.int32())})

    snapshot = flow_tables.FlowSnapshot(Snapshot(), lambda: pytest.fail("files were asked for"))
    assert snapshot.schema("blocks").names == ["mine"]
    assert snapshot.count("blocks") == 7
    assert [batch.num_rows for batch in snapshot.scan("blocks")] == [1]
    assert snapshot.made_source("blocks") is None
    assert snapshot.made_source("phis") is not None
