package control

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Loop]("Loop")

// MaxSteps bounds how often a Loop runs its body.
const MaxSteps = 1 << 22

// Loop runs a function repeatedly, on its own results of the step before, as long as another function says so.
//
//	Inputs:  variables: the initial value of each variable, with the type of the parameter and a
//	             shape that the parameter's allows; for a variable in Lists, its number of
//	             elements: i32 or i64, []
//	         captures: further values that both functions read, with the types and shapes of
//	             their parameters
//	Outputs: variables: their final values
//
//	C1: Condition and Body have a parameter for each variable, and then for each capture, of
//	    the same types
//	C2: Condition gives a boolean []
//	C3: Body gives the next value of each variable, with its type and a shape that its
//	    parameter's allows; for a variable in Rows it gives the number of a row instead, i32 or
//	    i64 [], and that row
//	C4: Lists and Rows are numbers of variables, in ascending order without duplicates; the
//	    variables in Rows have rows
//	C5: numbers of rows, and numbers of elements, are within bounds
//	C6: Condition is false after at most MaxSteps steps
//
// The shape of a variable may change from step to step only where the parameter of Body declares it unknown. A
// variable in Lists starts as a list of that many elements, all zeros, [n, ...], with the shape that Body's
// results have. A variable in Rows changes by one row [...] in each step, which has the same effect as a SetRow
// at the end of Body, but is done in place.
//
// It is TensorFlow's While, and the frame of Enter, Merge, Switch, NextIteration and Exit.
type Loop struct {
	Condition *core.Function `json:"-"`
	Body      *core.Function `json:"-"`
	Lists     []int          `json:"lists,omitempty"`
	Rows      []int          `json:"rows,omitempty"`
}

// Functions returns Condition and Body.
func (op *Loop) Functions() []*core.Function { return []*core.Function{op.Condition, op.Body} }

// FunctionNames returns condition and body.
func (op *Loop) FunctionNames() []string { return loopFunctions[:] }

var loopFunctions = [2]string{"condition", "body"}

// Inferences is smaller for functions that call others, since the inferences of nested loops multiply.
func (op *Loop) Inferences(depth int) int { return max(8-2*depth, 2) }

// WithFunctions replaces Condition and Body.
func (op *Loop) WithFunctions(f []*core.Function) core.Caller {
	l := &Loop{Lists: op.Lists, Rows: op.Rows}
	if len(f) == 2 {
		l.Condition, l.Body = f[0], f[1]
	}
	return l
}

// Variables returns how many variables there are.
func (op *Loop) Variables() int { return len(op.Body.Results) - len(op.Rows) }

// ResultsOf returns the results of Body for a variable: its next value, or the number of a row and the row.
func (op *Loop) ResultsOf(variable int) []*core.Node {
	first := op.result(variable)
	return op.Body.Results[first:op.result(variable+1)]
}

// result returns the number of Body's first result for a variable.
func (op *Loop) result(variable int) int {
	before, _ := slices.BinarySearch(op.Rows, variable)
	return variable + before
}

func (op *Loop) isList(input int) bool { return slices.Contains(op.Lists, input) }
func (op *Loop) isRow(v int) bool      { return slices.Contains(op.Rows, v) }

// Infer checks C1 to C4, and finds the shapes that the variables have in all steps.
func (op *Loop) Infer(in []core.Operand) ([]core.Fact, error) {
	l, err := op.specialize(in)
	if err != nil {
		return nil, err
	}
	return facts(l.Body.Parameters[:l.Variables()]), nil
}

// Specialize is Caller.Specialize.
func (op *Loop) Specialize(in []core.Operand) (core.Caller, error) { return op.specialize(in) }

