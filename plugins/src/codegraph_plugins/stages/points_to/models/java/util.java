// Collections: one place for all elements of an object, whatever the position; one for keys of a map.
package java.util;

import java.util.function.*;
import java.util.stream.*;

public interface Iterator<E> {
    boolean hasNext();
    E next();
    default void remove() {}
    default void forEachRemaining(Consumer<? super E> action) { action.accept(this.next()); }
}
public interface ListIterator<E> extends Iterator<E> {
    boolean hasPrevious();
    E previous();
    int nextIndex();
    int previousIndex();
    void set(E element);
    void add(E element);
}
public interface Enumeration<E> { boolean hasMoreElements(); E nextElement(); }
public interface Spliterator<T> {}
public interface RandomAccess {}
public interface EventListener {}

class ElementIterator<E> implements ListIterator<E>, Enumeration<E> {
    E element;
    ElementIterator(E element) { this.element = element; }
    public boolean hasNext() { return false; }
    public E next() { return element; }
    public boolean hasPrevious() { return false; }
    public E previous() { return element; }
    public int nextIndex() { return 0; }
    public int previousIndex() { return 0; }
    public void set(E element) {}
    public void add(E element) {}
    public boolean hasMoreElements() { return false; }
    public E nextElement() { return element; }
}

public interface Collection<E> extends Iterable<E> {
    int size();
    boolean isEmpty();
    boolean contains(Object value);
    Object[] toArray();
    <T> T[] toArray(T[] into);
    default <T> T[] toArray(IntFunction<T[]> generator) { return this.toArray(generator.apply(0)); }
    boolean add(E element);
    boolean remove(Object value);
    boolean containsAll(Collection<?> other);
    boolean addAll(Collection<? extends E> other);
    boolean removeAll(Collection<?> other);
    boolean retainAll(Collection<?> other);
    default boolean removeIf(Predicate<? super E> filter) { for (E one : this) { filter.test(one); } return false; }
    void clear();
    default Stream<E> stream() { Stream.Model<E> made = new Stream.Model<E>(); for (E one : this) { made.element = one; } return made; }
    default Stream<E> parallelStream() { Stream.Model<E> made = new Stream.Model<E>(); for (E one : this) { made.element = one; } return made; }
}

public abstract class AbstractCollection<E> implements Collection<E> {
    protected AbstractCollection() {}
    public boolean isEmpty() { return this.size() == 0; }
    public boolean contains(Object value) { for (E one : this) { value.equals(one); } return false; }
    public Object[] toArray() { Object[] made = new Object[1]; for (E one : this) { made[0] = one; } return made; }
    public <T> T[] toArray(T[] into) { for (E one : this) { into[0] = (T) one; } return into; }
    public boolean add(E element) { return false; }
    public boolean remove(Object value) { for (E one : this) { value.equals(one); } return false; }
    public boolean containsAll(Collection<?> other) { return false; }
    public boolean addAll(Collection<? extends E> other) { for (E one : other) { this.add(one); } return false; }
    public boolean removeAll(Collection<?> other) { return false; }
    public boolean retainAll(Collection<?> other) { return false; }
    public void clear() {}
    public String toString() { for (E one : this) { one.toString(); } return null; }
}

public interface SequencedCollection<E> extends Collection<E> {}

public interface List<E> extends Collection<E> {
    boolean addAll(int index, Collection<? extends E> other);
    default void replaceAll(UnaryOperator<E> operator) { this.set(0, operator.apply(this.get(0))); }
    default void sort(Comparator<? super E> order) {
        E one = this.get(0);
        order.compare(one, one);
    }
    E get(int index);
    E set(int index, E element);
    void add(int index, E element);
    boolean add(E element);
    E remove(int index);
    boolean remove(Object value);
    int indexOf(Object value);
    int lastIndexOf(Object value);
    ListIterator<E> listIterator();
    ListIterator<E> listIterator(int index);
    List<E> subList(int from, int to);
    static <E> List<E> of() { return new ArrayList<E>(); }
    static <E> List<E> of(E a) { ArrayList<E> made = new ArrayList<E>(); made.element = a; return made; }
    static <E> List<E> of(E a, E b) { ArrayList<E> made = new ArrayList<E>(); made.element = a; made.element = b; return made; }
    static <E> List<E> of(E a, E b, E c) { ArrayList<E> made = new ArrayList<E>(); made.element = a; made.element = b; made.element = c; return made; }
    static <E> List<E> of(E a, E b, E c, E d) { ArrayList<E> made = new ArrayList<E>(); made.element = a; made.element = b; made.element = c; made.element = d; return made; }
    static <E> List<E> of(E... all) { ArrayList<E> made = new ArrayList<E>(); made.element = all[0]; return made; }
    static <E> List<E> copyOf(Collection<? extends E> other) { return new ArrayList<E>(other); }
}

abstract class Elements<E> extends AbstractCollection<E> {
    E element;
    public int size() { return 0; }
    public boolean isEmpty() { return false; }
    public boolean contains(Object value) { value.equals(element); return false; }
    public boolean remove(Object value) { value.equals(element); return false; }
    public String toString() { element.toString(); return null; }
    public Iterator<E> iterator() { return new ElementIterator<E>(element); }
    public boolean add(E element) { this.element = element; return false; }
    public boolean addAll(Collection<? extends E> other) { for (E one : other) { this.element = one; } return false; }
    public Object[] toArray() { Object[] made = new Object[1]; made[0] = element; return made; }
    public <T> T[] toArray(T[] into) { into[0] = (T) element; return into; }
    public Object clone() { return this; }
}

public abstract class AbstractList<E> extends AbstractCollection<E> implements List<E> {
    protected int modCount;
    protected AbstractList() {}
    public E set(int index, E element) { return null; }
    public void add(int index, E element) {}
    public E remove(int index) { return null; }
    public int indexOf(Object value) { value.equals(this.get(this.size())); return 0; }
    public int lastIndexOf(Object value) { value.equals(this.get(this.size())); return 0; }
    public Iterator<E> iterator() { return new ElementIterator<E>(this.get(this.size())); }
    public ListIterator<E> listIterator() { return new ElementIterator<E>(this.get(0)); }
    public ListIterator<E> listIterator(int index) { return new ElementIterator<E>(this.get(0)); }
    public List<E> subList(int from, int to) { return this; }
    public boolean addAll(int index, Collection<? extends E> other) { for (E one : other) { this.add(one); } return false; }
    public boolean equals(Object other) { for (E one : this) { one.equals(((List<Object>) other).get(0)); } return false; }
    public int hashCode() { for (E one : this) { one.hashCode(); } return 0; }
}

abstract class ListModel<E> extends AbstractList<E> {
    E element;
    public int size() { return 0; }
    public boolean isEmpty() { return false; }
    public boolean contains(Object value) { value.equals(element); return false; }
    public boolean remove(Object value) { value.equals(element); return false; }
    public int indexOf(Object value) { value.equals(element); return 0; }
    public int lastIndexOf(Object value) { value.equals(element); return 0; }
    public String toString() { element.toString(); return null; }
    public Iterator<E> iterator() { return new ElementIterator<E>(element); }
    public ListIterator<E> listIterator() { return new ElementIterator<E>(element); }
    public ListIterator<E> listIterator(int index) { return new ElementIterator<E>(element); }
    public boolean add(E element) { this.element = element; return false; }
    public void add(int index, E element) { this.element = element; }
    public E set(int index, E element) { this.element = element; return this.element; }
    public E get(int index) { return element; }
    public E remove(int index) { return element; }
    public E getFirst() { return element; }
    public E getLast() { return element; }
    public boolean addAll(Collection<? extends E> other) { for (E one : other) { this.element = one; } return false; }
    public boolean addAll(int index, Collection<? extends E> other) { for (E one : other) { this.element = one; } return false; }
    public Object[] toArray() { Object[] made = new Object[1]; made[0] = element; return made; }
    public <T> T[] toArray(T[] into) { into[0] = (T) element; return into; }
    public void forEach(Consumer<? super E> action) { action.accept(element); }
    public boolean removeIf(Predicate<? super E> filter) { filter.test(element); return false; }
    public void replaceAll(UnaryOperator<E> operator) { this.element = operator.apply(element); }
    public Object clone() { return this; }
}

