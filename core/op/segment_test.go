package op_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// sparseOps are baselines of ops on segments and on sparse tensors.
func sparseOps(t *testing.T) []baseline {
	f := func(s ...int) *core.Tensor {
		x, err := core.NewTensor(core.F32, s)
		require.NoError(t, err)
		for i := range core.Data[float32](x) {
			core.Data[float32](x)[i] = float32(i*i%17) - 5
		}
		return x
	}
	ids := tensor(t, core.Shape{4}, int32(0), 0, 2, 3)
	at := tensor(t, core.Shape{3, 2}, int64(0), 1, 2, 0, 2, 3)
	shape, count := tensor(t, core.Shape{2}, int64(3), 4), core.Scalar(int32(5))
	return []baseline{
		{&reduce.SegmentReduce{Mode: reduce.SegmentMean}, []*core.Tensor{f(4, 3), ids}},
		{&reduce.SegmentReduce{Mode: reduce.SegmentMax}, []*core.Tensor{f(4), ids}},
		{&reduce.UnsortedSegmentReduce{Mode: reduce.SegmentProd}, []*core.Tensor{f(4, 3), ids, count}},
		{&reduce.SparseSegmentReduce{Mode: reduce.SegmentSqrtN}, []*core.Tensor{f(5, 3), ids, ids}},
		{&reduce.SparseSegmentReduce{}, []*core.Tensor{f(5, 3), ids, ids, count}},
		{&indexing.SparseFillEmptyRows{}, []*core.Tensor{at, f(3), shape, core.Scalar(float32(7))}},
		{&indexing.SparseReshape{}, []*core.Tensor{at, shape, tensor(t, core.Shape{2}, int64(-1), 2)}},
		{&linear.SparseDot{TransposeB: true}, []*core.Tensor{at, f(3), shape, f(2, 4)}},
	}
}

