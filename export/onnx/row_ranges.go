package onnx

import (
	"errors"
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

var (
	_ = exports(exportRangeToScale)
	_ = exports(exportRangeToZeroPoint)
	_ = exports(exportRequantizationRange)
	_ = exports(exportRequantizationRangePerChannel)
	_ = exports(exportQuantizeDownAndShrinkRange)
	_ = exports(exportQuantizedBiasAdd)
	_ = exports(exportQuantizedRelu)
	_ = exports(exportDequantize)
)

// rangeSteps and rangeLevels are the divisors of the width and of the magnitude of a range.
var (
	rangeSteps  = map[core.Type]float32{core.I8: 254, core.U8: 255, core.I32: 1<<32 - 1}
	rangeLevels = map[core.Type]float32{core.I8: 127, core.U8: 255, core.I32: 1 << 31}
)

func exportRangeToScale(e *exporter, n *core.Node, op *quantization.RangeToScale) error {
	lo, hi := n.Inputs()[0], n.Inputs()[1]
	if lo.Type() != core.F32 || op.AnyOrder {
		return errors.New("it is of f64, or in nGraph's arithmetic")
	}
	r := span{e, e.flushed(e.use(lo, form{})), e.flushed(e.use(hi, form{}))}
	scale := ""
	switch op.Rule {
	case quantization.ScaleSymmetric:
		scale = e.flushed(e.div(r.magnitude(), e.real(rangeLevels[op.Type])))
	case quantization.ScaleMagnitude:
		scale = r.magnitude()
	case quantization.ScaleLevel:
		scale = e.flushed(e.div(e.flushed(r.width()), e.real(rangeSteps[op.Type])))
	case quantization.ScaleWidth:
		scale = e.flushed(r.width())
	default:
		return fmt.Errorf("the rule %v has no row", op.Rule)
	}
	if op.Largest && len(lo.Shape()) > 0 {
		attrs := []attribute{{"keepdims", 0}}
		scale = e.emit("ReduceMax", []string{scale}, attrs...)
	}
	return e.rename(n.Out(0), form{}, scale)
}

func exportRangeToZeroPoint(e *exporter, n *core.Node, op *quantization.RangeToZeroPoint) error {
	lo, err := e.single(n.Inputs()[0])
	if err != nil {
		return err
	}
	hi, err := e.single(n.Inputs()[1])
	if err != nil {
		return err
	}
	lowest, _ := op.Type.Bounds()
	width := e.sub(e.f64(hi), e.f64(lo))
	k := e.div(e.double(256), e.mul(width, e.double(256.0/255.0)))
	zero := e.sub(e.double(float64(lowest)), e.roundAway(e.mul(e.f64(lo), k), core.F64))
	zero = e.choose(e.equal(lo, hi), e.double(float64(lowest)), zero)
	e.define(n.Out(0), form{}, "Cast", []string{zero}, attribute{"to", int(dataTypes[n.Out(0).Type()])})
	return nil
}

func exportRequantizationRange(e *exporter, n *core.Node, _ *tensorflow.RequantizationRange) error {
	r, err := e.span(n.Inputs()[1], n.Inputs()[2])
	if err != nil {
		return err
	}
	used, err := r.used(n.Inputs()[0])
	if err != nil {
		return err
	}
	e.define(n.Out(0), form{}, "Identity", []string{used.min})
	return e.rename(n.Out(1), form{}, used.max)
}

// used writes the range of what accumulators of range r use.
func (r span) used(v core.Value) (span, error) {
	e := r.e
	if !v.Shape().Ranked() {
		return span{}, errors.New("the rank of its input is not known")
	}
	x := e.use(v, e.formOf(v))
	extreme := func(op string) string {
		q := e.emit(op, []string{x}, attribute{"keepdims", 0})
		return r.toReal(e.f64(e.f32(q)), core.I32)
	}
	lo := extreme("ReduceMin")
	return span{e, e.choose(e.less0(lo), lo, e.real(0)), extreme("ReduceMax")}, nil
}

// less0 writes x < 0 for f32.
func (e *exporter) less0(x string) string { return e.emit("Less", []string{x, e.real(0)}) }

func exportQuantizeDownAndShrinkRange(e *exporter, n *core.Node, _ *tensorflow.QuantizeDownAndShrinkRange) error {
	v := n.Inputs()[0]
	from, err := e.span(n.Inputs()[1], n.Inputs()[2])
	if err != nil {
		return err
	}
	to, err := from.used(v)
	if err != nil {
		return err
	}
	e.setRange(n, to.min, to.max)
	scale, offset := fixedPointOf(from, to)
	f := form{first: e.formOf(v).first}
	e.fixedPoint(n, scale, offset, e.f32(e.use(v, f)), f)
	return nil
}

// magnitudes writes max(|min|, |max|) of the ranges of channels.
func (e *exporter) magnitudes(min, max core.Value) string {
	return span{e, e.flushed(e.use(min, form{})), e.flushed(e.use(max, form{}))}.magnitude()
}

func exportRequantizationRangePerChannel(
	e *exporter, n *core.Node, op *tensorflow.RequantizationRangePerChannel,
) error {
	in := n.Inputs()
	if !in[0].Shape().Ranked() || !in[1].Shape().Static() {
		return errors.New("the rank of its input, or the number of its ranges is not known")
	}
	axes := make([]int, 0, len(in[0].Shape()))
	for i := range cap(axes) {
		if i < cap(axes)-1 || in[1].Shape().MustElements() == 1 {
			axes = append(axes, i)
		}
	}
	x := e.f32(e.use(in[0], form{}))
	extreme := func(op, x string) string {
		inputs, attrs := e.along(x, axes, 18)
		return e.emit(op, inputs, append(attrs, attribute{"keepdims", 0})...)
	}
	whole := func(op, x string) string { return e.emit(op, []string{x}, attribute{"keepdims", 0}) }
	largest, least, limit := extreme("ReduceMax", e.abs(x)), extreme("ReduceMin", x), e.real(1<<31)
	reals := e.div(e.mul(largest, e.magnitudes(in[1], in[2])), limit)
	reals = e.choose(e.emit("Less", []string{largest, limit}), reals, e.real(0))
	used := e.larger(e.real(numeric.LeastNormal), whole("ReduceMax", reals))
	used = e.emit("Min", []string{used, e.real(op.ClipValueMax)})
	negative := e.emit("Or", []string{e.less0(least), e.equal(least, limit)})
	negative = e.cast(whole("ReduceMax", e.cast(negative, core.I32)), core.Bool)
	e.define(n.Out(0), form{}, "Where", []string{negative, e.emit("Neg", []string{used}), e.real(0)})
	e.define(n.Out(1), form{}, "Identity", []string{used})
	return nil
}

// requantizationFactors writes the factors of RequantizePerChannel, and its requested range, for computed ranges.
func (e *exporter) requantizationFactors(n *core.Node, op *tensorflow.RequantizePerChannel) (string, error) {
	in := n.Inputs()
	to, err := e.span(in[3], in[4])
	if err != nil {
		return "", err
	}
	e.setRange(n, to.min, to.max)
	_, levels := op.Type.Bounds()
	return e.mul(e.div(e.magnitudes(in[1], in[2]), to.magnitude()), e.real(float32(levels)/(1<<31))), nil
}

// setRange writes lo and hi as the second and third output of a node, its range.
func (e *exporter) setRange(n *core.Node, lo, hi string) {
	e.define(n.Out(1), form{}, "Identity", []string{lo})
	e.define(n.Out(2), form{}, "Identity", []string{hi})
}

// requantizeComputed is exportRequantize for ranges that are computed.
func (e *exporter) requantizeComputed(n *core.Node, op *tensorflow.Requantize) error {
	in := n.Inputs()
	from, err := e.span(in[1], in[2])
	if err != nil {
		return err
	}
	to, err := e.span(in[3], in[4])
	if err != nil {
		return err
	}
	f := form{first: e.formOf(in[0]).first}
	x := e.f32(e.use(in[0], f))
	lo, err := e.single(in[3])
	if err != nil {
		return err
	}
	hi, err := e.single(in[4])
	if err != nil {
		return err
	}
	e.setRange(n, lo, hi)
	if op.Type == core.U8 {
		scale, offset := fixedPointOf(from, to)
		e.fixedPoint(n, scale, offset, x, f)
		return nil
	}
	factor, summand := from.eigenDequantize(core.I32)
	x = e.add(e.mul(x, factor), summand)
	factor, summand = to.eigenQuantize(core.I8)
	x = e.sub(e.roundAway(e.mul(x, factor), core.F32), summand)
	f.bytes = true
	e.define(n.Out(0), f, "QuantizeLinear", []string{x, e.real(1), e.scalar(core.Scalar(uint8(128)))})
	return nil
}

// fixedPointOf writes what tensorflow.NewFixedPoint computes, for computed ranges.
func fixedPointOf(from, to span) (scale, offset string) {
	e := from.e
	long := func(x string) string { return e.cast(x, core.I64) }
	width := e.flushed(to.width())
	wide := e.f64(width)
	factor := e.mul(e.double(255*(1<<16)), e.f64(e.flushed(from.width())))
	scale = long(e.div(factor, wide))
	recip := e.f32(e.div(e.double(255), wide))
	middle := e.flushed(e.f32(e.div(e.f64(e.flushed(e.add(from.min, from.max))), e.double(2))))
	start := long(e.f64(e.mul(e.mul(middle, recip), e.real(1<<16))))
	lowest := e.div(e.mul(e.double(1<<16), e.mul(e.f64(to.min), e.double(255))), wide)
	offset = e.sub(start, long(e.roundAway(lowest, core.F64)))
	offset = e.add(offset, e.scalar(core.Scalar(int64(1)<<15)))
	none, empty := e.equal(width, e.real(0)), e.scalar(core.Scalar(int64(0)))
	return e.choose(none, empty, scale), e.choose(none, empty, offset)
}

func exportQuantizedBiasAdd(e *exporter, n *core.Node, _ *tensorflow.QuantizedBiasAdd) error {
	in := n.Inputs()
	x, err := e.span(in[2], in[3])
	if err != nil {
		return err
	}
	y, err := e.span(in[4], in[5])
	if err != nil {
		return err
	}
	a := e.mul(e.larger(x.magnitude(), y.magnitude()), e.real(1<<17))
	to := span{e, e.emit("Neg", []string{a}), a}
	f := form{first: e.formOf(in[0]).first && len(in[0].Shape()) >= 3}
	moved := func(v core.Value, r span) (string, error) {
		q, err := e.operand(v, n.Out(0), f.first)
		if err != nil {
			return "", err
		}
		factor, offset := r.eigenDequantize(v.Type())
		real := e.add(offset, e.mul(q, factor))
		factor, offset = to.eigenQuantize(core.I32)
		z := e.sub(e.roundAway(e.mul(real, factor), core.F32), offset)
		z = e.emit("Clip", []string{z, e.real(-1 << 31), e.real(numeric.LargestFloatI32)})
		return e.cast(z, core.I32), nil
	}
	u, err := moved(in[0], x)
	if err != nil {
		return err
	}
	v, err := moved(in[1], y)
	if err != nil {
		return err
	}
	zero := e.cast(e.clip(to.toQuantized("", core.I32), -1<<31, 1<<31-1), core.I32)
	e.setRange(n, to.min, to.max)
	e.define(n.Out(0), f, "Add", []string{u, e.add(v, zero)})
	return nil
}

func exportQuantizedRelu(e *exporter, n *core.Node, _ *tensorflow.QuantizedRelu) error {
	in := n.Inputs()
	r, err := e.span(in[1], in[2])
	if err != nil {
		return err
	}
	t := in[0].Type()
	f := form{first: e.formOf(in[0]).first}
	lo, hi := t.Bounds()
	bound := func(x string) string {
		return e.cast(e.clip(r.toQuantized(x, t), float64(lo), float64(hi)), t)
	}
	limits := []string{e.use(in[0], f), bound("")}
	if len(in) == 4 {
		limit, err := e.single(in[3])
		if err != nil {
			return err
		}
		limits = append(limits, bound(e.f64(limit)))
	}
	if t == core.I32 {
		y := e.emit("Max", limits[:2])
		if len(limits) == 3 {
			y = e.emit("Min", []string{y, limits[2]})
		}
		return e.rename(n.Out(0), f, y)
	}
	e.define(n.Out(0), f, "Clip", limits)
	return nil
}

// exportDequantize is for the cases that are not written as a table: computed ranges, and types of more than 8 bits.
func exportDequantize(e *exporter, n *core.Node, op *tensorflow.Dequantize) error {
	in := n.Inputs()
	t := in[0].Type()
	if in[1].Constant() != nil && in[2].Constant() != nil && t.Size() == 1 {
		return errors.New("its slices have ranges of their own")
	}
	r, err := e.span(in[1], in[2])
	if err != nil {
		return err
	}
	if op.OutType != core.F32 || op.Axis != -1 || op.NarrowRange {
		return errors.New("it is of another type than f32, has an axis, or a narrow range")
	}
	f := form{first: e.formOf(in[0]).first}
	e.less(LastBits, "subnormal results are kept")
	x := e.f32(e.use(in[0], f))
	switch op.Mode {
	case tensorflow.MinFirst:
		factor, offset := r.eigenDequantize(t)
		e.define(n.Out(0), f, "Add", []string{offset, e.mul(x, factor)})
	case tensorflow.Scaled:
		lo, hi := t.Bounds()
		s := e.div(r.max, e.real(float32(hi)))
		if t.IsSigned() {
			s = e.larger(e.div(r.min, e.real(float32(lo))), s)
		}
		e.define(n.Out(0), f, "Mul", []string{x, e.flushed(s)})
	default:
		lo, hi := t.Bounds()
		step := e.flushed(e.div(r.width(), e.real(float32(hi)-float32(lo))))
		if t.IsSigned() {
			x = e.add(x, e.real(float32(float64(hi-lo+1)/2)))
		}
		e.define(n.Out(0), f, "Add", []string{e.mul(x, step), r.min})
	}
	return nil
}

// quantizeComputed is exportQuantizeV2 for a range that is computed.
func (e *exporter) quantizeComputed(n *core.Node, op *tensorflow.QuantizeV2) error {
	in := n.Inputs()
	even := op.Mode == tensorflow.Scaled && op.RoundMode == numeric.RoundNearestTowardEven
	first := op.Mode == tensorflow.MinFirst && op.Type == core.U8
	if op.Axis != -1 || op.Type.Size() != 1 || op.NarrowRange || op.Plain || !even && !first {
		return errors.New("its range is computed, and its mode has no row")
	}
	lo, err := e.single(in[1])
	if err != nil {
		return err
	}
	hi, err := e.single(in[2])
	if err != nil {
		return err
	}
	mn := e.emit("Min", []string{e.real(0), lo})
	least := e.mul(e.real(op.EnsureMinimumRange), e.larger(e.real(1), e.abs(lo), e.abs(hi)))
	r := span{e, e.flushed(mn), e.flushed(e.larger(e.real(0), hi, e.add(mn, least)))}
	f := form{first: e.formOf(in[0]).first}
	x := e.use(in[0], f)
	zero := uint8(0)
	if first {
		factor := e.div(e.real(255), r.width())
		x = e.sub(e.mul(x, factor), e.mul(r.min, factor))
		e.setRange(n, r.min, r.max)
	} else {
		levels, m := e.real(127.5), r.magnitude()
		lowest := e.emit("Neg", []string{m})
		switch {
		case op.Type == core.U8:
			levels, lowest = e.real(255), e.real(0)
		case op.Factor127:
			levels = e.real(127)
		}
		if op.Type == core.I8 {
			zero, f.bytes = 128, true
		}
		x = e.mul(x, e.div(levels, m))
		e.setRange(n, lowest, m)
	}
	e.define(n.Out(0), f, "QuantizeLinear", []string{x, e.real(1), e.scalar(core.Scalar(zero))})
	return nil
}
