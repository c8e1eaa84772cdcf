package core

var _ = Register[Reverse]("Reverse")

// Reverse turns the order of the elements along some axes.
//
//	y[..., i, ...] = x[..., dimension-1 - i, ...] at each of the axes
//
//	Inputs:  x: any type, any shape
//	Outputs: y: the type and shape of x
//
//	C1: the axes are different and in [-rank, rank)
//
// It is nGraph's op::v0::Reverse, and TensorFlow's ReverseV2 with constant axes.
type Reverse struct {
	Axes []int `json:"reversed_axes"`
}

// Infer checks C1.
func (op *Reverse) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if s := in[0].Shape; s.Ranked() {
		if _, err := axesOf("C1", op.Axes, len(s)); err != nil {
			return nil, err
		}
	}
	return []Fact{in[0].Fact}, nil
}

// Eval copies with negative strides.
func (op *Reverse) Eval(in, out []*Tensor) error {
	s := in[0].Shape()
	axes, err := axesOf("C1", op.Axes, len(s))
	if err != nil {
		return err
	}
	if err := ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	src := whole(in[0])
	for i, reversed := range axes {
		if reversed {
			src.at += (s[i] - 1) * src.strides[i]
			src.strides[i] = -src.strides[i]
		}
	}
	move(whole(out[0]), src, s)
	return nil
}
