package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[ListDiff]("ListDiff")

// ListDiff lists the elements of a vector that another does not have, in their order.
//
//	Inputs:  x: a number type, [n]
//	         y: the type of x, [m]
//	Outputs: out: the type of x, [how many y lacks]
//	         index: Type, [how many y lacks]: the places of these in x
//
//	C1: x is a number of rank 1
//	C2: y has the type of x, and rank 1
//	C3: Type is i32 or i64
//
// Elements are equal as for Unique. It is TensorFlow's ListDiff.
type ListDiff struct {
	Type core.Type `json:"type"`
}

// InputNames names the inputs.
func (op *ListDiff) InputNames() []string { return []string{"x", "y"} }

// Infer checks C1 to C3.
func (op *ListDiff) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	vector := core.Shape{core.Unknown}
	switch {
	case !infer.IsNumber(in[0].Type) || !in[0].Shape.Compatible(vector):
		return nil, core.Violation("C1", 0, "got %v, want numbers of rank 1", in[0].Fact)
	case !in[1].Type.Compatible(in[0].Type) || !in[1].Shape.Compatible(vector):
		return nil, core.Violation("C2", 1, "got %v, want %v of rank 1", in[1].Fact, in[0].Type)
	case op.Type != core.I32 && op.Type != core.I64:
		return nil, core.Violation("C3", -1, "type: got %v, want i32 or i64", op.Type)
	}
	return []core.Fact{{Type: in[0].Type, Shape: vector}, {Type: op.Type, Shape: vector}}, nil
}

// Eval looks each element up.
func (op *ListDiff) Eval(in, out []*core.Tensor) error {
	x := in[0]
	kept := missing(x, in[1])
	for i, t := range []core.Type{x.Type(), op.Type} {
		if err := elements.Ensure(out, i, t, core.Shape{len(kept)}); err != nil {
			return err
		}
	}
	for to, from := range kept {
		elements.CopyUnit(out[0], to, x, int(from), 1)
	}
	elements.SetInts(out[1], kept)
	return nil
}

// missing returns the places of the elements of x that y lacks.
func missing(x, y *core.Tensor) []int64 {
	has := make(map[uint64]struct{}, y.Len())
	for i := range y.Len() {
		bits, _ := bitsOf(y, i)
		has[bits] = struct{}{}
	}
	kept := make([]int64, 0, x.Len())
	for i := range x.Len() {
		bits, nan := bitsOf(x, i)
		if _, ok := has[bits]; nan || !ok {
			kept = append(kept, int64(i))
		}
	}
	return kept
}
