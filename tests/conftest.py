"""How hypothesis chooses examples: the same each time by default, new ones with `CODEGRAPH_EXPLORE=1`.

A change is judged by what it does and not by luck, so the default run is derandomized. Exploring is a run of its own,
as often as one likes: `CODEGRAPH_EXPLORE=1 pytest tests/property tests/parity`. What it finds becomes an `@example` or
a test. Hypothesis also takes constants from the modules that are loaded when a test begins; which these are depends on
the tests that a worker ran before, so only exploring does it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from codegraph._internal.logging import configure_logging

# What an example takes, and what it takes to make one, says something of the machine only.
settings.register_profile(
    "same each time", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", print_blob=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
if os.environ.get("CODEGRAPH_EXPLORE"):
    settings.load_profile("explore")
else:
    settings.load_profile("same each time")
    providers.is_local_module_file = lambda path: False


@pytest.fixture(autouse=True)
def usual_log_level() -> Iterator[None]:
    """Undo what a command's `--quiet` left: which tests a worker runs after it is luck."""
    yield
    configure_logging()


@pytest.fixture(autouse=True)
def nothing_is_tidied_any_more() -> Iterator[None]:
    """Wait for the stores that are merged aside: what that logs, allocates and patches meets is no other test's."""
    yield
    tidying = sys.modules.get("codegraph._internal.store.tidying")
    if tidying is not None:
        tidying.wait_for_all()
