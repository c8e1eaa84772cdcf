package passes

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/op/vision"
)

// rewritten compares a function of one parameter, x, before and after all passes on random
// data, and returns how many nodes of each op are left.
func rewritten(t *testing.T, x *core.Node, result core.Value) map[string]int {
	t.Helper()
	r, err := core.NewNamedNode("y", &core.Result{}, result)
	require.NoError(t, err)
	f := &core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{r}}
	g, err := Run(f, Options{})
	require.NoError(t, err)
	in, err := core.NewTensor(x.Outputs()[0].Type, x.Outputs()[0].Shape)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	if in.Type() == core.F32 {
		for i := range core.Data[float32](in) {
			core.Data[float32](in)[i] = float32(random.NormFloat64() * 3)
		}
	} else {
		for i := range in.Bytes() {
			in.Bytes()[i] = byte(random.IntN(256))
		}
	}
	inputs := map[string]*core.Tensor{"x": in}
	want, err := f.Eval(inputs)
	require.NoError(t, err)
	got, err := g.Eval(inputs)
	require.NoError(t, err)
	require.Equal(t, want["y"].Fact(), got["y"].Fact())
	require.Equal(t, want["y"].Bytes(), got["y"].Bytes())
	ops := map[string]int{}
	for _, n := range g.Nodes() {
		ops[n.OpName()]++
	}
	return ops
}

func parameter(t *testing.T, typ core.Type, s core.Shape) *core.Node {
	t.Helper()
	n, err := core.NewNamedNode("x", &core.Parameter{Type: typ, Shape: s})
	require.NoError(t, err)
	return n
}

func apply(t *testing.T, op core.Op, in ...core.Value) core.Value {
	t.Helper()
	v, err := core.Apply(op, in...)
	require.NoError(t, err)
	return v
}

func scalar[T core.Element](v T) core.Value { return core.NewConstant(core.Scalar(v)) }

// mobileNet is what MobileNetV2 has before its strided depthwise convolutions: integers
// become real, are padded, and become integers again, with scales of equal or of other
// ranges.
func mobileNet(t *testing.T, x core.Value, to float32, typ core.Type) core.Value {
	real := apply(t, &tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: -1, OutType: core.F32}, x, scalar(float32(0)),
		scalar(float32(6)))
	pad := apply(t, &array.Pad{Below: []int{0, 0, 1, 0}, Above: []int{0, 1, 2, 0}}, real, scalar(float32(0)))
	quantize := &tensorflow.QuantizeV2{
		Type: typ, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven, EnsureMinimumRange: 0.01,
	}
	return apply(t, quantize, pad, scalar(float32(0)), scalar(to))
}

func convolution(t *testing.T, x core.Value, zero core.Value, s geometry.Spatial) core.Value {
	w, err := core.TensorOf(core.Shape{2, 3, 2, 1}, []int8{1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12})
	require.NoError(t, err)
	return apply(t, &linear.IntegerConvolution{Spatial: s}, x, core.NewConstant(w), zero, scalar(int8(0)))
}

// TestConcatOfIntegers: the parts of a U-Net's concatenation are quantized, unless another node reads it.
func TestConcatOfIntegers(t *testing.T) {
	for _, c := range []struct {
		name     string
		to       float32
		read     bool
		quantize int // nodes left
		lookup   int
	}{
		{"equal ranges", 6, false, 0, 0},
		{"other ranges", 5, false, 0, 2}, // from one range to the other it is a table
		{"another reader", 5, true, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := parameter(t, core.U8, core.Shape{1, 4, 5, 2})
			real := apply(t, &tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: -1, OutType: core.F32},
				x.Out(0), scalar(float32(0)), scalar(float32(6)))
			joined := apply(t, &array.Concat{Axis: 3}, apply(t, &array.Reverse{Axes: []int{1}}, real), real)
			y := apply(t, &tensorflow.QuantizeV2{
				Type: core.U8, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
				EnsureMinimumRange: 0.01,
			}, joined, scalar(float32(0)), scalar(c.to))
			if c.read {
				y = apply(t, &pointwise.Add{}, joined, apply(t, &pointwise.Convert{Type: core.F32}, y))
			}
			ops := rewritten(t, x, y)
			require.Equal(t, c.quantize, ops["TFQuantizeV2"], "%v", ops)
			require.Equal(t, c.lookup, ops["Lookup"], "%v", ops)
			require.Equal(t, 1, ops["Concat"])
		})
	}
}

