package op_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/ngraphtest"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// fact writes an operand that is not constant.
func fact(t core.Type, dims ...int) core.Operand {
	return core.Operand{Fact: core.Fact{Type: t, Shape: append(core.Shape{}, dims...)}}
}

// known writes a constant operand of f32.
func known(v ...float32) core.Operand {
	t, err := core.TensorOf(core.Shape{len(v)}, v)
	if err != nil {
		panic(err)
	}
	return core.Operand{Fact: t.Fact(), Const: t}
}

func scalar(v float32) core.Operand {
	t := core.Scalar(v)
	return core.Operand{Fact: t.Fact(), Const: t}
}

// with returns a copy of operands with one replaced.
func with(in []core.Operand, i int, o core.Operand) []core.Operand {
	out := append([]core.Operand{}, in...)
	out[i] = o
	return out
}

var (
	quantizeIn   = []core.Operand{fact(core.F32, 2, 3), fact(core.F32, 3), fact(core.I8, 3)}
	dequantizeIn = []core.Operand{fact(core.I8, 2, 3), fact(core.F32, 3), fact(core.I8, 3)}
	fakeIn       = []core.Operand{fact(core.F32, 2, 3), scalar(-1), scalar(1), scalar(-2), scalar(2)}
	convIn       = []core.Operand{
		fact(core.U8, 1, 2, 5, 5), fact(core.I8, 4, 2, 3, 3),
		fact(core.F32), fact(core.U8), fact(core.F32), fact(core.I8), fact(core.F32), fact(core.I8),
	}
	dotIn = []core.Operand{
		fact(core.U8, 3, 4), fact(core.I8, 4, 5),
		fact(core.F32), fact(core.U8), fact(core.F32), fact(core.I8), fact(core.F32), fact(core.I8),
	}
	concatIn = []core.Operand{fact(core.U8, 1, 2), fact(core.U8, 1, 2), scalar(0), scalar(0), scalar(1), scalar(2)}
)

