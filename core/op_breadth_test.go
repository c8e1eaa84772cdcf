package core_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

// furtherBaselines are those of the ops that stand beside the quantized ones in real graphs.
func furtherBaselines(t testing.TB) []baseline {
	f := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 2)), s) }
	i := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	n := func(v int32) *core.Tensor { return core.Scalar(v) }
	r := func(v float32) *core.Tensor { return core.Scalar(v) }
	pairs := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v) / 2, 2}, v...) }
	b := eval(t, &core.Compare{Relation: core.Less}, f(2, 3), r(0))
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	nhwc := core.Spatial{Layout: core.NHWC, Strides: []int{2, 1}, PadType: core.PadSameUpper}
	return []baseline{
		{&core.Unary{Function: core.Softplus}, in(f(2, 3))},
		{&core.Unary{Function: core.Invert}, in(i(1, 2))},
		{&core.Binary{Function: core.DivideNoNan}, in(f(2, 3), f(3))},
		{&core.Binary{Function: core.LeftShift}, in(i(6, 7), i(2, 3))},
		{&core.Is{Class: core.Finite}, in(f(2, 3))},
		{&core.Any{BoolReduction: core.BoolReduction{Axes: []int{1}}}, in(b)},
		{&core.All{BoolReduction: core.BoolReduction{Axes: []int{0}, KeepDims: true}}, in(b)},
		{&core.ArgMin{Axis: 1, Type: core.I32}, in(f(2, 3))},
		{&core.TopK{Type: core.I32}, in(f(2, 5), n(2))},
		{&core.Range{}, in(n(0), n(7), n(2))},
		{&core.LinSpace{}, in(r(0), r(1), n(4))},
		{&core.LogSoftmax{}, in(f(2, 3))},
		{&core.SpaceToDepth{Layout: core.NHWC, BlockSize: 2}, in(f(1, 4, 6, 2))},
		{&core.DepthToSpace{Layout: core.NCHW, BlockSize: 2}, in(f(1, 8, 2, 3))},
		{&core.SpaceToBatch{}, in(f(1, 3, 4, 2), i(2, 2), pairs(1, 0, 0, 0))},
		{&core.BatchToSpace{}, in(f(4, 2, 2, 1), i(2, 2), pairs(1, 0, 0, 1))},
		{&core.GatherND{}, in(f(2, 3), pairs(0, 1, 1, 2))},
		{&core.ScatterND{Mode: core.ScatterAdd}, in(f(2, 3), pairs(0, 1, 1, 2), f(2))},
		{&core.CumSum{Cumulative: core.Cumulative{Axis: 1}}, in(f(2, 3))},
		{&core.CumProd{Cumulative: core.Cumulative{Axis: 0, Exclusive: true, Reverse: true}}, in(i(1, 2, 3))},
		{&core.Reverse{Axes: []int{1}}, in(f(2, 3))},
		{&core.InvertPermutation{}, in(i(2, 0, 1))},
		{&core.BroadcastShape{}, in(i(2, 3), i(1))},
		{&core.Bucketize{Boundaries: []float32{-1, 0, 1}}, in(f(2, 3))},
		{&core.LRN{Radius: 1, Bias: 1, Alpha: 0.1, Beta: 0.5}, in(f(1, 2, 2, 5))},
		{&core.SelectRows{}, in(tensor(t, core.Shape{2}, true, false), f(2, 3), f(2, 3))},
		{&core.ConvolutionBackpropData{Spatial: nhwc}, in(i(1, 4, 5, 2), f(2, 2, 2, 3), f(1, 2, 5, 3))},
		{&core.Resize{HalfPixelCenters: true}, in(f(1, 3, 4, 2), i(5, 2))},
		{&core.Resize{Mode: core.ResizeNearest, AlignCorners: true}, in(f(1, 3, 4, 2), i(5, 2))},
		{&core.Resize{Mode: core.ResizeBicubic}, in(f(1, 3, 4, 2), i(5, 2))},
		{&core.CropAndResize{}, in(f(1, 3, 4, 2), f(2, 4), i(0, 0), i(2, 3))},
		{&core.ExtractPatches{Spatial: nhwc, Window: []int{2, 2}}, in(f(1, 4, 5, 2))},
		{&core.MaxPoolWithArgmax{Spatial: nhwc, Window: []int{2, 2}, Type: core.I64}, in(f(1, 4, 5, 2))},
		{&core.CombinedNonMaxSuppression{ClipBoxes: true}, in(f(1, 5, 1, 4), f(1, 5, 2), n(2), n(3), r(0.5), r(0))},
		{&core.EnsureShape{Shape: core.Shape{2, core.Unknown}}, in(f(2, 3))},
		{&core.Bitcast{Type: core.U8}, in(f(2, 3))},
		{&core.Bitcast{Type: core.I64}, in(i(2, 3))},
		{&core.BandPart{}, in(f(3, 4), n(1), n(-1))},
		{&core.Einsum{Equation: "...ij,jk->...ik"}, in(f(2, 2, 3), f(3, 2))},
	}
}

// TestDamagedDynamicOpsNeverPanic is TestDamagedOpsNeverPanic for ops whose outputs' shapes
// depend on data.
func TestDamagedDynamicOpsNeverPanic(t *testing.T) {
	r := func(v float32) *core.Tensor { return core.Scalar(v) }
	x := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 3)), s) }
	for n, b := range []baseline{
		{&core.Where{}, []*core.Tensor{x(2, 3)}},
		{&core.Unique{Type: core.I32}, []*core.Tensor{tensor(t, core.Shape{4}, int32(1), 2, 1, 3)}},
		{&core.NonMaxSuppression{}, []*core.Tensor{x(5, 4), x(5), core.Scalar(int32(3)), r(0.5), r(-2), r(0)}},
		{&core.NonMaxSuppression{Pad: true}, []*core.Tensor{x(5, 4), x(5), core.Scalar(int32(3)), r(0.5), r(-2), r(0.5)}},
	} {
		accepted := 0
		for round := range 400 {
			random := rand.New(rand.NewPCG(uint64(round), uint64(n)))
			op, in := damage(t, random, b)
			what := fmt.Sprintf("seed (%d, %d): %s %+v of %v", round, n, core.OpName(op), op, in)
			out, err := core.EvalOp(op, in)
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
		s := core.Spatial{Layout: core.Layout(round % 2), Strides: []int{1 + random.IntN(3), 1 + random.IntN(3)}, Dilations: []int{1 + random.IntN(2), 1}, PadType: core.PadType(1 + round/2%2)}
		y, w := core.Shape{1, 7 + random.IntN(4), 8, 2}, core.Shape{1 + random.IntN(3), 1 + random.IntN(4), 2, 3}
		if s.Layout == core.NCHW {
			y, w = core.Shape{1, 2, y[1], y[2]}, core.Shape{3, 2, w[0], w[1]}
		}
		forward, err := (&core.Convolution{Spatial: s}).Infer([]core.Operand{{Fact: core.Fact{Type: core.F32, Shape: y}}, {Fact: core.Fact{Type: core.F32, Shape: w}}})
		require.NoError(t, err)
		sizes := tensor(t, core.Shape{4}, int32(y[0]), int32(y[1]), int32(y[2]), int32(y[3]))
		in := []*core.Tensor{sizes, normal(t, random, w), normal(t, random, forward[0].Shape)}
		op := &core.ConvolutionBackpropData{Spatial: s}
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
