"""JavaScript and TypeScript against tsc's own resolution."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.oracle import ts_definitions as definitions
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

NAMES: Mapping[str, str] = {
    "shop.ts": "export interface Line { price: number; of: Item }\n"
    "export class Item { constructor(public name: string) {} rename(to: string) { this.name = to; return this; } }\n"
    "export enum State { Open, Paid }\n"
    "export function total(lines: Line[]): number;\n"
    "export function total(lines: Line[], from: number): number;\n"
    "export function total(lines: Line[], from = 0) { return lines.reduce((sum, each) => sum + each.price, from); }\n"
    "export const api = { load() { return this.fetch(); }, fetch: (): Line[] => [] };\n",
    "app.ts": 'import { api, Item, State, total } from "./shop";\nimport * as shop from "./shop";\n'
    "const lines = api.load();\nfor (const line of lines) { line.of.rename(line.of.name).name; }\n"
    "const made = new shop.Item('x');\nmade.rename('y');\ntotal(lines, 1); shop.total(lines); State.Paid;\n"
    "const { price, of: first } = lines[0];\nouter: for (;;) { if (price) break outer; else continue outer; }\n"
    "function pick<T extends Item>(one: T): T { return one.rename(first.name) as T; }\npick(made).name;\n",
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


def test_names_lead_where_the_language_service_says(tmp_path: Path) -> None:
    library = compiler()
    if library is None:
        pytest.skip("node or the npm package typescript is missing (CODEGRAPH_TYPESCRIPT may name its folder)")
    for path, text in NAMES.items():
        (tmp_path / path).write_text(text)
    agreement = definitions.compare(tmp_path, library)
    assert agreement.asked.total() > 40
    assert agreement.misses == []
