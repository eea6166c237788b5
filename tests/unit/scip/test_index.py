"""The SCIP index: its schema, and that what is read back is what the tables say."""

from __future__ import annotations

import importlib.resources
import json

import pytest
from google.protobuf import descriptor_pb2

from codegraph import CodeGraph, IndexingConfig, PluginError, QueryError
from codegraph_plugins.scip import scip_pb2 as scip
from codegraph_plugins.scip.grammar import parse_symbol
from codegraph_plugins.scip.reading import IndexFormatError, read_index
from codegraph_plugins.scip.writing import ROLES

FILES = {
    "lib.py": 'class Base:\n    """What all have."""\n\n    def run(self, n):\n        return len(n)\n',
    "app.py": "from lib import Base\n\nclass Child(Base):\n"
    "    def run(self, n):\n        k = n\n        return super().run(k)\n",
    "test_app.py": "from app import Child\n\ndef test_it():\n    assert Child().run([1])\n",
    "src/a.ts": "export interface Named { name(): string }\n"
    "export class Dog implements Named { name() { return 'x'; } }\n",
    "src/box.ts": "export abstract class Box<T> {\n  constructor(held: T) {}\n  get size() { return 1; }\n"
    "  static made() { return 1; }\n  abstract sized<U>(by: U): U;\n}\n",
    "p/Shape.java": "package p;\nclass Shape { Shape() {} int area() { return 1; } }\n",
    "p/Square.java": "package p;\nclass Square extends Shape { @Override int area() { return 2; } }\n",
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    root = tmp_path_factory.mktemp("repo")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    output = tmp_path_factory.mktemp("out") / "index.scip"
    cg = CodeGraph(config=IndexingConfig(root_path=root))
    written = cg.export("scip", output=output, package="my app", package_version="1.2")
    assert written.files == (output,)
    assert written.bytes == output.stat().st_size
    assert written.indexed
    return root, output, cg, written


def test_the_bindings_are_those_of_the_schema(tmp_path):
    grpc_tools = pytest.importorskip("grpc_tools.protoc")
    folder = importlib.resources.files("codegraph_plugins.scip")
    (tmp_path / "scip.proto").write_text((folder / "scip.proto").read_text())
    arguments = ["protoc", f"-I{tmp_path}", f"--descriptor_set_out={tmp_path / 'set'}", str(tmp_path / "scip.proto")]
    assert grpc_tools.main(arguments) == 0
    made = descriptor_pb2.FileDescriptorSet.FromString((tmp_path / "set").read_bytes()).file[0]
    present = descriptor_pb2.FileDescriptorProto()
    scip.DESCRIPTOR.CopyToProto(present)
    for file in (made, present):
        for message in file.message_type:
            for field in message.field:
                field.ClearField("json_name")
    assert made == present


def test_an_index_is_one_message_and_a_stream_of_its_fields(exported):
    _, output, _, _ = exported
    index = scip.Index.FromString(output.read_bytes())
    parts = list(read_index(output))
    assert [type(part).__name__ for part in parts[:2]] == ["Metadata", "Document"]
    assert parts[0] == index.metadata
    assert [part for part in parts if isinstance(part, scip.Document)] == list(index.documents)
    assert [part for part in parts if isinstance(part, scip.SymbolInformation)] == list(index.external_symbols)
    assert index.metadata.tool_info.name == "codegraph"
    assert index.metadata.project_root.startswith("file:///")
    assert [document.relative_path for document in index.documents] == sorted(FILES)


def test_the_occurrences_that_are_read_back_are_those_of_the_table(exported):
    _, output, cg, written = exported
    read = set()
    for document in read_index(output):
        if isinstance(document, scip.Document):
            assert document.position_encoding == scip.UTF8CodeUnitOffsetFromLineStart
            for one in document.occurrences:
                line, start, *end_line, end = one.range
                assert not end_line
                read.add((document.relative_path, line + 1, start, end, one.symbol, one.symbol_roles & ~scip.Test))
    with cg.open(snapshot_id=written.snapshot_id) as graph:
        table = {
            (
                one.file_path,
                one.span.start_line,
                one.span.start_column,
                one.span.end_column,
                one.symbol.replace(" . . ", " my  app 1.2 "),
                ROLES[one.role],
            )
            for one in graph.occurrences()
        }
    assert read == table
    assert len(read) == 54


def _cut(source, given):
    """Return what a range encloses: lines and columns in bytes."""
    first, start, last, end = (given[0], given[1], given[0], given[2]) if len(given) == 3 else given
    lines = source.split(b"\n")
    if first == last:
        return lines[first][start:end]
    return b"\n".join([lines[first][start:], *lines[first + 1 : last], lines[last][:end]])


def test_a_definition_s_enclosing_range_is_its_node_to_the_byte(exported, tmp_path):
    root, output, cg, written = exported
    wide = 'größe = "ä"; tiefe = 1\r\nclass Maß:\r\n    """Ü"""\r\n    def µ(self): return "é"\r\n\r\ndef ende(): pass'
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/wide.py").write_bytes(wide.encode())
    (tmp_path / "repo/one.ts").write_bytes("const ö = 'ß'; class Ä { ü() {\n  return 'ä'; } }\n".encode())
    other = CodeGraph(config=IndexingConfig(root_path=tmp_path / "repo"))
    elsewhere = other.export("scip", output=tmp_path / "other.scip")
    checked = 0
    for folder, file, graphs, snapshot in (
        (root, output, cg, written.snapshot_id),
        (tmp_path / "repo", tmp_path / "other.scip", other, elsewhere.snapshot_id),
    ):
        with graphs.open(snapshot_id=snapshot) as graph:
            nodes = {one.id: one for one in graph.nodes()}
            defined = {}
            for one in graph.occurrences().filter(role="definition"):
                place = (one.file_path, one.span.start_line - 1, one.span.start_column)
                defined.setdefault(place, []).append(nodes.get(one.node_id))
        for document in (part for part in read_index(file) if isinstance(part, scip.Document)):
            source = (folder / document.relative_path).read_bytes()
            for one in document.occurrences:
                if not one.symbol_roles & scip.Definition:
                    assert not one.enclosing_range
                    continue
                held = defined[document.relative_path, one.range[0], one.range[1]]
                wanted = [source[node.start_byte : node.end_byte] for node in held if node is not None]
                if one.symbol.startswith("local ") or one.symbol.endswith("]"):
                    continue
                if one.symbol.endswith("Square#`<init>`()."):  # a constructor that is written nowhere
                    assert not one.enclosing_range
                    continue
                if not one.enclosing_range:  # scip-typescript has none there
                    assert one.symbol.endswith(("`<get>size`().", "(held)", "(by)", "Named#name().", "`ö`."))
                    continue
                # In TypeScript `export` and `;` are parts of what they stand at.
                found = _cut(source, one.enclosing_range)
                assert found in wanted or found.removeprefix(b"export ").removesuffix(b";") in wanted
                checked += 1
    assert checked > 30


def test_a_definition_has_no_enclosing_range_where_the_bytes_are_not_kept(exported, tmp_path, monkeypatch):
    _, _, cg, _ = exported
    for kept in (None, b"short", b"\xff\xfe" + bytes(100_000)):  # the lines of UTF-16 are not those of its bytes
        monkeypatch.setattr("codegraph._internal.sdk.exporting._Reader.source", lambda self, path, kept=kept: kept)
        cg.export("scip", output=tmp_path / "index.scip")
        documents = [part for part in read_index(tmp_path / "index.scip") if isinstance(part, scip.Document)]
        assert documents
        assert not any(list(one.enclosing_range) for document in documents for one in document.occurrences)


def test_in_a_notebook_ranges_are_those_of_its_module_s_text(tmp_path):
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": ["def f(): pass\n"]}
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/book.ipynb").write_text(json.dumps(book))
    graph = CodeGraph(config=IndexingConfig(root_path=tmp_path / "repo"))
    graph.export("scip", output=tmp_path / "book.scip")
    (document,) = (part for part in read_index(tmp_path / "book.scip") if isinstance(part, scip.Document))
    (defined,) = (one for one in document.occurrences if one.symbol.endswith("f().") and one.symbol_roles & 1)
    line, *_ = defined.range
    assert list(defined.range) == [line, 4, 5]
    assert list(defined.enclosing_range) == [line, 0, 13]


def test_symbols_say_what_they_are_and_what_they_implement(exported):
    _, output, _, _ = exported
    index = scip.Index.FromString(output.read_bytes())
    symbols = {one.symbol: one for document in index.documents for one in document.symbols}
    kinds = scip.SymbolInformation
    head = "scip-codegraph pip my  app 1.2 "
    base = symbols[head + "lib/Base#"]
    assert (base.kind, base.display_name, list(base.documentation)) == (kinds.Class, "Base", ["What all have."])
    assert base.signature_documentation.text == "class Base"
    assert base.signature_documentation.language == "Python"
    child = symbols[head + "app/Child#"]
    assert [(one.symbol, one.is_implementation) for one in child.relationships] == [(head + "lib/Base#", True)]
    assert symbols[head + "app/Child#run().(n)"].kind == kinds.Parameter
    typescript = "scip-codegraph npm my  app 1.2 src/`a.ts`/"
    assert [one.symbol for one in symbols[typescript + "Dog#"].relationships] == [typescript + "Named#"]
    java = "scip-codegraph maven my  app 1.2 p/"
    area = symbols[java + "Square#area()."].relationships
    assert [(one.symbol, one.is_implementation, one.is_reference) for one in area] == [
        (java + "Shape#area().", True, True)
    ]
    assert symbols[java + "Shape#`<init>`()."].kind == kinds.Constructor
    box = typescript.replace("a.ts", "box.ts") + "Box#"
    told = {name.removeprefix(box): one.kind for name, one in symbols.items() if name.startswith(box)}
    assert told == {
        "": kinds.Class,
        "[T]": kinds.TypeParameter,
        "`<constructor>`().": kinds.Constructor,
        "`<constructor>`().(held)": kinds.Parameter,
        "`<get>size`().": kinds.Getter,
        "made().": kinds.StaticMethod,
        "sized().": kinds.AbstractMethod,
        "sized().[U]": kinds.TypeParameter,
        "sized().(by)": kinds.Parameter,
    }
    assert symbols[box + "[T]"].display_name == "T"

    local = next(one for document in index.documents for one in document.symbols if one.symbol == "local 0")
    assert local.enclosing_symbol == head + "app/Child#run()."
    assert [one.symbol for one in index.external_symbols] == [
        "scip-codegraph maven java . java/lang/Override.",
        "scip-codegraph pip builtins . builtins/len.",
    ]


def test_a_type_parameter_is_found_from_its_uses(exported):
    _, _, cg, _ = exported
    graph = cg.index().with_occurrences().execute()
    uses = graph.occurrences().filter(file_path="src/box.ts", symbol__endswith="Box#[T]").execute()
    assert [(one.role, one.span.start_column) for one in uses] == [("definition", 26), ("read", 20)]
    assert graph.definitions_at("src/box.ts", 2, 20) == [uses[0]]
    assert graph.references_at("src/box.ts", 1, 26) == uses


def test_every_symbol_is_by_the_grammar_and_known(exported):
    _, output, _, _ = exported
    index = scip.Index.FromString(output.read_bytes())
    known = {one.symbol for one in index.external_symbols}
    known.update(one.symbol for document in index.documents for one in document.symbols)
    for document in index.documents:
        for one in document.occurrences:
            assert str(parse_symbol(one.symbol)) == one.symbol
            assert one.symbol in known


def test_what_stands_in_a_test_has_that_role(exported):
    _, output, _, _ = exported
    documents = {one.relative_path: one for one in read_index(output) if isinstance(one, scip.Document)}
    tested = [bool(one.symbol_roles & scip.Test) for one in documents["test_app.py"].occurrences]
    assert all(tested)
    assert not any(one.symbol_roles & scip.Test for one in documents["app.py"].occurrences)


def test_an_export_is_the_same_every_time_and_indexes_only_what_changed(exported, tmp_path):
    _, output, cg, written = exported
    again = cg.export("scip", output=tmp_path / "again.scip", package="my app", package_version="1.2")
    assert (tmp_path / "again.scip").read_bytes() == output.read_bytes()
    assert (again.snapshot_id, again.indexed) == (written.snapshot_id, False)


def test_a_failed_export_leaves_the_file_that_was_there(tmp_path):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "a.py").write_text("x = 1\n")
    cg = CodeGraph(config=IndexingConfig(root_path=tmp_path / "repo"))
    first = cg.index().execute().snapshot_id
    output = tmp_path / "index.scip"
    output.write_bytes(b"before")
    with pytest.raises(QueryError) as caught:
        cg.export("scip", output=output, snapshot=first)
    assert caught.value.code == "layer-missing"
    with pytest.raises(PluginError) as unknown:
        cg.export("skip", output=output)
    assert unknown.value.code == "sink-unknown"
    assert "Did you mean 'scip'?" in unknown.value.context["remedy"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.scip", "repo"]
    assert output.read_bytes() == b"before"


@pytest.mark.parametrize("content", [b"\x0a", b"\x0a\x05ab", b"not an index", b"\xff" * 12])
def test_what_is_no_index_is_refused(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(IndexFormatError):
        list(read_index(tmp_path / "x"))
