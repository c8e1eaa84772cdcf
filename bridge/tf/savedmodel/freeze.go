package savedmodel

import (
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// Freeze returns the part of the graph that the tensors need, with constants in place of the
// variables. Tensors are "x" or "x:0"; those inside calls of functions, "call/x:0", count as the call.
// A name that no node has is passed over: whoever translates the graph tells of it.
//
// A *VariableError reports a variable that is missing, damaged or changed by what is asked for.
func (m *SavedModel) Freeze(tensors ...string) (*graphdef.Graph, error) {
	f := &freezer{
		graph:     m.graph,
		variables: m.variables,
		functions: map[string]*specialized{},
		taken:     map[string]bool{},
	}
	top := newScope(m.graph.Nodes)
	var nodes []graphdef.Node
	for _, i := range needed(top, tensors) {
		f.taken[top.nodes[i].Name] = true
	}
	if len(f.taken) == 0 {
		return nil, wire.Errorf(graphdef.ErrNoNode, "the graph has none of the tensors %q", tensors)
	}
	if err := f.checkChanges(top); err != nil {
		return nil, err
	}
	for i := range top.nodes {
		if !f.taken[top.nodes[i].Name] {
			continue
		}
		made, err := f.node(top, &top.nodes[i])
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, made...)
	}
	return m.graph.With(nodes, f.library())
}

// needed returns the nodes, by their numbers, that the tensors need by data or control.
func needed(top *scope, tensors []string) []int {
	var order []int
	seen := map[int]bool{}
	visit := func(name string) {
		if i, ok := top.index[name]; ok && !seen[i] {
			seen[i] = true
			order = append(order, i)
		}
	}
	for _, t := range tensors {
		name, _, _ := strings.Cut(t, ":")
		for _, ok := top.index[name]; !ok && strings.Contains(name, "/"); _, ok = top.index[name] {
			name = name[:strings.LastIndex(name, "/")]
		}
		visit(name)
	}
	for k := 0; k < len(order); k++ {
		for _, in := range top.nodes[order[k]].Inputs {
			visit(in.Node)
		}
	}
	return order
}

// freezer makes a graph without variables.
type freezer struct {
	graph     *graphdef.Graph
	variables *variables
	functions map[string]*specialized // that the wanted nodes call, by their names
	taken     map[string]bool         // the nodes of the graph that are wanted
	depth     int                     // of functions
}

// specialized is a function whose resources have become tensors.
type specialized struct {
	function graphdef.Function
	types    []graphdef.DataType // of the variables that its arguments are; Invalid for all others
	open     bool                // it is being made
}

// scope is the graph, or a function.
type scope struct {
	nodes []graphdef.Node
	index map[string]int
	args  map[string]graphdef.DataType // of a function, arguments that are variables: the types of their elements
}

func newScope(nodes []graphdef.Node) *scope {
	s := &scope{nodes: nodes, index: make(map[string]int, len(nodes))}
	for i := range nodes {
		s.index[nodes[i].Name] = i
	}
	return s
}

// library returns the graph's functions, with those that were made in place of their originals.
func (f *freezer) library() []graphdef.Function {
	list := slices.Clone(f.graph.Functions)
	for i := range list {
		if s, ok := f.functions[list[i].Name]; ok {
			list[i] = s.function
		}
	}
	return list
}

// node returns what stands for a node.
func (f *freezer) node(s *scope, n *graphdef.Node) ([]graphdef.Node, error) {
	r, reads := readers[n.Op]
	switch {
	case isVariable(n):
		c, err := f.constant(n)
		return []graphdef.Node{c}, err
	case reads:
		data := n.DataInputs()
		if len(data) == 0 || f.element(s, data[0]) == graphdef.Invalid {
			break
		}
		made, err := r(s, n, f.element(s, data[0]))
		for i := range made {
			f.rename(s, &made[i])
		}
		return made, err
	}
	out, err := f.hand(s, n)
	f.rename(s, &out)
	return []graphdef.Node{out}, err
}

