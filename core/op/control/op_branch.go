package control

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Branch]("Branch")

// Branch computes one of several functions.
//
//	Inputs:  index: i32 []: the number of the function; the last one if there is no such function
//	         arguments: the types of the functions' parameters, shapes that theirs allow
//	Outputs: results: those of the function; all functions give the same types, and dimensions
//	             are known where they agree
//
//	C1: there is at least one function, and each has a parameter for each argument, of its type
//	C2: all functions have the same number of results, of the same types
//	C3: index is i32 []
//
// It is TensorFlow's If (the second function is the one for true) and Case.
type Branch struct {
	Branches []*core.Function `json:"-"`
}

// Functions returns Branches.
func (op *Branch) Functions() []*core.Function { return op.Branches }

// FunctionNames returns their numbers.
func (op *Branch) FunctionNames() []string {
	names := make([]string, len(op.Branches))
	for i := range names {
		names[i] = branchName(i)
	}
	return names
}

// Inferences is 1.
func (op *Branch) Inferences(int) int { return 1 }

// WithFunctions replaces Branches.
func (op *Branch) WithFunctions(f []*core.Function) core.Caller { return &Branch{Branches: f} }

// Infer checks C1 to C3.
func (op *Branch) Infer(in []core.Operand) ([]core.Fact, error) {
	b, err := op.specialize(in)
	if err != nil {
		return nil, err
	}
	out := facts(b.Branches[0].Results)
	for _, f := range b.Branches[1:] {
		for i, r := range f.Results {
			if out[i].Type == core.Dynamic {
				out[i].Type = r.Outputs()[0].Type
			}
			out[i].Shape = out[i].Shape.Join(r.Outputs()[0].Shape)
		}
	}
	return out, nil
}

// Specialize is Caller.Specialize.
func (op *Branch) Specialize(in []core.Operand) (core.Caller, error) { return op.specialize(in) }

func (op *Branch) specialize(in []core.Operand) (*Branch, error) {
	if err := op.check(in); err != nil {
		return nil, err
	}
	shapes := infer.ShapesOf(in[1:])
	b := &Branch{Branches: make([]*core.Function, len(op.Branches))}
	for i, f := range op.Branches {
		for k, p := range f.Parameters {
			if got, want := shapes[k], p.Outputs()[0].Shape; !got.Compatible(want) {
				return nil, core.Violation("C1", k+1, "got shape %v, want %v", got, want)
			}
		}
		var err error
		if b.Branches[i], err = f.WithShapes(shapes); err != nil {
			return nil, core.CalledError(branchName(i), err)
		}
	}
	return b, nil
}

func (op *Branch) check(in []core.Operand) error {
	if len(op.Branches) == 0 || len(in) == 0 {
		return core.Violation("C1", -1, "got %d functions and %d inputs, want one at least", len(op.Branches), len(in))
	}
	if t := in[0].Type; !t.Compatible(core.I32) {
		return core.Violation("C3", 0, "index: got type %v, want i32", t)
	}
	if s := in[0].Shape; !s.Compatible(core.Shape{}) {
		return core.Violation("C3", 0, "index: got shape %v, want []", s)
	}
	for i, f := range op.Branches {
		if _, err := core.CheckCalled("C1", branchName(i), f); err != nil {
			return err
		}
		if got, want := len(f.Parameters), len(in)-1; got != want {
			return core.Violation("C1", -1, "%s: got %d parameters, want %d, as there are arguments", branchName(i), got, want)
		}
		for k, p := range f.Parameters {
			if got, want := in[k+1].Type, p.Outputs()[0].Type; !got.Compatible(want) {
				return core.Violation("C1", k+1, "got type %v, want %v", got, want)
			}
		}
		first := op.Branches[0]
		if got, want := len(f.Results), len(first.Results); got != want {
			return core.Violation("C2", -1, "%s: got %d results, want %d, as the first has", branchName(i), got, want)
		}
		for k, r := range f.Results {
			if got, want := r.Outputs()[0].Type, first.Results[k].Outputs()[0].Type; !got.Compatible(want) {
				return core.Violation("C2", -1, "%s: result %d: got type %v, want %v", branchName(i), k, got, want)
			}
		}
	}
	return nil
}

func branchName(i int) string { return fmt.Sprintf("branch %d", i) }

// Eval runs one function by the references.
func (op *Branch) Eval(in, out []*core.Tensor) error {
	return op.Call(in, out, core.References(op.Branches, core.DefaultMemoryLimits()))
}

// Chosen returns the function for an index, i32 [].
func (op *Branch) Chosen(index *core.Tensor) *core.Function { return op.Branches[op.chosen(index)] }

func (op *Branch) chosen(index *core.Tensor) int {
	i := wholeOf(index)
	if i < 0 || i >= len(op.Branches) {
		i = len(op.Branches) - 1
	}
	return i
}

// Call computes the chosen function.
func (op *Branch) Call(in, out []*core.Tensor, call core.Call) error {
	i := op.chosen(in[0])
	for k, p := range op.Branches[i].Parameters {
		if err := checkArgument("C1", k+1, in[k+1], p.Outputs()[0]); err != nil {
			return err
		}
	}
	given := make([]*core.Tensor, len(out))
	for k, r := range op.Branches[i].Results {
		if r.Outputs()[0].Static() {
			given[k] = out[k]
		}
	}
	if err := call(i, in[1:], given); err != nil {
		return core.CalledError(branchName(i), err)
	}
	for k, t := range given {
		if out[k] == t {
			continue
		}
		if err := core.Deliver(out, k, t, true); err != nil {
			return err
		}
	}
	return nil
}
