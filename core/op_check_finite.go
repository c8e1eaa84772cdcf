package core

import "math"

var _ = Register[CheckFinite]("CheckFinite")

// CheckFinite is its input, and an error if that holds NaN or an infinity.
//
//	Inputs:  x: a real type, any shape
//	Outputs: y: the type and shape of x, its elements
//
//	C1: x is real
//	C2: each element is finite
//
// It is TensorFlow's CheckNumerics.
type CheckFinite struct {
	Message string `json:"message,omitempty"` // begins the error
}

// Infer checks C1.
func (op *CheckFinite) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if t := in[0].Type; t != Dynamic && !t.IsFloat() {
		return nil, Violation("C1", 0, "got type %v, want a real type", t)
	}
	return []Fact{in[0].Fact}, nil
}

// Eval checks C2.
func (op *CheckFinite) Eval(in, out []*Tensor) error {
	if err := ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	for i, v := range in[0].Float64s() {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Violation("C2", 0, "%s: element %d is %v, want finite numbers", op.Message, i, v)
		}
	}
	Copy(out[0], in[0])
	return nil
}
