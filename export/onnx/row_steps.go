package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

var (
	_ = exports(exportRequantizePerChannel)
	_ = exports(exportFakeQuant)
	_ = exports(exportQuantizeAndDequantize)
	_ = exports(exportQuantize)
	_ = exports(exportQuantizeLinearInverse)
	_ = exports(exportQuantizedMul)
	_ = exports(exportQuantizedAdd)
	_ = exports(exportFakeQuantize)
	_ = exports(exportQuantizedBatchNorm)
	_ = exports(exportQuantizedInstanceNorm)
)

// grown returns the range that QuantizeV2 uses: its inputs' range, widened to contain 0 and to have the minimum
// width.
func grown(op *tensorflow.QuantizeV2, lo, hi float32) (mn, mx float32) {
	mn = min(0, lo)
	least := float32(op.EnsureMinimumRange * max(1, numeric.Abs32(lo), numeric.Abs32(hi)))
	return numeric.Flushed(mn), numeric.Flushed(max(0, hi, mn+least))
}

// errTooNarrow refuses a range that is so narrow that flushing subnormal numbers, as TensorFlow does and ONNX
// does not, would change results.
var errTooNarrow = errors.New("its range is so narrow that subnormal numbers count")

// quantizeInSteps writes the modes of QuantizeV2 that have no trait.Rounding, for a constant range.
func (e *exporter) quantizeInSteps(n *core.Node, op *tensorflow.QuantizeV2, lo, hi float32) error {
	if op.Axis != -1 || op.Type == core.I32 {
		return errors.New("its slices have ranges of their own, or it makes i32, whose upper bound becomes the lowest")
	}
	least, most := op.Type.Bounds()
	byRounding := op.Mode == tensorflow.Scaled || op.Mode == tensorflow.MinFirst && op.Type == core.U8 && !op.Plain
	if op.Type.Size() == 1 && byRounding {
		return errors.New("its factor is beyond 2^100, or below 2^-100")
	}
	levels := float64(most - least)
	mn, mx := grown(op, lo, hi)
	if float64(mx-mn) < levels*0x1p-100 {
		return errTooNarrow
	}
	f := form{first: e.formOf(n.Inputs()[0]).first}
	x := e.use(n.Inputs()[0], f)
	switch op.Mode {
	case tensorflow.MinCombined:
		s := float32(levels / float64(mx-mn))
		x = e.mul(e.sub(e.emit("Clip", []string{x, e.real(mn), e.real(mx)}), e.real(mn)), e.real(s))
		if op.Type.IsSigned() {
			x = e.roundAway(e.sub(x, e.real(float32((levels+1)/2))), core.F32)
		} else {
			x = e.emit("Floor", []string{e.add(x, e.real(0.5))})
		}
	case tensorflow.MinFirst:
		k := float32(levels / float64(mx-mn))
		offset := float32(math.Round(float64(float32(mn*k)))) - float32(least)
		x = e.sub(e.roundAway(e.mul(x, e.real(k)), core.F32), e.real(offset))
	default:
		if op.NarrowRange {
			least++
		}
		s := scaledFactor(mn, mx, least, most)
		x = e.emit("Clip", []string{x, e.real(numeric.Flushed(float32(least) / s)), e.real(float32(most) / s)})
		var err error
		if x, err = e.round(op.RoundMode, e.mul(x, e.real(s))); err != nil {
			return err
		}
	}
	least, most = op.Type.Bounds()
	x = e.emit("Clip", []string{x, e.real(float32(least)), e.real(float32(most))})
	e.define(n.Out(0), f, "Cast", []string{x}, attribute{"to", int(dataTypes[op.Type])})
	return nil
}

// scaledFactor is the smaller of lo/mn and hi/mx that are positive.
func scaledFactor(mn, mx float32, lo, hi int64) float32 {
	s := float32(math.MaxFloat32)
	if float32(lo)*mn > 0 {
		s = min(s, float32(lo)/mn)
	}
	if float32(hi)*mx > 0 {
		s = min(s, float32(hi)/mx)
	}
	return s
}

func exportRequantizePerChannel(e *exporter, n *core.Node, op *tensorflow.RequantizePerChannel) error {
	in, factors := make([]*core.Tensor, 5), ""
	for i, v := range n.Inputs() {
		in[i] = v.Constant()
	}
	if slices.Contains(in[1:], nil) {
		var err error
		if factors, err = e.requantizationFactors(n, op); err != nil {
			return err
		}
	} else {
		list, err := op.Scales(in)
		if err != nil {
			return err
		}
		factors = e.tensor("factors", tensorOf(core.Shape{len(list)}, list))
	}
	x := e.mul(e.cast(e.use(n.Inputs()[0], form{}), core.F32), factors)
	zero, f := uint8(0), form{bytes: op.Type == core.I8}
	if f.bytes {
		zero = 128
	}
	e.define(n.Out(0), f, "QuantizeLinear", []string{x, e.real(1), e.scalar(core.Scalar(zero))})
	return nil
}

