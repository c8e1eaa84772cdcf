package machine

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// A node is worth a plan from so many elements of an input on, or so many multiplications and additions. An unknown
// dimension counts as 1.
const manyElements, manyOperations = 1 << 12, 1 << 13

// CutLate cuts a function where shapes depend on data. It returns the head, which the caller plans, and a Dynamic with
// the rest. The caller then sets the Dynamic's Head and, if it has a Deferred function, its Machines. If all shapes are
// known and nothing is a string, the head is f itself and the Dynamic is nil.
// calls returns the Calls of the tail's nodes that call functions; called says that f itself is called by
// another function, and defers that nodes may be deferred.
func CutLate(
	f *core.Function, calls func([]*core.Node) (map[*core.Node]*Calls, error), called, defers bool,
	limits core.MemoryLimits,
) (*core.Function, *Dynamic, error) {
	c := cutter{f: f, defers: defers, part: map[*core.Node]part{}, head: &core.Function{Name: f.Name, Meta: f.Meta}}
	if c.divide(); !slices.ContainsFunc(f.Nodes(), func(n *core.Node) bool { return c.part[n] != head }) {
		return f, nil, nil
	}
	for i, p := range f.Parameters {
		if c.part[p] == head {
			c.given = append(c.given, i)
			c.head.Parameters = append(c.head.Parameters, p)
		}
	}
	if err := c.cut(); err != nil {
		return nil, nil, err
	}
	inner, err := calls(c.tail)
	if err != nil {
		return nil, nil, err
	}
	c.results = f.Results
	c.interpreted = NewInterpreted(c.tail, f.Parameters, c.of[tail], inner, called, limits, c.reads...)
	return c.head, &c.Dynamic, nil
}

// part is a part of a function that is cut.
type part int

const (
	head     part = iota // what is planned before the run
	tail                 // what is interpreted
	deferred             // what is compiled when its shapes are known
	parts
)

// cutter cuts a function.
type cutter struct {
	Dynamic
	f      *core.Function
	defers bool
	part   map[*core.Node]part
	head   *core.Function
	tail   []*core.Node              // the nodes that are interpreted
	of     [parts][]*core.Node       // the results that each part computes
	inside map[core.Value]core.Value // what the values that deferred nodes read are in the deferred function
}

// divide finds the part of each node.
func (c *cutter) divide() {
	for _, n := range c.f.Nodes() {
		after := head
		for _, v := range n.Inputs() {
			after = max(after, c.part[v.Node])
		}
		switch {
		case after == deferred:
			c.part[n] = deferred
		case after == tail && c.defers && n.IsComputed() && isWorthAPlan(n):
			c.part[n] = deferred
		case after == tail || slices.ContainsFunc(n.Outputs(), hasNoBytes):
			c.part[n] = tail
		}
	}
}

// isWorthAPlan reports whether a node that reads shapes which depend on data takes long enough as a reference to be
// compiled for them. Its own outputs must not depend on more than those shapes, as far as can be told.
func isWorthAPlan(n *core.Node) bool {
	inputs := n.Inputs()
	if slices.ContainsFunc(inputs, func(v core.Value) bool { return v.Type() == core.String }) {
		return false
	}
	if multiplies(n) {
		return true
	}
	return slices.ContainsFunc(inputs, func(v core.Value) bool {
		return v.Constant() == nil && leastElements(v.Shape()) >= manyElements
	}) && followsFromShapes(n)
}

// multiplies reports whether a node, or one of a function that it calls, sums many products.
func multiplies(n *core.Node) bool {
	switch op := n.Op().(type) {
	case core.Caller:
		return slices.ContainsFunc(op.Functions(), func(f *core.Function) bool {
			return slices.ContainsFunc(f.Nodes(), multiplies)
		})
	case trait.Costed:
		in, out, err := inferred(n, 1)
		return err != nil || op.Operations(in, out) >= manyOperations
	}
	return false
}

