package core

import (
	"fmt"
	"slices"
)

// Caller is an Op that calls functions: the body of a loop, the branches of a conditional.
// The control is the op's, in Call; who runs the op says how a function is computed.
type Caller interface {
	Op
	// Functions returns the functions, which must not be changed.
	Functions() []*Function
	// FunctionNames says what each function is to the op: condition, body.
	FunctionNames() []string
	// WithFunctions returns the op with other functions in their places, which have the same
	// parameters and results.
	WithFunctions(f []*Function) Caller
	// Specialize returns the op with functions whose parameters have the shapes that inputs
	// of some facts give them. Infer accepts the inputs.
	Specialize(in []Operand) (Caller, error)
	// Inferences returns how often Infer infers each function at most, where those call
	// others so deep: 0 if they call none.
	Inferences(depth int) int
	// Call is Eval where call computes the functions. It checks that the inputs have the
	// types and shapes of the functions' parameters.
	Call(in, out []*Tensor, call Call) error
}

// Call computes function number i of a Caller for its parameters, in their order. A tensor
// in out has its result's type and, if that is known, its shape, and is written into; where
// there is none, a new one is put. The tensors of out share no memory with those of in, nor
// with each other. An error of the function's own is an *OpError or a *MemoryError; any other
// one ends the evaluation, and is passed on as it is.
type Call func(i int, in, out []*Tensor) error

const (
	// MaxCallDepth bounds how deep functions call functions.
	MaxCallDepth = 8
	// MaxCalledNodes bounds the nodes of the functions that the nodes of one function call,
	// and those call: a node counts as often as there are ways to call it.
	MaxCalledNodes = 1 << 20
	// MaxCallWork bounds how many nodes of called functions are inferred when their
	// caller is.
	MaxCallWork = 1 << 23
)

// References returns the Call of functions by their ops' references, within limits.
func References(functions []*Function, limits MemoryLimits) Call {
	evaluations := make([]*Evaluation, len(functions))
	return func(i int, in, out []*Tensor) error {
		f := functions[i]
		if evaluations[i] == nil {
			evaluations[i] = NewEvaluation(f.Nodes(), f.returned(), limits)
		}
		values, given := Values{}, int64(0)
		for k, p := range f.Parameters {
			values[p.Out(0)] = in[k]
			given += in[k].size()
		}
		err := evaluations[i].Run(values, func(
			_ int, n *Node, in []*Tensor, held int64, limits MemoryLimits,
		) ([]*Tensor, error) {
			return n.EvalWithin(in, given+held, limits)
		})
		if err != nil {
			return err
		}
		for k, v := range f.returned() {
			if err := Deliver(out, k, values.Of(v), false); err != nil {
				return err
			}
		}
		return nil
	}
}

// CallWithin is EvalWithin of a Caller: of the node's op, or of what Specialize made of it.
// call computes its functions.
func (n *Node) CallWithin(op Caller, in []*Tensor, held int64, limits MemoryLimits, call Call) ([]*Tensor, error) {
	facts := n.outputs
	if slices.ContainsFunc(facts, func(f Fact) bool { return !f.Static() }) {
		var err error
		if facts, err = op.Infer(OperandsOf(in)); err != nil {
			return nil, located(err, op, n.Name)
		}
	}
	if err := checkMemory(op, in, facts, held, limits); err != nil {
		return nil, located(err, op, n.Name)
	}
	out, err := tensorsOf(facts)
	if err == nil {
		err = op.Call(in, out, call)
	}
	return out, located(err, op, n.Name)
}

