"""The Ruby pack: the conformance kit, and the cases of tests/spec."""

from __future__ import annotations

from pathlib import Path

from codegraph_ruby import PACK, plugin

from codegraph_hookspecs.testing.pack_tests import pack_tests

test_the_plugin_conforms, test_what_the_case_says_holds, test_names_lead_where_the_case_says = pack_tests(
    plugin, PACK, Path(__file__).parent
)
