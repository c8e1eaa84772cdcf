package linear

import (
	"bytes"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[IntegerConvolution]("IntegerConvolution")

// IntegerConvolution is the convolution that every quantized convolution becomes:
// an exact int32 accumulation followed by a list of post-ops in float32.
//
//	acc[n,o,p] = sum over the taps inside the data of (data - data_zp) * (filters - filters_zp[o])
//	out        = PostOps applied to acc, in order; the raw i32 accumulators without any
//
// Padding contributes nothing (it is the data's zero point). Sums wrap in int32 only
// if they could exceed it, which C6 excludes.
//
//	Inputs:  data: i8 or u8, [N, C, spatial...] or [N, spatial..., C] by Layout
//	         filters: i8 or u8, [O, C/Groups, spatial...] or [spatial..., C/Groups, O]
//	         data_zero_point: the data's type or i32, []
//	         filters_zero_point: the filters' type or i32, [] or [O]
//	         operands of the post-ops, in their order (see postop.Step)
//	Outputs: i32, f32, or RoundSaturate's type; [N, O, spatial...] or [N, spatial..., O]
//
//	C1: data and filters are i8 or u8
//	C2: 1 to 3 spatial dimensions; input channels = filters' channels * Groups
//	C3: data_zero_point has the data's type or is i32; its shape is []
//	C4: filters_zero_point has the filters' type or is i32; its shape is [] or [O]
//	C5: the padded data is at least as large as the dilated window, or MayBeEmpty holds
//	C6: one output sums at most 65793 products
//	C10 to C12: see inferPostOps
//
// It generalizes nGraph's QuantizedConvolution and its experimental fused ops, which
// decompose to it.
type IntegerConvolution struct {
	geometry.Spatial
	Groups  int           `json:"groups,omitempty"` // 0 means 1; the data's channels for a depthwise convolution
	PostOps []postop.Step `json:"post_ops,omitempty"`
}

// InputNames names the fixed inputs.
func (op *IntegerConvolution) InputNames() []string {
	return []string{"data", "filters", "data_zero_point", "filters_zero_point"}
}

// Infer checks C1 to C12.
func (op *IntegerConvolution) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) < 4 {
		return nil, core.Violation("", -1, "got %d inputs, want at least 4", len(in))
	}
	if err := checkIntegerOperands(in, core.Unknown); err != nil {
		return nil, err
	}
	data, filters := in[0].Shape, in[1].Shape
	out, err := convolutionShape(&op.Spatial, data, filters, op.Groups)
	if err != nil {
		return nil, err
	}
	outC, channelAxis := core.Unknown, 0
	if out.Ranked() {
		channelAxis = op.Layout.ChannelAxis(len(out))
		outC = out[channelAxis]
	}
	if err := checkIntegerOperands(in, outC); err != nil {
		return nil, err
	}
	if filters.Ranked() {
		_, i, _ := op.Layout.FilterAxes(len(filters))
		if err := tapsBound(windowOf(&op.Spatial, filters), filters[i]); err != nil {
			return nil, err
		}
	}
	typ, err := inferPostOps(op.PostOps, in[4:], 4, out, channelAxis)
	return []core.Fact{{Type: typ, Shape: out}}, err
}

// Eval is the plain loop.
func (op *IntegerConvolution) Eval(in, out []*core.Tensor) error {
	c, err := newConv(&op.Spatial, in[0].Shape(), in[1].Shape(), out[0].Shape(), op.Groups)
	if err != nil {
		return err
	}
	data, filters := in[0].Int64s(), in[1].Int64s()
	dataZP, filtersZP := in[2].Int64s()[0], in[3].Int64s()
	post := newPostOps(op.PostOps, in[4:], out[0])
	c.eachOutput(out[0], func(o, channel int, taps func(func(x, w int))) {
		var acc int64
		zp := filtersZP[channel%len(filtersZP)]
		taps(func(x, w int) { acc += (data[x] - dataZP) * (filters[w] - zp) })
		post.apply(o, channel, int32(acc))
	})
	return nil
}

// BatchInputs says that the data have the batch axis (axis 0), and that operands of the output's shape have it, too.
func (op *IntegerConvolution) BatchInputs(in []core.Fact, out core.Shape) []bool {
	return trait.FirstAndOperands(op, in, out)
}

// ChannelLayout returns Layout.
func (op *IntegerConvolution) ChannelLayout() geometry.Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *IntegerConvolution) WithLayout(l geometry.Layout) core.Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the inputs are data, filters and, if they have the output's shape, operands.
func (op *IntegerConvolution) LayoutRoles(in []core.Fact) []trait.LayoutRole {
	roles := trait.DataRoles(in)
	roles[1] = trait.FilterLayout
	for i := 4; i < len(in); i++ {
		if len(in[i].Shape) == len(in[0].Shape) {
			roles[i] = trait.DataLayout
		}
	}
	return roles
}

// Steps returns PostOps.
func (op *IntegerConvolution) Steps() []postop.Step { return op.PostOps }

// WithSteps returns the op with other PostOps.
func (op *IntegerConvolution) WithSteps(steps []postop.Step) trait.PostOpped {
	c := *op
	c.PostOps = steps
	return &c
}

// ChannelAxis follows from Layout.
func (op *IntegerConvolution) ChannelAxis(rank int) int { return op.Layout.ChannelAxis(rank) }

// GroupCount returns Groups.
func (op *IntegerConvolution) GroupCount() int { return max(op.Groups, 1) }

// Operations counts, for each output element, a product for each element of a filter.
func (op *IntegerConvolution) Operations(in, out []core.Fact) int64 {
	return operations(&op.Spatial, in[1].Shape, out[0].Shape)
}

// PadsWith reports whether the value is the data's zero point: padding has the same effect.
func (op *IntegerConvolution) PadsWith(value *core.Tensor, in []core.Operand) bool {
	return in[2].Const != nil && bytes.Equal(in[2].Const.Bytes(), value.Bytes())
}

// WithPadding returns the op with additional padding of its spatial dimensions.
func (op *IntegerConvolution) WithPadding(below, above []int) (core.Op, bool) {
	s, ok := op.Padded(below, above)
	c := *op
	c.Spatial = s
	return &c, ok
}

// checkIntegerOperands checks the types of the 8-bit factors in[0] and in[1] and of their zero points in[2] and
// in[3]. The latter may have one element for each of the channels, whose number may be Unknown.
func checkIntegerOperands(in []core.Operand, channels int) error {
	for i := range 2 {
		if t := in[i].Type; t != core.I8 && t != core.U8 && t != core.Dynamic {
			return core.Violation("C1", i, "got type %v, want i8 or u8", t)
		}
		if t := in[i+2].Type; t != core.I32 && !t.Compatible(in[i].Type) {
			return core.Violation([]string{"C3", "C4"}[i], i+2, "got type %v, want %v or i32", t, in[i].Type)
		}
	}
	if !in[2].Shape.Compatible(core.Shape{}) {
		return core.Violation("C3", 2, "got shape %v, want []", in[2].Shape)
	}
	if s := in[3].Shape; !s.Compatible(core.Shape{}) && !s.Compatible(core.Shape{channels}) {
		return core.Violation("C4", 3, "got shape %v, want [] or %v", s, core.Shape{channels})
	}
	return nil
}
