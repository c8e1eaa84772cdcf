package match

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

var (
	_ = matches[pointwise.Convert](Dequantize, matchConvert)
	_ = matches[quantization.Dequantize](Dequantize, matchDequantize)
	_ = matches[tensorflow.Dequantize](Dequantize, matchTFDequantize)
	_ = matches[quantization.Quantize](Quantize, matchQuantize)
	_ = matches[pointwise.Clamp](Unary, matchClamp)
	_ = matches[normalize.BatchNorm](Unary, matchBatchNorm)
)

// matchIntegers returns an element that loads integers as float32; false if its node does not convert to float32 from
// integers that chains can load.
func matchIntegers(e Element) (Element, bool) {
	in := e.Node.Inputs()[0]
	e.From = Integers{From: in, Type: machine.TypeOf(in.Type()), Scale: 1}
	return e, slices.Contains(integerTypes, in.Type()) && e.Node.Outputs()[0].Type == core.F32 && in.Constant() == nil
}

// matchConvert matches conversions to and from float32.
func matchConvert(e Element, op *pointwise.Convert) (Element, bool) {
	in := e.Node.Inputs()[0]
	if isComputedReal(e.Node) {
		return matchNarrowing(e, op)
	}
	e.From = Integers{From: in, Type: machine.TypeOf(in.Type()), Scale: 1}
	return e, elementwise.Converts(e.From.Type) && e.Node.Outputs()[0].Type == core.F32 && in.Constant() == nil
}

// narrowings are the primitives that convert float32 to other types.
var narrowings = map[core.Type]elementwise.Primitive{
	core.F16: elementwise.ToF16, core.BF16: elementwise.ToBF16, core.I32: elementwise.ToI32, core.I64: elementwise.ToI64,
	core.I16: elementwise.ToI16, core.Bool: elementwise.ToBool,
}

func matchNarrowing(e Element, op *pointwise.Convert) (Element, bool) {
	e.Kind = Quantize
	if op.Type == core.I8 || op.Type == core.U8 { // truncated and saturated; NaN becomes 0
		e.Steps = []elementwise.Step{{Kind: elementwise.DropNaN}, {Kind: elementwise.Apply, Primitive: elementwise.Trunc}}
		lo, hi := op.Type.Bounds()
		e.Numbers = elementwise.Numbers{Scale: 1, Lo: float32(lo), Hi: float32(hi)}
		return e, true
	}
	p, ok := narrowings[op.Type]
	e.Narrow = p
	return e, ok && !op.Truncate
}

// matchDequantize matches Dequantize with constant scales, per tensor or per channel, and without zero points.
func matchDequantize(e Element, op *quantization.Dequantize) (Element, bool) {
	e, ok := matchIntegers(e)
	in := e.Node.Inputs()
	scale, zero := in[1].Constant(), in[2].Constant()
	if !ok || scale == nil || zero == nil || !isZero(zero) {
		return e, false
	}
	switch table := ValuesOf(in[1], in[0].Shape()); {
	case scale.Len() == 1:
		e.From.Scale = scale.Float32s()[0]
	case table != nil && len(op.Axes) == 1 && op.Axes[0] == len(in[0].Shape())-1:
		e.Steps = []elementwise.Step{combineValues(elementwise.Multiply, table)}
	default:
		return e, false
	}
	return e, true
}

// matchTFDequantize matches TensorFlow's Dequantize if it is linear. The scale is the value of 1; for MIN_FIRST, the
// value of 0 is added.
func matchTFDequantize(e Element, op *tensorflow.Dequantize) (Element, bool) {
	e, ok := matchIntegers(e)
	in := e.Node.Inputs()
	if !ok || in[1].Constant() == nil || in[2].Constant() == nil {
		return e, false
	}
	if op.Axis != -1 {
		e.Steps, ok = DequantizeSteps(op, in[0].Type(), in[0].Shape(), in[1].Constant(), in[2].Constant())
		return e, ok
	}
	y, ok := dequantizeAll(op, in)
	if !ok {
		return e, false
	}
	e.From.Scale = y[1]
	if op.Mode == tensorflow.Scaled {
		return e, true
	}
	if op.Mode != tensorflow.MinFirst || len(y) != 256 {
		return e, false
	}
	mn, mx := in[1].Constant().Float32s()[0], in[2].Constant().Float32s()[0]
	e.From.Scale = float32(float64(mx-mn) / 255)
	if y[0] == 0 && isLinear(e, y, false) {
		return e, true
	}
	e.Steps = []elementwise.Step{combineValues(elementwise.Add, y[:1])}
	return e, isLinear(e, y, true)
}

// isLinear reports whether the value y of every byte is, to the bit, the byte times the scale, plus the value of 0 if
// add is set. (Adding 0 turns -0 into 0.)
func isLinear(e Element, y []float32, add bool) bool {
	for q, want := range y {
		if e.From.Type == dtype.I8 {
			q = int(int8(q))
		}
		v := float32(float32(q) * e.From.Scale)
		if add {
			v += y[0]
		}
		if math.Float32bits(v) != math.Float32bits(want) {
			return false
		}
	}
	return true
}

