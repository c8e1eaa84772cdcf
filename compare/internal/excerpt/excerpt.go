// Package excerpt cuts nodes out of a GraphDef: it makes a smaller GraphDef of them, in which the tensors that
// they read from other nodes are inputs.
package excerpt

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/wire"
)

// Graph is a GraphDef from which excerpts are made.
type Graph struct {
	data     []byte
	graph    *graphdef.Graph
	nodes    map[string][]byte // NodeDefs by name
	constant map[string]bool   // nodes that do not depend on a placeholder
}

// Fed is the type and the shape of a tensor that becomes an input.
type Fed struct {
	Type  graphdef.DataType
	Shape core.Shape
}

// Field numbers.
const (
	graphNode protowire.Number = 1

	nodeName      protowire.Number = 1
	nodeOp        protowire.Number = 2
	nodeInput     protowire.Number = 3
	nodeAttribute protowire.Number = 5

	entryKey   protowire.Number = 1
	entryValue protowire.Number = 2

	valueType  protowire.Number = 6
	valueShape protowire.Number = 7

	shapeDim protowire.Number = 2
	dimSize  protowire.Number = 1
)

// New returns the Graph of a binary GraphDef, data, which graphdef.Parse has parsed into g.
func New(data []byte, g *graphdef.Graph) (*Graph, error) {
	e := &Graph{data: data, graph: g, nodes: map[string][]byte{}, constant: map[string]bool{}}
	err := fields(data, func(number protowire.Number, value, _ []byte) error {
		if number != graphNode {
			return nil
		}
		return fields(value, func(number protowire.Number, text, _ []byte) error {
			if number == nodeName {
				e.nodes[string(text)] = value
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	order, err := Order(g)
	if err != nil {
		return nil, err
	}
	for _, n := range order {
		e.constant[n.Name] = constant(n, e.constant)
	}
	return e, nil
}

// Order returns the nodes of a graph, each after the nodes that it reads. The edges that close a loop are
// ignored.
func Order(g *graphdef.Graph) ([]*graphdef.Node, error) {
	names := make([]string, len(g.Nodes))
	for i := range g.Nodes {
		names[i] = g.Nodes[i].Name
	}
	again := func(in graphdef.Input) bool { return g.Producer(in).Op == "NextIteration" }
	return g.OrderBehind(again, names...)
}

// constant reports whether no input of the graph changes a node's value. known says the same of the nodes
// before it.
func constant(n *graphdef.Node, known map[string]bool) bool {
	if len(n.DataInputs()) == 0 {
		return n.Has("value")
	}
	for _, in := range n.DataInputs() {
		if !known[in.Node] {
			return false
		}
	}
	return true
}

// Constant reports whether a node is independent of the graph's inputs.
func (e *Graph) Constant(node string) bool { return e.constant[node] }

// Lookup finds a node by its name.
func (e *Graph) Lookup(node string) (*graphdef.Node, bool) { return e.graph.Lookup(node) }

// Reads returns the full names of the tensors that a node reads and that depend on an input of the graph.
// These become the inputs of an excerpt.
func (e *Graph) Reads(node string) []string {
	n, ok := e.graph.Lookup(node)
	if !ok {
		return nil
	}
	var names []string
	for _, in := range n.DataInputs() {
		if !e.constant[in.Node] {
			names = append(names, Tensor(in))
		}
	}
	return names
}

// Tensor returns the full name of the tensor that an input reads.
func Tensor(in graphdef.Input) string { return in.Node + ":" + strconv.Itoa(in.Port) }

// Input returns the name of the placeholder that stands for a tensor in excerpts.
func Input(tensor string) string {
	node, port, _ := strings.Cut(tensor, ":")
	return "input/" + node + "/" + port
}

// Of returns a GraphDef of some nodes. A tensor that they read stays connected to the node that computes it if
// inner reports true, and that node becomes part of the excerpt. Constants are copied into the excerpt. Any
// other tensor becomes a placeholder, whose type and shape are those that fed returns. The second result
// lists the tensors that became placeholders.
func (e *Graph) Of(nodes []string, inner func(tensor string) bool, fed func(tensor string) (Fed, error)) (
	graph []byte, inputs []string, err error,
) {
	x := &excerpt{Graph: e, inner: inner, fed: fed, done: map[string]bool{}}
	for _, name := range nodes {
		if err := x.add(name); err != nil {
			return nil, nil, err
		}
	}
	err = fields(e.data, func(number protowire.Number, _, whole []byte) error {
		if number != graphNode { // the versions and the function library
			x.out = append(x.out, whole...)
		}
		return nil
	})
	return x.out, x.inputs, err
}

// excerpt is the state of one call of Of.
type excerpt struct {
	*Graph
	inner  func(tensor string) bool
	fed    func(tensor string) (Fed, error)
	done   map[string]bool // nodes and placeholders that have been added
	out    []byte
	inputs []string
}

// add adds a node. Everything that it needs is added before it, so the order stays topological.
func (x *excerpt) add(name string) error {
	if x.done[name] {
		return nil
	}
	x.done[name] = true
	n, ok := x.graph.Lookup(name)
	if !ok {
		return fmt.Errorf("no node %q in the graph", name)
	}
	var inputs []string
	for _, in := range n.DataInputs() {
		tensor := Tensor(in)
		if x.constant[in.Node] || x.inner(tensor) {
			if err := x.add(in.Node); err != nil {
				return err
			}
			inputs = append(inputs, in.String())
			continue
		}
		if err := x.placeholder(tensor); err != nil {
			return err
		}
		inputs = append(inputs, Input(tensor))
	}
	node, err := rewired(x.nodes[name], inputs)
	x.out = wire.AppendBytes(x.out, graphNode, node)
	return err
}

// placeholder adds the placeholder of a tensor.
func (x *excerpt) placeholder(tensor string) error {
	name := Input(tensor)
	if x.done[name] {
		return nil
	}
	if _, taken := x.graph.Lookup(name); taken {
		return fmt.Errorf("the graph has a node %q already", name)
	}
	x.done[name] = true
	x.inputs = append(x.inputs, tensor)
	f, err := x.fed(tensor)
	if err != nil {
		return err
	}
	node := wire.AppendString(nil, nodeName, name)
	node = wire.AppendString(node, nodeOp, "Placeholder")
	node = appendAttribute(node, "dtype", wire.AppendInt(nil, valueType, int64(f.Type)))
	node = appendAttribute(node, "shape", wire.AppendBytes(nil, valueShape, shape(f.Shape)))
	x.out = wire.AppendBytes(x.out, graphNode, node)
	return nil
}

// rewired returns a NodeDef with other inputs. The attribute _class, which colocates it with nodes that may be
// missing, is removed.
func rewired(node []byte, inputs []string) ([]byte, error) {
	var out []byte
	err := fields(node, func(number protowire.Number, value, whole []byte) error {
		switch {
		case number == nodeInput:
			return nil
		case number == nodeAttribute && key(value) == "_class":
			return nil
		}
		out = append(out, whole...)
		return nil
	})
	for _, in := range inputs {
		out = wire.AppendString(out, nodeInput, in)
	}
	return out, err
}

// key returns the key of a map entry: the name of an attribute.
func key(entry []byte) (name string) {
	_ = fields(entry, func(number protowire.Number, value, _ []byte) error {
		if number == entryKey {
			name = string(value)
		}
		return nil
	})
	return name
}

// fields calls visit for each field of a message, with the field's payload, if it is length-delimited, and
// with all bytes of the field.
func fields(m []byte, visit func(number protowire.Number, value, whole []byte) error) error {
	for len(m) > 0 {
		number, wire, tag := protowire.ConsumeTag(m)
		if tag < 0 {
			return protowire.ParseError(tag)
		}
		size := protowire.ConsumeFieldValue(number, wire, m[tag:])
		if size < 0 {
			return protowire.ParseError(size)
		}
		var value []byte
		if wire == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(m[tag:])
		}
		if err := visit(number, value, m[:tag+size]); err != nil {
			return err
		}
		m = m[tag+size:]
	}
	return nil
}

func appendAttribute(node []byte, name string, value []byte) []byte {
	entry := wire.AppendString(nil, entryKey, name)
	return wire.AppendBytes(node, nodeAttribute, wire.AppendBytes(entry, entryValue, value))
}

// shape returns a TensorShapeProto.
func shape(s core.Shape) []byte {
	var b []byte
	for _, d := range s {
		b = wire.AppendBytes(b, shapeDim, wire.AppendInt(nil, dimSize, int64(d)))
	}
	return b
}
