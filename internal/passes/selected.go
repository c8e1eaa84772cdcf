package passes

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/trait"
)

// selected lets ops that select elements do so among bytes: a maximum pool of reals that are a rising function of bytes
// pools the bytes, and a concatenation that is quantized, and of which a part was dequantized, joins integers.
func selected(f *core.Function, _ Options) (*core.Function, error) {
	t := tabulated(f)
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		for i, v := range n.Inputs() {
			t.now[v] = inputs[i]
		}
		if quantizes(n.Op()) && constants(inputs[1:]) {
			return t.joined(n, inputs)
		}
		v, err := t.pooled(n, inputs)
		if err != nil || v.Node == nil {
			return nil, err
		}
		return []core.Value{v}, nil
	})
}

// pooled returns the function of bytes that n selects elements of, applied to the selected bytes; no value if n does
// anything else.
func (t *tabulation) pooled(n *core.Node, inputs []core.Value) (core.Value, error) {
	s, ok := n.Op().(trait.Selecting)
	if !ok || s.Selects(len(inputs)) != 1 || s.Rearranges() || len(n.Outputs()) != 1 || !constants(inputs[1:]) {
		return core.Value{}, nil
	}
	fn, ok := t.functions[n.Inputs()[0]]
	if !ok || len(t.users[n.Inputs()[0]]) != 1 || !rises(fn) || !shrinks(n) {
		return core.Value{}, nil
	}
	bytes, err := remake(n, n.Op(), append([]core.Value{t.now[fn.of]}, inputs[1:]...))
	if err != nil {
		return core.Value{}, err
	}
	return t.applied(n.Inputs()[0], fn.of, bytes)
}

// shrinks reports whether the output of n has no more elements than its first input.
func shrinks(n *core.Node) bool {
	in, out := n.Inputs()[0].Shape(), n.Outputs()[0].Shape
	return in.Static() && out.Static() && out.MustElements() <= in.MustElements()
}

// rises reports whether the function of bytes has only results of which a maximum is that of the largest byte, to the
// bit.
func rises(fn byteFunction) bool {
	switch fn.table.Type() {
	case core.F32, core.U8, core.I8:
	default:
		return false
	}
	y := fn.table.Float32s()
	if fn.of.Type() == core.I8 { // from the least byte on
		y = slices.Concat(y[128:], y[:128])
	}
	for i, v := range y {
		if v != v || i > 0 && (v < y[i-1] || v == y[i-1] && math.Float32bits(v) != math.Float32bits(y[i-1])) {
			return false
		}
	}
	return true
}

// applied returns the function of the bytes of that v is, applied to other bytes.
func (t *tabulation) applied(v, of, to core.Value) (core.Value, error) {
	switch {
	case v == of:
		return to, nil
	case v.Constant() != nil:
		return t.now[v], nil
	}
	inputs := make([]core.Value, len(v.Node.Inputs()))
	for i, in := range v.Node.Inputs() {
		var err error
		if inputs[i], err = t.applied(in, of, to); err != nil {
			return core.Value{}, err
		}
	}
	return remake(v.Node, v.Node.Op(), inputs)
}

// joined returns the outputs of n, a quantization, with its parts quantized one by one, if it quantizes a concatenation
// that only quantizations read.
func (t *tabulation) joined(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	before, join := n.Inputs()[0], inputs[0].Node
	_, ok := join.Op().(*array.Concat)
	isDequantized := func(v core.Value) bool { return dequantizes(v.Node.Op()) && constants(v.Node.Inputs()[1:]) }
	reads := func(u *core.Node) bool {
		return quantizes(u.Op()) && constants(u.Inputs()[1:]) && u.Inputs()[0] == before
	}
	if !ok || !slices.ContainsFunc(join.Inputs(), isDequantized) ||
		slices.ContainsFunc(t.users[before], func(u *core.Node) bool { return !reads(u) }) {
		return nil, nil
	}
	var outs, parts []core.Value
	for _, v := range join.Inputs() {
		part := append([]core.Value{v}, inputs[1:]...)
		same, err := unchanged(n, part)
		if err == nil && same == nil {
			same, err = remakeAll(n, n.Op(), part)
		}
		if err != nil {
			return nil, err
		}
		outs, parts = same, append(parts, same[0])
	}
	joined, err := remake(join, join.Op(), parts)
	return append([]core.Value{joined}, outs[1:]...), err
}
