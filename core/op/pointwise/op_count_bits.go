package pointwise

import (
	"math/bits"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/view"
)

var _ = core.Register[CountBits]("CountBits")

// CountBits counts the bits of each integer that are 1.
//
//	Inputs:  x: an integer type, any shape
//	Outputs: y: u8, the shape of x
//
//	C1: x is an integer
//
// It is TensorFlow's PopulationCount.
type CountBits struct{}

// Infer checks C1.
func (op *CountBits) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if t := in[0].Type; t != core.Dynamic && !t.IsInteger() {
		return nil, core.Violation("C1", 0, "got type %v, want an integer type", t)
	}
	return []core.Fact{{Type: core.U8, Shape: in[0].Shape}}, nil
}

// Eval counts number by number.
func (op *CountBits) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, core.U8, in[0].Shape()); err != nil {
		return err
	}
	x, y := in[0].Bytes(), core.Data[uint8](out[0])
	switch in[0].Type().Size() {
	case 1:
		for i, v := range x {
			y[i] = uint8(bits.OnesCount8(v))
		}
	case 2:
		for i, v := range view.Of[uint16](x) {
			y[i] = uint8(bits.OnesCount16(v))
		}
	case 4:
		for i, v := range view.Of[uint32](x) {
			y[i] = uint8(bits.OnesCount32(v))
		}
	default:
		for i, v := range view.Of[uint64](x) {
			y[i] = uint8(bits.OnesCount64(v))
		}
	}
	return nil
}

// Elements is trait.FirstElements.
func (op *CountBits) Elements() trait.Elements { return trait.FirstElements }
