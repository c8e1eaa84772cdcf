package tensorflow_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

func uniformVector[T core.Element](t testing.TB, v ...T) *core.Tensor {
	t.Helper()
	x, err := core.TensorOf(core.Shape{len(v)}, v)
	require.NoError(t, err)
	return x
}

// Halves round upwards, before the zero point is added, and limits hold afterwards.
func TestUniformOpsByHand(t *testing.T) {
	nan := float32(math.NaN())
	one, zero := core.Scalar[float32](1), core.Scalar[int32](0)
	for name, tt := range map[string]struct {
		op   core.Op
		in   []*core.Tensor
		want []int64
	}{
		"quantize": {
			&tensorflow.UniformQuantize{Type: core.I8, Axis: -1, Lo: -128, Hi: 100},
			[]*core.Tensor{
				uniformVector(t, float32(0), 0.25, -0.25, 0.75, 1, 100, -100), core.Scalar[float32](0.5), core.Scalar[int32](3),
			},
			[]int64{3, 4, 3, 5, 5, 100, -128},
		},
		"quantize beyond int32": {
			&tensorflow.UniformQuantize{Type: core.I8, Axis: -1, Lo: -128, Hi: 127},
			[]*core.Tensor{uniformVector(t, 1e20, -1e20, nan), one, zero},
			[]int64{-128, -128, -128},
		},
		"quantize by slices": {
			&tensorflow.UniformQuantize{Type: core.U8, Axis: 0, Lo: 0, Hi: 255},
			[]*core.Tensor{uniformVector(t, float32(4), 4), uniformVector(t, float32(1), 2), uniformVector(t, int32(0), 10)},
			[]int64{4, 12},
		},
		"requantize": {
			&tensorflow.UniformRequantize{Type: core.I8, Axis: -1, Lo: -128, Hi: 60},
			[]*core.Tensor{uniformVector(t, int8(3), -3, 4, 127), core.Scalar[float32](0.5), zero, one, zero},
			[]int64{2, -1, 2, 60},
		},
		"requantize zero points": {
			&tensorflow.UniformRequantize{Type: core.I8, Axis: -1, Lo: -128, Hi: 127},
			[]*core.Tensor{
				uniformVector(t, int8(13)), core.Scalar[float32](2), core.Scalar[int32](10), one, core.Scalar[int32](-1),
			},
			[]int64{5},
		},
		"requantize with a factor": {
			&tensorflow.UniformRequantize{Type: core.I32, Axis: 0, Lo: math.MinInt32, Hi: math.MaxInt32},
			[]*core.Tensor{
				uniformVector(t, int32(1<<24+1), 5), uniformVector(t, float32(1), 2), uniformVector(t, int32(0), 0), one, zero,
				core.Scalar[float32](3),
			},
			[]int64{3 * (1<<24 + 1), 30},
		},
		"requantize i32 through float32": {
			&tensorflow.UniformRequantize{Type: core.I32, Axis: -1, Lo: math.MinInt32, Hi: math.MaxInt32},
			[]*core.Tensor{uniformVector(t, int32(1<<24+1)), one, zero, one, zero},
			[]int64{1 << 24},
		},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := core.EvalOp(tt.op, tt.in)
			require.NoError(t, err)
			assert.Equal(t, tt.want, out[0].Int64s())
		})
	}
}

// A row from -1 to 1.55 has the scale 0.01 and the zero point -28; one of zeros has scale 1.
func TestUniformQuantizeRowsByHand(t *testing.T) {
	x, err := core.TensorOf(core.Shape{2, 3}, []float32{-1, 0, 1.55, 0, 0, 0})
	require.NoError(t, err)
	out, err := core.EvalOp(&tensorflow.UniformQuantizeRows{}, []*core.Tensor{x})
	require.NoError(t, err)
	assert.Equal(t, []int64{-128, -28, 127, 0, 0, 0}, out[0].Int64s())
	assert.InDeltaSlice(t, []float32{0.01, 1}, out[1].Float32s(), 1e-9)
	assert.Equal(t, []int64{-28, 0}, out[2].Int64s())
}

