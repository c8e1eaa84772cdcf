package core

var _ = Register[BroadcastTo]("BroadcastTo")

// BroadcastTo repeats a tensor along new dimensions and along those of size 1.
//
//	Inputs:  x: any type, any shape
//	         shape: i32 or i64, [rank of y]
//	Outputs: y: the type of x, of that shape
//
//	C1: shape is i32 or i64 of rank 1, its elements >= 0
//	C2: x broadcasts to that shape by NumPy's rules
//
// It is TensorFlow's BroadcastTo, its Fill (of a scalar), and nGraph's DynBroadcast.
type BroadcastTo struct{}

// InputNames names the inputs.
func (op *BroadcastTo) InputNames() []string { return []string{"x", "shape"} }

// Infer checks C1 and C2.
func (op *BroadcastTo) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := checkIndexVector("C1", in, 1); err != nil {
		return nil, err
	}
	target, ok := intsOf(in[1])
	if !ok {
		var s Shape
		if t := in[1].Shape; t.Static() && t[0] <= maxRank {
			s = unknownShape(t[0])
		}
		return []Fact{{Type: in[0].Type, Shape: s}}, nil
	}
	s, err := broadcastTarget(in[0].Shape, target)
	return []Fact{{Type: in[0].Type, Shape: s}}, err
}

func broadcastTarget(from Shape, target []int64) (Shape, error) {
	if len(target) > maxRank {
		return nil, Violation("C1", 1, "got a shape of rank %d, want at most %d", len(target), maxRank)
	}
	s := make(Shape, len(target))
	for i, d := range target {
		if d < 0 || d > MaxElements {
			return nil, Violation("C1", 1, "got shape %v, want dimensions in [0, %d]", target, int64(MaxElements))
		}
		s[i] = int(d)
	}
	if from.Ranked() {
		lead := len(s) - len(from)
		for i, d := range from {
			if lead < 0 || d != 1 && d != Unknown && d != s[lead+i] {
				return nil, Violation("C2", 1, "got shape %v, to which %v does not broadcast", s, from)
			}
		}
	}
	return checkedShape(s)
}

// Eval copies the elements.
func (op *BroadcastTo) Eval(in, out []*Tensor) error {
	s, err := broadcastTarget(in[0].Shape(), in[1].Int64s())
	if err != nil {
		return err
	}
	if err := ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	move(whole(out[0]), region{tensor: in[0], at: 0, strides: broadcastStrides(in[0].Shape(), s)}, s)
	return nil
}
