"""Symbols belong to the packages that manifests name, and are called as the packages' own languages do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from codegraph import CodeGraph, IndexingConfig
from codegraph_plugins.scip import scip_pb2 as scip

CRATE = '[package]\nname = "shapes"\nversion = "0.3.0"\n'
FILES = {
    "py/pyproject.toml": '[project]\nname = "shop"\nversion = "1.0"\n',
    "py/src/shop/__init__.py": "",
    "py/src/shop/cart.py": "def pay(): return 1\n",
    "py/tests/test_cart.py": "from shop.cart import pay\n\ndef test(): pay()\n",
    "go/go.mod": "module example.com/shop\n\ngo 1.19\n",
    "go/cart/pay.go": "package cart\n\nfunc Pay() int { return 1 }\n",
    "go/main.go": 'package main\n\nimport "example.com/shop/cart"\n\nfunc main() { cart.Pay() }\n',
    "java/pom.xml": "<project><modelVersion>4.0.0</modelVersion><groupId>com.shop</groupId>"
    "<artifactId>cart</artifactId><version>2.0</version></project>\n",
    "java/src/main/java/com/shop/Cart.java": "package com.shop;\npublic class Cart { int pay() { return 1; } }\n",
    "js/package.json": '{"name": "root", "private": true, "workspaces": ["packages/*"]}\n',
    "js/packages/cart/package.json": '{"name": "@shop/cart", "version": "3.1.0"}\n',
    "js/packages/cart/src/index.ts": "export function pay(): number { return 1 }\n",
    "js/packages/cart/src/use.ts": 'import { pay } from "./index";\npay();\n',
    "rs/Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
    "rs/crates/shapes/Cargo.toml": CRATE,
    "rs/crates/shapes/src/lib.rs": "pub mod area;\npub mod tests { pub fn inner() {} }\npub struct Shape;\n"
    "impl Shape { pub fn make() -> Shape { area::measure(); Shape } }\n",
    "rs/crates/shapes/src/area.rs": "use crate::Shape;\npub fn measure() { crate::tests::inner(); }\n",
    "rs/crates/shapes/src/bin/show.rs": "fn main() { shapes::Shape::make(); }\n",
    "rs/crates/shapes/tests/whole.rs": "#[test]\nfn whole() { shapes::area::measure(); }\n",
    "loose.py": "def loose(): return 1\n",
}


def symbols(root: Path, files: Mapping[str, str], **options: str) -> dict[str, list[str]]:
    """Return the symbols of each document in order, without those of locals."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    output = root.parent / "index.scip"
    CodeGraph(config=IndexingConfig(root_path=root)).export("scip", output=output, **options)
    index = scip.Index.FromString(output.read_bytes())
    return {
        document.relative_path: [
            one.symbol.removeprefix("scip-codegraph ")
            for one in document.occurrences
            if not one.symbol.startswith("local ")
        ]
        for document in index.documents
    }


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return symbols(tmp_path_factory.mktemp("shop") / "repository", FILES)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("py/src/shop/cart.py", ["pip shop 1.0 `shop.cart`/__init__:", "pip shop 1.0 `shop.cart`/pay()."]),
        ("go/cart/pay.go", ["gomod example.com/shop . `example.com/shop/cart`/Pay()."]),
        ("go/main.go", ["gomod example.com/shop . `example.com/shop/cart`/Pay()."]),
        ("java/src/main/java/com/shop/Cart.java", ["maven com.shop:cart 2.0 com/shop/Cart#pay()."]),
        ("js/packages/cart/src/use.ts", ["npm @shop/cart 3.1.0 src/`index.ts`/pay()."]),
        ("rs/crates/shapes/src/lib.rs", ["cargo shapes 0.3.0 crate/", "cargo shapes 0.3.0 Shape#"]),
        (
            "rs/crates/shapes/src/lib.rs",
            ["cargo shapes 0.3.0 area/measure().", "cargo shapes 0.3.0 impl#[Shape]make()."],
        ),
        ("rs/crates/shapes/src/area.rs", ["cargo shapes 0.3.0 crate/", "cargo shapes 0.3.0 tests/inner()."]),
        ("rs/crates/shapes/src/bin/show.rs", ["cargo shapes 0.3.0 src/bin/show/main().", "cargo shapes 0.3.0 Shape#"]),
        ("loose.py", ["pip . . loose/loose()."]),
    ],
)
def test_symbols_are_those_that_the_packages_own_language_writes(
    found: dict[str, list[str]], path: str, wanted: list[str]
) -> None:
    assert [symbol for symbol in wanted if symbol not in found[path]] == []


