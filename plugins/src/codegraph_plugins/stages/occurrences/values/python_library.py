"""What Python's builtins and standard library give, by their names: what goes through something, and what is in it."""

from __future__ import annotations

from typing import Final

HOMES: Final = frozenset(
    """
    asyncio builtins collections concurrent contextlib copy dataclasses functools heapq itertools random secrets types
    typing typing_extensions weakref
    """.split()  # noqa: SIM905
)
"""Modules of the standard library (and what extends `typing`) whose functions are known here by their short names."""
THROUGH: Final = frozenset(
    """
    list set frozenset tuple iter aiter sorted reversed deque chain islice cycle dropwhile takewhile filter
    as_completed shuffled filterfalse compress tee
    """.split()  # noqa: SIM905
)
"""Functions that hand on what is in one of their arguments."""
SECOND: Final = frozenset({"filter", "dropwhile", "takewhile", "filterfalse"})
"""Those of them that take a function first."""
ONE_OF: Final = frozenset({"next", "anext", "max", "min", "choice", "sum"})
"""Functions that give one of what is in their argument, or one of their arguments."""
SAME: Final = frozenset(
    """
    copy.copy copy.deepcopy copy.replace dataclasses.replace asyncio.run asyncio.wait_for asyncio.create_task
    asyncio.ensure_future asyncio.shield weakref.proxy
    """.split()  # noqa: SIM905
)
"""Functions that give what they are given, by their whole names."""
MANAGING: Final = frozenset({"closing", "nullcontext", "aclosing"})
"""Functions that make something for `with` that gives what they are given."""
MAPPINGS: Final = frozenset({"dict", "OrderedDict", "MappingProxyType", "ChainMap"})
GROUPS: Final = frozenset({"combinations", "permutations", "batched", "combinations_with_replacement"})
"""Functions that give several at a time of what is in their argument."""
BESIDE: Final = frozenset({"zip", "product", "zip_longest"})
"""Functions that give one of each argument at a time."""
ONE_AT_A_TIME: Final = frozenset({"map", "starmap"})
WITH_KEY: Final = frozenset({"sorted", "max", "min", "groupby", "nlargest", "nsmallest"})
"""Functions whose `key` takes one of what is in their argument."""

ITEM: Final = frozenset(
    """
    pop popleft get get_nowait __getitem__ __next__ send __anext__ asend
    """.split()  # noqa: SIM905
)
"""Methods of sequences, sets, iterators and queues that give what is in them."""
SEQUENCE: Final = frozenset(
    """
    copy union intersection difference symmetric_difference __iter__ __aiter__ __add__ __reversed__
    """.split()  # noqa: SIM905
)
"""Those that give something of the same kind."""
VALUE: Final = frozenset({"get", "pop", "setdefault", "__getitem__"})
"""Methods of mappings that give a value."""
