package signal

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/fourier"
)

var _ = core.Register[Mfcc]("Mfcc")

// Mfcc computes mel-frequency cepstral coefficients. The roots of a spectrum are summed with the weights of Channels
// triangles between the frequencies Lower and Upper, in Hz, and the cosine transform of their logarithms has the
// coefficients, of which the first Coefficients are taken. It is computed in f64 and rounded to f32. If the spectrum
// ends below Upper, all coefficients are 0.
//
//	Inputs:  x: f32, [channels, windows, bins]: squared magnitudes
//	         rate: i32, []: samples in a second
//	Outputs: y: f32, [channels, windows, Coefficients]
//
//	C1: 0 <= Lower < Upper, both finite
//	C2: Coefficients is in [1, Channels], and their product is at most 2^24
//	C3: x is f32 of rank 3 with at least 2 bins
//	C4: rate is i32, at least 1
//
// It is TensorFlow's Mfcc.
type Mfcc struct {
	Upper        float32 `json:"upper"`
	Lower        float32 `json:"lower"`
	Channels     int     `json:"channels"`
	Coefficients int     `json:"coefficients"`
}

// mostCosines bounds the table of the cosine transform.
const mostCosines = 1 << 24

// InputNames names the inputs.
func (op *Mfcc) InputNames() []string { return []string{"x", "rate"} }

// Infer checks C1 to C4.
func (op *Mfcc) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	switch {
	case !(op.Lower >= 0 && op.Lower < op.Upper && op.Upper <= math.MaxFloat32):
		return nil, core.Violation("C1", -1, "got lower limit %v and upper limit %v, want 0 <= lower < upper", op.Lower,
			op.Upper)
	case op.Coefficients < 1 || op.Coefficients > op.Channels || op.Channels > mostCosines/op.Coefficients:
		return nil, core.Violation("C2", -1, "got %d coefficients of %d channels, want 1 to the channels, "+
			"and a product of at most %d", op.Coefficients, op.Channels, mostCosines)
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = infer.UnknownShape(3)
	}
	if !in[0].Type.Compatible(core.F32) || len(s) != 3 || s[2] == 0 || s[2] == 1 {
		return nil, core.Violation("C3", 0, "got %v, want f32 of rank 3 and at least 2 bins", in[0].Fact)
	}
	if !in[1].Type.Compatible(core.I32) || !in[1].Shape.Compatible(core.Shape{}) {
		return nil, core.Violation("C4", 1, "got %v, want i32[]", in[1].Fact)
	}
	if rate, ok := infer.IntsOf(in[1]); ok {
		if err := CheckRate(rate[0]); err != nil {
			return nil, err
		}
	}
	out, err := infer.CheckedShape(core.Shape{s[0], s[1], op.Coefficients})
	return []core.Fact{{Type: core.F32, Shape: out}}, err
}

// CheckRate checks C4 for the value of rate.
func CheckRate(rate int64) error {
	if rate < 1 {
		return core.Violation("C4", 1, "got rate %d, want at least 1", rate)
	}
	return nil
}

// Eval computes spectrum by spectrum.
func (op *Mfcc) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	bins := in[0].Shape()[2]
	rate := in[1].Int64s()[0]
	if err := CheckRate(rate); err != nil || out[0].Len() == 0 {
		return err
	}
	c, scratch := fourier.NewCepstrum(fourier.Mel{
		Bins: bins, Rate: int(rate), Lower: float64(op.Lower), Upper: float64(op.Upper), Channels: op.Channels,
		Coefficients: op.Coefficients,
	}), make([]float64, op.Channels)
	y, x := core.Data[float32](out[0]), core.Data[float32](in[0])
	for ; len(y) > 0 && !out[0].Abandoned(); y, x = y[op.Coefficients:], x[bins:] {
		c.Run(y[:op.Coefficients], x[:bins], scratch)
	}
	return nil
}

// BatchInputs is trait.FirstInput.
func (op *Mfcc) BatchInputs(in []core.Fact, _ core.Shape) []bool { return trait.FirstInput(in) }
