package main

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExportedNamesHaveDocuments(t *testing.T) {
	dirs, err := publicDirs(root)
	require.NoError(t, err)
	for _, dir := range dirs {
		found, err := platform("linux", "amd64").ImportDir(filepath.Join(root, dir), 0)
		require.NoError(t, err)
		about := false
		for _, name := range found.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, dir, name), nil,
				parser.ParseComments|parser.SkipObjectResolution)
			require.NoError(t, err)
			about = about || f.Doc != nil
			for _, missing := range undocumented(f) {
				assert.Fail(t, "no document", "%s/%s: %s", dir, name, missing)
			}
		}
		assert.True(t, about, "%s: the package has no document", dir)
		assert.True(t, strings.HasPrefix(found.Doc, "Package "+found.Name+" "), "%s: its document starts %q", dir, found.Doc)
	}
}

// A reader of the documents finds a program for each package. Where TensorFlow is needed it compiles, and
// does not run.
func TestPublicPackagesHaveExamples(t *testing.T) {
	dirs, err := publicDirs(root)
	require.NoError(t, err)
	for _, dir := range dirs {
		found, err := platform("linux", "amd64").ImportDir(filepath.Join(root, dir), 0)
		require.NoError(t, err)
		examples, run := 0, 0
		for _, name := range slices.Concat(found.TestGoFiles, found.XTestGoFiles) {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, dir, name), nil, parser.ParseComments)
			require.NoError(t, err)
			for _, e := range doc.Examples(f) {
				examples++
				if e.Output != "" {
					run++
				}
			}
		}
		assert.Positive(t, examples, "%s has no example", dir)
		assert.True(t, run > 0 || dir == "compare/tensorflow", "%s has no example with an output", dir)
	}
}

// undocumented lists what a file exports without a comment that starts with its name, or,
// for constants, variables and fields, without any.
func undocumented(f *ast.File) (missing []string) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if receiver := receiver(d); d.Name.IsExported() && (receiver == "" || ast.IsExported(receiver)) &&
				!about(d.Doc, d.Name.Name) {
				missing = append(missing, strings.TrimPrefix(receiver+"."+d.Name.Name, "."))
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				missing = append(missing, undocumentedSpec(d, s)...)
			}
		}
	}
	return missing
}

func undocumentedSpec(d *ast.GenDecl, s ast.Spec) (missing []string) {
	switch s := s.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && !about(s.Doc, s.Name.Name) && (len(d.Specs) > 1 || !about(d.Doc, s.Name.Name)) {
			missing = append(missing, s.Name.Name)
		}
		// The document of an interface with one method is that of the method.
		if i, ok := s.Type.(*ast.InterfaceType); ok && s.Name.IsExported() && methods(i) > 1 {
			for _, m := range i.Methods.List {
				for _, name := range m.Names {
					if name.IsExported() && m.Doc == nil && m.Comment == nil {
						missing = append(missing, s.Name.Name+"."+name.Name)
					}
				}
			}
		}
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				missing = append(missing, n.Name)
			}
		}
	}
	return missing
}

// methods counts the methods that an interface declares itself.
func methods(i *ast.InterfaceType) int {
	n := 0
	for _, m := range i.Methods.List {
		n += len(m.Names)
	}
	return n
}

// receiver returns the name of a method's type; "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch of := t.(type) {
		case *ast.StarExpr:
			t = of.X
		case *ast.IndexExpr:
			t = of.X
		case *ast.Ident:
			return of.Name
		default:
			return ""
		}
	}
}

func about(doc *ast.CommentGroup, name string) bool {
	return doc != nil && strings.HasPrefix(doc.Text(), name+" ")
}

func TestUndocumented(t *testing.T) {
	const source = `package p

// A is one.
type A struct{}

type B struct{}

// M is documented.
func (*A) M() {}
func (a A) N() {}
func (b hidden) O() {}

// Something else.
func F() {}

// The constants.
const (
	X = iota
	Y
)

const Z = 1
const W = 1 // two

type (
	// C is one.
	C int
	D int
	// I is documented.
	I interface {
		// N is documented.
		N()
		O()
	}
	// J does one thing.
	J interface{ P() }
)
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.ParseComments)
	require.NoError(t, err)
	assert.Equal(t, []string{"B", "A.N", "F", "Z", "D", "I.O"}, undocumented(f))
}