// fakeQuant has the parameters of TensorFlow's fake quantization for one range.
type fakeQuant struct{ lo, hi, scale, inv, qzero float32 }

func fakeQuantOf(op *tensorflow.FakeQuant, mn, mx float32) (q fakeQuant) {
	mn, mx = numeric.Flushed(mn), numeric.Flushed(mx)
	lo, hi := float32(0), float32(int(1)<<op.NumBits-1)
	if op.NarrowRange {
		lo = 1
	}
	q.scale, q.inv = numeric.Flushed((mx-mn)/(hi-lo)), (hi-lo)/(mx-mn)
	zero := min(max(float32(math.Round(float64(lo-mn/q.scale))), lo), hi)
	q.lo, q.hi = numeric.Flushed((lo-zero)*q.scale), numeric.Flushed((hi-zero)*q.scale)
	q.qzero = float32(math.Floor(float64(float32(-q.lo*q.inv) + 0.5)))
	return q
}

func exportFakeQuant(e *exporter, n *core.Node, op *tensorflow.FakeQuant) error {
	in := n.Inputs()
	mins, maxs := in[1].Constant(), in[2].Constant()
	if mins == nil || maxs == nil {
		return errors.New("its range is computed")
	}
	var lo, hi, scale, inv, qzero []float32
	for c, mn := range mins.Float32s() {
		mx := maxs.Float32s()[c]
		if mn == 0 && mx == 0 {
			return errors.New("its range is [0, 0]")
		}
		q := fakeQuantOf(op, mn, mx)
		if q.scale == 0 && op.PerChannel {
			return errTooNarrow
		}
		lo, hi, scale = append(lo, q.lo), append(hi, q.hi), append(scale, q.scale)
		inv, qzero = append(inv, q.inv), append(qzero, q.qzero)
	}
	numbers := func(what string, list []float32) string {
		if len(list) == 1 {
			return e.real(list[0])
		}
		return e.tensor(what, tensorOf(core.Shape{len(list)}, list))
	}
	low := numbers("lo", lo)
	x := e.emit("Max", []string{e.emit("Min", []string{e.use(in[0], form{}), numbers("hi", hi)}), low})
	if x = e.sub(x, low); op.Divides {
		x = e.div(x, numbers("scale", scale))
	} else {
		x = e.mul(x, numbers("inv", inv))
	}
	x = e.emit("Floor", []string{e.add(e.sub(x, numbers("qzero", qzero)), e.real(0.5))})
	e.define(n.Out(0), form{}, "Mul", []string{x, numbers("scale", scale)})
	return nil
}

func exportQuantizeAndDequantize(e *exporter, n *core.Node, op *tensorflow.QuantizeAndDequantize) error {
	in := n.Inputs()
	if in[0].Type() != core.F32 || op.Axis != -1 || op.NumBits == 0 {
		return errors.New("it is of f64, has an axis, or its bits are an input")
	}
	lo, hi := int64(0), int64(1)<<op.NumBits-1
	if op.SignedInput {
		hi = 1<<(op.NumBits-1) - 1
		if lo = -hi - 1; op.NarrowRange {
			lo = -hi
		}
	}
	if !op.RangeGiven {
		return errors.New("its range is that of its input")
	}
	mn, ok := number(in[1])
	mx, known := number(in[2])
	if !ok || !known {
		return errors.New("its range is computed")
	}
	fromMin, fromMax := float32(math.MaxFloat32), float32(math.MaxFloat32)
	if float32(lo)*mn > 0 {
		fromMin = float32(lo) / mn
	}
	if float32(hi)*mx > 0 {
		fromMax = float32(hi) / mx
	}
	scale, back := fromMax, mx/float32(hi)
	if fromMin < fromMax {
		scale, back = fromMin, mn/float32(lo)
		mx = float32(float32(hi) * back)
	} else {
		mn = float32(float32(lo) * back)
	}
	if scale == math.MaxFloat32 {
		return errors.New("its range has no side that decides")
	}
	f := form{first: e.formOf(in[0]).first}
	x := e.mul(e.emit("Clip", []string{e.use(in[0], f), e.real(mn), e.real(mx)}), e.real(scale))
	if op.RoundMode == numeric.RoundNearestUpward {
		x = e.emit("Floor", []string{e.add(x, e.real(0.5))})
	} else {
		x = e.emit("Round", []string{x})
	}
	e.define(n.Out(0), f, "Mul", []string{x, e.real(back)})
	return nil
}

