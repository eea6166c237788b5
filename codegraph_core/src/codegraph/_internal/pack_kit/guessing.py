"""Best guesses of a kind table: grammars name alike what means alike, and fields say which child is what.

Each guess is one function that looks at a kind's name and fields. The first that answers decides. What is guessed is
marked for review in the written table; what nothing answers has no rule, so it is an expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from codegraph._internal.pack_kit.grammar import Vocabulary
from codegraph_hookspecs import FieldUse, KindRule, Role

SECTIONS: Final = ("the file", "types", "functions", "names that get bound", "scopes", "expressions", "decisions")

_DECLARED: Final = r"(_(declaration|definition|specifier|item|statement|spec|def|decl|signature))?"
_TYPES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "class": ("class", ()),
    "object": ("class", ("object",)),
    "record": ("class", ("record",)),
    "actor": ("class", ("actor",)),
    "contract": ("class", ("contract",)),
    "library": ("class", ("library",)),
    "struct": ("struct", ()),
    "union": ("struct", ("union",)),
    "enum": ("enum", ()),
    "interface": ("interface", ()),
    "protocol": ("interface", ("protocol",)),
    "trait": ("trait", ()),
    "mixin": ("trait", ("mixin",)),
    "module": ("namespace", ()),
    "namespace": ("namespace", ()),
}
_FUNCTIONS: Final = re.compile(
    rf"(?:singleton_|class_|instance_|local_|generator_)?(?P<word>function|method|constructor|destructor|procedure|subroutine|func|fun|fn|init|sub)"
    rf"{_DECLARED}$"
)
_ANONYMOUS: Final = re.compile(
    r"(lambda|closure|anonymous_function|anonymous_method|arrow_function|function|fun|func|lambda_literal)(_(expression|literal|definition|creation_expression))?$"
)
_NAME: Final = ("name", "declarator", "identifier")
_BODY: Final = ("body", "block", "members")
_PARAMETERS: Final = ("parameters", "parameter_list", "params", "class_parameters")
_RETURNS: Final = ("return_type", "returns", "result", "type")
_BASES_FIELD: Final = ("superclass", "superclasses", "extend", "extends", "bases", "parent", "inherits")
_BASES_CHILD: Final = (
    "base_list", "superclass", "class_heritage", "base_class_clause", "extends_clause", "base_clause",
    "inheritance_specifier", "inheritance_specifiers", "superclasses", "type_inheritance_clause",
    "delegation_specifiers",
)  # fmt: skip
_IMPLEMENTS: Final = ("interfaces", "implements", "class_interface_clause", "super_interfaces", "implements_clause")
_MODIFIERS: Final = (
    "modifier", "visibility_modifier", "access_modifier", "visibility", "access_specifier", "storage_class_specifier",
    "abstract_modifier", "final_modifier", "static_modifier", "readonly_modifier", "function_modifier",
    "member_modifier",
)  # fmt: skip
_VALUE: Final = ("value", "right", "initializer", "default_value", "init")
_OBJECT: Final = (
    "object", "receiver", "expression", "value", "operand", "scope", "qualifier", "argument", "table", "path", "target",
    "left", "prefix",
)  # fmt: skip
_PROPERTY: Final = ("property", "field", "attribute", "member", "method", "name", "suffix", "right")
_CALLEE: Final = ("function", "callee", "constructor", "macro", "name", "method", "type", "operator", "target")
_ARGUMENTS: Final = ("arguments", "argument_list", "args")
_ARGUMENT_KINDS: Final = ("argument_list", "arguments", "value_arguments", "call_suffix", "command_argument_list")
_MEMBER: Final = re.compile(
    r".*(member|field|attribute|property|selector|navigation|dot_index|dot)(_(access|expression|selector))+$|attribute$|"
    r"(scope|scoped|qualified)_(resolution|identifier|name|type_identifier)$|scope_resolution$|field_access$"
)
_CALL: Final = re.compile(
    r"call$|.*(^|_)(call|invocation)(_expression)?$|(implicit_)?object_creation(_expression)?$|new_expression$|"
    r"instance_expression$|command_call$|command$"
)
_IMPORT: Final = re.compile(
    r"(?:preproc_|namespace_)?(import|use|include|require|open)(_(declaration|statement|directive|header|spec))?$|"
    r"using(_(directive|declaration))?$"
)
_BINDING: Final = re.compile(
    r"(variable_declarator|init_declarator|let_declaration|let_binding|let_statement|val_definition|var_definition|"
    r"const_item|static_item|property_declaration|property_definition|field_declaration|const_declaration|"
    r"constant_declaration|const_element|property_element|variable_definition|value_definition|short_var_declaration)$"
)
_ASSIGNMENT: Final = re.compile(r"(assignment|assignment_expression|assignment_statement|variable_assignment)$")
_LOOP: Final = re.compile(r"(for|foreach|for_each|for_in|enhanced_for|for_range)(_(statement|expression|loop))?$")
_DECISION: Final = re.compile(
    r"(if|elsif|elif|else_if|elseif|unless|while|until|repeat|loop)(_(statement|expression|clause|modifier|loop))?$|"
    r"(conditional|ternary|conditional_expression|ternary_expression)$|"
    r"(switch_case|case_clause|when|when_entry|match_arm|switch_section|switch_expression_arm)$|do_statement$|"
    r"(catch|catch_clause|rescue|rescue_block|except_clause)$"
)
_LOGICAL: Final = ("&&", "||", "??", "and", "or", "AND", "OR", "andalso", "orelse")


@frozen
class Guess:
    """A rule and why.

    Args:
        kind: The node kind.
        rule: What it seems to mean.
        section: One of `SECTIONS`.
        why: What was looked at, for the reviewer.
    """

    kind: str
    rule: KindRule
    section: str
    why: str


def guess_table(vocabulary: Vocabulary) -> list[Guess]:
    """Return guesses for a grammar's kinds, by section, kinds in alphabetical order within it."""
    found = [
        Guess(vocabulary.root, KindRule(role=Role.DEFINITION, kind="module", opens="namespace"), SECTIONS[0],
              "the node of a whole file")
    ]  # fmt: skip
    for kind in sorted(vocabulary.kinds - {vocabulary.root}):
        guess = next((made for maker in _MAKERS if (made := maker(vocabulary, kind)) is not None), None)
        if guess is not None:
            found.append(guess)
    found += _passing(vocabulary, found)
    return sorted(found, key=lambda guess: (SECTIONS.index(guess.section), guess.kind))


