// What java.lang does with values and callbacks. Types are the library's; bodies say what flows, not what is computed.
package java.lang;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.function.*;
import java.util.stream.IntStream;
import java.util.stream.Stream;

public class Object {
    public Object() {}
    public String toString() { return null; }
    public boolean equals(Object other) { return false; }
    public int hashCode() { return 0; }
    public final Class<?> getClass() { return null; }
    protected Object clone() { return this; }
    public final void notify() {}
    public final void notifyAll() {}
    public final void wait() {}
    public final void wait(long millis) {}
    public final void wait(long millis, int nanos) {}
    protected void finalize() {}
}

public interface Comparable<T> { int compareTo(T other); }
public interface Runnable { void run(); }
public interface AutoCloseable { void close(); }
public interface Cloneable {}
public interface Appendable {
    Appendable append(CharSequence text);
    Appendable append(CharSequence text, int start, int end);
    Appendable append(char c);
}
public interface Readable {}

public interface Iterable<T> {
    Iterator<T> iterator();
    default void forEach(Consumer<? super T> action) {
        for (T one : this) { action.accept(one); }
    }
    default Spliterator<T> spliterator() { return null; }
}

public interface CharSequence {
    int length();
    char charAt(int index);
    default boolean isEmpty() { return false; }
    CharSequence subSequence(int start, int end);
    String toString();
    default IntStream chars() { return new IntStream.Model(); }
    default IntStream codePoints() { return new IntStream.Model(); }
    static int compare(CharSequence one, CharSequence other) { return 0; }
}

public final class String implements CharSequence, Comparable<String>, java.io.Serializable {
    public static final Comparator<String> CASE_INSENSITIVE_ORDER = null;
    public String() {}
    public String(String original) {}
    public String(char[] value) {}
    public String(char[] value, int offset, int count) {}
    public String(int[] codePoints, int offset, int count) {}
    public String(byte[] bytes, int offset, int length, String charset) {}
    public String(byte[] bytes, int offset, int length, java.nio.charset.Charset charset) {}
    public String(byte[] bytes, String charset) {}
    public String(byte[] bytes, java.nio.charset.Charset charset) {}
    public String(byte[] bytes, int offset, int length) {}
    public String(byte[] bytes) {}
    public String(StringBuffer buffer) {}
    public String(StringBuilder builder) {}
    public int length() { return 0; }
    public boolean isEmpty() { return false; }
    public boolean isBlank() { return false; }
    public char charAt(int index) { return 0; }
    public int codePointAt(int index) { return 0; }
    public int codePointBefore(int index) { return 0; }
    public int codePointCount(int start, int end) { return 0; }
    public int offsetByCodePoints(int index, int offset) { return 0; }
    public void getChars(int start, int end, char[] to, int at) {}
    public byte[] getBytes(String charset) { return null; }
    public byte[] getBytes(java.nio.charset.Charset charset) { return null; }
    public byte[] getBytes() { return null; }
    public boolean equals(Object other) { return false; }
    public boolean contentEquals(StringBuffer other) { return false; }
    public boolean contentEquals(CharSequence other) { return false; }
    public boolean equalsIgnoreCase(String other) { return false; }
    public int compareTo(String other) { return 0; }
    public int compareToIgnoreCase(String other) { return 0; }
    public boolean regionMatches(int at, String other, int from, int length) { return false; }
    public boolean regionMatches(boolean ignoreCase, int at, String other, int from, int length) { return false; }
    public boolean startsWith(String prefix, int at) { return false; }
    public boolean startsWith(String prefix) { return false; }
    public boolean endsWith(String suffix) { return false; }
    public int hashCode() { return 0; }
    public int indexOf(int c) { return 0; }
    public int indexOf(int c, int from) { return 0; }
    public int lastIndexOf(int c) { return 0; }
    public int lastIndexOf(int c, int from) { return 0; }
    public int indexOf(String text) { return 0; }
    public int indexOf(String text, int from) { return 0; }
    public int lastIndexOf(String text) { return 0; }
    public int lastIndexOf(String text, int from) { return 0; }
    public String substring(int start) { return null; }
    public String substring(int start, int end) { return null; }
    public CharSequence subSequence(int start, int end) { return null; }
    public String concat(String other) { return null; }
    public String replace(char old, char other) { return null; }
    public boolean matches(String pattern) { return false; }
    public boolean contains(CharSequence text) { return false; }
    public String replaceFirst(String pattern, String with) { return null; }
    public String replaceAll(String pattern, String with) { return null; }
    public String replace(CharSequence old, CharSequence with) { return null; }
    public String[] split(String pattern, int limit) { return null; }
    public String[] split(String pattern) { return null; }
    public static String join(CharSequence between, CharSequence... parts) { return null; }
    public static String join(CharSequence between, Iterable<? extends CharSequence> parts) { return null; }
    public String toLowerCase(java.util.Locale locale) { return null; }
    public String toLowerCase() { return null; }
    public String toUpperCase(java.util.Locale locale) { return null; }
    public String toUpperCase() { return null; }
    public String trim() { return null; }
    public String strip() { return null; }
    public String stripLeading() { return null; }
    public String stripTrailing() { return null; }
    public Stream<String> lines() { return new Stream.Model<String>(); }
    public String indent(int count) { return null; }
    public String stripIndent() { return null; }
    public <R> R transform(Function<? super String, ? extends R> function) { return function.apply(this); }
    public String toString() { return this; }
    public char[] toCharArray() { return null; }
    public static String format(String format, Object... values) { values[0].toString(); return null; }
    public static String format(java.util.Locale locale, String format, Object... values) { values[0].toString(); return null; }
    public String formatted(Object... values) { values[0].toString(); return null; }
    public static String valueOf(Object value) { return value.toString(); }
    public static String valueOf(char[] value) { return null; }
    public static String valueOf(char[] value, int offset, int count) { return null; }
    public static String copyValueOf(char[] value) { return null; }
    public static String copyValueOf(char[] value, int offset, int count) { return null; }
    public static String valueOf(boolean value) { return null; }
    public static String valueOf(char value) { return null; }
    public static String valueOf(int value) { return null; }
    public static String valueOf(long value) { return null; }
    public static String valueOf(float value) { return null; }
    public static String valueOf(double value) { return null; }
    public String intern() { return null; }
    public String repeat(int count) { return null; }
}

