package tf

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
)

// These bound the result of inlining: functions that each call another one twice double the graph at every
// level.
const (
	maxInlinedNodes = 1 << 18
	maxInlinedParts = 1 << 22 // inputs and attributes of the nodes
	maxInlinedNames = 1 << 26 // bytes of the nodes' names
	maxCallDepth    = 64      // of nested calls
)

// errInlinedSize is the error of a graph beyond these bounds.
var errInlinedSize = fmt.Errorf("%w: inlining the calls of functions makes more than %d nodes, %d inputs and "+
	"attributes or %d bytes of names",
	graphdef.ErrLimit, maxInlinedNodes, maxInlinedParts, maxInlinedNames)

// inlined is a graph in which calls have been replaced by the nodes of the functions.
type inlined struct {
	graph  *graphdef.Graph
	failed map[string]error    // why a call was not inlined, by its name
	bodies map[string][]string // by the name of a call: the Asserts and calls of its function
	flows  map[string]*flow    // by the names of the nodes that run parts of the graph
}

// inlineCalls returns the graph with calls replaced by the nodes of the functions: calls by PartitionedCall
// and StatefulPartitionedCall, and nodes whose op is a function. A function's node is named "call/node", as
// by TensorFlow's own inliner, and the call becomes an IdentityN of what the function returns. Loops and
// conditionals stay, and the nodes of the functions that they run are added. Calls that cannot be inlined
// are left as they are.
func inlineCalls(g *graphdef.Graph) (*inlined, error) {
	in := &inliner{
		graph:  g,
		names:  map[string]bool{},
		failed: map[string]error{},
		bodies: map[string][]string{},
		flows:  map[string]*flow{},
		scopes: map[string]map[string]int{},
	}
	if !slices.ContainsFunc(g.Nodes, func(n graphdef.Node) bool { return in.isCall(&n) || in.isFlow(&n) }) {
		whole, err := closeFrames(g, in.flows)
		return &inlined{graph: whole, flows: in.flows}, err
	}
	for i := range g.Nodes {
		in.names[g.Nodes[i].Name] = true
	}
	for i := range g.Nodes {
		if err := in.add(g.Nodes[i]); err != nil {
			return nil, err
		}
	}
	whole, err := g.WithNodes(in.nodes)
	if err != nil {
		return nil, err
	}
	whole, err = closeFrames(whole, in.flows)
	return &inlined{whole, in.failed, in.bodies, in.flows}, err
}

type inliner struct {
	graph  *graphdef.Graph
	nodes  []graphdef.Node
	names  map[string]bool           // of all nodes
	failed map[string]error          // by the names of calls
	bodies map[string][]string       // by the names of calls
	flows  map[string]*flow          // by the names of nodes
	scopes map[string]map[string]int // the nodes of each function, by their names
	depth  int                       // of nested loops and conditionals
	active []string                  // the functions that are being inlined, the outermost first

	parts, bytes int
}

func (in *inliner) isCall(n *graphdef.Node) bool {
	_, function := in.graph.FunctionNamed(n.Op)
	return function || isPartitionedCall(n)
}

// isFlow reports whether a node runs functions as a loop or conditional does.
func (in *inliner) isFlow(n *graphdef.Node) bool {
	return functional[n.Op] != nil && !isGuard(in.graph, n)
}

func isPartitionedCall(n *graphdef.Node) bool {
	return n.Op == "PartitionedCall" || n.Op == "StatefulPartitionedCall"
}

// add adds a node or, in place of a call, the function's nodes. It fails only if a bound is exceeded.
func (in *inliner) add(n graphdef.Node) error {
	var err error
	switch {
	case in.isCall(&n):
		err = in.call(&n)
	case in.isFlow(&n):
		err = in.control(&n)
	default:
		return in.keep(n)
	}
	if err == nil || errors.Is(err, errInlinedSize) {
		return within(&n, err)
	}
	in.failed[n.Name] = within(&n, err)
	return in.keep(n)
}

func (in *inliner) keep(n graphdef.Node) error {
	in.parts += len(n.Inputs) + len(n.Attributes())
	in.bytes += len(n.Name)
	if len(in.nodes) == maxInlinedNodes || in.parts > maxInlinedParts || in.bytes > maxInlinedNames {
		return errInlinedSize
	}
	in.nodes = append(in.nodes, n)
	return nil
}

