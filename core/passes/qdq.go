package passes

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// QDQ is the name of the pass that does not keep results bit for bit (see qdq).
const QDQ = "qdq"

// qdq replaces convolutions and dots of dequantized tensors by integer ones: the graphs
// that Intel's extension for TensorFlow (ITEX) runs hold
//
//	Dequantize, Dequantize of a constant -> Conv2D, DepthwiseConv2dNative or MatMul
//	  -> BiasAdd -> Add of another tensor -> Relu or Relu6 -> QuantizeV2
//
// Such a product becomes an IntegerConvolution or IntegerDot, whose accumulator is
// multiplied by the product of the scales, and what follows becomes its post-ops as far as
// the kernels have them in one piece. The data may have a zero point, the constant factor
// none.
//
// What changes are two roundings. A product's sum, which float32 rounds after every term,
// is exact, and a dequantized summand is added with one rounding in place of two. All
// else is kept bit for bit: biases, activations and quantizations have the arithmetic of
// the ops that they replace, and maximum pools, paddings and reshapes go to the other side
// of a Dequantize or QuantizeV2 only where that gives the same. A value that is quantized
// thus moves by one step at most, and only if it lay next to the middle between two
// integers; what it then does to a deeper layer is a matter of that layer's weights.
//
// A function without such a product is returned as it is. A value that several nodes read,
// or that is a result, stays computed, which ends the post-ops there.
func qdq(f *core.Function) (*core.Function, error) {
	factors := dequantizedFactors(f)
	if len(factors) == 0 {
		return f, nil
	}
	folded, err := f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if factors[n] {
			return nil, nil
		}
		return foldNode(n, inputs)
	})
	if err != nil {
		return nil, err
	}
	p := &qdqPass{users: folded.Users(), made: map[*core.Node]bool{}}
	fused, err := folded.Rewrite(p.visit)
	if err != nil || len(p.made) == 0 {
		return f, err
	}
	return fused, nil
}

// dequantizedFactors returns the dequantizations that products take as their second factor.
func dequantizedFactors(f *core.Function) map[*core.Node]bool {
	factors := map[*core.Node]bool{}
	for _, n := range f.Nodes() {
		if !isProduct(n.Op()) {
			continue
		}
		_, from := behindMoves(n.Inputs()[1])
		if _, ok := sliceAxis(from.Op()); ok {
			factors[from] = true
		}
	}
	return factors
}

func isProduct(op core.Op) bool {
	switch op.(type) {
	case *core.Convolution, *core.Dot, *core.BatchDot:
		return true
	}
	return false
}

type qdqPass struct {
	users map[core.Value][]*core.Node // of the function before
	made  map[*core.Node]bool         // the integer products, with or without further post-ops
}

func (p *qdqPass) visit(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	var v core.Value
	var err error
	switch op := n.Op().(type) {
	case *core.Convolution, *core.Dot, *core.BatchDot:
		v, err = p.product(n, inputs)
	case *core.Add:
		v, err = p.add(n, inputs)
	case *core.Activate:
		if op.Activation == core.Relu && p.extends(n.Inputs()[0], inputs[0], core.PostMulAdd) {
			v, err = p.extend(n, inputs[0], core.PostOp{Kind: core.PostActivation, Activation: core.Relu})
		}
	case *core.MaxPool, *core.Pad, *core.Reshape, *core.Transpose, *core.ExpandDims, *core.Squeeze:
		v, err = behindDequantize(n, inputs)
	case *core.TFQuantizeV2:
		return p.quantize(n, inputs)
	}
	if err != nil || v.Node == nil {
		return nil, err
	}
	return []core.Value{v}, nil
}

// maxTerms is the greatest number of products that IntegerConvolution and IntegerDot sum.
const maxTerms = 65793

// product returns a product of dequantized tensors as an integer product, the scales as
// its first post-op; no value if n is not one.
func (p *qdqPass) product(n *core.Node, inputs []core.Value) (core.Value, error) {
	factorValue := inputs[1]
	rank := len(factorValue.Shape())
	posts := []core.PostOp{{Kind: core.PostMul}}
	var op core.Op
	channels := rank - 1
	switch from := n.Op().(type) {
	case *core.Convolution:
		if from.Layout == core.NCHW {
			channels = 0
		}
		op = &core.IntegerConvolution{Spatial: from.Spatial, Groups: from.Groups, PostOps: posts}
	case *core.Dot:
		if rank != from.ReductionAxes+1 {
			return core.Value{}, nil
		}
		op = &core.IntegerDot{ReductionAxes: from.ReductionAxes, PostOps: posts}
	case *core.BatchDot:
		if from.TransposeA || rank != 2 {
			return core.Value{}, nil
		}
		if from.TransposeB {
			var err error
			if factorValue, err = core.Apply(&core.Transpose{}, factorValue); err != nil {
				return core.Value{}, err
			}
		}
		op = &core.IntegerDot{ReductionAxes: 1, PostOps: posts}
	}
	data, ok := affineOf(inputs[0])
	if !ok || data.integers.Constant() != nil || rank == 0 {
		return core.Value{}, nil
	}
	weights, ok := factorOf(factorValue, channels)
	if !ok || weights.integers.Len()/weights.integers.Shape()[channels] > maxTerms {
		return core.Value{}, nil
	}
	scale, ok, err := productScale(data, weights)
	if err != nil || !ok {
		return core.Value{}, err
	}
	zero := core.NewConstant(integer(data.integers.Type(), data.zero))
	v, err := remake(n, op, []core.Value{
		data.integers, constantOf(n, weights.integers), zero, core.NewConstant(core.Scalar(int8(0))), constantOf(n, scale),
	})
	if err == nil {
		p.made[v.Node] = true
	}
	return v, err
}

