// Package testmode has the switches by which tests make mistakes show that would hide else.
// No program turns them.
package testmode

import "sync/atomic"

var poison atomic.Bool

// PoisonDeadBuffers makes the Programs that are compiled from now on fill the memory that no
// buffer lives in with garbage before each instruction. Results do not change, unless an
// instruction uses a buffer that it does not name.
func PoisonDeadBuffers() { poison.Store(true) }

// DeadBuffersArePoisoned reports whether PoisonDeadBuffers was called.
func DeadBuffersArePoisoned() bool { return poison.Load() }
