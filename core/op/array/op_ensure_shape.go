package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[EnsureShape]("EnsureShape")

// EnsureShape passes on a tensor, whose shape must be the expected one.
//
//	Inputs:  x: any type, any shape
//	Outputs: y: the type of x, its shape narrowed to Shape
//
//	C1: the shape of x can be Shape
//
// It is TensorFlow's EnsureShape.
type EnsureShape struct {
	Shape core.Shape `json:"shape"`
}

// Infer checks C1.
func (op *EnsureShape) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	for _, d := range op.Shape {
		if d < core.Unknown {
			return nil, core.Violation("C1", -1, "shape: got %v, want dimensions >= 0, or unknown", op.Shape)
		}
	}
	s, ok := in[0].Shape.Merge(op.Shape)
	if !ok {
		return nil, core.Violation("C1", 0, "got shape %v, want %v", in[0].Shape, op.Shape)
	}
	s, err := infer.CheckedShape(s)
	return []core.Fact{{Type: in[0].Type, Shape: s}}, err
}

// Eval keeps the elements.
func (op *EnsureShape) Eval(in, out []*core.Tensor) error {
	if !in[0].Shape().Compatible(op.Shape) {
		return core.Violation("C1", 0, "got shape %v, want %v", in[0].Shape(), op.Shape)
	}
	elements.Fill(out, in[0])
	return nil
}

// Reshapes is true: the shape becomes known.
func (op *EnsureShape) Reshapes() bool { return true }
