"""Name queries over random import graphs: answers depend on the question alone, and cycles end."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
from hypothesis import given, settings

from codegraph_hookspecs import IR_ARTIFACT
from codegraph_plugins.stages.cross_file.groups import whole_files
from codegraph_plugins.stages.cross_file.namespaces import Namespaces
from codegraph_plugins.stages.cross_file.project_config import ProjectConfig
from codegraph_plugins.stages.cross_file.symbols import SymbolTable
from tests.unit.stages.linking import engines, language_packs, link, parse

NAMES = "fgh"
MODULES = ("a", "b", "pkg", "pkg.c", "pkg.d")
PATHS = {"a": "a.py", "b": "b.py", "pkg": "pkg/__init__.py", "pkg.c": "pkg/c.py", "pkg.d": "pkg/d.py"}

_module = st.sampled_from(MODULES)
_name = st.sampled_from([*NAMES, "c", "d", "pkg"])
_statement = st.one_of(
    st.builds("from {} import {}".format, _module, _name),
    st.builds("from {} import {} as {}".format, _module, _name, _name),
    st.builds("from {} import *".format, _module),
    st.builds("import {}".format, _module),
    st.builds("import {} as {}".format, _module, _name),
    st.builds("def {}(): ...".format, _name),
    st.builds("{} = 1".format, _name),
    st.builds("class {}({}): ...".format, _name, _name),
    st.builds("{}()".format, _name),
    st.builds("{}.{}()".format, _name, _name),
)
programs = st.fixed_dictionaries({PATHS[name]: st.lists(_statement, max_size=6).map("\n".join) for name in MODULES})

_ts_module = st.sampled_from(["./a", "./b", "./index", "./c.js"])
_ts_name = st.sampled_from([*NAMES, "default"])
_ts_statement = st.one_of(
    st.builds("import {{ {} as {} }} from '{}';".format, _ts_name, st.sampled_from(NAMES), _ts_module),
    st.builds("import * as {} from '{}';".format, st.sampled_from(NAMES), _ts_module),
    st.builds("export * from '{}';".format, _ts_module),
    st.builds("export * as {} from '{}';".format, st.sampled_from(NAMES), _ts_module),
    st.builds("export {{ {} as {} }} from '{}';".format, _ts_name, _ts_name, _ts_module),
    st.builds("export function {}() {{}}".format, st.sampled_from(NAMES)),
    st.builds("export interface {} {{}}".format, st.sampled_from(NAMES)),
    st.builds("export default {};".format, st.sampled_from(NAMES)),
    st.builds("{}();".format, st.sampled_from(NAMES)),
    st.builds("{}.{}();".format, st.sampled_from(NAMES), _ts_name),
)
ts_programs = st.fixed_dictionaries(
    {path: st.lists(_ts_statement, max_size=6).map("\n".join) for path in ("a.ts", "b.ts", "index.ts", "c.ts")}
)


def _table(sources: dict[str, str]) -> SymbolTable:
    packs = language_packs()
    parsed = parse(sources, packs)
    table = SymbolTable(packs)
    for batch in whole_files(parsed.tables["nodes"].to_batches(), "file_path"):
        table.add_nodes(batch)
    for batch in parsed.tables["imports"].to_batches():
        table.add_imports(batch)
    for batch in parsed.tables["exports"].to_batches():
        table.add_exports(batch)
    table.finish()
    return table


@settings(max_examples=150, deadline=None)
@given(sources=st.one_of(programs, ts_programs))
def test_an_import_means_the_same_whichever_is_asked_first(sources: dict[str, str]) -> None:
    table = _table(sources)
    rows = range(len(table.imports.file))
    shared = Namespaces(table, ProjectConfig())
    backwards = {row: shared.target(row) for row in reversed(rows)}
    for row in rows:
        alone = Namespaces(table, ProjectConfig())
        asked, given_back = alone.target(row), backwards[row]
        if asked[0] >= table.entity_count:
            assert shared.external_name(given_back[0]) == alone.external_name(asked[0])
        else:
            assert given_back == asked


@settings(max_examples=100, deadline=None)
@given(sources=st.one_of(programs, ts_programs), split=st.lists(st.integers(1, 5), max_size=4))
def test_engines_and_batch_sizes_agree(sources: dict[str, str], split: list[int]) -> None:
    with TemporaryDirectory() as folder:
        wanted = link(sources, Path(folder))
        for engine in engines():
            found = link(sources, Path(folder), engine=engine, split=split, workers=2)
            for name, table in wanted.tables.items():
                assert found.tables[name].equals(table), (engine, name)
    assert wanted.context.artifacts[IR_ARTIFACT]
