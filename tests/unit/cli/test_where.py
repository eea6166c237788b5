"""`--where` conditions become typed filter keywords."""

import pytest

from codegraph._internal.query.fields import Fields
from codegraph.cli.failures import UsageError
from codegraph.cli.where import parse_where
from codegraph_hookspecs import QueryError
from codegraph_hookspecs.tables import NODES, TABLES

NODE_FIELDS = Fields("nodes", NODES.schema)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("kind=function", {"kind": "function"}),
        ("kind==function", {"kind": "function"}),
        ("kind!=function", {"kind__ne": "function"}),
        ("complexity>=10", {"complexity__gte": 10}),
        ("complexity<=10", {"complexity__lte": 10}),
        ("complexity > 10", {"complexity__gt": 10}),
        ("complexity<-1", {"complexity__lt": -1}),
        ("name~^get_", {"name__regex": "^get_"}),
        ("name__startswith=get_", {"name__startswith": "get_"}),
        ("kind__in=class, interface", {"kind__in": ["class", "interface"]}),
        ("complexity__in=1,2", {"complexity__in": [1, 2]}),
        ("parent_id__isnull=true", {"parent_id__isnull": True}),
        ("is_test=no", {"is_test": False}),
        ("signature=a >= b", {"signature": "a >= b"}),
        ("name=", {"name": ""}),
        ("docstring=two\nlines", {"docstring": "two\nlines"}),
    ],
)
def test_a_condition_becomes_a_keyword_with_a_value_of_the_fields_type(condition, expected):
    assert parse_where(NODE_FIELDS, condition) == expected


def test_a_number_field_takes_a_float():
    assert parse_where(Fields("edges", TABLES["edges"].schema), "confidence<0.5") == {"confidence__lt": 0.5}


def test_the_start_of_a_span_is_a_field():
    fields = Fields("call_sites", TABLES["call_sites"].schema)
    assert parse_where(fields, "span__start_line>=3") == {"span__start_line__gte": 3}


@pytest.mark.parametrize("condition", ["", "kind", "=x", "kind:function", "-kind=x"])
def test_a_word_without_field_and_operator_is_a_usage_error_that_names_the_operators(condition):
    with pytest.raises(UsageError, match="FIELD OPERATOR VALUE"):
        parse_where(NODE_FIELDS, condition)


@pytest.mark.parametrize(
    ("condition", "message"), [("complexity>high", "an integer"), ("is_test=maybe", "true or false")]
)
def test_a_value_of_another_type_is_a_usage_error(condition, message):
    with pytest.raises(UsageError, match=message):
        parse_where(NODE_FIELDS, condition)


def test_an_unknown_field_is_a_query_error_that_names_the_nearest():
    with pytest.raises(QueryError) as caught:
        parse_where(NODE_FIELDS, "complexty=1")
    assert "complexity" in caught.value.remedy
