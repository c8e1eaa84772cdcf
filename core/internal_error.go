package core

import (
	"fmt"
	"runtime/debug"
)

// InternalError reports a panic: a bug in this module or in an op that was registered with it, not a
// mistake of the caller. The Run in which it happened has failed; other Runs are not affected.
type InternalError struct {
	Node, Op string // the node that was being computed, and its op; empty if none was
	Value    any    // the argument of panic
	Stack    []byte // of the goroutine that panicked
}

// Error writes one line and the stack.
func (e *InternalError) Error() string {
	at := ""
	if e.Op != "" {
		at = fmt.Sprintf("node %q (%s): ", e.Node, e.Op)
	}
	return fmt.Sprintf("internal error, please report: %s%v\n%s", at, e.Value, e.Stack)
}

// Unwrap returns the argument of panic if it is an error, else nil.
func (e *InternalError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Recovered makes an InternalError of the value that recover returned while n was being computed; n is nil
// if no node was. It must be called by the deferred function that called recover, so that the stack is that
// of the panic.
func Recovered(n *Node, value any) *InternalError {
	e := &InternalError{Value: value, Stack: debug.Stack()}
	if n != nil {
		e.Node, e.Op = n.Name, n.OpName()
	}
	return e
}
