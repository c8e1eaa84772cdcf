package core

import "fmt"

// DefaultMaxBytes bounds the tensors that the evaluation of a Function holds at once, where
// its caller says nothing else.
const DefaultMaxBytes = 8 << 30

// MemoryError reports a node that would need more memory than it may take. It is found
// before any is taken.
type MemoryError struct {
	Node, Op string
	Outputs  []Fact
	Bytes    int64 // for the outputs and what they are computed from
	Limit    int64
}

// Error writes: node "x" (BroadcastTo): got output f32[1099511627776], which needs
// 4398046511104 bytes, want at most 8589934592.
func (e *MemoryError) Error() string {
	at := e.Op
	if e.Node != "" {
		at = fmt.Sprintf("node %q (%s)", e.Node, e.Op)
	}
	outputs := "output"
	for _, f := range e.Outputs {
		outputs += " " + f.String()
	}
	return fmt.Sprintf("%s: got %s, for which %d bytes are needed, want at most %d", at, outputs, e.Bytes, e.Limit)
}

// Bytes returns the size of a tensor of a static fact, the headers of strings included. It
// cannot overflow: shapes have at most MaxElements elements.
func (f Fact) Bytes() (int64, error) {
	n, err := f.Shape.Elements()
	if err != nil {
		return 0, err
	}
	const header = 16
	if f.Type == String {
		return int64(n) * header, nil
	}
	return int64(n) * int64(f.Type.Size()), nil
}

// temporary is how many bytes the reference of an op may need for each element of its
// largest operand, beside the outputs: those of two int64 or float64.
const temporary = 16

// checkMemory reports whether outputs of some facts can be computed from tensors where
// held bytes are in use.
func checkMemory(op Op, in []*Tensor, outputs []Fact, held, limit int64) error {
	need, elements := held, 0
	for _, t := range in {
		elements = max(elements, t.Len())
	}
	for _, f := range outputs {
		if !f.Static() {
			continue // its size is bounded by that of the inputs
		}
		bytes, err := f.Bytes()
		if err != nil {
			return Violation("", -1, "%v", err)
		}
		elements = max(elements, f.Shape.elements())
		need += bytes
	}
	if need += int64(elements) * temporary; need > limit {
		return &MemoryError{Op: OpName(op), Outputs: outputs, Bytes: need, Limit: limit}
	}
	return nil
}

// memory counts the tensors that an evaluation holds.
type memory struct {
	limit, held int64
	last        map[*Node]int // the number of the node that reads a node's outputs last
}

// newMemory counts for nodes in the order in which they are evaluated; results are kept.
func newMemory(limit int64, nodes []*Node) *memory {
	m := &memory{limit: limit, last: make(map[*Node]int, len(nodes))}
	for i, n := range nodes {
		m.last[n] = i
		for _, v := range n.inputs {
			m.last[v.Node] = i
		}
		if _, ok := n.op.(*Result); ok {
			m.last[n] = len(nodes)
		}
	}
	return m
}

// eval evaluates a node. Results, which the caller may copy, count without being copied.
func (m *memory) eval(n *Node, in []*Tensor) ([]*Tensor, error) {
	if _, ok := n.op.(*Result); !ok {
		return n.EvalWithin(in, m.held, m.limit)
	}
	if need := m.held + sizeOf(in); need > m.limit {
		return nil, &MemoryError{Node: n.Name, Op: n.OpName(), Outputs: n.outputs, Bytes: need, Limit: m.limit}
	}
	return in, nil
}

// take counts the outputs of node number i, and forgets what no later node reads.
func (m *memory) take(i int, n *Node, values map[*Node][]*Tensor) {
	m.held += sizeOf(values[n])
	for _, v := range n.inputs {
		m.forget(i, v.Node, values)
	}
	m.forget(i, n, values)
}

func (m *memory) forget(i int, n *Node, values map[*Node][]*Tensor) {
	switch n.op.(type) {
	case *Parameter, *Constant: // not counted
		return
	}
	if out, ok := values[n]; ok && m.last[n] <= i {
		m.held -= sizeOf(out)
		delete(values, n)
	}
}

func sizeOf(tensors []*Tensor) (bytes int64) {
	for _, t := range tensors {
		n, err := t.Fact().Bytes()
		if err == nil {
			bytes += n
		}
	}
	return bytes
}
