package kernels

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/internal/testmode"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
)

// The tests of the depthwise, pool and elementwise lowerings run small random functions
// with every engine, instruction set and two numbers of threads, and compare the bits
// with the functions' references.

// graph builds a function.
type graph struct {
	t *testing.T
	r *rand.Rand
	f *core.Function
	n int

	fixed     map[string]*core.Tensor // the inputs that must not be random
	anyKernel bool                    // steps may run a reference
}

func newGraph(t *testing.T, seed uint64) *graph {
	return &graph{t: t, r: rand.New(rand.NewPCG(seed, 7)), f: &core.Function{Name: "test"}}
}

func (g *graph) node(op core.Op, in ...core.Value) *core.Node {
	g.t.Helper()
	g.n++
	n, err := core.NewNamedNode(fmt.Sprintf("%s%d", core.OpName(op), g.n), op, in...)
	require.NoError(g.t, err)
	return n
}

func (g *graph) apply(op core.Op, in ...core.Value) core.Value {
	g.t.Helper()
	return g.node(op, in...).Out(0)
}

func (g *graph) parameter(t core.Type, s core.Shape) core.Value {
	n := g.node(&core.Parameter{Type: t, Shape: s})
	g.f.Parameters = append(g.f.Parameters, n)
	return n.Out(0)
}

func (g *graph) result(v core.Value) {
	g.f.Results = append(g.f.Results, g.node(&core.Result{}, v))
}

// tensor returns random elements; reals have ties, and special values if asked for.
func (g *graph) tensor(t core.Type, s core.Shape, special bool) *core.Tensor {
	g.t.Helper()
	if t == core.BF16 {
		wide := g.tensor(core.F32, s, special)
		if scale := float32(math.Ldexp(1, -70)); special && g.r.IntN(2) == 0 { // subnormal products
			for i := range core.Data[float32](wide) {
				core.Data[float32](wide)[i] *= scale
			}
		}
		x, err := core.EvalOp(&pointwise.Convert{Type: t}, []*core.Tensor{wide})
		require.NoError(g.t, err)
		return x[0]
	}
	x, err := core.NewTensor(t, s)
	require.NoError(g.t, err)
	switch t {
	case core.F32:
		for i := range core.Data[float32](x) {
			core.Data[float32](x)[i] = float32(g.real(special))
		}
	case core.F64:
		for i := range core.Data[float64](x) {
			core.Data[float64](x)[i] = g.real(special)
		}
	default:
		for i := range x.Bytes() {
			x.Bytes()[i] = byte(g.r.IntN(256))
		}
	}
	return x
}

// real returns a real, which may be special.
func (g *graph) real(special bool) float64 {
	v := g.r.NormFloat64() * 60
	if g.r.IntN(3) == 0 {
		v = float64(g.r.IntN(400)-200) / 2
	}
	if special && g.r.IntN(10) == 0 {
		v = []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1)}[g.r.IntN(5)]
	}
	return v
}

func constant[T core.Element](s core.Shape, v ...T) core.Value {
	t, err := core.TensorOf(s, v)
	if err != nil {
		panic(err)
	}
	return core.NewConstant(t)
}

func scalar[T core.Element](v T) core.Value { return core.NewConstant(core.Scalar(v)) }

// reals returns a constant of one positive or signed value per channel.
func (g *graph) reals(channels int, size float64, signed bool) core.Value {
	v := make([]float32, channels)
	for i := range v {
		v[i] = float32(size * (0.5 + g.r.Float64()))
		if signed && g.r.IntN(2) == 0 {
			v[i] = -v[i]
		}
	}
	return constant(core.Shape{channels}, v...)
}

// check runs the function everywhere. kernels are parts of the names of kernels of which
// each must be among the steps with every instruction set; no step may run a reference.
func (g *graph) check(special bool, kernels ...string) {
	t := g.t
	t.Helper()
	inputs := map[string]*core.Tensor{}
	for _, p := range g.f.Parameters {
		f := p.Outputs()[0]
		if inputs[p.Name] = g.fixed[p.Name]; inputs[p.Name] == nil {
			inputs[p.Name] = g.tensor(f.Type, f.Shape, special)
		}
	}
	want, err := g.f.Eval(inputs)
	require.NoError(t, err)
	for _, o := range testOptions() {
		names := g.checkWith(o, inputs, want)
		for _, k := range kernels {
			require.Contains(t, strings.Join(names, " "), k, "%+v", o)
		}
	}
	defer testmode.SetCacheBytes(0)
	testmode.SetCacheBytes(256) // in which few batches fit
	for _, threads := range []int{1, 2} {
		g.checkWith(Options{Threads: threads}, inputs, want)
	}
}

