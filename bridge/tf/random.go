package tf

import (
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/core"
)

// needless returns an *UnsupportedError if a result depends on random numbers. Otherwise it drops the names
// of tensors that do.
func (t *translation) needless() error {
	depends := map[*core.Node]bool{}
	for _, n := range t.function.Nodes() {
		depends[n] = ops.IsRandom(n.Op()) || slices.ContainsFunc(n.Inputs(), func(v core.Value) bool {
			return depends[v.Node]
		}) || callsRandom(n.Op())
	}
	for name, v := range t.function.Names {
		if depends[v.Node] {
			delete(t.function.Names, name)
		}
	}
	if !slices.ContainsFunc(t.function.Results, func(r *core.Node) bool { return depends[r] }) {
		return nil
	}
	var list []UnsupportedOp
	at := map[string]int{} // the ops' places in list
	for i := range t.graph.Nodes {
		n := &t.graph.Nodes[i]
		if !ops.IsRandomOp(n.Op) {
			continue
		}
		k, ok := at[n.Op]
		if !ok {
			k = len(list)
			at[n.Op] = k
			list = append(list, UnsupportedOp{Op: n.Op, First: n.Name, Why: whyRandom})
		}
		list[k].Count++
	}
	slices.SortFunc(list, func(a, b UnsupportedOp) int { return strings.Compare(a.Op, b.Op) })
	return &UnsupportedError{Ops: list, Supported: map[string]int{}}
}

// callsRandom reports whether a function that an op calls holds random numbers.
func callsRandom(op core.Op) bool {
	c, ok := op.(core.Caller)
	return ok && slices.ContainsFunc(c.Functions(), func(f *core.Function) bool {
		return slices.ContainsFunc(f.Nodes(), func(n *core.Node) bool { return ops.IsRandom(n.Op()) || callsRandom(n.Op()) })
	})
}
