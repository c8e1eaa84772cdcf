package machine

import (
	"context"

	"github.com/tf2ng/tf2ng/core"
)

// Calls are the functions that a node calls, each with the machine that computes it.
type Calls struct {
	node     *core.Node
	op       core.Caller // the node's op, specialized for what is known of its inputs' shapes
	machines []Machine
}

// NewCalls returns the calls of a node by op, which is the node's op or what Specialize made of it.
func NewCalls(n *core.Node, op core.Caller, machines []Machine) *Calls {
	return &Calls{n, op, machines}
}

// Run computes the node into the tensors of out and stores new ones where out has nil. ctx is checked
// whenever a function is called.
func (c *Calls) Run(ctx context.Context, in, out []*core.Tensor) error {
	return c.op.Call(in, out, c.by(ctx))
}

// RunWithin is core's EvalWithin for the node.
func (c *Calls) RunWithin(
	ctx context.Context, in []*core.Tensor, held int64, limits core.MemoryLimits,
) ([]*core.Tensor, error) {
	return c.node.CallWithin(c.op, in, held, limits, c.by(ctx))
}

func (c *Calls) by(ctx context.Context) core.Call {
	return func(i int, in, out []*core.Tensor) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return c.machines[i].Run(ctx, in, out)
	}
}

// Steps lists the steps of each function.
func (c *Calls) Steps() []FunctionSteps {
	list := make([]FunctionSteps, len(c.machines))
	for i, m := range c.machines {
		list[i] = FunctionSteps{c.op.FunctionNames()[i], m.Steps()}
	}
	return list
}

// Operations returns the sum of the functions' operations, as if each were called once.
func (c *Calls) Operations() (sum int64) {
	for _, m := range c.machines {
		for _, s := range m.Steps() {
			sum += s.Operations
		}
	}
	return sum
}

// PeakBytes returns the sum of the functions' peaks: each function keeps its memory between calls.
func (c *Calls) PeakBytes() (sum int64) {
	for _, m := range c.machines {
		sum += m.PeakBytes()
	}
	return sum
}

// Bytes returns how many bytes the functions' machines hold.
func (c *Calls) Bytes() (sum int64) {
	for _, m := range c.machines {
		sum += m.Bytes()
	}
	return sum
}
