package core

var _ = Register[FlushSubnormals]("FlushSubnormals")

// FlushSubnormals makes 0 of subnormal numbers: TensorFlow's threads run in the CPU's mode
// that does so with every result.
//
//	y[i] = x[i], or 0 of its sign where |x[i]| < 2^-126
//
//	Inputs:  x: f32, any shape
//	Outputs: y: f32, the shape of x
//
//	C1: x is f32
//
// The builders put it behind the few products whose smallness decides a result.
type FlushSubnormals struct{}

// Infer checks C1.
func (op *FlushSubnormals) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := wantType("C1", in, 0, F32); err != nil {
		return nil, err
	}
	return []Fact{{Type: F32, Shape: in[0].Shape}}, nil
}

// Eval flushes each element.
func (op *FlushSubnormals) Eval(in, out []*Tensor) error {
	if err := ensure(out, 0, F32, in[0].Shape()); err != nil {
		return err
	}
	y := Data[float32](out[0])
	for i, x := range Data[float32](in[0]) {
		y[i] = flushed(x)
	}
	return nil
}

// Elements are those of the first input.
func (op *FlushSubnormals) Elements() Elements { return FirstElements }
