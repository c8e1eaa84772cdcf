package kernels

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
)

// The tests of the convolution and dot lowerings, on random shapes, zero points and lists
// of post-ops. Every operand may be a constant or computed when the function runs.

// operandOf returns a tensor as a constant, or as something that is known at run time only.
func (g *graph) operandOf(t *core.Tensor, computed bool) core.Value {
	if !computed {
		return core.NewConstant(t)
	}
	p := g.parameter(t.Type(), t.Shape())
	if g.fixed == nil {
		g.fixed = map[string]*core.Tensor{}
	}
	g.fixed[p.Node.Name] = t
	return p
}

// floats returns reals around size for an operand, per tensor or per channel.
func (g *graph) floats(channels int, size float64, signed, computed bool) core.Value {
	shape, n := core.Shape{channels}, channels
	if g.r.IntN(3) == 0 {
		shape, n = core.Shape{}, 1
	}
	v := make([]float32, n)
	for i := range v {
		if v[i] = float32(size * (0.5 + g.r.Float64())); signed && g.r.IntN(2) == 0 {
			v[i] = -v[i]
		}
	}
	t, err := core.TensorOf(shape, v)
	if err != nil {
		panic(err)
	}
	return g.operandOf(t, computed)
}

// postOps returns a list that starts as TensorFlow's do, and may go on with anything.
func (g *graph) postOps(out core.Shape, channels int, reach float64) ([]postop.Step, []core.Value) {
	computed := func() bool { return g.r.IntN(3) == 0 }
	mul, add := postop.Step{Kind: postop.Mul}, postop.Step{Kind: postop.Add}
	posts, in := []postop.Step{}, []core.Value{}
	if g.r.IntN(4) == 0 {
		posts, in = append(posts, add), append(in, g.floats(channels, reach/10, true, computed()))
	}
	posts, in = append(posts, mul), append(in, g.floats(channels, 150/reach, false, computed()))
	if g.r.IntN(2) == 0 {
		posts, in = append(posts, add), append(in, g.floats(channels, 20, true, computed()))
	}
	if g.r.IntN(3) == 0 {
		t := []core.Type{core.U8, core.I8, core.I32, core.F32}[g.r.IntN(4)]
		posts = append(posts, postop.Step{Kind: postop.MulAdd})
		in = append(in, g.parameter(t, out), g.operandOf(core.Scalar(float32(g.r.Float64())), computed()))
	}
	if g.r.IntN(2) == 0 {
		posts = append(posts, postop.Step{Kind: postop.Activation, Activation: numeric.Relu})
	}
	switch g.r.IntN(6) {
	case 0:
		a := numeric.Activation(g.r.IntN(int(numeric.FusedSigmoid) + 1))
		posts = append(posts, postop.Step{Kind: postop.Activation, Activation: a, Alpha: 0.3})
	case 1:
		posts, in = append(posts, add), append(in, g.parameter(core.F32, out))
	}
	if g.r.IntN(2) == 0 {
		posts, in = append(posts, mul), append(in, g.floats(channels, 1, false, computed()))
	}
	if g.r.IntN(5) == 0 {
		return posts, in
	}
	last := postop.RoundSaturateTo([]core.Type{core.U8, core.I8, core.U8, core.I8, core.I32}[g.r.IntN(5)])
	if last.Type == core.I32 && g.r.IntN(2) == 0 {
		last.Hi = numeric.LargestFloatI32
	}
	if g.r.IntN(6) == 0 {
		last.Round = numeric.RoundMode(g.r.IntN(int(numeric.RoundDown) + 1))
	}
	if g.r.IntN(6) == 0 && last.Type != core.I32 {
		last.Lo += 7
	}
	if g.r.IntN(5) == 0 {
		last.ZeroPoint = true
		z := g.tensor([]core.Type{core.U8, core.I8, last.Type}[g.r.IntN(3)], core.Shape{}, false)
		in = append(in, g.operandOf(z, computed()))
	}
	return append(posts, last), in
}

