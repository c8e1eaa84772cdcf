// Package affine reduces the post-ops of an integer product to what ONNX's quantized ops can say: one factor and one
// bias for each channel, and the quantization of the result.
package affine

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/postop"
)

// Affine is a list of post-ops reduced to one factor and one offset for each channel, bounds, and the quantization to 8
// bits:
//
//	y = Saturate(Round(min(max(sum*factor + offset + summand*by, lo), hi) * to) + zero)
type Affine struct {
	Factor, Offset []float64 // one for all channels, or one for each
	Lo, Hi         float64   // -Inf and Inf if there are no bounds
	To             float64   // the reciprocal of the result's scale
	Zero           int64     // the zero point of the result
	Last           postop.Step
	Summand        core.Value // a quantized tensor of the output's shape; its Node is nil if there is none
	By             float64    // the scale of the summand, whose zero point is 0
}

// Of reduces the post-ops of a product to an Affine; false if that is not possible, or if an operand other than the
// summand is computed.
func Of(steps []postop.Step, operands []core.Value) (*Affine, bool) {
	n := len(steps) - 1
	if n < 0 || steps[n].Kind != postop.RoundSaturate || steps[n].Type.Size() != 1 {
		return nil, false
	}
	a := &Affine{
		Factor: []float64{1}, Offset: []float64{0}, Lo: math.Inf(-1), Hi: math.Inf(1), To: 1, Last: steps[n],
	}
	next := operands
	for i, s := range steps {
		if s.Kind == postop.MulAdd && a.addsTensor(next[0], next[1]) {
			next = next[2:]
			continue
		}
		read := make([][]float64, s.Operands())
		for k := range read {
			t := next[0].Constant()
			if t == nil || len(t.Shape()) > 1 || t.Len() == 0 {
				return nil, false
			}
			read[k], next = t.Float64s(), next[1:]
		}
		if !a.step(s, read, i > 0 && i == n-1) {
			return nil, false
		}
	}
	return a, true
}

// step adds a post-op to the Affine; false if that is not possible. toIntegers says that only the rounding
// follows it.
func (a *Affine) step(s postop.Step, operands [][]float64, toIntegers bool) bool {
	limited := !math.IsInf(a.Lo, 0) || !math.IsInf(a.Hi, 0)
	switch s.Kind {
	case postop.Add:
		a.Offset = combine(a.Offset, operands[0], plus)
		return !limited
	case postop.Mul:
		v := operands[0]
		if toIntegers && len(v) == 1 && v[0] > 0 {
			a.To = v[0]
			return true
		}
		return a.multiply(v)
	case postop.Linear:
		if a.Summand.Node != nil {
			return false
		}
		a.Offset = combine(combine(a.Offset, operands[0], times), operands[1], plus)
		a.Factor = combine(a.Factor, operands[0], times)
		return !limited
	case postop.Activation:
		if s.Activation != numeric.Relu && s.Activation != numeric.Relu6 || limited {
			return s.Activation == numeric.Identity
		}
		if a.Lo = 0; s.Activation == numeric.Relu6 {
			a.Hi = 6
		}
		return true
	case postop.RoundSaturate:
		if s.ZeroPoint {
			if len(operands[0]) != 1 {
				return false
			}
			a.Zero = int64(operands[0][0])
		}
		return true
	}
	return false
}

// addsTensor adds the sum with a computed tensor of bytes to the Affine; false if the sum is of another kind.
func (a *Affine) addsTensor(v, scale core.Value) bool {
	s := scale.Constant()
	limited := !math.IsInf(a.Lo, 0) || !math.IsInf(a.Hi, 0)
	if s == nil || s.Type() != core.F32 || s.Len() != 1 || limited || a.Summand.Node != nil {
		return false
	}
	a.Summand, a.By = v, s.Float64s()[0]
	return a.By > 0 && v.Constant() == nil && v.Type().Size() == 1
}

func plus(x, y float64) float64  { return x + y }
func times(x, y float64) float64 { return x * y }

// multiply adds a factor to the affine. With a bound it must be positive, and with an upper bound it must be
// the same for all channels.
func (a *Affine) multiply(v []float64) bool {
	limited := !math.IsInf(a.Lo, 0) || !math.IsInf(a.Hi, 0)
	for _, x := range v {
		if !(x > 0) && (limited || x != 0) {
			return false
		}
	}
	if !math.IsInf(a.Hi, 0) {
		if len(v) != 1 {
			return false
		}
		a.Hi *= v[0]
	}
	if a.Summand.Node != nil {
		if len(v) != 1 {
			return false
		}
		a.By *= v[0]
	}
	a.Factor = combine(a.Factor, v, times)
	a.Offset = combine(a.Offset, v, times)
	return true
}

