package passes

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
)

// inlineBranches puts the nodes of a branch in the place of each Branch whose index is
// constant, until there is none.
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
