package kernels

import (
	"context"
	"sync"
	"time"
	"unsafe"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testmode"
)

// planned is the machine for functions all of whose shapes are known: instructions over the
// buffers of a layout.
type planned struct {
	layout  *layout
	code    []instruction
	threads int
	size    int64 // bytes that the machine holds
	runs    *runPool
	stages  []stage
	waiting sync.Pool // of *progress, between two Runs
}

// newPlanned returns the machine of instructions over a layout whose buffers have their
// places. Its Runs have as many threads and take their memory from runs. offsets is how many
// bytes the instructions hold.
func newPlanned(l *layout, code []instruction, threads int, offsets int64, runs *runPool) *planned {
	p := &planned{layout: l, code: code, threads: threads, runs: runs}
	p.size = offsets + int64(len(code)*instructionBytes+len(l.buffers)*bufferBytes)
	if testmode.DeadBuffersArePoisoned() {
		l.findDead(len(code))
	}
	p.stages = stages(code, threads)
	p.waiting.New = func() any { return newProgress(p.stages, p.code, p.threads, &p.waiting) }
	return p
}

// What an instruction with its closure and a buffer take, roughly.
const instructionBytes, bufferBytes = 512, 128

// run is machine.run.
func (p *planned) run(ctx context.Context, in, out []*core.Tensor) error {
	given := out
	if overlap(in, out) { // an instruction would overwrite what another has yet to read
		out = make([]*core.Tensor, len(given))
	}
	if err := p.layout.allocate(out); err != nil {
		return err
	}
	r := p.runs.get(p.layout)
	defer p.runs.put(r)
	r.take(in, out)
	defer r.forget()
	if err := p.waiting.Get().(*progress).execute(ctx, r); err != nil {
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

func (p *planned) steps() []step {
	steps := make([]step, len(p.code))
	for i, c := range p.code {
		steps[i] = step{c.node, c.kernel, c.operations}
	}
	return steps
}

func (p *planned) peakBytes() int64 { return int64(p.layout.arena) }

func (p *planned) bytes() int64 { return p.size }

// profile is machine.profile.
func (p *planned) profile(ctx context.Context, in []*core.Tensor, times [][]time.Duration) error {
	out := make([]*core.Tensor, len(p.layout.results))
	return p.measure(ctx, in, out, times)
}

// measure is run, one instruction after the other, with the time of each.
func (p *planned) measure(ctx context.Context, in, out []*core.Tensor, times [][]time.Duration) error {
	if err := p.layout.allocate(out); err != nil {
		return err
	}
	r := p.runs.get(p.layout)
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
