"""Checks of a language pack: names, kind table against grammar, samples, and rows where a parser is at hand."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from codegraph_hookspecs.kinds import NODE_KINDS
from codegraph_hookspecs.languages import FieldUse, Grammar, KindRule, LanguagePack, Role
from codegraph_hookspecs.parsing import ParsedBatch, Parser
from codegraph_hookspecs.testing.failures import ConformanceError, fail, require
from codegraph_hookspecs.testing.memory import Samples, pack_for, parse_samples, source_file
from codegraph_hookspecs.testing.parsing import check_batch, check_same_rows

ABI_VERSIONS: Final = range(13, 16)

_NAME: Final = re.compile(r"[a-z][a-z0-9_+#-]*\Z")
_OPENS: Final = ("", "function", "type", "namespace", "block", "comprehension", "object", "list", "group", "tokens")
_IMPORT_FORMS: Final = (
    "", "python-import", "python-from", "es-import", "es-export", "jvm", "using", "go", "module", "package", "facade",
    "rust-use", "rust-crate", "rust-mod",
)  # fmt: skip
_POSITION: Final = re.compile(r"#-?\d+\Z")
_STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    "visibility.style": ("underscore", "keyword", "capital", "pub"),
    "visibility.default": ("public", "protected", "internal", "private"),
    "imports.style": ("dotted", "path", "package", "go", "cargo", "none"),
    "fqn.header": ("", "go"),
    "docstring": ("", "first-string", "leading-comment", "line-comments", "adjacent-comments", "doc-comments"),
    "constants": ("", "upper-case", "token"),
}
_NEEDED_USES: Final[Mapping[Role, tuple[FieldUse, ...]]] = {
    Role.CALL: (FieldUse.CALLEE,),
    Role.MEMBER: (FieldUse.OBJECT, FieldUse.PROPERTY),
}


@frozen
class _LoadedGrammar:
    """Names that a grammar has."""

    language: Any
    spelled: str
    named: frozenset[str]
    tokens: frozenset[str]
    fields: frozenset[str]


def check_language_pack(
    pack: LanguagePack,
    samples: Samples | None = None,
    *,
    parsers: Sequence[Parser] = (),
    truncations: int = 25,
) -> None:
    """Check a language pack.

    Checked without a parser: names and extensions; the grammar loads and has ABI 13 to 15; every node
    kind, field and token that the kind table names exists in it; rules are complete; samples parse
    without a syntax error. With parsers: the rows of the samples and of truncated samples keep the
    invariants of `check_batch`, and all parsers give equal rows.

    Args:
        pack: The pack.
        samples: Path → source text without syntax errors. The better they cover the language, the more
            this check finds.
        parsers: Parsers to run; those that do not support the pack are left out.
        truncations: Number of truncated samples that are tried, chosen by hypothesis.

    Raises:
        ConformanceError: A `language-…` code, or one of `check_batch`.
    """
    require(isinstance(pack, LanguagePack), "language-type", f"this is a {type(pack).__name__}, not a LanguagePack")
    check_language_names(pack)
    grammars = check_grammars(pack)
    check_kind_table(pack, grammars)
    taken = samples or {}
    check_samples(pack, taken)
    able = [parser for parser in parsers if parser.supports(pack)]
    if able and taken:
        check_sample_rows(pack, taken, able)
        for parser in able:
            check_truncations(pack, taken, parser, count=truncations)


def check_language_names(pack: LanguagePack) -> None:
    """Check a pack's name, version, extensions and the values of its closed settings."""
    require(_NAME.match(pack.name), "language-name", f"the name {pack.name!r} must match {_NAME.pattern}")
    require(pack.version, "language-version", f"{pack.name}: the version is empty; it is part of cache keys")
    require(
        pack.extensions or pack.filenames, "language-extension", f"{pack.name}: there are no extensions or filenames"
    )
    for extension in pack.extensions:
        good = extension.startswith(".") and len(extension) > 1 and extension == extension.lower()
        good = good and not set(extension) & set("/\\*? ")
        require(good, "language-extension", f"{pack.name}: {extension!r} must be lower-case and start with a dot")
    twice = sorted({one for one in pack.extensions if pack.extensions.count(one) > 1})
    require(not twice, "language-extension", f"{pack.name}: {', '.join(twice)} is given twice")
    stray = sorted(set(pack.grammars) - set(pack.extensions))
    require(not stray, "language-extension", f"{pack.name}: `grammars` has {', '.join(stray)}, not an extension")
    for setting, allowed in _STYLES.items():
        value: Any = pack
        for part in setting.split("."):
            value = getattr(value, part)
        require(
            value in allowed, "language-setting", f"{pack.name}: {setting} is {value!r}; allowed: {', '.join(allowed)}"
        )
    try:
        json.dumps(pack.to_dict())
    except (TypeError, ValueError) as error:
        fail("language-setting", f"{pack.name}: to_dict() is not JSON-ready: {error}", cause=error)


