package ops

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

var _ = register("uniform_convolution",
	op{name: "UniformQuantizedConvolution", signature: uniformFactors, translate: uniformConvolution},
	op{name: "UniformQuantizedConvolutionHybrid", signature: uniformHybrid, translate: uniformConvolutionHybrid},
)

// dimensionNumbers is TensorFlow's UniformQuantizedConvolutionDimensionNumbersAttr: the meaning of each axis of a
// convolution's operands and output.
type dimensionNumbers struct{ input, kernel, output []int } // batch (output channels), channels, space...

// dimensions reads the attribute dimension_numbers. Without it, the order of axes is batch, channels, space, and for
// the kernel output channels, input channels, space.
func (c *call) dimensions(rank int) dimensionNumbers {
	order := make([]int, rank)
	for i := range order {
		order[i] = i
	}
	field := c.dimensionFields("UniformQuantizedConvolutionDimensionNumbersAttr")
	if c.err != nil || c.strOr("dimension_numbers", "") == "" {
		return dimensionNumbers{order, order, order}
	}
	d := dimensionNumbers{
		append([]int{field.one(1), field.one(2)}, field[3]...),
		append([]int{field.one(5), field.one(4)}, field[6]...),
		append([]int{field.one(7), field.one(8)}, field[9]...),
	}
	c.wantPermutations(d, order)
	return d
}

// wantPermutations checks that the operands and the output have each axis of order once.
func (c *call) wantPermutations(d dimensionNumbers, order []int) {
	for _, axes := range [][]int{d.input, d.kernel, d.output} {
		sorted := slices.Sorted(slices.Values(axes))
		if !slices.Equal(sorted, order) {
			c.failAttr("dimension_numbers", "got the axes %v, want each of %v once", axes, order)
		}
	}
}

// numberFields holds the numbers in a serialized message, by field.
type numberFields [13][]int

// one returns the number of a field that is not repeated; 0 if it is absent.
func (f *numberFields) one(i int) int {
	if len(f[i]) == 0 {
		return 0
	}
	return f[i][len(f[i])-1]
}

// dimensionFields reads the attribute dimension_numbers, a serialized message of numbers.
func (c *call) dimensionFields(message string) (field numberFields) {
	raw := []byte(c.strOr("dimension_numbers", ""))
	for len(raw) > 0 && c.err == nil {
		number, kind, n := protowire.ConsumeTag(raw)
		var values []int
		if n >= 0 && int(number) < len(field) {
			raw = raw[n:]
			values, n = dimensionField(raw, kind)
		}
		if n < 0 || int(number) >= len(field) {
			c.failAttr("dimension_numbers", "is no serialized %s", message)
			return field
		}
		raw = raw[n:]
		field[number] = append(field[number], values...)
	}
	return field
}

// dimensionField reads one number or packed numbers; n < 0 for anything else.
func dimensionField(raw []byte, kind protowire.Type) (values []int, n int) {
	switch kind {
	case protowire.VarintType:
		v, n := protowire.ConsumeVarint(raw)
		return []int{small(int64(v))}, n
	case protowire.BytesType:
		packed, n := protowire.ConsumeBytes(raw)
		for n >= 0 && len(packed) > 0 {
			v, m := protowire.ConsumeVarint(packed)
			if m < 0 {
				return nil, m
			}
			values, packed = append(values, small(int64(v))), packed[m:]
		}
		return values, n
	}
	return nil, -1
}

// uniformProduct is a convolution of the Uniform* family.
type uniformProduct struct {
	op      *linear.IntegerConvolution
	numbers dimensionNumbers
	filters core.Value
	zero    core.Value // the filters' zero points
}

// uniformConvolve reads what both convolutions have in common: the window and the rhs.
func (c *call) uniformConvolve() (p uniformProduct) {
	data, filters := c.in[0].Shape(), c.in[1].Shape()
	if !data.Ranked() || !filters.Ranked() || len(data) != len(filters) || len(data) < 3 || len(data) > 5 {
		c.failInput(1, "got shape %v for lhs of %v, want one rank, from 3 to 5", filters, data)
		return p
	}
	n := len(data) - 2
	p.numbers = c.dimensions(n + 2)
	groups := small(c.intOr("feature_group_count", 1))
	if b := c.intOr("batch_group_count", 1); c.err == nil && b != 1 {
		c.failAttr("batch_group_count", "got %d, which is not supported, want 1", b)
	}
	if c.err == nil && groups < 1 {
		c.failAttr("feature_group_count", "got %d, want 1 or more", groups)
	}
	p.op = &linear.IntegerConvolution{Spatial: c.uniformWindow(n), Groups: groups}
	if c.err != nil {
		return p
	}
	p.filters = c.permuted("rhs", c.in[1],
		slices.Concat(p.numbers.kernel[2:], p.numbers.kernel[1:2], p.numbers.kernel[:1]))
	p.zero = c.zeroPoint("rhs_zero", c.value("rhs_zero_points"), core.I8)
	c.quantizationAxis("rhs_", -1, p.numbers.kernel[0])
	return p
}

