package core

var _ = Register[FlipSign]("FlipSign")

// FlipSign turns i8 into u8 by adding 128, and u8 into i8 by subtracting it: the
// same real value once the zero point moves likewise. On bytes it is x ^ 0x80.
//
//	Inputs:  x: i8 or u8, any shape
//	Outputs: u8 or i8, the shape of x
//
//	C1: x is i8 or u8
//
// The unsigned pass inserts it; no other framework has such an op.
type FlipSign struct{}

// Infer checks C1.
func (op *FlipSign) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	switch in[0].Type {
	case I8:
		return []Fact{{Type: U8, Shape: in[0].Shape}}, nil
	case U8:
		return []Fact{{Type: I8, Shape: in[0].Shape}}, nil
	case Dynamic:
		return []Fact{{Type: Dynamic, Shape: in[0].Shape}}, nil
	}
	return nil, Violation("C1", 0, "got type %v, want i8 or u8", in[0].Type)
}

// Eval flips the top bit of each byte.
func (op *FlipSign) Eval(in, out []*Tensor) error {
	y := out[0].Bytes()
	for i, x := range in[0].Bytes() {
		y[i] = x ^ 0x80
	}
	return nil
}

// Elements are those of the first input.
func (op *FlipSign) Elements() Elements { return FirstElements }

// ElementCost is that of a product or less.
func (op *FlipSign) ElementCost(Type) (cost int, ok bool) { return 1, true }