// checkWith runs the function with options, wants its results, and returns the names of the kernels.
func (g *graph) checkWith(o Options, inputs, want map[string]*core.Tensor) (names []string) {
	t := g.t
	t.Helper()
	p, err := Compile(g.f, nil, o)
	require.NoError(t, err, "%+v", o)
	for _, s := range p.Steps() {
		names = append(names, s.Kernel)
	}
	if !g.anyKernel {
		require.NotContains(t, names, "reference", "%+v", o)
	}
	for range 2 { // the second run finds the arena of the first
		got, err := p.Run(context.Background(), inputs, nil)
		require.NoError(t, err)
		for name, w := range want {
			requireSameBits(t, w, got[name], fmt.Sprintf("%s, %+v, %v", name, o, names))
		}
	}
	return names
}

// testOptions are each instruction set that the CPU has and plain Go, with one thread and
// with two.
func testOptions() (out []Options) {
	for _, threads := range []int{1, 2} {
		for _, without := range isatest.Levels() {
			out = append(out, Options{Threads: threads, Without: without})
		}
	}
	return out
}

// requireSameBits compares tensors; NaNs are equal.
func requireSameBits(t *testing.T, want, got *core.Tensor, what string) {
	t.Helper()
	require.Equal(t, want.Fact(), got.Fact(), what)
	if bytes.Equal(want.Bytes(), got.Bytes()) {
		return
	}
	if !want.Type().IsFloat() {
		for i, w := range want.Bytes() {
			if v := got.Bytes()[i]; v != w {
				t.Fatalf("%s: byte %d: got %#x, want %#x", what, i, v, w)
			}
		}
	}
	w, v := want.Float64s(), got.Float64s()
	for i := range w {
		if math.Float64bits(w[i]) != math.Float64bits(v[i]) && (w[i] == w[i] || v[i] == v[i]) {
			t.Fatalf("%s: element %d: got %v, want %v", what, i, v[i], w[i])
		}
	}
}

// spatial returns random attributes for two spatial dimensions.
func (g *graph) spatial() geometry.Spatial {
	s := geometry.Spatial{
		Layout: geometry.NHWC, Strides: []int{1 + g.r.IntN(2), 1 + g.r.IntN(3)}, PadType: geometry.PadType(g.r.IntN(3)),
	}
	if s.PadType == geometry.PadExplicit {
		s.PadBelow, s.PadAbove = []int{g.r.IntN(2), g.r.IntN(2)}, []int{g.r.IntN(2), g.r.IntN(2)}
	}
	if g.r.IntN(3) == 0 {
		s.Dilations = []int{1 + g.r.IntN(2), 1 + g.r.IntN(2)}
	}
	return s
}

// chainPosts returns a list of post-ops with its operands, as TensorFlow's convolutions
// have them.
func (g *graph) chainPosts(channels int) ([]postop.Step, []core.Value) {
	mul, add := postop.Step{Kind: postop.Mul}, postop.Step{Kind: postop.Add}
	relu := postop.Step{Kind: postop.Activation, Activation: numeric.Relu}
	switch g.r.IntN(4) {
	case 0:
		return nil, nil
	case 1:
		return []postop.Step{mul}, []core.Value{g.reals(channels, 0.01, false)}
	case 2:
		posts := []postop.Step{add, mul, postop.RoundSaturateTo(core.I8)}
		return posts, []core.Value{g.reals(channels, 100, true), g.reals(channels, 0.01, false)}
	}
	return []postop.Step{mul, add, relu, mul, postop.RoundSaturateTo(core.U8)},
		[]core.Value{g.reals(channels, 0.01, false), g.reals(channels, 30, true), g.reals(channels, 1, false)}
}

func TestDepthwise(t *testing.T) {
	for seed := range uint64(120) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			channels, multiplier := 2+g.r.IntN(69), 1
			if seed%5 == 0 {
				multiplier = 2
			}
			typ, zero := core.U8, core.NewConstant(g.tensor(core.U8, core.Shape{}, false))
			if seed%3 == 0 {
				typ, zero = core.I8, core.NewConstant(g.tensor(core.I8, core.Shape{}, false))
			}
			size := []int{3, 3}
			switch seed % 4 {
			case 0:
				size = []int{1 + g.r.IntN(5), 1 + g.r.IntN(5)}
			case 1:
				size = []int{5, 5}
			}
			data := g.parameter(typ, core.Shape{1 + g.r.IntN(2), 9 + g.r.IntN(6), 9 + g.r.IntN(6), channels})
			filters := core.NewConstant(g.tensor(core.I8, core.Shape{size[0], size[1], 1, channels * multiplier}, false))
			posts, operands := g.chainPosts(channels * multiplier)
			op := &linear.IntegerConvolution{Spatial: g.spatial(), Groups: channels, PostOps: posts}
			g.result(g.apply(op, append([]core.Value{data, filters, zero, scalar(int8(0))}, operands...)...))
			g.check(false, "depthwise_")
		})
	}
}