// call adds the nodes of the function that n calls, and n itself as an IdentityN.
func (in *inliner) call(n *graphdef.Node) error {
	call, f, err := in.callee(n)
	if err != nil {
		return err
	}
	var arguments []graphdef.DataType
	outputs, types, err := in.instantiate(call, f, func(types []graphdef.DataType) error {
		arguments = types
		return nil
	})
	if err != nil {
		return err
	}
	if err := checkListed(n, f, arguments, types); err != nil {
		return err
	}
	outputs = append(outputs, n.Inputs[len(n.DataInputs()):]...)
	return in.keep(graphdef.Forward(n.Name, n.Device, outputs, types))
}

// instantiate adds the nodes of a function for a call, whose op is the function's name, and returns the
// function's results and their types. Before it adds nodes, it calls bound with the types of the arguments.
func (in *inliner) instantiate(
	call *graphdef.Node, f *graphdef.Function, bound func(types []graphdef.DataType) error,
) ([]graphdef.Input, []graphdef.DataType, error) {
	if err := in.enterable(f); err != nil {
		return nil, nil, err
	}
	b, err := in.newBody(call, f)
	if err != nil {
		return nil, nil, fmt.Errorf("function %q: %w", f.Name, err)
	}
	outputs, types, err := b.returns()
	if err != nil {
		return nil, nil, fmt.Errorf("function %q: %w", f.Name, err)
	}
	if err := bound(b.types); err != nil {
		return nil, nil, err
	}
	in.active = append(in.active, f.Name)
	for i := range b.nodes {
		if b.nodes[i].Op == opAssert || isGuard(in.graph, &b.nodes[i]) || in.isCall(&b.nodes[i]) {
			in.bodies[call.Name] = append(in.bodies[call.Name], b.nodes[i].Name)
		}
		if err := in.add(b.nodes[i]); err != nil {
			return nil, nil, err
		}
	}
	in.active = in.active[:len(in.active)-1]
	return outputs, types, nil
}

// callee returns the function that n calls, and the call as a node whose op is the function's name.
func (in *inliner) callee(n *graphdef.Node) (*graphdef.Node, *graphdef.Function, error) {
	call := n
	if _, direct := in.graph.FunctionNamed(n.Op); !direct {
		var err error
		if call, err = n.Called("f"); err != nil {
			return nil, nil, err
		}
	}
	f, ok := in.graph.FunctionNamed(call.Op)
	if !ok {
		return nil, nil, fmt.Errorf("function %q is not in the graph's library", call.Op)
	}
	return call, f, nil
}

// enterable reports whether a function can be inlined where the inliner stands.
func (in *inliner) enterable(f *graphdef.Function) error {
	if i := slices.Index(in.active, f.Name); i >= 0 {
		return fmt.Errorf("function %q calls itself: %s", f.Name,
			strings.Join(append(slices.Clone(in.active[i:]), f.Name), " -> "))
	}
	if len(in.active) == maxCallDepth {
		return fmt.Errorf("function %q: calls are nested deeper than %d", f.Name, maxCallDepth)
	}
	return nil
}

// scope returns the nodes of a function by their names.
func (in *inliner) scope(f *graphdef.Function) (map[string]int, error) {
	if scope, ok := in.scopes[f.Name]; ok {
		return scope, nil
	}
	scope := make(map[string]int, len(f.Nodes))
	for i := range f.Nodes {
		if _, twice := scope[f.Nodes[i].Name]; twice {
			return nil, fmt.Errorf("two nodes are named %q", f.Nodes[i].Name)
		}
		scope[f.Nodes[i].Name] = i
	}
	in.scopes[f.Name] = scope
	return scope, nil
}

// unique returns the name, with a number appended if some node already has it.
func (in *inliner) unique(name string) string {
	free := name
	for i := 1; in.names[free]; i++ {
		free = name + "_" + strconv.Itoa(i)
	}
	in.names[free] = true
	return free
}

// body holds the nodes that one call of a function creates.
type body struct {
	in        *inliner
	call      *graphdef.Node
	function  *graphdef.Function
	scope     map[string]int
	arguments map[string][]graphdef.Input
	types     []graphdef.DataType // of the arguments
	nodes     []graphdef.Node
	layouts   []map[string]stretch // of the nodes, once they have been asked for
}