func TestQuantizationConstraints(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	quantize := func(t core.Type, m numeric.RoundMode, axes ...int) core.Op {
		return &quantization.Quantize{Type: t, RoundMode: m, Axes: axes}
	}
	dequantize := func(t core.Type, axes ...int) core.Op { return &quantization.Dequantize{Type: t, Axes: axes} }
	conv := &linear.QuantizedConvolution{OutputType: core.I8}
	dot := &linear.QuantizedDot{OutputType: core.I8, ReductionAxes: 1}
	scale := func(r quantization.ScaleRule) core.Op {
		return &quantization.RangeToScale{Type: core.I8, Rule: r, Divides: true}
	}
	pdpd := &quantization.FakeQuantize{Levels: 4, AutoBroadcast: quantization.BroadcastPDPD, Axis: 1}
	tests := []struct {
		want string
		op   core.Op
		in   []core.Operand
	}{
		{"output type: got dynamic, want i8, u8 or i32 (Quantize-C1)", quantize(core.Dynamic, 0, 1), quantizeIn},
		{
			"input 0 (input): got type i8, want f32 or f64 (Quantize-C2)",
			quantize(core.I8, 0, 1), with(quantizeIn, 0, fact(core.I8, 2, 3)),
		},
		{
			"input 1 (scale): got type f64, want the input's f32 (Quantize-C2)",
			quantize(core.I8, 0, 1), with(quantizeIn, 1, fact(core.F64, 3)),
		},
		{"input 2 (zero_point): got type i8, want the output's u8 (Quantize-C3)", quantize(core.U8, 0, 1), quantizeIn},
		{
			"input 1 (scale): got shape [3], want the zero point's [2] (Quantize-C4)",
			quantize(core.I8, 0, 1), with(quantizeIn, 2, fact(core.I8, 2)),
		},
		{
			"input 1 (scale): got shape [3], want rank 2: one dimension for each of the axes [0 1] (Quantize-C5)",
			quantize(core.I8, 0, 0, 1), quantizeIn,
		},
		{
			"axes: got [2], want each less than the rank 2 of the input [2,3] (Quantize-C6)",
			quantize(core.I8, 0, 2), quantizeIn,
		},
		{"axes: got [-1], want ascending numbers >= 0 (Quantize-C6)", quantize(core.I8, 0, -1), quantizeIn},
		{
			"input 1 (scale): got shape [3], want the dimensions of the input [2,3] at the axes [0] (Quantize-C7)",
			quantize(core.I8, 0, 0), quantizeIn,
		},
		{"round mode: got 9, want one of nGraph's nine (Quantize-C8)", quantize(core.I8, 9, 1), quantizeIn},
		{
			"input 1 (scale): got scale 0 at element 1, want finite and not 0 (Quantize-C9)",
			quantize(core.I8, 0, 1), with(quantizeIn, 1, known(1, 0, 1)),
		},

		{"output type: got i8, want f32 or f64 (Dequantize-C1)", dequantize(core.I8, 1), dequantizeIn},
		{
			"input 0 (input): got type f32, want i8, u8 or i32 (Dequantize-C2)",
			dequantize(core.F32, 1), with(dequantizeIn, 0, fact(core.F32, 2, 3)),
		},
		{
			"input 2 (zero_point): got type u8, want the input's i8 (Dequantize-C2)",
			dequantize(core.F32, 1), with(dequantizeIn, 2, fact(core.U8, 3)),
		},
		{"input 1 (scale): got type f32, want the output's f64 (Dequantize-C3)", dequantize(core.F64, 1), dequantizeIn},
		{
			"input 1 (scale): got shape [3], want the zero point's [2] (Dequantize-C4)",
			dequantize(core.F32, 1), with(dequantizeIn, 2, fact(core.I8, 2)),
		},
		{
			"input 1 (scale): got shape [3], want rank 0: one dimension for each of the axes [] (Dequantize-C5)",
			dequantize(core.F32), dequantizeIn,
		},
		{
			"axes: got [5], want each less than the rank 2 of the input [2,3] (Dequantize-C6)",
			dequantize(core.F32, 5), dequantizeIn,
		},
		{
			"input 1 (scale): got shape [3], want the dimensions of the input [2,3] at the axes [0] (Dequantize-C7)",
			dequantize(core.F32, 0), dequantizeIn,
		},

		{"levels: got 1, want in [2, 16777216] (FakeQuantize-C1)", &quantization.FakeQuantize{Levels: 1}, fakeIn},
		{
			"input 3 (output_low): got type f64, want f32 or f64, one type for all inputs: f32 (FakeQuantize-C2)",
			&quantization.FakeQuantize{Levels: 4}, with(fakeIn, 3, fact(core.F64)),
		},
		{
			"input 1 (input_low): got shape [2], want one that broadcasts (NUMPY, axis 0) to the data's [2,3] (FakeQuantize-C3)",
			&quantization.FakeQuantize{Levels: 4}, with(fakeIn, 1, fact(core.F32, 2)),
		},
		{
			"input 1 (input_low): got shape [2], want one that broadcasts (PDPD, axis 1) to the data's [2,3] (FakeQuantize-C3)",
			pdpd, with(fakeIn, 1, fact(core.F32, 2)),
		},
		{
			"input 2 (input_high): got the input range [1, 1] at element 0, want one that 4 levels can divide (FakeQuantize-C4)",
			&quantization.FakeQuantize{Levels: 4}, with(fakeIn, 1, scalar(1)),
		},
		{
			"input 4 (output_high): got NaN, want finite numbers (FakeQuantize-C4)",
			&quantization.FakeQuantize{Levels: 4}, with(fakeIn, 4, scalar(nan)),
		},

		{
			"output type: got f32, want i8, u8 or i32 (QuantizedConvolution-C1)",
			&linear.QuantizedConvolution{OutputType: core.F32}, convIn,
		},
		{
			"input 1 (filters): got type f32, want i8 or u8 (QuantizedConvolution-C2)",
			conv, with(convIn, 1, fact(core.F32, 4, 2, 3, 3)),
		},
		{"input 6 (output_scale): got type i8, want f32 (QuantizedConvolution-C3)", conv, with(convIn, 6, fact(core.I8))},
		{"input 5 (filter_zero_point): got type u8, want i8 (QuantizedConvolution-C4)", conv, with(convIn, 5, fact(core.U8))},
		{
			"input 3 (input_zero_point): got shape [1], want the scale's [] (QuantizedConvolution-C5)",
			conv, with(convIn, 3, fact(core.U8, 1)),
		},
		{
			"got input axes [] and output axes [1], want none (QuantizedConvolution-C6)",
			&linear.QuantizedConvolution{OutputType: core.I8, OutputAxes: []int{1}}, convIn,
		},
		{
			"got axes [1] of input 1, want none or the axis of its output channels, [0] (QuantizedConvolution-C6)",
			&linear.QuantizedConvolution{OutputType: core.I8, FilterAxes: []int{1}}, convIn,
		},
		{
			"input 4 (filter_scale): got shape [], want [4]: one element per output channel (QuantizedConvolution-C6)",
			&linear.QuantizedConvolution{OutputType: core.I8, FilterAxes: []int{0}}, convIn,
		},
		{
			"input 1 (filters): got filters [4,3,3,3] for 2 input channels in 1 group(s), want 2 input channels a group, " +
				"got 3 (QuantizedConvolution-C7)",
			conv, with(convIn, 1, fact(core.I8, 4, 3, 3, 3)),
		},
		{
			"input 6 (output_scale): got scale 0 at element 0, want finite and not 0 (QuantizedConvolution-C8)",
			conv, with(convIn, 6, scalar(0)),
		},
		{
			"input 1 (filters): got 72000 products a sum, want at most 65793: the int32 accumulator could overflow " +
				"(QuantizedConvolution-C9)",
			conv, with(with(convIn, 0, fact(core.U8, 1, 8000, 5, 5)), 1, fact(core.I8, 4, 8000, 3, 3)),
		},

		{"output type: got dynamic, want i8, u8 or i32 (QuantizedDot-C1)", &linear.QuantizedDot{ReductionAxes: 1}, dotIn},
		{"input 0 (input0): got type i32, want i8 or u8 (QuantizedDot-C2)", dot, with(dotIn, 0, fact(core.I32, 3, 4))},
		{"input 2 (input0_scale): got type f64, want f32 (QuantizedDot-C3)", dot, with(dotIn, 2, fact(core.F64))},
		{"input 7 (output_zero_point): got type u8, want i8 (QuantizedDot-C4)", dot, with(dotIn, 7, fact(core.U8))},
		{
			"input 6 (output_scale): got shape [3], want [] or [1] (QuantizedDot-C5)",
			dot, with(with(dotIn, 6, fact(core.F32, 3)), 7, fact(core.I8, 3)),
		},
		{
			"got input0 axes [0] and output axes [], want none (QuantizedDot-C6)",
			&linear.QuantizedDot{OutputType: core.I8, ReductionAxes: 1, Input0Axes: []int{0}}, dotIn,
		},
		{
			"got input1 axes [1], want none: all axes of input1 [4,5] are reduced (QuantizedDot-C6)",
			&linear.QuantizedDot{OutputType: core.I8, ReductionAxes: 2, Input1Axes: []int{1}},
			with(dotIn, 0, fact(core.U8, 4, 5)),
		},
		{
			"cannot reduce axes [4] of [3,4] with axes [6] of [6,5] (QuantizedDot-C7)",
			dot, with(dotIn, 1, fact(core.I8, 6, 5)),
		},
		{
			"input 6 (output_scale): got scale +Inf at element 0, want finite and not 0 (QuantizedDot-C8)",
			dot, with(dotIn, 6, scalar(inf)),
		},
		{
			"input 1 (input1): got 65794 products a sum, want at most 65793: the int32 accumulator could overflow " +
				"(QuantizedDot-C9)",
			dot, with(with(dotIn, 0, fact(core.U8, 3, 65794)), 1, fact(core.I8, 65794, 5)),
		},

		{
			"input 0 (min): got type i32, want f32 or f64 (RangeToScale-C1)",
			scale(0),
			[]core.Operand{fact(core.I32), fact(core.F32)},
		},
		{
			"input 1 (max): got type f64, want min's f32 (RangeToScale-C1)",
			scale(0),
			[]core.Operand{fact(core.F32), fact(core.F64)},
		},
		{
			"input 1 (max): got shape [4], want min's [3] (RangeToScale-C2)",
			scale(0),
			[]core.Operand{fact(core.F32, 3), fact(core.F32, 4)},
		},
		{
			"input 0 (min): got shape [1,3], want [] or [C] (RangeToScale-C2)",
			scale(0),
			[]core.Operand{fact(core.F32, 1, 3), fact(core.F32, 3)},
		},
		{
			"input 1 (max): got shape [0], want at least one element (RangeToScale-C2)",
			scale(0),
			[]core.Operand{fact(core.F32), fact(core.F32, 0)},
		},
		{
			"type: got f32, want i8, u8 or i32 (RangeToScale-C3)",
			&quantization.RangeToScale{Type: core.F32},
			[]core.Operand{scalar(0), scalar(1)},
		},
		{"unknown rule 77 (RangeToScale-C3)", scale(77), []core.Operand{scalar(0), scalar(1)}},
		{
			"input 1 (max): got NaN at element 1, want a finite number (RangeToScale-C4)",
			scale(0),
			[]core.Operand{known(0, 0), known(1, nan)},
		},
		{
			"input 0 (min): got -Inf, want a finite number (RangeToScale-C4)",
			scale(0),
			[]core.Operand{scalar(-inf), scalar(1)},
		},
		{"got min 2 > max 1, want min <= max (RangeToScale-C4)", scale(0), []core.Operand{scalar(2), scalar(1)}},
		{
			"input 1 (max): got -Inf, want a finite number (RangeToScale-C4)",
			&quantization.RangeToScale{Type: core.U8, Computed: true},
			[]core.Operand{scalar(2), scalar(-inf)},
		},
		{
			"got the range [0, 0], whose scale 0 cannot divide; want a wider one (RangeToScale-C5)",
			scale(0),
			[]core.Operand{scalar(0), scalar(0)},
		},
		{
			"got the range [1, 1], whose scale 0 cannot divide; want a wider one (RangeToScale-C5)",
			scale(quantization.ScaleWidth),
			[]core.Operand{scalar(1), scalar(1)},
		},

		{
			"input 0 (min): got type u8, want f32 or f64 (RangeToZeroPoint-C1)",
			&quantization.RangeToZeroPoint{Type: core.U8},
			[]core.Operand{fact(core.U8), fact(core.F32)},
		},
		{
			"got a range of shape [2], want [] (RangeToZeroPoint-C2)",
			&quantization.RangeToZeroPoint{Type: core.U8},
			[]core.Operand{fact(core.F32, 2), fact(core.F32, 2)},
		},
		{
			"type: got i32, want i8 or u8 (RangeToZeroPoint-C3)",
			&quantization.RangeToZeroPoint{Type: core.I32},
			[]core.Operand{fact(core.F32), fact(core.F32)},
		},
		{
			"input 0 (min): got NaN, want a finite number (RangeToZeroPoint-C4)",
			&quantization.RangeToZeroPoint{Type: core.U8},
			[]core.Operand{scalar(nan), scalar(1)},
		},

		{"got 4 inputs, want N args, N mins and N maxs (TFQuantizedConcat-C1)", &tensorflow.QuantizedConcat{}, concatIn[:4]},
		{
			"input 0: got type i32, want i8 or u8 (TFQuantizedConcat-C2)",
			&tensorflow.QuantizedConcat{}, with(concatIn, 0, fact(core.I32, 1, 2)),
		},
		{
			"input 3: got f32[2], want f32 of shape [] or [1] (TFQuantizedConcat-C3)",
			&tensorflow.QuantizedConcat{}, with(concatIn, 3, fact(core.F32, 2)),
		},
		{
			"input 5: got NaN at element 1, want a finite number (TFQuantizedConcat-C4)",
			&tensorflow.QuantizedConcat{}, with(concatIn, 5, scalar(nan)),
		},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			_, err := core.NewNode(tt.op, testgraph.Values(t, tt.in)...)
			require.EqualError(t, err, core.OpName(tt.op)+": "+tt.want)
		})
	}
}

