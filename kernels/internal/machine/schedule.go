package machine

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/tf2ng/tf2ng/core"
)

// stage is a range of instructions that run one after the other on one thread, or one instruction whose
// parts are distributed over all threads. A stage begins when the one before it has ended.
type stage struct {
	first, last int // the range of instructions; empty if last is before first
	parts       int

	segment        *Segment // the segment whose plan has the instructions; nil for the plan itself
	group          int      // the group of the segment
	enters, leaves bool     // the stage is the first or the last of the group, and has one part
}

const (
	// partTime is how long a part should take at least, in nanoseconds: many times the cost of
	// distributing it.
	partTime = 8_000
	// shortTime is how long a part should take at least if each thread gets exactly one. It is shorter
	// because the data then stays in the caches of the threads.
	shortTime = 2_000
	// PartsPerThread bounds into how many parts per thread work is cut so that other threads can make up
	// for a late one.
	PartsPerThread = 4
	// mostTime is how long a part should take at most, because a Run checks its context between parts. It
	// is in estimated nanoseconds, and for most work the estimate is too low.
	mostTime = 1 << 24
	// mostParts bounds into how many parts work is cut because of mostTime.
	mostParts = 1 << 16
)

// stages groups the instructions into stages for a number of threads. Instructions too short to be worth a
// second thread share a stage with their neighbours.
func stages(code []Instruction, threads int) []stage {
	var all []stage
	for i := range code {
		if s := code[i].Segment; s != nil {
			if apart := s.apart(threads); threads > 1 && apart > 0 {
				all = append(all, stage{first: i, last: i, parts: apart})
			}
			if threads > 1 {
				all = append(all, s.shared(threads)...)
				continue
			}
		}
		parts := 1
		if code[i].Splits && threads > 1 {
			rounds := min(code[i].estimate()/int64(threads*partTime), PartsPerThread)
			if most := code[i].MostParts; most > 0 {
				rounds = min(rounds, int64(max(most/threads, 1)))
			}
			if rounds == 0 && code[i].estimate() >= int64(threads*shortTime) {
				rounds = 1
			}
			parts = threads * int(rounds)
		}
		if code[i].Splits {
			parts = max(parts, int(min(code[i].estimate()/mostTime, mostParts)))
		}
		if last := len(all) - 1; parts <= 1 && last >= 0 && all[last].parts == 1 && all[last].segment == nil {
			all[last].last = i
			continue
		}
		all = append(all, stage{first: i, last: i, parts: max(parts, 1)})
	}
	return all
}

// progress tracks how far the stages of one Run are. Each thread owns a share of a stage's parts. It covers
// the same fraction of the data as in the stage before, so that the data is in the thread's caches. A thread
// takes its own parts first, then those of others that have not been taken, and then waits for the parts
// that others are computing. So a thread that comes late, because its core had other work, delays nobody.
type progress struct {
	stages  []stage
	taken   []atomic.Int32        // parts taken, by thread that owns them and stage: mostly the owner writes it
	done    []atomic.Int32        // parts computed, by stage
	failure atomic.Pointer[error] // the error that ends the Run early
	running []alone               // by thread: 1 while it computes a part
	threads atomic.Int32          // how many threads may still access this progress

	sleepers atomic.Int32
	mu       sync.Mutex
	wake     sync.Cond // on mu: a stage ended, or failure was set

	code    []Instruction
	ready   *sync.Pool // to which it returns for the next Run
	workers []Worker
	starts  []func() // what the goroutine of each worker runs; made once, since a closure is an allocation
}

// alone is a counter padded to a cache line, which it shares with nothing that other threads write.
type alone struct {
	atomic.Int32
	_ [60]byte
}

// newProgress returns a progress for instructions in stages and at most the given number of threads. Between
// two Runs it is kept in ready.
func newProgress(stages []stage, code []Instruction, threads int, ready *sync.Pool) *progress {
	g := &progress{
		stages: stages, taken: make([]atomic.Int32, threads*len(stages)), done: make([]atomic.Int32, len(stages)),
		running: make([]alone, threads), code: code, ready: ready,
		workers: make([]Worker, threads), starts: make([]func(), threads),
	}
	g.wake.L = &g.mu
	for t := range g.starts {
		g.starts[t] = func() {
			g.work(context.Background(), &g.workers[t])
			g.leave()
		}
	}
	return g
}

