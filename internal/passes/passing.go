package passes

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// passing replaces an op that returns one of its inputs by that input.
func passing(f *core.Function, _ Options) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		op, ok := n.Op().(trait.Passing)
		if !ok {
			return nil, nil
		}
		i, ok := op.Passes(core.Operands(inputs))
		out := n.Outputs()[0]
		if !ok || inputs[i].Type() != out.Type || !inputs[i].Shape().Static() || !inputs[i].Shape().Equal(out.Shape) {
			return nil, nil
		}
		return []core.Value{inputs[i]}, nil
	})
}
