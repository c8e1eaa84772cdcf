package machine

import (
	"fmt"
	"runtime/debug"

	"github.com/tf2ng/tf2ng/core"
)

// PanicError reports a panic while a node was computed. The Run that met it has failed.
type PanicError struct {
	Node  *core.Node
	Value any    // what was given to panic
	Stack []byte // of the goroutine that panicked
}

// Error writes one line.
func (e *PanicError) Error() string {
	return fmt.Sprintf("node %q (%s): panic: %v", e.Node.Name, e.Node.OpName(), e.Value)
}

// recovered returns the error of what recover returned while a node was computed. It is called
// by the deferred function that recovers.
func recovered(n *core.Node, value any) *PanicError {
	return &PanicError{n, value, debug.Stack()}
}

// MisfitError reports a tensor to write into whose type or shape is not that of the result,
// which is known only now that the result is computed.
type MisfitError struct {
	Result    *core.Node
	Got, Want core.Fact
}

// Error writes one line.
func (e *MisfitError) Error() string {
	return fmt.Sprintf("output %q: got a tensor of %v to write into, want %v", e.Result.Name, e.Got, e.Want)
}
