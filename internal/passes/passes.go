// Package passes rewrites a translated Function into the form that kernels run, by an ordered table of passes. All
// but two keep every result equal bit for bit. Pass fused leaves out roundings that the translation has marked. Pass
// qdq computes products of dequantized tensors in integers: without the rounding errors of float32 sums, a value that
// is quantized next can move by one step. Options can leave it out.
//
// After each pass the function is inferred again. The order that passes need is written beside them in the table, and
// asserted at start-up.
package passes

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// Pass is one rewrite.
type Pass struct {
	Name  string
	Doc   string
	After []string // passes that must have run before, and why (see table)
	Run   func(f *core.Function, o Options) (*core.Function, error)
}

// fusedRoundings is the name of the pass fused.
const fusedRoundings = "fused"

// Inexact returns the passes that may change results. On a part of a function that they have run on, they may find
// more.
func Inexact() []string { return []string{fusedRoundings, QDQ} }

// Evaluate runs an op's reference on constants, as core.EvalOp does.
type Evaluate func(op core.Op, in []*core.Tensor) ([]*core.Tensor, error)

// table holds the passes in the order in which they run.
var table = []Pass{
	{
		Name: "dead", Run: dead,
		Doc: "drop the names of tensors that nobody asked for, and with them the nodes that only they need",
	},
	{
		Name: "shapes", Run: shapes,
		Doc: "evaluate the integers that follow from constants and known shapes, " +
			"so that the shapes that they are become known",
		After: []string{"dead"}, // nodes that nobody needs may be invalid
	},
	{
		Name: "passing", Run: passing,
		Doc:   "leave out the ops that give one of their inputs: all rows, gathered or written in their order",
		After: []string{"shapes"}, // row numbers follow from shapes
	},
	{
		Name: "functions", Run: functions,
		Doc: "take the functions of loops and branches through all passes, once they have the constants and " +
			"shapes of their inputs; put a branch that is known to be taken in its place",
		After: []string{"dead", "shapes"}, // dead nodes would be computed in each step
	},
	{
		Name: fusedRoundings, Run: fused,
		Doc: "leave out the roundings to bf16 between a product, its bias and its activation, which TensorFlow " +
			"computes as one op",
		After: []string{"dead"}, // a name that nobody asked for does not count as a reader
	},
	{
		Name: QDQ, Run: qdq,
		Doc: "make convolutions and matrix products of dequantized tensors integer, with what follows " +
			"as their post-ops; it may change results, by the rounding errors of float32 sums",
		After: []string{"dead", "shapes"}, // a value that nobody asked for can become a step of its reader
	},
	{
		Name: "decompose", Run: decompose,
		Doc:   "replace the ops that are defined by simpler ones",
		After: []string{"dead"}, // dead nodes need not be decomposed
	},
	{
		Name: "fold", Run: fold,
		Doc:   "evaluate what depends on constants only",
		After: []string{"decompose"}, // scales are computed by the nodes of a decomposition
	},
	{
		Name: "common", Run: common,
		Doc:   "compute equal elementwise ops of equal inputs once",
		After: []string{QDQ, "fold"}, // a value with one reader becomes a step of that; inputs are constants then
	},
	{
		Name: "requantize", Run: requantize,
		Doc: "quantize before padding, concatenation and what else copies elements, not behind them, and " +
			"drop quantizations that give back the integers that were dequantized",
		After: []string{"fold"}, // ranges and the values of paddings must be constants
	},
	{
		Name: "requantize_channels", Run: requantizeChannels,
		Doc:   "make RequantizePerChannel the last post-ops of the accumulators that it reads",
		After: []string{"fold"}, // ranges must be constants
	},
	{
		Name: "absorb_pads", Run: absorbPads,
		Doc:   "make paddings of integers attributes of the convolutions and maximum pools that read them",
		After: []string{"requantize"}, // which makes paddings pad integers
	},
	{
		Name: "selected", Run: selected,
		Doc: "take maxima of bytes, not of reals that are a function of them",
		// Ranges must be constants, and paddings of integers attributes of pools.
		After: []string{"fold", "absorb_pads"},
	},
	{
		Name: "unsigned", Run: unsigned,
		Doc: "make the i8 data of integer convolutions and dots u8 with a zero point larger by 128, " +
			"the form that the kernels multiply",
		// Zero points must be constants; no sign is flipped between a padding or a pool and its reader.
		After: []string{"fold", "absorb_pads", "selected"},
	},
	{
		Name: "tabulate", Run: tabulate,
		Doc: "look functions of one byte that no fast kernel computes up in tables of their 256 values, " +
			"made by the references of the ops",
		// Ranges must be constants. Sign flips and quantizations become part of the tables.
		After: []string{"fold", "requantize", "unsigned"},
	},
	{
		Name: "widen", Run: widen,
		Doc:   "compute what reads reals of 16 bits in f32, where the kernels do, and round the results",
		After: []string{fusedRoundings, "tabulate"}, // roundings are where the function has them; tables need no kernels
	},
	{
		Name: "refold", Run: fold,
		Doc:   "evaluate the constants that the passes before have made",
		After: []string{"unsigned", "tabulate", "widen"},
	},
	{
		Name: "layout", Run: layout,
		Doc: "put the channels of convolutions, pools and the like last, where the kernels want them there",
		// no transposition stands between a padding and its reader; filters are constants
		After: []string{"absorb_pads", "refold"},
	},
}

