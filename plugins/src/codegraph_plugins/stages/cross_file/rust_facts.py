"""What the nodes of Rust files say beyond the columns that every language has."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
from attrs import define, field

from codegraph_plugins.stages.cross_file import codes
from codegraph_plugins.stages.cross_file.groups import codes as column_codes


@define
class RustFacts:
    """What nodes of Rust files say beyond the columns that every language has."""

    visible: set[int] = field(factory=set)
    """Nodes that are visible outside their module."""
    aliased: dict[int, str] = field(factory=dict)
    """Type alias → the type as written."""
    macro_use: set[int] = field(factory=set)
    """`mod` items whose macros can be used after them."""
    of_trait: set[int] = field(factory=set)
    """Members of `impl Trait for Type`: what the type itself has under their name comes first."""

    def take(self, batch: pa.RecordBatch, first: int, end: int, start: int, kinds: Any) -> None:
        """Read the rows of one file."""
        visibility_codes, visibilities = column_codes(batch.column("visibility"))
        seen = np.array([text in {"public", "internal"} for text in visibilities] or [False], bool)
        rows = np.flatnonzero(seen[visibility_codes[first:end]])
        self.visible.update((rows + (start + first)).tolist())
        modifiers = batch.column("modifiers").slice(first, end - first).to_pylist()
        self.of_trait.update(start + first + row for row, names in enumerate(modifiers) if "override" in names)
        wanted = np.isin(kinds[first:end], [codes.KIND["type_alias"], codes.IMPORT])
        metadata = batch.column("metadata")
        for row in np.flatnonzero(wanted).tolist():
            text = metadata[first + row].as_py()
            if text is None:
                continue
            node = start + first + row
            if int(kinds[first + row]) == codes.IMPORT:
                if '"macro_use' in text:
                    self.macro_use.add(node)
            elif annotation := json.loads(text).get("annotation"):
                self.aliased[node] = annotation