// execute runs all instructions in the memory of r with at most as many goroutines as p has
// workers.
func (p *progress) execute(ctx context.Context, r *Run) error {
	threads := min(len(p.workers), runtime.GOMAXPROCS(0))
	if len(p.stages) == 0 || len(p.stages) == 1 && p.stages[0].parts == 1 {
		threads = 1
	}
	p.threads.Store(int32(threads))
	r.ctx = ctx
	for t := range threads {
		p.workers[t] = Worker{Run: r, Thread: t}
	}
	for t := 1; t < threads; t++ {
		go p.starts[t]()
	}
	p.work(ctx, &p.workers[0])
	for t := range p.running {
		for p.running[t].Load() > 0 { // only after a failure
			runtime.Gosched()
		}
	}
	failure := p.failure.Load()
	p.leave()
	if failure != nil {
		return *failure
	}
	return nil
}

// leave records that a thread is done with p; the last thread makes p ready for another Run.
func (p *progress) leave() {
	if p.threads.Add(-1) > 0 {
		return
	}
	for i := range p.taken {
		p.taken[i].Store(0)
	}
	for i := range p.done {
		p.done[i].Store(0)
	}
	clear(p.workers)
	p.failure.Store(nil)
	p.ready.Put(p)
}

// work computes, as a worker, parts of every stage. The first worker checks ctx between parts.
func (p *progress) work(ctx context.Context, w *Worker) {
	cancelled := ctx.Done()
	for i := range p.stages {
		s, computed := &p.stages[i], 0
		for p.failure.Load() == nil {
			if cancelled != nil {
				if err := ctx.Err(); err != nil {
					p.fail(err)
					break
				}
			}
			part := p.take(i, w.Thread)
			if part < 0 {
				break
			}
			p.compute(w, s, part)
			computed++
		}
		if computed > 0 && int(p.done[i].Add(int32(computed))) == s.parts {
			p.rouse()
		}
		if !p.await(i) {
			return
		}
	}
}

// take takes a part of stage i that nobody has taken yet, preferably one of the thread's own share; -1 if
// there is none.
func (p *progress) take(i, thread int) int {
	parts, threads := p.stages[i].parts, len(p.workers)
	for k := range threads {
		owner := (thread + k) % threads
		first, end := owner*parts/threads, (owner+1)*parts/threads
		taken := &p.taken[owner*len(p.stages)+i]
		if first+int(taken.Load()) >= end {
			continue
		}
		if part := first + int(taken.Add(1)) - 1; part < end {
			return part
		}
	}
	return -1
}

// compute runs one part of a stage, unless the Run has failed. A panic fails the Run, and the Run's memory is
// not used again.
func (p *progress) compute(w *Worker, s *stage, part int) {
	p.running[w.Thread].Store(1)
	around, thread := w.Run, w.Thread
	defer func() {
		w.Run = around
		if v := recover(); v != nil {
			w.broken.Store(true)
			p.fail(core.Recovered(w.node, v))
		}
		p.running[thread].Store(0)
	}()
	if p.failure.Load() != nil { // the Run may have ended without waiting for this part
		return
	}
	code := p.code
	if s.segment != nil {
		if code = s.segment.Plan.code; s.enters {
			s.segment.enter(around, 0, s.group)
		}
		w.Run = s.segment.run(around, 0)
	}
	for i := s.first; i <= s.last && p.failure.Load() == nil; i++ {
		if err := w.do(&code[i], i, part, s.parts); err != nil {
			if cancelled := w.ctx.Err(); cancelled != nil {
				err = cancelled
			}
			p.fail(err)
		}
	}
	if s.leaves && p.failure.Load() == nil {
		s.segment.leave(around, w.Run, s.group)
	}
}

// do computes one part of instruction number i.
func (w *Worker) do(c *Instruction, i, part, parts int) error {
	if w.layout.dead != nil && part == 0 {
		w.poison(i)
	}
	if w.node = c.Node; c.Segment != nil {
		return c.Segment.compute(w, part, parts)
	}
	return c.Run(w, part, parts)
}

// spins is how often a waiting thread polls before it sleeps: about 20 microseconds.
const spins = 20_000

// await waits for the end of a stage; false if the Run has failed.
func (p *progress) await(i int) bool {
	ended := func() bool { return int(p.done[i].Load()) == p.stages[i].parts || p.failure.Load() != nil }
	for range spins {
		if ended() {
			return p.failure.Load() == nil
		}
	}
	p.sleepers.Add(1)
	p.mu.Lock()
	for !ended() {
		p.wake.Wait()
	}
	p.mu.Unlock()
	p.sleepers.Add(-1)
	return p.failure.Load() == nil
}

// rouse wakes the threads that sleep.
func (p *progress) rouse() {
	if p.sleepers.Load() > 0 {
		p.mu.Lock()
		p.mu.Unlock() //lint:ignore SA2001 a sleeper holds the lock from its last poll until it sleeps
		p.wake.Broadcast()
	}
}

// fail ends the Run with an error. The first error counts.
func (p *progress) fail(err error) {
	p.failure.CompareAndSwap(nil, &err)
	p.rouse()
}