// zeroPoints returns zero points of a type: zero, one, or one per channel.
func (g *graph) zeroPoint(typ core.Type, shape core.Shape, computed bool) core.Value {
	t := g.tensor(typ, shape, false)
	if g.r.IntN(4) == 0 { // beyond the type
		t = g.tensor(core.I32, shape, false)
		for i, z := range core.Data[int32](t) {
			core.Data[int32](t)[i] = z % 1000
		}
	}
	if g.r.IntN(3) == 0 {
		clear(t.Bytes())
	}
	return g.operandOf(t, computed)
}

func (g *graph) bytesType() core.Type { return []core.Type{core.U8, core.I8}[g.r.IntN(2)] }

func TestConvolutions(t *testing.T) {
	for seed := range uint64(240) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			spatial := 1 + g.r.IntN(3)
			s := geometry.Spatial{Layout: []geometry.Layout{geometry.NHWC, geometry.NHWC, geometry.NCHW}[g.r.IntN(3)]}
			groups := []int{1, 1, 1, 2, 3}[g.r.IntN(5)]
			inC, outC := groups*(1+g.r.IntN(20)), groups*(1+g.r.IntN(40))
			if seed%5 == 0 {
				groups = inC // depthwise
				outC = inC * (1 + g.r.IntN(2))
			}
			data, filters := core.Shape{1 + g.r.IntN(2)}, core.Shape{}
			for range spatial {
				data, filters = append(data, 8+g.r.IntN(4)), append(filters, 1+g.r.IntN(3))
				s.Strides = append(s.Strides, 1+g.r.IntN(2))
				s.Dilations = append(s.Dilations, 1+g.r.IntN(2))
				s.PadBelow, s.PadAbove = append(s.PadBelow, g.r.IntN(4)-1), append(s.PadAbove, g.r.IntN(4)-1)
				s.DataDilations = append(s.DataDilations, max(1, g.r.IntN(4)-1))
			}
			if seed%3 == 0 {
				s = geometry.Spatial{Layout: s.Layout, PadType: geometry.PadSameUpper}
			}
			data, filters = append(data, inC), append(filters, inC/groups, outC)
			if s.Layout == geometry.NCHW {
				data = slices.Concat(data[:1], core.Shape{inC}, data[1:1+spatial])
				filters = slices.Concat(core.Shape{outC, inC / groups}, filters[:spatial])
			}
			x, w := g.bytesType(), g.bytesType()
			filtersZero := core.Shape{}
			if g.r.IntN(3) == 0 {
				filtersZero = core.Shape{outC}
			}
			op := &linear.IntegerConvolution{Spatial: s, Groups: groups}
			in := []core.Value{
				g.parameter(x, data), g.operandOf(g.tensor(w, filters, false), groups == 1 && g.r.IntN(6) == 0),
				g.zeroPoint(x, core.Shape{}, g.r.IntN(3) == 0), g.zeroPoint(w, filtersZero, groups == 1 && g.r.IntN(6) == 0),
			}
			g.anyKernel = in[2].Type() == core.I32 || in[3].Type() == core.I32 // what padding or bytes cannot hold
			raw := g.apply(op, in...)
			if g.r.IntN(5) > 0 {
				reach := math.Sqrt(float64(filters.MustElements()/outC)) * 255 * 64
				posts, operands := g.postOps(raw.Shape(), outC, reach)
				op = &linear.IntegerConvolution{Spatial: s, Groups: groups, PostOps: posts}
				raw = g.apply(op, append(in, operands...)...)
			}
			g.result(raw)
			g.check(false)
		})
	}
}

