// Package testmode has the switches by which tests make mistakes show that would hide else.
// No program turns them.
package testmode

import "sync/atomic"

var (
	poison     atomic.Bool
	cacheBytes atomic.Int64
)

// PoisonDeadBuffers makes the Programs that are compiled from now on fill the memory that no
// buffer lives in with garbage before each instruction. Results do not change, unless an
// instruction uses a buffer that it does not name.
func PoisonDeadBuffers() { poison.Store(true) }

// DeadBuffersArePoisoned reports whether PoisonDeadBuffers was called.
func DeadBuffersArePoisoned() bool { return poison.Load() }

// SetCacheBytes makes the Programs that are compiled from now on be planned for a second cache of some
// bytes, so that small batches fall into segments, too; 0: for the usual size. Results do not change.
func SetCacheBytes(n int) { cacheBytes.Store(int64(n)) }

// CacheBytes returns what SetCacheBytes was given last, or the usual size.
func CacheBytes(usual int) int {
	if n := cacheBytes.Load(); n > 0 {
		return int(n)
	}
	return usual
}
