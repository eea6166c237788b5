// Streams: what comes in goes out, through the functions that are given.
package java.util.stream;

import java.util.*;
import java.util.function.*;

public interface BaseStream<T, S extends BaseStream<T, S>> extends AutoCloseable {
    Iterator<T> iterator();
    S sequential();
    S parallel();
    S unordered();
    S onClose(Runnable handler);
    boolean isParallel();
    void close();
}

public interface Stream<T> extends BaseStream<T, Stream<T>> {
    Stream<T> filter(Predicate<? super T> filter);
    <R> Stream<R> map(Function<? super T, ? extends R> function);
    IntStream mapToInt(ToIntFunction<? super T> function);
    LongStream mapToLong(ToLongFunction<? super T> function);
    DoubleStream mapToDouble(ToDoubleFunction<? super T> function);
    <R> Stream<R> flatMap(Function<? super T, ? extends Stream<? extends R>> function);
    IntStream flatMapToInt(Function<? super T, ? extends IntStream> function);
    LongStream flatMapToLong(Function<? super T, ? extends LongStream> function);
    DoubleStream flatMapToDouble(Function<? super T, ? extends DoubleStream> function);
    <R> Stream<R> mapMulti(BiConsumer<? super T, ? super Consumer<R>> function);
    Stream<T> distinct();
    Stream<T> sorted();
    Stream<T> sorted(Comparator<? super T> order);
    Stream<T> peek(Consumer<? super T> action);
    Stream<T> limit(long most);
    Stream<T> skip(long count);
    Stream<T> takeWhile(Predicate<? super T> filter);
    Stream<T> dropWhile(Predicate<? super T> filter);
    void forEach(Consumer<? super T> action);
    void forEachOrdered(Consumer<? super T> action);
    Object[] toArray();
    <A> A[] toArray(IntFunction<A[]> generator);
    T reduce(T identity, BinaryOperator<T> operator);
    Optional<T> reduce(BinaryOperator<T> operator);
    <U> U reduce(U identity, BiFunction<U, ? super T, U> function, BinaryOperator<U> operator);
    <R> R collect(Supplier<R> supplier, BiConsumer<R, ? super T> accumulator, BiConsumer<R, R> combiner);
    <R, A> R collect(Collector<? super T, A, R> collector);
    List<T> toList();
    Optional<T> min(Comparator<? super T> order);
    Optional<T> max(Comparator<? super T> order);
    long count();
    boolean anyMatch(Predicate<? super T> filter);
    boolean allMatch(Predicate<? super T> filter);
    boolean noneMatch(Predicate<? super T> filter);
    Optional<T> findFirst();
    Optional<T> findAny();
    static <T> Stream<T> empty() { return new Model<T>(); }
    static <T> Stream<T> of(T one) { Model<T> made = new Model<T>(); made.element = one; return made; }
    static <T> Stream<T> ofNullable(T one) { Model<T> made = new Model<T>(); made.element = one; return made; }
    static <T> Stream<T> of(T... all) { Model<T> made = new Model<T>(); made.element = all[0]; return made; }
    static <T> Stream<T> iterate(T seed, UnaryOperator<T> next) { Model<T> made = new Model<T>(); made.element = seed; made.element = next.apply(made.element); return made; }
    static <T> Stream<T> iterate(T seed, Predicate<? super T> has, UnaryOperator<T> next) { Model<T> made = new Model<T>(); made.element = seed; has.test(made.element); made.element = next.apply(made.element); return made; }
    static <T> Stream<T> generate(Supplier<? extends T> supplier) { Model<T> made = new Model<T>(); made.element = supplier.get(); return made; }
    static <T> Stream<T> concat(Stream<? extends T> one, Stream<? extends T> other) { Model<T> made = new Model<T>(); made.element = one.iterator().next(); made.element = other.iterator().next(); return made; }
    static <T> Builder<T> builder() { return new Builder<T>(); }
    class Builder<T> { T element; public Builder<T> add(T one) { this.element = one; return this; } public void accept(T one) { this.element = one; } public Stream<T> build() { Model<T> made = new Model<T>(); made.element = element; return made; } }

