package builders

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/postop"
)

// tensorFlowConvolution emits TensorFlow's quantized convolution as an integer
// convolution with post-ops. With s = s_in * s_w[c], scales by quantization.ScaleSymmetric,
// every step in float32 and rounded on its own:
//
//	f = f32(acc) * s
//	f = f + bias                 or + f32(bias) * unit for an i32 bias, see realBias
//	f = fma(f32(sum), s_sum, f)  or f + sum for a real summand
//	f = max(f, 0)                with ReLU, or Activation(f)
//	q = sat(rne(f * (1 / s_out)))
//
// A summand of i8 with an output of u8 saturates at 127, an i32 output at
// numeric.LargestFloatI32. For an i32 output s_out is
// s_in * max_c s_w[c], and the range reported is that of 2^31 levels (see
// accumulatorRange); for others it is the output range.
func (e *emitter) tensorFlowConvolution(c Convolution) (Output, error) {
	dataType := e.quantizedType("data", c.Data, core.I8, core.U8)
	if e.quantizedType("filters", c.Filters, core.I8, core.U8) == core.U8 && e.err == nil {
		return e.offsetConvolution(c)
	}
	e.biasType(c.Bias)
	perChannel := e.perChannel(c.FilterRange, c.outputChannels())
	if e.err != nil {
		return Output{}, e.err
	}
	p := &postOps{emitter: e}
	var out Output
	switch {
	case c.OutputType == core.I32:
		out.Range = e.accumulatorRange(dataType, c.DataRange, c.FilterRange)
		if e.Arithmetic == TensorFlowAuto && perChannel {
			e.repairs = "from 2.14 TensorFlow rounds every channel in units of the largest one's and reports each " +
				"channel's own"
		}
		if e.Arithmetic.upTo2_13() || e.repairs != "" {
			e.accumulators(p, &c, dataType, perChannel)
			break
		}
		scales := e.convolutionScales(&c, dataType, perChannel, true)
		e.realConvolution(p, &c, scales.product, perChannel)
		p.mul(e.div("output_reciprocal", e.real("one", 1), e.mul("output_scale", scales.input, scales.largest)))
		p.round(saturation(core.I32))
	case c.OutputType == core.I8 || c.OutputType == core.U8:
		out.Range = c.OutputRange
		scales := e.convolutionScales(&c, dataType, perChannel, false)
		e.realConvolution(p, &c, scales.product, perChannel)
		sOut := e.scale("output", quantization.RangeToScale{Type: c.OutputType, Divides: true}, c.OutputRange)
		p.mul(e.div("output_reciprocal", e.real("one", 1), sOut))
		last := saturation(c.OutputType)
		if c.Sum.Node != nil && c.Sum.Type() == core.I8 && c.OutputType == core.U8 {
			last.Hi = 127
		}
		p.round(last)
	default:
		e.unsupported("got output type %v, want i8, u8 or i32", c.OutputType)
	}
	if e.err != nil {
		return Output{}, e.err
	}
	in := []core.Value{
		c.Data,
		c.Filters,
		e.zeros("data_zero_point", dataType, core.Shape{}),
		e.zeros("filters_zero_point", core.I8, core.Shape{}),
	}
	op := &linear.IntegerConvolution{Spatial: c.Spatial, Groups: c.Groups, PostOps: p.steps}
	out.Value = e.op("", op, append(in, p.operands...)...)
	return out, e.err
}

// convolutionScales are the scales of data and filters, their product, and the largest
// of the filters'.
type convolutionScales struct{ input, filter, product, largest core.Value }

// convolutionScales returns the scales; divides says that their product will divide.
func (e *emitter) convolutionScales(c *Convolution, dataType core.Type, perChannel, divides bool) convolutionScales {
	var s convolutionScales
	s.input = e.scale("input", quantization.RangeToScale{Type: dataType, Divides: divides}, c.DataRange)
	s.filter = e.scales("filter", quantization.RangeToScale{Type: core.I8, Divides: divides && !perChannel}, c.FilterRange,
		perChannel)
	s.product = e.scaleProduct("scale", s.input, s.filter)
	s.largest = s.filter
	if perChannel && divides {
		op := &quantization.RangeToScale{Type: core.I8, Largest: true, Divides: true}
		s.largest = e.op("filter_largest_scale", op, c.FilterRange.Min, c.FilterRange.Max)
	}
	return s
}

// realConvolution appends the steps from the accumulator to the real result.
func (e *emitter) realConvolution(p *postOps, c *Convolution, s core.Value, perChannel bool) {
	p.mul(s)
	if c.Bias.Node != nil {
		p.add(e.realBias(c, perChannel))
	}
	if c.Sum.Node != nil && e.err == nil {
		switch c.Sum.Type() {
		case core.F32:
			p.add(c.Sum)
		case core.I8, core.U8:
			p.mulAdd(c.Sum, e.scale("sum", quantization.RangeToScale{Type: c.Sum.Type()}, c.SumRange))
		default:
			e.unsupported("got a summand of %v, want i8, u8 or f32", c.Sum.Type())
		}
	}
	switch {
	case c.WithRelu:
		p.relu()
	case c.Activation != numeric.Identity:
		p.activation(c.Activation, c.Alpha)
	}
}

// biasType checks the type of a bias, if there is one.
func (e *emitter) biasType(bias core.Value) {
	if e.err == nil && bias.Node != nil {
		e.quantizedType("bias", bias, core.F32, core.I32)
	}
}

