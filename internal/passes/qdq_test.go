package passes

import (
	"fmt"
	"math"
	"math/rand/v2"
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
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/trait"
)

// qdqGraph builds functions of quantized and real parameters, q and r and the like, with
// random constants.
type qdqGraph struct {
	t      *testing.T
	random *rand.Rand
	params []*core.Node
	inputs map[string]*core.Tensor
}

func newQDQGraph(t *testing.T) *qdqGraph {
	return &qdqGraph{t, rand.New(rand.NewPCG(3, 4)), nil, map[string]*core.Tensor{}}
}

// input returns a new parameter and keeps random data for it.
func (g *qdqGraph) input(name string, typ core.Type, shape ...int) core.Value {
	s := append(core.Shape{}, shape...)
	n, err := core.NewNamedNode(name, &core.Parameter{Type: typ, Shape: s})
	require.NoError(g.t, err)
	x, err := core.NewTensor(typ, s)
	require.NoError(g.t, err)
	if typ == core.F32 {
		copy(core.Data[float32](x), g.normals(x.Len(), 2))
	} else {
		g.bytes(x)
	}
	g.params, g.inputs[name] = append(g.params, n), x
	return n.Out(0)
}

func (g *qdqGraph) bytes(x *core.Tensor) {
	for i := range x.Bytes() {
		x.Bytes()[i] = byte(g.random.IntN(256))
	}
}

func (g *qdqGraph) normals(n int, deviation float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(g.random.NormFloat64() * deviation)
	}
	return v
}

func (g *qdqGraph) reals(shape ...int) core.Value {
	return list(g.t, g.normals(core.Shape(shape).MustElements(), 2), shape...)
}

func list[T core.Element](t *testing.T, v []T, shape ...int) core.Value {
	x, err := core.TensorOf(shape, v)
	require.NoError(t, err)
	return core.NewConstant(x)
}

// i8 returns random constant integers.
func (g *qdqGraph) i8(shape ...int) core.Value {
	x, err := core.NewTensor(core.I8, shape)
	require.NoError(g.t, err)
	g.bytes(x)
	return core.NewConstant(x)
}

// scaled dequantizes with a range of its own for each of n slices on an axis; n 0: for all.
func (g *qdqGraph) scaled(q core.Value, axis, n int) core.Value {
	op := &tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: axis, OutType: core.F32}
	if n == 0 {
		op.Axis = -1
		return apply(g.t, op, q, scalar(float32(-0.3)), scalar(float32(0.3)))
	}
	lo, hi := make([]float32, n), make([]float32, n)
	for i := range lo {
		hi[i] = 1 + 3*g.random.Float32()
		lo[i] = -hi[i]
	}
	return apply(g.t, op, q, list(g.t, lo, n), list(g.t, hi, n))
}

// weights returns filters of a convolution, or a matrix, with a scale for each of the last
// axis.
func (g *qdqGraph) weights(shape ...int) core.Value {
	return g.scaled(g.i8(shape...), len(shape)-1, shape[len(shape)-1])
}

func dequantize(t *testing.T, q core.Value, mode tensorflow.QuantizeMode, lo, hi float32) core.Value {
	return apply(t, &tensorflow.Dequantize{Mode: mode, Axis: -1, OutType: core.F32}, q, scalar(lo), scalar(hi))
}

// data returns a dequantized parameter q with zero point 0.
func (g *qdqGraph) data(typ core.Type, shape ...int) core.Value {
	return dequantize(g.t, g.input("q", typ, shape...), tensorflow.Scaled, -3, 3)
}

// image is the data of most convolutions here.
func (g *qdqGraph) image() core.Value { return g.data(core.U8, 2, 5, 6, 8) }

// other is an image beside the first.
func (g *qdqGraph) other() core.Value {
	return dequantize(g.t, g.input("p", core.U8, 2, 5, 6, 8), tensorflow.Scaled, 0, 3)
}

// conv convolves with 3x3 filters for 4 output channels.
func (g *qdqGraph) conv(x core.Value) core.Value {
	s := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
	return apply(g.t, &linear.Convolution{Spatial: s}, x, g.weights(3, 3, 8, 4))
}

// biased is a convolution with what all of them have behind them.
func (g *qdqGraph) biased() core.Value {
	return apply(g.t, &pointwise.Add{}, g.conv(g.image()), g.reals(4))
}

// normalized is a batch normalization of 4 channels.
func (g *qdqGraph) normalized(x core.Value) core.Value {
	variance := list(g.t, []float32{0.5, 1, 2, 3}, 4)
	return apply(g.t, &normalize.BatchNorm{Layout: geometry.NHWC, Epsilon: 0.001}, x, g.reals(4), g.reals(4), g.reals(4),
		variance)
}

func (g *qdqGraph) relu(x core.Value) core.Value {
	return apply(g.t, &pointwise.Activate{Activation: numeric.Relu}, x)
}

func quantizeTo(t *testing.T, typ core.Type, x core.Value, lo, hi float32) core.Value {
	op := &tensorflow.QuantizeV2{
		Type: typ, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven, EnsureMinimumRange: 0.01,
	}
	return apply(t, op, x, scalar(lo), scalar(hi))
}

// minFirst quantizes from -30 to 30.
func (g *qdqGraph) minFirst(x core.Value) core.Value {
	op := &tensorflow.QuantizeV2{
		Type: core.U8, Axis: -1, Mode: tensorflow.MinFirst, RoundMode: numeric.RoundNearestTowardInfinity,
		EnsureMinimumRange: 0.01,
	}
	return apply(g.t, op, x, scalar(float32(-30)), scalar(float32(30)))
}

func (g *qdqGraph) u8(x core.Value) core.Value { return quantizeTo(g.t, core.U8, x, 0, 40) }

// run evaluates the function of some results before and after the pass, holds the latter to
// the former within a step or 1e-5, and tells the integer products and the ops that are
// left: "Mul+Add+Relu; MaxPool TFQuantizeV2". That all later passes keep the bits is held too.
func (g *qdqGraph) run(results ...core.Value) string {
	f := &core.Function{Parameters: g.params}
	for i, v := range results {
		n, err := core.NewNamedNode("y"+string(rune('0'+i)), &core.Result{}, v)
		require.NoError(g.t, err)
		f.Results = append(f.Results, n)
	}
	fused, err := qdq(f, Options{Eval: core.EvalOp})
	require.NoError(g.t, err)
	want, err := f.Eval(g.inputs)
	require.NoError(g.t, err)
	got, err := fused.Eval(g.inputs)
	require.NoError(g.t, err)
	for name, w := range want {
		close(g.t, w, got[name])
	}
	last, err := Run(fused, Options{Without: []string{QDQ}})
	require.NoError(g.t, err)
	same, err := last.Eval(g.inputs)
	require.NoError(g.t, err)
	for name, w := range got {
		require.Equal(g.t, w.Bytes(), same[name].Bytes(), "result %s after the other passes", name)
	}
	return summary(fused)
}

