// Package testgraph builds functions, for tests of what they call and of what runs them.
package testgraph

import (
	"fmt"
	"testing"

	"github.com/tf2ng/tf2ng/core"
)

// Graph is a function that a test builds. What its ops do not accept ends the test.
type Graph struct {
	t        testing.TB
	function *core.Function
}

// NewGraph returns a graph without nodes.
func NewGraph(t testing.TB, name string) *Graph {
	return &Graph{t, &core.Function{Name: name, Names: map[string]core.Value{}}}
}

// Parameter adds a parameter.
func (g *Graph) Parameter(name string, typ core.Type, shape ...int) core.Value {
	return g.Typed(name, typ, append(core.Shape{}, shape...))
}

// Typed adds a parameter of a shape whose rank may be unknown.
func (g *Graph) Typed(name string, typ core.Type, shape core.Shape) core.Value {
	g.t.Helper()
	v := g.Named(name, &core.Parameter{Type: typ, Shape: shape})
	g.function.Parameters = append(g.function.Parameters, v.Node)
	return v
}

// Apply returns the first output of a new node, which is named after its op.
func (g *Graph) Apply(op core.Op, in ...core.Value) core.Value {
	g.t.Helper()
	return g.Named(core.OpName(op), op, in...)
}

// Named is Apply with a name.
func (g *Graph) Named(name string, op core.Op, in ...core.Value) core.Value {
	g.t.Helper()
	n, err := core.NewNamedNode(name, op, in...)
	if err != nil {
		g.t.Fatal(err)
	}
	return n.Out(0)
}

// Results returns the function with results "0", "1" and so on.
func (g *Graph) Results(values ...core.Value) *core.Function {
	g.t.Helper()
	for i, v := range values {
		g.function.Results = append(g.function.Results, g.Named(fmt.Sprint(i), &core.Result{}, v).Node)
	}
	return g.function
}

// Number returns a constant of shape [].
func Number[T core.Element](v T) core.Value { return core.NewConstant(core.Scalar(v)) }

// Values returns a constant for each operand that has a value, and a parameter for each other.
func Values(t testing.TB, operands []core.Operand) []core.Value {
	t.Helper()
	values := make([]core.Value, len(operands))
	for i, o := range operands {
		if o.Const != nil {
			values[i] = core.NewConstant(o.Const)
			continue
		}
		n, err := core.NewNode(&core.Parameter{Type: o.Type, Shape: o.Shape})
		if err != nil {
			t.Fatal(err)
		}
		values[i] = n.Out(0)
	}
	return values
}