abstract class AbstractStringBuilder implements Appendable, CharSequence {
    public int length() { return 0; }
    public int capacity() { return 0; }
    public void ensureCapacity(int capacity) {}
    public void trimToSize() {}
    public void setLength(int length) {}
    public char charAt(int index) { return 0; }
    public int codePointAt(int index) { return 0; }
    public void getChars(int start, int end, char[] to, int at) {}
    public void setCharAt(int index, char c) {}
    public String substring(int start) { return null; }
    public CharSequence subSequence(int start, int end) { return null; }
    public String substring(int start, int end) { return null; }
    public int indexOf(String text) { return 0; }
    public int indexOf(String text, int from) { return 0; }
    public int lastIndexOf(String text) { return 0; }
    public int lastIndexOf(String text, int from) { return 0; }
}

public final class StringBuilder extends AbstractStringBuilder implements Comparable<StringBuilder>, java.io.Serializable {
    public StringBuilder() {}
    public StringBuilder(int capacity) {}
    public StringBuilder(String text) {}
    public StringBuilder(CharSequence text) {}
    public int compareTo(StringBuilder other) { return 0; }
    public StringBuilder append(Object value) { value.toString(); return this; }
    public StringBuilder append(String value) { return this; }
    public StringBuilder append(StringBuffer value) { return this; }
    public StringBuilder append(CharSequence value) { return this; }
    public StringBuilder append(CharSequence value, int start, int end) { return this; }
    public StringBuilder append(char[] value) { return this; }
    public StringBuilder append(char[] value, int offset, int length) { return this; }
    public StringBuilder append(boolean value) { return this; }
    public StringBuilder append(char value) { return this; }
    public StringBuilder append(int value) { return this; }
    public StringBuilder append(long value) { return this; }
    public StringBuilder append(float value) { return this; }
    public StringBuilder append(double value) { return this; }
    public StringBuilder appendCodePoint(int value) { return this; }
    public StringBuilder delete(int start, int end) { return this; }
    public StringBuilder deleteCharAt(int index) { return this; }
    public StringBuilder replace(int start, int end, String with) { return this; }
    public StringBuilder insert(int at, char[] value, int offset, int length) { return this; }
    public StringBuilder insert(int at, Object value) { value.toString(); return this; }
    public StringBuilder insert(int at, String value) { return this; }
    public StringBuilder insert(int at, char[] value) { return this; }
    public StringBuilder insert(int at, CharSequence value) { return this; }
    public StringBuilder insert(int at, CharSequence value, int start, int end) { return this; }
    public StringBuilder insert(int at, boolean value) { return this; }
    public StringBuilder insert(int at, char value) { return this; }
    public StringBuilder insert(int at, int value) { return this; }
    public StringBuilder insert(int at, long value) { return this; }
    public StringBuilder insert(int at, float value) { return this; }
    public StringBuilder insert(int at, double value) { return this; }
    public StringBuilder reverse() { return this; }
    public String toString() { return null; }
}

public final class StringBuffer extends AbstractStringBuilder implements Comparable<StringBuffer>, java.io.Serializable {
    public StringBuffer() {}
    public StringBuffer(int capacity) {}
    public StringBuffer(String text) {}
    public StringBuffer(CharSequence text) {}
    public int compareTo(StringBuffer other) { return 0; }
    public StringBuffer append(Object value) { value.toString(); return this; }
    public StringBuffer append(String value) { return this; }
    public StringBuffer append(StringBuffer value) { return this; }
    public StringBuffer append(CharSequence value) { return this; }
    public StringBuffer append(CharSequence value, int start, int end) { return this; }
    public StringBuffer append(char[] value) { return this; }
    public StringBuffer append(char[] value, int offset, int length) { return this; }
    public StringBuffer append(boolean value) { return this; }
    public StringBuffer append(char value) { return this; }
    public StringBuffer append(int value) { return this; }
    public StringBuffer append(long value) { return this; }
    public StringBuffer append(float value) { return this; }
    public StringBuffer append(double value) { return this; }
    public StringBuffer appendCodePoint(int value) { return this; }
    public StringBuffer delete(int start, int end) { return this; }
    public StringBuffer deleteCharAt(int index) { return this; }
    public StringBuffer replace(int start, int end, String with) { return this; }
    public StringBuffer insert(int at, Object value) { value.toString(); return this; }
    public StringBuffer insert(int at, String value) { return this; }
    public StringBuffer insert(int at, char[] value) { return this; }
    public StringBuffer insert(int at, CharSequence value) { return this; }
    public StringBuffer insert(int at, boolean value) { return this; }
    public StringBuffer insert(int at, char value) { return this; }
    public StringBuffer insert(int at, int value) { return this; }
    public StringBuffer insert(int at, long value) { return this; }
    public StringBuffer insert(int at, float value) { return this; }
    public StringBuffer insert(int at, double value) { return this; }
    public StringBuffer reverse() { return this; }
    public String toString() { return null; }
}

