package passes

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

// QDQ is the name of the pass qdq, which may change results.
const QDQ = "qdq"

// qdq replaces convolutions and dots of dequantized tensors by integer ones. Graphs for Intel's extension for
// TensorFlow (ITEX) contain
//
//	Dequantize, Dequantize of a constant -> Conv2D, DepthwiseConv2dNative or MatMul
//	  -> BiasAdd -> Add of another tensor -> Relu or Relu6 -> QuantizeV2
//
// Such a product becomes an IntegerConvolution or IntegerDot whose accumulator is multiplied by the product of the
// scales, and the ops that follow become its post-ops as far as one kernel can apply them. The data may have a zero
// point; the constant factor may not.
//
// Only roundings change. The sum of products, which float32 rounds after every term, becomes exact. A dequantized
// summand is added with one rounding instead of two. Factors and further biases after a product, such as those of a
// batch normalization, are merged into its scale and its bias and rounded once; so are the zero point of a summand
// and the minimum of MIN_FIRST. Everything else is kept bit for bit: a single bias, activations and quantizations
// have the arithmetic of the ops that they replace, and maximum pools, paddings and reshapes move to the other side
// of a Dequantize or QuantizeV2 only if the result is the same. So a quantized value moves by at most one step, and
// only if it was close to the middle between two integers. How that affects later layers depends on their weights.
//
// A function without such a product is returned as it is. A value that several nodes read, or that is a result, is
// still computed, so the post-ops end there.
func qdq(f *core.Function, o Options) (*core.Function, error) {
	factors := dequantizedFactors(f)
	if len(factors) == 0 {
		return f, nil
	}
	g := newFolding(o)
	folded, err := f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if factors[n] {
			return nil, nil
		}
		return g.node(n, inputs)
	})
	if err != nil {
		return nil, err
	}
	p := &qdqPass{users: folded.Users(), made: map[*core.Node]bool{}, sunk: map[*core.Node]bool{}}
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
	_, ok := op.(trait.Product)
	return ok
}

type qdqPass struct {
	users map[core.Value][]*core.Node // of the function before the pass
	made  map[*core.Node]bool         // the integer products, with or without further post-ops
	sunk  map[*core.Node]bool         // the reshapes that were moved behind their readers
}

func (p *qdqPass) visit(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	if _, ok := n.Op().(trait.RangeQuantizer); ok {
		return p.quantize(n, inputs)
	}
	v, err := p.product(n, inputs)
	if err == nil && v.Node == nil {
		v, err = p.follow(n, n.Inputs(), inputs)
	}
	if err == nil && v.Node == nil {
		v, err = p.followReshaped(n, inputs)
	}
	if err == nil && v.Node == nil {
		v, err = behindDequantize(n, inputs)
	}
	if err != nil || v.Node == nil {
		return nil, err
	}
	return []core.Value{v}, nil
}

// follow merges n, which reads a product, into the product; it returns no value if that is not possible. inputs are
// n's rewritten inputs.
func (p *qdqPass) follow(n *core.Node, before, inputs []core.Value) (core.Value, error) {
	if op, ok := n.Op().(*pointwise.Activate); ok {
		if op.Activation != numeric.Relu || !p.extends(before[0], inputs[0], postop.MulAdd) {
			return core.Value{}, nil
		}
		return p.extend(n, inputs[0], postop.Step{Kind: postop.Activation, Activation: numeric.Relu})
	}
	affine, ok := n.Op().(trait.Affine)
	if !ok {
		return core.Value{}, nil
	}
	v, err := p.transform(n, affine, before, inputs)
	if err != nil || v.Node != nil {
		return v, err
	}
	if _, ok := affine.(*pointwise.Add); ok {
		return p.sum(n, before, inputs)
	}
	return core.Value{}, nil
}

// followReshaped is like follow if there is a reshape in between that keeps the channels, the last axis: the reshape
// is moved behind n.
func (p *qdqPass) followReshaped(n *core.Node, inputs []core.Value) (core.Value, error) {
	for i, v := range inputs[:min(2, len(inputs))] {
		innerBefore, inner, ok := p.behindReshape(n.Inputs()[i], v)
		if !ok || !keepsChannels(v) || channelAxis(inner) != len(inner.Shape())-1 {
			continue
		}
		before, in := slices.Clone(n.Inputs()), slices.Clone(inputs)
		before[i], in[i] = innerBefore, inner
		followed, err := p.follow(n, before, in)
		if err != nil {
			return core.Value{}, err
		}
		if followed.Node != nil {
			return p.reshaped(n, v.Node, followed)
		}
	}
	return core.Value{}, nil
}

