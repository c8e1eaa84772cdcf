package op_test

import (
	"fmt"
	"math"
	"math/rand/v2"
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
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

// eval runs an op that must accept its inputs and returns its only output.
func eval(t testing.TB, op core.Op, in ...*core.Tensor) *core.Tensor {
	t.Helper()
	out, err := core.EvalOp(op, in)
	require.NoError(t, err)
	require.Len(t, out, 1)
	return out[0]
}

// tensor returns a tensor of a shape over elements.
func tensor[T core.Element](t testing.TB, s core.Shape, v ...T) *core.Tensor {
	t.Helper()
	x, err := core.TensorOf(s, v)
	require.NoError(t, err)
	return x
}

func normal(t testing.TB, r *rand.Rand, s core.Shape) *core.Tensor {
	t.Helper()
	n, err := s.Elements()
	require.NoError(t, err)
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return tensor(t, s, v...)
}

// is checks the elements and shape of an output.
func is[T core.Element](t testing.TB, got *core.Tensor, s core.Shape, want ...T) {
	t.Helper()
	require.Equal(t, tensor(t, s, want...).Fact().String(), got.Fact().String())
	require.Equal(t, want, core.Data[T](got))
}

// near checks that an output is within a relative distance of float64 results.
func near(t testing.TB, want []float64, got *core.Tensor, rel float64) {
	t.Helper()
	for i, g := range core.Data[float32](got) {
		require.InDelta(t, want[i], float64(g), rel*max(1, math.Abs(want[i])), "element %d", i)
	}
}

func TestConvert(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := tensor(t, core.Shape{6}, float32(-1.9), 2.9, 300, inf, -inf, nan)
	is(t, eval(t, &pointwise.Convert{Type: core.I8}, x), core.Shape{6}, int8(-1), 2, 127, 127, -128, 0)
	is(t, eval(t, &pointwise.Convert{Type: core.U8}, x), core.Shape{6}, uint8(0), 2, 255, 255, 0, 0)
	is(t, eval(t, &pointwise.Convert{Type: core.I64}, x), core.Shape{6}, int64(-1), 2, 300, math.MaxInt64, math.MinInt64,
		0)
	is(t, eval(t, &pointwise.Convert{Type: core.Bool}, x), core.Shape{6}, true, true, true, true, true, true)
	is(t, eval(t, &pointwise.Convert{Type: core.U8}, tensor(t, core.Shape{2}, int32(-1), 256)), core.Shape{2}, uint8(255),
		0)
	is(t, eval(t, &pointwise.Convert{Type: core.F32}, tensor(t, core.Shape{2}, int32(16777217), -3)),
		core.Shape{2}, float32(16777216), -3)
	is(t, eval(t, &pointwise.Convert{Type: core.F32}, tensor(t, core.Shape{2}, true, false)), core.Shape{2}, float32(1), 0)
}

func TestConvertRoundsHalfTypesToEven(t *testing.T) {
	bf := eval(t, &pointwise.Convert{Type: core.BF16}, tensor(t, core.Shape{3}, float32(1+1.0/256), 1+3.0/256, -1))
	require.Equal(t, []uint16{0x3f80, 0x3f82, 0xbf80}, core.Data[uint16](bf))
	// Every finite float16 survives, and the midpoint above it goes to the even one.
	for h := range uint16(0x7bff) {
		half, err := core.TensorOver(core.F16, core.Shape{2}, []byte{byte(h), byte(h >> 8), byte(h + 1), byte((h + 1) >> 8)})
		require.NoError(t, err)
		v := half.Float32s()
		back := core.Data[uint16](eval(t, &pointwise.Convert{Type: core.F16}, tensor(t, core.Shape{2}, v[0], (v[0]+v[1])/2)))
		require.Equal(t, []uint16{h, h + h&1}, back)
	}
	big := eval(t, &pointwise.Convert{Type: core.F16}, tensor(t, core.Shape{2}, float32(65519), 65520))
	require.Equal(t, []uint16{0x7bff, 0x7c00}, core.Data[uint16](big))
}

func TestArithmeticBroadcasts(t *testing.T) {
	a := tensor(t, core.Shape{2, 1}, float32(1), 2)
	b := tensor(t, core.Shape{3}, float32(10), 20, 30)
	is(t, eval(t, &pointwise.Add{}, a, b), core.Shape{2, 3}, float32(11), 21, 31, 12, 22, 32)
	is(t, eval(t, &pointwise.Subtract{}, b, a), core.Shape{2, 3}, float32(9), 19, 29, 8, 18, 28)
	is(t, eval(t, &pointwise.Multiply{}, a, core.Scalar(float32(3))), core.Shape{2, 1}, float32(3), 6)
	is(t, eval(t, &pointwise.Divide{}, tensor(t, core.Shape{2}, int32(-7), 7), core.Scalar(int32(2))),
		core.Shape{2}, int32(-3), 3)
	is(t, eval(t, &pointwise.FloorDivide{}, tensor(t, core.Shape{2}, int32(-7), 7), core.Scalar(int32(2))),
		core.Shape{2}, int32(-4), 3)
	is(t, eval(t, &pointwise.FloorMod{}, tensor(t, core.Shape{2}, int32(-7), 7), core.Scalar(int32(3))),
		core.Shape{2}, int32(2), 1)
	is(t, eval(t, &pointwise.Maximum{}, tensor(t, core.Shape{2}, int64(1), 5), core.Scalar(int64(3))),
		core.Shape{2}, int64(3), 5)
	is(t, eval(t, &pointwise.Minimum{}, a, b), core.Shape{2, 3}, float32(1), 1, 1, 2, 2, 2)
	is(t, eval(t, &pointwise.Power{}, tensor(t, core.Shape{3}, float32(2), -2, 0), core.Scalar(float32(3))),
		core.Shape{3}, float32(8), -8, 0)
	is(t, eval(t, &pointwise.Power{}, core.Scalar(int32(3)), core.Scalar(int32(4))), core.Shape{}, int32(81))
	is(t, eval(t, &pointwise.SquaredDifference{}, a, b), core.Shape{2, 3}, float32(81), 361, 841, 64, 324, 784)
	is(t, eval(t, &pointwise.Compare{Relation: pointwise.Less}, a, tensor(t, core.Shape{2}, float32(1), 2)),
		core.Shape{2, 2}, false, true, false, false)
	is(t, eval(t, &pointwise.Select{}, tensor(t, core.Shape{2, 1}, true, false), b, core.Scalar(float32(0))),
		core.Shape{2, 3}, float32(10), 20, 30, 0, 0, 0)
	is(t, eval(t, &pointwise.Logical{Function: pointwise.Xor}, tensor(t, core.Shape{2}, true, false), core.Scalar(true)),
		core.Shape{2}, false, true)
}

func TestArithmeticInfersPartialShapes(t *testing.T) {
	for _, c := range []struct {
		a, b core.Shape
		want string
	}{
		{nil, core.Shape{3}, "?"},
		{core.Shape{core.Unknown, 3}, core.Shape{3}, "[?,3]"},
		{core.Shape{core.Unknown}, core.Shape{1}, "[?]"},
		{core.Shape{core.Unknown}, core.Shape{7}, "[7]"},
		{core.Shape{2, 1, 4}, core.Shape{core.Unknown, 1}, "[2,?,4]"},
		{core.Shape{2}, core.Shape{3}, ""},
	} {
		t.Run(fmt.Sprint(c.a, c.b), func(t *testing.T) {
			f, err := (&pointwise.Add{}).Infer([]core.Operand{
				{Fact: core.Fact{Type: core.F32, Shape: c.a}}, {Fact: core.Fact{Type: core.F32, Shape: c.b}},
			})
			if c.want == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "f32"+c.want, f[0].String())
		})
	}
}

