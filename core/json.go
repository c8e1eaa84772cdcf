package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"unicode/utf8"
)

// These limit what DecodeJSON accepts.
const (
	MaxJSONBytes = 64 << 20
	MaxJSONNodes = 1 << 20
)

// ErrJSON is wrapped by all errors of DecodeJSON.
var ErrJSON = errors.New("invalid graph JSON")

// document is the JSON form of a Function.
type document struct {
	Schema     int                        `json:"schema"`
	Name       string                     `json:"name,omitempty"`
	Meta       map[string]string          `json:"meta,omitempty"`
	Nodes      []json.RawMessage          `json:"nodes"`
	Parameters []int                      `json:"parameters"` // numbers of nodes
	Results    []int                      `json:"results"`
	Names      map[string]json.RawMessage `json:"names,omitempty"` // of valueRef

	Signatures json.RawMessage `json:"signatures,omitempty"` // from schema 2 on; of Signature, by name
	signatures map[string]Signature
	Functions  []json.RawMessage // members "name":{...} of the object "functions", from schema 2 on
	functions  map[string]json.RawMessage
}

// documentNode is a node. Its number is its position in the list, and it reads only nodes with smaller
// numbers.
type documentNode struct {
	Name       string          `json:"name,omitempty"`
	Op         string          `json:"op"`
	Attributes json.RawMessage `json:"attributes,omitempty"`
	Tensor     string          `json:"tensor,omitempty"`  // of a Constant, the name of its tensor
	Strings    []string        `json:"strings,omitempty"` // of a Constant of strings, its elements
	Bytes      [][]byte        `json:"bytes,omitempty"`   // the same if they are not all UTF-8
	Inputs     []valueRef      `json:"inputs,omitempty"`
	Functions  []string        `json:"functions,omitempty"` // that it calls, by their names; from schema 2 on
	Outputs    []Fact          `json:"outputs"`
	Origin     Origin          `json:"origin"`
}

// valueRef is a value: the number of its node, and of the node's output.
type valueRef [2]int

// EncodeJSON returns the graph in its JSON form, with one node on each line, and the tensors of its constants
// by the names that the graph uses for them. Tensors of strings are in the graph itself. Equal Functions give
// equal results.
func (f *Function) EncodeJSON() (graph []byte, tensors map[string]*Tensor, err error) {
	e := encoder{
		number: map[*Node]int{}, tensors: map[string]*Tensor{}, named: map[*Tensor]string{}, taken: map[string]bool{},
		functions: f.namedFunctions(),
	}
	for _, nodes := range append([][]*Node{f.Nodes()}, e.functions.bodies()...) {
		for _, n := range nodes {
			e.taken[n.Name] = true
		}
	}
	doc := document{Schema: Schema, Name: f.Name, Meta: f.Meta, Names: map[string]json.RawMessage{}}
	main, err := e.function(f, f.Nodes())
	if err != nil {
		return nil, nil, err
	}
	doc.Nodes, doc.Parameters, doc.Results = main.Nodes, main.Parameters, main.Results
	for name, v := range f.Names {
		if !utf8.ValidString(name) {
			return nil, nil, fmt.Errorf("name %q of a tensor is not UTF-8", name)
		}
		doc.Names[name] = fmt.Appendf(nil, "[%d,%d]", e.number[v.Node], v.Index)
	}
	if doc.Signatures, err = f.encodeSignatures(); err != nil {
		return nil, nil, err
	}
	if doc.Functions, err = e.calledFunctions(); err != nil {
		return nil, nil, err
	}
	graph, err = doc.write()
	return graph, e.tensors, err
}

// write lays out the document with each node and each name on a line of its own.
func (d *document) write() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n\"schema\":%d,\n", d.Schema)
	for _, m := range []struct {
		name  string
		value any
		skip  bool
	}{
		{"name", d.Name, d.Name == ""},
		{"meta", d.Meta, len(d.Meta) == 0},
		{"parameters", d.Parameters, false},
		{"results", d.Results, false},
		{"signatures", d.Signatures, d.Signatures == nil},
	} {
		if m.skip {
			continue
		}
		value, err := appendPlain(nil, reflect.ValueOf(m.value))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s,\n", m.name, value)
	}
	b.WriteString("\"nodes\":[")
	writeLines(&b, d.Nodes)
	if d.Functions != nil {
		b.WriteString("\n],\n\"functions\":{")
		writeLines(&b, d.Functions)
		b.WriteString("\n},\n\"names\":{")
	} else {
		b.WriteString("\n],\n\"names\":{")
	}
	for i, name := range slices.Sorted(maps.Keys(d.Names)) {
		b.WriteString([]string{",\n", "\n"}[boolInt(i == 0)])
		key, err := appendPlain(nil, reflect.ValueOf(name))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s:%s", key, d.Names[name])
	}
	b.WriteString("\n}\n}\n")
	return b.Bytes(), nil
}

