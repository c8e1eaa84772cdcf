package machine

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/tf2ng/tf2ng/core"
)

// Run is the memory and the state of one Run.
type Run struct {
	layout  *Layout
	Arena   []byte
	Mem     [][]byte // by buffer
	State   []any    // what instructions keep in addition to the arena, see Layout.States
	in, out []*core.Tensor
	ctx     context.Context // of the call under way
	broken  atomic.Bool     // an instruction panicked, so the memory must not be used again
}

// RunPool keeps the memory of Runs that have ended for later Runs, with any layout.
type RunPool struct{ pool sync.Pool }

// get returns the memory for one Run.
func (q *RunPool) get(l *Layout) *Run {
	r, ok := q.pool.Get().(*Run)
	if !ok {
		r = &Run{}
	}
	if r.layout != l {
		r.become(l)
	}
	return r
}

// put gives back the memory of a Run that has ended.
func (q *RunPool) put(r *Run) {
	if !r.broken.Load() {
		q.pool.Put(r)
	}
}

// become changes the memory to another layout.
func (r *Run) become(l *Layout) {
	r.layout = l
	if len(r.Arena) < l.Arena {
		r.Arena = core.AlignedBytes(l.Arena)
	}
	r.Mem = append(r.Mem[:0], make([][]byte, len(l.Buffers))...)
	for i, b := range l.Buffers {
		switch {
		case b.Fixed != nil:
			r.Mem[i] = b.Fixed
		case b.InArena() && (b.first >= 0 || b.Whole):
			r.Mem[i] = r.Arena[b.Offset : b.Offset+b.Size : b.Offset+b.Reserved()]
		}
	}
	for _, f := range l.OnArena {
		f(r.Arena)
	}
	r.State = r.State[:0]
	for _, f := range l.States {
		r.State = append(r.State, f())
	}
}

// Eval runs an op's reference. If the Run is cancelled, it ends early with the context's error.
func (r *Run) Eval(op core.Op, in, out []*core.Tensor) error {
	err := core.EvalUntil(r.ctx.Done(), op, in, out)
	if cancelled := r.ctx.Err(); cancelled != nil {
		return cancelled
	}
	return err
}

// take makes the memory of the caller's tensors the buffers of the parameters and results.
func (r *Run) take(ctx context.Context, in, out []*core.Tensor) {
	r.ctx, r.in, r.out = ctx, in, out
	for i, b := range r.layout.Buffers {
		switch {
		case b.Param >= 0:
			r.Mem[i] = in[b.Param].Bytes()
		case b.Result >= 0:
			r.Mem[i] = out[b.Result].Bytes()
		}
	}
}

// Context returns the context of the call under way.
func (r *Run) Context() context.Context { return r.ctx }

// forget drops the references to the caller's memory.
func (r *Run) forget() {
	r.ctx, r.in, r.out = nil, nil, nil
	for i, b := range r.layout.Buffers {
		if b.Param >= 0 || b.Result >= 0 {
			r.Mem[i] = nil
		}
	}
	for _, s := range r.State {
		if runs, ok := s.([]*Run); ok { // of a segment
			forgetAll(runs)
		}
	}
}

func forgetAll(runs []*Run) {
	for _, r := range runs {
		if r.layout != nil {
			r.forget()
		}
	}
}

// deliver copies into the caller's tensors the results that were not computed there.
func (r *Run) deliver() {
	for i, b := range r.layout.Outputs {
		if r.layout.Buffers[b].Result != i {
			copy(r.out[i].Bytes(), r.Mem[b])
		}
	}
}
