package kernels

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// TestSelectRows: a condition of each rank, of elements of four bytes and of one.
func TestSelectRows(t *testing.T) {
	for i, typ := range []core.Type{core.F32, core.I8} {
		for _, condition := range []core.Shape{{}, {5}, {5, 7, 9}} {
			t.Run(fmt.Sprintf("%v,%v", typ, condition), func(t *testing.T) {
				g := newGraph(t, uint64(i))
				s := core.Shape{5, 7, 9}
				x := g.parameter(core.F32, condition)
				zero := g.apply(&pointwise.Multiply{}, x, scalar(float32(0)))
				chosen := g.apply(&pointwise.Compare{Relation: pointwise.Greater}, x, zero)
				g.result(g.apply(&pointwise.SelectRows{}, chosen, g.parameter(typ, s), g.parameter(typ, s)))
				g.anyKernel = len(condition) < 2 // a comparison of few has none
				g.check(true, map[core.Type]string{core.F32: "pick", core.I8: "select_b8"}[typ])
			})
		}
	}
}

// TestWholeUnary has the functions of i32, at its ends too.
func TestWholeUnary(t *testing.T) {
	for _, f := range []pointwise.UnaryFunction{
		pointwise.Abs, pointwise.Negative, pointwise.Sign, pointwise.Square, pointwise.Invert,
	} {
		g := newGraph(t, uint64(f))
		x := g.parameter(core.I32, core.Shape{7, 99})
		v := g.tensor(core.I32, core.Shape{7, 99}, false)
		copy(core.Data[int32](v), []int32{0, 1, -1, math.MinInt32, math.MaxInt32})
		g.fixed = map[string]*core.Tensor{x.Node.Name: v}
		g.result(g.apply(&pointwise.Unary{Function: f}, x))
		g.check(false, strings.ToLower(f.String())+"_s32_")
	}
}

// TestBooleans: negations, and what is looked for in rows.
func TestBooleans(t *testing.T) {
	for _, n := range []int{1, 7, 8, 32, 100} {
		for few := range 2 {
			g := newGraph(t, uint64(n))
			x := g.parameter(core.F32, core.Shape{9, 2, n})
			limit := scalar(float32(150 * (1 - 2*few))) // few are above, or below
			b := g.apply(&pointwise.Compare{Relation: pointwise.Greater}, x, limit)
			g.result(g.apply(&pointwise.LogicalNot{}, b))
			for _, axes := range [][]int{{2}, {1, 2}, {0, 1, 2}} {
				g.result(g.apply(&reduce.Any{BoolReduction: reduce.BoolReduction{Axes: axes}}, b))
				g.result(g.apply(&reduce.All{BoolReduction: reduce.BoolReduction{Axes: axes, KeepDims: true}}, b))
			}
			g.anyKernel = n == 1
			g.check(false, map[bool]string{false: "largest_u8_", true: "find_b8_portable"}[n >= 32])
		}
	}
}

// TestFill repeats one element of each size.
func TestFill(t *testing.T) {
	for _, typ := range []core.Type{core.U8, core.F16, core.F32, core.I64} {
		g := newGraph(t, uint64(typ))
		g.result(g.apply(&array.BroadcastTo{}, g.parameter(typ, core.Shape{1, 1}), constant(core.Shape{3}, int32(3), 77, 41)))
		g.check(false, "fill")
	}
}

// TestCheckFinite: what is finite passes, of else the error tells the first.
func TestCheckFinite(t *testing.T) {
	g := newGraph(t, 1)
	x := g.parameter(core.F32, core.Shape{3000})
	g.result(g.apply(&pointwise.CheckFinite{Message: "here"}, x))
	g.check(false, "finite")
	for _, o := range testOptions() {
		p, err := Compile(g.f, nil, o)
		require.NoError(t, err)
		v := g.tensor(core.F32, core.Shape{3000}, false)
		core.Data[float32](v)[2077] = float32(math.Inf(-1))
		_, err = p.Run(context.Background(), map[string]*core.Tensor{x.Node.Name: v}, nil)
		require.ErrorContains(t, err, "here: element 2077 is -Inf, want finite numbers")
	}
}

