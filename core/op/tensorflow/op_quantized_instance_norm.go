package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
)

var _ = core.Register[QuantizedInstanceNorm]("TFQuantizedInstanceNorm")

// QuantizedInstanceNorm is TensorFlow's QuantizedInstanceNorm: it normalizes each channel of each image by its own
// mean and variance, in float32. Sums run down the columns, one column after the other, and each step is rounded.
// Results below 2^-126 count as 0.
//
//	k        = (max - min) / 255
//	mean     = sum(x) / (H*W), variance = sum((k * (x - mean))^2) / (H*W)
//	v        = k * (x - mean) * (1 / sqrt(variance + VarianceEpsilon))
//	range    = (smallest v, largest v), or the given one with OutputRangeGiven; its max is
//	           min + MinSeparation if it is narrower
//	y        = quantize(v)
//
//	Inputs:  x: u8, [N, H, W, C]
//	         min, max: f32, [] or [1]: the range of x
//	Outputs: y: u8, the shape of x
//	         min, max: f32, []
//
//	C1: x is u8, of rank 4, without zero dimensions
//	C2: VarianceEpsilon and MinSeparation are finite and >= 0
//	C3: the given range is finite, and its min < its max
//	C4: the range of x is not empty
//	R1 to R3: see quantization.go
//
// With fewer than 8 channels the bits are TensorFlow's. With 8 or more, TensorFlow computes 1/sqrt as the CPU's
// approximation (RSQRTPS), refined once, which differs between makes of CPU. The ends of the range, and v, are
// then off by at most 2 units in the last place, which changes a code only where v is at a tie.
type QuantizedInstanceNorm struct {
	OutputRangeGiven bool    `json:"output_range_given,omitempty"`
	GivenYMin        float32 `json:"given_y_min"`
	GivenYMax        float32 `json:"given_y_max"`
	VarianceEpsilon  float32 `json:"variance_epsilon"`
	MinSeparation    float32 `json:"min_separation"`
}

// InputNames names the inputs.
func (op *QuantizedInstanceNorm) InputNames() []string { return tfRangeInputs }

// Infer checks C1 to C4 and R1 to R3.
func (op *QuantizedInstanceNorm) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	if err := op.check(); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.U8); err != nil {
		return nil, err
	}
	s, ok := infer.UnknownShape(4).Merge(in[0].Shape)
	if !ok || s[0] == 0 || s[1] == 0 || s[2] == 0 || s[3] == 0 {
		return nil, core.Violation("C1", 0, "got shape %v, want [N, H, W, C] without zeros", in[0].Shape)
	}
	if err := inferTFRange(in, 1, 2, noChannels); err != nil {
		return nil, err
	}
	if in[1].Const != nil && in[2].Const != nil {
		if _, err := op.inputRange([]*core.Tensor{nil, in[1].Const, in[2].Const}); err != nil {
			return nil, err
		}
	}
	return rangeFacts(core.U8, s), nil
}

func (op *QuantizedInstanceNorm) check() error {
	for _, v := range []float32{op.VarianceEpsilon, op.MinSeparation} {
		if !(v >= 0) || math.IsInf(float64(v), 0) {
			return core.Violation("C2", -1, "variance_epsilon and min_separation: got %v and %v, want finite and >= 0",
				op.VarianceEpsilon, op.MinSeparation)
		}
	}
	width := float64(op.GivenYMax) - float64(op.GivenYMin)
	if op.OutputRangeGiven && (!(width > 0) || math.IsInf(width, 0)) {
		return core.Violation("C3", -1, "given range: got [%v, %v], want min < max, both finite", op.GivenYMin, op.GivenYMax)
	}
	return nil
}

// inputRange returns the range of x and checks R3 and C4.
func (op *QuantizedInstanceNorm) inputRange(in []*core.Tensor) (tfRange, error) {
	r, err := readRange(in, 1, 2)
	if err == nil && r.min == r.max {
		err = core.Violation("C4", 1, "got the range [%v, %v], want min < max", r.min, r.max)
	}
	return r, err
}

// Eval normalizes each channel of each image.
func (op *QuantizedInstanceNorm) Eval(in, out []*core.Tensor) error {
	r, err := op.inputRange(in)
	if err != nil {
		return err
	}
	s := in[0].Shape()
	if err := elements.Ensure(out, 0, core.U8, s); err != nil {
		return err
	}
	k := op.Unit(r.min, r.max)
	v := make([]float32, in[0].Len())
	pixels, channels := s[1]*s[2], s[3]
	plane := make([]float32, pixels) // in column-major order
	for n := range s[0] {
		x := core.Data[uint8](in[0])[n*pixels*channels:]
		y := v[n*pixels*channels:]
		for c := range channels {
			for i := range plane {
				plane[i] = float32(x[pixel(i, s)*channels+c])
			}
			op.normalize(plane, k)
			for i, f := range plane {
				y[pixel(i, s)*channels+c] = f
			}
		}
	}
	to := op.outputRange(arithmetic.Smallest(v, v[0]), arithmetic.Largest(v, v[0]))
	toQuantized := to.eigenQuantize(core.U8)
	y := core.Data[uint8](out[0])
	for i, x := range v {
		y[i] = uint8(toQuantized(x))
	}
	setRange(out, 1, to)
	return nil
}

// pixel returns the row-major index of the i-th pixel in column-major order, for images of shape [N, H, W, C].
func pixel(i int, s core.Shape) int { return i%s[1]*s[2] + i/s[1] }

// normalize replaces the codes of a plane, in units of k, by their normalized values.
func (op *QuantizedInstanceNorm) normalize(v []float32, k float32) {
	n := float32(len(v))
	var sum, squares float32
	for _, x := range v {
		sum += x
	}
	mean := sum / n
	for i, x := range v {
		v[i] = numeric.Flushed((x - mean) * k)
		squares += numeric.Flushed(float32(v[i] * v[i]))
	}
	factor := op.Factor(squares / n)
	for i := range v {
		v[i] = numeric.Flushed(v[i] * factor)
	}
}

// outputRange returns the output's range if the normalized values lie within [low, high].
func (op *QuantizedInstanceNorm) outputRange(low, high float32) tfRange {
	to := tfRange{low, high}
	if op.OutputRangeGiven {
		to = tfRange{op.GivenYMin, op.GivenYMax}
	}
	if to.max-to.min < op.MinSeparation {
		to.max = to.min + op.MinSeparation
	}
	return to
}

// CheckRange checks R3 and C4.
func (op *QuantizedInstanceNorm) CheckRange(in []*core.Tensor) error {
	_, err := op.inputRange(in)
	return err
}

// Unit returns the k of a range of x.
func (op *QuantizedInstanceNorm) Unit(low, high float32) float32 {
	return numeric.Flushed((high - low) / 255)
}

// Factor returns what the differences from the mean are multiplied by: 1 / sqrt(variance + VarianceEpsilon).
func (op *QuantizedInstanceNorm) Factor(variance float32) float32 {
	variance = numeric.Flushed(variance) + numeric.Flushed(op.VarianceEpsilon)
	return 1 / float32(math.Sqrt(float64(variance)))
}

// Output returns the range of the output if the normalized values lie within [low, high], and the numbers that make
// a byte of a value: rha(v*scale) - offset, each step rounded to float32, then clamped to [0, 255].
func (op *QuantizedInstanceNorm) Output(low, high float32) (from, to, scale, offset float32) {
	r := op.outputRange(low, high)
	scale, offset = r.eigenScale(core.U8)
	return r.min, r.max, scale, offset
}