// inferred returns the facts of a node's inputs and outputs with a number in place of each unknown dimension of the
// inputs. The inputs must have known ranks.
func inferred(n *core.Node, dim int) (in, out []core.Fact, err error) {
	operands := core.Operands(n.Inputs())
	for i := range operands {
		o := &operands[i]
		if !o.Shape.Ranked() {
			return nil, nil, fmt.Errorf("input %d: got an unknown rank", i)
		}
		o.Shape = assumed(o.Shape, dim)
		in = append(in, o.Fact)
	}
	out, err = n.Op().Infer(operands)
	return in, out, err
}

// leastElements returns how many elements a shape has if its unknown dimensions are 1; 0 if its rank is unknown.
func leastElements(s core.Shape) int {
	if !s.Ranked() {
		return 0
	}
	n, err := assumed(s, 1).Elements()
	if err != nil {
		return 0
	}
	return n
}

// assumed returns a shape with a number in place of each unknown dimension.
func assumed(s core.Shape, dim int) core.Shape {
	s = s.Clone()
	for i, d := range s {
		if d == core.Unknown {
			s[i] = dim
		}
	}
	return s
}

// followsFromShapes reports whether the shapes of a node's outputs follow from those of its inputs. It tries it with
// some shapes.
func followsFromShapes(n *core.Node) bool {
	_, out, err := inferred(n, 64)
	return err == nil && !slices.ContainsFunc(out, hasNoBytes)
}

// cut makes the functions of the parts and records what one part reads of another.
func (c *cutter) cut() error {
	for _, r := range c.f.Results {
		p := c.part[r]
		c.from = append(c.from, origin{p, len(c.of[p])})
		c.of[p] = append(c.of[p], r)
	}
	c.head.Results = slices.Clone(c.of[head])
	c.inside = map[core.Value]core.Value{}
	for _, n := range c.f.Nodes() {
		if c.part[n] == head || !n.IsComputed() && c.part[n] == tail {
			continue
		}
		for _, v := range n.Inputs() {
			if err := c.read(n, v); err != nil {
				return err
			}
		}
		if c.part[n] == tail {
			c.tail = append(c.tail, n)
		} else if err := c.postpone(n); err != nil {
			return err
		}
	}
	return nil
}

// read records that a node reads a value, of its own part or of one before.
func (c *cutter) read(n *core.Node, v core.Value) error {
	if _, known := c.inside[v]; v.Constant() != nil || known || c.part[v.Node] == deferred {
		return nil
	}
	if c.part[v.Node] == head && v.Node.IsComputed() && !slices.Contains(c.crosses, v) {
		r, err := core.NewNamedNode(fmt.Sprintf("tail#%d", len(c.crosses)), &core.Result{}, v)
		if err != nil {
			return err
		}
		r.Origin = v.Node.Origin
		c.crosses = append(c.crosses, v)
		c.head.Results = append(c.head.Results, r)
	}
	if c.part[n] != deferred {
		return nil
	}
	if c.Deferred == nil {
		c.Deferred = &core.Function{Name: c.f.Name, Meta: c.f.Meta}
	}
	name := fmt.Sprintf("deferred#%d", len(c.reads))
	p, err := core.NewNamedNode(name, &core.Parameter{Type: v.Type(), Shape: v.Shape()})
	if err != nil {
		return err
	}
	p.Origin = v.Node.Origin
	c.reads = append(c.reads, v)
	c.Deferred.Parameters = append(c.Deferred.Parameters, p)
	c.inside[v] = p.Out(0)
	return nil
}

// postpone adds a node to the deferred function.
func (c *cutter) postpone(n *core.Node) error {
	inputs := slices.Clone(n.Inputs())
	for i, v := range inputs {
		if in, ok := c.inside[v]; ok {
			inputs[i] = in
		}
	}
	m, err := n.With(n.Op(), inputs...)
	if err != nil {
		return err
	}
	for i := range n.Outputs() {
		c.inside[n.Out(i)] = m.Out(i)
	}
	if slices.Contains(c.of[deferred], n) {
		c.Deferred.Results = append(c.Deferred.Results, m)
	}
	return nil
}
