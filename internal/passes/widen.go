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
