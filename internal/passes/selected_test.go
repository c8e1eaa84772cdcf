package passes

import (
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
)

// pool is a maximum pool of 2x2.
func pool(s geometry.Spatial) core.Op {
	s.Layout, s.Strides = geometry.NHWC, []int{2, 2}
	return &pooling.MaxPool{Spatial: s, Window: []int{2, 2}}
}

// TestMaximaOfBytes looks for the type of what maximum pools take.
func TestMaximaOfBytes(t *testing.T) {
	quantize := &tensorflow.QuantizeV2{
		Type: core.I8, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
	}
	valid := geometry.Spatial{PadType: geometry.PadValid}
	wide := geometry.Spatial{PadBelow: []int{1, 1}, PadAbove: []int{2, 1}}
	leaky := func(t *testing.T, x core.Value, alpha float32) core.Value {
		return apply(t, &pointwise.Activate{Activation: numeric.LeakyRelu, Alpha: alpha}, realOf(t, x))
	}
	for _, c := range []struct {
		name  string
		typ   core.Type
		build func(t *testing.T, x core.Value) core.Value
		want  core.Type
	}{
		{"a rising function", core.I8, func(t *testing.T, x core.Value) core.Value {
			y := apply(t, pool(valid), leaky(t, x, 0.1))
			return apply(t, quantize, y, scalar(float32(-3)), scalar(float32(3)))
		}, core.I8},
		{"of bytes from 0", core.U8, func(t *testing.T, x core.Value) core.Value {
			return apply(t, pool(valid), leaky(t, x, 0.1))
		}, core.U8},
		{"a falling function", core.I8, func(t *testing.T, x core.Value) core.Value {
			return apply(t, pool(valid), leaky(t, x, -0.1))
		}, core.F32},
		{"two zeros", core.I8, func(t *testing.T, x core.Value) core.Value {
			return apply(t, pool(valid), apply(t, &pointwise.Multiply{}, realOf(t, x), scalar(float32(0))))
		}, core.F32},
		{"another reader", core.I8, func(t *testing.T, x core.Value) core.Value {
			y := leaky(t, x, 0.1)
			other := apply(t, pool(valid), apply(t, &array.Reverse{Axes: []int{1}}, y))
			return apply(t, &array.Concat{Axis: 1}, apply(t, pool(valid), y), other)
		}, core.F32},
		{"integers again", core.U8, func(t *testing.T, x core.Value) core.Value {
			q := apply(t, quantize, realOf(t, x), scalar(float32(-1)), scalar(float32(1)))
			return apply(t, pool(geometry.Spatial{PadBelow: []int{1, 1}, PadAbove: []int{0, 1}}), q)
		}, core.U8},
		{"windows without elements", core.U8, func(t *testing.T, x core.Value) core.Value {
			q := apply(t, quantize, realOf(t, x), scalar(float32(-1)), scalar(float32(1)))
			return apply(t, pool(wide), q)
		}, core.I8},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := parameter(t, c.typ, core.Shape{1, 4, 4, 3})
			y := c.build(t, x.Out(0))
			rewritten(t, x, y)
			r, err := core.NewNamedNode("y", &core.Result{}, y)
			require.NoError(t, err)
			f, err := Run(&core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{r}}, Options{})
			require.NoError(t, err)
			for _, n := range f.Nodes() {
				if _, ok := n.Op().(*pooling.MaxPool); ok {
					require.Equal(t, c.want, n.Inputs()[0].Type())
				}
			}
		})
	}
}

// TestConcatenationsOfIntegers joins what was dequantized and what was not, and quantizes it.
func TestConcatenationsOfIntegers(t *testing.T) {
	quantized := func(t *testing.T, x core.Value) core.Value {
		quantize := &tensorflow.QuantizeV2{
			Type: core.I8, Axis: -1, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven,
		}
		return apply(t, quantize, x, scalar(float32(-3)), scalar(float32(3)))
	}
	joined := func(t *testing.T, x core.Value) core.Value {
		sum := apply(t, &pointwise.Add{}, realOf(t, x), apply(t, &array.Reverse{Axes: []int{1}}, realOf(t, x)))
		return apply(t, &array.Concat{Axis: 3}, realOf(t, x), sum)
	}
	product := func(t *testing.T, x core.Value) core.Value {
		w, err := core.TensorOf(core.Shape{1, 1, 4, 1}, []int8{1, -2, 3, -4})
		require.NoError(t, err)
		op := &linear.IntegerConvolution{Spatial: geometry.Spatial{Layout: geometry.NHWC}}
		return apply(t, op, x, core.NewConstant(w), scalar(int8(0)), scalar(int8(0)))
	}
	for _, c := range []struct {
		name  string
		build func(t *testing.T, x core.Value) core.Value
		want  core.Type
	}{
		{"quantized", func(t *testing.T, x core.Value) core.Value { return quantized(t, joined(t, x)) }, core.I8},
		{"multiplied", func(t *testing.T, x core.Value) core.Value {
			return product(t, quantized(t, joined(t, x)))
		}, core.U8},
		{"read as reals, too", func(t *testing.T, x core.Value) core.Value {
			y := joined(t, x)
			return apply(t, &pointwise.Add{}, y, apply(t, &pointwise.Convert{Type: core.F32}, quantized(t, y)))
		}, core.F32},
		{"of computed reals", func(t *testing.T, x core.Value) core.Value {
			y := apply(t, &array.Reverse{Axes: []int{1}}, realOf(t, x))
			return quantized(t, apply(t, &array.Concat{Axis: 3}, y, y))
		}, core.I8},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := parameter(t, core.U8, core.Shape{1, 4, 4, 2})
			y := c.build(t, x.Out(0))
			rewritten(t, x, y)
			r, err := core.NewNamedNode("y", &core.Result{}, y)
			require.NoError(t, err)
			f, err := Run(&core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{r}}, Options{})
			require.NoError(t, err)
			joins := 0
			for _, n := range f.Nodes() {
				if _, ok := n.Op().(*array.Concat); ok {
					require.Equal(t, c.want, n.Outputs()[0].Type)
					joins++
				}
			}
			require.Equal(t, 1, joins)
		})
	}
}

// TestEqualOpsAreComputedOnce counts the ops that are left.
func TestEqualOpsAreComputedOnce(t *testing.T) {
	x := parameter(t, core.F32, core.Shape{3, 5})
	add := func(v core.Value, n float32) core.Value { return apply(t, &pointwise.Add{}, v, scalar(n)) }
	leaky := func(v core.Value, alpha float32) core.Value {
		return apply(t, &pointwise.Activate{Activation: numeric.LeakyRelu, Alpha: alpha}, v)
	}
	of := x.Out(0)
	ops := rewritten(t, x, apply(t, &array.Concat{Axis: 0},
		leaky(add(of, 1), 0.5), leaky(add(of, 1), 0.5), leaky(add(of, 1), 0.25), leaky(add(of, 2), 0.5)))
	require.Equal(t, 2, ops["Add"])
	require.Equal(t, 3, ops["Activate"])
}
