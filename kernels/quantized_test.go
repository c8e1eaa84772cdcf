package kernels

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// The tests of the ops of quantized graphs: with constant and with computed ranges, on few
// elements and on enough for several parts.

// span returns a random range as two operands.
func (g *graph) span(computed bool) (mn, mx core.Value) {
	lo, hi := float32(-g.r.Float64()*5), float32(g.r.Float64()*9+0.1)
	switch g.r.IntN(5) {
	case 0:
		lo = 0
	case 1:
		lo = -hi
	}
	if g.r.IntN(4) == 0 {
		lo, hi = lo*1e5, hi*1e5
	}
	shape := core.Shape{}
	if g.r.IntN(2) == 0 {
		shape = core.Shape{1}
	}
	a, err := core.TensorOf(shape, []float32{lo})
	require.NoError(g.t, err)
	b, err := core.TensorOf(shape, []float32{hi})
	require.NoError(g.t, err)
	return g.operandOf(a, computed), g.operandOf(b, computed)
}

// results makes every output of a node a result.
func (g *graph) results(n *core.Node) {
	for i := range n.Outputs() {
		g.result(n.Out(i))
	}
}

// quantizedOp is an op of quantized graphs on data of a shape.
type quantizedOp struct {
	name string
	op   core.Op
	make func(g *graph, op core.Op, s core.Shape, computed bool) *core.Node
}

// onData applies an op to data of a type and a range.
func onData(t core.Type) func(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
	return func(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
		mn, mx := g.span(computed)
		return g.node(op, g.parameter(t, s), mn, mx)
	}
}

// requantized applies an op to i32 data of a range and to a wanted one.
func requantized(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
	mn, mx := g.span(computed)
	to, tx := g.span(computed)
	return g.node(op, g.parameter(core.I32, s), mn, mx, to, tx)
}

// perChannel applies an op to i32 data with a range for each channel, and a wanted one.
func perChannel(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
	channels := s[len(s)-1]
	lo, hi := make([]float32, channels), make([]float32, channels)
	for i := range lo {
		lo[i], hi[i] = float32(-g.r.Float64()*5), float32(g.r.Float64()*9)
	}
	mn, err := core.TensorOf(core.Shape{channels}, lo)
	require.NoError(g.t, err)
	mx, err := core.TensorOf(core.Shape{channels}, hi)
	require.NoError(g.t, err)
	in := []core.Value{g.parameter(core.I32, s), g.operandOf(mn, computed), g.operandOf(mx, computed)}
	if _, ok := op.(*tensorflow.RequantizePerChannel); ok {
		to, tx := g.span(computed)
		in = append(in, to, tx)
	}
	return g.node(op, in...)
}

// summed applies an op to x and to a second operand of a shape.
func summed(
	t core.Type, y func(s core.Shape) core.Shape,
) func(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
	return func(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
		ax, bx := g.span(computed)
		ay, by := g.span(computed)
		return g.node(op, g.parameter(t, s), g.parameter(t, y(s)), ax, bx, ay, by)
	}
}

func sameShape(s core.Shape) core.Shape { return s }
func lastAxis(s core.Shape) core.Shape  { return s[len(s)-1:] }
func oneNumber(core.Shape) core.Shape   { return core.Shape{1} }

func joined(t core.Type) func(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
	return func(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
		var in, mins, maxs []core.Value
		for i := range 3 {
			mn, mx := g.span(computed)
			if g.r.IntN(3) == 0 && i > 0 {
				mn, mx = mins[0], maxs[0]
			}
			in, mins, maxs = append(in, g.parameter(t, s)), append(mins, mn), append(maxs, mx)
		}
		return g.node(op, append(append(in, mins...), maxs...)...)
	}
}

