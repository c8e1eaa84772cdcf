package graphdef

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Function is a FunctionDef of the graph's library. Nothing in it is resolved: its nodes may call
// any function, itself included, and their inputs may name what does not exist. The contents of its
// tensors are borrowed as those of the graph's are.
type Function struct {
	Name            string
	Inputs, Outputs []Argument
	Nodes           []Node           // their inputs are arguments and outputs by name, see [Input]
	Returns         map[string]Input // what the outputs are, by their names
}

// Argument is an input or output of a function, an ArgDef: a tensor, or a list of them.
type Argument struct {
	Name         string
	Type         DataType // Invalid when an attribute holds it
	TypeAttr     string   // that attribute
	NumberAttr   string   // the attribute that holds the length of a list of one type
	TypeListAttr string   // the attribute that holds the types of a list
}

// All is the [Input.Port] of an input that stands for all tensors of an argument or of a node's output.
const All = -1

// Field numbers.
const (
	functionSignature protowire.Number = 1
	functionNode      protowire.Number = 3
	functionReturn    protowire.Number = 4

	signatureName   protowire.Number = 1
	signatureInput  protowire.Number = 2
	signatureOutput protowire.Number = 3

	argumentName         protowire.Number = 1
	argumentType         protowire.Number = 3
	argumentTypeAttr     protowire.Number = 4
	argumentNumberAttr   protowire.Number = 5
	argumentTypeListAttr protowire.Number = 6

	funcAttribute protowire.Number = 2
)

func (r *reader) function(f field) error {
	if err := f.want(protowire.BytesType, "a function"); err != nil {
		return err
	}
	// A function counts as a node too, so that empty ones are bounded.
	r.nodes++
	before := r.nodes
	if err := r.count(f.payload, functionNode); err != nil {
		return err
	}
	out := Function{Nodes: make([]Node, 0, r.nodes-before)}
	at := f.at
	if err := r.functionFields(f.payload, &out); err != nil {
		return err
	}
	if out.Name == "" {
		return errorAt(at, ErrStructure, "function with an empty name")
	}
	r.out.Functions = append(r.out.Functions, out)
	return nil
}

