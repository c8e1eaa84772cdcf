package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare/internal/excerpt"
	"github.com/tf2ng/tf2ng/core"
)

// Side is one of the two sides of a comparison.
type Side struct {
	Name   string
	Runner Runner
	// Engine runs excerpts of the graph, such as a single node; nil if the side cannot.
	Engine Engine
}

// Comparison compares the tensors of two sides: those of Got, which is judged, with those of Want, which is
// taken to be right.
type Comparison struct {
	Got, Want Side
	Plan      *Plan
	Feeds     Tensors
	// Tolerance is for reals that have no bound: all reals unless Derive is set.
	Tolerance Tolerance
	// Derive has Got derive bounds for reals, if Got's Runner is a Bounder.
	Derive bool
	// All runs every node alone on Want's inputs, not only the nodes that diverge.
	All bool
	// Samples keeps the data for charts, see Report.WriteHTML.
	Samples bool
	// FailFast stops at the first node that diverges.
	FailFast bool
	// Progress, if not nil, is called with what is being done, how much of it is done, and the total.
	Progress func(what string, done, total int)

	wanted Tensors // Want's tensors in the last call of Nodes
}

// Fault says whether a node's difference starts in the node itself or comes from its inputs.
type Fault string

// The faults.
const (
	// Own: the node differs even on the other side's inputs.
	Own Fault = "own"
	// Inherited: the node agrees on the other side's inputs, so the difference comes from its own inputs.
	Inherited Fault = "inherited"
)

// Gap is a tensor that should have been compared but could not be.
type Gap struct {
	Tensor string `json:"tensor"`
	Op     string `json:"op,omitempty"`
	Side   string `json:"side"` // the side that gives no result
	Why    string `json:"why"`
}

// Outputs compares tensors that one Run of each side computes. If Want's Run fails, the tensors are fetched
// from Want in smaller parts.
func (c *Comparison) Outputs(ctx context.Context, tensors []string) (*Report, error) {
	got, err := c.Got.Runner.Run(ctx, c.Feeds, tensors)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Got.Name, err)
	}
	r := c.report()
	want, err := c.fetch(ctx, c.Want, tensors)
	if err != nil {
		return nil, err
	}
	if tensors = r.without(c, tensors, c.Want.Name, want.failed); len(tensors) == 0 {
		return r, nil
	}
	bounds, err := c.bounds(ctx, c.Got.Runner, c.Feeds, tensors)
	if err != nil {
		return nil, err
	}
	for _, t := range tensors {
		r.add(c.tensor(t, got[t], want.values[t], bounds))
	}
	return r, nil
}

// ends reports whether a Runner's error ends a comparison: ctx is done, or an input is not accepted.
func ends(ctx context.Context, err error) bool {
	input := (*InputError)(nil)
	return ctx.Err() != nil || errors.As(err, &input)
}

func (c *Comparison) report() *Report {
	return &Report{
		Schema: ReportSchema, Got: c.Got.Name, Want: c.Want.Name, Tolerance: c.Tolerance, Pass: true, Tensors: []Tensor{},
	}
}

// tensor compares a tensor.
func (c *Comparison) tensor(name string, got, want *core.Tensor, bounds map[string]*Bound) Tensor {
	t := compare(c.pair(name, got, want, bounds), c.Tolerance)
	if c.Samples && t.Values != nil {
		t.Samples = samples(got.Float64s(), asBits(got, want).Float64s())
	}
	return t
}

func (c *Comparison) pair(tensor string, got, want *core.Tensor, bounds map[string]*Bound) Pair {
	return Pair{Name: tensor, Op: c.Plan.op(tensor), Got: got, Want: want, Bound: bounds[tensor]}
}

// bounds asks a Runner of the judged side for the bounds of tensors.
func (c *Comparison) bounds(ctx context.Context, r Runner, feeds Tensors, fetches []string) (map[string]*Bound, error) {
	b, ok := r.(Bounder)
	if !ok || !c.Derive || len(fetches) == 0 {
		return nil, nil
	}
	return b.Bounds(ctx, feeds, fetches)
}

func (c *Comparison) progress(what string, done, total int) {
	if c.Progress != nil {
		c.Progress(what, done, total)
	}
}

