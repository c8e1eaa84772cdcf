package tf

import (
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
)

// decisions records what is known about the conditionals of TensorFlow 1. If the predicate is known, as in
// a frozen graph that was built for both training and inference, a Switch passes its data to one output and
// a Merge takes the one input that comes from there; the other branch and the predicate are not
// translated. If it is not known, decisions says which branches a node is on.
type decisions struct {
	graph   *graphdef.Graph
	isCut   func(graphdef.Input) bool           // what has been translated already: nothing before it counts
	isInput func(tensorName) bool               // an input of the graph, or a variable of a loop
	aliasOf func(tensorName) (tensorName, bool) // the tensor outside the part that one inside stands for
	fixed   map[tensorName]*core.Tensor         // the tensors that are given as constants
	assumed map[tensorName]int                  // the values that predicates are known to have
	port    map[string]int                      // of a decided Switch: the output that is alive
	input   map[string]int                      // of a decided Merge: the input that is alive
	dead    map[tensorName]bool
	where   map[tensorName]sides // the branches that nodes (port -1) and outputs of Switches are on
	merges  map[string]*choice   // of the undecided Merges
}

// side is one branch of a conditional: the one for a value of the predicate, 0 or 1 for a boolean.
type side struct {
	predicate tensorName
	value     int
}

// sides are the branches that a node is on, by their predicates.
type sides []side

// choice is the outermost predicate of an undecided Merge. If several inputs are alive for one value of this
// predicate, the Merge chooses among them by another.
type choice struct {
	predicate tensorName
	values    []int // of the predicate, for each input of the Merge; -1 for a dead input
	ways      int   // how many values the predicate has
}

// inputs returns the inputs of a Merge that are alive for a value of the predicate.
func (c *choice) inputs(value int) []int {
	var list []int
	for k, v := range c.values {
		if v == value {
			list = append(list, k)
		}
	}
	return list
}

// maxControlDepth bounds how many nodes are between a node and the conditional that it depends on only
// through control edges.
const maxControlDepth = 64

// maxSides bounds how deep branches are nested.
const maxSides = 16

// decide visits nodes in an order in which each comes after those that it reads.
func (t *translation) decide(order []*graphdef.Node) *decisions {
	d := &decisions{
		graph: t.graph, isCut: t.isCut, isInput: t.isInput, aliasOf: t.aliasOf, fixed: t.fixed, assumed: t.assumed,
		port: map[string]int{}, input: map[string]int{}, dead: map[tensorName]bool{},
		where: map[tensorName]sides{}, merges: map[string]*choice{},
	}
	if slices.ContainsFunc(order, func(n *graphdef.Node) bool { return isSwitch(n) || n.Op == "Merge" }) {
		for _, n := range order {
			d.visit(n, 0)
		}
	}
	return d
}

func isSwitch(n *graphdef.Node) bool { return n.Op == "Switch" || n.Op == "_SwitchN" }

// visit finds out which outputs of a node are dead (port -1 means all), and which branches it is on.
func (d *decisions) visit(n *graphdef.Node, depth int) {
	all := tensorName{n.Name, -1}
	if _, done := d.dead[all]; done || depth > maxControlDepth {
		return
	}
	d.dead[all] = false
	var alive []int // data inputs
	var on sides
	for i, in := range n.Inputs {
		if p, ok := d.graph.Lookup(in.Node); ok && (in.Control || depth > 0) {
			d.visit(p, depth+1)
		}
		isDead := d.dead[tensorName{in.Node, -1}] || !in.Control && d.dead[tensorName{in.Node, in.Port}]
		if !in.Control && d.isCut(in) {
			isDead = false
		}
		if !isDead && !in.Control {
			alive = append(alive, i)
		}
		if n.Op == "Merge" {
			continue // it runs as soon as one of its data inputs is there
		}
		both, possible := on.and(d.of(in))
		if isDead || !possible {
			d.dead[all] = true
		}
		on = both
	}
	d.where[all] = on
	switch {
	case n.Op == "Merge" && len(alive) == 1:
		d.input[n.Name] = alive[0]
		d.where[all], _ = on.and(d.of(n.Inputs[alive[0]]))
	case n.Op == "Merge" && len(alive) == 0:
		d.dead[all] = true
	case n.Op == "Merge":
		d.join(n, alive)
	case isSwitch(n) && !d.dead[all]:
		d.decideSwitch(n)
	}
}

