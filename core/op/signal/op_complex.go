package signal

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Complex]("Complex")

// Complex makes complex numbers of their parts.
//
//	y[i] = real[i] + imag[i]*i, broadcast to one shape by NumPy's rules
//
//	Inputs:  real: f32 or f64, any shape
//	         imag: the type of real, a shape that broadcasts with it
//	Outputs: y: c64 or c128, the broadcast shape
//
//	C1: real is f32 or f64
//	C2: imag has the type of real
//	C3: the shapes broadcast
//
// It is TensorFlow's Complex.
type Complex struct{}

// InputNames names the inputs.
func (op *Complex) InputNames() []string { return []string{"real", "imag"} }

// Infer checks C1 to C3.
func (op *Complex) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.F32, core.F64); err != nil {
		return nil, err
	}
	if err := infer.WantType("C2", in, 1, core.F32, core.F64); err != nil {
		return nil, err
	}
	if !in[1].Type.Compatible(in[0].Type) {
		return nil, core.Violation("C2", 1, "got type %v, want that of real, %v", in[1].Type, in[0].Type)
	}
	s, err := infer.BroadcastShapes("C3", in)
	typ := map[core.Type]core.Type{core.F32: core.C64, core.F64: core.C128}[max(in[0].Type, in[1].Type)]
	return []core.Fact{{Type: typ, Shape: s}}, err
}

// Eval joins.
func (op *Complex) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	re, im, err := elements.BroadcastTwo(in)
	if err != nil {
		return err
	}
	if re.Type() == core.F32 {
		join(core.Data[float32](out[0].Parts()), core.Data[float32](re), core.Data[float32](im))
	} else {
		join(core.Data[float64](out[0].Parts()), core.Data[float64](re), core.Data[float64](im))
	}
	return nil
}

func join[T float32 | float64](y, re, im []T) {
	for i, v := range re {
		y[2*i], y[2*i+1] = v, im[i]
	}
}

// Elements is trait.AllElements.
func (op *Complex) Elements() trait.Elements { return trait.AllElements }