func TestUnaryFunctions(t *testing.T) {
	x := tensor(t, core.Shape{4}, float32(0.25), 1, 2.5, 9)
	for f, want := range map[pointwise.UnaryFunction]func(float64) float64{
		pointwise.Abs: math.Abs, pointwise.Sqrt: math.Sqrt, pointwise.Exp: math.Exp, pointwise.Log: math.Log,
		pointwise.Erf:   math.Erf,
		pointwise.Floor: math.Floor, pointwise.Ceil: math.Ceil, pointwise.RoundEven: math.RoundToEven,
		pointwise.Rsqrt:      func(v float64) float64 { return 1 / math.Sqrt(v) },
		pointwise.Reciprocal: func(v float64) float64 { return 1 / v },
		pointwise.Negative:   func(v float64) float64 { return -v },
		pointwise.Square:     func(v float64) float64 { return v * v },
	} {
		t.Run(f.String(), func(t *testing.T) {
			y := core.Data[float32](eval(t, &pointwise.Unary{Function: f}, x))
			for i, v := range core.Data[float32](x) {
				require.Equal(t, float32(want(float64(v))), y[i], "%v of %v", f, v)
			}
		})
	}
	is(t, eval(t, &pointwise.Clamp{Lo: -1.5, Hi: 2.5}, tensor(t, core.Shape{3}, int32(-9), 0, 9)),
		core.Shape{3}, int32(-1), 0, 2)
	is(t, eval(t, &pointwise.Activate{Activation: numeric.Relu6}, tensor(t, core.Shape{3}, float32(-1), 3, 9)),
		core.Shape{3}, float32(0), 3, 6)
}

