package ops

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/trait"
)

const batchNormOutputs = "-> y:T batch_mean:U batch_variance:U reserve_space_1:U reserve_space_2:U"

var _ = register("image",
	op{name: "Conv2D", signature: "input:T filter:T -> output:T", translate: conv2D},
	op{name: "DepthwiseConv2dNative", signature: "input:T filter:T -> output:T", translate: depthwiseConv2D},
	op{name: "Conv3D", signature: "input:T filter:T -> output:T", translate: conv3D},
	op{name: "BiasAdd", signature: "value:T bias:T -> output:T", translate: biasAdd},
	op{name: "BiasAddV1", signature: "value:T bias:T -> output:T", translate: biasAddV1},
	op{
		name: "FusedBatchNorm",
		signature: "x:T scale:T offset:T mean:T variance:T " +
			"-> y:T batch_mean:T batch_variance:T reserve_space_1:T reserve_space_2:T",
		translate: fusedBatchNorm,
	},
	op{
		name:      "FusedBatchNormV2",
		signature: "x:T scale:U offset:U mean:U variance:U " + batchNormOutputs,
		translate: fusedBatchNorm,
	},
	op{
		name:      "FusedBatchNormV3",
		signature: "x:T scale:U offset:U mean:U variance:U " + batchNormOutputs + " reserve_space_3:U",
		translate: fusedBatchNormV3,
	},
	op{
		name:      "BatchNormWithGlobalNormalization",
		signature: "t:T m:T v:T beta:T gamma:T -> result:T",
		translate: globalBatchNorm,
	},
	op{name: "Dilation2D", signature: "input:T filter:T -> output:T", translate: dilation},
	op{name: "SparseMatMul", signature: "a:Ta=float b:Tb=float -> product:float", translate: sparseMatMul},
	op{name: "MatMul", signature: "a:T b:T -> product:T", translate: matMul},
	op{name: "BatchMatMul", signature: "x:T y:T -> output:T", translate: batchMatMul},
	op{name: "BatchMatMulV2", signature: "x:T y:T -> output:T", translate: batchMatMulV2},

	op{name: "MaxPool", signature: "input:T=float -> output:T=float", translate: maxPool(2, "explicit_paddings")},
	op{name: "AvgPool", signature: "value:T -> output:T", translate: avgPool(2)},
	op{name: "MaxPool3D", signature: "input:T -> output:T", translate: maxPool(3, "")},
	op{name: "AvgPool3D", signature: "input:T -> output:T", translate: avgPool(3)},
)

// emitReal applies an op whose results are not bf16 or f16, converting from and to these.
func (c *call) emitReal(op core.Op, in ...core.Value) []core.Value {
	return c.emitRounded(op, pointwise.Convert{Type: c.in[0].Type()}, in...)
}

// emitRounded is like emitReal, with a given rounding to bf16 or f16.
func (c *call) emitRounded(op core.Op, rounding pointwise.Convert, in ...core.Value) []core.Value {
	t := rounding.Type
	if !t.IsHalf() {
		return c.emit(op, in...)
	}
	if !makesReals(op, in) {
		in = c.reals(t, in)
	}
	return c.emit(&rounding, c.helper("real", op, in...))
}

// reals converts the values of type t to f32.
func (c *call) reals(t core.Type, in []core.Value) []core.Value {
	in = slices.Clone(in)
	for i, v := range in {
		if v.Node != nil && v.Type() == t {
			in[i] = c.helper(fmt.Sprintf("real_%d", i), &pointwise.Convert{Type: core.F32}, v)
		}
	}
	return in
}

// makesReals reports whether an op makes f32 of the types that its inputs have.
func makesReals(op core.Op, in []core.Value) bool {
	if slices.ContainsFunc(in, func(v core.Value) bool { return v.Node == nil }) {
		return false
	}
	out, err := op.Infer(core.Operands(in))
	return err == nil && len(out) == 1 && out[0].Type == core.F32
}

// wantRank checks the rank of input i.
func (c *call) wantRank(i, rank int, what string) {
	if s := c.in[i].Shape(); c.err == nil && s.Ranked() && len(s) != rank {
		c.failInput(i, "got shape %v, want rank %d: %s", s, rank, what)
	}
}

func conv2D(c *call) []core.Value { return c.conv(2, "explicit_paddings") }