// TestDepthwiseSum: a summand is not the depthwise kernels' business; the post-ops follow.
func TestDepthwiseSum(t *testing.T) {
	g := newGraph(t, 1)
	shape := core.Shape{1, 5, 5, 19}
	data, sum := g.parameter(core.U8, shape), g.parameter(core.U8, shape)
	op := &linear.IntegerConvolution{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}, Groups: 19,
		PostOps: []postop.Step{{Kind: postop.Mul}, {Kind: postop.MulAdd}, postop.RoundSaturateTo(core.U8)},
	}
	filters := core.NewConstant(g.tensor(core.I8, core.Shape{3, 3, 1, 19}, false))
	zeros := []core.Value{scalar(uint8(3)), scalar(int8(0))}
	g.result(g.apply(op, data, filters, zeros[0], zeros[1], g.reals(19, 0.01, false), sum, scalar(float32(0.3))))
	g.check(false, "depthwise_", "post-ops")
}

// TestDepthwiseToWords: results of 32 bits are post-ops, too, whatever their bounds.
func TestDepthwiseToWords(t *testing.T) {
	scales := make([]float32, 19)
	for i := range scales {
		scales[i] = []float32{0.01, float32(math.NaN()), 1e7, -1e7, 0.5}[i%5]
	}
	for _, bounds := range [][2]int64{
		{math.MinInt32, math.MaxInt32},
		{math.MinInt32, numeric.LargestFloatI32},
		{math.MinInt32, math.MaxInt32 - 1}, // which float32 does not hold
		{-1<<24 - 1, 50},                   // likewise
		{0, 1000},
	} {
		for _, round := range []numeric.RoundMode{numeric.RoundNearestTowardEven, numeric.RoundDown} {
			t.Run(fmt.Sprintf("%v,%v", bounds, round), func(t *testing.T) {
				g := newGraph(t, 1)
				last := postop.Step{Kind: postop.RoundSaturate, Type: core.I32, Lo: bounds[0], Hi: bounds[1], Round: round}
				op := &linear.IntegerConvolution{
					Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}, Groups: 19,
					PostOps: []postop.Step{{Kind: postop.Mul}, last},
				}
				filters := core.NewConstant(g.tensor(core.I8, core.Shape{3, 3, 1, 19}, false))
				data := g.parameter(core.U8, core.Shape{2, 9, 8, 19})
				g.result(g.apply(op, data, filters, scalar(uint8(3)), scalar(int8(0)), constant(core.Shape{19}, scales...)))
				g.check(false, "depthwise_", "post-ops")
			})
		}
	}
}

func TestPools(t *testing.T) {
	kernels := map[core.Type]string{
		core.U8: "pool_u8_max_", core.I8: "pool_s8_max_", core.U16: "pool_u16_max_", core.I16: "pool_s16_max_",
		core.U32: "pool_u32_max_", core.I32: "pool_s32_max_", core.I64: "pool_s64_max_", core.F32: "pool_f32_max_",
		core.F16: "pool_f32_max_", core.F64: "pool_f64_max_", core.BF16: "pool_bf16_max_",
	}
	averages := map[core.Type]string{core.F32: "pool_f32_average_", core.F64: "pool_f64_average_"}
	for typ, largest := range kernels {
		for seed := range uint64(30) {
			t.Run(fmt.Sprint(typ, seed), func(t *testing.T) {
				g := newGraph(t, seed)
				x := g.parameter(typ, core.Shape{1 + g.r.IntN(2), 6 + g.r.IntN(6), 6 + g.r.IntN(6), 1 + g.r.IntN(70)})
				s := g.spatial()
				window := []int{2 + g.r.IntN(2), 2 + g.r.IntN(2)}
				if kernel, ok := averages[typ]; ok && seed%2 == 0 {
					g.result(g.apply(&pooling.AvgPool{Spatial: s, Window: window, IncludePadding: seed%4 == 2}, x))
					g.check(true, kernel)
					return
				}
				g.result(g.apply(&pooling.MaxPool{Spatial: s, Window: window}, x))
				g.check(true, largest)
			})
		}
	}
}

