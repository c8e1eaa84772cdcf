package pointwise

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

var _ = core.Register[Betainc]("Betainc")

// Betainc is the regularized incomplete beta function of each three elements, computed in float64 and rounded once.
//
//	y[i] = I(a[i], b[i]) of x[i]; NaN unless a and b are above 0 and x is in [0, 1]
//
//	Inputs:  a, b, x: f32 or f64, all of one shape but those of shape []
//	Outputs: y: their type, that shape
//
//	C1: a, b and x are f32 or f64, of one type
//	C2: those that are not of shape [] have one shape
//
// It is TensorFlow's Betainc.
type Betainc struct{}

// InputNames names the inputs.
func (op *Betainc) InputNames() []string { return []string{"a", "b", "x"} }

// Infer checks C1 and C2.
func (op *Betainc) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	out := core.Fact{Shape: core.Shape{}}
	for i, o := range in {
		if err := infer.WantType("C1", in, i, core.F32, core.F64); err != nil {
			return nil, err
		}
		if !o.Type.Compatible(out.Type) {
			return nil, core.Violation("C1", i, "got type %v, want %v", o.Type, out.Type)
		}
		out.Type = max(out.Type, o.Type)
		switch s := o.Shape; {
		case !s.Ranked():
			return []core.Fact{{Type: out.Type}}, nil
		case len(s) == 0:
		case len(out.Shape) == 0:
			out.Shape = s
		default:
			both, ok := out.Shape.Merge(s)
			if !ok {
				return nil, core.Violation("C2", i, "got shape %v, want [] or %v", s, out.Shape)
			}
			out.Shape = both
		}
	}
	return []core.Fact{out}, nil
}

// Eval computes element by element.
func (op *Betainc) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	y := out[0]
	var args [3]*core.Tensor
	for i, t := range in {
		var err error
		if args[i], err = elements.BroadcastTensor(t, y.Shape()); err != nil {
			return err
		}
	}
	if y.Type() == core.F64 {
		a, b, x := core.Data[float64](args[0]), core.Data[float64](args[1]), core.Data[float64](args[2])
		for i := range core.Data[float64](y) {
			core.Data[float64](y)[i] = transcendental.Betainc(a[i], b[i], x[i])
		}
		return nil
	}
	a, b, x := core.Data[float32](args[0]), core.Data[float32](args[1]), core.Data[float32](args[2])
	for i := range core.Data[float32](y) {
		core.Data[float32](y)[i] = float32(transcendental.Betainc(float64(a[i]), float64(b[i]), float64(x[i])))
	}
	return nil
}

// Elements is trait.AllElements.
func (op *Betainc) Elements() trait.Elements { return trait.AllElements }
