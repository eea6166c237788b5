"""Conditions of a filter: what users write (`Q`), checked against a table's fields, as a predicate tree.

A condition over a missing value is false, except `isnull` and `exact=None`; a negation is the exact
complement. So `exclude(language="python")` and `language__ne="python"` keep rows without a language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from codegraph._internal.query.fields import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    OTHER,
    PATH_COLUMNS,
    STRUCT,
    TEXT,
    TEXTS,
    Field,
    Fields,
    nearest,
)
from codegraph._internal.query.glob import glob_to_regex, is_glob
from codegraph_hookspecs.errors import QueryError

COMPARISONS: Final = ("gt", "gte", "lt", "lte")
OPERATORS: Final[Mapping[str, tuple[str, ...]]] = {
    TEXT: ("exact", "ne", "in", *COMPARISONS, "contains", "startswith", "endswith", "regex", "isnull"),
    INTEGER: ("exact", "ne", "in", *COMPARISONS, "isnull"),
    NUMBER: ("exact", "ne", "in", *COMPARISONS, "isnull"),
    BOOLEAN: ("exact", "ne", "in", "isnull"),
    TEXTS: ("exact", "ne", "in", "contains", "isnull"),
    STRUCT: ("isnull",),
    OTHER: ("exact", "ne", "in", *COMPARISONS, "isnull"),
}
"""Operators by field family. On lists of text `contains` is membership and `in` is "any of these"."""

_COLLECTIONS = (list, tuple, set, frozenset)
_INT64: Final = range(-(2**63), 2**63)


@frozen
class Condition:
    """One checked comparison of a field.

    Args:
        field: What is compared.
        operator: `exact`, `in`, `gt`, `gte`, `lt`, `lte`, `contains`, `startswith`, `endswith`, `regex`,
            `isnull`, `glob` (any of several patterns) or `equal_list`.
        value: Python value of the field's type; a tuple for `in`, `glob` and `equal_list`.
    """

    field: Field
    operator: str
    value: Any

    def __str__(self) -> str:
        return f"{self.field.name} {self.operator} {self.value!r}"


@frozen
class Not:
    """The complement of a predicate."""

    child: Predicate

    def __str__(self) -> str:
        return f"not ({self.child})"


@frozen
class And:
    """All of several predicates; without any, every row."""

    children: tuple[Predicate, ...] = ()

    def __str__(self) -> str:
        return " and ".join(_grouped(child) for child in self.children) or "everything"


@frozen
class Or:
    """Any of several predicates."""

    children: tuple[Predicate, ...] = ()

    def __str__(self) -> str:
        return " or ".join(_grouped(child) for child in self.children) or "nothing"


Predicate = Condition | Not | And | Or


def _grouped(child: Predicate) -> str:
    return f"({child})" if isinstance(child, (And, Or)) else str(child)


class Q:
    """A condition that can be combined: `Q(kind="class") | ~Q(name__startswith="_")`.

    Keywords in one `Q` must all hold. An empty `Q()` holds for every row and is neutral in `&` and `|`,
    so that a condition can be built up in a loop.

    >>> Q(kind="class") | ~Q(name="x")
    (Q(kind='class') | ~Q(name='x'))
    """

    __slots__ = ("_conditions", "_operands", "_operator")

    def __init__(self, **conditions: Any) -> None:
        self._conditions = conditions
        self._operator = "and"
        self._operands: tuple[Q, ...] = ()

    def __and__(self, other: Q) -> Q:
        return self._combine("and", other)

    def __or__(self, other: Q) -> Q:
        return self._combine("or", other)

    def __invert__(self) -> Q:
        return _make("not", (self,))

    def __bool__(self) -> bool:
        """Say whether there is any condition."""
        return bool(self._conditions or self._operands)

    def __repr__(self) -> str:
        if self._operator == "not":
            return f"~{self._operands[0]!r}"
        if self._operands:
            return f"({{}} {'&' if self._operator == 'and' else '|'} {{}})".format(*map(repr, self._operands))
        return f"Q({', '.join(f'{name}={value!r}' for name, value in self._conditions.items())})"

    def _combine(self, operator: str, other: Q) -> Q:
        if not isinstance(other, Q):
            return NotImplemented
        if not self or not other:
            return self or other
        return _make(operator, (self, other))

    def bind(self, fields: Fields) -> Predicate:
        """Check the condition against a table's fields.

        Raises:
            QueryError: An unknown field or operator, or a value of a wrong type.
        """
        if self._operator == "not":
            return Not(self._operands[0].bind(fields))
        if self._operands:
            children = tuple(operand.bind(fields) for operand in self._operands)
            return And(children) if self._operator == "and" else Or(children)
        conditions = tuple(bind_condition(fields, lookup, value) for lookup, value in self._conditions.items())
        return conditions[0] if len(conditions) == 1 else And(conditions)


def _make(operator: str, operands: tuple[Q, ...]) -> Q:
    made = Q()
    made._operator = operator
    made._operands = operands
    return made


def bind_condition(fields: Fields, lookup: str, value: Any) -> Predicate:
    """Check one keyword of a filter, such as `complexity__gte=10`.

    Raises:
        QueryError: `field-unknown`, `operator-unknown`, `value-type` or `pattern-invalid`.
    """
    field, operator = fields.split(lookup)
    allowed = OPERATORS[field.family]
    if operator not in allowed:
        raise _wrong_operator(fields, field, operator, allowed)
    if operator == "ne":
        return Not(bind_condition(fields, field.name, value))
    if operator == "isnull":
        if not isinstance(value, bool):
            raise _wrong_type(fields, field, operator, value, "True or False")
        return Condition(field, "isnull", True) if value else Not(Condition(field, "isnull", True))
    if operator == "exact" and value is None:
        return Condition(field, "isnull", True)
    if field.family == TEXTS:
        return _bind_texts(fields, field, operator, value)
    if operator == "in" or (operator == "exact" and isinstance(value, _COLLECTIONS)):
        return _bind_in(fields, field, operator, value)
    if operator == "regex":
        return Condition(field, "regex", _regex(fields, field, value))
    checked = _checked(fields, field, operator, value)
    if operator == "exact" and field.column in PATH_COLUMNS and not field.child and is_glob(checked):
        return _glob(field, (checked,))
    return Condition(field, operator, checked)


def _bind_in(fields: Fields, field: Field, operator: str, value: Any) -> Predicate:
    if not isinstance(value, _COLLECTIONS):
        raise _wrong_type(fields, field, operator, value, f"a list of {field.family}")
    items = tuple(dict.fromkeys(_checked(fields, field, operator, item) for item in value if item is not None))
    globs = operator == "exact" and field.column in PATH_COLUMNS and any(map(is_glob, items))
    found: Predicate = _glob(field, items) if globs else Condition(field, "in", items)
    if any(item is None for item in value):
        return Or((found, Condition(field, "isnull", True)))
    return found


def _bind_texts(fields: Fields, field: Field, operator: str, value: Any) -> Predicate:
    if operator == "contains":
        if not isinstance(value, str):
            raise _wrong_type(fields, field, operator, value, "text (one member)")
        return Condition(field, "in", (str(value),))
    if not isinstance(value, _COLLECTIONS) or not all(isinstance(item, str) for item in value):
        raise _wrong_type(fields, field, operator, value, f"a list of text; use {field.name}__contains for one member")
    items = tuple(str(item) for item in value)
    return Condition(field, "in" if operator == "in" else "equal_list", items)


def _glob(field: Field, patterns: tuple[str, ...]) -> Predicate:
    # A real path may contain brackets (`app/[slug]/page.tsx`), so the text itself always matches too.
    regexes = tuple(glob_to_regex(pattern) for pattern in patterns if is_glob(pattern))
    return Or((Condition(field, "in", patterns), *(Condition(field, "regex", regex) for regex in regexes)))


def _regex(fields: Fields, field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_type(fields, field, "regex", value, "text (a regular expression)")
    try:
        pc.match_substring_regex(pa.array([""]), str(value))
    except pa.ArrowInvalid as error:
        raise QueryError(
            f"{value!r} is not a regular expression that {fields.table}.{field.name} can be matched with.",
            code="pattern-invalid",
            context={
                "table": fields.table,
                "field": field.name,
                "remedy": "Patterns use RE2 syntax: no look-around and no back-references.",
                "reason": str(error),
            },
        ) from error
    return str(value)


def _checked(fields: Fields, field: Field, operator: str, value: Any) -> Any:
    """Return the value if the field can have it, as a plain Python value."""
    if field.family == TEXT and isinstance(value, str):
        return str(value)
    if field.family == BOOLEAN and isinstance(value, bool):
        return value
    if field.family == INTEGER and isinstance(value, int) and not isinstance(value, bool) and value in _INT64:
        return int(value)
    if field.family == NUMBER and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if field.family == OTHER:
        try:
            return pa.scalar(value, field.type).as_py()
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            pass
    expected = {INTEGER: "integer (64 bits)"}.get(field.family, field.family)
    raise _wrong_type(fields, field, operator, value, expected if field.family != OTHER else str(field.type))


def _wrong_type(fields: Fields, field: Field, operator: str, value: Any, expected: str) -> QueryError:
    too_large = isinstance(value, int) and value not in _INT64
    given = f"{value:.1e}" if too_large and abs(value) < 10**300 else type(value).__name__
    return QueryError(
        f"{fields.table}.{field.name} ({operator}) takes {expected}, not {given}.",
        code="value-type",
        context={"table": fields.table, "field": field.name, "operator": operator, "expected": expected},
    )


def _wrong_operator(fields: Fields, field: Field, operator: str, allowed: tuple[str, ...]) -> QueryError:
    near = nearest(operator, allowed)
    hint = f"Did you mean {field.name}__{near}?" if near else f"Operators: {', '.join(allowed)}."
    return QueryError(
        f"{fields.table}.{field.name} has no operator {operator!r}.",
        code="operator-unknown",
        context={"table": fields.table, "field": field.name, "operator": operator, "remedy": hint},
    )


def conjuncts(predicate: Predicate) -> tuple[Predicate, ...]:
    """Return the predicates that must all hold."""
    if isinstance(predicate, And):
        return tuple(part for child in predicate.children for part in conjuncts(child))
    return (predicate,)


def columns_of(predicate: Predicate) -> frozenset[str]:
    """Return the columns that a predicate reads."""
    if isinstance(predicate, Condition):
        return frozenset({predicate.field.column})
    if isinstance(predicate, Not):
        return columns_of(predicate.child)
    return frozenset().union(*(columns_of(child) for child in predicate.children))
