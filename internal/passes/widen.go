package passes

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
)

// widen puts conversions around the ops on bf16 and f16 that give the same in f32, rounded once.
func widen(f *core.Function, _ Options) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		op, ok := n.Op().(trait.Widening)
		if !ok || !op.Widens() || !n.Outputs()[0].Type.IsHalf() {
			return nil, nil
		}
		wide := make([]core.Value, len(inputs))
		for i, v := range inputs {
			if v.Type() != n.Outputs()[0].Type {
				return nil, nil
			}
			if real, ok := unrounded(n, v); ok {
				wide[i] = real
				continue
			}
			c, err := core.NewNamedNode("", &pointwise.Convert{Type: core.F32}, v)
			if err != nil {
				return nil, err
			}
			c.Origin = n.Origin
			wide[i] = c.Out(0)
		}
		return roundedBehind(n, n.Op(), n.Outputs()[0].Type, wide...)
	})
}

// unrounded returns the product of which v is the rounding, if n only limits it: then it may as well be rounded
// afterwards. That is not so for any value, since numbers just below 0 are rounded to -0, but sums of products of bf16
// are no subnormal numbers.
func unrounded(n *core.Node, v core.Value) (core.Value, bool) {
	limit, ok := n.Op().(trait.Limiting)
	rounding, rounds := v.Node.Op().(*pointwise.Convert)
	if !ok || !limit.Limits() || len(n.Inputs()) != 1 || !rounds || rounding.Type != core.BF16 || rounding.Truncate {
		return core.Value{}, false
	}
	real := v.Node.Inputs()[0]
	if real.Type() != core.F32 {
		return core.Value{}, false
	}
	_, ok = real.Node.Op().(trait.Product)
	return real, ok && real.Node.Inputs()[0].Type() == core.BF16
}