// writeLines writes elements or members, each on a line of its own.
func writeLines(b *bytes.Buffer, lines []json.RawMessage) {
	for i, line := range lines {
		b.WriteString([]string{",\n", "\n"}[boolInt(i == 0)])
		b.Write(line)
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

type encoder struct {
	number  map[*Node]int
	tensors map[string]*Tensor
	named   map[*Tensor]string
	taken   map[string]bool // names that must not be given to a tensor without a name

	functions *functionNames
}

// function returns the parts of a function.
func (e *encoder) function(f *Function, nodes []*Node) (*functionDocument, error) {
	d := &functionDocument{Parameters: []int{}, Results: []int{}}
	number := map[*Node]int{}
	e.number = number
	for i, n := range nodes {
		number[n] = i
		line, err := e.node(n)
		if err != nil {
			return nil, fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
		}
		d.Nodes = append(d.Nodes, line)
	}
	for _, p := range f.Parameters {
		d.Parameters = append(d.Parameters, number[p])
	}
	for _, r := range f.Results {
		d.Results = append(d.Results, number[r])
	}
	return d, nil
}

func (e *encoder) node(n *Node) ([]byte, error) {
	d := documentNode{Name: n.Name, Op: n.OpName(), Outputs: n.outputs, Origin: n.Origin}
	for _, s := range []string{n.Name, n.Origin.Node, n.Origin.Op} {
		if !utf8.ValidString(s) {
			return nil, fmt.Errorf("%q is not UTF-8", s)
		}
	}
	if !isRegistered(n.op) {
		return nil, fmt.Errorf("the op is not registered")
	}
	for _, v := range n.inputs {
		d.Inputs = append(d.Inputs, valueRef{e.number[v.Node], v.Index})
	}
	d.Functions = e.functions.of(n)
	if c, ok := n.op.(*Constant); ok {
		e.constant(&d, n, c.Value)
	} else {
		attributes, err := appendJSON(nil, reflect.ValueOf(n.op))
		if err != nil {
			return nil, err
		}
		if string(attributes) != "{}" {
			d.Attributes = attributes
		}
	}
	return appendJSON(nil, reflect.ValueOf(&d))
}

func (e *encoder) constant(d *documentNode, n *Node, t *Tensor) {
	if t.Type() != String {
		d.Tensor = e.tensorName(n, t)
		return
	}
	if !slices.ContainsFunc(t.strings, func(s string) bool { return !utf8.ValidString(s) }) {
		d.Strings = t.strings
		return
	}
	for _, s := range t.strings {
		d.Bytes = append(d.Bytes, []byte(s))
	}
}

// tensorName names a constant's tensor, after its node unless another tensor has that name. A tensor that
// several constants share has one name.
func (e *encoder) tensorName(n *Node, t *Tensor) string {
	if name, ok := e.named[t]; ok {
		return name
	}
	name := n.Name
	if _, dup := e.tensors[name]; dup || name == "" || name == metadataName {
		for i := e.number[n]; ; i++ {
			name = fmt.Sprintf("%s#%d", n.Name, i)
			if _, dup := e.tensors[name]; !dup && !e.taken[name] {
				break
			}
		}
	}
	e.named[t] = name
	e.tensors[name] = t
	return name
}

// metadataName is the only name that a tensor in a safetensors file cannot have.
const metadataName = "__metadata__"

// DecodeJSON reads what EncodeJSON wrote, in this schema or an older one. Everything is checked and inferred
// again. These are errors that wrap ErrJSON: unknown ops, attributes and fields; missing inputs; tensors
// whose type or shape is not the one that the graph says; anything that an op's Infer rejects; functions that
// call themselves, that no node uses, or whose calls are nested deeper than MaxCallDepth; and a *SchemaError.
// The Function uses the tensors without copying them.
func DecodeJSON(graph []byte, tensors map[string]*Tensor) (*Function, error) {
	f, err := decodeJSON(graph, tensors)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	return f, nil
}

func decodeJSON(graph []byte, tensors map[string]*Tensor) (*Function, error) {
	if len(graph) > MaxJSONBytes {
		return nil, fmt.Errorf("got %d bytes, the limit is %d", len(graph), MaxJSONBytes)
	}
	if !json.Valid(graph) || !utf8.Valid(graph) {
		return nil, fmt.Errorf("not JSON in UTF-8")
	}
	var doc document
	if err := parseDocument(graph, &doc); err != nil {
		return nil, err
	}
	d := decoder{doc: &doc, schema: doc.Schema, tensors: tensors, library: &library{
		texts: doc.functions, built: map[string]*Function{}, sizes: map[string]int{},
	}}
	if err := d.readNodes(doc.Nodes); err != nil {
		return nil, err
	}
	if err := d.library.checkUsed(); err != nil {
		return nil, err
	}
	return d.function()
}

func parseDocument(graph []byte, doc *document) error {
	version, err := schemaOf(graph)
	if err != nil {
		return err
	}
	err = eachMember(graph, func(name string, value json.RawMessage) error {
		if from := schemaOfFields[name]; version < from {
			return fmt.Errorf("unknown field in schema %d: want schema %d", version, from)
		}
		return doc.field(name, value)
	})
	if err != nil {
		return err
	}
	if doc.Schema == 0 || doc.Nodes == nil || doc.Parameters == nil || doc.Results == nil || doc.Names == nil {
		return fmt.Errorf("want the fields schema, nodes, parameters, results and names")
	}
	return nil
}

// field reads a field of the document.
func (d *document) field(name string, value json.RawMessage) (err error) {
	switch name {
	case "schema":
		err = plain(value, reflect.ValueOf(&d.Schema).Elem())
	case "name":
		err = plain(value, reflect.ValueOf(&d.Name).Elem())
	case "meta":
		d.Meta, err = parseStrings(value)
	case "nodes":
		d.Nodes, err = rawElements(value)
	case "names":
		d.Names = map[string]json.RawMessage{}
		err = eachMember(value, func(name string, ref json.RawMessage) error {
			d.Names[name] = ref
			return nil
		})
	case "parameters":
		err = parseJSON(value, reflect.ValueOf(&d.Parameters).Elem())
	case "results":
		err = parseJSON(value, reflect.ValueOf(&d.Results).Elem())
	case "signatures":
		d.signatures, err = parseSignatures(value)
	case "functions":
		d.functions, err = parseFunctions(value)
	default:
		err = fmt.Errorf("unknown field")
	}
	return err
}

type decoder struct {
	doc     *document // nil for a function that nodes call
	schema  int
	tensors map[string]*Tensor
	nodes   []*Node
	library *library
	called  int // nodes of functions that nodes call
}

// readNodes reads the nodes of one function.
func (d *decoder) readNodes(lines []json.RawMessage) error {
	if d.library.nodes += len(lines); d.library.nodes > MaxJSONNodes {
		return fmt.Errorf("field \"nodes\": got %d nodes, the limit is %d", d.library.nodes, MaxJSONNodes)
	}
	for i, raw := range lines {
		if err := d.node(raw); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	return nil
}

func (d *decoder) node(raw json.RawMessage) error {
	var in documentNode
	if err := d.parseNode(raw, &in); err != nil {
		return err
	}
	if in.Op == "" {
		return fmt.Errorf("want the field op")
	}
	n, err := d.build(&in)
	if err != nil {
		return fmt.Errorf("%q (%s): %w", in.Name, in.Op, err)
	}
	if err := checkOutputs(n.outputs, in.Outputs); err != nil {
		return fmt.Errorf("%q (%s): %w", in.Name, in.Op, err)
	}
	n.Origin = in.Origin
	d.nodes = append(d.nodes, n)
	return nil
}

// parseNode reads a node's fields. The attributes are not decoded until the op is known.
func (d *decoder) parseNode(raw json.RawMessage, in *documentNode) error {
	v := reflect.ValueOf(in).Elem()
	fields := jsonFields(v.Type())
	return eachMember(raw, func(name string, value json.RawMessage) error {
		if from := schemaOfFields[name]; d.schema < from {
			return fmt.Errorf("unknown field in schema %d: want schema %d", d.schema, from)
		}
		if name == "attributes" {
			in.Attributes = value
			return nil
		}
		for _, f := range fields {
			if f.name != name {
				continue
			}
			if name == "bytes" {
				return plain(value, v.FieldByIndex(f.index))
			}
			return parseJSON(value, v.FieldByIndex(f.index))
		}
		return fmt.Errorf("unknown field")
	})
}

func (d *decoder) build(in *documentNode) (*Node, error) {
	inputs := make([]Value, len(in.Inputs))
	for i, ref := range in.Inputs {
		var err error
		if inputs[i], err = d.value(ref); err != nil {
			return nil, fmt.Errorf("input %d: %w", i, err)
		}
	}
	op, err := NewOp(in.Op)
	if err != nil {
		return nil, err
	}
	switch op := op.(type) {
	case *Constant:
		if op.Value, err = d.constant(in); err != nil {
			return nil, err
		}
	default:
		if in.Tensor != "" || in.Strings != nil || in.Bytes != nil {
			return nil, fmt.Errorf("got a tensor, which only a Constant has")
		}
	}
	if in.Attributes != nil {
		if err := parseStruct(in.Attributes, reflect.ValueOf(op).Elem()); err != nil {
			return nil, fmt.Errorf("attributes: %w", err)
		}
	}
	if op, err = d.callingOp(op, in.Functions); err != nil {
		return nil, err
	}
	if p, ok := op.(*Parameter); ok {
		if err := checkShape(p.Shape); err != nil {
			return nil, err
		}
	}
	return NewNamedNode(in.Name, op, inputs...)
}

func (d *decoder) value(ref valueRef) (Value, error) {
	if ref[0] < 0 || ref[0] >= len(d.nodes) {
		return Value{}, fmt.Errorf("got node %d, want one of the %d before", ref[0], len(d.nodes))
	}
	n := d.nodes[ref[0]]
	if ref[1] < 0 || ref[1] >= len(n.outputs) {
		return Value{}, fmt.Errorf("got output %d of node %d, want one of its %d", ref[1], ref[0], len(n.outputs))
	}
	return n.Out(ref[1]), nil
}

func (d *decoder) constant(in *documentNode) (*Tensor, error) {
	if len(in.Outputs) != 1 {
		return nil, fmt.Errorf("got %d outputs, want 1", len(in.Outputs))
	}
	strings := in.Strings
	for _, s := range in.Bytes {
		strings = append(strings, string(s))
	}
	if in.Outputs[0].Type == String {
		return StringTensor(in.Outputs[0].Shape, strings)
	}
	t, ok := d.tensors[in.Tensor]
	switch {
	case strings != nil:
		return nil, fmt.Errorf("got strings, want a tensor of %v", in.Outputs[0])
	case !ok || t == nil:
		return nil, fmt.Errorf("no tensor %q", in.Tensor)
	}
	return t, nil
}

func checkOutputs(inferred, stored []Fact) error {
	if len(stored) != len(inferred) {
		return fmt.Errorf("got %d outputs, want %d", len(stored), len(inferred))
	}
	for i, f := range stored {
		if g := inferred[i]; !f.Type.Compatible(g.Type) || !f.Shape.Compatible(g.Shape) {
			return fmt.Errorf("output %d: got %v, want %v", i, f, g)
		}
	}
	return nil
}

func (d *decoder) function() (*Function, error) {
	f := &Function{Name: d.doc.Name, Meta: d.doc.Meta, Names: map[string]Value{}, Signatures: d.doc.signatures}
	err := d.boundaries(f, d.doc.Parameters, d.doc.Results)
	if err != nil {
		return nil, err
	}
	for name, raw := range d.doc.Names {
		var ref valueRef
		if err := parseJSON(raw, reflect.ValueOf(&ref).Elem()); err != nil {
			return nil, fmt.Errorf("name %q: %w", name, err)
		}
		if f.Names[name], err = d.value(ref); err != nil {
			return nil, fmt.Errorf("name %q: %w", name, err)
		}
	}
	for _, n := range f.Nodes() {
		if _, ok := n.op.(*Parameter); ok && !slices.Contains(f.Parameters, n) {
			return nil, fmt.Errorf("node %q (Parameter) is read but is not among the parameters", n.Name)
		}
	}
	return f, f.checkSignatures()
}

// boundaries sets the parameters and results to nodes of the given numbers.
func (d *decoder) boundaries(f *Function, parameters, results []int) (err error) {
	if f.Parameters, err = boundary[Parameter](d, "parameter", parameters); err != nil {
		return err
	}
	f.Results, err = boundary[Result](d, "result", results)
	return err
}

// boundary returns the nodes of the given numbers, which must be of op T and have
// names of their own.
func boundary[T any, P interface {
	*T
	Op
}](d *decoder, what string, numbers []int) ([]*Node, error) {
	var nodes []*Node
	seen := map[string]bool{}
	for _, i := range numbers {
		if i < 0 || i >= len(d.nodes) {
			return nil, fmt.Errorf("%s: got node %d, want one of %d", what, i, len(d.nodes))
		}
		n := d.nodes[i]
		if _, ok := n.op.(P); !ok {
			return nil, fmt.Errorf("%s: node %d is %s, want %s", what, i, n.OpName(), OpName(P(new(T))))
		}
		if n.Name == "" || seen[n.Name] {
			return nil, fmt.Errorf("%s: node %d has the name %q, want one that no other has", what, i, n.Name)
		}
		seen[n.Name] = true
		nodes = append(nodes, n)
	}
	return nodes, nil
}
