"""Language packs: a grammar and a kind table, read by every engine.

A *kind table* maps a grammar's node kinds to what they mean (`KindRule`). Both the native and the
reference engine interpret the same table, so a third party's language runs at native speed without a
line of Rust. `docs/reference/kind-tables.md` explains every role with examples.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import asdict, field, frozen


class Role(StrEnum):
    """What a node kind means to the walker."""

    NONE = "none"  # nothing of its own: children are expressions (use it to add `complexity` or `fields`)
    DEFINITION = "definition"  # names something: function, class, interface, enum …
    BINDER = "binder"  # binds the names in its `bind` fields: assignment, for, with, catch …
    PATTERN = "pattern"  # may stand in a `bind` field; its own `bind` fields (or all children) bind
    IDENTIFIER = "identifier"  # a leaf that refers to a name, or binds it inside a `bind` field
    MEMBER = "member"  # object + property
    CALL = "call"  # callee + arguments
    IMPORT = "import"  # see `import_form`
    EXPORT = "export"  # see `import_form`
    DECORATOR = "decorator"  # applies an expression to the definition that follows or encloses it
    WRAPPER = "wrapper"  # surrounds a definition: lends it modifiers, its comment and its whole text
    SCOPE = "scope"  # opens a lexical scope without defining anything: block, comprehension
    OUTER_NAMES = "outer_names"  # Python's `global` and `nonlocal`
    RECEIVER = "receiver"  # `this`, `self` as a keyword; `super`
    YIELD = "yield"  # makes the enclosing function a generator
    SKIP = "skip"  # neither it nor anything below it is looked at: comments, punctuation-only nodes
    STRING = "string"  # a string literal; children are walked (interpolations)


class FieldUse(StrEnum):
    """How the child in one of a node's fields is read; fields that are not listed are expressions."""

    NAME = "name"  # the defined name, or a property name: never a reference
    BIND = "bind"  # names in it are bound
    PARAMETERS = "parameters"  # names in it are bound as parameters of this definition
    BODY = "body"  # the definition's body: the signature ends where it starts
    VALUE = "value"  # the assigned value; lends its name to an anonymous definition
    TYPE = "type"  # a type: its names are references
    RETURNS = "returns"  # the return type
    DEFAULT = "default"  # a parameter's default value
    BASES = "bases"  # names in it are what this type inherits from
    IMPLEMENTS = "implements"  # names in it are the interfaces this type implements
    OBJECT = "object"  # the receiver of a member access
    PROPERTY = "property"  # the member's name
    CALLEE = "callee"  # what is called
    ARGUMENTS = "arguments"  # the call's arguments
    MODULE = "module"  # an import's module specifier
    ALIAS = "alias"  # an import's local name
    SKIP = "skip"


