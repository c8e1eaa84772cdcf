package kernels

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

// typesOfLoops are those that plain loops compute.
var typesOfLoops = []core.Type{
	core.U8, core.I8, core.U16, core.I16, core.U32, core.I32, core.I64, core.F64, core.BF16, core.F16,
}

// loopData returns random elements: any integers, and reals with ties, zeros of both signs and, if special, NaN.
func (g *graph) loopData(t core.Type, s core.Shape, special bool) *core.Tensor {
	g.t.Helper()
	x := g.tensor(core.F32, s, special)
	if !t.IsFloat() {
		return g.tensor(t, s, false)
	}
	out, err := core.EvalOp(&pointwise.Convert{Type: t}, []*core.Tensor{x})
	require.NoError(g.t, err)
	return out[0]
}

// loopParameter returns a parameter whose values loopData makes.
func (g *graph) loopParameter(t core.Type, s core.Shape, special bool) core.Value {
	v := g.parameter(t, s)
	if g.fixed == nil {
		g.fixed = map[string]*core.Tensor{}
	}
	g.fixed[v.Node.Name] = g.loopData(t, s, special)
	return v
}

// resultsOf adds the op's results for values, if it is defined for their type.
func (g *graph) resultsOf(op core.Op, in ...core.Value) {
	if _, err := core.Apply(op, in...); err == nil {
		g.result(g.apply(op, in...))
	}
}

func TestLoopsOfPairs(t *testing.T) {
	for _, typ := range typesOfLoops {
		t.Run(fmt.Sprint(typ), func(t *testing.T) {
			g := newGraph(t, uint64(typ))
			s := core.Shape{3, 5, 33}
			x, y := g.loopParameter(typ, s, false), g.loopParameter(typ, s, false)
			row := g.loopParameter(typ, core.Shape{33}, false)
			divisor := g.loopData(typ, core.Shape{33}, false)
			for i := range divisor.Bytes() {
				divisor.Bytes()[i] |= 1
			}
			if typ.IsInteger() { // the least number by -1
				least := g.fixed[x.Node.Name].Bytes()[:typ.Size()]
				clear(least)
				least[len(least)-1] = 0x80
				copy(divisor.Bytes(), bytes.Repeat([]byte{0xff}, typ.Size()))
			}
			for _, op := range []core.Op{
				&pointwise.Add{}, &pointwise.Subtract{}, &pointwise.Multiply{}, &pointwise.Maximum{}, &pointwise.Minimum{},
				&pointwise.SquaredDifference{},
			} {
				g.resultsOf(op, x, y)
				g.resultsOf(op, row, y)
			}
			for f := pointwise.BitwiseAnd; f <= pointwise.RightShift; f++ {
				g.resultsOf(&pointwise.Binary{Function: f}, x, y)
			}
			for r := pointwise.Equal; r <= pointwise.GreaterEqual; r++ {
				g.resultsOf(&pointwise.Compare{Relation: r}, x, y)
				g.resultsOf(&pointwise.Compare{Relation: r}, x, x)
			}
			computed := g.parameter(typ, divisor.Shape())
			g.fixed[computed.Node.Name] = divisor
			for _, op := range divisions {
				if typ == core.F64 && ofIntegers(op) {
					continue
				}
				g.resultsOf(op, x, core.NewConstant(divisor))
				g.resultsOf(op, x, computed)
			}
			chosen := g.apply(&pointwise.Compare{Relation: pointwise.Less}, x, y)
			g.result(g.apply(&pointwise.Select{}, chosen, x, y))
			g.check(false)
		})
	}
}

// divisions are the ops that have no result for an integer and 0.
var divisions = []core.Op{
	&pointwise.Divide{}, &pointwise.FloorDivide{}, &pointwise.FloorMod{},
	&pointwise.Binary{Function: pointwise.TruncateDivide}, &pointwise.Binary{Function: pointwise.TruncateMod},
}

// ofIntegers reports whether only integers have a loop of a division.
func ofIntegers(op core.Op) bool {
	_, truncates := op.(*pointwise.Binary)
	return truncates || core.OpName(op) == "FloorMod"
}

// Kernels report a division by 0 as references do.
func TestDivisionByZero(t *testing.T) {
	for _, typ := range typesOfLoops {
		for _, op := range divisions {
			if !typ.IsInteger() {
				continue
			}
			t.Run(fmt.Sprintf("%v/%v", typ, op), func(t *testing.T) {
				g := newGraph(t, uint64(typ))
				s := core.Shape{3, 5, 33}
				x, y := g.parameter(typ, s), g.parameter(typ, s)
				g.result(g.apply(op, x, y))
				divisor := g.tensor(typ, s, false)
				for i := range divisor.Bytes() {
					divisor.Bytes()[i] |= 1
				}
				clear(divisor.Bytes()[100*typ.Size():][:typ.Size()])
				inputs := map[string]*core.Tensor{x.Node.Name: g.tensor(typ, s, false), y.Node.Name: divisor}
				_, want := g.f.Eval(inputs)
				require.ErrorContains(t, want, "zero")
				for _, o := range testOptions() {
					p, err := Compile(g.f, nil, o)
					require.NoError(t, err)
					_, err = p.Run(t.Context(), inputs, nil)
					require.EqualError(t, err, want.Error(), "%+v", o)
					require.ErrorAs(t, err, new(*core.OpError))
				}
			})
		}
	}
}

