package savedmodel

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// handing describes how an op passes inputs on, to its outputs or to the functions that it calls.
type handing struct {
	types   string // the attribute with the types of these inputs
	first   int    // the first of these inputs
	list    bool   // whether the attribute is a list of types
	outputs string // the attribute with the types of the outputs; empty if types is that, too
}

// handings are the ops that pass resources on.
var handings = map[string]handing{
	"Identity":                {types: "T"},
	"IdentityN":               {types: "T", list: true},
	"PartitionedCall":         {types: "Tin", list: true, outputs: "Tout"},
	"StatefulPartitionedCall": {types: "Tin", list: true, outputs: "Tout"},
	"If":                      {types: "Tin", first: 1, list: true, outputs: "Tout"},
	"StatelessIf":             {types: "Tin", first: 1, list: true, outputs: "Tout"},
	"Case":                    {types: "Tin", first: 1, list: true, outputs: "Tout"},
	"StatelessCase":           {types: "Tin", first: 1, list: true, outputs: "Tout"},
	"While":                   {types: "T", list: true},
	"StatelessWhile":          {types: "T", list: true},
}

// maxDepth bounds the nesting of function calls.
const maxDepth = 64

// element returns the element type of the variable that an input refers to; Invalid if it refers to none.
func (f *freezer) element(s *scope, in graphdef.Input) graphdef.DataType {
	for range maxChain {
		if t, ok := s.args[in.Node]; ok && in.Output == "" {
			return t
		}
		i, ok := s.index[in.Node]
		if !ok {
			return graphdef.Invalid
		}
		n := &s.nodes[i]
		if isVariable(n) {
			t, err := n.Type("dtype")
			if err != nil {
				return graphdef.Invalid
			}
			return t
		}
		data := n.DataInputs()
		port := max(in.Port, 0)
		switch h := handings[n.Op]; {
		case h.types == "":
			return graphdef.Invalid
		case h.outputs != "":
			return f.returned(s, n, port)
		case port >= len(data):
			return graphdef.Invalid
		case !h.isResource(n, port):
			return graphdef.Invalid
		}
		in = data[port]
	}
	return graphdef.Invalid
}

// isResource reports whether the input that a node passes on to output port is a resource.
func (h handing) isResource(n *graphdef.Node, port int) bool {
	if !h.list {
		t, err := n.Type(h.types)
		return err == nil && t == graphdef.Resource
	}
	list, err := n.Types(h.types)
	return err == nil && port < len(list) && list[port] == graphdef.Resource
}

// returned is element for an output of a call: it returns the element type of the variable that the called
// functions return there.
func (f *freezer) returned(s *scope, n *graphdef.Node, port int) graphdef.DataType {
	h := handings[n.Op]
	list, err := n.Types(h.outputs)
	if err != nil || port >= len(list) || list[port] != graphdef.Resource {
		return graphdef.Invalid
	}
	for _, name := range n.Functions() {
		made, err := f.specialize(name, f.elements(s, n, h.first))
		if err == nil && made != nil && port < len(made.function.Outputs) {
			if t := made.function.Outputs[port].Type; t != graphdef.Resource {
				return t
			}
		}
	}
	return graphdef.Invalid
}

// elements returns the result of element for each data input of a node, beginning with input first.
func (f *freezer) elements(s *scope, n *graphdef.Node, first int) []graphdef.DataType {
	data := n.DataInputs()
	types := make([]graphdef.DataType, max(len(data)-first, 0))
	for i := range types {
		types[i] = f.element(s, data[first+i])
	}
	return types
}

// hand returns the replacement for a node that reads no variable: where it passes variables on, its type
// attributes have their element types. It also specializes the functions that the node calls.
func (f *freezer) hand(s *scope, n *graphdef.Node) (graphdef.Node, error) {
	out := *n
	h, hands := handings[n.Op]
	_, direct := f.graph.FunctionNamed(n.Op)
	names := n.Functions()
	if direct {
		names = []string{n.Op}
	}
	if !hands && len(names) == 0 {
		return out, nil
	}
	types := f.elements(s, n, h.first)
	for _, name := range names {
		if _, err := f.specialize(name, types); err != nil {
			return out, err
		}
	}
	if !hands {
		return out, nil
	}
	return h.retype(f, s, n, types)
}

