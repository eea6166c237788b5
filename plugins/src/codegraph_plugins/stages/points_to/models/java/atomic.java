package java.util.concurrent.atomic;

import java.util.function.*;

public class AtomicReference<V> {
    private V value;
    public AtomicReference() {}
    public AtomicReference(V value) { this.value = value; }
    public final V get() { return value; }
    public final void set(V value) { this.value = value; }
    public final boolean compareAndSet(V old, V value) { this.value = value; return false; }
    public final V getAndSet(V value) { this.value = value; return this.value; }
    public final V updateAndGet(UnaryOperator<V> f) { this.value = f.apply(value); return value; }
    public final V getAndUpdate(UnaryOperator<V> f) { this.value = f.apply(value); return value; }
    public final V accumulateAndGet(V other, BinaryOperator<V> f) { this.value = f.apply(value, other); return value; }
}
public class AtomicInteger extends Number { public AtomicInteger() {} public AtomicInteger(int value) {} public final int get() { return 0; } public final void set(int value) {} public final int incrementAndGet() { return 0; } public final int getAndIncrement() { return 0; } public final int decrementAndGet() { return 0; } public final int getAndDecrement() { return 0; } public final int addAndGet(int value) { return 0; } public final int getAndAdd(int value) { return 0; } public final boolean compareAndSet(int old, int value) { return false; } public final int updateAndGet(IntUnaryOperator f) { return f.applyAsInt(0); } public final int getAndUpdate(IntUnaryOperator f) { return f.applyAsInt(0); } public final int accumulateAndGet(int value, IntBinaryOperator f) { return f.applyAsInt(0, value); } public final int getAndAccumulate(int value, IntBinaryOperator f) { return f.applyAsInt(0, value); } public final int getAndSet(int value) { return 0; } public int intValue() { return 0; } public long longValue() { return 0; } public float floatValue() { return 0; } public double doubleValue() { return 0; } }
public class AtomicLong extends Number { public AtomicLong() {} public AtomicLong(long value) {} public final long get() { return 0; } public final void set(long value) {} public final long incrementAndGet() { return 0; } public final long getAndIncrement() { return 0; } public final long decrementAndGet() { return 0; } public final long addAndGet(long value) { return 0; } public final long updateAndGet(LongUnaryOperator f) { return f.applyAsLong(0); } public final long getAndUpdate(LongUnaryOperator f) { return f.applyAsLong(0); } public final long accumulateAndGet(long value, LongBinaryOperator f) { return f.applyAsLong(0, value); } public final long getAndAccumulate(long value, LongBinaryOperator f) { return f.applyAsLong(0, value); } public final long getAndAdd(long value) { return 0; } public final boolean compareAndSet(long old, long value) { return false; } public int intValue() { return 0; } public long longValue() { return 0; } public float floatValue() { return 0; } public double doubleValue() { return 0; } }
public class AtomicBoolean { public AtomicBoolean() {} public AtomicBoolean(boolean value) {} public final boolean get() { return false; } public final void set(boolean value) {} public final boolean compareAndSet(boolean old, boolean value) { return false; } public final boolean getAndSet(boolean value) { return false; } }
public class AtomicReferenceArray<E> { private E value; public AtomicReferenceArray(int length) {} public AtomicReferenceArray(E[] values) { this.value = values[0]; } public final E get(int at) { return value; } public final void set(int at, E value) { this.value = value; } public final boolean compareAndSet(int at, E old, E value) { this.value = value; return false; } public final E getAndSet(int at, E value) { this.value = value; return this.value; } public final E updateAndGet(int at, UnaryOperator<E> f) { this.value = f.apply(value); return value; } public final int length() { return 0; } }
