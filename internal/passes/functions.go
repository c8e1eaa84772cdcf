package passes

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
)

// functions runs all passes on the functions that nodes call, after it has given them everything that the node tells
// about shapes, constants and unused results.
func functions(f *core.Function, o Options) (*core.Function, error) {
	f, err := inlineBranches(f, o)
	if err != nil {
		return nil, err
	}
	if o.left == nil {
		o.left = new(int64)
		*o.left = foldGrowth
	}
	users := f.Users()
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		op, ok := n.Op().(core.Caller)
		if !ok {
			return nil, nil
		}
		c, err := newCalling(n, op, inputs, users)
		if err != nil {
			return nil, err
		}
		if err := c.reduce(); err != nil {
			return nil, err
		}
		return c.finish(o)
	})
}

// calling is a node that calls functions, while it is being simplified. Parameter i of each function is input first+i
// of the node.
type calling struct {
	from   *core.Node
	op     core.Caller
	inputs []core.Value
	first  int // the number of inputs before the parameters
	// What replaces each output of the node: another value, or output number at of the new node.
	outputs []output
}

type output struct {
	value core.Value
	at    int // -1: value
	read  bool
}

func newCalling(
	n *core.Node, op core.Caller, inputs []core.Value, users map[core.Value][]*core.Node,
) (*calling, error) {
	list := slices.Clone(op.Functions())
	for i, f := range list {
		list[i] = withoutNames(f)
	}
	special, err := op.WithFunctions(list).Specialize(core.Operands(inputs))
	if err != nil {
		return nil, n.Locate(err)
	}
	c := &calling{from: n, op: special, inputs: slices.Clone(inputs), outputs: make([]output, len(n.Outputs()))}
	c.first = len(inputs) - len(special.Functions()[0].Parameters)
	for i := range c.outputs {
		c.outputs[i] = output{at: i, read: len(users[n.Out(i)]) > 0}
	}
	return c, nil
}

// reduce simplifies the call until nothing changes.
func (c *calling) reduce() error {
	for {
		changed := false
		for _, step := range []func() (bool, error){
			c.dropResults, c.dropVariables, c.captureUnchanged, c.setRows, c.moveConstants, c.dropUnread,
		} {
			did, err := step()
			if err != nil {
				return fmt.Errorf("node %q (%s): %w", c.from.Name, c.from.OpName(), err)
			}
			changed = changed || did
		}
		if !changed {
			return nil
		}
	}
}

// finish runs all passes on the functions and returns the outputs of the new node.
func (c *calling) finish(o Options) ([]core.Value, error) {
	o.Dump = nil
	list := slices.Clone(c.op.Functions())
	for i, f := range list {
		var err error
		if list[i], err = o.run(f, o); err != nil {
			return nil, fmt.Errorf("node %q (%s): %s: %w", c.from.Name, c.from.OpName(), c.op.FunctionNames()[i], err)
		}
	}
	n, err := c.from.With(c.op.WithFunctions(list), c.inputs...)
	if err != nil {
		return nil, err
	}
	values := make([]core.Value, len(c.outputs))
	for i, out := range c.outputs {
		if values[i] = out.value; out.at >= 0 {
			values[i] = n.Out(out.at)
		}
	}
	return values, nil
}

// variables returns how many parameters the functions change. These cannot become constants.
func (c *calling) variables() int {
	if l, ok := c.op.(*control.Loop); ok {
		return l.Variables()
	}
	return 0
}

// moveConstants replaces parameters by values that follow from constants alone.
func (c *calling) moveConstants() (bool, error) {
	return c.dropParameters(func(i int) (core.Value, bool) {
		v := c.inputs[c.first+i]
		return v, followsFromConstants(v)
	})
}

// dropUnread drops the parameters that no function reads.
func (c *calling) dropUnread() (bool, error) {
	read := map[int]bool{}
	for _, f := range c.op.Functions() {
		for i, p := range f.Parameters {
			read[i] = read[i] || isRead(f, p)
		}
	}
	return c.dropParameters(func(i int) (core.Value, bool) { return core.Value{}, !read[i] })
}

func isRead(f *core.Function, p *core.Node) bool {
	return slices.ContainsFunc(f.Nodes(), func(n *core.Node) bool {
		return slices.ContainsFunc(n.Inputs(), func(v core.Value) bool { return v.Node == p })
	})
}

