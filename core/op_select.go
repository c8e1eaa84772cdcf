package core

var _ = Register[Select]("Select")

// Select chooses elementwise.
//
//	y[i] = a[i] if condition[i], else b[i]; all broadcast to one shape by NumPy's rules
//
//	Inputs:  condition: boolean, any shape
//	         a: any type, any shape
//	         b: a's type, any shape
//	Outputs: y: a's type, the broadcast shape
//
//	C1: the condition is boolean
//	C2: b has a's type
//	C3: the three shapes broadcast
//
// It is nGraph's op::v1::Select and TensorFlow's SelectV2.
type Select struct{}

// InputNames names the inputs.
func (op *Select) InputNames() []string { return []string{"condition", "a", "b"} }

// Infer checks C1 to C3.
func (op *Select) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 3); err != nil {
		return nil, err
	}
	switch {
	case !in[0].Type.compatible(Bool):
		return nil, Violation("C1", 0, "got type %v, want boolean", in[0].Type)
	case !in[1].Type.compatible(in[2].Type):
		return nil, Violation("C2", 2, "got type %v, want a's %v", in[2].Type, in[1].Type)
	}
	s, err := broadcastShapes("C3", in)
	return []Fact{{Type: max(in[1].Type, in[2].Type), Shape: s}}, err
}

// Eval chooses.
func (op *Select) Eval(in, out []*Tensor) error {
	s, err := broadcastShapes("C3", []Operand{{Fact: in[0].Fact()}, {Fact: in[1].Fact()}, {Fact: in[2].Fact()}})
	if err != nil {
		return err
	}
	if err := ensure(out, 0, in[1].Type(), s); err != nil {
		return err
	}
	wide := make([]*Tensor, 3)
	for i, t := range in {
		if wide[i], err = broadcastTensor(t, s); err != nil {
			return err
		}
	}
	Copy(out[0], wide[2])
	size := in[1].Type().Size()
	for i, c := range Data[bool](wide[0]) {
		switch {
		case !c:
		case size == 0:
			out[0].Strings()[i] = wide[1].Strings()[i]
		default:
			copy(out[0].Bytes()[i*size:(i+1)*size], wide[1].Bytes()[i*size:])
		}
	}
	return nil
}

// Elements are those of all inputs.
func (op *Select) Elements() Elements { return AllElements }
