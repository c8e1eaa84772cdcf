package op_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/internal/enginetest"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

var number = testgraph.Number[int32]

// loopParts are graphs of a condition and a body that have the same parameters.
type loopParts struct {
	condition, body *testgraph.Graph
	c, b            []core.Value // the parameters of each
}

func newLoop(t testing.TB, parameters ...core.Fact) *loopParts {
	l := &loopParts{condition: testgraph.NewGraph(t, "condition"), body: testgraph.NewGraph(t, "body")}
	for i, p := range parameters {
		name := fmt.Sprintf("p%d", i)
		l.c = append(l.c, l.condition.Typed(name, p.Type, p.Shape))
		l.b = append(l.b, l.body.Typed(name, p.Type, p.Shape))
	}
	return l
}

// below is a condition: number 0 <= value < limit.
func (l *loopParts) below(limit core.Value) *core.Function {
	less := l.condition.Apply(&pointwise.Compare{Relation: pointwise.Less}, l.c[0], limit)
	positive := l.condition.Apply(&pointwise.Compare{Relation: pointwise.GreaterEqual}, l.c[0], number(0))
	return l.condition.Results(l.condition.Apply(&pointwise.Logical{Function: pointwise.And}, less, positive))
}

// next is the first variable and 1.
func (l *loopParts) next() core.Value { return l.body.Apply(&pointwise.Add{}, l.b[0], number(1)) }

func whole(shape ...int) core.Fact {
	return core.Fact{Type: core.I32, Shape: append(core.Shape{}, shape...)}
}

func real32(shape ...int) core.Fact {
	return core.Fact{Type: core.F32, Shape: append(core.Shape{}, shape...)}
}

// powers multiplies [2,3] by [3], a capture, three times.
func powers(t testing.TB) *control.Loop {
	l := newLoop(t, whole(), real32(2, 3), real32(3))
	return &control.Loop{
		Condition: l.below(number(3)), Body: l.body.Results(l.next(), l.body.Apply(&pointwise.Multiply{}, l.b[1], l.b[2])),
	}
}

// squares sets element i of a list of n to i*i, for n a capture, and keeps the elements' sum.
func squares(t testing.TB) *control.Loop {
	l := newLoop(t, whole(), whole(core.Unknown), whole(), whole())
	square := l.body.Apply(&pointwise.Multiply{}, l.b[0], l.b[0])
	return &control.Loop{
		Condition: l.below(l.c[3]),
		Body:      l.body.Results(l.next(), l.b[0], square, l.body.Apply(&pointwise.Add{}, l.b[2], square)),
		Lists:     []int{1}, Rows: []int{1},
	}
}

// choice computes x+y, x*y or x.
func choice(t testing.TB) *control.Branch {
	var list []*core.Function
	for i, op := range []core.Op{&pointwise.Add{}, &pointwise.Multiply{}, nil} {
		g := testgraph.NewGraph(t, fmt.Sprintf("choice%d", i))
		x, y := g.Parameter("x", core.F32, core.Unknown, 3), g.Parameter("y", core.F32, 3)
		if op != nil {
			x = g.Apply(op, x, y)
		}
		list = append(list, g.Results(x))
	}
	return &control.Branch{Branches: list}
}

// callingBaselines are those of ops that call functions, and of lists.
func callingBaselines(t testing.TB) []baseline {
	x := tensor(t, core.Shape{2, 3}, float32(1), 2, 3, -1, -2, 0.5)
	y := tensor(t, core.Shape{3}, float32(2), -0.5, 3)
	i := func(v int32) *core.Tensor { return core.Scalar(v) }
	return []baseline{
		{powers(t), []*core.Tensor{i(0), x, y}},
		{squares(t), []*core.Tensor{i(0), i(4), i(0), i(4)}},
		{choice(t), []*core.Tensor{i(1), x, y}},
		{&control.List{Type: core.F32, Element: core.Shape{2}}, []*core.Tensor{i(3)}},
		{&control.List{Type: core.U8, Element: core.Shape{core.Unknown, 3}}, []*core.Tensor{core.Scalar(int64(2)), x}},
		{&control.SetRow{}, []*core.Tensor{x, i(1), y}},
		{&control.SetRow{Grows: true}, []*core.Tensor{x, i(3), y}},
	}
}