public class ArrayList<E> extends ListModel<E> implements RandomAccess, Cloneable, java.io.Serializable {
    public ArrayList() {}
    public ArrayList(int capacity) {}
    public ArrayList(Collection<? extends E> other) { for (E one : other) { this.element = one; } }
    public void ensureCapacity(int capacity) {}
    public void trimToSize() {}
}
public class LinkedList<E> extends ListModel<E> implements Deque<E> {
    public LinkedList() {}
    public LinkedList(Collection<? extends E> other) { for (E one : other) { this.element = one; } }
    public void addFirst(E element) { this.element = element; }
    public void addLast(E element) { this.element = element; }
    public boolean offerFirst(E element) { this.element = element; return false; }
    public boolean offerLast(E element) { this.element = element; return false; }
    public E removeFirst() { return element; }
    public E removeLast() { return element; }
    public E pollFirst() { return element; }
    public E pollLast() { return element; }
    public E peekFirst() { return element; }
    public E peekLast() { return element; }
    public boolean offer(E element) { this.element = element; return false; }
    public E remove() { return element; }
    public E poll() { return element; }
    public E element() { return element; }
    public E peek() { return element; }
    public void push(E element) { this.element = element; }
    public E pop() { return element; }
    public Iterator<E> descendingIterator() { return new ElementIterator<E>(element); }
}
public class Vector<E> extends ListModel<E> implements RandomAccess {
    public Vector() {}
    public Vector(int capacity) {}
    public Vector(Collection<? extends E> other) { for (E one : other) { this.element = one; } }
    public void addElement(E element) { this.element = element; }
    public E elementAt(int index) { return element; }
    public E firstElement() { return element; }
    public E lastElement() { return element; }
    public Enumeration<E> elements() { return new ElementIterator<E>(element); }
}
public class Stack<E> extends Vector<E> {
    public Stack() {}
    public E push(E element) { this.element = element; return element; }
    public E pop() { return element; }
    public E peek() { return element; }
    public boolean empty() { return false; }
    public int search(Object value) { return 0; }
}

public interface Queue<E> extends Collection<E> {
    boolean offer(E element);
    E remove();
    E poll();
    E element();
    E peek();
}
public interface Deque<E> extends Queue<E> {
    void addFirst(E element);
    void addLast(E element);
    boolean offerFirst(E element);
    boolean offerLast(E element);
    E removeFirst();
    E removeLast();
    E pollFirst();
    E pollLast();
    E getFirst();
    E getLast();
    E peekFirst();
    E peekLast();
    void push(E element);
    E pop();
    Iterator<E> descendingIterator();
}
abstract class QueueModel<E> extends Elements<E> implements Queue<E> {
    public boolean offer(E element) { this.element = element; return false; }
    public E remove() { return element; }
    public E poll() { return element; }
    public E element() { return element; }
    public E peek() { return element; }
}
public class ArrayDeque<E> extends QueueModel<E> implements Deque<E> {
    public ArrayDeque() {}
    public ArrayDeque(int capacity) {}
    public ArrayDeque(Collection<? extends E> other) { for (E one : other) { this.element = one; } }
    public void addFirst(E element) { this.element = element; }
    public void addLast(E element) { this.element = element; }
    public boolean offerFirst(E element) { this.element = element; return false; }
    public boolean offerLast(E element) { this.element = element; return false; }
    public E removeFirst() { return element; }
    public E removeLast() { return element; }
    public E pollFirst() { return element; }
    public E pollLast() { return element; }
    public E getFirst() { return element; }
    public E getLast() { return element; }
    public E peekFirst() { return element; }
    public E peekLast() { return element; }
    public void push(E element) { this.element = element; }
    public E pop() { return element; }
    public Iterator<E> descendingIterator() { return new ElementIterator<E>(element); }
}
public class PriorityQueue<E> extends QueueModel<E> {
    private Comparator<? super E> order;
    public PriorityQueue() { this.order = (a, b) -> ((Comparable<E>) a).compareTo(b); }
    public PriorityQueue(int capacity) { this.order = (a, b) -> ((Comparable<E>) a).compareTo(b); }
    public PriorityQueue(Comparator<? super E> order) { this.order = order; }
    public PriorityQueue(int capacity, Comparator<? super E> order) { this.order = order; }
    public PriorityQueue(Collection<? extends E> other) { this.order = (a, b) -> ((Comparable<E>) a).compareTo(b); for (E one : other) { this.add(one); } }
    public boolean add(E element) { return this.offer(element); }
    public boolean addAll(Collection<? extends E> other) { for (E one : other) { this.add(one); } return false; }
    public boolean offer(E element) {
        this.element = element;
        order.compare(element, this.element);
        return false;
    }
}

public interface Set<E> extends Collection<E> {
    static <E> Set<E> of() { return new HashSet<E>(); }
    static <E> Set<E> of(E a) { HashSet<E> made = new HashSet<E>(); made.element = a; return made; }
    static <E> Set<E> of(E a, E b) { HashSet<E> made = new HashSet<E>(); made.element = a; made.element = b; return made; }
    static <E> Set<E> of(E a, E b, E c) { HashSet<E> made = new HashSet<E>(); made.element = a; made.element = b; made.element = c; return made; }
    static <E> Set<E> of(E... all) { HashSet<E> made = new HashSet<E>(); made.element = all[0]; return made; }
    static <E> Set<E> copyOf(Collection<? extends E> other) { return new HashSet<E>(other); }
}
public abstract class AbstractSet<E> extends AbstractCollection<E> implements Set<E> { protected AbstractSet() {} }
public class HashSet<E> extends Elements<E> implements Set<E> {
    public HashSet() {}
    public HashSet(int capacity) {}
    public HashSet(int capacity, float load) {}
    public HashSet(Collection<? extends E> other) { for (E one : other) { this.add(one); } }
    public boolean add(E element) { this.element = element; element.hashCode(); element.equals(this.element); return false; }
    public boolean addAll(Collection<? extends E> other) { for (E one : other) { this.add(one); } return false; }
    public boolean contains(Object value) { value.hashCode(); value.equals(this.element); return false; }
    public boolean remove(Object value) { value.hashCode(); value.equals(this.element); return false; }
}
public class LinkedHashSet<E> extends HashSet<E> {
    public LinkedHashSet() {}
    public LinkedHashSet(int capacity) {}
    public LinkedHashSet(Collection<? extends E> other) { super(other); }
}
public interface SortedSet<E> extends Set<E> { E first(); E last(); SortedSet<E> headSet(E to); SortedSet<E> tailSet(E from); SortedSet<E> subSet(E from, E to); }
public interface NavigableSet<E> extends SortedSet<E> {
    E lower(E e); E floor(E e); E ceiling(E e); E higher(E e); E pollFirst(); E pollLast();
    NavigableSet<E> headSet(E to, boolean inclusive); NavigableSet<E> tailSet(E from, boolean inclusive); NavigableSet<E> subSet(E from, boolean first, E to, boolean last);
    NavigableSet<E> descendingSet(); Iterator<E> descendingIterator();
}
public class TreeSet<E> extends HashSet<E> implements NavigableSet<E> {
    private Comparator<? super E> order;
    public TreeSet() { this.order = (a, b) -> ((Comparable<E>) a).compareTo(b); }
    public TreeSet(Comparator<? super E> order) { this.order = order; }
    public TreeSet(Collection<? extends E> other) { this.order = (a, b) -> ((Comparable<E>) a).compareTo(b); for (E one : other) { this.add(one); } }
    public boolean add(E element) {
        this.element = element;
        order.compare(element, this.element);
        return false;
    }
    public boolean contains(Object value) { order.compare((E) value, this.element); return false; }
    public boolean remove(Object value) { order.compare((E) value, this.element); return false; }
    public E first() { return element; }
    public E last() { return element; }
    public SortedSet<E> headSet(E to) { return this; }
    public SortedSet<E> tailSet(E from) { return this; }
    public SortedSet<E> subSet(E from, E to) { return this; }
    public E lower(E e) { return element; }
    public E floor(E e) { return element; }
    public E ceiling(E e) { return element; }
    public E higher(E e) { return element; }
    public E pollFirst() { return element; }
    public E pollLast() { return element; }
    public NavigableSet<E> headSet(E to, boolean inclusive) { return this; }
    public NavigableSet<E> tailSet(E from, boolean inclusive) { return this; }
    public NavigableSet<E> subSet(E from, boolean first, E to, boolean last) { return this; }
    public NavigableSet<E> descendingSet() { return this; }
    public Iterator<E> descendingIterator() { return new ElementIterator<E>(element); }
}
public class BitSet { public BitSet() {} public BitSet(int size) {} public boolean get(int at) { return false; } public void set(int at) {} public void set(int at, boolean value) {} public void clear(int at) {} public int cardinality() { return 0; } public int nextSetBit(int from) { return 0; } public int nextClearBit(int from) { return 0; } }

