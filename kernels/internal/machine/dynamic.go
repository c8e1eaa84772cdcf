package machine

import (
	"context"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// Dynamic is the machine for functions with shapes that depend on data, or with strings. The head is a plan for all
// nodes that can be planned before the run. The tail runs the references of nodes behind it. What takes long, and has
// known shapes once the tail has run, is deferred: it is a function that is compiled for those shapes then, and its
// machine may be a Dynamic in turn.
type Dynamic struct {
	Head        *Planned       // set by the caller of CutLate
	interpreted *Interpreted   // the tail
	Deferred    *core.Function // nil if nothing is deferred
	Machines    ByShapes       // of Deferred; set by the caller of CutLate

	results []*core.Node // of the function
	from    []origin     // where each of them is computed
	given   []int        // for each parameter of the head its number among the function's
	crosses []core.Value // values that the other parts read: the head's results after those of the function
	reads   []core.Value // what the parameters of Deferred are
}

// origin is result number of a part.
type origin struct {
	part   part
	number int
}

// ByShapes has the machines of a function, one for each set of shapes of its parameters.
type ByShapes interface {
	// Of returns the machine for some shapes, which is made unless there is one.
	Of(shapes []core.Shape) (Machine, error)
	// Bytes returns how many bytes the machines hold.
	Bytes() int64
}

// Run is Machine.Run.
func (t *Dynamic) Run(ctx context.Context, in, out []*core.Tensor) error {
	given := slices.Clone(out)
	if overlap(in, out) { // all parts read the inputs
		clear(out)
	}
	results := t.divide(out)
	if err := t.Head.Run(ctx, t.headInputs(in), results[head]); err != nil {
		return err
	}
	v := t.crossing(results[head])
	if err := t.interpreted.compute(ctx, in, v, nil); err != nil {
		return err
	}
	if t.Deferred != nil {
		m, args, err := t.compiled(v)
		if err != nil {
			return err
		}
		if err := m.Run(ctx, args, results[deferred]); err != nil {
			return err
		}
	}
	if err := t.interpreted.deliver(v, results[tail]); err != nil {
		return err
	}
	for i, p := range t.from {
		if out[i] = results[p.part][p.number]; given[i] != nil && given[i] != out[i] {
			var err error
			if out[i], err = deliver(t.results[i], out[i], given[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// divide returns the tensors of out by parts. The head's are followed by nil for what crosses, and the deferred
// function gets none, for the shapes of its results are not known yet.
func (t *Dynamic) divide(out []*core.Tensor) (results [parts][]*core.Tensor) {
	for i, p := range t.from {
		into := out[i]
		if p.part == deferred {
			into = nil
		}
		results[p.part] = append(results[p.part], into)
	}
	results[head] = append(results[head], make([]*core.Tensor, len(t.crosses))...)
	return results
}

// crossing returns the values of the head that the other parts read.
func (t *Dynamic) crossing(results []*core.Tensor) core.Values {
	v := core.Values{}
	for i, x := range t.crosses {
		v[x] = results[len(results)-len(t.crosses)+i]
	}
	return v
}

// compiled returns the machine of the deferred function and its inputs, once the values that it reads are there.
func (t *Dynamic) compiled(v core.Values) (Machine, []*core.Tensor, error) {
	in, shapes := make([]*core.Tensor, len(t.reads)), make([]core.Shape, len(t.reads))
	for i, x := range t.reads {
		in[i] = v.Of(x)
		shapes[i] = in[i].Shape()
	}
	m, err := t.Machines.Of(shapes)
	return m, in, err
}

// headInputs returns the inputs for the head's parameters.
func (t *Dynamic) headInputs(in []*core.Tensor) []*core.Tensor {
	if len(t.given) == len(in) {
		return in
	}
	given := make([]*core.Tensor, len(t.given))
	for i, at := range t.given {
		given[i] = in[at]
	}
	return given
}

// Steps is Machine.Steps. Those of the deferred function are its nodes.
func (t *Dynamic) Steps() []Step {
	steps := append(t.Head.Steps(), t.tailSteps()...)
	if t.Deferred == nil {
		return steps
	}
	for _, n := range t.Deferred.Nodes() {
		if n.IsComputed() {
			steps = append(steps, Step{Node: n, Kernel: "compiled when its shapes are known"})
		}
	}
	return steps
}

func (t *Dynamic) tailSteps() []Step {
	steps := t.interpreted.Steps()
	for i := range steps {
		steps[i].Kernel += " (tail)"
	}
	return steps
}

// Profile is Machine.Profile.
func (t *Dynamic) Profile(ctx context.Context, in []*core.Tensor) ([]StepTime, error) {
	first := make([]*core.Tensor, len(t.Head.layout.Results))
	steps, err := t.Head.measure(ctx, t.headInputs(in), first)
	if err != nil {
		return nil, err
	}
	v, behind := t.crossing(first), timed(t.tailSteps())
	if err := t.interpreted.compute(ctx, in, v, behind); err != nil {
		return nil, err
	}
	if steps = append(steps, behind...); t.Deferred == nil {
		return steps, nil
	}
	m, args, err := t.compiled(v)
	if err != nil {
		return nil, err
	}
	last, err := m.Profile(ctx, args)
	return append(steps, last...), err
}

// PeakBytes is Machine.PeakBytes.
func (t *Dynamic) PeakBytes() int64 { return t.Head.PeakBytes() + t.interpreted.PeakBytes() }

// Bytes is Machine.Bytes.
func (t *Dynamic) Bytes() int64 {
	bytes := t.Head.Bytes() + t.interpreted.Bytes()
	if t.Deferred != nil {
		bytes += t.Machines.Bytes()
	}
	return bytes
}
