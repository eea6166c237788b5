"""What the oracles of definitions print of names that lead elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


def print_misses(misses: Iterable[tuple[str, str, str, str]], shown: int) -> None:
    """Print misses by cause.

    Args:
        misses: Cause, place, name, what was found and wanted.
        shown: Of each cause.
    """
    causes: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for cause, place, name, said in misses:
        causes[cause].append((place, name, said))
    for cause, found in sorted(causes.items()):
        print(f"  {cause}: {len(found)}")
        for miss in found[:shown]:
            print("    " + " | ".join(miss))