// TestRangesAreCheckedAtRunTimeToo repeats value constraints with ranges that are computed.
func TestRangesAreCheckedAtRunTimeToo(t *testing.T) {
	for _, tt := range []struct {
		op     core.Op
		values []float32
		want   string
	}{
		{
			&quantization.RangeToScale{Type: core.U8},
			[]float32{3, 1},
			`node "conv#input_scale" (RangeToScale): got min 3 > max 1, want min <= max (RangeToScale-C4)`,
		},
		{
			&quantization.RangeToScale{Type: core.U8, Divides: true},
			[]float32{0, 1e-40},
			`node "conv#input_scale" (RangeToScale): got the range [0, 9.99994610111476e-41], whose scale 3.923636e-43 ` +
				`cannot divide; want a wider one (RangeToScale-C5)`,
		},
		{
			&quantization.RangeToZeroPoint{Type: core.U8},
			[]float32{3, 1},
			`node "conv#input_scale" (RangeToZeroPoint): got min 3 > max 1, want min <= max (RangeToZeroPoint-C4)`,
		},
	} {
		var in []core.Value
		var tensors []*core.Tensor
		for _, v := range tt.values {
			p, err := core.NewNode(&core.Parameter{Type: core.F32, Shape: core.Shape{}})
			require.NoError(t, err)
			in, tensors = append(in, p.Out(0)), append(tensors, core.Scalar(v))
		}
		n, err := core.NewNamedNode("conv#input_scale", tt.op, in...)
		require.NoError(t, err)
		_, err = n.Eval(tensors)
		assert.ErrorContains(t, err, tt.want[:50])
		assert.ErrorAs(t, err, new(*core.OpError))
	}
}