// productScale returns the scale of a product, per channel if that of the weights is;
// false if float32 has no exact range for it.
func productScale(data affine, weights factor) (scale *core.Tensor, ok bool, err error) {
	scales := make([]float32, len(weights.scales))
	for i, s := range weights.scales {
		scales[i] = float32(data.scale * float64(s))
		if abs := math.Abs(float64(scales[i])); s != 0 && abs < 0x1p-100 || !(abs < 0x1p60) {
			return nil, false, nil
		}
	}
	shape := core.Shape{len(scales)}
	if len(scales) == 1 {
		shape = core.Shape{}
	}
	scale, err = core.TensorOf(shape, scales)
	return scale, err == nil, err
}

// integer returns a scalar of an 8-bit type.
func integer(t core.Type, v int64) *core.Tensor {
	if t == core.U8 {
		return core.Scalar(uint8(v))
	}
	return core.Scalar(int8(v))
}

// only reports whether a value of the function before has one reader.
func (p *qdqPass) only(before core.Value) bool { return len(p.users[before]) == 1 }

// extends reports whether v, which stands for the value before, is a product whose only
// reader can become a post-op behind one of kind last at the latest.
func (p *qdqPass) extends(before, v core.Value, last core.PostOpKind) bool {
	if !p.only(before) || !p.made[v.Node] {
		return false
	}
	posts := postOps(v.Node.Op())
	order := []core.PostOpKind{core.PostMul, core.PostAdd, core.PostMulAdd, core.PostActivation}
	at := slices.Index(order, posts[len(posts)-1].Kind)
	return at >= 0 && at <= slices.Index(order, last)
}

func postOps(op core.Op) []core.PostOp {
	switch op := op.(type) {
	case *core.IntegerConvolution:
		return op.PostOps
	case *core.IntegerDot:
		return op.PostOps
	}
	return nil
}

// extend returns the product v with another post-op, as the value of n. It keeps the origin
// of the product, and takes n's name, whose value it is.
func (p *qdqPass) extend(n *core.Node, v core.Value, post core.PostOp, operands ...core.Value) (core.Value, error) {
	posts := append(slices.Clone(postOps(v.Node.Op())), post)
	var op core.Op
	switch from := v.Node.Op().(type) {
	case *core.IntegerConvolution:
		c := *from
		c.PostOps = posts
		op = &c
	case *core.IntegerDot:
		c := *from
		c.PostOps = posts
		op = &c
	}
	out, err := remake(n, op, slices.Concat(v.Node.Inputs(), operands))
	if err == nil {
		out.Node.Origin = v.Node.Origin
		p.made[out.Node] = true
	}
	return out, err
}

// add returns an addition to a product as a post-op of that: of a constant per channel, or
// of a tensor of the product's shape. Depthwise products have no kernel with the latter.
func (p *qdqPass) add(n *core.Node, inputs []core.Value) (core.Value, error) {
	for i, v := range inputs {
		other := inputs[1-i]
		if !p.extends(n.Inputs()[i], v, core.PostMul) {
			continue
		}
		if bias := channelVector(other.Constant(), v); bias != nil {
			return p.extend(n, v, core.PostOp{Kind: core.PostAdd}, constantOf(n, bias))
		}
	}
	for i, v := range inputs {
		other := inputs[1-i]
		if !p.extends(n.Inputs()[i], v, core.PostAdd) || isGrouped(v.Node.Op()) || other.Constant() != nil ||
			!v.Shape().Static() || !other.Shape().Equal(v.Shape()) {
			continue
		}
		scale := float32(1)
		if a, ok := affineOf(other); ok && a.zero == 0 {
			other, scale = a.integers, float32(a.scale)
		}
		return p.extend(n, v, core.PostOp{Kind: core.PostMulAdd}, other, core.NewConstant(core.Scalar(scale)))
	}
	return core.Value{}, nil
}