// TestWindows has 3x3 windows that move by one pixel, large enough for kernels of their own, and the same weights where
// they do not.
func TestWindows(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			groups := 1 + g.r.IntN(2)
			inC, outC := 16+g.r.IntN(20), 16*(1+g.r.IntN(3))
			typ := g.bytesType()
			filters := core.NewConstant(g.tensor(core.I8, core.Shape{3, 3, inC, outC * groups}, false))
			zero := g.operandOf(g.tensor(typ, core.Shape{}, false), seed%4 == 0)
			for _, s := range []geometry.Spatial{
				{Layout: geometry.NHWC, PadType: geometry.PadSameUpper},
				{Layout: geometry.NHWC},
				{Layout: geometry.NHWC, PadType: geometry.PadSameUpper, Strides: []int{2, 1}},
				{Layout: geometry.NHWC, PadBelow: []int{2, -1}, PadAbove: []int{0, 3}},
			} {
				data := g.parameter(typ, core.Shape{1 + g.r.IntN(3), 9 + g.r.IntN(8), 9 + g.r.IntN(8), inC * groups})
				in := []core.Value{data, filters, zero, scalar(int8(0))}
				op := &linear.IntegerConvolution{Spatial: s, Groups: groups}
				posts, operands := g.postOps(g.apply(op, in...).Shape(), outC*groups, math.Sqrt(float64(9*inC))*255*64)
				op = &linear.IntegerConvolution{Spatial: s, Groups: groups, PostOps: posts}
				g.result(g.apply(op, append(in, operands...)...))
			}
			g.check(false)
		})
	}
}

// TestPaddedConvolutions has convolutions many of whose outputs read padding of zeros, which need not be multiplied.
func TestPaddedConvolutions(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			spatial := 1 + g.r.IntN(3)
			s := geometry.Spatial{Layout: geometry.NHWC}
			groups := 1 + g.r.IntN(2)
			inC, outC := 4*(4+g.r.IntN(3)), groups*(17+g.r.IntN(30))
			data, filters := core.Shape{1 + g.r.IntN(8/spatial)}, core.Shape{}
			for range spatial {
				data, filters = append(data, 2+g.r.IntN(12/spatial)), append(filters, 1+g.r.IntN(5-spatial))
				s.Strides, s.Dilations = append(s.Strides, 1+g.r.IntN(2)), append(s.Dilations, 1+g.r.IntN(2))
				s.PadBelow, s.PadAbove = append(s.PadBelow, g.r.IntN(5)), append(s.PadAbove, 5+g.r.IntN(2))
				s.DataDilations = append(s.DataDilations, max(1, g.r.IntN(5)-2))
			}
			data, filters = append(data, inC*groups), append(filters, inC, outC)
			x, zero := core.U8, scalar(uint8(0))
			if g.r.IntN(3) == 0 {
				x, zero = core.I8, scalar(int8(-128))
			}
			op, in := &linear.IntegerConvolution{Spatial: s, Groups: groups}, []core.Value{
				g.parameter(x, data), core.NewConstant(g.tensor(core.I8, filters, false)), zero,
				g.zeroPoint(core.I8, core.Shape{}, false),
			}
			g.anyKernel = in[3].Type() == core.I32
			raw := g.apply(op, in...).Shape()
			posts, operands := g.postOps(raw, outC, math.Sqrt(float64(filters.MustElements()/outC))*255*64)
			y := g.apply(&linear.IntegerConvolution{Spatial: s, Groups: groups, PostOps: posts}, append(in, operands...)...)
			g.result(y)
			if y.Type() == core.I8 { // the convolution also stores what this one reads
				w := core.NewConstant(g.tensor(core.I8, append(slices.Repeat(core.Shape{1}, spatial), outC, 5), false))
				one := geometry.Spatial{Layout: geometry.NHWC}
				g.result(g.apply(&linear.IntegerConvolution{Spatial: one}, y, w, scalar(int8(3)), scalar(int8(0))))
			}
			g.check(false)
		})
	}
}

// join returns the dimensions of two shapes; those of none are a scalar's.
func join(a, b core.Shape) core.Shape { return append(a.Clone(), b...) }

