"""What values of generic types outside the repository give: the containers of the standard libraries, by their members.

Types of a library are not indexed. But what `get` of a list gives is its argument, whatever the library; these are
the members of Java's and Kotlin's collections, streams, optionals, iterators, futures and maps of which that is so.
"""

from __future__ import annotations

from typing import Final

TYPES: Final = frozenset(
    """
    Throwable Exception RuntimeException Error IllegalArgumentException IllegalStateException
    UnsupportedOperationException IndexOutOfBoundsException NullPointerException ClassCastException
    ArithmeticException NumberFormatException InterruptedException NoSuchElementException Comparable AutoCloseable
    Closeable Runnable Thread Enum Record Iterable Appendable
    ArrayDeque ArrayList Array BlockingQueue CharSequence Class Collection Comparator CompletableFuture
    CompletionStage ConcurrentHashMap ConcurrentMap Consumer CopyOnWriteArrayList Deferred Deque EnumMap EnumSet
    Entry Flow Function Future HashMap HashSet Iterable Iterator Lazy LinkedHashMap LinkedHashSet LinkedList List
    ListIterator Map MutableCollection MutableIterable MutableList MutableMap MutableSet NavigableMap NavigableSet
    Number Object Any Optional Pair Predicate PriorityQueue Queue Sequence Set SortedMap SortedSet Stream String
    StringBuilder Supplier TreeMap TreeSet Triple UnaryOperator BiConsumer BiFunction BinaryOperator BiPredicate
    Callable AtomicReference ThreadLocal WeakReference MutableStateFlow StateFlow SharedFlow Vector Stack Result
    """.split()  # noqa: SIM905
)
"""Types of the standard libraries that are known by their names where a star import may bring them."""
PRIMITIVES: Final = frozenset(
    """
    bool byte complex128 complex64 error float32 float64 int int16 int32 int64 int8 rune string uint uint16 uint32
    uint64 uint8 uintptr any boolean char short long float double void
    """.split()  # noqa: SIM905
)

