package kernels

import (
	"fmt"
	"testing"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// broadcasts are shapes of two operands: equal, of rows, of columns, of images, of long rows, of
// more rows than a call takes, and of few elements.
var broadcasts = [][2]core.Shape{
	{{3, 1000}, {3, 1000}},
	{{7, 33}, {33}},
	{{40, 129}, {40, 1}},
	{{2, 1, 1, 64}, {2, 5, 30, 64}},
	{{1}, {5000}},
	{{3, 5000}, {3, 1}},
	{{1, 9000}, {2, 1}},
	{{5, 1, 9}, {1, 7, 9}},
	{{2, 3}, {2, 3}},
}

// TestRowsOfBroadcasts compares what rows are combined by with the references.
func TestRowsOfBroadcasts(t *testing.T) {
	for _, s := range broadcasts {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			g := newGraph(t, 11)
			g.anyKernel = true
			x, y := g.parameter(core.F32, s[0]), g.parameter(core.F32, s[1])
			var conditions []core.Value
			for r := pointwise.Equal; r <= pointwise.GreaterEqual; r++ {
				condition := g.apply(&pointwise.Compare{Relation: r}, x, y)
				conditions = append(conditions, condition)
				g.result(condition)
				g.result(g.apply(&pointwise.Select{}, condition, x, y))
			}
			for f := pointwise.And; f <= pointwise.Xor; f++ {
				g.result(g.apply(&pointwise.Logical{Function: f}, conditions[2], conditions[1]))
			}
			g.result(g.apply(&pointwise.Select{}, conditions[3], conditions[0], conditions[2]))
			for _, op := range []core.Op{
				&pointwise.Power{}, &pointwise.FloorDivide{}, &pointwise.Divide{}, &pointwise.Maximum{},
				&pointwise.Binary{Function: pointwise.DivideNoNan}, &pointwise.Binary{Function: pointwise.MultiplyNoNan},
				&pointwise.Binary{Function: pointwise.Xdivy},
			} {
				g.result(g.apply(op, x, y))
			}
			g.check(true)
		})
	}
}

// TestIntegerBroadcasts does so of i32.
func TestIntegerBroadcasts(t *testing.T) {
	for _, s := range broadcasts {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			g := newGraph(t, 12)
			g.anyKernel = true
			x, y := g.parameter(core.I32, s[0]), g.parameter(core.I32, s[1])
			for r := pointwise.Equal; r <= pointwise.GreaterEqual; r++ {
				g.result(g.apply(&pointwise.Compare{Relation: r}, x, y))
			}
			for f := pointwise.BitwiseAnd; f <= pointwise.RightShift; f++ {
				g.result(g.apply(&pointwise.Binary{Function: f}, x, y))
			}
			g.check(false)
		})
	}
}

// TestFunctionsInChains covers every function of one number, powers and conversions.
func TestFunctionsInChains(t *testing.T) {
	g := newGraph(t, 13)
	g.anyKernel = true
	x := g.parameter(core.F32, core.Shape{3, 700})
	for f := pointwise.Abs; f < pointwise.Invert; f++ {
		g.result(g.apply(&pointwise.Unary{Function: f}, x))
	}
	for _, y := range []float32{2, 3, 0.5, -1, 4} {
		g.result(g.apply(&pointwise.Power{}, x, scalar(y)))
	}
	for _, typ := range []core.Type{core.F16, core.BF16, core.I32, core.U8, core.I8, core.I64, core.Bool} {
		converted := g.apply(&pointwise.Convert{Type: typ}, x)
		g.result(converted)
		back := g.apply(&pointwise.Convert{Type: core.F32}, converted)
		g.result(back)
		g.result(g.apply(&pointwise.Add{}, back, x))
	}
	for c := pointwise.NaN; c <= pointwise.Finite; c++ {
		g.result(g.apply(&pointwise.Is{Class: c}, x))
	}
	g.check(true)
}

