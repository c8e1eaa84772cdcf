package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[Unique]("Unique")

// Unique lists the distinct elements of a vector in the order of their first appearance.
//
//	Inputs:  x: any type, [n]
//	Outputs: y: the type of x, [how many differ]
//	         index: Type, [n]: the place in y of each element of x
//
//	C1: x has rank 1
//	C2: Type is i32 or i64
//
// It is TensorFlow's Unique.
type Unique struct {
	Type core.Type `json:"type"`
}

// Infer checks C1 and C2.
func (op *Unique) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	s, ok := in[0].Shape.Merge(core.Shape{core.Unknown})
	if !ok {
		return nil, core.Violation("C1", 0, "got %v, want rank 1", in[0].Fact)
	}
	if op.Type != core.I32 && op.Type != core.I64 {
		return nil, core.Violation("C2", -1, "type: got %v, want i32 or i64", op.Type)
	}
	return []core.Fact{{Type: in[0].Type, Shape: core.Shape{core.Unknown}}, {Type: op.Type, Shape: s}}, nil
}

// Eval compares the bits of the elements, or the strings.
func (op *Unique) Eval(in, out []*core.Tensor) error {
	x, size := in[0], in[0].Type().Size()
	seen := map[string]int64{}
	index := make([]int64, x.Len())
	var first []int
	for i := range index {
		var bits string
		if size == 0 {
			bits = x.Strings()[i]
		} else {
			bits = string(x.Bytes()[i*size : (i+1)*size])
		}
		number, known := seen[bits]
		if !known {
			number = int64(len(first))
			seen[bits] = number
			first = append(first, i)
		}
		index[i] = number
	}
	if err := elements.Ensure(out, 0, x.Type(), core.Shape{len(first)}); err != nil {
		return err
	}
	if err := elements.Ensure(out, 1, op.Type, x.Shape()); err != nil {
		return err
	}
	for to, from := range first {
		elements.CopyUnit(out[0], to, x, from, 1)
	}
	elements.SetInts(out[1], index)
	return nil
}
