package builders

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/fusedops"
)

// ngraphConvolution emits nGraph's QuantizedConvolution or one of package fusedops'
// convolutions. For the latter, with scales by quantization.ScaleSymmetric,
//
//	scale     = s_data * s_filters / s_output(u8 with ReLU, else i8)
//	sum_scale = A(sum range) / A(output range), doubled for a signed sum
func (e *emitter) ngraphConvolution(c Convolution, w wants) (Output, error) {
	perChannel := e.perChannel(c.FilterRange, c.outputChannels())
	e.sameShape("input", c.DataRange)
	e.sameShape("filter", c.FilterRange)
	e.sameShape("output", c.OutputRange)
	if !w.bias && !c.WithRelu {
		return e.quantizedConvolution(c, perChannel)
	}
	outType := core.I8
	if c.WithRelu {
		outType = core.U8
	}
	scale := e.requantization(c.Data, c.Filters, outType, c.DataRange, c.FilterRange, c.OutputRange, perChannel)
	in := []core.Value{c.Data, c.Filters}
	if w.bias {
		in = append(in, e.integerBias(c.Bias, c.DataRange, c.FilterRange, perChannel))
	}
	if w.sum {
		e.sameShape("sum", c.SumRange)
		in = append(in, c.Sum, scale, e.sumScale(c, w.signed))
	} else {
		in = append(in, scale)
	}
	switch {
	case w.signed:
		op := &fusedops.QuantizedConvolutionBiasSignedAdd{Spatial: c.Spatial, Groups: c.Groups, WithRelu: true}
		signed := e.op("signed", op, in...)
		return Output{Value: e.op("", &pointwise.Convert{Type: core.U8}, signed)}, e.err
	case w.sum:
		op := &fusedops.QuantizedConvolutionBiasAdd{Spatial: c.Spatial, Groups: c.Groups, WithRelu: c.WithRelu}
		return Output{Value: e.op("", op, in...)}, e.err
	case w.bias:
		op := &fusedops.QuantizedConvolutionBias{Spatial: c.Spatial, Groups: c.Groups, WithRelu: c.WithRelu}
		return Output{Value: e.op("", op, in...)}, e.err
	}
	v := e.op("", &fusedops.QuantizedConvolutionRelu{Spatial: c.Spatial, Groups: c.Groups}, in...)
	return Output{Value: v}, e.err
}

// sameShape checks that min and max of a range have one shape, as nGraph demands.
func (e *emitter) sameShape(role string, r Range) {
	e.connected(role, r)
	if e.err == nil && !r.Min.Shape().Compatible(r.Max.Shape()) {
		e.fail("max_"+role, "got shape %v, want min's %v", r.Max.Shape(), r.Min.Shape())
	}
}

// sumScale returns A(sum range) / A(output range).
func (e *emitter) sumScale(c Convolution, doubled bool) core.Value {
	sum := e.scale("sum", quantization.RangeToScale{Type: core.U8, Rule: quantization.ScaleMagnitude}, c.SumRange)
	out := e.scale("output", quantization.RangeToScale{Type: core.U8, Rule: quantization.ScaleMagnitude, Divides: true},
		c.OutputRange)
	ratio := e.div("sum_scale", sum, out)
	if doubled {
		return e.mul("signed_sum_scale", ratio, e.real("two", 2))
	}
	return ratio
}

// requantization returns s_a * s_b / s_output.
func (e *emitter) requantization(a, b core.Value, out core.Type, ra, rb, ro Range, perChannel bool) core.Value {
	sOut := e.scale("output", quantization.RangeToScale{Type: out, Divides: true}, ro)
	return e.div("requantization_scale", e.productScale(a, b, ra, rb, perChannel), sOut)
}

// productScale returns s_a * s_b.
func (e *emitter) productScale(a, b core.Value, ra, rb Range, perChannel bool) core.Value {
	typeA := e.quantizedType("data", a, core.I8, core.U8)
	typeB := e.quantizedType("filters", b, core.I8, core.U8)
	sA := e.scale("input", quantization.RangeToScale{Type: typeA}, ra)
	return e.mul("scale", sA, e.scales("filter", quantization.RangeToScale{Type: typeB}, rb, perChannel))
}