// TestMaxPoolOfLargeWindows: these are taken one axis after the other, and keep the same of equal zeros and of NaN.
func TestMaxPoolOfLargeWindows(t *testing.T) {
	zero := math.Copysign(0, -1)
	reals := []float64{zero, 0, -1, math.NaN(), zero, 0, zero, -1, 0, math.Inf(-1)}
	for _, typ := range []core.Type{core.U8, core.I8, core.I16, core.I32, core.F16, core.BF16, core.F32, core.F64} {
		for seed := range uint64(10) {
			t.Run(fmt.Sprint(typ, seed), func(t *testing.T) {
				g := newGraph(t, seed)
				x := g.parameter(typ, core.Shape{1 + g.r.IntN(2), 9 + g.r.IntN(6), 9 + g.r.IntN(6), 1 + g.r.IntN(70)})
				if typ == core.F32 && seed%2 == 0 {
					few := make([]float32, x.Shape().MustElements())
					for i := range few {
						few[i] = float32(reals[g.r.IntN(len(reals))])
					}
					data, err := core.TensorOf(x.Shape(), few)
					require.NoError(t, err)
					g.fixed = map[string]*core.Tensor{x.Node.Name: data}
				}
				s := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
				s.Strides = []int{1 + g.r.IntN(2), 1}
				g.result(g.apply(&pooling.MaxPool{Spatial: s, Window: []int{5 + g.r.IntN(4), 5 + g.r.IntN(9)}}, x))
				g.check(true)
				p, err := Compile(g.f, nil, Options{})
				require.NoError(t, err)
				pools := 0
				for _, step := range p.Steps() {
					if strings.HasPrefix(step.Kernel, "pool_") {
						pools++
					}
				}
				require.Equal(t, 2, pools)
			})
		}
	}
}

// TestSegmentsOfHalves: rows of 16 bits are converted by kernels, and rounded as often as core rounds them.
func TestSegmentsOfHalves(t *testing.T) {
	vector := func(n, most int) core.Value {
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = int32(i * most / n)
		}
		return constant(core.Shape{n}, ids...)
	}
	for _, typ := range []core.Type{core.F16, core.BF16} {
		for _, columns := range []int{1, 7, 8, 64, 67} {
			for _, rows := range []int{5, 40, 200} {
				t.Run(fmt.Sprint(typ, columns, rows), func(t *testing.T) {
					g := newGraph(t, uint64(rows*columns))
					g.anyKernel = true
					x, ids := g.parameter(typ, core.Shape{rows, columns}), vector(rows, 3)
					for mode := reduce.SegmentSum; mode <= reduce.SegmentMin; mode++ {
						if mode != reduce.SegmentSqrtN {
							g.result(g.apply(&reduce.SegmentReduce{Mode: mode}, x, ids))
						}
						if mode != reduce.SegmentSqrtN && mode != reduce.SegmentMean {
							g.result(g.apply(&reduce.UnsortedSegmentReduce{Mode: mode}, x, ids, scalar(int32(4))))
						}
						if mode <= reduce.SegmentSqrtN {
							g.result(g.apply(&reduce.SparseSegmentReduce{Mode: mode}, x, vector(rows, rows), ids))
						}
					}
					g.check(true, "reference, elementwise_")
				})
			}
		}
	}
}

func TestQuantizedAvgPool(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			typ := []core.Type{core.U8, core.I8}[seed%2]
			x := g.parameter(typ, core.Shape{1 + g.r.IntN(2), 6 + g.r.IntN(6), 6 + g.r.IntN(6), 1 + g.r.IntN(70)})
			g.result(g.apply(&tensorflow.QuantizedAvgPool{Spatial: g.spatial(), Window: []int{2 + g.r.IntN(2), 2 + g.r.IntN(2)}},
				x))
			g.check(false, map[core.Type]string{core.U8: "pool_u8_average_", core.I8: "pool_s8_average_"}[typ])
		})
	}
}

// TestPoolOfOneDimension: other numbers of spatial dimensions go the same way.
func TestPoolOfOneDimension(t *testing.T) {
	g := newGraph(t, 1)
	x := g.parameter(core.U8, core.Shape{2, 11, 17})
	same := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
	g.result(g.apply(&pooling.MaxPool{Spatial: same, Window: []int{3}}, x))
	y := g.parameter(core.F32, core.Shape{1, 4, 5, 6, 20})
	g.result(g.apply(&pooling.AvgPool{Spatial: same, Window: []int{3, 2, 3}}, y))
	g.check(true, "pool_u8_max_", "pool_f32_average_")
}

// TestChannelsFirst: pools, batch normalization and global means of NCHW data.
func TestChannelsFirst(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			channels := 1 + g.r.IntN(40)
			s := geometry.Spatial{Layout: geometry.NCHW, PadType: geometry.PadSameUpper, Strides: []int{2, 1}}
			shape := core.Shape{1 + g.r.IntN(2), channels, 6 + g.r.IntN(6), 6 + g.r.IntN(6)}
			real, whole := g.parameter(core.F32, shape), g.parameter(core.U8, shape)
			g.result(g.apply(&pooling.MaxPool{Spatial: s, Window: []int{3, 2}}, whole))
			g.result(g.apply(&tensorflow.QuantizedAvgPool{Spatial: s, Window: []int{3, 3}}, whole))
			g.result(g.apply(&pooling.AvgPool{Spatial: s, Window: []int{2, 3}}, real))
			p := g.normalization(channels)
			y := g.apply(&normalize.BatchNorm{Layout: geometry.NCHW, Epsilon: 0.001}, append([]core.Value{real}, p...)...)
			g.result(g.apply(&pooling.MaxPool{Spatial: s, Window: []int{2, 2}}, y))
			g.anyKernel = true // the mean of little data
			g.result(g.apply(&reduce.Mean{Reduction: reduce.Reduction{Axes: []int{2, 3}}}, y))
			g.check(true, "transpose", "pool_u8_max_", "pool_u8_average_", "pool_f32_average_")
		})
	}
}

