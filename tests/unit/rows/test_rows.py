"""Row classes match the data contract and go through dictionaries unchanged."""

from __future__ import annotations

import attrs
import pyarrow as pa
import pyarrow.types as pt
import pytest

from codegraph._internal.rows import ROW_CLASSES, Edge, Finding, Node, Row, Span
from codegraph_hookspecs import SPAN, TABLES, QueryError, TableSpec

PUBLIC = [spec for spec in TABLES.values() if spec.public]
SPAN_VALUES = {"start_line": 1, "start_column": 0, "end_line": 2, "end_column": 4, "start_byte": 0, "end_byte": 20}


def test_every_public_table_has_a_row_class_and_no_other_has() -> None:
    assert set(ROW_CLASSES) == {spec.name for spec in PUBLIC}


@pytest.mark.parametrize("spec", PUBLIC, ids=lambda spec: spec.name)
def test_fields_are_the_columns_in_order(spec: TableSpec) -> None:
    row_class = ROW_CLASSES[spec.name]
    assert row_class.table == spec.name
    assert [field.name for field in attrs.fields(row_class)] == spec.schema.names


def test_span_fields_are_the_struct_in_order() -> None:
    assert [field.name for field in attrs.fields(Span)] == [field.name for field in SPAN]


@pytest.mark.parametrize("spec", PUBLIC, ids=lambda spec: spec.name)
def test_types_and_nullability_follow_the_schema(spec: TableSpec) -> None:
    for field in attrs.fields(attrs.resolve_types(ROW_CLASSES[spec.name])):
        column = spec.schema.field(field.name)
        expected: object = _python_type(column.type)
        assert field.type == (expected | None if column.nullable else expected), field.name  # type: ignore[operator]


@pytest.mark.parametrize("spec", PUBLIC, ids=lambda spec: spec.name)
def test_rows_come_back_from_their_dictionaries(spec: TableSpec) -> None:
    for fill_nullable in (True, False):
        values = {f.name: _example(f.type) if fill_nullable or not f.nullable else None for f in spec.fields}
        row = ROW_CLASSES[spec.name].from_dict(values)
        assert row.to_dict() == values
        assert ROW_CLASSES[spec.name].from_dict(row.to_dict()) == row
        assert pa.RecordBatch.from_pylist([row.to_dict()], schema=spec.schema).to_pylist() == [values]


def _node(**changes: object) -> dict[str, object]:
    return {
        "id": "a@py",
        "kind": "module",
        "name": "a",
        "fqn": "a",
        "visibility": "public",
        "is_test": False,
        **changes,
    }


def test_nullable_columns_may_be_left_out() -> None:
    row = Node.from_dict(_node())
    assert (row.parent_id, row.modifiers) == (None, ())


def test_rows_are_frozen_slotted_and_hashable() -> None:
    row = Node.from_dict(_node(modifiers=["async"]))
    assert row in {row}
    assert not hasattr(row, "__dict__")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        row.name = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [
        {"is_test": 1},
        {"name": None},
        {"start_line": "3"},
        {"start_line": True},
        {"colour": "red"},
        {"modifiers": [1]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_from_dict_refuses_wrong_values_instead_of_coercing(wrong: dict[str, object]) -> None:
    with pytest.raises(QueryError) as caught:
        Node.from_dict(_node(**wrong))
    assert caught.value.code == "row-invalid"
    assert next(iter(wrong)) in str(caught.value.context["reasons"])


def test_from_dict_names_what_is_missing() -> None:
    with pytest.raises(QueryError) as caught:
        Edge.from_dict({"id": "1"})
    assert "resolver" in str(caught.value.context["reasons"])


def test_a_nested_span_becomes_a_span() -> None:
    values = dict.fromkeys(("id", "analyzer", "rule_id", "type", "message", "severity"), "x")
    finding = Finding.from_dict({**values, "confidence": 1, "span": SPAN_VALUES})
    assert finding.span == Span(**SPAN_VALUES)
    assert finding.to_dict()["span"] == SPAN_VALUES


def test_a_row_class_says_which_table_it_is_a_row_of() -> None:
    assert issubclass(Node, Row)
    assert Row.table == ""


def _python_type(type_: pa.DataType) -> type:
    if pt.is_struct(type_):
        return Span
    if pt.is_list(type_):
        return tuple[str, ...]
    if pt.is_boolean(type_):
        return bool
    return str if pt.is_string(type_) else int if pt.is_integer(type_) else float


def _example(type_: pa.DataType) -> object:
    examples: dict[object, object] = {Span: dict(SPAN_VALUES), bool: True, str: "text", int: 7, float: 0.5}
    return examples.get(_python_type(type_), ["one", "two"])
