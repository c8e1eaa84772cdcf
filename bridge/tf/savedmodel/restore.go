package savedmodel

import (
	"fmt"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// Bounds for the search in the restore operation.
const (
	maxRestoreNodes = 1 << 18 // nodes of the graph and of functions; those of a function count for each call
	maxRestoreDepth = 16      // nested calls
	maxChain        = 64      // Identities and arguments between an assignment and the node that it reads
)

// frame is the graph, or one call of a function.
type frame struct {
	nodes   []graphdef.Node
	index   map[string]int
	call    *graphdef.Node // nil for the graph
	args    map[string]int // the indices of the call's inputs, keyed by the names of the function's arguments
	parent  *frame
	visited map[string]bool
	depth   int
}

// place is an output of a node of a frame.
type place struct {
	frame *frame
	node  *graphdef.Node
	port  int
}

// restorer searches the operation that restores the variables.
type restorer struct {
	graph     *graphdef.Graph
	sources   map[string]source
	constants map[*graphdef.Node][]string
	nodes     int // how many nodes were visited
}

// restored returns what the operation assigns to each variable, keyed by the variable's name. If an
// assignment is not understood, the source has an error with the reason. The search ends at the bounds.
func restored(g *graphdef.Graph, operation string) map[string]source {
	r := &restorer{graph: g, sources: map[string]source{}, constants: map[*graphdef.Node][]string{}}
	name, _, _ := strings.Cut(operation, ":")
	r.visit(newFrame(g.Nodes), name)
	return r.sources
}

func newFrame(nodes []graphdef.Node) *frame {
	f := &frame{nodes: nodes, index: make(map[string]int, len(nodes)), visited: map[string]bool{}}
	for i := range nodes {
		f.index[nodes[i].Name] = i
	}
	return f
}

// visit visits a node and all nodes that it depends on, in its frame and in the functions that are called.
func (r *restorer) visit(f *frame, start string) {
	todo := []string{start}
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		i, ok := f.index[name]
		if !ok || f.visited[name] || r.nodes == maxRestoreNodes {
			continue
		}
		f.visited[name] = true
		r.nodes++
		n := &f.nodes[i]
		for _, in := range n.Inputs {
			todo = append(todo, in.Node)
		}
		if n.Op == "Assign" || n.Op == "AssignVariableOp" {
			r.assignment(f, n)
		}
		if fn, ok := r.graph.Callee(n); ok && f.depth < maxRestoreDepth {
			r.enter(f, n, fn)
		}
	}
}

// enter visits all nodes of a function that is called.
func (r *restorer) enter(f *frame, call *graphdef.Node, fn *graphdef.Function) {
	inner := newFrame(fn.Nodes)
	inner.call, inner.parent, inner.depth = call, f, f.depth+1
	inner.args = make(map[string]int, len(fn.Inputs))
	for i := range fn.Inputs {
		inner.args[fn.Inputs[i].Name] = i
	}
	for i := range fn.Nodes {
		r.visit(inner, fn.Nodes[i].Name)
	}
}

// assignment records what a node assigns to a variable.
func (r *restorer) assignment(f *frame, n *graphdef.Node) {
	data := n.DataInputs()
	if len(data) != 2 {
		return
	}
	to, ok := r.chase(f, data[0])
	if !ok || !isVariable(to.node) {
		return
	}
	name := to.node.SharedName()
	from, ok := r.chase(f, data[1])
	switch {
	case !ok:
		r.sources[name] = source{err: wire.Errorf(graphdef.ErrStructure, "what restores it, node %q (%s), reads nothing "+
			"that is known", n.Name, n.Op)}
	case from.node.Op != "RestoreV2":
		r.sources[name] = source{err: wire.Errorf(graphdef.ErrStructure, "it is restored from node %q (%s), want a "+
			"RestoreV2", from.node.Name, from.node.Op)}
	default:
		r.sources[name] = r.restoredFrom(from)
	}
}

// restoredFrom returns the key and the slice that a RestoreV2 reads for an output.
func (r *restorer) restoredFrom(p place) source {
	data := p.node.DataInputs()
	if len(data) != 3 {
		return source{err: wire.Errorf(graphdef.ErrStructure, "node %q (%s) has %d inputs, want 3", p.node.Name, p.node.Op,
			len(data))}
	}
	var texts [2]string // key and slice
	for i := range texts {
		list, err := r.strings(p.frame, data[1+i])
		if err == nil && p.port >= len(list) {
			err = wire.Errorf(graphdef.ErrStructure, "output %d, but %d names", p.port, len(list))
		}
		if err != nil {
			return source{err: fmt.Errorf("node %q (%s): %w", p.node.Name, p.node.Op, err)}
		}
		texts[i] = list[p.port]
	}
	return source{key: texts[0], slice: texts[1]}
}

// strings returns the strings of a constant that an input reads.
func (r *restorer) strings(f *frame, in graphdef.Input) ([]string, error) {
	p, ok := r.chase(f, in)
	if !ok || p.node.Op != "Const" {
		return nil, wire.Errorf(graphdef.ErrStructure, "its names are no constant")
	}
	if list, ok := r.constants[p.node]; ok {
		return list, nil
	}
	t, err := p.node.Tensor("value")
	if err != nil {
		return nil, err
	}
	raw, err := t.Strings()
	if err != nil {
		return nil, err
	}
	list := make([]string, len(raw))
	for i, b := range raw {
		list[i] = string(b)
	}
	r.constants[p.node] = list
	return list, nil
}

// chase follows an input through Identities and function arguments to the node that produces its value.
func (r *restorer) chase(f *frame, in graphdef.Input) (place, bool) {
	for range maxChain {
		i, isNode := f.index[in.Node]
		k, isArg := f.args[in.Node]
		switch {
		case isArg && in.Output == "":
			data := f.call.DataInputs()
			if k >= len(data) {
				return place{}, false
			}
			in, f = data[k], f.parent
		case !isNode:
			return place{}, false
		case f.nodes[i].Op == "Identity" && len(f.nodes[i].DataInputs()) == 1:
			in = f.nodes[i].DataInputs()[0]
		default:
			return place{f, &f.nodes[i], max(in.Port, 0)}, true
		}
	}
	return place{}, false
}
