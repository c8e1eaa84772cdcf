package op_test

import (
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
	return []baseline{
		{&sparse.DynamicPartition{Partitions: 3}, in(rows, ids(2, 0, 2))},
		{&sparse.DynamicPartition{Partitions: 2}, in(words, ids(1, 0, 1))},
		{&sparse.DynamicStitch{}, in(ids(3, 0), ids(2, 1, 5), tensor(t, core.Shape{2, 2}, float32(1), 2, 3, 4), rows)},
		{&sparse.DynamicStitch{}, in(ids(4, 0, 2), words)},
		{&indexing.UnravelIndex{}, in(long(5, 0, 11), long(3, 4))},
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