func TestRangeToScale(t *testing.T) {
	const third = float32(1) / 3
	for _, tt := range []struct {
		name     string
		op       quantization.RangeToScale
		mn, mx   []float32
		expected []float32
	}{
		{"u8 symmetric", quantization.RangeToScale{Type: core.U8}, []float32{-1}, []float32{2}, []float32{float32(2) / 255}},
		{
			"i8 symmetric per channel",
			quantization.RangeToScale{Type: core.I8},
			[]float32{-1, -3},
			[]float32{2, 0},
			[]float32{float32(2) / 127, float32(3) / 127},
		},
		{
			"i8 largest",
			quantization.RangeToScale{Type: core.I8, Largest: true},
			[]float32{-1, -3},
			[]float32{2, 0},
			[]float32{float32(3) / 127},
		},
		{"i32 symmetric", quantization.RangeToScale{Type: core.I32}, []float32{-1}, []float32{0}, []float32{1.0 / (1 << 31)}},
		{
			"magnitude",
			quantization.RangeToScale{Type: core.I8, Rule: quantization.ScaleMagnitude},
			[]float32{-third},
			[]float32{0.1},
			[]float32{third},
		},
		{
			"width",
			quantization.RangeToScale{Type: core.I8, Rule: quantization.ScaleWidth},
			[]float32{-1},
			[]float32{third},
			[]float32{third + 1},
		},
		{
			"u8 level",
			quantization.RangeToScale{Type: core.U8, Rule: quantization.ScaleLevel},
			[]float32{-1},
			[]float32{2},
			[]float32{float32(3) / 255},
		},
		{
			"i8 level",
			quantization.RangeToScale{Type: core.I8, Rule: quantization.ScaleLevel},
			[]float32{-1},
			[]float32{2},
			[]float32{float32(3) / 254},
		},
		{
			"bumped: empty range",
			quantization.RangeToScale{Type: core.U8, Rule: quantization.ScaleBumped, Divides: true},
			[]float32{0},
			[]float32{0},
			[]float32{float32(0.01) / 255},
		},
		{
			"bumped: both above 0",
			quantization.RangeToScale{Type: core.U8, Rule: quantization.ScaleBumped},
			[]float32{3},
			[]float32{3},
			[]float32{float32(3) / 255},
		},
		{
			"a range of zeros may stand where it does not divide",
			quantization.RangeToScale{Type: core.U8},
			[]float32{0},
			[]float32{0},
			[]float32{0},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := core.EvalOp(&tt.op, []*core.Tensor{known(tt.mn...).Const, known(tt.mx...).Const})
			require.NoError(t, err)
			require.Equal(t, tt.expected, core.Data[float32](out[0]))
		})
	}
}

