package kernels

import (
	"errors"
	"sync"
	"sync/atomic"
)

// ErrClosed is returned by the methods of a Prepared and of its Programs after Close.
var ErrClosed = errors.New("the model is closed")

// guard lets close wait for the calls under way and refuses later ones.
type guard struct {
	closed atomic.Bool
	mu     sync.RWMutex // read-locked by each call under way
}

// enter begins a call, which leave must end; false after close.
func (g *guard) enter() bool {
	if g.closed.Load() {
		return false
	}
	g.mu.RLock()
	if g.closed.Load() {
		g.mu.RUnlock()
		return false
	}
	return true
}

func (g *guard) leave() { g.mu.RUnlock() }

// close waits for the calls under way; from now on enter returns false.
func (g *guard) close() {
	g.closed.Store(true)
	g.mu.Lock()
	g.mu.Unlock() //lint:ignore SA2001 locking waits until every reader has left
}
