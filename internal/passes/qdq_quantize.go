package passes

import (
	"math"
	"reflect"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

// quantizer is a quantization that a product can do as its last post-op: round((x-sub)*factor) to even, within
// bounds.
type quantizer struct {
	node    *core.Node
	rest    []*core.Tensor // the inputs of node after the first
	sub     float32
	factor  float32
	lo, hi  int64
	limited bool // the bounds have been narrowed by other ops
}

// quantizerOf returns a quantization as a quantizer; false if its arithmetic is different.
func quantizerOf(n *core.Node, inputs []core.Value) (quantizer, bool) {
	r, ok := n.Op().(trait.RangeQuantizer).Rounding(inputs[1].Constant(), inputs[2].Constant())
	if !ok || r.Round != numeric.RoundNearestTowardEven {
		return quantizer{}, false
	}
	return quantizer{
		node: n, rest: tensors(inputs[1:]), sub: r.Shift / r.Factor, factor: r.Factor, lo: r.Lo, hi: r.Hi,
	}, true
}

// behind returns q combined with an op before it that limits its input. Since q is monotonic, limits of the reals
// become limits of the integers.
func (q quantizer) behind(lower, upper float32) (quantizer, error) {
	lo, err := q.apply(lower)
	if err != nil {
		return q, err
	}
	hi, err := q.apply(upper)
	q.lo, q.hi, q.limited = lo, hi, true
	return q, err
}

// apply quantizes x.
func (q quantizer) apply(x float32) (int64, error) {
	out, err := core.EvalOp(q.node.Op(), append([]*core.Tensor{core.Scalar(x)}, q.rest...))
	if err != nil {
		return 0, err
	}
	return min(max(out[0].Int64s()[0], q.lo), q.hi), nil
}

// quantize makes a quantization the last post-op of the products that its input comes from.
func (p *qdqPass) quantize(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	q, ok := quantizerOf(n, inputs)
	if !ok {
		return nil, nil
	}
	v, err := p.quantized(q, n.Inputs()[0], inputs[0])
	if err != nil || v.Node == nil {
		return nil, err
	}
	rangeOut, err := n.Op().(trait.RangeQuantizer).Constants(core.Operands(inputs))
	if err != nil {
		return nil, err
	}
	return []core.Value{v, constantOf(n, rangeOut[1]), constantOf(n, rangeOut[2])}, nil
}

// quantized returns v, which replaces the value before, quantized where it is computed: by a product, or by the
// products that v comes from through limits, maximum pools, reshapes, paddings and concatenations. It returns no
// value if something else computes or reads it.
func (p *qdqPass) quantized(q quantizer, before, v core.Value) (core.Value, error) {
	if p.extends(before, v, postop.Activation) {
		return p.saturate(q, v)
	}
	if innerBefore, inner, ok := p.behindReshape(before, v); ok {
		x, err := p.quantized(q, innerBefore, inner)
		if err != nil || x.Node == nil {
			return core.Value{}, err
		}
		return p.reshaped(q.node, v.Node, x)
	}
	if !p.only(before) || reflect.TypeOf(before.Node.Op()) != reflect.TypeOf(v.Node.Op()) {
		return core.Value{}, nil
	}
	if _, ok := v.Node.Op().(*array.Pad); ok {
		return p.quantizedPad(q, before, v)
	}
	if _, ok := v.Node.Op().(trait.Selecting); ok {
		return p.quantizedArgs(q, before, v, selects(v.Node))
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

// saturate returns the product v with q as its last post-ops. What q subtracts is merged into the bias, and a Relu,
// which would have to come after that, into the bounds.
func (p *qdqPass) saturate(q quantizer, v core.Value) (core.Value, error) {
	if q.sub != 0 {
		var err error
		if posts := stepsOf(v); posts[len(posts)-1].Kind == postop.Activation {
			if q, err = q.behind(0, float32(math.Inf(1))); err != nil {
				return core.Value{}, err
			}
			if v, err = p.remade(q.node, v, posts[:len(posts)-1], v.Node.Inputs()); err != nil {
				return core.Value{}, err
			}
		}
		if v, err = p.biased(q.node, v, -q.sub); err != nil {
			return core.Value{}, err
		}
	}
	scaled, err := p.extend(q.node, v, postop.Step{Kind: postop.Mul}, core.NewConstant(core.Scalar(q.factor)))
	if err != nil {
		return core.Value{}, err
	}
	last := postop.RoundSaturateTo(q.node.Outputs()[0].Type)
	last.Lo, last.Hi = q.lo, q.hi
	return p.extend(q.node, scaled, last)
}

// quantizedArgs returns the node of v on quantized versions of its first n inputs. Inputs that come from products are
// quantized by these, others by nodes of their own; no value if none comes from a product.
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

// quantizedPad is like quantizedArgs for a padding with a constant, which it quantizes as well.
func (p *qdqPass) quantizedPad(q quantizer, before, v core.Value) (core.Value, error) {
	op, value, ok := constantPad(v)
	if !ok {
		return core.Value{}, nil
	}
	x, err := p.quantized(q, before.Node.Inputs()[0], v.Node.Inputs()[0])
	if err != nil || x.Node == nil {
		return core.Value{}, err
	}
	padding, err := q.apply(core.Data[float32](value)[0])
	if err != nil {
		return core.Value{}, err
	}
	return remake(v.Node, op, []core.Value{x, core.NewConstant(integer(x.Type(), padding))})
}

// limits returns which of its inputs a node limits, and the bounds; false if it does anything else.
func limits(n *core.Node) (input int, lower, upper float32, ok bool) {
	in := n.Inputs()
	if op, isLimit := n.Op().(trait.Limiting); !isLimit || !op.Limits() {
		return 0, 0, 0, false
	}
	input = slices.IndexFunc(in, func(v core.Value) bool { return v.Constant() == nil })
	if input < 0 {
		return 0, 0, 0, false
	}
	for i, v := range in {
		if c := v.Constant(); i != input && (c == nil || c.Len() != 1) {
			return 0, 0, 0, false
		}
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
	same := n.Outputs()[0].Shape.Equal(in[input].Shape()) // a constant may have more dimensions
	return input, ends[0], ends[1], same && ends[0] <= ends[1]
}