// dropParameters drops those parameters, variables aside, for which by returns a value. The functions read that value
// instead.
func (c *calling) dropParameters(by func(i int) (core.Value, bool)) (bool, error) {
	instead := map[int]core.Value{}
	for i := c.variables(); i < len(c.inputs)-c.first; i++ {
		if v, ok := by(i); ok {
			instead[i] = v
		}
	}
	if len(instead) == 0 {
		return false, nil
	}
	list := slices.Clone(c.op.Functions())
	for k, f := range list {
		var err error
		if list[k], err = withoutParameters(f, instead); err != nil {
			return false, err
		}
	}
	c.op = c.op.WithFunctions(list)
	var inputs []core.Value
	for i, v := range c.inputs {
		if _, dropped := instead[i-c.first]; !dropped {
			inputs = append(inputs, v)
		}
	}
	c.inputs = inputs
	return true, nil
}

// withoutParameters returns f without some parameters. In their place it reads values that need no parameters; there
// is no value for a parameter that f does not read.
func withoutParameters(f *core.Function, instead map[int]core.Value) (*core.Function, error) {
	values := make([]core.Value, len(f.Parameters))
	var kept []*core.Node
	for i, p := range f.Parameters {
		values[i] = p.Out(0)
		if v, dropped := instead[i]; !dropped {
			kept = append(kept, p)
		} else if v.Node != nil {
			values[i] = v
		}
	}
	results, err := applied(f, values)
	if err != nil {
		return nil, err
	}
	return withBoundary(f, kept, results)
}

// withBoundary returns a function with the name of f, and with the given parameters and values of results.
func withBoundary(f *core.Function, parameters []*core.Node, results []core.Value) (*core.Function, error) {
	g := &core.Function{Name: f.Name, Parameters: parameters, Meta: f.Meta}
	for i, v := range results {
		r := f.Results[min(i, len(f.Results)-1)]
		name := r.Name
		for k := i; slices.ContainsFunc(g.Results, func(o *core.Node) bool { return o.Name == name }); k++ {
			name = fmt.Sprintf("%s#%d", r.Name, k)
		}
		n, err := core.NewNamedNode(name, &core.Result{}, v)
		if err != nil {
			return nil, err
		}
		n.Origin = r.Origin
		g.Results = append(g.Results, n)
	}
	return g, nil
}

// applied returns the results of f with values in place of its parameters.
func applied(f *core.Function, values []core.Value) ([]core.Value, error) {
	to := map[*core.Node]*core.Node{}
	at := map[*core.Node]core.Value{}
	for i, p := range f.Parameters {
		at[p] = values[i]
	}
	for _, n := range f.Nodes() {
		if _, given := at[n]; given {
			continue
		}
		inputs := make([]core.Value, len(n.Inputs()))
		for i, v := range n.Inputs() {
			if inputs[i] = v; to[v.Node] != nil {
				inputs[i] = to[v.Node].Out(v.Index)
			} else if a, given := at[v.Node]; given {
				inputs[i] = a
			}
		}
		m, err := n.WithInputs(inputs)
		if err != nil {
			return nil, err
		}
		to[n] = m
	}
	results := make([]core.Value, len(f.Results))
	for i, r := range f.Results {
		results[i] = to[r].Inputs()[0]
	}
	return results, nil
}

// maxConstantNodes bounds how many nodes a value may take for the functions to compute it themselves.
const maxConstantNodes = 256

// followsFromConstants reports whether a value is computed from constants alone, by few nodes.
func followsFromConstants(v core.Value) bool {
	seen := map[*core.Node]bool{}
	todo := []*core.Node{v.Node}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[n] {
			continue
		}
		if seen[n] = true; len(seen) > maxConstantNodes {
			return false
		}
		switch _, calls := n.Op().(core.Caller); {
		case calls:
			return false // it would be called in each step
		case !n.IsComputed():
			if v := n.Out(0); v.Constant() == nil {
				return false
			}
		case len(n.Inputs()) == 0:
			return false
		}
		for _, in := range n.Inputs() {
			todo = append(todo, in.Node)
		}
	}
	return true
}
