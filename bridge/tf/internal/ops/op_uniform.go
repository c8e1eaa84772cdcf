package ops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// The ops of the Uniform* family have scales and zero points as inputs.
const (
	uniformFactors = "lhs:Tin rhs:Tin lhs_scales:float lhs_zero_points:int32 rhs_scales:float rhs_zero_points:int32 " +
		"output_scales:float output_zero_points:int32 -> output:Tout"
	uniformHybrid = "lhs:Tlhs rhs:Trhs rhs_scales:float rhs_zero_points:int32 -> output:Tout"
)

var _ = register("uniform",
	op{
		name:      "UniformQuantize",
		signature: "input:Tin scales:float zero_points:int32 -> output:Tout",
		translate: uniformQuantize,
	},
	op{
		name:      "UniformDequantize",
		signature: "input:Tin scales:float zero_points:int32 -> output:Tout",
		translate: uniformDequantize,
	},
	op{
		name: "UniformRequantize",
		signature: "input:Tin input_scales:float input_zero_points:int32 " +
			"output_scales:float output_zero_points:int32 -> output:Tout",
		translate: uniformRequantize,
	},
	op{
		name: "UniformQuantizedAdd",
		signature: "lhs:T rhs:T lhs_scales:float lhs_zero_points:int32 rhs_scales:float rhs_zero_points:int32 " +
			"output_scales:float output_zero_points:int32 -> output:T",
		translate: uniformAdd,
	},
	op{
		name:      "UniformQuantizedClipByValue",
		signature: "operand:T min:T max:T scales:float zero_points:int32 -> output:T", translate: uniformClip,
	},
	op{name: "UniformQuantizedDot", signature: uniformFactors, translate: uniformDot},
	op{name: "UniformQuantizedDotHybrid", signature: uniformHybrid, translate: uniformDotHybrid},
)

// limits reads the attributes <prefix>quantization_min_val and _max_val.
func (c *call) limits(prefix string) (lo, hi int64) {
	lo, err := c.node.Int(prefix + "quantization_min_val")
	c.keep(err)
	hi, err = c.node.Int(prefix + "quantization_max_val")
	c.keep(err)
	return lo, hi
}

// quantizationAxis reads <prefix>quantization_axis; -1 means none. If allowed axes are given, it must be one of them.
func (c *call) quantizationAxis(prefix string, allowed ...int) int {
	attr := prefix + "quantization_axis"
	axis := c.intOr(attr, -1)
	if c.err == nil && (axis < -1 || axis > maxAxis) {
		c.failAttr(attr, "got %d, want -1 or an axis", axis)
	}
	for _, a := range allowed {
		if int(axis) == a {
			return a
		}
	}
	if c.err == nil && len(allowed) > 0 {
		c.failAttr(attr, "got %d, want one of %v", axis, allowed)
	}
	return int(axis)
}

// types checks that a type attribute is one of those that TensorFlow has kernels for.
func (c *call) types(attr string, want ...core.Type) core.Type {
	t := c.typ(attr, core.Dynamic)
	for _, w := range want {
		if t == w {
			return t
		}
	}
	if c.err == nil {
		c.failAttr(attr, "got %v, want one of %v", t, want)
	}
	return t
}

func uniformQuantize(c *call) []core.Value {
	op := &tensorflow.UniformQuantize{Type: c.types("Tout", core.I8, core.U8, core.I32), Axis: c.quantizationAxis("")}
	c.types("Tin", core.F32)
	op.Lo, op.Hi = c.limits("")
	return c.emit(op, c.in...)
}

// uniformDequantize uses nGraph's Dequantize if the zero points have the input's type. Otherwise it emits the same
// computation with differences that wrap in i32. An i32 goes through float32 first, as TensorFlow's qint32 does: the
// largest numbers are rounded to 2^31, which becomes -2^31.
func uniformDequantize(c *call) []core.Value {
	op := &quantization.Dequantize{Type: c.types("Tout", core.F32)}
	typ, axis := c.types("Tin", core.I8, core.U8, core.I32), c.quantizationAxis("")
	if axis >= 0 {
		op.Axes = []int{axis}
	}
	if zero := c.zeroPoint("zero", c.in[2], typ); c.err == nil && typ != core.I32 && zero.Type() == typ {
		return c.emit(op, c.in[0], c.in[1], zero)
	}
	over := c.in[0].Shape()
	wide := c.in[0]
	if typ == core.I32 {
		wide = c.helper("rounded", &pointwise.Convert{Type: core.F32}, wide)
		wide = c.helper("rounded_wide", &pointwise.Convert{Type: core.I64}, wide)
	}
	wide = c.helper("wide", &pointwise.Convert{Type: core.I32}, wide)
	difference := c.helper("difference", &pointwise.Subtract{}, wide, c.along("zero_points", c.in[2], axis, over))
	real := c.helper("real", &pointwise.Convert{Type: core.F32}, difference)
	return c.emit(&pointwise.Multiply{}, real, c.along("scales", c.in[1], axis, over))
}