def _fields(vocabulary: Vocabulary, kind: str, wanted: Sequence[tuple[Sequence[str], FieldUse]]) -> dict[str, FieldUse]:
    """Return the first field of each group that the kind has, each field once."""
    found: dict[str, FieldUse] = {}
    for names, use in wanted:
        name = vocabulary.first_field(kind, [name for name in names if name not in found])
        if name is not None:
            found[name] = use
    return found


def _children(vocabulary: Vocabulary, kind: str, names: Sequence[str], use: FieldUse) -> dict[str, FieldUse]:
    return {f"@{name}": use for name in names if vocabulary.has_child(kind, name)}


def _modifier_tokens(vocabulary: Vocabulary, kind: str) -> tuple[str, ...]:
    return tuple(name for name in _MODIFIERS if vocabulary.has_child(kind, name))


def _comment(_vocabulary: Vocabulary, kind: str) -> Guess | None:
    if not re.search(r"(^|_)comment$", kind):
        return None
    return Guess(kind, KindRule(role=Role.COMMENT), "expressions", "its name")


def _string(_vocabulary: Vocabulary, kind: str) -> Guess | None:
    if not re.search(r"(^|_)(string|string_literal|template_string|char_literal|encapsed_string|heredoc_body)$", kind):
        return None
    return Guess(kind, KindRule(role=Role.STRING), "expressions", "its name")


def _keyword(_vocabulary: Vocabulary, kind: str) -> Guess | None:
    if re.fullmatch(r"(this|self)(_expression)?", kind):
        return Guess(kind, KindRule(role=Role.RECEIVER), "expressions", "the keyword for the receiver")
    if re.fullmatch(r"(super|base)(_expression)?", kind):
        return Guess(kind, KindRule(role=Role.SUPER), "expressions", "the keyword for the base class")
    if re.fullmatch(r"yield(_expression|_statement)?", kind):
        return Guess(kind, KindRule(role=Role.YIELD), "expressions", "its name")
    return None


