package core

var _ = Register[EnsureShape]("EnsureShape")

// EnsureShape passes a tensor on whose shape is as expected.
//
//	Inputs:  x: any type, any shape
//	Outputs: y: the type of x, its shape narrowed to Shape
//
//	C1: the shape of x can be Shape
//
// It is TensorFlow's EnsureShape.
type EnsureShape struct {
	Shape Shape `json:"shape"`
}

// Infer checks C1.
func (op *EnsureShape) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	for _, d := range op.Shape {
		if d < Unknown {
			return nil, Violation("C1", -1, "shape: got %v, want dimensions >= 0, or unknown", op.Shape)
		}
	}
	s, ok := in[0].Shape.Merge(op.Shape)
	if !ok {
		return nil, Violation("C1", 0, "got shape %v, want %v", in[0].Shape, op.Shape)
	}
	s, err := checkedShape(s)
	return []Fact{{Type: in[0].Type, Shape: s}}, err
}

// Eval keeps the elements.
func (op *EnsureShape) Eval(in, out []*Tensor) error {
	if !in[0].Shape().Compatible(op.Shape) {
		return Violation("C1", 0, "got shape %v, want %v", in[0].Shape(), op.Shape)
	}
	fill(out, in[0])
	return nil
}
