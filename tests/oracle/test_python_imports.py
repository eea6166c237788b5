"""Imports of Python against the import system's own path finder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.oracle.python_imports import compare

SOURCES: Mapping[str, str] = {
    "src/shop/__init__.py": "from .cart import Cart as Cart\nfrom . import cart\nimport shop.tax.rates\n",
    "src/shop/cart.py": "import json\nfrom shop.tax import rates, base\nclass Cart: ...\n",
    "src/shop/cart.pyi": "class Cart: ...\n",
    "src/shop/tax/rates.py": "from ..cart import Cart\nfrom .. import cart\n",
    "src/shop/tax/base.py": "try:\n    import shop.cart as c\nexcept ImportError:\n    import gone\n",
    "tests/test_cart.py": "from shop import Cart\nfrom shop.cart import Cart\nimport shop\n",
}


def test_imports_lead_to_the_modules_that_the_path_finder_finds(tmp_path: Path) -> None:
    for path, text in SOURCES.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    agreement = compare(tmp_path, [str(tmp_path / "src")])
    assert agreement.misses == []
    assert agreement.inside == agreement.right == 8
