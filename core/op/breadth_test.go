package op_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// furtherBaselines are those of the ops that stand beside the quantized ones in real graphs.
func furtherBaselines(t testing.TB) []baseline {
	f := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 2)), s) }
	i := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	n := func(v int32) *core.Tensor { return core.Scalar(v) }
	r := func(v float32) *core.Tensor { return core.Scalar(v) }
	pairs := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v) / 2, 2}, v...) }
	b := eval(t, &pointwise.Compare{Relation: pointwise.Less}, f(2, 3), r(0))
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	nhwc := geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 1}, PadType: geometry.PadSameUpper}
	return append(slices.Concat(preparingBaselines(t), numericBaselines(t), matrixBaselines(t)), []baseline{
		{&pointwise.Unary{Function: pointwise.Softplus}, in(f(2, 3))},
		{&pointwise.Unary{Function: pointwise.Invert}, in(i(1, 2))},
		{&pointwise.Binary{Function: pointwise.DivideNoNan}, in(f(2, 3), f(3))},
		{&pointwise.Binary{Function: pointwise.LeftShift}, in(i(6, 7), i(2, 3))},
		{&pointwise.Is{Class: pointwise.Finite}, in(f(2, 3))},
		{&reduce.Any{BoolReduction: reduce.BoolReduction{Axes: []int{1}}}, in(b)},
		{&reduce.All{BoolReduction: reduce.BoolReduction{Axes: []int{0}, KeepDims: true}}, in(b)},
		{&reduce.ArgMin{Axis: 1, Type: core.I32}, in(f(2, 3))},
		{&indexing.TopK{Type: core.I32}, in(f(2, 5), n(2))},
		{&pointwise.FlushSubnormals{}, in(tensor(t, core.Shape{4}, float32(-0x1p-127), -0x1p-126, 0x1p-149, 3))},
		{&array.ReverseSequence{SeqAxis: 1}, in(f(2, 3), i(2, 3))},
		{&array.Range{}, in(n(0), n(7), n(2))},
		{&array.LinSpace{}, in(r(0), r(1), n(4))},
		{&normalize.LogSoftmax{}, in(f(2, 3))},
		{&array.SpaceToDepth{Layout: geometry.NHWC, BlockSize: 2}, in(f(1, 4, 6, 2))},
		{&array.DepthToSpace{Layout: geometry.NCHW, BlockSize: 2}, in(f(1, 8, 2, 3))},
		{&array.SpaceToBatch{}, in(f(1, 3, 4, 2), i(2, 2), pairs(1, 0, 0, 0))},
		{&array.BatchToSpace{}, in(f(4, 2, 2, 1), i(2, 2), pairs(1, 0, 0, 1))},
		{&indexing.GatherND{}, in(f(2, 3), pairs(0, 1, 1, 2))},
		{&indexing.ScatterND{Mode: indexing.ScatterAdd}, in(f(2, 3), pairs(0, 1, 1, 2), f(2))},
		{&reduce.CumSum{Cumulative: reduce.Cumulative{Axis: 1}}, in(f(2, 3))},
		{&reduce.CumProd{Cumulative: reduce.Cumulative{Axis: 0, Exclusive: true, Reverse: true}}, in(i(1, 2, 3))},
		{&array.Reverse{Axes: []int{1}}, in(f(2, 3))},
		{&indexing.InvertPermutation{}, in(i(2, 0, 1))},
		{&array.BroadcastShape{}, in(i(2, 3), i(1))},
		{&pointwise.Bucketize{Boundaries: []float32{-1, 0, 1}}, in(f(2, 3))},
		{&normalize.LRN{Radius: 1, Bias: 1, Alpha: 0.1, Beta: 0.5}, in(f(1, 2, 2, 5))},
		{&pointwise.SelectRows{}, in(tensor(t, core.Shape{2}, true, false), f(2, 3), f(2, 3))},
		{&linear.ConvolutionBackpropData{Spatial: nhwc}, in(i(1, 4, 5, 2), f(2, 2, 2, 3), f(1, 2, 5, 3))},
		{&vision.Resize{HalfPixelCenters: true}, in(f(1, 3, 4, 2), i(5, 2))},
		{&vision.Resize{Mode: vision.ResizeNearest, AlignCorners: true}, in(f(1, 3, 4, 2), i(5, 2))},
		{&vision.Resize{Mode: vision.ResizeBicubic}, in(f(1, 3, 4, 2), i(5, 2))},
		{&vision.CropAndResize{}, in(f(1, 3, 4, 2), f(2, 4), i(0, 0), i(2, 3))},
		{&vision.ExtractPatches{Spatial: nhwc, Window: []int{2, 2}}, in(f(1, 4, 5, 2))},
		{&pooling.MaxPoolWithArgmax{Spatial: nhwc, Window: []int{2, 2}, Type: core.I64}, in(f(1, 4, 5, 2))},
		{&vision.CombinedNonMaxSuppression{ClipBoxes: true}, in(f(1, 5, 1, 4), f(1, 5, 2), n(2), n(3), r(0.5), r(0))},
		{&array.EnsureShape{Shape: core.Shape{2, core.Unknown}}, in(f(2, 3))},
		{&array.Bitcast{Type: core.U8}, in(f(2, 3))},
		{&array.Bitcast{Type: core.I64}, in(i(2, 3))},
		{&array.BandPart{}, in(f(3, 4), n(1), n(-1))},
		{&array.Roll{Shifts: []int{1, -1}, Axes: []int{0, 1}}, in(f(2, 3))},
		{&array.DynPad{}, in(f(2, 3), pairs(1, 0, 0, 2), r(0))},
		{&array.DynPad{Mode: array.PadReflect}, in(f(2, 3), pairs(1, 0, 0, 2))},
		{&linear.Einsum{Equation: "...ij,jk->...ik"}, in(f(2, 2, 3), f(3, 2))},
	}...)
}