// uniformWindow reads strides, dilations and padding of n spatial dimensions.
func (c *call) uniformWindow(n int) geometry.Spatial {
	list := func(attr string, length int, least int64) []int {
		v, err := c.node.IntsOr(attr, nil)
		c.keep(err)
		if c.err == nil && len(v) != 0 && len(v) != length {
			c.failAttr(attr, "got %d numbers, want %d", len(v), length)
		}
		out := make([]int, len(v))
		for i, x := range v {
			if out[i] = small(x); x < least {
				c.failAttr(attr, "got %v, want numbers of %d or more", v, least)
			}
		}
		return out
	}
	s := geometry.Spatial{
		Layout:        geometry.NHWC,
		Strides:       list("window_strides", n, 1),
		Dilations:     list("rhs_dilation", n, 1),
		DataDilations: list("lhs_dilation", n, 1),
		MayBeEmpty:    true,
	}
	explicit := list("explicit_padding", 2*n, 0)
	padding := choice(c, "padding", []string{"VALID", "SAME", "EXPLICIT"},
		[]geometry.PadType{geometry.PadValid, geometry.PadSameUpper, geometry.PadExplicit})
	if c.err == nil && (padding == geometry.PadExplicit) != (len(explicit) > 0) {
		c.failAttr("explicit_padding", "got %d numbers with padding %s, want them with EXPLICIT only", len(explicit),
			c.str("padding"))
		return s
	}
	s.PadType = padding
	for i := 0; i+1 < len(explicit); i += 2 {
		s.PadBelow, s.PadAbove = append(s.PadBelow, explicit[i]), append(s.PadAbove, explicit[i+1])
	}
	return s
}

// permuted transposes a value, unless the order is the one it has.
func (c *call) permuted(role string, v core.Value, order []int) core.Value {
	if slices.IsSorted(order) {
		return v
	}
	return c.helper(role+"_permuted", &array.Transpose{Order: order}, v)
}

// channelsLast is the order of axes batch, space, channels.
func channelsLast(axes []int) []int { return slices.Concat(axes[:1], axes[2:], axes[1:2]) }

func uniformConvolution(c *call) []core.Value {
	c.types("Tin", core.I8)
	c.quantizationAxis("lhs_", -1)
	if c.err != nil {
		return nil
	}
	p := c.uniformConvolve()
	if c.err != nil {
		return nil
	}
	out := c.quantizationAxis("output_", -1, p.numbers.output[1])
	axis := -1
	if right := c.intOr("rhs_quantization_axis", -1); out >= 0 || right >= 0 {
		axis = p.numbers.output[1]
	}
	data := c.permuted("lhs", c.in[0], channelsLast(p.numbers.input))
	acc := c.helper("accumulators", p.op, data, p.filters, c.zeroPoint("lhs_zero", c.value("lhs_zero_points"), core.I8),
		p.zero)
	return c.uniformOutput(c.permuted("accumulators", acc, inverse(channelsLast(p.numbers.output))), axis)
}

func uniformConvolutionHybrid(c *call) []core.Value {
	c.hybridTypes()
	if c.err != nil {
		return nil
	}
	p := c.uniformConvolve()
	if c.err != nil {
		return nil
	}
	data := c.permuted("lhs", c.in[0], channelsLast(p.numbers.input))
	zero := c.literal("lhs_zero", core.Scalar[int8](0), nil)
	product := c.hybrid(data, func(role string, data core.Value) core.Value {
		return c.helper(role, p.op, data, p.filters, zero, p.zero)
	})
	order := inverse(channelsLast(p.numbers.output))
	if slices.IsSorted(order) {
		return c.emit(&pointwise.Multiply{}, product, c.value("rhs_scales"))
	}
	return c.emit(&array.Transpose{Order: order},
		c.helper("product", &pointwise.Multiply{}, product, c.value("rhs_scales")))
}

// inverse returns the inverse of an order of axes.
func inverse(order []int) []int {
	out := make([]int, len(order))
	for i, a := range order {
		out[a] = i
	}
	return out
}
