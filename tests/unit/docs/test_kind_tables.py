"""The page on kind tables names every role, use and attribute, and none that is gone."""

import re
from pathlib import Path

import attrs

from codegraph_hookspecs import FieldUse, KindRule, Role

PAGE = (Path(__file__).parents[3] / "docs/reference/kind-tables.md").read_text(encoding="utf-8")


def first_cells(heading):
    """Return what the first column of the table below a heading names."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_role_is_explained():
    assert first_cells("Roles") == {str(role) for role in Role}


def test_every_use_is_explained():
    assert first_cells("How a child is read") == {str(use) for use in FieldUse}


def test_every_attribute_is_explained():
    assert first_cells("The rest of a rule") == {attribute.name for attribute in attrs.fields(KindRule)}
