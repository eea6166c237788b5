"""JavaScript and TypeScript against tsc's own resolution."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.oracle.ts_imports import compare, compiler

SOURCES: Mapping[str, str] = {
    "package.json": '{"name": "own", "imports": {"#deep/*": "./src/deep/*.ts"}}',
    "tsconfig.base.json": '{"compilerOptions": {"module": "esnext", "moduleResolution": "bundler",'
    ' "paths": {"@/*": ["./src/*"], "@/deep/*": ["./src/deep/*"]}}}',
    "tsconfig.json": '{"extends": "./tsconfig.base.json", /* a comment */ "compilerOptions": {"strict": true,},}',
    "src/main.ts": 'import { f } from "./a";\nimport { f as g } from "@/a.js";\nimport { d } from "@/deep/d";\n'
    'import { d as e } from "#deep/d";\nimport * as all from "./barrel";\nimport View from "./view";\n'
    'export { i } from "./folder";\nconst late = import("./folder/index.js");\nimport react from "react";\n',
    "src/a.ts": "export function f() {}\n",
    "src/deep/d.ts": "export const d = 1;\n",
    "src/barrel.ts": 'export * from "./a";\nexport type { T } from "./types";\n',
    "src/types.d.ts": "export type T = string;\n",
    "src/view.tsx": "export default function View() { return <div />; }\n",
    "src/folder/index.ts": "export const i = 1;\n",
    "src/plain.js": 'const { f } = require("./a");\nconst i = require("./folder");\n',
}


def test_imports_lead_where_tsc_says(tmp_path: Path) -> None:
    library = compiler()
    if library is None:
        pytest.skip("node or the npm package typescript is missing (CODEGRAPH_TYPESCRIPT may name its folder)")
    for path, text in SOURCES.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    agreement = compare(tmp_path, library)
    assert agreement.inside == 12
    assert agreement.misses == []
