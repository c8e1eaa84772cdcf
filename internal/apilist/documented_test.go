package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
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
			return []string{s.Name.Name}
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
)
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.ParseComments)
	require.NoError(t, err)
	assert.Equal(t, []string{"B", "A.N", "F", "Z", "D"}, undocumented(f))
}