func TestDots(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			m, k, n := core.Shape{}, core.Shape{}, core.Shape{}
			for range g.r.IntN(3) {
				m = append(m, 1+g.r.IntN(6))
			}
			for range g.r.IntN(3) {
				k = append(k, 1+g.r.IntN(9))
			}
			for range 1 + g.r.IntN(2) {
				n = append(n, 1+g.r.IntN(9))
			}
			if seed%20 == 0 {
				n = core.Shape{} // a vector
			}
			if seed%7 == 0 {
				m, k, n = core.Shape{60}, core.Shape{70}, core.Shape{100}
			}
			a, b := g.bytesType(), g.bytesType()
			channels := 1
			if len(n) > 0 {
				channels = n[len(n)-1]
			}
			bZero := core.Shape{}
			if len(n) > 0 && g.r.IntN(3) == 0 {
				bZero = core.Shape{channels}
			}
			in := []core.Value{
				g.parameter(a, join(m, k)), g.operandOf(g.tensor(b, join(k, n), false), g.r.IntN(3) == 0),
				g.zeroPoint(a, core.Shape{}, g.r.IntN(3) == 0), g.zeroPoint(b, bZero, g.r.IntN(5) == 0),
			}
			raw := g.apply(&linear.IntegerDot{ReductionAxes: len(k)}, in...)
			if len(n) > 0 && g.r.IntN(5) > 0 {
				posts, operands := g.postOps(raw.Shape(), channels, math.Sqrt(float64(k.MustElements()))*255*64)
				raw = g.apply(&linear.IntegerDot{ReductionAxes: len(k), PostOps: posts}, append(in, operands...)...)
			}
			g.result(raw)
			g.check(false)
		})
	}
}

// productKernels are texts in the names of the kernels for each type of factors.
var productKernels = map[core.Type]string{
	core.F32: "_f32f32_f32_", core.BF16: "gemm_bf16bf16_f32_", core.F64: "_f64f64_f64_", core.I32: "_s32s32_s32_",
	core.I64: "gemm_s64s64_s64_",
}

// eachOf runs a test for each type of factors, with fewer seeds for those that go the same way as float32.
func eachOf(
	t *testing.T, types []core.Type, seeds uint64, test func(t *testing.T, typ core.Type, kernel string, seed uint64),
) {
	for _, typ := range types {
		n := seeds
		if typ != core.F32 && typ != core.BF16 {
			n /= 3
		}
		for seed := range n {
			t.Run(fmt.Sprint(typ, seed), func(t *testing.T) { test(t, typ, productKernels[typ], seed) })
		}
	}
}

var (
	convolved  = []core.Type{core.F32, core.BF16, core.F64, core.I32}
	multiplied = append(slices.Clone(convolved), core.I64)
)

// TestFloatConvolutions compares with the sums in core's order, bit for bit.
func TestFloatConvolutions(t *testing.T) {
	eachOf(t, convolved, 150, func(t *testing.T, typ core.Type, kernel string, seed uint64) {
		defer sgemm.PreferPairs(seed%2 == 0)()
		g := newGraph(t, seed)
		spatial := 1 + g.r.IntN(3)
		s := geometry.Spatial{
			Layout:  []geometry.Layout{geometry.NHWC, geometry.NHWC, geometry.NCHW}[g.r.IntN(3)],
			PadType: geometry.PadSameUpper,
		}
		groups := []int{1, 1, 1, 2, 3}[g.r.IntN(5)]
		inC, outC := groups*(1+g.r.IntN(20)), groups*(1+g.r.IntN(40))
		if seed%5 == 0 {
			groups = inC // depthwise
			outC = inC * (1 + g.r.IntN(2))
		}
		if seed%7 == 0 {
			inC, groups = 3, 1
		}
		data, filters := core.Shape{1 + g.r.IntN(2)}, core.Shape{}
		for range spatial {
			data, filters = append(data, 8+g.r.IntN(5)), append(filters, 1+g.r.IntN(3))
			s.Strides = append(s.Strides, 1+g.r.IntN(2))
			if seed%3 == 0 {
				s.PadType = geometry.PadExplicit
				s.PadBelow, s.PadAbove = append(s.PadBelow, g.r.IntN(4)-1), append(s.PadAbove, g.r.IntN(4)-1)
				s.Dilations = append(s.Dilations, 1+g.r.IntN(2))
			}
			if seed%2 == 0 {
				s.DataDilations = append(s.DataDilations, 1+g.r.IntN(4))
			}
		}
		data, filters = append(data, inC), append(filters, inC/groups, outC)
		if s.Layout == geometry.NCHW {
			data = slices.Concat(data[:1], core.Shape{inC}, data[1:1+spatial])
			filters = slices.Concat(core.Shape{outC, inC / groups}, filters[:spatial])
		}
		w := core.NewConstant(g.tensor(typ, filters, false))
		g.result(g.apply(&linear.Convolution{Spatial: s, Groups: groups}, g.parameter(typ, data), w))
		g.check(seed%4 == 0, kernel)
	})
}