var quantizedOps = []quantizedOp{
	{"requantize_u8", &tensorflow.Requantize{Type: core.U8}, requantized},
	{"requantize_i8", &tensorflow.Requantize{Type: core.I8}, requantized},
	{"requantize_channels", &tensorflow.RequantizePerChannel{Type: core.I8}, requantized},
	{"requantize_channels_u8", &tensorflow.RequantizePerChannel{Type: core.U8}, perChannel},
	{"requantize_channels_i8", &tensorflow.RequantizePerChannel{Type: core.I8}, perChannel},
	{"range_channels", &tensorflow.RequantizationRangePerChannel{ClipValueMax: 1e6}, perChannel},
	{"range_channels_one_range", &tensorflow.RequantizationRangePerChannel{ClipValueMax: 3}, onData(core.I32)},
	{"range", &tensorflow.RequantizationRange{}, onData(core.I32)},
	{"shrink", &tensorflow.QuantizeDownAndShrinkRange{}, onData(core.I32)},
	{"relu_u8", &tensorflow.QuantizedRelu{}, onData(core.U8)},
	{"relu_i8", &tensorflow.QuantizedRelu{}, onData(core.I8)},
	{"relu_i32", &tensorflow.QuantizedRelu{}, onData(core.I32)},
	{"relu6", &tensorflow.QuantizedRelu{}, func(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
		mn, mx := g.span(computed)
		return g.node(op, g.parameter(core.U8, s), mn, mx, scalar(float32(6)))
	}},
	{"dequantize_combined", &tensorflow.Dequantize{Axis: -1, OutType: core.F32}, onData(core.I8)},
	{"dequantize_first", &tensorflow.Dequantize{Mode: tensorflow.MinFirst, Axis: -1, OutType: core.F32}, onData(core.U8)},
	{"dequantize_bf16", &tensorflow.Dequantize{Mode: tensorflow.MinFirst, Axis: -1, OutType: core.BF16}, onData(core.U8)},
	{"dequantize_i32", &tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: -1, OutType: core.F32}, onData(core.I32)},
	{
		"quantize_first",
		&tensorflow.QuantizeV2{Type: core.U8, Mode: tensorflow.MinFirst, Axis: -1, EnsureMinimumRange: 0.01},
		onData(core.F32),
	},
	{"quantize_combined_u8", &tensorflow.QuantizeV2{Type: core.U8, Axis: -1, EnsureMinimumRange: 0.01}, onData(core.F32)},
	{"quantize_combined", &tensorflow.QuantizeV2{Type: core.I8, Axis: -1, EnsureMinimumRange: 0.01}, onData(core.F32)},
	{
		"quantize_scaled", &tensorflow.QuantizeV2{
			Type: core.I8, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven, Axis: -1,
			EnsureMinimumRange: 0.01,
		},
		onData(core.F32),
	},
	{"fake_quant", &tensorflow.FakeQuant{NumBits: 8}, onData(core.F32)},
	{"add", &tensorflow.QuantizedAdd{}, summed(core.U8, sameShape)},
	{"add_channels", &tensorflow.QuantizedAdd{}, summed(core.U8, lastAxis)},
	{"add_single", &tensorflow.QuantizedAdd{}, summed(core.U8, oneNumber)},
	{"bias_add_u8", &tensorflow.QuantizedBiasAdd{}, summed(core.U8, lastAxis)},
	{"bias_add_i8", &tensorflow.QuantizedBiasAdd{}, summed(core.I8, lastAxis)},
	{"multiply", &tensorflow.QuantizedMul{}, summed(core.U8, sameShape)},
	{"multiply_channels", &tensorflow.QuantizedMul{}, summed(core.U8, lastAxis)},
	{"multiply_single", &tensorflow.QuantizedMul{}, summed(core.U8, oneNumber)},
	{"concat_u8", &tensorflow.QuantizedConcat{Axis: -1}, joined(core.U8)},
	{"concat_i8", &tensorflow.QuantizedConcat{Axis: 1}, joined(core.I8)},
	{"concat_v1", &tensorflow.QuantizedConcat{Axis: 0, V1: true}, joined(core.U8)},
	{"resize", &tensorflow.QuantizedResizeBilinear{}, func(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
		mn, mx := g.span(computed)
		size := constant(core.Shape{2}, int32(9), int32(50))
		return g.node(op, g.parameter(core.U8, append(core.Shape{2}, s...)), size, mn, mx)
	}},
	{"instance_norm", &tensorflow.QuantizedInstanceNorm{VarianceEpsilon: 1e-5, MinSeparation: 1e-3}, instances},
	{"instance_norm_given", &tensorflow.QuantizedInstanceNorm{
		OutputRangeGiven: true, GivenYMin: -1, GivenYMax: 2, VarianceEpsilon: 0.1,
	}, instances},
	{"max", &reduce.Max{Reduction: reduce.Reduction{Axes: []int{0, 1, 2}}}, onlyData},
	{"min", &reduce.Min{Reduction: reduce.Reduction{Axes: []int{0, 1, 2}, KeepDims: true}}, onlyData},
	{"softmax", &normalize.Softmax{Axis: -1}, onlyData},
	{"sigmoid", &pointwise.Activate{Activation: numeric.Sigmoid}, onlyData},
	{"mean_last", &reduce.Mean{Reduction: reduce.Reduction{Axes: []int{2}}}, onlyData},
	{"argmax", &reduce.ArgMax{Axis: 2, Type: core.I64}, onlyData},
}