public abstract class Number implements java.io.Serializable {
    public abstract int intValue();
    public abstract long longValue();
    public abstract float floatValue();
    public abstract double doubleValue();
    public byte byteValue() { return 0; }
    public short shortValue() { return 0; }
}

public final class Integer extends Number implements Comparable<Integer> {
    public static final int MIN_VALUE = 0;
    public static final int MAX_VALUE = 0;
    public static final int SIZE = 32;
    public static final int BYTES = 4;
    public static final Class<Integer> TYPE = null;
    public Integer(int value) {}
    public Integer(String value) {}
    public static String toString(int value, int radix) { return null; }
    public static String toString(int value) { return null; }
    public static String toHexString(int value) { return null; }
    public static String toOctalString(int value) { return null; }
    public static String toBinaryString(int value) { return null; }
    public static int parseInt(String text, int radix) { return 0; }
    public static int parseInt(String text) { return 0; }
    public static int parseInt(CharSequence text, int start, int end, int radix) { return 0; }
    public static Integer valueOf(String text, int radix) { return null; }
    public static Integer valueOf(String text) { return null; }
    public static Integer valueOf(int value) { return null; }
    public static Integer decode(String text) { return null; }
    public int intValue() { return 0; }
    public long longValue() { return 0; }
    public float floatValue() { return 0; }
    public double doubleValue() { return 0; }
    public String toString() { return null; }
    public int hashCode() { return 0; }
    public static int hashCode(int value) { return 0; }
    public boolean equals(Object other) { return false; }
    public int compareTo(Integer other) { return 0; }
    public static int compare(int one, int other) { return 0; }
    public static int signum(int value) { return 0; }
    public static int bitCount(int value) { return 0; }
    public static int sum(int one, int other) { return 0; }
    public static int max(int one, int other) { return 0; }
    public static int min(int one, int other) { return 0; }
    public static int reverse(int value) { return 0; }
    public static int highestOneBit(int value) { return 0; }
    public static int numberOfLeadingZeros(int value) { return 0; }
    public static int numberOfTrailingZeros(int value) { return 0; }
}

public final class Long extends Number implements Comparable<Long> {
    public static final long MIN_VALUE = 0;
    public static final long MAX_VALUE = 0;
    public static final int SIZE = 64;
    public static final int BYTES = 8;
    public static final Class<Long> TYPE = null;
    public Long(long value) {}
    public Long(String value) {}
    public static String toString(long value, int radix) { return null; }
    public static String toString(long value) { return null; }
    public static String toHexString(long value) { return null; }
    public static String toBinaryString(long value) { return null; }
    public static long parseLong(String text, int radix) { return 0; }
    public static long parseLong(String text) { return 0; }
    public static Long valueOf(String text, int radix) { return null; }
    public static Long valueOf(String text) { return null; }
    public static Long valueOf(long value) { return null; }
    public static Long decode(String text) { return null; }
    public int intValue() { return 0; }
    public long longValue() { return 0; }
    public float floatValue() { return 0; }
    public double doubleValue() { return 0; }
    public String toString() { return null; }
    public int hashCode() { return 0; }
    public static int hashCode(long value) { return 0; }
    public boolean equals(Object other) { return false; }
    public int compareTo(Long other) { return 0; }
    public static int compare(long one, long other) { return 0; }
    public static int signum(long value) { return 0; }
    public static int bitCount(long value) { return 0; }
    public static long sum(long one, long other) { return 0; }
    public static long max(long one, long other) { return 0; }
    public static long min(long one, long other) { return 0; }
    public static int numberOfLeadingZeros(long value) { return 0; }
    public static int numberOfTrailingZeros(long value) { return 0; }
}

public final class Short extends Number implements Comparable<Short> {
    public static final short MIN_VALUE = 0;
    public static final short MAX_VALUE = 0;
    public static final Class<Short> TYPE = null;
    public Short(short value) {}
    public static String toString(short value) { return null; }
    public static short parseShort(String text) { return 0; }
    public static short parseShort(String text, int radix) { return 0; }
    public static Short valueOf(String text) { return null; }
    public static Short valueOf(String text, int radix) { return null; }
    public static Short valueOf(short value) { return null; }
    public int intValue() { return 0; }
    public long longValue() { return 0; }
    public float floatValue() { return 0; }
    public double doubleValue() { return 0; }
    public int compareTo(Short other) { return 0; }
    public static int compare(short one, short other) { return 0; }
    public static int hashCode(short value) { return 0; }
    public static int toUnsignedInt(short value) { return 0; }
}

