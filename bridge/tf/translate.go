package tf

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

// Options says which part of a graph to translate, and how. The zero value finds the inputs and outputs and
// follows TensorFlow 2.21 without two of its defects.
type Options struct {
	// Inputs sets the shapes of inputs, and makes any tensor an input: nodes that only served to
	// compute it are left out. The Placeholders that the outputs still need are inputs too or, if there
	// are none, the PlaceholderWithDefaults.
	Inputs []InputSpec
	// Outputs names the wanted tensors, "x" or "x:0". If it is empty, they are all outputs of the nodes
	// whose data no node reads, except for constants, inputs, NoOps and Asserts.
	Outputs []string
	// CheckAsserts turns the Asserts that TensorFlow would evaluate into pointwise.Assert nodes, which
	// fail a Run if the condition is false. Otherwise they are left out; see LeftOut.
	CheckAsserts bool
	// Constants fixes the values of Placeholders. They are no longer inputs, conditionals on them take one
	// branch, and what is random only for other values is not in the way.
	Constants []ConstantSpec
	// TFVersion is the version of TensorFlow whose arithmetic to follow, such as "2.13"; "" and "auto"
	// mean 2.21 without two of its defects.
	TFVersion string
	// Files returns the content of a file that tables are initialized from, by the name that the graph has. If it
	// is nil, such tables are refused.
	Files func(name string) ([]byte, error)
}

// MetaVersion is the key of Function.Meta that says which version of TensorFlow's arithmetic the function
// follows.
const MetaVersion = "tensorflow"

// Translate translates the graph to a Function. The parameters have the names of TensorFlow's nodes, the
// results have the full names of tensors ("Identity:0"), and Names has every tensor in between. Unknown
// dimensions stay unknown. Calls of functions in the graph's library are inlined: the functions' nodes are
// named "call/node".
//
// The error is an *UnsupportedError if ops have no translator, an *Error for a node that does not satisfy
// its op, or a *graphdef.Error. A few errors about Options have no type of their own.
func Translate(g *graphdef.Graph, opts Options) (*core.Function, error) {
	version, err := arithmetic(opts.TFVersion)
	if err != nil {
		return nil, err
	}
	in, err := inlineCalls(g)
	if err != nil {
		return nil, err
	}
	t := newTranslation(in, version, opts)
	outputs, err := wantedOutputs(g, in.graph, opts.Outputs)
	if err != nil {
		return nil, listing(g, err)
	}
	if err := t.constants(opts.Constants); err != nil {
		return nil, listing(g, err)
	}
	if err := t.parameters(opts.Inputs); err != nil {
		return nil, listing(g, err)
	}
	nodes, err := t.needed(outputs)
	if err != nil {
		return nil, err
	}
	outputs = t.alive(outputs)
	checks := t.asserts(nodes)
	if opts.CheckAsserts && len(checks) > 0 {
		if nodes, err = t.needed(append(slices.Clone(outputs), t.conditions(checks)...)); err != nil {
			return nil, err
		}
	}
	if err := t.unsupported(t.decisions.undecided(t.withParts(nodes)), outputs); err != nil {
		return nil, err
	}
	if err := t.placeholders(nodes); err != nil {
		return nil, err
	}
	if err := t.nodes(nodes); err != nil {
		return nil, t.inTheWay(err, nodes, outputs)
	}
	if err := t.results(outputs); err != nil {
		return nil, err
	}
	if err := t.needless(); err != nil {
		return nil, err
	}
	if opts.CheckAsserts {
		return t.function, t.checkFirst(checks)
	}
	t.leaveOut(checks)
	t.recordLeftOut()
	return t.function, nil
}

// newTranslation returns the translation of a graph whose calls are inlined.
func newTranslation(in *inlined, version builders.Arithmetic, opts Options) *translation {
	return &translation{
		program: &program{
			graph:      in.graph,
			arithmetic: version,
			options:    opts,
			fixed:      map[tensorName]*core.Tensor{},
			failed:     in.failed,
			bodies:     in.bodies,
			flows:      in.flows,
			lists:      map[core.Value]bool{},
		},
		cut:      map[tensorName]core.Value{},
		values:   map[string][]core.Value{},
		constant: map[string]bool{},
		found:    len(opts.Outputs) == 0,
		function: &core.Function{
			Names: map[string]core.Value{},
			Meta:  map[string]string{MetaVersion: version.String()},
		},
	}
}

// wantedOutputs finds the named outputs, also inside calls. Without names, it finds the outputs of the graph
// as it was before calls were inlined.
func wantedOutputs(g, inlined *graphdef.Graph, names []string) ([]tensorName, error) {
	if len(names) == 0 {
		return findOutputs(g)
	}
	outputs := make([]tensorName, len(names))
	seen := map[tensorName]bool{}
	for i, s := range names {
		name, _, err := find(inlined, "output", s)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("output %q: given twice", s)
		}
		seen[name] = true
		outputs[i] = name
	}
	return outputs, nil
}

// conditional translates a decided Switch or Merge.
func (t *translation) conditional(n *graphdef.Node) error {
	in := t.decisions.reads(n)[0]
	v, err := t.read(tensorName{in.Node, in.Port})
	if err != nil {
		return err
	}
	out, live := make([]core.Value, max(2, t.decisions.port[n.Name]+1)), 0
	if i, isMerge := t.decisions.input[n.Name]; isMerge {
		index := core.NewConstant(core.Scalar(int32(i)))
		index.Node.Name, index.Node.Origin = n.Name+"#value_index", core.Origin{Node: n.Name, Op: n.Op}
		out[1] = index
	} else {
		live = t.decisions.port[n.Name]
	}
	out[live] = v
	t.give(n, out, t.isConstant(tensorName{in.Node, in.Port}))
	return nil
}

func (t *translation) results(outputs []tensorName) error {
	for _, o := range outputs {
		if t.found && t.absent(o) {
			continue
		}
		v, err := t.read(o)
		if err != nil {
			return err
		}
		if ops.IsTable(v) {
			return fmt.Errorf("output %q: is a table, which has no value", o)
		}
		r, err := core.NewNamedNode(o.String(), &core.Result{}, v)
		if err != nil {
			return fmt.Errorf("output %q: %w", o, err)
		}
		r.Origin = v.Node.Origin
		t.function.Results = append(t.function.Results, r)
	}
	return nil
}

// absent reports whether a node that was found to be an output has other outputs but not this one: it is a
// decided Switch, or an op with an output that is not translated.
func (t *translation) absent(o tensorName) bool {
	if _, isInput := t.cut[o]; isInput {
		return false
	}
	gives := func(v core.Value) bool { return v.Node != nil }
	out := t.values[o.node]
	return slices.ContainsFunc(out, gives) && (o.port >= len(out) || !gives(out[o.port]))
}