// tensorsOf returns tensors of facts; nil where they are not known.
func tensorsOf(facts []Fact) (out []*Tensor, err error) {
	out = make([]*Tensor, len(facts))
	for i, f := range facts {
		if f.Static() {
			if out[i], err = NewTensor(f.Type, f.Shape); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// Deliver makes t result number k: it is written into out[k], whose type and shape it must
// have, or put there if there is none: itself if nobody else has it, else a copy.
func Deliver(out []*Tensor, k int, t *Tensor, own bool) error {
	switch into := out[k]; {
	case into == nil && own:
		out[k] = t
	case into == nil:
		out[k] = t.Clone()
	case into.typ != t.typ || !into.shape.Equal(t.shape):
		return Violation("", -1, "got %v for a result, want %v", into.Fact(), t.Fact())
	default:
		copy(into.data, t.data)
		copy(into.strings, t.strings)
	}
	return nil
}

// OperandsOf returns tensors as what Infer sees of constants.
func OperandsOf(in []*Tensor) []Operand {
	list := make([]Operand, len(in))
	for i, t := range in {
		list[i] = Operand{t.Fact(), t}
	}
	return list
}

// returned returns the values that the results pass on.
func (f *Function) returned() []Value {
	values := make([]Value, len(f.Results))
	for i, r := range f.Results {
		values[i] = r.inputs[0]
	}
	return values
}

// WithShapes is Bind for the parameters in their order.
func (f *Function) WithShapes(shapes []Shape) (*Function, error) {
	named := make(map[string]Shape, len(shapes))
	for i, p := range f.Parameters {
		named[p.Name] = shapes[i]
	}
	return f.Bind(named)
}

// CheckCalled checks a function that an op calls, and returns how deep it calls others.
func CheckCalled(constraint, what string, f *Function) (depth int, err error) {
	err = f.checkOwn()
	if err == nil {
		var c callees
		if c, err = (callWalk{}).of(f, MaxCallDepth); err == nil {
			return c.depth, nil
		}
	}
	return 0, Violation(constraint, -1, "%s: %v", what, err)
}

// callees tells of what a function calls.
type callees struct {
	depth int // how deep it calls others
	nodes int // its own and those of what it calls, as often as there are ways to call them
	work  int // how many nodes are inferred for it
}

// callWalk has what is known of functions.
type callWalk map[*Function]callees

// of checks what f, which is right itself, calls. It may call others so deep, less one.
func (w callWalk) of(f *Function, deep int) (callees, error) {
	c, known := w[f]
	if known && c.depth < deep {
		return c, nil
	}
	if deep == 0 || known {
		return c, &FunctionError{"", fmt.Sprintf("functions call each other deeper than %d", MaxCallDepth)}
	}
	nodes := f.Nodes()
	c = callees{work: len(nodes)}
	for _, n := range nodes {
		op, ok := n.op.(Caller)
		if !ok {
			continue
		}
		depth, work := 0, 0
		for i, g := range op.Functions() {
			if err := g.checkOwn(); err != nil {
				return c, &FunctionError{"", fmt.Sprintf("node %q (%s): %s: %v", n.Name, n.OpName(), op.FunctionNames()[i], err)}
			}
			inner, err := w.of(g, deep-1)
			if err != nil {
				return c, err
			}
			depth, work, c.nodes = max(depth, inner.depth), work+inner.work, c.nodes+inner.nodes
		}
		c.depth = max(c.depth, depth+1)
		if c.work += work * op.Inferences(depth); c.work > MaxCallWork {
			return c, &FunctionError{"", fmt.Sprintf(
				"node %q (%s): it takes the inference of more than %d nodes of nested functions", n.Name, n.OpName(), MaxCallWork)}
		}
		if c.nodes > MaxCalledNodes {
			return c, &FunctionError{"", fmt.Sprintf(
				"node %q (%s): it calls functions of more than %d nodes", n.Name, n.OpName(), MaxCalledNodes)}
		}
	}
	c.nodes += len(nodes)
	w[f] = c
	return c, nil
}

// CalledError returns an error of a function with what the function is to the op.
func CalledError(what string, err error) error {
	if e, ok := err.(*OpError); ok {
		return Violation("", -1, "%s: %v", what, e)
	}
	return &passedError{err}
}

// passedError is an error that is no op's or that tells its node: callers do not make it theirs.
type passedError struct{ error }

// Unwrap returns the error.
func (e *passedError) Unwrap() error { return e.error }
