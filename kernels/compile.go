package kernels

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/passes"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// options say how a function is compiled.
type options struct {
	isas       isa.Set // that kernels may use
	threads    int     // of a Run
	maxBytes   int64   // of the tensors that one Run holds at once
	withoutQDQ bool    // pass qdq is left out
	reference  bool    // ops run their references, after no other pass
}

// compile takes a function, the types and shapes of whose parameters are known, through the
// passes, and has each node lowered to instructions. It returns what the passes made of the
// function, and the machine that computes it. What does not depend on the shapes is kept by
// keep, and the memory of Runs by runs.
func compile(f *core.Function, o options, keep *lease, runs *runPool) (*core.Function, machine, error) {
	g, err := rewrite(f, o, keep)
	if err != nil {
		return nil, nil, err
	}
	if o.reference {
		return g, newInterpreted(g.Nodes(), g.Parameters, g.Results, o.maxBytes), nil
	}
	head, dynamic, err := cutLate(g, o.maxBytes)
	if err != nil {
		return nil, nil, err
	}
	planned, err := lowerFunction(head, o, keep, runs)
	switch {
	case err != nil:
		return nil, nil, err
	case dynamic == nil:
		return g, planned, nil
	}
	dynamic.head = planned
	return g, dynamic, nil
}

// rewrite takes a function through the passes.
func rewrite(f *core.Function, o options, keep *lease) (*core.Function, error) {
	p := passes.Options{Eval: keep.evaluate, ChannelsLast: wantsChannelsLast}
	if o.withoutQDQ {
		p.Without = []string{passes.QDQ}
	}
	if o.reference {
		p.StopAfter = passes.QDQ // it may change results, so it is for every engine
	}
	return passes.Run(f, p)
}

// lowerFunction makes the instructions of a function all of whose shapes are known.
func lowerFunction(f *core.Function, o options, keep *lease, runs *runPool) (*planned, error) {
	c := &compiler{
		isas: o.isas, threads: o.threads, keep: keep, at: map[core.Value]int{}, users: f.Users(),
		skip: map[*core.Node]bool{}, padding: map[uint8]int{}, limit: o.maxBytes,
	}
	for i, p := range f.Parameters {
		b := c.newBuffer(p.Outputs()[0])
		c.buffers[b].param = i
		c.at[p.Out(0)] = b
	}
	for _, n := range f.Nodes() {
		if err := c.lower(n); err != nil {
			return nil, err
		}
	}
	return c.finish(f, runs)
}

// lower appends the instructions of one node.
func (c *compiler) lower(n *core.Node) error {
	if c.skip[n] {
		return nil
	}
	for _, f := range n.Outputs() {
		if !f.Static() {
			return fmt.Errorf("internal error, please report: node %q (%s): its output %v is not known", n.Name, n.OpName(), f)
		}
		if _, err := f.Shape.Elements(); err != nil {
			return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
		}
	}
	c.node = n
	if err := c.checkOutputs(n, 0); err != nil {
		return err
	}
	switch op := n.Op().(type) {
	case *core.Parameter:
		return nil
	case *core.Constant:
		if op.Value.Type() != core.String {
			c.at[n.Out(0)] = c.fixedBuffer(n.Outputs()[0], op.Value)
		}
		return nil
	case *core.Result, *core.Reshape:
		if v := n.Inputs()[0]; v.Type() != core.String { // those have no buffers
			c.at[n.Out(0)] = c.buffer(v)
		}
		return nil
	}
	for _, l := range []lowering{lowerElementwise, loweringOf(n.Op()), lowerTable, lowerInParts, lowerReference} {
		if l == nil {
			continue
		}
		if done, err := l(c, n); done || err != nil {
			return err
		}
	}
	return fmt.Errorf("internal error, please report: node %q (%s) has no kernel", n.Name, n.OpName())
}