// TestTransposes permutes everything.
func TestTransposes(t *testing.T) {
	for seed := range uint64(80) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			typ := []core.Type{core.U8, core.I32, core.F32, core.I64, core.BF16}[seed%5]
			var shape core.Shape
			for range 1 + g.r.IntN(5) {
				shape = append(shape, 1+g.r.IntN(9))
			}
			if seed%8 == 0 {
				shape = core.Shape{3, 130, 3, 70}
			}
			x := g.parameter(typ, shape)
			data, err := core.NewTensor(typ, shape)
			require.NoError(t, err)
			for i := range data.Bytes() {
				data.Bytes()[i] = byte(g.r.IntN(256))
			}
			g.fixed = map[string]*core.Tensor{x.Node.Name: data}
			g.result(g.apply(&array.Transpose{Order: g.r.Perm(len(shape))}, x))
			g.result(g.apply(&array.Transpose{}, x))
			g.check(false, "transpose")
		})
	}
}

// TestEmptyWindow: windows that lie in the padding have kernels for none of their taps.
func TestEmptyWindow(t *testing.T) {
	g := newGraph(t, 1)
	x := g.parameter(core.F32, core.Shape{1, 3, 3, 20})
	s := geometry.Spatial{Layout: geometry.NHWC, PadBelow: []int{2, 2}, PadAbove: []int{2, 2}}
	g.result(g.apply(&pooling.MaxPool{Spatial: s, Window: []int{2, 2}}, x))
	p, err := Compile(g.f, nil, Options{})
	require.NoError(t, err)
	require.Equal(t, "reference", p.Steps()[len(p.Steps())-1].Kernel)
}

func TestMeans(t *testing.T) {
	for _, c := range []struct {
		shape core.Shape
		axes  []int
	}{
		{core.Shape{1, 7, 7, 70}, []int{1, 2}},
		{core.Shape{2, 3, 5, 13}, []int{-2, 1}},
		{core.Shape{1, 1, 40, 9}, []int{1, 2}},
		{core.Shape{3, 33, 64}, []int{1}},
		{core.Shape{17, 130}, []int{0}},
	} {
		t.Run(fmt.Sprintf("%v/%v", c.shape, c.axes), func(t *testing.T) {
			g := newGraph(t, 3)
			x := g.parameter(core.F32, c.shape)
			g.result(g.apply(&reduce.Mean{Reduction: reduce.Reduction{Axes: c.axes, KeepDims: true}}, x))
			g.result(g.apply(&reduce.Sum{Reduction: reduce.Reduction{Axes: c.axes}}, x))
			g.check(true, "pool_f32_mean_")
		})
	}
}

// quantizeV2 returns a QuantizeV2 of mode SCALED that rounds to even.
func quantizeV2(typ core.Type) *tensorflow.QuantizeV2 {
	return &tensorflow.QuantizeV2{
		Type: typ, Axis: -1, EnsureMinimumRange: 0.01, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
	}
}

// normalization returns the parameters of a BatchNorm.
func (g *graph) normalization(channels int) []core.Value {
	return []core.Value{
		g.reals(channels, 1, true), g.reals(channels, 1, true), g.reals(channels, 1, true), g.reals(channels, 1, false),
	}
}

// quantize returns a random quantization of a tensor to 8 bits, as a node.
func (g *graph) quantize(v core.Value, typ core.Type) *core.Node {
	top := float32(20 + 200*g.r.Float64())
	op := quantizeV2(typ)
	op.NarrowRange, op.Plain = g.r.IntN(5) == 0, g.r.IntN(5) == 0
	if g.r.IntN(3) == 0 {
		op.RoundMode = numeric.RoundNearestTowardInfinity
	}
	switch g.r.IntN(4) {
	case 0:
		op.Factor127 = true
	case 1:
		if typ == core.U8 {
			op.Mode, op.RoundMode, op.NarrowRange, op.Plain = tensorflow.MinFirst, numeric.RoundNearestTowardInfinity, false,
				false
		}
	case 2:
		zero := core.NewConstant(g.tensor(typ, core.Shape{}, false))
		clear(zero.Constant().Bytes())
		if typ == core.U8 && g.r.IntN(2) == 0 {
			zero.Constant().Bytes()[0] = 128
		}
		return g.node(&quantization.Quantize{Type: typ, RoundMode: numeric.RoundNearestTowardEven}, v, scalar(top/127), zero)
	}
	return g.node(op, v, scalar(-top), scalar(top))
}

