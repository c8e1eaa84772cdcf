package onnx

import (
	"errors"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

var (
	_ = exports(exportUniformQuantize)
	_ = exports(exportUniformQuantizeRows)
	_ = exports(exportUniformRequantize)
	_ = exports(exportQuantizeV2)
	_ = exports(exportRequantize)
	_ = exports(exportQuantizedConcat)
)

func exportQuantizeV2(e *exporter, n *core.Node, op *tensorflow.QuantizeV2) error {
	in := n.Inputs()
	r, ok := trait.RangeQuantizer(op).Rounding(in[1].Constant(), in[2].Constant())
	if !ok {
		lo, known := number(in[1])
		if hi, ok := number(in[2]); known && ok {
			return e.quantizeInSteps(n, op, lo, hi)
		}
		return e.quantizeComputed(n, op)
	}
	f := form{first: e.formOf(in[0]).first}
	x := e.use(in[0], f)
	if !in[0].Node.IsComputed() {
		// Inputs that come from images of bytes often lie on ties, where the last bit of a product decides.
		return e.quantizeExactly(n, r, f, x)
	}
	return e.quantize(n, r, f, x)
}

// quantize writes Saturate(Round(x*Factor - Shift), Lo, Hi). If the shift is an integer, that is a QuantizeLinear
// whose scale is the reciprocal of the factor.
func (e *exporter) quantize(n *core.Node, r trait.Rounding, f form, x string) error {
	y := n.Out(0)
	typ := y.Type()
	zero := float64(-r.Shift)
	lo, hi := typ.Bounds()
	full := r.Lo == lo && r.Hi == hi
	if zero != math.Trunc(zero) || zero < float64(lo) || zero > float64(hi) || e.opts.Form == Integer || !full {
		return e.quantizeExactly(n, r, f, x)
	}
	if typ == core.I8 {
		zero += 128
	}
	scale := 1 / r.Factor
	if fraction, _ := math.Frexp(float64(scale)); fraction != 0.5 || r.Round != numeric.RoundNearestTowardEven {
		e.less(OneStep, "ONNX divides by a scale where TensorFlow multiplies, and rounds ties to even")
	}
	e.scales[y] = scale
	f.bytes = typ == core.I8
	e.define(y, f, "QuantizeLinear", []string{x, e.real(scale), e.scalar(core.Scalar(uint8(zero)))})
	return nil
}

// quantizeExactly writes the steps one by one.
func (e *exporter) quantizeExactly(n *core.Node, r trait.Rounding, f form, x string) error {
	e.scales[n.Out(0)] = 1 / r.Factor
	x = e.emit("Mul", []string{x, e.real(r.Factor)})
	if r.Shift != 0 {
		x = e.emit("Sub", []string{x, e.real(r.Shift)})
	}
	s := postop.Step{Kind: postop.RoundSaturate, Type: n.Out(0).Type(), Lo: r.Lo, Hi: r.Hi, Round: r.Round}
	return e.roundSaturate(s, x, core.Value{}, n.Out(0), f.first)
}

// number returns the only element of a constant of f32.
func number(v core.Value) (float32, bool) {
	t := v.Constant()
	if t == nil || t.Type() != core.F32 || t.Len() != 1 {
		return 0, false
	}
	return core.Data[float32](t)[0], true
}

func exportRequantize(e *exporter, n *core.Node, op *tensorflow.Requantize) error {
	in := n.Inputs()
	var ends [4]float32
	for i := range ends {
		var ok bool
		if ends[i], ok = number(in[1+i]); !ok {
			return e.requantizeComputed(n, op)
		}
	}
	f := form{first: e.formOf(in[0]).first}
	x := e.cast(e.use(in[0], f), core.F32)
	if op.Type == core.U8 {
		p := tensorflow.NewFixedPoint(ends[0], ends[1], ends[2], ends[3])
		e.fixedPoint(n, e.scalar(core.Scalar(p.Scale)), e.scalar(core.Scalar(p.Offset)), x, f)
		return nil
	}
	from, to := eigenDequantize(ends[0], ends[1]), eigenQuantizeI8(ends[2], ends[3])
	if notFinite(float64(from.offset)) || notFinite(float64(to.offset)) {
		return errors.New("the step of a range is subnormal")
	}
	x = e.emit("Add", []string{e.emit("Mul", []string{x, e.real(from.factor)}), e.real(from.offset)})
	x = e.roundAway(e.emit("Mul", []string{x, e.real(to.factor)}), core.F32)
	x = e.emit("Sub", []string{x, e.real(to.offset)})
	e.scales[n.Out(0)] = 1
	f.bytes = true
	e.define(n.Out(0), f, "QuantizeLinear", []string{x, e.real(1), e.scalar(core.Scalar(uint8(128)))})
	return nil
}

// fixedPoint writes clamp((((int64(x)*scale) >> 32) + offset) >> 16) to u8.
func (e *exporter) fixedPoint(n *core.Node, scale, offset, x string, f form) {
	long := func(v int64) string { return e.scalar(core.Scalar(v)) }
	y := e.shifted(e.emit("Mul", []string{e.cast(x, core.I64), scale}), 32)
	y = e.shifted(e.emit("Add", []string{y, offset}), 16)
	y = e.emit("Clip", []string{y, long(0), long(255)})
	e.define(n.Out(0), f, "Cast", []string{y}, attribute{"to", int(dataTypes[core.U8])})
}

// shifted writes x >> n for i64. ONNX shifts only unsigned integers, and its Div rounds toward 0.
func (e *exporter) shifted(x string, n int) string {
	by := e.scalar(core.Scalar(int64(1) << n))
	return e.floorDivided(x, by, core.I64)
}

// line is x*factor + offset (eigenDequantize) or round(x*factor) - offset (eigenQuantizeI8).
type line struct{ factor, offset float32 }

// eigenDequantize returns TensorFlow's DEQUANTIZE_WITH_EIGEN from i32.
func eigenDequantize(lo, hi float32) line {
	lo, hi = numeric.Flushed(lo), numeric.Flushed(hi)
	k := numeric.Flushed(float32(float64(hi-lo) / (1<<32 - 1)))
	base := lo
	if hi != lo {
		base = numeric.Flushed(float32(math.Round(float64(lo/k))) * k)
	}
	lowest := float32(-1 << 31)
	return line{k, numeric.Flushed(base - numeric.Flushed(lowest*k))}
}

// eigenQuantizeI8 returns TensorFlow's QUANTIZE_WITH_EIGEN to i8.
func eigenQuantizeI8(lo, hi float32) line {
	lo, hi = numeric.Flushed(lo), numeric.Flushed(hi)
	var k float32
	if hi != lo {
		k = float32(255 / float64(hi-lo))
	}
	return line{k, float32(math.Round(float64(float32(lo*k)))) + 128}
}

// exportQuantizedConcat converts args that do not have the result's range by a lookup table for each of them.
func exportQuantizedConcat(e *exporter, n *core.Node, op *tensorflow.QuantizedConcat) error {
	in := n.Inputs()
	count := len(in) / 3
	bytes := core.AllBytes(in[0].Type())
	rank := len(n.Outputs()[0].Shape)
	if bytes == nil || !n.Outputs()[0].Shape.Ranked() {
		return errors.New("it is not of 8 bits, or its rank is not known")
	}
	shape := make(core.Shape, rank)
	for i := range shape {
		shape[i] = 1
	}
	shape[axisIn(op.Axis, rank, form{})] = 256
	sample := make([]*core.Tensor, len(in))
	f := asIs(in[0])
	for i, v := range in {
		if i < count {
			sample[i] = over(bytes.Type(), shape, bytes.Bytes())
			f.first = f.first || e.formOf(v).first && rank >= 3
		} else if sample[i] = v.Constant(); sample[i] == nil {
			return errors.New("a range is computed")
		}
	}
	out, err := core.EvalOp(op, sample)
	if err != nil {
		return err
	}
	names := make([]string, count)
	for i := range names {
		table := over(bytes.Type(), core.Shape{256}, out[0].Bytes()[i*256:][:256])
		names[i] = e.use(in[i], f)
		if string(table.Bytes()) == string(bytes.Bytes()) {
			continue
		}
		if f.bytes {
			table = flipped(rotated(table))
		}
		names[i] = e.emit("Gather", []string{e.tensor("table", table), e.cast(names[i], core.I32)}, attribute{"axis", 0})
	}
	e.define(n.Out(0), f, "Concat", names, attribute{"axis", axisIn(op.Axis, rank, f)})
	return nil
}

// perSlice writes a constant with one number for each slice along an axis, or a single number for all elements.
func perSlice[T core.Element](e *exporter, what string, list []T, axis, rank int) string {
	if len(list) == 1 {
		return e.scalar(core.Scalar(list[0]))
	}
	s := make(core.Shape, rank-axis)
	for i := range s {
		s[i] = 1
	}
	s[0] = len(list)
	return e.tensor(what, tensorOf(s, list))
}

// wrapped writes an i64 wrapped to 32 bits: a cast to i32 and back.
func (e *exporter) wrapped(x string) string { return e.cast(e.cast(x, core.I32), core.I64) }

// limited writes an output: an i64 clamped to [lo, hi] and cast to a type.
func (e *exporter) limited(n *core.Node, x string, lo, hi int64, t core.Type) error {
	x = e.emit("Clip", []string{x, e.scalar(core.Scalar(lo)), e.scalar(core.Scalar(hi))})
	return e.rename(n.Out(0), form{}, e.cast(x, t))
}

var errUniform = errors.New("a scale or a zero point is computed, or the rank of its input is not known")

func exportUniformQuantize(e *exporter, n *core.Node, op *tensorflow.UniformQuantize) error {
	in, rank := n.Inputs(), len(n.Inputs()[0].Shape())
	scales, zeros := in[1].Constant(), in[2].Constant()
	if scales == nil || zeros == nil || !in[0].Shape().Ranked() {
		return errUniform
	}
	inverse := make([]float32, scales.Len())
	for i, s := range scales.Float32s() {
		inverse[i] = 1 / s
	}
	x := e.mul(e.use(in[0], form{}), perSlice(e, "inverse", inverse, op.Axis, rank))
	x = e.emit("Floor", []string{e.add(x, e.real(0.5))})
	fits := e.emit("And", []string{
		e.emit("GreaterOrEqual", []string{x, e.real(math.MinInt32)}), e.emit("Less", []string{x, e.real(1 << 31)}),
	})
	q := e.cast(e.choose(fits, x, e.real(math.MinInt32)), core.I64)
	q = e.wrapped(e.add(q, perSlice(e, "zeros", zeros.Int64s(), op.Axis, rank)))
	return e.limited(n, q, op.Lo, op.Hi, op.Type)
}

// exportUniformQuantizeRows writes the op's formula in the types that it computes with. A row that has no scale gets
// the inverse 0 and the zero point 0, which make zeros.
func exportUniformQuantizeRows(e *exporter, n *core.Node, _ *tensorflow.UniformQuantizeRows) error {
	v := n.Inputs()[0]
	if !v.Shape().Ranked() {
		return errUniform
	}
	x, axes := e.use(v, form{}), make([]int, len(v.Shape())-1)
	for i := range axes {
		axes[i] = 1 + i
	}
	extreme := func(op, with string) string {
		of := x
		if len(axes) > 0 {
			inputs, attrs := e.along(x, axes, 18)
			of = e.emit(op, inputs, append(attrs, attribute{"keepdims", 1})...)
		}
		return e.f64(e.emit(with, []string{of, e.real(0)}))
	}
	lo, hi := extreme("ReduceMin", "Min"), extreme("ReduceMax", "Max")
	width := e.sub(hi, lo)
	scale, inverse := e.f32(e.div(width, e.double(255))), e.f32(e.div(e.double(255), width))
	none := e.emit("Or", []string{e.equal(scale, e.real(0)), e.emit("IsInf", []string{inverse})})
	none = e.emit("Or", []string{none, e.emit("IsNaN", []string{inverse})})
	scale, inverse = e.choose(none, e.real(1), scale), e.choose(none, e.real(0), inverse)

	below, above := e.div(lo, e.f64(scale)), e.div(hi, e.f64(scale))
	fromBelow := e.emit("Less", []string{
		e.add(e.double(128), e.abs(below)), e.add(e.double(127), e.abs(above)),
	})
	zero := e.choose(fromBelow, e.sub(e.double(-128), below), e.sub(e.double(127), above))
	zero = e.roundAway(e.clip(e.choose(none, e.double(0), zero), -128, 127), core.F64)
	zero = e.cast(zero, core.I64)
	q := e.emit("Floor", []string{e.add(e.mul(x, inverse), e.real(0.5))})
	if err := e.limited(n, e.add(e.cast(q, core.I64), zero), -128, 127, core.I8); err != nil {
		return err
	}
	rows := e.ints("rows", []int{-1})
	e.define(n.Out(1), form{}, "Reshape", []string{scale, rows})
	e.define(n.Out(2), form{}, "Reshape", []string{e.cast(zero, core.I32), rows})
	return nil
}

// exportUniformRequantize writes the op's formula in i64, in which no product overflows, or a lookup table for bytes.
func exportUniformRequantize(e *exporter, n *core.Node, op *tensorflow.UniformRequantize) error {
	if e.isTable(n) {
		return e.table(n)
	}
	in, rank := n.Inputs(), len(n.Inputs()[0].Shape())
	constants := make([]*core.Tensor, len(in))
	for i, v := range in[1:] {
		if constants[i+1] = v.Constant(); constants[i+1] == nil || !in[0].Shape().Ranked() {
			return errUniform
		}
	}
	factors, shifts, err := op.FixedPoint(constants)
	if err != nil {
		return err
	}
	powers, halves := make([]int64, len(shifts)), make([]int64, len(shifts))
	for i, s := range shifts {
		powers[i], halves[i] = 1<<s, 1<<(s-1)
	}
	numbers := func(what string, list []int64) string { return perSlice(e, what, list, op.Axis, rank) }
	plain := len(in) == 5
	throughFloat := func(x string) string { return e.wrapped(e.cast(e.cast(x, core.F32), core.I64)) }
	x := e.cast(e.use(in[0], form{}), core.I64)
	if plain && in[0].Type() == core.I32 {
		x = throughFloat(x)
	}
	x = e.sub(x, numbers("zeros", constants[2].Int64s()))
	if !plain || op.Axis == -1 {
		x = e.wrapped(x)
	}
	x = e.add(e.mul(x, numbers("factors", factors)), numbers("halves", halves))
	x = e.floorDivided(x, numbers("powers", powers), core.I64)
	least, most := core.Scalar(int64(math.MinInt32)), core.Scalar(int64(math.MaxInt32))
	x = e.emit("Clip", []string{x, e.scalar(least), e.scalar(most)})
	x = e.wrapped(e.add(x, numbers("output_zeros", constants[4].Int64s())))
	if plain && op.Type == core.I32 {
		x = e.emit("Clip", []string{x, e.scalar(core.Scalar(op.Lo)), e.scalar(core.Scalar(op.Hi))})
		return e.rename(n.Out(0), form{}, e.cast(throughFloat(x), op.Type))
	}
	return e.limited(n, x, op.Lo, op.Hi, op.Type)
}