func isGrouped(op core.Op) bool {
	c, ok := op.(*core.IntegerConvolution)
	return ok && c.Groups > 1
}

// channelVector returns a finite f32 constant that broadcasts along the channels of v, a
// product, in the shape [] or [channels]; nil if t is not one.
func channelVector(t *core.Tensor, v core.Value) *core.Tensor {
	out := v.Shape()
	if t == nil || t.Type() != core.F32 || !out.Ranked() || len(t.Shape()) > len(out) || t.Len() == 0 {
		return nil
	}
	axis := len(out) - 1
	if c, ok := v.Node.Op().(*core.IntegerConvolution); ok && c.Layout == core.NCHW {
		axis = 1
	}
	for _, x := range core.Data[float32](t) {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil
		}
	}
	if t.Len() == 1 {
		return reshaped(t, core.Shape{})
	}
	at := axis - (len(out) - len(t.Shape()))
	if at < 0 || t.Shape()[at] != t.Len() || out[axis] != t.Len() {
		return nil
	}
	return reshaped(t, core.Shape{t.Len()})
}

func reshaped(t *core.Tensor, s core.Shape) *core.Tensor {
	r, err := t.Reshaped(s)
	if err != nil {
		return nil
	}
	return r
}

// behindDequantize moves a Dequantize behind an op that takes each element from its input,
// so that this op handles integers; no value where that would not give the same.
func behindDequantize(n *core.Node, inputs []core.Value) (core.Value, error) {
	a, ok := affineOf(inputs[0])
	if !ok || a.integers.Constant() != nil || !constants(inputs[1:]) {
		return core.Value{}, nil
	}
	d := inputs[0].Node
	others := inputs[1:]
	switch op := n.Op().(type) {
	case *core.MaxPool:
		if !fullWindows(op) {
			return core.Value{}, nil
		}
	case *core.Pad:
		if op.Mode == core.PadConstant {
			q, ok, err := dequantizedTo(d, a.integers.Type(), others[0].Constant())
			if err != nil || !ok {
				return core.Value{}, err
			}
			others = []core.Value{core.NewConstant(q)}
		}
	}
	moved, err := remake(n, n.Op(), append([]core.Value{a.integers}, others...))
	if err != nil {
		return core.Value{}, err
	}
	return remake(n, d.Op(), append([]core.Value{moved}, d.Inputs()[1:]...))
}

// fullWindows reports whether each window holds elements of the input, so that none gives
// the lowest value of the type.
func fullWindows(op *core.MaxPool) bool {
	dilated := slices.ContainsFunc(op.Dilations, func(d int) bool { return d != 1 })
	return !dilated && (op.PadType != core.PadExplicit || len(op.PadBelow)+len(op.PadAbove) == 0)
}

// dequantizedTo returns the integer that d dequantizes to a value, bit for bit.
func dequantizedTo(d *core.Node, t core.Type, value *core.Tensor) (*core.Tensor, bool, error) {
	y, err := dequantizedBytes(d, t)
	if err != nil {
		return nil, false, err
	}
	want := math.Float32bits(core.Data[float32](value)[0])
	q := slices.IndexFunc(y, func(v float32) bool { return math.Float32bits(v) == want })
	if q < 0 {
		return nil, false, nil
	}
	x, err := core.TensorOver(t, core.Shape{}, []byte{byte(q)})
	return x, err == nil, err
}

// quantizer is a quantization that products can do: round(x*factor) to even, within bounds.
type quantizer struct {
	node    *core.Node
	rest    []*core.Tensor // the inputs of node behind the first
	factor  float32
	lo, hi  int64
	limited bool // the bounds are not those of node alone
}

// quantizerOf returns a QuantizeV2 as a quantizer; false if it has another arithmetic.
func quantizerOf(n *core.Node, inputs []core.Value) (quantizer, bool) {
	r, ok := n.Op().(*core.TFQuantizeV2).Rounding(inputs[1].Constant(), inputs[2].Constant())
	if !ok || r.Sub != 0 || r.Round != core.RoundNearestTowardEven {
		return quantizer{}, false
	}
	return quantizer{node: n, rest: tensors(inputs[1:]), factor: r.Factor, lo: r.Lo, hi: r.Hi}, true
}

func operands(values []core.Value) []core.Operand {
	out := make([]core.Operand, len(values))
	for i, v := range values {
		out[i] = core.Operand{Fact: v.Fact(), Const: v.Constant()}
	}
	return out
}