public final class Byte extends Number implements Comparable<Byte> {
    public static final byte MIN_VALUE = 0;
    public static final byte MAX_VALUE = 0;
    public static final Class<Byte> TYPE = null;
    public Byte(byte value) {}
    public static String toString(byte value) { return null; }
    public static byte parseByte(String text) { return 0; }
    public static byte parseByte(String text, int radix) { return 0; }
    public static Byte valueOf(String text) { return null; }
    public static Byte valueOf(byte value) { return null; }
    public int intValue() { return 0; }
    public long longValue() { return 0; }
    public float floatValue() { return 0; }
    public double doubleValue() { return 0; }
    public int compareTo(Byte other) { return 0; }
    public static int compare(byte one, byte other) { return 0; }
    public static int hashCode(byte value) { return 0; }
    public static int toUnsignedInt(byte value) { return 0; }
}

public final class Double extends Number implements Comparable<Double> {
    public static final double MIN_VALUE = 0;
    public static final double MAX_VALUE = 0;
    public static final double NaN = 0;
    public static final double POSITIVE_INFINITY = 0;
    public static final double NEGATIVE_INFINITY = 0;
    public static final Class<Double> TYPE = null;
    public Double(double value) {}
    public static String toString(double value) { return null; }
    public static double parseDouble(String text) { return 0; }
    public static Double valueOf(String text) { return null; }
    public static Double valueOf(double value) { return null; }
    public static boolean isNaN(double value) { return false; }
    public static boolean isInfinite(double value) { return false; }
    public static boolean isFinite(double value) { return false; }
    public boolean isNaN() { return false; }
    public boolean isInfinite() { return false; }
    public int intValue() { return 0; }
    public long longValue() { return 0; }
    public float floatValue() { return 0; }
    public double doubleValue() { return 0; }
    public int compareTo(Double other) { return 0; }
    public static int compare(double one, double other) { return 0; }
    public static int hashCode(double value) { return 0; }
    public static long doubleToLongBits(double value) { return 0; }
    public static long doubleToRawLongBits(double value) { return 0; }
    public static double sum(double one, double other) { return 0; }
    public static double max(double one, double other) { return 0; }
    public static double min(double one, double other) { return 0; }
}

public final class Float extends Number implements Comparable<Float> {
    public static final float MIN_VALUE = 0;
    public static final float MAX_VALUE = 0;
    public static final float NaN = 0;
    public static final Class<Float> TYPE = null;
    public Float(float value) {}
    public Float(double value) {}
    public static String toString(float value) { return null; }
    public static float parseFloat(String text) { return 0; }
    public static Float valueOf(String text) { return null; }
    public static Float valueOf(float value) { return null; }
    public static boolean isNaN(float value) { return false; }
    public static boolean isInfinite(float value) { return false; }
    public boolean isNaN() { return false; }
    public int intValue() { return 0; }
    public long longValue() { return 0; }
    public float floatValue() { return 0; }
    public double doubleValue() { return 0; }
    public int compareTo(Float other) { return 0; }
    public static int compare(float one, float other) { return 0; }
    public static int hashCode(float value) { return 0; }
    public static int floatToIntBits(float value) { return 0; }
}

public final class Boolean implements Comparable<Boolean>, java.io.Serializable {
    public static final Boolean TRUE = null;
    public static final Boolean FALSE = null;
    public static final Class<Boolean> TYPE = null;
    public Boolean(boolean value) {}
    public static boolean parseBoolean(String text) { return false; }
    public boolean booleanValue() { return false; }
    public static Boolean valueOf(boolean value) { return null; }
    public static Boolean valueOf(String text) { return null; }
    public static String toString(boolean value) { return null; }
    public String toString() { return null; }
    public int compareTo(Boolean other) { return 0; }
    public static int compare(boolean one, boolean other) { return 0; }
    public static int hashCode(boolean value) { return 0; }
    public static boolean logicalAnd(boolean one, boolean other) { return false; }
    public static boolean logicalOr(boolean one, boolean other) { return false; }
}

