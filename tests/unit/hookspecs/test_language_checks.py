"""The kit's checks of language packs: the built-in packs pass, each kind of mistake is found by its code."""

import pytest
from attrs import evolve

from codegraph_hookspecs import (
    FieldUse,
    Grammar,
    ImportRules,
    KindRule,
    LanguagePack,
    Role,
    VisibilityRules,
)
from codegraph_hookspecs.testing import ConformanceError, check_language_pack
from codegraph_plugins.languages.go import plugin as go
from codegraph_plugins.languages.jvm import plugin as jvm
from codegraph_plugins.languages.python import PACK
from codegraph_plugins.languages.web import plugin as web
from codegraph_plugins.parsers.reference import ReferenceParser
from tests.unit.hookspecs.broken import ChangedParser, with_rows

TEXT = "import os\n\n\nclass A:\n    def f(self):\n        return os.getcwd()\n"
SAMPLES = {
    "python": {"pkg/a.py": TEXT, "pkg/__init__.py": "from .a import A as B\n"},
    "javascript": {"src/a.js": "import x, {y as z} from './b';\nexport class A { f() { return y() ?? this.g(z) } }\n"},
    "typescript": {
        "src/a.ts": "export interface I { f(x: number): void }\nexport enum E { A, B }\n",
        "src/b.tsx": "export const C = () => <div onClick={() => go()}/>;\n",
    },
    "java": {"p/A.java": "package p;\n\npublic class A {\n  int f() { return this.f(); }\n}\n"},
    "kotlin": {"p/a.kt": "package p\n\nfun f(x: Int) = x\n\nfun g() = f(1)\n"},
    "go": {"p/a.go": "package p\n\nfunc f() int { return 1 }\n\nfunc G() int { return f() }\n"},
}


def code_of(pack, samples=None, **options):
    with pytest.raises(ConformanceError) as caught:
        check_language_pack(pack, samples, **options)
    return caught.value.code


BUILT_IN = [pack for plugin in (go, jvm, web) for pack in plugin.codegraph_languages()]


@pytest.mark.parametrize("pack", [PACK, *BUILT_IN], ids=lambda pack: pack.name)
def test_the_built_in_packs_conform(pack):
    check_language_pack(pack, SAMPLES[pack.name], parsers=[ReferenceParser()])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Python"}, "language-name"),
        ({"version": ""}, "language-version"),
        ({"extensions": ()}, "language-extension"),
        ({"extensions": ("py",)}, "language-extension"),
        ({"extensions": (".PY",)}, "language-extension"),
        ({"extensions": (".py", ".py")}, "language-extension"),
        ({"grammars": {".pyx": Grammar(module="tree_sitter_python")}}, "language-extension"),
        ({"docstring": "comment"}, "language-setting"),
        ({"visibility": VisibilityRules(style="none")}, "language-setting"),
        ({"imports": ImportRules(style="url")}, "language-setting"),
        ({"decorator_modifiers": {"a": object()}}, "language-setting"),
        ({"grammar": Grammar(module="tree_sitter_klingon")}, "language-grammar"),
        ({"grammar": Grammar(module="tree_sitter_python", function="lang")}, "language-grammar"),
        ({"grammar": Grammar(module="builtins", function="object")}, "language-abi"),
    ],
)
def test_a_pack_with_a_wrong_value_is_found(change, code):
    assert code_of(evolve(PACK, **change)) == code