func (r *reader) functionFields(m span, out *Function) error {
	signatures := 0
	for f, err := range r.src.fields(m) {
		if err != nil {
			return err
		}
		switch f.number {
		case functionSignature:
			if signatures++; signatures > 1 {
				return errorAt(f.at, ErrMalformed, "malformed: function %s has two signatures", quote(out.Name))
			}
			err = r.signature(f, out)
		case functionNode:
			out.Nodes = out.Nodes[:len(out.Nodes)+1]
			err = r.functionNode(f, &out.Nodes[len(out.Nodes)-1])
		case functionReturn:
			err = r.returned(f, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) functionNode(f field, out *Node) error {
	if err := f.want(protowire.BytesType, "a node of a function"); err != nil {
		return err
	}
	r.inputs = functionNotation
	defer func() { r.inputs = graphNotation }()
	return r.node(f, out)
}

// signature reads an OpDef: the name, the inputs and the outputs.
func (r *reader) signature(f field, out *Function) error {
	if err := f.want(protowire.BytesType, "signature of a function"); err != nil {
		return err
	}
	inputs, err := r.arguments(f.payload, signatureInput)
	if err != nil {
		return err
	}
	outputs, err := r.arguments(f.payload, signatureOutput)
	if err != nil {
		return err
	}
	out.Inputs, out.Outputs = inputs, outputs
	for f, err := range r.src.fields(f.payload) {
		if err == nil && f.number == signatureName {
			out.Name, err = r.name(f, "name of a function")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// arguments reads the ArgDefs with the given number in the OpDef m, which count against Limits.Edges.
func (r *reader) arguments(m span, number protowire.Number) ([]Argument, error) {
	count := 0
	for f, err := range r.src.fields(m) {
		if err != nil {
			return nil, err
		}
		if f.number != number {
			continue
		}
		count++
		if err := r.edge(f.at); err != nil {
			return nil, err
		}
	}
	out := make([]Argument, 0, count)
	for f, err := range r.src.fields(m) {
		if err != nil {
			return nil, err
		}
		if f.number != number {
			continue
		}
		a, err := r.argument(f)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (r *reader) argument(f field) (Argument, error) {
	var a Argument
	if err := f.want(protowire.BytesType, "an argument"); err != nil {
		return a, err
	}
	for f, err := range r.src.fields(f.payload) {
		if err != nil {
			return a, err
		}
		switch f.number {
		case argumentName:
			a.Name, err = r.name(f, "name of an argument")
		case argumentType:
			if a.Type, err = Invalid, f.want(protowire.VarintType, "type of an argument"); err == nil && f.bits != 0 {
				a.Type, err = dataType(f.at, f.bits)
			}
		case argumentTypeAttr:
			a.TypeAttr, err = r.name(f, "type_attr of an argument")
		case argumentNumberAttr:
			a.NumberAttr, err = r.name(f, "number_attr of an argument")
		case argumentTypeListAttr:
			a.TypeListAttr, err = r.name(f, "type_list_attr of an argument")
		}
		if err != nil {
			return a, err
		}
	}
	return a, nil
}

// returned reads an entry of FunctionDef.ret, which counts against Limits.Edges.
func (r *reader) returned(f field, out *Function) error {
	if err := f.want(protowire.BytesType, "an entry of ret"); err != nil {
		return err
	}
	if err := r.edge(f.at); err != nil {
		return err
	}
	at, name, raw := f.at, "", ""
	for f, err := range r.src.fields(f.payload) {
		if err != nil {
			return err
		}
		switch f.number {
		case entryKey:
			name, err = r.name(f, "name of an output")
		case entryValue:
			raw, err = r.src.text(f, "an entry of ret")
		}
		if err != nil {
			return err
		}
	}
	input, ok := parseFunctionInput(raw)
	if !ok || input.Control {
		return errorAt(at, ErrStructure, `output %s of a function: got %s, want "argument" or "node:output:index"`,
			quote(name), quote(raw))
	}
	if _, twice := out.Returns[name]; twice {
		return errorAt(at, ErrStructure, "output %s of a function stands twice in ret", quote(name))
	}
	if out.Returns == nil {
		out.Returns = map[string]Input{}
	}
	out.Returns[name] = input
	return nil
}

// edge counts an edge against Limits.Edges.
func (r *reader) edge(at int) error {
	if r.edges++; r.edges > r.src.limits.Edges {
		return errorAt(at, ErrLimit, "more than %d inputs in the graph, which is the limit", r.src.limits.Edges)
	}
	return nil
}

var functionNotation = notation{parseFunctionInput, `"argument", "node:output:index" or "^node"`}

// parseFunctionInput reads "argument", "argument:index", "node:output", "node:output:index" or "^node".
func parseFunctionInput(raw string) (Input, bool) {
	if strings.HasPrefix(raw, "^") {
		return parseInput(raw)
	}
	name, rest, more := strings.Cut(raw, ":")
	in := Input{Node: name, Port: All}
	if !more {
		return in, validName(name)
	}
	if port, ok := parsePort(rest); ok {
		in.Port = port
		return in, validName(name)
	}
	output, digits, more := strings.Cut(rest, ":")
	in.Output = output
	if !more {
		return in, validName(name) && validName(output)
	}
	port, ok := parsePort(digits)
	in.Port = port
	return in, ok && validName(name) && validName(output)
}

// parsePort reads a number without sign or leading zeros.
func parsePort(digits string) (int, bool) {
	port, err := strconv.Atoi(digits)
	return port, err == nil && port >= 0 && port <= math.MaxInt32 && strconv.Itoa(port) == digits
}

// FunctionNamed finds a function of the library by its name.
func (g *Graph) FunctionNamed(name string) (*Function, bool) {
	i, ok := g.functions[name]
	if !ok {
		return nil, false
	}
	return &g.Functions[i], true
}

// WithNodes returns a graph with other nodes and the same library, checked as by [Parse].
func (g *Graph) WithNodes(nodes []Node) (*Graph, error) { return g.With(nodes, g.Functions) }

// Called returns the call that an attribute of kind func describes: a node with the same name and inputs, whose op is
// the function's name and whose attributes are those that the attribute passes to the function.
func (n *Node) Called(name string) (*Node, error) {
	function, err := n.Func(name)
	if err != nil {
		return nil, err
	}
	list, err := get(n, name, KindFunc, (*source).funcAttributes)
	if err == nil {
		list, err = n.src.substitute(list, n.caller)
	}
	if err != nil {
		return nil, in(err, n, name)
	}
	return &Node{Name: n.Name, Op: function, Device: n.Device, Inputs: n.Inputs, src: n.src, attributes: list}, nil
}

// CalledAll is like Called for an attribute that is a list of functions.
func (n *Node) CalledAll(name string) ([]*Node, error) {
	names, err := list(n, name, ListFunc, (*source).function)
	if err != nil {
		return nil, err
	}
	attributes, err := list(n, name, ListFunc, (*source).funcAttributes)
	if err != nil {
		return nil, err
	}
	calls := make([]*Node, len(names))
	for i, own := range attributes {
		if own, err = n.src.substitute(own, n.caller); err != nil {
			return nil, in(err, n, name)
		}
		calls[i] = &Node{Name: n.Name, Op: names[i], Device: n.Device, Inputs: n.Inputs, src: n.src, attributes: own}
	}
	return calls, nil
}

// Instance returns a node of a function with another name, without inputs, and with its placeholders replaced by the
// attributes of the call of the function.
func (n *Node) Instance(name string, call *Node) (Node, error) {
	out := *n
	out.Name, out.Inputs, out.caller = name, nil, call
	list, err := n.src.substitute(n.attributes, call)
	out.attributes = list
	return out, in(err, &out, "")
}

// substitute returns attributes of a function's node with placeholders replaced by the attributes of the call.
func (s *source) substitute(list []attribute, call *Node) ([]attribute, error) {
	shared := true
	for i := range list {
		v, err := s.value(list[i].value)
		if err != nil || v.kind != KindPlaceholder || call == nil {
			continue // a damaged value is an error when it is read
		}
		wanted := string(s.bytes(v.field.payload))
		a, ok := call.find(wanted)
		if !ok {
			e := errorf(ErrNoAttribute, "the call of function %s has no attribute %s", quote(call.Op), quote(wanted))
			e.Attribute = list[i].name
			return nil, e
		}
		if shared {
			list, shared = slices.Clone(list), false
		}
		list[i].value = a.value
	}
	return list, nil
}

// funcAttributes reads the attributes of a NameAttrList.
func (s *source) funcAttributes(f field) ([]attribute, error) {
	r := &reader{src: s, names: map[string]string{}}
	holder := Node{src: s}
	for f, err := range s.fields(f.payload) {
		if err != nil {
			return nil, err
		}
		if f.number != funcAttribute {
			continue
		}
		if len(holder.attributes) == s.limits.Attributes {
			return nil, errorAt(f.at, ErrLimit, "more than %d attributes, which is the limit", s.limits.Attributes)
		}
		if err := r.attribute(f, &holder); err != nil {
			return nil, err
		}
	}
	return holder.attributes, holder.sortAttributes(f.at)
}

// Forward creates an IdentityN with these inputs, which gives the values a node's name in addition to their own.
func Forward(name, device string, inputs []Input, types []DataType) Node {
	return Synthetic(name, "IdentityN", device, inputs, types)
}

// Synthetic creates a node with an op, and with types in the attribute T.
func Synthetic(name, op, device string, inputs []Input, types []DataType) Node {
	data := typeList(types)
	src := &source{data: data, limits: Limits{List: max(len(types), 1)}.withDefaults()}
	return Node{
		Name:       name,
		Op:         op,
		Device:     device,
		Inputs:     inputs,
		src:        src,
		attributes: []attribute{{"T", span{0, len(data)}}},
	}
}