func conv3D(c *call) []core.Value { return c.conv(3, "") }

// conv translates a float convolution. The number of groups is the input's channels divided by the filter's, as in
// TensorFlow.
func (c *call) conv(n int, explicit string) []core.Value {
	layout := c.layout(n)
	op := &linear.Convolution{Spatial: c.spatial(n, layout, explicit)}
	data, filters := c.in[0].Shape(), c.in[1].Shape()
	c.wantRank(0, n+2, "batch, channels and space")
	c.wantRank(1, n+2, "space, input channels, output channels")
	if c.err != nil {
		return nil
	}
	if data.Ranked() && filters.Ranked() {
		channels := data[n+1]
		if layout == geometry.NCHW {
			channels = data[1]
		}
		if in := filters[n]; in > 0 && channels > in && channels%in == 0 {
			op.Groups = channels / in
		}
	}
	in := []core.Value{c.in[0], c.filters(c.in[1], layout, n)}
	if op.Groups > 1 && filters[n] == 1 {
		in = c.reals(core.BF16, in) // depthwise convolutions have kernels for f32
	}
	return c.emitProduct(op, in...)
}

// filters returns filters in the layout that core wants for data of a layout. TensorFlow's filters are
// [space..., input channels, output channels] for any data.
func (c *call) filters(v core.Value, layout geometry.Layout, n int) core.Value {
	if layout == geometry.NHWC {
		return v
	}
	order := []int{n + 1, n}
	for i := range n {
		order = append(order, i)
	}
	return c.helper("filters", &array.Transpose{Order: order}, v)
}

// depthwiseConv2D translates a convolution with as many groups as channels: the filters [h, w, C, M] become
// [h, w, 1, C*M].
func depthwiseConv2D(c *call) []core.Value {
	layout := c.layout(2)
	op := &linear.Convolution{Spatial: c.spatial(2, layout, "explicit_paddings")}
	c.wantRank(0, 4, "batch, channels and space")
	c.wantRank(1, 4, "height, width, channels, multiplier")
	if c.err != nil {
		return nil
	}
	s := c.in[1].Shape()
	if !s.Static() {
		c.failInput(1, "got shape %v, want a known one", s)
		return nil
	}
	if _, err := s.Elements(); err != nil || s[2] == 0 {
		c.failInput(1, "got shape %v, want at least one channel", s)
		return nil
	}
	op.Groups = s[2]
	dims := []int64{int64(s[0]), int64(s[1]), 1, int64(s[2] * s[3])}
	to, err := core.TensorOf(core.Shape{4}, dims)
	grouped := c.helper("groups", &array.Reshape{}, c.in[1], c.literal("groups_shape", to, err))
	in := c.reals(core.BF16, []core.Value{c.in[0], c.filters(grouped, layout, 2)}) // which depthwise kernels are for
	return c.emitProduct(op, in...)
}

func biasAdd(c *call) []core.Value { return c.biasAdd(c.layout(2)) }

func biasAddV1(c *call) []core.Value { return c.biasAdd(geometry.NHWC) }

// biasAdd translates an addition along the channels.
func (c *call) biasAdd(layout geometry.Layout) []core.Value {
	value, bias := c.in[0].Shape(), c.in[1].Shape()
	c.wantRank(1, 1, "one number per channel")
	if c.err == nil && !value.Ranked() && layout == geometry.NCHW {
		c.failInput(0, "got a shape of unknown rank, want a known one for data_format NCHW")
	}
	if c.err != nil || !value.Ranked() {
		return c.emit(&pointwise.Add{}, c.in...)
	}
	if len(value) < 2 {
		c.failInput(0, "got shape %v, want rank 2 or more", value)
		return nil
	}
	channels := value[len(value)-1]
	if layout == geometry.NCHW {
		channels = value[1]
	}
	if !bias.Compatible(core.Shape{channels}) {
		c.failInput(1, "got shape %v, want [%d] for the channels of %v", bias, channels, value)
		return nil
	}
	if layout == geometry.NCHW && len(value) == 2 {
		c.failInput(0, "got shape %v, want rank 3 or more for data_format NCHW", value)
	}
	if layout == geometry.NHWC {
		return c.emitBias(c.in...)
	}
	op := &array.ExpandDims{}
	for i := range len(value) - 2 {
		op.Axes = append(op.Axes, i+1)
	}
	return c.emitBias(c.in[0], c.helper("bias", op, c.in[1]))
}

