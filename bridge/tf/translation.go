package tf

import (
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

// program is shared by all translations of one call of Translate.
type program struct {
	graph      *graphdef.Graph
	arithmetic builders.Arithmetic
	options    Options
	fixed      map[tensorName]*core.Tensor // Options.Constants
	failed     map[string]error            // the calls that could not be inlined
	bodies     map[string][]string         // of each call: the nodes of its function that have effects
	flows      map[string]*flow            // by the names of the nodes that run parts of the graph
	lists      map[core.Value]bool         // the values that represent lists of tensors
	malformed  map[string]bool             // nodes with errors; nil until one is found
	leftOut    []string                    // Asserts
	tables     *tables                     // nil until one is asked for
}

// translation is the state of translating a graph, or a part of it that a loop or a conditional runs. What
// it does not translate itself it reads from the surrounding translation.
type translation struct {
	*program
	cut       map[tensorName]core.Value // the inputs
	values    map[string][]core.Value   // the outputs of each translated node
	constant  map[string]bool           // the nodes that depend on no input
	decisions *decisions                // which branches of conditionals are taken
	assumed   map[tensorName]int        // the values that predicates have here
	found     bool                      // the outputs were found, not named
	function  *core.Function

	parent   *translation
	aliases  map[tensorName]tensorName // inside name to the tensor of parent
	captures *captures                 // what this function reads from parent; nil if this is not a separate function
	captured map[int]core.Value        // the parameters for captures, by their numbers
}

// captures are values of a translation that functions inside it read.
type captures struct {
	values []core.Value
	number map[core.Value]int
}

func (c *captures) add(v core.Value) int {
	i, ok := c.number[v]
	if !ok {
		i = len(c.values)
		c.values, c.number[v] = append(c.values, v), i
	}
	return i
}

// constantInputs reports whether a node depends on no input of the graph.
func (t *translation) constantInputs(n *graphdef.Node) bool {
	for _, in := range n.DataInputs() {
		if !t.isConstant(tensorName{in.Node, in.Port}) {
			return false
		}
	}
	return true
}

// isConstant reports whether a tensor depends on no input.
func (t *translation) isConstant(name tensorName) bool {
	if _, isInput := t.cut[name]; isInput {
		return false
	}
	if of, ok := t.aliases[name]; ok {
		return t.parent.isConstant(of)
	}
	if _, here := t.values[name.node]; !here && t.parent != nil {
		return t.parent.isConstant(name)
	}
	return t.constant[name.node]
}

// readInput returns what an input of a node became.
func (t *translation) readInput(in graphdef.Input) (core.Value, error) {
	return t.read(tensorName{in.Node, in.Port})
}

// isInput reports whether a tensor is an input of the graph, or a variable of a surrounding loop.
func (t *translation) isInput(name tensorName) bool {
	if _, isInput := t.cut[name]; isInput {
		return true
	}
	return t.parent != nil && t.parent.isInput(name)
}

// aliasOf returns the tensor outside that a tensor in this part, or in a surrounding one, stands for.
func (t *translation) aliasOf(name tensorName) (tensorName, bool) {
	if of, ok := t.aliases[name]; ok {
		return of, of != name
	}
	if t.parent == nil {
		return name, false
	}
	return t.parent.aliasOf(name)
}

// has reports whether a tensor need not be translated, because it is an input or has been translated here or
// in a surrounding part.
func (t *translation) has(name tensorName) bool {
	if _, isInput := t.cut[name]; isInput {
		return true
	}
	if _, isAlias := t.aliases[name]; isAlias {
		return true
	}
	return t.parent != nil && (len(t.parent.values[name.node]) > 0 || t.parent.has(name))
}

// read returns the value of a tensor. An error is about the node that should produce it.
func (t *translation) read(name tensorName) (core.Value, error) {
	if v, ok := t.cut[name]; ok {
		return v, nil
	}
	if of, ok := t.aliases[name]; ok {
		return t.capture(of)
	}
	out, here := t.values[name.node]
	if !here && t.parent != nil {
		return t.capture(name)
	}
	if name.port < len(out) && out[name.port].Node != nil {
		return out[name.port], nil
	}
	n, _ := t.graph.Lookup(name.node)
	msg := fmt.Sprintf("has %d output(s), but %q is wanted", len(out), name)
	if _, ports := ops.Ports(n.Op); name.port < len(ports) {
		msg = fmt.Sprintf("gives no output %d (%s) here", name.port, ports[name.port].Name)
	}
	switch {
	case t.decisions == nil:
	case t.decisions.decided(n) && name.port < len(out):
		msg = fmt.Sprintf("output %d leads to the branch that is not taken", name.port)
	case t.decisions.conditional(n):
		msg = "is computed on one branch of a conditional only, and no Merge joins it with the other"
	case !here:
		msg = fmt.Sprintf("stands within a loop or conditional, so %q cannot be read from outside", name)
	}
	return core.Value{}, &Error{Node: n.Name, Op: n.Op, Input: -1, Msg: msg}
}

// capture returns a tensor of the surrounding translation, as a parameter unless it is constant.
func (t *translation) capture(name tensorName) (core.Value, error) {
	v, err := t.parent.read(name)
	if err != nil || t.captures == nil || t.parent.isConstant(name) || ops.IsUnset(v) {
		return v, err
	}
	if _, constant := v.Node.Op().(*core.Constant); constant {
		return v, nil
	}
	i := t.captures.add(v)
	if p, ok := t.captured[i]; ok {
		return p, nil
	}
	p, err := t.variable(captureName(i, v), v.Fact(), t.lists[v])
	t.captured[i] = p
	return p, err
}

// variable creates a parameter for the function of a loop or conditional, without adding it to the
// function's list of parameters.
func (t *translation) variable(name string, f core.Fact, list bool) (core.Value, error) {
	n, err := core.NewNamedNode(name, &core.Parameter{Type: f.Type, Shape: f.Shape})
	if err != nil {
		return core.Value{}, err
	}
	if list {
		t.lists[n.Out(0)] = true
	}
	return n.Out(0), nil
}

// inner returns a translation for a part of the graph that a node of t runs: into a separate function if
// captures are given, otherwise into the nodes of t.
func (t *translation) inner(c *captures) *translation {
	in := &translation{
		program:  t.program,
		cut:      map[tensorName]core.Value{},
		values:   map[string][]core.Value{},
		constant: map[string]bool{},
		assumed:  map[tensorName]int{},
		function: &core.Function{Meta: t.function.Meta, Names: map[string]core.Value{}},
		parent:   t,
		aliases:  map[tensorName]tensorName{},
		captures: c,
		captured: map[int]core.Value{},
	}
	for predicate, value := range t.assumed {
		in.assumed[predicate] = value
	}
	return in
}

// translate translates everything that tensors need and returns their values. In a separate function, they
// become its results.
func (t *translation) translate(wanted []tensorName) ([]core.Value, error) {
	nodes, err := t.needed(wanted)
	if err != nil {
		return nil, err
	}
	checks := t.asserts(nodes)
	if t.options.CheckAsserts && len(checks) > 0 {
		if nodes, err = t.needed(append(wanted[:len(wanted):len(wanted)], t.conditions(checks)...)); err != nil {
			return nil, err
		}
	}
	if err := t.nodes(nodes); err != nil {
		return nil, err
	}
	values := make([]core.Value, len(wanted))
	for i, name := range wanted {
		if values[i], err = t.read(name); err != nil {
			return nil, err
		}
	}
	if !t.options.CheckAsserts {
		t.leaveOut(checks)
		return values, nil
	}
	if len(values) > 0 {
		values[0], err = t.check(checks, values[0])
	}
	return values, err
}

// nodes translates nodes, each after those that it reads. Nodes on branches are translated with the Merge
// that joins the branches.
func (t *translation) nodes(nodes []*graphdef.Node) error {
	for i, n := range nodes {
		if t.decisions.conditional(n) || t.values[n.Name] != nil {
			continue
		}
		if err := t.node(n, nodes[i+1:]); err != nil {
			return within(n, err)
		}
	}
	return nil
}

// node translates one node whose inputs have been translated. later are the nodes after it.
func (t *translation) node(n *graphdef.Node, later []*graphdef.Node) error {
	if v, isInput := t.input(n); isInput {
		t.values[n.Name] = []core.Value{v}
		return nil
	}
	constant := t.constantInputs(n)
	var out []core.Value
	var err error
	switch flow := t.flows[n.Name]; {
	case t.decisions.decided(n):
		return t.conditional(n)
	case t.decisions.merges[n.Name] != nil:
		return t.merge(n, later)
	case flow != nil && flow.loop:
		constant = false
		out, err = t.loop(n, flow)
	case flow != nil:
		constant = false
		out, err = t.branch(n, flow)
	default:
		out, err = ops.Translate(n, ops.Context{
			Arithmetic: t.arithmetic, ConstantInputs: constant, Read: t.readInput, Lists: t.lists, Table: t.table,
		})
	}
	if err != nil {
		return err
	}
	t.give(n, out, constant)
	return nil
}

// input returns the value of a node that is an input of the graph or a constant.
func (t *translation) input(n *graphdef.Node) (core.Value, bool) {
	name := tensorName{node: n.Name}
	if v, isInput := t.cut[name]; isInput && isPlaceholder(n) {
		return v, true
	}
	x := t.fixed[name]
	if x == nil {
		return core.Value{}, false
	}
	v := core.NewConstant(x)
	v.Node.Name, v.Node.Origin = n.Name, core.Origin{Node: n.Name, Op: n.Op}
	t.constant[n.Name] = true
	return v, true
}

// give records the outputs of a translated node.
func (t *translation) give(n *graphdef.Node, out []core.Value, constant bool) {
	if out == nil {
		out = []core.Value{}
	}
	t.values[n.Name] = out
	t.constant[n.Name] = constant
	for i, v := range out {
		name := tensorName{n.Name, i}
		if _, isInput := t.cut[name]; !isInput && v.Node != nil && !ops.IsUnset(v) && !ops.IsTable(v) && t.parent == nil {
			t.function.Names[name.String()] = v
		}
	}
}
