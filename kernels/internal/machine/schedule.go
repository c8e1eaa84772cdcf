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

	// The work is divided into equal shares: one, or one for each thread. A share is divided into equal blocks,
	// and its last block is halved several times: the first half is a part, the rest is halved again. So the
	// parts at the end are small, and no thread waits long for another one, but there are few parts.
	shares, blocks, halvings int

	segment        *Segment // the segment whose plan has the instructions; nil for the plan itself
	group          int      // the group of the segment
	enters, leaves bool     // the stage is the first or the last of the group, and has one part
}

// parts returns how many parts a stage has.
func (s *stage) parts() int { return s.shares * s.partsPerShare() }

func (s *stage) partsPerShare() int { return s.blocks + s.halvings }

// part returns part number i of a share as Instruction.Run takes it.
func (s *stage) part(share, i int) (part, parts int) {
	if i < s.blocks-1 {
		return share*s.blocks + i, s.shares * s.blocks
	}
	halved := min(i-s.blocks+2, s.halvings)
	end := (share + 1) * s.blocks << halved
	if i < s.partsPerShare()-1 {
		return end - 2, s.shares * s.blocks << halved
	}
	return end - 1, s.shares * s.blocks << halved
}

const (
	// partTime is how long the smallest part should take at least, by the estimate, in nanoseconds: a multiple
	// of the cost of distributing it, although the estimate is several times too high for most products.
	partTime = 4_000
	// shortTime is how long a part should take at least if each thread gets exactly one. It is shorter
	// because the data then stays in the caches of the threads.
	shortTime = 2_000
	// mostHalvings bounds how often a block is halved.
	mostHalvings = 6
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
				all = append(all, stage{first: i, last: i, shares: threads, blocks: apart / threads})
			}
			if threads > 1 {
				all = append(all, s.shared(threads)...)
				continue
			}
		}
		s := code[i].stage(i, threads)
		if last := len(all) - 1; s.parts() == 1 && last >= 0 && all[last].parts() == 1 && all[last].segment == nil {
			all[last].last = i
			continue
		}
		all = append(all, s)
	}
	return all
}

// stage divides instruction number at for a number of threads.
func (i *Instruction) stage(at, threads int) stage {
	s := stage{first: at, last: at, shares: 1, blocks: 1}
	if !i.Splits {
		return s
	}
	most := mostParts
	if i.MostParts > 0 {
		most = i.MostParts
	}
	time := i.estimate()
	if threads <= most && time >= int64(threads*shortTime) {
		s.shares = threads
	}
	for 2*s.shares*s.blocks <= most && time > int64(s.shares*s.blocks)*mostTime {
		s.blocks *= 2
	}
	for s.shares > 1 && s.halvings < mostHalvings && s.shares*s.blocks<<(s.halvings+1) <= most &&
		time >= int64(s.shares*s.blocks*partTime)<<(s.halvings+1) {
		s.halvings++
	}
	return s
}

// progress tracks how far the stages of one Run are. Each thread owns a share of a stage's parts. It covers
// the same fraction of the data as in the stage before, so that the data is in the thread's caches. A thread
// takes its own parts first, then those of others that have not been taken, and then waits for the parts
// that others are computing. So a thread that comes late, because its core had other work, delays nobody.
//
// A cache line that threads write in turn takes long to get from one to the other. There is only one such line that
// all threads need between two stages, that of done.
type progress struct {
	stages  []stage
	ends    []int64               // by stage: how many parts it and those before it have
	done    alone                 // how many parts of all stages have been computed
	shares  []share               // by thread
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
	called  []alone  // by thread: absent, waiting or summoned
}

// The states of a worker's goroutine. After a Run it waits for the next one for a short while, because to start a
// goroutine on a CPU that sleeps takes longer than many instructions.
const (
	absent = iota
	waiting
	summoned
)

// share tells how many parts of a thread's share have been taken: of the latest stage with an even number, and of the
// latest one with an odd number. The number is in the lower 32 bits, that of the stage, from 1, above.
type share [2]struct{ taken alone }

// alone is a counter padded to a cache line, which it shares with nothing that other threads write.
type alone struct {
	atomic.Int64
	_ [56]byte
}