def check_grammars(pack: LanguagePack) -> list[_LoadedGrammar]:
    """Check that every grammar of a pack loads and has a supported ABI; return their vocabularies."""
    return [_load(pack, grammar) for grammar in (pack.grammar, *pack.grammars.values())]


def _load(pack: LanguagePack, grammar: Grammar) -> _LoadedGrammar:
    import tree_sitter

    spelled = f"{grammar.module}.{grammar.function}"
    try:
        language = tree_sitter.Language(grammar.load())
    except (ImportError, AttributeError) as error:
        fail("language-grammar", f"{pack.name}: the grammar {spelled} cannot be loaded: {error}", cause=error)
    except (TypeError, ValueError) as error:
        fail("language-abi", f"{pack.name}: the grammar {spelled} is not usable: {error}", cause=error)
    abi = language.abi_version
    require(abi in ABI_VERSIONS, "language-abi", f"{pack.name}: the grammar {spelled} has ABI {abi}, not 13 to 15")
    kinds = [
        (language.node_kind_for_id(number), language.node_kind_is_named(number))
        for number in range(language.node_kind_count)
    ]
    return _LoadedGrammar(
        language,
        spelled,
        frozenset(kind for kind, named in kinds if named and kind is not None),
        frozenset(kind for kind, named in kinds if not named and kind is not None),
        frozenset(
            name for number in range(1, language.field_count + 1) if (name := language.field_name_for_id(number))
        ),
    )


def check_kind_table(pack: LanguagePack, grammars: Sequence[_LoadedGrammar]) -> None:
    """Check that each rule is complete and names only what some grammar of the pack has."""
    named = frozenset(itertools.chain.from_iterable(grammar.named for grammar in grammars))
    tokens = frozenset(itertools.chain.from_iterable(grammar.tokens for grammar in grammars))
    fields = frozenset(itertools.chain.from_iterable(grammar.fields for grammar in grammars))
    spelled = ", ".join(sorted({grammar.spelled for grammar in grammars}))
    modifiers: set[str] = set()
    for rule in pack.kinds.values():
        modifiers.update(rule.modifiers, rule.modifier_tokens)
    for kind, rule in pack.kinds.items():
        where = f"{pack.name}: the rule for {kind!r}"
        require(kind in named, "kind-unknown", f"{where}: {spelled} has no such node kind")
        for code, name in _missing_names(rule, named, tokens, fields):
            fail(code, f"{where} names {name!r}, which {spelled} does not have")
        _check_rule(where, rule)
        stray = sorted(set(rule.constant_tokens) - modifiers)
        require(not stray, "kind-incomplete", f"{where}: {', '.join(stray)} is no modifier of any rule")
    roots = [kind for kind, rule in pack.kinds.items() if rule.role is Role.DEFINITION and rule.kind == "module"]
    require(roots, "kind-incomplete", f"{pack.name}: no rule makes the module (role definition, kind 'module')")


def _missing_names(
    rule: KindRule, named: frozenset[str], tokens: frozenset[str], fields: frozenset[str]
) -> Iterator[tuple[str, str]]:
    for name in rule.fields:
        if name.startswith("@"):
            child = name[1:].removesuffix("#0")
            if child not in named:
                yield "kind-unknown", child
        elif name != "*" and not _POSITION.match(name) and name not in fields:
            yield "field-unknown", name
    for parent in (*rule.complexity_parents, *rule.parents):
        if parent not in named:
            yield "kind-unknown", parent
    for token in rule.kinds:
        # The text of a modifier may decide as well, which no grammar lists.
        if FieldUse.MODIFIERS not in rule.fields.values() and token not in tokens | named:
            yield "token-unknown", token
    for token in rule.complexity_operators:
        if token not in tokens:
            yield "token-unknown", token
    for token in rule.modifier_tokens:
        if token not in tokens and token not in named:
            yield "token-unknown", token


