package archtest

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

// What one package exports as a variable another one can replace: tables are functions that
// return copies. Errors that errors.Is finds are the exception.
func TestExportedVariablesAreErrors(t *testing.T) {
	for _, f := range files(t) {
		if isTest(f) {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", f.path), nil,
			parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		if ast.IsGenerated(parsed) {
			continue
		}
		for _, d := range parsed.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				for _, name := range mutable(s.(*ast.ValueSpec)) {
					assert.Fail(t, "an exported variable",
						"%s: %s can be changed by any package: make it a function, or an error", f.path, name)
				}
			}
		}
	}
}

// mutable returns the exported names of a declaration that are not errors.
func mutable(s *ast.ValueSpec) []string {
	var names []string
	for i, n := range s.Names {
		if n.IsExported() && (i >= len(s.Values) || !isError(s.Values[i])) {
			names = append(names, n.Name)
		}
	}
	return names
}

// isError reports whether a value is errors.New(...), or the Err... of another package.
func isError(value ast.Expr) bool {
	if call, ok := value.(*ast.CallExpr); ok {
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		pkg, ok := f.X.(*ast.Ident)
		return ok && pkg.Name == "errors" && f.Sel.Name == "New"
	}
	other, ok := value.(*ast.SelectorExpr)
	return ok && strings.HasPrefix(other.Sel.Name, "Err")
}

func TestMutable(t *testing.T) {
	for _, test := range []struct {
		declaration string
		want        []string
	}{
		{`var ErrX = errors.New("x")`, nil},
		{`var ErrX = other.ErrX`, nil},
		{`var table = []int{1}`, nil},
		{`var Table = []int{1}`, []string{"Table"}},
		{`var Hook func()`, []string{"Hook"}},
		{`var ErrX, Y = errors.New("x"), 2`, []string{"Y"}},
		{`var ErrX = fmt.New("x")`, []string{"ErrX"}},
		{`var ErrX = make(map[string]int)`, []string{"ErrX"}},
	} {
		t.Run(test.declaration, func(t *testing.T) {
			parsed, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+test.declaration, 0)
			require.NoError(t, err)
			assert.Equal(t, test.want, mutable(parsed.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec)))
		})
	}
}
