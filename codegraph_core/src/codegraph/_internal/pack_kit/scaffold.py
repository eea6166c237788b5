"""Writes a new language pack: names checked, table guessed, samples found, everything tried before a file is made."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, Final

import tree_sitter
from attrs import evolve, field, fields, frozen

from codegraph._internal.pack_kit.grammar import InstalledGrammar, Vocabulary, find_grammar, read_vocabulary
from codegraph._internal.pack_kit.guessing import SECTIONS, Guess, guess_table
from codegraph._internal.pack_kit.probes import comment_marks, probes
from codegraph._internal.pack_kit.project import BASELINE
from codegraph_hookspecs import (
    FieldUse,
    FqnRules,
    Grammar,
    ImportRules,
    KindRule,
    LanguagePack,
    ParsedBatch,
    ParseOptions,
    Parser,
    PluginError,
    Role,
    SourceFile,
    Stage,
    module_name,
)
from codegraph_hookspecs.testing import resolve_edges

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_TEMPLATES: Final = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "ci.yml": ".github/workflows/ci.yml",
    "init.py": "src/$package/__init__.py",
    "language.py": "src/$package/language.py",
    "test_pack.py": "tests/test_$identifier.py",
    "first_steps.md": "tests/spec/first_steps.md",
}
VERSION: Final = "0.1.0"
"""Of a new pack; the templates say it too."""
_FUNCTIONS: Final = ("function", "method")


@frozen(kw_only=True)
class NewPack:
    """What `write_pack` made.

    Args:
        folder: The project.
        grammar: The grammar it reads.
        kinds: How many node kinds the table names.
        functions: Names of the functions and methods that the guessed table finds in the samples.
        samples: The samples' paths in the project.
        source: Where fields of kinds are known from.
    """

    folder: Path
    grammar: InstalledGrammar
    kinds: int
    functions: tuple[str, ...]
    samples: tuple[str, ...]
    source: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {
            "folder": str(self.folder),
            "grammar": {"distribution": self.grammar.distribution, "version": self.grammar.version},
            "kinds": self.kinds,
            "fields_from": self.source,
            "functions": list(self.functions),
            "samples": list(self.samples),
        }


@frozen(kw_only=True)
class _Facts:
    name: str
    grammar: InstalledGrammar
    extensions: tuple[str, ...]
    guesses: Sequence[Guess]
    comment: str
    samples: Mapping[str, bytes] = field(factory=dict)

    @property
    def identifier(self) -> str:
        return self.name.replace("-", "_")

    def pack(self) -> LanguagePack:
        packaged = any(guess.rule.role is Role.PACKAGE for guess in self.guesses)
        return LanguagePack(
            name=self.name,
            version="1",
            extensions=self.extensions,
            grammar=Grammar(module=self.grammar.module, function=self.grammar.function),
            kinds={guess.kind: guess.rule for guess in self.guesses},
            fqn=FqnRules(package=packaged),
            docstring="line-comments",
            imports=ImportRules(style=self.import_style),
            free_names=self.free_names,
        )

    @property
    def import_style(self) -> str:
        """The link stage looks names up by packages where they are left to it."""
        return "package" if self.free_names else "none"

    @property
    def free_names(self) -> bool:
        """Whether some call has no node for its callee: only names left to the link stage are read from those."""
        return any(
            guess.rule.role is Role.CALL and FieldUse.CALLEE not in guess.rule.fields.values() for guess in self.guesses
        )


def write_pack(
    name: str,
    parser: Parser,
    linkers: Sequence[Stage],
    *,
    grammar: str | None = None,
    function: str | None = None,
    extensions: Sequence[str] = (),
    samples: Sequence[Path] = (),
    out: Path | None = None,
) -> NewPack:
    """Write a language pack's project.

    Args:
        name: The language's name; the distribution is `codegraph-<name>`.
        parser: The parser that tries the guessed table.
        linkers: Stages that link; the baseline of resolved edges is what the first one gives.
        grammar: The grammar's distribution; default `tree-sitter-<name>`.
        function: The function in it that returns the language.
        extensions: File extensions; default: what Pygments knows of a language of this name.
        samples: Source files; default: the probe that suits the grammar best.
        out: The project's folder; default `codegraph-<name>`.

    Raises:
        PluginError: `pack-name-invalid`, `pack-target-exists`, `grammar-missing`, `grammar-abi`,
            `pack-extension-unknown`, `pack-sample-invalid` or `pack-sample-missing`. Nothing is written then.
    """
    _check_name(name)
    target = (out or Path(f"codegraph-{name}")).expanduser()
    if target.exists():
        raise _error("pack-target-exists", f"{target} is already there.", "Remove it, or name another with --out.",
                     path=str(target))  # fmt: skip
    installed = find_grammar(grammar or f"tree-sitter-{name}", function)
    vocabulary = read_vocabulary(installed)
    endings = _extensions(name, extensions)
    given = [_read_sample(path, vocabulary) for path in samples]
    fitting = [] if given else [text for text in probes() if vocabulary.observe(text)]
    facts = _Facts(
        name=name,
        grammar=installed,
        extensions=endings,
        guesses=guess_table(vocabulary),
        comment=next((mark for mark, text in comment_marks() if _is_comment(vocabulary, text)), ""),
    )
    if given:
        found = {path.name if path.name.endswith(endings) else f"{path.stem}{endings[0]}": text
                 for path, text in zip(samples, given, strict=True)}  # fmt: skip
    else:
        found = {f"shape{endings[0]}": _best(fitting, facts, parser)}
    facts = evolve(facts, samples=found)
    nodes = [row for path, text in found.items() for row in _nodes(facts, parser, path, text)]
    _write(target, facts, nodes, vocabulary)
    if linkers:
        edges = resolve_edges(facts.pack(), VERSION, found, [parser], linkers)
        (target / BASELINE).write_text(edges.to_json(), encoding="utf-8")
    return NewPack(
        folder=target,
        grammar=installed,
        kinds=len(facts.guesses),
        functions=tuple(_functions(nodes)),
        samples=tuple(f"tests/samples/{path}" for path in found),
        source=vocabulary.source,
    )


def _check_name(name: str) -> None:
    if _NAME.match(name) and not keyword.iskeyword(name):
        return
    raise _error("pack-name-invalid", f"{name!r} cannot name a language pack.",
                 "Use lower-case letters, digits and hyphens, beginning with a letter: c-sharp.")  # fmt: skip


def _extensions(name: str, given: Sequence[str]) -> tuple[str, ...]:
    endings = [one if one.startswith(".") else f".{one}" for one in given] or _known_extensions(name)
    if not endings:
        raise _error("pack-extension-unknown", f"Which files are {name} is not known.",
                     "Name their extension: --extension .xyz.")  # fmt: skip
    return tuple(dict.fromkeys(one.lower() for one in endings))


def _known_extensions(name: str) -> list[str]:
    """Return the extensions that Pygments, which colours our terminal output anyway, has for a language."""
    from pygments.lexers import find_lexer_class_by_name
    from pygments.util import ClassNotFound

    for alias in (name, name.replace("-sharp", "#"), name.replace("-", ""), name.replace("-", "_")):
        try:
            patterns = find_lexer_class_by_name(alias).filenames
        except ClassNotFound:
            continue
        return [one[1:] for one in patterns if re.fullmatch(r"\*\.[\w+.-]+", one)]
    return []


def _read_sample(path: Path, vocabulary: Vocabulary) -> bytes:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise _error("pack-sample-invalid", f"The sample {path} cannot be read: {error.strerror}.",
                     "Give a source file of the language.", path=str(path)) from error  # fmt: skip
    if not vocabulary.observe(text):
        raise _error("pack-sample-invalid", f"The sample {path} has a syntax error by this grammar.",
                     "Give a file that the grammar reads without an error.", path=str(path))  # fmt: skip
    return text


def _is_comment(vocabulary: Vocabulary, text: bytes) -> bool:
    root = tree_sitter.Parser(vocabulary.language).parse(text).root_node
    return not root.has_error and any("comment" in child.type for child in root.children)


def _best(fitting: Iterable[bytes], facts: _Facts, parser: Parser) -> bytes:
    """Return the probe of which the guessed table makes the most functions, and some call."""
    best: tuple[tuple[int, int], bytes] = ((0, 0), b"")
    for text in fitting:
        batch = _parsed(facts, parser, f"shape{facts.extensions[0]}", text)
        score = (len(_functions(batch.tables["nodes"].to_pylist())), min(batch.tables["call_sites"].num_rows, 1))
        if score[0] and score > best[0]:
            best = (score, text)
    if not best[1]:
        raise _error(
            "pack-sample-missing",
            f"No text is known of which {facts.grammar.distribution} and a guessed kind table make a function.",
            "Give a source file of the language: --sample FILE.",
        )
    return best[1]


def _parsed(facts: _Facts, parser: Parser, path: str, text: bytes) -> ParsedBatch:
    pack = facts.pack()
    session = parser.open([pack], ParseOptions())
    try:
        return session.parse(
            [
                SourceFile(
                    path=path,
                    location=b"/nonexistent/" + path.encode(),
                    language=pack.name,
                    module=module_name(path, pack),
                    size=len(text),
                    mtime_ns=0,
                    content=text,
                )
            ]
        )
    finally:
        session.close()


def _functions(nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the functions and methods that have one."""
    return [row["name"] for row in nodes if row["kind"] in _FUNCTIONS and not row["name"].startswith("<")]