public interface Map<K, V> {
    interface Entry<K, V> {
        K getKey();
        V getValue();
        V setValue(V value);
        static <K extends Comparable<? super K>, V> Comparator<Map.Entry<K, V>> comparingByKey() { return (a, b) -> a.getKey().compareTo(b.getKey()); }
        static <K, V> Comparator<Map.Entry<K, V>> comparingByKey(Comparator<? super K> order) { return (a, b) -> order.compare(a.getKey(), b.getKey()); }
        static <K, V extends Comparable<? super V>> Comparator<Map.Entry<K, V>> comparingByValue() { return (a, b) -> a.getValue().compareTo(b.getValue()); }
        static <K, V> Comparator<Map.Entry<K, V>> comparingByValue(Comparator<? super V> order) { return (a, b) -> order.compare(a.getValue(), b.getValue()); }
    }
    int size();
    boolean isEmpty();
    boolean containsKey(Object key);
    boolean containsValue(Object value);
    V get(Object key);
    V put(K key, V value);
    V remove(Object key);
    void putAll(Map<? extends K, ? extends V> other);
    void clear();
    Set<K> keySet();
    Collection<V> values();
    Set<Map.Entry<K, V>> entrySet();
    default V getOrDefault(Object key, V other) { return this.size() > 0 ? this.get(key) : other; }
    default void forEach(BiConsumer<? super K, ? super V> action) { for (Map.Entry<K, V> one : this.entrySet()) { action.accept(one.getKey(), one.getValue()); } }
    default void replaceAll(BiFunction<? super K, ? super V, ? extends V> function) { for (Map.Entry<K, V> one : this.entrySet()) { this.put(one.getKey(), function.apply(one.getKey(), one.getValue())); } }
    default V putIfAbsent(K key, V value) { this.put(key, value); return this.get(key); }
    default boolean remove(Object key, Object value) { return false; }
    default boolean replace(K key, V old, V value) { this.put(key, value); return false; }
    default V replace(K key, V value) { return this.put(key, value); }
    default V computeIfAbsent(K key, Function<? super K, ? extends V> function) { this.put(key, function.apply(key)); return this.get(key); }
    default V computeIfPresent(K key, BiFunction<? super K, ? super V, ? extends V> function) { this.put(key, function.apply(key, this.get(key))); return this.get(key); }
    default V compute(K key, BiFunction<? super K, ? super V, ? extends V> function) { this.put(key, function.apply(key, this.get(key))); return this.get(key); }
    default V merge(K key, V value, BiFunction<? super V, ? super V, ? extends V> function) { this.put(key, value); this.put(key, function.apply(this.get(key), value)); return this.get(key); }
    static <K, V> Map<K, V> of() { return new HashMap<K, V>(); }
    static <K, V> Map<K, V> of(K a, V b) { HashMap<K, V> made = new HashMap<K, V>(); made.put(a, b); return made; }
    static <K, V> Map<K, V> of(K a, V b, K c, V d) { HashMap<K, V> made = new HashMap<K, V>(); made.put(a, b); made.put(c, d); return made; }
    static <K, V> Map<K, V> of(K a, V b, K c, V d, K e, V f) { HashMap<K, V> made = new HashMap<K, V>(); made.put(a, b); made.put(c, d); made.put(e, f); return made; }
    static <K, V> Map<K, V> of(K a, V b, K c, V d, K e, V f, K g, V h) { HashMap<K, V> made = new HashMap<K, V>(); made.put(a, b); made.put(c, d); made.put(e, f); made.put(g, h); return made; }
    static <K, V> Map<K, V> of(K k0, V v0, K k1, V v1, K k2, V v2, K k3, V v3, K k4, V v4) { HashMap<K, V> made = new HashMap<K, V>(); made.put(k0, v0); made.put(k1, v1); made.put(k2, v2); made.put(k3, v3); made.put(k4, v4); return made; }
    static <K, V> Map<K, V> of(K k0, V v0, K k1, V v1, K k2, V v2, K k3, V v3, K k4, V v4, K k5, V v5) { HashMap<K, V> made = new HashMap<K, V>(); made.put(k0, v0); made.put(k1, v1); made.put(k2, v2); made.put(k3, v3); made.put(k4, v4); made.put(k5, v5); return made; }
    static <K, V> Map<K, V> of(K k0, V v0, K k1, V v1, K k2, V v2, K k3, V v3, K k4, V v4, K k5, V v5, K k6, V v6) { HashMap<K, V> made = new HashMap<K, V>(); made.put(k0, v0); made.put(k1, v1); made.put(k2, v2); made.put(k3, v3); made.put(k4, v4); made.put(k5, v5); made.put(k6, v6); return made; }
    static <K, V> Map<K, V> of(K k0, V v0, K k1, V v1, K k2, V v2, K k3, V v3, K k4, V v4, K k5, V v5, K k6, V v6, K k7, V v7) { HashMap<K, V> made = new HashMap<K, V>(); made.put(k0, v0); made.put(k1, v1); made.put(k2, v2); made.put(k3, v3); made.put(k4, v4); made.put(k5, v5); made.put(k6, v6); made.put(k7, v7); return made; }
    static <K, V> Map<K, V> of(K k0, V v0, K k1, V v1, K k2, V v2, K k3, V v3, K k4, V v4, K k5, V v5, K k6, V v6, K k7, V v7, K k8, V v8) { HashMap<K, V> made = new HashMap<K, V>(); made.put(k0, v0); made.put(k1, v1); made.put(k2, v2); made.put(k3, v3); made.put(k4, v4); made.put(k5, v5); made.put(k6, v6); made.put(k7, v7); made.put(k8, v8); return made; }
    static <K, V> Map<K, V> of(K k0, V v0, K k1, V v1, K k2, V v2, K k3, V v3, K k4, V v4, K k5, V v5, K k6, V v6, K k7, V v7, K k8, V v8, K k9, V v9) { HashMap<K, V> made = new HashMap<K, V>(); made.put(k0, v0); made.put(k1, v1); made.put(k2, v2); made.put(k3, v3); made.put(k4, v4); made.put(k5, v5); made.put(k6, v6); made.put(k7, v7); made.put(k8, v8); made.put(k9, v9); return made; }
    static <K, V> Map.Entry<K, V> entry(K key, V value) { return new AbstractMap.SimpleEntry<K, V>(key, value); }
    static <K, V> Map<K, V> ofEntries(Map.Entry<? extends K, ? extends V>... all) { HashMap<K, V> made = new HashMap<K, V>(); made.put(all[0].getKey(), all[0].getValue()); return made; }
    static <K, V> Map<K, V> copyOf(Map<? extends K, ? extends V> other) { return new HashMap<K, V>(other); }
}
public abstract class AbstractMap<K, V> implements Map<K, V> {
    protected AbstractMap() {}
    public static class SimpleEntry<K, V> implements Map.Entry<K, V> {
        K key;
        V value;
        public SimpleEntry(K key, V value) { this.key = key; this.value = value; }
        public K getKey() { return key; }
        public V getValue() { return value; }
        public V setValue(V value) { this.value = value; return this.value; }
    }
    public static class SimpleImmutableEntry<K, V> extends SimpleEntry<K, V> { public SimpleImmutableEntry(K key, V value) { super(key, value); } }
    public int size() { return 0; }
    public boolean isEmpty() { return false; }
    public boolean containsKey(Object key) { return false; }
    public boolean containsValue(Object value) { return false; }
    public V get(Object key) { for (Map.Entry<K, V> one : this.entrySet()) { return one.getValue(); } return null; }
    public V put(K key, V value) { return null; }
    public V remove(Object key) { return null; }
    public void putAll(Map<? extends K, ? extends V> other) { for (Map.Entry<? extends K, ? extends V> one : other.entrySet()) { this.put(one.getKey(), one.getValue()); } }
    public void clear() {}
    public Set<K> keySet() { HashSet<K> made = new HashSet<K>(); for (Map.Entry<K, V> one : this.entrySet()) { made.element = one.getKey(); } return made; }
    public Collection<V> values() { ArrayList<V> made = new ArrayList<V>(); for (Map.Entry<K, V> one : this.entrySet()) { made.element = one.getValue(); } return made; }
}
public class HashMap<K, V> extends AbstractMap<K, V> implements Cloneable, java.io.Serializable {
    K key;
    V value;
    public HashMap() {}
    public HashMap(int capacity) {}
    public HashMap(int capacity, float load) {}
    public HashMap(Map<? extends K, ? extends V> other) { this.putAll(other); }
    protected boolean has(Object key) { key.hashCode(); key.equals(this.key); return false; }
    public V get(Object key) { this.has(key); return value; }
    public boolean containsKey(Object key) { return this.has(key); }
    public boolean containsValue(Object value) { value.equals(this.value); return false; }
    public V put(K key, V value) { this.key = key; this.value = value; this.has(key); return this.value; }
    public V remove(Object key) { this.has(key); return value; }
    public V getOrDefault(Object key, V other) { this.has(key); return other != null ? other : value; }
    public String toString() { key.toString(); value.toString(); return null; }
    public Set<K> keySet() { HashSet<K> made = new HashSet<K>(); made.element = key; return made; }
    public Collection<V> values() { ArrayList<V> made = new ArrayList<V>(); made.element = value; return made; }
    public Set<Map.Entry<K, V>> entrySet() {
        HashSet<Map.Entry<K, V>> made = new HashSet<Map.Entry<K, V>>();
        made.element = new AbstractMap.SimpleEntry<K, V>(key, value);
        return made;
    }
    public Object clone() { return this; }
}
public class LinkedHashMap<K, V> extends HashMap<K, V> {
    public LinkedHashMap() {}
    public LinkedHashMap(int capacity) {}
    public LinkedHashMap(int capacity, float load) {}
    public LinkedHashMap(int capacity, float load, boolean byAccess) {}
    public LinkedHashMap(Map<? extends K, ? extends V> other) { super(other); }
    public V put(K key, V value) { this.removeEldestEntry(new AbstractMap.SimpleEntry<K, V>(key, value)); return super.put(key, value); }
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) { return false; }
}
public class Hashtable<K, V> extends HashMap<K, V> { public Hashtable() {} public Hashtable(int capacity) {} public Enumeration<K> keys() { return new ElementIterator<K>(key); } public Enumeration<V> elements() { return new ElementIterator<V>(value); } }
public class IdentityHashMap<K, V> extends HashMap<K, V> { public IdentityHashMap() {} protected boolean has(Object key) { return false; } }
public class WeakHashMap<K, V> extends HashMap<K, V> { public WeakHashMap() {} }
public class Properties extends Hashtable<Object, Object> { public Properties() {} public String getProperty(String key) { return null; } public String getProperty(String key, String other) { return null; } public Object setProperty(String key, String value) { return null; } public void load(java.io.InputStream from) {} }
public class EnumMap<K extends Enum<K>, V> extends HashMap<K, V> { public EnumMap(Class<K> type) {} public EnumMap(Map<K, ? extends V> other) { super(other); } }
public abstract class EnumSet<E extends Enum<E>> extends Elements<E> implements Set<E> {
    static class Model<E extends Enum<E>> extends EnumSet<E> {}
    public static <E extends Enum<E>> EnumSet<E> noneOf(Class<E> type) { return new Model<E>(); }
    public static <E extends Enum<E>> EnumSet<E> allOf(Class<E> type) { Model<E> made = new Model<E>(); made.element = type.getEnumConstants()[0]; return made; }
    public static <E extends Enum<E>> EnumSet<E> of(E a) { Model<E> made = new Model<E>(); made.element = a; return made; }
    public static <E extends Enum<E>> EnumSet<E> of(E a, E b) { Model<E> made = new Model<E>(); made.element = a; made.element = b; return made; }
    public static <E extends Enum<E>> EnumSet<E> of(E a, E... all) { Model<E> made = new Model<E>(); made.element = a; made.element = all[0]; return made; }
    public static <E extends Enum<E>> EnumSet<E> copyOf(Collection<E> other) { Model<E> made = new Model<E>(); for (E one : other) { made.element = one; } return made; }
    public static <E extends Enum<E>> EnumSet<E> range(E from, E to) { Model<E> made = new Model<E>(); made.element = from; made.element = to; return made; }
}
public interface SortedMap<K, V> extends Map<K, V> { K firstKey(); K lastKey(); SortedMap<K, V> headMap(K to); SortedMap<K, V> tailMap(K from); SortedMap<K, V> subMap(K from, K to); }
public interface NavigableMap<K, V> extends SortedMap<K, V> {
    Map.Entry<K, V> firstEntry(); Map.Entry<K, V> lastEntry(); Map.Entry<K, V> floorEntry(K key); Map.Entry<K, V> ceilingEntry(K key);
    Map.Entry<K, V> lowerEntry(K key); Map.Entry<K, V> higherEntry(K key); Map.Entry<K, V> pollFirstEntry(); Map.Entry<K, V> pollLastEntry();
    K floorKey(K key); K ceilingKey(K key); K lowerKey(K key); K higherKey(K key); NavigableMap<K, V> descendingMap(); NavigableSet<K> navigableKeySet(); NavigableSet<K> descendingKeySet();
    NavigableMap<K, V> headMap(K to, boolean inclusive); NavigableMap<K, V> tailMap(K from, boolean inclusive); NavigableMap<K, V> subMap(K from, boolean first, K to, boolean last);
}
public class TreeMap<K, V> extends HashMap<K, V> implements NavigableMap<K, V> {
    private Comparator<? super K> order;
    public TreeMap() { this.order = (a, b) -> ((Comparable<K>) a).compareTo(b); }
    public TreeMap(Comparator<? super K> order) { this.order = order; }
    public TreeMap(Map<? extends K, ? extends V> other) { this.order = (a, b) -> ((Comparable<K>) a).compareTo(b); this.putAll(other); }
    public V put(K key, V value) {
        this.key = key;
        this.value = value;
        order.compare(key, this.key);
        return this.value;
    }
    protected boolean has(Object key) { order.compare((K) key, this.key); return false; }
    private Map.Entry<K, V> one() { return new AbstractMap.SimpleEntry<K, V>(key, value); }
    public K firstKey() { return key; }
    public K lastKey() { return key; }
    public SortedMap<K, V> headMap(K to) { return this; }
    public SortedMap<K, V> tailMap(K from) { return this; }
    public SortedMap<K, V> subMap(K from, K to) { return this; }
    public Map.Entry<K, V> firstEntry() { return this.one(); }
    public Map.Entry<K, V> lastEntry() { return this.one(); }
    public Map.Entry<K, V> floorEntry(K key) { this.has(key); return this.one(); }
    public Map.Entry<K, V> ceilingEntry(K key) { this.has(key); return this.one(); }
    public Map.Entry<K, V> lowerEntry(K key) { this.has(key); return this.one(); }
    public Map.Entry<K, V> higherEntry(K key) { this.has(key); return this.one(); }
    public Map.Entry<K, V> pollFirstEntry() { return this.one(); }
    public Map.Entry<K, V> pollLastEntry() { return this.one(); }
    public K floorKey(K key) { this.has(key); return this.key; }
    public K ceilingKey(K key) { this.has(key); return this.key; }
    public K lowerKey(K key) { return this.key; }
    public K higherKey(K key) { return this.key; }
    public NavigableMap<K, V> headMap(K to, boolean inclusive) { return this; }
    public NavigableMap<K, V> tailMap(K from, boolean inclusive) { return this; }
    public NavigableMap<K, V> subMap(K from, boolean first, K to, boolean last) { return this; }
    public NavigableMap<K, V> descendingMap() { return this; }
    public NavigableSet<K> descendingKeySet() { return this.navigableKeySet(); }
    public NavigableSet<K> navigableKeySet() { TreeSet<K> made = new TreeSet<K>(); made.element = key; return made; }
}

