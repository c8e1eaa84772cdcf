package core

import (
	"fmt"
	"slices"
)

// Value is one output of a node.
type Value struct {
	Node  *Node
	Index int
}

// Fact returns what is known about the value's type and shape.
func (v Value) Fact() Fact { return v.Node.outputs[v.Index] }

// Type returns the value's element type.
func (v Value) Type() Type { return v.Fact().Type }

// Shape returns the value's shape.
func (v Value) Shape() Shape { return v.Fact().Shape }

// Constant returns the value's tensor if the node is a Constant, or a ShapeOf whose result is known; otherwise
// nil.
func (v Value) Constant() *Tensor {
	switch op := v.Node.op.(type) {
	case *Constant:
		return op.Value
	case *ShapeOf:
		return op.known(v.Node.inputs[0].Shape())
	}
	return nil
}

// String writes the node's name, followed by :index unless it is the first output.
func (v Value) String() string {
	if v.Node == nil {
		return "<none>"
	}
	if v.Index == 0 {
		return v.Node.String()
	}
	return fmt.Sprintf("%s:%d", v.Node, v.Index)
}

// Origin says where a node came from.
type Origin struct {
	Node    string `json:"node,omitempty"`    // the TensorFlow node that it was translated from
	Op      string `json:"op,omitempty"`      // that node's TensorFlow op
	Builder string `json:"builder,omitempty"` // the builder of package builders that emitted it
	Repairs string `json:"repairs,omitempty"` // in words, the defect of TensorFlow that it does not reproduce
}

// Node is an op applied to input values. Op, inputs and outputs never change.
type Node struct {
	Name   string // unique in a Function once it is built; may be empty before
	Origin Origin
	op     Op
	inputs []Value

	outputs []Fact
}

// FactsOf returns what is known about values.
func FactsOf(values []Value) []Fact {
	facts := make([]Fact, len(values))
	for i, v := range values {
		facts[i] = v.Fact()
	}
	return facts
}

// Operands returns values in the form in which Infer sees them.
func Operands(values []Value) []Operand {
	in := make([]Operand, len(values))
	for i, v := range values {
		in[i] = Operand{v.Fact(), v.Constant()}
	}
	return in
}

// NewNode applies op to inputs: it infers, and returns an *OpError if the op
// rejects them.
func NewNode(op Op, inputs ...Value) (*Node, error) { return NewNamedNode("", op, inputs...) }

// NewNamedNode is like NewNode, with a name that errors mention.
func NewNamedNode(name string, op Op, inputs ...Value) (*Node, error) {
	for i, v := range inputs {
		if v.Node == nil {
			return nil, located(Violation("", i, "is not connected"), op, name)
		}
		if v.Index < 0 || v.Index >= len(v.Node.outputs) {
			return nil, located(Violation("", i, "got output %d of node %q, want one of its %d",
				v.Index, v.Node, len(v.Node.outputs)), op, name)
		}
	}
	outputs, err := op.Infer(Operands(inputs))
	if err != nil {
		return nil, located(err, op, name)
	}
	return &Node{Name: name, op: op, inputs: inputs, outputs: outputs}, nil
}

// With returns a node of n's name and origin that applies an op to inputs. It returns an *OpError if the op rejects
// them.
func (n *Node) With(op Op, inputs ...Value) (*Node, error) {
	m, err := NewNamedNode(n.Name, op, inputs...)
	if err != nil {
		return nil, err
	}
	m.Origin = n.Origin
	return m, nil
}

// WithInputs returns n itself if it already has these inputs, otherwise n's op applied to them, as With does.
func (n *Node) WithInputs(inputs []Value) (*Node, error) {
	if slices.Equal(inputs, n.inputs) {
		return n, nil
	}
	return n.With(n.op, inputs...)
}

// Apply is like NewNode for ops with one output: it returns that output.
func Apply(op Op, inputs ...Value) (Value, error) {
	n, err := NewNode(op, inputs...)
	if err != nil {
		return Value{}, err
	}
	return n.Out(0), nil
}