// close holds integers to one step, of which at most one of a thousand may be taken, and
// reals to 1e-5 of the greatest.
func close(t *testing.T, want, got *core.Tensor) {
	t.Helper()
	require.Equal(t, want.Fact(), got.Fact())
	w, g := want.Float64s(), got.Float64s()
	bound, steps, greatest := 1.0, 0, 0.0
	for _, v := range w {
		greatest = max(greatest, math.Abs(v))
	}
	if want.Type() == core.F32 {
		bound = 1e-5 * greatest
	}
	for i := range w {
		require.LessOrEqual(t, math.Abs(w[i]-g[i]), bound, "element %d: got %v, want %v", i, g[i], w[i])
		if w[i] != g[i] {
			steps++
		}
	}
	if want.Type() != core.F32 {
		require.LessOrEqual(t, steps, 1+len(w)/1000)
		require.Greater(t, greatest, 100.0, "the values do not fill the range")
	}
}

func summary(f *core.Function) string {
	var products, others []string
	for _, n := range f.Nodes() {
		if product, ok := n.Op().(trait.IntegerProduct); ok {
			var names []string
			for _, p := range product.Steps() {
				names = append(names, p.String())
			}
			products = append(products, strings.Join(names, "+"))
			continue
		}
		switch n.Op().(type) {
		case *core.Parameter, *core.Constant, *core.Result:
		default:
			others = append(others, n.OpName())
		}
	}
	return strings.Join(products, " | ") + "; " + strings.Join(others, " ")
}

