package kernels

import (
	"context"
	"fmt"
	"time"

	"github.com/tf2ng/tf2ng/core"
)

// interpreted is the machine that computes nodes one after the other by their ops'
// references, on tensors of whatever shapes come out.
type interpreted struct {
	params     []*core.Node
	results    []*core.Node
	evaluation *core.Evaluation
	limits     core.MemoryLimits // of what the nodes compute, and of copies of the results
}

// newInterpreted returns the machine of nodes, each behind those that it reads. What else
// they read are constants or parameters, or is given to compute.
func newInterpreted(nodes, params, results []*core.Node, limits core.MemoryLimits) *interpreted {
	keep := make([]core.Value, len(results))
	for i, r := range results {
		keep[i] = r.Inputs()[0]
	}
	return &interpreted{params, results, core.NewEvaluation(nodes, keep, limits), limits}
}

// run is machine.run.
func (m *interpreted) run(ctx context.Context, in, out []*core.Tensor) error {
	v := core.Values{}
	if err := m.compute(ctx, in, v, nil); err != nil {
		return err
	}
	return m.deliver(v, out)
}

// compute adds the parameters' tensors and what the nodes compute to v. Where times is not nil
// it takes the time of each node.
func (m *interpreted) compute(ctx context.Context, in []*core.Tensor, v core.Values, times [][]time.Duration) (err error) {
	for i, p := range m.params {
		v[p.Out(0)] = in[i]
	}
	var at *core.Node
	defer func() {
		if p := recover(); p != nil {
			failure := Recovered(p)
			failure.Node, failure.Op = at.Name, at.OpName()
			err = failure
		}
	}()
	return m.evaluation.Run(v, func(
		i int, n *core.Node, args []*core.Tensor, held int64, limits core.MemoryLimits,
	) ([]*core.Tensor, error) {
		if at = n; ctx.Err() != nil {
			return nil, ctx.Err()
		}
		start := time.Now()
		res, err := n.EvalWithin(args, held, limits)
		if times != nil {
			times[i] = append(times[i], time.Since(start))
		}
		return res, err
	})
}

// deliver puts the results, which are copies, into out.
func (m *interpreted) deliver(v core.Values, out []*core.Tensor) error {
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

// deliver returns a result as a tensor that the caller owns: its own, checked, or a copy.
func deliver(r *core.Node, t, into *core.Tensor) (*core.Tensor, error) {
	if into == nil {
		return t.Clone(), nil
	}
	if got, want := into.Fact(), t.Fact(); got.Type != want.Type || !got.Shape.Equal(want.Shape) {
		detail := fmt.Sprintf("got a tensor of %v to write into, want %v", got, want)
		return nil, &TensorError{Name: r.Name, Output: true, Problem: WrongShape, Detail: detail}
	}
	copyTensor(into, t)
	return into, nil
}

func (m *interpreted) steps() []StepInfo {
	steps := make([]StepInfo, len(m.evaluation.Nodes()))
	for i, n := range m.evaluation.Nodes() {
		steps[i] = newStep(n, "reference", operations(n))
	}
	return steps
}

func (m *interpreted) profile(ctx context.Context, in []*core.Tensor, times [][]time.Duration) error {
	return m.compute(ctx, in, core.Values{}, times)
}

// peakBytes is 0: nothing is planned.
func (m *interpreted) peakBytes() int64 { return 0 }

func (m *interpreted) bytes() int64 { return int64(len(m.evaluation.Nodes())) * instructionBytes }
