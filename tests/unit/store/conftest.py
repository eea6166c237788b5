"""Every test of the store runs with rows as they are and with packed chunks."""

from __future__ import annotations

import pytest

from codegraph._internal.store import segment_writer


@pytest.fixture(autouse=True, params=["plain", "packed"])
def chunks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Pack every chunk, however small, or only those that are packed anyway."""
    if request.param == "packed":
        monkeypatch.setattr(segment_writer, "PACKED_ROWS", 1)
        monkeypatch.setattr(segment_writer, "UNPACKED_BYTES", 0)  # an update's too
    return str(request.param)