// TestQDQ holds each pattern to the function before the pass.
func TestQDQ(t *testing.T) {
	const (
		full = "Mul+Add+Relu+Mul+RoundSaturate(u8, 0, 255); "
		mul  = "Mul; "
	)
	valid := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid}
	for _, c := range []struct {
		name  string
		build func(g *qdqGraph) core.Value
		want  string
	}{
		// What follows the product.
		{"convolution", func(g *qdqGraph) core.Value { return g.conv(g.image()) }, mul},
		{"bias", func(g *qdqGraph) core.Value { return g.biased() }, "Mul+Add; "},
		{"bias on the left", func(g *qdqGraph) core.Value {
			return apply(g.t, &pointwise.Add{}, g.reals(4), g.conv(g.image()))
		}, "Mul+Add; "},
		{"bias [1,1,1,C]", func(g *qdqGraph) core.Value {
			return apply(g.t, &pointwise.Add{}, g.conv(g.image()), g.reals(1, 1, 1, 4))
		}, "Mul+Add; "},
		{"bias []", func(g *qdqGraph) core.Value {
			return apply(g.t, &pointwise.Add{}, g.conv(g.image()), scalar(float32(3)))
		}, "Mul+Add; "},
		{"relu, u8", func(g *qdqGraph) core.Value { return g.u8(g.relu(g.biased())) }, full},
		{
			"relu, i8", func(g *qdqGraph) core.Value { return quantizeTo(g.t, core.I8, g.relu(g.biased()), -30, 40) },
			"Mul+Add+Relu+Mul+RoundSaturate(i8, -128, 127); ",
		},
		{
			"i8", func(g *qdqGraph) core.Value { return quantizeTo(g.t, core.I8, g.biased(), -30, 40) },
			"Mul+Add+Mul+RoundSaturate(i8, -128, 127); ",
		},
		{
			"no bias", func(g *qdqGraph) core.Value { return g.u8(g.relu(g.conv(g.image()))) },
			"Mul+Relu+Mul+RoundSaturate(u8, 0, 255); ",
		},
		{"relu6", func(g *qdqGraph) core.Value {
			return quantizeTo(g.t, core.U8, apply(g.t, &pointwise.Activate{Activation: numeric.Relu6}, g.biased()), 0, 7)
		}, "Mul+Add+Mul+RoundSaturate(u8, 0, 219); "},
		{"clamp, i8", func(g *qdqGraph) core.Value {
			return quantizeTo(g.t, core.I8, apply(g.t, &pointwise.Clamp{Lo: -9, Hi: 30}, g.biased()), -30, 20)
		}, "Mul+Add+Mul+RoundSaturate(i8, -38, 127); "},
		{"minimum of maximum", func(g *qdqGraph) core.Value {
			x := apply(g.t, &pointwise.Maximum{}, scalar(float32(-5)), g.biased())
			return quantizeTo(g.t, core.I8, apply(g.t, &pointwise.Minimum{}, x, scalar(float32(24))), -30, 30)
		}, "Mul+Add+Mul+RoundSaturate(i8, -21, 102); "},
		{"maximum with a constant of more dimensions", func(g *qdqGraph) core.Value {
			x := apply(g.t, &pointwise.Maximum{}, g.biased(), list(g.t, []float32{-5}, 1, 1, 1, 1, 1))
			return quantizeTo(g.t, core.I8, x, -30, 30)
		}, "Mul+Add; Maximum TFQuantizeV2"},
		{"reshaped before the bias", func(g *qdqGraph) core.Value { // as Keras' Dense does it
			y := apply(g.t, &linear.Dot{ReductionAxes: 1}, g.data(core.U8, 12, 16), g.weights(16, 5))
			y = apply(g.t, &array.Reshape{}, y, list(g.t, []int32{3, 4, 5}, 3))
			return g.u8(g.relu(apply(g.t, &pointwise.Add{}, y, g.reals(5))))
		}, full + "Reshape"},
		{"reshaped to other channels before the bias", func(g *qdqGraph) core.Value {
			y := apply(g.t, &linear.Dot{ReductionAxes: 1}, g.data(core.U8, 12, 16), g.weights(16, 5))
			y = apply(g.t, &array.Reshape{}, y, list(g.t, []int32{3, 5, 4}, 3))
			return g.u8(g.relu(apply(g.t, &pointwise.Add{}, y, g.reals(4))))
		}, "Mul; Reshape Add Activate TFQuantizeV2"},
		{"reshaped before a sum", func(g *qdqGraph) core.Value {
			y := apply(g.t, &linear.Dot{ReductionAxes: 1}, g.data(core.U8, 12, 16), g.weights(16, 5))
			y = apply(g.t, &array.Reshape{}, y, list(g.t, []int32{3, 4, 5}, 3))
			return apply(g.t, &pointwise.Add{}, y, g.input("r", core.F32, 3, 4, 5))
		}, "Mul; Reshape Add"},
		{"limits apart", func(g *qdqGraph) core.Value { // all become 25
			x := apply(g.t, &pointwise.Clamp{Lo: 0, Hi: 5}, g.biased())
			return quantizeTo(g.t, core.I8, apply(g.t, &pointwise.Clamp{Lo: 25, Hi: 28}, x), -30, 30)
		}, "Mul+Add+Mul+RoundSaturate(i8, 106, 106); "},
		{"MIN_FIRST from 0", func(g *qdqGraph) core.Value {
			op := &tensorflow.QuantizeV2{
				Type: core.U8, Axis: -1, Mode: tensorflow.MinFirst, RoundMode: numeric.RoundNearestTowardInfinity,
				EnsureMinimumRange: 0.01,
			}
			return apply(g.t, op, g.relu(g.biased()), scalar(float32(0)), scalar(float32(40)))
		}, full},
		{"MIN_FIRST from below", func(g *qdqGraph) core.Value {
			return g.minFirst(g.biased())
		}, "Mul+Add+Mul+RoundSaturate(u8, 0, 255); "},
		{"MIN_FIRST from below, no bias", func(g *qdqGraph) core.Value {
			return g.minFirst(g.conv(g.image()))
		}, "Mul+Add+Mul+RoundSaturate(u8, 0, 255); "},
		{"MIN_FIRST from below, relu", func(g *qdqGraph) core.Value {
			return g.minFirst(g.relu(g.biased()))
		}, "Mul+Add+Mul+RoundSaturate(u8, 128, 255); "},
		{"MIN_FIRST from below, relu6", func(g *qdqGraph) core.Value {
			return g.minFirst(apply(g.t, &pointwise.Activate{Activation: numeric.Relu6}, g.conv(g.image())))
		}, "Mul+Add+Mul+RoundSaturate(u8, 128, 153); "},
		{"MIN_FIRST from below, relu of a sum", func(g *qdqGraph) core.Value {
			r := dequantize(g.t, g.input("r", core.U8, 2, 5, 6, 4), tensorflow.MinFirst, -5, 9)
			return g.minFirst(g.relu(apply(g.t, &pointwise.Add{}, g.conv(g.image()), r)))
		}, "Mul+Add+MulAdd+Mul+RoundSaturate(u8, 128, 255); "},
		{"halves away from zero", func(g *qdqGraph) core.Value {
			op := &tensorflow.QuantizeV2{
				Type: core.U8, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardInfinity,
				EnsureMinimumRange: 0.01,
			}
			return apply(g.t, op, g.relu(g.biased()), scalar(float32(0)), scalar(float32(40)))
		}, "Mul+Add+Relu; TFQuantizeV2"},
		{"i8 as up to TensorFlow 2.8", func(g *qdqGraph) core.Value {
			op := &tensorflow.QuantizeV2{
				Type: core.I8, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
				EnsureMinimumRange: 0.01, Factor127: true,
			}
			return apply(g.t, op, g.biased(), scalar(float32(-30)), scalar(float32(40)))
		}, "Mul+Add+Mul+RoundSaturate(i8, -128, 127); "},
		{"as TensorFlow quantizes constants", func(g *qdqGraph) core.Value {
			op := &tensorflow.QuantizeV2{
				Type: core.I8, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
				EnsureMinimumRange: 0.01, Plain: true,
			}
			return apply(g.t, op, g.biased(), scalar(float32(-30)), scalar(float32(40)))
		}, "Mul+Add+Mul+RoundSaturate(i8, -128, 127); "},
		{"narrow range", func(g *qdqGraph) core.Value {
			op := &tensorflow.QuantizeV2{
				Type: core.I8, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
				EnsureMinimumRange: 0.01, NarrowRange: true,
			}
			return apply(g.t, op, g.biased(), scalar(float32(-30)), scalar(float32(40)))
		}, "Mul+Add+Mul+RoundSaturate(i8, -127, 127); "},
		{"a range for each channel", func(g *qdqGraph) core.Value {
			op := &tensorflow.QuantizeV2{
				Type: core.U8, Axis: 3, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
				EnsureMinimumRange: 0.01,
			}
			return apply(g.t, op, g.biased(), list(g.t, []float32{0, 0, 0, 0}, 4), list(g.t, []float32{20, 30, 40, 50}, 4))
		}, "Mul+Add; TFQuantizeV2"},
		{"16 bits", func(g *qdqGraph) core.Value {
			op := &tensorflow.QuantizeV2{
				Type: core.I16, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
				EnsureMinimumRange: 0.01,
			}
			return apply(g.t, op, apply(g.t, &linear.Dot{ReductionAxes: 1}, g.data(core.U8, 2, 4), g.weights(4, 3)),
				scalar(float32(-40)), scalar(float32(40)))
		}, "Mul; TFQuantizeV2"},
		{"infinite bias", func(g *qdqGraph) core.Value {
			b := list(g.t, []float32{1, 2, float32(math.Inf(1)), 4}, 4)
			return g.u8(apply(g.t, &pointwise.Add{}, g.conv(g.image()), b))
		}, "Mul; Add TFQuantizeV2"},
		{"bias along another axis", func(g *qdqGraph) core.Value {
			return g.u8(apply(g.t, &pointwise.Add{}, g.conv(g.image()), g.reals(6, 1)))
		}, "Mul; Add TFQuantizeV2"},
		{"elu", func(g *qdqGraph) core.Value {
			return quantizeTo(g.t, core.I8, apply(g.t, &pointwise.Activate{Activation: numeric.Elu}, g.biased()), -1, 40)
		}, "Mul+Add; Activate TFQuantizeV2"},
		{"two biases", func(g *qdqGraph) core.Value {
			return g.u8(g.relu(apply(g.t, &pointwise.Add{}, g.biased(), scalar(float32(2)))))
		}, full},
		{"negative bias", func(g *qdqGraph) core.Value {
			return g.u8(g.relu(apply(g.t, &pointwise.Subtract{}, g.conv(g.image()), g.reals(4))))
		}, full},
		{"bias less the product", func(g *qdqGraph) core.Value {
			return g.u8(g.relu(apply(g.t, &pointwise.Subtract{}, g.reals(4), g.conv(g.image()))))
		}, "Mul; Subtract Activate TFQuantizeV2"},
		{"factor and bias", func(g *qdqGraph) core.Value {
			x := apply(g.t, &pointwise.Multiply{}, g.conv(g.image()), g.reals(1, 1, 4))
			return g.u8(g.relu(apply(g.t, &pointwise.Add{}, x, g.reals(4))))
		}, full},
		{"bias and factor on the left", func(g *qdqGraph) core.Value {
			return g.u8(g.relu(apply(g.t, &pointwise.Multiply{}, scalar(float32(-0.7)), g.biased())))
		}, full},
		{"batch normalization", func(g *qdqGraph) core.Value {
			return g.u8(g.relu(g.normalized(g.conv(g.image()))))
		}, full},
		{"batch normalization behind a bias", func(g *qdqGraph) core.Value {
			return g.u8(g.relu(g.normalized(g.biased())))
		}, full},
		{"factor behind relu", func(g *qdqGraph) core.Value {
			return g.u8(apply(g.t, &pointwise.Multiply{}, g.relu(g.biased()), g.reals(4)))
		}, "Mul+Add+Relu; Multiply TFQuantizeV2"},
		{"factor that is computed", func(g *qdqGraph) core.Value {
			return apply(g.t, &pointwise.Multiply{}, g.biased(), g.input("r", core.F32, 1))
		}, "Mul+Add; Multiply"},
		{"factor beyond float32's normal numbers", func(g *qdqGraph) core.Value {
			return apply(g.t, &pointwise.Multiply{}, g.conv(g.image()), scalar(float32(1e-35)))
		}, "Mul; Multiply"},

		// Sums.
		{"summand u8", func(g *qdqGraph) core.Value {
			r := dequantize(g.t, g.input("r", core.U8, 2, 5, 6, 4), tensorflow.Scaled, 0, 9)
			return g.u8(g.relu(apply(g.t, &pointwise.Add{}, g.biased(), r)))
		}, "Mul+Add+MulAdd+Relu+Mul+RoundSaturate(u8, 0, 255); "},
		{"summand i8 on the left", func(g *qdqGraph) core.Value {
			r := dequantize(g.t, g.input("r", core.I8, 2, 5, 6, 4), tensorflow.Scaled, -9, 9)
			return g.u8(apply(g.t, &pointwise.Add{}, r, g.biased()))
		}, "Mul+Add+MulAdd+Mul+RoundSaturate(u8, 0, 255); "},
		{"summand with a zero point", func(g *qdqGraph) core.Value {
			r := dequantize(g.t, g.input("r", core.U8, 2, 5, 6, 4), tensorflow.MinFirst, -5, 9)
			return g.u8(apply(g.t, &pointwise.Add{}, g.biased(), r))
		}, "Mul+Add+MulAdd+Mul+RoundSaturate(u8, 0, 255); "},
		{"summand with a zero point, no bias", func(g *qdqGraph) core.Value {
			r := dequantize(g.t, g.input("r", core.I8, 2, 5, 6, 4), tensorflow.MinFirst, -5, 9)
			return apply(g.t, &pointwise.Add{}, g.conv(g.image()), r)
		}, "Mul+Add+MulAdd; "},
		{"summand that may be NaN", func(g *qdqGraph) core.Value {
			r := g.input("r", core.F32, 2, 5, 6, 4)
			core.Data[float32](g.inputs["r"])[7] = float32(math.NaN())
			return quantizeTo(g.t, core.I8, g.relu(apply(g.t, &pointwise.Add{}, g.biased(), r)), -30, 40)
		}, "Mul+Add; Add Activate TFQuantizeV2"},
		{"sum of two products", func(g *qdqGraph) core.Value {
			x := g.image()
			a, b := apply(g.t, &pointwise.Add{}, g.conv(x), g.reals(4)), apply(g.t, &pointwise.Add{}, g.conv(x), g.reals(4))
			return g.u8(g.relu(apply(g.t, &pointwise.Add{}, a, b)))
		}, "Mul+Add | Mul+Add+MulAdd+Relu+Mul+RoundSaturate(u8, 0, 255); "},
		{"broadcast summand", func(g *qdqGraph) core.Value {
			r := dequantize(g.t, g.input("r", core.U8, 2, 1, 1, 4), tensorflow.Scaled, 0, 9)
			return apply(g.t, &pointwise.Add{}, g.biased(), r)
		}, "Mul+Add; TFDequantize Add"},
		{"bias behind a sum", func(g *qdqGraph) core.Value {
			x := apply(g.t, &pointwise.Add{}, g.conv(g.image()),
				dequantize(g.t, g.input("r", core.U8, 2, 5, 6, 4), tensorflow.Scaled, 0, 9))
			return apply(g.t, &pointwise.Add{}, x, g.reals(4))
		}, "Mul+MulAdd; Add"},
		{"twice the product", func(g *qdqGraph) core.Value {
			x := g.biased()
			return g.u8(apply(g.t, &pointwise.Add{}, x, x))
		}, "Mul+Add; Add TFQuantizeV2"},

		// What quantizations go through.
		{"quantized max pool", func(g *qdqGraph) core.Value {
			p := &pooling.MaxPool{
				Spatial: geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 2}, PadType: geometry.PadSameUpper},
				Window:  []int{3, 3},
			}
			return g.u8(apply(g.t, p, g.relu(g.biased())))
		}, full + "MaxPool"},
		{"quantized max pool with an empty window", func(g *qdqGraph) core.Value {
			p := &pooling.MaxPool{
				Spatial: geometry.Spatial{Layout: geometry.NHWC, PadBelow: []int{2, 0}, PadAbove: []int{0, 0}}, Window: []int{2, 2},
			}
			return g.u8(apply(g.t, p, g.relu(g.biased())))
		}, "Mul+Add+Relu; MaxPool TFQuantizeV2"},
		{"quantized reshape", func(g *qdqGraph) core.Value {
			return g.u8(apply(g.t, &array.Reshape{}, g.relu(g.biased()), list(g.t, []int32{2, -1}, 2)))
		}, full + "Reshape"},
		{"quantized padding", func(g *qdqGraph) core.Value {
			x := apply(g.t, &pointwise.Activate{Activation: numeric.Relu6}, g.biased())
			x = apply(g.t, &array.Pad{Below: []int{0, 1, 0, 0}, Above: []int{0, 0, 2, 0}}, x, scalar(float32(1.5)))
			return quantizeTo(g.t, core.U8, x, 0, 6)
		}, "Mul+Add+Mul+RoundSaturate(u8, 0, 255); Pad"},
		{"quantized and limited padding", func(g *qdqGraph) core.Value { // with 6, not with 7
			x := apply(g.t, &array.Pad{Below: []int{0, 1, 0, 0}, Above: []int{0, 0, 2, 0}}, g.biased(), scalar(float32(7)))
			return quantizeTo(g.t, core.U8, apply(g.t, &pointwise.Activate{Activation: numeric.Relu6}, x), 0, 9)
		}, "Mul+Add+Mul+RoundSaturate(u8, 0, 170); Pad"},
		{"quantized mirrored padding", func(g *qdqGraph) core.Value {
			return g.u8(apply(g.t, &array.Pad{Below: []int{0, 1, 0, 0}, Above: []int{0, 0, 2, 0}, Mode: array.PadReflect},
				g.biased()))
		}, "Mul+Add; Pad TFQuantizeV2"},
		{"quantized concatenation", func(g *qdqGraph) core.Value {
			x := g.image()
			a, b := g.relu(apply(g.t, &pointwise.Add{}, g.conv(x), g.reals(4))),
				apply(g.t, &pointwise.Add{}, g.conv(x), g.reals(4))
			return g.u8(apply(g.t, &array.Concat{Axis: 3}, a, b, g.input("r", core.F32, 2, 5, 6, 3)))
		}, "Mul+Add+Relu+Mul+RoundSaturate(u8, 0, 255) | Mul+Add+Mul+RoundSaturate(u8, 0, 255); TFQuantizeV2 Concat"},
		{"quantized concatenation of other things", func(g *qdqGraph) core.Value {
			a := apply(g.t, &pointwise.Activate{Activation: numeric.Elu}, g.biased())
			return g.u8(apply(g.t, &array.Concat{Axis: 3}, a, g.input("r", core.F32, 2, 5, 6, 3)))
		}, "Mul+Add; Activate Concat TFQuantizeV2"},
		{"limited concatenation", func(g *qdqGraph) core.Value {
			x := apply(g.t, &array.Concat{Axis: 3}, g.biased(), g.input("r", core.F32, 2, 5, 6, 3))
			return quantizeTo(g.t, core.U8, apply(g.t, &pointwise.Activate{Activation: numeric.Relu6}, x), 0, 6)
		}, "Mul+Add; Concat Activate TFQuantizeV2"},

		// The data.
		{"i8 data", func(g *qdqGraph) core.Value { return g.conv(g.data(core.I8, 2, 5, 6, 8)) }, mul},
		{"data with a zero point", func(g *qdqGraph) core.Value {
			return g.conv(dequantize(g.t, g.input("q", core.U8, 2, 5, 6, 8), tensorflow.MinFirst, -1, 3))
		}, mul},
		{"i8 data with a zero point", func(g *qdqGraph) core.Value {
			return g.conv(dequantize(g.t, g.input("q", core.I8, 2, 5, 6, 8), tensorflow.MinFirst, -1, 3))
		}, mul},
		{"MIN_COMBINED data from 0", func(g *qdqGraph) core.Value {
			return g.conv(dequantize(g.t, g.input("q", core.U8, 2, 5, 6, 8), tensorflow.MinCombined, 0, 3))
		}, mul},
		{"data of Dequantize", func(g *qdqGraph) core.Value {
			return g.conv(apply(g.t, &quantization.Dequantize{Type: core.F32}, g.input("q", core.U8, 2, 5, 6, 8),
				scalar(float32(0.02)),
				scalar(uint8(77))))
		}, mul},
		{"padded data", func(g *qdqGraph) core.Value {
			x := dequantize(g.t, g.input("q", core.U8, 2, 5, 6, 8), tensorflow.Scaled, 0, 3)
			return g.conv(apply(g.t, &array.Pad{Below: []int{0, 1, 1, 0}, Above: []int{0, 1, 2, 0}}, x, scalar(float32(0))))
		}, mul + "Pad"},
		{"pooled data", func(g *qdqGraph) core.Value {
			p := &pooling.MaxPool{
				Spatial: geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 2}, PadType: geometry.PadSameUpper},
				Window:  []int{3, 3},
			}
			return g.conv(apply(g.t, p, g.image()))
		}, mul + "MaxPool"},
		{"mirrored data", func(g *qdqGraph) core.Value {
			return g.conv(apply(g.t, &array.Pad{Below: []int{0, 1, 1, 0}, Above: []int{0, 1, 2, 0}, Mode: array.PadReflect},
				g.image()))
		}, mul + "Pad"},
		{"data pooled by a dilated window", func(g *qdqGraph) core.Value { // which may be empty
			p := &pooling.MaxPool{
				Spatial: geometry.Spatial{Layout: geometry.NHWC, Dilations: []int{1, 2}, PadType: geometry.PadSameUpper},
				Window:  []int{3, 3},
			}
			return apply(g.t, &array.Concat{Axis: 0}, apply(g.t, p, g.other()),
				apply(g.t, &linear.Convolution{Spatial: valid}, g.image(), g.weights(1, 1, 8, 8)))
		}, "Mul; TFDequantize MaxPool Concat"},
		{"reshaped data", func(g *qdqGraph) core.Value {
			return g.conv(apply(g.t, &array.Reshape{}, g.image(), list(g.t, []int32{2, 3, 10, 8}, 4)))
		}, mul + "Reshape"},
		{"data padded with what no integer stands for", func(g *qdqGraph) core.Value {
			pad := apply(g.t, &array.Pad{Below: []int{0, 1, 1, 0}, Above: []int{0, 0, 0, 0}}, g.other(), scalar(float32(0.001)))
			return apply(g.t, &array.Concat{Axis: 3}, g.conv(pad),
				apply(g.t, &linear.Convolution{Spatial: valid}, g.data(core.U8, 2, 6, 7, 8), g.weights(1, 1, 8, 4)))
		}, "Mul; TFDequantize Pad TFDequantize Convolution Concat"},

		// The constant factor.
		{"one scale", func(g *qdqGraph) core.Value {
			return apply(g.t, &linear.Convolution{Spatial: valid}, g.image(), g.scaled(g.i8(3, 3, 8, 4), -1, 0))
		}, mul},
		{"weights of Dequantize", func(g *qdqGraph) core.Value {
			w := apply(g.t, &quantization.Dequantize{Type: core.F32, Axes: []int{3}}, g.i8(3, 3, 8, 2),
				list(g.t, []float32{0.02, 0.01}, 2), list(g.t, []int8{0, 0}, 2))
			return apply(g.t, &linear.Convolution{Spatial: valid}, g.image(), w)
		}, mul},
		{"quantized weights", func(g *qdqGraph) core.Value {
			op := &tensorflow.QuantizeV2{
				Type: core.I8, Axis: 3, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
				EnsureMinimumRange: 0.01,
			}
			lo, hi := list(g.t, []float32{-1, -2, -3, -4}, 4), list(g.t, []float32{1, 2, 3, 4}, 4)
			q, err := core.NewNode(op, g.reals(3, 3, 8, 4), lo, hi)
			require.NoError(g.t, err)
			w := apply(g.t, &tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: 3, OutType: core.F32}, q.Out(0), q.Out(1),
				q.Out(2))
			return apply(g.t, &linear.Convolution{Spatial: valid}, g.image(), w)
		}, mul},
		{"depthwise", func(g *qdqGraph) core.Value {
			w := apply(g.t, &array.Reshape{}, g.scaled(g.i8(3, 3, 8, 1), 2, 8), list(g.t, []int32{3, 3, 1, 8}, 4))
			return apply(g.t, &linear.Convolution{Spatial: valid, Groups: 8}, g.image(), w)
		}, mul},
		{"depthwise with a multiplier", func(g *qdqGraph) core.Value {
			w := apply(g.t, &array.Reshape{}, g.scaled(g.i8(3, 3, 8, 2), 2, 8), list(g.t, []int32{3, 3, 1, 16}, 4))
			return apply(g.t, &linear.Convolution{Spatial: valid, Groups: 8}, g.image(), w)
		}, mul},
		{"depthwise with scales per multiplier", func(g *qdqGraph) core.Value {
			w := apply(g.t, &array.Reshape{}, g.scaled(g.i8(3, 3, 8, 2), 3, 2), list(g.t, []int32{3, 3, 1, 16}, 4))
			return apply(g.t, &linear.Convolution{Spatial: valid, Groups: 8}, g.image(), w)
		}, mul},
		{"depthwise sum", func(g *qdqGraph) core.Value { // no kernel adds it
			x := g.image()
			w := apply(g.t, &array.Reshape{}, g.scaled(g.i8(3, 3, 8, 1), 2, 8), list(g.t, []int32{3, 3, 1, 8}, 4))
			y := apply(g.t,
				&linear.Convolution{Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}, Groups: 8},
				x, w)
			return quantizeTo(g.t, core.U8, apply(g.t, &pointwise.Add{}, apply(g.t, &pointwise.Add{}, y, g.reals(8)), x), 0, 12)
		}, "Mul+Add; TFDequantize Add TFQuantizeV2"},
		{"channels first", func(g *qdqGraph) core.Value {
			w := apply(g.t, &array.Transpose{Order: []int{3, 2, 0, 1}}, g.weights(3, 3, 2, 4))
			y := apply(g.t, &linear.Convolution{}, g.data(core.U8, 2, 2, 5, 6), w)
			return apply(g.t, &pointwise.Add{}, y, g.reals(4, 1, 1))
		}, "Mul+Add; "},
		{"channels first, reshaped", func(g *qdqGraph) core.Value { // the bias is not along the channels
			w := apply(g.t, &array.Transpose{Order: []int{3, 2, 0, 1}}, g.weights(1, 1, 2, 4))
			y := apply(g.t, &linear.Convolution{}, g.data(core.U8, 2, 2, 6, 5), w)
			y = apply(g.t, &array.Reshape{}, y, list(g.t, []int32{3, 4, 4, 5}, 4))
			return apply(g.t, &pointwise.Add{}, y, g.reals(4, 1, 1))
		}, "Mul; Reshape Add"},
		{"three dimensions, strided and dilated", func(g *qdqGraph) core.Value {
			s := geometry.Spatial{
				Layout: geometry.NHWC, PadType: geometry.PadSameUpper, Strides: []int{2, 1, 1},
				Dilations: []int{1, 1, 2},
			}
			return apply(g.t, &linear.Convolution{Spatial: s}, g.data(core.U8, 1, 4, 5, 6, 3), g.weights(2, 2, 2, 3, 4))
		}, mul},
		{"matrix product", func(g *qdqGraph) core.Value {
			y := apply(g.t, &linear.Dot{ReductionAxes: 1}, g.data(core.I8, 9, 16), g.weights(16, 5))
			return g.u8(g.relu(apply(g.t, &pointwise.Add{}, y, g.reals(5))))
		}, full},
		{"matrix product, transposed", func(g *qdqGraph) core.Value {
			w := apply(g.t, &array.Transpose{Order: []int{1, 0}}, g.scaled(g.i8(5, 16), 0, 5))
			return apply(g.t, &linear.Dot{ReductionAxes: 1}, g.data(core.U8, 9, 16), w)
		}, mul},
		{"batch of matrix products", func(g *qdqGraph) core.Value {
			return apply(g.t, &linear.BatchDot{}, g.data(core.U8, 2, 3, 9, 16), g.weights(16, 5))
		}, mul},
		{"batch of matrix products, transposed", func(g *qdqGraph) core.Value {
			return apply(g.t, &linear.BatchDot{TransposeB: true}, g.data(core.U8, 2, 9, 16), g.scaled(g.i8(5, 16), 0, 5))
		}, mul},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newQDQGraph(t)
			require.Equal(t, c.want, g.run(c.build(g)))
		})
	}
}