// of returns the branches that an input is on.
func (d *decisions) of(in graphdef.Input) sides {
	if !in.Control && d.isCut(in) {
		return nil
	}
	if on, ok := d.where[tensorName{in.Node, in.Port}]; ok && !in.Control {
		return on
	}
	return d.where[tensorName{in.Node, -1}]
}

// and returns the branches of both; false if they contradict each other.
func (s sides) and(o sides) (sides, bool) {
	if len(o) == 0 {
		return s, true
	}
	both := slices.Clone(s)
	for _, x := range o {
		i, found := slices.BinarySearchFunc(both, x, func(a, b side) int { return a.predicate.compare(b.predicate) })
		switch {
		case !found && len(both) < maxSides:
			both = slices.Insert(both, i, x)
		case found && both[i].value != x.value:
			return both, false
		}
	}
	return both, true
}

// value returns the side of a predicate.
func (s sides) value(predicate tensorName) (int, bool) {
	for _, x := range s {
		if x.predicate == predicate {
			return x.value, true
		}
	}
	return 0, false
}

func (t tensorName) compare(o tensorName) int {
	if c := strings.Compare(t.node, o.node); c != 0 {
		return c
	}
	return t.port - o.port
}

func (d *decisions) decideSwitch(n *graphdef.Node) {
	data := n.DataInputs()
	if len(data) != 2 {
		return
	}
	ways, err := waysOf(n)
	if p := d.graph.Producer(data[1]); err != nil || p.Op == "LoopCond" {
		return
	}
	predicate, negated, constant := d.predicate(data[1])
	if negated && ways != 2 {
		return // a number cannot be negated
	}
	value, known := d.assumed[predicate]
	if !known {
		value, known = d.where[tensorName{n.Name, -1}].value(predicate)
	}
	if constant != nil {
		value, known = chosen(constant, ways), true
	}
	if known {
		value = min(value, ways-1)
		if negated {
			value = 1 - value
		}
		d.port[n.Name] = value
		for i := range ways {
			if i != value {
				d.dead[tensorName{n.Name, i}] = true
			}
		}
		return
	}
	for i := range ways {
		v := i
		if negated {
			v = 1 - i
		}
		on, possible := d.where[tensorName{n.Name, -1}].and(sides{{predicate, v}})
		d.where[tensorName{n.Name, i}] = on
		if !possible {
			d.dead[tensorName{n.Name, i}] = true
		}
	}
}

// waysOf returns how many outputs a Switch has.
func waysOf(n *graphdef.Node) (int, error) {
	if n.Op == "Switch" {
		return 2, nil
	}
	ways, err := n.Int("num_outs")
	if err == nil && (ways < 1 || ways > opdef.MaxValues) {
		err = n.Errorf("num_outs", "got %d, want 1 to %d", ways, opdef.MaxValues)
	}
	return int(ways), err
}

// chosen returns the branch that a constant predicate chooses.
func chosen(t *core.Tensor, ways int) int {
	if t.Type() == core.Bool {
		if core.Data[bool](t)[0] {
			return 1
		}
		return 0
	}
	if i := int(t.Int64s()[0]); i >= 0 && i < ways {
		return i
	}
	return ways - 1
}

