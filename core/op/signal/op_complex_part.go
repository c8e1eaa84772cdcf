package signal

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/fourier"
)

var _ = core.Register[ComplexPart]("ComplexPart")

// Part is a real number of a complex one.
type Part uint8

// The parts.
const (
	RealPart Part = iota
	ImaginaryPart
	MagnitudePart // sqrt(re*re + im*im), computed in f64; that of an infinity is +Inf
	PhasePart     // atan2(im, re)
	numParts
)

var partNames = []string{"Real", "Imaginary", "Magnitude", "Phase"}

// String returns the part's name.
func (p Part) String() string { return enum.Name(p, partNames) }

// MarshalText writes the name, which stands for the Part in JSON.
func (p Part) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses a part's name.
func (p *Part) UnmarshalText(b []byte) error {
	return enum.Parse(p, string(b), "part of a complex number", partNames)
}

// ComplexPart takes a real number of each complex one.
//
//	Inputs:  x: c64 or c128, any shape
//	Outputs: y: f32 or f64, the shape of x
//
//	C1: Part is one of the parts
//	C2: x is complex
//
// It is TensorFlow's Real, Imag, ComplexAbs and Angle.
type ComplexPart struct {
	Part Part `json:"part"`
}

// Infer checks C1 and C2.
func (op *ComplexPart) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if op.Part >= numParts {
		return nil, core.Violation("C1", -1, "unknown part %d", op.Part)
	}
	return []core.Fact{{Type: in[0].Type.Part(), Shape: in[0].Shape}}, infer.WantType("C2", in, 0, core.C64, core.C128)
}

// Eval computes the parts.
func (op *ComplexPart) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	if x := in[0].Parts(); x.Type() == core.F32 {
		fourier.TakeParts(fourier.Part(op.Part), core.Data[float32](out[0]), core.Data[float32](x))
	} else {
		fourier.TakeParts(fourier.Part(op.Part), core.Data[float64](out[0]), core.Data[float64](x))
	}
	return nil
}

// Elements is trait.FirstElements.
func (op *ComplexPart) Elements() trait.Elements { return trait.FirstElements }