// TestQDQNot lists what keeps a product real.
func TestQDQNot(t *testing.T) {
	s := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid}
	conv := &linear.Convolution{Spatial: s}
	dot := &linear.Dot{ReductionAxes: 1}
	for _, c := range []struct {
		name  string
		build func(g *qdqGraph) core.Value
	}{
		{"real data", func(g *qdqGraph) core.Value { return g.conv(g.input("r", core.F32, 2, 5, 6, 8)) }},
		{"real weights", func(g *qdqGraph) core.Value { return apply(g.t, conv, g.image(), g.reals(3, 3, 8, 4)) }},
		{"data quantized per channel", func(g *qdqGraph) core.Value {
			return g.conv(g.scaled(g.input("q", core.U8, 2, 5, 6, 8), 3, 8))
		}},
		{"data without a zero", func(g *qdqGraph) core.Value { // 0 lies between two integers
			return g.conv(dequantize(g.t, g.input("q", core.U8, 2, 5, 6, 8), tensorflow.MinCombined, -1.003, 3))
		}},
		{"data above zero", func(g *qdqGraph) core.Value {
			return g.conv(dequantize(g.t, g.input("q", core.U8, 2, 5, 6, 8), tensorflow.MinFirst, 1, 3))
		}},
		{"16-bit data", func(g *qdqGraph) core.Value {
			return g.conv(dequantize(g.t, g.input("q", core.I16, 2, 5, 6, 8), tensorflow.Scaled, -3, 3))
		}},
		{"data of one value", func(g *qdqGraph) core.Value {
			return g.conv(dequantize(g.t, g.input("q", core.U8, 2, 5, 6, 8), tensorflow.MinFirst, 0, 0))
		}},
		{"data with a computed range", func(g *qdqGraph) core.Value {
			mx := g.input("r", core.F32)
			op := &tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: -1, OutType: core.F32}
			g.inputs["r"] = core.Scalar(float32(3))
			return g.conv(apply(g.t, op, g.input("q", core.U8, 2, 5, 6, 8), scalar(float32(0)), mx))
		}},
		{"constant data", func(g *qdqGraph) core.Value { return g.conv(g.scaled(g.i8(1, 5, 6, 8), -1, 0)) }},
		{"weights that are computed", func(g *qdqGraph) core.Value {
			return apply(g.t, conv, g.image(), dequantize(g.t, g.input("w", core.I8, 3, 3, 8, 4), tensorflow.Scaled, -1, 1))
		}},
		{"u8 weights", func(g *qdqGraph) core.Value {
			w := make([]uint8, 3*3*8*4)
			return apply(g.t, conv, g.image(), dequantize(g.t, list(g.t, w, 3, 3, 8, 4), tensorflow.Scaled, -1, 1))
		}},
		{"weights with a zero point", func(g *qdqGraph) core.Value {
			return apply(g.t, conv, g.image(), dequantize(g.t, g.i8(3, 3, 8, 4), tensorflow.MinFirst, -1, 2))
		}},
		{"weights with a zero point in one channel", func(g *qdqGraph) core.Value {
			w := apply(g.t, &quantization.Dequantize{Type: core.F32, Axes: []int{3}}, g.i8(3, 3, 8, 2),
				list(g.t, []float32{0.02, 0.01}, 2), list(g.t, []int8{0, 1}, 2))
			return apply(g.t, conv, g.image(), w)
		}},
		{"a scale for each input channel", func(g *qdqGraph) core.Value {
			return apply(g.t, conv, g.image(), g.scaled(g.i8(3, 3, 8, 4), 2, 8))
		}},
		{"scales that multiply to nothing", func(g *qdqGraph) core.Value {
			x := dequantize(g.t, g.input("q", core.U8, 2, 5, 6, 8), tensorflow.Scaled, 0, 1e-20)
			return apply(g.t, conv, x, dequantize(g.t, g.i8(3, 3, 8, 4), tensorflow.Scaled, -1e-20, 1e-20))
		}},
		{"more terms than int32 holds", func(g *qdqGraph) core.Value {
			return apply(g.t, dot, g.data(core.U8, 1, maxTerms+1), g.weights(maxTerms+1, 1))
		}},
		{"matrices that are all computed", func(g *qdqGraph) core.Value {
			b := dequantize(g.t, g.input("b", core.I8, 2, 8, 3), tensorflow.Scaled, -1, 1)
			return apply(g.t, &linear.BatchDot{}, g.data(core.U8, 2, 4, 8), b)
		}},
		{"a constant for each matrix", func(g *qdqGraph) core.Value {
			return apply(g.t, &linear.BatchDot{}, g.data(core.U8, 2, 4, 8), g.weights(2, 8, 3))
		}},
		{"transposed data", func(g *qdqGraph) core.Value {
			return apply(g.t, &linear.BatchDot{TransposeA: true}, g.data(core.U8, 2, 8, 4), g.weights(8, 3))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newQDQGraph(t)
			r, err := core.NewNamedNode("y", &core.Result{}, c.build(g))
			require.NoError(t, err)
			f := &core.Function{Parameters: g.params, Results: []*core.Node{r}}
			fused, err := qdq(f, Options{Eval: core.EvalOp})
			require.NoError(t, err)
			require.Same(t, f, fused)
		})
	}
}

