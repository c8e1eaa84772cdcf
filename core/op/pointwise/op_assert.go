package pointwise

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[Assert]("Assert")

// Assert returns its first input, or an error if a condition is false.
//
//	Inputs:  x: any type, any shape
//	         condition: boolean []
//	Outputs: y: the type and shape of x, its elements
//
//	C1: condition is boolean
//	C2: condition is a scalar
//	C3: condition is true
//
// It is TensorFlow's Assert, but placed in the path of the data rather than beside it.
type Assert struct {
	Message string `json:"message,omitempty"` // the error's
}

// Infer checks C1 and C2.
func (op *Assert) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if !in[1].Type.Compatible(core.Bool) {
		return nil, core.Violation("C1", 1, "condition: got type %v, want boolean", in[1].Type)
	}
	if s := in[1].Shape; s.Ranked() && len(s) != 0 {
		return nil, core.Violation("C2", 1, "condition: got shape %v, want []", s)
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval checks C2 and C3.
func (op *Assert) Eval(in, out []*core.Tensor) error {
	if len(in[1].Shape()) != 0 {
		return core.Violation("C2", 1, "condition: got shape %v, want []", in[1].Shape())
	}
	if !core.Data[bool](in[1])[0] {
		return core.Violation("C3", 1, "the assertion does not hold: %s", op.Message)
	}
	if err := elements.Ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	elements.Copy(out[0], in[0])
	return nil
}
