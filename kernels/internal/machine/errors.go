package machine

import (
	"fmt"
	"runtime/debug"

	"github.com/tf2ng/tf2ng/core"
)

// PanicError reports a panic while a node was being computed. The Run in which it happened has failed.
type PanicError struct {
	Node  *core.Node
	Value any    // the argument of panic
	Stack []byte // of the goroutine that panicked
}

// Error writes one line.
func (e *PanicError) Error() string {
	return fmt.Sprintf("node %q (%s): panic: %v", e.Node.Name, e.Node.OpName(), e.Value)
}

// recovered makes a PanicError of the value that recover returned while n was being computed. It must be
// called by the deferred function that called recover, so that the stack is that of the panic.
func recovered(n *core.Node, value any) *PanicError {
	return &PanicError{n, value, debug.Stack()}
}

// MisfitError reports a tensor given for a result whose type or shape differs from the result's, which was
// not known before the result was computed.
type MisfitError struct {
	Result    *core.Node
	Got, Want core.Fact
}

// Error writes one line.
func (e *MisfitError) Error() string {
	return fmt.Sprintf("output %q: got a tensor of %v to write into, want %v", e.Result.Name, e.Got, e.Want)
}
