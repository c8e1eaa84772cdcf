package passes

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
)

// widen puts conversions around the ops that give for bf16 and f16 what they give in f32, rounded once if the result
// has such a type.
func widen(f *core.Function, _ Options) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
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
			c, err := core.NewNamedNode("", &pointwise.Convert{Type: core.F32}, v)
			if err != nil {
				return nil, err
			}
			c.Origin = n.Origin
			wide[i] = c.Out(0)
		}
		_, converts := n.Op().(*pointwise.Convert)
		switch result := n.Outputs()[0].Type; {
		case half == core.Dynamic, converts && result == half: // a copy
			return nil, nil
		case result == half:
			return roundedBehind(n, n.Op(), half, wide...)
		}
		w, err := core.NewNamedNode(n.Name, n.Op(), wide...)
		if err != nil {
			return nil, err
		}
		w.Origin = n.Origin
		return []core.Value{w.Out(0)}, nil
	})
}
