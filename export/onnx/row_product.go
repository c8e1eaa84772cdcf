package onnx

import (
	"bytes"
	"errors"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/export/onnx/internal/affine"
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
	first                    bool         // data and result have the channels as axis 1
	factors                  *core.Tensor // nil if they are computed
	channelAxis              int          // the axis of the output channels in factors
	strides                  []int        // strides of a convolution that is written as MatMul; nil if all are 1
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
		// A matrix product of integers needs no transposition.
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
	a, ok := affine.Of(p.steps, p.operands())
	if ok && a.Summand.Node != nil {
		_, ok = p.rounding(a)
	}
	x, w := p.n.Inputs()[2].Constant(), p.n.Inputs()[3].Constant()
	return ok && p.e.opts.Form != Integer && x != nil && w != nil
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

// writeInteger writes the product of integers, and each step behind it.
func (p *product) writeInteger() error {
	e, n := p.e, p.n
	if sum, ok := p.wholeReals(); ok {
		return e.postOps(n, p.steps, p.operands(), sum, p.first)
	}
	zero, rest, err := p.dataZero()
	if err != nil {
		return err
	}
	factors, factorZero, err := p.integerFactors()
	if err != nil {
		return err
	}
	inputs := []string{p.dataIn(form{p.first, true}), factors, zero, factorZero}
	if len(p.steps) == 0 && rest == "" {
		e.define(n.Out(0), form{first: p.first}, p.integer, inputs, p.attrs...)
		return nil
	}
	sum := e.emit(p.integer, inputs, p.attrs...)
	if rest != "" {
		if len(p.steps) == 0 {
			e.define(n.Out(0), form{first: p.first}, "Sub", []string{sum, rest})
			return nil
		}
		sum = e.emit("Sub", []string{sum, rest})
	}
	return e.postOps(n, p.steps, p.operands(), e.cast(sum, core.F32), p.first)
}

// exactReals is the magnitude up to which f32 holds all integers.
const exactReals = 1 << 24

// wholeReals writes a matrix product that steps follow as MatMul of reals without fractions, which runtimes compute
// with integers; false in the form Integer, and where f32 may not hold a sum. A sum of two parts that f32 holds is
// rounded as the conversion of its integer is. No Add may follow a MatMul: ONNX Runtime makes a Gemm of reals of both.
func (p *product) wholeReals() (sum string, ok bool) {
	e, in := p.e, p.n.Inputs()
	zero, fits := zeroOf(in[2].Constant(), p.data().Type(), true)
	if e.opts.Form == Integer || p.integer != "MatMulInteger" || p.strides != nil || len(p.steps) == 0 ||
		p.factors == nil || p.factors.Type() != core.I8 || !fits {
		return "", false
	}
	if z, single := zeroOf(in[3].Constant(), core.I8, false); !single || z != 0 {
		return "", false
	}
	if first := p.steps[0].Kind; first == postop.Add || first == postop.MulAdd {
		return "", false
	}
	rows := p.factors.Shape()[0]
	half := rows / 2
	switch {
	case p.reach(0, rows, zero) <= exactReals:
		return p.realPart(e.dequantized(p.data(), p.first, 1, zero), 0, rows), true
	case p.reach(0, half, zero) <= exactReals && p.reach(half, rows, zero) <= exactReals:
		x := e.dequantized(p.data(), p.first, 1, zero)
		return e.emit("Sum", []string{p.realPart(x, 0, half), p.realPart(x, half, rows)}), true
	}
	return "", false
}

// realPart writes the product with some rows of the factors.
func (p *product) realPart(x string, from, to int) string {
	e, columns := p.e, p.channels()
	if to-from < p.factors.Shape()[0] {
		x = e.emit("Slice", []string{
			x, e.ints("starts", []int{from}), e.ints("ends", []int{to}), e.ints("axes", []int{-1}),
		})
	}
	rows := over(core.I8, core.Shape{to - from, columns}, p.factors.Bytes()[from*columns:to*columns])
	w := []string{e.tensor("weights", rows), e.real(1), e.scalar(byteTensor(core.I8, 0))}
	return e.emit("MatMul", []string{x, e.emit("DequantizeLinear", w)})
}

// reach returns the largest magnitude of a sum of some products with the given rows of the factors.
func (p *product) reach(from, to int, zero uint8) int64 {
	columns := p.channels()
	up, down := make([]int64, columns), make([]int64, columns)
	below, above := int64(zero), 255-int64(zero)
	for i, b := range p.factors.Bytes()[from*columns : to*columns] {
		c := i % columns
		if w := int64(int8(b)); w > 0 {
			up[c], down[c] = up[c]+w*above, down[c]+w*below
		} else {
			up[c], down[c] = up[c]-w*below, down[c]-w*above
		}
	}
	return max(slices.Max(up), slices.Max(down))
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
	if z := w.Bytes(); len(z) > 1 && bytes.Count(z, z[:1]) == len(z) { // ONNX Runtime takes no list for filters
		w = byteTensor(w.Type(), z[0])
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
