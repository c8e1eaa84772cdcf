// Package fault defines the errors of a server: TensorFlow Serving's status codes and its messages, which
// are in one table. The tests of all front ends read the table through Rows.
package fault

import (
	"fmt"
	"slices"
)

// Code is a status code, with gRPC's numbers.
type Code int

// The codes.
const (
	OK                 Code = 0
	Cancelled          Code = 1
	Unknown            Code = 2
	InvalidArgument    Code = 3
	DeadlineExceeded   Code = 4
	NotFound           Code = 5
	AlreadyExists      Code = 6
	PermissionDenied   Code = 7
	ResourceExhausted  Code = 8
	FailedPrecondition Code = 9
	Aborted            Code = 10
	OutOfRange         Code = 11
	Unimplemented      Code = 12
	Internal           Code = 13
	Unavailable        Code = 14
	DataLoss           Code = 15
	Unauthenticated    Code = 16
)

// codes has the name of each code, and the status code of an HTTP response for it.
var codes = [...]struct {
	name string
	http int
}{
	{"OK", 200},
	{"CANCELLED", 499},
	{"UNKNOWN", 500},
	{"INVALID_ARGUMENT", 400},
	{"DEADLINE_EXCEEDED", 504},
	{"NOT_FOUND", 404},
	{"ALREADY_EXISTS", 409},
	{"PERMISSION_DENIED", 403},
	{"RESOURCE_EXHAUSTED", 429},
	{"FAILED_PRECONDITION", 400},
	{"ABORTED", 409},
	{"OUT_OF_RANGE", 400},
	{"UNIMPLEMENTED", 501},
	{"INTERNAL", 500},
	{"UNAVAILABLE", 503},
	{"DATA_LOSS", 500},
	{"UNAUTHENTICATED", 401},
}

// String returns the code's name, such as INVALID_ARGUMENT.
func (c Code) String() string {
	if c < 0 || int(c) >= len(codes) {
		return fmt.Sprintf("CODE_%d", int(c))
	}
	return codes[c].name
}

// HTTP returns the status code of an HTTP response for the code, as TensorFlow Serving maps it.
func (c Code) HTTP() int {
	if c < 0 || int(c) >= len(codes) {
		return 500
	}
	return codes[c].http
}

// Error says why a request failed or a version could not be loaded.
type Error struct {
	Code Code
	Msg  string
	Err  error // the cause; may be nil
}

// Error returns the message.
func (e *Error) Error() string { return e.Msg }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Row describes a kind of error.
type Row struct {
	Code   Code
	Format string // the message, with fmt verbs for the arguments of New
	Phrase string // the part of the message that clients may search for
	Source string // the file of TensorFlow Serving or TensorFlow with the message; "ours" if they have none like it
}

// New returns an error of kind k. If an argument is an error, it becomes the cause.
func New(k Kind, args ...any) *Error {
	row := table[k]
	e := &Error{Code: row.Code, Msg: fmt.Sprintf(row.Format, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			e.Err = err
		}
	}
	return e
}

// Rows returns a copy of the table. A Kind is an index into it.
func Rows() []Row { return slices.Clone(table[:]) }
