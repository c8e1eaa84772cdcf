package compare

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
)

// Bounder is a Runner that can bound how far its reals may be from those of another Runner that evaluates
// the same ops but rounds in another order. The Tolerance applies to a tensor for which Bounds has no
// entry.
type Bounder interface {
	Bounds(ctx context.Context, feeds Tensors, fetches []string) (map[string]*Bound, error)
}

// The constants of the rule; docs/DIFF.md derives it.
const (
	roundingUnits = 4 // rounding error of an op on reals, in units of roundoff (see unit)
	roundingSpan  = 1 // additional error of a sum of n terms, in units of roundoff per sqrt(n)
	boundFactor   = 4 // a bound is this many times the largest change in the disturbed runs
	boundRuns     = 2 // number of disturbed runs
)

// Bounds derives, for a graph and its inputs, how far apart the reals of two correct programs may be. run
// computes tensors of a Function. The graph is run once as it is, and boundRuns times with each result of
// reals disturbed by as much as rounding may change it (see Disturbed). The bound of a tensor is
// boundFactor times the largest change of any of its elements, plus roundingUnits units of roundoff of its
// largest element. Integers and their ranges are not disturbed, since they have to be equal.
func Bounds(f *core.Function, feeds Tensors, fetches []string,
	run func(f *core.Function, fetches []string) (Tensors, error),
) (map[string]*Bound, error) {
	shapes := map[string]core.Shape{}
	for name, t := range feeds {
		shapes[NodeOf(name)] = t.Shape()
	}
	f, err := f.Bind(shapes)
	if err != nil {
		return nil, err
	}
	var reals []string
	for _, name := range fetches {
		if v, ok := f.Lookup(name); ok && v.Type().Part().IsFloat() {
			reals = append(reals, name)
		}
	}
	if len(reals) == 0 {
		return nil, nil
	}
	plain, err := run(f, reals)
	if err != nil {
		return nil, err
	}
	moved := map[string]float64{}
	for seed := range uint64(boundRuns) {
		d, err := Disturbed(f, seed)
		if err != nil {
			return nil, err
		}
		other, err := run(d, reals)
		if err != nil {
			return nil, err
		}
		for _, name := range reals {
			moved[name] = max(moved[name], farthest(plain[name], other[name]))
		}
	}
	bounds := map[string]*Bound{}
	for _, name := range reals {
		v, _ := f.Lookup(name)
		n := terms(v.Node)
		own := roundingUnits * unit(v.Type().Part()) * largest(plain[name])
		bounds[name] = &Bound{Absolute: boundFactor*moved[name] + own, Rule: rule(n)}
	}
	return bounds, nil
}

func rule(n int64) string {
	if n > 1 {
		return fmt.Sprintf("rounding of the float ops so far, the last one a sum of %d terms", n)
	}
	return "rounding of the float ops so far"
}

// unit is the unit roundoff of a type: half the distance from 1 to the next larger number.
func unit(t core.Type) float64 {
	switch t {
	case core.F64:
		return 1.0 / (1 << 53)
	case core.F16:
		return 1.0 / (1 << 11)
	case core.BF16:
		return 1.0 / (1 << 8)
	}
	return 1.0 / (1 << 24)
}

// farthest returns the largest difference of elements that are finite in both.
func farthest(a, b *core.Tensor) float64 {
	x, y := a.Parts().Float64s(), b.Parts().Float64s()
	d := 0.0
	for i := range x {
		if isFinite(x[i]) && isFinite(y[i]) {
			d = max(d, math.Abs(x[i]-y[i]))
		}
	}
	return d
}

// largest returns the largest magnitude of the elements that are finite.
func largest(t *core.Tensor) float64 {
	m := 0.0
	for _, x := range t.Parts().Float64s() {
		if isFinite(x) {
			m = max(m, math.Abs(x))
		}
	}
	return m
}

// terms returns how many terms a node sums for an element of its result: the number of products in a
// convolution or a matrix product, for other ops the number of input elements per output element, and 1
// if that is not known.
func terms(n *core.Node) int64 {
	in, out := n.Inputs(), n.Outputs()[0]
	elements, err := out.Shape.Elements()
	if len(in) == 0 || err != nil || elements == 0 || !in[0].Fact().Static() {
		return 1
	}
	facts := make([]core.Fact, len(in))
	for i, v := range in {
		facts[i] = v.Fact()
	}
	if c, ok := n.Op().(trait.Costed); ok {
		return max(c.Operations(facts, n.Outputs())/int64(2*elements), 1)
	}
	if _, ok := n.Op().(trait.Affine); ok { // it may be RowWise, too, but it sums nothing
		return 1
	}
	if r, ok := n.Op().(trait.RowWise); ok {
		if rows, ok := r.Rows(in[0].Shape()); ok {
			return int64(max(rows.Length, 1))
		}
	}
	read, err := in[0].Shape().Elements()
	if err != nil {
		return 1
	}
	return int64(max(read/elements, 1))
}

// rounds reports whether a node computes reals and rounds them: its result is of reals and depends on an
// input of the graph, and the node does more than select or limit elements that it reads.
func rounds(n *core.Node, varies map[*core.Node]bool) bool {
	if !varies[n] || len(n.Inputs()) == 0 || !n.Outputs()[0].Type.Part().IsFloat() {
		return false
	}
	if s, ok := n.Op().(trait.Selecting); ok && s.Selects(len(n.Inputs())) > 0 {
		return false
	}
	if l, ok := n.Op().(trait.Limiting); ok && l.Limits() {
		return false
	}
	return true
}