// TestQDQReaders: what somebody else reads stays computed, and ends the post-ops there.
func TestQDQReaders(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(g *qdqGraph) []core.Value
		want  string
	}{
		{"data", func(g *qdqGraph) []core.Value {
			x := g.image()
			return []core.Value{g.conv(x), x}
		}, "Mul; TFDequantize"},
		{"product", func(g *qdqGraph) []core.Value {
			x := g.conv(g.image())
			return []core.Value{g.u8(g.relu(apply(g.t, &pointwise.Add{}, x, g.reals(4)))), x}
		}, "Mul; Add Activate TFQuantizeV2"},
		{"reshaped product", func(g *qdqGraph) []core.Value {
			x := apply(g.t, &array.Reshape{}, g.conv(g.image()), list(g.t, []int32{2, 30, 4}, 3))
			return []core.Value{g.u8(g.relu(apply(g.t, &pointwise.Add{}, x, g.reals(4)))), x}
		}, "Mul; Reshape Add Activate TFQuantizeV2"},
		{"bias", func(g *qdqGraph) []core.Value {
			x := g.biased()
			return []core.Value{g.u8(g.relu(x)), x}
		}, "Mul+Add; Activate TFQuantizeV2"},
		{"relu", func(g *qdqGraph) []core.Value {
			x := g.relu(g.biased())
			return []core.Value{g.u8(x), x}
		}, "Mul+Add+Relu; TFQuantizeV2"},
		{"relu6", func(g *qdqGraph) []core.Value {
			x := apply(g.t, &pointwise.Activate{Activation: numeric.Relu6}, g.biased())
			return []core.Value{quantizeTo(g.t, core.U8, x, 0, 6), x}
		}, "Mul+Add; Activate TFQuantizeV2"},
		{"integers", func(g *qdqGraph) []core.Value {
			q := g.u8(g.relu(g.biased()))
			return []core.Value{q, dequantize(g.t, q, tensorflow.Scaled, 0, 40)}
		}, "Mul+Add+Relu+Mul+RoundSaturate(u8, 0, 255); TFDequantize"},
		{"two quantizations", func(g *qdqGraph) []core.Value {
			x := g.relu(g.biased())
			return []core.Value{g.u8(x), quantizeTo(g.t, core.I8, x, -40, 40)}
		}, "Mul+Add+Relu; TFQuantizeV2 TFQuantizeV2"},
		{"pool", func(g *qdqGraph) []core.Value {
			x := g.relu(g.biased())
			p := apply(g.t, &pooling.MaxPool{Spatial: geometry.Spatial{Layout: geometry.NHWC}, Window: []int{2, 2}}, x)
			return []core.Value{g.u8(p), x}
		}, "Mul+Add+Relu; MaxPool TFQuantizeV2"},
		{"the range of a quantization", func(g *qdqGraph) []core.Value {
			q := g.u8(g.relu(g.biased()))
			return []core.Value{q, q.Node.Out(1), q.Node.Out(2)}
		}, "Mul+Add+Relu+Mul+RoundSaturate(u8, 0, 255); "},
		{"weights", func(g *qdqGraph) []core.Value {
			w := g.weights(3, 3, 8, 4)
			return []core.Value{
				apply(g.t, &linear.Convolution{Spatial: geometry.Spatial{Layout: geometry.NHWC}}, g.image(), w),
				w,
			}
		}, "Mul; TFDequantize"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newQDQGraph(t)
			require.Equal(t, c.want, g.run(c.build(g)...))
		})
	}
}