// linearAttributes returns the attribute axis, along which the scales differ, of QuantizeLinear and
// DequantizeLinear.
func linearAttributes(axes []int) ([]attribute, error) {
	switch len(axes) {
	case 0:
		return nil, nil
	case 1:
		return []attribute{{"axis", axes[0]}}, nil
	}
	return nil, errors.New("its slices have more than one axis")
}

func exportQuantize(e *exporter, n *core.Node, op *quantization.Quantize) error {
	in := n.Inputs()
	attrs, err := linearAttributes(op.Axes)
	if err != nil {
		return err
	}
	if op.Type == core.I32 || in[0].Type() != core.F32 || op.RoundMode != numeric.RoundNearestTowardEven {
		return errors.New("ONNX quantizes f32 to 8 bits, and rounds ties to even")
	}
	e.define(n.Out(0), form{}, "QuantizeLinear",
		[]string{e.use(in[0], form{}), e.use(in[1], form{}), e.use(in[2], form{})}, attrs...)
	return nil
}

func exportQuantizeLinearInverse(e *exporter, n *core.Node, op *quantization.Dequantize) error {
	in := n.Inputs()
	attrs, err := linearAttributes(op.Axes)
	if err != nil {
		return err
	}
	if op.Type != core.F32 {
		return fmt.Errorf("it makes %v, want f32", op.Type)
	}
	if z := in[2].Constant(); in[0].Type() == core.I32 && (z == nil || z.Int64s()[0] != 0 || z.Len() != 1) {
		return errors.New("ONNX has no zero points of i32")
	}
	e.define(n.Out(0), form{}, "DequantizeLinear",
		[]string{e.use(in[0], form{}), e.use(in[1], form{}), e.use(in[2], form{})}, attrs...)
	return nil
}

// spans returns the ranges of the two summands or factors of a quantized op.
func (e *exporter) spans(n *core.Node) (x, y span, err error) {
	in := n.Inputs()
	if x, err = e.span(in[2], in[3]); err != nil {
		return x, y, err
	}
	y, err = e.span(in[4], in[5])
	return x, y, err
}

func exportQuantizedMul(e *exporter, n *core.Node, _ *tensorflow.QuantizedMul) error {
	x, y, err := e.spans(n)
	if err != nil {
		return err
	}
	distance := func(v core.Value, r span) string {
		zero := e.cast(e.cast(r.toQuantized("", v.Type()), core.I64), core.I32)
		return e.sub(e.cast(e.use(v, form{}), core.I32), zero)
	}
	level := func(r span) string { return e.flushed(e.div(r.width(), e.real(255))) }
	one := e.flushed(e.mul(level(x), level(y)))
	e.setRange(n, e.mul(one, e.real(-1<<31)), e.mul(one, e.real(1<<31)))
	e.define(n.Out(0), form{}, "Mul", []string{distance(n.Inputs()[0], x), distance(n.Inputs()[1], y)})
	return nil
}

// exportQuantizedAdd converts both summands to the range of the sum, as multiples of the step between their
// first two values.
func exportQuantizedAdd(e *exporter, n *core.Node, _ *tensorflow.QuantizedAdd) error {
	x, y, err := e.spans(n)
	if err != nil {
		return err
	}
	for _, v := range n.Inputs()[:2] {
		if s := v.Shape(); !s.Static() || s.MustElements() == 1 {
			return errors.New("a summand has one element, which moves otherwise, or may have one")
		}
	}
	a := e.mul(e.larger(x.magnitude(), y.magnitude()), e.real(1<<14))
	to := span{e, e.emit("Neg", []string{a}), a}
	moved := func(v core.Value, r span) string {
		code := func(q float64) string {
			return e.cast(to.toQuantized(e.f64(r.toReal(e.double(q), core.U8)), core.I32), core.I64)
		}
		first := code(0)
		z := e.add(first, e.mul(e.cast(e.use(v, form{}), core.I64), e.sub(code(1), first)))
		lo, hi := e.scalar(core.Scalar(int64(math.MinInt32))), e.scalar(core.Scalar(int64(math.MaxInt32)))
		return e.cast(e.emit("Clip", []string{z, lo, hi}), core.I32)
	}
	e.setRange(n, to.min, to.max)
	e.define(n.Out(0), form{}, "Add", []string{moved(n.Inputs()[0], x), moved(n.Inputs()[1], y)})
	return nil
}

