package passes

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

// transform merges n, which multiplies a product by constants and adds constants, for each channel or for all, into
// the product's scale and bias; no value if n is anything else.
func (p *qdqPass) transform(n *core.Node, op trait.Affine, before, inputs []core.Value) (core.Value, error) {
	for i, v := range inputs[:min(2, len(inputs))] {
		if !p.extends(before[i], v, postop.Add) {
			continue
		}
		factor, offset := transformation(op, slices.Delete(slices.Clone(inputs), i, i+1), i, v)
		if factor == nil && offset == nil {
			continue
		}
		operands := v.Node.Inputs()[4:]
		var bias []float32
		if len(operands) > 1 {
			bias = core.Data[float32](operands[1].Constant())
		}
		scales, biases, ok := transformed(core.Data[float32](operands[0].Constant()), bias, factor, offset)
		if !ok {
			continue
		}
		posts := []postop.Step{{Kind: postop.Mul}}
		in := append(slices.Clone(v.Node.Inputs()[:4]), channelConstant(n, scales))
		if biases != nil {
			posts, in = append(posts, postop.Step{Kind: postop.Add}), append(in, channelConstant(n, biases))
		}
		return p.remade(n, v, posts, in)
	}
	return core.Value{}, nil
}

// biased returns the product v with an offset added to its bias. v may have further post-ops.
func (p *qdqPass) biased(n *core.Node, v core.Value, offset float32) (core.Value, error) {
	if offset == 0 {
		return v, nil
	}
	posts, inputs := slices.Clone(stepsOf(v)), slices.Clone(v.Node.Inputs())
	bias := []float32{offset}
	if len(posts) > 1 && posts[1].Kind == postop.Add {
		bias = combine(core.Data[float32](inputs[5].Constant()), bias, func(a, b float32) float32 { return a + b })
		inputs[5] = channelConstant(n, bias)
	} else {
		posts = slices.Insert(posts, 1, postop.Step{Kind: postop.Add})
		inputs = slices.Insert(inputs, 5, channelConstant(n, bias))
	}
	return p.remade(n, v, posts, inputs)
}

// transformation returns the factor and the offset that an op applies to its input number at, the product v: one for
// each channel or one for all, nil if absent.
func transformation(op trait.Affine, others []core.Value, at int, v core.Value) (factor, offset []float32) {
	vectors := make([][]float32, len(others))
	for i, o := range others {
		if vectors[i] = channelVector(o.Constant(), v); vectors[i] == nil {
			return nil, nil
		}
	}
	return op.Transformation(at, vectors)
}

// transformed returns scale*factor and bias*factor + offset; false if a scale or a bias becomes too large or too
// small for float32.
func transformed(scale, bias, factor, offset []float32) (scales, biases []float32, ok bool) {
	multiply := func(a, b float32) float32 { return a * b }
	if factor != nil {
		scale = combine(scale, factor, multiply)
		if bias != nil {
			bias = combine(bias, factor, multiply)
		}
	}
	switch {
	case bias == nil:
		bias = offset
	case offset != nil:
		bias = combine(bias, offset, func(a, b float32) float32 { return a + b })
	}
	return scale, bias, !slices.ContainsFunc(scale, isExtreme) && !slices.ContainsFunc(bias, isHuge)
}

// combine applies f channel by channel to two lists. Either may have a single element, for all channels.
func combine(a, b []float32, f func(a, b float32) float32) []float32 {
	out := make([]float32, max(len(a), len(b)))
	for i := range out {
		out[i] = f(a[min(i, len(a)-1)], b[min(i, len(b)-1)])
	}
	return out
}

// isHuge reports whether a constant is NaN, or so large that sums with it may overflow float32.
func isHuge(x float32) bool { return !(math.Abs(float64(x)) < 0x1p100) }

// isExtreme reports whether a scale is so small or so large that its products with 32-bit integers may not be normal
// numbers.
func isExtreme(scale float32) bool {
	abs := math.Abs(float64(scale))
	return scale != 0 && abs < 0x1p-100 || !(abs < 0x1p60)
}

// channelConstant returns a constant of shape [], for one value, or [channels].
func channelConstant(n *core.Node, v []float32) core.Value {
	shape := core.Shape{len(v)}
	if len(v) == 1 {
		shape = core.Shape{}
	}
	t, err := core.TensorOf(shape, v)
	if err != nil {
		panic(err) // of as many elements as the shape has
	}
	return constantOf(n, t)
}

// channelVector returns the values of an f32 constant that broadcasts along the channels of the product v: one value,
// or one for each channel; nil if t is anything else, or huge.
func channelVector(t *core.Tensor, v core.Value) []float32 {
	out := v.Shape()
	if t == nil || t.Type() != core.F32 || !out.Ranked() || len(t.Shape()) > len(out) || t.Len() == 0 {
		return nil
	}
	x := core.Data[float32](t)
	if slices.ContainsFunc(x, isHuge) {
		return nil
	}
	if t.Len() == 1 {
		return x
	}
	axis := channelAxis(v)
	at := axis - (len(out) - len(t.Shape()))
	if at < 0 || t.Shape()[at] != t.Len() || out[axis] != t.Len() {
		return nil
	}
	return x
}

// channelAxis returns the axis of the channels of a product, and the last axis of any other value.
func channelAxis(v core.Value) int {
	if p, ok := v.Node.Op().(trait.IntegerProduct); ok {
		return p.ChannelAxis(len(v.Shape()))
	}
	return len(v.Shape()) - 1
}