// constant returns the constant of a variable.
func (f *freezer) constant(n *graphdef.Node) (graphdef.Node, error) {
	t, err := f.variables.value(n)
	if err != nil {
		return graphdef.Node{}, err
	}
	c, err := graphdef.NewConst(n.Name, t.Type, t.Shape, t.Data)
	if err != nil {
		return graphdef.Node{}, &VariableError{variableName(n), err}
	}
	c.Device, c.Inputs = n.Device, n.Inputs
	return c, nil
}

// renamed is the name of the output of a Const, an Identity and of all that takes the place of a
// reader: in a function, an input names the output that it reads.
const renamed = "output"

// rename makes the inputs of a node of a function read what has taken the place of a variable or
// of what read it.
func (f *freezer) rename(s *scope, n *graphdef.Node) {
	inputs := n.Inputs
	for i, in := range n.Inputs {
		k, ok := s.index[in.Node]
		if !ok || in.Output == "" || in.Output == renamed || !f.replaced(s, &s.nodes[k]) {
			continue
		}
		if &inputs[0] == &n.Inputs[0] {
			inputs = slices.Clone(n.Inputs)
		}
		inputs[i].Output = renamed
	}
	n.Inputs = inputs
}

// replaced reports whether another op takes the place of a node.
func (f *freezer) replaced(s *scope, n *graphdef.Node) bool {
	if isVariable(n) {
		return true
	}
	_, reads := readers[n.Op]
	data := n.DataInputs()
	return reads && len(data) > 0 && f.element(s, data[0]) != graphdef.Invalid
}

// readers are the ops that read a variable, and what they are for a tensor of its elements.
var readers = map[string]makeReader{
	"ReadVariableOp":   reader("Identity", "T"),
	"ResourceGatherNd": reader("GatherNd", "Tparams", "Tindices"),
	"VariableShape":    reader("Shape", "T", "out_type"),
	"ResourceGather":   gather,
}

// makeReader makes what reads a tensor of a type in place of a node of a scope.
type makeReader func(s *scope, n *graphdef.Node, t graphdef.DataType) ([]graphdef.Node, error)

// reader returns what makes a node of another op, with the elements' type and further attributes
// that both ops have.
func reader(op, typ string, same ...string) makeReader {
	return func(_ *scope, n *graphdef.Node, t graphdef.DataType) ([]graphdef.Node, error) {
		attributes := []graphdef.Attribute{graphdef.TypeAttribute(typ, t)}
		for _, name := range same {
			v, err := n.TypeOr(name, graphdef.Int32)
			if err != nil {
				return nil, err
			}
			attributes = append(attributes, graphdef.TypeAttribute(name, v))
		}
		out := graphdef.NewNode(n.Name, op, n.Inputs, attributes...)
		out.Device = n.Device
		return []graphdef.Node{out}, nil
	}
}

// gather makes a GatherV2 of a ResourceGather: the axis, which is that behind the dimensions of the
// batch, is a constant of its own.
func gather(s *scope, n *graphdef.Node, t graphdef.DataType) ([]graphdef.Node, error) {
	indices, err := n.Type("Tindices")
	if err != nil {
		return nil, err
	}
	batch, err := n.IntOr("batch_dims", 0)
	if err != nil {
		return nil, err
	}
	axis, err := graphdef.NewConst(n.Name+"/axis", graphdef.Int32, []int64{}, []byte{byte(batch), 0, 0, 0})
	if err != nil {
		return nil, err
	}
	data := n.DataInputs()
	if batch < 0 || batch > 127 || len(data) != 2 {
		return nil, n.Errorf("batch_dims", "got %d and %d inputs, want 0 to 127 and 2", batch, len(data))
	}
	at := graphdef.Input{Node: axis.Name}
	if s.args != nil { // a function's
		at.Output = renamed
	}
	inputs := slices.Insert(slices.Clone(n.Inputs), 2, at)
	out := graphdef.NewNode(n.Name, "GatherV2", inputs, graphdef.TypeAttribute("Tparams", t),
		graphdef.TypeAttribute("Tindices", indices), graphdef.TypeAttribute("Taxis", graphdef.Int32),
		graphdef.IntAttribute("batch_dims", batch))
	out.Device = n.Device
	return []graphdef.Node{axis, out}, nil
}
