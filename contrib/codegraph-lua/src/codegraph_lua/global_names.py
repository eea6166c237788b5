"""An analyzer of scope "file": names that a Lua file adds to the global table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from codegraph_hookspecs import Analyzer, IRDocument


class GlobalNames(Analyzer):
    """Finds global names that a file defines at its top level.

    What it does:
        Reports each variable assigned and each `function` statement at a file's top level without `local`
        and not as a member of a table. Tests, and `.luacheckrc` and `.rockspec` files, whose globals are
        their content, are left out. Functions assigned as values (`name = function`) and assignments
        inside functions are not looked at.

    Why:
        Every module shares one global table: two files that use a name overwrite each other, a misspelt
        assignment makes a new global silently, and global access is slower than local.

    Example:
        ```lua
        count = 0              -- finding: global variable
        function step() end    -- finding: global function
        local total = 0        -- fine
        ```
    """

    name = "lua-global-names"
    version = "1"
    scope = "file"

    def analyze(self, document: Any) -> Iterator[Mapping[str, object]]:
        """Yield one finding for each global name."""
        given: IRDocument = document
        if given.language != "lua" or not given.file_path.endswith(".lua"):
            return
        module: object = None
        for node in given.rows("nodes"):
            if node["kind"] == "module":
                module = node["id"]
            elif node["parent_id"] == module and not node["is_test"] and _is_global(node):
                kind = "function" if node["kind"] == "function" else "variable"
                yield {
                    "type": "lua-global-name",
                    "message": f"The {kind} {node['name']!r} is global; make it local or a member of a table.",
                    "severity": "low",
                    "node_id": node["id"],
                    "file_path": given.file_path,
                }


def _is_global(node: Mapping[str, object]) -> bool:
    modifiers = node["modifiers"]
    if isinstance(modifiers, list) and "local" in modifiers:
        return False
    if node["kind"] == "function":
        # A member is named by its last part alone; its signature still shows the whole.
        return str(node["signature"]).startswith(f"function {node['name']}(")
    return node["kind"] in {"variable", "constant"}
