package onnx

import (
	"errors"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/postop"
)

var (
	_ = exports(exportIntegerConvolution)
	_ = exports(exportIntegerDot)
)

// product is an integer convolution or matrix product on the way to the model.
type product struct {
	e *exporter
	n *core.Node

	// The ONNX ops for it: Conv, Gemm or MatMul in QDQ form; QLinearConv or QLinearMatMul; ConvInteger
	// or MatMulInteger.
	real, quantized, integer string
	attrs                    []attribute  // attributes of the convolution
	first                    bool         // the channels are axis 1
	factors                  *core.Tensor // nil if they are computed
	channelAxis              int          // the axis of the output channels in factors
	strides                  []int        // strides that a Slice applies to the data before a MatMul; nil if all are 1
	steps                    []postop.Step
}

func (p *product) data() core.Value       { return p.n.Inputs()[0] }
func (p *product) operands() []core.Value { return p.n.Inputs()[4:] }

func exportIntegerConvolution(e *exporter, n *core.Node, op *linear.IntegerConvolution) error {
	filters := n.Inputs()[1].Constant()
	if filters == nil {
		return errors.New("its filters are computed")
	}
	window := windowOf(op.Layout, filters.Shape())
	attrs, err := windowAttributes(&op.Spatial, n.Inputs()[0].Shape(), window, true)
	if err != nil {
		return err
	}
	p := &product{e: e, n: n, steps: op.PostOps, first: op.Layout == geometry.NHWC}
	if p.isPointwise(op, window) && !p.isQLinear() {
		// A matrix product needs no transposition.
		p.first, p.real, p.integer = false, "MatMul", "MatMulInteger"
		if p.strides = op.Strides; !slices.ContainsFunc(p.strides, func(s int) bool { return s != 1 }) {
			p.strides = nil
		}
		o := filters.Shape()[len(filters.Shape())-1]
		p.factors, p.channelAxis = over(filters.Type(), core.Shape{filters.Len() / o, o}, filters.Bytes()), 1
		return p.write()
	}
	p.real, p.quantized, p.integer = "Conv", "QLinearConv", "ConvInteger"
	p.attrs = append(attrs, attribute{"group", op.GroupCount()})
	p.factors = filters
	if op.Layout == geometry.NHWC {
		p.factors = permuted(filters, filterOrder(len(filters.Shape())))
	}
	return p.write()
}

// isPointwise reports whether a convolution with the channels last is a matrix product.
func (p *product) isPointwise(op *linear.IntegerConvolution, window []int) bool {
	ones := func(list []int) bool { return !slices.ContainsFunc(list, func(x int) bool { return x != 1 }) }
	zeros := func(list []int) bool { return !slices.ContainsFunc(list, func(x int) bool { return x != 0 }) }
	return op.Layout == geometry.NHWC && op.GroupCount() == 1 && ones(window) &&
		ones(op.DataDilations) && (op.PadType != geometry.PadExplicit || zeros(op.PadBelow) && zeros(op.PadAbove))
}

// isQLinear reports whether the product can be written with quantized operands and a quantized result.
func (p *product) isQLinear() bool {
	a, ok := affineOf(p.steps, p.operands())
	in := p.n.Inputs()
	return ok && a.summand.Node == nil && p.e.opts.Form != Integer && in[2].Constant() != nil && in[3].Constant() != nil
}

func exportIntegerDot(e *exporter, n *core.Node, op *linear.IntegerDot) error {
	b := n.Inputs()[1].Constant()
	rank := len(n.Inputs()[0].Shape())
	if op.ReductionAxes != 1 || len(n.Inputs()[1].Shape()) != 2 || !n.Inputs()[0].Shape().Ranked() {
		return errors.New("it is no product with a matrix")
	}
	p := &product{
		e: e, n: n, steps: op.PostOps, factors: b, channelAxis: 1,
		integer: "MatMulInteger", quantized: "QLinearMatMul",
	}
	if rank == 2 {
		p.real = "Gemm"
	}
	return p.write()
}

// write writes the product in the Form of the options, or in the Integer form if that is not possible.
func (p *product) write() error {
	if p.e.opts.Form != Integer && p.factors != nil && p.writeQLinear() {
		return nil
	}
	return p.writeInteger()
}

// dataIn returns a form of the data, to which the strides are applied if there are any.
func (p *product) dataIn(f form) string {
	e := p.e
	x := e.use(p.data(), f)
	if p.strides == nil {
		return x
	}
	n := len(p.strides)
	zeros, ends, axes := make([]int, n), make([]int, n), make([]int, n)
	for i := range n {
		ends[i], axes[i] = math.MaxInt32, 1+i
	}
	return e.emit("Slice", []string{
		x, e.ints("starts", zeros), e.ints("ends", ends), e.ints("axes", axes), e.ints("strides", p.strides),
	})
}

func (p *product) channels() int { return p.factors.Shape()[p.channelAxis] }