// integerBias quantizes a bias to i32 by A(a) * A(b) / (255*127); one of i32 it
// returns itself.
func (e *emitter) integerBias(bias core.Value, ra, rb Range, perChannel bool) core.Value {
	if e.err != nil || bias.Type() == core.I32 {
		return bias
	}
	magnitude := quantization.RangeToScale{Type: core.U8, Rule: quantization.ScaleMagnitude, Divides: true}
	product := e.mul("magnitude", e.scale("input", magnitude, ra), e.scales("filter", magnitude, rb, perChannel))
	scale := e.div("bias_scale", product, e.real("bias_levels", 255*127))
	op := &quantization.Quantize{Type: core.I32, RoundMode: numeric.RoundNearestTowardEven}
	zero := core.Shape{}
	if perChannel {
		op.Axes, zero = []int{0}, bias.Shape()
	}
	return e.op("bias", op, bias, scale, e.zeros("bias_zero_point", core.I32, zero))
}

func (e *emitter) quantizedConvolution(c Convolution, perChannel bool) (Output, error) {
	op := &linear.QuantizedConvolution{Spatial: c.Spatial, Groups: c.Groups, OutputType: c.OutputType}
	zero := core.Shape{}
	if perChannel {
		zero = core.Shape{c.outputChannels()}
		op.FilterAxes = []int{0}
		if c.Layout == geometry.NHWC {
			op.FilterAxes = []int{len(c.Filters.Shape()) - 1}
		}
	}
	in := e.quantizedProduct(c.Data, c.Filters, c.OutputType, [3]Range{c.DataRange, c.FilterRange, c.OutputRange},
		perChannel, zero)
	return Output{Value: e.op("", op, in...)}, e.err
}

// quantizedProduct returns the inputs of QuantizedConvolution and QuantizedDot: both
// factors, and the scales and zero points 0 of both and of the output.
func (e *emitter) quantizedProduct(
	a, b core.Value, out core.Type, r [3]Range, perChannel bool, zeroB core.Shape,
) []core.Value {
	typeA := e.quantizedType("data", a, core.I8, core.U8)
	typeB := e.quantizedType("filters", b, core.I8, core.U8)
	return []core.Value{
		a, b,
		e.scale("input", quantization.RangeToScale{Type: typeA}, r[0]), e.zeros("input_zero_point", typeA, core.Shape{}),
		e.scales("filter", quantization.RangeToScale{Type: typeB}, r[1], perChannel),
		e.zeros("filter_zero_point", typeB, zeroB),
		e.scale("output", quantization.RangeToScale{Type: out, Divides: true}, r[2]),
		e.zeros("output_zero_point", out, core.Shape{}),
	}
}

// ngraphDot emits nGraph's QuantizedDot or fusedops.QuantizedDotBias.
func (e *emitter) ngraphDot(d Dot) (Output, error) {
	if d.TransposeA || d.TransposeB || d.Sum.Node != nil || d.Activation != numeric.Identity || d.Fused {
		e.fail("", "got attributes of TensorFlow's matrix products, want none of them in nGraph's arithmetic")
	}
	e.sameShape("input0", d.Input0Range)
	e.sameShape("input1", d.Input1Range)
	if d.Bias.Node == nil {
		e.sameShape("output", d.OutputRange)
		perChannel := e.perChannel(d.Input1Range, columns(d.Input1))
		op := &linear.QuantizedDot{ReductionAxes: d.ReductionAxes, OutputType: d.OutputType}
		zero := core.Shape{}
		if perChannel {
			op.Input1Axes, zero = []int{len(d.Input1.Shape()) - 1}, core.Shape{columns(d.Input1)}
		}
		in := e.quantizedProduct(d.Input0, d.Input1, d.OutputType,
			[3]Range{d.Input0Range, d.Input1Range, d.OutputRange}, perChannel, zero)
		return Output{Value: e.op("", op, in...)}, e.err
	}
	return e.ngraphDotBias(d)
}

// ngraphDotBias takes weights [N, K].
func (e *emitter) ngraphDotBias(d Dot) (Output, error) {
	rows := core.Unknown
	if s := d.Input1.Shape(); len(s) > 0 {
		rows = s[0]
	}
	perChannel := e.perChannel(d.Input1Range, rows)
	out := core.I8
	if d.WithRelu {
		out = core.U8
	}
	var scale core.Value
	if d.Requantize {
		e.sameShape("output", d.OutputRange)
		scale = e.requantization(d.Input0, d.Input1, out, d.Input0Range, d.Input1Range, d.OutputRange, perChannel)
	} else {
		scale = e.productScale(d.Input0, d.Input1, d.Input0Range, d.Input1Range, perChannel)
	}
	bias := e.integerBias(d.Bias, d.Input0Range, d.Input1Range, perChannel)
	op := &fusedops.QuantizedDotBias{Requantize: d.Requantize, WithRelu: d.WithRelu}
	return Output{Value: e.op("", op, d.Input0, d.Input1, bias, scale)}, e.err
}
