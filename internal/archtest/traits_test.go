package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// switches are the functions outside of core that may tell ops apart by a switch over their
// types, or by their names. The list only shrinks: what an op does, the op says (core/trait).
var switches = map[string]string{
	"cmd/tf2ng/inspect.go: inspect":              "it counts the ops of each name",
	"kernels/internal/compile/compile.go: lower": "the ends of a graph, and Reshape: no instruction",
}

// What an op does stands in the op's file. A list of types elsewhere is what somebody who adds
// an op forgets; so is a decision by an op's name.
func TestOpsAreAskedAndNotListed(t *testing.T) {
	found := map[string]bool{}
	for _, f := range files(t) {
		if inCore(f.dir) || isTest(f) || internal(f.dir) || example(f.dir) {
			continue
		}
		for _, d := range parse(t, f).Decls {
			fun, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			where := f.path + ": " + fun.Name.Name
			for _, what := range decisions(fun) {
				found[where] = true
				assert.Contains(t, switches, where, "%s by %s: let the op say it", where, what)
			}
		}
	}
	for where := range switches {
		assert.Contains(t, found, where, "it has no switch any more")
	}
}

// decisions lists what a function decides by the type of an op, case by case, or by its name.
func decisions(f ast.Node) (list []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSwitchStmt:
			if switchesOps(n) {
				list = append(list, "a switch over types of ops")
			}
		case *ast.SwitchStmt:
			if n.Tag != nil && isOpName(n.Tag) {
				list = append(list, "a switch over the names of ops")
			}
		case *ast.IndexExpr:
			if isOpName(n.Index) {
				list = append(list, "a table of names of ops")
			}
		case *ast.BinaryExpr:
			if (n.Op == token.EQL || n.Op == token.NEQ) && (isOpName(n.X) || isOpName(n.Y)) {
				list = append(list, "the name of an op")
			}
		}
		return true
	})
	return list
}

// switchesOps reports whether a case of a switch is a pointer to a type of core or of a family of
// ops.
func switchesOps(s *ast.TypeSwitchStmt) bool {
	for _, c := range s.Body.List {
		for _, typ := range c.(*ast.CaseClause).List {
			if star, ok := typ.(*ast.StarExpr); ok {
				if sel, ok := star.X.(*ast.SelectorExpr); ok && isOpPackage(sel.X) {
					return true
				}
			}
		}
	}
	return false
}

// isOpPackage reports whether an expression is the name of a package that holds ops.
func isOpPackage(x ast.Expr) bool {
	id, ok := x.(*ast.Ident)
	return ok && (id.Name == "core" || stage("core/op/"+id.Name) >= 0)
}

// isOpName reports whether an expression is node.OpName(), core.OpName(op) or x.op.name.
func isOpName(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.CallExpr:
		sel, ok := x.Fun.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "OpName"
	case *ast.SelectorExpr:
		of, ok := x.X.(*ast.SelectorExpr)
		return ok && x.Sel.Name == "name" && of.Sel.Name == "op"
	}
	return false
}

func isIdent(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

func TestDecisions(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`switch op.(type) { case *core.Result: }`, "a switch over types of ops"},
		{`switch op.(type) { case nil, *core.Result: }`, "a switch over types of ops"},
		{`switch op.(type) { case *pointwise.Add: }`, "a switch over types of ops"},
		{`switch op.(type) { case trait.Elementwise: }`, ""},
		{`switch n.OpName() { case "Add": }`, "a switch over the names of ops"},
		{`_ = table[n.OpName()]`, "a table of names of ops"},
		{`_ = core.OpName(op) != "Add"`, "the name of an op"},
		{`_ = "Add" == c.op.name`, "the name of an op"},
		{`_ = c.op.name + " failed"`, ""},
		{`_, _ = op.(*pointwise.Add)`, ""},
	} {
		t.Run(test.body, func(t *testing.T) {
			parsed, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() { "+test.body+" }", 0)
			require.NoError(t, err)
			assert.Equal(t, test.want, strings.Join(decisions(parsed), "; "))
		})
	}
}
