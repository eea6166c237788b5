// java.io: types, and wrappers that hand calls on.
package java.io;

public interface Serializable {}
public interface Closeable extends AutoCloseable { void close() throws IOException; }
public interface Flushable { void flush() throws IOException; }
public class IOException extends Exception { public IOException() {} public IOException(String message) { super(message); } public IOException(String message, Throwable cause) { super(message, cause); } public IOException(Throwable cause) { super(cause); } }
public class FileNotFoundException extends IOException { public FileNotFoundException() {} public FileNotFoundException(String message) { super(message); } }
public class EOFException extends IOException { public EOFException() {} public EOFException(String message) { super(message); } }
public class UncheckedIOException extends RuntimeException { public UncheckedIOException(IOException cause) { super(cause); } public UncheckedIOException(String message, IOException cause) { super(message, cause); } }
public class UnsupportedEncodingException extends IOException { public UnsupportedEncodingException() {} public UnsupportedEncodingException(String message) { super(message); } }
public class NotSerializableException extends IOException { public NotSerializableException(String message) { super(message); } }
public abstract class InputStream implements Closeable { public InputStream() {} public abstract int read() throws IOException; public int read(byte[] into) throws IOException { return this.read(into, 0, 0); } public int read(byte[] into, int offset, int length) throws IOException { return this.read(); } public byte[] readAllBytes() throws IOException { return null; } public long skip(long count) { return 0; } public int available() { return 0; } public void close() throws IOException {} public void mark(int limit) {} public void reset() {} }
public abstract class OutputStream implements Closeable, Flushable { public OutputStream() {} public abstract void write(int b) throws IOException; public void write(byte[] from) throws IOException { this.write(from, 0, 0); } public void write(byte[] from, int offset, int length) throws IOException { this.write(0); } public void flush() throws IOException {} public void close() throws IOException {} }
public class FilterInputStream extends InputStream { protected InputStream in; protected FilterInputStream(InputStream in) { this.in = in; } public int read() throws IOException { return in.read(); } public int read(byte[] into, int offset, int length) throws IOException { return in.read(into, offset, length); } public void close() throws IOException { in.close(); } }
public class BufferedInputStream extends FilterInputStream { public BufferedInputStream(InputStream in) { super(in); } public BufferedInputStream(InputStream in, int size) { super(in); } }
public class FilterOutputStream extends OutputStream { protected OutputStream out; public FilterOutputStream(OutputStream out) { this.out = out; } public void write(int b) throws IOException { out.write(b); } public void flush() throws IOException { out.flush(); } public void close() throws IOException { out.close(); } }
public class BufferedOutputStream extends FilterOutputStream { public BufferedOutputStream(OutputStream out) { super(out); } public BufferedOutputStream(OutputStream out, int size) { super(out); } }
public class ByteArrayInputStream extends InputStream { public ByteArrayInputStream(byte[] from) {} public ByteArrayInputStream(byte[] from, int offset, int length) {} public int read() { return 0; } }
public class ByteArrayOutputStream extends OutputStream { public ByteArrayOutputStream() {} public ByteArrayOutputStream(int size) {} public void write(int b) {} public byte[] toByteArray() { return null; } public int size() { return 0; } public void reset() {} public String toString(String charset) { return null; } public String toString(java.nio.charset.Charset charset) { return null; } }
public class FileInputStream extends InputStream { public FileInputStream(String name) throws FileNotFoundException {} public FileInputStream(File file) throws FileNotFoundException {} public int read() { return 0; } }
public class FileOutputStream extends OutputStream { public FileOutputStream(String name) {} public FileOutputStream(String name, boolean append) {} public FileOutputStream(File file) {} public FileOutputStream(File file, boolean append) {} public void write(int b) {} }
public class PrintStream extends FilterOutputStream implements Appendable { public PrintStream(OutputStream out) { super(out); } public PrintStream(OutputStream out, boolean flush) { super(out); } public PrintStream append(CharSequence text) { return this; } public PrintStream append(CharSequence text, int start, int end) { return this; } public PrintStream append(char c) { return this; } public PrintStream printf(String format, Object... values) { values[0].toString(); return this; } public PrintStream format(String format, Object... values) { values[0].toString(); return this; } public void println() {}
    public void print(boolean v) {} public void print(char v) {} public void print(int v) {} public void print(long v) {} public void print(float v) {} public void print(double v) {} public void print(char[] v) {} public void print(String v) {} public void print(Object v) { v.toString(); }
    public void println(boolean v) {} public void println(char v) {} public void println(int v) {} public void println(long v) {} public void println(float v) {} public void println(double v) {} public void println(char[] v) {} public void println(String v) {} public void println(Object v) { v.toString(); } }