// dequantizeAll returns the values of all bytes, or of the integers 0 and 1.
func dequantizeAll(op *tensorflow.Dequantize, in []core.Value) ([]float32, bool) {
	q := core.AllBytes(in[0].Type())
	if q == nil {
		q = zeroAndOne(in[0].Type())
	}
	y, err := core.EvalOp(op, []*core.Tensor{q, in[1].Constant(), in[2].Constant()})
	if err != nil {
		return nil, false
	}
	return y[0].Float32s(), true
}

// zeroAndOne returns the numbers 0 and 1 as a tensor of an integer type stored in little-endian words.
func zeroAndOne(t core.Type) *core.Tensor {
	b := core.AlignedBytes(2 * t.Size())
	b[t.Size()] = 1
	return vectorOver(t, 2, b)
}

func isZero(t *core.Tensor) bool {
	for _, z := range t.Int64s() {
		if z != 0 {
			return false
		}
	}
	return true
}

// matchQuantize matches Quantize that rounds to even, with one scale and without a zero point, or with zero point 128
// for u8. The chain divides by the scale: multiplying by the reciprocal would give other bits.
func matchQuantize(e Element, op *quantization.Quantize) (Element, bool) {
	in := e.Node.Inputs()
	scale, zero := in[1].Constant(), in[2].Constant()
	if op.RoundMode != numeric.RoundNearestTowardEven || op.Type == core.I32 ||
		in[0].Type() != core.F32 || in[0].Constant() != nil || scale == nil || zero == nil || scale.Len() != 1 {
		return e, false
	}
	z := zero.Int64s()[0]
	if z != 0 && (z != 128 || op.Type != core.U8) {
		return e, false
	}
	lo, hi := op.Type.Bounds()
	e.Steps = []elementwise.Step{
		combineValues(elementwise.Divide, scale.Float32s()),
		{Kind: elementwise.DropNaN},
	}
	e.Numbers = elementwise.Numbers{Scale: 1, Lo: float32(lo - z), Hi: float32(hi - z), Flip: z != 0}
	return e, true
}

// vectorOver returns a vector of n elements, whose bytes are b.
func vectorOver(t core.Type, n int, b []byte) *core.Tensor {
	v, err := core.TensorOver(t, core.Shape{n}, b)
	if err != nil {
		panic(err) // cannot happen: b has as many bytes as the shape needs
	}
	return v
}

// matchClamp matches a Clamp of float32.
func matchClamp(e Element, op *pointwise.Clamp) (Element, bool) {
	e.Steps = []elementwise.Step{
		{Kind: elementwise.Limit, Numbers: elementwise.Numbers{Lo: float32(op.Lo), Hi: float32(op.Hi)}},
	}
	return e, isComputedReal(e.Node)
}

// isComputedReal reports whether a node's first input is float32 and not constant.
func isComputedReal(n *core.Node) bool {
	in := n.Inputs()[0]
	return in.Type() == core.F32 && in.Constant() == nil
}

// combineValues returns a step that combines each value with a constant number, or with the number of its channel.
func combineValues(p elementwise.Primitive, values []float32) elementwise.Step {
	return elementwise.Step{Kind: elementwise.Combine, Primitive: p, Source: elementwise.Source{Values: values}}
}

// matchBatchNorm matches a BatchNorm with constant parameters and the channels last.
func matchBatchNorm(e Element, op *normalize.BatchNorm) (Element, bool) {
	var p [4][]float32
	for i, v := range e.Node.Inputs()[1:] {
		t := v.Constant()
		if t == nil {
			return e, false
		}
		p[i] = t.Float32s()
	}
	if op.Layout != geometry.NHWC || e.Node.Inputs()[0].Constant() != nil {
		return e, false
	}
	less, factor, scale, offset := op.Steps(p[0], p[1], p[2], p[3])
	if less != nil {
		e.Steps = append(e.Steps, combineValues(elementwise.Subtract, less))
	}
	e.Steps = append(e.Steps, combineValues(elementwise.Multiply, factor))
	if scale == nil {
		e.Steps = append(e.Steps, combineValues(elementwise.Add, offset))
	} else {
		last := combineValues(elementwise.MultiplyAdd, scale)
		last.Source.Addends = offset
		e.Steps = append(e.Steps, last)
	}
	return e, true
}

// Halves returns the primitives that convert a real type of two bytes to float32 and back; false for other types.
func Halves(t core.Type) (widen, narrow elementwise.Primitive, ok bool) {
	switch t {
	case core.F16:
		return elementwise.ConvertF16, elementwise.ToF16, true
	case core.BF16:
		return elementwise.ConvertBF16, elementwise.ToBF16, true
	}
	return 0, 0, false
}
