"""How hypothesis chooses examples: the same each time by default, new ones with `CODEGRAPH_EXPLORE=1`.

A change is judged by what it does and not by luck, so the default run is derandomized. Exploring is a run of its own,
as often as one likes: `CODEGRAPH_EXPLORE=1 pytest tests/property tests/parity`. What it finds becomes an `@example` or
a test.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("same each time", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile("explore" if os.environ.get("CODEGRAPH_EXPLORE") else "same each time")
