package tf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/core"
)

// Endpoint is an input or an output of a graph. The type is Dynamic if it is not known. The shape is known
// only for Placeholders.
type Endpoint struct {
	Name  string
	Type  core.Type
	Shape core.Shape
}

// typesOf returns the types of a node's outputs; none if they are not known.
func typesOf(n *graphdef.Node) []core.Type {
	if !ops.Known(n.Op) {
		return nil
	}
	_, ports := ops.Ports(n.Op)
	types, _, err := ports.Expand(n, opdef.MaxValues)
	if err != nil {
		return nil
	}
	return types
}

// placeholder describes a Placeholder.
func (t *translation) placeholder(n *graphdef.Node) Endpoint {
	e := Endpoint{Name: n.Name}
	if types := typesOf(n); len(types) > 0 {
		e.Type = types[0]
	}
	if shape, err := t.shapeOfTensor(tensorName{node: n.Name}, n); err == nil {
		e.Shape = shape
	}
	return e
}

// endpoints describes outputs.
func (t *translation) endpoints(outputs []tensorName) []Endpoint {
	list := make([]Endpoint, len(outputs))
	types := map[string][]core.Type{}
	for i, o := range outputs {
		list[i].Name = o.String()
		if v, ok := t.cut[o]; ok {
			list[i].Type, list[i].Shape = v.Type(), v.Shape()
			continue
		}
		if _, done := types[o.node]; !done {
			if n, ok := t.graph.Lookup(o.node); ok {
				types[o.node] = typesOf(n)
			}
		}
		if of := types[o.node]; o.port < len(of) {
			list[i].Type = of[o.port]
		}
	}
	return list
}

// surround finds the inputs and outputs of the nodes that the outputs need, and where to cut the graph.
func (t *translation) surround(e *UnsupportedError, nodes []*graphdef.Node, outputs []tensorName) {
	for _, p := range t.function.Parameters {
		e.Inputs = append(e.Inputs, Endpoint{p.Name, p.Outputs()[0].Type, p.Outputs()[0].Shape})
	}
	isThere := func(n *graphdef.Node) bool { // a Placeholder that is translated
		return slices.ContainsFunc(e.Inputs, func(in Endpoint) bool { return in.Name == n.Name })
	}
	for _, op := range []string{"Placeholder", "PlaceholderWithDefault"} {
		for _, n := range nodes {
			if n.Op == op && !isThere(n) {
				e.Inputs = append(e.Inputs, t.placeholder(n))
			}
		}
		if len(e.Inputs) > 0 {
			break
		}
	}
	e.Outputs = t.endpoints(outputs)
	w := t.newWays(nodes)
	e.Front, e.Behind = w.front(outputs), w.behind(outputs)
}

// maxWays bounds how many tensors a suggested cut may have. One that needs more is no help.
const maxWays = 64

// ways records which nodes depend on unsupported ones, which of them unsupported ones depend on, and which
// depend on inputs.
type ways struct {
	t      *translation
	nodes  []*graphdef.Node
	needs  map[string]bool // depends on an unsupported node, or is one
	serves map[string]bool // an unsupported node depends on it, or it is one
	moving map[string]bool // depends on an input
}

