package ops

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
)

var _ = register("xla",
	op{
		name: "XlaConvV2",
		signature: "lhs:LhsT rhs:RhsT window_strides:Tindices padding:Tindices lhs_dilation:Tindices " +
			"rhs_dilation:Tindices feature_group_count:Tindices -> output:preferred_element_type",
		translate: xlaConvolution,
	},
	op{name: "XlaDotV2", signature: "lhs:LhsT rhs:RhsT -> output:preferred_element_type", translate: xlaDot},
)

// xlaTypes checks that the types of a product of integers are those that quantize_model writes.
func (c *call) xlaTypes() {
	c.types("LhsT", core.I8)
	c.types("RhsT", core.I8)
	c.types("preferred_element_type", core.I32)
}

// xlaConvolution is a convolution of int8 with sums in int32, whose zero points are 0.
func xlaConvolution(c *call) []core.Value {
	c.xlaTypes()
	data, filters := c.in[0].Shape(), c.in[1].Shape()
	if c.err == nil && (len(data) != len(filters) || len(data) < 3 || len(data) > 5) {
		c.failInput(1, "got shape %v for lhs of %v, want one rank, from 3 to 5", filters, data)
	}
	if b := c.intOr("batch_group_count", 1); c.err == nil && b != 1 {
		c.failAttr("batch_group_count", "got %d, which is not supported, want 1", b)
	}
	if c.err != nil {
		return nil
	}
	numbers := c.xlaDimensions(len(data))
	op := &linear.IntegerConvolution{
		Spatial: c.xlaWindow(len(data) - 2),
		Groups:  c.integer(c.index("feature_group_count")),
	}
	if c.err == nil && op.Groups < 1 {
		c.failInput(c.index("feature_group_count"), "got %d, want 1 or more", op.Groups)
	}
	if c.err != nil {
		return nil
	}
	lhs := c.permuted("lhs", c.in[0], channelsLast(numbers.input))
	rhs := c.permuted("rhs", c.in[1], slices.Concat(numbers.kernel[2:], numbers.kernel[1:2], numbers.kernel[:1]))
	zero := c.literal("zero", core.Scalar[int8](0), nil)
	order := inverse(channelsLast(numbers.output))
	if slices.IsSorted(order) {
		return c.emit(op, lhs, rhs, zero, zero)
	}
	return c.emit(&array.Transpose{Order: order}, c.helper("product", op, lhs, rhs, zero, zero))
}

// xlaDimensions reads XLA's ConvolutionDimensionNumbers.
func (c *call) xlaDimensions(rank int) dimensionNumbers {
	f := c.dimensionFields("ConvolutionDimensionNumbers")
	d := dimensionNumbers{
		append([]int{f.one(7), f.one(8)}, f[11]...),
		append([]int{f.one(4), f.one(3)}, f[6]...),
		append([]int{f.one(9), f.one(10)}, f[12]...),
	}
	order := make([]int, rank)
	for i := range order {
		order[i] = i
	}
	c.wantPermutations(d, order)
	return d
}

// xlaWindow reads strides, dilations and padding of n spatial dimensions, which are constant
// inputs.
func (c *call) xlaWindow(n int) geometry.Spatial {
	list := func(name string) []int {
		v := c.integers(c.index(name))
		if c.err == nil && len(v) != n {
			c.failInput(c.index(name), "got %d numbers, want %d", len(v), n)
		}
		return v
	}
	s := geometry.Spatial{
		Layout:        geometry.NHWC,
		Strides:       list("window_strides"),
		Dilations:     list("rhs_dilation"),
		DataDilations: list("lhs_dilation"),
	}
	at := c.index("padding")
	padding := c.constant(at)
	if c.err != nil {
		return s
	}
	if !padding.Shape().Compatible(core.Shape{n, 2}) {
		c.failInput(at, "got shape %v, want [%d,2]: before and after each spatial dimension", padding.Shape(), n)
		return s
	}
	for i, v := range padding.Int64s() {
		if i%2 == 0 {
			s.PadBelow = append(s.PadBelow, small(v))
		} else {
			s.PadAbove = append(s.PadAbove, small(v))
		}
	}
	return s
}

// xlaDot is a product of int8 with sums in int32, along any axes but without batch axes.
func xlaDot(c *call) []core.Value {
	c.xlaTypes()
	f := c.dimensionFields("DotDimensionNumbers")
	if c.err == nil && len(f[3])+len(f[4]) > 0 {
		c.failAttr("dimension_numbers", "got the batch axes %v and %v, which are not supported, want none", f[3], f[4])
	}
	lhs, rhs := c.freeAxes(0, f[1]), c.freeAxes(1, f[2])
	if c.err == nil && len(f[1]) != len(f[2]) {
		c.failAttr("dimension_numbers", "got the contracting axes %v and %v, want as many", f[1], f[2])
	}
	if c.err != nil {
		return nil
	}
	zero := c.literal("zero", core.Scalar[int8](0), nil)
	return c.emit(&linear.IntegerDot{ReductionAxes: len(f[1])}, c.permuted("lhs", c.in[0], slices.Concat(lhs, f[1])),
		c.permuted("rhs", c.in[1], slices.Concat(f[2], rhs)), zero, zero)
}

// freeAxes returns the axes of an input that are not contracted.
func (c *call) freeAxes(input int, contracted []int) (free []int) {
	s := c.in[input].Shape()
	if c.err == nil && !s.Ranked() {
		c.failInput(input, "got shape %v, want a known rank", s)
	}
	for i := range s {
		if !slices.Contains(contracted, i) {
			free = append(free, i)
		}
	}
	if c.err == nil && len(free)+len(contracted) != len(s) {
		c.failAttr("dimension_numbers", "got the contracting axes %v, want each once, of shape %v", contracted, s)
	}
	return free
}