func uniformRequantize(c *call) []core.Value {
	op := &tensorflow.UniformRequantize{Type: c.types("Tout", core.I8), Axis: c.oneAxis("input_", "output_")}
	c.types("Tin", core.I8, core.I32)
	op.Lo, op.Hi = c.limits("output_")
	return c.emit(op, c.in...)
}

// oneAxis reads two axes, which must be equal if both are set.
func (c *call) oneAxis(from, to string) int {
	a, b := c.quantizationAxis(from), c.quantizationAxis(to)
	if c.err == nil && a >= 0 && b >= 0 && a != b {
		c.failAttr(to+"quantization_axis", "got %d, want -1 or %d, that of %squantization_axis", b, a, from)
	}
	return max(a, b)
}

// uniformAdd rescales both operands to the output's scale and adds the output's zero point.
func uniformAdd(c *call) []core.Value {
	c.types("T", core.I32)
	lo, hi := c.limits("output_")
	left, right, out := c.quantizationAxis("lhs_"), c.quantizationAxis("rhs_"), c.quantizationAxis("output_")
	lhs := c.toOutputScale(0, left, out)
	rhs := c.toOutputScale(1, right, out)
	sum := c.helper("sum", &pointwise.Add{}, lhs, rhs)
	if c.err != nil {
		return nil
	}
	zero := c.along("zero", c.value("output_zero_points"), out, sum.Shape())
	sum = c.helper("output", &pointwise.Add{}, sum, zero)
	return c.clamp(sum, lo, hi)
}

// toOutputScale requantizes an operand of UniformQuantizedAdd to the output's scale.
func (c *call) toOutputScale(i, axis, out int) core.Value {
	if c.err != nil {
		return core.Value{}
	}
	side := []string{"lhs", "rhs"}[i]
	scales := c.value("output_scales")
	if out >= 0 && axis < 0 && i == 0 {
		c.failAttr("lhs_quantization_axis", "got -1 with output_quantization_axis %d, want an axis too", out)
	}
	if axis < 0 {
		axis = out
	}
	lo, hi := core.I32.Bounds()
	op := &tensorflow.UniformRequantize{Type: core.I32, Axis: axis, Lo: lo, Hi: hi}
	return c.helper(side, op, c.in[i], c.value(side+"_scales"), c.value(side+"_zero_points"), scales,
		c.zeros(side, scales))
}

// zeros returns i32 zeros with the shape of a vector or scalar.
func (c *call) zeros(role string, like core.Value) core.Value {
	if s := like.Shape(); !s.Static() {
		c.fail("the scales have the shape %v, want a known one", s)
		return core.Value{}
	}
	t, err := core.NewTensor(core.I32, like.Shape())
	return c.literal(role+"_zero", t, err)
}

// along reshapes a vector with a number for each slice of an axis so that it broadcasts over a shape.
func (c *call) along(role string, v core.Value, axis int, over core.Shape) core.Value {
	if c.err != nil || axis < 0 || len(v.Shape()) != 1 {
		return v
	}
	if !over.Ranked() || axis >= len(over) {
		c.fail("quantization axis %d of a tensor of shape %v", axis, over)
		return v
	}
	to := make([]int64, len(over)-axis)
	for i := range to {
		to[i] = 1
	}
	to[0] = -1
	shape, err := core.TensorOf(core.Shape{len(to)}, to)
	return c.helper(role+"_along", &array.Reshape{}, v, c.literal(role+"_shape", shape, err))
}

// clamp emits the node's output: integers within limits.
func (c *call) clamp(v core.Value, lo, hi int64) []core.Value {
	if c.err == nil && lo > hi {
		c.failAttr("output_quantization_max_val", "got %d, want at least the min_val %d", hi, lo)
	}
	least, most := c.literal("lo", core.Scalar(int32(lo)), nil), c.literal("hi", core.Scalar(int32(hi)), nil)
	return c.emit(&pointwise.Minimum{}, c.helper("limited", &pointwise.Maximum{}, v, least), most)
}

func uniformClip(c *call) []core.Value {
	c.types("T", core.I32)
	axis := c.quantizationAxis("")
	c.limits("")
	if c.err != nil {
		return nil
	}
	over := c.in[0].Shape()
	want := core.Shape{}
	if axis >= 0 {
		want = core.Shape{core.Unknown}
	}
	for i, v := range c.in[1:] {
		if !v.Shape().Compatible(want) {
			c.failInput(i+1, "got shape %v, want %v with quantization_axis %d", v.Shape(), want, axis)
		}
	}
	least, most := c.along("min", c.in[1], axis, over), c.along("max", c.in[2], axis, over)
	return c.emit(&pointwise.Minimum{}, c.helper("limited", &pointwise.Maximum{}, c.in[0], least), most)
}