// zeroPoint 128 of [-1, 1) and its like are TensorFlow's FloatToQuantized(0).
func TestRangeToZeroPoint(t *testing.T) {
	for _, tt := range []struct {
		typ      core.Type
		mn, mx   float32
		expected int64
	}{
		{core.U8, 0, 1, 0},
		{core.U8, -1, 0, 255},
		{core.U8, -1, 1, 128},
		{core.U8, 1, 2, -255},
		{core.U8, -2, -1, 510},
		{core.U8, 0, 0, 0},
		{core.I8, -1, 1, 0},
		{core.I8, 0, 1, -128},
		{core.I8, 5, 5, -128},
	} {
		out, err := core.EvalOp(&quantization.RangeToZeroPoint{Type: tt.typ, Wide: true},
			[]*core.Tensor{core.Scalar(tt.mn), core.Scalar(tt.mx)})
		require.NoError(t, err)
		require.Equal(t, []int64{tt.expected}, out[0].Int64s(), "%+v", tt)
		out, err = core.EvalOp(&quantization.RangeToZeroPoint{Type: tt.typ},
			[]*core.Tensor{core.Scalar(tt.mn), core.Scalar(tt.mx)})
		if lo, hi := tt.typ.Bounds(); tt.expected < lo || tt.expected > hi {
			require.ErrorContains(t, err,
				fmt.Sprintf("in which %d stands for 0; want one within %v (RangeToZeroPoint-C5)", tt.expected, tt.typ))
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []int64{tt.expected}, out[0].Int64s(), "%+v", tt)
	}
}