def _check_rule(where: str, rule: KindRule) -> None:
    require(rule.opens in _OPENS, "kind-value", f"{where}: opens is {rule.opens!r}; allowed: {', '.join(_OPENS)}")
    require(
        rule.import_form in _IMPORT_FORMS,
        "kind-value",
        f"{where}: import_form is {rule.import_form!r}; allowed: {', '.join(_IMPORT_FORMS)}",
    )
    for name in (rule.kind, rule.member_kind):
        require(not name or name in NODE_KINDS, "kind-value", f"{where}: {name!r} is no node kind of the contract")
    if rule.role is Role.DEFINITION:
        require(rule.kind, "kind-incomplete", f"{where}: a definition needs `kind`")
    uses = set(rule.fields.values())
    for use in _NEEDED_USES.get(rule.role, ()):
        inside = use is FieldUse.CALLEE and {FieldUse.OBJECT, FieldUse.PROPERTY} <= uses  # no node of its own
        require(inside or use in uses, "kind-incomplete", f"{where}: a {rule.role} needs a field read as {use}")
    if rule.role is Role.BINDER and rule.rows and uses & {FieldUse.BIND, FieldUse.NAME}:
        require(rule.kind, "kind-incomplete", f"{where}: a binder that makes rows needs `kind`, or rows=False")
    if rule.irrefutable:
        require(FieldUse.BIND in uses, "kind-incomplete", f"{where}: `irrefutable` needs a field read as bind")
    if rule.role is Role.PACKAGE and FieldUse.BODY in uses:
        require(rule.kind, "kind-incomplete", f"{where}: a package with a body needs `kind`, for a second one")
    if rule.role is Role.IMPORT:
        require(rule.import_form, "kind-incomplete", f"{where}: an import needs `import_form`")
        if rule.import_form == "module":
            require(FieldUse.MODULE in uses, "kind-incomplete", f"{where}: needs a field read as module")


def check_samples(pack: LanguagePack, samples: Samples) -> None:
    """Check that samples belong to the pack, parse without a syntax error, and have the module's node as root."""
    import tree_sitter

    for path in sorted(samples):
        try:
            pack_for(path, [pack])
        except ValueError as error:
            fail("sample-path", f"{pack.name}: {error}", cause=error)
        text = samples[path]
        raw = text.encode() if isinstance(text, str) else text
        extension = max((one for one in pack.extensions if path.lower().endswith(one)), key=len, default="")
        language = tree_sitter.Language(pack.grammars.get(extension, pack.grammar).load())
        root = tree_sitter.Parser(language).parse(raw).root_node
        if root.has_error:
            fail("sample-syntax", f"{pack.name}: {path} has a syntax error near line {_error_line(root)}")
        rule = pack.kinds.get(root.type)
        if rule is None or rule.role is not Role.DEFINITION or rule.kind != "module":
            fail("kind-incomplete", f"{pack.name}: the root of {path} is {root.type!r}, which no rule makes the module")


def _error_line(root: Any) -> int:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            return int(node.start_point[0]) + 1
        stack.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)
    return int(root.start_point[0]) + 1


def check_sample_rows(pack: LanguagePack, samples: Samples, parsers: Sequence[Parser]) -> ParsedBatch:
    """Check the rows that parsers make of samples, and that they are the same; return the first parser's."""
    sources = [source_file(path, samples[path], pack) for path in sorted(samples)]
    batches: list[ParsedBatch] = []
    for parser in parsers:
        try:
            batch = parse_samples(parser, [pack], samples)
        except Exception as error:
            fail("language-parse", f"{pack.name}: the parser {parser.name!r} raised {error!r}", cause=error)
        check_batch(batch, sources)
        batches.append(batch)
    for parser, batch in zip(parsers[1:], batches[1:], strict=True):
        what = f"{pack.name}: the parsers {parsers[0].name!r} and {parser.name!r}"
        check_same_rows(batches[0], batch, what, code="parsers-differ")
    return batches[0]


def check_truncations(pack: LanguagePack, samples: Samples, parser: Parser, *, count: int = 25) -> None:
    """Check the invariants of rows for samples that end anywhere, chosen by hypothesis (the same every time).

    Raises:
        ConformanceError: The smallest sample that hypothesis finds breaks an invariant.
    """
    import hypothesis
    from hypothesis import strategies

    texts = {path: text.encode() if isinstance(text, str) else text for path, text in samples.items()}
    places = [(path, end) for path in sorted(texts) for end in range(len(texts[path]))]
    if not places:
        return

    @hypothesis.settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )
    @hypothesis.given(strategies.sampled_from(places))
    def run(place: tuple[str, int]) -> None:
        path, end = place
        source = source_file(path, texts[path][:end], pack)
        try:
            check_batch(parse_samples(parser, [pack], {path: texts[path][:end]}), [source])
        except ConformanceError as error:
            raise ConformanceError(error.code, f"{path} cut after byte {end}: {error.message}") from error

    run()