def test_what_is_used_has_the_symbol_that_it_is_defined_by(found: dict[str, list[str]]) -> None:
    assert "pip shop 1.0 `shop.cart`/pay()." in found["py/tests/test_cart.py"]
    assert "cargo shapes 0.3.0 area/measure()." in found["rs/crates/shapes/tests/whole.rs"]


def test_a_package_of_go_keeps_its_path_beside_tests_from_outside(tmp_path: Path) -> None:
    files = {
        "go.mod": "module example.com/shop\n",
        "cart/pay.go": "package cart\n\nfunc Pay() int { return 1 }\n",
        "own_test/own.go": "package own_test\n\nfunc Own() {}\n",
        "own_test/own_test.go": "package own_test\n\nfunc Try() {}\n",
        "cart/pay_test.go": "package cart_test\n\nfunc Try() {}\n",
    }
    found = symbols(tmp_path / "repository", files)
    assert "gomod example.com/shop . `example.com/shop/cart`/Pay()." in found["cart/pay.go"]
    assert "gomod example.com/shop . `example.com/shop/cart_test`/Try()." in found["cart/pay_test.go"]
    assert "gomod example.com/shop . `example.com/shop/own_test`/Own()." in found["own_test/own.go"]


def test_two_namespaces_never_become_one(tmp_path: Path) -> None:
    files = {
        "Cargo.toml": CRATE,
        "src/lib.rs": "pub mod tests { pub mod whole { pub fn both() {} } }\n",
        "tests/whole.rs": "fn both() {}\n",
    }
    found = symbols(tmp_path / "repository", files)
    (inside,) = (symbol for symbol in found["src/lib.rs"] if symbol.endswith("both()."))
    (outside,) = (symbol for symbol in found["tests/whole.rs"] if symbol.endswith("both()."))
    assert (inside, outside) == ("cargo shapes 0.3.0 src/tests/whole/both().", "cargo shapes 0.3.0 tests/whole/both().")


def test_packages_of_one_name_and_version_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    files = {
        "a/Cargo.toml": CRATE,
        "a/src/lib.rs": "fn one() {}\n",
        "b/Cargo.toml": CRATE,
        "b/src/lib.rs": "fn one() {}\n",
    }
    found = symbols(tmp_path / "repository", files)
    assert "cargo . . a/src/one()." in found["a/src/lib.rs"]
    assert "cargo . . b/src/one()." in found["b/src/lib.rs"]


def test_a_manifest_without_code_takes_no_name_from_a_package(tmp_path: Path) -> None:
    project = '[project]\nname = "shop"\nversion = "1.0"\n'
    files = {"pyproject.toml": project, "cart.py": "pay = 1\n", "locked/pyproject.toml": project}
    assert "pip shop 1.0 cart/pay." in symbols(tmp_path / "repository", files)["cart.py"]


def test_a_package_that_is_given_is_that_of_all_symbols(tmp_path: Path) -> None:
    files = {"Cargo.toml": CRATE, "src/lib.rs": "fn one() {}\n", "a.py": "b = 1\n"}
    found = symbols(tmp_path / "repository", files, package="mine", package_version="7")
    assert "cargo mine 7 src/one()." in found["src/lib.rs"]
    assert "pip mine 7 a/b." in found["a.py"]
