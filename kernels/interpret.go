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
	params  map[*core.Node]int // their numbers
	results []*core.Node
	nodes   []*core.Node        // in the order in which they run
	own     map[*core.Node]bool // the same nodes
	last    map[core.Value]int  // the number of the node that reads a value last; that of no node for results
	limit   int64               // bytes of what the nodes compute at once
}

// newInterpreted returns the machine of all of a function.
func newInterpreted(f *core.Function, limit int64) *interpreted {
	var nodes []*core.Node
	for _, n := range f.Nodes() {
		if n.Computed() {
			nodes = append(nodes, n)
		}
	}
	return interpret(nodes, f.Parameters, f.Results, limit)
}

// interpret returns the machine of some nodes, whose other inputs are constants or
// parameters, or are given to compute.
func interpret(nodes, params, results []*core.Node, limit int64) *interpreted {
	m := &interpreted{
		params: map[*core.Node]int{}, results: results, nodes: nodes,
		own: map[*core.Node]bool{}, last: map[core.Value]int{}, limit: limit,
	}
	for i, n := range params {
		m.params[n] = i
	}
	for i, n := range nodes {
		m.own[n] = true
		for _, v := range n.Inputs() {
			m.last[v] = i
		}
	}
	for _, r := range results {
		m.last[r.Inputs()[0]] = len(nodes)
	}
	return m
}

// values are the tensors of one Run.
type values map[core.Value]*core.Tensor

// run is machine.run.
func (m *interpreted) run(ctx context.Context, in, out []*core.Tensor) error {
	v := values{}
	if err := m.compute(ctx, in, v, nil); err != nil {
		return err
	}
	return m.deliver(in, v, out)
}

// deliver puts the results, which are copies, into out.
func (m *interpreted) deliver(in []*core.Tensor, v values, out []*core.Tensor) error {
	total := int64(0)
	for _, r := range m.results {
		if total += bytesOf(m.value(r.Inputs()[0], in, v)); total > m.limit {
			return memoryError(r, total, m.limit)
		}
	}
	for i, r := range m.results {
		var err error
		if out[i], err = deliver(r, m.value(r.Inputs()[0], in, v), out[i]); err != nil {
			return err
		}
	}
	return nil
}

// value returns the tensor of a value: an input's, a constant, or what was computed.
func (m *interpreted) value(v core.Value, in []*core.Tensor, computed values) *core.Tensor {
	if t := v.Constant(); t != nil {
		return t
	}
	if i, ok := m.params[v.Node]; ok {
		return in[i]
	}
	return computed[v]
}

// compute adds what the nodes compute to v, and drops what nobody reads any more. Where
// times is not nil it takes the time of each node.
func (m *interpreted) compute(ctx context.Context, in []*core.Tensor, v values, times [][]time.Duration) (err error) {
	var at *core.Node
	defer func() {
		if p := recover(); p != nil {
			failure := Recovered(p)
			failure.Node, failure.Op = at.Name, at.OpName()
			err = failure
		}
	}()
	held := int64(0)
	for i, n := range m.nodes {
		if at = n; ctx.Err() != nil {
			return ctx.Err()
		}
		args := make([]*core.Tensor, len(n.Inputs()))
		for j, x := range n.Inputs() {
			args[j] = m.value(x, in, v)
		}
		start := time.Now()
		res, err := n.EvalWithin(args, held, m.limit)
		if err != nil {
			return err
		}
		if times != nil {
			times[i] = append(times[i], time.Since(start))
		}
		if held, err = m.keep(i, n, res, v, held); err != nil {
			return err
		}
	}
	return nil
}

// keep adds the outputs of node number i to v and drops what it read last. It returns the
// bytes that are held then; what was given to compute does not count.
func (m *interpreted) keep(i int, n *core.Node, outputs []*core.Tensor, v values, held int64) (int64, error) {
	for j, t := range outputs {
		if want := n.Outputs()[j]; !t.Shape().Compatible(want.Shape) {
			return 0, fmt.Errorf("internal error, please report: node %q (%s): output %d has shape %v, not %v",
				n.Name, n.OpName(), j, t.Shape(), want.Shape)
		}
		if _, read := m.last[n.Out(j)]; read {
			v[n.Out(j)] = t
			held += bytesOf(t)
		}
	}
	for _, x := range n.Inputs() {
		if t := v[x]; t != nil && m.last[x] == i {
			if m.own[x.Node] {
				held -= bytesOf(t)
			}
			delete(v, x)
		}
	}
	return held, nil
}

func bytesOf(t *core.Tensor) int64 {
	n, err := t.Fact().Bytes()
	if err != nil {
		return 0 // not of a tensor
	}
	return n
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
	steps := make([]StepInfo, len(m.nodes))
	for i, n := range m.nodes {
		steps[i] = newStep(n, "reference")
	}
	return steps
}

func (m *interpreted) profile(ctx context.Context, in []*core.Tensor, times [][]time.Duration) error {
	return m.compute(ctx, in, values{}, times)
}

// peakBytes is 0: nothing is planned.
func (m *interpreted) peakBytes() int64 { return 0 }

func (m *interpreted) bytes() int64 { return int64(len(m.nodes)) * instructionBytes }
