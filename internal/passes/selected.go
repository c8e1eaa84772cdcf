package passes

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// selected lets ops that select elements do so among bytes: a maximum pool of reals that are a rising function of bytes
// pools the bytes.
func selected(f *core.Function, _ Options) (*core.Function, error) {
	t := tabulated(f)
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		for i, v := range n.Inputs() {
			t.now[v] = inputs[i]
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