// zeroPoint returns zero points in the form that the integer products take: in the type of the factor if they are
// known to fit it, otherwise as i32.
func (c *call) zeroPoint(role string, v core.Value, typ core.Type) core.Value {
	t := v.Constant()
	if t == nil || c.err != nil {
		return v
	}
	lo, hi := typ.Bounds()
	for _, z := range t.Int64s() {
		if z < lo || z > hi {
			return v
		}
	}
	out, err := core.EvalOp(&pointwise.Convert{Type: typ}, []*core.Tensor{t})
	if err != nil {
		c.keep(err)
		return v
	}
	return c.literal(role, out[0], nil)
}

func uniformDot(c *call) []core.Value {
	c.types("Tin", core.I8)
	c.quantizationAxis("lhs_", -1)
	right, out := c.quantizationAxis("rhs_", -1, 1), c.quantizationAxis("output_", -1, 1)
	c.wantRank(0, 2, "a matrix")
	c.wantRank(1, 2, "a matrix")
	if c.err != nil {
		return nil
	}
	acc := c.helper("accumulators", &linear.IntegerDot{ReductionAxes: 1}, c.in[0], c.in[1],
		c.zeroPoint("lhs_zero", c.value("lhs_zero_points"), core.I8),
		c.zeroPoint("rhs_zero", c.value("rhs_zero_points"), core.I8))
	return c.uniformOutput(acc, max(right, out))
}

// uniformOutput requantizes accumulators, whose scale is the product of the operands' scales.
func (c *call) uniformOutput(acc core.Value, axis int) []core.Value {
	op := &tensorflow.UniformRequantize{Type: c.types("Tout", core.I32), Axis: axis}
	op.Lo, op.Hi = c.limits("output_")
	if c.err != nil {
		return nil
	}
	scales := c.value("rhs_scales")
	if len(scales.Shape()) == 0 && len(c.value("output_scales").Shape()) > 0 {
		c.failInput(c.index("output_scales"), "got shape %v for rhs_scales of shape [], want [] too",
			c.value("output_scales").Shape())
	}
	return c.emit(op, acc, scales, c.zeros("accumulators", scales), c.value("output_scales"),
		c.value("output_zero_points"), c.value("lhs_scales"))
}

func uniformDotHybrid(c *call) []core.Value {
	c.hybridTypes()
	c.quantizationAxis("rhs_", -1, 1)
	c.wantRank(0, 2, "a matrix")
	c.wantRank(1, 2, "a matrix")
	if c.err != nil {
		return nil
	}
	op := &linear.IntegerDot{ReductionAxes: 1}
	zero := c.zeroPoint("rhs_zero", c.value("rhs_zero_points"), core.I8)
	product := c.hybrid(c.in[0], func(role string, data core.Value) core.Value {
		return c.helper(role, op, data, c.in[1], c.literal(role+"_zero", core.Scalar[int8](0), nil), zero)
	})
	return c.emit(&pointwise.Multiply{}, product, c.value("rhs_scales"))
}

func (c *call) hybridTypes() {
	c.types("Tlhs", core.F32)
	c.types("Trhs", core.I8)
	c.types("Tout", core.F32)
}

// mostOnes bounds the constant of ones that hybrid creates.
const mostOnes = 1 << 24

// hybrid quantizes the rows of real data and multiplies them by the quantized rhs, as
//
//	sum of (q - z)(w - v) = sum of q(w - v) - z * sum of (w - v)
//
// product is called with q, and with ones of its shape without the batch. The result must still be multiplied by the
// scale of the rhs.
func (c *call) hybrid(data core.Value, product func(role string, data core.Value) core.Value) core.Value {
	s := data.Shape()
	if !s.Ranked() || !s[1:].Static() {
		c.failInput(0, "got shape %v, want it known but for the batch", s)
		return core.Value{}
	}
	if n, err := s[1:].Elements(); err != nil || n > mostOnes {
		c.failInput(0, "got shape %v, want at most %d elements in a batch", s, mostOnes)
		return core.Value{}
	}
	q := c.emitAs("#quantized", &tensorflow.UniformQuantizeRows{}, data)
	ones, err := core.NewTensor(core.I8, append(core.Shape{1}, s[1:]...))
	c.keep(err)
	if c.err != nil {
		return core.Value{}
	}
	for i := range ones.Bytes() {
		ones.Bytes()[i] = 1
	}
	acc, taps := product("accumulators", q[0]), product("taps", c.literal("ones", ones, nil))
	if c.err != nil {
		return core.Value{}
	}
	over := acc.Shape()
	less := c.helper("offset", &pointwise.Multiply{}, taps, c.along("zeros", q[2], 0, over))
	acc = c.helper("difference", &pointwise.Subtract{}, acc, less)
	real := c.helper("real", &pointwise.Convert{Type: core.F32}, acc)
	return c.helper("scaled", &pointwise.Multiply{}, real, c.along("scales", q[1], 0, over))
}