// combine applies f elementwise to two lists. A list of one element is broadcast.
func combine(a, b []float64, f func(x, y float64) float64) []float64 {
	out := make([]float64, max(len(a), len(b)))
	for i := range out {
		out[i] = f(a[i%len(a)], b[i%len(b)])
	}
	return out
}

// Integers returns the smallest and the largest integer that the result can have.
func (a *Affine) Integers() (lo, hi int64) {
	lo, hi = a.Last.Lo, a.Last.Hi
	if !math.IsInf(a.Lo, 0) {
		lo = max(lo, int64(math.RoundToEven(a.Lo*a.To))+a.Zero)
	}
	if v := a.Hi * a.To; !math.IsInf(v, 0) && v < 1<<20 {
		hi = min(hi, int64(math.RoundToEven(v))+a.Zero)
	}
	return lo, max(lo, hi)
}

// Range is an interval of reals.
type Range struct{ Least, Most float64 }

// Reals returns the Range of all reals.
func Reals() Range { return Range{math.Inf(-1), math.Inf(1)} }

// Rounding is how a product is rounded to 8 bits.
type Rounding struct {
	Scale     float32
	Zero      uint8
	Saturates bool // products outside of the Range that is known move results by more than one step
}

// RoundedProduct returns how the product is rounded to 8 bits before the summand is added, if the products that are
// known lie in r; false if that can move the result of one of these by more than one step.
//
// Whatever the summand, the result is at its lower bound for products below least, and at its upper bound for those
// above most. So the 256 values of the rounded product lie between them, and what is beyond them saturates. A rounded
// product is off by half of the distance of two values at most.
func (a *Affine) RoundedProduct(r Range) (Rounding, bool) {
	lo, hi := a.Integers()
	first, last := a.Summand.Type().Bounds()
	least := (float64(lo-a.Zero)+0.5)/a.To - a.By*float64(last)
	most := (float64(hi-a.Zero)-0.5)/a.To - a.By*float64(first)
	saturates := r.Least > least || r.Most < most
	least, most = min(max(least, r.Least), 0), max(min(most, r.Most), 0)
	scale := float32((most - least) / 255)
	if !(scale > 0x1p-120) || float64(scale)/2*a.To >= 1-RoundingSlack {
		return Rounding{}, false
	}
	return Rounding{scale, uint8(math.RoundToEven(-least / float64(scale))), saturates}, true
}

// RoundingSlack is the part of a step that RoundedProduct leaves to the integer bias and to the rounding of reals.
const RoundingSlack = 0x1p-7

// Quantized is an Affine with integer biases and with scales for the factors of the product.
type Quantized struct {
	Scales []float32 // scales of the factors: one, or one for each channel
	Bias   []int32   // one for each channel
	Zeroed []bool    // channels whose factors are to be replaced by 0; nil if there are none
	Steps  float64   // the largest error of a result before it is rounded, in steps of the result
}

// maxBias is the largest magnitude of an integer bias: added to the sum of products, it does not overflow i32.
const maxBias = 1 << 29

// Quantize returns the Affine with integer biases, in units of data scale times factor scale, for data of the
// given scale; false if a result can then be off by more than half a step. magnitude returns the sum of the
// magnitudes of a channel's products.
func (a *Affine) Quantize(scale float32, channels int, magnitude func(channel int) float64) (*Quantized, bool) {
	q := &Quantized{Bias: make([]int32, channels), Scales: make([]float32, len(a.Factor))}
	for c := range channels {
		k := c % len(a.Factor)
		unit := a.Factor[k]
		b := a.Offset[c%len(a.Offset)]
		if len(q.Scales) == channels && (!(unit > 0x1p-120) || math.Abs(b)/unit > maxBias) {
			// The products are negligible compared with the bias, so they become 0.
			if q.Zeroed == nil {
				q.Zeroed = make([]bool, channels)
			}
			q.Zeroed[c] = true
			q.Steps = max(q.Steps, math.Abs(unit)*magnitude(c)*a.To)
			unit = max(math.Abs(b)/(1<<24), 0x1p-100)
		}
		s := float32(unit / float64(scale))
		q.Scales[k] = s
		unit = float64(float32(scale * s))
		v := math.RoundToEven(b / unit)
		if !(unit > 0x1p-120) || !(math.Abs(v) <= maxBias) {
			return nil, false
		}
		q.Bias[c] = int32(v)
		q.Steps = max(q.Steps, math.Abs(float64(v*unit)-b)*a.To)
	}
	return q, q.Steps < 0.5
}
