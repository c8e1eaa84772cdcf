package op_test

import (
	"math"
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
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// f32, i32, u8 and bf16 make operands that are not constants.
func bf16(s ...int) core.Operand { return operand(core.BF16, s) }
func f32(s ...int) core.Operand  { return operand(core.F32, s) }
func i32(s ...int) core.Operand  { return operand(core.I32, s) }
func u8(s ...int) core.Operand   { return operand(core.U8, s) }

func operand(t core.Type, s []int) core.Operand {
	return core.Operand{Fact: core.Fact{Type: t, Shape: append(core.Shape{}, s...)}}
}

// is32 and isI32 make constant operands.
func is32(v ...float32) core.Operand { return constant(v) }
func isI32(v ...int32) core.Operand  { return constant(v) }

// constant makes a scalar of one value and a vector of several.
func constant[T core.Element](v []T) core.Operand {
	s := core.Shape{len(v)}
	if len(v) == 1 {
		s = core.Shape{}
	}
	x, err := core.TensorOf(s, v)
	if err != nil {
		panic(err)
	}
	return core.Operand{Fact: x.Fact(), Const: x}
}

func vector(v ...int32) core.Operand {
	x, err := core.TensorOf(core.Shape{len(v)}, v)
	if err != nil {
		panic(err)
	}
	return core.Operand{Fact: x.Fact(), Const: x}
}

// TestConstraints has an op or inputs that violate each labelled constraint, and the
// text that says so.
func TestConstraints(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	quantize := &tensorflow.QuantizeV2{Type: core.U8, Axis: -1}
	dequantize := &tensorflow.Dequantize{Axis: -1, OutType: core.F32}
	fake := &tensorflow.FakeQuant{NumBits: 8}
	both := &tensorflow.QuantizeAndDequantize{
		SignedInput: true, NumBits: 8, RangeGiven: true, RoundMode: numeric.RoundNearestTowardEven, Axis: -1,
	}
	norm := &tensorflow.QuantizedInstanceNorm{}
	nhwc := geometry.Spatial{Layout: geometry.NHWC}
	empty := geometry.Spatial{Layout: geometry.NHWC, MayBeEmpty: true}
	ops := func(o ...core.Operand) []core.Operand { return o }
	for _, c := range []struct {
		op   core.Op
		in   []core.Operand
		want string
	}{
		{&pointwise.Convert{}, ops(f32()), "Convert: type: got dynamic, want a number type or boolean (Convert-C1)"},
		{
			&pointwise.Convert{Type: core.I8}, ops(operand(core.String, nil)),
			"Convert: input 0: got type string, want numbers or booleans (Convert-C2)",
		},
		{&pointwise.Lookup{}, ops(i32(2), f32(256)), "Lookup: input 0 (x): got type i32, want i8 or u8 (Lookup-C1)"},
		{
			&pointwise.Lookup{}, ops(u8(2), operand(core.String, []int{256})),
			"Lookup: input 1 (table): got type string, want another (Lookup-C2)",
		},
		{&pointwise.Lookup{}, ops(u8(2), f32(255)), "Lookup: input 1 (table): got shape [255], want [256] (Lookup-C3)"},
		{
			&pointwise.Add{}, ops(operand(core.Bool, nil), f32()),
			"Add: input 0: got type boolean, want an integer type other than u64, or a real type (Add-C1)",
		},
		{&pointwise.Add{}, ops(f32(), i32()), "Add: input 1: got type i32, want a's f32 (Add-C2)"},
		{
			&pointwise.Add{}, ops(f32(2), f32(3)),
			"Add: input 1: got shape [3], which does not broadcast with the others: [[2] [3]] (Add-C3)",
		},
		{
			&array.Reshape{}, ops(f32(6), f32(2)),
			"Reshape: input 1 (shape): got f32[2], want i32 or i64 of rank 1 (Reshape-C1)",
		},
		{
			&array.Reshape{}, ops(f32(6), vector(-1, -1)),
			"Reshape: input 1 (shape): got [-1 -1], want dimensions in [0, 1099511627776], one of which may be -1 (Reshape-C2)",
		},
		{
			&array.Reshape{}, ops(f32(6), vector(4, -1)),
			"Reshape: input 1 (shape): got [4 -1] for a tensor of shape [6], want dimensions that divide its 6 elements " +
				"(Reshape-C3)",
		},
		{
			&array.Transpose{Order: []int{0, 0}}, ops(f32(2, 2)),
			"Transpose: order: got [0 0], want a permutation of the axes (Transpose-C1)",
		},
		{&array.Concat{}, nil, "Concat: got no inputs, want at least 1 (Concat-C1)"},
		{&array.Concat{}, ops(f32(2), i32(2)), "Concat: input 1: got type i32, want the first's f32 (Concat-C2)"},
		{
			&array.Concat{Axis: 1}, ops(f32(2, 2), f32(3, 2)),
			"Concat: input 1: got shape [3,2], want the dimensions of the others except at axis 1: [[2,2] [3,2]] (Concat-C3)",
		},
		{&array.Concat{Axis: 2}, ops(f32(2)), "Concat: axis: got 2, want in [-1, 1) (Concat-C4)"},
		{&array.Split{Sizes: []int{1, 2}}, ops(f32(4)), "Split: sizes: got [1 2] for a dimension of 4 at axis 0 (Split-C3)"},
		{
			&array.Pad{Below: []int{1}, Above: []int{1}}, ops(f32(4), f32(1)),
			"Pad: input 1 (value): got f32[1], want f32[] (Pad-C3)",
		},
		{
			&array.Pad{Below: []int{4}, Above: []int{0}, Mode: array.PadReflect}, ops(f32(4)),
			"Pad: input 0 (x): got shape [4] with paddings below [4] and above [0], want at most 3 in dimension 0 (Pad-C4)",
		},
		{&indexing.Gather{}, ops(f32(3), isI32(3)), "Gather: input 1 (indices): got index 3, want in [0, 3) (Gather-C3)"},
		{
			&indexing.StridedSlice{}, ops(f32(3), vector(0), vector(1), vector(0)),
			"StridedSlice: input 3 (strides): got stride 0, want another than 0, positive for a shrunk axis (StridedSlice-C2)",
		},
		{&normalize.Softmax{Axis: 1}, ops(f32(3)), "Softmax: axis: got 1, want in [-1, 1) (Softmax-C2)"},
		{
			&reduce.Sum{Reduction: reduce.Reduction{Axes: []int{0, -1}}}, ops(f32(3)),
			"Sum: axes: got [0 -1], want each axis once (Sum-C2)",
		},
		{
			&pooling.MaxPool{Spatial: nhwc, Window: []int{0, 1}}, ops(f32(1, 2, 2, 1)),
			"MaxPool: window: got [0 1], want sizes in [1, 16777216] (MaxPool-C2)",
		},
		{
			&pooling.MaxPool{Spatial: nhwc, Window: []int{3, 1}}, ops(f32(1, 2, 2, 1)),
			"MaxPool: spatial dimension 0: the window spans 3, more than the padded input's 2",
		},
		{
			&pooling.MaxPool{Spatial: empty, Window: []int{4, 1}}, ops(f32(1, 2, 2, 1)),
			"MaxPool: spatial dimension 0: the window spans 4, more than the padded input's 2",
		},
		{
			&linear.Dot{ReductionAxes: 1}, ops(f32(2, 3), f32(4, 5)),
			"Dot: cannot reduce axes [3] of [2,3] with axes [4] of [4,5] (Dot-C2)",
		},
		{
			&normalize.BatchNorm{Layout: geometry.NHWC}, ops(f32(1, 3), f32(3), f32(3), f32(3), f32(0)),
			"BatchNorm: input 4 (variance): got shape [0], want [3] (BatchNorm-C3)",
		},
		{
			&normalize.BatchNorm{Layout: geometry.NHWC, Order: 3}, ops(f32(1, 3), f32(3), f32(3), f32(3), f32(3)),
			`BatchNorm: order: got invalid(3), want one of ["folded" "centered" "normalized"] (BatchNorm-C5)`,
		},

		{
			&tensorflow.QuantizeV2{Axis: -1}, ops(f32(2), f32(), f32()),
			"TFQuantizeV2: type: got dynamic, want i8, u8, i16, u16 or i32 (TFQuantizeV2-C1)",
		},
		{quantize, ops(i32(2), f32(), f32()), "TFQuantizeV2: input 0 (x): got type i32, want one of [f32] (TFQuantizeV2-C2)"},
		{
			&tensorflow.QuantizeV2{Type: core.U8, Axis: -1, RoundMode: numeric.RoundNearestTowardEven},
			ops(f32(2), f32(), f32()),
			"TFQuantizeV2: round mode: got ROUND_NEAREST_TOWARD_EVEN with mode MIN_COMBINED, " +
				"want ROUND_NEAREST_TOWARD_INFINITY, or ROUND_NEAREST_TOWARD_EVEN with SCALED (TFQuantizeV2-C3)",
		},
		{
			&tensorflow.QuantizeV2{Type: core.U8, Axis: -100}, ops(f32(2), f32(2), f32(2)),
			"TFQuantizeV2: axis: got -100 for shape [2], want -1 (none) or an axis (TFQuantizeV2-C4)",
		},
		{
			&tensorflow.QuantizeV2{Type: core.U8, Axis: 1}, ops(f32(2), f32(2), f32(2)),
			"TFQuantizeV2: axis: got 1 for shape [2], want -1 (none) or an axis (TFQuantizeV2-C4)",
		},
		{
			&tensorflow.QuantizeV2{Type: core.U8, Axis: 0}, ops(f32(2), f32(3), f32(3)),
			"TFQuantizeV2: input 1 (min): got shape [3], want [] or [2] (TFQuantizeV2-R2)",
		},
		{
			&tensorflow.QuantizeV2{Type: core.U8, Axis: -1, EnsureMinimumRange: nan}, ops(f32(2), f32(), f32()),
			"TFQuantizeV2: ensure_minimum_range: got NaN, want finite and >= 0 (TFQuantizeV2-C5)",
		},
		{
			quantize, ops(f32(2), is32(0), is32(0)),
			"TFQuantizeV2: got the range [0, 0], want one of a finite width, not zero (TFQuantizeV2-C6)",
		},
		{quantize, ops(f32(2), i32(), f32()), "TFQuantizeV2: input 1 (min): got type i32, want f32 (TFQuantizeV2-R1)"},
		{
			quantize, ops(f32(2), f32(0), f32()),
			"TFQuantizeV2: input 1 (min): got shape [0], want [] or [1] (TFQuantizeV2-R2)",
		},
		{
			quantize, ops(f32(2), f32(), f32(2)),
			"TFQuantizeV2: input 2 (max): got shape [2], want [] or [1] (TFQuantizeV2-R2)",
		},
		{
			quantize, ops(f32(2), is32(nan), is32(1)),
			"TFQuantizeV2: input 1 (min): got NaN, want a finite number (TFQuantizeV2-R3)",
		},
		{
			quantize, ops(f32(2), is32(0), is32(inf)),
			"TFQuantizeV2: input 2 (max): got +Inf, want a finite number (TFQuantizeV2-R3)",
		},
		{
			quantize, ops(f32(2), is32(2), is32(1)),
			"TFQuantizeV2: input 1 (min): got min 2 > max 1, want min <= max (TFQuantizeV2-R3)",
		},
		{
			dequantize, ops(f32(2), f32(), f32()),
			"TFDequantize: input 0 (q): got type f32, want one of [i8 u8 i16 u16 i32] (TFDequantize-C2)",
		},
		{
			&tensorflow.Dequantize{Axis: math.MaxInt, OutType: core.F32}, ops(u8(2), f32(), f32()),
			"TFDequantize: axis: got 9223372036854775807 for shape [2], want -1 (none) or an axis (TFDequantize-C4)",
		},
		{
			&tensorflow.Requantize{Type: core.I32}, ops(i32(2), f32(), f32(), f32(), f32()),
			"TFRequantize: type: got i32, want i8 or u8 (TFRequantize-C1)",
		},
		{
			&tensorflow.Requantize{Type: core.U8}, ops(u8(2), f32(), f32(), f32(), f32()),
			"TFRequantize: input 0 (x): got type u8, want one of [i32] (TFRequantize-C2)",
		},
		{
			&tensorflow.Requantize{Type: core.U8}, ops(i32(2), f32(), f32(), f32(0), f32()),
			"TFRequantize: input 3 (requested_min): got shape [0], want [] or [1] (TFRequantize-R2)",
		},
		{
			&tensorflow.RequantizePerChannel{Type: core.U8}, ops(i32(), f32(), f32(), f32(), f32()),
			"TFRequantizePerChannel: input 0 (x): got shape [], want rank 1 or more (TFRequantizePerChannel-C2)",
		},
		{
			&tensorflow.RequantizePerChannel{Type: core.U8}, ops(i32(2), f32(), f32(), is32(0), is32(0)),
			"TFRequantizePerChannel: got the requested range [0, 0], want a wider one (TFRequantizePerChannel-C3)",
		},
		{
			&tensorflow.RequantizationRangePerChannel{ClipValueMax: nan}, ops(i32(2), f32(), f32()),
			"TFRequantizationRangePerChannel: clip_value_max: got NaN, want a number (TFRequantizationRangePerChannel-C1)",
		},
		{
			&tensorflow.QuantizedAdd{}, ops(u8(2), i32(2), f32(), f32(), f32(), f32()),
			"TFQuantizedAdd: input 1 (y): got type i32, want one of [u8] (TFQuantizedAdd-C1)",
		},
		{
			&tensorflow.QuantizedMul{}, ops(u8(2), u8(3), f32(), f32(), f32(), f32()),
			"TFQuantizedMul: input 1 (y): got shape [3], which does not broadcast with the others: " +
				"[[2] [3]] (TFQuantizedMul-C2)",
		},
		{
			&tensorflow.QuantizedBiasAdd{}, ops(u8(3), u8(2, 3), f32(), f32(), f32(), f32()),
			"TFQuantizedBiasAdd: input 1 (y): got shape [2,3], want [3]: the channels of x (TFQuantizedBiasAdd-C2)",
		},
		{
			&tensorflow.QuantizedRelu{}, ops(u8(3), is32(0), is32(1), is32(nan)),
			"TFQuantizedRelu: input 3 (limit): got NaN, want a number (TFQuantizedRelu-C2)",
		},
		{
			&tensorflow.NarrowMatMul{}, ops(bf16(2, 3), f32(3, 4)),
			"TFNarrowMatMul: input 1 (b): got type f32, want one of [bf16] (TFNarrowMatMul-C1)",
		},
		{
			&tensorflow.NarrowMatMul{}, ops(bf16(2, 3, 1), bf16(3, 4)),
			"TFNarrowMatMul: input 0 (a): got shape [2,3,1], want a matrix (TFNarrowMatMul-C1)",
		},
		{
			&tensorflow.NarrowMatMul{}, ops(bf16(2, 3), bf16(4, 3)),
			"TFNarrowMatMul: input 1 (b): got shape [4,3], want 3 rows, as many as a has columns (TFNarrowMatMul-C2)",
		},
		{
			&tensorflow.QuantizedAvgPool{Spatial: nhwc, Window: []int{1}}, ops(u8(1, 2, 2, 1)),
			"TFQuantizedAvgPool: input 0: got shape [1,2,2,1], want rank 3: batch, " +
				"channels and the dimensions of window [1] (TFQuantizedAvgPool-C2)",
		},
		{
			&tensorflow.FakeQuant{NumBits: 1}, ops(f32(2), f32(), f32()),
			"TFFakeQuant: num_bits: got 1, want in [2, 16] (TFFakeQuant-C1)",
		},
		{fake, ops(f32(2), f32(2), f32()), "TFFakeQuant: input 1 (min): got shape [2], want [] or [1] (TFFakeQuant-R2)"},
		{
			fake, ops(f32(2), is32(1), is32(1)),
			"TFFakeQuant: input 1 (min): got the range [1, 1], want min < max, or both 0 (TFFakeQuant-C3)",
		},
		{
			&tensorflow.FakeQuant{NumBits: 8, PerChannel: true}, ops(f32(), f32(1), f32(1)),
			"TFFakeQuant: input 0 (x): got shape [], want rank 1 or more (TFFakeQuant-C2)",
		},
		{
			&tensorflow.QuantizeAndDequantize{SignedInput: true, NumBits: 62, Axis: -1}, ops(f32(2), f32(), f32()),
			"TFQuantizeAndDequantize: num_bits: got 62, want in [1, 61] (TFQuantizeAndDequantize-C1)",
		},
		{
			both, ops(f32(2), f32(), f32(0)),
			"TFQuantizeAndDequantize: input 2 (max): got shape [0], want [] or [1] (TFQuantizeAndDequantize-R2)",
		},
		{
			both, ops(f32(2), f32(), f32(), i32()),
			"TFQuantizeAndDequantize: num_bits: got 8 beside an input that says it, want 0 (TFQuantizeAndDequantize-C5)",
		},
		{
			&tensorflow.QuantizeAndDequantize{Axis: -1}, ops(f32(2), f32(), f32(), i32(1)),
			"TFQuantizeAndDequantize: input 3 (num_bits): got i32[1], want i32 of shape [] (TFQuantizeAndDequantize-C5)",
		},
		{
			&tensorflow.QuantizeAndDequantize{Axis: -1}, ops(f32(2), f32()),
			"TFQuantizeAndDequantize: got 2 inputs, want 3, or 4 with num_bits",
		},
		{
			&tensorflow.QuantizedResizeBilinear{}, ops(operand(core.I8, []int{1, 2, 2, 1}), i32(2), f32(), f32()),
			"TFQuantizedResizeBilinear: input 0 (x): got type i8, want one of [u8 i32 f32] (TFQuantizedResizeBilinear-C1)",
		},
		{
			&array.ReverseSequence{SeqAxis: 2}, ops(f32(2, 3), isI32(1, 2)),
			"ReverseSequence: input 0 (x): got shape [2,3] for batch axis 0 and sequence axis 2, " +
				"want two axes of it (ReverseSequence-C1)",
		},
		{
			&array.ReverseSequence{SeqAxis: 1}, ops(f32(2, 3), isI32(1, 2, 3)),
			"ReverseSequence: input 1 (lengths): got shape [3], want [2]: a length for each slice at axis 0 " +
				"(ReverseSequence-C2)",
		},
		{
			&array.ReverseSequence{SeqAxis: 1}, ops(f32(2, 3), isI32(1, 4)),
			"ReverseSequence: input 1 (lengths): got length 4 of slice 1, want in [0, 3] (ReverseSequence-C3)",
		},
		{
			&pointwise.FlushSubnormals{}, ops(u8(2)),
			"FlushSubnormals: input 0: got type u8, want one of [f32] (FlushSubnormals-C1)",
		},
		{
			&tensorflow.QuantizedResizeBilinear{}, ops(u8(1, 0, 2, 1), i32(2), f32(), f32()),
			"TFQuantizedResizeBilinear: input 0 (x): got shape [1,0,2,1], " +
				"want [N, H, W, C] with H and W >= 1 (TFQuantizedResizeBilinear-C2)",
		},
		{
			&tensorflow.QuantizedResizeBilinear{}, ops(u8(1, 2, 2, 1), isI32(0, 2), f32(), f32()),
			"TFQuantizedResizeBilinear: input 1 (size): got size [0 2], " +
				"want each in [1, 16777216] (TFQuantizedResizeBilinear-C3)",
		},
		{
			norm, ops(u8(1, 2, 2), f32(), f32()),
			"TFQuantizedInstanceNorm: input 0 (x): got shape [1,2,2], " +
				"want [N, H, W, C] without zeros (TFQuantizedInstanceNorm-C1)",
		},
		{
			norm, ops(u8(1, 2, 2, 1), is32(1), is32(1)),
			"TFQuantizedInstanceNorm: input 1 (min): got the range [1, 1], want min < max (TFQuantizedInstanceNorm-C4)",
		},
	} {
		t.Run(c.want, func(t *testing.T) {
			_, err := core.NewNode(c.op, testgraph.Values(t, c.in)...)
			require.EqualError(t, err, c.want)
		})
	}
}

// What Infer cannot see, because it is computed, Eval rejects.
func TestComputedRangesAreCheckedAtRunTime(t *testing.T) {
	x := tensor(t, core.Shape{2}, int32(1), 2)
	for _, op := range []core.Op{
		&tensorflow.RequantizationRange{}, &tensorflow.QuantizeDownAndShrinkRange{},
		&tensorflow.RequantizationRangePerChannel{},
	} {
		facts := []core.Operand{{Fact: x.Fact()}, f32(), f32()}
		_, err := op.Infer(facts)
		require.NoError(t, err)
		out := make([]*core.Tensor, 3)
		for i := range out {
			out[i] = core.Scalar(float32(0))
		}
		in := []*core.Tensor{x, core.Scalar(float32(2)), core.Scalar(float32(math.Inf(1)))}
		require.EqualError(t, op.Eval(in, out), ": input 2: got +Inf, want a finite number (R3)")
	}
}