func TestCallingOpsCompute(t *testing.T) {
	x := tensor(t, core.Shape{2, 3}, float32(1), 2, 3, -1, -2, 0.5)
	y := tensor(t, core.Shape{3}, float32(2), -0.5, 4)
	i := func(v int32) *core.Tensor { return core.Scalar(v) }
	list := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	f := func(v ...float32) *core.Tensor { return tensor(t, core.Shape{len(v) / 3, 3}, v...) }
	for _, test := range []struct {
		name string
		op   core.Op
		in   []*core.Tensor
		want []*core.Tensor
	}{
		{
			"loop", powers(t),
			[]*core.Tensor{i(0), x, y},
			[]*core.Tensor{i(3), f(8, -0.25, 192, -8, 0.25, 32)},
		},
		{"loop of no step", powers(t), []*core.Tensor{i(7), x, y}, []*core.Tensor{i(7), x}},
		{
			"list and rows", squares(t),
			[]*core.Tensor{i(0), i(6), i(0), i(5)},
			[]*core.Tensor{i(5), list(0, 1, 4, 9, 16, 0), i(30)},
		},
		{
			"list of no step", squares(t),
			[]*core.Tensor{i(0), i(2), i(9), i(0)},
			[]*core.Tensor{i(0), list(0, 0), i(9)},
		},
		{"list of no element", squares(t), []*core.Tensor{i(0), i(0), i(9), i(0)}, []*core.Tensor{i(0), list(), i(9)}},
		{"branch 0", choice(t), []*core.Tensor{i(0), x, y}, []*core.Tensor{f(3, 1.5, 7, 1, -2.5, 4.5)}},
		{"branch 1", choice(t), []*core.Tensor{i(1), x, y}, []*core.Tensor{f(2, -1, 12, -2, 1, 2)}},
		{"branch behind the last", choice(t), []*core.Tensor{i(3), x, y}, []*core.Tensor{x}},
		{"branch before the first", choice(t), []*core.Tensor{i(-1), x, y}, []*core.Tensor{x}},
		{
			"list of reals", &control.List{Type: core.F32, Element: core.Shape{core.Unknown}},
			[]*core.Tensor{i(2), y},
			[]*core.Tensor{f(0, 0, 0, 0, 0, 0)},
		},
		{"row", &control.SetRow{}, []*core.Tensor{x, i(0), y}, []*core.Tensor{f(2, -0.5, 4, -1, -2, 0.5)}},
		{
			"row behind the last", &control.SetRow{Grows: true},
			[]*core.Tensor{x, i(3), y},
			[]*core.Tensor{f(1, 2, 3, -1, -2, 0.5, 0, 0, 0, 2, -0.5, 4)},
		},
		{
			"row of those there are", &control.SetRow{Grows: true},
			[]*core.Tensor{x, i(1), y},
			[]*core.Tensor{f(1, 2, 3, 2, -0.5, 4)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := core.EvalOp(test.op, test.in)
			require.NoError(t, err)
			require.Len(t, got, len(test.want))
			for k, w := range test.want {
				assert.True(t, enginetest.Equal(w, got[k]), "output %d: got %v, want %v", k, got[k], w)
			}
		})
	}
}

// doubling is a loop whose variable becomes twice as long in each step; body says what its
// shape is declared to be.
func doubling(t testing.TB, declared core.Shape) *control.Loop {
	l := newLoop(t, whole(), core.Fact{Type: core.F32, Shape: declared})
	return &control.Loop{
		Condition: l.below(number(3)), Body: l.body.Results(l.next(), l.body.Apply(&array.Concat{}, l.b[1], l.b[1])),
	}
}

