package core

var _ = Register[ShapeOf]("ShapeOf")

// ShapeOf is the shape of a tensor. It is a constant as soon as that shape is known
// (Value.Constant).
//
//	Inputs:  x: any type, any shape
//	Outputs: y: Type, [rank of x]
//
//	C1: Type is i32 or i64
//	C2: the dimensions fit Type
//
// It is nGraph's op::v0::ShapeOf and TensorFlow's Shape.
type ShapeOf struct {
	Type Type `json:"type"`
}

// Infer checks C1 and C2.
func (op *ShapeOf) Infer(in []Operand) ([]Fact, error) {
	if err := WantInputs(in, 1); err != nil {
		return nil, err
	}
	if op.Type != I32 && op.Type != I64 {
		return nil, Violation("C1", -1, "type: got %v, want i32 or i64", op.Type)
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []Fact{{op.Type, Shape{Unknown}}}, nil
	}
	for _, d := range s {
		if op.Type == I32 && int64(d) > 1<<31-1 {
			return nil, Violation("C2", 0, "got shape %v, whose dimensions do not fit i32", s)
		}
	}
	return []Fact{{op.Type, Shape{len(s)}}}, nil
}

// known returns the output for a value whose shape is known, else nil.
func (op *ShapeOf) known(s Shape) *Tensor {
	if !s.Static() {
		return nil
	}
	if op.Type == I32 {
		return dimensions[int32](s)
	}
	return dimensions[int64](s)
}

// Eval lists the dimensions.
func (op *ShapeOf) Eval(in, out []*Tensor) error {
	out[0] = op.known(in[0].shape)
	return nil
}

// dimensions returns the vector of a shape's dimensions.
func dimensions[T int32 | int64](s Shape) *Tensor {
	v := make([]T, len(s))
	for i, d := range s {
		v[i] = T(d)
	}
	t, err := TensorOf(Shape{len(s)}, v)
	if err != nil {
		panic(err) // as many elements as the shape says
	}
	return t
}
