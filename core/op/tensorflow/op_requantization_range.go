package tensorflow

import "github.com/tf2ng/tf2ng/core"

var _ = core.Register[RequantizationRange]("TFRequantizationRange")

// RequantizationRange is TensorFlow's RequantizationRange: the range that the
// elements use,
//
//	(min(0, QuantizedToFloat(f32(smallest))), QuantizedToFloat(f32(largest)))
//
// see quantization.go; (0, 0) without elements.
//
//	Inputs:  x: i32, any shape
//	         min, max: f32, [] or [1]: the range of x
//	Outputs: min, max: f32, []
//
//	C1: x is i32
//	R1 to R3: see quantization.go
type RequantizationRange struct{}

// InputNames names the inputs.
func (op *RequantizationRange) InputNames() []string { return tfRangeInputs }

// Infer checks C1 and R1 to R3.
func (op *RequantizationRange) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := inferUsedRange(in); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.F32, Shape: core.Shape{}}, {Type: core.F32, Shape: core.Shape{}}}, nil
}

// Eval finds the extremes.
func (op *RequantizationRange) Eval(in, out []*core.Tensor) error {
	r, err := readRange(in, 1, 2)
	if err != nil {
		return err
	}
	setRange(out, 0, r.usedRange(in[0]))
	return nil
}
