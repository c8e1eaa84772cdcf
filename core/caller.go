package core

import (
	"fmt"
	"slices"
)

// Caller is an Op that calls functions: the body of a loop, or the branches of a conditional. Its method
// Call contains the control flow; whoever runs the op supplies the means to compute a function.
type Caller interface {
	Op
	// Functions returns the functions, which must not be changed.
	Functions() []*Function
	// FunctionNames returns the role of each function, such as condition or body.
	FunctionNames() []string
	// WithFunctions returns the op with other functions in place of its own. They have the same parameters
	// and results.
	WithFunctions(f []*Function) Caller
	// Specialize returns the op with functions whose parameters have the shapes that follow from the given
	// inputs, which Infer accepts.
	Specialize(in []Operand) (Caller, error)
	// Inferences returns how often, at most, Infer infers each function, given how deep the functions
	// call others; the depth is 0 if they call none.
	Inferences(depth int) int
	// Call is like Eval, but uses call to compute the functions. It checks that the inputs have the types
	// and shapes of the functions' parameters.
	Call(in, out []*Tensor, call Call) error
}

// Call computes function number i of a Caller. in holds the values of the parameters, in order. If out
// holds a tensor for a result, it has the result's type and, if known, shape, and the result is written into
// it; if it is nil, it is set to a new tensor. The tensors of out share no memory with those of in or with
// each other. Errors within the function are an *OpError or a *MemoryError; any other error ends the
// evaluation and is passed on unchanged.
type Call func(i int, in, out []*Tensor) error

const (
	// MaxCallDepth bounds how deep functions call functions.
	MaxCallDepth = 8
	// MaxCalledNodes bounds how many nodes one function may call, directly or through other functions. A
	// node counts once for each path of calls that leads to it.
	MaxCalledNodes = 1 << 20
	// MaxCallWork bounds how many nodes of called functions are inferred when the caller is inferred.
	MaxCallWork = 1 << 23
)

// References returns a Call that computes functions with their ops' references, within limits.
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

// CallWithin is like EvalWithin for a Caller: the node's op, or the result of its Specialize. call computes
// the functions.
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

// tensorsOf returns new tensors with the given facts; nil where a fact is not fully known.
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

// Deliver makes t result number k. If out[k] holds a tensor, t must have its type and shape and is copied
// into it. Otherwise out[k] is set to t, or to a copy if t is used elsewhere.
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

// OperandsOf returns tensors in the form in which Infer sees constant inputs.
func OperandsOf(in []*Tensor) []Operand {
	list := make([]Operand, len(in))
	for i, t := range in {
		list[i] = Operand{t.Fact(), t}
	}
	return list
}

// returned returns the values that the Result nodes pass on.
func (f *Function) returned() []Value {
	values := make([]Value, len(f.Results))
	for i, r := range f.Results {
		values[i] = r.inputs[0]
	}
	return values
}

// WithShapes is like Bind, with the shapes of all parameters in order.
func (f *Function) WithShapes(shapes []Shape) (*Function, error) {
	named := make(map[string]Shape, len(shapes))
	for i, p := range f.Parameters {
		named[p.Name] = shapes[i]
	}
	return f.Bind(named)
}

// CheckCalled checks a function that an op calls, and returns how deeply it calls others.
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

// callees sums up what a function calls.
type callees struct {
	depth int // of nested calls
	nodes int // its own and those of the functions it calls, counted once for each path of calls
	work  int // how many nodes are inferred when it is inferred
}

// callWalk remembers the functions that have been looked at.
type callWalk map[*Function]callees

// of checks the functions that f calls. f itself has been checked, and may call others to a depth of less
// than the limit.
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

// CalledError returns an error of a function, with the function's role in the op.
func CalledError(what string, err error) error {
	if e, ok := err.(*OpError); ok {
		return Violation("", -1, "%s: %v", what, e)
	}
	return &passedError{err}
}

// passedError is an error that does not come from an op, or that already names its node. Callers pass it on
// unchanged.
type passedError struct{ error }

// Unwrap returns the error.
func (e *passedError) Unwrap() error { return e.error }
