"""The Rust language pack: edition 2024, as data.

A file's module is named by its path (`src/net/http.rs` is `src.net.http`; `mod.rs`, `lib.rs` and `main.rs` are
named by their folder). What an `impl` block defines are members of its type. Definitions of macros have rows, their
invocations are calls; what these are given is read where it is certain that it is expressions (`macros.py` says when),
else nothing inside makes rows. Complexity is lizard's
definition (1.24): one for each `if`, `for`, `while`, `where`, `&&`, `||`, `?`, `let … else` and each arm of a
`match` but one, macro arguments included; what a closure decides counts for the function around it too.
"""

from __future__ import annotations

from typing import Final

from codegraph_hookspecs import (
    FieldUse,
    FqnRules,
    Grammar,
    ImportRules,
    KindRule,
    LanguagePack,
    PluginInfo,
    Role,
    TestRules,
    VisibilityRules,
    hookimpl,
)

_SAME = KindRule(fields={"*": FieldUse.SAME})
_BLOCK = KindRule(role=Role.SCOPE, opens="block")
_SKIP = KindRule(role=Role.SKIP)
_VISIBLE: Final = ("visibility_modifier",)
_GENERIC: Final = {"name": FieldUse.NAME, "type_parameters": FieldUse.EXPRESSION}
_TYPE_FIELDS: Final = {
    **_GENERIC,
    "bounds": FieldUse.BASES,
    "@field_declaration_list": FieldUse.BODY,
    "@enum_variant_list": FieldUse.BODY,
    "@declaration_list": FieldUse.BODY,
}
_FUNCTION = KindRule(
    role=Role.DEFINITION,
    kind="function",
    member_kind="method",
    opens="function",
    fields={
        **_GENERIC,
        "parameters": FieldUse.PARAMETERS,
        "return_type": FieldUse.RETURNS,
        "body": FieldUse.BODY,
        "@function_modifiers": FieldUse.MODIFIERS,
    },
    modifier_tokens=_VISIBLE,
)
_ALIAS = KindRule(
    role=Role.DEFINITION,
    kind="type_alias",
    fields={**_GENERIC, "type": FieldUse.TYPE},
    modifier_tokens=_VISIBLE,
)
_PATH = KindRule(role=Role.MEMBER, fields={"path": FieldUse.OBJECT, "name": FieldUse.PROPERTY}, path=True)
_TYPE_PARAMETER = KindRule(role=Role.BINDER, opens="type", rows=False, fields={"name": FieldUse.BIND})
_INNER_TYPE = KindRule(fields={"type": FieldUse.TYPE})

# What the prelude of edition 2024 and the compiler bring to every module, written out so that results do not
# depend on a toolchain.
_BUILTINS: Final = frozenset(
    """
    AsMut AsRef AsyncFn AsyncFnMut AsyncFnOnce Box Clone Copy Debug Default DoubleEndedIterator Drop Eq Err
    ExactSizeIterator Extend Fn FnMut FnOnce From FromIterator Future Hash Into IntoFuture IntoIterator Iterator
    None Ok Option Ord PartialEq PartialOrd Result Send Sized Some String Sync ToOwned ToString TryFrom TryInto
    Unpin Vec drop align_of align_of_val size_of size_of_val
    bool char f32 f64 i128 i16 i32 i64 i8 isize str u128 u16 u32 u64 u8 usize
    assert! assert_eq! assert_ne! cfg! column! compile_error! concat! concat_idents! dbg! debug_assert!
    debug_assert_eq! debug_assert_ne! env! eprint! eprintln! file! format! format_args! global_asm! include!
    include_bytes! include_str! is_x86_feature_detected! line! matches! module_path! option_env! panic! print!
    println! stringify! thread_local! todo! try! unimplemented! unreachable! vec! write! writeln!
    """.split()  # noqa: SIM905
)

