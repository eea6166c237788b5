"""Language packs: a grammar and a kind table, read by every engine.

A *kind table* maps a grammar's node kinds to what they mean (`KindRule`). Both the native and the
reference engine interpret the same table, so a third party's language runs at native speed without a
line of Rust. `docs/reference/kind-tables.md` explains every role with examples.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal

from attrs import asdict, field, frozen


def _names(values: Iterable[str]) -> frozenset[str]:
    return frozenset(values)


class Role(StrEnum):
    """What a node kind means to the walker."""

    NONE = "none"  # nothing of its own; use it to add `complexity` or `fields`
    DEFINITION = "definition"  # names something: function, class, interface, enum …
    BINDER = "binder"  # binds the names in its `bind` fields: assignment, for, with, catch …
    IDENTIFIER = "identifier"  # a leaf that refers to a name, or binds it where names are bound
    DOTTED = "dotted"  # identifiers joined by dots in one node; binds when there is only one
    MEMBER = "member"  # `object` and `property`
    CALL = "call"  # `callee` and `arguments`
    ARGUMENTS = "arguments"  # a list of arguments: its named children count for the arity
    IMPORT = "import"  # see `import_form`
    EXPORT = "export"  # a WRAPPER that also makes `exports` rows; see `import_form`
    DECORATOR = "decorator"  # applies an expression to the definition that follows or encloses it
    WRAPPER = "wrapper"  # surrounds definitions: lends them modifiers, its start and its comment
    SCOPE = "scope"  # opens a lexical scope without defining anything: block, comprehension
    OUTER_NAMES = "outer_names"  # Python's `global` and `nonlocal`
    RECEIVER = "receiver"  # the keyword for the receiver: `this`
    SUPER = "super"  # the keyword for the base class: `super`
    YIELD = "yield"  # makes the enclosing function a generator
    PACKAGE = "package"  # says what the file's definitions are qualified with; see `import_form`
    COMMENT = "comment"  # may document the definition that follows
    STRING = "string"  # a string literal; interpolations below it are walked
    SKIP = "skip"  # neither it nor anything below it is looked at
    EXTENSION = "extension"  # adds members to a type that stands elsewhere: an `impl` block
    ATTRIBUTE = "attribute"  # says something of the definition right after it, unwalked; see `modifiers`
    POSITIONS = "positions"  # its `type` children are members named by position: a tuple struct


class FieldUse(StrEnum):
    """How a child is read. Children that no entry of `KindRule.fields` covers are expressions."""

    EXPRESSION = "expression"  # names are references
    SAME = "same"  # as the node itself is read: a tuple is a pattern where names are bound
    SKIP = "skip"  # not looked at
    NAME = "name"  # the defined name or the key; never a reference
    ROW = "row"  # the child itself is the name of a member (a bare enum member)
    BIND = "bind"  # names are bound
    ASSIGN = "assign"  # assigned, not declared: a name is a reference, a member of the receiver a field
    VALUE = "value"  # the assigned value; an anonymous definition there takes the bound name
    TYPE = "type"  # a type: names are references, the text is the row's annotation
    DEFAULT = "default"  # a parameter's default value: names are references outside the function
    PARAMETERS = "parameters"  # names are bound as parameters
    RETURNS = "returns"  # the return type
    RESULTS = "results"  # the return types; names in a list of them are bound (Go)
    OWNER = "owner"  # names the type that a definition or extension belongs to: a method's receiver
    BODY = "body"  # the definition's body: the signature ends where it starts
    BASES = "bases"  # names are what this type inherits from
    IMPLEMENTS = "implements"  # names are the interfaces this type implements
    OBJECT = "object"  # the receiver of a member access
    KEY = "key"  # a key of a literal: a lone name is none that is in scope here
    PROPERTY = "property"  # the member's name; in a pattern, the key that a name is taken from
    CALLEE = "callee"  # what is called
    ARGUMENTS = "arguments"  # the call's arguments
    COMPONENT = "component"  # a JSX tag: a reference unless it is one lower-case word
    MODULE = "module"  # an import's module specifier
    ALIAS = "alias"  # an import's local name
    EXTENDED = "extended"  # a type: before the name what an extension extends, after it what it returns
    MODIFIERS = "modifiers"  # holds modifiers and decorators of the node around it


@frozen(kw_only=True)
class KindRule:
    """What one node kind of the grammar means.

    Args:
        role: The kind's meaning.
        kind: For definitions and binders: the node kind of the row ("function", "class", "variable" …).
            For a member access: the kind of a function that it names, when not the function's own. For
            the receiver's keyword: "parameter" where it may stand among the parameters.
        member_kind: The node kind when the row's parent is a type; `kind` when empty.
        opens: What a definition, scope or binder opens: "function", "type", "namespace", "block",
            "comprehension" or ""; "object" marks an object literal, "list" a list that stands for its
            only member when it has just one (both sides of Lua's assignments), "group" a wrapper that
            lends nothing where it has parentheses (`const (…)`), "tokens" a macro's arguments: each of
            the tokens in `complexity_operators` counts. On an identifier, "type" says that only a type
            can be meant; on a binder, that the names are types.
        fields: Field name → how its child is read. "@kind" stands for children of that kind without a
            field of their own in this table, "@kind#0" for the first of them; "#0", "#1", "#-1" for the
            first, second and last named child that is no comment, "*" for all other named children.
        complexity: Added to the cyclomatic complexity of the enclosing function; less than 0 takes back the
            first of the branches below, if there is one.
        complexity_operators: If not empty, `complexity` counts once if a child token is one of these.
        complexity_parents: If not empty, `complexity` counts only directly below one of these kinds.
        irrefutable: Texts of the `bind` child for which `complexity` does not count (`_`); "*" is any
            single name.
        complexity_stops: Decisions below it do not count (radon's view of `assert`).
        complexity_outward: A function whose decisions count for the enclosing function too (a lambda).
        modifiers: Modifiers that this kind always has. On an attribute, "inner" says that it belongs to the
            definition around it.
        modifier_tokens: Child tokens, or child kinds (whose text counts), that are modifiers.
        import_form: Named reader of an import or export: "python-import", "python-from", "es-import",
            "es-export", "jvm", "using" (C#: without an alias, all that the module has), "go", "rust-use",
            "rust-crate", or "module" (the `module` and `alias` fields say all). For `PACKAGE`: "package" or
            "facade" (Kotlin's `@file:JvmName`); with a `body` its definitions are the package's, and a second
            one in the file is a definition of `kind`. For a definition: "rust-mod", which imports where it has
            no body.
        hoist: Bound names belong to the enclosing function, not to the nearest block.
        rows: Whether a binder outside functions makes rows (False: for loops, except clauses).
        constant_tokens: Modifiers that make a binder's rows constants (JavaScript's `const`).
        takes_name: An expression that takes the name it is assigned to; its own name binds only inside.
        binds: Whether a definition's name is visible where it stands (False: methods).
        parents: If not empty, a definition or binder makes rows only directly below one of these
            kinds; elsewhere it is a scope (a method signature in a type literal).
        lexical_receiver: A function without a receiver of its own (an arrow function).
        name: Name of a definition that has no name of its own (`constructor`, `Companion`).
        kinds: Kind or token of a child, or text of a modifier in a `MODIFIERS` child → node kind of the
            row; the first child that is there decides.
        embeds: A binder without a name takes its type's, and the type around inherits from that type.
        anonymous: Nothing below it makes rows, but for what functions there contain (a struct type
            without a name).
        named_callee: A call only where the callee is a name (`f[int](x)`; `[]byte(x)` is none).
        callee_suffix: What a call adds to its callee's name, and its callee to the text (a macro's `!`).
        path: A member access whose first name means a module or a type, never a local (`a::b`); there
            the keyword for the receiver is the module itself (`self::f`).
        late: In a function, the names that a binder binds are visible only behind it (Go's `x := f(x)`, Rust's `let`).
    """

    role: Role = Role.NONE
    kind: str = ""
    member_kind: str = ""
    opens: str = ""
    fields: Mapping[str, FieldUse] = field(factory=dict)
    complexity: int = 0
    complexity_operators: tuple[str, ...] = ()
    complexity_parents: tuple[str, ...] = ()
    irrefutable: tuple[str, ...] = ()
    complexity_stops: bool = False
    complexity_outward: bool = False
    modifiers: tuple[str, ...] = ()
    modifier_tokens: tuple[str, ...] = ()
    import_form: str = ""
    hoist: bool = False
    rows: bool = True
    constant_tokens: tuple[str, ...] = ()
    takes_name: bool = False
    binds: bool = True
    parents: tuple[str, ...] = ()
    lexical_receiver: bool = False
    name: str = ""
    kinds: Mapping[str, str] = field(factory=dict)
    embeds: bool = False
    anonymous: bool = False
    named_callee: bool = False
    callee_suffix: str = ""
    path: bool = False
    late: bool = False


@frozen(kw_only=True)
class Grammar:
    """Where a grammar comes from: a wheel's module and the function that returns its capsule.

    Args:
        module: Import name of the wheel, for example `tree_sitter_python`.
        function: Function in it that returns a `tree_sitter.Language` capsule.
    """

    module: str
    function: str = "language"

    def load(self) -> object:
        """Return the grammar's `tree_sitter.Language` capsule.

        Raises:
            ImportError: The wheel is not installed.
            AttributeError: The wheel has no such function.
        """
        return getattr(importlib.import_module(self.module), self.function)()


@frozen(kw_only=True)
class FqnRules:
    """How a file's path becomes its module name: drop the extension, `/` → `.`.

    Args:
        folder_names: File stems that take their folder's name, such as `__init__`, `index`, `mod`; "*"
            is every stem.
        package: The file's `PACKAGE` node qualifies what it defines, not its path (ids keep the path).
        facade: With `package`: functions and variables of the file belong to a class of this suffix
            (Kotlin's `Kt`: `util.kt` has `UtilKt.f`), types to the package itself.
        header: "go": the comments and the `PACKAGE` node at the file's top are read as Go's: the package
            names the module where the folder does not (at the repository's top, `…_test` packages).
    """

    folder_names: tuple[str, ...] = ()
    package: bool = False
    facade: str = ""
    header: str = ""


@frozen(kw_only=True)
class VisibilityRules:
    """How visible a name is outside its scope.

    Args:
        style: "underscore" (Python), "keyword" (modifiers decide), "capital" (Go), or "pub" (Rust: what
            traits, their implementations and enum members have is public).
        default: Visibility where no rule decides: public, protected, internal or private.
        private_prefix: Names that start with it are private (JavaScript's `#`).
        in_interfaces: Instead of `default`: members of interfaces, enum members, parameters and imports.
    """

    style: str = "keyword"
    default: str = "public"
    private_prefix: str = ""
    in_interfaces: str = ""


@frozen(kw_only=True)
class TestRules:
    """What is a test.

    Args:
        files: fnmatch patterns over the repository-relative path; `*` crosses `/`. A path or any
            pattern is also tried with a leading `/`, so that `*/tests/*` matches `tests/a.py`.
        functions: Name prefixes of test functions (in a test file or a test class).
        classes: Name prefixes of test classes (in a test file).
        bases: A class is a test when the last part of a base's name ends with one of these.
        whole_file: Every function, method and class in a test file is a test.
        decorators: A function is a test when the last part of a decorator's name is one of these.
        class_suffixes: Name suffixes of test classes (in a test file).
        scopes: Decorators, without white space, that make a definition and all it contains a test; one
            that ends with "*" is a prefix (`cfg(test)`).
        whole_words: A prefix counts only where no lower-case letter follows it (Go: `TestA`, not `Testify`).
    """

    __test__ = False  # not a test case, whatever pytest thinks of the name

    files: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    whole_file: bool = False
    decorators: tuple[str, ...] = ()
    class_suffixes: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    whole_words: bool = False


@frozen(kw_only=True)
class ImportRules:
    """How a module specifier is found in the repository.

    Args:
        style: "dotted" (Python: `a.b`, leading dots are relative), "path" (JavaScript: `./a/b`),
            "package" (Java, Kotlin: declared packages), "go" (import paths, through `go.mod`), "cargo"
            (Rust: paths of modules, crates through `Cargo.toml`), or "none" (every import is external).
        extensions: For "path": extensions tried in order; for "dotted": the module files' extensions.
        index_names: File stems that stand for their folder.
        config_files: Files that remap specifiers (`tsconfig.json`, `jsconfig.json`).
        calls: Callees that import when their only argument is a string literal (`require`, `import`).
        explicit_exports: Only names in the `exports` table can be imported (ES modules).
        export_list: Variable whose literal list of strings names what a star import takes (`__all__`).
        defaults: For "package": packages whose names every file sees (`java.lang`), first ones first.
        stub_extension: For "dotted": of files that only declare what a source of the same name defines (`.pyi`), or "".
    """

    style: str = "none"
    extensions: tuple[str, ...] = ()
    index_names: tuple[str, ...] = ()
    config_files: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    explicit_exports: bool = False
    export_list: str = ""
    defaults: tuple[str, ...] = ()
    stub_extension: str = ""


@frozen(kw_only=True)
class LanguagePack:
    """One language: how to recognise its files, parse them, and read the tree.

    Args:
        name: Lower-case language name, the value of every row's `language` column.
        version: Of the pack; part of the cache key of every file of this language.
        extensions: With the dot, lower-case; the longest match wins (`.d.ts` before `.ts`).
        filenames: Whole file names that are this language (`SConstruct`).
        shebangs: Interpreter names in a `#!` line.
        grammar: Where the tree-sitter grammar comes from.
        grammars: Other grammars for some extensions (`.tsx`); the kind table must fit each.
        kinds: The kind table: node kind → rule.
        fqn, visibility, tests, imports: See the rule classes.
        docstring: "first-string" (Python), "leading-comment" (`/** */`), "line-comments",
            "adjacent-comments" (Go: with lines of their own, right above, no directives), "doc-comments"
            (Rust: `///` and `/** */` before a definition, `//!` and `/*! */` at the top of its body), or "".
        constants: "upper-case" (by name) or "token" (`constant_tokens`), or "".
        self_parameter: The first parameter of a method is its receiver (Python).
        super_call: Name whose call stands for the base class (Python's `super`); see `Role.SUPER`.
        members_bind: Names defined in a type's body are visible to code directly in that body.
        decorator_modifiers: Last part of a decorator's name → modifier it means.
        property_modifiers: Decorators (last part) or modifiers that make a method a property.
        enum_bases: Last parts of base names that make a class an enum.
        builtins: Names that are always bound.
        builtins_module: Module that builtins live in, for the `fqn` of external nodes; may be empty.
        constructor: Name of the method that an instantiation runs, or "".
        free_names: Every name that no local binds is a use whose meaning the link stage looks up, in the
            types around first (Java, Kotlin); the file's own scopes bind locals only.
        local_callables: A local value hides a function of its name where it is called (not in Java).
        package_scope: Names that a file does not bind may be bound by other files of its package: uses of
            them have rows.
        blank: A name that binds nothing (`_`), or "".
        self_type: A name for the type around, in its body and extensions (`Self`), or "". The functions of
            a type then see the names that its own scope binds: its parameters.
        capital_patterns: A name in a pattern that begins with a capital letter is a reference (`None`).
        terminator: One character that the grammar, but not the language, wants before a `}` which closes what stands
            in its line (Kotlin's wants `;` in `class A { val b = 1 }`), or "". A file with syntax errors is parsed
            again with it instead of the blanks there; the tree with fewer errors counts. For languages whose comments
            and texts are those of C's family.
        misread: "typescript" for a grammar that misreads TypeScript as tree-sitter's does, or "". A file with syntax
            errors is parsed again as it would have to be written; the tree with fewer errors counts. Plugin API 1.5.
    """

    name: str
    version: str
    extensions: tuple[str, ...]
    grammar: Grammar
    kinds: Mapping[str, KindRule]
    grammars: Mapping[str, Grammar] = field(factory=dict)
    filenames: tuple[str, ...] = ()
    shebangs: tuple[str, ...] = ()
    fqn: FqnRules = FqnRules()
    visibility: VisibilityRules = VisibilityRules()
    tests: TestRules = TestRules()
    imports: ImportRules = ImportRules()
    docstring: str = ""
    constants: str = ""
    self_parameter: bool = False
    super_call: str = ""
    members_bind: bool = False
    decorator_modifiers: Mapping[str, str] = field(factory=dict)
    property_modifiers: tuple[str, ...] = ()
    enum_bases: tuple[str, ...] = ()
    builtins: frozenset[str] = field(default=frozenset(), converter=_names)
    builtins_module: str = ""
    constructor: str = ""
    free_names: bool = False
    local_callables: bool = True
    package_scope: bool = False
    blank: str = ""
    self_type: str = ""
    capital_patterns: bool = False
    terminator: str = ""
    misread: Literal["", "typescript"] = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the pack as JSON-ready values, keys and sets sorted: what native engines compile."""
        values = asdict(self)
        values["builtins"] = sorted(self.builtins)
        values["kinds"] = {kind: values["kinds"][kind] for kind in sorted(self.kinds)}
        return values


@frozen(kw_only=True)
class ModuleName:
    """Names derived from a file's path alone.

    Args:
        fqn: Dotted module name.
        suffix: What the dotted name leaves out of the path; `fqn + "@" + suffix` is the module's id,
            and no two paths give the same pair.
        package_id: Id of the package node of the folder, or None at the root.
    """

    fqn: str
    suffix: str
    package_id: str | None


def package_id(folder: str) -> str | None:
    """Return the id of the package node of a folder.

    Args:
        folder: Repository-relative path with `/`, without a trailing one; "" is the root.
    """
    if not folder:
        return None
    return f"{folder.replace('/', '.')}@{_dotted_tail(folder.split('/'))}/"


def module_name(path: str, pack: LanguagePack) -> ModuleName:
    """Derive a file's module name and id suffix from its path.

    Args:
        path: Repository-relative path with `/`.
        pack: The file's language.
    """
    folder, _, filename = path.rpartition("/")
    dotted, tail, package = _folder(folder)
    lowered = filename.lower()
    extension = ""
    for each in pack.extensions:
        if lowered.endswith(each) and len(extension) < len(each) < len(filename):
            extension = each
    stem = filename[: len(filename) - len(extension)]
    suffix = filename[len(stem) :].removeprefix(".")
    if folder and (stem in pack.fqn.folder_names or "*" in pack.fqn.folder_names):
        fqn, suffix = dotted, f"{stem}.{suffix}" if suffix else stem
    else:
        if "." in stem:
            suffix = filename
        fqn = f"{dotted}.{stem}" if folder else stem
    if tail:
        suffix = f"{tail}/{suffix}"
    return ModuleName(fqn=fqn, suffix=suffix, package_id=package)


@lru_cache(maxsize=1024)
def _folder(folder: str) -> tuple[str, str, str | None]:
    """Return a folder's dotted name, its tail with a dot, and its package's id; a folder's files come one by one."""
    return folder.replace("/", "."), _dotted_tail(folder.split("/")), package_id(folder)


def _dotted_tail(segments: list[str]) -> str:
    """Return the path from the first segment that has a dot: there `/` → `.` loses information."""
    for position, segment in enumerate(segments):
        if "." in segment:
            return "/".join(segments[position:])
    return ""