public interface Comparator<T> {
    int compare(T one, T other);
    boolean equals(Object other);
    default Comparator<T> reversed() { return (T a, T b) -> this.compare(b, a); }
    default Comparator<T> thenComparing(Comparator<? super T> other) { return (T a, T b) -> this.compare(a, b) + other.compare(a, b); }
    default <U extends Comparable<? super U>> Comparator<T> thenComparing(Function<? super T, ? extends U> key) { return (T a, T b) -> this.compare(a, b) + key.apply(a).compareTo(key.apply(b)); }
    default <U> Comparator<T> thenComparing(Function<? super T, ? extends U> key, Comparator<? super U> order) { return (T a, T b) -> this.compare(a, b) + order.compare(key.apply(a), key.apply(b)); }
    default Comparator<T> thenComparingInt(ToIntFunction<? super T> key) { return (T a, T b) -> this.compare(a, b) + key.applyAsInt(a) + key.applyAsInt(b); }
    default Comparator<T> thenComparingLong(ToLongFunction<? super T> key) { return (T a, T b) -> this.compare(a, b) + (int) key.applyAsLong(a) + (int) key.applyAsLong(b); }
    default Comparator<T> thenComparingDouble(ToDoubleFunction<? super T> key) { return (T a, T b) -> this.compare(a, b) + (int) key.applyAsDouble(a) + (int) key.applyAsDouble(b); }
    static <T extends Comparable<? super T>> Comparator<T> naturalOrder() { return (a, b) -> a.compareTo(b); }
    static <T extends Comparable<? super T>> Comparator<T> reverseOrder() { return (a, b) -> b.compareTo(a); }
    static <T> Comparator<T> nullsFirst(Comparator<? super T> order) { return (a, b) -> order.compare(a, b); }
    static <T> Comparator<T> nullsLast(Comparator<? super T> order) { return (a, b) -> order.compare(a, b); }
    static <T, U> Comparator<T> comparing(Function<? super T, ? extends U> key, Comparator<? super U> order) { return (a, b) -> order.compare(key.apply(a), key.apply(b)); }
    static <T, U extends Comparable<? super U>> Comparator<T> comparing(Function<? super T, ? extends U> key) { return (a, b) -> key.apply(a).compareTo(key.apply(b)); }
    static <T> Comparator<T> comparingInt(ToIntFunction<? super T> key) { return (a, b) -> key.applyAsInt(a) + key.applyAsInt(b); }
    static <T> Comparator<T> comparingLong(ToLongFunction<? super T> key) { return (a, b) -> (int) (key.applyAsLong(a) + key.applyAsLong(b)); }
    static <T> Comparator<T> comparingDouble(ToDoubleFunction<? super T> key) { return (a, b) -> (int) (key.applyAsDouble(a) + key.applyAsDouble(b)); }
}

