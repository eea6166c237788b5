# ruff: noqa: PERF401 -- draws follow one another, as the lines do
"""Small modules of several languages that name each other: few names, so that changes meet uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hypothesis import strategies as st

VALUES: Sequence[str] = ("alpha", "beta", "gamma")
TYPES: Sequence[str] = ("Ham", "Egg", "Spam")

PLACES: Mapping[str, Sequence[str]] = {
    "python": (
        "a.py",
        "a.pyi",
        "b.py",
        "pkg/__init__.py",
        "pkg/c.py",
        "pkg/sub/__init__.py",
        "pkg/sub/d.py",
        "beta.py",
    ),
    "typescript": ("web/a.ts", "web/b.ts", "web/c/index.ts", "web/c.ts", "web/d.js"),
    "java": ("src/p/Ham.java", "src/p/Egg.java", "src/q/Spam.java", "src/q/Ham.java"),
    "kotlin": ("kt/p/one.kt", "kt/p/two.kt", "kt/q/three.kt"),
    "go": ("go/main.go", "go/lib/one.go", "go/lib/two.go", "go/other/three.go"),
    "rust": ("rs/src/lib.rs", "rs/src/one.rs", "rs/src/two.rs", "rs/src/deep/mod.rs"),
}
CONFIGS: Mapping[str, Sequence[str]] = {
    "package.json": ('{"name": "web", "version": "1.0.0"}', '{"name": "web", "dependencies": {"left-pad": "1"}}', "{"),
    "web/tsconfig.json": (
        '{"compilerOptions": {"baseUrl": "."}}',
        '{"compilerOptions": {"paths": {"@/*": ["./c/*"]}}}',
    ),
    "go/go.mod": ("module example.org/m\n\ngo 1.22\n", "module example.org/other\n"),
    "rs/Cargo.toml": ('[package]\nname = "rs"\nversion = "0.1.0"\n', '[package]\nname = "other"\nversion = "0.2.0"\n'),
    "pyproject.toml": ('[project]\nname = "thing"\ndependencies = ["requests"]\n', '[project]\nname = "other"\n'),
    ".gitignore": ("web/\n", "*.py\n!a.py\n", "\n"),
    "notes.txt": ("nothing", "something"),
}

_value, _type = st.sampled_from(VALUES), st.sampled_from(TYPES)


@st.composite
def python(draw: st.DrawFn) -> str:
    """Return a Python module."""
    modules = ("a", "b", "pkg", "pkg.c", "pkg.sub", "pkg.sub.d", ".", ".c", "..", ".sub.d", "os", "beta")
    lines: list[str] = []
    for _ in range(draw(st.integers(0, 3))):
        module, name = draw(st.sampled_from(modules)), draw(_value | _type | st.just("*"))
        alias = f" as {draw(_value)}" if name != "*" and draw(st.booleans()) else ""
        plain = f"import {module}" if not module.startswith(".") else f"from {module} import {name}"
        lines.append(draw(st.sampled_from((f"from {module} import {name}{alias}", plain))))
    if draw(st.integers(0, 5)) == 0:
        lines.append(f"__all__ = [{draw(_value)!r}, {draw(_type)!r}]")
    for _ in range(draw(st.integers(0, 3))):
        base = draw(st.sampled_from(("", *TYPES, "pkg.c.Ham", "a.Egg")))
        lines += [f"class {draw(_type)}({base}):", f"    def {draw(_value)}(self, x):"]
        lines += [f"        return self.{draw(_value)}(x)", f"    def {draw(_value)}(self):"]
        lines += [f"        self.{draw(_value)} = {draw(_type)}()", f"        return super().{draw(_value)}()"]
    for _ in range(draw(st.integers(0, 3))):
        lines += [f"def {draw(_value)}(x):", f"    {draw(_type)}().{draw(_value)}()", f"    return {draw(_value)}(x)"]
        lines += [
            f"    # {draw(st.integers(0, 9))}",
            f"    pkg.c.{draw(_value)}(pkg.sub.{draw(_type)}, b.{draw(_value)})",
        ]
    return "\n".join(lines) + "\n"


@st.composite
def typescript(draw: st.DrawFn) -> str:
    """Return a TypeScript module (also read as JavaScript)."""
    modules = ("./a", "./b", "./c", "../a", "./index", "@/x", "react", "./d")
    lines: list[str] = []
    for _ in range(draw(st.integers(0, 3))):
        module, one, other = draw(st.sampled_from(modules)), draw(_value), draw(_type)
        lines.append(
            draw(
                st.sampled_from(
                    (
                        f"import {{ {one}, {other} }} from '{module}';",
                        f"import {one} from '{module}';",
                        f"import * as {one} from '{module}';",
                        f"export * from '{module}';",
                        f"export {{ {one} as {draw(_value)} }} from '{module}';",
                    )
                )
            )
        )
    for _ in range(draw(st.integers(0, 2))):
        lines.append(
            f"export class {draw(_type)} extends {draw(_type)} {{ {draw(_value)}() {{ this.{draw(_value)}(); }} }}"
        )
    for _ in range(draw(st.integers(0, 2))):
        default = "default " if draw(st.integers(0, 4)) == 0 else ""
        body = f"new {draw(_type)}().{draw(_value)}(); return {draw(_value)}({draw(_value)}.{draw(_value)});"
        lines.append(f"export {default}function {draw(_value)}() {{ {body} }}")
    return "\n".join(lines) + "\n"


@st.composite
def java(draw: st.DrawFn) -> str:
    """Return a Java file."""
    package = draw(st.sampled_from(("p", "q")))
    lines = [f"package {package};"]
    for _ in range(draw(st.integers(0, 2))):
        lines.append(f"import {draw(st.sampled_from(('p.*', 'q.*', 'p.Ham', 'q.Spam', 'java.util.List')))};")
    kind = draw(st.sampled_from(("class", "class", "interface")))
    name, base = draw(_type), draw(st.sampled_from(("", *TYPES)))
    extends = f" extends {base}" if base else ""
    body = ""
    for _ in range(draw(st.integers(0, 3))):
        method, parameter = draw(_value), f"{draw(_type)} x"
        if kind == "interface":
            body += f" {draw(_type)} {method}({parameter});"
        else:
            body += f" {draw(_type)} {method}({parameter}) {{ x.{draw(_value)}(null).{draw(_value)}(x);"
            body += f" return new {draw(_type)}().{draw(_value)}(y -> y); }}"
    lines.append(f"public {kind} {name}{extends} {{{body} }}")
    return "\n".join(lines) + "\n"


@st.composite
def kotlin(draw: st.DrawFn) -> str:
    """Return a Kotlin file."""
    lines = [f"package {draw(st.sampled_from(('p', 'q')))}"]
    for _ in range(draw(st.integers(0, 2))):
        lines.append(f"import {draw(st.sampled_from(('p.*', 'q.*', 'p.alpha', 'q.Spam', 'p.Ham')))}")
    for _ in range(draw(st.integers(0, 2))):
        base = draw(st.sampled_from(("", *TYPES)))
        inherits = f" : {base}()" if base else ""
        method = f"fun {draw(_value)}(x: {draw(_type)}): {draw(_type)} = x.{draw(_value)}()"
        lines.append(f"open class {draw(_type)}{inherits} {{ {method} }}")
    for _ in range(draw(st.integers(0, 2))):
        lines.append(f"fun {draw(_type)}.{draw(_value)}() = {draw(_value)}({draw(_type)}().{draw(_value)}())")
    return "\n".join(lines) + "\n"


@st.composite
def go(draw: st.DrawFn) -> str:
    """Return a Go file."""
    lines = [f"package {draw(st.sampled_from(('lib', 'main', 'other')))}"]
    for _ in range(draw(st.integers(0, 2))):
        lines.append(f'import "{draw(st.sampled_from(("example.org/m/lib", "example.org/m/other", "fmt")))}"')
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(
            st.sampled_from((f"struct {{ {draw(_type)}; x {draw(_type)} }}", f"interface {{ {draw(_type)}() }}"))
        )
        lines.append(f"type {draw(_type)} {kind}")
    for _ in range(draw(st.integers(0, 3))):
        receiver = f"(r {draw(_type)}) " if draw(st.booleans()) else ""
        name = draw(_value | _type)
        lines.append(
            f"func {receiver}{name}(x {draw(_type)}) {{ x.{draw(_type)}(); lib.{draw(_type)}(); {draw(_value)}(x) }}"
        )
    return "\n".join(lines) + "\n"


@st.composite
def rust(draw: st.DrawFn) -> str:
    """Return a Rust file."""
    lines: list[str] = []
    for _ in range(draw(st.integers(0, 2))):
        lines.append(draw(st.sampled_from(("mod one;", "pub mod two;", "mod deep;", "pub mod deep;"))))
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(("crate::one", "crate::two", "super", "crate::deep", "std::fmt", "self::one")))
        name = draw(_value | _type | st.just("*"))
        lines.append(f"pub use {path}::{name};")
    for _ in range(draw(st.integers(0, 2))):
        name = draw(_type)
        lines.append(f"pub struct {name} {{ pub x: {draw(_type)} }}")
        lines.append(
            f"impl {draw(_type)} {{ pub fn {draw(_value)}(&self) -> {draw(_type)} {{ self.{draw(_value)}() }} }}"
        )
    if draw(st.booleans()):
        lines.append(f"pub trait {draw(_type)} {{ fn {draw(_value)}(&self); }}")
        lines.append(f"impl {draw(_type)} for {draw(_type)} {{ fn {draw(_value)}(&self) {{ {draw(_value)}(); }} }}")
    for _ in range(draw(st.integers(0, 2))):
        lines.append(
            f"pub fn {draw(_value)}(x: &{draw(_type)}) {{ x.{draw(_value)}(); crate::one::{draw(_value)}(); }}"
        )
    return "\n".join(lines) + "\n"


TEXTS: Mapping[str, Callable[[], st.SearchStrategy[str]]] = {
    "python": python,
    "typescript": typescript,
    "java": java,
    "kotlin": kotlin,
    "go": go,
    "rust": rust,
}
