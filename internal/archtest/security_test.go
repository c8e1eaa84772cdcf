package archtest

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

var (
	named  = regexp.MustCompile("`(?:\\w+\\.)?(\\w+)`")
	power  = regexp.MustCompile(`2\^(\d+)`)
	number = regexp.MustCompile(`^\d[-\d^* ]*`)
)

// The bounds that SECURITY.md names are those of the code, and all Limits are named.
func TestSecurityNamesTheBounds(t *testing.T) {
	text, err := os.ReadFile("../../SECURITY.md")
	require.NoError(t, err)
	bounds := constants(t)
	limits := reflect.ValueOf(graphdef.DefaultLimits())
	for i := range limits.NumField() {
		bounds[limits.Type().Field(i).Name] = []string{constant.Make(limits.Field(i).Convert(reflect.TypeFor[int64]()).
			Int()).String()}
	}
	compared := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 {
			continue
		}
		for _, m := range named.FindAllStringSubmatch(cells[2]+cells[3], -1) {
			compared[m[1]] = true
			assert.Contains(t, bounds[m[1]], written(t, cells[3]), m[1])
		}
	}
	for i := range limits.NumField() {
		assert.Contains(t, compared, limits.Type().Field(i).Name)
	}
	assert.Greater(t, len(compared), 20, "the tables were found")
}

// written returns the value with which a cell begins, such as 100 * 2^20.
func written(t *testing.T, cell string) string {
	text := number.FindString(strings.TrimSpace(cell))
	x, err := parser.ParseExpr(power.ReplaceAllString(text, "(1<<$1)"))
	require.NoError(t, err, cell)
	v := evaluate(x)
	require.NotNil(t, v, cell)
	return v.ExactString()
}

// constants returns the values of the tree's constants by their names, which more than one
// package may use.
func constants(t *testing.T) map[string][]string {
	values := map[string][]string{}
	for _, f := range files(t) {
		if isTest(f) || internal(f.dir) {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", f.path), nil,
			parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			if group, ok := d.(*ast.GenDecl); ok && group.Tok == token.CONST {
				declare(group, values)
			}
		}
	}
	return values
}

// declare adds the constants of a group that evaluate knows.
func declare(group *ast.GenDecl, values map[string][]string) {
	for _, s := range group.Specs {
		spec := s.(*ast.ValueSpec)
		for i, x := range spec.Values {
			if v := evaluate(x); v != nil {
				values[spec.Names[i].Name] = append(values[spec.Names[i].Name], v.ExactString())
			}
		}
	}
}

// evaluate returns the value of an expression of integers and math.MaxInt32; nil for any
// other.
func evaluate(x ast.Expr) constant.Value {
	switch x := x.(type) {
	case *ast.BasicLit:
		if x.Kind == token.INT {
			return constant.MakeFromLiteral(x.Value, x.Kind, 0)
		}
	case *ast.ParenExpr:
		return evaluate(x.X)
	case *ast.SelectorExpr:
		if x.Sel.Name == "MaxInt32" {
			return constant.MakeInt64(math.MaxInt32)
		}
	case *ast.BinaryExpr:
		return binary(evaluate(x.X), x.Op, evaluate(x.Y))
	}
	return nil
}

// binary returns x op y for the operators that bounds are written with; nil for others.
func binary(x constant.Value, op token.Token, y constant.Value) constant.Value {
	if x == nil || y == nil {
		return nil
	}
	switch op {
	case token.SHL:
		if n, ok := constant.Uint64Val(y); ok && n < 64 {
			return constant.Shift(x, op, uint(n))
		}
	case token.ADD, token.SUB, token.MUL:
		return constant.BinaryOp(x, op, y)
	}
	return nil
}