// stretch is the position of a named output among all outputs of a node.
type stretch struct{ start, length int }

func (in *inliner) newBody(call *graphdef.Node, f *graphdef.Function) (*body, error) {
	scope, err := in.scope(f)
	if err != nil {
		return nil, err
	}
	b := &body{in: in, call: call, function: f, scope: scope, arguments: map[string][]graphdef.Input{}}
	if err := b.bind(); err != nil {
		return nil, err
	}
	if len(in.nodes)+len(f.Nodes) > maxInlinedNodes || in.bytes+len(f.Nodes)*len(call.Name) > maxInlinedNames {
		return nil, errInlinedSize
	}
	b.nodes = make([]graphdef.Node, len(f.Nodes))
	b.layouts = make([]map[string]stretch, len(f.Nodes))
	for i := range f.Nodes {
		if b.nodes[i], err = f.Nodes[i].Instance(in.unique(call.Name+"/"+f.Nodes[i].Name), call); err != nil {
			return nil, err
		}
	}
	for i := range f.Nodes {
		for _, input := range f.Nodes[i].Inputs {
			resolved, err := b.resolve(input)
			if err != nil {
				return nil, fmt.Errorf("node %q (%s): %w", f.Nodes[i].Name, f.Nodes[i].Op, err)
			}
			b.nodes[i].Inputs = append(b.nodes[i].Inputs, resolved...)
		}
	}
	return b, nil
}

// bind connects the function's arguments to the call's inputs.
func (b *body) bind() error {
	data := b.call.DataInputs()
	for i := range b.function.Inputs {
		a := &b.function.Inputs[i]
		types, err := argumentTypes(a, b.call, opdef.MaxValues-len(b.types))
		if err != nil {
			return err
		}
		if _, twice := b.arguments[a.Name]; twice {
			return fmt.Errorf("two arguments are named %q", a.Name)
		}
		b.arguments[a.Name] = nil
		start := len(b.types)
		b.types = append(b.types, types...)
		if end := len(b.types); end <= len(data) {
			b.arguments[a.Name] = data[start:end:end]
		}
	}
	if len(data) != len(b.types) {
		return fmt.Errorf("got %d inputs, want %d", len(data), len(b.types))
	}
	return nil
}

// resolve returns what an input of one of the function's nodes reads in the surrounding graph. An argument
// that is a list may be read as a whole.
func (b *body) resolve(input graphdef.Input) ([]graphdef.Input, error) {
	values, isArgument := b.arguments[input.Node]
	i, isNode := b.scope[input.Node]
	switch {
	case input.Control && isArgument:
		return nil, nil
	case input.Control && isNode:
		return []graphdef.Input{{Node: b.nodes[i].Name, Control: true}}, nil
	case isArgument && input.Output == "":
		if input.Port == graphdef.All {
			return values, b.take(len(values))
		}
		if input.Port >= len(values) {
			return nil, fmt.Errorf("reads %q, but the argument has %d value(s)", input, len(values))
		}
		return values[input.Port : input.Port+1 : input.Port+1], b.take(1)
	case isNode && input.Output != "":
		return b.output(i, input)
	}
	return nil, fmt.Errorf("reads %q, which is neither an argument nor the output of a node", input)
}

// take counts inputs before they are created.
func (b *body) take(n int) error {
	if b.in.parts += n; b.in.parts > maxInlinedParts {
		return errInlinedSize
	}
	return nil
}

// output returns the tensor in the graph for an output of node i.
func (b *body) output(i int, input graphdef.Input) ([]graphdef.Input, error) {
	at, err := b.stretch(i, input)
	if err != nil {
		return nil, err
	}
	first, count := at.start, at.length
	if input.Port != graphdef.All {
		if input.Port >= at.length {
			return nil, fmt.Errorf("reads %q, but the output has %d value(s)", input, at.length)
		}
		first, count = at.start+input.Port, 1
	}
	if err := b.take(count); err != nil {
		return nil, err
	}
	out := make([]graphdef.Input, count)
	for k := range out {
		out[k] = graphdef.Input{Node: b.nodes[i].Name, Port: first + k}
	}
	return out, nil
}