func TestLoopsOfOne(t *testing.T) {
	all := append([]core.Type{core.Bool, core.F32, core.U64}, typesOfLoops...)
	for _, typ := range all {
		t.Run(fmt.Sprint(typ), func(t *testing.T) {
			g := newGraph(t, uint64(typ))
			s := core.Shape{3, 5, 33}
			data := typ
			if typ == core.Bool {
				data = core.U8
			}
			x := g.loopParameter(data, s, true)
			if typ == core.Bool {
				x = g.apply(&pointwise.Convert{Type: core.Bool}, x)
			}
			for f := pointwise.Abs; f <= pointwise.Ceil; f++ {
				switch f {
				case pointwise.Exp, pointwise.Log, pointwise.Erf, pointwise.Rsqrt:
					continue // float64 has no loops of them
				case pointwise.Floor, pointwise.Ceil:
					if !typ.IsFloat() {
						continue
					}
				}
				g.resultsOf(&pointwise.Unary{Function: f}, x)
			}
			g.resultsOf(&pointwise.Unary{Function: pointwise.Invert}, x)
			if typ.IsFloat() && !typ.IsHalf() { // of which a reference makes a table
				g.resultsOf(&pointwise.Unary{Function: pointwise.Softsign}, x)
			}
			for class := pointwise.NaN; class <= pointwise.Finite; class++ {
				g.resultsOf(&pointwise.Is{Class: class}, x)
			}
			g.resultsOf(&pointwise.Activate{Activation: numeric.Relu}, x)
			g.resultsOf(&pointwise.Activate{Activation: numeric.Relu6}, x)
			if typ.IsFloat() {
				g.resultsOf(&pointwise.Unary{Function: pointwise.RoundEven}, x)
			}
			for _, to := range all {
				if to != typ {
					g.resultsOf(&pointwise.Convert{Type: to}, x)
				}
			}
			g.anyKernel = typ.IsInteger() && !typ.IsSigned() // signs of what has none
			g.check(false)
		})
	}
}

// TestBroadcastLoops has operands of which a number belongs to a whole row, or to everything, and rows for all.
func TestBroadcastLoops(t *testing.T) {
	for _, typ := range typesOfLoops {
		for _, columns := range []int{3, 8, 17, 64, 300, 5000} {
			t.Run(fmt.Sprintf("%v,%d", typ, columns), func(t *testing.T) {
				g := newGraph(t, uint64(columns))
				x := g.loopParameter(typ, core.Shape{3, 7, columns}, false)
				for _, s := range []core.Shape{
					{3, 7, 1}, {7, 1}, {1}, {columns}, {1, columns}, {3, 1, 1}, {3, 1, columns}, {7, columns},
				} {
					y := g.loopParameter(typ, s, false)
					g.result(g.apply(&pointwise.Subtract{}, x, y))
					g.result(g.apply(&pointwise.Subtract{}, y, x))
				}
				g.check(false)
			})
		}
	}
}

// TestPowersOfIntegers has exponents that are constant, computed, the same for all, and negative.
func TestPowersOfIntegers(t *testing.T) {
	for _, typ := range []core.Type{core.I8, core.I16, core.I32, core.I64} {
		t.Run(fmt.Sprint(typ), func(t *testing.T) {
			g := newGraph(t, uint64(typ))
			s := core.Shape{3, 5, 33}
			x := g.loopParameter(typ, s, false)
			exponents := g.loopData(typ, s, false)
			for i := range exponents.Bytes() {
				exponents.Bytes()[i] &= 0x7f
			}
			computed, single := g.parameter(typ, s), g.parameter(typ, core.Shape{})
			g.fixed[computed.Node.Name] = exponents
			g.fixed[single.Node.Name] = scalarOf(typ, 3)
			for _, y := range []core.Value{computed, single, core.NewConstant(scalarOf(typ, 5)), core.NewConstant(exponents)} {
				g.result(g.apply(&pointwise.Power{}, x, y))
			}
			g.check(false, "power_")

			exponents.Bytes()[exponents.Len()/2*typ.Size()+typ.Size()-1] |= 0x80
			inputs := g.fixed
			_, want := g.f.Eval(inputs)
			require.ErrorContains(t, want, "exponent")
			for _, o := range testOptions() {
				p, err := Compile(g.f, nil, o)
				require.NoError(t, err)
				_, err = p.Run(t.Context(), inputs, nil)
				require.EqualError(t, err, want.Error(), "%+v", o)
			}
		})
	}
}

