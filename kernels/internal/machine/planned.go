package machine

import (
	"context"
	"sync"
	"time"
	"unsafe"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testmode"
)

// Planned is the machine for functions all of whose shapes are known: instructions over the
// buffers of a layout.
type Planned struct {
	layout  *Layout
	code    []Instruction
	threads int
	size    int64 // bytes that the machine holds
	runs    *RunPool
	stages  []stage
	waiting sync.Pool // of *progress, for the next Runs
}

// NewPlanned returns the machine of instructions over a layout whose buffers have been placed. Its Runs use
// the given number of threads and take their memory from runs. offsets is the size in bytes of the offsets
// that the instructions hold.
func NewPlanned(l *Layout, code []Instruction, threads int, offsets int64, runs *RunPool) *Planned {
	p := &Planned{layout: l, code: code, threads: threads, runs: runs}
	p.size = offsets + int64(len(code)*instructionBytes+len(l.Buffers)*bufferBytes)
	if testmode.DeadBuffersArePoisoned() {
		l.findDead(len(code))
	}
	p.stages = stages(code, threads)
	p.waiting.New = func() any { return newProgress(p.stages, p.code, p.threads, &p.waiting) }
	return p
}

// The approximate sizes of an instruction with its closure and of a buffer.
const instructionBytes, bufferBytes = 512, 128

// Run is Machine.Run.
func (p *Planned) Run(ctx context.Context, in, out []*core.Tensor) error {
	given := out
	if overlap(in, out) { // writing results in place would overwrite what an instruction has yet to read
		out = make([]*core.Tensor, len(given))
	}
	if err := p.layout.allocate(out); err != nil {
		return err
	}
	r := p.runs.get(p.layout)
	defer p.runs.put(r)
	r.take(ctx, in, out)
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

// overlap reports whether a tensor of out shares memory with an input or with another tensor of out.
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

// Steps is Machine.Steps.
func (p *Planned) Steps() []Step {
	steps := make([]Step, 0, len(p.code))
	for _, c := range p.code {
		if c.Segment != nil {
			steps = append(steps, c.Segment.steps()...)
			continue
		}
		s := Step{Node: c.Node, Kernel: c.Kernel, Operations: c.Operations}
		if c.Calls != nil {
			s.Functions = c.Calls.Steps()
		}
		steps = append(steps, s)
	}
	return steps
}

// PeakBytes is Machine.PeakBytes.
func (p *Planned) PeakBytes() int64 {
	bytes := int64(p.layout.Arena)
	for _, c := range p.code {
		if c.Calls != nil {
			bytes += c.Calls.PeakBytes()
		}
	}
	return bytes
}

// Bytes is Machine.Bytes.
func (p *Planned) Bytes() int64 {
	bytes := p.size
	for _, c := range p.code {
		if c.Calls != nil {
			bytes += c.Calls.Bytes()
		}
		if c.Segment != nil {
			bytes += c.Segment.Plan.Bytes()
		}
	}
	return bytes
}

// Profile is Machine.Profile.
func (p *Planned) Profile(ctx context.Context, in []*core.Tensor) ([]StepTime, error) {
	return p.measure(ctx, in, make([]*core.Tensor, len(p.layout.Results)))
}

// measure is like Run, but runs one instruction after the other and returns the time of each step.
func (p *Planned) measure(ctx context.Context, in, out []*core.Tensor) ([]StepTime, error) {
	if err := p.layout.allocate(out); err != nil {
		return nil, err
	}
	r := p.runs.get(p.layout)
	defer p.runs.put(r)
	r.take(ctx, in, out)
	defer r.forget()
	w, steps := &Worker{Run: r}, timed(p.Steps())
	left := steps
	for i := range p.code {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s := p.code[i].Segment; s != nil {
			if err := s.measure(w, left); err != nil {
				return nil, err
			}
			left = left[len(s.Plan.code):]
			continue
		}
		start := time.Now()
		if err := p.code[i].Run(w, 0, 1); err != nil {
			return nil, err
		}
		left[0].Time = time.Since(start)
		left = left[1:]
	}
	r.deliver()
	return steps, nil
}
