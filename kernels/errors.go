package kernels

import (
	"fmt"
	"runtime/debug"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// Problem says what is wrong with a tensor that was given for an input or output.
type Problem uint8

// The problems. All of them are the caller's fault.
const (
	UnknownName Problem = iota + 1 // there is no such input or output
	Missing                        // no tensor was given for an input
	Duplicate                      // an input or output was given under two names
	NoTensor                       // the tensor is nil
	WrongType                      // the tensor has the wrong element type
	WrongShape                     // the tensor has the wrong shape
)

var problems = map[Problem]string{
	UnknownName: "unknown name", Missing: "missing", Duplicate: "duplicate",
	NoTensor: "no tensor", WrongType: "wrong type", WrongShape: "wrong shape",
}

// String returns the problem in words.
func (p Problem) String() string {
	if s, ok := problems[p]; ok {
		return s
	}
	return fmt.Sprintf("problem(%d)", uint8(p))
}

// TensorError reports a tensor that a caller gave, or failed to give, for an input or an
// output. Nothing was computed.
type TensorError struct {
	Name    string // of the input or output, as the caller wrote it
	Output  bool   // the tensor was given for an output, to be written into
	Problem Problem
	Detail  string // what was got and what was wanted
}

// Error writes: input "x": got f32[2], want f32[3].
func (e *TensorError) Error() string {
	side := "input"
	if e.Output {
		side = "output"
	}
	switch e.Problem {
	case UnknownName:
		return fmt.Sprintf("no %s %q: %s", side, e.Name, e.Detail)
	case Missing:
		return fmt.Sprintf("%s %q (%s): missing", side, e.Name, e.Detail)
	}
	return fmt.Sprintf("%s %q: %s", side, e.Name, e.Detail)
}

// misfit reports a tensor whose type or shape does not fit its input or output.
func misfit(name string, got, want core.Fact, output bool, p Problem) error {
	format := "got %v, want %v"
	if output {
		format = "got a tensor of %v to write into, want %v"
	}
	return &TensorError{name, output, p, fmt.Sprintf(format, got, want)}
}

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

// Recovered makes an InternalError of the value that recover returned. It must be called by the deferred
// function that called recover, so that the stack is that of the panic.
func Recovered(value any) *InternalError {
	return &InternalError{Value: value, Stack: debug.Stack()}
}

// raised translates an error of package machine into this package's exported error types.
func raised(err error) error {
	switch e := err.(type) {
	case *machine.PanicError:
		return &InternalError{Node: e.Node.Name, Op: e.Node.OpName(), Value: e.Value, Stack: e.Stack}
	case *machine.MisfitError:
		return misfit(e.Result.Name, e.Got, e.Want, true, WrongShape)
	}
	return err
}