// random returns a tensor of random bytes, or of positive reals.
func random(r *rand.Rand, t core.Type, dims ...int) *core.Tensor {
	x, err := core.NewTensor(t, append(core.Shape{}, dims...))
	if err != nil {
		panic(err)
	}
	if t == core.F32 {
		for i := range core.Data[float32](x) {
			core.Data[float32](x)[i] = 0.01 + r.Float32()
		}
		return x
	}
	for i := range x.Bytes() {
		x.Bytes()[i] = byte(r.Uint32())
	}
	return x
}

func TestQuantizedProductsEqualTheirDecompositions(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, output := range []core.Type{core.I8, core.U8, core.I32} {
		for _, data := range []core.Type{core.I8, core.U8} {
			for _, filters := range []core.Type{core.I8, core.U8} {
				scales := []*core.Tensor{
					random(r, core.F32, 1), random(r, data, 1), random(r, core.F32, 6), random(r, filters, 6),
					random(r, core.F32), random(r, output),
				}
				nhwc := &linear.QuantizedConvolution{
					Spatial: geometry.Spatial{
						Layout: geometry.NHWC, Strides: []int{2, 1}, PadBelow: []int{1, 0}, PadAbove: []int{0, 2},
					},
					Groups: 2, OutputType: output, FilterAxes: []int{3},
				}
				equalsDecomposition(t, nhwc,
					append([]*core.Tensor{random(r, data, 2, 5, 4, 4), random(r, filters, 3, 3, 2, 6)}, scales...))
				nchw := &linear.QuantizedConvolution{
					OutputType: output, FilterAxes: []int{0}, Spatial: geometry.Spatial{DataDilations: []int{2}, Dilations: []int{2}},
				}
				equalsDecomposition(t, nchw,
					append([]*core.Tensor{random(r, data, 2, 4, 9), random(r, filters, 6, 4, 3)}, scales...))
				dot := &linear.QuantizedDot{OutputType: output, ReductionAxes: 2, Input1Axes: []int{3}}
				equalsDecomposition(t, dot,
					append([]*core.Tensor{random(r, data, 3, 4, 5), random(r, filters, 4, 5, 2, 6)}, scales...))
			}
		}
	}
}

func equalsDecomposition(t *testing.T, op core.Decomposer, in []*core.Tensor) {
	t.Helper()
	want, err := core.EvalOp(op, in)
	require.NoError(t, err)
	got, err := ngraphtest.Evaluate(in, ngraphtest.Parameters, op.Decompose)
	require.NoError(t, err)
	ngraphtest.Equal(t, want[0], got[0])
}

// TestQuantizedDotPerColumn compares with the formula written out.
func TestQuantizedDotPerColumn(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	a, b := random(r, core.U8, 3, 7), random(r, core.I8, 7, 4)
	sa, sb, so := random(r, core.F32), random(r, core.F32, 4), core.Scalar(float32(100))
	za, zb, zo := random(r, core.U8), random(r, core.I8, 4), core.Scalar(int32(9))
	out, err := core.EvalOp(&linear.QuantizedDot{OutputType: core.I32, ReductionAxes: 1, Input1Axes: []int{1}},
		[]*core.Tensor{a, b, sa, za, sb, zb, so, zo})
	require.NoError(t, err)
	for i := range 3 {
		for j := range 4 {
			acc := int32(0)
			for k := range 7 {
				x := int32(core.Data[uint8](a)[i*7+k]) - int32(core.Data[uint8](za)[0])
				y := int32(core.Data[int8](b)[k*4+j]) - int32(core.Data[int8](zb)[j])
				acc += x * y
			}
			s := core.Data[float32](sa)[0] * core.Data[float32](sb)[j] / 100
			require.Equal(t, int32(math.Round(float64(float32(acc)*s)))+9, core.Data[int32](out[0])[i*4+j])
		}
	}
}