// TestMaxPoolWithArgmax: windows with and without padding, NaN and equal numbers among the data.
func TestMaxPoolWithArgmax(t *testing.T) {
	for typ, kernel := range map[core.Type]string{
		core.F32: "argmax_f32_", core.F64: "argmax_f64_", core.U8: "argmax_u8_", core.I8: "argmax_s8_",
		core.F16: "argmax_f32_", core.BF16: "argmax_f32_",
		core.U16: "argmax_u16_", core.I16: "argmax_s16_", core.I32: "argmax_s32_", core.I64: "argmax_s64_",
	} {
		for seed := range uint64(12) {
			t.Run(fmt.Sprint(typ, seed), func(t *testing.T) {
				g := newGraph(t, seed)
				x := g.parameter(typ, core.Shape{2, 6 + g.r.IntN(3), 7, 1 + g.r.IntN(20)})
				s := geometry.Spatial{
					Layout: geometry.NHWC, Strides: []int{1 + g.r.IntN(2), 1 + g.r.IntN(3)}, PadType: geometry.PadType(seed % 2),
				}
				if typ == core.F32 {
					x = g.apply(&pointwise.Activate{Activation: numeric.Relu6}, x)
				}
				n := g.node(&pooling.MaxPoolWithArgmax{
					Spatial: s, Window: []int{2 + g.r.IntN(2), 2}, Type: core.I64, IncludeBatch: seed%3 == 0,
				}, x)
				g.result(n.Out(0))
				g.result(n.Out(1))
				g.check(seed%2 == 0, kernel)
			})
		}
	}
}

// TestLevelsOfComputedRange: data of both signs, of one, zeros alone, and NaN among it.
func TestLevelsOfComputedRange(t *testing.T) {
	for i, factor := range []float32{1, 0, float32(math.Copysign(0, -1))} {
		for _, signed := range []bool{false, true} {
			for _, special := range []bool{false, true} {
				g := newGraph(t, uint64(i))
				x := g.parameter(core.F32, core.Shape{3, 1111})
				for _, v := range []core.Value{
					g.apply(&pointwise.Multiply{}, x, scalar(factor)), g.apply(&pointwise.Activate{Activation: numeric.Relu}, x),
				} {
					ends := []core.Value{scalar(float32(0)), scalar(float32(0))}
					g.result(g.apply(&tensorflow.QuantizeAndDequantize{
						SignedInput: signed, NumBits: 8, Axis: -1, RoundMode: numeric.RoundNearestTowardEven,
					}, v, ends[0], ends[1]))
				}
				g.check(special, "extremes_f32", "roundeven")
			}
		}
	}
}

// rangesOf returns computed ranges of so many slices around 0, at most so wide on each side.
func (g *graph) rangesOf(slices int, width float32) (low, high core.Value) {
	ends := func(width float32) core.Value {
		v := make([]float32, slices)
		for i := range v {
			v[i] = width * g.r.Float32()
		}
		t, err := core.TensorOf(core.Shape{slices}, v)
		require.NoError(g.t, err)
		return g.operandOf(t, true)
	}
	return ends(-width), ends(width)
}

// TestLevelsOfSlices: slices of computed ranges, given or not, with NaN among them, of zeros, and so narrow that they
// are the reference's.
func TestLevelsOfSlices(t *testing.T) {
	shape := core.Shape{3, 35, 18}
	for axis, dim := range shape {
		for _, width := range []float32{1, 0, 1e-33} {
			for _, special := range []bool{false, true} {
				g := newGraph(t, uint64(axis))
				x := g.apply(&pointwise.Multiply{}, g.parameter(core.F32, shape), scalar(width))
				mn, mx := g.rangesOf(dim, width)
				for i, round := range []numeric.RoundMode{numeric.RoundNearestTowardEven, numeric.RoundNearestUpward} {
					for _, given := range []bool{false, true} {
						g.result(g.apply(&tensorflow.QuantizeAndDequantize{
							SignedInput: i == 0, NumBits: 8 - i, NarrowRange: given, RangeGiven: given, Axis: axis,
							RoundMode: round,
						}, x, mn, mx))
					}
				}
				g.check(special, "extremes_f32", "elementwise_levels")
			}
		}
	}
}

