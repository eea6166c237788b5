"""`codegraph schema`: the contracts in machine form."""

from __future__ import annotations

from typing import Any, Final

from cyclopts import App

from codegraph.cli import failures
from codegraph.cli.options import Common
from codegraph.cli.terminal import print_json, print_table

EXAMPLES: Final = """\
Examples:
  codegraph schema
  codegraph schema nodes
  codegraph schema config --json
  codegraph schema query --json
  codegraph schema summary --json
"""

app = App(name="schema", help_epilogue=EXAMPLES)


@app.default
def schema(name: str | None = None, /, *, common: Common | None = None) -> int:
    """Print the schema of a contract, of a table or of the index summary.

    Without a name: what there is, contracts with their versions. With --json: JSON Schema.

    Args:
        name: A contract (config, query, data, error), a table's name, or summary.
    """
    from codegraph._internal.contracts import CONTRACTS
    from codegraph._internal.sdk.flow_tables import FLOW_TABLES
    from codegraph_hookspecs.tables import TABLES

    common = common or Common()
    tables = {spec.name: spec for spec in (*TABLES.values(), *FLOW_TABLES.values()) if spec.public}
    if name is None:
        names = [*CONTRACTS, *sorted(tables), "summary"]
        versions = {contract: str(version) for contract, version in CONTRACTS.items()}
        if common.json:
            print_json({"schemas": names, "contracts": versions})
        else:
            print("\n".join(f"{each} {versions[each]}" if each in versions else each for each in names))
        return failures.SUCCESS
    if name in CONTRACTS:
        from codegraph._internal.contracts.schemas import contract_schema

        print_json(contract_schema(name))
    elif name == "summary":
        from codegraph._internal.contracts.schemas import summary_schema

        print_json(summary_schema())
    elif name in tables:
        _print_table_schema(tables[name], as_json=common.json)
    else:
        raise failures.UsageError(
            f"There is no schema {name!r}; there are {', '.join([*CONTRACTS, *sorted(tables), 'summary'])}."
        )
    return failures.SUCCESS


def _print_table_schema(spec: Any, *, as_json: bool) -> None:
    if as_json:
        from codegraph._internal.contracts.schemas import table_schema

        print_json(table_schema(spec))
        return
    rows = [
        (
            field.name,
            str(field.type),
            field.nullable,
            "key" if field.name == spec.key else "",
            field.name in spec.symbols,
        )
        for field in spec.schema
    ]
    print_table(("column", "type", "null", "key", "dictionary"), rows)