public final class Character implements Comparable<Character>, java.io.Serializable {
    public static final char MIN_VALUE = 0;
    public static final char MAX_VALUE = 0;
    public static final Class<Character> TYPE = null;
    public Character(char value) {}
    public static Character valueOf(char value) { return null; }
    public char charValue() { return 0; }
    public String toString() { return null; }
    public static String toString(char value) { return null; }
    public static String toString(int value) { return null; }
    public int compareTo(Character other) { return 0; }
    public static int compare(char one, char other) { return 0; }
    public static int hashCode(char value) { return 0; }
    public static boolean isLowerCase(char c) { return false; }
    public static boolean isLowerCase(int c) { return false; }
    public static boolean isUpperCase(char c) { return false; }
    public static boolean isUpperCase(int c) { return false; }
    public static boolean isTitleCase(char c) { return false; }
    public static boolean isTitleCase(int c) { return false; }
    public static boolean isDigit(char c) { return false; }
    public static boolean isDigit(int c) { return false; }
    public static boolean isLetter(char c) { return false; }
    public static boolean isLetter(int c) { return false; }
    public static boolean isLetterOrDigit(char c) { return false; }
    public static boolean isLetterOrDigit(int c) { return false; }
    public static boolean isAlphabetic(int c) { return false; }
    public static boolean isWhitespace(char c) { return false; }
    public static boolean isWhitespace(int c) { return false; }
    public static boolean isSpaceChar(char c) { return false; }
    public static boolean isJavaIdentifierStart(char c) { return false; }
    public static boolean isJavaIdentifierPart(char c) { return false; }
    public static char toLowerCase(char c) { return 0; }
    public static int toLowerCase(int c) { return 0; }
    public static char toUpperCase(char c) { return 0; }
    public static int toUpperCase(int c) { return 0; }
    public static char toTitleCase(char c) { return 0; }
    public static int toTitleCase(int c) { return 0; }
    public static int digit(char c, int radix) { return 0; }
    public static int digit(int c, int radix) { return 0; }
    public static int getNumericValue(char c) { return 0; }
    public static int getNumericValue(int c) { return 0; }
    public static int getType(char c) { return 0; }
    public static int getType(int c) { return 0; }
    public static int charCount(int c) { return 0; }
    public static int toCodePoint(char high, char low) { return 0; }
    public static char[] toChars(int c) { return null; }
    public static int toChars(int c, char[] to, int at) { return 0; }
    public static boolean isHighSurrogate(char c) { return false; }
    public static boolean isLowSurrogate(char c) { return false; }
    public static int codePointAt(CharSequence text, int index) { return 0; }
    public static int codePointAt(char[] text, int index) { return 0; }
}

public final class Void {}

public final class Math {
    public static final double PI = 0;
    public static final double E = 0;
    public static double sin(double a) { return 0; }
    public static double cos(double a) { return 0; }
    public static double tan(double a) { return 0; }
    public static double atan2(double a, double b) { return 0; }
    public static double exp(double a) { return 0; }
    public static double log(double a) { return 0; }
    public static double log10(double a) { return 0; }
    public static double sqrt(double a) { return 0; }
    public static double cbrt(double a) { return 0; }
    public static double ceil(double a) { return 0; }
    public static double floor(double a) { return 0; }
    public static double rint(double a) { return 0; }
    public static double pow(double a, double b) { return 0; }
    public static double hypot(double a, double b) { return 0; }
    public static int round(float a) { return 0; }
    public static long round(double a) { return 0; }
    public static double random() { return 0; }
    public static int addExact(int a, int b) { return 0; }
    public static long addExact(long a, long b) { return 0; }
    public static int subtractExact(int a, int b) { return 0; }
    public static long subtractExact(long a, long b) { return 0; }
    public static int multiplyExact(int a, int b) { return 0; }
    public static long multiplyExact(long a, int b) { return 0; }
    public static long multiplyExact(long a, long b) { return 0; }
    public static int negateExact(int a) { return 0; }
    public static long negateExact(long a) { return 0; }
    public static int toIntExact(long a) { return 0; }
    public static int floorDiv(int a, int b) { return 0; }
    public static long floorDiv(long a, int b) { return 0; }
    public static long floorDiv(long a, long b) { return 0; }
    public static int floorMod(int a, int b) { return 0; }
    public static int floorMod(long a, int b) { return 0; }
    public static long floorMod(long a, long b) { return 0; }
    public static int abs(int a) { return 0; }
    public static long abs(long a) { return 0; }
    public static float abs(float a) { return 0; }
    public static double abs(double a) { return 0; }
    public static int max(int a, int b) { return 0; }
    public static long max(long a, long b) { return 0; }
    public static float max(float a, float b) { return 0; }
    public static double max(double a, double b) { return 0; }
    public static int min(int a, int b) { return 0; }
    public static long min(long a, long b) { return 0; }
    public static float min(float a, float b) { return 0; }
    public static double min(double a, double b) { return 0; }
    public static double signum(double a) { return 0; }
    public static float signum(float a) { return 0; }
}

public abstract class Enum<E extends Enum<E>> implements Comparable<E>, java.io.Serializable {
    public final String name() { return null; }
    public final int ordinal() { return 0; }
    public String toString() { return null; }
    public final boolean equals(Object other) { return false; }
    public final int hashCode() { return 0; }
    public final int compareTo(E other) { return 0; }
    public final Class<E> getDeclaringClass() { return null; }
    public static <T extends Enum<T>> T valueOf(Class<T> type, String name) { return null; }
}

public abstract class Record {}

