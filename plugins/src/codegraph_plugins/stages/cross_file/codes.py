"""Numbers and names that both link engines share: kinds, resolvers, confidences, reasons.

The native twin (crate `codegraph-link`) repeats these tables; the parity tests compare the results.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import numpy.typing as npt

from codegraph_hookspecs import NODE_KINDS

KIND: Final = {kind: code for code, kind in enumerate(NODE_KINDS)}
"""Code of each node kind; kinds of later contract versions count as `OTHER`."""
OTHER: Final = len(NODE_KINDS)

FUNCTION: Final = KIND["function"]
CLASS: Final = KIND["class"]
STRUCT: Final = KIND["struct"]
FIELD: Final = KIND["field"]
METHOD: Final = KIND["method"]
VARIABLE: Final = KIND["variable"]
IMPORT: Final = KIND["import"]
MODULE: Final = KIND["module"]
PACKAGE: Final = KIND["package"]
PARAMETER: Final = KIND["parameter"]
NAMESPACE: Final = KIND["namespace"]
EXTERNAL: Final = KIND["external"]

INSTANTIABLE: Final = frozenset(KIND[kind] for kind in ("class", "struct", "enum"))
"""Kinds whose call makes an instance."""
TYPES: Final = INSTANTIABLE | {KIND["interface"], KIND["trait"]}
"""Kinds whose members are looked up along their bases."""
HOLDERS: Final = TYPES | {KIND["type_alias"]}
"""Kinds that have members: Go declares methods of any type that has a name."""
MEMBERED: Final = frozenset(KIND[kind] for kind in ("function", "variable", "constant", "field"))
"""Kinds of values that may have members of their own: JavaScript's functions and objects."""
MEMBERS_OF_VALUES: Final = frozenset(KIND[kind] for kind in ("method", "property", "field"))
OVERRIDABLE: Final = (KIND["method"], KIND["property"])
IS_OVERRIDABLE: Final = np.isin(np.arange(OTHER + 1), OVERRIDABLE)
"""The same by kind."""
CALLABLE: Final = frozenset(KIND[kind] for kind in ("function", "method", "macro"))
UNCALLABLE: Final = frozenset(
    KIND[kind] for kind in ("module", "package", "namespace", "interface", "trait", "type_alias", "import", "call")
)
"""Kinds that a call cannot mean; what is left (variables, fields, parameters …) holds an unknown value."""
TYPE_SPACE: Final = frozenset(KIND[kind] for kind in ("interface", "type_alias", "namespace"))
"""Kinds that may share their name with a value in one scope (declaration merging): a call means the value."""
HERITABLE: Final = TYPES | {KIND["type_alias"], EXTERNAL}
"""What a base can be; a base that is anything else (a variable) makes a `references` edge."""


def table_of(kinds: Collection[int]) -> npt.NDArray[np.bool_]:
    """Return whether each kind is one of some; -1, which is no kind, is none of them."""
    return np.isin(np.arange(OTHER + 2), list(kinds))


IS_INSTANTIABLE: Final = table_of(INSTANTIABLE)
IS_CALLED: Final = table_of(CALLABLE | {EXTERNAL})
IS_UNCALLABLE: Final = table_of(UNCALLABLE)
IS_HERITABLE: Final = table_of(HERITABLE)
"""Tables by kind: for a whole column, an index takes a fifth of the time of `np.isin`."""

RANK: Final = tuple(
    2
    if kind in {"function", "class", "method", "import", "struct", "enum", "module", "macro", "property", "trait"}
    else 1
    if kind in {"interface", "namespace", "type_alias"}
    else 0
    for kind in (*NODE_KINDS, "other")
)
"""Which definition of a name wins in one scope: the highest rank, and among equals the last."""

EDGES: Final = (
    "contains", "defines", "imports", "calls", "instantiates", "references", "inherits", "implements", "decorates",
    "overrides",
)  # fmt: skip
(
    E_CONTAINS, E_DEFINES, E_IMPORTS, E_CALLS, E_INSTANTIATES, E_REFERENCES, E_INHERITS, E_IMPLEMENTS, E_DECORATES,
    E_OVERRIDES,
) = range(len(EDGES))  # fmt: skip