// TestChainsOfConvolutions: the elementwise ops behind a convolution are parts of its instruction, whose rows are
// computed in an order that leaves out padding.
func TestChainsOfConvolutions(t *testing.T) {
	eachOf(t, []core.Type{core.F32, core.BF16}, 60, func(t *testing.T, typ core.Type, kernel string, seed uint64) {
		defer sgemm.PreferPairs(seed%2 == 0)()
		g := newGraph(t, seed)
		s := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
		data, filters := core.Shape{1 + g.r.IntN(3)}, core.Shape{}
		for range 1 + g.r.IntN(3) {
			data, filters = append(data, 3+g.r.IntN(8)), append(filters, 1+2*g.r.IntN(2))
			s.Strides = append(s.Strides, 1+g.r.IntN(2))
		}
		inC, outC := 1+g.r.IntN(20), 1+g.r.IntN(70)
		w := core.NewConstant(g.tensor(typ, append(filters, inC, outC), false))
		y := g.apply(&linear.Convolution{Spatial: s}, g.parameter(typ, append(data, inC)), w)
		switch seed % 6 {
		case 0: // the products are a result as well, and the chain another instruction
			g.result(y)
		case 1: // the chain begins with the parameter
			y = g.apply(&pointwise.Add{}, g.parameter(core.F32, y.Shape()), y)
		case 2:
			y = g.apply(&pointwise.Add{}, y, g.parameter(core.F32, y.Shape()))
		case 3: // one number for each row, or for each channel
			rows := slices.Clone(y.Shape())
			rows[len(rows)-1] = 1
			y = g.apply(&pointwise.Multiply{}, y, g.parameter(core.F32, rows))
		case 4:
			y = g.apply(&pointwise.Add{}, y, g.reals(outC, 1, true))
			y = g.apply(&pointwise.Multiply{}, y, y)
		}
		y = g.apply(&pointwise.Activate{Activation: numeric.Relu}, y)
		if seed%4 == 1 {
			y = g.apply(&pointwise.Add{}, y, g.reals(outC, 1, true))
			g.result(y)
		}
		if typ == core.BF16 {
			y = g.apply(&pointwise.Convert{Type: typ}, y)
		}
		g.result(y)
		if seed%6 == 5 {
			y = g.apply(&normalize.Softmax{Axis: -1}, y)
			g.result(y)
		}
		g.check(false, kernel)
		p, err := Compile(g.f, nil, Options{})
		require.NoError(t, err)
		fused := slices.ContainsFunc(p.Steps(), func(s StepInfo) bool {
			return strings.Contains(s.Kernel, kernel) && strings.Contains(s.Kernel, ", elementwise_")
		})
		const shortRow = 32 // from which length on rows that have a number each are parts of chains
		require.Equal(t, seed%6 >= 2 && (seed%6 != 3 || outC >= shortRow), fused, "%v", p.Steps())
	})
}