// TestCopiesOfReals: reals that are copied are quantized before, where that is no more work.
func TestCopiesOfReals(t *testing.T) {
	size, err := core.TensorOf(core.Shape{2}, []int32{7, 5})
	require.NoError(t, err)
	resized := func(x core.Value) core.Value {
		return apply(t, &vision.Resize{Mode: vision.ResizeNearest}, x, core.NewConstant(size))
	}
	mirrored := func(x core.Value) core.Value {
		return apply(t, &array.Pad{Below: []int{0, 1, 2, 0}, Above: []int{0, 0, 1, 0}, Mode: array.PadReflect}, x)
	}
	for _, c := range []struct {
		name  string
		copy  func(x core.Value) core.Value
		moved bool
	}{
		{"enlarged", resized, true},
		{"enlarged and mirrored", func(x core.Value) core.Value { return mirrored(resized(x)) }, true},
		{"transposed", func(x core.Value) core.Value {
			return apply(t, &array.Transpose{Order: []int{0, 3, 1, 2}}, x)
		}, true},
		{"made smaller", func(x core.Value) core.Value { return resized(mirrored(resized(mirrored(x)))) }, false},
		{"of which another node reads the copy", func(x core.Value) core.Value {
			y := mirrored(x)
			return apply(t, &pointwise.Add{}, y, apply(t, &array.Reverse{Axes: []int{1}}, y))
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := parameter(t, core.F32, core.Shape{1, 4, 5, 2})
			y := apply(t, &tensorflow.QuantizeV2{
				Type: core.U8, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
				EnsureMinimumRange: 0.01,
			}, c.copy(x.Out(0)), scalar(float32(0)), scalar(float32(5)))
			r, err := core.NewNamedNode("y", &core.Result{}, y)
			require.NoError(t, err)
			g, err := Run(&core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{r}}, Options{})
			require.NoError(t, err)
			first := g.Parameters[0].Out(0)
			moved := slices.ContainsFunc(g.Nodes(), func(n *core.Node) bool {
				return n.OpName() == "TFQuantizeV2" && n.Inputs()[0] == first
			})
			require.Equal(t, c.moved, moved)
			rewritten(t, x, y)
		})
	}
}

func TestPadBetweenIntegers(t *testing.T) {
	shape := core.Shape{1, 4, 5, 2}
	valid := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid}
	explicit := geometry.Spatial{Layout: geometry.NHWC, PadBelow: []int{1, 0}, PadAbove: []int{0, 2}}
	same := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
	for _, c := range []struct {
		name    string
		to      float32
		spatial geometry.Spatial
		zero    uint8
		lookup  int // nodes that are left
		pad     int
	}{
		{"equal ranges", 6, valid, 0, 0, 0},
		{"equal ranges and padding", 6, explicit, 0, 0, 0},
		{"other ranges", 5, valid, 0, 1, 0},
		{"same padding", 6, same, 0, 0, 1},
		{"other zero point", 6, valid, 3, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := parameter(t, core.U8, shape)
			ops := rewritten(t, x, convolution(t, mobileNet(t, x.Out(0), c.to, core.U8), scalar(c.zero), c.spatial))
			require.Equal(t, c.lookup, ops["Lookup"], "%v", ops)
			require.Zero(t, ops["TFQuantizeV2"]+ops["TFDequantize"], "%v", ops)
			require.Equal(t, c.pad, ops["Pad"], "%v", ops)
		})
	}
}

// TestPadOfReals is ResNet's first layer, for i8 too.
func TestPadOfReals(t *testing.T) {
	for _, typ := range []core.Type{core.U8, core.I8} {
		x := parameter(t, core.F32, core.Shape{1, 4, 5, 2})
		pad := apply(t, &array.Pad{Below: []int{0, 1, 1, 0}, Above: []int{0, 1, 1, 0}}, x.Out(0), scalar(float32(0)))
		zero := scalar(uint8(0))
		if typ == core.I8 {
			zero = scalar(int8(0))
		}
		quantize := &tensorflow.QuantizeV2{
			Type: typ, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven, EnsureMinimumRange: 0.01,
		}
		q := apply(t, quantize, pad, scalar(float32(-6)), scalar(float32(5)))
		ops := rewritten(t, x, convolution(t, q, zero, geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid}))
		require.Equal(t, 0, ops["Pad"], "%v: %v", typ, ops)
		require.Equal(t, 1, ops["TFQuantizeV2"], "%v: %v", typ, ops)
	}
}

