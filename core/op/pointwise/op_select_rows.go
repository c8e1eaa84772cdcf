package pointwise

import "github.com/tf2ng/tf2ng/core"

var _ = core.Register[SelectRows]("SelectRows")

// SelectRows is like Select, but the condition may also choose whole rows.
//
//	y[i, ...] = a[i, ...] if condition[i], else b[i, ...], for a condition of rank 1;
//	for any other y = a if the condition is true, else b, element by element
//
//	Inputs:  condition: boolean, [], the shape of a, or [first dimension of a]
//	         a: any type, any shape
//	         b: the type and shape of a
//	Outputs: y: the type and shape of a
//
//	C1: the condition is boolean
//	C2: b has the type and shape of a
//	C3: the condition has shape [], that of a, or its first dimension
//
// It is TensorFlow's Select (nGraph and SelectV2 broadcast instead).
type SelectRows struct{}

// InputNames names the inputs.
func (op *SelectRows) InputNames() []string { return []string{"condition", "a", "b"} }

// Infer checks C1 to C3.
func (op *SelectRows) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if !in[0].Type.Compatible(core.Bool) {
		return nil, core.Violation("C1", 0, "got type %v, want boolean", in[0].Type)
	}
	s, ok := in[1].Shape.Merge(in[2].Shape)
	if !ok || !in[1].Type.Compatible(in[2].Type) {
		return nil, core.Violation("C2", 2, "got %v, want a's %v", in[2].Fact, in[1].Fact)
	}
	c := in[0].Shape
	rows := s.Ranked() && len(s) > 0 && c.Compatible(core.Shape{s[0]})
	if s.Ranked() && !c.Compatible(core.Shape{}) && !c.Compatible(s) && !rows {
		return nil, core.Violation("C3", 0, "got shape %v, want [], %v or its first dimension", c, s)
	}
	return []core.Fact{{Type: max(in[1].Type, in[2].Type), Shape: s}}, nil
}

// Eval gives the condition the rank of a, and selects.
func (op *SelectRows) Eval(in, out []*core.Tensor) error {
	condition := in[0]
	if rank := len(in[1].Shape()); len(condition.Shape()) == 1 && rank > 1 {
		s := core.Shape{condition.Shape()[0]}
		for len(s) < rank {
			s = append(s, 1)
		}
		var err error
		if condition, err = condition.Reshaped(s); err != nil {
			return err
		}
	}
	return (&Select{}).Eval([]*core.Tensor{condition, in[1], in[2]}, out)
}
