package kernels

import (
	"context"
	"fmt"
	"sync"

	"github.com/tf2ng/tf2ng/core"
)

// Program is a compiled Function. It never changes: any number of goroutines may
// Run it at the same time.
type Program struct {
	params    []*core.Node
	results   []*core.Node
	outputs   []int // the buffer of each result
	code      []instruction
	buffers   []*buffer
	arena     int
	threads   int
	onArena   []func([]byte)
	states    []func() any
	pool      sync.Pool // of *run
	stages    []stage
	progress  sync.Pool // of *progress
	reference *core.Function
	limit     int64 // bytes, of the reference
	tail      *tail
}

// run is the memory and the state of one Run.
type run struct {
	p     *Program
	arena []byte
	mem   [][]byte // by buffer
	state []any    // what instructions keep beside the arena
}

func (p *Program) newRun() *run {
	r := &run{p: p, arena: core.AlignedBytes(p.arena), mem: make([][]byte, len(p.buffers))}
	for i, b := range p.buffers {
		switch {
		case b.fixed != nil:
			r.mem[i] = b.fixed
		case b.inArena():
			r.mem[i] = r.arena[b.offset : b.offset+b.size : b.offset+b.reserved()]
		}
	}
	for _, f := range p.onArena {
		f(r.arena)
	}
	for _, f := range p.states {
		r.state = append(r.state, f())
	}
	return r
}

// tensors returns tensors over buffers.
func (r *run) tensors(buffers []int, facts []core.Fact) ([]*core.Tensor, error) {
	out := make([]*core.Tensor, len(buffers))
	for i, b := range buffers {
		var err error
		if out[i], err = core.TensorOver(facts[i].Type, facts[i].Shape, r.mem[b]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Run computes the results for inputs by parameter name. A result is written into
// the tensor that outputs holds for it, or into a new one; the map that is returned
// has them all, and the caller owns them. ctx is looked at between instructions.
func (p *Program) Run(ctx context.Context, inputs, outputs map[string]*core.Tensor) (map[string]*core.Tensor, error) {
	in := make([]*core.Tensor, len(p.params))
	for i, n := range p.params {
		t, ok := inputs[n.Name]
		if !ok {
			return nil, fmt.Errorf("input %q: missing", n.Name)
		}
		if want := n.Outputs()[0]; t.Type() != want.Type || !t.Shape().Equal(want.Shape) {
			return nil, fmt.Errorf("input %q: got %v, want %v", n.Name, t, want)
		}
		in[i] = t
	}
	if p.reference != nil {
		return p.runReference(ctx, inputs, outputs)
	}
	if p.tail != nil {
		return p.tail.run(ctx, inputs, outputs)
	}
	results, err := p.allocate(outputs)
	if err != nil {
		return nil, err
	}
	r := p.pool.Get().(*run)
	defer p.pool.Put(r)
	for i, b := range p.buffers {
		if b.param >= 0 {
			r.mem[i] = in[b.param].Bytes()
		}
	}
	if err := r.execute(ctx); err != nil {
		return nil, err
	}
	for i, n := range p.results {
		copy(results[n.Name].Bytes(), r.mem[p.outputs[i]])
	}
	for i, b := range p.buffers {
		if b.param >= 0 {
			r.mem[i] = nil // do not keep the caller's memory
		}
	}
	return results, nil
}

// allocate returns a tensor for each result: the caller's, checked, or a new one.
func (p *Program) allocate(given map[string]*core.Tensor) (map[string]*core.Tensor, error) {
	results := make(map[string]*core.Tensor, len(p.results))
	for _, n := range p.results {
		want := n.Outputs()[0]
		t, ok := given[n.Name]
		if !ok {
			var err error
			if t, err = core.NewTensor(want.Type, want.Shape); err != nil {
				return nil, err
			}
		}
		if t.Type() != want.Type || !t.Shape().Equal(want.Shape) {
			return nil, fmt.Errorf("output %q: got a tensor of %v to write into, want %v", n.Name, t, want)
		}
		results[n.Name] = t
	}
	return results, nil
}

func (p *Program) runReference(ctx context.Context, inputs, outputs map[string]*core.Tensor) (map[string]*core.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	results, err := p.reference.EvalWithin(p.limit, inputs, nil)
	if err != nil {
		return nil, err
	}
	for name, res := range results {
		t, given := outputs[name]
		if !given {
			results[name] = res.Clone() // it may be an input or a constant
			continue
		}
		if t.Type() != res.Type() || !t.Shape().Equal(res.Shape()) {
			return nil, fmt.Errorf("output %q: got a tensor of %v to write into, want %v", name, t, res)
		}
		copy(t.Bytes(), res.Bytes())
		results[name] = t
	}
	return results, nil
}

// StepInfo describes one instruction of a Program.
type StepInfo struct {
	Node   string    // the core node, named after the TensorFlow node that it serves
	Op     string    // the core op
	TFOp   string    // the TensorFlow op, if known
	Kernel string    // the variant that computes it, or "reference"
	Output core.Fact // the node's first output
}

// Steps lists the instructions in the order in which they run.
func (p *Program) Steps() []StepInfo {
	if p.tail != nil {
		return append(p.tail.plan.Steps(), p.tail.steps()...)
	}
	var steps []StepInfo
	for _, i := range p.code {
		steps = append(steps, StepInfo{
			Node: i.node.Name, Op: i.node.OpName(), TFOp: i.node.Origin.Op, Kernel: i.kernel, Output: i.node.Outputs()[0],
		})
	}
	return steps
}

// PeakBytes returns the size of the arena that one Run uses: all intermediate
// values at the worst moment. Weights, inputs, outputs and what is computed after the plan
// are not in it.
func (p *Program) PeakBytes() int64 {
	if p.tail != nil {
		return p.tail.plan.PeakBytes()
	}
	return int64(p.arena)
}