// realBias returns a bias in real units: an f32 bias itself, an i32 bias times
// f32(1 / f32(L(data)*127 / (A(data) * A(filters)))). The last bit of that factor decides
// roundings: it is not always the accumulators' scale. It is 0 where a range is [0, 0].
func (e *emitter) realBias(c *Convolution, perChannel bool) core.Value {
	if e.err != nil || c.Bias.Type() == core.F32 {
		return c.Bias
	}
	limit := float32(255 * 127)
	if c.Data.Type() == core.I8 {
		limit = 127 * 127
	}
	magnitude := quantization.RangeToScale{Type: c.Data.Type(), Rule: quantization.ScaleMagnitude}
	data := e.scale("input_magnitude", magnitude, c.DataRange)
	magnitude.Type = core.I8
	filters := e.scales("filter_magnitude", magnitude, c.FilterRange, perChannel)
	units := e.div("bias_units", e.real("bias_limit", limit), e.mul("magnitude", data, filters))
	unit := e.div("bias_unit", e.real("one", 1), units)
	return e.mul("bias", e.op("real_bias", &pointwise.Convert{Type: core.F32}, c.Bias), unit)
}

// accumulators appends the steps by which TensorFlow before 2.14 computes int32
// outputs: bias and summand are brought to units of their channel's accumulators, and
// the summand is rounded to int32, before they are added.
//
//	units = L * 127 / (A(data range) * A(filter range[c]))
//	f = f32(acc) + bias * units      or + f32(bias) for an i32 bias
//	f = f + rne(sum * units)
//	f = max(f, 0)                    with ReLU
//	q = sat(rne(f))
func (e *emitter) accumulators(p *postOps, c *Convolution, dataType core.Type, perChannel bool) {
	bias, sum := c.Bias, c.Sum
	if bias.Node == nil && sum.Node == nil && !c.WithRelu {
		return
	}
	limit := map[core.Type]float32{core.I8: 127 * 127, core.U8: 255 * 127}[dataType]
	magnitude := quantization.RangeToScale{Type: dataType, Rule: quantization.ScaleMagnitude, Divides: true}
	if bias.Node != nil && bias.Type() != core.I32 || sum.Node != nil {
		filter := e.scales("filter", magnitude, c.FilterRange, perChannel)
		product := e.mul("magnitude", e.scale("input", magnitude, c.DataRange), filter)
		perUnit := e.div("units", e.real("limit", limit), product)
		if bias.Node != nil && bias.Type() != core.I32 {
			bias = e.mul("bias", bias, perUnit)
		}
		if sum.Node != nil {
			op := &quantization.Quantize{Type: core.I32, RoundMode: numeric.RoundNearestTowardEven}
			sum = e.op("sum", op, e.mul("sum_units", sum, perUnit), e.real("one", 1),
				e.zeros("sum_zero_point", core.I32, core.Shape{}))
		}
	}
	for _, v := range []core.Value{bias, sum} {
		if v.Node != nil {
			p.add(v)
		}
	}
	if c.WithRelu {
		p.relu()
	}
	p.round(saturation(core.I32))
}

// accumulatorRange returns the range that TensorFlow reports of int32 accumulators:
// level * -2^31 to level * 2^31, where level is the product of both factors'
// (max - min) / n, n = 255 for u8 and 254 for i8; one for each filter range.
func (e *emitter) accumulatorRange(dataType core.Type, data, filters Range) Range {
	levIn := e.scale("input", quantization.RangeToScale{Type: dataType, Rule: quantization.ScaleLevel}, data)
	levW := e.scales("filter", quantization.RangeToScale{Type: core.I8, Rule: quantization.ScaleLevel}, filters, true)
	return e.levelRange(e.scaleProduct("level", levIn, levW))
}

func (e *emitter) levelRange(level core.Value) Range {
	return Range{
		Min: e.mul("output_min", level, e.real("lowest", -1<<31)),
		Max: e.mul("output_max", level, e.real("highest", 1<<31)),
	}
}

// postOps collects a list of post-ops with its operands.
type postOps struct {
	*emitter
	steps    []postop.Step
	operands []core.Value
}

func (p *postOps) step(op postop.Step, operands ...core.Value) {
	p.steps = append(p.steps, op)
	p.operands = append(p.operands, operands...)
}

func (p *postOps) mul(s core.Value) { p.step(postop.Step{Kind: postop.Mul}, s) }

func (p *postOps) add(v core.Value) { p.step(postop.Step{Kind: postop.Add}, v) }

func (p *postOps) mulAdd(v, s core.Value) { p.step(postop.Step{Kind: postop.MulAdd}, v, s) }

func (p *postOps) linear(s, v core.Value) { p.step(postop.Step{Kind: postop.Linear}, s, v) }

func (p *postOps) relu() { p.activation(numeric.Relu, 0) }

func (p *postOps) activation(a numeric.Activation, alpha float32) {
	p.step(postop.Step{Kind: postop.Activation, Activation: a, Alpha: alpha})
}

// saturation returns oneDNN's last step: rounded half to even, saturated to t, whose upper
// end is numeric.LargestFloatI32 for i32.
func saturation(t core.Type) postop.Step {
	op := postop.RoundSaturateTo(t)
	op.Hi = min(op.Hi, numeric.LargestFloatI32)
	return op
}

func (p *postOps) round(op postop.Step) { p.step(op) }
