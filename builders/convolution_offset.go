package builders

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// offsetConvolution is TensorFlow's QuantizedConv2D on u8 filters: the accumulators of
// (q - z) with z the quantized value of 0 in each range, which may lie outside of u8.
//
// TensorFlow pads data with z's lowest byte if z >= 0; below, padding contributes nothing.
// So for data with padding and a z that may not be a byte, with b = z's lowest byte,
//
//	acc = conv(data - b) - max(z - b, 0)*whole - min(z - b, 0)*inside
//
// where whole sums (filters - z_filters) over all taps, and inside over those on data.
func (e *emitter) offsetConvolution(c Convolution) (Output, error) {
	switch {
	case c.OutputType != core.I32 || c.Bias.Node != nil || c.Sum.Node != nil || c.WithRelu:
		e.unsupported("got u8 filters, want them with i32 output and nothing fused")
	case c.Data.Type() != core.U8:
		e.unsupported("got u8 filters on i8 data, want u8 data")
	}
	in, level := e.offsetOperands(c.Data, c.Filters, c.DataRange, c.FilterRange)
	out := Output{Range: e.levelRange(level)}
	op := &linear.IntegerConvolution{Spatial: c.Spatial, Groups: c.Groups}
	if e.err != nil || in[2].Type() == core.U8 || !c.pads() {
		out.Value = e.op("", op, in...)
		return out, e.err
	}
	zero := in[2]
	in[2] = e.op("input_zero_byte", &pointwise.Convert{Type: core.U8}, zero)
	rest := e.op("input_zero_rest", &pointwise.Subtract{}, zero,
		e.op("input_zero_word", &pointwise.Convert{Type: core.I32}, in[2]))
	excess := e.add("excess", e.tapSums("whole", c, in[3], rest), e.tapSums("inside", c, in[3], rest))
	out.Value = e.op("", &pointwise.Subtract{}, e.op("accumulators", op, in...), excess)
	return out, e.err
}

// pads reports whether windows reach beyond the data, or may do so.
func (c *Convolution) pads() bool {
	data, filters := c.Data.Shape(), c.Filters.Shape()
	if !data.Static() || !filters.Static() || len(data) != 4 || len(filters) != 4 {
		return c.PadType != geometry.PadValid
	}
	window := c.tapShape()[1:3]
	if c.Layout == geometry.NCHW {
		window = c.tapShape()[2:4]
	}
	axes, err := c.Axes(data, window)
	return err != nil || slices.ContainsFunc(axes, func(a geometry.Axis) bool { return a.PadBelow > 0 || a.PadAbove > 0 })
}

// tapShape returns the shape of data that one window covers, nil if it is not known.
func (c *Convolution) tapShape() core.Shape {
	s := slices.Clone(c.Filters.Shape())
	if len(s) != 4 {
		return nil
	}
	if c.Layout == geometry.NCHW {
		s[0] = 1
		return s
	}
	return append(core.Shape{1}, s[:3]...)
}

// tapSums returns the sums of (filters - zero) over all taps ("whole") times rest where it
// is > 0, or over those inside of the data ("inside") times rest where it is < 0.
func (e *emitter) tapSums(role string, c Convolution, zero, rest core.Value) core.Value {
	op := &linear.IntegerConvolution{Spatial: c.Spatial, Groups: c.Groups}
	ones := c.Data
	part := e.op(role+"_rest", &pointwise.Minimum{}, rest, e.zeros("no_rest", core.I32, core.Shape{}))
	if role == "whole" {
		op.Spatial = geometry.Spatial{Layout: c.Layout, PadType: geometry.PadValid}
		ones = e.filled("window", core.U8, c.tapShape(), 1)
		part = e.op(role+"_rest", &pointwise.Maximum{}, rest, e.zeros("no_rest", core.I32, core.Shape{}))
	} else if s := slices.Clone(ones.Shape()); len(s) == 4 && s[1:].Static() {
		s[0] = 1
		ones = e.filled("ones", core.U8, s, 1)
	} else {
		ones = e.op("ones", &pointwise.Clamp{Lo: 1, Hi: 1}, ones)
	}
	sums := e.op(role+"_sums", op, ones, c.Filters, e.zeros("ones_zero_point", core.U8, core.Shape{}), zero)
	return e.mul(role, sums, part)
}

// offsetOperands returns two u8 factors with their zero points, and the product of
// their levels.
func (e *emitter) offsetOperands(a, b core.Value, ra, rb Range) ([]core.Value, core.Value) {
	in := []core.Value{a, b, e.zeroPoint("input", ra), e.zeroPoint("filter", rb)}
	level := quantization.RangeToScale{Type: core.U8, Rule: quantization.ScaleLevel}
	return in, e.scaleProduct("level", e.scale("input", level, ra), e.scale("filter", level, rb))
}

// zeroPoint returns what stands for 0 in a range of u8 values: u8 if the range is known to
// hold 0, else i32.
func (e *emitter) zeroPoint(role string, r Range) core.Value {
	if !e.scalar(role, r) {
		return core.Value{}
	}
	op := &quantization.RangeToZeroPoint{Type: core.U8, Wide: !holdsZero(r), Computed: e.anyOrder(r)}
	return e.op(role+"_zero_point", op, r.Min, r.Max)
}

// holdsZero reports whether 0 is known to lie within a range: a constant one, or the one
// that QuantizeV2 gives unless that begins at 1 level, as of SCALED with a narrow range.
func holdsZero(r Range) bool {
	mn, mx := r.Min.Constant(), r.Max.Constant()
	if mn != nil && mx != nil {
		return mn.Float64s()[0] <= 0 && mx.Float64s()[0] >= 0
	}
	op, quantizes := r.Min.Node.Op().(*tensorflow.QuantizeV2)
	if quantizes && op.Mode == tensorflow.Scaled && op.NarrowRange {
		return false
	}
	return quantizes && r.Max.Node == r.Min.Node && r.Min.Index == 1 && r.Max.Index == 2
}