    class Model<T> implements Stream<T> {
        public T element;
        public Iterator<T> iterator() { return new java.util.ElementIterator<T>(element); }
        public Stream<T> sequential() { return this; }
        public Stream<T> parallel() { return this; }
        public Stream<T> unordered() { return this; }
        public Stream<T> onClose(Runnable handler) { handler.run(); return this; }
        public boolean isParallel() { return false; }
        public void close() {}
        public Stream<T> filter(Predicate<? super T> filter) { filter.test(element); return this; }
        public <R> Stream<R> map(Function<? super T, ? extends R> function) { Model<R> made = new Model<R>(); made.element = function.apply(element); return made; }
        public IntStream mapToInt(ToIntFunction<? super T> function) { function.applyAsInt(element); return new IntStream.Model(); }
        public LongStream mapToLong(ToLongFunction<? super T> function) { function.applyAsLong(element); return new LongStream.Model(); }
        public DoubleStream mapToDouble(ToDoubleFunction<? super T> function) { function.applyAsDouble(element); return new DoubleStream.Model(); }
        public <R> Stream<R> flatMap(Function<? super T, ? extends Stream<? extends R>> function) { Model<R> made = new Model<R>(); made.element = function.apply(element).iterator().next(); return made; }
        public IntStream flatMapToInt(Function<? super T, ? extends IntStream> function) { return function.apply(element); }
        public LongStream flatMapToLong(Function<? super T, ? extends LongStream> function) { return function.apply(element); }
        public DoubleStream flatMapToDouble(Function<? super T, ? extends DoubleStream> function) { return function.apply(element); }
        public <R> Stream<R> mapMulti(BiConsumer<? super T, ? super Consumer<R>> function) { Model<R> made = new Model<R>(); function.accept(element, (R one) -> { made.element = one; }); return made; }
        public Stream<T> distinct() { element.hashCode(); element.equals(element); return this; }
        public Stream<T> sorted() { ((Comparable<T>) element).compareTo(element); return this; }
        public Stream<T> sorted(Comparator<? super T> order) { order.compare(element, element); return this; }
        public Stream<T> peek(Consumer<? super T> action) { action.accept(element); return this; }
        public Stream<T> limit(long most) { return this; }
        public Stream<T> skip(long count) { return this; }
        public Stream<T> takeWhile(Predicate<? super T> filter) { filter.test(element); return this; }
        public Stream<T> dropWhile(Predicate<? super T> filter) { filter.test(element); return this; }
        public void forEach(Consumer<? super T> action) { action.accept(element); }
        public void forEachOrdered(Consumer<? super T> action) { action.accept(element); }
        public Object[] toArray() { Object[] made = new Object[1]; made[0] = element; return made; }
        public <A> A[] toArray(IntFunction<A[]> generator) { A[] made = generator.apply(0); made[0] = (A) element; return made; }
        public T reduce(T identity, BinaryOperator<T> operator) { T result = identity; while (result != null) { result = operator.apply(result, element); } return result; }
        public Optional<T> reduce(BinaryOperator<T> operator) { T result = element; while (result != null) { result = operator.apply(result, element); } return Optional.of(result); }
        public <U> U reduce(U identity, BiFunction<U, ? super T, U> function, BinaryOperator<U> operator) { U result = identity; while (result != null) { result = function.apply(result, element); operator.apply(result, result); } return result; }
        public <R> R collect(Supplier<R> supplier, BiConsumer<R, ? super T> accumulator, BiConsumer<R, R> combiner) { R made = supplier.get(); accumulator.accept(made, element); combiner.accept(made, made); return made; }
        public <R, A> R collect(Collector<? super T, A, R> collector) { return collector.run(element); }
        public List<T> toList() { ArrayList<T> made = new ArrayList<T>(); made.element = element; return made; }
        public Optional<T> min(Comparator<? super T> order) { order.compare(element, element); return Optional.of(element); }
        public Optional<T> max(Comparator<? super T> order) { order.compare(element, element); return Optional.of(element); }
        public long count() { return 0; }
        public boolean anyMatch(Predicate<? super T> filter) { return filter.test(element); }
        public boolean allMatch(Predicate<? super T> filter) { return filter.test(element); }
        public boolean noneMatch(Predicate<? super T> filter) { return filter.test(element); }
        public Optional<T> findFirst() { return Optional.of(element); }
        public Optional<T> findAny() { return Optional.of(element); }
    }
}