def _identifier(_vocabulary: Vocabulary, kind: str) -> Guess | None:
    if re.fullmatch(r"type_identifier|type_name", kind):
        return Guess(kind, KindRule(role=Role.IDENTIFIER, opens="type"), "expressions", "a name that means a type")
    if re.fullmatch(r"(simple_)?identifier|constant|variable_name|variable|name|word|symbol|sym_lit|value_name", kind):
        return Guess(kind, KindRule(role=Role.IDENTIFIER), "expressions", "a name")
    return None


def _type(vocabulary: Vocabulary, kind: str) -> Guess | None:
    found = re.fullmatch(rf"({'|'.join(_TYPES)}){_DECLARED}", kind)
    if found is None:
        return None
    fields = _fields(vocabulary, kind, ((_NAME, FieldUse.NAME), (_BODY, FieldUse.BODY), (_BASES_FIELD, FieldUse.BASES)))
    if FieldUse.NAME not in fields.values():
        return None
    fields |= _fields(vocabulary, kind, ((_IMPLEMENTS, FieldUse.IMPLEMENTS),))
    if FieldUse.BASES not in fields.values():
        fields |= _children(vocabulary, kind, _BASES_CHILD, FieldUse.BASES)
    fields |= _children(vocabulary, kind, _IMPLEMENTS, FieldUse.IMPLEMENTS)
    row, modifiers = _TYPES[found[1]]
    rule = KindRule(
        role=Role.DEFINITION,
        kind=row,
        opens="namespace" if row == "namespace" else "type",
        fields=fields,
        modifiers=modifiers,
        modifier_tokens=_modifier_tokens(vocabulary, kind),
    )
    return Guess(kind, rule, "types", "its name and its field for a name")


def _enum_member(vocabulary: Vocabulary, kind: str) -> Guess | None:
    if not re.fullmatch(
        r"enum_(member|constant|variant|entry|case|element|value)(_(declaration|definition))?|enumerator", kind
    ):
        return None
    fields = _fields(vocabulary, kind, ((_NAME, FieldUse.BIND), (_VALUE, FieldUse.VALUE)))
    if FieldUse.BIND not in fields.values():
        return None
    return Guess(kind, KindRule(role=Role.BINDER, kind="enum_member", fields=fields), "types", "its name")


def _function(vocabulary: Vocabulary, kind: str) -> Guess | None:
    found = _FUNCTIONS.fullmatch(kind)
    if found is None and not _ANONYMOUS.fullmatch(kind) and kind not in {"block", "do_block"}:
        return None
    fields = _fields(
        vocabulary,
        kind,
        (
            (_NAME, FieldUse.NAME),
            (_BODY, FieldUse.BODY),
            (_PARAMETERS, FieldUse.PARAMETERS),
            (_RETURNS, FieldUse.RETURNS),
        ),
    )
    told = {FieldUse.BODY, FieldUse.PARAMETERS} & set(fields.values())
    if found is not None and told and FieldUse.NAME in fields.values():
        member = found["word"] in {"method", "constructor", "destructor", "init"}
        rule = KindRule(
            role=Role.DEFINITION,
            kind="function",
            member_kind="method",
            opens="function",
            fields=fields,
            modifiers=(found["word"],) if found["word"] in {"constructor", "destructor"} else (),
            modifier_tokens=_modifier_tokens(vocabulary, kind),
            binds=not member,
        )
        return Guess(kind, rule, "functions", "its name, and its fields for a name and a body or parameters")
    named = FieldUse.NAME in fields.values()
    if (_ANONYMOUS.fullmatch(kind) and told and not named) or (
        kind in {"block", "do_block"} and vocabulary.has_field(kind, "parameters")
    ):
        rule = KindRule(
            role=Role.DEFINITION,
            kind="function",
            opens="function",
            fields=fields,
            takes_name=True,
            lexical_receiver=True,
            binds=False,
        )
        return Guess(kind, rule, "functions", "a function without a name")
    return None


