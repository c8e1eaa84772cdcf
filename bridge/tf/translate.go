package tf

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

// Options says what of a graph to translate, and how. The zero value finds inputs and
// outputs and follows TensorFlow 2.21 but for two of its defects.
type Options struct {
	// Inputs gives inputs shapes, and makes any tensor an input: what only served to
	// compute it is left out. The Placeholders that the outputs still need are inputs too;
	// if there are none, the PlaceholderWithDefaults.
	Inputs []InputSpec
	// Outputs names the wanted tensors, "x" or "x:0". Without any they are all outputs of
	// the nodes whose data no node reads, except constants, inputs, NoOps and Asserts.
	Outputs []string
	// CheckAsserts makes the Asserts that TensorFlow would evaluate pointwise.Assert nodes, which
	// fail a Run whose condition is false. Without it they are left out; see LeftOut.
	CheckAsserts bool
	// Constants gives Placeholders values: they are no inputs, conditionals whose predicate
	// they are take one branch, and what is random for other values only need not be.
	Constants []ConstantSpec
	// TFVersion is the version of TensorFlow whose arithmetic to follow, "2.13" for
	// example; "" and "auto" mean 2.21's, but for two of its defects.
	TFVersion string
}

// MetaVersion is the key of Function.Meta that tells which of TensorFlow's arithmetics
// the function follows.
const MetaVersion = "tensorflow"

// Translate makes a Function of the graph. Its parameters have the names of TensorFlow's
// nodes, its results the full names of tensors ("Identity:0"), and every tensor on the
// way stands in Names. Unknown dimensions stay unknown. Calls of functions of the graph's
// own library are inlined: their nodes are named "call/node".
//
// The error is an *UnsupportedError when ops have no translator, an *Error for a node
// that is not as its op wants it, or a *graphdef.Error; a few about Options are plain.
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

// wantedOutputs finds the named outputs, those within calls too; without names, those of
// the graph as it was before its calls were inlined.
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

// conditional translates a Switch or Merge that was decided.
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
		r, err := core.NewNamedNode(o.String(), &core.Result{}, v)
		if err != nil {
			return fmt.Errorf("output %q: %w", o, err)
		}
		r.Origin = v.Node.Origin
		t.function.Results = append(t.function.Results, r)
	}
	return nil
}

// absent reports whether a node that was found to be an output gives others, but not this one: a
// Switch that was decided, or an op one of whose outputs is not translated.
func (t *translation) absent(o tensorName) bool {
	if _, isInput := t.cut[o]; isInput {
		return false
	}
	gives := func(v core.Value) bool { return v.Node != nil }
	out := t.values[o.node]
	return slices.ContainsFunc(out, gives) && (o.port >= len(out) || !gives(out[o.port]))
}
