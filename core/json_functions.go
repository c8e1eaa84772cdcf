package core

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"unicode/utf8"
)

// functionNames gives a distinct name to each function that the nodes of a Function call, directly or through
// other functions.
type functionNames struct {
	order []*Function
	names map[*Function]string
	taken map[string]bool
}

// namedFunctions names the functions that f calls: by their own name or, if that is taken, by one derived
// from it.
func (f *Function) namedFunctions() *functionNames {
	c := &functionNames{names: map[*Function]string{}, taken: map[string]bool{"": true}}
	c.collect(f.Nodes())
	return c
}

func (c *functionNames) collect(nodes []*Node) {
	for _, n := range nodes {
		op, ok := n.op.(Caller)
		if !ok {
			continue
		}
		for i, g := range op.Functions() {
			if _, known := c.names[g]; known {
				continue
			}
			name := g.Name
			if name == "" {
				name = n.String() + "." + op.FunctionNames()[i]
			}
			for k, base := 2, name; c.taken[name]; k++ {
				name = fmt.Sprintf("%s#%d", base, k)
			}
			c.order = append(c.order, g)
			c.names[g], c.taken[name] = name, true
			c.collect(g.body())
		}
	}
}

// of returns the names of the functions of a node; none if it calls none.
func (c *functionNames) of(n *Node) (names []string) {
	if op, ok := n.op.(Caller); ok {
		for _, g := range op.Functions() {
			names = append(names, c.names[g])
		}
	}
	return names
}

// body returns the nodes that the parameters and results need, inputs before users.
func (f *Function) body() []*Node {
	return (&Function{Parameters: f.Parameters, Results: f.Results}).Nodes()
}

// bodies returns the nodes of each function.
func (c *functionNames) bodies() [][]*Node {
	all := make([][]*Node, len(c.order))
	for i, g := range c.order {
		all[i] = g.body()
	}
	return all
}

// calledFunctions returns the members of the object "functions"; nil if there are none.
func (e *encoder) calledFunctions() ([]json.RawMessage, error) {
	var members []json.RawMessage
	for _, g := range e.functions.order {
		name := e.functions.names[g]
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("name %q of a function is not UTF-8", name)
		}
		d, err := e.function(g, g.body())
		if err != nil {
			return nil, fmt.Errorf("function %q: %w", name, err)
		}
		var b bytes.Buffer
		for i, v := range []any{name, d.Parameters, d.Results} {
			text, err := appendPlain(nil, reflect.ValueOf(v))
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, []string{"%s:{", "\"parameters\":%s,", "\"results\":%s,\"nodes\":["}[i], text)
		}
		writeLines(&b, d.Nodes)
		b.WriteString("\n]}")
		members = append(members, b.Bytes())
	}
	return members, nil
}

// functionDocument is the JSON form of a function that nodes call.
type functionDocument struct {
	Nodes      []json.RawMessage
	Parameters []int
	Results    []int
}

// field reads a field of the document.
func (d *functionDocument) field(name string, value json.RawMessage) (err error) {
	switch name {
	case "nodes":
		d.Nodes, err = rawElements(value)
	case "parameters":
		err = parseJSON(value, reflect.ValueOf(&d.Parameters).Elem())
	case "results":
		err = parseJSON(value, reflect.ValueOf(&d.Results).Elem())
	default:
		err = fmt.Errorf("unknown field")
	}
	return err
}

// library holds the functions of a document, and builds each one when a node first names it.
type library struct {
	texts    map[string]json.RawMessage
	built    map[string]*Function
	building []string
	sizes    map[string]int // nodes of each, with those that it calls, counted once for each path of calls
	nodes    int            // of all functions built, and of the document
}

// parseFunctions reads the names of functions, but does not decode the functions.
func parseFunctions(value json.RawMessage) (map[string]json.RawMessage, error) {
	texts := map[string]json.RawMessage{}
	err := eachMember(value, func(name string, text json.RawMessage) error {
		if name == "" {
			return fmt.Errorf("got a function without a name")
		}
		texts[name] = text
		return nil
	})
	return texts, err
}

// function returns a function that a node names.
func (l *library) function(name string, d *decoder) (*Function, error) {
	if f := l.built[name]; f != nil {
		return f, nil
	}
	text, ok := l.texts[name]
	switch {
	case !ok:
		return nil, fmt.Errorf("no function %q", excerpt([]byte(name)))
	case slices.Contains(l.building, name):
		return nil, fmt.Errorf("function %q calls itself", excerpt([]byte(name)))
	case len(l.building) == MaxCallDepth:
		return nil, fmt.Errorf("function %q: functions call each other deeper than %d", excerpt([]byte(name)), MaxCallDepth)
	}
	l.building = append(l.building, name)
	f, err := l.build(name, text, d)
	if err != nil {
		return nil, fmt.Errorf("function %q: %w", excerpt([]byte(name)), err)
	}
	l.building = l.building[:len(l.building)-1]
	l.built[name] = f
	return f, nil
}

func (l *library) build(name string, text json.RawMessage, d *decoder) (*Function, error) {
	var doc functionDocument
	if err := eachMember(text, doc.field); err != nil {
		return nil, err
	}
	if doc.Nodes == nil || doc.Parameters == nil || doc.Results == nil {
		return nil, fmt.Errorf("want the fields nodes, parameters and results")
	}
	inner := decoder{schema: d.schema, tensors: d.tensors, library: l}
	if err := inner.readNodes(doc.Nodes); err != nil {
		return nil, err
	}
	l.sizes[name] = len(doc.Nodes) + inner.called
	f := &Function{Name: name, Names: map[string]Value{}}
	if err := inner.boundaries(f, doc.Parameters, doc.Results); err != nil {
		return nil, err
	}
	return f, f.checkParameters()
}

// checkUsed returns an error unless each function is named by some node.
func (l *library) checkUsed() error {
	for _, name := range slices.Sorted(maps.Keys(l.texts)) {
		if l.built[name] == nil {
			return fmt.Errorf("function %q: no node names it", excerpt([]byte(name)))
		}
	}
	return nil
}

// callingOp returns an op with the functions that its node names.
func (d *decoder) callingOp(op Op, names []string) (Op, error) {
	c, ok := op.(Caller)
	if !ok {
		if names != nil {
			return nil, fmt.Errorf("got functions, which the op does not call")
		}
		return op, nil
	}
	functions := make([]*Function, len(names))
	for i, name := range names {
		var err error
		if functions[i], err = d.library.function(name, d); err != nil {
			return nil, err
		}
		if d.called += d.library.sizes[name]; d.called > MaxCalledNodes { // each is looked through again
			return nil, fmt.Errorf("function %q: more than %d nodes are called", excerpt([]byte(name)), MaxCalledNodes)
		}
	}
	called := c.WithFunctions(functions)
	if got := called.Functions(); !slices.Equal(got, functions) {
		return nil, fmt.Errorf("got %d functions, want %q", len(functions), called.FunctionNames())
	}
	return called, nil
}
