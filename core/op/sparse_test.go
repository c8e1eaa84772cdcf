package op_test

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/sparse"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// raggedBaselines are those of the ops of package sparse, and of those beside them.
func raggedBaselines(t *testing.T) []baseline {
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	ids := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	long := func(v ...int64) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	rows := tensor(t, core.Shape{3, 2}, float32(1), 2, 3, 4, 5, 6)
	words := texts(t, "a", "b", "c")
	pairs := func(v ...int64) *core.Tensor { return tensor(t, core.Shape{len(v) / 2, 2}, v...) }
	return []baseline{
		{&sparse.DynamicPartition{Partitions: 3}, in(rows, ids(2, 0, 2))},
		{&sparse.DynamicPartition{Partitions: 2}, in(words, ids(1, 0, 1))},
		{&sparse.DynamicStitch{}, in(ids(3, 0), ids(2, 1, 5), tensor(t, core.Shape{2, 2}, float32(1), 2, 3, 4), rows)},
		{&sparse.DynamicStitch{}, in(ids(4, 0, 2), words)},
		{&indexing.UnravelIndex{}, in(long(5, 0, 11), long(3, 4))},
		{
			&sparse.RaggedToDense{Partitions: []sparse.Partition{sparse.RowSplits}},
			in(long(-1, -1, 2), rows, core.Scalar(float32(7)), ids(0, 1, 1, 3)),
		},
		{
			&sparse.RaggedToDense{Partitions: []sparse.Partition{sparse.FirstDimSize, sparse.ValueRows}},
			in(core.Scalar(int32(-1)), words, label(t, "-"), core.Scalar(int64(4)), long(1, 1, 3)),
		},
		{&sparse.RaggedToSparse{}, in(ids(0, 2), ids(0, 1, 3), rows)},
		{&sparse.RaggedGather{Ragged: 1, Rank: 1}, in(ids(0, 1, 1, 3), rows, long(2, 0, 2))},
		{&sparse.RaggedGather{Ragged: 2, Rank: 0}, in(ids(0, 1, 2), ids(0, 2, 3), words, core.Scalar(int32(0)))},
		{&sparse.RaggedRange{Splits: core.I64}, in(ids(3, 0), core.Scalar(int32(9)), ids(2, 4))},
		{
			&sparse.RaggedRange{Splits: core.I32},
			in(core.Scalar(float32(0)), core.Scalar(float32(0.35)), core.Scalar(float32(0.1))),
		},
		{&sparse.SparseReorder{}, in(pairs(1, 0, 0, 1, 0, 0), words, long(2, 2))},
		{&sparse.SparseSlice{}, in(pairs(0, 1, 1, 0, 1, 2), words, long(2, 3), long(0, 1), long(2, 9))},
		{
			&sparse.SparseConcat{Axis: 1},
			in(pairs(0, 1, 1, 0, 1, 2), pairs(0, 0), words, texts(t, "d"), long(2, 3), long(2, 1)),
		},
		{&sparse.DenseAt{}, in(pairs(0, 1, 2, 0), long(3, 2), tensor(t, core.Shape{3, 1}, float32(1), 2, 3))},
		{&sparse.SparseCross{Sparse: 1, Separator: "-"}, in(pairs(0, 0, 0, 1, 1, 0), words, long(2, 2), pairs(7, 8, 9, 10))},
		{
			&sparse.SparseCross{Sparse: 1, Crossing: sparse.CrossHash, Buckets: 100, Key: []int64{3, 0}},
			in(pairs(0, 0, 0, 1, 1, 0), words, long(2, 2), pairs(7, 8, 9, 10)),
		},
	}
}

