"""What a Go file says at its top: the package that it belongs to, documentation, build constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tree_sitter
from attrs import define

from codegraph_hookspecs import Role

if TYPE_CHECKING:
    from codegraph_plugins.parsers.reference.walker import Walker

Node = tree_sitter.Node

_SYSTEMS: Final = frozenset(
    """
    aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1
    windows zos
    """.split()  # noqa: SIM905
)
_ARCHITECTURES: Final = frozenset(
    """
    386 amd64 amd64p32 arm arm64 arm64be armbe loong64 mips mips64 mips64le mips64p32 mips64p32le mipsle ppc
    ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm
    """.split()  # noqa: SIM905
)


@define
class FileHeader:
    """What stands at a file's top.

    Args:
        name: The package's name, or None where there is no clause.
        docstring: The comment above the clause.
        build: When the file is compiled, from `//go:build`, else from its name; or None.
    """

    name: str | None = None
    docstring: str | None = None
    build: str | None = None


def read_header(walker: Walker, root: Node) -> FileHeader:
    """Read the comments at a file's top and the package clause below them."""
    found = FileHeader()
    lines: list[str] = []
    for child in root.named_children:
        rule = walker.rules.get(child.kind_id)
        if rule is not None and rule.role is Role.COMMENT:
            walker.comment(child)
            text = walker.text(child)
            if text.startswith("//go:build "):
                found.build = text.removeprefix("//go:build ").strip(" \t\r")
            elif text.startswith("// +build "):
                lines.append(text.removeprefix("// +build ").strip(" \t\r"))
            continue
        if rule is not None and rule.role is Role.PACKAGE:
            found.docstring = walker.leading_comment(child.start_byte)
            name = next(iter(child.named_children), None)
            found.name = walker.text(name) or None if name is not None else None
        break
    walker.comment_start = walker.comment_end = -1
    if found.build is None and lines:
        found.build = "; ".join(lines)
    constraints = file_constraints(walker.fqn, walker.suffix)
    if constraints:
        found.build = f"({found.build}) && {constraints}" if found.build else constraints
    return found


def file_constraints(fqn: str, suffix: str) -> str:
    """Return what a file's name says of the systems that it is for: `a_linux_arm64_test.go` → "linux && arm64".

    Args:
        fqn: The module's name from its path.
        suffix: Its id suffix; the two hold the file's name.
    """
    filename = suffix.rpartition("/")[2]
    stem, dot, _ = filename.partition(".")
    if not dot:
        stem = fqn.rpartition(".")[2]
    parts = stem.removesuffix("_test").split("_")[1:]
    if len(parts) >= 2 and parts[-2] in _SYSTEMS and parts[-1] in _ARCHITECTURES:
        return f"{parts[-2]} && {parts[-1]}"
    return parts[-1] if parts and (parts[-1] in _SYSTEMS or parts[-1] in _ARCHITECTURES) else ""


def package_fqn(walker: Walker, clause: str) -> str:
    """Return a module's name, given its package's: the folder's, but the clause's where the folder does not say it."""
    if walker.package_id is None:
        return clause
    if clause.endswith("_test") and not walker.fqn.endswith("_test"):
        return f"{walker.fqn}_test"
    return walker.fqn
