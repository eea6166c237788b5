package java.lang.reflect;

public interface AnnotatedElement {}
public class AccessibleObject implements AnnotatedElement { public void setAccessible(boolean on) {} public boolean isAccessible() { return false; } }
public abstract class Executable extends AccessibleObject { public Class<?>[] getParameterTypes() { return null; } public int getParameterCount() { return 0; } public int getModifiers() { return 0; } public String getName() { return null; } public Class<?> getDeclaringClass() { return null; } public boolean isVarArgs() { return false; } }
public final class Method extends Executable { public Object invoke(Object object, Object... arguments) { return null; } public Class<?> getReturnType() { return null; } public boolean isBridge() { return false; } public boolean isDefault() { return false; } }
public final class Constructor<T> extends Executable { public T newInstance(Object... arguments) { return null; } }
public final class Field extends AccessibleObject { public Object get(Object object) { return null; } public void set(Object object, Object value) {} public String getName() { return null; } public Class<?> getType() { return null; } public int getModifiers() { return 0; } public Class<?> getDeclaringClass() { return null; } }
public interface InvocationHandler { Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable; }
public class Proxy { public static Object newProxyInstance(ClassLoader loader, Class<?>[] interfaces, InvocationHandler handler) { return null; } public static boolean isProxyClass(Class<?> type) { return false; } public static InvocationHandler getInvocationHandler(Object proxy) { return null; } }
public class InvocationTargetException extends ReflectiveOperationException { public InvocationTargetException(Throwable thrown) { super(thrown); } public Throwable getTargetException() { return null; } }
public class UndeclaredThrowableException extends RuntimeException { public UndeclaredThrowableException(Throwable thrown) { super(thrown); } }
public interface Type { default String getTypeName() { return null; } }
public interface GenericDeclaration extends AnnotatedElement { TypeVariable<?>[] getTypeParameters(); }
public interface ParameterizedType extends Type { Type[] getActualTypeArguments(); Type getRawType(); Type getOwnerType(); }
public interface GenericArrayType extends Type { Type getGenericComponentType(); }
public interface WildcardType extends Type { Type[] getUpperBounds(); Type[] getLowerBounds(); }
public interface TypeVariable<D extends GenericDeclaration> extends Type { Type[] getBounds(); D getGenericDeclaration(); String getName(); }
public class Modifier { public static boolean isPublic(int m) { return false; } public static boolean isStatic(int m) { return false; } public static boolean isFinal(int m) { return false; } public static boolean isAbstract(int m) { return false; } public static boolean isPrivate(int m) { return false; } }
public final class Array { public static Object newInstance(Class<?> type, int length) { return new Object[length]; } public static Object newInstance(Class<?> type, int... sizes) { return new Object[1]; } public static int getLength(Object array) { return 0; } public static Object get(Object array, int index) { return ((Object[]) array)[index]; } public static void set(Object array, int index, Object value) { ((Object[]) array)[index] = value; } }
