package core

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Function is a graph with named parameters and results.
type Function struct {
	Name       string
	Parameters []*Node          // each a Parameter op with a name
	Results    []*Node          // each a Result op; its name is the result's
	Names      map[string]Value // further values that can be asked for, by TensorFlow tensor name ("conv1:0")
	Meta       map[string]string
	Signatures map[string]Signature // ways to call it, by name; may be nil
}

// Nodes returns all nodes that the results and names need, inputs before users.
// The order is the same for the same Function. It uses no recursion.
func (f *Function) Nodes() []*Node {
	var order []*Node
	seen := map[*Node]bool{}
	type frame struct {
		node *Node
		next int
	}
	var stack []frame
	visit := func(root *Node) {
		if !seen[root] {
			seen[root] = true
			stack = append(stack, frame{root, 0})
		}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(top.node.inputs) {
				order = append(order, top.node)
				stack = stack[:len(stack)-1]
				continue
			}
			n := top.node.inputs[top.next].Node
			top.next++
			if !seen[n] {
				seen[n] = true
				stack = append(stack, frame{n, 0})
			}
		}
	}
	for _, p := range f.Parameters {
		visit(p)
	}
	for _, r := range f.Results {
		visit(r)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Names)) {
		visit(f.Names[name].Node)
	}
	return order
}

// AllNodes returns the nodes, followed by those of the functions that nodes call, each function once.
func (f *Function) AllNodes() []*Node {
	return slices.Concat(append([][]*Node{f.Nodes()}, f.namedFunctions().bodies()...)...)
}

// Users returns, for every value in use, the nodes that read it (once per input).
func (f *Function) Users() map[Value][]*Node {
	users := map[Value][]*Node{}
	for _, n := range f.Nodes() {
		for _, v := range n.inputs {
			users[v] = append(users[v], n)
		}
	}
	return users
}

// Rewrite returns a new Function in which each node is replaced by what visit
// returns for it: one value per output. inputs are the node's inputs after
// rewriting; returning nil, nil keeps the node (inferred again if its inputs
// changed). Parameters and Results keep their order and names.
func (f *Function) Rewrite(visit func(n *Node, inputs []Value) ([]Value, error)) (*Function, error) {
	to := map[*Node][]Value{}
	at := func(v Value) Value { return to[v.Node][v.Index] }
	for _, n := range f.Nodes() {
		inputs := make([]Value, len(n.inputs))
		for i, v := range n.inputs {
			inputs[i] = at(v)
		}
		outs, err := visit(n, inputs)
		if err != nil {
			return nil, err
		}
		if outs == nil {
			kept, err := n.WithInputs(inputs)
			if err != nil {
				return nil, err
			}
			for i := range kept.outputs {
				outs = append(outs, kept.Out(i))
			}
		}
		if len(outs) != len(n.outputs) {
			return nil, fmt.Errorf("rewrite of node %q (%s): got %d values, want %d",
				n.Name, n.OpName(), len(outs), len(n.outputs))
		}
		to[n] = outs
	}
	g := &Function{Name: f.Name, Meta: f.Meta, Signatures: f.Signatures, Names: make(map[string]Value, len(f.Names))}
	for _, p := range f.Parameters {
		g.Parameters = append(g.Parameters, to[p][0].Node)
	}
	for _, r := range f.Results {
		g.Results = append(g.Results, to[r][0].Node)
	}
	for name, v := range f.Names {
		g.Names[name] = at(v)
	}
	return g, nil
}

// Bind returns f with the shapes of its parameters narrowed to those given by
// name, and everything inferred again.
func (f *Function) Bind(shapes map[string]Shape) (*Function, error) {
	return f.Rewrite(func(n *Node, _ []Value) ([]Value, error) {
		p, ok := n.op.(*Parameter)
		s, given := shapes[n.Name]
		if !ok || !given {
			return nil, nil
		}
		merged, ok := p.Shape.Merge(s)
		if !ok {
			return nil, fmt.Errorf("input %q: got shape %v, want %v", n.Name, s, p.Shape)
		}
		if merged.Equal(p.Shape) {
			return nil, nil
		}
		b, err := n.With(&Parameter{Type: p.Type, Shape: merged})
		if err != nil {
			return nil, err
		}
		return []Value{b.Out(0)}, nil
	})
}

// WithResults returns f with other results: values of Names, parameters or
// results, by name ("x" means "x:0"). Unless keepNames is set, names that nothing
// needs any more are dropped. Signatures stay if all their inputs and outputs do.
func (f *Function) WithResults(names []string, keepNames bool) (*Function, error) {
	g := &Function{Name: f.Name, Parameters: f.Parameters, Meta: f.Meta}
	if keepNames {
		g.Names = f.Names
	}
	for _, name := range names {
		v, ok := f.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("no tensor %q in the graph%s", name, f.suggest(name))
		}
		r, err := NewNamedNode(name, &Result{}, v)
		if err != nil {
			return nil, err
		}
		r.Origin = v.Node.Origin
		g.Results = append(g.Results, r)
	}
	g.keepSignatures(f.Signatures)
	return g, nil
}

// Lookup finds a value by the name of a result, of a TensorFlow tensor ("x" or
// "x:0") or of a parameter.
func (f *Function) Lookup(name string) (Value, bool) {
	for _, r := range f.Results {
		if r.Name == name {
			return r.inputs[0], true
		}
	}
	for _, n := range []string{name, name + ":0"} {
		if v, ok := f.Names[n]; ok {
			return v, true
		}
	}
	for _, p := range f.Parameters {
		if p.Name == name || p.Name+":0" == name {
			return p.Out(0), true
		}
	}
	return Value{}, false
}

// suggest returns a hint with the names most similar to one that does not exist.
func (f *Function) suggest(name string) string {
	best, bestDist := "", len(name)/2+1
	for _, n := range slices.Sorted(maps.Keys(f.Names)) {
		if d := editDistance(name, n); d < bestDist {
			best, bestDist = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost = 1 + min(diag, row[j], row[j+1])
			}
			diag, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// Signature is a way to call a Function: the names by which a caller passes inputs and receives outputs, and
// the parameter or tensor behind each, like a SignatureDef of TensorFlow.
type Signature struct {
	Inputs  map[string]string `json:"inputs"`  // the caller's name -> the parameter's
	Outputs map[string]string `json:"outputs"` // the caller's name -> a result's, or one of Names

	Method   string             // what it is for: "tensorflow/serving/predict"; may be empty
	Defaults map[string]*Tensor // values of inputs that a caller may leave out, by the caller's names; may be nil
}

// String writes: x="input" -> classes="Identity:0".
func (s Signature) String() string {
	return bindings(s.Inputs) + "-> " + strings.TrimSuffix(bindings(s.Outputs), " ")
}

// FunctionError reports a Function that is not well formed.
type FunctionError struct {
	Part string // parameter 1, result 0 or name "conv1:0"; empty for the whole
	Msg  string // what was got and what was wanted
}

// Error writes: function: parameter 1: got op Softmax, want Parameter.
func (e *FunctionError) Error() string {
	if e.Part == "" {
		return "function: " + e.Msg
	}
	return "function: " + e.Part + ": " + e.Msg
}

func bindings(names map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(&b, "%s=%q ", name, names[name])
	}
	return b.String()
}