func TestLoopGrowsWhereDeclared(t *testing.T) {
	x := tensor(t, core.Shape{2}, float32(1), 2)
	for _, declared := range []core.Shape{{core.Unknown}, nil} {
		got, err := core.EvalOp(doubling(t, declared), []*core.Tensor{core.Scalar(int32(0)), x})
		if declared == nil { // Concat wants a rank
			require.NoError(t, err)
		}
		require.NoError(t, err)
		assert.Equal(t, core.Shape{16}, got[1].Shape())
		assert.Equal(t, []float32{1, 2, 1, 2}, core.Data[float32](got[1])[:4])
	}
	_, err := core.EvalOp(doubling(t, core.Shape{2}), []*core.Tensor{core.Scalar(int32(0)), x})
	assert.EqualError(t, err, "Loop: variable 1: body gives shape [4], want [2] (Loop-C3)")
}

// The shape of a variable is what all steps have in common.
func TestLoopInfersShapes(t *testing.T) {
	scalar := core.Operand{Fact: whole()}
	for _, test := range []struct {
		name string
		op   core.Op
		in   []core.Operand
		want string
	}{
		{"all known", powers(t), []core.Operand{scalar, {Fact: real32(2, 3)}, {Fact: real32(3)}}, "[i32[] f32[2,3]]"},
		{
			"nothing known", powers(t),
			[]core.Operand{{}, {}, {}},
			"[i32[] f32[2,3]]",
		},
		{"grows", doubling(t, nil), []core.Operand{scalar, {Fact: real32(2)}}, "[i32[] f32[?]]"},
		{
			"list of a known number", squares(t),
			[]core.Operand{scalar, {Fact: whole(), Const: core.Scalar(int32(4))}, scalar, scalar},
			"[i32[] i32[4] i32[]]",
		},
		{"list of an unknown number", squares(t), []core.Operand{scalar, scalar, scalar, scalar}, "[i32[] i32[?] i32[]]"},
		{
			"elements told by the body", rowsOf(t, nil),
			[]core.Operand{scalar, {Fact: whole(), Const: core.Scalar(int32(4))}, {Fact: real32(2, 3)}},
			"[i32[] f32[4,2,3]]",
		},
		{"branch", choice(t), []core.Operand{scalar, {Fact: real32(5, 3)}, {Fact: real32(3)}}, "[f32[5,3]]"},
		{"branches that differ", sizes(t), []core.Operand{scalar, {Fact: real32(2)}}, "[f32[?]]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.op.Infer(test.in)
			require.NoError(t, err)
			assert.Equal(t, test.want, fmt.Sprint(got))
		})
	}
}

// rowsOf sets each row of a list of some declared shape to a capture, [2,3].
func rowsOf(t testing.TB, declared core.Shape) *control.Loop {
	l := newLoop(t, whole(), core.Fact{Type: core.F32, Shape: declared}, real32(2, 3))
	return &control.Loop{
		Condition: l.below(number(2)), Body: l.body.Results(l.next(), l.b[0], l.b[2]), Lists: []int{1}, Rows: []int{1},
	}
}

// sizes gives x or twice as much.
func sizes(t testing.TB) *control.Branch {
	var list []*core.Function
	for i := range 2 {
		g := testgraph.NewGraph(t, fmt.Sprintf("size%d", i))
		x := g.Parameter("x", core.F32, core.Unknown)
		list = append(list, g.Results(g.Apply(&array.Concat{}, append([]core.Value{x}, x)[:i+1]...)))
	}
	return &control.Branch{Branches: list}
}

