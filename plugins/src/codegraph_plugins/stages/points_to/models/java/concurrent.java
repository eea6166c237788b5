// java.util.concurrent: tasks are run where they are handed over.
package java.util.concurrent;

import java.util.*;
import java.util.function.*;

public interface Executor { void execute(Runnable task); }
public interface Callable<V> { V call() throws Exception; }
public interface Future<V> { V get(); V get(long time, TimeUnit unit); boolean cancel(boolean interrupt); boolean isDone(); boolean isCancelled(); }
public interface ScheduledFuture<V> extends Future<V> {}
public interface RunnableFuture<V> extends Runnable, Future<V> {}
public interface ThreadFactory { Thread newThread(Runnable task); }
public class FutureTask<V> implements RunnableFuture<V>, ScheduledFuture<V> {
    V value;
    private Callable<V> task;
    private Runnable action;
    FutureTask() {}
    public FutureTask(Callable<V> task) { this.task = task; }
    public FutureTask(Runnable action, V value) { this.action = action; this.value = value; }
    public void run() { this.value = task.call(); action.run(); this.done(); }
    protected void done() {}
    public V get() { return value; }
    public V get(long time, TimeUnit unit) { return value; }
    public boolean cancel(boolean interrupt) { return false; }
    public boolean isDone() { return false; }
    public boolean isCancelled() { return false; }
}
public interface ExecutorService extends Executor, AutoCloseable {
    void shutdown();
    List<Runnable> shutdownNow();
    boolean isShutdown();
    boolean isTerminated();
    boolean awaitTermination(long time, TimeUnit unit);
    <T> Future<T> submit(Callable<T> task);
    <T> Future<T> submit(Runnable task, T result);
    Future<?> submit(Runnable task);
    <T> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks);
    <T> T invokeAny(Collection<? extends Callable<T>> tasks);
    void close();
}
public interface ScheduledExecutorService extends ExecutorService {
    ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit);
    <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit);
    ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long first, long period, TimeUnit unit);
    ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long first, long delay, TimeUnit unit);
}
public abstract class AbstractExecutorService implements ExecutorService {
    public <T> Future<T> submit(Callable<T> task) { FutureTask<T> made = new FutureTask<T>(); made.value = task.call(); return made; }
    public <T> Future<T> submit(Runnable task, T result) { FutureTask<T> made = new FutureTask<T>(); made.value = result; this.execute(task); return made; }
    public Future<?> submit(Runnable task) { this.execute(task); return new FutureTask<Object>(); }
    public <T> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks) { ArrayList<Future<T>> made = new ArrayList<Future<T>>(); for (Callable<T> task : tasks) { made.add(this.submit(task)); } return made; }
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks) { for (Callable<T> task : tasks) { return task.call(); } return null; }
}
public class ThreadPoolExecutor extends AbstractExecutorService {
    ThreadPoolExecutor() {}
    public ThreadPoolExecutor(int core, int most, long alive, TimeUnit unit, BlockingQueue<Runnable> queue) {}
    public ThreadPoolExecutor(int core, int most, long alive, TimeUnit unit, BlockingQueue<Runnable> queue, ThreadFactory factory) { factory.newThread(null); }
    protected void beforeExecute(Thread thread, Runnable task) {}
    protected void afterExecute(Runnable task, Throwable thrown) {}
    public void execute(Runnable task) { this.beforeExecute(null, task); task.run(); this.afterExecute(task, null); }
    public void shutdown() {}
    public List<Runnable> shutdownNow() { return new ArrayList<Runnable>(); }
    public boolean isShutdown() { return false; }
    public boolean isTerminated() { return false; }
    public boolean awaitTermination(long time, TimeUnit unit) { return false; }
    public void close() {}
}
public class ScheduledThreadPoolExecutor extends ThreadPoolExecutor implements ScheduledExecutorService {
    ScheduledThreadPoolExecutor() {}
    public ScheduledThreadPoolExecutor(int core) {}
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) { task.run(); return new FutureTask<Object>(); }
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) { FutureTask<V> made = new FutureTask<V>(); made.value = task.call(); return made; }
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long first, long period, TimeUnit unit) { task.run(); return new FutureTask<Object>(); }
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long first, long delay, TimeUnit unit) { task.run(); return new FutureTask<Object>(); }
}
public class ForkJoinPool extends ThreadPoolExecutor { public ForkJoinPool() {} public ForkJoinPool(int size) {} public static ForkJoinPool commonPool() { return new ForkJoinPool(); } public <T> T invoke(ForkJoinTask<T> task) { return task.invoke(); } }
public abstract class ForkJoinTask<V> implements Future<V> { protected abstract V run(); public final V invoke() { return this.run(); } public final ForkJoinTask<V> fork() { this.run(); return this; } public final V join() { return this.run(); } public V get() { return this.run(); } public V get(long time, TimeUnit unit) { return this.run(); } public boolean cancel(boolean interrupt) { return false; } public boolean isDone() { return false; } public boolean isCancelled() { return false; } }
public abstract class RecursiveTask<V> extends ForkJoinTask<V> { protected abstract V compute(); protected V run() { return this.compute(); } }
public abstract class RecursiveAction extends ForkJoinTask<Void> { protected abstract void compute(); protected Void run() { this.compute(); return null; } }
public class Executors {
    public static ExecutorService newFixedThreadPool(int size) { return new ThreadPoolExecutor(); }
    public static ExecutorService newFixedThreadPool(int size, ThreadFactory factory) { factory.newThread(null); return new ThreadPoolExecutor(); }
    public static ExecutorService newCachedThreadPool() { return new ThreadPoolExecutor(); }
    public static ExecutorService newSingleThreadExecutor() { return new ThreadPoolExecutor(); }
    public static ExecutorService newSingleThreadExecutor(ThreadFactory factory) { factory.newThread(null); return new ThreadPoolExecutor(); }
    public static ExecutorService newWorkStealingPool() { return new ThreadPoolExecutor(); }
    public static ScheduledExecutorService newScheduledThreadPool(int size) { return new ScheduledThreadPoolExecutor(); }
    public static ScheduledExecutorService newSingleThreadScheduledExecutor() { return new ScheduledThreadPoolExecutor(); }
    public static ExecutorService newCachedThreadPool(ThreadFactory factory) { factory.newThread(null); return new ThreadPoolExecutor(); }
    public static ExecutorService newWorkStealingPool(int size) { return new ThreadPoolExecutor(); }
    public static ExecutorService newVirtualThreadPerTaskExecutor() { return new ThreadPoolExecutor(); }
    public static ScheduledExecutorService newScheduledThreadPool(int size, ThreadFactory factory) { factory.newThread(null); return new ScheduledThreadPoolExecutor(); }
    public static ScheduledExecutorService newSingleThreadScheduledExecutor(ThreadFactory factory) { factory.newThread(null); return new ScheduledThreadPoolExecutor(); }
    public static ExecutorService unconfigurableExecutorService(ExecutorService pool) { return pool; }
    public static Callable<Object> callable(Runnable task) { return () -> { task.run(); return null; }; }
    public static ThreadFactory defaultThreadFactory() { return task -> new Thread(task); }
    public static <T> Callable<T> callable(Runnable task, T result) { return () -> { task.run(); return result; }; }
}
public interface CompletionStage<T> {
    CompletableFuture<T> toCompletableFuture();
    <U> CompletionStage<U> thenApply(Function<? super T, ? extends U> f);
    <U> CompletionStage<U> thenApplyAsync(Function<? super T, ? extends U> f);
    <U> CompletionStage<U> thenApplyAsync(Function<? super T, ? extends U> f, Executor executor);
    CompletionStage<Void> thenAccept(Consumer<? super T> f);
    CompletionStage<Void> thenAcceptAsync(Consumer<? super T> f);
    CompletionStage<Void> thenAcceptAsync(Consumer<? super T> f, Executor executor);
    CompletionStage<Void> thenRun(Runnable f);
    CompletionStage<Void> thenRunAsync(Runnable f);
    CompletionStage<Void> thenRunAsync(Runnable f, Executor executor);
    <U, V> CompletionStage<V> thenCombine(CompletionStage<? extends U> other, BiFunction<? super T, ? super U, ? extends V> f);
    <U, V> CompletionStage<V> thenCombineAsync(CompletionStage<? extends U> other, BiFunction<? super T, ? super U, ? extends V> f);
    <U, V> CompletionStage<V> thenCombineAsync(CompletionStage<? extends U> other, BiFunction<? super T, ? super U, ? extends V> f, Executor executor);
    <U> CompletionStage<Void> thenAcceptBoth(CompletionStage<? extends U> other, BiConsumer<? super T, ? super U> f);
    <U> CompletionStage<Void> thenAcceptBothAsync(CompletionStage<? extends U> other, BiConsumer<? super T, ? super U> f);
    <U> CompletionStage<Void> thenAcceptBothAsync(CompletionStage<? extends U> other, BiConsumer<? super T, ? super U> f, Executor executor);
    CompletionStage<Void> runAfterBoth(CompletionStage<?> other, Runnable f);
    CompletionStage<Void> runAfterBothAsync(CompletionStage<?> other, Runnable f);
    CompletionStage<Void> runAfterBothAsync(CompletionStage<?> other, Runnable f, Executor executor);
    <U> CompletionStage<U> applyToEither(CompletionStage<? extends T> other, Function<? super T, U> f);
    <U> CompletionStage<U> applyToEitherAsync(CompletionStage<? extends T> other, Function<? super T, U> f);
    <U> CompletionStage<U> applyToEitherAsync(CompletionStage<? extends T> other, Function<? super T, U> f, Executor executor);
    CompletionStage<Void> acceptEither(CompletionStage<? extends T> other, Consumer<? super T> f);
    CompletionStage<Void> acceptEitherAsync(CompletionStage<? extends T> other, Consumer<? super T> f);
    CompletionStage<Void> acceptEitherAsync(CompletionStage<? extends T> other, Consumer<? super T> f, Executor executor);
    CompletionStage<Void> runAfterEither(CompletionStage<?> other, Runnable f);
    CompletionStage<Void> runAfterEitherAsync(CompletionStage<?> other, Runnable f);
    CompletionStage<Void> runAfterEitherAsync(CompletionStage<?> other, Runnable f, Executor executor);
    <U> CompletionStage<U> thenCompose(Function<? super T, ? extends CompletionStage<U>> f);
    <U> CompletionStage<U> thenComposeAsync(Function<? super T, ? extends CompletionStage<U>> f);
    <U> CompletionStage<U> thenComposeAsync(Function<? super T, ? extends CompletionStage<U>> f, Executor executor);
    <U> CompletionStage<U> handle(BiFunction<? super T, Throwable, ? extends U> f);
    <U> CompletionStage<U> handleAsync(BiFunction<? super T, Throwable, ? extends U> f);
    <U> CompletionStage<U> handleAsync(BiFunction<? super T, Throwable, ? extends U> f, Executor executor);
    CompletionStage<T> whenComplete(BiConsumer<? super T, ? super Throwable> f);
    CompletionStage<T> whenCompleteAsync(BiConsumer<? super T, ? super Throwable> f);
    CompletionStage<T> whenCompleteAsync(BiConsumer<? super T, ? super Throwable> f, Executor executor);
    CompletionStage<T> exceptionally(Function<Throwable, ? extends T> f);
    CompletionStage<T> exceptionallyAsync(Function<Throwable, ? extends T> f);
    CompletionStage<T> exceptionallyAsync(Function<Throwable, ? extends T> f, Executor executor);
    CompletionStage<T> exceptionallyCompose(Function<Throwable, ? extends CompletionStage<T>> f);
    CompletionStage<T> exceptionallyComposeAsync(Function<Throwable, ? extends CompletionStage<T>> f);
    CompletionStage<T> exceptionallyComposeAsync(Function<Throwable, ? extends CompletionStage<T>> f, Executor executor);
}
public class CompletableFuture<T> implements Future<T>, CompletionStage<T> {
    T value;
    Throwable thrown;
    public CompletableFuture() {}
    // What a supplier throws is what later stages are given.
    private static <U> CompletableFuture<U> run(Supplier<U> supplier) {
        CompletableFuture<U> made = new CompletableFuture<U>();
        try { made.value = supplier.get(); } catch (Throwable thrown) { made.thrown = thrown; }
        return made;
    }
    public static <U> CompletableFuture<U> supplyAsync(Supplier<U> supplier) { return run(supplier); }
    public static <U> CompletableFuture<U> supplyAsync(Supplier<U> supplier, Executor executor) { return run(supplier); }
    public static CompletableFuture<Void> runAsync(Runnable task) { task.run(); return new CompletableFuture<Void>(); }
    public static CompletableFuture<Void> runAsync(Runnable task, Executor executor) { task.run(); return new CompletableFuture<Void>(); }
    public static <U> CompletableFuture<U> completedFuture(U value) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = value; return made; }
    public static <U> CompletionStage<U> completedStage(U value) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = value; return made; }
    public static <U> CompletableFuture<U> failedFuture(Throwable thrown) { CompletableFuture<U> made = new CompletableFuture<U>(); made.thrown = thrown; return made; }
    public static <U> CompletionStage<U> failedStage(Throwable thrown) { CompletableFuture<U> made = new CompletableFuture<U>(); made.thrown = thrown; return made; }
    public static CompletableFuture<Void> allOf(CompletableFuture<?>... all) { return new CompletableFuture<Void>(); }
    public static CompletableFuture<Object> anyOf(CompletableFuture<?>... all) { CompletableFuture<Object> made = new CompletableFuture<Object>(); made.value = all[0].join(); return made; }
    private T value() { return value; }
    public T get() { return value; }
    public T get(long time, TimeUnit unit) { return value; }
    public T join() { return value; }
    public T getNow(T other) { return value != null ? value : other; }
    public boolean complete(T value) { this.value = value; return false; }
    public boolean completeExceptionally(Throwable thrown) { this.thrown = thrown; return false; }
    public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier) { this.value = supplier.get(); return this; }
    public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) { this.value = supplier.get(); return this; }
    public CompletableFuture<T> completeOnTimeout(T value, long time, TimeUnit unit) { this.value = value; return this; }
    public CompletableFuture<T> orTimeout(long time, TimeUnit unit) { return this; }
    public CompletableFuture<T> copy() { return this; }
    public boolean cancel(boolean interrupt) { return false; }
    public boolean isDone() { return false; }
    public boolean isCancelled() { return false; }
    public boolean isCompletedExceptionally() { return false; }
    public CompletableFuture<T> toCompletableFuture() { return this; }
    public <U> CompletableFuture<U> thenApply(Function<? super T, ? extends U> f) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(this.value()); return made; }
    public <U> CompletableFuture<U> thenApplyAsync(Function<? super T, ? extends U> f) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(this.value()); return made; }
    public <U> CompletableFuture<U> thenApplyAsync(Function<? super T, ? extends U> f, Executor executor) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(this.value()); return made; }
    public CompletableFuture<Void> thenAccept(Consumer<? super T> f) { f.accept(this.value()); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> thenAcceptAsync(Consumer<? super T> f) { f.accept(this.value()); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> thenAcceptAsync(Consumer<? super T> f, Executor executor) { f.accept(this.value()); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> thenRun(Runnable f) { f.run(); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> thenRunAsync(Runnable f) { f.run(); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> thenRunAsync(Runnable f, Executor executor) { f.run(); return new CompletableFuture<Void>(); }
    public <U, V> CompletableFuture<V> thenCombine(CompletionStage<? extends U> other, BiFunction<? super T, ? super U, ? extends V> f) { CompletableFuture<V> made = new CompletableFuture<V>(); made.value = f.apply(this.value(), other.toCompletableFuture().join()); return made; }
    public <U, V> CompletableFuture<V> thenCombineAsync(CompletionStage<? extends U> other, BiFunction<? super T, ? super U, ? extends V> f) { CompletableFuture<V> made = new CompletableFuture<V>(); made.value = f.apply(this.value(), other.toCompletableFuture().join()); return made; }
    public <U, V> CompletableFuture<V> thenCombineAsync(CompletionStage<? extends U> other, BiFunction<? super T, ? super U, ? extends V> f, Executor executor) { CompletableFuture<V> made = new CompletableFuture<V>(); made.value = f.apply(this.value(), other.toCompletableFuture().join()); return made; }
    public <U> CompletableFuture<Void> thenAcceptBoth(CompletionStage<? extends U> other, BiConsumer<? super T, ? super U> f) { f.accept(this.value(), other.toCompletableFuture().join()); return new CompletableFuture<Void>(); }
    public <U> CompletableFuture<Void> thenAcceptBothAsync(CompletionStage<? extends U> other, BiConsumer<? super T, ? super U> f) { f.accept(this.value(), other.toCompletableFuture().join()); return new CompletableFuture<Void>(); }
    public <U> CompletableFuture<Void> thenAcceptBothAsync(CompletionStage<? extends U> other, BiConsumer<? super T, ? super U> f, Executor executor) { f.accept(this.value(), other.toCompletableFuture().join()); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> runAfterBoth(CompletionStage<?> other, Runnable f) { f.run(); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> runAfterBothAsync(CompletionStage<?> other, Runnable f) { f.run(); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> runAfterBothAsync(CompletionStage<?> other, Runnable f, Executor executor) { f.run(); return new CompletableFuture<Void>(); }
    public <U> CompletableFuture<U> applyToEither(CompletionStage<? extends T> other, Function<? super T, U> f) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(this.value()); made.value = f.apply(other.toCompletableFuture().join()); return made; }
    public <U> CompletableFuture<U> applyToEitherAsync(CompletionStage<? extends T> other, Function<? super T, U> f) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(this.value()); made.value = f.apply(other.toCompletableFuture().join()); return made; }
    public <U> CompletableFuture<U> applyToEitherAsync(CompletionStage<? extends T> other, Function<? super T, U> f, Executor executor) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(this.value()); made.value = f.apply(other.toCompletableFuture().join()); return made; }
    public CompletableFuture<Void> acceptEither(CompletionStage<? extends T> other, Consumer<? super T> f) { f.accept(this.value()); f.accept(other.toCompletableFuture().join()); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> acceptEitherAsync(CompletionStage<? extends T> other, Consumer<? super T> f) { f.accept(this.value()); f.accept(other.toCompletableFuture().join()); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> acceptEitherAsync(CompletionStage<? extends T> other, Consumer<? super T> f, Executor executor) { f.accept(this.value()); f.accept(other.toCompletableFuture().join()); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> runAfterEither(CompletionStage<?> other, Runnable f) { f.run(); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> runAfterEitherAsync(CompletionStage<?> other, Runnable f) { f.run(); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> runAfterEitherAsync(CompletionStage<?> other, Runnable f, Executor executor) { f.run(); return new CompletableFuture<Void>(); }
    public <U> CompletableFuture<U> thenCompose(Function<? super T, ? extends CompletionStage<U>> f) { return f.apply(this.value()).toCompletableFuture(); }
    public <U> CompletableFuture<U> thenComposeAsync(Function<? super T, ? extends CompletionStage<U>> f) { return f.apply(this.value()).toCompletableFuture(); }
    public <U> CompletableFuture<U> thenComposeAsync(Function<? super T, ? extends CompletionStage<U>> f, Executor executor) { return f.apply(this.value()).toCompletableFuture(); }
    public <U> CompletableFuture<U> handle(BiFunction<? super T, Throwable, ? extends U> f) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(this.value(), thrown); return made; }
    public <U> CompletableFuture<U> handleAsync(BiFunction<? super T, Throwable, ? extends U> f) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(this.value(), thrown); return made; }
    public <U> CompletableFuture<U> handleAsync(BiFunction<? super T, Throwable, ? extends U> f, Executor executor) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(this.value(), thrown); return made; }
    public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> f) { f.accept(this.value(), thrown); return this; }
    public CompletableFuture<T> whenCompleteAsync(BiConsumer<? super T, ? super Throwable> f) { f.accept(this.value(), thrown); return this; }
    public CompletableFuture<T> whenCompleteAsync(BiConsumer<? super T, ? super Throwable> f, Executor executor) { f.accept(this.value(), thrown); return this; }
    public CompletableFuture<T> exceptionally(Function<Throwable, ? extends T> f) { this.value = f.apply(thrown); return this; }
    public CompletableFuture<T> exceptionallyAsync(Function<Throwable, ? extends T> f) { this.value = f.apply(thrown); return this; }
    public CompletableFuture<T> exceptionallyAsync(Function<Throwable, ? extends T> f, Executor executor) { this.value = f.apply(thrown); return this; }
    public CompletableFuture<T> exceptionallyCompose(Function<Throwable, ? extends CompletionStage<T>> f) { this.value = f.apply(thrown).toCompletableFuture().join(); return this; }
    public CompletableFuture<T> exceptionallyComposeAsync(Function<Throwable, ? extends CompletionStage<T>> f) { this.value = f.apply(thrown).toCompletableFuture().join(); return this; }
    public CompletableFuture<T> exceptionallyComposeAsync(Function<Throwable, ? extends CompletionStage<T>> f, Executor executor) { this.value = f.apply(thrown).toCompletableFuture().join(); return this; }
}
public enum TimeUnit { NANOSECONDS, MICROSECONDS, MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS; public long toMillis(long d) { return 0; } public long toNanos(long d) { return 0; } public long toSeconds(long d) { return 0; } public long convert(long d, TimeUnit unit) { return 0; } public void sleep(long d) {} }
public interface ConcurrentMap<K, V> extends Map<K, V> {}
public class ConcurrentHashMap<K, V> extends HashMap<K, V> implements ConcurrentMap<K, V> {
    public ConcurrentHashMap() {}
    public ConcurrentHashMap(int capacity) {}
    public ConcurrentHashMap(int capacity, float load) {}
    public ConcurrentHashMap(int capacity, float load, int level) {}
    public ConcurrentHashMap(Map<? extends K, ? extends V> other) { super(other); }
    public static <T> Set<T> newKeySet() { return new HashSet<T>(); }
    public Enumeration<K> keys() { return new ElementIterator<K>(key); }
    public Enumeration<V> elements() { return new ElementIterator<V>(value); }
    public void forEach(long level, BiConsumer<? super K, ? super V> f) { f.accept(key, value); }
    public <U> void forEach(long level, BiFunction<? super K, ? super V, ? extends U> f, Consumer<? super U> g) { g.accept(f.apply(key, value)); }
    public void forEachKey(long level, Consumer<? super K> f) { f.accept(key); }
    public void forEachValue(long level, Consumer<? super V> f) { f.accept(value); }
    public <U> U search(long level, BiFunction<? super K, ? super V, ? extends U> f) { return f.apply(key, value); }
    public <U> U searchKeys(long level, Function<? super K, ? extends U> f) { return f.apply(key); }
    public <U> U searchValues(long level, Function<? super V, ? extends U> f) { return f.apply(value); }
    public <U> U reduce(long level, BiFunction<? super K, ? super V, ? extends U> f, BiFunction<? super U, ? super U, ? extends U> g) { U one = f.apply(key, value); return g.apply(one, one); }
    public K reduceKeys(long level, BiFunction<? super K, ? super K, ? extends K> g) { return g.apply(key, key); }
    public <U> U reduceKeys(long level, Function<? super K, ? extends U> f, BiFunction<? super U, ? super U, ? extends U> g) { U one = f.apply(key); return g.apply(one, one); }
    public V reduceValues(long level, BiFunction<? super V, ? super V, ? extends V> g) { return g.apply(value, value); }
    public <U> U reduceValues(long level, Function<? super V, ? extends U> f, BiFunction<? super U, ? super U, ? extends U> g) { U one = f.apply(value); return g.apply(one, one); }
}
public class ConcurrentSkipListMap<K, V> extends TreeMap<K, V> implements ConcurrentMap<K, V> { public ConcurrentSkipListMap() {} }
public class CopyOnWriteArrayList<E> extends ArrayList<E> { public CopyOnWriteArrayList() {} public CopyOnWriteArrayList(Collection<? extends E> other) { super(other); } }
public class CopyOnWriteArraySet<E> extends HashSet<E> { public CopyOnWriteArraySet() {} }
public interface BlockingQueue<E> extends Queue<E> { void put(E element); E take(); E poll(long time, TimeUnit unit); boolean offer(E element, long time, TimeUnit unit); }
public class LinkedBlockingQueue<E> extends LinkedList<E> implements BlockingQueue<E> { public LinkedBlockingQueue() {} public LinkedBlockingQueue(int capacity) {} public void put(E element) { this.element = element; } public E take() { return element; } public E poll(long time, TimeUnit unit) { return element; } public boolean offer(E element, long time, TimeUnit unit) { this.element = element; return false; } }
public class ArrayBlockingQueue<E> extends LinkedBlockingQueue<E> { public ArrayBlockingQueue(int capacity) {} }
public class ConcurrentLinkedQueue<E> extends LinkedList<E> { public ConcurrentLinkedQueue() {} }
public class ConcurrentLinkedDeque<E> extends LinkedList<E> { public ConcurrentLinkedDeque() {} }
public class CountDownLatch { public CountDownLatch(int count) {} public void await() {} public boolean await(long time, TimeUnit unit) { return false; } public void countDown() {} public long getCount() { return 0; } }
public class Semaphore { public Semaphore(int permits) {} public void acquire() {} public boolean tryAcquire() { return false; } public void release() {} }
public class ExecutionException extends Exception { public ExecutionException(Throwable cause) { super(cause); } public ExecutionException(String message, Throwable cause) { super(message, cause); } }
public class TimeoutException extends Exception { public TimeoutException() {} public TimeoutException(String message) { super(message); } }
public class CompletionException extends RuntimeException { public CompletionException(Throwable cause) { super(cause); } }
public class CyclicBarrier { private Runnable action; public CyclicBarrier(int parties) {} public CyclicBarrier(int parties, Runnable action) { this.action = action; } public int await() { action.run(); return 0; } public int await(long time, TimeUnit unit) { action.run(); return 0; } public void reset() {} }
public class PriorityBlockingQueue<E> extends PriorityQueue<E> implements BlockingQueue<E> { public PriorityBlockingQueue() {} public PriorityBlockingQueue(int capacity) {} public PriorityBlockingQueue(int capacity, Comparator<? super E> order) { super(order); } public PriorityBlockingQueue(Collection<? extends E> other) { super(other); } public void put(E element) { this.offer(element); } public boolean offer(E element, long time, TimeUnit unit) { return this.offer(element); } public E take() { return this.poll(); } public E poll(long time, TimeUnit unit) { return this.poll(); } }
public class LinkedBlockingDeque<E> extends ArrayDeque<E> implements BlockingQueue<E> { public LinkedBlockingDeque() {} public LinkedBlockingDeque(int capacity) {} public void put(E element) { this.add(element); } public boolean offer(E element, long time, TimeUnit unit) { return this.add(element); } public E take() { return this.poll(); } public E poll(long time, TimeUnit unit) { return this.poll(); } public E takeFirst() { return this.poll(); } public E takeLast() { return this.poll(); } public void putFirst(E element) { this.add(element); } public void putLast(E element) { this.add(element); } }
public interface CompletionService<V> { Future<V> submit(Callable<V> task); Future<V> submit(Runnable task, V result); Future<V> take(); Future<V> poll(); Future<V> poll(long time, TimeUnit unit); }
public class ExecutorCompletionService<V> implements CompletionService<V> { private Executor pool; private Future<V> done; public ExecutorCompletionService(Executor pool) { this.pool = pool; } public Future<V> submit(Callable<V> task) { FutureTask<V> made = new FutureTask<V>(task); pool.execute(made); this.done = made; return made; } public Future<V> submit(Runnable task, V result) { FutureTask<V> made = new FutureTask<V>(task, result); pool.execute(made); this.done = made; return made; } public Future<V> take() { return done; } public Future<V> poll() { return done; } public Future<V> poll(long time, TimeUnit unit) { return done; } }
