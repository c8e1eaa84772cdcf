package tf

import (
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
)

// decisions are about the conditionals of a graph whose predicate is a constant, as a
// frozen graph has them that was built for training and inference: a Switch passes its
// data on to one output, a Merge takes the one input that comes from there. The other
// branch, and the predicate, are not translated.
type decisions struct {
	graph *graphdef.Graph
	cut   map[tensorName]core.Value
	port  map[string]int // of a Switch: the output that is alive
	input map[string]int // of a Merge: the input that is alive
	dead  map[tensorName]bool
}

// maxControlDepth bounds the nodes between one and the conditional that it depends on by
// control edges alone.
const maxControlDepth = 64

// decide looks at nodes in an order in which each stands after those that it reads.
func decide(g *graphdef.Graph, order []*graphdef.Node, cut map[tensorName]core.Value) *decisions {
	d := &decisions{graph: g, cut: cut, port: map[string]int{}, input: map[string]int{}, dead: map[tensorName]bool{}}
	for _, n := range order {
		if n.Op == "Switch" || n.Op == "Merge" {
			for _, n := range order {
				d.visit(n, 0)
			}
			break
		}
	}
	return d
}

// visit finds out which outputs of a node are dead; -1 stands for all.
func (d *decisions) visit(n *graphdef.Node, depth int) {
	all := tensorName{n.Name, -1}
	if _, done := d.dead[all]; done || depth > maxControlDepth {
		return
	}
	d.dead[all] = false
	alive, last := 0, 0
	for i, in := range n.Inputs {
		if p, ok := d.graph.Lookup(in.Node); ok && in.Control {
			d.visit(p, depth+1)
		} else if ok && depth > 0 {
			d.visit(p, depth+1)
		}
		isDead := d.dead[tensorName{in.Node, -1}] || !in.Control && d.dead[tensorName{in.Node, in.Port}]
		if _, isInput := d.cut[tensorName{in.Node, in.Port}]; isInput {
			isDead = false
		}
		if isDead && n.Op != "Merge" {
			d.dead[all] = true
		}
		if !isDead && !in.Control {
			alive, last = alive+1, i
		}
	}
	switch {
	case n.Op == "Merge" && alive == 1:
		d.input[n.Name] = last
	case n.Op == "Merge" && alive == 0:
		d.dead[all] = true
	case n.Op == "Switch" && !d.dead[all]:
		d.decideSwitch(n)
	}
}

func (d *decisions) decideSwitch(n *graphdef.Node) {
	data := n.DataInputs()
	if len(data) != 2 {
		return
	}
	if taken, known := d.predicate(data[1]); known {
		live := 0
		if taken {
			live = 1
		}
		d.port[n.Name] = live
		d.dead[tensorName{n.Name, 1 - live}] = true
	}
}

// predicate returns the value of a boolean that is constant.
func (d *decisions) predicate(in graphdef.Input) (value, known bool) {
	negated := false
	for range maxControlDepth {
		n, ok := d.graph.Lookup(in.Node)
		if _, isInput := d.cut[tensorName{in.Node, in.Port}]; !ok || isInput {
			return false, false
		}
		switch n.Op {
		case "Const":
			t, err := opdef.Tensor(n, "value")
			if err != nil || t.Type() != core.Bool || t.Len() != 1 {
				return false, false
			}
			return core.Data[bool](t)[0] != negated, true
		case "LogicalNot":
			negated = !negated
		case "Identity", "PlaceholderWithDefault", "StopGradient", "Snapshot":
		case "Switch": // a branch of the conditional asks for its own predicate
		default:
			return false, false
		}
		data := n.DataInputs()
		if len(data) == 0 {
			return false, false
		}
		in = data[0]
	}
	return false, false
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
	return data
}

// decided reports whether a node is a Switch or Merge that was decided.
func (d *decisions) decided(n *graphdef.Node) bool {
	_, isMerge := d.input[n.Name]
	_, isSwitch := d.port[n.Name]
	return isMerge || isSwitch
}

// undecided returns the nodes without the Switches and Merges that were decided.
func (d *decisions) undecided(nodes []*graphdef.Node) []*graphdef.Node {
	return slices.DeleteFunc(slices.Clone(nodes), d.decided)
}

// isDead reports whether a tensor is on a branch that is not taken.
func (d *decisions) isDead(o tensorName) bool { return d.dead[tensorName{o.node, -1}] || d.dead[o] }