func fusedBatchNorm(c *call) []core.Value { return c.batchNorm(2) }

func fusedBatchNormV3(c *call) []core.Value {
	if slices.Contains([]string{"NDHWC", "NCDHW"}, c.strOr("data_format", "")) {
		return c.batchNorm(3)
	}
	return c.batchNorm(2)
}

// normalizationOrder returns the order in which oneDNN normalizes. It has a routine of its own for channels that are
// last and fill vectors.
func normalizationOrder(layout geometry.Layout, scale core.Value) normalize.BatchNormOrder {
	const vector = 4
	if s := scale.Shape(); layout == geometry.NHWC && len(s) == 1 && s[0]%vector == 0 {
		return normalize.Normalized
	}
	return normalize.Centered
}

// batchNorm normalizes images with n spatial dimensions, by known statistics or, with is_training, by those of the
// batch, which is what Keras' LayerNormalization uses. Known statistics are returned as outputs; those of the batch
// are not.
func (c *call) batchNorm(n int) []core.Value {
	c.wantRank(0, n+2, "batch, channels and space")
	layout, epsilon := c.layout(n), c.floatOr("epsilon", 0.0001)
	if !c.boolOr("is_training", true) {
		op := &normalize.BatchNorm{Layout: layout, Epsilon: epsilon, Order: normalizationOrder(layout, c.in[1])}
		out := c.emitReal(op, c.in...)
		return append(out, c.in[3], c.in[4], c.in[3], c.in[4])
	}
	c.wantRank(1, 1, "one number per channel")
	c.wantRank(2, 1, "one number per channel")
	if c.err != nil {
		return nil
	}
	axes, scale, offset := []int{0}, c.in[1], c.in[2]
	op := &array.ExpandDims{}
	for i := range n {
		axes = append(axes, i+1)
		op.Axes = append(op.Axes, i+1)
	}
	if layout == geometry.NCHW {
		for i := range n {
			axes[i+1]++
		}
		scale, offset = c.helper("scale", op, scale), c.helper("offset", op, offset)
	}
	return c.normalize(axes, epsilon, scale, offset)
}

// globalBatchNorm is (t - m) * (rsqrt(v + variance_epsilon) * gamma) + beta, without gamma where it does not scale.
func globalBatchNorm(c *call) []core.Value {
	c.wantRank(0, 4, "batch, height, width and channels")
	for i := 1; i < 5; i++ {
		c.wantRank(i, 1, "one number per channel")
		if x, s := c.in[0].Shape(), c.in[i].Shape(); c.err == nil && x.Ranked() && !s.Compatible(x[3:]) {
			c.failInput(i, "got shape %v, want %v, the channels of t", s, x[3:])
		}
	}
	epsilon := c.number("epsilon", c.floatOr("variance_epsilon", 0), c.in[2])
	factor := c.helper("rsqrt", &pointwise.Unary{Function: pointwise.Rsqrt},
		c.helper("sum", &pointwise.Add{}, c.in[2], epsilon))
	if c.boolOr("scale_after_normalization", false) {
		factor = c.helper("factor", &pointwise.Multiply{}, factor, c.in[4])
	}
	centred := c.helper("centred", &pointwise.Subtract{}, c.in[0], c.in[1])
	return c.emit(&pointwise.Add{}, c.helper("scaled", &pointwise.Multiply{}, centred, factor), c.in[3])
}

func dilation(c *call) []core.Value {
	s := geometry.Spatial{
		Layout:    geometry.NHWC,
		Strides:   c.perDimension("strides", 2, geometry.NHWC, 0),
		Dilations: c.perDimension("rates", 2, geometry.NHWC, 0),
	}
	c.padding(&s, 2, "")
	return c.emit(&pooling.Dilation{Spatial: s}, c.in...)
}

// sparseMatMul multiplies matrices that may have many zeros, of bf16 or f32, in f32.
func sparseMatMul(c *call) []core.Value {
	a, b := c.factors()
	in := c.reals(core.BF16, []core.Value{a, b})
	return c.emit(&linear.Dot{ReductionAxes: 1}, in...)
}