func init() {
	if err := checkOrder(table); err != nil {
		panic(err)
	}
}

func checkOrder(table []Pass) error {
	var seen []string
	for _, p := range table {
		for _, a := range p.After {
			if !slices.Contains(seen, a) {
				return fmt.Errorf("passes: %q must run after %q", p.Name, a)
			}
		}
		seen = append(seen, p.Name)
	}
	return nil
}

// Options say how far the passes go, which are left out, and who watches.
type Options struct {
	StopAfter string                              // the last pass to run; empty for all
	Without   []string                            // passes to leave out
	Dump      func(pass string, f *core.Function) // called after every pass, if not nil
	Eval      Evaluate                            // evaluates ops on constants; core.EvalOp if nil

	// ChannelsLast says for which ops pass layout puts the channels last; for none if it is nil.
	ChannelsLast func(core.Op) bool

	run  func(*core.Function, Options) (*core.Function, error) // Run, for the functions that nodes call
	left *int64                                                // of foldGrowth, for all of those together
}

// check verifies that the options name passes.
func (o Options) check() error {
	names := Names()
	for _, name := range append([]string{o.StopAfter}, o.Without...) {
		if !slices.Contains(names, name) && (name != "" || slices.Contains(o.Without, "")) {
			return fmt.Errorf("no pass %q: want one of %q", name, names)
		}
	}
	return nil
}

// Run runs the passes on f.
func Run(f *core.Function, o Options) (*core.Function, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Eval == nil {
		o.Eval = core.EvalOp
	}
	o.run = Run
	for _, p := range table {
		if !slices.Contains(o.Without, p.Name) {
			var err error
			if f, err = p.Run(f, o); err != nil {
				return nil, fmt.Errorf("pass %s: %w", p.Name, err)
			}
			if o.Dump != nil {
				o.Dump(p.Name, f)
			}
		}
		if p.Name == o.StopAfter {
			break
		}
	}
	return f, nil
}

// Names lists the passes in their order.
func Names() []string {
	var names []string
	for _, p := range table {
		names = append(names, p.Name)
	}
	return names
}

func dead(f *core.Function, _ Options) (*core.Function, error) { return withoutNames(f), nil }

func withoutNames(f *core.Function) *core.Function {
	return &core.Function{Name: f.Name, Parameters: f.Parameters, Results: f.Results, Meta: f.Meta}
}

func decompose(f *core.Function, _ Options) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		return expand(n, n.Op(), inputs)
	})
}