// behindReshape returns what the reshape v, which replaces the value before, reshapes, and the value that this
// replaces; false if something else may read it.
func (p *qdqPass) behindReshape(before, v core.Value) (innerBefore, inner core.Value, ok bool) {
	if _, ok := v.Node.Op().(*array.Reshape); !ok || !p.only(before) {
		return core.Value{}, core.Value{}, false
	}
	inner = v.Node.Inputs()[0]
	if p.sunk[v.Node] {
		return before, inner, true
	}
	if _, ok := before.Node.Op().(*array.Reshape); ok {
		return before.Node.Inputs()[0], inner, true
	}
	return core.Value{}, core.Value{}, false
}

// reshaped returns v, reshaped as by a given node, as the value of n.
func (p *qdqPass) reshaped(n, reshape *core.Node, v core.Value) (core.Value, error) {
	out, err := remake(n, reshape.Op(), append([]core.Value{v}, reshape.Inputs()[1:]...))
	if err == nil {
		p.sunk[out.Node] = true
	}
	return out, err
}

// keepsChannels reports whether the reshape v keeps the last dimension.
func keepsChannels(v core.Value) bool {
	to, from := v.Shape(), v.Node.Inputs()[0].Shape()
	return len(to) > 0 && len(from) > 0 && to[len(to)-1] == from[len(from)-1] && to[len(to)-1] != core.Unknown
}

// maxTerms is the greatest number of products that IntegerConvolution and IntegerDot can sum.
const maxTerms = 65793

// product returns a product of dequantized tensors as an integer product with the scales as its first post-op; no
// value if n is not such a product.
func (p *qdqPass) product(n *core.Node, inputs []core.Value) (core.Value, error) {
	from, ok := n.Op().(trait.Product)
	if !ok {
		return core.Value{}, nil
	}
	factors := inputs[1]
	form, ok := from.IntegerForm(len(factors.Shape()))
	if !ok {
		return core.Value{}, nil
	}
	if form.Transposed {
		var err error
		if factors, err = core.Apply(&array.Transpose{}, factors); err != nil {
			return core.Value{}, err
		}
	}
	data, ok := affineOf(inputs[0])
	if !ok || data.integers.Constant() != nil {
		return core.Value{}, nil
	}
	weights, ok := factorOf(factors, form.Channels)
	if !ok || weights.integers.Len()/weights.integers.Shape()[form.Channels] > maxTerms {
		return core.Value{}, nil
	}
	scales, ok := productScales(data, weights)
	if !ok {
		return core.Value{}, nil
	}
	zero := core.NewConstant(integer(data.integers.Type(), data.zero))
	v, err := remake(n, form.Op.WithSteps([]postop.Step{{Kind: postop.Mul}}), []core.Value{
		data.integers, constantOf(n, weights.integers), zero, core.NewConstant(core.Scalar(int8(0))),
		channelConstant(n, scales),
	})
	if err == nil {
		p.made[v.Node] = true
	}
	return v, err
}

// productScales returns the products of the scales of data and weights; false if one is extreme.
func productScales(data affine, weights factor) ([]float32, bool) {
	scales := make([]float32, len(weights.scales))
	for i, w := range weights.scales {
		scales[i] = float32(data.scale * float64(w))
		if isExtreme(scales[i]) || scales[i] == 0 && w != 0 {
			return nil, false
		}
	}
	return scales, true
}

// integer returns a scalar of an 8-bit type.
func integer(t core.Type, v int64) *core.Tensor {
	if t == core.U8 {
		return core.Scalar(uint8(v))
	}
	return core.Scalar(int8(v))
}

// only reports whether a value of the function before the pass has a single reader.
func (p *qdqPass) only(before core.Value) bool { return len(p.users[before]) == 1 }

