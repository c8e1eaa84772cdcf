package kernels

import (
	"sync"
	"sync/atomic"
)

// barrier lets a fixed number of goroutines wait for each other, again and again. It
// spins for about as long as short instructions differ between threads, and then
// sleeps, so that a thread that lost its core does not keep the others from theirs.
type barrier struct {
	n       int32
	waiting atomic.Int32
	round   atomic.Uint32
	mu      sync.Mutex
	turn    sync.Cond // on mu: round has changed
}

func newBarrier(n int) *barrier {
	b := &barrier{n: int32(n)}
	b.turn.L = &b.mu
	return b
}

// spins is how often a goroutine looks before it sleeps: some 20 microseconds.
const spins = 20_000

func (b *barrier) wait() {
	if b.n == 1 {
		return
	}
	round := b.round.Load()
	if b.waiting.Add(1) == b.n {
		b.waiting.Store(0)
		b.mu.Lock()
		b.round.Add(1)
		b.mu.Unlock()
		b.turn.Broadcast()
		return
	}
	for range spins {
		if b.round.Load() != round {
			return
		}
	}
	b.mu.Lock()
	for b.round.Load() == round {
		b.turn.Wait()
	}
	b.mu.Unlock()
}