func TestLogEqualsThatOfPackageMath(t *testing.T) {
	for x := 1e-300; x < 1e300; x *= 1.37 {
		require.InEpsilon(t, math.Log(x)+1000, transcendental.Log(x)+1000, 1e-15, "log(%v)", x)
	}
	for x := 0.5; x < 2; x += 0.00137 {
		require.InDelta(t, math.Log(x), transcendental.Log(x), 3e-16, "log(%v)", x)
	}
}

func TestReshape(t *testing.T) {
	x := tensor(t, core.Shape{2, 3}, int8(1), 2, 3, 4, 5, 6)
	is(t, eval(t, &array.Reshape{}, x, tensor(t, core.Shape{2}, int32(-1), 2)), core.Shape{3, 2}, int8(1), 2, 3, 4, 5, 6)
	is(t, eval(t, &array.ExpandDims{Axes: []int{0, -1}}, x), core.Shape{1, 2, 3, 1}, int8(1), 2, 3, 4, 5, 6)
	is(t, eval(t, &array.Squeeze{}, tensor(t, core.Shape{1, 2, 1}, int8(1), 2)), core.Shape{2}, int8(1), 2)

	batch := core.Operand{Fact: core.Fact{Type: core.F32, Shape: core.Shape{core.Unknown, 4}}}
	target := tensor(t, core.Shape{3}, int64(-1), 2, 2)
	f, err := (&array.Reshape{}).Infer([]core.Operand{batch, {Fact: target.Fact(), Const: target}})
	require.NoError(t, err)
	require.Equal(t, "f32[?,2,2]", f[0].String())
	f, err = (&array.Reshape{}).Infer([]core.Operand{batch, {Fact: target.Fact()}})
	require.NoError(t, err)
	require.Equal(t, "f32[?,?,?]", f[0].String())
}