func TestSparseConstraints(t *testing.T) {
	ops := func(o ...core.Operand) []core.Operand { return o }
	i64 := func(s ...int) core.Operand { return operand(core.I64, s) }
	long := func(v ...int64) core.Operand { return constantOf(t, core.Shape{len(v)}, v) }
	pairs := func(v ...int64) core.Operand { return constantOf(t, core.Shape{len(v) / 2, 2}, v) }
	sum, any := &reduce.SegmentReduce{}, &reduce.UnsortedSegmentReduce{}
	sparse, fill, reshape, dot := &reduce.SparseSegmentReduce{}, &indexing.SparseFillEmptyRows{},
		&indexing.SparseReshape{}, &linear.SparseDot{}
	for _, c := range []struct {
		op         core.Op
		in         []core.Operand
		constraint string
		want       string
	}{
		{sum, ops(f32(), i32(1)), "C1", "input 0 (x): got f32[], want numbers of rank 1 or more"},
		{sum, ops(f32(2), f32(2)), "C2", "input 1 (ids): got type f32, want one of [i32 i64]"},
		{sum, ops(f32(2), i32(1, 2)), "C2", "input 1 (ids): got shape [1,2], want a vector"},
		{sum, ops(f32(2), i32(3)), "C2", "input 1 (ids): got shape [3], want [2]"},
		{
			sum, ops(f32(3), vector(0, 2, 1)), "C3",
			"input 1 (ids): got 1 at 2 behind 2, want ids of 0 or more that do not decrease",
		},
		{
			&reduce.SegmentReduce{Mode: reduce.SegmentSqrtN}, ops(f32(3), i32(3)), "C4",
			"got mode SqrtN, want Sum, Mean, Prod, Max or Min",
		},
		{any, ops(operand(core.Bool, nil), i32(), i32()), "C1", "input 0 (x): got type boolean, want numbers"},
		{any, ops(f32(2, 3), i32(3), i32()), "C2", "input 1 (ids): got shape [3], want the beginning of [2,3]"},
		{any, ops(f32(2), i32(2), i32(1)), "C3", "input 2 (count): got shape [1], want a scalar"},
		{any, ops(f32(2), i32(2), isI32(-1)), "C3", "input 2 (count): got -1, want 0 or more"},
		{any, ops(f32(2), vector(-1, 2), isI32(2)), "C4", "input 1 (ids): got 2 at 1, want less than 2"},
		{
			&reduce.UnsortedSegmentReduce{Mode: reduce.SegmentMean}, ops(f32(2), i32(2), i32()), "C5",
			"got mode Mean, want Sum, Prod, Max or Min",
		},
		{sparse, ops(f32(), i32(1), i32(1)), "C1", "input 0 (table): got f32[], want numbers of rank 1 or more"},
		{sparse, ops(f32(2), i32(1), i32(2)), "C2", "input 2 (ids): got shape [2], want [1]"},
		{
			sparse, ops(f32(2), i32(1), vector(-1)), "C3",
			"input 2 (ids): got -1 at 0 behind 0, want ids of 0 or more that do not decrease",
		},
		{sparse, ops(f32(2), vector(2), i32(1)), "C4", "input 1 (indices): got 2 at 0, want in [0, 2)"},
		{sparse, ops(f32(2), i32(1), vector(2), isI32(2)), "C5", "input 3 (count): got 2 for ids up to 2, want more"},
		{
			&reduce.SparseSegmentReduce{Mode: reduce.SegmentMean}, ops(i32(2), i32(1), i32(1)), "C6",
			"got mode Mean of i32, want Sum, or Mean or SqrtN of reals",
		},
		{sparse, ops(f32(2), i32(1)), "", "got 2 inputs, want 3 or 4"},
		{fill, ops(i32(1, 2), f32(1), i64(2), f32()), "C1", "input 0 (indices): got i32[1,2], want a matrix of i64"},
		{fill, ops(i64(1, 2), f32(2), i64(2), f32()), "C2", "input 1 (values): got shape [2], want [1]"},
		{
			fill, ops(i64(1, 2), f32(1), i64(3), f32()), "C3",
			"input 2 (shape): got i64[3] for indices of shape [1,2], want i64[2], not empty",
		},
		{fill, ops(i64(1, 2), f32(1), long(-1, 2), f32()), "C3", "input 2 (shape): got -1 rows, want 0 or more"},
		{
			fill, ops(i64(1, 2), f32(1), i64(2), i32()), "C4",
			"input 3 (default): got i32[], want a scalar of type f32",
		},
		{
			fill, ops(pairs(0, 1, 3, 0), f32(2), long(3, 2), f32()), "C5",
			"input 0 (indices): got row 3 at 1, want in [0, 3)",
		},
		{reshape, ops(i64(2), i64(2), i64(2)), "C1", "input 0 (indices): got i64[2], want a matrix of i64"},
		{
			reshape, ops(i64(1, 2), i64(3), i64(2)), "C2",
			"input 1 (shape): got i64[3] for indices of shape [1,2], want i64[2]",
		},
		{
			reshape, ops(i64(0, 2), long(1<<40, 1<<40), long(1)), "C2",
			"input 1 (shape): got [1099511627776 1099511627776], want dimensions of 0 or more whose product is an i64",
		},
		{reshape, ops(i64(1, 2), i64(2), i64()), "C3", "input 2 (to): got i64[], want a vector of i64"},
		{
			reshape, ops(i64(1, 2), long(2, 3), long(-1, -1)), "C3",
			"input 2 (to): got [1 -1], want dimensions of 0 or more whose product is an i64",
		},
		{
			reshape, ops(i64(1, 2), long(2, 3), long(4, -1)), "C4",
			"input 2 (to): got [4 -1], want a shape of the 6 elements of [2 3]",
		},
		{
			reshape, ops(i64(1, 2), long(0, 3), long(3, 0)), "C4",
			"input 0 (indices): got 1 indices, want none into [0 3]",
		},
		{dot, ops(i64(1, 3), f32(1), i64(2), f32(2, 2)), "C1", "input 0 (indices): got shape [1,3], want [z,2]"},
		{
			dot, ops(i64(1, 2), f32(2), i64(2), f32(2, 2)), "C1",
			"input 1 (values): got f32[2], want reals or i32 of shape [1]",
		},
		{dot, ops(i64(1, 2), f32(1), i64(3), f32(2, 2)), "C2", "input 2 (shape): got i64[3], want i64[2]"},
		{dot, ops(i64(1, 2), f32(1), long(-1, 2), f32(2, 2)), "C2", "input 2 (shape): got [-1 2], want 0 or more"},
		{dot, ops(i64(1, 2), f32(1), i64(2), f32(2)), "C3", "input 3 (b): got f32[2], want a matrix of type f32"},
		{
			dot, ops(i64(1, 2), f32(1), long(2, 3), f32(2, 2)), "C3",
			"input 3 (b): got shape [2,2] for a of shape [2 3]",
		},
		{
			dot, ops(pairs(0, 1, 2, 1), f32(2), long(2, 2), f32(2, 2)), "C4",
			"input 0 (indices): got [2 1] at 1, want one inside [2 2]",
		},
	} {
		t.Run(c.constraint+" "+c.want, func(t *testing.T) {
			_, err := core.NewNode(c.op, testgraph.Values(t, c.in)...)
			name := core.OpName(c.op)
			want := name + ": " + c.want
			if c.constraint != "" {
				want += " (" + name + "-" + c.constraint + ")"
			}
			require.EqualError(t, err, want)
		})
	}
}