// Shared returns the tensors that can be fetched from both sides, in the order of the Plan.
func (c *Comparison) Shared() []string {
	var lists [][]string
	for _, s := range []Side{c.Got, c.Want} {
		if l, ok := s.Runner.(Lister); ok {
			lists = append(lists, l.Tensors())
		}
	}
	if len(lists) == 0 {
		return nil
	}
	shared := c.Plan.order(lists[0])
	if len(lists) > 1 {
		there := map[string]bool{}
		for _, t := range lists[1] {
			there[t] = true
		}
		shared = slices.DeleteFunc(shared, func(t string) bool { return !there[t] })
	}
	return shared
}

// fetched has the tensors of a side by full name, and for those that could not be computed the error.
type fetched struct {
	values Tensors
	failed map[string]error
}

func (c *Comparison) fetch(ctx context.Context, s Side, tensors []string) (fetched, error) {
	f := fetch{plan: c.Plan, runner: s.Runner, feeds: c.Feeds, step: func(done int) {
		c.progress(s.Name, done, len(tensors))
	}}
	c.progress(s.Name, 0, len(tensors))
	err := f.run(ctx, tensors)
	return fetched{f.values, f.failed}, err
}

// Nodes compares every tensor that can be fetched from both sides, outputs included, in the order of the
// graph. Each node that diverges is run again alone on Want's inputs, to find out whether the difference
// starts in it.
func (c *Comparison) Nodes(ctx context.Context) (*Report, error) {
	tensors := c.Shared()
	if len(tensors) == 0 {
		return nil, errors.New("the two sides share no tensor")
	}
	want, err := c.fetch(ctx, c.Want, tensors)
	if err != nil {
		return nil, err
	}
	c.wanted = want.values
	r := c.report()
	tensors = r.without(c, tensors, c.Want.Name, want.failed)
	got, err := c.fetch(ctx, c.Got, tensors)
	if err != nil {
		return nil, err
	}
	tensors = r.without(c, tensors, c.Got.Name, got.failed)
	bounds, err := c.bounds(ctx, c.Got.Runner, c.Feeds, tensors)
	if err != nil {
		return nil, err
	}
	for _, t := range tensors {
		r.add(c.tensor(t, got.values[t], want.values[t], bounds))
		if c.FailFast && !r.Pass {
			break
		}
	}
	if err := c.alone(ctx, r, want.values); err != nil {
		return nil, err
	}
	return r, c.explain(ctx, r)
}

// without adds a Gap for each tensor that a side could not compute, and returns the other tensors.
func (r *Report) without(c *Comparison, tensors []string, side string, failed map[string]error) []string {
	var rest []string
	for _, t := range tensors {
		if err := failed[t]; err != nil {
			r.Gaps = append(r.Gaps, Gap{Tensor: t, Op: c.Plan.op(t), Side: side, Why: err.Error()})
		} else {
			rest = append(rest, t)
		}
	}
	return rest
}

// typed is a Runner that knows the TensorFlow types of its tensors.
type typed interface{ TensorTypes() map[string]int32 }

// types returns the TensorFlow types of tensors as one of the sides knows them; nil if neither does.
func (c *Comparison) types() map[string]int32 {
	for _, s := range []Side{c.Want, c.Got} {
		if t, ok := s.Runner.(typed); ok && len(t.TensorTypes()) > 0 {
			return t.TensorTypes()
		}
	}
	return nil
}

// alone runs each node that diverges, or each node if All is set, alone on Want's inputs.
func (c *Comparison) alone(ctx context.Context, r *Report, want Tensors) error {
	if c.Plan.graph == nil || c.Got.Engine == nil {
		return nil
	}
	var tensors []*Tensor
	for i := range r.Tensors {
		if t := &r.Tensors[i]; c.All || !t.Within() {
			tensors = append(tensors, t)
		}
	}
	a := apart{c: c, want: want, types: c.types()}
	return a.compare(ctx, tensors)
}

// apart runs nodes one by one, each on Want's inputs.
type apart struct {
	c     *Comparison
	want  Tensors
	types map[string]int32
}

