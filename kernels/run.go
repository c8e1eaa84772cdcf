package kernels

import (
	"sync"
	"sync/atomic"

	"github.com/tf2ng/tf2ng/core"
)

// run is the memory and the state of one Run.
type run struct {
	layout  *layout
	arena   []byte
	mem     [][]byte // by buffer
	state   []any    // what instructions keep beside the arena
	in, out []*core.Tensor
	broken  atomic.Bool // an instruction panicked: nobody uses the memory again
}

// runPool keeps the memory of Runs that have ended for others, of any layout.
type runPool struct{ pool sync.Pool }

// get returns the memory for one Run.
func (q *runPool) get(l *layout) *run {
	r, ok := q.pool.Get().(*run)
	if !ok {
		r = &run{}
	}
	if r.layout != l {
		r.become(l)
	}
	return r
}

// put gives back the memory of a Run that has ended.
func (q *runPool) put(r *run) {
	if !r.broken.Load() {
		q.pool.Put(r)
	}
}

// become prepares the memory for another layout.
func (r *run) become(l *layout) {
	r.layout = l
	if len(r.arena) < l.arena {
		r.arena = core.AlignedBytes(l.arena)
	}
	r.mem = append(r.mem[:0], make([][]byte, len(l.buffers))...)
	for i, b := range l.buffers {
		switch {
		case b.fixed != nil:
			r.mem[i] = b.fixed
		case b.inArena() && (b.first >= 0 || b.whole):
			r.mem[i] = r.arena[b.offset : b.offset+b.size : b.offset+b.reserved()]
		}
	}
	for _, f := range l.onArena {
		f(r.arena)
	}
	r.state = r.state[:0]
	for _, f := range l.states {
		r.state = append(r.state, f())
	}
}

// take makes the caller's tensors the buffers that they are.
func (r *run) take(in, out []*core.Tensor) {
	r.in, r.out = in, out
	for i, b := range r.layout.buffers {
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
	for i, b := range r.layout.buffers {
		if b.param >= 0 || b.result >= 0 {
			r.mem[i] = nil
		}
	}
}

// deliver copies the results that are not computed in the caller's tensors.
func (r *run) deliver() {
	for i, o := range r.layout.outputs {
		switch {
		case o.source != nil:
			if c, ok := o.source.Op().(*core.Constant); ok {
				copy(r.out[i].Strings(), c.Value.Strings())
				continue
			}
			for j, n := range r.layout.params {
				if n == o.source {
					copy(r.out[i].Strings(), r.in[j].Strings())
				}
			}
		case r.layout.buffers[o.buffer].result != i:
			copy(r.out[i].Bytes(), r.mem[o.buffer])
		}
	}
}
