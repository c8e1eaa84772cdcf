package normalize

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/internal/activation"
)

var _ = core.Register[LRN]("LRN")

// LRN is local response normalization across the channels, in f32.
//
//	y[..., c] = x[..., c] / (Bias + Alpha * sum of x[..., k]^2 for |k-c| <= Radius) ** Beta
//
// The squares are added in the order of the channels, and each step is rounded. The power is computed as by op
// Power, or as a square root if Beta is 1/2 and neither Alpha nor Bias is negative.
//
//	Inputs:  x: a real type, [N, H, W, C]
//	Outputs: y: the type and shape of x
//
//	C1: x is real, of rank 4
//	C2: Radius is >= 0; the other attributes are finite
//
// It is nGraph's op::v0::LRN over the axis of the channels, and TensorFlow's LRN.
type LRN struct {
	Radius int     `json:"radius"`
	Bias   float32 `json:"bias"`
	Alpha  float32 `json:"alpha"`
	Beta   float32 `json:"beta"`
}

// Infer checks C1 and C2.
func (op *LRN) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := infer.WantReal("C1", in, 0); err != nil {
		return nil, err
	}
	if s := in[0].Shape; s.Ranked() && len(s) != 4 {
		return nil, core.Violation("C1", 0, "got shape %v, want rank 4", s)
	}
	for _, v := range []float32{op.Bias, op.Alpha, op.Beta} {
		if x := float64(v); op.Radius < 0 || x != x || math.IsInf(x, 0) {
			return nil, core.Violation("C2", -1,
				"got radius %d, bias %v, alpha %v and beta %v, want radius >= 0 and finite numbers",
				op.Radius, op.Bias, op.Alpha, op.Beta)
		}
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval adds and divides.
func (op *LRN) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	if err := elements.Ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	channels := s[3]
	x := in[0].Float32s()
	y := make([]float32, len(x))
	for base := 0; base < len(x); base += channels {
		row := x[base : base+channels]
		for c, v := range row {
			if out[0].Abandoned() {
				return nil
			}
			var sum float32
			for _, w := range row[max(c-min(op.Radius, c), 0) : c+1+min(op.Radius, channels-1-c)] {
				sum += float32(w * w)
			}
			y[base+c] = v / op.power(op.Bias+float32(op.Alpha*sum))
		}
	}
	elements.SetFloat32s(out[0], y)
	return nil
}

// power returns x**Beta, computed as a square root if IsRoot.
func (op *LRN) power(x float32) float32 {
	if op.IsRoot() {
		return float32(math.Sqrt(float64(x)))
	}
	return activation.Pow(x, op.Beta)
}

// IsRoot reports whether the power is a square root of numbers that cannot be negative.
func (op *LRN) IsRoot() bool {
	return op.Beta == 0.5 && !math.Signbit(float64(op.Alpha)) && !math.Signbit(float64(op.Bias))
}