// extends reports whether v, which replaces the value before, is a product whose only reader can become a further
// post-op. The product's post-ops so far must not go beyond the kind last.
func (p *qdqPass) extends(before, v core.Value, last postop.Kind) bool {
	if !p.only(before) || !p.made[v.Node] {
		return false
	}
	posts := stepsOf(v)
	order := []postop.Kind{postop.Mul, postop.Add, postop.MulAdd, postop.Activation}
	at := slices.Index(order, posts[len(posts)-1].Kind)
	return at >= 0 && at <= slices.Index(order, last)
}

// stepsOf returns the post-ops of a product that this pass has created.
func stepsOf(v core.Value) []postop.Step { return v.Node.Op().(trait.IntegerProduct).Steps() }

// extend returns the product v with another post-op, as the value of n.
func (p *qdqPass) extend(n *core.Node, v core.Value, post postop.Step, operands ...core.Value) (core.Value, error) {
	return p.remade(n, v, append(slices.Clone(stepsOf(v)), post), slices.Concat(v.Node.Inputs(), operands))
}

// remade returns the product v with other post-ops and inputs, as the value of n. It keeps the product's origin and
// gets n's name.
func (p *qdqPass) remade(n *core.Node, v core.Value, posts []postop.Step, inputs []core.Value) (core.Value, error) {
	out, err := remake(n, v.Node.Op().(trait.IntegerProduct).WithSteps(posts), inputs)
	if err == nil {
		out.Node.Origin = v.Node.Origin
		p.made[out.Node] = true
	}
	return out, err
}

// sum returns the addition of a tensor with the shape of a product as a post-op of the product, if the tensor is
// dequantized or another product: these contain no NaN, which post-ops would not keep. For depthwise products there
// is no kernel with a summand.
func (p *qdqPass) sum(n *core.Node, before, inputs []core.Value) (core.Value, error) {
	for i, v := range inputs {
		other, scale := inputs[1-i], float32(1)
		if !p.extends(before[i], v, postop.Add) || isGrouped(v) || !v.Shape().Static() || !other.Shape().Equal(v.Shape()) {
			continue
		}
		if a, ok := affineOf(other); ok && a.integers.Constant() == nil {
			other, scale = a.integers, float32(a.scale)
			var err error
			if v, err = p.biased(n, v, float32(-float64(a.zero)*a.scale)); err != nil {
				return core.Value{}, err
			}
		} else if !p.made[other.Node] {
			continue
		}
		return p.extend(n, v, postop.Step{Kind: postop.MulAdd}, other, core.NewConstant(core.Scalar(scale)))
	}
	return core.Value{}, nil
}

// isGrouped reports whether the product v multiplies groups of channels separately.
func isGrouped(v core.Value) bool { return v.Node.Op().(trait.IntegerProduct).GroupCount() > 1 }

// behindDequantize moves a Dequantize behind an op that takes each element from its input, so that the op handles
// integers; no value if the result would not be the same.
func behindDequantize(n *core.Node, inputs []core.Value) (core.Value, error) {
	pad, isPad := n.Op().(*array.Pad)
	if !isPad && selects(n) != 1 {
		return core.Value{}, nil
	}
	a, ok := affineOf(inputs[0])
	if !ok || a.integers.Constant() != nil || !constants(inputs[1:]) {
		return core.Value{}, nil
	}
	d := inputs[0].Node
	others := inputs[1:]
	if isPad && pad.Mode == array.PadConstant {
		q, ok, err := dequantizedTo(d, a.integers.Type(), others[0].Constant())
		if err != nil || !ok {
			return core.Value{}, err
		}
		others = []core.Value{core.NewConstant(q)}
	}
	moved, err := remake(n, n.Op(), append([]core.Value{a.integers}, others...))
	if err != nil {
		return core.Value{}, err
	}
	return remake(n, d.Op(), append([]core.Value{moved}, d.Inputs()[1:]...))
}

// selects returns how many inputs the elements of a node's output all come from; 0 if it produces other elements.
func selects(n *core.Node) int {
	if s, ok := n.Op().(trait.Selecting); ok {
		return s.Selects(len(n.Inputs()))
	}
	return 0
}

// dequantizedTo returns the integer that d dequantizes to exactly the given value.
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