func (op *Loop) specialize(in []core.Operand) (*Loop, error) {
	depth, err := op.check(in)
	if err != nil {
		return nil, err
	}
	shapes, err := op.first(in)
	if err != nil {
		return nil, err
	}
	rounds := op.Inferences(depth)
	for round := 1; ; round++ {
		body, err := op.Body.WithShapes(shapes)
		if err != nil {
			return nil, core.CalledError("body", err)
		}
		next, err := op.next(body, shapes, in)
		if err != nil {
			return nil, err
		}
		for v := range op.Variables() { // shapes that have not settled by now fall back to the declared ones
			if round >= rounds/2 && !next[v].Equal(shapes[v]) {
				next[v] = op.declared(v)
			}
		}
		if slices.EqualFunc(next, shapes, core.Shape.Equal) {
			condition, err := op.Condition.WithShapes(shapes)
			if err != nil {
				return nil, core.CalledError("condition", err)
			}
			return &Loop{Condition: condition, Body: body, Lists: op.Lists, Rows: op.Rows}, nil
		}
		if shapes = next; round >= rounds-1 {
			for v := range op.Variables() {
				shapes[v] = op.declared(v)
			}
		}
	}
}

// declared returns the shape of parameter i of both functions.
func (op *Loop) declared(i int) core.Shape {
	s, _ := op.Body.Parameters[i].Outputs()[0].Shape.Merge(op.Condition.Parameters[i].Outputs()[0].Shape)
	return s
}

// first returns the shapes of the parameters before the first step.
func (op *Loop) first(in []core.Operand) ([]core.Shape, error) {
	shapes := make([]core.Shape, len(in))
	for i, x := range in {
		s := x.Shape
		if op.isList(i) {
			s = nil
			if d := op.declared(i); len(d) > 0 && x.Const != nil {
				s = d.Clone()
				s[0] = wholeOf(x.Const)
			}
		}
		merged, ok := s.Merge(op.declared(i))
		if !ok {
			return nil, core.Violation("C1", i, "got shape %v, want %v", s, op.declared(i))
		}
		shapes[i] = merged
	}
	return shapes, nil
}

// next returns what is known about the shapes of the parameters after one more step.
func (op *Loop) next(body *core.Function, shapes []core.Shape, in []core.Operand) ([]core.Shape, error) {
	next := slices.Clone(shapes)
	for v := range op.Variables() {
		got := body.Results[op.result(v)].Outputs()[0].Shape
		if op.isRow(v) {
			got = withRow(shapes[v], body.Results[op.result(v)+1].Outputs()[0].Shape)
		}
		if !got.Compatible(op.declared(v)) {
			return nil, core.Violation("C3", -1, "variable %d: body gives shape %v, want %v", v, got, op.declared(v))
		}
		j := shapes[v].Join(got)
		if op.isList(v) && !elementsKnown(shapes[v]) && got.Compatible(shapes[v]) {
			if j, _ = got.Merge(shapes[v]); len(j) > 0 && j[0] == core.Unknown && shapes[v] == nil && in[v].Const != nil {
				j = j.Clone()
				j[0] = wholeOf(in[v].Const)
			}
		}
		next[v], _ = j.Merge(op.declared(v))
	}
	return next, nil
}

// elementsKnown reports whether the shape of the elements of a list is known.
func elementsKnown(list core.Shape) bool { return len(list) > 0 && list[1:].Static() }

// withRow returns the shape of a list whose rows have a given shape.
func withRow(list, row core.Shape) core.Shape {
	if row == nil {
		return list
	}
	s := infer.JoinedShapes(core.Shape{core.Unknown}, row)
	if len(list) > 0 && list[0] != core.Unknown {
		s[0] = list[0]
	}
	return s
}

// check checks what does not depend on the inputs' shapes. It returns how deeply the functions call others.
func (op *Loop) check(in []core.Operand) (depth int, err error) {
	for i, f := range op.Functions() {
		name := loopFunctions[i]
		d, err := core.CheckCalled("C1", name, f)
		if err != nil {
			return 0, err
		}
		depth = max(depth, d)
		if len(f.Parameters) != len(in) {
			return 0, core.Violation("C1", -1, "%s: got %d parameters, want %d, as there are inputs",
				name, len(f.Parameters), len(in))
		}
	}
	if err := op.checkLists(in); err != nil {
		return 0, err
	}
	for i, p := range op.Body.Parameters {
		b, c := p.Outputs()[0], op.Condition.Parameters[i].Outputs()[0]
		if b.Type != c.Type || !b.Shape.Compatible(c.Shape) {
			return 0, core.Violation("C1", -1, "parameter %d: condition has %v, body %v, want the same", i, c, b)
		}
		if got := in[i].Type; !op.isList(i) && !got.Compatible(b.Type) {
			return 0, core.Violation("C1", i, "got type %v, want %v", got, b.Type)
		}
	}
	if r := op.Condition.Results; len(r) != 1 || !r[0].Outputs()[0].Type.Compatible(core.Bool) ||
		!r[0].Outputs()[0].Shape.Compatible(core.Shape{}) {
		return 0, core.Violation("C2", -1, "condition: got results %v, want one boolean []", facts(r))
	}
	return depth, op.checkNext()
}

