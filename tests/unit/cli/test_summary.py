"""The summary for people."""

from codegraph.cli.summary import error_lines, summary_lines

SUMMARY = {
    "snapshot_id": "1_ab_0001",
    "root": "/r",
    "mode": "full",
    "backend": "rust",
    "files": {"seen": 12, "ok": 8, "degraded": 2, "skipped": 1, "failed": 1},
    "lines": 10_000,
    "nodes": {"total": 300, "by_kind": {"class": 100, "function": 200, "module": 0}},
    "edges": {"total": 5, "by_kind": {"calls": 5}, "by_resolver": {"lexical": 5}},
    "call_sites": {"total": 8, "resolved": 4, "external": 2, "unresolved": 1, "dynamic": 1},
    "imports": {"total": 0, "resolved": 0, "external": 0, "unresolved": 0, "dynamic": 0},
    "seconds": {"wall": 0.5, "cpu": 0.75, "stages": {"parse": 0.25, "commit": 0.1}},
    "peak_rss_bytes": 123_400_000,
    "errors": [],
}


def test_the_summary_reads_as_sums_and_shares():
    assert summary_lines(SUMMARY) == [
        ("files", "12 seen = 8 ok + 2 degraded + 1 skipped + 1 failed"),
        ("lines", "10 000 · 20 000 lines/s"),
        ("nodes", "300 = function 200 · class 100"),
        ("edges", "5 = calls 5"),
        ("resolvers", "lexical 5"),
        ("calls", "8 = 50.0 % resolved · 25.0 % external · 12.5 % unresolved · 12.5 % dynamic"),
        ("imports", "none"),
        ("time", "0.50 s wall, 0.75 s CPU (parse 0.25 s · commit 0.10 s)"),
        ("engine", "rust, mode full, peak memory 123.4 MB"),
        ("snapshot", "1_ab_0001"),
    ]


def test_several_languages_have_a_rate_each():
    calls = {
        "go": {"total": 200, "resolved": 199, "external": 0, "unresolved": 1, "dynamic": 0},
        "python": {"total": 1000, "resolved": 500, "external": 250, "unresolved": 250, "dynamic": 0},
    }
    lines = summary_lines({**SUMMARY, "calls_by_language": calls})
    labels = [label for label, _ in lines]
    assert labels[labels.index("unresolved") - 1] == "calls"
    assert dict(lines)["unresolved"] == "calls in python 25.0 % · go 0.5 %"
    one = summary_lines({**SUMMARY, "calls_by_language": {"go": calls["go"]}})
    assert "unresolved" not in dict(one)


def test_a_run_without_files_has_a_summary_too():
    empty = {
        **SUMMARY,
        "lines": 0,
        "nodes": {"total": 0, "by_kind": {}},
        "seconds": {"wall": 0, "cpu": 0, "stages": {}},
    }
    lines = dict(summary_lines(empty))
    assert (lines["lines"], lines["nodes"], lines["time"]) == ("0", "0", "0.00 s wall, 0.00 s CPU")


def test_errors_are_told_with_what_they_are_about_and_cut_after_ten():
    errors = [{"code": "plugin-failed", "message": "It\x1b broke.", "context": {"plugin": "p", "remedy": "Mend."}}] * 12
    lines = error_lines(errors)
    assert lines[0] == "plugin-failed: It\\x1b broke. (p) Mend."
    assert len(lines) == 11
    assert lines[-1].startswith("… 2 more")


def test_a_comparison_of_engines_is_part_of_the_summary():
    parity = {"parsers": ["rust", "python"], "rows": {"nodes": 1000, "uses": 500}, "total_differences": 0}
    assert (
        dict(summary_lines({**SUMMARY, "parity": parity}))["parity"]
        == "rust = python: 1 500 rows compared, none differs"
    )


def test_findings_are_counted_by_severity_when_there_are_any():
    findings = {"total": 3, "by_severity": {"medium": 1, "high": 2}}
    assert dict(summary_lines({**SUMMARY, "findings": findings}))["findings"] == "3 = high 2 · medium 1"
