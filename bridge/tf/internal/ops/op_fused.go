package ops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

const batchNormExOutputs = "-> y:T batch_mean:U batch_variance:U reserve_space_1:U reserve_space_2:U reserve_space_3:U"

// The ops that TensorFlow's remapper writes. Their additional inputs are the operands of fused_ops, in that order.
var _ = register("fused",
	op{
		name:      "_FusedConv2D",
		signature: "input:T filter:T args:* -> output:T",
		translate: fusedSteps(conv2D, 2),
		adds:      toFusedSummand,
	},
	op{
		name:      "_FusedConv3D",
		signature: "input:T filter:T args:* -> output:T",
		translate: fusedSteps(conv3D, 3),
		adds:      toFusedSummand,
	},
	op{
		name:      "_FusedDepthwiseConv2dNative",
		signature: "input:T filter:T args:* -> output:T",
		translate: fusedSteps(depthwiseConv2D, 2),
		adds:      toFusedSummand,
	},
	op{
		name:      "_FusedMatMul",
		signature: "a:T b:T args:* -> product:T",
		translate: fusedSteps(matMulOfFused, 0),
		adds:      toFusedSummand,
	},
	op{
		name:      "_FusedBatchNormEx",
		signature: "x:T scale:U offset:U mean:U variance:U side_input:* " + batchNormExOutputs,
		translate: fusedBatchNormEx,
	},
	op{name: "_MklLayerNorm", signature: "x:T scale:T offset:T -> y:T", translate: layerNorm},
	op{name: "_MklFusedInstanceNorm", signature: "x:T gamma:T beta:T -> y:T", translate: instanceNorm},
)

// toFusedSummand is for ops whose inputs follow from fused_ops: the two factors, and the operands of each step.
func toFusedSummand(_ *op, n *graphdef.Node) (input int, ok bool) {
	steps, err := n.Strs("fused_ops")
	if err != nil {
		return 0, false
	}
	const factors = 2
	operands := map[string]int{"BiasAdd": 1, "FusedBatchNorm": 4}
	input = factors
	for _, step := range steps {
		if step == "Sum" || step == "Add" {
			return input, true
		}
		input += operands[step]
	}
	return 0, false
}

// fusable lists the activations that can be a step of fused_ops.
var fusable = map[string]numeric.Activation{
	"Relu": numeric.Relu, "Relu6": numeric.Relu6, "Elu": numeric.Elu, "LeakyRelu": numeric.LeakyRelu,
	"Tanh": numeric.Tanh, "Sigmoid": numeric.Sigmoid, "GeluApproximate": numeric.GeluApproximate,
	"GeluExact": numeric.GeluExact,
}

// fusedSteps translates a product, over n spatial dimensions or none, and the steps after it.
func fusedSteps(product func(*call) []core.Value, n int) func(*call) []core.Value {
	return func(c *call) []core.Value {
		layout := geometry.NHWC
		if n > 0 {
			layout = c.layout(n)
		}
		c.role = "#product"
		out := product(c)
		if c.err != nil {
			return nil
		}
		f := fusion{call: c, value: out[0], typ: out[0].Type(), args: c.list("args"), layout: layout}
		f.eigen = c.boolOr("transpose_a", false) || slices.Contains(c.strs("fused_ops"), "FusedBatchNorm")
		f.widen()
		if c.node.Has("TArgs") {
			types, err := c.node.Types("TArgs")
			c.keep(err)
			if c.err == nil && len(types) != len(f.args) {
				c.failAttr("TArgs", "got %d types, want one for each of %d args", len(types), len(f.args))
			}
		}
		for i, step := range c.strs("fused_ops") {
			c.role = fmt.Sprintf("#%s_%d", strings.ToLower(step), i)
			f.step(step)
		}
		if c.err == nil && len(f.args) > 0 {
			c.fail("got %d inputs, want %d as fused_ops says", len(c.in), len(c.in)-len(f.args))
		}
		f.narrow()
		return f.named()
	}
}

// matMulOfFused is a MatMul, but with transpose_a the sums of bf16 are bf16, too.
func matMulOfFused(c *call) []core.Value {
	if c.err != nil || !c.boolOr("transpose_a", false) || c.in[0].Type() != core.BF16 || c.in[1].Type() != core.BF16 {
		return matMul(c)
	}
	a, b := c.factors()
	return c.emit(&tensorflow.NarrowMatMul{}, a, b)
}

