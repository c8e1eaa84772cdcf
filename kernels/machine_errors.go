package kernels

import (
	"fmt"
	"runtime/debug"

	"github.com/tf2ng/tf2ng/core"
)

// panicError reports a panic while a node was computed. The Run that met it has failed.
type panicError struct {
	node  *core.Node
	value any    // what was given to panic
	stack []byte // of the goroutine that panicked
}

// Error writes one line.
func (e *panicError) Error() string {
	return fmt.Sprintf("node %q (%s): panic: %v", e.node.Name, e.node.OpName(), e.value)
}

// recovered returns the error of what recover returned while a node was computed. It is called
// by the deferred function that recovers.
func recovered(n *core.Node, value any) *panicError { return &panicError{n, value, debug.Stack()} }

// misfitError reports a tensor to write into whose type or shape is not that of the result,
// which is known only now that the result is computed.
type misfitError struct {
	result    *core.Node
	got, want core.Fact
}

// Error writes one line.
func (e *misfitError) Error() string {
	return fmt.Sprintf("output %q: got a tensor of %v to write into, want %v", e.result.Name, e.got, e.want)
}
