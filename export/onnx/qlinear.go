package onnx

import (
	"math"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/export/onnx/internal/affine"
)

// qlinear has the operands of a product between quantized tensors.
type qlinear struct {
	scale      float32
	zero       uint8
	factors    *core.Tensor
	factorZero uint8
	axis       int
	q          *affine.Quantized
}

func (o *qlinear) biasTensor() *core.Tensor {
	return tensorOf(core.Shape{len(o.q.Bias)}, o.q.Bias)
}

// factorScale returns scales and zero points of the factors: one number, or one for each
// channel.
func (o *qlinear) factorScale() (scale, zero *core.Tensor) {
	if len(o.q.Scales) == 1 {
		return core.Scalar(o.q.Scales[0]), byteTensor(o.factors.Type(), o.factorZero)
	}
	zeros := make([]byte, len(o.q.Scales))
	for i := range zeros {
		zeros[i] = o.factorZero
	}
	s := core.Shape{len(zeros)}
	return tensorOf(s, o.q.Scales), over(o.factors.Type(), s, zeros)
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
	units := make([]float32, len(o.q.Scales))
	for i, s := range o.q.Scales {
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

// writeQLinear writes the product with quantized operands and a quantized result, in QDQ or QOperator form; false
// if that is not possible.
func (p *product) writeQLinear() bool {
	e, n := p.e, p.n
	a, ok := affine.Of(p.steps, p.operands())
	x, w := n.Inputs()[2].Constant(), n.Inputs()[3].Constant()
	zero, fits := zeroOf(x, p.data().Type(), true)
	factorZero, single := zeroOf(w, p.factors.Type(), false)
	if !ok || !fits || !single {
		return false
	}
	op, sums := p.real, a.Summand.Node != nil
	rounded := false
	if sums {
		_, rounded = p.rounding(a)
	}
	if e.opts.Form == QOperator && (!sums || rounded) {
		op = p.quantized
	}
	if op == "" || sums && !rounded && op != "MatMul" || !sums && op == "MatMul" {
		return false
	}
	scale := e.scaleOf(p.data())
	q, ok := a.Quantize(scale, p.channels(), p.magnitude(int64(zero)))
	if step := float32(1 / a.To); !ok || !(step > 0x1p-120 && step < 0x1p120) {
		return false
	}
	if rounded && q.Steps > affine.RoundingSlack/2 {
		return false
	}
	biased := slices.ContainsFunc(q.Bias, func(b int32) bool { return b != 0 })
	if op == "QLinearMatMul" && biased { // the op has no bias
		return false
	}
	operands := &qlinear{
		scale: scale, zero: zero, factors: p.zeroedFactors(q), factorZero: factorZero, q: q, axis: p.channelAxis,
	}
	e.scales[n.Out(0)] = float32(1 / a.To)
	switch {
	case rounded:
		p.roundedSum(a, op, operands)
	case sums:
		e.less(OneStep, "ONNX adds and quantizes reals, each rounded on its own")
		p.first = true
		p.quantizeLinear(a, p.sum(a, operands))
	default:
		e.less(OneStep, oneFactor)
		yScale, yZero := p.resultScale(a)
		op, inputs, attrs := p.quantizedTo(op, operands, yScale, yZero)
		p.bounded(a, op, inputs, attrs...)
	}
	return true
}

// quantizedTo returns the op that gives the product with the given scale and zero point. In QDQ form it writes those
// before it.
func (p *product) quantizedTo(op string, o *qlinear, scale, zero string) (string, []string, []attribute) {
	e := p.e
	if op == p.real {
		x, w := p.realInputs(o)
		return "QuantizeLinear", []string{e.emit(op, []string{x, w, o.realBias(e)}, p.attrs...), scale, zero}, nil
	}
	inputs := append(o.quantizedInputs(e, e.use(p.data(), form{p.first, true})), scale, zero)
	if op == "QLinearConv" {
		inputs = append(inputs, e.tensor("bias", o.biasTensor()))
	}
	return op, inputs, p.attrs
}

// oneFactor is the reason why products with a quantized result are not exact.
const oneFactor = "ONNX multiplies by one factor, and its bias is an integer"

// resultScale writes scale and zero point of the result.
func (p *product) resultScale(a *affine.Affine) (scale, zero string) {
	e, y := p.e, p.n.Out(0)
	z, _ := zeroOf(core.Scalar(int32(a.Zero)), y.Type(), true)
	return e.scalar(core.Scalar(e.scales[y])), e.scalar(byteTensor(core.U8, z))
}

// quantizeLinear writes the quantization of the product of reals to the result.
func (p *product) quantizeLinear(a *affine.Affine, real string) {
	scale, zero := p.resultScale(a)
	p.bounded(a, "QuantizeLinear", []string{real, scale, zero})
}

// bounded writes the op that gives the quantized result, and a Clip if the result has bounds within its type.
func (p *product) bounded(a *affine.Affine, op string, inputs []string, attrs ...attribute) {
	e, y := p.e, p.n.Out(0)
	f := form{first: p.first, bytes: y.Type() == core.I8}
	lo, hi := a.Integers()
	if !p.clips(&lo, &hi, y.Type()) {
		e.define(y, f, op, inputs, attrs...)
		return
	}
	unclipped := e.emit(op, inputs, attrs...)
	e.define(y, f, "Clip", []string{
		unclipped, e.scalar(byteTensor(core.U8, uint8(lo))), e.scalar(byteTensor(core.U8, uint8(hi))),
	})
}

// sum writes the product as reals with the summand added, and the bounds in qdq. Runtimes multiply integers for it.
// There the bias is added to the summand, for OpenVINO fuses a sum behind a MatMul only if it is the last.
func (p *product) sum(a *affine.Affine, o *qlinear) string {
	e, rank := p.e, len(p.data().Shape())
	zero, _ := zeroOf(core.Scalar(int32(0)), a.Summand.Type(), true)
	summand := func() string { return e.dequantized(a.Summand, p.first, float32(a.By), zero) }
	if e.opts.Form == QOperator {
		offset := e.tensor("offset", tensorOf(core.Shape{p.channels()}, p.offset(a, p.channels())))
		return e.add(p.turned(e.add(p.scaledIntegers(o), offset), true), summand())
	}
	x, w := p.realInputs(o)
	real := p.turned(e.emit("MatMul", []string{p.turned(p.everyStride(x), false), w}), true)
	offset := tensorOf(perChannel(rank, len(a.Offset)), p.offset(a, len(a.Offset)))
	return p.boundedReal(a, e.add(real, e.add(summand(), e.tensor("offset", offset))))
}

// offset returns the offsets of an Affine for a number of channels.
func (p *product) offset(a *affine.Affine, channels int) []float32 {
	list := make([]float32, channels)
	for i := range list {
		list[i] = float32(a.Offset[i%len(a.Offset)])
	}
	return list
}

// turned writes the Transpose from or to channels as axis 1, next to a product of matrices, where runtimes drop it.
func (p *product) turned(x string, first bool) string {
	return p.e.emit("Transpose", []string{x}, attribute{"perm", channelOrder(len(p.data().Shape()), first)})
}

// everyStride writes the strides of a product of matrices as a MaxPool, if there are any.
func (p *product) everyStride(x string) string {
	if p.strides == nil {
		return x
	}
	return p.e.emit("MaxPool", []string{x},
		attribute{"kernel_shape", listOf(nil, len(p.strides))}, attribute{"strides", p.strides})
}

// scaledIntegers writes MatMulInteger and its conversion to reals, which ONNX Runtime fuses with a bias behind it. It
// finds them by a product of two scales, which it would fold if both were constants.
func (p *product) scaledIntegers(o *qlinear) string {
	e := p.e
	x := p.turned(p.everyStride(e.use(p.data(), form{p.first, true})), false)
	integers := e.emit("MatMulInteger", []string{
		x, e.tensor("weights", o.factors), e.scalar(core.Scalar(o.zero)),
		e.scalar(byteTensor(o.factors.Type(), o.factorZero)),
	})
	scale, _ := o.factorScale()
	dataScale := e.emit("DequantizeLinear", []string{
		e.scalar(core.Scalar(uint8(1))), e.real(o.scale), e.scalar(core.Scalar(uint8(0))),
	})
	return e.mul(e.cast(integers, core.F32), e.mul(dataScale, e.tensor("weights_scale", scale)))
}

// rounding returns how the product is rounded to 8 bits before the summand is added; false if it is not.
func (p *product) rounding(a *affine.Affine) (affine.Rounding, bool) {
	r, known := p.e.products[p.n]
	if !known {
		r = affine.Reals()
	}
	rounding, ok := a.RoundedProduct(r)
	return rounding, ok && p.e.opts.Sums == SumsOfBytes
}

// roundedSum writes the product, rounded to 8 bits, and the sum of two tensors of bytes. Runtimes have one op for the
// sum.
func (p *product) roundedSum(a *affine.Affine, op string, o *qlinear) {
	e := p.e
	rounding, _ := p.rounding(a)
	if rounding.Saturates {
		e.less(OneStepInRange, "the product is rounded to 8 bits before the sum, and saturates outside of its range")
	} else {
		e.less(OneStep, "the product is rounded to 8 bits before the sum")
	}
	of := []string{e.real(rounding.Scale), e.scalar(core.Scalar(rounding.Zero))}
	op, inputs, attrs := p.quantizedTo(op, o, of[0], of[1])
	real := e.emit("DequantizeLinear", append([]string{e.emit(op, inputs, attrs...)}, of...))
	summandZero, _ := zeroOf(core.Scalar(int32(0)), a.Summand.Type(), true)
	p.quantizeLinear(a, e.add(real, e.dequantized(a.Summand, p.first, float32(a.By), summandZero)))
}

// boundedReal writes the bounds of the result within its type for the reals that are quantized to it, so that the
// QuantizeLinear comes last. It changes the bounds of a to those of the type.
func (p *product) boundedReal(a *affine.Affine, real string) string {
	e, step := p.e, p.e.scales[p.n.Out(0)]
	lo, hi := a.Integers()
	least, most := p.n.Out(0).Type().Bounds()
	bound := func(x int64) string { return e.real(float32(x-a.Zero) * step) }
	switch {
	case lo > least:
		real = e.emit("Clip", []string{real, bound(lo), bound(hi)})
	case hi < most:
		real = e.emit("Min", []string{real, bound(hi)})
	}
	a.Lo, a.Hi, a.Last.Lo, a.Last.Hi = math.Inf(-1), math.Inf(1), least, most
	return real
}

// clips converts the bounds of a result to uint8, and reports whether they are narrower than the type.
func (p *product) clips(lo, hi *int64, t core.Type) bool {
	if t == core.I8 {
		*lo += 128
		*hi += 128
	}
	return *lo > 0 || *hi < 255
}

// magnitude returns a function that bounds the sum of the magnitudes of a channel's products.
func (p *product) magnitude(zero int64) func(channel int) float64 {
	return func(channel int) float64 {
		sum := 0.0
		eachOfChannel(p.factors, p.channelAxis, channel, func(i int) {
			v := float64(int8(p.factors.Bytes()[i]))
			sum += max(v, -v)
		})
		return sum * float64(max(zero, 255-zero))
	}
}

// eachOfChannel calls f with the index of each element of one channel of a tensor.
func eachOfChannel(t *core.Tensor, axis, channel int, f func(i int)) {
	s := t.Shape()
	inner := core.Shape(s[axis+1:]).MustElements()
	for i := channel * inner; i < t.Len(); i += inner * s[axis] {
		for k := range inner {
			f(i + k)
		}
	}
}

// zeroedFactors returns the factors, with 0 in the channels that are negligible.
func (p *product) zeroedFactors(q *affine.Quantized) *core.Tensor {
	if q.Zeroed == nil {
		return p.factors
	}
	t := p.factors.Clone()
	for c, zeroed := range q.Zeroed {
		if zeroed {
			eachOfChannel(t, p.channelAxis, c, func(i int) { t.Bytes()[i] = 0 })
		}
	}
	return t
}

// realInputs writes the dequantizations of data and factors.
func (p *product) realInputs(o *qlinear) (x, factors string) {
	var axis []attribute
	if len(o.q.Scales) > 1 {
		axis = []attribute{{"axis", o.axis}}
	}
	x = p.e.dequantized(p.data(), p.first, o.scale, o.zero)
	return x, p.e.emit("DequantizeLinear", o.quantizedFactors(p.e), axis...)
}

// dequantized writes the dequantization of a tensor of bytes, whose zero point is that of its uint8 form. Where the
// bytes have been written with their axes in the other order, the reals are transposed and not the bytes: runtimes
// fuse a DequantizeLinear with the QuantizeLinear that it follows.
func (e *exporter) dequantized(v core.Value, first bool, scale float32, zero uint8) string {
	want, other := e.normal(v, form{first, true}), e.normal(v, form{!first, true})
	from := want
	if e.forms[v][want] == "" && e.forms[v][other] != "" {
		from = other
	}
	inputs := []string{e.use(v, from), e.real(scale), e.scalar(core.Scalar(zero))}
	real := e.once("dequantize "+strings.Join(inputs, " "), func() string { return e.emit("DequantizeLinear", inputs) })
	if from == want {
		return real
	}
	return e.once("turn "+real, func() string {
		return e.emit("Transpose", []string{real}, attribute{"perm", channelOrder(len(v.Shape()), first)})
	})
}

// scaleOf returns the scale of a quantized value as its writer gave it; 1 where it gave none.
func (e *exporter) scaleOf(v core.Value) float32 {
	if s := e.scales[v]; s > 0 {
		return s
	}
	return 1
}