public class Collections {
    public static <T extends Comparable<? super T>> void sort(List<T> list) { T one = list.get(0); one.compareTo(one); }
    public static <T> void sort(List<T> list, Comparator<? super T> order) { T one = list.get(0); order.compare(one, one); }
    public static <T extends Object & Comparable<? super T>> T max(Collection<? extends T> all) { for (T one : all) { ((Comparable<T>) one).compareTo(one); return one; } return null; }
    public static <T extends Object & Comparable<? super T>> T min(Collection<? extends T> all) { for (T one : all) { ((Comparable<T>) one).compareTo(one); return one; } return null; }
    public static <T> T max(Collection<? extends T> all, Comparator<? super T> order) { for (T one : all) { order.compare(one, one); return one; } return null; }
    public static <T> T min(Collection<? extends T> all, Comparator<? super T> order) { for (T one : all) { order.compare(one, one); return one; } return null; }
    public static <T> List<T> unmodifiableList(List<? extends T> list) { return (List<T>) list; }
    public static <T> Set<T> unmodifiableSet(Set<? extends T> set) { return (Set<T>) set; }
    public static <K, V> Map<K, V> unmodifiableMap(Map<? extends K, ? extends V> map) { return (Map<K, V>) map; }
    public static <T> Collection<T> unmodifiableCollection(Collection<? extends T> all) { return (Collection<T>) all; }
    public static <T> List<T> synchronizedList(List<T> list) { return list; }
    public static <T> Set<T> synchronizedSet(Set<T> set) { return set; }
    public static <K, V> Map<K, V> synchronizedMap(Map<K, V> map) { return map; }
    public static <T> List<T> emptyList() { return new ArrayList<T>(); }
    public static <T> Set<T> emptySet() { return new HashSet<T>(); }
    public static <K, V> Map<K, V> emptyMap() { return new HashMap<K, V>(); }
    public static <T> Iterator<T> emptyIterator() { return new ElementIterator<T>(null); }
    public static <T> List<T> singletonList(T one) { ArrayList<T> made = new ArrayList<T>(); made.element = one; return made; }
    public static <T> Set<T> singleton(T one) { HashSet<T> made = new HashSet<T>(); made.element = one; return made; }
    public static <K, V> Map<K, V> singletonMap(K key, V value) { HashMap<K, V> made = new HashMap<K, V>(); made.put(key, value); return made; }
    public static <T> List<T> nCopies(int count, T one) { ArrayList<T> made = new ArrayList<T>(); made.element = one; return made; }
    public static <T> boolean addAll(Collection<? super T> into, T... all) { into.add(all[0]); return false; }
    public static <T> void fill(List<? super T> list, T one) { list.set(0, one); }
    public static <T> void copy(List<? super T> into, List<? extends T> from) { into.set(0, from.get(0)); }
    public static <T> boolean replaceAll(List<T> list, T old, T other) { old.equals(list.get(0)); list.set(0, other); return false; }
    public static <T> Collection<T> synchronizedCollection(Collection<T> all) { return all; }
    public static <T> SortedSet<T> unmodifiableSortedSet(SortedSet<T> set) { return set; }
    public static <K, V> SortedMap<K, V> unmodifiableSortedMap(SortedMap<K, ? extends V> map) { return (SortedMap<K, V>) map; }
    public static <T> Queue<T> asLifoQueue(Deque<T> queue) { return queue; }
    public static <T> Set<T> newSetFromMap(Map<T, Boolean> map) { return map.keySet(); }
    public static boolean disjoint(Collection<?> one, Collection<?> other) { for (Object each : other) { one.contains(each); } return false; }
    public static void rotate(List<?> list, int count) {}
    public static void reverse(List<?> list) {}
    public static void shuffle(List<?> list) {}
    public static void shuffle(List<?> list, Random random) {}
    public static void swap(List<?> list, int one, int other) {}
    public static <T> Comparator<T> reverseOrder() { return (a, b) -> ((Comparable<T>) b).compareTo(a); }
    public static <T> Comparator<T> reverseOrder(Comparator<T> order) { return (a, b) -> order.compare(b, a); }
    public static int frequency(Collection<?> all, Object value) { for (Object one : all) { value.equals(one); } return 0; }
    public static <T> int binarySearch(List<? extends Comparable<? super T>> all, T key) { ((Comparable<Object>) all.get(0)).compareTo(key); return 0; }
    public static <T> int binarySearch(List<? extends T> all, T key, Comparator<? super T> order) { order.compare(all.get(0), key); return 0; }
    public static <T> Enumeration<T> enumeration(Collection<T> all) { for (T one : all) { return new ElementIterator<T>(one); } return null; }
    public static <T> ArrayList<T> list(Enumeration<T> all) { ArrayList<T> made = new ArrayList<T>(); made.element = all.nextElement(); return made; }
}

