package compare

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare/internal/excerpt"
	"github.com/tf2ng/tf2ng/core"
)

// Plan is the order in which tensors are compared, and what is known about the nodes that compute them.
type Plan struct {
	nodes []planned
	at    map[string]int // indices of nodes, by name
	graph *excerpt.Graph // nil if the Plan was not made from a GraphDef
}

// planned is a node of a Plan.
type planned struct {
	name, op  string
	inputs    []string // the full names of all tensors that it reads
	reads     []string // those of inputs that are not constant
	summand   string   // the tensor that the node adds to in place, so it cannot be fetched as well; or ""
	flow      bool     // the result is a TensorArray's flow, whose value has no meaning
	quantized bool     // the node reads, computes or simulates quantized types
}

// PlanGraph returns the Plan of a binary GraphDef.
func PlanGraph(data []byte, limits graphdef.Limits) (*Plan, error) {
	g, err := graphdef.Parse(data, limits)
	if err != nil {
		return nil, err
	}
	return PlanParsed(data, g)
}

// PlanParsed returns the Plan of a binary GraphDef that graphdef.Parse has already parsed into g.
func PlanParsed(data []byte, g *graphdef.Graph) (*Plan, error) {
	x, err := excerpt.New(data, g)
	if err != nil {
		return nil, err
	}
	order, err := excerpt.Order(g)
	if err != nil {
		return nil, err
	}
	p := &Plan{graph: x, at: map[string]int{}}
	for _, n := range order {
		if len(n.DataInputs()) == 0 {
			continue
		}
		facts := tf.FactsOf(n)
		node := planned{name: n.Name, op: n.Op, reads: x.Reads(n.Name), flow: p.hasFlow(n, facts), quantized: facts.Quantized}
		for i, in := range n.DataInputs() {
			node.inputs = append(node.inputs, excerpt.Tensor(in))
			if i == facts.AddsTo {
				node.summand = node.inputs[i]
			}
		}
		p.add(node)
	}
	return p, nil
}

// PlanFunction returns the Plan of a translated graph. It knows the order of the nodes, but not what each
// of them reads.
func PlanFunction(f *core.Function) *Plan {
	place := map[*core.Node]int{}
	for i, n := range f.Nodes() {
		place[n] = i
	}
	p := &Plan{at: map[string]int{}}
	names := slices.SortedFunc(maps.Keys(f.Names), func(a, b string) int {
		return cmp.Or(cmp.Compare(place[f.Names[a].Node], place[f.Names[b].Node]), strings.Compare(a, b))
	})
	for _, name := range names {
		node := NodeOf(name)
		if _, known := p.at[node]; known || f.Names[name].Constant() != nil {
			continue
		}
		op := ""
		if o := f.Names[name].Node.Origin; o.Node == node {
			op = o.Op
		}
		p.add(planned{name: node, op: op})
	}
	return p
}

// hasFlow reports whether a node's tensors are the flow of a TensorArray, judging by the node's op or by
// what it reads.
func (p *Plan) hasFlow(n *graphdef.Node, f tf.Facts) bool {
	return f.Flow || f.Passes && slices.ContainsFunc(n.DataInputs(), func(in graphdef.Input) bool {
		i, ok := p.at[in.Node]
		return ok && p.nodes[i].flow
	})
}

func (p *Plan) add(n planned) {
	p.at[n.name] = len(p.nodes)
	p.nodes = append(p.nodes, n)
}

// order returns, in the Plan's order, those tensors that a node of the Plan computes.
func (p *Plan) order(tensors []string) []string {
	var known []string
	for _, t := range tensors {
		if i, ok := p.at[NodeOf(t)]; ok && !p.nodes[i].flow {
			known = append(known, t)
		}
	}
	slices.SortFunc(known, func(a, b string) int {
		return cmp.Or(cmp.Compare(p.at[NodeOf(a)], p.at[NodeOf(b)]), cmp.Compare(port(a), port(b)))
	})
	return known
}

// Sorted returns all of the tensors: first those that no node of the Plan computes, then the others in the
// Plan's order. Names may lack ":0".
func (p *Plan) Sorted(tensors []string) []string {
	return slices.SortedStableFunc(slices.Values(tensors), func(a, b string) int {
		i, inA := p.at[NodeOf(a)]
		j, inB := p.at[NodeOf(b)]
		if !inA || !inB {
			return cmp.Compare(map[bool]int{true: 1}[inA], map[bool]int{true: 1}[inB])
		}
		return cmp.Or(cmp.Compare(i, j), cmp.Compare(port(a), port(b)))
	})
}

// op returns the op of the node that computes a tensor, "" if it is not known.
func (p *Plan) op(tensor string) string {
	if i, ok := p.at[NodeOf(tensor)]; ok {
		return p.nodes[i].op
	}
	return ""
}

func port(tensor string) int {
	_, digits, _ := strings.Cut(tensor, ":")
	n, _ := strconv.Atoi(digits)
	return n
}

// summands returns the tensors that a node overwrites in place. They cannot be fetched in the same run as
// that node's result.
func (p *Plan) summands() map[string]bool {
	set := map[string]bool{}
	for i := range p.nodes {
		if s := p.nodes[i].summand; s != "" {
			set[s] = true
		}
	}
	return set
}

// behind returns the failed nodes and all nodes that depend on one of them.
func (p *Plan) behind(failed map[string]bool) map[string]bool {
	set := maps.Clone(failed)
	for i := range p.nodes {
		for _, t := range p.nodes[i].inputs {
			if set[NodeOf(t)] {
				set[p.nodes[i].name] = true
			}
		}
	}
	return set
}