// value returns Want's value of a tensor, which may be an input of the graph.
func (a *apart) value(tensor string) *core.Tensor {
	if t := a.want[tensor]; t != nil {
		return t
	}
	for name, t := range a.c.Feeds {
		if FullName(name) == tensor {
			return t
		}
	}
	return nil
}

// fed returns the type and shape of a tensor that becomes an input of an excerpt.
func (a *apart) fed(tensor string) (excerpt.Fed, error) {
	t := a.value(tensor)
	if t == nil {
		return excerpt.Fed{}, &NoTensorError{Side: a.c.Want.Name, Tensor: tensor}
	}
	typ, ok := graphdef.DataType(a.types[tensor]), a.types[tensor] != 0
	if !ok {
		typ, ok = a.c.Plan.typeOf(tensor, t.Type())
	}
	if !ok {
		return excerpt.Fed{}, fmt.Errorf("tensor %q: %v is no type of TensorFlow's", tensor, t.Type())
	}
	return excerpt.Fed{Type: typ, Shape: t.Shape()}, nil
}

// compare sets Alone and Fault of tensors. Their nodes run together in one excerpt; if that fails, each runs
// in an excerpt of its own.
func (a *apart) compare(ctx context.Context, tensors []*Tensor) error {
	var able []*Tensor
	for _, t := range tensors {
		if a.able(NodeOf(t.Name)) {
			able = append(able, t)
		}
	}
	if len(able) == 0 {
		return nil
	}
	const most = 64 // tensors at a time, since their second copies are all in memory
	for start := 0; start < len(able); start += most {
		some := able[start:min(start+most, len(able))]
		a.c.progress("nodes alone", start, len(able))
		err := a.some(ctx, some)
		for i := 0; err != nil && i < len(some); i++ {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if one := a.some(ctx, some[i:i+1]); one != nil {
				some[i].AloneProblem = one.Error()
			}
		}
	}
	a.c.progress("nodes alone", len(able), len(able))
	return nil
}

// able reports whether Want has every tensor that a node reads.
func (a *apart) able(node string) bool {
	i, ok := a.c.Plan.at[node]
	if !ok {
		return false
	}
	for _, t := range a.c.Plan.nodes[i].reads {
		if _, err := a.fed(t); err != nil {
			return false
		}
	}
	return true
}

func (a *apart) some(ctx context.Context, tensors []*Tensor) error {
	var nodes, names []string
	for _, t := range tensors {
		names = append(names, t.Name)
		if n := NodeOf(t.Name); !slices.Contains(nodes, n) {
			nodes = append(nodes, n)
		}
	}
	graph, inputs, err := a.c.Plan.graph.Of(nodes, func(string) bool { return false }, a.fed)
	if err != nil {
		return err
	}
	feeds := a.feeds(inputs)
	got, bounds, err := a.run(ctx, graph, feeds, names)
	if err != nil {
		return err
	}
	for _, t := range tensors {
		t.judge(compare(a.c.pair(t.Name, got[t.Name], a.want[t.Name], bounds), a.c.Tolerance))
	}
	return nil
}

// feeds returns Want's values for the placeholders of an excerpt.
func (a *apart) feeds(tensors []string) Tensors {
	feeds := Tensors{}
	for _, t := range tensors {
		feeds[excerpt.Input(t)] = a.value(t)
	}
	return feeds
}

// judge sets Alone, and derives Fault from it.
func (t *Tensor) judge(alone Tensor) {
	t.Alone = &alone
	switch {
	case t.Within() && alone.Within():
	case alone.Within():
		t.Fault = Inherited
	default:
		t.Fault = Own
	}
}

// run computes tensors of an excerpt, and their bounds, with Got's Engine.
func (a *apart) run(ctx context.Context, graph []byte, feeds Tensors, fetches []string) (
	_ Tensors, _ map[string]*Bound, err error,
) {
	r, err := a.c.Got.Engine.Open(ctx, graph)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, Close(r)) }()
	got, err := r.Run(ctx, feeds, fetches)
	if err != nil {
		return nil, nil, err
	}
	bounds, err := a.c.bounds(ctx, r, feeds, fetches)
	return got, bounds, err
}
