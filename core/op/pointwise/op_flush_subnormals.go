package pointwise

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[FlushSubnormals]("FlushSubnormals")

// FlushSubnormals replaces subnormal numbers by 0, as the CPU does with every result in the mode in which
// TensorFlow's threads run.
//
//	y[i] = x[i], or 0 of its sign where |x[i]| < 2^-126
//
//	Inputs:  x: f32, any shape
//	Outputs: y: f32, the shape of x
//
//	C1: x is f32
//
// The builders apply it to the few products for which this can change a result.
type FlushSubnormals struct{}

// Infer checks C1.
func (op *FlushSubnormals) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.F32); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.F32, Shape: in[0].Shape}}, nil
}

// Eval flushes each element.
func (op *FlushSubnormals) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, core.F32, in[0].Shape()); err != nil {
		return err
	}
	y := core.Data[float32](out[0])
	for i, x := range core.Data[float32](in[0]) {
		y[i] = numeric.Flushed(x)
	}
	return nil
}

// Elements is trait.FirstElements.
func (op *FlushSubnormals) Elements() trait.Elements { return trait.FirstElements }
