package core

import "fmt"

// Evaluation computes nodes one after the other with their ops' references. It does not change, so any
// number of goroutines may call Run at the same time.
type Evaluation struct {
	nodes  []*Node
	own    map[*Node]bool // the same nodes
	last   map[Value]int  // the number of the last node that reads a value; past the end for values to keep
	limits MemoryLimits
}

// NewEvaluation returns an evaluation of the nodes, each of which comes after those that it reads. The values
// in keep are kept after their last reader; others are dropped. Memory stays within limits. Parameters,
// Constants and Results among the nodes are skipped.
func NewEvaluation(nodes []*Node, keep []Value, limits MemoryLimits) *Evaluation {
	e := &Evaluation{own: map[*Node]bool{}, last: map[Value]int{}, limits: limits}
	for _, n := range nodes {
		if !n.IsComputed() {
			continue
		}
		for _, v := range n.inputs {
			e.last[v.source()] = len(e.nodes)
		}
		e.nodes = append(e.nodes, n)
		e.own[n] = true
	}
	for _, v := range keep {
		e.last[v.source()] = len(e.nodes)
	}
	return e
}

// IsComputed reports whether a node computes its outputs: it is not a Parameter, a Constant or a Result.
func (n *Node) IsComputed() bool {
	switch n.op.(type) {
	case *Parameter, *Constant, *Result:
		return false
	}
	return true
}

// Nodes returns the nodes in the order in which they are computed; they must not be changed.
func (e *Evaluation) Nodes() []*Node { return e.nodes }

// Values holds the tensors of one Run. Constants need not be in it.
type Values map[Value]*Tensor

// source follows Results back to the value that they pass on.
func (v Value) source() Value {
	for {
		if _, ok := v.Node.op.(*Result); !ok {
			return v
		}
		v = v.Node.inputs[0]
	}
}

// Of returns the tensor of a value: the constant's own, or else the one in v; nil if there is none.
func (v Values) Of(x Value) *Tensor {
	x = x.source()
	if t := x.Constant(); t != nil {
		return t
	}
	return v[x]
}

// Run computes the nodes. values holds everything else that they read; Run adds their outputs and drops
// each value after its last reader unless it is to be kept. eval computes node number i: it calls
// n.EvalWithin, and may do more around it. A *MemoryError reports the node for which the limit is too low.
func (e *Evaluation) Run(
	values Values, eval func(i int, n *Node, in []*Tensor, held int64, limits MemoryLimits) ([]*Tensor, error),
) error {
	held := int64(0)
	for i, n := range e.nodes {
		in := make([]*Tensor, len(n.inputs))
		for j, v := range n.inputs {
			in[j] = values.Of(v)
		}
		out, err := eval(i, n, in, held, e.limits)
		if err != nil {
			return err
		}
		for j, t := range out {
			if want := n.outputs[j]; !t.shape.Compatible(want.Shape) {
				return fmt.Errorf("internal error, please report: node %q (%s): output %d has shape %v, not %v",
					n.Name, n.OpName(), j, t.shape, want.Shape)
			}
			if _, read := e.last[n.Out(j)]; read {
				values[n.Out(j)] = t
				held += t.size()
			}
		}
		held -= e.drop(i, values)
	}
	return nil
}

// drop forgets the values that node number i was the last to read, and returns the bytes of those that nodes
// had computed.
func (e *Evaluation) drop(i int, values Values) (bytes int64) {
	for _, v := range e.nodes[i].inputs {
		v = v.source()
		t := values[v]
		if t == nil || e.last[v] != i {
			continue
		}
		if e.own[v.Node] {
			bytes += t.size()
		}
		delete(values, v)
	}
	return bytes
}

// CheckCopies returns a *MemoryError if copies of the results' tensors would take more than
// limit bytes.
func CheckCopies(results []*Node, values Values, limit int64) error {
	total := int64(0)
	for _, r := range results {
		if total += values.Of(r.inputs[0]).size(); total > limit {
			return &MemoryError{Node: r.Name, Op: r.OpName(), Outputs: r.outputs, Bytes: total, Limit: limit}
		}
	}
	return nil
}

// Eval runs the reference of every node. Inputs are given by the names of parameters, and results are
// returned by name. A result may be the tensor of an input or a constant. An input that is missing or does
// not fit is a *TensorError.
func (f *Function) Eval(inputs map[string]*Tensor) (map[string]*Tensor, error) {
	values := Values{}
	for _, p := range f.Parameters {
		t := inputs[p.Name]
		if t == nil {
			return nil, &TensorError{Name: p.Name, Problem: Missing, Detail: p.outputs[0].String()}
		}
		want := p.outputs[0]
		if t.typ != want.Type || !t.shape.Compatible(want.Shape) {
			problem := WrongShape
			if t.typ != want.Type {
				problem = WrongType
			}
			return nil, &TensorError{Name: p.Name, Problem: problem, Detail: fmt.Sprintf("got %v, want %v", t, want)}
		}
		values[p.Out(0)] = t
	}
	e := NewEvaluation(f.Nodes(), f.returned(), DefaultMemoryLimits())
	err := e.Run(values, func(_ int, n *Node, in []*Tensor, held int64, limits MemoryLimits) ([]*Tensor, error) {
		return n.EvalWithin(in, held, limits)
	})
	if err != nil {
		return nil, err
	}
	results := make(map[string]*Tensor, len(f.Results))
	for _, r := range f.Results {
		results[r.Name] = values.Of(r.inputs[0])
	}
	return results, nil
}
