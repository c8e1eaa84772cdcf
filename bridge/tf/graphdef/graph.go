package graphdef

// Graph is a GraphDef. It and everything got from it are safe for concurrent use.
type Graph struct {
	Nodes     []Node // in the order of the file, which need not be topological; see [Graph.Order]
	Versions  Versions
	Functions []Function // the library

	byName    map[string]int32
	functions map[string]int32
}

// Versions is the GraphDef's VersionDef.
type Versions struct {
	Producer    int // of the program that wrote the graph; TensorFlow 2.21 is in the two thousands
	MinConsumer int // below which a reader should refuse
}

// link checks the names and resolves the inputs.
func (g *Graph) link() error {
	if len(g.Nodes) == 0 {
		return errorf(ErrStructure, "graph without nodes")
	}
	g.functions = make(map[string]int32, len(g.Functions))
	for i := range g.Functions {
		name := g.Functions[i].Name
		if _, ok := g.functions[name]; ok {
			return errorf(ErrStructure, "two functions are named %s", quote(name))
		}
		g.functions[name] = int32(i)
	}
	g.byName = make(map[string]int32, len(g.Nodes))
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if first, ok := g.byName[n.Name]; ok {
			return in(errorf(ErrStructure, "another node (%s) has the same name", clip(g.Nodes[first].Op)), n, "")
		}
		g.byName[n.Name] = int32(i)
	}
	for i := range g.Nodes {
		if err := g.linkInputs(&g.Nodes[i]); err != nil {
			return in(err, &g.Nodes[i], "")
		}
	}
	return nil
}

func (g *Graph) linkInputs(n *Node) error {
	for k := range n.Inputs {
		input := &n.Inputs[k]
		producer, ok := g.byName[input.Node]
		switch {
		case !ok:
			return errorf(ErrStructure, "input %d: no node %s in the graph", k, quote(input.Node))
		case &g.Nodes[producer] == n:
			return errorf(ErrStructure, "input %d: the node reads itself", k)
		}
		input.index = producer
	}
	return nil
}

// Lookup finds a node by its name.
func (g *Graph) Lookup(name string) (*Node, bool) {
	i, ok := g.byName[name]
	if !ok {
		return nil, false
	}
	return &g.Nodes[i], true
}

// Producer is the node at the other end of an input of one of the graph's nodes.
func (g *Graph) Producer(in Input) *Node { return &g.Nodes[in.index] }

// Callee returns the library function that the node calls: by its op, or by an attribute that names
// it, as PartitionedCall, If and While do.
func (g *Graph) Callee(n *Node) (*Function, bool) {
	if f, ok := g.FunctionNamed(n.Op); ok || len(g.functions) == 0 {
		return f, ok
	}
	for _, a := range n.attributes {
		name, err := n.Func(a.name)
		if f, ok := g.FunctionNamed(name); ok && err == nil {
			return f, true
		}
	}
	return nil, false
}
