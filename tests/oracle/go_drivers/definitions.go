// Prints where go/types says the names of the packages below a folder are defined.
//
// One line for each identifier: file, line, column, name, class, and file, line and column of the definition, apart
// from each other by tabs. Lines and columns begin with 1, columns count bytes; files are relative to the folder, or ""
// for what lies outside of it. The class is that of the object: var, field, func, method, type, const, label, package,
// builtin.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

type listed struct {
	Dir, ImportPath                              string
	GoFiles, CgoFiles, TestGoFiles, XTestGoFiles []string
	ImportMap                                    map[string]string
}

type place struct {
	file         string
	line, column int
}

type checker struct {
	root    string
	fset    *token.FileSet
	known   map[string]*listed
	plain   map[string]*types.Package
	outside types.ImporterFrom
	parsed  map[string]*ast.File
	said    map[place]string
	names   map[types.Object]token.Pos // embedded fields and renamed imports: where their names stand
}

// Chooses what an import of a package means: of the tested package its variant with the files of the tests.
type variant struct {
	of     *checker
	from   *listed
	tested *types.Package
}

func (v variant) Import(path string) (*types.Package, error) { return v.ImportFrom(path, "", 0) }

func (v variant) ImportFrom(path, dir string, mode types.ImportMode) (*types.Package, error) {
	if renamed, ok := v.from.ImportMap[path]; ok {
		path = renamed
	}
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if v.tested != nil && v.tested.Path() == path {
		return v.tested, nil
	}
	if one, ok := v.of.known[path]; ok {
		return v.of.check(one), nil
	}
	return v.of.outside.ImportFrom(path, v.from.Dir, mode)
}

func (c *checker) files(dir string, names []string) []*ast.File {
	var found []*ast.File
	for _, name := range names {
		path := filepath.Join(dir, name)
		file, ok := c.parsed[path]
		if !ok {
			file, _ = parser.ParseFile(c.fset, path, nil, 0)
			c.parsed[path] = file
		}
		if file != nil {
			found = append(found, file)
		}
	}
	return found
}

func (c *checker) run(path string, one *listed, names []string, tested *types.Package) *types.Package {
	info := &types.Info{
		Defs: map[*ast.Ident]types.Object{},
		Uses: map[*ast.Ident]types.Object{},
	}
	config := types.Config{
		Importer:    variant{c, one, tested},
		Error:       func(err error) { fmt.Fprintln(os.Stderr, err) },
		FakeImportC: true,
	}
	files := c.files(one.Dir, names)
	found, _ := config.Check(path, c.fset, files, info)
	for ident, object := range info.Defs {
		if field, ok := object.(*types.Var); ok && field.Embedded() {
			c.names[object] = ident.Pos()
		} else if _, ok := object.(*types.PkgName); ok {
			c.names[object] = ident.Pos()
		}
	}
	for ident, object := range info.Uses {
		c.say(ident, object)
	}
	for ident, object := range info.Defs {
		if object != nil {
			c.say(ident, object)
		}
	}
	for _, file := range files { // the name that a type switch gives its value
		ast.Inspect(file, func(node ast.Node) bool {
			if given, ok := node.(*ast.TypeSwitchStmt); ok {
				if assign, ok := given.Assign.(*ast.AssignStmt); ok {
					ident := assign.Lhs[0].(*ast.Ident)
					c.write(ident, "var", ident.Pos())
				}
			}
			return true
		})
	}
	return found
}

func (c *checker) check(one *listed) *types.Package {
	if found, ok := c.plain[one.ImportPath]; ok {
		return found
	}
	found := c.run(one.ImportPath, one, append(append([]string{}, one.GoFiles...), one.CgoFiles...), nil)
	c.plain[one.ImportPath] = found
	return found
}

func class(object types.Object) string {
	switch object := object.(type) {
	case *types.Var:
		if object.IsField() {
			return "field"
		}
		return "var"
	case *types.Func:
		if object.Type().(*types.Signature).Recv() != nil {
			return "method"
		}
		return "func"
	case *types.TypeName:
		return "type"
	case *types.Const:
		return "const"
	case *types.Label:
		return "label"
	case *types.PkgName:
		return "package"
	}
	return "builtin"
}

func (c *checker) say(ident *ast.Ident, object types.Object) {
	switch one := object.(type) {
	case *types.Var:
		object = one.Origin()
	case *types.Func:
		object = one.Origin()
	}
	to := object.Pos()
	if at, ok := c.names[object]; ok { // the checker takes the star before the name
		to = at
	} else if _, ok := object.(*types.PkgName); ok {
		to++ // inside the quotes
	}
	c.write(ident, class(object), to)
}

func (c *checker) write(ident *ast.Ident, class string, to token.Pos) {
	at, there := c.position(ident.Pos()), c.position(to)
	if at.file == "" || ident.Name == "_" {
		return
	}
	if _, ok := c.said[at]; !ok {
		c.said[at] = fmt.Sprintf("%s\t%d\t%d\t%s\t%s\t%s\t%d\t%d",
			at.file, at.line, at.column, ident.Name, class, there.file, there.line, there.column)
	}
}

func (c *checker) position(pos token.Pos) place {
	if !pos.IsValid() {
		return place{}
	}
	found := c.fset.PositionFor(pos, false)
	relative, err := filepath.Rel(c.root, found.Filename)
	if err != nil || strings.HasPrefix(relative, "..") {
		return place{}
	}
	return place{filepath.ToSlash(relative), found.Line, found.Column}
}

func main() {
	root, err := filepath.Abs(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	build.Default.CgoEnabled = false
	fset := token.NewFileSet()
	c := &checker{
		root: root, fset: fset, known: map[string]*listed{}, plain: map[string]*types.Package{},
		outside: importer.ForCompiler(fset, "source", nil).(types.ImporterFrom),
		parsed:  map[string]*ast.File{}, said: map[place]string{},
		names: map[types.Object]token.Pos{},
	}
	var order []*listed
	for _, folder := range os.Args[2:] {
		command := exec.Command("go", "list", "-e", "-json", "./...")
		command.Dir = filepath.Join(root, folder)
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
			one := &listed{}
			if err := decoder.Decode(one); err == io.EOF {
				break
			} else if err != nil {
				log.Fatal(err)
			}
			c.known[one.ImportPath] = one
			order = append(order, one)
		}
	}
	for _, one := range order {
		c.check(one)
		own := append(append(append([]string{}, one.GoFiles...), one.CgoFiles...), one.TestGoFiles...)
		tested := c.run(one.ImportPath, one, own, nil)
		if len(one.XTestGoFiles) > 0 {
			c.run(one.ImportPath+"_test", one, one.XTestGoFiles, tested)
		}
	}
	lines := make([]string, 0, len(c.said))
	for _, line := range c.said {
		lines = append(lines, line)
	}
	sort.Strings(lines)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
}