func TestMovingElements(t *testing.T) {
	x := tensor(t, core.Shape{2, 3}, int32(1), 2, 3, 4, 5, 6)
	i := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	is(t, eval(t, &array.Transpose{Order: []int{1, 0}}, x), core.Shape{3, 2}, int32(1), 4, 2, 5, 3, 6)
	is(t, eval(t, &array.Concat{Axis: -1}, x, tensor(t, core.Shape{2, 1}, int32(7), 8)),
		core.Shape{2, 4}, int32(1), 2, 3, 7, 4, 5, 6, 8)
	is(t, eval(t, &array.Pad{Below: []int{1, 0}, Above: []int{0, 2}}, x, core.Scalar(int32(9))), core.Shape{3, 5},
		int32(9), 9, 9, 9, 9, 1, 2, 3, 9, 9, 4, 5, 6, 9, 9)
	is(t, eval(t, &array.Pad{Below: []int{2}, Above: []int{1}, Mode: array.PadReflect}, i(1, 2, 3)),
		core.Shape{6}, int32(3), 2, 1, 2, 3, 2)
	is(t, eval(t, &array.Pad{Below: []int{2}, Above: []int{1}, Mode: array.PadSymmetric}, i(1, 2, 3)),
		core.Shape{6}, int32(2), 1, 1, 2, 3, 3)
	is(t, eval(t, &indexing.Slice{}, x, i(0, 1), i(-1, 2)), core.Shape{2, 2}, int32(2), 3, 5, 6)
	is(t, eval(t, &indexing.Gather{Axis: 1}, x, i(2, 0, 2)), core.Shape{2, 3}, int32(3), 1, 3, 6, 4, 6)
	is(t, eval(t, &array.Tile{}, i(1, 2), i(2)), core.Shape{4}, int32(1), 2, 1, 2)
	is(t, eval(t, &array.BroadcastTo{}, i(1, 2), i(2, 2)), core.Shape{2, 2}, int32(1), 2, 1, 2)
	is(t, eval(t, &core.ShapeOf{Type: core.I64}, x), core.Shape{2}, int64(2), 3)
	is(t, eval(t, &indexing.OneHot{Axis: -1}, i(1, -1), core.Scalar(int32(3)), core.Scalar(int8(7)), core.Scalar(int8(0))),
		core.Shape{2, 3}, int8(0), 7, 0, 0, 0, 0)
	is(t, eval(t, &indexing.OneHot{}, i(1, 0), core.Scalar(int32(3)), core.Scalar(int8(7)), core.Scalar(int8(0))),
		core.Shape{3, 2}, int8(0), 7, 7, 0, 0, 0)

	parts, err := core.EvalOp(&array.Split{Axis: 1, Sizes: []int{1, -1}}, []*core.Tensor{x})
	require.NoError(t, err)
	is(t, parts[0], core.Shape{2, 1}, int32(1), 4)
	is(t, parts[1], core.Shape{2, 2}, int32(2), 3, 5, 6)
}

func TestStridedSliceIsPythonsSlicing(t *testing.T) {
	v := make([]int32, 24)
	for i := range v {
		v[i] = int32(i)
	}
	x := tensor(t, core.Shape{2, 3, 4}, v...)
	i := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	for _, c := range []struct {
		name                string
		op                  indexing.StridedSlice
		begin, end, strides *core.Tensor
		shape               core.Shape
		want                []int32
	}{
		{"x[1]", indexing.StridedSlice{ShrinkAxisMask: 1}, i(1), i(2), i(1), core.Shape{3, 4}, v[12:]},
		{
			"x[..., -1]",
			indexing.StridedSlice{EllipsisMask: 1, ShrinkAxisMask: 2},
			i(0, -1), i(0, 0), i(1, 1),
			core.Shape{2, 3},
			[]int32{3, 7, 11, 15, 19, 23},
		},
		{
			"x[0, ::-2, 1:3]",
			indexing.StridedSlice{BeginMask: 2, EndMask: 2, ShrinkAxisMask: 1},
			i(0, 0, 1), i(1, 0, 3), i(1, -2, 1),
			core.Shape{2, 2},
			[]int32{9, 10, 1, 2},
		},
		{
			"x[:, newaxis, 2:9, 0]",
			indexing.StridedSlice{BeginMask: 1, EndMask: 1, NewAxisMask: 2, ShrinkAxisMask: 8},
			i(0, 0, 2, 0), i(0, 0, 9, 1), i(1, 1, 1, 1),
			core.Shape{2, 1, 1},
			[]int32{8, 20},
		},
		{"x[5:1]", indexing.StridedSlice{}, i(5), i(1), i(1), core.Shape{0, 3, 4}, []int32{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			is(t, eval(t, &c.op, x, c.begin, c.end, c.strides), c.shape, c.want...)
		})
	}
}