// newProgress returns a progress for instructions in stages and at most the given number of threads. Between
// two Runs it is kept in ready.
func newProgress(stages []stage, code []Instruction, threads int, ready *sync.Pool) *progress {
	g := &progress{
		stages: stages, ends: make([]int64, len(stages)), shares: make([]share, threads),
		running: make([]alone, threads), code: code, ready: ready,
		workers: make([]Worker, threads), starts: make([]func(), threads), called: make([]alone, threads),
	}
	end := 0
	for i := range stages {
		end += stages[i].parts()
		g.ends[i] = int64(end)
	}
	g.wake.L = &g.mu
	for t := range g.starts {
		g.starts[t] = func() {
			for again := true; again; again = g.isSummoned(t) {
				g.work(context.Background(), &g.workers[t])
				g.called[t].Store(waiting)
				g.leave()
			}
		}
	}
	return g
}

// execute runs all instructions in the memory of r with at most as many goroutines as p has
// workers.
func (p *progress) execute(ctx context.Context, r *Run) error {
	threads := min(len(p.workers), runtime.GOMAXPROCS(0))
	if len(p.stages) == 0 || len(p.stages) == 1 && p.stages[0].parts() == 1 {
		threads = 1
	}
	p.threads.Store(int32(threads))
	r.ctx = ctx
	for t := range threads {
		p.workers[t] = Worker{Run: r, Thread: t}
	}
	for t := 1; t < threads; t++ {
		if !p.called[t].CompareAndSwap(waiting, summoned) {
			go p.starts[t]()
		}
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
	for i := range p.shares {
		p.shares[i][0].taken.Store(0)
		p.shares[i][1].taken.Store(0)
	}
	p.done.Store(0)
	clear(p.workers)
	p.failure.Store(nil)
	p.ready.Put(p)
}

// isSummoned waits for the next Run that uses p, and reports whether it came in time.
func (p *progress) isSummoned(thread int) bool {
	called := &p.called[thread]
	for i := range spins / 2 {
		if called.Load() == summoned {
			break
		}
		if i%256 == 255 {
			runtime.Gosched() // others may need the CPU
		}
	}
	return !called.CompareAndSwap(waiting, absent)
}

// work computes, as a worker, parts of every stage. The first worker checks ctx between parts.
func (p *progress) work(ctx context.Context, w *Worker) {
	for i := range p.stages {
		for k := range p.stages[i].shares {
			// The parts that the worker owns are added at once: they may be the last ones.
			if n := p.workOn(ctx, w, i, (w.Thread+k)%p.stages[i].shares); n > 0 && p.done.Add(n) == p.ends[i] {
				p.rouse()
			}
		}
		if !p.await(i) {
			return
		}
	}
}

// workOn computes parts of a share of stage number i until all are taken, and returns how many.
func (p *progress) workOn(ctx context.Context, w *Worker, i, owner int) (computed int64) {
	s, cancelled := &p.stages[i], ctx.Done()
	for p.failure.Load() == nil {
		if cancelled != nil {
			if err := ctx.Err(); err != nil {
				p.fail(err)
				break
			}
		}
		n := p.take(s, i, owner)
		if n < 0 {
			break
		}
		part, parts := s.part(owner, n)
		p.compute(w, s, part, parts)
		computed++
	}
	return computed
}

// take takes a part of a share of stage number i that nobody has taken yet, and returns its number; -1 if there is
// none.
func (p *progress) take(s *stage, i, owner int) int {
	taken, stage := &p.shares[owner][i%2].taken, int64(i+1)<<32
	for {
		n, seen := 0, taken.Load()
		if seen >= stage { // else nobody has taken a part of the stage
			n = int(seen - stage)
		}
		if n >= s.partsPerShare() { // all have been taken, or the stage is over
			return -1
		}
		if taken.CompareAndSwap(seen, stage+int64(n)+1) {
			return n
		}
	}
}

// compute runs one part of a stage, unless the Run has failed. A panic fails the Run, and the Run's memory is
// not used again.
func (p *progress) compute(w *Worker, s *stage, part, parts int) {
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
		if err := w.do(&code[i], i, part, parts); err != nil {
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
	ended := func() bool { return p.done.Load() >= p.ends[i] || p.failure.Load() != nil }
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