// TestQDQRequantizedPool: a pool between two quantizations of one range is one of integers,
// bit for bit.
func TestQDQRequantizedPool(t *testing.T) {
	g := newQDQGraph(t)
	x := dequantize(t, g.u8(g.relu(g.biased())), tensorflow.Scaled, 0, 40)
	pool := apply(t, &pooling.MaxPool{Spatial: geometry.Spatial{Layout: geometry.NHWC}, Window: []int{2, 2}}, x)
	q := g.u8(pool)
	require.Equal(t, "Mul+Add+Relu+Mul+RoundSaturate(u8, 0, 255); MaxPool TFDequantize TFQuantizeV2", g.run(q))
	r, err := core.NewNamedNode("y", &core.Result{}, q)
	require.NoError(t, err)
	f, err := Run(&core.Function{Parameters: g.params, Results: []*core.Node{r}}, Options{})
	require.NoError(t, err)
	require.Equal(t, "Mul+Add+Relu+Mul+RoundSaturate(u8, 0, 255); MaxPool", summary(f))
}

func TestOptions(t *testing.T) {
	x := parameter(t, core.U8, core.Shape{1})
	r, err := core.NewNamedNode("y", &core.Result{}, x.Out(0))
	require.NoError(t, err)
	f := &core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{r}}
	ran := func(o Options) (names []string) {
		o.Dump = func(pass string, _ *core.Function) { names = append(names, pass) }
		_, err := Run(f, o)
		require.NoError(t, err)
		return names
	}
	names := Names()
	at := slices.Index(names, QDQ)
	require.Equal(t, names, ran(Options{}))
	require.Equal(t, names[:at+1], ran(Options{StopAfter: QDQ}))
	require.Equal(t, names[:at], ran(Options{StopAfter: QDQ, Without: []string{QDQ, "refold"}}))
	require.Equal(t, slices.Delete(Names(), at, at+1), ran(Options{Without: []string{QDQ}}))
	all := fmt.Sprintf("%q", names)
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{StopAfter: "qdp"}, `no pass "qdp": want one of ` + all},
		{Options{Without: []string{QDQ, "qdp"}}, `no pass "qdp": want one of ` + all},
		{Options{Without: []string{""}}, `no pass "": want one of ` + all},
	} {
		_, err := Run(f, c.options)
		require.EqualError(t, err, c.want)
	}
}