// zeroOf returns a zero point as a byte, in the uint8 form if bytes is set; false unless it is a single number
// within the type.
func zeroOf(t *core.Tensor, typ core.Type, bytes bool) (uint8, bool) {
	if t == nil || t.Len() != 1 {
		return 0, false
	}
	z := t.Int64s()[0]
	if lo, hi := typ.Bounds(); z < lo || z > hi {
		return 0, false
	}
	if bytes && typ == core.I8 {
		z += 128
	}
	return uint8(z), true
}

// byteTensor returns a scalar of an 8-bit type.
func byteTensor(t core.Type, b uint8) *core.Tensor { return over(t, core.Shape{}, []byte{b}) }

// writeQLinear writes the product with quantized operands and a quantized result, in QDQ or QOperator form; false
// if that is not possible.
func (p *product) writeQLinear() bool {
	e, n := p.e, p.n
	op := p.real
	if e.opts.Form == QOperator {
		op = p.quantized
	}
	a, ok := affineOf(p.steps, p.operands())
	x, w := n.Inputs()[2].Constant(), n.Inputs()[3].Constant()
	zero, fits := zeroOf(x, p.data().Type(), true)
	factorZero, single := zeroOf(w, p.factors.Type(), false)
	if op == "" || !ok || !fits || !single || (a.summand.Node != nil) != (op == "MatMul") {
		return false
	}
	scale := e.scaleOf(p.data())
	q, ok := a.quantize(scale, p.channels(), p.magnitude(int64(zero)))
	if step := float32(1 / a.to); !ok || !(step > 0x1p-120 && step < 0x1p120) {
		return false
	}
	biased := slices.ContainsFunc(q.bias, func(b int32) bool { return b != 0 })
	if op == "QLinearMatMul" && biased { // the op has no bias
		return false
	}
	e.less(OneStep, "ONNX multiplies by one factor, and its bias is an integer")
	out := n.Out(0)
	f := form{first: p.first, bytes: out.Type() == core.I8}
	e.scales[out] = float32(1 / a.to)
	yScale := e.scalar(core.Scalar(e.scales[out]))
	yZero, _ := zeroOf(core.Scalar(int32(a.zero)), out.Type(), true)
	yZeroName := e.scalar(byteTensor(core.U8, yZero))
	operands := &qlinear{
		x: p.dataIn(form{p.first, true}), scale: scale, zero: zero,
		factors: p.zeroedFactors(q), factorZero: factorZero, q: q, axis: p.channelAxis,
	}
	y := e.tensorName(out, f)
	unclipped := y
	lo, hi := a.integers()
	clips := p.clips(&lo, &hi, out.Type())
	if clips {
		unclipped = e.unique(n.Name + "/unclipped")
	}
	if e.opts.Form == QOperator {
		inputs := append(operands.quantizedInputs(e), yScale, yZeroName)
		if op == "QLinearConv" {
			inputs = append(inputs, e.tensor("bias", operands.biasTensor()))
		}
		e.emitTo([]string{unclipped}, op, inputs, p.attrs...)
	} else {
		inputs := operands.realInputs(e)
		real := ""
		if a.summand.Node != nil {
			real = p.addSummand(a, e.emit(op, inputs, p.attrs...))
		} else {
			real = e.emit(op, append(inputs, operands.realBias(e)), p.attrs...)
		}
		e.emitTo([]string{unclipped}, "QuantizeLinear", []string{real, yScale, yZeroName})
	}
	if clips {
		e.emitTo([]string{y}, "Clip", []string{
			unclipped, e.scalar(byteTensor(core.U8, uint8(lo))), e.scalar(byteTensor(core.U8, uint8(hi))),
		})
	}
	e.set(out, f, y)
	return true
}