// TestReductions covers rows, columns and all, with zeros of both signs and NaN among them.
func TestReductions(t *testing.T) {
	for _, c := range []struct {
		shape core.Shape
		axes  []int
	}{
		{core.Shape{9, 300}, []int{1}},
		{core.Shape{40, 7}, []int{1}},
		{core.Shape{3, 20, 40}, []int{1}},
		{core.Shape{17, 2500}, []int{1}},
		{core.Shape{5, 1000}, []int{0, 1}},
		{core.Shape{3, 20, 5}, []int{1}},
	} {
		for _, special := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/%v/special=%t", c.shape, c.axes, special), func(t *testing.T) {
				g := newGraph(t, 14)
				g.anyKernel = true
				x := g.parameter(core.F32, c.shape)
				positive := g.apply(&pointwise.Activate{}, x) // Relu: many zeros
				r := reduce.Reduction{Axes: c.axes}
				for _, v := range []core.Value{x, positive, g.apply(&pointwise.Unary{Function: pointwise.Negative}, positive)} {
					g.result(g.apply(&reduce.Max{Reduction: r}, v))
					g.result(g.apply(&reduce.Min{Reduction: r}, v))
					g.result(g.apply(&reduce.ArgMax{Axis: -1, Type: core.I64}, v))
					g.result(g.apply(&reduce.ArgMin{Axis: -1, Type: core.I32}, v))
				}
				g.result(g.apply(&reduce.Prod{Reduction: r}, x))
				g.result(g.apply(&reduce.Sum{Reduction: r}, x))
				g.result(g.apply(&reduce.Mean{Reduction: r}, x))
				g.check(special)
			})
		}
	}
}

// TestTaking covers ops that take elements by places, of elements of each size.
func TestTaking(t *testing.T) {
	for _, typ := range []core.Type{core.U8, core.F16, core.F32, core.I64} {
		t.Run(typ.String(), func(t *testing.T) {
			g := newGraph(t, 15)
			x := g.parameter(typ, core.Shape{2, 5, 6, 3})
			paddings := [][]int{{0, 2, 1, 0}, {1, 4, 0, 2}, {0, 0, 0, 1}}
			for _, mode := range []array.PadMode{array.PadReflect, array.PadSymmetric} {
				for _, above := range paddings {
					g.result(g.apply(&array.Pad{Below: []int{1, 0, 3, 0}, Above: above, Mode: mode}, x))
				}
			}
			for _, m := range [][]int64{{1, 2, 3, 1}, {2, 1, 1, 2}, {1, 1, 1, 1}} {
				g.result(g.apply(&array.Tile{}, x, constant(core.Shape{4}, m...)))
			}
			y := g.parameter(typ, core.Shape{5, 1, 3})
			g.result(g.apply(&array.BroadcastTo{}, y, constant(core.Shape{4}, 2, 5, int64(4), 3)))
			z := g.parameter(typ, core.Shape{5, 1})
			g.result(g.apply(&array.BroadcastTo{}, z, constant(core.Shape{3}, 2, 5, int64(70))))
			for _, axes := range [][]int{{1}, {3}, {0, 2}, {0, 1, 2, 3}, {}} {
				g.result(g.apply(&array.Reverse{Axes: axes}, x))
			}
			g.result(g.apply(&array.Roll{Shifts: []int{1, -2, 7}, Axes: []int{0, 2, 3}}, x))
			g.check(false, "take")
		})
	}
}

// TestSlices covers blocks, steps in both directions, axes that are shrunk and new ones, of elements of each size.
func TestSlices(t *testing.T) {
	i := func(v ...int64) core.Value { return constant(core.Shape{len(v)}, v...) }
	for _, typ := range []core.Type{core.U8, core.F16, core.F32, core.I64} {
		t.Run(typ.String(), func(t *testing.T) {
			g := newGraph(t, 17)
			x := g.parameter(typ, core.Shape{2, 5, 70, 3})
			for _, block := range [][2][]int64{
				{{0, 1, 0, 1}, {2, 3, 70, 2}},
				{{1, 0, 5, 0}, {1, 5, 60, -1}},
				{{0, 0, 0, 2}, {2, 5, 70, 1}},
				{{0, 0, 1, 0}, {2, 5, 1, 3}},
				{{0, 4, 3, 1}, {2, 1, 17, 1}},
			} {
				g.result(g.apply(&indexing.Slice{}, x, i(block[0]...), i(block[1]...)))
			}
			for _, s := range [][3][]int64{
				{{0, 0, 0, 0}, {2, 5, 70, 2}, {1, 1, 1, 1}},
				{{0, 4, 69, 2}, {2, 0, 0, 0}, {1, -2, -3, -1}},
				{{1, 1, 2, 0}, {2, 5, 60, 3}, {1, 3, 7, 2}},
				{{0, 0, 1, 0}, {2, 5, 70, 3}, {1, 1, 2, 1}},
			} {
				g.result(g.apply(&indexing.StridedSlice{}, x, i(s[0]...), i(s[1]...), i(s[2]...)))
			}
			g.result(g.apply(&indexing.StridedSlice{ShrinkAxisMask: 2, BeginMask: 8, EndMask: 4, NewAxisMask: 1}, x,
				i(0, 1, 1, 9), i(0, 2, 0, 60), i(1, 1, 2, 5)))
			g.check(false, "take")
		})
	}
}