// checkLists checks C4 and the inputs that are numbers of elements.
func (op *Loop) checkLists(in []core.Operand) error {
	if n := op.Variables(); n < 0 || n > len(in) {
		return core.Violation("C3", -1, "body: got %d results, want at most one for each of %d parameters, "+
			"and one more for each of rows %v", len(op.Body.Results), len(in), op.Rows)
	}
	for _, list := range [][]int{op.Lists, op.Rows} {
		for i, v := range list {
			if v < 0 || v >= op.Variables() || i > 0 && list[i-1] >= v {
				return core.Violation("C4", -1, "got lists %v and rows %v, want numbers of the %d variables, in rising order",
					op.Lists, op.Rows, op.Variables())
			}
		}
	}
	for _, v := range op.Lists {
		if t := in[v].Type; t != core.Dynamic && t != core.I32 && t != core.I64 {
			return core.Violation("C1", v, "got type %v, want i32 or i64, the number of the list's elements", t)
		}
		if s := in[v].Shape; !s.Compatible(core.Shape{}) {
			return core.Violation("C1", v, "got shape %v, want [], the number of the list's elements", s)
		}
		if c := in[v].Const; c != nil && (wholeOf(c) < 0 || wholeOf(c) > core.MaxElements) {
			return core.Violation("C5", v, "got %d elements, want 0 to %d", wholeOf(c), int64(core.MaxElements))
		}
	}
	return nil
}

// checkNext checks the results of Body, except for their shapes.
func (op *Loop) checkNext() error {
	for v := range op.Variables() {
		r, want := op.Body.Results[op.result(v)].Outputs()[0], op.Body.Parameters[v].Outputs()[0].Type
		if op.isRow(v) {
			if s := op.declared(v); s.Ranked() && len(s) == 0 {
				return core.Violation("C4", -1, "variable %d: got a scalar, want rows", v)
			}
			if r.Type != core.Dynamic && r.Type != core.I32 && r.Type != core.I64 || !r.Shape.Compatible(core.Shape{}) {
				return core.Violation("C3", -1, "variable %d: body gives %v for the number of a row, want i32 or i64 []", v, r)
			}
			r = op.Body.Results[op.result(v)+1].Outputs()[0]
		}
		if !r.Type.Compatible(want) {
			return core.Violation("C3", -1, "variable %d: body gives type %v, want %v", v, r.Type, want)
		}
	}
	return nil
}

// Eval runs both functions by their references.
func (op *Loop) Eval(in, out []*core.Tensor) error {
	return op.Call(in, out, core.References(op.Functions(), core.DefaultMemoryLimits()))
}

// Call runs the loop.
func (op *Loop) Call(in, out []*core.Tensor, call core.Call) error {
	s, err := op.start(in)
	if err != nil {
		return err
	}
	condition := make([]*core.Tensor, 1)
	for step := 0; ; step++ {
		if err := call(0, s.now, condition); err != nil {
			return core.CalledError("condition", err)
		}
		if c := condition[0]; c.Type() != core.Bool || c.Len() != 1 {
			return core.Violation("C2", -1, "condition: got %v, want boolean []", c.Fact())
		}
		if !core.Data[bool](condition[0])[0] {
			break
		}
		if step == MaxSteps {
			return core.Violation("C6", -1, "it has run %d steps and does not end", step)
		}
		if err := call(1, s.now, s.results()); err != nil {
			return core.CalledError("body", err)
		}
		if err := s.advance(); err != nil {
			return err
		}
	}
	return s.deliver(out)
}

