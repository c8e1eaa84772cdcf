package kernels

import (
	"context"
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// tail is what a Program computes after its plan: the nodes whose outputs have shapes that
// depend on data, and all that read them. Their ops' references compute them, on tensors
// of whatever shapes come out.
type tail struct {
	plan    *Program
	results []*core.Node
	nodes   []*core.Node                // in the order in which they run, Results left out
	planned map[core.Value]string       // what the plan computes for them: its result's name
	given   map[core.Value]*core.Node   // the parameters that they read
	fixed   map[core.Value]*core.Tensor // the constants that they read
	last    map[core.Value]*core.Node   // who reads a value last
	kept    map[core.Value]bool         // the values of the results
	names   map[string]core.Value       // the values of the results, by name
	limit   int64                       // bytes of the values at once
}

// cutTail splits a function: what a plan can compute, with results for the values that
// cross, and the rest; no rest if all shapes are known.
func cutTail(f *core.Function) (*core.Function, *tail, error) {
	late := map[*core.Node]bool{}
	for _, n := range f.Nodes() {
		late[n] = slices.ContainsFunc(n.Outputs(), func(o core.Fact) bool { return !o.Static() }) ||
			slices.ContainsFunc(n.Inputs(), func(v core.Value) bool { return late[v.Node] })
	}
	head := &core.Function{Name: f.Name, Parameters: f.Parameters, Meta: f.Meta}
	t := &tail{
		results: f.Results, planned: map[core.Value]string{}, given: map[core.Value]*core.Node{}, fixed: map[core.Value]*core.Tensor{},
		last: map[core.Value]*core.Node{}, kept: map[core.Value]bool{}, names: map[string]core.Value{},
	}
	for _, r := range f.Results {
		if !late[r] {
			head.Results = append(head.Results, r)
			continue
		}
		v := r.Inputs()[0]
		t.names[r.Name], t.kept[v] = v, true
	}
	if len(t.names) == 0 {
		return f, nil, nil
	}
	for _, n := range f.Nodes() {
		if _, isResult := n.Op().(*core.Result); isResult || !late[n] {
			continue
		}
		t.nodes = append(t.nodes, n)
		for _, v := range n.Inputs() {
			t.last[v] = n
			if late[v.Node] {
				continue
			}
			if err := t.cross(head, v); err != nil {
				return nil, nil, err
			}
		}
	}
	return head, t, nil
}

// cross makes a value that the tail reads available: as a result of the plan, unless it is
// an input or a constant.
func (t *tail) cross(head *core.Function, v core.Value) error {
	if _, done := t.planned[v]; done {
		return nil
	}
	switch op := v.Node.Op().(type) {
	case *core.Constant:
		t.fixed[v] = op.Value
		return nil
	case *core.Parameter:
		t.given[v] = v.Node
		return nil
	}
	name := fmt.Sprintf("tail#%d", len(t.planned))
	r, err := core.NewNamedNode(name, &core.Result{}, v)
	if err != nil {
		return err
	}
	r.Origin = v.Node.Origin
	t.planned[v] = name
	head.Results = append(head.Results, r)
	return nil
}

// run runs the plan and then the tail.
func (t *tail) run(ctx context.Context, inputs, outputs map[string]*core.Tensor) (map[string]*core.Tensor, error) {
	results, err := t.plan.Run(ctx, inputs, outputs)
	if err != nil {
		return nil, err
	}
	values := make(map[core.Value]*core.Tensor, len(t.planned)+len(t.given)+len(t.fixed))
	for v, x := range t.fixed {
		values[v] = x
	}
	for v, p := range t.given {
		values[v] = inputs[p.Name]
	}
	for v, name := range t.planned {
		values[v] = results[name]
		delete(results, name)
	}
	held := int64(0)
	for _, n := range t.nodes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := t.step(n, values, &held); err != nil {
			return nil, err
		}
	}
	for name, v := range t.names {
		if results[name], err = t.result(name, values[v], outputs[name]); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// step computes one node and forgets what nobody reads any more. held counts the bytes of
// what steps have computed.
func (t *tail) step(n *core.Node, values map[core.Value]*core.Tensor, held *int64) error {
	in := make([]*core.Tensor, len(n.Inputs()))
	for i, v := range n.Inputs() {
		in[i] = values[v]
	}
	out, err := n.EvalWithin(in, *held, t.limit)
	if err != nil {
		return err
	}
	for i, x := range out {
		if want := n.Outputs()[i]; !x.Shape().Compatible(want.Shape) {
			return fmt.Errorf("internal error, please report: node %q (%s): output %d has shape %v, not %v", n.Name, n.OpName(), i, x.Shape(), want.Shape)
		}
		values[n.Out(i)] = x
		*held += bytesOf(x)
	}
	for _, v := range n.Inputs() {
		if t.last[v] == n && !t.kept[v] {
			if x, ok := values[v]; ok && t.planned[v] == "" && t.given[v] == nil && t.fixed[v] == nil {
				*held -= bytesOf(x)
			}
			delete(values, v)
		}
	}
	return nil
}

func bytesOf(x *core.Tensor) int64 {
	n, err := x.Fact().Bytes()
	if err != nil {
		return 0 // not of a tensor
	}
	return n
}

// result returns a tensor that the caller owns: its own, checked, or a copy.
func (t *tail) result(name string, x, into *core.Tensor) (*core.Tensor, error) {
	if into == nil {
		return x.Clone(), nil
	}
	if into.Type() != x.Type() || !into.Shape().Equal(x.Shape()) {
		return nil, fmt.Errorf("output %q: got a tensor of %v to write into, want %v", name, into, x)
	}
	copy(into.Bytes(), x.Bytes())
	return into, nil
}

// steps describes the tail's nodes.
func (t *tail) steps() []StepInfo {
	steps := make([]StepInfo, len(t.nodes))
	for i, n := range t.nodes {
		steps[i] = StepInfo{Node: n.Name, Op: n.OpName(), TFOp: n.Origin.Op, Kernel: "reference (tail)", Output: n.Outputs()[0]}
	}
	return steps
}
