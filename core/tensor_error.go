package core

import "fmt"

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
