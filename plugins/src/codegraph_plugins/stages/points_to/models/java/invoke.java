package java.lang.invoke;

public abstract class MethodHandle {
    public final Object invokeExact(Object... arguments) { return null; }
    public final Object invoke(Object... arguments) { return null; }
    public Object invokeWithArguments(Object... arguments) { return null; }
    public MethodHandle bindTo(Object value) { return this; }
    public MethodHandle asType(MethodType type) { return this; }
    public MethodHandle asSpreader(Class<?> type, int count) { return this; }
    public MethodHandle asFixedArity() { return this; }
    public MethodType type() { return null; }
}
public final class MethodType {
    public static MethodType methodType(Class<?> returned) { return null; }
    public static MethodType methodType(Class<?> returned, Class<?> first) { return null; }
    public static MethodType methodType(Class<?> returned, Class<?> first, Class<?>... more) { return null; }
}
public class MethodHandles {
    public static Lookup lookup() { return null; }
    public static Lookup publicLookup() { return null; }
    public static Lookup privateLookupIn(Class<?> owner, Lookup from) { return from; }
    public static final class Lookup {
        public MethodHandle findStatic(Class<?> owner, String name, MethodType type) { return null; }
        public MethodHandle findVirtual(Class<?> owner, String name, MethodType type) { return null; }
        public MethodHandle findSpecial(Class<?> owner, String name, MethodType type, Class<?> caller) { return null; }
        public MethodHandle findConstructor(Class<?> owner, MethodType type) { return null; }
        public MethodHandle findGetter(Class<?> owner, String name, Class<?> type) { return null; }
        public MethodHandle findSetter(Class<?> owner, String name, Class<?> type) { return null; }
        public MethodHandle findStaticGetter(Class<?> owner, String name, Class<?> type) { return null; }
        public MethodHandle findStaticSetter(Class<?> owner, String name, Class<?> type) { return null; }
        public MethodHandle bind(Object receiver, String name, MethodType type) { return null; }
        public MethodHandle unreflect(java.lang.reflect.Method method) { return null; }
        public MethodHandle unreflectConstructor(java.lang.reflect.Constructor<?> constructor) { return null; }
        public Class<?> findClass(String name) { return null; }
        public Lookup in(Class<?> owner) { return this; }
    }
}