// behind returns q behind an op that limits its input: as q never falls, the limits of the
// reals are those of the integers.
func (q quantizer) behind(lower, upper float32) (quantizer, error) {
	ends := [2]int64{}
	for i, x := range []float32{lower, upper} {
		out, err := core.EvalOp(q.node.Op(), append([]*core.Tensor{core.Scalar(x)}, q.rest...))
		if err != nil {
			return q, err
		}
		ends[i] = min(max(out[0].Int64s()[0], q.lo), q.hi)
	}
	q.lo, q.hi, q.limited = ends[0], ends[1], true
	return q, nil
}

// quantize returns a quantization as the last post-op of the products that its input comes
// from.
func (p *qdqPass) quantize(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	q, ok := quantizerOf(n, inputs)
	if !ok {
		return nil, nil
	}
	v, err := p.quantized(q, n.Inputs()[0], inputs[0])
	if err != nil || v.Node == nil {
		return nil, err
	}
	rangeOut, err := n.Op().(*core.TFQuantizeV2).Constants(operands(inputs))
	if err != nil {
		return nil, err
	}
	return []core.Value{v, constantOf(n, rangeOut[1]), constantOf(n, rangeOut[2])}, nil
}

// quantized returns v, which stands for the value before, quantized where it is computed:
// by a product, or by those that limits, maximum pools, reshapes and concatenations take it
// from; no value if something else computes it, or is to read it as well.
func (p *qdqPass) quantized(q quantizer, before, v core.Value) (core.Value, error) {
	if p.extends(before, v, core.PostActivation) {
		return p.saturate(q, v)
	}
	if !p.only(before) || before.Node.OpName() != v.Node.OpName() {
		return core.Value{}, nil
	}
	switch op := v.Node.Op().(type) {
	case *core.MaxPool:
		if !fullWindows(op) {
			return core.Value{}, nil
		}
		return p.quantizedArgs(q, before, v, 1)
	case *core.Reshape, *core.Transpose, *core.ExpandDims, *core.Squeeze:
		return p.quantizedArgs(q, before, v, 1)
	case *core.Concat:
		return p.quantizedArgs(q, before, v, len(v.Node.Inputs()))
	}
	i, lower, upper, ok := limits(v.Node)
	if !ok {
		return core.Value{}, nil
	}
	narrow, err := q.behind(lower, upper)
	if err != nil {
		return core.Value{}, err
	}
	return p.quantized(narrow, before.Node.Inputs()[i], v.Node.Inputs()[i])
}

// saturate returns the product v with q as its last post-ops.
func (p *qdqPass) saturate(q quantizer, v core.Value) (core.Value, error) {
	scaled, err := p.extend(q.node, v, core.PostOp{Kind: core.PostMul}, core.NewConstant(core.Scalar(q.factor)))
	if err != nil {
		return core.Value{}, err
	}
	last := core.RoundSaturate(q.node.Op().(*core.TFQuantizeV2).Type)
	last.Lo, last.Hi = q.lo, q.hi
	return p.extend(q.node, scaled, last)
}

// quantizedArgs returns the node of v over its first n inputs, quantized by the products
// that they come from, and by nodes of their own where others do; no value if all would be.
func (p *qdqPass) quantizedArgs(q quantizer, before, v core.Value, n int) (core.Value, error) {
	inputs := slices.Clone(v.Node.Inputs())
	products := 0
	for i := range n {
		x, err := p.quantized(q, before.Node.Inputs()[i], inputs[i])
		switch {
		case err != nil:
			return core.Value{}, err
		case x.Node != nil:
			products++
		case q.limited:
			return core.Value{}, nil
		default:
			x, err = remake(q.node, q.node.Op(), append([]core.Value{inputs[i]}, q.node.Inputs()[1:]...))
			if err != nil {
				return core.Value{}, err
			}
		}
		inputs[i] = x
	}
	if products == 0 {
		return core.Value{}, nil
	}
	return remake(v.Node, v.Node.Op(), inputs)
}

// limits returns which input of a node it limits and the ends; false if it does anything
// else.
func limits(n *core.Node) (input int, lower, upper float32, ok bool) {
	in := n.Inputs()
	switch op := n.Op().(type) {
	case *core.Activate:
		if op.Activation != core.Relu && op.Activation != core.Relu6 {
			return 0, 0, 0, false
		}
	case *core.Clamp:
	case *core.Maximum, *core.Minimum:
		if in[0].Constant() != nil {
			input = 1
		}
		if c := in[1-input].Constant(); c == nil || c.Len() != 1 {
			return 0, 0, 0, false
		}
	default:
		return 0, 0, 0, false
	}
	ends := [2]float32{}
	for i, sign := range []int{-1, 1} {
		args := tensors(in)
		args[input] = core.Scalar(float32(math.Inf(sign)))
		out, err := core.EvalOp(n.Op(), args)
		if err != nil {
			return 0, 0, 0, false
		}
		ends[i] = core.Data[float32](out[0])[0]
	}
	return input, ends[0], ends[1], ends[0] <= ends[1]
}
