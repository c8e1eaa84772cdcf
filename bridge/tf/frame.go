package tf

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// opLoop is the op of the node that represents a loop of TensorFlow 1.
const opLoop = "While"

// frame is a loop as TensorFlow 1 writes it: each variable goes from an Enter to a Merge and to
// a Switch, from there to an Exit, or through the body to a NextIteration and to the Merge.
type frame struct {
	name      string // of the node that represents it
	condition graphdef.Input
	merges    []*graphdef.Node
	switches  []*graphdef.Node
	enters    []*graphdef.Node
	nexts     []*graphdef.Node
	constants []*graphdef.Node // the Enters of values that no step changes
}

// closeFrames returns the graph with one node in place of each loop of TensorFlow 1. The node reads what the
// loop's Enters read, and the loop's Exits read the node. Anything that does not have the form of such a
// loop stays as it is.
func closeFrames(g *graphdef.Graph, flows map[string]*flow) (*graphdef.Graph, error) {
	frames := findFrames(g)
	if len(frames) == 0 {
		return g, nil
	}
	nodes := slices.Clone(g.Nodes)
	exits := map[tensorName]tensorName{} // a Switch's output -> the output of the frame's node
	for _, f := range frames {
		n, flow, err := f.node()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		flows[n.Name] = flow
		for i, s := range f.switches {
			exits[tensorName{s.Name, 0}] = tensorName{n.Name, i}
		}
	}
	for i := range nodes {
		data := nodes[i].DataInputs()
		if nodes[i].Op != "Exit" || len(data) != 1 {
			continue
		}
		if o, ok := exits[tensorName{data[0].Node, data[0].Port}]; ok {
			nodes[i].Inputs = []graphdef.Input{{Node: o.node, Port: o.port}}
		}
	}
	return g.WithNodes(nodes)
}

// findFrames returns the frames of a graph, in the order of their first Switches.
func findFrames(g *graphdef.Graph) []*frame {
	byCondition := map[string]*frame{}
	names := map[string]bool{}
	var frames []*frame
	for i := range g.Nodes {
		n := &g.Nodes[i]
		names[n.Name] = true
		data := n.DataInputs()
		if n.Op != "Switch" || len(data) != 2 {
			continue
		}
		condition := g.Producer(data[1])
		if condition.Op != "LoopCond" || len(condition.DataInputs()) != 1 {
			continue
		}
		f := byCondition[condition.Name]
		if f == nil {
			name, _, _ := strings.Cut(condition.Name, "/LoopCond")
			f = &frame{name: name, condition: condition.DataInputs()[0]}
			byCondition[condition.Name] = f
			frames = append(frames, f)
		}
		f.variable(g, n)
	}
	frames = slices.DeleteFunc(frames, func(f *frame) bool { return !f.wellFormed(g) })
	for _, f := range frames {
		base := f.name
		for i := 1; names[f.name]; i++ {
			f.name = base + "#" + strconv.Itoa(i)
		}
		names[f.name] = true
	}
	return frames
}

// variable adds the variable that passes through a Switch; its nodes are nil if there is none.
func (f *frame) variable(g *graphdef.Graph, s *graphdef.Node) {
	f.switches = append(f.switches, s)
	merge := g.Producer(s.DataInputs()[0])
	var enter, next *graphdef.Node
	if data := merge.DataInputs(); merge.Op == "Merge" && len(data) == 2 {
		for _, in := range data {
			switch p := g.Producer(in); p.Op {
			case "Enter":
				enter = p
			case "NextIteration":
				next = p
			}
		}
	}
	f.merges, f.enters, f.nexts = append(f.merges, merge), append(f.enters, enter), append(f.nexts, next)
}

// wellFormed reports whether a frame is complete, and finds its constants.
func (f *frame) wellFormed(g *graphdef.Graph) bool {
	for _, list := range [][]*graphdef.Node{f.enters, f.nexts} {
		if slices.ContainsFunc(list, func(n *graphdef.Node) bool { return n == nil || len(n.DataInputs()) != 1 }) {
			return false
		}
	}
	own, err := f.enters[0].Str("frame_name")
	if err != nil {
		return false
	}
	seen := map[string]bool{}
	for _, list := range [][]*graphdef.Node{f.merges, f.switches} {
		for _, n := range list {
			seen[n.Name] = true
		}
	}
	todo := []*graphdef.Node{g.Producer(f.condition)}
	for _, n := range f.nexts {
		todo = append(todo, g.Producer(n.DataInputs()[0]))
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[n.Name] {
			continue
		}
		seen[n.Name] = true
		if n.Op == "Enter" {
			if name, err := n.Str("frame_name"); err != nil || name == own {
				if constant, err := n.BoolOr("is_constant", false); err != nil || !constant || len(n.DataInputs()) != 1 {
					return false
				}
				f.constants = append(f.constants, n)
				continue
			}
		}
		for _, in := range n.DataInputs() {
			todo = append(todo, g.Producer(in))
		}
	}
	slices.SortFunc(f.constants, func(a, b *graphdef.Node) int { return strings.Compare(a.Name, b.Name) })
	return true
}

// node returns the node that represents the frame, and what it runs.
func (f *frame) node() (graphdef.Node, *flow, error) {
	var inputs []graphdef.Input
	var types []graphdef.DataType
	condition := part{reads: map[tensorName]int{}, gives: []tensorName{{f.condition.Node, f.condition.Port}}}
	body := part{reads: map[tensorName]int{}}
	for i, enter := range f.enters {
		t, err := enter.Type("T")
		if err != nil {
			return graphdef.Node{}, nil, within(enter, err)
		}
		inputs, types = append(inputs, enter.DataInputs()[0]), append(types, t)
		condition.reads[tensorName{f.merges[i].Name, 0}] = i
		body.reads[tensorName{f.merges[i].Name, 0}] = i
		body.reads[tensorName{f.switches[i].Name, 1}] = i
		next := f.nexts[i].DataInputs()[0]
		body.gives = append(body.gives, tensorName{next.Node, next.Port})
	}
	for i, enter := range f.constants {
		inputs = append(inputs, enter.DataInputs()[0])
		condition.reads[tensorName{enter.Name, 0}] = len(f.enters) + i
		body.reads[tensorName{enter.Name, 0}] = len(f.enters) + i
	}
	for i := range inputs {
		inputs[i].Control = false
	}
	n := graphdef.Synthetic(f.name, opLoop, f.switches[0].Device, inputs, types)
	return n, &flow{loop: true, variables: len(f.enters), parts: []part{condition, body}}, nil
}
