package pointwise

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[CheckFinite]("CheckFinite")

// CheckFinite returns its input, or an error if it contains NaN or an infinity.
//
//	Inputs:  x: a real type, any shape
//	Outputs: y: the type and shape of x, its elements
//
//	C1: x is real
//	C2: each element is finite
//
// It is TensorFlow's CheckNumerics.
type CheckFinite struct {
	Message string `json:"message,omitempty"` // the start of the error
}

// Infer checks C1.
func (op *CheckFinite) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if t := in[0].Type; t != core.Dynamic && !t.IsFloat() {
		return nil, core.Violation("C1", 0, "got type %v, want a real type", t)
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval checks C2.
func (op *CheckFinite) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	for i, v := range in[0].Float64s() {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return core.Violation("C2", 0, "%s: element %d is %v, want finite numbers", op.Message, i, v)
		}
	}
	elements.Copy(out[0], in[0])
	return nil
}
