"""Fields of a table as queries see them: names, nested spans, types, and the nearest name to a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from attrs import field, frozen

from codegraph_hookspecs.errors import QueryError

TEXT: Final = "text"
INTEGER: Final = "integer"
NUMBER: Final = "number"
BOOLEAN: Final = "boolean"
TEXTS: Final = "list of text"
STRUCT: Final = "struct"
OTHER: Final = "other"
ORDERED: Final = frozenset({TEXT, INTEGER, NUMBER, BOOLEAN, OTHER})
_LOOKUPS_KEPT: Final = 256
PATH_COLUMNS: Final = frozenset({"file_path", "path", "target_file"})
"""Columns whose filters take globs."""


@frozen
class Field:
    """A column, or a child of a struct column (`span__start_line`).

    Args:
        name: As users write it.
        column: The column that holds it.
        child: Name inside the struct column, or an empty string.
        type: Logical Arrow type.
        family: Which values and operators it takes: one of this module's constants.
    """

    name: str
    column: str
    child: str
    type: pa.DataType
    family: str

    def read(self, batch: pa.RecordBatch) -> pa.Array:
        """Return the field's values in a batch, dictionaries as they are."""
        values = batch.column(self.column)
        return pc.struct_field(values, [self.child]) if self.child else values


@frozen
class Fields:
    """The fields of one table.

    Args:
        table: The table's name, for messages.
        schema: Its logical schema.

    Attributes:
        columns: The field of every column, in order.
        column_names: Their names.
    """

    table: str
    schema: pa.Schema
    columns: tuple[Field, ...] = field(init=False, eq=False, repr=False)
    column_names: tuple[str, ...] = field(init=False, eq=False, repr=False)
    _resolved: dict[str, Field] = field(init=False, eq=False, repr=False, factory=dict)
    _split: dict[str, tuple[Field, str]] = field(init=False, eq=False, repr=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        columns = (Field(column.name, column.name, "", column.type, _family(column.type)) for column in self.schema)
        object.__setattr__(self, "columns", tuple(columns))
        object.__setattr__(self, "column_names", tuple(self.schema.names))
        self._resolved.update((column.name, column) for column in self.columns)

    def split(self, lookup: str) -> tuple[Field, str]:
        """Split a filter's keyword (`name__contains`) into its field and operator (`exact` when there is none).

        Raises:
            QueryError: There is no such field (code `field-unknown`).
        """
        known = self._split.get(lookup)
        if known is None:
            known = self._splitted(lookup)
            if len(self._split) < _LOOKUPS_KEPT:
                self._split[lookup] = known
        return known

    def _splitted(self, lookup: str) -> tuple[Field, str]:
        if lookup in self.column_names:
            return self.resolve(lookup), "exact"
        head, _, tail = lookup.rpartition("__")
        if head and self._exists(head) and not self._exists(lookup):
            found = self.resolve(head)
            if found.family == STRUCT and tail != "isnull":
                raise self._unknown(lookup)  # more likely a child's name than an operator
            return found, tail
        return self.resolve(lookup), "exact"

    def resolve(self, name: str) -> Field:
        """Return the field of a name.

        Raises:
            QueryError: There is no such field (code `field-unknown`); the error names the nearest one.
        """
        if not isinstance(name, str):
            raise QueryError(
                f"A field's name is text, not {type(name).__name__}.",
                code="field-unknown",
                context={"table": self.table},
            )
        known = self._resolved.get(name)
        if known is not None:
            return known
        column, child = _halves(name)
        if child and column in self.column_names:
            type_ = self.schema.field(column).type
            if pt.is_struct(type_) and type_.get_field_index(child) >= 0:
                inner = type_.field(type_.get_field_index(child)).type
                return Field(name, column, child, inner, _family(inner))
        raise self._unknown(name)

    def resolve_all(self, names: Iterable[str]) -> tuple[Field, ...]:
        """Return the fields of several names, in order."""
        return tuple(self.resolve(name) for name in names)

    def _exists(self, name: str) -> bool:
        column, child = (name, "") if name in self.schema.names else _halves(name)
        if column not in self.schema.names:
            return False
        type_ = self.schema.field(column).type
        return not child or (pt.is_struct(type_) and type_.get_field_index(child) >= 0)

    def _unknown(self, name: str) -> QueryError:
        known = self.names()
        near = nearest(name, known) or nearest(name.partition("__")[0], known)
        hint = f"Did you mean {near!r}?" if near else f"Fields: {', '.join(self.schema.names)}."
        return QueryError(
            f"{self.table} has no field {name!r}.",
            code="field-unknown",
            context={"table": self.table, "field": name, "nearest": near or "", "remedy": hint},
        )

    def names(self) -> list[str]:
        """Return every name that `resolve` knows, columns first."""
        nested = [
            f"{column.name}__{column.type.field(position).name}"
            for column in self.schema
            if pt.is_struct(column.type)
            for position in range(column.type.num_fields)
        ]
        return [*self.schema.names, *nested]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a person most likely meant, or None."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def plain_type(type_: pa.DataType) -> pa.DataType:
    """Return the logical type: a dictionary's value type, anything else as it is."""
    return type_.value_type if pt.is_dictionary(type_) else type_


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema with its dictionaries as their value types."""
    return pa.schema([column.with_type(plain_type(column.type)) for column in schema])


def _halves(name: str) -> tuple[str, str]:
    column, _, child = name.rpartition("__")
    return (column, child) if column else (name, "")


def _is_text(type_: pa.DataType) -> bool:
    return bool(pt.is_string(type_) or pt.is_large_string(type_))


def _family(type_: pa.DataType) -> str:
    tests: tuple[tuple[Any, str], ...] = (
        (_is_text, TEXT),
        (pt.is_integer, INTEGER),
        (pt.is_floating, NUMBER),
        (pt.is_boolean, BOOLEAN),
        (lambda t: (pt.is_list(t) or pt.is_large_list(t)) and _is_text(t.value_type), TEXTS),
        (pt.is_nested, STRUCT),
    )
    return next((family for test, family in tests if test(type_)), OTHER)