// NewConstant returns the value of a new Constant node. The tensor must not change any more.
func NewConstant(t *Tensor) Value {
	return (&Node{op: &Constant{Value: t}, outputs: []Fact{t.Fact()}}).Out(0)
}

// Op returns the node's op, which must not be changed.
func (n *Node) Op() Op { return n.op }

// OpName returns the registered name of the node's op.
func (n *Node) OpName() string { return OpName(n.op) }

// Inputs returns the inputs, which must not be changed.
func (n *Node) Inputs() []Value { return n.inputs }

// Outputs returns one Fact per output; they must not be changed.
func (n *Node) Outputs() []Fact { return n.outputs }

// Out returns output i as a value.
func (n *Node) Out(i int) Value { return Value{n, i} }

// String returns the name, or the op's name for a node without one.
func (n *Node) String() string {
	if n.Name != "" {
		return n.Name
	}
	return n.OpName()
}

// Locate adds the names of the op, the node and the input to an error that the op's Eval returned.
func (n *Node) Locate(err error) error { return located(err, n.op, n.Name) }

// Eval runs the node's reference on complete input tensors.
func (n *Node) Eval(in []*Tensor) ([]*Tensor, error) {
	return n.EvalWithin(in, 0, DefaultMemoryLimits())
}

// EvalWithin is like Eval within memory limits, when held bytes are already in use. Outputs that would need
// more are a *MemoryError, before anything is allocated.
func (n *Node) EvalWithin(in []*Tensor, held int64, limits MemoryLimits) ([]*Tensor, error) {
	return n.EvalBy(n.op.Eval, in, held, limits)
}

// EvalBy is like EvalWithin, with a function in place of the op's Eval.
func (n *Node) EvalBy(
	eval func(in, out []*Tensor) error, in []*Tensor, held int64, limits MemoryLimits,
) ([]*Tensor, error) {
	out, err := evalOp(n.op, eval, in, held, limits)
	return out, located(err, n.op, n.Name)
}

// EvalUntil runs an op's Eval, which may return early once done is closed (see Tensor.Abandoned). The outputs
// must not be used then.
func EvalUntil(done <-chan struct{}, op Op, in, out []*Tensor) error {
	var few [4]*Tensor
	computed := append(few[:0], out...)
	for _, t := range computed {
		if t != nil {
			t.done = done
		}
	}
	err := op.Eval(in, out)
	for _, t := range computed {
		if t != nil {
			t.done = nil
		}
	}
	return err
}

// EvalOp runs an op on tensors: Infer, and then the reference. Outputs that would need more than
// DefaultMemoryLimits are a *MemoryError.
func EvalOp(op Op, in []*Tensor) ([]*Tensor, error) {
	return evalOp(op, op.Eval, in, 0, DefaultMemoryLimits())
}

// evalOp is like EvalOp, with a function in place of Eval, within limits, when held bytes are already in use.
func evalOp(
	op Op, eval func(in, out []*Tensor) error, in []*Tensor, held int64, limits MemoryLimits,
) ([]*Tensor, error) {
	operands := make([]Operand, len(in))
	for i, t := range in {
		if t == nil {
			return nil, located(Violation("", i, "got no tensor"), op, "")
		}
		operands[i] = Operand{t.Fact(), t}
	}
	facts, err := op.Infer(operands)
	if err != nil {
		return nil, located(err, op, "")
	}
	if err := checkMemory(op, in, facts, held, limits); err != nil {
		return nil, located(err, op, "")
	}
	out, err := tensorsOf(facts)
	if err != nil {
		return nil, located(err, op, "")
	}
	if c, ok := op.(Caller); ok {
		left := MemoryLimits{limits.Bytes - held, limits.TensorBytes}
		return out, located(c.Call(in, out, References(c.Functions(), left)), op, "")
	}
	return out, located(eval(in, out), op, "")
}

// Decomposer is an Op that is defined as a graph of simpler ops.
type Decomposer interface {
	Op
	// Decompose returns values that equal the op's outputs bit for bit, or nil if there is no such graph.
	Decompose(in []Value) ([]Value, error)
}
