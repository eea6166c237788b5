"""A process that indexes and kills itself on the way: python incremental_child.py ROOT STORE MOMENT BACKEND LAYER…"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.property.session_child import after, before


def main(root: str, store: str, moment: str, backend: str, *layers: str) -> None:
    """Index what changed."""
    from codegraph import CodeGraph
    from codegraph._internal.settings import IndexingConfig
    from codegraph._internal.store.catalog import Catalog
    from codegraph._internal.store.segment_writer import SegmentWriter

    if moment == "parsed":
        before(SegmentWriter, "seal")
    elif moment == "sealed":
        after(SegmentWriter, "seal")
    elif moment == "named":
        before(Catalog, "commit")
    elif moment == "committed":
        after(Catalog, "commit")
    config = IndexingConfig(
        root_path=Path(root),
        cache_dir=Path(store),
        mode="incremental",
        backend=backend,
        plugins={layer: {} for layer in layers},
    )
    CodeGraph().run(config)


if __name__ == "__main__":
    main(*sys.argv[1:])
