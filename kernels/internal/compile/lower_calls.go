package compile

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// lowerCalls lowers a node that calls functions, each of which has a machine of its own.
func lowerCalls(c *compiler, n *core.Node) (bool, error) {
	op, ok := n.Op().(core.Caller)
	if !ok {
		return false, nil
	}
	if slices.ContainsFunc(n.Inputs(), isString) || slices.ContainsFunc(n.Outputs(), func(f core.Fact) bool {
		return f.Type == core.String
	}) {
		return false, fmt.Errorf("node %q (%s): strings can be passed through but not given to functions", n.Name, n.OpName())
	}
	calls, err := c.assembler.calls(n, op)
	if err != nil {
		return false, err
	}
	c.inner, c.caller = c.inner+calls.PeakBytes(), n
	c.emitEval(n, "calls", func(r *machine.Run, in, out []*core.Tensor) error { return calls.Run(r.Context(), in, out) })
	i := &c.code[len(c.code)-1]
	i.Operations, i.Slow, i.Calls = calls.Operations(), true, calls
	return true, nil
}
