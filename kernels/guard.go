package kernels

import (
	"errors"
	"sync"
	"sync/atomic"
)

// ErrClosed is returned for whatever is asked of a Prepared, or of its Programs, after Close.
var ErrClosed = errors.New("the model is closed")

// guard counts what is under way.
type guard struct {
	closed atomic.Bool
	mu     sync.RWMutex // read-locked by what is under way
}

// enter begins something; false after close.
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

// close waits for what has entered.
func (g *guard) close() {
	g.closed.Store(true)
	g.mu.Lock()
	g.mu.Unlock() //lint:ignore SA2001 whoever held it has left
}