func TestQuantizeSaturatesAndTakesNaNForZero(t *testing.T) {
	x := known(float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 3e9, -3e9).Const
	for _, tt := range []struct {
		zero     *core.Tensor
		typ      core.Type
		expected []int64
	}{
		{core.Scalar(int32(5)), core.I32, []int64{5, math.MaxInt32, math.MinInt32, math.MaxInt32, math.MinInt32}},
		{core.Scalar(uint8(5)), core.U8, []int64{5, 255, 0, 255, 0}},
		{core.Scalar(int8(-5)), core.I8, []int64{-5, 127, -128, 127, -128}},
	} {
		out, err := core.EvalOp(&quantization.Quantize{Type: tt.typ}, []*core.Tensor{x, core.Scalar(float32(1)), tt.zero})
		require.NoError(t, err)
		require.Equal(t, tt.expected, out[0].Int64s())
	}
}

func TestQuantizationInfersPartialShapes(t *testing.T) {
	unranked := func(t core.Type) core.Operand { return core.Operand{Fact: core.Fact{Type: t}} }
	for _, tt := range []struct {
		name string
		op   core.Op
		in   []core.Operand
		want core.Fact
	}{
		{
			"conv, unknown batch", &linear.QuantizedConvolution{OutputType: core.U8},
			with(with(convIn, 0, fact(core.U8, -1, 2, 5, -1)), 7, fact(core.U8)),
			core.Fact{Type: core.U8, Shape: core.Shape{-1, 4, 3, -1}},
		},
		{
			"conv, nothing known", &linear.QuantizedConvolution{OutputType: core.I8},
			[]core.Operand{{}, {}, {}, {}, {}, {}, {}, {}},
			core.Fact{Type: core.I8},
		},
		{
			"dot, unknown rank", &linear.QuantizedDot{OutputType: core.I8, ReductionAxes: 1}, with(dotIn, 0, unranked(core.U8)),
			core.Fact{Type: core.I8},
		},
		{
			"fake quantize, unknown data", &quantization.FakeQuantize{Levels: 4}, with(fakeIn, 0, unranked(core.Dynamic)),
			core.Fact{Type: core.F32},
		},
		{
			"scale of an unknown range", &quantization.RangeToScale{Type: core.I8},
			[]core.Operand{{}, fact(core.F32, -1)},
			core.Fact{Type: core.F32, Shape: core.Shape{-1}},
		},
		{
			"quantize, unknown input", &quantization.Quantize{Type: core.I8, Axes: []int{1}},
			with(quantizeIn, 0, unranked(core.F32)),
			core.Fact{Type: core.I8},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := tt.op.Infer(tt.in)
			require.NoError(t, err)
			require.Equal(t, tt.want, out[0])
		})
	}
}

func TestFakeQuantizeBroadcasts(t *testing.T) {
	data, err := core.TensorOf(core.Shape{1, 2, 2}, []float32{-9, 0.4, 0.6, 9})
	require.NoError(t, err)
	low, high := known(0, 0).Const, known(1, 3).Const
	for _, tt := range []struct {
		op       quantization.FakeQuantize
		expected []float32
	}{
		{quantization.FakeQuantize{Levels: 4}, []float32{0, 0, 2.0 / 3, 3}},
		{
			quantization.FakeQuantize{Levels: 4, AutoBroadcast: quantization.BroadcastPDPD, Axis: 1},
			[]float32{0, float32(1) / 3, 1, 3},
		},
		{
			quantization.FakeQuantize{Levels: 4, AutoBroadcast: quantization.BroadcastPDPD, Axis: -1},
			[]float32{0, 0, 2.0 / 3, 3},
		},
	} {
		out, err := core.EvalOp(&tt.op, []*core.Tensor{data, low, high, low, high})
		require.NoError(t, err)
		require.InDeltaSlice(t, tt.expected, core.Data[float32](out[0]), 1e-7, "%+v", tt.op)
	}
}
