package signal

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Conjugate]("Conjugate")

// Conjugate negates imaginary parts.
//
//	Inputs:  x: c64 or c128, any shape
//	Outputs: y: the type and shape of x
//
//	C1: x is complex
//
// It is TensorFlow's Conj.
type Conjugate struct{}

// Infer checks C1.
func (op *Conjugate) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	return []core.Fact{in[0].Fact}, infer.WantType("C1", in, 0, core.C64, core.C128)
}

// Eval negates.
func (op *Conjugate) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	elements.Copy(out[0], in[0])
	if in[0].Type() == core.C64 {
		negate(core.Data[float32](out[0].Parts()))
	} else {
		negate(core.Data[float64](out[0].Parts()))
	}
	return nil
}

// negate negates every second number.
func negate[T float32 | float64](y []T) {
	for i := 1; i < len(y); i += 2 {
		y[i] = -y[i]
	}
}

// Elements is trait.FirstElements.
func (op *Conjugate) Elements() trait.Elements { return trait.FirstElements }
