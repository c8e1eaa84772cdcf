package savedmodel

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// touched is a variable, or an argument of a function through which a variable is passed.
type touched struct {
	name     string
	argument bool
}

// effects records which variables the nodes of a scope read and change.
type effects struct {
	reads   map[touched]bool
	changes map[touched]*graphdef.Node // the first node that changes each variable
}

func newEffects() *effects {
	return &effects{map[touched]bool{}, map[touched]*graphdef.Node{}}
}

// change records that a node changes a variable, unless one that does is already known.
func (e *effects) change(v touched, n *graphdef.Node) {
	if e.changes[v] == nil {
		e.changes[v] = n
	}
}

// checkChanges returns an error if the wanted nodes, including those needed only by control dependencies,
// both read and change a variable.
func (f *freezer) checkChanges(top *scope) error {
	w := &watcher{graph: f.graph, functions: map[string]*effects{}}
	e := newEffects()
	for i := range top.nodes {
		if f.taken[top.nodes[i].Name] {
			w.node(top, &top.nodes[i], e)
		}
	}
	order := func(a, b touched) int { return cmp.Compare(a.name, b.name) }
	for _, v := range slices.SortedFunc(maps.Keys(e.changes), order) {
		if n := e.changes[v]; e.reads[v] {
			return &VariableError{v.name, wire.Errorf(graphdef.ErrStructure, "node %q (%s) changes it, and what is wanted "+
				"reads it: results would depend on earlier runs", n.Name, n.Op)}
		}
	}
	return nil
}

// watcher finds the effects of functions.
type watcher struct {
	graph     *graphdef.Graph
	functions map[string]*effects // keyed by name; incomplete for a function that is still being searched
	depth     int                 // how deeply the function being searched is nested in calls
}

// keepers are the ops that take a resource and neither read nor change the variable.
var keepers = map[string]bool{"VarIsInitializedOp": true, "DisableCopyOnRead": true, "VariableShape": true}

// changers are the ops that change a variable which they take by reference.
var changers = map[string]bool{
	"Assign": true, "AssignAdd": true, "AssignSub": true, "CountUpTo": true,
	"ScatterAdd": true, "ScatterSub": true, "ScatterMul": true, "ScatterDiv": true, "ScatterMin": true,
	"ScatterMax": true, "ScatterUpdate": true, "ScatterNdAdd": true, "ScatterNdSub": true, "ScatterNdUpdate": true,
}

// node adds the effects of a node, including those of the functions that it calls.
func (w *watcher) node(s *scope, n *graphdef.Node, to *effects) {
	names := n.Functions()
	if _, direct := w.graph.FunctionNamed(n.Op); direct {
		names = []string{n.Op}
	}
	data := n.DataInputs()
	h, hands := handings[n.Op]
	for _, name := range names {
		w.call(s, data[min(h.first, len(data)):], name, to)
	}
	if hands || len(names) > 0 || keepers[n.Op] {
		return
	}
	_, reads := readers[n.Op]
	for _, in := range data {
		v, resource, ok := w.resolve(s, in)
		switch {
		case !ok:
		case reads || !resource && !changers[n.Op]:
			to.reads[v] = true
		default:
			to.change(v, n)
		}
	}
}

// call adds the effects of calling a function with the given inputs.
func (w *watcher) call(s *scope, inputs []graphdef.Input, name string, to *effects) {
	fn, ok := w.graph.FunctionNamed(name)
	if !ok {
		return
	}
	e := w.function(fn)
	arguments := map[string]int{}
	for i := range fn.Inputs {
		arguments[fn.Inputs[i].Name] = i
	}
	outside := func(v touched) (touched, bool) {
		if !v.argument {
			return v, true
		}
		i := arguments[v.name]
		if i >= len(inputs) {
			return v, false
		}
		v, _, ok := w.resolve(s, inputs[i])
		return v, ok
	}
	for v := range e.reads {
		if v, ok := outside(v); ok {
			to.reads[v] = true
		}
	}
	for v, n := range e.changes {
		if v, ok := outside(v); ok {
			to.change(v, n)
		}
	}
}

// function returns the effects of a function.
func (w *watcher) function(fn *graphdef.Function) *effects {
	if e, ok := w.functions[fn.Name]; ok {
		return e
	}
	e := newEffects()
	w.functions[fn.Name] = e
	if w.depth == maxDepth {
		return e
	}
	w.depth++
	defer func() { w.depth-- }()
	s := newScope(fn.Nodes)
	s.args = map[string]graphdef.DataType{}
	for i := range fn.Inputs {
		if fn.Inputs[i].Type == graphdef.Resource {
			s.args[fn.Inputs[i].Name] = graphdef.Resource
		}
	}
	for i := range fn.Nodes {
		w.node(s, &fn.Nodes[i], e)
	}
	return e
}

// resolve returns the variable that an input refers to; ok is false if it refers to none. It also says
// whether the variable is a resource. Otherwise it is a reference, which can be used as a value as well.
func (w *watcher) resolve(s *scope, in graphdef.Input) (v touched, resource, ok bool) {
	for range maxChain {
		if _, isArgument := s.args[in.Node]; isArgument && in.Output == "" {
			return touched{in.Node, true}, true, true
		}
		i, isNode := s.index[in.Node]
		if !isNode {
			return v, false, false
		}
		n := &s.nodes[i]
		if isVariable(n) {
			return touched{n.SharedName(), false}, n.Op == "VarHandleOp", true
		}
		h, data, port := handings[n.Op], n.DataInputs(), max(in.Port, 0)
		if h.types == "" || h.outputs != "" || port >= len(data) || !h.isResource(n, port) {
			return v, false, false
		}
		in = data[port]
	}
	return v, false, false
}
