package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/postop"
)

// activations has the functions that write the activations for f32; nil for those that ONNX lacks.
var activations = [...]func(e *exporter, x string, alpha float32) string{
	numeric.Identity:  func(_ *exporter, x string, _ float32) string { return x },
	numeric.Relu:      func(e *exporter, x string, _ float32) string { return e.emit("Relu", []string{x}) },
	numeric.Relu6:     writeRelu6,
	numeric.LeakyRelu: writeLeakyRelu,
	numeric.Elu:       inexact("Elu"),
	numeric.Tanh:      inexact("Tanh"),
	numeric.Sigmoid:   inexact("Sigmoid"),

	numeric.GeluApproximate: writeGeluApproximate,
	numeric.GeluExact:       writeGelu,

	numeric.FusedElu:     inexact("Elu"),
	numeric.FusedTanh:    inexact("Tanh"),
	numeric.FusedSigmoid: inexact("Sigmoid"),
}

func writeRelu6(e *exporter, x string, _ float32) string {
	return e.emit("Clip", []string{x, e.real(0), e.real(relu6Limit)})
}

func writeLeakyRelu(e *exporter, x string, alpha float32) string {
	return e.emit("LeakyRelu", []string{x}, attribute{"alpha", alpha})
}

// inexact returns a function that writes an op whose rounding ONNX does not specify.
func inexact(op string) func(e *exporter, x string, alpha float32) string {
	return func(e *exporter, x string, _ float32) string {
		e.less(LastBits, op+" is rounded as the runtime does")
		return e.emit(op, []string{x})
	}
}

func writeGelu(e *exporter, x string, _ float32) string {
	e.less(LastBits, "Erf is rounded as the runtime does")
	erf := e.emit("Erf", []string{e.emit("Mul", []string{x, e.real(0.70710678118654752)})})
	half := e.emit("Mul", []string{x, e.real(0.5)})
	return e.emit("Mul", []string{half, e.emit("Add", []string{erf, e.real(1)})})
}

func writeGeluApproximate(e *exporter, x string, _ float32) string {
	e.less(LastBits, "Tanh is rounded as the runtime does")
	cube := e.emit("Mul", []string{e.emit("Mul", []string{x, x}), x})
	inner := e.emit("Add", []string{x, e.emit("Mul", []string{cube, e.real(0.044715)})})
	tanh := e.emit("Tanh", []string{e.emit("Mul", []string{inner, e.real(0.79788456080286536)})})
	half := e.emit("Mul", []string{x, e.real(0.5)})
	return e.emit("Mul", []string{half, e.emit("Add", []string{tanh, e.real(1)})})
}

// real writes an f32 constant.
func (e *exporter) real(x float32) string { return e.scalar(core.Scalar(x)) }

// postOps writes the steps that follow the f32 sum x, each with its rounding, and the output of the node.
func (e *exporter) postOps(n *core.Node, steps []postop.Step, operands []core.Value, x string, first bool) error {
	y := n.Out(0)
	next := func() core.Value {
		v := operands[0]
		operands = operands[1:]
		return v
	}
	for _, s := range steps {
		switch s.Kind {
		case postop.Add:
			v, err := e.operand(next(), y, first)
			if err != nil {
				return err
			}
			x = e.emit("Add", []string{x, v})
		case postop.Mul:
			v, err := e.operand(next(), y, first)
			if err != nil {
				return err
			}
			x = e.emit("Mul", []string{x, v})
		case postop.MulAdd, postop.Linear:
			var err error
			if x, err = e.multiplyAdd(s, next(), next(), x, y, first); err != nil {
				return err
			}
		case postop.Activation:
			var err error
			if x, err = e.activate(s.Activation, s.Alpha, x); err != nil {
				return err
			}
		case postop.RoundSaturate:
			var zero core.Value
			if s.ZeroPoint {
				zero = next()
			}
			return e.roundSaturate(s, x, zero, y, first)
		}
	}
	return e.rename(y, form{first: first}, x)
}

// multiplyAdd writes f + v*s (MulAdd) or f*s + v (Linear), which the function rounds once, as two ops. In the form
// Integer these compute in f64, which holds the product.
func (e *exporter) multiplyAdd(s postop.Step, a, b core.Value, x string, y core.Value, first bool) (string, error) {
	u, err := e.operand(a, y, first)
	if err != nil {
		return "", err
	}
	v, err := e.operand(b, y, first)
	if err != nil {
		return "", err
	}
	less := LastBits
	if y.Type() != core.F32 {
		less = OneStep
	}
	factor, other, summand := x, u, v
	if s.Kind == postop.MulAdd {
		factor, other, summand = u, v, x
	}
	if e.opts.Form == Integer {
		e.less(less, "ONNX rounds the sum twice, to f64 and to f32")
		return e.f32(e.add(e.mul(e.f64(factor), e.f64(other)), e.f64(summand))), nil
	}
	e.less(less, "ONNX rounds the product before the sum")
	return e.add(e.mul(factor, other), summand), nil
}

