"""`--where` conditions: from a shell word such as `complexity>=10` to a filter's keyword and value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from codegraph.cli.failures import UsageError

if TYPE_CHECKING:
    from codegraph._internal.query.fields import Fields

OPERATORS: Final = {"=": "", "==": "", "!=": "ne", ">=": "gte", "<=": "lte", ">": "gt", "<": "lt", "~": "regex"}
"""Operator in the shell → the filter's suffix."""

_CONDITION: Final = re.compile(
    r"\s*(?P<field>[A-Za-z_][A-Za-z0-9_]*)\s*(?P<operator>!=|>=|<=|==|=|>|<|~)(?P<value>.*)", re.DOTALL
)
_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def parse_where(fields: Fields, condition: str) -> dict[str, Any]:
    """Return a condition as one keyword for `filter`.

    Args:
        fields: The table's fields; they give the value its type.
        condition: `field=value` with one of `OPERATORS`, or with a filter's own suffix, as in
            `name__startswith=get_`, `kind__in=class,interface`, `parent_id__isnull=true`.

    Raises:
        UsageError: The condition has no operator, or its value does not read as the field's type.
        QueryError: The table has no such field.
    """
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise UsageError(
            f"--where {condition!r} is not FIELD OPERATOR VALUE. Operators: {' '.join(OPERATORS)}; "
            "quote the whole condition, as in --where 'complexity>=10'."
        )
    suffix = OPERATORS[found["operator"]]
    lookup = f"{found['field']}__{suffix}" if suffix else found["field"]
    field, operator = fields.split(lookup)
    text = found["value"].strip()
    value: Any
    if operator == "isnull":
        value = _read("boolean", text, condition)
    elif operator == "in":
        value = [_read(field.family, part.strip(), condition) for part in text.split(",")]
    else:
        value = _read(field.family, text, condition)
    return {lookup: value}


def _read(family: str, text: str, condition: str) -> Any:
    try:
        if family == "integer":
            return int(text)
        if family == "number":
            return float(text)
        if family == "boolean":
            return _TRUTH[text.lower()]
    except (ValueError, KeyError):
        expected = "true or false" if family == "boolean" else f"an {family}" if family == "integer" else f"a {family}"
        raise UsageError(f"--where {condition!r}: {text!r} is not {expected}.") from None
    return text
