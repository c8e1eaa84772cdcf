package passes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

func realOf(t *testing.T, x core.Value) core.Value {
	return dequantize(t, x, tensorflow.MinFirst, -3, 5)
}

func number[T core.Element](v T) core.Value { return core.NewConstant(core.Scalar(v)) }

func activate(t *testing.T, a numeric.Activation, x core.Value) core.Value {
	return apply(t, &pointwise.Activate{Activation: a, Alpha: 0.25}, x)
}

// TestTabulate counts what is left of functions of a byte, after a comparison of the
// results with those of the graph as it was.
func TestTabulate(t *testing.T) {
	shape := core.Shape{3, 50, 7}
	quantize := &tensorflow.QuantizeV2{
		Type: core.U8, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
		Axis: -1,
	}
	for _, c := range []struct {
		name  string
		typ   core.Type
		build func(x core.Value) core.Value
		want  map[string]int
	}{
		{"sigmoid", core.U8, func(x core.Value) core.Value {
			return activate(t, numeric.Sigmoid, realOf(t, x))
		}, map[string]int{"Lookup": 1}},
		{"swish of i8, quantized", core.I8, func(x core.Value) core.Value {
			r := realOf(t, x)
			y := apply(t, &pointwise.Multiply{}, r,
				activate(t, numeric.Sigmoid, apply(t, &pointwise.Multiply{}, number(float32(1)), r)))
			return apply(t, quantize, y, number(float32(-1)), number(float32(2)))
		}, map[string]int{"Lookup": 1}},
		{"hard swish", core.U8, func(x core.Value) core.Value {
			r := realOf(t, x)
			y := activate(t, numeric.Relu6, apply(t, &pointwise.Add{}, r, number(float32(3))))
			return apply(t, &pointwise.Power{}, apply(t, &pointwise.Multiply{}, r, y), number(float32(1.5)))
		}, map[string]int{"Lookup": 1}},
		{"a function that is read inside and outside", core.U8, func(x core.Value) core.Value {
			s := activate(t, numeric.Tanh, realOf(t, x))
			sum := apply(t, &reduce.Sum{Reduction: reduce.Reduction{Axes: []int{2}, KeepDims: true}}, s)
			return apply(t, &pointwise.Divide{}, apply(t, &pointwise.Unary{Function: pointwise.Exp}, s), sum)
		}, map[string]int{"Lookup": 2, "Sum": 1, "Divide": 1}},
		{"booleans", core.U8, func(x core.Value) core.Value {
			return apply(t, &pointwise.Compare{Relation: pointwise.Less}, realOf(t, x), number(float32(0.5)))
		}, map[string]int{"Lookup": 1}},
		{"what chains of kernels compute as fast", core.U8, func(x core.Value) core.Value {
			return activate(t, numeric.Relu6, apply(t, &pointwise.Add{}, realOf(t, x), number(float32(1))))
		}, map[string]int{"TFDequantize": 1, "Add": 1, "Activate": 1}},
		{"requantization", core.U8, func(x core.Value) core.Value {
			return apply(t, quantize, realOf(t, x), number(float32(-1)), number(float32(2)))
		}, map[string]int{"Lookup": 1}},
		{"a short chain from bytes to bytes", core.U8, func(x core.Value) core.Value {
			return apply(t, quantize, activate(t, numeric.Relu, realOf(t, x)), number(float32(-1)), number(float32(2)))
		}, map[string]int{"Lookup": 1}},
		{"bytes that are dequantized again", core.U8, func(x core.Value) core.Value {
			return realOf(t,
				apply(t, quantize, activate(t, numeric.Relu, realOf(t, x)), number(float32(-1)), number(float32(2))))
		}, map[string]int{"Lookup": 1, "TFDequantize": 1}},
		{"integers", core.U8, func(x core.Value) core.Value {
			return apply(t, &pointwise.Multiply{}, x, number(uint8(3)))
		}, map[string]int{"Lookup": 1}},
		{"a constant of each channel", core.U8, func(x core.Value) core.Value {
			return activate(t, numeric.Sigmoid,
				apply(t, &pointwise.Add{}, realOf(t, x), list(t, []float32{1, 2, 3, 4, 5, 6, 7}, 7)))
		}, map[string]int{"TFDequantize": 1, "Add": 1, "Activate": 1}},
		{"a single number that adds a dimension", core.U8, func(x core.Value) core.Value {
			return activate(t, numeric.Sigmoid, apply(t, &pointwise.Add{}, realOf(t, x), list(t, []float32{1}, 1, 1, 1, 1)))
		}, map[string]int{"TFDequantize": 1, "Add": 1, "Activate": 1}},
		{"a single number of rank 3", core.U8, func(x core.Value) core.Value {
			return activate(t, numeric.Sigmoid, apply(t, &pointwise.Subtract{}, list(t, []float32{1}, 1, 1, 1), realOf(t, x)))
		}, map[string]int{"Lookup": 1}},
		{"two tensors", core.U8, func(x core.Value) core.Value {
			other := apply(t, &array.Reverse{Axes: []int{1}}, x)
			return activate(t, numeric.Sigmoid, apply(t, &pointwise.Add{}, realOf(t, x), realOf(t, other)))
		}, map[string]int{"Reverse": 1, "TFDequantize": 2, "Add": 1, "Activate": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := parameter(t, c.typ, shape)
			ops := rewritten(t, x, c.build(x.Out(0)))
			for _, other := range []string{"Parameter", "Constant", "Result"} {
				delete(ops, other)
			}
			require.Equal(t, c.want, ops)
		})
	}
}

// TestTabulateErrors: what fails for some byte is left, for the data may not have it.
func TestTabulateErrors(t *testing.T) {
	x := parameter(t, core.U8, core.Shape{3})
	r, err := core.NewNamedNode("y", &core.Result{}, apply(t, &pointwise.FloorMod{}, number(uint8(200)), x.Out(0)))
	require.NoError(t, err)
	f, err := Run(&core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{r}}, Options{})
	require.NoError(t, err)
	in, err := core.TensorOf(core.Shape{3}, []uint8{3, 7, 255})
	require.NoError(t, err)
	got, err := f.Eval(map[string]*core.Tensor{"x": in})
	require.NoError(t, err)
	require.Equal(t, []byte{200 % 3, 200 % 7, 200}, got["y"].Bytes())
}
