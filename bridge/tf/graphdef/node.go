package graphdef

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Node is a NodeDef. Its attributes are read by methods: [Node.Int], [Node.Tensor] and so on.
type Node struct {
	Name, Op, Device string
	Inputs           []Input // the data inputs, then the control inputs

	src        *source
	attributes []attribute // by name
	caller     *Node       // the function call that created this node
	made       *Tensor     // the attribute "value" of a node that NewConst made
}

// Input is an edge from another node: from output number Port or, for a control input, from the node itself. In a
// library function it comes from an argument, or from an Output of a node by the name that the node's op gives it;
// Port is then an index into that output.
type Input struct {
	Node    string
	Output  string // only in functions, and not for their arguments
	Port    int    // 0 for control inputs; in functions also All
	Control bool

	index int32 // of the node in Graph.Nodes
}

// String is the edge as a GraphDef writes it: "node", "node:1" or "^node", and in functions also "node:output:1".
func (in Input) String() string {
	switch {
	case in.Control:
		return "^" + in.Node
	case in.Output != "" && in.Port != All:
		return in.Node + ":" + in.Output + ":" + strconv.Itoa(in.Port)
	case in.Output != "":
		return in.Node + ":" + in.Output
	case in.Port == All:
		return in.Node
	case in.Port != 0:
		return in.Node + ":" + strconv.Itoa(in.Port)
	default:
		return in.Node
	}
}

// DataInputs is Inputs without the control inputs.
func (n *Node) DataInputs() []Input {
	for i := range n.Inputs {
		if n.Inputs[i].Control {
			return n.Inputs[:i:i]
		}
	}
	return n.Inputs
}

// SharedName returns the name under which a node shares a variable or a table with others: its attribute shared_name
// or, without one, its own name.
func (n *Node) SharedName() string {
	if name, err := n.StrOr("shared_name", ""); err == nil && name != "" {
		return name
	}
	return n.Name
}

// Field numbers.
const (
	nodeName      protowire.Number = 1
	nodeOp        protowire.Number = 2
	nodeInput     protowire.Number = 3
	nodeDevice    protowire.Number = 4
	nodeAttribute protowire.Number = 5

	entryKey   protowire.Number = 1
	entryValue protowire.Number = 2
)

// node reads a NodeDef into out.
func (r *reader) node(f field, out *Node) error {
	out.src = r.src
	err := r.nodeFields(f.payload, out)
	if err == nil {
		err = r.checkNode(f.at, out)
	}
	return in(err, out, "")
}

func (r *reader) nodeFields(m span, out *Node) error {
	if err := r.reserve(m, out); err != nil {
		return err
	}
	for f, err := range r.src.fields(m) {
		if err != nil {
			return err
		}
		switch f.number {
		case nodeName:
			out.Name, err = r.src.text(f, "name of a node")
		case nodeOp:
			out.Op, err = r.name(f, "op of a node")
		case nodeDevice:
			out.Device, err = r.name(f, "device of a node")
		case nodeInput:
			err = r.input(f, out)
		case nodeAttribute:
			err = r.attribute(f, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// reserve counts the inputs and attributes, checks the counts and makes room for them.
func (r *reader) reserve(m span, out *Node) error {
	inputs, attributes := 0, 0
	for f, err := range r.src.fields(m) {
		if err != nil {
			return err
		}
		switch f.number {
		case nodeInput:
			inputs++
		case nodeAttribute:
			attributes++
		}
	}
	if r.edges += inputs; r.edges > r.src.limits.Edges {
		return errorAt(m.start, ErrLimit, "more than %d inputs in the graph, which is the limit", r.src.limits.Edges)
	}
	if attributes > r.src.limits.Attributes {
		return errorAt(m.start, ErrLimit, "%d attributes, the limit is %d", attributes, r.src.limits.Attributes)
	}
	out.Inputs = make([]Input, 0, inputs)
	out.attributes = make([]attribute, 0, attributes)
	return nil
}

func (r *reader) input(f field, out *Node) error {
	raw, err := r.src.text(f, "an input")
	if err != nil {
		return err
	}
	input, ok := r.inputs.parse(raw)
	if !ok {
		return errorAt(f.at, ErrStructure, "input %d: got %s, want %s", len(out.Inputs), quote(raw), r.inputs.form)
	}
	if n := len(out.Inputs); n > 0 && out.Inputs[n-1].Control && !input.Control {
		return errorAt(f.at, ErrStructure, "input %d: data input %s after a control input", n, quote(raw))
	}
	out.Inputs = append(out.Inputs, input)
	return nil
}

// notation is how inputs are written.
type notation struct {
	parse func(raw string) (Input, bool)
	form  string
}

var graphNotation = notation{parseInput, `"node", "node:port" or "^node"`}

// parseInput reads "node", "node:port" or "^node". Ports are decimal, without sign or leading zeros.
func parseInput(raw string) (Input, bool) {
	if name, control := strings.CutPrefix(raw, "^"); control {
		return Input{Node: name, Control: true}, validName(name)
	}
	name, digits, hasPort := strings.Cut(raw, ":")
	if !hasPort {
		return Input{Node: name}, validName(name)
	}
	port, ok := parsePort(digits)
	return Input{Node: name, Port: port}, ok && validName(name)
}

// validName reports whether an input can refer to a node with this name.
func validName(name string) bool {
	return name != "" && name[0] != '^' && !strings.Contains(name, ":")
}

func (r *reader) attribute(f field, out *Node) error {
	if err := f.want(protowire.BytesType, "an attribute"); err != nil {
		return err
	}
	a := attribute{value: span{f.payload.end, f.payload.end}}
	values := 0
	for f, err := range r.src.fields(f.payload) {
		if err != nil {
			return err
		}
		switch f.number {
		case entryKey:
			a.name, err = r.name(f, "name of an attribute")
		case entryValue:
			a.value, err = f.payload, f.want(protowire.BytesType, "value of an attribute")
			values++
		}
		if err != nil {
			return err
		}
	}
	switch {
	case a.name == "":
		return errorAt(f.at, ErrStructure, "attribute with an empty name")
	case values > 1:
		return errorAt(f.at, ErrMalformed, "malformed: attribute %s has %d values", quote(a.name), values)
	}
	out.attributes = append(out.attributes, a)
	return nil
}

// checkNode checks what the node says about itself alone, and sorts its attributes.
func (r *reader) checkNode(at int, n *Node) error {
	switch {
	case n.Name == "" && n.Op == "":
		return errorAt(at, ErrStructure, "node with empty name and op")
	case n.Name == "":
		return errorAt(at, ErrStructure, "empty name")
	case n.Op == "":
		return errorAt(at, ErrStructure, "empty op")
	case !validName(n.Name):
		return errorAt(at, ErrStructure, `a name must not start with "^" or hold ":"`)
	}
	return n.sortAttributes(at)
}

// sortAttributes sorts the attributes by their names, which must differ.
func (n *Node) sortAttributes(at int) error {
	slices.SortFunc(n.attributes, func(a, b attribute) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(n.attributes); i++ {
		if name := n.attributes[i].name; name == n.attributes[i-1].name {
			return errorAt(at, ErrStructure, "attribute %s stands twice", quote(name))
		}
	}
	return nil
}
