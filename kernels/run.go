package kernels

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/tf2ng/tf2ng/core"
)

// planned is the machine for functions all of whose shapes are known: instructions over
// buffers, most of which have their place in one arena.
type planned struct {
	params  []*core.Node
	results []*core.Node
	outputs []output // of each result
	code    []instruction
	buffers []*buffer
	arena   int // bytes
	threads int
	onArena []func([]byte)
	states  []func() any
	size    int64    // bytes that the machine holds
	dead    [][]span // by instruction, for package testmode; else nil
	runs    *runPool
	stages  []stage
	waiting sync.Pool // of *progress, between two Runs
}

// output is where a result is computed: in a buffer, or it is the strings of a constant or
// parameter.
type output struct {
	buffer int // -1: source
	source *core.Node
}

// run is the memory and the state of one Run.
type run struct {
	p       *planned
	arena   []byte
	mem     [][]byte // by buffer
	state   []any    // what instructions keep beside the arena
	in, out []*core.Tensor
	broken  atomic.Bool // an instruction panicked: nobody uses the memory again
}

// runPool keeps the memory of Runs that have ended for others, of any Program.
type runPool struct{ pool sync.Pool }

// get returns the memory for one Run of p.
func (q *runPool) get(p *planned) *run {
	r, ok := q.pool.Get().(*run)
	if !ok {
		r = &run{}
	}
	if r.p != p {
		r.become(p)
	}
	return r
}

// put gives back the memory of a Run that has ended.
func (q *runPool) put(r *run) {
	if !r.broken.Load() {
		q.pool.Put(r)
	}
}

// become prepares the memory for another Program.
func (r *run) become(p *planned) {
	r.p = p
	if len(r.arena) < p.arena {
		r.arena = core.AlignedBytes(p.arena)
	}
	r.mem = append(r.mem[:0], make([][]byte, len(p.buffers))...)
	for i, b := range p.buffers {
		switch {
		case b.fixed != nil:
			r.mem[i] = b.fixed
		case b.inArena() && (b.first >= 0 || b.whole):
			r.mem[i] = r.arena[b.offset : b.offset+b.size : b.offset+b.reserved()]
		}
	}
	for _, f := range p.onArena {
		f(r.arena)
	}
	r.state = r.state[:0]
	for _, f := range p.states {
		r.state = append(r.state, f())
	}
}

// run is machine.run.
func (p *planned) run(ctx context.Context, in, out []*core.Tensor) error {
	given := out
	if overlap(in, out) { // an instruction would overwrite what another has yet to read
		out = make([]*core.Tensor, len(given))
	}
	if err := p.allocate(out); err != nil {
		return err
	}
	r := p.runs.get(p)
	defer p.runs.put(r)
	r.take(in, out)
	defer r.forget()
	if err := r.execute(ctx); err != nil {
		return err
	}
	r.deliver()
	for i, t := range given {
		if t != nil && t != out[i] {
			copyTensor(t, out[i])
			out[i] = t
		}
	}
	copy(given, out)
	return nil
}

// overlap reports whether a tensor to write into shares memory with an input or with
// another one.
func overlap(in, out []*core.Tensor) bool {
	for i, t := range out {
		if t == nil {
			continue
		}
		for _, u := range in {
			if sharesMemory(t.Bytes(), u.Bytes()) {
				return true
			}
		}
		for _, u := range out[:i] {
			if u != nil && sharesMemory(t.Bytes(), u.Bytes()) {
				return true
			}
		}
	}
	return false
}

func sharesMemory(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	a0, b0 := uintptr(unsafe.Pointer(unsafe.SliceData(a))), uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return a0 < b0+uintptr(len(b)) && b0 < a0+uintptr(len(a))
}

func copyTensor(to, from *core.Tensor) {
	copy(to.Bytes(), from.Bytes())
	copy(to.Strings(), from.Strings())
}

