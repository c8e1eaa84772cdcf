package tf

import (
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

// translation is the state of one Translate.
type translation struct {
	graph      *graphdef.Graph
	arithmetic builders.Arithmetic
	cut        map[tensorName]core.Value // the inputs
	values     map[string][]core.Value   // what each node became, by output
	constant   map[string]bool           // the nodes that depend on no input
	decisions  *decisions                // which branches of conditionals are taken
	failed     map[string]error          // the calls that could not be inlined
	malformed  map[string]bool           // nodes with errors of their own; nil until one is found
	bodies     map[string][]string       // of each call: what has effects in its function
	found      bool                      // the outputs were not named
	function   *core.Function
}

// constantInputs reports whether a node reads no input of the graph, directly or not.
func (t *translation) constantInputs(n *graphdef.Node) bool {
	for _, in := range n.DataInputs() {
		if _, isInput := t.cut[tensorName{in.Node, in.Port}]; isInput || !t.constant[in.Node] {
			return false
		}
	}
	return true
}

// readInput returns what an input of a node became.
func (t *translation) readInput(in graphdef.Input) (core.Value, error) {
	return t.read(tensorName{in.Node, in.Port})
}

// read returns the value of a tensor. Its error is about the node that should give it.
func (t *translation) read(name tensorName) (core.Value, error) {
	if v, ok := t.cut[name]; ok {
		return v, nil
	}
	out := t.values[name.node]
	if name.port < len(out) && out[name.port].Node != nil {
		return out[name.port], nil
	}
	n, _ := t.graph.Lookup(name.node)
	msg := fmt.Sprintf("has %d output(s), but %q is wanted", len(out), name)
	if _, ports := ops.Ports(n.Op); name.port < len(ports) {
		msg = fmt.Sprintf("gives no output %d (%s) here", name.port, ports[name.port].Name)
	}
	if t.decisions.decided(n) && name.port < len(out) {
		msg = fmt.Sprintf("output %d leads to the branch that is not taken", name.port)
	}
	return core.Value{}, &Error{Node: n.Name, Op: n.Op, Input: -1, Msg: msg}
}
