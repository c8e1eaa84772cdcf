package passes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

var whole = testgraph.Number[int32]

// looped is a loop whose functions have parameters i, a list [3,2], x [2], y [2], w [2]; the first
// two to four are variables. body makes the results behind i's.
type looped struct {
	lists, rows []int
	inputs      func(g *testgraph.Graph) []core.Value // in place of parameters of the function
	condition   func(c *testgraph.Graph, p []core.Value) core.Value
	body        func(b *testgraph.Graph, p []core.Value) []core.Value
	results     []int
}

func (l looped) function(t testing.TB) *core.Function {
	parameters := func(g *testgraph.Graph, skip int) []core.Value {
		p := []core.Value{whole(0)}
		if skip == 0 {
			p[0] = g.Parameter("i", core.I32)
		}
		p = append(p, g.Parameter("list", core.F32, 3, 2))
		for _, name := range []string{"x", "y", "w"} {
			p = append(p, g.Parameter(name, core.F32, 2))
		}
		return p
	}
	c, b, g := testgraph.NewGraph(t, "condition"), testgraph.NewGraph(t, "body"), testgraph.NewGraph(t, "main")
	pc, pb := parameters(c, 0), parameters(b, 0)
	less := c.Apply(&pointwise.Compare{Relation: pointwise.Less}, pc[0], whole(3))
	if l.condition != nil {
		less = l.condition(c, pc)
	}
	body := append([]core.Value{b.Apply(&pointwise.Add{}, pb[0], whole(1))}, l.body(b, pb)...)
	in := parameters(g, 1)
	if l.inputs != nil {
		in = append(in[:2], l.inputs(g)...)
	}
	op := &control.Loop{Condition: c.Results(less), Body: b.Results(body...), Lists: l.lists, Rows: l.rows}
	n := g.Named("while", op, in...).Node
	var results []core.Value
	for _, r := range l.results {
		results = append(results, n.Out(r))
	}
	return g.Results(results...)
}

// loopOf tells what became of the only loop of a function: names of its parameters, variables in
// front, rows, and how many inputs it has.
func loopOf(f *core.Function) string {
	for _, n := range f.Nodes() {
		l, ok := n.Op().(*control.Loop)
		if !ok {
			continue
		}
		var names []string
		for i, p := range l.Body.Parameters {
			if i == l.Variables() {
				names = append(names, "|")
			}
			names = append(names, p.Name)
		}
		return fmt.Sprintf("%s rows%v lists%v", strings.Join(names, " "), l.Rows, l.Lists)
	}
	return "no loop"
}