KINDS: Final[dict[str, KindRule]] = {
    # the file
    "source_file": KindRule(role=Role.DEFINITION, kind="module", opens="namespace"),
    "shebang": _SKIP,
    "attribute_item": KindRule(role=Role.ATTRIBUTE),
    "inner_attribute_item": KindRule(role=Role.ATTRIBUTE, modifiers=("inner",)),
    "line_comment": KindRule(role=Role.COMMENT),
    "block_comment": KindRule(role=Role.COMMENT),
    "use_declaration": KindRule(role=Role.IMPORT, import_form="rust-use", modifier_tokens=_VISIBLE),
    "extern_crate_declaration": KindRule(role=Role.IMPORT, import_form="rust-crate", modifier_tokens=_VISIBLE),
    "mod_item": KindRule(
        role=Role.DEFINITION,
        kind="namespace",
        opens="namespace",
        import_form="rust-mod",
        fields={"name": FieldUse.NAME, "body": FieldUse.BODY},
        modifier_tokens=_VISIBLE,
    ),
    # types
    "struct_item": KindRule(
        role=Role.DEFINITION, kind="struct", opens="type", fields=_TYPE_FIELDS, modifier_tokens=_VISIBLE
    ),
    "union_item": KindRule(
        role=Role.DEFINITION,
        kind="struct",
        opens="type",
        fields=_TYPE_FIELDS,
        modifiers=("union",),
        modifier_tokens=_VISIBLE,
    ),
    "enum_item": KindRule(
        role=Role.DEFINITION, kind="enum", opens="type", fields=_TYPE_FIELDS, modifier_tokens=_VISIBLE
    ),
    "enum_variant": KindRule(
        role=Role.DEFINITION, kind="enum_member", opens="type", fields=_TYPE_FIELDS, modifier_tokens=_VISIBLE
    ),
    "trait_item": KindRule(
        role=Role.DEFINITION,
        kind="trait",
        opens="type",
        fields=_TYPE_FIELDS,
        modifier_tokens=("visibility_modifier", "unsafe"),
    ),
    "impl_item": KindRule(
        role=Role.EXTENSION,
        fields={
            "type_parameters": FieldUse.BIND,
            "trait": FieldUse.IMPLEMENTS,
            "type": FieldUse.OWNER,
            "body": FieldUse.BODY,
        },
    ),
    "type_item": _ALIAS,
    "associated_type": _ALIAS,
    "field_declaration": KindRule(
        role=Role.BINDER,
        kind="field",
        member_kind="field",
        fields={"name": FieldUse.NAME, "type": FieldUse.TYPE},
        modifier_tokens=_VISIBLE,
    ),
    "ordered_field_declaration_list": KindRule(
        role=Role.POSITIONS, fields={"type": FieldUse.TYPE}, modifier_tokens=_VISIBLE
    ),
    "type_parameter": _TYPE_PARAMETER,
    "const_parameter": _TYPE_PARAMETER,
    "lifetime_parameter": _SKIP,
    # functions
    "function_item": _FUNCTION,
    "function_signature_item": KindRule(
        role=Role.DEFINITION,
        kind="function",
        member_kind="method",
        opens="function",
        fields=_FUNCTION.fields,
        modifiers=("signature",),
        modifier_tokens=_VISIBLE,
    ),
    "function_modifiers": KindRule(modifier_tokens=("const", "async", "unsafe", "default", "extern_modifier")),
    "extern_modifier": _SKIP,
    "closure_expression": KindRule(
        role=Role.DEFINITION,
        kind="function",
        opens="function",
        fields={
            "parameters": FieldUse.PARAMETERS,
            "return_type": FieldUse.RETURNS,
            "body": FieldUse.BODY,
        },
        complexity_outward=True,
        lexical_receiver=True,
        takes_name=True,
    ),
    "parameters": _SAME,
    "closure_parameters": _SAME,
    "parameter": KindRule(
        fields={"pattern": FieldUse.SAME, "type": FieldUse.TYPE, "@mutable_specifier": FieldUse.SKIP},
        modifier_tokens=("mutable_specifier",),
    ),
    "self_parameter": KindRule(
        fields={"@self": FieldUse.SAME, "*": FieldUse.SKIP},
        modifiers=("receiver",),
        modifier_tokens=("mutable_specifier",),
    ),
    # macros
    "macro_definition": KindRule(
        role=Role.DEFINITION,
        kind="macro",
        fields={"name": FieldUse.NAME, "@macro_rule#0": FieldUse.BODY, "@macro_rule": FieldUse.SKIP},
        binds=False,
    ),
    "macro_rule": _SKIP,
    "macro_invocation": KindRule(
        role=Role.CALL,
        fields={"macro": FieldUse.CALLEE, "@token_tree": FieldUse.ARGUMENTS},
        callee_suffix="!",
    ),
    "token_tree": KindRule(
        opens="tokens",
        fields={"@token_tree": FieldUse.EXPRESSION, "*": FieldUse.SKIP},
        complexity=1,
        complexity_operators=("if", "for", "while", "where", "&&", "||", "?"),
    ),
    # names that get bound
    "const_item": KindRule(
        role=Role.DEFINITION,
        kind="constant",
        fields={"name": FieldUse.NAME, "type": FieldUse.TYPE, "value": FieldUse.BODY},
        modifier_tokens=_VISIBLE,
    ),
    "static_item": KindRule(
        role=Role.DEFINITION,
        kind="variable",
        fields={
            "name": FieldUse.NAME,
            "type": FieldUse.TYPE,
            "value": FieldUse.BODY,
            "@mutable_specifier": FieldUse.SKIP,
        },
        modifiers=("static",),
        modifier_tokens=("visibility_modifier", "mutable_specifier"),
    ),
    "let_declaration": KindRule(
        role=Role.BINDER,
        rows=False,
        fields={"pattern": FieldUse.BIND, "type": FieldUse.TYPE, "value": FieldUse.VALUE},
        late=True,
        complexity=1,
        complexity_operators=("else",),
    ),
    "let_condition": KindRule(
        role=Role.BINDER, rows=False, fields={"pattern": FieldUse.BIND, "value": FieldUse.EXPRESSION}, late=True
    ),
    "for_expression": KindRule(
        role=Role.BINDER, opens="block", rows=False, fields={"pattern": FieldUse.BIND}, complexity=1
    ),
    "match_arm": KindRule(role=Role.BINDER, opens="block", rows=False, fields={"pattern": FieldUse.BIND}, complexity=1),
    "match_pattern": KindRule(
        fields={"condition": FieldUse.EXPRESSION, "*": FieldUse.SAME}, complexity=1, complexity_operators=("if",)
    ),
    "tuple_struct_pattern": KindRule(fields={"type": FieldUse.EXPRESSION, "*": FieldUse.SAME}),
    "struct_pattern": KindRule(fields={"type": FieldUse.EXPRESSION, "*": FieldUse.SAME}),
    "field_pattern": KindRule(
        fields={"@field_identifier": FieldUse.SKIP, "@mutable_specifier": FieldUse.SKIP, "*": FieldUse.SAME}
    ),
    "tuple_pattern": _SAME,
    "slice_pattern": _SAME,
    "or_pattern": _SAME,
    "ref_pattern": _SAME,
    "mut_pattern": _SAME,
    "reference_pattern": _SAME,
    "captured_pattern": _SAME,
    # scopes
    "block": _BLOCK,
    "if_expression": KindRule(role=Role.SCOPE, opens="block", complexity=1),
    "while_expression": KindRule(role=Role.SCOPE, opens="block", complexity=1),
    "match_block": KindRule(role=Role.SCOPE, opens="block", complexity=-1),  # its first arm is no decision
    "where_clause": KindRule(complexity=1),
    # names in types and expressions
    "identifier": KindRule(role=Role.IDENTIFIER),
    "type_identifier": KindRule(role=Role.IDENTIFIER, opens="type"),
    "shorthand_field_identifier": KindRule(role=Role.IDENTIFIER),
    "crate": KindRule(role=Role.IDENTIFIER, opens="type"),
    "super": KindRule(role=Role.IDENTIFIER, opens="type"),
    "self": KindRule(role=Role.RECEIVER, kind="parameter"),
    "scoped_identifier": _PATH,
    "scoped_type_identifier": _PATH,
    "field_expression": KindRule(role=Role.MEMBER, fields={"value": FieldUse.OBJECT, "field": FieldUse.PROPERTY}),
    "generic_type": KindRule(fields={"type": FieldUse.SAME}),
    "generic_function": KindRule(fields={"function": FieldUse.CALLEE}),
    "bracketed_type": _SAME,
    "qualified_type": KindRule(fields={"alias": FieldUse.SAME}),
    "reference_type": _INNER_TYPE,
    "pointer_type": _INNER_TYPE,
    "dynamic_type": KindRule(fields={"trait": FieldUse.TYPE}),
    "trait_bounds": _SAME,
    "higher_ranked_trait_bound": KindRule(fields={"type": FieldUse.SAME, "type_parameters": FieldUse.SKIP}),
    "removed_trait_bound": KindRule(fields={"*": FieldUse.EXPRESSION}),
    "type_binding": KindRule(fields={"name": FieldUse.SKIP}),
    "for_lifetimes": _SKIP,
    "lifetime": _SKIP,
    "label": _SKIP,
    "parenthesized_expression": _SAME,
    "await_expression": _SAME,
    "try_expression": KindRule(complexity=1),
    "binary_expression": KindRule(complexity=1, complexity_operators=("&&", "||")),
    "let_chain": KindRule(complexity=1, complexity_operators=("&&",)),
    "field_initializer": KindRule(fields={"field": FieldUse.SKIP}),
    "call_expression": KindRule(role=Role.CALL, fields={"function": FieldUse.CALLEE, "arguments": FieldUse.ARGUMENTS}),
    "arguments": KindRule(role=Role.ARGUMENTS, fields={"*": FieldUse.SAME}),
    "string_literal": KindRule(role=Role.STRING),
    "raw_string_literal": KindRule(role=Role.STRING),
}

