package tensorflow

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[QuantizeDownAndShrinkRange]("TFQuantizeDownAndShrinkRange")

// QuantizeDownAndShrinkRange is TensorFlow's op of that name: Requantize to u8 by
// the range that RequantizationRange gives.
//
//	Inputs:  x: i32, any shape
//	         min, max: f32, [] or [1]: the range of x
//	Outputs: q: u8, the shape of x
//	         min, max: f32, []
//
//	C1: x is i32
//	R1 to R3: see quantization.go
type QuantizeDownAndShrinkRange struct{}

// InputNames names the inputs.
func (op *QuantizeDownAndShrinkRange) InputNames() []string { return tfRangeInputs }

// Infer checks C1 and R1 to R3.
func (op *QuantizeDownAndShrinkRange) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := inferUsedRange(in); err != nil {
		return nil, err
	}
	return rangeFacts(core.U8, in[0].Shape), nil
}

// Eval finds the range and requantizes.
func (op *QuantizeDownAndShrinkRange) Eval(in, out []*core.Tensor) error {
	r, err := readRange(in, 1, 2)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, core.U8, in[0].Shape()); err != nil {
		return err
	}
	to := r.usedRange(in[0])
	elements.MapInts(in[0], out[0], r.fixedPointToU8(to).Apply)
	setRange(out, 1, to)
	return nil
}