// TestDamagedDynamicOpsNeverPanic is TestDamagedOpsNeverPanic for ops whose outputs' shapes
// depend on data.
func TestDamagedDynamicOpsNeverPanic(t *testing.T) {
	r := func(v float32) *core.Tensor { return core.Scalar(v) }
	x := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 3)), s) }
	for n, b := range append(sparseOps(t), []baseline{
		{&indexing.Where{}, []*core.Tensor{x(2, 3)}},
		{&indexing.Unique{Type: core.I32}, []*core.Tensor{tensor(t, core.Shape{4}, int32(1), 2, 1, 3)}},
		{&indexing.CTCGreedyDecoder{Blank: 1}, []*core.Tensor{x(4, 2, 3), tensor(t, core.Shape{2}, int32(4), 3)}},
		{&indexing.ListDiff{Type: core.I32}, []*core.Tensor{x(5), x(3)}},
		{&vision.NonMaxSuppression{}, []*core.Tensor{x(5, 4), x(5), core.Scalar(int32(3)), r(0.5), r(-2), r(0)}},
		{&vision.NonMaxSuppression{Pad: true}, []*core.Tensor{x(5, 4), x(5), core.Scalar(int32(3)), r(0.5), r(-2), r(0.5)}},
	}...) {
		accepted := 0
		for round := range 400 {
			random := rand.New(rand.NewPCG(uint64(round), uint64(n)))
			op, in := damage(t, random, b)
			what := fmt.Sprintf("seed (%d, %d): %s %+v of %v", round, n, core.OpName(op), op, in)
			out, err := core.EvalOp(op, in)
			var memory *core.MemoryError
			if errors.As(err, &memory) {
				continue
			}
			if err != nil {
				require.ErrorAs(t, err, new(*core.OpError), what)
				continue
			}
			accepted++
			facts, err := op.Infer(facts(in))
			require.NoError(t, err, what)
			for i, o := range out {
				require.True(t, o.Shape().Compatible(facts[i].Shape), "%s: output %d: %v, inferred %v", what, i, o, facts[i])
			}
		}
		require.Greater(t, accepted, 20, "%s was hardly ever accepted", core.OpName(b.op))
	}
}

