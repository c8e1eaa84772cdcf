package builders_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
)

// TestProductsFlushSubnormals holds real products beside the bits that TensorFlow 2.21 gave.
func TestProductsFlushSubnormals(t *testing.T) {
	const least = 0x1p-126
	usual, tiny := [2]builders.Range{between(0, 255), between(-127, 127)},
		[2]builders.Range{between(0, 255*0x1p-63), between(-127*0x1p-63, 127*0x1p-63)}
	for name, c := range map[string]struct {
		first      uint8 // of the data; the others are 0, the weights are 1
		ranges     [2]builders.Range
		bias, sum  []float32
		activation numeric.Activation
		want       []uint32
	}{
		"bias": {
			0, usual, []float32{1e-40, -1e-40, 1.2e-38, 0}, nil, numeric.Identity, []uint32{0, 0, 0x0082ab1e, 0},
		},
		"result": {
			1, tiny,
			[]float32{-1.5 * least, 0.5 * least, -0.5 * least, 0},
			nil, numeric.Identity,
			[]uint32{0x80000000, 0x00800000, 0x00800000, 0x00800000},
		},
		"relu": {
			0, usual, []float32{1e-40, -1e-40, 1e-37, 0}, nil, numeric.Relu, []uint32{0, 0, 0x02081cea, 0},
		},
		"leaky relu": {
			0, usual,
			[]float32{1e-40, -1e-40, 2e-38, -2e-38},
			nil, numeric.LeakyRelu,
			[]uint32{0, 0, 0x00d9c7dd, 0x80000000},
		},
		"gelu": {
			0, usual, []float32{1e-40, -1e-40, 2e-38, -2e-38}, nil, numeric.GeluExact, []uint32{0, 0, 0, 0x80000000},
		},
		"summand": {
			0, usual,
			[]float32{1e-40, -1e-40, 2e-38, 0},
			[]float32{1e-40, 2e-38, -1.5e-38, 1e-40},
			numeric.Identity,
			[]uint32{0, 0x00d9c7dd, 0, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := core.TensorOf(core.Shape{1, 3}, []uint8{c.first, 0, 0})
			require.NoError(t, err)
			b, err := core.TensorOf(core.Shape{3, 4}, []int8{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
			require.NoError(t, err)
			d := builders.Dot{
				Fused: true, OutputType: core.F32, InputMode: builders.Scaled, Input0: core.NewConstant(a),
				Input1: core.NewConstant(b), Input0Range: c.ranges[0], Input1Range: c.ranges[1], Bias: real32(t, c.bias...),
				Activation: c.activation, WithRelu: c.activation == numeric.Relu, Alpha: 0.2,
			}
			if c.sum != nil {
				sum, err := core.TensorOf(core.Shape{1, 4}, c.sum)
				require.NoError(t, err)
				d.Sum = core.NewConstant(sum)
			}
			out, err := builders.ScaledQuantizedDotBias(builders.Scope{Arithmetic: builders.TensorFlow2_21}, d)
			require.NoError(t, err)
			got, _ := run(t, 0, out)
			bits := []uint32{}
			for _, v := range core.Data[float32](got) {
				bits = append(bits, math.Float32bits(v))
			}
			require.Equal(t, c.want, bits)
		})
	}
}
