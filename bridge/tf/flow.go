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

// flow describes a node that runs parts of the graph: a loop, whose parts are its condition and its body, or
// a conditional, whose parts are its numbered branches. The nodes of the parts are nodes of the graph, but
// are read only within the parts.
type flow struct {
	loop      bool
	variables int // of a loop: how many of its data inputs, counted from the first, the steps change
	parts     []part
}

// part is a part of the graph that a flow runs.
type part struct {
	reads map[tensorName]int // the tensors that stand for data inputs of the node, with the inputs' numbers
	gives []tensorName
}

// opArguments is the op of the node that represents the arguments of a function run by a flow.
const opArguments = "_Arg"

// functional lists the ops that run functions, with the attributes that name the functions.
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

// part adds the nodes of one function that n runs on its inputs from number first on.
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

// withParts returns the nodes, and those that the loops and conditionals among them run.
func (t *translation) withParts(nodes []*graphdef.Node) []*graphdef.Node {
	all := slices.Clone(nodes)
	seen := map[string]bool{}
	for i := 0; i < len(all); i++ {
		f := t.flows[all[i].Name]
		if f == nil || seen[all[i].Name] {
			continue
		}
		seen[all[i].Name] = true
		for k, p := range f.parts {
			if !f.loop && !t.mayTake(all[i], k, len(f.parts)) {
				continue
			}
			in := t.inner(nil)
			for name := range p.reads {
				in.aliases[name] = name
			}
			if more, err := in.needed(p.gives); err == nil {
				all = append(all, more...)
			}
		}
	}
	return all
}

// mayTake reports whether a conditional may take a branch, as far as its predicate is known.
func (t *translation) mayTake(n *graphdef.Node, branch, ways int) bool {
	_, negated, constant := t.decisions.predicate(n.DataInputs()[0])
	if constant == nil || len(constant.Shape()) > 0 {
		return true
	}
	taken := chosen(constant, ways)
	if negated {
		taken = 1 - taken
	}
	return taken == branch
}