// predicate traces a predicate back, through Identity, negation and the like, to the tensor that decides
// it, and to its value if that is constant.
func (d *decisions) predicate(in graphdef.Input) (name tensorName, negated bool, constant *core.Tensor) {
	for range maxControlDepth {
		name = tensorName{in.Node, in.Port}
		n, ok := d.graph.Lookup(in.Node)
		if t := d.fixed[name]; t != nil {
			return name, negated, scalarPredicate(t)
		}
		if !ok || d.isInput(name) {
			return name, negated, nil
		}
		if of, is := d.aliasOf(name); is {
			in = graphdef.Input{Node: of.node, Port: of.port}
			continue
		}
		switch n.Op {
		case "Const":
			t, err := opdef.Tensor(n, "value")
			if err != nil {
				return name, negated, nil
			}
			return name, negated, scalarPredicate(t)
		case "LogicalNot":
			negated = !negated
		case "Identity", "PlaceholderWithDefault", "StopGradient", "Snapshot":
		case "Switch": // a branch of the conditional asks for its own predicate
		default:
			return name, negated, nil
		}
		data := n.DataInputs()
		if len(data) == 0 {
			return name, negated, nil
		}
		in = data[0]
	}
	return name, negated, nil
}

// scalarPredicate returns a tensor that can be a predicate, or nil.
func scalarPredicate(t *core.Tensor) *core.Tensor {
	if t.Len() != 1 || t.Type() != core.Bool && t.Type() != core.I32 {
		return nil
	}
	return t
}

// join finds the predicate by which a Merge chooses among its live inputs: one for which each of them is on
// some branch, and all branches occur.
func (d *decisions) join(n *graphdef.Node, alive []int) {
	first := d.of(n.Inputs[alive[0]])
	for _, s := range first {
		c := &choice{predicate: s.predicate, values: slices.Repeat([]int{-1}, len(n.DataInputs()))}
		common := slices.Clone(first)
		all := true
		for _, i := range alive {
			on := d.of(n.Inputs[i])
			v, ok := on.value(s.predicate)
			all = all && ok
			c.values[i] = v
			common = slices.DeleteFunc(common, func(x side) bool { return !slices.Contains(on, x) })
		}
		c.ways = slices.Max(c.values) + 1
		for v := range c.ways {
			all = all && len(c.inputs(v)) > 0
		}
		if all && c.ways > 1 {
			d.merges[n.Name] = c
			d.where[tensorName{n.Name, -1}], _ = d.where[tensorName{n.Name, -1}].and(common)
			return
		}
	}
}

// reads returns the inputs of a node that count.
func (d *decisions) reads(n *graphdef.Node) []graphdef.Input {
	data := n.DataInputs()
	if i, ok := d.input[n.Name]; ok {
		return data[i : i+1]
	}
	if _, ok := d.port[n.Name]; ok {
		return data[:1]
	}
	c, ok := d.merges[n.Name]
	if !ok {
		return data
	}
	var alive []graphdef.Input
	for k, in := range data {
		if c.values[k] >= 0 {
			alive = append(alive, in)
		}
	}
	return alive
}

// decided reports whether a node is a Switch or Merge that was decided.
func (d *decisions) decided(n *graphdef.Node) bool {
	_, isMerge := d.input[n.Name]
	_, isSwitch := d.port[n.Name]
	return isMerge || isSwitch
}

// conditional reports whether a node is on a branch of an undecided conditional.
func (d *decisions) conditional(n *graphdef.Node) bool {
	if len(d.where[tensorName{n.Name, -1}]) > 0 {
		return true
	}
	_, decided := d.port[n.Name]
	return isSwitch(n) && !decided
}

// undecided returns the nodes without the decided Switches and Merges.
func (d *decisions) undecided(nodes []*graphdef.Node) []*graphdef.Node {
	return slices.DeleteFunc(slices.Clone(nodes), d.decided)
}

// isDead reports whether a tensor is on a branch that is not taken.
func (d *decisions) isDead(o tensorName) bool { return d.dead[tensorName{o.node, -1}] || d.dead[o] }