// expand decomposes an op, and the ops that it decomposes to, until only simple ones are left.
func expand(from *core.Node, op core.Op, inputs []core.Value) ([]core.Value, error) {
	d, ok := op.(core.Decomposer)
	if !ok {
		return nil, nil
	}
	outs, err := d.Decompose(inputs)
	if err != nil {
		return nil, fmt.Errorf("node %q (%s): %w", from.Name, from.OpName(), err)
	}
	known := map[core.Value]bool{}
	for _, v := range inputs {
		known[v] = true
	}
	if len(outs) == 1 {
		if _, again := outs[0].Node.Op().(core.Decomposer); again && !known[outs[0]] {
			deeper, err := expand(from, outs[0].Node.Op(), outs[0].Node.Inputs())
			if err != nil {
				return nil, err
			}
			if deeper != nil {
				outs = deeper
			}
		}
	}
	for _, v := range outs {
		if !known[v] && v.Node.Name == "" {
			v.Node.Name, v.Node.Origin = from.Name, from.Origin
		}
	}
	return outs, nil
}

const (
	foldLimit  = 64 << 20  // bytes of one folded constant
	foldGrowth = 256 << 20 // bytes by which folded constants may exceed their inputs, together
)

func fold(f *core.Function, o Options) (*core.Function, error) {
	return f.Rewrite(newFolding(o).node)
}

// folding evaluates nodes, within a bound on how much that may add to the size of the graph.
type folding struct {
	evaluate Evaluate
	left     *int64 // bytes
}

func newFolding(o Options) *folding {
	left := o.left
	if left == nil {
		left = new(int64)
		*left = foldGrowth
	}
	return &folding{o.Eval, left}
}

// admit reports whether outputs of constants may be computed, and counts them.
func (g *folding) admit(in []*core.Tensor, outputs []core.Fact) bool {
	grows := int64(0)
	for _, t := range in {
		grows -= int64(len(t.Bytes()))
	}
	for _, o := range outputs {
		if !o.Static() {
			continue // its size is bounded by that of the inputs
		}
		bytes, err := o.Bytes()
		if err != nil || bytes > foldLimit {
			return false
		}
		grows += bytes
	}
	if grows > *g.left {
		return false
	}
	*g.left -= max(grows, 0)
	return true
}

// node evaluates a node that depends only on constants, and returns its outputs.
func (g *folding) node(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	if _, calls := n.Op().(core.Caller); calls || !n.IsComputed() {
		return nil, nil // functions may take long
	}
	in := make([]*core.Tensor, len(inputs))
	all := len(inputs) > 0
	for i, v := range inputs {
		in[i] = v.Constant()
		all = all && in[i] != nil
	}
	if !all {
		return foldPartly(n, inputs)
	}
	if !g.admit(in, n.Outputs()) {
		return nil, nil
	}
	out, err := g.evaluate(n.Op(), in)
	if err != nil {
		return nil, n.Locate(err)
	}
	values := make([]core.Value, len(out))
	for i, t := range out {
		values[i] = constantOf(n, t)
	}
	return values, nil
}

// foldPartly replaces the outputs of a node that are known although not all inputs are.
func foldPartly(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	op, ok := n.Op().(core.PartlyConstant)
	if !ok {
		return nil, nil
	}
	known, err := op.Constants(core.Operands(inputs))
	if err != nil || !slices.ContainsFunc(known, func(t *core.Tensor) bool { return t != nil }) {
		return nil, err
	}
	kept, err := n.WithInputs(inputs)
	if err != nil {
		return nil, err
	}
	values := make([]core.Value, len(known))
	for i, t := range known {
		if values[i] = kept.Out(i); t != nil {
			values[i] = constantOf(n, t)
		}
	}
	return values, nil
}

func constantOf(n *core.Node, t *core.Tensor) core.Value {
	v := core.NewConstant(t)
	v.Node.Name, v.Node.Origin = n.Name, n.Origin
	return v
}
