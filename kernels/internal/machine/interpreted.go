package machine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/core"
)

// Interpreted is the machine that computes nodes one after the other with the references of their ops. Their
// shapes need not be known before it runs.
type Interpreted struct {
	params     []*core.Node
	results    []*core.Node
	evaluation *core.Evaluation
	limits     core.MemoryLimits // of what the nodes compute, and of copies of the results
	calls      map[*core.Node]*Calls
	called     bool // another function calls this one, so the parameters count as memory that is held
}

// NewInterpreted returns the machine of nodes, which must be in topological order. Whatever else they read
// must be a constant, a parameter, or a value that is given to compute. calls has the Calls of the nodes
// that call functions. If the function itself is called by another one, called is set and its parameters
// count as memory that is held. compute keeps the values in kept, as it does the results.
func NewInterpreted(
	nodes, params, results []*core.Node, calls map[*core.Node]*Calls, called bool, limits core.MemoryLimits,
	kept ...core.Value,
) *Interpreted {
	keep := slices.Clone(kept)
	for _, r := range results {
		keep = append(keep, r.Inputs()[0])
	}
	return &Interpreted{
		params: params, results: results, evaluation: core.NewEvaluation(nodes, keep, limits), limits: limits,
		calls: calls, called: called,
	}
}

// Run is Machine.Run.
func (m *Interpreted) Run(ctx context.Context, in, out []*core.Tensor) error {
	v := core.Values{}
	if err := m.compute(ctx, in, v, nil); err != nil {
		return err
	}
	return m.deliver(v, out)
}

// compute adds the parameters' tensors and the values of all nodes to v. If steps is not nil, it sets the
// time of each node.
func (m *Interpreted) compute(
	ctx context.Context, in []*core.Tensor, v core.Values, steps []StepTime,
) (err error) {
	given := heldBy(ctx)
	for i, p := range m.params {
		v[p.Out(0)] = in[i]
		if m.called {
			bytes, err := in[i].Fact().Bytes()
			if err != nil {
				return err
			}
			given += bytes
		}
	}
	var at *core.Node
	defer func() {
		if p := recover(); p != nil {
			err = core.Recovered(at, p)
		}
	}()
	return m.evaluation.Run(v, func(
		i int, n *core.Node, args []*core.Tensor, held int64, limits core.MemoryLimits,
	) ([]*core.Tensor, error) {
		if at = n; ctx.Err() != nil {
			return nil, ctx.Err()
		}
		start := time.Now()
		res, err := m.eval(ctx, n, args, given+held, limits)
		if steps != nil {
			steps[i].Time = time.Since(start)
		}
		return res, err
	})
}

// holding is the context of a called function: it says how many bytes the callers hold.
type holding struct {
	context.Context
	bytes int64
}

func heldBy(ctx context.Context) int64 {
	if h, ok := ctx.(*holding); ok {
		return h.bytes
	}
	return 0
}

// eval computes one node.
func (m *Interpreted) eval(
	ctx context.Context, n *core.Node, in []*core.Tensor, held int64, limits core.MemoryLimits,
) ([]*core.Tensor, error) {
	if c := m.calls[n]; c != nil {
		return c.RunWithin(&holding{ctx, held}, in, held, limits)
	}
	return evalWithin(ctx, n, in, held, limits)
}

// evalWithin is EvalWithin for a node, but ends early with the context's error if that is done.
func evalWithin(
	ctx context.Context, n *core.Node, args []*core.Tensor, held int64, limits core.MemoryLimits,
) ([]*core.Tensor, error) {
	eval := func(in, out []*core.Tensor) error { return core.EvalUntil(ctx.Done(), n.Op(), in, out) }
	if d, ok := DivisionOf(n); ok && d.Elements() > MostElements {
		eval = func(in, out []*core.Tensor) error { return d.evalAll(ctx, in, out) }
	}
	out, err := n.EvalBy(eval, args, held, limits)
	if cancelled := ctx.Err(); cancelled != nil {
		return nil, cancelled
	}
	return out, err
}

// deliver copies the results into out.
func (m *Interpreted) deliver(v core.Values, out []*core.Tensor) error {
	if err := core.CheckCopies(m.results, v, m.limits.Bytes); err != nil {
		return err
	}
	for i, r := range m.results {
		var err error
		if out[i], err = deliver(r, v.Of(r.Inputs()[0]), out[i]); err != nil {
			return err
		}
	}
	return nil
}

// deliver returns result t in a tensor that the caller owns: into, which is checked first, or a copy if into
// is nil.
func deliver(r *core.Node, t, into *core.Tensor) (*core.Tensor, error) {
	if into == nil {
		return t.Clone(), nil
	}
	if got, want := into.Fact(), t.Fact(); got.Type != want.Type || !got.Shape.Equal(want.Shape) {
		detail := fmt.Sprintf("got a tensor of %v to write into, want %v", got, want)
		return nil, &core.TensorError{Name: r.Name, Output: true, Problem: core.WrongShape, Detail: detail}
	}
	copyTensor(into, t)
	return into, nil
}

// Steps is Machine.Steps.
func (m *Interpreted) Steps() []Step {
	steps := make([]Step, len(m.evaluation.Nodes()))
	for i, n := range m.evaluation.Nodes() {
		steps[i] = Step{Node: n, Kernel: "reference", Operations: Operations(n)}
		if c := m.calls[n]; c != nil {
			steps[i].Kernel, steps[i].Operations, steps[i].Functions = "calls", c.Operations(), c.Steps()
		}
	}
	return steps
}

// Profile is Machine.Profile.
func (m *Interpreted) Profile(ctx context.Context, in []*core.Tensor) ([]StepTime, error) {
	steps := timed(m.Steps())
	return steps, m.compute(ctx, in, core.Values{}, steps)
}

// PeakBytes is the sum over the functions that nodes call: nothing else is planned.
func (m *Interpreted) PeakBytes() (sum int64) {
	for _, c := range m.calls {
		sum += c.PeakBytes()
	}
	return sum
}

// Bytes is Machine.Bytes.
func (m *Interpreted) Bytes() int64 {
	bytes := int64(len(m.evaluation.Nodes())) * instructionBytes
	for _, c := range m.calls {
		bytes += c.Bytes()
	}
	return bytes
}