func TestUniformConstraints(t *testing.T) {
	fact := func(typ core.Type, dims ...int) core.Operand {
		return core.Operand{Fact: core.Fact{Type: typ, Shape: append(core.Shape{}, dims...)}}
	}
	scale := func(v float32) core.Operand {
		s := core.Scalar(v)
		return core.Operand{Fact: s.Fact(), Const: s}
	}
	quantize := &tensorflow.UniformQuantize{Type: core.I8, Axis: -1, Lo: -128, Hi: 127}
	requantize := &tensorflow.UniformRequantize{Type: core.I8, Axis: -1, Lo: -128, Hi: 127}
	for _, tt := range []struct {
		want string
		op   core.Op
		in   []core.Operand
	}{
		{
			"TFUniformQuantize: type: got f32, want i8, u8 or i32 (TFUniformQuantize-C1)",
			&tensorflow.UniformQuantize{Type: core.F32},
			[]core.Operand{fact(core.F32), fact(core.F32), fact(core.I32)},
		},
		{
			"TFUniformQuantize: limits: got [0, 256], want within those of u8 (TFUniformQuantize-C1)",
			&tensorflow.UniformQuantize{Type: core.U8, Hi: 256},
			[]core.Operand{fact(core.F32), fact(core.F32), fact(core.I32)},
		},
		{
			"TFUniformQuantize: limits: got [5, 4], want within those of u8 (TFUniformQuantize-C1)",
			&tensorflow.UniformQuantize{Type: core.U8, Lo: 5, Hi: 4},
			[]core.Operand{fact(core.F32), fact(core.F32), fact(core.I32)},
		},
		{
			"TFUniformQuantize: input 0 (x): got type i8, want one of [f32] (TFUniformQuantize-C2)",
			quantize,
			[]core.Operand{fact(core.I8, 2), fact(core.F32), fact(core.I32)},
		},
		{
			"TFUniformQuantize: axis: got 1 for shape [2], want -1 (none) or an axis (TFUniformQuantize-C3)",
			&tensorflow.UniformQuantize{Type: core.I8, Axis: 1},
			[]core.Operand{fact(core.F32, 2), fact(core.F32), fact(core.I32)},
		},
		{
			"TFUniformQuantize: input 1 (scales): got shape [2], want [] (TFUniformQuantize-U1)",
			quantize,
			[]core.Operand{fact(core.F32, 2), fact(core.F32, 2), fact(core.I32)},
		},
		{
			"TFUniformQuantize: input 2 (zero_points): got type f32, want i32 (TFUniformQuantize-U1)",
			quantize,
			[]core.Operand{fact(core.F32, 2), fact(core.F32), fact(core.F32)},
		},
		{
			"TFUniformQuantize: input 1 (scales): got scale 0, want one above 0 (TFUniformQuantize-U2)",
			quantize,
			[]core.Operand{fact(core.F32, 2), scale(0), fact(core.I32)},
		},
		{
			"TFUniformQuantize: input 1 (scales): got scale NaN, want one above 0 (TFUniformQuantize-U2)",
			quantize,
			[]core.Operand{fact(core.F32, 2), scale(float32(math.NaN())), fact(core.I32)},
		},
		{
			"TFUniformRequantize: input 0 (x): got type u8, want one of [i8 i32] (TFUniformRequantize-C2)",
			requantize,
			[]core.Operand{fact(core.U8, 2), fact(core.F32), fact(core.I32), fact(core.F32), fact(core.I32)},
		},
		{
			"TFUniformRequantize: input 3 (output_scales): got scale -1, want one above 0 (TFUniformRequantize-U2)",
			requantize,
			[]core.Operand{fact(core.I8, 2), fact(core.F32), fact(core.I32), scale(-1), fact(core.I32)},
		},
		{
			"TFUniformRequantize: input 5 (factor): got f32[2], want f32[] (TFUniformRequantize-U1)",
			requantize,
			[]core.Operand{fact(core.I8, 2), fact(core.F32), fact(core.I32), fact(core.F32), fact(core.I32), fact(core.F32, 2)},
		},
		{
			"TFUniformQuantizeRows: input 0 (x): got shape [], want rank 1 or more (TFUniformQuantizeRows-C1)",
			&tensorflow.UniformQuantizeRows{},
			[]core.Operand{fact(core.F32)},
		},
	} {
		t.Run(tt.want, func(t *testing.T) {
			_, err := core.NewNode(tt.op, testgraph.Values(t, tt.in)...)
			assert.EqualError(t, err, tt.want)
		})
	}
}