func TestLoopsAreReduced(t *testing.T) {
	add := &pointwise.Add{}
	for _, test := range []struct {
		name string
		loop looped
		want string
	}{
		{"variables that change, captures", looped{
			body: func(b *testgraph.Graph, p []core.Value) []core.Value {
				return []core.Value{b.Apply(add, p[1], p[3]), b.Apply(add, p[2], p[4])}
			},
			results: []int{1, 2},
		}, "i list x | y w rows[] lists[]"},
		{"captures that nobody reads", looped{
			body: func(b *testgraph.Graph, p []core.Value) []core.Value {
				return []core.Value{b.Apply(add, p[1], p[2])}
			},
			results: []int{1},
		}, "i list | x rows[] lists[]"},
		{"variables that stay as they are", looped{
			body: func(b *testgraph.Graph, p []core.Value) []core.Value {
				return []core.Value{b.Apply(add, p[1], p[2]), p[2], p[3]}
			},
			results: []int{1, 2, 3},
		}, "i list | x rows[] lists[]"},
		{"variables that nobody needs", looped{
			body: func(b *testgraph.Graph, p []core.Value) []core.Value {
				return []core.Value{b.Apply(add, p[1], p[2]), b.Apply(add, p[2], p[3])}
			},
			results: []int{0},
		}, "i rows[] lists[]"},
		{"variables that others need", looped{
			body: func(b *testgraph.Graph, p []core.Value) []core.Value {
				return []core.Value{p[1], b.Apply(add, p[2], p[3]), b.Apply(add, p[3], p[4])}
			},
			results: []int{2},
		}, "i x y | w rows[] lists[]"},
		{"captures that are constants", looped{
			inputs: func(g *testgraph.Graph) []core.Value {
				x := g.Parameter("z", core.F32, 2)
				one := core.NewConstant(reals(t, 1, 2))
				return []core.Value{x, one, g.Apply(&pointwise.Multiply{}, one, one)}
			},
			body: func(b *testgraph.Graph, p []core.Value) []core.Value {
				return []core.Value{b.Apply(add, b.Apply(add, p[1], p[2]), b.Apply(add, p[3], p[4]))}
			},
			results: []int{1},
		}, "i list | x rows[] lists[]"},
		{"a row that is set last", looped{
			body: func(b *testgraph.Graph, p []core.Value) []core.Value {
				read := b.Apply(&indexing.Gather{}, p[1], p[0])
				return []core.Value{b.Apply(&control.SetRow{}, p[1], p[0], b.Apply(add, read, p[2]))}
			},
			results: []int{1},
		}, "i list | x rows[1] lists[]"},
		{"a row that is set and read", looped{
			body: func(b *testgraph.Graph, p []core.Value) []core.Value {
				set := b.Apply(&control.SetRow{}, p[1], p[0], p[3])
				return []core.Value{set, b.Apply(&indexing.Gather{}, set, p[0])}
			},
			results: []int{1, 2},
		}, "i list x | y rows[] lists[]"},
		{"nothing but constants", looped{
			body:    func(_ *testgraph.Graph, p []core.Value) []core.Value { return []core.Value{p[1]} },
			results: []int{1},
		}, "no loop"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := test.loop.function(t)
			g, err := Run(f, Options{})
			require.NoError(t, err)
			assert.Equal(t, test.want, loopOf(g))
			inputs := map[string]*core.Tensor{}
			for i, p := range f.Parameters {
				x, err := core.NewTensor(core.F32, p.Outputs()[0].Shape)
				require.NoError(t, err)
				for k := range core.Data[float32](x) {
					core.Data[float32](x)[k] = float32(k + i)
				}
				inputs[p.Name] = x
			}
			want, err := f.Eval(inputs)
			require.NoError(t, err)
			got, err := g.Eval(inputs)
			require.NoError(t, err)
			for name, w := range want {
				assert.Equal(t, w.Bytes(), got[name].Bytes())
			}
		})
	}
}

func reals(t testing.TB, v ...float32) *core.Tensor {
	x, err := core.TensorOf(core.Shape{len(v)}, v)
	require.NoError(t, err)
	return x
}

// A branch whose number follows from constants stands in the place of the Branch, also inside
// of what such a branch calls.
func TestBranchesAreDecided(t *testing.T) {
	branch := func(depth int) *control.Branch { return nil }
	branch = func(depth int) *control.Branch {
		op := &control.Branch{}
		for i := range 2 {
			b := testgraph.NewGraph(t, fmt.Sprintf("branch%d", i))
			which, x := b.Parameter("which", core.I32), b.Parameter("x", core.F32, 2)
			y := b.Named(fmt.Sprintf("plus%d.%d", depth, i), &pointwise.Add{}, x, core.NewConstant(reals(t, 1, float32(i))))
			if depth > 0 {
				y = b.Apply(branch(depth-1), which, which, y)
			}
			op.Branches = append(op.Branches, b.Results(y))
		}
		return op
	}
	for _, known := range []bool{true, false} {
		g := testgraph.NewGraph(t, "main")
		x := g.Parameter("x", core.F32, 2)
		which := g.Apply(&pointwise.Subtract{}, whole(3), whole(2))
		if !known {
			which = g.Parameter("which", core.I32)
		}
		f, err := Run(g.Results(g.Apply(branch(2), which, which, x)), Options{})
		require.NoError(t, err)
		var names []string
		for _, n := range f.Nodes() {
			if n.IsComputed() {
				names = append(names, n.Name)
			}
		}
		if known {
			assert.Equal(t, []string{"plus2.1", "plus1.1", "plus0.1"}, names)
			got, err := f.Eval(map[string]*core.Tensor{"x": reals(t, 5, 7)})
			require.NoError(t, err)
			assert.Equal(t, []float32{8, 10}, core.Data[float32](got["0"]))
		} else {
			assert.Equal(t, []string{"Branch"}, names)
		}
	}
}