// A dimension that an item takes as a whole is known even if begin and end are computed.
func TestStridedSliceInfersWholeDimensions(t *testing.T) {
	i := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	x := core.Operand{Fact: core.Fact{Type: core.F32, Shape: core.Shape{2, 3, 4}}}
	two := core.Operand{Fact: core.Fact{Type: core.I32, Shape: core.Shape{2}}}
	for _, c := range []struct {
		name    string
		op      indexing.StridedSlice
		strides *core.Tensor // nil if computed
		want    core.Shape
	}{
		{"x[:, k]", indexing.StridedSlice{BeginMask: 1, EndMask: 1, ShrinkAxisMask: 2}, i(1, 1), core.Shape{2, 4}},
		{"x[k, :]", indexing.StridedSlice{BeginMask: 2, EndMask: 2, ShrinkAxisMask: 1}, i(1, 1), core.Shape{3, 4}},
		{"x[a:b, ::-2]", indexing.StridedSlice{BeginMask: 2, EndMask: 2}, i(1, -2), core.Shape{core.Unknown, 2, 4}},
		{"x[:b, a:]", indexing.StridedSlice{BeginMask: 1, EndMask: 2}, i(1, 1), core.Shape{core.Unknown, core.Unknown, 4}},
		{"x[..., ::2]", indexing.StridedSlice{BeginMask: 2, EndMask: 2, EllipsisMask: 1}, i(1, 2), core.Shape{2, 3, 2}},
		{"x[::s, k]", indexing.StridedSlice{BeginMask: 1, EndMask: 1, ShrinkAxisMask: 2}, nil, core.Shape{core.Unknown, 4}},
		{"x[k, k]", indexing.StridedSlice{BeginMask: 3, EndMask: 3, ShrinkAxisMask: 3}, i(1, 1), core.Shape{4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			strides := two
			strides.Const = c.strides
			facts, err := c.op.Infer([]core.Operand{x, two, two, strides})
			require.NoError(t, err)
			require.Equal(t, c.want, facts[0].Shape)
		})
	}
}

// A Slice whose begin is computed has the sizes that are known.
func TestSliceInfersSizes(t *testing.T) {
	x := core.Operand{Fact: core.Fact{Type: core.F32, Shape: core.Shape{2, 3, core.Unknown}}}
	computed := core.Operand{Fact: core.Fact{Type: core.I32, Shape: core.Shape{3}}}
	for _, c := range []struct{ size, want []int32 }{
		{[]int32{2, -1, 7}, []int32{2, core.Unknown, 7}},
		{[]int32{0, 3, -1}, []int32{0, 3, core.Unknown}},
		{[]int32{3, 4, -2}, []int32{core.Unknown, core.Unknown, core.Unknown}}, // an error when it is computed
		{nil, []int32{core.Unknown, core.Unknown, core.Unknown}},
	} {
		t.Run(fmt.Sprint(c.size), func(t *testing.T) {
			size := computed
			if c.size != nil {
				size.Const = tensor(t, core.Shape{3}, c.size...)
			}
			facts, err := (&indexing.Slice{}).Infer([]core.Operand{x, computed, size})
			require.NoError(t, err)
			want := core.Shape{}
			for _, d := range c.want {
				want = append(want, int(d))
			}
			require.Equal(t, want, facts[0].Shape)
		})
	}
}

func TestSoftmax(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	x := normal(t, r, core.Shape{3, 37, 2})
	v := core.Data[float32](x)
	for axis, n := range []int{3, 37, 2} {
		inner := []int{74, 2, 1}[axis]
		want := make([]float64, len(v))
		for i := range v {
			sum := 0.0
			base := i - i/inner%n*inner
			for k := range n {
				sum += math.Exp(float64(v[base+k*inner]))
			}
			want[i] = math.Exp(float64(v[i])) / sum
		}
		near(t, want, eval(t, &normalize.Softmax{Axis: axis}, x), 1e-6)
	}
}

