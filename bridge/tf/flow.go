package tf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
)

// flow is what a node runs that controls parts of the graph: a loop, whose parts are its
// condition and its body, or a conditional, whose parts are its branches by their numbers.
// The nodes of the parts are nodes of the graph; nothing but the parts reads them.
type flow struct {
	loop      bool
	variables int // of a loop: its first data inputs; the others stay what they are
	parts     []part
}

// part is a part of the graph that a flow runs.
type part struct {
	reads map[tensorName]int // the tensors that stand for data inputs of the node, by their numbers
	gives []tensorName
}

// ends returns the nodes that give what the parts give.
func (f *flow) ends() []string {
	var names []string
	for _, p := range f.parts {
		for _, o := range p.gives {
			names = append(names, o.node)
		}
	}
	return names
}

// opArguments is the op of the node that stands for the arguments of a function that a flow
// runs.
const opArguments = "_Arg"

// functional lists the ops that run functions, by the attributes that name these.
var functional = map[string][]string{
	"While": {"cond", "body"}, "StatelessWhile": {"cond", "body"},
	"If": {"else_branch", "then_branch"}, "StatelessIf": {"else_branch", "then_branch"},
	"Case": {"branches"}, "StatelessCase": {"branches"},
}

// isLoop reports whether an op of functional is a loop.
func isLoop(op string) bool { return op == "While" || op == "StatelessWhile" }

// control adds the nodes of the functions that n runs, and n.
func (in *inliner) control(n *graphdef.Node) error {
	if in.depth == core.MaxCallDepth {
		return fmt.Errorf("loops and conditionals are nested deeper than %d", core.MaxCallDepth)
	}
	in.depth++
	defer func() { in.depth-- }()
	f := &flow{loop: isLoop(n.Op)}
	data := n.DataInputs()
	first := 1 // input 0 chooses the branch
	if f.loop {
		first, f.variables = 0, len(data)
	}
	if len(data) < first {
		return fmt.Errorf("got no inputs, want one at least")
	}
	for _, attr := range functional[n.Op] {
		calls, err := calledBy(n, attr)
		if err != nil {
			return err
		}
		for i, call := range calls {
			suffix := strings.TrimSuffix(attr, "_branch")
			if attr == "branches" {
				suffix = "branch" + strconv.Itoa(i)
			}
			p, err := in.part(n, call, suffix, first)
			if err != nil {
				return err
			}
			f.parts = append(f.parts, *p)
		}
	}
	if len(f.parts) == 0 {
		return n.Errorf("branches", "got no function, want one at least")
	}
	in.flows[n.Name] = f
	return in.keep(*n)
}

// calledBy returns the calls that an attribute of a function, or of a list of them, describes.
func calledBy(n *graphdef.Node, attr string) ([]*graphdef.Node, error) {
	if attr == "branches" {
		return n.CalledAll(attr)
	}
	call, err := n.Called(attr)
	return []*graphdef.Node{call}, err
}

// part adds the nodes of one function that n runs, for its inputs from number first on.
func (in *inliner) part(n, call *graphdef.Node, suffix string, first int) (*part, error) {
	f, ok := in.graph.FunctionNamed(call.Op)
	if !ok {
		return nil, fmt.Errorf("function %q is not in the graph's library", call.Op)
	}
	call.Name = n.Name + "/" + suffix
	arguments := in.unique(call.Name + "/arguments")
	p := &part{reads: map[tensorName]int{}}
	call.Inputs = nil
	for i := range n.DataInputs()[first:] {
		call.Inputs = append(call.Inputs, graphdef.Input{Node: arguments, Port: i})
		p.reads[tensorName{arguments, i}] = first + i
	}
	outputs, types, err := in.instantiate(call, f, func(types []graphdef.DataType) error {
		return in.keep(graphdef.Synthetic(arguments, opArguments, n.Device, nil, types))
	})
	if err != nil {
		return nil, err
	}
	in.bodies[n.Name] = append(in.bodies[n.Name], in.bodies[call.Name]...)
	for _, o := range outputs {
		p.gives = append(p.gives, tensorName{o.Node, o.Port})
	}
	if len(types) > opdef.MaxValues {
		return nil, fmt.Errorf("function %q: got %d outputs, want at most %d", f.Name, len(types), opdef.MaxValues)
	}
	return p, nil
}

// opLoop is the op of the node that stands for a loop of TensorFlow 1.
const opLoop = "While"

// frame is a loop as TensorFlow 1 writes it: each variable goes from an Enter to a Merge and to
// a Switch, from there to an Exit, or through the body to a NextIteration and to the Merge.
type frame struct {
	name      string // of the node that stands for it
	condition graphdef.Input
	merges    []*graphdef.Node
	switches  []*graphdef.Node
	enters    []*graphdef.Node
	nexts     []*graphdef.Node
	constants []*graphdef.Node // the Enters of what no step changes
}

// closeFrames returns the graph with a node for each loop of TensorFlow 1: it reads what its
// Enters read, and its Exits read it. What is not written as such loops are stays as it is.
func closeFrames(g *graphdef.Graph, flows map[string]*flow) (*graphdef.Graph, error) {
	frames := findFrames(g)
	if len(frames) == 0 {
		return g, nil
	}
	nodes := slices.Clone(g.Nodes)
	exits := map[tensorName]tensorName{} // of what a Switch gives: what the frame's node gives
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

// variable adds the variable that goes through a Switch; nil nodes if it is none.
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

// wellFormed reports whether all parts of a frame are there, and finds the constants.
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

// node returns the node that stands for the frame, and what it runs.
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
