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

// families are the files of core that hold more than one op, and why they belong together.
var families = map[string]string{
	"op_any_all.go":               "two functions of one reduction",
	"op_cumulative.go":            "two rows of one table",
	"op_elementwise.go":           "rows of one table",
	"op_graph.go":                 "the ends of a graph",
	"op_logical.go":               "the functions of booleans",
	"op_quantized_elementwise.go": "sums and products of one pair of summands",
	"op_reduce.go":                "rows of one table",
	"op_space_to_batch.go":        "one movement and its inverse",
	"op_space_to_depth.go":        "one movement and its inverse",
}

// An op is one file: its name, its document, its attributes, what it says of itself and its
// reference. Only a family that shares its definition stands together.
func TestAnOpIsOneFile(t *testing.T) {
	several := map[string]bool{}
	for _, f := range files(t) {
		if !inCore(f.dir) || isTest(f) {
			continue
		}
		parsed := parse(t, f)
		ops := registered(parsed)
		name := filepath.Base(f.path)
		if len(ops) > 0 {
			assert.True(t, strings.HasPrefix(name, "op_"), "%s registers %v", f.path, ops)
		}
		if len(ops) > 1 {
			several[name] = true
			assert.Contains(t, families, name, "%s holds the ops %v", f.path, ops)
		}
	}
	for name := range families {
		assert.Contains(t, several, name, "a family of one")
	}
}

// inCore reports whether a directory is core or one of its rooms.
func inCore(dir string) bool { return strings.HasPrefix(dir+"/", "core/") }

func parse(t *testing.T, f file) *ast.File {
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", f.path), nil,
		parser.SkipObjectResolution)
	require.NoError(t, err)
	return parsed
}

// registered returns the types that a file registers: Register[T]("...").
func registered(f *ast.File) (types []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		generic, ok := call.Fun.(*ast.IndexExpr)
		if !ok {
			return true
		}
		fun := generic.X
		if sel, ok := fun.(*ast.SelectorExpr); ok && isIdent(sel.X, "core") {
			fun = sel.Sel
		}
		if typ, ok := generic.Index.(*ast.Ident); ok && isIdent(fun, "Register") && len(call.Args) == 1 {
			types = append(types, typ.Name)
		}
		return true
	})
	return types
}
