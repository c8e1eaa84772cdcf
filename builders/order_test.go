package builders_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// TestRangesInEitherOrder: nGraph's scales follow from the larger magnitude, so that its
// own tests give ranges like (20, -24). TensorFlow's arithmetic refuses them.
func TestRangesInEitherOrder(t *testing.T) {
	swapped := between(20, -24)
	for name, build := range convolutionBuilders {
		c := conv(t)
		c.DataRange, c.FilterRange, c.SumRange, c.OutputRange = swapped, swapped, swapped, swapped
		_, err := build(builders.Scope{}, c)
		require.NoError(t, err, name)
		_, err = build(builders.Scope{Arithmetic: builders.TensorFlow2_21}, c)
		require.ErrorContains(t, err, "got min 20 > max -24, want min <= max (RangeToScale-C4)", name)
	}
	d := matmul(t)
	d.Input1 = parameter(t, "b", core.I8, 3, 5) // [N, K]
	d.Input0Range, d.Input1Range, d.OutputRange, d.Requantize = swapped, swapped, swapped, true
	_, err := builders.ScaledQuantizedDotBias(builders.Scope{}, d)
	require.NoError(t, err)

	q, err := core.TensorOf(core.Shape{3}, []int8{127, 0, -127})
	require.NoError(t, err)
	for _, r := range []builders.Range{swapped, between(-24, 20)} {
		out, err := builders.ScaledDequantize(builders.Scope{}, builders.Dequantization{
			Data:  core.NewConstant(q),
			Range: r,
			Type:  core.F32,
		})
		require.NoError(t, err)
		require.Equal(t, []float32{24, 0, -24}, core.Data[float32](out.Folded()))
	}
}

// TestComputedRangesInEitherOrder: TensorFlow takes a range that a graph computes as it is. Its symmetric scales follow
// from the larger magnitude.
func TestComputedRangesInEitherOrder(t *testing.T) {
	zero := core.NewConstant(core.Scalar(float32(0)))
	computed := func(v float32) core.Value {
		n, err := core.NewNode(&pointwise.Add{}, core.NewConstant(core.Scalar(v)), zero)
		require.NoError(t, err)
		return n.Out(0)
	}
	scope := builders.Scope{Arithmetic: builders.TensorFlow2_21}
	for name, build := range convolutionBuilders {
		c := conv(t)
		c.DataRange, c.OutputRange = between(-24, 20), between(-24, 20)
		want, err := build(scope, c)
		require.NoError(t, err, name)
		c.DataRange = builders.Range{Min: computed(20), Max: computed(-24)}
		c.OutputRange = c.DataRange
		got, err := build(scope, c)
		require.NoError(t, err, name)
		w, _ := run(t, 3, want, c.Data, c.Filters, c.Bias, c.Sum)
		g, _ := run(t, 3, got, c.Data, c.Filters, c.Bias, c.Sum)
		require.Equal(t, w.Bytes(), g.Bytes(), name)
	}
}
