package kernels

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/core"
)

// tailed is the machine for functions some of whose shapes depend on data: a plan for all
// that can be planned, the head, and references for the nodes behind it, the tail.
type tailed struct {
	head    *planned
	crosses []core.Value // the head's results behind the function's own: what the tail reads
	tail    *interpreted
	results []*core.Node
	early   []int // the number of each result among the head's; -1 for those of the tail
}

// cutTail splits a function into the head and the machine that still lacks it; no machine if
// all shapes are known.
func cutTail(f *core.Function, limits core.MemoryLimits) (*core.Function, *tailed, error) {
	late := map[*core.Node]bool{}
	for _, n := range f.Nodes() {
		late[n] = slices.ContainsFunc(n.Outputs(), func(o core.Fact) bool { return !o.Static() }) ||
			slices.ContainsFunc(n.Inputs(), func(v core.Value) bool { return late[v.Node] })
	}
	head := &core.Function{Name: f.Name, Parameters: f.Parameters, Meta: f.Meta}
	t := &tailed{results: f.Results}
	var lateResults, nodes []*core.Node
	for _, r := range f.Results {
		if late[r] {
			t.early = append(t.early, -1)
			lateResults = append(lateResults, r)
			continue
		}
		t.early = append(t.early, len(head.Results))
		head.Results = append(head.Results, r)
	}
	if len(lateResults) == 0 {
		return f, nil, nil
	}
	for _, n := range f.Nodes() {
		if !late[n] || !n.IsComputed() {
			continue
		}
		nodes = append(nodes, n)
		for _, v := range n.Inputs() {
			if late[v.Node] || !v.Node.IsComputed() || slices.Contains(t.crosses, v) {
				continue
			}
			if err := t.cross(head, v); err != nil {
				return nil, nil, err
			}
		}
	}
	t.tail = newInterpreted(nodes, f.Parameters, lateResults, limits)
	return head, t, nil
}

// cross makes a value that the tail reads a result of the head.
func (t *tailed) cross(head *core.Function, v core.Value) error {
	r, err := core.NewNamedNode(fmt.Sprintf("tail#%d", len(t.crosses)), &core.Result{}, v)
	if err != nil {
		return err
	}
	r.Origin = v.Node.Origin
	t.crosses = append(t.crosses, v)
	head.Results = append(head.Results, r)
	return nil
}

// run is machine.run.
func (t *tailed) run(ctx context.Context, in, out []*core.Tensor) error {
	first, second := t.divide(out)
	if err := t.head.run(ctx, in, first); err != nil {
		return err
	}
	v := t.crossing(first)
	if err := t.tail.compute(ctx, in, v, nil); err != nil {
		return err
	}
	if err := t.tail.deliver(v, second); err != nil {
		return err
	}
	for i, at := range t.early {
		if at >= 0 {
			out[i] = first[at]
		} else {
			out[i], second = second[0], second[1:]
		}
	}
	return nil
}

// divide returns the tensors that were given for the head's results and for the tail's.
func (t *tailed) divide(out []*core.Tensor) (first, second []*core.Tensor) {
	first = make([]*core.Tensor, len(t.head.results))
	for i, at := range t.early {
		if at >= 0 {
			first[at] = out[i]
		} else {
			second = append(second, out[i])
		}
	}
	return first, second
}

// crossing returns what the tail reads of the head's results.
func (t *tailed) crossing(first []*core.Tensor) core.Values {
	v := core.Values{}
	for i, x := range t.crosses {
		v[x] = first[len(first)-len(t.crosses)+i]
	}
	return v
}

func (t *tailed) steps() []StepInfo {
	steps := t.head.steps()
	for _, s := range t.tail.steps() {
		s.Kernel = "reference (tail)"
		steps = append(steps, s)
	}
	return steps
}

func (t *tailed) profile(ctx context.Context, in []*core.Tensor, times [][]time.Duration) error {
	first := make([]*core.Tensor, len(t.head.results))
	planned := len(t.head.code)
	if err := t.head.measure(ctx, in, first, times[:planned]); err != nil {
		return err
	}
	return t.tail.compute(ctx, in, t.crossing(first), times[planned:])
}

func (t *tailed) peakBytes() int64 { return t.head.peakBytes() }

func (t *tailed) bytes() int64 { return t.head.bytes() + t.tail.bytes() }