// dequantize returns integers as reals, in one of the ways that kernels know.
func (g *graph) dequantize(v core.Value) core.Value {
	switch typ := v.Type(); {
	case typ == core.I32:
		return g.apply(&quantization.Dequantize{Type: core.F32}, v, scalar(float32(1e-8)), scalar(int32(0)))
	case g.r.IntN(3) == 0:
		mode := []tensorflow.QuantizeMode{tensorflow.Scaled, tensorflow.MinFirst}[g.r.IntN(2)]
		low, high := scalar(float32(-3.7*g.r.Float64())), scalar(float32(4*g.r.Float64()+1))
		return g.apply(&tensorflow.Dequantize{Mode: mode, Axis: -1, OutType: core.F32}, v, low, high)
	case g.r.IntN(3) == 0:
		return g.apply(&pointwise.Convert{Type: core.F32}, v)
	}
	channels := v.Shape()[len(v.Shape())-1]
	zero := core.NewConstant(g.tensor(v.Type(), core.Shape{channels}, false))
	clear(zero.Constant().Bytes())
	if g.r.IntN(2) == 0 {
		op := &quantization.Dequantize{Type: core.F32, Axes: []int{len(v.Shape()) - 1}}
		return g.apply(op, v, g.reals(channels, 0.1, false), zero)
	}
	zero = core.NewConstant(g.tensor(v.Type(), core.Shape{}, false))
	clear(zero.Constant().Bytes())
	return g.apply(&quantization.Dequantize{Type: core.F32}, v, scalar(float32(g.r.Float64())), zero)
}

// TestElementwise builds random graphs of elementwise ops on tensors of one shape.
func TestElementwise(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			channels := 1 + g.r.IntN(70)
			shape := core.Shape{1 + g.r.IntN(3), 1 + g.r.IntN(40), channels}
			if seed%50 == 0 {
				shape[1] = 150 // enough for two threads
			}
			integers := []core.Value{g.parameter(core.U8, shape), g.parameter(core.I8, shape), g.parameter(core.I32, shape)}
			reals := []core.Value{g.parameter(core.F32, shape)}
			for range 4 + g.r.IntN(12) {
				x := reals[g.r.IntN(len(reals))]
				switch g.r.IntN(7) {
				case 0:
					q := g.quantize(x, []core.Type{core.U8, core.I8}[g.r.IntN(2)])
					integers = append(integers, q.Out(0))
					if len(q.Outputs()) > 1 && g.r.IntN(3) == 0 {
						g.result(q.Out(2))
					}
				case 1:
					reals = append(reals, g.dequantize(integers[g.r.IntN(len(integers))]))
				case 2:
					a := []numeric.Activation{numeric.Relu, numeric.Relu6}[g.r.IntN(2)]
					reals = append(reals, g.apply(&pointwise.Activate{Activation: a}, x))
				case 3:
					reals = append(reals, g.apply(&pointwise.Clamp{Lo: -20.3, Hi: 100 * g.r.Float64()}, x))
				case 4:
					if v := integers[g.r.IntN(len(integers))]; v.Type() != core.I32 {
						integers = append(integers, g.apply(&pointwise.FlipSign{}, v))
					}
				case 5:
					p := g.normalization(channels)
					op := &normalize.BatchNorm{
						Layout: geometry.NHWC, Epsilon: 0.001, Order: normalize.BatchNormOrder(g.r.IntN(3)),
					}
					reals = append(reals, g.apply(op, append([]core.Value{x}, p...)...))
				default:
					reals = append(reals, g.binary(x, reals[g.r.IntN(len(reals))], channels))
				}
			}
			g.result(reals[len(reals)-1])
			g.result(integers[len(integers)-1])
			g.result(reals[g.r.IntN(len(reals))])
			g.check(seed%4 == 0)
		})
	}
}

// binary combines x with y, or with a constant, in either order.
func (g *graph) binary(x, y core.Value, channels int) core.Value {
	switch g.r.IntN(3) {
	case 0:
		y = g.reals(channels, 3, true)
	case 1:
		y = scalar(float32(g.r.NormFloat64()))
	}
	if g.r.IntN(2) == 0 {
		x, y = y, x
	}
	op := []core.Op{
		&pointwise.Add{}, &pointwise.Subtract{}, &pointwise.Multiply{}, &pointwise.Divide{}, &pointwise.Maximum{},
		&pointwise.Minimum{},
	}[g.r.IntN(6)]
	return g.apply(op, x, y)
}

