package core

var _ = Register[TFQuantizeDownAndShrinkRange]("TFQuantizeDownAndShrinkRange")

// TFQuantizeDownAndShrinkRange is TensorFlow's op of that name: TFRequantize to u8 by
// the range that TFRequantizationRange gives.
//
//	Inputs:  x: i32, any shape
//	         min, max: f32, [] or [1]: the range of x
//	Outputs: q: u8, the shape of x
//	         min, max: f32, []
//
//	C1: x is i32
//	R1 to R3: see tf_quantization.go
type TFQuantizeDownAndShrinkRange struct{}

// InputNames names the inputs.
func (op *TFQuantizeDownAndShrinkRange) InputNames() []string { return tfRangeInputs }

// Infer checks C1 and R1 to R3.
func (op *TFQuantizeDownAndShrinkRange) Infer(in []Operand) ([]Fact, error) {
	if err := inferUsedRange(in); err != nil {
		return nil, err
	}
	return rangeFacts(U8, in[0].Shape), nil
}

// Eval finds the range and requantizes.
func (op *TFQuantizeDownAndShrinkRange) Eval(in, out []*Tensor) error {
	r, err := readRange(in, 1, 2)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, U8, in[0].Shape()); err != nil {
		return err
	}
	to := r.usedRange(in[0])
	mapInts(in[0], out[0], r.fixedPointToU8(to).Apply)
	setRange(out, 1, to)
	return nil
}