// operand writes a post-op's operand in f32, in a shape that broadcasts to the output y.
func (e *exporter) operand(v, y core.Value, first bool) (string, error) {
	rank := len(y.Shape())
	if !v.Shape().Ranked() || !y.Shape().Ranked() {
		return "", errors.New("the rank of an operand is not known")
	}
	if t := v.Constant(); t != nil && slices.ContainsFunc(t.Float64s(), notFinite) {
		return "", errors.New("a factor or summand is not finite")
	}
	if t := v.Constant(); t != nil && (len(t.Shape()) < rank || v.Type() != core.F32) {
		real := tensorOf(t.Shape(), t.Float32s())
		if len(t.Shape()) == 1 && first {
			real = tensorOf(perChannel(rank, t.Len()), real.Float32s())
		} else if len(t.Shape()) == rank && first {
			real = permuted(real, channelOrder(rank, true))
		}
		return e.tensor("operand", real), nil
	}
	name := e.use(v, form{first && len(v.Shape()) == rank, true})
	if core.AllBytes(v.Type()) != nil {
		zero := uint8(0)
		if v.Type() == core.I8 {
			zero = 128
		}
		name = e.emit("DequantizeLinear", []string{name, e.real(1), e.scalar(core.Scalar(zero))})
	} else if v.Type() != core.F32 {
		name = e.cast(name, core.F32)
	}
	if len(v.Shape()) == 1 && first && rank > 1 {
		name = e.emit("Reshape", []string{name, e.ints("shape", perChannelOf(rank))})
	}
	return name, nil
}

func notFinite(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// perChannel is the shape of a tensor with one number per channel, if the channels are axis 1.
func perChannel(rank, channels int) core.Shape {
	s := core.Shape(perChannelOf(rank)).Clone()
	s[1] = channels
	return s
}

func perChannelOf(rank int) []int {
	s := make([]int, rank)
	for i := range s {
		s[i] = 1
	}
	s[1] = -1
	return s
}

// roundSaturate writes the rounding and saturation to an integer type.
func (e *exporter) roundSaturate(s postop.Step, x string, zero, y core.Value, first bool) error {
	if s.Round != numeric.RoundNearestTowardEven {
		r, err := e.round(s.Round, x)
		if err != nil {
			return err
		}
		x = r
	}
	if s.Type == core.I32 {
		return e.saturateI32(s, x, zero, y, first)
	}
	z := uint8(0)
	if zero.Node != nil {
		var ok bool
		if z, ok = zeroOf(zero.Constant(), s.Type, true); !ok {
			return errors.New("the zero point of its result is computed, or lies outside of its type")
		}
	} else if s.Type == core.I8 {
		z = 128
	}
	f := form{first: first, bytes: s.Type == core.I8}
	lo, hi := s.Lo, s.Hi
	if s.Type == core.I8 {
		lo, hi = lo+128, hi+128
	}
	inputs := []string{x, e.real(1), e.scalar(core.Scalar(z))}
	if lo == 0 && hi == 255 {
		e.define(y, f, "QuantizeLinear", inputs)
		return nil
	}
	q := e.emit("QuantizeLinear", inputs)
	e.define(y, f, "Clip", []string{q, e.scalar(core.Scalar(uint8(lo))), e.scalar(core.Scalar(uint8(hi)))})
	return nil
}

// saturateI32 writes the saturation to i32. An upper bound other than the type's is a float32.
func (e *exporter) saturateI32(s postop.Step, x string, zero, y core.Value, first bool) error {
	if zero.Node != nil {
		return errors.New("its i32 result has a zero point")
	}
	if s.Round == numeric.RoundNearestTowardEven {
		x = e.emit("Round", []string{x})
	}
	if int64(float32(s.Hi)) == s.Hi && int64(float32(s.Lo)) == s.Lo {
		x = e.emit("Clip", []string{x, e.real(float32(s.Lo)), e.real(float32(s.Hi))})
		e.define(y, form{first: first}, "Cast", []string{x}, attribute{"to", int(dataTypes[core.I32])})
		return nil
	}
	x = e.emit("Clip", []string{
		e.cast(x, core.F64), e.scalar(core.Scalar(float64(s.Lo))), e.scalar(core.Scalar(float64(s.Hi))),
	})
	e.define(y, form{first: first}, "Cast", []string{x}, attribute{"to", int(dataTypes[core.I32])})
	return nil
}

// round writes the rounding of f32 to whole numbers.
func (e *exporter) round(m numeric.RoundMode, x string) (string, error) {
	switch m {
	case numeric.RoundNearestTowardEven:
		return e.emit("Round", []string{x}), nil
	case numeric.RoundUp:
		return e.emit("Ceil", []string{x}), nil
	case numeric.RoundDown:
		return e.emit("Floor", []string{x}), nil
	case numeric.RoundNearestTowardInfinity:
		return e.roundAway(x, core.F32), nil
	}
	return "", fmt.Errorf("the round mode %v has no form in ONNX", m)
}

// roundAway writes the rounding to nearest, ties away from zero: it rounds ties to even, and then moves by one
// where that rounded a tie toward zero.
func (e *exporter) roundAway(x string, t core.Type) string {
	number := func(v float64) string {
		if t == core.F64 {
			return e.scalar(core.Scalar(v))
		}
		return e.real(float32(v))
	}
	even := e.emit("Round", []string{x})
	dropped := e.emit("Mul", []string{e.emit("Sub", []string{x, even}), e.emit("Sign", []string{x})})
	tie := e.cast(e.emit("Equal", []string{dropped, number(0.5)}), t)
	return e.emit("Add", []string{even, e.emit("Mul", []string{tie, e.emit("Sign", []string{x})})})
}