// fusion is a value to which fused steps are applied, and the operands that have not been used yet.
type fusion struct {
	*call
	value  core.Value
	typ    core.Type // the node's; value is f32 where that is bf16 or f16
	args   []core.Value
	layout geometry.Layout
	eigen  bool // TensorFlow computes the node by Eigen, not by oneDNN
}

// widen takes back the rounding of a product to bf16 or f16: TensorFlow computes all steps in f32, and
// rounds once.
func (f *fusion) widen() {
	if op, ok := f.value.Node.Op().(*pointwise.Convert); ok && op.Type == f.typ {
		f.value = f.value.Node.Inputs()[0]
	}
}

// narrow rounds what widen left in f32.
func (f *fusion) narrow() {
	if f.err == nil && f.value.Type() != f.typ {
		f.role = "#rounded"
		f.apply(&pointwise.Convert{Type: f.typ})
	}
}

// named returns the value as the node's output. The last step gets the node's name.
func (f *fusion) named() []core.Value {
	if f.err != nil {
		return nil
	}
	n := f.value.Node
	renamed, err := core.NewNamedNode(f.node.Name, n.Op(), n.Inputs()...)
	f.keep(err)
	if f.err != nil {
		return nil
	}
	renamed.Origin = n.Origin
	return []core.Value{renamed.Out(0)}
}

// apply applies an op to the value and further values, which become f32 if it is.
func (f *fusion) apply(op core.Op, in ...core.Value) {
	for i, v := range in {
		if f.err == nil && f.value.Type() == core.F32 && v.Type() == f.typ && v.Type() != core.F32 {
			in[i] = f.helper(fmt.Sprintf("%s_f32_%d", f.role[1:], i), &pointwise.Convert{Type: core.F32}, v)
		}
	}
	out := f.emit(op, append([]core.Value{f.value}, in...)...)
	if f.err == nil {
		f.value = out[0]
	}
}

// take returns the next operands.
func (f *fusion) take(step string, n int) []core.Value {
	if f.err == nil && len(f.args) < n {
		f.fail("got %d inputs, want %d more for step %s of fused_ops", len(f.in), n-len(f.args), step)
	}
	if f.err != nil {
		return make([]core.Value, n)
	}
	taken := f.args[:n]
	f.args = f.args[n:]
	for _, v := range taken {
		if i := slices.Index(f.in, v); step != "FusedBatchNorm" && v.Type() != f.typ &&
			v.Type() != core.Dynamic {
			f.failInput(i, "got type %v for step %s, want %v", v.Type(), step, f.typ)
		}
	}
	return taken
}

func (f *fusion) step(name string) {
	activation, isActivation := fusable[name]
	switch {
	case f.err != nil:
	case isActivation:
		op := &pointwise.Activate{Activation: activation}
		if !f.eigen {
			op.Activation = activation.InProduct()
		}
		if activation == numeric.LeakyRelu {
			op.Alpha = f.floatOr("leakyrelu_alpha", 0.2)
		}
		f.apply(op)
	case name == "BiasAdd":
		f.bias(f.take(name, 1)[0])
	case name == "Add":
		f.apply(&pointwise.Add{}, f.take(name, 1)...)
	case name == "FusedBatchNorm":
		f.apply(&normalize.BatchNorm{Layout: f.layout, Epsilon: f.floatOr("epsilon", 0.0001)}, f.take(name, 4)...)
	case name == "_MklFusedMish":
		f.apply(&pointwise.Unary{Function: pointwise.Mish})
	case name == "_MklSwish":
		f.apply(&pointwise.Unary{Function: pointwise.Swish})
	case name == "_FusedHardSwish":
		f.hardSwish()
	default:
		f.failAttr("fused_ops", "got step %q, want BiasAdd, Add, FusedBatchNorm, or an activation: one of %q", name,
			activationNames())
	}
}

func activationNames() []string {
	var names []string
	for name := range fusable {
		names = append(names, name)
	}
	slices.Sort(names)
	return append(names, "_FusedHardSwish", "_MklFusedMish", "_MklSwish")
}

// bias adds one number per channel.
func (f *fusion) bias(v core.Value) {
	if f.err != nil {
		return
	}
	if s := v.Shape(); s.Ranked() && len(s) != 1 {
		f.failInput(slices.Index(f.in, v), "got shape %v, want one number per channel", s)
		return
	}
	if rank := len(f.value.Shape()); f.layout == geometry.NCHW && rank > 2 {
		op := &array.ExpandDims{}
		for i := range rank - 2 {
			op.Axes = append(op.Axes, i+1)
		}
		v = f.helper("bias", op, v)
	}
	f.apply(&pointwise.Add{}, v)
}