func TestSparseTensorConstraints(t *testing.T) {
	ops := func(o ...core.Operand) []core.Operand { return o }
	i64 := func(s ...int) core.Operand { return operand(core.I64, s) }
	long := func(v ...int64) core.Operand { return constantOf(t, core.Shape{len(v)}, v) }
	pairs := func(v ...int64) core.Operand { return constantOf(t, core.Shape{len(v) / 2, 2}, v) }
	order, part, concat, at := &sparse.SparseReorder{}, &sparse.SparseSlice{}, &sparse.SparseConcat{}, &sparse.DenseAt{}
	hash := &sparse.SparseCross{Sparse: 1, Crossing: sparse.CrossHash, Key: []int64{1, 2}}
	checkRefused(t, []refused{
		{order, ops(i32(2, 2), f32(2), i64(2)), "C1", "input 0 (indices): got i32[2,2], want a matrix of i64"},
		{order, ops(i64(2, 2), f32(3), i64(2)), "C1", "input 1 (values): got shape [3], want [2]"},
		{order, ops(i64(2, 2), f32(2), i64(3)), "C1", "input 2 (shape): got i64[3], want i64[2]"},
		{part, ops(i64(2), f32(2), i64(2), i64(2), i64(2)), "C1", "input 0 (indices): got i64[2], want a matrix of i64"},
		{part, ops(i64(2, 2), f32(2), i64(2), i64(3), i64(2)), "C2", "input 3 (start): got i64[3], want i64[2]"},
		{part, ops(i64(2, 2), f32(2), i64(2), i64(2), long(1, -1)), "C2", "input 4 (size): got -1 at 1, want 0 or more"},
		{concat, ops(i64(2, 2), f32(2)), "C1", "got 2 inputs, want indices, values and shapes"},
		{
			concat, ops(i64(2, 2), i64(2, 2), f32(2), i32(2), i64(2), i64(2)), "C2",
			"input 3: got type i32, want f32 as the others",
		},
		{
			concat, ops(i64(2, 2), i64(2, 3), f32(2), f32(2), i64(2), i64(3)), "C3",
			"input 5: got rank 3, want 2 as the others",
		},
		{&sparse.SparseConcat{Axis: 2}, ops(i64(2, 2), f32(2), i64(2)), "C3", "axis: got 2, want in [-2, 2)"},
		{
			concat, ops(i64(1, 2), i64(1, 2), f32(1), f32(1), long(2, 3), long(2, 4)), "C4",
			"input 5: got [2 4], want [2 3] but for axis 0",
		},
		{at, ops(i64(2), i64(2), f32(2)), "C1", "input 0 (indices): got i64[2], want a matrix of i64"},
		{at, ops(i64(2, 2), i64(3), f32(2)), "C1", "input 1 (shape): got i64[3], want i64[2]"},
		{at, ops(i64(2, 2), i64(2), f32(1, 1, 1)), "C2", "input 2 (x): got shape [1,1,1], want rank 2 or less"},
		{at, ops(i64(2, 2), long(2, 3), f32(2)), "C2", "input 2 (x): got shape [2], want one that broadcasts to [2 3]"},
		{at, ops(pairs(0, 3), long(2, 3), f32()), "C3", "input 0 (indices): got 3 at 1, want one inside [2 3]"},
		{hash, ops(i64(2, 3), i64(2), i64(3)), "C1", "input 0: got shape [2,3], want [n,2]"},
		{hash, ops(i64(2, 2), f32(2), i64(2)), "C1", "input 1: got type f32, want i64 or string"},
		{hash, ops(i64(2, 2), i64(2), i64(2), i64(3)), "C2", "input 3: got i64[3], want a matrix of i64 or string"},
		{
			&sparse.SparseCross{Crossing: sparse.CrossHash}, ops(), "C4",
			"got 0 inputs for 0 sparse tensors, crossing Hash and key []",
		},
	})
}