// What nobody reads of branches is not computed, nor given to them; what they get of constants
// they have themselves.
func TestBranchesAreReduced(t *testing.T) {
	op := &control.Branch{}
	for i := range 2 {
		b := testgraph.NewGraph(t, fmt.Sprintf("branch%d", i))
		x, y, z := b.Parameter("x", core.F32, 2), b.Parameter("y", core.F32, 2), b.Parameter("z", core.F32, 2)
		op.Branches = append(op.Branches, b.Results(b.Apply(&pointwise.Subtract{}, x, y),
			[]core.Value{b.Apply(&pointwise.Add{}, x, z), b.Apply(&pointwise.Multiply{}, x, z)}[i]))
	}
	g := testgraph.NewGraph(t, "main")
	n := g.Apply(op, g.Parameter("which", core.I32), g.Parameter("x", core.F32, 2), g.Parameter("y", core.F32, 2),
		core.NewConstant(reals(t, 3, 4))).Node
	f, err := Run(g.Results(n.Out(1)), Options{})
	require.NoError(t, err)
	branch := f.Results[0].Inputs()[0].Node
	assert.Len(t, branch.Inputs(), 2)
	assert.Len(t, branch.Outputs(), 1)
	assert.NotContains(t, f.Text(), "Subtract")
	for which, want := range [][]float32{{8, 11}, {15, 28}} {
		got, err := f.Eval(map[string]*core.Tensor{
			"which": core.Scalar(int32(which)), "x": reals(t, 5, 7), "y": reals(t, 0, 0),
		})
		require.NoError(t, err)
		assert.Equal(t, want, core.Data[float32](got["0"]))
	}
}

// All passes work inside of functions: weights that are dequantized outside of a loop make
// the product inside of it one of integers.
func TestPassesWorkInsideFunctions(t *testing.T) {
	c, b, g := testgraph.NewGraph(t, "condition"), testgraph.NewGraph(t, "body"), testgraph.NewGraph(t, "main")
	c.Parameter("x", core.F32, 4, 8)
	c.Parameter("w", core.F32, 8, 8)
	bx, bw := b.Parameter("x", core.F32, 4, 8), b.Parameter("w", core.F32, 8, 8)
	scale := testgraph.Number(float32(0.1))
	q := b.Apply(&quantization.Quantize{Type: core.U8, RoundMode: numeric.RoundNearestTowardEven}, bx, scale,
		testgraph.Number(uint8(7)))
	x := b.Apply(&quantization.Dequantize{Type: core.F32}, q, scale, testgraph.Number(uint8(7)))
	loop := &control.Loop{
		Condition: c.Results(core.NewConstant(core.Scalar(false))),
		Body:      b.Results(b.Apply(&linear.Dot{ReductionAxes: 1}, x, bw)),
	}
	weights, err := core.NewTensor(core.I8, core.Shape{8, 8})
	require.NoError(t, err)
	w := g.Apply(&quantization.Dequantize{Type: core.F32}, core.NewConstant(weights), scale, testgraph.Number(int8(0)))
	f := g.Results(g.Apply(loop, g.Parameter("x", core.F32, 4, 8), w))
	for without, want := range map[string]string{"": "IntegerDot", QDQ: "Dot"} {
		o := Options{}
		if without != "" {
			o.Without = []string{without}
		}
		got, err := Run(f, o)
		require.NoError(t, err)
		assert.Equal(t, "x rows[] lists[]", loopOf(got))
		assert.Contains(t, got.Text(), " = "+want+"(")
	}
}
