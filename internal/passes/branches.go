package passes

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
)

// inlineBranches replaces each Branch whose index is constant by the nodes of the chosen branch, until none is left.
func inlineBranches(f *core.Function, o Options) (*core.Function, error) {
	for range core.MaxCallDepth {
		done := true
		g, err := f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
			b, ok := n.Op().(*control.Branch)
			if !ok {
				return nil, nil
			}
			index := inputs[0].Folded()
			if index == nil {
				return nil, nil
			}
			done = false
			return applied(b.Chosen(index), inputs[1:])
		})
		if err != nil || done {
			return g, err
		}
		if f, err = shapes(g, o); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// dropResults drops the results of branches that nobody reads.
func (c *calling) dropResults() (bool, error) {
	if _, loops := c.loop(); loops {
		return false, nil // they are variables
	}
	var keep []int
	dropped := false
	for i, out := range c.outputs {
		switch {
		case out.at < 0:
		case out.read:
			c.outputs[i].at = len(keep)
			keep = append(keep, out.at)
		default:
			c.outputs[i] = output{value: c.inputs[0], at: -1} // its value does not matter
			dropped = true
		}
	}
	if !dropped {
		return false, nil
	}
	list := slices.Clone(c.op.Functions())
	for k, f := range list {
		var values []core.Value
		for _, r := range picked(f.Results, keep) {
			values = append(values, r.Inputs()[0])
		}
		var err error
		if list[k], err = withBoundary(f, f.Parameters, values); err != nil {
			return false, err
		}
	}
	c.op = c.op.WithFunctions(list)
	return true, nil
}