// allocate makes the tensors for results that were given none.
func (p *planned) allocate(out []*core.Tensor) error {
	for i, t := range out {
		if t != nil {
			continue
		}
		var err error
		if want := p.results[i].Outputs()[0]; want.Type == core.String {
			out[i], err = core.StringTensor(want.Shape, make([]string, want.Shape.MustElements()))
		} else {
			out[i], err = core.NewTensor(want.Type, want.Shape)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take makes the caller's tensors the buffers that they are.
func (r *run) take(in, out []*core.Tensor) {
	r.in, r.out = in, out
	for i, b := range r.p.buffers {
		switch {
		case b.param >= 0:
			r.mem[i] = in[b.param].Bytes()
		case b.result >= 0:
			r.mem[i] = out[b.result].Bytes()
		}
	}
}

// forget gives up the caller's memory.
func (r *run) forget() {
	r.in, r.out = nil, nil
	for i, b := range r.p.buffers {
		if b.param >= 0 || b.result >= 0 {
			r.mem[i] = nil
		}
	}
}

// deliver copies the results that are not computed in the caller's tensors.
func (r *run) deliver() {
	for i, o := range r.p.outputs {
		switch {
		case o.source != nil:
			if c, ok := o.source.Op().(*core.Constant); ok {
				copy(r.out[i].Strings(), c.Value.Strings())
				continue
			}
			for j, n := range r.p.params {
				if n == o.source {
					copy(r.out[i].Strings(), r.in[j].Strings())
				}
			}
		case r.p.buffers[o.buffer].result != i:
			copy(r.out[i].Bytes(), r.mem[o.buffer])
		}
	}
}

// operands are the tensors of an instruction that runs a reference.
type operands struct {
	tensors []*core.Tensor // over buffers that do not move; nil for the caller's
	given   []*core.Tensor // for one call, which may change them
}

// newOperands returns the number of the state that holds tensors over buffers.
func (c *compiler) newOperands(buffers int) int {
	return c.newState(func() any {
		return &operands{make([]*core.Tensor, buffers), make([]*core.Tensor, buffers)}
	})
}

// operands returns tensors over buffers, which are valid until the next call for that state.
func (r *run) operands(state int, buffers []int, facts []core.Fact) ([]*core.Tensor, error) {
	o := r.state[state].(*operands)
	for i, b := range buffers {
		t := o.tensors[i]
		if t == nil {
			var err error
			if t, err = r.tensor(b, facts[i]); err != nil {
				return nil, err
			}
			if buf := r.p.buffers[b]; buf.param < 0 && buf.result < 0 {
				o.tensors[i] = t
			}
		}
		o.given[i] = t
	}
	return o.given, nil
}

// tensor returns a tensor over a buffer: the caller's own where that will do.
func (r *run) tensor(b int, f core.Fact) (*core.Tensor, error) {
	var t *core.Tensor
	switch buf := r.p.buffers[b]; {
	case buf.param >= 0:
		t = r.in[buf.param]
	case buf.result >= 0:
		t = r.out[buf.result]
	}
	if t != nil && t.Type() == f.Type && t.Shape().Equal(f.Shape) {
		return t, nil
	}
	return core.TensorOver(f.Type, f.Shape, r.mem[b])
}

func (p *planned) steps() []StepInfo {
	steps := make([]StepInfo, len(p.code))
	for i, c := range p.code {
		steps[i] = newStep(c.node, c.kernel, c.operations)
	}
	return steps
}

func (p *planned) peakBytes() int64 { return int64(p.arena) }

func (p *planned) bytes() int64 { return p.size }

// profile is machine.profile.
func (p *planned) profile(ctx context.Context, in []*core.Tensor, times [][]time.Duration) error {
	out := make([]*core.Tensor, len(p.results))
	return p.measure(ctx, in, out, times)
}

// measure is run, one instruction after the other, with the time of each.
func (p *planned) measure(ctx context.Context, in, out []*core.Tensor, times [][]time.Duration) error {
	if err := p.allocate(out); err != nil {
		return err
	}
	r := p.runs.get(p)
	defer p.runs.put(r)
	r.take(in, out)
	defer r.forget()
	w := &worker{run: r}
	for i := range p.code {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Now()
		if err := p.code[i].run(w, 0, 1); err != nil {
			return err
		}
		times[i] = append(times[i], time.Since(start))
	}
	r.deliver()
	return nil
}