def _parameter(vocabulary: Vocabulary, kind: str) -> Guess | None:
    if re.fullmatch(r"(formal_|function_|method_|block_|lambda_|bracketed_|class_)?(parameters|parameter_list)", kind):
        return Guess(kind, KindRule(fields={"*": FieldUse.SAME}), "functions", "a list of parameters")
    if not re.fullmatch(r"(\w+_)?(parameter|parameter_declaration|param)", kind) or "type_parameter" in kind:
        return None
    fields = _fields(
        vocabulary,
        kind,
        (
            (("name", "pattern", "declarator"), FieldUse.SAME),
            (("type",), FieldUse.TYPE),
            ((*_VALUE, "default"), FieldUse.DEFAULT),
        ),
    )
    if FieldUse.SAME not in fields.values():
        fields["*"] = FieldUse.SAME
    variadic = re.match(r"variadic|rest|splat|spread|hash_splat", kind)
    rule = KindRule(fields=fields, modifiers=("variadic",) if variadic else ())
    return Guess(kind, rule, "functions", "one parameter: names in it are bound")


def _binder(vocabulary: Vocabulary, kind: str) -> Guess | None:
    bound = _BINDING.fullmatch(kind)
    assigned = _ASSIGNMENT.fullmatch(kind)
    if not bound and not assigned:
        return None
    declares = any(_BINDING.fullmatch(other) for other in vocabulary.kinds)
    use = FieldUse.ASSIGN if assigned and declares else FieldUse.BIND
    fields = _fields(
        vocabulary,
        kind,
        ((("left", "pattern", *_NAME, "variable"), use), (_VALUE, FieldUse.VALUE), (("type",), FieldUse.TYPE)),
    )
    if use not in fields.values():
        if not bound or not vocabulary.has_child(kind, "identifier"):
            return None
        fields["@identifier"] = use
    rule = KindRule(
        role=Role.BINDER,
        kind="variable",
        member_kind="property" if "property" in kind else "field",
        fields=fields,
        modifier_tokens=_modifier_tokens(vocabulary, kind),
    )
    why = "an assignment; other kinds declare" if use is FieldUse.ASSIGN else "binds the name in its field"
    return Guess(kind, rule, "names that get bound", why)


def _call(vocabulary: Vocabulary, kind: str) -> Guess | None:
    if not _CALL.fullmatch(kind):
        return None
    fields = _fields(vocabulary, kind, ((("receiver", "object"), FieldUse.OBJECT),))
    if fields:
        fields |= _fields(vocabulary, kind, ((("method", "name"), FieldUse.PROPERTY),))
    if FieldUse.PROPERTY not in fields.values():
        fields = _fields(vocabulary, kind, ((_CALLEE, FieldUse.CALLEE),))
    if not fields:
        return None
    fields |= _fields(vocabulary, kind, ((_ARGUMENTS, FieldUse.ARGUMENTS),))
    if FieldUse.ARGUMENTS not in fields.values():
        fields |= _children(vocabulary, kind, _ARGUMENT_KINDS, FieldUse.ARGUMENTS)
    makes = "type" if re.search(r"creation|new_|instance", kind) else ""
    return Guess(kind, KindRule(role=Role.CALL, opens=makes, fields=fields), "expressions", "its name and fields")


def _arguments(_vocabulary: Vocabulary, kind: str) -> Guess | None:
    if kind not in _ARGUMENT_KINDS:
        return None
    return Guess(kind, KindRule(role=Role.ARGUMENTS), "expressions", "a list of arguments")


def _member(vocabulary: Vocabulary, kind: str) -> Guess | None:
    if not _MEMBER.fullmatch(kind):
        return None
    fields = _fields(vocabulary, kind, ((_OBJECT, FieldUse.OBJECT), (_PROPERTY, FieldUse.PROPERTY)))
    if set(fields.values()) != {FieldUse.OBJECT, FieldUse.PROPERTY}:
        return None
    return Guess(kind, KindRule(role=Role.MEMBER, fields=fields), "expressions", "its name and two fields")