// instances applies an op to two images.
func instances(g *graph, op core.Op, s core.Shape, computed bool) *core.Node {
	mn, mx := g.span(computed)
	return g.node(op, g.parameter(core.U8, append(core.Shape{2}, s...)), mn, mx)
}

func onlyData(g *graph, op core.Op, s core.Shape, _ bool) *core.Node {
	return g.node(op, g.parameter(core.F32, s))
}

func TestQuantizedOps(t *testing.T) {
	for _, o := range quantizedOps {
		for i, s := range []core.Shape{{1, 3, 5}, {2, 40, 17}, {3, 111, 130}} {
			for _, computed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%v/computed=%t", o.name, s, computed), func(t *testing.T) {
					g := newGraph(t, uint64(i))
					g.anyKernel = true
					g.results(o.make(g, o.op, s, computed))
					g.check(false)
				})
			}
		}
	}
}

// TestBroadcasts combines f32 values whose shapes broadcast.
func TestBroadcasts(t *testing.T) {
	ops := []core.Op{
		&pointwise.Add{}, &pointwise.Subtract{}, &pointwise.Multiply{}, &pointwise.Divide{},
		&pointwise.Maximum{}, &pointwise.Minimum{},
	}
	for seed := range uint64(90) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			shape := core.Shape{1 + g.r.IntN(4), 1 + g.r.IntN(9), 8 + g.r.IntN(70)}
			cut := func() core.Shape {
				s := shape.Clone()
				for i := range s {
					if g.r.IntN(3) == 0 {
						s[i] = 1
					}
				}
				return s[g.r.IntN(3):]
			}
			a, b := cut(), cut()
			y := g.apply(ops[seed%6], g.parameter(core.F32, a), g.parameter(core.F32, b))
			s := y.Shape()
			g.anyKernel = s[len(s)-1] < 8 // shorter rows are not worth a call each
			g.result(y)
			g.check(seed%3 == 0)
		})
	}
}

// TestSpecialExtremes: NaN and signed zeros, which a comparison keeps or not.
func TestSpecialExtremes(t *testing.T) {
	for seed := range uint64(20) {
		for _, op := range []core.Op{
			&reduce.Max{Reduction: reduce.Reduction{Axes: []int{0}}}, &reduce.Min{Reduction: reduce.Reduction{Axes: []int{0}}},
		} {
			g := newGraph(t, seed)
			x := g.parameter(core.F32, core.Shape{5000})
			g.result(g.apply(op, x))
			zeros := make([]float32, 5000)
			for i := range zeros {
				if zeros[i] = float32(math.Copysign(0, float64(g.r.IntN(2))-0.5)); seed == 0 && i == 3333 {
					zeros[i] = float32(math.NaN())
				}
			}
			data, err := core.TensorOf(core.Shape{5000}, zeros)
			require.NoError(t, err)
			g.fixed = map[string]*core.Tensor{x.Node.Name: data}
			g.check(false, "extremes_f32_")
		}
	}
}

func TestQuantizedResize(t *testing.T) {
	for _, op := range []*tensorflow.QuantizedResizeBilinear{
		{}, {AlignCorners: true}, {HalfPixelCenters: true}, {AlignCorners: true, HalfPixelCenters: true},
	} {
		for _, typ := range []core.Type{core.U8, core.F32} {
			for _, size := range [][]int32{{1, 1}, {14, 10}, {3, 20}, {9, 2}, {61, 47}} {
				for _, channels := range []int{1, 3, 40} {
					for _, computed := range []bool{false, true} {
						name := fmt.Sprintf("%+v,%v,size=%v,channels=%d,computed=%t", *op, typ, size, channels, computed)
						t.Run(name, func(t *testing.T) {
							g := newGraph(t, 23)
							mn, mx := g.span(computed)
							x := g.parameter(typ, core.Shape{2, 7, 5, channels})
							g.result(g.apply(op, x, constant(core.Shape{2}, size...), mn, mx))
							g.check(true, fmt.Sprintf("resize_%v_bilinear_", typ))
						})
					}
				}
			}
		}
	}
}