// facts are operands whose values are not known.
func facts(in []*core.Tensor) []core.Operand {
	out := make([]core.Operand, len(in))
	for i, x := range in {
		out[i] = core.Operand{Fact: x.Fact()}
	}
	return out
}

// TestTransposedConvolutionDecomposes compares the reference of ConvolutionBackpropData with
// what it decomposes to.
func TestTransposedConvolutionDecomposes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 4))
	for round := range 60 {
		s := geometry.Spatial{
			Layout:    geometry.Layout(round % 2),
			Strides:   []int{1 + random.IntN(3), 1 + random.IntN(3)},
			Dilations: []int{1 + random.IntN(2), 1},
			PadType:   geometry.PadType(1 + round/2%2),
		}
		y, w := core.Shape{1, 7 + random.IntN(4), 8, 2}, core.Shape{1 + random.IntN(3), 1 + random.IntN(4), 2, 3}
		if s.Layout == geometry.NCHW {
			y, w = core.Shape{1, 2, y[1], y[2]}, core.Shape{3, 2, w[0], w[1]}
		}
		forward, err := (&linear.Convolution{Spatial: s}).Infer([]core.Operand{
			{Fact: core.Fact{Type: core.F32, Shape: y}}, {Fact: core.Fact{Type: core.F32, Shape: w}},
		})
		require.NoError(t, err)
		sizes := tensor(t, core.Shape{4}, int32(y[0]), int32(y[1]), int32(y[2]), int32(y[3]))
		in := []*core.Tensor{sizes, normal(t, random, w), normal(t, random, forward[0].Shape)}
		op := &linear.ConvolutionBackpropData{Spatial: s}
		want := eval(t, op, in...)
		values := make([]core.Value, len(in))
		for i, x := range in {
			values[i] = core.NewConstant(x)
		}
		got, err := op.Decompose(values)
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, want.Bytes(), got[0].Folded().Bytes(), "round %d: %+v to %v by %v", round, s, y, w)
	}
}