// A list in which no row has been set gets the shape of the row, which may be known later.
func TestSetRowInfersTheShapeOfTheRow(t *testing.T) {
	of := func(t core.Type, s core.Shape) core.Operand { return core.Operand{Fact: core.Fact{Type: t, Shape: s}} }
	for _, c := range []struct{ x, row, want core.Shape }{
		{core.Shape{2, 0}, core.Shape{3}, core.Shape{2, 3}},
		{core.Shape{2, 0}, core.Shape{core.Unknown}, core.Shape{2, core.Unknown}},
		{core.Shape{2, 0}, nil, nil},
		{core.Shape{2, core.Unknown}, core.Shape{3}, core.Shape{2, 3}},
		{core.Shape{2, 3}, nil, core.Shape{2, 3}},
	} {
		in := []core.Operand{of(core.F32, c.x), of(core.I32, core.Shape{}), of(core.F32, c.row)}
		facts, err := (&control.SetRow{}).Infer(in)
		require.NoError(t, err)
		require.Equal(t, c.want, facts[0].Shape, "%v with %v", c.x, c.row)
	}
}

func TestListTakesItsElementsFromTheBody(t *testing.T) {
	x := tensor(t, core.Shape{2, 3}, float32(1), 2, 3, 4, 5, 6)
	got, err := core.EvalOp(rowsOf(t, nil), []*core.Tensor{core.Scalar(int32(0)), core.Scalar(int32(3)), x})
	require.NoError(t, err)
	assert.Equal(t, core.Shape{3, 2, 3}, got[1].Shape())
	assert.Equal(t, []float32{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0}, core.Data[float32](got[1]))
}

// A loop that does not end is an error.
func TestLoopIsBounded(t *testing.T) {
	l := newLoop(t, whole())
	loop := &control.Loop{Condition: l.below(number(3)), Body: l.body.Results(l.b[0])}
	yes, zero, steps := core.Scalar(true), core.Scalar(int32(0)), 0
	err := loop.Call([]*core.Tensor{zero}, make([]*core.Tensor, 1), func(i int, _, out []*core.Tensor) error {
		out[0] = []*core.Tensor{yes, zero}[i]
		steps += i
		return nil
	})
	assert.EqualError(t, err, fmt.Sprintf(": it has run %d steps and does not end (C6)", control.MaxSteps))
	assert.Equal(t, control.MaxSteps, steps)
}

// Functions are evaluated within what their caller may take, of which their parameters are a part.
func TestFunctionsAreEvaluatedWithinLimits(t *testing.T) {
	n, err := core.NewNamedNode("while", doubling(t, nil), number(0), core.NewConstant(tensor(t, core.Shape{1 << 10},
		make([]float32, 1<<10)...)))
	require.NoError(t, err)
	in := []*core.Tensor{core.Scalar(int32(0)), n.Inputs()[1].Constant()}
	for _, test := range []struct {
		limits core.MemoryLimits
		held   int64
		fails  bool
	}{
		{core.MemoryLimits{Bytes: 1 << 20, TensorBytes: 1 << 20}, 0, false},
		{core.MemoryLimits{Bytes: 1 << 20, TensorBytes: 1 << 14}, 0, true},
		{core.MemoryLimits{Bytes: 1 << 16, TensorBytes: 1 << 20}, 0, true},
		{core.MemoryLimits{Bytes: 1 << 20, TensorBytes: 1 << 20}, 1<<20 - 1<<16, true},
	} {
		_, err := n.EvalWithin(in, test.held, test.limits)
		if !test.fails {
			require.NoError(t, err)
			continue
		}
		var memory *core.MemoryError
		require.ErrorAs(t, err, &memory, "%+v", test)
		assert.Equal(t, "Concat", memory.Node)
	}
}