// TestResidual is MobileNetV2's: the sum of two dequantized tensors is quantized, and
// added again later. It takes two instructions in all.
func TestResidual(t *testing.T) {
	g := newGraph(t, 1)
	shape := core.Shape{1, 14, 14, 40}
	dequantize := func(q core.Value) core.Value {
		op := &tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: -1, OutType: core.F32}
		return g.apply(op, q, scalar(float32(-2)), scalar(float32(2)))
	}
	quantize := func(v core.Value) core.Value {
		op := quantizeV2(core.I8)
		return g.apply(op, v, scalar(float32(-3)), scalar(float32(3)))
	}
	first := g.apply(&pointwise.Add{}, dequantize(g.parameter(core.I8, shape)), dequantize(g.parameter(core.I8, shape)))
	same := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
	pooled := g.apply(&pooling.MaxPool{Spatial: same, Window: []int{3, 3}}, quantize(first))
	second := g.apply(&pointwise.Add{}, dequantize(pooled), first)
	g.result(g.apply(&pointwise.FlipSign{}, quantize(second)))
	g.check(false, "elementwise_s8+s8+add+quantize", "pool_s8_max", "elementwise_s8+add+quantize")
	p, err := Compile(g.f, nil, Options{Engine: Portable})
	require.NoError(t, err)
	require.Len(t, p.Steps(), 3)
}

func TestPad(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			typ := []core.Type{core.F32, core.U8, core.I32}[seed%3]
			op, shape := &array.Pad{}, core.Shape{}
			for range 1 + g.r.IntN(4) {
				shape = append(shape, 1+g.r.IntN(5))
				op.Below, op.Above = append(op.Below, g.r.IntN(3)), append(op.Above, g.r.IntN(3))
			}
			if seed%2 == 0 {
				op.Below[len(shape)-1], op.Above[len(shape)-1] = 0, 0
			}
			g.result(g.apply(op, g.parameter(typ, shape), core.NewConstant(g.tensor(typ, core.Shape{}, true))))
			g.check(true, "pad")
		})
	}
}

// TestPadOfMuch has enough bytes for two threads.
func TestPadOfMuch(t *testing.T) {
	g := newGraph(t, 1)
	op := &array.Pad{Below: []int{0, 1, 2, 0}, Above: []int{0, 2, 1, 0}}
	g.result(g.apply(op, g.parameter(core.F32, core.Shape{1, 40, 41, 33}), scalar(float32(1.5))))
	g.check(true, "pad")
}

func TestConcat(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			typ := []core.Type{core.F32, core.U8, core.I32}[seed%3]
			shape := core.Shape{}
			for range 1 + g.r.IntN(4) {
				shape = append(shape, 1+g.r.IntN(9))
			}
			axis := g.r.IntN(len(shape))
			var in []core.Value
			for range 1 + g.r.IntN(4) {
				s := shape.Clone()
				s[axis] = g.r.IntN(5)
				in = append(in, g.parameter(typ, s))
			}
			in = append(in, g.parameter(typ, shape))
			g.result(g.apply(&array.Concat{Axis: axis - len(shape)*g.r.IntN(2)}, in...))
			g.check(true, "concat")
		})
	}
}

// TestScatter combines slices at indices that occur again, and with special values.
func TestScatter(t *testing.T) {
	modes := []indexing.ScatterMode{
		indexing.ScatterUpdate, indexing.ScatterAdd, indexing.ScatterSubtract, indexing.ScatterMin, indexing.ScatterMax,
	}
	for _, mode := range modes {
		for typ, kernel := range map[core.Type]string{
			core.F32: "elementwise_f32_", core.F16: "elementwise_f32_", core.BF16: "elementwise_f32_",
			core.I32: "_s32_", core.U8: "_u8_", core.I16: "_s16_", core.I64: "_s64_", core.F64: "_f64_",
		} {
			for _, of := range [][]int{{1, 70}, {1, 3}, {2, 33}, {2, 16}} { // indices of a slice, and its elements
				t.Run(fmt.Sprintf("%v/%v/%v", mode, typ, of), func(t *testing.T) {
					g := newGraph(t, 29)
					g.anyKernel = true
					x, updates, rows := core.Shape{5, of[1]}, core.Shape{6, of[1]}, 5
					if of[0] == 2 {
						x, rows = core.Shape{3, 2, of[1]}, 2
					}
					at := make([]int64, 6*of[0])
					for i := range at {
						at[i] = g.r.Int64N(int64(rows))
					}
					indices := constant(core.Shape{6, of[0]}, at...)
					g.result(g.apply(&indexing.ScatterND{Mode: mode}, g.parameter(typ, x), indices, g.parameter(typ, updates)))
					// In place, also behind a reshape, and of data that something else reads as well.
					scatter := func(x core.Value) core.Value {
						return g.apply(&indexing.ScatterND{Mode: mode}, x, indices, g.parameter(typ, updates))
					}
					sum := func() core.Value { // of one dimension more, so that its buffer is read by another name
						long := join(core.Shape{1}, x)
						return g.apply(&pointwise.Add{}, g.parameter(typ, long), g.parameter(typ, long))
					}
					g.result(scatter(scatter(g.apply(&array.Squeeze{Axes: []int{0}}, sum()))))
					shared := sum()
					g.result(scatter(g.apply(&array.Squeeze{Axes: []int{0}}, shared)))
					g.result(g.apply(&pointwise.Add{}, shared, g.parameter(typ, x)))
					want := kernel
					switch {
					case mode == indexing.ScatterUpdate:
						want = "scatter"
					case of[1] < 16 && strings.HasPrefix(kernel, "elementwise"):
						want = "reference"
					}
					g.check(true, want)
				})
			}
		}
	}
}