def _import(vocabulary: Vocabulary, kind: str) -> Guess | None:
    if not _IMPORT.fullmatch(kind):
        return None
    fields = _fields(
        vocabulary,
        kind,
        (
            (("source", "path", "module", "module_name", "argument", "name"), FieldUse.MODULE),
            (("alias",), FieldUse.ALIAS),
        ),
    )
    if FieldUse.MODULE not in fields.values():
        fields = {"#-1": FieldUse.MODULE}
    return Guess(
        kind,
        KindRule(role=Role.IMPORT, import_form="module", fields=fields),
        "the file",
        "its name; the form is the plain one",
    )


def _package(vocabulary: Vocabulary, kind: str) -> Guess | None:
    if not re.fullmatch(r"package_(declaration|clause|header)|file_scoped_namespace_declaration", kind):
        return None
    fields = _fields(vocabulary, kind, ((("name",), FieldUse.NAME),)) or {"#0": FieldUse.NAME}
    return Guess(kind, KindRule(role=Role.PACKAGE, import_form="package", fields=fields), "the file", "its name")


def _decorator(_vocabulary: Vocabulary, kind: str) -> Guess | None:
    if not re.fullmatch(r"decorator|(marker_|single_|multi_)?annotation", kind):
        return None
    return Guess(kind, KindRule(role=Role.DECORATOR), "types", "its name")


def _decision(vocabulary: Vocabulary, kind: str) -> Guess | None:
    if _LOOP.fullmatch(kind):
        fields = _fields(vocabulary, kind, ((("left", "pattern", "name", "variable", "item"), FieldUse.BIND),))
        rule = KindRule(role=Role.BINDER, opens="block", rows=False, fields=fields, complexity=1)
        if not fields:
            rule = KindRule(role=Role.SCOPE, opens="block", complexity=1)
        return Guess(kind, rule, "decisions", "a loop: one decision, and a scope for its variable")
    if _DECISION.fullmatch(kind):
        return Guess(kind, KindRule(complexity=1), "decisions", "one decision")
    if re.fullmatch(r"binary(_expression|_operator)?|infix_expression|logical_expression|boolean_operator", kind):
        operators = tuple(token for token in _LOGICAL if vocabulary.has_token(kind, token))
        if operators:
            rule = KindRule(complexity=1, complexity_operators=operators)
            return Guess(kind, rule, "decisions", "a decision where it is one of these operators")
    return None


def _scope(_vocabulary: Vocabulary, kind: str) -> Guess | None:
    if not re.fullmatch(r"block|statement_block|compound_statement|block_statement|statements_block|begin_block", kind):
        return None
    return Guess(kind, KindRule(role=Role.SCOPE, opens="block"), "scopes", "its name")


def _transparent(_vocabulary: Vocabulary, kind: str) -> Guess | None:
    if kind not in {"parenthesized_expression", "parenthesized_statements"}:
        return None
    return Guess(kind, KindRule(fields={"*": FieldUse.SAME}), "expressions", "looked through")


def _passing(vocabulary: Vocabulary, found: Sequence[Guess]) -> Iterator[Guess]:
    """Yield rules for the kinds in which bases and interfaces are listed: they are read as the node around is."""
    named = {guess.kind for guess in found}
    used = {
        name[1:]
        for guess in found
        for name, use in guess.rule.fields.items()
        if name[0] == "@" and use in {FieldUse.BASES, FieldUse.IMPLEMENTS}
    }
    lists = {kind for kind in vocabulary.kinds if kind in _BASES_CHILD or kind in _IMPLEMENTS or kind == "type_list"}
    for kind in sorted((used | lists) - named):
        yield Guess(kind, KindRule(fields={"*": FieldUse.SAME}), "types", "a list of bases")


_Maker = Callable[[Vocabulary, str], Guess | None]
_MAKERS: Final[tuple[_Maker, ...]] = (
    _comment, _string, _keyword, _parameter, _package, _import, _enum_member, _type, _function, _decorator, _arguments,
    _call, _member, _binder, _decision, _scope, _transparent, _identifier,
)  # fmt: skip