// retype returns the node with the element types of variables in place of the type resource.
func (h handing) retype(f *freezer, s *scope, n *graphdef.Node, types []graphdef.DataType) (graphdef.Node, error) {
	var attributes []graphdef.Attribute
	if !h.list {
		t, err := n.Type(h.types)
		if err == nil && t == graphdef.Resource && len(types) > 0 && types[0] != graphdef.Invalid {
			attributes = append(attributes, graphdef.TypeAttribute(h.types, types[0]))
		}
	} else if list, err := n.Types(h.types); err == nil && replace(list, types) {
		attributes = append(attributes, graphdef.TypesAttribute(h.types, list))
	}
	if h.outputs != "" {
		list, err := n.Types(h.outputs)
		changed := false
		for i := range list {
			if t := f.returned(s, n, i); t != graphdef.Invalid {
				list[i], changed = t, true
			}
		}
		if err == nil && changed {
			attributes = append(attributes, graphdef.TypesAttribute(h.outputs, list))
		}
	}
	if len(attributes) == 0 {
		return *n, nil
	}
	return n.With(attributes...), nil
}

// replace replaces the type resource in list by the element types of variables. It reports whether it
// replaced any.
func replace(list, types []graphdef.DataType) bool {
	changed := false
	for i := range min(len(list), len(types)) {
		if list[i] == graphdef.Resource && types[i] != graphdef.Invalid {
			list[i], changed = types[i], true
		}
	}
	return changed
}

// specialize makes a function for a call whose arguments are variables with these element types; the type
// is Invalid for arguments that are no variables. It returns nil if there is no such function, or if the
// function is still being made because it calls itself.
func (f *freezer) specialize(name string, types []graphdef.DataType) (*specialized, error) {
	original, ok := f.graph.FunctionNamed(name)
	if !ok {
		return nil, nil
	}
	if done, ok := f.functions[name]; ok {
		if done.open {
			return nil, nil
		}
		if !slices.Equal(done.types, types) {
			return nil, fmt.Errorf("function %q: it is called with variables of different types, which is not supported",
				name)
		}
		return done, nil
	}
	if f.depth == maxDepth {
		return nil, fmt.Errorf("function %q: calls are nested deeper than %d", name, maxDepth)
	}
	f.depth++
	defer func() { f.depth-- }()
	made := &specialized{function: *original, types: types, open: true}
	f.functions[name] = made
	s := newScope(original.Nodes)
	s.args = map[string]graphdef.DataType{}
	made.function.Inputs = slices.Clone(original.Inputs)
	for i := range min(len(types), len(original.Inputs)) {
		a := &made.function.Inputs[i]
		if a.NumberAttr != "" || a.TypeListAttr != "" {
			break // this argument stands for several inputs, so later ones cannot be assigned to inputs by index
		}
		if a.Type == graphdef.Resource && types[i] != graphdef.Invalid {
			a.Type = types[i]
			s.args[a.Name] = types[i]
		}
	}
	if err := f.body(s, original, made); err != nil {
		return nil, fmt.Errorf("function %q: %w", name, err)
	}
	made.open = false
	return made, nil
}

// body makes the nodes and the outputs of a specialized function.
func (f *freezer) body(s *scope, original *graphdef.Function, made *specialized) error {
	made.function.Nodes = make([]graphdef.Node, 0, len(original.Nodes))
	for i := range original.Nodes {
		nodes, err := f.node(s, &original.Nodes[i])
		if err != nil {
			return err
		}
		made.function.Nodes = append(made.function.Nodes, nodes...)
	}
	made.function.Outputs = slices.Clone(original.Outputs)
	made.function.Returns = map[string]graphdef.Input{}
	for name, in := range original.Returns {
		if k, ok := s.index[in.Node]; ok && in.Output != "" && f.replaced(s, &s.nodes[k]) {
			in.Output = renamed
		}
		made.function.Returns[name] = in
	}
	for i := range made.function.Outputs {
		o := &made.function.Outputs[i]
		if o.Type != graphdef.Resource {
			continue
		}
		if t := f.element(s, original.Returns[o.Name]); t != graphdef.Invalid {
			o.Type = t
		}
	}
	return nil
}