// exactValue is a real value of multiples of grid, at most bound.
type exactValue struct {
	core.Value
	grid, bound float64
}

// exactGraph builds random graphs whose scales are powers of two and whose numbers have few
// bits: float32 computes them without rounding, so that no order of sums matters.
type exactGraph struct {
	*qdqGraph
	values []exactValue
}

// pick returns one of the last values.
func (g *exactGraph) pick() exactValue {
	n := min(len(g.values), 5)
	return g.values[len(g.values)-1-g.random.IntN(n)]
}

// push keeps a value if float32 holds all that it may be.
func (g *exactGraph) push(v core.Value, grid, bound float64) {
	if bound/grid < 1<<24 && v.Shape()[1] > 0 && v.Shape()[3] <= 16 {
		g.values = append(g.values, exactValue{v, grid, bound})
	}
}

// constant returns multiples of 1/16 below 32: one, or one for each of n channels.
func (g *exactGraph) constant(n int) core.Value {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(g.random.IntN(1024)-512) / 16
	}
	if n == 1 {
		return scalar(v[0])
	}
	return list(g.t, v, n)
}

// quantizeExact quantizes a value in one of the ways with a step of scale, and dequantizes.
func (g *exactGraph) quantizeExact(x core.Value, scale float32) core.Value {
	op := &tensorflow.QuantizeV2{
		Type: core.U8, Axis: -1, Mode: tensorflow.Scaled,
		RoundMode: numeric.RoundNearestTowardEven,
	}
	lo, hi, step := float32(0), 255*scale, dequantize(g.t, g.zero(), tensorflow.Scaled, 0, 255*scale).Node
	switch g.random.IntN(5) {
	case 0:
		op.RoundMode = numeric.RoundNearestTowardInfinity
	case 1:
		op.Mode, op.RoundMode, lo, hi = tensorflow.MinFirst, numeric.RoundNearestTowardInfinity, -128*scale, 127*scale
		step = dequantize(g.t, g.zero(), tensorflow.MinFirst, lo, hi).Node
	case 2, 3:
		op.Type, lo, hi = core.I8, -127.5*scale, 127.5*scale
		step = dequantize(g.t, g.zero(), tensorflow.Scaled, -128*scale, 127*scale).Node
	}
	q := apply(g.t, op, x, scalar(lo), scalar(hi))
	return apply(g.t, step.Op(), append([]core.Value{q}, step.Inputs()[1:]...)...)
}

