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
    public void run() { this.value = task.call(); action.run(); }
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
    public static ThreadFactory defaultThreadFactory() { return task -> new Thread(task); }
    public static <T> Callable<T> callable(Runnable task, T result) { return () -> { task.run(); return result; }; }
}
public interface CompletionStage<T> { CompletableFuture<T> toCompletableFuture(); }
public class CompletableFuture<T> implements Future<T>, CompletionStage<T> {
    T value;
    public CompletableFuture() {}
    public static <U> CompletableFuture<U> supplyAsync(Supplier<U> supplier) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = supplier.get(); return made; }
    public static <U> CompletableFuture<U> supplyAsync(Supplier<U> supplier, Executor executor) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = supplier.get(); return made; }
    public static CompletableFuture<Void> runAsync(Runnable task) { task.run(); return new CompletableFuture<Void>(); }
    public static CompletableFuture<Void> runAsync(Runnable task, Executor executor) { task.run(); return new CompletableFuture<Void>(); }
    public static <U> CompletableFuture<U> completedFuture(U value) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = value; return made; }
    public static CompletableFuture<Void> allOf(CompletableFuture<?>... all) { return new CompletableFuture<Void>(); }
    public static CompletableFuture<Object> anyOf(CompletableFuture<?>... all) { CompletableFuture<Object> made = new CompletableFuture<Object>(); made.value = all[0].join(); return made; }
    public T get() { return value; }
    public T get(long time, TimeUnit unit) { return value; }
    public T join() { return value; }
    public T getNow(T other) { return value != null ? value : other; }
    public boolean complete(T value) { this.value = value; return false; }
    public boolean completeExceptionally(Throwable thrown) { return false; }
    public boolean cancel(boolean interrupt) { return false; }
    public boolean isDone() { return false; }
    public boolean isCancelled() { return false; }
    public CompletableFuture<T> toCompletableFuture() { return this; }
    public <U> CompletableFuture<U> thenApply(Function<? super T, ? extends U> f) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(value); return made; }
    public <U> CompletableFuture<U> thenApplyAsync(Function<? super T, ? extends U> f) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(value); return made; }
    public CompletableFuture<Void> thenAccept(Consumer<? super T> f) { f.accept(value); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> thenAcceptAsync(Consumer<? super T> f) { f.accept(value); return new CompletableFuture<Void>(); }
    public CompletableFuture<Void> thenRun(Runnable f) { f.run(); return new CompletableFuture<Void>(); }
    public <U, V> CompletableFuture<V> thenCombine(CompletionStage<? extends U> other, BiFunction<? super T, ? super U, ? extends V> f) { CompletableFuture<V> made = new CompletableFuture<V>(); made.value = f.apply(value, other.toCompletableFuture().join()); return made; }
    public <U> CompletableFuture<U> thenCompose(Function<? super T, ? extends CompletionStage<U>> f) { return f.apply(value).toCompletableFuture(); }
    public <U> CompletableFuture<U> handle(BiFunction<? super T, Throwable, ? extends U> f) { CompletableFuture<U> made = new CompletableFuture<U>(); made.value = f.apply(value, null); return made; }
    public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> f) { f.accept(value, null); return this; }
    public CompletableFuture<T> exceptionally(Function<Throwable, ? extends T> f) { this.value = f.apply(null); return this; }
    public CompletableFuture<T> orTimeout(long time, TimeUnit unit) { return this; }
}
public enum TimeUnit { NANOSECONDS, MICROSECONDS, MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS; public long toMillis(long d) { return 0; } public long toNanos(long d) { return 0; } public long toSeconds(long d) { return 0; } public long convert(long d, TimeUnit unit) { return 0; } public void sleep(long d) {} }
public interface ConcurrentMap<K, V> extends Map<K, V> {}
public class ConcurrentHashMap<K, V> extends HashMap<K, V> implements ConcurrentMap<K, V> { public ConcurrentHashMap() {} public ConcurrentHashMap(int capacity) {} public ConcurrentHashMap(Map<? extends K, ? extends V> other) { super(other); } public static <T> Set<T> newKeySet() { return new HashSet<T>(); } }
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