// What a collector does with the elements is its `run`: of elements in, the result out.
public interface Collector<T, A, R> {
    Supplier<A> supplier();
    BiConsumer<A, T> accumulator();
    BinaryOperator<A> combiner();
    Function<A, R> finisher();
    Set<Characteristics> characteristics();
    default R run(T element) {
        A made = this.supplier().get();
        this.accumulator().accept(made, element);
        this.combiner();
        this.characteristics();
        return this.finisher().apply(made);
    }
    enum Characteristics { CONCURRENT, UNORDERED, IDENTITY_FINISH }
    static <T, R> Collector<T, R, R> of(Supplier<R> supplier, BiConsumer<R, T> accumulator, BinaryOperator<R> combiner, Characteristics... all) { return (Run) (T one) -> { R made = supplier.get(); accumulator.accept(made, one); return made; }; }
    static <T, A, R> Collector<T, A, R> of(Supplier<A> supplier, BiConsumer<A, T> accumulator, BinaryOperator<A> combiner, Function<A, R> finisher, Characteristics... all) { return (Run) (T one) -> { A made = supplier.get(); accumulator.accept(made, one); return finisher.apply(made); }; }
}
// A collector of the library.
interface Run<T, A, R> extends Collector<T, A, R> {
    R run(T element);
    default Supplier<A> supplier() { return null; }
    default BiConsumer<A, T> accumulator() { return null; }
    default BinaryOperator<A> combiner() { return null; }
    default Function<A, R> finisher() { return null; }
    default Set<Characteristics> characteristics() { return null; }
}
public final class Collectors {
    public static <T> Collector<T, ?, List<T>> toList() { return (Run) (T one) -> { ArrayList<T> made = new ArrayList<T>(); made.element = one; return made; }; }
    public static <T> Collector<T, ?, List<T>> toUnmodifiableList() { return (Run) (T one) -> { ArrayList<T> made = new ArrayList<T>(); made.element = one; return made; }; }
    public static <T> Collector<T, ?, Set<T>> toSet() { return (Run) (T one) -> { HashSet<T> made = new HashSet<T>(); made.element = one; return made; }; }
    public static <T> Collector<T, ?, Set<T>> toUnmodifiableSet() { return (Run) (T one) -> { HashSet<T> made = new HashSet<T>(); made.element = one; return made; }; }
    public static <T, C extends Collection<T>> Collector<T, ?, C> toCollection(Supplier<C> factory) { return (Run) (T one) -> { C made = factory.get(); made.add(one); return made; }; }
    public static Collector<CharSequence, ?, String> joining() { return (Run) (CharSequence one) -> ""; }
    public static Collector<CharSequence, ?, String> joining(CharSequence between) { return (Run) (CharSequence one) -> ""; }
    public static Collector<CharSequence, ?, String> joining(CharSequence between, CharSequence before, CharSequence after) { return (Run) (CharSequence one) -> ""; }
    public static <T, U, A, R> Collector<T, ?, R> mapping(Function<? super T, ? extends U> function, Collector<? super U, A, R> below) { return (Run) (T one) -> below.run(function.apply(one)); }
    public static <T, A, R> Collector<T, ?, R> filtering(Predicate<? super T> filter, Collector<? super T, A, R> below) { return (Run) (T one) -> { filter.test(one); return below.run(one); }; }
    public static <T, A, R, S> Collector<T, A, S> collectingAndThen(Collector<T, A, R> below, Function<R, S> after) { return (Run) (T one) -> after.apply(below.run(one)); }
    public static <T> Collector<T, ?, Long> counting() { return (Run) (T one) -> 0L; }
    public static <T> Collector<T, ?, Integer> summingInt(ToIntFunction<? super T> function) { return (Run) (T one) -> function.applyAsInt(one); }
    public static <T> Collector<T, ?, Long> summingLong(ToLongFunction<? super T> function) { return (Run) (T one) -> function.applyAsLong(one); }
    public static <T> Collector<T, ?, Double> summingDouble(ToDoubleFunction<? super T> function) { return (Run) (T one) -> function.applyAsDouble(one); }
    public static <T> Collector<T, ?, Double> averagingInt(ToIntFunction<? super T> function) { return (Run) (T one) -> { function.applyAsInt(one); return 0.0; }; }
    public static <T> Collector<T, ?, Double> averagingDouble(ToDoubleFunction<? super T> function) { return (Run) (T one) -> function.applyAsDouble(one); }
    public static <T> Collector<T, ?, Optional<T>> minBy(Comparator<? super T> order) { return (Run) (T one) -> { order.compare(one, one); return Optional.of(one); }; }
    public static <T> Collector<T, ?, Optional<T>> maxBy(Comparator<? super T> order) { return (Run) (T one) -> { order.compare(one, one); return Optional.of(one); }; }
    public static <T> Collector<T, ?, T> reducing(T identity, BinaryOperator<T> operator) { return (Run) (T one) -> operator.apply(identity, one); }
    public static <T, K> Collector<T, ?, Map<K, List<T>>> groupingBy(Function<? super T, ? extends K> key) { return (Run) (T one) -> { ArrayList<T> group = new ArrayList<T>(); group.element = one; HashMap<K, List<T>> made = new HashMap<K, List<T>>(); made.put(key.apply(one), group); return made; }; }
    public static <T, K, A, D> Collector<T, ?, Map<K, D>> groupingBy(Function<? super T, ? extends K> key, Collector<? super T, A, D> below) { return (Run) (T one) -> { HashMap<K, D> made = new HashMap<K, D>(); made.put(key.apply(one), below.run(one)); return made; }; }
    public static <T, K, D, A, M extends Map<K, D>> Collector<T, ?, M> groupingBy(Function<? super T, ? extends K> key, Supplier<M> factory, Collector<? super T, A, D> below) { return (Run) (T one) -> { M made = factory.get(); made.put(key.apply(one), below.run(one)); return made; }; }
    public static <T> Collector<T, ?, Map<Boolean, List<T>>> partitioningBy(Predicate<? super T> filter) { return (Run) (T one) -> { filter.test(one); ArrayList<T> group = new ArrayList<T>(); group.element = one; HashMap<Boolean, List<T>> made = new HashMap<Boolean, List<T>>(); made.put(true, group); return made; }; }
    public static <T, D, A> Collector<T, ?, Map<Boolean, D>> partitioningBy(Predicate<? super T> filter, Collector<? super T, A, D> below) { return (Run) (T one) -> { filter.test(one); HashMap<Boolean, D> made = new HashMap<Boolean, D>(); made.put(true, below.run(one)); return made; }; }
    public static <T, K, U> Collector<T, ?, Map<K, U>> toMap(Function<? super T, ? extends K> key, Function<? super T, ? extends U> value) { return (Run) (T one) -> { HashMap<K, U> made = new HashMap<K, U>(); made.put(key.apply(one), value.apply(one)); return made; }; }
    public static <T, K, U> Collector<T, ?, Map<K, U>> toMap(Function<? super T, ? extends K> key, Function<? super T, ? extends U> value, BinaryOperator<U> merge) { return (Run) (T one) -> { HashMap<K, U> made = new HashMap<K, U>(); U found = value.apply(one); made.put(key.apply(one), found); made.put(null, merge.apply(found, found)); return made; }; }
    public static <T, K, U, M extends Map<K, U>> Collector<T, ?, M> toMap(Function<? super T, ? extends K> key, Function<? super T, ? extends U> value, BinaryOperator<U> merge, Supplier<M> factory) { return (Run) (T one) -> { M made = factory.get(); U found = value.apply(one); made.put(key.apply(one), found); made.put(null, merge.apply(found, found)); return made; }; }
    public static <T> Collector<T, ?, Double> averagingLong(ToLongFunction<? super T> function) { return (Run) (T one) -> { function.applyAsLong(one); return 0.0; }; }
    public static <T> Collector<T, ?, java.util.IntSummaryStatistics> summarizingInt(ToIntFunction<? super T> function) { return (Run) (T one) -> { function.applyAsInt(one); return null; }; }
    public static <T> Collector<T, ?, java.util.LongSummaryStatistics> summarizingLong(ToLongFunction<? super T> function) { return (Run) (T one) -> { function.applyAsLong(one); return null; }; }
    public static <T> Collector<T, ?, java.util.DoubleSummaryStatistics> summarizingDouble(ToDoubleFunction<? super T> function) { return (Run) (T one) -> { function.applyAsDouble(one); return null; }; }
    public static <T> Collector<T, ?, Optional<T>> reducing(BinaryOperator<T> operator) { return (Run) (T one) -> Optional.of(operator.apply(one, one)); }
    public static <T, U> Collector<T, ?, U> reducing(U identity, Function<? super T, ? extends U> function, BinaryOperator<U> operator) { return (Run) (T one) -> operator.apply(identity, function.apply(one)); }
    public static <T, U, A, R> Collector<T, ?, R> flatMapping(Function<? super T, ? extends Stream<? extends U>> function, Collector<? super U, A, R> below) { return (Run) (T one) -> below.run(function.apply(one).iterator().next()); }
    public static <T, A, B, R> Collector<T, ?, R> teeing(Collector<? super T, ?, A> first, Collector<? super T, ?, B> second, BiFunction<? super A, ? super B, R> merge) { return (Run) (T one) -> merge.apply(first.run(one), second.run(one)); }
    public static <T, K> Collector<T, ?, Map<K, List<T>>> groupingByConcurrent(Function<? super T, ? extends K> key) { return (Run) (T one) -> { ArrayList<T> group = new ArrayList<T>(); group.element = one; HashMap<K, List<T>> made = new HashMap<K, List<T>>(); made.put(key.apply(one), group); return made; }; }
    public static <T, K, A, D> Collector<T, ?, Map<K, D>> groupingByConcurrent(Function<? super T, ? extends K> key, Collector<? super T, A, D> below) { return (Run) (T one) -> { HashMap<K, D> made = new HashMap<K, D>(); made.put(key.apply(one), below.run(one)); return made; }; }
    public static <T, K, D, A, M extends Map<K, D>> Collector<T, ?, M> groupingByConcurrent(Function<? super T, ? extends K> key, Supplier<M> factory, Collector<? super T, A, D> below) { return (Run) (T one) -> { M made = factory.get(); made.put(key.apply(one), below.run(one)); return made; }; }
    public static <T, K, U> Collector<T, ?, Map<K, U>> toConcurrentMap(Function<? super T, ? extends K> key, Function<? super T, ? extends U> value) { return (Run) (T one) -> { HashMap<K, U> made = new HashMap<K, U>(); made.put(key.apply(one), value.apply(one)); return made; }; }
    public static <T, K, U> Collector<T, ?, Map<K, U>> toUnmodifiableMap(Function<? super T, ? extends K> key, Function<? super T, ? extends U> value) { return (Run) (T one) -> { HashMap<K, U> made = new HashMap<K, U>(); made.put(key.apply(one), value.apply(one)); return made; }; }
    public static <T, K, U> Collector<T, ?, Map<K, U>> toConcurrentMap(Function<? super T, ? extends K> key, Function<? super T, ? extends U> value, BinaryOperator<U> merge) { return (Run) (T one) -> { HashMap<K, U> made = new HashMap<K, U>(); U found = value.apply(one); made.put(key.apply(one), found); made.put(null, merge.apply(found, found)); return made; }; }
    public static <T, K, U> Collector<T, ?, Map<K, U>> toUnmodifiableMap(Function<? super T, ? extends K> key, Function<? super T, ? extends U> value, BinaryOperator<U> merge) { return (Run) (T one) -> { HashMap<K, U> made = new HashMap<K, U>(); U found = value.apply(one); made.put(key.apply(one), found); made.put(null, merge.apply(found, found)); return made; }; }
    public static <T, K, U, M extends Map<K, U>> Collector<T, ?, M> toConcurrentMap(Function<? super T, ? extends K> key, Function<? super T, ? extends U> value, BinaryOperator<U> merge, Supplier<M> factory) { return (Run) (T one) -> { M made = factory.get(); U found = value.apply(one); made.put(key.apply(one), found); made.put(null, merge.apply(found, found)); return made; }; }
}
public final class StreamSupport { public static <T> Stream<T> stream(Spliterator<T> from, boolean parallel) { return new Stream.Model<T>(); } }
public interface IntStream {
    IntStream filter(IntPredicate f);
    IntStream map(IntUnaryOperator f);
    <U> Stream<U> mapToObj(IntFunction<? extends U> f);
    Stream<Integer> boxed();
    LongStream mapToLong(IntToLongFunction f);
    DoubleStream mapToDouble(IntToDoubleFunction f);
    DoubleStream asDoubleStream();
    LongStream asLongStream();
    IntStream flatMap(IntFunction<? extends IntStream> f);
    IntStream distinct();
    IntStream sorted();
    IntStream sequential();
    IntStream parallel();
    IntStream unordered();
    IntStream peek(IntConsumer f);
    IntStream limit(long n);
    IntStream skip(long n);
    IntStream takeWhile(IntPredicate f);
    IntStream dropWhile(IntPredicate f);
    void forEach(IntConsumer f);
    void forEachOrdered(IntConsumer f);
    int[] toArray();
    int reduce(int identity, IntBinaryOperator f);
    OptionalInt reduce(IntBinaryOperator f);
    int sum();
    OptionalInt min();
    OptionalInt max();
    long count();
    OptionalDouble average();
    boolean anyMatch(IntPredicate f);
    boolean allMatch(IntPredicate f);
    boolean noneMatch(IntPredicate f);
    OptionalInt findFirst();
    OptionalInt findAny();
    <R> R collect(Supplier<R> supplier, ObjIntConsumer<R> accumulator, BiConsumer<R, R> combiner);
    static IntStream of(int... all) { return new Model(); }
    static IntStream empty() { return new Model(); }
    static IntStream iterate(int seed, IntPredicate more, IntUnaryOperator f) { more.test(0); f.applyAsInt(0); return new Model(); }
    static IntStream generate(IntSupplier f) { f.getAsInt(); return new Model(); }
    static IntStream iterate(int seed, IntUnaryOperator f) { f.applyAsInt(0); return new Model(); }
    static IntStream concat(IntStream one, IntStream other) { return one; }
    static IntStream range(int from, int to) { return new Model(); }
    static IntStream rangeClosed(int from, int to) { return new Model(); }
    class Model implements IntStream {
        public IntStream filter(IntPredicate f) { f.test(0); return this; }
        public IntStream map(IntUnaryOperator f) { f.applyAsInt(0); return this; }
        public <U> Stream<U> mapToObj(IntFunction<? extends U> f) { Stream.Model<U> made = new Stream.Model<U>(); made.element = f.apply(0); return made; }
        public Stream<Integer> boxed() { return new Stream.Model<Integer>(); }
        public LongStream mapToLong(IntToLongFunction f) { f.applyAsLong(0); return new LongStream.Model(); }
        public DoubleStream mapToDouble(IntToDoubleFunction f) { f.applyAsDouble(0); return new DoubleStream.Model(); }
        public DoubleStream asDoubleStream() { return new DoubleStream.Model(); }
        public LongStream asLongStream() { return new LongStream.Model(); }
        public IntStream flatMap(IntFunction<? extends IntStream> f) { f.apply(0); return this; }
        public IntStream distinct() { return this; }
        public IntStream sorted() { return this; }
        public IntStream sequential() { return this; }
        public IntStream parallel() { return this; }
        public IntStream unordered() { return this; }
        public IntStream peek(IntConsumer f) { f.accept(0); return this; }
        public IntStream limit(long n) { return this; }
        public IntStream skip(long n) { return this; }
        public IntStream takeWhile(IntPredicate f) { f.test(0); return this; }
        public IntStream dropWhile(IntPredicate f) { f.test(0); return this; }
        public void forEach(IntConsumer f) { f.accept(0); }
        public void forEachOrdered(IntConsumer f) { f.accept(0); }
        public int[] toArray() { return null; }
        public int reduce(int identity, IntBinaryOperator f) { return f.applyAsInt(0, 0); }
        public OptionalInt reduce(IntBinaryOperator f) { f.applyAsInt(0, 0); return new OptionalInt(); }
        public int sum() { return 0; }
        public OptionalInt min() { return new OptionalInt(); }
        public OptionalInt max() { return new OptionalInt(); }
        public long count() { return 0; }
        public OptionalDouble average() { return new OptionalDouble(); }
        public boolean anyMatch(IntPredicate f) { return f.test(0); }
        public boolean allMatch(IntPredicate f) { return f.test(0); }
        public boolean noneMatch(IntPredicate f) { return f.test(0); }
        public OptionalInt findFirst() { return new OptionalInt(); }
        public OptionalInt findAny() { return new OptionalInt(); }
        public <R> R collect(Supplier<R> supplier, ObjIntConsumer<R> accumulator, BiConsumer<R, R> combiner) { R made = supplier.get(); accumulator.accept(made, 0); combiner.accept(made, made); return made; }
    }
}
public interface LongStream {
    LongStream filter(LongPredicate f);
    LongStream map(LongUnaryOperator f);
    <U> Stream<U> mapToObj(LongFunction<? extends U> f);
    Stream<Long> boxed();
    IntStream mapToInt(LongToIntFunction f);
    DoubleStream mapToDouble(LongToDoubleFunction f);
    DoubleStream asDoubleStream();
    LongStream flatMap(LongFunction<? extends LongStream> f);
    LongStream distinct();
    LongStream sorted();
    LongStream sequential();
    LongStream parallel();
    LongStream unordered();
    LongStream peek(LongConsumer f);
    LongStream limit(long n);
    LongStream skip(long n);
    LongStream takeWhile(LongPredicate f);
    LongStream dropWhile(LongPredicate f);
    void forEach(LongConsumer f);
    void forEachOrdered(LongConsumer f);
    long[] toArray();
    long reduce(long identity, LongBinaryOperator f);
    OptionalLong reduce(LongBinaryOperator f);
    long sum();
    OptionalLong min();
    OptionalLong max();
    long count();
    OptionalDouble average();
    boolean anyMatch(LongPredicate f);
    boolean allMatch(LongPredicate f);
    boolean noneMatch(LongPredicate f);
    OptionalLong findFirst();
    OptionalLong findAny();
    <R> R collect(Supplier<R> supplier, ObjLongConsumer<R> accumulator, BiConsumer<R, R> combiner);
    static LongStream of(long... all) { return new Model(); }
    static LongStream empty() { return new Model(); }
    static LongStream iterate(long seed, LongPredicate more, LongUnaryOperator f) { more.test(0); f.applyAsLong(0); return new Model(); }
    static LongStream generate(LongSupplier f) { f.getAsLong(); return new Model(); }
    static LongStream iterate(long seed, LongUnaryOperator f) { f.applyAsLong(0); return new Model(); }
    static LongStream concat(LongStream one, LongStream other) { return one; }
    static LongStream range(long from, long to) { return new Model(); }
    static LongStream rangeClosed(long from, long to) { return new Model(); }
    class Model implements LongStream {
        public LongStream filter(LongPredicate f) { f.test(0); return this; }
        public LongStream map(LongUnaryOperator f) { f.applyAsLong(0); return this; }
        public <U> Stream<U> mapToObj(LongFunction<? extends U> f) { Stream.Model<U> made = new Stream.Model<U>(); made.element = f.apply(0); return made; }
        public Stream<Long> boxed() { return new Stream.Model<Long>(); }
        public IntStream mapToInt(LongToIntFunction f) { f.applyAsInt(0); return new IntStream.Model(); }
        public DoubleStream mapToDouble(LongToDoubleFunction f) { f.applyAsDouble(0); return new DoubleStream.Model(); }
        public DoubleStream asDoubleStream() { return new DoubleStream.Model(); }
        public LongStream flatMap(LongFunction<? extends LongStream> f) { f.apply(0); return this; }
        public LongStream distinct() { return this; }
        public LongStream sorted() { return this; }
        public LongStream sequential() { return this; }
        public LongStream parallel() { return this; }
        public LongStream unordered() { return this; }
        public LongStream peek(LongConsumer f) { f.accept(0); return this; }
        public LongStream limit(long n) { return this; }
        public LongStream skip(long n) { return this; }
        public LongStream takeWhile(LongPredicate f) { f.test(0); return this; }
        public LongStream dropWhile(LongPredicate f) { f.test(0); return this; }
        public void forEach(LongConsumer f) { f.accept(0); }
        public void forEachOrdered(LongConsumer f) { f.accept(0); }
        public long[] toArray() { return null; }
        public long reduce(long identity, LongBinaryOperator f) { return f.applyAsLong(0, 0); }
        public OptionalLong reduce(LongBinaryOperator f) { f.applyAsLong(0, 0); return new OptionalLong(); }
        public long sum() { return 0; }
        public OptionalLong min() { return new OptionalLong(); }
        public OptionalLong max() { return new OptionalLong(); }
        public long count() { return 0; }
        public OptionalDouble average() { return new OptionalDouble(); }
        public boolean anyMatch(LongPredicate f) { return f.test(0); }
        public boolean allMatch(LongPredicate f) { return f.test(0); }
        public boolean noneMatch(LongPredicate f) { return f.test(0); }
        public OptionalLong findFirst() { return new OptionalLong(); }
        public OptionalLong findAny() { return new OptionalLong(); }
        public <R> R collect(Supplier<R> supplier, ObjLongConsumer<R> accumulator, BiConsumer<R, R> combiner) { R made = supplier.get(); accumulator.accept(made, 0); combiner.accept(made, made); return made; }
    }
}
public interface DoubleStream {
    DoubleStream filter(DoublePredicate f);
    DoubleStream map(DoubleUnaryOperator f);
    <U> Stream<U> mapToObj(DoubleFunction<? extends U> f);
    Stream<Double> boxed();
    IntStream mapToInt(DoubleToIntFunction f);
    LongStream mapToLong(DoubleToLongFunction f);
    DoubleStream flatMap(DoubleFunction<? extends DoubleStream> f);
    DoubleStream distinct();
    DoubleStream sorted();
    DoubleStream sequential();
    DoubleStream parallel();
    DoubleStream unordered();
    DoubleStream peek(DoubleConsumer f);
    DoubleStream limit(long n);
    DoubleStream skip(long n);
    DoubleStream takeWhile(DoublePredicate f);
    DoubleStream dropWhile(DoublePredicate f);
    void forEach(DoubleConsumer f);
    void forEachOrdered(DoubleConsumer f);
    double[] toArray();
    double reduce(double identity, DoubleBinaryOperator f);
    OptionalDouble reduce(DoubleBinaryOperator f);
    double sum();
    OptionalDouble min();
    OptionalDouble max();
    long count();
    OptionalDouble average();
    boolean anyMatch(DoublePredicate f);
    boolean allMatch(DoublePredicate f);
    boolean noneMatch(DoublePredicate f);
    OptionalDouble findFirst();
    OptionalDouble findAny();
    <R> R collect(Supplier<R> supplier, ObjDoubleConsumer<R> accumulator, BiConsumer<R, R> combiner);
    static DoubleStream of(double... all) { return new Model(); }
    static DoubleStream empty() { return new Model(); }
    static DoubleStream iterate(double seed, DoublePredicate more, DoubleUnaryOperator f) { more.test(0); f.applyAsDouble(0); return new Model(); }
    static DoubleStream generate(DoubleSupplier f) { f.getAsDouble(); return new Model(); }
    static DoubleStream iterate(double seed, DoubleUnaryOperator f) { f.applyAsDouble(0); return new Model(); }
    static DoubleStream concat(DoubleStream one, DoubleStream other) { return one; }
    class Model implements DoubleStream {
        public DoubleStream filter(DoublePredicate f) { f.test(0); return this; }
        public DoubleStream map(DoubleUnaryOperator f) { f.applyAsDouble(0); return this; }
        public <U> Stream<U> mapToObj(DoubleFunction<? extends U> f) { Stream.Model<U> made = new Stream.Model<U>(); made.element = f.apply(0); return made; }
        public Stream<Double> boxed() { return new Stream.Model<Double>(); }
        public IntStream mapToInt(DoubleToIntFunction f) { f.applyAsInt(0); return new IntStream.Model(); }
        public LongStream mapToLong(DoubleToLongFunction f) { f.applyAsLong(0); return new LongStream.Model(); }
        public DoubleStream flatMap(DoubleFunction<? extends DoubleStream> f) { f.apply(0); return this; }
        public DoubleStream distinct() { return this; }
        public DoubleStream sorted() { return this; }
        public DoubleStream sequential() { return this; }
        public DoubleStream parallel() { return this; }
        public DoubleStream unordered() { return this; }
        public DoubleStream peek(DoubleConsumer f) { f.accept(0); return this; }
        public DoubleStream limit(long n) { return this; }
        public DoubleStream skip(long n) { return this; }
        public DoubleStream takeWhile(DoublePredicate f) { f.test(0); return this; }
        public DoubleStream dropWhile(DoublePredicate f) { f.test(0); return this; }
        public void forEach(DoubleConsumer f) { f.accept(0); }
        public void forEachOrdered(DoubleConsumer f) { f.accept(0); }
        public double[] toArray() { return null; }
        public double reduce(double identity, DoubleBinaryOperator f) { return f.applyAsDouble(0, 0); }
        public OptionalDouble reduce(DoubleBinaryOperator f) { f.applyAsDouble(0, 0); return new OptionalDouble(); }
        public double sum() { return 0; }
        public OptionalDouble min() { return new OptionalDouble(); }
        public OptionalDouble max() { return new OptionalDouble(); }
        public long count() { return 0; }
        public OptionalDouble average() { return new OptionalDouble(); }
        public boolean anyMatch(DoublePredicate f) { return f.test(0); }
        public boolean allMatch(DoublePredicate f) { return f.test(0); }
        public boolean noneMatch(DoublePredicate f) { return f.test(0); }
        public OptionalDouble findFirst() { return new OptionalDouble(); }
        public OptionalDouble findAny() { return new OptionalDouble(); }
        public <R> R collect(Supplier<R> supplier, ObjDoubleConsumer<R> accumulator, BiConsumer<R, R> combiner) { R made = supplier.get(); accumulator.accept(made, 0); combiner.accept(made, made); return made; }
    }
}
