"""What the methods and types of the standard libraries of JavaScript and Rust give, by name."""

from __future__ import annotations

from typing import Final

SAME: Final = frozenset(
    {
        "iter",
        "iter_mut",
        "into_iter",
        "drain",
        "rev",
        "skip",
        "take",
        "chain",
        "cloned",
        "copied",
        "clone",
        "by_ref",
        "to_vec",
        "as_slice",
        "as_ref",
        "as_mut",
        "peekable",
        "step_by",
        "take_while",
        "skip_while",
        "filter",
        "borrow",
        "borrow_mut",
        "as_deref",
        "as_mut_slice",
        "fuse",
        "inspect",
        "map_while",
        "slice",
        "concat",
        "reverse",
        "sort",
        "toSorted",
        "toReversed",
        "splice",
        "fill",
    }
)
ELEMENT: Final = frozenset({"find", "findLast", "pop", "shift", "at"})
REMOVED: Final = frozenset({"remove", "swap_remove"})
PIECES: Final = frozenset({"windows", "chunks", "chunks_mut", "chunks_exact", "split_at"})
FLATTENED: Final = frozenset({"filter_map", "flat_map"})
"""Methods of Rust whose function gives an optional value, or several, for each element."""
MAPPED: Final = frozenset({"map", "flatMap", "flat_map", "filter_map", "and_then", "then"})
ITERATING: Final = frozenset(
    """
    map filter filter_map flat_map for_each fold find find_map position any all take skip step_by chain zip enumerate
    rev peekable skip_while take_while map_while inspect by_ref cloned copied collect last nth max_by_key min_by_key
    max_by min_by max min partition scan fuse reduce try_for_each try_fold cycle sum product count
    """.split()  # noqa: SIM905
)
"""Methods that Rust's iterators have without writing them."""
COMPARING: Final = frozenset({"sort", "toSorted", "sort_by", "max_by", "min_by", "sort_unstable_by"})
OF_ERRORS: Final = frozenset({"unwrap_or_else", "map_err", "or_else", "inspect_err", "is_err_and", "catch"})
REDUCERS: Final = {"reduce": 0, "reduceRight": 0, "fold": 1}
"""Methods that call a function with what was found so far and an element, and which argument that is."""
WRAPPED: Final = frozenset(
    {
        "next",
        "first",
        "last",
        "first_mut",
        "last_mut",
        "get",
        "get_mut",
        "peek",
        "nth",
        "min_by_key",
        "max_by_key",
        "min_by",
        "max_by",
        "pop_front",
        "pop_back",
        "next_back",
        "front",
        "back",
        "front_mut",
        "back_mut",
        "next_if",
    }
)
UNWRAPS: Final = frozenset(
    {"unwrap", "expect", "unwrap_or", "unwrap_or_default", "unwrap_or_else", "unwrap_unchecked", "or_insert",
     "or_insert_with", "or_insert_with_key", "or_default", "get_or_insert", "get_or_insert_with", "get_or_init"}
)  # fmt: skip
STILL_WRAPPED: Final = frozenset(
    {
        "as_ref",
        "as_mut",
        "as_deref",
        "as_deref_mut",
        "cloned",
        "copied",
        "clone",
        "take",
        "ok",
        "ok_or",
        "ok_or_else",
        "map_err",
        "or",
        "or_else",
        "filter",
        "borrow",
        "borrow_mut",
        "and_modify",
        "inspect",
        "lock",
        "read",
        "write",
        "insert",
        "replace",
        "context",
        "with_context",
    }
)
ITSELF: Final = frozenset(
    {
        "clone",
        "borrow",
        "borrow_mut",
        "as_ref",
        "as_mut",
        "to_owned",
        "deref",
        "deref_mut",
        "into_inner",
        "get_mut",
        "by_ref",
        "into",
        "unwrap",
        "expect",
        "upgrade",
    }
)
CALLED_BACK: Final = frozenset(
    {
        "filter",
        "find",
        "findLast",
        "findIndex",
        "forEach",
        "map",
        "flatMap",
        "some",
        "every",
        "sort",
        "toSorted",
        "for_each",
        "any",
        "all",
        "filter_map",
        "flat_map",
        "position",
        "find_map",
        "take_while",
        "skip_while",
        "max_by_key",
        "min_by_key",
        "sort_by_key",
        "retain",
        "partition",
        "inspect",
        "and_then",
        "map_or",
        "is_some_and",
        "is_ok_and",
        "and_modify",
        "map_while",
        "is_none_or",
        "unwrap_or_else",
        "sort_by",
        "sort_unstable_by",
        "max_by",
        "min_by",
    }
)
"""Methods of arrays by what they give; the last: methods that call a function with an element."""
ITERABLE: Final = frozenset(
    {"Array", "ReadonlyArray", "Set", "ReadonlySet", "Iterable", "Iterator", "IterableIterator", "Generator",
     "AsyncIterable", "AsyncGenerator", "AsyncIterableIterator", "ArrayLike"}
)  # fmt: skip
RUST_ITERATORS: Final = frozenset({"Iter", "IterMut", "IntoIter", "Drain", "Peekable", "Rev", "Chunks", "Windows"})
PROMISES: Final = frozenset({"Promise", "PromiseLike", "Awaited"})
MAPS: Final = frozenset({"Map", "ReadonlyMap", "WeakMap", "HashMap", "BTreeMap", "IndexMap"})
TRANSPARENT: Final = frozenset(
    {"Partial", "Required", "Readonly", "Pick", "Omit", "NonNullable", "Extract", "Exclude", "NoInfer"}
)
COLLECTIONS: Final = frozenset({"Set", "WeakSet"})
COMPONENTS: Final = frozenset({"Component", "PureComponent"})
COMPONENT_PARTS: Final = {"props": 0, "state": 1}
"""Members of React's components, and which type argument says what they are."""
FUNCTION_COMPONENTS: Final = frozenset(
    {"FC", "FunctionComponent", "VFC", "VoidFunctionComponent", "ComponentType", "SFC"}
)
WRAPPING_COMPONENTS: Final = frozenset({"memo", "observer"})
"""Functions that give a component of the same properties."""