func (g *exactGraph) zero() core.Value { return scalar(uint8(0)) }

// product multiplies a dequantized value by constants.
func (g *exactGraph) product(x exactValue) {
	channels := x.Shape()[3]
	s := geometry.Spatial{
		Layout:  geometry.NHWC,
		PadType: []geometry.PadType{geometry.PadSameUpper, geometry.PadValid}[g.random.IntN(2)],
		Strides: []int{1, 1 + g.random.IntN(2)},
	}
	size := 1 + g.random.IntN(3)
	if x.Shape()[1] < size || x.Shape()[2] < size {
		size = 1
	}
	out, groups, terms := 4*(1+g.random.IntN(2)), 1, size*size*channels
	shape := []int{size, size, channels, out}
	if g.random.IntN(3) == 0 {
		out, groups, terms, shape = channels, channels, size*size, []int{size, size, 1, channels}
	}
	lo, hi := make([]float32, out), make([]float32, out)
	for i := range hi {
		hi[i] = 127 * []float32{1. / 8, 1. / 16}[g.random.IntN(2)]
		lo[i] = -hi[i]
	}
	w := apply(g.t, &tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: 3, OutType: core.F32}, g.i8(shape...),
		list(g.t, lo, out),
		list(g.t, hi, out))
	g.push(apply(g.t, &linear.Convolution{Spatial: s, Groups: groups}, x.Value, w), x.grid/16, x.bound*16*float64(terms))
}

// step adds a random value that is made of others.
func (g *exactGraph) step() {
	x := g.pick()
	c := x.Shape()[3]
	switch g.random.IntN(11) {
	case 0, 1:
		g.push(apply(g.t, &pointwise.Add{}, x.Value, g.constant([]int{1, c}[g.random.IntN(2)])), min(x.grid, 1./16),
			x.bound+32)
	case 2:
		g.push(apply(g.t, &pointwise.Multiply{}, g.constant(1), x.Value), x.grid/16, x.bound*32)
	case 3:
		if y := g.pick(); y.Shape().Equal(x.Shape()) {
			g.push(apply(g.t, &pointwise.Add{}, x.Value, y.Value), min(x.grid, y.grid), x.bound+y.bound)
		}
	case 4:
		a := []numeric.Activation{numeric.Relu, numeric.Relu6}[g.random.IntN(2)]
		g.push(apply(g.t, &pointwise.Activate{Activation: a}, x.Value), x.grid, x.bound)
	case 5:
		p := &pooling.MaxPool{
			Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper},
			Window:  []int{2, 3},
		}
		g.push(apply(g.t, p, x.Value), x.grid, x.bound)
	case 6:
		if y := g.pick(); slices.Equal(y.Shape()[:3], x.Shape()[:3]) {
			g.push(apply(g.t, &array.Concat{Axis: 3}, x.Value, y.Value), min(x.grid, y.grid), max(x.bound, y.bound))
		}
	case 7:
		s := x.Shape()
		shape := list(g.t, []int32{int32(s[0]), int32(s[2]), int32(s[1]), int32(s[3])}, 4)
		g.push(apply(g.t, &array.Reshape{}, x.Value, shape), x.grid, x.bound)
	case 8:
		if x.Shape()[1] < 8 {
			p := &array.Pad{Below: []int{0, 1, 0, 0}, Above: []int{0, 0, 1, 0}}
			g.push(apply(g.t, p, x.Value, scalar(float32(g.random.IntN(2)))), x.grid, x.bound)
		}
	default:
		scale := math.Exp2(float64(g.random.IntN(8) - 4))
		q := exactValue{g.quantizeExact(x.Value, float32(scale)), scale, 256 * scale}
		g.push(q.Value, q.grid, q.bound)
		g.product(q)
	}
}

// TestQDQExact: where float32 rounds nothing, the pass changes no bit.
func TestQDQExact(t *testing.T) {
	products := 0
	for seed := range uint64(400) {
		g := &exactGraph{qdqGraph: newQDQGraph(t)}
		g.random = rand.New(rand.NewPCG(seed, 9))
		a := dequantize(t, g.input("a", core.U8, 2, 4, 5, 4), tensorflow.Scaled, 0, 255./4)
		b := dequantize(t, g.input("b", core.I8, 2, 4, 5, 8), tensorflow.Scaled, -128./8, 127./8)
		g.push(a, 1./4, 256./4)
		g.push(b, 1./8, 128./8)
		g.product(g.values[0])
		g.product(g.values[1])
		for range 20 {
			g.step()
		}
		f := &core.Function{Parameters: g.params}
		for i := range 3 {
			v := g.values[len(g.values)-1]
			if i > 0 {
				v = g.values[g.random.IntN(len(g.values))]
			}
			r, err := core.NewNamedNode(fmt.Sprint("y", i), &core.Result{}, v.Value)
			require.NoError(t, err)
			f.Results = append(f.Results, r)
		}
		fused, err := qdq(f, Options{Eval: core.EvalOp})
		require.NoError(t, err)
		want, err := f.Eval(g.inputs)
		require.NoError(t, err)
		got, err := fused.Eval(g.inputs)
		require.NoError(t, err)
		for name, w := range want {
			require.Equal(t, w.Fact(), got[name].Fact(), "seed %d", seed)
			require.Equal(t, w.Float64s(), got[name].Float64s(), "seed %d: %s", seed, summary(fused))
		}
		if fused != f {
			products++
		}
	}
	t.Logf("%d of 400 graphs changed", products)
	require.Greater(t, products, 300)
}
