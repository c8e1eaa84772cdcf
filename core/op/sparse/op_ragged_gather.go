package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[RaggedGather]("RaggedGather")

// RaggedGather takes rows of a ragged tensor by index.
//
//	Inputs:  Ragged splits: i32 or i64, [rows+1], from the outermost dimension to the innermost
//	         values: any type, [n, r...]
//	         indices: i32 or i64, any shape [i..., k]
//	Outputs: as many splits as Ragged and the rank of indices - 1: the type of splits
//	         values: the type of values, [m, r...]
//
//	C1: Ragged is 1 or more, and Ragged and Rank, the rank of indices, make one output or more, and at most 64
//	C2: splits are i32 or i64, all of one type, from 0 or more up to the length of what they divide without a decrease
//	C3: values have rank 1 or more
//	C4: indices are i32 or i64 of rank Rank; each is a row
//
// It is TensorFlow's RaggedGather.
type RaggedGather struct {
	Ragged int `json:"ragged"`
	Rank   int `json:"rank"`
}

// maxRagged bounds the dimensions of a ragged tensor.
const maxRagged = 64

// Infer checks the types and shapes.
func (op *RaggedGather) Infer(in []core.Operand) ([]core.Fact, error) {
	n := op.Ragged + op.Rank - 1
	if op.Ragged < 1 || op.Ragged > maxRagged || op.Rank < 0 || op.Rank > maxRagged {
		return nil, core.Violation("C1", -1, "got %d ragged dimensions and indices of rank %d, want 1 and 0 to %d",
			op.Ragged, op.Rank, maxRagged)
	}
	if err := core.WantInputs(in, op.Ragged+2); err != nil {
		return nil, err
	}
	t, err := wantSplits("C2", in, 0, op.Ragged)
	if err != nil {
		return nil, err
	}
	values, at := in[op.Ragged], in[op.Ragged+1]
	if values.Shape.Ranked() && len(values.Shape) == 0 {
		return nil, core.Violation("C3", op.Ragged, "got shape [], want rank 1 or more")
	}
	if err := infer.WantType("C4", in, op.Ragged+1, core.I32, core.I64); err != nil {
		return nil, err
	}
	if !at.Shape.Compatible(infer.UnknownShape(op.Rank)) {
		return nil, core.Violation("C4", op.Ragged+1, "got shape %v, want rank %d", at.Shape, op.Rank)
	}
	facts := make([]core.Fact, n+1)
	for i := range n {
		facts[i] = core.Fact{Type: t, Shape: core.Shape{core.Unknown}}
	}
	facts[n] = core.Fact{Type: values.Type, Shape: values.Shape.Clone()}
	if values.Shape.Ranked() {
		facts[n].Shape[0] = core.Unknown
	}
	return facts, nil
}

// Eval follows each index through the splits, and copies its values.
func (op *RaggedGather) Eval(in, out []*core.Tensor) error {
	splits := make([][]int64, op.Ragged)
	values, at := in[op.Ragged], in[op.Ragged+1].Int64s()
	for i := range splits {
		splits[i] = in[i].Int64s()
		n := values.Shape()[0]
		if i+1 < op.Ragged {
			n = in[i+1].Len() - 1
		}
		if err := checkSplits("C2", i, splits[i], n); err != nil {
			return err
		}
	}
	for i, row := range at {
		if row < 0 || row >= int64(len(splits[0])-1) {
			return core.Violation("C4", op.Ragged+1, "got %d at %d, want in [0, %d)", row, i, len(splits[0])-1)
		}
	}
	shape := in[op.Ragged+1].Shape()
	rows := 1
	for i := 0; i+1 < len(shape); i++ { // of equal lengths
		rows *= shape[i]
		if err := allocate(op, out, i, in[0].Type(), core.Shape{rows + 1}); err != nil {
			return err
		}
		even := make([]int64, rows+1)
		for k := range even {
			even[k] = int64(k * shape[i+1])
		}
		elements.SetInts(out[i], even)
	}
	return op.follow(splits, at, values, in[0].Type(), out)
}

// follow sets the outputs that come from splits and values: those from number Rank - 1 on.
func (op *RaggedGather) follow(
	splits [][]int64, at []int64, values *core.Tensor, t core.Type, out []*core.Tensor,
) error {
	first := make([]int64, len(at)) // of the rows of a dimension that each index has, and the number behind its last
	end := make([]int64, len(at))
	for i, row := range at {
		first[i], end[i] = row, row+1
	}
	for dim, s := range splits {
		count := 1
		for i := range at {
			if count += int(end[i] - first[i]); count > core.MaxElements {
				return core.Violation("", -1, "more than %d rows", int64(core.MaxElements))
			}
		}
		var made []int64
		if to := op.Rank - 1 + dim; to >= 0 {
			if err := allocate(op, out, to, t, core.Shape{count}); err != nil {
				return err
			}
			made = append(make([]int64, 0, count), 0)
		}
		for i := range at {
			for k := first[i]; k < end[i] && made != nil; k++ {
				made = append(made, made[len(made)-1]+s[k+1]-s[k])
			}
			first[i], end[i] = s[first[i]], s[end[i]]
		}
		if made != nil {
			elements.SetInts(out[op.Rank-1+dim], made)
		}
	}
	total := int64(0)
	for i := range at {
		if total += end[i] - first[i]; total > core.MaxElements {
			return core.Violation("", -1, "more than %d values", int64(core.MaxElements))
		}
	}
	shape := values.Shape().Clone()
	shape[0] = int(total)
	last := len(out) - 1
	if err := allocate(op, out, last, values.Type(), shape); err != nil {
		return err
	}
	n, next := core.Shape(shape[1:]).MustElements(), 0
	for i := range at {
		rows := int(end[i] - first[i])
		elements.CopyUnit(out[last], next*n, values, int(first[i])*n, rows*n)
		next += rows
	}
	return nil
}
