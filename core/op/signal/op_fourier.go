package signal

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/fourier"
)

var _ = core.Register[Fourier]("Fourier")

// FourierKind says what a Fourier transforms to what.
type FourierKind uint8

// The kinds.
const (
	ForwardFourier     FourierKind = iota // complex to complex
	InverseFourier                        // complex to complex, divided by the number of elements
	RealForwardFourier                    // reals to the first length/2+1 complex numbers along the last axis
	RealInverseFourier                    // its inverse
	numFourierKinds
)

var fourierKindNames = []string{"Forward", "Inverse", "RealForward", "RealInverse"}

// String returns the kind's name.
func (k FourierKind) String() string { return enum.Name(k, fourierKindNames) }

// MarshalText writes the name, which stands for the FourierKind in JSON.
func (k FourierKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText parses a kind's name.
func (k *FourierKind) UnmarshalText(b []byte) error {
	return enum.Parse(k, string(b), "kind of Fourier transform", fourierKindNames)
}

// Fourier is the discrete Fourier transform along the last Axes axes.
//
//	Forward:     y[k] = sum over j of x[j] * e**(-2*pi*i*j*k/n), for each of the axes
//	Inverse:     x[j] = sum over k of y[k] * e**(2*pi*i*j*k/n) / n
//	RealForward: Forward of the first length elements along each axis; of the last axis, elements 0 to length/2
//	RealInverse: the reals whose RealForward are the first elements, length/2+1 of the last axis. Imaginary parts that
//	             those of reals do not have are ignored
//
// It is computed in f64, in the order of package internal/fourier, and rounded to the type of y.
//
//	Inputs:  x: c64 or c128; for RealForward f32 or f64; rank Axes or more
//	         length: i32, [Axes], for RealForward and RealInverse only
//	Outputs: y: the type of x, or the one of its real parts or complex numbers; zeros where x has no elements
//
//	C1: Kind is one of the kinds; Axes is in [1, 3]
//	C2: x has a type of the kind, and Axes axes at least
//	C3: length is i32 of shape [Axes], none negative, the last at least 1
//	C4: x is as long as is transformed, along each axis, or 0
//	C5: what is transformed along an axis has at most 2^22 elements
//
// It is TensorFlow's FFT, IFFT, RFFT and IRFFT, and those of two and three dimensions.
type Fourier struct {
	Kind FourierKind `json:"kind"`
	Axes int         `json:"axes"`
}

// Real reports whether the op has reals on one side, and so lengths.
func (op *Fourier) Real() bool { return op.Kind >= RealForwardFourier }

// InputNames names the inputs.
func (op *Fourier) InputNames() []string { return []string{"x", "length"} }

// resultTypes are the types of x and y.
var resultTypes = [numFourierKinds]map[core.Type]core.Type{
	ForwardFourier:     {core.C64: core.C64, core.C128: core.C128},
	InverseFourier:     {core.C64: core.C64, core.C128: core.C128},
	RealForwardFourier: {core.F32: core.C64, core.F64: core.C128},
	RealInverseFourier: {core.C64: core.F32, core.C128: core.F64},
}

// Infer checks C1 to C5.
func (op *Fourier) Infer(in []core.Operand) ([]core.Fact, error) {
	inputs := 1
	if op.Real() {
		inputs = 2
	}
	if err := core.WantInputs(in, inputs); err != nil {
		return nil, err
	}
	if op.Kind >= numFourierKinds || op.Axes < 1 || op.Axes > 3 {
		return nil, core.Violation("C1", -1, "got kind %v of %d axes, want a known one of 1 to 3", op.Kind, op.Axes)
	}
	s := in[0].Shape
	y, ok := resultTypes[op.Kind][in[0].Type]
	if !ok && in[0].Type != core.Dynamic || s.Ranked() && len(s) < op.Axes {
		return nil, core.Violation("C2", 0, "got %v, want %v of rank %d or more", in[0].Fact, op.wanted(), op.Axes)
	}
	if !op.Real() {
		return []core.Fact{{Type: y, Shape: s}}, op.checkLengths(s)
	}
	if o := in[1]; !o.Type.Compatible(core.I32) || !o.Shape.Compatible(core.Shape{op.Axes}) {
		return nil, core.Violation("C3", 1, "got %v, want i32[%d]", o.Fact, op.Axes)
	}
	out, err := op.outShape(s, in[1])
	return []core.Fact{{Type: y, Shape: out}}, err
}

func (op *Fourier) wanted() string {
	if op.Kind == RealForwardFourier {
		return "f32 or f64"
	}
	return "c64 or c128"
}

// checkLengths checks C5 for a transform of whole axes.
func (op *Fourier) checkLengths(s core.Shape) error {
	if !s.Ranked() {
		return nil
	}
	for _, n := range s[len(s)-op.Axes:] {
		if n > fourier.MaxLength {
			return core.Violation("C5", 0, "got shape %v, want at most %d elements along an axis", s, fourier.MaxLength)
		}
	}
	return nil
}

// outShape checks C3 to C5 and returns the shape for lengths.
func (op *Fourier) outShape(s core.Shape, length core.Operand) (core.Shape, error) {
	lengths, known := infer.IntsOf(length)
	if !s.Ranked() {
		return nil, nil
	}
	out, first := s.Clone(), len(s)-op.Axes
	if !known {
		for i := range op.Axes {
			out[first+i] = core.Unknown
		}
		return out, nil
	}
	for i, n := range lengths {
		last := i == op.Axes-1
		if n < 0 || last && n == 0 {
			return nil, core.Violation("C3", 1, "got %v, want none negative, and the last at least 1", lengths)
		}
		if n > fourier.MaxLength {
			return nil, core.Violation("C5", 1, "got %v, want at most %d", lengths, fourier.MaxLength)
		}
		half := int(n)/2 + 1
		need, make := int(n), int(n)
		if last && op.Kind == RealInverseFourier {
			need = half
		} else if last {
			make = half
		}
		if have := s[first+i]; have != core.Unknown && have != 0 && have < need {
			return nil, core.Violation("C4", 0, "got shape %v for lengths %v, want at least %d elements along axis %d", s,
				lengths, need, first+i)
		}
		out[first+i] = make
	}
	return infer.CheckedShape(out)
}

// Eval transforms.
func (op *Fourier) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	if out[0] == nil {
		if out[0], err = core.BoundedTensor(op, facts[0]); err != nil {
			return err
		}
	}
	x, y := in[0].Parts(), out[0].Parts()
	if x.Len() == 0 || y.Len() == 0 {
		clear(y.Bytes())
		return nil
	}
	s := in[0].Shape()
	dims := s[len(s)-op.Axes:]
	lengths := []int(dims)
	if op.Real() {
		lengths = nil
		for _, n := range in[1].Int64s() {
			lengths = append(lengths, int(n))
		}
	}
	t := fourier.New(fourier.Kind(op.Kind), dims, lengths)
	if x.Type() == core.F32 {
		transformAll(t, out[0], core.Data[float32](y), core.Data[float32](x))
	} else {
		transformAll(t, out[0], core.Data[float64](y), core.Data[float64](x))
	}
	return nil
}

// transformAll transforms array after array. It stops early if the tensor to is abandoned.
func transformAll[T float32 | float64](t *fourier.Transform, to *core.Tensor, y, x []T) {
	scratch := make([]complex128, t.Scratch())
	for len(y) > 0 && !to.Abandoned() {
		fourier.Run(t, y[:t.Out], x[:t.In], scratch)
		y, x = y[t.Out:], x[t.In:]
	}
}

// BatchInputs says that x has the batch axis, unless that is transformed.
func (op *Fourier) BatchInputs(in []core.Fact, _ core.Shape) []bool {
	if len(in[0].Shape) <= op.Axes {
		return nil
	}
	return trait.FirstInput(in)
}