// TestLimitedProductsOfBF16: they are rounded once, which must not show in the sign of a zero.
func TestLimitedProductsOfBF16(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			g.anyKernel = true
			w := core.NewConstant(g.tensor(core.BF16, core.Shape{1 + g.r.IntN(9), 20}, false))
			x := g.parameter(core.BF16, core.Shape{30, w.Shape()[0]})
			y := g.apply(&pointwise.Convert{Type: core.BF16}, g.apply(&linear.Dot{ReductionAxes: 1}, x, w))
			g.result(g.apply(&pointwise.Activate{Activation: []numeric.Activation{numeric.Relu, numeric.Relu6}[seed%2]}, y))
			if seed%3 == 0 {
				g.result(y)
			}
			g.check(false) // the sign of a NaN is the CPU's
		})
	}
}

// TestInfiniteFilters: padding must be left out then, which the reference does.
func TestInfiniteFilters(t *testing.T) {
	s := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
	for _, typ := range []core.Type{core.F32, core.F64} {
		g := newGraph(t, 1)
		w := g.tensor(typ, core.Shape{3, 3, 4, 5}, false)
		if typ == core.F64 {
			core.Data[float64](w)[7] = math.Inf(1)
		} else {
			core.Data[float32](w)[7] = float32(math.Inf(1))
		}
		g.anyKernel = true
		g.result(g.apply(&linear.Convolution{Spatial: s}, g.parameter(typ, core.Shape{1, 5, 5, 4}), core.NewConstant(w)))
		g.check(false)
	}
}

// TestTransposedDots: transposes that leave the last axis, as those of attention's heads, only change where rows are.
func TestTransposedDots(t *testing.T) {
	for _, typ := range multiplied {
		t.Run(typ.String(), func(t *testing.T) {
			g := newGraph(t, 3)
			heads := func() core.Value {
				return g.apply(&array.Transpose{Order: []int{0, 2, 1, 3}}, g.parameter(typ, core.Shape{2, 5, 3, 18}))
			}
			y := g.apply(&linear.BatchDot{TransposeB: true}, heads(), heads())
			if typ == core.BF16 {
				y = g.apply(&pointwise.Convert{Type: typ}, y)
			}
			y = g.apply(&linear.BatchDot{}, y, heads())
			g.result(g.apply(&array.Transpose{Order: []int{0, 2, 1, 3}}, y))
			g.check(false, productKernels[typ])
			p, err := Compile(g.f, nil, Options{})
			require.NoError(t, err)
			transposes := func(s StepInfo) bool { return strings.Contains(s.Kernel, "transpose") }
			transposed := slices.ContainsFunc(p.Steps(), transposes)
			require.Equal(t, typ == core.BF16, transposed, "%v", p.Steps())
		})
	}
}

// TestComputedFilters: filters that are computed, also those of groups and of single channels, are packed in each run,
// if they are finite.
func TestComputedFilters(t *testing.T) {
	eachOf(t, convolved, 30, func(t *testing.T, typ core.Type, kernel string, seed uint64) {
		defer sgemm.PreferPairs(seed%2 == 0)()
		g := newGraph(t, seed)
		s := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
		data, filters := core.Shape{1 + g.r.IntN(3)}, core.Shape{}
		for range 1 + g.r.IntN(3) {
			data, filters = append(data, 3+g.r.IntN(8)), append(filters, 1+g.r.IntN(3))
			s.Strides = append(s.Strides, 1+g.r.IntN(2))
			if seed%3 == 0 {
				s.DataDilations = append(s.DataDilations, 1+g.r.IntN(2))
			}
		}
		inC, outC, groups := 1+g.r.IntN(20), 1+g.r.IntN(70), 1
		switch seed % 5 {
		case 1:
			groups = 2 + g.r.IntN(3)
			outC *= groups
		case 2: // depthwise
			groups, inC = outC, 1
			outC *= 1 + int(seed/5)%3
			kernel = ""
		}
		w := g.parameter(typ, append(filters, inC, outC))
		g.result(g.apply(&linear.Convolution{Spatial: s, Groups: groups}, g.parameter(typ, append(data, inC*groups)), w))
		g.check(seed%4 == 0 && typ.IsFloat(), "pack", kernel)
	})
}

