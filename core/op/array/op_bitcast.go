package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Bitcast]("Bitcast")

// Bitcast reinterprets the bytes of elements, in little-endian order, as elements of another type.
//
//	Inputs:  x: any type but string, any shape
//	Outputs: y: Type; the shape of x if both types have the same size; with an additional last
//	         dimension for the parts if Type is smaller; without the last dimension if Type is
//	         larger
//
//	C1: x and Type have elements of a fixed size; neither is boolean, unless both are
//	C2: if Type is larger, the elements along the last dimension of x make up one of its elements
//
// It is TensorFlow's Bitcast.
type Bitcast struct {
	Type core.Type `json:"type"`
}

// Infer checks C1 and C2.
func (op *Bitcast) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	from, to, s := in[0].Type.Size(), op.Type.Size(), in[0].Shape
	if to == 0 || from == 0 && in[0].Type != core.Dynamic ||
		(op.Type == core.Bool) != (in[0].Type == core.Bool) && in[0].Type != core.Dynamic {
		return nil, core.Violation("C1", 0,
			"got %v to make %v of, want types of a fixed size, not boolean", in[0].Type, op.Type)
	}
	switch {
	case in[0].Type == core.Dynamic || !s.Ranked():
		return []core.Fact{{Type: op.Type}}, nil
	case from == to:
		return []core.Fact{{Type: op.Type, Shape: s}}, nil
	case from > to:
		s, err := infer.CheckedShape(infer.JoinedShapes(s, core.Shape{from / to}))
		return []core.Fact{{Type: op.Type, Shape: s}}, err
	}
	if last := len(s) - 1; last < 0 || s[last] != core.Unknown && s[last] != to/from {
		return nil, core.Violation("C2", 0, "got shape %v of %v, want %d as the last dimension to make %v",
			s, in[0].Type, to/from, op.Type)
	}
	return []core.Fact{{Type: op.Type, Shape: infer.JoinedShapes(s[:len(s)-1])}}, nil
}

// Eval keeps the bytes.
func (op *Bitcast) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer([]core.Operand{{Fact: in[0].Fact(), Const: in[0]}})
	if err != nil {
		return err
	}
	t, err := core.TensorOver(op.Type, facts[0].Shape, in[0].Bytes())
	if err != nil {
		return err
	}
	elements.Fill(out, t)
	return nil
}