// Disturbed returns a Function with the same names in which each result of reals is multiplied, along its
// last axis, by factors 1+e or 1-e chosen at random. e is roundingUnits units of roundoff, plus
// roundingSpan*sqrt(n) units for a sum of n terms. Integers, their ranges and constants stay as they are.
// The shapes of f's values should be known.
func Disturbed(f *core.Function, seed uint64) (*core.Function, error) {
	d := &disturbance{
		random: rand.New(rand.NewPCG(seed, 1)), to: map[*core.Node][]core.Value{}, varies: map[*core.Node]bool{},
		ranges: ranges(f),
	}
	for _, n := range f.Nodes() {
		if err := d.node(n, slices.Contains(f.Parameters, n)); err != nil {
			return nil, err
		}
	}
	g := &core.Function{Name: f.Name, Parameters: f.Parameters, Meta: f.Meta, Names: map[string]core.Value{}}
	for name, v := range f.Names {
		g.Names[name] = d.at(v)
	}
	for _, r := range f.Results {
		n, err := r.With(r.Op(), d.at(r.Inputs()[0]))
		if err != nil {
			return nil, err
		}
		g.Results = append(g.Results, n)
	}
	return g, nil
}

// disturbance is the state of one call of Disturbed.
type disturbance struct {
	random *rand.Rand
	to     map[*core.Node][]core.Value // the disturbed outputs; a node that is not in the map keeps its own
	varies map[*core.Node]bool         // nodes that depend on an input
	ranges map[*core.Node]bool         // nodes that compute ranges of integers
}

// ranges returns the nodes that compute scales and ranges of integers: reals of at most one axis that an
// op reads beside its first input when it takes or makes integers, and everything that these are
// computed from. Two programs that agree have equal ranges, just as they have equal integers.
func ranges(f *core.Function) map[*core.Node]bool {
	found := map[*core.Node]bool{}
	nodes := f.Nodes()
	for _, n := range slices.Backward(nodes) {
		_, takes := n.Op().(trait.Dequantizer)
		first := len(n.Inputs())
		switch {
		case found[n]:
			first = 0
		case takes || makesIntegers(n):
			first = 1
		}
		for i, v := range n.Inputs() {
			if i >= first && v.Type().IsFloat() && len(v.Shape()) <= 1 && v.Shape().Ranked() {
				found[v.Node] = true
			}
		}
	}
	return found
}

// makesIntegers reports whether an output of a node is a tensor of integers.
func makesIntegers(n *core.Node) bool {
	return slices.ContainsFunc(n.Outputs(), func(o core.Fact) bool { return o.Type.IsInteger() })
}

func (d *disturbance) at(v core.Value) core.Value {
	if to := d.to[v.Node]; to != nil {
		return to[v.Index]
	}
	return v
}

func (d *disturbance) node(n *core.Node, parameter bool) error {
	d.varies[n] = parameter
	inputs := make([]core.Value, len(n.Inputs()))
	for i, v := range n.Inputs() {
		d.varies[n] = d.varies[n] || d.varies[v.Node]
		inputs[i] = d.at(v)
	}
	if d.ranges[n] || !slices.ContainsFunc(n.Outputs(), func(o core.Fact) bool { return o.Type.Part().IsFloat() }) {
		return nil
	}
	m := n
	if !slices.Equal(inputs, n.Inputs()) {
		var err error
		if m, err = core.NewNamedNode(n.Name+"#disturbed", n.Op(), inputs...); err != nil {
			return err
		}
		m.Origin = n.Origin
	}
	out := make([]core.Value, len(n.Outputs()))
	for i, fact := range n.Outputs() {
		out[i] = n.Out(i)
		if fact.Type.Part().IsFloat() {
			out[i] = m.Out(i)
		}
	}
	d.to[n] = out
	if !rounds(n, d.varies) {
		return nil
	}
	factor := d.factor(n)
	if factor == nil {
		return nil
	}
	product, err := core.Apply(&pointwise.Multiply{}, out[0], core.NewConstant(factor))
	if err == nil {
		product.Node.Name, product.Node.Origin = n.Name+"#rounded", n.Origin
		out[0] = product
	}
	return err
}

// factor returns the tensor of factors for a node's result; nil if the type has other parts than f32 and f64.
func (d *disturbance) factor(n *core.Node) *core.Tensor {
	fact := n.Outputs()[0]
	shape := core.Shape{}
	if r := len(fact.Shape); r > 0 && fact.Shape[r-1] > 0 {
		shape = core.Shape{fact.Shape[r-1]}
	}
	units := float64(roundingUnits)
	if t := terms(n); t > 1 {
		units += roundingSpan * math.Sqrt(float64(t))
	}
	size := units * unit(fact.Type.Part())
	t, err := core.NewTensor(fact.Type, shape)
	if err != nil {
		return nil
	}
	for i := range t.Len() {
		x := 1 + size
		if d.random.Uint32()&1 == 0 {
			x = 1 - size
		}
		switch fact.Type {
		case core.F32:
			core.Data[float32](t)[i] = float32(x)
		case core.F64:
			core.Data[float64](t)[i] = x
		case core.C64:
			core.Data[complex64](t)[i] = complex(float32(x), 0)
		case core.C128:
			core.Data[complex128](t)[i] = complex(x, 0)
		default:
			return nil
		}
	}
	return t
}
