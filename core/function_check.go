package core

import (
	"fmt"
	"maps"
	"slices"
)

// Check returns a *FunctionError unless f can be bound, evaluated and written: its parameters and results
// are nodes of the ops Parameter and Result with distinct names, its names refer to values, every Parameter
// that is read is among the parameters, the same holds for the functions that ops call, and everything that
// signatures refer to exists.
func (f *Function) Check() error {
	if err := f.checkOwn(); err != nil {
		return err
	}
	if _, err := (callWalk{}).of(f, MaxCallDepth+1); err != nil {
		return err
	}
	return f.checkSignatures()
}

// checkOwn does the checks of Check, except for signatures and for the functions that nodes call.
func (f *Function) checkOwn() error {
	if f == nil {
		return &FunctionError{Msg: "got none"}
	}
	if err := checkBoundary[Parameter]("parameter", f.Parameters); err != nil {
		return err
	}
	if err := checkBoundary[Result]("result", f.Results); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(f.Names)) {
		v := f.Names[name]
		switch part := fmt.Sprintf("name %q", name); {
		case v.Node == nil:
			return &FunctionError{part, "got no node"}
		case v.Index < 0 || v.Index >= len(v.Node.outputs):
			return &FunctionError{
				part, fmt.Sprintf("got output %d of node %q, want one of its %d", v.Index, v.Node, len(v.Node.outputs)),
			}
		}
	}
	return f.checkParameters()
}

// checkBoundary checks the nodes at one side of a Function, which are of op T.
func checkBoundary[T any, P interface {
	*T
	Op
}](side string, nodes []*Node) error {
	seen := map[string]bool{}
	for i, n := range nodes {
		part, want := fmt.Sprintf("%s %d", side, i), OpName(P(new(T)))
		if n == nil || n.op == nil {
			return &FunctionError{part, "got no node, want " + want}
		}
		if _, ok := n.op.(P); !ok {
			return &FunctionError{part, fmt.Sprintf("got op %s, want %s", n.OpName(), want)}
		}
		if n.Name == "" || seen[n.Name] {
			return &FunctionError{part, fmt.Sprintf("got the name %q, want one that no other %s has", n.Name, side)}
		}
		seen[n.Name] = true
	}
	return nil
}

// checkParameters checks what the parameters declare, and that none is missing.
func (f *Function) checkParameters() error {
	for i, p := range f.Parameters {
		if fact := p.outputs[0]; fact.Type >= numTypes {
			return &FunctionError{
				fmt.Sprintf("parameter %d", i), "got " + fact.Type.String() + ", want one of the element types",
			}
		} else if err := checkShape(fact.Shape); err != nil {
			return &FunctionError{fmt.Sprintf("parameter %d", i), err.Error()}
		}
	}
	for _, n := range f.Nodes() {
		if _, ok := n.op.(*Parameter); ok && !slices.Contains(f.Parameters, n) {
			return &FunctionError{"", fmt.Sprintf("node %q (Parameter) is read, but is not among the parameters", n.Name)}
		}
	}
	return nil
}

// checkShape bounds what a Parameter may declare.
func checkShape(s Shape) error {
	known := Shape{}
	for _, dim := range s {
		switch {
		case dim < Unknown:
			return fmt.Errorf("got dimension %d, want >= 0, or -1 if it is unknown", dim)
		case dim != Unknown:
			known = append(known, dim)
		}
	}
	if len(s) > MaxRank {
		return fmt.Errorf("got %d dimensions, want at most %d", len(s), MaxRank)
	}
	_, err := known.Elements()
	return err
}
