"""What a SQL text may say: one SELECT over known tables, with functions that only compute.

Checked twice: here on sqlglot's tree, before there is an engine, and by `engine` on DuckDB's own tree, because
two parsers may disagree. The sealed engine is the third line: it reaches no file, network, or setting.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from codegraph._internal.query.fields import nearest
from codegraph_hookspecs.errors import QueryError

TEXT_CHARACTERS_MAX: Final = 100_000
_FIRST_WORDS: Final = frozenset({"SELECT", "WITH", "FROM", "("})
_TABLE_FUNCTIONS: Final = frozenset({"unnest", "explode", "range", "generate_series", "generateseries"})
_DENIED: Final = frozenset({
    "current_setting", "currval", "getenv", "getvariable", "glob", "nextval", "query", "query_table", "setseed",
    "sniff_csv", "sql_auto_complete", "which_secret", "write_log",
})  # fmt: skip
_DENIED_PREFIXES: Final = ("duckdb_", "pragma_", "read_", "parquet_", "json_execute", "pg_", "sqlite_", "force_")
_NODES: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})


@frozen
class Statement:
    """A SELECT that was checked.

    Args:
        text: As the user wrote it.
        tables: Tables of the snapshot that it reads, sorted.
    """

    text: str
    tables: tuple[str, ...]


def checked_statement(text: str, tables: Collection[str]) -> Statement:
    """Check a SQL text.

    Args:
        text: The statement.
        tables: Names of the tables that there are.

    Raises:
        QueryError: It cannot be read (`sql-invalid`), it is anything but exactly one SELECT or calls a function
            that reaches beyond the snapshot (`sql-refused`), or it reads an unknown table (`table-unknown`).
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if not isinstance(text, str):
        raise QueryError(f"A statement is text, not {type(text).__name__}.", code="value-type")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise refused(f"it has {len(text):,} characters; {TEXT_CHARACTERS_MAX:,} are allowed")
    try:
        _check_tokens(sqlglot.tokenize(text, read="duckdb"))
        parsed = [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    except SqlglotError as error:
        raise QueryError(
            "The SQL cannot be read.", code="sql-invalid", context={"reason": str(error)[:500]}, cause=error
        ) from error
    except RecursionError as error:
        raise refused("it is nested too deeply") from error
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query):
        raise refused("it is not exactly one SELECT")
    tree = parsed[0]
    for kind in (exp.DML, exp.DDL, exp.Command, exp.Into):
        found = next((node for node in tree.find_all(kind) if not isinstance(node, exp.Query)), None)
        if found is not None:
            raise refused(f"it contains {found.key.upper()}")
    for function in tree.find_all(exp.Func):
        check_function(function.name if isinstance(function, exp.Anonymous) else function.sql_name())
    return Statement(text, _tables(tree, tables))


def _check_tokens(tokens: Sequence[Any]) -> None:
    """Refuse what is plainly no single SELECT before it is parsed."""
    semicolons = [token.token_type.name == "SEMICOLON" for token in tokens]
    if all(semicolons):
        raise refused("it is empty")
    if tokens[0].text.upper() not in _FIRST_WORDS:
        raise refused(f"it starts with {tokens[0].text[:30]}")
    if not all(semicolons[semicolons.index(True) :] if True in semicolons else ()):
        raise refused("it is more than one statement")


def _tables(tree: Any, tables: Collection[str]) -> tuple[str, ...]:
    from sqlglot import exp

    known = {name.lower(): name for name in tables}
    defined = {part.alias.lower() for part in tree.find_all(exp.CTE)}
    read: set[str] = set()
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            function = table.this
            check_table_function(function.name if isinstance(function, exp.Anonymous) else function.sql_name())
            continue
        name = table.name.lower()
        check_table(name, (table.db, table.catalog))
        if name in known:
            read.add(known[name])
        elif name not in defined:
            near = nearest(table.name, list(tables))
            hint = f"Did you mean {near!r}?" if near else f"Tables: {', '.join(sorted(tables))}."
            raise QueryError(
                f"There is no table {table.name!r}.",
                code="table-unknown",
                context={"table": table.name, "remedy": hint},
            )
    return tuple(sorted(read))


def check_tree(tree: Any) -> None:
    """Check DuckDB's own tree of a statement, as `json_serialize_sql` gives it.

    Raises:
        QueryError: Something in it is not allowed (code `sql-refused`).
    """
    if tree.get("error"):
        raise refused(f"DuckDB does not take it as a SELECT: {tree.get('error_message', '')[:200]}")
    if len(tree["statements"]) != 1:
        raise refused("it is more than one statement")
    for part in _parts(tree):
        kind = str(part.get("type", ""))
        if (kind.endswith("_NODE") and kind not in _NODES) or kind == "SHOW_REF":
            raise refused(f"it contains {kind.removesuffix('_NODE').removesuffix('_REF')}")
        if kind == "BASE_TABLE":
            check_table(
                str(part.get("table_name", "")).lower(), (part.get("schema_name", ""), part.get("catalog_name", ""))
            )
        if kind == "TABLE_FUNCTION":
            check_table_function(str(part.get("function", {}).get("function_name", "")))
        if part.get("class") == "FUNCTION":
            check_function(str(part.get("function_name", "")))


def _parts(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object of a JSON tree, without recursion."""
    left = [tree]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            yield part
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)


def check_function(name: str) -> None:
    """Refuse a function that reaches beyond the rows it is given."""
    lower = name.lower()
    if lower in _DENIED or lower.startswith(_DENIED_PREFIXES):
        raise refused(f"the function {name[:60]} is not allowed")


def check_table_function(name: str) -> None:
    """Refuse a function in FROM that is none of the few that make rows of values."""
    if name.lower() not in _TABLE_FUNCTIONS:
        raise refused(f"the table function {name[:60]} is not allowed")


def check_table(name: str, qualifiers: tuple[str, str]) -> None:
    """Refuse a table of the engine's own catalog."""
    if any(qualifiers):
        raise refused(f"the table {name[:60]} is named with a schema; the snapshot's tables have none")
    if name.startswith(_DENIED_PREFIXES):
        raise refused(f"the table {name[:60]} is not the snapshot's")


def refused(reason: str) -> QueryError:
    """Return the error for a statement that is not allowed."""
    return QueryError(
        f"The statement was refused: {reason}.",
        code="sql-refused",
        context={"reason": reason, "remedy": "Write exactly one SELECT over the snapshot's tables."},
    )
