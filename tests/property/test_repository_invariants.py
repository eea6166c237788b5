"""Random small repositories: what holds for every graph holds; an edited repository is indexed like a fresh one."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.hostile import index, put, tables
from tests.invariants import check_graph

NAMES = ["a", "b", "C", "_d", "__e", "f1", "test_g", "été", "self", "super"]
name = st.sampled_from(NAMES)
module = st.sampled_from(["m1", "m2", "p", "p.m1", "p.q.m2", "os.path", ".", ".m1", "..m2", "nowhere"])
path = st.sampled_from(["m1", "m2", "p/__init__", "p/m1", "p/index", "p/q/m2", "test_x", "C", "C/a"])

value = st.recursive(
    st.one_of(name, st.sampled_from(["1", "'s'", "'\\x1b'"])),
    lambda inner: st.one_of(
        st.builds("{}({})".format, inner, inner),
        st.builds("{}.{}({}, {})".format, inner, name, inner, inner),
        st.builds("({})".format, inner),
        st.builds("[{}]".format, inner),
    ),
    max_leaves=4,
)


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines] or ["    pass"]


def joined(parts: list[list[str]]) -> list[str]:
    return [line for part in parts for line in part]


python_line = st.one_of(
    st.builds("{} = {}".format, name, value),
    st.builds("{}.{} = {}".format, name, name, value),
    value,
    st.builds("import {}".format, module.filter(lambda m: not m.startswith("."))),
    st.builds("import {} as {}".format, module.filter(lambda m: not m.startswith(".")), name),
    st.builds("from {} import {}".format, module, name),
    st.builds("from {} import {} as {}".format, module, name, name),
    st.builds("from {} import *".format, module),
    st.builds("{} = lambda {}: {}".format, name, name, value),
    st.builds("def {}(".format, name),
    st.just("__all__ = ['a', 'C']"),
    st.just("'''a text\n   of two lines'''"),
)
python_block = st.recursive(
    python_line.map(lambda line: [line]),
    lambda inner: st.one_of(
        st.builds(
            lambda n, p, body: [f"def {n}({p}, *args):", *indented(joined(body))],
            name, name, st.lists(inner, max_size=3),
        ),
        st.builds(
            lambda n, base, body: [f"class {n}({base}):", *indented(joined(body))],
            name, name, st.lists(inner, max_size=3),
        ),
        st.builds(
            lambda d, n, body: [f"@{d}", f"async def {n}(self):", *indented(joined(body))],
            name, name, st.lists(inner, max_size=3),
        ),
        st.builds(lambda test, body: [f"if {test}:", *indented(joined(body))], value, st.lists(inner, max_size=2)),
    ),
    max_leaves=6,
)  # fmt: skip
python_file = st.lists(python_block, max_size=5).map(lambda blocks: "\n".join(joined(blocks)) + "\n")

specifier = st.sampled_from(["./m1", "./m2", "../m1", "./p", "./p/index", "./q/m2", ".", "lib", "@x/y", "./C", "./C/a"])
script_line = st.one_of(
    st.builds("const {} = {};".format, name, value),
    st.builds("export const {} = {};".format, name, value),
    value.map("{};".format),
    st.builds("import {} from '{}';".format, name, specifier),
    st.builds("import {{ {} as {} }} from '{}';".format, name, name, specifier),
    st.builds("import * as {} from '{}';".format, name, specifier),
    st.builds("export {{ {} as {} }} from '{}';".format, name, name, specifier),
    st.builds("export * from '{}';".format, specifier),
    st.builds("export * as {} from '{}';".format, name, specifier),
    st.builds("export default {};".format, value),
    st.builds("const {} = require('{}');".format, name, specifier),
    st.builds("const {} = ({}) => {};".format, name, name, value),
    st.builds("function {}(".format, name),
    st.builds("new {}({});".format, name, value),
)
script_block = st.recursive(
    script_line.map(lambda line: [line]),
    lambda inner: st.one_of(
        st.builds(
            lambda n, p, body: [f"export function {n}({p}) {{", *indented(joined(body)), "}"],
            name, name, st.lists(inner, max_size=3),
        ),
        st.builds(
            lambda n, base, m, body: [f"class {n} extends {base} {{ {m}(x) {{", *indented(joined(body)), "} }"],
            name, name, name, st.lists(inner, max_size=3),
        ),
        st.builds(lambda n, m: [f"interface {n} {{ {m}(): void; {n}: {m} }}"], name, name),
        st.builds(lambda n, m: [f"namespace {n} {{ export function {m}() {{}} }}"], name, name),
        st.builds(lambda n, m: [f"enum {n} {{ {m}, B = 2 }}"], name, name),
        st.builds(lambda n, m: [f"type {n} = {m} | string;"], name, name),
    ),
    max_leaves=6,
)  # fmt: skip
script_file = st.lists(script_block, max_size=5).map(lambda blocks: "\n".join(joined(blocks)) + "\n")

repository = st.dictionaries(
    st.one_of(
        st.tuples(path, st.just(".py")),
        st.tuples(path, st.sampled_from([".ts", ".tsx", ".js", ".d.ts", ".mjs"])),
    ).map("".join),
    st.tuples(python_file, script_file),
    min_size=1,
    max_size=5,
)


def write(root: Path, files: dict[str, tuple[str, str]]) -> None:
    for file, (python, script) in files.items():
        put(root, file, python if file.endswith(".py") else script)


def sorted_rows(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {table: sorted(rows) for table, rows in found.items()}


def check_random_repository(files, changed, backend: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, cache, clean = Path(folder, "repository"), Path(folder, "cache"), Path(folder, "clean")
        root.mkdir()
        write(root, files)
        check_graph(root, cache, index(root, cache, backend=backend))
        first = tables(root, cache)
        if backend == "rust":
            index(root, clean, backend="python", parallel_workers=2)
            assert tables(root, clean) == first
        for entry in list(root.iterdir()):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        write(root, changed)
        summary = index(root, cache, mode="smart", backend=backend)
        check_graph(root, cache, summary)
        index(root, Path(folder, "fresh"), backend=backend)
        # An update leaves rows where they are: the same rows, in an order of its own.
        assert sorted_rows(tables(root, cache)) == sorted_rows(tables(root, Path(folder, "fresh")))


QUICK = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@given(files=repository, changed=repository)
@QUICK
def test_a_random_repository_has_a_graph_that_holds_and_its_edit_is_a_clean_build(files, changed):
    check_random_repository(files, changed, "python")


@given(files=repository, changed=repository)
@QUICK
def test_the_native_engine_gives_the_same_graph(files, changed):
    pytest.importorskip("codegraph_parser_rust")
    check_random_repository(files, changed, "rust")


@pytest.mark.slow
@given(files=repository, changed=repository)
@LONG
def test_many_random_repositories_have_graphs_that_hold(files, changed):
    check_random_repository(files, changed, "python")