// TestConstraintsOfFurtherOps has an op or inputs that violate each labelled constraint, and
// the text that says so.
func TestConstraintsOfFurtherOps(t *testing.T) {
	ops := func(o ...core.Operand) []core.Operand { return o }
	boolean := func(s ...int) core.Operand { return operand(core.Bool, s) }
	matrix := func(v ...int32) core.Operand {
		x := tensor(t, core.Shape{len(v) / 2, 2}, v...)
		return core.Operand{Fact: x.Fact(), Const: x}
	}
	nhwc := geometry.Spatial{Layout: geometry.NHWC}
	for _, c := range []struct {
		op   core.Op
		in   []core.Operand
		want string
	}{
		{
			&pointwise.Unary{Function: pointwise.Invert}, ops(f32(2)),
			"Unary: input 0: Invert: got type f32, want a type it is defined for (Unary-C2)",
		},
		{&pointwise.Binary{Function: 99}, ops(f32(), f32()), "Binary: unknown function 99 (Binary-C1)"},
		{
			&pointwise.Binary{Function: pointwise.Xlogy}, ops(i32(), i32()),
			"Binary: input 0: Xlogy: got type i32, want a type it is defined for (Binary-C1)",
		},
		{
			&pointwise.Binary{Function: pointwise.BitwiseOr}, ops(f32(), f32()),
			"Binary: input 0: BitwiseOr: got type f32, want a type it is defined for (Binary-C1)",
		},
		{&pointwise.Is{Class: 9}, ops(f32()), "Is: unknown class 9 (Is-C1)"},
		{&pointwise.Is{}, ops(i32()), "Is: input 0: got type i32, want a real type (Is-C2)"},
		{
			&array.BroadcastTo{}, ops(f32(2, 3), isI32(2, 4)),
			"BroadcastTo: input 1 (shape): got shape [2,4], to which [2,3] does not broadcast (BroadcastTo-C2)",
		},
		{
			&array.BroadcastTo{}, ops(f32(2, 3), i32(1)),
			"BroadcastTo: input 1 (shape): got a shape of rank 1, to which [2,3] does not broadcast (BroadcastTo-C2)",
		},
		{&reduce.Any{}, ops(f32()), "Any: input 0: got type f32, want boolean (Any-C1)"},
		{&pointwise.Assert{}, ops(f32(2), f32()), "Assert: input 1: condition: got type f32, want boolean (Assert-C1)"},
		{
			&pointwise.Assert{}, ops(f32(2), operand(core.Bool, core.Shape{1})),
			"Assert: input 1: condition: got shape [1], want [] (Assert-C2)",
		},
		{
			&reduce.All{BoolReduction: reduce.BoolReduction{Axes: []int{1}}}, ops(boolean(2)),
			"All: axis: got 1, want in [-1, 1) (All-C2)",
		},
		{
			&reduce.ArgMin{Type: core.I32}, ops(f32(0)),
			"ArgMin: input 0: got shape [0], want at least one element at axis 0 (ArgMin-C3)",
		},
		{
			&indexing.TopK{Type: core.I32}, ops(f32(), isI32(1)),
			"TopK: input 0 (x): got f32[], want numbers of rank 1 or more (TopK-C1)",
		},
		{
			&indexing.TopK{Type: core.I32}, ops(f32(2), isI32(3)),
			"TopK: input 1 (k): got 3 for shape [2], want 0 to the last dimension (TopK-C2)",
		},
		{&indexing.TopK{Type: core.F32}, ops(f32(2), isI32(1)), "TopK: type: got f32, want i16, i32 or i64 (TopK-C3)"},
		{
			&array.Range{}, ops(f32(), f32(), i32()),
			"Range: input 2 (delta): got i32[], want a number of shape [], of one type with the others (Range-C1)",
		},
		{
			&array.Range{}, ops(isI32(0), isI32(3), isI32(-1)),
			"Range: got start 0, limit 3 and delta -1, want a delta that leads from start to limit (Range-C2)",
		},
		{
			&array.LinSpace{}, ops(f32(), f32(2), i32()),
			"LinSpace: input 1 (stop): got f32[2], want a real of shape [], of one type with the other (LinSpace-C1)",
		},
		{
			&array.LinSpace{}, ops(f32(), f32(), isI32(0)),
			"LinSpace: input 2 (num): got 0, want in [1, 1099511627776] (LinSpace-C2)",
		},
		{&normalize.LogSoftmax{}, ops(f32()), "LogSoftmax: input 0: got shape [], want rank 1 or more (LogSoftmax-C2)"},
		{
			&array.SpaceToDepth{BlockSize: 1}, ops(f32(1, 2, 2, 1)),
			"SpaceToDepth: block size: got 1 in layout NCHW, want in [2, 16777216] (SpaceToDepth-C1)",
		},
		{
			&array.SpaceToDepth{Layout: geometry.NHWC, BlockSize: 2}, ops(f32(1, 3, 2, 1)),
			"SpaceToDepth: input 0: got shape [1,3,2,1], want a height and width that 2 divides (SpaceToDepth-C2)",
		},
		{
			&array.DepthToSpace{Layout: geometry.NHWC, BlockSize: 2}, ops(f32(1, 3, 2, 6)),
			"DepthToSpace: input 0: got shape [1,3,2,6], want channels that 4 divides (DepthToSpace-C2)",
		},
		{
			&array.SpaceToBatch{}, ops(f32(1, 3), vector(0), matrix(0, 0)),
			"SpaceToBatch: input 1 (block): got [0], want numbers in [1, 1099511627776] (SpaceToBatch-C1)",
		},
		{
			&array.SpaceToBatch{}, ops(f32(1, 3), vector(2), matrix(0, -1)),
			"SpaceToBatch: input 2 (paddings): got [0 -1], want numbers in [0, 1099511627776] (SpaceToBatch-C2)",
		},
		{
			&array.SpaceToBatch{}, ops(f32(1, 3), vector(2), matrix(0, 0)),
			"SpaceToBatch: input 1 (block): got block [2] and paddings [0 0] for shape [1,3], want block sizes that divide " +
				"the padded dimensions (SpaceToBatch-C3)",
		},
		{
			&array.BatchToSpace{}, ops(f32(3, 3), vector(2), matrix(0, 0)),
			"BatchToSpace: input 1 (block): got block [2] for shape [3,3], want a product that divides the batch " +
				"(BatchToSpace-C3)",
		},
		{
			&array.BatchToSpace{}, ops(f32(2, 1), vector(2), matrix(2, 1)),
			"BatchToSpace: input 2 (crops): got crops [2 1] of a dimension of 2 (BatchToSpace-C2)",
		},
		{
			&indexing.GatherND{}, ops(f32(3), f32(1)),
			"GatherND: input 1 (indices): got f32[1], want i16, i32 or i64 of rank 1 or more (GatherND-C1)",
		},
		{
			&indexing.GatherND{}, ops(f32(3), i32(2)),
			"GatherND: input 1 (indices): got shape [2], want at most 1 indices into shape [3] (GatherND-C2)",
		},
		{
			&indexing.ScatterND{}, ops(f32(3), i32(2, 1), f32(3)),
			"ScatterND: input 2 (updates): got shape [3], want [2] (ScatterND-C4)",
		},
		{&indexing.ScatterND{Mode: 7}, ops(f32(3), i32(2, 1), f32(2)), "ScatterND: unknown mode 7 (ScatterND-C5)"},
		{
			&reduce.CumSum{}, ops(boolean(2)),
			"CumSum: input 0: got type boolean, want an integer type other than u64, or a real type (CumSum-C1)",
		},
		{
			&reduce.CumProd{Cumulative: reduce.Cumulative{Axis: 1}}, ops(f32(2)),
			"CumProd: axis: got 1, want in [-1, 1) (CumProd-C2)",
		},
		{&array.Reverse{Axes: []int{0, 0}}, ops(f32(2)), "Reverse: axes: got [0 0], want each axis once (Reverse-C1)"},
		{
			&indexing.InvertPermutation{}, ops(vector(0, 0)),
			"InvertPermutation: input 0: got [0 0], want each of 0 to 1 once (InvertPermutation-C2)",
		},
		{
			&array.BroadcastShape{}, ops(vector(2), vector(3)),
			"BroadcastShape: input 1: got shape [3], which does not broadcast with [2] (BroadcastShape-C2)",
		},
		{
			&pointwise.Bucketize{Boundaries: []float32{2, 1}}, ops(f32()),
			"Bucketize: boundaries: got 2 before 1, want numbers that do not fall (Bucketize-C2)",
		},
		{&normalize.LRN{}, ops(f32(2)), "LRN: input 0: got shape [2], want rank 4 (LRN-C1)"},
		{
			&normalize.LRN{Radius: -1}, ops(f32(1, 1, 1, 1)),
			"LRN: got radius -1, bias 0, alpha 0 and beta 0, want radius >= 0 and finite numbers (LRN-C2)",
		},
		{
			&pointwise.SelectRows{}, ops(f32(2), f32(2), f32(2)),
			"SelectRows: input 0 (condition): got type f32, want boolean (SelectRows-C1)",
		},
		{
			&pointwise.SelectRows{}, ops(boolean(2), f32(2), f32(3)),
			"SelectRows: input 2 (b): got f32[3], want a's f32[2] (SelectRows-C2)",
		},
		{
			&pointwise.SelectRows{}, ops(boolean(3), f32(2, 3), f32(2, 3)),
			"SelectRows: input 0 (condition): got shape [3], want [], [2,3] or its first dimension (SelectRows-C3)",
		},
		{
			&linear.ConvolutionBackpropData{Spatial: nhwc}, ops(vector(1, 3, 2), f32(2, 2, 3), f32(1, 4, 3)),
			"ConvolutionBackpropData: input 2 (gradient): got shape [1,4,3], " +
				"want [1,2,3], which a convolution makes of [1,3,2] (ConvolutionBackpropData-C2)",
		},
		{
			&linear.ConvolutionBackpropData{Spatial: nhwc}, ops(vector(1, 3, 9), f32(2, 2, 3), f32(1, 2, 3)),
			"ConvolutionBackpropData: input 0 (sizes): got [1 3 9], want a shape like [1,?,2] (ConvolutionBackpropData-C2)",
		},
		{
			&linear.ConvolutionBackpropData{}, ops(i32(3), f32(1, 2, 3), i32(1, 2, 3)),
			"ConvolutionBackpropData: input 2 (gradient): got type i32, want one of [f32 f64] (ConvolutionBackpropData-C1)",
		},
		{
			&vision.Resize{AlignCorners: true, HalfPixelCenters: true}, ops(f32(1, 2, 2, 1), i32(2)),
			"Resize: got both align_corners and half_pixel_centers, want one at most (Resize-C1)",
		},
		{
			&vision.Resize{}, ops(f32(1, 0, 2, 1), i32(2)),
			"Resize: input 0 (x): got shape [1,0,2,1], want [N, H, W, C] with H and W >= 1 (Resize-C2)",
		},
		{
			&vision.Resize{}, ops(f32(1, 2, 2, 1), vector(0, 1)),
			"Resize: input 1 (size): got size [0 1], want each in [1, 16777216] (Resize-C3)",
		},
		{
			&vision.CropAndResize{}, ops(f32(1, 2, 2, 1), f32(3, 4), i32(2), i32(2)),
			"CropAndResize: input 1 (boxes): got boxes f32[3,4] and indices i32[2], want f32[?,4] and i32 of as many " +
				"(CropAndResize-C2)",
		},
		{
			&vision.CropAndResize{}, ops(f32(1, 2, 2, 1), f32(3, 4), i32(3), vector(1, 0)),
			"CropAndResize: input 3 (size): got size [1 0], want each in [1, 16777216] (CropAndResize-C3)",
		},
		{
			&vision.ExtractPatches{Spatial: nhwc, Window: []int{2}}, ops(f32(1, 2, 2, 1)),
			"ExtractPatches: got window [2] in layout NHWC with data dilations [], " +
				"want two sizes >= 1, NHWC, none (ExtractPatches-C2)",
		},
		{
			&pooling.MaxPoolWithArgmax{Spatial: nhwc, Window: []int{2, 2}}, ops(f32(1, 2, 2, 1)),
			"MaxPoolWithArgmax: input 0: got f32[1,2,2,1] with dynamic for argmax, " +
				"want numbers of rank 4, and i32 or i64 (MaxPoolWithArgmax-C1)",
		},
		{
			&vision.NonMaxSuppression{}, ops(f32(3, 4), f32(2), i32(), f32(), f32(), f32()),
			"NonMaxSuppression: input 1 (scores): got boxes f32[3,4] and scores f32[2], want [n,4] and [n] of one real type " +
				"(NonMaxSuppression-C1)",
		},
		{
			&vision.NonMaxSuppression{}, ops(f32(3, 4), f32(3), isI32(-1), f32(), f32(), f32()),
			"NonMaxSuppression: input 2 (max): got -1, want >= 0, and at most 16777216 if padded (NonMaxSuppression-C2)",
		},
		{
			&vision.NonMaxSuppression{}, ops(f32(3, 4), f32(3), i32(), is32(2), f32(), f32()),
			"NonMaxSuppression: input 3 (iou_threshold): got 2, want in [0, 1] (NonMaxSuppression-C3)",
		},
		{
			&vision.CombinedNonMaxSuppression{}, ops(f32(1, 3, 2, 4), f32(1, 3, 4), i32(), i32(), f32(), f32()),
			"CombinedNonMaxSuppression: input 1 (scores): got f32[1,3,4] for boxes of shape [1,3,2,4], " +
				"want f32[batch,n,classes] (CombinedNonMaxSuppression-C1)",
		},
		{
			&vision.CombinedNonMaxSuppression{}, ops(f32(1, 3, 1, 4), f32(1, 3, 4), isI32(0), i32(), f32(), f32()),
			"CombinedNonMaxSuppression: input 2 (max_per_class): got 0, want in [1, 16777216] (CombinedNonMaxSuppression-C2)",
		},
		{&indexing.Where{}, ops(boolean()), "Where: input 0: got shape [], want rank 1 or more (Where-C1)"},
		{
			&indexing.Unique{Type: core.I32}, ops(i32()),
			"Unique: input 0: got shape [], want rank 1 or more (Unique-C1)",
		},
		{
			&array.EnsureShape{Shape: core.Shape{2}}, ops(f32(3)),
			"EnsureShape: input 0: got shape [3], want [2] (EnsureShape-C1)",
		},
		{
			&array.Bitcast{Type: core.Bool}, ops(u8(3)),
			"Bitcast: input 0: got u8 to make boolean of, want types of a fixed size, not boolean (Bitcast-C1)",
		},
		{
			&array.Bitcast{Type: core.I32}, ops(u8(3)),
			"Bitcast: input 0: got shape [3] of u8, want 4 as the last dimension to make i32 (Bitcast-C2)",
		},
		{
			&array.BandPart{}, ops(f32(3), i32(), i32()),
			"BandPart: input 0 (x): got f32[3], want rank 2 or more, not string (BandPart-C1)",
		},
		{
			&array.BandPart{}, ops(f32(3, 2), i32(), isI32(3)),
			"BandPart: input 2 (upper): got 3 for shape [3,2], want at most 2 (BandPart-C2)",
		},
		{&array.Roll{Shifts: []int{1}}, ops(f32(2)), "Roll: got 1 shifts for 0 axes (Roll-C1)"},
		{&array.Roll{Shifts: []int{1}, Axes: []int{1}}, ops(f32(2)), "Roll: axis: got 1, want in [-1, 1) (Roll-C2)"},
		{&array.Roll{}, ops(f32()), "Roll: input 0: got shape [], want rank 1 or more (Roll-C3)"},
		{
			&array.DynPad{}, ops(f32(2), i32(1), f32()),
			"DynPad: input 1 (paddings): got i32[1], want i32 or i64 of shape [1,2] (DynPad-C1)",
		},
		{
			&array.DynPad{}, ops(f32(2), matrix(-1, 0), f32()),
			"DynPad: got paddings below [-1] and above [0], want each in [0, 16777216] (DynPad-C2)",
		},
		{&array.DynPad{}, ops(f32(2), i32(1, 2), f32(1)), "DynPad: input 2 (value): got f32[1], want f32[] (DynPad-C2)"},
		{
			&linear.Einsum{Equation: "ab"}, ops(f32(2, 3)),
			`Einsum: equation: got "ab" for 1 inputs, want one or two, and an output behind -> (Einsum-C1)`,
		},
		{
			&linear.Einsum{Equation: "aa->a"}, ops(f32(2, 2)),
			`Einsum: equation: got "aa->a", want each letter once in an input, and in the output (Einsum-C1)`,
		},
		{
			&linear.Einsum{Equation: "ab->ac"}, ops(f32(2, 3)),
			`Einsum: equation: got "ab->ac", whose output has "c", which no input has (Einsum-C1)`,
		},
		{
			&linear.Einsum{Equation: "ab->a"}, ops(boolean(2, 3)),
			"Einsum: got type boolean, want one of [f32 f64 i32 i64] (Einsum-C2)",
		},
		{
			&linear.Einsum{Equation: "ab->a"}, ops(f32(2)),
			`Einsum: input 0: got shape [2], want the dimensions of "ab->a" (Einsum-C3)`,
		},
		{
			&linear.Einsum{Equation: "ab,bc->ac"}, ops(f32(2, 3), f32(4, 5)),
			"Einsum: input 1: got 4 for a dimension that is 3 in the other input (Einsum-C3)",
		},
	} {
		t.Run(c.want, func(t *testing.T) {
			_, err := core.NewNode(c.op, testgraph.Values(t, c.in)...)
			require.EqualError(t, err, c.want)
		})
	}
}