// TestPadOfChannels: a convolution can take in only the padding of spatial dimensions.
func TestPadOfChannels(t *testing.T) {
	x := parameter(t, core.U8, core.Shape{1, 4, 5, 1})
	pad := apply(t, &array.Pad{Below: []int{0, 0, 0, 1}, Above: []int{0, 0, 0, 0}}, x.Out(0), scalar(uint8(0)))
	ops := rewritten(t, x,
		convolution(t, pad, scalar(uint8(0)), geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid}))
	require.Equal(t, 1, ops["Pad"])
}

func TestPadBeforeMaxPool(t *testing.T) {
	for i, c := range []struct {
		x, value core.Value
		pad      int
	}{
		{parameter(t, core.U8, core.Shape{1, 4, 5, 2}).Out(0), scalar(uint8(0)), 0},
		{parameter(t, core.U8, core.Shape{1, 4, 5, 2}).Out(0), scalar(uint8(1)), 1},
		{parameter(t, core.I8, core.Shape{1, 4, 5, 2}).Out(0), scalar(int8(-128)), 0},
		{parameter(t, core.I8, core.Shape{1, 4, 5, 2}).Out(0), scalar(int8(0)), 1},
		{parameter(t, core.F32, core.Shape{1, 4, 5, 2}).Out(0), scalar(float32(math.Inf(-1))), 0},
		{parameter(t, core.F32, core.Shape{1, 4, 5, 2}).Out(0), scalar(float32(0)), 1},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			pad := apply(t, &array.Pad{Below: []int{0, 1, 1, 0}, Above: []int{0, 1, 1, 0}}, c.x, c.value)
			pool := apply(t,
				&pooling.MaxPool{Spatial: geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 2}}, Window: []int{3, 3}},
				pad)
			ops := rewritten(t, c.x.Node, pool)
			require.Equal(t, c.pad, ops["Pad"])
		})
	}
}

// TestRequantizeTypes: integers of another type are not given back.
func TestRequantizeTypes(t *testing.T) {
	x := parameter(t, core.U8, core.Shape{1, 4, 5, 2})
	ops := rewritten(t, x, mobileNet(t, x.Out(0), 6, core.I8))
	require.Equal(t, 1, ops["Lookup"])
	require.Equal(t, 1, ops["Pad"])
}

func TestRequantizePerChannel(t *testing.T) {
	ranges := func(v ...float32) core.Value {
		r, err := core.TensorOf(core.Shape{len(v)}, v)
		require.NoError(t, err)
		return core.NewConstant(r)
	}
	product := func(x core.Value) core.Value {
		w, err := core.TensorOf(core.Shape{1, 1, 2, 3}, []int8{1, -127, 3, 127, 5, -6})
		require.NoError(t, err)
		valid := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid}
		return apply(t, &linear.IntegerConvolution{Spatial: valid}, x, core.NewConstant(w), scalar(uint8(3)), scalar(int8(0)))
	}
	requantized := func(x core.Value, typ core.Type) core.Value {
		return apply(t, &tensorflow.RequantizePerChannel{Type: typ}, x, ranges(-4e6, -2e6, 0), ranges(5e6, 1e6, 3e6),
			scalar(float32(-20)), scalar(float32(16)))
	}
	for _, c := range []struct {
		name  string
		value func(x core.Value) core.Value
		want  map[string]int
	}{
		{
			"of accumulators", func(x core.Value) core.Value { return requantized(product(x), core.I8) },
			map[string]int{"IntegerConvolution": 1, "TFRequantizePerChannel": 0},
		},
		{
			"of accumulators, to u8", func(x core.Value) core.Value { return requantized(product(x), core.U8) },
			map[string]int{"IntegerConvolution": 1, "TFRequantizePerChannel": 0},
		},
		{"of accumulators that another node reads", func(x core.Value) core.Value {
			acc := product(x)
			real := apply(t, &pointwise.Convert{Type: core.F32}, requantized(acc, core.I8))
			return apply(t, &pointwise.Add{}, real, apply(t, &pointwise.Convert{Type: core.F32}, acc))
		}, map[string]int{"IntegerConvolution": 1, "TFRequantizePerChannel": 1}},
		{"of any integers", func(x core.Value) core.Value {
			return requantized(apply(t, &pointwise.Convert{Type: core.I32}, apply(t, &array.Concat{Axis: 3}, x, x, x)), core.I8)
		}, map[string]int{"TFRequantizePerChannel": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := parameter(t, core.U8, core.Shape{1, 4, 5, 2})
			if c.name == "of any integers" {
				x = parameter(t, core.U8, core.Shape{1, 4, 5, 1})
			}
			ops := rewritten(t, x, c.value(x.Out(0)))
			for op, n := range c.want {
				require.Equal(t, n, ops[op], "%v", ops)
			}
		})
	}
}