public final class Class<T> implements java.lang.reflect.Type, java.lang.reflect.GenericDeclaration, java.io.Serializable {
    public java.lang.reflect.TypeVariable<Class<T>>[] getTypeParameters() { return null; }
    public java.lang.reflect.Type getGenericSuperclass() { return null; }
    public java.lang.reflect.Type[] getGenericInterfaces() { return null; }
    public static Class<?> forName(String name) { return null; }
    public static Class<?> forName(String name, boolean initialize, ClassLoader loader) { return null; }
    public T newInstance() { return null; }
    public Method getMethod(String name, Class<?>... types) { return null; }
    public Method getDeclaredMethod(String name, Class<?>... types) { return null; }
    public Method[] getMethods() { return null; }
    public Method[] getDeclaredMethods() { return null; }
    public Constructor<T> getConstructor(Class<?>... types) { return null; }
    public Constructor<T> getDeclaredConstructor(Class<?>... types) { return null; }
    public Constructor<?>[] getConstructors() { return null; }
    public Constructor<?>[] getDeclaredConstructors() { return null; }
    public java.lang.reflect.Field getField(String name) { return null; }
    public java.lang.reflect.Field getDeclaredField(String name) { return null; }
    public java.lang.reflect.Field[] getFields() { return null; }
    public java.lang.reflect.Field[] getDeclaredFields() { return null; }
    public T cast(Object value) { return (T) value; }
    public <U> Class<? extends U> asSubclass(Class<U> type) { return null; }
    public boolean isInstance(Object value) { return false; }
    public boolean isAssignableFrom(Class<?> other) { return false; }
    public boolean isInterface() { return false; }
    public boolean isArray() { return false; }
    public boolean isPrimitive() { return false; }
    public boolean isEnum() { return false; }
    public boolean isAnonymousClass() { return false; }
    public boolean isMemberClass() { return false; }
    public boolean isLocalClass() { return false; }
    public String getName() { return null; }
    public String getSimpleName() { return null; }
    public String getCanonicalName() { return null; }
    public String getTypeName() { return null; }
    public String getPackageName() { return null; }
    public Package getPackage() { return null; }
    public ClassLoader getClassLoader() { return null; }
    public Class<? super T> getSuperclass() { return null; }
    public Class<?>[] getInterfaces() { return null; }
    public Class<?> getComponentType() { return null; }
    public Class<?> getDeclaringClass() { return null; }
    public Class<?> getEnclosingClass() { return null; }
    public int getModifiers() { return 0; }
    public T[] getEnumConstants() { return null; }
    public boolean desiredAssertionStatus() { return false; }
    public java.io.InputStream getResourceAsStream(String name) { return null; }
    public java.net.URL getResource(String name) { return null; }
}

public final class Package { public String getName() { return null; } }

public abstract class ClassLoader {
    public Class<?> loadClass(String name) { return null; }
    public static ClassLoader getSystemClassLoader() { return null; }
    public java.io.InputStream getResourceAsStream(String name) { return null; }
    public final ClassLoader getParent() { return null; }
}

public class Throwable implements java.io.Serializable {
    private Throwable cause;
    private Throwable suppressed;
    public Throwable() {}
    public Throwable(String message) {}
    public Throwable(String message, Throwable cause) { this.cause = cause; }
    public Throwable(Throwable cause) { this.cause = cause; cause.toString(); }
    protected Throwable(String message, Throwable cause, boolean suppresses, boolean writable) { this.cause = cause; }
    public String getMessage() { return null; }
    public String getLocalizedMessage() { return this.getMessage(); }
    public Throwable getCause() { return cause; }
    public Throwable initCause(Throwable cause) { this.cause = cause; return this; }
    public String toString() { return this.getLocalizedMessage(); }
    public void printStackTrace() { this.toString(); }
    public void printStackTrace(java.io.PrintStream to) { this.toString(); }
    public void printStackTrace(java.io.PrintWriter to) { this.toString(); }
    public Throwable fillInStackTrace() { return this; }
    public StackTraceElement[] getStackTrace() { return null; }
    public void setStackTrace(StackTraceElement[] trace) {}
    public final void addSuppressed(Throwable other) { this.suppressed = other; }
    public final Throwable[] getSuppressed() { return new Throwable[] {suppressed}; }
}

public final class StackTraceElement {
    public String getMethodName() { return null; }
    public String getClassName() { return null; }
    public int getLineNumber() { return 0; }
}

public class Exception extends Throwable {
    public Exception() {}
    public Exception(String message) { super(message); }
    public Exception(String message, Throwable cause) { super(message, cause); }
    public Exception(Throwable cause) { super(cause); }
}

public class Error extends Throwable {
    public Error() {}
    public Error(String message) { super(message); }
    public Error(String message, Throwable cause) { super(message, cause); }
    public Error(Throwable cause) { super(cause); }
}

public class RuntimeException extends Exception {
    public RuntimeException() {}
    public RuntimeException(String message) { super(message); }
    public RuntimeException(String message, Throwable cause) { super(message, cause); }
    public RuntimeException(Throwable cause) { super(cause); }
}

public class IllegalArgumentException extends RuntimeException {
    public IllegalArgumentException() {}
    public IllegalArgumentException(String message) { super(message); }
    public IllegalArgumentException(String message, Throwable cause) { super(message, cause); }
    public IllegalArgumentException(Throwable cause) { super(cause); }
}

public class IllegalStateException extends RuntimeException {
    public IllegalStateException() {}
    public IllegalStateException(String message) { super(message); }
    public IllegalStateException(String message, Throwable cause) { super(message, cause); }
    public IllegalStateException(Throwable cause) { super(cause); }
}

public class UnsupportedOperationException extends RuntimeException {
    public UnsupportedOperationException() {}
    public UnsupportedOperationException(String message) { super(message); }
    public UnsupportedOperationException(String message, Throwable cause) { super(message, cause); }
    public UnsupportedOperationException(Throwable cause) { super(cause); }
}

public class NullPointerException extends RuntimeException {
    public NullPointerException() {}
    public NullPointerException(String message) { super(message); }
    public NullPointerException(String message, Throwable cause) { super(message, cause); }
    public NullPointerException(Throwable cause) { super(cause); }
}