func TestCallingOpsRefuse(t *testing.T) {
	i := func(v int32) *core.Tensor { return core.Scalar(v) }
	x, y := tensor(t, core.Shape{2}, float32(1), 2), tensor(t, core.Shape{3}, float32(1), 2, 3)
	changed := func(change func(l *control.Loop)) core.Op {
		l := *powers(t)
		change(&l)
		return &l
	}
	matrix := tensor(t, core.Shape{2, 3}, float32(1), 2, 3, 4, 5, 6)
	three := []*core.Tensor{i(0), matrix, y}
	other := func(results int, parameters ...core.Fact) *core.Function {
		l := newLoop(t, parameters...)
		return l.body.Results(l.b[:results]...)
	}
	g := testgraph.NewGraph(t, "open")
	outside := g.Parameter("outside", core.I32)
	open := testgraph.NewGraph(t, "open")
	open.Parameter("p0", core.I32)
	p1 := open.Parameter("p1", core.F32, 2, 3)
	open.Parameter("p2", core.F32, 3)
	reads := open.Results(outside, p1)
	for _, test := range []struct {
		name string
		op   core.Op
		in   []*core.Tensor
		want string
	}{
		{"no body", changed(func(l *control.Loop) { l.Body = nil }), three, "Loop: body: function: got none (Loop-C1)"},
		{
			"reads what is outside", changed(func(l *control.Loop) { l.Body = reads }), three,
			`Loop: body: function: node "outside" (Parameter) is read, but is not among the parameters (Loop-C1)`,
		},
		{"inputs", powers(t), three[:2], "Loop: condition: got 3 parameters, want 2, as there are inputs (Loop-C1)"},
		{
			"parameters of another type", changed(func(l *control.Loop) { l.Body = other(2, whole(), whole(2, 3), real32(3)) }),
			three,
			"Loop: parameter 1: condition has f32[2,3], body i32[2,3], want the same (Loop-C1)",
		},
		{
			"parameters of another shape",
			changed(func(l *control.Loop) { l.Body = other(2, whole(), real32(2, 4), real32(3)) }),
			three,
			"Loop: parameter 1: condition has f32[2,3], body f32[2,4], want the same (Loop-C1)",
		},
		{"input type", powers(t), []*core.Tensor{i(0), i(1), y}, "Loop: input 1: got type i32, want f32 (Loop-C1)"},
		{"input shape", powers(t), []*core.Tensor{i(0), x, y}, "Loop: input 1: got shape [2], want [2,3] (Loop-C1)"},
		{
			"condition", changed(func(l *control.Loop) { l.Condition = other(1, whole(), real32(2, 3), real32(3)) }), three,
			"Loop: condition: got results [i32[]], want one boolean [] (Loop-C2)",
		},
		{
			"next type", changed(func(l *control.Loop) {
				b := newLoop(t, whole(), real32(2, 3), real32(3))
				l.Body = b.body.Results(b.b[1], b.b[1])
			}), three,
			"Loop: variable 0: body gives type f32, want i32 (Loop-C3)",
		},
		{
			"next shape", changed(func(l *control.Loop) {
				b := newLoop(t, whole(), real32(2, 3), real32(3))
				l.Body = b.body.Results(b.b[0], b.b[2])
			}), three,
			"Loop: variable 1: body gives shape [3], want [2,3] (Loop-C3)",
		},
		{
			"too many results", changed(func(l *control.Loop) {
				b := newLoop(t, whole(), real32(2, 3), real32(3))
				l.Body = b.body.Results(b.b[0], b.b[1], b.b[2], b.b[2])
			}), three,
			"Loop: body: got 4 results, want at most one for each of 3 parameters, and one more for each of rows [] (Loop-C3)",
		},
		{
			"lists", changed(func(l *control.Loop) { l.Lists = []int{2} }), three,
			"Loop: got lists [2] and rows [], want numbers of the 2 variables, in rising order (Loop-C4)",
		},
		{
			"rows twice", changed(func(l *control.Loop) { l.Lists = []int{1, 1} }), three,
			"Loop: got lists [1 1] and rows [], want numbers of the 2 variables, in rising order (Loop-C4)",
		},
		{
			"number of a list", squares(t),
			[]*core.Tensor{i(0), core.Scalar(float32(1)), i(0), i(1)},
			"Loop: input 1: got type f32, want i32 or i64, the number of the list's elements (Loop-C1)",
		},
		{
			"numbers of a list", squares(t),
			[]*core.Tensor{i(0), tensor(t, core.Shape{2}, int32(1), 2), i(0), i(1)},
			"Loop: input 1: got shape [2], want [], the number of the list's elements (Loop-C1)",
		},
		{
			"negative list", squares(t),
			[]*core.Tensor{i(0), i(-1), i(0), i(1)},
			"Loop: input 1: got -1 elements, want 0 to 1099511627776 (Loop-C5)",
		},
		{
			"row outside", squares(t),
			[]*core.Tensor{i(0), i(2), i(0), i(3)},
			"Loop: input 1: index: got 2, want one of the 2 rows (Loop-C1)",
		},
		{
			"no branch", &control.Branch{},
			[]*core.Tensor{i(0)},
			"Branch: got 0 functions and 1 inputs, want one at least (Branch-C1)",
		},
		{
			"arguments", choice(t),
			[]*core.Tensor{i(0), matrix},
			"Branch: branch 0: got 2 parameters, want 1, as there are arguments (Branch-C1)",
		},
		{"argument type", choice(t), []*core.Tensor{i(0), i(0), y}, "Branch: input 1: got type i32, want f32 (Branch-C1)"},
		{"argument shape", choice(t), []*core.Tensor{i(0), x, y}, "Branch: input 1: got shape [2], want [?,3] (Branch-C1)"},
		{
			"branch results", &control.Branch{Branches: []*core.Function{other(1, real32(3)), other(0, real32(3))}},
			[]*core.Tensor{i(0), y},
			"Branch: branch 1: got 0 results, want 1, as the first has (Branch-C2)",
		},
		{
			"branch result type", &control.Branch{Branches: []*core.Function{
				other(1, real32(3), whole()), func() *core.Function {
					l := newLoop(t, real32(3), whole())
					return l.body.Results(l.b[1])
				}(),
			}}, []*core.Tensor{i(0), y, i(0)}, "Branch: branch 1: result 0: got type i32, want f32 (Branch-C2)",
		},
		{
			"index type", choice(t),
			[]*core.Tensor{core.Scalar(int64(0)), matrix, y},
			"Branch: input 0: index: got type i64, want i32 (Branch-C3)",
		},
		{
			"index shape", choice(t),
			[]*core.Tensor{y, matrix, y},
			"Branch: input 0: index: got type f32, want i32 (Branch-C3)",
		},
		{
			"count", &control.List{Type: core.F32},
			[]*core.Tensor{i(-1)},
			"List: input 0: count: got -1, want 0 at least (List-C1)",
		},
		{
			"count type", &control.List{Type: core.F32},
			[]*core.Tensor{x},
			"List: input 0: count: got type f32, want i32 or i64 (List-C1)",
		},
		{
			"like", &control.List{Type: core.F32, Element: core.Shape{2}},
			[]*core.Tensor{i(1), y},
			"List: input 1: like: got shape [3], want [2] (List-C2)",
		},
		{
			"elements not known", &control.List{Type: core.F32},
			[]*core.Tensor{i(1)},
			"List: the shape of the elements, ?, is not known: none of them was set (List-C3)",
		},
		{
			"no row", &control.SetRow{},
			[]*core.Tensor{matrix, i(2), y},
			"SetRow: input 1: index: got 2, want one of the 2 rows (SetRow-C1)",
		},
		{
			"negative row", &control.SetRow{Grows: true},
			[]*core.Tensor{matrix, i(-1), y},
			"SetRow: input 1: index: got -1, want one of the 2 rows (SetRow-C1)",
		},
		{
			"row type", &control.SetRow{},
			[]*core.Tensor{matrix, i(0), i(0)},
			"SetRow: input 2: row: got type i32, want f32 (SetRow-C2)",
		},
		{
			"row shape", &control.SetRow{},
			[]*core.Tensor{matrix, i(0), x},
			"SetRow: input 2: row: got shape [2], want [3] (SetRow-C2)",
		},
		{
			"row of a number", &control.SetRow{},
			[]*core.Tensor{i(0), i(0), i(0)},
			"SetRow: input 0: got a scalar, want rows (SetRow-C2)",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := core.EvalOp(test.op, test.in)
			require.Error(t, err)
			assert.Equal(t, test.want, err.Error())
			assert.ErrorAs(t, err, new(*core.OpError))
		})
	}
}
