import pytest

from codegraph import ConfigError
from codegraph_analyzers.complex_function import plugin


def function(name, branches):
    body = "".join(f"    if x == {number}:\n        return {number}\n" for number in range(branches))
    return f"def {name}(x):\n{body}    return None\n\n\n"


FILES = {
    "a.py": function("simple", 14) + function("complex_", 15) + function("very", 30),
    "tests/test_a.py": function("test_all", 40),
}


def test_functions_above_the_threshold_are_reported_and_those_far_above_as_high(find):
    found = find(FILES, plugin)
    assert [(finding.node_id, finding.severity) for finding in found] == [
        ("a:complex_@py", "medium"),
        ("a:very@py", "high"),
    ]
    assert found[0].message == "The function 'complex_' has complexity 16; at most 15 is allowed."


def test_the_threshold_and_tests_are_settings(find):
    settings = {"max_complexity": 30, "include_tests": True}
    found = find(FILES, plugin, plugins={"analyzer-complex-function": settings})
    assert [finding.node_id for finding in found] == ["a:very@py", "tests.test_a:test_all@py"]


def test_a_threshold_below_one_is_refused(find):
    with pytest.raises(ConfigError, match="max_complexity"):
        find(FILES, plugin, plugins={"analyzer-complex-function": {"max_complexity": 0}})
