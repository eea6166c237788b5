"""SQL over a snapshot's tables: exactly one SELECT, run by DuckDB in a sealed engine of its own.

`statement` reads the text and refuses all but a SELECT, `engine` seals DuckDB and lends it the tables,
`query` is what users hold. DuckDB and sqlglot are imported when a statement is first read.
"""

from codegraph._internal.query.sql.query import SqlQuery, sql

__all__ = ["SqlQuery", "sql"]