// TestLRN covers windows that are narrower and wider than the channels.
func TestLRN(t *testing.T) {
	for _, radius := range []int{0, 1, 5, 40} {
		for _, special := range []bool{false, true} {
			g := newGraph(t, 16)
			x := g.parameter(core.F32, core.Shape{2, 9, 5, 13})
			g.result(g.apply(&normalize.LRN{Radius: radius, Bias: 1, Alpha: 0.7, Beta: 0.75}, x))
			g.result(g.apply(&normalize.LRN{Radius: radius, Bias: 2, Alpha: 0.1, Beta: 0.5}, x))
			g.check(special, "lrn_f32")
		}
	}
}

// TestLevels covers fake quantizations of one range and of those of channels.
func TestLevels(t *testing.T) {
	for _, special := range []bool{false, true} {
		g := newGraph(t, 17)
		g.fixed = map[string]*core.Tensor{}
		g.anyKernel = true
		x := g.parameter(core.F32, core.Shape{4, 90, 7})
		for _, r := range [][2]float32{{-1, 1}, {0, 6}, {-3, 0}, {0.1, 50}, {-1e-3, 300}} {
			mn, mx := scalar(r[0]), scalar(r[1])
			for _, bits := range []int{4, 8} {
				for i, narrow := range []bool{false, true} {
					mode := []numeric.RoundMode{numeric.RoundNearestTowardEven, numeric.RoundNearestUpward}[i]
					g.result(g.apply(&tensorflow.FakeQuant{NumBits: bits, NarrowRange: narrow}, x, mn, mx))
					g.result(g.apply(&tensorflow.FakeQuant{NumBits: bits, NarrowRange: narrow, Divides: true}, x, mn, mx))
					g.result(g.apply(&tensorflow.QuantizeAndDequantize{
						RoundMode: mode, NumBits: bits, NarrowRange: narrow, SignedInput: r[0] < 0, RangeGiven: true, Axis: -1,
					}, x, mn, mx))
				}
			}
			for _, typ := range []core.Type{core.U8, core.I8} {
				q := &tensorflow.QuantizeV2{Type: typ, Axis: -1, EnsureMinimumRange: 0.01}
				g.results(g.node(q, x, mn, mx))
				low, high := g.parameter(core.F32, core.Shape{}), g.parameter(core.F32, core.Shape{})
				g.fixed[low.Node.Name], g.fixed[high.Node.Name] = core.Scalar(r[0]), core.Scalar(r[1])
				g.results(g.node(q, x, low, high))
				g.result(g.apply(&tensorflow.FakeQuant{NumBits: 8, Divides: typ == core.I8}, x, low, high))
				first := &tensorflow.QuantizeV2{Type: typ, Mode: tensorflow.MinFirst, Axis: -1, EnsureMinimumRange: 0.01}
				g.results(g.node(first, x, low, high))
			}
		}
		per := &tensorflow.FakeQuant{NumBits: 8, PerChannel: true}
		g.result(g.apply(per, x, constant(core.Shape{7}, -1, -2, 0, -4, -0.1, -6, float32(-7)),
			constant(core.Shape{7}, 1, 0, 3, 4, 0.5, 6, float32(700))))
		g.check(special)
	}
}