// addSummand adds the offset of each channel and the dequantized summand to a product of reals.
func (p *product) addSummand(a *affine, real string) string {
	e := p.e
	offset := make([]float32, len(a.offset))
	for i, x := range a.offset {
		offset[i] = float32(x)
	}
	real = e.emit("Add", []string{real, e.tensor("offset", tensorOf(core.Shape{len(offset)}, offset))})
	v := e.use(a.summand, form{p.first, true})
	zero, _ := zeroOf(core.Scalar(int32(0)), a.summand.Type(), true)
	return e.emit("Add", []string{real, e.emit("DequantizeLinear", []string{
		v, e.real(float32(a.by)), e.scalar(core.Scalar(zero)),
	})})
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
func (p *product) zeroedFactors(q *quantized) *core.Tensor {
	if q.zeroed == nil {
		return p.factors
	}
	t := p.factors.Clone()
	for c, zeroed := range q.zeroed {
		if zeroed {
			eachOfChannel(t, p.channelAxis, c, func(i int) { t.Bytes()[i] = 0 })
		}
	}
	return t
}

// qlinear has the operands of a product between quantized tensors.
type qlinear struct {
	x          string
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

// quantizedInputs returns the inputs of QLinearConv up to the filters' zero point; those of the result follow.
func (o *qlinear) quantizedInputs(e *exporter) []string {
	scale, zero := o.factorScale()
	return []string{
		o.x, e.scalar(core.Scalar(o.scale)), e.scalar(core.Scalar(o.zero)),
		e.tensor("weights", o.factors), e.tensor("weights_scale", scale), e.tensor("weights_zero_point", zero),
	}
}

// realInputs writes the dequantizations of data and factors.
func (o *qlinear) realInputs(e *exporter) []string {
	in := o.quantizedInputs(e)
	var axis []attribute
	if len(o.q.scales) > 1 {
		axis = []attribute{{"axis", o.axis}}
	}
	return []string{
		e.once("dequantize "+in[0]+" "+in[1]+" "+in[2], func() string {
			return e.emit("DequantizeLinear", in[:3])
		}),
		e.emit("DequantizeLinear", in[3:6], axis...),
	}
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

// scaleOf returns the scale of a quantized value as its writer gave it; 1 where it gave none.
func (e *exporter) scaleOf(v core.Value) float32 {
	if s := e.scales[v]; s > 0 {
		return s
	}
	return 1
}

// writeInteger writes the product of integers, and each step behind it.
func (p *product) writeInteger() error {
	e, n := p.e, p.n
	zero, rest, err := p.dataZero()
	if err != nil {
		return err
	}
	factors, factorZero, err := p.integerFactors()
	if err != nil {
		return err
	}
	sum := ""
	inputs := []string{p.dataIn(form{p.first, true}), factors, zero, factorZero}
	if len(p.steps) == 0 && rest == "" {
		e.define(n.Out(0), form{first: p.first}, p.integer, inputs, p.attrs...)
		return nil
	}
	if sum = e.emit(p.integer, inputs, p.attrs...); rest != "" {
		if len(p.steps) == 0 {
			e.define(n.Out(0), form{first: p.first}, "Sub", []string{sum, rest})
			return nil
		}
		sum = e.emit("Sub", []string{sum, rest})
	}
	return e.postOps(n, p.steps, p.operands(), e.cast(sum, core.F32), p.first)
}

// dataZero returns the zero point to use for the data, and the tensor to subtract from the sums if that is not
// the real one.
func (p *product) dataZero() (zero, rest string, err error) {
	e, v := p.e, p.n.Inputs()[2]
	typ := p.data().Type()
	if z, ok := zeroOf(v.Constant(), typ, true); ok {
		return e.scalar(core.Scalar(z)), "", nil
	}
	if v.Type() == typ {
		return e.use(v, form{bytes: true}), "", nil
	}
	if p.integer != "MatMulInteger" || typ != core.U8 {
		return "", "", errors.New("the zero point of its data may lie outside of the data's type")
	}
	w := p.n.Inputs()[3].Constant()
	if w == nil || p.factors == nil {
		return "", "", errors.New("both its factors or both of its zero points are computed")
	}
	sums := make([]int32, p.channels())
	zeros := w.Int64s()
	values := p.factors.Int64s()
	for c := range sums {
		eachOfChannel(p.factors, p.channelAxis, c, func(i int) {
			sums[c] += int32(values[i] - zeros[c%len(zeros)])
		})
	}
	rest = e.emit("Mul", []string{e.use(v, form{}), e.tensor("weight_sums", tensorOf(core.Shape{len(sums)}, sums))})
	return e.scalar(core.Scalar(uint8(0))), rest, nil
}

// integerFactors returns factors and their zero points for ConvInteger and MatMulInteger.
func (p *product) integerFactors() (factors, zero string, err error) {
	e, w := p.e, p.n.Inputs()[3].Constant()
	if v := p.n.Inputs()[1]; p.factors == nil {
		if z, ok := zeroOf(w, v.Type(), true); ok {
			return e.use(v, form{bytes: true}), e.scalar(core.Scalar(z)), nil
		}
		return "", "", errors.New("the zero point of its second factor is computed, or there is one for each channel")
	}
	if w == nil || w.Type() != p.factors.Type() {
		if w == nil {
			return "", "", errors.New("the zero point of its factors is computed")
		}
		z, ok := zeroOf(w, p.factors.Type(), false)
		if !ok {
			return "", "", errors.New("the zero point of its factors lies outside of their type")
		}
		w = byteTensor(p.factors.Type(), z)
	}
	t := p.factors
	if p.integer == "ConvInteger" && t.Type() == core.I8 {
		t, w = flipped(t), flipped(w)
	}
	return e.tensor("weights", t), e.tensor("weights_zero_point", w), nil
}

// relu6Limit is the upper end of Relu6.
const relu6Limit = 6

// activate writes an activation of f32.
func (e *exporter) activate(a numeric.Activation, alpha float32, x string) (string, error) {
	f := activations[a]
	if f == nil {
		return "", errors.New("the activation " + a.String() + " has no form in ONNX")
	}
	return f(e, x, alpha), nil
}