@frozen(kw_only=True)
class KindRule:
    """What one node kind of the grammar means.

    Args:
        role: The kind's meaning.
        kind: For definitions and binders: the node kind of the row ("function", "class", "variable" …).
        member_kind: The node kind when the row's parent is a type; `kind` when empty.
        opens: Scope that a definition or scope opens: "function", "type", "namespace", "block" or "".
        fields: Field name → how its child is read. Child *kinds* without a field are written "@kind".
        complexity: Added to the cyclomatic complexity of the enclosing function.
        complexity_operators: If not empty, `complexity` counts only when a child token is one of these.
        complexity_parents: If not empty, `complexity` counts only below one of these parent kinds.
        modifiers: Modifiers that this kind always has.
        modifier_tokens: Child tokens (anonymous) or child kinds (their text) that are modifiers.
        import_form: Named reader of an import or export: "python-import", "python-from", "es-import",
            "es-export", or "module" (the `module` and `alias` fields say all).
        hoist: A binder whose names belong to the enclosing function, not to the nearest block.
        rows: Whether a binder at module or type level makes rows (False: for loops, except clauses).
        constant_tokens: Child tokens that make a binder's rows constants (JavaScript's `const`).
        name_text: Fixed name for a definition without a name field (a constructor, an index signature).
    """

    role: Role = Role.NONE
    kind: str = ""
    member_kind: str = ""
    opens: str = ""
    fields: Mapping[str, FieldUse] = field(factory=dict)
    complexity: int = 0
    complexity_operators: tuple[str, ...] = ()
    complexity_parents: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    modifier_tokens: tuple[str, ...] = ()
    import_form: str = ""
    hoist: bool = False
    rows: bool = True
    constant_tokens: tuple[str, ...] = ()
    name_text: str = ""


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
        folder_names: File stems that take their folder's name, such as `__init__`, `index`, `mod`.
    """

    folder_names: tuple[str, ...] = ()


@frozen(kw_only=True)
class VisibilityRules:
    """How visible a name is outside its scope.

    Args:
        style: "underscore" (Python), "keyword" (modifiers decide), or "capital" (Go).
        default: Visibility where no rule decides: public, protected, internal or private.
        private_prefix: Names that start with it are private (JavaScript's `#`).
    """

    style: str = "keyword"
    default: str = "public"
    private_prefix: str = ""


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
    """

    __test__ = False  # not a test case, whatever pytest thinks of the name

    files: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    whole_file: bool = False


@frozen(kw_only=True)
class ImportRules:
    """How a module specifier is found in the repository.

    Args:
        style: "dotted" (Python: `a.b`, leading dots are relative), "path" (JavaScript: `./a/b`), or
            "none" (every import is external).
        extensions: For "path": extensions tried in order; for "dotted": the module files' extensions.
        index_names: File stems that stand for their folder.
        config_files: Files that remap specifiers (`tsconfig.json`, `jsconfig.json`).
        calls: Callees that import when their only argument is a string literal (`require`, `import`).
        explicit_exports: Only names in the `exports` table can be imported (ES modules).
    """

    style: str = "none"
    extensions: tuple[str, ...] = ()
    index_names: tuple[str, ...] = ()
    config_files: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    explicit_exports: bool = False


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
        kinds: The kind table: node kind → rule.
        fqn, visibility, tests, imports: See the rule classes.
        docstring: "first-string" (Python), "leading-comment" (`/** */`), "line-comments", or "".
        constants: "upper-case" (by name) or "token" (`constant_tokens`), or "".
        self_parameter: The first parameter of a method is its receiver (Python).
        self_names: Receiver keywords (`this`); see `Role.RECEIVER`.
        super_names: Names that stand for the base class (`super`).
        members_bind: Names defined in a type's body are visible to code directly in that body.
        nested_complexity: A function's complexity includes that of functions nested in it (radon).
        decorator_modifiers: Last part of a decorator's name → modifier it means.
        property_decorators: Decorators (last part) that make a method a property.
        enum_bases: Last parts of base names that make a class an enum.
        builtins: Names that are always bound.
        builtins_module: Module that builtins live in, for the `fqn` of external nodes; may be empty.
        constructor: Name of the method that an instantiation runs, or "".
    """

    name: str
    version: str
    extensions: tuple[str, ...]
    grammar: Grammar
    kinds: Mapping[str, KindRule]
    filenames: tuple[str, ...] = ()
    shebangs: tuple[str, ...] = ()
    fqn: FqnRules = FqnRules()
    visibility: VisibilityRules = VisibilityRules()
    tests: TestRules = TestRules()
    imports: ImportRules = ImportRules()
    docstring: str = ""
    constants: str = ""
    self_parameter: bool = False
    self_names: tuple[str, ...] = ()
    super_names: tuple[str, ...] = ()
    members_bind: bool = False
    nested_complexity: bool = False
    decorator_modifiers: Mapping[str, str] = field(factory=dict)
    property_decorators: tuple[str, ...] = ()
    enum_bases: tuple[str, ...] = ()
    builtins: frozenset[str] = field(default=frozenset(), converter=frozenset)
    builtins_module: str = ""
    constructor: str = ""

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
    segments = folder.split("/") if folder else []
    lowered = filename.lower()
    extension = max((e for e in pack.extensions if lowered.endswith(e) and len(e) < len(filename)), key=len, default="")
    stem = filename[: len(filename) - len(extension)]
    suffix = filename[len(stem) :].removeprefix(".")
    tail = _dotted_tail(segments)
    if stem in pack.fqn.folder_names and segments:
        suffix = f"{stem}.{suffix}" if suffix else stem
    else:
        if "." in stem:
            suffix = filename
        segments = [*segments, stem]
    if tail:
        suffix = f"{tail}/{suffix}"
    return ModuleName(fqn=".".join(segments), suffix=suffix, package_id=package_id(folder))


def _dotted_tail(segments: list[str]) -> str:
    """Return the path from the first segment that has a dot: there `/` → `.` loses information."""
    for position, segment in enumerate(segments):
        if "." in segment:
            return "/".join(segments[position:])
    return ""
