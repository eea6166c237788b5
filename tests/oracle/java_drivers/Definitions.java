import com.sun.source.tree.AnnotatedTypeTree;
import com.sun.source.tree.BreakTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ContinueTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LabeledStatementTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ParameterizedTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TypeParameterTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Prints what javac resolves each name of Java sources to.
 *
 * <p>Arguments: options of javac, "--", and files. A row is: file, first character, name, kind of what it means, file and
 * first character of that one's name; tabs between. Names that mean what no given file declares are left out.
 */
public final class Definitions {
    private record Place(String file, long at) {}

    private final Map<Element, Place> declared = new IdentityHashMap<>();
    private final Trees trees;
    private final SourcePositions positions;
    private final PrintStream out = new PrintStream(System.out, false);

    private Definitions(Trees trees) {
        this.trees = trees;
        this.positions = trees.getSourcePositions();
    }

    public static void main(String[] arguments) throws Exception {
        List<String> options = new ArrayList<>(List.of("-proc:none", "-Xmaxerrs", "1"));
        List<Path> files = new ArrayList<>();
        boolean after = false;
        for (String one : arguments) {
            if (one.equals("--")) {
                after = true;
            } else if (after) {
                files.add(Path.of(one));
            } else {
                options.add(one);
            }
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null);
        JavacTask task = (JavacTask) compiler.getTask(
                null, manager, diagnostic -> {}, options, null, manager.getJavaFileObjectsFromPaths(files));
        List<CompilationUnitTree> units = new ArrayList<>();
        task.parse().forEach(units::add);
        task.analyze();
        Definitions definitions = new Definitions(Trees.instance(task));
        for (CompilationUnitTree unit : units) {
            definitions.new Declarations(unit).scan(unit, null);
        }
        for (CompilationUnitTree unit : units) {
            definitions.new Names(unit).scan(unit, null);
        }
        definitions.out.flush();
    }

    private static String text(CompilationUnitTree unit) {
        try {
            return unit.getSourceFile().getCharContent(true).toString();
        } catch (java.io.IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
    }

    private static boolean part(String text, long at) {
        return at >= 0 && at < text.length() && Character.isJavaIdentifierPart(text.charAt((int) at));
    }

    private static long find(String text, String name, long from, long until) {
        for (int at = text.indexOf(name, (int) from); at >= 0 && at < until; at = text.indexOf(name, at + 1)) {
            if (!part(text, at - 1) && !part(text, at + name.length())) {
                return at;
            }
        }
        return -1;
    }

    private final class Declarations extends TreePathScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final String file;
        private final String text;

        Declarations(CompilationUnitTree unit) {
            this.unit = unit;
            this.file = unit.getSourceFile().getName();
            this.text = text(unit);
        }

        private void declare(Tree tree, String name, long from) {
            Element element = trees.getElement(getCurrentPath());
            long at = from < 0 ? -1 : find(text, name, from, positions.getEndPosition(unit, tree));
            if (element != null && at >= 0) {
                declared.put(element, new Place(file, at));
            }
        }

        private long after(Tree before, Tree tree) {
            long end = before == null ? -1 : positions.getEndPosition(unit, before);
            return end >= 0 ? end : positions.getStartPosition(unit, tree);
        }

        @Override
        public Void visitClass(ClassTree tree, Void none) {
            if (tree.getSimpleName().length() > 0) {
                declare(tree, tree.getSimpleName().toString(), after(tree.getModifiers(), tree));
            }
            return super.visitClass(tree, none);
        }

        @Override
        public Void visitMethod(MethodTree tree, Void none) {
            boolean constructor = tree.getReturnType() == null;
            String name = constructor
                    ? ((TypeElement) trees.getElement(getCurrentPath()).getEnclosingElement())
                            .getSimpleName()
                            .toString()
                    : tree.getName().toString();
            List<? extends TypeParameterTree> parameters = tree.getTypeParameters();
            Tree before = !constructor
                    ? tree.getReturnType()
                    : parameters.isEmpty() ? tree.getModifiers() : parameters.get(parameters.size() - 1);
            if (!name.isEmpty()) {
                declare(tree, name, after(before, tree));
            }
            return super.visitMethod(tree, none);
        }

        @Override
        public Void visitVariable(VariableTree tree, Void none) {
            Tree before = tree.getType() == null || positions.getEndPosition(unit, tree.getType()) < 0
                    ? tree.getModifiers()
                    : tree.getType();
            declare(tree, tree.getName().toString(), after(before, tree));
            return super.visitVariable(tree, none);
        }

        @Override
        public Void visitTypeParameter(TypeParameterTree tree, Void none) {
            declare(tree, tree.getName().toString(), positions.getStartPosition(unit, tree));
            return super.visitTypeParameter(tree, none);
        }
    }

