package kernels_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/internal/enginetest"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

func labels(t *testing.T, elements ...string) *core.Tensor {
	s, err := core.StringTensor(core.Shape{len(elements)}, elements)
	require.NoError(t, err)
	return s
}

// Every engine passes strings through, computes with them and gives them to functions.
func TestStrings(t *testing.T) {
	animals := core.NewConstant(labels(t, "cat", "dog"))
	for name, test := range map[string]struct {
		graph func(g *testgraph.Graph, x, i core.Value) core.Value // x is [a, b, c], and i is [1]
		want  []string
	}{
		"passed through": {func(_ *testgraph.Graph, x, _ core.Value) core.Value { return x }, []string{"a", "b", "c"}},
		"constant":       {func(_ *testgraph.Graph, _, _ core.Value) core.Value { return animals }, []string{"cat", "dog"}},
		"label of an index that is computed": {func(g *testgraph.Graph, _, i core.Value) core.Value {
			return g.Apply(&indexing.Gather{}, animals, g.Apply(&pointwise.Multiply{}, i, i))
		}, []string{"dog"}},
		"reshaped, then taken from": {func(g *testgraph.Graph, x, i core.Value) core.Value {
			column := g.Apply(&array.Reshape{}, x, core.NewConstant(tensor(t, []int32{3, 1})))
			row := g.Apply(&indexing.Gather{}, column, i)
			return g.Apply(&array.Reshape{}, row, core.NewConstant(tensor(t, []int32{1})))
		}, []string{"b"}},
		"joined": {func(g *testgraph.Graph, x, _ core.Value) core.Value {
			return g.Apply(&array.Concat{}, x, animals)
		}, []string{"a", "b", "c", "cat", "dog"}},
		"given to a branch": {func(g *testgraph.Graph, x, i core.Value) core.Value {
			first, second := testgraph.NewGraph(t, "first"), testgraph.NewGraph(t, "second")
			first.Parameter("x", core.String, 3)
			taken := second.Apply(&array.Reverse{Axes: []int{0}}, second.Parameter("x", core.String, 3))
			b := &control.Branch{Branches: []*core.Function{first.Results(animals), second.Results(taken)}}
			index := g.Apply(&array.Reshape{}, i, core.NewConstant(tensor(t, []int32{})))
			return g.Apply(b, index, x)
		}, []string{"c", "b", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := testgraph.NewGraph(t, "strings")
			f := g.Results(test.graph(g, g.Parameter("x", core.String, 3), g.Parameter("i", core.I32, 1)))
			in := map[string]*core.Tensor{"x": labels(t, "a", "b", "c"), "i": tensor(t, []int32{1})}
			require.NoError(t, enginetest.Check(f, in, map[string]*core.Tensor{"0": labels(t, test.want...)}))
		})
	}
}

func tensor[T core.Element](t *testing.T, elements []T) *core.Tensor {
	x, err := core.TensorOf(core.Shape{len(elements)}, elements)
	require.NoError(t, err)
	return x
}
