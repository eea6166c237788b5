"""complex-function: functions with more decisions than a reader can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen, validators

from codegraph_hookspecs import REPOSITORY_SETTING, AnalysisContext, Analyzer, PluginInfo, hookimpl

if TYPE_CHECKING:
    import pyarrow as pa


@frozen
class ComplexFunctionConfig:
    """Settings, in the table `[plugins.analyzer-complex-function]`.

    Args:
        max_complexity: Highest cyclomatic complexity that is not reported; at least 1.
        include_tests: Whether test code is looked at.
    """

    max_complexity: int = field(
        default=15, validator=[validators.instance_of(int), validators.ge(1)], metadata={REPOSITORY_SETTING: True}
    )
    include_tests: bool = field(default=False, metadata={REPOSITORY_SETTING: True})


class ComplexFunction(Analyzer):
    """Finds functions whose cyclomatic complexity is above a threshold.

    What it does:
        Reports each function, method and property with a complexity above `max_complexity` (15). Above
        twice the threshold the severity is high, else medium. Test code is left out unless
        `include_tests` is set. Complexity is the language pack's: radon's for Python, lizard's elsewhere.

    Why:
        Complexity is the number of independent paths through a function, and so the least number of tests
        that reach each of them (McCabe, "A Complexity Measure", IEEE TSE 2(4), 1976). Functions that are
        far above the rest are where defects and slow reviews gather.

    Example:
        ```python
        def route(a, b, c):        # 16 branches and loops → complexity 17: reported
            if a: ...
            elif b: ...
        ```
        Splitting it by case, or turning its branches into a table, ends the finding.
    """

    name = "complex-function"
    version = "1"
    scope = "repo"
    reads: ClassVar[Mapping[str, Sequence[str]] | None] = {
        "nodes": ("id", "name", "kind", "file_path", "complexity", "is_test")
    }
    by_file: ClassVar[bool] = True

    def analyze(self, document: Any) -> Iterator[Mapping[str, object]]:
        """Yield one finding for each function, in file order."""
        import pyarrow.compute as pc

        from codegraph_analyzers.reading import read_columns

        context: AnalysisContext = document
        config: ComplexFunctionConfig = context.config or ComplexFunctionConfig()

        def wanted(batch: pa.RecordBatch) -> pa.Array:
            above = pc.greater(batch.column("complexity"), config.max_complexity)
            return above if config.include_tests else pc.and_not(above, batch.column("is_test"))

        columns = ["id", "name", "kind", "file_path", "complexity"]
        for node in read_columns(context, "nodes", columns, where=wanted).to_pylist():
            complexity = node["complexity"]
            yield {
                "type": self.name,
                "message": f"The {node['kind']} {node['name']!r} has complexity {complexity}; "
                f"at most {config.max_complexity} is allowed.",
                "severity": "high" if complexity > 2 * config.max_complexity else "medium",
                "node_id": node["id"],
                "file_path": node["file_path"],
                "properties": {"complexity": complexity, "max_complexity": config.max_complexity},
            }


class ComplexFunctionPlugin:
    """The plugin that brings the analyzer."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin and its settings."""
        return PluginInfo(
            name="analyzer-complex-function",
            version="0.1.0",
            config=ComplexFunctionConfig,
            summary="Functions with a high cyclomatic complexity",
        )

    @hookimpl
    def codegraph_analyzers(self) -> list[Analyzer]:
        """Give the analyzer."""
        return [ComplexFunction()]


plugin = ComplexFunctionPlugin()