ELEMENT: Final = frozenset(
    """
    get getFirst getLast first last single find firstOrNull lastOrNull singleOrNull elementAt elementAtOrNull
    getOrNull random next previous peek peekFirst peekLast poll pollFirst pollLast pop element remove removeFirst
    removeLast removeAt orElse orElseThrow orElseGet join await getNow minBy maxBy minByOrNull maxByOrNull minWith
    maxWith reduce getOrThrow getOrDefault recover getAndSet value getValue findLast set ceiling floor higher lower
    firstEntry getPlain Load Swap
    """.split()  # noqa: SIM905
)
"""Give the type's argument; of a map the value. `Load` and `Swap` are those of Go's `atomic.Pointer`."""
SAME: Final = frozenset(
    """
    stream parallelStream iterator listIterator filter sorted distinct limit skip toList toSet subList reversed drop
    dropLast dropWhile take takeLast takeWhile filterNot filterNotNull sortedBy sortedByDescending sortedWith
    asSequence toMutableList toMutableSet toHashSet asList asReversed shuffled plus minus findFirst findAny orEmpty
    onEach collect distinctBy asIterable toTypedArray boxed sequential parallel unordered or clone iterator
    spliterator copyOf slice headSet tailSet descendingIterator asFlow cached toCollection filterIndexed max min
    onSuccess onFailure filterValues filterKeys toMap toMutableMap toSortedMap
    """.split()  # noqa: SIM905
)
"""Give something of the same argument."""
TO_MAP: Final = frozenset({"toMap", "toMutableMap", "toSortedMap"})
"""Make a map of pairs."""
MAPPED: Final = frozenset("map mapNotNull mapTo mapIndexed mapToObj thenApply".split())  # noqa: SIM905
"""Give something of what the function gives that is their argument."""
COLLECTORS: Final = frozenset(
    """
    toList toSet toUnmodifiableList toUnmodifiableSet toCollection groupingBy groupingByConcurrent partitioningBy toMap
    toUnmodifiableMap toConcurrentMap
    """.split()  # noqa: SIM905
)
"""Functions that say what `collect` makes of a stream."""
COMPARATORS: Final = frozenset(
    "comparing comparingInt comparingLong comparingDouble thenComparing thenComparingInt thenComparingLong".split()  # noqa: SIM905
)
"""Functions that make a comparator of what one says of an element."""
CLASSES: Final = frozenset(
    "List Set Map Stream Arrays Collections Optional CompletableFuture Objects".split()  # noqa: SIM905
)
"""Classes whose functions make or hand on something, by the names that a star import brings."""
PIECES: Final = frozenset({"windowed", "chunked"})
"""Give lists of several of them, or what their function makes of each."""
TAKING_FIRST: Final = frozenset({"generateSequence", "observable", "vetoable"})
"""Functions whose lambda takes what their first argument is."""
FLAT: Final = frozenset("flatMap flatten thenCompose mapMulti".split())  # noqa: SIM905
"""Give what the function gives."""
FOLDS: Final = frozenset({"fold", "foldRight", "scan", "runningFold"})
"""Go through something with what they are given first, or (`fold` of a result) with one of two functions."""
GIVING_FIRST: Final = frozenset({"maxOf", "minOf", "requireNonNull", "requireNonNullElse"})
"""Functions that give one of what they are given."""
GIVING_LAST: Final = frozenset(
    "run runBlocking synchronized withContext withTimeout coroutineScope supervisorScope use".split()  # noqa: SIM905
)
"""Functions that give what the function gives that is their last argument."""
MAKING: Final = {
    "lazy": "Lazy", "runCatching": "Result", "async": "Deferred", "supplyAsync": "CompletableFuture",
    "List": "List", "MutableList": "MutableList", "Array": "Array", "lazyOf": "Lazy",
}  # fmt: skip
"""Functions that make a container of what the function gives that is their last argument."""
_ANY_COLLECTION: Final = ("Collection", "Iterable")
_WIDER_TYPES: Final = {
    "String": ("CharSequence", "Comparable"), "StringBuilder": ("CharSequence", "Appendable"),
    **dict.fromkeys(("int", "long", "short", "byte", "float", "double"), ("Number", "Comparable")),
    **dict.fromkeys(("boolean", "char"), ("Comparable",)),
    "List": _ANY_COLLECTION, "Set": _ANY_COLLECTION, "Collection": ("Iterable",), "Queue": _ANY_COLLECTION,
    "MutableCollection": _ANY_COLLECTION, "MutableIterable": ("Iterable",), "MutableMap": ("Map",),
    **dict.fromkeys(("ArrayList", "LinkedList", "CopyOnWriteArrayList", "MutableList"),
                    ("MutableList", "List", "MutableCollection", *_ANY_COLLECTION)),
    **dict.fromkeys(("HashSet", "LinkedHashSet", "TreeSet", "MutableSet"),
                    ("MutableSet", "Set", "MutableCollection", *_ANY_COLLECTION)),
    **dict.fromkeys(("HashMap", "LinkedHashMap", "TreeMap", "ConcurrentHashMap"), ("MutableMap", "Map")),
    "ArrayDeque": ("Deque", "Queue", "MutableList", "List", *_ANY_COLLECTION),
    "Exception": ("Throwable",), "Error": ("Throwable",),
    **dict.fromkeys(("RuntimeException", "InterruptedException"), ("Exception", "Throwable")),
    **dict.fromkeys(
        ("IllegalArgumentException", "IllegalStateException", "UnsupportedOperationException",
         "IndexOutOfBoundsException", "NullPointerException", "ClassCastException", "ArithmeticException",
         "NoSuchElementException"), ("RuntimeException", "Exception", "Throwable")),
    "NumberFormatException": ("IllegalArgumentException", "RuntimeException", "Exception", "Throwable"),
    "MutableStateFlow": ("StateFlow", "SharedFlow", "Flow"), "StateFlow": ("SharedFlow", "Flow"),
    "SharedFlow": ("Flow",),
}  # fmt: skip
WIDER: Final = {
    **_WIDER_TYPES,
    **{
        maker: (kind, *_WIDER_TYPES.get(kind, ()))
        for kind, makers in {
            "List": ("listOf", "listOfNotNull", "emptyList", "asList", "singletonList"),
            "MutableList": ("mutableListOf", "arrayListOf"),
            "Set": ("setOf", "emptySet", "singleton"),
            "MutableSet": ("mutableSetOf", "hashSetOf", "linkedSetOf"),
            "Map": ("mapOf", "emptyMap"),
            "MutableMap": ("mutableMapOf", "hashMapOf", "linkedMapOf"),
            "Sequence": ("sequenceOf", "generateSequence"),
            "Array": ("arrayOf",),
            "Flow": ("flowOf",),
        }.items()
        for maker in makers
    },
}
"""Types of the standard libraries by their simple names, and those that they extend, nearest first.

Functions that make one are what they make.
"""
COUNTS: Final = frozenset("length size count indexOf lastIndexOf lastIndex hashCode code toInt compareTo".split())  # noqa: SIM905
"""Give a number, of whatever type."""
TEXTS: Final = frozenset(
    "toString trim uppercase lowercase substring trimIndent joinToString toUpperCase toLowerCase".split()  # noqa: SIM905
)
"""Give a text, of whatever type."""
ENTRIES: Final = frozenset({"entries", "entrySet"})
KEYS: Final = frozenset({"keys", "keySet", "navigableKeySet"})
VALUES: Final = frozenset({"values"})
KEY: Final = frozenset({"key", "getKey", "firstKey", "lastKey", "first", "component1"})
VALUE: Final = ELEMENT | frozenset(
    "second component2 put getOrDefault computeIfAbsent getOrPut getOrElse merge putIfAbsent".split()  # noqa: SIM905
)
MAKERS: Final = frozenset(
    """
    of ofNullable asList listOf mutableListOf arrayListOf setOf mutableSetOf hashSetOf linkedSetOf arrayOf
    sequenceOf listOfNotNull singletonList singleton emptyList emptySet flowOf completedFuture arrayOfNulls
    supplyAsync just generateSequence
    """.split()  # noqa: SIM905
)
"""Make something of what they are given."""
MAP_MAKERS: Final = frozenset({"mapOf", "mutableMapOf", "hashMapOf", "linkedMapOf", "sortedMapOf"})
INDEXED: Final = frozenset({"forEachIndexed", "mapIndexed", "filterIndexed", "onEachIndexed"})
"""Their function takes a number first."""
SMALL: Final = {
    "Int": "int", "Long": "long", "Boolean": "boolean", "Double": "double", "Float": "float", "Char": "char",
    "Integer": "int", "Short": "short", "Byte": "byte", "Character": "char",
}  # fmt: skip
"""Names of one and the same small type."""
MEMBERS: Final = (
    ELEMENT | SAME | MAPPED | FLAT | FOLDS | ENTRIES | KEYS | VALUES | KEY | VALUE | PIECES | COUNTS | TEXTS
    | frozenset(
        """
        forEach forEachIndexed sumOf sumBy any all none groupBy groupingBy associate associateBy associateWith partition
        zip withIndex maxOf minOf invoke mapValues mapKeys max min indexOfFirst indexOfLast filterIsInstance
        """.split()  # noqa: SIM905
    )
)  # fmt: skip
"""What a bare name may be of a receiver from outside."""
