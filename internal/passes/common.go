package passes

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// common computes elementwise ops that are equal, and whose inputs are, only once. A dequantization is cheaper to
// repeat than to store.
func common(f *core.Function, _ Options) (*core.Function, error) {
	seen := map[string][]*core.Node{}
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if _, ok := n.Op().(trait.Dequantizer); ok || trait.ElementsOf(n.Op()) == trait.NoElements {
			return nil, nil
		}
		key := keyOf(n.Op(), inputs)
		for _, m := range seen[key] {
			if reflect.DeepEqual(m.Op(), n.Op()) {
				return outputs(m), nil
			}
		}
		outs, err := remakeAll(n, n.Op(), inputs)
		if err == nil {
			seen[key] = append(seen[key], outs[0].Node)
		}
		return outs, err
	})
}

// mostCompared bounds the elements of constants that are compared by value.
const mostCompared = 16

// keyOf returns a key that nodes with equal inputs and ops of one type share.
func keyOf(op core.Op, inputs []core.Value) string {
	var b strings.Builder
	b.WriteString(core.OpName(op))
	for _, v := range inputs {
		if t := v.Constant(); t != nil && t.Type() != core.String && t.Len() <= mostCompared {
			fmt.Fprintf(&b, " %v %x", t.Fact(), t.Bytes())
			continue
		}
		fmt.Fprintf(&b, " %p %d", v.Node, v.Index)
	}
	return b.String()
}

// outputs lists the outputs of a node.
func outputs(n *core.Node) []core.Value {
	all := make([]core.Value, len(n.Outputs()))
	for i := range all {
		all[i] = n.Out(i)
	}
	return all
}