func TestReductions(t *testing.T) {
	x := tensor(t, core.Shape{2, 3}, float32(1), 2, 3, -4, 5, 6)
	axis := func(a ...int) reduce.Reduction { return reduce.Reduction{Axes: a} }
	is(t, eval(t, &reduce.Sum{Reduction: axis(1)}, x), core.Shape{2}, float32(6), 7)
	is(t, eval(t, &reduce.Mean{Reduction: axis(0)}, x), core.Shape{3}, float32(-1.5), 3.5, 4.5)
	is(t, eval(t, &reduce.Max{Reduction: reduce.Reduction{Axes: []int{-1}, KeepDims: true}}, x),
		core.Shape{2, 1}, float32(3), 6)
	is(t, eval(t, &reduce.Min{Reduction: axis(0, 1)}, x), core.Shape{}, float32(-4))
	is(t, eval(t, &reduce.Prod{Reduction: axis(1)}, x), core.Shape{2}, float32(6), -120)
	is(t, eval(t, &reduce.Mean{Reduction: axis(0)}, tensor(t, core.Shape{2}, int32(-3), 0)), core.Shape{}, int32(-1))
	is(t, eval(t, &reduce.ArgMax{Axis: 1, Type: core.I32}, x), core.Shape{2}, int32(2), 2)
}

// 2^24 + 1 is lost in one lane and kept in another.
func TestSumAddsInSixteenLanes(t *testing.T) {
	v := make([]float32, 17)
	v[0], v[16] = 1<<24, 1
	is(t, eval(t, &reduce.Sum{Reduction: reduce.Reduction{Axes: []int{0}}}, tensor(t, core.Shape{17}, v...)),
		core.Shape{}, float32(1<<24))
	v[16], v[1], v[2] = 0, 1, 1 // lanes 1 and 2 meet lane 0 one after the other
	is(t, eval(t, &reduce.Sum{Reduction: reduce.Reduction{Axes: []int{0}}}, tensor(t, core.Shape{17}, v...)),
		core.Shape{}, float32(1<<24))
	v[2], v[3] = 0, 1 // lane 3 joins lane 1 first
	is(t, eval(t, &reduce.Sum{Reduction: reduce.Reduction{Axes: []int{0}}}, tensor(t, core.Shape{17}, v...)),
		core.Shape{}, float32(1<<24+2))
}

func TestPools(t *testing.T) {
	x := tensor(t, core.Shape{1, 3, 3, 1}, float32(1), 2, 3, 4, 5, 6, 7, 8, 9)
	same := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
	window := []int{2, 2}
	is(t, eval(t, &pooling.MaxPool{Spatial: same, Window: window}, x),
		core.Shape{1, 3, 3, 1}, float32(5), 6, 6, 8, 9, 9, 8, 9, 9)
	is(t, eval(t, &pooling.AvgPool{Spatial: same, Window: window}, x),
		core.Shape{1, 3, 3, 1}, float32(3), 4, 4.5, 6, 7, 7.5, 7.5, 8.5, 9)
	is(t, eval(t, &pooling.AvgPool{Spatial: same, Window: window, IncludePadding: true}, x),
		core.Shape{1, 3, 3, 1}, float32(3), 4, 2.25, 6, 7, 3.75, 3.75, 4.25, 2.25)
	nchw := geometry.Spatial{Strides: []int{2}}
	numbers := tensor(t, core.Shape{1, 2, 4}, int8(-5), -6, -7, -8, 1, 2, 3, 4)
	is(t, eval(t, &pooling.MaxPool{Spatial: nchw, Window: []int{2}}, numbers),
		core.Shape{1, 2, 2}, int8(-5), -7, 2, 4)
}

// The reference of the reference: the definition with indices, in float64.
func TestConvolutionEqualsItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, groups := range []int{1, 2, 4} {
		s := geometry.Spatial{Strides: []int{2, 1}, Dilations: []int{1, 2}, PadBelow: []int{1, 0}, PadAbove: []int{2, 1}}
		x, w := normal(t, r, core.Shape{2, 4, 7, 6}), normal(t, r, core.Shape{8, 4 / groups, 3, 2})
		want := definedConvolution(x, w, groups)
		near(t, want, eval(t, &linear.Convolution{Spatial: s, Groups: groups}, x, w), 1e-5)

		s.Layout = geometry.NHWC
		y := eval(t, &linear.Convolution{Spatial: s, Groups: groups},
			eval(t, &array.Transpose{Order: []int{0, 2, 3, 1}}, x), eval(t, &array.Transpose{Order: []int{2, 3, 1, 0}}, w))
		near(t, want, eval(t, &array.Transpose{Order: []int{0, 3, 1, 2}}, y), 1e-5)
	}
}

