"""The languages whose values' types are looked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from codegraph_plugins.stages.occurrences.values.expressions import Reader
from codegraph_plugins.stages.occurrences.values.golang import GoReader
from codegraph_plugins.stages.occurrences.values.java import JavaReader
from codegraph_plugins.stages.occurrences.values.kotlin import KotlinReader
from codegraph_plugins.stages.occurrences.values.python import PythonReader

READERS: Final[Mapping[str, type[Reader]]] = {
    "go": GoReader,
    "java": JavaReader,
    "kotlin": KotlinReader,
    "python": PythonReader,
}
"""By the language's name."""
