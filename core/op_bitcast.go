package core

var _ = Register[Bitcast]("Bitcast")

// Bitcast takes the bytes of elements as those of another type, little-endian.
//
//	Inputs:  x: any type but string, any shape
//	Outputs: y: Type; the shape of x if the types have one size; with a last dimension more
//	         if Type is smaller, that holds the parts; without the last dimension if it is
//	         larger
//
//	C1: x and Type have elements of a fixed size; neither is boolean, unless both are
//	C2: if Type is larger, the last dimension of x makes one element of it
//
// It is TensorFlow's Bitcast.
type Bitcast struct {
	Type Type `json:"type"`
}

// Infer checks C1 and C2.
func (op *Bitcast) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	from, to, s := in[0].Type.Size(), op.Type.Size(), in[0].Shape
	if to == 0 || from == 0 && in[0].Type != Dynamic ||
		(op.Type == Bool) != (in[0].Type == Bool) && in[0].Type != Dynamic {
		return nil, Violation("C1", 0, "got %v to make %v of, want types of a fixed size, not boolean", in[0].Type, op.Type)
	}
	switch {
	case in[0].Type == Dynamic || !s.Ranked():
		return []Fact{{Type: op.Type}}, nil
	case from == to:
		return []Fact{{Type: op.Type, Shape: s}}, nil
	case from > to:
		s, err := checkedShape(joinedShapes(s, Shape{from / to}))
		return []Fact{{Type: op.Type, Shape: s}}, err
	}
	if last := len(s) - 1; last < 0 || s[last] != Unknown && s[last] != to/from {
		return nil, Violation("C2", 0, "got shape %v of %v, want %d as the last dimension to make %v",
			s, in[0].Type, to/from, op.Type)
	}
	return []Fact{{Type: op.Type, Shape: joinedShapes(s[:len(s)-1])}}, nil
}

// Eval keeps the bytes.
func (op *Bitcast) Eval(in, out []*Tensor) error {
	facts, err := op.Infer([]Operand{{Fact: in[0].Fact(), Const: in[0]}})
	if err != nil {
		return err
	}
	t, err := TensorOver(op.Type, facts[0].Shape, in[0].Bytes())
	if err != nil {
		return err
	}
	fill(out, t)
	return nil
}