public class Objects {
    public static boolean equals(Object one, Object other) { return one.equals(other); }
    public static boolean deepEquals(Object one, Object other) { return one.equals(other); }
    public static int hashCode(Object value) { return value.hashCode(); }
    public static int hash(Object... values) { return values[0].hashCode(); }
    public static String toString(Object value) { return value.toString(); }
    public static String toString(Object value, String other) { return value.toString(); }
    public static <T> int compare(T one, T other, Comparator<? super T> order) { return order.compare(one, other); }
    public static <T> T requireNonNull(T value) { return value; }
    public static <T> T requireNonNull(T value, String message) { return value; }
    public static <T> T requireNonNull(T value, Supplier<String> message) { message.get(); return value; }
    public static <T> T requireNonNullElse(T value, T other) { return value != null ? value : other; }
    public static <T> T requireNonNullElseGet(T value, Supplier<? extends T> other) { return value != null ? value : other.get(); }
    public static boolean isNull(Object value) { return false; }
    public static boolean nonNull(Object value) { return false; }
    public static int checkIndex(int index, int length) { return 0; }
}

public final class Optional<T> {
    private T value;
    public static <T> Optional<T> empty() { return new Optional<T>(); }
    public static <T> Optional<T> of(T value) { Optional<T> made = new Optional<T>(); made.value = value; return made; }
    public static <T> Optional<T> ofNullable(T value) { Optional<T> made = new Optional<T>(); made.value = value; return made; }
    public T get() { return value; }
    public boolean isPresent() { return false; }
    public boolean isEmpty() { return false; }
    public void ifPresent(Consumer<? super T> action) { action.accept(value); }
    public void ifPresentOrElse(Consumer<? super T> action, Runnable other) { action.accept(value); other.run(); }
    public Optional<T> filter(Predicate<? super T> filter) { filter.test(value); return this; }
    public <U> Optional<U> map(Function<? super T, ? extends U> function) { Optional<U> made = new Optional<U>(); made.value = function.apply(value); return made; }
    public <U> Optional<U> flatMap(Function<? super T, ? extends Optional<? extends U>> function) { return (Optional<U>) function.apply(value); }
    public Optional<T> or(Supplier<? extends Optional<? extends T>> other) { return value != null ? this : (Optional<T>) other.get(); }
    public Stream<T> stream() { Stream.Model<T> made = new Stream.Model<T>(); made.element = value; return made; }
    public String toString() { value.toString(); return null; }
    public T orElse(T other) { return value != null ? value : other; }
    public T orElseGet(Supplier<? extends T> other) { return value != null ? value : other.get(); }
    public T orElseThrow() { return value; }
    public <X extends Throwable> T orElseThrow(Supplier<? extends X> thrown) throws X { if (value == null) { throw thrown.get(); } return value; }
}
public final class OptionalInt { public int getAsInt() { return 0; } public boolean isPresent() { return false; } public int orElse(int other) { return 0; } public void ifPresent(IntConsumer action) { action.accept(0); } public int orElseThrow() { return 0; } public static OptionalInt of(int value) { return new OptionalInt(); } public static OptionalInt empty() { return new OptionalInt(); } public void ifPresentOrElse(IntConsumer action, Runnable other) { action.accept(0); other.run(); } public int orElseGet(IntSupplier other) { return other.getAsInt(); } public <X extends Throwable> int orElseThrow(Supplier<? extends X> thrown) throws X { throw thrown.get(); } public boolean isEmpty() { return false; } }
public final class OptionalLong { public long getAsLong() { return 0; } public boolean isPresent() { return false; } public long orElse(long other) { return 0; } public void ifPresent(LongConsumer action) { action.accept(0); } public void ifPresentOrElse(LongConsumer action, Runnable other) { action.accept(0); other.run(); } public long orElseGet(LongSupplier other) { return other.getAsLong(); } public <X extends Throwable> long orElseThrow(Supplier<? extends X> thrown) throws X { throw thrown.get(); } public boolean isEmpty() { return false; } public long orElseThrow() { return 0; } }
public final class OptionalDouble { public double getAsDouble() { return 0; } public boolean isPresent() { return false; } public double orElse(double other) { return 0; } public void ifPresent(DoubleConsumer action) { action.accept(0); } public void ifPresentOrElse(DoubleConsumer action, Runnable other) { action.accept(0); other.run(); } public double orElseGet(DoubleSupplier other) { return other.getAsDouble(); } public <X extends Throwable> double orElseThrow(Supplier<? extends X> thrown) throws X { throw thrown.get(); } public boolean isEmpty() { return false; } public double orElseThrow() { return 0; } }