PACK: Final = LanguagePack(
    name="rust",
    version="1",
    extensions=(".rs",),
    grammar=Grammar(module="tree_sitter_rust"),
    kinds=KINDS,
    fqn=FqnRules(folder_names=("mod", "lib", "main")),
    visibility=VisibilityRules(style="pub", default="private"),
    tests=TestRules(
        files=("*/tests/*", "*/tests.rs", "*_test.rs", "*_tests.rs"),
        whole_file=True,
        decorators=("test", "bench", "rstest", "test_case", "quickcheck", "wasm_bindgen_test"),
        scopes=("cfg(test)", "cfg(all(test,*"),
    ),
    imports=ImportRules(style="cargo", extensions=(".rs",), index_names=("mod",), config_files=("Cargo.toml",)),
    docstring="doc-comments",
    decorator_modifiers={"macro_export": "pub"},
    builtins=_BUILTINS,
    builtins_module="std.prelude",
    package_scope=True,
    blank="_",
    self_type="Self",
    capital_patterns=True,
)


class RustLanguage:
    """The plugin that brings Rust."""

    @hookimpl
    def codegraph_plugin_info(self) -> PluginInfo:
        """Name the plugin."""
        return PluginInfo(name="language-rust", version="0.1.0", summary="Rust language pack")

    @hookimpl
    def codegraph_languages(self) -> list[LanguagePack]:
        """Give the pack."""
        return [PACK]


plugin = RustLanguage()
