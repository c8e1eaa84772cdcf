package tf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

const opAssert = "Assert"

// metaAsserts is the key of Function.Meta under which the Asserts that were left out are listed, one name
// on each line.
const metaAsserts = "tensorflow_asserts_left_out"

// LeftOut lists the Assert nodes that TensorFlow would evaluate for the outputs of a translated function,
// and that were left out because Options.CheckAsserts was not set.
func LeftOut(f *core.Function) []string {
	if f.Meta[metaAsserts] == "" {
		return nil
	}
	return strings.Split(f.Meta[metaAsserts], "\n")
}

// leaveOut notes the Asserts that are not checked.
func (t *translation) leaveOut(asserts []*graphdef.Node) {
	for _, n := range asserts {
		if !slices.Contains(t.leftOut, n.Name) {
			t.leftOut = append(t.leftOut, n.Name)
		}
	}
}

// recordLeftOut writes into the function which Asserts are not checked.
func (t *translation) recordLeftOut() {
	if len(t.leftOut) > 0 {
		t.function.Meta[metaAsserts] = strings.Join(t.leftOut, "\n")
	}
}

// asserts returns the Asserts that TensorFlow evaluates along with the nodes, in the order of the file:
// those that they depend on through control inputs, at any depth, and those in the functions that they
// call. It leaves out Asserts on branches that are not taken.
func (t *translation) asserts(nodes []*graphdef.Node) []*graphdef.Node {
	reached := map[string]bool{}
	var todo []string
	for _, n := range nodes {
		todo = append(todo, n.Name)
	}
	spread(reached, todo, func(name string) []string {
		n, ok := t.graph.Lookup(name)
		if !ok {
			return nil
		}
		next := slices.Clone(t.bodies[name])
		for _, in := range n.Inputs {
			if in.Control || !t.isCut(in) && !t.decisions.isDead(tensorName{in.Node, in.Port}) {
				next = append(next, in.Node)
			}
		}
		return next
	})
	var found []*graphdef.Node
	for i := range t.graph.Nodes {
		n := &t.graph.Nodes[i]
		if n.Op != opAssert && !isGuard(t.graph, n) || !reached[n.Name] || len(n.DataInputs()) == 0 {
			continue
		}
		t.decisions.visit(n, 1)
		if !t.decisions.isDead(tensorName{n.Name, -1}) {
			found = append(found, n)
		}
	}
	return found
}

// isGuard reports whether a node is an Assert in the form that TensorFlow 2 writes: an If on the condition,
// with the Assert in the branch for false.
func isGuard(g *graphdef.Graph, n *graphdef.Node) bool {
	return (n.Op == "If" || n.Op == "StatelessIf") && hasAssert(g, n, "else_branch") && !hasAssert(g, n, "then_branch")
}

// forwardsGuard reports whether a node only passes on the result of such an If, for control edges.
func forwardsGuard(g *graphdef.Graph, n *graphdef.Node) bool {
	data := n.DataInputs()
	if n.Op != "Identity" || len(data) != 1 {
		return false
	}
	p, ok := g.Lookup(data[0].Node)
	return ok && isGuard(g, p)
}

// maxGuardNodes bounds how many nodes of a branch are searched for an Assert. In the branches that
// TensorFlow writes there is one for each text and tensor to print, and a few more.
const maxGuardNodes = 256

// hasAssert reports whether a branch of an If has an Assert.
func hasAssert(g *graphdef.Graph, n *graphdef.Node, branch string) bool {
	f, ok := branchOf(g, n, branch)
	return ok && len(f.Nodes) <= maxGuardNodes &&
		slices.ContainsFunc(f.Nodes, func(n graphdef.Node) bool { return n.Op == opAssert })
}

func branchOf(g *graphdef.Graph, n *graphdef.Node, branch string) (*graphdef.Function, bool) {
	name, err := n.Func(branch)
	if err != nil {
		return nil, false
	}
	return g.FunctionNamed(name)
}

// conditions returns the conditions of the Asserts. An Assert that TensorFlow 1 evaluates only if its
// condition is false reads the condition from a Switch on the condition itself.
func (t *translation) conditions(asserts []*graphdef.Node) []tensorName {
	var tensors []tensorName
	for _, n := range asserts {
		in := n.DataInputs()[0]
		if p, ok := t.graph.Lookup(in.Node); ok && p.Op == "Switch" && !t.isCut(in) {
			if data := p.DataInputs(); len(data) == 2 && data[0].String() == data[1].String() {
				in = data[0]
			}
		}
		tensors = append(tensors, tensorName{in.Node, in.Port})
	}
	return tensors
}

// checkFirst puts the Asserts between the first result and what computes it.
func (t *translation) checkFirst(asserts []*graphdef.Node) error {
	if len(asserts) == 0 {
		return nil
	}
	result := t.function.Results[0]
	v, err := t.check(asserts, result.Inputs()[0])
	if err != nil {
		return err
	}
	last, err := result.With(&core.Result{}, v)
	if err != nil {
		return fmt.Errorf("output %q: %w", result.Name, err)
	}
	t.function.Results[0] = last
	return nil
}

// check returns a value for which the Asserts must hold.
func (t *translation) check(asserts []*graphdef.Node, v core.Value) (core.Value, error) {
	for i, tensor := range t.conditions(asserts) {
		n := asserts[i]
		condition, err := t.read(tensor)
		if err != nil {
			return v, within(n, err)
		}
		node, err := core.NewNamedNode(n.Name, &pointwise.Assert{Message: t.message(n)}, v, condition)
		if err != nil {
			return v, within(n, err)
		}
		node.Origin = core.Origin{Node: n.Name, Op: n.Op}
		v = node.Out(0)
	}
	return v, nil
}

// message joins the strings that an Assert prints, without the other tensors that it prints.
func (t *translation) message(n *graphdef.Node) string {
	var parts []string
	add := func(p *graphdef.Node) {
		if p.Op != "Const" {
			return
		}
		if x, err := opdef.Tensor(p, "value"); err == nil && x.Type() == core.String {
			parts = append(parts, x.Strings()...)
		}
	}
	for _, in := range n.DataInputs()[1:] {
		if p, ok := t.graph.Lookup(in.Node); ok {
			add(p)
		}
	}
	if f, ok := branchOf(t.graph, n, "else_branch"); ok && isGuard(t.graph, n) {
		for i := range f.Nodes {
			add(&f.Nodes[i])
		}
	}
	if len(parts) == 0 {
		return "it has no text"
	}
	return strings.ToValidUTF8(strings.Clone(strings.Join(parts, " ")), "?")
}
