package tf

import (
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

// Options says what of a graph to translate, and how. The zero value finds inputs and
// outputs and follows TensorFlow 2.21 but for two of its defects.
type Options struct {
	// Inputs gives inputs shapes, and makes any tensor an input: what only served to
	// compute it is left out. The Placeholders that the outputs still need are inputs too;
	// if there are none, the PlaceholderWithDefaults.
	Inputs []InputSpec
	// Outputs names the wanted tensors, "x" or "x:0". Without any they are the first
	// outputs of the nodes whose data no node reads, except constants, inputs, NoOps and
	// Asserts.
	Outputs []string
	// TFVersion is the version of TensorFlow whose arithmetic to follow, "2.13" for
	// example; "" and "auto" mean 2.21's, but for two of its defects.
	TFVersion string
}

// MetaVersion is the key of Function.Meta that tells which of TensorFlow's arithmetics
// the function follows.
const MetaVersion = "tensorflow"

// Translate makes a Function of the graph. Its parameters have the names of TensorFlow's
// nodes, its results the full names of tensors ("Identity:0"), and every tensor on the
// way stands in Names. Unknown dimensions stay unknown. Calls of functions of the graph's
// own library are inlined: their nodes are named "call/node".
//
// The error is an *UnsupportedError when ops have no translator, an *Error for a node
// that is not as its op wants it, or a *graphdef.Error; a few about Options are plain.
func Translate(g *graphdef.Graph, opts Options) (*core.Function, error) {
	version, err := arithmetic(opts.TFVersion)
	if err != nil {
		return nil, err
	}
	inlined, failed, err := inlineCalls(g)
	if err != nil {
		return nil, err
	}
	t := &translation{
		graph:      inlined,
		arithmetic: version,
		cut:        map[tensorName]core.Value{},
		values:     map[string][]core.Value{},
		constant:   map[string]bool{},
		function: &core.Function{
			Names: map[string]core.Value{},
			Meta:  map[string]string{MetaVersion: version.String()},
		},
	}
	outputs, err := wantedOutputs(g, inlined, opts.Outputs)
	if err != nil {
		return nil, err
	}
	if err := t.parameters(opts.Inputs); err != nil {
		return nil, err
	}
	nodes, err := t.needed(outputs)
	if err != nil {
		return nil, err
	}
	if err := unsupported(inlined, t.decisions.undecided(nodes), failed); err != nil {
		return nil, err
	}
	if err := t.placeholders(nodes); err != nil {
		return nil, err
	}
	for _, n := range nodes {
		if err := t.node(n); err != nil {
			return nil, within(n, err)
		}
	}
	return t.function, t.results(outputs)
}

// wantedOutputs finds the named outputs, those within calls too; without names, those of
// the graph as it was before its calls were inlined.
func wantedOutputs(g, inlined *graphdef.Graph, names []string) ([]tensorName, error) {
	if len(names) == 0 {
		return findOutputs(g)
	}
	outputs := make([]tensorName, len(names))
	seen := map[tensorName]bool{}
	for i, s := range names {
		name, _, err := find(inlined, "output", s)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("output %q: given twice", s)
		}
		seen[name] = true
		outputs[i] = name
	}
	return outputs, nil
}

// translation is the state of one Translate.
type translation struct {
	graph      *graphdef.Graph
	arithmetic builders.Arithmetic
	cut        map[tensorName]core.Value // the inputs
	values     map[string][]core.Value   // what each node became, by output
	constant   map[string]bool           // the nodes that depend on no input
	decisions  *decisions                // which branches of conditionals are taken
	function   *core.Function
}

// node translates one node, whose inputs are translated.
func (t *translation) node(n *graphdef.Node) error {
	if v, isInput := t.cut[tensorName{node: n.Name}]; isInput && isPlaceholder(n) {
		t.values[n.Name] = []core.Value{v}
		return nil
	}
	if t.decisions.decided(n) {
		return t.conditional(n)
	}
	constant := t.constantInputs(n)
	out, err := ops.Translate(n, ops.Context{Arithmetic: t.arithmetic, ConstantInputs: constant, Read: t.readInput})
	if err != nil {
		return err
	}
	t.values[n.Name] = out
	t.constant[n.Name] = constant
	for i, v := range out {
		name := tensorName{n.Name, i}
		if _, isInput := t.cut[name]; !isInput && v.Node != nil {
			t.function.Names[name.String()] = v
		}
	}
	return nil
}

// constantInputs reports whether a node reads no input of the graph, directly or not.
func (t *translation) constantInputs(n *graphdef.Node) bool {
	for _, in := range n.DataInputs() {
		if _, isInput := t.cut[tensorName{in.Node, in.Port}]; isInput || !t.constant[in.Node] {
			return false
		}
	}
	return true
}

// readInput returns what an input of a node became.
func (t *translation) readInput(in graphdef.Input) (core.Value, error) {
	return t.read(tensorName{in.Node, in.Port})
}

// read returns the value of a tensor. Its error is about the node that should give it.
func (t *translation) read(name tensorName) (core.Value, error) {
	if v, ok := t.cut[name]; ok {
		return v, nil
	}
	out := t.values[name.node]
	if name.port < len(out) && out[name.port].Node != nil {
		return out[name.port], nil
	}
	n, _ := t.graph.Lookup(name.node)
	msg := fmt.Sprintf("has %d output(s), but %q is wanted", len(out), name)
	if _, ports := ops.Ports(n.Op); name.port < len(ports) {
		msg = fmt.Sprintf("gives no output %d (%s) here", name.port, ports[name.port].Name)
	}
	if t.decisions.decided(n) && name.port < len(out) {
		msg = fmt.Sprintf("output %d leads to the branch that is not taken", name.port)
	}
	return core.Value{}, &Error{Node: n.Name, Op: n.Op, Input: -1, Msg: msg}
}

func (t *translation) results(outputs []tensorName) error {
	for _, o := range outputs {
		v, err := t.read(o)
		if err != nil {
			return err
		}
		r, err := core.NewNamedNode(o.String(), &core.Result{}, v)
		if err != nil {
			return fmt.Errorf("output %q: %w", o, err)
		}
		r.Origin = v.Node.Origin
		t.function.Results = append(t.function.Results, r)
	}
	return nil
}