// TestHostileSparseTensors gives ops numbers of rows that differ, or that need too much memory.
func TestHostileSparseTensors(t *testing.T) {
	long := func(v ...int64) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	at := tensor(t, core.Shape{1, 2}, int64(0), 0)
	many := tensor(t, core.Shape{1, 1 << 14}, make([]int64, 1<<14)...)
	text := &sparse.SparseCross{Sparse: 1}
	for name, b := range map[string]baseline{
		"rows":          {text, []*core.Tensor{at, long(1), long(1<<62, 1)}},
		"negative rows": {text, []*core.Tensor{at, long(1), long(-1, 1)}},
		"other rows":    {text, []*core.Tensor{at, long(1), long(2, 1), many}},
		"crosses":       {&sparse.SparseCross{}, []*core.Tensor{many, many, many, many}},
		"overflow":      {&sparse.SparseConcat{}, []*core.Tensor{at, at, long(1), long(1), long(1<<62, 1), long(1<<62, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := core.EvalOp(b.op, b.in)
			var violation *core.OpError
			var tooLarge *core.MemoryError
			require.True(t, errors.As(err, &violation) || errors.As(err, &tooLarge), "%v", err)
		})
	}
}

func TestRaggedConstraints(t *testing.T) {
	ops := func(o ...core.Operand) []core.Operand { return o }
	i64 := func(s ...int) core.Operand { return operand(core.I64, s) }
	long := func(v ...int64) core.Operand { return constantOf(t, core.Shape{len(v)}, v) }
	parts := func(p ...sparse.Partition) *sparse.RaggedToDense { return &sparse.RaggedToDense{Partitions: p} }
	dense, count := parts(sparse.RowSplits), &sparse.RaggedRange{Splits: core.I32}
	gather := &sparse.RaggedGather{Ragged: 1, Rank: 1}
	checkRefused(t, []refused{
		{dense, ops(f32(), f32(3), f32(), i64(2)), "C1", "input 0 (shape): got type f32, want one of [i32 i64]"},
		{dense, ops(i64(3), f32(3), f32(), i64(2)), "C1", "input 0 (shape): got shape [3], want [2] or []"},
		{dense, ops(isI32(2), f32(3), f32(), i64(2)), "C1", "input 0 (shape): got 2, want -1 or a vector"},
		{
			dense, ops(long(-2, 3), f32(3), f32(), i64(2)), "C1",
			"input 0 (shape): got [-2 3], want dimensions of [?,?], -1 or more",
		},
		{dense, ops(i64(), f32(), f32(), i64(2)), "C2", "input 1 (values): got shape [], want rank 1 or more"},
		{dense, ops(i64(), f32(3), i64(), i64(2)), "C3", "input 2 (default): got type i64, want f32"},
		{
			dense, ops(i64(), f32(3), f32(1), i64(2)), "C3",
			"input 2 (default): got shape [1], want one that broadcasts to []",
		},
		{
			dense, ops(i64(), f32(7, 2, 3), f32(3), i64(2)), "C3",
			"input 2 (default): got shape [3], want one that broadcasts to [2,3]",
		},
		{parts(), ops(i64(), f32(3), f32()), "C4", "partitions: got []"},
		{parts(sparse.ValueRows), ops(i64(), f32(3), f32(), i64(2)), "C4", "partitions: got [ValueRows]"},
		{dense, ops(i64(), f32(3), f32(), f32(2)), "C5", "input 3: got type f32, want one of [i32 i64]"},
		{dense, ops(i64(), f32(3), f32(), i64()), "C5", "input 3: got i64[], want dynamic[?]"},
		{&sparse.RaggedToSparse{}, ops(f32(3)), "C1", "got 1 inputs, want 1 to 64 splits and values"},
		{&sparse.RaggedToSparse{}, ops(i64(2), i32(2), f32(3)), "C1", "input 1: got type i32, want i64 as the others"},
		{&sparse.RaggedToSparse{}, ops(i64(2), f32()), "C2", "input 1: got shape [], want rank 1 or more"},
		{
			&sparse.RaggedGather{}, ops(), "C1",
			"got 0 ragged dimensions and indices of rank 0, want 1 and 0 to 64",
		},
		{gather, ops(f32(2), f32(3), i64(1)), "C2", "input 0: got f32[2], want i32 or i64 of rank 1"},
		{gather, ops(i64(2), f32(), i64(1)), "C3", "input 1: got shape [], want rank 1 or more"},
		{gather, ops(i64(2), f32(3), f32(1)), "C4", "input 2: got type f32, want one of [i32 i64]"},
		{gather, ops(i64(2), f32(3), i64()), "C4", "input 2: got shape [], want rank 1"},
		{count, ops(i32(), f32(), i32()), "C1", "input 1 (limit): got type f32, want i32"},
		{count, ops(i32(2), i32(), i32(3)), "C2", "input 2 (step): got shape [3], want [2]"},
		{count, ops(i32(1, 1), i32(), i32()), "C2", "input 0 (start): got shape [1,1], want a scalar or a vector"},
		{&sparse.RaggedRange{}, ops(i32(), i32(), i32()), "C4", "splits: got dynamic, want i32 or i64"},
	})
}

// TestHostileRaggedTensors gives ops numbers that would lead beyond their inputs, or need too much memory.
func TestHostileRaggedTensors(t *testing.T) {
	ids := func(v ...int64) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	rows, one := tensor(t, core.Shape{3, 2}, float32(1), 2, 3, 4, 5, 6), core.Scalar(float32(0))
	unknown := core.Scalar(int32(-1))
	dense := &sparse.RaggedToDense{Partitions: []sparse.Partition{sparse.RowSplits}}
	sized := &sparse.RaggedToDense{Partitions: []sparse.Partition{sparse.FirstDimSize, sparse.ValueRows}}
	count := &sparse.RaggedRange{Splits: core.I64}
	for name, b := range map[string]baseline{
		"splits beyond values":    {dense, []*core.Tensor{unknown, rows, one, ids(0, 4)}},
		"no splits":               {dense, []*core.Tensor{unknown, rows, one, ids()}},
		"a row beyond the others": {sized, []*core.Tensor{unknown, rows, one, core.Scalar(int64(2)), ids(0, 1, 2)}},
		"rows that decrease":      {sized, []*core.Tensor{unknown, rows, one, core.Scalar(int64(2)), ids(1, 0, 0)}},
		"a negative row":          {sized, []*core.Tensor{unknown, rows, one, core.Scalar(int64(2)), ids(-1, 0, 0)}},
		"rows of more values":     {sized, []*core.Tensor{unknown, rows, one, core.Scalar(int64(2)), ids(0, 0, 0, 0)}},
		"too many rows":           {sized, []*core.Tensor{unknown, rows, one, core.Scalar(int64(1) << 40), ids(0, 0, 0)}},
		"a negative size":         {sized, []*core.Tensor{unknown, rows, one, core.Scalar(int64(-1)), ids()}},
		"a large shape":           {dense, []*core.Tensor{ids(1<<20, 1<<19, 2), rows, one, ids(0, 3)}},
		"a long range": {count, []*core.Tensor{
			core.Scalar(int64(-1 << 63)), core.Scalar(int64(1<<63 - 1)), core.Scalar(int64(1)),
		}},
		"no step": {count, []*core.Tensor{core.Scalar(int64(0)), core.Scalar(int64(1)), core.Scalar(int64(0))}},
		"an infinite range": {count, []*core.Tensor{
			core.Scalar(float32(0)), core.Scalar(float32(math.Inf(1))), core.Scalar(float32(1)),
		}},
		"gathered beyond values": {&sparse.RaggedGather{Ragged: 1, Rank: 1}, []*core.Tensor{ids(0, 4), rows, ids(0)}},
		"gathered rows":          {&sparse.RaggedGather{Ragged: 1, Rank: 1}, []*core.Tensor{ids(0, 3), rows, ids(1)}},
		"gathered splits": {
			&sparse.RaggedGather{Ragged: 2, Rank: 1}, []*core.Tensor{ids(0, 2), ids(0, 3), rows, ids(0)},
		},
		"sparse beyond values": {&sparse.RaggedToSparse{}, []*core.Tensor{ids(0, 4), rows}},
		"sparse splits":        {&sparse.RaggedToSparse{}, []*core.Tensor{ids(0, 2), ids(0, 3), rows}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := core.EvalOp(b.op, b.in)
			var violation *core.OpError
			var tooLarge *core.MemoryError
			require.True(t, errors.As(err, &violation) || errors.As(err, &tooLarge), "%v", err)
		})
	}
}

