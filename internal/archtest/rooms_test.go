package archtest

import (
	"go/ast"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What makes ops of their names must have all of them, whoever links it.
func TestReadersOfGraphsLinkEveryOp(t *testing.T) {
	readers := 0
	for _, f := range files(t) {
		if isTest(f) || internal(f.dir) || !slices.Contains(f.imports, module+"/core") || !makesOps(parse(t, f)) {
			continue
		}
		readers++
		assert.Contains(t, f.imports, module+"/core/op", "%s makes ops of their names", f.path)
	}
	assert.Positive(t, readers)
}

// makesOps reports whether a file calls core.DecodeJSON or core.NewOp.
func makesOps(f *ast.File) (makes bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && isIdent(s.X, "core") {
			makes = makes || s.Sel.Name == "DecodeJSON" || s.Sel.Name == "NewOp"
		}
		return true
	})
	return makes
}