def _nodes(facts: _Facts, parser: Parser, path: str, text: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _parsed(facts, parser, path, text).tables["nodes"].to_pylist()
    return rows


# -- files -------------------------------------------------------------------------------------------


def _write(target: Path, facts: _Facts, nodes: Sequence[Mapping[str, Any]], vocabulary: Vocabulary) -> None:
    values = {
        "name": facts.name,
        "title": facts.name.replace("-", " ").title(),
        "identifier": facts.identifier,
        "package": f"codegraph_{facts.identifier}",
        "class_name": "".join(part.title() for part in facts.name.split("-")),
        "grammar": facts.grammar.distribution,
        "grammar_range": _range(facts.grammar.version),
        "grammar_call": _grammar_call(facts.grammar),
        "grammar_others": _other_functions(facts.grammar),
        "extensions": repr(facts.extensions),
        "extension_list": ", ".join(f"`{one}`" for one in facts.extensions),
        "kinds": _table(facts.guesses),
        "unnamed": _unnamed(facts, vocabulary),
        "package_rule": "True" if facts.pack().fqn.package else "False",
        "import_style": facts.import_style,
        "free_names": "\n    free_names=True,  # a call has no node for its callee" if facts.free_names else "",
        "cases": _cases(facts, nodes),
        "source": vocabulary.source,
    }
    folder = resources.files(__package__).joinpath("templates")
    for template, place in _TEMPLATES.items():
        text = Template(folder.joinpath(f"{template}.tmpl").read_text(encoding="utf-8")).substitute(values)
        path = target / Template(place).substitute(values)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (target / "src" / str(values["package"]) / "py.typed").touch()
    for name, content in facts.samples.items():
        path = target / "tests/samples" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _range(version: str) -> str:
    """Return the versions in which a grammar's node kinds may be expected to stay: the minor ones before 1.0."""
    major, minor = (*re.findall(r"\d+", version)[:2], "0", "0")[:2]
    return f">={major}.{minor},<{int(major) + 1}" if int(major) else f">={major}.{minor},<{major}.{int(minor) + 1}"


def _grammar_call(grammar: InstalledGrammar) -> str:
    function = f', function="{grammar.function}"' if grammar.function != "language" else ""
    return f'Grammar(module="{grammar.module}"{function})'


def _other_functions(grammar: InstalledGrammar) -> str:
    if not grammar.others:
        return ""
    return f"    # The wheel also has {', '.join(grammar.others)}: give it to some extensions with `grammars`.\n"


def _table(guesses: Sequence[Guess]) -> str:
    lines: list[str] = []
    for section in SECTIONS:
        mine = [guess for guess in guesses if guess.section == section]
        if mine:
            lines.append(f"    # {section}")
        for guess in mine:
            lines.append(f"    # review: {guess.why}")
            lines.append(f'    "{guess.kind}": {_rule(guess.rule)},')
    return "\n".join(lines)


def _rule(rule: KindRule) -> str:
    """Return the call that makes a rule, what is the default left out."""
    plain = KindRule()
    parts = []
    for attribute in fields(KindRule):
        value = getattr(rule, attribute.name)
        if value == getattr(plain, attribute.name):
            continue
        if attribute.name == "role":
            parts.append(f"role=Role.{value.name}")
        elif attribute.name == "fields":
            inner = ", ".join(f'"{name}": FieldUse.{use.name}' for name, use in value.items())
            parts.append(f"fields={{{inner}}}")
        else:
            parts.append(f"{attribute.name}={_literal(value)}")
    line = f"KindRule({', '.join(parts)})"
    if len(line) <= 90:
        return line
    inner = "\n".join(f"        {part}," for part in parts)
    return f"KindRule(\n{inner}\n    )"


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        items = ", ".join(_literal(one) for one in value)
        return f"({items},)" if len(value) == 1 else f"({items})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _unnamed(facts: _Facts, vocabulary: Vocabulary) -> str:
    """Return the kinds without a rule as comments: what an author goes through next."""
    rest = sorted(vocabulary.kinds - {guess.kind for guess in facts.guesses})
    lines, line = [], "#"
    for kind in rest:
        if len(line) + len(kind) + 1 > 115:
            lines.append(line)
            line = "#"
        line += f" {kind}"
    return "\n".join([*lines, line])


def _cases(facts: _Facts, nodes: Sequence[Mapping[str, Any]]) -> str:
    """Return a literate case for each sample: the functions and types that the guessed table finds in it."""
    cases = []
    for path, text in facts.samples.items():
        mine = [row for row in nodes if row["file_path"] == path and row["kind"] != "module"]
        told = [row for row in mine if not row["name"].startswith("<") and row["kind"] != "parameter"]
        mark = facts.comment or "#"
        wanted = [f"{mark} node: {row['kind']} {_bare(row['id'])}" for row in told[:12]]
        if not wanted:
            wanted = [f"{mark} file: {path} ok"]
        source = text.decode("utf-8", "replace").rstrip("\n")
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", source)), default=0))
        # Where no comment of one line is known, the assertions stand in a file that no language reads.
        between = "\n" if facts.comment else f"{fence}\n\n{fence}text expected.txt"
        assertions = "\n".join(wanted)
        opening = f"## What is named in {path}\n\n{fence}{facts.name} {path}"
        cases.append(f"{opening}\n{source}\n{between}\n{assertions}\n{fence}\n".replace("\n\n\n", "\n\n"))
    return "\n".join(cases)


def _bare(identifier: str) -> str:
    return identifier.rpartition("@")[0].replace(":", ".")


def _error(code: str, message: str, remedy: str, **context: str) -> PluginError:
    return PluginError(message, code=code, context={**context, "remedy": remedy})
