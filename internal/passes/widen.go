package passes

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
)

// widen puts conversions around the ops that give for bf16 and f16 what they give in f32, rounded once if the result
// has such a type. What converts other types to these goes through f32, as it does in the reference.
func widen(f *core.Function, _ Options) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		c, converts := n.Op().(*pointwise.Convert)
		if converts && c.Type.IsHalf() && !c.Truncate && !inputs[0].Type().IsHalf() && inputs[0].Type() != core.F32 {
			return roundedBehind(n, &pointwise.Convert{Type: core.F32}, c.Type, inputs[0])
		}
		op, ok := n.Op().(trait.Widening)
		if !ok || len(n.Outputs()) != 1 || !op.Widens() {
			return nil, nil
		}
		half := core.Dynamic
		wide := make([]core.Value, len(inputs))
		for i, v := range inputs {
			if wide[i] = v; !v.Type().IsHalf() {
				continue
			}
			if half != core.Dynamic && half != v.Type() {
				return nil, nil
			}
			half = v.Type()
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
		switch result := n.Outputs()[0].Type; {
		case half == core.Dynamic, converts && result == half: // a copy
			return nil, nil
		case result == half:
			return roundedBehind(n, n.Op(), half, wide...)
		}
		w, err := n.With(n.Op(), wide...)
		if err != nil {
			return nil, err
		}
		return []core.Value{w.Out(0)}, nil
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
