package savedmodel

import (
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// Freeze returns the part of the graph that the given tensors need, with constants in place of variables, and with
// the initializers of the tables among it.
// A tensor is named "x" or "x:0". A tensor inside a function call, "call/x:0", stands for the call. Names
// that no node has are ignored here; translating the graph reports them.
//
// The error is a *VariableError if a variable is missing or damaged, or if the wanted nodes change it.
func (m *SavedModel) Freeze(tensors ...string) (*graphdef.Graph, error) {
	f := &freezer{
		graph:     m.graph,
		assets:    m.assets,
		files:     m.assetVariables(),
		variables: m.variables,
		functions: map[string]*specialized{},
		taken:     map[string]bool{},
	}
	top := newScope(m.graph.Nodes)
	var nodes []graphdef.Node
	wanted := needed(top, true, tensors...)
	for _, i := range append(wanted, m.initializing(top, wanted)...) {
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
		for k := range made { // what initializes tables waits for nothing
			made[k].Inputs = slices.DeleteFunc(slices.Clone(made[k].Inputs), func(in graphdef.Input) bool {
				_, exists := top.index[in.Node]
				return in.Control && exists && !f.taken[in.Node]
			})
		}
		nodes = append(nodes, made...)
	}
	return m.graph.With(nodes, f.library())
}

// needed returns the indices of the nodes that the tensors depend on, by data or, if wanted, by control.
func needed(top *scope, control bool, tensors ...string) []int {
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
			if control || !in.Control {
				visit(in.Node)
			}
		}
	}
	return order
}

// freezer makes a graph without variables.
type freezer struct {
	graph     *graphdef.Graph
	assets    map[string]string // files, by the graph's nodes that name them
	files     map[string]string // and by the names of variables that do
	variables *variables
	functions map[string]*specialized // the functions that the wanted nodes call, keyed by name
	taken     map[string]bool         // the names of the graph's nodes that are wanted
	depth     int                     // how deeply the function being made is nested in calls
}

// specialized is a function whose resources have become tensors.
type specialized struct {
	function graphdef.Function
	types    []graphdef.DataType // for each argument, the variable's element type; Invalid if it is no variable
	open     bool                // the function is still being made
}

// scope is the graph or the body of a function.
type scope struct {
	nodes []graphdef.Node
	index map[string]int
	args  map[string]graphdef.DataType // element types of a function's arguments that are variables; nil for the graph
}

func newScope(nodes []graphdef.Node) *scope {
	s := &scope{nodes: nodes, index: make(map[string]int, len(nodes))}
	for i := range nodes {
		s.index[nodes[i].Name] = i
	}
	return s
}

// lookup returns the node of a name.
func (s *scope) lookup(name string) (*graphdef.Node, bool) {
	i, ok := s.index[name]
	if !ok {
		return nil, false
	}
	return &s.nodes[i], true
}

// library returns the graph's functions, with specialized functions in place of their originals.
func (f *freezer) library() []graphdef.Function {
	list := slices.Clone(f.graph.Functions)
	for i := range list {
		if s, ok := f.functions[list[i].Name]; ok {
			list[i] = s.function
		}
	}
	return list
}

// node returns the nodes that replace a node; most nodes are replaced by just a copy.
func (f *freezer) node(s *scope, n *graphdef.Node) ([]graphdef.Node, error) {
	r, reads := readers[n.Op]
	switch file, isAsset := f.assets[n.Name]; {
	case isAsset && s.args == nil:
		return []graphdef.Node{assetName(n, file)}, nil
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

// constant returns a Const that holds the value of a variable.
func (f *freezer) constant(n *graphdef.Node) (graphdef.Node, error) {
	if file, ok := f.files[n.SharedName()]; ok {
		return assetName(n, file), nil
	}
	t, err := f.variables.value(n)
	if err != nil {
		return graphdef.Node{}, err
	}
	c, err := graphdef.NewConst(n.Name, t.Type, t.Shape, t.Data)
	if err != nil {
		return graphdef.Node{}, &VariableError{n.SharedName(), err}
	}
	c.Device, c.Inputs = n.Device, n.Inputs
	return c, nil
}

// renamed is the name of the output of a Const, of an Identity, and of every op that replaces a reader.
// Inputs within a function refer to outputs by name, so they have to be renamed.
const renamed = "output"

// rename changes the inputs of a function's node that refer to replaced nodes, so that they name the output
// of the replacement.
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

// replaced reports whether a node is replaced by one with another op.
func (f *freezer) replaced(s *scope, n *graphdef.Node) bool {
	if isVariable(n) {
		return true
	}
	_, reads := readers[n.Op]
	data := n.DataInputs()
	return reads && len(data) > 0 && f.element(s, data[0]) != graphdef.Invalid
}

// readers maps the ops that read a variable to functions that make the corresponding op on a tensor.
var readers = map[string]makeReader{
	"ReadVariableOp":   reader("Identity", "T"),
	"ResourceGatherNd": reader("GatherNd", "Tparams", "Tindices"),
	"VariableShape":    reader("Shape", "T", "out_type"),
	"ResourceGather":   gather,
}

// makeReader returns the nodes that replace a reader n of a variable, now that its input is a tensor of
// type t.
type makeReader func(s *scope, n *graphdef.Node, t graphdef.DataType) ([]graphdef.Node, error)

// reader returns a makeReader that replaces a node by one with the given op. The element type becomes
// attribute typ; the type attributes in same are copied.
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

// gather replaces a ResourceGather by a GatherV2 and a constant for its axis, which is the first one after
// the batch dimensions.
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
	if s.args != nil { // within a function
		at.Output = renamed
	}
	inputs := slices.Insert(slices.Clone(n.Inputs), 2, at)
	out := graphdef.NewNode(n.Name, "GatherV2", inputs, graphdef.TypeAttribute("Tparams", t),
		graphdef.TypeAttribute("Tindices", indices), graphdef.TypeAttribute("Taxis", graphdef.Int32),
		graphdef.IntAttribute("batch_dims", batch))
	out.Device = n.Device
	return []graphdef.Node{axis, out}, nil
}