// TestScatterOutside: an index that is wrong only when it is computed is reported as the reference reports it.
func TestScatterOutside(t *testing.T) {
	g := newGraph(t, 1)
	x, at, updates := core.Shape{5, 20}, g.parameter(core.I32, core.Shape{2, 1}), g.parameter(core.F32, core.Shape{2, 20})
	g.result(g.apply(&indexing.ScatterND{}, g.parameter(core.F32, x), at, updates))
	inputs := map[string]*core.Tensor{}
	for _, p := range g.f.Parameters {
		inputs[p.Name] = g.tensor(core.F32, p.Outputs()[0].Shape, false)
	}
	wrong, err := core.TensorOf(core.Shape{2, 1}, []int32{4, 5})
	require.NoError(t, err)
	inputs[at.Node.Name] = wrong
	const want = `node "ScatterND4" (ScatterND): input 1 (indices): got index [5], want one inside [5] (ScatterND-C3)`
	for _, o := range testOptions() {
		p, err := Compile(g.f, nil, o)
		require.NoError(t, err)
		_, err = p.Run(context.Background(), inputs, nil)
		require.EqualError(t, err, want)
	}
}

// TestConcatOfMuch has enough bytes for two threads.
func TestConcatOfMuch(t *testing.T) {
	g := newGraph(t, 1)
	x, y := g.parameter(core.F32, core.Shape{1, 40, 41, 33}), g.parameter(core.F32, core.Shape{1, 40, 41, 6})
	g.result(g.apply(&array.Concat{Axis: 3}, x, y))
	g.check(true, "concat")
}

// TestBlocks moves blocks between space and depth, in both layouts and elements of each size.
func TestBlocks(t *testing.T) {
	types := []core.Type{core.U8, core.BF16, core.F32, core.I64}
	for seed := range uint64(64) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			typ, layout, b := types[seed%4], geometry.Layout(seed/4%2), 2+g.r.IntN(3)
			n, h, w, channels := 1+g.r.IntN(3), 1+g.r.IntN(5), 1+g.r.IntN(40), 1+g.r.IntN(5)
			space, depth := core.Shape{n, h * b, w * b, channels}, core.Shape{n, h, w, channels * b * b}
			if layout == geometry.NCHW {
				space, depth = core.Shape{n, channels, h * b, w * b}, core.Shape{n, channels * b * b, h, w}
			}
			x, y := g.parameter(typ, space), g.parameter(typ, depth)
			g.fixed = map[string]*core.Tensor{}
			for _, v := range []core.Value{x, y} {
				data, err := core.NewTensor(typ, v.Shape())
				require.NoError(t, err)
				for i := range data.Bytes() {
					data.Bytes()[i] = byte(g.r.IntN(256))
				}
				g.fixed[v.Node.Name] = data
			}
			g.result(g.apply(&array.SpaceToDepth{Layout: layout, BlockSize: b}, x))
			g.result(g.apply(&array.DepthToSpace{Layout: layout, BlockSize: b}, y))
			g.check(false, "transpose")
		})
	}
}

// TestRowsOfHalves: numbers of 16 bits for each row are parts of chains, as those of float32 are.
func TestRowsOfHalves(t *testing.T) {
	for typ, kernel := range map[core.Type]string{
		core.F16: "elementwise_f16+subtract+tof16_", core.BF16: "elementwise_bf16+subtract+tobf16_",
	} {
		for _, n := range []int{32, 33, 64, 300} {
			t.Run(fmt.Sprint(typ, n), func(t *testing.T) {
				g := newGraph(t, uint64(n))
				x, rows := g.parameter(typ, core.Shape{9, 5, n}), g.parameter(typ, core.Shape{9, 5, 1})
				y := g.apply(&pointwise.Subtract{}, x, rows)
				g.result(y)
				g.result(g.apply(&pointwise.Multiply{}, g.apply(&pointwise.Unary{Function: pointwise.Rsqrt}, rows), y))
				g.check(true, kernel)
			})
		}
	}
}