func matMul(c *call) []core.Value {
	a, b := c.factors()
	if c.boolOr("transpose_a", false) { // TensorFlow does not fuse it then
		return c.emitReal(&linear.Dot{ReductionAxes: 1}, a, b)
	}
	return c.emitProduct(&linear.Dot{ReductionAxes: 1}, a, b)
}

// factors returns the two matrices of a product, transposed if the node says so.
func (c *call) factors() (a, b core.Value) {
	c.wantRank(0, 2, "a matrix")
	c.wantRank(1, 2, "a matrix")
	a, b = c.in[0], c.in[1]
	if c.boolOr("transpose_a", false) {
		a = c.helper("a", &array.Transpose{Order: []int{1, 0}}, a)
	}
	if c.boolOr("transpose_b", false) {
		b = c.helper("b", &array.Transpose{Order: []int{1, 0}}, b)
	}
	return a, b
}

// batchMatMul multiplies matrices of equal batches.
func batchMatMul(c *call) []core.Value {
	a, b := c.in[0].Shape(), c.in[1].Shape()
	if a.Ranked() && b.Ranked() && len(a) >= 2 {
		if len(a) != len(b) || !a[:len(a)-2].Compatible(b[:len(b)-2]) {
			c.failInput(1, "got shape %v beside %v, want the same batch", b, a)
		}
	}
	return batchMatMulV2(c)
}

// batchMatMulV2 broadcasts the batches.
func batchMatMulV2(c *call) []core.Value {
	return c.emitReal(&linear.BatchDot{TransposeA: c.boolOr("adj_x", false), TransposeB: c.boolOr("adj_y", false)},
		c.in...)
}

// normalize gives x the mean 0 and the variance 1 along axes, then scales and shifts:
//
//	(x - mean) * (rsqrt(variance + epsilon) * scale) + offset
func (c *call) normalize(axes []int, epsilon float32, scale, offset core.Value) []core.Value {
	r := reduce.Reduction{Axes: axes, KeepDims: true}
	x := c.in[0]
	wide := func(role string, v core.Value) core.Value {
		if c.err != nil || v.Type() == core.F32 {
			return v
		}
		return c.helper(role, &pointwise.Convert{Type: core.F32}, v)
	}
	t := x.Type()
	x, scale, offset = wide("x_f32", x), wide("scale_f32", scale), wide("offset_f32", offset)
	mean := c.helper("mean", &reduce.Mean{Reduction: r}, x)
	centred := c.helper("centred", &pointwise.Subtract{}, x, mean)
	variance := c.helper("variance", &reduce.Mean{Reduction: r},
		c.helper("squares", &pointwise.Unary{Function: pointwise.Square}, centred))
	sum := c.helper("sum", &pointwise.Add{}, variance, c.literal("epsilon", core.Scalar(epsilon), nil))
	factor := c.helper("factor", &pointwise.Multiply{},
		c.helper("rsqrt", &pointwise.Unary{Function: pointwise.Rsqrt}, sum), scale)
	scaled := c.helper("scaled", &pointwise.Multiply{}, centred, factor)
	if t == core.F32 {
		return c.emit(&pointwise.Add{}, scaled, offset)
	}
	return c.emit(&pointwise.Convert{Type: t}, c.helper("shifted", &pointwise.Add{}, scaled, offset))
}

// In bfloat16, TensorFlow computes a product, a bias and an activation as one op and rounds once. It fuses a BiasAdd
// after any such product, the addition of a constant bias, and after either of them the activations that are steps of
// _FusedConv2D and similar ops. Conv2D and BiasAdd are fused by its oneDNN pass in every session, the rest by its
// remapper. Here the ops keep their roundings, which are marked, and pass "fused" leaves out those that nothing else
// reads.

// emitProduct applies an op that sums products in f32, also those of bf16 and f16. Later ops may be fused with it.
func (c *call) emitProduct(op core.Op, in ...core.Value) []core.Value {
	t := c.in[0].Type()
	return c.emitRounded(op, pointwise.Convert{Type: t, Fused: t == core.BF16}, in...)
}

// emitSum adds values of bf16 in f32 and rounds, as Add does. The first value is fused with the sum.
func (c *call) emitSum(value, bias core.Value) []core.Value {
	value = c.helper("fused", &pointwise.Convert{Type: core.F32, Fused: true}, value)
	bias = c.helper("bias_f32", &pointwise.Convert{Type: core.F32}, bias)
	return c.emit(&pointwise.Convert{Type: core.BF16, Fused: true}, c.helper("sum", &pointwise.Add{}, value, bias))
}