    private final class Names extends TreePathScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final String file;
        private final String text;
        private final Deque<LabeledStatementTree> labels = new ArrayDeque<>();

        Names(CompilationUnitTree unit) {
            this.unit = unit;
            this.file = unit.getSourceFile().getName();
            this.text = text(unit);
        }

        private void row(long at, String name, String kind, Place place) {
            if (place != null && at >= 0 && text.startsWith(name, (int) at)) {
                out.println(String.join("\t", file, "" + at, name, kind, place.file(), "" + place.at()));
            }
        }

        private void name(long at, String name, Element element) {
            name(at, name, element, false);
        }

        private void name(long at, String name, Element element, boolean made) {
            if (element == null) {
                return;
            }
            Place place = declared.get(element);
            if (element.getKind() == ElementKind.CONSTRUCTOR && (place == null || !made)) {
                place = declared.get(element.getEnclosingElement());
            }
            if (place == null && element instanceof ExecutableElement && element.getEnclosingElement() instanceof TypeElement type) {
                for (Element member : type.getEnclosedElements()) {
                    if (member.getKind() == ElementKind.RECORD_COMPONENT && member.getSimpleName().contentEquals(name)) {
                        place = declared.get(member);
                    } else if (place == null && member.getKind() == ElementKind.FIELD && type.getKind() == ElementKind.RECORD
                            && member.getSimpleName().contentEquals(name)) {
                        place = declared.get(member);
                    }
                }
            }
            row(at, name, element.getKind().toString().toLowerCase(), place);
        }

        @Override
        public Void visitIdentifier(IdentifierTree tree, Void none) {
            String name = tree.getName().toString();
            TreePath parent = getCurrentPath().getParentPath();
            if (!name.equals("this") && !name.equals("super") && !made(parent)) {
                name(positions.getStartPosition(unit, tree), name, trees.getElement(getCurrentPath()));
            }
            return super.visitIdentifier(tree, none);
        }

        private boolean made(TreePath parent) {
            Tree child = getCurrentPath().getLeaf();
            while (parent.getLeaf() instanceof ParameterizedTypeTree type && type.getType() == child
                    || parent.getLeaf() instanceof AnnotatedTypeTree) {
                child = parent.getLeaf();
                parent = parent.getParentPath();
            }
            return parent.getLeaf() instanceof NewClassTree made && made.getIdentifier() == child;
        }

        @Override
        public Void visitNewClass(NewClassTree tree, Void none) {
            Tree named = tree.getIdentifier();
            while (!(named instanceof IdentifierTree || named instanceof MemberSelectTree)) {
                named = named instanceof ParameterizedTypeTree type
                        ? type.getType()
                        : ((AnnotatedTypeTree) named).getUnderlyingType();
            }
            String name = named instanceof IdentifierTree one
                    ? one.getName().toString()
                    : ((MemberSelectTree) named).getIdentifier().toString();
            Element element = trees.getElement(getCurrentPath());
            if (element != null && tree.getClassBody() == null) {
                name(positions.getEndPosition(unit, named) - name.length(), name, element, true);
            }
            return super.visitNewClass(tree, none);
        }

        @Override
        public Void visitMemberSelect(MemberSelectTree tree, Void none) {
            String name = tree.getIdentifier().toString();
            if (!name.equals("this") && !name.equals("super") && !name.equals("class") && !name.equals("*")
                    && !made(getCurrentPath().getParentPath())) {
                name(positions.getEndPosition(unit, tree) - name.length(), name, trees.getElement(getCurrentPath()));
            }
            return super.visitMemberSelect(tree, none);
        }

        @Override
        public Void visitMemberReference(MemberReferenceTree tree, Void none) {
            String name = tree.getName().toString();
            name(positions.getEndPosition(unit, tree) - name.length(), name, trees.getElement(getCurrentPath()));
            return super.visitMemberReference(tree, none);
        }

        @Override
        public Void visitLabeledStatement(LabeledStatementTree tree, Void none) {
            labels.push(tree);
            super.visitLabeledStatement(tree, none);
            labels.pop();
            return null;
        }

        @Override
        public Void visitBreak(BreakTree tree, Void none) {
            jump(tree, tree.getLabel());
            return null;
        }

        @Override
        public Void visitContinue(ContinueTree tree, Void none) {
            jump(tree, tree.getLabel());
            return null;
        }

        private void jump(Tree tree, CharSequence label) {
            for (LabeledStatementTree one : labels) {
                if (label != null && one.getLabel().contentEquals(label)) {
                    long at = find(text, label.toString(), positions.getStartPosition(unit, tree), text.length());
                    row(at, label.toString(), "label", new Place(file, positions.getStartPosition(unit, one)));
                    return;
                }
            }
        }
    }
}
