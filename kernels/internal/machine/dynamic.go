package machine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/core"
)

// Dynamic is the machine for functions with shapes that depend on data, or with strings. The head is a plan
// for all nodes that can be planned. The tail runs the references of the nodes after it.
type Dynamic struct {
	Head    *Planned     // set by the caller of CutLate
	crosses []core.Value // values that the tail reads: the head's results after those of the function
	tail    *Interpreted
	early   []int // for each result of the function its number among the head's; -1 if the tail computes it
	given   []int // for each parameter of the head its number among the function's
}

// CutLate cuts a function in two. It returns the head, which the caller plans, and a Dynamic with the tail,
// whose Head the caller then sets. If all shapes are known and nothing is a string, the head is f itself and
// the Dynamic is nil.
// calls returns the Calls of the tail's nodes that call functions; called says that f itself is called by
// another function.
func CutLate(
	f *core.Function, calls func([]*core.Node) (map[*core.Node]*Calls, error), called bool, limits core.MemoryLimits,
) (*core.Function, *Dynamic, error) {
	late := map[*core.Node]bool{}
	for _, n := range f.Nodes() {
		late[n] = slices.ContainsFunc(n.Outputs(), hasNoBytes) ||
			slices.ContainsFunc(n.Inputs(), func(v core.Value) bool { return late[v.Node] })
	}
	head := &core.Function{Name: f.Name, Meta: f.Meta}
	t := &Dynamic{}
	for i, p := range f.Parameters {
		if !late[p] {
			t.given = append(t.given, i)
			head.Parameters = append(head.Parameters, p)
		}
	}
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
	if len(lateResults) == 0 && len(head.Parameters) == len(f.Parameters) {
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
	inner, err := calls(nodes)
	if err != nil {
		return nil, nil, err
	}
	t.tail = NewInterpreted(nodes, f.Parameters, lateResults, inner, called, limits)
	return head, t, nil
}

// cross adds a value that the tail reads to the results of the head.
func (t *Dynamic) cross(head *core.Function, v core.Value) error {
	r, err := core.NewNamedNode(fmt.Sprintf("tail#%d", len(t.crosses)), &core.Result{}, v)
	if err != nil {
		return err
	}
	r.Origin = v.Node.Origin
	t.crosses = append(t.crosses, v)
	head.Results = append(head.Results, r)
	return nil
}

// Run is Machine.Run.
func (t *Dynamic) Run(ctx context.Context, in, out []*core.Tensor) error {
	first, second := t.divide(out)
	if err := t.Head.Run(ctx, t.headInputs(in), first); err != nil {
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

// headInputs returns the inputs for the head's parameters.
func (t *Dynamic) headInputs(in []*core.Tensor) []*core.Tensor {
	if len(t.given) == len(in) {
		return in
	}
	given := make([]*core.Tensor, len(t.given))
	for i, at := range t.given {
		given[i] = in[at]
	}
	return given
}

// divide divides the given tensors of out into those for the head's results and those for the tail's.
func (t *Dynamic) divide(out []*core.Tensor) (first, second []*core.Tensor) {
	first = make([]*core.Tensor, len(t.Head.layout.Results))
	for i, at := range t.early {
		if at >= 0 {
			first[at] = out[i]
		} else {
			second = append(second, out[i])
		}
	}
	return first, second
}

// crossing returns the head's results that the tail reads.
func (t *Dynamic) crossing(first []*core.Tensor) core.Values {
	v := core.Values{}
	for i, x := range t.crosses {
		v[x] = first[len(first)-len(t.crosses)+i]
	}
	return v
}

// Steps is Machine.Steps.
func (t *Dynamic) Steps() []Step {
	steps := t.Head.Steps()
	for _, s := range t.tail.Steps() {
		s.Kernel += " (tail)"
		steps = append(steps, s)
	}
	return steps
}

// Profile is Machine.Profile.
func (t *Dynamic) Profile(ctx context.Context, in []*core.Tensor, times [][]time.Duration) error {
	first := make([]*core.Tensor, len(t.Head.layout.Results))
	planned := len(t.Head.Steps())
	if err := t.Head.measure(ctx, t.headInputs(in), first, times[:planned]); err != nil {
		return err
	}
	return t.tail.compute(ctx, in, t.crossing(first), times[planned:])
}

// PeakBytes is Machine.PeakBytes.
func (t *Dynamic) PeakBytes() int64 { return t.Head.PeakBytes() + t.tail.PeakBytes() }

// Bytes is Machine.Bytes.
func (t *Dynamic) Bytes() int64 { return t.Head.Bytes() + t.tail.Bytes() }