func constantOf[T core.Element](t *testing.T, s core.Shape, v []T) core.Operand {
	x, err := core.TensorOf(s, v)
	require.NoError(t, err)
	return core.Operand{Fact: x.Fact(), Const: x}
}

// TestMeanOfManyBytes divides by how many rows a segment has as a byte, unless that is 0.
func TestMeanOfManyBytes(t *testing.T) {
	const want = "SegmentReduce: input 1 (ids): got a segment of 256 rows, which is 0 as u8 (SegmentReduce-C5)"
	for _, rows := range []int{255, 256, 257} {
		x, err := core.NewTensor(core.U8, core.Shape{rows})
		require.NoError(t, err)
		ids, err := core.NewTensor(core.I32, core.Shape{rows})
		require.NoError(t, err)
		_, err = core.EvalOp(&reduce.SegmentReduce{Mode: reduce.SegmentMean}, []*core.Tensor{x, ids})
		if rows == 256 {
			require.EqualError(t, err, want)
			continue
		}
		require.NoError(t, err)
	}
}

// TestSegmentsAreBounded refuses to allocate rows up to an id that is too large.
func TestSegmentsAreBounded(t *testing.T) {
	x := tensor(t, core.Shape{1, 2}, float32(1), 2)
	zero := tensor(t, core.Shape{1}, int32(0))
	for _, id := range []int64{1 << 31, 1 << 45, math.MaxInt64 - 1, math.MaxInt64} {
		ids := tensor(t, core.Shape{1}, id)
		_, err := core.EvalOp(&reduce.SegmentReduce{}, []*core.Tensor{x, ids})
		require.Error(t, err)
		_, err = core.EvalOp(&reduce.SparseSegmentReduce{}, []*core.Tensor{x, zero, ids})
		require.Error(t, err)
		_, err = core.EvalOp(&reduce.UnsortedSegmentReduce{}, []*core.Tensor{x, zero, core.Scalar(id)})
		require.Error(t, err)
		at := tensor(t, core.Shape{1, 2}, int64(0), 0)
		shape := tensor(t, core.Shape{2}, id, 3)
		_, err = core.EvalOp(&indexing.SparseFillEmptyRows{}, []*core.Tensor{at, zero, shape, core.Scalar(int32(1))})
		require.Error(t, err)
		b := tensor(t, core.Shape{3, 1}, float32(1), 2, 3)
		_, err = core.EvalOp(&linear.SparseDot{}, []*core.Tensor{at, tensor(t, core.Shape{1}, float32(1)), shape, b})
		require.Error(t, err)
	}
}