// refused is a violation of a constraint.
type refused struct {
	op         core.Op
	in         []core.Operand
	constraint string
	want       string
}

func checkRefused(t *testing.T, list []refused) {
	t.Helper()
	for _, c := range list {
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

func TestRowsByNumberConstraints(t *testing.T) {
	ops := func(o ...core.Operand) []core.Operand { return o }
	i64 := func(s ...int) core.Operand { return operand(core.I64, s) }
	long := func(v ...int64) core.Operand { return constantOf(t, core.Shape{len(v)}, v) }
	divide, join, unravel := &sparse.DynamicPartition{Partitions: 2}, &sparse.DynamicStitch{}, &indexing.UnravelIndex{}
	checkRefused(t, []refused{
		{divide, ops(f32(2, 3), i32(3)), "C1", "input 0 (x): got shape [2,3], want one that begins with [3]"},
		{divide, ops(f32(2), i32(2, 1)), "C1", "input 0 (x): got shape [2], want one that begins with [2,1]"},
		{divide, ops(f32(2), f32(2)), "C2", "input 1 (part): got type f32, want i32"},
		{divide, ops(f32(2), vector(0, 2)), "C2", "input 1 (part): got 2 at 1, want in [0, 2)"},
		{divide, ops(f32(2), vector(-1, 0)), "C2", "input 1 (part): got -1 at 0, want in [0, 2)"},
		{&sparse.DynamicPartition{}, ops(f32(2), i32(2)), "C3", "partitions: got 0, want 1 to 65536"},
		{
			&sparse.DynamicPartition{Partitions: 65537}, ops(f32(2), i32(2)), "C3",
			"partitions: got 65537, want 1 to 65536",
		},
		{divide, ops(f32(2)), "", "got 1 inputs, want 2"},
		{join, ops(), "C1", "got 0 inputs, want indices, and as many tensors"},
		{join, ops(i32(1), f32(1), f32(1)), "C1", "got 3 inputs, want indices, and as many tensors"},
		{join, ops(f32(2), f32(2)), "C2", "input 0: got type f32, want i32"},
		{join, ops(i32(2), f32(3)), "C3", "input 1: got shape [3], want one that begins with [2]"},
		{join, ops(i32(1), i32(1), f32(1), i32(1)), "C3", "input 3: got type i32, want f32 as the others"},
		{
			join, ops(i32(1), i32(1), f32(1, 2), f32(1, 3)), "C3",
			"input 3: got rows of shape [3], want [2] as the others",
		},
		{unravel, ops(f32(2), f32(2)), "C1", "input 0 (numbers): got type f32, want one of [i32 i64]"},
		{
			unravel, ops(i64(0), i64(2)), "C1",
			"input 0 (numbers): got shape [0], want a scalar or a vector that is not empty",
		},
		{
			unravel, ops(i64(1, 1), i64(2)), "C1",
			"input 0 (numbers): got shape [1,1], want a scalar or a vector that is not empty",
		},
		{unravel, ops(long(6), long(2, 3)), "C1", "input 0 (numbers): got 6 at 0, want less than 6"},
		{unravel, ops(i64(1), i32(2)), "C2", "input 1 (shape): got i32[2], want a vector of i64"},
		{unravel, ops(i64(1), i64(2, 2)), "C2", "input 1 (shape): got i64[2,2], want a vector of i64"},
		{
			unravel, ops(i64(1), long(2, 0)), "C2",
			"input 1 (shape): got 0 at 1, want 1 or more whose product is of type i64",
		},
		{
			unravel, ops(i32(1), vector(1<<16, 1<<15)), "C2",
			"input 1 (shape): got 32768 at 1, want 1 or more whose product is of type i32",
		},
	})
}

// TestStitchedRowsAreBounded refuses to allocate rows up to an index that is too large.
func TestStitchedRowsAreBounded(t *testing.T) {
	at := tensor(t, core.Shape{1}, int32(1<<31-1))
	var tooLarge *core.MemoryError
	_, err := core.EvalOp(&sparse.DynamicStitch{}, []*core.Tensor{at, tensor(t, core.Shape{1, 2}, float32(1), 2)})
	require.ErrorAs(t, err, &tooLarge)
}
