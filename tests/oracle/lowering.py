"""Lowers every file of a language in a folder and builds the SSA form of all its functions: none may fail.

```console
$ python -m tests.oracle.lowering go go1.19/src
```
"""

from __future__ import annotations

import sys
from pathlib import Path

from attrs import define, field
from codegraph_parser_rust._native import Flow

from codegraph_plugins.languages import go, java, javascript, python, typescript

PACKS = {pack.name: pack for module in (go, java, javascript, python, typescript) for pack in [module.PACK]}


@define
class Lowered:
    """What was lowered.

    Attributes:
        files: Number of files.
        bodies: Number of bodies in them.
        instructions: Number of their instructions.
        failures: Files without a semantic IR, with the reason.
    """

    files: int = 0
    bodies: int = 0
    instructions: int = 0
    failures: list[str] = field(factory=list)


def lower_all(language: str, folder: Path) -> Lowered:
    """Lower the files of a language below a folder."""
    pack = PACKS[language]
    flow = Flow(language, pack.grammar.load())
    found = Lowered()
    for path in sorted(path for extension in pack.extensions for path in folder.rglob(f"*{extension}")):
        if not path.is_file():
            continue
        found.files += 1
        try:
            bodies, _, instructions = flow.measure(path.read_bytes())
        except ValueError as error:
            found.failures.append(f"{path}: {error}")
            continue
        found.bodies += bodies
        found.instructions += instructions
    return found


if __name__ == "__main__":
    result = lower_all(sys.argv[1], Path(sys.argv[2]))
    print(f"{result.files} files, {result.bodies} bodies, {result.instructions} instructions")
    print("\n".join(result.failures) or "no failures")