// emitBias adds a number for each channel to the first value.
func (c *call) emitBias(in ...core.Value) []core.Value {
	if _, ok := c.fusedProduct(in[0]); ok && in[1].Type() == core.BF16 {
		return c.emitSum(in[0], in[1])
	}
	return c.emit(&pointwise.Add{}, in...)
}

// add translates an addition, which may add a bias.
func add(c *call) []core.Value {
	for i, v := range c.in {
		if c.err != nil || len(c.in) != 2 {
			break
		}
		if other := c.in[1-i]; c.isBias(other, v) {
			return c.emitSum(v, other)
		}
	}
	return c.emit(&pointwise.Add{}, c.in...)
}

// isBias reports whether a value is a constant with one number for each index on the last axis of a product.
func (c *call) isBias(v, product core.Value) bool {
	op, ok := c.fusedProduct(product)
	s, to := v.Shape(), product.Shape()
	if !ok || v.Type() != core.BF16 || !s.Static() || !to.Ranked() || len(s) == 0 || len(s) > len(to) {
		return false
	}
	if l, ok := op.(trait.Layouted); ok && l.ChannelLayout() == geometry.NCHW {
		return false
	}
	last := len(s) - 1
	if s[last] != to[len(to)-1] || slices.ContainsFunc(s[:last], func(n int) bool { return n != 1 }) {
		return false
	}
	return v.Folded() != nil
}

// fusedProduct returns the op whose marked rounding a value is, if that is a product.
func (c *call) fusedProduct(v core.Value) (core.Op, bool) {
	real, ok := fusedInput(v, core.BF16)
	if !ok {
		return nil, false
	}
	op := real.Node.Op()
	_, ok = op.(trait.Product)
	return op, ok
}

// fusedInput returns the input of a marked Convert to the given type.
func fusedInput(v core.Value, to core.Type) (core.Value, bool) {
	if v.Node == nil {
		return core.Value{}, false
	}
	op, ok := v.Node.Op().(*pointwise.Convert)
	if !ok || !op.Fused || op.Type != to {
		return core.Value{}, false
	}
	return v.Node.Inputs()[0], true
}

// emitActivation applies an activation. It is fused with a product and its bias if TensorFlow has such a step.
func (c *call) emitActivation(op pointwise.Activate) []core.Value {
	op.Fused = c.err == nil && c.fuses(op.Activation)
	return c.emit(&op, c.in...)
}

// fuses reports whether TensorFlow fuses an activation with its input, and this makes a difference: for Relu and
// Relu6 it does not.
func (c *call) fuses(a numeric.Activation) bool {
	sum, ok := fusedInput(c.in[0], core.BF16)
	if !ok || len(sum.Node.Inputs()) == 0 {
		return false
	}
	rounded, ok := fusedInput(sum.Node.Inputs()[0], core.F32)
	if !ok {
		return false
	}
	product, ok := c.fusedProduct(rounded)
	if !ok {
		return false
	}
	convolution, ok := product.(*linear.Convolution)
	switch {
	case a == numeric.Elu:
		return true
	case a == numeric.LeakyRelu:
		return !ok || convolution.Groups <= 1
	}
	return (a == numeric.Tanh || a == numeric.Sigmoid) && !ok
}

func maxPool(n int, explicit string) func(*call) []core.Value {
	return func(c *call) []core.Value {
		s, window := c.window(n, c.layout(n), explicit)
		return c.emit(&pooling.MaxPool{Spatial: s, Window: window}, c.in...)
	}
}

func avgPool(n int) func(*call) []core.Value {
	return func(c *call) []core.Value {
		s, window := c.window(n, c.layout(n), "")
		return c.emit(&pooling.AvgPool{Spatial: s, Window: window}, c.in...)
	}
}

// window reads the attributes of a pooling op.
func (c *call) window(n int, layout geometry.Layout, explicit string) (geometry.Spatial, []int) {
	s := geometry.Spatial{Layout: layout, Strides: c.perDimension("strides", n, layout, 0)}
	window := c.perDimension("ksize", n, layout, 0)
	c.padding(&s, n, explicit)
	return s, window
}
