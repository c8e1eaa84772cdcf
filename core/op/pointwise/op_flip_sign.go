package pointwise

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[FlipSign]("FlipSign")

// FlipSign turns i8 into u8 by adding 128, and u8 into i8 by subtracting 128. The real value stays the same if
// the zero point changes likewise. On bytes it is x ^ 0x80.
//
//	Inputs:  x: i8 or u8, any shape
//	Outputs: u8 or i8, the shape of x
//
//	C1: x is i8 or u8
//
// The unsigned pass inserts it; no other framework has such an op.
type FlipSign struct{}

// Infer checks C1.
func (op *FlipSign) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	switch in[0].Type {
	case core.I8:
		return []core.Fact{{Type: core.U8, Shape: in[0].Shape}}, nil
	case core.U8:
		return []core.Fact{{Type: core.I8, Shape: in[0].Shape}}, nil
	case core.Dynamic:
		return []core.Fact{{Type: core.Dynamic, Shape: in[0].Shape}}, nil
	}
	return nil, core.Violation("C1", 0, "got type %v, want i8 or u8", in[0].Type)
}

// Eval flips the top bit of each byte.
func (op *FlipSign) Eval(in, out []*core.Tensor) error {
	y := out[0].Bytes()
	for i, x := range in[0].Bytes() {
		y[i] = x ^ 0x80
	}
	return nil
}

// Elements is trait.FirstElements.
func (op *FlipSign) Elements() trait.Elements { return trait.FirstElements }

// ElementCost is at most the cost of a product.
func (op *FlipSign) ElementCost(core.Type) (cost int, ok bool) { return 1, true }