// scalarOf returns a scalar of a type.
func scalarOf(typ core.Type, v byte) *core.Tensor {
	x, err := core.NewTensor(typ, core.Shape{})
	if err != nil {
		panic(err)
	}
	x.Bytes()[0] = v
	return x
}

// TestReductionsOfTypes has every reduction along any axes, of each type.
func TestReductionsOfTypes(t *testing.T) {
	for _, typ := range append([]core.Type{core.F32}, typesOfLoops...) {
		for _, c := range []struct {
			shape core.Shape
			axes  []int
		}{
			{core.Shape{5, 9, 1}, []int{2}},
			{core.Shape{5, 9}, []int{}},
			{core.Shape{5, 70}, []int{0, 1}},
			{core.Shape{1050}, []int{0}},
			{core.Shape{70, 2}, []int{1}},
			{core.Shape{70, 3}, []int{-1}},
			{core.Shape{35, 17}, []int{1}},
			{core.Shape{3, 200}, []int{1}},
			{core.Shape{33, 3}, []int{0}},
			{core.Shape{3, 18, 2}, []int{1}},
			{core.Shape{3, 2, 70}, []int{1}},
			{core.Shape{17, 1030}, []int{0}},
			{core.Shape{4, 3, 5, 6}, []int{0, 2}},
			{core.Shape{4, 3, 5, 6}, []int{-1, 1}},
			{core.Shape{4, 3, 5, 6}, []int{0, 2, 3}},
			{core.Shape{4, 3, 1, 6, 2}, []int{0, 3}},
		} {
			t.Run(fmt.Sprintf("%v,%v,%v", typ, c.shape, c.axes), func(t *testing.T) {
				for _, special := range []bool{false, true}[:1+bit(typ.IsFloat())] {
					g := newGraph(t, uint64(typ))
					r := reduce.Reduction{Axes: c.axes, KeepDims: special}
					x := g.loopParameter(typ, c.shape, special)
					for _, op := range []core.Op{
						&reduce.Sum{Reduction: r}, &reduce.Mean{Reduction: r}, &reduce.Prod{Reduction: r}, &reduce.Max{Reduction: r},
						&reduce.Min{Reduction: r},
					} {
						g.result(g.apply(op, x))
					}
					b := reduce.BoolReduction{Axes: c.axes}
					is := g.apply(&pointwise.Convert{Type: core.Bool}, x)
					g.result(g.apply(&reduce.Any{BoolReduction: b}, is))
					g.result(g.apply(&reduce.All{BoolReduction: b}, is))
					if len(c.axes) == 1 {
						g.result(g.apply(&reduce.ArgMax{Axis: c.axes[0], Type: core.I64}, x))
						g.result(g.apply(&reduce.ArgMin{Axis: c.axes[0], Type: core.I32}, x))
						for i := range 4 {
							along := reduce.Cumulative{Axis: c.axes[0], Exclusive: i%2 > 0, Reverse: i > 1}
							g.result(g.apply(&reduce.CumSum{Cumulative: along}, x))
							g.result(g.apply(&reduce.CumProd{Cumulative: along}, x))
						}
					}
					g.check(false)
				}
			})
		}
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestTopOfTypes finds the largest of rows of each type, NaN and equal numbers among them.
func TestTopOfTypes(t *testing.T) {
	for _, typ := range typesOfLoops {
		for _, k := range []int32{1, 5, 64, 150} {
			t.Run(fmt.Sprintf("%v,%d", typ, k), func(t *testing.T) {
				g := newGraph(t, uint64(k))
				x := g.loopParameter(typ, core.Shape{7, 150}, true)
				doubled := g.apply(&array.Concat{Axis: 1}, x, x)
				for _, v := range []core.Value{x, doubled} {
					n, err := core.NewNode(&indexing.TopK{Type: core.I32}, v, core.NewConstant(core.Scalar(k)))
					require.NoError(t, err)
					g.result(n.Out(0))
					g.result(n.Out(1))
				}
				g.check(false, fmt.Sprintf("top_%v_portable", typ))
			})
		}
	}
}

// TestSoftmaxOfHalves has rows below, at and above the size of a block, alone and behind another op.
func TestSoftmaxOfHalves(t *testing.T) {
	for _, typ := range []core.Type{core.BF16, core.F16} {
		for _, columns := range []int{1, 3, 64, 700, 2048, 2100} {
			t.Run(fmt.Sprintf("%v,%d", typ, columns), func(t *testing.T) {
				g := newGraph(t, uint64(columns))
				x := g.loopParameter(typ, core.Shape{5, columns}, false)
				softmax := &normalize.Softmax{Axis: 1}
				g.result(g.apply(softmax, x))
				g.result(g.apply(softmax, g.apply(&pointwise.Add{}, x, x)))
				g.result(g.apply(&normalize.LogSoftmax{}, x))
				g.check(false)
			})
		}
	}
}