func (t *translation) newWays(nodes []*graphdef.Node) *ways {
	w := &ways{t, nodes, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	readers := map[string][]string{}
	var bad, inputs []string
	for _, n := range nodes {
		if !t.supported(n) {
			bad = append(bad, n.Name)
		}
		if isPlaceholder(n) {
			inputs = append(inputs, n.Name)
		}
		for _, in := range t.reads(n) {
			if t.isCut(in) {
				inputs = append(inputs, n.Name)
				continue
			}
			readers[in.Node] = append(readers[in.Node], n.Name)
		}
	}
	spread(w.needs, bad, func(name string) []string { return readers[name] })
	spread(w.moving, inputs, func(name string) []string { return readers[name] })
	spread(w.serves, bad, func(name string) []string {
		n, _ := t.graph.Lookup(name)
		var names []string
		for _, in := range t.reads(n) {
			if !t.isCut(in) {
				names = append(names, in.Node)
			}
		}
		return names
	})
	return w
}

// reads returns the inputs of a node that count.
func (t *translation) reads(n *graphdef.Node) []graphdef.Input { return t.decisions.reads(n) }

// spread marks the names and everything that can be reached from them through next.
func spread(marked map[string]bool, names []string, next func(string) []string) {
	names = slices.Clone(names)
	for len(names) > 0 {
		name := names[len(names)-1]
		names = names[:len(names)-1]
		if !marked[name] {
			marked[name] = true
			names = append(names, next(name)...)
		}
	}
}

// front returns the wanted outputs that need nothing unsupported and, on the way to the other outputs, the
// last tensors that need nothing unsupported: those that only unsupported nodes read. It leaves out
// constants and inputs, and returns at most maxWays.
func (w *ways) front(outputs []tensorName) []string {
	var found []string
	kept := map[string]bool{} // the nodes that something supported reads
	for _, n := range w.nodes {
		for _, in := range w.t.reads(n) {
			if !w.needs[n.Name] {
				kept[in.Node] = true
			}
		}
	}
	for _, o := range outputs {
		if !w.needs[o.node] && w.moving[o.node] && len(found) < maxWays {
			found = append(found, o.String())
		}
	}
	for _, n := range w.nodes {
		for _, in := range w.t.reads(n) {
			p, ok := w.t.graph.Lookup(in.Node)
			if !ok || !w.needs[n.Name] || w.needs[in.Node] || kept[in.Node] || !w.moving[in.Node] || w.t.isCut(in) ||
				isPlaceholder(p) {
				continue
			}
			if name := (tensorName{in.Node, in.Port}).String(); !slices.Contains(found, name) {
				found = append(found, name)
			}
			if len(found) > maxWays {
				return found[:maxWays]
			}
		}
	}
	return found
}

// behind returns tensors that, taken as inputs, separate everything unsupported from the outputs: on each
// path the first one after which nothing is unsupported. It returns none if an output is itself
// unsupported, if the type of a tensor would not be known, or if there are more than maxWays.
func (w *ways) behind(outputs []tensorName) []string {
	for _, o := range outputs {
		if w.serves[o.node] {
			return nil
		}
	}
	var found []string
	for _, n := range w.nodes {
		for _, in := range w.t.reads(n) {
			if w.serves[n.Name] || !w.serves[in.Node] || !w.needs[in.Node] || w.t.isCut(in) {
				continue
			}
			name := tensorName{in.Node, in.Port}
			if slices.Contains(found, name.String()) {
				continue
			}
			p, ok := w.t.graph.Lookup(in.Node)
			if !ok || len(found) == maxWays {
				return nil
			}
			if _, err := w.t.typeOfTensor(name, p); err != nil {
				return nil
			}
			found = append(found, name.String())
		}
	}
	return found
}

// noNodeError is the error for a name that no node has. Its text ends with the graph's inputs and outputs.
type noNodeError struct{ kind, tensor, node, hint, has string }

func (e *noNodeError) Error() string {
	return fmt.Sprintf("%s %q: no node %q in the graph%s%s", e.kind, e.tensor, e.node, e.hint, e.has)
}

// listing adds the inputs and outputs of the graph to an error about a name.
func listing(g *graphdef.Graph, err error) error {
	unknown, ok := err.(*noNodeError)
	if !ok {
		return err
	}
	var inputs, outputs []string
	for i := range g.Nodes {
		if isPlaceholder(&g.Nodes[i]) {
			inputs = append(inputs, g.Nodes[i].Name)
		}
	}
	if found, err := findOutputs(g); err == nil {
		for _, o := range found {
			outputs = append(outputs, o.String())
		}
	}
	e := *unknown
	e.has = fmt.Sprintf("; it has the inputs %s and the outputs %s", list(inputs), list(outputs))
	return &e
}

// list writes at most eight names.
func list(names []string) string {
	const most = 8
	s := "[" + strings.Join(names[:min(len(names), most)], " ")
	if more := len(names) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s + "]"
}