public class Random { public Random() {} public Random(long seed) {} public int nextInt() { return 0; } public int nextInt(int bound) { return 0; } public int nextInt(int from, int to) { return 0; } public long nextLong() { return 0; } public boolean nextBoolean() { return false; } public double nextDouble() { return 0; } public float nextFloat() { return 0; } public void nextBytes(byte[] into) {} public double nextGaussian() { return 0; } public IntStream ints(int count) { return new IntStream.Model(); } }
public final class Scanner implements Iterator<String>, java.io.Closeable { public Scanner(java.io.InputStream from) {} public Scanner(String from) {} public boolean hasNext() { return false; } public String next() { return null; } public String nextLine() { return null; } public int nextInt() { return 0; } public boolean hasNextInt() { return false; } public boolean hasNextLine() { return false; } public void close() {} }
public final class StringJoiner { public StringJoiner(CharSequence between) {} public StringJoiner(CharSequence between, CharSequence before, CharSequence after) {} public StringJoiner add(CharSequence text) { return this; } public int length() { return 0; } public String toString() { return null; } public StringJoiner setEmptyValue(CharSequence text) { return this; } }
public class StringTokenizer implements Enumeration<Object> { public StringTokenizer(String text) {} public StringTokenizer(String text, String between) {} public boolean hasMoreTokens() { return false; } public String nextToken() { return null; } public int countTokens() { return 0; } public boolean hasMoreElements() { return false; } public Object nextElement() { return null; } }
public final class UUID implements Comparable<UUID> { public UUID(long a, long b) {} public static UUID randomUUID() { return null; } public static UUID fromString(String text) { return null; } public int compareTo(UUID other) { return 0; } public long getMostSignificantBits() { return 0; } public long getLeastSignificantBits() { return 0; } }
public final class Locale { public static final Locale ENGLISH = null; public static final Locale US = null; public static final Locale UK = null; public static final Locale ROOT = null; public static final Locale GERMANY = null; public static final Locale FRANCE = null; public Locale(String language) {} public Locale(String language, String country) {} public Locale(String language, String country, String variant) {} public static Locale getDefault() { return null; } public String getLanguage() { return null; } public String getCountry() { return null; } public String getVariant() { return null; } public static Locale forLanguageTag(String tag) { return null; } public static Locale[] getAvailableLocales() { return null; } }
public class Date implements Comparable<Date>, Cloneable, java.io.Serializable { public Date() {} public Date(long time) {} public long getTime() { return 0; } public void setTime(long time) {} public boolean before(Date other) { return false; } public boolean after(Date other) { return false; } public int compareTo(Date other) { return 0; } public Object clone() { return this; } }
public abstract class TimeZone implements Cloneable, java.io.Serializable { public static TimeZone getDefault() { return null; } public static TimeZone getTimeZone(String id) { return null; } public String getID() { return null; } public int getRawOffset() { return 0; } public int getOffset(long date) { return 0; } public boolean inDaylightTime(Date date) { return false; } public boolean useDaylightTime() { return false; } public final String getDisplayName(boolean daylight, int style, Locale locale) { return null; } public static final int SHORT = 0; public static final int LONG = 1; public Object clone() { return this; } }
public abstract class Calendar implements Comparable<Calendar>, Cloneable, java.io.Serializable {
    public static final int ERA = 0; public static final int YEAR = 1; public static final int MONTH = 2; public static final int WEEK_OF_YEAR = 3; public static final int DATE = 5; public static final int DAY_OF_MONTH = 5; public static final int DAY_OF_YEAR = 6; public static final int DAY_OF_WEEK = 7; public static final int AM_PM = 9; public static final int HOUR = 10; public static final int HOUR_OF_DAY = 11; public static final int MINUTE = 12; public static final int SECOND = 13; public static final int MILLISECOND = 14; public static final int JANUARY = 0; public static final int MONDAY = 2; public static final int SUNDAY = 1;
    public static Calendar getInstance() { return null; } public static Calendar getInstance(TimeZone zone) { return null; } public static Calendar getInstance(Locale locale) { return null; } public static Calendar getInstance(TimeZone zone, Locale locale) { return null; }
    public final Date getTime() { return null; } public final void setTime(Date date) {} public long getTimeInMillis() { return 0; } public void setTimeInMillis(long millis) {} public int get(int field) { return 0; } public void set(int field, int value) {} public final void set(int year, int month, int date) {} public final void set(int year, int month, int date, int hour, int minute) {} public final void set(int year, int month, int date, int hour, int minute, int second) {} public final void clear() {} public final void clear(int field) {} public void add(int field, int amount) {} public void roll(int field, int amount) {} public TimeZone getTimeZone() { return null; } public void setTimeZone(TimeZone zone) {} public boolean before(Object when) { return false; } public boolean after(Object when) { return false; } public int compareTo(Calendar other) { return 0; } public int getActualMaximum(int field) { return 0; } public int getActualMinimum(int field) { return 0; } public int getFirstDayOfWeek() { return 0; } public Object clone() { return this; }
}
public class GregorianCalendar extends Calendar { public GregorianCalendar() {} public GregorianCalendar(TimeZone zone) {} public GregorianCalendar(Locale locale) {} public GregorianCalendar(TimeZone zone, Locale locale) {} public GregorianCalendar(int year, int month, int day) {} public GregorianCalendar(int year, int month, int day, int hour, int minute) {} public GregorianCalendar(int year, int month, int day, int hour, int minute, int second) {} }
public class NoSuchElementException extends RuntimeException { public NoSuchElementException() {} public NoSuchElementException(String message) { super(message); } }
public class ConcurrentModificationException extends RuntimeException { public ConcurrentModificationException() {} public ConcurrentModificationException(String message) { super(message); } }
public class EventObject { protected Object source; public EventObject(Object source) { this.source = source; } public Object getSource() { return source; } }
public final class ServiceLoader<S> implements Iterable<S> { public static <S> ServiceLoader<S> load(Class<S> type) { return new ServiceLoader<S>(); } public Iterator<S> iterator() { return new ElementIterator<S>(null); } }
public class Timer { public Timer() {} public Timer(boolean daemon) {} public void schedule(TimerTask task, long delay) { task.run(); } public void schedule(TimerTask task, long delay, long period) { task.run(); } public void scheduleAtFixedRate(TimerTask task, long delay, long period) { task.run(); } public void cancel() {} }
public abstract class TimerTask implements Runnable { protected TimerTask() {} public abstract void run(); public boolean cancel() { return false; } }
public class Arrays {
    public static <T> List<T> asList(T... all) { ArrayList<T> made = new ArrayList<T>(); made.element = all[0]; return made; }
    public static <T> Stream<T> stream(T[] all) { Stream.Model<T> made = new Stream.Model<T>(); made.element = all[0]; return made; }
    public static <T> Stream<T> stream(T[] all, int from, int to) { Stream.Model<T> made = new Stream.Model<T>(); made.element = all[0]; return made; }
    public static IntStream stream(int[] all) { return new IntStream.Model(); }
    public static IntStream stream(int[] all, int from, int to) { return new IntStream.Model(); }
    public static LongStream stream(long[] all) { return new LongStream.Model(); }
    public static DoubleStream stream(double[] all) { return new DoubleStream.Model(); }
    public static void sort(Object[] all) { ((Comparable<Object>) all[0]).compareTo(all[0]); }
    public static void sort(Object[] all, int from, int to) { ((Comparable<Object>) all[0]).compareTo(all[0]); }
    public static <T extends Comparable<? super T>> void parallelSort(T[] all) { all[0].compareTo(all[0]); }
    public static <T> void parallelSort(T[] all, Comparator<? super T> order) { order.compare(all[0], all[0]); }
    public static <T> void parallelPrefix(T[] all, BinaryOperator<T> function) { all[0] = function.apply(all[0], all[0]); }
    public static <T> void parallelSetAll(T[] all, IntFunction<? extends T> generator) { all[0] = generator.apply(0); }
    public static void setAll(int[] all, IntUnaryOperator generator) { generator.applyAsInt(0); }
    public static <T> int compare(T[] one, T[] other, Comparator<? super T> order) { return order.compare(one[0], other[0]); }
    public static <T> boolean equals(T[] one, T[] other, Comparator<? super T> order) { order.compare(one[0], other[0]); return false; }
    public static <T> void sort(T[] all, Comparator<? super T> order) { order.compare(all[0], all[0]); }
    public static <T> void sort(T[] all, int from, int to, Comparator<? super T> order) { order.compare(all[0], all[0]); }
    public static <T> T[] copyOf(T[] all, int length) { return all; }
    public static <T> T[] copyOfRange(T[] all, int from, int to) { return all; }
    public static void fill(Object[] all, Object value) { all[0] = value; }
    public static void fill(Object[] all, int from, int to, Object value) { all[0] = value; }
    public static <T> void setAll(T[] all, IntFunction<? extends T> generator) { all[0] = generator.apply(0); }
    public static boolean equals(Object[] one, Object[] other) { return one[0].equals(other[0]); }
    public static boolean deepEquals(Object[] one, Object[] other) { return one[0].equals(other[0]); }
    public static int hashCode(Object[] all) { return all[0].hashCode(); }
    public static int deepHashCode(Object[] all) { return all[0].hashCode(); }
    public static String toString(Object[] all) { return all[0].toString(); }
    public static String deepToString(Object[] all) { return all[0].toString(); }
    public static int binarySearch(Object[] all, Object key) { ((Comparable<Object>) all[0]).compareTo(key); return 0; }
    public static <T> int binarySearch(T[] all, T key, Comparator<? super T> order) { order.compare(all[0], key); return 0; }
    public static boolean[] copyOf(boolean[] all, int length) { return all; } public static boolean[] copyOfRange(boolean[] all, int from, int to) { return all; } public static void fill(boolean[] all, boolean value) {} public static void fill(boolean[] all, int from, int to, boolean value) {} public static boolean equals(boolean[] one, boolean[] other) { return false; } public static int hashCode(boolean[] all) { return 0; } public static String toString(boolean[] all) { return null; }
    public static byte[] copyOf(byte[] all, int length) { return all; } public static byte[] copyOfRange(byte[] all, int from, int to) { return all; } public static void fill(byte[] all, byte value) {} public static void fill(byte[] all, int from, int to, byte value) {} public static boolean equals(byte[] one, byte[] other) { return false; } public static int hashCode(byte[] all) { return 0; } public static String toString(byte[] all) { return null; }
    public static void sort(byte[] all) {} public static void sort(byte[] all, int from, int to) {} public static int binarySearch(byte[] all, byte key) { return 0; }
    public static char[] copyOf(char[] all, int length) { return all; } public static char[] copyOfRange(char[] all, int from, int to) { return all; } public static void fill(char[] all, char value) {} public static void fill(char[] all, int from, int to, char value) {} public static boolean equals(char[] one, char[] other) { return false; } public static int hashCode(char[] all) { return 0; } public static String toString(char[] all) { return null; }
    public static void sort(char[] all) {} public static void sort(char[] all, int from, int to) {} public static int binarySearch(char[] all, char key) { return 0; }
    public static short[] copyOf(short[] all, int length) { return all; } public static short[] copyOfRange(short[] all, int from, int to) { return all; } public static void fill(short[] all, short value) {} public static void fill(short[] all, int from, int to, short value) {} public static boolean equals(short[] one, short[] other) { return false; } public static int hashCode(short[] all) { return 0; } public static String toString(short[] all) { return null; }
    public static void sort(short[] all) {} public static void sort(short[] all, int from, int to) {} public static int binarySearch(short[] all, short key) { return 0; }
    public static int[] copyOf(int[] all, int length) { return all; } public static int[] copyOfRange(int[] all, int from, int to) { return all; } public static void fill(int[] all, int value) {} public static void fill(int[] all, int from, int to, int value) {} public static boolean equals(int[] one, int[] other) { return false; } public static int hashCode(int[] all) { return 0; } public static String toString(int[] all) { return null; }
    public static void sort(int[] all) {} public static void sort(int[] all, int from, int to) {} public static int binarySearch(int[] all, int key) { return 0; }
    public static long[] copyOf(long[] all, int length) { return all; } public static long[] copyOfRange(long[] all, int from, int to) { return all; } public static void fill(long[] all, long value) {} public static void fill(long[] all, int from, int to, long value) {} public static boolean equals(long[] one, long[] other) { return false; } public static int hashCode(long[] all) { return 0; } public static String toString(long[] all) { return null; }
    public static void sort(long[] all) {} public static void sort(long[] all, int from, int to) {} public static int binarySearch(long[] all, long key) { return 0; }
    public static float[] copyOf(float[] all, int length) { return all; } public static float[] copyOfRange(float[] all, int from, int to) { return all; } public static void fill(float[] all, float value) {} public static void fill(float[] all, int from, int to, float value) {} public static boolean equals(float[] one, float[] other) { return false; } public static int hashCode(float[] all) { return 0; } public static String toString(float[] all) { return null; }
    public static void sort(float[] all) {} public static void sort(float[] all, int from, int to) {} public static int binarySearch(float[] all, float key) { return 0; }
    public static double[] copyOf(double[] all, int length) { return all; } public static double[] copyOfRange(double[] all, int from, int to) { return all; } public static void fill(double[] all, double value) {} public static void fill(double[] all, int from, int to, double value) {} public static boolean equals(double[] one, double[] other) { return false; } public static int hashCode(double[] all) { return 0; } public static String toString(double[] all) { return null; }
    public static void sort(double[] all) {} public static void sort(double[] all, int from, int to) {} public static int binarySearch(double[] all, double key) { return 0; }
}
public interface Observer { void update(Observable from, Object value); }
public class Observable { private Observer observer; public Observable() {} public void addObserver(Observer one) { this.observer = one; } public void deleteObserver(Observer one) {} public void notifyObservers() { observer.update(this, null); } public void notifyObservers(Object value) { observer.update(this, value); } protected void setChanged() {} protected void clearChanged() {} public boolean hasChanged() { return false; } public int countObservers() { return 0; } }
public abstract class AbstractQueue<E> extends AbstractCollection<E> implements Queue<E> { protected AbstractQueue() {} public boolean add(E element) { return this.offer(element); } public E remove() { return this.poll(); } public E element() { return this.peek(); } }
public abstract class AbstractSequentialList<E> extends AbstractList<E> { protected AbstractSequentialList() {} public E get(int index) { return this.listIterator(index).next(); } public Iterator<E> iterator() { return this.listIterator(0); } }
public class IntSummaryStatistics { public int getMax() { return 0; } public int getMin() { return 0; } public double getAverage() { return 0; } public long getSum() { return 0; } public long getCount() { return 0; } }
public class LongSummaryStatistics { public long getMax() { return 0; } public long getMin() { return 0; } public double getAverage() { return 0; } public long getSum() { return 0; } public long getCount() { return 0; } }
public class DoubleSummaryStatistics { public double getMax() { return 0; } public double getMin() { return 0; } public double getAverage() { return 0; } public double getSum() { return 0; } public long getCount() { return 0; } }
