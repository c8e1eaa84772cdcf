package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[SparseFillEmptyRows]("SparseFillEmptyRows")

// SparseFillEmptyRows gives each row of a sparse tensor that has no element one: the default, in the first column.
//
//	Inputs:  indices: i64, [n, k]
//	         values: any type, [n]
//	         shape: i64, [k], of the dense tensor
//	         default: the type of values, []
//	Outputs: indices: i64, [m, k], by rows, and within a row in the order of the input
//	         values: the type of values, [m]
//	         empty: bool, [shape[0]]: whether the row got the default
//	         places: i64, [n]: where each of the values is now
//
//	C1: indices are i64, a matrix
//	C2: values are a vector with an element for each row of indices
//	C3: shape is i64, a vector of 1 or more elements, one for each column of indices, and shape[0] is 0 or more
//	C4: default is a scalar of the type of values
//	C5: each row, which is the first column of indices, is in [0, shape[0])
//
// It is TensorFlow's SparseFillEmptyRows.
type SparseFillEmptyRows struct{}

// InputNames names the inputs.
func (op *SparseFillEmptyRows) InputNames() []string {
	return []string{"indices", "values", "shape", "default"}
}

// Infer checks C1 to C4, and C5 for constants.
func (op *SparseFillEmptyRows) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	t := max(in[1].Type, in[3].Type)
	at, ok := in[0].Shape.Merge(infer.UnknownShape(2))
	if !ok || !in[0].Type.Compatible(core.I64) {
		return nil, core.Violation("C1", 0, "got %v, want a matrix of i64", in[0].Fact)
	}
	n, ok := in[1].Shape.Merge(at[:1])
	if !ok {
		return nil, core.Violation("C2", 1, "got shape %v, want %v", in[1].Shape, at[:1])
	}
	if !in[2].Shape.Compatible(at[1:]) || !in[2].Type.Compatible(core.I64) || at[1] == 0 {
		return nil, core.Violation("C3", 2, "got %v for indices of shape %v, want i64%v, not empty", in[2].Fact, at, at[1:])
	}
	if !in[3].Shape.Compatible(core.Shape{}) || !in[1].Type.Compatible(in[3].Type) {
		return nil, core.Violation("C4", 3, "got %v, want a scalar of type %v", in[3].Fact, in[1].Type)
	}
	m, rows := core.Unknown, core.Unknown
	if s, ok := infer.IntsOf(in[2]); ok {
		var err error
		if rows, m, err = filledRows(s[0], in[0]); err != nil {
			return nil, err
		}
	}
	return []core.Fact{
		{Type: core.I64, Shape: core.Shape{m, at[1]}},
		{Type: t, Shape: core.Shape{m}},
		{Type: core.Bool, Shape: core.Shape{rows}},
		{Type: core.I64, Shape: n},
	}, nil
}

// filledRows returns the number of rows, and how many elements they have once each has one, if that is known.
func filledRows(rows int64, indices core.Operand) (n, elements int, err error) {
	if rows < 0 {
		return 0, 0, core.Violation("C3", 2, "got %d rows, want 0 or more", rows)
	}
	if _, err := infer.CheckedShape(core.Shape{int(rows)}); err != nil {
		return 0, 0, err
	}
	at, ok := infer.IntsOf(indices)
	if !ok {
		return int(rows), core.Unknown, nil
	}
	columns, taken, ordered := indices.Shape[1], 0, true
	for i := 0; i < len(at); i += columns {
		if at[i] < 0 || at[i] >= rows {
			return 0, 0, core.Violation("C5", 0, "got row %d at %d, want in [0, %d)", at[i], i/columns, rows)
		}
		if i == 0 || at[i] != at[i-columns] {
			ordered = ordered && (i == 0 || at[i] > at[i-columns])
			taken++
		}
	}
	if !ordered {
		seen := map[int64]bool{}
		for i := 0; i < len(at); i += columns {
			seen[at[i]] = true
		}
		taken = len(seen)
	}
	return int(rows), int(rows) - taken + len(at)/columns, nil
}

// Eval counts the elements of each row, and then places them.
func (op *SparseFillEmptyRows) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	at, columns := in[0].Int64s(), in[0].Shape()[1]
	to, places, empty := core.Data[int64](out[0]), core.Data[int64](out[3]), core.Data[bool](out[2])
	next := make([]int, len(empty)+1) // for each row, where its next element goes
	for i := 0; i < len(at); i += columns {
		next[at[i]+1]++
	}
	for i := range empty {
		count := next[i+1]
		if empty[i] = count == 0; empty[i] {
			clear(to[next[i]*columns:][:columns])
			to[next[i]*columns] = int64(i)
			elements.CopyUnit(out[1], next[i], in[3], 0, 1)
			count = 1
		}
		next[i+1] = next[i] + count
	}
	for i := range places {
		row := at[i*columns]
		places[i] = int64(next[row])
		copy(to[next[row]*columns:][:columns], at[i*columns:])
		elements.CopyUnit(out[1], next[row], in[1], i, 1)
		next[row]++
	}
	return nil
}