// TestQuantizedInstanceNorm: images of more pixels than a pooling adds, and values that are subnormal, infinite or NaN
// on the way.
func TestQuantizedInstanceNorm(t *testing.T) {
	for name, c := range map[string]struct {
		shape    core.Shape
		epsilon  float32
		low, top float32
		constant bool // the second channel
	}{
		"many pixels":             {core.Shape{1, 270, 280, 3}, 1e-5, -1, 3, false},
		"one pixel":               {core.Shape{3, 1, 1, 20}, 1e-5, -1, 3, false},
		"one channel":             {core.Shape{5, 7, 1, 1}, 0, -1, 3, false},
		"more channels than rows": {core.Shape{2, 3, 2, 1500}, 1e-5, 0, 6, false},
		"constant channel":        {core.Shape{2, 9, 8, 4}, 1e-5, -1, 3, true},
		"no variance":             {core.Shape{2, 9, 8, 4}, 0, -1, 3, true},
		"small units":             {core.Shape{2, 9, 8, 4}, 1e-5, 0, 1e-30, false},
		"subnormal units":         {core.Shape{2, 9, 8, 4}, 0, 0, 1e-37, false},
		"large units":             {core.Shape{2, 9, 8, 4}, 1e-5, -1e38, 1e38, false},
		"large epsilon":           {core.Shape{2, 9, 8, 4}, 1e38, -1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGraph(t, 5)
			g.anyKernel = true // what is special
			x := g.parameter(core.U8, c.shape)
			if data := g.tensor(core.U8, c.shape, false); c.constant {
				for i := 1; i < data.Len(); i += c.shape[3] {
					data.Bytes()[i] = 77
				}
				g.fixed = map[string]*core.Tensor{x.Node.Name: data}
			}
			op := &tensorflow.QuantizedInstanceNorm{VarianceEpsilon: c.epsilon}
			g.results(g.node(op, x, scalar(c.low), scalar(c.top)))
			g.check(false, "pool_f32_average")
		})
	}
}

// TestCombinedOfSpecialNumbers quantizes NaN, infinity and numbers outside of the range.
func TestCombinedOfSpecialNumbers(t *testing.T) {
	for _, typ := range []core.Type{core.U8, core.I8} {
		for _, computed := range []bool{false, true} {
			g := newGraph(t, 3)
			g.anyKernel = computed
			mn, mx := g.span(computed)
			op := &tensorflow.QuantizeV2{Type: typ, Axis: -1, EnsureMinimumRange: 0.01}
			g.results(g.node(op, g.parameter(core.F32, core.Shape{40, 41}), mn, mx))
			g.check(true, "quantize")
		}
	}
}

// TestRangesOfSlices: a range for each slice along an axis, of few and of many elements.
func TestRangesOfSlices(t *testing.T) {
	for name, c := range map[string]struct {
		shape core.Shape
		axis  int
	}{
		"the last axis": {core.Shape{9, 40, 7}, 2}, "an inner axis": {core.Shape{4, 9, 70}, 1},
		"long rows": {core.Shape{3, 301, 5}, 0}, "a vector": {core.Shape{33}, 0}, "one slice": {core.Shape{70, 1, 9}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGraph(t, 7)
			g.anyKernel = true // what is special
			bounds := func(low, width float64, computed bool) (mn, mx core.Value) {
				lo, hi := make([]float32, c.shape[c.axis]), make([]float32, c.shape[c.axis])
				for i := range lo {
					lo[i] = float32(low * g.r.Float64())
					hi[i] = lo[i] + float32(width*(0.1+g.r.Float64()))
				}
				a, err := core.TensorOf(core.Shape{len(lo)}, lo)
				require.NoError(t, err)
				b, err := core.TensorOf(core.Shape{len(hi)}, hi)
				require.NoError(t, err)
				return g.operandOf(a, computed), g.operandOf(b, computed)
			}
			for _, typ := range []core.Type{core.U8, core.I8} {
				x, q := g.parameter(core.F32, c.shape), g.parameter(typ, c.shape)
				for _, computed := range []bool{false, true} {
					for _, low := range []float64{-3, 0, 2} {
						mn, mx := bounds(low, 4, computed)
						combined := tensorflow.QuantizeV2{Type: typ, Axis: c.axis, EnsureMinimumRange: 0.01}
						g.results(g.node(&combined, x, mn, mx))
						even := combined
						even.Mode, even.RoundMode = tensorflow.Scaled, numeric.RoundNearestTowardEven
						g.results(g.node(&even, x, mn, mx))
						away := combined
						away.Mode, away.NarrowRange = tensorflow.Scaled, true
						g.results(g.node(&away, x, mn, mx))
						for _, round := range []numeric.RoundMode{numeric.RoundNearestTowardEven, numeric.RoundNearestUpward} {
							g.result(g.apply(&tensorflow.QuantizeAndDequantize{
								RoundMode: round, NumBits: 8, SignedInput: low < 0, RangeGiven: true, Axis: c.axis,
							}, x, mn, mx))
						}
						for _, mode := range []tensorflow.QuantizeMode{tensorflow.MinCombined, tensorflow.Scaled} {
							g.result(g.apply(&tensorflow.Dequantize{Mode: mode, Axis: c.axis, OutType: core.F32}, q, mn, mx))
						}
					}
				}
			}
			g.check(false, "8+multiply", "multiply+round+quantize", "multiply+add")
			g.check(true)
		})
	}
}