public abstract class Reader implements Closeable, Readable { protected Reader() {} public int read() throws IOException { return 0; } public int read(char[] into) throws IOException { return this.read(into, 0, 0); } public abstract int read(char[] into, int offset, int length) throws IOException; public long skip(long count) { return 0; } public boolean ready() { return false; } public void reset() {} public void mark(int limit) {} public boolean markSupported() { return false; } public abstract void close() throws IOException; }
public class BufferedReader extends Reader { private Reader in; public BufferedReader(Reader in) { this.in = in; } public BufferedReader(Reader in, int size) { this.in = in; } public int read(char[] into, int offset, int length) throws IOException { return in.read(into, offset, length); } public String readLine() throws IOException { in.read(null, 0, 0); return null; } public java.util.stream.Stream<String> lines() { return new java.util.stream.Stream.Model<String>(); } public void close() throws IOException { in.close(); } }
public class StringReader extends Reader { public StringReader(String text) {} public int read(char[] into, int offset, int length) { return 0; } public void close() {} }
public class InputStreamReader extends Reader { public InputStreamReader(InputStream in) {} public InputStreamReader(InputStream in, String charset) {} public InputStreamReader(InputStream in, java.nio.charset.Charset charset) {} public int read(char[] into, int offset, int length) { return 0; } public void close() {} }
public class FileReader extends InputStreamReader { public FileReader(String name) { super(null); } public FileReader(File file) { super(null); } }
public abstract class Writer implements Appendable, Closeable, Flushable { protected Object lock; protected Writer() {} public void write(int c) throws IOException {} public void write(char[] from) throws IOException { this.write(from, 0, 0); } public abstract void write(char[] from, int offset, int length) throws IOException; public void write(String text) throws IOException {} public void write(String text, int offset, int length) throws IOException {} public Writer append(CharSequence text) throws IOException { return this; } public Writer append(CharSequence text, int start, int end) throws IOException { return this; } public Writer append(char c) throws IOException { return this; } public abstract void flush() throws IOException; public abstract void close() throws IOException; }
public class StringWriter extends Writer { public StringWriter() {} public StringWriter(int size) {} public void write(char[] from, int offset, int length) {} public void write(int c) {} public void write(String text) {} public void write(String text, int offset, int length) {} public StringWriter append(CharSequence text) { return this; } public StringWriter append(CharSequence text, int start, int end) { return this; } public StringWriter append(char c) { return this; } public String toString() { return null; } public StringBuffer getBuffer() { return null; } public void flush() {} public void close() {} }
public class BufferedWriter extends Writer { private Writer out; public BufferedWriter(Writer out) { this.out = out; } public void write(char[] from, int offset, int length) throws IOException { out.write(from, offset, length); } public void newLine() {} public void flush() throws IOException { out.flush(); } public void close() throws IOException { out.close(); } }
public class PrintWriter extends Writer { public PrintWriter(Writer out) {} public PrintWriter(Writer out, boolean flush) {} public PrintWriter(OutputStream out) {} public PrintWriter(OutputStream out, boolean flush) {} public void write(char[] from, int offset, int length) {} public void flush() {} public void close() {} public void print(String v) {} public void print(Object v) { v.toString(); } public void print(char v) {} public void print(int v) {} public void println() {} public void println(String v) {} public void println(Object v) { v.toString(); } public void println(int v) {} public void println(char v) {} public PrintWriter printf(String format, Object... values) { values[0].toString(); return this; } public PrintWriter format(String format, Object... values) { values[0].toString(); return this; } }
public class File implements Serializable, Comparable<File> { public static final String separator = "/"; public static final char separatorChar = '/'; public static final String pathSeparator = ":"; public File(String path) {} public File(String parent, String child) {} public File(File parent, String child) {} public String getName() { return null; } public String getPath() { return null; } public String getParent() { return null; } public File getParentFile() { return null; } public String getAbsolutePath() { return null; } public File getAbsoluteFile() { return null; } public boolean exists() { return false; } public boolean isDirectory() { return false; } public boolean isFile() { return false; } public long length() { return 0; } public boolean delete() { return false; } public boolean mkdirs() { return false; } public boolean mkdir() { return false; } public String[] list() { return null; } public File[] listFiles() { return null; } public java.nio.file.Path toPath() { return null; } public int compareTo(File other) { return 0; } public long lastModified() { return 0; } }
public interface Externalizable extends Serializable { void writeExternal(ObjectOutput to) throws IOException; void readExternal(ObjectInput from) throws IOException; }
public interface ObjectOutput extends AutoCloseable { void writeObject(Object value) throws IOException; void write(int b) throws IOException; void writeInt(int v) throws IOException; void writeLong(long v) throws IOException; void writeBoolean(boolean v) throws IOException; void writeDouble(double v) throws IOException; void writeUTF(String v) throws IOException; void flush() throws IOException; void close() throws IOException; }
public interface ObjectInput extends AutoCloseable { Object readObject() throws IOException; int read() throws IOException; int readInt() throws IOException; long readLong() throws IOException; boolean readBoolean() throws IOException; double readDouble() throws IOException; String readUTF() throws IOException; void close() throws IOException; }
// What is read is what was written somewhere. The hooks are private or of no interface, so they are called by name alone.
public class ObjectInputStream extends InputStream implements ObjectInput {
    public ObjectInputStream(InputStream in) {}
    public int read() { return 0; }
    public int readInt() { return 0; }
    public long readLong() { return 0; }
    public boolean readBoolean() { return false; }
    public double readDouble() { return 0; }
    public String readUTF() { return null; }
    public final Object readObject() {
        ByName one = ObjectOutputStream.written;
        one.readObject(this);
        one.readExternal(this);
        Object other = one.readResolve();
        return other != null ? other : ObjectOutputStream.written;
    }
    public void defaultReadObject() {}
    protected Class<?> resolveClass(ObjectStreamClass type) { return null; }
}
public class ObjectOutputStream extends OutputStream implements ObjectOutput {
    static Object written;
    public ObjectOutputStream(OutputStream out) {}
    public void write(int b) {}
    public void writeInt(int v) {}
    public void writeLong(long v) {}
    public void writeBoolean(boolean v) {}
    public void writeDouble(double v) {}
    public void writeUTF(String v) {}
    public final void writeObject(Object value) {
        ByName one = value;
        one.writeObject(this);
        one.writeExternal(this);
        Object other = one.writeReplace();
        written = value;
        written = other;
    }
    public void defaultWriteObject() {}
}
public class ObjectStreamClass { public String getName() { return null; } }