// exportFakeQuantize writes the op's formula in the type of its data.
func exportFakeQuantize(e *exporter, n *core.Node, op *quantization.FakeQuantize) error {
	in, t := n.Inputs(), n.Inputs()[0].Type()
	rank := len(in[0].Shape())
	var ends [4]string
	for i, v := range in[1:] {
		if !in[0].Shape().Ranked() || !v.Shape().Ranked() {
			return errors.New("the rank of an input is not known")
		}
		ends[i] = e.use(v, form{})
		if behind := rank - op.Axis - len(v.Shape()); op.AutoBroadcast == quantization.BroadcastPDPD && op.Axis != -1 &&
			behind > 0 && len(v.Shape()) > 0 {
			axes := make([]int, behind)
			for k := range axes {
				axes[k] = len(v.Shape()) + k
			}
			ends[i] = e.emit("Unsqueeze", []string{ends[i], e.ints("axes", axes)})
		}
	}
	steps := e.scalar(core.Scalar(float64(op.Levels - 1)))
	if t == core.F32 {
		steps = e.real(float32(op.Levels - 1))
	}
	step := func(low, high string) string { return e.div(e.sub(high, low), steps) }
	x := e.emit("Min", []string{ends[1], e.larger(ends[0], e.use(in[0], form{}))})
	q := e.roundAway(e.div(e.sub(x, ends[0]), step(ends[0], ends[1])), t)
	e.define(n.Out(0), form{}, "Add", []string{e.mul(q, step(ends[2], ends[3])), ends[2]})
	return nil
}

// exportQuantizedBatchNorm writes a table of all bytes for each channel.
func exportQuantizedBatchNorm(e *exporter, n *core.Node, op *tensorflow.QuantizedBatchNorm) error {
	t := n.Inputs()[0]
	channels := t.Shape()[3]
	if t.Type() != core.U8 || channels == core.Unknown {
		return fmt.Errorf("it is of %v, or the number of its channels is not known", t.Type())
	}
	in := make([]*core.Tensor, len(n.Inputs()))
	for i, v := range n.Inputs()[1:] {
		if in[1+i] = v.Constant(); in[1+i] == nil {
			return errors.New("a range, or a number for each channel, is computed")
		}
	}
	all, offsets := make([]uint8, 256*channels), make([]int32, channels)
	for i := range all {
		all[i] = uint8(i / channels)
	}
	for c := range offsets {
		offsets[c] = int32(c)
	}
	in[0] = tensorOf(core.Shape{1, 1, 256, channels}, all)
	out, err := core.EvalOp(op, in)
	if err != nil {
		return err
	}
	at := e.mul(e.cast(e.use(t, form{}), core.I32), e.scalar(core.Scalar(int32(channels))))
	at = e.add(at, e.tensor("channels", tensorOf(core.Shape{channels}, offsets)))
	e.setRange(n, e.real(out[1].Float32s()[0]), e.real(out[2].Float32s()[0]))
	table := over(core.I32, core.Shape{out[0].Len()}, out[0].Bytes())
	e.define(n.Out(0), form{}, "Gather", []string{e.tensor("table", table), at}, attribute{"axis", 0})
	return nil
}

// exportQuantizedInstanceNorm writes the op's formula in f32. The sum of the bytes is exact in any order, that of the
// squares is not.
func exportQuantizedInstanceNorm(e *exporter, n *core.Node, op *tensorflow.QuantizedInstanceNorm) error {
	v := n.Inputs()[0]
	s := v.Shape()
	from, err := e.span(n.Inputs()[1], n.Inputs()[2])
	if err != nil || len(s) != 4 || !s[1:3].Static() {
		return errors.Join(err, errSizes)
	}
	e.less(OneStep, sumOrder)
	pixels := e.real(float32(s[1] * s[2]))
	mean := func(x string) string {
		x = e.emit("ReduceSum", []string{x, e.ints("pixels", []int{1, 2})}, attribute{"keepdims", 1})
		return e.div(x, pixels)
	}
	x := e.f32(e.use(v, form{}))
	x = e.mul(e.sub(x, mean(x)), e.flushed(e.div(from.width(), e.real(255))))
	variance := e.add(mean(e.mul(x, x)), e.real(numeric.Flushed(op.VarianceEpsilon)))
	y := e.mul(x, e.div(e.real(1), e.emit("Sqrt", []string{variance})))
	to := span{e, e.real(op.GivenYMin), e.real(op.GivenYMax)}
	if !op.OutputRangeGiven {
		whole := func(op string) string { return e.emit(op, []string{y}, attribute{"keepdims", 0}) }
		to = span{e, whole("ReduceMin"), whole("ReduceMax")}
	}
	least := e.real(op.MinSeparation)
	to.max = e.choose(e.emit("Less", []string{to.width(), least}), e.add(to.min, least), to.max)
	factor, offset := to.eigenQuantize(core.U8)
	q := e.sub(e.roundAway(e.mul(y, factor), core.F32), offset)
	e.setRange(n, to.min, to.max)
	q = e.emit("Clip", []string{q, e.real(0), e.real(255)})
	e.define(n.Out(0), form{}, "Cast", []string{q}, attribute{"to", int(dataTypes[core.U8])})
	return nil
}
