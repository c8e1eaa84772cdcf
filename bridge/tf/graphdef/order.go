package graphdef

import (
	"slices"
	"strings"
)

// Order returns the named nodes and all nodes whose data they need, each after the nodes that it
// reads; without names, all nodes. The order is that of the file as far as possible, so it is the
// same each time. Control inputs do not bring nodes in, since they carry no data, but they are kept
// among the nodes that are in.
//
// A cycle is an error that wraps [ErrCycle] and names the nodes on it. An unknown name is an error that wraps
// [ErrNoNode].
func (g *Graph) Order(outputs ...string) ([]*Node, error) {
	if len(outputs) > 0 {
		return g.OrderBehind(func(Input) bool { return false }, outputs...)
	}
	wanted := slices.Repeat([]bool{true}, len(g.Nodes))
	return g.sort(wanted, func(Input) bool { return false })
}

// OrderBehind is like Order, but does not follow the data inputs that are cut. Nodes that are needed only through
// these are not in the result, and a cycle that goes through one of them is not an error.
func (g *Graph) OrderBehind(cut func(Input) bool, outputs ...string) ([]*Node, error) {
	wanted, err := g.ancestors(outputs, cut)
	if err != nil {
		return nil, err
	}
	return g.sort(wanted, cut)
}

// NeededBehind returns the nodes of OrderBehind in the order of the file. Cycles are allowed.
func (g *Graph) NeededBehind(cut func(Input) bool, outputs ...string) ([]*Node, error) {
	wanted, err := g.ancestors(outputs, cut)
	if err != nil {
		return nil, err
	}
	var nodes []*Node
	for i := range g.Nodes {
		if wanted[i] {
			nodes = append(nodes, &g.Nodes[i])
		}
	}
	return nodes, nil
}

// sort orders the wanted nodes.
func (g *Graph) sort(wanted []bool, cut func(Input) bool) ([]*Node, error) {
	w := walk{graph: g, wanted: wanted, cut: cut, state: make([]visit, len(g.Nodes))}
	for i := range g.Nodes {
		if wanted[i] && w.state[i] == unseen {
			if err := w.from(int32(i)); err != nil {
				return nil, err
			}
		}
	}
	return w.sorted, nil
}

// ancestors marks the outputs and everything that they need over data edges that are not cut.
func (g *Graph) ancestors(outputs []string, cut func(Input) bool) ([]bool, error) {
	marked := make([]bool, len(g.Nodes))
	var todo []int32
	mark := func(i int32) {
		if !marked[i] {
			marked[i] = true
			todo = append(todo, i)
		}
	}
	for _, name := range outputs {
		i, ok := g.byName[name]
		if !ok {
			return nil, errorf(ErrNoNode, "no node %s in the graph", quote(name))
		}
		mark(i)
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, input := range g.Nodes[i].DataInputs() {
			if !cut(input) {
				mark(input.index)
			}
		}
	}
	return marked, nil
}

type visit uint8

const (
	unseen visit = iota
	open         // on the path
	done
)

// walk is a depth-first walk against the edges, with its own stack: graphs are deeper than goroutine stacks should
// get.
type walk struct {
	graph  *Graph
	wanted []bool
	cut    func(Input) bool // of data inputs: not followed
	state  []visit
	path   []step
	sorted []*Node
}

// step is a node on the path and how many of its inputs have been walked.
type step struct{ node, inputs int32 }

func (w *walk) from(root int32) error {
	w.push(root)
	for len(w.path) > 0 {
		top := &w.path[len(w.path)-1]
		node := &w.graph.Nodes[top.node]
		if int(top.inputs) == len(node.Inputs) {
			w.state[top.node] = done
			w.sorted = append(w.sorted, node)
			w.path = w.path[:len(w.path)-1]
			continue
		}
		input := node.Inputs[top.inputs]
		next := input.index
		top.inputs++
		switch {
		case !input.Control && w.cut(input):
		case !w.wanted[next] || w.state[next] == done:
		case w.state[next] == open:
			return w.cycle(next)
		default:
			w.push(next)
		}
	}
	return nil
}

func (w *walk) push(node int32) {
	w.state[node] = open
	w.path = append(w.path, step{node: node})
}

// cycle describes the cycle that is closed by the node at the path's end reading start. Data flows along its arrows.
func (w *walk) cycle(start int32) error {
	const most = 6
	var names []string
	loop := false
	for i := len(w.path) - 1; i >= 0; i-- {
		n := &w.graph.Nodes[w.path[i].node]
		names = append(names, clip(n.Name))
		loop = loop || n.Op == "NextIteration"
		if w.path[i].node == start {
			break
		}
	}
	// The path runs from reader to producer, so walking it from its end follows the data, which the end has from
	// start.
	first := &w.graph.Nodes[start]
	names = append(slices.Insert(names[:len(names)-1], 0, clip(first.Name)), clip(first.Name))
	if len(names) > most {
		names = append(names[:most-2], "...", names[len(names)-1])
	}
	hint := ""
	if loop {
		hint = ": no while loop as TensorFlow writes them"
	}
	return in(errorf(ErrCycle, "is on a cycle, %s%s", strings.Join(names, " -> "), hint), first, "")
}
