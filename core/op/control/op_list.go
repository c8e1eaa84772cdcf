package control

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[List]("List")

// List creates a list of tensors. None of them has been set, so they are zeros.
//
//	Inputs:  count: i32 or i64 []: the number of tensors
//	         like: optional: a tensor with the shape of each of them; any type
//	Outputs: list: Type [count, ...Element]
//
//	C1: count is i32 or i64 [], and not negative
//	C2: the shape of like is one that Element allows
//	C3: the shape of the elements is known when the list is computed
//
// It is TensorFlow's TensorListReserve and TensorArrayV3: the list is one tensor, whose rows are the list's tensors.
// If neither Element nor like gives their shape, Loop finds it.
type List struct {
	Type    core.Type  `json:"type"`
	Element core.Shape `json:"element"`
	Grows   bool       `json:"grows,omitempty"` // SetRow may add rows after the last
}

// Infer checks C1 and C2.
func (op *List) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) != 1 && len(in) != 2 {
		return nil, core.Violation("", -1, "got %d inputs, want 1 or 2", len(in))
	}
	element := op.Element
	if len(in) == 2 {
		merged, ok := in[1].Shape.Merge(element)
		if !ok {
			return nil, core.Violation("C2", 1, "like: got shape %v, want %v", in[1].Shape, element)
		}
		element = merged
	}
	if t := in[0].Type; t != core.Dynamic && t != core.I32 && t != core.I64 {
		return nil, core.Violation("C1", 0, "count: got type %v, want i32 or i64", t)
	}
	if s := in[0].Shape; !s.Compatible(core.Shape{}) {
		return nil, core.Violation("C1", 0, "count: got shape %v, want []", s)
	}
	n := core.Unknown
	if c := in[0].Const; c != nil {
		if n = wholeOf(c); n < 0 {
			return nil, core.Violation("C1", 0, "count: got %d, want 0 at least", n)
		}
	}
	if element == nil {
		return []core.Fact{{Type: op.Type, Shape: nil}}, nil
	}
	s, err := infer.CheckedShape(infer.JoinedShapes(core.Shape{n}, element))
	return []core.Fact{{Type: op.Type, Shape: s}}, err
}

// Eval checks C3 and makes zeros.
func (op *List) Eval(in, out []*core.Tensor) error {
	f, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	if !f[0].Static() {
		return core.Violation("C3", -1, "the shape of the elements, %v, is not known: none of them was set", op.Element)
	}
	if out[0] == nil {
		out[0], err = core.BoundedTensor(op, f[0])
		return err
	}
	clear(out[0].Bytes())
	clear(out[0].Strings())
	return nil
}
