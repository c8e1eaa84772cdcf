package graphdef

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Attribute is an attribute for a node that a program creates.
type Attribute struct {
	name  string
	value []byte // an AttrValue
}

// TypeAttribute makes an attribute of kind type.
func TypeAttribute(name string, t DataType) Attribute {
	value := protowire.AppendTag(nil, 6, protowire.VarintType)
	return Attribute{name, protowire.AppendVarint(value, uint64(t))}
}

// TypesAttribute makes an attribute of kind list(type).
func TypesAttribute(name string, types []DataType) Attribute {
	return Attribute{name, typeList(types)}
}

// IntAttribute makes an attribute of kind int.
func IntAttribute(name string, v int64) Attribute {
	value := protowire.AppendTag(nil, 3, protowire.VarintType)
	return Attribute{name, protowire.AppendVarint(value, uint64(v))}
}

// TensorAttribute makes an attribute of kind tensor of a TensorProto, which it copies.
func TensorAttribute(name string, message []byte) Attribute {
	return Attribute{name, protowire.AppendBytes(protowire.AppendTag(nil, 8, protowire.BytesType), message)}
}

func typeList(types []DataType) []byte {
	var list []byte
	for _, t := range types {
		list = protowire.AppendTag(list, 6, protowire.VarintType)
		list = protowire.AppendVarint(list, uint64(t))
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, valueList, protowire.BytesType), list)
}

// NewNode makes a node with these attributes.
func NewNode(name, op string, inputs []Input, attributes ...Attribute) Node {
	values := map[string][]byte{}
	for _, a := range attributes {
		values[a.name] = a.value
	}
	return Node{Name: name, Op: op, Inputs: inputs}.holding(values, Limits{}.withDefaults())
}

// With returns the node with some attributes added, or in place of those that it has.
func (n *Node) With(attributes ...Attribute) Node {
	values := map[string][]byte{}
	for _, a := range n.attributes {
		values[a.name] = n.src.bytes(a.value)
	}
	for _, a := range attributes {
		values[a.name] = a.value
	}
	return n.holding(values, n.src.limits)
}

// holding returns the node with AttrValues of its own.
func (n Node) holding(values map[string][]byte, limits Limits) Node {
	src := &source{limits: limits}
	src.expanded.left.Store(limits.Expanded)
	n.attributes = make([]attribute, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		start := len(src.data)
		src.data = append(src.data, values[name]...)
		n.attributes = append(n.attributes, attribute{name, span{start, len(src.data)}})
	}
	n.src = src
	return n
}

// NewConst creates a node with op Const. It uses the little-endian elements without copying them: as many as the
// shape has, of a type with a fixed size.
func NewConst(name string, t DataType, shape []int64, elements []byte) (Node, error) {
	value := protowire.AppendBytes(protowire.AppendTag(nil, 8, protowire.BytesType), nil)
	n := NewNode(name, "Const", nil, TypeAttribute("dtype", t), Attribute{"value", value})
	made := &Tensor{Type: t, Shape: shape, Content: elements}
	if len(elements) == 0 {
		made.Content = nil
	}
	var ok bool
	if made.elements, ok = n.src.limits.elements(shape); !ok {
		return n, n.Errorf("value", "got shape %v, want at most %d elements", Shape{Dims: shape}, n.src.limits.Elements)
	}
	if size := int64(t.Size()); size == 0 || made.elements*size != int64(len(elements)) {
		return n, n.Errorf("value", "got %d bytes, want %v %v", len(elements), t, Shape{Dims: shape})
	}
	n.made = made
	return n, nil
}

// Functions returns the names of the functions that the attributes of the node name.
func (n *Node) Functions() []string {
	var names []string
	for _, a := range n.attributes {
		v, err := n.src.value(a.value)
		if err != nil {
			continue // reported when it is read
		}
		switch v.kind {
		case KindFunc:
			if name, err := n.Func(a.name); err == nil {
				names = append(names, name)
			}
		case ListFunc:
			if list, err := list(n, a.name, ListFunc, (*source).function); err == nil {
				names = append(names, list...)
			}
		}
	}
	return names
}

// With returns a graph with other nodes and functions, checked as by [Parse].
func (g *Graph) With(nodes []Node, functions []Function) (*Graph, error) {
	out := &Graph{Nodes: slices.Clone(nodes), Versions: g.Versions, Functions: functions}
	for i := range out.Nodes {
		out.Nodes[i].Inputs = slices.Clone(out.Nodes[i].Inputs)
	}
	if err := out.link(); err != nil {
		return nil, err
	}
	return out, nil
}