func definedConvolution(x, w *core.Tensor, groups int) []float64 {
	d, f := core.Data[float32](x), core.Data[float32](w)
	var out []float64
	for n := range 2 {
		for o := range 8 {
			for p := range 4 { // (7+1+2-3)/2 + 1
				for q := range 5 { // (6+1-3) + 1
					sum := 0.0
					for c := range 4 / groups {
						for k := range 3 {
							for l := range 2 {
								i, j := 2*p+k-1, q+2*l
								if i >= 0 && i < 7 && j < 6 {
									ch := o/(8/groups)*(4/groups) + c
									sum += float64(d[((n*4+ch)*7+i)*6+j]) * float64(f[((o*(4/groups)+c)*3+k)*2+l])
								}
							}
						}
					}
					out = append(out, sum)
				}
			}
		}
	}
	return out
}

func TestDots(t *testing.T) {
	a := tensor(t, core.Shape{2, 3}, float32(1), 2, 3, 4, 5, 6)
	b := tensor(t, core.Shape{3, 2}, float32(1), 0, 0, 1, 1, 1)
	is(t, eval(t, &linear.Dot{ReductionAxes: 1}, a, b), core.Shape{2, 2}, float32(4), 5, 10, 11)
	is(t, eval(t, &linear.Dot{ReductionAxes: 2}, a, tensor(t, core.Shape{2, 3}, float32(1), 1, 1, 1, 1, 1)),
		core.Shape{}, float32(21))
	is(t, eval(t, &linear.BatchDot{}, a, b), core.Shape{2, 2}, float32(4), 5, 10, 11)
	is(t, eval(t, &linear.BatchDot{TransposeB: true}, a, a), core.Shape{2, 2}, float32(14), 32, 32, 77)
	rows := tensor(t, core.Shape{2, 1, 2}, float32(1), 2, 3, 4)
	is(t, eval(t, &linear.BatchDot{TransposeA: true}, rows, tensor(t, core.Shape{1, 1, 1}, float32(10))),
		core.Shape{2, 2, 1}, float32(10), 20, 30, 40)
	// A product is added with one rounding: after two, this would give 0.
	e := float32(1 + 0x1p-12)
	x, y := tensor(t, core.Shape{2}, float32(-1-0x1p-11), e), tensor(t, core.Shape{2}, float32(1), e)
	is(t, eval(t, &linear.Dot{ReductionAxes: 1}, x, y), core.Shape{}, float32(0x1p-24))
	// A sum that is zero is +0, of a product that is too small as well.
	x, y = tensor(t, core.Shape{1}, float32(-0x1p-100)), tensor(t, core.Shape{1}, float32(0x1p-100))
	require.Zero(t, math.Float32bits(core.Data[float32](eval(t, &linear.Dot{ReductionAxes: 1}, x, y))[0]))
}

