package onnx

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/postop"
)

// affine is a list of post-ops reduced to one factor and one offset per channel, bounds, and the
// quantization to 8 bits:
//
//	y = Saturate(Round(min(max(sum*factor + offset + summand*by, lo), hi) * to) + zero)
type affine struct {
	factor, offset []float64 // one for all channels, or one for each
	lo, hi         float64   // -Inf and Inf if there are no bounds
	to             float64   // the reciprocal of the result's scale
	zero           int64     // the zero point of the result
	last           postop.Step
	summand        core.Value // a quantized tensor of the output's shape; its Node is nil if there is none
	by             float64
}

// affineOf reduces the post-ops of a product to an affine; false if that is not possible, or if an operand is
// not constant.
func affineOf(steps []postop.Step, operands []core.Value) (*affine, bool) {
	n := len(steps) - 1
	if n < 0 || steps[n].Kind != postop.RoundSaturate || steps[n].Type.Size() != 1 {
		return nil, false
	}
	a := &affine{
		factor: []float64{1}, offset: []float64{0}, lo: math.Inf(-1), hi: math.Inf(1), to: 1, last: steps[n],
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

// step adds a post-op to the affine; false if that is not possible. toIntegers says that only the rounding
// follows it.
func (a *affine) step(s postop.Step, operands [][]float64, toIntegers bool) bool {
	limited := !math.IsInf(a.lo, 0) || !math.IsInf(a.hi, 0)
	switch s.Kind {
	case postop.Add:
		a.offset = combine(a.offset, operands[0], func(x, y float64) float64 { return x + y })
		return !limited
	case postop.Mul:
		v := operands[0]
		if toIntegers && len(v) == 1 && v[0] > 0 {
			a.to = v[0]
			return true
		}
		return a.multiply(v)
	case postop.Linear:
		if a.summand.Node != nil {
			return false
		}
		a.offset = combine(combine(a.offset, operands[0], times), operands[1], plus)
		a.factor = combine(a.factor, operands[0], times)
		return !limited
	case postop.Activation:
		if s.Activation != numeric.Relu && s.Activation != numeric.Relu6 || limited {
			return s.Activation == numeric.Identity
		}
		if a.lo = 0; s.Activation == numeric.Relu6 {
			a.hi = 6
		}
		return true
	case postop.RoundSaturate:
		if s.ZeroPoint {
			if len(operands[0]) != 1 {
				return false
			}
			a.zero = int64(operands[0][0])
		}
		return true
	}
	return false
}

// addsTensor adds the sum with a computed tensor of bytes to the affine; false if the sum is of another kind.
func (a *affine) addsTensor(v, scale core.Value) bool {
	s, ok := number(scale)
	limited := !math.IsInf(a.lo, 0) || !math.IsInf(a.hi, 0)
	if !ok || !(s > 0) || limited || a.summand.Node != nil || v.Constant() != nil || v.Type().Size() != 1 {
		return false
	}
	a.summand, a.by = v, float64(s)
	return true
}

func plus(x, y float64) float64  { return x + y }
func times(x, y float64) float64 { return x * y }

// multiply adds a factor to the affine. With a bound it must be positive, and with an upper bound it must be
// the same for all channels.
func (a *affine) multiply(v []float64) bool {
	limited := !math.IsInf(a.lo, 0) || !math.IsInf(a.hi, 0)
	for _, x := range v {
		if !(x > 0) && (limited || x != 0) {
			return false
		}
	}
	if !math.IsInf(a.hi, 0) {
		if len(v) != 1 {
			return false
		}
		a.hi *= v[0]
	}
	if a.summand.Node != nil {
		if len(v) != 1 {
			return false
		}
		a.by *= v[0]
	}
	a.factor = combine(a.factor, v, times)
	a.offset = combine(a.offset, v, times)
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

// integers returns the smallest and the largest integer that the result can have.
func (a *affine) integers() (lo, hi int64) {
	lo, hi = a.last.Lo, a.last.Hi
	if !math.IsInf(a.lo, 0) {
		lo = max(lo, int64(math.RoundToEven(a.lo*a.to))+a.zero)
	}
	if v := a.hi * a.to; !math.IsInf(v, 0) && v < 1<<20 {
		hi = min(hi, int64(math.RoundToEven(v))+a.zero)
	}
	return lo, max(lo, hi)
}

// roundedProduct returns the scale and the zero point with which the product is rounded to 8 bits before the summand is
// added; false if that can move a result by more than one step.
//
// Whatever the summand, the result is at its lower bound for products below least, and at its upper bound for those
// above most. So the 256 values of the rounded product lie between them, and what is beyond them saturates. A rounded
// product is off by half of the distance of two values at most.
func (a *affine) roundedProduct() (scale float32, zero uint8, ok bool) {
	lo, hi := a.integers()
	first, last := a.summand.Type().Bounds()
	least := (float64(lo-a.zero)+0.5)/a.to - a.by*float64(last)
	most := (float64(hi-a.zero)-0.5)/a.to - a.by*float64(first)
	scale = float32((most - least) / 255)
	z := math.RoundToEven(-least / float64(scale))
	fits := scale > 0x1p-120 && z >= 0 && z <= 255
	return scale, uint8(z), fits && float64(scale)/2*a.to < 1-roundingSlack
}

// roundingSlack is the part of a step that roundedProduct leaves to the integer bias and to the rounding of reals.
const roundingSlack = 0x1p-7

// quantized is an affine with integer biases and with scales for the factors of the product.
type quantized struct {
	scales []float32 // scales of the factors: one, or one for each channel
	bias   []int32   // one for each channel
	zeroed []bool    // channels whose factors are to be replaced by 0; nil if there are none
	steps  float64   // the largest error of a result before it is rounded, in steps of the result
}

// maxBias is the largest magnitude of an integer bias: added to the sum of products, it does not overflow i32.
const maxBias = 1 << 29

// quantize returns the affine with integer biases, in units of data scale times factor scale, for data of the
// given scale; false if a result can then be off by more than half a step. magnitude returns the sum of the
// magnitudes of a channel's products.
func (a *affine) quantize(scale float32, channels int, magnitude func(channel int) float64) (*quantized, bool) {
	q := &quantized{bias: make([]int32, channels), scales: make([]float32, len(a.factor))}
	for c := range channels {
		k := c % len(a.factor)
		unit := a.factor[k]
		b := a.offset[c%len(a.offset)]
		if len(q.scales) == channels && (!(unit > 0x1p-120) || math.Abs(b)/unit > maxBias) {
			// The products are negligible compared with the bias, so they become 0.
			if q.zeroed == nil {
				q.zeroed = make([]bool, channels)
			}
			q.zeroed[c] = true
			q.steps = max(q.steps, math.Abs(unit)*magnitude(c)*a.to)
			unit = max(math.Abs(b)/(1<<24), 0x1p-100)
		}
		s := float32(unit / float64(scale))
		q.scales[k] = s
		unit = float64(float32(scale * s))
		v := math.RoundToEven(b / unit)
		if !(unit > 0x1p-120) || !(math.Abs(v) <= maxBias) {
			return nil, false
		}
		q.bias[c] = int32(v)
		q.steps = max(q.steps, math.Abs(float64(v*unit)-b)*a.to)
	}
	return q, q.steps < 0.5
}

// qlinear has the operands of a product between quantized tensors.
type qlinear struct {
	scale      float32
	zero       uint8
	factors    *core.Tensor
	factorZero uint8
	axis       int
	q          *quantized
}

func (o *qlinear) biasTensor() *core.Tensor {
	return tensorOf(core.Shape{len(o.q.bias)}, o.q.bias)
}

// factorScale returns scales and zero points of the factors: one number, or one for each
// channel.
func (o *qlinear) factorScale() (scale, zero *core.Tensor) {
	if len(o.q.scales) == 1 {
		return core.Scalar(o.q.scales[0]), byteTensor(o.factors.Type(), o.factorZero)
	}
	zeros := make([]byte, len(o.q.scales))
	for i := range zeros {
		zeros[i] = o.factorZero
	}
	s := core.Shape{len(zeros)}
	return tensorOf(s, o.q.scales), over(o.factors.Type(), s, zeros)
}

// quantizedInputs returns the inputs of QLinearConv for data x up to the filters' zero point; those of the result
// follow.
func (o *qlinear) quantizedInputs(e *exporter, x string) []string {
	return append([]string{x, e.scalar(core.Scalar(o.scale)), e.scalar(core.Scalar(o.zero))}, o.quantizedFactors(e)...)
}

// quantizedFactors writes the factors, their scales and their zero points.
func (o *qlinear) quantizedFactors(e *exporter) []string {
	scale, zero := o.factorScale()
	return []string{e.tensor("weights", o.factors), e.tensor("weights_scale", scale), e.tensor("weights_zero_point", zero)}
}

// realBias writes the dequantization of the bias.
func (o *qlinear) realBias(e *exporter) string {
	units := make([]float32, len(o.q.scales))
	for i, s := range o.q.scales {
		units[i] = o.scale * s
	}
	unit, zeros := core.Scalar(units[0]), core.Scalar(int32(0))
	var axis []attribute
	if s := (core.Shape{len(units)}); len(units) > 1 {
		unit, zeros = tensorOf(s, units), tensorOf(s, make([]int32, len(units)))
		axis = []attribute{{"axis", 0}}
	}
	return e.emit("DequantizeLinear", []string{
		e.tensor("bias", o.biasTensor()), e.tensor("bias_scale", unit), e.tensor("bias_zero_point", zeros),
	}, axis...)
}
