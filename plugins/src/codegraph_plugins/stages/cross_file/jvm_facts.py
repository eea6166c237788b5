"""What nodes of Java and Kotlin files say of themselves beyond the symbol table's columns."""

from __future__ import annotations

import json
from typing import Final

import pyarrow as pa
from attrs import define, field

STYLE: Final = "package"
"""`imports.style` of the languages that this module links."""

STATIC, PRIVATE, VARIADIC, CONSTRUCTOR, COMPANION, COMPACT, COMPONENT, OVERRIDE, DEFAULT, EXTENSION = (
    1 << bit for bit in range(10)
)
_FLAGS: Final = {
    "static": STATIC,
    "private": PRIVATE,
    "variadic": VARIADIC,
    "vararg": VARIADIC,
    "constructor": CONSTRUCTOR,
    "companion": COMPANION,
    "compact": COMPACT,
    "component": COMPONENT,
    "override": OVERRIDE,
    "extension": EXTENSION,
}


@define
class Facts:
    """What nodes of these languages say of themselves beyond the symbol table's columns."""

    flags: dict[int, int] = field(factory=dict)
    types: dict[int, str] = field(factory=dict)
    """Declared type of a value, return type of a function, target of an alias."""
    receivers: dict[int, str] = field(factory=dict)
    """Receiver type of an extension."""
    package: dict[int, str] = field(factory=dict)
    """By file."""
    facade: dict[int, str] = field(factory=dict)
    """By file."""

    def take(self, batch: pa.RecordBatch, first: int, end: int, start: int, file: int) -> None:
        """Read the modifiers and metadata of one file's rows.

        Args:
            batch: Node rows.
            first: First row of the file.
            end: Row after its last one.
            start: Entity of the batch's first row.
            file: The file.
        """
        modifiers = batch.column("modifiers").slice(first, end - first).to_pylist()
        kinds = batch.column("kind").slice(first, end - first).to_pylist()
        metadata = batch.column("metadata").slice(first, end - first).to_pylist()
        for offset, names in enumerate(modifiers):
            node = start + first + offset
            flags = 0
            for name in names:
                flags |= _FLAGS.get(name, 0)
            text = metadata[offset]
            if text is not None:
                facts = json.loads(text)
                type_ = facts.get("annotation") or facts.get("returns")
                if type_ is not None and kinds[offset] != "parameter":
                    self.types[node] = type_
                if "receiver" in facts:
                    self.receivers[node] = facts["receiver"]
                if "default" in facts:
                    flags |= DEFAULT
                if "package" in facts:
                    self.package.setdefault(file, facts["package"])
                if "facade" in facts:
                    self.facade.setdefault(file, facts["facade"])
            if flags:
                self.flags[node] = flags
