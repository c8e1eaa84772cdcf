package passes

import (
	"bytes"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/trait"
)

// requantize moves quantizations in front of paddings, concatenations and what else copies elements, so that integers
// are copied, and drops quantizations that return the very integers that were dequantized.
func requantize(f *core.Function, _ Options) (*core.Function, error) {
	r := requantization{}
	for _, n := range f.Nodes() {
		for _, v := range n.Inputs() {
			r[v.Node]++
		}
	}
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if !quantizes(n.Op()) || !constants(inputs[1:]) {
			return nil, nil
		}
		outs, err := r.moved(n, n.Inputs()[0].Node, inputs)
		if err == nil && outs == nil {
			outs, err = unchanged(n, inputs)
		}
		return outs, err
	})
}

// requantization knows how many inputs read a node of the function as it was.
type requantization map[*core.Node]int

// moved returns the outputs of n, which quantizes inputs[0], from a quantization of what inputs[0] is copied from; nil
// if it is not, or if that has more elements. from is the node of inputs[0] as it was.
func (r requantization) moved(n, from *core.Node, inputs []core.Value) ([]core.Value, error) {
	node := inputs[0].Node
	// What others read is padded anyway, and joined anyway.
	if concat, ok := node.Op().(*array.Concat); ok && r[from] == 1 {
		return r.quantizeParts(n, from, inputs, concat)
	}
	if pad, value, ok := constantPad(inputs[0]); ok {
		padded, err := core.EvalOp(n.Op(), append([]*core.Tensor{value}, tensors(inputs[1:])...))
		if err != nil {
			return nil, err
		}
		return r.behind(n, from, inputs, pad, core.NewConstant(padded[0]))
	}
	if r[from] == 1 && copies(node) {
		return r.behind(n, from, inputs, node.Op(), node.Inputs()[1:]...)
	}
	return nil, nil
}

// behind returns the outputs of n with op applied to the first one, in place of a quantization of what op gives.
func (r requantization) behind(
	n, from *core.Node, inputs []core.Value, op core.Op, others ...core.Value,
) ([]core.Value, error) {
	outs, err := r.quantized(n, from.Inputs()[0].Node, append([]core.Value{inputs[0].Node.Inputs()[0]}, inputs[1:]...))
	if err != nil {
		return nil, err
	}
	outs = slices.Clone(outs)
	outs[0], err = remake(inputs[0].Node, op, append([]core.Value{outs[0]}, others...))
	return outs, err
}

// quantizeParts returns the outputs of n, which quantizes a concatenation, from quantizations of its parts.
func (r requantization) quantizeParts(
	n, from *core.Node, inputs []core.Value, concat *array.Concat,
) (outs []core.Value, err error) {
	var parts []core.Value
	for i, part := range inputs[0].Node.Inputs() {
		outs, err = r.quantized(n, from.Inputs()[i].Node, append([]core.Value{part}, inputs[1:]...))
		if err != nil {
			return nil, err
		}
		parts = append(parts, outs[0])
	}
	outs = slices.Clone(outs)
	outs[0], err = remake(inputs[0].Node, concat, parts)
	return outs, err
}

// quantized returns the outputs of n for other inputs, whose first one was an output of from.
func (r requantization) quantized(n, from *core.Node, inputs []core.Value) ([]core.Value, error) {
	outs, err := r.moved(n, from, inputs)
	if err == nil && outs == nil {
		outs, err = unchanged(n, inputs)
	}
	if err == nil && outs == nil {
		outs, err = remakeAll(n, n.Op(), inputs)
	}
	return outs, err
}

// copies reports whether a node copies elements of its first input, bytes as well as reals, to an output that has no
// fewer elements: it takes or moves them.
func copies(n *core.Node) bool {
	if len(n.Inputs()) == 0 {
		return false
	}
	in, out := n.Inputs()[0].Shape(), n.Outputs()[0].Shape
	if !in.Static() || !out.Static() || out.MustElements() < in.MustElements() {
		return false
	}
	if t, ok := n.Op().(trait.Taking); ok {
		_, ok = t.Places(in, out)
		return ok
	}
	return rearranges(n.Op())
}

// quantizes reports whether op quantizes all elements alike.
func quantizes(op core.Op) bool {
	q, ok := op.(trait.Quantizer)
	if !ok {
		return false
	}
	axis, ok := q.QuantizedAxis()
	return ok && axis == -1
}

// dequantizes reports whether op dequantizes all elements alike.
func dequantizes(op core.Op) bool {
	axis, ok := sliceAxis(op)
	return ok && axis == -1
}

func constants(values []core.Value) bool {
	return !slices.ContainsFunc(values, func(v core.Value) bool { return v.Constant() == nil })
}

// tensors returns the tensors of values that are constants.
func tensors(values []core.Value) []*core.Tensor {
	out := make([]*core.Tensor, len(values))
	for i, v := range values {
		out[i] = v.Constant()
	}
	return out
}

// constantPad returns the op and the value of a padding with a constant.
func constantPad(v core.Value) (*array.Pad, *core.Tensor, bool) {
	op, ok := v.Node.Op().(*array.Pad)
	if !ok || op.Mode != array.PadConstant {
		return nil, nil, false
	}
	value := v.Node.Inputs()[1].Constant()
	return op, value, value != nil
}

// unchanged returns the integers from before a dequantization in place of n, a quantization that restores them, and
// n's further outputs; nil if any of the 256 values would change.
func unchanged(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	d := inputs[0].Node
	if !dequantizes(d.Op()) || !constants(d.Inputs()[1:]) {
		return nil, nil
	}
	source := d.Inputs()[0]
	x := core.AllBytes(source.Type())
	if x == nil || source.Type() != n.Outputs()[0].Type {
		return nil, nil
	}
	real, err := core.EvalOp(d.Op(), append([]*core.Tensor{x}, tensors(d.Inputs()[1:])...))
	if err != nil {
		return nil, err
	}
	q, err := core.EvalOp(n.Op(), append([]*core.Tensor{real[0]}, tensors(inputs[1:])...))
	if err != nil || !bytes.Equal(q[0].Bytes(), x.Bytes()) {
		return nil, err
	}
	outs := []core.Value{source}
	for _, t := range q[1:] {
		outs = append(outs, core.NewConstant(t))
	}
	return outs, nil
}

// remakeAll is like remake for nodes with several outputs.
func remakeAll(n *core.Node, op core.Op, inputs []core.Value) ([]core.Value, error) {
	first, err := remake(n, op, inputs)
	if err != nil {
		return nil, err
	}
	return outputs(first.Node), nil
}

// absorbPads turns paddings into attributes of their readers: of integer convolutions if they pad with the data's
// zero point, and of maximum pools if they pad with the lowest value. That is how these ops treat their own padding.
func absorbPads(f *core.Function, _ Options) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		window, ok := n.Op().(trait.SelfPadding)
		if !ok {
			return nil, nil
		}
		pad, value, ok := constantPad(inputs[0])
		if !ok || !window.PadsWith(value, core.Operands(inputs)) {
			return nil, nil
		}
		op, ok := window.WithPadding(pad.Below, pad.Above)
		if !ok {
			return nil, nil
		}
		return remakeAll(n, op, append([]core.Value{inputs[0].Node.Inputs()[0]}, inputs[1:]...))
	})
}