// hardSwish is x * min(max(x/6 + 1/2, 0), 1).
func (f *fusion) hardSwish() {
	x := f.value
	f.apply(&pointwise.Multiply{}, f.number("sixth", 1.0/6, x))
	f.apply(&pointwise.Add{}, f.number("half", 0.5, x))
	f.apply(&pointwise.Minimum{}, f.number("one", 1, x))
	f.apply(&pointwise.Activate{Activation: numeric.Relu})
	f.apply(&pointwise.Multiply{}, x)
}

// number returns a number of the type of a value.
func (c *call) number(role string, v float32, like core.Value) core.Value {
	n := c.literal(role+"_value", core.Scalar(v), nil)
	if c.err != nil || like.Type() == core.F32 {
		return n
	}
	return c.helper(role, &pointwise.Convert{Type: like.Type()}, n)
}

// fusedBatchNormEx normalizes, adds the side input, and activates.
func fusedBatchNormEx(c *call) []core.Value {
	if c.boolOr("is_training", true) {
		c.failAttr("is_training", "got true, want false: the statistics of a batch are for training")
	}
	side := c.list("side_input")
	mode := choice(c, "activation_mode", []string{"Identity", "Relu"},
		[]numeric.Activation{numeric.Identity, numeric.Relu})
	if want := c.intOr("num_side_inputs", 0); want != int64(len(side)) || want > 1 {
		c.failAttr("num_side_inputs", "got %d beside %d side inputs, want their number, one at most", want, len(side))
	}
	c.role = "#norm"
	layout := c.layout(2)
	op := &normalize.BatchNorm{
		Layout: layout, Epsilon: c.floatOr("epsilon", 0.0001), Order: normalizationOrder(layout, c.in[1]),
	}
	out := c.emitReal(op, c.in[:5]...)
	if c.err != nil {
		return nil
	}
	f := fusion{call: c, value: out[0], typ: out[0].Type(), args: side, layout: layout}
	if len(side) > 0 {
		c.role = "#side"
		f.apply(&pointwise.Add{}, f.take("side_input", 1)...)
	}
	if mode == numeric.Relu {
		c.role = "#relu"
		f.apply(&pointwise.Activate{Activation: numeric.Relu})
	}
	return f.named()
}

// layerNorm normalizes along the last axis.
func layerNorm(c *call) []core.Value {
	if s := c.in[0].Shape(); s.Ranked() && len(s) != 2 && len(s) != 3 {
		c.failInput(0, "got shape %v, want rank 2 or 3", s)
	}
	return c.normalize([]int{-1}, c.floatOr("epsilon", 0.001), c.in[1], c.in[2])
}

// instanceNorm normalizes along reduction_axes and then activates.
func instanceNorm(c *call) []core.Value {
	list, err := c.node.IntsOr("reduction_axes", nil)
	c.keep(err)
	var axes []int
	for _, a := range list {
		axes = append(axes, small(a))
	}
	s := c.in[0].Shape()
	if c.err == nil && (!s.Ranked() || len(s) < 3) {
		c.failInput(0, "got shape %v, want batch, channels and space", s)
	}
	if c.err != nil {
		return nil
	}
	gamma, beta := c.in[1], c.in[2]
	if !slices.Contains(axes, len(s)-1) && !slices.Contains(axes, -1) {
		return c.activated(c.normalize(axes, c.floatOr("epsilon", 0.0001), gamma, beta))
	}
	op := &array.ExpandDims{}
	for i := range len(s) - 2 {
		op.Axes = append(op.Axes, i+1)
	}
	gamma, beta = c.helper("gamma", op, gamma), c.helper("beta", op, beta)
	return c.activated(c.normalize(axes, c.floatOr("epsilon", 0.0001), gamma, beta))
}

// activated applies the activation of fused_ops, if there is one.
func (c *call) activated(v []core.Value) []core.Value {
	if c.err != nil {
		return nil
	}
	f := fusion{call: c, value: v[0]}
	for i, step := range c.strs("fused_ops") {
		c.role = fmt.Sprintf("#step_%d", i)
		if _, ok := fusable[step]; !ok {
			c.failAttr("fused_ops", "got step %q, want an activation", step)
		}
		f.step(step)
	}
	return f.named()
}