public class IndexOutOfBoundsException extends RuntimeException {
    public IndexOutOfBoundsException() {}
    public IndexOutOfBoundsException(String message) { super(message); }
    public IndexOutOfBoundsException(int index) {}
    public IndexOutOfBoundsException(String message, Throwable cause) { super(message, cause); }
    public IndexOutOfBoundsException(Throwable cause) { super(cause); }
}

public class ArrayIndexOutOfBoundsException extends IndexOutOfBoundsException {
    public ArrayIndexOutOfBoundsException() {}
    public ArrayIndexOutOfBoundsException(String message) { super(message); }
    public ArrayIndexOutOfBoundsException(int index) {}
    public ArrayIndexOutOfBoundsException(String message, Throwable cause) { super(message, cause); }
    public ArrayIndexOutOfBoundsException(Throwable cause) { super(cause); }
}

public class StringIndexOutOfBoundsException extends IndexOutOfBoundsException {
    public StringIndexOutOfBoundsException() {}
    public StringIndexOutOfBoundsException(String message) { super(message); }
    public StringIndexOutOfBoundsException(int index) {}
    public StringIndexOutOfBoundsException(String message, Throwable cause) { super(message, cause); }
    public StringIndexOutOfBoundsException(Throwable cause) { super(cause); }
}

public class ClassCastException extends RuntimeException {
    public ClassCastException() {}
    public ClassCastException(String message) { super(message); }
    public ClassCastException(String message, Throwable cause) { super(message, cause); }
    public ClassCastException(Throwable cause) { super(cause); }
}

public class ArithmeticException extends RuntimeException {
    public ArithmeticException() {}
    public ArithmeticException(String message) { super(message); }
    public ArithmeticException(String message, Throwable cause) { super(message, cause); }
    public ArithmeticException(Throwable cause) { super(cause); }
}

public class NumberFormatException extends IllegalArgumentException {
    public NumberFormatException() {}
    public NumberFormatException(String message) { super(message); }
    public NumberFormatException(String message, Throwable cause) { super(message, cause); }
    public NumberFormatException(Throwable cause) { super(cause); }
}

public class NegativeArraySizeException extends RuntimeException {
    public NegativeArraySizeException() {}
    public NegativeArraySizeException(String message) { super(message); }
    public NegativeArraySizeException(String message, Throwable cause) { super(message, cause); }
    public NegativeArraySizeException(Throwable cause) { super(cause); }
}

public class ArrayStoreException extends RuntimeException {
    public ArrayStoreException() {}
    public ArrayStoreException(String message) { super(message); }
    public ArrayStoreException(String message, Throwable cause) { super(message, cause); }
    public ArrayStoreException(Throwable cause) { super(cause); }
}

public class SecurityException extends RuntimeException {
    public SecurityException() {}
    public SecurityException(String message) { super(message); }
    public SecurityException(String message, Throwable cause) { super(message, cause); }
    public SecurityException(Throwable cause) { super(cause); }
}

public class CloneNotSupportedException extends Exception {
    public CloneNotSupportedException() {}
    public CloneNotSupportedException(String message) { super(message); }
    public CloneNotSupportedException(String message, Throwable cause) { super(message, cause); }
    public CloneNotSupportedException(Throwable cause) { super(cause); }
}

public class InterruptedException extends Exception {
    public InterruptedException() {}
    public InterruptedException(String message) { super(message); }
    public InterruptedException(String message, Throwable cause) { super(message, cause); }
    public InterruptedException(Throwable cause) { super(cause); }
}

public class ReflectiveOperationException extends Exception {
    public ReflectiveOperationException() {}
    public ReflectiveOperationException(String message) { super(message); }
    public ReflectiveOperationException(String message, Throwable cause) { super(message, cause); }
    public ReflectiveOperationException(Throwable cause) { super(cause); }
}

public class ClassNotFoundException extends ReflectiveOperationException {
    public ClassNotFoundException() {}
    public ClassNotFoundException(String message) { super(message); }
    public ClassNotFoundException(String message, Throwable cause) { super(message, cause); }
    public ClassNotFoundException(Throwable cause) { super(cause); }
}

public class NoSuchMethodException extends ReflectiveOperationException {
    public NoSuchMethodException() {}
    public NoSuchMethodException(String message) { super(message); }
    public NoSuchMethodException(String message, Throwable cause) { super(message, cause); }
    public NoSuchMethodException(Throwable cause) { super(cause); }
}

public class NoSuchFieldException extends ReflectiveOperationException {
    public NoSuchFieldException() {}
    public NoSuchFieldException(String message) { super(message); }
    public NoSuchFieldException(String message, Throwable cause) { super(message, cause); }
    public NoSuchFieldException(Throwable cause) { super(cause); }
}

public class InstantiationException extends ReflectiveOperationException {
    public InstantiationException() {}
    public InstantiationException(String message) { super(message); }
    public InstantiationException(String message, Throwable cause) { super(message, cause); }
    public InstantiationException(Throwable cause) { super(cause); }
}

public class IllegalAccessException extends ReflectiveOperationException {
    public IllegalAccessException() {}
    public IllegalAccessException(String message) { super(message); }
    public IllegalAccessException(String message, Throwable cause) { super(message, cause); }
    public IllegalAccessException(Throwable cause) { super(cause); }
}

