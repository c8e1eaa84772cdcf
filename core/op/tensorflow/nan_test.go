package tensorflow_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// TestNaN pins down what TensorFlow leaves to its vectors: NaN quantizes to the lowest value,
// wherever it stands in a tensor.
func TestNaN(t *testing.T) {
	nan := float32(math.NaN())
	x := make([]float32, 19)
	for i := range x {
		x[i] = nan
	}
	input, err := core.TensorOf(core.Shape{len(x)}, x)
	require.NoError(t, err)
	in := []*core.Tensor{input, core.Scalar[float32](-0.7), core.Scalar[float32](1.9)}
	for _, typ := range []core.Type{core.I8, core.U8, core.I16, core.U16, core.I32} {
		lo, _ := typ.Bounds()
		for mode := tensorflow.MinCombined; mode <= tensorflow.Scaled; mode++ {
			for _, plain := range []bool{false, true} {
				t.Run(fmt.Sprint(typ, mode, plain), func(t *testing.T) {
					out, err := core.EvalOp(&tensorflow.QuantizeV2{Type: typ, Mode: mode, Axis: -1, Plain: plain}, in)
					require.NoError(t, err)
					for i, q := range out[0].Int64s() {
						require.Equal(t, lo, q, "element %d", i)
					}
				})
			}
		}
	}
	even := numeric.RoundNearestTowardEven
	given := &tensorflow.QuantizeAndDequantize{SignedInput: true, NumBits: 8, Axis: -1, RangeGiven: true, RoundMode: even}
	out, err := core.EvalOp(given, in)
	require.NoError(t, err)
	least := core.Data[float32](out[0])[0]
	lowest, err := core.EvalOp(given, []*core.Tensor{core.Scalar[float32](-9), in[1], in[2]})
	require.NoError(t, err)
	require.Equal(t, core.Data[float32](lowest[0])[0], least)
	own := &tensorflow.QuantizeAndDequantize{SignedInput: true, NumBits: 8, Axis: -1, RoundMode: even}
	some, err := core.TensorOf(core.Shape{3}, []float32{1, nan, -1})
	require.NoError(t, err)
	out, err = core.EvalOp(own, []*core.Tensor{some, in[1], in[2]})
	require.NoError(t, err)
	for _, y := range out[0].Float64s() {
		require.True(t, math.IsNaN(y), "%v", y)
	}
}
