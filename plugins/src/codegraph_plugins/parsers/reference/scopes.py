"""Lexical scopes and definition frames: what a name is bound to at a point of a file."""

from __future__ import annotations

from typing import Final

from codegraph_plugins.parsers.reference.compiled import SCOPE_ID

LOCAL: Final = -1
"""Bound, but to nothing that has a row: a local variable or a parameter."""

RANK_LOCAL: Final = 0
RANK_VARIABLE: Final = 1
RANK_DEFINITION: Final = 2

MAX_SCOPE_DEPTH: Final = 200
"""Blocks nested deeper than this share the scope of the last one: a lookup climbs every scope above it, so
that hostile nesting would cost time quadratic in the file's size."""

RECEIVER_INSTANCE: Final = 1
RECEIVER_CLASS: Final = 2

Binding = tuple[int, int, int, int]
"""Rank, node ordinal (or LOCAL), 0 or how it is a method's receiver (then the ordinal is its class's), and the
byte before which it is not visible."""

A_LOCAL: Final[Binding] = (RANK_LOCAL, LOCAL, 0, 0)
"""What is known of most names."""


class Counter:
    """Decisions seen in a function; shared by the scopes of its body."""

    __slots__ = ("decisions", "outward")

    def __init__(self, outward: Counter | None = None) -> None:
        self.decisions = 0
        self.outward = outward


class Frame:
    """A definition that owns others: module, class, function."""

    __slots__ = (
        "calls",
        "class_receiver",
        "counter",
        "extended",
        "foreign",
        "fqn",
        "ids",
        "imports",
        "is_function",
        "is_member",
        "is_test",
        "is_type",
        "kind",
        "lambdas",
        "lexical_receiver",
        "names",
        "node_id",
        "ordinal",
        "owner",
        "parameters",
        "parent",
        "prefix",
        "static",
        "variables",
    )  # fmt: skip

    def __init__(self, ordinal: int, parent: Frame | None, kind: str, fqn: str, ids: str, node_id: str) -> None:
        self.ordinal = ordinal
        self.parent = parent
        self.kind = kind
        self.fqn = fqn
        self.ids = ids
        # ":" ends the module's part: `a.b` in a.py and the module a/b.py have one fqn, not one id.
        self.prefix = f"{ids}:" if parent is None else f"{ids}."
        self.node_id = node_id
        self.names: dict[str, int] = {}
        self.variables: set[str] = set()
        self.is_type = False
        self.is_function = False
        self.is_test = False
        self.static = False
        self.is_member = False
        self.class_receiver = False
        self.extended: str | None = None
        self.lexical_receiver = False
        self.calls = 0
        self.lambdas = 0
        self.imports = 0
        self.parameters = 0
        self.foreign = False  # it stands for a type of another file and has no row of its own
        self.owner: str | None = None  # the name that a foreign frame's type is looked up by
        self.counter = Counter()


class Scope:
    """Names visible at a point; `home` is the nearest scope that is not a block or comprehension."""

    __slots__ = ("_home", "anonymous", "counter", "depth", "frame", "names", "outer", "parent", "typed")

    kind_id = SCOPE_ID  # a scope may lie among the nodes of the walk's stack

    def __init__(self, parent: Scope | None, frame: Frame, counter: Counter) -> None:
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.frame = frame
        self.counter = counter
        self.names: dict[str, Binding] = {}
        self.outer: dict[str, Scope | None] | None = None
        self.typed: dict[str, list[tuple[int, tuple[int, str] | None]]] | None = None  # see `rust_values.py`
        self.anonymous = False
        self._home: Scope | None = None  # not `self`: a cycle would keep every scope until a collection

    @property
    def home(self) -> Scope:
        """The nearest scope that is not a block or comprehension."""
        return self._home if self._home is not None else self

    def block(self) -> Scope:
        """Return a block or comprehension inside this scope, or this one where nesting is too deep."""
        if self.depth >= MAX_SCOPE_DEPTH:
            return self
        inner = Scope(self, self.frame, self.counter)
        inner._home = self.home
        inner.anonymous = self.anonymous
        return inner

    def uncounted(self, counter: Counter) -> Scope:
        """Return this same scope with decisions counted elsewhere."""
        twin = Scope.__new__(Scope)
        twin.parent = self.parent
        twin.depth = self.depth
        twin.frame = self.frame
        twin.counter = counter
        twin.names = self.names
        twin.outer = self.outer
        twin.typed = self.typed
        twin.anonymous = self.anonymous
        twin._home = self._home
        return twin

    def bind(self, name: str, rank: int, ordinal: int, receiver: int = 0, since: int = 0) -> None:
        """Bind a name; definitions win over variables and those over locals, else the last one wins."""
        known = self.names.get(name)
        if known is None:
            self.names[name] = (rank, ordinal, receiver, since)
        elif rank >= known[0]:
            self.names[name] = (rank, ordinal, receiver, known[3])

    def lookup_at(self, name: str, at: int) -> Binding | None:
        """Return what a name is bound to at a byte of the source, from here outwards."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None and found[3] <= at:
                return found
            outer = scope.outer
            scope = scope.parent if outer is None else outer.get(name) or scope.parent
        return None

    def lookup(self, name: str) -> Binding | None:
        """Return what a name is bound to, from here outwards."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            outer = scope.outer
            # A `nonlocal` name has no entry of its own here; a `global` one skips to the module.
            scope = scope.parent if outer is None else outer.get(name) or scope.parent
        return None

    def lookup_type(self, name: str) -> Binding | None:
        """Return what a name is bound to where a type or module is meant: locals are passed over."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None and found[0] != RANK_LOCAL:
                return found
            scope = scope.parent
        return None
