"""The rule 'no resolved edge lost' between two versions of a pack."""

import pytest
from attrs import evolve

from codegraph_hookspecs import FieldUse
from codegraph_hookspecs.testing import (
    CheckSkipped,
    ConformanceError,
    ResolvedEdges,
    check_resolved_edges,
    installed_linkers,
    resolve_edges,
    write_baseline,
)
from codegraph_hookspecs.testing.resolved_edges import Edge, breaks
from codegraph_plugins.languages.python import PACK
from codegraph_plugins.languages.python import plugin as python
from codegraph_plugins.parsers.reference import ReferenceParser
from codegraph_plugins.stages.cross_file import CrossFileStage

SAMPLES = {"a.py": "from b import g\n\n\ndef f():\n    return g()\n", "b.py": "def g():\n    return 1\n"}


def edges_of(pack=PACK, version="1.0.0", samples=None, stages=None):
    return resolve_edges(pack, version, samples or SAMPLES, [ReferenceParser()], stages or installed_linkers())


def code_of(before, now):
    with pytest.raises(ConformanceError) as caught:
        check_resolved_edges(before, now, "python")
    return caught.value.code


def test_edges_lead_across_files_and_structure_is_left_out():
    found = edges_of()
    assert Edge("calls", "a:f@py", "b:g@py") in found.edges
    assert {edge.kind for edge in found.edges} == {"calls", "imports"}


def test_a_baseline_is_read_as_it_was_written():
    found = edges_of()
    assert ResolvedEdges.from_json(found.to_json(), "a file") == found
    empty = ResolvedEdges(version="1.0.0")
    assert ResolvedEdges.from_json(empty.to_json(), "a file") == empty


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 1, "samples": [], "edges": []}', '{"edges": [["calls"]]}']
)
def test_a_file_that_is_no_baseline_is_found(text):
    with pytest.raises(ConformanceError) as caught:
        ResolvedEdges.from_json(text, "a file")
    assert caught.value.code == "baseline-invalid"


def test_an_edge_that_a_table_no_longer_gives_is_lost_unless_the_version_may_break():
    before = edges_of()
    call = PACK.kinds["call"]
    fields = {name: use for name, use in call.fields.items() if use is not FieldUse.CALLEE} | {
        "function": FieldUse.SKIP
    }
    worse = evolve(PACK, kinds={**PACK.kinds, "call": evolve(call, fields=fields)})
    assert code_of(before, edges_of(worse, "1.1.0")) == "edges-lost"
    check_resolved_edges(before, edges_of(worse, "2.0.0"), "python")
    check_resolved_edges(before, edges_of(version="1.0.1"), "python")


def test_more_samples_are_fine_and_changed_ones_make_a_baseline_stale():
    before = edges_of()
    check_resolved_edges(before, edges_of(samples={**SAMPLES, "c.py": "import a\n"}), "python")
    assert code_of(before, edges_of(samples={**SAMPLES, "b.py": "def g():\n    return 2\n"})) == "baseline-stale"
    assert code_of(before, edges_of(samples={"a.py": SAMPLES["a.py"]})) == "baseline-stale"


@pytest.mark.parametrize(
    ("before", "now", "may"),
    [("1.2.3", "2.0.0", True), ("1.2.3", "1.3.0", False), ("0.1.4", "0.2.0", True), ("0.1.4", "0.1.5", False),
     ("0.9", "1", True), ("2.0", "1.9", False), ("0.2.0", "0.1.9", False)],
)  # fmt: skip
def test_a_major_version_may_break_and_before_the_first_one_a_minor(before, now, may):
    assert breaks(before, now) is may


def test_link_engines_that_differ_are_found():
    class Partial(CrossFileStage):
        def run(self, context):
            for table, batch in super().run(context):
                yield table, batch.slice(0, 0) if table == "edges" and context.backend == "python" else batch

    with pytest.raises(ConformanceError) as caught:
        edges_of(stages=[Partial()])
    assert caught.value.code == "linkers-differ"


def test_a_baseline_is_written_once_and_not_over_a_loss(tmp_path):
    samples = tmp_path / "samples"
    samples.mkdir()
    for path, text in SAMPLES.items():
        (samples / path).write_text(text)
    baseline = tmp_path / "edges.json"
    written = write_baseline(python, samples, baseline)
    assert ResolvedEdges.from_json(baseline.read_text(), "it") == written
    more = evolve(written, edges=written.edges | {Edge("calls", "a:f@py", "b:h@py")})
    baseline.write_text(more.to_json())
    with pytest.raises(ConformanceError) as caught:
        write_baseline(python, samples, baseline)
    assert caught.value.code == "edges-lost"
    (samples / "b.py").write_text("def g():\n    return 3\n")
    assert write_baseline(python, samples, baseline).edges == written.edges


def test_no_baseline_is_written_without_sources(tmp_path):
    with pytest.raises(CheckSkipped):
        write_baseline(python, tmp_path, tmp_path / "edges.json")
    assert not (tmp_path / "edges.json").exists()