RESOLVERS: Final = ("structure", "lexical", "import", "member", "self", "builtin", "stub")
R_STRUCTURE, R_LEXICAL, R_IMPORT, R_MEMBER, R_SELF, R_BUILTIN, R_STUB = range(len(RESOLVERS))

CONFIDENCE: Final = (1.0, 1.0, 0.95, 0.9, 0.9, 0.95, 1.0)
"""Confidence by resolver, where each name on the way has one definition in its scope."""
CONFIDENCE_AMBIGUOUS: Final = (1.0, 0.8, 0.75, 0.7, 0.7, 0.75, 0.8)
"""Confidence by resolver, where some name on the way has several definitions in its scope."""

CONFIDENCE_OUTSIDE: Final = 0.8
"""Confidence of a member that no type of the repository has and that its one base outside must have."""
MEMBERLESS: Final = frozenset(
    {"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol"}
)
"""External bases that are taken to bring no members."""

STATUSES: Final = ("resolved", "external", "unresolved", "dynamic")
S_RESOLVED, S_EXTERNAL, S_UNRESOLVED, S_DYNAMIC = range(len(STATUSES))

REASONS: Final = (
    "",
    "module-not-found",  # an import that names a module of the repository that is not there
    "name-not-found",  # the module has no such name
    "import-cycle",  # names that only import each other
    "unresolved-import",  # the name is bound to an import that could not be resolved
    "dynamic-attribute",  # the module computes attributes (`__getattr__`)
    "star-import",  # the name may come from a star import that leads out of the repository
    "undefined-name",  # nothing binds the name
    "member-not-found",  # neither the type nor any of its bases has the member
    "external-base",  # the member may come from one of several bases outside the repository
    "unresolved-base",  # the member may come from a base that could not be resolved
    "value-member",  # a member of a value whose type is not known here
    "value-call",  # a call of a value: a variable, a field, a parameter
    "not-callable",  # a call of a module, a namespace, an interface
    "implicit-constructor",  # `super(…)` reaches no written constructor
    "not-visible",  # an import of an `internal` package from outside the tree that it is for
)
(
    NO_REASON, MODULE_NOT_FOUND, NAME_NOT_FOUND, IMPORT_CYCLE, UNRESOLVED_IMPORT, DYNAMIC_ATTRIBUTE, STAR_IMPORT,
    UNDEFINED_NAME, MEMBER_NOT_FOUND, EXTERNAL_BASE, UNRESOLVED_BASE, VALUE_MEMBER, VALUE_CALL, NOT_CALLABLE,
    IMPLICIT_CONSTRUCTOR, NOT_VISIBLE,
) = range(len(REASONS))  # fmt: skip

USES: Final = ("call", "reference", "base", "implements", "decorator", "method", "owner", "overrides", "type")
U_CALL, U_REFERENCE, U_BASE, U_IMPLEMENTS, U_DECORATOR, U_METHOD, U_OWNER, U_OVERRIDES, U_TYPE = range(len(USES))
BINDINGS: Final = ("definition", "import", "self", "super", "global", "type")
B_DEFINITION, B_IMPORT, B_SELF, B_SUPER, B_GLOBAL, B_TYPE = range(len(BINDINGS))

MAX_LINEAGE: Final = 256
"""Classes looked at for one inherited member: bounds the work on hostile input."""
MAX_STAR_MODULES: Final = 1_024
"""Modules looked at for one star-imported name."""
MAX_CHAIN: Final = 256
"""Re-exports followed for one imported name."""

SOURCE_FOLDERS: Final = frozenset({"src", "lib", "python"})
"""Folders whose single modules can be imported from outside the folder (elsewhere: only packages)."""
TEST_FOLDERS: Final = frozenset({"test", "tests", "testdata", "fixtures"})
"""Source roots below such a folder are seen only by files below the same folder."""