// TestRequantizeOfAnyRange: ranges of which no chain can make bytes are the reference's.
func TestRequantizeOfAnyRange(t *testing.T) {
	for typ, kernel := range map[core.Type]string{core.U8: "fixedpoint", core.I8: "quantize"} {
		for _, computed := range []bool{false, true} {
			g := newGraph(t, 4)
			g.anyKernel = true
			x := g.parameter(core.I32, core.Shape{40, 41})
			for _, from := range [][2]float32{{-3, 5}, {0, 0}, {-1e-30, 1e-30}, {-1e30, 1e38}, {5e4, 6e5}, {1, -1}} {
				for _, to := range [][2]float32{{-1, 2}, {0, 0}, {-1e-32, 0}, {-1e38, 1e38}} {
					ranges := []core.Value{x}
					for _, v := range []float32{from[0], from[1], to[0], to[1]} {
						ranges = append(ranges, g.operandOf(core.Scalar(v), computed))
					}
					g.results(g.node(&tensorflow.Requantize{Type: typ}, ranges...))
				}
			}
			g.check(false, kernel)
		}
	}
}

// TestScaledOfSubnormalNumbers: subnormal numbers are 0, also in a range so small that they would not be rounded to it.
func TestScaledOfSubnormalNumbers(t *testing.T) {
	for _, typ := range []core.Type{core.U8, core.I8} {
		t.Run(typ.String(), func(t *testing.T) {
			g := newGraph(t, 1)
			x := g.parameter(core.F32, core.Shape{40, 41})
			mn, mx := g.parameter(core.F32, core.Shape{}), g.parameter(core.F32, core.Shape{})
			data, err := core.NewTensor(core.F32, core.Shape{40, 41})
			require.NoError(t, err)
			for i := range core.Data[float32](data) {
				core.Data[float32](data)[i] = float32(g.r.NormFloat64() * 2e-38)
			}
			g.fixed = map[string]*core.Tensor{
				x.Node.Name: data, mn.Node.Name: core.Scalar[float32](-1e-36), mx.Node.Name: core.Scalar[float32](1e-36),
			}
			op := quantizeV2(typ)
			op.EnsureMinimumRange = 0
			g.results(g.node(op, x, mn, mx))
			g.check(false, "quantize")
		})
	}
}

// TestComputedRangeErrors: a range that is wrong only when it is computed is reported as the
// reference reports it.
func TestComputedRangeErrors(t *testing.T) {
	for _, o := range quantizedOps {
		g := newGraph(t, 1)
		n := o.make(g, o.op, core.Shape{2, 40, 17}, true)
		g.results(n)
		inputs := map[string]*core.Tensor{}
		wrong := false
		for _, p := range g.f.Parameters {
			f := p.Outputs()[0]
			if inputs[p.Name] = g.tensor(f.Type, f.Shape, false); f.Shape.MustElements() == 1 && f.Type == core.F32 {
				core.Data[float32](inputs[p.Name])[0], wrong = float32(math.NaN()), true
			}
		}
		if !wrong {
			continue
		}
		_, want := g.f.Eval(inputs)
		require.Error(t, want, o.name)
		for _, opts := range testOptions() {
			p, err := Compile(g.f, nil, opts)
			require.NoError(t, err, o.name)
			_, err = p.Run(context.Background(), inputs, nil)
			require.EqualError(t, err, want.Error(), o.name)
		}
	}
}