// stretch finds an output of node i by its name. The outputs of an op without a translator are not known;
// that the op is not supported is reported later.
func (b *body) stretch(i int, input graphdef.Input) (stretch, error) {
	n := &b.nodes[i]
	if !ops.Known(n.Op) && !b.in.isCall(n) {
		return stretch{0, max(input.Port, 0) + 1}, nil
	}
	if b.layouts[i] == nil {
		layout, err := b.in.layout(n)
		if err != nil {
			return stretch{}, err
		}
		b.layouts[i] = layout
	}
	at, ok := b.layouts[i][input.Output]
	if !ok {
		return stretch{}, fmt.Errorf("reads %q, but %s has no output %q", input, n.Op, input.Output)
	}
	return at, nil
}

// layout returns the positions of the named outputs of a node.
func (in *inliner) layout(n *graphdef.Node) (map[string]stretch, error) {
	layout := map[string]stretch{}
	next := 0
	add := func(name string, length int) {
		layout[name] = stretch{next, length}
		next += length
	}
	if f, ok := in.graph.FunctionNamed(n.Op); ok {
		for i := range f.Outputs {
			types, err := argumentTypes(&f.Outputs[i], n, opdef.MaxValues-next)
			if err != nil {
				return nil, err
			}
			add(f.Outputs[i].Name, len(types))
		}
		return layout, nil
	}
	if isPartitionedCall(n) {
		types, err := n.Types("Tout")
		add("output", len(types))
		return layout, err
	}
	_, outputs := ops.Ports(n.Op)
	for i := range outputs {
		length, err := outputs[i].Count(n)
		if err != nil {
			return nil, err
		}
		add(outputs[i].Name, length)
	}
	return layout, nil
}

// returns lists what the function returns: the tensors and their types.
func (b *body) returns() ([]graphdef.Input, []graphdef.DataType, error) {
	var values []graphdef.Input
	var types []graphdef.DataType
	for i := range b.function.Outputs {
		o := &b.function.Outputs[i]
		want, err := argumentTypes(o, b.call, opdef.MaxValues-len(types))
		if err != nil {
			return nil, nil, err
		}
		source, ok := b.function.Returns[o.Name]
		if !ok {
			return nil, nil, fmt.Errorf("ret does not say what output %q is", o.Name)
		}
		got, err := b.resolve(source)
		if err != nil {
			return nil, nil, fmt.Errorf("output %q: %w", o.Name, err)
		}
		if len(got) != len(want) {
			return nil, nil, fmt.Errorf("output %q: got %d value(s), want %d", o.Name, len(got), len(want))
		}
		values, types = append(values, got...), append(types, want...)
	}
	return values, types, nil
}

// argumentTypes returns the types of the values of an input or output of a function.
func argumentTypes(a *graphdef.Argument, call *graphdef.Node, most int) ([]graphdef.DataType, error) {
	if a.TypeListAttr != "" {
		types, err := call.Types(a.TypeListAttr)
		if err == nil && len(types) > most {
			err = call.Errorf(a.TypeListAttr, "got %d types, want at most %d", len(types), most)
		}
		return types, err
	}
	t := a.Type
	if a.TypeAttr != "" {
		var err error
		if t, err = call.Type(a.TypeAttr); err != nil {
			return nil, err
		}
	}
	if t == graphdef.Invalid {
		return nil, fmt.Errorf("argument %q has no type", a.Name)
	}
	count := int64(1)
	if a.NumberAttr != "" {
		var err error
		if count, err = call.Int(a.NumberAttr); err != nil {
			return nil, err
		}
	}
	if count < 0 || count > int64(most) {
		return nil, fmt.Errorf("argument %q: got %d values, want at most %d", a.Name, count, most)
	}
	return slices.Repeat([]graphdef.DataType{t}, int(count)), nil
}

// checkListed compares the types that a PartitionedCall lists with the function's.
func checkListed(n *graphdef.Node, f *graphdef.Function, inputs, outputs []graphdef.DataType) error {
	if !isPartitionedCall(n) {
		return nil
	}
	for attr, want := range map[string][]graphdef.DataType{"Tin": inputs, "Tout": outputs} {
		got, err := n.Types(attr)
		if err != nil {
			return err
		}
		if !slices.Equal(got, want) {
			return n.Errorf(attr, "got %v, want %v as function %q has it", got, want, f.Name)
		}
	}
	return nil
}
