package signal

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/internal/fourier"
)

var _ = core.Register[Spectrogram]("Spectrogram")

// Spectrogram computes what frequencies a sound consists of. Windows of Window samples begin every Stride samples.
// Each is multiplied by a periodic Hann window, filled up with zeros to a power of two, n, and transformed. Squared
// gives the squared magnitudes, otherwise they are roots of these. It is computed in f64; the squares are rounded to
// f32, and so are their roots.
//
//	Inputs:  x: f32, [samples, channels]
//	Outputs: y: f32, [channels, windows, n/2+1]
//
//	C1: Window is in [2, 2^22], and Stride in [1, 2^31-1]
//	C2: x is an f32 matrix
//
// It is TensorFlow's AudioSpectrogram.
type Spectrogram struct {
	Window  int  `json:"window"`
	Stride  int  `json:"stride"`
	Squared bool `json:"squared,omitempty"`
}

// Infer checks C1 and C2.
func (op *Spectrogram) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if op.Window < 2 || op.Window > fourier.MaxLength || op.Stride < 1 || op.Stride > math.MaxInt32 {
		return nil, core.Violation("C1", -1, "got window %d and stride %d, want [2, %d] and [1, 2^31-1]", op.Window,
			op.Stride, fourier.MaxLength)
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = infer.UnknownShape(2)
	}
	if !in[0].Type.Compatible(core.F32) || len(s) != 2 {
		return nil, core.Violation("C2", 0, "got %v, want f32 of rank 2", in[0].Fact)
	}
	out, err := infer.CheckedShape(core.Shape{s[1], op.windows(s[0]), fourier.WindowLength(op.Window)/2 + 1})
	return []core.Fact{{Type: core.F32, Shape: out}}, err
}

// windows is how many windows there are of some samples.
func (op *Spectrogram) windows(samples int) int {
	switch {
	case samples == core.Unknown:
		return core.Unknown
	case samples < op.Window:
		return 0
	}
	return 1 + (samples-op.Window)/op.Stride
}

// Eval computes window by window.
func (op *Spectrogram) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	if out[0].Len() == 0 {
		return nil
	}
	s := fourier.NewSpectrogram(op.Window)
	y, x := core.Data[float32](out[0]), core.Data[float32](in[0])
	samples, channels := in[0].Shape()[0], in[0].Shape()[1]
	scratch := make([]complex128, s.Scratch())
	for c := range channels {
		for i := range op.windows(samples) {
			if out[0].Abandoned() {
				return nil
			}
			s.Run(y, x[i*op.Stride*channels+c:], channels, op.Squared, scratch)
			y = y[s.Bins:]
		}
	}
	return nil
}
