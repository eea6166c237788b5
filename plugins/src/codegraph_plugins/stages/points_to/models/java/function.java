// java.util.function: all of it, for lambdas get their types from here.
package java.util.function;

import java.util.Comparator;

public interface Function<T, R> {
    R apply(T value);
    default <V> Function<V, R> compose(Function<? super V, ? extends T> before) { return (V v) -> this.apply(before.apply(v)); }
    default <V> Function<T, V> andThen(Function<? super R, ? extends V> after) { return (T t) -> after.apply(this.apply(t)); }
    static <T> Function<T, T> identity() { return t -> t; }
}
public interface BiFunction<T, U, R> {
    R apply(T one, U other);
    default <V> BiFunction<T, U, V> andThen(Function<? super R, ? extends V> after) { return (T t, U u) -> after.apply(this.apply(t, u)); }
}
public interface UnaryOperator<T> extends Function<T, T> { static <T> UnaryOperator<T> identity() { return t -> t; } }
public interface BinaryOperator<T> extends BiFunction<T, T, T> {
    static <T> BinaryOperator<T> minBy(Comparator<? super T> order) { return (a, b) -> { order.compare(a, b); return a != null ? a : b; }; }
    static <T> BinaryOperator<T> maxBy(Comparator<? super T> order) { return (a, b) -> { order.compare(a, b); return a != null ? a : b; }; }
}
public interface Supplier<T> { T get(); }
public interface Consumer<T> {
    void accept(T value);
    default Consumer<T> andThen(Consumer<? super T> after) { return (T t) -> { this.accept(t); after.accept(t); }; }
}
public interface BiConsumer<T, U> {
    void accept(T one, U other);
    default BiConsumer<T, U> andThen(BiConsumer<? super T, ? super U> after) { return (T t, U u) -> { this.accept(t, u); after.accept(t, u); }; }
}
public interface Predicate<T> {
    boolean test(T value);
    default Predicate<T> and(Predicate<? super T> other) { return (T t) -> this.test(t) && other.test(t); }
    default Predicate<T> or(Predicate<? super T> other) { return (T t) -> this.test(t) || other.test(t); }
    default Predicate<T> negate() { return (T t) -> !this.test(t); }
    static <T> Predicate<T> not(Predicate<? super T> target) { return (T t) -> !target.test(t); }
    static <T> Predicate<T> isEqual(Object target) { return t -> false; }
}
public interface BiPredicate<T, U> {
    boolean test(T one, U other);
    default BiPredicate<T, U> or(BiPredicate<? super T, ? super U> other) { return (T t, U u) -> this.test(t, u) || other.test(t, u); }
    default BiPredicate<T, U> and(BiPredicate<? super T, ? super U> other) { return (T t, U u) -> this.test(t, u) && other.test(t, u); }
    default BiPredicate<T, U> negate() { return (T t, U u) -> !this.test(t, u); }
}
public interface BooleanSupplier { boolean getAsBoolean(); }
public interface IntSupplier { int getAsInt(); }
public interface IntConsumer { void accept(int value); default IntConsumer andThen(IntConsumer after) { return (int t) -> { this.accept(t); after.accept(t); }; } }
public interface IntPredicate { boolean test(int value); default IntPredicate negate() { return (int t) -> !this.test(t); } default IntPredicate and(IntPredicate other) { return (int t) -> this.test(t) && other.test(t); } default IntPredicate or(IntPredicate other) { return (int t) -> this.test(t) || other.test(t); } }
public interface IntFunction<R> { R apply(int value); }
public interface IntUnaryOperator { int applyAsInt(int value); default IntUnaryOperator andThen(IntUnaryOperator after) { return (int t) -> after.applyAsInt(this.applyAsInt(t)); } default IntUnaryOperator compose(IntUnaryOperator before) { return (int t) -> this.applyAsInt(before.applyAsInt(t)); } static IntUnaryOperator identity() { return t -> t; } }
public interface IntBinaryOperator { int applyAsInt(int one, int other); }
public interface ToIntFunction<T> { int applyAsInt(T value); }
public interface ToIntBiFunction<T, U> { int applyAsInt(T one, U other); }
public interface ObjIntConsumer<T> { void accept(T one, int other); }
public interface IntToLongFunction { long applyAsLong(int value); }
public interface IntToDoubleFunction { double applyAsDouble(int value); }
public interface LongSupplier { long getAsLong(); }
public interface LongConsumer { void accept(long value); default LongConsumer andThen(LongConsumer after) { return (long t) -> { this.accept(t); after.accept(t); }; } }
public interface LongPredicate { boolean test(long value); default LongPredicate negate() { return (long t) -> !this.test(t); } default LongPredicate and(LongPredicate other) { return (long t) -> this.test(t) && other.test(t); } default LongPredicate or(LongPredicate other) { return (long t) -> this.test(t) || other.test(t); } }
public interface LongFunction<R> { R apply(long value); }
public interface LongUnaryOperator { long applyAsLong(long value); default LongUnaryOperator andThen(LongUnaryOperator after) { return (long t) -> after.applyAsLong(this.applyAsLong(t)); } default LongUnaryOperator compose(LongUnaryOperator before) { return (long t) -> this.applyAsLong(before.applyAsLong(t)); } static LongUnaryOperator identity() { return t -> t; } }
public interface LongBinaryOperator { long applyAsLong(long one, long other); }
public interface ToLongFunction<T> { long applyAsLong(T value); }
public interface ToLongBiFunction<T, U> { long applyAsLong(T one, U other); }
public interface ObjLongConsumer<T> { void accept(T one, long other); }
public interface LongToIntFunction { int applyAsInt(long value); }
public interface LongToDoubleFunction { double applyAsDouble(long value); }
public interface DoubleSupplier { double getAsDouble(); }
public interface DoubleConsumer { void accept(double value); default DoubleConsumer andThen(DoubleConsumer after) { return (double t) -> { this.accept(t); after.accept(t); }; } }
public interface DoublePredicate { boolean test(double value); default DoublePredicate negate() { return (double t) -> !this.test(t); } default DoublePredicate and(DoublePredicate other) { return (double t) -> this.test(t) && other.test(t); } default DoublePredicate or(DoublePredicate other) { return (double t) -> this.test(t) || other.test(t); } }
public interface DoubleFunction<R> { R apply(double value); }
public interface DoubleUnaryOperator { double applyAsDouble(double value); default DoubleUnaryOperator andThen(DoubleUnaryOperator after) { return (double t) -> after.applyAsDouble(this.applyAsDouble(t)); } default DoubleUnaryOperator compose(DoubleUnaryOperator before) { return (double t) -> this.applyAsDouble(before.applyAsDouble(t)); } static DoubleUnaryOperator identity() { return t -> t; } }
public interface DoubleBinaryOperator { double applyAsDouble(double one, double other); }
public interface ToDoubleFunction<T> { double applyAsDouble(T value); }
public interface ToDoubleBiFunction<T, U> { double applyAsDouble(T one, U other); }
public interface ObjDoubleConsumer<T> { void accept(T one, double other); }
public interface DoubleToIntFunction { int applyAsInt(double value); }
public interface DoubleToLongFunction { long applyAsLong(double value); }