// TestDequantizeOfSlices: slices of computed ranges, also so narrow that they are the reference's.
func TestDequantizeOfSlices(t *testing.T) {
	shape := core.Shape{3, 35, 18}
	for axis, dim := range shape {
		for _, width := range []float32{1, 1e-33} {
			for _, typ := range []core.Type{core.U8, core.I8} {
				g := newGraph(t, uint64(axis))
				q := g.parameter(typ, shape)
				mn, mx := g.rangesOf(dim, width)
				for _, mode := range []tensorflow.QuantizeMode{tensorflow.MinCombined, tensorflow.Scaled} {
					g.result(g.apply(&tensorflow.Dequantize{Mode: mode, Axis: axis, OutType: core.F32}, q, mn, mx))
				}
				g.check(false, "elementwise_dequantize")
			}
		}
	}
}

// TestAppliedBehind: functions of what two broadcast operands make are computed with it, unless it has another reader.
func TestAppliedBehind(t *testing.T) {
	for seed := range uint64(4) {
		g := newGraph(t, seed)
		square, tanh := &pointwise.Unary{Function: pointwise.Square}, &pointwise.Activate{Activation: numeric.Tanh}
		x, row := g.parameter(core.F32, core.Shape{5, 4, 6, 9}), g.parameter(core.F32, core.Shape{1, 4, 6, 1})
		less := func() core.Value { return g.apply(&pointwise.Subtract{}, x, row) }
		g.result(g.apply(&pointwise.SquaredDifference{}, row, x))
		g.result(g.apply(square, g.apply(tanh, less())))
		shared := g.apply(&pointwise.Divide{}, x, row)
		g.result(g.apply(square, shared))
		g.result(shared)
		read := g.apply(tanh, g.apply(&pointwise.Maximum{}, row, x))
		g.result(g.apply(&pointwise.Multiply{}, read, x))
		g.result(g.apply(&pointwise.Convert{Type: core.I32}, g.apply(square, g.apply(&pointwise.Minimum{}, row, x))))
		g.check(seed%2 == 0, "subtract_", ", elementwise_f32_square_", ", elementwise_f32_tanh_")
	}
}

// TestRequantizePerChannel: channels fewer and more than a block, and scales of all.
func TestRequantizePerChannel(t *testing.T) {
	for i, channels := range []int{1, 3, 64, 1500} {
		for _, typ := range []core.Type{core.U8, core.I8} {
			g := newGraph(t, uint64(i))
			x := g.parameter(core.I32, core.Shape{3, 7, channels})
			low, high := g.reals(channels, 3e3, false), g.reals(channels, 7e4, false)
			n := g.node(&tensorflow.RequantizePerChannel{Type: typ}, x, low, high, scalar(float32(-2)), scalar(float32(3)))
			g.results(n)
			g.check(false, "elementwise_b8_quantize_")
		}
	}
}

// TestUniform: quantizations and requantizations to bytes, beyond what they hold too.
func TestUniform(t *testing.T) {
	for seed := range uint64(8) {
		g := newGraph(t, seed)
		zero := scalar(int32(g.r.IntN(20) - 10))
		x := g.parameter(core.F32, core.Shape{5, 333})
		large := g.apply(&pointwise.Multiply{}, x, scalar([]float32{1, 1e30}[seed%2]))
		g.result(g.apply(&tensorflow.UniformQuantize{Type: core.I8, Axis: -1, Lo: -120, Hi: 127}, large,
			scalar(float32(0.3)), zero))
		q := g.parameter(core.I32, core.Shape{5, 333})
		scale := scalar([]float32{1e-6, 1e-9, 3e4, 0.7}[seed/2])
		g.result(g.apply(&tensorflow.UniformRequantize{Type: core.I8, Axis: -1, Lo: -128, Hi: 100}, q, scale, zero,
			scalar(float32(0.1)), scalar(int32(g.r.IntN(20)-10))))
		g.check(true, "affine", "rescale")
	}
}
