package kernels

import (
	"runtime"
	"sync/atomic"
)

// barrier lets a fixed number of goroutines wait for each other, again and again.
// It spins: the work between two barriers is microseconds.
type barrier struct {
	n       int32
	waiting atomic.Int32
	round   atomic.Uint32
}

// spins before a waiting goroutine lets others run.
const spins = 256

func (b *barrier) wait() {
	if b.n == 1 {
		return
	}
	round := b.round.Load()
	if b.waiting.Add(1) == b.n {
		b.waiting.Store(0)
		b.round.Add(1)
		return
	}
	for i := 0; b.round.Load() == round; i++ {
		if i >= spins {
			runtime.Gosched()
		}
	}
}