@pytest.mark.parametrize(
    ("kind", "rule", "code"),
    [
        ("funktion", KindRule(), "kind-unknown"),
        ("call", KindRule(fields={"@funktion": FieldUse.SKIP}), "kind-unknown"),
        ("call", KindRule(complexity_parents=("funktion",)), "kind-unknown"),
        ("call", KindRule(parents=("funktion",)), "kind-unknown"),
        ("call", KindRule(fields={"funktion": FieldUse.SKIP}), "field-unknown"),
        ("boolean_operator", KindRule(complexity_operators=("und",)), "token-unknown"),
        ("call", KindRule(role=Role.PACKAGE, fields={"arguments": FieldUse.BODY}), "kind-incomplete"),
        ("call", KindRule(fields={"@no_such_kind#0": FieldUse.SKIP}), "kind-unknown"),
        ("call", KindRule(kinds={"no_such_token": "class"}), "token-unknown"),
        ("call", KindRule(modifier_tokens=("statisch",)), "token-unknown"),
        ("call", KindRule(opens="door"), "kind-value"),
        ("call", KindRule(import_form="cobol"), "kind-value"),
        ("lambda", KindRule(role=Role.DEFINITION, kind="funktion"), "kind-value"),
        ("lambda", KindRule(role=Role.DEFINITION), "kind-incomplete"),
        ("call", KindRule(role=Role.CALL), "kind-incomplete"),
        ("attribute", KindRule(role=Role.MEMBER, fields={"object": FieldUse.OBJECT}), "kind-incomplete"),
        ("assignment", KindRule(role=Role.BINDER, fields={"left": FieldUse.BIND}), "kind-incomplete"),
        ("case_clause", KindRule(complexity=1, irrefutable=("_",)), "kind-incomplete"),
        ("import_statement", KindRule(role=Role.IMPORT), "kind-incomplete"),
        ("import_statement", KindRule(role=Role.IMPORT, import_form="module"), "kind-incomplete"),
        ("call", KindRule(constant_tokens=("const",)), "kind-incomplete"),
        ("module", KindRule(), "kind-incomplete"),
    ],
)
def test_a_wrong_rule_is_found(kind, rule, code):
    assert code_of(evolve(PACK, kinds={**PACK.kinds, kind: rule})) == code


def test_something_that_is_no_pack_is_found():
    assert code_of("python") == "language-type"


def test_a_sample_of_another_language_or_with_a_syntax_error_is_found():
    assert code_of(PACK, {"a.rb": "x = 1\n"}) == "sample-path"
    with pytest.raises(ConformanceError, match=r"a\.py has a syntax error near line 2") as caught:
        check_language_pack(PACK, {"a.py": "x = 1\ndef (:\n"})
    assert caught.value.code == "sample-syntax"


def test_the_root_of_a_sample_must_be_the_module():
    module = PACK.kinds["module"]
    kinds = {kind: rule for kind, rule in PACK.kinds.items() if kind != "module"} | {"class_definition": module}
    assert code_of(evolve(PACK, kinds=kinds), {"a.py": "x = 1\n"}) == "kind-incomplete"


def test_parsers_that_differ_are_found():
    def louder(batch, sources, options):
        return with_rows(batch, lambda rows: rows["nodes"][0].update(docstring="!"))

    assert code_of(PACK, SAMPLES["python"], parsers=[ReferenceParser(), ChangedParser(louder)]) == "parsers-differ"


def test_a_parser_that_raises_is_told_with_the_pack():
    def refuse(batch, sources, options):
        raise RuntimeError("boom")

    assert code_of(PACK, SAMPLES["python"], parsers=[ChangedParser(refuse)]) == "language-parse"


def test_rows_that_only_broken_files_make_wrong_are_found_by_truncation():
    def lose_parents(batch, sources, options):
        if "ok" in batch.tables["files"].column("status").to_pylist():
            return batch
        return with_rows(batch, lambda rows: [row.update(end_byte=10**6) for row in rows["nodes"]])

    with pytest.raises(ConformanceError, match=r"pkg/a\.py cut after byte \d+") as caught:
        check_language_pack(PACK, {"pkg/a.py": TEXT}, parsers=[ChangedParser(lose_parents)])
    assert caught.value.code == "batch-position"


def test_parsers_that_do_not_support_a_pack_are_left_out():
    class Other(ChangedParser):
        def supports(self, pack: LanguagePack) -> bool:
            return False

    def refuse(batch, sources, options):
        raise RuntimeError("boom")

    check_language_pack(PACK, SAMPLES["python"], parsers=[Other(refuse)])