func TestFloatDots(t *testing.T) {
	eachOf(t, multiplied, 60, func(t *testing.T, typ core.Type, kernel string, seed uint64) {
		g := newGraph(t, seed)
		m, k, n := core.Shape{1 + g.r.IntN(9)}, core.Shape{1 + g.r.IntN(9), 1 + g.r.IntN(9)}, core.Shape{1 + g.r.IntN(40)}
		b := core.NewConstant(g.tensor(typ, join(k, n), true))
		g.result(g.apply(&linear.Dot{ReductionAxes: 2}, g.parameter(typ, join(m, k)), b))
		c := core.Shape{n[0], k[0]}
		op := &linear.BatchDot{TransposeB: seed%2 == 0}
		if op.TransposeB {
			c = core.Shape{k[0], n[0]}
		}
		x := g.parameter(typ, core.Shape{2, m[0], n[0]})
		g.result(g.apply(op, x, core.NewConstant(g.tensor(typ, c, true))))
		g.check(true, kernel)
	})
}

// TestFlippedProduct: an i8 product that is read as it is and, by another product, as u8 is
// stored both ways by one instruction; raw accumulators and groups have no such copy.
func TestFlippedProduct(t *testing.T) {
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			rows, k, n := 1+g.r.IntN(70), 1+g.r.IntN(30), 1+g.r.IntN(90)
			dot := func(x core.Value, columns int) core.Value {
				k := x.Shape()[1]
				w := core.NewConstant(g.tensor(core.I8, core.Shape{k, columns}, false))
				op := &linear.IntegerDot{
					ReductionAxes: 1,
					PostOps:       []postop.Step{{Kind: postop.Mul}, postop.RoundSaturateTo(core.I8)},
				}
				return g.apply(op, x, w, scalar(int8(0)), scalar(int8(0)), g.floats(columns, 0.01, false, seed%2 == 0))
			}
			x := dot(g.parameter(core.I8, core.Shape{rows, k}), n)
			g.result(x)
			g.result(dot(x, 5))
			g.result(dot(x, 7))
			g.check(false, "gemm_u8s8_")
			p, err := Compile(g.f, nil, Options{Engine: Portable})
			require.NoError(t, err)
			flips := 0
			for _, s := range p.Steps() {
				if strings.Contains(s.Kernel, "flip") {
					flips++
				}
			}
			require.Equal(t, 1, flips, "that of the input")
		})
	}
}

// TestComputedDots multiplies matrices that are both computed.
func TestComputedDots(t *testing.T) {
	eachOf(t, multiplied, 60, func(t *testing.T, typ core.Type, kernel string, seed uint64) {
		g := newGraph(t, seed)
		m, k, n := 1+g.r.IntN(20), 1+g.r.IntN(20), 1+g.r.IntN(40)
		a, b := core.Shape{m, k}, core.Shape{k, n}
		op := &linear.BatchDot{TransposeA: seed%5 == 0, TransposeB: seed%2 == 0}
		if op.TransposeA {
			a = core.Shape{k, m}
		}
		if op.TransposeB {
			b = core.Shape{n, k}
		}
		switch batch := (core.Shape{1 + g.r.IntN(3), 1 + g.r.IntN(7)}); seed % 3 {
		case 0:
			a, b = join(batch, a), join(batch, b)
		case 1:
			a = join(batch, a)
		}
		g.result(g.apply(op, g.parameter(typ, a), g.parameter(typ, b)))
		x, y := g.parameter(typ, core.Shape{m, k}), g.parameter(typ, core.Shape{k, n})
		g.result(g.apply(&linear.Dot{ReductionAxes: 1}, x, y))
		g.check(true, kernel)
	})
}