// Products of bf16 are summed in f32, pair by pair, with one rounding each, and without subnormal numbers.
func TestDotsOfBF16(t *testing.T) {
	bf16 := func(s core.Shape, v ...float32) *core.Tensor {
		return eval(t, &pointwise.Convert{Type: core.BF16}, tensor(t, s, v...))
	}
	for _, c := range []struct {
		name string
		a, b []float32
		want float32
	}{
		{"second first", []float32{-1, 0x1p-30, 1}, []float32{1, 1, 1}, 0},
		{"pair by pair", []float32{1, -1, 0x1p-30, 0}, []float32{1, 1, 1, 1}, 0x1p-30},
		{"single", []float32{0x1p-30, 1, -1}, []float32{1, 1, 1}, 0},
		{"one rounding", []float32{1 + 0x1p-7, -1}, []float32{1 + 0x1p-7, 1}, 0x1p-6 + 0x1p-14},
		{"subnormal factor", []float32{0x1p-127, 0x1p-100}, []float32{0x1p100, 1}, 0x1p-100},
		{"subnormal product", []float32{0x1p-63, 0x1p-64}, []float32{0x1p-63, 0x1p-63}, 0x1p-126},
		{"subnormal sum", []float32{0x1p-126, 1.5 * -0x1p-126}, []float32{1, 1}, 0},
		{"rounded to the least normal number", []float32{-0x1p-76, 0x1p-63}, []float32{0x1p-75, 0x1p-63}, 0x1p-126},
		{"rounded below it", []float32{-0x1p-76, 0x1p-63}, []float32{0x1p-75 + 0x1p-82, 0x1p-63}, 0},
	} {
		s := core.Shape{len(c.a)}
		is(t, eval(t, &linear.Dot{ReductionAxes: 1}, bf16(s, c.a...), bf16(s, c.b...)), core.Shape{}, c.want)
		row, column := core.Shape{1, len(c.a)}, core.Shape{len(c.a), 1}
		is(t, eval(t, &linear.BatchDot{}, bf16(row, c.a...), bf16(column, c.b...)), core.Shape{1, 1}, c.want)
		channels := core.Shape{1, len(c.a), 1}
		is(t, eval(t, &linear.Convolution{}, bf16(channels, c.a...), bf16(channels, c.b...)), core.Shape{1, 1, 1}, c.want)
	}
}

func TestBatchNorm(t *testing.T) {
	c := func(v ...float32) *core.Tensor { return tensor(t, core.Shape{2}, v...) }
	x := tensor(t, core.Shape{1, 2, 2}, float32(1), 2, 3, 4)
	for layout, want := range map[geometry.Layout][]float32{geometry.NHWC: {0, 21, 2, 23}, geometry.NCHW: {0, 1, 22, 23}} {
		for _, order := range []normalize.BatchNormOrder{normalize.Folded, normalize.Centered, normalize.Normalized} {
			op := &normalize.BatchNorm{Layout: layout, Epsilon: 0.25, Order: order}
			got := eval(t, op, x, c(2, 1), c(0, 20), c(1, 1), c(3.75, 0.75))
			is(t, got, core.Shape{1, 2, 2}, want...)
		}
	}
}

func TestShapeOfAKnownShapeIsConstant(t *testing.T) {
	p, err := core.NewNode(&core.Parameter{Type: core.F32, Shape: core.Shape{2, 3}})
	require.NoError(t, err)
	s, err := core.Apply(&core.ShapeOf{Type: core.I32}, p.Out(0))
	require.NoError(t, err)
	is(t, s.Constant(), core.Shape{2}, int32(2), 3)
	y, err := core.Apply(&array.Reshape{}, p.Out(0), s)
	require.NoError(t, err)
	require.Equal(t, "f32[2,3]", y.Fact().String())
}

// TestBucketizeOfManyBoundaries: numbers between boundaries, on them and outside, for few boundaries and for many.
func TestBucketizeOfManyBoundaries(t *testing.T) {
	for _, n := range []int{0, 1, 16, 17, 100} {
		boundaries := make([]float32, n)
		for i := range boundaries {
			boundaries[i] = float32(i/2) - 3 // each twice
		}
		x := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}
		for v := float32(-5); v < 60; v += 0.25 {
			x = append(x, v)
		}
		wide := make([]float64, len(x))
		for i, v := range x {
			wide[i] = float64(v)
		}
		want := make([]int32, len(x))
		for i, v := range x {
			for _, b := range boundaries {
				if b <= v || v != v {
					want[i]++
				}
			}
		}
		op := &pointwise.Bucketize{Boundaries: boundaries}
		for _, data := range []*core.Tensor{tensor(t, core.Shape{len(x)}, x...), tensor(t, core.Shape{len(x)}, wide...)} {
			require.Equal(t, want, core.Data[int32](eval(t, op, data)), "%d boundaries, %v", n, data.Type())
		}
	}
}