public class AssertionError extends Error {
    public AssertionError() {}
    public AssertionError(Object message) {}
    public AssertionError(boolean message) {}
    public AssertionError(char message) {}
    public AssertionError(int message) {}
    public AssertionError(long message) {}
    public AssertionError(float message) {}
    public AssertionError(double message) {}
    public AssertionError(String message, Throwable cause) { super(message, cause); }
}

public class LinkageError extends Error {
    public LinkageError() {}
    public LinkageError(String message) { super(message); }
    public LinkageError(String message, Throwable cause) { super(message, cause); }
    public LinkageError(Throwable cause) { super(cause); }
}

public class VirtualMachineError extends Error {
    public VirtualMachineError() {}
    public VirtualMachineError(String message) { super(message); }
    public VirtualMachineError(String message, Throwable cause) { super(message, cause); }
    public VirtualMachineError(Throwable cause) { super(cause); }
}

public class OutOfMemoryError extends VirtualMachineError {
    public OutOfMemoryError() {}
    public OutOfMemoryError(String message) { super(message); }
    public OutOfMemoryError(String message, Throwable cause) { super(message, cause); }
    public OutOfMemoryError(Throwable cause) { super(cause); }
}

public class StackOverflowError extends VirtualMachineError {
    public StackOverflowError() {}
    public StackOverflowError(String message) { super(message); }
    public StackOverflowError(String message, Throwable cause) { super(message, cause); }
    public StackOverflowError(Throwable cause) { super(cause); }
}

public class ExceptionInInitializerError extends LinkageError {
    public ExceptionInInitializerError() {}
    public ExceptionInInitializerError(String message) { super(message); }
    public ExceptionInInitializerError(String message, Throwable cause) { super(message, cause); }
    public ExceptionInInitializerError(Throwable cause) { super(cause); }
}

public class Thread implements Runnable {
    private Runnable target;
    public Thread() {}
    public Thread(Runnable target) { this.target = target; }
    public Thread(Runnable target, String name) { this.target = target; }
    public Thread(String name) {}
    public Thread(ThreadGroup group, Runnable target) { this.target = target; }
    public Thread(ThreadGroup group, Runnable target, String name) { this.target = target; }
    public void run() { target.run(); }
    public void start() { this.run(); }
    public final void join() {}
    public final void join(long millis) {}
    public final void join(long millis, int nanos) {}
    public void interrupt() {}
    public boolean isInterrupted() { return false; }
    public static boolean interrupted() { return false; }
    public final boolean isAlive() { return false; }
    public final void setDaemon(boolean on) {}
    public final boolean isDaemon() { return false; }
    public final void setName(String name) {}
    public final String getName() { return null; }
    public final void setPriority(int priority) {}
    public final int getPriority() { return 0; }
    public long getId() { return 0; }
    public static Thread currentThread() { return null; }
    public static void sleep(long millis) {}
    public static void sleep(long millis, int nanos) {}
    public static void yield() {}
    public final ThreadGroup getThreadGroup() { return null; }
    public ClassLoader getContextClassLoader() { return null; }
    public StackTraceElement[] getStackTrace() { return null; }
    public interface UncaughtExceptionHandler { void uncaughtException(Thread thread, Throwable thrown); }
    public void setUncaughtExceptionHandler(UncaughtExceptionHandler handler) { handler.uncaughtException(this, null); }
    public static void setDefaultUncaughtExceptionHandler(UncaughtExceptionHandler handler) {
        handler.uncaughtException(null, null);
    }
}

public class ThreadGroup {}

public class ThreadLocal<T> {
    private T value;
    public ThreadLocal() {}
    protected T initialValue() { return null; }
    public static <S> ThreadLocal<S> withInitial(Supplier<? extends S> supplier) {
        ThreadLocal<S> made = new ThreadLocal<S>();
        made.value = supplier.get();
        return made;
    }
    public T get() { this.value = this.initialValue(); return value; }
    public void set(T value) { this.value = value; }
    public void remove() {}
}

public class Runtime {
    public static Runtime getRuntime() { return new Runtime(); }
    public void addShutdownHook(Thread hook) { hook.start(); }
    public int availableProcessors() { return 0; }
    public long freeMemory() { return 0; }
    public long totalMemory() { return 0; }
    public long maxMemory() { return 0; }
    public void gc() {}
    public void exit(int status) {}
}

public final class System {
    public static final java.io.PrintStream out = null;
    public static final java.io.PrintStream err = null;
    public static final java.io.InputStream in = null;
    public static long currentTimeMillis() { return 0; }
    public static long nanoTime() { return 0; }
    public static void arraycopy(Object from, int at, Object to, int position, int length) {
        ((Object[]) to)[0] = ((Object[]) from)[0];
    }
    public static int identityHashCode(Object value) { return 0; }
    public static String getProperty(String key) { return null; }
    public static String getProperty(String key, String other) { return null; }
    public static String setProperty(String key, String value) { return null; }
    public static String getenv(String name) { return null; }
    public static java.util.Map<String, String> getenv() { return null; }
    public static String lineSeparator() { return null; }
    public static void exit(int status) {}
    public static void gc() {}
}