// looping is the state of a running Loop.
type looping struct {
	op    *Loop
	now   []*core.Tensor // variables and captures
	own   []bool         // of the variables: whether the loop owns the memory
	spare []*core.Tensor // for the results of Body to be written into
	given []*core.Tensor // the results of Body
}

func (op *Loop) start(in []*core.Tensor) (*looping, error) {
	s := &looping{op: op, now: slices.Clone(in), own: make([]bool, op.Variables())}
	s.spare, s.given = make([]*core.Tensor, len(op.Body.Results)), make([]*core.Tensor, len(op.Body.Results))
	for _, v := range op.Lists {
		t, err := op.emptyList(v, in)
		if err != nil {
			return nil, err
		}
		s.now[v], s.own[v] = t, true
	}
	for _, v := range op.Rows {
		if !s.own[v] {
			s.now[v], s.own[v] = in[v].Clone(), true
		}
	}
	for i, t := range s.now {
		if err := s.checkValue(i, t); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// checkValue checks that a tensor can be the value of a parameter.
func (s *looping) checkValue(i int, t *core.Tensor) error {
	return checkArgument("C3", i, t, core.Fact{Type: s.op.Body.Parameters[i].Outputs()[0].Type, Shape: s.op.declared(i)})
}

// emptyList returns the first value of a list.
func (op *Loop) emptyList(v int, in []*core.Tensor) (*core.Tensor, error) {
	n := wholeOf(in[v])
	if n < 0 || n > core.MaxElements {
		return nil, core.Violation("C5", v, "got %d elements, want 0 to %d", n, int64(core.MaxElements))
	}
	shape := op.declared(v)
	if !elementsKnown(shape) {
		l, err := op.specialize(core.OperandsOf(in))
		if err != nil {
			return nil, err
		}
		if shape = l.declared(v); len(shape) == 0 {
			shape = core.Shape{n, 0}
		}
	}
	shape = shape.Clone()
	for i, d := range shape {
		shape[i] = max(d, 0) // the first row that is set decides on unknown dimensions, see SetRow
	}
	shape[0] = n
	return core.BoundedTensor(op, core.Fact{Type: op.Body.Parameters[v].Outputs()[0].Type, Shape: shape})
}

// results returns the tensors for Body to write into.
func (s *looping) results() []*core.Tensor {
	copy(s.given, s.spare)
	clear(s.spare)
	for i, r := range s.op.Body.Results {
		if !r.Outputs()[0].Static() {
			s.given[i] = nil
		}
	}
	return s.given
}

// advance makes the results of Body the values of the variables.
func (s *looping) advance() error {
	for v := range s.own {
		at := s.op.result(v)
		if !s.op.Body.Results[at].Outputs()[0].Static() && !s.op.isRow(v) {
			if err := s.checkValue(v, s.given[at]); err != nil {
				return err
			}
		}
		if s.op.isRow(v) {
			if err := s.setRow(v, s.given[at], s.given[at+1]); err != nil {
				return err
			}
			s.spare[at], s.spare[at+1] = s.given[at], s.given[at+1]
			continue
		}
		if s.own[v] {
			s.spare[at] = s.now[v]
		}
		s.now[v], s.own[v] = s.given[at], true
	}
	return nil
}

// setRow sets a row of a variable, in place if it has rows of that shape.
func (s *looping) setRow(v int, index, row *core.Tensor) error {
	x := s.now[v]
	if shape := rowShape(x, row); !shape.Equal(x.Shape()[1:]) {
		list, err := core.BoundedTensor(s.op, core.Fact{Type: x.Type(), Shape: infer.JoinedShapes(x.Shape()[:1], shape)})
		if err != nil {
			return err
		}
		s.now[v] = list
	}
	return setRow(s.now[v], index, row)
}

// deliver stores the final values in out.
func (s *looping) deliver(out []*core.Tensor) error {
	for v, own := range s.own {
		if err := core.Deliver(out, v, s.now[v], own); err != nil {
			return err
		}
	}
	return nil
}
